"""The second look, at the garment alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fashionmirror_core import Garment, samples
from fashionmirror_core.garment.close import box, looked_closely, standing_alone
from fashionmirror_core.garment.sight import look
from fashionmirror_core.media.images import read_image

TEE = next(path for path in samples.garments() if path.stem.startswith("tee"))
HEIGHT = 360  # pixels, of the small tee


def small_in_a_corner() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A tee on a grainy floor, three fifths as high as the picture, its cut-out, and the tee's corner in pixels."""
    given = read_image(TEE)
    tee = cv2.resize(given, None, fx=HEIGHT / given.shape[0], fy=HEIGHT / given.shape[0], interpolation=cv2.INTER_AREA)
    picture = np.random.default_rng(0).normal((120, 95, 70), 10, (600, 700, 3)).clip(0, 255).astype(np.float32)
    alpha, corner = np.zeros((600, 700), np.float32), np.array([270, 30])
    place = slice(30, 30 + tee.shape[0]), slice(270, 270 + tee.shape[1])
    alpha[place] = tee[..., 3] / 255
    picture[place] = alpha[place][..., None] * tee[..., :3] + (1 - alpha[place][..., None]) * picture[place]
    return picture.astype(np.uint8), alpha, corner


def test_a_small_garment_is_seen_as_well_as_a_large_one() -> None:
    given = read_image(TEE)
    large = looked_closely(look(given), given[..., :3], given[..., 3] / np.float32(255))
    picture, alpha, corner = small_in_a_corner()
    sight = looked_closely(look(picture), picture, alpha)
    assert sight.answer("kind") == "tee"
    assert sight.size == (700, 600)
    for name, exists in large.exists.items():
        if exists > 0.5:
            expected = np.array(large.points[name]) * HEIGHT / given.shape[0] + corner
            assert sight.points[name] == pytest.approx(expected, abs=0.04 * HEIGHT)


def test_parts_of_both_looks_lie_in_one_place() -> None:
    picture, alpha, _ = small_in_a_corner()
    first = look(picture)
    sight = looked_closely(first, picture, alpha)
    assert sight.parts.shape == first.parts.shape
    np.testing.assert_allclose(sight.parts.sum(-1), 1, atol=0.02)
    columns = np.flatnonzero(alpha.any(0))
    middle, width = columns.mean(), np.ptp(columns)
    for sleeve, side in (("sleeve_r", -1), ("sleeve_l", 1)):  # the wearer's right sleeve lies on the picture's left
        weight = (alpha * sight.sleeves(alpha.shape, (0.0, 0.0))[sleeve]).sum(0)
        place = (weight * np.arange(700)).sum() / weight.sum()
        assert side * (place - middle) > 0.15 * width


def test_a_top_without_its_straps_is_strapless() -> None:
    top = read_image(next(path for path in samples.garments() if path.stem == "top-floral")).copy()
    assert Garment.from_photo(top).sight.answer("straps") == "wide"
    points = look(top).points
    top[: int(max(points["armpit_left"][1], points["armpit_right"][1])) - 4, :, 3] = 0
    assert Garment.from_photo(top).sight.answer("straps") == "strapless"


def test_what_is_around_a_garment_is_told_by_the_whole_picture() -> None:
    picture, alpha, _ = small_in_a_corner()
    first = look(picture)
    sight = looked_closely(first, picture, alpha)
    for name in ("turn", "several", "worn", "garment"):
        assert sight.answers[name] == first.answers[name]


def test_the_garment_stands_alone_on_grey_with_a_margin() -> None:
    picture, alpha, _ = small_in_a_corner()
    alone = standing_alone(picture, alpha)
    assert (alone[alpha == 0] == 127).all()
    np.testing.assert_array_equal(alone[alpha == 1], picture[alpha == 1])
    left, top, right, bottom = box(alpha)
    rows, columns = np.nonzero(alpha >= 0.5)
    assert left < columns.min() < columns.max() < right - 1
    assert top < rows.min() < rows.max() < bottom - 1
