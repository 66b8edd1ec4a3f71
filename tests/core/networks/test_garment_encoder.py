"""The clothes encoder: its shapes, its size, and what its weights file must be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.utils.flop_counter import FlopCounterMode

from fashionmirror_core import places
from fashionmirror_core.networks import weights
from fashionmirror_core.networks.garment_encoder import (
    ATTRIBUTES,
    LANDMARKS,
    MIRRORED_LANDMARKS,
    MIRRORED_PARTS,
    PARTS,
    SIZE,
    STRIDE,
    GarmentEncoder,
)
from fashionmirror_core.networks.garment_encoder import places as places_of


@pytest.fixture(scope="module")
def network() -> GarmentEncoder:
    return weights.load_garment_encoder()


def test_its_answers_have_one_entry_for_each_choice(network: GarmentEncoder) -> None:
    with torch.inference_mode():
        views = network(torch.rand(2, 3, SIZE, SIZE))
    assert views.maps.shape == (2, len(LANDMARKS), SIZE // STRIDE, SIZE // STRIDE)
    assert views.exists.shape == views.seen.shape == (2, len(LANDMARKS))
    assert views.parts.shape == (2, len(PARTS), SIZE // 2, SIZE // 2)
    assert {name: logits.shape[1] for name, logits in views.attributes.items()} == {
        name: len(choices) for name, choices in ATTRIBUTES.items()
    }


def test_both_looks_stay_within_their_budget(network: GarmentEncoder) -> None:
    assert sum(parameter.numel() for parameter in network.parameters()) < 9e6
    for reader in (network, network.close):
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            reader(torch.zeros(1, 3, SIZE, SIZE))
        assert counter.get_total_flops() / 2 < 2e9


def test_mirroring_twice_changes_nothing() -> None:
    for mirrored, names in ((MIRRORED_LANDMARKS, LANDMARKS), (MIRRORED_PARTS, PARTS)):
        assert [mirrored[index] for index in mirrored] == list(range(len(names)))
    assert LANDMARKS[MIRRORED_LANDMARKS[LANDMARKS.index("cuff_left_outer")]] == "cuff_right_outer"


def test_a_point_is_read_from_its_map_between_the_cells() -> None:
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    logits = -((x - 20.3) ** 2 + (y - 40.6) ** 2) / 2
    found = places_of(logits[None, None])
    assert found.points[0, 0].tolist() == pytest.approx([(20.3 + 0.5) * 4 - 0.5, (40.6 + 0.5) * 4 - 0.5], abs=0.2)
    assert found.certainty.item() > 0.95
    assert places_of(torch.zeros(1, 1, 64, 64)).certainty.item() < 0.05


def test_the_card_names_the_start_and_data_that_may_be_used_commercially() -> None:
    card = weights.card(places.weights() / "garment.safetensors")
    assert card["commercial"] is True
    assert card["start"]["licence"] == "Apache-2.0"
    assert {data["licence"] for data in card["data"]} == {"CC0-1.0"}


def test_files_that_are_not_its_own_are_refused(tmp_path: Path) -> None:
    shipped = places.weights() / "garment.safetensors"
    path = tmp_path / "garment.safetensors"

    def written(tensors: dict[str, torch.Tensor], architecture: str = weights.GARMENT_ARCHITECTURE) -> Path:
        save_file(tensors, path, {"architecture": architecture})
        weights.hash_path(path).write_text(f"{weights.sha256(path)}  {path.name}\n")
        return path

    tensors = load_file(shipped)
    with pytest.raises(weights.WeightsError, match="not the clothes encoder"):
        weights.load_garment_encoder(written(tensors, "other"))
    name = "maps.0.0.weight"
    with pytest.raises(weights.WeightsError, match="missing"):
        weights.load_garment_encoder(written({key: value for key, value in tensors.items() if key != name}))
    with pytest.raises(weights.WeightsError, match="NaN"):
        weights.load_garment_encoder(written(tensors | {name: torch.full_like(tensors[name], torch.nan)}))
    written(tensors)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(weights.WeightsError):
        weights.load_garment_encoder(path)
    assert json.loads((shipped.with_suffix(".json")).read_text())["tasks"] == ["garment"]
