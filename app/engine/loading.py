"""Torch's libraries, loaded without stopping the window.

``import torch`` opens some hundred megabytes of shared libraries with the interpreter's lock held: half a second in which
no other thread runs, the window's neither. A foreign call gives the lock away; what the loader has opened once, the
import then finds there.
"""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path


def preload_torch() -> bool:
    """Opens what ``import torch`` will open, in its order and manner; whether that worked. If not, the import does it."""
    if "torch" in sys.modules or os.name != "posix":  # elsewhere torch first tells the system where its libraries are
        return False
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    return preload(Path(spec.origin).parent / "lib", "dylib" if sys.platform == "darwin" else "so")


def preload(folder: Path, suffix: str) -> bool:
    """See ``preload_torch``; folder: of the libraries."""
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    libraries = (("libtorch_global_deps", ctypes.RTLD_GLOBAL), ("libtorch_python", ctypes.RTLD_LOCAL))
    return all(
        dlopen(os.fsencode(folder / f"{name}.{suffix}"), os.RTLD_NOW | visible) is not None
        for name, visible in libraries
    )
