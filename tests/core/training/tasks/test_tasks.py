"""The table of tasks: which go together, which parameter is whose, and a task with data of its own that is added to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks import NetworkConfig, TryOnNetworks, weights
from fashionmirror_core.networks.stage_one import FROZEN
from fashionmirror_core.training.config import TrainConfig
from fashionmirror_core.training.loop.run import train
from fashionmirror_core.training.tasks import TASKS, chosen, is_trained
from fashionmirror_core.training.tasks.labels import ENCODERS
from fashionmirror_core.training.tasks.task import Data, DataSource, ForwardPass, Items, Outcome, Task

TINY = NetworkConfig((4,) * 3, 1, (4,) * 3)


def test_tasks_come_in_the_tables_order() -> None:
    assert list(TASKS) == ["labels", "masks", "next_mask", "finish"]
    with pytest.raises(InputError, match="tasks: masks and finish learn from different data"):
        chosen(("finish", "masks"))


def test_tasks_of_different_data_are_told_apart() -> None:
    with pytest.raises(InputError, match="tasks: labels and finish learn from different data"):
        chosen(("finish", "labels"))


def test_every_parameter_belongs_to_one_task() -> None:
    """A parameter that no task trains would stay as it was made for ever; the encoder's first layers shall."""
    for name, _ in TryOnNetworks(TINY).named_parameters():
        whose = [task for task in TASKS if is_trained(name, TrainConfig((task,)))]
        kept = name.startswith(tuple(f"{encoder}.{layer}" for encoder in ENCODERS for layer in FROZEN))
        assert len(whose) == (not kept), (name, whose)


class Numbers:
    """Data of its own: sizes in a text file, without a prepared set."""

    def __init__(self, folder: Path) -> None:
        self.values = [float(line) for line in (folder / "numbers.txt").read_text().splitlines()]
        self.sources, self.skipped = [DataSource(folder.name, "CC0-1.0", True)], ["line 3: not a number"]

    def set_epoch(self, epoch: int) -> None:
        pass

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"id": f"line {index}", "number": torch.tensor(self.values[index])}


class NumbersTask(Task[ForwardPass]):
    name = "numbers"
    items = Items(lambda tasks, settings, folders: Numbers(folders[0]), ForwardPass)

    def trains(self, parameter: str, settings: Any) -> bool:
        return parameter == "generator.head.bias"

    def begin(self, networks: TryOnNetworks, data: Data) -> None:
        torch.nn.init.constant_(networks.generator.head.bias, 0.5)

    def outcome(self, forward: ForwardPass) -> Outcome:
        found = forward.networks.generator.head.bias + 0 * forward.batch["number"].sum()
        return Outcome(losses={"size": found.square().mean()}, metrics={"largest": found.detach().max()})


def test_a_new_task_needs_a_line_in_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(TASKS, "numbers", NumbersTask())
    (tmp_path / "numbers.txt").write_text("0.1\n0.2\n")
    config = TrainConfig(
        ("numbers",), steps=20, batch=2, workers=0, learning_rate=0.1, warmup=0, network=TINY, precision="32-true",
        scalar_every=1,
    )  # fmt: skip
    written = train(config, [tmp_path], tmp_path / "run", device="cpu")
    rows = [json.loads(line) for line in (tmp_path / "run" / "scalars.jsonl").read_text().splitlines()]
    assert rows[0]["numbers/size"] == pytest.approx(0.25)  # as ``begin`` set it
    assert rows[-1]["numbers/size"] < 0.2 * rows[0]["numbers/size"]
    assert "numbers/largest" in rows[0]
    assert weights.card(written)["data"] == [vars(NumbersTask.items.open([], config, [tmp_path]).sources[0])]
    assert "numbers/largest" not in weights.card(written)["losses"]
    assert "left out: line 3: not a number" in capsys.readouterr().err
