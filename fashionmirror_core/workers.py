"""Processes that work for this one and never outlive it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait

from fashionmirror_core import memory
from fashionmirror_core.media.redo_log import heal


@contextlib.contextmanager
def worker_processes(count: int, begin: Callable[[], object] | None = None) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes. begin: called in each before its first work.

    When the block is left by an exception, an interrupt among them, the workers end at once and what they had half
    written is removed. They end by themselves when this process is killed.
    """
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin, (begin,))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        own = set(multiprocessing.active_children()) - others
        for process in own:
            process.kill()
        for process in own:
            process.join()
        heal()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(begin: Callable[[], object] | None) -> None:
    memory.keep_little()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # they often go to the whole group; the parent ends its workers
        if number := getattr(signal, name, None):  # Windows has no SIGHUP
            signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    if begin is not None:
        begin()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
