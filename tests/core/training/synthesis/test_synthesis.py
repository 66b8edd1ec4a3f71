"""Pair synthesis on a drawn mannequin and on the built-in persons."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.errors import InputError
from fashionmirror_core.person.label_prior import PARSED
from fashionmirror_core.person.labels import parse
from fashionmirror_core.person.person import Person
from fashionmirror_core.skeleton import ARM, FEET, LEG
from fashionmirror_core.training.clips import GarmentPicture, Take
from fashionmirror_core.training.synthesis import corruption
from fashionmirror_core.training.synthesis.bending import Bendable, random_pose, spread_pose
from fashionmirror_core.training.synthesis.flattening import flattened_garment, jittered
from fashionmirror_core.vocabulary import Label

H, W = 256, 192
SHIRT, SKIN, JEANS, WALL = (200, 40, 40), (230, 180, 150), (40, 60, 140), (120, 150, 120)
# Arms hanging against the trunk, feet apart.
JOINTS = np.array([
    *[(96, 42), (96, 62), (75, 66), (70, 98), (69, 130), (117, 66), (122, 98), (123, 130), (96, 128)],
    *[(84, 128), (81, 178), (79, 226), (108, 128), (111, 178), (113, 226)],
    *[(92, 38), (100, 38), (86, 40), (106, 40), (120, 238), (122, 237), (112, 232), (72, 238), (70, 237), (80, 232)],
], np.float32)  # fmt: skip


def drawn_take() -> Take:
    """A mannequin in a red shirt with long sleeves and blue trousers before a green wall."""
    image = np.full((H, W, 3), WALL, np.uint8)
    labels = np.zeros((H, W), np.uint8)

    def draw(label: Label, color: tuple[int, ...], points: list[tuple[float, float]], width: int) -> None:
        line = np.array(points, np.int32)
        cv2.polylines(image, [line], False, color, width)
        cv2.polylines(labels, [line], False, int(label), width)

    for hip, knee, ankle, toe in ((9, 10, 11, 22), (12, 13, 14, 19)):
        draw(Label.LOWER, JEANS, [JOINTS[hip], JOINTS[knee], JOINTS[ankle]], 20)
        draw(Label.SHOES, (20, 20, 20), [JOINTS[ankle], JOINTS[toe]], 12)
    trunk = np.array([(77, 60), (115, 60), (113, 100), (116, 134), (76, 134), (79, 100)], np.int32)
    cv2.fillConvexPoly(image, trunk, SHIRT)
    cv2.fillConvexPoly(labels, trunk, int(Label.UPPER))
    for shoulder, elbow, wrist in ARM.values():
        forearm = JOINTS[wrist] - JOINTS[elbow]
        draw(Label.ARMS, SKIN, [JOINTS[wrist], JOINTS[wrist] + 0.3 * forearm], 11)
        draw(Label.UPPER, (170, 30, 30), [JOINTS[shoulder], JOINTS[elbow], JOINTS[wrist]], 13)
    draw(Label.HEAD, SKIN, [(96, 45), (96, 60)], 14)
    cv2.circle(image, (96, 40), 16, SKIN, -1)
    cv2.circle(labels, (96, 40), 16, int(Label.HEAD), -1)
    joints = np.column_stack([JOINTS, np.ones(25)]).astype(np.float32)
    matte = (labels > 0).astype(np.uint8) * 255
    return Take(image[None], labels[None], joints[None], np.zeros((1, 25), np.float32), matte[None])


@pytest.fixture(scope="module")
def take() -> Take:
    return drawn_take()


@pytest.fixture(scope="module")
def bendable(take: Take) -> Bendable:
    return Bendable(take, 0)


def with_arm(take: Take, side: str, degrees: float) -> np.ndarray:
    """The take's joints with one arm straight, turned outward from straight down."""
    joints = take.joints[0].copy()
    shoulder, elbow, wrist = ARM[side]
    sign = 1 if side == "l" else -1
    out = np.array([sign * np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])
    joints[elbow, :2] = joints[shoulder, :2] + 32 * out
    joints[wrist, :2] = joints[elbow, :2] + 32 * out
    return joints


# --------------------------------------------------------------------------------------------------------------- poses


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_random_pose_keeps_the_bones_and_stands_on_the_ground(seed: int) -> None:
    joints = np.column_stack([JOINTS, np.full(25, 0.9)]).astype(np.float32)
    moved = random_pose(joints, np.zeros(25, np.float32), np.random.default_rng(seed))

    def ratio(a: int, b: int) -> float:
        return float(np.hypot(*(moved[b] - moved[a])[:2]) / np.hypot(*(joints[b] - joints[a])[:2]))

    for shoulder, elbow, wrist in ARM.values():
        assert all(0.8 < ratio(a, b) < 1.06 for a, b in ((shoulder, elbow), (elbow, wrist)))
    for hip, knee, ankle in LEG.values():
        assert all(0.94 < ratio(a, b) < 1.06 for a, b in ((hip, knee), (knee, ankle)))
    feet = list(FEET)
    assert abs(moved[feet, 1].max() - joints[feet, 1].max()) < 0.02 * H
    assert np.array_equal(moved[:, 2], joints[:, 2])


def test_poses_are_told_by_their_seed() -> None:
    joints, depth = np.column_stack([JOINTS, np.ones(25)]).astype(np.float32), np.zeros(25, np.float32)
    first, again, other = (random_pose(joints, depth, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 1


def test_an_arm_that_was_not_seen_keeps_its_direction() -> None:
    joints = np.column_stack([JOINTS, np.ones(25)]).astype(np.float32)
    joints[[3, 4], 2] = 0.1
    for seed in range(5):
        moved = random_pose(joints, np.zeros(25, np.float32), np.random.default_rng(seed))
        turned = [np.arctan2(*(pose[3] - pose[2])[:2]) for pose in (joints, moved)]
        assert abs(np.degrees(turned[1] - turned[0])) < 6.1  # the trunk's lean


def test_the_spread_pose_is_upright_with_limbs_apart() -> None:
    joints = random_pose(
        np.column_stack([JOINTS, np.ones(25)]).astype(np.float32), np.zeros(25, np.float32), np.random.default_rng(3)
    )
    spread = spread_pose(joints, W)
    assert spread[8, 0] == pytest.approx(W / 2, abs=0.01)
    assert spread[1, 0] == pytest.approx(spread[8, 0], abs=0.01)
    assert spread[4, 0] < spread[2, 0] - 20
    assert spread[7, 0] > spread[5, 0] + 20
    assert spread[11, 0] < spread[9, 0]
    assert spread[14, 0] > spread[12, 0]


# ------------------------------------------------------------------------------------------------------------- bending


def test_the_own_pose_gives_the_photo_back(take: Take, bendable: Bendable) -> None:
    same = bendable.bent(take.joints[0])
    inside = cv2.erode(take.mattes[0], np.ones((5, 5), np.uint8)) > 0
    difference = np.abs(same.frames[0].astype(int) - take.frames[0]).mean(-1)
    assert difference[inside].mean() < 1.0
    assert (same.labels[0] == take.labels[0])[inside].mean() > 0.99
    assert np.abs(same.mattes[0].astype(int) - take.mattes[0]).mean() < 3


def test_an_arm_takes_its_sleeve_along_and_leaves_no_cloth(take: Take, bendable: Bendable) -> None:
    joints = with_arm(take, "r", 70)
    bent = bendable.bent(joints)
    shoulder, elbow, wrist = (joints[k, :2] for k in ARM["r"])
    for share in (0.5, 0.9):
        x, y = np.round(elbow + share * (wrist - elbow)).astype(int)
        assert bent.labels[0, y, x] == Label.UPPER
        assert bent.frames[0, y, x, 0] > 140 > bent.frames[0, y, x, 1]
    # Where the forearm was beside the trunk is the wall now, and between arm and trunk there is no web.
    x, y = np.round(take.joints[0, 4, :2]).astype(int)
    assert bent.labels[0, y, x - 4] == Label.BACKGROUND
    assert np.abs(bent.frames[0, y, x - 4].astype(int) - WALL).max() < 20
    between = (shoulder + 0.7 * (elbow - shoulder) + [8, 32]).round().astype(int)
    assert bent.mattes[0, between[1], between[0]] < 30


def test_bending_is_deterministic(take: Take, bendable: Bendable) -> None:
    pose = random_pose(take.joints[0], take.depth[0], np.random.default_rng(5))
    first, again = bendable.bent(pose), Bendable(take, 0).bent(pose)
    assert np.array_equal(first.frames, again.frames)
    assert np.array_equal(first.labels, again.labels)
    assert np.array_equal(first.joints[0], pose)


def test_a_person_cut_off_by_the_border_bends(take: Take) -> None:
    cut = Take(take.frames[:, :170], take.labels[:, :170], take.joints, take.depth, take.mattes[:, :170])
    bent = Bendable(cut, 0).bent(random_pose(cut.joints[0], cut.depth[0], np.random.default_rng(0)))
    assert bent.frames.shape == cut.frames.shape
    assert (bent.mattes[0] > 127).sum() > 0.6 * (cut.mattes[0] > 127).sum()


def test_a_person_whose_arm_is_hidden_bends(take: Take) -> None:
    labels, mattes = take.labels.copy(), take.mattes.copy()
    labels[0, :, :77] = 0
    mattes[0, :, :77] = 0
    hidden = Take(take.frames, labels, take.joints, take.depth, mattes)
    bent = Bendable(hidden, 0).bent(with_arm(hidden, "l", 60))
    assert (bent.mattes[0] > 127).sum() > 0.8 * (mattes[0] > 127).sum()


def test_a_hand_on_the_trunk_takes_no_cloth_along_and_leaves_no_hole(take: Take) -> None:
    frames, labels, joints = take.frames.copy(), take.labels.copy(), with_arm(take, "r", 30)[None]
    bare = np.isin(labels[0], [Label.ARMS, Label.UPPER])
    bare[:, 79:113] = False
    labels[0][bare], frames[0][bare] = Label.BACKGROUND, WALL
    joints[0, 4, :2] = (86, 112)  # the elbow away from the trunk, the hand on it
    for color, part in ((frames[0], SKIN), (labels[0], (int(Label.ARMS),))):
        cv2.polylines(color, [joints[0, [2, 3, 4], :2].astype(np.int32)], False, part, 9)
    mattes = (labels > 0).astype(np.uint8) * 255
    posed = Take(frames, labels, joints, take.depth, mattes)
    away = with_arm(posed, "r", 80)
    bent = Bendable(posed, 0).bent(away)
    outside = bent.labels[0][:, : int(away[3, 0])]
    assert (outside == Label.ARMS).sum() > 100
    assert (outside == Label.UPPER).sum() < 10
    assert bent.labels[0, 112, 86] == Label.UPPER
    assert np.abs(bent.frames[0, 112, 86].astype(int) - SHIRT).max() < 25


def test_a_person_without_shoulders_is_refused(take: Take) -> None:
    joints = take.joints.copy()
    joints[0, [2, 5]] = 0
    with pytest.raises(InputError, match="Shoulders"):
        Bendable(Take(take.frames, take.labels, joints, take.depth, take.mattes), 0)


# ------------------------------------------------------------------------------------------------------------ garments


def runs(mask: np.ndarray) -> int:
    """How many runs of True a row has."""
    return int((np.diff(np.concatenate([[False], mask]).astype(int)) == 1).sum())


def test_a_flattened_top_has_its_sleeves_apart_from_the_body(take: Take) -> None:
    garment = flattened_garment(take, 0, "upper")
    assert garment is not None
    assert garment.category == "upper"
    solid = garment.image[..., 3] > 127
    height = np.flatnonzero(solid.any(1))
    row = solid[int(height[0] + 0.6 * np.ptp(height))]
    assert runs(row) == 3
    colors = garment.image[solid][:, :3]
    assert (colors[:, 0] > 120).mean() > 0.97  # all of it is the shirt's red
    assert not garment.image[[0, -1]][..., 3].any()
    assert not garment.image[:, [0, -1]][..., 3].any()


def test_hair_over_a_garment_is_filled_with_cloth(take: Take) -> None:
    frames, labels = take.frames.copy(), take.labels.copy()
    frames[0, 62:95, 86:94] = (20, 10, 5)
    labels[0, 62:95, 86:94] = Label.HAIR
    garment = flattened_garment(Take(frames, labels, take.joints, take.depth, take.mattes), 0, "upper")
    assert garment is not None
    solid = garment.image[..., 3] > 200
    assert garment.image[solid][:, 0].min() > 120


@pytest.mark.parametrize(("gone", "category"), [(Label.SHOES, "dress"), (Label.LOWER, "lower")])
def test_what_is_not_worn_gives_no_picture(take: Take, gone: Label, category: str) -> None:
    labels = np.where(take.labels == gone, np.uint8(Label.LEGS), take.labels)
    assert flattened_garment(Take(take.frames, labels, take.joints, take.depth, take.mattes), 0, category) is None


def test_a_mostly_hidden_garment_gives_no_picture(take: Take) -> None:
    labels = take.labels.copy()
    labels[0, 66:134][labels[0, 66:134] == Label.UPPER] = Label.ACCESSORY  # a shawl over nearly all of it
    assert flattened_garment(Take(take.frames, labels, take.joints, take.depth, take.mattes), 0, "upper") is None


def test_a_person_seen_from_the_side_gives_no_picture(take: Take) -> None:
    joints = take.joints.copy()
    joints[0, [2, 5], 0] = 96
    assert flattened_garment(Take(take.frames, take.labels, joints, take.depth, take.mattes), 0, "upper") is None


def test_a_sample_persons_top_can_be_flattened(sample_person: Callable[[str], Person]) -> None:
    person = sample_person("lilac-dress")
    parsing = parse(person.image, person.matte, person.pose)
    names = np.array(PARSED)
    labels = np.where(person.matte > 0.5, names[parsing.stack().argmax(0)], 0).astype(np.uint8)
    take = Take(
        person.image[None],
        labels[None],
        person.pose.joints[None],
        person.pose.depth[None],
        (person.matte[None] * 255).astype(np.uint8),
    )
    garment = flattened_garment(take, 0, "upper")
    assert garment is not None
    solid = garment.image[..., 3] > 127
    assert max(runs(row) for row in solid) >= 3


def test_jitter_changes_a_picture_a_little(take: Take) -> None:
    garment = flattened_garment(take, 0, "upper")
    assert garment is not None
    first, again = (jittered(garment, np.random.default_rng(2)) for _ in range(2))
    assert np.array_equal(first.image, again.image)
    assert first.image.shape == garment.image.shape
    assert first.category == "upper"
    assert not np.array_equal(first.image, garment.image)
    kept = ((first.image[..., 3] > 127) & (garment.image[..., 3] > 127)).sum() / (garment.image[..., 3] > 127).sum()
    assert kept > 0.75


# ---------------------------------------------------------------------------------------------------------- corruption


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_damaged_masks_stay_near_the_truth(seed: int) -> None:
    mask = np.zeros((H, W), np.float32)
    mask[60:140, 70:120] = 1
    before = mask.copy()
    damaged = corruption.damaged(mask, np.random.default_rng(seed))
    assert np.array_equal(mask, before)
    assert damaged.dtype == np.float32
    assert damaged.min() >= 0
    assert damaged.max() <= 1
    grown = cv2.dilate(mask, np.ones((9, 9), np.uint8))
    assert not damaged[grown == 0].any()
    assert damaged.sum() > 0.6 * mask.sum()


def test_an_empty_mask_stays_empty() -> None:
    assert not corruption.damaged(np.zeros((H, W), np.float32), np.random.default_rng(0)).any()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_misread_mask_is_wrong_within_the_person_alone(seed: int) -> None:
    mask, matte = np.zeros((2, H, W), np.float32)
    mask[60:140, 70:120] = 1
    matte[30:220, 60:130] = 1
    wrong = corruption.misread(mask, matte, np.random.default_rng(seed))
    assert wrong.dtype == np.float32
    assert not wrong[matte == 0].any()
    assert set(np.unique(wrong)) <= {0, 1}
    assert not corruption.misread(mask * 0, matte * 0, np.random.default_rng(seed)).any()


def test_misread_masks_lose_clothes_and_gain_skin() -> None:
    mask, matte = np.zeros((2, H, W), np.float32)
    mask[60:140, 70:120] = 1
    matte[30:220, 60:130] = 1
    wrong = np.stack([corruption.misread(mask, matte, np.random.default_rng(seed)) for seed in range(20)])
    assert (wrong < mask).any()
    assert (wrong > mask).any()


def test_a_worse_photo_is_softer_and_stays_a_picture(take: Take) -> None:
    image = take.frames[0].astype(np.float32) / 255
    worse = corruption.photographed(image, np.random.default_rng(3))
    assert worse.dtype == np.float32
    assert worse.shape == image.shape
    assert worse.min() >= 0
    assert worse.max() <= 1
    assert 0 < np.abs(worse - image).mean() < 0.1


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_light_falls_on_premultiplied_layers_as_on_the_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    light = corruption.random_light(rng)
    front, back = rng.uniform(0.35, 0.55, (2, 8, 8, 3)).astype(np.float32)  # no light clips these
    alpha = rng.uniform(0, 1, (8, 8)).astype(np.float32)
    whole = light.on(front * alpha[..., None] + back * (1 - alpha[..., None]))
    parts = light.on(front * alpha[..., None], alpha) + (1 - alpha[..., None]) * light.on(back)
    np.testing.assert_allclose(whole, parts, atol=1e-5)


def test_other_old_clothes_leave_the_rest_alone(take: Take) -> None:
    image = take.frames[0].astype(np.float32) / 255
    mask = (take.labels[0] == Label.UPPER).astype(np.float32)
    fabric = np.random.default_rng(0).uniform(0, 1, (40, 30, 3)).astype(np.float32)
    garment = np.dstack([(fabric * 255).astype(np.uint8), np.full((40, 30), 255, np.uint8)])
    for changed in (
        corruption.recoloured(image, mask, np.random.default_rng(1)),
        corruption.redressed(image, mask, fabric, np.random.default_rng(1)),
        corruption.draped(image, mask, garment, np.random.default_rng(1)),
    ):
        assert changed.dtype == np.float32
        assert changed.min() >= 0
        assert changed.max() <= 1
        assert np.array_equal(changed[mask == 0], image[mask == 0])
        assert np.abs(changed - image)[mask == 1].mean() > 0.05


def test_a_fabric_must_be_a_picture(take: Take) -> None:
    image = take.frames[0].astype(np.float32) / 255
    with pytest.raises(InputError, match="8 x 8"):
        corruption.redressed(image, np.ones((H, W), np.float32), np.zeros((4, 4, 3)), np.random.default_rng(0))


def test_nothing_to_redress_changes_nothing(take: Take) -> None:
    image = take.frames[0].astype(np.float32) / 255
    fabric = np.zeros((16, 16, 3), np.float32)
    unchanged = corruption.redressed(image, np.zeros((H, W), np.float32), fabric, np.random.default_rng(0))
    assert np.array_equal(unchanged, image)
    cut_away = np.zeros((20, 10, 4), np.uint8)
    unchanged = corruption.draped(image, np.ones((H, W), np.float32), cut_away, np.random.default_rng(0))
    assert np.array_equal(unchanged, image)


def test_a_draped_garment_has_no_holes(take: Take) -> None:
    """What was cut away around and within it takes the colour of the cloth beside it."""
    image = take.frames[0].astype(np.float32) / 255
    garment = np.zeros((40, 30, 4), np.uint8)
    garment[5:-5, 8:-8] = (200, 40, 40, 255)
    garment[15:20, 12:16] = 0
    mask = (take.labels[0] == Label.UPPER).astype(np.float32)
    changed = corruption.draped(image, mask, garment, np.random.default_rng(0))[mask == 1]
    assert (changed.argmax(1) == 0).all()
    assert changed[:, 0].min() > 0.3


def test_trembling_joints_keep_their_confidence() -> None:
    joints = np.column_stack([JOINTS, np.full(25, 0.7)]).astype(np.float32)
    moved = corruption.trembling(np.stack([joints] * 40), 1.0, np.random.default_rng(0))
    assert (moved[..., 2] == joints[:, 2]).all()
    assert (moved - joints)[..., :2].std() == pytest.approx(1.0, abs=0.1)


def test_a_garment_picture_carries_its_category() -> None:
    garment = GarmentPicture(np.full((40, 30, 4), 255, np.uint8), "lower")
    assert jittered(garment, np.random.default_rng(0)).category == "lower"
