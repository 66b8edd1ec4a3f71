"""What a photo shows of a person's hair."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class HairPhoto:
    """What the photo shows of the hair, on one window of it. origin: (2,), the window's place in photo space.

    colors: (h, w, 3) float32. own: (h, w) bool, where the head is; person: (h, w) bool, with what is below it. hair: (h, w)
    float32 in [0, 1]. tied: (h, w) bool, hair that hangs beside the neck. features: (h, w) bool, brows, eyes and mouth.
    """

    colors: np.ndarray
    own: np.ndarray
    person: np.ndarray
    hair: np.ndarray
    tied: np.ndarray
    features: np.ndarray
    origin: np.ndarray

    def at(self, field: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """A field of the window at places of photo space."""
        return cv2.remap(
            field.astype(np.float32),
            (x - self.origin[0]).astype(np.float32),
            (y - self.origin[1]).astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
