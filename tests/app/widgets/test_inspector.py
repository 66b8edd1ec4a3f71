"""The inspector: it shows a look without changing it, and each control says exactly what it would change."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.engine.views import EngineInfo
from app.model.state import ClipSettings, GarmentInput, LookState, MotionInput
from app.widgets.inspector import LAYERS, Inspector
from app.widgets.wells import Views
from fashionmirror_core import samples
from fashionmirror_core.cloth.fabric import FabricName
from fashionmirror_core.cloth.tailoring import Cut, Fit
from fashionmirror_core.vocabulary import CategoryChoice, SleeveChoice

TOP = GarmentInput(path=Path("top-floral.webp"), category=CategoryChoice.UPPER)
SKIRT = GarmentInput(path=Path("skirt.webp"), sleeve=1.0, hem=1.2)
STATE = LookState(garments=(TOP, SKIRT), motion=MotionInput(template="catwalk"))
SEEN = SimpleNamespace(category="lower", doubtful=False, notes=(), pieces=0, picked=0, landmarks={})
VIEWS = Views(
    garments=(None, SEEN),  # type: ignore[arg-type]
    motion=SimpleNamespace(motion=range(108), fps=25.0),  # type: ignore[arg-type]
)


@pytest.fixture
def inspector(qtbot: QtBot) -> Inspector:
    widget = Inspector()
    qtbot.addWidget(widget)
    widget.show_state(STATE, VIEWS)
    widget.show()
    return widget


@pytest.fixture
def heard(inspector: Inspector) -> list[tuple[Any, ...]]:
    log: list[tuple[Any, ...]] = []
    for name in ("changed", "layer_toggled", "layer_opacity_changed"):
        getattr(inspector, name).connect(lambda *values, name=name: log.append((name, *values)))
    return log


def choose(combo: QComboBox, text: str) -> None:
    """As a user does it."""
    row = combo.findText(text)
    assert row >= 0, f"{text} is none of {[combo.itemText(k) for k in range(combo.count())]}"
    combo.setCurrentIndex(row)
    combo.activated.emit(row)


def test_showing_a_look_changes_nothing(inspector: Inspector, heard: list[Any]) -> None:
    clip = ClipSettings(frames=12, fps=30, background="white", transition=3, retarget=False)
    inspector.show_state(STATE.model_copy(update={"clip": clip}), VIEWS)
    inspector.show_state(LookState(), Views())
    assert heard == []


def test_it_shows_the_looks_values(inspector: Inspector) -> None:
    clip = ClipSettings(frames=12, fps=30, background="white", transition=3, retarget=False, finished=True)
    inspector.show_state(STATE.model_copy(update={"clip": clip}), VIEWS)
    assert inspector.finished.isChecked()
    assert inspector.frames.value() == 12
    assert inspector.fps.value() == 30
    assert inspector.background.currentText() == "White"
    assert inspector.transition.value() == 3
    assert not inspector.retarget.isChecked()
    assert inspector.garments[1].hem.slider.value() == 120


def test_what_the_look_leaves_open_is_what_the_motion_and_the_engine_say(inspector: Inspector) -> None:
    assert inspector.frames.text() == "All (108)"
    assert inspector.fps.text() == "Motion's (25)"
    assert inspector.garments[1].category.currentText() == "Automatic (Skirt)"


def test_what_is_found_has_room_in_its_box(inspector: Inspector) -> None:
    """Of a skirt or trousers it says which: both words together were cut off in a small window."""
    trousers = SimpleNamespace(**{**vars(SEEN), "landmarks": {"crotch": (5.0, 5.0)}})
    inspector.show_state(STATE, Views(garments=(None, trousers), motion=VIEWS.motion))  # type: ignore[arg-type]
    inspector.resize(inspector.minimumSizeHint().expandedTo(inspector.minimumSize()))
    box = inspector.garments[1].category
    assert box.currentText() == "Automatic (Trousers)"
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field = box.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, box
    )
    assert box.fontMetrics().horizontalAdvance(box.currentText()) <= field.width()


def test_a_hem_is_one_step_of_undo_however_it_is_dragged(inspector: Inspector, heard: list[Any]) -> None:
    for value in (90, 80):
        inspector.garments[0].hem.slider.setValue(value)
    changes = [entry[1]["garments"] for entry in heard]
    assert [garments[0].hem for garments in changes] == [0.9, 0.8]
    assert all(garments[1] == SKIRT for garments in changes)
    assert {entry[2] for entry in heard} == {"garment.0.hem"}
    assert {entry[3] for entry in heard} == {"Hem Length"}


def test_the_update_makes_a_valid_look(inspector: Inspector, heard: list[Any]) -> None:
    inspector.garments[0].sleeve.slider.setValue(70)
    inspector.frames.setValue(24)
    for _, update, *_ in heard:
        state = STATE.model_copy(update=update)
        assert LookState.model_validate(state.model_dump()) == state


def test_a_length_goes_back_to_the_garments_own(inspector: Inspector, heard: list[Any]) -> None:
    hem = inspector.garments[1].hem
    assert hem.reset.isEnabled()
    hem.reset.click()
    assert heard[0][1]["garments"][1].hem == 1.0
    assert not hem.reset.isEnabled()


def test_a_skirt_has_no_sleeves(inspector: Inspector) -> None:
    assert inspector.garments[0].sleeve.isEnabled()
    assert not inspector.garments[1].sleeve.isEnabled()


def test_a_category_is_chosen_as_one_step(inspector: Inspector, heard: list[Any]) -> None:
    choose(inspector.garments[1].category, "Dress")
    assert heard[0][1]["garments"][1].category is CategoryChoice.DRESS
    assert heard[0][2] == ""


@pytest.mark.parametrize(("text", "value"), [("White", "white"), ("Transparent", "transparent")])
def test_a_background_is_chosen(inspector: Inspector, heard: list[Any], text: str, value: str) -> None:
    choose(inspector.background, text)
    assert heard == [("changed", {"clip": ClipSettings(background=value)}, "", "Background")]


def test_a_picture_behind_the_person_is_named_and_replaceable(
    inspector: Inspector, heard: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: ("/photos/beach.jpg", ""))
    choose(inspector.background, "Picture…")
    clip = heard[0][1]["clip"]
    assert clip.background == "/photos/beach.jpg"
    for _ in range(2):
        inspector.show_state(STATE.model_copy(update={"clip": clip}), VIEWS)
    assert inspector.background.currentText() == "beach.jpg"
    assert inspector.background.findText("beach.jpg") == inspector.background.count() - 3
    inspector.show_state(STATE, VIEWS)
    assert inspector.background.findText("beach.jpg") < 0
    assert inspector.background.currentText() == "As in the photo"


def test_a_picture_not_chosen_leaves_the_background(
    inspector: Inspector, heard: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: ("", ""))
    choose(inspector.background, "Picture…")
    assert heard == []
    assert inspector.background.currentText() == "As in the photo"


def test_frames_and_rate_go_back_to_the_motions_own(inspector: Inspector, heard: list[Any]) -> None:
    inspector.show_state(STATE.model_copy(update={"clip": ClipSettings(frames=10, fps=12)}), VIEWS)
    inspector.frames.setValue(0)
    inspector.fps.setValue(0)
    assert heard[0][1]["clip"].frames is None
    assert heard[1][1]["clip"].fps is None


def test_a_rate_below_one_frame_a_second_becomes_one(inspector: Inspector, heard: list[Any]) -> None:
    inspector.fps.setValue(0.4)
    assert heard[0][1]["clip"].fps == 1.0


def test_advanced_settings_are_closed_until_they_are_wanted(inspector: Inspector, heard: list[Any]) -> None:
    assert not inspector.transition.isVisible()
    inspector.advanced.button.click()
    assert inspector.transition.isVisible()
    inspector.transition.setValue(0)
    inspector.retarget.click()
    assert heard[0][1]["clip"].transition == 0
    assert heard[1][1]["clip"].retarget is False


def test_finishing_is_offered_where_a_generator_was_trained(inspector: Inspector, heard: list[Any]) -> None:
    inspector.advanced.button.click()
    inspector.show_engine(EngineInfo("cpu", 2, "default", "CC0-1.0", finishes=True))
    inspector.finished.click()
    assert heard[0][1]["clip"].finished
    inspector.show_engine(EngineInfo("cpu", 2, "analytic", "", finishes=False))
    assert not inspector.finished.isEnabled()
    assert "no trained generator" in inspector.finished.toolTip()


def test_an_eye_shows_a_layer_and_its_slider_fades_it(inspector: Inspector, heard: list[Any]) -> None:
    assert not inspector.layers.sliders["clothing"].isEnabled()
    inspector.layers.eyes["clothing"].click()
    inspector.layers.sliders["clothing"].setValue(40)
    assert heard == [("layer_toggled", "clothing", True), ("layer_opacity_changed", "clothing", 0.4)]


def test_showing_a_layer_from_elsewhere_is_silent(inspector: Inspector, heard: list[Any]) -> None:
    inspector.layers.show_layer("flow", True, 0.25)
    assert inspector.layers.eyes["flow"].isChecked()
    assert inspector.layers.sliders["flow"].value() == 25
    assert heard == []


def test_a_layer_with_nothing_to_show_cannot_be_chosen(inspector: Inspector) -> None:
    inspector.layers.show_layer("flow", True, 1.0)
    inspector.layers.set_available("flow", False)
    assert not inspector.layers.eyes["flow"].isEnabled()
    assert not inspector.layers.sliders["flow"].isEnabled()
    assert set(inspector.layers.eyes) == set(LAYERS)


def test_the_wheel_changes_nothing_that_is_only_passed(inspector: Inspector, heard: list[Any]) -> None:
    for control in (inspector.frames, inspector.background, inspector.garments[0].hem.slider):
        place = QPointF(control.rect().center())
        down = QPoint(0, -120)
        wheel = QWheelEvent(
            *(place, control.mapToGlobal(place), QPoint(), down, Qt.MouseButton.NoButton),
            *(Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False),
        )
        control.clearFocus()
        QApplication.sendEvent(control, wheel)
    assert heard == []


def test_garments_come_and_go(inspector: Inspector) -> None:
    inspector.show_state(LookState(garments=(SKIRT,)), Views())
    assert [controls.title.text() for controls in inspector.garments] == ["skirt"]
    inspector.show_state(LookState(), Views())
    assert inspector.garments == []


def test_every_control_has_a_name_and_is_reached_by_tab(inspector: Inspector) -> None:
    inspector.advanced.open(True)
    kinds: tuple[type[QWidget], ...] = (QSlider, QComboBox, QSpinBox, QToolButton)
    controls = [w for kind in kinds for w in inspector.findChildren(kind) if w.isVisibleTo(inspector)]
    assert len(controls) > 20
    for control in controls:
        assert control.accessibleName(), control
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("fabric", "Silk", FabricName.SILK),
        ("fit", "Loose", Fit.LOOSE),
        ("cut", "Strapless", Cut.STRAPLESS),
        ("tucked", "Tucked in", True),
        ("tucked", "Over it", False),
        ("sleeves", "Long", SleeveChoice.LONG),
    ],
)
def test_how_a_garment_is_worn_is_chosen_as_one_step(
    inspector: Inspector, heard: list[Any], name: str, text: str, value: object
) -> None:
    choose(getattr(inspector.garments[0], name), text)
    made = getattr(heard[0][1]["garments"][0], name)
    assert made == value
    assert type(made) is type(value)
    assert heard[0][1]["garments"][1] == SKIRT
    assert heard[0][2] == ""
    assert heard[0][3]
    inspector.show_state(STATE.model_copy(update=heard[0][1]), VIEWS)
    assert getattr(inspector.garments[0], name).currentText() == text
    assert len(heard) == 1


def test_a_garment_has_the_cuts_of_its_category(inspector: Inspector, heard: list[Any]) -> None:
    top, skirt = (controls.cut for controls in inspector.garments)
    assert top.findText("Straps") > 0 > top.findText("Pencil skirt")
    assert skirt.findText("Pencil skirt") > 0 > skirt.findText("Straps")
    cut = LookState(garments=(TOP.model_copy(update={"cut": Cut.TANK}), SKIRT))
    inspector.show_state(cut, VIEWS)
    choose(inspector.garments[0].category, "Dress")
    choose(inspector.garments[0].category, "Skirt or trousers")
    assert [entry[1]["garments"][0].cut for entry in heard] == [Cut.TANK, None]


def test_rows_that_say_nothing_about_a_garment_are_hidden(inspector: Inspector) -> None:
    top, skirt = inspector.garments
    for control in ("sleeves", "sleeve", "tucked"):
        assert getattr(top, control).isVisible()
        assert not getattr(skirt, control).isVisible()
    assert not top.pick.isVisible()


def test_nothing_of_the_panel_is_cut_off_at_the_side(inspector: Inspector) -> None:
    content = inspector.widget()
    assert content.minimumSizeHint().width() <= 30 * 8


def mime(*files: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    return data


def test_a_picture_of_the_back_is_dropped_shown_and_cleared(inspector: Inspector, heard: list[Any]) -> None:
    back, picture = inspector.garments[0].back, samples.garments()[0]
    assert back.button.isVisible()
    assert not back.tile.isVisible()
    place, button, no = QPointF(5, 5), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    data = mime(picture)
    entered = QDragEnterEvent(place.toPoint(), Qt.DropAction.CopyAction, data, button, no)
    QApplication.sendEvent(back, entered)
    assert entered.isAccepted()
    dropped = QDropEvent(place, Qt.DropAction.CopyAction, data, button, no)
    QApplication.sendEvent(back, dropped)
    assert heard[0][1]["garments"][0].back == picture
    view = SimpleNamespace(
        category="upper", doubtful=False, notes=(), pieces=0, picked=0, back=np.full((40, 30, 4), 255, np.uint8)
    )
    inspector.show_state(STATE.model_copy(update=heard[0][1]), Views(garments=(view, None)))  # type: ignore[arg-type]
    assert not back.button.isVisible()
    assert back.tile.isVisible()
    assert not back.tile.image.isNull()
    assert back.tile.caption == picture.name
    back.clear.click()
    QTest.keyClick(back.tile, Qt.Key.Key_Delete)
    assert [entry[1]["garments"][0].back for entry in heard[1:]] == [None, None]
    assert {entry[3] for entry in heard} == {"Picture of the Back"}


def test_what_is_no_picture_is_not_taken_as_a_back(inspector: Inspector, heard: list[Any], tmp_path: Path) -> None:
    file = tmp_path / "walk.bvh"
    file.touch()
    data = mime(file)
    event = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(inspector.garments[0].back, event)
    assert not event.isAccepted()
    assert heard == []


def test_a_picture_of_the_back_is_asked_for(inspector: Inspector) -> None:
    asked: list[int] = []
    inspector.back_requested.connect(asked.append)
    inspector.garments[1].back.button.click()
    assert asked == [1]
