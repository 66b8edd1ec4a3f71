"""Look-book and queue in the window: a second page, looks that wait, and who computes when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QCloseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.model.lookbook import JobState, load_book
from app.model.settings import Settings
from app.model.state import LookState
from app.startup import make_application, make_window
from app.studio import studio as studio_module
from app.studio.studio import Studio
from fashionmirror_core import samples

LONG = 60_000  # milliseconds; two slow cores may be busy


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample_state: LookState) -> Iterator[Studio]:
    """The studio with the small sample open, and a folder of its own for clips."""
    monkeypatch.setattr(studio_module, "install_excepthook", lambda reporter: None)  # qtbot has its own
    settings = Settings(tmp_path / "studio.ini")
    settings.clips_folder = str(tmp_path / "clips")
    window = make_window(make_application(), settings)
    window.resize(1100, 760)
    window.show()
    made = Studio(window)
    made.projects.ask = lambda: pytest.fail("the user was asked")
    made.document.replace(sample_state, None)
    qtbot.waitUntil(lambda: made.playback.look is not None and made.playback.look.poses is not None, timeout=LONG)
    yield made
    made.close()
    window.hide()
    window.deleteLater()
    QTest.qWait(0)


def _act(studio: Studio, name: str) -> None:
    studio.window.actions_by_id[name].trigger()


def _done(studio: Studio) -> bool:
    jobs = studio.collection.queue.jobs
    return bool(jobs) and all(job.state is JobState.done for job in jobs)


def test_the_look_book_is_a_second_page_that_begins_with_the_look_that_is_open(qtbot: QtBot, studio: Studio) -> None:
    _act(studio, "view.lookbook")
    collection, state = studio.collection, studio.document.state
    assert collection.shown
    assert studio.window.actions_by_id["view.lookbook"].isChecked()
    assert collection.view.book.persons == (state.person,)
    assert collection.view.book.garments == state.garments
    qtbot.waitUntil(lambda: collection.queue.still(collection.view.book.look(0, 0)) is not None, timeout=LONG)
    _act(studio, "view.lookbook")
    assert not collection.shown
    assert studio.window.viewer.isVisible()


def test_the_grid_is_rendered_into_files_and_kept_for_the_next_session(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    _act(studio, "view.lookbook")
    view = studio.collection.view
    view.add("garment", [samples.garments()[1]])
    assert len(view.book.garments) == 2
    assert load_book().garments == view.book.garments
    view.render_chosen()
    qtbot.waitUntil(lambda: _done(studio), timeout=2 * LONG)
    written = sorted(path.suffix for path in (tmp_path / "clips").iterdir())
    assert written == [".mp4", ".mp4"]
    assert "2 of 2" in view.facts.text()


def test_a_look_is_queued_and_waits_while_the_studio_renders(qtbot: QtBot, studio: Studio) -> None:
    _act(studio, "render.start")
    _act(studio, "render.queue")
    queue = studio.collection.queue
    assert queue.held
    assert [job.state for job in queue.jobs] == [JobState.waiting]
    assert "0 of 1" in studio.window.status.queue.text()
    assert "queue" in studio.window.banner.label.text()
    qtbot.waitUntil(lambda: not studio.rendering.busy, timeout=LONG)
    qtbot.waitUntil(lambda: _done(studio), timeout=LONG)
    assert queue.jobs[0].target.is_file()
    assert studio.window.status.queue.text() == ""


def test_what_can_not_be_queued_is_said(studio: Studio) -> None:
    studio.document.apply(studio.document.state.model_copy(update={"motion": None}), "Without")
    _act(studio, "render.queue")
    assert "motion" in studio.window.banner.label.text()
    assert not studio.collection.queue.jobs


def test_a_cell_opens_in_the_studio_as_a_step_of_undo(studio: Studio) -> None:
    before = studio.document.state
    _act(studio, "view.lookbook")
    view = studio.collection.view
    other = samples.garments()[1]
    view.add("garment", [other])
    view.open_cell(0, 1)
    assert not studio.collection.shown
    assert [garment.path for garment in studio.document.state.garments] == [other]
    _act(studio, "edit.undo")
    assert studio.document.state == before


def test_what_is_pasted_goes_where_it_belongs_on_the_page_that_is_shown(qtbot: QtBot, studio: Studio) -> None:
    _act(studio, "view.lookbook")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(samples.sample_look().person))])
    QApplication.clipboard().setMimeData(mime)
    before, view = studio.document.state, studio.collection.view
    _act(studio, "edit.paste")
    qtbot.waitUntil(lambda: samples.sample_look().person in [each.path for each in view.book.persons], timeout=LONG)
    assert "by what it shows" in view.banner.label.text()
    assert [garment.path for garment in view.book.garments] == [each.path for each in before.garments]
    assert studio.document.state == before
    assert not studio.window.acceptDrops()
    _act(studio, "view.lookbook")
    assert studio.window.acceptDrops()


def test_cells_that_cannot_be_dressed_are_not_counted(qtbot: QtBot, studio: Studio, tmp_path: Path) -> None:
    _act(studio, "view.lookbook")
    view = studio.collection.view
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    view.add("garment", [bad])
    bad_look = view.book.look(0, 1)
    qtbot.waitUntil(lambda: bool(studio.collection.queue.refusal(bad_look)), timeout=LONG)
    qtbot.waitUntil(lambda: view.render_button.text() == "Render 1 Clip", timeout=LONG)


def test_closing_with_clips_in_the_queue_asks(studio: Studio) -> None:
    asked: list[int] = []
    studio.collection.queue.pause()
    _act(studio, "render.queue")
    for answer in (False, True):
        studio.collection.ask = lambda waits, answer=answer: asked.append(waits) or answer
        studio.document.mark_saved(Path("x.fmirror"), studio.document.state)
        event = QCloseEvent()
        studio.window.closeEvent(event)
        assert event.isAccepted() is answer
    assert asked == [1, 1]


def test_where_clips_go_is_remembered(studio: Studio, tmp_path: Path) -> None:
    studio.collection.queue.folder = tmp_path / "elsewhere"
    assert studio.window.settings.clips_folder == str(tmp_path / "elsewhere")
