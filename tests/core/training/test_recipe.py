"""One command from the data to weights with a card, on tiny data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from fashionmirror_core.networks import NetworkConfig, weights
from fashionmirror_core.training import recipe
from fashionmirror_core.training.config import TrainConfig
from fashionmirror_core.training.recipe import LABELS, LABELS_STREET, RUNS, make_weights
from fashionmirror_core.training.sets.preparing import Preparation

TINY = NetworkConfig((4,) * 3, 1, (4,) * 3)


@pytest.mark.parametrize("entries", [LABELS, LABELS_STREET, *RUNS.values()], ids=["labels", "labels-street", *RUNS])
def test_every_run_is_a_configuration(entries: dict[str, Any]) -> None:
    assert TrainConfig.from_dict(entries).tasks


def _first_clip(folder: Path, target: Path) -> None:
    """A data set of the first clip alone."""
    target.mkdir(parents=True)
    for path in folder.iterdir():
        if path.name != "index.json":
            (target / path.name).symlink_to(path)
    index = json.loads((folder / "index.json").read_text())
    index = index[:1] if isinstance(index, list) else index | {"clips": index["clips"][:1]}
    (target / "index.json").write_text(json.dumps(index))


@pytest.mark.slow
def test_the_recipe_ends_with_measured_weights_and_can_be_gone_on_with(
    catwalk_folder: Path, street_folder: Path, garments_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    for kind, folder in (("catwalk", catwalk_folder), ("street", street_folder)):
        for split in ("train", "val"):
            _first_clip(folder, data / kind / split)
    (data / "garments").symlink_to(garments_folder)
    for entries in (LABELS, *RUNS.values()):
        monkeypatch.setitem(entries, "network", TINY.to_dict())
        monkeypatch.setitem(entries, "batch", 1)
    monkeypatch.setitem(RUNS["next_mask"], "frames", 1)

    def few(**how: Any) -> Preparation:
        return Preparation(**how | {"swaps": min(how.get("swaps", 1), 1), "reconstructions": 1})

    monkeypatch.setattr(recipe, "Preparation", few)
    output = tmp_path / "weights.safetensors"
    options: dict[str, Any] = {"scale": 1e-4, "limit": 1, "workers": 1, "device": "cpu", "say": lambda line: None}
    card = make_weights(data, tmp_path / "work", output, **options)
    assert weights.card(output) == card
    assert card["commercial"] is True
    assert card["tasks"] == ["labels", "masks", "next_mask"]
    measured = [metrics["data"] for metrics in card["metrics"]]
    assert "catwalk" in measured[0]
    assert "Clothing Co-Parsing" in measured[1]
    assert card["known_failures"]
    before = weights.load(output).state_dict()
    make_weights(data, tmp_path / "work", output, **options)
    after = weights.load(output).state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
