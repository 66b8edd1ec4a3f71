"""Attention: cells and places, the garment's dock, and how it is linked with the picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from viewing import BLUE, HEIGHT, KEEP, WIDTH, move, place, plain

from app.widgets import attention_view
from app.widgets.attention_view import AttentionPair, GarmentDock
from app.widgets.viewer import Viewer
from fashionmirror_core.person.stage import Stage

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
