"""What runs along a garment's hem and cuffs: ribs, borders and turned-up edges, which go on round it on its back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category

_ALONG = np.linspace(0.06, 0.94, 64)  # of an edge's width: where it is looked at
_OUTSIDE, _DEEP = 0.06, 0.2  # of the longer side: how far outside and inside of its landmarks
_SKIPPED, _STEP = 0.006, 0.003  # of the longer side: the uncertain outline; between two samples
_NARROW, _BROAD = 0.012, 0.13  # of the longer side: bands that there are
_FOUND = 0.7  # of the places at which the outline is found, at least
_CLEAR = 5.0  # Lab units by which a band differs from the cloth beside it
_EVEN = 0.6  # share of the places at which the band differs from the cloth beside it as it does on the whole
_KNOWN, _SAMPLES, _SHORTEST = 0.25, 8, 8
"""Share of an edge that is seen at least; depths to which it is; pixels of its length."""
_LIT = 0.8, 1.25  # how much lighter or darker a band is on the back, with the cloth beside it
_SOFT = 0.002  # of the longer side
_BEYOND = 0.02  # of the longer side: how far a band goes on beyond the outline


@dataclass(frozen=True)
class Band:
    """where: (H, W) bool. colours: (M, 3) float32 in 0..255, of these pixels, the usual one at their distance from the edge.
    inner: (N, 2), points of the cloth beside it, and beside: (3,), their usual colour.
    """

    where: np.ndarray
    colours: np.ndarray
    inner: np.ndarray
    beside: np.ndarray


def with_bands(
    back: np.ndarray, front: np.ndarray, cloth: np.ndarray, hidden: np.ndarray, garment: Garment
) -> np.ndarray:
    """``back`` (H, W, 3) float32 in 0..255 with the bands of a top's or dress's front (H, W, 3). cloth, hidden: (H, W) bool,
    where the front shows cloth, and where a fastening, a print or a collar hides it.
    """
    hidden = hidden | ~cloth
    soft = _SOFT * max(cloth.shape)
    for band in edge_bands(front, cloth, hidden, garment):
        own = front.copy()
        gone = np.maximum(cv2.GaussianBlur(hidden.astype(np.float32), (0, 0), soft), hidden)[band.where][:, None]
        own[band.where] += (band.colours - own[band.where]) * gone
        there = np.median(_sampled(back, band.inner[None])[0], axis=0)
        own *= np.clip(there.mean() / max(float(band.beside.mean()), 1.0), *_LIT)
        share = cv2.GaussianBlur(band.where.astype(np.float32), (0, 0), soft)[band.where][:, None]
        back = back.copy()
        back[band.where] += (own - back)[band.where] * np.clip(2 * share - 1, 0, 1)
    return np.clip(back, 0, 255)


def edge_bands(front: np.ndarray, cloth: np.ndarray, hidden: np.ndarray, garment: Garment) -> list[Band]:
    """The bands of a front, see ``with_bands``."""
    marks = garment.landmarks
    if garment.category == Category.LOWER:
        return []
    seen = (cloth & ~hidden).astype(np.float32)
    parts = garment.part_masks()
    found: dict[str, Band] = {}
    for part, *ends in (
        ("body", "hem_r", "hem_l"),
        *((f"sleeve_{side}", f"cuff_outer_{side}", f"cuff_inner_{side}") for side in "rl"),
    ):
        if part not in parts or not set(ends) <= marks.keys():
            continue
        first, last = (np.array(marks[name], float) for name in ends)
        y, x = np.nonzero(parts[part] > 0.5)
        long = float(np.hypot(*(last - first)))
        if long < _SHORTEST or not len(x):
            continue
        inward = np.array([-(last - first)[1], (last - first)[0]]) / long
        if inward @ (np.array([x.mean(), y.mean()]) - (first + last) / 2) < 0:
            inward = -inward
        band = _band(front, cloth, seen, first + _ALONG[:, None] * (last - first), inward)
        if band is not None:
            found[part] = band
    cuffs = {f"sleeve_{side}" for side in "rl"}
    return [
        band for part, band in found.items() if part not in cuffs or cuffs <= found.keys()
    ]  # a shade is on one side


def _band(front: np.ndarray, cloth: np.ndarray, seen: np.ndarray, line: np.ndarray, inward: np.ndarray) -> Band | None:
    """The band along one edge, if it has one. line: (N, 2), along it. inward: (2,), unit."""
    size = max(cloth.shape)
    depths = np.arange(-_OUTSIDE, _DEEP, _STEP) * size
    cast = _sampled(cloth.astype(np.float32), line[:, None] + depths[:, None] * inward) > 0.5
    reached = cast.any(1)
    if reached.mean() < _FOUND:
        return None
    start = np.interp(np.arange(len(line)), np.flatnonzero(reached), depths[cast.argmax(1)][reached])
    edge = line + (median_filter(start, 9, mode="nearest"))[:, None] * inward
    depths = np.arange(_SKIPPED, _DEEP, _STEP) * size
    places = edge[:, None] + depths[:, None] * inward
    known = _sampled(seen, places) > 0.99
    few = known.mean(0) < _KNOWN
    count = int(few.argmax()) if few.any() else len(depths)
    if count < _SAMPLES:
        return None
    depths, places, known = depths[:count], places[:, :count], known[:, :count]
    colours = _sampled(front, places)
    usual = np.ma.median(np.ma.masked_array(colours, np.repeat(~known[..., None], 3, 2)), axis=0).filled(0)
    end = _end(colours, known, usual, depths / size)
    if end is None:
        return None
    width = depths[end] + 2 * _STEP * size
    outline = np.concatenate([_longer(edge - _BEYOND * size * inward), _longer(edge + width * inward)[::-1]])
    where, away = np.zeros(cloth.shape, np.uint8), np.ones(cloth.shape, np.uint8)
    cv2.fillPoly(where, [np.round(outline).astype(np.int32)], (1,))
    cv2.polylines(away, [np.round(_longer(edge)).astype(np.int32)], False, (0,))
    away = cv2.distanceTransform(away, cv2.DIST_L2, 5)[where > 0]
    own = np.stack([np.interp(away, depths, usual[:, channel]) for channel in range(3)], 1).astype(np.float32)
    return Band(where > 0, own, edge + (width + 2 * _STEP * size) * inward, usual[min(end + 4, count - 1)])


def _end(colours: np.ndarray, known: np.ndarray, usual: np.ndarray, depths: np.ndarray) -> int | None:
    """The last of the depths (D,), in longer sides, within a band; None where no other cloth runs along the edge. colours:
    (N, D, 3), known: (N, D) bool, usual: (D, 3), in 0..255.
    """
    lab = cv2.cvtColor((usual / 255).astype(np.float32)[None], cv2.COLOR_RGB2LAB)[0]
    smooth = gaussian_filter1d(lab, 1.0, axis=0, mode="nearest")
    change = np.zeros(len(lab))
    change[2:-2] = np.linalg.norm(smooth[4:] - smooth[:-4], axis=1)
    change[(depths < _NARROW) | (depths > _BROAD)] = 0
    steps = np.flatnonzero(change > _CLEAR)
    if not len(steps):
        return None
    first = max(int(steps[-1]) - 3, 0)  # of several stripes a band ends with the last one
    end = first + int(change[first : steps[-1] + 1].argmax())
    far = min(end + 4, len(lab) - 1)
    apart = lab[: max(end - 1, 1)] - lab[far:].mean(0)
    at = int(np.linalg.norm(apart, axis=1).argmax())
    way = apart[at]
    both = known[:, at] & known[:, far]
    if np.linalg.norm(way) < _CLEAR or not both.any():
        return None
    each = cv2.cvtColor((colours[both][:, [at, far]] / 255).astype(np.float32), cv2.COLOR_RGB2LAB)
    differs = (each[:, 0] - each[:, 1]) @ way > 0.4 * (way @ way)
    return end if differs.mean() > _EVEN else None  # else it is a fold that happens to lie along it


def _sampled(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    return cv2.remap(values, places.astype(np.float32), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def _longer(line: np.ndarray) -> np.ndarray:
    """A line (N, 2) up to the edge's ends and a little on."""
    step = 8 * (line[1:] - line[:-1]).mean(0)
    return np.concatenate([[line[0] - step], line, [line[-1] + step]])
