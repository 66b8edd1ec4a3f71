"""The ground's shadow: dark under the soles, soft around them, gone where a foot is lifted or a photo has its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from meshes import ball, moved, plain, still

from fashionmirror_core.avatar.surface import Surface
from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.drawing.renderer import Renderer
from fashionmirror_core.drawing.shadow import GroundShadow

SIZE = (160, 200)
UP = (0.0, -1.0, 0.0)
HEIGHT = 180.0
FLOOR = np.full((200, 160, 4), (180, 160, 140, 255), np.uint8)


def foot(x: float, down: float, bone: int, name: str) -> Surface:
    """A ball, 12 pixels thick, whose lowest point is at y = ``down``."""
    made = ball((x, down - 6, 0), 6, plain((90, 60, 30, 255)), name)
    return replace(made, bones=np.full_like(made.bones, bone))


def person(bones: tuple[int, int] = (Bone.L_FOOT, Bone.R_FOOT), down: float = 180) -> Renderer:
    """Two feet side by side."""
    return Renderer([foot(100, down, bones[0], "left"), foot(60, down, bones[1], "right")], SIZE)


def shadow(renderer: Renderer, transforms: np.ndarray, at_home: bool = False, floor: np.ndarray = FLOOR) -> np.ndarray:
    """(H, W): which part of the light it takes."""
    drawn = GroundShadow.of(renderer, np.array(UP), HEIGHT).under(renderer.draw(transforms), floor, at_home)
    return 1 - drawn[..., 0] / floor[..., 0]


def test_it_is_dark_under_the_soles_and_fades_around_them() -> None:
    taken = shadow(person(), still())
    for x in (60, 100):
        assert 0.25 < taken[180, x] < 0.5
        assert taken[180, x] > taken[186, x] > taken[192, x]
        assert abs(taken[180, x - 9] - taken[180, x + 9]) < 0.08
    assert taken[:150].max() == 0
    steps = np.abs(np.diff(taken, axis=0)).max(), np.abs(np.diff(taken, axis=1)).max()
    assert max(steps) < 0.08  # no edge


def test_it_follows_the_feet() -> None:
    there = shadow(person(), moved(np.eye(3), by=(20, -30, 0)))
    assert np.abs(there[:150, 20:] - shadow(person(), still())[30:180, :-20]).max() < 0.02


def test_a_lifted_foot_casts_less_and_softer_then_nothing() -> None:
    peaks = []
    for lift in (0, 8, 30):
        transforms = still()
        transforms[Bone.L_FOOT, 1, 3] = -lift
        taken = shadow(person(), transforms)
        assert taken[180, 60] > 0.2
        peaks.append(taken[:, 100:].max())
    assert peaks[0] > peaks[1] + 0.05
    assert peaks[1] > 0.05
    assert peaks[2] < 0.03  # what the other foot's reaches


def test_a_photo_has_its_own_where_it_was_taken() -> None:
    assert not shadow(person(), still(), at_home=True).any()
    part, whole = (shadow(person(), moved(np.eye(3), by=(x, 0, 0)), at_home=True).max() for x in (1, 10))
    assert 0 < part < whole
    assert whole == pytest.approx(shadow(person(), still()).max(), abs=0.02)


def test_on_transparency_it_is_black() -> None:
    renderer = person()
    clear = np.zeros_like(FLOOR)
    drawn = GroundShadow.of(renderer, np.array(UP), HEIGHT).under(renderer.draw(still()), clear, at_home=False)
    assert not drawn[..., :3].any()
    assert 60 < drawn[180, 60, 3] < 130
    assert not clear.any()


@pytest.mark.parametrize("by", [(-90, 0), (70, 0), (0, 30), (0, 19), (500, 500)])
def test_it_is_cut_by_the_frame(by: tuple[int, int]) -> None:
    """As if a larger frame had been cut."""
    transforms = moved(np.eye(3), by=(*by, 0))
    around = np.full((600, 560, 4), FLOOR[0, 0], np.uint8)
    whole = shadow(person(), moved(np.eye(3), by=(by[0] + 200, by[1] + 200, 0)), floor=around)
    assert np.abs(shadow(person(), transforms) - whole[200:400, 200:360]).max() < 0.01


def test_without_feet_there_is_none() -> None:
    renderer = person(bones=(Bone.L_THIGH, Bone.R_THIGH))
    shadows = GroundShadow.of(renderer, np.array(UP), HEIGHT)
    assert shadows.under(renderer.draw(still()), FLOOR, at_home=False) is FLOOR
    lost = person()
    shadows = GroundShadow.of(lost, np.array(UP), HEIGHT)
    assert shadows.under(lost.draw(still() * np.float32(np.nan)), FLOOR, at_home=False) is FLOOR


def test_a_camera_from_above_sees_the_ground_as_a_plane() -> None:
    """There a foot farther away casts its shadow higher in the picture."""
    transforms = still()
    pitch = 0.3
    back = np.array([0, -np.sin(pitch), np.cos(pitch)]) * 60  # along the ground, away from the viewer
    transforms[Bone.L_FOOT, :, 3] = back
    renderer = person()
    up = np.array([0, -np.cos(pitch), -np.sin(pitch)])
    drawn = GroundShadow.of(renderer, up, HEIGHT).under(renderer.draw(transforms), FLOOR, at_home=False)
    taken = 1 - drawn[..., 0] / 180
    rows = np.arange(200)
    near, far = (float((taken[:, x] * rows).sum() / taken[:, x].sum()) for x in (60, 100))
    assert near - far == pytest.approx(60 * np.sin(pitch), abs=2)


# ------------------------------------------------------------------------------------------- the photo's own shadow

PLATE = FLOOR[..., :3].copy()


def photographed(renderer: Renderer, dark: float = 0.3, plate: np.ndarray = PLATE) -> tuple[GroundShadow, np.ndarray]:
    """The feet with a photo in which each has a shadow to its right; and that photo without them."""
    rows, columns = np.mgrid[:200, :160]
    taken = sum(dark * np.exp(-(((columns - x - 8) / 9) ** 2 + ((rows - 181) / 5) ** 2)) for x in (60, 100))
    bare = (PLATE * (1 - taken[..., None])).astype(np.uint8)
    matte = (renderer.draw(still()).image[..., 3] / 255).astype(np.float32)
    photo = np.where(matte[..., None] > 0.5, 50, bare).astype(np.uint8)
    return GroundShadow.of(renderer, np.array(UP), HEIGHT).photographed(photo, plate, matte), bare


def test_the_shadow_of_a_photo_is_there_again_where_it_was_taken() -> None:
    renderer = person()
    shadows, bare = photographed(renderer)
    seen = renderer.draw(still()).image[..., 3] == 0
    drawn = shadows.under(renderer.draw(still()), FLOOR, at_home=True)[..., :3]
    assert np.abs(drawn.astype(int) - bare)[seen].max() <= 8
    assert np.abs(drawn.astype(int) - bare)[seen].mean() < 0.5
    assert shadows.needed < 0.05


def test_the_shadow_of_a_photo_goes_with_the_feet() -> None:
    renderer = person()
    shadows, bare = photographed(renderer)
    drawn = shadows.under(renderer.draw(moved(np.eye(3), by=(15.5, -40, 0))), FLOOR, at_home=True)[..., 0]
    away = np.pad(bare[..., 0], ((0, 0), (16, 0)), mode="edge")[40:, :160].astype(int)
    difference = np.abs(drawn[: len(away)] - away)
    assert difference[:150].mean() < 1
    assert drawn[141, 60 + 24] < 150  # beside the left foot's new place
    assert (drawn[175:] == 180).all()


def test_a_foot_that_comes_nearer_has_a_larger_shadow() -> None:
    renderer = person()
    shadows, _ = photographed(renderer)
    larger = moved(1.3 * np.eye(3), about=(80, 180, 0))
    once, more = (
        (1 - shadows.under(renderer.draw(t), FLOOR, at_home=True)[..., 0] / 180).sum() for t in (still(), larger)
    )
    assert more / once == pytest.approx(1.69, abs=0.15)


def test_a_photo_that_shows_none_or_a_pattern_leaves_the_made_one() -> None:
    renderer = person()
    tiles = np.where((np.add.outer(np.arange(200), np.arange(160)) // 5 % 2)[..., None] > 0, PLATE, 90).astype(np.uint8)
    for shadows in (photographed(renderer, dark=0)[0], photographed(renderer, plate=tiles)[0]):
        assert shadows.needed == 1
        assert not shadows.under(renderer.draw(still()), FLOOR, at_home=True)[..., 0].min() < 180
        assert shadows.under(renderer.draw(still()), FLOOR, at_home=False)[..., 0].min() < 140


def test_feet_that_stand_at_two_heights_in_the_picture_both_stand_on_the_ground() -> None:
    """One a step nearer to the viewer: lower in the picture, though a level camera knows nothing of it."""
    mixed = Renderer([foot(100, 180, Bone.L_FOOT, "left"), foot(60, 174, Bone.R_FOOT, "right")], SIZE)
    taken = shadow(mixed, still())
    alone = [shadow(person(down=down), still()) for down in (180, 174)]
    assert abs(taken[180, 100] - alone[0][180, 100]) < 0.05
    assert abs(taken[174, 60] - alone[1][174, 60]) < 0.05
