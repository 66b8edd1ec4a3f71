"""A garment's pieces: body and sleeves, or body and trouser legs.

The armhole is the straight line from shoulder to armpit, so that a piece begins where the fit's seam is. Below the armpit
a sleeve is what the clothes encoder takes for one: only it can tell a sleeve that lies against the body from the body.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from fashionmirror_core.imaging.nearest import nearest_known
from fashionmirror_core.vocabulary import Category

Point = tuple[float, float]
Landmarks = dict[str, Point]
"""Landmark -> (x, y) in pixels of the cut-out; "_r" is the wearer's right, the picture's left."""

_ABOVE_ARMPIT = 0.9  # share of the armhole from which on the encoder begins to be asked
_FOLDED_IN = 0.25  # of the armhole's length: what lies farther inward can be a sleeve folded over the body
_SMOOTH = 0.006  # of the picture's larger side: how far the encoder's edges are smoothed


def split_parts(
    alpha: np.ndarray, landmarks: Landmarks, category: Category, seen: Mapping[str, np.ndarray] | None = None
) -> dict[str, np.ndarray]:
    """Cut a matte (H, W) into "body" and sleeves, or legs, (H, W) float32 each; together they give the matte again.

    seen: "sleeve_r", "sleeve_l" -> how likely each pixel is that sleeve's and not the body's, in [0, 1], a map of any size
    that covers the matte; a sleeve that is missing there is cut along its landmarks. Legs are cut below the crotch. The
    cuts are soft.
    """
    alpha = alpha.astype(np.float32)
    seen = seen or {}
    if category == Category.LOWER:
        cuts = _leg_regions(alpha.shape, landmarks)
    else:
        cuts = {
            f"sleeve_{side}": _sleeve_region(alpha, landmarks, side, seen.get(f"sleeve_{side}"))
            for side in "rl"
            if {f"cuff_outer_{side}", f"cuff_inner_{side}", f"shoulder_{side}", f"armpit_{side}"} <= landmarks.keys()
        }
    softness = max(0.8, 0.004 * max(alpha.shape))
    parts, rest = {}, np.ones_like(alpha)
    for name, region in cuts.items():
        share = np.minimum(cv2.GaussianBlur(region.astype(np.float32), (0, 0), softness), rest)
        parts[name] = share * alpha
        rest = rest - share
    return {"body": rest * alpha, **parts}


def _sleeve_region(alpha: np.ndarray, landmarks: Landmarks, side: str, seen: np.ndarray | None) -> np.ndarray:
    """(H, W) bool: the sleeve, and what of the empty picture around lies nearer to it than to the body."""
    shoulder, armpit = np.array(landmarks[f"shoulder_{side}"]), np.array(landmarks[f"armpit_{side}"])
    length = max(float(np.hypot(*(armpit - shoulder))), 1.0)
    down = (armpit - shoulder) / length
    out = np.array([-down[1], down[0]]) if side == "r" else np.array([down[1], -down[0]])
    y, x = np.indices(alpha.shape, dtype=np.float32)
    along = ((x - shoulder[0]) * down[0] + (y - shoulder[1]) * down[1]) / length
    beyond = (x - shoulder[0]) * out[0] + (y - shoulder[1]) * out[1]
    if seen is None:
        likely = _along_landmarks(alpha.shape, landmarks, side)
    else:
        if seen.shape != alpha.shape:
            seen = cv2.resize(seen, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
        likely = cv2.GaussianBlur(seen, (0, 0), max(1.0, _SMOOTH * max(alpha.shape))) > 0.5
    armhole = along < _ABOVE_ARMPIT
    inside = armhole & (beyond <= 0) & (beyond > -_FOLDED_IN * length)
    region = (likely | (armhole & (beyond > 0))) & ~inside
    return _joined(region, alpha)


def _joined(region: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The region's largest piece of cloth, and what of the empty picture is nearer to it than to other cloth."""
    cloth = alpha > 0.5
    count, labels, stats, _ = cv2.connectedComponentsWithStats((region & cloth).astype(np.uint8))
    if count < 2:
        return region & cloth
    mine = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return mine.reshape(-1)[nearest_known(cloth)[0]]


def _along_landmarks(shape: tuple[int, ...], landmarks: Landmarks, side: str) -> np.ndarray:
    """(H, W) bool: a band from the armhole over the elbow to the cuff, as wide as these are."""
    corner = {
        name: np.array(landmarks[f"{name}_{side}"]) for name in ("shoulder", "armpit", "cuff_outer", "cuff_inner")
    }
    ends = [corner["shoulder"], corner["armpit"]], [corner["cuff_outer"], corner["cuff_inner"]]
    line = [np.mean(ends[0], 0), np.mean(ends[1], 0)]
    if f"elbow_{side}" in landmarks:
        line.insert(1, np.array(landmarks[f"elbow_{side}"]))
    wide, narrow = (float(np.hypot(*(a - b))) for a, b in ends)
    widths = np.linspace(wide, narrow, len(line))
    region = np.zeros(shape[:2], np.uint8)
    if len(line) == 2:
        outline = [corner[name] for name in ("shoulder", "cuff_outer", "cuff_inner", "armpit")]
        cv2.fillPoly(region, [np.round(outline).astype(np.int32)], (1,))
        return region > 0
    for start, end, first, last in zip(line, line[1:], widths, widths[1:], strict=False):
        across = np.array([start[1] - end[1], end[0] - start[0]]) / max(float(np.hypot(*(end - start))), 1e-3) / 2
        outline = [start + first * across, end + last * across, end - last * across, start - first * across]
        cv2.fillPoly(region, [np.round(outline).astype(np.int32)], (1,))
    cv2.circle(region, tuple(int(v) for v in np.round(line[1])), round(float(widths[1]) / 2), (1,), -1)
    return region > 0


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
