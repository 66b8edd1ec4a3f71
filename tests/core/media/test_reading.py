"""Video in: streamed, upright, at a constant rate."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest

from fashionmirror_core.errors import InputError
from fashionmirror_core.media import ffmpeg as ffmpeg_module
from fashionmirror_core.media import reading
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.media.timing import Timing, steady_filter
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
def test_a_broken_video_keeps_its_good_frames(make: Make, name: str, damage: str) -> None:
    codec = ("-c:v", "mpeg4", "-q:v", "5") if name == "a.avi" else ("-c:v", "libx264", "-preset", "veryfast")
    codec += ("-movflags", "+faststart") if name == "a.mp4" else ()
    noisy = "testsrc2=s=320x240:r=25,noise=alls=20"
    path = make(name, *codec, "-pix_fmt", "yuv420p", source=noisy, frames=60)
    whole = list(VideoReader(path))
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    if damage == "cut":
        del data[half:]
    else:
        data[half : half + 8000] = np.random.default_rng(0).bytes(8000)
    path.write_bytes(data)
    with VideoReader(path) as video:
        frames = list(video)
        (note,) = video.warnings
    assert len(frames) >= 20
    assert all(np.array_equal(*pair) for pair in zip(frames[:15], whole, strict=False))
    assert f"{len(frames)} " in note
    assert note.startswith("The video is ")
    assert "again" in note


def test_a_frame_that_cannot_be_decoded_is_skipped_and_the_rest_is_read(make: Make) -> None:
    path = make("a.avi", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")
    whole = list(VideoReader(path))
    data = bytearray(path.read_bytes())
    start = data.index(b"00dc", len(data) // 2) + 8
    data[start : start + 200] = bytes(200)
    path.write_bytes(data)
    with VideoReader(path) as video:
        frames = list(video)
        assert "damaged" in video.warnings[0]
    assert len(frames) == 20
    assert sum(not np.array_equal(*pair) for pair in zip(frames, whole, strict=True)) == 1


def test_a_whole_video_has_no_warning(make: Make) -> None:
    with VideoReader(make("a.mp4")) as video:
        list(video)
        assert video.warnings == ()


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_gap_of_ten_minutes_is_closed(make: Make) -> None:
    """ffmpeg alone would make 15,000 frames of it and take gigabytes."""
    jump = "setpts='if(gte(N,10),PTS+600/TB,PTS)'"
    path = make("a.mkv", "-vf", jump, "-fps_mode", "vfr", "-c:v", "libx264", "-bf", "0", "-pix_fmt", "yuv420p")
    with VideoReader(path) as video:
        assert (video.fps, video.frame_count) == (25, 20)
        assert len(list(video)) == 20
        assert "jumps by 600 s at 0.36 s" in video.warnings[0]


@pytest.mark.parametrize(
    "times", ["if(gte(N,10),PTS-9/TB,PTS)", "if(gte(N,10),PTS+900/TB,PTS)", "if(N-9,PTS,NAN)", "0"]
)
def test_whatever_the_times_do_each_frame_is_shown_about_once(tmp_path: Path, times: str) -> None:
    timing = Timing(Fraction(25), timed=times != "0")
    filters = f"setpts='{times}',{steady_filter(timing)},fps=25"
    source = ("-f", "lavfi", "-i", "testsrc2=s=96x64:r=25", "-frames:v", "20", "-vf", filters)
    ffmpeg(*source, "-fps_mode", "passthrough", "-f", "framecrc", tmp_path / "list")
    lines = [line.split(",") for line in (tmp_path / "list").read_text().split("\n") if line.startswith("0,")]
    assert len(lines) == 20
    assert len({line[-1] for line in lines}) == 20


def test_a_recording_that_names_only_its_clock_is_read_at_its_own_rate(make: Make) -> None:
    """As browsers record: a tick of 1/1000 s, no rate, no length, frames that come unsteadily."""
    unsteady = "settb=1/1000,setpts='if(N,PREV_OUTPTS+floor(25+random(0)*30),0)'"
    live = ("-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-c:v", "libvpx", "-deadline", "realtime")
    path = make("a.webm", "-vf", unsteady, *live, "-live", "1", frames=40)
    with VideoReader(path) as video:
        assert 22 <= video.fps <= 30
        assert abs(len(list(video)) - 40) <= 4


def test_half_a_frame_a_second_is_read_at_one(make: Make) -> None:
    with VideoReader(make("a.mp4", source="testsrc=s=64x48:r=0.5", frames=3)) as video:
        frames = list(video)
        assert (video.fps, len(frames), video.frame_count) == (1, 6, 6)
        assert "a picture every 2 s" in video.warnings[0]
    assert np.array_equal(frames[0], frames[1])
    assert not np.array_equal(frames[1], frames[2])


# --- waiting ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def sleeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a shell script in ffmpeg's place."""
    if os.name != "posix":
        pytest.skip("a script that runs by its first line")

    def replace(script: str) -> None:
        program = tmp_path / "ffmpeg"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(ffmpeg_module, "ffmpeg_program", lambda: str(program))

    return replace


def stop() -> None:
    raise KeyboardInterrupt


def test_a_probe_that_hangs_ends(make: Make, sleeper: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    path, before = make("a.mp4"), set(children())
    sleeper("exec sleep 60")
    monkeypatch.setattr(ffmpeg_module, "STALL", 0.2)
    with pytest.raises(InputError, match="no frame within"):
        VideoReader(path)
    assert set(children()) <= before


def test_frames_that_never_come_end_the_reading(
    make: Make, sleeper: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(children())
    video = VideoReader(make("a.mp4"))
    sleeper("exec sleep 60")
    monkeypatch.setattr(reading, "STALL", 0.2)
    with pytest.raises(InputError, match="no frame for"):
        next(iter(video))
    assert set(children()) <= before


def test_who_waits_can_stop(make: Make, sleeper: Callable[[str], None]) -> None:
    asleep: list[bool] = []
    path, before = make("a.mp4"), set(children())
    with VideoReader(path, waiting=lambda: stop() if asleep else None) as video:
        sleeper("exec sleep 60")
        asleep.append(True)
        with pytest.raises(KeyboardInterrupt):
            next(iter(video))
    with pytest.raises(KeyboardInterrupt):
        VideoReader(path, waiting=stop)
    assert set(children()) <= before


def test_an_ffmpeg_that_talks_without_end_is_cut_short(
    make: Make, sleeper: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, before = make("a.mp4"), set(children())
    sleeper("exec yes")
    monkeypatch.setattr(ffmpeg_module, "_MAX_ANSWER", 10_000)
    with pytest.raises(InputError, match="not a video"):
        VideoReader(path)
    assert set(children()) <= before


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone bounds a process that runs already")
def test_ffmpegs_memory_is_bounded(make: Make) -> None:
    with VideoReader(make("a.mp4", frames=200)) as video:
        next(iter(frames := iter(video)))
        (child,) = [child for child in children() if "ffmpeg" in child.name()]
        assert child.rlimit(psutil.RLIMIT_DATA) == (3 * 2**30, 3 * 2**30)
        del frames


def test_frames_beyond_8k_are_refused(make: Make) -> None:
    path = make("a.mkv", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", source="color=s=9000x4400:r=25", frames=1)
    assert "too large (9000 x 4400)" in refusal(path)


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
