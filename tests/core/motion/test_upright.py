"""Motions that lie on their side or stand on their head are turned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.motion.upright import turned, upright

Waving = Callable[..., Motion]


@pytest.mark.parametrize(("quarters", "words"), [(1, "on its side"), (2, "on its head"), (3, "on its side")])
def test_a_turned_motion_is_turned_back_with_a_note(waving: Waving, quarters: int, words: str) -> None:
    motion = waving()
    lying = turned(motion, quarters)
    assert lying.size == ((300, 200) if quarters % 2 else (200, 300))
    back = upright(lying)
    np.testing.assert_allclose(back.joints, motion.joints, atol=1e-4)
    np.testing.assert_array_equal(back.depth, motion.depth)
    assert back.size == motion.size
    assert len(back.warnings) == 1
    assert words in back.warnings[0]
    assert "it was turned upright" in back.warnings[0]


def test_an_upright_motion_stays_as_it_is(waving: Waving) -> None:
    motion = waving()
    assert upright(motion) is motion


def test_frames_that_lie_among_others_that_stand_are_only_named(waving: Waving) -> None:
    motion = waving()
    joints = motion.joints.copy()
    joints[:10] = turned(motion, 1).joints[:10]
    kept = upright(replace(motion, joints=joints))
    np.testing.assert_array_equal(kept.joints, joints)
    assert "25 % of the motion" in kept.warnings[0]


def test_a_motion_without_a_trunk_has_no_direction(waving: Waving) -> None:
    motion = waving()
    joints = motion.joints.copy()
    joints[:, [1, 8], 2] = 0
    unknown = replace(motion, joints=joints)
    assert upright(unknown) is unknown
