"""Where the joints of somebody who wears a garment would be in its picture, lying as it lies there.

Lengths are in spans between a usual body's shoulder joints; how many pixels a span is, the garment's shoulders, armpits and
sleeves say, or its waist and legs, much as they do when it is cut for one body (``cloth.pattern``). A first guess, for
whoever compares a garment with a person by their bones: the numbers are those with which some 200 garments of the training
sets, draped and rendered, lay best (the right place within 8 % on 63 %).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from fashionmirror_core.garment.parts import Point
from fashionmirror_core.skeleton import JOINT_COUNT, Joint
from fashionmirror_core.vocabulary import Category

# A usual body, in spans between its shoulder joints.
TRUNK, UPPER_ARM, FOREARM, THIGH, SHIN, HEAD = 1.50, 0.70, 0.64, 1.20, 1.25, 0.60
_SHOULDERS = 1.16  # from one shoulder's end to the other's
_BELOW_SHOULDER = 0.24  # from a shoulder's end down to its joint
_CHEST, _WAIST = {True: 1.47, False: 0.91}, {True: 1.35, False: 0.95}  # widths: flat, half the girth; worn
_SLEEVE, _LONG_SLEEVE = 1.55, 1.25  # from the shoulder's end to a long sleeve's cuff; from where on a sleeve is long
_CROTCH, _INSEAM, _LONG_LEG = 0.52, 1.95, 0.72  # from hip joints to crotch, from there to hems; the share that is long
_ABOVE_HIPS = 0.36  # from a skirt's waist to the hip joints
_INWARD = 0.37  # of half the garment's width there: how far hip joints lie from the middle
_SPREAD = 0.35  # of a forearm or upper arm that no sleeve covers: how far it goes sideways, to one down
_AWAY = 3.0  # spans from the middle, where the hands are of who wears trousers: on none of their cloth


def wearers_joints(landmarks: Mapping[str, Point], category: Category, flat: bool) -> np.ndarray:
    """(25, 3) float32, BODY_25, x and y in pixels of the garment's picture, confidence 1; feet and face, which tell
    nothing, have none. landmarks, flat: see ``garment.Garment``.
    """
    marks = {name: np.array(point, float) for name, point in landmarks.items()}
    joints = np.zeros((JOINT_COUNT, 3))
    if category == Category.LOWER:
        span, hips = _below(marks, flat)
        shoulders = {
            side: np.array([hips["m"][0] + sign * span / 2, hips["m"][1] - TRUNK * span]) for side, sign in _SIGNS
        }
        for side, sign in _SIGNS:
            away = np.array([hips["m"][0] + sign * _AWAY * span, hips["m"][1]])
            _set(joints, side, elbow=away - [0, span / 2], wrist=away)
    else:
        span, shoulders, hips = _above(marks, flat)
        for side, sign in _SIGNS:
            elbow, wrist = _arm(marks, side, sign, shoulders[side], span)
            _set(joints, side, elbow=elbow, wrist=wrist)
    for side, sign in _SIGNS:
        knee, ankle = _leg(marks, side, sign, hips, span)
        _set(joints, side, shoulder=shoulders[side], hip=hips[side], knee=knee, ankle=ankle)
    neck = (shoulders["r"] + shoulders["l"]) / 2
    joints[Joint.NECK, :2], joints[Joint.MID_HIP, :2], joints[Joint.NOSE, :2] = neck, hips["m"], neck - [0, HEAD * span]
    joints[[Joint.NECK, Joint.MID_HIP, Joint.NOSE], 2] = 1
    return joints.astype(np.float32)


_SIGNS = (("r", -1.0), ("l", 1.0))  # the wearer's right is the picture's left


def _set(joints: np.ndarray, side: str, **places: np.ndarray) -> None:
    for name, place in places.items():
        joints[Joint[f"{side}_{name}".upper()]] = (*place, 1)


def _middle(marks: dict[str, np.ndarray], name: str) -> np.ndarray:
    return (marks[f"{name}_r"] + marks[f"{name}_l"]) / 2


def _width(marks: dict[str, np.ndarray], name: str) -> float:
    return max(float(np.hypot(*(marks[f"{name}_l"] - marks[f"{name}_r"]))), 1.0)


def _mean(said: list[tuple[float, float]]) -> float:
    values, weights = np.array(said).T
    return float(np.exp((weights * np.log(np.maximum(values, 1.0))).sum() / weights.sum()))


def _half_width(marks: dict[str, np.ndarray], row: float) -> float:
    """Half the trunk's width in a row, between its landmarks."""
    known = sorted(
        (float(_middle(marks, name)[1]), _width(marks, name) / 2)
        for name in ("armpit", "waist", "hip", "hem")
        if f"{name}_r" in marks and f"{name}_l" in marks
    )
    rows, halves = np.array(known).T
    return float(np.interp(row, rows, halves))


def _above(marks: dict[str, np.ndarray], flat: bool) -> tuple[float, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Of a top or a dress: pixels a span, shoulder joints and hip joints."""
    sleeves = "cuff_outer_r" in marks or "cuff_outer_l" in marks
    whole = "shoulder_r" in marks and "shoulder_l" in marks
    said = [(_width(marks, "armpit") / _CHEST[flat], 1.0 if sleeves else 1.5)]
    if whole and sleeves:
        said.append((_width(marks, "shoulder") / _SHOULDERS, 1.5))
    long = [length for side, _ in _SIGNS if (length := _sleeve(marks, side)) > _LONG_SLEEVE * _mean(said)]
    if long:
        said.append((max(long) / _SLEEVE, 1.5))
    span = _mean(said)
    middle = _middle(marks, "shoulder" if whole else "armpit")
    row = middle[1] + _BELOW_SHOULDER * span if whole else middle[1] - 0.3 * span
    half = (
        _width(marks, "shoulder") / 2 / _SHOULDERS if whole and sleeves else _width(marks, "armpit") / 2 / _CHEST[flat]
    )
    shoulders = {side: np.array([middle[0] + sign * half, row]) for side, sign in _SIGNS}
    hip_row = row + TRUNK * span
    hips = {"m": np.array([middle[0], hip_row])}
    for side, sign in _SIGNS:
        hips[side] = np.array([middle[0] + sign * _INWARD * _half_width(marks, hip_row), hip_row])
    return span, shoulders, hips


def _sleeve(marks: dict[str, np.ndarray], side: str) -> float:
    """Pixels from the shoulder's end to the cuff along the elbow; 0 without a sleeve."""
    if f"cuff_outer_{side}" not in marks or f"shoulder_{side}" not in marks:
        return 0.0
    path = [
        marks[f"shoulder_{side}"],
        *([marks[f"elbow_{side}"]] if f"elbow_{side}" in marks else []),
        _cuff(marks, side),
    ]
    return float(sum(np.hypot(*(b - a)) for a, b in pairwise(path)))


def _cuff(marks: dict[str, np.ndarray], side: str) -> np.ndarray:
    return (marks[f"cuff_outer_{side}"] + marks[f"cuff_inner_{side}"]) / 2


def _arm(
    marks: dict[str, np.ndarray], side: str, sign: float, shoulder: np.ndarray, span: float
) -> tuple[np.ndarray, np.ndarray]:
    """Elbow and wrist: along the sleeve, as long as an arm; a long sleeve ends at the wrist."""
    if f"cuff_outer_{side}" not in marks:
        down = np.array([sign * _SPREAD, 1.0]) / np.hypot(1, _SPREAD)
        return shoulder + UPPER_ARM * span * down, shoulder + (UPPER_ARM + FOREARM) * span * down
    cuff = _cuff(marks, side)
    straight = cuff - shoulder
    length = max(float(np.hypot(*straight)), 1.0)
    share = UPPER_ARM / (UPPER_ARM + FOREARM)
    if _sleeve(marks, side) > _LONG_SLEEVE * span:
        return marks.get(f"elbow_{side}", shoulder + share * straight), cuff
    elbow = shoulder + UPPER_ARM * span * straight / length
    return elbow, elbow + FOREARM * span * straight / length


def _below(marks: dict[str, np.ndarray], flat: bool) -> tuple[float, dict[str, np.ndarray]]:
    """Of trousers or a skirt: pixels a span, and hip joints."""
    waist = _middle(marks, "waist")
    said = [(_width(marks, "waist") / _WAIST[flat], 1.0)]
    if "crotch" in marks:
        inseam = float(_middle(marks, "hem")[1] - marks["crotch"][1])
        if inseam > _LONG_LEG * _INSEAM * said[0][0]:
            said.append((inseam / _INSEAM, 1.5))
    span = _mean(said)
    row = float(marks["crotch"][1]) - _CROTCH * span if "crotch" in marks else float(waist[1]) + _ABOVE_HIPS * span
    hips = {"m": np.array([waist[0], row])}
    for side, sign in _SIGNS:
        hips[side] = np.array([waist[0] + sign * _INWARD * _half_width(marks, row), row])
    return span, hips


def _leg(
    marks: dict[str, np.ndarray], side: str, sign: float, hips: dict[str, np.ndarray], span: float
) -> tuple[np.ndarray, np.ndarray]:
    """Knee and ankle: along a trouser leg, which ends at the ankle where it is long; else down, as wide as the cloth."""
    hip = hips[side]
    if f"hem_inner_{side}" in marks:
        hem = (marks[f"hem_{side}"] + marks[f"hem_inner_{side}"]) / 2
        along = hem - hip
        length = max(float(np.hypot(*along)), 1.0)
        reach = THIGH + SHIN
        scale = length if length > _LONG_LEG * reach * span else reach * span
        return hip + THIGH / reach * scale * along / length, hip + scale * along / length
    knee, ankle = hip[1] + THIGH * span, hip[1] + (THIGH + SHIN) * span
    middle = float(hips["m"][0])
    return tuple(np.array([middle + sign * _INWARD * _half_width(marks, row), row]) for row in (knee, ankle))  # type: ignore[return-value]
