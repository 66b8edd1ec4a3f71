"""A person's skin colour, measured on the face, and the tones and the roughness that pixels are compared by."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.body.coordinates import BodyCoordinates
from fashionmirror_core.skeleton import Joint


@dataclass(frozen=True)
class SkinColor:
    """The person's skin, measured on the face, in log-chromaticity (insensitive to shading).

    ``mean`` and ``spread``: (3,) float32 of log(R/G), log(B/G), log(Y) in linear light; ``rgb``: (3,) uint8-range mean.
    ``measured`` is False where no face was seen and an average skin stands in.
    """

    mean: np.ndarray
    spread: np.ndarray
    rgb: np.ndarray
    measured: bool

    def distance(self, tones: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Chroma distance (>= 0) and relative brightness of tones (..., 3), both in spreads of this skin."""
        away = (tones - self.mean) / self.spread
        return np.hypot(away[..., 0], away[..., 1]), away[..., 2]

    def apart(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far the colours of an image (H, W, 3) uint8 are from the skin's mean, in Lab: (H, W) in a and b, at least 0,
        and (H, W) in L, negative where darker.
        """
        lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        skin = cv2.cvtColor(self.rgb.astype(np.float32)[None, None] / 255, cv2.COLOR_RGB2LAB)[0, 0]
        return np.hypot(*(lab[..., k] - skin[k] for k in (1, 2))), lab[..., 0] - skin[0]


_AVERAGE_SKIN = SkinColor(
    mean=np.array([0.62, -0.50, -1.3], np.float32),
    spread=np.array([0.20, 0.22, 0.8], np.float32),
    rgb=np.array([205, 160, 135], np.float32),
    measured=False,
)


def log_tones(image: np.ndarray) -> np.ndarray:
    """RGB uint8 (..., 3) -> float32 (..., 3): log(R/G), log(B/G), log(Y) in linear light."""
    table = ((np.arange(256) / 255.0) ** 2.2 + 0.012).astype(np.float32)
    red, green, blue = (table[image[..., k]] for k in range(3))
    luma = np.log(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return np.stack([np.log(red / green), np.log(blue / green), luma], axis=-1)


def log_roughness(image: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """(H, W) float32: log of the standard deviation (8-bit steps) of grey around each pixel, within the person only."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    weight = inside.astype(np.float32)
    window = (5, 5)
    count = np.maximum(cv2.blur(weight, window), 1e-3)
    mean = cv2.blur(grey * weight, window) / count
    variance = cv2.blur(grey * grey * weight, window) / count - mean * mean
    return 0.5 * np.log(np.maximum(variance, 0.04)).astype(np.float32)


def measure_skin(image: np.ndarray, matte: np.ndarray, tones: np.ndarray, body: BodyCoordinates) -> SkinColor:
    """The skin's colour from the face: the commonest skin-like colour around nose and eyes, glasses trimmed."""
    if not body.faces_camera:
        return _AVERAGE_SKIN
    points = body.points
    centre = 0.6 * points[0] + 0.4 * points[[15, 16]].mean(0) + 0.02 * (points[Joint.MID_HIP] - points[Joint.NECK])
    rows, columns = np.indices(matte.shape, sparse=True)
    near = np.hypot(columns - centre[0], (rows - centre[1]) * 0.8) < max(0.13 * body.unit, 2.0)
    near &= matte > 0.7
    chroma, _ = _AVERAGE_SKIN.distance(tones[near])
    likely = chroma < 3.2
    samples, colors = tones[near][likely], image[near][likely].astype(np.float32)
    if len(samples) < 12:
        return _AVERAGE_SKIN
    bright = samples[:, 2] >= np.quantile(samples[:, 2], 0.35)  # sunglasses, brows, beard and hair are darker
    samples, colors = samples[bright], colors[bright]
    floor = np.array([0.10, 0.11, 0.35], np.float32)
    keep = np.ones(len(samples), bool)
    for _ in range(3):
        mean = np.median(samples[keep], axis=0)
        spread = np.maximum(1.48 * np.median(np.abs(samples[keep] - mean), axis=0), floor)
        keep = (np.abs(samples - mean) < 2.5 * spread).all(1)
        if keep.sum() < 8:
            return _AVERAGE_SKIN
    return SkinColor(mean.astype(np.float32), spread.astype(np.float32), colors[keep].mean(0), True)
