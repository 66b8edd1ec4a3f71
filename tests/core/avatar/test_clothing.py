"""Cloth as surfaces: its pictures lie on it, what it hides isn't drawn, and what stays lies over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fashionmirror_core.avatar.clothing import (
    Cover,
    Tube,
    along,
    before_cloth,
    hangs_over,
    hung_over,
    raised,
    under_kept_top,
)
from fashionmirror_core.avatar.skin import skin_name
from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.look import Look
from fashionmirror_core.person.undressing import below_hips
from fashionmirror_core.skeleton import Joint
from fashionmirror_core.vocabulary import Part

STATURE = 400.0


@pytest.fixture
def cover() -> Cover:
    """Cloth from depth -20 to 20 in columns 20 to 79 of rows 20 to 179; its hem is the lower edge."""
    front = np.full((200, 100), np.nan, np.float32)
    front[20:180, 20:80] = -20
    hem = np.stack([np.linspace(20, 80, 30), np.full(30, 180.0), np.full(30, -20.0)], 1)
    return Cover(front, -front, hem, np.full(30, 25.0), STATURE)


def test_what_lies_inside_the_cloth_is_hidden_and_what_lies_before_or_beside_it_is_not(cover: Cover) -> None:
    points = {
        "inside": (50, 60, 0),
        "a little before the front": (50, 60, -25),
        "a hand before it": (50, 60, -60),
        "behind it": (50, 60, 60),
        "beside it": (10, 60, 0),
        "outside of the picture": (-500, 60, 0),
    }
    hidden = dict(zip(points, cover.hides(np.array([*points.values()], np.float32)), strict=True))
    assert [name for name, value in hidden.items() if value] == ["inside", "a little before the front"]


def test_a_relief_is_raised_from_the_cloth_outwards() -> None:
    flat = np.array([[0, 0, 5], [10, 0, 5], [0, 10, 5], [10, 10, 5]], np.float32)
    triangles = np.array([[0, 2, 1], [1, 2, 3]])  # seen from in front
    vertex = np.array([0, 1, 2, 3, 3])
    assert np.array_equal(raised(flat, triangles, vertex, None), flat[vertex])
    points = raised(flat, triangles, vertex, np.array([0.0, 2.0, 0.0, 3.0]))
    assert np.allclose(points[:, :2], flat[vertex, :2])
    assert np.allclose(points[:, 2], [5, 3, 5, 2, 2])


def test_nothing_is_hidden_near_an_opening(cover: Cover) -> None:
    rows = np.arange(100, 179)
    hidden = cover.hides(np.stack([np.full(len(rows), 50), rows, np.full(len(rows), -20)], 1).astype(np.float32))
    assert hidden[rows < 150].all()
    assert not hidden[rows > 156].any()


def test_a_forearm_before_a_wide_skirt_is_not_hidden(look: Look, cover: Cover) -> None:
    """It lies within the cloth's depth in the photo, and comes out of it as soon as the arm moves."""
    (arm,) = (surface for surface in look.avatar.surfaces if surface.name == skin_name(Part.R_ARM))
    inside = np.tile(np.array([50, 60, 0], np.float32), (len(arm.vertices), 1))
    fore = np.isin(arm.bones, [Bone.R_FOREARM, Bone.R_HAND])
    outer = (arm.weights * fore).sum(1) >= 0.5
    assert np.array_equal(cover.hides_of(replace(arm, vertices=inside)), ~outer)
    assert cover.hides_of(replace(arm, name="trunk", vertices=inside)).all()


@pytest.mark.parametrize(("hem", "hangs"), [(90, False), (104, False), (116, True), (170, True)])
def test_a_top_that_ends_at_the_waistband_is_tucked_in(hem: int, hangs: bool) -> None:
    hidden = np.zeros((200, 100), bool)
    hidden[:hem, 20:80] = True
    hidden[:180, 5:12] = True  # an arm's sleeve
    turn = np.linspace(0, 2 * np.pi, 40)
    band = np.stack([50 + 28 * np.cos(turn), 100 + 2 * np.sin(turn), 20 * np.sin(turn)], 1)
    assert hangs_over(hidden, band, STATURE) is hangs


def test_a_sleeve_hides_the_arm_from_below_the_shoulder_to_before_the_cuff() -> None:
    line = np.array([(0.0, 0, 0), (0, 100, 0), (50, 100, 0)])
    np.testing.assert_allclose(along(np.array([(5.0, 40, 3), (30, 110, 0), (0, -9, 0)]), line), [40, 130, 0])
    tube = Tube((), line, (20.0, 120.0))
    points = np.array([(0.0, 10, 0), (4, 60, 0), (10, 103, 5), (40, 100, 0)])
    np.testing.assert_array_equal(tube.hides(points), [False, True, True, False])


def test_a_sleeve_hides_the_shoulder_but_near_the_neck() -> None:
    line = np.array([[0.0, 0, 0], [100, 0, 0]])
    sleeve = Tube((Part.L_ARM,), line, (0.0, 80.0), np.array([[-20.0, 0, 0]]), 10.0)
    points = np.array([[-25.0, 0, 0], [-5, 0, 0], [0, 0, 0], [79, 0, 0], [90, 0, 0]])
    assert sleeve.hides(points).tolist() == [False, True, True, True, False]


def test_hair_down_the_back_lies_on_the_cloth(look: Look, cover: Cover) -> None:
    (skin,) = (surface for surface in look.avatar.surfaces if surface.name == skin_name(Part.TRUNK))
    places = np.array([[50, 60, 10], [50, 60, 15], [50, 60, 40], [50, 60, -10], [10, 60, 10]], np.float32)
    hair = replace(skin, name="hair", vertices=places)
    assert not cover.hides_of(hair).any()
    depth = cover.tucked(hair)[:, 2]
    assert 17 < depth[0] < depth[1] < depth[2] == 40
    assert depth[[3, 4]].tolist() == [-10, 10]


def test_what_goes_on_under_a_hem_lies_inside_of_the_cloth(look: Look, cover: Cover) -> None:
    (skin,) = (surface for surface in look.avatar.surfaces if surface.name == skin_name(Part.TRUNK))
    places = np.array([[50, 170, -25], [50, 170, 0], [50, 170, 24], [50, 170, -60], [10, 170, -25]], np.float32)
    surface = replace(skin, vertices=places)
    depth = cover.tucked(surface)[:, 2]
    assert -20 < depth[0] < 0
    assert 0 < depth[2] < 20
    assert depth[[1, 3, 4]].tolist() == [0, -60, -25]
    assert np.array_equal(cover.tucked(replace(surface, name="head")), places)
    arm = replace(surface, name=skin_name(Part.R_ARM))
    assert np.array_equal(cover.tucked(arm), places)  # beside it, in no sleeve
    line = np.array([[50.0, 165, 0], [50, 200, 0]])
    armhole = replace(cover, tubes=(Tube((Part.R_ARM,), line, (6.0, 6.0)),))
    assert not armhole.tubes[0].hides(places).any()
    assert armhole.tucked(arm)[0, 2] == depth[0]


def test_a_kept_top_is_as_wide_and_deep_as_what_it_hangs_over(dressed: Callable[..., Look]) -> None:
    look = dressed("red-top", "skirt-navy")
    (top,) = (surface for surface in look.avatar.surfaces if surface.name == Part.TRUNK)
    stature = float(np.ptp(look.body.vertices[:, 1]))
    pattern, rest = look.drape.garments[0].sewn.pattern, look.drape.still()[0].astype(float)
    fuller = rest.copy()
    middle = np.median(rest[:, [0, 2]], axis=0)
    fuller[:, [0, 2]] = middle + 1.1 * (rest[:, [0, 2]] - middle)
    fuller[:, 1] -= 0.08 * stature
    over = hung_over(top, pattern, fuller, stature)
    assert np.array_equal(over.triangles, top.triangles)
    high = top.vertices[:, 1] < fuller[:, 1].min() - 0.07 * stature
    assert high.any()
    assert np.array_equal(over.vertices[high], top.vertices[high])
    low = top.vertices[:, 1] > fuller[:, 1].min() + 0.03 * stature
    half = len(low) // 2
    assert low.any()
    assert (over.vertices[:half, 2] <= top.vertices[:half, 2] + 1e-3).all()
    assert (over.vertices[half:, 2] >= top.vertices[half:, 2] - 1e-3).all()
    assert np.ptp(over.vertices[low, 0]) > np.ptp(top.vertices[low, 0])


def test_the_cloths_texels_lie_on_its_pictures(look: Look) -> None:
    """Front and back beside each other, with nothing read across the gap between them."""
    (worn,) = look.clothes
    pattern = look.drape.garments[0].sewn.pattern
    outside = worn.outside
    height, width = outside.texture.picture.shape[:2]
    assert (outside.texel >= -0.5).all()
    assert (outside.texel <= np.array([width, height]) - 0.5).all()
    of_front = outside.texel[outside.triangles[: pattern.front], 0]
    of_back = outside.texel[outside.triangles[pattern.front :], 0]
    assert of_front.max() < of_back.min()
    x, y = np.round(outside.texel[np.unique(outside.triangles)]).astype(int).T
    alpha = outside.texture.picture[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1), 3]
    assert (alpha == 255).mean() > 0.999


def test_texels_are_taken_back_to_the_garments_picture(look: Look) -> None:
    (worn,) = look.clothes
    pattern = look.drape.garments[0].sewn.pattern
    expected = pattern.texel[worn.vertex]
    np.testing.assert_allclose(worn.on_garment(worn.outside.texel), expected, atol=1.0)
    nowhere = worn.on_garment(np.full((2, 3, 2), np.nan))
    assert np.isnan(nowhere).all()


def test_every_surface_of_the_cloth_is_placed_with_the_pattern(look: Look) -> None:
    (worn,) = look.clothes
    (positions,) = look.drape.still()
    for surface in worn.surfaces:
        np.testing.assert_array_equal(worn.placed(positions)[surface.name], surface.vertices)
    moved = worn.placed(positions + 7)
    np.testing.assert_allclose(moved[worn.inside.name], worn.inside.vertices + 7, atol=1e-3)


def test_what_is_tucked_in_is_dropped_from_both_sides_of_the_cloth(look: Look) -> None:
    (worn,) = look.clothes
    low = look.drape.garments[0].positions[:, 1] > 0.1
    for before, after in zip(worn.surfaces, worn.without(low), strict=True):
        assert len(after.vertices) == len(before.vertices)
        assert 0 < len(after.triangles) < len(before.triangles)
        assert not low[worn.vertex[after.triangles]].all(1).any()
    same = worn.without(np.zeros(len(low), bool))
    assert all(len(a.triangles) == len(b.triangles) for a, b in zip(same, worn.surfaces, strict=True))


def test_the_inside_is_there_near_openings_alone(look: Look) -> None:
    (worn,) = look.clothes
    assert 0 < len(worn.inside.triangles) < 0.6 * len(worn.outside.triangles)
    sides = {tuple(sorted(triangle)) for triangle in worn.outside.triangles.tolist()}
    assert {tuple(sorted(triangle)) for triangle in worn.inside.triangles.tolist()} <= sides


def test_a_dress_hides_the_trunk_and_not_the_hands(look: Look) -> None:
    """What is drawn of the body lacks the trunk under the dress; forearms and hands are whole."""
    drawn = dict(zip(look.renderer.scene.names, counts(look), strict=True))
    own = {surface.name: len(surface.triangles) for surface in look.avatar.surfaces}
    assert drawn["trunk skin"] < 0.5 * own["trunk skin"]
    assert drawn["head"] == own["head"]
    wrists = look.body.landmarks[[Joint.R_WRIST, Joint.L_WRIST], :2]
    for wrist in wrists:
        x, y = wrist.round().astype(int)
        assert look.at_rest.clothing_mask[y, x] < 0.5


def counts(look: Look) -> list[int]:
    """Triangles that are drawn of each surface."""
    return np.bincount(look.renderer.scene.surface, minlength=len(look.renderer.scene.names)).tolist()


def test_the_end_of_a_long_top_hides_nothing_for_it_goes(dressed: Callable[..., Look]) -> None:
    """It goes with the old trousers; hidden by it the new ones would have a hole."""
    look = dressed("red-top", "skirt-navy")
    long = replace(look.subject, parsing=replace(look.subject.parsing, upper=look.subject.matte))
    hidden = under_kept_top(long, look.stage, look.size)
    assert hidden.sum() > 1000
    assert not (
        hidden & (look.stage.uncrop(below_hips(long.parts[Part.TRUNK], long.parsing, long.body), look.size) > 0.5)
    ).any()


def test_a_skirt_lies_under_the_top_that_stays(dressed: Callable[..., Look]) -> None:
    """Nothing of it is drawn where the top hides it, and the top is the photo's own."""
    skirted = dressed("red-top", "skirt-navy")
    hidden = under_kept_top(skirted.subject, skirted.stage, skirted.size)
    assert hidden.sum() > 1000
    (worn,) = skirted.clothes
    middles = worn.outside.vertices[worn.outside.triangles].mean(1)[:, :2].round().astype(int)
    corners = worn.outside.vertices[worn.outside.triangles][..., :2].round().astype(int)
    assert len(middles)
    assert not hidden[corners[..., 1], corners[..., 0]].all(1).any()
    assert skirted.clothing_mask[hidden].mean() < 0.05
    change = np.abs(skirted.still.astype(int) - skirted.person.image).max(-1)
    assert change[hidden].mean() < 3


def test_what_is_carried_comes_before_wider_new_clothes(look: Look, cover: Cover) -> None:
    """A bag that hung before an old skirt would hang inside a new one that flares."""
    bag = replace(look.clothes[0].outside, name="thing 0")
    corners = np.array([[40, 100, -5], [60, 100, -5], [50, 120, 5]], np.float32)
    within, beside = replace(bag, vertices=corners), replace(bag, vertices=corners + np.array([400, 0, 0], np.float32))
    np.testing.assert_allclose(before_cloth(within, [cover]).vertices[:, 2].max(), -20)
    assert before_cloth(beside, [cover]) is beside
    trunk = replace(within, name="trunk")
    assert before_cloth(trunk, [cover]) is trunk
