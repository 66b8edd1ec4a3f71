"""What a picture of a garment may show instead of one garment that hangs upright, and what is said about it.

The clothes encoder tells shoes, hats and walls from garments, and one from several. People who wear the garment are
also recognised by their faces and hands: the encoder knows few photos of people.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.garment.sight import Sight
from fashionmirror_core.motion.faces import shows_face_or_hand
from fashionmirror_core.vocabulary import Category

NO_GARMENT = (
    "This looks like no top, skirt, trousers or dress, but like a shoe, a hat or something else; use a picture of a "
    "garment, or choose its category if it is one."
)
MAY_BE_NONE = "It is doubtful whether this is a top, skirt, trousers or dress; look at it."
STILL_WORN = "This looks like no garment; it is worn because its category was chosen."
WORN = (
    "Somebody wears the garment in this picture; use a picture of the garment alone, or paint only the garment into the "
    "cut-out."
)
TURNED = "The garment was turned upright, by {0} degrees clockwise; turn it on if that is wrong."
WHICH_WAY_UP = "It isn't clear which way up the garment lies; turn it if it is shown wrongly."
SEVERAL = (
    "Several garments are in the picture: {0} is worn, {1} of {2}; pick another, crop the picture to one, or paint the "
    "others out of the cut-out."
)
SEVERAL_TOUCH = (
    "Several garments are in the picture: what is cut out is worn; crop the picture to one, or paint the others out of "
    "the cut-out."
)
JUMPSUIT = "This looks like a jumpsuit: it is worn without its legs; use pictures of a top and of trousers instead."

# On 127 photos that the encoder was not trained on, the least likely garment has 0.86, the likeliest "several" 0.07.
_SURELY_NONE, _SURELY_ONE = 0.5, 0.9  # chance of a garment: below, none; above, nothing is said
_SEVERAL = 0.15
_WORN = 0.8  # without a face or a hand: shoes and hats reach 0.5
_LOOK_FOR_PEOPLE = 0.985  # chance of a garment from which on nobody is searched: all 480 photos of people were below
_UPRIGHT = 0.9
_JUMPSUIT, _LEGS = 0.05, 0.1  # of tops and dresses: chance of the kind (at most 0.03 on 86 photos), of a crotch (0.01)
_COMPARABLE = 1 / 3  # of the largest piece's area: a smaller one is a belt or a tag
_SAME_SIZE = 0.9  # ... of it: which one is larger can't be seen
_BELT = 0.05  # of the picture's garment: a gap below it parts the halves of one garment


def refusal(picture: np.ndarray, sight: Sight) -> str:
    """Why an upright picture (H, W, 3 or 4) uint8 can't be worn as it is, one sentence; "" if it can."""
    if _is_worn(picture, sight):
        return WORN
    return NO_GARMENT if sight.chance("garment") < _SURELY_NONE else ""


def turn_remarks(sight: Sight) -> list[str]:
    """Which way up the garment lies, where it was turned or that isn't clear."""
    if sight.quarters:
        return [TURNED.format(90 * sight.quarters)]
    return [WHICH_WAY_UP] if sight.chance("turn", "0") < _UPRIGHT else []


def kind_remarks(sight: Sight, category: Category, legs: bool) -> list[str]:
    """Whether it may be no garment, or a jumpsuit whose legs weren't found. legs: they were, or it has none to find."""
    if _SURELY_NONE <= sight.chance("garment") < _SURELY_ONE:
        return [MAY_BE_NONE]
    may_have_legs = not legs and (sight.chance("kind", "jumpsuit") > _JUMPSUIT or sight.exists["crotch"] > _LEGS)
    alone = category != Category.LOWER and not seems_several(sight)
    return [JUMPSUIT] if may_have_legs and alone else []


def seems_several(sight: Sight) -> bool:
    """Whether the encoder sees more than one garment."""
    return sight.chance("several") > _SEVERAL


def _is_worn(picture: np.ndarray, sight: Sight) -> bool:
    if sight.chance("worn") > _WORN and sight.chance("garment") < _SURELY_ONE:
        return True
    return sight.chance("garment") < _LOOK_FOR_PEOPLE and shows_face_or_hand(np.ascontiguousarray(picture[..., :3]))


@dataclass(frozen=True)
class Piece:
    """One of several garments: its share of the cut-out (H, W) float32 in [0, 1], what it is called, its size in pixels."""

    alpha: np.ndarray
    name: str
    area: int


def pieces(alpha: np.ndarray) -> list[Piece]:
    """The garments of a cut-out (H, W) float32 that lie apart, from left to right or from top to bottom; [] if it is one.

    Small pieces and soft edges go with the garment that they are nearest to.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha > 0.5).astype(np.uint8), connectivity=8)
    if count <= 2:
        return []
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = np.flatnonzero(areas >= _COMPARABLE * areas.max()) + 1
    boxes = {int(index): stats[index, :4].astype(int) for index in large}
    if len(boxes) < 2 or _is_cut_by_belt(list(boxes.values())):
        return []
    side_by_side = _spread(boxes, axis=0) >= _spread(boxes, axis=1)
    order = sorted(boxes, key=lambda index: int(boxes[index][0 if side_by_side else 1]))
    distances = [cv2.distanceTransform((labels != index).astype(np.uint8), cv2.DIST_L2, 3) for index in order]
    nearest = np.argmin(distances, axis=0)
    names = _names(len(order), side_by_side)
    return [
        Piece(np.where(nearest == place, alpha, 0).astype(np.float32), name, int(stats[index, cv2.CC_STAT_AREA]))
        for place, (index, name) in enumerate(zip(order, names, strict=True))
    ]


def usual_piece(found: list[Piece]) -> int:
    """Which of several garments is worn where nobody picks: the largest; of those alike the first, which usually shows the
    front.
    """
    largest = max(piece.area for piece in found)
    return next(place for place, piece in enumerate(found) if piece.area >= _SAME_SIZE * largest)


def _spread(boxes: dict[int, np.ndarray], axis: int) -> float:
    """How far the middles of (x, y, width, height) lie apart along x (0) or y (1)."""
    middles = [box[axis] + box[axis + 2] / 2 for box in boxes.values()]
    return max(middles) - min(middles)


def _is_cut_by_belt(boxes: list[np.ndarray]) -> bool:
    """Whether two pieces are one garment that a belt or a stripe in the background's colour parts."""
    if len(boxes) != 2:
        return False
    upper, lower = sorted(boxes, key=lambda box: int(box[1]))
    gap = lower[1] - (upper[1] + upper[3])
    shared = min(upper[0] + upper[2], lower[0] + lower[2]) - max(upper[0], lower[0])
    tall = lower[1] + lower[3] - upper[1]
    return bool(
        gap < _BELT * tall and shared > 0.6 * min(upper[2], lower[2]) and upper[1] + upper[3] < lower[1] + lower[3]
    )


def _names(count: int, side_by_side: bool) -> list[str]:
    first, last = ("left", "right") if side_by_side else ("upper", "lower")
    middle = [f"the {number}. one" for number in range(2, count)] if count > 3 else ["the middle one"] * (count - 2)
    return [f"the {first} one", *middle, f"the {last} one"]
