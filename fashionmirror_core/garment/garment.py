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
from fashionmirror_core.garment.landmarks import place_landmarks
from fashionmirror_core.garment.parts import Landmarks, split_parts
from fashionmirror_core.garment.sight import Sight, look
from fashionmirror_core.imaging.transparency import TRANSPARENT, read_alpha
from fashionmirror_core.media.images import Picture, read_picture, shrunk
from fashionmirror_core.vocabulary import Category, CategoryChoice

LONGEST_SIDE = 1024  # pixels: a garment picture is never kept larger
SURE = 0.65  # odds below which the category is called doubtful
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
        cls, source: str | Path | np.ndarray | Picture, category: str = "auto", alpha: np.ndarray | None = None
    ) -> Garment:
        """A garment from a picture file, a picture as it was read, or an array, (H, W), (H, W, 3) or (H, W, 4) uint8.

        ``category``: "upper", "lower", "dress", or "auto" to tell it from the picture. ``alpha``: (H, W) uint8, the cut-out
        as somebody painted it; None finds it.
        Raises InputError for what is not a picture of a garment, an unknown category and an alpha of another size.
        """
        if category not in list(CategoryChoice):
            raise InputError(f"Unknown garment category {category!r}; use auto, upper, lower or dress.")
        read = _picture(source)
        given = _as_array(read.pixels)
        if alpha is not None and alpha.shape != given.shape[:2]:
            raise InputError(f"The cut-out is {alpha.shape}, the picture {given.shape[:2]}; paint it on this picture.")
        picture, sight, cutout = _cut(given) if alpha is None else _painted(given, alpha)
        image, origin = _cropped(picture[..., :3], cutout.alpha)
        warnings = [*read.notes, *cutout.warnings]
        if category == CategoryChoice.AUTO:
            worn_as, doubts = _category(sight)
            warnings += doubts
        else:
            worn_as = Category(category)
        landmarks, remarks = place_landmarks(sight, image[..., 3] / np.float32(255), origin, worn_as)
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


def _picture(source: str | Path | np.ndarray | Picture) -> Picture:
    if isinstance(source, Picture):
        return source
    return Picture(source) if isinstance(source, np.ndarray) else read_picture(source)


def _as_array(picture: np.ndarray) -> np.ndarray:
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
    if (factor := max(picture.shape[:2]) // (2 * LONGEST_SIDE)) > 1:
        picture = shrunk(picture, factor)  # as floats it would take 20 bytes a pixel
    premultiplied = picture.astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:] / 255
    small = cv2.resize(premultiplied, size, interpolation=cv2.INTER_AREA)
    colour = small[..., :3] * 255 / np.maximum(small[..., 3:], 1e-3)
    return np.clip(np.round(np.dstack([colour, small[..., 3]])), 0, 255).astype(np.uint8)


def _cut(given: np.ndarray) -> tuple[np.ndarray, Sight, Cutout]:
    """The picture (h, w, 3 or 4), not larger than LONGEST_SIDE, what is seen in it, and the cut-out of it: by its alpha,
    or by what is seen and its colours.
    """
    reading = read_alpha(given)
    picture = _limited(reading.picture)
    sight = look(picture)
    if picture.shape[2] == 4:
        cutout = _from_alpha(picture)
        return picture, sight, replace(cutout, warnings=reading.notes + cutout.warnings)
    try:
        cutout = cut_out(picture, sight.cloth(picture.shape[:2]))
        return picture, sight, replace(cutout, warnings=reading.notes + cutout.warnings)
    except InputError:
        if not reading.framed:
            raise
    # A straight skirt is cut out like a frame, but there is nothing in it.
    picture = _limited(given)
    return picture, look(picture), _from_alpha(picture, [PLAIN_RECTANGLE])


def _painted(given: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, Sight, Cutout]:
    """As ``_cut``, by an ``alpha`` (H, W) uint8 that somebody painted."""
    picture = _limited(np.dstack([given[..., :3], alpha]))
    reading = read_alpha(given)
    flat = reading.picture.shape[2] == 3 and lies_flat(_limited(reading.picture))
    return picture, look(picture), replace(_from_alpha(picture), flat=flat)


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


def _category(sight: Sight) -> tuple[Category, list[str]]:
    """The likeliest category, and a warning where another is nearly as likely."""
    (best, odds), (second, _), *_ = sorted(sight.answers["category"].items(), key=lambda pair: -pair[1])
    doubt = f"The category is doubtful: looks like {best}, perhaps {second}; choose it if it is wrong."
    return Category(best), [doubt] if odds < SURE else []


def _cropped(rgb: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """RGBA (h, w, 4) around the garment, with a transparent margin also where the picture ends at it, and where its first
    pixel lies in the picture (x, y).
    """
    rows, columns = np.flatnonzero((alpha > 0.02).any(1)), np.flatnonzero((alpha > 0.02).any(0))
    pad = max(4, round(MARGIN * max(np.ptp(rows), np.ptp(columns))))
    rgb = cv2.copyMakeBorder(rgb, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    alpha = np.pad(alpha, pad)
    window = slice(rows[0], rows[-1] + 2 * pad + 1), slice(columns[0], columns[-1] + 2 * pad + 1)
    rgb, alpha = np.ascontiguousarray(rgb[window]), np.ascontiguousarray(alpha[window])
    image = np.dstack([decontaminated(rgb, alpha), np.round(alpha * 255).astype(np.uint8)])
    return image, (float(columns[0]) - pad, float(rows[0]) - pad)
