"""Files and folders that change as one, and what a crash leaves at each point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from crashes import contents, crash_before, every_crash

from fashionmirror_core import places
from fashionmirror_core.errors import InputError
from fashionmirror_core.media import manifest, redo_log
from fashionmirror_core.media.files import Change, added, try_target, write_whole, written_whole
from fashionmirror_core.media.redo_log import heal, settle


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the logs are: below the folder that crashes are counted in."""
    folder = tmp_path / "state"
    monkeypatch.setattr(places, "state", lambda: folder)
    monkeypatch.setattr(redo_log, "_swept", set())
    return folder


def names(folder: Path) -> list[str]:
    """Everything in a folder, hidden names too."""
    return sorted(path.name for path in folder.iterdir())


def filled(folder: Path, **texts: str) -> None:
    """A folder of ours with these files."""
    with Change() as change:
        place = change.folder(folder)
        for name, text in texts.items():
            (place / f"{name}.png").write_text(text)


def texts(folder: Path) -> dict[str, str]:
    """Name -> text of the files in a folder, without the list."""
    return {path.name: path.read_text() for path in folder.iterdir() if path.name != manifest.NAME}


# --- in the usual case ------------------------------------------------------------------------------------------------


def test_a_file_appears_when_it_is_whole(tmp_path: Path, state: Path) -> None:
    with written_whole(tmp_path / "a.txt") as partial:
        partial.write_text("new")
        assert not (tmp_path / "a.txt").exists()
        assert partial.name == "a.txt"
    assert texts(tmp_path / "state" / "unfinished") == {}
    assert (tmp_path / "a.txt").read_text() == "new"
    assert names(tmp_path) == ["a.txt", "state"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_an_interruption_leaves_the_old_and_nothing_else(tmp_path: Path, stop: type[BaseException]) -> None:
    write_whole(tmp_path / "a.txt", b"old")
    filled(tmp_path / "frames", a="old")

    def interrupted() -> None:
        with Change() as change:
            change.file(tmp_path / "a.txt").write_text("new")
            (change.folder(tmp_path / "frames") / "b.png").write_text("new")
            raise stop

    with pytest.raises(stop):
        interrupted()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert texts(tmp_path / "frames") == {"a.png": "old"}
    assert names(tmp_path) == ["a.txt", "frames", "state"]


def test_several_files_and_folders_appear_together(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with Change() as change:
        change.file(tmp_path / "clip.mp4").write_text("clip")
        (change.folder(tmp_path / "elsewhere" / "masks") / "0.png").write_text("mask")
        (change.folder(tmp_path / "frames") / "0.png").write_text("frame")
        assert [name for name in names(tmp_path) if not name.startswith(".")] == ["elsewhere", "state"]
    assert (tmp_path / "clip.mp4").read_text() == "clip"
    assert texts(tmp_path / "frames") == {"0.png": "frame"}
    assert texts(tmp_path / "elsewhere" / "masks") == {"0.png": "mask"}
    assert names(tmp_path) == ["clip.mp4", "elsewhere", "frames", "state"]
    assert names(tmp_path / "elsewhere") == ["masks"]


def test_what_is_written_within_a_change_belongs_to_it(tmp_path: Path) -> None:
    with Change() as change:
        folder = change.folder(tmp_path / "frames")
        write_whole(folder / "0.png", b"one")
        with pytest.raises(KeyError), written_whole(folder / "1.png") as partial:  # noqa: PT012
            partial.write_text("half")
            raise KeyError
        assert names(folder) == ["0.png"]
    assert texts(tmp_path / "frames") == {"0.png": "one"}


def test_a_link_is_followed_and_a_mode_is_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_without_a_folder_for_the_log_it_goes_without(tmp_path: Path, state: Path) -> None:
    state.write_text("a file in the way")
    filled(tmp_path / "frames", a="old")
    filled(tmp_path / "frames", b="new")
    assert texts(tmp_path / "frames") == {"b.png": "new"}
    assert names(tmp_path) == ["frames", "state"]


# --- only what we wrote -----------------------------------------------------------------------------------------------


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "holiday"
    folder.mkdir()
    (folder / "0002.png").write_text("mine")
    with pytest.raises(InputError, match="holds other files; choose an empty or a new one"):
        filled(folder, new="new")
    assert texts(folder) == {"0002.png": "mine"}
    assert names(tmp_path) == ["holiday"]


def test_only_what_is_listed_goes_and_the_users_files_stay(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    filled(folder, a="old", b="old")
    (folder / "notes.txt").write_text("mine")
    (folder / "thesis").mkdir()
    (folder / "thesis" / "1.txt").write_text("mine too")
    (folder / "b.png").write_text("retouched by the user")
    filled(folder, a="new", c="new")
    assert names(folder) == [manifest.NAME, "a.png", "b.png", "c.png", "notes.txt", "thesis"]
    assert (folder / "a.png").read_text() == "new"
    assert (folder / "b.png").read_text() == "retouched by the user"
    assert (folder / "thesis" / "1.txt").read_text() == "mine too"
    assert names(tmp_path) == ["frames", "state"]
    filled(folder, d="newer")
    assert names(folder) == [manifest.NAME, "b.png", "d.png", "notes.txt", "thesis"]


def test_a_name_that_the_users_file_has_is_refused_before_anything_goes(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    filled(folder, a="old", b="old")
    (folder / "b.png").write_text("retouched by the user")
    with pytest.raises(InputError, match=r"b\.png isn't as this program wrote it"):
        filled(folder, a="new", b="new")
    assert texts(folder) == {"a.png": "old", "b.png": "retouched by the user"}


def test_an_earlier_output_is_replaced_only_where_that_is_said(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", b"old")
    filled(tmp_path / "frames", a="old")
    with pytest.raises(InputError, match=r"is there already.*--overwrite"), Change(overwrite=False) as change:
        change.file(tmp_path / "a.txt")
    with pytest.raises(InputError, match=r"earlier output.*--overwrite"), Change(overwrite=False) as change:
        change.folder(tmp_path / "frames")
    (tmp_path / "empty").mkdir()
    with Change(overwrite=False) as change:
        (change.folder(tmp_path / "empty") / "a.png").write_text("new")
    assert texts(tmp_path / "empty") == {"a.png": "new"}


def test_what_appeared_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is there already"), Change(overwrite=False) as change:  # noqa: PT012
        change.file(tmp_path / "a.txt").write_text("new")
        (tmp_path / "a.txt").write_text("somebody's")
    assert (tmp_path / "a.txt").read_text() == "somebody's"
    assert names(tmp_path) == ["a.txt", "state"]


def test_a_file_joins_a_folder_of_ours_with_its_list(tmp_path: Path) -> None:
    folder = tmp_path / "book"
    filled(folder, a="one")
    with added(folder, "b.png") as partial:
        partial.write_text("two")
    assert manifest.sorted_out(folder) == ({"a.png", "b.png"}, set())
    (folder / "c.png").write_text("mine")
    with pytest.raises(InputError, match=r"c\.png isn't as this program wrote it"), added(folder, "c.png"):
        pass
    assert (folder / "c.png").read_text() == "mine"


def test_a_list_that_is_damaged_or_leads_elsewhere_makes_nothing_ours(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    filled(folder, a="old")
    entry = manifest.entry(folder / "a.png")
    outside = tmp_path / "outside.png"
    outside.write_text("old")
    for text in ("", "[]", "{", '{"format": "FashionMirror folder"}', "[" * 100_000):
        (folder / manifest.NAME).write_text(text)
        assert manifest.listed(folder) is None
        with pytest.raises(InputError, match="other files"):
            filled(folder, b="new")
    (folder / manifest.NAME).write_text(manifest.as_text({"../outside.png": entry, "a.png": entry}))
    filled(folder, b="new")
    assert outside.read_text() == "old"


def test_a_place_that_can_not_be_replaced_is_said_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    (here / "inner").mkdir(parents=True)
    monkeypatch.chdir(here / "inner")
    with pytest.raises(InputError, match="the folder that you are in"):
        try_target(Path("."), folder=True)
    monkeypatch.setattr(os.path, "ismount", lambda path: path == str(here / "inner"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="in use"):
        try_target(here / "inner", folder=True)


# --- places that can't be written -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x" * 260 + ".mp4", "\N{CJK UNIFIED IDEOGRAPH-8D70}" * 90 + ".mp4"])
def test_a_name_that_is_too_long_is_told_at_once(tmp_path: Path, name: str) -> None:
    for folder in (False, True):
        with pytest.raises(InputError, match=r"is too long \(\d+ bytes, 255 are possible\); shorten it") as told:
            try_target(tmp_path / name, folder=folder)
        assert len(str(told.value)) < 200
    assert names(tmp_path) == []


def test_a_path_that_is_too_long_is_told_at_once(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["folder" * 20] * 40, "a.mp4")
    with pytest.raises(InputError, match=r"The path .* is too long"):
        try_target(deep)


@pytest.fixture
def nobodys() -> Iterator[Path]:
    """A folder that everybody may enter, while the process has no rights of root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)
            for inner in folder.iterdir():
                inner.chmod(0o700)


@pytest.mark.skipif(os.name == "nt", reason="permissions are other things there")
def test_folders_that_may_not_be_entered_or_written_are_one_sentence(nobodys: Path) -> None:
    for name, mode in (("locked", 0o000), ("closed", 0o555), ("hidden", 0o333)):
        (nobodys / name).mkdir()
        (nobodys / name).chmod(mode)
    for place, folder, reason in (
        ("locked/a.mp4", False, "locked may not be entered"),
        ("locked/inner/a.mp4", False, "may not be entered"),
        ("locked/frames", True, "locked may not be entered"),
        ("closed/a.mp4", False, "closed isn't writable"),
        ("closed/frames", True, "closed isn't writable"),
        ("hidden", True, "hidden may not be read"),
    ):
        with pytest.raises(InputError, match=reason) as told:
            try_target(nobodys / place, folder=folder)
        assert "\n" not in str(told.value)


def test_devices_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ordinary file"):
        try_target(os.devnull)
    with pytest.raises(InputError, match="file name"):
        try_target("a\0b")


def test_a_refused_step_brings_the_old_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows does where a folder is open in another program."""
    filled(tmp_path / "frames", a="old")
    write_whole(tmp_path / "clip.mp4", b"old")
    rename, seen = os.rename, []

    def refusing(old: Path, new: Path) -> None:
        seen.append(new)
        if len(seen) == 4:
            raise PermissionError(13, "in use", str(new))
        rename(old, new)

    monkeypatch.setattr(os, "rename", refusing)

    def both() -> None:
        with Change() as change:
            (change.folder(tmp_path / "frames") / "b.png").write_text("new")
            change.file(tmp_path / "clip.mp4").write_text("new")

    with pytest.raises(InputError, match="writable"):
        both()
    assert texts(tmp_path / "frames") == {"a.png": "old"}
    assert (tmp_path / "clip.mp4").read_text() == "old"
    assert names(tmp_path) == ["clip.mp4", "frames", "state"]


# --- crashes ----------------------------------------------------------------------------------------------------------


def old_set(folder: Path) -> None:
    with Change() as change:
        change.file(folder / "clip.mp4").write_text("old")
        for name in ("frames", "masks"):
            place = change.folder(folder / name)
            for number in range(2):
                (place / f"{number}.png").write_text(f"old {name}")
    (folder / "frames" / "notes.txt").write_text("mine")


def new_set(folder: Path) -> None:
    with Change() as change:
        change.file(folder / "clip.mp4").write_text("new")
        for name in ("frames", "masks"):
            place = change.folder(folder / name)
            (place / "0.png").write_text(f"new {name}")


def one_file(text: str) -> Callable[[Path], None]:
    return lambda folder: write_whole(folder / "a.txt", text.encode())


def one_folder(**texts: str) -> Callable[[Path], None]:
    return lambda folder: filled(folder / "frames", **texts)


def two_places(text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for name in ("one", "two"):
            (folder / name).mkdir(exist_ok=True)
        with Change() as change:
            change.file(folder / "one" / "a.txt").write_text(text)
            change.file(folder / "two" / "b.txt").write_text(text)
            (change.folder(folder / "two" / "c") / f"{text}.png").write_text(text)

    return write


def growing(folder: Path) -> None:
    with added(folder / "frames", "b.png") as partial:
        partial.write_text("b")


def nothing(folder: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (nothing, one_file("new")),
        (one_file("old"), one_file("new")),
        (nothing, one_folder(a="new")),
        (one_folder(a="old", b="old"), one_folder(a="new", c="new")),
        (nothing, new_set),
        (old_set, new_set),
        (two_places("old"), two_places("new")),
        (one_folder(a="old"), growing),
    ],
    ids=["file", "file-again", "folder", "folder-again", "set", "set-again", "two-places", "joined"],
)
def test_after_a_crash_anywhere_the_next_start_shows_the_old_or_the_new(
    tmp_path: Path, state: Path, old: Callable[[Path], None], new: Callable[[Path], None]
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder, steps in ((before, (old,)), (after, (old, new))):
        folder.mkdir()
        for step in steps:
            step(folder)
    seen = []
    for folder in every_crash(tmp_path, old, new):
        heal()
        now = contents(folder)
        made = {name for name in ("one", "two") if now.pop(name, 0) is None}  # folders that the test itself makes
        assert made <= {"one", "two"}
        assert now in (contents(before), contents(after)), folder.name
        seen.append(now == contents(after))
    assert seen == sorted(seen), "once it is decided it stays so"
    assert seen[-1]
    assert contents(state) in ({}, {"unfinished": None}), "nothing is left to do"


def test_a_crash_while_healing_is_healed_too(tmp_path: Path, state: Path) -> None:
    """The process ends in the midst of a swap, and the next one in the midst of finishing it."""
    after = tmp_path / "after"
    after.mkdir()
    old_set(after)
    new_set(after)
    decided = [
        step
        for step, folder in enumerate(every_crash(tmp_path, old_set, new_set))
        if any("decided" in log.read_text() for log in (state / "unfinished").iterdir()) or (heal() and folder)
    ]
    heal()
    for step in (decided[0], decided[len(decided) // 2]):
        for second in range(100):
            folder = tmp_path / f"twice-{step}-{second}"
            folder.mkdir()
            old_set(folder)
            with crash_before(step, tmp_path):
                new_set(folder)
            with crash_before(second, tmp_path) as disk:
                heal()
            heal()
            assert contents(folder) == contents(after), (step, second)
            if disk.left >= 0:
                break


def test_a_killed_process_is_cleaned_up_after_and_a_living_one_is_not(tmp_path: Path, state: Path) -> None:
    code = (
        "import sys, os, pathlib\n"
        "from fashionmirror_core.media.files import Change\n"
        "with Change() as change:\n"
        "    change.file(sys.argv[1]).write_text('new')\n"
        "    print('written', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path / "home")}
    state_of_child = tmp_path / "home" / "fashionmirror"
    command = [sys.executable, "-c", code, str(tmp_path / "a.txt")]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"written\n"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(places, "state", lambda: state_of_child)
            heal()
            assert len([name for name in names(tmp_path) if name.endswith(".part")]) == 1, "it lives"
            child.kill()
            child.wait()
            heal()
    assert names(tmp_path) == ["home"]
    assert names(state_of_child / "unfinished") == []


def test_what_the_user_made_after_the_crash_is_not_replaced(tmp_path: Path, state: Path) -> None:
    old = {"clip.mp4": "old", "r.json": "old"}
    for name, text in old.items():
        write_whole(tmp_path / name, text.encode())

    def both() -> None:
        with Change() as change:
            for name in old:
                change.file(tmp_path / name).write_text("new")

    for step in range(100):
        with crash_before(step, tmp_path):
            both()
        logs = list((state / "unfinished").glob("*.log"))
        if logs and "decided" in logs[0].read_text():
            break
        heal()
    (tmp_path / "clip.mp4").write_text("made by hand since")
    heal()
    assert (tmp_path / "clip.mp4").read_text() == "made by hand since"


def stale(folder: Path, age: float) -> Path:
    """What a process left whose log is lost: the new half-written, the old set aside."""
    staging = folder / ".fashionmirror-0123456789ab.part"
    filled(staging / ".fashionmirror-old" / "frames", a="old")
    (staging / "frames").mkdir()
    (staging / "frames" / "a.png").write_text("half")
    for path in (staging / "frames", staging / ".fashionmirror-old", staging):
        os.utime(path, (time.time() - age,) * 2)
    return staging


def test_what_is_left_without_a_log_is_put_back_after_a_day(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    staging = folder / ".fashionmirror-0123456789ab.part"
    (staging / ".fashionmirror-old").mkdir(parents=True)
    staging = stale(folder, age=3600)
    write_whole(folder / "a.txt", b"")
    assert staging.exists(), "another machine may be writing it"
    redo_log._swept.clear()
    os.utime(staging / "frames", (1, 1))
    os.utime(staging / ".fashionmirror-old", (1, 1))
    os.utime(staging, (1, 1))
    write_whole(folder / "b.txt", b"")
    assert names(folder) == ["a.txt", "b.txt", "frames"]
    assert texts(folder / "frames") == {"a.png": "old"}


def test_names_that_only_look_like_ours_are_left_alone(tmp_path: Path) -> None:
    for name in (
        ".fashionmirror-mine.part",
        "clip.part",
        ".clip.0123abcd.part.mp4",
        ".fashionmirror-0123456789AB.part",
    ):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1, 1))
    before = names(tmp_path)
    write_whole(tmp_path / "a.txt", b"")
    heal()
    assert [name for name in names(tmp_path) if name not in ("a.txt", "state")] == before


@pytest.mark.parametrize(
    "text",
    ["", "{", "null\n", "[]\n", '{"staging": 3}\n', '{"decided": [["/", "etc"]]}\n', '{"decided": [[]]}\n', "\0\n"],
)
def test_a_damaged_log_harms_nothing(tmp_path: Path, state: Path, text: str) -> None:
    log = state / "unfinished" / "0123456789ab.log"
    log.parent.mkdir(parents=True)
    log.write_text(text)
    heal()
    settle(0.1)
    write_whole(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_log_leads_only_to_hidden_folders_of_ours(tmp_path: Path, state: Path) -> None:
    """A log that somebody else wrote removes and replaces nothing."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "a.txt").write_text("mine")
    log = state / "unfinished" / "0123456789ab.log"
    log.parent.mkdir(parents=True)
    lines = [
        {"staging": str(mine)},
        {"decided": [[str(mine), "a.txt", False, None]]},
        {"decided": [[str(tmp_path / ".fashionmirror-0123456789ab.part"), "../mine/a.txt", False, None]]},
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    heal()
    assert texts(mine) == {"a.txt": "mine"}


def test_a_clock_of_another_century_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for now in (0.0, 4_733_510_400.0):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        filled(tmp_path / "frames", **{f"at{now:.0f}": "new"})
        assert texts(tmp_path / "frames") == {f"at{now:.0f}.png": "new"}
    assert names(tmp_path) == ["frames", "state"]
