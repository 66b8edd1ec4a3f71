"""Which bones move a point of a sheet: the weights of the body's skin nearby, smoothed over the sheet."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial import cKDTree

from fashionmirror_core.imaging.nearest import nearest_known

NEAREST = 8  # vertices of the body's skin that a point leans on
DEPTH_SHARE = 0.4  # of a distance in depth: the sheet's own depth is a guess
PER_VERTEX = 4  # bones that may move one vertex


def weights_near(
    points: np.ndarray, skin: np.ndarray, weights: np.ndarray, allowed: np.ndarray, soft: float
) -> np.ndarray:
    """(n, B): bone weights of points (n, 3) from the vertices ``skin`` (V, 3) with ``weights`` (V, B).

    allowed: (V,) bool, vertices that count. soft: pixels by which all distances grow.
    """
    chosen = np.flatnonzero(allowed)
    flatten = np.array([1, 1, DEPTH_SHARE])
    distance, nearest = cKDTree(skin[chosen] * flatten).query(points * flatten, NEAREST)
    share = 1 / (distance + soft) ** 2
    share /= share.sum(1, keepdims=True)
    return np.einsum("nk,nkb->nb", share, weights[chosen][nearest])


def smoothed(weights: np.ndarray, inside: np.ndarray, sigma: float) -> np.ndarray:
    """Weights (h, w, B) blurred over the sheet's cells alone; cells outside (h, w) bool take the nearest inside."""
    known = inside.astype(np.float32)
    total = cv2.GaussianBlur(known, (0, 0), sigma)
    parts = [
        cv2.GaussianBlur(np.ascontiguousarray(weights[..., bone]).astype(np.float32) * known, (0, 0), sigma)
        for bone in range(weights.shape[-1])
    ]
    blurred = np.stack(parts, -1) / np.maximum(total, 1e-6)[..., None]
    far = total < 1e-4
    if far.any() and inside.any():
        place, _ = nearest_known(inside, 5)
        blurred[far] = blurred.reshape(-1, weights.shape[-1])[place[far]]
    return blurred


def strongest(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The four strongest bones of weights (n, B): their numbers (n, 4) int32, and their weights, which sum to one."""
    bones = np.argsort(-weights, axis=1, kind="stable")[:, :PER_VERTEX]
    kept = np.take_along_axis(weights, bones, 1)
    kept = np.where(kept < 0.01, 0, kept)
    return bones.astype(np.int32), (kept / np.maximum(kept.sum(1, keepdims=True), 1e-9)).astype(np.float32)
