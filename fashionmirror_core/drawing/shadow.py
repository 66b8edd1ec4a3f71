"""The soft shadow that feet cast on the ground around them.

What the photo shows of its own shadow goes with the feet. Where it shows little, each foot's sole is laid straight down on
the ground and blurred twice, narrow and wide. Both grow weaker the higher the foot is lifted. A transparent background gets
none: the alpha of its frames is the person's alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.drawing.drawing import Drawing
from fashionmirror_core.drawing.renderer import Renderer
from fashionmirror_core.imaging.boxes import Box, bounding_box, window
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit

_FEET = ((Bone.L_FOOT, Bone.L_TOES), (Bone.R_FOOT, Bone.R_TOES))
_DARKEST = 0.45  # share of the light that is taken right under a sole
_ENOUGH = 0.12  # the same in a photo that needs no other shadow than its own
_LEAST = 0.004  # of the light: less than that isn't seen
_ROUGH = 0.08  # by which the photo's light differs from a smooth shadow where the ground has a pattern
# Of the body's height:
_SOLE = 0.025  # how high above its lowest point a foot still counts as sole
_THICKNESS = 0.010  # of a sole in the picture, at least: a level camera sees the ground as a line
_NARROW, _WIDE = 0.008, 0.030  # standard deviations of the two blurs
_LIFTED = 0.10  # where a foot casts nothing any more
_MOVED = 0.015  # where a foot has left its place in the photo, and the shadow that it has there
_UNEVEN = 0.05  # by which one foot may stand lower than the other in the photo
_AROUND = (0.14, 0.08)  # in which the photo's own shadow is looked for, above and below the soles
_SMOOTH = 0.006  # standard deviation of the blur that leaves the shadow and takes the grain
_FINE = 1.8  # pixels of the narrow blur in the small picture in which shadows are computed


@dataclass(frozen=True)
class Foot:
    """One foot of the photo.

    vertices: those that it moves, (n,) int. home: (n, 3), where they are in the photo. level: how low the ground is under
    it, along ``down``. own: (h, w) float32, the share of the light that its shadow takes in the photo, in ``box``.
    """

    vertices: np.ndarray
    home: np.ndarray
    level: float
    own: np.ndarray | None = None
    box: Box = (0, 0, 0, 0)

    def photographed(self, taken: np.ndarray, corner: tuple[int, int]) -> Foot:
        """With its shadow (h, w) from the corner (x, y) of the photo on."""
        inside = bounding_box(taken > _LEAST)
        if inside is None:
            return self
        (x, y), (x0, y0, x1, y1) = corner, inside
        return replace(self, own=taken[window(inside)].astype(np.float32), box=(x + x0, y + y0, x + x1, y + y1))


@dataclass(frozen=True)
class GroundShadow:
    """The feet of one person. down: (3,) unit vector towards the ground in photo space. height: of the body, pixels.

    needed: 0..1, how much the photo's own shadow lacks.
    """

    feet: tuple[Foot, ...]
    down: np.ndarray
    height: float
    needed: float = 1.0

    @classmethod
    def of(cls, renderer: Renderer, up: np.ndarray, height: float) -> GroundShadow:
        """up: as in ``FittedBody``. Without feet, as in a photo that ends at the knees, there is no shadow."""
        down = -np.asarray(up, np.float64)
        scene = renderer.scene
        strongest = scene.bones[np.arange(len(scene.bones)), scene.weights.argmax(1)]
        # A sheet that is only the photo's, until another surface takes its place, ends where the photo's edge is: too low.
        moved = [np.isin(strongest, bones) for bones in _FEET]
        chosen = [np.flatnonzero(own & scene.lasting if (own & scene.lasting).any() else own) for own in moved]
        homes = [(vertices, scene.rest[vertices].astype(np.float64)) for vertices in chosen if len(vertices)]
        homes = [(vertices, home) for vertices, home in homes if np.isfinite(home).all()]
        lowest = max((float((home @ down).max()) for _, home in homes), default=0.0)
        feet = [
            Foot(vertices, home, max(float((home @ down).max()), lowest - _UNEVEN * height)) for vertices, home in homes
        ]
        return cls(tuple(feet), down, height)

    def photographed(self, photo: np.ndarray, plate: np.ndarray, matte: np.ndarray) -> GroundShadow:
        """With the shadow that the photo shows, as far as it can be told from the ground.

        photo, plate: (H, W, 3) uint8, with and without the person. matte: (H, W) float in [0, 1].
        """
        if not self.feet:
            return self
        soles = np.array([[*foot.home[:, :2].mean(0), foot.home[:, 1].max()] for foot in self.feet])
        above, below = (share * self.height for share in _AROUND)
        low = np.array([soles[:, 0].min() - above, soles[:, 2].min() - above])
        high = np.array([soles[:, 0].max() + above, soles[:, 2].max() + below])
        size = np.array(matte.shape[::-1])
        (x0, y0), (x1, y1) = (np.clip(corner, 0, size).astype(int).tolist() for corner in (low, high))
        box = (x0, y0, x1, y1)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return self
        taken = _taken(photo[window(box)], plate[window(box)], matte[window(box)], _SMOOTH * self.height)
        # Softly out at the border, and each foot its own.
        x, y = np.meshgrid(np.arange(x0, x1), np.arange(y0, y1))
        border = np.minimum(np.minimum(x - x0, x1 - 1 - x), np.minimum(y - y0, y1 - 1 - y)) / (0.02 * self.height)
        taken *= np.clip(border, 0, 1)
        near = np.exp(-np.stack([np.hypot(x - sole[0], y - sole[2]) for sole in soles]) / (0.02 * self.height))
        shares = near / np.maximum(near.sum(0), 1e-30)
        feet = tuple(foot.photographed(taken * share, box[:2]) for foot, share in zip(self.feet, shares, strict=True))
        dark = float(np.percentile(taken[matte[window(box)] < 0.02], 98)) if (matte[window(box)] < 0.02).any() else 0.0
        return replace(self, feet=feet, needed=1 - min(dark / _ENOUGH, 1.0))

    def under(self, drawing: Drawing, picture: np.ndarray, at_home: bool) -> np.ndarray:
        """The background with the shadow on it, (H, W, 4) uint8 premultiplied; ``picture`` itself where none falls.

        at_home: whether the background is the photo's. There a foot that stands where it stood in the photo has the
        photo's shadow and no other.
        """
        points = [drawing.points[foot.vertices].astype(np.float64) for foot in self.feet]
        if not points or not all(np.isfinite(own).all() for own in points):
            return picture
        sunk = [float((own @ self.down).max()) - foot.level for own, foot in zip(points, self.feet, strict=True)]
        result = picture.copy()
        for own, foot, depth in zip(points, self.feet, sunk, strict=True):
            ground = foot.level + max(sunk)
            scale = _size(own) / max(_size(foot.home), 1e-6)
            lift = (max(sunk) - depth) / (_LIFTED * self.height * scale)
            if not lift < 1 or not 0 < scale < 10:
                continue
            centre = own.mean(0) + (ground - own.mean(0) @ self.down) * self.down
            home = foot.home.mean(0) + (foot.level - foot.home.mean(0) @ self.down) * self.down
            strength = self.needed * _DARKEST * (1 - lift)
            if at_home:
                strength *= min(float(np.hypot(*(centre - home)[:2])) / (_MOVED * self.height), 1.0)
            _carry(result, foot, scale, home[:2], centre[:2], 1 - lift)
            if strength > 1 / 255:
                self._cast(result, own, ground, strength, lift, self.height * scale)
        return result

    def _cast(
        self, picture: np.ndarray, points: np.ndarray, ground: float, strength: float, lift: float, height: float
    ) -> None:
        """Darkens the picture under one foot."""
        depth = points @ self.down
        sole = points[depth > depth.max() - _SOLE * height]
        sole = sole + (ground - sole @ self.down)[:, None] * self.down
        thick = np.array([0, _THICKNESS * height])
        outline = np.concatenate([sole[:, :2] - thick, sole[:, :2] + thick])
        wide, narrow = _WIDE * (1 + lift) * height, (_NARROW + lift * _WIDE) * height
        low, high = outline.min(0) - 3 * wide, outline.max(0) + 3 * wide
        size = np.array(picture.shape[1::-1])
        if (low >= size).any() or (high <= 0).any() or (high - low > 2 * height).any():  # away, or no foot any more
            return
        # Computed at a smaller size, where the narrow blur is still smooth.
        step = max(1, int(narrow / _FINE))
        corner = np.floor(low / step).astype(int) * step
        columns, rows = np.ceil((high - corner) / step).astype(int)
        canvas = np.zeros((rows, columns), np.uint8)
        centred = (outline - corner - (step - 1) / 2) / step
        hull = cv2.convexHull(np.round(centred * 256).astype(np.int32))
        cv2.fillConvexPoly(canvas, hull, 255, cv2.LINE_AA, 8)
        soft = canvas.astype(np.float32)
        soft = cv2.GaussianBlur(soft, (0, 0), narrow / step) + cv2.GaussianBlur(soft, (0, 0), wide / step)
        soft = cv2.resize(soft, (columns * step, rows * step), interpolation=cv2.INTER_LINEAR) * (strength / (2 * 255))
        _darken(picture, soft, corner)


def _size(points: np.ndarray) -> float:
    """Pixels: how far points lie from their middle."""
    return float(np.sqrt(((points - points.mean(0)) ** 2).sum(1).mean()))


def _darken(picture: np.ndarray, taken: np.ndarray, corner: np.ndarray) -> None:
    """Takes the share ``taken`` (h, w) of the light from a premultiplied picture, from the corner (x, y) on."""
    size = np.array(picture.shape[1::-1])
    (x0, y0), (x1, y1) = np.maximum(corner, 0), np.minimum(corner + taken.shape[::-1], size)
    if x1 <= x0 or y1 <= y0:
        return
    left = to_8bit(255 - 255 * taken[y0 - corner[1] : y1 - corner[1], x0 - corner[0] : x1 - corner[0]])
    patch = picture[y0:y1, x0:x1]
    through = 255 - patch[..., 3]
    if through.any():
        through = cv2.multiply(through, left, scale=1 / 255)
    darker = cv2.multiply(patch, cv2.merge([left, left, left, left]), scale=1 / 255)
    darker[..., 3] = 255 - through
    picture[y0:y1, x0:x1] = darker


def _carry(
    picture: np.ndarray, foot: Foot, scale: float, home: np.ndarray, centre: np.ndarray, strength: float
) -> None:
    """The photo's own shadow where the foot is now; home, centre: (2,), where the foot stood and stands."""
    if foot.own is None:
        return
    to = centre + scale * (np.array(foot.box[:2]) - home)  # of the box's corner
    corner = np.floor(to).astype(int)
    size = np.ceil(np.array(foot.own.shape[::-1]) * scale).astype(int) + 1
    if (corner >= picture.shape[1::-1]).any() or (corner + size <= 0).any():
        return
    placing = np.array([[scale, 0, to[0] - corner[0]], [0, scale, to[1] - corner[1]]])
    _darken(picture, cv2.warpAffine(foot.own, placing, tuple(size.tolist()), flags=cv2.INTER_LINEAR) * strength, corner)


def _taken(photo: np.ndarray, plate: np.ndarray, matte: np.ndarray, sigma: float) -> np.ndarray:
    """(h, w) float32: which share of the ground's light the photo lacks, smooth, also under the person.

    Zero where the ground has a pattern: the plate's is made up there, and the two can't be compared.
    """
    bare = cv2.dilate((matte > 0.02).astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    lacking = np.log((cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) + 8.0) / (cv2.cvtColor(plate, cv2.COLOR_RGB2GRAY) + 8.0))
    smooth = push_pull(lacking, bare.astype(np.float32))
    weight = cv2.GaussianBlur(bare.astype(np.float32), (0, 0), sigma)
    blurred = cv2.GaussianBlur((lacking * bare).astype(np.float32), (0, 0), sigma) / np.maximum(weight, 1e-6)
    known = np.clip(weight * 2, 0, 1)
    smooth = blurred * known + smooth * (1 - known)
    changed = bare & (photo != plate).any(-1)
    if not changed.any() or float(np.std((lacking - smooth)[changed])) > _ROUGH:
        return np.zeros(matte.shape, np.float32)
    return (1 - np.exp(np.minimum(smooth, 0))).astype(np.float32)
