"""A joint that is moved in the picture: its bones turn in depth and keep their lengths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.motion import templates
from fashionmirror_core.motion.bending import with_lengths_kept
from fashionmirror_core.skeleton import FOOT, LIMB_BONES, Joint

CATWALK = templates.motion("catwalk", 5)
POINTS = np.concatenate([CATWALK.joints[..., :2], CATWALK.depth[..., None]], -1).astype(np.float64)
LIMB_ENDS = [child for _, child in LIMB_BONES]


def placed(places: np.ndarray) -> np.ndarray:
    return np.concatenate([places, with_lengths_kept(POINTS, places)[..., None]], -1)


def lengths(points: np.ndarray) -> np.ndarray:
    return np.stack([np.linalg.norm(points[:, b] - points[:, a], axis=-1) for a, b in LIMB_BONES], -1)


def test_joints_that_stay_keep_their_depth() -> None:
    np.testing.assert_allclose(placed(POINTS[..., :2]), POINTS, atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(joint=st.sampled_from(LIMB_ENDS), x=st.floats(-60, 60), y=st.floats(-60, 60))
def test_bones_are_as_long_as_before_or_reach_for_a_place_too_far(joint: int, x: float, y: float) -> None:
    places = POINTS[..., :2].copy()
    places[:, joint] += (x, y)
    points = placed(places)
    flat = lengths(points * (1, 1, 0))
    np.testing.assert_allclose(lengths(points), np.maximum(lengths(POINTS), flat), rtol=1e-3)


def test_a_hand_that_is_drawn_to_its_shoulder_comes_to_the_front() -> None:
    still = np.array(POINTS[:1])
    still[0, :, 2] = 0
    places = still[..., :2].copy()
    places[0, Joint.R_WRIST] = places[0, Joint.R_ELBOW] + 0.3 * (places[0, Joint.R_WRIST] - places[0, Joint.R_ELBOW])
    assert with_lengths_kept(still, places)[0, Joint.R_WRIST] < 0
    mirrored = still * (-1, 1, 1)  # from behind: the front is away from the camera
    assert with_lengths_kept(mirrored, places * (-1, 1))[0, Joint.R_WRIST] > 0


def test_the_forearm_goes_with_an_elbow_that_is_moved() -> None:
    places = POINTS[..., :2].copy()
    places[:, Joint.L_ELBOW] += (6.0, -8.0)
    points = placed(places)
    np.testing.assert_array_equal(points[:, Joint.L_WRIST, :2], POINTS[:, Joint.L_WRIST, :2])
    others = [joint for joint in range(25) if joint not in (Joint.L_ELBOW, Joint.L_WRIST)]
    np.testing.assert_allclose(points[:, others], POINTS[:, others], atol=1e-3)


@pytest.mark.parametrize("side", list(FOOT))
def test_a_foot_keeps_its_place_before_the_ankle(side: str) -> None:
    ankle = Joint.R_ANKLE if side == "r" else Joint.L_ANKLE
    places = POINTS[..., :2].copy()
    places[:, ankle] += (0, -30)
    points = placed(places)
    before = POINTS[:, FOOT[side], 2] - POINTS[:, ankle, None, 2]
    np.testing.assert_allclose(points[:, FOOT[side], 2] - points[:, ankle, None, 2], before, atol=1e-2)
