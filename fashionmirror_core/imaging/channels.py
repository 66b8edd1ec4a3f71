"""Arithmetic of pictures with a few channels, in whole rows.

NumPy broadcasts a map over the channels, and adds them up, in a loop of three for each pixel: ten times as long as the same
numbers take in rows. These give the same bits.
"""

from __future__ import annotations

import cv2
import numpy as np


def spread(plane: np.ndarray, channels: int = 3) -> np.ndarray:
    """(H, W, channels): a map (H, W) of bool or numbers, the same in each channel, to be multiplied or to choose with."""
    if channels == 1:
        return plane[..., None]
    given = np.ascontiguousarray(plane)
    if given.dtype == bool:
        return np.asarray(cv2.merge([given.view(np.uint8)] * channels)).view(bool)
    return np.asarray(cv2.merge([given] * channels))


def summed(values: np.ndarray) -> np.ndarray:
    """The sum over the last axis, of floats (..., n) with a small n."""
    result: np.ndarray = values[..., 0] + values[..., 1] if values.shape[-1] > 1 else values[..., 0].copy()
    for channel in range(2, values.shape[-1]):
        result += values[..., channel]
    return result


def averaged(values: np.ndarray) -> np.ndarray:
    """The mean over the last axis, of floats (..., n) with a small n."""
    result = summed(values)
    result /= values.shape[-1]
    return result


def lengths(vectors: np.ndarray) -> np.ndarray:
    """Euclidean, of vectors (..., n) of floats with a small n."""
    return np.sqrt(summed(vectors * vectors))


def joined(picture: np.ndarray, plane: np.ndarray) -> np.ndarray:
    """(H, W, n + 1): a picture (H, W, n) and one more channel (H, W)."""
    common = np.result_type(picture, plane)
    channels = cv2.split(picture.astype(common, copy=False))
    return np.asarray(cv2.merge([*channels, np.ascontiguousarray(plane, common)]))
