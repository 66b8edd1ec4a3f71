"""Kernels are compiled once: kept in the user's folder, found again from elsewhere and by the frozen program."""

from __future__ import annotations

import ast
import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fashionmirror_core import compiling

ROOT = Path(__file__).resolve().parents[2]
KERNELS = """
from fashionmirror_core.compiling import inlined, kernel

@inlined
def twice(x):
    return 2 * x

@kernel("float64(float64)")
def shifted(x):
    return twice(x) + 1
"""
RUN = """
import sys, warnings
warnings.simplefilter("error" if sys.argv[1] == "strict" else "always")
sys.frozen = sys.argv[2] == "frozen"
from fashionmirror_core import compiling
compiling.MODULES = ("some_kernels",)
assert not {"numba", "llvmlite"} & set(sys.modules)
print(compiling.are_cached())
compiling.compile_in_background().join()
from some_kernels import shifted
assert shifted(20.5) == 42
print(sum(shifted.stats.cache_hits.values()), sum(shifted.stats.cache_misses.values()))
"""


def run(
    cache: Path, modules: Path, cwd: Path, mode: str = "strict", kind: str = "plain"
) -> subprocess.CompletedProcess[str]:
    """A program with one kernel; its output: whether there was a cache, then its hits and misses."""
    (modules / "some_kernels.py").write_text(KERNELS, encoding="utf-8")
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(cache),
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(modules))),
    }
    return subprocess.run(
        [sys.executable, "-c", RUN, mode, kind], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("kind", ["plain", "frozen"])
def test_a_second_start_compiles_nothing_wherever_it_begins(tmp_path: Path, kind: str) -> None:
    for folder, expected in (("here", "False 0 1"), ("elsewhere", "True 1 0")):
        (tmp_path / folder).mkdir()
        done = run(tmp_path / "cache", tmp_path, tmp_path / folder, kind=kind)
        assert done.stdout.split() == expected.split(), done.stderr


def test_a_folder_that_cannot_be_written_is_told_and_the_kernels_work(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    done = run(tmp_path / "cache", tmp_path, tmp_path, mode="lenient")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", "0", "1"]
    assert "can't be kept in" in done.stderr
    assert "NUMBA_CACHE_DIR" in done.stderr
    assert not list(tmp_path.rglob("*.nb?"))


def test_what_fails_in_the_background_fails_again_in_the_foreground(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken_kernels.py").write_text("raise RuntimeError('broken')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(compiling, "MODULES", ("broken_kernels",))
    compiling.compile_in_background().join()
    assert capfd.readouterr() == ("", "")
    with pytest.raises(RuntimeError, match="broken"):
        compiling.compile_kernels()


def test_later_collections_pass_over_what_the_compiler_leaves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "many_objects.py").write_text("left = [[] for _ in range(50_000)]")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(compiling, "MODULES", ())
    compiling.compile_kernels()
    before = gc.get_freeze_count()

    monkeypatch.setattr(compiling, "MODULES", ("many_objects",))
    compiling.compile_kernels()

    assert gc.get_freeze_count() - before >= 50_000


def test_every_module_of_kernels_is_known_and_none_is_imported_at_the_top_of_a_file() -> None:
    """Importing one compiles it: only what draws may do that, and the frozen program must ship its source."""
    found = set()
    for path in (ROOT / "fashionmirror_core").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
        for node in named:
            of = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            names = {f"{of}.{alias.name}" if of else alias.name for alias in node.names}
            if f"{compiling.__name__}.kernel" in names:
                found.add(module)
            assert not (names | {of}) & set(compiling.MODULES), f"{module} imports kernels at its top"
            assert "numba" not in {name.split(".")[0] for name in names}, f"{module} imports numba at its top"
    assert found == set(compiling.MODULES)
