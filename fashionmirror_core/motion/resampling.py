"""Values over time between their frames."""

from __future__ import annotations

import numpy as np


def linear(values: np.ndarray, times: np.ndarray, loop: bool) -> np.ndarray:
    """Values (T, ...) at fractional frame times, linear."""
    start, part = _split(values, times)
    return values[start] * (1 - part) + values[_frame(start + 1, len(values), loop)] * part


def catmull_rom(values: np.ndarray, times: np.ndarray, loop: bool) -> np.ndarray:
    """Values (T, ...) at fractional frame times by the cubic through the four nearest frames; exact on frames."""
    start, t = _split(values, times)
    a, b, c, d = (values[_frame(start + step, len(values), loop)] for step in (-1, 0, 1, 2))
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def _split(values: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    start = np.floor(times).astype(int)
    return start, (times - start).reshape(-1, *[1] * (values.ndim - 1))


def _frame(index: np.ndarray, frames: int, loop: bool) -> np.ndarray:
    return index % frames if loop else np.clip(index, 0, frames - 1)
