"""A picture of one garment becomes a Garment: cut out, its category known, its landmarks and parts found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

import cv2
import numpy as np
from PIL import Image

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.close import looked_closely
from fashionmirror_core.garment.cutout import ALL_GARMENT, NOTHING_FOUND, Cutout, cut_out, decontaminated, lies_flat
from fashionmirror_core.garment.doubts import (
    NO_GARMENT,
    SEVERAL,
    SEVERAL_TOUCH,
    STILL_WORN,
    WHICH_WAY_UP,
    kind_remarks,
    pieces,
    refusal,
    seems_several,
    turn_remarks,
    usual_piece,
)
from fashionmirror_core.garment.landmarks import on_body, place_landmarks
from fashionmirror_core.garment.outlined import weighed
from fashionmirror_core.garment.parts import Landmarks, Point, split_parts
from fashionmirror_core.garment.sight import Sight, look
from fashionmirror_core.garment.unfolding import unfolded
from fashionmirror_core.imaging.transparency import TRANSPARENT, read_alpha
from fashionmirror_core.media.images import Picture, of_pillow, read_picture, shrunk
from fashionmirror_core.vocabulary import Category, CategoryChoice, SleeveChoice

LONGEST_SIDE = 1024  # pixels: a garment picture is never kept larger
SURE = 0.65  # odds below which the category is called doubtful
MARGIN = 0.02  # of the garment's longer side, around it
PARTS_SIDE = 512  # pixels, longest side of a map of parts
UNSEEN_SLEEVE = 0.01  # of the garment's cloth: a sleeve with less isn't seen
OF_BACK = "The back's picture: "  # before what is noted about it
ANOTHER_KIND = "It looks like another kind of garment than the front; use a picture of the same one."
SAME_KIND = 0.1  # odds of the front's category below which the back is said to be of another
Source: TypeAlias = str | Path | np.ndarray | Picture | Image.Image
PLAIN_RECTANGLE = "The cut-out is doubtful: it is a plain rectangle, with no garment to be seen in it; look at it."


@dataclass
class Garment:
    """A garment alone.

    ``image``: (H, W, 4) uint8, RGBA with straight alpha, cropped to the garment and a small margin; the colours are
    continued under and beyond the soft edge. ``landmarks``: name -> (x, y)
    in pixels of ``image``, "_r" is the wearer's right (the picture's left). ``warnings``: one line each. ``flat``: laid
    out flat, so that its picture shows half its girth and not the width it has when worn. ``turns``: quarter turns
    clockwise by which the picture was turned upright. ``pieces``: what the garments in the picture are called, "the left
    one", where there are several; ``picked``: which of them this is, from 1, 0 where there is one. ``sleeve_shares``:
    see ``parts.split_parts``; empty where the landmarks alone tell. ``sight``: what was seen of it in its picture, upright.
    ``in_picture``: the landmarks in pixels of the picture as it was given, before any sleeve was laid out. ``origin``:
    (2, 3), what takes a pixel of the upright picture that ``sight`` is of to that picture. ``back``: the same garment seen
    from behind, where a picture of it was given. ``chosen_sleeves``: as somebody chose them.
    """

    image: np.ndarray
    category: Category
    landmarks: Landmarks
    warnings: list[str] = field(default_factory=list)
    flat: bool = False
    turns: int = 0
    pieces: tuple[str, ...] = ()
    picked: int = 0
    sleeve_shares: dict[str, np.ndarray] = field(default_factory=dict)
    sight: Sight | None = None
    in_picture: Landmarks = field(default_factory=dict)
    origin: np.ndarray | None = None
    back: Garment | None = None
    chosen_sleeves: SleeveChoice = SleeveChoice.AUTO

    @classmethod
    def from_photo(
        cls,
        source: Source,
        category: str = "auto",
        alpha: np.ndarray | None = None,
        turns: int | None = None,
        pick: int | None = None,
        trusted: bool = False,
        sleeves: str = "auto",
        moved: Mapping[str, Point] | None = None,
        back: Source | Garment | None = None,
    ) -> Garment:
        """A garment from a picture file, a picture as read, Pillow's, or an array, (H, W), (H, W, 3) or (H, W, 4) uint8.

        ``category``: "upper", "lower", "dress", or "auto" to tell it from the picture. ``alpha``: (H, W) uint8, the cut-out
        as somebody painted it; None finds it. ``turns``: quarter turns clockwise that make the picture upright; None finds
        out. ``pick``: which of several garments, from 1, left to right or top to bottom; None takes the largest. Where a
        category is chosen or a cut-out painted, what looks like no garment is worn too, with a warning. ``trusted``: the
        picture shows one garment alone, whatever it looks like; nothing is doubted. ``sleeves``: "none", "short", "long",
        or "auto" to see. ``moved``: landmarks as somebody placed them, in pixels of the picture as it is given.
        ``back``: a picture of the same garment from behind, or what was made of one; its category is the front's.
        Raises InputError for what is not a picture of a garment, an unknown category, an alpha of another size and a pick
        that isn't there.
        """
        if category not in list(CategoryChoice):
            raise InputError(f"Unknown garment category {category!r}; use auto, upper, lower or dress.")
        read = _picture(source)
        given = _as_array(read.pixels)
        if alpha is not None and alpha.shape != given.shape[:2]:
            raise InputError(f"The cut-out is {alpha.shape}, the picture {given.shape[:2]}; paint it on this picture.")
        if sleeves not in list(SleeveChoice):
            raise InputError(f"Unknown sleeves {sleeves!r}; use auto, none, short or long.")
        choice = _Choice(turns, pick, trusted, SleeveChoice(sleeves), moved or {})
        if alpha is not None:
            garment = _made(_painted(given, alpha, turns), category, choice)
        else:
            garment = _judged(given, category, choice)
        garment.warnings = [*read.notes, *garment.warnings]
        if back is None:
            return garment
        behind = back if isinstance(back, Garment) else Garment.from_photo(back, garment.category)
        return garment.with_back(behind)

    def with_back(self, back: Garment) -> Garment:
        """This garment with another picture of it, from behind; what was noticed about that one is noted, too.

        Raises InputError where the two are of different categories.
        """
        if back.category != self.category:
            raise InputError(
                f"The front is of the category {self.category}, the back of {back.category}; give two pictures of one "
                "garment, or choose the category."
            )
        own = [note for note in self.warnings if not note.startswith(OF_BACK)]
        notes = [*back.warnings, ANOTHER_KIND] if self._differs(back) else back.warnings
        return replace(self, back=back, warnings=[*own, *(f"{OF_BACK}{note}" for note in notes)])

    def _differs(self, back: Garment) -> bool:
        """Whether the back's picture shows a garment of another category, whichever was chosen for it."""
        if self.sight is None or back.sight is None:
            return False
        return back.sight.chance("category", self.sight.answer("category")) < SAME_KIND

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
        """Soft masks (H, W) float32 that add up to the alpha: "body" and "sleeve_r", "sleeve_l" or "leg_r", "leg_l".

        They are made once, and can't be written to.
        """
        return dict(self._parts)

    @cached_property
    def _parts(self) -> dict[str, np.ndarray]:
        parts = split_parts(self.alpha, self.landmarks, self.category, self.sleeve_shares)
        for share in parts.values():
            share.flags.writeable = False
        return parts

    def seen_parts(self, size: tuple[int, ...]) -> np.ndarray:
        """Which part (an index of ``networks.garment_encoder.PARTS``) the encoder sees at each pixel of the picture as it
        was given, of this height and width: (h, w) uint8, a copy at most PARTS_SIDE large.
        """
        factor = min(1.0, PARTS_SIDE / max(size))
        height, width = (max(1, round(side * factor)) for side in size)
        if self.sight is None or self.origin is None:
            return np.zeros((height, width), np.uint8)
        likeliest = self.sight.parts.argmax(2).astype(np.uint8)
        coarse = self.sight.size[0] / likeliest.shape[1]
        matrix = self.origin.copy()
        matrix[:, 2] += self.origin[:, :2] @ (0.5 * coarse - 0.5, 0.5 * coarse - 0.5)
        matrix[:, :2] *= coarse
        matrix = factor * matrix + [0, 0, 0.5 * factor - 0.5]
        return cv2.warpAffine(likeliest, matrix, (width, height), flags=cv2.INTER_NEAREST)


def _picture(source: Source) -> Picture:
    if isinstance(source, Picture):
        return source
    if isinstance(source, Image.Image):
        source = of_pillow(source)
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


@dataclass(frozen=True)
class _Choice:
    """What somebody says about a picture, as ``Garment.from_photo`` takes it."""

    turns: int | None
    pick: int | None
    trusted: bool
    sleeves: SleeveChoice
    moved: Mapping[str, Point]


def _judged(given: np.ndarray, category: str, choice: _Choice) -> Garment:
    """The garment of a picture that may show something else. Raises InputError if it does and no category is chosen."""
    opened = _opened(given, choice.turns)
    if choice.trusted:
        return _made(_cut(opened, choice), category, choice)
    objection = refusal(opened.picture, opened.sight)
    if objection == NO_GARMENT and opened.frame is not None:
        opened = _as_rectangle(opened, opened.frame)
        objection = refusal(opened.picture, opened.sight)
    if objection and category == CategoryChoice.AUTO:
        raise InputError(objection)
    if objection:
        opened.notes.append(STILL_WORN if objection == NO_GARMENT else objection)
    opened = _cut(opened, choice)
    garment = _made(opened, category, choice)
    if not objection:
        garment.warnings += kind_remarks(opened.sight, garment.category, "crotch" in garment.landmarks)
    return garment


@dataclass
class _Opened:
    """A picture on its way to a garment: upright (h, w, 3 or 4) uint8 not larger than LONGEST_SIDE, what is seen in it,
    and what is to be said. ``frame``: the upright picture with the alpha that was taken for a mere frame, if there is one.
    ``origin``: (2, 3), what takes a pixel of ``picture`` to the one of the picture as it was given; ``framed``: the same of
    ``frame``. ``turns``, ``pieces``, ``picked``: as a garment has them. ``cutout``: None until it is cut out.
    """

    picture: np.ndarray
    sight: Sight
    notes: list[str]
    turns: int
    origin: np.ndarray
    frame: np.ndarray | None = None
    framed: np.ndarray | None = None
    cutout: Cutout | None = None
    pieces: tuple[str, ...] = ()
    picked: int = 0


def _opened(given: np.ndarray, turns: int | None) -> _Opened:
    reading = read_alpha(given)
    picture = _limited(reading.picture)
    sight = look(picture, turns)
    notes = reading.notes + (turn_remarks(sight) if turns is None else [])
    origin = _origin(picture, reading.picture, reading.offset, sight.quarters)
    opened = _Opened(_turned(picture, sight), sight, notes, sight.quarters, origin)
    if not reading.framed:
        return opened
    frame = _limited(given)
    return replace(opened, frame=_turned(frame, sight), framed=_origin(frame, given, (0, 0), sight.quarters))


def _origin(small: np.ndarray, whole: np.ndarray, offset: tuple[int, int], quarters: int) -> np.ndarray:
    """(2, 3): from a pixel of ``small``, turned clockwise, to the picture in which ``whole`` begins at ``offset``."""
    height, width = small.shape[:2]
    unturned = {
        0: [[1, 0, 0], [0, 1, 0]],
        1: [[0, 1, 0], [-1, 0, height - 1]],
        2: [[-1, 0, width - 1], [0, -1, height - 1]],
        3: [[0, -1, width - 1], [1, 0, 0]],
    }[quarters]
    factor = np.array([[whole.shape[1] / width], [whole.shape[0] / height]])
    origin = factor * np.array(unturned, float)
    origin[:, 2:] += 0.5 * factor - 0.5 + np.array(offset, float)[:, None]
    return origin


def _turned(picture: np.ndarray, sight: Sight) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(picture, -sight.quarters))


def _cut(opened: _Opened, choice: _Choice) -> _Opened:
    """Cut out: by the picture's alpha, or by what is seen and its colours. Of several garments one stays."""
    if opened.picture.shape[2] == 4:
        return _of_one(replace(opened, cutout=_from_alpha(opened.picture)), choice)
    try:
        cutout = cut_out(opened.picture, opened.sight)
    except InputError:
        if opened.frame is None:
            raise
        opened = _as_rectangle(opened, opened.frame)
        cutout = _from_alpha(opened.picture)
    return _of_one(replace(opened, cutout=cutout), choice)


def _as_rectangle(opened: _Opened, frame: np.ndarray) -> _Opened:
    """Read anew with its alpha: a straight skirt is cut out like a frame, but there is nothing in it."""
    origin = opened.origin if opened.framed is None else opened.framed
    return _Opened(frame, look(frame, quarters=0), [PLAIN_RECTANGLE], opened.turns, origin)


def _of_one(opened: _Opened, choice: _Choice) -> _Opened:
    """Without the other garments where there are several."""
    assert opened.cutout is not None
    found = [] if choice.trusted and choice.pick is None else pieces(opened.cutout.alpha)
    if choice.pick is not None and not 1 <= choice.pick <= max(len(found), 1):
        there = f"{len(found)} garments are" if found else "one garment is"
        raise InputError(f"There is no garment {choice.pick}: {there} seen apart in the picture; pick another.")
    if not found:
        if seems_several(opened.sight) and not choice.trusted:
            opened.notes.append(SEVERAL_TOUCH)
        return opened
    place = usual_piece(found) if choice.pick is None else choice.pick - 1
    piece = found[place]
    alpha = np.round(255 * piece.alpha).astype(np.uint8)
    picture = np.dstack([opened.picture[..., :3], alpha])
    cutout = replace(opened.cutout, alpha=piece.alpha)
    sight = look(picture, quarters=0)
    notes = [note for note in opened.notes if note != WHICH_WAY_UP]
    if choice.turns is None:
        notes += turn_remarks(sight)
    if choice.pick is None:
        notes.append(SEVERAL.format(piece.name, place + 1, len(found)))
    names = tuple(each.name for each in found)
    return _Opened(picture, sight, notes, opened.turns, opened.origin, cutout=cutout, pieces=names, picked=place + 1)


def _painted(given: np.ndarray, alpha: np.ndarray, turns: int | None) -> _Opened:
    """Cut out by an ``alpha`` (H, W) uint8 that somebody painted."""
    small = _limited(np.dstack([given[..., :3], alpha]))
    sight = look(small, turns)
    picture = _turned(small, sight)
    reading = read_alpha(given)
    flat = reading.picture.shape[2] == 3 and lies_flat(_limited(reading.picture))
    notes = turn_remarks(sight) if turns is None else []
    origin = _origin(small, given, (0, 0), sight.quarters)
    return _Opened(picture, sight, notes, sight.quarters, origin, cutout=replace(_from_alpha(picture), flat=flat))


def _made(opened: _Opened, category: str, choice: _Choice) -> Garment:
    """The garment that was cut out, with its category and landmarks."""
    assert opened.cutout is not None
    image, corner = _cropped(opened.picture[..., :3], opened.cutout.alpha)
    warnings = opened.notes + opened.cutout.warnings
    closely = looked_closely(opened.sight, opened.picture[..., :3], opened.cutout.alpha)
    sight = weighed(closely, opened.cutout.alpha)
    if category == CategoryChoice.AUTO:
        worn_as, doubts = _category(sight)
        warnings += doubts
    else:
        worn_as = Category(category)
    alpha = image[..., 3] / np.float32(255)
    landmarks, remarks = place_landmarks(sight, alpha, corner, worn_as, choice.sleeves)
    warnings += remarks
    to_picture = opened.origin.copy()
    to_picture[:, 2] += opened.origin[:, :2] @ corner
    landmarks |= _taken(
        cv2.invertAffineTransform(to_picture), {k: choice.moved[k] for k in choice.moved if k in landmarks}
    )
    landmarks = {
        k: (min(max(x, 0.0), alpha.shape[1] - 1.0), min(max(y, 0.0), alpha.shape[0] - 1.0))
        for k, (x, y) in landmarks.items()
    }
    in_picture = _taken(to_picture, landmarks)
    sleeves = {} if worn_as == Category.LOWER else _shares(sight.sleeves(alpha.shape, corner), alpha, choice)
    over = (sight.chance("left_sleeve", "over") + sight.chance("right_sleeve", "over")) / 2
    one_shoulder = sight.answer("straps") == "one-shoulder"
    if sleeves and (spread := unfolded(image, landmarks, sleeves, not one_shoulder, over)):
        image, sleeves = spread.image, spread.shares
        landmarks = on_body(spread.landmarks, spread.image[..., 3] / np.float32(255), worn_as, sleeves)
        warnings += spread.notes
    flat, turns = opened.cutout.flat, opened.turns
    return Garment(
        image,
        worn_as,
        landmarks,
        warnings,
        flat,
        turns,
        opened.pieces,
        opened.picked,
        sleeves,
        sight,
        in_picture,
        opened.origin,
        chosen_sleeves=choice.sleeves,
    )


def _shares(seen: dict[str, np.ndarray], alpha: np.ndarray, choice: _Choice) -> dict[str, np.ndarray]:
    """What is seen of sleeves, without those that somebody knows better: they are cut along their landmarks."""
    moved = {f"sleeve_{name[-1]}" for name in choice.moved if name.startswith(("cuff", "elbow"))}
    if choice.sleeves in (SleeveChoice.SHORT, SleeveChoice.LONG):
        moved |= {name for name, share in seen.items() if (share * alpha).sum() < UNSEEN_SLEEVE * alpha.sum()}
    return {name: share for name, share in seen.items() if name not in moved}


def _taken(matrix: np.ndarray, landmarks: Mapping[str, Point]) -> Landmarks:
    """The landmarks elsewhere; matrix: (2, 3)."""
    places = {name: matrix[:, :2] @ point + matrix[:, 2] for name, point in landmarks.items()}
    return {name: (float(x), float(y)) for name, (x, y) in places.items()}


def _from_alpha(picture: np.ndarray) -> Cutout:
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
    return Cutout(np.where(crumbs, 0, alpha).astype(np.float32))


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
