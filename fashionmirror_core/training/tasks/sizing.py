"""The task "sizing": how long and wide garments are worn, learned from numbers alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks import TryOnNetworks
from fashionmirror_core.networks.sizing import FACTORS
from fashionmirror_core.training.sets.packed import PackedClip, gathered, open_set
from fashionmirror_core.training.tasks.settings import TaskSettings
from fashionmirror_core.training.tasks.task import Data, ForwardPass, Items, Outcome, Task, terms_of

DELTA = 0.15  # from where on an error counts linearly: one wrong factor doesn't spoil the rest


class SizingTask(Task[ForwardPass]):
    """The factors with which the fit covers the true cloth best; those that a garment doesn't have are not known."""

    name = "sizing"
    items = Items(lambda _, settings, folders: SizingSet(folders, settings.skips), ForwardPass)

    def trains(self, parameter: str, settings: TaskSettings) -> bool:
        return parameter.startswith("sizing.")

    def begin(self, networks: TryOnNetworks, data: Data) -> None:
        assert isinstance(data, SizingSet)
        networks.sizing.normalise(data.features)

    def outcome(self, forward: ForwardPass) -> Outcome:
        batch = forward.batch
        found, wanted, known = forward.networks.sizing(batch["sizing_features"]), batch["sizing"], batch["has_sizing"]
        error = F.huber_loss(found, wanted, reduction="none", delta=DELTA)
        count = known.sum().clamp_min(1)
        return Outcome(
            losses={"factors": (error * known).sum() / count / DELTA**2},
            metrics={"error": ((found - wanted).detach().abs() * known).sum() / count},
        )


# ------------------------------------------------------------------------------------------------------------- the data


class SizingSet(Dataset[dict[str, Any]]):
    """Every garment whose true sizing the prepared sets know, as numbers: ``sizing_features`` (FEATURES,), ``sizing`` and
    ``has_sizing`` (FACTORS,) float32. Arguments as of ``TrainingSet``. Raises InputError where none is known.
    """

    def __init__(self, folders: Sequence[Path], skip: bool = False) -> None:
        self.sets = [open_set(folder) for folder in folders]
        self.sources = terms_of(self.sets)
        self.items, self.skipped = gathered(self.sets, lambda _, __, clip: _sizings(clip), skip)
        if not self.items:
            raise InputError("The prepared sets don't know how garments are worn; prepare them with --sizing.")

    @property
    def features(self) -> Tensor:
        """(M, FEATURES), of every item."""
        return torch.stack([item["sizing_features"] for item in self.items])

    def set_epoch(self, epoch: int) -> None:
        """Nothing here is drawn."""

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.items[index]


def _sizings(clip: PackedClip) -> list[dict[str, Any]]:
    items = []
    for number in range(len(clip.looks)):
        for garment, found in enumerate(clip.sizing(number)):
            if found is not None:
                known = [name in found.factors for name in FACTORS]
                items.append(
                    {
                        "id": f"{clip.path.stem}/{number}.{garment}",
                        "sizing_features": torch.from_numpy(found.features),
                        "sizing": torch.tensor([found.factors.get(name, 0.0) for name in FACTORS]),
                        "has_sizing": torch.tensor(known, dtype=torch.float32),
                    }
                )
    return items
