"""The cells of a look-book, and what one engine does for them: in this process, or in a worker's of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from fashionmirror_core.cloth.options import GarmentOptions
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.look import Look
from fashionmirror_core.media.images import write_image
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.outputs.clip import ClipSettings, render_clip
from fashionmirror_core.person.person import Person
from fashionmirror_core.tryon import TryOn

About = tuple[str, ...]
"""What a refusal concerns: ("person" or "garment" or "motion", source), ("look", person, garment), ("cell", file)."""


@dataclass(frozen=True)
class Entry:
    """One input of a look-book: its name in the files' names, and where it is read from."""

    name: str
    source: str


@dataclass(frozen=True)
class Cell:
    """One file of a look-book: a person in a garment, as a clip or, without a motion, as a still."""

    person: Entry
    garment: Entry
    motion: Entry | None = None

    @property
    def look(self) -> tuple[str, str]:
        """The sources of person and garment: equal for the cells that share a look."""
        return self.person.source, self.garment.source

    @property
    def file(self) -> str:
        base = f"{self.person.name}_{self.garment.name}"
        return f"{base}.png" if self.motion is None else f"{base}_{self.motion.name}.mp4"


@dataclass(frozen=True)
class Refusal:
    """Why something can't be made; line: as the user reads it."""

    about: About
    line: str


@dataclass(frozen=True)
class Answer:
    """What came of a cell: ``fill`` writes its file at the path it is given; without it the refusals say why not."""

    cell: Cell
    fill: Callable[[Path], None] | None = None
    refusals: tuple[Refusal, ...] = ()


class CellMaker:
    """One engine at work on a look-book.

    settings: how the clips are made; their output is each cell's. options: of all garments. cancelled: asked once a frame.
    """

    def __init__(
        self, tryon: TryOn, settings: ClipSettings, options: GarmentOptions, cancelled: Callable[[], bool] | None = None
    ) -> None:
        self._tryon, self._settings, self._options, self._cancelled = tryon, settings, options, cancelled

    def read(self, kind: str, path: str) -> Person | Garment | Motion:
        """The input of this kind (person, garment or motion). Raises InputError where it can't be used."""
        if kind == "person":
            return Person.from_photo(path)
        if kind == "garment":
            return self._options.read(path)
        return Motion.open(path, frames=self._settings.frames, rate=self._settings.fps)

    def dressed(self, cell: Cell, person: Person, garment: Garment) -> Look | Refusal:
        try:
            return self._tryon.prepare(person, garment, tailoring=[self._options.tailoring])
        except InputError as error:
            return Refusal(("look", *cell.look), f"{cell.person.name} in {cell.garment.name}: {error}")

    def fill(self, look: Look, motion: Motion | None, path: Path) -> None:
        """Writes the look's still, or its clip where there is a motion."""
        if motion is None:
            write_image(path, look.still)
        else:
            render_clip(self._tryon, look, motion, replace(self._settings, output=path), cancelled=self._cancelled)


def refused_input(kind: str, source: str, reason: object) -> Refusal:
    """The refusal of an input, which names its file."""
    name = Path(source).name
    return Refusal((kind, source), str(reason) if name in str(reason) else f"{name}: {reason}")


def one_by_one(maker: CellMaker, cells: Iterable[Cell]) -> Generator[Answer, None, None]:
    """Answers the cells in their order, in this process.

    An input is read when it is first needed, and once: a person is forgotten after its row, garments and motions are for
    all rows. A look is prepared once for the cells that follow each other.
    """
    known: dict[tuple[str, str], Any] = {}

    def read(kind: str, entry: Entry) -> Any:
        key = (kind, entry.source)
        if key not in known:
            try:
                known[key] = maker.read(*key)
            except InputError as error:
                known[key] = refused_input(*key, error)
        return known[key]

    for person, row in groupby(cells, lambda cell: cell.person):
        for garment, group in groupby(row, lambda cell: cell.garment):
            inputs = read("person", person), read("garment", garment)
            refusals = tuple(answer for answer in inputs if isinstance(answer, Refusal))
            look: Any = None
            for cell in group:
                if not refusals and look is None:
                    look = maker.dressed(cell, *inputs)
                    refusals = (look,) if isinstance(look, Refusal) else ()
                moving = read("motion", cell.motion) if cell.motion is not None and not refusals else None
                if isinstance(moving, Refusal):
                    yield Answer(cell, None, (moving,))
                elif refusals:
                    yield Answer(cell, None, refusals)
                else:
                    yield Answer(cell, partial(maker.fill, look, moving))
        known.pop(("person", person.source), None)
