"""What cloth rests on, in any pose: the body's skin with feet in plain shoes, and clothes that the person keeps on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.spatial import ConvexHull

from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.cloth.hanging import Hanging
from fashionmirror_core.cloth.mannequin import CLOTH, ELSE, L_LEG, PALMS, R_LEG, DressSpace, Mannequin
from fashionmirror_core.cloth.placing import Worn
from fashionmirror_core.cloth.solver import Skin

_FEET = ([Bone.R_FOOT, Bone.R_TOES], [Bone.L_FOOT, Bone.L_TOES])
WHOLLY = 0.8  # share of the foot's and the toes' bones from which on skin lies in the shoe
SHOE = 0.008  # metres from the foot to its shoe
PALM = 0.07  # metres of the hand from the wrist on on which cuffs rest


@dataclass(frozen=True)
class Obstacle:
    """A piece of clothing that the person keeps on, for cloth to rest on.

    vertices: (V, 3), photo space, in the photo's pose. triangles: (M, 3) int32; cross(b - a, c - a) points outward.
    weights: (V, 22), how much each bone moves a vertex; rows sum to one. hangs: how it hangs below the hips.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    weights: np.ndarray
    hangs: Hanging | None = None

    @property
    def regions(self) -> np.ndarray:
        """(V,) int8."""
        return np.full(len(self.vertices), CLOTH, np.int8)


@dataclass(frozen=True)
class Underneath:
    """Surfaces that move by the transforms of the bones alone.

    vertices: (V, 3) float64, photo space, in the photo's pose. weights: (V, 22). triangles: (M, 3) int32. regions: (V,).
    hanging: those of the vertices that hang, and how.
    """

    vertices: np.ndarray
    weights: np.ndarray
    triangles: np.ndarray
    regions: np.ndarray
    hanging: tuple[tuple[slice, Hanging], ...] = ()

    @classmethod
    def body(cls, mannequin: Mannequin) -> Underneath:
        """The body's skin, but for head and fingers, the feet in plain shoes."""
        weights = mannequin.model.skin.weights.astype(np.float64)
        vertices = mannequin.body.vertices.astype(np.float64)
        scale = float(mannequin.body.scale)
        feet = [weights[:, bones].sum(1) > WHOLLY for bones in _FEET]
        triangles = mannequin.model.faces[(mannequin.regions[mannequin.model.faces] != ELSE).any(1)]
        triangles = triangles[~(feet[0] | feet[1])[triangles].all(1)]
        skin = np.unique(triangles)
        number = np.full(len(vertices), -1, np.int32)
        number[skin] = np.arange(len(skin))
        names, places, corners = [skin], [vertices[skin]], [number[triangles]]
        regions = [mannequin.regions[skin]]
        palms = []
        for hand in (Bone.R_HAND, Bone.L_HAND):
            reach = np.linalg.norm(vertices - mannequin.body.joints[hand], axis=1)
            palms.append(((weights[:, hand] > 0.5) & (reach < PALM * scale), PALMS))
        for part, region in [*zip(feet, (R_LEG, L_LEG), strict=True), *palms]:
            own = np.flatnonzero(part)
            used, around, hull = _hull(vertices[own], 0.0 if region == PALMS else SHOE * scale)
            corners.append(hull + sum(map(len, names)))
            names.append(own[used])
            places.append(around)
            regions.append(np.full(len(used), region, np.int8))
        return cls(
            np.concatenate(places),
            weights[np.concatenate(names)],
            np.concatenate(corners).astype(np.int32),
            np.concatenate(regions),
        )

    def joined(self, obstacles: tuple[Obstacle, ...]) -> Underneath:
        """This and kept clothes, behind it in this order."""
        first = np.cumsum([len(self.vertices), *(len(each.vertices) for each in obstacles)])
        shifted = [each.triangles + start for each, start in zip(obstacles, first[:-1], strict=True)]
        hanging = [
            (slice(*ends), each.hangs)
            for ends, each in zip(pairwise(first.tolist()), obstacles, strict=True)
            if each.hangs
        ]
        return Underneath(
            np.concatenate([self.vertices, *(each.vertices for each in obstacles)]),
            np.concatenate([self.weights, *(each.weights for each in obstacles)]),
            np.concatenate([self.triangles, *shifted]).astype(np.int32),
            np.concatenate([self.regions, *(each.regions for each in obstacles)]),
            (*self.hanging, *hanging),
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
        points = np.einsum("nij,nj->ni", blended[..., :3], self.vertices) + blended[..., 3]
        for own, hangs in self.hanging:
            points[own] = hangs.settled(points[own], self.vertices[own], moves, np.array([0.0, -1.0, 0.0]))
        return points.astype(np.float32)

    def worn(self, transforms: np.ndarray, space: DressSpace) -> Worn:
        """The same, to put a garment over."""
        return Worn(self.at(transforms, space).astype(np.float64), self.triangles, self.regions)


def _hull(vertices: np.ndarray, thicker: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The convex hull of vertices (V, 3), thicker by so much: which of them (H,), where they go (H, 3), and its triangles
    (M, 3), numbers of those.
    """
    hull = ConvexHull(vertices)
    used, corners = np.unique(hull.simplices, return_inverse=True)
    triangles = corners.reshape(-1, 3).astype(np.int32)
    a, b, c = (vertices[hull.simplices[:, corner]] for corner in range(3))
    faces = np.cross(b - a, c - a)
    inward = (faces * hull.equations[:, :3]).sum(1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    faces[inward] *= -1
    normals = np.zeros((len(used), 3))
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], faces)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return used, vertices[used] + thicker * normals, triangles
