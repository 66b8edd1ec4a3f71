"""The mannequin's measures: in the order and of the size that people have."""

import numpy as np
import pytest

from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.vocabulary import Side


def test_rows_lie_in_the_order_of_a_body(girths: Girths) -> None:
    rows = [
        girths.collar_row, girths.neck_row, girths.armpit_row, girths.chest_row, girths.waist_row, girths.hip_row,
        girths.crotch_row, girths.floor,
    ]  # fmt: skip
    assert np.all(np.diff(rows) > 0.02)


def test_girths_are_those_of_an_adult(girths: Girths) -> None:
    assert 0.80 < girths.chest < 1.05
    assert 0.62 < girths.waist < 0.95
    assert girths.waist < girths.chest
    assert girths.waist < girths.hip < 1.15
    assert 0.34 < girths.shoulder_width < 0.44
    assert 0.48 < girths.arm < 0.62
    assert 1.5 < girths.stature < 1.9


def test_a_girth_is_longer_than_twice_the_width(girths: Girths) -> None:
    for row in (girths.chest_row, girths.waist_row, girths.hip_row):
        assert 2.0 < girths.girth(row) / girths.width(row) < np.pi


def test_above_the_head_and_below_the_soles_there_is_nothing(girths: Girths) -> None:
    assert girths.girth(girths.floor + 0.1) == girths.width(girths.floor + 0.1) == girths.girth(-2.0) == 0


def test_limbs_get_thinner_towards_their_ends(girths: Girths) -> None:
    assert 0.2 < girths.arm_girth(0.12) < 0.4
    assert 0.12 < girths.arm_girth(girths.arm) < 0.8 * girths.arm_girth(0.12)
    assert 0.42 < girths.leg_girth(girths.crotch_row) < 0.7
    assert 0.15 < girths.leg_girth(girths.floor) < 0.6 * girths.leg_girth(girths.crotch_row)


def test_shoulders_slope_outwards_and_both_sides_are_alike(girths: Girths) -> None:
    assert girths.shoulder_top(0.08) < girths.shoulder_top(0.12) < girths.shoulder_top(0.17)
    for points in (girths.shoulder_points, girths.armpits):
        assert points[Side.RIGHT] == pytest.approx(points[Side.LEFT] * [-1, 1], abs=0.01)
    assert girths.armpits[Side.LEFT][1] > girths.shoulder_points[Side.LEFT][1] + 0.08
