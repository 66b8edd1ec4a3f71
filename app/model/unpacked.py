"""Inputs that travelled inside a project, as files in the user's cache.

Each project has a folder there, named by its path, and in it each input has a folder, named by its content. So the path
of such a file tells what belongs there: a project that holds the same content can bring it back.

A window holds the folders that it uses with a lock that dies with its process. Opening a project removes the folders
that weren't used for CACHE_DAYS; never those that a window holds, nor those that a recovery file or the look-book names.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from PySide6.QtCore import QLockFile

from app.model import folders
from app.model.archive import MANIFEST, Archive
from app.model.input_files import base_name, known_suffix
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import written_whole
from fashionmirror_core.media.targets import unwritable

CACHE_DAYS = 60
_DIGITS = 32  # of the SHA-256 that names a content
_LOCK = "used-{}.lock"

_held: dict[Path, QLockFile] = {}  # for as long as the process lives: undo leads back to projects opened earlier
_holding = threading.Lock()


def root() -> Path:
    return folders.cache() / "projects"


def folder_of(project: Path) -> Path:
    """Where the inputs of the project at this absolute path are unpacked."""
    return root() / hashlib.sha256(os.fsencode(project)).hexdigest()[:16]


def digest(chunks: Iterable[bytes]) -> str:
    """The name of a content, whose bytes come in pieces."""
    whole = hashlib.sha256()
    for chunk in chunks:
        whole.update(chunk)
    return whole.hexdigest()[:_DIGITS]


def content_of(path: Path) -> str | None:
    """The ``digest`` of what belongs at a path in the cache, whether it is there or not; None for paths elsewhere."""
    inside = path.is_relative_to(root()) and len(path.relative_to(root()).parts) == 3
    return path.parent.name if inside and re.fullmatch(rf"[0-9a-f]{{{_DIGITS}}}", path.parent.name) else None


def unpack(archive: Archive, entry: str, folder: Path, kind: str, name: str) -> Path:
    """An entry of a project as a file below ``folder``; its name on disk is ``name`` made safe.

    A file that is there already stays as it is. Raises InputError where it can't be written.
    """
    content = digest(archive.chunks(entry))
    place = folder / content / safe_name(name, kind)
    hold(place)
    if not _holds(place, content):
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(unwritable(place.parent, error)) from error
        with written_whole(place) as partial, open(partial, "wb") as out:
            out.writelines(archive.chunks(entry))
    return place


def entry_with(archive: Archive, content: str) -> str | None:
    """The entry of a project that holds this content; None where none does."""
    return next((entry for entry in archive.inputs if digest(archive.chunks(entry)) == content), None)


def bring_back(path: Path, project: Path) -> bool:
    """Unpacks a file that the cache lost once more, out of the project that holds it; whether it is there now."""
    content = content_of(path)
    if content is None:
        return False
    with contextlib.suppress(InputError, OSError), Archive.open(project) as archive:
        if entry := entry_with(archive, content):
            hold(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(path) as partial, open(partial, "wb") as out:
                out.writelines(archive.chunks(entry))
    return os.path.isfile(path)


def hold(path: Path) -> None:
    """Keeps the folder that an unpacked file lies in until this process ends; nothing happens for files elsewhere."""
    if content_of(path) is None:
        return
    folder = path.parent.parent
    with _holding:
        if folder in _held and _held[folder].isLocked() and os.path.exists(_held[folder].fileName()):
            return
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            lock = QLockFile(str(folder / _LOCK.format(secrets.token_hex(4))))
            lock.setStaleLockTime(0)  # stale when its process is gone, however old it is
            if lock.tryLock(0):
                _held[folder] = lock
            os.utime(folder)


def forget_unused() -> None:
    """Removes the folders of projects that nobody used for CACHE_DAYS."""
    with contextlib.suppress(OSError):
        old = [folder for folder in root().iterdir() if time.time() - folder.stat().st_mtime > CACHE_DAYS * 86_400]
        named = "".join(_kept_texts()) if old else ""
        for folder in old:
            if folder.name not in named and not _in_use(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    """Whether a living process holds it."""
    for file in folder.glob(_LOCK.format("*")):
        lock = QLockFile(str(file))
        lock.setStaleLockTime(0)
        if not lock.tryLock(0):
            return True
        lock.unlock()
    return False


def _kept_texts() -> Iterator[str]:
    """Texts of the studio's own files that may name unpacked inputs: recovery files and the look-book."""
    with contextlib.suppress(OSError):
        yield folders.lookbook().read_text(encoding="utf-8", errors="replace")
    for file in folders.recovery().glob("*.fmirror"):
        with contextlib.suppress(InputError), Archive.open(file) as archive:
            yield archive.read(MANIFEST).decode(errors="replace")


def _holds(place: Path, content: str) -> bool:
    try:
        with open(place, "rb") as stream:
            return digest(iter(lambda: stream.read(1 << 20), b"")) == content
    except OSError:
        return False


def safe_name(name: str, kind: str) -> str:
    """A file name that says what the user called it and is harmless on every system; 200 bytes at most."""
    name = base_name(Path(name))
    suffix = known_suffix(name, kind)
    kept = r"[^\w .()-]" if suffix else r"[^\w ()-]"
    stem = re.sub(kept, "_", name[: len(name) - len(suffix)])[:48].strip(" .-") or kind
    if re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", stem):
        stem = f"_{stem}"
    return f"{stem}{suffix}"
