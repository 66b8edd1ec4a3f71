"""Hands of who stands are at the body, whatever an estimator says of arms that look short."""

import numpy as np
import pytest

from fashionmirror_core.body.hands import resting
from fashionmirror_core.skeleton import ARM, JOINT_COUNT, LEG, Joint
from fashionmirror_core.vocabulary import Side

SEEN = np.ones(JOINT_COUNT)


@pytest.fixture
def standing() -> tuple[np.ndarray, np.ndarray]:
    """Points (25, 2) and depth (25,) of who stands with both hands in pockets; the estimator holds them out."""
    points, depth = np.zeros((JOINT_COUNT, 2)), np.zeros(JOINT_COUNT)
    for side, sign in ((Side.RIGHT, -1), (Side.LEFT, 1)):
        points[[*ARM[side]]] = [[0.11 * sign, -0.26], [0.14 * sign, -0.12], [0.1 * sign, -0.05]]
        points[[*LEG[side]]] = [[0.05 * sign, 0], [0.05 * sign, 0.24], [0.05 * sign, 0.45]]
        depth[[*ARM[side]]] = [0, -0.06, -0.18]
    return points, depth


def test_hands_in_pockets_lie_at_the_body_and_elbows_behind(standing):
    points, depth = standing
    told = resting(points, depth, SEEN)
    for side in Side:
        shoulder, elbow, wrist = ARM[side]
        assert -0.09 < told[wrist] < -0.04
        assert told[elbow] > told[shoulder] + 0.02
    others = np.setdiff1d(np.arange(JOINT_COUNT), [joint for side in Side for joint in ARM[side]])
    assert (told[others] == depth[others]).all()


def test_who_is_seen_from_behind_has_them_on_the_far_side(standing):
    points, depth = standing
    told = resting(points * [-1, 1], -depth, SEEN)
    assert all(0.04 < told[ARM[side][2]] < 0.09 for side in Side)


def test_an_arm_swings_as_far_as_the_feet_stride(standing):
    points, depth = standing
    depth[Joint.L_ANKLE], depth[Joint.R_ANKLE] = -0.15, 0.15
    told = resting(points, depth, SEEN)
    assert told[Joint.R_WRIST] == depth[Joint.R_WRIST]  # it goes with the left foot
    assert told[Joint.L_WRIST] > -0.09


@pytest.mark.parametrize("case", ["raised", "near", "sits", "sideways", "hidden"])
def test_other_hands_stay(standing, case):
    points, depth = standing
    trust = SEEN.copy()
    wrists, knees = [ARM[side][2] for side in Side], [LEG[side][1] for side in Side]
    if case == "raised":
        points[wrists, 1] = -0.2
    elif case == "near":
        depth[wrists] = -0.04
    elif case == "sits":
        points[knees, 1] = 0.05
    elif case == "sideways":
        points, depth = np.column_stack([depth, points[:, 1]]), points[:, 0]
    else:
        trust[wrists] = 0
    assert (resting(points, depth, trust) == depth).all()
