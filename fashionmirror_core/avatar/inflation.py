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
_NEAREST = 0.1  # cells: an outline nearer to a node counts as so far


def inflated(distance: np.ndarray) -> np.ndarray:
    """(h, w) float64, cells squared: the square of how far an inflated shape rises above its plane; half the width squared
    at the middle of a strip. It is smooth, and goes on below zero over the cells next to the outline, so that it may be
    interpolated.

    distance: (h, w), cells from each node to the outline, positive inside. Where the outline crosses a side of the grid, its
    place on that side counts, not the node beyond (the ghost fluid method: Gibou, Fedkiw, Cheng and Kang, A second-order
    accurate symmetric discretization of the Poisson equation on irregular domains, J. Comput. Phys. 176, 2002).
    """
    inside = distance > 0
    result = np.zeros(distance.shape)
    y, x = np.nonzero(inside)
    count = len(y)
    if not count:
        return result
    number = np.full(inside.shape, -1)
    number[y, x] = np.arange(count)
    diagonal = np.zeros(count)
    rows, columns, entries = [np.arange(count)], [np.arange(count)], [diagonal]
    height, width = inside.shape
    crossings = []
    for down, along in _NEIGHBOURS:
        there_y, there_x = np.clip(y + down, 0, height - 1), np.clip(x + along, 0, width - 1)
        beyond = (there_y != y + down) | (there_x != x + along)
        other = np.where(beyond, -1, number[there_y, there_x])
        known = other >= 0
        rows.append(np.flatnonzero(known))
        columns.append(other[known])
        entries.append(np.full(int(known.sum()), -1.0))
        outside = np.where(beyond, -distance[y, x], distance[there_y, there_x])
        share = np.clip(distance[y, x] / np.maximum(distance[y, x] - outside, 1e-6), _NEAREST, 1)
        diagonal += np.where(known, 1.0, 1 / share)
        crossings.append((there_y, there_x, known | beyond, share))
    matrix = sparse.csc_matrix((np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns))))
    solution = spsolve(matrix, np.full(count, 2.0))
    result[y, x] = solution
    ghosts, weights = np.zeros(distance.shape), np.zeros(distance.shape)
    for there_y, there_x, skipped, share in crossings:
        own = ~skipped
        np.add.at(ghosts, (there_y[own], there_x[own]), (-solution * np.minimum((1 - share) / share, 2.0))[own])
        np.add.at(weights, (there_y[own], there_x[own]), 1.0)
    return np.where(weights > 0, ghosts / np.maximum(weights, 1), result)
