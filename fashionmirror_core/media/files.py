"""Files and folders that change as one: the old or the new is there, whatever happens on the way.

What isn't whole yet lies in a hidden folder beside its place and moves there when it is. One new file or folder takes
one step. Several at once, or a folder that replaces another, take a few: they are written down in the user's state
folder before the first (a redo log), and the next start or the next change finishes what a crash left. What was never
decided is removed then. A change whose process lives holds a lock on its log, so nobody touches it.

Needs nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from fashionmirror_core.errors import InputError
from fashionmirror_core.media import manifest
from fashionmirror_core.media.redo_log import (
    Item,
    Record,
    heal,
    live,
    remove_staging,
    signature,
    swap,
    sweep,
    tidy,
    undo,
)
from fashionmirror_core.media.targets import check_target, named, unwritable


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
        self._record: Record | None = None
        self._items: list[Item] = []
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
        item = Item(staging, target.name, folder)
        try:
            if self._record is None:
                heal()
                self._record = Record.begun(self._token)
            self._note(staging=str(staging))
            self._items.append(item)
            self._given[item.new] = path
            if staging not in live:
                sweep(staging.parent)
                staging.mkdir()
                live.add(staging)
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
        decided = [Item(item.staging, item.name, item.folder, signature(item.target)) for item in self._items]
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

    def _check_again(self, item: Item) -> None:
        """Minutes may lie between the first look and the end."""
        given = self._given[item.new]
        check_target(given, folder=item.folder, overwrite=self._overwrite)
        if item.folder and item.target.is_dir():
            _, others = manifest.sorted_out(item.target)
            if clash := sorted(others & {entry.name for entry in os.scandir(item.new)}):
                raise InputError(
                    f"{named(given / clash[0])} isn't as this program wrote it; move it away or choose another folder."
                )

    def _carry_out(self, items: list[Item]) -> None:
        try:
            swap(items)
        except OSError:
            undo(items)
            self._note(decided=[])
            raise
        except BaseException:  # an interrupt: it is decided, so it is finished
            swap(items)
            self._tidy(items)
            raise
        self._tidy(items)

    def _tidy(self, items: list[Item]) -> None:
        """The new is in place; that something old can't be removed now is no failure."""
        with contextlib.suppress(OSError):
            tidy(items)

    def _discard(self) -> None:
        for path in self._inner:
            with contextlib.suppress(OSError):
                path.unlink()
        for staging in {item.staging for item in self._items}:
            remove_staging(staging)

    def _close(self) -> None:
        stagings = {item.staging for item in self._items}
        live.difference_update(stagings)
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
    return bool(live) and any(parent in live for parent in path.parents)


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
