"""Painted clothing masks: what they show on their own frame, and where they are on the frames after it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from meshes import noise, sheet, still

from fashionmirror_core.drawing.edits import MaskEdits, edited_mask
from fashionmirror_core.drawing.renderer import Renderer
from fashionmirror_core.errors import InputError
from fashionmirror_core.look import Frame, Look
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.tryon import TryOn


@pytest.fixture(scope="module")
def poses(tryon: TryOn, look: Look) -> Motion:
    """Sixteen frames of a step to the side, from the motion's first pose on."""
    return tryon.poses(look, Motion.template("step-touch").take(16), transition=0)


@pytest.fixture(scope="module")
def plain(tryon: TryOn, look: Look, poses: Motion) -> dict[int, Frame]:
    return {frame.index: frame for frame in tryon.frames(look, poses, indices=[2, 3, 4, 15])}


def painted(tryon: TryOn, look: Look, poses: Motion, edits: dict[int, np.ndarray], *indices: int) -> list[Frame]:
    return list(tryon.frames(look, poses, indices=indices, mask_edits=edits))


def chest(look: Look, frame: Frame) -> tuple[int, int]:
    x, y = frame.pose.points[[1, 8]].mean(0)
    return round(float(x)), round(float(y))


def shin(frame: Frame) -> tuple[int, int]:
    """Below the dress."""
    x, y = np.array([0.15, 0.85]) @ frame.pose.points[[10, 11]]
    return round(float(x)), round(float(y))


def disc(look: Look, at: tuple[int, int], radius: int, value: float) -> np.ndarray:
    change = np.zeros((look.size[1], look.size[0]), np.float32)
    cv2.circle(change, at, radius, value, -1)
    return change


def test_the_frames_asked_for_are_those_of_the_whole_clip(tryon: TryOn, look: Look, walk: Motion) -> None:
    whole = list(tryon.render(look, walk))
    some = list(tryon.frames(look, tryon.poses(look, walk), indices=[4, 1]))
    assert [frame.index for frame in some] == [4, 1]
    for frame in some:
        np.testing.assert_array_equal(frame.image, whole[frame.index].image)
        np.testing.assert_array_equal(frame.clothing_mask, whole[frame.index].clothing_mask)


@pytest.mark.parametrize("indices", [[6], [-1], [0, 99]])
def test_a_frame_that_the_clip_has_not_is_refused(tryon: TryOn, look: Look, walk: Motion, indices: list[int]) -> None:
    with pytest.raises(InputError, match="the clip has 6"):
        list(tryon.frames(look, tryon.poses(look, walk), indices=indices))


def test_without_paint_nothing_changes(tryon: TryOn, look: Look, poses: Motion, plain: dict[int, Frame]) -> None:
    nothing = np.zeros((look.size[1], look.size[0]), np.float32)
    for frame in painted(tryon, look, poses, {0: nothing, 3: nothing}, 2, 4):
        np.testing.assert_array_equal(frame.image, plain[frame.index].image)
        np.testing.assert_array_equal(frame.clothing_mask, plain[frame.index].clothing_mask)


def test_an_edit_leaves_the_frames_before_it(tryon: TryOn, look: Look, poses: Motion, plain: dict[int, Frame]) -> None:
    hole = disc(look, chest(look, plain[3]), 12, -1)
    before, on, after = painted(tryon, look, poses, {3: hole}, 2, 3, 4)
    np.testing.assert_array_equal(before.image, plain[2].image)
    assert (on.image != plain[3].image).any()
    assert (after.image != plain[4].image).any()


def test_its_own_frame_shows_it_as_painted(tryon: TryOn, look: Look, poses: Motion, plain: dict[int, Frame]) -> None:
    x, y = chest(look, plain[3])
    hole = disc(look, (x, y), 12, -1)
    (frame,) = painted(tryon, look, poses, {3: hole}, 3)
    assert plain[3].clothing_mask[y, x] == 1
    assert (frame.clothing_mask[hole == -1] == 0).all()
    outside = hole == 0
    np.testing.assert_array_equal(frame.image[outside], plain[3].image[outside])
    np.testing.assert_array_equal(frame.clothing_mask[outside], plain[3].clothing_mask[outside])


def test_taken_away_cloth_shows_who_wears_it(tryon: TryOn, look: Look, poses: Motion, plain: dict[int, Frame]) -> None:
    at = chest(look, plain[3])
    hole = disc(look, at, 12, -1)
    (frame,) = painted(tryon, look, poses, {3: hole}, 3)
    skin = frame.image[at[1], at[0]].astype(int)
    assert skin[0] > skin[2] + 15, "not the colour of skin"
    opaque = next(tryon.frames(look, poses, indices=[3], background="transparent", mask_edits={3: hole}))
    assert opaque.image[at[1], at[0], 3] == 255, "a hole through the body"


def test_painted_cloth_has_the_garments_colours(
    tryon: TryOn, look: Look, poses: Motion, plain: dict[int, Frame]
) -> None:
    """A patch beside the person, and one on the bare shin."""
    garment = look.garments[0].image
    colors = garment[garment[..., 3] == 255][:, :3]
    low, high = np.percentile(colors, (1, 99), axis=0)
    for at in (shin(plain[3]), (20, 200)):
        patch = disc(look, at, 6, 1)
        assert plain[3].clothing_mask[at[1], at[0]] < 0.1
        (frame,) = painted(tryon, look, poses, {3: patch}, 3)
        assert (frame.clothing_mask[patch == 1] == 1).all()
        color = frame.image[patch == 1]
        assert (color >= low - 8).all()
        assert (color <= high + 8).all()
        assert (color != plain[3].image[patch == 1]).any()


def test_cloth_painted_on_cloth_changes_nothing(
    tryon: TryOn, look: Look, poses: Motion, plain: dict[int, Frame]
) -> None:
    patch = disc(look, chest(look, plain[3]), 10, 1)
    (frame,) = painted(tryon, look, poses, {3: patch}, 3)
    difference = np.abs(frame.image.astype(int) - plain[3].image).max(2)
    assert not difference[patch == 0].any()
    assert (difference[patch > 0] <= 2).mean() > 0.99  # where a print ends, cloth is sampled a little apart
    assert difference.max() <= 6


@pytest.mark.parametrize("value", [-1.0, 1.0])
def test_a_painting_goes_with_the_body(
    tryon: TryOn, look: Look, poses: Motion, plain: dict[int, Frame], value: float
) -> None:
    """The disc on frame 15 is where the flow says that its pixels come from, and as sharp as it was painted."""
    at = chest(look, plain[3]) if value < 0 else shin(plain[3])
    change = disc(look, at, 8, value)
    (frame,) = painted(tryon, look, poses, {3: change}, 15)
    difference = frame.clothing_mask - plain[15].clothing_mask
    rows, columns = np.nonzero(np.abs(difference) > 0.5)
    came_from = np.array([*at]) + plain[3].flow[:, at[1], at[0]]
    center = np.array([columns.mean(), rows.mean()])
    landed = center + plain[15].flow[:, round(center[1]), round(center[0])]
    np.testing.assert_allclose(landed, came_from, atol=1.0)
    assert 0.7 < len(rows) / (change != 0).sum() < 1.4
    half_way = (np.abs(difference) > 0.1) & (np.abs(difference) < 0.9)
    assert half_way.sum() < 2.5 * 2 * np.pi * 8, "the edge is no longer sharp"


def test_paint_on_the_dress_does_not_rub_off_on_an_arm(tryon: TryOn, look: Look, poses: Motion) -> None:
    """Everything but the arm is painted where it hangs before the dress; the arm itself stays as it was."""
    first = next(tryon.frames(look, poses, indices=[0]))
    wrist = first.pose.points[[3, 4]].mean(0)
    everything = np.full((look.size[1], look.size[0]), -1, np.float32)
    everything[:, : round(float(wrist[0])) + 12] = 0
    frame = painted(tryon, look, poses, {0: everything}, 15)[0]
    plain_frame = next(tryon.frames(look, poses, indices=[15]))
    arm = frame.pose.points[[3, 4]].mean(0).round().astype(int)
    np.testing.assert_allclose(
        frame.image[arm[1], arm[0]].astype(int), plain_frame.image[arm[1], arm[0]].astype(int), atol=2
    )


def test_the_next_edit_replaces_the_one_before(
    tryon: TryOn, look: Look, poses: Motion, plain: dict[int, Frame]
) -> None:
    hole = disc(look, chest(look, plain[3]), 12, -1)
    held, ended = painted(tryon, look, poses, {2: hole, 4: np.zeros_like(hole)}, 3, 15)
    assert (held.clothing_mask != plain[3].clothing_mask).any()
    np.testing.assert_array_equal(ended.image, plain[15].image)


def test_a_painting_lands_in_the_same_place_whichever_frames_are_made(
    tryon: TryOn, look: Look, poses: Motion, plain: dict[int, Frame]
) -> None:
    hole = disc(look, chest(look, plain[3]), 12, -0.5)
    *_, in_a_row = painted(tryon, look, poses, {3: hole}, 2, 3, 4)
    (alone,) = painted(tryon, look, poses, {3: hole}, 4)
    np.testing.assert_array_equal(alone.image, in_a_row.image)


def test_the_whole_mask_can_be_painted_away(tryon: TryOn, look: Look, poses: Motion) -> None:
    nothing = np.full((look.size[1], look.size[0]), -1, np.float32)
    for frame in painted(tryon, look, poses, {0: nothing}, 0, 15):
        assert (frame.clothing_mask > 0.1).mean() < 2e-3


def test_nobody_in_the_picture_is_no_trouble(tryon: TryOn, look: Look, poses: Motion) -> None:
    joints = poses.joints.copy()
    joints[1:, :, 0] += 90_000
    away = Motion(joints, poses.depth, 25, look.size)
    patch = disc(look, (100, 200), 20, 1)
    for first in (0, 1):
        for frame in painted(tryon, look, away, {first: patch}, 1, 2):
            assert np.isfinite(frame.clothing_mask).all()


def test_bad_paintings_are_refused(tryon: TryOn, look: Look, poses: Motion) -> None:
    good = np.zeros((look.size[1], look.size[0]), np.float32)
    with pytest.raises(InputError, match="paint it on this clip"):
        painted(tryon, look, poses, {0: good[:-1]}, 0)
    with pytest.raises(InputError, match="frame -1"):
        painted(tryon, look, poses, {-1: good}, 0)
    broken = good.copy()
    broken[0, 0] = np.nan
    with pytest.raises(InputError, match="not a number"):
        painted(tryon, look, poses, {0: broken}, 0)


def test_a_changed_mask_stays_between_none_and_all() -> None:
    mask = np.array([0.0, 0.25, 1.0], np.float32)
    np.testing.assert_array_equal(edited_mask(mask, np.ones(3)), [1, 1, 1])
    np.testing.assert_array_equal(edited_mask(mask, -np.ones(3)), [0, 0, 0])
    np.testing.assert_allclose(edited_mask(mask, np.full(3, 0.5)), [0.5, 0.625, 1])
    np.testing.assert_allclose(edited_mask(mask, np.full(3, -0.5)), [0, 0.125, 0.5])


def test_a_painting_goes_with_cloth_that_is_placed() -> None:
    """Wherever the cloth is in a frame, and although its bones stay."""
    red = sheet((10, 10, 60, 60), noise(1, (51, 51), soft=False), name="cloth")
    renderer = Renderer([red], (120, 70))
    drawings = [
        renderer.draw(still(), placed={"cloth": red.vertices + np.array((9 * index, 0, 0), np.float32)})
        for index in range(5)
    ]
    hole = np.zeros((70, 120), np.float32)
    hole[25:35, 30:40] = -1
    edits = MaskEdits({1: hole}, renderer.scene.size, drawings.__getitem__)
    assert edits.change(0, drawings[0]) is None
    for index, expected in ((1, hole), (4, np.roll(hole, 27, 1))):
        change = edits.change(index, drawings[index])
        assert change is not None
        np.testing.assert_allclose(change, expected, atol=0.01)
