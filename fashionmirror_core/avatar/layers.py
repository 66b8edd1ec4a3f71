"""A layer: one part of the person, cut out of the photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fashionmirror_core.imaging.boxes import Box


@dataclass(frozen=True)
class Layer:
    """name: of the part, unique within a list. picture: (h, w, 4) uint8, premultiplied by alpha; it fills ``box``, photo
    pixels.
    """

    name: str
    picture: np.ndarray
    box: Box
