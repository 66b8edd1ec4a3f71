"""Clothing masks that a user painted: carried from the frame on which they were painted to those after it.

A painting is a signed change of M_c^t: +1 is all cloth, -1 none of it, and it holds until the next painted frame.
It is pulled back to the photo through its own frame's flow, part by part, so that paint on the dress stays on the dress
when the hand before it moves away, and from there every later frame samples it like any other layer. Its own frame shows
it as it was painted.

The analytic flow carries it, with networks too: the same painting then lands in the same place, whichever frames are
rendered, and the networks' residuals at both ends of the way cancel out.

See docs/method.md, "Composition".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import cached_property

import cv2
import numpy as np

from fashionmirror_core.avatar.flows import CELL, LayerFlow
from fashionmirror_core.avatar.layers import LayerGroup, Show
from fashionmirror_core.drawing.composition import Compositor
from fashionmirror_core.errors import InputError
from fashionmirror_core.imaging.boxes import Box, bounding_box, grown, window
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.splat import splatted

UNSEEN = 1 / 512  # a change of less than half a grey level
KNOWN = 0.05  # splatted weight from which a photo pixel has been painted on
GAP_PIXELS = 5  # photo pixels: a hole between splatted pixels is no wider where a part is enlarged
SLIT_STAGE_PIXELS = 4  # stage pixels around the person in which ground may have been hidden between two parts
STEP_PIXELS = 8  # frame pixels between the places at which it is asked where a painting goes
GROUND = ""  # in place of a flow's name: the ground beside the person, which no flow moves


class Ground:
    """What each pixel of a frame belongs to, and where in the photo it comes from, also beside the person.

    There the flow of the nearest layer goes on smoothly: a hem that is painted longer than the garment stays one piece,
    and moves with the legs under it.
    """

    def __init__(self, compositor: Compositor, flow: LayerFlow) -> None:
        self.compositor, self.flow = compositor, flow
        self._everywhere: dict[str, np.ndarray] = {}

    def along(self, flow: LayerFlow) -> Ground:
        """The same frame under another flow."""
        return self if flow is self.flow else Ground(self.compositor, flow)

    @cached_property
    def _displacement(self) -> dict[str, np.ndarray]:
        return dict(zip(self.flow.names, self.compositor.displacement(self.flow), strict=True))

    def everywhere(self, name: str) -> np.ndarray:
        """A flow's displacement continued over the whole window, (h, w, 2) float32, stage pixels."""
        if name not in self._everywhere:
            displacement = self._foremost if name == GROUND else self._displacement[name]
            known = ~np.isnan(displacement[..., 0])
            self._everywhere[name] = push_pull(displacement, known.astype(np.float32))
        return self._everywhere[name]

    @cached_property
    def _foremost(self) -> np.ndarray:
        """The displacement of the foremost layers, NaN where none is."""
        occupied = self.flow.occupied.cpu().numpy()
        result = np.full((*occupied.shape[1:], 2), np.nan, np.float32)
        for index, name in self.flow.back_to_front:
            displacement = self._displacement[name]
            reached = self.compositor.reached(name, displacement, self.flow.origin) & occupied[index]
            result[reached] = displacement[reached]
        return result

    def shares(self, box: Box) -> dict[str, np.ndarray]:
        """Flow -> (h, w) float32: how much of a pixel of ``box`` it moves; they add up to one, with GROUND."""
        shape = (box[3] - box[1], box[2] - box[0])
        shares: dict[str, np.ndarray] = {GROUND: np.ones(shape, np.float32)}
        for placed in self.compositor.placed(self.flow, box):
            alpha = np.ascontiguousarray(placed.group.picture()[..., 3])
            seen = cv2.remap(alpha, placed.at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) / np.float32(255)
            if not seen.any():
                continue
            x0, y0, x1, y1 = placed.box
            here = window((x0 - box[0], y0 - box[1], x1 - box[0], y1 - box[1]))
            for behind in shares.values():
                behind[here] *= 1 - seen
            share = shares[placed.group.flow] = np.zeros(shape, np.float32)
            share[here] = seen
        return {name: share for name, share in shares.items() if share.any()}

    def places(self, name: str, box: Box) -> np.ndarray:
        """Where in the photo the pixels of ``box`` come from if this flow moves them: (h, w, 2) float32."""
        photo = (0, 0, *self.compositor.size)
        return self.compositor.sampling_map(self.everywhere(name), self.flow.origin, box, photo, cv2.BORDER_REPLICATE)

    def coarse_places(self, name: str) -> np.ndarray:
        """As ``places`` for every STEP_PIXELS-th pixel of the frame, from the first."""
        stage, (width, height) = self.compositor.stage, self.compositor.size
        offset = (np.array(stage.offset) - self.flow.origin) / CELL
        step = stage.scale * STEP_PIXELS / CELL
        matrix = np.array([[step, 0, offset[0]], [0, step, offset[1]]])
        flags, size = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, (-(-width // STEP_PIXELS), -(-height // STEP_PIXELS))
        moved = cv2.warpAffine(self.everywhere(name), matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32) * STEP_PIXELS
        return np.stack([x, y], -1) + moved / np.float32(stage.scale)


class CarriedChange:
    """A painted change in the photo's own pose, for each flow whose layers it touches.

    Args:
        painted: (H, W) float32 in [-1, 1], on the frame of ``ground``.
    """

    def __init__(self, painted: np.ndarray, ground: Ground) -> None:
        height, width = painted.shape
        whole = (0, 0, width, height)
        groups = ground.compositor.groups
        self.changes: dict[str, np.ndarray] = {}
        self.reach: dict[str, np.ndarray] = {}  # where it isn't zero, uint8, grown by the pixels between two steps
        for name, share in ground.shares(whole).items():
            if np.abs(painted * share).max() <= UNSEEN:
                continue
            hidden = np.zeros(painted.shape, bool)  # where the photo may hide the layers
            for group in groups.values() if name == GROUND else [groups[name]]:
                hidden[window(group.box)] |= group.picture()[..., 3] > 0
            if name == GROUND:  # limbs that part open more of it than they hid
                reach = 2 * round(SLIT_STAGE_PIXELS / ground.compositor.stage.scale) + 1
                hidden = cv2.dilate(hidden.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
            source = _pulled(painted, share, ground.places(name, whole), hidden)
            self.changes[name] = source
            seen = (np.abs(source) > UNSEEN).astype(np.uint8)
            self.reach[name] = cv2.dilate(seen, np.ones((4 * STEP_PIXELS + 1, 4 * STEP_PIXELS + 1), np.uint8))

    def at(self, ground: Ground) -> np.ndarray:
        """The change on another frame, (H, W) float32."""
        width, height = ground.compositor.size
        change = np.zeros((height, width), np.float32)
        cells = np.zeros((-(-height // STEP_PIXELS), -(-width // STEP_PIXELS)), bool)
        for name, reach in self.reach.items():
            cells |= cv2.remap(reach, ground.coarse_places(name), None, cv2.INTER_NEAREST) > 0
        tight = bounding_box(cells)
        coarse = None if tight is None else grown(tight, 1, cells.shape)
        if coarse is None:
            return change
        x0, y0, x1, y1 = (STEP_PIXELS * edge for edge in coarse)
        box = (x0, y0, min(x1, width), min(y1, height))
        shares = ground.shares(box)
        for name in (*ground.flow.names, GROUND):
            if name in self.changes and name in shares:
                moved = cv2.remap(self.changes[name], ground.places(name, box), None, cv2.INTER_LINEAR)
                change[window(box)] += shares[name] * moved
        return np.clip(change, -1, 1)


def _pulled(painted: np.ndarray, share: np.ndarray, places: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """What was painted on one flow's layers, splatted to the photo, (H, W) float32.

    Where the layers were ``hidden`` (H, W) bool it continues from around; elsewhere only shown pixels were painted on.
    """
    height, width = painted.shape
    seen = (share > UNSEEN) & (places > -1).all(-1) & (places[..., 0] < width) & (places[..., 1] < height)
    sums, total = splatted(places[seen], painted[seen], share[seen], (height, width))
    known = total > KNOWN
    source = (sums / np.maximum(total, KNOWN)).astype(np.float32)
    wanted = cv2.morphologyEx(known.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((GAP_PIXELS, GAP_PIXELS), np.uint8)) > 0
    wanted |= hidden
    return np.where(wanted, push_pull(source, known.astype(np.float32)), np.float32(0))


class Cloth:
    """The new clothes of a look, continued beyond their edges: each flow's clothes with their colours carried on everywhere.

    A flow that carries no clothes (a leg under a short dress) continues the clothes around it.
    """

    def __init__(self, groups: Mapping[str, LayerGroup], size: tuple[int, int]) -> None:
        """groups: flow -> its layers. size: (width, height) of the photo."""
        self.groups, self.size = groups, size
        self._colors: dict[str, np.ndarray] = {}

    def color(self, name: str) -> np.ndarray:
        """(H, W, 3) uint8 in the photo's own pose: the flow's clothes where it has some."""
        if name not in self._colors:
            clothes = self._all if name == GROUND else self._placed(self.groups[name])
            if name != GROUND and not (clothes[..., 3] > 127).any():
                self._colors[name] = self.color(GROUND)
            else:
                alpha = clothes[..., 3].astype(np.float32)
                rgb = clothes[..., :3] * (255 / np.maximum(alpha, 1))[..., None]
                self._colors[name] = to_8bit(push_pull(rgb, alpha / 255))
        return self._colors[name]

    @cached_property
    def _all(self) -> np.ndarray:
        """All clothes in the photo's own pose, (H, W, 4) uint8 premultiplied; where two overlap, those that cover more."""
        canvas = np.zeros((self.size[1], self.size[0], 4), np.uint8)
        for group in self.groups.values():
            clothes = self._placed(group)
            canvas = np.where(clothes[..., 3:] > canvas[..., 3:], clothes, canvas)
        return canvas

    def _placed(self, group: LayerGroup) -> np.ndarray:
        canvas = np.zeros((self.size[1], self.size[0], 4), np.uint8)
        canvas[window(group.box)] = group.picture(Show.CLOTHING)
        return canvas

    def over(self, ground: Ground, box: Box) -> np.ndarray:
        """A part of a frame as if everything in it were cloth, (h, w, 4) uint8, opaque."""
        canvas = np.zeros((box[3] - box[1], box[2] - box[0], 3), np.float32)
        for name, share in ground.shares(box).items():
            at, how = ground.places(name, box), ground.compositor.interpolation
            seen = cv2.remap(self.color(name), at, None, how, borderMode=cv2.BORDER_REPLICATE)
            canvas += share[..., None] * seen
        return cv2.cvtColor(to_8bit(canvas), cv2.COLOR_RGB2RGBA)


class MaskEdits:
    """What the user painted on the frames of a clip.

    Args:
        edits: frame -> (H, W) change of M_c^t in [-1, 1]; one of zeros takes back an earlier frame's.
        compositor: of the look's layers.
        flow_of: the analytic flow of a frame.
    """

    def __init__(
        self, edits: Mapping[int, np.ndarray], compositor: Compositor, flow_of: Callable[[int], LayerFlow]
    ) -> None:
        self.compositor, self.flow_of = compositor, flow_of
        self.edits = {index: self._checked(index, change) for index, change in sorted(edits.items())}
        self._carried: dict[int, CarriedChange] = {}  # the last that was asked for

    def _checked(self, index: int, change: np.ndarray) -> np.ndarray:
        expected = self.compositor.size[::-1]
        if index < 0:
            raise InputError(f"There is no frame {index} to paint on; the first is 0.")
        if change.shape != expected:
            raise InputError(
                f"The mask of frame {index} is {change.shape}, the photo {expected}; paint it on this clip."
            )
        change = np.asarray(change, np.float32)
        if not np.isfinite(change).all():
            raise InputError(f"The mask of frame {index} holds something that is not a number; paint it again.")
        return np.clip(change, -1, 1)

    def change(self, index: int, ground: Ground) -> np.ndarray | None:
        """The change of M_c^t that holds at a frame, (H, W) float32; None for none. ``ground``: the frame's."""
        frames = list(self.edits)
        place = bisect_right(frames, index)
        if not place:
            return None
        painted = frames[place - 1]
        change = self.edits[painted]
        if painted != index and np.abs(change).max() > UNSEEN:
            if painted not in self._carried:
                origin = Ground(self.compositor, self.flow_of(painted))
                self._carried = {painted: CarriedChange(change, origin)}
            change = self._carried[painted].at(ground)
        return change if np.abs(change).max() > UNSEEN else None


def edited_mask(mask: np.ndarray, change: np.ndarray | None) -> np.ndarray:
    """M_c^t with the change: +1 makes it 1 and -1 makes it 0, whatever it was. Without a change it stays."""
    if change is None:
        return mask
    return np.where(change > 0, mask + change * (1 - mask), mask * (1 + change)).astype(np.float32)


def edited_frame(
    canvas: np.ndarray, change: np.ndarray | None, ground: Ground, cloth: Cloth, behind: np.ndarray
) -> np.ndarray:
    """A frame with its painted change, (H, W, 4) uint8 premultiplied, like ``canvas`` and ``behind`` (the background).

    Where the clothes were to be seen anyway and all cloth is painted, or neither, or without a change, the frame stays
    as it is.
    """
    box = None if change is None else bounding_box(np.abs(change) > UNSEEN)
    if change is None or box is None:
        return canvas
    inside = window(box)
    patch = change[inside][..., None]
    mixed = canvas[inside] * (1 - np.abs(patch))
    if patch.min() < 0:
        mixed += np.maximum(-patch, 0) * ground.compositor.compose(ground.flow, behind, Show.PERSON)[inside]
    if patch.max() > 0:
        mixed += np.maximum(patch, 0) * cloth.over(ground, box)
    result = canvas.copy()
    result[inside] = np.clip(mixed + np.float32(0.5), 0, 255).astype(np.uint8)
    return result
