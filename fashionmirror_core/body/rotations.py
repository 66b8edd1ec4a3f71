"""Rotations as vectors: axis times angle in radians, (..., 3), and as matrices, (..., 3, 3)."""

from __future__ import annotations

import numpy as np


def cross_matrix(vectors: np.ndarray) -> np.ndarray:
    """(..., 3, 3): the matrix K of each vector with ``K @ x = vector x x``."""
    result = np.zeros((*vectors.shape, 3), vectors.dtype)
    x, y, z = np.moveaxis(vectors, -1, 0)
    result[..., 0, 1], result[..., 0, 2], result[..., 1, 2] = -z, y, -x
    result[..., 1, 0], result[..., 2, 0], result[..., 2, 1] = z, -y, x
    return result


def _angles(vectors: np.ndarray) -> np.ndarray:
    return np.maximum(np.linalg.norm(vectors, axis=-1), 1e-8)[..., None, None]


def matrices(vectors: np.ndarray) -> np.ndarray:
    """(..., 3, 3): Rodrigues' formula."""
    angle, cross = _angles(vectors), cross_matrix(vectors)
    return np.eye(3) + np.sin(angle) / angle * cross + (1 - np.cos(angle)) / angle**2 * (cross @ cross)


def left_jacobians(vectors: np.ndarray) -> np.ndarray:
    """(..., 3, 3): J with ``matrices(v + d) = matrices(J @ d) @ matrices(v)`` for a small d."""
    angle, cross = _angles(vectors), cross_matrix(vectors)
    first = np.where(angle > 1e-4, (1 - np.cos(angle)) / angle**2, 0.5)
    second = np.where(angle > 1e-4, (angle - np.sin(angle)) / angle**3, 1 / 6)
    return np.eye(3) + first * cross + second * (cross @ cross)


def between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(..., 3, 3): the smallest rotation from the directions a (..., 3) to b (..., 3)."""
    a = a / np.maximum(np.linalg.norm(a, axis=-1, keepdims=True), 1e-9)
    b = b / np.maximum(np.linalg.norm(b, axis=-1, keepdims=True), 1e-9)
    cross, cosine = np.cross(a, b), (a * b).sum(-1)
    sine = np.linalg.norm(cross, axis=-1)
    # Any axis across a will do where b is opposite to a.
    aside = np.cross(a, np.where(np.abs(a[..., :1]) < 0.6, [1.0, 0, 0], [0, 1.0, 0]))
    axis = np.where(sine[..., None] > 1e-7, cross, np.where(cosine[..., None] < 0, aside, 0.0))
    axis = axis / np.maximum(np.linalg.norm(axis, axis=-1, keepdims=True), 1e-9)
    return matrices(axis * np.arctan2(sine, cosine)[..., None])


def vectors(matrices_: np.ndarray) -> np.ndarray:
    """(..., 3): the rotation vectors of matrices (..., 3, 3), at most pi long."""
    from scipy.spatial.transform import Rotation

    flat = Rotation.from_matrix(matrices_.reshape(-1, 3, 3)).as_rotvec()
    return flat.reshape(matrices_.shape[:-1])
