"""Rendering: the button, what it would do, progress with the time left, cancel, draft and final."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from app.engine.notes import Note
from app.model.state import LookState, Quality

if TYPE_CHECKING:
    from app.studio.context import Context

_TELLING = 200  # milliseconds between two lines about the progress


class Rendering(QObject):
    """``busy``: the whole clip, a frame, or an export is being made."""

    began = Signal()  # the whole clip
    ended = Signal(bool)  # True when all of it is there
    busy_changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context = context
        self._bar = context.window.render_bar
        self._doing = self._stopped = ""  # stopped: "motion" while the user has stopped the reading of a video
        self._whole = False
        self._running = self._exporting = False
        self._told = QElapsedTimer()  # since the progress was shown
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._show_idle)
        engine = context.engine
        engine.render_progress.connect(self._progress)
        engine.render_finished.connect(self._finished)
        engine.status.connect(self._status)
        engine.export_progress.connect(self._export_progress)
        engine.export_finished.connect(self._export_finished)
        engine.frames.changed.connect(lambda _: self._soon.start())
        engine.frames.reset.connect(self._soon.start)
        engine.input_failed.connect(self._input_failed)
        engine.look_ready.connect(lambda _: self._soon.start())
        context.document.changed.connect(self._state_changed)
        self._bar.quality_chosen.connect(self.set_quality)
        self._show_idle()

    @property
    def busy(self) -> bool:
        return self._running or self._exporting

    @property
    def whole(self) -> bool:
        """The whole clip is being rendered: it will come to a changed frame by itself."""
        return self._running and self._whole

    def handlers(self) -> dict[str, Callable[..., Any]]:
        return {
            "render.start": self.start,
            "render.cancel": self.cancel,
            "render.frame": self.render_shown,
            "render.draft": lambda _: self.set_quality("draft"),
            "render.final": lambda _: self.set_quality("final"),
        }

    def start(self) -> None:
        """All frames from In to Out that aren't fresh."""
        if self._context.document.state.renderable:
            state = self._context.document.state
            whole = state.in_point is None and state.out_point is None
            self._begin(None if whole else range(self._span[0], self._span[1] + 1), whole=True)
            self.began.emit()

    @property
    def _span(self) -> tuple[int, int]:
        """First and last frame of what Render makes."""
        state = self._context.document.state
        end = max(0, self._context.engine.frames.count - 1)
        return state.in_point or 0, end if state.out_point is None else min(state.out_point, end)

    def render_shown(self) -> None:
        self.render_frame(self._context.window.transport.frame)

    def render_frame(self, frame: int) -> None:
        """One frame, unless the whole clip is under way."""
        if self._context.document.state.renderable and not self.whole:
            self._begin([frame])

    def cancel(self) -> None:
        self._context.engine.cancel()
        self._bar.show_running(self.tr("Stopping after this frame"), 0, 0)

    def exporting(self) -> None:
        """An export was asked for."""
        self._exporting = True
        self.busy_changed.emit()
        self._bar.show_running(self.tr("Exporting"), 0, 0)

    def set_quality(self, quality: str) -> None:
        state = self._context.document.state
        clip = state.clip.model_copy(update={"quality": Quality(quality)})
        self._context.document.apply(state.model_copy(update={"clip": clip}), self.tr("Quality"))

    def _begin(self, frames: Sequence[int] | None, whole: bool = False) -> None:
        self._running, self._whole = True, whole
        self._told.invalidate()
        self.busy_changed.emit()
        self._bar.show_running(self.tr("Rendering"), 0, 0)
        self._context.engine.render(frames)

    def _progress(self, done: int, total: int, left: float) -> None:
        if not self._running or (done < total and self._told.isValid() and self._told.elapsed() < _TELLING):
            return
        self._told.start()
        said = self.tr("Rendering {0} of {1}").format(min(done + 1, total), total)
        if left > 0:
            said = self.tr("{0}, {1} left").format(said, self._duration(left))
        self._bar.show_running(said, done, total)

    def _duration(self, seconds: float) -> str:
        if seconds < 90:
            return self.tr("{0} s").format(max(1, round(seconds)))
        return self.tr("{0} min").format(round(seconds / 60))

    def _finished(self, complete: bool) -> None:
        whole, self._running = self.whole, False
        self.busy_changed.emit()
        self._show_idle()
        if whole:
            self.ended.emit(complete)

    def _export_progress(self, done: int, total: int) -> None:
        self._exporting = True
        self._bar.show_running(self.tr("Exporting {0} of {1}").format(min(done + 1, total), total), done, total)

    def _export_finished(self, path: object) -> None:
        self._exporting = False
        self.busy_changed.emit()
        self._show_idle()

    def _status(self, doing: str) -> None:
        self._doing = doing
        self._context.window.status.show_doing(doing)
        self._context.window.busy.tell("engine", "" if self.busy else doing)

    def _state_changed(self, old: LookState, new: LookState) -> None:
        quality = new.clip.quality.value
        self._bar.show_quality(quality)
        self._context.window.actions_by_id[f"render.{quality}"].setChecked(True)
        self._soon.start()

    def _show_idle(self) -> None:
        """What there is to render, or what it still needs."""
        if self.busy:
            return
        state, frames = self._context.document.state, self._context.engine.frames
        if not state.renderable:
            self._bar.show_idle(self._needs(state.missing), False)
            return
        if waits := self._context.engine.waits_for:
            self._bar.show_idle(self._waits(waits), waits == self._stopped)
            return
        first, last = self._span
        left, part = frames.unrendered_in(first, last), last - first + 1 < frames.count
        if not frames.count:
            self._bar.show_idle("", True)
        elif not left:
            done = self.tr("All frames from In to Out are rendered") if part else self.tr("All frames are rendered")
            self._bar.show_idle(done, False, complete=True)
        elif left == 1:
            self._bar.show_idle(self.tr("1 frame to render"), True)
        elif part:
            self._bar.show_idle(self.tr("{0} frames from In to Out to render").format(left), True)
        else:
            self._bar.show_idle(self.tr("{0} frames to render").format(left), True)

    def _input_failed(self, kind: str, given: object, note: Note) -> None:
        self._stopped = kind if note.remedy == "again" else ""
        self._soon.start()

    def _waits(self, kind: str) -> str:
        if kind == self._stopped:
            return self.tr("Render goes on reading the video")
        return {
            "person": self.tr("Waits for another photo"),
            "garment": self.tr("Waits for another picture of a garment"),
            "motion": self.tr("Waits for another motion"),
        }[kind]

    def _needs(self, missing: list[str]) -> str:
        names = {
            "person": self.tr("a person"),
            "garment": self.tr("a garment"),
            "motion": self.tr("a motion"),
        }
        wanted = [names[name] for name in missing]
        if len(wanted) > 1:
            return self.tr("Needs {0} and {1}").format(self.tr(", ").join(wanted[:-1]), wanted[-1])
        return self.tr("Needs {0}").format(wanted[0]) if wanted else ""
