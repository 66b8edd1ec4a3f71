"""Project files (.fmirror): a zip of ``project.json``, the inputs, the painted masks and a thumbnail.

The manifest holds the look, in which files stand as keys of a table: what the zip holds is unpacked into a cache folder
when a project is opened; what is too large for it (a long video) stays where it is and is found again by its path, or
beside the project. A save writes a whole new file beside the old one, makes sure that it is on the disk and can be
opened, and only then takes its name.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
import shutil
import stat
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO

import numpy as np
from PIL import Image
from PySide6.QtCore import QCoreApplication

from app.model import folders
from app.model.archive import INPUT_LIMIT, MANIFEST, THUMBNAIL, TOTAL_LIMIT, Archive
from app.model.migrations import migrated
from app.model.state import VERSION, LookState, Painting
from fashionmirror_core import __version__
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.images import (
    MAX_PIXELS,
    check_source,
    named,
    partial_beside,
    read_image,
    unwritable,
    written_whole,
)
from fashionmirror_core.media.suffixes import MOTIONS, PICTURES, VIDEOS

translate = QCoreApplication.translate

SUFFIX = ".fmirror"
VIDEO_LIMIT = 50 << 20  # bytes of a video that is put into the project
MAX_FRAME, MAX_JOINT, MAX_COORDINATE = 100_000, 24, 1e6
CACHE_DAYS = 60  # projects that weren't opened for so long are unpacked anew

_BACKGROUNDS = ("keep", "white", "transparent")
_PAINTED = ("cutout", "removed_edit", "change")  # fields that hold a painting
_SUFFIXES = {"picture": PICTURES, "motion": (*MOTIONS, *VIDEOS)}
_DEFLATED = (".json", ".bmp", ".dib", ".tif", ".tiff")
_CHUNK = 1 << 20


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
) -> None:
    """Writes the whole project or leaves what was there as it was. Safe to call from any thread.

    thumbnail: (h, w, 3) or (h, w, 4) uint8. embed: False leaves the inputs where they are (recovery files, which are
    written often). Raises InputError with cause and remedy.
    """
    path = Path(path)
    target = path.resolve() if path.is_symlink() else path
    with written_whole(target) as partial:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            writer = _Writer(archive, target.resolve().parent, embed)
            manifest = {
                "format": "FashionMirror project",
                "version": VERSION,
                "program": __version__,
                "origin": None if origin is None else str(origin),
                "look": writer.look(state),
                "files": writer.files,
            }
            text = json.dumps(manifest, ensure_ascii=False, allow_nan=False, indent=1)
            archive.writestr(MANIFEST, text.encode("utf-8", "surrogatepass"), zipfile.ZIP_DEFLATED)
            if thumbnail is not None:
                archive.writestr(THUMBNAIL, _png(thumbnail))
        with Archive.open(partial):  # what couldn't be opened again never replaces what can
            pass
        _flush(partial)
    _flush_folder(target.parent)


def load_project(path: Path, *, trusted: bool = False) -> LoadedProject:
    """Opens a project: unpacks its inputs into the cache, finds the others. Safe to call from any thread.

    trusted: this program wrote it for itself, so that its references are followed whatever they lead to.

    Raises InputError, before anything is written, where the file is damaged, hostile or newer than this program.
    """
    path = check_source(path)
    name = named(path)
    with Archive.open(path) as archive:
        manifest = _manifest(archive)
        try:
            state = _state(archive, manifest)
            files = _table(manifest)
            entries = {(kind, found): files[found.as_posix()] for kind, found in _inputs(state)}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if isinstance(error, InputError):
                raise
            message = translate("Project", "{name} holds a look that can't be read; open an earlier copy of it.")
            raise InputError(message.format(name=name)) from error
        finder = _Finder(archive, path.resolve(), trusted)
        places = finder.found(entries)
        state = with_paths(state, lambda kind, file: places[kind, file])
        return LoadedProject(state, _thumbnail(archive), finder.missing, finder.notes, _origin(manifest))


def project_origin(path: Path) -> Path | None:
    """The project that a recovery file was written for, without opening the rest; None also where it can't be read."""
    with contextlib.suppress(InputError), Archive.open(path) as archive:
        return _origin(_manifest(archive))
    return None


def relocate(state: LookState, old: Path, new: Path) -> LookState:
    """The look with the file ``old`` at ``new``; others that are missing too come along if they lie beside ``new``.

    Raises InputError where ``new`` isn't a readable file.
    """
    new = Path(new)
    if not new.is_dir():  # a folder of OpenPose files is a motion
        check_source(new)

    def moved(_: str, path: Path) -> Path:
        if path == old:
            return new
        beside = new.parent / (_name_of(path) or "..")
        return beside if not path.exists() and beside.is_file() else path

    return with_paths(state, moved)


def missing_files(state: LookState) -> list[Path]:
    """Inputs of the look that aren't where it says."""
    return list(dict.fromkeys(path for _, path in _inputs(state) if not path.exists()))


def with_paths(state: LookState, moved: Callable[[str, Path], Path]) -> LookState:
    """The look with each input's path replaced by ``moved(kind, path)``; kind is picture or motion."""
    update: dict[str, Any] = {}
    if state.person:
        update["person"] = state.person.model_copy(update={"path": moved("picture", state.person.path)})
    update["garments"] = tuple(
        garment.model_copy(update={"path": moved("picture", garment.path)}) for garment in state.garments
    )
    if state.motion and state.motion.path:
        update["motion"] = state.motion.model_copy(update={"path": moved("motion", state.motion.path)})
    if state.clip.background not in _BACKGROUNDS:
        background = str(moved("picture", Path(state.clip.background)))
        update["clip"] = state.clip.model_copy(update={"background": background})
    return state.model_copy(update=update)


def _inputs(state: LookState) -> Iterator[tuple[str, Path]]:
    """Kind and path of each file that the look is made of."""
    if state.person:
        yield "picture", state.person.path
    for garment in state.garments:
        yield "picture", garment.path
    if state.motion and state.motion.path:
        yield "motion", state.motion.path
    if state.clip.background not in _BACKGROUNDS:
        yield "picture", Path(state.clip.background)


# --- writing -----------------------------------------------------------------------------------------------------


class _Writer:
    """Puts a look's paintings and inputs into a zip. files: key in the look -> what the manifest says about the file."""

    def __init__(self, archive: zipfile.ZipFile, folder: Path, embed: bool) -> None:
        self._archive, self._folder, self._embed = archive, folder, embed
        self._room = TOTAL_LIMIT * 3 // 4  # the rest is for what was painted
        self._keys: dict[tuple[str, Path], str] = {}
        self._paintings: set[str] = set()
        self.files: dict[str, dict[str, str]] = {}

    def look(self, state: LookState) -> dict[str, Any]:
        """The look as JSON, with keys for paths and names for paintings."""
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
        name = f"paintings/{Painting(png=png).hash}.png"
        if name not in self._paintings:
            self._paintings.add(name)
            self._archive.writestr(name, png)
        return name

    def _key(self, kind: str, path: Path) -> str:
        """Where the look finds this file: in the zip, or outside it."""
        if (kind, path) not in self._keys:
            number = len(self._keys)
            entry = f"inputs/{number}{_suffix(path.name, kind)}"
            if not (self._embed and self._embedded(path, kind, entry)):
                entry = f"outside/{number}"
            self.files[entry] = {"name": path.name} | ({} if entry.startswith("inputs/") else self._reference(path))
            self._keys[kind, path] = entry
        return self._keys[kind, path]

    def _embedded(self, path: Path, kind: str, entry: str) -> bool:
        """Copies the file into the zip, if it is there and small enough."""
        video = kind == "motion" and path.suffix.lower() not in MOTIONS
        limit = min(self._room, VIDEO_LIMIT if video else INPUT_LIMIT)
        if not _is_input(path, kind) or path.is_dir():
            return False
        with contextlib.ExitStack() as stack:
            try:
                stream = stack.enter_context(open(path, "rb"))
            except OSError:
                return False
            size = os.fstat(stream.fileno()).st_size
            if size > limit:
                return False
            info = zipfile.ZipInfo(entry, time.localtime()[:6])
            info.external_attr = (stat.S_IFREG | 0o600) << 16
            info.compress_type = zipfile.ZIP_DEFLATED if path.suffix.lower() in _DEFLATED else zipfile.ZIP_STORED
            with self._archive.open(info, "w") as out:
                while size > 0 and (piece := _read(stream, min(size, _CHUNK), path)):
                    out.write(piece)
                    size -= len(piece)
                    self._room -= len(piece)
        return True

    def _reference(self, path: Path) -> dict[str, str]:
        absolute = Path(os.path.abspath(path))
        beside = {}
        if absolute.is_relative_to(self._folder):
            beside = {"beside": absolute.relative_to(self._folder).as_posix()}
        return {"path": str(absolute), **beside}


def _read(stream: BinaryIO, count: int, path: Path) -> bytes:
    try:
        return stream.read(count)
    except OSError as error:  # not the project's fault, as ``written_whole`` would say
        message = translate("Project", "{name} can't be read ({reason}); check the disk that it is on.")
        raise InputError(message.format(name=named(path), reason=error.strerror or error)) from error


def _png(pixels: np.ndarray) -> bytes:
    png = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(png, format="PNG")
    return png.getvalue()


def _flush(path: Path) -> None:
    """Onto the disk: a rename that survives a power cut must not name bytes that don't."""
    with open(path, "rb+") as stream:
        os.fsync(stream.fileno())


def _flush_folder(folder: Path) -> None:
    """Makes the rename itself last; not every system can open a folder, and the file is whole either way."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# --- reading -----------------------------------------------------------------------------------------------------


def _manifest(archive: Archive) -> dict[str, Any]:
    """project.json as the newest version has it."""
    try:
        manifest = json.loads(archive.read(MANIFEST), parse_constant=_no_number, parse_float=_finite)
        if not isinstance(manifest, dict):
            raise TypeError("not an object")
        return migrated(manifest, VERSION, archive.name)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        message = translate("Project", "{name} is damaged: its description can't be read; open an earlier copy of it.")
        raise InputError(message.format(name=archive.name)) from error


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _state(archive: Archive, manifest: dict[str, Any]) -> LookState:
    """The look with its paintings, checked; files still stand as keys."""
    paintings: dict[str, dict[str, bytes]] = {}

    def painting(name: Any) -> dict[str, bytes] | None:
        if name is None:
            return None
        if not isinstance(name, str) or not name.startswith("paintings/"):
            raise TypeError("a painting is named by its place in the project")
        if name not in paintings:
            paintings[name] = {"png": _checked_png(archive.read(name), archive.name)}
        return paintings[name]

    def unpacked(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: painting(item) if key in _PAINTED else unpacked(item) for key, item in value.items()}
        return [unpacked(item) for item in value] if isinstance(value, list) else value

    state = LookState.model_validate(unpacked(manifest["look"]))
    frames = {*state.clothing_edits, *state.joint_edits, state.in_point or 0, state.out_point or 0}
    joints = {joint for edits in state.joint_edits.values() for joint in edits}
    places = [
        value or 0.0 for edits in state.joint_edits.values() for edit in edits.values() for value in (edit.x, edit.y)
    ]
    if not all(0 <= frame <= MAX_FRAME for frame in frames) or not all(0 <= joint <= MAX_JOINT for joint in joints):
        raise ValueError("an edit of a frame or joint that no clip has")
    if not all(abs(place) <= MAX_COORDINATE for place in places):  # integers of any size are JSON too
        raise ValueError("a joint that is nowhere near the photo")
    return state


def _checked_png(png: bytes, name: str) -> bytes:
    """What ``Painting.of`` writes: 8 bits, grey or RGBA, of a photo's size; decided on the header."""
    if len(png) < 33 or png[:8] != b"\x89PNG\r\n\x1a\n" or png[12:16] != b"IHDR":
        raise ValueError("not a PNG")
    width, height, bits, colour = struct.unpack(">IIBB", png[16:26])
    if bits != 8 or colour not in (0, 6) or width * height == 0:
        raise ValueError("not a painting")
    if width * height > MAX_PIXELS:
        message = translate(
            "Project", "{name} holds a mask of {width} x {height}, more than a photo has; open another copy."
        )
        raise InputError(message.format(name=name, width=width, height=height))
    return png


def _table(manifest: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The manifest's files; ValueError where it isn't a table of texts."""
    files = manifest["files"]
    if not isinstance(files, dict) or not all(isinstance(entry, dict) for entry in files.values()):
        raise TypeError("files is no table")
    for entry in files.values():
        if not all(isinstance(text, str) and "\0" not in text for text in entry.values()) or "name" not in entry:
            raise TypeError("a file is described by texts")
    return files


def _origin(manifest: dict[str, Any]) -> Path | None:
    origin = manifest.get("origin")
    return Path(origin) if isinstance(origin, str) and origin and "\0" not in origin else None


def _thumbnail(archive: Archive) -> np.ndarray | None:
    """(h, w, 3) uint8; the project is fine without."""
    with contextlib.suppress(InputError):
        if THUMBNAIL in archive:
            return read_image(archive.read(THUMBNAIL), max_pixels=4_000_000)[..., :3]
    return None


class _Finder:
    """Where a project's files are now. missing, notes: as in LoadedProject."""

    def __init__(self, archive: Archive, project: Path, trusted: bool) -> None:
        self._archive, self._folder = archive, project.parent
        self._usable = _is_input if trusted else _may_be_followed
        key = hashlib.sha256(os.fsencode(project)).hexdigest()[:16]
        self._cache = folders.cache() / "projects" / key
        self.missing: list[Path] = []
        self.notes: list[str] = []

    def found(self, entries: dict[tuple[str, Path], dict[str, str]]) -> dict[tuple[str, Path], Path]:
        """(kind, key) -> file, for each entry of the file table."""
        places: dict[tuple[str, Path], Path] = {}
        for (kind, key), entry in entries.items():
            if key.as_posix() in self._archive:
                places[kind, key] = self._unpacked(key.as_posix(), kind, entry["name"])
            elif place := next((path for path in self._where_it_was(entry) if self._usable(path, kind)), None):
                places[kind, key] = place
        neighbours = [*dict.fromkeys(place.parent for place in places.values()), self._folder]
        for (kind, key), entry in entries.items():
            if (kind, key) in places:
                continue
            name = _name_of(Path(entry["name"]))
            candidates = [folder / name for folder in neighbours if not folder.is_relative_to(folders.cache())]
            place = next((path for path in candidates if name and self._usable(path, kind)), None)
            if place:
                note = translate("Project", "{name} was found in {folder}.")
                self.notes.append(note.format(name=name, folder=place.parent))
            else:
                place = Path(entry["path"]) if entry.get("path") else self._folder / (name or kind)
                self.missing.append(place)
            places[kind, key] = place
        _forget_old(self._cache)
        return places

    def _where_it_was(self, entry: dict[str, str]) -> Iterator[Path]:
        """Beside the project first: both may have moved together, and the old place may hold another take."""
        beside = PurePosixPath(entry.get("beside", ""))
        plain = ".." not in beside.parts and not re.search(r"[\\:]", str(beside)) and not beside.is_absolute()
        if beside.parts and plain:
            yield self._folder / beside
        if "path" in entry and Path(entry["path"]).is_absolute():
            yield Path(entry["path"])

    def _unpacked(self, key: str, kind: str, name: str) -> Path:
        """The entry as a file in the cache, in a folder named by its content; the name on disk is made safe."""
        partial = partial_beside(self._cache / "input")
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            content = hashlib.sha256()
            with open(partial, "xb") as out:
                for piece in self._archive.chunks(key):
                    content.update(piece)
                    out.write(piece)
            place = self._cache / content.hexdigest()[:32] / _safe_name(name, kind)
            place.parent.mkdir(exist_ok=True)
            os.replace(partial, place)
            return place
        except OSError as error:
            raise InputError(unwritable(partial, error)) from error
        finally:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)


def _is_input(path: Path, kind: str) -> bool:
    """An ordinary file, or a folder of poses."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and kind == "motion")


def _may_be_followed(path: Path, kind: str) -> bool:
    """Whether a path that may come from a stranger leads to an input: by its name one of the kind, not on the network.

    On Windows, merely asking for a network path tells its owner who asks; and a file of another kind (a key, a letter)
    would travel along with the next save.
    """
    if str(path).startswith(("//", "\\\\")) or not _is_input(path, kind):
        return False
    return path.suffix.lower() in _SUFFIXES[kind] or path.is_dir()


def _name_of(path: Path) -> str:
    """The last part of a path of any system; empty where it is none."""
    name = PureWindowsPath(path.name).name
    return "" if name in ("", ".", "..") else name


def _suffix(name: str, kind: str) -> str:
    suffix = Path(name).suffix.lower()
    return suffix if suffix in _SUFFIXES[kind] else ""


def _safe_name(name: str, kind: str) -> str:
    """A file name that says what the user called it and is harmless on every system; 200 bytes at most."""
    name = _name_of(Path(name))
    suffix = _suffix(name, kind)
    kept = r"[^\w .()-]" if suffix else r"[^\w ()-]"
    stem = re.sub(kept, "_", name[: len(name) - len(suffix)])[:48].strip(" .-") or kind
    if re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", stem):
        stem = f"_{stem}"
    return f"{stem}{suffix}"


def _forget_old(used: Path) -> None:
    """Marks this project's cache as used and removes those that weren't for CACHE_DAYS."""
    with contextlib.suppress(OSError):
        if used.exists():
            os.utime(used)
        for folder in used.parent.iterdir():
            if time.time() - folder.stat().st_mtime > CACHE_DAYS * 86_400:
                shutil.rmtree(folder, ignore_errors=True)
