"""Where a pixel lies on a person's body: along and across the nearest bones of the skeleton, each with a width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.skeleton import ARM, CONFIDENT, HEAD, HEEL, LEG, TOES, Joint, Pose, complete
from fashionmirror_core.vocabulary import Part, Side

_GUESSED = 0.02  # confidence up to which a joint's place is not even an estimate


class BoneKind(IntEnum):
    """A kind of bone; right and left share one. The numbers index the tables of ``person.label_prior``."""

    HEAD = 0
    TRUNK = 1
    UPPER_ARM = 2
    FOREARM = 3
    HAND = 4
    THIGH = 5
    SHIN = 6
    FOOT = 7


ARM_BONES = (BoneKind.UPPER_ARM, BoneKind.FOREARM, BoneKind.HAND)
LEG_BONES = (BoneKind.THIGH, BoneKind.SHIN, BoneKind.FOOT)

RADIUS = {
    BoneKind.HEAD: 0.30,
    BoneKind.TRUNK: 0.36,
    BoneKind.UPPER_ARM: 0.13,
    BoneKind.FOREARM: 0.11,
    BoneKind.HAND: 0.11,
    BoneKind.THIGH: 0.20,
    BoneKind.SHIN: 0.14,
    BoneKind.FOOT: 0.12,
}
"""Half-widths of bones with their flesh and clothes, in trunk lengths."""

# Each kind of bone has a table of ALONG x ACROSS cells.
ALONG, ACROSS = 16, 14
ALONG_RANGE = (-0.3, 1.3)  # 0 at the bone's start, 1 at its end
ACROSS_RANGE = (-2.4, 2.4)  # in radii, positive away from the other side of the body
_SHARPNESS_PER_RADIUS = 3.0  # how sharply a pixel belongs to its nearest bone


@dataclass(frozen=True)
class Bone:
    """A straight piece of the body: from ``start`` to ``end`` (pixels), ``radius`` (pixels) wide on each side.

    side: None in the middle of the body. outward: unit vector across the bone, away from the other side of the body.
    """

    kind: BoneKind
    side: Side | None
    start: np.ndarray
    end: np.ndarray
    radius: float
    outward: np.ndarray

    @classmethod
    def between(
        cls, kind: BoneKind, side: Side | None, start: np.ndarray, end: np.ndarray, unit: float, outward: np.ndarray
    ) -> Bone:
        """unit: the trunk's length in pixels. outward: any vector that points away from the other side of the body."""
        axis = end - start
        across = np.array([-axis[1], axis[0]], np.float32)
        across /= max(float(np.linalg.norm(across)), 1e-6)
        if across @ outward < 0:
            across = -across
        return cls(kind, side, start, end, RADIUS[kind] * unit, across)

    @property
    def part(self) -> Part:
        """The part of the person that hangs on this bone."""
        if self.side is None:
            return Part.TRUNK
        return Part.arm(self.side) if self.kind in ARM_BONES else Part.leg(self.side)

    def coordinates(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For points (N, 2): along (0..1 on the bone), across (radii, signed), distance to the segment (radii)."""
        axis = self.end - self.start
        length2 = max(float(axis @ axis), 1e-6)
        relative = points - self.start
        along = relative @ axis / length2
        across = relative @ self.outward / self.radius
        nearest = self.start + np.clip(along, 0, 1)[:, None] * axis
        return along, across, np.linalg.norm(points - nearest, axis=1) / self.radius


@dataclass(frozen=True)
class BodyCoordinates:
    """The skeleton as bones with widths.

    points: (25, 2) pixels, with a guess for each joint that isn't known. seen: (25,) bool. unit: the trunk's length in
    pixels.
    """

    bones: tuple[Bone, ...]
    points: np.ndarray
    seen: np.ndarray
    unit: float

    @classmethod
    def from_pose(cls, pose: Pose) -> BodyCoordinates:
        """Raises InputError where shoulders or hips are missing."""
        points, seen = _completed(np.asarray(pose.joints, np.float32))
        neck, mid_hip = points[Joint.NECK], points[Joint.MID_HIP]
        leg = max(_length(points, hip, knee) + _length(points, knee, ankle) for hip, knee, ankle in LEG.values())
        unit = max(float(np.linalg.norm(mid_hip - neck)), 0.55 * leg, 4.0)
        across = points[Joint.R_SHOULDER] - points[Joint.L_SHOULDER]
        bones = [
            Bone.between(BoneKind.HEAD, None, neck, _crown(points, unit), unit, across),
            Bone.between(BoneKind.TRUNK, None, neck, mid_hip, unit, across),
        ]
        for side in Side:
            shoulder, elbow, wrist = (points[joint] for joint in ARM[side])
            hip, knee, ankle = (points[joint] for joint in LEG[side])
            toe, heel = points[TOES[side][0]], points[HEEL[side]]
            palm = wrist + _limited(wrist - elbow, 0.36 * unit, 0.22 * unit)
            pieces = (
                (BoneKind.UPPER_ARM, shoulder, elbow, shoulder - neck),
                (BoneKind.FOREARM, elbow, wrist, shoulder - neck),
                (BoneKind.HAND, wrist, palm, shoulder - neck),
                (BoneKind.THIGH, hip, knee, hip - mid_hip),
                (BoneKind.SHIN, knee, ankle, hip - mid_hip),
                (BoneKind.FOOT, 0.5 * (ankle + heel), toe, hip - mid_hip),
            )
            bones += [Bone.between(kind, side, start, end, unit, outward) for kind, start, end, outward in pieces]
        return cls(tuple(bones), points, seen, unit)

    @property
    def neck(self) -> np.ndarray:
        """(2,) pixels."""
        return self.points[Joint.NECK]

    @property
    def mid_hip(self) -> np.ndarray:
        """(2,) pixels."""
        return self.points[Joint.MID_HIP]

    @property
    def faces_camera(self) -> bool:
        """A face is in the picture: its joints are seen and the person doesn't turn the back."""
        # Positive when the right shoulder is on the picture's left.
        width = self.points[Joint.L_SHOULDER, 0] - self.points[Joint.R_SHOULDER, 0]
        return bool(self.seen[Joint.NOSE] and width > -0.12 * self.unit)

    def weights(self, points: np.ndarray) -> np.ndarray:
        """(bones, N): how much each of the points (N, 2) belongs to each bone; sums to 1."""
        distances = np.stack([bone.coordinates(points)[2] for bone in self.bones])
        logits = -_SHARPNESS_PER_RADIUS * (distances - distances.min(0))
        weights = np.exp(logits)
        weights[weights < 0.03] = 0
        return weights / weights.sum(0)

    def share_on(self, points: np.ndarray, kinds: tuple[BoneKind, ...]) -> np.ndarray:
        """(N,) in [0, 1]: how much each of the points (N, 2) belongs to bones of these kinds."""
        return self.weights(points)[[bone.kind in kinds for bone in self.bones]].sum(0)

    def cells(self, points: np.ndarray) -> Iterable[tuple[Bone, np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """Per bone: (bone, indices of its points, their weights, row and column in the bone's table as floats)."""
        for bone, weight in zip(self.bones, self.weights(points), strict=True):
            own = np.nonzero(weight)[0]
            along, across, _ = bone.coordinates(points[own])
            if bone.side is None:  # head and trunk are alike on both sides
                across = np.abs(across)
            yield bone, own, weight[own], cell_of(along, ALONG_RANGE, ALONG), cell_of(across, ACROSS_RANGE, ACROSS)


def _length(points: np.ndarray, start: Joint, end: Joint) -> float:
    return float(np.linalg.norm(points[start] - points[end]))


def _limited(vector: np.ndarray, longest: float, shortest: float) -> np.ndarray:
    """A hand-long continuation of a forearm (pixels), foreshortened as it is."""
    length = float(np.linalg.norm(vector))
    return vector / max(length, 1e-6) * np.clip(0.4 * length, shortest, longest)


def _crown(points: np.ndarray, unit: float) -> np.ndarray:
    """The top of the skull, from the face joints above the neck."""
    neck = points[Joint.NECK]
    up = points[list(HEAD)].mean(0) - neck
    length = max(float(np.linalg.norm(up)), 1e-6)
    return neck + up / length * np.clip(1.55 * length, 0.45 * unit, 0.85 * unit)


def _completed(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (25, 2) with guesses for missing joints, and which joints are seen (25,) bool."""
    points, seen = joints[:, :2].copy(), joints[:, 2] >= CONFIDENT
    known = (joints[:, 2] > _GUESSED) & np.isfinite(joints).all(1)
    if not known[[ARM[side][0] for side in Side] + [LEG[side][0] for side in Side]].all():
        raise InputError("Shoulders or hips are not in the picture; use a photo that shows the whole person.")
    complete(points, known, "The photo's pose")
    return points, seen & known


def cell_of(values: np.ndarray, limits: tuple[float, float], count: int) -> np.ndarray:
    """Values within limits -> fractional positions 0..count - 1 in a table of so many cells."""
    low, high = limits
    return np.clip((values - low) / (high - low), 0, 1) * (count - 1)
