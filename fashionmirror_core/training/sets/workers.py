"""Work that several processes share, and that ends with the process that shared it out, however that one ends."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from fashionmirror_core.errors import InputError
from fashionmirror_core.workers import worker_processes

Job = TypeVar("Job")
Result = TypeVar("Result")

AHEAD = 2  # jobs handed out for each process: none waits for its next one


def shared_out(
    work: Callable[[Job], Result], jobs: Iterable[Job], processes: int, begin: Callable[[], object]
) -> Generator[Result, None, None]:
    """The results of ``work`` on each job, as they get ready.

    work, begin: pickled for new processes; each of these calls ``begin`` first. All end at once when this process ends,
    killed too, and when the results are no longer asked for. Raises the exception of a job, and InputError where a
    process was killed.
    """
    try:
        with worker_processes(processes, begin) as pool:
            waiting: set[Future[Result]] = set()
            queue = iter(jobs)
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


_NOTHING = object()
