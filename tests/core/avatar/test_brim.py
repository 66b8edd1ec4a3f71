"""A hat's brim: told from hair by its outline, and a ring all round."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fashionmirror_core.avatar.brim import AROUND, RINGS, UNDER, Outline, brim_of, outlines_of

STATURE, HALF = 1000.0, 45.0  # pixels
Own = Callable[[np.ndarray, np.ndarray], np.ndarray]
RED = np.array([200.0, 30, 40])


def head(away: np.ndarray, height: np.ndarray) -> np.ndarray:
    return (away / HALF) ** 2 + (height / 90) ** 2 < 1


def hat(left: float, right: float, falls: float = 0.0, thick: float = 12) -> Own:
    """A crown of 50 pixels to either side, and a brim that reaches so far and falls by so much for its width."""

    def own(away: np.ndarray, height: np.ndarray) -> np.ndarray:
        crown = (np.abs(away) < 50) & (height > -120) & (height < -40)
        beside = (np.where(away < 0, -away / left, away / right) < 1) & (
            np.abs(height + 40 - falls * (np.abs(away) - 50)) < thick / 2
        )
        return head(away, height) | crown | beside

    return own


@pytest.mark.parametrize(("left", "right", "falls"), [(120, 120, 0.0), (100, 140, 0.3), (60, 130, 0.0)])
def test_a_brim_reaches_as_far_as_its_outline_or_as_on_the_side_that_shows_it(
    left: float, right: float, falls: float
) -> None:
    found = outlines_of(hat(left, right, falls), HALF, STATURE)
    assert found is not None
    seen = [side if side > 90 else right for side in (left, right)]
    assert [own.reach for own in found] == pytest.approx(seen, abs=3)
    assert [own.side for own in found] == [-1 if left > 90 else 1, 1]
    assert found[1].crown == pytest.approx(50, abs=3)
    assert found[1].height[[2, -1]] == pytest.approx(
        -40 + falls * np.array([(0.95 * right - 50) * 2 / 9, 0.95 * right - 50]), abs=6
    )


def _nothing(away: np.ndarray, height: np.ndarray) -> np.ndarray:
    return np.zeros(away.shape, bool)


def _ball(away: np.ndarray, height: np.ndarray) -> np.ndarray:
    return away**2 + (height + 40) ** 2 < 110**2  # a head of curls


def _long(away: np.ndarray, height: np.ndarray) -> np.ndarray:
    return (np.abs(away) < 100) & (height > -100 + np.abs(away))  # hair that gets wider


@pytest.mark.parametrize("own", [_nothing, _ball, _long, head, hat(70, 70), hat(120, 120, thick=90)])
def test_what_is_no_thin_wide_ring_is_no_brim(own: Own) -> None:
    assert outlines_of(own, HALF, STATURE) is None


def test_the_ring_is_closed_as_wide_as_both_sides_and_ends_above_the_brows() -> None:
    height = np.linspace(-60.0, -30.0, RINGS)
    outlines = Outline(100, 50, height, -1), Outline(140, 50, height, 1)
    apart = np.zeros((4, 4), bool)
    brim = brim_of(outlines, 0.0, -50.0, lambda away, _: np.tile(RED, (len(away), 1)), apart, STATURE)
    grid = brim.vertices.reshape(2 * RINGS, AROUND + 1, 3)
    upper = grid[:RINGS]
    assert (upper[-1, :, 0].min(), upper[-1, :, 0].max()) == pytest.approx((-100, 140), abs=3)
    assert upper[-1, upper[-1, :, 2].argmin(), 1] < -50  # in front
    assert upper[-1, upper[-1, :, 2].argmax(), 1] == pytest.approx(-30)
    assert brim.weld.reshape(2 * RINGS, -1)[:, -1].tolist() == brim.weld.reshape(2 * RINGS, -1)[:, 0].tolist()
    corners = brim.vertices[brim.triangles]
    up = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 1] < 0
    assert up[: (RINGS - 1) * AROUND].mean() > 0.95
    assert np.abs(brim.picture[:RINGS, :, :3] - RED).max() < 1
    assert np.abs(brim.picture[RINGS:, :, :3] - UNDER * RED).max() < 1
