"""Garments' pictures become patterns, sewn and draped on a body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from fashionmirror_core.cloth.draping import Drape, Falling, Sewn, drape
from fashionmirror_core.cloth.fabric import FABRICS
from fashionmirror_core.cloth.form import DressForm
from fashionmirror_core.cloth.pattern.cutting import cut
from fashionmirror_core.cloth.tailoring import EASES, Tailoring
from fashionmirror_core.cloth.verdict import gate
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category

WIDER = 1.08  # factor on the width of a pattern that is tried where the first fails
WIDENED = "It is cut a little wider than its picture says: it would be too tight on this body."
APART = "The garment can't be put on this body; check its kind and its landmarks, or choose another cut."


def dress(
    form: DressForm,
    garments: Sequence[Garment],
    tailoring: Sequence[Tailoring],
    on_step: Callable[[Falling], None] | None = None,
) -> Drape:
    """The garments, from the undermost to the outermost, each with its tailoring, at rest on a form in the photo's pose.

    form: with its legs apart. Where the gate fails a drape, wider patterns are tried. on_step: see ``drape``; where wider
    patterns are tried, their steps follow.

    Raises InputError for a pattern that doesn't meet the body.
    """

    def worn_with(wishes: Sequence[Tailoring], doubts: Sequence[list[str]]) -> Drape:
        try:
            patterns = [cut(worn, form.girths, wish) for worn, wish in zip(garments, wishes, strict=True)]
        except InputError:
            raise
        except ValueError:  # an outline that crosses itself
            raise InputError(APART) from None
        skirts = any(
            worn.category != Category.UPPER and "hem" in pattern.openings
            for worn, pattern in zip(garments, patterns, strict=True)
        )
        sewn = [
            Sewn(replace(pattern, doubts=[*more, *pattern.doubts]), FABRICS[wish.fabric_of(worn)], bool(wish.tucked))
            for worn, pattern, wish, more in zip(garments, patterns, wishes, doubts, strict=True)
        ]
        try:
            return drape(sewn, form.feet_together if skirts else form, on_step)
        except ValueError:
            raise InputError(APART) from None

    draped = worn_with(tailoring, [[] for _ in garments])
    failed = [bool(gate(settled)) for settled in draped.garments]
    if not any(failed):
        return draped
    # Nearly all that fails is too tight: the wider pattern is tried, and the better of the two is worn.
    wider = [
        replace(wish, ease=min(wish.ease * WIDER, EASES[1])) if bad else wish
        for wish, bad in zip(tailoring, failed, strict=True)
    ]
    again = worn_with(wider, [[WIDENED] if bad else [] for bad in failed])
    return again if sum(bool(gate(settled)) for settled in again.garments) < sum(failed) else draped
