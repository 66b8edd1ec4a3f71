"""The configuration of a training run, one typed table (docs/method.md, "Learning").

A configuration is checked whenever one is made; the weights of the losses and the widths of the networks are tables
of their own. As JSON, entries that are left out have their defaults.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import write_whole
from fashionmirror_core.networks import NetworkConfig
from fashionmirror_core.training.losses import MaskWeights, SpatialWeights, TemporalWeights
from fashionmirror_core.training.tasks import chosen
from fashionmirror_core.training.tasks.settings import TaskSettings, choice, number, whole

PRECISIONS = ("auto", "32-true", "bf16-mixed")
CHANGEABLE = ("steps", "workers", "bad_data", "checkpoint_every", "picture_every", "scalar_every")
"""Entries that may be others when a run is resumed."""
MAX_LOSS_WEIGHT = 1e6


@dataclass(frozen=True)
class TrainConfig(TaskSettings):
    """The settings of a run: those of its tasks (see ``TaskSettings``) and those of the loop. Raises InputError, which
    names the entry, for a value out of its range.

    steps: of the optimizer. batch: items of one process; a step sees batch x accumulate x processes. learning_rate: the
    generator's peak, after ``warmup`` steps; it falls along a cosine to ``final_rate`` of itself. discriminator_rate: the
    discriminators' share of it. clip_gradient: the largest norm. ema: decay of the weights' running mean, which
    ships. adversary_from: share of the steps after which the adversaries join in. precision: "auto" is bf16-mixed where
    the device computes it natively. workers: data processes, None chooses. checkpoint_every, picture_every,
    scalar_every: steps. network: the networks' widths.
    """

    steps: int = whole(20_000, 1, 10_000_000)
    batch: int = whole(4, 1, 4096)
    accumulate: int = whole(1, 1, 1024)

    learning_rate: float = number(1e-4, 1e-8, 1.0)
    discriminator_rate: float = number(0.1, 1e-4, 10.0)
    warmup: int = whole(100, 0, 1_000_000)
    final_rate: float = number(0.05, 0.0, 1.0)
    clip_gradient: float = number(1.0, 1e-6, 1e6)
    ema: float = number(0.999, 0.0, 0.999999)
    adversary_from: float = number(0.67, 0.0, 1.0)
    precision: str = choice("auto", PRECISIONS)
    workers: int | None = whole(None, 0, 256)

    checkpoint_every: int = whole(500, 1, 10_000_000)
    picture_every: int = whole(500, 1, 10_000_000)
    scalar_every: int = whole(10, 1, 10_000_000)

    network: NetworkConfig = field(default_factory=NetworkConfig)

    def __post_init__(self) -> None:
        chosen(self.tasks)
        for entry in fields(self):
            _check(entry.name, getattr(self, entry.name), entry.metadata, isinstance(entry.default, bool))
        for name in ("mask_weights", "spatial_weights", "temporal_weights"):
            _check_loss_weights(name, getattr(self, name))

    @property
    def joining(self) -> int | None:
        """The number of the first step with adversaries, None without them."""
        if not self.adversary or not any(task.adversarial for task in chosen(self.tasks)):
            return None
        return int(self.adversary_from * self.steps) + 1

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return json.loads(json.dumps(asdict(self)))

    @classmethod
    def from_dict(cls, data: Any) -> TrainConfig:
        """The reverse of ``to_dict``; a missing entry has its default. Raises InputError with the entry's name."""
        if not isinstance(data, dict):
            raise InputError("the configuration is not a table")
        if unknown := sorted(set(data) - {entry.name for entry in fields(cls)}):
            raise InputError(f"unknown entries {', '.join(map(str, unknown))}")
        values = dict(data)
        if isinstance(values.get("tasks"), list):
            values["tasks"] = tuple(values["tasks"])
        if "network" in values:
            values["network"] = _network(values["network"])
        for name, table in _LOSS_WEIGHTS.items():
            if name in values:
                values[name] = _table(name, table, values[name])
        return cls(**values)

    def write(self, path: Path) -> None:
        """The file appears whole or not at all."""
        write_whole(path, (json.dumps(self.to_dict(), indent=2) + "\n").encode())

    @classmethod
    def read(cls, path: Path) -> TrainConfig:
        """Raises InputError that names the file."""
        try:
            return cls.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); check the name.") from error
        except ValueError as error:  # InputError, or no JSON
            raise InputError(f"{path}: {error}; mend it, or leave it out.") from error


_LOSS_WEIGHTS: dict[str, Any] = {
    "mask_weights": MaskWeights,
    "spatial_weights": SpatialWeights,
    "temporal_weights": TemporalWeights,
}


def _check(name: str, value: Any, metadata: Any, switch: bool) -> None:
    if switch and not isinstance(value, bool):
        raise InputError(f"{name} must be true or false, not {value!r}")
    if choices := metadata.get("choices"):
        if value not in choices:
            raise InputError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    elif metadata and not (value is None and name == "workers"):
        (low, high), whole = metadata["range"], metadata["type"] is int
        if not _is_number(value, whole) or not low <= value <= high:
            raise InputError(
                f"{name} must be a {'whole ' if whole else ''}number from {low:g} to {high:g}, not {value!r}"
            )


def _check_loss_weights(name: str, weights: Any) -> None:
    if not isinstance(weights, _LOSS_WEIGHTS[name]):
        raise InputError(f"{name} must be a table")
    for entry, value in asdict(weights).items():
        if not _is_number(value) or not 0 <= value <= MAX_LOSS_WEIGHT:
            raise InputError(f"{name}.{entry} must be a number from 0 to {MAX_LOSS_WEIGHT:g}, not {value!r}")


def _network(data: Any) -> NetworkConfig:
    if not isinstance(data, dict):
        raise InputError("network must be a table")
    try:
        return NetworkConfig.from_dict(NetworkConfig().to_dict() | data)
    except ValueError as error:
        raise InputError(f"network: {error}") from error


def _table(name: str, table: Any, data: Any) -> Any:
    if not isinstance(data, dict):
        raise InputError(f"{name} must be a table")
    if unknown := sorted(set(data) - {entry.name for entry in fields(table)}):
        raise InputError(f"{name}: unknown entries {', '.join(map(str, unknown))}")
    return table(**data)


def _is_number(value: Any, whole: bool = False) -> bool:
    kinds = (int,) if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)
