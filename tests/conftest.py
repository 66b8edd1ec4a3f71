"""What every test shares: one thread a library, and the way to the repository's folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fashionmirror_core import places

# Small pictures: threads would only wait for each other. Read by the libraries when they are loaded, and by children.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
# Kernels are compiled once for all tests and their children, wherever those believe the user's folders to be.
os.environ.setdefault("NUMBA_CACHE_DIR", str(places.cache() / "kernels"))

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True, scope="session")
def state_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the tests' runs note down for the next start stays out of the user's own folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


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
