"""Checkpoints: all it takes to go on to the same loss, in one safetensors file that is whole or isn't there.

``checkpoint-00001000.safetensors`` holds named tensors (networks, their running mean, optimizers, adversaries) and, in
its header, a JSON state and a digest of everything. The last two are kept: where the newest turns out damaged, the one
before is used. Pickles are never written or read.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import Optimizer

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import written_whole

KEPT = 2
VERSION = "1"
_STEM = "checkpoint-"
_SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """step: steps done. tensors: by dotted names. state: JSON types."""

    step: int
    tensors: dict[str, Tensor]
    state: dict[str, Any]

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors under ``name.``, without it."""
        return {key[len(name) + 1 :]: value for key, value in self.tensors.items() if key.startswith(f"{name}.")}


def joined(**parts: dict[str, Tensor]) -> dict[str, Tensor]:
    """The reverse of ``Checkpoint.part``."""
    return {f"{part}.{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}


def write(folder: Path, checkpoint: Checkpoint) -> Path:
    """Raises InputError where the folder cannot be written to."""
    path = folder / f"{_STEM}{checkpoint.step:08}{_SUFFIX}"
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in checkpoint.tensors.items()}
    state = json.dumps(checkpoint.state)
    try:
        with written_whole(path, durable=True) as partial:
            save_file(tensors, partial, {"version": VERSION, "state": state, "digest": _digest(tensors, state)})
        _prune(folder, checkpoint.step)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: cannot be written ({error}); make room or choose another folder.") from error
    return path


def newest(folder: Path) -> Checkpoint | None:
    """The newest whole checkpoint, None where there is none yet; damaged ones are named on stderr.

    Raises InputError where all are damaged.
    """
    paths = found(folder)
    for path in reversed(paths):
        try:
            return _read(path)
        except (SafetensorError, OSError, ValueError, KeyError) as error:
            print(f"fashionmirror: {path} is damaged ({error}); trying the one before.", file=sys.stderr)
    if paths:
        raise InputError(f"{folder}: all checkpoints are damaged; start a new run in another folder.")
    return None


def found(folder: Path) -> list[Path]:
    """All checkpoints, oldest first; a copy that somebody named otherwise is none."""
    numbered = re.compile(rf"{_STEM}\d{{8,}}{re.escape(_SUFFIX)}")
    return sorted((path for path in folder.glob(f"{_STEM}*") if numbered.fullmatch(path.name)), key=_step)


def _read(path: Path) -> Checkpoint:
    with safe_open(path, framework="pt", device="cpu") as file:
        metadata = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    if metadata.get("version") != VERSION:
        raise ValueError(f"of version {metadata.get('version')}, not {VERSION}")
    if metadata["digest"] != _digest(tensors, metadata["state"]):
        raise ValueError("its contents do not match their digest")
    return Checkpoint(_step(path), tensors, json.loads(metadata["state"]))


def _prune(folder: Path, step: int) -> None:
    """Later ones than the one just written are those that could not be read."""
    paths = found(folder)
    kept = [path for path in paths if _step(path) <= step][-KEPT:]
    for path in set(paths) - set(kept):
        path.unlink()


def _step(path: Path) -> int:
    return int(path.name[len(_STEM) : -len(_SUFFIX)])


def _digest(tensors: dict[str, Tensor], state: str) -> str:
    digest = hashlib.sha256(state.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


# ----------------------------------------------------------------------------------------------------------- optimizers


def optimizer_tensors(optimizer: Optimizer, names: Sequence[str]) -> dict[str, Tensor]:
    """An optimizer's state as ``<parameter>.<entry>``; names: of its parameters, in the order of its groups."""
    return {
        f"{name}.{entry}": value
        for name, parameter in zip(names, _parameters(optimizer), strict=True)
        for entry, value in optimizer.state.get(parameter, {}).items()
    }


def restore_optimizer(optimizer: Optimizer, names: Sequence[str], tensors: dict[str, Tensor]) -> None:
    """The reverse. Moments get their parameter's device and memory layout; step counts stay on the CPU."""
    entries: dict[str, dict[str, Tensor]] = {name: {} for name in names}
    for key, value in tensors.items():
        name, _, entry = key.rpartition(".")
        entries[name][entry] = value
    optimizer.state.clear()
    for name, parameter in zip(names, _parameters(optimizer), strict=True):
        if entries[name]:
            optimizer.state[parameter] = {
                entry: value.clone() if entry == "step" else torch.empty_like(parameter).copy_(value)
                for entry, value in entries[name].items()
            }


def _parameters(optimizer: Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
