"""Curls and strands, told apart; curls as large as in the photo."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from fashionmirror_core.avatar.hair_photo import HairPhoto
from fashionmirror_core.avatar.strands import TEXEL, Strands

STATURE = 350.0  # pixels: a small photo


def shown(grey: np.ndarray, share: float = 1.0) -> HairPhoto:
    """Hair on so much of the picture's height."""
    hair = np.zeros(grey.shape, np.float32)
    hair[: round(share * len(grey))] = 1
    nothing = np.zeros(grey.shape, bool)
    return HairPhoto(np.dstack([grey] * 3).astype(np.float32), hair > 0, hair > 0, hair, nothing, nothing, np.zeros(2))


def curls(size: float) -> np.ndarray:
    noise = gaussian_filter(np.random.default_rng(1).standard_normal((60, 60)), size)
    return 60 + 15 * noise / noise.std()


def strands() -> np.ndarray:
    lines = gaussian_filter(np.random.default_rng(1).standard_normal(60), 1.0)
    return np.tile(60 + 15 * lines / lines.std(), (60, 1))


def test_curls_and_strands_are_told_apart_where_there_is_enough_hair() -> None:
    assert Strands(shown(curls(1.5)), STATURE).straight < 0.5
    assert Strands(shown(strands()), STATURE).straight == 1
    assert Strands(shown(curls(1.5), 0.08), STATURE).straight == 1  # close to the head


@pytest.mark.parametrize("stature", [350.0, 1400.0])
def test_curls_are_as_large_as_in_the_photo(stature: float) -> None:
    own = Strands(shown(curls(1.5)), stature).curls((200, 240), np.random.default_rng(0))
    assert own.shape == (200, 241)
    assert (own[:, -1] == own[:, 0]).all()

    def correlation(picture: np.ndarray, apart: int) -> float:
        return float(np.corrcoef(picture[:, :-apart].ravel(), picture[:, apart:].ravel())[0, 1])

    enlarged = max(1.0, 1 / (TEXEL * stature))
    source = cv2.resize(curls(1.5) - 60, None, fx=enlarged, fy=enlarged)
    assert correlation(own, round(enlarged)) == pytest.approx(correlation(source, round(enlarged)), abs=0.2)
