"""The viewer, driven as a hand would: what is seen, where it lies, how it is zoomed, moved and compared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
)
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from viewing import (
    BLUE,
    GREEN,
    HEIGHT,
    KEEP,
    LEFT,
    PLAIN,
    RED,
    WIDTH,
    Modifier,
    drag,
    move,
    place,
    plain,
    seen,
    seen_at,
    standing,
    wheel,
)

from app.widgets import layers, theme
from app.widgets.viewer import LARGEST_ZOOM, SMALLEST_ZOOM, Viewer


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


def test_surroundings_follow_the_theme(viewer: Viewer) -> None:
    assert QColor(theme.DARK.surround).getRgb()[:3] == (119,) * 3
    assert QColor(theme.LIGHT.surround).getRgb()[:3] == (200,) * 3
