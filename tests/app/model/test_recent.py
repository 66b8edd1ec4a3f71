"""Recent files: newest first, few, and never a reason to fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.model.recent import LENGTH, Recent
from fashionmirror_core import samples


@pytest.fixture
def recent(qtbot: QtBot) -> Recent:
    return Recent()


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    files = [tmp_path / f"{k:02d}.jpg" for k in range(LENGTH + 3)]
    for file in files:
        file.touch()
    return files


def test_the_newest_is_first_and_there_are_not_too_many(recent: Recent, photos: list[Path]) -> None:
    for photo in photos:
        recent.add("person", photo)
    assert recent.files("person") == photos[: -LENGTH - 1 : -1]
    assert recent.files("garment") == []


def test_a_file_that_is_used_again_moves_up(recent: Recent, photos: list[Path]) -> None:
    for photo in (photos[0], photos[1], photos[0]):
        recent.add("person", photo)
    assert recent.files("person") == [photos[0], photos[1]]


def test_the_list_lasts_and_windows_share_it(recent: Recent, photos: list[Path]) -> None:
    other = Recent()
    recent.add("person", photos[0])
    other.add("garment", photos[1])
    assert Recent().files("person") == [photos[0]]
    assert recent.files("garment") == [photos[1]]


def test_files_that_are_gone_are_not_shown_and_come_back(recent: Recent, photos: list[Path]) -> None:
    recent.add("person", photos[0])
    photos[0].unlink()
    assert recent.files("person") == []
    photos[0].touch()
    assert recent.files("person") == [photos[0]]


def test_only_a_change_is_told(recent: Recent, photos: list[Path]) -> None:
    seen: list[str] = []
    recent.changed.connect(seen.append)
    recent.add("motion", photos[0])
    recent.add("motion", photos[0])
    recent.remove("motion", photos[0])
    recent.clear("motion")
    assert seen == ["motion", "motion"]


def test_built_in_samples_are_not_listed(recent: Recent) -> None:
    recent.add("garment", samples.sample_look().garment)
    assert recent.files("garment") == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"person": 3}', '{"person": [3, null, "\\u0000"]}', "[" * 5000, "\xff"]
)
def test_a_damaged_list_is_an_empty_one(tmp_path: Path, photos: list[Path], qtbot: QtBot, text: str) -> None:
    file = tmp_path / "recent.json"
    file.write_bytes(text.encode("latin-1"))
    recent = Recent(file)
    assert recent.files("person") == []
    recent.add("person", photos[0])
    assert Recent(file).files("person") == [photos[0]]


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path, photos: list[Path], qtbot: QtBot) -> None:
    (tmp_path / "file").touch()
    Recent(tmp_path / "file" / "recent.json").add("person", photos[0])
