"""Who wears what, and how: the options of ``render``, ``still`` and ``lookbook``. Heavy imports happen inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fashionmirror_core.cli.checks import check_pictures
from fashionmirror_core.cli.inputs import TakeAs, TakenAs, Turn
from fashionmirror_core.cloth.fabric import FabricName
from fashionmirror_core.cloth.options import GarmentOptions
from fashionmirror_core.cloth.tailoring import AUTO, Cut, Fit, Tailoring
from fashionmirror_core.errors import InputError
from fashionmirror_core.vocabulary import Category, CategoryChoice, SleeveChoice

if TYPE_CHECKING:
    from fashionmirror_core.garment.garment import Garment
    from fashionmirror_core.look import Look
    from fashionmirror_core.person.person import Person

NO_PICTURE = "none"


class Size(str, Enum):
    native = "native"
    large = "512x384"
    small = "256x192"


def _said(metavar: str, text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(metavar=metavar, help=text)
    return option


@dataclass(frozen=True)
class Sewing:
    """What is said about garments: once for all of them, or once for each, in their order."""

    category: Annotated[
        list[str] | None,
        _said("CATEGORY", f"What the garment is: {', '.join(Category)}; auto tells it from its shape."),
    ] = None
    fabric: Annotated[list[str] | None, _said("FABRIC", f"{', '.join(FabricName)}, or auto.")] = None
    fit: Annotated[list[str] | None, _said("FIT", f"{', '.join(Fit)}, or a factor on its width such as 1.1.")] = None
    sleeve: Annotated[
        list[str] | None,
        _said("SLEEVE", "none, short or long; or a change of the sleeve's length: +5cm, -2in, 110% or 0.9."),
    ] = None
    hem: Annotated[list[str] | None, _said("LENGTH", "A change of the length: +5cm, -2in, 110% or 0.9.")] = None
    cut: Annotated[list[str] | None, _said("CUT", f"What it is sewn as: {', '.join(Cut)}, or auto.")] = None
    tuck: Annotated[
        bool | None,
        typer.Option("--tuck/--no-tuck", help="Wear tops in the skirt or trousers, or over them; as their cut asks."),
    ] = None

    def each(self, count: int) -> list[GarmentOptions]:
        """For each of ``count`` garments. Raises InputError for what can't be read, and for too many or too few values."""
        words = {name: _spread(given, count, name) for name, given in self._lists().items()}
        return [
            _options(tucked=self.tuck, **{name: given[place] for name, given in words.items()})
            for place in range(count)
        ]

    def all_alike(self) -> GarmentOptions:
        """For any number of garments. Raises InputError where something is given twice."""
        for name, given in self._lists().items():
            if given is not None and len(given) > 1:
                raise InputError(f"A look-book takes one --{name} for all garments; make several look-books.")
        return self.each(1)[0]

    def _lists(self) -> dict[str, list[str] | None]:
        return {
            "category": self.category, "fabric": self.fabric, "fit": self.fit,
            "sleeve": self.sleeve, "hem": self.hem, "cut": self.cut,
        }  # fmt: skip


@dataclass(frozen=True)
class Wearing:
    """A person and the pictures of what is worn."""

    person: Annotated[Path, typer.Option(metavar="PHOTO", help="A full-body photo of a person.")]
    garment: Annotated[
        list[Path], typer.Option(metavar="PICTURE", help="A picture of a garment; give it twice for a top and a skirt.")
    ]
    garment_back: Annotated[
        list[str] | None,
        _said("PICTURE", "A picture of the garment's back; again for the next. none leaves one out."),
    ] = None
    turn_garment: Annotated[
        list[Turn] | None,
        typer.Option(
            metavar="DEGREES",
            help="Degrees clockwise that make the garment upright; again for the next. Else it is found out.",
        ),
    ] = None
    pick: Annotated[
        list[int] | None,
        typer.Option(metavar="N", min=1, help="Which of several garments in the picture; again for the next."),
    ] = None
    take_as: TakenAs = TakeAs.auto
    size: Annotated[Size, typer.Option(help="Height x width of what is written; native is the photo's.")] = Size.native

    @property
    def backs(self) -> list[Path | None]:
        """One for each garment."""
        given = [None if text == NO_PICTURE else Path(text) for text in self.garment_back or []]
        return [*given, *[None] * (len(self.garment) - len(given))]

    @property
    def pictures(self) -> list[Path]:
        """All files that are read."""
        return [self.person, *self.garment, *(back for back in self.backs if back is not None)]

    def options(self, sewing: Sewing) -> list[GarmentOptions]:
        """For each garment, checked as far as it goes without the engine. Raises InputError."""
        for name, given in (
            ("turn-garment", self.turn_garment),
            ("pick", self.pick),
            ("garment-back", self.garment_back),
        ):
            if given is not None and len(given) > len(self.garment):
                raise InputError(f"There are more --{name} than garments; give one for each, in their order.")
        check_pictures(self.pictures)
        own = zip_longest(sewing.each(len(self.garment)), self.turn_garment or [], self.pick or [], self.backs)
        return [
            GarmentOptions(
                said.category, said.sleeves, None if turn is None else turn.quarters, pick,
                self.take_as is TakeAs.garment, back, said.tailoring,
            )
            for said, turn, pick, back in own
        ]  # fmt: skip

    def read(self, options: Sequence[GarmentOptions]) -> tuple[Person, list[Garment]]:
        """The person and the garments of these pictures. Raises InputError."""
        from fashionmirror_core.garment.content import swap_remark
        from fashionmirror_core.person.person import Person

        try:
            subject = Person.from_photo(self.person)
            clothes = [chosen.read(path) for chosen, path in zip(options, self.garment, strict=True)]
        except InputError as error:
            if remark := swap_remark(self.person, self.garment):
                raise InputError(remark) from error
            raise
        if self.size is not Size.native:
            height, width = map(int, self.size.value.split("x"))
            subject = subject.framed(width, height)
        return subject, clothes

    def doubts(self, look: Look, clothes: Sequence[Garment]) -> list[str]:
        """What is doubtful about how the garments lie, each with the garment's name."""
        verdicts = [(path.stem, look.verdict_of(worn)) for path, worn in zip(self.garment, clothes, strict=True)]
        return [f"{name}: {doubt}" for name, verdict in verdicts if verdict for doubt in verdict.doubts]

    def told(self, clothes: Sequence[Garment]) -> str:
        """Who wears what."""
        named = zip(self.garment, clothes, strict=True)
        return f"{self.person.stem} in {' and '.join(f'{path.stem} ({worn.category})' for path, worn in named)}"


def _options(
    *, tucked: bool | None, category: str, fabric: str, fit: str, sleeve: str, hem: str, cut: str
) -> GarmentOptions:
    """Of one garment; ``sleeve`` is a choice or a length."""
    choice = CategoryChoice.AUTO if category == AUTO else CategoryChoice(Category.named(category).value)
    kinds = list(SleeveChoice)
    sleeves = SleeveChoice(sleeve) if sleeve in kinds else SleeveChoice.AUTO
    length = AUTO if sleeve in kinds else sleeve
    tailoring = Tailoring.from_words(sleeve=length, hem=hem, fit=fit, fabric=fabric, cut=cut, tucked=tucked)
    if choice is not CategoryChoice.AUTO:
        tailoring.check(Category(choice.value))
    return GarmentOptions(choice, sleeves, tailoring=tailoring)


def _spread(given: Sequence[str] | None, count: int, name: str) -> list[str]:
    """One word for each of ``count`` garments; AUTO where nothing is given."""
    words = list(given or [AUTO])
    if len(words) == 1:
        return words * count
    if len(words) != count:
        garments = "is 1 garment" if count == 1 else f"are {count} garments"
        raise InputError(f"There {garments} and {len(words)} --{name}; give one for all or one for each.")
    return words
