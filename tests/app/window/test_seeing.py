"""What a designer sees with the real engine: the still, frames as they are rendered, layers, and what is stale."""

from __future__ import annotations

from pathlib import Path

from designing import LONG, mime, rendered, states
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.engine.frames import FrameState
from app.model.state import LookState
from app.studio.studio import Studio
from fashionmirror_core import samples


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
    rendered(qtbot, dressed)
    assert [window.timeline.state(k) for k in range(4)] == [FrameState.fresh] * 4
    assert not window.render_bar.render_button.isEnabled()
    assert window.render_bar.label.text() == "All frames are rendered"
    assert window.render_bar.export_button.isVisible(), "which is what comes next"
    assert not window.render_bar.render_button.isVisible()
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
    qtbot.waitUntil(lambda: states(dressed).count("fresh") >= 2, timeout=LONG)
    assert window.render_bar.cancel_button.isVisible()
    QTest.mouseClick(window.render_bar.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dressed.rendering.busy, timeout=LONG)
    came = states(dressed).count("fresh")
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
    rendered(qtbot, dressed)
    other = next(path for path in samples.garments() if path != dressed.document.state.garments[0].path)
    before = dressed.playback.look
    dressed.window.dropped.emit(mime(other))
    qtbot.waitUntil(lambda: dressed.playback.look not in (None, before), timeout=LONG)
    assert dressed.window.viewer.layer("result") is dressed.playback.look.still
    assert states(dressed) == ["stale"] * 4
    dressed.window.actions_by_id["edit.undo"].trigger()
    assert states(dressed) == ["fresh"] * 4
    QApplication.processEvents()
    assert dressed.window.viewer.layer("result") is dressed.engine.frames.image(0)


def test_scrubbing_over_stale_frames_shows_what_was_rendered_marked(qtbot: QtBot, dressed: Studio) -> None:
    rendered(qtbot, dressed)
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
    assert states(dressed) == ["missing", "fresh", "fresh", "missing"]
    assert window.render_bar.label.text() == "All frames from In to Out are rendered"
    assert not window.render_bar.render_button.isEnabled()
    assert (dressed.exporting.subject.first, dressed.exporting.subject.last) == (1, 2)
    window.transport.clear_points()
    QApplication.processEvents()
    assert window.render_bar.label.text() == "2 frames to render"


def test_a_photo_that_fails_empties_what_depends_on_it(qtbot: QtBot, dressed: Studio, tmp_path: Path) -> None:
    rendered(qtbot, dressed)
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
    assert states(dressed) == ["fresh"] * 4
    assert window.render_bar.label.text() == "All frames are rendered"


def test_a_garment_that_fails_leaves_the_photo(qtbot: QtBot, dressed: Studio, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    dressed.playback.turn(15)
    assert dressed.window.status.turn.text()
    with qtbot.waitSignal(dressed.engine.input_failed, timeout=LONG):
        dressed.inputs.fill("garment", bad, 0)
    QApplication.processEvents()
    assert dressed.window.viewer.layer("result") is None
    assert dressed.window.viewer.layer("source") is dressed.playback.person.image
    assert dressed.window.status.turn.text() == ""  # the photo isn't turned
    label = dressed.window.render_bar.label
    qtbot.waitUntil(lambda: label.text() == "Waits for another picture of a garment", timeout=LONG)
    dressed.window.actions_by_id["edit.undo"].trigger()
    qtbot.waitUntil(lambda: dressed.playback.look is not None, timeout=LONG)
    QApplication.processEvents()
    assert dressed.window.status.turn.text() == "Turned 15° to the right"  # another look is seen from the same side


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
