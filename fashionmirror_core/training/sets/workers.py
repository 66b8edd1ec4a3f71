"""Work that several processes share, and that ends with the process that shared it out, however that one ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from threading import Thread
from typing import TypeVar

from fashionmirror_core.errors import InputError

Job = TypeVar("Job")
Result = TypeVar("Result")

AHEAD = 2  # jobs handed out for each process: none waits for its next one


def shared_out(
    work: Callable[[Job], Result], jobs: Iterable[Job], processes: int, begin: Callable[[], object]
) -> Iterator[Result]:
    """The results of ``work`` on each job, as they get ready.

    work, begin: pickled for new processes; each of these calls ``begin`` first. All end at once when this process ends,
    killed too, and when the results are no longer asked for. Raises what a job raises, and InputError where a process
    was killed.
    """
    context = get_context("spawn")
    leash, hand = context.Pipe(duplex=False)
    with leash, hand, ProcessPoolExecutor(processes, context, _begin, (leash, begin)) as pool:
        waiting: set[Future[Result]] = set()
        queue = iter(jobs)
        try:
            while True:
                while len(waiting) < AHEAD * processes and (job := next(queue, _NOTHING)) is not _NOTHING:
                    waiting.add(pool.submit(work, job))  # type: ignore[arg-type]
                if not waiting:
                    return
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            raise InputError(
                "A process that prepared clips was killed, by somebody or for want of memory; go on with fewer --workers."
            ) from error
        finally:
            hand.close()
            pool.shutdown(wait=True, cancel_futures=True)


_NOTHING = object()


def _begin(leash: Connection, begin: Callable[[], object]) -> None:
    """A worker leaves signals, which often go to the whole group, to the process that started it."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):  # Windows has no SIGHUP
            signal.signal(number, signal.SIG_IGN)
    Thread(target=_end_with, args=(leash,), daemon=True).start()
    begin()


def _end_with(leash: Connection) -> None:
    """Nothing is ever sent: the pipe gets ready when the other end is closed, by that process or by its end."""
    wait_for([leash])
    os._exit(1)
