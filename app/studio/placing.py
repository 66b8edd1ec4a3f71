"""Where files that came in belong, by what they show: a person to Person, garments to Garment, the rest to Motion.

Plain values in, plain values out; who looks at the pictures is ``app.studio.inputs``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication

from app.model.state import GarmentInput, LookState, MotionInput, PersonInput
from app.widgets.drops import Kind, kinds, well_title
from fashionmirror_core.vocabulary import Category, CategoryChoice

translate = QCoreApplication.translate

PERSON, GARMENT, MOTION = "person", "garment", "motion"


@dataclass(frozen=True)
class Seen:
    """What a file shows: person, garment, motion, or "" where nobody knows. category: of a garment; None: not known.
    refusal: why the file can't be read, "" if it can.
    """

    shows: str = ""
    category: Category | None = None
    refusal: str = ""


@dataclass
class Placement:
    """The look with the files in it, the wells that they went to, and what the user should be told about it."""

    state: LookState
    wells: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The name of the undo step."""
        return well_title(self.wells[0]) if self.wells else ""


def placed(
    state: LookState, files: Sequence[Path], seen: Mapping[Path, Seen], aim: str = "", index: int = -1
) -> Placement:
    """Puts ``files`` into a look.

    seen: what each picture shows, those of the look's own garments too. aim: the well that the user meant, "" for none:
    it decides about pictures that show neither a person nor a garment. index: the garment that the first one replaces.
    """
    done = Placement(state)
    taken: set[str] = set()
    fresh: list[GarmentInput] = []  # those that came together don't replace each other
    for path in files:
        if not aim and (refusal := seen.get(path, Seen()).refusal):
            done.told.append(refusal)
            continue
        well = _well(done.state, path, seen.get(path, Seen()), aim)
        if well == GARMENT:
            _wear(done, path, seen, index if not fresh and well == aim else -1, fresh)
        elif well in taken:
            one = translate("Inputs", "A look has one person: {0} is left out.")
            if well == MOTION:
                one = translate("Inputs", "A look has one motion: {0} is left out.")
            done.told.append(one.format(path.name))
            continue
        elif well == PERSON:
            done.state = done.state.model_copy(update={"person": PersonInput(path=path)} | unmended(done.state))
        else:
            done.state = done.state.model_copy(update={"motion": MotionInput(path=path)} | reposed(done.state))
        taken.add(well)
        if well not in done.wells:
            done.wells.append(well)
        replaced = bool(done.told) and done.told[-1].startswith(path.name)  # says already that it is worn now
        if well != aim and seen.get(path, Seen()).shows in (PERSON, GARMENT) and not replaced:
            what = translate("Inputs", "{0} shows a garment and went to Garment.")
            if well == PERSON:
                what = translate("Inputs", "{0} shows a person and went to Person.")
            done.told.insert(0, what.format(path.name))
    return done


def _well(state: LookState, path: Path, seen: Seen, aim: str) -> str:
    if Kind.picture not in kinds(path) or (aim == MOTION and kinds(path) & {Kind.video, Kind.motion}):
        return MOTION
    return seen.shows or aim or (PERSON if state.person is None else GARMENT)


def _wear(done: Placement, path: Path, seen: Mapping[Path, Seen], index: int, fresh: list[GarmentInput]) -> None:
    """Adds a garment; those that cover the same part of the body go."""
    new, category = GarmentInput(path=path), seen.get(path, Seen()).category
    garments = list(done.state.garments)
    in_the_way = [other for other in garments if _clash(category, _category(other, seen))]
    if rival := next((other for other in in_the_way if other in fresh), None):
        text = translate("Inputs", "{0} is worn where {1} would be: {1} is left out.")
        done.told.append(text.format(rival.path.name, path.name))
        return
    if 0 <= index < len(garments) and garments[index] not in in_the_way:
        in_the_way.append(garments[index])
    if category is None and not in_the_way and len(garments) == 1 and not fresh:
        in_the_way = garments[:]
    places = [k for k, other in enumerate(garments) if other in in_the_way]
    kept = [other for other in garments if other not in in_the_way]
    kept.insert(places[0] if places else len(kept), new)
    fresh.append(new)
    gone = [other for k, other in enumerate(garments) if k in places and k != index and other.path != path]
    if gone:
        text = translate("Inputs", "{0} takes the place of {1}.")
        done.told.append(text.format(path.name, ", ".join(other.path.name for other in gone)))
    done.state = done.state.model_copy(update={"garments": tuple(kept)})


def _category(garment: GarmentInput, seen: Mapping[Path, Seen]) -> Category | None:
    if garment.category is not CategoryChoice.AUTO:
        return Category(garment.category.value)
    return seen.get(garment.path, Seen()).category


def _clash(one: Category | None, other: Category | None) -> bool:
    """Whether both cover the same part of the body; what isn't known clashes with nothing."""
    return None not in (one, other) and (one == other or Category.DRESS in (one, other))


def reposed(state: LookState) -> dict[str, Any]:
    """Without what was mended on frames of another motion."""
    return {"clothing_edits": {}, "joint_edits": {}, "in_point": None, "out_point": None}


def unmended(state: LookState) -> dict[str, Any]:
    """Without what was painted on another photo."""
    return {"removed_edit": None, "clothing_edits": {}, "joint_edits": {}}
