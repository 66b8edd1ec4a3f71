"""What cloth rests on, in any pose: the body's skin with blunt feet, and clothes that the person keeps on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csr_array

from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.cloth.mannequin import ELSE, DressSpace, Mannequin
from fashionmirror_core.cloth.placing import CLOTH, Worn
from fashionmirror_core.cloth.solver import Skin

_FEET = [Bone.L_FOOT, Bone.L_TOES, Bone.R_FOOT, Bone.R_TOES]
FOOT_SMOOTHINGS = 8
SHOE = 0.008  # metres from the foot to its shoe


@dataclass(frozen=True)
class Obstacle:
    """A piece of clothing that the person keeps on, for cloth to rest on.

    vertices: (V, 3), photo space, in the photo's pose. triangles: (M, 3) int32; cross(b - a, c - a) points outward.
    weights: (V, 22), how much each bone moves a vertex; rows sum to one.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    weights: np.ndarray

    @property
    def regions(self) -> np.ndarray:
        """(V,) int8."""
        return np.full(len(self.vertices), CLOTH, np.int8)


@dataclass(frozen=True)
class Underneath:
    """Surfaces that move by the transforms of the bones alone.

    vertices: (V, 3) float64, photo space, in the photo's pose. weights: (V, 22). triangles: (M, 3) int32. regions: (V,) int8.
    """

    vertices: np.ndarray
    weights: np.ndarray
    triangles: np.ndarray
    regions: np.ndarray

    @classmethod
    def body(cls, mannequin: Mannequin) -> Underneath:
        """The body's skin, but for head and hands."""
        triangles = mannequin.model.faces[(mannequin.regions[mannequin.model.faces] != ELSE).any(1)]
        used = np.unique(triangles)
        number = np.full(len(mannequin.regions), -1, np.int32)
        number[used] = np.arange(len(used))
        triangles = number[triangles]
        vertices = mannequin.body.vertices[used].astype(np.float64)
        weights = mannequin.model.skin.weights[used].astype(np.float64)
        vertices = _blunt(vertices, triangles, weights[:, _FEET].sum(1), float(mannequin.body.scale))
        return cls(vertices, weights, triangles, mannequin.regions[used])

    def joined(self, obstacles: tuple[Obstacle, ...]) -> Underneath:
        """This and kept clothes, behind it in this order."""
        first = np.cumsum([len(self.vertices), *(len(each.vertices) for each in obstacles)])
        shifted = [each.triangles + start for each, start in zip(obstacles, first[:-1], strict=True)]
        return Underneath(
            np.concatenate([self.vertices, *(each.vertices for each in obstacles)]),
            np.concatenate([self.weights, *(each.weights for each in obstacles)]),
            np.concatenate([self.triangles, *shifted]).astype(np.int32),
            np.concatenate([self.regions, *(each.regions for each in obstacles)]),
        )

    @cached_property
    def skin(self) -> Skin:
        return Skin(self.triangles, self.regions)

    def at(self, transforms: np.ndarray, space: DressSpace) -> np.ndarray:
        """(V, 3) float32, dress space: the vertices, moved by transforms (22, 3, 4) of photo space."""
        moves = transforms.astype(np.float64)
        moves = np.concatenate([moves[..., :3], moves[..., 3:] - space.origin[:, None]], -1)
        moves = np.einsum("ij,bjk->bik", space.upright / space.scale, moves)
        blended = (self.weights @ moves.reshape(len(moves), 12)).reshape(-1, 3, 4)
        return (np.einsum("nij,nj->ni", blended[..., :3], self.vertices) + blended[..., 3]).astype(np.float32)

    def worn(self, transforms: np.ndarray, space: DressSpace) -> Worn:
        """The same, to put a garment over."""
        return Worn(self.at(transforms, space).astype(np.float64), self.triangles, self.regions)


def _blunt(vertices: np.ndarray, triangles: np.ndarray, feet: np.ndarray, scale: float) -> np.ndarray:
    """(V, 3): vertices (V, 3) with feet, given by shares (V,), that have no toes and lie inside shoes."""
    share = np.clip(2 * feet, 0, 1)[:, None]
    means = _means(triangles, len(vertices))
    bare = vertices
    for _ in range(FOOT_SMOOTHINGS):
        vertices = vertices + share * (means @ vertices - vertices)
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    faces = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], faces)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    sunk = np.maximum(((bare - vertices) * normals).sum(1, keepdims=True), 0)
    return vertices + (sunk + SHOE * scale) * share * normals


def _means(triangles: np.ndarray, count: int) -> csr_array:
    """(V, V): the mean of each vertex's neighbours."""
    ends = np.concatenate([triangles[:, pair] for pair in ([0, 1], [1, 2], [2, 0], [1, 0], [2, 1], [0, 2])])
    joined = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count)).tocsr()
    joined.data[:] = 1
    return (joined.multiply(1 / np.maximum(joined.sum(1), 1)[:, None])).tocsr()
