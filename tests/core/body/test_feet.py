"""Feet on a level floor that a camera near by looks down on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fashionmirror_core.body.feet import levelling, on_level_floor
from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.skeleton import FOOT, HEEL, LEG, TOES
from fashionmirror_core.vocabulary import Side
from tests.core.body.test_posing import BODY, STANDING


def standing(slope: float) -> np.ndarray:
    """(25, 3): the figure with flat feet, on a floor that rises away from the viewer."""
    points = STANDING.copy()
    for side in Side:
        foot = list(FOOT[side])
        points[foot, 1] = points[LEG[side][2], 1] + 25
        points[foot, 1] += slope * (points[foot, 2] - points[LEG[side][2], 2])
    return points


def turned(points: np.ndarray, degrees: float, slope: float) -> np.ndarray:
    """The same, turned about the vertical on the same floor."""
    middle = points.mean(0)
    level = points - [0, 1, 0] * (slope * (points[:, 2:] - middle[2]))
    level = middle + (level - middle) @ Rotation.from_euler("y", degrees, degrees=True).as_matrix().T
    return level + [0, 1, 0] * (slope * (level[:, 2:] - middle[2]))


def rise(points: np.ndarray, side: Side) -> float:
    """Sine of how far the toes are above the heel."""
    foot = points[list(TOES[side])].mean(0) - points[HEEL[side]]
    return float(-foot[1] / np.linalg.norm(foot))


@pytest.mark.parametrize("slope", [-0.15, -0.35])
def test_a_foot_that_turns_sideways_keeps_the_slope_of_the_photo_in_its_own_axes(slope: float) -> None:
    """A foot drawn level in the photo's pose stays level as it turns; taken as they are, the points would tip it up."""
    own = standing(slope)
    rotations = BODY.rotations.copy()
    down = Rotation.from_euler("x", -np.arctan(slope)).as_matrix()
    rotations[[Bone.L_FOOT, Bone.R_FOOT]] = down  # as a fit without perspective has them
    body = replace(BODY, rotations=rotations)
    poses = np.stack([turned(own, degrees, slope) for degrees in (0, 30, 60, 90)])
    found = on_level_floor(poses, own, body, Side)
    for side in Side:
        assert rise(own, side) == pytest.approx(rise(found[0], side), abs=0.03)
        assert abs(rise(poses[-1], side)) < 0.4 * abs(slope)
        assert rise(found[-1], side) == pytest.approx(rise(own, side), abs=0.03)


def test_joints_other_than_the_feet_stay() -> None:
    feet = [joint for side in Side for joint in FOOT[side]]
    poses = np.stack([turned(STANDING, degrees, 0) for degrees in (0, 70)])
    found = on_level_floor(poses, STANDING, BODY, Side)
    np.testing.assert_array_equal(np.delete(found, feet, 1), np.delete(poses, feet, 1))


def test_a_foot_without_a_shoe_stays_as_it_is() -> None:
    own = standing(-0.3)
    poses = np.stack([turned(own, degrees, -0.3) for degrees in (0, 70)])
    found = on_level_floor(poses, own, BODY, [Side.LEFT])
    bare, shod = list(FOOT[Side.RIGHT]), list(FOOT[Side.LEFT])
    np.testing.assert_array_equal(found[:, bare], poses[:, bare])
    assert np.abs(found[:, shod] - poses[:, shod]).max() > 1


@pytest.mark.parametrize(("degrees", "left"), [(15, 0), (50, 50)])
def test_a_sole_near_level_becomes_level_and_a_foot_on_its_toes_stays(degrees: float, left: float) -> None:
    rotation = Rotation.from_euler("x", degrees, degrees=True).as_matrix()
    up = np.array([0.0, -1.0, 0.0])
    sole = levelling(rotation, up) @ rotation @ up
    assert np.degrees(np.arccos(np.clip(sole @ up, -1, 1))) == pytest.approx(left, abs=0.1)
