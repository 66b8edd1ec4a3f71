"""The skeleton: poses move, heights are measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionmirror_core import skeleton
from fashionmirror_core.skeleton import Joint, Pose, body_height

COORDINATES = st.floats(-2000, 2000, width=32)


def standing() -> np.ndarray:
    """A person facing the camera, (25, 3), all joints confident."""
    points = {
        **{"Nose": (100, 40), "Neck": (100, 70), "MidHip": (100, 150)},
        **{"RShoulder": (80, 70), "RElbow": (75, 105), "RWrist": (72, 135)},
        **{"LShoulder": (120, 70), "LElbow": (125, 105), "LWrist": (128, 135)},
        **{"RHip": (90, 150), "RKnee": (90, 200), "RAnkle": (90, 250)},
        **{"LHip": (110, 150), "LKnee": (110, 200), "LAnkle": (110, 250)},
        **{"REye": (96, 36), "LEye": (104, 36), "REar": (90, 38), "LEar": (110, 38)},
        **{"LBigToe": (111, 262), "LSmallToe": (116, 261), "LHeel": (110, 255)},
        **{"RBigToe": (89, 262), "RSmallToe": (84, 261), "RHeel": (90, 255)},
    }
    return np.array([(*points[name], 1.0) for name in skeleton.NAMES], np.float32)


@given(scale=st.floats(0.01, 20), x=COORDINATES, y=COORDINATES)
def test_a_transformed_pose_scales_lengths_and_depth(scale: float, x: float, y: float) -> None:
    pose = Pose(standing(), np.linspace(-10, 10, 25))
    moved = pose.transformed(scale, (x, y))
    np.testing.assert_allclose(moved.points, pose.points * scale + [x, y], rtol=1e-4, atol=1e-2)
    np.testing.assert_allclose(moved.depth, pose.depth * scale, rtol=1e-5)
    np.testing.assert_array_equal(moved.confidence, pose.confidence)


def test_height_reaches_from_above_the_nose_to_the_heel() -> None:
    assert body_height(standing()) == pytest.approx(255 - (40 - 0.75 * 30))
    assert Pose(standing()).height == pytest.approx(body_height(standing()))
    assert Pose(standing()).extent == pytest.approx(262 - 36)


def test_a_pose_of_another_shape_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="25"):
        Pose(np.zeros((18, 3)))


def test_bones_reach_every_joint_once() -> None:
    children = [child for _, child in skeleton.BONES]
    assert sorted([*children, Joint.NECK]) == list(range(25))
