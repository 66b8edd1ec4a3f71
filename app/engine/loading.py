"""Large libraries, loaded without stopping the window.

``import torch`` opens some hundred megabytes of shared libraries with the interpreter's lock held: half a second in which
no other thread runs, the window's neither. A foreign call gives the lock away; what the loader has opened once, the
import then finds there. And what libraries make of objects stays: Python's garbage collector would look through all of
them, a third of a second at a time and with the lock held, each time that their number has grown by a quarter.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_EXTENSIONS = {  # the large ones of a package, below its folder
    "cv2": "cv2*.so",
    "llvmlite": "binding/libllvmlite.*",
    "mediapipe": "python/_framework_bindings*.so",
}

_uncollected = 0  # loads under way, of all threads
_modules_before = 0  # the first of them
_counting = threading.Lock()
_opening = threading.Lock()


@contextmanager
def without_collections() -> Iterator[None]:
    """No garbage is collected while libraries are loaded in here, and later collections pass over what was loaded.

    Of several threads the last to leave lets the collector go on.
    """
    global _uncollected, _modules_before
    with _counting:
        if not _uncollected:
            _modules_before = len(sys.modules)
        _uncollected += 1
        gc.disable()
    try:
        yield
    finally:
        with _counting:
            _uncollected -= 1
            if not _uncollected:
                if len(sys.modules) > _modules_before:  # else what would stay is garbage
                    gc.freeze()
                gc.enable()


def preload_engine() -> None:
    """Opens all that the engine will open; a second thread waits for the first.

    Whoever imports an extension meanwhile waits for the system's loader with the interpreter's lock held, and everybody
    with it: threads that import call this before.
    """
    with _opening:
        preload_torch()
        preload_extensions("llvmlite", "mediapipe")


def preload_torch() -> bool:
    """Opens what ``import torch`` will open, in its order and manner; whether that worked. If not, the import does it."""
    if "torch" in sys.modules or os.name != "posix":  # elsewhere torch first tells the system where its libraries are
        return False
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    return preload(Path(spec.origin).parent / "lib", "dylib" if sys.platform == "darwin" else "so")


def preload_extensions(*packages: str) -> None:
    """Opens the large extension modules of these packages, which are imported soon; what isn't there is left out."""
    if os.name != "posix":
        return
    for package in packages:
        spec = None if package in sys.modules else find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
            for file in Path(folder).glob(_EXTENSIONS[package]):
                _opened(file, os.RTLD_LOCAL)


def _opened(file: Path, visible: int) -> bool:
    """Whether the loader could open it; the call gives the interpreter's lock away."""
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    return dlopen(os.fsencode(file), os.RTLD_NOW | visible) is not None


def preload(folder: Path, suffix: str) -> bool:
    """See ``preload_torch``; folder: of the libraries."""
    libraries = (("libtorch_global_deps", ctypes.RTLD_GLOBAL), ("libtorch_python", ctypes.RTLD_LOCAL))
    return all(_opened(folder / f"{name}.{suffix}", visible) for name, visible in libraries)
