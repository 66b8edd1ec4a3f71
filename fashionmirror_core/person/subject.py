"""A person on the stage: picture, matte, parts, labels and body."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fashionmirror_core.body.proportions import Body
from fashionmirror_core.person.coats import with_whole_coat
from fashionmirror_core.person.floor import floor_in_shoes
from fashionmirror_core.person.labels import Parsing, parse
from fashionmirror_core.person.limbs import limbs
from fashionmirror_core.person.things import Thing, carried, with_whole_things
from fashionmirror_core.person.undressing import tidy_parts
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.vocabulary import LIMB_PARTS, Part


@dataclass(frozen=True)
class Subject:
    """The person on the stage, analysed; masks are (H, W) float32 in [0, 1].

    image: (H, W, 3) uint8; matte; parts: the limb masks (the visible share of each part, clothes included); body and
    parsing in stage pixels; ``hair`` is the parsed hair. things: what is carried, the largest first.
    """

    image: np.ndarray
    matte: np.ndarray
    parts: dict[Part, np.ndarray]
    parsing: Parsing
    body: Body
    things: tuple[Thing, ...] = ()

    @classmethod
    def found(cls, image: np.ndarray, matte: np.ndarray, pose: Pose, labels: np.ndarray | None) -> Subject:
        """Labels, limbs and body of the person in a pose on the stage. labels: a network's, see ``labels.parse``."""
        body = Body(pose.points.astype(float))
        parsing = with_whole_coat(parse(image, matte, pose, predicted=labels), image, body)
        things = carried(image, matte, parsing, body)
        parsing = with_whole_things(parsing, things, matte)
        parts = tidy_parts(limbs(matte, pose, image, parsing), matte, parsing, body)
        solid = 1 - floor_in_shoes(image, matte, parsing.shoes, body.stature)
        matte, parsing = matte * solid, replace(parsing, shoes=parsing.shoes * solid)
        parts = {part: mask * solid for part, mask in parts.items()}
        bare = {part: parts[part] * (parsing.arms if part.is_arm else parsing.legs) for part in LIMB_PARTS}
        return cls(image, matte, parts, parsing, body.measured(bare), things)

    @property
    def size(self) -> tuple[int, int]:
        return self.matte.shape[0], self.matte.shape[1]

    @property
    def floor(self) -> float:
        """The row of the ground."""
        rows = np.nonzero(self.matte.max(1) > 0.5)[0]
        return float(rows[-1]) if len(rows) else float(self.size[0] - 1)
