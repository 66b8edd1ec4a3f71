"""Files that were used lately, by kind: for the gallery, the wells and the File menu. The list is a convenience: where it
can't be read or written, the studio goes on without it.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.model import folders
from fashionmirror_core import places
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import write_whole

KINDS = ("person", "garment", "motion", "project")
LENGTH = 12
_MAX_BYTES = 1 << 20


class Recent(QObject):
    """Newest first, at most LENGTH of a kind. changed: the kind whose list is another one now."""

    changed = Signal(str)

    def __init__(self, file: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file or folders.state() / "recent.json"

    def files(self, kind: str) -> list[Path]:
        """Those that are there; a file on a drive that isn't plugged in comes back with it."""
        return [path for path in map(Path, self._lists()[kind]) if os.path.exists(path)]

    def add(self, kind: str, path: Path) -> None:
        """Puts a file first. The built-in samples have a place of their own and aren't listed."""
        path = Path(os.path.abspath(path))
        if not path.is_relative_to(places.resources()):
            self._change(kind, [str(path), *(known for known in self._lists()[kind] if known != str(path))])

    def remove(self, kind: str, path: Path) -> None:
        absent = os.path.abspath(path)
        self._change(kind, [known for known in self._lists()[kind] if known != absent])

    def clear(self, kind: str) -> None:
        self._change(kind, [])

    def _change(self, kind: str, files: list[str]) -> None:
        """Other windows write the same file, hence it is read before each change."""
        lists = self._lists()
        if files == lists[kind]:
            return
        lists[kind] = files[:LENGTH]
        with contextlib.suppress(OSError, InputError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, json.dumps(lists, indent=1).encode())
        self.changed.emit(kind)

    def _lists(self) -> dict[str, list[str]]:
        """All lists as the file has them; what isn't a list of paths is empty."""
        known: object = None
        with contextlib.suppress(OSError, ValueError, RecursionError), open(self._file, "rb") as stream:
            known = json.loads(stream.read(_MAX_BYTES))
        lists = known if isinstance(known, dict) else {}
        return {kind: _paths(lists.get(kind)) for kind in KINDS}


def _paths(files: object) -> list[str]:
    if not isinstance(files, list):
        return []
    return [file for file in files if isinstance(file, str) and file and "\0" not in file][:LENGTH]
