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
    """What lies around each pixel, at a small size: every ``step``-th pixel of the frame.

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
    def of(cls, group: np.ndarray, groups: int, depth: np.ndarray, height: float, step: int) -> Surroundings:
        """group: (h, w) int, which group each pixel shows, 0 for what isn't cloth, -1 for nothing. depth: (h, w) float32.
        height: the person's, frame pixels.
        """
        shape = group.shape
        covers, depths = (np.empty((groups, *shape), np.float32) for _ in range(2))
        for k in range(groups):
            mask = (group == k).astype(np.float32)
            covers[k] = _spread(mask, _CONTACT * height / step)
            depths[k] = _spread(mask * depth, _CONTACT * height / step)
        shown = group >= 0
        filled = np.where(shown, depth, np.float32(depth[shown].max(initial=0) + _BEHIND * height))
        around = np.stack([_spread(filled, share * height / step) for share in _CREASES])
        # The shade falls beside what casts it, so it is looked up a little aside.
        cloth = cv2.dilate((covers[1:].max(0) > 1e-3).astype(np.uint8), np.ones((5, 5), np.uint8))
        return cls(step, cloth, covers, depths, around)


def small_step(height: float) -> int:
    """Frame pixels between those that are looked at, for a person of this height."""
    return max(1, round(height / _ROWS))


def _spread(values: np.ndarray, radius: float) -> np.ndarray:
    side = 2 * max(1, round(radius / 2)) + 1
    return cv2.blur(cv2.blur(values, (side, side)), (side, side))
