"""Painting masks and cut-outs, moving joints: each a step of undo that makes stale what depends on it."""

from __future__ import annotations

import numpy as np
from designing import LONG, paint, rendered, states
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSlider, QApplication
from pytestqt.qtbot import QtBot

from app.studio.editing import stroke
from app.studio.studio import Studio


def test_a_stroke_on_a_frame_is_one_step_and_makes_only_what_depends_on_it_stale(qtbot: QtBot, dressed: Studio) -> None:
    rendered(qtbot, dressed)
    dressed.window.transport.seek(2)
    dressed.window.actions_by_id["paint.clothing"].trigger()
    assert dressed.window.viewer.painting == "clothing"
    assert dressed.window.paint_bar.isVisible()
    unpainted = dressed.engine.frames.clothing_mask(2)
    paint(dressed, (100, 300), (180, 300))
    assert set(dressed.document.state.clothing_edits) == {2}
    assert states(dressed)[:2] == ["fresh", "fresh"]
    assert dressed.engine.frames.edited(2)
    qtbot.waitUntil(lambda: states(dressed)[2] == "fresh" and not dressed.rendering.busy, timeout=LONG)
    painted = dressed.engine.frames.clothing_mask(2)
    assert painted[300, 110:170].min() > 0.9
    assert unpainted[300, 110:170].mean() < painted[300, 110:170].mean()
    assert states(dressed)[3] == "stale"
    assert dressed.document.undo_stack.count() == 1

    dressed.window.actions_by_id["edit.undo"].trigger()
    assert dressed.document.state.clothing_edits == {}
    assert states(dressed) == ["fresh"] * 4
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
    rendered(qtbot, dressed)
    dressed.editing.begin("clothing")
    paint(dressed, (100, 300), (180, 300))
    rendered(qtbot, dressed)
    dressed.window.transport.seek(3)
    assert dressed.engine.frames.change(3)[290:310].max() > 0.5
    dressed.window.viewer.strokes.erasing = True
    paint(dressed, (140, 190), (150, 190))
    later = dressed.document.state.clothing_edits[3].change.pixels
    assert later[290:310].max() > 200
    assert later[190, 145] < 20


def test_the_removed_mask_and_the_cut_out_are_painted(qtbot: QtBot, dressed: Studio) -> None:
    dressed.window.actions_by_id["paint.removed"].trigger()
    paint(dressed, (100, 300), (180, 300))
    edit = dressed.document.state.removed_edit
    assert edit is not None
    assert edit.pixels[300, 140] == 255
    dressed.window.actions_by_id["paint.cutout"].trigger()
    picture = dressed.inputs.views.garments[0].picture
    assert dressed.window.viewer.painting == "cutout"
    assert dressed.window.viewer.picture_size == picture.shape[1::-1]
    paint(dressed, (20, 20), (60, 20))
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
