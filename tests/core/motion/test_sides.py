"""Left and right through time: frames that an estimator mistook are put right, the others stay as they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.motion import sides, templates
from fashionmirror_core.skeleton import ARM, FOOT, LEG, MIRROR
from fashionmirror_core.vocabulary import Side

WHOLE = {name: templates.motion(name, 15) for name in ("turn", "walk", "turntable", "crossed-feet")}
ARMS = [joint for side in Side for joint in ARM[side]]
LEGS = [joint for side in Side for joint in (*LEG[side], *FOOT[side])]


def swapped(motion, frames, joints=range(25)):
    """Joints and depth of the motion with both sides changed over in some frames."""
    places = np.ix_(list(frames), list(joints))
    mirrored = np.ix_(list(frames), MIRROR[list(joints)])
    joints_, depth = motion.joints.copy(), motion.depth.copy()
    joints_[places], depth[places] = motion.joints[mirrored], motion.depth[mirrored]
    return joints_, depth


@pytest.mark.parametrize("name", WHOLE)
def test_a_motion_on_its_own_sides_stays_as_it_is(name):
    motion = WHOLE[name]
    joints, depth, changed = sides.followed(motion.joints, motion.depth, np.ones(len(motion), bool), motion.fps)
    np.testing.assert_array_equal(joints, motion.joints)
    np.testing.assert_array_equal(depth, motion.depth)
    assert not changed.any()


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(sorted(WHOLE)), start=st.integers(0, 60), length=st.integers(1, 14))
def test_frames_that_were_mistaken_are_put_right(name, start, length):
    motion = WHOLE[name]
    frames = [frame for frame in range(start, start + length) if frame < len(motion)]
    joints, depth, changed = sides.followed(*swapped(motion, frames), np.ones(len(motion), bool), motion.fps)
    np.testing.assert_array_equal(joints, motion.joints)
    np.testing.assert_array_equal(depth, motion.depth)
    np.testing.assert_array_equal(np.flatnonzero(changed.any(1)), frames)


def test_legs_are_put_right_apart_from_the_arms():
    motion = WHOLE["walk"]
    joints, depth, changed = sides.followed(*swapped(motion, range(5, 9), LEGS), np.ones(len(motion), bool), motion.fps)
    np.testing.assert_array_equal(joints[:, LEGS], motion.joints[:, LEGS])
    assert not changed[:, 0].any()
    assert changed[5:9, 1].all()
    assert depth.shape == motion.depth.shape


def test_frames_without_the_person_count_for_nothing():
    motion = WHOLE["turn"]
    present = np.ones(len(motion), bool)
    present[[10, 11, 30]] = False
    joints = motion.joints.copy()
    joints[~present] = 0
    result, _, changed = sides.followed(joints, motion.depth, present, motion.fps)
    np.testing.assert_array_equal(result, joints)
    assert not changed.any()
    for few in (np.zeros(len(motion), bool), np.arange(len(motion)) == 3):
        assert not sides.followed(joints, motion.depth, few, motion.fps)[2].any()
