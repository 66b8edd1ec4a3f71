"""How far a kept top reaches around the trunk: tight cloth lies over the body's hollows, loose cloth hangs."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d, median_filter

from fashionmirror_core.avatar.rings import Rings

OFF_SKIN = 0.005  # statures that it stands off the skin
ROW, AGREE = 0.008, (1.8, 1.3)  # statures between its rings; rings and angles over which they agree
HANG, BRIDGE = 0.12, 0.45  # of the way down, and up, that hanging cloth comes nearer to the body
LOOSE = 0.006  # statures wider than the body, from which on it hangs
LOOSENESS, DEEPER = 0.4, 0.012  # of what it is wider, gained in depth; at most, statures
WIDTH = (0.85, 1.4)  # bounds of the photo's width of a trunk, in the cloth's around the body


def trunk_rings(trunk: np.ndarray, neck: float, end: float, stature: float) -> Rings:
    """The rings of a body's trunk (n, 3), from a little above the row of its neck to the row ``end``."""
    step = ROW * stature
    rows = np.arange(neck - 4 * step, end, step)
    middle = np.full((len(rows), 2), np.nan)
    for index, row in enumerate(rows):
        near = trunk[np.abs(trunk[:, 1] - row) < 1.2 * step]
        if len(near) > 8:
            middle[index] = [(near[:, axis].min() + near[:, axis].max()) / 2 for axis in (0, 2)]
    known = np.isfinite(middle[:, 0])
    middle = np.stack([np.interp(rows, rows[known], values[known]) for values in middle.T], -1)
    return Rings.around(trunk, rows, gaussian_filter1d(middle, 1.5, axis=0, mode="nearest"))


def cloth_around(body: Rings, widths: np.ndarray, whole: float, stature: float) -> np.ndarray:
    """(n, ANGLES) pixels: the radius of the cloth around a trunk.

    widths: (2, n), how far it reaches to the left and the right of the body's middle, NaN where that isn't seen. whole: the
    row from which on it is the trunk's width.
    """
    step, rows = ROW * stature, body.rows
    cloth = body.bridged
    left, right = (_carried_on(side) for side in widths) if np.isfinite(widths).any() else np.zeros(widths.shape)
    half = cloth.shape[1] // 2
    gain = np.clip((left - cloth[:, half] + right - cloth[:, 0]) / 2, 0, None)
    gain = np.where(rows < whole, 0, gain)
    gain = gaussian_filter1d(gain, 2.0, mode="nearest")
    hung = cloth.copy()
    for index in range(1, len(rows)):
        hung[index] = np.maximum(hung[index], hung[index - 1] - HANG * step)
    for index in range(len(rows) - 2, -1, -1):
        hung[index] = np.maximum(hung[index], hung[index + 1] - BRIDGE * step)
    loose = np.clip(gain / (LOOSE * stature), 0, 1)[:, None]
    cloth = cloth + loose * (hung - cloth) + np.clip(LOOSENESS * gain, 0, DEEPER * stature)[:, None]
    cloth = cloth + OFF_SKIN * stature
    angle = 2 * np.pi * np.arange(cloth.shape[1]) / cloth.shape[1]
    for seen, side in ((right, 0), (left, half)):
        wider = np.clip(seen / np.maximum(cloth[:, side], 1), *WIDTH) - 1
        wider = gaussian_filter1d(np.where(rows < whole, 0, wider), 2.0, mode="nearest")
        towards = np.clip(np.cos(angle) if side == 0 else -np.cos(angle), 0, 1) ** 2
        cloth = cloth * (1 + wider[:, None] * towards)
    return gaussian_filter(cloth, AGREE, mode=("nearest", "wrap"))


def _carried_on(values: np.ndarray) -> np.ndarray:
    """(n,): without outliers, and without gaps (NaN)."""
    known = np.flatnonzero(np.isfinite(values))
    size = min(7, len(known))
    whole = np.interp(np.arange(len(values)), known, median_filter(values[known], size, mode="nearest"))
    return gaussian_filter1d(whole, 1.0, mode="nearest")
