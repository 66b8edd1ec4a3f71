"""The command line: what it makes, and what each bad input ends in: code 2, one line on stderr, nothing left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import known
import numpy as np
import pytest
from console import Result, contents, refused

from fashionmirror_core import samples
from fashionmirror_core.cli import main as cli
from fashionmirror_core.cli import telling
from fashionmirror_core.media.images import read_image, write_image
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.motion import templates
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.outputs import clip as render

# --- what it makes ----------------------------------------------------------------------------------------------------


def test_help_lists_the_commands(fashionmirror: Any) -> None:
    result = fashionmirror("--help")
    assert result.code == 0
    for command in ("demo", "render", "motion", "bench"):
        assert command in result.out
    assert result.err == ""


def test_the_options_of_render_are_listed(fashionmirror: Any) -> None:
    result = fashionmirror("render", "--help")
    assert result.code == 0
    options = "person garment motion category frames fps size background device draft retarget transition"
    for option in f"{options} masks-dir frames-dir report".split():
        assert f"--{option}" in result.out


def test_a_clip_with_everything_beside_it(clip: Any, place: Path) -> None:
    result = clip(
        fps=12, masks_dir=place / "masks", frames_dir=place / "frames", report=place / "r.json", category="dress"
    )
    assert result.code == 0, result.err
    assert result.err == ""
    assert len(result.out.splitlines()) == 1
    with VideoReader(place / "clip.mp4") as written:
        assert written.fps == 12
        assert len(list(written)) == 3
    assert contents(place / "frames") == ["0000.png", "0001.png", "0002.png"]
    assert contents(place / "masks") == ["clothing_0000.png", "clothing_0001.png", "clothing_0002.png", "removed.png"]
    report = json.loads((place / "r.json").read_text())
    assert report["frames"] == 3
    assert report["fps"] == 12
    assert report["size"] == [288, 384]
    assert sorted(path.name for path in place.iterdir()) == ["clip.mp4", "frames", "masks", "r.json"]


@pytest.mark.parametrize("size", ["256x192", "512x384"])
def test_the_clip_has_the_size_asked_for(clip: Any, place: Path, size: str) -> None:
    result = clip(size=size, output=place / "frames", frames=1)
    assert result.code == 0, result.err
    assert "x".join(map(str, read_image(place / "frames" / "0000.png").shape[:2])) == size


def test_a_reframed_clip_takes_the_photos_joints_along(
    clip: Any, place: Path, tmp_path: Path, sample_person: Any
) -> None:
    """With --retarget off the joints are the photo's pixels, whatever the clip's size."""
    person = sample_person(known.PERSON.stem)
    file = tmp_path / "still.motion.json"
    Motion(person.pose.joints[None], person.pose.depth[None], 25, (288, 384)).save(file)
    given = {"motion": file, "retarget": "off", "transition": 0, "frames": 1}
    assert clip(output=place / "native", **given).code == 0
    assert clip(output=place / "large", size="512x384", **given).code == 0
    native, large = (read_image(place / name / "0000.png") for name in ("native", "large"))
    smaller = cv2.resize(large, native.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(smaller.astype(int) - native).mean() < 3


def test_a_top_and_a_skirt(clip: Any, fashionmirror: Any, person_file: Path, place: Path) -> None:
    garments = {path.stem: path for path in samples.garments()}
    result = fashionmirror(
        "render", "--person", person_file, "--garment", garments["skirt-navy"], "--garment", garments["tee-bloom"],
        "-o", place / "clip.mp4", "--frames", 2,
    )  # fmt: skip
    assert result.code == 0, result.err
    assert "skirt-navy (lower)" in result.out
    assert "tee-bloom (upper)" in result.out


def test_choices_for_garments_that_are_not_given_are_refused(
    fashionmirror: Any, clip: Any, person_file: Path, garment_file: Path, place: Path
) -> None:
    given = ("render", "--person", person_file, "--garment", garment_file, "-o", place / "clip.mp4")
    for option, values in (("--pick", "12"), ("--turn-garment", ("0", "90"))):
        twice = [word for value in values for word in (option, value)]
        refused(fashionmirror(*given, *twice), f"more {option} than garments")
    refused(clip(pick=2), "There is no garment 2")
    assert contents(place) == []


def test_the_templates_are_listed(fashionmirror: Any) -> None:
    result = fashionmirror("motion", "list")
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()] == list(templates.NAMES)


def test_a_motion_is_shown(fashionmirror: Any) -> None:
    result = fashionmirror("motion", "show", "catwalk")
    assert result.code == 0
    assert f"{len(Motion.template('catwalk'))} frames" in result.out


# --- the demo and stills ----------------------------------------------------------------------------------------------


def test_the_demo_takes_a_name_that_is_free(fashionmirror: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setattr(cli, "_render", lambda *given, **_: given[3].write_text("a clip"))
    for there in (["demo.mp4"], ["demo-2.mp4", "demo.mp4"]):
        assert fashionmirror("demo").code == 0
        assert contents(place) == there
    assert fashionmirror("demo", "--overwrite").code == 0
    assert contents(place) == ["demo-2.mp4", "demo.mp4"]


def test_the_first_demo_says_that_it_compiles(
    fashionmirror: Any, place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cli, "_render", lambda *_, **__: None)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    (line,) = fashionmirror("demo", "-o", place / "a.mp4").lines
    assert "compiled for this computer" in line
    (tmp_path / "kernel.nbc").touch()
    assert not fashionmirror("demo", "-o", place / "b.mp4").lines


def test_stills_from_every_side(fashionmirror: Any, person_file: Path, garment_file: Path, place: Path) -> None:
    given = ("--person", person_file, "--garment", garment_file, "--size", "256x192", "--background", "white")
    result = fashionmirror("still", *given, "--turn", "0,90,180,90", "-o", place / "look.png")
    assert result.code == 0, result
    assert contents(place) == ["look-0.png", "look-180.png", "look-90.png"]
    front, side, back = (read_image(place / f"look-{angle}.png").astype(int) for angle in (0, 90, 180))
    shapes = [(picture.min(-1) < 235).sum(1).max() for picture in (front, side, back)]
    assert shapes[1] < 0.8 * shapes[0], "a side is narrower than a front"
    assert 0.9 < shapes[2] / shapes[0] < 1.1
    assert np.abs(back - front).max() > 60
    refused(fashionmirror("still", *given, "--turn", "90", "-o", place / "look-90.png"), "overwrite")
    assert fashionmirror("still", *given, "--turn", "90", "-o", place / "look-90.png", "--overwrite").code == 0


@pytest.mark.parametrize("turn", ["", "left", "0,,90", "nan", "1e9"])
def test_a_turn_that_is_none(fashionmirror: Any, person_file: Path, garment_file: Path, place: Path, turn: str) -> None:
    given = ("--person", person_file, "--garment", garment_file, "-o", place / "look.png")
    refused(fashionmirror("still", *given, "--turn", turn), "turn")
    refused(fashionmirror("still", *given[:-1], place / "look.mp4"), "no picture")
    assert contents(place) == []


def test_finishing_needs_final_frames_and_a_generator(
    fashionmirror: Any, person_file: Path, garment_file: Path, place: Path
) -> None:
    given = ("--person", person_file, "--garment", garment_file, "--finish")
    refused(fashionmirror("render", *given, "--draft", "-o", place / "clip.mp4"), "--finish", "leave out --draft")
    for command, name in (("render", "clip.mp4"), ("still", "look.png")):
        refused(fashionmirror(command, *given, "--weights", "none", "-o", place / name), "no trained generator")
    assert contents(place) == []


def test_a_turn_over_the_clip(clip: Any, place: Path) -> None:
    assert clip(turn=180, size="256x192", motion="idle", transition=0, frames_dir=place / "frames").code == 0
    frames = [read_image(place / "frames" / f"{k:04d}.png").astype(int) for k in range(3)]
    assert np.abs(frames[2] - frames[0]).max() > 60


@pytest.mark.parametrize("option", ["output", "report", "masks_dir", "frames_dir"])
def test_a_name_that_is_too_long_is_told_before_the_work(clip: Any, place: Path, option: str) -> None:
    suffix = {"output": ".mp4", "report": ".json"}.get(option, "")
    refused(clip(**{option: place / ("x" * 260 + suffix)}), "name", "too long", "shorten it")
    assert contents(place) == []


# --- bad options ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("category", "hat"),
        ("size", "100x100"),
        ("frames", 0),
        ("frames", "many"),
        ("fps", 0),
        ("fps", "nan"),
        ("fps", 1000),
        ("crf", 60),
        ("transition", -1),
        ("turn", "nan"),
        ("turn", 1e9),
        ("retarget", "maybe"),
        ("background", "plaid"),
        ("background", "transparent"),
        ("sparkle", 1),
    ],
)
def test_an_option_with_a_bad_value(clip: Any, place: Path, option: str, value: object) -> None:
    refused(clip(**{option: value}))
    assert contents(place) == []


@pytest.mark.parametrize("device", ["tpu", "cpu:abc"])
def test_a_device_that_is_not_there(clip: Any, place: Path, device: str) -> None:
    refused(clip(device=device), device)
    assert contents(place) == []


@pytest.mark.parametrize("option", ["person", "garment", "output"])
def test_an_option_that_is_missing(clip: Any, place: Path, option: str) -> None:
    refused(clip(**{option: None}), option)
    assert contents(place) == []


@pytest.mark.parametrize("words", [["--sparkle"], ["wardrobe"], ["motion", "dance"], ["render", "extra"]], ids=str)
def test_an_unknown_command_or_option(fashionmirror: Any, words: list[str]) -> None:
    refused(fashionmirror(*words))


# --- cancel and our own faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, render.Cancelled])
def test_cancel_ends_with_130_and_leaves_nothing(
    clip: Any, place: Path, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    def interrupted(*_: object) -> None:
        raise interruption

    monkeypatch.setattr(telling.ProgressBar, "_set", interrupted)
    result = clip(masks_dir=place / "masks", frames_dir=place / "frames", report=place / "r.json")
    assert result.code == 130
    assert result.lines == ["fashionmirror: Cancelled."]
    assert contents(place) == []


def test_our_own_fault_ends_with_1_and_says_where_the_log_is(
    clip: Any, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import platformdirs

    def broken(*_: object) -> None:
        raise RuntimeError("a wheel came off")

    monkeypatch.setattr(platformdirs, "user_log_dir", lambda *_, **__: str(tmp_path / "log"))
    monkeypatch.setattr(telling.ProgressBar, "_set", broken)
    result = clip()
    assert result.code == 1
    assert len(result.lines) == 1
    (log,) = (tmp_path / "log").iterdir()
    assert str(log) in result.err
    assert "a wheel came off" in result.err
    assert "Traceback" in log.read_text()
    assert contents(place) == []


# --- as a process -----------------------------------------------------------------------------------------------------


def process(repository: Path, *arguments: object) -> Result:
    command = [sys.executable, "-m", "fashionmirror_core", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(repository)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=repository, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


def test_help_loads_nothing_heavy(repository: Path) -> None:
    code = "import sys; from fashionmirror_core.cli import main as cli; sys.argv = ['f', '--help']\ntry: cli.main()\n"
    code += "except SystemExit: pass\nprint([m for m in ('torch', 'cv2', 'numpy', 'mediapipe') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=repository, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_refusal_after_the_pose_estimator_ran_is_one_line(
    repository: Path, tmp_path: Path, garment_file: Path
) -> None:
    """MediaPipe and its runtime write to stderr by themselves, below Python."""
    write_image(tmp_path / "wall.png", np.full((384, 288, 3), 180, np.uint8))
    result = process(
        repository, "render", "--person", tmp_path / "wall.png", "--garment", garment_file, "-o", tmp_path / "c.mp4"
    )
    refused(result, "no person")
    assert contents(tmp_path) == ["wall.png"]


# --- weights ----------------------------------------------------------------------------------------------------------


def test_weights_are_named_in_the_report(clip: Any, place: Path, untrained: Path) -> None:
    report = place / "report.json"
    assert clip(weights=untrained, report=report).code == 0
    assert json.loads(report.read_text())["weights"] == "untrained"


def test_weights_that_may_not_be_used_commercially_say_so(clip: Any, place: Path, untrained: Path) -> None:
    from fashionmirror_core.networks import weights

    card = {"licence": "photos without a licence", "commercial": False}
    weights.save(weights.load(untrained), place / "study.safetensors", card)
    told = clip(weights=place / "study.safetensors").err
    assert "study are for research only: photos without a licence" in told
    assert "research only" not in clip(weights=untrained).err


def test_without_weights_that_are_damaged_the_engine_goes_on_and_says_so(
    clip: Any, place: Path, untrained: Path
) -> None:
    tampered = place.parent / "tampered.safetensors"
    data = bytearray(untrained.read_bytes())
    data[-1] ^= 1
    tampered.write_bytes(data)
    shutil.copy(untrained.with_suffix(".sha256"), tampered.with_suffix(".sha256"))
    told = clip(weights=tampered)
    assert told.code == 0
    assert "note: " in told.err
    assert "tampered.safetensors: does not match its hash" in told.err
    assert "The engine goes on without them." in told.err


def test_pickles_are_never_opened(clip: Any, place: Path) -> None:
    pickled = place.parent / "old.pt"
    pickled.write_bytes(b"\x80\x04.")
    refused(clip(weights=pickled), "old.pt")
    assert contents(place) == []


def test_weights_that_are_not_there(clip: Any, place: Path) -> None:
    refused(clip(weights="best"), "best")
    assert contents(place) == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"person": "nope.jpg"}, "nope.jpg doesn't exist"),
        ({"garment": "nope.webp"}, "nope.webp doesn't exist"),
        ({"motion": "catwlk"}, "did you mean 'catwalk'"),
        ({"motion": "nope.mp4"}, "nope.mp4"),
        ({"weights": "nope"}, "no weights 'nope'"),
        ({"device": "tpu"}, "no device 'tpu'"),
    ],
)
def test_what_cannot_be_is_told_before_the_engine_is_loaded(
    given: dict[str, str], says: str, fashionmirror: Any, person_file: Path, garment_file: Path, place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(cli, "_engine", lambda *_: pytest.fail("the engine was loaded"))
    options = {"person": person_file, "garment": garment_file, "output": place / "clip.mp4", **given}
    result = fashionmirror("render", *(text for name, value in options.items() for text in (f"--{name}", value)))
    assert result.code == 2
    assert says in result.err
    assert len(result.lines) == 1


def test_a_swapped_pair_is_told_by_name(
    fashionmirror: Any, person_file: Path, garment_file: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_engine", lambda *_: None)
    result = fashionmirror("render", "--person", garment_file, "--garment", person_file, "-o", place / "clip.mp4")
    assert result.code == 2
    assert f"{garment_file.name} shows a garment and {person_file.name} a person" in result.err


@pytest.mark.parametrize("command", ["render", "still", "lookbook", "garment", "bench", "demo"])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_what_is_given_in_words(option: str, command: str, fashionmirror: Any) -> None:
    result = fashionmirror(command, option)
    assert result.code == 0
    if command in ("render", "still"):
        assert "--person PHOTO" in result.out
        assert "--garment PICTURE" in result.out
        assert "--garment-back PICTURE" in result.out
    assert not re.search(r"<(list\[|str|int|float|Path)", result.out)


def test_the_version_is_told(fashionmirror: Any) -> None:
    from fashionmirror_core import __version__

    assert fashionmirror("--version").out == f"FashionMirror {__version__}\n"


def test_on_a_terminal_an_output_that_is_there_is_asked_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fashionmirror_core.cli import checks
    from fashionmirror_core.errors import Cancelled

    clip = tmp_path / "clip.mp4"
    assert not checks.may_replace(clip, False)
    clip.write_bytes(b"earlier")
    assert not checks.may_replace(clip, False)  # no terminal: --overwrite is asked for
    for stream in ("stdin", "stderr"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True, raising=False)
    monkeypatch.setattr(checks.typer, "confirm", lambda text, err: True)
    assert checks.may_replace(clip, False)
    monkeypatch.setattr(checks.typer, "confirm", lambda text, err: False)
    with pytest.raises(Cancelled):
        checks.may_replace(clip, False)
