"""Sleeves of tops and dresses: straight, from the armhole to the cuff, as long and wide as picture and arm say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.laid import Laid
from fashionmirror_core.cloth.pattern.strips import polyline_length
from fashionmirror_core.cloth.tailoring import Cut, Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Side, SleeveChoice

SLEEVE_ANGLES = (50.0, 66.0)  # degrees from the vertical between which sleeves are laid
_ARM_EASE = 1.06  # least girth of a sleeve over the arm's
_LONG_SLEEVE = (0.80, 1.12)  # factors within which a long sleeve's length yields to the arm's
_SHORT_SLEEVE = (0.33, 0.5)  # of the arm: how long one is made that is to be short, and how long it may be
_REPEATED = 1.5  # times as long as the picture's: its cloth is repeated, and not drawn out
_NARROWED = 1.25  # times the arm's width: a short sleeve's width isn't that of a long one's cuff
_SHORTENED, _SHORTEST = 0.55, 0.045
"""Most of a short sleeve's length that a deeper armhole takes from it; metres of its middle line that are left at least."""
_LOWERED = 0.35  # most of its length that is given up because the armhole of a worn garment's picture lies farther in
_THREE_QUARTER = {True: 0.25, False: 0.12}  # more than that: it is meant to be shorter; by whether it lies flat
TO_ARMHOLE = 0.07  # metres from the shoulder's end to the middle of the armhole, where sleeves are measured from
_PAST_WRIST = 0.03  # metres
_BENT, _STRAIGHTER = 35.0, 15.0  # degrees: a sleeve bent by more is given up for one that is straighter by that
_LITTLE = 0.5  # of the other sleeve's cloth: less is seen of a sleeve that is given up


@dataclass(frozen=True)
class SleeveShape:
    """outer, inner: (k, 2), from armhole to cuff at the same lengths along. along: (k,), metres. down: (2,) unit vector.
    shown: share of the picture's sleeve that is left, 1 unless it is cut off, or has to be much longer than the picture's:
    then how many times as long.
    """

    outer: np.ndarray
    inner: np.ndarray
    along: np.ndarray
    down: np.ndarray
    shown: float


def chosen_sleeves(garment: Garment, tailoring: Tailoring) -> SleeveChoice:
    """What somebody wants them to be, whatever the picture shows: a cut says it, or who says what is seen."""
    if tailoring.cut in (Cut.TANK, Cut.STRAPLESS):
        return SleeveChoice.NONE
    if tailoring.cut is Cut.LONG_SLEEVE:
        return SleeveChoice.LONG
    if tailoring.cut is Cut.TEE:
        return SleeveChoice.SHORT
    return SleeveChoice.AUTO if tailoring.cut is Cut.COAT else garment.chosen_sleeves


def sleeves_of(garment: Garment, tailoring: Tailoring) -> str:
    """ "none", "short" or "long"."""
    if (chosen := chosen_sleeves(garment, tailoring)) is not SleeveChoice.AUTO:
        return chosen.value
    if tailoring.cut is Cut.COAT:
        return "long"
    if garment.sleeves == "long" and garment.sight is not None and garment.sight.answer("sleeves") == "elbow":
        return "short"
    return garment.sleeves


def better_sleeve(picture: Laid) -> dict[Side, Side]:
    """For each side the sleeve of the picture whose cloth it gets; empty where none is seen."""
    seen = {side: sleeve for side, sleeve in picture.sleeves.items() if sleeve.seen > 0}
    if not seen:
        return {}
    chosen = {}
    for side in Side:
        own, other = seen.get(side), seen.get(side.other)
        if own is None:
            chosen[side] = side.other
        elif other is None:
            chosen[side] = side
        else:
            bent = own.bend > _BENT and own.bend - other.bend > _STRAIGHTER
            chosen[side] = side.other if bent or own.seen < _LITTLE * other.seen else side
    return chosen


def cut_sleeve(
    picture: Laid, girths: Girths, scale: float, sleeves: str, shoulder: np.ndarray, armpit: np.ndarray, aside: float,
    tailoring: Tailoring, choice: SleeveChoice = SleeveChoice.AUTO,
) -> tuple[SleeveShape, np.ndarray, np.ndarray]:  # fmt: skip
    """The left sleeve, the armpit that it needs, and the armhole.

    aside: metres by which the armhole's middle lies farther out than in the picture of a worn garment; 0 for one laid flat.
    choice: see ``chosen_sleeves``.
    """
    chosen = better_sleeve(picture)
    shares = np.linspace(0, 1, 13)
    if chosen:
        own = [picture.sleeves[side] for side in {*chosen.values()}]
        length = scale * max(sleeve.length for sleeve in own)
        width = scale * np.mean([np.interp(shares, np.linspace(0, 1, len(s.width)), s.width) for s in own], axis=0)
        width[:4] = width[4]  # nearer to the armhole the cross-lines lie aslant
    else:
        length = girths.arm - TO_ARMHOLE if sleeves == "long" else 0.15
        width = np.zeros(len(shares))
    arm = _arm_from((shoulder + armpit) / 2, girths)
    lower = aside * float(np.sin(np.radians(np.mean(SLEEVE_ANGLES))))  # down the sleeve
    if sleeves == "long":
        reaches = (arm + lower) / length - _LONG_SLEEVE[1]
        three_quarter = float(smoothstep(np.array(reaches / _THREE_QUARTER[lower == 0])))
        length *= float(np.clip(arm / length, *_LONG_SLEEVE)) ** (1 - three_quarter)
        lower *= three_quarter
    if chosen:
        length = max(length - lower, (1 - _LOWERED) * length)
    length = min(length, 1.12 * arm)
    full = length
    if choice is SleeveChoice.LONG and length < _LONG_SLEEVE[0] * arm:
        length = arm
    elif choice is SleeveChoice.SHORT and length > _SHORT_SLEEVE[1] * arm:
        length = _SHORT_SLEEVE[0] * arm
    length = min(tailoring.sleeve_length(length), 1.15 * arm)
    shown = length / full if length / full > _REPEATED else min(length / full, 1.0)
    along = shares * length
    bare = np.array([girths.arm_girth(0.06 + place) for place in along]) * _ARM_EASE / 2 + 0.008
    width = np.interp(shares * min(shown, 1.0), shares, width)
    if shown > 1:
        width = np.minimum(width, width[0] + shares * (_NARROWED * bare - width[0]))
    most = max(width[1:4].max(), bare[0])
    width = np.maximum(np.clip(width, 0.0, most), bare) * tailoring.ease
    width = np.maximum(width, bare)
    width[0] = np.clip(width[0], bare[0], 1.2 * bare[0] * tailoring.ease)
    width[1:] = np.minimum(width[1:], np.maximum(width[0] * 1.05, bare[1:] * 1.6))
    width = gaussian_filter1d(width, 1.0, mode="nearest")
    # The armhole is as long as makes the sleeve wide enough at an angle that arms have.
    low, high = np.radians(SLEEVE_ANGLES)
    lean = np.arctan2(armpit[0] - shoulder[0], armpit[1] - shoulder[1])
    hole = float(np.hypot(*(armpit - shoulder)))
    need = width[0] / np.sin(max(high - lean, 0.3))
    if hole < need:
        armpit = armpit + np.array([0.0, 1.0]) * (need - hole)
        lean = np.arctan2(armpit[0] - shoulder[0], armpit[1] - shoulder[1])
        hole = float(np.hypot(*(armpit - shoulder)))
    angle = float(np.clip(lean + np.arcsin(np.clip(width[0] / hole, 0, 1)), low, high))
    down = np.array([np.sin(angle), np.cos(angle)])
    out = np.array([down[1], -down[0]])
    start = (shoulder + armpit) / 2
    # The middle line begins at the armhole's middle; cross-lines turn from the armhole to the perpendicular.
    spread = (shoulder - armpit) / 2
    turning = max(0.12, 1.6 * abs(float(spread @ down)))  # or the inner seam would run back

    def edges(along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        fade = np.clip(1 - along / turning, 0, 1)[:, None]
        straight = start + along[:, None] * down
        half = fade * spread + (1 - fade) * width[:, None] / 2 * out
        return straight + half, straight - half

    if sleeves == "short" and chosen:
        # A deeper armhole than the picture's lets the sleeve begin lower: its upper edge is as long as the picture says.
        ends = [(picture.marks[f"shoulder_{side}"], picture.marks[f"cuff_outer_{side}"]) for side in {*chosen.values()}]
        pictured = scale * max(float(np.hypot(*(cuff - top))) for top, cuff in ends) * length / full
        excess = polyline_length(edges(along)[0]) - pictured
        least = max(1 - _SHORTENED, min(_SHORTEST / length, 1.0))
        along = along * float(np.clip(1 - excess / length, least, 1))
    armhole = np.stack([np.linspace(shoulder[i], armpit[i], 15) for i in (0, 1)], 1)
    return SleeveShape(*edges(along), along, down, shown), armpit, armhole


def _arm_from(place: np.ndarray, girths: Girths) -> float:
    """Metres down the left arm from beside a place at its upper end to just beyond the wrist."""
    shoulder, _, wrist = girths.arm_joints(Side.LEFT)
    down = (wrist - shoulder) / np.hypot(*(wrist - shoulder))
    return float((wrist - place) @ down) + _PAST_WRIST
