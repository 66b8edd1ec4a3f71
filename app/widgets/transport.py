"""Playing a clip: which frame is due now, and the buttons that say so.

The clock decides which frame is shown, the timer only when to look: a frame that took long to draw is followed by the one
that is due, so that a clip never plays slower than it is. Frames that nobody could have seen are left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from app.widgets.icons import icon
from app.widgets.theme import GAP, GRID, ICON

FASTEST = 4.0  # times the clip's own speed, forwards and backwards
ROUNDING = 1e-6  # frames: a sum of floating-point times must not lag a frame
LOOK_MS = 4  # between two looks at the clock: fine enough for 240 frames a second


def timecode(frame: int, fps: float) -> str:
    """Where a frame stands in its clip: minutes, seconds and tenths, ``00:01.4``."""
    tenths = int(frame / fps * 10 + 1e-6) if fps > 0 else 0
    return f"{tenths // 600:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"


class Transport(QObject):
    """The playhead of a clip of ``count`` frames: frame, speed, and the part from in to out that is played.

    clock: seconds, never going back.
    """

    frame_changed = Signal(int)
    speed_changed = Signal(float)  # times the clip's speed; 0 stands still
    points_changed = Signal(object, object)  # in and out as frames; None is the clip's end
    loop_changed = Signal(bool)
    clip_changed = Signal(int, float)  # frames, frames a second

    def __init__(self, parent: QObject | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
        super().__init__(parent)
        self._clock = clock
        self._count, self._fps = 0, 25.0
        self._frame = 0
        self._speed = 0.0
        self._points: tuple[int | None, int | None] = (None, None)
        self._loop = True
        self._since = 0.0  # when the clock was last read into `_place`
        self._place = 0.0  # the playhead between frames, in frames
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.tick)

    @property
    def count(self) -> int:
        return self._count

    @property
    def fps(self) -> float:
        return self._fps

    @property
    def frame(self) -> int:
        return self._frame

    @property
    def speed(self) -> float:
        return self._speed

    @property
    def playing(self) -> bool:
        return self._speed != 0

    @property
    def points(self) -> tuple[int | None, int | None]:
        return self._points

    @property
    def range(self) -> tuple[int, int]:
        """First and last frame of the part that is played."""
        end = max(0, self._count - 1)
        first, last = self._points
        first = 0 if first is None else min(first, end)
        return first, max(first, end if last is None else min(last, end))

    @property
    def loop(self) -> bool:
        return self._loop

    def set_clip(self, count: int, fps: float) -> None:
        """Another clip, or none (0 frames); the playhead stays where it can."""
        if count < 0 or not fps > 0:
            raise ValueError(f"a clip can't have {count} frames at {fps} a second")
        if (count, fps) == (self._count, self._fps):
            return
        self._count, self._fps = count, fps
        if count < 2:
            self.pause()
        self.clip_changed.emit(count, fps)
        self._show(self._frame)
        self._anchor()

    def set_points(self, first: int | None, last: int | None) -> None:
        """The part that is played; None is the clip's end. The other way round is no part, and refused."""
        if first is not None and last is not None and first > last:
            raise ValueError(f"the in point {first} is after the out point {last}")
        if (first, last) == self._points:
            return
        self._points = (first, last)
        self.points_changed.emit(first, last)

    def set_in(self) -> None:
        """The part begins at the playhead; an out point before that is given up."""
        last = self._points[1]
        self.set_points(self._frame, None if last is not None and last < self._frame else last)

    def set_out(self) -> None:
        """The part ends at the playhead; an in point after that is given up."""
        first = self._points[0]
        self.set_points(None if first is not None and first > self._frame else first, self._frame)

    def clear_points(self) -> None:
        self.set_points(None, None)

    def nudge(self, in_by: int = 0, out_by: int = 0) -> None:
        """Moves the in point, the out point, or both, by frames; one can't pass the other."""
        if not self._count:
            return
        first, last = self.range
        if in_by:
            self.set_points(min(max(first + in_by, 0), last), self._points[1])
        if out_by:
            self.set_points(self._points[0], max(min(last + out_by, self._count - 1), self.range[0]))

    def set_loop(self, loop: bool) -> None:
        if loop != self._loop:
            self._loop = loop
            self.loop_changed.emit(loop)

    def seek(self, frame: int) -> None:
        """Goes to a frame, or to the clip's nearest; playing goes on from there."""
        self._show(frame)
        self._anchor()

    def step(self, frames: int) -> None:
        """Stops, and goes on by so many frames."""
        self.pause()
        self.seek(self._frame + frames)

    def to_start(self) -> None:
        """To the in point; from there, or from before it, to the clip's first frame."""
        first = self.range[0]
        self.seek(first if self._frame > first else 0)

    def to_end(self) -> None:
        """To the out point; from there, or from after it, to the clip's last frame."""
        last = self.range[1]
        self.seek(last if self._frame < last else self._count - 1)

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def play(self, speed: float = 1.0) -> None:
        """Plays at so many times the clip's speed, backwards below 0; from the far end it begins again."""
        if self._count < 2 or not speed:
            return
        first, last = self.range
        start, end = (first, last) if speed > 0 else (last, first)
        if not first <= self._frame <= last or (self._frame == end and first != last):
            self._show(start)
        self._anchor()
        self._set_speed(max(-FASTEST, min(FASTEST, speed)))
        self._timer.start()

    def pause(self) -> None:
        self._timer.stop()
        self._set_speed(0.0)

    def shuttle(self, direction: int) -> None:
        """J (-1), K (0) and L (1): the same key again plays twice as fast, the other one turns round."""
        if not direction:
            self.pause()
        elif self._speed * direction > 0:
            self.play(self._speed * 2)
        else:
            self.play(float(direction))

    def tick(self) -> None:
        """Shows the frame that is due. The timer calls it; a late call shows a later frame."""
        if not self.playing:
            return
        now = self._clock()
        self._place += (now - self._since) * self._fps * self._speed
        self._since = now
        first, last = self.range
        if first <= self._place + ROUNDING < last + 1:
            self._show(int(self._place + ROUNDING))
        elif self._loop and last > first:
            self._place = first + (self._place + ROUNDING - first) % (last + 1 - first)
            self._show(int(self._place + ROUNDING))
        else:
            end = last if self._speed > 0 else first
            self.pause()
            self._show(end)

    def _anchor(self) -> None:
        """The clock starts at the frame that is shown: at its beginning, or at its end when playing backwards."""
        self._place = self._frame + (0.999 if self._speed < 0 else 0.0)
        self._since = self._clock()

    def _set_speed(self, speed: float) -> None:
        if speed != self._speed:
            turned = speed * self._speed <= 0
            self._speed = speed
            if turned:
                self._anchor()
            self.speed_changed.emit(speed)

    def _show(self, frame: int) -> None:
        frame = max(0, min(frame, self._count - 1))
        if frame != self._frame:
            self._frame = frame
            self.frame_changed.emit(frame)


class TransportBar(QWidget):
    """Buttons, timecode and frame number of a transport. A click leaves the focus where it was: at the picture."""

    def __init__(self, transport: Transport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._transport = transport
        self.setAccessibleName(self.tr("Transport"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP // 2)
        self._buttons: list[QToolButton] = []
        for name, text, slot in (
            ("first", self.tr("First frame"), transport.to_start),
            ("previous", self.tr("One frame back"), lambda: transport.step(-1)),
        ):
            row.addWidget(self._button(name, text, slot))
        self.play_button = self._button("play", self.tr("Play"), transport.toggle)
        row.addWidget(self.play_button)
        for name, text, slot in (
            ("next", self.tr("One frame on"), lambda: transport.step(1)),
            ("last", self.tr("Last frame"), transport.to_end),
        ):
            row.addWidget(self._button(name, text, slot))
        row.addSpacing(GRID)
        row.addWidget(self._button("in", self.tr("In point here"), transport.set_in))
        row.addWidget(self._button("out", self.tr("Out point here"), transport.set_out))
        self.loop_button = self._button("loop", self.tr("Play again and again"), None)
        self.loop_button.setCheckable(True)
        self.loop_button.setChecked(transport.loop)
        self.loop_button.toggled.connect(transport.set_loop)
        row.addWidget(self.loop_button)
        row.addSpacing(2 * GRID)
        self.time_label = self._label(self.tr("Time"), "00:00.0")
        self.frame_label = self._label(self.tr("Frame"), self.tr("frame {0} / {1}").format(9999, 9999))
        self.frame_label.setProperty("muted", True)
        self.speed_label = self._label(self.tr("Speed"), "−0.25×")
        self.speed_label.setProperty("muted", True)
        for label in (self.time_label, self.frame_label, self.speed_label):
            row.addWidget(label)
            row.addSpacing(GRID)
        row.addStretch(1)

        transport.frame_changed.connect(self._update_place)
        transport.clip_changed.connect(self._update_place)
        transport.speed_changed.connect(self._update_speed)
        transport.loop_changed.connect(self.loop_button.setChecked)
        self._update_place()
        self._update_speed(transport.speed)

    def _button(self, name: str, text: str, slot: Callable[[], None] | None) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setIcon(icon(name))
        button.setIconSize(QSize(ICON, ICON))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(text)
        button.setAccessibleName(text)
        if slot is not None:
            button.clicked.connect(lambda: slot())
        self._buttons.append(button)
        return button

    def _label(self, name: str, widest: str) -> QLabel:
        """A number that changes while it plays: as wide as it can get, so that nothing beside it moves."""
        label = QLabel(self)
        label.setAccessibleName(name)
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest))
        return label

    def _update_place(self) -> None:
        count, frame = self._transport.count, self._transport.frame
        self.time_label.setText(timecode(frame, self._transport.fps))
        self.frame_label.setText(self.tr("frame {0} / {1}").format(frame + 1 if count else 0, count))
        for button in self._buttons:
            button.setEnabled(count > 0)

    def _update_speed(self, speed: float) -> None:
        text = self.tr("Pause") if speed else self.tr("Play")
        self.play_button.setIcon(icon("pause" if speed else "play"))
        self.play_button.setToolTip(text)
        self.play_button.setAccessibleName(text)
        self.speed_label.setText("" if speed in (0.0, 1.0) else f"{speed:g}×".replace("-", "−"))
