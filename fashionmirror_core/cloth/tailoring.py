"""What a designer says about a garment: its lengths, fit, fabric and cut, and whether it is tucked in."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from fashionmirror_core.cloth.fabric import FabricName
from fashionmirror_core.errors import InputError
from fashionmirror_core.vocabulary import Category, Word

if TYPE_CHECKING:
    from fashionmirror_core.garment.garment import Garment

FACTORS = (0.3, 2.0)  # the least and the most that a length may be tailored by
FARTHEST = 0.6  # metres that a length may be changed by
EASES = (0.75, 1.8)  # the least and the most that a width may be tailored by
SHORTEST = 0.04  # metres, what is left of a sleeve, leg or skirt that is cut off
AUTO = "auto"
_METRES = {"cm": 0.01, "mm": 0.001, "m": 1.0, "in": 0.0254}
_USUAL = {  # fabrics and the kinds of ``networks.garment_encoder`` that are made of them; others are cotton
    FabricName.KNIT: ("sweater", "hoodie"),
    FabricName.DENIM: ("jacket", "blazer", "coat", "vest"),  # woven and firm
}
_SURE = 0.7  # chance of such a kind
AnyWord = TypeVar("AnyWord", bound=Word)
_LENGTH = re.compile(r"(?P<number>[+-]?(\d+\.?\d*|\.\d+))\s*(?P<unit>[a-z]*|%)", re.ASCII)


class Fit(Word):
    """How close a garment is worn, by comparison with the picture's own width."""

    SLIM = "slim"
    REGULAR = "regular"
    LOOSE = "loose"
    OVERSIZE = "oversize"

    @property
    def ease(self) -> float:
        """The factor on the garment's width."""
        return {"slim": 0.92, "regular": 1.0, "loose": 1.15, "oversize": 1.3}[self.value]


class Cut(Word):
    """The kinds of sewing patterns. Those of tops make dresses too, which reach further down."""

    TEE = "tee"  # short sleeves
    LONG_SLEEVE = "long-sleeve"
    TANK = "tank"  # straps, no sleeves
    STRAPLESS = "strapless"
    COAT = "coat"  # long sleeves, open in front
    A_LINE = "a-line"
    PENCIL = "pencil"
    TROUSERS = "trousers"
    SHORTS = "shorts"

    @property
    def categories(self) -> tuple[Category, ...]:
        """The garments that can be cut so."""
        lower = self in (Cut.A_LINE, Cut.PENCIL, Cut.TROUSERS, Cut.SHORTS)
        return (Category.LOWER,) if lower else (Category.UPPER, Category.DRESS)

    @classmethod
    def of(cls, category: Category) -> tuple[Cut, ...]:
        """The cuts that a garment of this category can have."""
        return tuple(cut for cut in cls if category in cut.categories)


@dataclass(frozen=True)
class Tailoring:
    """Changes to a garment; the defaults leave it as its picture shows it.

    sleeve, hem: factors on lengths, 0.3 to 2. sleeve_by, hem_by: metres added to them, -0.6 to 0.6. A sleeve is measured
    from the shoulder; a hem below the armpits (upper, dress), of a skirt from its waist, of trouser legs from the
    crotch. A shortened piece is cut off, so that a print keeps its shape.
    ease: factor on the width, 0.75 to 1.8; see ``Fit``. fabric: None is told from the garment's kind. cut: None is told
    from the picture. tucked: whether a top goes into the skirt or the trousers; None is told from the cut.

    Raises InputError for numbers out of these ranges and for unknown words.
    """

    sleeve: float = 1.0
    hem: float = 1.0
    sleeve_by: float = 0.0
    hem_by: float = 0.0
    ease: float = 1.0
    fabric: FabricName | None = None
    cut: Cut | None = None
    tucked: bool | None = None

    def __post_init__(self) -> None:
        for name, factor, by in (("sleeve", self.sleeve, self.sleeve_by), ("hem", self.hem, self.hem_by)):
            if not FACTORS[0] <= factor <= FACTORS[1]:  # NaN isn't, either
                raise InputError(f"A {name} can't be {factor:g} times as long; give {FACTORS[0]:g} to {FACTORS[1]:g}.")
            if not -FARTHEST <= by <= FARTHEST:
                raise InputError(
                    f"A {name} can't be changed by {100 * by:g} cm; give {-100 * FARTHEST:g} to {100 * FARTHEST:+g} cm."
                )
        if not EASES[0] <= self.ease <= EASES[1]:
            raise InputError(
                f"A garment can't be {self.ease:g} times as wide; give {EASES[0]:g} to {EASES[1]:g}, or {_any(Fit)}."
            )
        object.__setattr__(self, "fabric", None if self.fabric is None else word(FabricName, self.fabric, "fabric"))
        object.__setattr__(self, "cut", None if self.cut is None else word(Cut, self.cut, "cut"))

    @classmethod
    def from_words(
        cls,
        *,
        sleeve: str = AUTO,
        hem: str = AUTO,
        fit: str = AUTO,
        fabric: str = AUTO,
        cut: str = AUTO,
        tucked: bool | None = None,
    ) -> Tailoring:
        """As a designer would write it; "auto" leaves a thing as it is.

        sleeve, hem: "+5cm", "-2in", "110%" or "0.9". fit: one of ``Fit``, or a factor such as "1.1". fabric: one of
        ``FabricName``. cut: one of ``Cut``. Raises InputError for what can't be read.
        """
        lengths = {name: _length(text, name) for name, text in (("sleeve", sleeve), ("hem", hem))}
        return cls(
            sleeve=lengths["sleeve"][0], hem=lengths["hem"][0], sleeve_by=lengths["sleeve"][1],
            hem_by=lengths["hem"][1], ease=_ease(fit), tucked=tucked,
            fabric=None if fabric == AUTO else word(FabricName, fabric, "fabric"),
            cut=None if cut == AUTO else word(Cut, cut, "cut"),
        )  # fmt: skip

    def sleeve_length(self, length: float) -> float:
        """How long a sleeve becomes that would be ``length`` long, metres."""
        return max(self.sleeve * length + self.sleeve_by, min(SHORTEST, length))

    def hem_length(self, length: float) -> float:
        """How long what hangs becomes (see ``hem``) that would be ``length`` long, metres."""
        return max(self.hem * length + self.hem_by, min(SHORTEST, length))

    def fabric_of(self, garment: Garment) -> FabricName:
        """What is chosen; else what garments of the kind that its picture shows are usually made of."""
        if self.fabric is not None:
            return self.fabric
        kinds = {} if garment.sight is None else garment.sight.answers["kind"]
        odds = {name: sum(kinds.get(kind, 0.0) for kind in usual) for name, usual in _USUAL.items()}
        likeliest = max(odds, key=lambda name: odds[name])
        return likeliest if odds[likeliest] > _SURE else FabricName.COTTON

    def check(self, category: Category) -> None:
        """Raises InputError for a cut that no garment of this category has."""
        if self.cut is not None and category not in self.cut.categories:
            raise InputError(
                f"The cut {self.cut} is none of the category {category}; choose "
                f"{_listed(Cut.of(category))}, or another category."
            )


def word(kind: type[AnyWord], text: str, name: str) -> AnyWord:
    """The word of this kind. Raises InputError, which calls it ``name``, for another."""
    if text not in list(kind):
        raise InputError(f"Unknown {name} {str(text)!r}; use {_any(kind)}.")
    return kind(text)


def _length(text: str, name: str) -> tuple[float, float]:
    """The factor on a length, and the metres added to it."""
    if text == AUTO:
        return 1.0, 0.0
    found = _LENGTH.fullmatch(text.strip().lower().replace("−", "-"))
    if found is not None:
        number, unit = float(found["number"]), found["unit"]
        signed = text.strip()[0] in "+-−"
        if unit in _METRES and signed:
            return 1.0, round(number * _METRES[unit], 6)
        if unit in ("", "%") and not signed and math.isfinite(number):
            return number / 100 if unit == "%" else number, 0.0
    raise InputError(f"The {name} {text!r} is no length; write it like +5cm, -3cm, 110% or 0.9.")


def _ease(text: str) -> float:
    if text == AUTO:
        return 1.0
    if text in list(Fit):
        return Fit(text).ease
    try:
        return float(text)
    except ValueError:
        raise InputError(f"Unknown fit {text!r}; use {_any(Fit)}, or a factor such as 1.1.") from None


def _any(kind: type[Word]) -> str:
    return _listed(tuple(kind))


def _listed(words: tuple[Word, ...]) -> str:
    return ", ".join(words[:-1]) + f" or {words[-1]}"
