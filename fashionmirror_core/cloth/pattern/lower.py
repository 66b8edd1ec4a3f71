"""Sewing patterns of skirts, trousers and shorts: cut by kind, with the picture's measures where they hold."""

from __future__ import annotations

from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.pattern import Pattern
from fashionmirror_core.cloth.pattern.skirts import cut_skirt
from fashionmirror_core.cloth.pattern.trousers import cut_trousers
from fashionmirror_core.cloth.tailoring import Cut, Tailoring
from fashionmirror_core.garment.garment import Garment

LEGS_KINDS = ("trousers", "shorts", "jumpsuit")
SURE = 0.8  # chance of these kinds from which on there are legs where no crotch is seen: folded ones


def cut_lower(garment: Garment, girths: Girths, tailoring: Tailoring) -> Pattern:
    """The pattern of a garment of category LOWER. The mannequin stands with its legs apart.

    Raises InputError for a cut-out without cloth between waist and hem.
    """
    if _has_legs(garment, tailoring):
        return cut_trousers(garment, girths, tailoring)
    return cut_skirt(garment, girths, tailoring)


def _has_legs(garment: Garment, tailoring: Tailoring) -> bool:
    if tailoring.cut is not None:
        return tailoring.cut in (Cut.TROUSERS, Cut.SHORTS)
    if "crotch" in garment.landmarks:
        return True
    return garment.sight is not None and sum(garment.sight.chance("kind", kind) for kind in LEGS_KINDS) > SURE
