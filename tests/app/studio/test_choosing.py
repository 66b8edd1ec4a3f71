"""Who of several people is dressed is asked in the picture: a click, or Tab and Enter, and the photo is cropped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import known
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.engine.preparation import _read_person
from app.model.settings import Settings
from app.model.state import LookState, PersonInput
from app.startup import make_application, make_window
from app.studio import studio as studio_module
from app.studio.choosing import room_around
from app.studio.inputs import _upright_turns
from app.studio.studio import Studio
from fashionmirror_core.media.images import read_image, write_image

LONG = 60_000


@pytest.fixture(scope="module")
def couple(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people beside each other, the left one larger."""
    near = cv2.resize(read_image(known.PERSONS["red-top"]), (480, 640), interpolation=cv2.INTER_AREA)
    far = cv2.resize(read_image(known.PERSONS["tank-top"]), (390, 520), interpolation=cv2.INTER_AREA)
    picture = np.full((640, 870, 3), near[5, 5], np.uint8)
    picture[:, :480] = near
    picture[120:, 480:] = far
    path = tmp_path_factory.mktemp("couple") / "couple.png"
    write_image(path, picture)
    return path


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setattr(studio_module, "install_excepthook", lambda reporter: None)
    window = make_window(make_application(), Settings(tmp_path / "studio.ini"))
    window.resize(1100, 760)
    window.show()
    made = Studio(window, autosave=False)
    monkeypatch.setattr(made.engine, "set_state", lambda state: None)  # the engine isn't the point
    yield made
    made.close()
    window.hide()
    window.deleteLater()
    QTest.qWait(0)


def test_a_click_on_a_person_crops_the_photo_to_them(qtbot: QtBot, studio: Studio, couple: Path) -> None:
    studio.document.replace(LookState(person=PersonInput(path=couple)), None)
    studio.window.wells.remedy_requested.emit("person", "crop", -1)
    qtbot.waitUntil(lambda: len(studio.choosing.frames.frames) == 2, timeout=LONG)
    assert "Click the person" in studio.window.banner.label.text()
    left, right = studio.choosing.frames.frames
    assert left.geometry().right() < right.geometry().left() + 5
    assert left.hasFocus()
    QTest.mouseClick(right, Qt.MouseButton.LeftButton)
    person = studio.document.state.person
    assert person is not None
    assert person.crop is not None
    left_edge, _, width, height = person.crop
    assert left_edge > 400
    assert not studio.choosing.busy
    assert not studio.choosing.frames.frames
    assert not studio.window.banner.isVisible()
    read = _read_person(person)
    assert read.image.shape == (height, width, 3)
    assert read.warnings == [warning for warning in read.warnings if "Several people" not in warning]
    studio.window.actions_by_id["edit.undo"].trigger()
    assert studio.document.state.person == PersonInput(path=couple)


def test_escape_leaves_without_a_choice(qtbot: QtBot, studio: Studio, couple: Path) -> None:
    studio.document.replace(LookState(person=PersonInput(path=couple)), None)
    studio.choosing.begin()
    qtbot.waitUntil(lambda: len(studio.choosing.frames.frames) == 2, timeout=LONG)
    QTest.keyClick(studio.choosing.frames.frames[0], Qt.Key.Key_Escape)
    assert not studio.choosing.busy
    assert studio.document.state.person == PersonInput(path=couple)
    assert not studio.document.modified


def test_the_room_round_a_person_ends_between_people() -> None:
    left, right = (100, 100, 100, 400), (300, 100, 100, 400)
    assert room_around(left, [left, right], (500, 600)) == (0, 76, 250, 448)
    assert room_around(right, [left, right], (500, 600)) == (250, 76, 250, 448)


@pytest.mark.parametrize("turned", [1, 2, 3])
def test_a_photo_is_turned_the_way_that_is_up(turned: int, tmp_path: Path) -> None:
    photo = cv2.resize(read_image(known.PERSON), (288, 384), interpolation=cv2.INTER_AREA)
    path = tmp_path / "lying.png"
    write_image(path, np.ascontiguousarray(np.rot90(photo, turned)))
    assert _upright_turns(PersonInput(path=path)) == turned
    assert _upright_turns(PersonInput(path=path, turns=(turned + 3) % 4)) == 1
