"""The estimator: the person in a picture, calibration, loading."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from fashionmirror_core import skeleton
from fashionmirror_core.motion import mediapipe_loading, templates
from fashionmirror_core.motion.estimator import PoseEstimator, calibrate, calibrate_depth
from fashionmirror_core.skeleton import Joint

BODY = list(range(Joint.NECK, Joint.L_ANKLE + 1))  # trunk, arms and legs
ROOT = Path(__file__).resolve().parents[3]
PERSONS = ROOT / "tests" / "samples" / "persons"


def _photo(name: str = "red-top", height: int = 640) -> np.ndarray:
    picture = cv2.cvtColor(cv2.imread(str(PERSONS / f"{name}.jpg")), cv2.COLOR_BGR2RGB)
    return cv2.resize(picture, (round(picture.shape[1] * height / picture.shape[0]), height), cv2.INTER_AREA)


@pytest.fixture(scope="module")
def estimator() -> Iterator[PoseEstimator]:
    with PoseEstimator(static=True) as shared:
        yield shared


# Stills


def test_a_person_is_found_upright_with_a_matte_that_covers_the_joints(estimator: PoseEstimator) -> None:
    photo = _photo()
    pose, matte = estimator.estimate(photo)
    assert pose is not None
    assert matte is not None
    assert (matte.shape, matte.dtype) == (photo.shape[:2], np.float32)
    assert 0 <= matte.min() <= matte.max() <= 1
    x, y = np.round(pose.points[BODY]).astype(int).T
    assert (matte[y, x] > 0.5).mean() > 0.9
    assert pose.points[Joint.R_SHOULDER, 0] < pose.points[Joint.L_SHOULDER, 0], "her right is on our left"
    assert 0.7 * photo.shape[0] < pose.height < photo.shape[0]
    assert pose.depth[Joint.MID_HIP] == pytest.approx(0, abs=1e-3)
    assert np.abs(pose.depth).max() < 0.4 * pose.height


def test_a_large_photo_gives_the_same_pose_in_its_own_pixels(estimator: PoseEstimator) -> None:
    small, _ = estimator.estimate(_photo(height=900))
    photo = _photo(height=1800)
    large, matte = estimator.estimate(photo)
    assert small is not None
    assert large is not None
    assert matte is not None
    assert matte.shape == photo.shape[:2]
    error = np.linalg.norm(large.points - small.points * 2, axis=-1)[BODY]
    assert error.mean() < 0.01 * large.height


def test_an_empty_picture_holds_nobody(estimator: PoseEstimator) -> None:
    assert estimator.estimate(np.full((200, 160, 3), 128, np.uint8)) == (None, None)


def test_only_rgb_pictures_are_taken(estimator: PoseEstimator) -> None:
    for shape in ((20, 20), (20, 20, 4)):
        with pytest.raises(ValueError, match="RGB"):
            estimator.estimate(np.zeros(shape, np.uint8))


def test_a_closed_estimator_says_so() -> None:
    shut = PoseEstimator()
    shut.close()
    shut.close()
    with pytest.raises(ValueError, match="closed"):
        shut.estimate(np.zeros((20, 20, 3), np.uint8))


def test_without_a_matte_only_the_pose_is_given() -> None:
    with PoseEstimator(matte=False) as poser:
        pose, matte = poser.estimate(_photo())
    assert pose is not None
    assert matte is None


# Calibration


def test_calibration_turns_and_scales_and_mirrors_with_the_body() -> None:
    joints = np.random.default_rng(3).uniform(0, 100, (4, 25, 3)).astype(np.float32)
    hips, shoulders = [Joint.R_HIP, Joint.L_HIP], [Joint.R_SHOULDER, Joint.L_SHOULDER]
    joints[:, Joint.MID_HIP] = joints[:, hips].mean(1)
    joints[:, Joint.NECK] = joints[:, shoulders].mean(1)
    turn = 1.7 * np.array([[np.cos(0.4), np.sin(0.4)], [-np.sin(0.4), np.cos(0.4)]])
    moved = joints.copy()
    moved[..., :2] = joints[..., :2] @ turn + [30, -10]
    np.testing.assert_allclose(calibrate(moved)[..., :2], calibrate(joints)[..., :2] @ turn + [30, -10], atol=1e-3)

    swap = [skeleton.NAMES.index(_other_side(name)) for name in skeleton.NAMES]
    flip = np.array([-1, 1, 1], np.float32)
    np.testing.assert_allclose(calibrate(joints[:, swap] * flip), calibrate(joints)[:, swap] * flip, atol=1e-3)


def _other_side(name: str) -> str:
    return {"R": "L", "L": "R"}[name[0]] + name[1:] if name[0] in "RL" else name


# Loading


def test_depth_scales_with_the_body_and_turns_and_mirrors_in_the_picture() -> None:
    walk = templates.motion("turn", 10)
    for frame in range(0, len(walk), 7):
        joints, depth = walk.joints[frame].copy(), walk.depth[frame]
        plain = calibrate_depth(joints, depth)
        angle = np.radians(90)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        turned, doubled, mirrored = joints.copy(), joints.copy(), joints[skeleton.MIRROR].copy()
        turned[:, :2] = joints[:, :2] @ turn
        doubled[:, :2] *= 2
        mirrored[:, 0] *= -1
        np.testing.assert_allclose(calibrate_depth(turned, depth), plain, atol=0.05)
        np.testing.assert_allclose(calibrate_depth(doubled, 2 * depth), 2 * plain, atol=0.05)
        np.testing.assert_allclose(calibrate_depth(mirrored, depth[skeleton.MIRROR]), plain[skeleton.MIRROR], atol=0.05)
        assert plain[Joint.MID_HIP] == 0


@pytest.mark.parametrize(("frame", "sign"), [(0, -1), (75, 1)])
def test_toes_point_where_the_body_faces_whatever_was_said_of_them(frame: int, sign: int) -> None:
    turn = templates.motion("turn")
    joints, depth = turn.joints[frame], turn.depth[frame].copy()
    depth[19:] = -sign * 40
    result = calibrate_depth(joints, depth)
    for toe, heel in ((Joint.L_BIG_TOE, Joint.L_HEEL), (Joint.R_SMALL_TOE, Joint.R_HEEL)):
        true = sign * (turn.depth[frame][toe] - turn.depth[frame][heel])
        assert sign * (result[toe] - result[heel]) == pytest.approx(true, rel=0.35)


@pytest.mark.parametrize(("lean", "kept"), [(0.08, False), (0.5, True)])
def test_a_bow_is_seen_and_a_slight_lean_is_not_believed(lean: float, kept: bool) -> None:
    motion = templates.motion("idle")
    depth = motion.depth[0].copy()
    trunk = float(np.hypot(*(motion.joints[0, Joint.NECK, :2] - motion.joints[0, Joint.MID_HIP, :2])))
    above = [joint for joint in Joint if joint < Joint.MID_HIP or Joint.R_EYE <= joint <= Joint.L_EAR]
    depth[above] -= lean * trunk
    assert (calibrate_depth(motion.joints[0], depth)[Joint.NECK] < -0.3 * trunk) == kept


def test_loading_stays_quiet_and_small() -> None:
    code = (
        "import sys, numpy as np\n"
        "from fashionmirror_core.motion.estimator import PoseEstimator\n"
        "assert 'mediapipe' not in sys.modules\n"
        "with PoseEstimator() as estimator: estimator.estimate(np.zeros((64, 64, 3), np.uint8))\n"
        "assert not {'jax', 'matplotlib', 'torch'} & set(sys.modules)\n"
        "print('mine', file=sys.stderr)\n"
        "import mediapipe\n"
        "assert mediapipe.solutions.pose.Pose and mediapipe.Image\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == "mine\n"


def test_what_others_write_to_stderr_meanwhile_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    with mediapipe_loading.quiet_stderr():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nsomebody else's line\n")
    assert capfd.readouterr().err == "somebody else's line\n"
