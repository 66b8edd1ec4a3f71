"""Work that another thread does meanwhile: NumPy, OpenCV and the kernels let go of Python's lock while they are busy."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

_MOST = 4  # threads: no more things can be done at a time

Result = TypeVar("Result")


def meanwhile(make: Callable[[], Result]) -> Callable[[], Result]:
    """Begins ``make`` in another thread. What comes back waits for its result, or raises what it raised.

    Where there is one core, it is made when it is asked for. What runs here must not wait for more that runs here.
    """
    if _cores() < 2:
        return cache(make)
    return _pool().submit(make).result


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(_cores() - 1, _MOST), "meanwhile")


@cache
def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if hasattr(os, "register_at_fork"):  # a child process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
