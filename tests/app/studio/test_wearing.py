"""How a garment is worn, in the studio: chosen in the panel, dressed again, undone; what is doubtful stands beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import known
import numpy as np
import pytest
import quick_core
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.engine.engine import Engine
from app.engine.notes import Note
from app.engine.views import LookView
from app.model.settings import Settings
from app.model.state import GarmentInput, LookState, PersonInput
from app.startup import make_application, make_window
from app.studio import studio as studio_module
from app.studio.studio import Studio
from fashionmirror_core.cloth.dressing import APART
from fashionmirror_core.cloth.fabric import FabricName
from fashionmirror_core.cloth.tailoring import Cut, Fit
from fashionmirror_core.cloth.verdict import FALLEN, MOVING, TIGHT
from fashionmirror_core.errors import InputError
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.vocabulary import CategoryChoice

LONG = 20_000  # milliseconds
TEE, SKIRT = known.GARMENTS["tee-bloom"], known.GARMENTS["skirt-mint"]
DOUBT = "It slides down by 40 cm: nothing holds it up; choose another cut, or a slimmer fit."


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, sample_photo: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """A studio with a top and a skirt, whose engine gets the states and does nothing with them."""
    monkeypatch.setattr(studio_module, "install_excepthook", lambda reporter: None)
    window = make_window(make_application(), Settings(tmp_path / "studio.ini"))
    window.show()
    made = Studio(window, autosave=False)
    monkeypatch.setattr(made.engine, "set_state", lambda state: None)
    made.document.replace(LookState(garments=(GarmentInput(path=TEE), GarmentInput(path=SKIRT))), None)
    yield made
    made.close()
    window.hide()
    window.deleteLater()
    QTest.qWait(0)


def worn(studio: Studio) -> Any:
    """A look of what is open, whose top slides down."""
    return SimpleNamespace(state=studio.document.state, poses=None, notes=(), doubts=((Note(DOUBT),), ()))


def told(studio: Studio) -> list[str]:
    return [row.text for row in studio.window.wells.garment.notes]


def test_what_is_doubtful_stands_beside_its_garment_until_it_is_worn_in_another_way(studio: Studio) -> None:
    studio.inputs._look_ready(worn(studio))
    assert told(studio) == [DOUBT]
    box = studio.window.inspector.garments[0].fabric
    box.setCurrentIndex(box.findText("Denim"))
    box.activated.emit(box.currentIndex())
    assert studio.document.state.garments[0].fabric is FabricName.DENIM
    assert told(studio) == []
    studio.window.actions_by_id["edit.undo"].trigger()
    assert studio.document.state.garments[0].fabric is None
    assert told(studio) == [DOUBT]


@pytest.mark.parametrize(
    ("fit", "button", "then"), [(Fit.REGULAR, "Looser", Fit.LOOSE), (Fit.OVERSIZE, "Cut", Fit.OVERSIZE)]
)
def test_what_is_too_tight_is_made_looser_by_a_click(studio: Studio, fit: Fit, button: str, then: Fit) -> None:
    state = studio.document.state
    tight = state.garments[1].model_copy(update={"fit": fit})
    studio.document.replace(state.model_copy(update={"garments": (state.garments[0], tight)}), None)
    worn_now = worn(studio)
    worn_now.doubts = (), (Note.of(TIGHT.format(0.66)),)
    studio.inputs._look_ready(worn_now)
    (row,) = studio.window.wells.garment.notes
    assert row.label.text() == f"{studio.window.wells.garment.columns[1].chip.text()}: It is stretched by up to 66%"
    assert row.button is not None
    assert row.button.text() == button
    row.button.click()
    assert studio.document.state.garments[1].fit is then
    assert studio.document.undo_stack.canUndo() is (then is not fit)


@pytest.mark.parametrize(("doubt", "field"), [(FALLEN.format(40), "cut"), (MOVING, "fabric")])
def test_a_doubt_opens_the_choice_that_mends_it_in_the_look_panel(studio: Studio, doubt: str, field: str) -> None:
    window = studio.window
    window.actions_by_id["view.inspector"].trigger()  # folded away
    window.inspector.look.open(False)
    worn_now = worn(studio)
    worn_now.doubts = (), (Note.of(doubt),)
    studio.inputs._look_ready(worn_now)
    (row,) = window.wells.garment.notes
    assert row.button is not None
    row.button.click()
    box = window.inspector.garments[1].box(field)
    assert box.isVisible()
    assert box.view().isVisible()
    box.hidePopup()


def test_a_garment_that_cannot_be_put_on_is_told_at_the_garment(
    qtbot: QtBot, engine: Engine, sample_state: LookState, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise InputError(APART)

    monkeypatch.setattr(quick_core.QuickTryOn, "prepare", refuse)
    with qtbot.waitSignal(engine.input_failed, timeout=LONG) as failed:
        engine.set_state(sample_state)
    kind, given, note = failed.args
    assert (kind, given) == ("garment", sample_state.garments[0])
    assert note.remedy == "landmarks"
    qtbot.waitUntil(lambda: engine.waits_for == "garment", timeout=LONG)


def look_of(state: LookState, still: np.ndarray) -> LookView:
    size = (still.shape[1], still.shape[0])
    mask = np.zeros(still.shape[:2], np.float32)
    stage = Stage.around(4, 60, 24)
    return LookView(state, still, mask, mask, np.eye(192, dtype=np.float32), stage, size, None, ())


def test_cloth_falls_into_place_in_the_picture(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, viewer, document = studio.engine, studio.window.viewer, studio.document
    monkeypatch.setattr(engine, "turn", lambda degrees: None)
    stills = [np.full((64, 48, 3), value, np.uint8) for value in range(0, 250, 50)]
    document.replace(document.state.model_copy(update={"person": PersonInput(path=known.PERSON)}), None)
    before = document.state
    engine.still_falling.emit(before, stills[0])
    assert viewer.layer("result") is stills[0]
    engine.look_ready.emit(look_of(before, stills[1]))
    assert viewer.layer("result") is stills[1]

    fabric = studio.window.inspector.garments[0].fabric
    fabric.setCurrentIndex(fabric.findText("Denim"))
    fabric.activated.emit(fabric.currentIndex())
    assert viewer.layer("result") is stills[1]
    engine.still_falling.emit(before, stills[2])  # of what isn't wanted any more
    assert viewer.layer("result") is stills[1]
    engine.still_falling.emit(document.state, stills[3])
    assert viewer.layer("result") is stills[3]

    document.undo_stack.undo()
    QTest.qWait(20)
    assert viewer.layer("result") is stills[1]
    document.undo_stack.redo()
    studio.playback.turn(30)
    engine.still_falling.emit(document.state, stills[4])  # seen from the front
    assert viewer.layer("result") is stills[1]
    studio.playback.face_front()
    studio.context.settings.animated = False
    engine.still_falling.emit(document.state, stills[4])
    assert viewer.layer("result") is stills[1]


def test_a_picture_of_the_back_is_a_step_of_undo(studio: Studio) -> None:
    studio.inputs.use_back(0, SKIRT)
    assert studio.document.state.garments[0].back == SKIRT
    assert studio.document.state.garments[1].back is None
    assert studio.window.inspector.garments[0].back.tile.caption == SKIRT.name
    studio.document.undo_stack.undo()
    assert studio.document.state.garments[0].back is None
    studio.inputs.use_back(7, SKIRT)  # the garment went while the dialog was open
    assert all(garment.back is None for garment in studio.document.state.garments)


def test_another_category_forgets_a_cut_that_it_cannot_have(studio: Studio) -> None:
    garment = studio.document.state.garments[0].model_copy(update={"cut": Cut.TANK})
    studio.document.replace(LookState(garments=(garment,)), None)
    studio.inputs.set_category(0, "dress")
    assert studio.document.state.garments[0].cut is Cut.TANK
    studio.inputs.set_category(0, "lower")
    assert studio.document.state.garments[0].cut is None


@pytest.fixture
def engine(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine on a core that answers at once."""
    quick_core.install(monkeypatch)
    made = Engine(device="cpu")
    yield made
    made.close()


def test_the_back_is_read_and_told_with_the_front_which_is_read_once(
    qtbot: QtBot, engine: Engine, sample_state: LookState, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(
        quick_core.Garment,
        "from_photo",
        lambda picture, *rest, **named: read.append("picture") or quick_core.quick_garment(picture, *rest, **named),
    )
    plain = sample_state.garments[0]
    for state, count in ((plain, 1), (plain.model_copy(update={"back": TEE}), 2)):
        with qtbot.waitSignal(engine.garment_ready, timeout=LONG) as ready:
            engine.set_state(sample_state.model_copy(update={"garments": (state,)}))
        assert len(read) == count
    assert ready.args[1].back.shape[2] == 4
    with qtbot.waitSignal(engine.input_failed, timeout=LONG) as failed:
        gone = plain.model_copy(update={"back": Path("nowhere.png")})
        engine.set_state(sample_state.model_copy(update={"garments": (gone,)}))
    assert failed.args[:2] == ["garment", gone]
    assert "nowhere.png" in failed.args[2].text


def test_a_cut_that_the_garment_cannot_have_is_told_at_the_garment_and_mended_by_another(
    qtbot: QtBot, engine: Engine, sample_state: LookState
) -> None:
    wrong = sample_state.garments[0].model_copy(update={"category": CategoryChoice.DRESS, "cut": Cut.SHORTS})
    with qtbot.waitSignal(engine.input_failed, timeout=LONG) as failed:
        engine.set_state(sample_state.model_copy(update={"garments": (wrong,)}))
    assert failed.args[:2] == ["garment", wrong]
    assert "The cut shorts is none of the category dress" in failed.args[2].text
    right = wrong.model_copy(update={"cut": Cut.TANK})
    with qtbot.waitSignal(engine.look_ready, timeout=LONG):
        engine.set_state(sample_state.model_copy(update={"garments": (right,)}))
