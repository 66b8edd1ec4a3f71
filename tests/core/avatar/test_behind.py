"""From behind, clothes are without what only a front has, and limbs without the background's colours."""

from __future__ import annotations

import numpy as np
import pytest

from fashionmirror_core.avatar.behind import Worn, not_hidden, rimless
from fashionmirror_core.avatar.surface import Texture
from fashionmirror_core.body.fitted import LEG_OF, Bone
from fashionmirror_core.look import Look

NAVY, WHITE = (20, 30, 90), (240, 240, 235)


def painted(shape: tuple[int, int], *areas: tuple[tuple[slice, slice], tuple[int, int, int]]) -> Texture:
    """Opaque rectangles in plain colours, with a little grain."""
    picture = np.zeros((*shape, 4), np.uint8)
    for area, color in areas:
        picture[area] = (*color, 255)
    grain = np.random.default_rng(0).integers(-3, 4, (*shape, 1))
    picture[..., :3] = np.clip(picture[..., :3] + grain * (picture[..., 3:] > 0), 0, 255)
    return Texture(picture, np.zeros(shape, np.uint8))


class Jacket:
    """A navy jacket over a white shirt, on a look's body: open from the chest to its hem, which lies below the hips."""

    def __init__(self, look: Look, shirt: tuple[int, int, int]) -> None:
        body = look.body
        self.stature = float(np.ptp(body.vertices[:, 1]))
        width, height = look.size
        neck, hips = body.joints[Bone.NECK, :2], body.joints[[bones[0] for bones in LEG_OF.values()], :2].mean(0)
        self.middle = round(float(neck[0]))
        self.rows = slice(round(float(neck[1])), round(float(hips[1] + 0.1 * self.stature)))
        half, gap = round(0.11 * self.stature), round(0.04 * self.stature)
        self.whole = (self.rows, slice(self.middle - half, self.middle + half))
        self.opening = (self.rows, slice(self.middle - gap, self.middle + gap))
        self.shirt_end = round(float(hips[1]))
        upper = np.zeros((height, width), np.float32)
        upper[self.whole] = 1
        upper[self.shirt_end :, self.opening[1]] = 0
        trunk = painted((height, width), (self.whole, NAVY), (self.opening, shirt))
        trunk.picture[self.shirt_end :, self.opening[1]] = 0  # trousers below the shirt are the legs'
        arms = [
            painted((height, width), ((self.rows, slice(first, first + half // 2)), NAVY))
            for first in (self.middle - half - half // 2, self.middle + half)
        ]
        self.front = trunk
        self.back = Worn(trunk, arms, upper, upper, body, (0, 0, width, height)).back()


@pytest.fixture
def jacket(look: Look) -> Jacket:
    return Jacket(look, WHITE)


def test_an_open_jacket_is_closed_behind(jacket: Jacket) -> None:
    low = slice(jacket.rows.start + round(0.05 * jacket.stature), jacket.shirt_end)
    seen = jacket.back.picture[low, jacket.opening[1], :3].astype(int)
    assert np.abs(seen - NAVY).max(-1).mean() < 25


def test_it_reaches_down_to_its_hem_all_across(jacket: Jacket) -> None:
    hem = slice(jacket.shirt_end + 3, jacket.rows.stop - 5)
    assert jacket.front.picture[hem, jacket.middle, 3].max() == 0, "the front is open there"
    assert jacket.back.picture[hem, jacket.middle, 3].min() == 255


def test_cloth_of_one_colour_stays_as_it_is(look: Look) -> None:
    plain = Jacket(look, NAVY)
    inside = (
        slice(plain.rows.start + round(0.15 * plain.stature), plain.shirt_end - 9),
        slice(plain.middle - 20, plain.middle + 20),
    )
    np.testing.assert_array_equal(plain.back.picture[inside], plain.front.picture[inside])


def test_a_limb_has_no_rim_of_the_background_behind() -> None:
    stature = 400.0
    limb = painted((120, 60), ((slice(10, 110), slice(20, 40)), NAVY))
    limb.picture[10:110, 20] = limb.picture[10:110, 39] = (*WHITE, 255)
    behind = rimless(limb, stature)
    assert np.abs(behind.picture[15:105, 20:40, :3].astype(int) - NAVY).max() < 10
    np.testing.assert_array_equal(behind.picture[..., 3], limb.picture[..., 3])


def test_trousers_that_an_open_jacket_closes_over_behind_arent_shown_there() -> None:
    whole, middle = (slice(0, 20), slice(0, 20)), (slice(0, 10), slice(5, 15))
    front = painted((20, 20), (whole, (20, 20, 20)))
    back = painted((20, 20), (whole, (21, 20, 20)), (middle, (150, 90, 40)))
    worn = not_hidden(np.full((20, 20), 0.9, np.float32), front, back)
    assert not worn[middle].any()
    assert (worn[10:] == np.float32(0.9)).all()
