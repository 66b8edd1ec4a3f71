"""Depth is found again where only the picture of a motion is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.body.lift import lift
from fashionmirror_core.motion import templates
from fashionmirror_core.motion.sequence import PoseSequence
from fashionmirror_core.skeleton import ARM, LEG, Joint
from fashionmirror_core.vocabulary import Side

HEIGHT = 560  # pixels that a template's figure takes


def error(motion: PoseSequence, depth: np.ndarray) -> float:
    """The mean error in shares of the height."""
    return float(np.abs(depth - motion.depth).mean() / HEIGHT)


# A flat figure would be wrong by 0.033 (idle) to 0.057 (walk).
@pytest.mark.parametrize("name", ["walk", "turn", "turntable", "three-quarter", "idle", "akimbo"])
def test_a_templates_depth_is_found_again(name: str) -> None:
    motion = templates.motion(name, 25)
    depth = lift(motion.joints, motion.fps, motion.loop)
    assert depth.shape == motion.depth.shape
    assert (depth[:, Joint.MID_HIP] == 0).all()
    assert error(motion, depth) < 0.024


def test_estimated_joints_are_lifted_too() -> None:
    motion = templates.motion("walk", 25)
    noise = np.random.default_rng(0).normal(size=(len(motion), 25, 2)) * 0.004 * HEIGHT
    joints = np.concatenate([motion.joints[..., :2] + noise, motion.joints[..., 2:]], -1)
    assert error(motion, lift(joints, 25)) < 0.7 * error(motion, np.zeros_like(motion.depth))


def test_one_who_turns_round_has_the_shoulders_change_places() -> None:
    motion = templates.motion("turntable", 25)
    depth = lift(motion.joints, motion.fps, motion.loop)
    lifted, true = (values[:, ARM[Side.LEFT][0]] - values[:, ARM[Side.RIGHT][0]] for values in (depth, motion.depth))
    aside = np.abs(true) > 0.05 * HEIGHT
    assert (np.sign(lifted[aside]) == np.sign(true[aside])).all()


def test_knees_bend_forwards() -> None:
    """A raised thigh and a hanging shin, seen from the front, in one picture alone."""
    pose = templates.motion("idle", 25).joints[:1].copy()
    hip, knee, ankle = LEG[Side.RIGHT]
    pose[0, knee, 1] -= 0.35 * (pose[0, knee, 1] - pose[0, hip, 1])
    pose[0, ankle, 1] = pose[0, knee, 1] + 0.8 * (pose[0, LEG[Side.LEFT][2], 1] - pose[0, LEG[Side.LEFT][1], 1])
    depth = lift(pose, 25)[0]
    assert depth[knee] < -0.1 * HEIGHT
    assert depth[ankle] > depth[knee] + 0.05 * HEIGHT


@settings(max_examples=15, deadline=None)
@given(scale=st.floats(0.1, 20), x=st.floats(-3000, 3000), y=st.floats(-3000, 3000))
def test_depth_goes_with_the_pictures_size_and_not_with_the_place(scale: float, x: float, y: float) -> None:
    joints = templates.motion("wave", 5).joints.astype(np.float64)[:6]
    moved = joints.copy()
    moved[..., :2] = scale * joints[..., :2] + [x, y]
    assert lift(moved, 5) == pytest.approx(scale * lift(joints, 5), abs=1e-3 * scale * HEIGHT)


def test_joints_at_one_place_have_no_depth_that_is_not_a_number() -> None:
    assert np.isfinite(lift(np.zeros((3, 25, 3)), 25)).all()
