"""Performing: another body takes over a motion in space, with its own bones, face and feet, on its own ground."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from fashionmirror_core.errors import InputError
from fashionmirror_core.motion import templates
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.motion.performing import completed, heading, perform
from fashionmirror_core.skeleton import Pose

FACE, SOLES = [0, 15, 16, 17, 18], [11, 14, 19, 20, 21, 22, 23, 24]
LIMBS = [(2, 3), (3, 4), (5, 6), (6, 7), (9, 10), (10, 11), (12, 13), (13, 14)]
BONES = [(8, 1), (1, 2), (1, 5), (8, 9), (8, 12), *LIMBS]

# fmt: off
STANDING = np.array([
    (300, 120, -42), (300, 190, 0), (252, 192, 4), (236, 285, 14), (222, 368, -6), (348, 189, 4), (370, 280, 10),
    (378, 362, -12), (302, 350, 0), (273, 352, 2), (268, 500, -4), (258, 642, 16), (331, 349, -2), (338, 497, -8),
    (345, 640, 12), (290, 108, -32), (311, 108, -32), (277, 116, 6), (324, 115, 6), (352, 672, -44), (370, 668, -28),
    (343, 655, 30), (250, 675, -40), (233, 669, -24), (260, 657, 34),
], dtype=np.float64)
# fmt: on
tall = float(np.ptp(STANDING[:, 1]))


@cache
def template(name: str, fps: float = 25) -> Motion:
    return Motion.of(templates.motion(name, fps))


def pose(points: np.ndarray = STANDING, confidence: float | np.ndarray = 1.0) -> Pose:
    seen = np.broadcast_to(confidence, (25,))[:, None]
    return Pose(np.concatenate([points[:, :2], seen], axis=1), points[:, 2] - points[8, 2])


def still(source: Pose, frames: int = 1) -> Motion:
    joints, depth = np.repeat(source.joints[None], frames, 0), np.repeat(source.depth[None], frames, 0)
    return Motion(joints, depth, 25.0, (600, 800), "still")


def space(motion: Motion) -> np.ndarray:
    """(T, 25, 3): x, y and depth."""
    return np.concatenate([motion.joints[..., :2], motion.depth[..., None]], -1).astype(np.float64)


def lengths(points: np.ndarray, bones: list[tuple[int, int]] = BONES) -> np.ndarray:
    """(..., bones) in pixels."""
    return np.stack([np.linalg.norm(points[..., b, :] - points[..., a, :], axis=-1) for a, b in bones], -1)


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    """About the hips' vertical, to the picture's right."""
    turn = Rotation.from_euler("y", -degrees, degrees=True).as_matrix()
    return (points - points[..., 8:9, :]) @ turn.T + points[..., 8:9, :]


bodies = st.builds(
    lambda seed, size, x, y, yaw: turned(
        (STANDING + np.random.default_rng(seed).normal(0, 9, (25, 3))) * size + (x, y, 0), yaw
    ),
    st.integers(0, 10**6),
    st.floats(0.3, 4),
    st.floats(-200, 900),
    st.floats(-200, 900),
    st.floats(-180, 180),
)
names = st.sampled_from(templates.NAMES)


@settings(max_examples=30, deadline=None)
@given(body=bodies, frames=st.integers(1, 30), transition=st.integers(0, 12))
def test_performing_its_own_pose_leaves_a_body_as_it_is(body, frames, transition):
    source = pose(body)
    result = perform(still(source, frames), source, transition)
    close = 2e-3 * float(np.ptp(body[:, :2]))
    np.testing.assert_allclose(result.joints, np.repeat(source.joints[None], frames, 0), atol=close)
    np.testing.assert_allclose(result.depth, np.repeat(source.depth[None], frames, 0), atol=close)


@pytest.mark.parametrize("name", templates.NAMES)
def test_every_bone_keeps_its_own_length_times_the_size_of_the_approach(name):
    for transition in (0, 6):
        result = lengths(space(perform(template(name), pose(), transition)))
        size = result[:, :1] / lengths(STANDING)[0]
        assert size.max() == pytest.approx(1, abs=0.01)
        np.testing.assert_allclose(result / size, np.broadcast_to(lengths(STANDING), result.shape), rtol=2e-3)


@pytest.mark.parametrize("name", templates.NAMES)
def test_face_and_feet_stay_the_persons_own_and_only_turn(name):
    result = space(perform(template(name), pose(), 0))
    size = lengths(result)[:, :1] / lengths(STANDING)[0]
    for group in (FACE, [11, 22, 23, 24], [14, 19, 20, 21]):
        pairs = [(a, b) for a in group for b in group if a < b]
        own = lengths(STANDING, pairs)
        np.testing.assert_allclose(
            lengths(result, pairs) / size, np.broadcast_to(own, (len(result), len(own))), rtol=1e-3
        )


@settings(max_examples=20, deadline=None)
@given(name=names, size=st.floats(0.2, 5), x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_size_and_place_of_the_driver_do_not_matter(name, size, x, y):
    motion = template(name, 10)
    moved = motion.joints.copy()
    moved[..., :2] = moved[..., :2] * size + (x, y)
    here = perform(motion, pose(), 4)
    there = perform(replace(motion, joints=moved, depth=motion.depth * size), pose(), 4)
    np.testing.assert_allclose(space(there), space(here), atol=0.3)


@pytest.mark.parametrize("name", templates.NAMES)
def test_it_turns_as_far_as_the_driver(name):
    ours, theirs = (np.degrees(heading(space(each))) for each in (perform(template(name), pose(), 0), template(name)))
    assert np.abs(ours - theirs).max() < 3


@settings(max_examples=20, deadline=None)
@given(name=names, degrees=st.floats(-180, 180))
def test_a_driver_seen_from_another_side_is_performed_from_that_side(name, degrees):
    motion = template(name, 10)
    plain, other = (space(perform(each, pose(), 0)) for each in (motion, motion.turned(degrees)))
    plain, other = (points - points[:, 8:9] for points in (turned(plain, degrees), other))
    assert np.abs(plain - other)[:, :, [0, 2]].max() < 0.03 * tall
    assert np.abs(plain - other)[..., 1].max() < 0.01 * tall


def test_who_turns_shows_the_profile_and_the_back_with_the_face_and_the_toes_ahead():
    motion = template("turn")
    points, facing = space(perform(motion, pose(), 0)), np.degrees(heading(space(motion)))
    profile, back = np.abs(facing - 90).argmin(), np.abs(facing - 180).argmin()
    width = points[:, 5, 0] - points[:, 2, 0]
    assert abs(width[profile]) < 0.15 * width[0]
    assert width[back] < -0.9 * width[0]
    nose, ears = points[:, 0], points[:, [17, 18]].mean(1)
    assert nose[profile, 0] - ears[profile, 0] > 30
    assert nose[back, 2] - ears[back, 2] > 30
    assert points[back, 22, 2] - points[back, 24, 2] > 30
    for frame in (profile, back):
        assert nose[frame, 1] - ears[frame, 1] == pytest.approx(STANDING[0, 1] - STANDING[[17, 18], 1].mean(), abs=6)


def test_legs_cross_in_depth():
    points = space(perform(template("crossed-feet"), pose(), 0))
    assert points[-1, 11, 0] > points[-1, 14, 0]
    assert points[-1, 14, 2] - points[-1, 11, 2] > 0.03 * tall


@pytest.mark.parametrize("name", templates.NAMES)
def test_the_feet_stay_on_the_ground(name):
    result = perform(template(name), pose(), 0).joints
    ground = STANDING[SOLES, 1].max()
    lowest = result[:, SOLES, 1].max(axis=1)
    far = 0.1 if name == "catwalk" else 0.06  # its far end lies higher in the picture
    assert lowest.max() < ground + 0.006 * tall
    assert lowest.min() > ground - far * tall


def test_the_standing_foot_of_a_walk_stays_at_its_place():
    motion = template("walk")
    result = perform(motion, pose(), 0)
    drifting = np.diff(motion.depth[:, 11].astype(float)) > 2
    runs = np.split(np.flatnonzero(drifting), np.flatnonzero(np.diff(np.flatnonzero(drifting)) > 1) + 1)
    for run in (run for run in runs if len(run) > 6):
        assert np.ptp(result.joints[run[2:-4], 11, 0]) < 0.006 * tall


def test_a_planted_foot_does_not_turn_under_a_turning_body():
    motion = template("turn", 50)
    standing = np.flatnonzero(np.abs(np.diff(motion.joints[:, 11], axis=0)).max(1) < 0.05)
    runs = [run for run in np.split(standing, np.flatnonzero(np.diff(standing) > 1) + 1) if len(run) > 8]
    assert len(runs) > 3
    points = space(perform(motion, pose(), 0))
    way = points[:, [22, 23]].mean(1) - points[:, 24]
    yaw = np.degrees(np.unwrap(np.arctan2(way[:, 0], -way[:, 2])))
    assert max(np.ptp(yaw[run[3:-3]]) for run in runs) < 6
    assert np.ptp(yaw) > 300


@pytest.mark.parametrize("name", templates.NAMES)
def test_nothing_jumps(name):
    result = space(perform(template(name), pose(), 8))
    assert np.abs(np.diff(result[..., :2], axis=0)).max() < 0.06 * tall
    assert np.abs(np.diff(result[..., 2], axis=0)).max() < 0.085 * tall
    assert np.abs(np.diff(result[8:], 2, axis=0)).max() < 0.035 * tall


def test_the_first_frame_is_the_photo_and_the_motion_takes_over():
    motion = template("akimbo")
    eased, plain = perform(motion, pose(), 10), perform(motion, pose(), 0)
    np.testing.assert_array_equal(eased.joints[0], pose().joints)
    np.testing.assert_array_equal(eased.depth[0], pose().depth)
    np.testing.assert_allclose(space(eased)[10:], space(plain)[10:], atol=1e-3)
    assert len(eased) == len(motion)


@pytest.mark.parametrize("degrees", [170, 180, -120])
def test_the_way_into_a_motion_that_begins_with_the_back_is_a_turn(degrees):
    result = space(perform(template("idle").turned(degrees), pose(), 25))
    np.testing.assert_allclose(lengths(result), np.broadcast_to(lengths(STANDING), (len(result), 13)), rtol=0.02)
    yaw = np.degrees(heading(result))
    assert (np.sign(yaw[-1]) * np.diff(yaw[:26]) > -1).all()
    assert abs(abs(yaw[-1] - yaw[0]) - abs(degrees)) < 6


def test_a_transition_longer_than_the_motion_is_fine():
    result = perform(template("idle").take(5), pose(), 50)
    assert len(result) == 5
    np.testing.assert_array_equal(result.joints[0], pose().joints)


def test_raised_arms_come_down_without_shrinking():
    arms_up = STANDING.copy()
    arms_up[[3, 4], :2] = (236, 110), (226, 30)
    arms_up[[6, 7], :2] = (364, 110), (374, 30)
    result = space(perform(template("idle"), pose(arms_up), 8))
    np.testing.assert_allclose(lengths(result)[:9], np.broadcast_to(lengths(arms_up), (9, 13)), rtol=0.01)


def test_only_a_motion_without_a_transition_still_loops():
    assert perform(template("walk"), pose(), 0).loop
    assert not perform(template("walk"), pose(), 8).loop


def test_an_approach_is_kept_with_the_nearest_frame_in_the_own_size():
    motion = template("slow-walk")
    growth = np.linspace(0.5, 1.0, len(motion))[:, None]
    centre = np.array([240, 300], np.float32)
    joints = motion.joints.copy()
    joints[..., :2] = (joints[..., :2] - centre) * growth[..., None] + centre
    far = space(perform(replace(motion, joints=joints, depth=motion.depth * growth, loop=False), pose(), 0))
    torso = lengths(far)[:, 0] / lengths(STANDING)[0]
    assert torso[-5:].max() == pytest.approx(1, abs=0.02)
    assert torso[0] == pytest.approx(0.5, abs=0.03)
    assert far[:, SOLES, 1].max() < STANDING[SOLES, 1].max() + 0.01 * tall


def test_the_person_stays_where_it_stood_and_walks_as_far_as_its_legs_are_long():
    motion = template("idle")
    joints = motion.joints.copy()
    joints[..., 0] += np.linspace(0, 100, len(motion))[:, None]
    result = space(perform(replace(motion, joints=joints, loop=False), pose(), 0))
    assert result[0, 8, 0] == pytest.approx(STANDING[8, 0], abs=0.02 * tall)
    legs = lengths(STANDING)[9:13].sum() / np.median(lengths(space(motion)), axis=0)[9:13].sum()
    assert result[-1, 8, 0] - result[0, 8, 0] == pytest.approx(100 * legs, rel=0.1)


def test_a_head_turns_on_the_shoulders_as_the_drivers_does():
    motion = template("idle")
    points = space(motion)
    turn = Rotation.from_euler("y", -np.linspace(0, 70, len(motion))[:, None], degrees=True).as_matrix()
    ears = points[:, [17, 18]].mean(1, keepdims=True)
    points[:, FACE] = (points[:, FACE] - ears) @ turn.swapaxes(-1, -2) + ears
    joints = np.concatenate([points[..., :2], motion.joints[..., 2:]], -1)
    result = space(perform(replace(motion, joints=joints, depth=points[..., 2]), pose(), 0))
    line = result[:, 18] - result[:, 17]
    yaw = np.degrees(np.arctan2(line[:, 2], line[:, 0]))
    assert yaw[-1] - yaw[0] == pytest.approx(70, abs=5)
    assert np.abs(np.degrees(heading(result))).max() < 5


def test_a_camera_that_looks_down_sees_the_turn_from_above():
    tilt = Rotation.from_euler("x", 12, degrees=True)
    hips = STANDING[8]
    seen = tilt.apply(STANDING - hips) + hips
    up = tilt.apply([0.0, -1.0, 0.0])
    result = space(perform(template("turntable"), pose(seen), 0, up=up))
    upright = tilt.inv().apply((result - result[:, 8:9]).reshape(-1, 3)).reshape(result.shape)
    plain = space(perform(template("turntable"), pose(), 0))
    np.testing.assert_allclose(upright, plain - plain[:, 8:9], atol=0.01 * tall)


@settings(max_examples=30, deadline=None)
@given(hidden=st.sets(st.integers(0, 24), max_size=14), name=names, nan=st.booleans(), transition=st.integers(0, 9))
def test_hidden_joints_of_the_photo_never_make_nan_nor_wild_limbs(hidden, name, nan, transition):
    hidden = hidden - {1, 8}
    points, confidence = STANDING.copy(), np.ones(25, np.float32)
    points[list(hidden), :2] = np.nan if nan else 5000.0
    points[list(hidden), 2] = 0
    confidence[list(hidden)] = 0
    result = perform(template(name, 10), pose(points, confidence), transition)
    assert np.isfinite(space(result)).all()
    assert np.abs(space(result) - STANDING.mean(axis=0)).max() < 1.3 * tall
    assert (result.joints[1:, list(hidden), 2] == 0).all()


@settings(max_examples=20, deadline=None)
@given(hidden=st.sets(st.integers(2, 24), max_size=10), name=names, start=st.integers(0, 20), nan=st.booleans())
def test_gaps_in_the_driver_are_bridged(hidden, name, start, nan):
    hidden = hidden - {8}
    motion = template(name, 12)
    joints, depth = motion.joints.copy(), motion.depth.copy()
    joints[start : start + 8, list(hidden)] = (np.nan, np.nan, 0) if nan else (9999.0, -9999.0, 0)
    depth[start : start + 8, list(hidden)] = np.nan if nan else 9999.0
    result = space(perform(replace(motion, joints=joints, depth=depth), pose(), 6))
    assert np.isfinite(result).all()
    assert np.abs(result - STANDING.mean(axis=0)).max() < 1.3 * tall


@pytest.mark.parametrize("name", ["walk", "turn"])
def test_a_driver_without_feet_and_face_still_drives(name):
    motion = template(name)
    joints = motion.joints.copy()
    joints[:, [*FACE[1:], *range(19, 25)]] = (np.nan, np.nan, 0)
    whole, bare = (space(perform(each, pose(), 0)) for each in (motion, replace(motion, joints=joints)))
    assert np.isfinite(bare).all()
    assert np.abs(bare[:, 1:15] - whole[:, 1:15]).max() < 0.05 * tall
    nose, ears = bare[:, 0], bare[:, [17, 18]].mean(1)
    assert np.linalg.norm(nose - ears, axis=-1).min() > 30, "the head turns with the chest"


def test_a_photo_without_depth_is_given_a_nose_and_toes():
    flat = Pose(pose().joints)
    result = space(perform(template("turn"), flat, 0))
    facing = np.degrees(heading(space(template("turn"))))
    profile = np.abs(facing - 90).argmin()
    assert result[profile, 0, 0] - result[profile, [17, 18], 0].mean() > 0.03 * tall
    assert result[profile, 19, 0] - result[profile, 21, 0] > 0.05 * tall


@pytest.mark.parametrize(("joints", "part"), [([1, 2, 5], "shoulders"), ([8, 9, 12], "hips")])
def test_a_photo_without_shoulders_or_hips_is_refused_in_one_line(joints, part):
    confidence = np.ones(25, np.float32)
    confidence[joints] = 0
    with pytest.raises(InputError, match=part) as refused:
        perform(template("idle"), pose(STANDING, confidence))
    assert "\n" not in str(refused.value)


def test_a_negative_transition_is_refused():
    with pytest.raises(InputError, match="transition"):
        perform(template("idle"), pose(), -1)


def test_the_size_is_the_photos_if_it_is_given():
    assert perform(template("idle"), pose(), size=(768, 1024)).size == (768, 1024)
    width, height = perform(template("idle"), pose()).size
    assert 300 < width < 600
    assert 600 < height < 760


# Without another body: the motion as it is


def test_a_motion_that_is_taken_as_it_is_keeps_its_points_and_its_depth():
    motion = template("turn")
    np.testing.assert_array_equal(space(completed(motion, pose())), space(motion))


def test_what_a_motion_never_shows_is_beside_its_parent_as_in_the_photo():
    motion = template("idle")
    joints, depth = motion.joints.copy(), motion.depth.copy()
    joints[:, [4, 19, 20, 21]] = 0
    depth[:, [4, 19, 20, 21]] = 0
    result = space(completed(replace(motion, joints=joints, depth=depth), pose()))
    for joint, parent in ((4, 3), (19, 14), (21, 14)):
        away = np.broadcast_to(STANDING[joint] - STANDING[parent], (len(motion), 3))
        np.testing.assert_allclose(result[:, joint] - result[:, parent], away, atol=1e-3)


@pytest.mark.parametrize("name", ["walk", "catwalk", "turn"])
def test_in_place_the_person_neither_travels_nor_grows_nor_rises(name: str) -> None:
    points = space(perform(template(name), pose(), 8, in_place=True))
    np.testing.assert_allclose(points[0, :, :2], STANDING[:, :2], atol=0.01)
    hips = points[:, 8, :2] - STANDING[8, :2]
    assert np.abs(hips[:, 0]).max() < 0.03 * tall
    assert hips[:, 1].min() > -0.002 * tall
    assert hips[:, 1].max() < 0.05 * tall
    own = lengths(points)
    np.testing.assert_allclose(own, np.broadcast_to(own[-1], own.shape), rtol=0.02, atol=1)
    there = perform(template(name), pose(), 8)
    np.testing.assert_allclose(heading(points[9:]), heading(space(there)[9:]), atol=0.02)  # it turns all the same
