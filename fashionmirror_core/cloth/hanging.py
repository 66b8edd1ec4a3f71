"""Skirts and coats that stay hang: legs push them out, and don't lift or draw them in.

Linear blend skinning turns a skirt's cloth with the thighs: its hem would rise with a knee, and its halves would follow
feet that cross. What it says is taken only as far as it goes outward and level; the rest hangs straight down from the hips.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.motion.rotations import swing

FROM, TO = -0.01, 0.10  # statures below the hips over which cloth comes to hang
INWARD, ALONG = 0.2, 0.5  # shares of its way inward, and along what faces neither way, that it takes
SOFT = 0.006  # statures over which inward passes into outward
FACES = 0.45  # of a skirt's half width and depth, from which on its cloth faces wholly aside, or to front or back
BEHIND = 0.06  # statures that legs lie behind a skirt above its hem
BELOW_HEM = (0.002, 0.03)  # statures below the hem over which they come out from behind it


@dataclass(frozen=True)
class Hanging:
    """How much a surface's vertices hang, photo space, in the photo's pose.

    share: (N,) in [0, 1]. faces: (N, 2) in [-1, 1], to the picture's right and away from the viewer. pivot: (3,), between
    the hips. up: (3,), unit. hem: height in the photo, pixels. stature: photo pixels.
    """

    share: np.ndarray
    faces: np.ndarray
    pivot: np.ndarray
    up: np.ndarray
    hem: float
    stature: float

    @classmethod
    def of(cls, vertices: np.ndarray, pivot: np.ndarray, up: np.ndarray, hem: float, stature: float) -> Hanging:
        """Of a skirt's vertices (N, 3)."""
        away = vertices.astype(np.float64) - pivot
        low = -(away @ up)
        below = low > 0
        half = np.ptp(away[below][:, [0, 2]], axis=0) / 2 if below.any() else np.ones(2)
        faces = np.clip(away[:, [0, 2]] / np.maximum(FACES * half, 1e-6), -1, 1)
        return cls(smoothstep(low / stature, FROM, TO), faces, pivot, up, hem, stature)

    def before(self, heights: np.ndarray) -> np.ndarray:
        """(n,) float32, photo pixels, at most 0: how much legs at heights (n,) in the photo come nearer in the order of
        depth: they lie behind the skirt above its hem, from whichever side.
        """
        below = (heights - self.hem) / self.stature
        return np.asarray(-BEHIND * self.stature * (1 - smoothstep(below, *BELOW_HEM)), np.float32)

    def settled(
        self, points: np.ndarray, rest: np.ndarray, transforms: np.ndarray, up: np.ndarray | None = None
    ) -> np.ndarray:
        """(N, 3): where vertices hang that skinning puts at points (N, 3) from rest (N, 3). transforms: (22, 3, 4), affine
        maps of photo space. up: (3,), unit, the vertical where they lead; None: the photo's.
        """
        up = self.up if up is None else up
        pelvis = transforms[Bone.PELVIS].astype(np.float64)
        linear, scale = pelvis[:, :3], float(np.cbrt(max(np.linalg.det(pelvis[:, :3]), 1e-12)))
        upright = swing((linear @ self.up)[None], up[None])[0] @ linear
        away = rest - self.pivot
        hips = linear @ self.pivot + pelvis[:, 3]
        low = self.share[:, None]
        base = hips + (1 - low) * (away @ linear.T) + low * (away @ upright.T)
        soft, way = SOFT * self.stature * scale, points - base
        hung = base
        for column, axis in ((0, upright[:, 0]), (1, upright[:, 2])):  # level, for the way's vertical part is left out
            axis = axis - (axis @ up) * up
            axis = axis / np.linalg.norm(axis)
            facing = self.faces[:, column]
            out = (way @ axis) * np.sign(facing)
            pushed = INWARD * out + (1 - INWARD) / 2 * (out + np.sqrt(out**2 + soft**2) - soft)
            taken = np.abs(facing) * pushed + (1 - np.abs(facing)) * ALONG * out
            hung = hung + (taken * np.sign(facing))[:, None] * axis
        return np.asarray(points + low * (hung - points), np.float64)
