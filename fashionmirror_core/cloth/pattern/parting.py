"""Where the two fronts of a garment that is photographed open part: between their edges the picture shows its inside."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from fashionmirror_core.cloth.ground import Ground
from fashionmirror_core.garment.garment import Garment

MIDDLE = 0.2  # of the width between the armpits: how far from the middle an inside begins at most
LEAST, SEEN = 0.25, 0.45  # of the length: how tall a piece of it is; of the rows in which it is seen, at least
WIDEST = 0.5  # of a front: as much of it is inside at most
JUMP = 0.12  # of a front, from one row to the next: a print's edge
ENDS = 0.15  # of the rows at both ends, where an inside begins
TOO_WIDE = 0.008  # of the longer side: by which other colours are found with their edges


def inside_seen(garment: Garment) -> np.ndarray | None:
    """(H, W) bool: what lies between the fronts of a garment that is open in front, by its colour: lining, or a wall;
    None for a garment that is closed, and where nothing is told apart.
    """
    marks = garment.landmarks
    needed = {f"{name}_{side}" for name in ("neck", "armpit", "hem") for side in "rl"}
    if garment.sight is None or garment.sight.chance("front", "open") < 0.5 or not needed <= marks.keys():
        return None
    rgb = garment.image[..., :3].astype(np.float32)
    cloth = garment.image[..., 3] > 250
    ground = Ground.of(garment, rgb, cloth)
    other = ((ground.odd | ground.rare) & cloth).astype(np.uint8)
    neck, pit, hem = ((np.array(marks[f"{name}_r"]) + marks[f"{name}_l"]) / 2 for name in ("neck", "armpit", "hem"))
    width = float(np.hypot(*(np.array(marks["armpit_l"]) - marks["armpit_r"])))
    line = np.zeros_like(other)
    ends = np.round([neck, pit, hem]).astype(np.int32)
    cv2.polylines(line, [ends], False, (1,), max(1, round(2 * MIDDLE * width)))
    other = cv2.morphologyEx(other, cv2.MORPH_CLOSE, np.ones((5, 3), np.uint8)) & line
    count, labels, stats, _ = cv2.connectedComponentsWithStats(other)
    tall = stats[:, cv2.CC_STAT_HEIGHT] > LEAST * float(np.hypot(*(hem - neck)))
    tall[0] = False
    found = tall[labels]
    return found if count > 1 and found.any() else None


def parting(inside: np.ndarray, rows: np.ndarray, corner: np.ndarray, reach: float) -> np.ndarray | None:
    """(R, 2): x of the right and of the left front's edge in rows (R,) of the frame; None where the inside is seen in too
    few of them, or a print is taken for it. inside: (h, w) bool, in the frame, whose first pixel lies at ``corner``. reach:
    half the width of the trunk.
    """
    edges = np.full((len(rows), 2), np.nan)
    for number, row in enumerate(rows):
        y = round(row - corner[1])
        if 0 <= y < len(inside):
            found = np.flatnonzero(inside[y]) + corner[0]
            found = found[np.abs(found) < WIDEST * reach]
            if len(found):
                edges[number] = found[0], found[-1]
    known = np.isfinite(edges[:, 0])
    if known.mean() < SEEN:
        return None
    at = np.arange(len(rows))
    middle = np.interp(at, at[known], edges[known].mean(1))
    wide = np.maximum((edges[:, 1] - edges[:, 0]) / 2 - TOO_WIDE * len(inside), 0)
    half = median_filter(np.where(known, wide, 0.0), 13, mode="nearest")
    ends = round(ENDS * len(rows))
    if np.abs(np.diff(half))[ends:-ends].max() > JUMP * reach:
        return None
    # The edge goes straight past buttons and buttonholes.
    middle, half = (
        gaussian_filter1d(each, 4, mode="nearest") for each in (median_filter(middle, 13, mode="nearest"), half)
    )
    return np.stack([middle - half, middle + half], 1)
