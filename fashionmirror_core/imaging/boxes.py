"""Boxes of pixels: (x0, y0, x1, y1), the right and the lower end exclusive."""

from __future__ import annotations

import numpy as np

Box = tuple[int, int, int, int]


def bounding_box(mask: np.ndarray) -> Box | None:
    """The box around what is true (or not zero) in a mask (H, W); None if nothing is."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def grown(box: Box, margin: int, size: tuple[int, ...]) -> Box:
    """The box with a margin on every side, as far as a picture of ``size`` (height, width) reaches."""
    x0, y0, x1, y1 = box
    return max(0, x0 - margin), max(0, y0 - margin), min(size[1], x1 + margin), min(size[0], y1 + margin)


def window(box: Box) -> tuple[slice, slice]:
    """Rows and columns, to index a picture with."""
    x0, y0, x1, y1 = box
    return slice(y0, y1), slice(x0, x1)
