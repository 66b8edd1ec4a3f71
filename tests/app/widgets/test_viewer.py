"""The viewer, driven as a hand would: what is seen, where it lies, and what dragging, painting and pointing give."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QPointingDevice,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.widgets import attention_view, layers, theme
from app.widgets.attention_view import AttentionPair, GarmentDock
from app.widgets.handles import JointHandle
from app.widgets.paint_bar import PaintBar
from app.widgets.viewer import LARGEST_ZOOM, SMALLEST_ZOOM, Viewer
from fashionmirror_core.person.stage import Stage

RED, GREEN, BLUE = (200, 30, 30), (30, 160, 30), (30, 30, 200)
WIDTH, HEIGHT = 120, 160  # of the picture
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
Modifier, PLAIN = Qt.KeyboardModifier, Qt.KeyboardModifier.NoModifier
KEEP = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def plain(color: tuple[int, ...], size: tuple[int, int] = (HEIGHT, WIDTH)) -> np.ndarray:
    return np.full((*size, len(color)), color, np.uint8)


def standing() -> np.ndarray:
    """(25, 3): joints spread over the picture, all seen."""
    spread = np.linspace([20, 20, 1], [100, 140, 1], 25)
    spread[:, 0] += 15 * np.sin(np.arange(25))
    return spread.astype(np.float32)


@pytest.fixture
def viewer(qtbot: QtBot) -> Viewer:
    """400 x 400, a red source under a green result."""
    viewer = Viewer()
    qtbot.addWidget(viewer)
    viewer.animated = False
    viewer.resize(400, 400)
    viewer.set_layer("source", plain(RED))
    viewer.set_layer("result", plain(GREEN))
    viewer.show()
    return viewer


def seen(viewer: Viewer, x: float, y: float) -> tuple[int, int, int]:
    """The colour on the widget at a position."""
    picture = viewer.grab()
    ratio = picture.devicePixelRatio()
    return picture.toImage().pixelColor(int(x * ratio), int(y * ratio)).getRgb()[:3]


def seen_at(viewer: Viewer, x: float, y: float) -> tuple[int, int, int]:
    """The colour at a pixel of the picture, in the result's pane."""
    return seen(viewer, *viewer.to_widget(QPointF(x, y)).toTuple())


def place(viewer: Viewer, x: float, y: float) -> QPoint:
    return viewer.to_widget(QPointF(x, y)).toPoint()


def wheel(viewer: Viewer, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at, viewer.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), NONE, PLAIN,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewer, event)


def move(widget: QWidget, at: QPoint | QPointF, button: Qt.MouseButton = NONE, modifier: Modifier = PLAIN) -> None:
    """The pointer goes to a place on a widget, whatever window lies there."""
    at = QPointF(at)
    event = QMouseEvent(QEvent.Type.MouseMove, at, widget.mapToGlobal(at), NONE, button, modifier)
    QApplication.sendEvent(widget, event)


def drag(
    qtbot: QtBot, widget: QWidget, path: list[QPoint], button: Qt.MouseButton = LEFT, modifier: Modifier = PLAIN
) -> None:
    qtbot.mousePress(widget, button, modifier, path[0])
    for before, after in pairwise(path):
        for step in range(1, 5):
            move(widget, before + (after - before) * step / 4, button, modifier)
    qtbot.mouseRelease(widget, button, modifier, path[-1])


# ---------------------------------------------------------------------------------------------------- what is seen


def test_the_result_covers_the_source_on_neutral_grey(viewer: Viewer) -> None:
    assert seen_at(viewer, 60, 80) == GREEN
    grey = theme.current().color("surround")
    assert seen(viewer, 2, 2) == grey.getRgb()[:3]
    assert grey.red() == grey.green() == grey.blue()


def test_layers_are_switched_and_blended(viewer: Viewer) -> None:
    viewer.set_visible("result", False)
    assert seen_at(viewer, 60, 80) == RED
    viewer.set_visible("result", True)
    viewer.set_opacity("result", 0.5)
    assert seen_at(viewer, 60, 80) == pytest.approx((115, 95, 30), abs=3)
    viewer.set_layer("result", None)
    assert seen_at(viewer, 60, 80) == RED


def test_transparent_pixels_show_a_checkerboard_and_not_the_source(viewer: Viewer) -> None:
    viewer.set_layer("result", plain((0, 0, 0, 0)))
    colors = {seen_at(viewer, x, 80) for x in range(20, 100, 3)}
    assert colors == {(204, 204, 204), (238, 238, 238)}


def test_a_grey_picture_is_shown_too(viewer: Viewer) -> None:
    viewer.set_layer("result", np.full((HEIGHT, WIDTH), 90, np.uint8))
    assert seen_at(viewer, 60, 80) == (90, 90, 90)


@pytest.mark.parametrize("name", ["removed", "clothing"])
def test_masks_are_told_apart_by_a_pattern_and_not_by_colour_alone(viewer: Viewer, name: str) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[:80] = 1
    viewer.set_layer(name, mask)
    assert seen_at(viewer, 60, 40) == GREEN  # not visible yet
    viewer.set_visible(name, True)
    colors = {seen_at(viewer, x, 40) for x in range(30, 90)}
    assert len(colors) >= 2
    assert GREEN not in colors
    assert seen_at(viewer, 60, 120) == GREEN


def test_the_two_masks_have_different_patterns() -> None:
    whole = np.ones((HEIGHT, WIDTH), np.float32)
    marked = [layers.tinted(name, whole) == layers.tinted(name, whole).max() for name in layers.MASKS]
    assert 0.05 < marked[0].mean() < 0.5
    assert (marked[0] != marked[1]).mean() > 0.1


def test_a_part_of_a_mask_is_tinted_as_the_whole_is() -> None:
    mask = np.random.default_rng(1).random((HEIGHT, WIDTH), np.float32)
    for name in layers.MASKS:
        rows, columns = slice(30, 70), slice(5, 60)
        np.testing.assert_array_equal(
            layers.tinted(name, mask)[rows, columns], layers.tinted(name, mask, rows, columns)
        )


def test_overlays_of_another_size_are_laid_over_the_whole_picture(viewer: Viewer) -> None:
    heat = np.zeros((8, 6), np.float32)
    heat[:4] = 1
    viewer.set_layer("attention", heat)
    viewer.set_visible("attention", True)
    assert seen_at(viewer, 60, 30) != GREEN
    assert seen_at(viewer, 60, 130) == GREEN


def test_heat_gets_lighter_all_the_way() -> None:
    linear = (layers.heat_colors() / 255) ** 2.2 @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(linear) > 0).all()
    assert layers.heat_table()[0] >> 24 == 0  # no heat hides nothing


def test_flow_shows_a_hue_for_each_direction_and_nothing_where_nothing_moves(viewer: Viewer) -> None:
    flow = np.zeros((2, HEIGHT, WIDTH), np.float32)
    flow[0, :40], flow[1, 40:80] = 12, 12
    colors = layers.flow_colors(flow)
    assert colors[10, 60] != colors[60, 60]
    assert colors[120, 60] == 0
    viewer.set_layer("flow", flow)
    viewer.set_visible("flow", True)
    assert len({seen_at(viewer, x, 20) for x in range(20, 100)}) > 2  # arrows over the colour


def test_arrows_point_where_the_cloth_went() -> None:
    flow = np.zeros((2, 50, 50), np.float32)
    flow[0] = -8  # found 8 pixels further left, so it went right
    for tail, head in layers.arrows(flow, 10):
        assert head[0] - tail[0] == pytest.approx(8)
        assert head[1] == tail[1]
    assert layers.arrows(np.zeros((2, 50, 50), np.float32), 10).shape == (0, 2, 2)


def test_the_skeleton_draws_left_and_right_differently(viewer: Viewer, qtbot: QtBot) -> None:
    joints = standing()
    joints[2:5], joints[5:8] = [[30, 40, 1], [30, 80, 1], [30, 120, 1]], [[90, 40, 1], [90, 80, 1], [90, 120, 1]]
    viewer.set_layer("result", plain((0, 0, 0)))
    viewer.set_layer("skeleton", joints)
    viewer.set_visible("skeleton", True)
    right = [seen_at(viewer, 30, y) for y in np.arange(46, 74, 0.5)]
    left = [seen_at(viewer, 90, y) for y in np.arange(46, 74, 0.5)]
    assert layers.RIGHT_COLOR.getRgb()[:3] in right
    assert layers.LEFT_COLOR.getRgb()[:3] in left
    assert (0, 0, 0) not in right
    assert (0, 0, 0) in left  # dashes


def test_an_empty_viewer_says_what_to_do(qtbot: QtBot) -> None:
    viewer = Viewer()
    qtbot.addWidget(viewer)
    viewer.resize(300, 200)
    blank = viewer.grab().toImage()
    viewer.empty_text = "Drop a photo here"
    assert viewer.grab().toImage() != blank
    viewer.fit()
    viewer.actual_size()  # nothing to look at, and no error
    move(viewer, QPoint(100, 100))
    wheel(viewer, QPointF(10, 10), 1)


def test_a_still_fades_in_and_a_scrubbed_frame_does_not(viewer: Viewer, qtbot: QtBot) -> None:
    viewer.animated = True
    viewer.set_layer("result", plain(BLUE), fade=True)
    assert seen_at(viewer, 60, 80) != BLUE
    qtbot.waitUntil(lambda: seen_at(viewer, 60, 80) == BLUE, timeout=2000)
    viewer.set_layer("result", plain(RED))
    assert seen_at(viewer, 60, 80) == RED
    viewer.animated = False
    viewer.set_layer("result", plain(BLUE), fade=True)
    assert seen_at(viewer, 60, 80) == BLUE


def test_a_frame_interrupts_a_still_that_fades_in(viewer: Viewer) -> None:
    viewer.animated = True
    viewer.set_layer("result", plain(BLUE), fade=True)
    viewer.set_layer("result", plain(RED))
    assert seen_at(viewer, 60, 80) == RED


def test_the_same_pixels_are_converted_once(viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    convert = layers.layer_image
    monkeypatch.setattr(layers, "layer_image", lambda *given: made.append(given[0]) or convert(*given))
    frames = [plain((i, 0, 0)) for i in range(5)]
    for _ in range(3):
        for frame in frames:
            viewer.set_layer("result", frame)
            assert seen_at(viewer, 60, 80) == tuple(frame[0, 0])
    assert len(made) == 5


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("nothing", plain(RED)),
        ("result", plain(RED).astype(np.float32)),
        ("result", np.zeros((0, 5, 3), np.uint8)),
        ("source", np.zeros((5, 5, 2), np.uint8)),
        ("removed", plain(RED)),
        ("flow", np.zeros((5, 5, 2), np.float32)),
        ("skeleton", np.zeros((18, 3), np.float32)),
    ],
)
def test_pixels_that_cannot_be_a_layer_are_refused(viewer: Viewer, name: str, pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="layer"):
        viewer.set_layer(name, pixels)
    assert seen_at(viewer, 60, 80) == GREEN


# ------------------------------------------------------------------------------------------------------ zoom, pan


def test_the_picture_fits_at_first_and_follows_the_windows_size(viewer: Viewer) -> None:
    first = viewer.zoom
    assert first == pytest.approx((400 - 32) / HEIGHT)
    viewer.resize(200, 400)
    assert viewer.zoom == pytest.approx((200 - 32) / WIDTH)
    viewer.actual_size()
    viewer.resize(400, 400)
    assert viewer.zoom == 1
    viewer.fit()
    assert viewer.zoom == first


def test_at_100_percent_pixels_are_shown_as_they_are(viewer: Viewer) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    viewer.resize(401, 399)  # half a pixel over on both sides
    viewer.set_layer("result", noise)
    viewer.actual_size()
    for x, y in [(0, 0), (17, 90), (WIDTH - 1, HEIGHT - 1)]:
        assert seen_at(viewer, x, y) == tuple(noise[y, x])


def test_above_400_percent_pixels_have_sharp_edges(viewer: Viewer) -> None:
    stripes = plain((0, 0, 0))
    stripes[:, ::2] = 255
    viewer.set_layer("result", stripes)
    viewer.zoom = 8
    assert {seen_at(viewer, x, 80) for x in np.arange(50, 60, 0.1)} == {(0, 0, 0), (255, 255, 255)}


def test_fine_cloth_does_not_shimmer_when_a_large_photo_is_seen_small(viewer: Viewer) -> None:
    checks = np.indices((1600, 1200)).sum(0).astype(np.uint8) % 2 * 255
    viewer.set_layer("source", None)
    viewer.set_layer("result", np.repeat(checks[..., None], 3, 2))
    assert viewer.zoom < 0.25
    assert seen(viewer, 200, 200) == pytest.approx((128, 128, 128), abs=4)


@given(st.floats(-20, 140), st.floats(-20, 180), st.floats(0.1, 20), st.sampled_from(["single", "wipe"]))
@KEEP
def test_positions_come_back(viewer: Viewer, x: float, y: float, zoom: float, mode: str) -> None:
    viewer.mode = mode
    viewer.zoom = zoom
    back = viewer.to_picture(viewer.to_widget(QPointF(x, y)))
    assert back.toTuple() == pytest.approx((x, y), abs=1e-6)


@given(st.floats(140, 260), st.floats(140, 260), st.lists(st.integers(1, 3), min_size=1, max_size=4))
@KEEP
def test_the_wheel_zooms_at_the_cursor(viewer: Viewer, x: float, y: float, notches: list[int]) -> None:
    viewer.fit()
    at = QPointF(x, y)
    before = viewer.to_picture(at)
    for turn in (*notches, -sum(notches) // 2):
        wheel(viewer, at, turn)
    off = viewer.to_picture(at) - before
    within = 0.75 * (len(notches) + 1) / min(viewer.zoom, 1)  # corners stand on whole screen pixels
    assert abs(off.x()) <= within
    assert abs(off.y()) <= within


def test_zoom_keeps_within_its_bounds_and_tells(viewer: Viewer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(viewer.zoom_changed) as told:
        viewer.zoom = 1e9
    assert told.args == [LARGEST_ZOOM]
    viewer.zoom = 1e-9
    assert viewer.zoom == SMALLEST_ZOOM


@pytest.mark.parametrize("button", [LEFT, Qt.MouseButton.MiddleButton])
def test_dragging_moves_the_picture(viewer: Viewer, qtbot: QtBot, button: Qt.MouseButton) -> None:
    viewer.zoom = 6
    held = viewer.to_picture(QPointF(200, 200))
    drag(qtbot, viewer, [QPoint(200, 200), QPoint(230, 180)], button)
    assert viewer.to_picture(QPointF(230, 180)).toTuple() == pytest.approx(held.toTuple(), abs=0.2)
    assert not viewer.fitted


def test_the_picture_cannot_be_lost(viewer: Viewer) -> None:
    viewer.pan(QPointF(1e5, 1e5))
    assert viewer.to_picture(QPointF(200, 200)).toTuple() == pytest.approx((-0.5, -0.5), abs=0.5)


def test_plus_and_minus_zoom_and_arrows_are_left_to_the_window(viewer: Viewer, qtbot: QtBot) -> None:
    zoom = viewer.zoom
    qtbot.keyClick(viewer, Qt.Key.Key_Plus)
    assert viewer.zoom > zoom
    qtbot.keyClick(viewer, Qt.Key.Key_Minus)
    assert viewer.zoom == pytest.approx(zoom)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_Home):
        event = QKeyEvent(QEvent.Type.KeyPress, key, PLAIN)
        viewer.keyPressEvent(event)
        assert not event.isAccepted()


def test_another_photo_is_fitted_anew(viewer: Viewer) -> None:
    viewer.zoom = 8
    viewer.set_layer("source", plain(RED, (300, 200)))
    assert viewer.picture_size == (200, 300)
    assert viewer.fitted
    viewer.zoom = 8
    viewer.set_layer("source", plain(BLUE, (300, 200)))
    assert viewer.zoom == 8  # of the same size: what was looked at is still looked at


def test_the_picture_point_under_the_pointer_is_told(viewer: Viewer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(viewer.image_point_hovered) as told:
        move(viewer, place(viewer, 30, 50))
    assert told.args[0].toTuple() == pytest.approx((30, 50), abs=0.5)
    with qtbot.waitSignal(viewer.hover_left):
        move(viewer, QPoint(1, 1))


# ----------------------------------------------------------------------------------------------------------- modes


def test_side_by_side_shows_both_at_one_zoom(viewer: Viewer) -> None:
    viewer.mode = "side"
    assert seen(viewer, 100, 200) == RED
    assert seen(viewer, 300, 200) == GREEN
    left, right = viewer.to_picture(QPointF(99.5, 200)), viewer.to_picture(QPointF(300.5, 200))
    assert left.toTuple() == pytest.approx(right.toTuple(), abs=0.5)
    held = viewer.to_picture(QPointF(60, 150))
    wheel(viewer, QPointF(60, 150), 3)
    assert viewer.to_picture(QPointF(60, 150)).toTuple() == pytest.approx(held.toTuple(), abs=0.6)


def test_the_wipe_is_dragged(viewer: Viewer, qtbot: QtBot) -> None:
    viewer.mode = "wipe"
    assert seen(viewer, 150, 300) == RED
    assert seen(viewer, 250, 300) == GREEN
    handle = viewer._wipe_handle
    middle = handle.rect().center()
    drag(qtbot, handle, [middle, middle + QPoint(80, 0)])
    assert viewer.wipe > 0.6
    assert seen(viewer, 250, 300) == RED


def test_the_wipe_has_keys_of_its_own(viewer: Viewer, qtbot: QtBot) -> None:
    viewer.mode = "wipe"
    handle = viewer._wipe_handle
    qtbot.keyClick(handle, Qt.Key.Key_Left)
    assert viewer.wipe == pytest.approx(0.49)
    qtbot.keyClick(handle, Qt.Key.Key_Right, Modifier.ShiftModifier)
    assert viewer.wipe == pytest.approx(0.59)
    qtbot.keyClick(handle, Qt.Key.Key_Home)
    assert viewer.wipe == 0
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Left, PLAIN)
    override.ignore()
    QApplication.sendEvent(handle, override)
    assert override.isAccepted()  # so no shortcut of the window takes it
    assert handle.accessibleName()


def test_an_unknown_mode_is_refused(viewer: Viewer) -> None:
    with pytest.raises(ValueError, match="mode"):
        viewer.mode = "triple"


# -------------------------------------------------------------------------------------------------------- painting


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


# ---------------------------------------------------------------------------------------------------------- joints


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


# ------------------------------------------------------------------------------------------------------- attention

stages = st.builds(
    lambda top, tall, center, size: Stage.around(top, top + tall, center, *size),
    st.floats(0, 200),
    st.floats(200, 3000),
    st.floats(0, 1000),
    st.sampled_from([(256, 192), (512, 384)]),
)
STAGE = Stage.around(10, 150, WIDTH / 2)
GARMENT = plain((*BLUE, 255), (100, 80))


def looking_across(stage: Stage = STAGE) -> np.ndarray:
    """Each cell looks at the cell that mirrors it left to right."""
    rows, columns = attention_view.grid(stage)
    cells = np.arange(rows * columns).reshape(rows, columns)
    return np.eye(rows * columns, dtype=np.float32)[cells[:, ::-1].ravel()]


@given(stages, st.data())
def test_cells_are_found_again_at_their_middle(stage: Stage, data: st.DataObject) -> None:
    rows, columns = attention_view.grid(stage)
    cell = data.draw(st.integers(0, rows * columns - 1))
    assert attention_view.cell_at(stage, attention_view.cell_center(stage, cell)) == cell
    assert attention_view.cell_at(stage, (-0.6, 3)) is None
    assert attention_view.cell_at(stage, (stage.width, 3)) is None


@given(stages, st.data())
def test_body_and_garment_point_at_each_other(stage: Stage, data: st.DataObject) -> None:
    rows, columns = attention_view.grid(stage)
    attention = looking_across(stage)
    cell = data.draw(st.integers(0, rows * columns - 1))
    on_photo = stage.to_photo(np.array(attention_view.cell_center(stage, cell)))
    heat = attention_view.seen_from_body(attention, stage, tuple(on_photo))
    looked_at = int(heat.argmax())
    assert heat.max() == 1
    assert divmod(looked_at, columns) == (cell // columns, columns - 1 - cell % columns)
    back = attention_view.seen_from_garment(attention, stage, attention_view.cell_center(stage, looked_at))
    assert int(back.argmax()) == cell


def test_a_cell_without_cloth_is_not_lit_from_the_garment() -> None:
    even = np.full((192, 192), 1 / 192, np.float32)
    assert not attention_view.seen_from_garment(even, STAGE, (50, 50)).any()
    np.testing.assert_allclose(attention_view.decidedness(even, STAGE), 0, atol=1e-5)
    np.testing.assert_allclose(attention_view.decidedness(looking_across(), STAGE), 1, atol=1e-5)


@given(st.sampled_from([(300, 200), (1000, 900), (160, 120)]), st.integers(40, 150))
def test_heat_lies_over_the_photo_where_its_cell_is(photo: tuple[int, int], cell: int) -> None:
    stage = Stage.around(0.05 * photo[0], 0.95 * photo[0], photo[1] / 2)
    heat = np.zeros(attention_view.grid(stage), np.float32)
    heat.flat[cell] = 1
    over = attention_view.over_photo(heat, stage, photo)
    x, y = stage.to_photo(np.array(attention_view.cell_center(stage, cell)))
    if not (20 < x < photo[1] - 20 and 20 < y < photo[0] - 20):
        return
    rows, columns = np.indices(over.shape)
    middle = np.array([(columns * over).sum(), (rows * over).sum()]) / over.sum()
    small = np.array([over.shape[1] / photo[1], over.shape[0] / photo[0]])
    np.testing.assert_allclose((middle + 0.5) / small - 0.5, (x, y), atol=max(photo) / 100)


@pytest.mark.slow
def test_the_garment_is_letterboxed_as_the_engine_does_it() -> None:
    from types import SimpleNamespace

    from fashionmirror_core.cloth.attention import letterbox

    for size in [(100, 80), (80, 300), (700, 700)]:
        garment = SimpleNamespace(image=np.zeros((*size, 4), np.uint8))
        assert attention_view.letterbox(size, STAGE) == letterbox(garment, (256, 192))  # type: ignore[arg-type]


@pytest.fixture
def dock(qtbot: QtBot) -> GarmentDock:
    dock = GarmentDock()
    qtbot.addWidget(dock)
    dock.resize(200, 300)
    dock.set_garment(GARMENT, STAGE)
    dock.show()
    return dock


@given(st.floats(20, 180), st.floats(60, 240))
@KEEP
def test_positions_on_the_dock_come_back(dock: GarmentDock, x: float, y: float) -> None:
    spot = dock.to_stage(QPointF(x, y))
    assert dock.from_stage(spot).toTuple() == pytest.approx((x, y), abs=1e-6)


def test_the_dock_tells_where_it_is_pointed_at(dock: GarmentDock, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dock.spot_hovered) as told:
        move(dock, QPoint(100, 150))
    assert told.args[0].toTuple() == pytest.approx((95.5, 127.5), abs=2)
    with qtbot.waitSignal(dock.spot_hovered) as told:
        QApplication.sendEvent(dock, QEvent(QEvent.Type.Leave))
    assert told.args == [None]


def test_the_dock_is_pointed_at_by_keys(dock: GarmentDock, qtbot: QtBot) -> None:
    spots = []
    dock.spot_hovered.connect(spots.append)
    qtbot.keyClick(dock, Qt.Key.Key_Right)
    qtbot.keyClick(dock, Qt.Key.Key_Right)
    assert spots[1].x() - spots[0].x() == attention_view.CELL
    assert dock.accessibleName()


def test_viewer_and_dock_are_linked(viewer: Viewer, dock: GarmentDock, qtbot: QtBot) -> None:
    pair = AttentionPair(viewer, dock)
    pair.set_look(looking_across(), STAGE, GARMENT, (HEIGHT, WIDTH))
    assert pair.linked
    overview = viewer.layer("attention")
    untouched = dock.grab().toImage()
    move(viewer, place(viewer, 60, 80))
    assert dock.grab().toImage() != untouched  # the body's spot lights the garment
    move(viewer, QPoint(1, 1))
    assert dock.grab().toImage() == untouched
    left = dock.from_stage(QPointF(60, 127)).toPoint()
    move(dock, left)
    heat = viewer.layer("attention")
    assert heat.argmax() % heat.shape[1] > heat.shape[1] / 2  # mirrored, so right on the body
    QApplication.sendEvent(dock, QEvent(QEvent.Type.Leave))
    assert viewer.layer("attention") is overview
    pair.set_look(None, None, None)
    assert viewer.layer("attention") is None
    move(dock, left)
    move(viewer, place(viewer, 60, 80))
    assert viewer.layer("attention") is None


def test_attention_of_another_grid_is_refused(viewer: Viewer, dock: GarmentDock) -> None:
    with pytest.raises(ValueError, match="attention"):
        AttentionPair(viewer, dock).set_look(np.eye(10, dtype=np.float32), STAGE, GARMENT, (HEIGHT, WIDTH))


def test_surroundings_follow_the_theme(viewer: Viewer) -> None:
    assert QColor(theme.DARK.surround).getRgb()[:3] == (119,) * 3
    assert QColor(theme.LIGHT.surround).getRgb()[:3] == (200,) * 3


def test_the_mark_of_attention_is_seen_on_a_garment_in_its_own_colours(dock: GarmentDock) -> None:
    pink = np.full((60, 40, 3), (236, 64, 122), np.uint8)
    dock.set_garment(pink, STAGE)
    plain = dock.grab().toImage()
    heat = np.zeros(attention_view.grid(STAGE), np.float32)
    heat[heat.shape[0] // 2, heat.shape[1] // 2] = 1
    dock.set_heat(heat)
    marked = dock.grab().toImage()
    ring = dock.from_stage(QPointF(*attention_view.cell_center(STAGE, int(heat.argmax()))))
    edge = max(marked.pixelColor(round(ring.x()) + step, round(ring.y())).lightness() for step in range(6, 13))
    away = QPointF(dock.width() / 2, dock.height() / 2 + 100).toPoint()
    assert edge > 200
    assert marked.pixelColor(away).lightness() < 0.7 * plain.pixelColor(away).lightness()
