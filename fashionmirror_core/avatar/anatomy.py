"""The fitted body as the pieces of an avatar ask for it: where limbs run, how wide and deep they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fashionmirror_core.avatar.limbs import vertex_normals
from fashionmirror_core.avatar.sheets import Spine, filled
from fashionmirror_core.body.fitted import ARM_OF, LEG_OF, Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.vocabulary import Side

LEG_BONES = {side: (*LEG_OF[side], toes) for side, toes in ((Side.RIGHT, Bone.R_TOES), (Side.LEFT, Bone.L_TOES))}
CLAVICLE = {Side.RIGHT: Bone.R_CLAVICLE, Side.LEFT: Bone.L_CLAVICLE}


@dataclass(frozen=True)
class Anatomy:
    """The fitted body, as the avatar's pieces ask for it; photo pixels.

    skin: (V, 3) float64, its vertices. normals: (V, 3), unit. stature: its height. hips, middle: y and x of the hips.
    """

    body: FittedBody
    model: BodyModel
    skin: np.ndarray
    normals: np.ndarray
    stature: float
    hips: float
    middle: float

    @classmethod
    def of(cls, body: FittedBody, model: BodyModel) -> Anatomy:
        skin = body.vertices.astype(np.float64)
        thighs = body.joints[[Bone.L_THIGH, Bone.R_THIGH]].mean(0)
        return cls(
            body,
            model,
            skin,
            vertex_normals(skin, model.faces),
            float(np.ptp(body.vertices[:, 1])),
            float(thighs[1]),
            float(thighs[0]),
        )

    @property
    def weights(self) -> np.ndarray:
        """(V, 22): how much each bone moves each vertex."""
        return self.model.skin.weights

    def on(self, *bones: Bone) -> np.ndarray:
        """(V,): how much these bones move each vertex."""
        return self.weights[:, list(bones)].sum(1)

    def spine(self, *bones: Bone, end: np.ndarray) -> Spine:
        """end: (2,), or (3,) for a spine in space."""
        line = np.array([*(self.body.joints[bone, : len(end)] for bone in bones), end], float)
        return Spine(line[:, :2], line[:, 2] if len(end) == 3 else None)

    def arm_spine(self, side: Side) -> Spine:
        upper, fore, hand = ARM_OF[side]
        palm = self.skin[self.weights[:, hand] > 0.9]
        wrist = self.body.joints[hand]
        tip = palm[np.linalg.norm(palm - wrist, axis=1).argmax()]
        return self.spine(upper, fore, hand, end=tip)

    def leg_spine(self, side: Side) -> Spine:
        thigh, shin, foot, _ = LEG_BONES[side]
        return self.spine(thigh, shin, foot, end=self.body.joints[foot] + np.array([0, 0.2 * self.stature, 0]))

    def around_legs(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """At rows (n,): half the width of both legs together, (n,), and the depth before and behind of the leg at the
        picture's left and of the one at its right, (2, 2, n); pixels.
        """
        lower = self.on(*(bone for side in Side for bone in (*LEG_BONES[side], Bone.PELVIS))) > 0.5
        aside = self.skin[:, 0] - self.middle
        sides = [lower & (sign * aside > 0) for sign in (-1, 1)]
        outer = [self._by_row(own, rows, np.abs(aside))[1] for own in sides]
        return np.mean(outer, axis=0), np.stack([self._by_row(own, rows, self.skin[:, 2]) for own in sides])

    def leg_depth(self, side: Side, rows: np.ndarray) -> np.ndarray:
        """At rows (n,): how far a leg and the hips reach before and behind, (2, n) pixels, wherever the other leg is: in
        mid-step it crosses this one in the picture.
        """
        return self._by_row(self.on(*LEG_BONES[side], Bone.PELVIS) > 0.5, rows, self.skin[:, 2])

    def _by_row(self, own: np.ndarray, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
        """(2, n): the least and the most of values (m,) of the skin, of what is ``own`` (m,) bool, at rows (n,)."""
        y, values = self.skin[own, 1], values[own]
        found = np.full((2, len(rows)), np.nan)
        for index, row in enumerate(rows):
            near = values[np.abs(y - row) < 0.01 * self.stature]
            if len(near):
                found[:, index] = near.min(), near.max()
        return np.stack([filled(value, 3.0) for value in found])
