"""Where a pixel lies on a person's body: along and across the nearest bones of the skeleton, each with a width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.skeleton import ARM, CONFIDENT, HEAD, HEEL, LEG, TOES, Joint, Pose, complete
from fashionmirror_core.vocabulary import Side

_GUESSED = 0.02  # confidence up to which a joint's place is not even an estimate

# Each kind of bone has a table of ALONG x ACROSS cells; right and left share one.
KINDS = ("head", "trunk", "upper_arm", "forearm", "hand", "thigh", "shank", "foot")
ALONG, ACROSS = 16, 14
ALONG_RANGE = (-0.3, 1.3)  # 0 at the bone's start, 1 at its end
ACROSS_RANGE = (-2.4, 2.4)  # in radii, positive away from the other side of the body
RADIUS = {  # half-widths in trunk lengths
    "head": 0.30,
    "trunk": 0.36,
    "upper_arm": 0.13,
    "forearm": 0.11,
    "hand": 0.11,
    "thigh": 0.20,
    "shank": 0.14,
    "foot": 0.12,
}
_BLEND = 3.0  # how sharply a pixel belongs to its nearest bone, per radius


@dataclass(frozen=True)
class Bone:
    """A straight piece of the body: from ``start`` to ``end`` (pixels), ``radius`` wide on each side."""

    name: str
    kind: int
    start: np.ndarray
    end: np.ndarray
    radius: float
    outward: np.ndarray  # unit vector across the bone, away from the other side of the body

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
    """The skeleton as bones with widths; ``unit`` is the trunk's length in pixels."""

    bones: tuple[Bone, ...]
    points: np.ndarray
    seen: np.ndarray
    unit: float

    @classmethod
    def from_pose(cls, pose: Pose) -> BodyCoordinates:
        """Raises InputError where shoulders or hips are missing."""
        points, seen = _completed(np.asarray(pose.joints, np.float32))
        trunk = points[Joint.MID_HIP] - points[Joint.NECK]
        reach = max(_length(points, hip, knee) + _length(points, knee, ankle) for hip, knee, ankle in LEG.values())
        unit = max(float(np.linalg.norm(trunk)), 0.55 * reach, 4.0)
        across = points[Joint.R_SHOULDER] - points[Joint.L_SHOULDER]
        bones = [
            _bone("head", "head", points[Joint.NECK], _crown(points, unit), unit, across),
            _bone("trunk", "trunk", points[Joint.NECK], points[Joint.MID_HIP], unit, across),
        ]
        for side in Side:
            shoulder, elbow, wrist = ARM[side]
            hip, knee, ankle = LEG[side]
            toe, heel = TOES[side][0], HEEL[side]
            out_arm = points[shoulder] - points[Joint.NECK]
            out_leg = points[hip] - points[Joint.MID_HIP]
            palm = points[wrist] + _limited(points[wrist] - points[elbow], 0.36 * unit, 0.22 * unit)
            pieces = (
                ("upper_arm", points[shoulder], points[elbow], out_arm),
                ("forearm", points[elbow], points[wrist], out_arm),
                ("hand", points[wrist], palm, out_arm),
                ("thigh", points[hip], points[knee], out_leg),
                ("shank", points[knee], points[ankle], out_leg),
                ("foot", 0.5 * (points[ankle] + points[heel]), points[toe], out_leg),
            )
            bones += [_bone(f"{side}_{kind}", kind, start, end, unit, out) for kind, start, end, out in pieces]
        return cls(tuple(bones), points, seen, unit)

    @property
    def faces_camera(self) -> bool:
        """A face is in the picture: its joints are seen and the person doesn't turn the back."""
        # Positive when the right shoulder is on the picture's left.
        width = self.points[Joint.L_SHOULDER, 0] - self.points[Joint.R_SHOULDER, 0]
        return bool(self.seen[Joint.NOSE] and width > -0.12 * self.unit)

    def weights(self, points: np.ndarray) -> np.ndarray:
        """(bones, N): how much each of the points (N, 2) belongs to each bone; sums to 1."""
        distances = np.stack([bone.coordinates(points)[2] for bone in self.bones])
        logits = -_BLEND * (distances - distances.min(0))
        weights = np.exp(logits)
        weights[weights < 0.03] = 0
        return weights / weights.sum(0)

    def cells(self, points: np.ndarray) -> Iterable[tuple[Bone, np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """Per bone: (bone, indices of its points, their weights, row and column in the bone's table as floats)."""
        for bone, weight in zip(self.bones, self.weights(points), strict=True):
            mine = np.nonzero(weight)[0]
            along, across, _ = bone.coordinates(points[mine])
            if KINDS[bone.kind] in ("head", "trunk"):  # both sides alike
                across = np.abs(across)
            yield bone, mine, weight[mine], cell_of(along, ALONG_RANGE, ALONG), cell_of(across, ACROSS_RANGE, ACROSS)


def _length(points: np.ndarray, a: int, b: int) -> float:
    return float(np.linalg.norm(points[a] - points[b]))


def _limited(vector: np.ndarray, longest: float, shortest: float) -> np.ndarray:
    """A hand-long continuation of a forearm (pixels), foreshortened as it is."""
    length = float(np.linalg.norm(vector))
    return vector / max(length, 1e-6) * np.clip(0.4 * length, shortest, longest)


def _bone(name: str, kind: str, start: np.ndarray, end: np.ndarray, unit: float, outward: np.ndarray) -> Bone:
    axis = end - start
    across = np.array([-axis[1], axis[0]], np.float32)
    across /= max(float(np.linalg.norm(across)), 1e-6)
    if across @ outward < 0:
        across = -across
    return Bone(name, KINDS.index(kind), start, end, RADIUS[kind] * unit, across)


def _crown(points: np.ndarray, unit: float) -> np.ndarray:
    """The top of the skull, from the face joints above the neck."""
    centre = points[list(HEAD)].mean(0)
    up = centre - points[Joint.NECK]
    length = max(float(np.linalg.norm(up)), 1e-6)
    return points[Joint.NECK] + up / length * np.clip(1.55 * length, 0.45 * unit, 0.85 * unit)


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
