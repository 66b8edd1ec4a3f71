"""A person on the stage, with what dressing needs of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fashionmirror_core.body.proportions import Body
from fashionmirror_core.person.labels import Parsing
from fashionmirror_core.vocabulary import Part


@dataclass(frozen=True)
class Subject:
    """What is known of the person on the stage; masks are (H, W) float32 in [0, 1].

    image: (H, W, 3) uint8; matte; parts: the limb masks (what of each part the photo shows, clothes included); body and
    parsing in stage pixels; ``hair`` is the parsed hair.
    """

    image: np.ndarray
    matte: np.ndarray
    parts: dict[Part, np.ndarray]
    parsing: Parsing
    body: Body

    @property
    def size(self) -> tuple[int, int]:
        return self.matte.shape[0], self.matte.shape[1]

    @property
    def floor(self) -> float:
        """The row of the ground."""
        rows = np.nonzero(self.matte.max(1) > 0.5)[0]
        return float(rows[-1]) if len(rows) else float(self.size[0] - 1)
