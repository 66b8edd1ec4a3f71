"""Filling a hole in a texture with pieces of the texture beside it: image quilting (Efros and Freeman 2001) with large
pieces, each found by comparing its rim with every place of the picture.

Light and slow drifts of colour are filled smoothly on their own; only what is finer is copied.
"""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np

from fashionmirror_core.imaging.channels import spread, summed
from fashionmirror_core.imaging.fill import push_pull

_SEARCHED = 192  # pixels, longer side of the picture in which pieces are compared
_PIECES = (
    0.16,
    0.10,
    0.06,
    0.06,
    0.06,
)  # of the longer side: how large pieces are, smaller where no larger one is whole
_OVERLAP = 0.03  # of the longer side: how far pieces overlap
_UNKNOWN = 400.0  # levels: how much a piece with unknown pixels is taken to differ there
_RARE, _USED = 80.0, 4.0  # levels: how much a piece of what is rare, and of what was taken before, is taken to differ
_ONCE, _UNLIKE = 0.02, 3.0
"""Of the longer side: how large rare things in a pattern are; of its median contrast: what they have."""
_LARGE = 0.035  # of the texture: how large such a thing is at least
_BUSY = 10.0  # levels: a detail of this contrast is taken to differ by as much, where only plain pieces are wanted
_AWAY, _ABOVE = 6.0, 10.0  # levels: how much a piece may differ less per longer side of its distance, along and across
_WEAVE = 0.005  # of the longer side: what is finer is the weave of plain cloth
_WHOLE = 0.02  # share of a piece that may be unknown
_TILES, _FADING = (0.08, 0.05), 0.35
"""Of the longer side, how large pieces of plain cloth are, larger ones first; of their size, how far they overlap."""
_ABOUT = 1.5  # of the calmest pieces' energy, that their pixels have at most
_OUTLYING = 2.5  # standard deviations, by the median, of a weave's contrast at most
_CALM, _FEWEST = 0.2, 12  # share of those places, the calmest, that are taken; how many there are at least


def patched(
    values: np.ndarray, hole: np.ndarray, source: np.ndarray, smooth: float, rare: np.ndarray | None = None
) -> np.ndarray:
    """``values`` (H, W, 3) float32 in 0..255 with ``hole`` (H, W) bool filled with the texture of ``source`` (H, W) bool.

    smooth: pixels (a Gaussian's sigma); what is coarser is no texture. What is in neither mask has no say and stays.
    rare: (H, W) bool, where only plain texture is wanted: what hardly ever is repeated.
    """
    source = source & ~hole
    if not hole.any() or not source.any():
        return values
    size = max(hole.shape)
    scale = min(1.0, _SEARCHED / size)
    shape = (max(8, round(hole.shape[1] * scale)), max(8, round(hole.shape[0] * scale)))
    solid = cv2.resize(source.astype(np.float32), shape, interpolation=cv2.INTER_AREA)
    coarse = _coarse(values, source, solid, smooth * scale, shape)
    lights = cv2.resize(coarse, hole.shape[::-1], interpolation=cv2.INTER_LINEAR)
    fine = np.where(spread(source | hole), values - lights, 0).astype(np.float32)
    fine[hole] = 0
    small_fine = cv2.resize(fine, shape, interpolation=cv2.INTER_AREA)
    small_hole = cv2.resize(hole.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > 0.01
    if rare is None:
        unwanted = _unusual(small_fine, solid)
    else:
        unwanted = _RARE * cv2.resize(rare.astype(np.float32), shape, interpolation=cv2.INTER_AREA)
        unwanted += np.minimum(summed(small_fine**2) / _BUSY, _RARE)
    pieces = _pieces(small_fine, small_hole, (solid > 0.99) & ~small_hole, unwanted)
    texture = _laid(fine, source, pieces, scale)
    if rare is not None:  # no piece of plain cloth is brighter or darker than its neighbour
        texture = texture - _drift(texture, hole, 0.5 * smooth * scale, shape)
    return _blended(values, lights + texture, hole)


def rewoven(
    values: np.ndarray, hole: np.ndarray, source: np.ndarray, smooth: float, rare: np.ndarray
) -> np.ndarray | None:
    """As ``patched``, for plain cloth, with its light and its weave alone, see ``woven``: the folds of large pieces lie side
    by side like a mosaic. None where too little calm cloth is seen.
    """
    size = max(hole.shape)
    fine = woven(values, hole, source & ~rare & ~hole, _WEAVE * size)
    if fine is None:
        return None
    scale = min(1.0, _SEARCHED / size)
    shape = (max(8, round(hole.shape[1] * scale)), max(8, round(hole.shape[0] * scale)))
    solid = cv2.resize((source & ~hole).astype(np.float32), shape, interpolation=cv2.INTER_AREA)
    coarse = _coarse(values, source & ~hole, solid, smooth * scale, shape)
    lights = cv2.resize(coarse, hole.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return _blended(values, lights + fine, hole)


def _blended(values: np.ndarray, filling: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """``values`` (H, W, 3) with the filling (H, W, 3) in the hole (H, W) bool, whose edge is soft."""
    softness = max(0.8, 0.002 * max(hole.shape))
    share = cv2.GaussianBlur(cv2.dilate(hole.astype(np.float32), np.ones((3, 3))), (0, 0), softness)
    return np.clip(values + (filling - values) * spread(np.maximum(share, hole)), 0, 255)


def woven(values: np.ndarray, area: np.ndarray, source: np.ndarray, smooth: float) -> np.ndarray | None:
    """(H, W, 3) float32, what is to be added to an even colour: the fine texture of plain cloth over all of ``area`` (H, W)
    bool, made of the calmest pieces of ``source`` (H, W) bool; None where that has too few.

    values: (H, W, 3) float32 in 0..255. smooth: pixels (a Gaussian's sigma); what is coarser is no texture. Pieces needn't
    match, for nothing in them is larger; where they overlap their contrast stays (Heitz and Neyret, 2018).
    """
    size = max(area.shape)
    weight = cv2.GaussianBlur(source.astype(np.float32), (0, 0), smooth)
    slow = cv2.GaussianBlur(values * source[..., None], (0, 0), smooth) / np.maximum(weight, 1e-3)[..., None]
    fine = np.where(source[..., None], values - slow, 0).astype(np.float32)
    scale = min(1.0, _SEARCHED / size)
    shape = (max(8, round(area.shape[1] * scale)), max(8, round(area.shape[0] * scale)))
    solid = cv2.resize(source.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > 0.99
    busy = cv2.resize((fine**2).sum(2), shape, interpolation=cv2.INTER_AREA)
    places = None
    for share in _TILES:
        tile = max(4, round(share * max(shape)))
        price = cv2.boxFilter(busy, -1, (tile, tile), borderType=cv2.BORDER_CONSTANT)
        whole = cv2.boxFilter(solid.astype(np.float32), -1, (tile, tile), borderType=cv2.BORDER_CONSTANT) > 0.999
        if whole.sum() >= _FEWEST:
            limit = np.quantile(price[whole], _CALM)
            places = np.argwhere(whole & (price <= limit)) - tile // 2
            break
    if places is None:
        return None
    calm = cv2.resize((busy <= limit * _ABOUT).astype(np.uint8), area.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    calm &= source
    usual = 1.48 * np.median(np.abs(fine[calm if calm.any() else source]), axis=0)
    fine = np.clip(fine, -_OUTLYING * usual, _OUTLYING * usual)  # a seam, a wrinkle
    return _tiled(fine, area, np.round(places / scale).astype(int), max(4, int((tile - 1) / scale)))


def _tiled(fine: np.ndarray, area: np.ndarray, places: np.ndarray, tile: int) -> np.ndarray:
    """(H, W, 3): square pieces of ``fine`` (H, W, 3), whose first pixels are at ``places`` (N, 2), y and x, over all of
    ``area`` (H, W) bool, each fading into its neighbours.
    """
    height, width = area.shape
    result, energy = np.zeros_like(fine), np.zeros(area.shape, np.float32)
    ramp = np.clip(np.minimum(np.arange(tile) + 1, tile - np.arange(tile)) / (_FADING * tile), 0, 1)
    weight = np.outer(ramp, ramp).astype(np.float32)
    step = max(1, round((1 - _FADING) * tile))
    places = np.clip(places, 0, [height - tile, width - tile])
    tiles = product(range(-tile // 2, height, step), range(-tile // 2, width, step))
    chosen = np.random.default_rng(0).permutation(len(places))
    for number, (top, left) in enumerate(tiles):
        y0, x0, y1, x1 = max(top, 0), max(left, 0), min(top + tile, height), min(left + tile, width)
        if not area[y0:y1, x0:x1].any():
            continue
        y, x = places[chosen[number % len(places)]]
        own = weight[y0 - top : y1 - top, x0 - left : x1 - left]
        result[y0:y1, x0:x1] += own[..., None] * fine[y + y0 - top : y + y1 - top, x + x0 - left : x + x1 - left]
        energy[y0:y1, x0:x1] += own**2
    return result / np.sqrt(np.maximum(energy, 1e-3))[..., None]


def _coarse(
    values: np.ndarray, source: np.ndarray, solid: np.ndarray, sigma: float, shape: tuple[int, int]
) -> np.ndarray:
    """(h, w, 3) of the small shape: the slow part of the source's colours, continued smoothly elsewhere."""
    mixed = cv2.resize(values * spread(source), shape, interpolation=cv2.INTER_AREA)
    sigma = max(sigma, 1.0)
    weight = cv2.GaussianBlur(solid, (0, 0), sigma)
    slow = cv2.GaussianBlur(mixed, (0, 0), sigma) / spread(np.maximum(weight, 1e-4))
    filled = push_pull(slow, np.clip((weight - 0.1) / 0.3, 0, 1))
    return cv2.GaussianBlur(filled, (0, 0), max(0.5 * sigma, 1.0))


def _unusual(fine: np.ndarray, solid: np.ndarray) -> np.ndarray:
    """(h, w) float32, levels: how little each pixel of a patterned texture (h, w, 3) is wanted elsewhere: what differs far
    more from the rest than its pattern does, as a belt, is there once.

    solid: (h, w) in [0, 1], where the texture is known.
    """
    sigma = _ONCE * max(solid.shape)
    weight = np.maximum(cv2.GaussianBlur(solid, (0, 0), sigma), 1e-3)
    apart = np.sqrt(summed((cv2.GaussianBlur(fine * spread(solid), (0, 0), sigma) / spread(weight)) ** 2))
    known = solid > 0.99
    usual = float(np.median(apart[known])) if known.any() else 0.0
    unlike = (known & (apart > _UNLIKE * usual)).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(unlike)
    large = stats[:, cv2.CC_STAT_AREA] > _LARGE * known.sum()  # a flower on bare ground is smaller
    large[0] = False
    return np.float32(_RARE) * large[labels]


def _drift(texture: np.ndarray, hole: np.ndarray, sigma: float, shape: tuple[int, int]) -> np.ndarray:
    """(H, W, 3): the slow part of a texture (H, W, 3) within the hole (H, W)."""
    share = cv2.resize(hole.astype(np.float32), shape, interpolation=cv2.INTER_AREA)
    mixed = cv2.resize(texture * spread(hole), shape, interpolation=cv2.INTER_AREA)
    sigma = max(sigma, 1.0)
    slow = cv2.GaussianBlur(mixed, (0, 0), sigma) / spread(np.maximum(cv2.GaussianBlur(share, (0, 0), sigma), 1e-4))
    return cv2.resize(slow, hole.shape[::-1], interpolation=cv2.INTER_LINEAR)


Piece = tuple[int, int, int, int, int, int]
"""x, y, width, height in the small picture, and the shift (dx, dy) to where it is taken from."""


def _pieces(fine: np.ndarray, hole: np.ndarray, source: np.ndarray, unwanted: np.ndarray) -> list[Piece]:
    """Which pieces fill the hole, in the order in which they are laid, each matching the ones before.

    unwanted: (h, w), levels by which each pixel is taken to differ wherever it is laid.
    """
    height, width = hole.shape
    size = max(hole.shape)
    overlap = max(2, round(_OVERLAP * size))
    known, current, left = source.copy(), fine.copy(), hole.copy()
    contrast = summed(current**2)
    price = (unwanted + _UNKNOWN * ~source).astype(np.float32)
    y, x = np.indices(hole.shape, dtype=np.float32)
    pieces: list[Piece] = []
    for share in _PIECES:
        side = max(6, round(share * size))
        whole = _WHOLE if share != _PIECES[-1] else 0.9
        for top, start in product(range(0, height, side), range(0, width, side)):
            todo = left[top : top + side, start : start + side]
            if not todo.any():
                continue
            rows, columns = np.flatnonzero(todo.any(1)), np.flatnonzero(todo.any(0))
            y0, y1 = max(0, top + rows[0] - overlap), min(height, top + rows[-1] + 1 + overlap)
            x0, x1 = max(0, start + columns[0] - overlap), min(width, start + columns[-1] + 1 + overlap)
            window = slice(y0, y1), slice(x0, x1)
            rim, area = known[window].astype(np.float32), left[window].astype(np.float32)
            cost = cv2.matchTemplate(price, area, cv2.TM_CCORR) / float(area.sum())
            at_y, at_x = y[: cost.shape[0], : cost.shape[1]], x[: cost.shape[0], : cost.shape[1]]
            cost += (_AWAY * np.abs(at_x - x0) + _ABOVE * np.abs(at_y - y0)) / size
            if rim.sum() > 4:
                own = current[window] * spread(rim)
                apart = cv2.matchTemplate(contrast, rim, cv2.TM_CCORR)
                apart += (own**2).sum() - 2 * cv2.matchTemplate(current, own, cv2.TM_CCORR)
                cost += np.sqrt(np.maximum(apart, 0) / float(rim.sum()))
            best = np.unravel_index(int(cost.argmin()), cost.shape)
            dy, dx = int(best[0]) - y0, int(best[1]) - x0
            taken = slice(y0 + dy, y1 + dy), slice(x0 + dx, x1 + dx)
            fresh = left[window] & source[taken]
            if fresh.sum() < (1 - whole) * area.sum():
                continue
            pieces.append((x0, y0, x1 - x0, y1 - y0, dx, dy))
            current[window][fresh] = fine[taken][fresh]
            contrast[window] = summed(current[window] ** 2)
            price[taken][fresh] += _USED
            known[window] |= fresh
            left[window] &= ~fresh
    return pieces


def _laid(fine: np.ndarray, source: np.ndarray, pieces: list[Piece], scale: float) -> np.ndarray:
    """(H, W, 3): the pieces at the picture's own size, each fading into its neighbours."""
    height, width = source.shape
    total = np.zeros((height, width), np.float32)
    result = np.zeros_like(fine)
    for x, y, w, h, dx, dy in pieces:
        x0, y0 = max(0, round(x / scale)), max(0, round(y / scale))
        x1, y1 = min(width, round((x + w) / scale)), min(height, round((y + h) / scale))
        shift_x, shift_y = round(dx / scale), round(dy / scale)
        x0, x1 = max(x0, -shift_x), min(x1, width - shift_x)
        y0, y1 = max(y0, -shift_y), min(y1, height - shift_y)
        if x1 <= x0 or y1 <= y0:
            continue
        taken = slice(y0 + shift_y, y1 + shift_y), slice(x0 + shift_x, x1 + shift_x)
        fade = max(2.0, _OVERLAP * max(height, width))
        ramps = [np.clip(np.minimum(np.arange(n) + 1, n - np.arange(n)) / fade, 0.02, 1) for n in (y1 - y0, x1 - x0)]
        weight = (np.outer(*ramps) ** 2).astype(np.float32) * source[taken]
        result[y0:y1, x0:x1] += fine[taken] * spread(weight)
        total[y0:y1, x0:x1] += weight
    return result / spread(np.maximum(total, 1e-4))
