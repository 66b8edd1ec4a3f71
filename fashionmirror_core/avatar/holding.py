"""Which parts stay the photo's own for longer while the person turns as a whole (``drawing/renderer``).

What stands in for the photo's sheets has their shape and colours only roughly, but it has sides and a back. Where nothing
was taken off, up to 45 degrees most of what is seen was seen in the photo.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from fashionmirror_core.avatar.surface import Surface
from fashionmirror_core.vocabulary import LEG_PARTS, Category, Part

TOUCHED = 0.01  # of a leg: where less of its clothes went it is the photo's


def whole_parts(categories: Sequence[Category], gone: Mapping[Part, float]) -> set[Part]:
    """The parts that stay the photo's own. categories: of the new clothes. gone: of each leg, how much of it went with the
    old ones, in [0, 1].
    """
    if not categories:
        return set(Part)
    return {part for part in LEG_PARTS if gone.get(part, 1.0) < TOUCHED}


def holding(surface: Surface, parts: Collection[Part], low: float) -> Surface:
    """A surface of the parts that hold, with what comes and goes of it coming and going later. low: the row, in the photo,
    below which a trunk is a skirt, whose hem goes at once: the photo sees it from above.
    """
    if surface.shown is None or surface.name.partition(" ")[0] not in parts:
        return surface
    held = np.ones(len(surface.vertices), bool)
    if surface.name == Part.TRUNK:
        held = surface.vertices[:, 1] < low
    return replace(surface, shown=np.where(held, 2 * surface.shown, surface.shown).astype(np.int8))
