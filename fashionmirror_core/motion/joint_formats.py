"""Ways into BODY_25 from the joint formats of other programs.

Joints are (..., J, 3) float arrays: x, y in pixels (pixel centres at integers), confidence in [0, 1]. Left and right
are anatomical.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.skeleton import FOOT, JOINT_COUNT, LEG, Joint
from fashionmirror_core.vocabulary import Side

Recipe = tuple[tuple[int, ...], ...]
"""What each BODY_25 joint is made of: one joint of a format, two (their mean) or none."""


@dataclass(frozen=True)
class JointFormat:
    """How many joints a format has, and how they become BODY_25."""

    count: int
    recipe: Recipe


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
_HALPE: Recipe = (*_COCO_17, (20,), (22,), (24,), (21,), (23,), (25,))
_MEDIAPIPE_33: Recipe = (
    *((0,), (11, 12), (12,), (14,), (16,), (11,), (13,), (15,)),
    *((23, 24), (24,), (26,), (28,), (23,), (25,), (27,)),
    *((5,), (2,), (8,), (7,)),
    *((31,), (), (29,), (32,), (), (30,)),
)
FORMATS: dict[str, JointFormat] = {
    "BODY_25": JointFormat(25, tuple((index,) for index in range(25))),
    "COCO_18": JointFormat(18, _COCO_18 + _NO_FEET),
    "COCO_17": JointFormat(17, _COCO_17 + _NO_FEET),
    "COCO_133": JointFormat(133, _COCO_17 + tuple((index,) for index in range(17, 23))),
    "HALPE_26": JointFormat(26, _HALPE),
    "HALPE_136": JointFormat(136, _HALPE),
}
"""The joint formats that files may have: OpenPose's two, COCO with and without the whole body, AlphaPose's Halpe."""
_ALL = {**FORMATS, "MEDIAPIPE_33": JointFormat(33, _MEDIAPIPE_33)}

_TOE_SPREAD = 0.35  # small toe beside the big toe, in units of the foot's heel-to-toe length
_SMALL_TOE_TRUST = 0.5  # an estimated small toe has this much of its big toe's confidence


def joint_count(name: str) -> int:
    """How many joints a format has; InputError for a format that isn't known."""
    try:
        return _ALL[name].count
    except (KeyError, TypeError):
        raise InputError(f"Unknown joint format {name!r:.40}; write one of {', '.join(FORMATS)}.") from None


def format_of(count: int) -> str | None:
    """The format that has so many joints; no two in ``FORMATS`` have as many."""
    return next((name for name, known in FORMATS.items() if known.count == count), None)


def to_body25(joints: np.ndarray, name: str) -> np.ndarray:
    """Joints (..., J, 3) of the named format -> (..., 25, 3) float32 in BODY_25.

    Neck and mid-hip are the means of shoulders and hips where the format lacks them, with the smaller confidence.
    Feet that the format lacks stand where a foot would be, with confidence 0. ``MEDIAPIPE_33`` is taken too (its small
    toe is estimated beside the big toe at half the confidence). InputError for an unknown format or joint count.
    """
    count = joint_count(name)
    recipe = _ALL[name].recipe
    joints = np.asarray(joints, np.float32)
    if joints.ndim < 2 or joints.shape[-2:] != (count, 3):
        raise InputError(
            f"The format {name} has {count} joints of x, y, confidence; this pose has shape {joints.shape[-2:]}: "
            "name the format that wrote it."
        )
    result = np.zeros((*joints.shape[:-2], JOINT_COUNT, 3), np.float32)
    for target, parts in enumerate(recipe):
        if parts:
            chosen = joints[..., list(parts), :]
            result[..., target, :2] = chosen[..., :2].mean(-2)
            result[..., target, 2] = chosen[..., 2].min(-1)
    if not recipe[Joint.L_BIG_TOE]:
        imagine_feet(result)
    elif not recipe[Joint.L_SMALL_TOE]:
        _imagine_small_toes(result)
    return result


def depth_to_body25(depth: np.ndarray) -> np.ndarray:
    """MediaPipe's z of 33 landmarks (..., 33) -> (..., 25) float32 in BODY_25, 0 at the mid-hip, same unit."""
    depth = np.asarray(depth, np.float32)
    result = np.zeros((*depth.shape[:-1], JOINT_COUNT), np.float32)
    for target, parts in enumerate(_MEDIAPIPE_33):
        if parts:
            result[..., target] = depth[..., list(parts)].mean(-1)
    result[..., Joint.L_SMALL_TOE] = result[..., Joint.L_BIG_TOE]
    result[..., Joint.R_SMALL_TOE] = result[..., Joint.R_BIG_TOE]
    return result - result[..., Joint.MID_HIP, None]


def imagine_feet(joints: np.ndarray) -> None:
    """Puts the feet of BODY_25 joints (..., 25, 3) in place: seen from the front, below the ankles.

    Offsets in units of the shin are medians of the catwalk set's people facing the camera. Confidences stay.
    """
    across = np.sign(joints[..., Joint.L_HIP, 0] - joints[..., Joint.R_HIP, 0])[..., None]
    for side in Side:
        _, knee, ankle = LEG[side]
        big_toe, small_toe, heel = FOOT[side]
        shin = joints[..., ankle, :2] - joints[..., knee, :2]
        length = np.linalg.norm(shin, axis=-1, keepdims=True)
        known = np.minimum(joints[..., knee, 2], joints[..., ankle, 2])[..., None] > 0
        down = np.where(known, shin, 0.0)
        outward = np.where(known, side.sign * across * length * np.array([1.0, 0.0]), 0.0)
        at_ankle = joints[..., ankle, :2]
        joints[..., heel, :2] = at_ankle + 0.08 * down
        joints[..., big_toe, :2] = at_ankle + 0.23 * down - 0.02 * outward
        joints[..., small_toe, :2] = at_ankle + 0.22 * down + 0.10 * outward


def _imagine_small_toes(joints: np.ndarray) -> None:
    """Puts the small toes of BODY_25 joints (..., 25, 3) in place: on the outer side of the big toes."""
    across = np.sign(joints[..., Joint.L_HIP, 0] - joints[..., Joint.R_HIP, 0])
    for side in Side:
        big_toe, small_toe, heel = FOOT[side]
        foot = joints[..., big_toe, :2] - joints[..., heel, :2]
        joints[..., small_toe, :2] = joints[..., big_toe, :2]
        joints[..., small_toe, 0] += side.sign * across * _TOE_SPREAD * np.linalg.norm(foot, axis=-1)
        joints[..., small_toe, 2] = _SMALL_TOE_TRUST * joints[..., big_toe, 2]
