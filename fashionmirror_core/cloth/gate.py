"""The gate: measures of draped cloth that say whether it fell, tore, went through the body or trembles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fashionmirror_core.cloth.mannequin import L_LEG, R_LEG
from fashionmirror_core.cloth.solver import Cloth, Skin, bits

DEPTH = 0.003  # metres below the skin, from which on cloth counts as inside
LOOK = 0.1  # metres from the skin, within which that is looked for
ON = 1e-4  # barycentric coordinate, below which a place lies on the opposite edge


@dataclass(frozen=True)
class Measures:
    """Of one garment in one pose.

    stretch_median, stretch_p99, stretch_p999: of edges, length over the pattern's. inside: share of the cloth's area that
    lies more than 3 mm inside the skin, see ``near``. speed: metres a second, mean of the vertices.
    """

    stretch_median: float
    stretch_p99: float
    stretch_p999: float
    inside: float
    speed: float

    @classmethod
    def of(cls, cloth: Cloth, skin_positions: np.ndarray) -> Measures:
        """skin_positions: (V, 3), at the end of the last step."""
        stretch = stretches(cloth)
        median, p99, p999 = np.percentile(stretch, [50, 99, 99.9])
        speed = float(np.linalg.norm(cloth.velocities, axis=1).mean())
        share = inside(cloth.positions, cloth.triangles, cloth.skin, skin_positions, near(cloth))
        return cls(float(median), float(p99), float(p999), share, speed)


def stretches(cloth: Cloth) -> np.ndarray:
    """(E,): each edge's length over the pattern's."""
    ends = cloth.positions[cloth.edges]
    return np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) / np.maximum(cloth.rest_lengths, 1e-9)


def near(cloth: Cloth) -> np.ndarray:
    """(M,) uint8: the regions that each triangle mustn't lie in: all, whatever its slots say, but for the other leg of
    trousers. Where legs touch, each one's cloth lies in the other's, and nobody sees it.
    """
    touched = np.bitwise_or.reduce((cloth.slots[0] | cloth.slots[1])[cloth.triangles], axis=1)
    legs = touched & bits(R_LEG, L_LEG)
    others = np.where((legs == bits(R_LEG)) | (legs == bits(L_LEG)), legs ^ bits(R_LEG, L_LEG), 0)
    return (255 & ~others).astype(np.uint8)


def inside(
    positions: np.ndarray,
    triangles: np.ndarray,
    skin: Skin,
    skin_positions: np.ndarray,
    allowed: np.ndarray | None = None,
) -> float:
    """Share of a cloth's area (positions (N, 3), triangles (M, 3)) whose middle lies more than DEPTH inside a skin.

    allowed: (M,), the regions that count for each triangle; by default all.
    """
    corners = positions[triangles].astype(np.float64)
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    depths = heights(corners.mean(1), skin, skin_positions, allowed)
    return float(areas[depths < -DEPTH].sum() / max(areas.sum(), 1e-12))


def heights(points: np.ndarray, skin: Skin, positions: np.ndarray, allowed: np.ndarray | None = None) -> np.ndarray:
    """(P,) metres: distances of points (P, 3) from a skin at positions (V, 3), negative inside; infinity beyond LOOK.

    The sign is that of the normal at the closest place, be it on a triangle, an edge or a corner: Baerentzen, Aanaes 2005,
    "Signed distance computation using the angle weighted pseudonormal". Points beside an open edge are outside.
    allowed: (P,), see ``Skin.closest``.
    """
    result = np.full(len(points), np.inf)
    triangles, places = skin.closest(points, positions, LOOK, allowed)
    near = np.flatnonzero(triangles >= 0)
    if not len(near):
        return result
    chosen, shares = triangles[near], places[near].astype(np.float64)
    vertices = skin.triangles[chosen]
    way = points[near] - np.einsum("pc,pcx->px", shares, np.asarray(positions, np.float64)[vertices])
    faces, corners = _pseudonormals(skin, positions)
    normal, on = faces[chosen], shares > ON
    edge = np.flatnonzero(on.sum(1) == 2)
    beyond = skin.neighbours[chosen[edge], on[edge].argmin(1)]
    normal[edge] += np.where(beyond[:, None] >= 0, faces[beyond], 0)
    corner = np.flatnonzero(on.sum(1) == 1)
    normal[corner] = corners[vertices[corner, on[corner].argmax(1)]]
    distance = np.linalg.norm(way, axis=1)
    facing = (way * normal).sum(1) / np.maximum(np.linalg.norm(normal, axis=1), 1e-12)
    open_ends = np.zeros(len(near), bool)
    open_ends[edge] = beyond < 0
    open_ends[corner] = skin.open_vertices[vertices[corner, on[corner].argmax(1)]]
    is_inside = (facing < 0) & ~(open_ends & (facing > -0.5 * distance))
    result[near] = np.where(is_inside, -distance, distance)
    return result


def _pseudonormals(skin: Skin, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit normals of the triangles (F, 3), and theirs summed by angle at each vertex (V, 3)."""
    corners = np.asarray(positions, np.float64)[skin.triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    faces /= np.maximum(np.linalg.norm(faces, axis=1, keepdims=True), 1e-15)
    summed = np.zeros((len(positions), 3))
    for k in range(3):
        one, other = corners[:, (k + 1) % 3] - corners[:, k], corners[:, (k + 2) % 3] - corners[:, k]
        angle = np.arctan2(np.linalg.norm(np.cross(one, other), axis=1), (one * other).sum(1))
        for axis in range(3):
            summed[:, axis] += np.bincount(skin.triangles[:, k], angle * faces[:, axis], len(positions))
    return faces, summed


def jitter(frames: np.ndarray) -> float:
    """Metres: mean third difference in time of positions (T, N, 3), T at least 4; trembling has much, swinging little."""
    return float(np.linalg.norm(np.diff(frames, 3, axis=0), axis=-1).mean())
