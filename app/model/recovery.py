"""What a crash would lose: the open look is kept in a recovery file of this window, and found again afterwards.

Each window writes one file, beside a lock that dies with its process: a recovery file whose lock is free belongs to
nobody any more. Inputs stay where they are; only the look and what was painted are written, so a save takes
milliseconds and never touches the GUI thread.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, QRunnable, QThreadPool, QTimer, Signal

from app.model import folders
from app.model.document import Document
from fashionmirror_core.errors import InputError

if TYPE_CHECKING:
    from app.model.project import LoadedProject
    from app.model.state import LookState

AFTER_CHANGE, WHILE_MODIFIED = 2_000, 30_000  # milliseconds
SUFFIX = ".fmirror"
_NAME = re.compile(r"\d+-[0-9a-f]{8}")  # of a window's files: its process and a number of its own

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recoverable:
    """A recovery file that a crashed window left. project: what it had open; None if that was never saved."""

    file: Path
    saved: datetime
    project: Path | None


class Autosave(QObject):
    """Keeps the document's unsaved changes in a recovery file.

    saved: the file holds what was open a moment ago. failed: it can't be written, with cause and remedy; said once
    until a save succeeds. The window calls ``close`` when it closes by the user's wish.
    """

    saved = Signal()
    failed = Signal(str)
    _done = Signal(object, str)  # from the worker: the look, and what went wrong

    def __init__(
        self,
        document: Document,
        folder: Path | None = None,
        after_change: int = AFTER_CHANGE,
        while_modified: int = WHILE_MODIFIED,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._folder = folder or folders.recovery()
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._file = self._folder / f"{self._name}{SUFFIX}"
        self._lock: QLockFile | None = None
        self._claimed: dict[Path, QLockFile] = {}
        self._kept: LookState | None = None  # what the file holds
        self._job: _Job | None = None
        self._again = self._complained = self._closed = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._soon, self._often = QTimer(self), QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(after_change)
        self._often.setInterval(while_modified)
        for timer in (self._soon, self._often):
            timer.timeout.connect(self.save)
        self._done.connect(self._on_done)
        document.changed.connect(self._on_changed)
        document.saved_changed.connect(self._on_saved_changed)
        document.title_changed.connect(self._drop_if_saved)
        self._often.start()

    @property
    def file(self) -> Path:
        """This window's recovery file; it is there while there is something to recover."""
        return self._file

    def save(self) -> None:
        """Writes the recovery file in the background, unless it holds the look already or there is nothing to lose."""
        state = self._document.state
        if self._closed or not self._document.modified or state is self._kept:
            return
        if self._job is not None:
            self._again = True  # the newest look is written when the worker is free
            return
        if not self._locked():
            return
        self._job = _Job(state, self._file, self._document.path, self._done.emit)
        self._pool.start(self._job)

    def pending(self) -> list[Recoverable]:
        """What crashed windows left, newest first. It is this window's to recover or discard until it closes: another
        window that asks meanwhile isn't told.
        """
        from app.model.project import project_origin

        self._sweep_locks()
        found = []
        for file in self._folder.glob(f"*{SUFFIX}"):
            partial = file.name.startswith(".")  # of a save that the crash cut short
            if file != self._file and not partial and self._claim(file):
                with contextlib.suppress(OSError):
                    found.append(Recoverable(file, _moment(file.stat().st_mtime), project_origin(file)))
        return sorted(found, key=lambda item: item.saved, reverse=True)

    def recover(self, item: Recoverable) -> LoadedProject:
        """Makes it the document, as unsaved changes; the old file goes when this window's own holds the look.

        Raises InputError where it can't be read; it stays on disk then, until it is discarded.
        """
        from app.model.project import load_project, save_project

        loaded = load_project(item.file, trusted=True)
        self._document.replace(loaded.state, loaded.origin, modified=True)
        if self._locked():
            save_project(loaded.state, self._file, embed=False, origin=loaded.origin)
            self._kept = loaded.state
            self.discard(item)
        return loaded

    def discard(self, item: Recoverable) -> None:
        """Removes a recovery file for good."""
        for file in (item.file, *self._folder.glob(f".{item.file.stem}.*")):
            with contextlib.suppress(OSError):
                file.unlink()
        if lock := self._claimed.pop(item.file, None):
            lock.unlock()

    def close(self, keep: bool = False) -> None:
        """Ends the worker and removes this window's file. Safe to call twice.

        keep: nobody was asked about unsaved changes (the session ends), so that they are written and stay to be
        recovered.
        """
        if self._closed:
            return
        self._closed = True
        self._soon.stop()
        self._often.stop()
        self._pool.waitForDone()
        if not (keep and self._document.modified and self._kept_whole()):
            self._remove()
        for lock in self._claimed.values():
            lock.unlock()
        self._claimed.clear()
        if self._lock is not None:
            self._lock.unlock()

    def _locked(self) -> bool:
        """Holds this window's lock; it is taken with the first save, so that a window without changes leaves no trace."""
        if self._lock is None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                self._complain(str(error))
                return False
            self._lock = _lock_of(self._file)
        if not self._lock.isLocked() and not self._lock.tryLock(0):
            self._complain(
                self.tr("The folder {folder} isn't writable; check its permissions.").format(folder=self._folder)
            )
            return False
        return True

    def _kept_whole(self) -> bool:
        """Writes what is open now, on this thread; whether the file holds it."""
        state = self._document.state
        if state is not self._kept and self._locked():
            _Job(state, self._file, self._document.path, self._write_ended).run()
        return state is self._kept

    def _write_ended(self, state: LookState, problem: str) -> None:
        if problem:
            log.warning("autosave: %s", problem)
        else:
            self._kept = state

    def _sweep_locks(self) -> None:
        """Removes locks of windows that crashed with nothing to recover."""
        for file in self._folder.glob("*.lock"):
            if _NAME.fullmatch(file.stem) and not file.with_suffix(SUFFIX).exists() and file.stem != self._name:
                lock = _lock_of(file)
                if lock.tryLock(0):
                    lock.unlock()  # which removes it

    def _claim(self, file: Path) -> bool:
        if file not in self._claimed:
            lock = _lock_of(file)
            if not lock.tryLock(0):
                return False
            self._claimed[file] = lock
        return True

    def _on_done(self, state: LookState, problem: str) -> None:
        self._job = None
        if self._closed:
            return
        if problem:
            self._complain(problem)
        else:
            self._kept, self._complained = state, False
            self.saved.emit()
        self._drop_if_saved()
        if self._again:
            self._again = False
            self.save()

    def _on_changed(self, *_: object) -> None:
        self._soon.start()

    def _on_saved_changed(self, saved: bool) -> None:
        if saved:
            self._drop_if_saved()
        else:
            self._soon.start()  # a change that Document.replace brought has no other sign

    def _drop_if_saved(self) -> None:
        """A document that is in its file needs no recovery."""
        if not self._document.modified and self._job is None:
            self._soon.stop()
            self._remove()

    def _remove(self) -> None:
        self._kept = None
        with contextlib.suppress(OSError):
            self._file.unlink()

    def _complain(self, problem: str) -> None:
        log.warning("autosave: %s", problem)
        if not self._complained:
            self._complained = True
            self.failed.emit(problem)


class _Job(QRunnable):
    """One save, off the GUI thread."""

    def __init__(
        self, state: LookState, file: Path, origin: Path | None, report: Callable[[LookState, str], None]
    ) -> None:
        super().__init__()
        self.setAutoDelete(False)  # Python owns it
        self._state, self._file, self._origin, self._report = state, file, origin, report

    def run(self) -> None:
        from app.model.project import save_project

        problem = ""
        try:
            save_project(self._state, self._file, embed=False, origin=self._origin)
        except InputError as error:
            problem = str(error)
        except Exception as error:  # our fault; the window must hear of it all the same
            log.exception("autosave")
            problem = f"{type(error).__name__}: {error}"
        self._report(self._state, problem)


def _moment(seconds: float) -> datetime:
    """A file's time, which a wrong clock may have put where no calendar goes."""
    try:
        return datetime.fromtimestamp(seconds)
    except (OSError, OverflowError, ValueError):
        return datetime(1970, 1, 1)


def _lock_of(file: Path) -> QLockFile:
    """A lock that is stale when its process is gone, however old it is."""
    lock = QLockFile(str(file.with_suffix(".lock")))
    lock.setStaleLockTime(0)
    return lock
