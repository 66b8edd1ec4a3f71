"""Filling unknown areas of a map from what is known around them: the push-pull pyramid.

Used wherever values have to be carried beyond the place where they were measured: colours behind a matte, skin under
a removed sleeve, a flow beyond the garment.
"""

from __future__ import annotations

import cv2
import numpy as np

_TINY = 1e-6


def push_pull(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fill smoothly where ``weight`` is low; keep ``values`` exactly where it is 1.

    A pyramid of normalised convolutions (Gortler et al., The Lumigraph, 1996, section 3.4): going down, known values
    are averaged by their weight; going up, each level lets the coarser one show where it knows nothing itself.

    Args:
        values: (H, W, C) or (H, W), any unit; what stands at weight 0 is ignored, even NaN.
        weight: (H, W), 0 unknown .. 1 known.

    Returns:
        float32 of the shape of ``values``, everywhere within the range of the known values; zeros if nothing is known.

    Raises:
        ValueError: the two shapes don't belong together.
    """
    values = np.asarray(values)
    if values.ndim not in (2, 3) or values.shape[:2] != weight.shape:
        raise ValueError(f"values {values.shape} and weight {weight.shape} must share their height and width")
    known = np.clip(weight, 0.0, 1.0).astype(np.float32)
    stacked = values.astype(np.float32).reshape(*known.shape, -1)
    stacked = np.where(known[..., None] > 0, stacked, np.float32(0))
    return _pull(stacked, known).reshape(values.shape)


def _pull(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """One level: ``values`` (H, W, C) float32 filled by the coarser levels."""
    height, width = weight.shape
    if min(height, width) <= 2 and max(height, width) <= 4:
        total = float(weight.sum())
        mean = (values * weight[..., None]).sum((0, 1)) / max(total, _TINY)
        return values * weight[..., None] + mean * (1 - weight[..., None])
    if float(weight.min()) >= 1.0:
        return values
    pushed_weight = cv2.pyrDown(weight)
    pushed = _channels(cv2.pyrDown(values * weight[..., None])) / np.maximum(pushed_weight, _TINY)[..., None]
    # A cell with one known pixel in four is trusted nearly as much as a full one: near values win over far ones.
    saturated = 1 - (1 - np.minimum(pushed_weight, 1.0)) ** 4
    saturated[pushed_weight < _TINY] = 0
    coarse = _pull(pushed, saturated.astype(np.float32))
    filled = _channels(cv2.pyrUp(coarse, dstsize=(width, height)))
    return values * weight[..., None] + filled * (1 - weight[..., None])


def _channels(image: np.ndarray) -> np.ndarray:
    """OpenCV drops a single channel's axis; here it stays."""
    return image if image.ndim == 3 else image[..., None]
