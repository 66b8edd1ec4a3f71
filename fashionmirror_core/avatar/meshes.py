"""Triangle meshes made finer, and cut along a line that runs through their triangles."""

from __future__ import annotations

import numpy as np


def finer(faces: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every triangle in four. faces: (F, 3); values: (V, k), of the vertices, mixed in the middle of each edge. Returns
    (4 F, 3) and (V and one more for each edge, k).
    """
    pairs, number = _edges(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), len(values))
    ab, bc, ca = (number + len(values)).reshape(3, -1)
    a, b, c = faces.T
    split = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return np.concatenate([np.stack(each, -1) for each in split]), np.concatenate([values, values[pairs].mean(1)])


def clipped(faces: np.ndarray, values: np.ndarray, field: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What of a mesh lies where a field (V,) is above zero, cut along the line where it is zero; the vertices that are
    used, with values (V, k) mixed where an edge was cut.
    """
    inside = field > 0
    number = inside[faces].sum(1)
    parts, edges = [faces[number == 3]], []
    for alone in (1, 2):  # one vertex is inside, or one is outside
        own = faces[number == alone]
        first = (inside[own] == (alone == 1)).argmax(1)
        a, b, c = np.take_along_axis(own, (first[:, None] + np.arange(3)) % 3, 1).T
        edges.append((a, b, c))
    (a, b, c), (d, e, f) = edges
    pairs, cut = _edges(np.concatenate([np.stack(pair, -1) for pair in ((a, b), (a, c), (d, e), (d, f))]), len(values))
    at_b, at_c, at_e, at_f = np.split(cut + len(values), np.cumsum([len(a), len(a), len(d)]))
    parts += [np.stack(each, -1) for each in ((a, at_b, at_c), (at_e, e, f), (at_e, f, at_f))]
    share = (field[pairs[:, 0]] / (field[pairs[:, 0]] - field[pairs[:, 1]]))[:, None]
    mixed = values[pairs[:, 0]] + share * (values[pairs[:, 1]] - values[pairs[:, 0]])
    kept, triangles = np.unique(np.concatenate(parts), return_inverse=True)
    return triangles.reshape(-1, 3), np.concatenate([values, mixed])[kept]


def smoothed_over(faces: np.ndarray, points: np.ndarray, rounds: int) -> np.ndarray:
    """Points (V, 3) of a mesh, each so many times moved halfway to the mean of its neighbours; a rim stays."""
    pairs, number = _edges(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), len(points))
    rim = np.zeros(len(points), bool)
    rim[pairs[np.bincount(number, minlength=len(pairs)) < 2]] = True
    near = np.bincount(pairs.ravel(), minlength=len(points))
    result = points.astype(np.float64).copy()
    free = (near > 0) & ~rim
    for _ in range(rounds):
        total = np.stack(
            [
                np.bincount(pairs[:, 0], result[pairs[:, 1], k], len(points))
                + np.bincount(pairs[:, 1], result[pairs[:, 0], k], len(points))
                for k in range(result.shape[1])
            ],
            -1,
        )
        result[free] = (result[free] + total[free] / near[free, None]) / 2
    return result


def _edges(ends: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Each edge once, (E, 2), for edges (n, 2) whichever way they run, and which of them each is, (n,)."""
    low, high = ends.min(1).astype(np.int64), ends.max(1).astype(np.int64)
    unique, number = np.unique(low * count + high, return_inverse=True)
    return np.stack([unique // count, unique % count], -1), number
