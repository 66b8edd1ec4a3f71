"""Networks of several runs become one file."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks import NetworkConfig, TryOnNetworks, weights
from fashionmirror_core.training.assembling import assemble
from fashionmirror_core.training.config import TrainConfig

TINY = NetworkConfig((4,) * 3, 1, (4,) * 3)


def run(folder: Path, value: float, *tasks: str, licence: str = "CC0 1.0", **changes: Any) -> Path:
    """Weights of a run, all of whose numbers are ``value``."""
    folder.mkdir()
    config = TrainConfig(tasks=tasks, **{"network": TINY} | changes)
    networks = TryOnNetworks(config.network)
    for parameter in networks.parameters():
        torch.nn.init.constant_(parameter, value)
    commercial = licence == "CC0 1.0"
    card = {
        "licence": licence,
        "commercial": commercial,
        "data": [{"name": folder.name, "licence": licence, "commercial": commercial}],
        "tasks": list(tasks),
        "config": config.to_dict(),
    }
    path = folder / "weights.safetensors"
    weights.save(networks, path, card)
    return path


def test_each_network_comes_from_the_last_run_that_trained_it(tmp_path: Path) -> None:
    files = [
        run(tmp_path / "a", 0.25, "finish"),
        run(tmp_path / "b", 0.5, "finish"),
        run(tmp_path / "c", 0.75, "masks"),
    ]
    output = tmp_path / "default.safetensors"
    assemble(files, output)
    found = {name: float(p.flatten()[0]) for name, p in weights.load(output).named_parameters()}
    assert {value for name, value in found.items() if name.startswith("pair.coattention.")} == {0.75}
    assert {value for name, value in found.items() if name.startswith("generator.")} == {0.5}
    untrained = dict(TryOnNetworks.default(config=TINY).named_parameters())
    assert all(
        value == float(untrained[name].flatten()[0])
        for name, value in found.items()
        if name.startswith("human.labels.")
    )


def test_the_card_tells_data_runs_metrics_and_failures(tmp_path: Path) -> None:
    files = [
        run(tmp_path / "a", 0.1, "masks"),
        run(tmp_path / "b", 0.2, "finish", licence="research only"),
    ]
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"data": "val", "counts": {"swap": 3}, "means": {"swap": {}}, "looks": []}))
    output = tmp_path / "research.safetensors"
    assemble(files, output, [report], ["Open coats."])
    card = weights.card(output)
    assert card["commercial"] is False
    assert card["licence"] == "CC0 1.0; research only"
    assert [source["name"] for source in card["data"]] == ["a", "b"]
    assert card["tasks"] == ["masks", "finish"]
    assert card["metrics"] == [{"data": "val", "counts": {"swap": 3}, "means": {"swap": {}}}]
    assert card["known_failures"] == ["Open coats."]


def test_an_assembled_file_takes_further_networks(tmp_path: Path) -> None:
    """Weights that ship get the networks of one more run; the others stay, and so does what their card says."""
    first = tmp_path / "first.safetensors"
    assemble([run(tmp_path / "a", 0.25, "masks")], first, failures=["Open coats."])
    output = tmp_path / "second.safetensors"
    assemble([first, run(tmp_path / "b", 0.5, "finish")], output, failures=["Long hair."])
    networks, card = weights.load(output), weights.card(output)
    assert {float(p.flatten()[0]) for p in networks.generator.parameters()} == {0.5}
    assert {float(p.flatten()[0]) for p in networks.pair.coattention.parameters()} == {0.25}
    assert networks.human.idle == weights.load(first).human.idle
    assert card["tasks"] == ["masks", "finish"]
    assert [told["tasks"] for told in card["runs"]] == [["masks"], ["finish"]]
    assert card["known_failures"] == ["Open coats.", "Long hair."]


def test_a_last_layer_that_does_harm_goes_back_to_zero(tmp_path: Path) -> None:
    output = tmp_path / "default.safetensors"
    card = assemble([run(tmp_path / "a", 0.1, "finish")], output, idle=["generator.head"])
    networks = weights.load(output)
    assert card["idle"] == ["generator.head"]
    assert not networks.generator.head.weight.any()
    assert networks.generator.gain_head.weight.any()


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    one = run(tmp_path / "a", 0.1, "masks")
    narrow = run(tmp_path / "b", 0.1, "finish", network=dataclasses.replace(TINY, generator_widths=(8, 8, 8)))
    with pytest.raises(InputError, match="widths"):
        assemble([one, narrow], tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="no layer"):
        assemble([one], tmp_path / "x.safetensors", idle=["mask.head"])
    with pytest.raises(InputError, match="no runs"):
        assemble([], tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="report"):
        assemble([one], tmp_path / "x.safetensors", [tmp_path / "none.json"])
    plain = tmp_path / "plain.safetensors"
    weights.save(TryOnNetworks(TINY), plain, {"licence": "CC0 1.0"})
    with pytest.raises(InputError, match="what was trained"):
        assemble([plain], tmp_path / "x.safetensors")
    assert not (tmp_path / "x.safetensors").exists()
