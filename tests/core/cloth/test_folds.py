"""Folds of plain cloth fade where front and back meet, and where the picture is carried on; trimmings stay."""

from __future__ import annotations

import numpy as np
import pytest

from fashionmirror_core.cloth.folds import evened, faded_at_seams, faded_beyond, folds_at_seams, trimmings

SIZE = 400
TEAL, CREAM = np.array([20.0, 130, 120]), np.array([230.0, 225, 205])


def with_folds() -> tuple[np.ndarray, np.ndarray]:
    """Plain cloth with dark folds from top to bottom, and where it is."""
    x = np.arange(SIZE)
    shade = 1 - 0.4 * np.cos(np.pi * x / 28) ** 2
    rgb = np.repeat((TEAL * shade[:, None])[None], SIZE, 0).astype(np.float32)
    cloth = np.zeros((SIZE, SIZE), bool)
    cloth[:, 60:-60] = True
    return rgb, cloth


def contrast(rgb: np.ndarray, columns: slice) -> float:
    grey = rgb[:, columns].mean(-1)
    return float(grey.std() / grey.mean())


def test_folds_fade_towards_the_seams_and_stay_in_the_middle() -> None:
    rgb, cloth = with_folds()
    back = faded_at_seams(rgb, cloth, np.zeros_like(cloth), np.zeros(len(cloth)))
    assert contrast(back, slice(62, 80)) < 0.5 * contrast(rgb, slice(62, 80))
    middle = slice(SIZE // 2 - 50, SIZE // 2 + 50)
    np.testing.assert_allclose(back[60:-60, middle], rgb[60:-60, middle], atol=1)
    assert back.mean() == pytest.approx(rgb.mean(), rel=0.05)


def test_deep_folds_beside_the_sides_go_and_those_in_the_middle_and_at_the_hem_stay() -> None:
    _, cloth = with_folds()
    cloth[-60:] = False
    deep = np.zeros_like(cloth)
    deep[100:200, [70, SIZE // 2, SIZE - 75]] = True
    deep[-64:-62, 70:90] = True
    goes = folds_at_seams(deep, cloth)
    assert goes[100:200, [70, SIZE - 75]].all()
    assert not goes[:, 100:-100].any()
    assert not goes[-66:].any()


def test_beyond_the_outline_no_fold_is_seen_again() -> None:
    rgb, cloth = with_folds()
    wide = faded_beyond(rgb, cloth, np.zeros_like(cloth), SIZE)
    np.testing.assert_array_equal(wide[:, 80:-80], rgb[:, 80:-80])
    assert contrast(wide, slice(0, 50)) < 0.3 * contrast(rgb, slice(0, 50))


def test_a_trimming_stays_and_a_shadow_is_none() -> None:
    rgb, cloth = with_folds()
    rgb[:40] = CREAM
    rare = np.zeros_like(cloth)
    rare[:40] = True
    rare |= rgb[..., 1] < 90
    found = trimmings(rgb, rare, cloth)
    assert found[:36, 80:-80].all()
    assert not found[44:, 80:-80].any()
    back = faded_at_seams(rgb, cloth, found, np.zeros(len(cloth)))
    np.testing.assert_allclose(back[:30], rgb[:30], atol=1)


def test_deep_shadows_become_as_deep_as_folds_of_worn_cloth_and_what_is_sewn_on_stays() -> None:
    rgb = np.full((SIZE, SIZE, 3), TEAL, np.float32)
    cloth = np.zeros((SIZE, SIZE), bool)
    cloth[:, 60:-60] = True
    rgb[100:120] *= 0.3
    rgb[300:320] *= 0.3
    stays = np.zeros_like(cloth)
    stays[296:324] = True
    rare = rgb[..., 1] < 90
    calm = evened(rgb, cloth, rare, stays)
    assert (calm[104:116, 80:-80] > 0.6 * TEAL).all()
    np.testing.assert_allclose(calm[300:320], rgb[300:320], atol=1)
    np.testing.assert_allclose(calm[180:240, 80:-80], rgb[180:240, 80:-80], atol=2)


def test_sleeves_keep_less_of_the_folds_in_which_they_lie() -> None:
    rgb = np.full((SIZE, SIZE, 3), TEAL, np.float32)
    rgb[100:120] *= 0.6
    cloth, nothing, sleeve = np.ones((SIZE, SIZE), bool), np.zeros((SIZE, SIZE), bool), np.zeros((SIZE, SIZE), bool)
    sleeve[:, : SIZE // 3] = True
    calm = evened(rgb, cloth, rgb[..., 1] < 90, nothing, sleeve)[104:116].mean(axis=(0, 2))
    assert calm[40 : SIZE // 3 - 40].mean() > 1.05 * calm[SIZE // 2 : -40].mean()
