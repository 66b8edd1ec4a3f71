"""Video in and out: streamed, upright, at a constant rate; whole files or none."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import namedtuple
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest
from crashes import every_crash
from hypothesis import given
from hypothesis import strategies as st

from fashionmirror_core.errors import InputError
from fashionmirror_core.media import video
from fashionmirror_core.media.files import heal
from fashionmirror_core.media.images import read_image
from fashionmirror_core.media.video import (
    VideoReader,
    check_output,
    constant_rate,
    decode_arguments,
    exact_rate,
    ffmpeg_program,
    gif_arguments,
    input_arguments,
    metadata_arguments,
    mp4_arguments,
    open_clip,
    parse_probe,
    scale_filter,
    webm_arguments,
)

Make = Callable[..., Path]


def ffmpeg(*arguments: str | Path) -> None:
    command = [ffmpeg_program(), "-hide_banner", "-nostdin", "-y", "-loglevel", "error", *map(str, arguments)]
    subprocess.run(command, check=True)


def described(path: Path) -> str:
    """What ffmpeg says about a file."""
    done = subprocess.run([ffmpeg_program(), "-hide_banner", "-i", str(path)], capture_output=True, check=False)
    return done.stderr.decode("utf-8", "replace")


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a video of 20 frames of 160 x 120; the arguments go between the test picture and the file's name."""

    def build(name: str, *arguments: str, source: str = "testsrc=s=160x120:r=25", frames: int = 20) -> Path:
        path = tmp_path / name
        ffmpeg("-f", "lavfi", "-i", source, "-frames:v", str(frames), *arguments, path)
        return path

    return build


def picture(index: int, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    """A smooth frame (H, W, 3) with a bright square that moves to the right."""
    x, y = np.meshgrid(np.linspace(0, 200, size[0]), np.linspace(0, 200, size[1]))
    frame = np.dstack([x, y, 200 - x]).astype(np.uint8)
    frame[10:20, 2 * index : 2 * index + 10] = (250, 240, 40)
    return frame


# --- arguments -------------------------------------------------------------------------------------------------------


def test_rates_are_exact() -> None:
    assert exact_rate(29.97) == exact_rate(30000 / 1001) == Fraction(30000, 1001)
    assert exact_rate(23.98) == exact_rate(23.976) == Fraction(24000, 1001)
    assert exact_rate(25) == 25
    assert exact_rate(12.5) == Fraction(25, 2)


@given(st.floats(1, 240))
def test_every_rate_is_kept_to_a_hundredth(fps: float) -> None:
    assert abs(float(exact_rate(fps)) - fps) < 0.01


@pytest.mark.parametrize(
    ("nominal", "average", "read_at"),
    [
        (30, 29.9, 30),
        (30, 13.3, 30),
        (60, None, 60),
        (100, 10, 10),
        (240, 239.8, 240),
        (1000, 14.5, 14.5),
        (1000, None, 240),
    ],
)
def test_the_tick_of_a_clock_is_no_frame_rate(nominal: int, average: float | None, read_at: float) -> None:
    mean = None if average is None else Fraction(average).limit_denominator(100)
    assert float(constant_rate(Fraction(nominal), mean)) == pytest.approx(read_at)


def test_only_local_files_in_known_containers_are_opened() -> None:
    arguments = input_arguments(Path("http:x.mp4"))
    assert arguments[arguments.index("-protocol_whitelist") + 1] == "file,pipe"
    assert {"hls", "concat", "image2", "tty", "dash"}.isdisjoint(
        arguments[arguments.index("-format_whitelist") + 1].split(",")
    )
    assert arguments[arguments.index("-i") + 1] == f"file:{os.path.abspath('http:x.mp4')}"


def test_arguments_say_what_the_formats_need() -> None:
    assert {"libx264", "yuv420p", "+faststart"} <= set(mp4_arguments(18))
    assert mp4_arguments(23)[mp4_arguments(23).index("-crf") + 1] == "23"
    assert {"libvpx-vp9", "yuva420p"} <= set(webm_arguments(18))
    assert "palettegen" in " ".join(gif_arguments(Fraction(25)))
    assert "fps=50" not in " ".join(gif_arguments(Fraction(25)))
    assert "fps=50" in " ".join(gif_arguments(Fraction(60)))
    assert "-xerror" in decode_arguments(Path("a.mp4"), Fraction(25), None)
    assert "min(1,640/" in scale_filter(640)
    assert metadata_arguments({"comment": "a=b"}) == ["-metadata", "comment=a=b"]
    assert metadata_arguments(None) == []
    with pytest.raises(ValueError, match="metadata"):
        metadata_arguments({"a=b": "c"})


def test_the_probe_is_read_from_ffmpegs_words() -> None:
    header = "#tb 0: 1001/30000\n#dimensions 0: 320x180\n#sar 0: 1/1\n0, 0, 0, 1, 86400, 0xb5\n"
    log = "  Duration: 00:01:40.10, start: 0.0\n  Stream #0:0: Video: h264, 29.97 fps\n  Stream #0:0 -> #0:0 (h)\n"
    facts = parse_probe(header, log)
    assert facts == video.VideoFacts(Fraction(30000, 1001), (320, 180), 3000)
    assert parse_probe(header, log.replace("00:01:40.10", "N/A")).frame_count is None


# --- reading ---------------------------------------------------------------------------------------------------------


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


# --- bad videos ------------------------------------------------------------------------------------------------------


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


# --- writing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(64, 48), (65, 49), (64, 49)])
def test_an_mp4_is_what_every_player_plays(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "clip.mp4"
    with open_clip(path, size, 25, metadata={"comment": 'made by "us" = ünï'}) as clip:
        for index in range(10):
            clip.write(picture(index, size))
    even = (size[0] + size[0] % 2, size[1] + size[1] % 2)
    said = described(path)
    assert f"h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), {even[0]}x{even[1]}" in said
    assert 'made by "us" = ünï' in said
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with VideoReader(path) as reader:
        frames = list(reader)
        assert (reader.fps, reader.size, len(frames)) == (25, even, 10)
    for index, frame in enumerate(frames):
        assert np.abs(frame[: size[1], : size[0]].astype(int) - picture(index, size)).mean() < 4


def test_an_odd_size_repeats_its_edge(tmp_path: Path) -> None:
    frame = np.full((49, 65, 3), 40, np.uint8)
    frame[:, -3:], frame[-3:] = 220, 220
    with open_clip(tmp_path / "a.mp4", (65, 49), 25, crf=4) as clip:
        clip.write(frame)
    read = next(iter(VideoReader(tmp_path / "a.mp4")))
    assert read.shape == (50, 66, 3)
    assert read[:, -1].min() > 200
    assert read[-1].min() > 200


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        with open_clip(tmp_path / name, (64, 48), 30) as clip:
            for index in range(12):
                clip.write(picture(index))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def ghost(index: int) -> np.ndarray:
    """A frame (48, 64, 4) whose left half is transparent black."""
    frame = np.dstack([picture(index), np.full((48, 64), 255, np.uint8)])
    frame[:, :32] = 0
    return frame


@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_without_alpha_the_ground_is_white(tmp_path: Path, name: str) -> None:
    with open_clip(tmp_path / name, (64, 48), 25) as clip:
        for index in range(3):
            clip.write(ghost(index))
    frame = next(iter(VideoReader(tmp_path / name)))
    assert frame[:, :28].min() > 235
    assert np.abs(frame[:, 36:].astype(int) - picture(0)[:, 36:]).mean() < 12


def test_a_webm_keeps_its_alpha(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    with open_clip(path, (64, 48), 25) as clip:
        clip.write(ghost(0))
        clip.write(picture(1))  # a frame without alpha is opaque
    assert "vp9" in described(path)
    raw = ["-f", "rawvideo", "-pix_fmt", "rgba", "pipe:1"]
    command = [ffmpeg_program(), "-loglevel", "error", "-c:v", "libvpx-vp9", "-i", str(path), *raw]
    decoded = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.uint8)
    alpha = decoded.reshape(2, 48, 64, 4)[..., 3]
    assert alpha[0, :, :28].max() < 10
    assert alpha[0, :, 36:].min() > 245
    assert alpha[1].min() > 245


def test_a_gif_loops_at_its_own_rate_and_size(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    with open_clip(path, (65, 49), 20) as clip:
        for index in range(6):
            clip.write(picture(index, (65, 49)))
    assert b"NETSCAPE2.0\x03\x01\x00\x00" in path.read_bytes()
    with VideoReader(path) as reader:
        frames = list(reader)
        assert (reader.fps, reader.size, len(frames)) == (20, (65, 49), 6)
    assert np.abs(frames[3].astype(int) - picture(3, (65, 49))).mean() < 8


def test_a_png_sequence_is_exact_and_replaces_an_earlier_one(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    for count in (4, 2):
        with open_clip(folder, (64, 48), 25, overwrite=count == 2) as clip:
            for index in range(count):
                clip.write(ghost(index + count))
        assert sorted(entry.name for entry in folder.glob("[!.]*")) == [f"{index:04d}.png" for index in range(count)]
        assert np.array_equal(read_image(folder / "0001.png"), ghost(1 + count))
    assert [entry.name for entry in tmp_path.iterdir()] == ["frames"]


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif", "frames"])
@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_a_cancel_leaves_nothing_and_nobody(tmp_path: Path, name: str, stop: type[BaseException]) -> None:
    before = set(children())
    clip = open_clip(tmp_path / name, (64, 48), 25)
    with pytest.raises(stop), clip:  # noqa: PT012 - the writing belongs to what is interrupted
        clip.write(picture(0))
        assert not (tmp_path / name).exists()
        raise stop
    assert list(tmp_path.iterdir()) == []
    assert set(children()) <= before


def test_a_failure_keeps_the_earlier_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.mp4"
    with open_clip(path, (64, 48), 25) as clip:
        clip.write(picture(0))
    whole = path.read_bytes()
    monkeypatch.setattr(video, "mp4_arguments", lambda crf: ["-c:v", "no_such_codec", "-f", "mp4"])
    with pytest.raises(InputError, match=r"can't be written \(.*\);"):  # noqa: SIM117, PT012
        with open_clip(path, (64, 48), 25, overwrite=True) as clip:
            for index in range(2000):
                clip.write(picture(index % 20))
    assert path.read_bytes() == whole
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.mp4"]


def test_a_kill_anywhere_leaves_the_earlier_clip_or_the_new_one(tmp_path: Path) -> None:
    def written(folder: Path, count: int) -> None:
        with open_clip(folder / "a.gif", (16, 12), 25, overwrite=True) as clip:
            for index in range(count):
                clip.write(picture(index, (16, 12)))

    written(tmp_path, 1)
    earlier = (tmp_path / "a.gif").read_bytes()
    seen = []
    for folder in every_crash(
        tmp_path, lambda folder: (folder / "a.gif").write_bytes(earlier), lambda folder: written(folder, 3)
    ):
        heal()
        with VideoReader(folder / "a.gif") as reader:
            seen.append(sum(1 for _ in reader))
        assert [entry.name for entry in folder.iterdir()] == ["a.gif"]
    assert seen == sorted(seen)
    assert set(seen) == {1, 3}


def test_a_disk_that_fills_up_names_the_folder_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("PIL.Image.Image.save", full)
    with pytest.raises(InputError, match=r"frames can't be written \(No space left"):  # noqa: SIM117
        with open_clip(tmp_path / "frames", (64, 48), 25) as clip:
            clip.write(picture(0))
    assert list(tmp_path.iterdir()) == []


def test_a_clip_without_frames_is_refused(tmp_path: Path) -> None:
    for name in ("a.mp4", "frames"):
        with pytest.raises(InputError, match="no frames"), open_clip(tmp_path / name, (64, 48), 25):
            pass
    assert list(tmp_path.iterdir()) == []


def test_rates_and_qualities_out_of_range(tmp_path: Path) -> None:
    for fps in (0, -1, float("nan"), 1000):
        with pytest.raises(InputError, match="frames a second"):
            open_clip(tmp_path / "a.mp4", (64, 48), fps)
    with pytest.raises(InputError, match="CRF"):
        open_clip(tmp_path / "a.mp4", (64, 48), 25, crf=60)


def test_frames_of_another_size_are_the_callers_fault(tmp_path: Path) -> None:
    with open_clip(tmp_path / "a.mp4", (64, 48), 25) as clip:
        clip.write(picture(0))
        for wrong in (picture(0, (48, 64)), picture(0)[..., 0], picture(0).astype(np.float32)):
            with pytest.raises(ValueError, match=r"frames are|picture is"):
                clip.write(wrong)


# --- where a clip may go ---------------------------------------------------------------------------------------------


def test_a_good_place_stays_as_it_was(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.WEBM", "c.gif", "frames"):
        check_output(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_bad_places(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "beach.jpg").touch()
    for name, reason in (
        ("no/a.mp4", "doesn't exist"),
        ("file/a.mp4", "isn't a folder"),
        ("folder.mp4", "is a folder"),
        ("a.wmv", r"\.mp4, \.webm, \.gif"),
        ("file", "is a file"),
        ("holiday", "other files"),
    ):
        for attempt in (check_output, lambda path: open_clip(path, (64, 48), 25)):
            with pytest.raises(InputError, match=reason) as caught:
                attempt(tmp_path / name)
            assert "\n" not in str(caught.value)


def test_a_place_that_refuses_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tried with a file, because permission bits say nothing to root nor on a read-only file system."""
    for error, reason in ((PermissionError(13, "denied"), "isn't writable"), (OSError(30, "Read-only"), "Read-only")):

        def refuse(*_: object, error: OSError = error) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr("builtins.open", refuse)
            with pytest.raises(InputError, match=reason):
                check_output(tmp_path / "a.mp4")


def test_a_full_disk_is_noticed_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 99, 5 * 2**20))
    with pytest.raises(InputError, match=r"no room \(5 MB free"):
        check_output(tmp_path / "a.mp4")


# --- a real one ------------------------------------------------------------------------------------------------------


def test_a_sample_motion_is_read_as_its_joints_say() -> None:
    samples = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples"
    if not (samples / "motion-walk.mp4").exists():
        pytest.skip("the shared samples aren't here")
    with VideoReader(samples / "motion-walk.mp4", max_side=64) as reader:
        assert (reader.fps, reader.size, reader.frame_count) == (25, (48, 64), 82)
        assert len(list(reader)) == 82
