"""Joints over the picture: dragged, nudged by keys, hidden."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
)
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from viewing import HEIGHT, WIDTH, drag, standing

from app.widgets.handles import JointHandle
from app.widgets.viewer import Viewer


def handles(viewer: Viewer) -> list[JointHandle]:
    return [handle for handle in viewer.findChildren(JointHandle) if handle.isVisible()]


def test_a_joint_is_dragged_and_told_on_release(viewer: Viewer, qtbot: QtBot) -> None:
    viewer.set_pose(standing(), editable=True)
    handle = handles(viewer)[4]
    middle = handle.rect().center()
    moved = []
    viewer.joints.moved.connect(lambda *given: moved.append(given))
    drag(qtbot, handle, [middle, middle + QPoint(5, 3), middle + QPoint(9, 6)])
    ((joint, x, y),) = moved
    assert joint == 4
    assert (x, y) != pytest.approx(tuple(standing()[4, :2]), abs=0.5)
    there = handle.geometry().center()
    assert viewer.to_widget(QPointF(x, y)).toTuple() == pytest.approx(there.toTuple(), abs=1.5)


@pytest.mark.parametrize("how", ["delete", "right click"])
def test_a_joint_is_hidden(viewer: Viewer, qtbot: QtBot, how: str) -> None:
    viewer.set_pose(standing(), editable=True)
    handle = handles(viewer)[7]
    with qtbot.waitSignal(viewer.joints.hidden) as told:
        if how == "delete":
            qtbot.keyClick(handle, Qt.Key.Key_Delete)
        else:
            at = handle.rect().center()
            QApplication.sendEvent(
                handle, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, handle.mapToGlobal(at))
            )
    assert told.args == [7]


def test_joints_are_named_and_moved_by_keys(viewer: Viewer, qtbot: QtBot) -> None:
    viewer.set_pose(standing(), editable=True)
    names = [handle.accessibleName() for handle in handles(viewer)]
    assert len(set(names)) == 25
    assert names[7] == "Left wrist"
    assert all(handle.focusPolicy() & Qt.FocusPolicy.TabFocus for handle in handles(viewer))
    with qtbot.waitSignal(viewer.joints.moved) as told:
        qtbot.keyClick(handles(viewer)[7], Qt.Key.Key_Right)
    assert told.args == pytest.approx([7, standing()[7, 0] + 1, standing()[7, 1]])


def test_a_hidden_joint_says_so(viewer: Viewer) -> None:
    joints = standing()
    joints[7, 2] = 0
    viewer.set_pose(joints, editable=True)
    assert "hidden" in handles(viewer)[7].accessibleName()


def test_handles_are_there_only_to_be_used(viewer: Viewer) -> None:
    joints = standing()
    viewer.set_pose(joints, editable=True)
    assert len(handles(viewer)) == 25
    viewer.begin_painting(np.zeros((HEIGHT, WIDTH), np.float32), "clothing")
    assert not handles(viewer)
    viewer.end_painting()
    assert len(handles(viewer)) == 25
    viewer.set_pose(joints, editable=False)
    assert not handles(viewer)
    viewer.set_pose(None, editable=True)
    assert not handles(viewer)


def test_dragging_leaves_the_joints_that_were_given_alone(viewer: Viewer, qtbot: QtBot) -> None:
    joints = standing()
    viewer.set_pose(joints, editable=True)
    qtbot.keyClick(handles(viewer)[3], Qt.Key.Key_Down)
    np.testing.assert_array_equal(joints, standing())
