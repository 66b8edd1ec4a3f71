"""Garments' pictures become patterns, sewn and draped on a body."""

from __future__ import annotations

from collections.abc import Sequence

from fashionmirror_core.body.fitted import FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.cloth.draping import Drape, Sewn, drape
from fashionmirror_core.cloth.fabric import FABRICS
from fashionmirror_core.cloth.mannequin import Mannequin
from fashionmirror_core.cloth.pattern.cutting import cut
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.cloth.underneath import Obstacle
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category


def dress(
    body: FittedBody,
    garments: Sequence[Garment],
    tailoring: Sequence[Tailoring],
    obstacles: Sequence[Obstacle] = (),
) -> Drape:
    """The garments, from the undermost to the outermost, each with its tailoring, at rest on a body in the photo's pose.

    obstacles: clothes that stay, on which the new ones rest.
    """
    model = BodyModel.load()
    standing = Mannequin(body, model)
    patterns = [cut(worn, standing, wish) for worn, wish in zip(garments, tailoring, strict=True)]
    skirts = any(
        worn.category != Category.UPPER and "hem" in pattern.openings
        for worn, pattern in zip(garments, patterns, strict=True)
    )
    sewn = [
        Sewn(pattern, FABRICS[wish.fabric_of(worn)], bool(wish.tucked))
        for worn, pattern, wish in zip(garments, patterns, tailoring, strict=True)
    ]
    return drape(sewn, Mannequin(body, model, together=skirts), obstacles)
