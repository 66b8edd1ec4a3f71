"""How a step changes the networks: the learning rate by step, Adam's momentum, and the mean that ships."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from fashionmirror_core.training.config import TrainConfig
from fashionmirror_core.training.tasks.task import Task


def rate_share(config: TrainConfig, step: int) -> float:
    """The share of the learning rate in the step after ``step``: a linear rise, then a cosine down to final_rate."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.final_rate + (1 - config.final_rate) * (1 + math.cos(math.pi * min(1.0, done))) / 2


def betas(config: TrainConfig, judging: bool) -> tuple[float, float]:
    """Adam's: no momentum against adversaries, whose gradients turn around."""
    if config.joining is None:
        return 0.9, 0.99
    return (0.0, 0.999) if judging else (0.9, 0.999)


def by_rate(parameters: Iterable[str], tasks: Sequence[Task[Any]]) -> dict[float, list[str]]:
    """Share of the learning rate -> the parameters that learn with it: the smallest that a task which trains it asks for."""
    groups: dict[float, list[str]] = {}
    for name in parameters:
        groups.setdefault(min(task.rate(name) for task in tasks), []).append(name)
    return groups


def averaged(networks: nn.Module, decay: float) -> AveragedModel:
    """The exponential running mean of networks; ``count_updates`` says how often it was updated before.

    Its decay rises from 0.1 to ``decay``, so that the untrained start is soon forgotten.
    """

    def average(means: Sequence[Tensor], current: Sequence[Tensor], count: Tensor | int) -> None:
        step = int(count) - 1
        torch._foreach_lerp_(list(means), list(current), 1 - min(decay, (1 + step) / (10 + step)))

    mean = AveragedModel(networks, multi_avg_fn=average)
    mean.eval().requires_grad_(False)
    count_updates(mean, 0)
    return mean


def count_updates(mean: AveragedModel, updates: int) -> None:
    """The mean begins with the networks as they were made: torch's takes the first update (count 0) as its start."""
    mean.n_averaged.fill_(updates + 1)


def follow(mean: AveragedModel, networks: nn.Module) -> None:
    """The mean after a step; the statistics of batch norms are running means themselves and are taken over."""
    mean.update_parameters(networks)
    for kept, current in zip(mean.module.buffers(), networks.buffers(), strict=True):
        kept.copy_(current)
