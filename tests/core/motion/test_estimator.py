"""The estimator: people in stills, motions from videos, against the samples' true joints."""

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
from fashionmirror_core.errors import InputError
from fashionmirror_core.motion import estimator as module
from fashionmirror_core.motion.estimator import ExtractCancelled, PoseEstimator, calibrate, extract, find_people
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.skeleton import Joint, body_height

BODY = list(range(Joint.NECK, Joint.L_ANKLE + 1))  # trunk, arms and legs
ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / ".." / "shared" / "samples"


def _sample(name: str) -> Path:
    if not (SAMPLES / name).exists():
        pytest.skip("the shared samples are not here")
    return SAMPLES / name


def _photo(name: str = "person-red-top.jpg", height: int = 640) -> np.ndarray:
    picture = cv2.cvtColor(cv2.imread(str(_sample(name))), cv2.COLOR_BGR2RGB)
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
    assert find_people(np.full((200, 160, 3), 128, np.uint8)) == []


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


def test_two_people_are_found_the_larger_first() -> None:
    near, far = _photo(height=640), _photo("person-tank-top.jpg", height=400)
    picture = np.full((640, near.shape[1] + far.shape[1], 3), near[5, 5], np.uint8)
    picture[-400:, : far.shape[1]] = far
    picture[:, far.shape[1] :] = near
    people = find_people(picture)
    assert len(people) == 2
    assert people[0].pose.extent > people[1].pose.extent
    assert people[0].pose.points[Joint.NECK, 0] > far.shape[1] > people[1].pose.points[Joint.NECK, 0]
    assert ((people[0].matte > 0.5) & (people[1].matte > 0.5)).mean() < 0.01
    assert len(find_people(picture, limit=1)) == 1


def test_one_person_is_not_found_twice() -> None:
    assert len(find_people(_photo(), limit=3)) == 1


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


# Videos


def _write_video(path: Path, frames: list[np.ndarray]) -> Path:
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    height, width = frames[0].shape[:2]
    writer = imageio_ffmpeg.write_frames(str(path), (width, height), fps=10, macro_block_size=2)
    writer.send(None)
    for frame in frames:
        writer.send(np.ascontiguousarray(frame))
    writer.close()
    return path


def test_a_video_becomes_a_motion_with_progress_and_a_report(tmp_path: Path) -> None:
    photo = _photo(height=320)
    empty = np.full_like(photo, photo[3, 3])
    video = _write_video(tmp_path / "clip.mp4", [photo[:, :240]] * 3 + [empty[:, :240]] * 2 + [photo[:, :240]] * 3)
    calls: list[tuple[int, int | None]] = []
    motion, report = extract(video, progress=lambda done, total: calls.append((done, total)))
    assert (len(motion), motion.fps, motion.size, motion.name) == (8, 10, (240, 320), "clip")
    assert report.frames == 8
    assert report.without_person == (3, 4)
    assert "2 of 8 frames show no person (frames 3-4)" in report.warnings[0]
    assert motion.warnings == report.warnings
    assert [done for done, _ in calls] == list(range(1, 9))
    torso = motion.joints[:, [Joint.NECK, Joint.MID_HIP], :2]
    assert np.abs(torso - torso[0]).max() < 5, "the gap is bridged where she stands"


def test_a_video_of_nobody_is_refused(tmp_path: Path) -> None:
    video = _write_video(tmp_path / "empty.mp4", [np.full((120, 100, 3), 90, np.uint8)] * 3)
    with pytest.raises(InputError, match=r"empty.mp4: no person was found in any frame"):
        extract(video)


def test_an_extraction_stops_within_a_frame(tmp_path: Path) -> None:
    video = _write_video(tmp_path / "clip.mp4", [np.full((120, 100, 3), 90, np.uint8)] * 5)
    done: list[int] = []
    with pytest.raises(ExtractCancelled):
        extract(video, progress=lambda frame, _: done.append(frame), cancel=lambda: len(done) == 2)
    assert done == [1, 2]


def test_a_video_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"not a video at all")
    with pytest.raises(InputError, match=r"no\.mp4"):
        Motion.open(tmp_path / "no.mp4")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["walk", "turn34"])
def test_the_samples_motions_are_met_within_two_percent_of_the_height(name: str) -> None:
    """All body joints 1-14 count, also those under the skirt and behind the body; height is crown to heel."""
    motion, report = extract(_sample(f"motion-{name}.mp4"))
    truth = Motion.load(_sample(f"motion-{name}.joints.json"))
    assert len(motion) == len(truth) == report.frames
    assert report.without_person == ()
    error = np.linalg.norm(motion.joints[:, BODY, :2] - truth.joints[:, BODY, :2], axis=-1)
    assert (error / body_height(truth.joints)[:, None]).mean() < 0.02


# Loading


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
    with module._quiet_stderr():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nsomebody else's line\n")
    assert capfd.readouterr().err == "somebody else's line\n"
