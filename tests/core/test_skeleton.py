"""The skeleton: formats become BODY_25 and back, poses move, heights are measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fashionmirror_core import skeleton
from fashionmirror_core.errors import InputError
from fashionmirror_core.skeleton import Joint, Pose, body_height, depth_to_body25, from_body25, imagine_feet, to_body25

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


def joints_of(format_name: str) -> st.SearchStrategy[np.ndarray]:
    count = skeleton.joint_count(format_name)
    points = arrays(np.float32, (count, 2), elements=COORDINATES)
    confidence = arrays(np.float32, (count, 1), elements=st.floats(0, 1, width=32))
    return st.tuples(points, confidence).map(lambda parts: np.concatenate(parts, -1))


@pytest.mark.parametrize("format_name", skeleton.FORMATS)
@settings(max_examples=25)
@given(data=st.data())
def test_a_format_comes_back_unchanged_after_a_trip_through_body25(format_name: str, data: st.DataObject) -> None:
    joints = data.draw(joints_of(format_name))
    np.testing.assert_array_equal(from_body25(to_body25(joints, format_name), format_name), joints)


@pytest.mark.parametrize("format_name", ["COCO_17", "COCO_18"])
def test_coco_gets_a_mid_hip_between_the_hips_and_feet_without_confidence(format_name: str) -> None:
    body = to_body25(from_body25(standing(), format_name), format_name)
    np.testing.assert_allclose(body[: Joint.L_BIG_TOE], standing()[: Joint.L_BIG_TOE])
    feet = body[list(skeleton.FEET)]
    assert (feet[:, 2] == 0).all()
    assert (feet[:, 1] > 250).all(), "feet are below the ankles"
    assert (feet[:, 1] < 275).all()
    assert body[Joint.L_SMALL_TOE, 0] > body[Joint.L_BIG_TOE, 0], "small toes are on the outer side"
    assert body[Joint.R_SMALL_TOE, 0] < body[Joint.R_BIG_TOE, 0]


def test_a_mean_joint_is_as_sure_as_its_less_sure_part() -> None:
    joints = from_body25(standing(), "COCO_17")
    joints[5, 2], joints[12, 2] = 0.2, 0.4
    body = to_body25(joints, "COCO_17")
    assert body[Joint.NECK, 2] == pytest.approx(0.2)
    assert body[Joint.MID_HIP, 2] == pytest.approx(0.4)


def test_mediapipe_joints_land_on_their_names() -> None:
    marks = np.zeros((33, 3), np.float32)
    marks[:, 0] = np.arange(33)
    marks[:, 2] = 1.0
    body = to_body25(marks, "MEDIAPIPE_33")
    expected = {"Nose": 0, "Neck": 11.5, "RShoulder": 12, "LWrist": 15, "MidHip": 23.5, "RHip": 24, "LAnkle": 27}
    expected |= {"REye": 5, "LEye": 2, "REar": 8, "LEar": 7, "LBigToe": 31, "LHeel": 29, "RBigToe": 32, "RHeel": 30}
    for name, place in expected.items():
        assert body[skeleton.NAMES.index(name), 0] == place, name
    assert body[Joint.L_SMALL_TOE, 2] < body[Joint.L_BIG_TOE, 2]


def test_mediapipe_depth_is_zero_at_the_mid_hip() -> None:
    depth = depth_to_body25(np.arange(33.0))
    assert depth.shape == (25,)
    assert depth[Joint.MID_HIP] == 0
    assert depth[Joint.NOSE] == -23.5


@pytest.mark.parametrize("format_name", ["body_25", "COCO", "", "MEDIAPIPE"])
def test_an_unknown_format_is_refused_with_the_known_ones(format_name: str) -> None:
    with pytest.raises(InputError, match="BODY_25, COCO_18, COCO_17"):
        to_body25(np.zeros((25, 3)), format_name)


def test_a_wrong_joint_count_names_the_right_one() -> None:
    with pytest.raises(InputError, match="COCO_18 has 18 joints"):
        to_body25(np.zeros((17, 3)), "COCO_18")
    with pytest.raises(InputError, match="25 x 3"):
        from_body25(np.zeros((17, 3)), "COCO_17")


def test_imagined_feet_stay_at_an_unknown_ankle() -> None:
    joints = standing()
    joints[Joint.L_ANKLE] = 0
    imagine_feet(joints)
    assert (joints[list(skeleton.FOOT["l"]), :2] == 0).all()


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
