"""The timeline: a strip of the clip's frames with what is known of each under it, and the playhead across all of it.

What changes seldom (ruler, thumbnails, states, lanes) is painted into one picture that is kept; the playhead and what is
being rendered are drawn over it, so that playing costs a line a frame. Only thumbnails that fit are drawn, however long
the clip is. While the mouse scrubs, the newest frame is asked for, once in each turn of the event loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QScrollBar, QSizePolicy, QToolTip, QWidget

from app.engine.frames import FrameState
from app.widgets.picture_row import PictureRow
from app.widgets.theme import GRID, MOTION_MS, current
from app.widgets.timeline_painting import GRIP, TimelinePainter
from app.widgets.timeline_scale import BAND, HEIGHT, LANE, LANES, RULER, STRIP, Scale
from app.widgets.transport import timecode

WIDEST = 96.0  # pixels of a frame at the closest zoom
_SOON = 200  # milliseconds
_BAR = 10  # pixels, height of the scroll bar


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
        self._thumbnails = PictureRow(STRIP)
        self._lanes = {name: PictureRow(LANE) for name in LANES}
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
        scale = self.scale
        x = scale.x(self._frame + 0.5) if x is None else x
        zoom = min(max(self._zoom * factor, 1.0), max(1.0, WIDEST * self._count / scale.tracks.width()))
        wide = scale.tracks.width() * zoom / self._count
        self._set_view(zoom, scale.place(x) * wide - (x - scale.tracks.left()))

    # Geometry

    def sizeHint(self) -> QSize:
        return QSize(640, HEIGHT + _BAR)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, HEIGHT + _BAR)

    def _names_width(self) -> int:
        """Pixels at the left for the rows' names."""
        metrics = QFontMetrics(self.font())
        return max(metrics.horizontalAdvance(name) for name in self._row_names()) + 2 * GRID

    def _row_names(self) -> list[str]:
        return [self.tr("Frames"), self.tr("Clothing"), self.tr("Removed"), self.tr("Attention")]

    @property
    def scale(self) -> Scale:
        """Where frames are now."""
        width = max(1, self.width() - self._gutter - GRID)
        return Scale(QRect(self._gutter, 0, width, HEIGHT), self._count, self._zoom, self._offset)

    def _span(self) -> tuple[int, int]:
        """First and last frame of the part from in to out."""
        end = max(0, self._count - 1)
        first, last = self._points
        first = 0 if first is None else min(first, end)
        return first, max(first, end if last is None else min(last, end))

    def _playhead_area(self) -> QRect:
        x = self.scale.x(self._frame)
        return QRect(int(x) - GRIP, 0, int(self.scale.wide) + 2 * GRIP + 2, HEIGHT)

    def _set_view(self, zoom: float, offset: float) -> None:
        self._zoom = zoom
        width = self.scale.tracks.width()
        most = max(0.0, width * zoom - width)
        self._offset = min(max(offset, 0.0), most)
        self._bar.blockSignals(True)
        self._bar.setRange(0, round(most))
        self._bar.setPageStep(width)
        self._bar.setSingleStep(max(1, round(self.scale.wide)))
        self._bar.setValue(round(self._offset))
        self._bar.blockSignals(False)
        self._bar.setVisible(most >= 1)
        self._repaint()

    def _scrolled(self, value: int) -> None:
        self._offset = float(value)
        self._repaint()

    def _follow(self) -> None:
        """Scrolls when the playhead leaves the view: by a page, or just as far as the mouse pulls it."""
        area, x, wide = self.scale.tracks, self.scale.x(self._frame), self.scale.wide
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
            paint = TimelinePainter(painter, self.scale, current(), self.devicePixelRatioF())
            paint.clip(grip=True)
            paint.running(self._running, self._phase)
            paint.playhead(self._frame, self.hasFocus())
        painter.end()

    def _painted(self) -> QPixmap:
        """Everything that stands still."""
        ratio, theme = self.devicePixelRatioF(), current()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.color("window"))
        painter = QPainter(picture)
        paint = TimelinePainter(painter, self.scale, theme, ratio)
        paint.names(self._row_names())
        paint.ground()
        if self._count:
            paint.clip(grip=True)
            paint.ruler(self._fps)
            paint.clip()
            paint.pictures(1, self._thumbnails)
            if not self._thumbnails:
                paint.note(self.tr("Space plays the motion, Render makes its frames"))
            paint.states(self._states)
            for index, name in enumerate(LANES, 3):
                paint.pictures(index, self._lanes[name])
                paint.levels(index, self._levels[name])
            paint.edited(self._edited)
            paint.outside(*self._span())
            paint.clip(grip=True)
            paint.handles(*self._span(), self._loop)
        painter.end()
        return picture

    def _move_dots(self) -> None:
        self._phase = (self._phase + 1) % 4
        self.update(self.scale.row(2))

    # Mouse and keys

    def _grip(self, position: QPointF) -> str:
        """What the mouse would take there."""
        if position.y() <= RULER + STRIP + BAND:
            first, last = self._span()
            scale = self.scale
            near_in, near_out = abs(position.x() - scale.x(first)), abs(position.x() - scale.x(last + 1))
            in_ruler = position.y() <= RULER
            if in_ruler and near_out <= GRIP and near_out < near_in:
                return "out"
            if in_ruler and near_in <= GRIP:
                return "in"
        return "frame"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._count or event.position().x() < self.scale.tracks.left() - GRIP:
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
            frame = min(max(round(self.scale.place(position.x())), 0), last)
            self._want_points(frame or None, self._points[1])
        elif self._drag.what == "out":
            frame = max(min(round(self.scale.place(position.x())) - 1, self._count - 1), first)
            self._want_points(self._points[0], frame if frame < self._count - 1 else None)
        else:
            frame = self.scale.frame_at(position.x())
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
            inside = self._count and self.scale.tracks.contains(event.pos())
            QToolTip.showText(
                event.globalPos(), self.describe(self.scale.frame_at(event.pos().x())) if inside else "", self
            )
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            place = self._offset / self.scale.tracks.width()
            self._gutter = self._names_width()
            self._lay_out(place)
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        before = event.oldSize().width() - self._gutter - GRID
        self._lay_out(self._offset / before if before > 0 else 0.0)

    def _lay_out(self, place: float) -> None:
        """place: how much is scrolled away, in widths of the view."""
        area = self.scale.tracks
        self._bar.setGeometry(area.left(), HEIGHT, area.width(), _BAR)
        self._set_view(self._zoom, place * area.width())

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def _check(self, frame: int) -> None:
        if not 0 <= frame < self._count:
            raise IndexError(f"the clip has {self._count} frames, and none is number {frame}")
