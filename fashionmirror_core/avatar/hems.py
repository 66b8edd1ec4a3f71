"""Hems of clothes that stay: open below, and level in space though the photo sees them from above."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.avatar.sheets import Grid

WIDE = 2  # cells to both sides of a hem's, above which there is cloth as well: the sides of a sheet close
ENDS = 0.06  # of a hem's width: its corners don't count


def hem(grid: Grid, highest: float) -> np.ndarray:
    """(h, w) bool: the lower rim of a sheet below the row ``highest``, photo pixels. A hem has no floor: what would close it
    is seen from the side, with the soft edge's colours drawn out over it.
    """
    above = np.zeros(grid.inside.shape, np.uint8)
    above[1:] = grid.inside[:-1]
    above = cv2.erode(above, np.ones((1, 2 * WIDE + 1), np.uint8))
    return grid.rim & (above > 0) & (grid.place[..., 1] > highest)


def below_level(grid: Grid, highest: float, sag: float) -> np.ndarray:
    """(h, w) bool: what hangs below the sides of a hem that ends below the row ``highest``; nothing of other sheets.

    The photo sees a level hem from above: its middle is lower there, and turned both edges would be. sag: pixels by which it
    may be; a hem that is cut aslant or round keeps the rest.
    """
    columns = np.flatnonzero(grid.inside.any(0))
    count = round(len(columns) * ENDS)
    columns = columns[count : len(columns) - count]
    if not len(columns):
        return np.zeros(grid.inside.shape, bool)
    ends = grid.y[len(grid.y) - 1 - grid.inside[::-1, columns].argmax(0)]
    low, high = (float(np.percentile(ends, share)) for share in (90, 10))
    if low < highest:
        return np.zeros(grid.inside.shape, bool)
    return grid.nodes & (grid.place[..., 1] > max(high, low - sag) - grid.cell)
