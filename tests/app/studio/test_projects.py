"""Saving and opening in the window when files are gone: nothing is lost, and the user hears what to do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import quick_core
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.engine import exports
from app.model import folders
from app.model.project import load_project, save_project
from app.model.settings import Settings
from app.model.state import LookState, PersonInput
from app.startup import make_application, make_window
from app.studio import studio as studio_module
from app.studio.studio import Studio
from fashionmirror_core.media.images import write_image


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    quick_core.install(monkeypatch)
    monkeypatch.setattr(studio_module, "install_excepthook", lambda reporter: None)  # qtbot has its own
    window = make_window(make_application(), Settings(tmp_path / "studio.ini"))
    made = Studio(window, autosave=False)
    window.show()
    yield made
    made.close()
    window.hide()
    window.deleteLater()
    QTest.qWait(0)


@pytest.fixture
def project(tmp_path: Path, sample_state: LookState) -> Path:
    path = tmp_path / "look.fmirror"
    save_project(sample_state, path)
    return path


def opened(qtbot: QtBot, studio: Studio, path: Path) -> LookState:
    studio.projects.open(path)
    qtbot.waitUntil(lambda: studio.document.path == path)
    return studio.document.state


def change(studio: Studio) -> None:
    studio.document.apply(studio.document.state.model_copy(update={"in_point": 2}), "In point")


def told(studio: Studio) -> str:
    return studio.window.banner.label.text()


def test_a_save_after_the_cache_was_cleaned_keeps_every_input(qtbot: QtBot, studio: Studio, project: Path) -> None:
    state = opened(qtbot, studio, project)
    assert state.person is not None
    photo = state.person.path.read_bytes()
    shutil.rmtree(folders.cache())
    change(studio)
    studio.projects.save()
    qtbot.waitUntil(lambda: not studio.document.modified)
    saved = load_project(project).state
    assert saved.in_point == 2
    assert saved.person is not None
    assert saved.person.path.read_bytes() == photo
    assert state.person.path.read_bytes() == photo, "and the window goes on with it"


def test_a_save_that_would_lose_an_input_says_which_and_offers_to_find_it(
    qtbot: QtBot, studio: Studio, sample_state: LookState, sample_photo: Path, tmp_path: Path
) -> None:
    photo = shutil.copy(sample_photo, tmp_path / "eva.png")
    studio.document.replace(sample_state.model_copy(update={"person": PersonInput(path=photo)}), None, modified=True)
    photo.unlink()
    studio.projects.save_to(tmp_path / "new.fmirror")
    qtbot.waitUntil(lambda: "eva.png isn't in" in told(studio))
    assert studio.window.banner.button.text() == "Find it…"
    assert not (tmp_path / "new.fmirror").exists()
    assert studio.document.modified
    studio.projects.relocate(photo, sample_photo)
    studio.projects.save_to(tmp_path / "new.fmirror")
    qtbot.waitUntil(lambda: not studio.document.modified)


def test_a_photo_that_goes_between_two_saves_is_still_in_the_second(
    qtbot: QtBot, studio: Studio, sample_state: LookState, sample_photo: Path, tmp_path: Path
) -> None:
    photo = shutil.copy(sample_photo, tmp_path / "eva.png")
    studio.document.replace(sample_state.model_copy(update={"person": PersonInput(path=photo)}), None, modified=True)
    for name in ("one.fmirror", "two.fmirror"):
        change(studio) if name == "two.fmirror" else None
        studio.projects.save_to(tmp_path / name)
        qtbot.waitUntil(lambda: not studio.document.modified)
        photo.unlink(missing_ok=True)
    person = load_project(tmp_path / "two.fmirror").state.person
    assert person is not None
    assert person.path.read_bytes() == sample_photo.read_bytes()


def test_a_look_inside_an_export_says_which_of_its_files_are_gone(
    qtbot: QtBot, studio: Studio, sample_state: LookState, tmp_path: Path
) -> None:
    gone = sample_state.model_copy(update={"person": PersonInput(path=tmp_path / "gone.png")})
    still = tmp_path / "still.png"
    write_image(still, np.zeros((8, 8, 3), np.uint8))
    exports.put_text(still, exports.described(gone))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(still))])
    studio.window.dropped.emit(mime)
    qtbot.waitUntil(lambda: "gone.png" in told(studio))
    assert studio.window.banner.button.text() == "Find it…"
    assert studio.document.state.garments == sample_state.garments


def test_a_window_holds_what_it_shows_in_the_cache(qtbot: QtBot, studio: Studio, project: Path) -> None:
    state = opened(qtbot, studio, project)
    assert state.person is not None
    assert list(state.person.path.parent.parent.glob("*.lock"))
