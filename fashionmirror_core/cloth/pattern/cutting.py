"""A garment becomes a sewing pattern for one body: always a constructed one, with the measures that its picture shows."""

from __future__ import annotations

from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.jumpsuit import cut_jumpsuit, has_legs
from fashionmirror_core.cloth.pattern.lower import cut_lower
from fashionmirror_core.cloth.pattern.pattern import Pattern
from fashionmirror_core.cloth.pattern.sewn_tops import cut_top
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category


def cut(garment: Garment, girths: Girths, tailoring: Tailoring | None = None) -> Pattern:
    """The garment's pattern for a body with these measures.

    Raises InputError for a cut that garments of its category don't have.
    """
    tailoring = tailoring or Tailoring()
    tailoring.check(Category(garment.category))
    if garment.category == Category.LOWER:
        return cut_lower(garment, girths, tailoring)
    if has_legs(garment):
        return cut_jumpsuit(garment, girths, tailoring)
    return cut_top(garment, girths, tailoring)
