"""Torch's libraries are opened before its import, which then finds them; where that can't be, nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.engine.loading import preload, preload_torch

posix = pytest.mark.skipif(sys.platform == "win32", reason="torch loads its libraries by itself there")


@posix
def test_torch_works_after_its_libraries_were_loaded() -> None:
    code = (
        "from app.engine.loading import preload_torch\n"
        "assert preload_torch()\n"
        "import sys; assert 'torch' not in sys.modules\n"
        "import torch; assert (torch.ones(3) @ torch.ones(3)).item() == 3\n"
        "assert not preload_torch()"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert child.returncode == 0, child.stderr


@posix
def test_libraries_that_are_not_there_are_left_to_the_import(tmp_path: Path) -> None:
    assert not preload(tmp_path, "so")


def test_without_torch_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr("app.engine.loading.find_spec", lambda name: None)
    assert not preload_torch()
