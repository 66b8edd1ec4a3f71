"""Labelled garment photos as arrays: the picture in a square, its landmarks, its parts and its attributes.

Parts follow from the cut-out's mask and the landmarks: sleeves are what lies within the sleeves' outlines, the skirt
what hangs below the waist, the legs what hangs left and right of the crotch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from fashionmirror_core.networks.garment_encoder import ATTRIBUTES, LANDMARKS, PARTS

SIDE = 320  # pixels of the square that pictures are kept in
UNKNOWN = 255  # in a part map: not counted; as an attribute -1 is
NONE, BODY, LEFT_SLEEVE, RIGHT_SLEEVE, SKIRT, LEFT_LEG, RIGHT_LEG = range(len(PARTS))


@dataclass
class Record:
    """One picture.

    picture: (SIDE, SIDE, 3) uint8 RGB, its longer side fills the square, beyond it the rim goes on.
    points: (K, 2) float32, pixels of the square. state: (K,) uint8, 0 not there, 1 guessed, 2 seen, 3 unknown.
    parts: (SIDE, SIDE) uint8, indices of PARTS or UNKNOWN.
    attributes: name -> index of its choice; what is missing is unknown.
    """

    name: str
    picture: np.ndarray
    points: np.ndarray
    state: np.ndarray
    parts: np.ndarray
    attributes: dict[str, int] = field(default_factory=dict)


def in_square(picture: np.ndarray, side: int = SIDE) -> tuple[np.ndarray, float, np.ndarray]:
    """(H, W, 3) or (H, W) -> (the picture in a square of ``side``, factor, offset (2,)): a point p of the picture (pixel
    centres at whole numbers) lies at (p + 0.5) * factor - 0.5 + offset.
    """
    height, width = picture.shape[:2]
    factor = side / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    border = cv2.BORDER_REPLICATE if picture.ndim == 3 else cv2.BORDER_CONSTANT
    square = cv2.copyMakeBorder(small, top, side - size[1] - top, left, side - size[0] - left, border, value=0)
    return square, factor, np.array([left, top], np.float32)


def labelled(name: str, picture: np.ndarray, label: dict[str, Any], mask: np.ndarray | None) -> Record:
    """A photo with its labels (``landmarks.json``). mask: (H, W) bool, the garment's cut-out, None where there is none."""
    square, factor, offset = in_square(picture)
    size = np.array(picture.shape[1::-1], np.float32)
    points, state = np.zeros((len(LANDMARKS), 2), np.float32), np.zeros(len(LANDMARKS), np.uint8)
    for key, (x, y, seen) in label["points"].items():
        if key in LANDMARKS:
            points[LANDMARKS.index(key)] = np.array([x, y]) * size * factor - 0.5 + offset
            state[LANDMARKS.index(key)] = seen
    parts = np.full((SIDE, SIDE), UNKNOWN, np.uint8)
    if mask is not None:
        cloth, _, _ = in_square(mask.astype(np.uint8) * 255)
        parts = partition(cloth > 127, points, state, label)
    return Record(name, square, points, state, parts, _attributes(label))


def _attributes(label: dict[str, Any]) -> dict[str, int]:
    words = {
        "kind": label["type"],
        "hood": "yes" if label["hood"] else "no",
        "folded": "yes" if label["folded"] else "no",
        "cut": "yes" if label["cut"] else "no",
        "crumpled": "yes" if label["crumpled"] else "no",
        "hanger": "yes" if label["support"] == "hanger" else "no",
        "garment": "no" if label["category"] == "other" else "yes",
        "several": "yes" if label["count"] > 1 else "no",
        "worn": "no",
        "turn": str(label["turn"]),
    }
    plain = ("category", "sleeves", "left_sleeve", "right_sleeve", "front", "straps", "view")
    words |= {name: label[name] for name in plain}
    return {name: ATTRIBUTES[name].index(word) for name, word in words.items() if word in ATTRIBUTES[name]}


def partition(cloth: np.ndarray, points: np.ndarray, state: np.ndarray, label: dict[str, Any]) -> np.ndarray:
    """The part of each pixel: cloth (S, S) bool, points (K, 2) and state (K,) of its landmarks -> (S, S) uint8."""
    at = {name: points[i] for i, name in enumerate(LANDMARKS) if state[i] in (1, 2)}
    parts = np.where(cloth, BODY, NONE).astype(np.uint8)
    if label["category"] == "lower" or label["type"] == "jumpsuit":
        _divide_legs(parts, cloth, at, label)
    if label["category"] != "lower":
        for side, index in (("left", LEFT_SLEEVE), ("right", RIGHT_SLEEVE)):
            sleeve = _sleeve(at, side, cloth.shape)
            if sleeve is None:
                continue
            inside = cloth & sleeve
            if (
                label[f"{side}_sleeve"] != "over"
            ):  # a sleeve over the body hides it; elsewhere the body keeps what is its own
                inside &= ~_trunk(at, cloth.shape)
            parts[inside] = index
    if label["category"] == "dress" and {"waist_left", "waist_right"} <= at.keys():
        below = _below(at["waist_left"], at["waist_right"], at.get("hem_middle"), cloth.shape)
        parts[below & (parts == BODY)] = SKIRT
    return parts


def _divide_legs(parts: np.ndarray, cloth: np.ndarray, at: dict[str, np.ndarray], label: dict[str, Any]) -> None:
    if "crotch" not in at:
        parts[cloth] = SKIRT
        return
    polygons = []
    middle = (at["waist_left"] + at["waist_right"]) / 2 if {"waist_left", "waist_right"} <= at.keys() else None
    for side in ("left", "right"):
        names = (f"waist_{side}", f"hem_{side}_outer", f"hem_{side}_inner", "crotch")
        outline = [at[name] for name in names if name in at] + ([] if middle is None else [middle])
        polygons.append(_filled([np.array(outline)], cloth.shape))
    distance = [cv2.distanceTransform((~polygon).astype(np.uint8), cv2.DIST_L2, 3) for polygon in polygons]
    legs = cloth
    if label["type"] == "jumpsuit":
        legs = (
            cloth & _below(at["waist_left"], at["waist_right"], at["crotch"], cloth.shape)
            if middle is not None
            else cloth
        )
    parts[legs & (distance[0] <= distance[1])] = LEFT_LEG
    parts[legs & (distance[0] > distance[1])] = RIGHT_LEG


def _trunk(at: dict[str, np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    names = (
        *("neck_left", "shoulder_left", "armpit_left", "waist_left", "hem_left", "hem_middle", "hem_right"),
        *("waist_right", "armpit_right", "shoulder_right", "neck_right"),
    )
    return _filled([np.array([at[name] for name in names if name in at])], shape)


def _sleeve(at: dict[str, np.ndarray], side: str, shape: tuple[int, ...]) -> np.ndarray | None:
    """The sleeve's outline and a stroke as wide as it is along its centre line, which follows a bent elbow."""
    corners = [at.get(name.format(side)) for name in ("shoulder_{}", "armpit_{}", "cuff_{}_outer", "cuff_{}_inner")]
    if any(corner is None for corner in corners):
        return None
    shoulder, armpit, outer, inner = (np.asarray(corner) for corner in corners)
    root, cuff = (shoulder + armpit) / 2, (outer + inner) / 2
    elbow = at.get(f"elbow_{side}")
    line = [root, cuff] if elbow is None else [root, elbow, cuff]
    shapes = [] if elbow is not None else [np.array([shoulder, outer, inner, armpit])]
    wide, narrow = float(np.hypot(*(shoulder - armpit))), float(np.hypot(*(outer - inner)))
    for k, (a, b) in enumerate(pairwise(line)):
        across = np.array([a[1] - b[1], b[0] - a[0]]) / max(float(np.hypot(*(b - a))), 1e-3)
        w0, w1 = (np.interp([k / (len(line) - 1), (k + 1) / (len(line) - 1)], [0, 1], [wide, narrow]) * 0.6).tolist()
        shapes.append(np.array([a + across * w0, b + across * w1, b - across * w1, a - across * w0]))
    return _filled(shapes, shape)


def _filled(outlines: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    canvas = np.zeros(shape[:2], np.uint8)
    for outline in outlines:
        cv2.fillPoly(canvas, [np.round(outline).astype(np.int32)], 1)
    return canvas > 0


def _below(a: np.ndarray, b: np.ndarray, toward: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """Pixels on the side of the line a-b on which ``toward`` lies (below it where that is None)."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    side = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
    sign = 1.0
    if toward is not None:
        sign = float((b[0] - a[0]) * (toward[1] - a[1]) - (b[1] - a[1]) * (toward[0] - a[0]))
    return side * (1 if sign >= 0 else -1) > 0
