"""Arithmetic over a few channels gives what NumPy's own gives, bit for bit."""

import numpy as np
import pytest

from fashionmirror_core.imaging.channels import averaged, joined, lengths, spread, summed


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_sums_means_and_lengths_are_numpys_own(kind, count):
    values = (np.random.default_rng(count).random((37, 41, count)) * 255 - 90).astype(kind)

    for ours, numpys in ((summed, np.sum), (averaged, np.mean), (lengths, np.linalg.norm)):
        assert ours(values).dtype == kind
        assert np.array_equal(ours(values), numpys(values, axis=-1))


def test_a_sum_leaves_its_channels_as_they_are():
    values = np.ones((4, 5, 1), np.float32)

    summed(values)[:] = 7

    assert (values == 1).all()


@pytest.mark.parametrize("kind", [bool, np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_map_is_the_same_in_each_channel(kind, count):
    plane = (np.random.default_rng(1).random((30, 23)) * 2).astype(kind)[:, ::2]

    wide = spread(plane, count)

    assert wide.dtype == kind
    assert np.array_equal(wide, np.repeat(plane[..., None], count, axis=2))


def test_one_more_channel_of_a_wider_type():
    picture, plane = np.full((3, 4, 3), 2, np.float32), np.full((3, 4), 1 / 3, np.float64)

    assert joined(picture, plane).dtype == np.float64
    assert np.array_equal(joined(picture, plane), np.dstack([picture, plane]))
