"""The queue's clips on a cluster (``fashionmirror_core.outputs.cluster``): handed out and written by a thread of its own."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.engine import plan
from app.engine.cluster_worker import ClipMaker, paths_of
from app.model.state import LookState
from fashionmirror_core.errors import InputError

if TYPE_CHECKING:
    from fashionmirror_core.outputs.cluster.crew import Crew, Task

_REST_SECONDS = 60.0  # without work, after which the workers are let go
_PARCELS = 200  # inputs that stay in the object store


@dataclass(frozen=True)
class Wish:
    """A clip that is wanted; job: its number in the queue."""

    job: int
    look: LookState
    target: Path


class ClusterLink(QObject):
    """Lives on the GUI thread. ``close`` it before it goes."""

    taken = Signal(int)
    """A worker has begun this job."""
    finished = Signal(int, object, str)
    """(job, a frame of its clip (H, W, 3) uint8 or None, why there is no clip or "")"""
    refused = Signal(str)
    """The cluster can't be used; what is wanted stays undone."""
    failed = Signal(str, str)
    """(message, details): our fault, as of ``Engine``."""

    def __init__(self, parent: QObject, address: str, device: str, stage_size: tuple[int, int]) -> None:
        super().__init__(parent)
        self._address, self._device, self._stage_size = address, device, stage_size
        self._lock = threading.Lock()
        self._wishes: deque[Wish] = deque()
        self._begun: dict[int, Wish] = {}
        self._count = 0
        self._thread: threading.Thread | None = None
        self._closed = False

    def want(self, wishes: Sequence[Wish]) -> None:
        """All that is wanted and hasn't begun, in this order; replaces what was wanted before."""
        with self._lock:
            self._wishes = deque(wishes)
            if wishes and not self._closed and self._thread is None:
                self._thread = threading.Thread(target=self._work, name="cluster", daemon=True)
                self._thread.start()

    def forget(self, job: int) -> None:
        """Nothing is written of a job that has begun."""
        with self._lock:
            self._begun = {number: wish for number, wish in self._begun.items() if wish.job != job}

    def close(self) -> None:
        """Lets the workers go, and waits for it."""
        with self._lock:
            self._closed, thread = True, self._thread
        if thread is not None:
            thread.join()

    @contextlib.contextmanager
    def _crew(self) -> Iterator[Crew]:
        from fashionmirror_core.outputs.cluster.connection import connected
        from fashionmirror_core.outputs.cluster.crew import Crew

        make = partial(ClipMaker, self._device, self._stage_size)
        with connected(self._address, None, self._device) as cluster, Crew(cluster, make) as crew:
            yield crew

    def _work(self) -> None:  # on the thread, as all that follows
        """Until nothing is wanted any more; what is wanted while the workers go gets new ones."""
        while True:
            try:
                with self._crew() as crew:
                    for _ in crew.work(_Clips(self, crew.put)):
                        if self._closed:
                            break
            except InputError as error:
                self._refuse(str(error))
            except Exception as error:
                self.tell(self.failed, f"{type(error).__name__}: {error}", traceback.format_exc())
                self._refuse(f"{type(error).__name__}: {error}")
            with self._lock:
                if self._closed or not self._wishes:
                    self._thread = None
                    return

    def _refuse(self, reason: str) -> None:
        with self._lock:
            self._wishes.clear()
        self.tell(self.refused, reason)

    def tell(self, signal: Any, *what: object) -> None:
        with contextlib.suppress(RuntimeError):  # the window went meanwhile
            signal.emit(*what)

    def begin(self) -> tuple[int, Wish] | None:
        """The next wish, with a number of its own: a job may be cancelled and wanted again while a worker is at it."""
        with self._lock:
            if not self._wishes:
                return None
            self._count += 1
            self._begun[self._count] = self._wishes.popleft()
            return self._count, self._begun[self._count]

    def end(self, number: int, again: bool = False) -> Wish | None:
        """The wish of this number; None where it was forgotten. again: it is the next one once more."""
        with self._lock:
            wish = self._begun.pop(number, None)
            if again and wish is not None:
                self._wishes.appendleft(wish)
            return wish

    @property
    def idle(self) -> bool:
        return not self._wishes


class _Clips:
    """The agenda (``crew.Agenda``) of a link's wishes: each is one task, whose subject is its number."""

    def __init__(self, link: ClusterLink, put: Any) -> None:
        self._link, self._put = link, put
        self._parcels: OrderedDict[tuple[str, int, int], Any] = OrderedDict()
        self._away = 0
        self._last_busy = time.monotonic()

    @property
    def over(self) -> bool:
        if self._away or not self._link.idle:
            self._last_busy = time.monotonic()
        return time.monotonic() - self._last_busy > _REST_SECONDS

    def take(self, last: Hashable) -> Task | None:
        from fashionmirror_core.outputs.cluster.crew import Task

        while (begun := self._link.begin()) is not None:
            number, wish = begun
            try:
                parcels = [self._parcel(path) for path in paths_of(wish.look)]
            except InputError as error:
                self._tell(number, None, str(error))
                continue
            self._away += 1
            self._link.tell(self._link.taken, wish.job)
            return Task("render", (wish.look, *parcels), number, True, number)
        return None

    def done(self, task: Task, answer: tuple[str, str], payload: bytes) -> None:
        self._away -= 1
        reason, details = answer
        if details:
            self._link.tell(self._link.failed, reason, details)
        self._tell(task.subject, payload, reason)

    def again(self, task: Task, inputs_lost: bool) -> None:
        self._away -= 1
        if inputs_lost:
            self._parcels.clear()
        self._link.end(task.subject, again=True)

    def given_up(self, task: Task, reason: str) -> None:
        self._away -= 1
        self._tell(task.subject, None, reason)

    def _tell(self, number: int, content: bytes | None, reason: str) -> None:
        """What came of a wish, unless nobody wants it any more."""
        wish, picture = self._link.end(number), None
        if wish is None:
            return
        if content is not None and not reason:
            try:
                picture = _written(wish.target, content)
            except InputError as error:
                reason = str(error)
        self._link.tell(self._link.finished, wish.job, picture, reason)

    def _parcel(self, path: Path) -> Any:
        """A reference to the input, which goes to the object store once."""
        from fashionmirror_core.outputs.cluster.worker import packed

        key = plan.stamp(path)
        if key not in self._parcels:
            self._parcels[key] = self._put(packed(path))
            while len(self._parcels) > _PARCELS:
                self._parcels.popitem(last=False)
        self._parcels.move_to_end(key)
        return self._parcels[key]


def _written(target: Path, content: bytes) -> np.ndarray:
    """Writes the clip, whole or not at all; a frame from its middle. Raises InputError where it can't be written."""
    from fashionmirror_core.media.files import Change
    from fashionmirror_core.media.reading import VideoReader

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {target.parent} can't be made ({error.strerror}); choose another.") from error
    with Change(overwrite=False) as change:
        change.file(target).write_bytes(content)
    with VideoReader(target) as reader:
        middle = (reader.frame_count or 1) // 2
        return np.ascontiguousarray(next(islice(reader, middle, None)))
