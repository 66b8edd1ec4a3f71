"""The shade in which sleeves lie against the body in a garment's picture, taken out of plain cloth: worn, a sleeve hangs
free, and that shade would be a dark blot on the upper arm and at the side.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from fashionmirror_core.cloth.folds import masked_blur
from fashionmirror_core.cloth.ground import Ground
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.channels import averaged
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.imaging.patching import patched

_BESIDE, _REACH, _SIDE = 0.02, 0.05, 256
"""Of the longer side, how near to where body and sleeves meet shade begins, and how far it reaches; pixels of the picture in
which that is seen."""
_FINE, _NEAR = 0.004, 0.04
"""Of the longer side: what is finer is weave; how far away the cloth is that it is compared with."""
_SHADE = 0.1
"""Logarithm of light by which it is darker, or a glare lighter, than the cloth of body and sleeve beside it."""
_LEAST = 0.01  # of a place's neighbourhood that a part covers, to be compared with it
_LIGHT = 0.035  # of the longer side: what is coarser is light


def beside_sleeves(garment: Garment, reach: float = _BESIDE) -> np.ndarray:
    """(H, W) bool: where body and sleeves meet, in each other's shade. reach: of the longer side."""
    height, width = garment.image.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    near = disc(reach * max(size))
    trunk, sleeves = np.zeros((2, *size[::-1]), np.uint8)
    for name, share in garment.part_masks().items():
        where = (cv2.resize(share, size, interpolation=cv2.INTER_AREA) > 0.5).astype(np.uint8)
        (sleeves if name.startswith("sleeve") else trunk)[where > 0] = 1
    shade = cv2.dilate(trunk, near) & cv2.dilate(sleeves, near)
    return cv2.resize(shade, (width, height), interpolation=cv2.INTER_NEAREST) > 0


def without_sleeve_shade(
    rgb: np.ndarray, cloth: np.ndarray, garment: Garment, ground: Ground
) -> tuple[np.ndarray, Ground]:
    """A picture of plain cloth (H, W, 3) float32 in 0..255 in which it is even where body and sleeves meet, and its ground,
    in which that shade is no print. cloth: (H, W) bool, where the picture shows it.
    """
    begins, band = (beside_sleeves(garment, reach) & cloth for reach in (_BESIDE, _REACH))
    if not begins.any():
        return rgb, ground
    size = max(cloth.shape)
    clean = cloth & ~begins & ~ground.odd & ~ground.rare
    trunk = garment.part_masks()["body"] > 0.5
    light = np.log(np.maximum(averaged(masked_blur(rgb, cloth.astype(np.float32), _FINE * size)), 1))
    apart = np.full((2, *cloth.shape), np.inf, np.float32)
    for part in (clean & trunk, clean & ~trunk):  # sleeves may have a colour of their own
        weight = cv2.GaussianBlur(part.astype(np.float32), (0, 0), _NEAR * size)
        own = np.log(np.maximum(averaged(masked_blur(rgb, part.astype(np.float32), _NEAR * size)), 1))
        apart = np.where(weight > _LEAST, np.minimum(apart, [own - light, light - own]), apart)
    lit = band & np.any(np.isfinite(apart) & (apart > _SHADE), axis=0)
    _, labels = cv2.connectedComponents(lit.astype(np.uint8))
    lit &= np.isin(labels, np.unique(labels[begins]))
    if not lit.any():
        return rgb, ground
    shade = (cv2.dilate(lit.astype(np.uint8), disc(_FINE * size)) > 0) & band
    filled = patched(rgb, shade, clean, _LIGHT * size, ground.rare)
    return filled, replace(ground, odd=ground.odd & ~shade, rare=ground.rare & ~shade)
