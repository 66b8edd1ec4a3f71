"""Autosave and recovery: what a crash would lose is found again, and windows don't take each other's."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from crashes import every_crash
from pytestqt.qtbot import QtBot

from app.model import folders, recovery
from app.model.document import Document
from app.model.project import load_project, save_project
from app.model.recovery import Autosave
from app.model.state import LookState, Painting
from fashionmirror_core.errors import InputError

SOON, NEVER = 10, 10_000_000  # milliseconds

# A window that changes its look, says so when the change is safe, and goes on until it is killed.
WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.model import folders
from app.model.document import Document
from app.model.project import load_project
from app.model.recovery import Autosave

application = QCoreApplication([])
project = Path(sys.argv[1])
document = Document(load_project(project).state, project)
autosave = Autosave(document, after_change=10)
autosave.saved.connect(lambda: print("saved", flush=True))
document.apply(document.state.model_copy(update={"in_point": 3}), "In point")
application.exec()
"""

OpenWindow = Callable[..., tuple[Document, Autosave]]


@pytest.fixture
def open_window(qtbot: QtBot, sample_state: LookState) -> Iterator[OpenWindow]:
    """Opens a document with its autosave, as a window does."""
    opened: list[Autosave] = []

    def open_one(after_change: int = SOON, while_modified: int = NEVER) -> tuple[Document, Autosave]:
        document = Document(sample_state)
        opened.append(Autosave(document, after_change=after_change, while_modified=while_modified))
        return document, opened[-1]

    yield open_one
    for autosave in opened:
        autosave.close()


def change(document: Document, in_point: int = 3) -> None:
    document.apply(document.state.model_copy(update={"in_point": in_point}), "In point")


def crash(autosave: Autosave) -> None:
    """What the end of the process does: locks go, files stay."""
    autosave._closed = True
    autosave._pool.waitForDone()
    if autosave._lock is not None:
        autosave._lock.unlock()


@pytest.mark.parametrize("timers", [{"after_change": SOON}, {"after_change": NEVER, "while_modified": SOON}])
def test_a_change_is_safe_soon(open_window: OpenWindow, qtbot: QtBot, timers: dict[str, int]) -> None:
    document, autosave = open_window(**timers)
    with qtbot.waitSignal(autosave.saved):
        change(document)
    assert load_project(autosave.file, trusted=True).state == document.state


def test_an_unchanged_document_leaves_no_trace(open_window: OpenWindow, qtbot: QtBot, user_folders: Path) -> None:
    open_window(after_change=SOON, while_modified=SOON)
    qtbot.wait(60)
    assert not (user_folders / "state").exists()


def test_the_same_look_is_written_once(open_window: OpenWindow, qtbot: QtBot) -> None:
    document, autosave = open_window(while_modified=SOON)
    saves: list[int] = []
    autosave.saved.connect(lambda: saves.append(1))
    with qtbot.waitSignal(autosave.saved):
        change(document)
    qtbot.wait(80)
    assert len(saves) == 1


def test_the_newest_look_wins(open_window: OpenWindow, qtbot: QtBot) -> None:
    """Changes that come while one is written are written after it."""
    document, autosave = open_window(after_change=NEVER)
    for in_point in (1, 2, 3):
        change(document, in_point)
        autosave.save()
    qtbot.waitUntil(lambda: autosave._job is None and not autosave._again)
    assert load_project(autosave.file, trusted=True).state.in_point == 3


def test_what_was_painted_is_safe_too(open_window: OpenWindow, qtbot: QtBot) -> None:
    document, autosave = open_window()
    painting = Painting.of(np.random.default_rng(0).integers(0, 256, (40, 30), dtype=np.uint8))
    with qtbot.waitSignal(autosave.saved):
        document.apply(document.state.model_copy(update={"removed_edit": painting}), "Stroke")
    assert load_project(autosave.file, trusted=True).state.removed_edit == painting


def test_saving_or_undoing_to_the_saved_look_ends_the_need(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    document, autosave = open_window()
    with qtbot.waitSignal(autosave.saved):
        change(document)
    document.undo_stack.undo()
    assert not autosave.file.exists()
    with qtbot.waitSignal(autosave.saved):
        document.undo_stack.redo()
    document.mark_saved(tmp_path / "ana.fmirror")
    assert not autosave.file.exists()


def test_a_save_that_is_under_way_leaves_nothing_of_a_saved_document(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    document, autosave = open_window(after_change=NEVER)
    change(document)
    with qtbot.waitSignal(autosave.saved):
        autosave.save()
        document.mark_saved(tmp_path / "ana.fmirror")
    assert not autosave.file.exists()


def test_closing_leaves_nothing(open_window: OpenWindow, qtbot: QtBot, user_folders: Path) -> None:
    document, autosave = open_window()
    with qtbot.waitSignal(autosave.saved):
        change(document)
    autosave.close()
    autosave.close()
    assert list((user_folders / "state").rglob("*.*")) == []


def test_closing_waits_for_the_save_under_way(open_window: OpenWindow, user_folders: Path) -> None:
    document, autosave = open_window(after_change=NEVER)
    change(document)
    autosave.save()
    autosave.close()
    assert list((user_folders / "state").rglob("*.*")) == []


def test_a_window_that_is_open_is_not_recovered_by_another(open_window: OpenWindow, qtbot: QtBot) -> None:
    document, autosave = open_window()
    with qtbot.waitSignal(autosave.saved):
        change(document)
    assert open_window()[1].pending() == []
    assert autosave.pending() == []


def test_a_crashed_look_is_recovered_as_unsaved_changes(open_window: OpenWindow, qtbot: QtBot, tmp_path: Path) -> None:
    document, autosave = open_window()
    document.mark_saved(tmp_path / "ana.fmirror")
    with qtbot.waitSignal(autosave.saved):
        change(document)
    crash(autosave)

    restarted, keeper = open_window()
    (item,) = keeper.pending()
    assert (item.file, item.project) == (autosave.file, tmp_path / "ana.fmirror")
    keeper.recover(item)
    assert restarted.state == document.state
    assert restarted.path == tmp_path / "ana.fmirror"
    assert restarted.modified
    assert keeper.file.exists()  # a second crash loses nothing either
    assert not item.file.exists()
    assert open_window()[1].pending() == []


def test_only_one_window_is_offered_it_and_a_refusal_keeps_it(open_window: OpenWindow, qtbot: QtBot) -> None:
    document, autosave = open_window()
    with qtbot.waitSignal(autosave.saved):
        change(document)
    crash(autosave)
    asked, other = open_window()[1], open_window()[1]
    assert len(asked.pending()) == 1
    assert other.pending() == []
    asked.close()
    assert len(other.pending()) == 1


def test_locks_of_crashed_windows_without_a_look_are_swept(open_window: OpenWindow, user_folders: Path) -> None:
    _, autosave = open_window()
    folder = folders.recovery()
    folder.mkdir(parents=True)
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    (folder / "4711-0123abcd.lock").write_text(f"{gone.stdout.strip()}\npython\n{platform.node()}\n")
    (folder / "mine.lock").write_text("not ours")
    living = recovery._lock_of(folder / f"{os.getpid()}-89abcdef.fmirror")
    assert living.tryLock(0)
    assert autosave.pending() == []
    assert sorted(file.name for file in folder.iterdir()) == [f"{os.getpid()}-89abcdef.lock", "mine.lock"]
    living.unlock()


def test_a_discarded_file_is_gone(open_window: OpenWindow, qtbot: QtBot, user_folders: Path) -> None:
    document, autosave = open_window()
    with qtbot.waitSignal(autosave.saved):
        change(document)
    crash(autosave)
    keeper = open_window()[1]
    keeper.discard(keeper.pending()[0])
    assert keeper.pending() == []
    assert list((user_folders / "state").rglob("*.*")) == []


def test_a_damaged_file_is_refused_and_stays_until_it_is_discarded(
    open_window: OpenWindow, sample_state: LookState
) -> None:
    folder = folders.state() / "recovery"
    folder.mkdir(parents=True)
    (folder / "1-dead.fmirror").write_bytes(b"cut short")
    (folder / ".1-dead.0123.part.fmirror").write_bytes(b"half a save")
    document, keeper = open_window()
    (item,) = keeper.pending()
    with pytest.raises(InputError):
        keeper.recover(item)
    assert document.state == sample_state
    assert item.file.exists()
    keeper.discard(item)
    assert list(folder.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said_once(qtbot: QtBot, sample_state: LookState, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    document = Document(sample_state)
    autosave = Autosave(document, tmp_path / "file" / "recovery", after_change=NEVER)
    said: list[str] = []
    autosave.failed.connect(said.append)
    for in_point in (1, 2):
        change(document, in_point)
        autosave.save()
    autosave.close()
    assert len(said) == 1


def test_a_killed_window_is_found_again(
    open_window: OpenWindow, sample_state: LookState, tmp_path: Path, repository: Path
) -> None:
    """A real process, ended by the system without a word."""
    project = tmp_path / "ana.fmirror"
    save_project(sample_state, project)
    command = [sys.executable, "-c", WINDOW, str(project)]
    keeper = open_window()[1]
    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True) as window:
        try:
            assert window.stdout is not None
            assert window.stdout.readline() == "saved\n"
            assert len(list((folders.state() / "recovery").glob("*.fmirror"))) == 1
            assert keeper.pending() == []  # it is alive
        finally:
            window.kill()
    (item,) = keeper.pending()
    assert item.project == project
    assert keeper.recover(item).state.in_point == 3


# --- ended without a question ------------------------------------------------------------------------------------


def test_unsaved_changes_stay_when_the_session_ends(open_window: OpenWindow) -> None:
    """Also those of the last moment, and without a save before."""
    document, autosave = open_window(after_change=NEVER)
    change(document, 3)
    autosave.close(keep=True)
    keeper = open_window()[1]
    (item,) = keeper.pending()
    assert keeper.recover(item).state.in_point == 3


def test_the_newest_change_stays_when_the_session_ends_during_a_save(open_window: OpenWindow) -> None:
    document, autosave = open_window(after_change=NEVER)
    change(document, 3)
    autosave.save()
    change(document, 4)
    autosave.close(keep=True)
    assert load_project(autosave.file, trusted=True).state.in_point == 4


def test_a_saved_document_leaves_nothing_when_the_session_ends(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path, user_folders: Path
) -> None:
    document, autosave = open_window()
    with qtbot.waitSignal(autosave.saved):
        change(document)
    document.mark_saved(tmp_path / "ana.fmirror")
    autosave.close(keep=True)
    assert list((user_folders / "state").rglob("*.*")) == []


@pytest.mark.parametrize("seconds", [0, 4.8e9])
def test_a_recovery_file_of_a_wrong_clock_is_offered(open_window: OpenWindow, seconds: float) -> None:
    document, autosave = open_window(after_change=NEVER)
    change(document)
    autosave.close(keep=True)
    os.utime(autosave.file, (seconds, seconds))
    assert len(open_window()[1].pending()) == 1


def test_a_time_that_the_system_cannot_tell_is_no_reason_to_lose_a_look(
    open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before 1970 on Windows, after 9999 everywhere."""

    class Calendar(datetime):
        @classmethod
        def fromtimestamp(cls, *_: object) -> Calendar:  # type: ignore[override]
            raise OSError(22, "Invalid argument")

    document, autosave = open_window(after_change=NEVER)
    change(document)
    autosave.close(keep=True)
    monkeypatch.setattr(recovery, "datetime", Calendar)
    assert len(open_window()[1].pending()) == 1


# --- crashes -----------------------------------------------------------------------------------------------------


def test_a_crash_anywhere_in_an_autosave_leaves_the_old_look_or_the_new(
    sample_state: LookState, tmp_path: Path
) -> None:
    painted = Painting.of(np.full((40, 30), 7, np.uint8))
    old, new = sample_state, sample_state.model_copy(update={"removed_edit": painted})
    seen = []
    for folder in every_crash(
        tmp_path,
        lambda folder: save_project(old, folder / "1-a.fmirror", embed=False) and None,
        lambda folder: save_project(new, folder / "1-a.fmirror", embed=False) and None,
    ):
        seen.append(load_project(folder / "1-a.fmirror", trusted=True).state)
        document = Document()
        keeper = Autosave(document, folder, after_change=NEVER)
        (item,) = keeper.pending()  # what the crash left half done isn't offered
        keeper.discard(item)
        keeper.close()
    assert set(map(repr, seen)) == {repr(old), repr(new)}
    assert seen[-1] == new
