"""The studio as a designer uses it: the real window and the real engine on a small sample."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QCloseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QAbstractSpinBox, QApplication, QComboBox
from pytestqt.qtbot import QtBot

from app.engine.exports import ExportKind, ExportRequest
from app.engine.frames import FrameState
from app.model.recovery import Autosave
from app.model.settings import Settings
from app.model.state import LookState, PersonInput
from app.startup import make_application, make_window
from app.studio import studio as studio_module
from app.studio.editing import stroke
from app.studio.studio import Studio
from app.widgets.window import StudioWindow
from fashionmirror_core import samples

LONG = 60_000  # milliseconds; two slow cores may be busy


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StudioWindow]:
    monkeypatch.setattr(studio_module, "install_excepthook", lambda reporter: None)  # qtbot has its own
    made = make_window(make_application(), Settings(tmp_path / "studio.ini"))
    made.resize(1100, 760)
    made.show()
    yield made
    made.hide()
    made.deleteLater()
    QTest.qWait(0)


@pytest.fixture
def studio(window: StudioWindow) -> Iterator[Studio]:
    """A studio with nothing open."""
    made = Studio(window)
    made.projects.ask = lambda: pytest.fail("the user was asked")
    yield made
    made.close()


@pytest.fixture
def dressed(qtbot: QtBot, studio: Studio, sample_state: LookState) -> Studio:
    """A studio with the small sample, dressed."""
    studio.document.replace(sample_state, None)
    qtbot.waitUntil(lambda: studio.engine.frames.count == 4 and studio.playback.look is not None, timeout=LONG)
    qtbot.waitUntil(lambda: studio.playback.look.poses is not None, timeout=LONG)
    return studio


def _rendered(qtbot: QtBot, studio: Studio) -> None:
    qtbot.waitUntil(studio.window.actions_by_id["render.start"].isEnabled, timeout=LONG)
    studio.window.actions_by_id["render.start"].trigger()
    qtbot.waitUntil(lambda: not studio.rendering.busy, timeout=LONG)
    assert _states(studio) == ["fresh"] * 4


def _states(studio: Studio) -> list[str]:
    frames = studio.engine.frames
    return [frames.state(index).value for index in range(frames.count)]


def _mime(*files: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    return mime


def _paint(studio: Studio, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A stroke between two points of the picture, with the mouse."""
    viewer = studio.window.viewer
    points = [viewer.to_widget(QPointF(*point)).toPoint() for point in (start, end)]
    QTest.mousePress(viewer, Qt.MouseButton.LeftButton, pos=points[0])
    QTest.mouseMove(viewer, points[1])
    QTest.mouseRelease(viewer, Qt.MouseButton.LeftButton, pos=points[1])


# ------------------------------------------------------------------------------------------ seeing and rendering


def test_the_still_is_there_before_any_render(dressed: Studio) -> None:
    window, look = dressed.window, dressed.playback.look
    assert look is not None
    assert window.viewer.layer("result") is look.still
    assert window.timeline.count == 4
    assert window.render_bar.render_button.isEnabled()
    assert window.render_bar.label.text() == "4 frames to render"
    assert not dressed.document.modified
    assert "CPU" in window.status.engine.text()


def test_render_fills_the_timeline_and_scrubbing_shows_each_frame(qtbot: QtBot, dressed: Studio) -> None:
    window, frames = dressed.window, dressed.engine.frames
    _rendered(qtbot, dressed)
    assert [window.timeline.state(k) for k in range(4)] == [FrameState.fresh] * 4
    assert not window.render_bar.render_button.isEnabled()
    assert window.render_bar.label.text() == "All frames are rendered"
    for frame in (3, 1, 2):
        window.timeline.frame_requested.emit(frame)
        assert window.viewer.layer("result") is frames.image(frame)
        assert window.timeline.frame == frame


def test_cancel_keeps_what_came_and_the_window_can_render_again(qtbot: QtBot, dressed: Studio) -> None:
    window, state = dressed.window, dressed.document.state
    longer = state.clip.model_copy(update={"frames": 40})
    dressed.document.apply(state.model_copy(update={"clip": longer}), "Frames")
    qtbot.waitUntil(lambda: dressed.engine.frames.count == 40, timeout=LONG)
    assert not window.render_bar.cancel_button.isVisible()
    QTest.mouseClick(window.render_bar.render_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: _states(dressed).count("fresh") >= 2, timeout=LONG)
    assert window.render_bar.cancel_button.isVisible()
    QTest.mouseClick(window.render_bar.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dressed.rendering.busy, timeout=LONG)
    came = _states(dressed).count("fresh")
    assert 2 <= came < 40
    assert window.render_bar.render_button.isEnabled()
    assert f"{40 - came} frames" in window.render_bar.label.text()


def test_render_says_what_it_needs(studio: Studio, sample_state: LookState) -> None:
    bar = studio.window.render_bar
    studio.projects.new()
    assert bar.label.text() == "Needs a person, a garment and a motion"
    studio.document.apply(sample_state.model_copy(update={"garments": ()}), "x")
    QApplication.processEvents()
    assert bar.label.text() == "Needs a garment"
    assert not bar.render_button.isEnabled()


def test_another_garment_shows_its_still_although_the_clip_is_of_the_old_one(qtbot: QtBot, dressed: Studio) -> None:
    _rendered(qtbot, dressed)
    other = next(path for path in samples.garments() if path != dressed.document.state.garments[0].path)
    before = dressed.playback.look
    dressed.window.dropped.emit(_mime(other))
    qtbot.waitUntil(lambda: dressed.playback.look not in (None, before), timeout=LONG)
    assert dressed.window.viewer.layer("result") is dressed.playback.look.still
    assert _states(dressed) == ["stale"] * 4
    dressed.window.actions_by_id["edit.undo"].trigger()
    assert _states(dressed) == ["fresh"] * 4
    QApplication.processEvents()
    assert dressed.window.viewer.layer("result") is dressed.engine.frames.image(0)


def test_scrubbing_over_stale_frames_shows_what_was_rendered_marked(qtbot: QtBot, dressed: Studio) -> None:
    _rendered(qtbot, dressed)
    viewer, frames = dressed.window.viewer, dressed.engine.frames
    state = dressed.document.state
    worn = state.garments[0].model_copy(update={"hem": 0.8})
    before = dressed.playback.look
    assert not viewer.outdated
    dressed.document.apply(state.model_copy(update={"garments": (worn,)}), "Hem")
    qtbot.waitUntil(lambda: dressed.playback.look not in (None, before), timeout=LONG)
    assert viewer.layer("result") is dressed.playback.look.still  # where the user is, what changed is seen at once
    dressed.window.transport.seek(2)
    QApplication.processEvents()
    assert viewer.layer("result") is frames.image(2)
    assert viewer.outdated
    dressed.rendering.render_frame(2)
    qtbot.waitUntil(lambda: not dressed.rendering.busy, timeout=LONG)
    QApplication.processEvents()
    assert not viewer.outdated


def test_the_look_is_turned_by_a_drag_by_keys_and_back_by_a_double_click(qtbot: QtBot, dressed: Studio) -> None:
    window, look = dressed.window, dressed.playback.look
    viewer, status = window.viewer, window.status.turn
    middle = viewer.rect().center()
    QTest.mousePress(viewer, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(viewer, middle + QPoint(40, 0))
    QTest.mouseRelease(viewer, Qt.MouseButton.LeftButton, pos=middle + QPoint(40, 0))
    qtbot.waitUntil(lambda: viewer.layer("result") is not look.still, timeout=LONG)
    assert viewer.layer("result").shape == look.still.shape
    assert "to the right" in status.text()
    assert viewer.layer("clothing") is None
    assert not dressed.document.modified
    QTest.mouseDClick(viewer, Qt.MouseButton.LeftButton, pos=middle)
    QApplication.processEvents()
    assert viewer.layer("result") is look.still
    assert status.text() == ""
    QTest.keyClick(viewer, Qt.Key.Key_Comma)
    qtbot.waitUntil(lambda: viewer.layer("result") is not look.still, timeout=LONG)
    assert status.text() == "Turned 15° to the left"
    window.transport.seek(1)
    QApplication.processEvents()
    assert status.text() == ""
    assert viewer.layer("result") is look.still


def test_render_makes_what_lies_between_in_and_out(qtbot: QtBot, dressed: Studio) -> None:
    window = dressed.window
    window.transport.set_points(1, 2)
    QApplication.processEvents()
    assert window.render_bar.label.text() == "2 frames from In to Out to render"
    window.actions_by_id["render.start"].trigger()
    qtbot.waitUntil(lambda: not dressed.rendering.busy, timeout=LONG)
    QApplication.processEvents()
    assert _states(dressed) == ["missing", "fresh", "fresh", "missing"]
    assert window.render_bar.label.text() == "All frames from In to Out are rendered"
    assert not window.render_bar.render_button.isEnabled()
    assert (dressed.exporting.subject.first, dressed.exporting.subject.last) == (1, 2)
    window.transport.clear_points()
    QApplication.processEvents()
    assert window.render_bar.label.text() == "2 frames to render"


def test_a_photo_that_fails_empties_what_depends_on_it(qtbot: QtBot, dressed: Studio, tmp_path: Path) -> None:
    _rendered(qtbot, dressed)
    window, good = dressed.window, dressed.document.state
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    with qtbot.waitSignal(dressed.engine.input_failed, timeout=LONG):
        dressed.inputs.fill("person", bad)
    QApplication.processEvents()
    assert dressed.playback.look is None
    assert window.viewer.layer("result") is None
    assert window.viewer.layer("source") is None
    assert "bad.jpg" in window.viewer.empty_text
    assert window.timeline.count == 0
    assert window.render_bar.label.text() == "Waits for another photo"
    assert not window.render_bar.render_button.isEnabled()
    assert not window.actions_by_id["file.export"].isEnabled()
    window.actions_by_id["edit.undo"].trigger()
    qtbot.waitUntil(lambda: dressed.playback.look is not None, timeout=LONG)
    QApplication.processEvents()
    assert dressed.document.state == good
    assert _states(dressed) == ["fresh"] * 4
    assert window.render_bar.label.text() == "All frames are rendered"


def test_a_garment_that_fails_leaves_the_photo(qtbot: QtBot, dressed: Studio, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    with qtbot.waitSignal(dressed.engine.input_failed, timeout=LONG):
        dressed.inputs.fill("garment", bad, 0)
    QApplication.processEvents()
    assert dressed.window.viewer.layer("result") is None
    assert dressed.window.viewer.layer("source") is dressed.playback.person.image
    assert dressed.window.render_bar.label.text() == "Waits for another picture of a garment"
    dressed.window.actions_by_id["edit.undo"].trigger()
    qtbot.waitUntil(lambda: dressed.playback.look is not None, timeout=LONG)


def test_a_message_goes_when_its_cause_goes(qtbot: QtBot, dressed: Studio) -> None:
    banner = dressed.window.banner
    dressed.context.tell("The sleeves are hidden.", "warning")
    dressed.inputs.remove("garment", 0)
    assert not banner.isVisible()
    dressed.context.tell("ana.mp4 is ready.", lasting=True)
    dressed.window.actions_by_id["edit.undo"].trigger()
    assert banner.isVisible()


def test_what_is_loaded_is_told_over_the_picture(qtbot: QtBot, studio: Studio, sample_state: LookState) -> None:
    studio.document.replace(sample_state, None)
    busy = studio.window.busy
    qtbot.waitUntil(busy.isVisible, timeout=LONG)
    assert busy.text
    qtbot.waitUntil(lambda: studio.playback.look is not None, timeout=LONG)
    qtbot.waitUntil(lambda: not busy.isVisible(), timeout=LONG)


def test_layers_are_switched_from_menu_and_inspector_alike(qtbot: QtBot, dressed: Studio) -> None:
    window = dressed.window
    window.actions_by_id["layer.clothing"].trigger()
    assert window.viewer.is_visible("clothing")
    assert window.inspector.layers.eyes["clothing"].isChecked()
    window.inspector.layers.eyes["attention"].click()
    assert window.actions_by_id["layer.attention"].isChecked()
    assert window.dock.isVisible()
    assert window.pair.linked
    window.inspector.layers.eyes["attention"].click()
    assert not window.dock.isVisible()


# ------------------------------------------------------------------------------------------ mending


def test_a_stroke_on_a_frame_is_one_step_and_makes_only_what_depends_on_it_stale(qtbot: QtBot, dressed: Studio) -> None:
    _rendered(qtbot, dressed)
    dressed.window.transport.seek(2)
    dressed.window.actions_by_id["paint.clothing"].trigger()
    assert dressed.window.viewer.painting == "clothing"
    assert dressed.window.paint_bar.isVisible()
    unpainted = dressed.engine.frames.clothing_mask(2)
    _paint(dressed, (100, 300), (180, 300))
    assert set(dressed.document.state.clothing_edits) == {2}
    assert _states(dressed)[:2] == ["fresh", "fresh"]
    assert dressed.engine.frames.edited(2)
    qtbot.waitUntil(lambda: _states(dressed)[2] == "fresh" and not dressed.rendering.busy, timeout=LONG)
    painted = dressed.engine.frames.clothing_mask(2)
    assert painted[300, 110:170].min() > 0.9
    assert unpainted[300, 110:170].mean() < painted[300, 110:170].mean()
    assert _states(dressed)[3] == "stale"
    assert dressed.document.undo_stack.count() == 1

    dressed.window.actions_by_id["edit.undo"].trigger()
    assert dressed.document.state.clothing_edits == {}
    assert _states(dressed) == ["fresh"] * 4
    QTest.keyClick(dressed.window.viewer, Qt.Key.Key_Escape)
    assert dressed.window.viewer.painting == ""
    assert not dressed.window.actions_by_id["paint.clothing"].isChecked()


def test_keys_reach_the_mode_from_wherever_the_focus_is(qtbot: QtBot, dressed: Studio) -> None:
    window = dressed.window
    joints = window.actions_by_id["paint.joints"]
    joints.trigger()
    handle = window.viewer.joints.handles[4]
    at = handle.rect().center()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(handle, at + QPoint(9, 0))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=at + QPoint(9, 0))
    moved = dressed.document.state.joint_edits
    assert 4 in moved[0]
    assert window.paint_bar.hint.isVisible()  # joints are mended as masks are: one bar, above the picture
    assert not window.banner.isVisible()
    window.paint_bar.reset.click()
    assert not any(dressed.document.state.joint_edits.values())
    dressed.document.undo_stack.undo()
    assert dressed.document.state.joint_edits == moved
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)  # the arrows step on: the joint stays
    assert window.transport.frame == 1
    assert dressed.document.state.joint_edits == moved
    handle.setFocus()  # as Tab does
    QTest.keyClick(handle, Qt.Key.Key_Escape)
    assert dressed.editing.mode == ""

    window.actions_by_id["paint.removed"].trigger()
    slider = window.paint_bar.findChild(QAbstractSlider)
    assert slider.isVisible()
    assert not window.paint_bar.hint.isVisible()
    slider.setFocus()
    erasing = window.viewer.strokes.erasing
    QTest.keyClick(slider, Qt.Key.Key_X)
    assert window.viewer.strokes.erasing is not erasing
    QTest.keyClick(slider, Qt.Key.Key_Escape)
    assert dressed.editing.mode == ""
    assert not window.paint_bar.isVisible()


def test_what_was_painted_before_stays_where_a_later_frame_is_painted(qtbot: QtBot, dressed: Studio) -> None:
    _rendered(qtbot, dressed)
    dressed.editing.begin("clothing")
    _paint(dressed, (100, 300), (180, 300))
    _rendered(qtbot, dressed)
    dressed.window.transport.seek(3)
    assert dressed.engine.frames.change(3)[290:310].max() > 0.5
    dressed.window.viewer.strokes.erasing = True
    _paint(dressed, (140, 190), (150, 190))
    later = dressed.document.state.clothing_edits[3].change.pixels
    assert later[290:310].max() > 200
    assert later[190, 145] < 20


def test_the_removed_mask_and_the_cut_out_are_painted(qtbot: QtBot, dressed: Studio) -> None:
    dressed.window.actions_by_id["paint.removed"].trigger()
    _paint(dressed, (100, 300), (180, 300))
    edit = dressed.document.state.removed_edit
    assert edit is not None
    assert edit.pixels[300, 140] == 255
    dressed.window.actions_by_id["paint.cutout"].trigger()
    picture = dressed.inputs.views.garments[0].picture
    assert dressed.window.viewer.painting == "cutout"
    assert dressed.window.viewer.picture_size == picture.shape[1::-1]
    _paint(dressed, (20, 20), (60, 20))
    cutout = dressed.document.state.garments[0].cutout
    assert cutout is not None
    assert cutout.pixels.shape == picture.shape[:2]
    dressed.editing.end()
    assert dressed.window.viewer.picture_size == (288, 384)


def test_a_joint_is_dragged_hidden_and_reset(qtbot: QtBot, dressed: Studio) -> None:
    dressed.window.transport.seek(1)
    dressed.window.actions_by_id["paint.joints"].trigger()
    dressed.window.viewer.joints.moved.emit(4, 60.0, 200.0)
    dressed.window.viewer.joints.hidden.emit(7)
    edits = dressed.document.state.joint_edits[1]
    assert (edits[4].x, edits[4].y) == (60, 200)
    assert edits[7].hidden
    qtbot.waitUntil(lambda: np.allclose(dressed.playback.pose(1)[4, :2], (60, 200)), timeout=LONG)
    dressed.window.actions_by_id["paint.reset_frame"].trigger()
    assert dressed.document.state.joint_edits == {}


def test_mending_says_what_it_needs(studio: Studio) -> None:
    studio.window.actions_by_id["paint.clothing"].trigger()
    assert studio.editing.mode == ""
    assert not studio.window.actions_by_id["paint.clothing"].isChecked()
    assert studio.window.banner.isVisible()


def test_a_stroke_is_told_from_the_masks_before_and_after_it() -> None:
    before = np.array([[0, 0.5, 1, 0.2]], np.float32)
    covered, target = stroke(before, np.array([[0.25, 1, 0, 0.2]], np.float32))
    np.testing.assert_allclose(covered, [[0.25, 1, 1, 0]], atol=1e-6)
    np.testing.assert_array_equal(target[0, :3], [1, 1, -1])


# ------------------------------------------------------------------------------------------ bringing in


def test_a_photo_dropped_on_an_empty_look_is_the_person_and_the_next_one_the_garment(
    qtbot: QtBot, studio: Studio, sample_photo: Path
) -> None:
    dress = samples.sample_look().garment
    studio.window.dropped.emit(_mime(sample_photo))
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
    studio.window.dropped.emit(_mime(other))
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
    QApplication.clipboard().setMimeData(_mime(dress))
    studio.window.viewer.setFocus()
    studio.window.actions_by_id["edit.paste"].trigger()
    qtbot.waitUntil(lambda: bool(studio.document.state.garments), timeout=LONG)
    assert studio.document.state.person is None
    assert [garment.path for garment in studio.document.state.garments] == [dress]


def test_two_files_dropped_together_are_one_step(qtbot: QtBot, studio: Studio, sample_photo: Path) -> None:
    dress = samples.sample_look().garment
    studio.window.dropped.emit(_mime(dress, sample_photo))
    qtbot.waitUntil(lambda: studio.document.state.person == PersonInput(path=sample_photo), timeout=LONG)
    assert [garment.path for garment in studio.document.state.garments] == [dress]
    assert studio.document.undo_stack.count() == 1


def test_what_nobody_can_use_is_refused_with_a_line(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    studio.window.dropped.emit(_mime(tmp_path / "notes.txt"))
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
    dressed.window.dropped.emit(_mime(path))
    qtbot.waitUntil(lambda: dressed.document.state == look, timeout=LONG)


def test_opening_a_clip_leaves_nothing_unsaved(qtbot: QtBot, dressed: Studio, tmp_path: Path) -> None:
    look = dressed.document.state
    with qtbot.waitSignal(dressed.engine.export_finished, timeout=LONG):
        dressed.exporting.export(ExportRequest(ExportKind.still, tmp_path / "look.png"))
    dressed.document.replace(LookState(), None)
    dressed.window.dropped.emit(_mime(tmp_path / "look.png"))
    qtbot.waitUntil(lambda: dressed.document.state == look, timeout=LONG)
    assert not dressed.document.modified
    dressed.window.actions_by_id["edit.undo"].trigger()
    assert dressed.document.state == LookState()


# ------------------------------------------------------------------------------------------ keeping


def test_a_look_is_saved_closed_and_opened_again(qtbot: QtBot, dressed: Studio, tmp_path: Path) -> None:
    path = tmp_path / "ana.fmirror"
    dressed.window.actions_by_id["look.turn"].trigger()
    assert dressed.window.isWindowModified()
    dressed.projects.save_to(path)
    qtbot.waitUntil(lambda: not dressed.document.modified, timeout=LONG)
    assert dressed.window.windowTitle().startswith("ana")
    dressed.projects.new()
    assert dressed.document.state.person is None
    dressed.window.dropped.emit(_mime(path))
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
    qtbot.waitUntil(lambda: "rendering" in _states(dressed), timeout=LONG)
    assert dressed.window.close()
    assert not dressed.window.isVisible()


# ------------------------------------------------------------------------------------------ errors and the window


def test_a_fault_reaches_the_dialog_and_a_mistake_the_banner(studio: Studio) -> None:
    studio.engine.failed.emit("The disk is full; make room.", "")
    assert "disk" in studio.window.banner.label.text()
    assert studio.reporter.dialog is None
    studio.engine.failed.emit("It broke; try again", "Traceback ...")
    assert studio.reporter.dialog is not None
    assert "Traceback" in studio.reporter.dialog.text


def test_an_exception_of_a_slot_reaches_the_dialog(
    qtbot: QtBot, window: StudioWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.widgets.errors import ErrorReporter, install_excepthook

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    reporter = ErrorReporter(window)
    install_excepthook(reporter)
    try:
        raise RuntimeError("a slot broke")
    except RuntimeError:
        sys.excepthook(*sys.exc_info())
    qtbot.waitUntil(lambda: reporter.dialog is not None)
    assert "a slot broke" in reporter.dialog.text


def test_what_is_offered_does_something_and_every_control_has_a_name(studio: Studio) -> None:
    window = studio.window
    for name, action in window.actions_by_id.items():
        assert action.isVisible() == (name in window._handlers), name
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QAbstractSpinBox)
    for control in (child for kind in kinds for child in window.findChildren(kind)):
        if control.isVisible() and control.focusPolicy() & Qt.FocusPolicy.TabFocus:
            assert control.accessibleName() or (isinstance(control, QAbstractButton) and control.text()), control


def test_panels_fold_away_and_the_window_remembers(window: StudioWindow, tmp_path: Path) -> None:
    window.actions_by_id["view.inspector"].trigger()
    assert not window.inspector.isVisible()
    window.close()
    again = make_window(make_application(), Settings(tmp_path / "studio.ini"))
    again.show()
    assert not again.inspector.isVisible()
    assert not again.actions_by_id["view.inspector"].isChecked()
    assert again.left.isVisible()
    again.hide()
    again.deleteLater()


def test_transport_keys_work_on_the_picture_and_leave_buttons_their_own(qtbot: QtBot, dressed: Studio) -> None:
    window = dressed.window
    window.activateWindow()
    window.viewer.setFocus()
    QTest.keyClick(window.viewer, Qt.Key.Key_Right)
    assert window.transport.frame == 1
    QTest.keyClick(window.viewer, Qt.Key.Key_End)
    assert window.transport.frame == 3
    QTest.keyClick(window.viewer, Qt.Key.Key_I)
    assert dressed.document.state.in_point == 3
    slider = window.inspector.garments[0].hem.slider
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert window.transport.frame == 3
    assert dressed.document.state.garments[0].hem == pytest.approx(1.01)


def test_the_title_has_room_for_what_is_open(window: StudioWindow) -> None:
    for text in ("", "ana  ×  linen dress  ×  catwalk", "ana", "ana  ×  linen dress  ×  walk and pause"):
        window.show_title(text)
        QTest.qWait(1)
        assert window.title.isVisible()
        assert window.title.width() >= window.title.sizeHint().width(), text
