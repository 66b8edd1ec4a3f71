"""Whether cloth that stays has one colour, and where it shows it: what else is seen there was held or hung before it. And
how it looks without its front's light.
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.imaging.channels import spread
from fashionmirror_core.imaging.fill import continued, push_pull
from fashionmirror_core.imaging.masks import disc

PLAIN_CHROMA, PLAIN_GREY = 7.0, 20.0  # Lab units that plain cloth varies by
SATURATED, SHADED = 0.12, (0.4, 1.5)  # of its own colour, by which a bright one varies besides; bounds of light on it
OF_SLEEVES = 0.12  # of the cloth: as much of sleeves tells its colour, for nothing is worn over them
BINS, WIDEST = 64, 128.0  # of the histogram of hues, and the most that one is away from grey
PATCH, SPOTLESS, MOSTLY = 0.03, 0.2, 0.44
"""Statures of a patch of cloth; the share of another colour in it that is none yet; and the share of such patches that cloth
of one colour has: a pattern is all over it, a bag is in one place."""
THING, BESIDE = 0.004, 0.008
"""Statures: half the width of what is no thread of the cloth, and beside which it lies in shade."""
WEAVE = 0.002  # statures: what is coarser on plain cloth, and no light, is folds
OF_WEAVE, OF_FOLDS = 3.0, 1.0  # times as much as is usual: more contrast than that is a seam, a mark or a deep fold
STREWN = 1 / 3  # of the cloth: where less is left beside them, they are dots or flowers, a pattern


def plain_cloth(rgb: np.ndarray, own: np.ndarray, sleeves: np.ndarray, stature: float) -> np.ndarray | None:
    """(h, w) bool: where cloth ``own`` (h, w) bool of a picture (h, w, 3) uint8 shows itself, its weave included; None where
    it has more than one colour. sleeves: (h, w) bool, its sleeves. stature: pixels.
    """
    lab = cv2.cvtColor(rgb / np.float32(255), cv2.COLOR_RGB2LAB)
    telling = own & sleeves if (own & sleeves).sum() > OF_SLEEVES * own.sum() else own
    grey, hue = lab[telling][:, 0], lab[telling][:, 1:]
    step = 2 * WIDEST / BINS
    row, column = np.clip((hue + WIDEST) / step, 0, BINS - 1).astype(int).T
    counts = np.bincount(BINS * row + column, minlength=BINS**2).reshape(BINS, BINS).astype(np.float32)
    counts = cv2.GaussianBlur(counts, (0, 0), 1.0)
    usual = step * (np.array(np.unravel_index(counts.argmax(), counts.shape)) + 0.5) - WIDEST
    near = np.hypot(*(hue - usual).T) < PLAIN_CHROMA
    if not near.any():
        return None
    usual, level = np.median(hue[near], axis=0), float(np.median(grey[near]))
    # In light and shade a colour stays as saturated.
    shade = np.clip(lab[..., 0] / max(level, 1.0), *SHADED)
    away = np.hypot(*(lab[..., 1 + axis] - shade * usual[axis] for axis in (0, 1)))
    alike = away < PLAIN_CHROMA + SATURATED * float(np.hypot(*usual))
    alike &= np.abs(lab[..., 0] - level) < PLAIN_GREY
    whole, odd = (
        cv2.boxFilter(mask.astype(np.float32), -1, (size := 2 * round(PATCH * stature / 2) + 1, size))
        for mask in (own, own & ~alike)
    )
    if (own & (odd < SPOTLESS * whole)).sum() < MOSTLY * own.sum():
        return None
    piece = cv2.morphologyEx((own & ~alike).astype(np.uint8), cv2.MORPH_OPEN, disc(THING * stature))
    clean = own & (cv2.dilate(piece, disc((THING + BESIDE) * stature)) == 0)
    return clean if clean.sum() > STREWN * own.sum() else None


def without_light(rgb: np.ndarray, known: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """A picture (h, w, 3) uint8 of plain cloth, ``known`` (h, w) bool, in even light, (h, w, 3) float32, and its colour.
    sigma: pixels; what is coarser is light.
    """
    weight = np.maximum(cv2.GaussianBlur(known.astype(np.float32), (0, 0), sigma), 1e-3)
    slow = cv2.GaussianBlur(rgb.astype(np.float32) * spread(known), (0, 0), sigma) / spread(weight)
    slow = push_pull(slow, (weight > 0.2).astype(np.float32))
    usual = np.median(rgb[known], axis=0)
    even = np.asarray(continued(rgb, known) * np.clip(usual / np.maximum(slow, 4), 0.5, 2), np.float32)
    return even, usual


def without_marks(even: np.ndarray, known: np.ndarray, stature: float) -> np.ndarray:
    """Plain cloth in even light (h, w, 3) float32, ``known`` (h, w) bool, without seams, marks and deep folds: no place
    stands out more from its colour than the cloth does everywhere. A rough knit stays rough. stature: pixels.
    """
    usual = np.median(even[known], axis=0)
    detail = even - usual
    folds = cv2.GaussianBlur(detail, (0, 0), max(0.8, WEAVE * stature))
    result = usual
    for band, most in ((folds, OF_FOLDS), (detail - folds, OF_WEAVE)):
        result = result + at_most(band, most * 1.48 * np.median(np.abs(band[known]), axis=0))
    return np.asarray(result, np.float32)


def at_most(values: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Values (h, w, 3), small ones as they are, none further from 0 than ``most``, (3,)."""
    most = np.maximum(most, 0.5)
    return np.asarray(most * np.tanh(values / most), np.float32)
