"""How numba's kernels are compiled: without Python's lock, with explicit signatures, once for each user.

The machine code lies in the user's cache folder; ``NUMBA_CACHE_DIR`` names another. Only modules of kernels import this
module's decorators, and nobody imports those modules at the top of a file: importing one compiles it or reads the cache.
"""

from __future__ import annotations

import gc
import os
import tempfile
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from fashionmirror_core import places

# All that hold kernels; the frozen program ships their source.
_KERNELS = ("cloth.contacts", "cloth.threads", "drawing.visibility", "drawing.pixels")
MODULES = tuple(f"fashionmirror_core.{name}" for name in _KERNELS)

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compile_kernels() -> None:
    """Compiles every kernel, or reads it from the cache; seconds the first time. Any thread may call it, at any time."""
    _numba()
    gc.freeze()
    for module in MODULES:
        import_module(module)
        # The compiler's objects stay. Garbage is collected among what comes later alone: among all of them it took up to
        # 0.19 s at a time, with Python's lock held.
        gc.freeze()


def compile_in_background(first: Callable[[], object] | None = None) -> threading.Thread:
    """Begins ``compile_kernels`` in a thread of its own, which the program's end waits for. first: is called there before.

    What fails there fails again, and is told, where something is drawn.
    """

    def compile_quietly() -> None:
        with suppress(Exception):
            if first is not None:
                first()
            compile_kernels()

    thread = threading.Thread(target=compile_quietly, name="kernels")
    thread.start()
    return thread


def are_cached() -> bool:
    """Whether an earlier run left compiled kernels; a guess from the folder, which needs no numba."""
    return any(_folder().rglob("*.nbc"))


def kernel(signature: str) -> Callable[[_Function], _Function]:
    """Compiles a function for these types at once; it runs without Python's lock, and so in several threads."""
    numba = _numba()
    return numba.njit(signature, cache=_can_cache(), nogil=True, error_model="numpy")


def inlined(function: _Function) -> _Function:
    """Compiles a function into the kernels that call it. They must stand in its file: their cache looks at no other."""
    return _numba().njit(function, inline="always", nogil=True, error_model="numpy")


def _folder() -> Path:
    given = os.environ.get("NUMBA_CACHE_DIR")
    return Path(given) if given else places.cache() / "kernels"


@cache
def _can_cache() -> bool:
    """Whether the folder can be written; warns if not: then every start of the program compiles."""
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        warnings.warn(
            f"Compiled code can't be kept in {folder} ({error.strerror}), so each start compiles it again; "
            "make the folder writable, or name another in NUMBA_CACHE_DIR.",
            RuntimeWarning,
            stacklevel=2,
        )
        return False
    return True


@cache
def _numba() -> Any:
    """The module, told where its cache is before it is imported."""
    folder = _folder()
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))
    numba: Any = import_module("numba")
    numba.config.CACHE_DIR = str(folder)  # in case that somebody imported it before us
    return numba
