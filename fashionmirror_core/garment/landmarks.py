"""Where a garment's shoulders, armpits, cuffs, waist and hem are: as the clothes encoder sees them, on its outline.

A pattern takes its measures from these points (docs/method.md, "Clothing"). The encoder finds them within about
1 % of the garment's size; those that lie on the outline are moved onto it. Points that no label names (hips, knees, the
waist of a top) follow from the others and the outline.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.legs import chance_of_legs, jumpsuit_legs, parted_legs
from fashionmirror_core.garment.parts import Landmarks, Point, split_parts
from fashionmirror_core.garment.sight import WEARER, Sight
from fashionmirror_core.vocabulary import Category, SleeveChoice

UNCLEAR = (
    "The garment's shoulders, sides and hem can't be told apart; use a picture of the whole garment, spread out and seen "
    "from the front."
)
HIDDEN_SLEEVES = (
    "No sleeves are seen. If the garment has some, they lie against it: use a picture with the sleeves apart from the "
    "body, or paint the gap between them into the cut-out."
)
ON_OUTLINE = 0.03  # of the garment's longer side: how far a point may be moved onto the outline
ARMHOLE = (0.9, 0.14)
"""Share of the way from shoulder to armpit, above which a sleeve's inner end is an armhole's, and of the width between the
armpits, by which its outer end sticks out at most.
"""
STRAPLESS = 0.2  # of the width between the armpits: no garment with straps ends so little above them
LEAST_CERTAINTY = 0.2  # of the median landmark, below which nothing is told apart
MAY_HIDE_SLEEVES = 0.04  # probability of long ones from which on a top without sleeves is asked about
SURE_SLEEVES = 0.9  # probability of sleeves, and of long ones, from which on they are made whatever their landmarks say
LONG_SLEEVE = 1.1  # sleeve length over the body's width at the armpits from which on a sleeve covers the elbow


def place_landmarks(
    sight: Sight,
    alpha: np.ndarray,
    origin: Point,
    category: Category,
    sleeves: SleeveChoice = SleeveChoice.AUTO,
) -> tuple[Landmarks, list[str]]:
    """Landmarks in pixels of the cut-out, and warnings.

    alpha: (H, W) float32, the cut-out's. origin: where its first pixel lies in the picture that ``sight`` is of.
    "_r" is the wearer's right, the picture's left. Points that the garment does
    not have are absent. sleeves: as somebody chose them. Raises InputError where the network can't tell the landmarks apart.
    """
    outline = _outline(alpha)
    size = float(np.ptp(outline, axis=0).max())
    seen = {name: np.array(point) - origin for name, point in sight.points.items()}
    found = _lower(sight, seen) if category == Category.LOWER else _upper(sight, seen, sleeves)
    asked = [sight.certainty[name] for name, _ in found.values()]
    if float(np.median(asked)) < LEAST_CERTAINTY:
        raise InputError(UNCLEAR)
    placed = {
        own: point if name in ("neck_front", "elbow_left", "elbow_right") else _moved(point, outline, ON_OUTLINE * size)
        for own, (name, point) in found.items()
    }
    warnings = []
    if category == Category.LOWER:
        if "crotch" not in placed:
            placed |= parted_legs(sight, placed, alpha)
        placed |= _hips_and_knees(placed, alpha)
    else:
        shares = sight.sleeves(alpha.shape, origin)
        if sleeves != SleeveChoice.SHORT:
            long = sleeves == SleeveChoice.LONG or sight.chance("sleeves", "long") > SURE_SLEEVES
            placed |= _elbows(placed, alpha, shares, least=0.0 if long else LONG_SLEEVE)
        if category == Category.DRESS:
            placed |= jumpsuit_legs(sight, seen, placed, alpha)
        placed |= _waist_and_hips(placed, alpha, category, shares)
        hidden = sight.chance("sleeves", "long") + sight.chance("sleeves", "elbow")
        asked_for = category == Category.UPPER and sleeves == SleeveChoice.AUTO
        if asked_for and "cuff_outer_r" not in placed and hidden > MAY_HIDE_SLEEVES:
            warnings.append(HIDDEN_SLEEVES)
    return {name: (float(point[0]), float(point[1])) for name, point in placed.items()}, warnings


def on_body(
    landmarks: Landmarks, alpha: np.ndarray, category: Category, sleeves: Mapping[str, np.ndarray]
) -> Landmarks:
    """The landmarks with waist and hips on the edges of the garment's body again, where sleeves were moved away from it.

    alpha, sleeves: of the garment as it is now, see ``parts.split_parts``.
    """
    body = split_parts(alpha, landmarks, category, sleeves)["body"] > 0.5
    placed = dict(landmarks)
    for name in ("waist", "hip"):
        if f"{name}_r" in landmarks and f"{name}_l" in landmarks:
            row = (landmarks[f"{name}_r"][1] + landmarks[f"{name}_l"][1]) / 2
            placed |= {side: (float(x), float(y)) for side, (x, y) in _across(body, name, row).items()}
    return placed


Found = dict[str, tuple[str, np.ndarray]]  # our name -> the network's, and the point in the cut-out


def _upper(sight: Sight, seen: dict[str, np.ndarray], sleeves: SleeveChoice) -> Found:
    names = {"neck_c": "neck_front"}
    sleeved = sleeves != SleeveChoice.AUTO or not _only_armholes(seen)
    strapless = sight.answer("straps") == "strapless" or _ends_at_armpits(sight, seen)
    for side, wearer in WEARER.items():
        kinds = ("neck", "armpit", "hem") if strapless else ("neck", "shoulder", "armpit", "hem")
        names |= {f"{kind}_{wearer}": f"{kind}_{side}" for kind in kinds}
        none = sight.chance("sleeves", "none")
        cuffs = sight.exists[f"cuff_{side}_outer"] > 0.5 or none < 1 - SURE_SLEEVES
        there = sight.answer("sleeves") != "none" and cuffs and sleeved
        if there if sleeves == SleeveChoice.AUTO else sleeves != SleeveChoice.NONE:
            names |= {f"cuff_{end}_{wearer}": f"cuff_{side}_{end}" for end in ("outer", "inner")}
            if sight.exists[f"elbow_{side}"] > 0.5 and sleeves != SleeveChoice.SHORT:
                names[f"elbow_{wearer}"] = f"elbow_{side}"
        if sight.exists[f"waist_{side}"] > 0.5:
            names[f"waist_{wearer}"] = f"waist_{side}"
    return {own: (name, seen[name]) for own, name in names.items()}


def _ends_at_armpits(sight: Sight, seen: dict[str, np.ndarray]) -> bool:
    """Whether a garment that seems to have no shoulders ends at the height of its armpits: whatever straps the encoder
    guesses, nothing is seen of them.
    """
    if sight.answer("sleeves") != "none" or np.mean([sight.exists[f"shoulder_{side}"] for side in WEARER]) > 0.5:
        return False
    high, low = (np.mean([seen[f"{name}_{side}"][1] for side in WEARER]) for name in ("neck", "armpit"))
    return bool(low - high < STRAPLESS * np.hypot(*(seen["armpit_right"] - seen["armpit_left"])))


def _only_armholes(seen: dict[str, np.ndarray]) -> bool:
    """Whether what looks like sleeves ends above the armpits, close to the line from there to the shoulders: armholes."""
    ends, out = [], []
    span = float(np.hypot(*(seen["armpit_right"] - seen["armpit_left"])))
    for side, sign in (("left", -1.0), ("right", 1.0)):
        shoulder = seen[f"shoulder_{side}"]
        line = seen[f"armpit_{side}"] - shoulder
        length = max(float(np.hypot(*line)), 1e-6)
        outward = sign * np.array([line[1], -line[0]]) / length
        ends.append(float((seen[f"cuff_{side}_inner"] - shoulder) @ line) / length**2)
        out.append(float((seen[f"cuff_{side}_outer"] - shoulder) @ outward) / max(span, 1e-6))
    return float(np.mean(ends)) < ARMHOLE[0] and float(np.mean(out)) < ARMHOLE[1]


def _lower(sight: Sight, seen: dict[str, np.ndarray]) -> Found:
    # A crease in a skirt looks like a crotch, but the outline has its say in the kind.
    legs = (sight.exists["crotch"] + chance_of_legs(sight)) / 2 > 0.5
    names = {"crotch": "crotch"} if legs else {}
    for side, wearer in WEARER.items():
        names[f"waist_{wearer}"] = f"waist_{side}"
        names[f"hem_{wearer}"] = f"hem_{side}_outer" if legs else f"hem_{side}"
        if legs:
            names[f"hem_inner_{wearer}"] = f"hem_{side}_inner"
    return {own: (name, seen[name]) for own, name in names.items()}


def _outline(alpha: np.ndarray) -> np.ndarray:
    """(n, 2) x, y of the largest piece's outline."""
    contours, _ = cv2.findContours((alpha > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return max(contours, key=cv2.contourArea)[:, 0].astype(float)


def _moved(point: np.ndarray, outline: np.ndarray, reach: float) -> np.ndarray:
    """The outline's nearest point, if it isn't farther than ``reach``."""
    away = np.hypot(*(outline - point).T)
    nearest = int(np.argmin(away))
    return outline[nearest] if away[nearest] <= reach else point


def _elbows(
    at: dict[str, np.ndarray], alpha: np.ndarray, sleeves: Mapping[str, np.ndarray], least: float
) -> dict[str, np.ndarray]:
    """Elbows of long sleeves that the encoder names none of, halfway down their middle line.

    least: the length of a sleeve over the body's width at the armpits from which on it covers the elbow.
    """
    width = float(np.hypot(*(at["armpit_l"] - at["armpit_r"])))
    points = {}
    for side in WEARER.values():
        if f"cuff_outer_{side}" not in at or f"shoulder_{side}" not in at:
            continue
        hole = (at[f"shoulder_{side}"] + at[f"armpit_{side}"]) / 2
        cuff = (at[f"cuff_outer_{side}"] + at[f"cuff_inner_{side}"]) / 2
        if f"elbow_{side}" not in at and np.hypot(*(cuff - at[f"shoulder_{side}"])) > least * width:
            points[f"elbow_{side}"] = _halfway(alpha * sleeves[f"sleeve_{side}"], hole, cuff)
    return points


def _halfway(sleeve: np.ndarray, hole: np.ndarray, cuff: np.ndarray) -> np.ndarray:
    """The middle of the sleeve as far from its armhole as from its cuff, along the cloth: where a bent one bends.

    sleeve: (H, W) in [0, 1]. The straight line's middle where the sleeve's cloth doesn't join the two.
    """
    factor = min(1.0, 96 / max(sleeve.shape))
    small = cv2.resize(sleeve, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) > 0.4
    middle = (hole + cuff) / 2
    reach = []
    for end in (hole, cuff):
        front = np.zeros(small.shape, np.uint8)
        cv2.circle(front, tuple(int(v) for v in np.round(end * factor)), 4, (1,), -1)
        front &= small.astype(np.uint8)
        steps = np.full(small.shape, -1)
        for step in range(sum(small.shape)):
            steps[(front > 0) & (steps < 0)] = step
            grown = cv2.dilate(front, np.ones((3, 3), np.uint8)) & small.astype(np.uint8)
            if (grown == front).all():
                break
            front = grown
        reach.append(steps)
    both = (reach[0] >= 0) & (reach[1] >= 0)
    level = both & (np.abs(reach[0] - reach[1]) <= 1)
    if not level.any():
        return middle
    rows, columns = np.nonzero(level)
    return (np.array([columns.mean(), rows.mean()]) + 0.5) / factor - 0.5


def _waist_and_hips(
    at: dict[str, np.ndarray], alpha: np.ndarray, category: Category, sleeves: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The waist where no label names it, at its usual height; a dress's hips below it."""
    body = split_parts(alpha, {name: tuple(point) for name, point in at.items()}, category, sleeves)["body"] > 0.5
    width = float(np.hypot(*(at["armpit_l"] - at["armpit_r"])))
    armpit = float(max(at["armpit_r"][1], at["armpit_l"][1]))
    hem = float(at["hem_r"][1] + at["hem_l"][1]) / 2
    points: dict[str, np.ndarray] = {}
    if "waist_r" in at and "waist_l" in at:
        waist = float(at["waist_r"][1] + at["waist_l"][1]) / 2
    else:
        waist = min(armpit + 0.62 * width, armpit + 0.6 * (hem - armpit))
        points |= _across(body, "waist", waist)
    if category == Category.DRESS:
        points |= _across(body, "hip", min(waist + 0.5 * width, (waist + hem) / 2))
    return points


def _hips_and_knees(at: dict[str, np.ndarray], alpha: np.ndarray) -> dict[str, np.ndarray]:
    waist = float(at["waist_r"][1] + at["waist_l"][1]) / 2
    hem = float(at["hem_r"][1] + at["hem_l"][1]) / 2
    across = float(at["waist_l"][0] - at["waist_r"][0])
    cloth = alpha > 0.5
    if "crotch" not in at:
        return _across(cloth, "hip", waist + min(0.5 * across, 0.5 * (hem - waist)))
    crotch = at["crotch"]
    points = _across(cloth, "hip", waist + 0.72 * max(float(crotch[1]) - waist, 2.0))
    if hem - crotch[1] > 0.9 * across:  # legs that cover the knees
        edge = _across(cloth, "thigh", float(crotch[1]))
        for side in "rl":
            if f"thigh_{side}" in edge:
                top = (edge[f"thigh_{side}"] + crotch) / 2
                points[f"knee_{side}"] = top + 0.45 * ((at[f"hem_{side}"] + at[f"hem_inner_{side}"]) / 2 - top)
    return points


def _across(cloth: np.ndarray, name: str, y: float) -> dict[str, np.ndarray]:
    """Both ends of the cloth in row ``y``; nothing where there is none."""
    columns = np.flatnonzero(cloth[int(np.clip(round(y), 0, len(cloth) - 1))])
    if not len(columns):
        return {}
    return {f"{name}_r": np.array([float(columns[0]), y]), f"{name}_l": np.array([float(columns[-1]), y])}
