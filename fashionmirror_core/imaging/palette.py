"""The commonest colours of a picture."""

from __future__ import annotations

import cv2
import numpy as np


def palette(colors: np.ndarray, count: int, rounds: int, accuracy: float) -> tuple[np.ndarray, np.ndarray]:
    """Which one each of colours (N, 3) float32 is nearest to, (N,), and the ``count`` commonest ones, (count, 3), or N where
    there are fewer; the same colours give the same ones.

    rounds, accuracy: of k-means: it ends after so many, or once no centre moves farther.
    """
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, rounds, accuracy)
    cv2.setRNGSeed(1)
    count = min(count, len(colors))
    _, numbers, centres = cv2.kmeans(colors, count, np.empty(0, np.int32), criteria, 1, cv2.KMEANS_PP_CENTERS)
    return numbers[:, 0], centres
