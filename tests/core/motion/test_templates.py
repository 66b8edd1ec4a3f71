"""The procedural templates: believable, smooth, kind to a single front photo, feet planted."""

from __future__ import annotations

import numpy as np
import pytest

from fashionmirror_core.errors import InputError
from fashionmirror_core.motion import templates

ANKLES, SOLES = (11, 14), (11, 14, 19, 20, 21, 22, 23, 24)
WALKS = ("walk", "strut", "slow-walk")
ALL_ROUND = ("turn", "turntable", "catwalk")
"""They show every side."""


def figure_height(joints: np.ndarray) -> float:
    return float((joints[:, SOLES, 1].max(axis=1) - joints[:, 0, 1]).mean())


@pytest.fixture(scope="module", params=templates.NAMES)
def template(request):
    return templates.motion(request.param)


def test_there_are_at_least_eight_and_each_has_a_line_for_the_designer():
    assert len(set(templates.NAMES)) >= 8
    needed = {"catwalk", "walk", "walk-pause", "turn", "three-quarter", "turntable", "idle", "akimbo"}
    assert needed <= set(templates.NAMES)
    lines = [templates.description(name) for name in templates.NAMES]
    assert all(line and "\n" not in line for line in lines)
    assert len(set(lines)) == len(lines)


def test_a_template_is_a_whole_confident_person_inside_its_picture(template):
    width, height = template.size
    assert template.joints.shape == (len(template), 25, 3)
    assert template.depth.shape == (len(template), 25)
    assert template.joints.dtype == template.depth.dtype == np.float32
    assert 48 <= len(template) <= 250
    assert np.isfinite(template.joints).all()
    assert np.isfinite(template.depth).all()
    assert (template.joints[..., 2] == 1).all()
    assert (template.joints[..., 0] > 0.1 * width).all()
    assert (template.joints[..., 0] < 0.9 * width).all()
    assert (template.joints[..., 1] > 0.02 * height).all()
    assert (template.joints[..., 1] < 0.99 * height).all()
    np.testing.assert_allclose(template.depth[:, 8], 0, atol=1e-4)


def headings(template) -> np.ndarray:
    """(T,) degrees that the shoulders are turned to the picture's right, unwrapped."""
    across = template.joints[:, 5, 0] - template.joints[:, 2, 0]
    return np.degrees(np.unwrap(np.arctan2(template.depth[:, 5] - template.depth[:, 2], across)))


def test_most_show_the_front_and_some_go_all_the_way_round(template):
    heading = headings(template)
    if template.name in ALL_ROUND:
        assert heading[0] == pytest.approx(0, abs=9)
        assert 345 < heading[-1] - heading[0] < 375
    else:
        assert np.abs(heading).max() < 52


def test_face_and_toes_turn_with_the_body(template):
    """The nose is on the side of the ears, and the toes on that of the heels, to which the body faces."""
    heading = np.radians(headings(template))
    ahead = np.stack([np.sin(heading), -np.cos(heading)], -1)
    for front, back, least in (((0,), (17, 18), 0.5), ((19, 22), (21, 24), 0.0)):
        flat = [
            np.stack([template.joints[:, list(points), 0].mean(1), template.depth[:, list(points)].mean(1)], -1)
            for points in (front, back)
        ]
        way = flat[0] - flat[1]
        assert ((way * ahead).sum(-1) > least * np.linalg.norm(way, axis=-1)).all()


def test_velocity_is_continuous_also_over_the_seam_of_a_loop(template):
    points = template.joints[..., :2]
    if template.loop:
        points = np.concatenate([points, points[:3]])
    jerkiness = np.abs(np.diff(points, 2, axis=0)).max(axis=(0, 2)) / figure_height(template.joints)
    assert jerkiness.max() < 0.024
    assert jerkiness[[0, 1, 8]].max() < 0.005, "head and hips must glide"


def test_a_motion_that_does_not_loop_ends_in_a_held_pose(template):
    if not template.loop:
        last = template.joints[-6:, :, :2]
        assert np.abs(last - last[-1]).max() < 0.006 * figure_height(template.joints)


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_swings_the_hips_lifts_the_feet_and_counters_with_the_arms(name):
    joints = templates.motion(name).joints.astype(float)
    depth = templates.motion(name).depth.astype(float)
    tall = figure_height(joints)
    assert 0.012 < np.ptp(joints[:, 8, 0]) / tall < 0.06, "hip sway as in rendered walks"
    assert 0.008 < np.ptp(joints[:, 8, 1]) / tall < 0.035, "bob"
    assert 0.05 < np.ptp(joints[:, 11, 1] - joints[:, 8, 1]) / tall < 0.14, "foot lift and stride"
    assert np.corrcoef(depth[:, 4], depth[:, 11])[0, 1] < -0.8, "the right hand goes against the right foot"
    assert np.corrcoef(depth[:, 4], depth[:, 14])[0, 1] > 0.8, "and with the left one"


@pytest.mark.parametrize("name", WALKS)
def test_the_planted_foot_does_not_slide_sideways(name):
    walk = templates.motion(name)
    joints, depth = walk.joints.astype(float), walk.depth.astype(float)
    for ankle in ANKLES:
        # A foot on the treadmill drifts away from the camera; in the air it comes nearer.
        world = depth[:, ankle]
        planted = np.flatnonzero((np.diff(world) > 0)[:-1] & (np.diff(world) > 0)[1:])
        runs = [run for run in np.split(planted, np.flatnonzero(np.diff(planted) > 1) + 1) if len(run) > 6]
        assert runs
        for run in runs:
            middle = run[len(run) // 5 : -len(run) // 4]
            assert np.ptp(joints[middle, ankle, 0]) < 0.004 * figure_height(joints)


def test_hands_end_on_the_hips():
    for name, sides in (("akimbo", ((4, 9, 3), (7, 12, 6))), ("walk-pause", ((4, 9, 3),))):
        pose, depth = templates.motion(name).joints[-1], templates.motion(name).depth[-1]
        torso = pose[8, 1] - pose[1, 1]
        for wrist, hip, elbow in sides:
            assert 0 < pose[hip, 1] - pose[wrist, 1] < 0.45 * torso, "at the waist"
            assert 0.05 * torso < abs(pose[wrist, 0] - pose[8, 0]) - abs(pose[hip, 0] - pose[8, 0]) < 0.3 * torso, (
                "outside"
            )
            assert -0.3 * torso < depth[wrist] < -0.1 * torso, "before the body, not in it"
            assert abs(pose[elbow, 0] - pose[8, 0]) > abs(pose[wrist, 0] - pose[8, 0]) + 0.15 * torso, "elbow out"


def test_crossed_feet_are_crossed_with_the_right_one_in_front():
    motion = templates.motion("crossed-feet")
    assert motion.joints[0, 11, 0] < motion.joints[0, 14, 0]
    assert motion.joints[-1, 11, 0] > motion.joints[-1, 14, 0]
    assert motion.depth[-1, 11] < motion.depth[-1, 14]


def test_three_quarters_narrow_the_shoulders_and_come_back():
    joints = templates.motion("three-quarter").joints
    width = joints[:, 5, 0] - joints[:, 2, 0]
    assert 0.6 < width.min() / width[0] < 0.8
    assert width[-1] == pytest.approx(width[0], rel=0.02)


def test_a_turntable_turns_evenly_and_the_body_keeps_still_on_it():
    template = templates.motion("turntable")
    np.testing.assert_allclose(np.diff(headings(template)), 360 / len(template), atol=0.3)
    for joint in (4, 7, 11, 14):
        radius = np.hypot(template.joints[:, joint, 0] - template.joints[:, 8, 0], template.depth[:, joint])
        assert np.ptp(radius) < 0.03 * figure_height(template.joints)


def test_the_catwalk_comes_near_stops_with_a_hand_on_the_hip_and_goes_away_again():
    template = templates.motion("catwalk")
    size = np.ptp(template.joints[..., 1], axis=1)
    heading = headings(template)
    nearest = int(size.argmax())
    assert size[0] < 0.93 * size.max()
    front = np.flatnonzero(np.abs(heading) < 20)
    back = np.flatnonzero(np.abs(heading - 180) < 20)
    assert front[0] < nearest < back[0]
    assert len(front) > 75
    assert len(back) > 30
    assert size[back[-1]] < 0.95 * size[back[0]]
    still = template.joints[75:85, 8, :2]
    assert np.ptp(still, axis=0).max() < 0.01 * size.max()
    assert np.hypot(*(template.joints[80, 7, :2] - template.joints[80, 12, :2])) < 0.12 * size.max()


@pytest.mark.parametrize("name", templates.NAMES)
def test_frame_rate_changes_the_sampling_not_the_motion(name):
    slow, fast = templates.motion(name, 12.5), templates.motion(name, 25)
    assert slow.fps == 12.5
    assert len(slow) == pytest.approx(len(fast) / 2, abs=1)
    np.testing.assert_allclose(slow.joints[10], fast.joints[20], atol=3.0)


def test_motions_are_the_same_every_time():
    np.testing.assert_array_equal(templates.motion("turn").joints, templates.motion("turn").joints)


def test_unknown_names_are_refused_in_one_line():
    for call in (templates.motion, templates.description):
        with pytest.raises(InputError, match="catwalkk") as refused:
            call("catwalkk")
        assert "\n" not in str(refused.value)
        assert "akimbo" in str(refused.value)


@pytest.mark.parametrize("fps", [0, -5, float("nan"), float("inf"), 1e6])
def test_absurd_frame_rates_are_refused(fps):
    with pytest.raises(InputError, match="frame rate"):
        templates.motion("idle", fps)
