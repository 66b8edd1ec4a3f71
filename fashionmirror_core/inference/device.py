"""The device that computes flows and networks."""

from __future__ import annotations

import torch

from fashionmirror_core.errors import InputError


def pick_device(name: str = "auto") -> torch.device:
    """ "auto" takes CUDA, then Apple's GPU, then the CPU. Raises InputError for a device that isn't there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    there = ["cpu"]
    if torch.cuda.is_available():
        there += ["cuda", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        there.append("mps")
    if name not in there:
        raise InputError(f"The device {name!r} is not available here; use auto or one of: {', '.join(there)}.")
    return torch.device(name)
