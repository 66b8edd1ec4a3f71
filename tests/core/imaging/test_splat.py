"""Points are splatted onto pixels."""

from __future__ import annotations

import numpy as np
import pytest

from fashionmirror_core.imaging.splat import splatted


def test_a_point_on_a_pixel_is_that_pixels() -> None:
    sums, total = splatted(np.array([[2.0, 1.0]]), np.array([3.0]), np.array([0.5]), (4, 5))
    assert (total[1, 2], sums[1, 2]) == (0.5, 1.5)
    assert (total.sum(), sums.sum()) == (0.5, 1.5)


def test_a_point_between_pixels_is_shared_by_nearness() -> None:
    _, total = splatted(np.array([[1.25, 0.0]]), np.array([1.0]), np.array([1.0]), (2, 3))
    np.testing.assert_allclose(total[0], [0, 0.75, 0.25])


def test_what_falls_off_the_picture_is_lost() -> None:
    places = np.array([[-0.5, 0.0], [9.0, 9.0], [1.5, 1.5]])
    _, total = splatted(places, np.ones(3), np.ones(3), (2, 2))
    assert total.sum() == pytest.approx(0.5 + 0.25)


def test_inside_the_picture_nothing_is_lost() -> None:
    rng = np.random.default_rng(1)
    places, values, weights = rng.uniform(0, 6, (50, 2)), rng.normal(size=50), rng.uniform(size=50)
    sums, total = splatted(places, values, weights, (8, 8))
    assert total.sum() == pytest.approx(weights.sum())
    assert sums.sum() == pytest.approx((weights * values).sum())
