"""What the cloth of a garment looks like: the picture of its front and the picture of its back.

A sewing pattern is wider than the outline in the garment's picture, covers the gaps in it, and has no hanger. So the
front is the picture's certain core, continued beyond its outline; light that the picture already has is taken out of plain
cloth a little, for it is lit again where it is worn.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.cloth.backs import back_from_front
from fashionmirror_core.cloth.collar import collar_cut
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.fill import continued

BEYOND = 0.15  # of the garment's longer side: how far the cloth is continued around its picture
_CORE = 0.004  # of the longer side: the outline is uncertain by this much
_SOLID = 250  # alpha from which on a pixel shows cloth alone


@dataclass(frozen=True)
class ClothPictures:
    """front, back: (H, W, 4) uint8, premultiplied; alpha is 255 but in sheer cloth. Both lie in the coordinates of
    ``Garment.image``, the back as if the garment were seen through from the front. offset: (x, y) of the first pixel of
    ``Garment.image`` in them.
    """

    front: np.ndarray
    back: np.ndarray
    offset: tuple[int, int]


def cloth_pictures(garment: Garment, back: Garment | None = None) -> ClothPictures:
    """The two pictures of a garment's cloth. back: the same garment's back, from a picture of its own."""
    cloth = _solid(garment)
    outside = cloth & (collar_cut(garment) > 0.5)
    rgb = garment.image[..., :3].astype(np.float32)
    behind = back_from_front(rgb, cloth, garment)
    margin = round(BEYOND * max(cloth.shape))
    return ClothPictures(_wide(rgb, outside, margin), _wide(behind, cloth, margin), (margin, margin))


def _solid(garment: Garment) -> np.ndarray:
    """(H, W) bool: where the picture certainly shows the garment, its outside or the neck's inside."""
    solid = (garment.image[..., 3] >= _SOLID).astype(np.uint8)
    reach = max(1, round(_CORE * max(solid.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    core = cv2.erode(solid, disc, borderValue=(0,)) > 0
    return core if core.any() else solid > 0


def _wide(rgb: np.ndarray, known: np.ndarray, margin: int) -> np.ndarray:
    """(H, W, 4) uint8 with the cloth continued over all of it, the margin too."""
    rgb = cv2.copyMakeBorder(rgb, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    picture = continued(rgb, np.pad(known, margin))
    return cv2.cvtColor(np.clip(np.rint(picture), 0, 255).astype(np.uint8), cv2.COLOR_RGB2RGBA)
