"""What projects unpack: it is cleaned up after a while, and never while somebody needs it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from projects import clean_cache, contents

from app.model import folders, unpacked
from app.model.input_files import missing_files
from app.model.lookbook import LookBook, save_book
from app.model.project import SUFFIX, load_project, save_project
from app.model.state import (
    LookState,
    PersonInput,
)

# --- the cache's own cleaning ------------------------------------------------------------------------------------

# Opens a project, says so, and goes on until it is killed.
HOLDER = """
import sys
from pathlib import Path
from app.model.project import load_project
load_project(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_project(tmp_path: Path, sample_photo: Path) -> Path:
    path = tmp_path / f"other{SUFFIX}"
    save_project(LookState(person=PersonInput(path=sample_photo)), path)
    return path


def in_years(monkeypatch: pytest.MonkeyPatch, years: int) -> None:
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + years * 365 * 86_400)


def test_the_cleaning_leaves_what_this_window_uses(
    saved: Path, other_project: Path, look: LookState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it is open, and whatever the clock says."""
    state = load_project(saved).state
    in_years(monkeypatch, 100)
    load_project(other_project)
    assert missing_files(state) == []
    assert contents(state) == contents(look)


def test_the_cleaning_leaves_what_another_process_uses_until_it_ends(
    saved: Path, other_project: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", HOLDER, str(saved)]
    with subprocess.Popen(command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as window:
        try:
            assert window.stdout is not None
            assert window.stdout.readline() == "open\n"
            unpacked_inputs = list(unpacked.folder_of(saved.resolve()).glob("*/*"))
            assert len(unpacked_inputs) == 5
            in_years(monkeypatch, 1)
            load_project(other_project)
            assert all(path.exists() for path in unpacked_inputs)
        finally:
            window.kill()
    load_project(other_project)
    assert not unpacked.folder_of(saved.resolve()).exists()


@pytest.mark.parametrize("keeper", ["recovery", "lookbook"])
def test_the_cleaning_leaves_what_waits_for_the_next_session(
    saved: Path, other_project: Path, monkeypatch: pytest.MonkeyPatch, keeper: str
) -> None:
    state = load_project(saved).state
    monkeypatch.setattr(unpacked, "_held", {})  # the window is closed
    for lock in unpacked.root().glob("*/*.lock"):
        lock.unlink()
    if keeper == "recovery":
        folders.recovery().mkdir(parents=True)
        save_project(state, folders.recovery() / "1-dead.fmirror", embed=False, origin=saved)
    else:
        assert state.person is not None
        save_book(LookBook(persons=(state.person,)))
    in_years(monkeypatch, 1)
    load_project(other_project)
    assert missing_files(state) == []
    folders.lookbook().unlink(missing_ok=True)
    shutil.rmtree(folders.recovery(), ignore_errors=True)
    load_project(other_project)
    assert missing_files(state) != []


def test_a_recovered_look_finds_in_its_project_what_the_cache_lost(
    saved: Path, look: LookState, tmp_path: Path
) -> None:
    state = load_project(saved).state
    save_project(state, tmp_path / "recovery.fmirror", embed=False, origin=saved)
    clean_cache()
    recovered = load_project(tmp_path / "recovery.fmirror", trusted=True)
    assert recovered.missing == []
    assert contents(recovered.state) == contents(look)
