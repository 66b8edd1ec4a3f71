"""Which legs stay the photo's own for longer while the person turns as a whole (``drawing/renderer``).

What stands in for the photo's sheets has their shape and colours only roughly, but it has sides, fingers and a back. Tops,
arms and hands are the better for it as soon as the person turns: the photo's sheets fray where arm and trunk meet, and hands
are mittens. Shoes keep their laces and straps where nothing was taken off: up to 45 degrees most of what is seen of them was
seen in the photo. Of who stands with both arms off the body, as in a studio, all is told so well that what stands in is the
better from the start.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import cv2
import numpy as np

from fashionmirror_core.avatar.surface import Surface
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.vocabulary import LEG_PARTS, Part, Side

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


def whole_parts(gone: Mapping[Part, float], free: bool) -> set[Part]:
    """The legs that stay the photo's own. gone: of each leg, how much of it went with the old clothes, in [0, 1]. free: see
    ``arms_free``.
    """
    return set() if free else {part for part in LEG_PARTS if gone.get(part, 1.0) < TOUCHED}


def holding(surface: Surface, parts: Collection[Part]) -> Surface:
    """A surface of the parts that hold, with what comes and goes of it coming and going later."""
    if surface.shown is None or surface.name.partition(" ")[0] not in parts:
        return surface
    return replace(surface, shown=(2 * surface.shown).astype(np.int8))
