"""A run from its configuration, prepared sets and weights: ``train`` and ``profile``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks import TryOnNetworks, weights
from fashionmirror_core.training.config import TrainConfig
from fashionmirror_core.training.features import load_features
from fashionmirror_core.training.garment_pictures.learning import begin_from
from fashionmirror_core.training.loop.objective import Objective
from fashionmirror_core.training.loop.trainer import Trainer
from fashionmirror_core.training.tasks import chosen
from fashionmirror_core.training.tasks.adversaries import Adversaries
from fashionmirror_core.training.tasks.task import DataSource

PROFILED_STEPS = 50


def train(
    config: TrainConfig,
    data_folders: Sequence[Path],
    output: Path,
    *,
    resume: bool = False,
    init_weights: Path | None = None,
    start: Sequence[Path] = (),
    vgg: Path | None = None,
    device: str = "auto",
) -> Path:
    """Trains on prepared sets and returns the weights' file.

    output: the run's folder. resume: go on where the run in it was, if it was anywhere yet. init_weights: a weights file
    to begin with. start: ImageNet weights of EfficientNet-Lite0 and -Lite2, with which new human encoders begin. vgg: see
    ``features.load_features``. device: auto, cpu, cuda or mps. Raises InputError for arguments that don't fit together and
    for a loss that is not finite; KeyboardInterrupt after a signal (see ``interruption``), when the step is done and saved.
    """
    return _assembled(config, data_folders, init_weights, start, vgg, device).run(output, resume)


def profile(
    config: TrainConfig,
    data_folders: Sequence[Path],
    *,
    init_weights: Path | None = None,
    start: Sequence[Path] = (),
    vgg: Path | None = None,
    device: str = "auto",
    steps: int = PROFILED_STEPS,
) -> str:
    """A table of where the time of a step with everything goes; nothing is written. The arguments of ``train``."""
    return _assembled(config, data_folders, init_weights, start, vgg, device).profile(steps)


def _assembled(
    config: TrainConfig,
    folders: Sequence[Path],
    init_weights: Path | None,
    start: Sequence[Path],
    vgg: Path | None,
    device: str,
) -> Trainer:
    tasks = chosen(config.tasks)
    data = tasks[0].items.open(tasks, config, folders)
    for problem in data.skipped:
        print(f"left out: {problem}", file=sys.stderr)
    sources = list(data.sources)
    torch.manual_seed(config.seed)
    networks = TryOnNetworks(config.network)
    for task in tasks:
        task.begin(networks, data)
    for file in start:
        begin_from([networks.human, networks.parser], file)
        sources.append(DataSource(f"EfficientNet-Lite, ImageNet ({file.name})", "Apache-2.0", True))
    if init_weights is not None:
        networks.load_state_dict(_initial(init_weights, config).state_dict())
        card = weights.card(init_weights)
        licence, commercial = str(card.get("licence", "unknown")), card.get("commercial") is True
        sources.append(DataSource(f"weights {init_weights.name}", licence, commercial))
    perceptual = config.perceptual != "none" and any(task.perceptual for task in tasks)
    features = load_features(vgg) if perceptual else None
    adversaries = None if config.joining is None else Adversaries(config.frames)
    objective = Objective(networks, config, features, adversaries)
    return Trainer(config, data, objective, adversaries, sources=sources, device=device)


def _initial(path: Path, config: TrainConfig) -> TryOnNetworks:
    networks = weights.load(path)
    if networks.config != config.network:
        raise InputError(f"{path}: its networks have other widths than the configuration; give its own as network.")
    return networks
