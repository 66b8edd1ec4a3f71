"""Where a clip's frames are on the timeline: its rows, and frames as pixels and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QRect

from app.widgets.theme import GAP

LANES = ("clothing", "removed", "attention")
RULER, STRIP, BAND, LANE = 20, 56, 8, 20  # heights of the rows, pixels
HEIGHT = RULER + STRIP + BAND + GAP + len(LANES) * (LANE + GAP // 2) + GAP
_NICE = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)


@dataclass(frozen=True)
class Scale:
    """tracks: where frames are, all but the rows' names and the scroll bar. count: of the clip's frames. zoom: times the
    width at which the whole clip fits. offset: pixels that are scrolled away at the left.
    """

    tracks: QRect
    count: int
    zoom: float
    offset: float

    @property
    def wide(self) -> float:
        """Pixels of a frame."""
        return self.tracks.width() * self.zoom / max(1, self.count)

    def x(self, place: float) -> float:
        """Where a place, in frames from the clip's start, is on the widget."""
        return self.tracks.left() + place * self.wide - self.offset

    def place(self, x: float) -> float:
        """The place at a widget's x, in frames from the clip's start."""
        return (x - self.tracks.left() + self.offset) / self.wide

    def frame_at(self, x: float) -> int:
        """The frame at a widget's x, or the nearest."""
        return max(0, min(int(self.place(x)), self.count - 1))

    @property
    def seen(self) -> range:
        """Frames of which something is in view."""
        if not self.count:
            return range(0)
        return range(self.frame_at(self.tracks.left()), self.frame_at(self.tracks.right()) + 1)

    def row(self, index: int) -> QRect:
        """Ruler (0), strip (1), band of states (2), lanes (3, 4, 5)."""
        tops = [0, RULER, RULER + STRIP]
        tops += [RULER + STRIP + BAND + GAP + k * (LANE + GAP // 2) for k in range(len(LANES))]
        heights = [RULER, STRIP, BAND] + [LANE] * len(LANES)
        return QRect(self.tracks.left(), tops[index], self.tracks.width(), heights[index])

    def step(self, pixels: float) -> int:
        """Frames between two things that need so many pixels: a round number."""
        return next((step for step in _NICE if step * self.wide >= pixels), _NICE[-1])

    def slots(self, width: float) -> Iterator[range]:
        """The frames in view in groups about as wide as a picture; a group keeps its frames while the strip scrolls."""
        step = max(1, round(width / self.wide))
        seen = self.seen
        for first in range(seen.start - seen.start % step, seen.stop, step):
            yield range(first, min(first + step, self.count))
