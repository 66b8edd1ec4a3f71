"""Motions from videos, against the samples' true joints."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from fashionmirror_core.errors import Cancelled, InputError
from fashionmirror_core.media.ffmpeg import ffmpeg_program
from fashionmirror_core.motion import extraction, files
from fashionmirror_core.motion.extraction import enough_frames, extract
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.skeleton import MIRROR, Joint, Pose, body_height

BODY = list(range(Joint.NECK, Joint.L_ANKLE + 1))  # trunk, arms and legs
ROOT = Path(__file__).resolve().parents[3]
PERSONS = ROOT / "tests" / "samples" / "persons"
SAMPLES = ROOT / ".." / "shared" / "samples"


def _sample(name: str) -> Path:
    if not (SAMPLES / name).exists():
        pytest.skip("the shared samples are not here")
    return SAMPLES / name


def _photo(name: str = "red-top", height: int = 640) -> np.ndarray:
    picture = cv2.cvtColor(cv2.imread(str(PERSONS / f"{name}.jpg")), cv2.COLOR_BGR2RGB)
    return cv2.resize(picture, (round(picture.shape[1] * height / picture.shape[0]), height), cv2.INTER_AREA)


# Videos


def _write_video(path: Path, frames: list[np.ndarray], fps: float = 10) -> Path:
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    height, width = frames[0].shape[:2]
    writer = imageio_ffmpeg.write_frames(str(path), (width, height), fps=fps, macro_block_size=2)
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
    with pytest.raises(Cancelled):
        extract(video, progress=lambda frame, _: done.append(frame), cancel=lambda: len(done) == 2)
    assert done == [1, 2]


@pytest.mark.parametrize(
    ("frames", "rate", "fps", "enough"), [(2, 25, 25, 15), (1, 25, 25, 14), (51, 50, 25, 39), (26, 25, 50, 76)]
)
def test_what_is_enough_counts_in_the_clips_rate(frames: int, rate: float, fps: float, enough: int) -> None:
    assert enough_frames(frames, rate, fps) == enough


def test_reading_stops_when_there_is_enough(tmp_path: Path) -> None:
    photo = _photo(height=320)[:, :240]
    video = _write_video(tmp_path / "long.mp4", [photo] * 60)
    done: list[tuple[int, int | None]] = []
    motion = Motion.open(video, frames=2, progress=lambda *told: done.append(told))
    assert len(motion) == enough_frames(2, 10, 10) == 7
    assert done[-1] == (7, 7)
    assert len(Motion.open(video, frames=3, rate=2)) == enough_frames(3, 2, 10) == 16


def test_reading_goes_on_until_somebody_is_seen(tmp_path: Path) -> None:
    photo = _photo(height=320)[:, :240]
    video = _write_video(tmp_path / "fade.mp4", [np.zeros_like(photo)] * 12 + [photo] * 30)
    motion, report = extract(video, frames=2)
    assert report.without_person == tuple(range(12))
    assert len(motion) == 13


def test_more_frames_than_a_motion_file_may_hold_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "MAX_FRAMES", 4)
    video = _write_video(tmp_path / "long.mp4", [_photo(height=320)[:, :240]] * 6)
    motion, _ = extract(video)
    assert len(motion) == 4
    assert "more than 4 frames" in motion.warnings[0]


def test_a_slow_video_makes_a_motion_file_that_can_be_read(tmp_path: Path) -> None:
    photo = _photo(height=320)[:, :240]
    video = _write_video(tmp_path / "slow.mp4", [photo] * 3, fps=0.5)
    motion, _ = extract(video)
    assert (len(motion), motion.fps) == (6, 1)
    assert "a picture every 2 s" in motion.warnings[0]
    files.save(motion, tmp_path / "slow.motion.json")
    assert len(Motion.open(tmp_path / "slow.motion.json")) == 6


def test_a_cut_off_video_keeps_its_good_frames_and_says_so(tmp_path: Path) -> None:
    photo = _photo(height=320)[:, :240]
    moving = [np.roll(photo, 2 * index, axis=1) for index in range(12)]
    video = _write_video(tmp_path / "cut.mkv", moving)
    data = video.read_bytes()
    video.write_bytes(data[: len(data) * 19 // 20])
    motion, _ = extract(video)
    assert 2 <= len(motion) < 12
    assert "cut off" in motion.warnings[0]


def test_a_video_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"not a video at all")
    with pytest.raises(InputError, match=r"no\.mp4"):
        Motion.open(tmp_path / "no.mp4")


@pytest.mark.parametrize(("turns", "words"), [(1, "lay on its side"), (2, "stood on its head")])
def test_a_video_on_its_side_or_head_is_turned_upright(tmp_path: Path, turns: int, words: str) -> None:
    photo = _photo(height=320)[:, :240]
    straight, _ = extract(_write_video(tmp_path / "straight.mp4", [photo] * 2))
    turned, report = extract(_write_video(tmp_path / "turned.mp4", [np.rot90(photo, turns)] * 2))
    assert words in report.warnings[0]
    assert turned.size == straight.size
    error = np.linalg.norm(turned.joints[..., :2] - straight.joints[..., :2], axis=-1)
    assert error[:, BODY].mean() < 0.02 * body_height(straight.joints).mean()
    assert np.abs(turned.depth - straight.depth)[:, BODY].mean() < 0.03 * body_height(straight.joints).mean()


def test_a_phones_rotation_is_followed(tmp_path: Path) -> None:
    photo = _photo(height=320)[:, :240]
    stored = _write_video(tmp_path / "stored.mp4", [np.rot90(photo)] * 2)  # as a phone's sensor has it
    video = tmp_path / "phone.mp4"
    command = [ffmpeg_program(), "-loglevel", "error", "-display_rotation", "-90", "-i", stored, "-c", "copy", video]
    subprocess.run(command, check=True)
    motion, report = extract(video)
    assert motion.size == (240, 320)
    assert report.warnings == ()
    assert (motion.joints[:, Joint.R_ANKLE, 1] > motion.joints[:, Joint.NOSE, 1] + 100).all()


def test_a_person_far_away_is_looked_at_closely(tmp_path: Path) -> None:
    small = _photo(height=160)
    frames = []
    for step in range(3):
        wall = np.full((540, 960, 3), 140, np.uint8)
        wall[::9] = 120
        wall[340:500, 600 + 4 * step : 600 + 4 * step + small.shape[1]] = small
        frames.append(wall)
    motion, report = extract(_write_video(tmp_path / "far.mp4", frames), smoothing=0)
    assert report.without_person == ()
    x = motion.joints[:, Joint.MID_HIP, 0]
    assert 600 < x.min() < x.max() < 600 + small.shape[1] + 8
    assert 90 < np.ptp(motion.joints[0, :, 1]) < 160
    assert not any("pixels tall" in note for note in report.warnings)


def test_a_person_too_small_to_be_steady_is_named(tmp_path: Path) -> None:
    photo = cv2.resize(_photo(height=320)[:, :240], (84, 112), interpolation=cv2.INTER_AREA)
    _, report = extract(_write_video(tmp_path / "tiny.mp4", [photo] * 2))
    assert "pixels tall in a picture of 84 x 112; crop the video around the person" in report.warnings[0]


class _Script:
    """Stands in for the watcher: poses as given, one a frame."""

    several = False

    def __init__(self, poses: list[Pose | None]) -> None:
        self.left = list(poses)

    def __enter__(self) -> _Script:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def pose(self, _: np.ndarray) -> Pose | None:
        return self.left.pop(0)


def test_a_jump_to_another_person_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, standing: Callable[[], np.ndarray]
) -> None:
    own, other = Pose(standing()), Pose(standing()).transformed(0.6, (300, 0))
    poses = [own, own, own, other, other, None, own, own]
    monkeypatch.setattr("fashionmirror_core.motion.extraction._Watcher", lambda: _Script(poses))
    motion, report = extract(_write_video(tmp_path / "clip.mp4", [np.full((120, 100, 3), 90, np.uint8)] * len(poses)))
    assert report.without_person == (3, 4, 5)
    np.testing.assert_allclose(motion.joints[..., :2], np.repeat(own.joints[None, :, :2], 8, 0), atol=1e-3)
    assert "1 of 8 frames show no person (frame 5)" in report.warnings[0]
    assert "2 of 8 frames show somebody else, or another view (frames 3-4)" in report.warnings[1]


def test_mistaken_sides_and_outbursts_of_depth_are_put_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = Motion.template("turn")
    poses = [turn[frame] for frame in range(len(turn))]
    for frame in (*range(40, 46), 90):
        poses[frame] = Pose(turn.joints[frame][MIRROR], turn.depth[frame][MIRROR])
    for frame in (20, 21, 22, 70):
        poses[frame] = Pose(turn.joints[frame], turn.depth[frame] + np.where(np.arange(25) < 8, 60, 0))
    monkeypatch.setattr("fashionmirror_core.motion.extraction._Watcher", lambda: _Script(poses))
    pictures = [np.full((640, 480, 3), 90, np.uint8)] * len(poses)
    motion, report = extract(_write_video(tmp_path / "clip.mp4", pictures, fps=25))
    assert report.warnings == ()
    tall = float(np.ptp(turn.joints[0, :, 1]))
    body = list(range(15))
    assert np.abs(motion.joints[:, body, :2] - turn.joints[:, body, :2]).max() < 0.02 * tall
    assert np.abs(motion.depth[:, body] - turn.depth[:, body]).max() < 0.04 * tall


def test_two_people_in_a_video_are_said(tmp_path: Path) -> None:
    near, far = _photo(height=320), _photo("tank-top", height=300)
    picture = np.full((320, near.shape[1] + far.shape[1], 3), near[5, 5], np.uint8)
    picture[:, : near.shape[1]] = near
    picture[-300:, near.shape[1] :] = far
    picture = picture[:, : picture.shape[1] // 2 * 2]
    motion, report = extract(_write_video(tmp_path / "two.mp4", [picture] * 2))
    assert "More than one person is seen in the video" in report.warnings[0]
    assert np.abs(motion.joints[0] - motion.joints[1]).max() < 20, "one and the same"


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
