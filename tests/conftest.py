"""What every test shares: one thread a library, and the way to the repository's folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Small pictures: threads would only wait for each other. Read by the libraries when they are loaded, and by children.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds the two packages and the resources."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data beside the repository; tests that need it are skipped where it isn't."""
    folder = ROOT / ".." / "shared"
    if not folder.is_dir():
        pytest.skip("the shared folder with the data is not here")
    return folder
