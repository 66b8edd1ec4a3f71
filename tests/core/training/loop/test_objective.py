"""What training minimises: every task on one real batch, from a person and garments that the project ships."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import default_collate

from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.networks import NetworkConfig, TryOnNetworks, weights
from fashionmirror_core.networks.discriminators import SpatialDiscriminator, TemporalDiscriminator
from fashionmirror_core.person.person import Person
from fashionmirror_core.training.clips import Clip, GarmentPicture, LookSpec, Take
from fashionmirror_core.training.config import TrainConfig
from fashionmirror_core.training.loop.objective import Objective
from fashionmirror_core.training.loop.run import train
from fashionmirror_core.training.sets.preparing import Preparation, prepare
from fashionmirror_core.training.tasks import adversaries
from fashionmirror_core.training.tasks.adversaries import Adversaries
from fashionmirror_core.training.tasks.examples import TrainingSet, expanded
from fashionmirror_core.training.tasks.labels import LabelledSet
from fashionmirror_core.vocabulary import Label

TINY = NetworkConfig(feature_widths=(4, 4, 4), source_encoder_depth=1, generator_widths=(4, 4, 4))


class OneClip:
    """The sample person stands still: what the engine finds there is taken for the truth."""

    name, licence, commercial, ids = "sample", "CC0-1.0", True, ("sample",)

    def __init__(self, person: Person, garment: Garment) -> None:
        self.person, self.garment = person, garment

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Clip:
        person = self.person
        labels = np.where(person.matte > 0.5, np.uint8(Label.UPPER), np.uint8(0))
        mattes = (person.matte * 255).astype(np.uint8)
        frames = [np.stack([array] * 2) for array in (person.image, labels)]
        joints, depth = (np.stack([a.astype(np.float32)] * 2) for a in (person.pose.joints, person.pose.depth))
        take = Take(frames[0], frames[1], joints, depth, np.stack([mattes] * 2))
        looks = (LookSpec(("A", 0), ("new",), ("A", 0), "A", "swap"), LookSpec(("A", 1), ("new",), None, None, "swap"))
        return Clip("sample", {"A": take}, {"new": GarmentPicture(self.garment.image, self.garment.category)}, looks)


@pytest.fixture(scope="module")
def folder(
    sample_person: Callable[[str], Person],
    sample_garment: Callable[[str], Garment],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    path = tmp_path_factory.mktemp("set")
    source = OneClip(sample_person("red-top"), sample_garment("dress-red"))
    assert prepare(source, path, Preparation(swaps=2), workers=1).looks == 2
    return path


def _features(picture: Tensor) -> tuple[Tensor, ...]:
    return tuple(torch.nn.functional.avg_pool2d(picture, k) for k in (1, 2, 4))


def _batch(folder: Path, frames: int, **options: Any) -> dict[str, Any]:
    """Two items of the one look whose frames are known, in different light; its left half as if it had turned."""
    items = TrainingSet([folder], frames=frames, **options)
    pair = [items[0]]
    items.set_epoch(1)
    batch = default_collate([*pair, items[0]])
    batch["unseen"] = batch["cover"].clone()
    batch["unseen"][..., 96:] = 0
    return batch


def _config(**changes: Any) -> TrainConfig:
    return dataclasses.replace(TrainConfig(("finish",), network=TINY, adversary=False, perceptual="patches"), **changes)


def _objective(config: TrainConfig, judges: Adversaries | None = None) -> Objective:
    torch.manual_seed(0)
    return Objective(TryOnNetworks(TINY), config, _features, judges)  # type: ignore[arg-type]


@pytest.mark.parametrize("frames", [1, 2])
def test_exactly_what_the_task_trains_gets_gradients(folder: Path, frames: int) -> None:
    """Several processes wait for each other's gradients: one that never comes would hold them up."""
    objective = _objective(_config(frames=frames, perceptual="whole"))
    outcome = objective(_batch(folder, frames))
    outcome.total.backward()
    for name, parameter in objective.networks.named_parameters():
        assert (parameter.grad is not None) == parameter.requires_grad, name
    assert any(parameter.requires_grad for parameter in objective.networks.parameters())
    assert all(key.split("/")[0] == "finish" for key in outcome.losses)
    assert all(bool(value.isfinite()) for value in outcome.losses.values())


def test_labels_are_learned_from_frames(folder: Path) -> None:
    items = LabelledSet([folder], corrupted=False)
    batch = default_collate([items[0], items[1]])
    objective = _objective(_config(tasks=("labels",), perceptual="none"))
    learning = {name.split(".")[0] for name, p in objective.networks.named_parameters() if p.requires_grad}
    assert learning == {"human", "parser"}
    optimiser = torch.optim.Adam([p for p in objective.parameters() if p.requires_grad], 1e-2)
    first = objective(batch).total
    for _ in range(22):
        optimiser.zero_grad()
        outcome = objective(batch)
        outcome.total.backward()
        optimiser.step()
    assert outcome.total < 0.5 * first
    matte = batch["matte"].float() / 255
    inside = matte[:, 0] > 0.5
    for encoder, step in ((objective.networks.human, 4), (objective.networks.parser, 2)):
        found = encoder(batch["image"].float() / 255, matte, batch["joints"]).labels.argmax(1)
        small = batch["labels"][:, ::step, ::step]
        assert (found == small)[inside[:, ::step, ::step]].float().mean() > 0.8
    assert {picture.shape for picture in outcome.pictures.values()} == {(2, 3, 384, 288)}


def test_a_step_against_the_gradient_lowers_the_loss(folder: Path) -> None:
    objective = _objective(_config(frames=1))
    batch = _batch(folder, 1, corrupted=False)
    optimizer = torch.optim.Adam([p for p in objective.parameters() if p.requires_grad], 1e-3)
    first = objective(batch).total
    for _ in range(3):
        optimizer.zero_grad()
        objective(batch).total.backward()
        optimizer.step()
    assert float(objective(batch).total) < float(first)


def test_the_loss_of_a_batch_is_the_mean_of_its_items(folder: Path) -> None:
    objective = _objective(_config(frames=2))
    batch = _batch(folder, 2)
    whole = objective(batch).losses
    halves = [objective({key: value[k : k + 1] for key, value in batch.items()}).losses for k in range(2)]
    for name, value in whole.items():
        assert float(value) == pytest.approx((float(halves[0][name]) + float(halves[1][name])) / 2, rel=1e-3, abs=1e-6)


def test_without_the_patch_loss_no_patch_of_the_clothes_counts(folder: Path) -> None:
    batch = _batch(folder, 2, corrupted=False)
    networks = _objective(_config()).networks
    usual, other = (
        Objective(networks, _config(frames=2, clothing_patch_loss=on), _features)(batch)  # type: ignore[arg-type]
        for on in (True, False)
    )
    assert float(usual.total) != float(other.total)
    patches = [name for name in usual.losses if "patch" in name]
    assert {name.split("/")[0] for name in patches} == {"finish"}
    assert all(float(other.losses.get(name, torch.zeros(()))) == 0 for name in patches)


def test_nothing_changes_where_the_source_was_seen_before_anything_is_learned(folder: Path) -> None:
    """The generator starts at zero effect: its frames are the engine's, and its metrics say so."""
    outcome = _objective(_config(frames=2))(_batch(folder, 2, corrupted=False))
    assert float(outcome.metrics["finish/seen_change"]) < 1e-6
    assert float(outcome.metrics["finish/unseen"]) == pytest.approx(float(outcome.metrics["finish/unseen_engine"]))
    assert torch.equal(outcome.pictures["finish/frame"], outcome.pictures["finish/engine"])


@pytest.fixture
def narrow_adversaries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discriminators of a few channels."""
    monkeypatch.setattr(adversaries, "SpatialDiscriminator", partial(SpatialDiscriminator, width=4))
    monkeypatch.setattr(adversaries, "TemporalDiscriminator", partial(TemporalDiscriminator, width=4))


@pytest.mark.usefixtures("narrow_adversaries")
def test_adversaries_judge_frames_clips_and_patches(folder: Path) -> None:
    config = _config(frames=6, adversary=True)
    judges = Adversaries(6)
    objective = _objective(config, judges)
    batch = _batch(folder, 6)
    assert objective(batch).judged is None  # not yet
    objective.adversarial = True
    outcome = objective(batch)
    assert {"finish/gan_spatial", "finish/gan_temporal", "finish/gan_temporal_patch"} <= set(outcome.losses)
    found = judges(outcome.judged)
    assert set(found) == {"adversary/spatial", "adversary/temporal", "adversary/temporal_patch"}
    torch.stack(list(found.values())).sum().backward()
    assert all(parameter.grad is not None for parameter in judges.parameters())


@pytest.mark.usefixtures("narrow_adversaries")
def test_a_run_with_adversaries_comes_to_its_end(folder: Path, tmp_path: Path) -> None:
    """Fabric walks through the outcome of every step, the frames that are judged among it."""
    config = _config(frames=1, adversary=True, adversary_from=0.0, perceptual="none", steps=1, batch=1, workers=0)
    written = train(config, [folder], tmp_path, device="cpu")
    assert {"finish/gan_spatial", "adversary/spatial"} <= set(weights.card(written)["losses"])


def test_light_falls_on_all_pictures_of_an_item_alike(folder: Path) -> None:
    batch = _batch(folder, 1, corrupted=False)
    gain = torch.tensor([[0.5, 0, 0, 0.1], [0, 0.6, 0, 0.1], [0, 0, 0.7, 0.1]]).expand(2, -1, -1)
    plain, lit = expanded(batch), expanded({**batch, "light": gain})
    for key in ("target", "engine"):
        wanted = torch.einsum("nij,n...jhw->n...ihw", gain[:, :, :3], plain[key]) + 0.1
        assert torch.allclose(lit[key], wanted.clamp(0, 1), atol=1e-5), key
    assert torch.equal(lit["still"][:, 3:], plain["still"][:, 3:]), "the person's share is no light"
