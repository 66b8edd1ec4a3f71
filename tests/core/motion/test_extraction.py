"""Motions from videos, against the samples' true joints."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from fashionmirror_core.errors import InputError
from fashionmirror_core.motion.extraction import ExtractCancelled, extract
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.skeleton import Joint, body_height

BODY = list(range(Joint.NECK, Joint.L_ANKLE + 1))  # trunk, arms and legs
ROOT = Path(__file__).resolve().parents[3]
PERSONS = ROOT / "resources" / "samples" / "persons"
SAMPLES = ROOT / ".." / "shared" / "samples"


def _sample(name: str) -> Path:
    if not (SAMPLES / name).exists():
        pytest.skip("the shared samples are not here")
    return SAMPLES / name


def _photo(name: str = "red-top", height: int = 640) -> np.ndarray:
    picture = cv2.cvtColor(cv2.imread(str(PERSONS / f"{name}.jpg")), cv2.COLOR_BGR2RGB)
    return cv2.resize(picture, (round(picture.shape[1] * height / picture.shape[0]), height), cv2.INTER_AREA)


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
