"""MediaPipe's solutions, loaded without the rest of its package and without its start-up messages."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
import tempfile
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any


@cache
def solution(name: str) -> types.ModuleType:
    """The module mediapipe.python.solutions.<name>, such as pose, without what its packages import beside it.

    Their ``__init__`` files load matplotlib, audio and every other solution: 0.9 s instead of 0.25 s, and nothing
    that we use. Packages that load their parts when asked for stand in for them; ``mediapipe.solutions.x`` still works.
    """
    if "mediapipe" not in sys.modules:
        spec = importlib.util.find_spec("mediapipe")
        if spec is None or not spec.submodule_search_locations:
            raise ImportError("mediapipe is not installed: install the program's dependencies again")
        root = Path(next(iter(spec.submodule_search_locations)))
        _stand_in("mediapipe", root, "mediapipe.python")
        _stand_in("mediapipe.python.solutions", root / "python" / "solutions", None)
    return importlib.import_module(f"mediapipe.python.solutions.{name}")


def _stand_in(name: str, folder: Path, fallback: str | None) -> None:
    """Registers a package without its ``__init__``: unknown attributes are submodules, or come from ``fallback``."""
    moved = {"solutions": "mediapipe.python.solutions", "tasks": "mediapipe.tasks.python"}

    def attribute(wanted: str) -> Any:
        if wanted.startswith("__"):
            raise AttributeError(wanted)
        if fallback is not None and wanted not in moved:
            return getattr(importlib.import_module(fallback), wanted)
        try:
            return importlib.import_module(moved[wanted] if fallback is not None else f"{name}.{wanted}")
        except ModuleNotFoundError as error:
            raise AttributeError(f"module {name!r} has no attribute {wanted!r}") from error

    package = types.ModuleType(name)
    package.__path__ = [str(folder)]
    package.__dict__["__getattr__"] = attribute
    sys.modules[name] = package


_NOISE = re.compile(
    rb"INFO: Created TensorFlow Lite|WARNING: All log messages before absl|inference_feedback_manager\.cc|"
    rb"landmark_projection_calculator\.cc|gl_context|^\s*$"
)
_stderr_lock = threading.Lock()


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Holds the process's stderr back while MediaPipe's C++ starts, then passes on all but its known start-up lines.

    Its logger takes no setting (GLOG_minloglevel and the like are ignored in 0.10.21).
    """
    with _stderr_lock, tempfile.TemporaryFile() as held:
        try:
            kept = os.dup(2)
        except OSError:  # a windowed program may have no stderr
            yield
            return
        try:
            os.dup2(held.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            for line in held.read().splitlines(keepends=True):
                if not _NOISE.search(line):
                    os.write(2, line)
