"""Legs of trousers and jumpsuits in a garment's cut-out: where they part, and where they end inside."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.garment.sight import WEARER, Sight

PARTED = (0.02, 0.06)  # of the length: what hems are uneven by, and from which a gap above that parts two legs
SLIT = 0.3  # the same of what is rather a skirt: less is a vent, or a hem that is cut so
SURE = 0.3  # chance of a jumpsuit, and of a crotch, from which on a dress has legs
GAP_TOP = (0.36, 0.78)  # of the way from the neck to the hem, between which a gap between long legs ends
LONGEST_TRUNK, LEAST_TRUNK = 2.2, 0.44
"""Of the width between the armpits, and of the way from the neck to the hem: how far the crotch lies below the neck, at
most and at least. Thighs that touch hide where legs part.
"""
LOWEST_ARMPIT, ARMPIT = 0.42, 0.33
"""Of the way from the neck to the crotch: lower down no armhole ends; where they usually do."""
LEG = 0.2  # of the hem's width: each leg is wider


def jumpsuit_legs(
    sight: Sight, seen: dict[str, np.ndarray], at: dict[str, np.ndarray], alpha: np.ndarray
) -> dict[str, np.ndarray]:
    """Crotch and ends of the hems, and armpits that were seen too low, where a dress is a jumpsuit: the cut-out shows a gap
    between two legs that reaches far up, or the encoder sees legs; nothing elsewhere.

    seen: the encoder's landmarks in pixels of the cut-out. at: those of a dress, named as the wearer has them.
    """
    top, hem = (float(at[f"{name}_r"][1] + at[f"{name}_l"][1]) / 2 for name in ("neck", "hem"))
    gap = gap_between(alpha, at["hem_r"], at["hem_l"], top)
    if gap is not None and GAP_TOP[0] < (gap[1] - top) / max(hem - top, 1.0) < GAP_TOP[1]:
        across = float(at["hem_l"][0] - at["hem_r"][0])
        ends = _inner_ends(at, alpha, gap)
        if ends and all(abs(ends[f"hem_inner_{side}"][0] - at[f"hem_{side}"][0]) > LEG * across for side in "rl"):
            span = float(np.hypot(*(at["armpit_l"] - at["armpit_r"])))
            lowest = top + max(LONGEST_TRUNK * span, LEAST_TRUNK * (hem - top))
            crotch = np.array([gap[0], min(float(gap[1]), lowest)])
            return {"crotch": crotch} | ends | _armpits(at, alpha, top, float(crotch[1]))
    if sight.chance("kind", "jumpsuit") < SURE or sight.exists["crotch"] < SURE:
        return {}
    legs = {"crotch": seen["crotch"]}
    for side, wearer in WEARER.items():
        legs[f"hem_{wearer}"] = seen[f"hem_{side}_outer"]
        legs[f"hem_inner_{wearer}"] = seen[f"hem_{side}_inner"]
    return legs


def _armpits(at: dict[str, np.ndarray], alpha: np.ndarray, neck: float, crotch: float) -> dict[str, np.ndarray]:
    """Armpits that seem to lie at the waist, on the outline where they usually are; nothing where they are well."""
    low = (float(at["armpit_r"][1] + at["armpit_l"][1]) / 2 - neck) / max(crotch - neck, 1.0)
    row = round(neck + ARMPIT * (crotch - neck))
    cloth = np.flatnonzero(alpha[min(max(row, 0), len(alpha) - 1)] > 0.5)
    if low < LOWEST_ARMPIT or "cuff_outer_r" in at or not len(cloth):
        return {}
    return {"armpit_r": np.array([float(cloth[0]), row]), "armpit_l": np.array([float(cloth[-1]), row])}


def gap_between(
    alpha: np.ndarray, right: np.ndarray, left: np.ndarray, top: float, least: float = PARTED[1]
) -> np.ndarray | None:
    """(2,): the upper end of a gap that parts the cloth from below, between the hem's ends (2,), in its middle third; None
    where there is none that reaches up over so much of the length from ``top`` to the hem, ``least``, that these are legs.
    """
    hem = float(right[1] + left[1]) / 2
    middle, third = float(right[0] + left[0]) / 2, float(left[0] - right[0]) / 6
    columns = np.arange(max(int(middle - third), 0), min(int(middle + third) + 1, alpha.shape[1]))
    rows = np.arange(max(int(top), 0), min(int(hem - PARTED[0] * (hem - top)) + 1, alpha.shape[0]))
    if not len(columns) or len(rows) < 4:
        return None
    empty = alpha[np.ix_(rows, columns)] < 0.5
    open_below = np.cumprod(empty[::-1], axis=0)[::-1] > 0
    if not open_below.any():
        return None
    highest = int(np.flatnonzero(open_below.any(1))[0])
    if rows[-1] - rows[highest] < least * (hem - top):
        return None
    return np.array([float(columns[open_below[highest]].mean()), float(rows[highest])])


def chance_of_legs(sight: Sight) -> float:
    """By the kind that is seen, of what is worn below the waist: 1 surely trousers, 0 surely a skirt."""
    legs = sum(sight.chance("kind", kind) for kind in ("trousers", "shorts", "jumpsuit"))
    return (1 + legs - sight.chance("kind", "skirt")) / 2


def parted_legs(sight: Sight, at: dict[str, np.ndarray], alpha: np.ndarray) -> dict[str, np.ndarray]:
    """Crotch and inner ends of the hems where the outline shows legs; nothing where it doesn't."""
    least = SLIT if chance_of_legs(sight) < 0.5 else PARTED[1]
    gap = gap_between(alpha, at["hem_r"], at["hem_l"], float(at["waist_r"][1] + at["waist_l"][1]) / 2, least)
    ends = {} if gap is None else _inner_ends(at, alpha, gap)
    return {"crotch": gap} | ends if gap is not None and ends else {}


def _inner_ends(at: dict[str, np.ndarray], alpha: np.ndarray, gap: np.ndarray) -> dict[str, np.ndarray]:
    """Of the hems, beside the gap whose upper end is gap (2,); nothing where there is cloth on one side only."""
    row = int(np.clip(round(float(at["hem_r"][1] + at["hem_l"][1]) / 2 - 0.03 * len(alpha)), 0, len(alpha) - 1))
    cloth = np.flatnonzero(alpha[row] > 0.5)
    right, left = cloth[cloth < gap[0]], cloth[cloth > gap[0]]
    if not len(right) or not len(left):
        return {}
    return {
        "hem_inner_r": np.array([float(right[-1]), float(at["hem_r"][1])]),
        "hem_inner_l": np.array([float(left[0]), float(at["hem_l"][1])]),
    }
