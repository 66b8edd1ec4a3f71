"""A look-book: every person in every garment, a still and a clip of each, and a contact sheet of the stills.

What is done once is done once: a person, a garment and a motion are read when they are first needed and kept; a look is
prepared for its still and all of its clips. Files that are there already are kept, so a run that was stopped goes on
where it was; delete what shall be made again. The folder lists what was written (see ``media.manifest``): what somebody
else put there or changed is never replaced.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.look import Look
from fashionmirror_core.media import manifest
from fashionmirror_core.media.files import added, begin_folder
from fashionmirror_core.media.images import on_white, read_image, write_image
from fashionmirror_core.media.suffixes import PICTURES, READABLE_PICTURES
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.outputs.clip import ClipSettings, Progress, render_clip
from fashionmirror_core.person.person import Person
from fashionmirror_core.tryon import TryOn

SHEET = "contact-sheet.png"
NAMED = 10  # files left out that are named one by one
HIDDEN = ("thumbs.db", "desktop.ini")  # what Windows puts into folders of pictures
CELL = (288, 384)  # width, height of a still on a contact sheet, at most
NAME_BYTES = 76  # of an input's name; a file's name has three of them and may have 255
GAP, LABEL = 12, 17  # pixels between the cells; height of the names
INK, EMPTY = (60, 60, 60), (238, 238, 238)
# Names beyond Latin want a font that the system may have; Pillow's own is Latin.
SYSTEM_FONTS = ("NotoSansCJK-Regular.ttc", "NotoSansTC-Regular.otf", "msjh.ttc", "PingFang.ttc", "DejaVuSans.ttf")

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """One input of a look-book: its name in the files' names, and where it is read from."""

    name: str
    source: str


@dataclass
class Lookbook:
    """What came of a run. made, kept: clips. skipped: one line for each input or look that can't be used."""

    sheet: Path
    made: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


class _Once(Generic[T]):
    """Inputs that are read when they are first asked for, and not again: None for one that can't be used."""

    def __init__(self, read: Callable[[str], T], book: Lookbook) -> None:
        self._read, self._book = read, book
        self._known: dict[str, T | None] = {}

    def __call__(self, source: str) -> T | None:
        if source not in self._known:
            try:
                self._known[source] = self._read(source)
            except InputError as error:
                name = Path(source).name
                self._book.skipped.append(str(error) if name in str(error) else f"{name}: {error}")
                self._known[source] = None
        return self._known[source]

    def forget(self, source: str) -> None:
        self._known.pop(source, None)


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder by name. Raises InputError where there is no folder or no picture in it."""
    found = [path for path in _shown(folder) if _is_picture(path)]
    if not found:
        raise InputError(f"The folder {folder} holds no picture; put {READABLE_PICTURES} files there.")
    return found


def left_out(folder: Path) -> list[str]:
    """A line for each thing in a folder that ``pictures_in`` doesn't take; many are counted."""
    names = [path.name + ("/" if path.is_dir() else "") for path in _shown(folder) if not _is_picture(path)]
    rest = len(names) - NAMED
    lines = [f"left out: {name} in {folder} is no {READABLE_PICTURES} file." for name in names[:NAMED]]
    return lines if rest <= 0 else [*lines, f"left out: {rest} more in {folder} that are no pictures."]


def _shown(folder: Path) -> list[Path]:
    """What a user sees in a folder, by name."""
    try:
        if not folder.is_dir():
            raise InputError(f"The folder {folder} does not exist; give a folder of pictures.")
        names = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise InputError(f"The folder {folder} can't be read ({error.strerror}); change its permissions.") from error
    return sorted(path for path in names if path.name.lower() not in HIDDEN)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURES and not path.is_dir()


def entries(sources: Sequence[str | Path]) -> list[Entry]:
    """Inputs with names for files: their own, cut to NAME_BYTES, told apart where two are alike. An underscore parts the
    names.
    """
    result: list[Entry] = []
    taken: set[str] = set()
    for source in map(str, sources):
        path = Path(source)
        stem = path.name.removesuffix(".motion.json") if path.name.endswith(".motion.json") else path.stem
        plain = os.fsencode(stem.replace("_", "-"))[:NAME_BYTES].decode("utf-8", "ignore").strip() or "unnamed"
        name, number = plain, 2
        while name.casefold() in taken:  # some file systems take A and a for one
            name, number = f"{plain}-{number}", number + 1
        taken.add(name.casefold())
        result.append(Entry(name, source))
    return result


def make_lookbook(
    tryon: TryOn,
    persons: Sequence[str | Path],
    garments: Sequence[str | Path],
    motions: Sequence[str],
    folder: Path,
    settings: ClipSettings | None = None,
    category: str = "auto",
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Lookbook:
    """Fill ``folder`` with ``person_garment.png``, ``person_garment_motion.mp4`` and the contact sheet.

    Args:
        persons, garments: picture files. motions: as ``Motion.open`` takes them.
        settings: how the clips are made; their output is ours. category: of the garments.
        progress: called with (clips done, kept or skipped; clips in all). cancelled: asked once a frame.

    Raises:
        InputError: the folder can't be written or holds other files, or nothing came of it. Cancelled: what was finished
        stays.
    """
    begin_folder(folder)
    run = _Run(tryon, folder, settings or ClipSettings(folder), category, progress, cancelled)
    return run(entries(persons), entries(garments), entries(motions))


class _Run:
    """One pass over the grid; the arguments are ``make_lookbook``'s."""

    def __init__(
        self,
        tryon: TryOn,
        folder: Path,
        settings: ClipSettings,
        category: str,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self.tryon, self.folder, self.settings = tryon, folder, settings
        self.progress, self.cancelled = progress, cancelled
        self.book = Lookbook(folder / SHEET)
        self.person: _Once[Person] = _Once(Person.from_photo, self.book)
        self.garment: _Once[Garment] = _Once(lambda source: Garment.from_photo(source, category), self.book)
        self.motion: _Once[Motion] = _Once(
            lambda source: Motion.open(source, frames=self.settings.frames, rate=self.settings.fps), self.book
        )
        self.done = 0

    def __call__(self, persons: list[Entry], garments: list[Entry], motions: list[Entry]) -> Lookbook:
        total = len(persons) * len(garments) * len(motions)
        stills: list[list[Path | None]] = []
        for person in persons:
            stills.append([])
            for garment in garments:
                stills[-1].append(self._look(person, garment, motions, total))
            self.person.forget(person.source)  # its row is done; the garments are for all rows
        if not (self.book.made or self.book.kept):
            raise InputError("; ".join(self.book.skipped) or "There is nothing to make a look-book of.")
        pictures = [[None if still is None else read_image(still) for still in row] for row in stills]
        sheet = contact_sheet(pictures, [entry.name for entry in persons], [entry.name for entry in garments])
        self._write_sheet(sheet)
        return self.book

    def _write_sheet(self, sheet: np.ndarray) -> None:
        """Replaces the earlier sheet; one that somebody changed stays, and the new one gets another name."""
        number = 1
        while self._somebodys(self.book.sheet):
            number += 1
            self.book.sheet = self.folder / f"{Path(SHEET).stem}-{number}.png"
        with added(self.folder, self.book.sheet.name) as partial:
            write_image(partial, sheet)

    def _somebodys(self, file: Path) -> bool:
        """Whether there is a file of this name that isn't as this program wrote it."""
        files = manifest.listed(self.folder) or {}
        return file.exists() and not manifest.unchanged(self.folder, file.name, files)

    def _look(self, person: Entry, garment: Entry, motions: list[Entry], total: int) -> Path | None:
        """The still of a person in a garment, after its clips; None where it can't be had."""
        base = f"{person.name}_{garment.name}"
        still = self.folder / f"{base}.png"
        clips = [(motion, self.folder / f"{base}_{motion.name}.mp4") for motion in motions]
        kept = [clip for _, clip in clips if clip.is_file()]
        self.book.kept += kept
        for file in filter(self._somebodys, (still, *kept)):
            self.book.skipped.append(f"{file.name} isn't as it was made; it is left as it is.")
        if len(kept) < len(clips) or not still.is_file():
            look = self._prepared(person, garment)
            if look is not None:
                if not still.is_file():
                    with added(self.folder, still.name) as partial:
                        write_image(partial, look.still)
                for motion, clip in clips:
                    if clip not in kept:
                        self._clip(look, motion, clip)
        self.done += len(clips)
        if self.progress is not None:
            self.progress(self.done, total)
        return still if still.is_file() else None

    def _prepared(self, person: Entry, garment: Entry) -> Look | None:
        someone, something = self.person(person.source), self.garment(garment.source)
        if someone is None or something is None:
            return None
        try:
            return self.tryon.prepare(someone, something)
        except InputError as error:
            self.book.skipped.append(f"{person.name} in {garment.name}: {error}")
            return None

    def _clip(self, look: Look, motion: Entry, clip: Path) -> None:
        moving = self.motion(motion.source)
        if moving is not None:
            with added(self.folder, clip.name) as partial:
                render_clip(self.tryon, look, moving, replace(self.settings, output=partial), cancelled=self.cancelled)
            self.book.made.append(clip)


# ------------------------------------------------------------------------------------------------------ contact sheet


def contact_sheet(
    pictures: Sequence[Sequence[np.ndarray | None]],
    rows: Sequence[str],
    columns: Sequence[str],
    cell: tuple[int, int] = CELL,
) -> np.ndarray:
    """Pictures in a grid on white with the names of its rows and columns, (H, W, 3) uint8.

    pictures: uint8 (h, w, 3 or 4), row by row, scaled down to fit ``cell`` (width, height); a missing one stays empty.
    """
    given = [picture for row in pictures for picture in row if picture is not None]
    shown = [fitted(picture, cell).shape for picture in given]
    width, height = max((s[1] for s in shown), default=cell[0]), max((s[0] for s in shown), default=cell[1])
    left = GAP + max((math.ceil(_font(name).getlength(name)) for name in rows), default=0)
    top = GAP + 2 * LABEL
    canvas = np.full((top + len(rows) * (height + GAP), left + GAP + len(columns) * (width + GAP), 3), 255, np.uint8)
    for row, line in enumerate(pictures):
        for column, picture in enumerate(line):
            x, y = left + GAP + column * (width + GAP), top + row * (height + GAP)
            if picture is None:
                canvas[y : y + height, x : x + width] = EMPTY
                continue
            small = fitted(picture, cell)
            x, y = x + (width - small.shape[1]) // 2, y + (height - small.shape[0]) // 2
            canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
    sheet = Image.fromarray(canvas)
    pen = ImageDraw.Draw(sheet)
    for row, name in enumerate(rows):
        pen.text((left, top + row * (height + GAP) + height / 2), name, INK, _font(name), anchor="rm")
    for column, name in enumerate(columns):
        name = _shortened(name, width)
        pen.text((left + GAP + column * (width + GAP) + width / 2, top / 2), name, INK, _font(name), anchor="mm")
    return np.array(sheet)


def fitted(picture: np.ndarray, cell: tuple[int, int]) -> np.ndarray:
    """A picture on white, scaled down to fit into ``cell`` (width, height); never up."""
    factor = min(1.0, cell[0] / picture.shape[1], cell[1] / picture.shape[0])
    size = (max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor)))
    return cv2.resize(on_white(picture), size, interpolation=cv2.INTER_AREA)


def _shortened(name: str, width: int) -> str:
    """A name that fits into ``width`` pixels, with an ellipsis where it was longer."""
    short = name
    while len(short) > 1 and _font(name).getlength(short) > width:
        short = short.rstrip("…")[:-1] + "…"
    return short


def _font(text: str) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font that has the text's letters, as far as the system has one."""
    if not text.isascii():
        for name in SYSTEM_FONTS:
            with contextlib.suppress(OSError):
                return ImageFont.truetype(name, LABEL)
    return ImageFont.load_default(LABEL)
