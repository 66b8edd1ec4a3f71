"""The canonical skeleton, OpenPose BODY_25.

Joints are (..., J, 3) float arrays: x, y in pixels (pixel centres at integers), confidence in [0, 1]. Left and right
are anatomical. Other joint formats are read by ``motion.joint_formats``.

See docs/method.md, "Pose and motion".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.vocabulary import Side


class Joint(IntEnum):
    """The joints of BODY_25, numbered as OpenPose numbers them."""

    NOSE = 0
    NECK = 1
    R_SHOULDER = 2
    R_ELBOW = 3
    R_WRIST = 4
    L_SHOULDER = 5
    L_ELBOW = 6
    L_WRIST = 7
    MID_HIP = 8
    R_HIP = 9
    R_KNEE = 10
    R_ANKLE = 11
    L_HIP = 12
    L_KNEE = 13
    L_ANKLE = 14
    R_EYE = 15
    L_EYE = 16
    R_EAR = 17
    L_EAR = 18
    L_BIG_TOE = 19
    L_SMALL_TOE = 20
    L_HEEL = 21
    R_BIG_TOE = 22
    R_SMALL_TOE = 23
    R_HEEL = 24

    @property
    def side(self) -> Side | None:
        """None in the middle of the body."""
        return {"R": Side.RIGHT, "L": Side.LEFT}.get(self.name.partition("_")[0])

    @property
    def mirrored(self) -> Joint:
        """The same joint of the body's other side; a joint of the middle is its own."""
        return self if self.side is None else Joint[f"{self.side.other.upper()}{self.name[1:]}"]


JOINT_COUNT = len(Joint)
NAMES = tuple("".join(word.capitalize() for word in joint.name.split("_")) for joint in Joint)
"""As OpenPose writes them: "Nose", "RShoulder", "LBigToe"."""
MIRROR = np.array([joint.mirrored for joint in Joint])
"""(25,): the number of each joint's mirrored joint."""

HEAD = (Joint.NOSE, Joint.R_EYE, Joint.L_EYE, Joint.R_EAR, Joint.L_EAR)
Chain = tuple[Joint, Joint, Joint]
ARM: dict[str, Chain] = {
    Side.RIGHT: (Joint.R_SHOULDER, Joint.R_ELBOW, Joint.R_WRIST),
    Side.LEFT: (Joint.L_SHOULDER, Joint.L_ELBOW, Joint.L_WRIST),
}
LEG: dict[str, Chain] = {
    Side.RIGHT: (Joint.R_HIP, Joint.R_KNEE, Joint.R_ANKLE),
    Side.LEFT: (Joint.L_HIP, Joint.L_KNEE, Joint.L_ANKLE),
}
TOES: dict[str, tuple[Joint, Joint]] = {
    Side.RIGHT: (Joint.R_BIG_TOE, Joint.R_SMALL_TOE),
    Side.LEFT: (Joint.L_BIG_TOE, Joint.L_SMALL_TOE),
}
HEEL: dict[str, Joint] = {Side.RIGHT: Joint.R_HEEL, Side.LEFT: Joint.L_HEEL}
FOOT: dict[str, Chain] = {side: (*TOES[side], HEEL[side]) for side in Side}
"""Big toe, small toe and heel."""
FEET = FOOT[Side.LEFT] + FOOT[Side.RIGHT]

BONES = (
    (Joint.NECK, Joint.MID_HIP),
    (Joint.NECK, Joint.R_SHOULDER),
    (Joint.R_SHOULDER, Joint.R_ELBOW),
    (Joint.R_ELBOW, Joint.R_WRIST),
    (Joint.NECK, Joint.L_SHOULDER),
    (Joint.L_SHOULDER, Joint.L_ELBOW),
    (Joint.L_ELBOW, Joint.L_WRIST),
    (Joint.MID_HIP, Joint.R_HIP),
    (Joint.R_HIP, Joint.R_KNEE),
    (Joint.R_KNEE, Joint.R_ANKLE),
    (Joint.MID_HIP, Joint.L_HIP),
    (Joint.L_HIP, Joint.L_KNEE),
    (Joint.L_KNEE, Joint.L_ANKLE),
    (Joint.NECK, Joint.NOSE),
    (Joint.NOSE, Joint.R_EYE),
    (Joint.R_EYE, Joint.R_EAR),
    (Joint.NOSE, Joint.L_EYE),
    (Joint.L_EYE, Joint.L_EAR),
    (Joint.L_ANKLE, Joint.L_HEEL),
    (Joint.L_ANKLE, Joint.L_BIG_TOE),
    (Joint.L_BIG_TOE, Joint.L_SMALL_TOE),
    (Joint.R_ANKLE, Joint.R_HEEL),
    (Joint.R_ANKLE, Joint.R_BIG_TOE),
    (Joint.R_BIG_TOE, Joint.R_SMALL_TOE),
)
"""(parent, child) pairs, parents before children when read from the neck and the mid-hip outwards."""

TRUNK_BONE = (Joint.MID_HIP, Joint.NECK)
GIRDLE_BONES = (
    *((Joint.NECK, ARM[side][0]) for side in Side),
    *((Joint.MID_HIP, LEG[side][0]) for side in Side),
)
"""Each half of the shoulder line and of the hip line."""
LIMB_BONES = tuple(bone for side in Side for chain in (ARM[side], LEG[side]) for bone in pairwise(chain))
"""Upper arm, forearm, thigh and shin of the right side, then of the left."""
BONE_LENGTHS = {
    TRUNK_BONE: 1.0,
    **dict.fromkeys(GIRDLE_BONES[:2], 0.36),
    **dict.fromkeys(GIRDLE_BONES[2:], 0.22),
    **dict(zip(LIMB_BONES, (0.58, 0.51, 0.92, 0.93) * 2, strict=True)),
}
"""An adult's bone lengths over the trunk's (neck to mid-hip), for bones that are hidden or point at the camera."""

CONFIDENT = 0.3
"""From this confidence on a joint counts as seen."""
MISSING = 0.1
"""Below this confidence a joint counts as missing: motions interpolate it over time."""

CROWN = 0.75
"""Nose to crown in units of neck to nose, in pictures: the median of the catwalk set's label maps (0.63 to 0.85)."""


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


def body_height(joints: np.ndarray) -> np.ndarray:
    """A person's height in pixels from BODY_25 joints (..., 25, 2 or 3): the crown to the lower heel.

    The crown isn't a joint: it lies above the nose by CROWN times the nose's height above the neck.
    """
    y = np.asarray(joints)[..., 1]
    crown = y[..., Joint.NOSE] - CROWN * np.abs(y[..., Joint.NECK] - y[..., Joint.NOSE])
    return np.maximum(y[..., Joint.L_HEEL], y[..., Joint.R_HEEL]) - crown


FACING = 0.35
"""Least ``shoulder_span`` of who faces the camera; an average body seen straight from the front has about 0.7."""


def shoulder_span(joints: np.ndarray) -> np.ndarray:
    """Shoulder width over trunk length, (...), of BODY_25 joints (..., 25, 2 or 3): below zero seen from behind."""
    across = joints[..., Joint.L_SHOULDER, 0] - joints[..., Joint.R_SHOULDER, 0]
    trunk = joints[..., Joint.MID_HIP, :2] - joints[..., Joint.NECK, :2]
    return across / np.maximum(np.hypot(trunk[..., 0], trunk[..., 1]), 1e-3)


# ---- joints that nobody saw ------------------------------------------------------------------------------------------

# Over the trunk's length: from the ankle down and outwards to big toe, small toe and heel; from the nose to the person's
# right and up to right eye, left eye, right ear and left ear.
_FOOT_SHAPE = ((0.17, 0.02), (0.16, 0.10), (0.07, 0.0))
_FACE_SHAPE = ((0.06, 0.07), (-0.06, 0.07), (0.17, 0.04), (-0.17, 0.04))
_NOSE_ABOVE_NECK = 0.46


def is_seen(joints: np.ndarray) -> np.ndarray:
    """(...) bool of joints (..., 3): finite and not reported missing."""
    return np.isfinite(joints).all(axis=-1) & (np.nan_to_num(joints[..., 2]) >= MISSING)


def completed(joints: np.ndarray, owner: str) -> np.ndarray:
    """Joints (T, 25, 3) with a plausible place for each joint that isn't seen, float64; confidences stay, NaN becomes 0.

    See ``complete``. owner: begins the error's sentence, "The motion".
    """
    joints = np.array(joints, dtype=np.float64)
    seen = is_seen(joints)
    points = np.where(np.isfinite(joints[..., :2]), joints[..., :2], 0.0)
    for frame in range(len(points)):
        if not seen[frame].all():
            complete(points[frame], seen[frame], owner)
    joints[..., :2] = points
    joints[..., 2] = np.nan_to_num(joints[..., 2])
    return joints


def complete(points: np.ndarray, seen: np.ndarray, owner: str) -> None:
    """Fills the unseen joints of points (25, 2) in place, from the trunk outwards: mirrored, else by proportion.

    seen: (25,) bool. Raises InputError where both shoulders or both hips are unseen; ``owner`` begins its sentence.
    """
    seen = seen.copy()
    girdles = ((Joint.NECK, [ARM[side][0] for side in Side]), (Joint.MID_HIP, [LEG[side][0] for side in Side]))
    for middle, pair in girdles:
        known = np.array(pair)[seen[pair]]
        if not seen[middle] and not len(known):
            part = "shoulders" if middle == Joint.NECK else "hips"
            raise InputError(f"{owner} doesn't show the {part}; use one that shows the whole body from the front.")
        if not seen[middle]:
            points[middle] = points[known].mean(axis=0)
    trunk = _Trunk.of(points, seen)
    for side in Side:
        _complete_girdles(points, seen, trunk, side)
    for side in Side:
        _complete_limbs(points, seen, trunk, side)
        _complete_foot(points, seen, trunk, side)
    _complete_head(points, seen, trunk)


@dataclass(frozen=True)
class _Trunk:
    """One frame's trunk as a ruler: unit vectors down the spine and to the person's right, and its length in pixels."""

    down: np.ndarray
    right: np.ndarray
    length: float

    @classmethod
    def of(cls, points: np.ndarray, seen: np.ndarray) -> _Trunk:
        spine = points[Joint.MID_HIP] - points[Joint.NECK]
        length = max(float(np.hypot(*spine)), 1e-6)
        down = spine / length
        across = np.array([-down[1], down[0]])  # towards the picture's left, where a front view has the person's right
        return cls(down, across * _facing(points, seen, across), length)

    def outward(self, side: Side) -> np.ndarray:
        return self.right if side is Side.RIGHT else -self.right

    def mirrored(self, vector: np.ndarray) -> np.ndarray:
        return vector - 2 * (vector @ self.right) * self.right


def _facing(points: np.ndarray, seen: np.ndarray, across: np.ndarray) -> float:
    """+1 if the person's right is where ``across`` points, as in a front view, else -1."""
    for chain in (ARM, LEG):
        right, left = chain[Side.RIGHT][0], chain[Side.LEFT][0]
        if seen[right] and seen[left]:
            return 1.0 if (points[right] - points[left]) @ across >= 0 else -1.0
    return 1.0


def _complete_girdles(points: np.ndarray, seen: np.ndarray, trunk: _Trunk, side: Side) -> None:
    """A shoulder and a hip: opposite the other one, else by proportion."""
    for middle, chain in ((Joint.NECK, ARM), (Joint.MID_HIP, LEG)):
        joint, other = chain[side][0], chain[side.other][0]
        if seen[joint]:
            continue
        offset = BONE_LENGTHS[middle, joint] * trunk.length * trunk.outward(side)
        points[joint] = points[middle] + (trunk.mirrored(points[other] - points[middle]) if seen[other] else offset)


def _complete_limbs(points: np.ndarray, seen: np.ndarray, trunk: _Trunk, side: Side) -> None:
    """An elbow or knee between its neighbours; else, as a wrist or ankle, like the other side's, else hanging down."""
    for chains in (ARM, LEG):
        upper, middle, end = chains[side]
        if not seen[middle] and seen[end]:
            points[middle] = (points[upper] + points[end]) / 2
            continue
        for bone, other in zip(pairwise(chains[side]), pairwise(chains[side.other]), strict=True):
            parent, child = bone
            if seen[child]:
                continue
            if seen[list(other)].all():
                points[child] = points[parent] + trunk.mirrored(points[other[1]] - points[other[0]])
            else:
                points[child] = points[parent] + BONE_LENGTHS[parent, child] * trunk.length * trunk.down


def _complete_foot(points: np.ndarray, seen: np.ndarray, trunk: _Trunk, side: Side) -> None:
    ankle, other_ankle = LEG[side][2], LEG[side.other][2]
    for joint, other, (down, out) in zip(FOOT[side], FOOT[side.other], _FOOT_SHAPE, strict=True):
        if seen[joint]:
            continue
        if seen[other] and seen[other_ankle]:
            offset = trunk.mirrored(points[other] - points[other_ankle])
        else:
            offset = trunk.length * (down * trunk.down + out * trunk.outward(side))
        points[joint] = points[ankle] + offset


def _complete_head(points: np.ndarray, seen: np.ndarray, trunk: _Trunk) -> None:
    face = [joint for joint in HEAD[1:] if seen[joint]]
    if not seen[Joint.NOSE]:
        above = points[Joint.NECK] - _NOSE_ABOVE_NECK * trunk.length * trunk.down
        points[Joint.NOSE] = points[face].mean(axis=0) if face else above
    for joint, (aside, up) in zip(HEAD[1:], _FACE_SHAPE, strict=True):
        if not seen[joint]:
            points[joint] = points[Joint.NOSE] + trunk.length * (aside * trunk.right - up * trunk.down)
