"""``fashionmirror train garment``: the clothes encoder learns from labelled photos; a run that is ended goes on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks import weights as weights_files
from fashionmirror_core.networks.efficientnet import Lite
from fashionmirror_core.networks.garment_encoder import (
    ATTRIBUTES,
    MIRRORED_LANDMARKS,
    GarmentEncoder,
    places,
)
from fashionmirror_core.training.garment_pictures.augment import Batch, varied
from fashionmirror_core.training.garment_pictures.losses import losses
from fashionmirror_core.training.garment_pictures.outlines import learned
from fashionmirror_core.training.garment_pictures.pictures import Pictures, gathered, read_labelled
from fashionmirror_core.training.garment_pictures.records import UNKNOWN, Record
from fashionmirror_core.training.loop import checkpoints
from fashionmirror_core.training.loop.interruption import Interruption
from fashionmirror_core.training.loop.optimization import averaged, count_updates, follow

CLOSE = 0.03  # of the garment's larger side: a landmark within it counts as found


@dataclass(frozen=True)
class GarmentRun:
    """steps: of ``batch`` pictures. learning_rate: at its peak, after 3 % of the steps; it falls along a cosine.
    encoder_rate: share of it for the encoder, which starts from ImageNet. ema: decay of the mean that ships.
    """

    steps: int = 1850
    batch: int = 160
    learning_rate: float = 1.5e-3
    encoder_rate: float = 0.5
    weight_decay: float = 0.02
    ema: float = 0.9995
    seed: int = 5
    checkpoint_every: int = 200


def train(
    run: GarmentRun,
    output: Path,
    photos: Path,
    *,
    not_garments: Path | None = None,
    people: Path | None = None,
    start: Path | None = None,
    resume: bool = False,
    device: str = "cpu",
    say: Callable[[str], None] = print,
) -> Path:
    """Learn, and write ``output/garment.safetensors`` with hash and card.

    photos: the labelled set. not_garments, people: folders of things that are no garments and of rendered clips. start:
    EfficientNet-Lite0's ImageNet weights (the package's .pth, or .safetensors); None starts from nothing. Raises
    InputError.
    """
    output.mkdir(parents=True, exist_ok=True)
    before = checkpoints.newest(output)
    if before is not None and not resume:
        raise InputError(f"{output} holds a run; go on with --resume, or choose another folder.")
    target = torch.device(device)
    torch.manual_seed(run.seed)
    network = GarmentEncoder()
    if start is not None:
        begin_from(network, start)
    network.to(target)
    optimizer = torch.optim.AdamW(_groups(network, run), weight_decay=run.weight_decay)
    mean = averaged(network, run.ema)
    names = [name for name, _ in network.named_parameters() if not name.startswith("outline.")]
    done = 0
    if before is not None:
        network.load_state_dict(before.part("network"))
        mean.module.load_state_dict(before.part("mean"))
        checkpoints.restore_optimizer(optimizer, names, before.part("optimizer"))
        done = before.step
    count_updates(mean, done)
    pictures = gathered(photos, not_garments, people, run.seed, say)
    odds = torch.tensor(pictures.weights, dtype=torch.float64)
    floors = torch.from_numpy(pictures.floors).permute(0, 3, 1, 2).to(target).float() / 255
    began = time.monotonic()
    with Interruption() as interruption:
        while done < run.steps and not interruption.asked:
            loss = _step(network, optimizer, run, done, pictures, odds, floors, target)
            follow(mean, network)
            done += 1
            if done % 20 == 0 or done == run.steps:
                say(f"step {done} of {run.steps}: loss {loss:.3f}, {time.monotonic() - began:.0f} s")
            if done % run.checkpoint_every == 0 and done < run.steps:
                _keep(output, done, network, mean.module, optimizer, names)
    if done < run.steps:
        _keep(output, done, network, mean.module, optimizer, names)
        raise KeyboardInterrupt
    assert isinstance(mean.module, GarmentEncoder)
    mean.module.outline = learned(read_labelled(photos, "train"), run.seed).to(target)
    found = measured(mean.module.eval(), read_labelled(photos, "val"), target)
    say(", ".join(f"{name} {value:.3f}" for name, value in found.items()))
    written = output / f"{weights_files.GARMENT_ENCODER}{weights_files.SUFFIX}"
    weights_files.save_garment_encoder(mean.module, written, _card(run, photos, not_garments, people, start, found))
    return written


def _groups(network: GarmentEncoder, run: GarmentRun) -> list[dict[str, Any]]:
    """Parameters in the order of ``named_parameters``, the encoder's own with their share of the rate.

    The outline network's are left out: it learns apart.
    """
    encoder = {id(p) for module in (network.stem, network.stages) for p in module.parameters()}
    return [
        {"params": [parameter], "share": run.encoder_rate if id(parameter) in encoder else 1.0}
        for name, parameter in network.named_parameters()
        if not name.startswith("outline.")
    ]


def _step(
    network: GarmentEncoder,
    optimizer: torch.optim.Optimizer,
    run: GarmentRun,
    done: int,
    pictures: Pictures,
    odds: Tensor,
    floors: Tensor,
    device: torch.device,
) -> float:
    """One step; what it draws depends on the seed and its number alone, so that a run that goes on draws the same."""
    seed = run.seed * 1_000_003 + done
    torch.manual_seed(seed)  # of the dropout
    indices = torch.multinomial(odds, run.batch, replacement=True, generator=torch.Generator().manual_seed(seed))
    generator = torch.Generator(device).manual_seed(seed)
    batch = varied(pictures.batch(indices, device), floors, generator)
    share = done / run.steps
    rate = min(1.0, (share + 1 / run.steps) / 0.03) * (0.02 + 0.98 * (1 + math.cos(math.pi * share)) / 2)
    for group in optimizer.param_groups:
        group["lr"] = run.learning_rate * group["share"] * rate
    network.train()
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        views = network(batch.pictures)
    loss = torch.stack(list(losses(views, batch).values())).sum()
    if not loss.isfinite():
        raise InputError(f"The loss of step {done + 1} is not finite; use a lower --learning-rate.")
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimizer.step()
    return float(loss.detach())


def _keep(
    output: Path, step: int, network: nn.Module, mean: nn.Module, optimizer: torch.optim.Optimizer, names: list[str]
) -> None:
    tensors = checkpoints.joined(
        network=network.state_dict(),
        mean=mean.state_dict(),
        optimizer=checkpoints.optimizer_tensors(optimizer, names),
    )
    checkpoints.write(output, checkpoints.Checkpoint(step, tensors, {}))


def begin_from(network: Lite, file: Path) -> None:
    """Takes EfficientNet-Lite0's ImageNet weights over. Raises InputError for a file that holds something else."""
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            source = load_file(file)
        else:
            source = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        cause = type(error).__name__
        raise InputError(
            f'{file}: can\'t be read as weights ({cause}); see docs/training.md, "EfficientNet-Lite0".'
        ) from error
    own = {name: value for name, value in network.state_dict().items() if name.startswith(("stem", "stages"))}
    theirs = [value for name, value in source.items() if name.startswith(("_conv_stem", "_bn0", "_blocks"))]
    if [value.shape for value in own.values()] != [value.shape for value in theirs]:
        raise InputError(f'{file}: is not EfficientNet-Lite0; see docs/training.md, "EfficientNet-Lite0".')
    network.load_state_dict(network.state_dict() | dict(zip(own, theirs, strict=True)))


def _card(
    run: GarmentRun,
    photos: Path,
    not_garments: Path | None,
    people: Path | None,
    start: Path | None,
    found: dict[str, float],
) -> dict[str, Any]:
    folders = [folder for folder in (photos, not_garments, people) if folder is not None]
    card: dict[str, Any] = {
        "name": "FashionMirror clothes encoder",
        "licence": "CC0-1.0" if start is None else "Apache-2.0",
        "commercial": True,
        "data": [{"name": folder.name, "licence": "CC0-1.0", "commercial": True} for folder in folders],
        "tasks": ["garment"],
        "run": asdict(run),
        "metrics": {"val": {name: round(value, 4) for name, value in found.items()}},
    }
    if start is not None:
        card["start"] = {"name": f"EfficientNet-Lite0, ImageNet ({start.name})", "licence": "Apache-2.0"}
    return card


@torch.no_grad()
def measured(network: nn.Module, records: list[Record], device: torch.device) -> dict[str, float]:
    """On records that weren't learned from: landmarks found within CLOSE of the garment's larger side and their median
    error, each looked at twice as in a mirror; cloth's IoU; the share of right answers of each attribute.
    """
    pictures = Pictures(records, [1.0] * len(records), np.zeros((1, 8, 8, 3), np.uint8))
    errors: list[float] = []
    overlaps: list[float] = []
    right: dict[str, list[bool]] = {name: [] for name in ATTRIBUTES}
    for first in range(0, len(records), 16):
        whole = pictures.batch(torch.arange(first, min(first + 16, len(records))), device)
        batch = varied(whole, torch.zeros(1, 3, 8, 8, device=device), torch.Generator(device), strength=0)
        views, mirrored = network(batch.pictures), network(batch.pictures.flip(-1))
        maps = views.maps.flatten(2).softmax(-1).view_as(views.maps)
        other = mirrored.maps.flatten(2).softmax(-1).view_as(maps).flip(-1)[:, MIRRORED_LANDMARKS]
        found = places((maps + other).clamp_min(1e-12).log()).points
        errors += _errors(found, batch)
        cloth = views.parts.argmax(1) > 0
        for k in range(len(cloth)):
            truth = batch.parts[k] > 0
            if (batch.parts[k] != UNKNOWN).all() and truth.any():
                overlaps.append(float((cloth[k] & truth).sum() / (cloth[k] | truth).sum()))
        for column, name in enumerate(ATTRIBUTES):
            known = batch.attributes[:, column] >= 0
            right[name] += (views.attributes[name].argmax(1)[known] == batch.attributes[known, column]).tolist()
    found_all = np.array(errors) if errors else np.array([np.nan])
    result = {"landmarks": float((found_all < CLOSE).mean()), "median": float(np.median(found_all))}
    if overlaps:
        result["cloth"] = float(np.mean(overlaps))
    return result | {name: float(np.mean(answers)) for name, answers in right.items() if answers}


def _errors(found: Tensor, batch: Batch) -> list[float]:
    errors = []
    for points, true, state in zip(found, batch.points, batch.state, strict=True):
        known = (state == 1) | (state == 2)
        if known.sum() < 3:
            continue
        side = float((true[known].amax(0) - true[known].amin(0)).max())
        errors += ((points - true)[known].norm(dim=-1) / side).tolist()
    return errors
