"""What is a pattern strewn over cloth, on small drawn garments."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.cloth.motifs import all_over

SIZE = 200
CLOTH = np.zeros((SIZE, SIZE), bool)
CLOTH[10:190, 30:170] = True
SIDES = CLOTH.copy()
SIDES[:, 55:145] = False


def blots(places: list[tuple[int, int]], colours: list[tuple[int, int, int]], axes: tuple[int, int]) -> np.ndarray:
    picture = np.full((SIZE, SIZE, 3), (150, 130, 110), np.float32)
    picture += np.random.default_rng(2).normal(0, 1, picture.shape).astype(np.float32)
    for number, place in enumerate(places):
        cv2.ellipse(picture, place, axes, 0, 0, 360, colours[number % len(colours)], cv2.FILLED)
    return picture


GRID = [(x, y) for x in range(42, 165, 20) for y in range(25, 185, 24)]


def test_pale_flowers_all_over_plain_cloth_are_a_pattern() -> None:
    assert all_over(blots(GRID, [(190, 172, 152)], (3, 3)), CLOTH, SIDES)


def test_folds_and_letters_are_none() -> None:
    assert not all_over(blots(GRID, [(185, 165, 145), (115, 95, 75)], (3, 3)), CLOTH, SIDES)  # light and shade
    assert not all_over(blots(GRID, [(190, 172, 152)], (2, 9)), CLOTH, SIDES)  # long
    letters = [(x, y) for x in range(70, 135, 8) for y in (60, 75, 90)]
    assert not all_over(blots(letters, [(20, 20, 20)], (2, 3)), CLOTH, SIDES)
