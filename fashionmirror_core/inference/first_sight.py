"""What the co-attention mask network tells of a look before there is a drape: M_c^s, and where on the garment each place of
the person looks. A cheap first picture follows from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from torch import Tensor

from fashionmirror_core.cloth.attention import attention_seen
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.person.stage import Stage

DISAGREES = (
    "The mask network expects this garment to lie elsewhere than it was draped; look at the still, and choose the category "
    "or the cut if it is wrong."
)
EDGE = 4.0  # how much sharper than the network's answer the sketch's edges are
LEAST_AGREEMENT = 0.5  # intersection over union


@dataclass(frozen=True)
class FirstSight:
    """clothing: M_c^s, (H, W) float32 in [0, 1], on the stage. places: (H, W, 2) float32, the pixel of the garment's picture
    that each pixel of the stage will wear, NaN where none. summary: of the clothes, for the multi-frame branch.
    """

    clothing: np.ndarray
    places: np.ndarray
    summary: Tensor = field(repr=False)


@dataclass(frozen=True)
class Sketch:
    """A look at first sight, before anything is draped; in the photo's pixels.

    image: (H, W, 3) uint8. removed_mask, clothing_mask: M_r and M_c^s, (H, W) float32 in [0, 1]. attention: of the outermost
    garment, as ``Look.attention``. stage: on which it was seen.
    """

    image: np.ndarray
    removed_mask: np.ndarray
    clothing_mask: np.ndarray
    attention: np.ndarray
    stage: Stage


def agreement(sights: Sequence[FirstSight], clothing: np.ndarray) -> float:
    """Intersection over union of all garments' M_c^s and a drape's, (H, W) in [0, 1] on the same stage."""
    own, other = np.max([sight.clothing for sight in sights], 0) > 0.5, clothing > 0.5
    return float((own & other).sum() / max(1, (own | other).sum()))


def disagreement(sights: Sequence[FirstSight], clothing: np.ndarray) -> bool:
    """Whether a drape lies so far from where the mask network expects it that somebody should look."""
    return agreement(sights, clothing) < LEAST_AGREEMENT


def sketch(
    photo: np.ndarray, stage: Stage, removed: np.ndarray, garments: Sequence[Garment], sights: Sequence[FirstSight]
) -> Sketch:
    """photo: (H, W, 3) uint8. removed: M_r (H, W) on the stage. garments: from the undermost to the outermost."""
    size = (photo.shape[1], photo.shape[0])
    gone = np.clip(stage.uncrop(removed, size), 0, 1)
    image = photo.astype(np.float32)
    # Where old clothes go and no new ones come, the colours around them stand in until there is an avatar.
    around = push_pull(image, (cv2.dilate(gone, np.ones((5, 5))) < 0.1).astype(np.float32))
    image += gone[..., None] * (around - image)
    cover = np.zeros(gone.shape, np.float32)
    for garment, sight in zip(garments, sights, strict=True):
        worn = np.clip(EDGE * (stage.uncrop(sight.clothing, size) - 0.5) + 0.5, 0, 1)
        known = np.isfinite(sight.places[..., 0]).astype(np.float32)
        smooth = push_pull(np.nan_to_num(sight.places), known)
        places = stage.uncrop(smooth, size, cv2.BORDER_REPLICATE)
        colour = push_pull(garment.image[..., :3].astype(np.float32), (garment.image[..., 3] > 250).astype(np.float32))
        cloth = cv2.remap(colour, places.astype(np.float32), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        image += worn[..., None] * (cloth - image)
        cover = np.maximum(cover * (1 - worn), worn)
    seen = sights[-1].places
    itself = replace(stage, scale=1.0, offset=(0.0, 0.0))
    return Sketch(
        np.clip(np.rint(image), 0, 255).astype(np.uint8), gone, cover, attention_seen(seen, garments[-1], itself), stage
    )
