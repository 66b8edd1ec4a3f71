"""Rotations over time, (T, 3, 3), each a continuous function of what it is made from."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

_FARTHEST = np.radians(140.0)  # no joint turns farther; beyond, an angle fades to 0 at 180 degrees


def aligned(own: np.ndarray, now: np.ndarray, prior: np.ndarray | None = None, trust: float = 1e-9) -> np.ndarray:
    """(T, 3, 3): the rotations that best turn vectors (..., K, 3) into (T, K, 3), by least squares (Kabsch).

    prior: (T, 3, 3), what is believed where the vectors leave it open, the unrotated if None; trust: its weight.
    """
    covariance = now.swapaxes(-1, -2) @ own
    size = np.linalg.norm(covariance, axis=(-2, -1), keepdims=True)
    covariance = covariance / np.maximum(size, 1e-9) + trust * (np.eye(3) if prior is None else prior)
    left, _, right = np.linalg.svd(covariance)
    left[..., 2] *= np.sign(np.linalg.det(left) * np.linalg.det(right))[..., None]
    return left @ right


def limited(angle: np.ndarray, farthest: float = _FARTHEST) -> np.ndarray:
    """Angles in [-pi, pi] as they are up to ``farthest``, from there on falling to 0 at both ends: no jump there."""
    left = (np.pi - np.abs(angle)) * farthest / max(np.pi - farthest, 1e-9)
    return np.sign(angle) * np.minimum(np.abs(angle), left)


def between(start: np.ndarray, end: np.ndarray, share: float | np.ndarray, farthest: float = _FARTHEST) -> np.ndarray:
    """(T, 3, 3): the rotation a share (or shares (T,)) of the way from one to another, which is ``limited``."""
    axis, angle = _axis_angle(end @ start.swapaxes(-1, -2))
    return about(axis, share * limited(angle, farthest)) @ start


def _axis_angle(rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit axes (T, 3) and angles (T,) in [0, pi]."""
    real, imaginary = _quaternion(rotation)
    length = np.linalg.norm(imaginary, axis=-1)
    return unit(imaginary), 2 * np.arctan2(length, np.abs(real)) * np.where(real < 0, -1.0, 1.0)


def twist(rotation: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """(T,): the part of rotations (T, 3, 3) that turns about the axes (T, 3), limited."""
    real, imaginary = _quaternion(rotation)
    angle = 2 * np.arctan2((imaginary * axis).sum(-1), real)
    return limited((angle + np.pi) % (2 * np.pi) - np.pi)


def _quaternion(rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Real (T,) and imaginary (T, 3) parts of unit quaternions; of no rotation where points without directions gave none."""
    proper = np.linalg.det(rotation) > 0.1
    values = Rotation.from_matrix(np.where(proper[..., None, None], rotation, np.eye(3))).as_quat()
    return values[..., 3], values[..., :3]


def swing(start: np.ndarray, end: np.ndarray, axis: np.ndarray | None = None) -> np.ndarray:
    """(T, 3, 3): the smallest rotations of directions (T, 3) into others; axis: (T, 3), for opposite ones."""
    start, end = unit(start), unit(end)
    real = 1 + (start * end).sum(-1)
    imaginary = np.cross(start, end)
    if axis is None:
        axis = np.cross(start, np.eye(3)[np.abs(start).argmin(-1)])
    imaginary = np.where((real < 1e-9)[..., None], unit(axis), imaginary)
    return _matrix(real, imaginary)


def about(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """(T, 3, 3): rotations about unit axes (T, 3) by angles (T,) in radians."""
    return _matrix(np.cos(angle / 2), axis * np.sin(angle / 2)[..., None])


def _matrix(real: np.ndarray, imaginary: np.ndarray) -> np.ndarray:
    """Rotation matrices (T, 3, 3) of quaternions, which need not be unit ones."""
    length = np.sqrt(real**2 + (imaginary**2).sum(-1))
    w, (x, y, z) = real / length, np.moveaxis(imaginary / length[..., None], -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, -1) for row in rows], -2)


def unit(vectors: np.ndarray, otherwise: np.ndarray | None = None) -> np.ndarray:
    """Vectors (..., 3) of length 1; one without a length becomes ``otherwise`` (unit), or the x axis."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    fallback = np.array([1.0, 0.0, 0.0]) if otherwise is None else otherwise
    return np.where(length > 1e-9, vectors / np.maximum(length, 1e-9), fallback)


def apply(rotation: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """(T, 3): matrices (T, 3, 3) times vectors (3,) or (T, 3)."""
    return (rotation @ np.broadcast_to(vectors, (len(rotation), 3))[..., None])[..., 0]
