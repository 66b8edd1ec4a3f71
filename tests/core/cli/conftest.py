"""The console script run in this process, and what its tests write and read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from console import Result

from fashionmirror_core.cli import main as cli


@pytest.fixture
def fashionmirror(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs the console script in this process."""

    def run(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["fashionmirror", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        return Result(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder for what is written."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def clip(fashionmirror: Any, person_file: Path, garment_file: Path, place: Path) -> Callable[..., Result]:
    """``fashionmirror render`` of three frames of the sample, with these options instead or beside."""

    def run(**options: object) -> Result:
        given = {"person": person_file, "garment": garment_file, "output": place / "clip.mp4", "frames": 3} | options
        pairs = [(f"--{name.replace('_', '-')}", value) for name, value in given.items() if value is not None]
        return fashionmirror("render", *(word for pair in pairs for word in pair))

    return run


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that have learned nothing, with their hash and card."""
    from fashionmirror_core.networks import TryOnNetworks, weights

    path = tmp_path_factory.mktemp("weights") / "untrained.safetensors"
    weights.save(TryOnNetworks.default(), path, {"licence": "CC0-1.0"})
    return path
