"""Clothing masks that a user painted: carried from the frame on which they were painted to those after it.

A painting is a signed change of M_c^t: +1 is all cloth, -1 none of it, and it holds until the next painted frame.
It is carried onto the textures of the surfaces that its own frame shows, so that paint on the dress stays on the dress when
the hand before it moves away, and from there every later frame shows it like any other picture. Its own frame shows it as
it was painted. What is painted beside the person moves with the surfaces next to it.

See docs/method.md, "Composition".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping

import cv2
import numpy as np

from fashionmirror_core.avatar.surface import Texture
from fashionmirror_core.drawing.drawing import Drawing
from fashionmirror_core.errors import InputError
from fashionmirror_core.imaging.alpha import over
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.splat import splatted

UNSEEN = 1 / 512  # a change of less than half a grey level
KNOWN = 0.05  # splatted weight from which a texel has been painted on
GAP_PIXELS = 5  # texels: a hole between splatted ones is no wider where a part is enlarged
SIDE_SHARE = 0.04  # of a texture's longer side: so far paint goes on over the edge of what its frame shows
STEP_PIXELS = 8  # frame pixels between the places at which it is asked where paint beside the person goes


class CarriedChange:
    """A painted change on the surfaces that it touches.

    Args:
        painted: (H, W) float32 in [-1, 1], on a frame.
        drawing: of that frame.
    """

    def __init__(self, painted: np.ndarray, drawing: Drawing) -> None:
        self.origin = drawing
        self.maps: dict[str, np.ndarray] = {}
        beside = np.ones(painted.shape, np.float32)
        for name, shape in zip(drawing.names, drawing.shapes, strict=True):
            texel, share = drawing.texels(name)
            beside -= share
            if np.abs(painted * share).max() <= UNSEEN:
                continue
            hidden = np.zeros(shape, bool)  # faces the viewer, behind another surface
            behind, shown = _alone(drawing, name).texels(name)
            at = np.round(behind[(shown > 0.5) & (share < 0.5)]).astype(int)
            hidden[np.clip(at[:, 1], 0, shape[0] - 1), np.clip(at[:, 0], 0, shape[1] - 1)] = True
            seen = share > UNSEEN
            self.maps[name] = _spread(texel[seen], painted[seen], share[seen], hidden)
        # Carried on under the person: where the silhouette shrinks, it comes into view.
        self.beside = push_pull(painted, (beside > 0.5).astype(np.float32))
        self.beside[np.abs(self.beside) < UNSEEN] = 0

    def at(self, drawing: Drawing) -> np.ndarray:
        """The change on another frame, (H, W) float32."""
        change = drawing.sampled(self.maps) if self.maps else np.zeros(self.beside.shape, np.float32)
        if np.abs(self.beside).max() > UNSEEN:
            alpha = drawing.image[..., 3].astype(np.float32) / 255
            change = change + (1 - alpha) * self._moved_beside(drawing)
        return np.clip(change, -1, 1)

    def _moved_beside(self, drawing: Drawing) -> np.ndarray:
        """What was painted beside the person, moved like the surfaces next to it: (H, W) float32."""
        height, width = self.beside.shape
        size = (-(-height // STEP_PIXELS), -(-width // STEP_PIXELS))
        before, now = self.origin.points[:, :2], drawing.points[:, :2]
        within = ((now > 0) & (now < (width - 1, height - 1))).all(1)
        way = (before - now)[within]
        sums = [splatted(now[within] / STEP_PIXELS, way[:, axis], np.ones(len(way)), size) for axis in (0, 1)]
        total = sums[0][1]
        mean = np.stack([values / np.maximum(total, 1e-6) for values, _ in sums], -1)
        smooth = push_pull(mean.astype(np.float32), (total > KNOWN).astype(np.float32))
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        fine = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)
        return cv2.remap(self.beside, x + fine[..., 0], y + fine[..., 1], cv2.INTER_LINEAR)


def _alone(drawing: Drawing, name: str) -> Drawing:
    """The frame as if no other surface were there."""
    return drawing.showing({
        other: Texture(np.zeros((*shape, 4), np.uint8), np.zeros(shape, np.uint8))
        for other, shape in zip(drawing.names, drawing.shapes, strict=True)
        if other != name
    })  # fmt: skip


def _spread(texel: np.ndarray, painted: np.ndarray, share: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Paint (n,) at texels (n, 2), with the pixels' shares (n,), on a texture: (h, w) float32.

    Where the texture was ``hidden`` (h, w) bool, or just turns into view, it continues from around.
    """
    sums, total = splatted(texel, painted, share, (hidden.shape[0], hidden.shape[1]))
    known = total > KNOWN
    source = (sums / np.maximum(total, KNOWN)).astype(np.float32)
    closing = np.ones((GAP_PIXELS, GAP_PIXELS), np.uint8)
    wanted = (cv2.morphologyEx(known.astype(np.uint8), cv2.MORPH_CLOSE, closing) > 0) | hidden
    side = 2 * round(SIDE_SHARE * max(hidden.shape)) + 1
    wanted = cv2.dilate(wanted.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    return np.where(wanted, push_pull(source, known.astype(np.float32)), np.float32(0))


class MaskEdits:
    """What the user painted on the frames of a clip.

    Args:
        edits: frame -> (H, W) change of M_c^t in [-1, 1]; one of zeros takes back an earlier frame's.
        size: (width, height) of the frames.
        draw: draws a frame.
    """

    def __init__(self, edits: Mapping[int, np.ndarray], size: tuple[int, int], draw: Callable[[int], Drawing]) -> None:
        self.size, self.draw = size, draw
        self.edits = {index: self._checked(index, change) for index, change in sorted(edits.items())}
        self._carried: dict[int, CarriedChange] = {}  # the last that was asked for

    def _checked(self, index: int, change: np.ndarray) -> np.ndarray:
        expected = self.size[::-1]
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

    def change(self, index: int, drawing: Drawing) -> np.ndarray | None:
        """The change of M_c^t that holds at a frame, (H, W) float32; None for none. ``drawing``: the frame's."""
        frames = list(self.edits)
        place = bisect_right(frames, index)
        if not place:
            return None
        painted = frames[place - 1]
        change = self.edits[painted]
        if painted != index and np.abs(change).max() > UNSEEN:
            if painted not in self._carried:
                self._carried = {painted: CarriedChange(change, self.draw(painted))}
            change = self._carried[painted].at(drawing)
        return change if np.abs(change).max() > UNSEEN else None


def edited_mask(mask: np.ndarray, change: np.ndarray | None) -> np.ndarray:
    """M_c^t with the change: +1 makes it 1 and -1 makes it 0, whatever it was. Without a change it stays."""
    if change is None:
        return mask
    return np.where(change > 0, mask + change * (1 - mask), mask * (1 + change)).astype(np.float32)


def edited_frame(
    canvas: np.ndarray, change: np.ndarray, undressed: np.ndarray, cloth: np.ndarray, behind: np.ndarray
) -> np.ndarray:
    """A frame with its painted change; all pictures are (H, W, 4) uint8 premultiplied.

    canvas: the frame; undressed: the person in it without the new clothes; cloth: these alone; behind: the background.
    Where the clothes were to be seen anyway and all cloth is painted, or neither, the frame stays as it is.
    """
    share = change[..., None]
    mixed = canvas * (1 - np.abs(share))
    if change.min() < -UNSEEN:
        mixed += np.maximum(-share, 0) * over(undressed, behind)
    if change.max() > UNSEEN:
        known = cloth[..., 3].astype(np.float32) / 255
        around = push_pull(cloth[..., :3] / np.maximum(known, 1 / 255)[..., None], known)
        ground = cv2.cvtColor(to_8bit(around), cv2.COLOR_RGB2RGBA)
        mixed += np.maximum(share, 0) * over(cloth, ground)
    touched = np.abs(share) > UNSEEN
    return np.where(touched, np.clip(mixed + np.float32(0.5), 0, 255), canvas).astype(np.uint8)
