"""The inside of the back collar, which a picture of a garment shows and the worn garment hides."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category

MOST_PATCHES = 9  # of even colour in the inside of a collar: stripes, a label, a seam


def collar_cut(garment: Garment) -> np.ndarray:
    """(Hg, Wg) float32: 0 where the picture shows the inside of the back collar, which the worn piece hides, else 1."""
    height, width = garment.image.shape[:2]
    keep = np.ones((height, width), np.float32)
    collar = {"neck_r", "neck_l", "neck_c", "shoulder_r", "shoulder_l"}
    if garment.category == Category.LOWER or not collar <= garment.landmarks.keys():
        return keep
    right, left, middle = (np.array(garment.landmarks[k], float) for k in ("neck_r", "neck_l", "neck_c"))
    span, rim = (left[0] - right[0]) / 2, (right[1] + left[1]) / 2
    if span < 4:
        return keep
    inside = _inside_of_collar(garment, right, left)
    if inside is not None:
        return keep - inside
    if middle[1] - rim < 3:
        return keep
    t = np.linspace(-1, 1, 41)
    x = right[0] + (t + 1) * span
    y = middle[1] - (middle[1] - (right[1] + (t + 1) / 2 * (left[1] - right[1]))) * np.abs(t) ** 2.0
    outline = np.concatenate([np.stack([x, y], -1), [[x[-1], 0], [x[0], 0]]])
    hole = np.zeros((height, width), np.uint8)
    cv2.fillPoly(hole, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return keep - hole.astype(np.float32) / 255


def _inside_of_collar(garment: Garment, right: np.ndarray, left: np.ndarray) -> np.ndarray | None:
    """The inside of the back collar as the picture shows it, (Hg, Wg) float32, or None where there is no such patch.

    The search goes from the middle of the collar's upper edge downward, patch by patch of even colour. A patch that ends
    within the neck opening is the collar's inside; the first that runs out under the shoulders is the front. The inside must
    be as wide as the neck at its top and narrow at its bottom.
    """
    height, width = garment.image.shape[:2]
    span = left[0] - right[0]
    x = int(np.clip(round((right[0] + left[0]) / 2), 0, width - 1))
    column = np.nonzero(garment.image[:, x, 3] > 200)[0]
    if not len(column):
        return None
    pad = int(0.06 * span)
    low, high = max(0, int(right[0]) - pad), min(width, int(left[0]) + pad)
    top, floor = int(column[0]), min(height, int(column[0] + 1.2 * span))
    smooth = cv2.bilateralFilter(np.ascontiguousarray(garment.image[:floor, low:high, :3]), 5, 20, 3)
    lab = cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB)
    opaque = garment.image[:floor, low:high, 3] > 128
    inside = np.zeros(lab.shape[:2], bool)
    # Three columns: one alone might run along a seam or through a label.
    columns = {int(np.clip(x - low + share * span, 1, lab.shape[1] - 2)) for share in (-0.14, 0.0, 0.14)}
    patches = 0
    for y in range(top + 2, floor - 2, 3):
        for seed in [c for c in columns if opaque[y, c] and not inside[y, c]]:
            patch = _even_patch(lab, opaque, (seed, y))
            if patch[:, [0, -1]].any() or patch[-1].any():
                columns.discard(seed)  # the patch is the front: nothing below it is the inside
            else:
                inside |= patch
                patches += 1
    rows = np.nonzero(inside.any(1))[0]
    patterned = patches > MOST_PATCHES and len(rows) > 0.6 * span  # such a fabric is all patches, front and back
    if len(rows) < 0.12 * span or patterned:
        return None
    hole = np.zeros((height, width), np.float32)
    widths = []
    for row in rows:  # from end to end: prints on it are a part of it
        ends = np.nonzero(inside[row])[0]
        hole[row, low + ends[0] : low + ends[-1] + 1] = 1
        widths.append(ends[-1] - ends[0])
    upper, lower = max(widths[: len(rows) // 2 + 1]), float(np.mean(widths[-max(1, len(rows) // 8) :]))
    if upper < 0.5 * span or lower > 0.55 * upper:
        return None
    # The collar's own edge above goes with it; the soft rim of the front stays with the front.
    hole = np.cumsum(hole[::-1], axis=0)[::-1] > 0
    hole = cv2.morphologyEx(hole.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    return cv2.GaussianBlur(cv2.dilate(hole, np.ones((3, 3), np.uint8)).astype(np.float32), (0, 0), 0.8)


def _even_patch(lab: np.ndarray, inside: np.ndarray, seed: tuple[int, int]) -> np.ndarray:
    """(H, W) bool: what a fill from ``seed`` reaches without crossing an edge of ``lab`` or leaving ``inside``."""
    barrier = np.ones((lab.shape[0] + 2, lab.shape[1] + 2), np.uint8)
    barrier[1:-1, 1:-1] = ~inside
    # With a floating range the fill would leak through soft edges.
    flags = 4 | (2 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    cv2.floodFill(lab, barrier, seed, (0, 0, 0), (14, 6, 6), (14, 6, 6), flags)
    return barrier[1:-1, 1:-1] == 2
