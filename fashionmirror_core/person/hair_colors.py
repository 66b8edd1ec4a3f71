"""The colours of hair where the matte is soft.

On a small photo all the hair of a head can lie within the matte's soft edge. What lies inside of it is the forehead, so
colours that run outward from there make dark hair pale. There the pixel itself tells more.
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.imaging.boxes import bounding_box, grown, window
from fashionmirror_core.imaging.channels import spread
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit

HAIR_VARIES, BEHIND_VARIES, NOISE = 30.0, 15.0, 8.0
"""Of 255: deviations of hair and background from what is near, of a pixel."""
SURE_HAIR, SURE_ALPHA, BACKGROUND = 0.7, 0.9, 0.02
"""Of hair, of the matte, and the most of it that is none of the person."""
FEW = 40  # pixels that tell what hair looks like
SHARE = (0.25, 0.6)  # of the labels' hair in what is the person's: none of it is hair's, all is
REACH = 12  # pixels around the hair that tell the background


def with_hair(colors: np.ndarray, image: np.ndarray, matte: np.ndarray, hair: np.ndarray) -> np.ndarray:
    """The person's colours, (H, W, 3) uint8, with those of soft hair found in the photo.

    A pixel is hair over background, in the matte's shares: of all pairs that give it, the likeliest, given what sure hair
    and sure background nearby look like (Chuang, Curless, Salesin and Szeliski, A Bayesian approach to digital matting,
    CVPR 2001, for an alpha that is known).

    colors: (H, W, 3) uint8, from ``foreground_colors``. image: (H, W, 3) uint8. matte, hair: (H, W) in [0, 1]; hair is
    part of the matte.
    """
    box = bounding_box(hair > 0.1)
    sure = (hair > SURE_HAIR) & (matte > SURE_ALPHA)
    if box is None or sure.sum() < FEW:
        return colors
    here = window(grown(box, REACH, hair.shape))
    alpha, own, photo = matte[here], hair[here], image[here].astype(np.float32)
    outside = cv2.dilate(alpha, np.ones((3, 3), np.uint8)) < BACKGROUND
    if not outside.any():
        return colors
    strands = push_pull(photo, sure[here].astype(np.float32))
    behind = push_pull(photo, outside.astype(np.float32))
    rest = 1 - alpha
    varies = (alpha * HAIR_VARIES) ** 2 + (rest * BEHIND_VARIES) ** 2 + NOISE**2
    gain = alpha * HAIR_VARIES**2 / varies
    found = strands + spread(gain) * (photo - spread(alpha) * strands - spread(rest) * behind)
    # Well inside the pixel is the hair's alone, and it already has its colour.
    share = smoothstep(own / np.maximum(alpha, 0.05), *SHARE) * (alpha > BACKGROUND)
    result = colors.copy()
    result[here] = to_8bit(colors[here] + spread(share) * (found - colors[here]))
    return result
