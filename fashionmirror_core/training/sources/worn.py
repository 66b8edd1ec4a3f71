"""Clips of people in their own clothes: the garments are cut out of the very pictures that show them worn."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.training.clips import Clip, GarmentPicture, LookSpec, Take
from fashionmirror_core.vocabulary import DRESSING_ORDER

LEAST_WORN = 0.02  # of the person that a garment covers, else it is not worth a picture
LEAST_WHOLE = 0.6  # of a garment that is one piece
LEAST_PIECE = 0.15  # of the largest piece that another one has, else it is a crumb
CRACK_HEIGHTS = 0.006  # of the person's height to either side: a strap of twice this width doesn't part a garment
MARGIN_PIXELS = 4  # pixels round a garment's picture


def worn_garments(take: Take, frame: int) -> dict[str, GarmentPicture]:
    """The garments worn in a frame, cut out by its labels, undermost first: "own_lower", "own_dress", "own_upper".

    Garments that are hardly seen, or seen in pieces, are left out.
    """
    labels = take.labels[frame]
    person = labels > 0
    found: dict[str, GarmentPicture] = {}
    for category in DRESSING_ORDER:
        shown = labels == category.label
        if shown.sum() <= LEAST_WORN * person.sum():
            continue
        whole = _main_piece(shown, reach=max(1, round(CRACK_HEIGHTS * person.any(1).sum())))
        if whole is not None:
            found[f"own_{category}"] = GarmentPicture(_cut(take.frames[frame], whole), category)
    return found


def photo_clip(name: str, take: Take) -> Clip:
    """The clip of one photo: its only frame is source and target, and its own clothes are put on again."""
    garments = worn_garments(take, 0)
    place = ("photo", 0)
    looks = (LookSpec(place, tuple(garments), place, "photo", "reconstruction"),) if garments else ()
    return Clip(name, {"photo": take}, garments, looks)


def _main_piece(shown: np.ndarray, reach: int) -> np.ndarray | None:
    """The mask (H, W) bool without crumbs; None where no piece is most of it."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    closed = cv2.morphologyEx(shown.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    count, pieces = cv2.connectedComponents(closed)
    areas = np.bincount(pieces[shown], minlength=count)
    if areas.max() < LEAST_WHOLE * areas.sum():
        return None
    return shown & np.isin(pieces, np.flatnonzero(areas >= LEAST_PIECE * areas.max()))


def _cut(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(h, w, 4) uint8, straight alpha: the picture round the mask, which gets an edge of one pixel."""
    alpha = cv2.GaussianBlur(mask.astype(np.uint8) * np.uint8(255), (3, 3), 0)
    picture = np.dstack([image, alpha])
    picture = cv2.copyMakeBorder(
        picture, MARGIN_PIXELS, MARGIN_PIXELS, MARGIN_PIXELS, MARGIN_PIXELS, cv2.BORDER_REPLICATE
    )
    picture[..., 3] = np.pad(alpha, MARGIN_PIXELS)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    window = slice(rows[0], rows[-1] + 1 + 2 * MARGIN_PIXELS), slice(columns[0], columns[-1] + 1 + 2 * MARGIN_PIXELS)
    return np.ascontiguousarray(picture[window])
