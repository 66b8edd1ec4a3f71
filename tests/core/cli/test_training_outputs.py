"""The commands of training hold their outputs to the same rules: no input is replaced, nor anything without a word."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fashionmirror_core.cli import main as cli


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that is bad input -> its line."""

    def run(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["fashionmirror", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        lines = capfd.readouterr().err.splitlines()
        assert (ended.value.code, len(lines)) == (2, 1), lines
        return lines[0]

    return run


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's weights with hash and card; nothing reads them."""
    folder = tmp_path / "run"
    folder.mkdir()
    for suffix in ("safetensors", "sha256", "json"):
        (folder / f"weights.{suffix}").write_text("precious")
    return folder


def test_assembled_weights_replace_neither_a_run_nor_others_without_a_word(
    refused: Callable[..., str], run: Path, tmp_path: Path
) -> None:
    weights = run / "weights.safetensors"
    assert "read as an input" in refused("train", "assemble", weights, "-o", weights)
    report = tmp_path / "default.json"  # it would become the card
    report.write_text("precious")
    line = refused("train", "assemble", weights, "-o", tmp_path / "default.safetensors", "--report", report)
    assert "read as an input" in line
    other = tmp_path / "other.json"
    other.write_text("precious")
    line = refused("train", "assemble", weights, "-o", tmp_path / "other.safetensors")
    assert "other.json is there already" in line
    assert set(contents(tmp_path).values()) == {"precious"}


def test_a_set_is_not_prepared_into_its_source(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    line = refused("train", "prepare", "photos", tmp_path / "photos", "-o", tmp_path / "photos" / ".." / "photos")
    assert "read as an input" in line
    assert contents(tmp_path) == {}


def test_a_run_does_not_begin_in_its_data_or_over_other_files(refused: Callable[..., str], run: Path) -> None:
    assert "read as an input" in refused("train", "--data", run, "-o", run, "--steps", 1)


def test_a_report_replaces_nothing_without_a_word(refused: Callable[..., str], tmp_path: Path) -> None:
    data, report = tmp_path / "set", tmp_path / "report"
    for folder in (data, report):
        folder.mkdir()
    (report / "report.md").write_text("mine")
    assert "report.md is there already" in refused("evaluate", "--data", data, "-o", report)
    assert "among the inputs" in refused("evaluate", "--data", data, "-o", data)
    assert contents(tmp_path) == {"report.md": "mine"}
