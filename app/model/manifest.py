"""Reads a project's ``project.json``: which version it is, the look that it holds, and the table of its files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication

from app.model.archive import MANIFEST, Archive
from app.model.migrations import migrated
from app.model.state import MAX_PIXELS, VERSION, LookState, Painting, png_size
from fashionmirror_core.errors import InputError

translate = QCoreApplication.translate

MAX_PAINTED_PIXELS = 40 * MAX_PIXELS  # of all paintings together

_PAINTED = ("cutout", "removed_edit", "change")  # fields that hold a painting


def read_manifest(archive: Archive) -> dict[str, Any]:
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


def read_look(archive: Archive, manifest: dict[str, Any]) -> LookState:
    """The look with its paintings, checked; files still stand as keys."""
    paintings: dict[str, Painting] = {}
    pixels = 0

    def painting(name: Any) -> Painting | None:
        nonlocal pixels
        if name is None:
            return None
        if not isinstance(name, str) or not name.startswith("paintings/"):
            raise TypeError("a painting is named by its place in the project")
        if name not in paintings:
            png = archive.read(name)
            pixels += math.prod(png_size(png))
            if pixels > MAX_PAINTED_PIXELS:
                message = translate("Project", "{name} holds more painted masks than a project may; open another copy.")
                raise InputError(message.format(name=archive.name))
            paintings[name] = Painting(png=png)
        return paintings[name]

    def unpacked_look(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: painting(item) if key in _PAINTED else unpacked_look(item) for key, item in value.items()}
        return [unpacked_look(item) for item in value] if isinstance(value, list) else value

    return LookState.model_validate(unpacked_look(manifest["look"]))


def reason_of(error: Exception) -> str:
    """The first thing that is wrong, on one line."""
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split()) or type(error).__name__
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "[key]")
    return " ".join(f"{place}: {first['msg']}".removeprefix(": ").split())


def file_table(manifest: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The manifest's files; ValueError where it isn't a table of texts."""
    files = manifest["files"]
    if not isinstance(files, dict) or not all(isinstance(entry, dict) for entry in files.values()):
        raise TypeError("files is no table")
    for entry in files.values():
        if not all(isinstance(text, str) and "\0" not in text for text in entry.values()) or "name" not in entry:
            raise TypeError("a file is described by texts")
    return files


def origin_of(manifest: dict[str, Any]) -> Path | None:
    """See ``LoadedProject``."""
    origin = manifest.get("origin")
    return Path(origin) if isinstance(origin, str) and origin and "\0" not in origin else None
