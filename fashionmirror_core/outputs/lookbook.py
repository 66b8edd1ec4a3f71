"""A look-book: every person in every garment, a still and a clip of each, and a contact sheet of the stills.

A crew makes the cells: one engine in this process (``cells.one_by_one``), or the workers of a cluster
(``cluster.grid``). Files that are there already are kept, so a run that was stopped goes on where it was; delete what
shall be made again. The folder lists what was written (see ``media.manifest``): what somebody
else put there or changed is never replaced.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fashionmirror_core.cloth.options import GarmentOptions
from fashionmirror_core.errors import InputError
from fashionmirror_core.media import manifest
from fashionmirror_core.media.files import added, begin_folder
from fashionmirror_core.media.images import on_white, read_image, write_image
from fashionmirror_core.media.suffixes import PICTURES, READABLE_PICTURES
from fashionmirror_core.outputs.cells import About, Answer, Cell, CellMaker, Entry, one_by_one
from fashionmirror_core.outputs.clip import ClipSettings, Progress
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

Crew = Callable[[Sequence[Cell]], Generator[Answer, None, None]]
"""Answers cells, each once. Closing it ends the work."""


@dataclass
class Lookbook:
    """What came of a run. made, kept: clips. skipped: one line for each input or look that can't be used."""

    sheet: Path
    made: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


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
    options: GarmentOptions | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Lookbook:
    """Fill ``folder`` with ``person_garment.png``, ``person_garment_motion.mp4`` and the contact sheet.

    Args:
        persons, garments: picture files. motions: as ``Motion.open`` takes them.
        settings: how the clips are made; their output is ours. options: of all garments.
        progress: called with (clips done, kept or skipped; clips in all). cancelled: asked once a frame.

    Raises:
        InputError: the folder can't be written or holds other files, or nothing came of it. Cancelled: what was finished
        stays.
    """
    settings = settings or ClipSettings(folder)
    crew = partial(one_by_one, CellMaker(tryon, settings, options or GarmentOptions(), cancelled))
    return fill(folder, crew, persons, garments, motions, progress)


def fill(
    folder: Path,
    crew: Crew,
    persons: Sequence[str | Path],
    garments: Sequence[str | Path],
    motions: Sequence[str],
    progress: Progress | None = None,
) -> Lookbook:
    """As ``make_lookbook``, by a ``crew`` that answers the cells which aren't there yet, each once and in any order."""
    begin_folder(folder)
    return _Run(folder, crew, progress)(entries(persons), entries(garments), entries(motions))


@dataclass
class _Planned:
    """A look of the grid: what is there, what is to be made, and what was made."""

    still: Path
    clips: int
    kept: list[Path]
    changed: list[str]
    missing: list[Cell]
    open: int  # cells without an answer
    made: set[str] = field(default_factory=set)


class _Run:
    """One pass over the grid; the arguments are ``fill``'s."""

    def __init__(self, folder: Path, crew: Crew, progress: Progress | None) -> None:
        self.folder, self.crew, self.progress = folder, crew, progress
        self.book = Lookbook(folder / SHEET)
        self.refused: dict[About, str] = {}
        self.done = 0

    def __call__(self, persons: list[Entry], garments: list[Entry], motions: list[Entry]) -> Lookbook:
        grid = [[self._planned(person, garment, motions) for garment in garments] for person in persons]
        looks = [look for row in grid for look in row]
        self._make(looks, len(looks) * len(motions))
        self._tell(looks)
        if not (self.book.made or self.book.kept):
            raise InputError("; ".join(self.book.skipped) or "There is nothing to make a look-book of.")
        # Fitted one by one: together the stills at full size would take gigabytes.
        stills = [
            [fitted(read_image(look.still), CELL) if look.still.is_file() else None for look in row] for row in grid
        ]
        self._write_sheet(contact_sheet(stills, [entry.name for entry in persons], [entry.name for entry in garments]))
        return self.book

    def _planned(self, person: Entry, garment: Entry, motions: list[Entry]) -> _Planned:
        cells = [Cell(person, garment), *(Cell(person, garment, motion) for motion in motions)]
        there = [cell for cell in cells if (self.folder / cell.file).is_file()]
        changed = [cell.file for cell in there if self._somebodys(self.folder / cell.file)]
        missing = [cell for cell in cells if cell not in there]
        kept = [self.folder / cell.file for cell in there if cell.motion is not None]
        return _Planned(self.folder / cells[0].file, len(motions), kept, changed, missing, len(missing))

    def _make(self, looks: list[_Planned], total: int) -> None:
        """Has made what is missing, and writes each file when it comes."""
        of_look = {cell.look: look for look in looks for cell in look.missing}
        self.done = sum(look.clips for look in looks if not look.missing)
        if self.progress is not None and self.done:
            self.progress(self.done, total)
        with closing(self.crew([cell for look in looks for cell in look.missing])) as answers:
            for answer in answers:
                look = of_look[answer.cell.look]
                self.refused |= {refusal.about: refusal.line for refusal in answer.refusals}
                if answer.fill is not None:
                    with added(self.folder, answer.cell.file) as partial:
                        answer.fill(partial)
                    look.made.add(answer.cell.file)
                look.open -= 1
                if look.open == 0:
                    self.done += look.clips
                    if self.progress is not None:
                        self.progress(self.done, total)

    def _tell(self, looks: list[_Planned]) -> None:
        """What was made and skipped, in the order of the grid, whatever the order in which it came."""
        told: set[About] = set()
        for look in looks:
            self.book.kept += look.kept
            self.book.skipped += [f"{name} isn't as it was made; it is left as it is." for name in look.changed]
            self.book.made += [
                self.folder / c.file for c in look.missing if c.motion is not None and c.file in look.made
            ]
            for about in (about for cell in look.missing for about in _concerned(cell)):
                if about in self.refused and about not in told:
                    told.add(about)
                    self.book.skipped.append(self.refused[about])

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


def _concerned(cell: Cell) -> list[About]:
    """All that may be refused about a cell, in the order in which it is found out."""
    abouts: list[About] = [("person", cell.person.source), ("garment", cell.garment.source), ("look", *cell.look)]
    if cell.motion is not None:
        abouts.append(("motion", cell.motion.source))
    return [*abouts, ("cell", cell.file)]


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
