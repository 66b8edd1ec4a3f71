"""The scale of a top's or a dress's picture: what its measures say, on one body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.laid import Laid
from fashionmirror_core.cloth.pattern.sleeve import TO_ARMHOLE
from fashionmirror_core.cloth.pattern.trunk import USUAL_DRESS, drawn_in
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Category, Side


@dataclass(frozen=True)
class _Kind:
    """Usual measures: length from the neck points down, of the stature; half girth at the armpits and breadth of the
    shoulders, over the body's.
    """

    length: float = 0.40
    chest: float = 1.04
    shoulder: float = 1.0


_DRESS = _Kind(length=USUAL_DRESS)
_TOP = _Kind()
_KINDS = {
    "shirt": _Kind(0.42, 1.09, 1.06),
    "blouse": _Kind(0.39, 1.07, 1.04),
    "longsleeve": _Kind(0.39, 1.06, 1.03),
    "sweater": _Kind(0.38, 1.08, 1.08),
    "hoodie": _Kind(0.385, 1.10, 1.10),
    "jacket": _Kind(0.38, 1.12, 1.10),
    "coat": _Kind(0.56, 1.12, 1.10),
    "blazer": _Kind(0.43, 1.10, 1.06),
    "vest": _Kind(0.38, 1.10),
}
_SLEEVE_EASE = 1.06  # of a long sleeve's length over the arm's: its cuff lies on the hand, or it blouses above that
_OUTER = "coat", "jacket", "blazer", "vest"  # kinds that are worn over others
# Logarithms of what lengths differ by: one that is farther from the usual is a cropped top's or a tunic's own; of dresses.
_UNUSUAL, _UNUSUAL_DRESS = 0.2, 0.3


@dataclass(frozen=True)
class _Weights:
    """Of what armpits, shoulders and the whole length say of a picture's scale."""

    armpit: float
    shoulder: float
    length: float


_WEIGHTS = {True: _Weights(1.0, 1.5, 1.0), False: _Weights(3.0, 0.7, 0.4)}
"""By whether a garment lies flat: in a worn one's picture the body is as wide as it is, whatever the garment's length."""
_NARROW = 1.1, 1.4  # width of a dress's hem over that at its armpits: of one that clings, and of one that doesn't
_DRESS_LENGTH = 0.5, 1.2  # weight of a dress's usual length, of wide and of narrow ones
_WIDEST_HEM = 0.65  # metres, half of a dress's hem as it lies flat
_BUST_BELOW = 0.15  # of the width between the armpits: how far the bust lies below them
_WAIST = 0.7  # weight of where a dress's waist is
_OVER_BUST = 1.1  # of the height from waist to shoulder: the cloth's way over the bust
_SHORTEST = 0.12  # of the stature
_LONGEST = {False: 0.48, True: 0.66}  # of the stature: tops, and what is worn over them


def scale_of(
    picture: Laid, girths: Girths, garment: Garment, sleeves: str, strapless: bool, category: Category,
    ends: float | None = None,
) -> float:  # fmt: skip
    """Metres a pixel: what shoulders, armpits, length and long sleeves say, as a geometric mean. ends: the row of the body
    where the trunk ends, where that is known; else it is as long as such garments are.
    """
    said: list[tuple[float, float]] = []
    across = girths.chest / 2 if garment.flat else girths.width(girths.chest_row)
    kind = _usual(garment, category)
    dress = category is Category.DRESS and garment.flat
    # Where there are no sleeves, how broad the shoulders are is the garment's own choice.
    weights = _WEIGHTS[garment.flat]
    said.append(
        (
            kind.chest * across / _chest(picture, dress and sleeves == "none"),
            weights.armpit * (1.0 if dress or sleeves != "none" else 1.5),
        )
    )
    if not strapless:
        if sleeves != "none":
            said.append((kind.shoulder * girths.shoulder_width / max(picture.span("shoulder"), 1.0), weights.shoulder))
        length = picture.hem - float(picture.mid("neck")[1])
        by_length = kind.length * girths.stature / max(length, 1.0)
        if ends is not None:
            said.append(((ends - girths.shoulder_top(0.24 * girths.shoulder_width)) / max(length, 1.0), 1.0))
        elif dress:
            said.append(_by_dress_length(picture, by_length, said))
            said += _by_waist(picture, girths)
        else:
            own = weights.length * (1.0 if category is Category.UPPER else 0.5)
            said.append((by_length, own / (1 + _unlike(by_length, said) ** 2)))
    elif dress and ends is None:
        above = girths.armpit_row - girths.shoulder_top(0.24 * girths.shoulder_width)
        length = picture.hem - float(picture.mid("neck")[1])
        by_length = (kind.length * girths.stature - above) / max(length, 1.0)
        said.append(_by_dress_length(picture, by_length, said))
    if sleeves == "long" and garment.sleeves == "long" and picture.sleeves:
        longest = max(sleeve.length for sleeve in picture.sleeves.values())
        by_sleeve = (_SLEEVE_EASE if garment.flat else 1.0) * (girths.arm - TO_ARMHOLE) / max(longest, 1.0)
        own = 1.5 if garment.flat else 0.5
        said.append((by_sleeve, own / (1 + _unlike(by_sleeve, said) ** 2)))  # it may end above the wrist
    scale = _mean(said)
    if ends is not None:
        return scale
    length = max(picture.hem - float(picture.mid("neck")[1]), 1.0)
    if category is Category.UPPER:
        return float(
            np.clip(scale, _SHORTEST * girths.stature / length, _LONGEST[_is_outer(garment)] * girths.stature / length)
        )
    if dress:
        scale = min(scale, _WIDEST_HEM / max(float(picture.half[-1]), 1.0))
    return min(scale, (girths.floor - 0.06 - girths.shoulder_points[Side.LEFT][1]) / length)


def _usual(garment: Garment, category: Category) -> _Kind:
    """What is usual of the kind that is seen; between kinds, by how sure they are. A worn garment's picture shows the body's
    own width.
    """
    if category is Category.DRESS:
        return _DRESS
    if garment.sight is None:
        return _TOP
    sure = garment.sight.answers["kind"]
    rest = 1 - sum(sure.get(kind, 0.0) for kind in _KINDS)
    mixed = {
        name: rest * getattr(_TOP, name) + sum(sure.get(kind, 0.0) * getattr(own, name) for kind, own in _KINDS.items())
        for name in ("length", "chest", "shoulder")
    }
    return _Kind(**mixed) if garment.flat else _Kind(length=mixed["length"])


def _is_outer(garment: Garment) -> bool:
    """Whether it is surely worn over others."""
    if garment.sight is None:
        return False
    return sum(garment.sight.answers["kind"].get(kind, 0.0) for kind in _OUTER) > 0.5


def _chest(picture: Laid, below: bool) -> float:
    """Pixels between the armpits. below: or a little lower, where that is more: armholes without sleeves may end beside
    the bust, where a dress is narrower than around it.
    """
    across = picture.span("armpit")
    bust = float(picture.mid("armpit")[1]) + _BUST_BELOW * across
    return max(across, 2 * float(np.interp(bust, picture.rows, picture.half)) if below else 1.0, 1.0)


def _by_dress_length(picture: Laid, by_length: float, said: list[tuple[float, float]]) -> tuple[float, float]:
    """What a dress's length says, and its weight: long dresses are wide at the hem; a narrow one stretches, and ends at the
    knee, for one walks in it.
    """
    hem = 2 * float(picture.half[-1]) / max(picture.span("armpit"), 1.0)
    narrow = 1 - float(smoothstep(np.array((hem - _NARROW[0]) / (_NARROW[1] - _NARROW[0]))))
    unlike = (1 - narrow) * (_unlike(by_length, said) * _UNUSUAL / _UNUSUAL_DRESS) ** 2
    return by_length, (_DRESS_LENGTH[0] + narrow * (_DRESS_LENGTH[1] - _DRESS_LENGTH[0])) / (1 + unlike)


def _by_waist(picture: Laid, girths: Girths) -> list[tuple[float, float]]:
    """What the place of a dress's waist says, if it lies lower in the picture than the body's: higher ones are a matter of
    cut.
    """
    pit, across = float(picture.mid("armpit")[1]), picture.span("armpit")
    rows = np.linspace(pit, picture.hem, 120)
    half = np.interp(rows, picture.rows, picture.half)
    inner = (rows > pit + _BUST_BELOW * across) & (rows < pit + 1.1 * across)
    if not inner.any():
        return []
    at = int(np.flatnonzero(inner)[half[inner].argmin()])
    if not drawn_in(half, at):
        return []
    body = _OVER_BUST * (girths.waist_row - girths.shoulder_top(0.24 * girths.shoulder_width))
    below_neck = max(float(rows[at] - picture.mid("neck")[1]), 1.0)
    return [(body / below_neck, _WAIST)] if body / below_neck * across < girths.chest / 2 else []


def _mean(said: list[tuple[float, float]]) -> float:
    """The geometric mean of values with weights."""
    values, weights = np.array(said).T
    return float(np.exp((weights * np.log(values)).sum() / weights.sum()))


def _unlike(value: float, said: list[tuple[float, float]]) -> float:
    """How far a value is from the mean of others."""
    return float(np.log(value / _mean(said))) / _UNUSUAL
