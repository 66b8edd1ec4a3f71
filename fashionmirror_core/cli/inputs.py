"""What commands share: the files behind a name, for the check that no output is an input, and choices about garments."""

from __future__ import annotations

import contextlib
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from fashionmirror_core import places


class Turn(str, Enum):
    none = "0"
    quarter = "90"
    half = "180"
    three_quarters = "270"

    @property
    def quarters(self) -> int:
        return int(self.value) // 90


class TakeAs(str, Enum):
    auto = "auto"
    garment = "garment"


TakenAs = Annotated[
    TakeAs, typer.Option(help="garment: one garment alone is in the picture, whatever it looks like; auto looks.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what an earlier run wrote.")]


def weights_files(weights: str | Path) -> list[Path]:
    """The files that weights of this name may be read from: their numbers, their hash, their card."""
    given = [Path(weights)]
    with contextlib.suppress(FileNotFoundError):
        given.append(places.weights() / f"{weights}.safetensors")
    return [file.with_suffix(suffix) for file in given if file.name for suffix in (".safetensors", ".sha256", ".json")]
