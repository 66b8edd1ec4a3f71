"""Which parts stay the photo's own for longer while the person turns as a whole (``drawing/renderer``).

What stands in for the photo's sheets has their shape and colours only roughly, but it has sides, fingers and a back. Where
nothing was taken off, up to 45 degrees most of what is seen was seen in the photo. Of who stands with both arms off the
body, as in a studio, all is told so well that what stands in is the better from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from fashionmirror_core.avatar.kept_top import UNDER_TOP
from fashionmirror_core.avatar.surface import Surface
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.vocabulary import LEG_PARTS, Category, Part, Side

TOUCHED = 0.01  # of a leg: where less of its clothes went it is the photo's
FOREARM = 0.2  # of the way from elbow to wrist, from which on an arm may be free
BESIDE = 0.015  # statures beside it in which there is only background, for this share of them
FREE = 0.85
FEWEST = 20  # pixels of a forearm that tell


def arms_free(subject: Subject) -> bool:
    """Whether the photo shows both forearms and hands before nothing but background."""
    rows, columns = np.indices(subject.size)
    for side in Side:
        arm = subject.parts[Part.arm(side)] > 0.5
        _, elbow, wrist = (np.asarray(joint, float) for joint in subject.body.arm(side)[:3])
        way = wrist - elbow
        along = ((columns - elbow[0]) * way[0] + (rows - elbow[1]) * way[1]) / max(float(way @ way), 1.0)
        lower = (arm & (along > FOREARM)).astype(np.uint8)
        beside = (cv2.dilate(lower, disc(BESIDE * subject.body.stature)) > 0) & ~arm
        if lower.sum() < FEWEST or not beside.any() or (subject.matte[beside] < 0.5).mean() < FREE:
            return False
    return True


def whole_parts(categories: Sequence[Category], gone: Mapping[Part, float], free: bool) -> set[Part]:
    """The parts that stay the photo's own. categories: of the new clothes. gone: of each leg, how much of it went with the
    old ones, in [0, 1]. free: see ``arms_free``.
    """
    if free:
        return set()
    if not categories:
        return set(Part)
    return {part for part in LEG_PARTS if gone.get(part, 1.0) < TOUCHED}


@dataclass(frozen=True)
class TrunkHolds:
    """Of a trunk only a stretch holds. low: the row, in the photo, below which it is a skirt, whose hem goes at once: the
    photo sees it from above. shoulders: the row above which bare skin, the neck's, goes at once with the head. collar: the
    row above which what stands in for cloth lies ready behind the photo's torn edges. cloth: places (n, 2), photo pixels ->
    (n,) whether the photo shows clothes.
    """

    low: float
    shoulders: float
    collar: float
    cloth: Callable[[np.ndarray], np.ndarray]

    def __call__(self, surface: Surface) -> np.ndarray:
        """(V,) bool: the vertices that hold."""
        rows = surface.vertices[:, 1]
        if surface.name == Part.TRUNK:
            return (rows < self.low) & ((rows >= self.shoulders) | self.cloth(surface.vertices[:, :2]))
        return rows >= (self.shoulders if surface.name == UNDER_TOP else self.collar)


def holding(surface: Surface, parts: Collection[Part], trunk: TrunkHolds) -> Surface:
    """A surface of the parts that hold, with what comes and goes of it coming and going later."""
    part = surface.name.partition(" ")[0]
    if surface.shown is None or part not in parts:
        return surface
    held = trunk(surface) if part == Part.TRUNK else np.ones(len(surface.vertices), bool)
    return replace(surface, shown=np.where(held, 2 * surface.shown, surface.shown).astype(np.int8))
