"""Holes in a texture are filled with pieces of it."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.imaging.patching import patched, rewoven, woven

SIZE = 96


def stripes() -> np.ndarray:
    """(SIZE, SIZE, 3): a stripe every eight rows."""
    return np.where((np.indices((SIZE, SIZE))[0] // 4 % 2)[..., None] > 0, 220.0, 60.0) * np.ones(3, np.float32)


def hole() -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), bool)
    mask[30:60, 35:62] = True
    return mask


def test_stripes_run_on_through_a_hole() -> None:
    known, mask = stripes().astype(np.float32), hole()
    damaged = known.copy()
    damaged[mask] = (255, 0, 0)
    filled = patched(damaged, mask, ~mask, 0.3 * SIZE)
    assert np.abs(filled - known)[mask].mean() < 10
    away = np.abs(np.indices(mask.shape) - 47).max(0) > 20
    assert np.abs(filled - known)[away].max() < 1


def test_light_goes_smoothly_through_a_hole_and_grain_stays() -> None:
    x = np.indices((SIZE, SIZE))[1][..., None]
    rng = np.random.default_rng(5)
    known = (60 + x + rng.normal(0, 6, (SIZE, SIZE, 3))).astype(np.float32)
    mask = hole()
    filled = patched(np.where(mask[..., None], 0, known).astype(np.float32), mask, ~mask, 6.0)
    inside = filled[34:56, 39:58]
    assert np.abs(inside.mean((0, 2)) - (60 + np.arange(39, 58))).max() < 9
    assert 3 < (inside - inside.mean(0)).std() < 9


def test_what_is_rare_is_not_repeated() -> None:
    plain = np.full((SIZE, SIZE, 3), 100, np.float32) + np.random.default_rng(2).normal(0, 1, (SIZE, SIZE, 1))
    plain = plain.astype(np.float32)
    rare = np.zeros((SIZE, SIZE), bool)
    rare[40:52, 8:20] = True
    plain[rare] = 230
    filled = patched(plain, hole(), ~hole(), 4.0, rare)
    assert filled[hole()].max() < 125


def test_nothing_known_leaves_the_picture_as_it_is() -> None:
    values = np.full((20, 20, 3), 7, np.float32)
    everything = np.ones((20, 20), bool)
    assert (patched(values, everything, everything, 3.0) == 7).all()
    assert (patched(values, ~everything, everything, 3.0) == 7).all()


def test_no_piece_of_plain_cloth_is_brighter_than_its_neighbour() -> None:
    rng = np.random.default_rng(7)
    shades = cv2.resize(rng.normal(0, 30, (8, 8)).astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    cloth = (130 + shades[..., None] + rng.normal(0, 4, (SIZE, SIZE, 3))).astype(np.float32)
    mask = hole()

    def unevenness(rare: np.ndarray | None) -> float:
        filled = patched(cloth, mask, ~mask, 18.0, rare)
        return float(cv2.GaussianBlur(filled, (0, 0), 4)[38:52, 43:54].std())

    assert unevenness(np.zeros_like(mask)) < 0.5 * unevenness(None)


def test_a_hole_in_plain_cloth_is_filled_with_its_weave_and_without_its_folds() -> None:
    rng = np.random.default_rng(11)
    folds = cv2.GaussianBlur(rng.normal(0, 1, (SIZE, SIZE)).astype(np.float32), (0, 0), 3)
    cloth = (130 + 15 * folds[..., None] / folds.std() + rng.normal(0, 4, (SIZE, SIZE, 1))).astype(np.float32)
    cloth, mask = np.repeat(cloth, 3, 2), hole()
    filled = rewoven(cloth, mask, ~mask, 12.0, np.zeros_like(mask))
    assert filled is not None
    folded, left = (cv2.GaussianBlur(picture, (0, 0), 1.5) for picture in (cloth, filled))
    assert left[36:54, 41:56].std() < 0.1 * folded[~mask].std()
    assert (filled - left)[36:54, 41:56].std() > 0.8


def test_woven_cloth_has_the_weaves_contrast_everywhere_and_no_seams() -> None:
    rng = np.random.default_rng(5)
    values = np.full((200, 160, 3), 120.0, np.float32) + rng.normal(0, 6, (200, 160, 1)).astype(np.float32)
    values[90:94] = 20  # a seam
    area = np.ones((200, 160), bool)
    source = area.copy()
    source[:20] = False
    fine = woven(values, area, source, 3.0)
    assert fine is not None
    assert 4 < fine[:20].std() < 8
    assert np.abs(fine).max() < 30
    assert woven(values, area, np.zeros_like(source), 3.0) is None


def test_a_belt_is_not_repeated_in_a_pattern() -> None:
    cells = np.random.default_rng(1).choice([20.0, 220.0], (SIZE, SIZE))
    pattern = np.kron(cells, np.ones((2, 2)))[..., None].repeat(3, 2).astype(np.float32)
    pattern[100:120] = 50
    mask = np.zeros(pattern.shape[:2], bool)
    mask[:10, 60:124] = True
    filled = patched(pattern, mask, ~mask, 0.6 * SIZE)
    assert (np.abs(filled[:8, 64:120] - 50) < 15).mean() < 0.2
