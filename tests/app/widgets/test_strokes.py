"""Brush, eraser and pen over the picture, and the bar that sets them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QInputDevice,
    QPointingDevice,
    QTabletEvent,
)
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from viewing import GREEN, HEIGHT, LEFT, NONE, PLAIN, RED, WIDTH, Modifier, drag, move, place, plain, seen, seen_at

from app.widgets import layers
from app.widgets.paint_bar import PaintBar
from app.widgets.viewer import Viewer


@pytest.fixture
def painting(viewer: Viewer) -> Viewer:
    viewer.begin_painting(np.zeros((HEIGHT, WIDTH), np.float32), "clothing")
    viewer.strokes.size, viewer.strokes.softness = 12, 0.0
    return viewer


@pytest.mark.parametrize("mode", ["single", "side", "wipe"])
def test_a_stroke_paints_where_the_pointer_goes_and_is_told_once(painting: Viewer, qtbot: QtBot, mode: str) -> None:
    painting.mode = mode
    strokes = []
    painting.strokes.finished.connect(lambda *given: strokes.append(given))
    drag(qtbot, painting, [place(painting, 70, 80), place(painting, 100, 80), place(painting, 100, 120)])
    ((target, mask),) = strokes
    assert target == "clothing"
    assert mask.dtype == np.uint8
    assert mask.shape == (HEIGHT, WIDTH)
    assert mask[80, 70] == mask[80, 85] == mask[120, 100] == 255
    assert mask[100, 85] == 0
    assert seen_at(painting, 85, 80) != GREEN
    assert seen_at(painting, 70, 20) == GREEN


def test_the_eraser_erases(viewer: Viewer, qtbot: QtBot) -> None:
    viewer.begin_painting(np.ones((HEIGHT, WIDTH), np.float32), "removed")
    viewer.strokes.swap()
    assert viewer.strokes.erasing
    with qtbot.waitSignal(viewer.strokes.finished) as told:
        qtbot.mouseClick(viewer, LEFT, pos=place(viewer, 60, 80))
    assert told.args[1][80, 60] == 0
    assert told.args[1][5, 5] == 255


def test_shift_makes_a_straight_line(painting: Viewer, qtbot: QtBot) -> None:
    path = [place(painting, 20, 20), place(painting, 20, 140), place(painting, 100, 140)]
    with qtbot.waitSignal(painting.strokes.finished) as told:
        drag(qtbot, painting, path, modifier=Modifier.ShiftModifier)
    assert told.args[1][80, 60] == 255
    assert told.args[1][140, 20] == 0


def test_only_what_a_stroke_touches_is_computed(
    painting: Viewer, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    sizes = []
    tinted = layers.tinted
    monkeypatch.setattr(layers, "tinted", lambda *given: sizes.append(tinted(*given).shape) or tinted(*given))
    drag(qtbot, painting, [place(painting, 20, 20), place(painting, 100, 140)])
    assert sizes
    assert all(height < HEIGHT / 2 and width < WIDTH / 2 for height, width in sizes)


def test_what_was_given_stays_as_it_was_and_undo_brings_another_mask(painting: Viewer, qtbot: QtBot) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    painting.begin_painting(mask, "clothing")
    qtbot.mouseClick(painting, LEFT, pos=place(painting, 60, 80))
    assert not mask.any()
    assert seen_at(painting, 60, 80) != GREEN
    painting.begin_painting(mask, "clothing")
    move(painting, QPoint(5, 5))
    assert seen_at(painting, 60, 80) == GREEN


def test_leaving_in_the_middle_of_a_stroke_keeps_it(painting: Viewer, qtbot: QtBot) -> None:
    qtbot.mousePress(painting, LEFT, pos=place(painting, 60, 80))
    with qtbot.waitSignal(painting.strokes.finished) as told:
        painting.end_painting()
    assert told.args[1][80, 60] == 255
    assert painting.painting == ""
    with qtbot.assertNotEmitted(painting.strokes.finished):
        qtbot.mouseRelease(painting, LEFT, pos=place(painting, 60, 80))
        painting.end_painting()


def test_a_stroke_beside_the_picture_is_none(painting: Viewer, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(painting.strokes.finished):
        drag(qtbot, painting, [QPoint(2, 2), QPoint(10, 10)])


@pytest.mark.parametrize("end", ["pen", "eraser"])
def test_a_pen_paints_with_its_pressure_and_erases_with_its_other_end(viewer: Viewer, qtbot: QtBot, end: str) -> None:
    viewer.begin_painting(np.full((HEIGHT, WIDTH), 0.5, np.float32), "clothing")
    viewer.strokes.size, viewer.strokes.softness = 20, 0
    at = viewer.to_widget(QPointF(60, 80))
    with qtbot.waitSignal(viewer.strokes.finished) as told:
        for kind, held in (("Press", LEFT), ("Release", NONE)):
            QApplication.sendEvent(viewer, pen(getattr(QEvent.Type, f"Tablet{kind}"), viewer, at, end, held))
    mask = told.args[1]
    assert mask[80, 60] == (255 if end == "pen" else 0)
    assert mask[80, 68] == 128  # a firm stroke would reach there


def pen(kind: QEvent.Type, widget: QWidget, at: QPointF, end: str, held: Qt.MouseButton) -> QTabletEvent:
    """A lightly pressed pen, one of its two ends."""
    pointer = QPointingDevice.PointerType.Pen if end == "pen" else QPointingDevice.PointerType.Eraser
    able = QInputDevice.Capability.Position | QInputDevice.Capability.Pressure
    device = QPointingDevice("pen", 7, QInputDevice.DeviceType.Stylus, pointer, able, 1, 1)
    widget.pens = [*getattr(widget, "pens", []), device]  # an event doesn't own its device
    return QTabletEvent(kind, device, at, widget.mapToGlobal(at), 0.2, 0, 0, 0, 0, 0, PLAIN, LEFT, held)


def test_the_middle_button_still_moves_the_picture_while_painting(painting: Viewer, qtbot: QtBot) -> None:
    before = painting.to_widget(QPointF(0, 0))
    with qtbot.assertNotEmitted(painting.strokes.finished):
        drag(qtbot, painting, [QPoint(200, 200), QPoint(220, 210)], Qt.MouseButton.MiddleButton)
    assert (painting.to_widget(QPointF(0, 0)) - before).toTuple() == pytest.approx((20, 10), abs=1)


def test_brushes_grow_and_shrink(viewer: Viewer, qtbot: QtBot) -> None:
    size = viewer.strokes.size
    with qtbot.waitSignal(viewer.strokes.brush_changed):
        viewer.strokes.grow()
    assert viewer.strokes.size > size
    viewer.strokes.shrink()
    assert viewer.strokes.size == pytest.approx(size)


def test_the_brush_is_seen_as_a_circle_of_its_size(painting: Viewer, qtbot: QtBot) -> None:
    move(painting, place(painting, 60, 80))
    at = painting.to_widget(QPointF(60, 80))
    radius = painting.strokes.size / 2 * painting.zoom
    ring = [seen(painting, at.x() + radius + step, at.y()) for step in (-1, 0, 1)]
    assert any(color != GREEN for color in ring)
    assert seen(painting, at.x() + radius + 6, at.y()) == GREEN


def test_a_mask_of_another_size_is_refused(viewer: Viewer) -> None:
    with pytest.raises(ValueError, match="mask"):
        viewer.begin_painting(np.zeros((10, 10), np.float32), "clothing")
    assert viewer.painting == ""


def test_another_photo_ends_painting(painting: Viewer) -> None:
    painting.set_layer("source", plain(RED, (300, 200)))
    assert painting.painting == ""


def controls(bar: PaintBar) -> dict[str, QWidget]:
    """By their accessible names."""
    return {child.accessibleName(): child for child in bar.findChildren(QWidget) if child.accessibleName()}


def test_the_bar_shows_and_sets_the_brush(painting: Viewer, qtbot: QtBot) -> None:
    bar = PaintBar(painting)
    bar.show()
    named = controls(bar)
    qtbot.mouseClick(named["Eraser"], LEFT)
    assert painting.strokes.erasing
    painting.strokes.swap()
    assert named["Brush"].isChecked()
    size = painting.strokes.size
    qtbot.keyClick(named["Size"], Qt.Key.Key_Right)
    assert painting.strokes.size > size
    qtbot.keyClick(named["Softness"], Qt.Key.Key_End)
    assert painting.strokes.softness == 1
    painting.strokes.size = 41.3
    assert painting.strokes.size == 41.3  # the coarser slider only shows it
    unreached = {name for name, child in named.items() if not child.focusPolicy() & Qt.FocusPolicy.TabFocus}
    assert unreached in ({"Brush"}, {"Eraser"})  # Tab finds one of the two, and arrows the other


def test_the_bar_asks_to_reset_and_to_leave(painting: Viewer, qtbot: QtBot) -> None:
    bar = PaintBar(painting)
    bar.show()
    with qtbot.waitSignal(bar.reset_requested):
        controls(bar)["Reset this frame"].click()
    with qtbot.waitSignal(bar.done):
        controls(bar)["Done"].click()


def test_the_bar_stays_on_top_of_the_picture_and_nothing_is_painted_below_it(painting: Viewer, qtbot: QtBot) -> None:
    bar = PaintBar(painting)
    bar.show()
    painting.resize(900, 500)
    assert abs(bar.geometry().center().x() - 450) <= 1
    with qtbot.assertNotEmitted(painting.strokes.finished):
        qtbot.mouseClick(bar, LEFT, pos=QPoint(2, 2))
    assert bar.cursor().shape() == Qt.CursorShape.ArrowCursor
