"""Reads a project's zip as a file that anybody may have made: refused by its directory, or read within bounds.

A project has few kinds of entries, all ordinary files with names of our own making, stored or deflated. Anything else
(paths that lead elsewhere, links, encrypted or doubled entries, sizes that no look has) is refused by the directory
alone. No name in the zip ever becomes a name on disk.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from PySide6.QtCore import QCoreApplication

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.targets import named

translate = QCoreApplication.translate

MANIFEST, THUMBNAIL = "project.json", "thumbnail.png"
INPUT_LIMIT = 256 << 20  # bytes of one input
TOTAL_LIMIT = 1 << 30  # of everything, unpacked

_LIMITS = {  # names -> bytes of one
    MANIFEST: 32 << 20,
    THUMBNAIL: 8 << 20,
    r"paintings/[0-9a-f]{16}\.png": 64 << 20,
    r"inputs/[0-9a-z]{1,40}(\.[0-9a-z]{1,5})?": INPUT_LIMIT,
}
_FOLDERS = ("inputs/", "paintings/")
_MAX_ENTRIES, _MAX_DIRECTORY = 20_000, 4 << 20
_MAX_RATIO, _RATIO_FROM = 200, 1 << 20  # unpacked : packed, for entries of some size
_CHUNK = 1 << 20
# What zipfile is known to raise on bad data.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, LookupError, OSError, RuntimeError, ValueError)
_END = struct.Struct("<4s4H2LH")  # the zip's end record: signature, 2 disks, 2 counts, directory size, offset, comment


class Archive:
    """The entries of an opened project file. Its messages call the file ``name``."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.name = name
        with self._reading():
            _check_end(stream)
            self._zip = zipfile.ZipFile(stream)
            self._entries = {entry.filename: entry for entry in _checked(self._zip.infolist()) if not entry.is_dir()}

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Archive]:
        """InputError where the file can't be opened or isn't a project."""
        name = named(path)
        with ExitStack() as stack:
            try:
                stream = stack.enter_context(open(path, "rb"))
            except OSError as error:
                message = translate("Project", "{name} can't be read ({reason}); check the path and the disk.")
                raise InputError(message.format(name=name, reason=error.strerror or error)) from error
            yield cls(stream, name)

    def __contains__(self, entry: object) -> bool:
        return entry in self._entries

    @property
    def inputs(self) -> list[str]:
        """The entries that are inputs."""
        return [entry for entry in self._entries if entry.startswith(_FOLDERS[0])]

    def read(self, entry: str) -> bytes:
        """All bytes of an entry; InputError if it isn't there."""
        return b"".join(self.chunks(entry))

    def chunks(self, entry: str) -> Iterator[bytes]:
        """The bytes of an entry, a piece at a time; never more than its declared, checked size."""
        with self._reading():
            if entry not in self._entries:
                raise _Strange
            declared, seen = self._entries[entry].file_size, 0
            with self._zip.open(self._entries[entry]) as stream:
                while piece := stream.read(_CHUNK):
                    seen += len(piece)
                    if seen > declared:
                        raise _Strange
                    yield piece
            if seen != declared:
                raise _Strange

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What is wrong with the zip, as one line."""
        try:
            yield
        except _TooLarge as error:
            message = translate("Project", "{name} unpacks to more than a project may hold; open another file.")
            raise InputError(message.format(name=self.name)) from error
        except _Strange as error:
            message = translate(
                "Project", "{name} isn't a FashionMirror project or was tampered with; open another file."
            )
            raise InputError(message.format(name=self.name)) from error
        except _DAMAGE as error:
            if isinstance(error, InputError):
                raise
            message = translate("Project", "{name} is damaged or isn't a project; open another copy of it.")
            raise InputError(message.format(name=self.name)) from error


class _Strange(Exception):
    """Not what a project looks like."""


class _TooLarge(Exception):
    """More than a project may hold."""


def _check_end(stream: BinaryIO) -> None:
    """Bounds the directory before ``zipfile`` builds an object for each of its entries."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END.size - 0xFFFF))
    tail = stream.read()
    at = len(tail) - _END.size
    if at < 0 or not (tail[at:].startswith(b"PK\5\6") and tail.endswith(b"\0\0")):
        at = tail.rfind(b"PK\5\6")
    if at < 0 or at + _END.size > len(tail):
        raise zipfile.BadZipFile("no end record")
    _, _, _, _, count, directory, _, _ = _END.unpack_from(tail, at)
    if tail[max(0, at - 20) : at].startswith(b"PK\6\7"):  # 64-bit sizes, which no project needs
        raise _TooLarge
    if count > _MAX_ENTRIES or directory > _MAX_DIRECTORY:
        raise _TooLarge


def _checked(entries: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The entries, if they are those of a project."""
    if len({entry.filename for entry in entries}) != len(entries):
        raise _Strange
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.filename != entry.orig_filename or kind not in (0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG):
            raise _Strange  # a name with NUL or backslash; a link or a device
        if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _Strange
        if entry.filename in _FOLDERS and entry.file_size == 0:
            continue
        limit = next((size for name, size in _LIMITS.items() if re.fullmatch(name, entry.filename, re.ASCII)), None)
        if limit is None:
            raise _Strange
        bomb = entry.file_size > max(_RATIO_FROM, _MAX_RATIO * entry.compress_size)
        if entry.file_size > limit or bomb:
            raise _TooLarge
    if sum(entry.file_size for entry in entries) > TOTAL_LIMIT:
        raise _TooLarge
    return entries
