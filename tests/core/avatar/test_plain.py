"""Cloth of one colour is told from what hangs before it, and from a pattern."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.avatar.behind import plain_behind
from fashionmirror_core.avatar.plain import plain_cloth, without_marks
from fashionmirror_core.avatar.surface import Texture

SIZE, STATURE = (200, 160), 600.0
OWN = np.ones(SIZE, bool)
NO_SLEEVES = np.zeros(SIZE, bool)


def red_cloth() -> np.ndarray:
    """Red, in light that falls off from top to bottom, with a weave."""
    light = np.linspace(1.15, 0.75, SIZE[0])[:, None, None]
    weave = np.random.default_rng(1).normal(0, 5, (*SIZE, 1))
    return np.clip(np.array([170, 40, 50]) * light + weave, 0, 255).astype(np.uint8)


def test_a_bag_before_plain_cloth_is_none_of_it_and_all_else_is() -> None:
    picture = red_cloth()
    picture[90:150, 20:70] = (40, 60, 160)
    clean = plain_cloth(picture, OWN, NO_SLEEVES, STATURE)
    assert clean is not None
    assert not clean[90:150, 20:70].any()
    assert clean[:80].mean() > 0.98


def test_a_weave_of_two_colours_is_the_cloths_own() -> None:
    picture = red_cloth()
    picture[::8] = (230, 220, 210)
    clean = plain_cloth(picture, OWN, NO_SLEEVES, STATURE)
    assert clean is not None
    assert clean.mean() > 0.98


def test_wide_stripes_are_a_pattern() -> None:
    picture = red_cloth()
    picture[(np.arange(SIZE[0]) // 12) % 2 == 1] = (230, 220, 210)
    assert plain_cloth(picture, OWN, NO_SLEEVES, STATURE) is None


def test_dots_all_over_are_a_pattern() -> None:
    picture = red_cloth()
    y, x = np.indices(SIZE)
    picture[((y % 22 - 11) ** 2 + (x % 22 - 11) ** 2) < 25] = (230, 220, 210)
    assert plain_cloth(picture, OWN, NO_SLEEVES, STATURE) is None


def test_the_back_of_plain_trousers_shows_no_phone_of_the_front() -> None:
    """And a leg's skin, beside them on the same box, stays."""
    front, alpha, trousers = red_cloth(), np.full((*SIZE, 1), 255, np.uint8), np.ones(SIZE, np.float32)
    front[90:120, 60:80] = 255
    front[150:] = trousers[150:] = 0
    front[150:, :, 0] = 200
    backs = {"trunk": Texture(np.concatenate([front, alpha], 2), np.zeros(SIZE, np.uint8))}
    back = plain_behind(backs, {"trunk": trousers}, STATURE)["trunk"].picture[..., :3].astype(int)
    assert np.abs(back[95:115, 65:75] - front[95:115, 20:30]).mean() < 20
    np.testing.assert_array_equal(back[160:], front[160:])


def test_sleeves_tell_the_colour_where_something_large_is_worn_over_the_trunk() -> None:
    picture, sleeves = red_cloth(), np.zeros(SIZE, bool)
    sleeves[:, :30] = sleeves[:, -30:] = True
    picture[:105, 30:-30] = (40, 60, 160)
    clean = plain_cloth(picture, OWN, sleeves, STATURE)
    assert clean is not None
    assert not clean[:100, 32:-32].any()


def test_a_seam_and_the_shadow_of_hair_leave_plain_cloth_and_its_knit_stays() -> None:
    cloth = np.full((*SIZE, 3), (215.0, 205, 195)) + np.random.default_rng(2).normal(0, 3, (*SIZE, 1))
    cloth += 12 * np.sin(np.arange(SIZE[1]) / 4)[None, :, None]
    marked = cloth.copy()
    marked[60:80, 40:60] -= (90, 100, 110)
    marked[120:122] -= 70
    even = without_marks(marked.astype(np.float32), OWN, STATURE)
    usual = np.median(even, axis=(0, 1))
    assert np.abs(even[62:78, 42:58] - usual).mean() < 25
    assert np.abs(even[120:122] - usual).mean() < 25
    assert even[130:].std() > 0.8 * cloth[130:].std()
