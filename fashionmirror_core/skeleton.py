"""The canonical skeleton, OpenPose BODY_25, and the ways into it from other joint formats (method.md, section 2).

Joints are (..., J, 3) float arrays: x, y in pixels (pixel centres at integers), confidence in [0, 1]. Left and right
are anatomical. A format is always named ("BODY_25", "COCO_18", "COCO_17"), never guessed from the number of joints.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fashionmirror_core.errors import InputError

NAMES = (
    "Nose",
    "Neck",
    "RShoulder",
    "RElbow",
    "RWrist",
    "LShoulder",
    "LElbow",
    "LWrist",
    "MidHip",
    "RHip",
    "RKnee",
    "RAnkle",
    "LHip",
    "LKnee",
    "LAnkle",
    "REye",
    "LEye",
    "REar",
    "LEar",
    "LBigToe",
    "LSmallToe",
    "LHeel",
    "RBigToe",
    "RSmallToe",
    "RHeel",
)
JOINT_COUNT = len(NAMES)
NOSE, NECK = 0, 1
R_SHOULDER, R_ELBOW, R_WRIST = 2, 3, 4
L_SHOULDER, L_ELBOW, L_WRIST = 5, 6, 7
MID_HIP = 8
R_HIP, R_KNEE, R_ANKLE = 9, 10, 11
L_HIP, L_KNEE, L_ANKLE = 12, 13, 14
R_EYE, L_EYE, R_EAR, L_EAR = 15, 16, 17, 18
L_BIG_TOE, L_SMALL_TOE, L_HEEL = 19, 20, 21
R_BIG_TOE, R_SMALL_TOE, R_HEEL = 22, 23, 24

HEAD = (NOSE, R_EYE, L_EYE, R_EAR, L_EAR)
LEFT_FOOT = (L_BIG_TOE, L_SMALL_TOE, L_HEEL)
RIGHT_FOOT = (R_BIG_TOE, R_SMALL_TOE, R_HEEL)
FEET = LEFT_FOOT + RIGHT_FOOT
ARM = {"r": (R_SHOULDER, R_ELBOW, R_WRIST), "l": (L_SHOULDER, L_ELBOW, L_WRIST)}
LEG = {"r": (R_HIP, R_KNEE, R_ANKLE), "l": (L_HIP, L_KNEE, L_ANKLE)}
HEELS = {"r": R_HEEL, "l": L_HEEL}
TOES = {"r": (R_BIG_TOE, R_SMALL_TOE), "l": (L_BIG_TOE, L_SMALL_TOE)}
BODY = tuple(range(NECK, L_ANKLE + 1))
MIRROR = np.array([0, 1, 5, 6, 7, 2, 3, 4, 8, 12, 13, 14, 9, 10, 11, 16, 15, 18, 17, 22, 23, 24, 19, 20, 21])
"""The same joint of the body's other side; those of the middle are their own."""
"""Torso, arms and legs: the joints 1-14 that carry the motion."""

BONES = (
    (NECK, MID_HIP),
    (NECK, R_SHOULDER),
    (R_SHOULDER, R_ELBOW),
    (R_ELBOW, R_WRIST),
    (NECK, L_SHOULDER),
    (L_SHOULDER, L_ELBOW),
    (L_ELBOW, L_WRIST),
    (MID_HIP, R_HIP),
    (R_HIP, R_KNEE),
    (R_KNEE, R_ANKLE),
    (MID_HIP, L_HIP),
    (L_HIP, L_KNEE),
    (L_KNEE, L_ANKLE),
    (NECK, NOSE),
    (NOSE, R_EYE),
    (R_EYE, R_EAR),
    (NOSE, L_EYE),
    (L_EYE, L_EAR),
    (L_ANKLE, L_HEEL),
    (L_ANKLE, L_BIG_TOE),
    (L_BIG_TOE, L_SMALL_TOE),
    (R_ANKLE, R_HEEL),
    (R_ANKLE, R_BIG_TOE),
    (R_BIG_TOE, R_SMALL_TOE),
)
"""(parent, child) pairs, parents before children when read from the neck and the mid-hip outwards."""

CONFIDENT = 0.3
"""From this confidence on a joint counts as seen."""

CROWN = 0.75
"""Nose to crown in units of neck to nose, in pictures: the median of the catwalk set's label maps (0.63 to 0.85)."""

# What each BODY_25 joint is made of in another format: one index, two indices (their mean) or none (a missing joint).
Recipe = tuple[tuple[int, ...], ...]
_NO_FEET: Recipe = ((),) * 6
_COCO_18: Recipe = (
    *((0,), (1,), (2,), (3,), (4,), (5,), (6,), (7,)),
    *((8, 11), (8,), (9,), (10,), (11,), (12,), (13,)),
    *((14,), (15,), (16,), (17,)),
)
_COCO_17: Recipe = (
    *((0,), (5, 6), (6,), (8,), (10,), (5,), (7,), (9,)),
    *((11, 12), (12,), (14,), (16,), (11,), (13,), (15,)),
    *((2,), (1,), (4,), (3,)),
)
_MEDIAPIPE_33: Recipe = (
    *((0,), (11, 12), (12,), (14,), (16,), (11,), (13,), (15,)),
    *((23, 24), (24,), (26,), (28,), (23,), (25,), (27,)),
    *((5,), (2,), (8,), (7,)),
    *((31,), (), (29,), (32,), (), (30,)),
)
_RECIPES: dict[str, tuple[int, Recipe]] = {
    "BODY_25": (25, tuple((index,) for index in range(25))),
    "COCO_18": (18, _COCO_18 + _NO_FEET),
    "COCO_17": (17, _COCO_17 + _NO_FEET),
    "MEDIAPIPE_33": (33, _MEDIAPIPE_33),
}
FORMATS = ("BODY_25", "COCO_18", "COCO_17")
"""The joint formats that files may name."""

_TOE_SPREAD = 0.35  # small toe beside the big toe, in units of the foot's heel-to-toe length
_SMALL_TOE_TRUST = 0.5  # an estimated small toe has this much of its big toe's confidence


def joint_count(format_name: str) -> int:
    """How many joints a format has; InputError for a format that isn't known."""
    try:
        return _RECIPES[format_name][0]
    except (KeyError, TypeError):
        raise InputError(f"Unknown joint format {format_name!r}; write one of {', '.join(FORMATS)}.") from None


def to_body25(joints: np.ndarray, format_name: str) -> np.ndarray:
    """Joints (..., J, 3) of the named format -> (..., 25, 3) float32 in BODY_25.

    Neck and mid-hip are the means of shoulders and hips where the format lacks them, with the smaller confidence.
    Feet that the format lacks stand where a foot would be, with confidence 0. ``MEDIAPIPE_33`` is taken too (its small
    toe is estimated beside the big toe at half the confidence). InputError for an unknown format or joint count.
    """
    count = joint_count(format_name)
    recipe = _RECIPES[format_name][1]
    joints = np.asarray(joints, np.float32)
    if joints.ndim < 2 or joints.shape[-2:] != (count, 3):
        raise InputError(
            f"The format {format_name} has {count} joints of x, y, confidence; this pose has shape "
            f"{joints.shape[-2:]}: name the format that wrote it."
        )
    result = np.zeros((*joints.shape[:-2], JOINT_COUNT, 3), np.float32)
    for target, parts in enumerate(recipe):
        if parts:
            chosen = joints[..., list(parts), :]
            result[..., target, :2] = chosen[..., :2].mean(-2)
            result[..., target, 2] = chosen[..., 2].min(-1)
    if not recipe[L_BIG_TOE]:
        imagine_feet(result)
    elif not recipe[L_SMALL_TOE]:
        _imagine_small_toes(result)
    return result


def from_body25(joints: np.ndarray, format_name: str) -> np.ndarray:
    """BODY_25 joints (..., 25, 3) -> (..., J, 3) float32 in one of ``FORMATS``; joints it lacks are dropped."""
    count = joint_count(format_name)
    joints = np.asarray(joints, np.float32)
    if format_name not in FORMATS or joints.shape[-2:] != (JOINT_COUNT, 3):
        raise InputError(f"Only BODY_25 joints (25 x 3) can be written, as one of {', '.join(FORMATS)}.")
    result = np.zeros((*joints.shape[:-2], count, 3), np.float32)
    for source, parts in enumerate(_RECIPES[format_name][1]):
        if len(parts) == 1:
            result[..., parts[0], :] = joints[..., source, :]
    return result


def depth_to_body25(depth: np.ndarray) -> np.ndarray:
    """MediaPipe's z of 33 landmarks (..., 33) -> (..., 25) float32 in BODY_25, 0 at the mid-hip, same unit."""
    depth = np.asarray(depth, np.float32)
    result = np.zeros((*depth.shape[:-1], JOINT_COUNT), np.float32)
    for target, parts in enumerate(_MEDIAPIPE_33):
        if parts:
            result[..., target] = depth[..., list(parts)].mean(-1)
    result[..., L_SMALL_TOE] = result[..., L_BIG_TOE]
    result[..., R_SMALL_TOE] = result[..., R_BIG_TOE]
    return result - result[..., MID_HIP, None]


def imagine_feet(joints: np.ndarray) -> None:
    """Puts the feet of BODY_25 joints (..., 25, 3) in place: seen from the front, below the ankles.

    Offsets in units of the shin are medians of the catwalk set's people facing the camera. Confidences stay.
    """
    legs = ((L_KNEE, L_ANKLE, LEFT_FOOT, 1.0), (R_KNEE, R_ANKLE, RIGHT_FOOT, -1.0))
    across = np.sign(joints[..., L_HIP, 0] - joints[..., R_HIP, 0])[..., None]
    for knee, ankle, (big_toe, small_toe, heel), side in legs:
        shin = joints[..., ankle, :2] - joints[..., knee, :2]
        length = np.linalg.norm(shin, axis=-1, keepdims=True)
        known = np.minimum(joints[..., knee, 2], joints[..., ankle, 2])[..., None] > 0
        down = np.where(known, shin, 0.0)
        outward = np.where(known, side * across * length * np.array([1.0, 0.0]), 0.0)
        at_ankle = joints[..., ankle, :2]
        joints[..., heel, :2] = at_ankle + 0.08 * down
        joints[..., big_toe, :2] = at_ankle + 0.23 * down - 0.02 * outward
        joints[..., small_toe, :2] = at_ankle + 0.22 * down + 0.10 * outward


def _imagine_small_toes(joints: np.ndarray) -> None:
    """Puts the small toes of BODY_25 joints (..., 25, 3) in place: on the outer side of the big toes."""
    across = np.sign(joints[..., L_HIP, 0] - joints[..., R_HIP, 0])
    for (big_toe, small_toe, heel), side in ((LEFT_FOOT, 1.0), (RIGHT_FOOT, -1.0)):
        foot = joints[..., big_toe, :2] - joints[..., heel, :2]
        joints[..., small_toe, :2] = joints[..., big_toe, :2]
        joints[..., small_toe, 0] += side * across * _TOE_SPREAD * np.linalg.norm(foot, axis=-1)
        joints[..., small_toe, 2] = _SMALL_TOE_TRUST * joints[..., big_toe, 2]


@dataclass(frozen=True, eq=False)
class Pose:
    """One person's pose in BODY_25.

    joints: (25, 3) float32, x, y in pixels and confidence in [0, 1].
    depth: (25,) float32 in the same pixels, smaller is nearer to the camera, 0 at the mid-hip; zeros if unknown.
    """

    joints: np.ndarray
    depth: np.ndarray = field(default_factory=lambda: np.zeros(JOINT_COUNT, np.float32))

    def __post_init__(self) -> None:
        object.__setattr__(self, "joints", np.asarray(self.joints, np.float32))
        object.__setattr__(self, "depth", np.asarray(self.depth, np.float32))
        if self.joints.shape != (JOINT_COUNT, 3) or self.depth.shape != (JOINT_COUNT,):
            raise ValueError(f"joints {self.joints.shape} and depth {self.depth.shape} are not (25, 3) and (25,)")

    @property
    def points(self) -> np.ndarray:
        """(25, 2) float32: x, y in pixels."""
        return self.joints[:, :2]

    @property
    def confidence(self) -> np.ndarray:
        """(25,) float32 in [0, 1]."""
        return self.joints[:, 2]

    @property
    def height(self) -> float:
        """Crown to heel in pixels, see ``body_height``; of a bent or foreshortened body less than when it stands."""
        return float(body_height(self.joints))

    @property
    def extent(self) -> float:
        """The longer side of the box round all joints, in pixels: the person's size in any posture."""
        return float(np.ptp(self.points, axis=0).max())

    def transformed(self, scale: float, offset: tuple[float, float] | np.ndarray) -> Pose:
        """The pose under ``point * scale + offset`` (as a Stage's); depth is scaled along."""
        joints = self.joints.copy()
        joints[:, :2] = self.points * scale + np.asarray(offset, np.float32)
        return Pose(joints, self.depth * scale)

    @classmethod
    def from_joints(cls, joints: np.ndarray, format_name: str) -> Pose:
        """A pose from (J, 3) joints of a named format; depth is unknown. InputError as in ``to_body25``."""
        return cls(to_body25(joints, format_name))


def body_height(joints: np.ndarray) -> np.ndarray:
    """A person's height in pixels from BODY_25 joints (..., 25, 2 or 3): the crown to the lower heel.

    The crown isn't a joint: it lies above the nose by CROWN times the nose's height above the neck.
    """
    y = np.asarray(joints)[..., 1]
    crown = y[..., NOSE] - CROWN * np.abs(y[..., NECK] - y[..., NOSE])
    return np.maximum(y[..., L_HEEL], y[..., R_HEEL]) - crown


FACING = 0.35
"""Least ``shoulder_span`` of who faces the camera; an average body seen straight from the front has about 0.7."""


def shoulder_span(joints: np.ndarray) -> np.ndarray:
    """Shoulder width over trunk length, (...), of BODY_25 joints (..., 25, 2 or 3): below zero seen from behind."""
    across = joints[..., L_SHOULDER, 0] - joints[..., R_SHOULDER, 0]
    trunk = joints[..., MID_HIP, :2] - joints[..., NECK, :2]
    return across / np.maximum(np.hypot(trunk[..., 0], trunk[..., 1]), 1e-3)
