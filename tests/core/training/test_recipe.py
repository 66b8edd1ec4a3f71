"""One command from the data to weights with a card, on tiny data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from fashionmirror_core.networks import weights
from fashionmirror_core.training.config import TrainConfig
from fashionmirror_core.training.recipe import PARSING, PARSING_STREET, RUNS, SIZING, make_weights


@pytest.mark.parametrize(
    "entries", [PARSING, PARSING_STREET, SIZING, *RUNS.values()], ids=["parsing", "parsing-street", "sizing", *RUNS]
)
def test_every_run_is_a_configuration(entries: dict[str, Any]) -> None:
    assert TrainConfig.from_dict(entries).tasks


@pytest.mark.slow
def test_the_recipe_ends_with_measured_weights_and_can_be_gone_on_with(
    catwalk_folder: Path, street_folder: Path, garments_folder: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    for kind, folder in (("catwalk", catwalk_folder), ("street", street_folder)):
        (data / kind).mkdir(parents=True)
        for split in ("train", "val"):
            (data / kind / split).symlink_to(folder)
    (data / "garments").symlink_to(garments_folder)
    output, told = tmp_path / "weights.safetensors", []
    card = make_weights(data, tmp_path / "work", output, scale=1e-4, limit=1, device="cpu", say=told.append)
    assert weights.card(output) == card
    assert card["commercial"] is True
    assert card["tasks"] == ["parsing", "sizing", "masks", "dressing"]
    measured = [metrics["data"] for metrics in card["metrics"]]
    assert "catwalk" in measured[0]
    assert "Clothing Co-Parsing" in measured[1]
    assert card["known_failures"]
    before = weights.load(output).state_dict()
    make_weights(data, tmp_path / "work", output, scale=1e-4, limit=1, device="cpu", say=told.append)
    after = weights.load(output).state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
