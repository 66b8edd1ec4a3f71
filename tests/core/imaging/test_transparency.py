"""Alpha is a cut-out where it outlines something; a frame, a haze and sheer cloth are told from it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core import samples
from fashionmirror_core.errors import InputError
from fashionmirror_core.imaging.transparency import FRAMED, read_alpha, sheer
from fashionmirror_core.media.images import read_image

HEIGHT, WIDTH = 240, 180
Y, X = np.mgrid[:HEIGHT, :WIDTH]
AWAY = np.hypot((Y - HEIGHT / 2) / (HEIGHT / 2), (X - WIDTH / 2) / (WIDTH / 2))  # from the middle; 1 at the edges


def photo() -> np.ndarray:
    """(HEIGHT, WIDTH, 3): colours that change slowly, none black."""
    return np.dstack([60 + Y * 0.5, 80 + X * 0.5, 200 - Y * 0.3]).astype(np.uint8)


def rounded(radius: int) -> np.ndarray:
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    inner = (slice(radius, HEIGHT - radius), slice(radius, WIDTH - radius))
    alpha[inner] = 255
    size = 2 * radius + 1
    return cv2.dilate(alpha, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))


def window() -> np.ndarray:
    """A window with round corners in the middle of its soft shadow."""
    inner = np.zeros((HEIGHT, WIDTH), np.uint8)
    inner[30:-30, 30:-30] = cv2.resize(rounded(8), (WIDTH - 60, HEIGHT - 60))
    return np.maximum(inner, cv2.GaussianBlur(np.roll(inner, 8, axis=0), (0, 0), 12) // 2)


def with_hole(y: int, x: int, size: int) -> np.ndarray:
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[y : y + size, x : x + size] = 0
    return alpha


def tilted() -> np.ndarray:
    return cv2.warpAffine(rounded(6), cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 9, 0.75), (WIDTH, HEIGHT))


FRAMES: dict[str, Callable[[], np.ndarray]] = {
    "one stray pixel": lambda: with_hole(100, 70, 1),
    "a corner pixel": lambda: with_hole(0, 0, 1),
    "a logo rubbed out at the border": lambda: with_hole(200, 0, 40),
    "round corners": lambda: rounded(12),
    "very round corners": lambda: rounded(60),
    "an ellipse": lambda: (255 * (AWAY < 1)).astype(np.uint8),
    "a window's shadow": window,
    "a vignette": lambda: (255 * np.clip(1.6 - AWAY, 0, 1)).astype(np.uint8),
    "faded below": lambda: (255 * np.clip((HEIGHT - Y) / 90, 0, 1)).astype(np.uint8),
    "half of it wiped": lambda: (255 * (X > 90)).astype(np.uint8),
    "tilted": tilted,
    "half see-through all over": lambda: np.full((HEIGHT, WIDTH), 150, np.uint8),
}


@pytest.mark.parametrize("case", FRAMES)
def test_a_frame_is_no_cut_out_and_the_photo_in_it_is_whole(case: str) -> None:
    alpha = FRAMES[case]()
    black = alpha < (128 if "shadow" in case else 20)  # a shadow is, and what is transparent is often saved so
    colour = np.where(black[..., None], 0, photo())
    reading = read_alpha(np.dstack([colour, alpha]).astype(np.uint8))
    assert reading.framed
    assert reading.notes == [FRAMED]
    height, width, channels = reading.picture.shape
    assert channels == 3
    x, y = reading.offset
    shown = alpha[y : y + height, x : x + width] > 128
    np.testing.assert_array_equal(reading.picture[shown], photo()[y : y + height, x : x + width][shown])
    assert reading.picture.min() > 20  # neither a shadow nor black under what was transparent
    assert shown.mean() > 0.7


def test_a_vignette_keeps_its_own_faded_colours() -> None:
    alpha = (255 * np.clip(1.7 - AWAY, 0, 1)).astype(np.uint8)
    reading = read_alpha(np.dstack([photo(), alpha]))
    seen = alpha > 60
    np.testing.assert_array_equal(reading.picture[seen], photo()[seen])


@pytest.mark.parametrize("path", samples.garments(), ids=lambda path: path.stem)
def test_a_garments_cut_out_stays_to_the_bit(path: object) -> None:
    picture = read_image(str(path))
    assert picture.shape[2] == 4
    reading = read_alpha(picture)
    assert not reading.framed
    assert not reading.notes
    assert reading.picture is picture


def figure() -> np.ndarray:
    """(HEIGHT, WIDTH) in 0..1: head, trunk, arms and legs with a soft edge."""
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(alpha, (90, 30), 14, 255, -1)
    cv2.rectangle(alpha, (70, 48), (110, 130), 255, -1)
    for start, end in (
        ((66, 52), (44, 120)),
        ((114, 52), (136, 120)),
        ((80, 130), (74, 225)),
        ((100, 130), (106, 225)),
    ):
        cv2.line(alpha, start, end, 255, 14)
    return cv2.GaussianBlur(alpha, (0, 0), 1) / np.float32(255)


def with_alpha(alpha: np.ndarray) -> np.ndarray:
    return np.dstack([photo(), np.round(255 * alpha).astype(np.uint8)])


@given(level=st.floats(0.03, 0.1), spread=st.floats(0, 0.03))
@settings(max_examples=15, deadline=None)
def test_haze_goes_and_the_outline_stays(level: float, spread: float) -> None:
    clean = figure()
    noise = np.random.default_rng(3).uniform(-spread, spread, clean.shape)
    reading = read_alpha(with_alpha(np.maximum(clean, np.clip(level + noise, 0, 1))))
    (note,) = reading.notes
    assert "haze" in note
    alpha = reading.picture[..., 3]
    assert not alpha[cv2.dilate(clean, np.ones((13, 13))) < 0.01].any()
    np.testing.assert_allclose(alpha / 255, clean, atol=0.16)
    assert (alpha[clean > 0.999] == 255).all()


def test_a_few_faint_specks_are_left_alone() -> None:
    alpha = figure()
    alpha[5, 5:20] = 0.08
    assert not read_alpha(with_alpha(alpha)).notes


@pytest.mark.parametrize("level", [0.2, 0.42, 0.8])
def test_an_evenly_sheer_cut_out_is_made_opaque_and_says_so(level: float) -> None:
    reading = read_alpha(with_alpha(level * figure()))
    assert not reading.framed
    assert [f"{round(100 * level)} %" in note for note in reading.notes] == [True]
    np.testing.assert_allclose(reading.picture[..., 3] / 255, figure(), atol=0.02)


def test_sheer_sleeves_on_an_opaque_garment_stay_sheer() -> None:
    alpha = figure()
    alpha[:, :60] *= 0.4
    reading = read_alpha(with_alpha(alpha))
    assert not reading.notes
    np.testing.assert_allclose(reading.picture[..., 3] / 255, alpha, atol=0.01)


@pytest.mark.parametrize("level", [0, 1, 30])
def test_a_transparent_picture_is_refused(level: int) -> None:
    with pytest.raises(InputError, match="fully transparent"):
        read_alpha(np.dstack([photo(), np.full((HEIGHT, WIDTH), level, np.uint8)]))


def test_a_picture_without_alpha_is_as_it_was() -> None:
    picture = photo()
    reading = read_alpha(picture)
    assert reading.picture is picture
    assert not reading.framed


def test_sheer_cloth_is_told_from_a_soft_edge() -> None:
    alpha = np.zeros((120, 100), np.float32)
    alpha[10:110, 20:80] = 1
    soft = cv2.GaussianBlur(alpha, (0, 0), 1.2)
    assert not sheer(soft).any()
    veil = soft.copy()
    veil[60:] *= 0.4
    found = sheer(veil)
    assert found[70:100, 22:78].all()
    assert not found[:50].any()
