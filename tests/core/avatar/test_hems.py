"""Hems of clothes that stay: open below, and level as soon as the person turns."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fashionmirror_core.avatar.hems import ShoeHem, below_level, hem
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


BOX = (0, 0, 100, 260)
END, NOTCH, STATURE = 200.0, 182.0, 800.0  # rows at which the trouser leg ends, and where the shoe pushes up into it


def leg(notch: float = NOTCH, left: float = 52.0) -> tuple[Grid, np.ndarray, np.ndarray]:
    """A trouser leg 50 pixels wide on a shoe, which pushes up into its hem from the column ``left`` to the 64th; its grid,
    its pixels and where these are the shoe's.
    """
    y, x = np.mgrid[: BOX[3], : BOX[2]]
    domain = (np.abs(x - 50) < 25) & (y > 20) & (y < 235)
    shoe = domain & ((y > END) | ((y > notch) & (x > left) & (x < 64)))
    return Grid.over(cv2.GaussianBlur(domain.astype(np.float32), (0, 0), 1.0), BOX, 3.5), domain, shoe


def test_a_trouser_leg_ends_in_one_line_though_its_shoe_pushes_up_into_it() -> None:
    grid, domain, shoe = leg()
    found = ShoeHem.of(grid, domain, shoe.astype(np.float32), shoe.astype(np.float32), BOX, 170.0, STATURE)
    assert found is not None
    assert found.y == pytest.approx(END, abs=4)
    assert abs(found.slope) < 0.05
    snapped = found.snapped(grid)
    stays = snapped.nodes & ~found.below(snapped)
    columns = np.flatnonzero(stays.sum(0) > 20)[1:-1]
    lowest = np.where(stays, snapped.place[..., 1], 0)[:, columns].max(0)
    np.testing.assert_allclose(lowest, found.y, atol=0.5)
    read = np.round(found.on_cloth(snapped, snapped.indoors, domain, BOX)).astype(int)[stays]
    assert not shoe[read[:, 1], read[:, 0]].any()


def test_a_trouser_leg_without_a_shoe_right_below_or_as_ragged_as_no_hem_keeps_its_end() -> None:
    grid, domain, shoe = leg()
    bare = shoe.astype(np.float32)
    assert ShoeHem.of(grid, domain, bare, np.zeros_like(bare), BOX, 170.0, STATURE) is None
    assert ShoeHem.of(grid, domain, bare, bare, BOX, 215.0, STATURE) is None
    grid, domain, shoe = leg(170.0, 38.0)
    bare = shoe.astype(np.float32)
    assert ShoeHem.of(grid, domain, bare, bare, BOX, 170.0, STATURE / 2) is None
