"""The wells: they take what belongs to them, say why they refuse, show what the engine found and ask for what's missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from app.engine.notes import Note
from app.model.state import GarmentInput, LookState, MotionInput, PersonInput
from app.widgets.drops import Offer
from app.widgets.pictures import Thumbnails, key_of, small_image, to_image
from app.widgets.tiles import Tile, first_words
from app.widgets.well import Well
from app.widgets.wells import Views, Wells
from fashionmirror_core.vocabulary import CategoryChoice

FILES = ("ana.png", "dress.png", "skirt.png")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Small pictures by name, and a video and a text that are only their names."""
    for k, name in enumerate(FILES):
        image = QImage(30, 40, QImage.Format.Format_RGB888)
        image.fill(QColor.fromHsv(40 * k, 200, 200))
        assert image.save(str(tmp_path / name))
    for name in ("walk.mp4", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    return {path.name: path for path in tmp_path.iterdir()}


@pytest.fixture
def wells(qtbot: QtBot) -> Iterator[Wells]:
    thumbnails = Thumbnails()
    widget = Wells(thumbnails)
    qtbot.addWidget(widget)
    widget.resize(240, 700)
    widget.show()
    yield widget
    thumbnails.close()


@pytest.fixture
def heard(wells: Wells) -> list[tuple[Any, ...]]:
    """Every signal with its name, in order."""
    log: list[tuple[Any, ...]] = []
    for name in ("dropped", "template_dropped", "removed", "open_requested", "remedy_requested", "category_chosen"):
        getattr(wells, name).connect(lambda *values, name=name: log.append((name, *values)))
    return log


def mime_of(*paths: Path | str) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl(p) if isinstance(p, str) else QUrl.fromLocalFile(str(p)) for p in paths])
    return mime


def drag(well: Well, mime: QMimeData, at: QPoint | None = None, drop: bool = True) -> bool:
    """A drag over the middle of a well, or ``at``, and its end; whether the well would let it be dropped."""
    place = at or well.rect().center()
    how = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(well, QDragEnterEvent(place, *how))
    move = QDragMoveEvent(place, *how)
    QApplication.sendEvent(well, move)
    if drop and move.isAccepted():
        QApplication.sendEvent(well, QDropEvent(QPointF(place), *how))
    elif drop:
        QApplication.sendEvent(well, QDragLeaveEvent())
    return move.isAccepted()


def garments(*paths: Path) -> tuple[GarmentInput, ...]:
    return tuple(GarmentInput(path=path) for path in paths)


def garment_view(category: str = "dress", doubtful: bool = False, notes: tuple[Note, ...] = ()) -> Any:
    pixels = np.full((8, 6, 4), 200, np.uint8)
    return SimpleNamespace(image=pixels, category=category, doubtful=doubtful, notes=notes, landmarks={})


def motion_view(frames: int = 10) -> Any:
    joints = np.ones((frames, 25, 3), np.float32) * np.linspace(10, 90, 25)[None, :, None]
    joints[..., 0] += np.arange(frames)[:, None]
    joints[..., 2] = 1
    return SimpleNamespace(motion=SimpleNamespace(joints=joints, fps=25.0), fps=25.0, seconds=frames / 25, notes=())


# Taking and refusing


@pytest.mark.parametrize(("well", "name"), [("person", "ana.png"), ("garment", "dress.png"), ("motion", "walk.mp4")])
def test_a_dropped_file_fills_its_well(
    wells: Wells, files: dict[str, Path], heard: list[Any], well: str, name: str
) -> None:
    assert drag(wells.wells[well], mime_of(files[name]))
    assert heard == [("dropped", well, (files[name],), -1)]


@pytest.mark.parametrize(
    ("well", "name", "says"),
    [("person", "walk.mp4", "Motion"), ("motion", "ana.png", "video"), ("garment", "notes.txt", "notes.txt")],
)
def test_a_well_says_why_it_refuses(
    wells: Wells, files: dict[str, Path], heard: list[Any], well: str, name: str, says: str
) -> None:
    assert not drag(wells.wells[well], mime_of(files[name]))
    assert says in wells.wells[well].refusal
    assert heard == []


def test_a_reason_goes_when_something_is_taken(wells: Wells, files: dict[str, Path]) -> None:
    drag(wells.person, mime_of(files["walk.mp4"]))
    drag(wells.person, mime_of(files["ana.png"]))
    assert wells.person.refusal == ""


def test_only_the_wells_that_would_take_it_light_up(wells: Wells, files: dict[str, Path]) -> None:
    before = {kind: well.grab().toImage() for kind, well in wells.wells.items()}
    wells.show_drag(Offer(files=(files["walk.mp4"],)))
    changed = {kind for kind, well in wells.wells.items() if well.grab().toImage() != before[kind]}
    assert changed == {"motion"}
    wells.show_drag(None)
    assert wells.motion.grab().toImage() == before["motion"]


def test_several_pictures_become_several_garments(wells: Wells, files: dict[str, Path], heard: list[Any]) -> None:
    drag(wells.garment, mime_of(files["dress.png"], files["skirt.png"]))
    assert [([path.name for path in entry[2]], entry[3]) for entry in heard] == [(["dress.png", "skirt.png"], -1)]


def test_a_drop_on_a_garment_replaces_it_and_beside_it_adds(
    wells: Wells, files: dict[str, Path], heard: list[Any], qtbot: QtBot
) -> None:
    wells.show_state(LookState(garments=garments(files["dress.png"])), Views())
    qtbot.waitUntil(lambda: wells.garment.tiles[-1].isVisible() and wells.garment.tiles[-1].x() > 50)
    on, beside = (tile.mapTo(wells.garment, tile.rect().center()) for tile in wells.garment.tiles)
    drag(wells.garment, mime_of(files["skirt.png"]), on)
    drag(wells.garment, mime_of(files["skirt.png"]), beside)
    assert [entry[3] for entry in heard] == [0, -1]


def test_all_that_is_dropped_on_a_well_is_told_at_once(wells: Wells, files: dict[str, Path], heard: list[Any]) -> None:
    """What belongs elsewhere too: where it goes is decided by what it shows."""
    drag(wells.person, mime_of(files["ana.png"], files["dress.png"], files["walk.mp4"]))
    assert heard == [("dropped", "person", (files["ana.png"], files["dress.png"], files["walk.mp4"]), -1)]


def test_a_paste_of_pixels_becomes_a_file(wells: Wells, tmp_path: Path, heard: list[Any]) -> None:
    mime = QMimeData()
    mime.setImageData(QImage(5, 5, QImage.Format.Format_RGB32))
    assert wells.person.take(mime, cache=tmp_path / "cache")
    assert heard[0][2][0].is_relative_to(tmp_path / "cache")


def test_a_paste_of_nothing_useful_says_why(wells: Wells, heard: list[Any]) -> None:
    assert not wells.person.take(mime_of("https://shop.example/a.jpg"))
    assert "shop.example" in wells.person.refusal
    assert heard == []


# Keyboard and menu


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_a_well_opens_with_the_keyboard(wells: Wells, heard: list[Any], qtbot: QtBot, key: Qt.Key) -> None:
    qtbot.keyClick(wells.person.tile, key)
    assert heard == [("open_requested", "person", -1)]


def test_delete_removes_the_garment_that_has_the_focus(
    wells: Wells, files: dict[str, Path], heard: list[Any], qtbot: QtBot
) -> None:
    wells.show_state(LookState(garments=garments(files["dress.png"], files["skirt.png"])), Views())
    qtbot.keyClick(wells.garment.tiles[1], Qt.Key.Key_Delete)
    assert heard == [("removed", "garment", 1)]


def test_delete_on_an_empty_well_does_nothing(wells: Wells, heard: list[Any], qtbot: QtBot) -> None:
    qtbot.keyClick(wells.person.tile, Qt.Key.Key_Delete)
    assert heard == []


def test_ctrl_v_pastes_into_the_well(wells: Wells, files: dict[str, Path], heard: list[Any], qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setMimeData(mime_of(files["dress.png"]))
    qtbot.keyClick(wells.garment.tiles[0], Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert heard == [("dropped", "garment", (files["dress.png"],), -1)]


def test_the_menu_offers_recent_files_and_removal_where_there_is_something(
    wells: Wells, files: dict[str, Path], heard: list[Any]
) -> None:
    def texts() -> list[str]:
        return [action.text() for action in wells.person.menu().actions()]

    assert "Remove" not in texts()
    wells.set_recent({"person": [files["ana.png"]]})
    wells.show_state(LookState(person=PersonInput(path=files["dress.png"])), Views())
    assert {"Replace…", "Remove", "Show in Folder", "Recent"} <= set(texts())
    menu = wells.person.menu()
    (recent,) = menu.findChildren(QMenu)
    recent.actions()[0].trigger()
    assert heard == [("dropped", "person", (files["ana.png"],), -1)]


def test_every_control_has_a_name_and_is_reached_by_tab(wells: Wells, files: dict[str, Path]) -> None:
    state = LookState(
        person=PersonInput(path=files["ana.png"]),
        garments=garments(files["dress.png"]),
        motion=MotionInput(template="catwalk"),
    )
    wells.show_state(state, Views(garments=(garment_view(),), motion=motion_view()))
    controls = [w for w in wells.findChildren(Tile) + wells.findChildren(QPushButton) if w.isVisibleTo(wells)]
    assert len(controls) >= 4
    for control in controls:
        assert control.accessibleName()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


# What is shown


def test_the_photo_is_shown_at_once_from_its_file(wells: Wells, files: dict[str, Path], qtbot: QtBot) -> None:
    wells.show_state(LookState(person=PersonInput(path=files["ana.png"])), Views())
    assert wells.person.tile.filled
    qtbot.waitUntil(lambda: not wells.person.tile.image.isNull())
    assert wells.person.tile.image.size().toTuple() == (30, 40)


def test_a_turned_photo_is_shown_turned(wells: Wells, files: dict[str, Path], qtbot: QtBot) -> None:
    wells.show_state(LookState(person=PersonInput(path=files["ana.png"], turns=1)), Views())
    qtbot.waitUntil(lambda: not wells.person.tile.image.isNull())
    assert wells.person.tile.image.size().toTuple() == (40, 30)


def test_a_note_names_its_remedy_and_asks_for_it(wells: Wells, files: dict[str, Path], heard: list[Any]) -> None:
    note = Note("The cut-out is doubtful: the garment hardly differs from its background; look at it.", "cutout")
    state = LookState(garments=garments(files["dress.png"], files["skirt.png"]))
    wells.show_state(state, Views(garments=(garment_view(), garment_view(notes=(note,)))))
    (row,) = wells.garment.notes
    assert row.label.text() == "Dress: The cut-out is doubtful"
    assert row.label.toolTip() == note.text
    assert row.button is not None
    row.button.click()
    assert heard == [("remedy_requested", "garment", "cutout", 1)]


def test_a_note_without_a_remedy_has_no_button(wells: Wells, files: dict[str, Path]) -> None:
    view = garment_view(notes=(Note("The garment is cut off by the picture's border."),))
    wells.show_state(LookState(garments=garments(files["dress.png"])), Views(garments=(view,)))
    assert wells.garment.notes[0].button is None


def test_pictures_give_way_to_notes_where_there_is_little_room(qtbot: QtBot, files: dict[str, Path]) -> None:
    scroll, wells = QScrollArea(), Wells()
    scroll.setWidget(wells)
    scroll.setWidgetResizable(True)
    qtbot.addWidget(scroll)
    scroll.resize(248, 430)
    scroll.show()
    wells.show_state(LookState(garments=garments(files["dress.png"])), Views())
    wells.show_failure("garment", Note("This looks like no garment, but like a shoe; " * 4, "category"), 0)
    QApplication.processEvents()
    assert scroll.verticalScrollBar().maximum() == 0
    wells.show_failure("person", Note("The person lies on the side; turn the picture upright. " * 3, "turn"))
    QApplication.processEvents()
    for row in (*wells.person.notes, *wells.garment.notes):
        assert row.label.height() >= row.label.heightForWidth(row.label.width())  # no line is cut off


def test_a_failure_stays_until_its_input_changes(wells: Wells, files: dict[str, Path]) -> None:
    state = LookState(person=PersonInput(path=files["ana.png"]))
    wells.show_state(state, Views())
    wells.show_failure("person", Note("The photo lies on its side; turn the picture upright.", "turn"))
    wells.show_state(state, Views())
    assert [row.remedy for row in wells.person.notes] == ["turn"]
    wells.show_state(LookState(person=PersonInput(path=files["ana.png"], turns=1)), Views())
    assert wells.person.notes == []


def test_a_note_that_is_still_true_keeps_the_focus(wells: Wells, files: dict[str, Path]) -> None:
    state = LookState(garments=garments(files["dress.png"]))
    view = garment_view(notes=(Note("The cut-out is doubtful: look at it.", "cutout"),))
    wells.show_state(state, Views(garments=(view,)))
    row = wells.garment.notes[0]
    wells.show_state(state.model_copy(update={"in_point": 3}), Views(garments=(view,)))
    assert wells.garment.notes == [row]


def test_a_failure_of_one_garment_leaves_the_notes_of_another(wells: Wells, files: dict[str, Path]) -> None:
    state = LookState(garments=garments(files["dress.png"], files["skirt.png"]))
    view = garment_view(notes=(Note("The cut-out is doubtful: look at it.", "cutout"),))
    wells.show_state(state, Views(garments=(view, None)))
    wells.show_failure("garment", Note("No garment found; use another picture."), 1)
    assert [row.remedy for row in wells.garment.notes] == ["", "cutout"]


def test_a_doubtful_category_asks_and_a_chosen_one_does_not(
    wells: Wells, files: dict[str, Path], heard: list[Any]
) -> None:
    state = LookState(garments=garments(files["dress.png"]))
    wells.show_state(state, Views(garments=(garment_view("dress", doubtful=True),)))
    column = wells.garment.columns[0]
    assert column.chip.text() == "Dress?"
    next(action for action in column.menu.actions() if action.text() == "Top").trigger()
    assert heard == [("category_chosen", 0, "upper")]
    chosen = LookState(garments=(GarmentInput(path=files["dress.png"], category=CategoryChoice.UPPER),))
    wells.show_state(chosen, Views(garments=(garment_view("upper", doubtful=True),)))
    assert column.chip.text() == "Top"


def test_a_skirt_and_trousers_are_called_what_they_are(wells: Wells, files: dict[str, Path]) -> None:
    """Both words together had no room below a small picture."""
    worn = LookState(garments=garments(files["dress.png"], files["skirt.png"]))
    trousers = garment_view("lower", notes=(Note("The trousers lie folded."),))
    trousers.landmarks["crotch"] = (3.0, 4.0)
    wells.show_state(worn, Views(garments=(trousers, garment_view("lower"))))
    assert [column.chip.text() for column in wells.garment.columns] == ["Trousers", "Skirt"]
    assert wells.garment.notes[0].label.text().startswith("Trousers: ")


def test_a_removed_garment_leaves_its_place(wells: Wells, files: dict[str, Path]) -> None:
    wells.show_state(LookState(garments=garments(files["dress.png"], files["skirt.png"])), Views())
    wells.show_state(LookState(), Views())
    assert [tile.filled for tile in wells.garment.tiles] == [False]


def test_progress_shows_while_a_video_is_read_and_can_be_cancelled(wells: Wells, qtbot: QtBot) -> None:
    cancel = next(b for b in wells.motion.findChildren(QPushButton) if "Cancel" in b.text())
    assert not cancel.isVisible()
    wells.set_progress("motion", 3, 82)
    assert cancel.isVisible()
    with qtbot.waitSignal(wells.cancel_requested) as cancelled:
        cancel.click()
    assert cancelled.args == ["motion"]
    wells.set_progress("motion", 82, 82)
    assert not cancel.isVisible()


def test_the_skeleton_plays_until_it_is_paused_or_hidden(wells: Wells, qtbot: QtBot) -> None:
    wells.show_state(LookState(motion=MotionInput(template="catwalk")), Views(motion=motion_view()))
    tile = wells.motion.tile
    qtbot.waitUntil(lambda: tile.frame > 0)
    tile.play(False)
    assert not tile.playing
    tile.play(True)
    assert tile.playing
    wells.hide()
    assert not tile.playing


def test_a_motion_of_unseen_joints_is_drawn_without_them(wells: Wells) -> None:
    view = motion_view()
    view.motion.joints[..., 2] = 0
    wells.show_state(LookState(motion=MotionInput(template="catwalk")), Views(motion=view))
    assert not wells.motion.tile.grab().isNull()


# Small pictures


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
def test_an_array_becomes_the_same_picture(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    color = to_image(pixels).pixelColor(6, 4)
    wanted = np.broadcast_to(pixels[4, 6], 3) if pixels.ndim == 2 else pixels[4, 6, :3]
    assert (color.red(), color.green(), color.blue()) == tuple(wanted)


def test_a_large_array_becomes_small_with_its_shape() -> None:
    image = small_image(np.zeros((4000, 3000, 3), np.uint8), 320)
    assert (image.width(), image.height()) == pytest.approx((240, 320), abs=1)


def test_a_file_that_cannot_be_decoded_gives_no_picture(files: dict[str, Path], qtbot: QtBot) -> None:
    thumbnails = Thumbnails()
    with qtbot.waitSignal(thumbnails.ready) as ready:
        assert thumbnails.request(files["walk.mp4"]) is None
    assert ready.args[0] == key_of(files["walk.mp4"])
    assert ready.args[1].isNull()
    thumbnails.close()


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Several people are in the photo: the largest is dressed; one is safer.", "Several people are in the photo"),
        ("The feet are cut off.", "The feet are cut off"),
        ("", ""),
    ],
)
def test_a_notes_first_words_leave_out_the_advice(text: str, short: str) -> None:
    assert first_words(text) == short
