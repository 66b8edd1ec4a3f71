"""Which of a garment's colours are its cloth's: what is plain, what repeats all over, what was printed in one place.

The sides of a garment decide: what continues there continues on its back, what is only in the middle doesn't.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from scipy import ndimage

from fashionmirror_core.cloth.motifs import all_over, scattered, strewn
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.channels import spread, summed
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.vocabulary import Category

_WORKING = 256  # pixels, longer side of the picture in which is decided
SIDE = 0.18  # of a row's width: the side zones
_PLAIN, _EVEN = 0.74, 0.9  # of the sides' pixels that have one colour in plain cloth, and without any sparse pattern
_SLEEVES = 0.02  # of the cloth, that sleeves are at least
_SLEEVE_EDGE = 0.015  # of the longer side: their uncertain edge
_BARE, _SLEEVES_EVEN, _SIDES_EVEN = 0.02, 0.8, 0.33
"""Shares of cloth without a pattern: of the sleeves that is clearly of another colour, at most; of sleeves and of the sides
of the trunk that have the commonest one, at least."""
_CHROMA, _RELATIVE = 6.0, 0.15  # Lab units, and share of the chroma, that a ground's chroma varies by
_LIT = 0.6, 1.7  # a ground's lightness over a pixel's, within which its chroma goes with it
_LIGHTNESS = 12.0  # Lab units that a ground's lightness varies by, beside what changes slowly
_LOWEST = np.array([0.0, 110.0, 110.0])
_BINS, _HISTOGRAM = np.array([6.0, 3.0, 3.0]), (18, 74, 74)  # Lab units of a bin, and bins
_GAPS, _EDGE = 0.018, 0.01  # of the longer side: gaps within a print that belong to it, and its soft edge
_FAINT, _RARE = 0.04, 0.12  # of the longer side: how far from a print its faint parts lie; share of the sides' colours
_PRINT = 0.004  # of the cloth: how large a print's piece is at least
_LETTERS = 0.15  # of the longer side: how far from a print its letters lie
_STROKES = 0.1  # of such a piece, that is clear
_BETWEEN = 0.04  # of the longer side: gaps between such pieces
_CLEARLY = 1.35  # of what a ground varies by: what is farther from it is clearly no part of it
_CLEAR = 0.2  # share of a print that is clearly odd
_HULL = 3.0  # how much larger a print's convex hull may be to be taken whole
_LARGEST = 0.33  # of the cloth: the largest such hull
_STEP, _SHARP = 0.0025, 14.0  # of the longer side, and levels that differ over it at a sharp edge, at least
_OTHER = 0.12  # of the chromaticity (shares of red, green and blue), between cloth and another colour
_MUCH = 15.0  # Lab units of lightness that set a print apart
_ALL_OVER = 0.85  # of the cloth: what has sharp edges on more of it has a pattern as fine as the small picture's pixels
_TRIM = 0.05  # of the longer side: what lies this near to the outline is a trimming
_SHADE = 10.0  # Lab units by which patterned cloth is lighter or darker in places, without being another colour
_BAND, _BAND_HIGH, _BAND_AREA = 0.68, 0.3, 0.2
"""Of the trunk's width, what a belt covers at least; of its own width, and of the cloth, how high and large it may be."""
_BLOT = 0.012  # of the cloth: how large a print on patterned cloth is at least
_BLOT_BESIDE = 0.08  # of it, that lies at the sides at most: else it goes on there, and is a pattern
_BESIDE = 0.1  # of the longer side: how far from such a print its other pieces lie
_PATTERN_SIDE, _PATTERN_SCALES = 512, (1.5, 6.0, 25.0)
"""Pixels of the picture, longer side, in which a pattern is told from light, and of its scales there."""
_PATTERN_FINE, _PATTERN_MIDDLE = 2.0, 0.9
"""Median contrast of a pattern at the finest scale, in units of L, and at the middle one by comparison with the broadest."""
_TWO_COLOURS = 20.0  # Lab units between the two halves of the hues of what has two colours
_LEAST = 0.02  # share of the sides' pixels that have the rarest colours, which are not theirs


@dataclass(frozen=True)
class Ground:
    """plain: whether the cloth has one colour but for what is printed or sewn on. evenness: share of the sides' pixels that
    have that colour. own: (h, w) bool, in a small copy of the picture, where the cloth has it. odd: (H, W) bool, what has
    colours that the sides don't have, whole prints with their gaps and edges. rare: (H, W) bool, what has other colours than
    plain cloth, trimmings too; empty for patterned cloth. motifs: whether they are strewn over cloth of one colour.
    """

    plain: bool
    evenness: float
    own: np.ndarray
    odd: np.ndarray
    rare: np.ndarray
    motifs: bool

    @classmethod
    def of(cls, garment: Garment, rgb: np.ndarray, cloth: np.ndarray) -> Ground:
        """Of a garment's picture (H, W, 3) float32 in 0..255. cloth: (H, W) bool, where it is certain."""
        size = max(cloth.shape)
        scale = min(1.0, _WORKING / size)
        shape = (max(8, round(cloth.shape[1] * scale)), max(8, round(cloth.shape[0] * scale)))
        small = cv2.resize(rgb, shape, interpolation=cv2.INTER_AREA)
        parts = garment.part_masks()
        on_sleeves = _sleeves(parts, cloth)
        inside, beside, sleeves, trunk = (
            cv2.resize(mask.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > 0.9
            for mask in (cloth, _sides(parts, cloth), on_sleeves, cloth & ~on_sleeves)
        )
        trunk &= garment.category == Category.DRESS  # a broad print on a top would pass for a belt
        if not beside.any():
            return cls(True, 1.0, inside, np.zeros(cloth.shape, bool), np.zeros(cloth.shape, bool), False)
        lab = cv2.GaussianBlur(cv2.cvtColor(small / 255, cv2.COLOR_RGB2LAB), (0, 0), 0.8)
        chroma, lightness = _apart(lab, inside, beside)
        own = inside & (chroma < 1) & (lightness < 1)
        evenness = float(own[beside].mean())
        odd = inside & ~in_palette(lab, beside & own if own[beside].any() else beside)
        faint = inside & ~in_palette(lab, beside & own, _RARE) if own[beside].any() else odd
        clearly = odd & ((chroma > 1.6) | (lightness > 1.6))
        plain = evenness > _PLAIN and not (evenness < _EVEN and scattered(clearly, inside, beside))
        plain |= _on_the_trunk_alone(own, clearly, inside, beside, sleeves)
        plain &= evenness < _EVEN or not strewn(clearly, inside, beside)
        motifs = plain and all_over(rgb, cloth, _sides(parts, cloth))
        plain &= not motifs
        sharp = _crisp(rgb, cloth) if plain else np.zeros_like(cloth)
        plain &= sharp[cloth].mean() < _ALL_OVER
        if plain:
            rare = cv2.dilate(odd.astype(np.uint8), disc(1)) > 0
            faint &= (chroma > 0.5) | (lightness > 0.5)
            odd |= inside & (chroma > _CLEARLY) & ~_at_both_sides(lab, inside, beside)
            # A fold is darker than any at the sides and still the same cloth.
            odd = _joined(odd & ~own, (chroma > _CLEARLY) | (lightness > _CLEARLY), faint, inside, trunk)
        else:
            rare = np.zeros_like(odd)
            clearly, odd = (inside & ~in_palette(lab, beside, shade=by) for by in (_SHADE, 0.0))
            odd = _blot(clearly, odd, inside, beside, trunk)
        odd, rare = (_enlarged(mask, cloth.shape) for mask in (odd, rare))
        if plain:
            beside = cv2.dilate(odd.astype(np.uint8), disc(_BETWEEN * size)) > 0
            sure = _within(odd, cloth) | other_colour(rgb, odd, cloth & ~rare)
            odd = (odd & sure) | (beside & sharp & cloth)
            clear = set_apart(rgb, rare & cloth, cloth & ~rare)
            odd |= _mostly(clear, odd)
            odd |= letters(rare & cloth & ~odd, odd, sharp & clear, cloth)
            if garment.category == Category.DRESS:
                _, labels, stats, _ = cv2.connectedComponentsWithStats(odd.astype(np.uint8))
                odd &= ~_bands(stats, cloth, cloth & ~on_sleeves)[labels]
        return cls(plain, evenness, own, odd, rare, motifs)


def _enlarged(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _crisp(rgb: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """(H, W) bool: what has sharp edges, and all within them; folds and their shadows have soft ones."""
    size = max(cloth.shape)
    inner = cv2.erode(cloth.astype(np.uint8), disc(_EDGE * size), borderValue=(0,))
    smooth = cv2.GaussianBlur(rgb, (0, 0), 0.8)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1)))
    slope = np.maximum.reduce(cv2.split(np.hypot(across, down))) * _STEP * size
    edges = ((slope > _SHARP) & (inner > 0)).astype(np.uint8)
    edges = cv2.morphologyEx(edges, cv2.MORPH_CLOSE, disc(_GAPS * size))
    outlines, _ = cv2.findContours(edges, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(edges, outlines, -1, (1,), cv2.FILLED)
    return cv2.dilate(edges, disc(2 * _EDGE * size)) > 0


def letters(rare: np.ndarray, odd: np.ndarray, sharp: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """(H, W) bool: pieces of ``rare`` (H, W) bool that lie near a print ``odd`` (H, W) bool, within the cloth, with an edge.
    sharp: (H, W) bool, clear strokes with sharp edges.
    """
    if not odd.any():
        return odd
    size = max(cloth.shape)
    count, labels = cv2.connectedComponents(rare.astype(np.uint8))
    inner = cv2.erode(cloth.astype(np.uint8), disc(_EDGE * size), borderValue=(0,)) > 0
    away = cv2.distanceTransform((~odd).astype(np.uint8), cv2.DIST_L2, 5)
    near, outside, crisp = (
        np.bincount(labels.ravel(), what.ravel(), count) for what in (away < _LETTERS * size, ~inner, sharp)
    )
    chosen = (near > 0) & (outside == 0) & (crisp > _STROKES * np.bincount(labels.ravel(), minlength=count))
    chosen[0] = False
    return cv2.dilate(chosen[labels].astype(np.uint8), disc(_EDGE * size)) > 0


def _mostly(rare: np.ndarray, odd: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pieces of ``rare`` (H, W) bool that are ``odd`` for the greater part."""
    count, labels = cv2.connectedComponents(rare.astype(np.uint8))
    chosen = 2 * np.bincount(labels.ravel(), odd.ravel(), count) > np.bincount(labels.ravel(), minlength=count)
    chosen[0] = False
    return chosen[labels]


def _within(odd: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pieces of what is odd that lie within the cloth, away from its outline: a faint print. Large shadows
    run to the outline.
    """
    _, labels = cv2.connectedComponents(odd.astype(np.uint8))
    inner = cv2.erode(cloth.astype(np.uint8), disc(_EDGE * max(cloth.shape)), borderValue=(0,)) > 0
    return odd & ~np.isin(labels, labels[~inner])


def other_colour(rgb: np.ndarray, what: np.ndarray, own: np.ndarray) -> np.ndarray:
    """(H, W) bool: what of ``what`` is no shadow or light of the cloth ``own``, both (H, W) bool, but another colour. rgb:
    (H, W, 3) float32 in 0..255.
    """
    if not own.any():
        return what
    smooth = cv2.GaussianBlur(rgb, (0, 0), 2)
    color = smooth / spread(np.maximum(summed(smooth), 1))
    return what & (np.maximum.reduce(cv2.split(np.abs(color - np.median(color[own], axis=0)))) > _OTHER)


def set_apart(rgb: np.ndarray, what: np.ndarray, own: np.ndarray) -> np.ndarray:
    """(H, W) bool: what of ``what`` has another colour than the cloth ``own``, both (H, W) bool, or is much lighter or
    darker, as no pleat is. rgb: (H, W, 3) float32 in 0..255.
    """
    if not what.any() or not own.any():
        return what
    lightness = cv2.cvtColor(rgb / 255, cv2.COLOR_RGB2LAB)[..., 0]
    return other_colour(rgb, what, own) | (what & (np.abs(lightness - np.median(lightness[own])) > _MUCH))


def well_within(rgb: np.ndarray, cloth: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture (H, W, 3) float32 whose longer side is scaled to ``side`` pixels, (h, w, 3), and there the cloth (H, W) bool
    away from its edges, (h, w) bool.
    """
    scale = side / max(cloth.shape)
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    inner = cv2.resize(cloth.astype(np.float32), small.shape[1::-1], interpolation=cv2.INTER_AREA) > 0.99
    return small, cv2.erode(inner.astype(np.uint8), np.ones((9, 9), np.uint8), borderValue=(0,)) > 0


def has_pattern(rgb: np.ndarray, cloth: np.ndarray) -> bool:
    """Whether cloth that isn't plain has a pattern, or two colours; otherwise it is the light on it that varies, as on
    leather and satin, or its dye, as in denim. rgb: (H, W, 3) float32 in 0..255. cloth: (H, W) bool.
    """
    small, inner = well_within(rgb, cloth, _PATTERN_SIDE)
    if not inner.any():
        return True
    lab = cv2.cvtColor(small / 255, cv2.COLOR_RGB2LAB)
    layers = [lab[..., 0], *(cv2.GaussianBlur(lab[..., 0], (0, 0), sigma) for sigma in _PATTERN_SCALES)]
    fine, middle, broad = (float(np.median(np.abs(a - b)[inner])) for a, b in pairwise(layers))
    if fine > _PATTERN_FINE or middle > _PATTERN_MIDDLE * broad:
        return True
    light, hues = np.split(lab[inner], [1], axis=1)
    hues = hues * np.clip(np.median(light) / np.maximum(light, 1), *_LIT)  # in shadow chroma goes with lightness
    hues = (hues - hues.mean(0)) @ np.linalg.svd(np.cov(hues.T))[0][:, 0]
    ends = [hues[hues < 0], hues[hues >= 0]]
    return float(ends[1].mean() - ends[0].mean()) > _TWO_COLOURS


def _sides(parts: dict[str, np.ndarray], cloth: np.ndarray) -> np.ndarray:
    """(H, W) bool: the cloth near the side seams, and all of the sleeves."""
    sides = np.zeros(cloth.shape, bool)
    for name, share in parts.items():
        part = (share > 0.5) & cloth
        if name.startswith("sleeve"):
            sides |= part
        else:
            sides |= outer(part, SIDE)
    return sides


def _sleeves(parts: dict[str, np.ndarray], cloth: np.ndarray) -> np.ndarray:
    """(H, W) bool: the cloth of the sleeves."""
    sleeves = [share > 0.5 for name, share in parts.items() if name.startswith("sleeve")]
    return np.any(sleeves, axis=0) & cloth if sleeves else np.zeros(cloth.shape, bool)


def _on_the_trunk_alone(
    own: np.ndarray, odd: np.ndarray, inside: np.ndarray, beside: np.ndarray, sleeves: np.ndarray
) -> bool:
    """Whether the sleeves have one colour, which most of the trunk's sides have too: a print that reaches far, and no
    pattern.
    """
    inner = sleeves & (cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3) > _SLEEVE_EDGE * max(own.shape))
    trunk = beside & ~sleeves
    if inner.sum() < _SLEEVES * inside.sum() or not trunk.any():
        return False
    return bool(odd[inner].mean() < _BARE and own[inner].mean() > _SLEEVES_EVEN and own[trunk].mean() > _SIDES_EVEN)


def outer(part: np.ndarray, share: float) -> np.ndarray:
    """The outer ``share`` of each row of a mask, on both sides."""
    filled = part.any(1)[:, None]
    first = np.argmax(part, 1)
    last = part.shape[1] - 1 - np.argmax(part[:, ::-1], 1)
    x = np.arange(part.shape[1])[None]
    width = (last - first + 1)[:, None] * share
    return part & filled & ((x < first[:, None] + width) | (x > last[:, None] - width))


def _at_both_sides(lab: np.ndarray, inside: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """(h, w) bool: what has colours that both sides have: what is sewn onto one side alone doesn't go on round the back."""
    middle = np.median(np.nonzero(inside)[1])
    x = np.arange(inside.shape[1])[None]
    sides = [beside & (x < middle), beside & (x > middle)]
    return np.all([in_palette(lab, side) for side in sides if side.any()], axis=0)


def in_palette(lab: np.ndarray, known: np.ndarray, least: float = _LEAST, shade: float = 0.0) -> np.ndarray:
    """(h, w) bool: what has one of the known pixels' colours; but for ``least`` of them, their rarest ones.

    shade: Lab units by which they may be lighter or darker.
    """
    counts = np.zeros(_HISTOGRAM, np.float32)
    np.add.at(counts, _bins(lab[known]), 1)
    density = ndimage.gaussian_filter(counts, (1.6, 1.2, 1.2), mode="constant")
    limit = np.quantile(density[_bins(lab[known])], least)
    shades = (-shade, 0.0, shade) if shade else (0.0,)
    return np.any([density[_bins(lab + np.array([by, 0.0, 0.0]))] >= limit for by in shades], axis=0)


def _bins(lab: np.ndarray) -> tuple[np.ndarray, ...]:
    """Of colours (..., 3), the place of each in a histogram."""
    index = np.clip(np.round((lab + _LOWEST) / _BINS), 0, np.array(_HISTOGRAM) - 1).astype(int)
    return tuple(np.moveaxis(index, -1, 0))


def _joined(odd: np.ndarray, clear: np.ndarray, faint: np.ndarray, inside: np.ndarray, trunk: np.ndarray) -> np.ndarray:
    """What is odd in plain cloth, with what is faintly so beside it, the gaps between and an edge; hems, cuffs and other
    trimmings stay, and so do belts.
    """
    size = max(odd.shape)
    speckless = cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) | (odd & clear)
    goes = _without_trimmings(cv2.morphologyEx(speckless, cv2.MORPH_CLOSE, disc(_GAPS * size)), inside, trunk)
    candidates = goes
    goes = _largely(candidates, clear, _CLEAR)  # the rest is folds, but for what belongs to a print
    large = _largely(goes, np.ones_like(clear), 0, _PRINT * inside.sum())
    goes |= _largely(candidates, cv2.dilate(large, disc(_BETWEEN * size)), _CLEAR)
    around = cv2.dilate(goes, disc(_FAINT * size)) & faint.astype(np.uint8)
    around = cv2.morphologyEx(around, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    goes |= _without_trimmings(cv2.morphologyEx(around | goes, cv2.MORPH_CLOSE, disc(_GAPS * size)), inside, trunk)
    large = _largely(goes, np.ones_like(clear), 0, _PRINT * inside.sum())
    together = cv2.morphologyEx(large, cv2.MORPH_CLOSE, disc(_BETWEEN * size))
    outlines, _ = cv2.findContours(together, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        hull = cv2.convexHull(outline)
        if cv2.contourArea(hull) < min(_HULL * cv2.contourArea(outline), _LARGEST * float(inside.sum())):
            cv2.fillConvexPoly(goes, hull, (1,))
    return cv2.dilate(goes | together, disc(_EDGE * size)) > 0


def _largely(mask: np.ndarray, other: np.ndarray, share: float, least: float = 0.0) -> np.ndarray:
    """The components of ``mask`` (h, w) uint8 of at least ``least`` pixels of which ``other`` covers at least a share."""
    count, labels = cv2.connectedComponents(mask)
    area = np.bincount(labels.ravel(), minlength=count)
    chosen = (area >= least) & (np.bincount(labels.ravel(), other.ravel(), count) >= share * area)
    chosen[0] = False
    return chosen[labels].astype(np.uint8)


def _without_trimmings(odd: np.ndarray, inside: np.ndarray, trunk: np.ndarray) -> np.ndarray:
    """Components (h, w) uint8 but for those that run along the outline, or as a band across the trunk."""
    size = max(odd.shape)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(odd)
    depth = cv2.distanceTransform(np.pad(inside, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    area = np.bincount(labels.ravel(), minlength=count)
    near = np.bincount(labels.ravel(), (depth < _TRIM * size).ravel(), count) / area
    contact = np.bincount(labels.ravel(), (depth < 2).ravel(), count)
    thickness = 2 * np.bincount(labels.ravel(), depth.ravel(), count) / area
    trimming = (near > 0.4) & (contact * thickness > 0.9 * area)
    trimming |= _bands(stats, inside, trunk)
    trimming[0] = True
    return (~trimming)[labels].astype(np.uint8)


def _bands(stats: np.ndarray, inside: np.ndarray, trunk: np.ndarray) -> np.ndarray:
    """(n,) bool: which of n components, with OpenCV's ``stats``, go from side to side of the trunk as a belt does."""
    found = np.zeros(len(stats), bool)
    for label, (_, top, width, height, area) in enumerate(stats):
        columns = np.flatnonzero(trunk[top : top + height].any(0))
        if len(columns) and area < _BAND_AREA * inside.sum() and height < _BAND_HIGH * width:
            found[label] = width > _BAND * (columns[-1] - columns[0] + 1)
    return found


def _blot(odd: np.ndarray, faint: np.ndarray, inside: np.ndarray, beside: np.ndarray, trunk: np.ndarray) -> np.ndarray:
    """A print on patterned cloth: one large piece of colours that the pattern doesn't have, in any light, and no belt; and
    what is near it and ``faint``. All (h, w) bool.
    """
    size = max(odd.shape)
    closed, letters = (
        cv2.morphologyEx(each.astype(np.uint8), cv2.MORPH_CLOSE, disc(_GAPS * size)) for each in (odd, faint)
    )
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, disc(0.01 * size))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return opened > 0
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = (labels == 1 + int(areas.argmax())).astype(np.uint8)
    if areas.max() < _BLOT * inside.sum() or areas.max() < 0.6 * odd.sum():
        return np.zeros_like(inside)
    around = cv2.dilate(largest, disc(_BESIDE * size)) & letters  # letters over and under it
    print_stats = cv2.connectedComponentsWithStats(largest | around)[2][1:]
    if _bands(print_stats, inside, trunk).any() or beside[(largest | around) > 0].mean() > _BLOT_BESIDE:
        return np.zeros_like(inside)
    return cv2.dilate(largest | around, disc(_EDGE * size)) > 0


def _apart(lab: np.ndarray, inside: np.ndarray, beside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far each pixel is from the sides' commonest colour: in chroma, and in lightness
    but for what changes slowly; 1 is told apart. Both (h, w).
    """
    weight = inside.astype(np.float32)
    sigma = 0.06 * max(inside.shape)
    slow = cv2.GaussianBlur(lab[..., 0] * weight, (0, 0), sigma) / np.maximum(
        cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3
    )
    ground = np.median(lab[beside], 0)
    # The same cloth has less chroma in shadow and more in light, as its lightness goes.
    light = np.clip(ground[0] / np.maximum(lab[..., 0], 1), *_LIT)
    chroma = np.minimum(*(np.hypot(k * lab[..., 1] - ground[1], k * lab[..., 2] - ground[2]) for k in (1.0, light)))
    return chroma / (_CHROMA + _RELATIVE * float(np.hypot(*ground[1:]))), np.abs(lab[..., 0] - slow) / _LIGHTNESS
