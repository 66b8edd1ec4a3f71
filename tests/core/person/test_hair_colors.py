"""Hair within the matte's soft edge has its own colours, not those of the forehead below it."""

from __future__ import annotations

import numpy as np
import pytest

from fashionmirror_core.person.hair_colors import with_hair
from fashionmirror_core.person.matte import foreground_colors

HAIR, SKIN, WALL = np.array([40, 34, 36]), np.array([220, 180, 150]), np.array([60, 90, 50])


def head(thick: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Picture, matte and hair of a face under hair so many pixels thick, where the matte is soft at the edge or all over."""
    height, width = 60, 48
    y, x = np.mgrid[:height, :width]
    away = np.hypot(y - 40, x - 24)
    hair = (away < 14 + thick) & (away >= 14) & (y < 40)
    face = away < 14
    alpha = (face | hair).astype(np.float32)
    alpha[hair & (away > 14 + thick / 2)] = 0.6
    alpha[hair & (x < 24)] = 0.6  # on this side all of it
    colors = np.where(face[..., None], SKIN, np.where(hair[..., None], HAIR, WALL)).astype(float)
    picture = np.where(hair[..., None], alpha[..., None] * HAIR + (1 - alpha[..., None]) * WALL, colors)
    return np.clip(picture, 0, 255).astype(np.uint8), alpha, hair * alpha


def test_dark_hair_over_a_forehead_stays_dark_where_the_matte_is_soft() -> None:
    picture, alpha, hair = head(6)
    plain = foreground_colors(picture, alpha)
    found = with_hair(plain, picture, alpha, hair)
    soft = (hair > 0) & (alpha < 0.9)
    assert np.abs(plain[soft].astype(float) - HAIR).mean() > 50  # the forehead runs outward
    assert np.abs(found[soft].astype(float) - HAIR).mean() < 5
    np.testing.assert_array_equal(found[hair == 0], plain[hair == 0])


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_without_hair_that_is_sure_colours_stay(share: float) -> None:
    picture, alpha, hair = head(6)
    plain = foreground_colors(picture, alpha)
    np.testing.assert_array_equal(with_hair(plain, picture, alpha, share * hair), plain)
