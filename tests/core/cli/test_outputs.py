"""Where the command line writes: places that can't be, and nothing of the user's that is lost."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from console import contents, refused

from fashionmirror_core import places, samples
from fashionmirror_core.media import files
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.motion.motion import Motion

Usage = namedtuple("Usage", "total used free")


# --- bad places -------------------------------------------------------------------------------------------------------


def test_an_output_folder_that_does_not_exist(clip: Any, place: Path) -> None:
    refused(clip(output=place / "no" / "clip.mp4"), "exist", "create it")
    assert contents(place) == []


@pytest.mark.parametrize("option", ["masks_dir", "frames_dir", "report"])
def test_a_place_beside_the_clip_that_does_not_exist(clip: Any, place: Path, option: str) -> None:
    refused(clip(**{option: place / "no" / "there"}), "exist", "create it")
    assert contents(place) == []


def test_an_output_folder_that_is_not_writable(clip: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "open", locked, raising=False)
    refused(clip(), "writable")
    assert contents(place) == []


def test_an_output_folder_without_room(clip: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 0))
    refused(clip(), "no room")
    assert contents(place) == []


def test_a_clip_of_an_unknown_kind(clip: Any, place: Path) -> None:
    refused(clip(output=place / "clip.avi"), ".mp4")
    assert contents(place) == []


def test_a_file_in_the_place_of_a_folder(clip: Any, place: Path) -> None:
    (place / "masks").write_text("mine")
    refused(clip(masks_dir=place / "masks"), "is a file")
    assert contents(place) == ["masks"]


# --- nothing of the user's is lost ------------------------------------------------------------------------------------


@pytest.fixture
def inputs(tmp_path: Path, person_file: Path, garment_file: Path) -> dict[str, Path]:
    """The sample's inputs, where a slip could overwrite them."""
    copies = {"person": tmp_path / "ana.png", "garment": tmp_path / f"dress{garment_file.suffix}"}
    shutil.copy(person_file, copies["person"])
    shutil.copy(garment_file, copies["garment"])
    copies["motion"] = tmp_path / "walk.mp4"
    shutil.copy(samples.motions()[0], copies["motion"])
    return copies


def unchanged(clip: Any, inputs: dict[str, Path], *words: str, **options: object) -> None:
    """A refusal that leaves every input as it was."""
    before = {path: path.read_bytes() for path in inputs.values()}
    refused(clip(**inputs, **options), *words)
    assert {path: path.read_bytes() for path in inputs.values()} == before


def test_no_output_is_an_input(
    clip: Any, inputs: dict[str, Path], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, motion = inputs["person"], inputs["motion"]
    unchanged(clip, inputs, "--output is", "read as an input", output=motion)
    unchanged(clip, inputs, "--report is", "read as an input", report=person)
    unchanged(clip, inputs, "--report", report=inputs["garment"])
    monkeypatch.chdir(person.parent)
    unchanged(clip, inputs, "read as an input", report=Path("ana.png"))
    unchanged(clip, inputs, "read as an input", report=place / ".." / "ana.png")
    (place / "link.png").symlink_to(person)
    unchanged(clip, inputs, "read as an input", report=place / "link.png")
    (place / "hard.mp4").hardlink_to(motion)
    unchanged(clip, inputs, "read as an input", output=place / "hard.mp4")
    unchanged(clip, inputs, "which is an input", frames_dir=person.parent)
    unchanged(clip, inputs, "read as an input", background=person, report=person)
    assert contents(place) == ["hard.mp4", "link.png"]


def test_weights_and_their_card_are_inputs_too(clip: Any, place: Path, untrained: Path) -> None:
    for suffix in (".json", ".sha256", ".safetensors"):
        refused(clip(weights=untrained, report=untrained.with_suffix(suffix)), "read as an input")
    refused(clip(report=places.weights() / "default.json"), "read as an input")
    assert contents(place) == []


def test_an_output_among_the_poses_is_refused(clip: Any, place: Path) -> None:
    Motion.template("idle").take(2).to_openpose_folder(place / "poses")
    before = contents(place)
    refused(clip(motion=place / "poses", report=place / "poses" / "report.json"), "among the inputs")
    assert contents(place) == before


def test_an_earlier_output_needs_overwrite(clip: Any, fashionmirror: Any, place: Path, inputs: dict[str, Path]) -> None:
    target = place / "clip.mp4"
    target.write_text("the only copy of a holiday film")
    refused(clip(), "clip.mp4 is there already", "--overwrite")
    refused(clip(output=place / "new.mp4", report=target), "is there already", "--overwrite")
    refused(fashionmirror("demo", "-o", target), "is there already", "--overwrite")
    assert target.read_text() == "the only copy of a holiday film"
    extracted = place / "walk.motion.json"
    extracted.write_text("mine")
    refused(fashionmirror("motion", "extract", inputs["motion"], "-o", extracted), "is there already", "--overwrite")
    assert extracted.read_text() == "mine"
    result = fashionmirror(
        "render", "--person", inputs["person"], "--garment", inputs["garment"], "-o", target, "--frames", 1, "--draft",
        "--overwrite",
    )  # fmt: skip
    assert result.code == 0, result.err
    with VideoReader(target) as written:
        assert len(list(written)) == 1
    assert contents(place) == ["clip.mp4", "walk.motion.json"]
