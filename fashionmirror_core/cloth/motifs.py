"""Whether what differs from a garment's ground is a pattern: dots, flowers or other motifs strewn all over it, which its
back has too.
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.imaging.channels import spread

_MOTIF, _MOTIFS, _LARGEST_MOTIF, _AT_SIDES = 3, 16, 0.3, 0.6
"""Of motifs that are strewn over plain cloth: pixels of the least one in the small picture, how many there are, share of all
of them that the largest covers at most, and how thick they lie at the sides, by comparison with the middle, at least."""
_WORKING, _BESIDE = 512, 0.03
"""Pixels of the picture, longer side, in which motifs are looked for; of it, how far around the ground's
colour is taken."""
_APART, _LIGHTNESS = 5.0, 0.5  # Lab units by which it differs; how much lightness counts
_LEAST, _LONG, _COMPACT = 12, 2.2, 0.35  # pixels of a motif; length over width, at most; share of its box, at least
_MANY, _ONE_COLOUR = 80, 0.8
"""Motifs that may have several colours; of fewer, the length of their differences' mean over the mean length: 1 if all
differ alike."""
_OF_ALL, _BOTH_SIDES = (0.75, 0.65), (0.5, 0.7)
"""Of few and of many: share that they are of all that differs; how thick they lie at the sides, by comparison with the
middle: both at least."""


def all_over(rgb: np.ndarray, cloth: np.ndarray, sides: np.ndarray) -> bool:
    """Whether small compact places that all differ alike from the ground, or very many, lie all over it: embroidered
    flowers, hearts in a darker shade. Folds differ both ways, and are long.

    rgb: (H, W, 3) float32 in 0..255. cloth, sides: (H, W) bool.
    """
    scale = min(1.0, _WORKING / max(cloth.shape))
    shape = tuple(max(8, round(length * scale)) for length in cloth.shape[::-1])
    lab = cv2.cvtColor(cv2.resize(rgb, shape, interpolation=cv2.INTER_AREA) / 255, cv2.COLOR_RGB2LAB)
    lab = cv2.GaussianBlur(lab, (0, 0), 0.8)
    inside, beside = (
        cv2.resize(mask.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > 0.9 for mask in (cloth, sides)
    )
    weight, sigma = inside.astype(np.float32), _BESIDE * max(shape)
    ground = cv2.GaussianBlur(lab * spread(weight), (0, 0), sigma)
    apart = lab - ground / spread(np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3))
    apart[..., 0] *= _LIGHTNESS
    areas = zones(inside, beside)
    where = (np.linalg.norm(apart, axis=2) > _APART) & np.any(areas, axis=0)
    pieces = cv2.morphologyEx(where.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    count, labels, stats, centres = cv2.connectedComponentsWithStats(pieces)
    width, height, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    large = area >= _LEAST
    large[0] = False
    motif = large & (np.maximum(width, height) < _LONG * np.minimum(width, height)) & (area > _COMPACT * width * height)
    many = int(motif.sum() > _MANY)
    if motif.sum() < _MOTIFS or area[motif].sum() < _OF_ALL[many] * area[large].sum():
        return False
    own = np.stack([np.bincount(labels.ravel(), apart[..., channel].ravel(), count) for channel in range(3)], 1)
    own = (own / area[:, None])[motif]
    if not many and np.linalg.norm(own.mean(0)) < _ONE_COLOUR * np.linalg.norm(own, axis=1).mean():
        return False
    at = centres[motif].astype(int)
    right, left, between = (float(zone[at[:, 1], at[:, 0]].sum() / max(zone.sum(), 1)) for zone in areas)
    return min(right, left) > _BOTH_SIDES[many] * between


def scattered(odd: np.ndarray, inside: np.ndarray, beside: np.ndarray) -> bool:
    """Whether what differs from the ground lies at both sides nearly as thick as in the middle: sparse flowers or dots."""
    parts = zones(inside, beside)
    if not all(zone.any() for zone in parts):
        return False
    right, left, between = (float(odd[zone].mean()) for zone in parts)
    return between > 0.045 and min(right, left) > max(0.025, 0.4 * between)


def strewn(odd: np.ndarray, inside: np.ndarray, beside: np.ndarray) -> bool:
    """Whether what differs from the ground are many small motifs, as many at the sides as in the middle."""
    parts = zones(inside, beside)
    if not all(zone.any() for zone in parts):
        return False
    _, _, stats, centres = cv2.connectedComponentsWithStats((odd & np.any(parts, axis=0)).astype(np.uint8))
    motif = stats[1:, cv2.CC_STAT_AREA] >= _MOTIF
    areas, at = stats[1:, cv2.CC_STAT_AREA][motif], centres[1:][motif].astype(int)
    if len(areas) < _MOTIFS or areas.max() > _LARGEST_MOTIF * areas.sum():
        return False
    right, left, between = (float(zone[at[:, 1], at[:, 0]].sum() / zone.sum()) for zone in parts)
    return min(right, left) > _AT_SIDES * between


def zones(inside: np.ndarray, beside: np.ndarray) -> list[np.ndarray]:
    """(h, w) bool of the right side, the left side, and what is between, away from the outline."""
    inner = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3) > 0.035 * max(inside.shape)
    x = np.arange(inside.shape[1])[None]
    middle = np.median(np.nonzero(inside)[1])
    return [inner & beside & (x < middle), inner & beside & (x > middle), inner & ~beside]
