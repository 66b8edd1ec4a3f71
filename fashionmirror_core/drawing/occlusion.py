"""The soft shade where cloth lies over something, where something lies over cloth, and in cloth's own folds.

What lies around a pixel is looked up at a small size, where blurring costs little; each pixel then compares its own depth
with it (see the kernel ``occlude`` in ``pixels``). Without cloth nothing changes: the photo has its own shades.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_ROWS = 230  # of the person's height at the small size
_CONTACT = 0.016  # of the person's height: how far a contact shade reaches, about
_CREASES = (0.014, 0.04)  # the same of the surroundings with which cloth compares its depth
_BEHIND = 0.05  # of the person's height, from what is farthest to where the background counts as lying


@dataclass(frozen=True)
class Surroundings:
    """What lies around each pixel, at a small size, of cells of ``step`` x ``step`` pixels.

    cloth: (h, w) uint8, not 0 where cloth is near. covers: (G, h, w) float32, the share of the surroundings that each group
    of surfaces takes, and depths: (G, h, w) float32, that share times the mean depth there. around: (2, h, w) float32, the
    mean depth of everything, near and in a wider circle.
    """

    step: int
    cloth: np.ndarray
    covers: np.ndarray
    depths: np.ndarray
    around: np.ndarray

    @classmethod
    def of(cls, covers: np.ndarray, depths: np.ndarray, height: float, step: int) -> Surroundings:
        """covers: (G, h, w) float32, the share of each cell that each group takes, the first what is no cloth; depths: (G,
        h, w) float32, that share times the mean depth. height: the person's, frame pixels.
        """
        shown = covers.sum(0)
        depth = depths.sum(0)
        farthest = (depth / np.maximum(shown, 0.5)).max() + _BEHIND * height
        filled = depth + (1 - shown) * np.float32(farthest)
        around = np.stack([_spread(filled, share * height / step) for share in _CREASES])
        covers, depths = (np.stack([_spread(part, _CONTACT * height / step) for part in of]) for of in (covers, depths))
        # The shade falls beside what casts it, so it is looked up a little aside.
        cloth = cv2.dilate((covers[1:].max(0) > 1e-3).astype(np.uint8), np.ones((5, 5), np.uint8))
        return cls(step, cloth, covers, depths, around)


def small_step(height: float) -> int:
    """Frame pixels of a cell, for a person of this height."""
    return max(1, round(height / _ROWS))


def _spread(values: np.ndarray, radius: float) -> np.ndarray:
    side = 2 * max(1, round(radius / 2)) + 1
    return cv2.blur(cv2.blur(values, (side, side)), (side, side))
