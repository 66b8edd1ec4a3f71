"""What can be done with poses over time: gaps, smoothing, timing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.errors import InputError
from fashionmirror_core.motion import templates
from fashionmirror_core.motion.joint_formats import to_body25
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.skeleton import Joint

W = Joint.R_WRIST


# Gaps


def test_a_short_gap_is_bridged_without_a_word(waving: Callable[..., Motion]) -> None:
    motion = waving()
    holed = motion.joints.copy()
    holed[10:14, W] = 0
    filled = Motion(holed, motion.depth, 25, (200, 300)).fill_gaps()
    assert np.abs(filled.joints[:, W, :2] - motion.joints[:, W, :2]).max() < 3
    assert (filled.joints[:, W, 2] == 1).all()
    assert filled.warnings == ()


def test_a_long_gap_is_bridged_and_reported(waving: Callable[..., Motion]) -> None:
    motion = waving()
    holed = motion.joints.copy()
    holed[10:30, W] = 0
    filled = Motion(holed, motion.depth, 25, (200, 300)).fill_gaps()
    assert "RWrist 0.4-1.2 s" in filled.warnings[0]
    assert (filled.joints[10:30, W, 2] == 0.5).all()


def test_a_gap_at_the_end_holds_still_but_a_loop_goes_on_to_its_start(waving: Callable[..., Motion]) -> None:
    motion = waving()
    holed = motion.joints.copy()
    holed[35:, W, 2] = 0
    still = Motion(holed, motion.depth, 25, (200, 300)).fill_gaps()
    np.testing.assert_allclose(still.joints[35:, W, 0], motion.joints[34, W, 0])
    looped = Motion(holed, motion.depth, 25, (200, 300), loop=True).fill_gaps()
    assert abs(looped.joints[39, W, 0] - motion.joints[0, W, 0]) < 2


def test_feet_that_a_format_lacks_follow_a_filled_ankle(
    standing: Callable[[], np.ndarray], written: Callable[..., np.ndarray]
) -> None:
    joints = written(np.repeat(standing()[None], 9, 0), "COCO_18")
    joints[4] = 0
    filled = Motion(to_body25(joints, "COCO_18"), np.zeros((9, 25)), 25, (200, 300)).fill_gaps()
    np.testing.assert_allclose(filled.joints[4], filled.joints[3], atol=1e-3)


# Smoothing


def test_smoothing_calms_noise_and_keeps_the_movement(waving: Callable[..., Motion]) -> None:
    motion = waving(100)
    noisy = motion.joints.copy()
    noisy[..., :2] += np.random.default_rng(1).normal(0, 1.5, noisy[..., :2].shape)
    rough = Motion(noisy, motion.depth, 25, (200, 300))

    def error(candidate: Motion) -> float:
        return float(np.abs(candidate.joints[..., :2] - motion.joints[..., :2]).mean())

    calm = rough.smoothed(0.5)
    assert error(calm) < 0.7 * error(rough)
    assert np.abs(np.diff(rough.smoothed(1.0).joints, axis=0)).mean() < np.abs(np.diff(calm.joints, axis=0)).mean()
    np.testing.assert_array_equal(calm.joints[..., 2], rough.joints[..., 2])


def test_smoothing_does_not_lag(waving: Callable[..., Motion]) -> None:
    motion = waving(50, loop=True)
    calm = motion.smoothed(0.5)
    lag = np.angle(np.vdot(motion.joints[:, W] @ [1, 1j, 0] - 92, calm.joints[:, W] @ [1, 1j, 0] - 92))
    assert abs(lag) < 0.2


def test_strength_zero_changes_nothing_and_others_are_checked(waving: Callable[..., Motion]) -> None:
    np.testing.assert_array_equal(waving().smoothed(0).joints, waving().joints)
    for strength in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="0 to 1"):
            waving().smoothed(strength)


@settings(max_examples=20)
@given(scale=st.floats(0.5, 8), x=st.floats(-300, 300), strength=st.floats(0, 1))
def test_smoothing_does_not_depend_on_the_size_or_place_of_the_person(
    scale: float, x: float, strength: float, waving: Callable[..., Motion]
) -> None:
    motion = waving(12)
    moved = motion.joints.copy()
    moved[..., :2] = moved[..., :2] * scale + x
    expected = motion.smoothed(strength).joints[..., :2] * scale + x
    found = Motion(moved, motion.depth, 25, (200, 300)).smoothed(strength).joints[..., :2]
    np.testing.assert_allclose(found, expected, atol=0.02 * scale)


# Timing


def test_resampling_keeps_the_path_and_the_duration(
    waving: Callable[..., Motion], standing: Callable[[], np.ndarray]
) -> None:
    motion = waving(50)
    double = motion.resampled(50)
    assert (len(double), double.fps) == (99, 50)
    np.testing.assert_allclose(double.joints[::2], motion.joints, atol=1e-4)
    radius = np.linalg.norm(double.joints[:, W, :2] - standing()[W, :2], axis=-1)
    assert np.abs(radius[2:-2] - 20).max() < 0.05, "between frames it follows the circle, not the chord"


def test_a_resampled_loop_closes(waving: Callable[..., Motion]) -> None:
    half = waving(50, loop=True).resampled(15)
    assert len(half) == 30
    steps = np.linalg.norm(np.diff(half.joints[:, W, :2], axis=0, append=half.joints[:1, W, :2]), axis=-1)
    np.testing.assert_allclose(steps, steps.mean(), rtol=0.01)


@given(frames=st.integers(1, 20), fps=st.floats(1, 240), loop=st.booleans())
def test_any_motion_can_be_resampled(frames: int, fps: float, loop: bool, waving: Callable[..., Motion]) -> None:
    motion = waving(frames, loop=loop).resampled(fps)
    assert np.isfinite(motion.joints).all()
    assert len(motion) >= 1
    np.testing.assert_allclose(motion.joints[0], waving(frames).joints[0], atol=1e-3)


def test_take_goes_round_in_a_loop_and_ends_otherwise(waving: Callable[..., Motion]) -> None:
    assert len(waving(10).take(25)) == 10
    assert len(waving(10).take(4)) == 4
    looped = waving(10, loop=True).take(25)
    assert len(looped) == 25
    np.testing.assert_array_equal(looped.joints[20], looped.joints[0])
    assert not looped.loop
    assert waving(10, loop=True).take(20).loop
    with pytest.raises(InputError, match="at least 1"):
        waving().take(0)


def test_a_motion_gives_poses_and_needs_frames(waving: Callable[..., Motion]) -> None:
    motion = waving(10)
    np.testing.assert_array_equal(motion[3].joints, motion.joints[3])
    assert motion.seconds == pytest.approx(0.4)
    with pytest.raises(ValueError, match="25"):
        Motion(np.zeros((0, 25, 3)), np.zeros((0, 25)), 25, (1, 1))


# Turning


@settings(max_examples=30, deadline=None)
@given(first=st.floats(-400, 400), second=st.floats(-400, 400))
def test_a_turned_motion_keeps_its_path_its_lengths_and_its_heights(first: float, second: float) -> None:
    motion = templates.motion("walk", 10)
    turned = motion.turned(first).turned(second)
    np.testing.assert_allclose(turned.joints, motion.turned(first + second).joints, atol=0.01)
    np.testing.assert_allclose(turned.joints[:, Joint.MID_HIP], motion.joints[:, Joint.MID_HIP], atol=1e-3)
    np.testing.assert_array_equal(turned.joints[..., 1:], motion.joints[..., 1:])
    assert turned.loop
    before, after = (
        np.hypot(each.joints[..., 0] - each.joints[:, [Joint.MID_HIP], 0], each.depth) for each in (motion, turned)
    )
    np.testing.assert_allclose(after, before, atol=0.01)


def test_a_quarter_turn_brings_the_left_shoulder_to_the_back_and_the_nose_to_the_right() -> None:
    motion = templates.motion("idle").turned(90)
    assert (motion.depth[:, Joint.L_SHOULDER] > 40).all()
    assert (motion.joints[:, Joint.NOSE, 0] > motion.joints[:, Joint.NECK, 0] + 20).all()


def test_a_motion_can_turn_steadily() -> None:
    motion = templates.motion("idle")
    turned = motion.turned(np.linspace(0, 180, len(motion)))
    np.testing.assert_array_equal(turned.joints[0], motion.joints[0])
    assert turned.joints[-1, Joint.R_SHOULDER, 0] > turned.joints[-1, Joint.L_SHOULDER, 0] + 60
    assert not turned.loop


def test_without_depth_there_is_nothing_to_turn(waving: Callable[..., Motion]) -> None:
    flat = replace(waving(5), depth=np.zeros((5, 25)))
    assert flat.turned(0) is flat
    with pytest.raises(InputError, match="no depth"):
        flat.turned(30)
