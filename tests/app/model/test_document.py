"""The document: what is open, the steps that led to it, and whether its file holds it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.model.document import Document
from app.model.state import ClipSettings, LookState, PersonInput


def with_frames(state: LookState, frames: int) -> LookState:
    return state.model_copy(update={"clip": state.clip.model_copy(update={"frames": frames})})


@pytest.fixture
def document(qtbot: QtBot, sample_state: LookState) -> Document:
    return Document(sample_state)


def test_a_change_is_told_with_the_old_and_the_new_look(document: Document, sample_state: LookState) -> None:
    seen: list[tuple[LookState, LookState, LookState]] = []
    document.changed.connect(lambda old, new: seen.append((old, new, document.state)))
    new = with_frames(sample_state, 9)
    document.apply(new, "Frames")
    assert seen == [(sample_state, new, new)]
    assert document.modified


def test_undo_and_redo_go_back_and_forth_under_the_steps_name(document: Document, sample_state: LookState) -> None:
    new = with_frames(sample_state, 9)
    document.apply(new, "Frames")
    seen: list[LookState] = []
    document.changed.connect(lambda _, state: seen.append(state))
    assert document.undo_stack.undoText() == "Frames"
    document.undo_stack.undo()
    assert not document.modified
    document.undo_stack.redo()
    assert seen == [sample_state, new]


def test_the_same_look_again_is_no_step(document: Document, sample_state: LookState) -> None:
    document.apply(sample_state.model_copy(), "Nothing")
    assert document.undo_stack.count() == 0
    assert not document.modified


def test_a_drag_is_one_step(document: Document, sample_state: LookState) -> None:
    for frames in (5, 6, 7):
        document.apply(with_frames(sample_state, frames), "Frames", merge="frames")
    assert document.state.clip.frames == 7
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert document.state == sample_state


def test_every_change_of_a_drag_is_told(document: Document, sample_state: LookState) -> None:
    seen: list[int | None] = []
    document.changed.connect(lambda _, new: seen.append(new.clip.frames))
    for frames in (5, 6, 7):
        document.apply(with_frames(sample_state, frames), "Frames", merge="frames")
    assert seen == [5, 6, 7]


def test_a_drag_there_and_back_is_no_step(document: Document, sample_state: LookState) -> None:
    document.apply(with_frames(sample_state, 9), "Frames", merge="frames")
    document.apply(sample_state, "Frames", merge="frames")
    assert document.state == sample_state
    assert document.undo_stack.count() == 0


@pytest.mark.parametrize("between", ["another step", "undo", "redo", "save"])
def test_only_changes_in_a_row_become_one_step(document: Document, sample_state: LookState, between: str) -> None:
    document.apply(with_frames(sample_state, 5), "Frames", merge="frames")
    if between == "another step":
        document.apply(document.state.model_copy(update={"in_point": 1}), "In", merge="in")
    elif between == "save":
        document.mark_saved(Path("ana.fmirror"))
    else:
        document.apply(document.state.model_copy(update={"in_point": 1}), "In")
        document.undo_stack.undo()
        if between == "redo":
            document.undo_stack.redo()
    before = document.state
    document.apply(with_frames(before, 6), "Frames", merge="frames")
    document.undo_stack.undo()
    assert document.state == before


def test_steps_without_a_key_stay_apart(document: Document, sample_state: LookState) -> None:
    document.apply(with_frames(sample_state, 5), "Stroke")
    document.apply(with_frames(sample_state, 6), "Stroke")
    assert document.undo_stack.count() == 2


def test_a_listener_may_change_the_look_too(document: Document, sample_state: LookState) -> None:
    """A shorter clip moves the out point: both changes can be undone, in order."""

    def clamp(_: LookState, new: LookState) -> None:
        if new.clip.frames == 2 and new.out_point is None:
            document.apply(new.model_copy(update={"out_point": 1}), "Out")

    document.changed.connect(clamp)
    document.apply(with_frames(sample_state, 2), "Frames")
    assert document.state.out_point == 1
    assert [document.undo_stack.text(k) for k in range(2)] == ["Frames", "Out"]


def test_saving_makes_it_clean_until_the_next_change(document: Document, sample_state: LookState) -> None:
    seen: list[bool] = []
    document.saved_changed.connect(seen.append)
    document.apply(with_frames(sample_state, 9), "Frames")
    document.mark_saved(Path("ana.fmirror"))
    assert (document.path, document.title, document.modified) == (Path("ana.fmirror"), "ana", False)
    document.undo_stack.undo()
    assert document.modified
    document.undo_stack.redo()
    assert seen == [False, True, False, True]


def test_a_save_that_a_change_overtook_leaves_it_modified(document: Document, sample_state: LookState) -> None:
    saved = with_frames(sample_state, 5)
    document.apply(saved, "Frames")
    document.apply(with_frames(sample_state, 6), "Frames")
    document.mark_saved(Path("ana.fmirror"), saved)
    assert document.path == Path("ana.fmirror")
    assert document.modified


def test_another_document_begins_anew(document: Document, sample_state: LookState) -> None:
    document.apply(with_frames(sample_state, 9), "Frames")
    titles: list[str] = []
    changes: list[LookState] = []
    document.title_changed.connect(lambda: titles.append(document.title))
    document.changed.connect(lambda _, new: changes.append(new))
    other = LookState(person=PersonInput(path=Path("eva.jpg")), clip=ClipSettings(frames=3))
    document.replace(other, Path("eva.fmirror"))
    assert (document.state, document.modified, document.undo_stack.count()) == (other, False, 0)
    assert (titles, changes) == (["eva"], [other])


def test_a_recovered_document_is_not_saved(document: Document) -> None:
    document.replace(LookState(), None, modified=True)
    assert document.modified
    assert document.title == "Untitled"


def test_an_empty_document_has_an_empty_look(qtbot: QtBot) -> None:
    document = Document()
    assert document.state == LookState()
    assert document.path is None
