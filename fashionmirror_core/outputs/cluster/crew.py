"""Workers that are kept busy: they are hired, given one task after the other, and replaced when they end.

A worker that ends costs its task, which is tried again on another. What the tasks are and in which order they come, an
``Agenda`` decides; it runs in the driver, and nothing there is shared between threads.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import fashionmirror_core
from fashionmirror_core.errors import InputError
from fashionmirror_core.outputs.cluster.connection import Cluster
from fashionmirror_core.outputs.cluster.worker import Worker, identity

RETRIES = 3  # after the first try
START_SECONDS = 180.0  # in which one worker must be ready: a cluster may be busy, and an engine takes a while to load
_POLL_SECONDS = 0.2


@dataclass(eq=False)
class Task:
    """A call of what the workers loaded.

    arguments: values, or references to what lies in the object store. group: tasks of one group follow each other on one
    worker where they can. fetched: whether the payload comes to the driver, or stays in the store as a reference.
    subject: what it is about, hashable, for the agenda; its failures are counted by it.
    """

    method: str
    arguments: tuple[Any, ...]
    group: Hashable
    fetched: bool
    subject: Any


class Agenda(Protocol):
    """What is to be done. Tasks come back by exactly one of the three: done, again or given up."""

    @property
    def over(self) -> bool: ...

    def take(self, last: Hashable) -> Task | None:
        """The next task for a worker whose last one was of this group; None where there is none at the moment."""

    def done(self, task: Task, answer: Any, payload: Any) -> None: ...

    def again(self, task: Task, inputs_lost: bool) -> None:
        """A worker ended at it, or what it was given is no longer in the store."""

    def given_up(self, task: Task, reason: str) -> None: ...


class _Nothing:
    """An agenda without tasks."""

    over = True

    def take(self, last: Hashable) -> Task | None:
        return None

    def done(self, task: Task, answer: Any, payload: Any) -> None: ...
    def again(self, task: Task, inputs_lost: bool) -> None: ...
    def given_up(self, task: Task, reason: str) -> None: ...


_NOTHING = _Nothing()


@dataclass(eq=False)
class _Hand:
    """A worker. call, payload: references of what it is at; host: its computer, known when it is ready."""

    actor: Any
    call: Any
    payload: Any = None
    task: Task | None = None
    group: Hashable = None
    host: str = ""


class Crew:
    """A context manager, at whose end the workers are let go.

    make: what a worker loads; it is sent there by its name, with its arguments. most: workers for which there is work.
    """

    def __init__(self, cluster: Cluster, make: Callable[[], Any], most: int | None = None) -> None:
        self._ray, self._count = cluster.ray, min(cluster.workers, most or cluster.workers)
        self._kind = cluster.ray.remote(Worker).options(max_restarts=0, **cluster.needs)
        self._order = cluster.ray.put(make)
        self._hands: list[_Hand] = []
        self._failures: Counter[Hashable] = Counter()
        self._false_starts = 0
        self._last_ready = time.monotonic()

    def work(self, agenda: Agenda) -> Iterator[None]:
        """Works until the agenda is over; yields several times a second, for the driver to take what has come.

        Raises InputError where no worker can work for this installation, and what a call raised.
        """
        self._last_ready = time.monotonic()
        while True:
            self._hire()
            self._hand_out(agenda)
            yield
            if agenda.over:
                return
            self._wait(agenda)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for hand in self._hands:
            self._ray.kill(hand.actor)
        self._hands.clear()

    def put(self, value: Any) -> Any:
        """A reference to the value, which goes to the object store."""
        return self._ray.put(value)

    def begin(self) -> None:
        """Waits until every worker is ready; raises as ``work`` does."""
        self._hire()
        while not all(hand.host for hand in self._hands):
            self._wait(_NOTHING)
            self._hire()

    def usage(self) -> list[tuple[float, float]]:
        """What each worker has used, see ``Worker.usage``."""
        return self._ray.get([hand.actor.usage.remote() for hand in self._hands])

    def _hire(self) -> None:
        while len(self._hands) < self._count:
            actor = self._kind.remote()
            self._hands.append(_Hand(actor, actor.begin.remote(identity(), self._order)))

    def _hand_out(self, agenda: Agenda) -> None:
        for hand in self._hands:
            if hand.call is None and (task := agenda.take(hand.group)) is not None:
                hand.task, hand.group = task, task.group
                call = hand.actor.call.options(num_returns=2)
                hand.call, hand.payload = call.remote(task.method, *task.arguments)

    def _wait(self, agenda: Agenda) -> None:
        at_work = {hand.call: hand for hand in self._hands if hand.call is not None}
        if not at_work:  # an agenda to which something may still come
            time.sleep(_POLL_SECONDS)
            return
        done, _ = self._ray.wait(list(at_work), num_returns=1, timeout=_POLL_SECONDS)
        for call in done:
            hand = at_work[call]
            try:
                answer = self._ray.get(call)
                fetched = hand.task is not None and hand.task.fetched
                payload = self._ray.get(hand.payload) if fetched else hand.payload
            except self._ray.exceptions.RayError as error:
                self._failed(agenda, hand, error)
                continue
            task, hand.task, hand.call, hand.payload = hand.task, None, None, None
            if task is None:
                self._ready(hand, *answer)
            else:
                agenda.done(task, answer, payload)
        if any(hand.host for hand in self._hands):
            self._last_ready = time.monotonic()
        elif time.monotonic() - self._last_ready > START_SECONDS:
            raise InputError(
                f"No worker was ready within {START_SECONDS:.0f} s; the cluster has no free core, memory or GPU for one."
            )

    def _ready(self, hand: _Hand, host: str, refusal: str) -> None:
        if refusal:
            raise InputError(refusal)
        hand.host = host
        self._false_starts = 0

    def _failed(self, agenda: Agenda, hand: _Hand, error: Exception) -> None:
        kinds = self._ray.exceptions
        cause = error.cause if isinstance(error, kinds.RayTaskError) else error
        lost = isinstance(cause, kinds.ObjectLostError)
        if isinstance(error, kinds.RayTaskError) and not lost:  # raised by what runs there
            self._raise(hand, cause, error)
        task = hand.task
        if lost and task is not None:
            hand.task, hand.call, hand.payload = None, None, None
            reason = "what it needed was lost with another worker"
        else:
            self._ray.kill(hand.actor)  # it may only be out of reach
            self._hands.remove(hand)
            out_of_memory = isinstance(cause, kinds.OutOfMemoryError)
            reason = "its worker ran out of memory" if out_of_memory else "its worker ended"
        if task is None:
            self._false_starts += 1
            if self._false_starts > RETRIES and not any(other.host for other in self._hands):
                raise InputError(f"The workers end while they begin ({_line(cause)}); look into Ray's logs.") from error
            return
        self._failures[task.subject] += 1
        if self._failures[task.subject] > RETRIES:
            agenda.given_up(task, f"{reason}, {self._failures[task.subject]} times")
        else:
            agenda.again(task, inputs_lost=lost)

    def _raise(self, hand: _Hand, cause: Exception, error: Exception) -> None:
        """As it would be raised without a cluster; what can't even begin is another installation."""
        if isinstance(cause, InputError):
            raise InputError(str(cause)) from error
        if hand.task is None:
            raise InputError(
                f"A worker can't begin ({type(cause).__name__}: {_line(cause)}); install FashionMirror "
                f"{fashionmirror_core.__version__} on every computer of the cluster."
            ) from error
        raise RuntimeError(f"{type(cause).__name__} on {hand.host}: {_line(cause)}") from error


def _line(error: Exception) -> str:
    """Its first line; Ray adds whole tracebacks."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
