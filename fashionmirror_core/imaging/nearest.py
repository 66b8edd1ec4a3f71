"""Which known pixel lies nearest to each pixel: how values are carried to where nothing was measured."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np


def nearest_known(known: np.ndarray, mask: Literal[3, 5] = 3) -> tuple[np.ndarray, np.ndarray]:
    """For each pixel the nearest known one; a known pixel is its own.

    Args:
        known: (H, W) bool or numbers, known where not 0.
        mask: the distance transform's size, 3 or 5 (Borgefors, Distance Transformations in Digital Images, 1986): 5 errs
            by 2 % and takes longer.

    Returns:
        Places (H, W) int, indices into the flattened map, 0 throughout if nothing is known; distances (H, W) float32 in
        pixels.
    """
    unknown = (np.asarray(known) == 0).astype(np.uint8)
    away, label = cv2.distanceTransformWithLabels(unknown, cv2.DIST_L2, mask, labelType=cv2.DIST_LABEL_PIXEL)
    inside = np.flatnonzero(unknown == 0)
    place = np.zeros(int(label.max()) + 1, np.intp)
    place[label.reshape(-1)[inside]] = inside
    return place[label], away
