"""Stand-ins for a worker's engine, in a module that the workers' processes can import (``pythonpath`` in pyproject.toml)."""

from __future__ import annotations

import io
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fashionmirror_core.outputs.cells import Cell, Refusal
from fashionmirror_core.outputs.cluster.worker import Parcel


@dataclass
class FakeCells:
    """As ``worker.RemoteCells``: an input is its bytes, a clip the three inputs and noise, a still a small picture.

    What an input holds decides what happens: "broken" is no picture, "clash" can't be worn, "bug" is our fault, "slow"
    takes a while, "large" makes a large clip, "deadly" ends the worker at its clip, "once" does so the first time.
    notes: a folder in which each call leaves its mark.
    """

    notes: str = ""

    def __call__(self) -> FakeCells:
        """What a worker begins with."""
        return self

    def read(self, kind: str, source: str, parcel: Parcel) -> tuple[str, bytes]:
        (content,) = parcel.files.values()
        self._note("read", kind, Path(source).name)
        if b"broken" in content:
            return f"{source} is no picture.", b""
        return "", content

    def make(self, cell: Cell, person: bytes, garment: bytes, motion: bytes | None) -> tuple[Any, bytes]:
        given = person + b" " + garment
        first = self._note("make", cell.file)
        if b"slow" in given:
            time.sleep(0.4)
        if motion is not None and (b"deadly" in given or (b"once" in given and first)):
            os._exit(1)
        if b"bug" in given:
            raise ZeroDivisionError("a fault of ours")
        if b"clash" in given:
            return Refusal(("look", *cell.look), f"{cell.person.name} can't wear {cell.garment.name}."), b""
        if motion is not None:
            return None, bytes(400_000 if b"large" in given else 0) + given + b" " + cell.file.encode()
        still = io.BytesIO()
        Image.fromarray(np.full((8, 6, 3), len(given), np.uint8)).save(still, "PNG")
        return None, still.getvalue()

    def _note(self, *words: str) -> bool:
        """Whether it is the first of its kind."""
        if not self.notes:
            return True
        name = " ".join(words)
        number = sum(path.name.startswith(f"{name} #") for path in Path(self.notes).iterdir())
        (Path(self.notes) / f"{name} #{number} by {os.getpid()}").touch()
        return number == 0


def no_engine() -> FakeCells:
    """What a worker with half an installation says."""
    raise FileNotFoundError("The installation is incomplete")


def dying_engine() -> FakeCells:
    os._exit(1)
