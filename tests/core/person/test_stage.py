"""The stage: a person at 88 % of its height, and the way back to the photo's own pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionmirror_core.person.stage import CROWN_TO_HEEL, Stage

stages = st.builds(
    lambda top, tall, center, size: Stage.around(top, top + tall, center, *size),
    st.floats(-100, 2000),
    st.floats(150, 4000),
    st.floats(0, 3000),
    st.sampled_from([(256, 192), (512, 384)]),
)


@given(stages, st.lists(st.tuples(st.floats(-1e3, 5e3), st.floats(-1e3, 5e3)), min_size=1, max_size=5))
def test_points_come_back(stage: Stage, points: list[tuple[float, float]]) -> None:
    there = stage.from_photo(np.array(points))
    np.testing.assert_allclose(stage.to_photo(there), points, atol=1e-6)


@given(st.floats(0, 500), st.floats(150, 3000), st.floats(0, 2000))
def test_the_person_takes_88_percent_of_the_height_in_the_middle(top: float, tall: float, center: float) -> None:
    stage = Stage.around(top, top + tall, center)
    crown, heel = stage.from_photo(np.array([[center, top], [center, top + tall]]))
    assert heel[1] - crown[1] == pytest.approx(CROWN_TO_HEEL * 256)
    assert (crown[1] + heel[1]) / 2 == pytest.approx(128)
    assert crown[0] == heel[0] == pytest.approx(96)


def spot(size: tuple[int, int], at: tuple[float, float], radius: float) -> np.ndarray:
    """(H, W) float32 with a soft round spot."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    return np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * radius**2)).astype(np.float32)


def center_of(picture: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    return np.array([(x * picture).sum(), (y * picture).sum()]) / picture.sum()


@pytest.mark.parametrize("tall", [100, 300, 1000], ids=lambda tall: f"person of {tall} pixels")
def test_pictures_land_where_points_do(tall: int) -> None:
    """Also where the picture is shrunk in two steps: half a pixel of shift would show as an offset of every mask."""
    size, at = (2 * tall, 2 * tall), (0.9 * tall, 1.1 * tall)
    stage = Stage.around(0.5 * tall, 1.5 * tall, tall)
    cropped = stage.crop(spot(size, at, tall / 20))
    np.testing.assert_allclose(center_of(cropped), stage.from_photo(np.array(at)), atol=0.05)


def test_a_picture_on_the_stage_goes_back_to_its_place() -> None:
    size, at = (400, 600), (180.0, 330.0)
    stage = Stage.around(40, 560, 200)
    there_and_back = stage.uncrop(stage.crop(spot(size, at, 20)), size)
    assert there_and_back.shape == (600, 400)
    np.testing.assert_allclose(center_of(there_and_back), at, atol=0.1)


def test_a_large_photo_is_averaged_not_skipped() -> None:
    checks = (np.indices((1600, 1200)).sum(0) % 2 * 255).astype(np.uint8)
    cropped = Stage.around(0, 1600, 600).crop(np.repeat(checks[..., None], 3, 2), cv2.BORDER_REPLICATE)
    middle = cropped[40:216, 40:152].astype(int)
    assert np.abs(middle - 127).max() < 12
