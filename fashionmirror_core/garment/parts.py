"""A garment's pieces, cut at its landmarks: body and sleeves, or body and trouser legs."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from fashionmirror_core.vocabulary import Category

Point = tuple[float, float]
Landmarks = dict[str, Point]
"""Landmark -> (x, y) in pixels of the cut-out; "_r" is the wearer's right, the picture's left."""


def split_parts(alpha: np.ndarray, landmarks: Landmarks, category: Category) -> dict[str, np.ndarray]:
    """Cut a matte (H, W) into "body" and sleeves, or legs, (H, W) float32 each; together they give the matte again.

    Sleeves are cut at the line shoulder - armpit (and on along ``seam``), legs below the crotch; the cuts are soft.
    """
    alpha = alpha.astype(np.float32)
    if category == Category.LOWER:
        cuts = _leg_regions(alpha.shape, landmarks)
    else:
        cuts = {f"sleeve_{s}": _sleeve_region(alpha, landmarks, s) for s in "rl" if f"cuff_outer_{s}" in landmarks}
    softness = max(0.8, 0.004 * max(alpha.shape))
    parts, rest = {}, np.ones_like(alpha)
    for name, region in cuts.items():
        share = np.minimum(cv2.GaussianBlur(region.astype(np.float32), (0, 0), softness), rest)
        parts[name] = share * alpha
        rest = rest - share
    return {"body": rest * alpha, **parts}


def _sleeve_region(alpha: np.ndarray, landmarks: Landmarks, side: Literal["r", "l"] | str) -> np.ndarray:
    """(H, W) bool: what hangs on the outer side of the armhole line, and of the seam below it."""
    height, width = alpha.shape
    shoulder, armpit = np.array(landmarks[f"shoulder_{side}"]), np.array(landmarks[f"armpit_{side}"])
    seam = np.array(landmarks.get(f"seam_{side}", armpit))
    outward = -1.0 if side == "r" else 1.0
    far = outward * 4 * width
    above = shoulder + (shoulder - armpit) * 0.5
    # The polygon's outer side is the picture's border; inward it follows the armhole and the seam.
    low = landmarks[f"cuff_inner_{side}"], landmarks[f"cuff_outer_{side}"], tuple(seam)
    floor = max(point[1] for point in low) + 0.02 * height
    if np.array_equal(seam, armpit):
        inner = np.array(landmarks[f"cuff_inner_{side}"])
        gap = _gap_line(alpha, armpit, inner, outward)
        polygon = [above, shoulder, armpit, *gap, (far, floor), (far, above[1])]
    else:
        polygon = [above, shoulder, armpit, seam, (seam[0] + outward * 2, floor), (far, floor), (far, above[1])]
    region = np.zeros((height, width), np.uint8)
    cv2.fillPoly(region, [np.round(np.array(polygon)).astype(np.int32)], (1,))
    return region > 0


def _gap_line(alpha: np.ndarray, armpit: np.ndarray, inner: np.ndarray, outward: float) -> list[tuple[float, float]]:
    """A line from the armpit down through the gap between sleeve and body: row by row, the gap's middle."""
    height, width = alpha.shape
    points: list[tuple[float, float]] = []
    x = float(armpit[0])
    step = max(2, round(0.01 * height))
    for y in range(round(armpit[1]) + step, round(min(height - 1, inner[1] + 0.03 * height)), step):
        open_columns = np.flatnonzero(alpha[y] < 0.5)
        if len(open_columns) == 0:
            break
        nearest = open_columns[np.argmin(np.abs(open_columns - x))]
        if abs(nearest - x) > 0.12 * width:
            break
        start = stop = int(nearest)
        while start > 0 and alpha[y, start - 1] < 0.5:
            start -= 1
        while stop < width - 1 and alpha[y, stop + 1] < 0.5:
            stop += 1
        body_side = stop if outward < 0 else start
        x = float(body_side) if start == 0 or stop == width - 1 else (start + stop) / 2
        points.append((x, float(y)))
    return points


def _leg_regions(shape: tuple[int, ...], landmarks: Landmarks) -> dict[str, np.ndarray]:
    if "crotch" not in landmarks:
        return {}
    height, width = shape
    y, x = np.indices((height, width))
    cx, cy = landmarks["crotch"]
    inner = [landmarks[name][0] for name in ("hem_inner_r", "hem_inner_l") if name in landmarks]
    bottom = max(landmarks["hem_r"][1], landmarks["hem_l"][1])
    middle = cx + (float(np.mean(inner)) - cx if inner else 0.0) * np.clip((y - cy) / max(bottom - cy, 1), 0, 1)
    below = y > cy
    return {"leg_r": below & (x <= middle), "leg_l": below & (x > middle)}
