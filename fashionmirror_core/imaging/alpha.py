"""Pictures with alpha: straight and premultiplied, and how one lies over another."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.imaging.channels import joined, spread
from fashionmirror_core.imaging.levels import to_8bit


def over(front: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Porter and Duff's "over" for premultiplied (h, w, 4) uint8."""
    clear = cv2.cvtColor(255 - front[..., 3], cv2.COLOR_GRAY2RGBA)
    clear[..., 3] = clear[..., 0]
    return cv2.add(front, cv2.multiply(back, clear, scale=1 / 255))


def premultiplied(color: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(h, w, 3) RGB in 0..255 and (h, w) alpha in [0, 1] -> (h, w, 4) uint8."""
    return to_8bit(joined(color.astype(np.float32) * spread(alpha), alpha * 255))


def straight(premultiplied: np.ndarray) -> np.ndarray:
    """Premultiplied (H, W, 4) uint8 -> straight alpha."""
    alpha = premultiplied[..., 3].astype(np.float32)
    return joined(to_8bit(premultiplied[..., :3] * spread(255 / np.maximum(alpha, 1))), premultiplied[..., 3])


def colors_of(premultiplied: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32 in 0..255: the colours of a premultiplied picture (H, W, 4) uint8; black where nothing is."""
    return premultiplied[..., :3] * spread(255 / np.maximum(premultiplied[..., 3].astype(np.float32), 1))


def opaque(rgb: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 -> (H, W, 4) with full alpha."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA)
