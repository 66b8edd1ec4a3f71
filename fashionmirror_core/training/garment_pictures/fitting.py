"""One network that reads garments learns from batches; a run that is ended goes on to the same weights."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks.garment_encoder import GarmentReader
from fashionmirror_core.training.garment_pictures.augment import Batch
from fashionmirror_core.training.garment_pictures.losses import losses
from fashionmirror_core.training.loop import checkpoints
from fashionmirror_core.training.loop.interruption import Interruption
from fashionmirror_core.training.loop.optimization import averaged, count_updates, follow


@dataclass(frozen=True)
class Fit:
    """steps: of ``batch`` pictures. learning_rate: at its peak, after 3 % of the steps; it falls along a cosine.
    encoder_rate: share of it for the encoder, which starts from ImageNet. ema: decay of the mean that ships.
    """

    steps: int
    batch: int
    learning_rate: float = 1.5e-3
    encoder_rate: float = 0.5
    weight_decay: float = 0.02
    ema: float = 0.9995
    seed: int = 5
    checkpoint_every: int = 200


def holds_run(folder: Path) -> bool:
    return bool(checkpoints.found(folder))


def fitted(
    reader: GarmentReader,
    batch_of: Callable[[Tensor, torch.Generator], Batch],
    weights: list[float],
    fit: Fit,
    folder: Path,
    device: torch.device,
    say: Callable[[str], None],
) -> GarmentReader:
    """The running mean of the network, after the run that lies in ``folder`` has gone on to its end.

    batch_of: indices (N,) on the CPU, a generator on the device -> what to learn from. weights: how often each is drawn.
    Raises KeyboardInterrupt where it is interrupted, InputError for a loss that isn't finite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = checkpoints.newest(folder)
    reader.to(device)
    optimizer = torch.optim.AdamW(_groups(reader, fit), weight_decay=fit.weight_decay)
    mean = averaged(reader, fit.ema)
    assert isinstance(mean.module, GarmentReader)
    names = [name for name, _ in reader.named_parameters()]
    done = 0
    if before is not None:
        reader.load_state_dict(before.part("network"))
        mean.module.load_state_dict(before.part("mean"))
        checkpoints.restore_optimizer(optimizer, names, before.part("optimizer"))
        done = before.step
    count_updates(mean, done)
    odds = torch.tensor(weights, dtype=torch.float64)
    began = time.monotonic()
    with Interruption() as interruption:
        while done < fit.steps:
            loss = _step(reader, optimizer, fit, done, batch_of, odds, device)
            follow(mean, reader)
            done += 1
            if done % 20 == 0 or done == fit.steps:
                say(f"{folder.name}, step {done} of {fit.steps}: loss {loss:.3f}, {time.monotonic() - began:.0f} s")
            if done % fit.checkpoint_every == 0 or done == fit.steps or interruption.asked:
                _keep(folder, done, reader, mean.module, optimizer, names)
            if interruption.asked:
                raise KeyboardInterrupt
    return mean.module


def _groups(reader: GarmentReader, fit: Fit) -> list[dict[str, object]]:
    """Parameters in the order of ``named_parameters``, the encoder's own with their share of the rate."""
    encoder = {id(p) for module in (reader.stem, reader.stages) for p in module.parameters()}
    return [
        {"params": [parameter], "share": fit.encoder_rate if id(parameter) in encoder else 1.0}
        for parameter in reader.parameters()
    ]


def _step(
    reader: GarmentReader,
    optimizer: torch.optim.Optimizer,
    fit: Fit,
    done: int,
    batch_of: Callable[[Tensor, torch.Generator], Batch],
    odds: Tensor,
    device: torch.device,
) -> float:
    """One step; what it draws depends on the seed and its number alone, so that a run that goes on draws the same."""
    seed = fit.seed * 1_000_003 + done
    torch.manual_seed(seed)  # of the dropout
    indices = torch.multinomial(odds, fit.batch, replacement=True, generator=torch.Generator().manual_seed(seed))
    batch = batch_of(indices, torch.Generator(device).manual_seed(seed))
    share = done / fit.steps
    rate = min(1.0, (share + 1 / fit.steps) / 0.03) * (0.02 + 0.98 * (1 + math.cos(math.pi * share)) / 2)
    for group in optimizer.param_groups:
        group["lr"] = fit.learning_rate * group["share"] * rate
    reader.train()
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        views = reader(batch.pictures)
    loss = torch.stack(list(losses(views, batch).values())).sum()
    if not loss.isfinite():
        raise InputError(f"The loss of step {done + 1} is not finite; use a lower --learning-rate.")
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(reader.parameters(), 5.0)
    optimizer.step()
    return float(loss.detach())


def _keep(
    folder: Path, step: int, reader: nn.Module, mean: nn.Module, optimizer: torch.optim.Optimizer, names: list[str]
) -> None:
    tensors = checkpoints.joined(
        network=reader.state_dict(),
        mean=mean.state_dict(),
        optimizer=checkpoints.optimizer_tensors(optimizer, names),
    )
    checkpoints.write(folder, checkpoints.Checkpoint(step, tensors, {}))
