"""A picture of one garment becomes a Garment: cut out, its category known, its landmarks and parts found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.cutout import ALL_GARMENT, NOTHING_FOUND, Cutout, cut_out, decontaminated, lies_flat
from fashionmirror_core.garment.landmarks import Landmarks, find_landmarks, silhouette_events
from fashionmirror_core.garment.outline import Outline
from fashionmirror_core.garment.parts import split_parts
from fashionmirror_core.imaging.transparency import TRANSPARENT, read_alpha
from fashionmirror_core.vocabulary import Category, CategoryChoice

LONGEST_SIDE = 1024  # pixels: a garment picture is never kept larger
MARGIN = 0.02  # of the garment's longer side, around it
PLAIN_RECTANGLE = "The cut-out is doubtful: it is a plain rectangle, with no garment to be seen in it; look at it."


@dataclass
class Garment:
    """A garment alone.

    ``image``: (H, W, 4) uint8, RGBA with straight alpha, cropped to the garment and a small margin; the colours are
    continued under and beyond the soft edge. ``landmarks``: name -> (x, y)
    in pixels of ``image``, "_r" is the wearer's right (the picture's left). ``warnings``: one line each. ``flat``: laid
    out flat, so that its picture shows half its girth and not the width it has when worn.
    """

    image: np.ndarray
    category: Category
    landmarks: Landmarks
    warnings: list[str] = field(default_factory=list)
    flat: bool = False

    @classmethod
    def from_photo(
        cls, source: str | Path | np.ndarray, category: str = "auto", alpha: np.ndarray | None = None
    ) -> Garment:
        """A garment from a picture file or an array, (H, W), (H, W, 3) or (H, W, 4) uint8.

        ``category``: "upper", "lower", "dress", or "auto" to tell it from the shape. ``alpha``: (H, W) uint8, the cut-out
        as somebody painted it; None finds it.
        Raises InputError for what is not a picture of a garment, an unknown category and an alpha of another size.
        """
        if category not in list(CategoryChoice):
            raise InputError(f"Unknown garment category {category!r}; use auto, upper, lower or dress.")
        given = _as_array(source)
        if alpha is not None and alpha.shape != given.shape[:2]:
            raise InputError(f"The cut-out is {alpha.shape}, the picture {given.shape[:2]}; paint it on this picture.")
        picture, cutout = _cut(given) if alpha is None else _painted(given, alpha)
        image = _cropped(picture[..., :3], cutout.alpha)
        warnings = list(cutout.warnings)
        outline = Outline.of(np.ascontiguousarray(image[..., :3]), image[..., 3] / np.float32(255))
        if category == CategoryChoice.AUTO:
            worn_as, doubts = guess_category(outline)
            warnings += doubts
        else:
            worn_as = Category(category)
        landmarks, remarks = find_landmarks(outline, worn_as)
        return cls(image, worn_as, landmarks, warnings + remarks, cutout.flat)

    @property
    def alpha(self) -> np.ndarray:
        """(H, W) float32 in [0, 1]."""
        return self.image[..., 3].astype(np.float32) / 255

    @property
    def sleeves(self) -> Literal["none", "short", "long"]:
        """Told by the landmarks: no cuff, cuffs, or cuffs with an elbow above them."""
        if any(f"elbow_{side}" in self.landmarks for side in "rl"):
            return "long"
        return "short" if any(f"cuff_outer_{side}" in self.landmarks for side in "rl") else "none"

    def part_masks(self) -> dict[str, np.ndarray]:
        """Soft masks (H, W) float32 that add up to the alpha: "body" and "sleeve_r", "sleeve_l" or "leg_r", "leg_l"."""
        return split_parts(self.alpha, self.landmarks, self.category)


def _as_array(source: str | Path | np.ndarray) -> np.ndarray:
    if isinstance(source, np.ndarray):
        picture = source
    else:
        from fashionmirror_core.media.images import read_image

        picture = read_image(source)
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    if picture.ndim != 3 or picture.shape[2] not in (3, 4) or picture.dtype != np.uint8:
        raise InputError("The garment picture has an unknown layout; use 8-bit grey, RGB or RGBA.")
    if min(picture.shape[:2]) < 16:
        raise InputError("The garment picture is too small; use one of at least 200 pixels on its longer side.")
    return picture


def _limited(picture: np.ndarray) -> np.ndarray:
    scale = LONGEST_SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (max(16, round(picture.shape[1] * scale)), max(16, round(picture.shape[0] * scale)))
    if picture.shape[2] == 3:
        return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    alpha = picture[..., 3:].astype(np.float32)
    small = cv2.resize(np.dstack([picture[..., :3] * (alpha / 255), alpha]), size, interpolation=cv2.INTER_AREA)
    colour = small[..., :3] * 255 / np.maximum(small[..., 3:], 1e-3)
    return np.clip(np.round(np.dstack([colour, small[..., 3]])), 0, 255).astype(np.uint8)


def _cut(given: np.ndarray) -> tuple[np.ndarray, Cutout]:
    """The picture (h, w, 3 or 4), not larger than LONGEST_SIDE, and the cut-out of it: by its alpha or by its colours."""
    reading = read_alpha(given)
    picture = _limited(reading.picture)
    if picture.shape[2] == 4:
        cutout = _from_alpha(picture)
        return picture, replace(cutout, warnings=reading.notes + cutout.warnings)
    try:
        cutout = cut_out(picture)
        return picture, replace(cutout, warnings=reading.notes + cutout.warnings)
    except InputError:
        if not reading.framed:
            raise
    # A straight skirt is cut out like a frame, but there is nothing in it.
    picture = _limited(given)
    return picture, _from_alpha(picture, [PLAIN_RECTANGLE])


def _painted(given: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, Cutout]:
    """As ``_cut``, by an ``alpha`` (H, W) uint8 that somebody painted."""
    picture = _limited(np.dstack([given[..., :3], alpha]))
    reading = read_alpha(given)
    flat = reading.picture.shape[2] == 3 and lies_flat(_limited(reading.picture))
    return picture, replace(_from_alpha(picture), flat=flat)


def _from_alpha(picture: np.ndarray, warnings: Sequence[str] = ()) -> Cutout:
    """The picture's own alpha, if it shows something."""
    alpha = picture[..., 3].astype(np.float32) / 255
    solid = (alpha > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    if count <= 1:
        raise InputError(TRANSPARENT)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if areas.max() < max(64, 0.001 * solid.size):
        raise InputError(NOTHING_FOUND)
    if solid.mean() > 0.995:
        raise InputError(ALL_GARMENT)
    crumbs = np.isin(labels, np.flatnonzero(areas < 0.02 * areas.max()) + 1)
    return Cutout(np.where(crumbs, 0, alpha).astype(np.float32), list(warnings))


def _cropped(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """RGBA (h, w, 4) around the garment, with a transparent margin also where the picture ends at it."""
    rows, columns = np.flatnonzero((alpha > 0.02).any(1)), np.flatnonzero((alpha > 0.02).any(0))
    pad = max(4, round(MARGIN * max(np.ptp(rows), np.ptp(columns))))
    rgb = cv2.copyMakeBorder(rgb, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    alpha = np.pad(alpha, pad)
    window = slice(rows[0], rows[-1] + 2 * pad + 1), slice(columns[0], columns[-1] + 2 * pad + 1)
    rgb, alpha = np.ascontiguousarray(rgb[window]), np.ascontiguousarray(alpha[window])
    return np.dstack([decontaminated(rgb, alpha), np.round(alpha * 255).astype(np.uint8)])


# --- category ----------------------------------------------------------------------------------------------------


def guess_category(outline: Outline) -> tuple[Category, list[str]]:
    """Category by the silhouette's shape, and a warning where the choice is close."""
    scores = _CATEGORY_WEIGHTS @ shape_features(outline) + _CATEGORY_BIAS
    odds = np.exp(scores - scores.max())
    odds /= odds.sum()
    best, second = np.argsort(odds)[::-1][:2]
    warnings = []
    if odds[best] < SURE:
        likely, other = (list(Category)[k] for k in (best, second))
        warnings.append(f"The category is doubtful: looks like {likely}, perhaps {other}; choose it if it is wrong.")
    return list(Category)[best], warnings


def shape_features(outline: Outline) -> np.ndarray:
    """(59,): how tall, how full, its events, and the fill of twelve bands in four columns from side to axis."""
    left, top, right, bottom = outline.box
    mask = outline.mask[top : bottom + 1, left : right + 1].astype(np.float32)
    height, width = mask.shape
    grid = cv2.resize(mask, (33, 24), interpolation=cv2.INTER_AREA)
    bands = np.add.reduceat((grid + grid[:, ::-1]) / 2, _BANDS, axis=0) / np.diff([*_BANDS, 24])[:, None]
    columns = np.stack([bands[:, :6].mean(1), bands[:, 6:12].mean(1), bands[:, 12:16].mean(1), bands[:, 16]], axis=1)
    tall = np.log(height / width)
    return np.concatenate([[tall, tall**2, mask.mean()], silhouette_events(outline), columns.ravel()])


_BANDS = [0, 1, 2, 3, 4, 6, 8, 11, 14, 18, 21, 23]  # first rows, of 24; narrow where necks, waists and hems are
SURE = 0.65  # odds below which the category is called doubtful

# Multinomial logistic regression on shape_features (L2 0.0003), fitted to silhouettes of CC0 pictures only: the 1,427
# in-shop pictures of the catwalk set's train split and 420 photos of the garments set as cut out by cutout.py. Right
# for 59 of 59 catwalk val pictures and 156 of 180 held-out photos (whose cut-outs are not all right themselves).
# Rows: upper, lower, dress. First line: log(h / w), its square, fullness, silhouette_events; then bands, side to axis.
_CATEGORY_BIAS = np.array([-0.453, 22.946, -22.494])
# fmt: off
_CATEGORY_WEIGHTS = np.array([
    [-1.868, -1.079, 0.537, 0.514, 0.205, 17.204, -0.623, 25.588, 0.940, 0.248, -0.277,
     -4.50, -1.45, 1.08, -0.32, -0.18, -1.85, -0.69, 1.85, -0.98, 1.27, -4.45, 4.33, 1.41, 1.57, 2.25, -3.03,
     1.03, -4.69, -1.69, 3.98, 1.01, 1.83, -11.35, -0.14, 4.10, 7.26, -3.44, 0.48, -0.95, 5.80, 1.93, 1.15,
     -0.48, -3.54, 1.34, 1.76, -0.45, -4.84, -0.61, 1.75, 2.23, 0.86, -0.48, 0.26, -1.35, 0.39, 1.18, -2.37],
    [-2.464, 0.311, 0.892, -1.520, 1.738, -50.335, -0.238, -54.147, -3.097, 0.120, -0.141,
     7.16, 3.15, -1.80, -0.24, -2.35, 3.36, -2.58, -1.83, -0.17, -0.33, 0.91, -2.22, 0.83, -2.13, -2.64, -0.17,
     1.05, -0.27, -3.90, -2.37, -0.83, 1.11, 5.14, -0.69, 0.34, -1.86, -2.01, -1.31, -0.77, -0.86, -2.61, -1.32,
     2.85, 1.54, -0.93, -1.39, -0.41, 3.77, 0.22, -1.35, -1.58, -3.29, 0.55, -0.79, 0.71, -0.25, -1.22, 2.28],
    [4.332, 0.768, -1.429, 1.006, -1.943, 33.131, 0.861, 28.560, 2.157, -0.368, 0.418,
     -2.66, -1.70, 0.72, 0.56, 2.53, -1.51, 3.28, -0.01, 1.15, -0.95, 3.54, -2.12, -2.24, 0.56, 0.38, 3.21,
     -2.07, 4.96, 5.59, -1.61, -0.18, -2.94, 6.21, 0.83, -4.44, -5.39, 5.46, 0.83, 1.71, -4.94, 0.68, 0.16,
     -2.36, 2.00, -0.40, -0.37, 0.86, 1.07, 0.39, -0.39, -0.64, 2.43, -0.07, 0.53, 0.64, -0.15, 0.04, 0.10],
])
# fmt: on
