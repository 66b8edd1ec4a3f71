"""Project files: what is saved comes back, old ones are understood, and missing files are found."""

from __future__ import annotations

import json
import os
import shutil
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from projects import contents, names, painted, rewritten, without_paths

from app.model import folders, packing, unpacked
from app.model.input_files import missing_files, relocate
from app.model.project import SUFFIX, adopt, load_project, project_origin, save_project
from app.model.state import (
    VERSION,
    GarmentInput,
    LookState,
    MotionInput,
    PersonInput,
)
from fashionmirror_core.errors import InputError
from fashionmirror_core.motion.motion import Motion

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
