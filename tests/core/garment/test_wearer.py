"""Where a garment's wearer would stand in its picture."""

from __future__ import annotations

import numpy as np
import pytest

from fashionmirror_core.garment.wearer import wearers_joints
from fashionmirror_core.skeleton import MIRROR, Joint
from fashionmirror_core.vocabulary import Category

TOP = {
    "neck_r": (85.0, 20.0), "neck_l": (115.0, 20.0), "shoulder_r": (60.0, 28.0), "shoulder_l": (140.0, 28.0),
    "armpit_r": (65.0, 60.0), "armpit_l": (135.0, 60.0), "waist_r": (68.0, 100.0), "waist_l": (132.0, 100.0),
    "hem_r": (65.0, 150.0), "hem_l": (135.0, 150.0),
}  # fmt: skip
LONG = TOP | {
    "cuff_outer_r": (5.0, 120.0), "cuff_inner_r": (15.0, 126.0),
    "cuff_outer_l": (195.0, 120.0), "cuff_inner_l": (185.0, 126.0),
}  # fmt: skip
SHORT = TOP | {
    "cuff_outer_r": (40.0, 55.0), "cuff_inner_r": (56.0, 66.0), "cuff_outer_l": (160.0, 55.0), "cuff_inner_l": (144.0, 66.0),
}  # fmt: skip
TROUSERS = {
    "waist_r": (60.0, 10.0), "waist_l": (120.0, 10.0), "crotch": (90.0, 75.0), "hem_r": (50.0, 230.0),
    "hem_l": (130.0, 230.0), "hem_inner_r": (80.0, 230.0), "hem_inner_l": (100.0, 230.0),
    "hip_r": (56.0, 55.0), "hip_l": (124.0, 55.0),
}  # fmt: skip
GARMENTS = {
    "top": (TOP, Category.UPPER),
    "long": (LONG, Category.UPPER),
    "short": (SHORT, Category.DRESS),
    "legs": (TROUSERS, Category.LOWER),
}


@pytest.mark.parametrize("name", GARMENTS)
def test_a_garment_mirrored_has_a_mirrored_wearer(name: str) -> None:
    marks, category = GARMENTS[name]
    swapped = {
        key[:-1] + {"r": "l", "l": "r"}[key[-1]] if key[-2] == "_" else key: (180 - x, y)
        for key, (x, y) in marks.items()
    }
    joints, mirrored = (wearers_joints(m, category, True) for m in (marks, swapped))
    joints = joints[MIRROR]
    known = joints[:, 2] > 0
    np.testing.assert_allclose(mirrored[known, 0], 180 - joints[known, 0], atol=1e-3)
    np.testing.assert_allclose(mirrored[known, 1], joints[known, 1], atol=1e-3)


@pytest.mark.parametrize("name", GARMENTS)
def test_a_larger_picture_has_a_larger_wearer(name: str) -> None:
    marks, category = GARMENTS[name]
    large = {key: (2 * x, 2 * y) for key, (x, y) in marks.items()}
    np.testing.assert_allclose(
        wearers_joints(large, category, False)[:, :2], 2 * wearers_joints(marks, category, False)[:, :2], rtol=1e-4
    )


def test_a_long_sleeve_ends_at_the_wrist_and_a_short_one_before_the_elbow() -> None:
    long, short = (wearers_joints(marks, Category.UPPER, False) for marks in (LONG, SHORT))
    np.testing.assert_allclose(long[Joint.R_WRIST, :2], (10, 123))
    cuff = np.array([48.0, 60.5])
    shoulder, elbow = short[Joint.R_SHOULDER, :2], short[Joint.R_ELBOW, :2]
    assert np.hypot(*(elbow - shoulder)) > 1.1 * np.hypot(*(cuff - shoulder))


def test_shoulders_and_hips_are_those_of_the_wearers_own_sides() -> None:
    joints = wearers_joints(TOP, Category.UPPER, False)
    assert joints[Joint.R_SHOULDER, 0] < joints[Joint.NECK, 0] < joints[Joint.L_SHOULDER, 0]
    assert joints[Joint.R_HIP, 0] < joints[Joint.MID_HIP, 0] < joints[Joint.L_HIP, 0]
    assert 28 < joints[Joint.NECK, 1] < 60 < joints[Joint.MID_HIP, 1]


def test_hands_are_on_no_cloth_of_trousers_and_feet_at_their_hems() -> None:
    joints = wearers_joints(TROUSERS, Category.LOWER, False)
    assert joints[Joint.R_WRIST, 0] < 0
    assert joints[Joint.L_WRIST, 0] > 180
    np.testing.assert_allclose(joints[Joint.R_ANKLE, :2], (65, 230), atol=1)
    assert joints[Joint.MID_HIP, 1] < 75
