"""The floor that a matte takes for a part of the shoes: it lies in their shadow, or between them. And what looks like it.

Carried along, it would be a wedge of background beside a foot that moves.
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.imaging.boxes import bounding_box, grown, window
from fashionmirror_core.imaging.channels import lengths
from fashionmirror_core.imaging.palette import palette

ROUNDS = 3  # of GrabCut
AROUND = 0.03  # statures around the shoes that tell the floor's colours
STILL_SHOE = 0.45  # of the shoes' pixels that are left, or else they can't be told from the floor
LIKE = 16.0
"""Lab units from the floor around them, within which a pixel can be floor: the dark inside of a shoe is none."""
HUES, ALIKE = 5, 8.0
"""Colours of a floor, in sun and shade; Lab units from one of them, within which a pixel looks like it."""
SAMPLE = 2000  # pixels that tell them


def floor_in_shoes(image: np.ndarray, matte: np.ndarray, shoes: np.ndarray, stature: float) -> np.ndarray:
    """(H, W) float32 of 0 and 1: what counts as shoes, has the floor's colours and is joined to the floor.

    image: (H, W, 3) uint8. matte, shoes: (H, W) in [0, 1]. stature: pixels.
    """
    floor = np.zeros(shoes.shape, np.float32)
    around = bounding_box(shoes > 0.5)
    if around is None:
        return floor
    here = window(grown(around, max(6, round(AROUND * stature)), shoes.shape))
    mask = np.where(shoes[here] > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    beside = matte[here] < 0.1
    mask[beside] = cv2.GC_BGD
    if not beside.any():
        return floor
    model = (np.zeros((1, 65)), np.zeros((1, 65)))
    picture = np.ascontiguousarray(image[here])
    cv2.setRNGSeed(1)
    cv2.grabCut(picture, mask, None, *model, ROUNDS, cv2.GC_INIT_WITH_MASK)
    own = shoes[here] > 0.02
    left = mask == cv2.GC_PR_FGD
    if (own & left).sum() < STILL_SHOE * own.sum():  # shoes of the floor's colour
        return floor
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    like = lengths(lab - np.median(lab[beside], axis=0)) < LIKE
    found = own & ~left & like
    _, joined = cv2.connectedComponents((found | beside).astype(np.uint8), connectivity=4)
    floor[here] = found & np.isin(joined, np.unique(joined[beside]))
    return floor


def like_floor(image: np.ndarray, matte: np.ndarray, shoes: np.ndarray, stature: float) -> np.ndarray:
    """(H, W) bool: what looks like the floor around the shoes, those included that have its colours.

    image: (H, W, 3) uint8. matte, shoes: (H, W) in [0, 1]. stature: pixels.
    """
    like = np.zeros(shoes.shape, bool)
    around = bounding_box(shoes > 0.5)
    if around is None:
        return like
    here = window(grown(around, max(6, round(AROUND * stature)), shoes.shape))
    lab = cv2.cvtColor(image[here].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    beside = lab[matte[here] < 0.1]
    beside = beside[:: 1 + len(beside) // SAMPLE]
    if len(beside) < HUES:
        return like
    _, hues = palette(beside, HUES, 10, 1.0)
    like[here] = np.min([lengths(lab - hue) for hue in hues], axis=0) < ALIKE
    return like
