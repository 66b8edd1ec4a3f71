"""Settings: typed, kept, and proof against an edited file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from app.model.settings import Settings

VALUES: dict[str, Any] = {
    "theme": "dark",
    "language": "zh_TW",
    "animated": False,
    "shortcuts": {"render": "Ctrl+R", "play": "Space"},
    "device": "cpu",
    "threads": 2,
    "quality": "draft",
    "geometry": bytes(range(256)),
    "layout": b"docks",
    "last_folders": {"person": "/photos, of Ana"},
    "export": {"kind": "mp4", "crf": 18, "loop": True},
}


@pytest.fixture
def settings(qtbot: QtBot) -> Settings:
    return Settings()


def test_a_first_start_follows_the_system(settings: Settings) -> None:
    assert (settings.theme, settings.language, settings.animated) == ("system", "", True)
    assert settings.shortcuts == {}
    assert settings.geometry == b""


@pytest.mark.parametrize("name", VALUES)
def test_a_choice_is_told_and_lasts(settings: Settings, name: str) -> None:
    seen: list[str] = []
    settings.changed.connect(seen.append)
    setattr(settings, name, VALUES[name])
    setattr(settings, name, VALUES[name])
    settings.sync()
    assert seen == [name]
    assert getattr(Settings(), name) == VALUES[name]
    assert type(getattr(Settings(), name)) is type(VALUES[name])


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *[("theme", "pink"), ("theme", ["dark"]), ("language", 3), ("animated", 1), ("threads", -1), ("threads", True)],
        *[("threads", 10**9), ("shortcuts", {"render": 3}), ("shortcuts", []), ("geometry", "?"), ("export", "mp4")],
    ],
)
def test_a_value_of_another_kind_is_refused(settings: Settings, name: str, wrong: Any) -> None:
    before = getattr(settings, name)
    with pytest.raises(ValueError):  # noqa: PT011
        setattr(settings, name, wrong)
    assert getattr(settings, name) == before


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("raw", ["", "nonsense", "null", "[[]]", "[" * 5000, "a, b"])
def test_an_edited_file_falls_back_to_defaults(tmp_path: Path, qtbot: QtBot, name: str, raw: str) -> None:
    store = QSettings(str(tmp_path / "studio.ini"), QSettings.Format.IniFormat)
    store.setValue(name, raw)
    store.sync()
    default = getattr(Settings(tmp_path / "none.ini"), name)
    kept = getattr(Settings(tmp_path / "studio.ini"), name)
    assert kept == default


def test_dialogs_begin_where_they_were_left(settings: Settings, tmp_path: Path) -> None:
    assert settings.last_folder("person") == Path.home()
    settings.remember_folder("person", tmp_path / "ana.jpg")
    assert settings.last_folder("person") == tmp_path
    assert settings.last_folder("garment") == Path.home()


def test_a_folder_that_is_gone_is_not_where_they_begin(settings: Settings, tmp_path: Path) -> None:
    settings.remember_folder("person", tmp_path / "gone" / "ana.jpg")
    assert settings.last_folder("person") == Path.home()
