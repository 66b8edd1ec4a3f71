"""The engine as the window sees it: give it states, render and export; pictures come back by signals.

It lives on the GUI thread and computes nothing there: one worker thread does (``app.engine.worker``). The window's wishes
go into a mailbox, where the newest wins; results come as queued signals.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QObject, QThread, QTimer, Signal

from app.engine import plan
from app.engine.exports import ExportRequest
from app.engine.frames import FrameStore, StoredFrame
from app.engine.mailbox import JobMailbox
from app.engine.notes import Note
from app.engine.reports import Reports
from app.engine.views import LookView
from app.engine.worker import EngineWorker
from app.model.state import LookState

STAGE_SIZE = (256, 192)
_PAUSE = 60  # milliseconds that a state must stay before it is worked on: a slider moves in many small steps
_PERFORMANCES = 16
_FAILURES = 64  # inputs that couldn't be used, of which that is remembered
_PASSED_ON = (
    *("ready", "status", "person_ready", "garment_ready", "motion_ready", "motion_progress", "input_failed"),
    *(
        "look_ready",
        "still_falling",
        "still_turned",
        "render_progress",
        "render_finished",
        "failed",
        "export_progress",
        "export_finished",
    ),
)


class Engine(Reports):
    """See ``Reports`` for what it tells. ``close`` it before it goes."""

    frame_ready = Signal(int)
    """This frame of the clip in ``frames`` has been made."""
    _wake = Signal()

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        device: str = "auto",
        stage_size: tuple[int, int] = STAGE_SIZE,
        threads: int | None = None,
    ) -> None:
        """device: auto, cpu, cuda or mps. stage_size: (H, W). threads: of the core; None leaves it the choice."""
        super().__init__(parent)
        self.frames = FrameStore(self)
        self._state = LookState()
        self._performances: OrderedDict[str, plan.Performance] = OrderedDict()
        self._failed: list[tuple[str, object]] = []  # (kind, input) of those that can't be used
        self._mailbox = JobMailbox()
        self._closed = False
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self._hand_over)
        self._worker = EngineWorker(self._mailbox, device, stage_size, threads)
        self._thread = QThread(self)
        self._worker.moveToThread(self._thread)
        self._wake.connect(self._worker.work)
        for name in _PASSED_ON:
            getattr(self._worker, name).connect(getattr(self, name))
        self._worker.performed.connect(self._performed)
        self._worker.input_failed.connect(self._input_failed)
        self._worker.person_ready.connect(lambda given, _: self._succeeded("person", given=given))
        self._worker.garment_ready.connect(lambda given, _: self._succeeded("garment", given=given))
        self._worker.motion_ready.connect(lambda given, _: self._succeeded("motion", given=given))
        self._worker.look_ready.connect(self._look_ready)
        self._worker.export_finished.connect(lambda _: self._mark())
        self._worker.frame_begun.connect(self.frames.mark_rendering)
        self._worker.frame_made.connect(self._frame_made)
        self._worker.frame_failed.connect(self.frames.mark_failed)
        self._thread.start(QThread.Priority.LowPriority)
        if (application := QCoreApplication.instance()) is not None:
            application.aboutToQuit.connect(self.close)  # a thread that runs when its object goes ends the process

    @property
    def waits_for(self) -> str:
        """Which input of the state can't be used: "person", "garment" or "motion"; "" for none."""
        state = self._state
        given = {"person": (state.person,), "garment": state.garments, "motion": (state.motion,)}
        return next((kind for kind, failed in self._failed if failed in given[kind]), "")

    def start(self) -> None:
        """Loads the core now, and not with the first state."""
        self._hand_over()

    def set_state(self, state: LookState) -> None:
        """The document as it is now: prepares what has changed, and marks the frames that no longer fit."""
        if self._closed:
            return
        self._state = state
        self._mark()
        self._pause.start()

    def reread(self) -> None:
        """Takes up a video again whose reading was cancelled; render and export do so too."""
        if not self._closed:
            self._mailbox.put_state(self._state, again=True)
            self._wake.emit()

    def render(self, indices: Sequence[int] | None = None) -> None:
        """Makes these frames, None for all, as far as they aren't fresh."""
        if self._closed:
            return
        self._pause.stop()
        self._mailbox.put_state(self._state, again=True)
        self._mailbox.put_render(None if indices is None else tuple(indices), self.frames.keys)
        self._wake.emit()

    def turn(self, degrees: float) -> None:
        """Draws the still turned by so much, to the picture's right first; ``still_turned`` brings it. The newest wins."""
        if not self._closed:
            self._mailbox.put_turn(degrees)
            self._wake.emit()

    def export(self, request: ExportRequest) -> None:
        """Makes what is missing at final quality and writes it. One after the other."""
        if self._closed:
            return
        self._pause.stop()
        self._mailbox.put_state(self._state, again=True)
        self._mailbox.put_export(request, self.frames.kept)
        self._wake.emit()

    def cancel(self) -> None:
        """The render, the reading of a video and the exports that are under way; what has come stays."""
        self._mailbox.cancel()

    def close(self) -> None:
        """Cancels, waits for the step that runs, and ends the thread. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._pause.stop()
        self._mailbox.close()
        self._thread.quit()
        self._thread.wait()

    def _hand_over(self) -> None:
        if not self._closed:
            self._mailbox.put_state(self._state)
            self._wake.emit()

    def _mark(self) -> None:
        """Tells the store which frames the state wants, where that is known without the worker."""
        state = self._state
        subject = plan.person_key(state.person) if state.person else ""
        edited = {*state.clothing_edits, *(frame for frame, joints in state.joint_edits.items() if joints)}
        key = plan.poses_key(state)
        if key is None or not state.garments or self.waits_for:
            self.frames.want((), subject)
            return
        performance = self._performances.get(key)
        if performance is None:
            self.frames.want([None] * self.frames.count, subject, edited)
            return
        self.frames.want(
            plan.frame_keys(state, performance.edited(state.joint_edits), self.frames.keys), subject, edited
        )

    def _input_failed(self, kind: str, given: object, note: Note) -> None:
        """What depends on it has nothing to show any more."""
        self._failed = [*self._failed, (kind, given)][-_FAILURES:]
        self._mark()

    def _succeeded(self, *kinds: str, given: object = None) -> None:
        """given: the input that can be used, None for all of these kinds."""
        before = self.waits_for
        self._failed = [each for each in self._failed if each[0] not in kinds or given not in (None, each[1])]
        if self.waits_for != before:
            self._mark()

    def _look_ready(self, look: LookView) -> None:
        self._succeeded("person", "garment", *(["motion"] if look.poses is not None else []))

    def _performed(self, key: str, performance: plan.Performance) -> None:
        self._performances[key] = performance
        self._performances.move_to_end(key)
        while len(self._performances) > _PERFORMANCES:
            self._performances.popitem(last=False)
        if key == plan.poses_key(self._state):
            self._mark()

    def _frame_made(self, key: str, frame: StoredFrame) -> None:
        for index in self.frames.put(key, frame):
            self.frame_ready.emit(index)
