"""Drawn garments: shapes whose measures are known."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.garment.parts import Landmarks
from fashionmirror_core.garment.sight import Sight
from fashionmirror_core.vocabulary import Category

MIDDLE = 300.0


def both(marks: dict[str, tuple[float, float]]) -> Landmarks:
    """Landmarks of the right side, and their mirror images."""
    found = {}
    for name, (x, y) in marks.items():
        found[f"{name}_r"] = (MIDDLE - x, y)
        found[f"{name}_l"] = (MIDDLE + x, y)
    return found


def drawn(marks: Landmarks, outline: list[str], category: Category = Category.UPPER, turn: float = 0.0) -> Garment:
    """A garment whose outline goes along landmarks of its left side, by name, and back along the right; turned clockwise
    about its middle by degrees. Its red rises from column to column, its green from row to row, on the unturned garment.
    """
    points = [marks[f"{name}_l"] for name in outline] + [marks[f"{name}_r"] for name in reversed(outline)]
    size = 640
    alpha = np.zeros((size, size), np.uint8)
    cv2.fillPoly(alpha, [np.round(points).astype(np.int32)], (255,))
    rows, columns = np.indices(alpha.shape)
    image = np.dstack([columns * 255 // size, rows * 255 // size, np.zeros_like(rows), alpha]).astype(np.uint8)
    matrix = cv2.getRotationMatrix2D((MIDDLE, MIDDLE), -turn, 1.0)
    image = cv2.warpAffine(image, matrix, (size, size))
    placed = {name: matrix[:, :2] @ point + matrix[:, 2] for name, point in marks.items()}
    return Garment(image, category, {name: (float(x), float(y)) for name, (x, y) in placed.items()}, flat=True)


TEE = both({
    "neck": (50, 100), "shoulder": (110, 120), "armpit": (120, 220), "hem": (125, 460), "waist": (118, 330),
    "cuff_outer": (190, 200), "cuff_inner": (160, 245),
}) | {"neck_c": (MIDDLE, 130.0)}  # fmt: skip
LONG = both({
    "neck": (50, 100), "shoulder": (110, 120), "armpit": (120, 220), "hem": (125, 460), "waist": (118, 330),
    "elbow": (190, 290), "cuff_outer": (270, 400), "cuff_inner": (232, 420),
}) | {"neck_c": (MIDDLE, 130.0)}  # fmt: skip
THREE_QUARTER = LONG | both({"elbow": (165, 238), "cuff_outer": (215, 290), "cuff_inner": (178, 312)})
TANK = both({
    "neck": (60, 100), "shoulder": (90, 104), "armpit": (120, 220), "hem": (125, 460), "waist": (118, 330),
}) | {"neck_c": (MIDDLE, 170.0)}  # fmt: skip
DRESS = both({
    "neck": (45, 60), "shoulder": (75, 66), "armpit": (85, 140), "waist": (62, 240), "hip": (85, 300), "hem": (150, 560),
}) | {"neck_c": (MIDDLE, 90.0)}  # fmt: skip
STRAPLESS = both({
    "neck": (84, 140), "armpit": (85, 150), "waist": (62, 240), "hip": (85, 300), "hem": (110, 560),
}) | {"neck_c": (MIDDLE, 145.0)}  # fmt: skip

TEE_OUTLINE = ["neck", "shoulder", "cuff_outer", "cuff_inner", "armpit", "hem"]
TANK_OUTLINE = ["neck", "shoulder", "armpit", "waist", "hem"]


def tee(turn: float = 0.0) -> Garment:
    return drawn(TEE, TEE_OUTLINE, turn=turn)


def long_sleeved() -> Garment:
    return drawn(LONG, TEE_OUTLINE)


def tank() -> Garment:
    return drawn(TANK, TANK_OUTLINE)


def dress() -> Garment:
    return drawn(DRESS, ["neck", "shoulder", "armpit", "waist", "hip", "hem"], Category.DRESS)


def strapless() -> Garment:
    return drawn(STRAPLESS, ["neck", "armpit", "waist", "hip", "hem"], Category.DRESS)


def turtleneck() -> Garment:
    """A long-sleeved top whose collar stands up by 60 pixels, as wide as its neck."""
    marks = LONG | {"neck_c": (MIDDLE, 102.0), "collar_r": (MIDDLE - 50, 40.0), "collar_l": (MIDDLE + 50, 40.0)}
    worn = drawn(marks, ["collar", *TEE_OUTLINE])
    for side in "rl":
        worn.landmarks.pop(f"collar_{side}")
    return worn


def camisole() -> Garment:
    """A top on straps that are 12 pixels wide."""
    marks = TANK | both({"neck": (66, 100), "shoulder": (78, 100)}) | {"neck_c": (MIDDLE, 210.0)}
    worn = tank()
    worn.landmarks |= marks
    return worn


def capped() -> Garment:
    """A top whose sleeves hardly cover the shoulders."""
    marks = TEE | both({"cuff_outer": (140, 140), "cuff_inner": (126, 222)})
    return drawn(marks, TEE_OUTLINE)


def seen(
    garment: Garment, kind: str = "tee", hood: bool = False, front: str = "closed", straps: str = "none"
) -> Garment:
    """The garment with an encoder that is sure of what it sees."""
    kinds = ("tee", "shirt", "polo", "blouse", "blazer", "coat", "jacket", "vest", "tank", "hoodie", "dress")
    answers = {
        "kind": dict.fromkeys(kinds, 0.0) | {kind: 1.0},
        "front": dict.fromkeys(("closed", "buttoned", "open"), 0.0) | {front: 1.0},
        "straps": dict.fromkeys(("none", "thin", "wide", "one-shoulder"), 0.0) | {straps: 1.0},
        "sleeves": dict.fromkeys(("none", "short", "elbow"), 0.0) | {"long": 1.0},
        "hood": {"no": float(not hood), "yes": float(hood)},
    }
    height, width = garment.image.shape[:2]
    parts = np.zeros((8, 8, 7), np.float32)
    return replace(garment, sight=Sight(0, answers, {}, {}, {}, {}, parts, (width, height)))


def shirt() -> Garment:
    """A long-sleeved shirt whose collar rises 22 pixels above its neck points and is open to a V."""
    marks = LONG | {"neck_c": (MIDDLE, 140.0), "fold_r": (MIDDLE - 44, 78.0), "fold_l": (MIDDLE + 44, 78.0)}
    worn = drawn(marks, ["fold", *TEE_OUTLINE])
    for side in "rl":
        worn.landmarks.pop(f"fold_{side}")
    return seen(worn, "shirt", front="buttoned")


def hoodie() -> Garment:
    return seen(long_sleeved(), "hoodie", hood=True)
