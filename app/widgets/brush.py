"""Brush and eraser on a mask.

A stroke covers what its outline covers, once: running over a spot twice doesn't build up, so that a soft edge stays as
soft as it was set. Every movement is one capsule (a segment with a radius at either end), and only its rectangle is
computed and handed back, whatever the size of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SMALLEST, LARGEST = 1.0, 1000.0  # a brush's diameter, picture's pixels
_STEP = 1.2  # how a brush grows by one press
_LIGHTEST = 0.25  # of the radius, at no pressure

Point = tuple[float, float]


@dataclass(frozen=True)
class Brush:
    """size: diameter in picture pixels. softness: 0 a hard edge, 1 fades from the middle on. erase: takes away."""

    size: float = 40.0
    softness: float = 0.3
    erase: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", float(min(max(self.size, SMALLEST), LARGEST)))
        object.__setattr__(self, "softness", float(min(max(self.softness, 0.0), 1.0)))

    @property
    def grown(self) -> float:
        """The next larger size; at least a pixel more."""
        return max(self.size * _STEP, self.size + 1)

    @property
    def shrunk(self) -> float:
        """The next smaller size."""
        return min(self.size / _STEP, self.size - 1)

    def radius(self, pressure: float = 1.0) -> float:
        """Picture pixels; a pen that is pressed lightly draws thin."""
        return self.size / 2 * (_LIGHTEST + (1 - _LIGHTEST) * min(max(pressure, 0.0), 1.0))


@dataclass(frozen=True)
class Rect:
    """Whole pixels: rows top..bottom-1, columns left..right-1."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def empty(self) -> bool:
        return self.top >= self.bottom or self.left >= self.right

    @property
    def rows(self) -> slice:
        return slice(self.top, self.bottom)

    @property
    def columns(self) -> slice:
        return slice(self.left, self.right)

    def united(self, other: Rect) -> Rect:
        if self.empty or other.empty:
            return other if self.empty else self
        return Rect(
            min(self.top, other.top),
            max(self.bottom, other.bottom),
            min(self.left, other.left),
            max(self.right, other.right),
        )

    def grown(self, by: int, height: int, width: int) -> Rect:
        """Larger by ``by`` pixels on each side, within a picture."""
        return Rect(
            max(self.top - by, 0), min(self.bottom + by, height), max(self.left - by, 0), min(self.right + by, width)
        )


NOWHERE = Rect(0, 0, 0, 0)


def coverage(distance: np.ndarray, radius: np.ndarray | float, softness: float) -> np.ndarray:
    """How much a brush covers at a distance from its path: float32 in [0, 1], smooth to its edge.

    distance, radius: pixels. Even the hardest brush has an edge of one pixel, or its outline would be jagged.
    """
    edge = np.maximum(softness * np.asarray(radius, np.float32), 1)
    t = np.clip((radius + np.float32(0.5) - distance) / edge, 0, 1).astype(np.float32)
    return t * t * (3 - 2 * t)


class MaskPainter:
    """A mask that is painted on, one stroke at a time. Points are (x, y), pixel centres at integers.

    mask: (H, W) float32 in [0, 1], the painter's own; changes within the rectangles that are handed back.
    """

    def __init__(self, mask: np.ndarray) -> None:
        if mask.ndim != 2 or 0 in mask.shape:
            raise ValueError(f"a mask to paint on is (H, W), not {mask.shape}")
        self.mask = np.array(mask, np.float32).clip(0, 1) if mask.dtype != np.uint8 else mask.astype(np.float32) / 255
        self._before = self.mask
        self._covered = np.zeros_like(self.mask)
        self._touched = NOWHERE
        self._brush = Brush()
        self._first: tuple[Point, float] | None = None
        self._last: tuple[Point, float] | None = None
        self._stroke_ended_at: Point | None = None

    @property
    def busy(self) -> bool:
        """Whether a stroke has begun and not ended."""
        return self._last is not None

    @property
    def pixels(self) -> np.ndarray:
        """The mask as (H, W) uint8, a copy."""
        return (self.mask * 255 + 0.5).astype(np.uint8)

    def begin(self, at: Point, brush: Brush, pressure: float = 1.0, from_last: bool = False) -> Rect:
        """A stroke begins with a dab; ``from_last`` draws a straight line from where the stroke before ended."""
        self._brush = brush
        self._before = self.mask.copy()
        self._covered[:] = 0
        self._touched = NOWHERE
        start = self._stroke_ended_at if from_last and self._stroke_ended_at is not None else at
        radius = brush.radius(pressure)
        self._first = (start, radius)
        self._last = (at, radius)
        return self._segment(start, radius, at, radius)

    def move(self, to: Point, pressure: float = 1.0) -> Rect:
        """The stroke goes on to a point; returns what changed."""
        if self._last is None:
            return NOWHERE
        (start, start_radius), radius = self._last, self._brush.radius(pressure)
        self._last = (to, radius)
        return self._segment(start, start_radius, to, radius)

    def straighten(self, to: Point, pressure: float = 1.0) -> Rect:
        """The whole stroke becomes one straight line from its first point; returns what changed."""
        if self._first is None:
            return NOWHERE
        erased = self._undone()
        (start, start_radius), radius = self._first, self._brush.radius(pressure)
        self._last = (to, radius)
        return erased.united(self._segment(start, start_radius, to, radius))

    def end(self) -> bool:
        """The stroke is done; whether it changed anything."""
        if self._last is None:
            return False
        self._stroke_ended_at = self._last[0]
        self._first = self._last = None
        part = (self._touched.rows, self._touched.columns)
        changed = not np.array_equal(self.mask[part], self._before[part])
        self._before = self.mask
        return changed

    def _undone(self) -> Rect:
        touched = self._touched
        part = (touched.rows, touched.columns)
        self.mask[part] = self._before[part]
        self._covered[part] = 0
        self._touched = NOWHERE
        return touched

    def _segment(self, start: Point, start_radius: float, end: Point, end_radius: float) -> Rect:
        """Covers a capsule from start to end and blends the mask there."""
        height, width = self.mask.shape
        reach = max(start_radius, end_radius) + 1
        rect = Rect(
            max(int(min(start[1], end[1]) - reach), 0),
            min(int(max(start[1], end[1]) + reach) + 1, height),
            max(int(min(start[0], end[0]) - reach), 0),
            min(int(max(start[0], end[0]) + reach) + 1, width),
        )
        if rect.empty:
            return NOWHERE
        y, x = np.ogrid[rect.rows, rect.columns]
        dx, dy = end[0] - start[0], end[1] - start[1]
        x, y = (x - start[0]).astype(np.float32), (y - start[1]).astype(np.float32)
        along = np.clip((x * np.float32(dx) + y * np.float32(dy)) / np.float32(max(dx * dx + dy * dy, 1e-9)), 0, 1)
        distance = np.hypot(x - along * np.float32(dx), y - along * np.float32(dy))
        radius = start_radius + (end_radius - start_radius) * along
        part = (rect.rows, rect.columns)
        covered = np.maximum(self._covered[part], coverage(distance, radius, self._brush.softness))
        self._covered[part] = covered
        before = self._before[part]
        self.mask[part] = before * (1 - covered) if self._brush.erase else before + (1 - before) * covered
        self._touched = self._touched.united(rect)
        return rect
