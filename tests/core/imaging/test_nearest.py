"""The nearest known pixel: found for each pixel, itself where it is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fashionmirror_core.imaging.nearest import nearest_known

MAPS = hnp.arrays(bool, st.tuples(st.integers(2, 12), st.integers(2, 12)))


@given(known=MAPS.filter(np.any))
def test_no_known_pixel_is_much_nearer(known: np.ndarray) -> None:
    place, away = nearest_known(known, 5)
    assert known.reshape(-1)[place].all()
    rows, columns = np.indices(known.shape)
    found = np.hypot(place // known.shape[1] - rows, place % known.shape[1] - columns)
    everywhere = np.stack(np.nonzero(known), -1)
    best = np.hypot(rows[..., None] - everywhere[:, 0], columns[..., None] - everywhere[:, 1]).min(-1)
    np.testing.assert_allclose(found, best, atol=0.5)
    np.testing.assert_allclose(away, best, rtol=0.05)


@given(known=MAPS.filter(np.any))
def test_known_pixels_are_their_own(known: np.ndarray) -> None:
    place, away = nearest_known(known)
    assert np.array_equal(place[known], np.flatnonzero(known))
    assert not away[known].any()


@pytest.mark.parametrize("mask", [3, 5])
def test_nothing_known_gives_places_that_can_be_looked_up(mask: int) -> None:
    place, _ = nearest_known(np.zeros((4, 5)), mask)
    assert not place.any()
