"""Joint formats become BODY_25."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fashionmirror_core import skeleton
from fashionmirror_core.errors import InputError
from fashionmirror_core.motion.joint_formats import (
    FORMATS,
    depth_to_body25,
    format_of,
    imagine_feet,
    joint_count,
    to_body25,
)
from fashionmirror_core.skeleton import Joint

COORDINATES = st.floats(-2000, 2000, width=32)
Standing = Callable[[], np.ndarray]
Written = Callable[[np.ndarray, str], np.ndarray]


def joints_of(format_name: str) -> st.SearchStrategy[np.ndarray]:
    count = joint_count(format_name)
    points = arrays(np.float32, (count, 2), elements=COORDINATES)
    confidence = arrays(np.float32, (count, 1), elements=st.floats(0, 1, width=32))
    return st.tuples(points, confidence).map(lambda parts: np.concatenate(parts, -1))


@pytest.mark.parametrize("format_name", FORMATS)
@settings(max_examples=25)
@given(data=st.data())
def test_a_format_comes_back_unchanged_after_a_trip_through_body25(
    format_name: str, data: st.DataObject, written: Written
) -> None:
    joints = data.draw(joints_of(format_name))
    kept = sorted({index for parts in FORMATS[format_name].recipe for index in parts})
    back = written(to_body25(joints, format_name), format_name)
    np.testing.assert_array_equal(back[kept], joints[kept])
    if format_name in ("BODY_25", "COCO_18", "COCO_17"):
        assert len(kept) == len(joints), "nothing is dropped"


def test_no_two_formats_have_as_many_joints() -> None:
    assert [format_of(known.count) for known in FORMATS.values()] == list(FORMATS)
    assert format_of(21) is None


@pytest.mark.parametrize("format_name", ["COCO_133", "HALPE_26", "HALPE_136"])
def test_the_whole_body_formats_bring_their_feet(format_name: str, standing: Standing, written: Written) -> None:
    body = to_body25(written(standing(), format_name), format_name)
    np.testing.assert_allclose(body, standing())


@pytest.mark.parametrize("format_name", ["COCO_17", "COCO_18"])
def test_coco_gets_a_mid_hip_between_the_hips_and_feet_without_confidence(
    format_name: str, standing: Standing, written: Written
) -> None:
    body = to_body25(written(standing(), format_name), format_name)
    np.testing.assert_allclose(body[: Joint.L_BIG_TOE], standing()[: Joint.L_BIG_TOE])
    feet = body[list(skeleton.FEET)]
    assert (feet[:, 2] == 0).all()
    assert (feet[:, 1] > 250).all(), "feet are below the ankles"
    assert (feet[:, 1] < 275).all()
    assert body[Joint.L_SMALL_TOE, 0] > body[Joint.L_BIG_TOE, 0], "small toes are on the outer side"
    assert body[Joint.R_SMALL_TOE, 0] < body[Joint.R_BIG_TOE, 0]


def test_a_mean_joint_is_as_sure_as_its_less_sure_part(standing: Standing, written: Written) -> None:
    joints = written(standing(), "COCO_17")
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


def test_imagined_feet_stay_at_an_unknown_ankle(standing: Standing) -> None:
    joints = standing()
    joints[Joint.L_ANKLE] = 0
    imagine_feet(joints)
    assert (joints[list(skeleton.FOOT["l"]), :2] == 0).all()
