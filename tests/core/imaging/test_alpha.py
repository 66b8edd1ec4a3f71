"""Pictures with alpha: laid over each other, premultiplied and back."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.imaging.alpha import opaque, over, premultiplied, straight


def test_over_is_porter_and_duffs() -> None:
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (2, 20, 20, 3))
    alphas = rng.random((2, 20, 20)).round(2)
    front, back = (premultiplied(c.astype(np.uint8), a.astype(np.float32)) for c, a in zip(colors, alphas, strict=True))
    expected = front + back * (1 - front[..., 3:] / 255)
    np.testing.assert_allclose(over(front, back), expected, atol=1)
    np.testing.assert_array_equal(over(np.zeros_like(back), back), back)
    np.testing.assert_array_equal(over(opaque(front[..., :3].copy()), back), opaque(front[..., :3].copy()))


def test_over_leaves_the_picture_behind_as_it_was() -> None:
    front, back = (np.full((3, 4, 4), shade, np.uint8) for shade in (100, 200))
    over(front, back)
    assert (back == 200).all()


def test_straight_undoes_premultiplied_where_something_is_seen() -> None:
    rng = np.random.default_rng(1)
    color = rng.integers(0, 256, (16, 16, 3)).astype(np.uint8)
    alpha = np.linspace(0, 1, 16, dtype=np.float32)[None].repeat(16, 0)
    again = straight(premultiplied(color, alpha))
    np.testing.assert_array_equal(again[:, 0], 0)
    assert np.abs(again[:, 8:, :3].astype(int) - color[:, 8:]).max() <= 1
    np.testing.assert_array_equal(again[..., 3], premultiplied(color, alpha)[..., 3])
