"""What a picture's own alpha says: the outline of a person or a garment, or only a frame around a whole photo.

Alpha is no cut-out because it is there: an editor leaves a stray transparent pixel, a screenshot has a window's round
corners and shadow, a filter fades the corners out. Background removers in turn leave a haze over what they removed,
and sheer cloth comes evenly see-through. Persons and garments are both read through ``read_alpha``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from scipy import ndimage

from fashionmirror_core.errors import InputError
from fashionmirror_core.imaging.boxes import bounding_box, window
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.masks import disc

FRAMED = (
    "The picture's transparency is only a frame (a stray pixel, round corners, a shadow, a vignette): the outline is "
    "found by the colours instead."
)
HAZY = "A haze of {0} % around the cut-out was removed; nothing to do."
SHEER = (
    "The cut-out is see-through all over ({0} % opaque): it is taken as opaque; use an opaque one if it looks wrong."
)
TRANSPARENT = "The picture is fully transparent; use one that shows a person or a garment."

_SEEN = 0.15  # alpha below which nothing is shown: what removers leave
_HAZE_SHARE = 0.005  # of the picture that has to be hazy, away from the edge, before alpha is touched
_HAZE_REACH = 0.02  # of the longer side: within it of something seen, low alpha is a soft edge
_OPAQUE = 0.9  # alpha from which on cloth counts as opaque
_GRID = 64  # cells a side in which the shape is compared with its mirror images
_CONVEX, _MIRRORED, _FULL = 0.985, 0.96, 0.75  # shares that a frame has at least: of its hull, its mirrors, its box
_ALONG_BORDER = 0.75  # share of the picture's border that is covered by a picture which was not cut out
_SOFT, _SHEER_SHARE = 0.012, 0.02  # of the longer side: how soft an edge is; of what is seen: sheer cloth at least
_FADES = 0.04  # of the longer side: an edge that is softer is a vignette's


@dataclass(frozen=True)
class Reading:
    """A picture with its alpha judged.

    ``picture``: (h, w, 4) uint8 straight alpha where the alpha is a cut-out, opaque where it shows something and 0 in
    its haze; else (h, w, 3), filled where it was transparent and cropped to the frame. ``framed``: the alpha was no more
    than a frame. ``offset``: (x, y) of the picture's first pixel in the one that was given. ``notes``: a line each.
    """

    picture: np.ndarray
    framed: bool = False
    offset: tuple[int, int] = (0, 0)
    notes: list[str] = field(default_factory=list)


def read_alpha(picture: np.ndarray) -> Reading:
    """Judge the alpha of ``picture``, (H, W, 3 or 4) uint8. Raises InputError for one that is fully transparent."""
    if picture.shape[2] == 3:
        return Reading(picture)
    alpha = picture[..., 3].astype(np.float32) / 255
    seen = alpha[alpha > _SEEN]
    if len(seen) == 0:
        raise InputError(TRANSPARENT)
    opaque = _opaque_level(seen)
    solid = alpha > 0.5 * opaque
    if _is_frame(solid):
        return _without_frame(picture, alpha, solid)
    notes = []
    hazy = _haze(alpha)
    if hazy.any():
        haze = float(np.percentile(alpha[hazy], 98))
        alpha = np.where(hazy, 0, np.clip((alpha - haze) / (1 - haze), 0, 1))
        notes.append(HAZY.format(round(100 * haze)))
    if opaque < _OPAQUE:
        alpha = np.minimum(alpha / opaque, 1)
        notes.append(SHEER.format(round(100 * opaque)))
    if not notes:
        return Reading(picture)
    return Reading(np.dstack([picture[..., :3], np.round(255 * alpha).astype(np.uint8)]), notes=notes)


def _opaque_level(seen: np.ndarray) -> float:
    """The alpha that what is shown has where no edge fades it: of most of it where that is sheer, else of its clearest."""
    middle, clearest = np.percentile(seen, [50, 90])
    return float(middle if middle < 0.5 else clearest)


def _is_frame(solid: np.ndarray) -> bool:
    """Whether a silhouette (H, W) bool is a rectangle, round or not, or an ellipse, or runs along the picture's border.

    Such shapes are convex and mirror themselves both ways, which no person and hardly a garment does.
    """
    border = np.concatenate([solid[0], solid[-1], solid[:, 0], solid[:, -1]])
    if border.mean() > _ALONG_BORDER:
        return True
    filled = ndimage.binary_fill_holes(solid).astype(np.uint8)
    contours, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=cv2.contourArea)
    area = cv2.contourArea(outline)
    several = area < 0.98 * filled.sum() - len(outline)
    if area < _GRID or several or area < _CONVEX * cv2.contourArea(cv2.convexHull(outline)):
        return False
    corners = cv2.boxPoints(cv2.minAreaRect(outline))
    onto = np.array([(0, 0), (_GRID, 0), (_GRID, _GRID)], np.float32) - np.float32(0.5)
    grid = cv2.warpAffine(255 * filled, cv2.getAffineTransform(corners[:3], onto), (_GRID, _GRID)) > 127
    mirrored = [(grid & other).sum() / (grid | other).sum() for other in (grid[::-1], grid[:, ::-1])]
    return bool(grid.mean() > _FULL and min(mirrored) > _MIRRORED)


def _without_frame(picture: np.ndarray, alpha: np.ndarray, solid: np.ndarray) -> Reading:
    """The photo inside of the frame: its corners and holes continue what is around them."""
    fading = ((alpha > 0.5) & (alpha < _OPAQUE)).sum()
    rim = (solid ^ cv2.erode(solid.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=(1,)).astype(bool)).sum()
    vignette = fading > _FADES * max(solid.shape) * max(int(rim), 1)
    known = alpha > _SEEN if vignette else solid  # a vignette's colours are true, a shadow's are black
    box = bounding_box(known)
    assert box is not None  # a frame holds something
    colour = push_pull(picture[window(box)][..., :3], known[window(box)].astype(np.float32))
    photo = np.clip(np.rint(colour), 0, 255).astype(np.uint8)
    return Reading(photo, True, box[:2], [FRAMED])


def _haze(alpha: np.ndarray) -> np.ndarray:
    """(H, W) bool: where a faint alpha is left over the background; nowhere if it is a few specks."""
    reach = max(3, round(_HAZE_REACH * max(alpha.shape)))
    away = cv2.distanceTransform((alpha <= _SEEN).astype(np.uint8), cv2.DIST_L2, 3) > reach
    hazy = away & (alpha > 0) & (alpha <= _SEEN)
    return hazy if hazy.sum() > _HAZE_SHARE * alpha.size else np.zeros_like(hazy)


def sheer(alpha: np.ndarray) -> np.ndarray:
    """(H, W) bool: where cloth is see-through, and not only at its soft edge. alpha: (H, W) float32 in [0, 1]."""
    seen = alpha > _SEEN
    reach = max(2.0, _SOFT * max(alpha.shape))
    within = cv2.distanceTransform(np.pad(seen, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1] > reach
    inner = cv2.morphologyEx((within & (alpha < _OPAQUE)).astype(np.uint8), cv2.MORPH_OPEN, disc(reach / 2))
    if inner.sum() < _SHEER_SHARE * seen.sum():
        return np.zeros(alpha.shape, bool)
    # It reaches to the cloth's own edge there.
    grown = cv2.dilate(inner, disc(reach + 1))
    return (grown > 0) & seen
