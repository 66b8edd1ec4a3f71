"""The configuration of a run: there and back as JSON, every entry checked by name, and what the command line
makes of it.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from fashionmirror_core.cli.train import train_app
from fashionmirror_core.errors import InputError
from fashionmirror_core.training.config import TrainConfig
from fashionmirror_core.training.tasks import TASKS


def test_the_defaults_are_a_valid_configuration_there_and_back() -> None:
    assert TrainConfig.from_dict(json.loads(json.dumps(TrainConfig().to_dict()))) == TrainConfig()


@given(
    st.sampled_from([[name] for name in TASKS]),
    st.integers(1, 10**7),
    st.floats(1e-8, 1),
    st.booleans(),
    st.none() | st.integers(0, 256),
)
def test_what_is_written_is_read(
    tasks: list[str], steps: int, learning_rate: float, adversary: bool, workers: int | None
) -> None:
    config = TrainConfig(
        tuple(tasks), steps=steps, learning_rate=learning_rate, adversary=adversary, workers=workers
    )  # fmt: skip
    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"steps": 7, "network": {"source_encoder_depth": 3}, "mask_weights": {"l1": 3}}')
    config = TrainConfig.read(path)
    assert (config.steps, config.batch) == (7, TrainConfig().batch)
    assert config.network == dataclasses.replace(TrainConfig().network, source_encoder_depth=3)
    assert config.mask_weights == dataclasses.replace(TrainConfig().mask_weights, l1=3)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("tasks", []),
        ("tasks", ["masks", "masks"]),
        ("tasks", ["sewing"]),
        ("tasks", [["masks"]]),
        ("tasks", ["labels", "masks"]),
        ("tasks", ["labels", "next_mask"]),
        ("tasks", "masks"),
        ("steps", 0),
        ("steps", 1.5),
        ("steps", True),
        ("batch", "4"),
        ("batch", None),
        ("frames", 7),
        ("workers", -1),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("ema", 1.0),
        ("precision", "16-mixed"),
        ("perceptual", True),
        ("adversary", 1),
        ("clothing_patch_loss", None),
        ("network", {"source_encoder_depth": 0}),
        ("network", {"depth": 3}),
        ("network", 5),
        ("spatial_weights", {"l1": -1}),
        ("spatial_weights", {"l1": "5"}),
        ("mask_weights", {"l7": 1}),
        ("temporal_weights", [1]),
    ],
)
def test_a_bad_entry_is_named(entry: str, value: Any) -> None:
    with pytest.raises(InputError, match=entry):
        TrainConfig.from_dict({entry: value})


@pytest.mark.parametrize("data", [None, [], {"stepps": 3}])
def test_what_is_no_configuration_is_refused(data: Any) -> None:
    with pytest.raises(InputError, match=r"not a table|stepps"):
        TrainConfig.from_dict(data)


@pytest.mark.parametrize("text", ["", "{", '{"steps": -1}', "[1]"])
def test_a_bad_file_is_named_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"bad\.json") as caught:
        TrainConfig.read(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json"):
        TrainConfig.read(tmp_path / "none.json")


def test_adversaries_join_after_their_share_of_the_steps_and_only_for_finish() -> None:
    assert TrainConfig(("finish",), steps=10, adversary_from=0.5).joining == 6
    assert TrainConfig(("finish",), steps=10, adversary_from=0.0).joining == 1
    assert TrainConfig(("finish",), adversary=False).joining is None
    assert TrainConfig(("masks",)).joining is None


# ------------------------------------------------------------------------------------------------------ the command line


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[TrainConfig, dict[str, Any]]]:
    """What ``run.train`` is called with."""
    calls: list[tuple[TrainConfig, dict[str, Any]]] = []

    def train(config: TrainConfig, folders: list[Path], output: Path, **others: Any) -> Path:
        calls.append((config, {"folders": folders, **others}))
        return output / "weights.safetensors"

    monkeypatch.setattr("fashionmirror_core.training.loop.run.train", train)
    return calls


def command(*arguments: str | Path) -> str:
    result = CliRunner().invoke(train_app, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_options_go_on_top_of_the_file(tmp_path: Path, trained: list[tuple[TrainConfig, dict[str, Any]]]) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"steps": 7, "batch": 3}')
    command(
        "--data", "a", "--data", "b", "-o", tmp_path, "--config", path, "--batch", 5, "--tasks", "finish",
        "--no-perceptual", "--no-adversary", "--no-clothing-patch-loss", "--device", "cpu",
    )  # fmt: skip
    config, others = trained[0]
    assert config == TrainConfig(
        ("finish",), steps=7, batch=5, perceptual="none", adversary=False, clothing_patch_loss=False
    )  # fmt: skip
    assert others["folders"] == [Path("a"), Path("b")]
    assert (others["resume"], others["device"]) == (False, "cpu")


def test_a_resumed_run_has_its_own_configuration(
    tmp_path: Path, trained: list[tuple[TrainConfig, dict[str, Any]]]
) -> None:
    TrainConfig(batch=9, steps=10).write(tmp_path / "config.json")
    command("--data", "a", "-o", tmp_path, "--resume", "--steps", 20)
    assert trained[0][0] == TrainConfig(batch=9, steps=20)
    command("--data", "a", "-o", tmp_path)
    assert trained[1][0] == TrainConfig()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("-o", "run"), "--data"),
        (("--data", "a"), "--output"),
        (("--data", "a", "-o", "run", "--steps", "0"), "steps"),
        (("--data", "a", "-o", "run", "--tasks", "sewing"), "tasks"),
        (("--data", "a", "-o", "run", "--config", "none.json"), "none.json"),
        (("--data", "a", "-o", "run", "--no-perceptual", "--perceptual", "whole"), "--perceptual whole"),
    ],
)
def test_bad_options_are_named(arguments: tuple[str, ...], named: str) -> None:
    with pytest.raises(InputError, match=named):
        command(*arguments)
