"""The files behind a name on the command line, for the check that no output is an input."""

from __future__ import annotations

import contextlib
from pathlib import Path

from fashionmirror_core import places


def weights_files(weights: str | Path) -> list[Path]:
    """The files that weights of this name may be read from: their numbers, their hash, their card."""
    given = [Path(weights)]
    with contextlib.suppress(FileNotFoundError):
        given.append(places.weights() / f"{weights}.safetensors")
    return [file.with_suffix(suffix) for file in given if file.name for suffix in (".safetensors", ".sha256", ".json")]
