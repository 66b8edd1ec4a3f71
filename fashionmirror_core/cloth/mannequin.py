"""The fitted body as a mannequin: upright, facing the viewer, the arms held out, in metres; garments are put on it.

Dress space: metres, x to the picture's right (the wearer's left), y down along the person's own vertical, z away from the
viewer, 0 between the hip joints. Poses are transforms of bones out of the photo's pose, as ``body.posing`` and the renderer
have them, so that body, kept clothes and cloth all move by the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.spatial.transform import Rotation

from fashionmirror_core.body.fitted import ARM_OF, LEG_OF, PARENTS, Bone, FittedBody
from fashionmirror_core.body.model import BodyModel, chained
from fashionmirror_core.vocabulary import Side

ARMS_OUT = 48.0  # degrees between the mannequin's arms and the vertical
TRUNK, R_ARM, L_ARM, R_LEG, L_LEG, ELSE = range(6)
"""Regions of the skin; ELSE is head and hands, which cloth doesn't rest on."""
CLOTH, PALMS = ELSE + 1, ELSE + 2
"""Two more regions: clothes that are worn under a garment, kept ones and those that were put on before; and the palms, which
cuffs rest on.
"""


def skinned(points: np.ndarray, weights: np.ndarray, transforms: np.ndarray) -> np.ndarray:
    """(V, 3): points (V, 3) with weights (V, 22), moved by transforms (22, 3, 4): linear blend skinning."""
    blended = (weights @ transforms.reshape(len(transforms), 12)).reshape(-1, 3, 4)
    return np.einsum("nij,nj->ni", blended[..., :3], points) + blended[..., 3]


@dataclass(frozen=True)
class DressSpace:
    """Photo space and dress space. origin: (3,), between the hip joints, photo space. upright: (3, 3), photo space's
    directions to dress space's. scale: photo pixels a metre.
    """

    origin: np.ndarray
    upright: np.ndarray
    scale: float

    @classmethod
    def of(cls, body: FittedBody, transforms: np.ndarray | None = None) -> DressSpace:
        """Of the body in the photo, or moved by transforms (22, 3, 4): it goes with the hips and with the figure's size,
        not with its turns.
        """
        hips = body.joints[[Bone.L_THIGH, Bone.R_THIGH]].mean(0).astype(np.float64)
        scale = float(body.scale)
        if transforms is not None:
            pelvis = transforms[Bone.PELVIS].astype(np.float64)
            hips = pelvis[:, :3] @ hips + pelvis[:, 3]
            scale *= float(np.cbrt(max(np.linalg.det(pelvis[:, :3]), 1e-9)))
        return cls(hips, _upright(*body.up.tolist()), scale)

    def inward(self, points: np.ndarray) -> np.ndarray:
        """(..., 3), photo space to dress space."""
        return (points - self.origin) @ self.upright.T / self.scale

    def outward(self, points: np.ndarray) -> np.ndarray:
        """(..., 3), dress space to photo space."""
        return points @ self.upright * self.scale + self.origin


@lru_cache(maxsize=8)
def _upright(x: float, y: float, z: float) -> np.ndarray:
    """(3, 3): turns this direction, photo space, to dress space's -y."""
    result: np.ndarray = Rotation.align_vectors([[0.0, -1.0, 0.0]], [[x, y, z]])[0].as_matrix()
    result.flags.writeable = False
    return result


@dataclass(frozen=True)
class Mannequin:
    """The fitted body to be dressed. together: the feet stand close, as under a skirt."""

    body: FittedBody
    model: BodyModel
    together: bool = False

    @cached_property
    def space(self) -> DressSpace:
        """Of the photo's pose and of the mannequin's: both stand with their hips at one place."""
        return DressSpace.of(self.body)

    def height_of(self, row: float) -> float:
        """Dress space's y of a row of the photo, beside the hips."""
        x, _, z = self.space.origin
        return float(self.space.inward(np.array([x, row, z]))[1])

    @cached_property
    def transforms(self) -> np.ndarray:
        """(22, 3, 4) float64, photo space: out of the photo's pose into the mannequin's."""
        photo = self.body.rotations.astype(np.float64)
        rest = self.model.skeleton.shaped(np.asarray(self.body.shape, np.float64))
        joints = self.body.scale * chained(rest, self._rotations)
        hips = [Bone.L_THIGH, Bone.R_THIGH]
        joints = joints + self.space.origin - joints[hips].mean(0)
        linear = self._rotations @ photo.transpose(0, 2, 1)
        shift = joints - np.einsum("bij,bj->bi", linear, self.body.joints.astype(np.float64))
        return np.concatenate([linear, shift[..., None]], -1)

    @cached_property
    def joints(self) -> np.ndarray:
        """(22, 3), dress space: where the mannequin's bones begin."""
        moved = np.einsum("bij,bj->bi", self.transforms[..., :3], self.body.joints) + self.transforms[..., 3]
        return self.space.inward(moved)

    @cached_property
    def vertices(self) -> np.ndarray:
        """(V, 3), dress space: the mannequin's skin."""
        return self.space.inward(
            skinned(self.body.vertices.astype(np.float64), self.model.skin.weights, self.transforms)
        )

    @cached_property
    def regions(self) -> np.ndarray:
        """(V,) int8, of the skin."""
        return skin_regions(self.model.skin.weights)

    def towards_photo(self, share: float) -> np.ndarray:
        """(22, 3, 4) float64, photo space: out of the photo's pose into one between the mannequin's (0) and it (1)."""
        return between_poses(self.body.joints, self.transforms, 1 - share)

    @cached_property
    def _rotations(self) -> np.ndarray:
        """(22, 3, 3), from rest, in photo space's axes."""
        rest = self.model.skeleton.shaped(np.asarray(self.body.shape, np.float64))
        turns = np.tile(np.eye(3), (len(Bone), 1, 1))

        def turn(bone: Bone, end: Bone, direction: np.ndarray) -> np.ndarray:
            return Rotation.align_vectors([direction], [rest[end] - rest[bone]])[0].as_matrix()

        out = np.radians(ARMS_OUT)
        for side in Side:
            upper, fore, hand = ARM_OF[side]
            direction = np.array([side.sign * np.sin(out), np.cos(out), 0.0])
            turns[upper] = turn(upper, fore, direction)
            turns[fore] = turn(fore, hand, direction)
            turns[hand] = turns[fore]
            if self.together:
                thigh, shin, foot = LEG_OF[side]
                inner = np.array([0.55 * rest[thigh][0], *rest[foot][1:]])  # where the ankle comes to stand
                swing = Rotation.align_vectors([inner - rest[thigh]], [rest[foot] - rest[thigh]])[0].as_matrix()
                for bone in (thigh, shin):
                    turns[bone] = swing
        return self.space.upright.T @ turns


def skin_regions(weights: np.ndarray) -> np.ndarray:
    """(V,) int8: the region of places with weights (V, 22)."""
    of_bone = np.full(len(Bone), TRUNK)
    of_bone[[Bone.HEAD, Bone.L_HAND, Bone.R_HAND]] = ELSE
    for side, arm, leg in ((Side.RIGHT, R_ARM, R_LEG), (Side.LEFT, L_ARM, L_LEG)):
        of_bone[list(ARM_OF[side][:2])] = arm
        of_bone[[*LEG_OF[side], Bone[f"{side.name[0]}_TOES"]]] = leg
    shares = np.stack([weights[:, of_bone == region].sum(1) for region in range(ELSE + 1)], 1)
    return shares.argmax(1).astype(np.int8)


def between_poses(start: np.ndarray, goal: np.ndarray, share: float) -> np.ndarray:
    """(22, 3, 4): transforms between a pose (0) and a goal (1), each bone turning against its parent.

    start: (22, 3), where the pose's bones begin, photo space. goal: (22, 3, 4), out of that pose.
    """
    if share <= 0:
        return np.tile(np.eye(3, 4), (len(Bone), 1, 1))
    linear, joints = goal[..., :3], start.astype(np.float64)
    places = np.einsum("bij,bj->bi", linear, joints) + goal[..., 3]
    parents = np.maximum(PARENTS, 0)
    root = np.array(PARENTS) < 0
    back = np.linalg.inv(linear[parents])
    local = np.where(root[:, None, None], linear, back @ linear)
    hung = np.where(root[:, None], places, np.einsum("bij,bj->bi", back, places - goal[parents, :, 3]))
    turn, stretch = orthogonal(local)
    part = Rotation.from_rotvec(share * Rotation.from_matrix(turn).as_rotvec()).as_matrix()
    local = part @ (np.eye(3) + share * (stretch - np.eye(3)))
    hung = joints + share * (hung - joints)
    result = np.empty((len(Bone), 3, 4))
    for bone, parent in enumerate(PARENTS):
        turned, place = local[bone], hung[bone]
        if parent >= 0:
            turned = result[parent, :, :3] @ turned
            place = result[parent, :, :3] @ place + result[parent, :, 3]
        result[bone] = np.column_stack([turned, place - turned @ joints[bone]])
    return result


def passed_poses(body: FittedBody, before: np.ndarray, now: np.ndarray, count: int) -> list[np.ndarray]:
    """``count`` poses (22, 3, 4) on the way from one to another, evenly apart; all out of the photo's pose."""
    if count == 0:
        return []
    last = np.broadcast_to([[[0.0, 0.0, 0.0, 1.0]]], (len(Bone), 1, 4))
    start, end = (np.concatenate([pose.astype(np.float64), last], 1) for pose in (before, now))
    joints = np.einsum("bij,bj->bi", start[:, :3, :3], body.joints.astype(np.float64)) + start[:, :3, 3]
    onward = (end @ np.linalg.inv(start))[:, :3]
    return [between_poses(joints, onward, (step + 1) / (count + 1)) @ start for step in range(count)]


def orthogonal(linear: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations and symmetric stretches, (..., 3, 3), whose products are linear maps (..., 3, 3) that don't mirror."""
    left, size, right = np.linalg.svd(linear)
    return left @ right, right.swapaxes(-1, -2) @ (size[..., None] * right)
