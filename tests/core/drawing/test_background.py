"""The scene behind the person: nothing of the person stays, plain walls stay plain, the rest is the photo's own."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.drawing.background import fill_behind


def standing(height: int = 360, width: int = 270) -> np.ndarray:
    """The matte of somebody who stands in the middle."""
    matte = np.zeros((height, width), np.float32)
    cv2.ellipse(matte, (width // 2, height // 2), (width // 9, int(height * 0.42)), 0, 0, 360, 1.0, -1)
    return cv2.GaussianBlur(matte, (0, 0), 1.5)


def with_person(scene: np.ndarray, matte: np.ndarray) -> np.ndarray:
    alpha = matte[..., None]
    return np.clip(scene * (1 - alpha) + alpha * np.array([200, 20, 30]), 0, 255).astype(np.uint8)


def test_a_studio_wall_comes_back_without_a_ghost() -> None:
    matte = standing()
    height, width = matte.shape
    rows, columns = np.mgrid[:height, :width]
    wall = (190 + 30 * rows / height + 10 * np.cos(columns / 60))[..., None] * np.array([1.0, 0.99, 0.97])
    filled = fill_behind(with_person(wall, matte), matte)
    assert filled.dtype == np.uint8
    assert np.abs(filled - wall).max() < 9
    assert np.abs(np.diff(filled.astype(int), axis=1)).max() <= 4


def test_the_seam_of_wall_and_floor_goes_on_behind_the_person() -> None:
    matte = standing()
    scene = np.full((*matte.shape, 3), 210.0)
    scene[250:] = 120
    filled = fill_behind(with_person(scene, matte), matte).astype(float)
    middle = filled[:, matte.shape[1] // 2]
    assert middle[225].mean() > 190
    assert middle[272].mean() < 140


def test_a_textured_wall_is_filled_with_its_texture() -> None:
    matte = standing()
    height, width = matte.shape
    rows, columns = np.mgrid[:height, :width]
    bricks = np.where(((rows // 9) + (columns // 14)) % 2 == 0, 90.0, 190.0)[..., None].repeat(3, 2)
    filled = fill_behind(with_person(bricks, matte), matte).astype(float)
    behind = matte > 0.9
    assert filled[behind].std() > 0.6 * bricks[behind].std()
    assert np.abs(filled[behind][:, 0] - filled[behind][:, 1]).mean() < 4


def test_what_is_copied_from_a_darker_place_is_lit_like_where_it_goes() -> None:
    matte = standing()
    height, width = matte.shape
    grain = cv2.GaussianBlur(np.random.default_rng(5).normal(0, 40, (height, width)), (0, 0), 1.5)
    light = 60 + 120 * np.exp(-(((np.arange(width) - width / 2) / 70) ** 2))
    wall = np.clip(light + 2 * grain, 0, 255)[..., None].repeat(3, 2)
    filled = fill_behind(with_person(wall, matte), matte)
    wrong = np.abs(cv2.GaussianBlur(filled - wall, (0, 0), 3))
    assert wrong[height // 3 : 2 * height // 3][matte[height // 3 : 2 * height // 3] > 0.1].mean() < 23


def test_far_from_the_person_the_photo_stays_and_the_answer_repeats() -> None:
    matte = standing()
    photo = np.random.default_rng(3).integers(0, 255, (*matte.shape, 3), dtype=np.uint8)
    filled = fill_behind(photo, matte)
    far = cv2.dilate(matte, np.ones((41, 41), np.uint8)) < 0.01
    np.testing.assert_array_equal(filled[far], photo[far])
    np.testing.assert_array_equal(filled, fill_behind(photo, matte))


def test_without_a_person_or_without_background_the_photo_comes_back() -> None:
    photo = np.random.default_rng(4).integers(0, 255, (40, 30, 3), dtype=np.uint8)
    np.testing.assert_array_equal(fill_behind(photo, np.zeros((40, 30), np.float32)), photo)
    np.testing.assert_array_equal(fill_behind(photo, np.ones((40, 30), np.float32)), photo)
