"""Frames are compared with the truth by how far the person is turned."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fashionmirror_core.cli.evaluate import evaluate_turns_command
from fashionmirror_core.errors import InputError
from fashionmirror_core.training.clips import DataError
from fashionmirror_core.training.evaluation.turning import (
    BINS,
    FILES,
    TurningOptions,
    Turns,
    in_bin,
    measure_turns,
    yaws,
)
from fashionmirror_core.training.sources.catwalk import Catwalk
from fashionmirror_core.tryon import TryOn

SETTINGS = {"data": "catwalk train"}


@pytest.fixture(scope="module")
def report(catwalk_folder: Path) -> Turns:
    """One of the two drawn clips, which never turn."""
    tryon = TryOn.load("cpu", weights=None)
    return measure_turns(
        Catwalk(catwalk_folder), tryon, Turns(SETTINGS), TurningOptions(clips=1), lambda picture: [picture]
    )


def test_every_frame_is_in_one_bin() -> None:
    assert all(sum(in_bin(yaw, degrees) for degrees in BINS) == 1 for yaw in np.linspace(0, 180, 500))


@pytest.mark.parametrize("degrees", [0, 30, -75, 100, 180])
def test_yaw_is_the_trunks_turn_away_from_the_camera(degrees: float) -> None:
    turn = np.radians(degrees)
    joints, depth = np.zeros((1, 25, 3)), np.zeros((1, 25))
    for left, right, y in ((5, 2, 0), (12, 9, 50)):
        for joint, side in ((left, 20), (right, -20)):
            joints[0, joint, :2] = side * np.cos(turn), y
            depth[0, joint] = side * np.sin(turn)
    joints[0, 8, 1] = 50
    assert yaws(joints, depth) == pytest.approx(abs(degrees), abs=1e-6)


def test_clips_are_measured_frame_by_frame(report: Turns) -> None:
    assert [len(frames) for frames in report.clips.values()] == [3]
    assert report.mean("engine", "silhouette", BINS[0])[0] > 0.7
    assert report.mean("engine", "clothing", BINS[0])[0] > 0.3
    assert report.mean("engine", "vgg", BINS[0])[1] == 3
    assert report.mean("engine", "flow_warp", BINS[0])[1] == 2  # the first has none before it
    assert report.mean("truth", "flow_warp", BINS[0])[1] == 2
    assert report.mean("engine", "silhouette", BINS[1]) == (pytest.approx(np.nan, nan_ok=True), 0)


def test_a_run_goes_on_where_it_stopped(report: Turns, catwalk_folder: Path, tmp_path: Path) -> None:
    (name,) = report.clips
    (other,) = {"top", "dress"} - {name}
    half = Turns(SETTINGS, dict(report.clips), {other: "it was refused."})
    half.write(tmp_path / "report")
    found = Turns.open(tmp_path / "report", SETTINGS)
    assert found == half
    again = measure_turns(Catwalk(catwalk_folder), None, found, TurningOptions())  # type: ignore[arg-type]
    assert again == half  # nothing is left to measure, so no engine is needed
    with pytest.raises(InputError, match="other settings"):
        Turns.open(tmp_path / "report", {"data": "catwalk val"})
    (tmp_path / "report" / FILES[0]).write_text("[]")
    with pytest.raises(InputError, match="no report"):
        Turns.open(tmp_path / "report", SETTINGS)


def test_the_report_is_written_as_json_and_a_table(report: Turns, tmp_path: Path) -> None:
    report.write(tmp_path)
    data = json.loads((tmp_path / FILES[0]).read_text())
    assert data["means"]["engine"]["silhouette"][0] == pytest.approx(
        report.mean("engine", "silhouette", BINS[0])[0], abs=1e-5
    )
    assert data["means"]["engine"]["silhouette"][1:] == [None] * 4
    table = (tmp_path / FILES[1]).read_text()
    assert "| degrees (frames) | 0-19 (3) | 20-49 (0) |" in table
    assert "| silhouette, IoU ↑: engine | 0." in table


class Broken:
    """One clip that can't be read, one that never faces the camera."""

    name, licence, commercial, ids = "broken", "CC0-1.0", True, ("lost", "away")

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> None:
        raise DataError("away.zip", "is not a whole archive")

    def poses(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if index == 0:
            raise DataError("joints.npz", "holds impossible numbers")
        return np.ones((1, 25, 3)), np.zeros((1, 25))


def test_a_clip_that_cannot_be_measured_is_named() -> None:
    report = Turns(SETTINGS)
    with pytest.raises(InputError, match="no clip could be measured"):
        measure_turns(Broken(), None, report, TurningOptions())  # type: ignore[arg-type]
    assert set(report.skipped) == {"lost", "away"}
    assert "left out: lost: joints.npz" in report.markdown()


def test_the_command_refuses_what_is_no_catwalk(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"index\.json"):
        evaluate_turns_command(tmp_path, tmp_path / "report")
