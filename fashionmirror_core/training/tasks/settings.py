"""The tasks' part of a run's configuration; ``config.TrainConfig`` adds the loop's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fashionmirror_core.training.losses import MaskWeights, SpatialWeights, TemporalWeights

PERCEPTUAL = ("none", "patches", "whole")
BAD_DATA = ("refuse", "skip")


def whole(default: int | None, low: int, high: int) -> Any:
    """A whole number from ``low`` to ``high``; with the default None, None is allowed, too."""
    return field(default=default, metadata={"type": int, "range": (low, high)})


def number(default: float, low: float, high: float) -> Any:
    """A finite number from ``low`` to ``high``."""
    return field(default=default, metadata={"type": float, "range": (low, high)})


def choice(default: str, choices: Sequence[str]) -> Any:
    return field(default=default, metadata={"choices": choices})


@dataclass(frozen=True)
class TaskSettings:
    """The tasks of a run, their items and their losses.

    tasks: names of ``tasks.TASKS``. frames: n, consecutive frames of an item where something moves. seed: of every draw.
    bad_data: a damaged clip ends the run, or is named on stderr and another takes its place. adversary: discriminators
    judge the frames of "finish". perceptual: VGG losses on nothing, on 64 x 64 patches, or on the whole picture as well.
    clothing_patch_loss, co_attention: off for an ablation.
    """

    tasks: tuple[str, ...] = ("masks",)
    frames: int = whole(6, 1, 6)
    seed: int = whole(0, 0, 2**31 - 1)
    bad_data: str = choice("refuse", BAD_DATA)

    adversary: bool = True
    perceptual: str = choice("patches", PERCEPTUAL)
    clothing_patch_loss: bool = True
    co_attention: bool = True

    mask_weights: MaskWeights = field(default_factory=MaskWeights)
    spatial_weights: SpatialWeights = field(default_factory=SpatialWeights)
    temporal_weights: TemporalWeights = field(default_factory=TemporalWeights)

    @property
    def skips(self) -> bool:
        """Whether damaged data are left out instead of ending the run."""
        return self.bad_data == "skip"
