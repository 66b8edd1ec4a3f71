"""The gap between a sleeve and the body: what of a cut-out is the floor or the wall behind the garment.

A sleeve that lies beside the body nearly touches it, and the clothes encoder takes the narrow gap for cloth. It has the
colours of what is around the garment, and those are none of the garment's elsewhere.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

from fashionmirror_core.garment.sight import WEARER, Sight
from fashionmirror_core.imaging.masks import disc

_SIDE = 288  # pixels, longest side of the picture in which gaps are looked for
_BIN, _BINS, _LOWEST = np.array([5.0, 3.0, 3.0]), (22, 72, 72), np.array([0.0, -108.0, -108.0])
"""Lab units of a histogram's bins, how many, and where the first begins."""
_ZONE = 0.05  # of the garment's size: how near to both sleeve and body a gap lies
_ABOVE_ARMPIT = 0.03  # of the garment's size: how far above the armpit one may begin
_LIKELIER, _USUAL = 8.0, 2e-4  # how much commoner a gap's colours are around the garment than in it; their share around
_WITHIN = 0.4  # of a place with such colours: how much of it lies there, and the rest goes with it
_FOREIGN = 24.0  # how much commoner a colour is around the garment that it hardly has
_LEAST, _SURE, _CLEARLY = 0.0008, 0.25, 60.0
"""Of the cut-out: a gap's area, at least; of a gap: what isn't its outermost pixel, or has colours so much commoner."""
_ALIKE, _GOES_ON = 9.0, 0.3  # Lab units, and share of a gap: cloth of its colour that it goes on in; a print does
_MARGIN = 2  # pixels beside the outline whose colours are mixed


def without_gaps(mask: np.ndarray, rgb: np.ndarray, sight: Sight) -> np.ndarray:
    """The cut-out (H, W) bool of a picture (H, W, 3) uint8 without the gaps between its sleeves and its body."""
    height, width = mask.shape
    scale = min(1.0, _SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    cloth = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    if not cloth.any():
        return mask
    sleeves = {
        name: (cv2.resize(share, size, interpolation=cv2.INTER_LINEAR) > 0.5) & cloth
        for name, share in sight.sleeve_shares().items()
    }
    body = cloth & ~np.any(list(sleeves.values()), axis=0)
    rows, columns = np.flatnonzero(cloth.any(1)), np.flatnonzero(cloth.any(0))
    extent = float(max(np.ptp(rows), np.ptp(columns)))
    below = _below_armpits(sight, size, _ABOVE_ARMPIT * extent)
    near = disc(_ZONE * extent)
    near_body = cv2.dilate(body.astype(np.uint8), near) > 0
    zone = np.zeros_like(cloth)
    for name, sleeve in sleeves.items():
        zone |= (cv2.dilate(sleeve.astype(np.uint8), near) > 0) & near_body & below[name]
    zone &= cloth
    around = cv2.dilate(cloth.astype(np.uint8), disc(_MARGIN)) == 0
    inner = (cv2.erode(cloth.astype(np.uint8), disc(_MARGIN), borderValue=(0,)) > 0) & ~zone
    if not zone.any() or not around.any() or not inner.any():
        return mask
    lab = cv2.cvtColor(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab = cv2.GaussianBlur(lab, (0, 0), 0.7)
    bins = tuple(np.clip((lab - _LOWEST) / _BIN, 0, np.array(_BINS) - 1).astype(int).transpose(2, 0, 1))
    outside, own = (_shares(bins, where) for where in (around, inner))
    strange = cloth & (outside > _LIKELIER * own) & (outside > _USUAL)
    found = (_mostly_within(strange, zone) | (strange & zone)).astype(np.uint8)
    sure = (cv2.erode(found, disc(1), borderValue=(0,)) > 0) | (outside > _CLEARLY * own)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(found)
    gaps = np.zeros_like(cloth)
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] < _LEAST * cloth.sum():
            continue
        piece = labels == number
        if sure[piece].mean() > _SURE and not _goes_on(lab, piece, cloth & ~zone & (outside < _FOREIGN * own)):
            gaps |= piece
    if not gaps.any():
        return mask
    gaps = cv2.dilate(gaps.astype(np.uint8), disc(1))
    return mask & (cv2.resize(gaps.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC) < 0.5)


def _below_armpits(sight: Sight, size: tuple[int, int], room: float) -> dict[str, np.ndarray]:
    """Sleeve -> (h, w) bool: what lies below its armpit, or above it by less than ``room`` pixels."""
    factor = np.array(size, float) / sight.size
    points = {name: np.array(point) * factor for name, point in sight.points.items()}
    down = points["hem_left"] + points["hem_right"] - points["neck_left"] - points["neck_right"]
    down = down / max(float(np.hypot(*down)), 1e-6)
    y, x = np.indices(size[::-1], dtype=np.float32)
    return {
        f"sleeve_{own}": (x - points[f"armpit_{side}"][0]) * down[0] + (y - points[f"armpit_{side}"][1]) * down[1]
        > -room
        for side, own in WEARER.items()
    }


def _mostly_within(strange: np.ndarray, zone: np.ndarray) -> np.ndarray:
    """(h, w) bool: the pieces of ``strange`` (h, w) bool that lie in the zone (h, w) bool for a good part."""
    count, labels = cv2.connectedComponents(strange.astype(np.uint8))
    areas, within = (np.bincount(labels[where], minlength=count) for where in (strange, strange & zone))
    return strange & (within >= _WITHIN * np.maximum(areas, 1))[labels]


def _shares(bins: tuple[np.ndarray, ...], where: np.ndarray) -> np.ndarray:
    """(h, w): for each pixel the share that its colour has among those of (h, w) bool ``where``."""
    counts = np.zeros(_BINS, np.float32)
    np.add.at(counts, tuple(each[where] for each in bins), 1.0)
    return np.asarray(gaussian_filter(counts, 1.0)[bins] / where.sum())


def _goes_on(lab: np.ndarray, piece: np.ndarray, beyond: np.ndarray) -> bool:
    """Whether cloth of a piece's colour goes on beside it, outside the zone of gaps: it is a print, a stripe or a fold."""
    alike = np.linalg.norm(lab - np.median(lab[piece], axis=0), axis=-1) < _ALIKE
    reached = cv2.dilate(piece.astype(np.uint8), disc(2)) > 0
    _, labels = cv2.connectedComponents((alike & (beyond | reached)).astype(np.uint8))
    own = np.setdiff1d(labels[reached & alike], [0])
    return bool((np.isin(labels, own) & beyond).sum() > _GOES_ON * piece.sum())
