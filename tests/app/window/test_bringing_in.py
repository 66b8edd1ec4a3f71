"""Dropped and pasted pictures go where they belong; an export brings its look back."""

from __future__ import annotations

from pathlib import Path

from designing import LONG, mime
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.engine.exports import ExportKind, ExportRequest
from app.model.state import LookState, PersonInput
from app.studio.studio import Studio
from fashionmirror_core import samples


def test_a_photo_dropped_on_an_empty_look_is_the_person_and_the_next_one_the_garment(
    qtbot: QtBot, studio: Studio, sample_photo: Path
) -> None:
    dress = samples.sample_look().garment
    studio.window.dropped.emit(mime(sample_photo))
    qtbot.waitUntil(lambda: studio.document.state.person == PersonInput(path=sample_photo), timeout=LONG)
    studio.inputs.open_files([dress])
    qtbot.waitUntil(lambda: [garment.path for garment in studio.document.state.garments] == [dress])
    studio.window.actions_by_id["look.turn"].trigger()
    assert studio.document.state.person.turns == 1
    studio.window.wells.remedy_requested.emit("person", "turn", -1)  # the way that is up, which is looked for
    qtbot.waitUntil(lambda: studio.document.state.person.turns == 0, timeout=LONG)
    studio.window.actions_by_id["look.turn_back"].trigger()
    assert studio.document.state.person.turns == 3
    studio.window.wells.remedy_requested.emit("garment", "turn", 0)
    assert studio.document.state.garments[0].turns == 1
    assert studio.document.state.person.turns == 3
    qtbot.waitUntil(lambda: getattr(studio.inputs.views.garments[0], "turns", None) == 1, timeout=20_000)
    lying = studio.inputs.views.garments[0].image
    assert lying.shape[1] > lying.shape[0]
    studio.inputs.use_template("idle")
    assert studio.document.state.motion.name == "idle"


def test_a_persons_photo_dropped_on_the_picture_is_the_person_with_an_undo(
    qtbot: QtBot, studio: Studio, sample_state: LookState
) -> None:
    studio.document.replace(sample_state, None)
    other = samples.persons()[-1]
    studio.window.dropped.emit(mime(other))
    qtbot.waitUntil(lambda: studio.document.state.person == PersonInput(path=other), timeout=LONG)
    assert studio.document.state.garments == sample_state.garments
    banner = studio.window.banner
    assert banner.label.text() == f"{other.name} shows a person and went to Person."
    assert banner.button.text() == "Undo"
    QTest.mouseClick(banner.button, Qt.MouseButton.LeftButton)
    assert studio.document.state == sample_state
    assert not banner.isVisible()


def test_a_garment_pasted_over_the_picture_is_the_garment(qtbot: QtBot, studio: Studio) -> None:
    dress = samples.sample_look().garment
    QApplication.clipboard().setMimeData(mime(dress))
    studio.window.viewer.setFocus()
    studio.window.actions_by_id["edit.paste"].trigger()
    qtbot.waitUntil(lambda: bool(studio.document.state.garments), timeout=LONG)
    assert studio.document.state.person is None
    assert [garment.path for garment in studio.document.state.garments] == [dress]


def test_two_files_dropped_together_are_one_step(qtbot: QtBot, studio: Studio, sample_photo: Path) -> None:
    dress = samples.sample_look().garment
    studio.window.dropped.emit(mime(dress, sample_photo))
    qtbot.waitUntil(lambda: studio.document.state.person == PersonInput(path=sample_photo), timeout=LONG)
    assert [garment.path for garment in studio.document.state.garments] == [dress]
    assert studio.document.undo_stack.count() == 1


def test_what_nobody_can_use_is_refused_with_a_line(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    studio.window.dropped.emit(mime(tmp_path / "notes.txt"))
    assert "notes.txt" in studio.window.banner.label.text()
    assert studio.document.state == LookState()


def test_an_exported_still_brings_its_look_back(qtbot: QtBot, dressed: Studio, tmp_path: Path) -> None:
    look = dressed.document.state
    with qtbot.waitSignal(dressed.engine.export_finished, timeout=LONG) as told:
        dressed.exporting.export(ExportRequest(ExportKind.still, tmp_path / "look.png"))
    (path,) = told.args
    assert path.is_file()
    assert "look.png" in dressed.window.banner.label.text()
    dressed.inputs.remove("garment", 0)
    dressed.window.dropped.emit(mime(path))
    qtbot.waitUntil(lambda: dressed.document.state == look, timeout=LONG)


def test_opening_a_clip_leaves_nothing_unsaved(qtbot: QtBot, dressed: Studio, tmp_path: Path) -> None:
    look = dressed.document.state
    with qtbot.waitSignal(dressed.engine.export_finished, timeout=LONG):
        dressed.exporting.export(ExportRequest(ExportKind.still, tmp_path / "look.png"))
    dressed.document.replace(LookState(), None)
    dressed.window.dropped.emit(mime(tmp_path / "look.png"))
    qtbot.waitUntil(lambda: dressed.document.state == look, timeout=LONG)
    assert not dressed.document.modified
    dressed.window.actions_by_id["edit.undo"].trigger()
    assert dressed.document.state == LookState()
