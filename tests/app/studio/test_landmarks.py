"""A garment's landmarks on its picture: seen, dragged, taken back, kept; which garment and which sleeves are chosen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import known
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.engine.plan import garment_key
from app.engine.views import GarmentView
from app.model.project import load_project, save_project
from app.model.settings import Settings
from app.model.state import GarmentInput, LookState
from app.startup import make_application, make_window
from app.studio import studio as studio_module
from app.studio.studio import Studio
from app.widgets.garment_controls import GarmentControls
from app.widgets.landmarks import tinted_parts
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.media.images import read_image
from fashionmirror_core.vocabulary import SleeveChoice

TEE = known.GARMENTS["tee-bloom"]
PLACES = {"neck_r": (60.0, 40.0), "hem_l": (150.0, 220.0)}
PICTURE = np.full((240, 200, 3), 90, np.uint8)


def view(**fields: object) -> GarmentView:
    plain = {"landmarks": dict(PLACES), "parts": np.ones((60, 50), np.uint8)}
    return GarmentView(np.zeros((8, 8, 4), np.uint8), PICTURE, "upper", False, (), **(plain | fields))  # type: ignore[arg-type]


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """A studio with one garment; its view comes when it is told."""
    monkeypatch.setattr(studio_module, "install_excepthook", lambda reporter: None)
    window = make_window(make_application(), Settings(tmp_path / "studio.ini"))
    window.resize(1100, 760)
    window.show()
    made = Studio(window, autosave=False)
    monkeypatch.setattr(made.engine, "set_state", lambda state: None)  # the engine isn't the point
    made.document.replace(LookState(garments=(GarmentInput(path=TEE),)), None)
    tell(made)
    yield made
    made.close()
    window.hide()
    window.deleteLater()
    QTest.qWait(0)


def tell(studio: Studio, **fields: object) -> None:
    studio.engine.garment_ready.emit(studio.document.state.garments[0], view(**fields))


def moved(studio: Studio) -> dict[str, tuple[float, float]]:
    return {name: (x, y) for name, x, y in studio.document.state.garments[0].landmarks}


def test_a_landmark_is_dragged_taken_back_and_reset(qtbot: QtBot, studio: Studio) -> None:
    window, layer = studio.window, studio.editing.landmarks.layer
    window.actions_by_id["paint.landmarks"].trigger()
    assert window.viewer.picture_size == (200, 240)
    assert set(layer.handles) == set(PLACES)
    handle = layer.handles["neck_r"]
    assert handle.accessibleName() == "Neck, the wearer's right"
    at = handle.rect().center()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(handle, at + QPoint(12, 0))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=at)
    x, y = moved(studio)["neck_r"]
    assert x > PLACES["neck_r"][0] + 2
    assert y == pytest.approx(PLACES["neck_r"][1], abs=1.5)
    QTest.keyClick(layer.handles["hem_l"], Qt.Key.Key_Up)
    assert moved(studio)["hem_l"] == pytest.approx((150, 219), abs=0.01)
    undo = window.actions_by_id["edit.undo"]
    undo.trigger()
    assert set(moved(studio)) == {"neck_r"}
    assert window.paint_bar.reset.text() == "Reset landmarks"
    window.paint_bar.reset.click()
    assert moved(studio) == {}
    undo.trigger()
    window.actions_by_id["look.reset_edits"].trigger()
    assert moved(studio) == {}
    QTest.keyClick(window.viewer, Qt.Key.Key_Escape)
    assert not window.actions_by_id["paint.landmarks"].isChecked()
    assert not layer.handles


def test_handles_stand_where_the_engine_has_the_landmarks_now(qtbot: QtBot, studio: Studio) -> None:
    viewer, layer = studio.window.viewer, studio.editing.landmarks.layer
    studio.window.inspector.garments[0].landmarks.click()
    assert studio.editing.mode == "landmarks"

    def stands(name: str) -> tuple[float, float]:
        there = viewer.to_picture(layer.handles[name].geometry().toRectF().center())
        return there.x(), there.y()

    tell(studio, landmarks={"neck_r": (80.0, 50.0), "crotch": (100.0, 120.0)})
    assert set(layer.handles) == {"neck_r", "crotch"}
    for zoom in (viewer.zoom, 2 * viewer.zoom):
        viewer.zoom = zoom
        assert stands("neck_r") == pytest.approx((80, 50), abs=2)
    studio.window.resize(900, 700)
    QApplication.processEvents()
    assert stands("neck_r") == pytest.approx((80, 50), abs=2)


def test_the_mode_ends_where_its_garment_goes(qtbot: QtBot, studio: Studio) -> None:
    action = studio.window.actions_by_id["paint.landmarks"]
    action.trigger()
    studio.inputs.remove("garment", 0)
    assert studio.editing.mode == ""
    action.trigger()
    assert studio.editing.mode == ""
    assert not action.isChecked()
    assert "no garment" in studio.window.banner.label.text()


def test_the_next_of_several_garments_is_a_button(qtbot: QtBot, studio: Studio) -> None:
    tell(studio, pieces=2, picked=1)
    studio.window.wells.remedy_requested.emit("garment", "pick", 0)
    assert studio.document.state.garments[0].pick == 2
    tell(studio, pieces=2, picked=2)
    studio.window.wells.remedy_requested.emit("garment", "pick", 0)
    assert studio.document.state.garments[0].pick == 1


def test_what_was_moved_picked_and_chosen_is_kept_in_projects(tmp_path: Path) -> None:
    plain = GarmentInput(path=TEE)
    for chosen in ({"landmarks": (("hem_r", 12.5, 80.0),)}, {"pick": 2}, {"sleeves": SleeveChoice.LONG}):
        garment = plain.model_copy(update=chosen)
        assert garment_key(garment) != garment_key(plain)
        save_project(LookState(garments=(garment,)), tmp_path / "look.fmproj")
        (kept,) = load_project(tmp_path / "look.fmproj").state.garments
        assert kept.model_copy(update={"path": TEE}) == garment
    for wrong in ({"landmarks": (("hem_r", float("nan"), 1.0),)}, {"landmarks": (("../x", 1.0, 1.0),)}, {"pick": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            GarmentInput.model_validate({"path": TEE, **wrong})


def test_one_of_several_garments_and_the_sleeves_are_chosen_in_the_inspector(qtbot: QtBot) -> None:
    controls = GarmentControls()
    qtbot.addWidget(controls)
    told: list[tuple[dict[str, object], str]] = []
    controls.changed.connect(lambda fields, name: told.append((fields, name)))
    controls.show_garment(GarmentInput(path=TEE), view())
    controls.show()
    assert not controls.pick.isVisible()
    controls.show_garment(GarmentInput(path=TEE), view(pieces=3, picked=2))
    assert controls.pick.isVisible()
    assert controls.pick.currentIndex() == 1
    controls.pick.activated.emit(2)
    controls.sleeves.setCurrentText("Long")
    controls.sleeves.activated.emit(controls.sleeves.currentIndex())
    assert told == [({"pick": 3, "landmarks": ()}, "pick"), ({"sleeves": SleeveChoice.LONG}, "sleeves")]
    controls.show_garment(GarmentInput(path=TEE, sleeves=SleeveChoice.SHORT), view())
    assert controls.sleeves.currentText() == "Short"


@pytest.mark.parametrize("quarters", [0, 1])
def test_parts_are_seen_in_colour_where_the_garment_is(quarters: int) -> None:
    picture = np.ascontiguousarray(np.rot90(read_image(TEE), quarters))
    found = Garment.from_photo(picture)
    tinted = tinted_parts(picture, found.seen_parts(picture.shape[:2]))
    assert tinted.shape == (*picture.shape[:2], 3)
    changed = (tinted != picture[..., :3]).any(2)
    cloth = picture[..., 3] > 127
    assert (changed & cloth).sum() / (changed | cloth).sum() > 0.9
    parts = found.seen_parts(picture.shape[:2])
    scale = parts.shape[0] / picture.shape[0]
    x, y = np.mean([found.in_picture[name] for name in ("cuff_outer_r", "armpit_r", "shoulder_r")], axis=0)
    assert parts[int(y * scale), int(x * scale)] == 2  # the picture's left sleeve
