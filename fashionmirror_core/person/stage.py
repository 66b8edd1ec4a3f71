"""The stage: the small upright picture in which masks, flows and networks live (docs/method.md, "Stage").

A person is scaled and shifted so that crown-to-heel takes 88 % of the stage's height and the hips stand in its middle;
results go back to the photo's own pixels by the inverse of the same similarity.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

CROWN_TO_HEEL = 0.88  # of the stage's height


@dataclass(frozen=True)
class Stage:
    """A similarity between a photo and its stage: ``stage = photo * scale + offset`` (pixels, x then y).

    Pixel centres have integer coordinates on both sides.
    """

    height: int
    width: int
    scale: float
    offset: tuple[float, float]

    @classmethod
    def around(cls, top: float, bottom: float, center_x: float, height: int = 256, width: int = 192) -> Stage:
        """The stage for a person between ``top`` and ``bottom`` (photo pixels), standing at ``center_x``."""
        scale = CROWN_TO_HEEL * height / max(bottom - top, 1.0)
        middle = (top + bottom) / 2
        return cls(height, width, scale, (width / 2 - scale * center_x, height / 2 - scale * middle))

    def resized(self, height: int, width: int) -> Stage:
        """The same view of the photo on a stage of another size and the same shape."""
        factor = height / self.height
        shift = (factor - 1) / 2  # pixel centres are integers on both
        return Stage(
            height, width, self.scale * factor, (self.offset[0] * factor + shift, self.offset[1] * factor + shift)
        )

    @property
    def matrix(self) -> np.ndarray:
        """(2, 3) float64: photo -> stage, as OpenCV's warpAffine takes it."""
        return np.array([[self.scale, 0, self.offset[0]], [0, self.scale, self.offset[1]]])

    def from_photo(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) in photo pixels -> stage pixels."""
        return np.asarray(points) * self.scale + np.asarray(self.offset)

    def to_photo(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) in stage pixels -> photo pixels."""
        return (np.asarray(points) - np.asarray(self.offset)) / self.scale

    def crop(self, image: np.ndarray, border: int = cv2.BORDER_CONSTANT) -> np.ndarray:
        """The photo (H, W[, C]) resampled onto the stage, anti-aliased when it shrinks."""
        if self.scale < 0.5:  # area-average first, so that warpAffine's bilinear step is left with less than half
            height, width = image.shape[:2]
            small_size = (max(1, round(width * self.scale * 1.5)), max(1, round(height * self.scale * 1.5)))
            small = cv2.resize(image, small_size, interpolation=cv2.INTER_AREA)
            step = np.array([small_size[0] / width, small_size[1] / height])
            # Centres at integers: small = (photo + 0.5) * step - 0.5
            diagonal = self.scale / step
            shift = np.asarray(self.offset) + diagonal * (0.5 - 0.5 * step)
            matrix = np.array([[diagonal[0], 0, shift[0]], [0, diagonal[1], shift[1]]])
            return cv2.warpAffine(small, matrix, (self.width, self.height), flags=cv2.INTER_LINEAR, borderMode=border)
        return cv2.warpAffine(image, self.matrix, (self.width, self.height), flags=cv2.INTER_LINEAR, borderMode=border)

    def uncrop(self, image: np.ndarray, size: tuple[int, int], border: int = cv2.BORDER_CONSTANT) -> np.ndarray:
        """The inverse: a stage picture (H, W[, C]) resampled into a photo of ``size`` (width, height)."""
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(image, self.matrix, size, flags=flags, borderMode=border)
