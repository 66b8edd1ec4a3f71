"""Older projects become what this program knows: one function a version, each making the next one's manifest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PureWindowsPath
from typing import Any

from PySide6.QtCore import QCoreApplication

from fashionmirror_core.errors import InputError

translate = QCoreApplication.translate

Manifest = dict[str, Any]


def migrated(manifest: Manifest, version: int, name: str) -> Manifest:
    """The manifest of ``name`` as ``version`` has it. InputError where it is newer, or where it isn't a manifest."""
    found = manifest.get("version")
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        message = translate("Project", "{name} doesn't say which version it is; it isn't a FashionMirror project.")
        raise InputError(message.format(name=name))
    if found > version:
        message = translate(
            "Project", "{name} was made by a newer FashionMirror (project version {found}); update this one."
        )
        raise InputError(message.format(name=name, found=str(found)[:20]))
    for step in range(found, version):
        manifest = MIGRATIONS[step](manifest) | {"version": step + 1}
    return manifest


def _from_0(manifest: Manifest) -> Manifest:
    """Version 0 knew one garment, called M_r as painted ``removed``, and wrote paths where version 1 has its file table."""
    look = {**manifest["look"]}
    garment = look.pop("garment", None)
    look |= {"garments": [garment] if garment else [], "removed_edit": look.pop("removed", None)}
    files: dict[str, Manifest] = {}
    for part in (look.get("person"), garment, look.get("motion")):
        if part and part.get("path"):
            path, key = part["path"], f"outside/{len(files)}"
            described = {"name": PureWindowsPath(path).name}  # understands both kinds of slashes
            if path.startswith("inputs/"):
                key = path
            else:
                described["path"] = path
            part["path"], files[key] = key, described
    return {"look": look, "files": files}


MIGRATIONS: dict[int, Callable[[Manifest], Manifest]] = {0: _from_0}
