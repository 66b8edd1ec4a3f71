"""Shoes are built around the body's feet: closed, level, on the ground, in the shoe's colours alone."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fashionmirror_core.avatar.feet import Shoe, shoe
from fashionmirror_core.avatar.feet import shoes as made_pair
from fashionmirror_core.avatar.last import HIGH, Foot
from fashionmirror_core.avatar.shoe_picture import ShoePicture
from fashionmirror_core.avatar.surface import FromAbove
from fashionmirror_core.body.fitted import Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.vocabulary import Side

SCALE = 300.0  # pixels a metre
BROWN, FLOOR, PALE = (130, 80, 50), (235, 235, 235), (220, 170, 150)


def standing(pitch: float = 0.0) -> FittedBody:
    """A body at rest whose feet point down by ``pitch`` degrees, the left ankle at (100, 300)."""
    model = BodyModel.load()
    rotations = np.tile(np.eye(3), (22, 1, 1))
    turn = Rotation.from_euler("x", pitch, degrees=True).as_matrix()
    rotations[[Bone.L_FOOT, Bone.L_TOES, Bone.R_FOOT, Bone.R_TOES]] = turn
    posed = model.posed(np.zeros(14), rotations)
    shift = np.array([100, 300, 0]) - SCALE * posed.joints[Bone.L_FOOT]
    return FittedBody(
        shape=np.zeros(14, np.float32),
        rotations=rotations.astype(np.float32),
        joints=(SCALE * posed.joints + shift).astype(np.float32),
        vertices=(SCALE * posed.place(model.skin) + shift).astype(np.float32),
        landmarks=(SCALE * model.body_25(posed) + shift).astype(np.float32),
        scale=SCALE,
        up=np.array([0, -1, 0], np.float32),
    )


def left_foot(body: FittedBody) -> Foot:
    return Foot.of(body, BodyModel.load().skin.weights, Bone.L_FOOT, Bone.L_TOES, Bone.L_SHIN)


def pictured(foot: Foot, mask: np.ndarray, skin: np.ndarray, picture: np.ndarray, stature: float) -> ShoePicture | None:
    floor = (picture[..., :3] == FLOOR).all(-1)
    return ShoePicture.of(foot, mask, skin, floor, picture, (0, 0, mask.shape[1], mask.shape[0]), stature)


def made_of(foot: Foot, mask: np.ndarray, skin: np.ndarray, picture: np.ndarray, stature: float) -> Shoe | None:
    seen = pictured(foot, mask, skin, picture, stature)
    return None if seen is None else shoe("shoe", foot, seen, seen, stature, FromAbove(Bone.L_FOOT, foot.ankle, 0.0))


@pytest.mark.parametrize("pitch", [0.0, 15.0])
def test_a_shoe_is_closed_and_stands_level_where_the_photo_has_it(pitch: float) -> None:
    body = standing(pitch)
    stature = float(np.ptp(body.vertices[:, 1]))
    mask = np.zeros((400, 200), np.float32)
    mask[295:325, 86:122] = 1
    picture = np.full((400, 200, 4), (*FLOOR, 255), np.uint8)
    picture[mask > 0, :3] = BROWN
    made = made_of(left_foot(body), mask, np.zeros_like(mask), picture, stature)
    assert made is not None
    surface, inside = made.surface, made.inside
    edges = Counter((int(a), int(b)) for t in surface.triangles for a, b in zip(t, np.roll(t, -1), strict=True))
    assert all(count == 1 and (b, a) in edges for (a, b), count in edges.items())
    corners = surface.vertices[surface.triangles].astype(float)
    assert np.einsum("ni,ni->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) > 0  # outward
    sole = surface.vertices[:, 1] > surface.vertices[:, 1].max() - 0.5
    assert np.ptp(surface.vertices[sole, 2]) > 0.2 * SCALE  # from heel to toes
    assert surface.vertices[:, 1].max() == pytest.approx(325, abs=1.5)
    assert np.ptp(surface.vertices[:, 0]) == pytest.approx(36, abs=3)
    heights = left_foot(body).height
    foots = np.isin(left_foot(body).vertex, inside)
    assert foots[heights < 0.02 * stature].all()
    assert not foots[heights > 0.075 * stature].any()
    colors = surface.texture.picture[..., :3].reshape(-1, 3).astype(float)
    assert np.all(colors[:, 0] > 1.2 * colors[:, 2])  # brown, however dark; nothing of the floor
    assert np.all(surface.shown == 1)


def test_a_low_shoe_slopes_to_its_toes_and_shows_the_instep_in_its_opening() -> None:
    body = standing()
    stature = float(np.ptp(body.vertices[:, 1]))
    mask, skin = np.zeros((2, 400, 200), np.float32)
    mask[295:325, 86:122] = 1
    skin[270:310, 94:114] = 1
    mask[skin > 0] = 0
    picture = np.full((400, 200, 4), (*FLOOR, 255), np.uint8)
    picture[mask > 0, :3], picture[skin > 0, :3] = BROWN, PALE
    made = made_of(left_foot(body), mask, skin, picture, stature)
    assert made is not None
    surface = made.surface
    x, y = np.round(surface.texel).astype(int).T
    shown = surface.texture.picture[y, x, :3].astype(float)
    bare = np.abs(shown - PALE).max(1) < 30
    height = surface.vertices[:, 1].max() - surface.vertices[:, 1]
    ahead = -surface.vertices[:, 2]  # the toes point to the camera
    front, edge = ahead > np.percentile(ahead, 60), height[~bare].max()
    assert bare[front & (height > edge)].all()
    assert (front & (height > edge)).sum() > 5
    assert not bare[height < 0.6 * edge].any()
    at_toes = ahead > ahead.max() - 0.15 * np.ptp(ahead)
    assert height[at_toes].max() < 0.85 * edge
    beside = np.abs(ahead - ahead.mean()) < 0.1 * np.ptp(ahead)
    assert height[~bare & beside].max() < height[~bare & (ahead < np.percentile(ahead, 5))].max()  # than at the heel


def test_a_foot_on_its_toes_is_believed() -> None:
    feet = {pitch: left_foot(standing(pitch)) for pitch in (0.0, 15.0, 45.0)}
    heights = {pitch: np.ptp(foot.height[foot.lower]) for pitch, foot in feet.items()}
    assert heights[15.0] == pytest.approx(heights[0.0], rel=0.1)
    assert heights[45.0] > 1.3 * heights[0.0]


def test_a_photo_without_a_shoe_makes_none() -> None:
    body = standing()
    nothing = np.zeros((400, 200), np.float32)
    foot = left_foot(body)
    assert made_of(foot, nothing, nothing, np.zeros((400, 200, 4), np.uint8), 500.0) is None
    assert made_pair({Side.LEFT: lambda lift: foot}, {}, 500.0) == {}


def test_a_shoe_that_ends_above_the_bodys_foot_goes_straight_up() -> None:
    """Boots had a spike there that reached as far as the toes do."""
    body = standing()
    stature = float(np.ptp(body.vertices[:, 1]))
    mask = np.zeros((400, 200), np.float32)
    mask[200:325, 86:122] = 1
    picture = np.full((400, 200, 4), (*FLOOR, 255), np.uint8)
    picture[mask > 0, :3] = BROWN
    foot = left_foot(body)
    made = made_of(foot, mask, np.zeros_like(mask), picture, stature)
    assert made is not None
    surface, end = made.surface, 0.075 * stature
    height = -surface.vertices[:, 1] - foot.ground
    ahead = surface.vertices @ foot.ahead
    toes = np.ptp(ahead[height < 0.2 * end])
    assert np.ptp(ahead[height > 0.9 * end]) < 0.6 * toes


def pump(body: FittedBody, depth: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shoe, bare skin and picture of a left foot in a pump whose tip lies so many statures below the ankle."""
    bottom = round(300 + depth * float(np.ptp(body.vertices[:, 1])))
    mask, skin = np.zeros((2, 400, 200), np.float32)
    mask[bottom - 16 : bottom, 86:122] = 1
    skin[200 : bottom - 12, 94:114] = 1
    mask[skin > 0] = 0
    picture = np.full((400, 200, 4), (*FLOOR, 255), np.uint8)
    picture[mask > 0, :3], picture[skin > 0, :3] = BROWN, PALE
    return mask, skin, picture


@pytest.mark.parametrize(("depth", "heel"), [(0.065, False), (0.09, True)])
def test_a_pair_stands_on_the_heels_that_its_feet_tell_though_one_shoe_is_hidden(depth: float, heel: bool) -> None:
    body = standing(20.0)
    stature, weights = float(np.ptp(body.vertices[:, 1])), BodyModel.load().skin.weights
    mask, skin, picture = pump(body, depth)
    seen = pictured(left_foot(body), mask, skin, picture, stature)
    assert seen is not None
    assert seen.is_low
    feet = {
        Side.LEFT: lambda lift: Foot.of(body, weights, Bone.L_FOOT, Bone.L_TOES, Bone.L_SHIN, lift),
        Side.RIGHT: lambda lift: Foot.of(body, weights, Bone.R_FOOT, Bone.R_TOES, Bone.R_SHIN, lift),
    }
    pair = made_pair(feet, {Side.LEFT: seen}, stature)
    assert pair.keys() == set(Side)
    for made in pair.values():
        surface, foot = made.surface, made.foot
        edges = Counter((int(a), int(b)) for t in surface.triangles for a, b in zip(t, np.roll(t, -1), strict=True))
        assert all(count == 1 and (b, a) in edges for (a, b), count in edges.items())  # the heel is closed, too
        height = surface.vertices[:, 1].max() - surface.vertices[:, 1]
        ahead = surface.vertices @ foot.ahead
        share = (ahead - ahead.min()) / np.ptp(ahead)
        low = height < 0.004 * stature
        arch = low & (share > 0.36) & (share < 0.52)  # between heel and ball the sole of a pump is off the floor
        assert share[low].min() < 0.3
        assert share[low].max() > 0.8
        assert arch.any() != heel
        colors = surface.texture.picture[..., :3].reshape(-1, 3).astype(float)
        assert np.abs(colors - FLOOR).max(1).min() > 30
    left, right = (made.surface.vertices for made in (pair[Side.LEFT], pair[Side.RIGHT]))
    assert np.ptp(left[:, 0]) == pytest.approx(np.ptp(right[:, 0]), rel=0.1)
    assert pair[Side.LEFT].foot.bend.ankle[1] < HIGH * stature


def pair_of(body: FittedBody, pictures: dict[Side, ShoePicture]) -> dict[Side, Shoe]:
    weights = BodyModel.load().skin.weights
    feet = {
        Side.LEFT: lambda lift: Foot.of(body, weights, Bone.L_FOOT, Bone.L_TOES, Bone.L_SHIN, lift),
        Side.RIGHT: lambda lift: Foot.of(body, weights, Bone.R_FOOT, Bone.R_TOES, Bone.R_SHIN, lift),
    }
    return made_pair(feet, pictures, float(np.ptp(body.vertices[:, 1])))


def test_floor_in_a_shoes_mask_does_not_tell_its_colour() -> None:
    body = standing()
    mask, skin, picture = pump(body, 0.065)
    shoe_rows = np.flatnonzero(mask.any(1))
    picture[shoe_rows[:5], 86:104, :3] = FLOOR
    made = made_of(left_foot(body), mask, skin, picture, float(np.ptp(body.vertices[:, 1])))
    assert made is not None
    colors = made.surface.texture.picture[:, : made.surface.texture.picture.shape[1] // 2, :3].reshape(-1, 3)
    assert np.percentile(colors[:, 2], 95) < 70


def test_of_a_pair_the_shoe_tells_whose_mask_is_not_floor() -> None:
    """Though the other's mask, a sunlit piece of the floor, is larger."""
    body = standing()
    stature = float(np.ptp(body.vertices[:, 1]))
    mask, skin, picture = pump(body, 0.065)
    own = pictured(left_foot(body), mask, skin, picture, stature)
    rows = np.flatnonzero(mask.any(1))
    mask[rows[0] - 6 : rows[-1] + 1, 84:124] = 1
    picture[mask > 0, :3] = FLOOR
    other = pictured(left_foot(body), mask, skin, picture, stature)
    assert own is not None
    assert other is not None
    assert other.like_floor
    assert not own.like_floor
    made = pair_of(body, {Side.LEFT: own, Side.RIGHT: other})
    for each in made.values():
        assert each.surface.texture.picture[..., :3].max(-1).mean() < 0.75 * max(FLOOR)


@pytest.mark.parametrize(("straps", "low"), [(BROWN, True), (PALE, False)])
def test_a_sandals_straps_tell_its_colour_and_the_foot_between_them_is_bare(
    straps: tuple[int, int, int], low: bool
) -> None:
    """The labels count all of it as shoe. A shoe of skin's colour is none."""
    body = standing()
    stature = float(np.ptp(body.vertices[:, 1]))
    mask, skin = np.zeros((2, 400, 200), np.float32)
    skin[230:290, 94:114] = 1
    mask[290:325, 86:122] = 1
    picture = np.full((400, 200, 4), (*FLOOR, 255), np.uint8)
    picture[skin > 0, :3] = PALE
    picture[mask > 0, :3] = straps
    picture[296:308, 92:116, :3] = PALE
    seen = pictured(left_foot(body), mask, skin, picture, stature)
    assert seen is not None
    assert seen.is_low == low
    assert np.abs(seen.colors[len(seen.colors) // 2].mean(0) - straps).max() < 30


def test_shoes_of_a_person_who_is_seen_from_above_are_seen_so_whichever_way_they_point() -> None:
    body = standing(15.0)
    stature, weights = float(np.ptp(body.vertices[:, 1])), BodyModel.load().skin.weights
    mask, skin = np.zeros((2, 400, 200), np.float32)
    mask[295:335, 86:122] = 1
    picture = np.full((400, 200, 4), (*FLOOR, 255), np.uint8)
    picture[mask > 0, :3] = BROWN
    seen = pictured(left_foot(body), mask, skin, picture, stature)
    assert seen is not None
    feet = {Side.LEFT: lambda lift: Foot.of(body, weights, Bone.L_FOOT, Bone.L_TOES, Bone.L_SHIN, lift)}
    surface = made_pair(feet, {Side.LEFT: seen}, stature)[Side.LEFT].surface
    ankle = body.joints[Bone.L_FOOT].astype(float)

    def sole(degrees: float) -> np.ndarray:
        """Of the shoe turned about its ankle: y in the picture of the sole's end at the toes and of that at the heel."""
        turn = Rotation.from_euler("y", degrees, degrees=True).as_matrix()
        transforms = np.tile(np.column_stack([turn, ankle - turn @ ankle]), (len(Bone), 1, 1))
        placed = surface.above.seen((surface.vertices - ankle) @ turn.T + ankle, transforms)
        low = surface.vertices[:, 1] > surface.vertices[:, 1].max() - 0.5
        along = surface.vertices[low, 2]
        return placed[low, 1][[along.argmin(), along.argmax()]]

    assert sole(0.0)[0] == pytest.approx(sole(0.0)[1], abs=1.0)  # in the photo's pose it is the photo that is seen
    toes, heel = sole(20.0)
    assert toes > heel + 0.03 * stature
    assert toes == pytest.approx(335, abs=2.5)
    assert sole(90.0)[0] == pytest.approx(sole(90.0)[1], abs=3.0)
    toes, heel = sole(180.0)
    assert heel > toes + 0.03 * stature
