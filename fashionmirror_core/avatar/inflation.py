"""A flat shape becomes round: the height field of an inflated outline on a coarse grid.

The height is the square root of the solution of Poisson's equation with a constant right side and zeros on the outline:
across a limb that is an ellipse, at its end a half dome (the inflation of sketch-based modelling; see Nealen, Igarashi,
Sorkine and Alexa, FiberMesh, SIGGRAPH 2007, for the wish that it answers).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

_NEIGHBOURS = ((0, 1), (0, -1), (1, 0), (-1, 0))


def harmonic(inside: np.ndarray, source: np.ndarray, fixed: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The solution of -Laplace(u) = ``source`` inside, with ``values`` where it is fixed and zeros outside.

    inside, fixed: (h, w) bool; source, values: (h, w), a cell is one unit wide. Returns (h, w) float64.
    """
    free = inside & ~fixed
    result = np.where(fixed, values, 0.0)
    y, x = np.nonzero(free)
    count = len(y)
    if not count:
        return result
    number = np.full(inside.shape, -1)
    number[y, x] = np.arange(count)
    right = source[y, x].astype(np.float64)
    rows, columns, entries = [np.arange(count)], [np.arange(count)], [np.full(count, 4.0)]
    height, width = inside.shape
    for down, along in _NEIGHBOURS:
        there_y, there_x = y + down, x + along
        within = (there_y >= 0) & (there_y < height) & (there_x >= 0) & (there_x < width)
        there_y, there_x = np.clip(there_y, 0, height - 1), np.clip(there_x, 0, width - 1)
        other = np.where(within, number[there_y, there_x], -1)
        known = other >= 0
        rows.append(np.flatnonzero(known))
        columns.append(other[known])
        entries.append(np.full(int(known.sum()), -1.0))
        right += np.where(within & ~known, result[there_y, there_x], 0.0)
    matrix = sparse.csc_matrix((np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns))))
    result[y, x] = spsolve(matrix, right)
    return result


def inflated(inside: np.ndarray) -> np.ndarray:
    """(h, w) float64, cells: how far an inflated shape rises above its plane; half the width at the middle of a strip."""
    nowhere = np.zeros(inside.shape, bool)
    solution = harmonic(inside, np.full(inside.shape, 2.0), nowhere, np.zeros(inside.shape))
    return np.sqrt(np.maximum(solution, 0))
