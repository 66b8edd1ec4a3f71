"""Projects, what a crash left, and closing: nothing is lost, and nobody is asked without need."""

from __future__ import annotations

from pathlib import Path

from designing import LONG, mime, states
from PySide6.QtGui import QCloseEvent
from pytestqt.qtbot import QtBot

from app.model.recovery import Autosave
from app.model.state import LookState, PersonInput
from app.studio.studio import Studio


def test_a_look_is_saved_closed_and_opened_again(qtbot: QtBot, dressed: Studio, tmp_path: Path) -> None:
    path = tmp_path / "ana.fmirror"
    dressed.window.actions_by_id["look.turn"].trigger()
    assert dressed.window.isWindowModified()
    dressed.projects.save_to(path)
    qtbot.waitUntil(lambda: not dressed.document.modified, timeout=LONG)
    assert dressed.window.windowTitle().startswith("ana")
    dressed.projects.new()
    assert dressed.document.state.person is None
    dressed.window.dropped.emit(mime(path))
    qtbot.waitUntil(lambda: dressed.document.state.person is not None, timeout=LONG)
    assert dressed.document.state.person.turns == 1
    assert dressed.document.path == path
    assert dressed.context.recent.files("project") == [path]


def test_a_file_that_moved_is_found_again(
    qtbot: QtBot, studio: Studio, sample_state: LookState, tmp_path: Path
) -> None:
    gone, here = tmp_path / "gone.png", sample_state.person.path
    studio.document.replace(sample_state.model_copy(update={"person": PersonInput(path=gone)}), None)
    studio.projects.tell_missing([gone], [])
    assert "gone.png" in studio.window.banner.label.text()
    assert studio.window.banner.button.isVisible()
    studio.projects.relocate(gone, tmp_path / "neither.png")
    assert studio.document.state.person.path == gone
    studio.projects.relocate(gone, here)
    assert studio.document.state.person.path == here


def test_a_damaged_project_is_refused_and_the_look_stays(qtbot: QtBot, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "bad.fmirror").write_bytes(b"not a zip")
    before = studio.document.state
    studio.projects.open(tmp_path / "bad.fmirror")
    qtbot.waitUntil(lambda: "bad.fmirror" in studio.window.banner.label.text(), timeout=LONG)
    assert studio.document.state is before


def test_what_a_crash_left_is_offered_and_comes_back_unsaved(
    qtbot: QtBot, studio: Studio, sample_state: LookState
) -> None:
    from app.model.document import Document

    crashed = Document()
    keeper = Autosave(crashed)
    crashed.apply(sample_state, "Look")
    with qtbot.waitSignal(keeper.saved, timeout=LONG):
        keeper.save()
    keeper._lock.unlock()  # as the system does when a process dies
    studio.projects.offer_recovery()
    assert studio.window.banner.isVisible()
    studio.window.banner.button.click()
    assert studio.document.state == sample_state
    assert studio.document.modified
    keeper.close()


def test_closing_asks_only_for_what_would_be_lost(studio: Studio, sample_state: LookState) -> None:
    answers = ["cancel", "discard"]
    event = QCloseEvent()
    studio.window.closeEvent(event)
    assert event.isAccepted()
    studio.projects.ask = lambda: answers.pop(0)
    studio.document.apply(sample_state, "Look")
    studio.window.closeEvent(event)
    assert not event.isAccepted()
    studio.window.closeEvent(event)
    assert event.isAccepted()
    assert answers == []


def test_closing_during_a_render_ends_cleanly(qtbot: QtBot, dressed: Studio) -> None:
    dressed.rendering.start()
    qtbot.waitUntil(lambda: "rendering" in states(dressed), timeout=LONG)
    assert dressed.window.close()
    assert not dressed.window.isVisible()


def test_a_new_look_shows_the_samples_that_its_picture_speaks_of(studio: Studio) -> None:
    assert not studio.window.gallery.isVisible()
    studio.projects.new()
    assert studio.window.viewer.empty_text.endswith("choose a sample at the left")
    assert studio.window.gallery.isVisible()
