"""Pairs of a person and a garment, and frames in a row: what stage I learns co-attention and masks from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import default_collate

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks import TryOnNetworks
from fashionmirror_core.training.config import TrainConfig
from fashionmirror_core.training.loop.objective import Objective
from fashionmirror_core.training.sets.packed import Draped, open_set
from fashionmirror_core.training.sets.packing import write_clip
from fashionmirror_core.training.sets.preparing import Preparation, prepare
from fashionmirror_core.training.sources import open_source
from fashionmirror_core.training.tasks.masks import PairSet
from fashionmirror_core.training.tasks.next_mask import SequenceSet


@pytest.fixture(scope="module")
def folder(catwalk_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rendered clips, one of them with a garment that was draped: its left half looks at the picture's left half."""
    path = tmp_path_factory.mktemp("pairs")
    prepare(open_source("catwalk", catwalk_folder), path, Preparation(labels_only=True), workers=1)
    with open_set(path).open(0) as packed:
        clip = packed.clip()
    places = np.full((256, 192, 2), np.nan, np.float32)
    rows, columns = np.mgrid[64:128, 48:144]
    places[64:128, 48:144] = np.stack([(columns - 48 + 0.5) / 96, (rows - 64 + 0.5) / 64], -1)
    mask = np.isfinite(places[..., 0]).astype(np.uint8) * 255
    write_clip(path, clip, [], [Draped(("A", 0), min(clip.garments), places, mask)])
    return path


def test_a_drape_tells_where_each_place_looks(folder: Path) -> None:
    item = PairSet([folder], corrupted=False)[0]
    assert float(item["draped"]) == 1
    assert item["clothes"].shape == (193, 16, 16)
    worn = item["cover"] > 0.99
    rows, columns = torch.nonzero(worn, as_tuple=True)
    assert 0.8 * 6 * 9 < len(rows) <= 6 * 9
    looking = item["places"][worn]
    torch.testing.assert_close(looking[:, 0], (columns + 0.5 - 4.5) / 9, atol=0.03, rtol=0)
    torch.testing.assert_close(looking[:, 1], (rows + 0.5 - 6) / 6, atol=0.03, rtol=0)


def test_a_mirrored_person_looks_at_the_mirrored_garment(folder: Path) -> None:
    data = PairSet([folder])
    data.swaps, data.own = [], []
    slopes = []
    for index in range(12):
        item = data[index]
        worn = item["cover"] > 0.9
        columns = torch.nonzero(worn)[:, 1].float()
        slopes.append(float(torch.corrcoef(torch.stack([columns, item["places"][worn][:, 0]]))[0, 1]))
    assert min(slopes) > 0.99


def test_swaps_are_masked_by_the_garment_that_is_worn_in_the_other_outfit(folder: Path) -> None:
    data = PairSet([folder], corrupted=False)
    assert data.swaps
    item = data[len(data.draped)]
    assert float(item["draped"]) == 0
    entry = data.swaps[0]
    assert entry.worn != entry.source[0]
    assert item["clothing"].max() == 255


def test_draws_depend_on_seed_and_epoch_alone(folder: Path) -> None:
    one, same, other = PairSet([folder], 1), PairSet([folder], 1), PairSet([folder], 2)
    for key in ("image", "matte", "joints", "clothing", "places"):
        assert torch.equal(one[3][key], same[3][key])
    assert not torch.equal(one[3]["image"], other[3]["image"])
    same.set_epoch(1)
    assert not torch.equal(one[3]["image"], same[3]["image"])


def _learned(task: str, batch: dict, steps: int, **settings: object) -> tuple[float, float]:
    config = TrainConfig((task,), perceptual="none", adversary=False, **settings)
    torch.manual_seed(0)
    objective = Objective(TryOnNetworks(), config).train()
    optimiser = torch.optim.Adam([p for p in objective.parameters() if p.requires_grad], 3e-3)
    first = float(objective(batch).total.detach())
    for _ in range(steps):
        optimiser.zero_grad()
        outcome = objective(batch)
        outcome.total.backward()
        optimiser.step()
    return first, float(outcome.total.detach())


def test_masks_and_attention_are_learned(folder: Path) -> None:
    data = PairSet([folder], corrupted=False)
    batch = default_collate([data[0], data[len(data.draped)]])
    first, last = _learned("masks", batch, 25)
    assert last < 0.6 * first


def test_ablations_leave_their_terms_out(folder: Path) -> None:
    batch = default_collate([PairSet([folder], corrupted=False)[0]])
    config = TrainConfig(("masks",), co_attention=False, clothing_patch_loss=False, perceptual="none", adversary=False)
    losses = Objective(TryOnNetworks(), config)(batch).losses
    assert "masks/attention" not in losses
    assert float(losses["masks/clothing_patch"]) == 0


def test_frames_in_a_row_are_learned(folder: Path) -> None:
    data = SequenceSet([folder], 2, corrupted=False)
    item = data[0]
    assert item["true_masks"].shape == (2, 192, 144)
    assert item["joints"].shape == (3, 25, 3)
    first, last = _learned("next_mask", default_collate([item]), 50, frames=2)
    assert last < 0.6 * first


def test_frames_are_asked_for_where_there_are_none(street_folder: Path, tmp_path: Path) -> None:
    prepare(open_source("street", street_folder), tmp_path, Preparation(labels_only=True), workers=1)
    with pytest.raises(InputError, match="prepare"):
        SequenceSet([tmp_path])
