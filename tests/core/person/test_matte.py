"""The matte: gaps open, edges soft and where they are, one person only; colours without the background."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fashionmirror_core import skeleton
from fashionmirror_core.person.matte import _share_by_hue, foreground_colors, refine
from fashionmirror_core.skeleton import Joint, Pose

WALL, COAT = (205, 208, 214), (150, 40, 60)


def mannequin(height: int = 480, width: int = 360) -> tuple[np.ndarray, np.ndarray, Pose]:
    """A drawn person before a plain wall: picture, exact matte, pose."""
    joints = np.zeros((skeleton.JOINT_COUNT, 3), np.float32)
    x, y = width / 2, height / 480
    at = {
        Joint.NOSE: (x, 66), Joint.NECK: (x, 100), Joint.MID_HIP: (x, 240),
        Joint.R_SHOULDER: (x - 32, 104), Joint.R_ELBOW: (x - 66, 165), Joint.R_WRIST: (x - 72, 225),
        Joint.L_SHOULDER: (x + 32, 104), Joint.L_ELBOW: (x + 66, 165), Joint.L_WRIST: (x + 72, 225),
        Joint.R_HIP: (x - 18, 240), Joint.R_KNEE: (x - 24, 330), Joint.R_ANKLE: (x - 26, 415),
        Joint.L_HIP: (x + 18, 240), Joint.L_KNEE: (x + 24, 330), Joint.L_ANKLE: (x + 26, 415),
        Joint.R_HEEL: (x - 26, 424), Joint.R_BIG_TOE: (x - 32, 436),
        Joint.L_HEEL: (x + 26, 424), Joint.L_BIG_TOE: (x + 32, 436),
    }  # fmt: skip
    for joint, (px, py) in at.items():
        joints[joint] = (px, py * y, 1.0)
    large = np.zeros((height * 4, width * 4), np.uint8)

    def line(first: int, second: int, thickness: float) -> None:
        ends = [tuple(int(v * 4) for v in joints[joint, :2]) for joint in (first, second)]
        cv2.line(large, ends[0], ends[1], 255, int(thickness * 4))

    cv2.circle(large, (int(x * 4), int(62 * y * 4)), 24 * 4, 255, -1)
    line(Joint.NECK, Joint.MID_HIP, 56)
    for first, second, thickness in (
        (Joint.R_SHOULDER, Joint.R_ELBOW, 18), (Joint.R_ELBOW, Joint.R_WRIST, 15),
        (Joint.L_SHOULDER, Joint.L_ELBOW, 18), (Joint.L_ELBOW, Joint.L_WRIST, 15),
        (Joint.R_HIP, Joint.R_KNEE, 30), (Joint.R_KNEE, Joint.R_ANKLE, 22),
        (Joint.L_HIP, Joint.L_KNEE, 30), (Joint.L_KNEE, Joint.L_ANKLE, 22),
        (Joint.R_ANKLE, Joint.R_BIG_TOE, 20), (Joint.L_ANKLE, Joint.L_BIG_TOE, 20),
    ):  # fmt: skip
        line(first, second, thickness)
    matte = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    wall = np.array(WALL, np.float32) - np.linspace(0, 14, height, dtype=np.float32)[:, None, None]
    picture = matte[..., None] * np.array(COAT, np.float32) + (1 - matte[..., None]) * wall
    picture += np.random.default_rng(0).normal(0, 1.5, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8), matte, Pose(joints)


def as_estimated(matte: np.ndarray) -> np.ndarray:
    """What an estimator makes of it: fat, smooth, gaps half closed."""
    closed = cv2.morphologyEx(matte, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    return cv2.GaussianBlur(np.maximum(matte, 0.9 * closed), (0, 0), 4)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a > 0.5) & (b > 0.5)).sum() / ((a > 0.5) | (b > 0.5)).sum())


def test_a_coarse_mask_becomes_the_exact_one() -> None:
    picture, truth, pose = mannequin()
    coarse = as_estimated(truth)
    matte = refine(picture, coarse, pose)
    assert matte.dtype == np.float32
    assert matte.shape == truth.shape
    assert matte.min() >= 0
    assert matte.max() <= 1
    assert overlap(matte, truth) > max(0.97, overlap(coarse, truth))
    edge = (truth > 0.02) & (truth < 0.98)
    assert np.abs(matte - truth)[edge].mean() < 0.15


def test_the_gap_between_arm_and_body_is_open() -> None:
    picture, truth, pose = mannequin()
    coarse = as_estimated(truth)
    gap = (slice(140, 150), slice(141, 148))
    assert coarse[gap].mean() > 0.7
    assert truth[gap].max() == 0
    assert refine(picture, coarse, pose)[gap].max() < 0.2


def test_what_is_not_connected_with_the_body_is_dropped() -> None:
    picture, truth, pose = mannequin()
    picture[80:200, 8:34] = (30, 60, 120)
    coarse = as_estimated(truth)
    coarse[80:200, 8:34] = 0.9
    assert refine(picture, coarse, pose)[70:210, :40].max() < 0.05


def test_clothes_in_the_colour_of_the_wall_keep_their_place() -> None:
    picture, truth, pose = mannequin()
    body = cv2.erode((truth > 0.5).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    body[:110] = body[300:] = False
    picture[body] = np.array(WALL, np.uint8) - 7
    assert overlap(refine(picture, cv2.GaussianBlur(truth, (0, 0), 3), pose), truth) > 0.85


def test_skin_as_bright_as_the_wall_is_told_by_its_hue() -> None:
    """A lit hand before a pale wall: half of it had become see-through."""
    wall, skin, lit = (
        np.full((4, 4, 3), color, np.uint8) for color in ((216, 216, 216), (205, 160, 135), (236, 212, 196))
    )
    assert _share_by_hue(lit, skin.astype(np.float32), wall.astype(np.float32)).min() > 0.5
    assert _share_by_hue(skin, skin.astype(np.float32), wall.astype(np.float32)).min() > 0.95
    assert _share_by_hue(wall, skin.astype(np.float32), wall.astype(np.float32)).max() < 0.05
    assert not _share_by_hue(lit, wall.astype(np.float32), wall.astype(np.float32)).any()


def test_a_colour_that_jpeg_has_spilled_beyond_the_edge_is_no_person() -> None:
    picture, truth, pose = mannequin(1440, 1080)
    outside = cv2.distanceTransform((truth < 0.02).astype(np.uint8), cv2.DIST_L2, 5)
    spilled = (outside > 3) & (outside < 4.5)
    spilled[:450] = False
    picture[spilled] = np.array(WALL, np.uint8) + np.array([16, -10, -6], np.int8).astype(np.uint8)
    matte = refine(picture, as_estimated(truth), pose)
    assert matte[spilled].mean() < 0.12  # 0.3 before it had to be connected
    assert overlap(matte, truth) > 0.95


def test_the_answer_is_the_same_each_time() -> None:
    picture, truth, pose = mannequin(240, 180)
    coarse = as_estimated(truth)
    np.testing.assert_array_equal(refine(picture, coarse, pose), refine(picture, coarse, pose))


def test_nobody_in_the_mask_gives_an_empty_matte() -> None:
    picture, truth, pose = mannequin(240, 180)
    assert not refine(picture, np.zeros_like(truth), pose).any()


@pytest.mark.parametrize("touching", ["top", "bottom", "left"])
def test_a_person_at_the_border_is_no_trouble(touching: str) -> None:
    picture, truth, pose = mannequin()
    cut = {"top": np.s_[60:], "bottom": np.s_[:400], "left": np.s_[:, 110:]}[touching]
    offset = {"top": (0.0, -60.0), "bottom": (0.0, 0.0), "left": (-110.0, 0.0)}[touching]
    matte = refine(np.ascontiguousarray(picture[cut]), as_estimated(truth)[cut], pose.transformed(1.0, offset))
    assert overlap(matte, truth[cut]) > 0.95


def test_pasted_elsewhere_the_edge_shows_no_halo() -> None:
    picture, truth, _ = mannequin()
    edge = (truth > 0.05) & (truth < 0.95)
    own = foreground_colors(picture, truth).astype(float)
    assert np.abs(own[edge] - COAT).mean() < 6
    inside = cv2.erode(truth, np.ones((7, 7), np.uint8)) > 0.99
    np.testing.assert_array_equal(own[inside], picture[inside])
    assert np.abs(picture[edge].astype(float) - COAT).mean() > 20
