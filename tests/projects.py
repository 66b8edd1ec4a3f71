"""Projects in tests: their inputs, and what is in their files."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from app.model import folders
from app.model.input_files import with_paths
from app.model.state import LookState, Painting


def painted(value: int, shape: tuple[int, ...] = (12, 9)) -> Painting:
    return Painting.of(np.full(shape, value, np.uint8))


def without_paths(state: LookState) -> LookState:
    return with_paths(state, lambda kind, _: Path(kind))


def contents(state: LookState) -> list[bytes]:
    worn = [path for garment in state.garments for path in (garment.path, garment.back) if path]
    paths = [state.person.path, *worn, state.motion.path, state.clip.background]  # type: ignore[union-attr]
    return [Path(path).read_bytes() for path in paths]  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rewritten(path: Path, change: Any) -> Path:
    """The project with its manifest changed in place by ``change(manifest)``."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(entries.pop("project.json"))
    manifest = change(manifest) or manifest
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.json", json.dumps(manifest))
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def clean_cache() -> None:
    """As a cleaning program does it, or a hand."""
    shutil.rmtree(folders.cache())
