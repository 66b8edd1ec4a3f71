"""push_pull: known values stay, unknown ones follow their neighbours smoothly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.imaging.fill import continued, push_pull


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 6), st.integers(0, 2**32 - 1), st.floats(0.02, 1.0))
def test_known_values_stay_and_the_rest_lies_within_their_range(
    height: int, width: int, channels: int, seed: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(-5, 5, (height, width, channels)).astype(np.float32)
    weight = (rng.random((height, width)) < share).astype(np.float32)
    weight[0, 0] = 1
    values[weight == 0] = np.nan
    filled = push_pull(values, weight)
    assert filled.shape == values.shape
    assert filled.dtype == np.float32
    known = weight > 0
    np.testing.assert_array_equal(filled[known], values[known])
    assert np.all(filled >= values[known].min(0) - 1e-3)
    assert np.all(filled <= values[known].max(0) + 1e-3)


def test_a_hole_in_a_slope_is_filled_with_the_slope() -> None:
    slope = np.tile(np.linspace(0, 100, 96, dtype=np.float32), (80, 1))
    weight = np.ones_like(slope)
    weight[25:55, 30:60] = 0
    filled = push_pull(slope, weight)
    assert np.abs(filled - slope).max() < 8
    assert np.abs(np.diff(filled, axis=0)).max() < 6


def test_near_values_win_over_far_ones() -> None:
    values = np.zeros((64, 64), np.float32)
    values[:, 60:] = 10
    weight = np.zeros_like(values)
    weight[:, :4] = weight[:, 60:] = 1
    filled = push_pull(values, weight)
    assert filled[32, 8] < 2
    assert filled[32, 55] > 8


def test_nothing_known_gives_zeros() -> None:
    assert not push_pull(np.full((9, 7, 2), 3.0), np.zeros((9, 7))).any()


def test_shapes_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="height and width"):
        push_pull(np.zeros((4, 5, 3)), np.zeros((5, 4)))


def test_texture_continues_beyond_its_edge_with_its_contrast() -> None:
    stripes = np.tile(np.where(np.arange(60) // 3 % 2, 200.0, 50.0)[None, :, None], (60, 1, 3)).astype(np.uint8)
    known = np.zeros((60, 60), bool)
    known[10:40, 10:50] = True
    filled = continued(stripes, known)
    assert (filled[known] == stripes[known]).all()
    assert filled[42:52, 20:40].std() > 0.8 * stripes.std()  # below the edge the stripes run on
    assert np.abs(filled[42, 20:40].astype(int) - stripes[42, 20:40]).mean() < 20


def test_texture_of_nothing_is_nothing() -> None:
    assert (continued(np.ones((8, 8, 3), np.uint8), np.zeros((8, 8), bool)) == 0).all()
