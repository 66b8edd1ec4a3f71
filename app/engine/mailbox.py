"""Jobs for the worker thread: the one place where both threads write, behind a lock. The newest job of a kind wins."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from app.engine.exports import ExportRequest
from app.engine.frames import StoredFrame
from app.model.state import LookState


@dataclass(frozen=True, eq=False)
class RenderJob:
    """indices: the frames wanted, None for all. have: keys that are there already. round: see ``JobMailbox.cancel``."""

    indices: tuple[int, ...] | None
    have: frozenset[str]
    round: int


@dataclass(frozen=True, eq=False)
class ExportJob:
    """frames: what is there already, by key. round: see ``JobMailbox.cancel``."""

    request: ExportRequest
    frames: Mapping[str, StoredFrame]
    round: int


@dataclass(frozen=True)
class TurnJob:
    """The still, turned by these degrees."""

    degrees: float


@dataclass(frozen=True, eq=False)
class StateJob:
    """again: also what the user had stopped."""

    state: LookState
    version: int
    again: bool = False


class JobMailbox:
    """The GUI thread puts jobs in, the worker thread takes them out.

    round: counts cancellations; a job of an earlier round than the mailbox's was cancelled.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = LookState()
        self._version = 0
        self._taken = 0
        self._again = False
        self._render: RenderJob | None = None
        self._turn: TurnJob | None = None
        self._exports: list[ExportJob] = []
        self._round = 0
        self._closing = False

    def put_state(self, state: LookState, again: bool = False) -> None:
        with self._lock:
            self._state, self._version = state, self._version + 1
            self._again |= again

    def put_render(self, indices: tuple[int, ...] | None, have: frozenset[str]) -> None:
        """Replaces the render before it, also one that runs."""
        with self._lock:
            self._render = RenderJob(indices, have, self._round)

    def put_turn(self, degrees: float) -> None:
        """Replaces the turn before it."""
        with self._lock:
            self._turn = TurnJob(degrees)

    def take_turn(self) -> TurnJob | None:
        """The turn that is wanted now, if one is; ``take`` won't give it again."""
        with self._lock:
            job, self._turn = self._turn, None
            return job

    def put_export(self, request: ExportRequest, frames: Mapping[str, StoredFrame]) -> None:
        with self._lock:
            self._exports.append(ExportJob(request, frames, self._round))

    def cancel(self) -> None:
        """Everything that was put down until now, except the state."""
        with self._lock:
            self._round += 1

    def close(self) -> None:
        with self._lock:
            self._closing = True
            self._round += 1

    def take(self) -> StateJob | TurnJob | RenderJob | ExportJob | None:
        """What comes next: a new state before a turn before a render before an export."""
        with self._lock:
            if self._closing:
                return None
            if self._taken != self._version:
                return self._state_job()
            if self._turn is not None:
                turn, self._turn = self._turn, None
                return turn
            if self._render is not None:
                job, self._render = self._render, None
                return job
            return self._exports.pop(0) if self._exports else None

    @property
    def closing(self) -> bool:
        return self._closing

    @property
    def round(self) -> int:
        return self._round

    def take_newest(self) -> StateJob:
        """The state as it is wanted now, to be worked on: ``take`` won't give it again."""
        with self._lock:
            return self._state_job()

    def _state_job(self) -> StateJob:
        job = StateJob(self._state, self._version, self._again)
        self._taken, self._again = self._version, False
        return job

    @property
    def newest(self) -> StateJob:
        """The state as it is wanted now, to look at."""
        with self._lock:
            return StateJob(self._state, self._version)

    def outdated(self, version: int) -> bool:
        """Whether another state has come since, or the window closes."""
        return self._closing or self._version != version

    def cancelled(self, job: RenderJob | ExportJob) -> bool:
        return self._closing or self._round != job.round

    @property
    def render_waits(self) -> bool:
        """Whether a newer render has been asked for."""
        return self._render is not None
