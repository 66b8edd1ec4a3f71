"""Folds that a garment's picture shows, faded out of plain cloth where they would be seen twice."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.cloth.ground import other_colour
from fashionmirror_core.imaging.channels import averaged, spread
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.masks import disc

FOLD, BROAD = 0.006, 0.05  # of the longer side: finer than the first is weave, broader than the second light
AT_SEAMS = 0.1  # of the longer side, from the outline inward
DOUBLED, HEM = 0.06, 0.02  # of the longer side: what is nearer to a side shows doubly from there; what a hem takes
DEEPEST = 0.22  # logarithm of light: folds of worn cloth are no darker or brighter than about this
ON_SLEEVES = 0.1  # the same on sleeves, which hang otherwise than they lie: crossed and crushed
LEVELLED = 0.7  # of the broad light on sleeves, which lie at other slopes than they hang
BEYOND = 0.012  # of the longer side, from the outline outward


def trimmings(rgb: np.ndarray, rare: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """(H, W) bool: what of the rare colours of plain cloth is no shadow or light, but another colour. rgb: (H, W, 3)
    float32 in 0..255. rare, cloth: (H, W) bool.
    """
    return other_colour(rgb, rare, cloth & ~rare)


def evened(
    rgb: np.ndarray, cloth: np.ndarray, rare: np.ndarray, stays: np.ndarray, sleeves: np.ndarray | None = None
) -> np.ndarray:
    """A picture of plain cloth (H, W, 3) float32 in 0..255 whose deep shadows and glares are no deeper than folds of worn
    cloth are: it lies otherwise than it is worn, sleeves most of all, whose broad light is levelled, too. rare, stays:
    (H, W) bool, other colours than the cloth's commonest one, and what is printed or sewn on. sleeves: (H, W) bool.
    """
    size = max(cloth.shape)
    plain = cloth & ~stays
    fold = masked_blur(rgb, plain.astype(np.float32), FOLD * size)
    common = (plain & ~rare).astype(np.float32) + np.float32(0.02) * plain
    broad = masked_blur(rgb, common, BROAD * size)
    level = np.log(np.maximum(averaged(fold), 2) / np.maximum(averaged(broad), 2))
    deepest: np.ndarray | float = DEEPEST
    level_light = np.zeros_like(rgb)
    if sleeves is not None and (own := sleeves & plain & ~rare).any():
        near = cv2.GaussianBlur(sleeves.astype(np.float32), (0, 0), FOLD * size)
        deepest = DEEPEST + (ON_SLEEVES - DEEPEST) * near
        level_light = (np.median(rgb[own], axis=0) - broad) * spread(LEVELLED * near * plain)
    left = np.clip((deepest * np.tanh(level / deepest)) / np.where(np.abs(level) < 1e-3, 1, level), 0, 1)
    share = np.where(np.abs(level) < 1e-3, 0, 1 - left) * plain
    share = cv2.GaussianBlur(share.astype(np.float32), (0, 0), 0.5 * FOLD * size) * plain
    return np.clip(rgb + (broad - fold) * spread(share) + level_light, 0, 255)


def faded_at_seams(back: np.ndarray, cloth: np.ndarray, trimmed: np.ndarray, least: np.ndarray) -> np.ndarray:
    """A back (H, W, 3) float32 in 0..255 whose folds fade towards the outline of ``cloth`` (H, W) bool: there front and back
    meet, and would be each other's mirror image. trimmed: (H, W) bool, which stays. least: (H,), how much they fade in each
    row at least, 0 to 1.
    """
    size = max(cloth.shape)
    inside = cv2.distanceTransform(np.pad(cloth, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    near = np.maximum(1 - smoothstep(inside / size, 0, AT_SEAMS), least[:, None])
    return _faded(back, cloth * near, cloth, trimmed, size)


def folds_at_seams(folds: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """(H, W) bool: the deep shadows and glares ``folds`` (H, W) bool of plain cloth that lie near its sides, with what is
    around them; hems stay.
    """
    size = max(cloth.shape)
    solid = cloth.astype(np.uint8)
    middle = cv2.erode(solid, np.ones((1, 2 * round(DOUBLED * size) + 1), np.uint8), borderValue=(0,)) > 0
    above = cv2.erode(solid, np.ones((round(HEM * size) + 1, 1), np.uint8), anchor=(0, 0), borderValue=(0,)) > 0
    near = folds & ~middle & above
    return cv2.dilate(near.astype(np.uint8), disc(FOLD * size)) > 0


def faded_beyond(picture: np.ndarray, cloth: np.ndarray, trimmed: np.ndarray, size: float) -> np.ndarray:
    """A picture (H, W, 3) float32 in 0..255 that goes on beyond ``cloth`` (H, W) bool as its mirror image, without the folds
    that are seen there again. trimmed: (H, W) bool, which stays. size: pixels, the garment's longer side.
    """
    outside = cv2.distanceTransform((~cloth).astype(np.uint8), cv2.DIST_L2, 5)
    return _faded(picture, smoothstep(outside / size, 0, BEYOND), np.ones_like(cloth), trimmed, size)


def _faded(rgb: np.ndarray, share: np.ndarray, cloth: np.ndarray, trimmed: np.ndarray, size: float) -> np.ndarray:
    plain = (cloth & ~trimmed).astype(np.float32)
    fold, broad = (masked_blur(rgb, plain, sigma * size) for sigma in (FOLD, BROAD))
    share = cv2.GaussianBlur((share * plain).astype(np.float32), (0, 0), 0.5 * FOLD * size)
    # Added, not multiplied: the colour of a deep shadow is no colour of the cloth.
    return np.clip(rgb + (broad - fold) * spread(share), 0, 255)


def masked_blur(values: np.ndarray, mask: np.ndarray, sigma: float) -> np.ndarray:
    """(H, W, 3) float32: values (H, W, 3), smoothed where the mask (H, W), 0 to 1, is; elsewhere what is near."""
    weight = cv2.GaussianBlur(mask, (0, 0), sigma)
    mixed = cv2.GaussianBlur(values.astype(np.float32) * spread(mask), (0, 0), sigma)
    return mixed / spread(np.maximum(weight, 1e-3))
