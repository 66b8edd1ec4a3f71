"""The parametric body: an adult's skin, skeleton and shapes, read from ``resources/body.npz`` and posed in numpy.

The model's space: metres, x to the person's left, y down, z away from the viewer, at rest with the arms held out and down
and the face to the viewer. ``resources/body.md`` names the source and its licences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from fashionmirror_core import places
from fashionmirror_core.body.fitted import PARENTS, Bone
from fashionmirror_core.errors import InputError
from fashionmirror_core.skeleton import ARM, FOOT, HEAD, JOINT_COUNT, LEG, Chain, Joint
from fashionmirror_core.vocabulary import Side

BONES = len(Bone)
SHAPES = 14
"""Ten of adults, then length and girth of the legs, length and girth of the arms against the rest."""
_LEARNED_SHAPES = 10
_LONGER, _THICKER = 0.08, 0.12  # shares of a limb's length and girth that its shapes add

_LIMBS = {
    **dict(zip((*ARM[Side.LEFT], *ARM[Side.RIGHT]), (7, 8, 9, 11, 12, 13), strict=True)),
    **dict(zip((*LEG[Side.LEFT], *LEG[Side.RIGHT]), (14, 15, 16, 18, 19, 20), strict=True)),
}
LIMB_JOINTS: dict[Joint, Bone] = {joint: Bone(number) for joint, number in _LIMBS.items()}
"""The joints of BODY_25 at which a bone begins: shoulders, elbows, wrists, hips, knees, ankles."""

_EAR = np.array([0.010, -0.010, 0.028])
"""From the middle of the left ear to where pose estimators and ``motion.estimator.calibrate`` have it, metres."""


@dataclass(frozen=True)
class Points:
    """Places that move with the body.

    rest: (N, 3), metres, of the mean body at rest. shapes: (14, N, 3), metres, added times the shape's coefficients.
    weights: (N, 22), how much each bone moves the place; rows sum to one.
    """

    rest: np.ndarray
    shapes: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.rest)

    def __getitem__(self, rows: np.ndarray | slice | Sequence[int]) -> Points:
        return Points(self.rest[rows], self.shapes[:, rows], self.weights[rows])

    def mixed(self, matrix: np.ndarray) -> Points:
        """Means of these places: matrix (M, N), rows sum to one. Exact where the mixed places hang on the same bones."""
        return Points(matrix @ self.rest, np.einsum("mn,knc->kmc", matrix, self.shapes), matrix @ self.weights)

    def shaped(self, shape: np.ndarray) -> np.ndarray:
        """(N, 3), metres: the places at rest on a body of this shape (14,)."""
        return self.rest + np.tensordot(shape.astype(self.rest.dtype), self.shapes, 1)

    @classmethod
    def joined(cls, *parts: Points) -> Points:
        """All places of the parts, in order."""
        return cls(
            np.concatenate([part.rest for part in parts]),
            np.concatenate([part.shapes for part in parts], 1),
            np.concatenate([part.weights for part in parts]),
        )


@dataclass(frozen=True)
class Posed:
    """A body in a pose, metres. shape: (14,). rotations: (22, 3, 3), from rest, in the model's axes. rest and joints:
    (22, 3), where each bone begins, at rest and posed; the pelvis stays where it is at rest.
    """

    shape: np.ndarray
    rotations: np.ndarray
    rest: np.ndarray
    joints: np.ndarray

    def place(self, points: Points) -> np.ndarray:
        """(N, 3), metres: where the points are, by linear blend skinning."""
        dtype = points.rest.dtype
        rotations = self.rotations.astype(dtype)
        shifts = self.joints - np.einsum("bij,bj->bi", self.rotations, self.rest)
        blended = (points.weights @ rotations.reshape(BONES, 9)).reshape(-1, 3, 3)
        turned = np.einsum("nij,nj->ni", blended, points.shaped(self.shape))
        return turned + points.weights @ shifts.astype(dtype)


@dataclass(frozen=True)
class BodyModel:
    """The parametric body.

    skin: the V vertices, float32. faces: (F, 3) int32; cross(b - a, c - a) points outward. skeleton: where the 22 bones
    begin, each moved by its own bone, float64. landmarks: the 25 joints of BODY_25 and, last, the crown of the skull, (26),
    float64. outline: places of the skin at an even spacing, but for fingers, to be laid into a person's outline; float64.
    """

    skin: Points
    faces: np.ndarray
    skeleton: Points
    landmarks: Points
    outline: Points

    @classmethod
    @cache
    def load(cls) -> BodyModel:
        """The body that ships. Raises InputError where its file is missing or damaged."""
        return cls.read(places.resources() / "body.npz")

    @classmethod
    def read(cls, path: Path) -> BodyModel:
        """A body from a file as ``packaging/body_model.py`` writes it; raises InputError if it isn't one."""
        try:
            with np.load(path, allow_pickle=False) as file:
                data = {name: file[name] for name in file.files}
            return _checked(data)
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise InputError(
                f"The body model {path.name} is missing or damaged ({error}); install the program again."
            ) from None

    def body_25(self, posed: Posed) -> np.ndarray:
        """(25, 3), metres: the joints of BODY_25 on a body."""
        places = posed.place(self.landmarks)[:JOINT_COUNT]
        places[Joint.NECK] = (places[Joint.L_SHOULDER] + places[Joint.R_SHOULDER]) / 2
        return places

    @property
    def stature(self) -> float:
        """Metres from the crown to the soles of the mean body."""
        return float(np.ptp(self.skin.rest[:, 1]))

    def posed(self, shape: np.ndarray, rotations: np.ndarray) -> Posed:
        """The body of a shape (14,) with its bones turned by rotations (22, 3, 3), each from rest in the model's axes."""
        rest = self.skeleton.shaped(np.asarray(shape, np.float64))
        rotations = np.asarray(rotations, np.float64)
        return Posed(shape, rotations, rest, chained(rest, rotations))


def chained(rest: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """(..., 22, 3): where bones begin that begin at ``rest`` (22, 3) and are turned by rotations (..., 22, 3, 3)."""
    joints = np.broadcast_to(rest, (*rotations.shape[:-3], BONES, 3)).copy()
    for bone, parent in enumerate(PARENTS):
        if parent >= 0:
            joints[..., bone, :] = joints[..., parent, :] + rotations[..., parent, :, :] @ (rest[bone] - rest[parent])
    return joints


def _checked(data: dict[str, np.ndarray]) -> BodyModel:
    vertices, faces = data["vertices"], data["faces"].astype(np.int32)
    count, sparse = len(vertices), len(data["outline"])
    expected = {
        "vertices": (count, 3),
        "vertex_shapes": (_LEARNED_SHAPES, count, 3),
        "joints": (BONES, 3),
        "joint_shapes": (_LEARNED_SHAPES, BONES, 3),
        "weights": (count, BONES),
        "faces": (len(faces), 3),
        "face": (5, count),
        "points": (7,),
        "outline": (sparse,),
        "outline_vertices": (sparse, 3),
        "outline_shapes": (_LEARNED_SHAPES, sparse, 3),
    }
    for name, shape in expected.items():
        if data[name].shape != shape:
            raise ValueError(f"{name} is {data[name].shape}, not {shape}")
        if not np.isfinite(data[name]).all():
            raise ValueError(f"{name} has numbers that are not finite")
    for name in ("faces", "points", "outline"):
        if data[name].min() < 0 or data[name].max() >= count:
            raise ValueError(f"{name} speaks of vertices that there are not")
    weights = data["weights"].astype(np.float32)
    if np.abs(weights.sum(1) - 1).max() > 0.01:
        raise ValueError("weights don't sum to one")
    weights /= weights.sum(1, keepdims=True)
    joints = data["joints"].astype(np.float64)
    skin = _skin(vertices, data["vertex_shapes"], weights, joints)
    outline = _skin(data["outline_vertices"], data["outline_shapes"], weights[data["outline"]], joints)
    outline = Points(*(array.astype(np.float64) for array in (outline.rest, outline.shapes, outline.weights)))
    # A bone begins where its parent ends, and moves as the parent does.
    parents = np.eye(BONES)[[max(parent, 0) for parent in PARENTS]]
    limbs = [shape for limb in (LEG, ARM) for shape in _limb_shapes(joints, parents, joints, limb)]
    skeleton = Points(joints, np.concatenate([data["joint_shapes"].astype(np.float64), limbs]), np.eye(BONES))
    return BodyModel(skin, faces, skeleton, _landmarks(skin, skeleton, data["face"], data["points"]), outline)


def _skin(vertices: np.ndarray, shapes: np.ndarray, weights: np.ndarray, joints: np.ndarray) -> Points:
    limbs = [shape for limb in (LEG, ARM) for shape in _limb_shapes(vertices, weights, joints, limb)]
    return Points(vertices.astype(np.float32), np.concatenate([shapes, limbs]).astype(np.float32), weights)


def _limb_shapes(
    points: np.ndarray, weights: np.ndarray, joints: np.ndarray, limbs: dict[str, Chain]
) -> tuple[np.ndarray, np.ndarray]:
    """Two of (N, 3), metres: how points (N, 3) with weights (N, 22) move when both limbs grow along their two bones, and
    when they get thicker.
    """
    longer, thicker = np.zeros(points.shape), np.zeros(points.shape)
    for chain in limbs.values():
        upper, lower, end = (LIMB_JOINTS[joint] for joint in chain)
        before = np.zeros(3)
        for bone, following in ((upper, lower), (lower, end)):
            axis = joints[following] - joints[bone]
            share = ((points - joints[bone]) @ axis / (axis @ axis))[:, None]
            longer += weights[:, [bone]] * (before + np.clip(share, 0, 1) * axis)
            thicker += weights[:, [bone]] * (points - joints[bone] - share * axis)
            before = before + axis
        beyond = [bone for bone in Bone if bone == end or PARENTS[bone] == end]
        longer += weights[:, beyond].sum(1, keepdims=True) * before
    return _LONGER * longer, _THICKER * thicker


def _landmarks(skin: Points, skeleton: Points, face: np.ndarray, points: np.ndarray) -> Points:
    """BODY_25 and the crown. face: (5, V), means of vertices that are nose, left and right eye, left and right ear;
    points: (7,), the vertices of left and right big toe, small toe and heel, and of the crown.
    """
    face = face.astype(np.float64)
    face /= face.sum(1, keepdims=True)
    wide = Points(*(array.astype(np.float64) for array in (skin.rest, skin.shapes, skin.weights)))
    features, ends = wide.mixed(face), wide[points]
    rows: list[Points] = [skeleton[[0]]] * (JOINT_COUNT + 1)
    for joint, bone in LIMB_JOINTS.items():
        rows[joint] = skeleton[[bone]]
    for middle, pair, bone in (
        (Joint.NECK, [Bone.L_UPPER_ARM, Bone.R_UPPER_ARM], Bone.CHEST),
        (Joint.MID_HIP, [Bone.L_THIGH, Bone.R_THIGH], Bone.PELVIS),
    ):
        between = skeleton[pair].mixed(np.full((1, 2), 0.5))
        rows[middle] = Points(between.rest, between.shapes, np.eye(BONES)[[bone]])
    for joint, row in zip((HEAD[0], HEAD[2], HEAD[1], HEAD[4], HEAD[3]), range(5), strict=True):
        rows[joint] = features[[row]]
    for joint, sign in ((Joint.L_EAR, 1), (Joint.R_EAR, -1)):
        rows[joint] = replace(rows[joint], rest=rows[joint].rest + _EAR * [sign, 1, 1])
    for row, joint in enumerate((*FOOT[Side.LEFT], *FOOT[Side.RIGHT])):
        rows[joint] = ends[[row]]
    rows[JOINT_COUNT] = ends[[6]]
    return Points.joined(*rows)
