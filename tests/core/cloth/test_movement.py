"""Cloth moves with the person: each frame is simulated once and kept, and depends on the frames before it alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from fashionmirror_core.body.fitted import LEG_OF, PARENTS, Bone
from fashionmirror_core.cloth.draping import Drape, Sewn, drape
from fashionmirror_core.cloth.fabric import FABRICS, FabricName
from fashionmirror_core.cloth.form import DressForm
from fashionmirror_core.cloth.gate import inside, jitter, near
from fashionmirror_core.cloth.mannequin import DressSpace, between_poses, passed_poses
from fashionmirror_core.cloth.movement import Movement, _State
from fashionmirror_core.vocabulary import Side
from tests.core.cloth import patterns

FRAME = 0.04
STILL = np.tile(np.eye(3, 4), (len(Bone), 1, 1))


@pytest.fixture(scope="module")
def worn() -> Drape:
    mannequin = patterns.mannequin()
    pattern = patterns.tee(mannequin, spacing=0.05)
    return drape([Sewn(pattern, FABRICS[FabricName.COTTON])], DressForm(mannequin))


def turned(
    drape: Drape, degrees: float, scale: float = 1.0, shift: tuple[float, float, float] = (0, 0, 0)
) -> np.ndarray:
    """(22, 3, 4): the whole person turned about the vertical through the hips, enlarged and shifted by pixels."""
    linear = scale * Rotation.from_euler("y", degrees, degrees=True).as_matrix()
    middle = drape.mannequin.space.origin
    return np.tile(np.column_stack([linear, middle - linear @ middle + shift]), (len(Bone), 1, 1))


def swaying(drape: Drape, count: int) -> np.ndarray:
    """(T, 22, 3, 4): the person turns to and fro."""
    return np.array([turned(drape, 12 * np.sin(0.7 * frame)) for frame in range(count)])


def test_frames_come_in_any_order_with_the_same_bits(worn: Drape) -> None:
    transforms = swaying(worn, 6)
    first, second = Movement(worn, transforms, FRAME), Movement(worn, transforms, FRAME)
    forward = [first.at(index)[0] for index in range(6)]
    backward = [second.at(index)[0] for index in range(5, -1, -1)][::-1]
    assert all(np.array_equal(one, other) for one, other in zip(forward, backward, strict=True))
    assert first.known == 6


def test_a_frame_that_was_begun_in_another_thread_has_the_same_bits(worn: Drape) -> None:
    transforms = swaying(worn, 5)
    alone, begun = Movement(worn, transforms, FRAME), Movement(worn, transforms, FRAME)
    for index in range(5):
        begun.begin(index + 1)  # not the next one before the first is known
        if index == 0:
            assert begun.known == 0
        assert np.array_equal(begun.at(index)[0], alone.at(index)[0])
        begun.begin(index + 1)  # beyond the clip's end, too
    assert begun.known == 5


@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_fails_in_another_thread_is_told_where_the_frame_is_asked_for(worn: Drape) -> None:
    transforms = swaying(worn, 2)
    transforms[1, :, 0, 3] = np.inf
    movement = Movement(worn, transforms, FRAME)
    movement.at(0)
    movement.begin(1)
    with pytest.raises(ValueError, match="isn't finite"):
        movement.at(1)


def test_a_frame_is_simulated_once(worn: Drape, monkeypatch: pytest.MonkeyPatch) -> None:
    movement = Movement(worn, swaying(worn, 3), FRAME)
    movement.at(2)
    monkeypatch.setattr(Movement, "_next", lambda self: pytest.fail("simulated again"))
    movement.at(0), movement.at(2)


def test_a_changed_pose_keeps_what_lies_before_it(worn: Drape) -> None:
    transforms = swaying(worn, 6)
    before = Movement(worn, transforms, FRAME)
    before.at(5)
    changed = transforms.copy()
    changed[4] = turned(worn, 30)
    after = Movement(worn, changed, FRAME, after=before)
    assert after.known == 4
    fresh = Movement(worn, changed, FRAME)
    assert all(np.array_equal(after.at(index)[0], fresh.at(index)[0]) for index in range(6))
    assert np.array_equal(before.at(3)[0], after.at(3)[0])
    assert not np.array_equal(before.at(5)[0], after.at(5)[0])


def test_between_frames_that_are_far_apart_the_cloth_goes_the_whole_way(worn: Drape) -> None:
    """Five frames a second are no slow motion and no leap: the cloth is where twenty-five frames a second have it."""
    angles = 40 * np.sin(np.arange(0, 19) / 3)
    fine = Movement(worn, np.array([turned(worn, angle) for angle in angles]), 0.04)
    coarse = Movement(worn, np.array([turned(worn, angle) for angle in angles[::6]]), 0.24)
    hasty = Movement(worn, coarse.transforms, 0.04)
    metre = worn.mannequin.body.scale

    def apart(other: Movement) -> float:
        return float(np.linalg.norm(other.at(3)[0] - fine.at(18)[0], axis=1).mean() / metre)

    assert apart(coarse) < 0.006 < apart(hasty)


def test_poses_in_between_are_evenly_apart(worn: Drape) -> None:
    before, now = (turned(worn, angle, scale).astype(np.float32) for angle, scale in ((20, 1.0), (80, 1.3)))
    between = passed_poses(worn.mannequin.body, before, now, 2)
    for pose, angle, scale in zip(between, (40, 60), (1.1, 1.2), strict=True):
        goal = turned(worn, angle, scale)
        assert np.allclose(pose[..., :3], goal[..., :3], atol=1e-5)
        assert np.allclose(pose[..., 3], goal[..., 3], atol=1.0)  # pixels: the hips go straight on
    assert passed_poses(worn.mannequin.body, before, now, 0) == []


def test_nothing_is_taken_over_from_another_drape_speed_or_draft(worn: Drape) -> None:
    transforms = swaying(worn, 2)
    before = Movement(worn, transforms, FRAME)
    before.at(1)
    assert Movement(worn, transforms, FRAME / 2, after=before).known == 0
    draft = Movement(worn, transforms, FRAME, draft=True, after=before)
    assert draft.known == 0
    assert np.abs(draft.at(1)[0] - before.at(1)[0]).max() < 0.03 * worn.mannequin.body.scale


def test_in_the_photos_pose_it_is_the_still(worn: Drape) -> None:
    movement = Movement(worn, np.array([STILL]), FRAME)
    assert np.abs(movement.at(0)[0] - worn.still()[0]).max() < 1e-4 * worn.mannequin.body.scale


def test_the_first_frame_may_be_far_from_the_photos_pose(worn: Drape) -> None:
    transforms = turned(worn, 180)[None]
    movement = Movement(worn, transforms, FRAME)
    (garment,) = worn.garments
    space = DressSpace.of(worn.mannequin.body, transforms[0])
    there = space.inward(movement.at(0)[0].astype(np.float64))
    skin = worn.form.underneath.at(transforms[0], space)
    assert inside(there, garment.sewn.pattern.triangles, worn.form.underneath.skin, skin) < 0.04
    ends = there[garment.cloth.edges]
    stretch = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) / garment.cloth.rest_lengths
    assert np.percentile(stretch, 99) < 1.5
    turned_still = worn.garments[0].positions * [-1, 1, -1]
    assert np.linalg.norm(there - turned_still, axis=1).mean() < 0.05


def crossing(drape: Drape, count: int) -> np.ndarray:
    """(T, 22, 3, 4): the legs swing past each other, and their feet come through each other."""
    frames = np.tile(STILL, (count, 1, 1, 1))
    body = drape.mannequin.body
    for side in Side:
        bones = [*LEG_OF[side], Bone[f"{side.name[0]}_TOES"]]
        hip = body.joints[bones[0]].astype(np.float64)
        for frame in range(count):
            swing = side.sign * 25 * np.sin(0.5 * frame)
            inward = side.sign * 13 * min(frame / 4, 1)
            linear = Rotation.from_euler("xz", [swing, inward], degrees=True).as_matrix()
            frames[frame, bones] = np.column_stack([linear, hip - linear @ hip])
    return frames


def test_trousers_are_not_torn_where_legs_pass_each_other() -> None:
    mannequin = patterns.mannequin()
    sewn = Sewn(patterns.trousers(mannequin, spacing=0.04), FABRICS[FabricName.COTTON])
    walker = drape([sewn], DressForm(mannequin))
    (garment,) = walker.garments
    transforms = crossing(walker, 14)
    movement = Movement(walker, transforms, FRAME)
    cloth, places, skins = garment.cloth, [], []
    for frame, pose in enumerate(transforms):
        space = DressSpace.of(mannequin.body, pose)
        places.append(space.inward(movement.at(frame)[0].astype(np.float64)))
        skins.append(walker.form.underneath.at(pose, space))
        ends = places[-1][cloth.edges]
        stretch = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) / cloth.rest_lengths
        assert np.percentile(stretch, 99) < 1.45
        assert inside(places[-1], cloth.triangles, cloth.skin, skins[-1], near(cloth)) < 0.015  # of a coarse mesh
    legs = cKDTree(walker.form.underneath.at(STILL, mannequin.space)).query(garment.positions)[1]
    assert jitter(np.array(places)) < 1.5 * jitter(np.array(skins)[:, legs])


def test_walking_towards_the_camera_enlarges_the_cloth_and_does_nothing_else_to_it(worn: Drape) -> None:
    near = np.array([turned(worn, 0, 1 + 0.2 * frame, (10 * frame, 0, 0)) for frame in range(3)])
    coming, standing = Movement(worn, near, FRAME), Movement(worn, np.tile(STILL, (3, 1, 1, 1)), FRAME)
    for frame in range(3):
        space = DressSpace.of(worn.mannequin.body, near[frame])
        there = space.inward(coming.at(frame)[0].astype(np.float64))
        here = worn.mannequin.space.inward(standing.at(frame)[0].astype(np.float64))
        assert np.abs(there - here).max() < 2e-3


def test_there_is_no_frame_beyond_the_clip(worn: Drape) -> None:
    movement = Movement(worn, swaying(worn, 2), FRAME)
    for index in (-1, 2):
        with pytest.raises(IndexError, match="of 2"):
            movement.at(index)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-3, 3, width=32), min_size=3, max_size=3), st.floats(0.015625, 2, width=32), st.integers(1, 50)
)
def test_a_kept_state_is_small_and_right_to_a_fraction_of_a_millimetre(
    low: list[float], size: float, count: int
) -> None:
    random = np.random.default_rng(count)
    positions = (np.array(low) + size * random.random((count, 3))).astype(np.float32)
    velocities = random.normal(size=(count, 3)).astype(np.float32)
    winds = random.normal(size=(count, 3)).astype(np.float32)
    state = _State.of(positions, velocities, winds)
    places, speeds, airs = state.unpacked()
    assert np.abs(places - positions).max() < 3e-5
    assert max(np.abs(speeds - velocities).max(), np.abs(airs - winds).max()) < 3e-3
    assert state.positions.nbytes + state.velocities.nbytes + state.winds.nbytes == 18 * count
    again = _State.of(places, speeds, airs).unpacked()
    assert np.abs(again[0] - places).max() < 3e-5


def test_poses_ease_by_turning_bones_not_by_shearing_them(worn: Drape) -> None:
    body = worn.mannequin.body
    goal = turned(worn, 150, 1.3, (20, 0, 0))
    elbow = Rotation.from_euler("z", 70, degrees=True).as_matrix()
    for bone in (Bone.L_FOREARM, Bone.L_HAND):
        joint = body.joints[Bone.L_FOREARM]
        bend = np.column_stack([elbow, joint - elbow @ joint])
        goal[bone] = np.column_stack(
            [goal[bone, :, :3] @ bend[:, :3], goal[bone, :, :3] @ bend[:, 3] + goal[bone, :, 3]]
        )
    assert np.allclose(between_poses(body.joints, goal, 0.0), STILL, atol=1e-9)
    assert np.allclose(between_poses(body.joints, goal, 1.0), goal, atol=1e-6)
    half = between_poses(body.joints, goal, 0.5)
    size = np.cbrt(np.linalg.det(half[:, :, :3]))
    assert np.allclose(size, 1.15, atol=0.02)
    rigid = half[:, :, :3] / size[:, None, None]
    assert np.allclose(rigid @ rigid.swapaxes(1, 2), np.eye(3), atol=1e-6)
    for bone, parent in enumerate(PARENTS):
        if parent >= 0:  # each bone still begins where its parent has it
            joint = np.append(body.joints[bone], 1)
            assert np.allclose(half[bone] @ joint, half[parent] @ joint, atol=1e-3)
