"""``fashionmirror garment``: what it prints and writes, and what it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from fashionmirror_core import samples
from fashionmirror_core.cli import main as cli
from fashionmirror_core.media.images import read_image, write_image

TEE = next(path for path in samples.garments() if path.stem.startswith("tee"))


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["fashionmirror", "garment", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_it_prints_kind_condition_and_landmarks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, TEE) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{TEE.name}: tee")
    assert "category upper" in printed
    assert "sleeves: short" in printed
    assert "shoulder_left" in printed
    assert "parts: body" in printed
    assert "crotch" not in printed


def test_the_json_has_every_answer_with_its_probability(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, TEE, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    for choices in told["answers"].values():
        assert sum(choices.values()) == pytest.approx(1, abs=0.02)
    assert set(told["parts"]) == {"body", "left sleeve", "right sleeve"}
    assert sum(told["parts"].values()) == pytest.approx(1, abs=0.03)
    height, width = read_image(TEE).shape[:2]
    for place in told["landmarks"].values():
        assert 0 <= place["x"] <= width
        assert 0 <= place["y"] <= height
        assert 0 <= place["certainty"] <= 1


def test_the_cut_out_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run(monkeypatch, TEE, "-o", tmp_path / "cut.png") == 0
    cut = read_image(tmp_path / "cut.png")
    assert cut.shape[2] == 4
    assert 0.3 < (cut[..., 3] > 127).mean() < 1


def test_a_cut_out_takes_no_other_pictures_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, other = tmp_path / "tee.png", tmp_path / "other.png"
    for picture in (own, other):
        write_image(picture, read_image(TEE))
    before = own.read_bytes()
    assert run(monkeypatch, own, "-o", own, "--overwrite") == 2
    assert "an input" in capsys.readouterr().err
    assert run(monkeypatch, own, "-o", other) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert own.read_bytes() == other.read_bytes() == before
    assert run(monkeypatch, own, "-o", other, "--overwrite") == 0
    assert other.read_bytes() != before


def test_a_cut_out_without_transparency_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, TEE, "-o", tmp_path / "cut.jpg") == 2
    assert ".png" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_wall_is_no_garment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wall = tmp_path / "wall.png"
    write_image(wall, np.full((300, 200, 3), 200, np.uint8))
    assert run(monkeypatch, wall) == 0
    printed = capsys.readouterr().out
    assert "note: " in printed
    assert "sleeves" not in printed
    assert run(monkeypatch, wall, "-o", tmp_path / "cut.png") == 2
    assert not (tmp_path / "cut.png").exists()


def test_a_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "nowhere.png") == 2
    assert "nowhere.png" in capsys.readouterr().err


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A tee beside trousers, cut out."""
    tee, trousers = read_image(TEE), read_image(next(p for p in samples.garments() if p.stem.startswith("trousers")))
    height = max(tee.shape[0], trousers.shape[0])
    tee, trousers = (np.pad(each, ((0, height - len(each)), (30, 30), (0, 0))) for each in (tee, trousers))
    write_image(tmp_path / "pair.png", np.ascontiguousarray(np.hstack([tee, trousers])))
    return tmp_path / "pair.png"


def test_several_garments_are_named_and_one_is_picked(
    pair: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, pair, "--pick", "2") == 0
    printed = capsys.readouterr().out
    assert "category lower" in printed
    assert "garments: 1 the left one, 2 the right one" in printed
    assert run(monkeypatch, pair, "--pick", "1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["garments"] == ["the left one", "the right one"]
    assert told["answers"]["category"]["upper"] > 0.9
    assert run(monkeypatch, pair, "--pick", "3") == 2
    assert "There is no garment 3" in capsys.readouterr().err


def test_a_turn_that_is_given_isnt_guessed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, TEE, "--turn-garment", "90", "--take-as", "garment", "--json") == 0
    assert json.loads(capsys.readouterr().out)["turned"] == 90
    assert run(monkeypatch, TEE, "--turn-garment", "45") == 2
