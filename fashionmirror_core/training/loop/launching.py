"""Where a training runs: Lightning Fabric on a CPU, a GPU or several, in single or mixed precision."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from fashionmirror_core.errors import InputError


def launch(device: str, precision: str) -> Any:
    """A Fabric of this process, one of several where ``torchrun`` started it. Raises InputError."""
    accelerator = _accelerator(device)
    if precision == "auto":
        precision = "bf16-mixed" if _computes_bf16(accelerator) else "32-true"
    together = torch.distributed.is_available() and torch.distributed.is_torchelastic_launched()
    world, local = (int(os.environ[name]) if together else 1 for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    if accelerator == "cuda":
        if local > torch.cuda.device_count():
            raise InputError(f"There are {torch.cuda.device_count()} GPUs for {local} processes; start fewer.")
        torch.backends.cudnn.benchmark = True
    fabric = _fabric()(
        accelerator=accelerator,
        devices=local,
        num_nodes=world // local,
        strategy="ddp" if world > 1 else "auto",
        precision=precision,
    )
    fabric.launch()
    return fabric


def _fabric() -> Any:
    """Lightning's Fabric, from either of the two distributions that carry it."""
    for name in ("lightning.fabric", "lightning_fabric"):
        try:
            return import_module(name).Fabric
        except ModuleNotFoundError as error:
            if error.name not in (name, name.split(".")[0]):
                raise
    raise InputError("Lightning Fabric isn't installed, which training needs; install it with: pip install '.[train]'.")


def _accelerator(device: str) -> str:
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return "cuda" if there["cuda"] else "cpu"
    if not there.get(device, False):
        raise InputError(
            f"The device {device!r} isn't there; give auto or one of {', '.join(k for k in there if there[k])}."
        )
    return device


def _computes_bf16(accelerator: str) -> bool:
    """Whether in hardware, not by way of float32."""
    if accelerator == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    processor = Path("/proc/cpuinfo")
    if accelerator != "cpu" or not processor.is_file():
        return False
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(processor.read_text(encoding="utf-8").split())
