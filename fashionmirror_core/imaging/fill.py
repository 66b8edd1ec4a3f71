"""Filling unknown areas of a map from what is known around them: the push-pull pyramid.

Used wherever values have to be carried beyond the place where they were measured: colours behind a matte, skin under
a removed sleeve, a flow beyond the garment.
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.imaging.channels import lengths, spread
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.nearest import nearest_known

_TINY = 1e-6
_COARSE = 320  # pixels, larger side of the picture in which mirrors are laid
_BAND = 0.06  # of the larger side: how deep a mirrored band of texture is
_EVEN = 0.01  # of the larger side: how far an edge is smoothed before texture is mirrored at it


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
    return _pull(_channels(cv2.copyTo(stacked, (known > 0).astype(np.uint8))), known).reshape(values.shape)


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
    channels = values.shape[-1]
    own = values * spread(weight, channels)
    pushed = _channels(cv2.pyrDown(own)) / spread(np.maximum(pushed_weight, _TINY), channels)
    # A cell with one known pixel in four is trusted nearly as much as a full one: near values win over far ones.
    saturated = 1 - (1 - np.minimum(pushed_weight, 1.0)) ** 4
    saturated[pushed_weight < _TINY] = 0
    coarse = _pull(pushed, saturated.astype(np.float32))
    filled = _channels(cv2.pyrUp(coarse, dstsize=(width, height)))
    return own + filled * spread(1 - weight, channels)


def _channels(image: np.ndarray) -> np.ndarray:
    """OpenCV drops a single channel's axis; here it stays."""
    return image if image.ndim == 3 else image[..., None]


def continued(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Texture carried on beyond its edge: mirrored there, back and forth within a narrow band, and filled smoothly where
    a mirror shows nothing known.

    values: (H, W, C) uint8; what stands where nothing is known is ignored. known: (H, W) bool. Returns (H, W, C) uint8,
    ``values`` where they are known.
    """
    height, width = known.shape
    scale = min(1.0, _COARSE / max(height, width))
    shape = (max(1, round(width * scale)), max(1, round(height * scale)))
    mask = known.astype(np.uint8)
    solid = cv2.resize(mask.astype(np.float32), shape, interpolation=cv2.INTER_AREA)
    masked = cv2.copyTo(values, mask)
    small = _channels(cv2.resize(masked, shape, interpolation=cv2.INTER_AREA)).astype(np.float32)
    smooth = to_8bit(push_pull(small / spread(np.maximum(solid, _TINY), small.shape[-1]), solid))
    result = _channels(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR))
    if (solid > 0.5).any() and not known.all():
        way = cv2.resize(_to_mirror(solid > 0.5) / np.float32(scale), (width, height), interpolation=cv2.INTER_LINEAR)
        place = (
            way[..., 0] + np.arange(width, dtype=np.float32),
            way[..., 1] + np.arange(height, dtype=np.float32)[:, None],
        )
        mirrored = _channels(cv2.remap(masked, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        sure = cv2.erode(255 * mask, np.ones((3, 3), np.uint8), borderValue=(0,))
        seen = cv2.remap(sure, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) > 252
        share = cv2.blur(seen.astype(np.float32), (5, 5)) * seen
        result = _channels(cv2.blendLinear(mirrored, result, share, 1 - share))
    return _channels(cv2.copyTo(values, mask, result))


def _to_mirror(known: np.ndarray) -> np.ndarray:
    """(h, w, 2) float32: from each pixel (h, w) the way to what a mirror along the known area's edge shows there."""
    size = max(known.shape)
    inside = cv2.distanceTransform(known.astype(np.uint8), cv2.DIST_L2, 5)
    place, outside = nearest_known(known, 5)
    edge = np.stack([place % known.shape[1], place // known.shape[1]], -1).astype(np.int32)
    smooth = cv2.GaussianBlur(outside - inside, (0, 0), max(1.5, _EVEN * size))
    inward = -np.stack([cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)], -1)
    inward /= spread(np.maximum(lengths(inward), _TINY), 2)
    reach = max(2, round(_BAND * size))
    thick = cv2.dilate(inside, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))
    band = np.clip(thick, 2, reach)[edge[..., 1], edge[..., 0]]
    deep = band - np.abs(np.mod(outside, 2 * band) - band)
    own = np.stack(np.meshgrid(np.arange(known.shape[1]), np.arange(known.shape[0])), -1)
    return np.where(spread(known, 2), 0, edge - own + spread(deep, 2) * inward).astype(np.float32)
