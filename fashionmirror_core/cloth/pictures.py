"""What the cloth of a garment looks like: the picture of its front and the picture of its back.

A sewing pattern is wider than the outline in the garment's picture, covers the gaps in it, and has no hanger. So the
front is the picture's certain core, continued beyond its outline; light that the picture already has is taken out of plain
cloth a little, for it is lit again where it is worn.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

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
    height, width = garment.image.shape[:2]
    margin = round(BEYOND * max(height, width))
    core = np.pad(_core(garment), margin)
    rgb = cv2.copyMakeBorder(garment.image[..., :3], margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    front = continued(rgb.astype(np.float32), core)
    picture = cv2.cvtColor(np.clip(np.rint(front), 0, 255).astype(np.uint8), cv2.COLOR_RGB2RGBA)
    return ClothPictures(picture, picture.copy(), (margin, margin))


def _core(garment: Garment) -> np.ndarray:
    """(H, W) bool: where the picture certainly shows the cloth of the garment's outside."""
    size = max(garment.image.shape[:2])
    solid = ((garment.image[..., 3] >= _SOLID) & (collar_cut(garment) > 0.5)).astype(np.uint8)
    reach = max(1, round(_CORE * size))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    core = cv2.erode(solid, disc, borderValue=(0,)) > 0
    return core if core.any() else solid > 0
