"""Folders that may not be entered: one sentence, or as if nothing were there; never a traceback."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl

from app.__main__ import main
from app.model.input_files import missing_files, relocate
from app.model.lookbook import LookBook, load_book, save_book
from app.model.project import adopt, load_project, save_project
from app.model.recent import Recent
from app.model.settings import Settings
from app.model.state import LookState, PersonInput
from app.widgets.drops import offered
from fashionmirror_core.errors import InputError
from fashionmirror_core.places import resources

pytestmark = pytest.mark.skipif(os.name == "nt", reason="permissions are other things there")


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a file (``a.png``) that this process, without the rights of root, may not enter."""
    root = os.geteuid() == 0
    shipped = resources()  # the checkout itself may be closed to other users
    monkeypatch.setattr("fashionmirror_core.places.resources", lambda: shipped)
    with tempfile.TemporaryDirectory() as name:
        outer, folder = Path(name), Path(name) / "closed"
        folder.mkdir()
        (folder / "a.png").write_bytes(b"a photo")
        outer.chmod(0o777)
        for kind in ("CACHE", "CONFIG", "STATE"):
            monkeypatch.setattr(f"app.model.folders.{kind.lower()}", lambda kind=kind: outer / kind)
        folder.chmod(0)
        if root:
            os.seteuid(65534)
        try:
            assert not os.access(folder, os.X_OK, effective_ids=True)
            yield folder
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o700)


def look(closed: Path) -> LookState:
    return LookState(person=PersonInput(path=closed / "a.png"))


@pytest.mark.parametrize(
    "act",
    [
        lambda closed: load_project(closed / "a.fmirror"),
        lambda closed: save_project(LookState(), closed / "a.fmirror"),
        lambda closed: save_project(look(closed), closed.parent / "a.fmirror"),
        lambda closed: relocate(look(closed), closed / "a.png", closed / "b.png"),
    ],
    ids=["open", "save into it", "save an input in it", "relocate"],
)
def test_it_is_said_in_one_sentence(closed: Path, act: Callable[[Path], object]) -> None:
    with pytest.raises(InputError) as refusal:
        act(closed)
    assert "\n" not in str(refusal.value)
    assert "closed" in str(refusal.value)


def test_the_program_says_so_and_ends(closed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(closed / "a.fmirror")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_what_is_in_it_counts_as_missing(closed: Path) -> None:
    assert missing_files(look(closed)) == [closed / "a.png"]
    assert adopt(look(closed), closed.parent / "clip.mp4").missing == [closed / "a.png"]


def test_lists_go_on_without_it(closed: Path, qapp: object) -> None:
    recent = Recent(closed.parent / "recent.json")
    recent.add("person", closed / "a.png")
    assert recent.files("person") == []
    settings = Settings(closed.parent / "studio.ini")
    settings.remember_folder("person", closed / "inner" / "a.png")
    assert settings.last_folder("person") == Path.home()
    save_book(LookBook(persons=(PersonInput(path=closed / "a.png"),)), closed.parent / "book.json")
    assert load_book(closed.parent / "book.json") == LookBook()


def test_a_drop_from_it_is_refused_in_words(closed: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(closed / "a.png"))])
    assert "a.png" in offered(mime).refusal
