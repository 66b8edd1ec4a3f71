"""What the timeline looks like: each of its parts painted from a scale and what is known of the frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from app.engine.frames import FrameState
from app.widgets.icons import pixmap
from app.widgets.picture_row import PictureRow
from app.widgets.theme import GAP, GRID, Theme
from app.widgets.timeline_scale import BAND, HEIGHT, LANES, RULER, STRIP, Scale
from app.widgets.transport import timecode

GRIP = 7  # pixels around a handle or the playhead in which the mouse takes it
_MARK = 14  # pixels of the brush mark on an edited frame


class TimelinePainter:
    """A painter, with where things are and their colours. ratio: pixels of the screen for a logical one."""

    def __init__(self, painter: QPainter, scale: Scale, theme: Theme, ratio: float) -> None:
        self._painter, self._scale, self._theme, self._ratio = painter, scale, theme, ratio

    def clip(self, grip: bool = False) -> None:
        """To where frames are; with ``grip`` and to what the mouse takes at either end."""
        reach = GRIP if grip else 0
        self._painter.setClipRect(self._scale.tracks.adjusted(-reach, 0, reach, 0))

    def ground(self) -> None:
        """The empty rows below the ruler."""
        for index in range(1, 3 + len(LANES)):
            self._painter.fillRect(self._scale.row(index), self._theme.color("base"))

    def names(self, names: Sequence[str]) -> None:
        """Of the strip and the lanes, beside them."""
        self._painter.setPen(self._theme.color("muted"))
        rows = [self._scale.row(1), *(self._scale.row(3 + k) for k in range(len(LANES)))]
        for name, row in zip(names, rows, strict=True):
            area = QRect(GRID, row.top(), row.left() - 2 * GRID, row.height())
            self._painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)

    def note(self, text: str) -> None:
        """In the empty strip: what fills it."""
        self._painter.setPen(self._theme.color("muted"))
        area = self._scale.row(1).adjusted(GRID, 0, -GRID, 0)
        text = self._painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        self._painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def ruler(self, fps: float) -> None:
        """Frame numbers, from 1 as designers count, each with its time where there is room."""
        painter, scale, theme = self._painter, self._scale, self._theme
        metrics = painter.fontMetrics()
        number, full = metrics.horizontalAdvance("0000"), metrics.horizontalAdvance("0000  00:00.0") + 2 * GRID
        step = scale.step(full)
        row, seen = scale.row(0), scale.seen
        small = scale.step(GRID)
        for frame in range(seen.start - seen.start % small, seen.stop, small):
            x = scale.x(frame)
            labelled = frame % step == 0
            painter.setPen(theme.color("muted" if labelled else "line"))
            painter.drawLine(QPointF(x, row.bottom() - (GRID if labelled else GAP)), QPointF(x, row.bottom()))
        for frame in range(seen.start - seen.start % step, seen.stop, step):
            x = scale.x(frame) + GAP
            painter.setPen(theme.color("text"))
            painter.drawText(QPointF(x, row.bottom() - GAP), str(frame + 1))
            painter.setPen(theme.color("muted"))
            text = str(frame + 1)
            at = x + metrics.horizontalAdvance(text) + GAP if len(text) < 4 else x + number + GAP
            painter.drawText(QPointF(at, row.bottom() - GAP), timecode(frame, fps))

    def pictures(self, index: int, pictures: PictureRow) -> None:
        """Of a row: one in each slot, of the first frame there that has one; its middle, where the slot is narrower."""
        if not pictures:
            return
        scale, ratio, row = self._scale, self._ratio, self._scale.row(index)
        for slot in scale.slots(pictures.width):
            picture = pictures.first(slot, ratio)
            if picture is None:
                continue
            left, width = round(scale.x(slot.start)), picture.width() / ratio
            room = min(round(scale.x(slot.start + len(slot))) - left - 1, width)
            source = QRectF((width - room) / 2 * ratio, 0, room * ratio, picture.height())
            self._painter.drawPixmap(QRectF(left, row.top(), room, row.height()), picture, source)

    def levels(self, index: int, levels: Mapping[int, float]) -> None:
        """Of a row: a bar for each frame, as high as its level in [0, 1]."""
        color = self._theme.color("accent", 0.7)
        scale, row = self._scale, self._scale.row(index)
        wide, seen = scale.wide, scale.seen
        gap = 1.0 if wide >= 4 else 0.0
        for frame, level in levels.items():
            if frame in seen:
                height = max(1.0, level * row.height())
                bar = QRectF(scale.x(frame), row.bottom() + 1 - height, wide - gap, height)
                self._painter.fillRect(bar, color)

    def states(self, states: Sequence[FrameState]) -> None:
        """The band below the strip, but for frames that are being rendered: neighbours of one state at once."""
        seen = self._scale.seen
        first = seen.start
        for state, group in groupby(states[first : seen.stop]):
            length = len(list(group))
            if state is not FrameState.rendering:
                paint_state(self._painter, self._run_area(first, length), state, self._theme)
            first += length

    def running(self, frames: Iterable[int], phase: int) -> None:
        """What is being rendered. phase: of its dots."""
        seen = self._scale.seen
        for frame in frames:
            if frame in seen:
                paint_state(self._painter, self._run_area(frame, 1), FrameState.rendering, self._theme, phase)

    def _run_area(self, first: int, length: int) -> QRectF:
        scale, row = self._scale, self._scale.row(2)
        left, right = scale.x(first), scale.x(first + length)
        return QRectF(left, row.top() + 1, max(1.0, right - left - (1 if scale.wide >= 4 else 0)), row.height() - 1)

    def edited(self, frames: Iterable[int]) -> None:
        """A brush on frames that were mended; where they stand closer than brushes, the first of them has it."""
        painter, scale, theme = self._painter, self._scale, self._theme
        row, after = scale.row(1), -1e9
        mark = pixmap("brush", theme.accent, _MARK - 2, self._ratio)
        for frame in sorted(frames):
            x = scale.x(frame)
            painter.fillRect(QRectF(x, row.bottom() - 2, max(2.0, scale.wide - 1), 3), theme.color("accent"))
            if x >= after:
                badge = QRectF(x + 1, row.top() + 1, _MARK + 2, _MARK + 2)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("window"))
                painter.drawRoundedRect(badge, 3, 3)
                painter.drawPixmap(badge.topLeft() + QPointF(2, 2), mark)
                after = x + _MARK + 4

    def outside(self, first: int, last: int) -> None:
        """Veils what is before in and after out."""
        area = self._scale.tracks
        left, right = self._scale.x(first), self._scale.x(last + 1)
        veil = self._theme.color("window", 0.65)
        top, bottom = RULER, area.bottom()
        if left > area.left():
            self._painter.fillRect(QRectF(QPointF(area.left(), top), QPointF(left, bottom)), veil)
        if right < area.right():
            self._painter.fillRect(QRectF(QPointF(right, top), QPointF(area.right() + 1, bottom)), veil)

    def handles(self, first: int, last: int, loop: bool) -> None:
        """Brackets at in and out; between them a line, double where it is played again and again."""
        left, right = self._scale.x(first), self._scale.x(last + 1)
        self._painter.setPen(QPen(self._theme.color("accent"), 2))
        for y in (1, 4) if loop else (1,):
            self._painter.drawLine(QPointF(left, y), QPointF(right, y))
        foot = RULER + STRIP + BAND
        for x, inward in ((left, 5), (right, -5)):
            self._painter.drawLine(QPointF(x, 1), QPointF(x, foot))
            self._painter.drawLine(QPointF(x, foot), QPointF(x + inward, foot))

    def playhead(self, frame: int, focused: bool) -> None:
        painter, theme = self._painter, self._theme
        x, wide = self._scale.x(frame), self._scale.wide
        middle = x + wide / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if wide > 3:
            painter.setPen(QPen(theme.color("text"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(x, RULER, wide - 1, STRIP + BAND))
        painter.setPen(QPen(theme.color("text"), 1.5))
        painter.drawLine(QPointF(middle, GRID), QPointF(middle, HEIGHT - GAP))
        painter.setPen(QPen(theme.color("window"), 1))
        painter.setBrush(theme.color("accent" if focused else "text"))
        top = RULER - 13
        head = [(-6, top), (6, top), (6, top + 6), (0, top + 12), (-6, top + 6)]
        painter.drawPolygon(QPolygonF([QPointF(middle + dx, y) for dx, y in head]))


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
