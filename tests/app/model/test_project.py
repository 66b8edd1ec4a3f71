"""Project files: what is saved comes back, old ones are understood, missing files are found, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from crashes import every_crash

from app.model import folders, packing, unpacked
from app.model.input_files import missing_files, relocate, with_paths
from app.model.lookbook import LookBook, save_book
from app.model.project import SUFFIX, adopt, load_project, project_origin, save_project
from app.model.state import (
    VERSION,
    GarmentInput,
    JointEdit,
    LookState,
    MaskEdit,
    MotionInput,
    Painting,
    PersonInput,
)
from fashionmirror_core.cloth.fabric import FabricName
from fashionmirror_core.cloth.tailoring import Cut, Fit
from fashionmirror_core.errors import InputError
from fashionmirror_core.motion.motion import Motion


def painted(value: int, shape: tuple[int, ...] = (12, 9)) -> Painting:
    return Painting.of(np.full(shape, value, np.uint8))


@pytest.fixture
def files(tmp_path: Path, sample_photo: Path) -> dict[str, Path]:
    """Inputs in the user's folder."""
    folder = tmp_path / "photos"
    folder.mkdir()
    places = {name: folder / name for name in ("ana.png", "墨綠 洋裝.webp", "back.webp", "walk.mp4", "street.jpg")}
    shutil.copy(sample_photo, places["ana.png"])
    for name in ("墨綠 洋裝.webp", "back.webp", "walk.mp4", "street.jpg"):
        places[name].write_bytes(name.encode() * 50)
    return places


@pytest.fixture
def look(files: dict[str, Path], sample_state: LookState) -> LookState:
    """A look with everything that a project may hold."""
    return sample_state.model_copy(
        update={
            "person": PersonInput(path=files["ana.png"], turns=1),
            "garments": (
                GarmentInput(path=files["墨綠 洋裝.webp"], cutout=painted(7), sleeve=0.5),
                GarmentInput(
                    path=files["墨綠 洋裝.webp"],
                    hem=1.5,
                    back=files["back.webp"],
                    fit=Fit.LOOSE,
                    fabric=FabricName.SILK,
                    cut=Cut.TANK,
                    tucked=False,
                ),
            ),
            "motion": MotionInput(path=files["walk.mp4"]),
            "clip": sample_state.clip.model_copy(update={"background": str(files["street.jpg"]), "fps": 12.5}),
            "removed_edit": painted(255),
            "clothing_edits": {0: MaskEdit(change=painted(0)), 3: MaskEdit(change=painted(7))},
            "joint_edits": {2: {4: JointEdit(x=1.5, y=-2.0), 7: JointEdit(hidden=True)}},
            "in_point": 1,
            "out_point": 3,
        }
    )


@pytest.fixture
def saved(look: LookState, tmp_path: Path) -> Path:
    path = tmp_path / f"look{SUFFIX}"
    save_project(look, path)
    return path


def without_paths(state: LookState) -> LookState:
    return with_paths(state, lambda kind, _: Path(kind))


def contents(state: LookState) -> list[bytes]:
    worn = [path for garment in state.garments for path in (garment.path, garment.back) if path]
    paths = [state.person.path, *worn, state.motion.path, state.clip.background]  # type: ignore[union-attr]
    return [Path(path).read_bytes() for path in paths]  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rewritten(path: Path, change: Any) -> Path:
    """The project with its manifest changed in place by ``change(manifest)``."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(entries.pop("project.json"))
    manifest = change(manifest) or manifest
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.json", json.dumps(manifest))
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


# --- there and back ----------------------------------------------------------------------------------------------


def test_everything_comes_back(look: LookState, saved: Path) -> None:
    loaded = load_project(saved)
    assert without_paths(loaded.state) == without_paths(look)
    assert contents(loaded.state) == contents(look)
    assert (loaded.missing, loaded.notes, loaded.origin) == ([], [], None)


def test_a_project_stands_alone(look: LookState, saved: Path, tmp_path: Path) -> None:
    """It can be sent to somebody who has none of the files."""
    before = contents(look)
    shutil.rmtree(tmp_path / "photos")
    loaded = load_project(saved)
    assert loaded.missing == []
    assert contents(loaded.state) == before


def test_a_project_does_not_tell_where_the_files_were(saved: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        assert str(tmp_path) not in archive.read("project.json").decode()


def test_unpacked_inputs_keep_their_names(saved: Path, user_folders: Path) -> None:
    state = load_project(saved).state
    assert state.person is not None
    assert state.motion is not None
    assert [state.person.path.name, state.garments[0].path.name] == ["ana.png", "墨綠 洋裝.webp"]
    assert state.motion.name == "walk"
    assert state.person.path.is_relative_to(user_folders / "cache")


def test_opening_twice_unpacks_to_the_same_place(saved: Path, user_folders: Path) -> None:
    first = load_project(saved).state
    tree = sorted((user_folders / "cache").rglob("*"))
    assert load_project(saved).state == first
    assert sorted((user_folders / "cache").rglob("*")) == tree


def test_an_opened_project_saves_to_the_same_look(saved: Path, look: LookState) -> None:
    save_project(load_project(saved).state, saved)
    again = load_project(saved)
    assert without_paths(again.state) == without_paths(look)
    assert contents(again.state) == contents(look)


def test_an_empty_look_is_a_project_too(tmp_path: Path) -> None:
    save_project(LookState(), tmp_path / "empty.fmirror")
    assert load_project(tmp_path / "empty.fmirror").state == LookState()


def test_a_colour_cutout_comes_back(look: LookState, tmp_path: Path) -> None:
    rgba = painted(90, (4, 5, 4))
    save_project(look.model_copy(update={"removed_edit": rgba}), tmp_path / "a.fmirror")
    assert load_project(tmp_path / "a.fmirror").state.removed_edit == rgba


@pytest.mark.parametrize("channels", [3, 4])
def test_the_thumbnail_comes_back(look: LookState, tmp_path: Path, channels: int) -> None:
    thumbnail = np.random.default_rng(0).integers(0, 256, (16, 12, channels), dtype=np.uint8)
    save_project(look, tmp_path / "a.fmirror", thumbnail)
    loaded = load_project(tmp_path / "a.fmirror").thumbnail
    assert loaded is not None
    np.testing.assert_array_equal(loaded, thumbnail[..., :3])


def test_caches_of_projects_that_nobody_opens_go(saved: Path) -> None:
    projects = folders.cache() / "projects"
    for name, days in (("old", unpacked.CACHE_DAYS + 1), ("recent", unpacked.CACHE_DAYS - 1)):
        (projects / name).mkdir(parents=True)
        os.utime(projects / name, (time.time() - days * 86_400,) * 2)
    load_project(saved)
    assert "recent" in names(projects)
    assert "old" not in names(projects)
    assert len(names(projects)) == 2


# --- files that stay outside -------------------------------------------------------------------------------------


@pytest.fixture
def large_video(monkeypatch: pytest.MonkeyPatch, files: dict[str, Path]) -> Path:
    """A video that is a byte too large to be put into a project."""
    monkeypatch.setattr(packing, "VIDEO_LIMIT", files["walk.mp4"].stat().st_size - 1)
    return files["walk.mp4"]


@pytest.fixture
def referring(large_video: Path, look: LookState, tmp_path: Path) -> Path:
    """The project of a look with that video."""
    path = tmp_path / f"look{SUFFIX}"
    save_project(look, path)
    return path


def test_a_large_video_stays_where_it_is(referring: Path, large_video: Path) -> None:
    state = load_project(referring).state
    assert state.motion == MotionInput(path=large_video)
    with zipfile.ZipFile(referring) as archive:
        assert not any(name.endswith(".mp4") for name in archive.namelist())


def test_a_folder_of_poses_stays_where_it_is(look: LookState, tmp_path: Path) -> None:
    folder = tmp_path / "poses"
    Motion.template("catwalk").take(2).to_openpose_folder(folder)
    save_project(look.model_copy(update={"motion": MotionInput(path=folder)}), tmp_path / "a.fmirror")
    loaded = load_project(tmp_path / "a.fmirror")
    assert loaded.state.motion == MotionInput(path=folder)
    assert loaded.missing == []


def test_project_and_video_that_moved_together_are_found(referring: Path, large_video: Path, tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()
    for path in (referring, large_video.parent):
        shutil.move(path, tmp_path / "usb" / path.name)
    loaded = load_project(tmp_path / "usb" / referring.name)
    assert loaded.missing == []
    assert loaded.state.motion == MotionInput(path=tmp_path / "usb" / "photos" / "walk.mp4")


def test_a_video_that_moved_beside_the_project_is_found_and_said(referring: Path, large_video: Path) -> None:
    moved = shutil.move(large_video, referring.parent / "walk.mp4")
    loaded = load_project(referring)
    assert loaded.state.motion == MotionInput(path=moved)
    assert len(loaded.notes) == 1
    assert "walk.mp4" in loaded.notes[0]


def test_a_missing_file_is_listed_and_the_look_opens_without(referring: Path, large_video: Path) -> None:
    large_video.unlink()
    loaded = load_project(referring)
    assert loaded.missing == [large_video] == missing_files(loaded.state)
    assert loaded.state.person is not None


def test_a_missing_file_is_not_lost_by_saving(referring: Path, large_video: Path, tmp_path: Path) -> None:
    video = large_video.read_bytes()
    large_video.unlink()
    save_project(load_project(referring).state, referring)
    assert load_project(referring).missing == [large_video]
    large_video.write_bytes(video)
    assert load_project(referring).missing == []


def test_a_file_found_again_brings_its_neighbours(tmp_path: Path, look: LookState) -> None:
    moved = tmp_path / "moved"
    shutil.move(tmp_path / "photos", moved)
    assert look.person is not None
    state = relocate(look, look.person.path, moved / "ana.png")
    assert missing_files(look) != []
    assert missing_files(state) == []
    assert without_paths(state) == without_paths(look)


def test_a_file_found_again_leaves_alone_what_is_not_missing(tmp_path: Path, look: LookState) -> None:
    (tmp_path / "other").mkdir()
    for name in ("eva.png", "walk.mp4"):
        (tmp_path / "other" / name).write_bytes(b"another")
    assert look.person is not None
    state = relocate(look, look.person.path, tmp_path / "other" / "eva.png")
    assert state.person == PersonInput(path=tmp_path / "other" / "eva.png", turns=1)
    assert state.motion == look.motion


def test_a_file_cannot_be_found_where_there_is_none(tmp_path: Path, look: LookState) -> None:
    assert look.person is not None
    with pytest.raises(InputError, match="doesn't exist"):
        relocate(look, look.person.path, tmp_path / "nowhere.png")


# --- versions ----------------------------------------------------------------------------------------------------


def test_version_0_is_understood(tmp_path: Path, files: dict[str, Path]) -> None:
    mask = painted(255)
    manifest = {
        "version": 0,
        "look": {
            "person": {"path": "inputs/0.png"},
            "garment": {"path": str(files["墨綠 洋裝.webp"]), "category": "dress"},
            "motion": {"template": "catwalk"},
            "removed": f"paintings/{mask.hash}.png",
            "in_point": 2,
        },
    }
    path = tmp_path / "old.fmirror"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.json", json.dumps(manifest))
        archive.write(files["ana.png"], "inputs/0.png")
        archive.writestr(f"paintings/{mask.hash}.png", mask.png)
    loaded = load_project(path)
    assert loaded.missing == []
    state = loaded.state
    assert state.person is not None
    assert state.person.path.read_bytes() == files["ana.png"].read_bytes()
    assert state.garments == (GarmentInput(path=files["墨綠 洋裝.webp"], category="dress"),)  # type: ignore[arg-type]
    assert (state.motion, state.removed_edit, state.in_point) == (MotionInput(template="catwalk"), mask, 2)


def test_a_newer_version_is_refused_with_the_remedy(saved: Path) -> None:
    rewritten(saved, lambda manifest: manifest | {"version": VERSION + 1})
    with pytest.raises(InputError, match=r"newer FashionMirror.*update") as refusal:
        load_project(saved)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("version", [None, True, "1", 1.0, -1, [1], {}])
def test_a_version_that_is_none_is_refused(saved: Path, version: Any) -> None:
    with pytest.raises(InputError, match="version"):
        load_project(rewritten(saved, lambda manifest: manifest | {"version": version}))


# --- recovery files ----------------------------------------------------------------------------------------------


def test_a_project_without_its_inputs_refers_to_all_of_them(look: LookState, tmp_path: Path) -> None:
    path, origin = tmp_path / "recovery.fmirror", tmp_path / "look.fmirror"
    save_project(look, path, embed=False, origin=origin)
    loaded = load_project(path, trusted=True)
    assert loaded.state == look
    assert loaded.origin == origin == project_origin(path)
    with zipfile.ZipFile(path) as archive:
        assert not any(name.startswith("inputs/") for name in archive.namelist())


def test_a_files_origin_is_none_where_it_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "no.fmirror").write_bytes(b"no zip")
    assert project_origin(tmp_path / "no.fmirror") is None
    assert project_origin(tmp_path / "absent.fmirror") is None


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


def clean_cache() -> None:
    """As a cleaning program does it, or a hand."""
    shutil.rmtree(folders.cache())


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


# --- looks that travel in other files ----------------------------------------------------------------------------


def test_an_adopted_look_follows_paths_as_a_project_does(files: dict[str, Path], look: LookState) -> None:
    assert adopt(look, files["ana.png"].parent / "clip.mp4").state == look


@pytest.mark.parametrize("place", ["//server/share/ana.png", "\\\\server\\share\\ana.png"])
def test_an_adopted_look_never_leads_to_the_network(files: dict[str, Path], look: LookState, place: str) -> None:
    strange = look.model_copy(update={"person": PersonInput(path=Path(place))})
    adopted = adopt(strange, files["ana.png"].parent / "clip.mp4")
    assert adopted.state.person is not None
    assert "server" not in str(adopted.state.person.path)


def test_an_adopted_look_says_what_it_misses_and_finds_what_lies_beside_it(
    files: dict[str, Path], look: LookState, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    shutil.move(files["ana.png"].parent, moved)
    (moved / "walk.mp4").unlink()
    adopted = adopt(look, moved / "clip.mp4")
    assert adopted.missing == [files["walk.mp4"]]
    assert any("ana.png was found in" in note for note in adopted.notes)


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
