"""Folds that a garment's picture shows, faded out of plain cloth where they would be seen twice."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.imaging.easing import smoothstep

FOLD, BROAD = 0.006, 0.05  # of the longer side: finer than the first is weave, broader than the second light
APART = 0.12  # of the chromaticity (shares of red, green and blue), between cloth and trimming
AT_SEAMS = 0.1  # of the longer side, from the outline inward
BEYOND = 0.012  # of the longer side, from the outline outward


def trimmings(rgb: np.ndarray, rare: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """(H, W) bool: what of the rare colours of plain cloth is no shadow or light, but another colour. rgb: (H, W, 3)
    float32 in 0..255. rare, cloth: (H, W) bool.
    """
    smooth = cv2.GaussianBlur(rgb, (0, 0), 2)
    color = smooth / np.maximum(smooth.sum(-1, keepdims=True), 1)
    own = cloth & ~rare
    if not own.any():
        return rare
    return rare & (np.abs(color - np.median(color[own], axis=0)).max(-1) > APART)


def faded_at_seams(back: np.ndarray, cloth: np.ndarray, trimmed: np.ndarray) -> np.ndarray:
    """A back (H, W, 3) float32 in 0..255 whose folds fade towards the outline of ``cloth`` (H, W) bool: there front and back
    meet, and would be each other's mirror image. trimmed: (H, W) bool, which stays.
    """
    inside = cv2.distanceTransform(np.pad(cloth, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    near = cloth * (1 - smoothstep(inside / max(cloth.shape), 0, AT_SEAMS))
    return _faded(back, near, cloth, trimmed, max(cloth.shape))


def faded_beyond(picture: np.ndarray, cloth: np.ndarray, trimmed: np.ndarray, size: float) -> np.ndarray:
    """A picture (H, W, 3) float32 in 0..255 that goes on beyond ``cloth`` (H, W) bool as its mirror image, without the folds
    that are seen there again. trimmed: (H, W) bool, which stays. size: pixels, the garment's longer side.
    """
    outside = cv2.distanceTransform((~cloth).astype(np.uint8), cv2.DIST_L2, 5)
    return _faded(picture, smoothstep(outside / size, 0, BEYOND), np.ones_like(cloth), trimmed, size)


def _faded(rgb: np.ndarray, share: np.ndarray, cloth: np.ndarray, trimmed: np.ndarray, size: float) -> np.ndarray:
    plain = (cloth & ~trimmed).astype(np.float32)
    fold, broad = (_masked_blur(rgb.mean(-1), plain, sigma * size) for sigma in (FOLD, BROAD))
    share = cv2.GaussianBlur((share * plain).astype(np.float32), (0, 0), 0.5 * FOLD * size)
    return np.clip(rgb * ((broad / np.maximum(fold, 1)) ** share)[..., None], 0, 255)


def _masked_blur(values: np.ndarray, mask: np.ndarray, sigma: float) -> np.ndarray:
    """(H, W) float32: values (H, W), smoothed where the mask (H, W), 0 to 1, is; elsewhere what is near."""
    weight = cv2.GaussianBlur(mask, (0, 0), sigma)
    return cv2.GaussianBlur(values.astype(np.float32) * mask, (0, 0), sigma) / np.maximum(weight, 1e-3)
