"""Packs a look into a project's zip: its paintings, and the inputs from wherever they still are."""

from __future__ import annotations

import os
import stat
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from PySide6.QtCore import QCoreApplication

from app.model import unpacked
from app.model.archive import INPUT_LIMIT, TOTAL_LIMIT, Archive
from app.model.input_files import is_input, known_suffix, may_travel, with_paths
from app.model.manifest import file_table, read_manifest
from app.model.state import LookState, Painting
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.suffixes import MOTIONS
from fashionmirror_core.media.targets import named

translate = QCoreApplication.translate

VIDEO_LIMIT = 50 << 20  # bytes of a video that is put into the project

_DEFLATED = (".json", ".bvh", ".bmp", ".dib", ".tif", ".tiff")
_CHUNK_BYTES = 1 << 20


def zip_entry(name: str, compression: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    """An entry of now, or of the nearest time that a zip can tell (1980 to 2107), whatever the clock says."""
    now = time.localtime()[:6]
    entry = zipfile.ZipInfo(name, (min(max(now[0], 1980), 2107), *now[1:]))
    entry.external_attr = (stat.S_IFREG | 0o600) << 16
    entry.compress_type = compression
    return entry


class Packer:
    """A zip that is being written.

    files: key in the look -> the manifest's entry for the file. contents: path -> digest of the inputs that are inside.
    """

    def __init__(
        self,
        zip_path: Path,
        folder: Path,
        embed: bool,
        earlier: Iterable[Path],
        contents: Mapping[Path, str] | None,
    ) -> None:
        """folder: the project's. embed: whether inputs go into the zip. earlier: projects that may hold an input that is
        gone; contents: what they hold of which path.
        """
        self._zip_path, self._folder, self._embed = zip_path, folder, embed
        self._earlier = list(dict.fromkeys(earlier))
        self._known = dict(contents or {})
        self._room = TOTAL_LIMIT * 3 // 4  # the rest is for what was painted
        self._keys: dict[tuple[str, Path], str] = {}
        self._paintings: set[str] = set()
        self._open = ExitStack()
        self._opened: list[Archive] | None = None
        self.files: dict[str, dict[str, str]] = {}
        self.contents: dict[Path, str] = {}

    def __enter__(self) -> Packer:
        self.archive = self._open.enter_context(zipfile.ZipFile(self._zip_path, "w", zipfile.ZIP_STORED))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def look(self, state: LookState) -> dict[str, Any]:
        """The look as JSON, with keys for paths and names for paintings. Raises InputError where an input is nowhere."""
        packed = self._packed(with_paths(state, lambda kind, path: Path(self._key(kind, path))).model_dump())
        packed["clip"]["background"] = packed["clip"]["background"].replace("\\", "/")  # a key, on any system
        return packed

    def _packed(self, value: Any) -> Any:
        if isinstance(value, Path):
            return value.as_posix()
        if isinstance(value, dict):
            return self._painting(value["png"]) if "png" in value else {k: self._packed(v) for k, v in value.items()}
        return [self._packed(item) for item in value] if isinstance(value, tuple) else value

    def _painting(self, png: bytes) -> str:
        name = f"paintings/{Painting.model_construct(png=png).hash}.png"
        if name not in self._paintings:
            self._paintings.add(name)
            self.archive.writestr(zip_entry(name), png)
        return name

    def _key(self, kind: str, path: Path) -> str:
        """Where the look finds this file: in the zip, or outside it."""
        if (kind, path) not in self._keys:
            number = len(self._keys)
            inside, outside = f"inputs/{number}{known_suffix(path.name, kind)}", f"outside/{number}"
            if not self._embed:
                reference: dict[str, str] | None = self._reference(path)
            elif is_input(path, kind):
                reference = None if self._embedded(path, kind, inside) else self._reference(path)
            else:
                reference = self._from_earlier(path, inside)
            self._keys[kind, path] = inside if reference is None else outside
            self.files[self._keys[kind, path]] = {"name": path.name} | (reference or {})
        return self._keys[kind, path]

    def _embedded(self, path: Path, kind: str, entry: str) -> bool:
        """Copies a file into the zip, if it is small enough and an input to look at; a folder stays where it is."""
        if os.path.isdir(path):
            return False
        cached = unpacked.content_of(path) is not None
        if not cached and not may_travel(path, kind):
            return False
        video = kind == "motion" and path.suffix.lower() not in MOTIONS
        limit = min(self._room, VIDEO_LIMIT if video and not cached else INPUT_LIMIT)
        with ExitStack() as stack:
            try:
                stream = stack.enter_context(open(path, "rb"))
                size = os.fstat(stream.fileno()).st_size
            except OSError as error:
                raise _unreadable(path, error) from error
            if size > limit and cached:  # nowhere else would it last
                message = translate(
                    "Project", "{name} doesn't fit into the project with the others; use smaller files."
                )
                raise InputError(message.format(name=named(path.name)))
            if size > limit:
                return False
            self._write(entry, path, _pieces(stream, size, path))
        return True

    def _write(self, entry: str, path: Path, pieces: Iterable[bytes]) -> None:
        compression = zipfile.ZIP_DEFLATED if path.suffix.lower() in _DEFLATED else zipfile.ZIP_STORED

        def written() -> Iterator[bytes]:
            with self.archive.open(zip_entry(entry, compression), "w") as out:
                for piece in pieces:
                    out.write(piece)
                    self._room -= len(piece)
                    yield piece

        self.contents[path] = unpacked.digest(written())

    def _from_earlier(self, path: Path, entry: str) -> dict[str, str] | None:
        """Copies a file that is gone from its place out of an earlier project. A reference that stood there stays: it is
        returned, so that the project holds as much as it did. InputError where there is neither.
        """
        content = self._known.get(path) or unpacked.content_of(path)
        for archive in self._archives():
            if content and (found := unpacked.entry_with(archive, content)):
                self._write(entry, path, archive.chunks(found))
                return None
        for archive in self._archives():
            if reference := _reference_to(path, archive):
                return reference
        message = translate(
            "Project",
            "{name} isn't in {folder} any more, and saving would lose it; put it back, or choose another file in its place.",
        )
        raise InputError(message.format(name=named(path.name), folder=named(path.parent)))

    def _archives(self) -> list[Archive]:
        """The earlier projects that can be opened."""
        if self._opened is None:
            self._opened = []
            for file in self._earlier:
                with suppress(InputError):
                    self._opened.append(self._open.enter_context(Archive.open(file)))
        return self._opened

    def _reference(self, path: Path) -> dict[str, str]:
        absolute = Path(os.path.abspath(path))
        beside = {}
        if absolute.is_relative_to(self._folder):
            beside = {"beside": absolute.relative_to(self._folder).as_posix()}
        return {"path": str(absolute), **beside}


def _reference_to(path: Path, archive: Archive) -> dict[str, str] | None:
    """What an earlier project says of a file outside it."""
    with suppress(InputError, TypeError, KeyError):
        for key, entry in file_table(read_manifest(archive)).items():
            if key not in archive and entry.get("path") == str(path):
                return {name: text for name, text in entry.items() if name in ("path", "beside")}
    return None


def _pieces(stream: BinaryIO, size: int, path: Path) -> Iterator[bytes]:
    """The bytes that the file had when it was opened."""
    while size > 0:
        try:
            piece = stream.read(min(size, _CHUNK_BYTES))
        except OSError as error:
            raise _unreadable(path, error) from error
        if not piece:
            return
        size -= len(piece)
        yield piece


def _unreadable(path: Path, error: OSError) -> InputError:  # not the project's fault, as ``written_whole`` would say
    if isinstance(error, PermissionError):
        message = translate("Project", "{name} may not be read; change its permissions.")
        return InputError(message.format(name=named(path)))
    message = translate("Project", "{name} can't be read ({reason}); check the disk that it is on.")
    return InputError(message.format(name=named(path), reason=error.strerror or error))
