"""A look-book as plain values: persons by garments, each look through each motion; and the jobs that render its clips.

Like ``app.model.state`` everything is frozen. A job holds the whole look that it renders, so that it doesn't matter what
becomes of the look-book or of the document meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.model import folders
from app.model.state import ClipSettings, GarmentInput, LookState, MotionInput, PersonInput, Quality
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import write_whole

LONGEST = 200
"""Rows or columns."""
_MAX_BYTES = 64 << 20
_UNFIT = re.compile(r'[\x00-\x1f<>:"/\\|?*]')  # in a file's name, on any system

T = TypeVar("T")


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LookBook(_Value):
    """Rows are persons, columns garments; motions: the clips of each cell. clip: how all of them are made."""

    persons: Annotated[tuple[PersonInput, ...], Field(max_length=LONGEST)] = ()
    garments: Annotated[tuple[GarmentInput, ...], Field(max_length=LONGEST)] = ()
    motions: Annotated[tuple[MotionInput, ...], Field(max_length=LONGEST)] = ()
    clip: ClipSettings = ClipSettings()

    def having(self, *inputs: PersonInput | GarmentInput | MotionInput) -> LookBook:
        """With these at the end, each once; what goes beyond LONGEST is left out."""
        persons = [given for given in inputs if isinstance(given, PersonInput)]
        garments = [given for given in inputs if isinstance(given, GarmentInput)]
        motions = [given for given in inputs if isinstance(given, MotionInput)]
        return self.model_copy(
            update={
                "persons": _joined(self.persons, persons),
                "garments": _joined(self.garments, garments),
                "motions": _joined(self.motions, motions),
            }
        )

    def without(self, *inputs: PersonInput | GarmentInput | MotionInput) -> LookBook:
        """Without these rows, columns or motions."""
        gone = set(inputs)
        kept = {
            name: tuple(given for given in getattr(self, name) if given not in gone)
            for name in ("persons", "garments", "motions")
        }
        return self.model_copy(update=kept)

    def look(self, row: int, column: int, motion: MotionInput | None = None) -> LookState:
        """The look of a cell, as a clip or, without a motion, as a still. Clips of a look-book are final."""
        return LookState(
            person=self.persons[row],
            garments=(self.garments[column],),
            motion=motion,
            clip=self.clip.model_copy(update={"quality": Quality.final}),
        )

    @property
    def cells(self) -> Iterator[tuple[int, int]]:
        """(row, column) of each cell, row by row."""
        return ((row, column) for row in range(len(self.persons)) for column in range(len(self.garments)))


def _joined(own: tuple[T, ...], new: list[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*own, *new)))[:LONGEST]


class JobState(str, Enum):
    waiting = "waiting"
    working = "working"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it by itself."""
        return self not in (JobState.waiting, JobState.working)


class Job(_Value):
    """A clip to be made. target: the file. done, total: frames, total 0 while nobody knows. left: seconds, 0 while nobody
    knows. message: why it failed, and while it works what it does.
    """

    id: int
    look: LookState
    target: Path
    state: JobState = JobState.waiting
    done: int = 0
    total: int = 0
    left: float = 0.0
    message: str = ""

    @property
    def title(self) -> str:
        return " × ".join(names(self.look))


def names(look: LookState) -> list[str]:
    """Of person, garments and motion, as files are called."""
    inputs = [look.person.path.stem] if look.person else []
    inputs += [garment.path.stem for garment in look.garments]
    return [*inputs, look.motion.name.removesuffix(".motion")] if look.motion else inputs


def free_target(folder: Path, look: LookState, taken: Collection[Path]) -> Path:
    """``person_garment_motion.mp4`` in ``folder``, numbered where that is taken or there already."""
    stem = "_".join(_UNFIT.sub("-", name.replace("_", "-")).strip(" .")[:60] or "unnamed" for name in names(look))
    used = {str(path).casefold() for path in taken}  # some file systems take A and a for one
    number, target = 1, folder / f"{stem}.mp4"
    while str(target).casefold() in used or os.path.exists(target):
        number += 1
        target = folder / f"{stem}-{number}.mp4"
    return target


# --- between sessions -----------------------------------------------------------------------------------------------


def load_book(file: Path | None = None) -> LookBook:
    """The look-book that was left behind, without inputs that are gone; an empty one where there is none."""
    with contextlib.suppress(OSError, ValueError, RecursionError, ValidationError):
        with open(file or folders.lookbook(), "rb") as stream:
            book = LookBook.model_validate_json(stream.read(_MAX_BYTES))
        inputs: list[PersonInput | GarmentInput | MotionInput] = [*book.persons, *book.garments, *book.motions]
        return book.without(*(given for given in inputs if given.path is not None and not os.path.exists(given.path)))
    return LookBook()


def save_book(book: LookBook, file: Path | None = None) -> None:
    """Keeps it for the next session, without painted cut-outs. It is a convenience: a full disk is no reason to complain."""
    plain = tuple(garment.model_copy(update={"cutout": None}) for garment in book.garments)
    text = book.model_copy(update={"garments": plain}).model_dump_json()
    target = file or folders.lookbook()
    with contextlib.suppress(OSError, InputError):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, text.encode())
