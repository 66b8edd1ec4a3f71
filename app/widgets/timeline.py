"""The timeline: a strip of the clip's frames with what is known of each under it, and the playhead across all of it.

What changes seldom (ruler, thumbnails, states, lanes) is painted into one picture that is kept; the playhead and what is
being rendered are drawn over it, so that playing costs a line a frame. Only thumbnails that fit are drawn, however long
the clip is. While the mouse scrubs, the newest frame is asked for, once in each turn of the event loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QScrollBar, QSizePolicy, QToolTip, QWidget

from app.engine.frames import FrameState
from app.widgets.icons import pixmap
from app.widgets.picture_row import PictureRow
from app.widgets.theme import GAP, GRID, MOTION_MS, Theme, current
from app.widgets.transport import timecode

LANES = ("clothing", "removed", "attention")
WIDEST = 96.0  # pixels of a frame at the closest zoom
_SOON = 200  # milliseconds
GRIP = 7  # pixels around a handle or the playhead in which the mouse takes it
_RULER, _STRIP, _BAND, _LANE, _BAR = 20, 56, 8, 20, 10  # heights of the rows, pixels
_MARK = 14  # pixels of the brush mark on an edited frame
_NICE = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)


@dataclass
class _Drag:
    """What the mouse holds: "frame", "in", "out", or "view" with where it was taken."""

    what: str
    x: float = 0.0
    offset: float = 0.0


class Timeline(QWidget):
    """A clip's frames from left to right. It knows no document: it is told what to show and says what is wanted."""

    frame_requested = Signal(int)  # the user wants to see this frame
    points_changed = Signal(object, object)  # in and out as frames, None at the clip's end
    loop_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count, self._fps, self._frame = 0, 25.0, 0
        self._states: list[FrameState] = []
        self._edited: set[int] = set()
        self._running: set[int] = set()  # frames that are being rendered
        self._thumbnails = PictureRow(_STRIP)
        self._lanes = {name: PictureRow(_LANE) for name in LANES}
        self._levels: dict[str, dict[int, float]] = {name: {} for name in LANES}
        self._points: tuple[int | None, int | None] = (None, None)
        self._loop = True
        self._zoom = 1.0  # times the width at which the whole clip fits
        self._offset = 0.0  # pixels that are scrolled away at the left
        self._drag: _Drag | None = None
        self._gutter = self._names_width()
        self._picture: QPixmap | None = None  # all but playhead and running frames; None has to be painted again
        self._phase = 0
        self.animated = True  # whether running frames move

        self._wanted: int | None = None
        self._wanted_points: tuple[int | None, int | None] | None = None
        self._turn = QTimer(self, interval=0, singleShot=True)
        self._turn.timeout.connect(self._say)
        self._soon = QTimer(self, singleShot=True, interval=_SOON)
        self._soon.timeout.connect(self._repaint)
        self._pulse = QTimer(self, interval=MOTION_MS)
        self._pulse.timeout.connect(self._move_dots)

        self._bar = QScrollBar(Qt.Orientation.Horizontal, self)
        self._bar.setAccessibleName(self.tr("Part of the timeline that is seen"))
        self._bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the playhead scrolls by keyboard
        self._bar.valueChanged.connect(self._scrolled)
        self._bar.hide()

        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Timeline"))
        self._describe()

    # What it is told

    @property
    def count(self) -> int:
        return self._count

    @property
    def frame(self) -> int:
        return self._frame

    @property
    def points(self) -> tuple[int | None, int | None]:
        return self._points

    @property
    def loop(self) -> bool:
        """Whether the part from in to out is played again and again; drawn at its end."""
        return self._loop

    @loop.setter
    def loop(self, loop: bool) -> None:
        if loop != self._loop:
            self._loop = loop
            self._repaint()
            self.loop_changed.emit(loop)

    def set_clip(self, count: int, fps: float) -> None:
        """Another clip of so many frames, of which nothing is there yet; 0 is none."""
        if count < 0 or not fps > 0:
            raise ValueError(f"a clip can't have {count} frames at {fps} a second")
        self._count, self._fps = count, fps
        self._states = [FrameState.missing] * count
        for known in (self._edited, self._running, self._thumbnails, *self._lanes.values(), *self._levels.values()):
            known.clear()  # type: ignore[attr-defined]
        self._frame = max(0, min(self._frame, count - 1))
        self._pulse.stop()
        self._set_view(1.0, 0.0)
        self._describe()

    def set_frame(self, frame: int) -> None:
        """Moves the playhead, and the view after it; asks for nothing."""
        frame = max(0, min(frame, self._count - 1))
        if frame == self._frame:
            return
        self.update(self._playhead_area())
        self._frame = frame
        self._follow()
        self.update(self._playhead_area())
        self._describe()

    def set_state(self, frame: int, state: FrameState) -> None:
        self._check(frame)
        if self._states[frame] is not state:
            self._states[frame] = state
            (self._running.add if state is FrameState.rendering else self._running.discard)(frame)
            if self._running and self.animated and not self._pulse.isActive():
                self._pulse.start()
            elif not self._running:
                self._pulse.stop()
            self._repaint_soon()
            if frame == self._frame:
                self._describe()

    def state(self, frame: int) -> FrameState:
        self._check(frame)
        return self._states[frame]

    def set_edited(self, frame: int, edited: bool) -> None:
        """Whether a frame was mended by hand."""
        self._check(frame)
        if edited != (frame in self._edited):
            (self._edited.add if edited else self._edited.discard)(frame)
            self._repaint()

    def set_thumbnail(self, frame: int, pixels: np.ndarray | None) -> None:
        """pixels: (h, w, 3 or 4) uint8, any size; None takes it away."""
        self._check(frame)
        self._thumbnails.put(frame, pixels)
        self._repaint_soon()

    def set_lane(self, name: str, frame: int, values: np.ndarray | float | None) -> None:
        """What a lane (one of LANES) shows at a frame: a picture, (h, w) or (h, w, 3 or 4) uint8 or (h, w) float 0 to 1;
        or one number, a level from 0 to 1; None is nothing.
        """
        if name not in self._lanes:
            raise KeyError(f"no lane is called {name!r}; there are {', '.join(LANES)}")
        self._check(frame)
        if values is not None and np.ndim(values) == 0:
            self._levels[name][frame] = float(np.clip(values, 0, 1))
            self._lanes[name].put(frame, None)
        else:
            self._levels[name].pop(frame, None)
            self._lanes[name].put(frame, None if values is None else np.asarray(values))
        self._repaint_soon()

    def set_points(self, first: int | None, last: int | None) -> None:
        """In and out point; None is the clip's end."""
        if (first, last) != self._points:
            self._points = (first, last)
            self._repaint()

    def zoom(self, factor: float, x: float | None = None) -> None:
        """Widens the frames by a factor; what is at ``x`` (pixels; the playhead by default) stays there."""
        if not self._count:
            return
        x = self._x(self._frame + 0.5) if x is None else x
        place = self._place(x)
        zoom = min(max(self._zoom * factor, 1.0), max(1.0, WIDEST * self._count / self._tracks().width()))
        wide = self._tracks().width() * zoom / self._count
        self._set_view(zoom, place * wide - (x - self._tracks().left()))

    # Geometry

    def sizeHint(self) -> QSize:
        return QSize(640, self._height() + _BAR)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self._height() + _BAR)

    def _height(self) -> int:
        return _RULER + _STRIP + _BAND + GAP + len(LANES) * (_LANE + GAP // 2) + GAP

    def _names_width(self) -> int:
        """Pixels at the left for the rows' names."""
        metrics = QFontMetrics(self.font())
        return max(metrics.horizontalAdvance(name) for name in self._row_names()) + 2 * GRID

    def _row_names(self) -> list[str]:
        return [self.tr("Frames"), self.tr("Clothing"), self.tr("Removed"), self.tr("Attention")]

    def _tracks(self) -> QRect:
        """Where frames are: all but the gutter and the scroll bar."""
        return QRect(self._gutter, 0, max(1, self.width() - self._gutter - GRID), self._height())

    def _wide(self) -> float:
        """Pixels of a frame."""
        return self._tracks().width() * self._zoom / max(1, self._count)

    def _x(self, place: float) -> float:
        """Where a place, in frames from the clip's start, is on the widget."""
        return self._tracks().left() + place * self._wide() - self._offset

    def _place(self, x: float) -> float:
        return (x - self._tracks().left() + self._offset) / self._wide()

    def frame_at(self, x: float) -> int:
        """The frame at a widget's x, or the nearest."""
        return max(0, min(int(self._place(x)), self._count - 1))

    def _seen(self) -> range:
        """Frames of which something is in view."""
        area = self._tracks()
        return range(self.frame_at(area.left()), self.frame_at(area.right()) + 1) if self._count else range(0)

    def _row(self, index: int) -> QRect:
        """Ruler (0), strip (1), band of states (2), lanes (3, 4, 5)."""
        area = self._tracks()
        tops = [0, _RULER, _RULER + _STRIP]
        tops += [_RULER + _STRIP + _BAND + GAP + k * (_LANE + GAP // 2) for k in range(len(LANES))]
        heights = [_RULER, _STRIP, _BAND] + [_LANE] * len(LANES)
        return QRect(area.left(), tops[index], area.width(), heights[index])

    def _span(self) -> tuple[int, int]:
        """First and last frame of the part from in to out."""
        end = max(0, self._count - 1)
        first, last = self._points
        first = 0 if first is None else min(first, end)
        return first, max(first, end if last is None else min(last, end))

    def _playhead_area(self) -> QRect:
        x = self._x(self._frame)
        return QRect(int(x) - GRIP, 0, int(self._wide()) + 2 * GRIP + 2, self._height())

    def _set_view(self, zoom: float, offset: float) -> None:
        self._zoom = zoom
        width = self._tracks().width()
        most = max(0.0, width * zoom - width)
        self._offset = min(max(offset, 0.0), most)
        self._bar.blockSignals(True)
        self._bar.setRange(0, round(most))
        self._bar.setPageStep(width)
        self._bar.setSingleStep(max(1, round(self._wide())))
        self._bar.setValue(round(self._offset))
        self._bar.blockSignals(False)
        self._bar.setVisible(most >= 1)
        self._repaint()

    def _scrolled(self, value: int) -> None:
        self._offset = float(value)
        self._repaint()

    def _follow(self) -> None:
        """Scrolls when the playhead leaves the view: by a page, or just as far as the mouse pulls it."""
        area, x, wide = self._tracks(), self._x(self._frame), self._wide()
        page = 0.0 if self._drag else 0.75 * max(0.0, area.width() - wide)
        if x < area.left():
            self._set_view(self._zoom, self._offset - (area.left() - x) - page)
        elif x + wide > area.right() + 1:
            past = x + wide - area.right() - 1
            self._set_view(self._zoom, self._offset + past + page)

    # Painting

    def _repaint(self) -> None:
        self._soon.stop()
        self._picture = None
        self.update()

    def _repaint_soon(self) -> None:
        """Of what comes frame by frame: while a clip is rendered a painting for each would take what computes its time."""
        if not self._running:
            self._repaint()
        elif not self._soon.isActive():
            self._soon.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            self._picture = self._painted()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._count:
            painter.setClipRect(self._tracks().adjusted(-GRIP, 0, GRIP, 0))
            self._paint_running(painter, current())
            self._paint_playhead(painter, current())
        painter.end()

    def _painted(self) -> QPixmap:
        """Everything that stands still."""
        scale, theme = self.devicePixelRatioF(), current()
        picture = QPixmap(self.size() * scale)
        picture.setDevicePixelRatio(scale)
        picture.fill(theme.color("window"))
        painter = QPainter(picture)
        self._paint_names(painter, theme)
        for index in range(1, 3 + len(LANES)):
            painter.fillRect(self._row(index), theme.color("base"))
        if self._count:
            painter.setClipRect(self._tracks().adjusted(-GRIP, 0, GRIP, 0))
            self._paint_ruler(painter, theme)
            painter.setClipRect(self._tracks())
            self._paint_pictures(painter, self._row(1), self._thumbnails)
            if not self._thumbnails:
                self._write_what_comes(painter, theme)
            for first, length, state in self._runs():
                if state is not FrameState.rendering:
                    paint_state(painter, self._run_area(first, length), state, theme)
            for index, name in enumerate(LANES):
                self._paint_pictures(painter, self._row(3 + index), self._lanes[name])
                self._paint_levels(painter, theme, self._row(3 + index), self._levels[name])
            self._paint_edited(painter, theme)
            self._paint_outside(painter, theme)
            painter.setClipRect(self._tracks().adjusted(-GRIP, 0, GRIP, 0))
            self._paint_handles(painter, theme)
        painter.end()
        return picture

    def _paint_names(self, painter: QPainter, theme: Theme) -> None:
        painter.setPen(theme.color("muted"))
        rows = [self._row(1), *(self._row(3 + k) for k in range(len(LANES)))]
        for name, row in zip(self._row_names(), rows, strict=True):
            area = QRect(GRID, row.top(), row.left() - 2 * GRID, row.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)

    def _write_what_comes(self, painter: QPainter, theme: Theme) -> None:
        """In the empty strip: what fills it."""
        painter.setPen(theme.color("muted"))
        area = self._row(1).adjusted(GRID, 0, -GRID, 0)
        text = self.tr("Space plays the motion, Render makes its frames")
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_ruler(self, painter: QPainter, theme: Theme) -> None:
        """Frame numbers, from 1 as designers count, each with its time where there is room."""
        metrics = painter.fontMetrics()
        number, full = metrics.horizontalAdvance("0000"), metrics.horizontalAdvance("0000  00:00.0") + 2 * GRID
        step = self._step(full)
        row = self._row(0)
        seen = self._seen()
        small = self._step(GRID)
        for frame in range(seen.start - seen.start % small, seen.stop, small):
            x = self._x(frame)
            labelled = frame % step == 0
            painter.setPen(theme.color("muted" if labelled else "line"))
            painter.drawLine(QPointF(x, row.bottom() - (GRID if labelled else GAP)), QPointF(x, row.bottom()))
        for frame in range(seen.start - seen.start % step, seen.stop, step):
            x = self._x(frame) + GAP
            painter.setPen(theme.color("text"))
            painter.drawText(QPointF(x, row.bottom() - GAP), str(frame + 1))
            painter.setPen(theme.color("muted"))
            text = str(frame + 1)
            at = x + metrics.horizontalAdvance(text) + GAP if len(text) < 4 else x + number + GAP
            painter.drawText(QPointF(at, row.bottom() - GAP), timecode(frame, self._fps))

    def _step(self, pixels: float) -> int:
        """Frames between two things that need so many pixels: a round number."""
        return next((step for step in _NICE if step * self._wide() >= pixels), _NICE[-1])

    def _slots(self, width: float) -> Iterator[range]:
        """The frames in view in groups about as wide as a picture; a group keeps its frames while the strip scrolls."""
        step = max(1, round(width / self._wide()))
        seen = self._seen()
        for first in range(seen.start - seen.start % step, seen.stop, step):
            yield range(first, min(first + step, self._count))

    def _paint_pictures(self, painter: QPainter, row: QRect, pictures: PictureRow) -> None:
        """One picture in each slot: of the first frame there that has one; its middle, where the slot is narrower."""
        if not pictures:
            return
        scale = self.devicePixelRatioF()
        for slot in self._slots(pictures.width):
            picture = pictures.first(slot, scale)
            if picture is None:
                continue
            left, width = round(self._x(slot.start)), picture.width() / scale
            room = min(round(self._x(slot.start + len(slot))) - left - 1, width)
            source = QRectF((width - room) / 2 * scale, 0, room * scale, picture.height())
            painter.drawPixmap(QRectF(left, row.top(), room, row.height()), picture, source)

    def _paint_levels(self, painter: QPainter, theme: Theme, row: QRect, levels: dict[int, float]) -> None:
        color = theme.color("accent", 0.7)
        wide, seen = self._wide(), self._seen()
        gap = 1.0 if wide >= 4 else 0.0
        for frame, level in levels.items():
            if frame in seen:
                height = max(1.0, level * row.height())
                painter.fillRect(QRectF(self._x(frame), row.bottom() + 1 - height, wide - gap, height), color)

    def _runs(self) -> Iterator[tuple[int, int, FrameState]]:
        """Neighbours in view of one state: first frame, how many, state."""
        first = self._seen().start
        for state, group in groupby(self._states[first : self._seen().stop]):
            length = len(list(group))
            yield first, length, state
            first += length

    def _run_area(self, first: int, length: int) -> QRectF:
        row = self._row(2)
        left, right = self._x(first), self._x(first + length)
        return QRectF(left, row.top() + 1, max(1.0, right - left - (1 if self._wide() >= 4 else 0)), row.height() - 1)

    def _paint_running(self, painter: QPainter, theme: Theme) -> None:
        seen = self._seen()
        for frame in self._running:
            if frame in seen:
                paint_state(painter, self._run_area(frame, 1), FrameState.rendering, theme, self._phase)

    def _move_dots(self) -> None:
        self._phase = (self._phase + 1) % 4
        self.update(self._row(2))

    def _paint_edited(self, painter: QPainter, theme: Theme) -> None:
        """A brush on frames that were mended; where they stand closer than brushes, the first of them has it."""
        row, after = self._row(1), -1e9
        scale = self.devicePixelRatioF()
        mark = pixmap("brush", theme.accent, _MARK - 2, scale)
        for frame in sorted(self._edited):
            x = self._x(frame)
            painter.fillRect(QRectF(x, row.bottom() - 2, max(2.0, self._wide() - 1), 3), theme.color("accent"))
            if x >= after:
                badge = QRectF(x + 1, row.top() + 1, _MARK + 2, _MARK + 2)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("window"))
                painter.drawRoundedRect(badge, 3, 3)
                painter.drawPixmap(badge.topLeft() + QPointF(2, 2), mark)
                after = x + _MARK + 4

    def _paint_outside(self, painter: QPainter, theme: Theme) -> None:
        """Veils what is before in and after out."""
        first, last = self._span()
        area = self._tracks()
        veil = theme.color("window", 0.65)
        top, bottom = _RULER, area.bottom()
        if self._x(first) > area.left():
            painter.fillRect(QRectF(QPointF(area.left(), top), QPointF(self._x(first), bottom)), veil)
        if self._x(last + 1) < area.right():
            painter.fillRect(QRectF(QPointF(self._x(last + 1), top), QPointF(area.right() + 1, bottom)), veil)

    def _paint_handles(self, painter: QPainter, theme: Theme) -> None:
        """Brackets at in and out; between them a line, double where it is played again and again."""
        first, last = self._span()
        left, right = self._x(first), self._x(last + 1)
        pen = QPen(theme.color("accent"), 2)
        painter.setPen(pen)
        for y in (1, 4) if self._loop else (1,):
            painter.drawLine(QPointF(left, y), QPointF(right, y))
        for x, inward in ((left, 5), (right, -5)):
            painter.drawLine(QPointF(x, 1), QPointF(x, _RULER + _STRIP + _BAND))
            painter.drawLine(QPointF(x, _RULER + _STRIP + _BAND), QPointF(x + inward, _RULER + _STRIP + _BAND))

    def _paint_playhead(self, painter: QPainter, theme: Theme) -> None:
        x, wide = self._x(self._frame), self._wide()
        middle = x + wide / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if wide > 3:
            painter.setPen(QPen(theme.color("text"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(x, _RULER, wide - 1, _STRIP + _BAND))
        painter.setPen(QPen(theme.color("text"), 1.5))
        painter.drawLine(QPointF(middle, GRID), QPointF(middle, self._height() - GAP))
        painter.setPen(QPen(theme.color("window"), 1))
        painter.setBrush(theme.color("accent" if self.hasFocus() else "text"))
        top = _RULER - 13
        head = [(-6, top), (6, top), (6, top + 6), (0, top + 12), (-6, top + 6)]
        painter.drawPolygon(QPolygonF([QPointF(middle + dx, y) for dx, y in head]))

    # Mouse and keys

    def _grip(self, position: QPointF) -> str:
        """What the mouse would take there."""
        if position.y() <= _RULER + _STRIP + _BAND:
            first, last = self._span()
            near_in, near_out = abs(position.x() - self._x(first)), abs(position.x() - self._x(last + 1))
            in_ruler = position.y() <= _RULER
            if in_ruler and near_out <= GRIP and near_out < near_in:
                return "out"
            if in_ruler and near_in <= GRIP:
                return "in"
        return "frame"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._count or event.position().x() < self._tracks().left() - GRIP:
            super().mousePressEvent(event)
        elif event.button() == Qt.MouseButton.MiddleButton:
            self._drag = _Drag("view", event.position().x(), self._offset)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._drag = _Drag(self._grip(event.position()))
            self._dragged(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag:
            self._dragged(event.position())
        elif self._count:
            over = self._grip(event.position()) in ("in", "out")
            self.setCursor(Qt.CursorShape.SizeHorCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag:
            self._say()
            self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On a handle: gives the point up."""
        grip = self._grip(event.position()) if self._count else ""
        if grip in ("in", "out"):
            first, last = self._points
            self._want_points(None if grip == "in" else first, None if grip == "out" else last)
        else:
            self.mousePressEvent(event)

    def _dragged(self, position: QPointF) -> None:
        assert self._drag is not None
        first, last = self._span()
        if self._drag.what == "view":
            self._set_view(self._zoom, self._drag.offset - (position.x() - self._drag.x))
        elif self._drag.what == "in":
            frame = min(max(round(self._place(position.x())), 0), last)
            self._want_points(frame or None, self._points[1])
        elif self._drag.what == "out":
            frame = max(min(round(self._place(position.x())) - 1, self._count - 1), first)
            self._want_points(self._points[0], frame if frame < self._count - 1 else None)
        else:
            frame = self.frame_at(position.x())
            if frame != self._frame or self._wanted is not None:
                self._wanted = frame
                self._turn.start()
            self.set_frame(frame)

    def _want_points(self, first: int | None, last: int | None) -> None:
        if (first, last) != self._points:
            self.set_points(first, last)
            self._wanted_points = (first, last)
            self._turn.start()

    def _say(self) -> None:
        """Says what the mouse wants by now; what it wanted on the way is skipped."""
        self._turn.stop()
        frame, self._wanted = self._wanted, None
        points, self._wanted_points = self._wanted_points, None
        if frame is not None:
            self.frame_requested.emit(frame)
        if points is not None:
            self.points_changed.emit(*points)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Up and down zooms at the mouse; sideways, or with Shift, scrolls."""
        turn = event.angleDelta()
        sideways = turn.x() or (turn.y() if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0)
        if sideways:
            self._set_view(self._zoom, self._offset - (event.pixelDelta().x() or sideways / 2))
        elif turn.y():
            self.zoom(1.25 ** (turn.y() / 120), event.position().x())
        event.accept()

    # What it says of itself

    def describe(self, frame: int) -> str:
        """A frame in words: its number, time, state, and whether it was mended."""
        self._check(frame)
        words = [
            self.tr("Frame {0} of {1}").format(frame + 1, self._count),
            timecode(frame, self._fps),
            {
                FrameState.missing: self.tr("not rendered"),
                FrameState.fresh: self.tr("rendered"),
                FrameState.stale: self.tr("changed since it was rendered"),
                FrameState.rendering: self.tr("rendering"),
                FrameState.failed: self.tr("failed"),
            }[self._states[frame]],
        ]
        if frame in self._edited:
            words.append(self.tr("mended by hand"))
        return self.tr(", ").join(words)

    def _describe(self) -> None:
        self.setAccessibleDescription(self.describe(self._frame) if self._count else self.tr("No clip"))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            inside = self._count and self._tracks().contains(event.pos())
            QToolTip.showText(event.globalPos(), self.describe(self.frame_at(event.pos().x())) if inside else "", self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            place = self._offset / self._tracks().width()
            self._gutter = self._names_width()
            self._lay_out(place)
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        before = event.oldSize().width() - self._gutter - GRID
        self._lay_out(self._offset / before if before > 0 else 0.0)

    def _lay_out(self, place: float) -> None:
        """place: how much is scrolled away, in widths of the view."""
        area = self._tracks()
        self._bar.setGeometry(area.left(), self._height(), area.width(), _BAR)
        self._set_view(self._zoom, place * area.width())

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def _check(self, frame: int) -> None:
        if not 0 <= frame < self._count:
            raise IndexError(f"the clip has {self._count} frames, and none is number {frame}")


def paint_state(painter: QPainter, area: QRectF, state: FrameState, theme: Theme, phase: int = 0) -> None:
    """A frame's state as colour and pattern. phase: moves the dots of running ones."""
    painter.save()
    if state is FrameState.fresh:
        painter.fillRect(area, theme.color("good"))
    elif state is FrameState.missing:
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -1.5))
    else:
        color = {
            FrameState.stale: theme.color("warning"),
            FrameState.rendering: theme.color("accent"),
            FrameState.failed: theme.color("error"),
        }[state]
        pattern = {
            FrameState.stale: Qt.BrushStyle.BDiagPattern,
            FrameState.rendering: Qt.BrushStyle.Dense5Pattern,
            FrameState.failed: Qt.BrushStyle.DiagCrossPattern,
        }[state]
        painter.setBrushOrigin(QPoint(phase, 0))
        painter.fillRect(area, QBrush(QColor(color.red(), color.green(), color.blue(), 70)))
        painter.fillRect(area, QBrush(color, pattern))
        painter.setPen(QPen(color, 1))
        painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -1.5))
    painter.restore()
