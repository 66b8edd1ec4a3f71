"""Project files (.fmirror): a zip of ``project.json``, the inputs, the painted masks and a thumbnail.

The manifest holds the look, in which files stand as keys of a table. An input inside the zip is unpacked into a cache
folder when the project is opened; one that is too large for it (a long video) stays where it is and is found again by
its path, or beside the project. A save writes a whole new file beside the old one, makes sure that it is on the disk and
can be opened, and only then takes its name. It never loses an input: one that is gone from its place is copied from the
old file, and where that doesn't hold it nothing is saved.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image
from PySide6.QtCore import QCoreApplication

from app.model import unpacked
from app.model.archive import MANIFEST, THUMBNAIL, Archive
from app.model.input_files import base_name, inputs, is_input, may_be_followed, on_network, with_paths
from app.model.manifest import file_table, origin_of, read_look, read_manifest, reason_of
from app.model.packing import Packer, zip_entry
from app.model.state import VERSION, LookState
from fashionmirror_core import __version__
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import written_whole
from fashionmirror_core.media.images import check_source, read_image
from fashionmirror_core.media.targets import named

translate = QCoreApplication.translate

SUFFIX = ".fmirror"


@dataclass(frozen=True)
class LoadedProject:
    """An opened project. thumbnail: (h, w, 3) uint8. missing: inputs that weren't found, by the paths that the state has
    for them (see ``relocate``). notes: what the user should know, a line each. origin: in a recovery file, the project
    that was open.
    """

    state: LookState
    thumbnail: np.ndarray | None = None
    missing: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    origin: Path | None = None


def save_project(
    state: LookState,
    path: Path,
    thumbnail: np.ndarray | None = None,
    *,
    embed: bool = True,
    origin: Path | None = None,
    earlier: Path | None = None,
    contents: Mapping[Path, str] | None = None,
) -> dict[Path, str]:
    """Writes the whole project or leaves what was there as it was. Safe to call from any thread.

    thumbnail: (h, w, 3) or (h, w, 4) uint8. embed: False leaves the inputs where they are (recovery files, which are
    written often). origin: see ``LoadedProject``.

    earlier: the project that is open; an input that is gone from its place is copied from there, or from the file that
    is replaced. contents: what an earlier save returned.

    Returns the digest of each input that the file holds now, by its path. Raises InputError with cause and remedy, also
    for an input that is nowhere any more; ValueError for a look that couldn't be opened again.
    """
    path = Path(path)
    LookState.model_validate(state)
    target = path.resolve() if os.path.islink(path) else path
    with written_whole(target, durable=True) as partial:
        with Packer(partial, target.resolve().parent, embed, [*filter(None, (earlier,)), target], contents) as packer:
            manifest = {
                "format": "FashionMirror project",
                "version": VERSION,
                "program": __version__,
                "origin": None if origin is None else str(origin),
                "look": packer.look(state),
                "files": packer.files,
            }
            text = json.dumps(manifest, ensure_ascii=False, allow_nan=False, indent=1)
            packer.archive.writestr(zip_entry(MANIFEST, zipfile.ZIP_DEFLATED), text.encode("utf-8", "surrogatepass"))
            if thumbnail is not None:
                packer.archive.writestr(zip_entry(THUMBNAIL), _png(thumbnail))
        with Archive.open(partial):  # what couldn't be opened again never replaces what can
            pass
    return packer.contents


def load_project(path: Path, *, trusted: bool = False) -> LoadedProject:
    """Opens a project: unpacks its inputs into the cache, finds the others. Safe to call from any thread.

    trusted: this program wrote it for itself, so that its references are followed wherever they lead.

    Raises InputError, before anything is written, where the file is damaged, hostile or newer than this program.
    """
    path = check_source(path)
    name = named(path)
    with Archive.open(path) as archive:
        manifest = read_manifest(archive)
        try:
            state = read_look(archive, manifest)
            files = file_table(manifest)
            entries = {(kind, found): files[found.as_posix()] for kind, found in inputs(state)}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if isinstance(error, InputError):
                raise
            message = translate(
                "Project", "{name} holds a look that can't be read ({reason}); open an earlier copy of it."
            )
            raise InputError(message.format(name=name, reason=reason_of(error))) from error
        finder = _Finder(archive, path.resolve(), trusted, origin_of(manifest))
        places = finder.found(entries)
        state = with_paths(state, lambda kind, file: places[kind, file])
        return LoadedProject(state, _thumbnail(archive), finder.missing, finder.notes, origin_of(manifest))


def adopt(state: LookState, file: Path) -> LoadedProject:
    """A look that came inside another file, such as an exported clip: its inputs are looked for as a project's are."""
    finder = _Finder(None, file.resolve(), False, None)
    places = finder.found({(kind, path): {"name": path.name, "path": str(path)} for kind, path in inputs(state)})
    state = with_paths(state, lambda kind, path: places[kind, path])
    return LoadedProject(state, None, finder.missing, finder.notes)


def project_origin(path: Path) -> Path | None:
    """The project that a recovery file was written for, without opening the rest; None also where it can't be read."""
    with contextlib.suppress(InputError), Archive.open(path) as archive:
        return origin_of(read_manifest(archive))
    return None


def _png(pixels: np.ndarray) -> bytes:
    png = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(png, format="PNG")
    return png.getvalue()


def _thumbnail(archive: Archive) -> np.ndarray | None:
    """(h, w, 3) uint8; the project is fine without."""
    with contextlib.suppress(InputError):
        if THUMBNAIL in archive:
            return read_image(archive.read(THUMBNAIL), max_pixels=4_000_000)[..., :3]
    return None


class _Finder:
    """Where a project's files are now. missing, notes: as in LoadedProject. archive: None for a look without one."""

    def __init__(self, archive: Archive | None, project: Path, trusted: bool, origin: Path | None) -> None:
        self._archive, self._folder, self._origin = archive, project.parent, origin
        self._trusted = trusted
        self._usable = is_input if trusted else may_be_followed
        self._cache = unpacked.folder_of(project)
        self.missing: list[Path] = []
        self.notes: list[str] = []

    def found(self, entries: dict[tuple[str, Path], dict[str, str]]) -> dict[tuple[str, Path], Path]:
        """(kind, key) -> file, for each entry of the file table."""
        places: dict[tuple[str, Path], Path] = {}
        for (kind, key), entry in entries.items():
            if self._archive is not None and key.as_posix() in self._archive:
                places[kind, key] = unpacked.unpack(self._archive, key.as_posix(), self._cache, kind, entry["name"])
            elif place := next((path for path in self._where_it_was(entry) if self._usable(path, kind)), None):
                places[kind, key] = place
        neighbours = [*dict.fromkeys(place.parent for place in places.values()), self._folder]
        for (kind, key), entry in entries.items():
            if (kind, key) in places:
                continue
            name = base_name(Path(entry["name"]))
            candidates = [folder / name for folder in neighbours if not folder.is_relative_to(unpacked.root())]
            place = next((path for path in candidates if name and self._usable(path, kind)), None)
            if place:
                note = translate("Project", "{name} was found in {folder}.")
                self.notes.append(note.format(name=name, folder=place.parent))
            else:
                place = self._named_place(entry) or self._folder / (name or kind)
                self.missing.append(place)
            places[kind, key] = place
        for place in places.values():
            unpacked.hold(place)
        unpacked.forget_unused()
        return places

    def _where_it_was(self, entry: dict[str, str]) -> Iterator[Path]:
        """Beside the project first: both may have moved together, and the old place may hold another take."""
        beside = PurePosixPath(entry.get("beside", ""))
        plain = ".." not in beside.parts and not re.search(r"[\\:]", str(beside)) and not beside.is_absolute()
        if beside.parts and plain:
            yield self._folder / beside
        if (place := self._named_place(entry)) and place.is_absolute():
            if self._trusted and self._origin is not None and not os.path.exists(place):
                unpacked.bring_back(place, self._origin)
            yield place

    def _named_place(self, entry: dict[str, str]) -> Path | None:
        """The path that an entry gives, unless merely asking for it would tell a stranger who asks."""
        place = Path(entry["path"]) if entry.get("path") else None
        return None if place is None or (on_network(place) and not self._trusted) else place
