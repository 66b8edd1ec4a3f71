"""Splatting: points hand their values to the pixels around them, by bilinear hats."""

from __future__ import annotations

import numpy as np


def splatted(
    places: np.ndarray, values: np.ndarray, weights: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """places: (n, 2), x and y in pixels; what falls off the picture is lost. values, weights: (n,). size: (H, W).

    Returns the weighted sum of the values and the sum of the weights, (H, W) float64 each.
    """
    height, width = size
    low = np.floor(places).astype(np.int64)
    fraction = places - low
    sums, total = np.zeros(height * width), np.zeros(height * width)
    for dx in (0, 1):
        for dy in (0, 1):
            column, row = low[:, 0] + dx, low[:, 1] + dy
            hat = (fraction[:, 0] if dx else 1 - fraction[:, 0]) * (fraction[:, 1] if dy else 1 - fraction[:, 1])
            hat = np.where((column >= 0) & (column < width) & (row >= 0) & (row < height), hat * weights, 0)
            index = np.clip(row, 0, height - 1) * width + np.clip(column, 0, width - 1)
            total += np.bincount(index, hat, height * width)
            sums += np.bincount(index, hat * values, height * width)
    return sums.reshape(size), total.reshape(size)
