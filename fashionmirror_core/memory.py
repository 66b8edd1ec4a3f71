"""How much memory a process keeps that it no longer uses.

Pictures of megabytes come and go by the hundred, in several threads. glibc keeps what each thread gave back for that thread
alone: half a gigabyte after a few looks. Other systems' allocators return it by themselves.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

_ARENAS = 2  # heaps that all threads share
_OWN_PAGES = 8 << 20  # bytes: larger blocks go back at once; smaller ones are quicker to use again
_SPARE = 32 << 20  # bytes that a heap's end may keep
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # malloc.h


def keep_little() -> None:
    """This process returns free memory to the system. To be called at its start, before other threads are."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):  # musl has no such knobs
        tune = ctypes.CDLL(None).mallopt
        for parameter, value in ((_ARENA_MAX, _ARENAS), (_MMAP_THRESHOLD, _OWN_PAGES), (_TRIM_THRESHOLD, _SPARE)):
            tune(parameter, value)
