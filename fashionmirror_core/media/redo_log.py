"""The log of changes that take several steps: what was decided is finished after a crash, the rest is taken back.

Each change has a file in the user's state folder, under a lock that dies with its process: a line of JSON for each hidden
folder that it makes, and one, the last, when all is whole and shall be put in place. See ``files``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fashionmirror_core import places
from fashionmirror_core.media import manifest

_ASIDE = ".fashionmirror-old"
_DAY = 86_400  # seconds
_RECORDS_KEPT = 60 * _DAY  # of changes on a drive that isn't plugged in

live: set[Path] = set()  # hidden folders of this process's changes
_swept: set[Path] = set()  # folders that were looked through for what nobody remembers


@dataclass(frozen=True)
class Item:
    """One file or folder of a change. target: absolute, links followed. was: what stood there when it was decided."""

    staging: Path
    name: str
    folder: bool
    was: list[int] | None = None

    @property
    def target(self) -> Path:
        return self.staging.parent / self.name

    @property
    def new(self) -> Path:
        return self.staging / self.name

    @property
    def aside(self) -> Path:
        return self.staging / _ASIDE / self.name


def free_name(path: Path) -> Path:
    """This name, or one like it where something has it."""
    number, free = 2, path
    while os.path.lexists(free):
        number, free = number + 1, path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


# --- the steps ------------------------------------------------------------------------------------------------------


def swap(items: Iterable[Item]) -> None:
    """Puts the new in place of the old; what is done already isn't done again."""
    for item in items:
        old_stands = os.path.lexists(item.target) and not os.path.lexists(item.aside)
        # What came there after it was decided is somebody's newer work.
        if os.path.lexists(item.new) and old_stands and (item.folder or signature(item.target) == item.was):
            item.aside.parent.mkdir(exist_ok=True)
            os.rename(item.target, item.aside)
    for item in items:
        if os.path.lexists(item.new) and not os.path.lexists(item.target):
            os.rename(item.new, item.target)


def undo(items: list[Item]) -> None:
    """Back to the old, after a step that the system refused."""
    for item in reversed(items):
        if not os.path.lexists(item.new) and os.path.lexists(item.target):
            os.rename(item.target, item.new)
        if os.path.lexists(item.aside):
            os.rename(item.aside, item.target)
    for item in items:
        with contextlib.suppress(OSError):
            item.aside.parent.rmdir()


def tidy(items: Iterable[Item]) -> None:
    """Removes the old; of a folder, what this program wrote. The rest goes back to its place."""
    for item in items:
        if item.folder and item.aside.is_dir():
            ours, _ = manifest.sorted_out(item.aside)
            for file in sorted({entry.name for entry in os.scandir(item.aside)} - {manifest.NAME}):
                if file in (ours or ()):
                    (item.aside / file).unlink()
                else:
                    os.rename(item.aside / file, free_name(item.target / file))
            (item.aside / manifest.NAME).unlink(missing_ok=True)  # last: without it nothing would be known as ours
            item.aside.rmdir()
        elif os.path.lexists(item.aside):
            item.aside.unlink()
    for item in items:
        remove_staging(item.staging)


def remove_staging(staging: Path) -> None:
    """Removes what isn't needed any more, never what was set aside."""
    with contextlib.suppress(OSError):
        (staging / _ASIDE).rmdir()
    if not os.path.lexists(staging / _ASIDE):
        shutil.rmtree(staging, ignore_errors=True)


def signature(path: Path) -> list[int] | None:
    """What tells that a file is still the same; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [0, 0, 0] if stat.S_ISDIR(status.st_mode) else [status.st_ino, status.st_size, status.st_mtime_ns]


# --- after a crash --------------------------------------------------------------------------------------------------


class Record:
    """The log of one change: a line of JSON for each thing that is noted, under a lock that dies with its process.

    Where there is no folder for it the change goes without.
    """

    def __init__(self, path: Path | None, descriptor: int) -> None:
        self._path, self._descriptor = path, descriptor

    @classmethod
    def begun(cls, token: str) -> Record:
        folder = _records()
        path = folder / f"{token}.log"
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            for _ in range(3):
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
                if _locked(descriptor) is not False and _is(descriptor, path):
                    return cls(path, descriptor)
                os.close(descriptor)  # somebody's ``heal`` was quicker and took it for one of a dead process
        return cls(None, -1)

    def note(self, **what: Any) -> None:
        if self._path is not None:
            os.write(self._descriptor, (json.dumps(what) + "\n").encode())

    def close(self, keep: bool) -> None:
        if self._path is not None:
            try:
                if not keep and os.name != "nt":
                    self._path.unlink(missing_ok=True)
            finally:
                os.close(self._descriptor)
            if not keep and os.name == "nt":  # an open file can't be removed there
                with contextlib.suppress(OSError):
                    self._path.unlink(missing_ok=True)


def heal() -> bool:
    """Finishes or takes back what changes of dead processes left. Quick where there is nothing to do; never fails.

    Returns whether a living process is putting something in place right now.
    """
    try:
        paths = [Path(entry.path) for entry in os.scandir(_records()) if entry.name.endswith(".log")]
    except OSError:
        return False
    busy = False
    for path in paths:
        with contextlib.suppress(OSError):
            busy |= _heal(path)
    return busy


def settle(seconds: float = 2.0) -> None:
    """Heals, and waits for what is being put in place: read several files that belong together after this."""
    end = time.monotonic() + seconds
    while heal() and time.monotonic() < end:
        time.sleep(0.01)


def _heal(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDWR)
    try:
        lock = _locked(descriptor)
        age = time.time() - os.fstat(descriptor).st_mtime
        if not _is(descriptor, path):
            return False
        stagings, decided = _read_record(path)
        if lock is False or (lock is None and age < _DAY):
            return bool(decided)
        if decided:
            swap(decided)
            tidy(decided)
        for staging in stagings:
            if staging not in live:
                remove_staging(staging)
        away = [staging for staging in stagings if not os.path.isdir(staging.parent)]
        left = [staging for staging in stagings if os.path.lexists(staging)]
        if not left and (not away or age > _RECORDS_KEPT):
            path.unlink()
    finally:
        os.close(descriptor)
    if os.name == "nt" and not left and not away:
        path.unlink(missing_ok=True)
    return False


def _read_record(path: Path) -> tuple[list[Path], list[Item]]:
    """The hidden folders of a change, and its items if it was decided. A line that was cut short says nothing."""
    stagings: list[Path] = []
    decided: list[Item] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError, TypeError, KeyError):
            note = json.loads(line)
            if "staging" in note:
                stagings.append(_checked(Path(note["staging"])))
            else:
                decided = [Item(_checked(Path(at)), *rest) for at, *rest in note["decided"]]
    if not all(isinstance(item.name, str) and Path(item.name).name == item.name for item in decided):
        decided = []
    return stagings, decided


def _checked(staging: Path) -> Path:
    if not manifest.STAGING.fullmatch(staging.name):
        raise ValueError(f"{staging} is no folder of a change")
    return staging


def sweep(folder: Path) -> None:
    """Once for each folder: puts back and removes what changes left whose log is lost, after a day."""
    if folder in _swept:
        return
    _swept.add(folder)
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            if manifest.STAGING.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    _put_back(Path(entry.path))


def _put_back(staging: Path) -> None:
    if staging in live or (_records() / f"{staging.name[15:27]}.log").exists():
        return
    newest = max([staging.stat().st_mtime, *(entry.stat().st_mtime for entry in os.scandir(staging))])
    if time.time() - newest < _DAY:
        return
    if (staging / _ASIDE).is_dir():
        for old in list((staging / _ASIDE).iterdir()):
            if not os.path.lexists(staging.parent / old.name):
                os.rename(old, staging.parent / old.name)
    remove_staging(staging)


def _records() -> Path:
    return places.state() / "unfinished"


def _locked(descriptor: int) -> bool | None:
    """Takes the lock of a file, without waiting: False where another holds it, None where the system can't tell."""
    try:
        if os.name == "nt":
            import msvcrt

            os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # beyond what is read
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return None
    return True


def _is(descriptor: int, path: Path) -> bool:
    """Whether the open file still has this name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False
