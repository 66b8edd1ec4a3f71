"""Which garments are worn over others and show them: what is open in front, what has lapels, vests and jackets."""

from __future__ import annotations

from fashionmirror_core.cloth.collar import has_lapels, is_jacket
from fashionmirror_core.cloth.pattern.laid import Laid, laid
from fashionmirror_core.cloth.tailoring import Cut, Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category

_OPEN = 0.5  # of the length: where a front ends that is open all the way, or would be without its lowest buttons
_DEEP = 0.2  # of the length: from there on the front of a jacket is so open that a top is seen under it


def is_open(garment: Garment, picture: Laid, tailoring: Tailoring) -> bool:
    """Whether the front is worn open from the neck to the hem, as a coat; a closed zip or buttons are a closed front."""
    if tailoring.cut is not None:
        return tailoring.cut is Cut.COAT
    if garment.sight is None or garment.sight.answer("front") != "open" or "neck_c" not in picture.marks:
        return False
    length = picture.hem - float(picture.mid("neck")[1])
    deep = float(picture.marks["neck_c"][1] - picture.mid("neck")[1]) > _OPEN * length
    return deep or picture.parting is not None


def goes_over(garment: Garment, tailoring: Tailoring) -> bool:
    """Whether it is worn over what else is worn and shows that: what is open in front, what has lapels, a vest that is done
    up, and a jacket or a cardigan that is so below a deep opening.
    """
    if garment.category != Category.UPPER or tailoring.cut is not None or garment.sight is None:
        return garment.category == Category.UPPER and tailoring.cut is Cut.COAT
    sight = garment.sight
    if sight.chance("front", "open") > 0.5 or has_lapels(garment):
        return True
    return is_jacket(garment) and (sight.chance("kind", "vest") > 0.5 or opening(garment) > _DEEP)


def goes_over_closed(garment: Garment, tailoring: Tailoring) -> bool:
    """Whether it is worn over what else is worn, and hides that below the chest."""
    if not goes_over(garment, tailoring) or tailoring.cut is Cut.COAT:
        return False
    if garment.sight is None or garment.sight.answer("front") != "open":
        return True
    return opening(garment) <= _OPEN and not is_open(garment, laid(garment), tailoring)


def opening(garment: Garment) -> float:
    """How far down the front is open: a share of its length."""
    marks = garment.landmarks
    if not {"neck_r", "neck_l", "neck_c", "hem_r", "hem_l"} <= marks.keys():
        return 0.0
    neck, hem = ((marks[f"{name}_r"][1] + marks[f"{name}_l"][1]) / 2 for name in ("neck", "hem"))
    return float((marks["neck_c"][1] - neck) / max(hem - neck, 1.0))
