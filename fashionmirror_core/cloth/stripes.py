"""Cloth whose pattern goes across: stripes, bands of colour, a yoke. Its colours belong to lines that run from side to side,
so what is missing of a line, or covered by letters, is filled with the line's own colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.cloth.folds import masked_blur
from fashionmirror_core.imaging.channels import averaged, spread
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.imaging.patching import woven

_WORKING, _COLUMNS = 160, 48
"""Pixels, longer side of the picture in which lines are found; columns in which they are followed."""
_SLOPES, _BENDS = np.arange(-0.16, 0.161, 0.02), (-0.3, -0.15, 0.0, 0.15, 0.3)
"""Of lines, as y = a x + b x^2, per longer side."""
_BROAD = 0.075  # of the longer side: coarser than this is light, no pattern
_SKIPPED = 4  # of so many columns one is asked for the lines' way
_ACROSS, _CLEAR = 0.4, 0.5
"""Share of the finer colours' variance that lines explain in such cloth at least, and where what isn't theirs is told."""
_QUILTED = 0.22  # that share for quilting, which has regular lines
_SHIFTED, _FOLLOWED = 0.02, (0.05, 0.06)
"""Of the longer side, how far lines stray at most; over how much they do, of that and of the lines' length."""
_PERIODS, _REGULAR, _WHOLE = (0.02, 0.2), 0.7, 0.8
"""Of the longer side, how far apart regular stripes are; their correlation; of a line, what no neckline parts."""
_LIGHT, _WEAVE = 0.03, 0.003  # of the longer side: light on the cloth is coarser, its weave finer
_ODD, _USUAL = 7.0, 3.0  # Lab units, and times the usual distance, from a line's colour, of what isn't the line's
_GAPS, _EDGE = 0.018, 0.012  # of the longer side: gaps in letters, and their edge
_SHADED, _LIT = 0.4, (0.5, 2.0)  # how much lightness counts beside hue; of a line's lightness, in folds
_CRISP = 5.0  # Lab units, the mean contrast of what is as fine as letters: lustre and deep folds are softer
_STEP = 3.0  # levels a pixel, from which on one line's colour goes over into the next one's
_SMALL, _LARGEST = 0.0006, 0.1  # of the cloth: the least letters; what is larger belongs to the pattern


@dataclass(frozen=True)
class Lines:
    """colours: (H, W, 3) float32 in 0..255, of the line that each pixel of the garment's picture lies on. odd: (H, W) bool,
    what lies on the lines, letters and patches.
    """

    colours: np.ndarray
    odd: np.ndarray

    @classmethod
    def of(cls, rgb: np.ndarray, source: np.ndarray) -> Lines | None:
        """Of a garment's picture (H, W, 3) float32 in 0..255; None where its pattern doesn't go across. source: (H, W)
        bool, the trunk's cloth.
        """
        found = _fitted(rgb, source)
        if found is None or found.share < _ACROSS:
            return None
        lines = _followed(rgb, source, found.slope, found.bend)
        if lines is None:
            return None
        return cls(
            lines.colours, _on_lines(rgb, lines.colours, source) if found.share > _CLEAR else np.zeros_like(source)
        )

    def filled(self, rgb: np.ndarray, hole: np.ndarray, source: np.ndarray) -> np.ndarray:
        """``rgb`` (H, W, 3) float32 in 0..255 with ``hole`` (H, W) bool filled with the lines' colours, in the light and
        with the weave of what is around. source: (H, W) bool, cloth that may be taken.
        """
        size = max(hole.shape)
        apart = rgb - self.colours
        light = masked_blur(apart, (source & ~hole).astype(np.float32), _LIGHT * size)
        steps = averaged(np.abs(cv2.Sobel(self.colours, cv2.CV_32F, 0, 1, scale=1 / 8)))
        between = cv2.dilate((steps > _STEP).astype(np.uint8), disc(0.5 * _EDGE * size)) == 0  # not where a line strays
        fine = woven(apart, hole, source & ~hole & between, _WEAVE * size)
        values = self.colours + light + (0 if fine is None else fine)
        share = cv2.GaussianBlur(hole.astype(np.float32), (0, 0), max(0.8, 0.002 * size))
        return np.clip(rgb + (values - rgb) * spread(np.maximum(share, hole)), 0, 255)


def quilting(rgb: np.ndarray, source: np.ndarray) -> np.ndarray | None:
    """(H, W, 3) float32 in 0..255: the light and shade of quilting that goes across at regular distances, as on a padded
    jacket's back, on its front's lines; None where a picture (H, W, 3) of plain cloth shows none. source: (H, W) bool, the
    trunk's cloth.
    """
    found = _fitted(rgb, source)
    if found is None or found.share < _QUILTED:
        return None
    lines = _followed(rgb, source, found.slope, found.bend)
    return lines.colours if lines is not None and lines.period else None


@dataclass(frozen=True)
class _Fit:
    """share: of the finer colours' variance that lines of this slope and bend explain."""

    share: float
    slope: float
    bend: float


def _fitted(rgb: np.ndarray, source: np.ndarray) -> _Fit | None:
    scale = _WORKING / max(source.shape)
    shape = tuple(max(8, round(length * scale)) for length in source.shape[::-1])
    solid = cv2.resize(source.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > 0.95
    if solid.sum() < _COLUMNS:
        return None
    lab = cv2.cvtColor(cv2.resize(rgb, shape, interpolation=cv2.INTER_AREA) / 255, cv2.COLOR_RGB2LAB)
    fine = lab - masked_blur(lab, solid.astype(np.float32), _BROAD * _WORKING)
    few = np.zeros_like(solid)
    few[:, ::_SKIPPED] = solid[:, ::_SKIPPED]  # lines go across: some columns tell their way
    slope, bend = max(product(_SLOPES, _BENDS), key=lambda way: _explained(fine, few, *way))
    return _Fit(_explained(fine, solid, slope, bend), slope, bend)


@dataclass(frozen=True)
class _Followed:
    """colours: (H, W, 3) float32. period: pixels between regular stripes, 0 if they aren't."""

    colours: np.ndarray
    period: int


def _explained(values: np.ndarray, inside: np.ndarray, slope: float, bend: float) -> float:
    """Share of the variance of values (h, w, 3) inside (h, w) bool that lines of this slope and bend explain."""
    y, x = np.nonzero(inside)
    own = values[inside]
    size = max(inside.shape)
    aside = (x - np.median(x)) / size
    line = np.round(y + size * (slope * aside + bend * aside**2)).astype(int)
    line -= line.min()
    counts = np.maximum(np.bincount(line), 1)
    sums = np.stack([np.bincount(line, own[:, channel]) for channel in range(3)], 1)
    mean = own.mean(0)
    within = float((sums**2 / counts[:, None]).sum() - len(own) * (mean**2).sum())
    return within / max(float(((own - mean) ** 2).sum()), 1e-6)


def _followed(rgb: np.ndarray, source: np.ndarray, slope: float, bend: float) -> _Followed | None:
    """The colours of lines of this slope and bend on average, each followed where it strays a little."""
    height, width = source.shape
    size = max(height, width)
    columns = np.flatnonzero(source.any(0))
    x = np.linspace(columns[0], columns[-1], _COLUMNS).astype(np.float32)
    middle = float(np.median(np.nonzero(source)[1]))
    reach = round(0.3 * size)  # lines end above and below the picture elsewhere than at its middle
    y = np.arange(-reach, height + reach, dtype=np.float32)[:, None]

    def drop(x: np.ndarray) -> np.ndarray:
        aside = (x - middle) / size
        return np.asarray(size * (slope * aside + bend * aside**2), np.float32)

    place = np.repeat(x[None], len(y), 0), y - drop(x)[None]
    softened = cv2.GaussianBlur(rgb, (0, 0), 0.002 * size)
    straight = cv2.remap(softened, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    known = cv2.remap(source.astype(np.float32), *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) > 0.99
    astray = np.zeros(known.shape, np.float32)
    for _ in range(2):
        profile = _profile(*_shifted(straight, known, astray))
        if profile is None:
            return None
        astray = _astray(straight, known, profile, size)
    aligned, seen = _shifted(straight, known, astray)
    profile = _profile(aligned, seen)
    if profile is None:
        return None
    first, period = _regular(profile, seen, size)
    if period:
        rows = np.arange(len(profile))
        profile = profile[np.minimum(rows + period * np.maximum(-((rows - first) // period), 0), len(profile) - 1)]
    all_x, all_y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    line = all_y + drop(all_x[:1]) + reach
    column = np.interp(all_x[0], x, np.arange(_COLUMNS)).astype(np.float32)
    strays = cv2.remap(
        astray, np.repeat(column[None], height, 0), line, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    place = np.zeros_like(line), line - strays
    return _Followed(cv2.remap(profile[:, None], *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), period)


def _shifted(straight: np.ndarray, known: np.ndarray, astray: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns (h, n, 3) and where they are known (h, n) with each pixel's line where it lies on average."""
    rows, columns = np.indices(known.shape, dtype=np.float32)
    place = columns, rows + astray
    return (
        cv2.remap(straight, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        cv2.remap(known.astype(np.float32), *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) > 0.99,
    )


def _profile(straight: np.ndarray, known: np.ndarray) -> np.ndarray | None:
    """(h, 3) float32: the median colour of each line; of one that isn't known, the nearest one's. None if none is."""
    seen = np.flatnonzero(known.any(1))
    if not len(seen):
        return None
    colours = np.ma.median(np.ma.masked_array(straight[seen], np.repeat(~known[seen, :, None], 3, 2)), axis=1)
    rows = np.arange(len(straight))
    return np.stack([np.interp(rows, seen, colours[:, channel]) for channel in range(3)], 1).astype(np.float32)


def _regular(profile: np.ndarray, known: np.ndarray, size: int) -> tuple[int, int]:
    """The first row of a profile (h, 3) that isn't parted by a neckline, and the distance between its stripes, 0 if they
    aren't regular. known: (h, n) bool, where columns show their lines.
    """
    span = np.logical_or.accumulate(known, 1) & np.logical_or.accumulate(known[:, ::-1], 1)[:, ::-1]
    seen = np.flatnonzero(known.any(1))
    parted = seen[(known.sum(1)[seen] < _WHOLE * span.sum(1)[seen]) & (seen < seen.mean())]
    first = int(parted[-1]) + 1 if len(parted) else int(seen[0])
    own = profile[first : seen[-1] + 1].mean(1)
    own = own - gaussian_filter1d(own, _BROAD * size)
    shortest, longest = (round(share * size) for share in _PERIODS)
    alike = np.array([_correlation(own[:-by], own[by:]) for by in range(shortest, min(longest, len(own) // 2))])
    peaks = np.flatnonzero((alike[1:-1] > alike[:-2]) & (alike[1:-1] >= alike[2:]) & (alike[1:-1] > _REGULAR)) + 1
    return first, shortest + int(peaks[0]) if len(peaks) else 0


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float((one * other).sum() / max(float(np.sqrt((one**2).sum() * (other**2).sum())), 1e-6))


def _astray(straight: np.ndarray, known: np.ndarray, profile: np.ndarray, size: int) -> np.ndarray:
    """(h, n) float32, pixels: how far below its place on average each line lies in each column."""
    steps = np.unique(np.round(np.linspace(-_SHIFTED, _SHIFTED, 17) * size)).astype(int)
    window = (1, 2 * round(_FOLLOWED[0] * size) + 1)
    weight = known.astype(np.float32)
    rows = np.arange(len(profile))
    costs = []
    for step in steps:
        wanted = profile[np.clip(rows - step, 0, len(rows) - 1)]
        apart = ((straight - wanted[:, None]) ** 2).sum(2) * weight
        costs.append(cv2.blur(apart, window, borderType=cv2.BORDER_CONSTANT))
    cost = np.stack(costs)
    best = steps[cost.argmin(0)].astype(np.float32)
    sure = (cost.max(0) - cost.min(0)) * weight
    sigma = _FOLLOWED[1] * _COLUMNS, _FOLLOWED[0] * size
    blurred = [cv2.GaussianBlur(part, (0, 0), sigmaX=sigma[0], sigmaY=sigma[1]) for part in (best * sure, sure)]
    return blurred[0] / (blurred[1] + np.float32(1e-3) + 0.02 * blurred[1].mean())


def _apart(lab: np.ndarray, line: np.ndarray) -> np.ndarray:
    """(h, w): Lab units between colours (h, w, 3) and their line's (h, w, 3); little where one is the other in a fold's
    shade or light.
    """
    shade = np.clip(lab[..., :1] / np.maximum(line[..., :1], 1), *_LIT)
    hue = np.minimum(*(np.linalg.norm(lab[..., 1:] - by * line[..., 1:], axis=2) for by in (np.float32(1), shade)))
    return np.hypot(_SHADED * (lab - line)[..., 0], hue)


def _on_lines(rgb: np.ndarray, lines: np.ndarray, source: np.ndarray) -> np.ndarray:
    """(H, W) bool: pieces of other colours than their lines, with what is between them and an edge."""
    size = max(source.shape)
    scale = min(1.0, 2 * _WORKING / size)
    shape = tuple(max(8, round(length * scale)) for length in source.shape[::-1])
    inside = cv2.resize(source.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > 0.9
    own, usual = (
        cv2.cvtColor(cv2.resize(picture, shape, interpolation=cv2.INTER_AREA) / 255, cv2.COLOR_RGB2LAB)
        for picture in (rgb, lines)
    )
    light = masked_blur(own - usual, inside.astype(np.float32), _LIGHT * max(shape))
    reach = round(_SHIFTED * max(shape))
    beside = [np.roll(usual, step, axis=0) for step in range(-reach, reach + 1)]  # a line that strays is no letter
    distance = np.min([_apart(own - light, line) for line in beside], axis=0)
    limit = max(_ODD, _USUAL * float(np.median(distance[inside])) if inside.any() else _ODD)
    odd = cv2.morphologyEx((inside & (distance > limit)).astype(np.uint8), cv2.MORPH_CLOSE, disc(_GAPS * max(shape)))
    odd = cv2.morphologyEx(odd, cv2.MORPH_OPEN, disc(0.5 * _GAPS * max(shape)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(odd)
    area = stats[:, cv2.CC_STAT_AREA] / max(int(inside.sum()), 1)
    detail = np.linalg.norm(own - cv2.GaussianBlur(own, (0, 0), 1.5), axis=2) * inside
    crisp = np.bincount(labels.ravel(), detail.ravel(), count) / np.maximum(
        np.bincount(labels.ravel(), inside.ravel(), count), 1
    )
    chosen = (area > _SMALL) & (area < _LARGEST) & (crisp > _CRISP)
    chosen[0] = False
    large = cv2.dilate(chosen[labels].astype(np.uint8), disc(_EDGE * max(shape)))
    return cv2.resize(large, source.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
