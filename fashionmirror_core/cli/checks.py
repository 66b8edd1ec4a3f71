"""What a command is given, checked before anything heavy is loaded: a wrong path is told within a second."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from fashionmirror_core.cli.inputs import weights_files
from fashionmirror_core.errors import Cancelled, InputError

_DEVICES = ("auto", "cpu", "cuda", "mps")


def check_engine(device: str, weights: str) -> None:
    """Raises InputError for a device that no computer has, and for weights that aren't there."""
    if device.partition(":")[0] not in _DEVICES:
        raise InputError(f"There is no device {device!r}; use {', '.join(_DEVICES[:-1])} or {_DEVICES[-1]}.")
    plain = Path(weights).suffix == ".safetensors"
    files = [Path(weights)] if plain else [file for file in weights_files(weights) if file.suffix == ".safetensors"]
    if weights not in ("none", "default") and not os.path.exists(weights) and not any(map(os.path.isfile, files)):
        raise InputError(f"There are no weights {weights!r}; give default, a .safetensors file, or none.")


def check_pictures(files: Sequence[Path]) -> None:
    """Raises InputError for what is no readable file."""
    from fashionmirror_core.media.images import check_source

    for file in files:
        check_source(file)


def check_folder(folder: Path) -> None:
    """Raises InputError where there is no folder."""
    if not os.path.isdir(folder):
        raise InputError(f"The folder {folder} does not exist; give a folder of pictures.")


def check_motion(spec: str) -> None:
    """Raises InputError for what is neither a template nor a file or folder that is there."""
    if os.path.exists(spec):
        return
    from fashionmirror_core.motion import templates

    if spec not in templates.NAMES:
        from fashionmirror_core.motion.motion import Motion

        Motion.open(spec)  # says why it can't be


def may_replace(output: Path, overwrite: bool) -> bool:
    """Whether what is at ``output`` may be replaced: by the option, or asked about on a terminal.

    Raises Cancelled where the user says no.
    """
    if overwrite or not os.path.isfile(output) or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return overwrite
    if not typer.confirm(f"{output} is there already. Replace it?", err=True):
        raise Cancelled
    return True
