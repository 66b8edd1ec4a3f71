"""Video out: whole files or none."""

from __future__ import annotations

import shutil
import subprocess
from collections import namedtuple
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from crashes import every_crash

from fashionmirror_core.errors import InputError
from fashionmirror_core.media import writing
from fashionmirror_core.media.ffmpeg import ffmpeg_program
from fashionmirror_core.media.images import read_image
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.media.redo_log import heal
from fashionmirror_core.media.writing import (
    check_output,
    gif_arguments,
    metadata_arguments,
    mp4_arguments,
    open_clip,
    webm_arguments,
)
from tests.core.media.conftest import children, described, picture


def test_arguments_say_what_the_formats_need() -> None:
    assert {"libx264", "yuv420p", "+faststart"} <= set(mp4_arguments(18))
    assert mp4_arguments(23)[mp4_arguments(23).index("-crf") + 1] == "23"
    assert {"libvpx-vp9", "yuva420p"} <= set(webm_arguments(18))
    assert "palettegen" in " ".join(gif_arguments(Fraction(25)))
    assert "fps=50" not in " ".join(gif_arguments(Fraction(25)))
    assert "fps=50" in " ".join(gif_arguments(Fraction(60)))
    assert metadata_arguments({"comment": "a=b"}) == ["-metadata", "comment=a=b"]
    assert metadata_arguments(None) == []
    with pytest.raises(ValueError, match="metadata"):
        metadata_arguments({"a=b": "c"})


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
    monkeypatch.setattr(writing, "mp4_arguments", lambda crf: ["-c:v", "no_such_codec", "-f", "mp4"])
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
