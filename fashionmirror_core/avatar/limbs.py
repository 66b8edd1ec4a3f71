"""The body's own arms, hands and legs where the dressed person shows them bare (docs/method.md, "The avatar").

A sheet around a hand is a mitten when it is seen from the side. So, as soon as the person turns, the body's own surface
stands there: as wide as the photo's limb, in the photo's colours. In the photo's pose the sheets alone are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from fashionmirror_core.avatar.pieces import Piece
from fashionmirror_core.avatar.sheets import SLICES, Grid, Spine, filled, read, sampled
from fashionmirror_core.avatar.skinning import strongest
from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.avatar.tone import LIGHT_NEAR, evened, lit_evenly
from fashionmirror_core.body.fitted import ARM_OF
from fashionmirror_core.imaging.alpha import colors_of, premultiplied
from fashionmirror_core.imaging.boxes import Box, window
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import continued
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.vocabulary import Part

UPPER_END = 0.35  # of a limb: clothes that begin higher are trousers or sleeves, lower ones boots and gloves
FEWEST_NODES = 0.5  # of a slice, within the picture, to know whether it is bare
BARE_SLICE = 0.5  # of a slice that is bare, from which on the slice is the body's
WHOLE_SLICE = 0.85  # of a slice that is bare, from which on the rest are scraps: its sheet goes altogether
AT_HEM = 3  # slices between a hem and what is bare below it
RUNS_ON = 2  # slices that the body's limb goes on inside of a sleeve or hem
INSIDE = 0.004  # statures by which it is thinner there
IN_HEM, IN_HEM_FROM = 0.03, 0.004
"""Statures by which a leg counts as farther within its hem, and over which it comes to that."""
ABOVE_SHAFT = 0.03  # statures above a boot's shaft, from which the body's vertices are drawn down to its upper edge
COMES_OUT, DROPPED = (-0.02, 0.0), 0.02  # statures within cloth that stays, over which it becomes the body's, and ends
WIDTH = (0.75, 1.35)  # bounds of the photo's width of a limb, in the body's
ASIDE = 0.5  # of the body's width, by which a slice's middle may lie beside the body's: farther off is a hand beside a thigh
OFF_LEG = 0.003  # statures that a boot's shaft stands off the leg in it
BESIDE = 1  # slices that a mesh without vertices there reaches into
RAGGED = 3  # slices beside clothes and the ends that don't count for the width: they aren't seen whole
FADES = (0.06, 0.22)  # statures from where the photo shows the limb, over which its width becomes the body's
MELTS = (0.008, 0.045)  # statures from the old clothes, over which the photo's skin comes out of the body's own
CORE = 0.0025  # statures: what lies nearer to the edge of the bare part has other colours in it
OF_SHOULDER = 4  # slices, over which a sleeve comes out of the shoulder
OF_ARM = (0.15, 0.6)  # weight of the arm's bones, over which the shoulder becomes the arm
DRAWN = 1500.0  # pixels of the body's height at which its silhouette is measured
ABOVE_BOOT, OF_ONE = 0.06, 10.0  # statures of cloth above a boot; Lab units within which both are of one colour
FEWEST = 60  # pixels of bare skin that a limb takes its colours from


@dataclass(frozen=True)
class Bare:
    """The bare part of one limb. mask: (h, w) float32 in [0, 1] on the pieces' box, where the piece's picture is neither
    cloth nor shoe. share: (SLICES,), how much of each slice is bare. level: whether what is bare is one stretch with level
    ends, whatever the labels' specks and ragged edges say: a leg, between hem and boot.
    """

    piece: Piece
    grid: Grid
    spine: Spine
    span: tuple[float, float]
    mask: np.ndarray
    share: np.ndarray
    level: bool = False

    @classmethod
    def of(cls, piece: Piece, box: Box, grid: Grid, spine: Spine, mask: np.ndarray, level: bool = False) -> Bare:
        """mask: (h, w), see above, not yet limited to the picture."""
        along = grid.along(spine)[0][grid.nodes]
        start, length = float(along.min()), max(float(np.ptp(along)), 1e-3)
        there = (piece.front.picture[..., 3] > 127).astype(np.float32)  # the grid goes on beyond it
        own = mask * there
        number = np.clip(((along - start) / length * SLICES).astype(int), 0, SLICES - 1)
        total, naked = (
            np.bincount(number, sampled(values, box, grid.place[grid.nodes]), minlength=SLICES)
            for values in (there, own)
        )
        seen = total > FEWEST_NODES
        share = np.zeros(SLICES)
        if seen.any():  # a slice without pixels is like its neighbours
            share = np.interp(np.arange(SLICES), np.flatnonzero(seen), naked[seen] / total[seen])
        found = cls(piece, grid, spine, (start, length), own.astype(np.float32), share, level)
        return found.without_specks(box) if level else found

    def without_specks(self, box: Box) -> Bare:
        """With nothing bare beside its one stretch."""
        mask = self.mask.copy()
        y, x = np.nonzero(mask)
        position, _ = self.position(np.stack([x, y], -1) + np.array(box[:2], float))
        mask[y, x] *= self.slices[np.clip(position.astype(int), 0, SLICES - 1)]
        return replace(self, mask=mask)

    def from_under(self, covered: np.ndarray, pixels: float) -> Bare:
        """As if it began so many pixels higher up, where it begins below a skirt's hem. covered: (h, w) bool, the grid's
        nodes under the skirt.
        """
        bare = np.flatnonzero(self.share > BARE_SLICE)
        hidden = self.position(self.grid.place[covered & self.grid.nodes])[0]
        if not len(bare) or not len(hidden) or abs(bare[0] - hidden.max()) > AT_HEM:
            return self
        share = self.share.copy()
        share[max(0, bare[0] - int(np.ceil(pixels / self.span[1] * SLICES))) : bare[0]] = 1.0
        return replace(self, share=share)

    def from_cuff(self, end: float) -> Bare:
        """As if it began at the end of a sleeve, which is cut off at the wrist: the hand comes out of that. end: slice."""
        bare = np.flatnonzero(self.slices)
        bare = bare[bare >= int(end)]
        if not len(bare):
            return self
        share = self.share.copy()
        share[int(end) : bare[0]] = 1.0
        return replace(self, share=share)

    @property
    def slices(self) -> np.ndarray:
        """(SLICES,) bool: those that are the body's. Skin above the upper end of a trouser leg or sleeve is hidden by it."""
        bare = self.share > BARE_SLICE
        if self.level:
            bare = _longest(self.share - BARE_SLICE)
        upper_end = int(np.argmin(bare))  # 0 where all is bare, too
        if upper_end < UPPER_END * SLICES:
            bare[:upper_end] = False
        return bare

    @property
    def within(self) -> np.ndarray:
        """(SLICES,) bool: those that the body's limb is drawn in: it goes on inside of a sleeve or hem."""
        return maximum_filter1d(self.slices, 2 * RUNS_ON + 1)

    def position(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of points (n, 2), photo pixels, or (n, 3), photo space: their slice in [0, SLICES), and pixels aside."""
        along, aside = self.spine.coordinates(points)
        return (along - self.span[0]) / self.span[1] * SLICES, aside

    def of_slices(self, values: np.ndarray) -> np.ndarray:
        """(h, w): for each of the grid's nodes, the value (SLICES,) of its slice."""
        position = (self.grid.along(self.spine)[0] - self.span[0]) / self.span[1] * SLICES
        return values[np.clip(position.astype(int), 0, SLICES - 1)]

    def holding(self, surfaces: Iterable[np.ndarray]) -> np.ndarray:
        """(SLICES,) bool: those that surfaces pass through, of which (n, 3) vertices are given each, and the next ones."""
        held = np.zeros(SLICES, bool)
        for vertices in surfaces:
            number = np.clip(self.position(vertices)[0].astype(int), 0, SLICES - 1)
            held[max(0, number.min() - BESIDE) : number.max() + BESIDE + 1] = True
        return held

    def shown(self, box: Box) -> np.ndarray:
        """(h, w) int8 for the grid's nodes, as in ``Surface``: the sheet goes where the body comes."""
        if self.level:
            return np.where(self.of_slices(self.slices), -1, 0).astype(np.int8)
        seen = sampled(cv2.dilate(self.mask, np.ones((5, 5), np.uint8)), box, self.grid.indoors)
        whole = self.of_slices(self.share) > WHOLE_SLICE
        return np.where(self.of_slices(self.within) & ((seen > 0.5) | whole), -1, 0).astype(np.int8)


def _longest(gain: np.ndarray) -> np.ndarray:
    """(n,) bool: the stretch with the largest sum of gains (n,); none where no gain is above zero."""
    upto = np.append(0, np.cumsum(gain))
    sums = np.where(np.tri(len(upto), dtype=bool), upto[:, None] - upto[None], 0)
    end, start = np.unravel_index(int(sums.argmax()), sums.shape)
    places = np.arange(len(gain))
    return np.asarray((places >= start) & (places < end))


@dataclass(frozen=True)
class BodyLimb:
    """The body's own limb, of which surfaces are made.

    faces: (F, 3), weights: (V, 22), of the body. chosen: (V,) bool, the limb's vertices. tight: the box of the textures
    within ``box``. stature: pixels. tone: (3,) RGB, the person's skin. shift: (n, 2) places -> (n,) pixels by which the
    limb's sheet was moved in depth.
    """

    faces: np.ndarray
    weights: np.ndarray
    chosen: np.ndarray
    box: Box
    tight: Box
    stature: float
    tone: np.ndarray
    bias: float
    shift: Callable[[np.ndarray], np.ndarray]

    def bare(
        self,
        bare: Bare,
        vertices: np.ndarray,
        skin: np.ndarray,
        undressed: np.ndarray,
        covered: np.ndarray | None = None,
    ) -> Surface | None:
        """Its bare surface; None where nothing of it is bare.

        vertices: (V, 3), the body with the limb ``as_wide``; skin: as it is. undressed: (h, w) of 0 and 1 on ``box``, where
        the limb's old clothes went. covered: (V,) pixels, how far within a top that stays they are.
        """
        colors = self._colors(bare) if bare.slices.any() else None
        if colors is None:
            return None
        leg = Part(bare.piece.name).is_leg
        colors = evened(colors, bare.mask[window(self.tight)], self.tone, LIGHT_NEAR * self.stature, leg)
        # The photo's skin melts into the skin that stands where the old clothes were.
        gone = undressed[window(self.tight)]
        away = cv2.distanceTransform((gone < 0.5).astype(np.uint8), cv2.DIST_L2, 5) / self.stature
        solid = smoothstep(away, *MELTS) if gone.any() else np.ones(away.shape)
        position, _ = bare.position(vertices)
        number = np.clip(position.astype(int), 0, SLICES - 1)
        # Above the piece's picture stands the skin under clothes.
        use = self.chosen & bare.within[number] & (position > -OF_SHOULDER)
        if not use[self.faces].all(1).any():
            return None
        if covered is not None:  # within the cloth's own surface it is the body's
            under = smoothstep(covered / self.stature, *COMES_OUT)[:, None]
            vertices = vertices + under * (skin - vertices)
            use = use & (covered < DROPPED * self.stature)
        thinner = INSIDE * self.stature * ~bare.slices[number]
        vertices = vertices - vertex_normals(vertices, self.faces) * thinner[:, None]
        vertices[:, 2] += _of_arm(bare.piece.name, self.weights) * self.shift(vertices[:, :2])
        ahead = None
        if leg:  # a calf is rounder than the back of a trouser leg
            inside = (np.flatnonzero(bare.slices)[0] - position) * bare.span[1] / SLICES / self.stature
            ahead = -IN_HEM * self.stature * np.clip(inside / IN_HEM_FROM, 0, 1)
        own = self._surface(body_name(bare.piece.name), vertices, use, to_8bit(colors), solid, ahead)
        return replace(own, lit_from=lit_evenly(len(own.vertices)))

    def shaft(self, boot: Bare, vertices: np.ndarray) -> Surface | None:
        """The shaft of a boot, all round the body's leg; None where there is none.

        boot: the part of the limb that is the boot's. vertices: (V, 3), the body with the leg ``as_wide`` as the boot.
        """
        colors = self._colors(boot) if boot.slices.any() else None
        if colors is None:
            return None
        position = boot.position(vertices)[0]
        number = np.clip(position.astype(int), 0, SLICES - 1)
        first = np.flatnonzero(boot.slices)[0]
        above = (first - position) * boot.span[1] / SLICES
        # Its upper edge is level, wherever the body's vertices are; the leg above it may be skin under clothes that go.
        edge = (above > 0) & (above < ABOVE_SHAFT * self.stature)
        use = self.chosen & (edge | ((above <= 0) & maximum_filter1d(boot.slices, 3)[number]))
        if not use[self.faces].all(1).any():
            return None
        vertices = vertices + vertex_normals(vertices, self.faces) * (OFF_LEG * self.stature)
        vertices[edge, :2] += above[edge, None] * boot.spine.across(vertices[edge])[:, ::-1] * (1, -1)
        own = self._surface(shaft_name(boot.piece.name), vertices, use, colors, np.ones(colors.shape[:2]))
        return replace(own, lit_from=lit_evenly(len(own.vertices)))

    @property
    def _origin(self) -> np.ndarray:
        """Where the textures begin, photo pixels."""
        return np.array(self.box[:2], np.float32) + np.array(self.tight[:2], np.float32)

    def _colors(self, part: Bare) -> np.ndarray | None:
        """(h, w, 3), the part's texture, continued over the whole picture; None where too little of it is seen."""
        picture = part.piece.front.picture
        size = 2 * max(1, round(CORE * self.stature)) + 1
        core = cv2.erode((part.mask > 0.9).astype(np.uint8), np.ones((size, size), np.uint8))
        core &= picture[..., 3] > 250
        if core.sum() < FEWEST:
            return None
        here = window(self.tight)
        return continued(to_8bit(colors_of(picture[here])), core[here] > 0)

    def _surface(
        self,
        name: str,
        vertices: np.ndarray,
        use: np.ndarray,
        colors: np.ndarray,
        solid: np.ndarray,
        ahead: np.ndarray | None = None,
    ) -> Surface:
        """vertices: (V, 3), of the whole body; use: (V,) bool, those that are taken. solid: (h, w), the texture's alpha.
        ahead: (V,), see ``Surface``.
        """
        kept, triangles = np.unique(self.faces[use[self.faces].all(1)], return_inverse=True)
        vertices = vertices[kept].astype(np.float32)
        bones, shares = strongest(self.weights[kept])
        return Surface(
            name=name,
            vertices=vertices,
            triangles=triangles.reshape(-1, 3).astype(np.int32),
            weld=np.arange(len(kept), dtype=np.int32),
            bones=bones,
            weights=shares,
            texel=vertices[:, :2] - self._origin,
            source=vertices[:, :2].copy(),
            texture=Texture(premultiplied(colors, solid), np.zeros(colors.shape[:2], np.uint8)),
            bias=self.bias,
            shown=np.ones(len(kept), np.int8),
            ahead=None if ahead is None else ahead[kept].astype(np.float32),
        )


def _of_arm(name: str, weights: np.ndarray) -> np.ndarray:
    """(V,) in [0, 1]: how far vertices with weights (V, 22) go with an arm, not with the shoulder; 1 for a leg."""
    part = Part(name)
    if not part.is_arm:
        return np.ones(len(weights))
    return smoothstep(weights[:, list(ARM_OF[part.side])].sum(1), *OF_ARM)


def body_name(part: str) -> str:
    """The name of the body's surface that stands in for a bare part's sheet."""
    return f"{part} body"


def shaft_name(part: str) -> str:
    """The name of the surface of a boot's shaft."""
    return f"{part} boot"


def sleeve_name(part: str) -> str:
    """The name of the surface of a sleeve that stays on an arm."""
    return f"{part} sleeve"


def of_one_colour(
    piece: Piece, box: Box, boot: np.ndarray, cloth: np.ndarray, shaft: tuple[float, float], stature: float
) -> bool:
    """Whether a leg's cloth has the colour of what the labels count as its boot's shaft: that is leggings over an ankle boot
    then, or tights in pumps. boot, cloth: (h, w) in [0, 1] on the box. shaft: from y to y, photo pixels.
    """
    top, end = (round(y - box[1]) for y in shaft)
    picture, hues = piece.front.picture, []
    for mask, rows in ((cloth, slice(max(0, top - round(ABOVE_BOOT * stature)), max(0, top))), (boot, slice(top, end))):
        own = (mask[rows] > 0.5) & (picture[rows][..., 3] > 250)
        if own.sum() < FEWEST / 2:
            return False
        hues.append(np.median(colors_of(picture[rows])[own], axis=0))
    lab = cv2.cvtColor(np.array([hues], np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    return float(np.linalg.norm(lab[0] - lab[1])) < OF_ONE


def as_wide(
    bare: Bare, skin: np.ndarray, faces: np.ndarray, chosen: np.ndarray, box: Box, stature: float
) -> np.ndarray:
    """(V, 3): the body's vertices, those chosen with the width and the middle of the photo's limb where that is bare, slice
    by slice, and as the body some way off.
    """
    seen = bare.piece.front.picture[..., 3] / np.float32(255)
    middle, width = limb_sizes(bare, seen, np.array(box[:2]), 1.0)
    zoom = max(1.0, DRAWN / stature)
    body_middle, body_width = limb_sizes(bare, *drawn(skin[:, :2], faces[chosen[faces].all(1)], zoom), zoom)
    known = minimum_filter1d(bare.slices, 2 * RAGGED + 1, mode="constant") & (width > 0) & (body_width > 0)
    if not known.any():
        known = bare.slices & (width > 0) & (body_width > 0)
    plausible = known & (np.abs(middle - body_middle) < ASIDE * body_width)
    known = plausible if plausible.any() else known
    if not known.any():
        return skin.copy()
    wide = np.clip(width / np.maximum(body_width, 1e-6), *WIDTH)
    shift, wide, body_middle = (
        filled(np.where(known, values, np.nan)) for values in (middle - body_middle, wide, body_middle)
    )
    position, aside = bare.position(skin)
    places = np.flatnonzero(known)
    beyond = np.maximum(places[0] - position, position - places[-1] - 1) * bare.span[1] / SLICES / stature
    share = 1 - smoothstep(beyond, *FADES)
    moved = read(shift, position) + (read(wide, position) - 1) * (aside - read(body_middle, position))
    result = skin.copy()
    result[chosen, :2] += ((share * moved)[:, None] * bare.spine.across(skin))[chosen]
    return result


def limb_sizes(bare: Bare, mask: np.ndarray, corner: np.ndarray, zoom: float) -> tuple[np.ndarray, np.ndarray]:
    """The middle (pixels aside) and the width of each slice, (SLICES,) each, by area: width 0 where there is nothing.

    mask: (h, w) in [0, 1], ``zoom`` pixels a photo pixel; corner: (2,), the photo place of its first pixel.
    """
    y, x = np.nonzero(mask)
    weight = mask[y, x].astype(np.float64)
    position, aside = bare.position(np.stack([x, y], -1) / zoom + corner)
    inside = (position >= 0) & (position < SLICES)
    number, weight, aside = position[inside].astype(int), weight[inside], aside[inside]
    area = np.bincount(number, weight, minlength=SLICES)
    middle = np.bincount(number, weight * aside, minlength=SLICES) / np.maximum(area, 1e-6)
    return middle, area / zoom**2 / (bare.span[1] / SLICES)


def drawn(points: np.ndarray, triangles: np.ndarray, zoom: float) -> tuple[np.ndarray, np.ndarray]:
    """A silhouette as a mask, ``zoom`` pixels a photo pixel, and the photo place of its first pixel."""
    corners = points[triangles]
    corner = np.floor(corners.reshape(-1, 2).min(0)) - 1
    width, height = np.ceil((corners.reshape(-1, 2).max(0) - corner + 2) * zoom).astype(int)
    mask = np.zeros((height, width), np.uint8)
    for triangle in np.round((corners - corner) * zoom * 16).astype(np.int32):
        cv2.fillConvexPoly(mask, triangle, 1, cv2.LINE_8, 4)
    return mask.astype(np.float32), corner


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V, 3) unit normals."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    result = np.stack(
        [np.bincount(faces.ravel(), np.repeat(flat[:, k], 3), minlength=len(vertices)) for k in range(3)], -1
    )
    return result / np.maximum(np.linalg.norm(result, axis=1, keepdims=True), 1e-9)
