"""The parametric body in one person's shape and in the photo's pose: what anatomy is asked of.

Photo space: x to the right and y down in the photo's pixels, z away from the viewer in the same pixels, 0 at the mid-hip.
The camera is scaled orthographic, so x and y of a point are its place in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from fashionmirror_core.vocabulary import Side


class Bone(IntEnum):
    """The bones of the parametric body; L and R are the person's."""

    PELVIS = 0
    SPINE1 = 1
    SPINE2 = 2
    CHEST = 3
    NECK = 4
    HEAD = 5
    L_CLAVICLE = 6
    L_UPPER_ARM = 7
    L_FOREARM = 8
    L_HAND = 9
    R_CLAVICLE = 10
    R_UPPER_ARM = 11
    R_FOREARM = 12
    R_HAND = 13
    L_THIGH = 14
    L_SHIN = 15
    L_FOOT = 16
    L_TOES = 17
    R_THIGH = 18
    R_SHIN = 19
    R_FOOT = 20
    R_TOES = 21


PARENTS = (-1, 0, 1, 2, 3, 4, 3, 6, 7, 8, 3, 10, 11, 12, 0, 14, 15, 16, 0, 18, 19, 20)
"""Of each bone; -1 for the root. A parent comes before its children."""

ARM_OF = {Side.RIGHT: (Bone.R_UPPER_ARM, Bone.R_FOREARM, Bone.R_HAND),
          Side.LEFT: (Bone.L_UPPER_ARM, Bone.L_FOREARM, Bone.L_HAND)}  # fmt: skip
LEG_OF = {Side.RIGHT: (Bone.R_THIGH, Bone.R_SHIN, Bone.R_FOOT), Side.LEFT: (Bone.L_THIGH, Bone.L_SHIN, Bone.L_FOOT)}
"""Each side's bones down the limb."""


@dataclass(frozen=True)
class FittedBody:
    """One person's body in the photo's pose; all points in photo space.

    shape: (14,) float32, coefficients of the body's shapes. rotations: (22, 3, 3) float32, of each bone from the rest pose
    (world axes of the model: x to the person's left, y down, z away) to the photo. joints: (22, 3) float32, where each bone
    begins. vertices: (V, 3) float32, the skin. landmarks: (25, 3) float32, BODY_25 on the body. scale: pixels a metre.
    up: (3,) float32 unit vector, the vertical of the person's world: (0, -1, 0) for a level camera.
    """

    shape: np.ndarray
    rotations: np.ndarray
    joints: np.ndarray
    vertices: np.ndarray
    landmarks: np.ndarray
    scale: float
    up: np.ndarray
