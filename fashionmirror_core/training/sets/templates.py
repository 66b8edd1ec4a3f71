"""Where on their pictures rendered people wear their garments: from the body template's coordinates, told by their frames.

The template stands as the garments in their in-shop pictures do, arms apart, so its rows are theirs, from neck to hem or
from waist to hem; across, trunks, legs and sleeves go from edge to edge. Prints of the pictures, moved so, come to lie on
those that people wear who face the camera.
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.garment.parts import split_parts
from fashionmirror_core.garment.sight import in_square
from fashionmirror_core.networks.garment_encoder import SIZE
from fashionmirror_core.training.clips import Clip, GarmentPicture
from fashionmirror_core.training.sets.packed import Draped
from fashionmirror_core.vocabulary import Category

# The template, decimetres: x to its left, y up.
_ARM = np.array([(1.6, 5.1), (3.0, 3.75), (4.5, 1.95)])  # shoulder, elbow, wrist
_ARM_HALF = ((0.0, 1.0, 2.0, 4.0), (0.62, 0.55, 0.48, 0.38))  # along the arm, half its width
_TOP, _CROTCH = 5.77, -1.6
_TRUNK_HALF, _SKIRT_HALF = 1.6, 1.58
_HIPS_HALF = ((-1.6, 0.0, 2.0), (1.95, 1.75, 1.6))  # rows of trousers, half the width of their trunk
_LEG_MIDDLE = ((-8.0, -6.4, -5.6, -4.0, -3.2, -2.4, -1.4), (2.2, 2.03, 1.96, 1.6, 1.47, 1.2, 0.9))
_SLEEVE_FROM = 1.62, 1.0  # beyond this x, above this y
_LEAST_PIXELS = 50  # of a garment that is seen
_BEYOND = 1.05  # of a half width: nothing lies farther out


def told_looks(clip: Clip) -> list[Draped]:
    """Of every swap of a staged clip whose target frame tells the template's coordinates: each garment on the source."""
    found = []
    for look in clip.looks:
        template = clip.templates.get(look.dressed[0]) if look.dressed is not None else None
        if look.kind != "swap" or template is None or look.dressed is None or template.frame != look.dressed[1]:
            continue
        labels = clip.takes[look.dressed[0]].labels[look.dressed[1]]
        for key in look.garments:
            picture = clip.garments[key]
            clothing = labels == Category(picture.category).label
            worn = clothing & np.isfinite(template.places[..., 0])
            if picture.landmarks and worn.sum() >= _LEAST_PIXELS:
                factor, offset = in_square(picture.image)[1:]
                places = ((places_told(template.places, worn, picture) + 0.5) * factor + offset) / SIZE
                found.append(Draped(look.source, key, places, clothing.astype(np.uint8) * 255, told=True))
    return found


def places_told(template: np.ndarray, worn: np.ndarray, garment: GarmentPicture) -> np.ndarray:
    """(H, W, 2) float32, pixels of the garment's picture, NaN where it isn't worn. template: (H, W, 3), decimetres. worn:
    (H, W) bool.
    """
    x, y = template[..., 0], template[..., 1]
    marks = {name: np.array(point) for name, point in garment.landmarks.items()}
    alpha = garment.image[..., 3].astype(np.float32) / 255
    parts = split_parts(alpha, garment.landmarks, Category(garment.category))
    if garment.category != Category.LOWER:
        places = _on_top(x, y, worn, marks, parts["body"] > 0.5)
    elif "crotch" in marks:
        places = _on_trousers(x, y, worn, marks, alpha > 0.5, parts)
    else:
        rows = _rows(
            y, (np.percentile(y[worn], 99.5), _row(marks, "waist")), (np.percentile(y[worn], 0.5), _row(marks, "hem"))
        )
        places = _across(x / _SKIRT_HALF, rows, alpha > 0.5)
    return np.where(worn[..., None], places, np.nan).astype(np.float32)


def _row(marks: dict[str, np.ndarray], name: str) -> float:
    return float(marks[f"{name}_r"][1] + marks[f"{name}_l"][1]) / 2


def _rows(y: np.ndarray, first: tuple[float, float], last: tuple[float, float]) -> np.ndarray:
    """The picture's rows at the template's y; both ends as (y, row)."""
    return first[1] + (first[0] - y) / max(first[0] - last[0], 0.1) * (last[1] - first[1])


def _across(share: np.ndarray, rows: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """(H, W, 2): from the left edge of the cloth (-1) to its right edge (1), in these rows of the picture."""
    known = np.flatnonzero(cloth.any(1))
    if not len(known):
        return np.full((*rows.shape, 2), np.nan)
    ends = np.array([(line[0], line[-1]) for line in (np.flatnonzero(cloth[row]) for row in known)], np.float32)
    ends = cv2.GaussianBlur(ends, (1, 0), 0.1, sigmaY=2.0) if len(ends) > 8 else ends
    low, high = (np.interp(rows, known, ends[:, k]) for k in (0, 1))
    return np.stack([(low + high) / 2 + np.clip(share, -_BEYOND, _BEYOND) * (high - low) / 2, rows], -1)


def _on_top(
    x: np.ndarray, y: np.ndarray, worn: np.ndarray, marks: dict[str, np.ndarray], body: np.ndarray
) -> np.ndarray:
    """Of tops and dresses."""
    sleeved = {
        sign for side, sign in (("r", -1), ("l", 1)) if {f"cuff_outer_{side}", f"shoulder_{side}"} <= marks.keys()
    }
    sleeve = (np.abs(x) > _SLEEVE_FROM[0]) & (y > _SLEEVE_FROM[1]) & np.isin(np.sign(x), sorted(sleeved))
    trunk = worn & ~sleeve
    seen = trunk if trunk.sum() >= _LEAST_PIXELS else worn
    top, hem = min(_TOP, float(np.percentile(y[worn], 99.7))), float(np.percentile(y[seen], 0.5))
    rows = _rows(y, (top, _row(marks, "neck")), (hem, _row(marks, "hem")))
    wide = max(_TRUNK_HALF, float(np.percentile(np.abs(x[seen]), 99)))
    places = _across(x / np.where(y < _SLEEVE_FROM[1], wide, _TRUNK_HALF), rows, body)
    for side, sign in (("r", -1), ("l", 1)):
        mine = sleeve & (np.sign(x) == sign)
        if sign in sleeved and (mine & worn).any():
            places[mine] = _on_sleeve(np.stack([sign * x[mine], y[mine]], -1), worn[mine], marks, side)
    return places


def _on_sleeve(points: np.ndarray, worn: np.ndarray, marks: dict[str, np.ndarray], side: str) -> np.ndarray:
    """(n, 2): from armhole to cuff, and from edge to edge. points: (n, 2), of the template's left arm."""
    ways = np.diff(_ARM, axis=0)
    lengths = np.hypot(*ways.T)
    units = ways / lengths[:, None]
    apart = points[:, None] - _ARM[:-1]
    along = (apart * units).sum(2)
    within = np.stack([np.minimum(along[:, 0], lengths[0]), np.maximum(along[:, 1], 0)], 1)
    far = np.hypot(*np.moveaxis(apart - within[..., None] * units, -1, 0))
    aside = apart[..., 1] * units[:, 0] - apart[..., 0] * units[:, 1]
    bone = far.argmin(1)
    each = np.arange(len(points))
    along, aside = within[each, bone] + bone * lengths[0], aside[each, bone]
    share = np.clip(along / max(float(np.percentile(along[worn], 98)), 0.3), -0.2, _BEYOND)
    hole = (marks[f"shoulder_{side}"] + marks[f"armpit_{side}"]) / 2
    cuff = (marks[f"cuff_outer_{side}"] + marks[f"cuff_inner_{side}"]) / 2
    out = (cuff - hole) / max(float(np.hypot(*(cuff - hole))), 1.0)
    over = np.array([out[1], -out[0]])
    over = over if over @ (marks[f"shoulder_{side}"] - hole) > 0 else -over
    halves = [
        float(np.hypot(*(marks[f"{a}_{side}"] - marks[f"{b}_{side}"]))) / 2
        for a, b in (("shoulder", "armpit"), ("cuff_outer", "cuff_inner"))
    ]
    half = halves[0] + np.clip(share, 0, 1) * (halves[1] - halves[0])
    level = np.clip(aside / np.interp(along, *_ARM_HALF), -_BEYOND, _BEYOND) * half
    return hole + share[:, None] * (cuff - hole) + level[:, None] * over


def _on_trousers(
    x: np.ndarray,
    y: np.ndarray,
    worn: np.ndarray,
    marks: dict[str, np.ndarray],
    cloth: np.ndarray,
    parts: dict[str, np.ndarray],
) -> np.ndarray:
    top, hem = (float(np.percentile(y[worn], share)) for share in (99.5, 0.5))
    ends = (top, _row(marks, "waist")), (_CROTCH, float(marks["crotch"][1])), (hem, _row(marks, "hem"))
    if hem > _CROTCH - 0.5:  # hardly any legs
        rows = _rows(y, ends[0], ends[2])
    else:
        rows = np.where(y > _CROTCH, _rows(y, ends[0], ends[1]), _rows(y, ends[1], ends[2]))
    places = _across(x / np.interp(y, *_HIPS_HALF), rows, cloth)
    aside = np.abs(x) - np.interp(y, *_LEG_MIDDLE)
    legs = worn & (y < _CROTCH - 1)
    half = float(np.percentile(np.abs(aside[legs]), 96)) if legs.sum() >= _LEAST_PIXELS else 0.4
    for side, sign in (("r", -1), ("l", 1)):
        mine = (y < _CROTCH - 0.3) & (sign * x > 0)
        leg = _across(sign * aside / half, rows, parts[f"leg_{side}"] > 0.5)
        places = np.where(mine[..., None], leg, places)
    return places
