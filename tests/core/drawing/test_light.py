"""The lamp that a photo was taken under, found again from brightness and normals."""

from __future__ import annotations

import numpy as np
import pytest

from fashionmirror_core.drawing.light import Light

RADIUS = 60
ROWS, COLUMNS = np.mgrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1] / RADIUS
INSIDE = ROWS**2 + COLUMNS**2 < 1
NORMALS = np.stack([COLUMNS, ROWS, -np.sqrt(np.maximum(1 - ROWS**2 - COLUMNS**2, 0))], -1).astype(np.float32)
NORMALS[~INSIDE] = np.nan
STRIPES = np.where(INSIDE, (ROWS * 3).astype(int) % 2, -1)


def photo(light: Light, colors: tuple[float, float] = (150, 90), noise: float = 4) -> np.ndarray:
    """A ball of two colours under the lamp."""
    x, y, z, ambient, diffuse = light.packed()
    lit = ambient + diffuse * np.maximum(np.nan_to_num(NORMALS) @ (x, y, z), 0)
    grey = np.where(STRIPES == 0, *colors) * lit + np.random.default_rng(0).normal(0, noise, INSIDE.shape)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, 2)


def angle(light: Light, other: Light) -> float:
    return float(np.degrees(np.arccos(np.clip(light.packed()[:3] @ other.packed()[:3], -1, 1))))


@pytest.mark.parametrize("direction", [(0.7, -0.3, -0.65), (-0.8, -0.1, -0.6), (0.0, -0.7, -0.7), (0.1, 0.1, -1)])
def test_the_direction_is_found_whatever_the_colours(direction: tuple[float, float, float]) -> None:
    true = Light(direction, 0.65, 0.4)
    found = Light.fitted(photo(true), NORMALS, STRIPES)
    assert angle(found, true) < 12
    assert found.diffuse == pytest.approx(0.4, abs=0.12)


def test_a_print_does_not_turn_it() -> None:
    true = Light((0.6, -0.4, -0.7), 0.65, 0.4)
    printed = photo(true)
    printed[70:100, 30:60] = 20
    printed[20:45, 70:95] = 230
    assert angle(Light.fitted(printed, NORMALS, STRIPES), true) < 15


def test_even_light_gives_a_weak_lamp() -> None:
    assert Light.fitted(photo(Light(ambient=1, diffuse=0)), NORMALS, STRIPES).diffuse < 0.12


def test_light_from_behind_is_not_believed() -> None:
    found = Light.fitted(photo(Light((1.0, 0, 0.6), 0.4, 0.6)), NORMALS, STRIPES)
    assert found.packed()[2] < -0.2


def test_where_nothing_can_be_measured_the_default_lamp_stays() -> None:
    black = np.zeros((*INSIDE.shape, 3), np.uint8)
    assert Light.fitted(black, NORMALS, STRIPES) == Light()
    assert Light.fitted(photo(Light()), NORMALS, np.full(INSIDE.shape, -1)) == Light()
    assert Light.fitted(photo(Light()), np.full_like(NORMALS, np.nan), STRIPES) == Light()
    flat = np.zeros_like(NORMALS)
    flat[..., 2] = -1
    assert angle(Light.fitted(photo(Light()), flat, STRIPES), Light()) < 1
