"""Retargeting: another body performs the motion with its own bones, face and feet, on its own ground."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.errors import InputError
from fashionmirror_core.motion import templates
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.motion.retarget import retarget
from fashionmirror_core.skeleton import Pose

SAMPLES = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples"
FACE, SOLES = [0, 15, 16, 17, 18], [11, 14, 19, 20, 21, 22, 23, 24]
LIMBS = [(2, 3), (3, 4), (5, 6), (6, 7), (9, 10), (10, 11), (12, 13), (13, 14)]
BONES = [(8, 1), (1, 2), (1, 5), (8, 9), (8, 12), *LIMBS]
MIRROR = [0, 1, 5, 6, 7, 2, 3, 4, 8, 12, 13, 14, 9, 10, 11, 16, 15, 18, 17, 22, 23, 24, 19, 20, 21]

# fmt: off
STANDING = np.array([
    (300, 120), (300, 190), (252, 192), (236, 285), (222, 368), (348, 189), (370, 280), (378, 362),
    (302, 350), (273, 352), (268, 500), (258, 642), (331, 349), (338, 497), (345, 640),
    (290, 108), (311, 108), (277, 116), (324, 115), (352, 672), (370, 668), (343, 655),
    (250, 675), (233, 669), (260, 657),
], dtype=np.float32)
# fmt: on


@cache
def template(name: str, fps: float = 25) -> Motion:
    return templates.motion(name, fps)


def pose(points: np.ndarray = STANDING, confidence: float | np.ndarray = 1.0) -> Pose:
    joints = np.concatenate([points, np.broadcast_to(confidence, (25,))[:, None]], axis=1).astype(np.float32)
    return Pose(joints, np.zeros(25, np.float32))


def still(source: Pose, frames: int = 1) -> Motion:
    joints, depth = np.repeat(source.joints[None], frames, 0), np.repeat(source.depth[None], frames, 0)
    return Motion(joints, depth, 25.0, (600, 800), "still")


def lengths(points: np.ndarray) -> np.ndarray:
    """(..., bones) in pixels."""
    return np.stack([np.hypot(*np.moveaxis(points[..., b, :2] - points[..., a, :2], -1, 0)) for a, b in BONES], -1)


tall = float(np.ptp(STANDING[:, 1]))
bodies = st.builds(
    lambda seed, size, x, y: (STANDING + np.random.default_rng(seed).normal(0, 9, (25, 2))) * size + (x, y),
    st.integers(0, 10**6),
    st.floats(0.3, 4),
    st.floats(-200, 900),
    st.floats(-200, 900),
)
names = st.sampled_from(templates.NAMES)


@settings(max_examples=30, deadline=None)
@given(body=bodies, frames=st.integers(1, 30), transition=st.integers(0, 12))
def test_performing_its_own_pose_leaves_a_body_as_it_is(body, frames, transition):
    source = pose(body)
    result = retarget(still(source, frames), source, transition)
    np.testing.assert_allclose(result.joints, np.repeat(source.joints[None], frames, 0), atol=2e-3 * np.ptp(body))


def test_that_holds_for_a_profile_and_for_a_bent_arm_too():
    narrow = STANDING.copy()
    narrow[:, 0] = 300 + 0.12 * (narrow[:, 0] - 300)
    narrow[4] = narrow[3] + (3, 5)
    result = retarget(still(pose(narrow), 5), pose(narrow), 0)
    np.testing.assert_allclose(result.joints[..., :2], np.repeat(narrow[None], 5, 0), atol=0.5)


def with_bones(factors: list[float]) -> np.ndarray:
    """The standing body with its 13 bones so many times as long; face and feet go along."""
    points = STANDING.astype(float).copy()
    tree = [*BONES, (1, 0), *((0, k) for k in FACE[1:]), *((14, k) for k in SOLES[2:5]), *((11, k) for k in SOLES[5:])]
    for (parent, child), factor in zip(tree, factors + [1.0] * (len(tree) - len(factors)), strict=True):
        points[child] = points[parent] + factor * (STANDING[child] - STANDING[parent])
    return points


@settings(max_examples=25, deadline=None)
@given(factors=st.lists(st.floats(0.95, 1.05), min_size=13, max_size=13), size=st.floats(0.3, 4), name=names)
def test_bones_never_grow_and_reach_their_own_length(factors, size, name):
    body = with_bones(factors) * size
    longest, own = lengths(retarget(template(name, 12), pose(body), 0).joints).max(axis=0), lengths(body)
    partner = own[[0, 2, 1, 4, 3, 7, 8, 5, 6, 11, 12, 9, 10]]
    np.testing.assert_array_less(longest, 1.002 * np.maximum(own, 0.93 * partner))
    np.testing.assert_array_less(0.95 * own[[0, *range(9, 13)]], longest[[0, *range(9, 13)]])


def test_a_plain_body_keeps_every_bone_length():
    own = lengths(pose().joints.astype(float))
    for name in templates.NAMES:
        longest = lengths(retarget(template(name), pose(), 0).joints.astype(float)).max(axis=0)
        np.testing.assert_array_less(longest, 1.03 * own)
        legs = [*range(9, 13)]
        np.testing.assert_array_less(0.97 * own[legs], longest[legs])
        np.testing.assert_array_less(0.94 * own[:5], longest[:5])


@settings(max_examples=20, deadline=None)
@given(name=names, size=st.floats(0.2, 5), x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_size_and_place_of_the_driver_do_not_matter(name, size, x, y):
    motion = template(name, 10)
    moved = motion.joints.copy()
    moved[..., :2] = moved[..., :2] * size + (x, y)
    here = retarget(motion, pose(), 4)
    there = retarget(replace(motion, joints=moved, depth=motion.depth * size), pose(), 4)
    np.testing.assert_allclose(there.joints, here.joints, atol=0.3)
    np.testing.assert_allclose(there.depth, here.depth, atol=0.3)


@pytest.mark.parametrize("name", templates.NAMES)
def test_the_feet_stay_on_the_ground_and_standing_ones_do_not_slide(name):
    result = retarget(template(name), pose(), 0).joints
    ground = STANDING[SOLES, 1].max()
    lowest = result[:, SOLES, 1].max(axis=1)
    assert lowest.max() < ground + 0.005 * tall
    far = 0.1 if name == "catwalk" else 0.06  # its far end lies higher in the picture
    assert lowest.min() > ground - far * tall


def test_the_standing_foot_of_a_walk_stays_at_its_place():
    motion = template("walk")
    result = retarget(motion, pose(), 0)
    drifting = np.diff(motion.depth[:, 11].astype(float)) > 2
    runs = np.split(np.flatnonzero(drifting), np.flatnonzero(np.diff(np.flatnonzero(drifting)) > 1) + 1)
    for run in (run for run in runs if len(run) > 6):
        assert np.ptp(result.joints[run[2:-4], 11, 0]) < 0.006 * tall


@pytest.mark.parametrize("name", templates.NAMES)
def test_nothing_jumps(name):
    result = retarget(template(name), pose(), 8).joints[..., :2]
    assert np.abs(np.diff(result, axis=0)).max() < 0.055 * tall
    assert np.abs(np.diff(result[8:], 2, axis=0)).max() < 0.02 * tall


@pytest.mark.parametrize("name", templates.NAMES)
def test_face_and_feet_stay_the_persons_own(name):
    result = retarget(template(name), pose(), 0).joints.astype(float)
    size = lengths(result)[:, 0] / lengths(result)[:, 0].max()
    for group in (FACE, [11, 22, 23, 24], [14, 19, 20, 21]):
        own = np.hypot(*(STANDING[group[1:]] - STANDING[group[0]]).T)
        now = np.hypot(*np.moveaxis(result[:, group[1:], :2] - result[:, group[:1], :2], -1, 0))
        assert (now < 1.01 * own).all()
        assert (now > 0.93 * own * size[:, None]).all()
        angle = np.arctan2(*np.moveaxis(result[:, group[1], :2] - result[:, group[0], :2], -1, 0)[::-1])
        assert np.ptp(np.unwrap(angle)) < np.radians(34)


def test_the_first_frame_is_the_photo_and_the_motion_takes_over():
    motion = template("akimbo")
    eased, plain = retarget(motion, pose(), 10), retarget(motion, pose(), 0)
    np.testing.assert_array_equal(eased.joints[0], pose().joints)
    np.testing.assert_allclose(eased.joints[10:], plain.joints[10:], atol=1e-3)
    assert len(eased) == len(motion)
    away = np.abs(eased.joints[:11] - pose().joints).max(axis=(1, 2))
    assert (np.diff(away) > -1e-3).all()


def test_a_transition_longer_than_the_motion_is_fine():
    result = retarget(template("idle").take(5), pose(), 50)
    assert len(result) == 5
    np.testing.assert_array_equal(result.joints[0], pose().joints)


def test_raised_arms_come_down_without_shrinking():
    arms_up = STANDING.copy()
    arms_up[[3, 4]] = (236, 110), (226, 30)
    arms_up[[6, 7]] = (364, 110), (374, 30)
    result = retarget(template("idle"), pose(arms_up), 8)
    ratio = lengths(result.joints.astype(float))[:9, 5:9] / lengths(arms_up.astype(float))[5:9]
    assert ratio.min() > 0.85


def test_only_a_motion_without_a_transition_still_loops():
    assert retarget(template("walk"), pose(), 0).loop
    assert not retarget(template("walk"), pose(), 8).loop


def test_an_approach_is_kept_with_the_nearest_frame_in_the_own_size():
    motion = template("slow-walk")
    growth = np.linspace(0.5, 1.0, len(motion))[:, None, None]
    centre = np.array([240, 300], np.float32)
    joints = motion.joints.copy()
    joints[..., :2] = (joints[..., :2] - centre) * growth + centre
    far = retarget(replace(motion, joints=joints, loop=False), pose(), 0).joints.astype(float)
    torso = lengths(far)[:, 0] / lengths(STANDING)[0]
    assert torso[-5:].max() == pytest.approx(1, abs=0.04)
    assert torso[0] == pytest.approx(0.5, abs=0.05)
    assert far[:, SOLES, 1].max() < STANDING[SOLES, 1].max() + 0.01 * tall


def test_the_person_stays_where_it_stood_and_walks_as_far_as_its_legs_are_long():
    motion = template("idle")
    joints = motion.joints.copy()
    joints[..., 0] += np.linspace(0, 100, len(motion))[:, None]
    result = retarget(replace(motion, joints=joints, loop=False), pose(), 0).joints.astype(float)
    assert result[0, 8, 0] == pytest.approx(STANDING[8, 0], abs=0.02 * tall)
    legs = lengths(STANDING.astype(float))[9:13].sum() / lengths(joints.astype(float)).max(axis=0)[9:13].sum()
    assert result[-1, 8, 0] - result[0, 8, 0] == pytest.approx(100 * legs, rel=0.1)


def test_shoulders_and_hips_never_flip_nor_vanish_when_the_driver_spins():
    motion = template("idle")
    turn = np.cos(np.linspace(0, 2 * np.pi, len(motion)))
    joints = motion.joints.copy()
    joints[..., 0] = 240 + (joints[..., 0] - 240) * turn[:, None]
    result = retarget(replace(motion, joints=joints), pose(), 0).joints
    for right, left in ((2, 5), (9, 12)):
        width = (result[:, left, 0] - result[:, right, 0]) / (STANDING[left, 0] - STANDING[right, 0])
        assert (width > 0.25).all()
        assert width[[0, len(width) // 2, -1]].min() > 0.9, "seen from behind it is as wide as from the front"
    assert np.abs(np.diff(result[..., :2], axis=0)).max() < 0.05 * tall


def test_a_driver_seen_from_behind_is_performed_facing_the_camera():
    motion = template("walk")
    behind = replace(motion, joints=motion.joints[:, MIRROR], depth=-motion.depth[:, MIRROR])
    front, back = retarget(motion, pose(), 0), retarget(behind, pose(), 0)
    np.testing.assert_allclose(back.joints, front.joints, atol=1e-3)
    np.testing.assert_allclose(back.depth, front.depth, atol=1e-3)


@settings(max_examples=30, deadline=None)
@given(hidden=st.sets(st.integers(0, 24), max_size=14), name=names, nan=st.booleans(), transition=st.integers(0, 9))
def test_hidden_joints_of_the_photo_never_make_nan_nor_wild_limbs(hidden, name, nan, transition):
    hidden = hidden - {1, 8}
    points, confidence = STANDING.copy(), np.ones(25, np.float32)
    points[list(hidden)] = np.nan if nan else 5000.0
    confidence[list(hidden)] = 0
    result = retarget(template(name, 10), pose(points, confidence), transition).joints
    assert np.isfinite(result).all()
    assert np.abs(result[..., :2] - STANDING.mean(axis=0)).max() < 1.3 * tall
    assert (result[1:, list(hidden), 2] == 0).all()


@settings(max_examples=20, deadline=None)
@given(hidden=st.sets(st.integers(2, 24), max_size=10), name=names, start=st.integers(0, 20), nan=st.booleans())
def test_gaps_in_the_driver_are_bridged(hidden, name, start, nan):
    hidden = hidden - {8}
    motion = template(name, 12)
    joints = motion.joints.copy()
    joints[start : start + 8, list(hidden)] = (np.nan, np.nan, 0) if nan else (9999.0, -9999.0, 0)
    result = retarget(replace(motion, joints=joints), pose(), 6).joints
    assert np.isfinite(result).all()
    assert np.abs(result[..., :2] - STANDING.mean(axis=0)).max() < 1.3 * tall


def test_a_driver_without_feet_and_face_still_drives():
    motion = template("walk")
    joints = motion.joints.copy()
    joints[:, [*FACE[1:], *range(19, 25)]] = (np.nan, np.nan, 0)
    whole, bare = retarget(motion, pose(), 0).joints, retarget(replace(motion, joints=joints), pose(), 0).joints
    assert np.isfinite(bare).all()
    assert np.abs(bare[:, 1:15, :2] - whole[:, 1:15, :2]).max() < 0.05 * tall


@pytest.mark.parametrize(("joints", "part"), [([1, 2, 5], "shoulders"), ([8, 9, 12], "hips")])
def test_a_photo_without_shoulders_or_hips_is_refused_in_one_line(joints, part):
    confidence = np.ones(25, np.float32)
    confidence[joints] = 0
    with pytest.raises(InputError, match=part) as refused:
        retarget(template("idle"), pose(STANDING, confidence))
    assert "\n" not in str(refused.value)


def test_a_negative_transition_is_refused():
    with pytest.raises(InputError, match="transition"):
        retarget(template("idle"), pose(), -1)


def test_the_size_is_the_photos_if_it_is_given():
    assert retarget(template("idle"), pose(), size=(768, 1024)).size == (768, 1024)
    width, height = retarget(template("idle"), pose()).size
    assert 300 < width < 600
    assert 600 < height < 760


def test_the_sample_walk_drives_another_body():
    file = SAMPLES / "motion-walk.joints.json"
    if not file.exists():
        pytest.skip("the shared sample motions are not beside this checkout")
    points = np.array(json.loads(file.read_text())["joints"], np.float32)
    joints = np.concatenate([points, np.ones_like(points[..., :1])], axis=-1)
    walk = Motion(joints, np.zeros(joints.shape[:2], np.float32), 25.0, (480, 640), "walk")
    result = retarget(walk, pose(), 8).joints.astype(float)
    np.testing.assert_array_less(lengths(result).max(axis=0), 1.12 * lengths(pose().joints.astype(float)))
    assert result[:, SOLES, 1].max() < STANDING[SOLES, 1].max() + 0.005 * tall
    assert np.abs(np.diff(result[..., :2], axis=0)).max() < 0.05 * tall
