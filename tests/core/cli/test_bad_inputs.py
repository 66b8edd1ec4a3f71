"""Pictures, motions and videos that can't be: code 2, one line on stderr, nothing left behind."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from console import contents, refused

from fashionmirror_core import samples
from fashionmirror_core.media.ffmpeg import ffmpeg_program
from fashionmirror_core.media.images import read_image, write_image
from fashionmirror_core.motion.motion import Motion

# --- bad pictures -----------------------------------------------------------------------------------------------------


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def not_a_picture(file: Path, _: Path) -> None:
    file.write_text("This is a letter, not a picture.")


def truncated(file: Path, photo: Path) -> None:
    file.write_bytes(photo.read_bytes()[: photo.stat().st_size // 2])


def empty(file: Path, _: Path) -> None:
    file.write_bytes(b"")


def without_pixels(file: Path, _: Path) -> None:
    file.write_bytes(png_header(0, 0))


def bomb(file: Path, _: Path) -> None:
    file.write_bytes(png_header(30_000, 30_000))


def missing(file: Path, _: Path) -> None:
    assert not file.exists()


BAD_FILES = {
    not_a_picture: "not a picture",
    truncated: "cut short",
    empty: "empty",
    without_pixels: "no pixels",
    bomb: "too large",
    missing: "doesn't exist",
}


@pytest.mark.parametrize("spoil", BAD_FILES, ids=lambda spoil: spoil.__name__)
@pytest.mark.parametrize("which", ["person", "garment", "background"])
def test_a_file_that_is_no_picture(
    clip: Any, tmp_path: Path, person_file: Path, place: Path, which: str, spoil: Callable[[Path, Path], None]
) -> None:
    file = tmp_path / "bad.png"
    spoil(file, person_file)
    expected = "neither" if (which, spoil) == ("background", missing) else BAD_FILES[spoil]
    refused(clip(**{which: file}), "bad.png", expected)
    assert contents(place) == []


def test_a_photo_of_nobody(clip: Any, tmp_path: Path, place: Path) -> None:
    write_image(tmp_path / "wall.png", np.full((384, 288, 3), 180, np.uint8))
    refused(clip(person=tmp_path / "wall.png"), "no person", "take a photo")
    assert contents(place) == []


def test_a_person_without_hips(clip: Any, tmp_path: Path, person_file: Path, place: Path) -> None:
    write_image(tmp_path / "half.png", read_image(person_file)[:140])
    refused(clip(person=tmp_path / "half.png"), "cut off", "to the feet")
    assert contents(place) == []


@pytest.mark.parametrize("alpha", [None, 0], ids=["plain", "fully transparent"])
def test_a_garment_picture_that_is_all_background(clip: Any, tmp_path: Path, place: Path, alpha: int | None) -> None:
    picture = np.full((300, 300, 3 if alpha is None else 4), 230, np.uint8)
    if alpha is not None:
        picture[..., 3] = alpha
    write_image(tmp_path / "nothing.png", picture)
    refused(clip(garment=tmp_path / "nothing.png"), "garment")
    assert contents(place) == []


# --- bad motions ------------------------------------------------------------------------------------------------------


def motion_data(**changes: object) -> dict[str, Any]:
    joints = Motion.template("idle").take(4).joints.tolist()
    return {"version": 1, "format": "BODY_25", "fps": 25, "width": 640, "height": 480, "joints": joints} | changes


def with_seventeen_joints() -> dict[str, Any]:
    return motion_data(joints=[frame[:17] for frame in motion_data()["joints"]])


def with_nobody_seen() -> dict[str, Any]:
    return motion_data(joints=[[[x, y, 0.0] for x, y, _ in frame] for frame in motion_data()["joints"]])


def without_frames() -> dict[str, Any]:
    return motion_data(joints=[])


@pytest.mark.parametrize(
    ("make", "word"),
    [(with_seventeen_joints, "25"), (with_nobody_seen, "person"), (without_frames, "zero frames")],
)
def test_a_bad_motion_file(clip: Any, tmp_path: Path, place: Path, make: Callable[[], Any], word: str) -> None:
    file = tmp_path / "bad.motion.json"
    file.write_text(json.dumps(make()))
    refused(clip(motion=file), "bad.motion.json", word)
    assert contents(place) == []


def test_a_joint_that_is_no_number_is_a_note(fashionmirror: Any, tmp_path: Path) -> None:
    data = motion_data()
    data["joints"][2][5][0] = float("nan")
    file = tmp_path / "nan.motion.json"
    file.write_text(json.dumps(data))
    result = fashionmirror("motion", "show", file)
    assert result.code == 0
    assert result.err == "note: 1 joint is null or NaN: lost there, and interpolated.\n"


def test_what_only_the_user_knows_of_a_motion_is_an_option(fashionmirror: Any, tmp_path: Path) -> None:
    joints = Motion.template("idle").take(4).joints / [480, 640, 1]
    frames = [{"people": [{"pose_keypoints_2d": frame.ravel().tolist()}]} for frame in joints]
    file = tmp_path / "shares.json"
    file.write_text(json.dumps(frames))
    refused(fashionmirror("motion", "show", file), "shares.json", "--motion-format 480x640")
    result = fashionmirror("motion", "show", file, "--motion-format", "BODY_25,480x640,30fps")
    assert result.code == 0
    assert "4 frames at 30 fps" in result.out
    assert "frame size 480x640" in result.out
    refused(fashionmirror("motion", "show", file, "--motion-format", "BODY_26"), "BODY_26", "BODY_25, COCO_18")


def test_an_unknown_template_suggests_the_nearest(clip: Any, place: Path) -> None:
    refused(clip(motion="catwlak"), "catwlak", "did you mean 'catwalk'")
    assert contents(place) == []


def test_a_template_is_known_in_any_case_and_nothing_far_off_is_suggested(fashionmirror: Any) -> None:
    shown = fashionmirror("motion", "show", "Catwalk")
    assert (shown.code, shown.out) == (0, fashionmirror("motion", "show", "catwalk").out)
    unlike = fashionmirror("motion", "show", "nothere")
    refused(unlike, "'nothere'; the templates are catwalk")
    assert "did you mean" not in unlike.err


def no_video(file: Path) -> None:
    file.write_text("not a video")


def sound_alone(file: Path) -> None:
    program = ffmpeg_program()
    source = ["-f", "lavfi", "-i", "sine=d=0.2"]
    subprocess.run([program, "-y", "-loglevel", "error", *source, "-c:a", "aac", str(file)], check=True)


def headless(file: Path) -> None:
    file.write_bytes(samples.motions()[0].read_bytes()[:300])


@pytest.mark.parametrize("make", [no_video, sound_alone, headless])
def test_a_video_without_frames(
    clip: Any, fashionmirror: Any, tmp_path: Path, place: Path, make: Callable[[Path], None]
) -> None:
    file = tmp_path / "bad.mp4"
    make(file)
    refused(clip(motion=file), "bad.mp4")
    refused(fashionmirror("motion", "extract", file, "-o", place / "m.motion.json"), "bad.mp4")
    assert contents(place) == []


def test_a_video_that_breaks_off_gives_its_frames_and_a_note(fashionmirror: Any, tmp_path: Path, place: Path) -> None:
    whole = samples.motions()[0].read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 6])
    done = fashionmirror("motion", "extract", tmp_path / "cut.mp4", "-o", place / "m.motion.json")
    assert done.code == 0
    assert "note: The video is cut off" in done.err
    assert contents(place) == ["m.motion.json"]


def test_an_extracted_motion_never_replaces_a_video(fashionmirror: Any, tmp_path: Path) -> None:
    video_file = tmp_path / "walk.mp4"
    shutil.copy(samples.motions()[0], video_file)
    before = video_file.read_bytes()
    refused(fashionmirror("motion", "extract", video_file, "-o", video_file), "walk.mp4", ".motion.json")
    assert video_file.read_bytes() == before
