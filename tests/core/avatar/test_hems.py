"""Hems of clothes that stay: open below, and level as soon as the person turns."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fashionmirror_core.avatar.hems import below_level, hem
from fashionmirror_core.avatar.sheets import Grid

LOW, HIGH = 200.0, 180.0  # rows of the hem in its middle and at its sides


def skirt(low: float = LOW) -> Grid:
    """A skirt that is wider below, its hem round as it is seen from above."""
    y, x = np.mgrid[:240, :160].astype(float)
    aside = np.abs(x - 80) / (30 + 0.2 * (y - 20))
    domain = ((aside < 1) & (y > 20) & (y < HIGH + (low - HIGH) * (1 - aside**2))).astype(np.float32)
    return Grid.over(cv2.GaussianBlur(domain, (0, 0), 1.5), (0, 0, 160, 240), 4.0)


def test_the_hem_is_the_lower_rim_and_no_side() -> None:
    grid = skirt()
    found = grid.place[hem(grid, 100)]
    assert len(found) > 10
    assert (found[:, 1] > HIGH - 6).all()
    assert np.ptp(found[:, 0]) > 50


def test_a_sheet_that_ends_higher_has_no_hem() -> None:
    grid = skirt()
    assert not hem(grid, 220).any()
    assert not below_level(grid, 220, 100).any()


@pytest.mark.parametrize(("sag", "level"), [(100.0, HIGH), (5.0, LOW - 5)])
def test_what_hangs_below_the_sides_is_told_as_far_as_a_level_hem_is_seen_to_sag(sag: float, level: float) -> None:
    grid = skirt()
    below = below_level(grid, 100, sag)
    assert below.any()
    rows = grid.place[..., 1]
    assert rows[below].min() == pytest.approx(level, abs=10)
    assert below[grid.nodes & (rows > level + 6)].all()


def test_a_straight_hem_loses_hardly_more_than_its_edge() -> None:
    grid = skirt(HIGH)
    assert grid.place[below_level(grid, 100, 50.0)][:, 1].min() > HIGH - 10
