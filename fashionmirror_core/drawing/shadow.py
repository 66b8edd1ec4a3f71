"""The soft shadow that feet cast on the ground around them.

Each foot's sole is laid straight down on the ground, blurred twice, narrow and wide, and the more the higher the foot is
lifted. A transparent background gets none: the alpha of its frames is the person's alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.drawing.renderer import Drawing, Renderer

_FEET = ((Bone.L_FOOT, Bone.L_TOES), (Bone.R_FOOT, Bone.R_TOES))
_DARKEST = 0.45  # share of the light that is taken right under a sole
# Of the body's height:
_SOLE = 0.025  # how high above its lowest point a foot still counts as sole
_THICKNESS = 0.010  # of a sole in the picture, at least: a level camera sees the ground as a line
_NARROW, _WIDE = 0.008, 0.030  # standard deviations of the two blurs
_LIFTED = 0.10  # where a foot casts nothing any more
_MOVED = 0.015  # where a foot has left its place in the photo, and the shadow that it has there
_FINE = 1.8  # pixels of the narrow blur in the small picture in which shadows are computed


@dataclass(frozen=True)
class GroundShadow:
    """The feet of one person.

    feet: for each foot the vertices that it moves, (n,) int. home: (2, 2) float, where each foot stands in the photo.
    down: (3,) unit vector towards the ground in photo space. height: of the body, pixels.
    """

    feet: tuple[np.ndarray, ...]
    home: np.ndarray
    down: np.ndarray
    height: float

    @classmethod
    def of(cls, renderer: Renderer, up: np.ndarray, height: float) -> GroundShadow:
        """up: as in ``FittedBody``. Without feet, as in a photo that ends at the knees, there is no shadow."""
        strongest = renderer.bones[np.arange(len(renderer.bones)), renderer.weights.argmax(1)]
        feet = tuple(np.flatnonzero(np.isin(strongest, bones)) for bones in _FEET)
        home = np.array([renderer.rest[foot, :2].mean(0) if len(foot) else (0, 0) for foot in feet], np.float64)
        return cls(feet, home, -np.asarray(up, np.float64), height)

    def under(self, drawing: Drawing, picture: np.ndarray, at_home: bool) -> np.ndarray:
        """The background with the shadow on it, (H, W, 4) uint8 premultiplied; ``picture`` itself where none falls.

        at_home: whether the background is the photo's, with the shadow of its own: a foot that stands where it stood in the
        photo adds nothing to it.
        """
        placed = [
            (drawing.points[foot].astype(np.float64), home) for foot, home in zip(self.feet, self.home, strict=True)
        ]
        placed = [(points, home) for points, home in placed if len(points) and np.isfinite(points).all()]
        if not placed:
            return picture
        ground = max(float((points @ self.down).max()) for points, _ in placed)
        result = picture
        for points, home in placed:
            strength = 1.0
            if at_home:
                moved = float(np.hypot(*(points[:, :2].mean(0) - home)))
                strength = min(moved / (_MOVED * self.height), 1.0)
            result = self._cast(points, ground, strength, result, fresh=result is picture)
        return result

    def _cast(self, points: np.ndarray, ground: float, strength: float, picture: np.ndarray, fresh: bool) -> np.ndarray:
        """One foot's shadow on the picture, which is copied where it is ``fresh``."""
        depth = points @ self.down
        lift = (ground - float(depth.max())) / (_LIFTED * self.height)
        strength *= _DARKEST * max(1 - lift, 0.0)
        if strength < 1 / 255:
            return picture
        sole = points[depth > depth.max() - _SOLE * self.height]
        sole = sole + (ground - sole @ self.down)[:, None] * self.down
        thick = np.array([0, _THICKNESS * self.height])
        outline = np.concatenate([sole[:, :2] - thick, sole[:, :2] + thick])
        wide, narrow = _WIDE * (1 + lift) * self.height, (_NARROW + lift * _WIDE) * self.height
        low, high = outline.min(0) - 3 * wide, outline.max(0) + 3 * wide
        size = np.array(picture.shape[1::-1])
        if (
            (low >= size).any() or (high <= 0).any() or (high - low > 2 * self.height).any()
        ):  # away, or no foot any more
            return picture
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
        (x0, y0), (x1, y1) = np.maximum(corner, 0), np.minimum(corner + soft.shape[::-1], size)
        taken = soft[y0 - corner[1] : y1 - corner[1], x0 - corner[0] : x1 - corner[0], None]
        patch = picture[y0:y1, x0:x1].astype(np.float32)
        patch[..., :3] *= 1 - taken
        patch[..., 3:] += taken * (255 - patch[..., 3:])
        result = picture.copy() if fresh else picture
        result[y0:y1, x0:x1] = (patch + np.float32(0.5)).astype(np.uint8)
        return result
