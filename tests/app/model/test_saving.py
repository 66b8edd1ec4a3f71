"""Saving a project: nothing of the earlier one, and no input, is ever lost, whatever fails."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from crashes import every_crash
from projects import clean_cache, contents, names

from app.model import folders, packing
from app.model.project import load_project, save_project
from app.model.state import (
    LookState,
    PersonInput,
)
from fashionmirror_core.errors import InputError

# --- saving fails ------------------------------------------------------------------------------------------------


@contextmanager
def full_disk(after: int) -> Iterator[None]:
    """Files can't grow beyond ``after`` bytes."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("after", [0, 100, 5000])
def test_a_full_disk_leaves_the_earlier_project(saved: Path, look: LookState, after: int) -> None:
    before, beside = saved.read_bytes(), names(saved.parent)
    with full_disk(after), pytest.raises(InputError, match=r"can't be written \(.*\); make room") as refusal:
        save_project(look.model_copy(update={"in_point": 0}), saved)
    assert "\n" not in str(refusal.value)
    assert saved.read_bytes() == before
    assert names(saved.parent) == beside


def test_an_input_that_fails_while_it_is_read_leaves_the_earlier_project(
    saved: Path, look: LookState, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, beside = saved.read_bytes(), names(saved.parent)

    def broken(*_: object) -> Iterator[bytes]:
        raise InputError("ana.png can't be read (Input/output error); check the disk that it is on.")

    monkeypatch.setattr(packing, "_pieces", broken)
    with pytest.raises(InputError, match=r"ana\.png"):
        save_project(look, saved)
    assert saved.read_bytes() == before
    assert names(saved.parent) == beside


def test_a_project_that_could_not_be_opened_is_not_kept(
    saved: Path, look: LookState, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()
    monkeypatch.setattr("app.model.archive.TOTAL_LIMIT", 100)
    with pytest.raises(InputError, match="more than a project may hold"):
        save_project(look, saved)
    assert saved.read_bytes() == before


def test_a_folder_that_is_gone_is_named(look: LookState, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone doesn't exist"):
        save_project(look, tmp_path / "gone" / "a.fmirror")


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_stays_a_link(saved: Path, look: LookState, tmp_path: Path) -> None:
    link = tmp_path / "link.fmirror"
    link.symlink_to(saved)
    save_project(look.model_copy(update={"in_point": 0}), link)
    assert link.is_symlink()
    assert load_project(saved).state.in_point == 0


# --- saving never drops an input ---------------------------------------------------------------------------------


def test_inputs_that_the_cache_lost_are_copied_from_the_old_file(saved: Path, look: LookState) -> None:
    state, before, size = load_project(saved).state, contents(look), saved.stat().st_size
    clean_cache()
    save_project(state.model_copy(update={"in_point": 0}), saved)
    assert abs(saved.stat().st_size - size) < 200
    again = load_project(saved)
    assert again.state.in_point == 0
    assert contents(again.state) == before


def test_a_save_under_another_name_copies_them_too(saved: Path, look: LookState, tmp_path: Path) -> None:
    state, before = load_project(saved).state, contents(look)
    clean_cache()
    other = tmp_path / "other.fmirror"
    save_project(state, other, earlier=saved)
    assert contents(load_project(other).state) == before


def test_a_photo_that_was_deleted_after_a_save_is_copied_from_the_old_file(
    saved: Path, look: LookState, files: dict[str, Path]
) -> None:
    before = contents(look)
    inside = save_project(look, saved)
    files["ana.png"].unlink()
    inside = save_project(look.model_copy(update={"in_point": 0}), saved, contents=inside)
    inside = save_project(look, saved, contents=inside)  # and from that one again
    assert contents(load_project(saved).state) == before


def test_another_photo_of_the_same_name_is_never_taken_for_it(
    saved: Path, look: LookState, files: dict[str, Path], tmp_path: Path
) -> None:
    """The project holds an ana.png, and not this one."""
    inside = save_project(look, saved)
    (tmp_path / "other").mkdir()
    other = look.model_copy(update={"person": PersonInput(path=tmp_path / "other" / "ana.png")})
    before = saved.read_bytes()
    with pytest.raises(InputError, match=r"ana\.png isn't in .*other any more"):
        save_project(other, saved, contents=inside)
    assert saved.read_bytes() == before


def test_an_input_that_is_nowhere_stops_the_save_in_words(saved: Path, look: LookState, user_folders: Path) -> None:
    before, beside = saved.read_bytes(), names(saved.parent)
    state = load_project(saved).state
    clean_cache()
    saved.rename(saved.with_name("moved.fmirror"))
    with pytest.raises(InputError, match=r"ana\.png isn't in .* any more.*put it back, or choose") as refusal:
        save_project(state, saved)
    assert "\n" not in str(refusal.value)
    saved.with_name("moved.fmirror").rename(saved)
    assert saved.read_bytes() == before
    assert names(saved.parent) == beside


def test_a_photo_that_may_not_be_read_stops_the_save(
    saved: Path, look: LookState, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, mode: str = "r", **options: Any) -> Any:
        if "ana" in str(path) and mode == "rb":
            raise PermissionError(13, "Permission denied", str(path))
        return open(path, mode, **options)

    before = saved.read_bytes()
    monkeypatch.setattr(packing, "open", refuse, raising=False)
    with pytest.raises(InputError, match=r"ana\.png may not be read; change its permissions"):
        save_project(look, saved)
    assert saved.read_bytes() == before


def test_an_unpacked_input_is_never_left_in_the_cache_alone(
    saved: Path, look: LookState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that no longer fits isn't referred to, as a file of the user's own is: the cache is no place that lasts."""
    state = load_project(saved).state
    before = saved.read_bytes()
    monkeypatch.setattr(packing, "VIDEO_LIMIT", 10)  # of a version of the program with another limit
    save_project(state, saved)
    assert contents(load_project(saved).state) == contents(look)
    before = saved.read_bytes()
    monkeypatch.setattr(packing, "TOTAL_LIMIT", 2000)
    with pytest.raises(InputError, match="doesn't fit into the project"):
        save_project(state, saved)
    assert saved.read_bytes() == before


def test_what_the_cache_holds_already_is_not_written_again(saved: Path) -> None:
    """Another window that shows it would take the file for a new one."""
    person = load_project(saved).state.person
    assert person is not None
    os.utime(person.path, (1e9, 1e9))
    load_project(saved)
    assert person.path.stat().st_mtime == 1e9
    person.path.write_bytes(b"damaged")
    again = load_project(saved).state.person
    assert again is not None
    assert again.path.read_bytes() != b"damaged"


def test_a_file_that_is_no_picture_stays_where_it_is(saved: Path, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(b"the user's key")
    save_project(LookState(person=PersonInput(path=key)), saved)
    assert b"the user's key" not in saved.read_bytes()
    assert load_project(saved).missing == [key]


def test_a_picture_without_a_suffix_travels(saved: Path, files: dict[str, Path], tmp_path: Path) -> None:
    photo = shutil.copy(files["ana.png"], tmp_path / "IMG 0001")
    save_project(LookState(person=PersonInput(path=photo)), saved)
    photo.unlink()
    loaded = load_project(saved)
    assert loaded.missing == []
    assert loaded.state.person is not None
    assert loaded.state.person.path.read_bytes() == files["ana.png"].read_bytes()


# --- clocks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [1970, 1979, 2120, 9999])
def test_a_clock_that_is_wrong_can_save(
    look: LookState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, year: int
) -> None:
    """A zip tells times from 1980 to 2107."""
    monkeypatch.setattr(time, "localtime", lambda *_: time.struct_time((year, 1, 2, 3, 4, 5, 0, 2, 0)))
    path = tmp_path / "a.fmirror"
    save_project(look, path, np.zeros((4, 4, 3), np.uint8))
    assert contents(load_project(path).state) == contents(look)


# --- crashes -----------------------------------------------------------------------------------------------------


def test_a_crash_anywhere_in_a_save_leaves_the_old_project_or_the_new(look: LookState, tmp_path: Path) -> None:
    """Both with all inputs, although those of the old are gone from the cache when the new is written."""
    new = {"in_point": 0}
    before, seen = contents(look), []

    def begin(folder: Path) -> None:
        save_project(look, folder / "a.fmirror")
        states.append(load_project(folder / "a.fmirror").state)
        clean_cache()

    states: list[LookState] = []
    for folder in every_crash(
        tmp_path, begin, lambda folder: save_project(states[-1].model_copy(update=new), folder / "a.fmirror") and None
    ):
        loaded = load_project(folder / "a.fmirror")
        assert contents(loaded.state) == before
        seen.append(loaded.state.in_point)
    assert seen == sorted(seen, reverse=True)
    assert (seen[0], seen[-1]) == (look.in_point, 0)


def test_a_crash_anywhere_in_opening_leaves_inputs_that_can_be_trusted(
    saved: Path, look: LookState, tmp_path: Path, user_folders: Path
) -> None:
    """What was unpacked by halves is unpacked again, and nothing of it is taken for an input."""
    before = contents(look)
    data = saved.read_bytes()
    for folder in every_crash(
        user_folders.parent,
        lambda folder: shutil.rmtree(folders.cache(), ignore_errors=True),
        lambda folder: load_project(saved) and None,
    ):
        assert contents(load_project(saved).state) == before, folder
    assert saved.read_bytes() == data
