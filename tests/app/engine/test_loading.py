"""Torch's libraries are opened before its import, which then finds them; where that can't be, nothing is lost."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest

from app.engine import loading
from app.engine.loading import preload, preload_engine, preload_torch, without_collections

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


@pytest.fixture
def generations() -> Iterator[list[int]]:
    """Which generations the garbage collector has looked through."""
    seen: list[int] = []

    def watch(phase: str, facts: dict[str, int]) -> None:
        if phase == "start":
            seen.append(facts["generation"])

    gc.callbacks.append(watch)
    yield seen
    gc.callbacks.remove(watch)
    gc.unfreeze()


def _many() -> list[list[int]]:
    return [[number] for number in range(200_000)]


def test_nothing_is_collected_while_libraries_are_loaded(generations: list[int]) -> None:
    with without_collections():
        kept = _many()
        assert generations == []
    assert gc.isenabled()
    assert kept
    kept = _many()
    assert generations


@pytest.mark.parametrize("imports", [True, False])
def test_what_was_loaded_is_not_looked_through_again(imports: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing was loaded, nothing but garbage would be kept."""
    with without_collections():
        kept = _many()
        if imports:
            monkeypatch.setitem(sys.modules, "a_library", ModuleType("a_library"))
    try:
        assert (len(gc.get_objects()) < len(kept)) == imports
    finally:
        gc.unfreeze()


def test_the_last_of_several_loads_lets_the_collector_go_on(generations: list[int]) -> None:
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with suppress(ImportError), without_collections():
            inside.set()
            leave.wait(10)
            raise ImportError

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(10)
    with without_collections():
        pass
    assert not gc.isenabled()
    leave.set()
    thread.join(10)
    assert gc.isenabled()


def test_nobody_imports_while_libraries_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """An import would wait for the loader with the interpreter's lock held, and the window with it."""
    opening, opened, imported = threading.Event(), threading.Event(), threading.Event()

    def slow() -> bool:
        opening.set()
        return opened.wait(10)

    def second() -> None:
        preload_engine()
        imported.set()

    monkeypatch.setattr(loading, "preload_torch", slow)
    monkeypatch.setattr(loading, "preload_extensions", lambda *_: None)
    first, other = threading.Thread(target=preload_engine), threading.Thread(target=second)
    first.start()
    assert opening.wait(10)
    other.start()
    assert not imported.wait(0.1)
    opened.set()
    assert imported.wait(10)
    first.join(10)
    other.join(10)


def test_pictures_for_the_gallery_import_no_extension_once_the_studio_is_there() -> None:
    """They are made in a thread while another opens torch's libraries: an import there stopped the window for a second."""
    code = (
        "from importlib.machinery import EXTENSION_SUFFIXES\n"
        "import sys\n"
        "from app.startup import _load, make_application\n"
        "from app.widgets.pictures import read_thumbnail\n"
        "from fashionmirror_core import samples\n"
        "from fashionmirror_core.media.images import read_image\n"
        "application = make_application()\n"
        "_load()\n"
        "before = set(sys.modules)\n"
        "for path in (samples.persons()[0], *samples.garments(), *samples.photographed()[:1]):\n"
        "    read_thumbnail(path), read_image(path)\n"
        "files = {name: getattr(sys.modules[name], '__file__', None) or '' for name in set(sys.modules) - before}\n"
        "print([name for name, file in files.items() if file.endswith(tuple(EXTENSION_SUFFIXES))])"
    )
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[3], check=True
    )
    assert child.stdout.strip() == "[]"
