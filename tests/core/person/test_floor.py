"""The floor that a matte takes for a part of the shoes is told from them by its colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fashionmirror_core.person.floor import floor_in_shoes, like_floor

FLOOR, SHOE, INSIDE = (225, 225, 225), (130, 80, 50), (25, 20, 20)


def photographed(shoe: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A shoe with a dark inside, whose matte has a tongue of floor below: picture, matte, and where shoe and tongue are."""
    own, tongue = np.zeros((2, 80, 80), np.uint8)
    cv2.ellipse(own, (40, 35), (16, 12), 0, 0, 360, 1, -1)
    cv2.rectangle(tongue, (34, 44), (40, 62), 1, -1)
    tongue[own > 0] = 0
    image = np.full((80, 80, 3), FLOOR, np.uint8)
    image[own > 0] = shoe
    image[28:34, 36:44] = INSIDE
    noise = np.random.default_rng(1).normal(0, 2, image.shape)
    image = np.clip(image + noise, 0, 255).astype(np.uint8)
    return image, cv2.GaussianBlur(np.maximum(own, tongue).astype(np.float32), (3, 3), 0), own > 0, tongue > 0


def test_a_tongue_of_floor_goes_and_the_shoe_stays() -> None:
    image, matte, own, tongue = photographed(SHOE)
    floor = floor_in_shoes(image, matte, matte, 300.0)
    assert floor[tongue].mean() > 0.9
    assert floor[cv2.erode(own.astype(np.uint8), np.ones((3, 3))) > 0].max() == 0  # its dark inside, too


def test_shoes_of_the_floors_colour_stay() -> None:
    image, matte, own, _ = photographed(FLOOR)
    assert floor_in_shoes(image, matte, matte, 300.0)[own].mean() < 0.1


@pytest.mark.parametrize("matte", [0.0, 1.0])
def test_without_shoes_or_without_a_floor_nothing_goes(matte: float) -> None:
    image, whole, _, _ = photographed(SHOE)
    shoes = np.zeros_like(whole) if matte == 0 else whole
    assert floor_in_shoes(image, np.full_like(whole, matte), shoes, 300.0).max() == 0


def test_a_floor_in_sun_and_shade_is_told_by_both_colours() -> None:
    image, matte, own, tongue = photographed(SHOE)
    image[:, 40:] = np.where((image[:, 40:] > 200).all(-1, keepdims=True), 90, image[:, 40:])
    like = like_floor(image, matte, matte, 300.0)
    assert like[tongue].mean() > 0.9
    assert like[cv2.erode(own.astype(np.uint8), np.ones((5, 5))) > 0].mean() < 0.05
    np.testing.assert_array_equal(like, like_floor(image, matte, matte, 300.0))


@pytest.mark.parametrize("matte", [0.0, 1.0])
def test_without_shoes_or_a_floor_nothing_looks_like_it(matte: float) -> None:
    image, whole, _, _ = photographed(SHOE)
    shoes = np.zeros_like(whole) if matte == 0 else whole
    assert not like_floor(image, np.full_like(whole, matte), shoes, 300.0).any()
