"""One person's skin: even light, one tone, its own pattern."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.avatar.tone import evened

NEAR = 8.0
SKIN = np.array([200.0, 150.0, 125.0], np.float32)


def patch() -> np.ndarray:
    return np.tile(SKIN, (160, 80, 1))


def test_a_highlight_in_the_photo_does_not_turn_with_the_limb() -> None:
    shiny = patch()
    shiny[:, 40:46] = (245, 225, 215)
    even = evened(shiny, np.ones((160, 80), np.float32), SKIN, NEAR)
    assert np.abs(even[20:-20] - SKIN).max() < 25
    assert np.abs(evened(patch(), np.ones((160, 80), np.float32), SKIN, NEAR) - SKIN).max() <= 1


def test_skin_in_the_shade_gets_the_persons_tone() -> None:
    shade = np.linspace(0.6, 1.0, 160, dtype=np.float32)[:, None, None]
    even = evened(patch() * shade, np.ones((160, 80), np.float32), SKIN, NEAR)
    assert np.ptp(even[20:-20, 40, 0]) < 0.3 * np.ptp((patch() * shade)[20:-20, 40, 0])
    assert np.abs(even[20:-20].mean((0, 1)) - SKIN).max() < 15


def test_brows_stay_dark_and_do_not_darken_the_skin_around() -> None:
    face = patch()
    face[70:76, 20:60] = 40
    even = evened(face, np.ones((160, 80), np.float32), SKIN, NEAR)
    assert even[71:75, 25:55].mean() < 60
    assert np.abs(even[60:66, 30:50] - SKIN).max() < 12


def test_tights_keep_their_colour() -> None:
    green = np.tile(np.array([60, 140, 70], np.float32), (160, 80, 1))
    even = evened(green, np.ones((160, 80), np.float32), SKIN, NEAR)
    assert np.abs(even - green).max() < 6


def test_what_tells_no_light_is_left_alone() -> None:
    colors = patch() * np.linspace(0.5, 1, 80, dtype=np.float32)[:, None]
    np.testing.assert_array_equal(evened(colors, np.zeros((160, 80), np.float32), SKIN, NEAR), colors)
