"""Video in: streamed, upright, at a constant rate."""

from __future__ import annotations

import shutil
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.reading import VideoReader, decode_arguments
from tests.core.media.conftest import Make, children, ffmpeg


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", ("-c:v", "libx264", "-pix_fmt", "yuv420p")),
        ("a.mov", ("-c:v", "mpeg4")),
        ("a.mkv", ("-c:v", "libx264")),
        ("a.webm", ("-c:v", "libvpx", "-deadline", "realtime")),
        ("a.avi", ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p")),
        ("a.gif", ()),
    ],
)
def test_usual_containers_are_read_whole(make: Make, name: str, codec: tuple[str, ...]) -> None:
    with VideoReader(make(name, *codec)) as reader:
        frames = list(reader)
        assert reader.size == (160, 120)
        assert reader.fps == 25
        assert reader.frame_count == 20
    assert len(frames) == 20
    assert {(frame.shape, str(frame.dtype)) for frame in frames} == {((120, 160, 3), "uint8")}
    assert not np.array_equal(frames[0], frames[-1])


def test_frames_are_rgb_and_in_order(make: Make) -> None:
    blue = "color=c=0x0000ff:s=32x24:r=10,fade=out:0:8"
    path = make("a.mkv", "-c:v", "ffv1", "-pix_fmt", "bgr0", source=blue, frames=8)
    frames = list(VideoReader(path))
    assert frames[0][12, 16].tolist() == [0, 0, 254]  # the fade has begun
    levels = [int(frame[12, 16, 2]) for frame in frames]
    assert levels == sorted(levels, reverse=True)
    assert len(set(levels)) == 8


def test_iterating_again_starts_over(make: Make) -> None:
    with VideoReader(make("a.mp4")) as reader:
        first = next(iter(reader))
        assert np.array_equal(first, next(iter(reader)))
        assert len(list(reader)) == 20


def test_a_phones_rotation_is_applied(make: Make, tmp_path: Path) -> None:
    upright = make("upright.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p")
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", "90", "-i", upright, "-c", "copy", turned)
    with VideoReader(upright) as plain, VideoReader(turned) as reader:
        assert reader.size == (120, 160)
        expected = np.rot90(next(iter(plain))).astype(int)
        assert np.abs(expected - next(iter(reader))).mean() < 2  # half-size chroma is interpolated the other way


@pytest.mark.parametrize(("max_side", "size"), [(80, (80, 60)), (1000, (160, 120)), (1, (1, 1)), (None, (160, 120))])
def test_frames_are_scaled_down_never_up(make: Make, max_side: int | None, size: tuple[int, int]) -> None:
    with VideoReader(make("a.mp4"), max_side=max_side) as reader:
        assert reader.size == size
        assert next(iter(reader)).shape == (size[1], size[0], 3)


def test_pixels_come_out_square(make: Make) -> None:
    path = make("wide.mp4", "-vf", "setsar=2", "-c:v", "libx264", "-pix_fmt", "yuv420p")
    assert VideoReader(path).size == (320, 120)
    assert VideoReader(path, max_side=160).size == (160, 60)


def test_a_variable_rate_is_read_at_a_constant_one(make: Make) -> None:
    """Frames 0-9 at 30 a second, then every third one: in constant time every later one stands three times."""
    thinned = "select=lt(n\\,10)+not(mod(n\\,3))"
    path = make("vfr.mp4", "-vf", thinned, "-fps_mode", "vfr", source="testsrc=s=64x48:r=30")
    with VideoReader(path) as reader:
        frames = list(reader)
        assert reader.fps == 30
    assert 38 <= len(frames) <= 43
    still = [np.abs(a.astype(int) - b).mean() < 0.5 for a, b in pairwise(frames[12:])]
    assert sum(still) > len(still) / 2


def test_ntsc_keeps_its_fraction(make: Make) -> None:
    reader = VideoReader(make("a.mp4", source="testsrc=s=64x48:r=30000/1001"))
    assert reader.fps == pytest.approx(30000 / 1001, abs=1e-9)


def test_sound_is_ignored(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-i", make("a.mp4"), "-c:v", "copy", path)
    assert len(list(VideoReader(path))) == 20


def test_any_name_is_only_a_name(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make("a.mp4")
    monkeypatch.chdir(tmp_path)
    for name in ("-i.mp4", "http:x%03d.mp4", "größe 人 'q'.mp4", "pipe:0.mp4"):
        shutil.copy(source, name)
        assert len(list(VideoReader(name))) == 20


def test_a_long_video_is_streamed_and_leaving_early_ends_ffmpeg(make: Make, tmp_path: Path) -> None:
    """1000 frames of 1280 x 720 are 2.8 GB as pixels; reading some holds a few frames, and nothing runs on after."""
    part = make("part.mp4", "-c:v", "mpeg4", source="testsrc=s=1280x720:r=25")
    path = tmp_path / "long.mp4"
    ffmpeg("-stream_loop", "49", "-i", part, "-c", "copy", path)
    before = set(children())
    with VideoReader(path) as reader:
        assert reader.frame_count == 1000
        iteration = iter(reader)
        next(iteration)
        memory = psutil.Process().memory_info().rss
        for _ in range(60):
            next(iteration)
        running = [child for child in children() if child not in before]
        assert len(running) == 1
        assert psutil.Process().memory_info().rss - memory < 30 * 2**20
        assert running[0].memory_info().rss < 400 * 2**20
    assert not running[0].is_running()
    assert next(iteration, None) is None


def test_breaking_out_of_the_loop_ends_ffmpeg(make: Make) -> None:
    before = set(children())
    for _ in VideoReader(make("a.mp4", frames=200)):
        break
    assert set(children()) <= before


def refusal(path: Path | str) -> str:
    with pytest.raises(InputError) as caught:
        list(VideoReader(path))
    line = str(caught.value)
    assert "\n" not in line
    assert ";" in line  # what is wrong; what to do
    return line


def test_files_that_are_no_videos(tmp_path: Path) -> None:
    assert "doesn't exist" in refusal(tmp_path / "none.mp4")
    assert "is a folder" in refusal(tmp_path)
    (tmp_path / "empty.mp4").touch()
    assert "is empty" in refusal(tmp_path / "empty.mp4")
    (tmp_path / "text.mp4").write_text("a letter to Ana\n" * 50)
    assert "is not a video" in refusal(tmp_path / "text.mp4")
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48", "-frames:v", "1", tmp_path / "picture.png")
    assert "is not a video" in refusal(tmp_path / "picture.png")


def test_a_playlist_reaches_no_other_file(make: Make, tmp_path: Path) -> None:
    make("a.ts", "-c:v", "mpeg2video")
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"
    for name, text in (
        ("local.mp4", playlist.format("a.ts")),
        ("net.m3u8", playlist.format("http://localhost:9/a.ts")),
        ("script.mp4", "ffconcat version 1.0\nfile a.ts\n"),
    ):
        (tmp_path / name).write_text(text)
        assert "is not a video" in refusal(tmp_path / name)


@pytest.mark.parametrize("name", ["sound.m4a", "sound.mkv"])
def test_sound_alone_is_no_video(tmp_path: Path, name: str) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=d=0.2", tmp_path / name)
    assert "no picture" in refusal(tmp_path / name)


def test_a_video_without_frames(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "none.avi"
    ffmpeg("-i", make("a.mp4"), "-c:v", "mpeg4", "-frames:v", "0", path)
    assert "no " in refusal(path)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi"])
@pytest.mark.parametrize("damage", ["cut", "garbage"])
def test_a_broken_stream_says_at_which_frame(make: Make, name: str, damage: str) -> None:
    codec = ("-c:v", "mpeg4", "-q:v", "5") if name == "a.avi" else ("-c:v", "libx264", "-preset", "veryfast")
    codec += ("-movflags", "+faststart") if name == "a.mp4" else ()
    noisy = "testsrc2=s=320x240:r=25,noise=alls=20"
    path = make(name, *codec, "-pix_fmt", "yuv420p", source=noisy, frames=60)
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    if damage == "cut":
        del data[half:]
    else:
        data[half : half + 8000] = np.random.default_rng(0).bytes(8000)
    path.write_bytes(data)
    seen = 0
    with pytest.raises(InputError, match=r"is broken at frame \d+ \(.*\);") as caught:  # noqa: PT012 - counting
        for _ in VideoReader(path):
            seen += 1
    assert 5 < seen < 55
    assert f"at frame {seen} " in str(caught.value)


def test_an_mp4_without_its_index_is_no_video(make: Make) -> None:
    path = make("a.mp4")
    path.write_bytes(path.read_bytes()[:-200])
    assert "is not a video" in refusal(path)


def test_a_sample_motion_is_read_as_its_joints_say() -> None:
    samples = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples"
    if not (samples / "motion-walk.mp4").exists():
        pytest.skip("the shared samples aren't here")
    with VideoReader(samples / "motion-walk.mp4", max_side=64) as reader:
        assert (reader.fps, reader.size, reader.frame_count) == (25, (48, 64), 82)
        assert len(list(reader)) == 82


def test_reading_stops_at_a_broken_frame() -> None:
    assert "-xerror" in decode_arguments(Path("a.mp4"), Fraction(25), None)
