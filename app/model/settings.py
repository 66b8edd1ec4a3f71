"""What the user chose, typed: each setting has a default, and a value that isn't one of its kind counts as not set."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from PySide6.QtCore import QObject, QSettings, Signal

from app.model import folders
from fashionmirror_core.outputs.cluster.connection import check_address

T = TypeVar("T")


class Setting(Generic[T]):
    """An attribute of ``Settings``, kept on disk as JSON. check: the value as one of its kind, else ValueError."""

    def __init__(self, default: T, check: Callable[[Any], T]) -> None:
        self._default, self._check = default, check

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, owner: None, kind: type) -> Setting[T]: ...
    @overload
    def __get__(self, owner: Settings, kind: type) -> T: ...
    def __get__(self, owner: Settings | None, kind: type) -> Setting[T] | T:
        if owner is None:
            return self
        try:
            return self._check(json.loads(owner.store.value(self._name)))
        except (TypeError, ValueError, RecursionError):  # never set, or the file was edited
            return self._default

    def __set__(self, owner: Settings, value: T) -> None:
        value = self._check(value)
        if value != self.__get__(owner, type(owner)):
            owner.store.setValue(self._name, json.dumps(_plain(value)))
            owner.changed.emit(self._name)


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _one_of(*choices: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is none of {', '.join(choices)}")
        return str(value)

    return check


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 256:
        raise ValueError(f"{value!r} is no count of threads")
    return value


def _blob(value: Any) -> bytes:
    return value if isinstance(value, bytes) else base64.b64decode(value, validate=True)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for pair in value.items() for text in pair):
        raise ValueError(f"{value!r} is no table of texts")
    return dict(value)


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no table")
    return dict(value)


def _address(value: Any) -> str:
    """Empty, or what ``check_address`` takes; its InputError is a ValueError."""
    address = _text(value).strip()
    if address:
        check_address(address)
    return address


class Settings(QObject):
    """The studio's settings. changed: the name of the one that has another value now.

    language: empty follows the system. animated: motion of the interface. shortcuts: action's id -> keys, portable text,
    only what differs from the defaults. threads: 0 lets the engine choose. export: what the export dialog was left with.
    """

    changed = Signal(str)

    theme = Setting("system", _one_of("system", "light", "dark"))
    language = Setting("", _one_of("", "en", "zh_TW"))
    animated = Setting(True, _switch)
    shortcuts: Setting[dict[str, str]] = Setting({}, _texts)
    device = Setting("auto", _one_of("auto", "cpu", "cuda", "mps"))
    threads = Setting(0, _count)
    quality = Setting("final", _one_of("draft", "final"))
    geometry = Setting(b"", _blob)
    layout = Setting(b"", _blob)  # QMainWindow.saveState
    last_folders: Setting[dict[str, str]] = Setting({}, _texts)  # kind -> where its file dialog was last
    clips_folder = Setting("", _text)  # where the queue's clips go; empty: FashionMirror in the user's videos
    cluster = Setting("", _address)  # to which the queue hands its clips; empty: this computer's engine makes them
    export: Setting[dict[str, Any]] = Setting({}, _table)

    def __init__(self, file: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = QSettings(str(file or folders.config() / "studio.ini"), QSettings.Format.IniFormat)

    def last_folder(self, kind: str) -> Path:
        """Where the file dialog for this kind (person, garment, motion, project, export) begins."""
        folder = Path(self.last_folders.get(kind, ""))
        return folder if self.last_folders.get(kind) and os.path.isdir(folder) else Path.home()

    def remember_folder(self, kind: str, file: Path) -> None:
        """The user chose ``file``: the next dialog of this kind begins beside it."""
        self.last_folders = self.last_folders | {kind: str(Path(file).absolute().parent)}

    def sync(self) -> None:
        """Writes what is waiting to be written; Qt does so by itself now and then."""
        self.store.sync()
