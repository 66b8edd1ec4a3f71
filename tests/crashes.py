"""Crashes at every point of what writes: the process ends right before its k-th change of the disk, for each k.

The changes are counted by Python's own audit events, so that no writer can leave one out: opening for writing, renaming,
removing, making folders and links. From the crash on no further change succeeds, as if the process were gone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate")
_MOST = 400  # crash points of one writer; more is an endless loop


class Crash(BaseException):
    """The process is gone."""


class _Disk:
    """What the audit hook looks at; a hook can't be taken off again."""

    def __init__(self) -> None:
        self.root: str | None = None
        self.left = 0
        self.done = 0
        self.truncated: list[str] = []

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.root is None:
            return
        if event == "open":
            path, _, flags = arguments
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
            if not writes or not isinstance(path, (str, bytes, os.PathLike)):
                return
            name = os.fsdecode(path)
            if self.left > 0 and flags & os.O_TRUNC and ".part" not in name and os.path.exists(name):
                self.truncated.append(name)
        elif event in _CHANGES:
            path = arguments[0]
            if not isinstance(path, (str, bytes, os.PathLike)):
                return
            name = os.fsdecode(path)
        else:
            return
        # ``rmtree`` names what it removes within its folder.
        if os.path.isabs(name) and not name.startswith(self.root):
            return
        self.left -= 1
        if self.left < 0:
            raise Crash
        self.done += 1


_disk = _Disk()
_hooked = False


@contextmanager
def crash_before(step: int, root: Path) -> Iterator[_Disk]:
    """Within it, the process ends before its ``step``-th change (from 0) below ``root``; the ``Crash`` goes no further."""
    global _hooked
    if not _hooked:
        sys.addaudithook(_disk.hook)
        _hooked = True
    _disk.root, _disk.left, _disk.done, _disk.truncated = str(root), step, 0, []
    try:
        yield _disk
    except Crash:
        pass
    finally:
        _disk.root = None


def every_crash(root: Path, begin: Callable[[Path], None], write: Callable[[Path], None]) -> Iterator[Path]:
    """A fresh folder below ``root`` for each point at which ``write`` may end, as a crash there leaves it.

    begin(folder): what was there before. write(folder): the new; it may change nothing in place. The last folder is of a
    run that wasn't stopped.
    """
    for step in range(_MOST):
        folder = root / f"crash-{step}"
        folder.mkdir()
        begin(folder)
        with crash_before(step, root) as disk:
            write(folder)
        assert disk.truncated == [], "a file was opened for writing under its own name"
        yield folder
        if disk.left >= 0:
            assert step > 0, "nothing was written"
            return
    raise AssertionError(f"more than {_MOST} changes of the disk")


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file below a folder, hidden ones too; None for a folder without files."""
    return {
        path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() or not any(path.iterdir())
    }
