"""A training task as the loop knows it: its data, its parameters, its losses and its metrics.

docs/training.md, "A new task", says how one is added.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import torch
from torch import Tensor

from fashionmirror_core.networks import TryOnNetworks
from fashionmirror_core.training.features import VGGFeatures
from fashionmirror_core.training.tasks.adversaries import Adversaries, Judged
from fashionmirror_core.training.tasks.settings import TaskSettings

Batch = dict[str, Any]


# ------------------------------------------------------------------------------------------------------------- the data


@dataclass(frozen=True)
class DataSource:
    """A data set as the weights' card names it. commercial: whether weights learned from it may be used commercially."""

    name: str
    licence: str
    commercial: bool


class Licensed(Protocol):
    """Anything that knows its terms, such as a prepared set."""

    @property
    def name(self) -> str: ...

    @property
    def licence(self) -> str: ...

    @property
    def commercial(self) -> bool: ...


def terms_of(sets: Sequence[Licensed]) -> list[DataSource]:
    return [DataSource(found.name, found.licence, found.commercial) for found in sets]


class Examples(Protocol):
    """A map-style data set whose items are the same for the same epoch and index."""

    def set_epoch(self, epoch: int) -> None: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Any:
        """A table of tensors with the item's name as ``id``. Raises InputError for an item that can't be read."""
        ...


class Data(Examples, Protocol):
    """The data of a task. sources: for the card. skipped: a line for each part that can't be read."""

    sources: list[DataSource]
    skipped: list[str]


# ------------------------------------------------------------------------------------------------------- one pass


@dataclass
class ForwardPass:
    """One batch on its way through the networks, shared by the tasks that learn from it.

    batch: items with a leading N, on the device. features: VGG's, None without perceptual losses. adversaries: None
    until they join in.
    """

    networks: TryOnNetworks
    settings: TaskSettings
    batch: Batch
    features: VGGFeatures | None = None
    adversaries: Adversaries | None = None


@dataclass
class Outcome:
    """The results of a pass.

    losses: weighted scalars; their sum is minimised. pictures: (N, 3, H, W) in [0, 1], for looking at. metrics:
    scalars that are shown beside the losses and not minimised. judged: the frames that the adversaries learn from next,
    without gradients; None without them.
    """

    losses: dict[str, Tensor] = field(default_factory=dict)
    pictures: dict[str, Tensor] = field(default_factory=dict)
    metrics: dict[str, Tensor] = field(default_factory=dict)
    judged: Judged | None = None

    @property
    def total(self) -> Tensor:
        return torch.stack(list(self.losses.values())).sum()

    def add(self, task: str, other: Outcome) -> None:
        """Another task's outcome, under the task's name."""
        for own, others in (
            (self.losses, other.losses),
            (self.pictures, other.pictures),
            (self.metrics, other.metrics),
        ):
            own.update({f"{task}/{name}": value for name, value in others.items()})
        self.judged = other.judged or self.judged


# ------------------------------------------------------------------------------------------------------------- the task

Pass = TypeVar("Pass", bound=ForwardPass)


@dataclass(frozen=True)
class Items(Generic[Pass]):
    """A kind of items. Tasks that learn from the same kind may be trained together, from the same batches.

    open: the data for these tasks, from the folders that --data names. forward: begins a pass over a batch; its
    arguments are those of ``ForwardPass``.
    """

    open: Callable[[Sequence[Task[Any]], TaskSettings, Sequence[Path]], Data]
    forward: type[Pass]


class Task(ABC, Generic[Pass]):
    """One thing to learn.

    name: as --tasks names it. items: the kind it learns from. perceptual: whether it has losses on VGG features.
    adversarial: whether discriminators judge its frames.
    """

    name: ClassVar[str]
    items: ClassVar[Items[Any]]
    perceptual: ClassVar[bool] = False
    adversarial: ClassVar[bool] = False

    @abstractmethod
    def trains(self, parameter: str, settings: TaskSettings) -> bool:
        """Whether it reaches this parameter of ``TryOnNetworks``. Each that it does gets a gradient in every step:
        several processes wait for each other's.
        """

    def rate(self, parameter: str) -> float:
        """The share of the learning rate that a parameter of its own learns with."""
        return 1.0

    @abstractmethod
    def outcome(self, forward: Pass) -> Outcome:
        """Losses, pictures and metrics of a batch; names without the task's own. A loss is the mean over the items."""

    def begin(self, networks: TryOnNetworks, data: Data) -> None:
        """Prepares new networks for the data, before anything is learned and before weights are read."""
