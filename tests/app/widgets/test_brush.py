"""Brush and eraser: what a stroke covers, and that only its own rectangle is touched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.widgets.brush import LARGEST, SMALLEST, Brush, MaskPainter, coverage

HARD = Brush(size=10, softness=0)
points = st.tuples(st.floats(-20, 80), st.floats(-20, 60))


def empty() -> MaskPainter:
    return MaskPainter(np.zeros((40, 60), np.float32))


@given(st.floats(1, 50), st.floats(0, 1))
def test_a_brush_is_whole_in_its_middle_and_fades_to_nothing_at_its_edge(radius: float, softness: float) -> None:
    distance = np.linspace(0, radius + 1, 100, dtype=np.float32)
    covered = coverage(distance, radius, softness)
    assert covered[0] == 1
    assert covered[-1] == 0
    assert (np.diff(covered) <= 1e-6).all()


def test_softness_widens_the_edge_inwards() -> None:
    distance = np.arange(0, 21, dtype=np.float32)
    hard, soft = coverage(distance, 20, 0.0), coverage(distance, 20, 1.0)
    assert ((hard > 0.01) & (hard < 0.99)).sum() <= 2
    assert ((soft > 0.01) & (soft < 0.99)).sum() >= 15
    assert (soft <= hard).all()


def test_a_dab_is_a_disc_of_the_brushs_size() -> None:
    painter = empty()
    painter.begin((30, 20), HARD)
    assert painter.end()
    assert painter.mask.sum() == pytest.approx(np.pi * 25, rel=0.03)
    assert painter.mask[20, 30] == 1
    assert painter.mask[20, 25] > 0
    assert painter.mask[20, 24] == 0


def test_a_stroke_has_no_gaps_between_two_movements() -> None:
    painter = empty()
    painter.begin((5, 20), HARD)
    painter.move((55, 20))
    painter.end()
    assert (painter.mask[20, 5:56] == 1).all()


def test_going_over_a_spot_twice_in_a_stroke_keeps_the_soft_edge() -> None:
    soft = Brush(size=20, softness=1)
    once, often = empty(), empty()
    once.begin((30, 20), soft)
    often.begin((30, 20), soft)
    for _ in range(5):
        often.move((30, 20))
    np.testing.assert_array_equal(once.mask, often.mask)


def test_the_eraser_takes_away_what_the_brush_put_there() -> None:
    painter = MaskPainter(np.ones((40, 60), np.float32))
    painter.begin((30, 20), Brush(size=10, softness=0, erase=True))
    painter.end()
    assert painter.mask[20, 30] == 0
    assert painter.mask[0, 0] == 1


@given(st.lists(points, min_size=1, max_size=6), st.booleans(), st.floats(1, 30), st.floats(0, 1))
def test_nothing_changes_outside_the_rectangles_that_are_handed_back(
    path: list[tuple[float, float]], erase: bool, size: float, softness: float
) -> None:
    start = np.full((40, 60), 0.5, np.float32)
    painter = MaskPainter(start)
    rects = [painter.begin(path[0], Brush(size, softness, erase)), *(painter.move(point) for point in path[1:])]
    untouched = np.ones(start.shape, bool)
    for rect in rects:
        untouched[rect.rows, rect.columns] = False
    assert (painter.mask[untouched] == 0.5).all()
    changed = painter.mask - 0.5
    assert (changed <= 0).all() if erase else (changed >= 0).all()
    assert painter.end() == bool(changed.any())


def test_straightening_replaces_the_stroke_by_one_line() -> None:
    painter, line = empty(), empty()
    painter.begin((5, 5), HARD)
    painter.move((30, 35))
    painter.straighten((55, 5))
    line.begin((5, 5), HARD)
    line.move((55, 5))
    np.testing.assert_array_equal(painter.mask, line.mask)


def test_a_straight_line_can_go_on_from_where_the_stroke_before_ended() -> None:
    painter = empty()
    painter.begin((5, 20), HARD)
    painter.end()
    painter.begin((55, 20), HARD, from_last=True)
    painter.end()
    assert (painter.mask[20, 5:56] == 1).all()


def test_a_first_stroke_has_nothing_to_go_on_from() -> None:
    painter = empty()
    painter.begin((30, 20), HARD, from_last=True)
    assert painter.mask[20, 5] == 0
    assert painter.mask[20, 30] == 1


def test_a_light_pen_draws_thin() -> None:
    light, firm = empty(), empty()
    light.begin((30, 20), Brush(20, 0), pressure=0.1)
    firm.begin((30, 20), Brush(20, 0), pressure=1.0)
    assert 0 < light.mask.sum() < firm.mask.sum() / 3


def test_the_mask_that_was_given_is_left_alone() -> None:
    given_mask = np.zeros((40, 60), np.float32)
    painter = MaskPainter(given_mask)
    painter.begin((30, 20), HARD)
    assert not given_mask.any()


def test_a_stroke_that_changes_nothing_says_so() -> None:
    painter = MaskPainter(np.ones((40, 60), np.float32))
    painter.begin((30, 20), HARD)
    assert not painter.end()
    assert not painter.end()  # and there is none to end now


def test_movement_without_a_stroke_paints_nothing() -> None:
    painter = empty()
    assert painter.move((30, 20)).empty
    assert painter.straighten((30, 20)).empty
    assert not painter.mask.any()


@pytest.mark.parametrize("shape", [(4,), (4, 4, 3), (0, 4)])
def test_what_is_no_mask_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="mask"):
        MaskPainter(np.zeros(shape, np.float32))


def test_eight_bits_come_back_as_they_were() -> None:
    mask = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(MaskPainter(mask).pixels, mask)


def test_brushes_keep_within_their_bounds() -> None:
    assert Brush(size=-3).size == SMALLEST
    assert Brush(size=1e9, softness=7).size == LARGEST
    assert Brush(softness=7).softness == 1
    assert Brush(size=2).grown >= 3
    assert Brush(size=2).shrunk <= 1
