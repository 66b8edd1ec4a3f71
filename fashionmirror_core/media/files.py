"""Files and folders that change as one: the old or the new is there, whatever happens on the way.

What isn't whole yet lies in a hidden folder beside its place and moves there when it is. One new file or folder takes
one step. Several at once, or a folder that replaces another, take a few: they are written down in the user's state
folder before the first (a redo log), and the next start or the next change finishes what a crash left. What was never
decided is removed then. A change whose process lives holds a lock on its log, so nobody touches it.

Needs nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from fashionmirror_core import places
from fashionmirror_core.errors import InputError
from fashionmirror_core.media import manifest
from fashionmirror_core.media.targets import check_target, named, unwritable

_ASIDE = ".fashionmirror-old"
_DAY = 86_400  # seconds
_RECORDS_KEPT = 60 * _DAY  # of changes on a drive that isn't plugged in

_live: set[Path] = set()  # hidden folders of this process's changes
_swept: set[Path] = set()  # folders that were looked through for what nobody remembers


@dataclass(frozen=True)
class _Item:
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


@contextlib.contextmanager
def written_whole(path: str | Path, *, durable: bool = False) -> Iterator[Path]:
    """Where to write a file: it becomes ``path`` on success and is removed on any exception.

    durable: it is on the disk before it replaces what was there. An OSError becomes an InputError with its reason.
    """
    with Change(durable=durable) as change:
        yield change.file(path)


def write_whole(path: str | Path, data: bytes) -> None:
    """Writes a file whole or not at all. Raises InputError where it can't be written."""
    with written_whole(path) as partial:
        partial.write_bytes(data)


class Change:
    """Files and folders that appear under their names together, or not at all.

        with Change() as change:
            clip = change.file("walk.mp4")      # write it there
            frames = change.folder("frames")    # an empty folder to fill

    Leaving the block normally puts all in place, an exception removes what was written. A folder replaces an empty one or
    one that this program filled; files of others that lie there stay. Within another change's files it does nothing of
    its own: that change makes all whole.

    overwrite: whether what an earlier run wrote may be replaced. durable: the bytes are on the disk before they are in
    place. Raises InputError where something can't be written; an OSError in the block becomes one.
    """

    def __init__(self, *, overwrite: bool = True, durable: bool = False) -> None:
        self._overwrite, self._durable = overwrite, durable
        self._token = secrets.token_hex(6)
        self._record: _Record | None = None
        self._items: list[_Item] = []
        self._given: dict[Path, Path] = {}  # where it is written -> as the caller calls it
        self._inner: list[Path] = []  # files within another change
        self._unlisted: set[Path] = set()

    def __enter__(self) -> Change:
        return self

    def file(self, path: str | Path) -> Path:
        """Where to write the file that becomes ``path``."""
        return self._place(Path(path), folder=False)

    def folder(self, path: str | Path, *, listed: bool = True) -> Path:
        """An empty folder that becomes ``path`` with all that is put into it.

        listed: with a hidden list of what this program wrote, without which it is never replaced.
        """
        place = self._place(Path(path), folder=True)
        self._unlisted |= set() if listed else {place}
        return place

    def cancel(self) -> None:
        """Removes what isn't in place; where all is, there is nothing to remove."""
        try:
            self._discard()
        finally:
            self._close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._commit()
                self._inner.clear()
            elif isinstance(error, OSError) and self._concerns(error):
                raise self._reason(error) from error
        except OSError as failure:
            if not self._given:
                raise  # the change around this one knows how the place is called
            raise self._reason(failure) from failure
        finally:
            self.cancel()

    def _place(self, path: Path, folder: bool) -> Path:
        if inside_change(path):
            if not folder:
                self._inner.append(path)
            return path
        check_target(path, folder=folder, overwrite=self._overwrite)
        target = Path(os.path.realpath(path))
        staging = target.parent / f".fashionmirror-{self._token}.part"
        item = _Item(staging, target.name, folder)
        try:
            if self._record is None:
                heal()
                self._record = _Record.begun(self._token)
            self._note(staging=str(staging))
            self._items.append(item)
            self._given[item.new] = path
            if staging not in _live:
                _sweep(staging.parent)
                staging.mkdir()
                _live.add(staging)
            if folder:  # a name that can't be is found out now
                item.new.mkdir()
            else:
                open(item.new, "xb").close()
        except OSError as error:
            raise InputError(unwritable(path, error)) from error
        return item.new

    def _concerns(self, error: OSError) -> bool:
        """Whether writing failed, and not something else in the block. A full disk names no file."""
        at = _place_of(error)
        return bool(self._given) and (at is None or any(at.is_relative_to(item.staging) for item in self._items))

    def _reason(self, error: OSError) -> InputError:
        """Named by the caller's own path; by the first where it can't be told which is meant."""
        at, paths = _place_of(error), list(self._given.values())
        meant = next((path for new, path in self._given.items() if at and at.is_relative_to(new)), paths[0])
        return InputError(unwritable(meant, error))

    # --- the end of it

    def _commit(self) -> None:
        for item in self._items:
            self._check_again(item)
        decided = [_Item(item.staging, item.name, item.folder, _signature(item.target)) for item in self._items]
        for item in decided:
            with contextlib.suppress(OSError):
                shutil.copymode(item.target, item.new)
            if item.folder and item.new not in self._unlisted:
                manifest.write(item.new)
            if self._durable:
                for file in item.new.iterdir() if item.folder else [item.new]:
                    _flush(file)
        if len(decided) == 1 and (decided[0].was is None or not decided[0].folder):
            os.replace(decided[0].new, decided[0].target)
            self._tidy(decided)
        elif decided:
            self._note(decided=[[str(item.staging), item.name, item.folder, item.was] for item in decided])
            self._carry_out(decided)
        if self._durable:
            for parent in {item.staging.parent for item in decided}:
                _flush(parent)

    def _note(self, **what: Any) -> None:
        if self._record is not None:
            self._record.note(**what)

    def _check_again(self, item: _Item) -> None:
        """Minutes may lie between the first look and the end."""
        given = self._given[item.new]
        check_target(given, folder=item.folder, overwrite=self._overwrite)
        if item.folder and item.target.is_dir():
            _, others = manifest.sorted_out(item.target)
            if clash := sorted(others & {entry.name for entry in os.scandir(item.new)}):
                raise InputError(
                    f"{named(given / clash[0])} isn't as this program wrote it; move it away or choose another folder."
                )

    def _carry_out(self, items: list[_Item]) -> None:
        try:
            _swap(items)
        except OSError:
            _undo(items)
            self._note(decided=[])
            raise
        except BaseException:  # an interrupt: it is decided, so it is finished
            _swap(items)
            self._tidy(items)
            raise
        self._tidy(items)

    def _tidy(self, items: list[_Item]) -> None:
        """The new is in place; that something old can't be removed now is no failure."""
        with contextlib.suppress(OSError):
            _tidy(items)

    def _discard(self) -> None:
        for path in self._inner:
            with contextlib.suppress(OSError):
                path.unlink()
        for staging in {item.staging for item in self._items}:
            _remove_staging(staging)

    def _close(self) -> None:
        stagings = {item.staging for item in self._items}
        _live.difference_update(stagings)
        if self._record is not None:
            record, self._record = self._record, None
            record.close(keep=any(map(os.path.lexists, stagings)))


def try_target(path: str | Path, *, folder: bool = False, overwrite: bool = False) -> None:
    """As ``check_target``, and by trying: permission bits say nothing to root, nor of a file system mounted read-only."""
    if inside_change(Path(path)):
        return
    change = Change(overwrite=overwrite)
    try:
        _ = change.folder(path) if folder else change.file(path)
    finally:
        change.cancel()


def _place_of(error: OSError) -> Path | None:
    return Path(os.fsdecode(error.filename)) if isinstance(error.filename, (str, bytes)) else None


def inside_change(path: Path) -> bool:
    """Whether a file belongs to a change of this process that isn't in place yet."""
    return bool(_live) and any(parent in _live for parent in path.parents)


@contextlib.contextmanager
def added(folder: Path, name: str) -> Iterator[Path]:
    """Where to write a file that joins a folder of ours together with the folder's list of what is ours.

    Raises InputError where a file of that name is there that this program didn't write.
    """
    with Change() as change:
        new, text = change.file(folder / name), change.file(folder / manifest.NAME)
        _check_ours(folder / name)
        yield new
        _check_ours(folder / name)  # minutes may lie between
        files = (manifest.listed(folder) or {}) | {name: manifest.entry(new)}
        text.write_text(manifest.as_text(files), encoding="utf-8")


def _check_ours(file: Path) -> None:
    if os.path.lexists(file) and not manifest.unchanged(file.parent, file.name, manifest.listed(file.parent) or {}):
        raise InputError(f"{named(file)} isn't as this program wrote it; move it away.")


def begin_folder(folder: Path) -> None:
    """A folder of ours that grows, file by file (see ``added``): a new one, an empty one, or one begun before.

    Raises InputError for a folder with other files, and where it can't be written.
    """
    check_target(folder, folder=True, overwrite=True, whole=False)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(unwritable(folder, error)) from error
    if manifest.listed(folder) is None:
        write_whole(folder / manifest.NAME, manifest.as_text({}).encode())
    else:
        try_target(folder / manifest.NAME, overwrite=True)


# --- the steps ------------------------------------------------------------------------------------------------------


def _swap(items: Iterable[_Item]) -> None:
    """Puts the new in place of the old; what is done already isn't done again."""
    for item in items:
        old_stands = os.path.lexists(item.target) and not os.path.lexists(item.aside)
        # What came there after it was decided is somebody's newer work.
        if os.path.lexists(item.new) and old_stands and (item.folder or _signature(item.target) == item.was):
            item.aside.parent.mkdir(exist_ok=True)
            os.rename(item.target, item.aside)
    for item in items:
        if os.path.lexists(item.new) and not os.path.lexists(item.target):
            os.rename(item.new, item.target)


def _undo(items: list[_Item]) -> None:
    """Back to the old, after a step that the system refused."""
    for item in reversed(items):
        if not os.path.lexists(item.new) and os.path.lexists(item.target):
            os.rename(item.target, item.new)
        if os.path.lexists(item.aside):
            os.rename(item.aside, item.target)
    for item in items:
        with contextlib.suppress(OSError):
            item.aside.parent.rmdir()


def _tidy(items: Iterable[_Item]) -> None:
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
        _remove_staging(item.staging)


def free_name(path: Path) -> Path:
    """This name, or one like it where something has it."""
    number, free = 2, path
    while os.path.lexists(free):
        number, free = number + 1, path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


def _remove_staging(staging: Path) -> None:
    """Removes what isn't needed any more, never what was set aside."""
    with contextlib.suppress(OSError):
        (staging / _ASIDE).rmdir()
    if not os.path.lexists(staging / _ASIDE):
        shutil.rmtree(staging, ignore_errors=True)


def _signature(path: Path) -> list[int] | None:
    """What tells that a file is still the same; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [0, 0, 0] if stat.S_ISDIR(status.st_mode) else [status.st_ino, status.st_size, status.st_mtime_ns]


def _flush(path: Path) -> None:
    """Onto the disk. A rename that survives a power cut must not name bytes that don't; not every system can do it for a
    folder.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# --- after a crash --------------------------------------------------------------------------------------------------


class _Record:
    """The log of one change: a line of JSON for each thing that is noted, under a lock that dies with its process.

    Where there is no folder for it the change goes without.
    """

    def __init__(self, path: Path | None, descriptor: int) -> None:
        self._path, self._descriptor = path, descriptor

    @classmethod
    def begun(cls, token: str) -> _Record:
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
            _swap(decided)
            _tidy(decided)
        for staging in stagings:
            if staging not in _live:
                _remove_staging(staging)
        away = [staging for staging in stagings if not os.path.isdir(staging.parent)]
        left = [staging for staging in stagings if os.path.lexists(staging)]
        if not left and (not away or age > _RECORDS_KEPT):
            path.unlink()
    finally:
        os.close(descriptor)
    if os.name == "nt" and not left and not away:
        path.unlink(missing_ok=True)
    return False


def _read_record(path: Path) -> tuple[list[Path], list[_Item]]:
    """The hidden folders of a change, and its items if it was decided. A line that was cut short says nothing."""
    stagings: list[Path] = []
    decided: list[_Item] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError, TypeError, KeyError):
            note = json.loads(line)
            if "staging" in note:
                stagings.append(_checked(Path(note["staging"])))
            else:
                decided = [_Item(_checked(Path(at)), *rest) for at, *rest in note["decided"]]
    if not all(isinstance(item.name, str) and Path(item.name).name == item.name for item in decided):
        decided = []
    return stagings, decided


def _checked(staging: Path) -> Path:
    if not manifest.STAGING.fullmatch(staging.name):
        raise ValueError(f"{staging} is no folder of a change")
    return staging


def _sweep(folder: Path) -> None:
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
    if staging in _live or (_records() / f"{staging.name[15:27]}.log").exists():
        return
    newest = max([staging.stat().st_mtime, *(entry.stat().st_mtime for entry in os.scandir(staging))])
    if time.time() - newest < _DAY:
        return
    if (staging / _ASIDE).is_dir():
        for old in list((staging / _ASIDE).iterdir()):
            if not os.path.lexists(staging.parent / old.name):
                os.rename(old, staging.parent / old.name)
    _remove_staging(staging)


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
