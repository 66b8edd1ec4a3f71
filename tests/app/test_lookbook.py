"""The look-book: a plain value, and the grid that dresses, renders and exports it. The real engine, small photos."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.engine.queue import LookQueue
from app.model.lookbook import LookBook, load_book, save_book
from app.model.state import ClipSettings, GarmentInput, LookState, MotionInput, Painting, PersonInput, Quality
from app.widgets.drops import MEANT_MIME, TEMPLATE_MIME
from app.widgets.lookbook import LookBookView
from app.widgets.lookbook_grid import CELL
from app.widgets.pictures import Thumbnails
from fashionmirror_core import samples
from fashionmirror_core.media.images import read_image

LONG = 60_000  # milliseconds; two slow cores may be busy


@pytest.fixture
def book(sample_photo: Path) -> LookBook:
    """One person, two garments, one motion of four frames."""
    garments = samples.garments()[:2]
    return LookBook(
        persons=(PersonInput(path=sample_photo),),
        garments=tuple(GarmentInput(path=path) for path in garments),
        motions=(MotionInput(template="catwalk"),),
        clip=ClipSettings(frames=4),
    )


@pytest.fixture
def queue(qtbot: QtBot, tmp_path: Path) -> Iterator[LookQueue]:
    made = LookQueue(folder=tmp_path / "clips", device="cpu")
    yield made
    made.close()


@pytest.fixture
def view(qtbot: QtBot, queue: LookQueue) -> Iterator[LookBookView]:
    thumbnails = Thumbnails()
    widget = LookBookView(queue, thumbnails=thumbnails)
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    yield widget
    widget.close_threads()
    thumbnails.close()


def words(view: LookBookView) -> list[str]:
    model = view.model
    return [model.index(row, column).data(CELL).words for row, column in view.book.cells]


def dropped(view: LookBookView, where: QPoint, mime: QMimeData) -> bool:
    event = QDropEvent(
        QPointF(where), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    view.dropEvent(event)
    return event.isAccepted()


def files(*paths: Path, meant: str = "") -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    if meant:
        mime.setData(MEANT_MIME, meant.encode())
    return mime


def choose(menu: QMenu, text: str) -> None:
    next(action for action in menu.findChildren(QAction) if action.text() == text).trigger()


# --- the value ---


def test_inputs_come_once_and_in_order(book: LookBook) -> None:
    again = book.having(*reversed(book.garments), MotionInput(template="idle"))
    assert again.garments == book.garments
    assert [motion.name for motion in again.motions] == ["catwalk", "idle"]
    assert again.without(book.garments[0], *again.motions) == book.model_copy(
        update={"garments": book.garments[1:], "motions": ()}
    )


def test_a_cell_is_a_look_of_its_own(book: LookBook) -> None:
    assert list(book.cells) == [(0, 0), (0, 1)]
    still, clip = book.look(0, 1), book.look(0, 1, book.motions[0])
    assert still.dressable
    assert not still.renderable
    assert clip.renderable
    assert clip.garments == (book.garments[1],)
    assert clip.clip == ClipSettings(frames=4, quality=Quality.final)


def test_it_lasts_between_sessions_without_what_is_gone(book: LookBook, tmp_path: Path) -> None:
    gone = GarmentInput(path=tmp_path / "gone.png")
    painted = book.garments[0].model_copy(update={"cutout": Painting.of(np.zeros((4, 4), np.uint8))})
    save_book(book.model_copy(update={"garments": (painted, book.garments[1], gone)}))
    assert load_book() == book


@pytest.mark.parametrize("text", ["", "{", "[]", '{"persons": 3}', "[" * 100_000])
def test_a_damaged_file_is_an_empty_book(tmp_path: Path, text: str) -> None:
    file = tmp_path / "book.json"
    file.write_text(text)
    assert load_book(file) == LookBook()


# --- the view, without the engine ---


def test_an_empty_book_invites(view: LookBookView) -> None:
    view.show()
    assert view.tiles["person"].isVisible()
    assert not view.grid.isVisible()
    assert not view.render_button.isEnabled()
    assert "needs persons and garments" in view.render_button.text()


def test_render_says_what_it_needs_and_what_it_would_do(view: LookBookView, book: LookBook) -> None:
    view.book = book.model_copy(update={"motions": ()})
    assert view.render_button.text() == "Render needs a motion"
    view.add_template("catwalk")
    assert view.render_button.text() == "Render 2 Clips"
    view.grid.selectionModel().select(view.model.index(0, 1), QItemSelectionModel.SelectionFlag.Select)
    assert view.render_button.text() == "Render 1 Clip"


def test_drops_on_the_tiles_and_headers_become_rows_and_columns(
    view: LookBookView, queue: LookQueue, sample_photo: Path
) -> None:
    queue.hold()
    heard: list[LookBook] = []
    view.book_changed.connect(heard.append)
    view.show()
    tile = view.tiles["person"]
    assert dropped(view, tile.mapTo(view, tile.rect().center()), files(sample_photo))
    tile = view.tiles["garment"]
    assert dropped(view, tile.mapTo(view, tile.rect().center()), files(*samples.garments()[:3]))
    assert view.grid.isVisible()
    assert (view.model.rowCount(), view.model.columnCount()) == (1, 3)
    corner = view.grid.mapTo(view, QPoint(0, 0))
    assert dropped(view, corner + QPoint(20, 200), files(samples.persons()[0]))
    assert dropped(view, corner + QPoint(200, 20), files(samples.garments()[3]))
    assert (view.model.rowCount(), view.model.columnCount()) == (2, 4)
    assert heard[-1] == view.book


def test_what_is_of_the_gallery_finds_its_place_from_anywhere(view: LookBookView, queue: LookQueue) -> None:
    queue.hold()
    view.show()
    middle = view.rect().center()
    assert dropped(view, middle, files(samples.persons()[0], meant="person"))
    assert dropped(view, middle, files(samples.garments()[0], meant="garment"))
    template = QMimeData()
    template.setData(TEMPLATE_MIME, b"idle")
    assert dropped(view, middle, template)
    assert dropped(view, middle, files(samples.motions()[0]))
    assert [len(x) for x in (view.book.persons, view.book.garments, view.book.motions)] == [1, 1, 2]


def test_what_a_drop_holds_besides_pictures_is_named(view: LookBookView, tmp_path: Path) -> None:
    (tmp_path / "prices.txt").touch()
    view.show()
    assert view.take(files(samples.persons()[0], tmp_path / "prices.txt"), "person")
    assert [person.path for person in view.book.persons] == [samples.persons()[0]]
    assert view.banner.isVisible()
    assert "prices.txt" in view.banner.label.text()


def test_a_picture_dropped_between_is_refused_with_a_word(view: LookBookView, book: LookBook, queue: LookQueue) -> None:
    queue.hold()
    view.book = book
    view.show()
    where = view.grid.viewport().mapTo(view, QPoint(40, 40))
    assert not dropped(view, where, files(samples.garments()[3]))
    assert view.banner.isVisible()
    assert "persons at the left" in view.banner.label.text()
    assert view.book == book


def test_samples_and_motions_come_from_menus(view: LookBookView, queue: LookQueue, qtbot: QtBot) -> None:
    queue.hold()
    view.show()
    qtbot.waitUntil(lambda: bool(view._templates), timeout=LONG)
    choose(view.add_menu("garment"), "All")
    assert [garment.path for garment in view.book.garments] == [*samples.photographed(), *samples.garments()]
    choose(view.motion_menu(), "catwalk")
    choose(view.motion_menu(), "idle")
    assert view.motions.text() == "catwalk, idle"
    choose(view.motion_menu(), "catwalk")
    assert [motion.name for motion in view.book.motions] == ["idle"]


def test_rows_and_columns_can_be_removed(view: LookBookView, book: LookBook) -> None:
    view.book = book
    choose(view.cell_menu(0, 0), f"Remove {book.garments[0].path.stem.replace('-', ' ')}")
    assert view.book.garments == book.garments[1:]


def test_keys_choose_and_open_cells(view: LookBookView, book: LookBook, queue: LookQueue, qtbot: QtBot) -> None:
    queue.hold()
    view.book = book
    view.show()
    opened: list[LookState] = []
    view.look_opened.connect(opened.append)
    view.grid.setFocus()
    view.grid.setCurrentIndex(view.model.index(0, 0))
    qtbot.keyClick(view.grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert view.grid.chosen == [(0, 0), (0, 1)]
    qtbot.keyClick(view.grid, Qt.Key.Key_Right)
    assert view.grid.chosen == [(0, 1)]
    qtbot.keyClick(view.grid, Qt.Key.Key_Return)
    assert opened == [book.look(0, 1, book.motions[0])]


def test_a_double_click_opens_the_look(view: LookBookView, book: LookBook, queue: LookQueue, qtbot: QtBot) -> None:
    queue.hold()
    view.book = book
    view.show()
    with qtbot.waitSignal(view.look_opened) as told:
        where = view.grid.visualRect(view.model.index(0, 0)).center()
        qtbot.mouseClick(view.grid.viewport(), Qt.MouseButton.LeftButton, pos=where)
        qtbot.mouseDClick(view.grid.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert told.args[0].garments == book.garments[:1]


def test_nothing_is_dressed_before_it_is_seen(view: LookBookView, book: LookBook, queue: LookQueue) -> None:
    view.book = book
    assert not queue.busy


# --- with the engine ---


def test_cells_are_dressed_rendered_and_put_on_a_sheet(
    view: LookBookView, book: LookBook, queue: LookQueue, qtbot: QtBot, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    view.book = book.having(GarmentInput(path=broken))
    view.show()
    qtbot.waitUntil(lambda: not queue.busy, timeout=LONG)
    assert words(view) == ["Still", "Still", "Can't be dressed"]
    assert "broken.png" in view.model.index(0, 2).data(Qt.ItemDataRole.ToolTipRole)
    assert not view.model.index(0, 0).data(CELL).image.isNull()
    sheet = tmp_path / "stills.png"
    with qtbot.waitSignal(queue.sheet_finished, timeout=LONG):
        view.export_sheet(sheet)
    width = read_image(sheet).shape[1]

    view.grid.selectionModel().select(view.model.index(0, 1), QItemSelectionModel.SelectionFlag.Select)
    qtbot.mouseClick(view.render_button, Qt.MouseButton.LeftButton)
    assert words(view)[1] in ("Rendering", "Waiting")
    assert view.render_button.text() == "Queued"
    qtbot.waitUntil(lambda: not queue.busy, timeout=LONG)
    assert words(view) == ["Still", "Clip", "Can't be dressed"]
    assert view.render_button.text() == "Render Again"
    assert queue.jobs[0].target.is_file()

    view.grid.play(view.model.index(0, 1))
    qtbot.waitUntil(lambda: view.grid.playing_image(view.model.index(0, 1)) is not None, timeout=LONG)
    with qtbot.waitSignal(queue.sheet_finished, timeout=LONG) as told:
        view.export_sheet(tmp_path / "clips-sheet")
    assert told.args == [tmp_path / "clips-sheet.png", ""]
    assert read_image(told.args[0]).shape[1] > width  # the clip has a column of its own
    assert "clips-sheet.png" in view.banner.label.text()


def test_a_sheet_that_cannot_be_written_says_why(
    view: LookBookView, book: LookBook, queue: LookQueue, qtbot: QtBot, tmp_path: Path
) -> None:
    view.book = book
    view.show()
    qtbot.waitUntil(lambda: queue.still(book.look(0, 0)) is not None, timeout=LONG)
    with qtbot.waitSignal(queue.sheet_finished, timeout=LONG) as told:
        view.export_sheet(tmp_path / "nowhere" / "sheet.png")
    assert told.args[0] is None
    assert "nowhere" in view.banner.label.text()


def test_an_empty_sheet_is_refused(queue: LookQueue, book: LookBook, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(queue.sheet_finished, timeout=LONG) as told:
        queue.export_sheet(book, tmp_path / "sheet.png")
    assert told.args[0] is None
    assert not (tmp_path / "sheet.png").exists()


def test_a_new_row_is_dressed_before_the_clip_that_runs_goes_on(
    view: LookBookView, book: LookBook, queue: LookQueue, qtbot: QtBot
) -> None:
    view.book = book.model_copy(update={"garments": book.garments[:1], "clip": ClipSettings(frames=24)})
    view.show()
    view.render_chosen()
    qtbot.waitUntil(lambda: queue.jobs[0].done >= 1, timeout=LONG)
    view.add("garment", [book.garments[1].path])
    qtbot.waitUntil(lambda: queue.still(view.book.look(0, 1)) is not None, timeout=LONG)
    assert not queue.jobs[0].state.over
    queue.cancel_all()
    qtbot.waitUntil(lambda: not queue.busy, timeout=LONG)
