"""The look-book: every person in every garment, once; what is there is kept, what is broken is named."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from crashes import contents, every_crash

from fashionmirror_core.cli import main as cli
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.look import Look
from fashionmirror_core.media import manifest
from fashionmirror_core.media.images import read_image
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.media.redo_log import heal
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.outputs import cells, lookbook
from fashionmirror_core.outputs.clip import Cancelled, ClipSettings
from fashionmirror_core.outputs.lookbook import contact_sheet, entries, left_out, make_lookbook, pictures_in
from fashionmirror_core.person.person import Person
from fashionmirror_core.tryon import TryOn


@pytest.fixture
def inputs(tmp_path: Path, person_file: Path, garment_file: Path) -> tuple[Path, Path]:
    """A folder of persons and one of garments, one good and one broken file in each."""
    persons, garments = tmp_path / "persons", tmp_path / "garments"
    for folder, good in ((persons, person_file), (garments, garment_file)):
        folder.mkdir()
        shutil.copy(good, folder / f"good{good.suffix}")
        (folder / "broken.png").write_bytes(b"no picture")
    (persons / "notes.txt").write_text("not a picture")
    return persons, garments


@pytest.fixture
def make(tryon: TryOn, inputs: tuple[Path, Path], tmp_path: Path) -> Callable[..., lookbook.Lookbook]:
    folder = tmp_path / "book"

    def run(motions: tuple[str, ...] = ("catwalk",), **options: Any) -> lookbook.Lookbook:
        pictures = [pictures_in(place) for place in inputs]
        settings = ClipSettings(folder, frames=2, draft=True)
        return make_lookbook(tryon, *pictures, motions, folder, settings, **options)

    return run


@pytest.fixture
def quick(
    tryon: TryOn, look: Look, inputs: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., lookbook.Lookbook]:
    """As ``make``, of one person and one garment, without the engine: what matters is what is written."""

    def rendered(_: object, __: object, moving: Motion, settings: ClipSettings, **___: object) -> None:
        settings.output.write_text(f"a clip of {len(moving)} frames")

    monkeypatch.setattr(cells, "render_clip", rendered)
    for kind in (Person, Garment):
        monkeypatch.setattr(kind, "from_photo", lambda *_, **__: SimpleNamespace(category="upper"))
    monkeypatch.setattr(TryOn, "prepare", lambda *_, **__: look)

    def run(motions: tuple[str, ...] = ("catwalk",), folder: Path = tmp_path / "book") -> lookbook.Lookbook:
        pictures = [next(place.glob("good.*")) for place in inputs]
        return make_lookbook(tryon, [pictures[0]], [pictures[1]], motions, folder, ClipSettings(folder))

    return run


def test_every_look_gets_a_still_and_its_clips(make: Callable[..., lookbook.Lookbook]) -> None:
    told: list[tuple[int, int | None]] = []
    book = make(("catwalk", "step-touch"), progress=lambda done, total: told.append((done, total)))
    folder = book.sheet.parent
    assert sorted(path.name for path in folder.glob("[!.]*")) == [
        "contact-sheet.png", "good_good.png", "good_good_catwalk.mp4", "good_good_step-touch.mp4",
    ]  # fmt: skip
    with VideoReader(folder / "good_good_catwalk.mp4") as clip:
        assert len(list(clip)) == 2
    assert read_image(folder / "good_good.png").shape == (384, 288, 3)
    assert told == [(2, 8), (4, 8), (6, 8), (8, 8)]


def test_a_folder_with_other_files_is_refused(make: Callable[..., lookbook.Lookbook], tmp_path: Path) -> None:
    """Also where they are called as ours would be: they may be anybody's."""
    (tmp_path / "book").mkdir()
    for name in ("good_good.png", "contact-sheet.png"):
        (tmp_path / "book" / name).write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        make()
    assert sorted(path.name for path in (tmp_path / "book").iterdir()) == ["contact-sheet.png", "good_good.png"]


def test_what_somebody_changed_or_added_stays(quick: Callable[..., lookbook.Lookbook]) -> None:
    folder = quick().sheet.parent
    changed = ("contact-sheet.png", "good_good_catwalk.mp4")
    for name in (*changed, "notes.txt", "good_good_idle.mp4"):
        (folder / name).write_text("mine")
    book = quick(("catwalk", "idle"))
    for name in (*changed, "notes.txt", "good_good_idle.mp4"):
        assert (folder / name).read_text() == "mine"
    assert book.sheet.name == "contact-sheet-2.png"
    told = [line for line in book.skipped if "left as it is" in line]
    assert [line.split()[0] for line in told] == ["good_good_catwalk.mp4", "good_good_idle.mp4"]
    assert quick(("catwalk", "idle")).sheet.name == "contact-sheet-2.png"


def test_a_kill_anywhere_leaves_whole_files_and_the_next_run_completes_the_book(
    quick: Callable[..., lookbook.Lookbook], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fashionmirror_core.places.state", lambda: tmp_path / "state")
    whole = contents(quick(folder=tmp_path / "whole").sheet.parent)
    points = 0
    for folder in every_crash(tmp_path, lambda _: None, lambda folder: quick(folder=folder / "book")):
        heal()
        book = folder / "book"
        for name, data in contents(book).items() if book.exists() else ():
            assert name.startswith(".") or data == whole[name], (folder.name, name)
        if book.exists() and (book / manifest.NAME).exists():
            assert manifest.sorted_out(book)[1] == set(), "everything there is known as ours"
        if points % 5 == 0:
            quick(folder=book)
            assert contents(book) == whole
        points += 1
    assert points > 20


def test_long_names_are_cut_before_the_work() -> None:
    made = entries(["x" * 200 + ".png", "x" * 200 + ".jpg", "\N{CJK UNIFIED IDEOGRAPH-8D70}" * 80 + ".png"])
    assert len({entry.name for entry in made}) == 3
    assert all(3 * len(entry.name.encode()) + len("__.mp4") <= 255 for entry in made)


def test_broken_inputs_are_named_and_skipped(make: Callable[..., lookbook.Lookbook]) -> None:
    book = make(("catwalk", "no-such-walk"))
    assert [path.name for path in book.made] == ["good_good_catwalk.mp4"]
    assert len(book.skipped) == 3, "each once"
    assert sum("broken.png" in line for line in book.skipped) == 2
    assert sum("no-such-walk" in line for line in book.skipped) == 1


def test_pictures_of_every_known_format_are_taken_and_the_rest_is_named(tmp_path: Path) -> None:
    for name in ("a.JFIF", "b.heic", "c.avif", "d.bmp", "e.mpo", "notes.txt", "walk.mp4", ".hidden", "Thumbs.db"):
        (tmp_path / name).touch()
    (tmp_path / "sub.jpg").mkdir()
    assert [path.name for path in pictures_in(tmp_path)] == ["a.JFIF", "b.heic", "c.avif", "d.bmp", "e.mpo"]
    lines = left_out(tmp_path)
    assert [line.split()[2] for line in lines] == ["notes.txt", "sub.jpg/", "walk.mp4"]
    for index in range(20):
        (tmp_path / f"more{index}.txt").touch()
    assert len(left_out(tmp_path)) == 11
    assert "13 more" in left_out(tmp_path)[-1]


def test_a_folder_that_may_not_be_entered_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        pictures_in(tmp_path)


def test_what_is_there_is_kept(make: Callable[..., lookbook.Lookbook], monkeypatch: pytest.MonkeyPatch) -> None:
    first = make()
    (clip,) = first.made
    before = clip.stat().st_mtime_ns
    prepared: list[object] = []
    original = TryOn.prepare
    monkeypatch.setattr(TryOn, "prepare", lambda *given, **named: prepared.append(1) or original(*given, **named))
    again = make()
    assert (again.made, again.kept) == ([], [clip])
    assert clip.stat().st_mtime_ns == before
    assert not prepared
    more = make(("catwalk", "step-touch"))
    assert [path.name for path in more.made] == ["good_good_step-touch.mp4"]
    assert len(prepared) == 1


def test_each_person_and_garment_is_read_once(
    tryon: TryOn, inputs: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    persons, garments = inputs
    (persons / "broken.png").unlink()
    (garments / "broken.png").unlink()
    (photo,), (picture,) = pictures_in(persons), pictures_in(garments)
    shutil.copy(photo, persons / "second.png")
    shutil.copy(picture, garments / f"second{picture.suffix}")
    read: list[str] = []
    for kind in (Person, Garment):
        original = kind.from_photo
        monkeypatch.setattr(
            kind,
            "from_photo",
            lambda source, *rest, real=original, **named: (
                read.append(Path(source).stem) or real(source, *rest, **named)
            ),
        )
    settings = ClipSettings(tmp_path, frames=1, draft=True)
    book = make_lookbook(tryon, pictures_in(persons), pictures_in(garments), ["catwalk"], tmp_path / "book", settings)
    assert len(book.made) == 4
    assert sorted(read) == ["good", "good", "second", "second"]


def test_cancelling_keeps_what_is_finished(make: Callable[..., lookbook.Lookbook], tmp_path: Path) -> None:
    asked: list[int] = []

    def after_the_first_clip() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        make(("catwalk", "step-touch"), cancelled=after_the_first_clip)
    assert [path.name for path in (tmp_path / "book").glob("*.mp4")] == ["good_good_catwalk.mp4"]


def test_nothing_that_can_be_used_is_refused(tryon: TryOn, inputs: tuple[Path, Path], tmp_path: Path) -> None:
    persons, garments = inputs
    (persons / "good.png").unlink()
    with pytest.raises(InputError, match=r"broken\.png"):
        make_lookbook(tryon, pictures_in(persons), pictures_in(garments), ["catwalk"], tmp_path / "book")
    with pytest.raises(InputError, match="is a file"):
        make_lookbook(tryon, pictures_in(persons), pictures_in(garments), ["catwalk"], garments / "broken.png")
    with pytest.raises(InputError, match="doesn't exist"):
        make_lookbook(tryon, pictures_in(persons), pictures_in(garments), ["catwalk"], tmp_path / "a" / "b")


def test_names_for_files_are_told_apart() -> None:
    named = [entry.name for entry in entries(["x/ana_maria.jpg", "y/Ana-Maria.png", "walk.motion.json", "catwalk"])]
    assert named == ["ana-maria", "Ana-Maria-2", "walk", "catwalk"]


def test_a_contact_sheet_shows_each_still_in_its_row_and_column() -> None:
    colors = np.array([[(200, 0, 0), (0, 200, 0)], [(0, 0, 200), (200, 200, 0)]], np.uint8)
    stills = [[np.full((400, 300, 3), color, np.uint8) for color in row] for row in colors]
    sheet = contact_sheet(stills, ["ana", "ben"], ["dress", "skirt"], cell=(150, 200))
    centers = {}
    for row in range(2):
        for column in range(2):
            y, x = np.nonzero((sheet == colors[row, column]).all(-1))
            assert len(x) == 150 * 200
            centers[row, column] = (x.mean(), y.mean())
    assert centers[0, 0][1] == centers[0, 1][1] < centers[1, 0][1] == centers[1, 1][1]
    assert centers[0, 0][0] == centers[1, 0][0] < centers[0, 1][0] == centers[1, 1][0]
    dark = (sheet < 128).all(-1)
    assert dark.any(), "the names are missing"


def test_a_missing_still_leaves_its_cell_empty_and_long_names_fit() -> None:
    still = np.full((60, 40, 4), (10, 20, 30, 255), np.uint8)
    sheet = contact_sheet([[still, None]], ["陳小姐"], ["a very long name of a very long dress", "b"])
    assert ((sheet == (10, 20, 30)).all(-1)).sum() == 60 * 40
    assert contact_sheet([[None]], ["a"], ["b"]).ndim == 3


def fashionmirror(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["fashionmirror", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_the_command_line_makes_a_lookbook(
    inputs: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    persons, garments = inputs
    given = ("lookbook", "--persons", persons, "--garments", garments, "-o", tmp_path / "book")
    assert fashionmirror(monkeypatch, *given, "--motions", "catwalk, idle", "--frames", 1, "--draft") == 0
    out, err = capfd.readouterr()
    assert "2 clips made, 0 kept" in out
    assert err.count("broken.png") == 2
    assert fashionmirror(monkeypatch, *given, "--motions", " , ") == 2
    assert fashionmirror(monkeypatch, "lookbook", "--persons", tmp_path / "no", *given[3:]) == 2
    assert "does not exist" in capfd.readouterr().err


def test_without_arguments_the_command_line_says_what_there_is(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The installed script opens the studio then (tests/test_frozen_spec.py); ``python -m fashionmirror_core`` has none."""
    assert fashionmirror(monkeypatch) == 0
    assert "lookbook" in capfd.readouterr().out
