"""A sleeve that is folded over the body or isn't seen is taken from the other side; two folded ones are laid out.

What the sleeve hid of the body is taken from the body's other half. The picture that comes out shows the whole garment
spread out, as if it had been photographed so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.garment.parts import Landmarks, split_parts
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.vocabulary import Category

FOLDED = "A sleeve is folded over the body: it is laid out beside it, and what it hides is taken from the other side."
HIDDEN = "A sleeve isn't seen: it is taken from the other side."

# Of 208 photos whose sleeves are spread out or lie against the body two are beyond, of 10 with folded or hidden ones seven.
_LESS, _MUCH_LESS = 0.5, 0.35
_ON_BODY, _ON_BODY_IF_SEEN = 0.2, 0.14  # of a sleeve's cloth: it lies over the body; where the encoder says so, too
_HAS_TWIN = 0.06  # of the trunk's area: a sleeve with less cloth is a cap, which a fold may hide
_LEAST = 0.01  # of the trunk's area: a sleeve with less cloth isn't there
_OUTWARD = 20.0  # degrees from the body's side line: where a sleeve is laid whose other one is folded, too
_OTHER = {"r": "l", "l": "r"}
_SLEEVE = ("shoulder", "armpit", "elbow", "cuff_outer", "cuff_inner")
_TRUNK = ("neck", "shoulder", "armpit", "hem")


@dataclass(frozen=True)
class Spread:
    """A garment with both sleeves beside it. image: (H, W, 4) uint8, larger than before; landmarks in its pixels;
    shares: see ``parts.split_parts``; notes: what was guessed.
    """

    image: np.ndarray
    landmarks: Landmarks
    shares: dict[str, np.ndarray]
    notes: list[str]


def unfolded(
    image: np.ndarray, landmarks: Landmarks, shares: Mapping[str, np.ndarray], may_hide: bool = True, over: float = 0.0
) -> Spread | None:
    """The garment with folded and hidden sleeves laid out beside it; None where both lie there already.

    image: (H, W, 4) uint8 of a garment with sleeves; shares: of its sleeves, as ``parts.split_parts`` takes them. may_hide:
    False for a garment that may have one sleeve only. over: how likely the encoder takes sleeves for folded over the body.
    """
    marks = {name: np.array(point, float) for name, point in landmarks.items()}
    if not {"neck_r", "neck_l", "hem_r", "hem_l", "armpit_r", "armpit_l", "shoulder_r", "shoulder_l"} <= marks.keys():
        return None
    parts = split_parts(image[..., 3] / np.float32(255), landmarks, Category.UPPER, shares)
    sleeves = {side: parts[f"sleeve_{side}"] for side in "rl" if f"sleeve_{side}" in parts}
    trunk = _trunk(marks, image.shape[:2])
    least = _ON_BODY_IF_SEEN if over > 0.5 else _ON_BODY
    hidden = _hidden(sleeves, trunk) if may_hide else None
    folded = [side for side in sleeves if side != hidden and _on_trunk(sleeves[side], trunk) > least]
    if hidden is None and not folded:
        return None
    room = round(_room(marks))
    picture = cv2.copyMakeBorder(image, 0, room, room, room, cv2.BORDER_REPLICATE)
    picture[:, :room, 3] = picture[:, -room:, 3] = picture[-room:, :, 3] = 0
    marks = {name: point + np.array([room, 0]) for name, point in marks.items()}
    grown = {side: cv2.copyMakeBorder(m, 0, room, room, room, cv2.BORDER_CONSTANT) for side, m in sleeves.items()}
    body = _without(picture, [grown[side] for side in sleeves if side in folded or side == hidden], marks)
    layers: dict[str, _Layer] = {}
    if hidden is not None or len(folded) == 2:
        layers = {side: _turned(picture, grown[side], marks, side) for side in folded}
    for side in [hidden] if hidden else folded if len(folded) == 1 else []:
        other = _OTHER[side]
        twin = layers.get(other) or _Layer(_only(picture, grown[other]), _of_side(marks, other))
        layers[side] = _mirrored(twin, marks, side)
    notes = [FOLDED] * bool(folded) + [HIDDEN] * (hidden is not None)
    return _joined(body, layers, grown, marks, notes)


@dataclass(frozen=True)
class _Layer:
    """A sleeve alone: (H, W, 4) float32, straight alpha in [0, 1], colours continued beyond it; its own landmarks."""

    picture: np.ndarray
    marks: dict[str, np.ndarray]


def _trunk(marks: dict[str, np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    names = [f"{name}_r" for name in _TRUNK] + [f"{name}_l" for name in reversed(_TRUNK)]
    region = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(region, [np.round([marks[name] for name in names if name in marks]).astype(np.int32)], (1,))
    return region > 0


def _on_trunk(sleeve: np.ndarray, trunk: np.ndarray) -> float:
    """The share of a sleeve's cloth that lies where the body is; 0 where there is hardly any sleeve."""
    area = float(sleeve.sum())
    return float(sleeve[trunk].sum()) / area if area > _LEAST * float(trunk.sum()) else 0.0


def _hidden(sleeves: dict[str, np.ndarray], trunk: np.ndarray) -> str | None:
    """The side whose sleeve is behind the garment or out of the picture, of which there is too little."""
    if len(sleeves) == 1:
        return _OTHER[next(iter(sleeves))]
    if len(sleeves) < 2:
        return None
    area = {side: float(sleeve.sum()) for side, sleeve in sleeves.items()}
    less = min(area, key=lambda side: area[side])
    if area[_OTHER[less]] < _HAS_TWIN * float(trunk.sum()):
        return None
    share = area[less] / max(area[_OTHER[less]], 1.0)
    return less if share < (_LESS if _on_trunk(sleeves[less], trunk) > _ON_BODY else _MUCH_LESS) else None


def _room(marks: dict[str, np.ndarray]) -> float:
    """How far beyond the picture a sleeve that is laid out may reach."""
    longest = 0.0
    for side in "rl":
        line = _line(marks, side)
        if len(line):
            longest = max(longest, float(np.hypot(*np.diff(line, axis=0).T).sum()))
    return 1.1 * longest + 8


def _of_side(marks: dict[str, np.ndarray], side: str) -> dict[str, np.ndarray]:
    return {name: marks[f"{name}_{side}"] for name in _SLEEVE if f"{name}_{side}" in marks}


def _line(marks: dict[str, np.ndarray], side: str) -> np.ndarray:
    """(2 or 3, 2): the sleeve's middle from the armhole over the elbow to the cuff; empty without cuffs."""
    own = _of_side(marks, side)
    if not {"cuff_outer", "cuff_inner"} <= own.keys():
        return np.empty((0, 2))
    ends = (own["shoulder"] + own["armpit"]) / 2, (own["cuff_outer"] + own["cuff_inner"]) / 2
    return np.array([ends[0], *([own["elbow"]] if "elbow" in own else []), ends[1]])


def _axis(marks: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """A point on the garment's middle line and its direction, downward."""
    top, bottom = (marks["neck_r"] + marks["neck_l"]) / 2, (marks["hem_r"] + marks["hem_l"]) / 2
    return top, (bottom - top) / max(float(np.hypot(*(bottom - top))), 1e-3)


def _reflection(marks: dict[str, np.ndarray]) -> np.ndarray:
    """(2, 3): what mirrors a point at the garment's middle line."""
    top, down = _axis(marks)
    turn = 2 * np.outer(down, down) - np.eye(2)
    return np.column_stack([turn, top - turn @ top])


def _only(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(H, W, 4) float32: the part of the picture under a mask, its colours continued around."""
    inside = cv2.erode((mask > 0.9).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    colour = push_pull(picture[..., :3].astype(np.float32), inside)
    colour = np.where(inside[..., None] > 0, picture[..., :3], colour)
    return np.dstack([colour, mask]).astype(np.float32)


def _turned(picture: np.ndarray, mask: np.ndarray, marks: dict[str, np.ndarray], side: str) -> _Layer:
    """A folded sleeve, turned about its armpit until its cuff lies beside the body."""
    own, line = _of_side(marks, side), _line(marks, side)
    out = -1.0 if side == "r" else 1.0
    edge = marks[f"hem_{side}"] - marks[f"armpit_{side}"]
    reach = line[-1] - own["armpit"]
    now, goal = (
        float(np.degrees(np.arctan2(x, y))) for x, y in (reach, edge)
    )  # from straight down, to the picture's right
    degrees = (goal + out * _OUTWARD - now + 180) % 360 - 180
    matrix = cv2.getRotationMatrix2D((float(own["armpit"][0]), float(own["armpit"][1])), degrees, 1.0)
    size = (picture.shape[1], picture.shape[0])
    layer = cv2.warpAffine(_only(picture, mask), matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    turned = {name: matrix[:, :2] @ point + matrix[:, 2] for name, point in own.items()}
    return _Layer(layer, turned | {name: own[name] for name in ("shoulder", "armpit")})


def _mirrored(layer: _Layer, marks: dict[str, np.ndarray], side: str) -> _Layer:
    """The other side's sleeve, mirrored and brought to this side's armhole."""
    matrix = _reflection(marks)
    marks_there = {name: matrix[:, :2] @ point + matrix[:, 2] for name, point in layer.marks.items()}
    shift = (marks[f"shoulder_{side}"] - marks_there["shoulder"] + marks[f"armpit_{side}"] - marks_there["armpit"]) / 2
    matrix[:, 2] += shift
    size = (layer.picture.shape[1], layer.picture.shape[0])
    picture = cv2.warpAffine(layer.picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return _Layer(picture, {name: point + shift for name, point in marks_there.items()})


def _without(picture: np.ndarray, sleeves: list[np.ndarray], marks: dict[str, np.ndarray]) -> np.ndarray:
    """(H, W, 4) float32: the garment without these sleeves; where they lay on the body, its other half is seen."""
    gone = np.clip(sum(sleeves, start=np.zeros(picture.shape[:2], np.float32)), 0, 1)
    alpha = picture[..., 3].astype(np.float32) / 255
    trunk = _trunk(marks, picture.shape)
    hole = (gone > 0.1) & trunk
    known = ((alpha > 0.95) & (gone < 0.02)).astype(np.float32)
    colour = push_pull(picture[..., :3].astype(np.float32), known)
    colour = np.where(known[..., None] > 0, picture[..., :3], colour).astype(np.float32)
    size = (picture.shape[1], picture.shape[0])
    matrix = _reflection(marks)
    twin = cv2.warpAffine(np.dstack([colour, known]), matrix, size, flags=cv2.INTER_LINEAR)
    there = (twin[..., 3] > 0.99) & trunk
    # The other half is as light as its surroundings here.
    both = (known * there).astype(np.float32)
    tone = push_pull(cv2.GaussianBlur(colour, (0, 0), 3) - cv2.GaussianBlur(twin[..., :3], (0, 0), 3), both)
    soft = cv2.GaussianBlur((hole & there).astype(np.float32), (0, 0), 2)[..., None] * hole[..., None]
    filled = np.where(hole[..., None], soft * np.clip(twin[..., :3] + tone, 0, 255) + (1 - soft) * colour, colour)
    left = np.maximum(alpha - gone, 0)
    return np.dstack([filled, np.where(hole, 1.0, left)]).astype(np.float32)


def _joined(
    body: np.ndarray,
    layers: dict[str, _Layer],
    kept: dict[str, np.ndarray],
    marks: dict[str, np.ndarray],
    notes: list[str],
) -> Spread:
    """Body and sleeves in one picture, cut to what they cover."""
    colour, alpha = body[..., :3], body[..., 3]
    shares = {f"sleeve_{side}": kept[side] for side in kept if side not in layers}
    for side, layer in layers.items():
        # Inside the armhole the body's own pixels are better than the sleeve's.
        share = layer.picture[..., 3] * (1 - alpha)
        colour = colour + (share / np.maximum(share + alpha, 1e-3))[..., None] * (layer.picture[..., :3] - colour)
        alpha = np.clip(alpha + share, 0, 1)
        shares[f"sleeve_{side}"] = share
        marks = marks | {f"{name}_{side}": point for name, point in layer.marks.items()}
    rows, columns = np.flatnonzero((alpha > 0.02).any(1)), np.flatnonzero((alpha > 0.02).any(0))
    pad = 8
    top, left = max(0, rows[0] - pad), max(0, columns[0] - pad)
    window = slice(top, rows[-1] + pad), slice(left, columns[-1] + pad)
    image = np.dstack([np.clip(colour, 0, 255), 255 * alpha])[window]
    last = np.array([image.shape[1] - 1.0, image.shape[0] - 1.0])
    inside = {name: np.clip(point - (left, top), 0, last) for name, point in marks.items()}
    placed = {name: (float(x), float(y)) for name, (x, y) in inside.items()}
    cropped = {name: np.ascontiguousarray(share[window]) for name, share in shares.items()}
    return Spread(np.round(image).astype(np.uint8), placed, cropped, notes)
