"""The neck of a garment in its picture: the edge of its front, a collar or a hood that stands up, and the inside of the
back, which the worn garment hides.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category

_BENDS = (1.0, 1.2, 1.5, 1.9, 2.4, 3.0, 4.0)  # from a V to a square neckline
_SQUARE_BENDS = (6.0, 9.0)  # of those between straps
_EMPTY = 0.6  # of what is between the neck points and the front's edge, from which on nothing of the back is seen there
_POINTED, _UNLIKELY, _SCOOP = 1.5, 0.87, 0.78
"""Below this bend a neckline is a V. What its edge counts for beside a round one's, for few are, and shallow ones never; and
what a round one's counts for where it is deep and narrow.
"""
_USUAL_BEND, _FAINT = 2.4, 0.3  # of a neckline whose edge isn't seen, and of its edge, Lab: less isn't seen
_SLIT_BENDS = (0.5, 0.7, 1.0, 1.2)  # of plackets, lapels and notches, which are deep and narrow at the bottom
_SCOOPS = (1.9, 2.4, 3.0)  # of deep round ones
_SLIT = 0.6  # of the neck's width: where there are sleeves, a neckline that is deeper is one of these
_DEPTHS = np.linspace(-0.06, 0.06, 7)  # of the neck's width, around the landmark
_STEPS = 61  # points of a curve
_WIDTH = 128  # pixels of the neck in the picture in which edges are compared
_DEEP, _USUAL_DEPTH = 1.6, 0.3  # of the neck's width: an opening deeper than any neckline, and a neckline's depth
_USUAL = 0.25  # how much an edge far from the landmark must be stronger than one at it
_COLLARED = ("shirt", "polo", "blouse", "blazer", "jacket", "coat", "vest")
_LAPELS, _LAPELS_END = ("coat", "blazer"), 0.65  # kinds, and of the length: how far down lapels reach at most
_JACKETS = ("jacket", "coat", "blazer", "vest", "hoodie", "sweater")
_RISES = (0.1, 0.42)  # of the neck's width: what collars of an open neck stand up by
_SOMETIMES_COLLARED, _SURELY = ("longsleeve", "sweater"), 0.14
"""Kinds of which some have a collar; of the neck's width, what it stands up by on both sides, at least."""
_CLOSED, _NEARLY_CLOSED, _STANDS = 0.25, 0.15, 0.3
"""Of the neck's width: a turtleneck's neckline, and that of a collar that is done up, isn't deeper; it stands up by more."""
_HOOD_RISE = 0.22  # of the neck's width: as much of a hood counts as its collar
_COLLAR_BENDS = (0.7, 1.0, 1.3, 1.7, 2.2)  # of the edges of collars that stand


@dataclass(frozen=True)
class Neckline:
    """The edge of a garment's front. curve: (n, 2), x and y in its picture, from the wearer's right to the left. depth:
    pixels of its lowest point below the neck points. bend: its exponent, 1 for a V, 4 for a square one. rise: pixels by
    which a collar or hood stands up above the neck points, 0 without one. closed: the collar is; its front has no opening.
    Else the curve begins on top of it.
    """

    curve: np.ndarray
    depth: float
    bend: float
    rise: float = 0.0
    closed: bool = False


def has_hood(garment: Garment) -> bool:
    """Whether the garment has a hood, as far as is known."""
    return garment.sight is not None and garment.sight.chance("hood") > 0.5


def has_collar(garment: Garment) -> bool:
    """Whether it is of a kind that has a collar: its neck is no rib, and its back's neck isn't bare."""
    return _is(garment, _COLLARED)


def has_lapels(garment: Garment) -> bool:
    """Whether it is a coat or a blazer, as far as is known, under which something else is worn."""
    return _is(garment, _LAPELS)


def _is(garment: Garment, kinds: tuple[str, ...]) -> bool:
    return garment.sight is not None and sum(garment.sight.answers["kind"].get(kind, 0.0) for kind in kinds) > 0.5


def is_jacket(garment: Garment) -> bool:
    """Whether it is of a kind that is worn over a top, and has buttons or a zip in front, closed or open."""
    if garment.sight is None:
        return False
    kinds, front = garment.sight.answers["kind"], garment.sight.answers["front"]
    return sum(kinds.get(kind, 0.0) for kind in _JACKETS) > 0.5 and front["open"] + front["buttoned"] > 0.5


def has_deep_front(garment: Garment) -> bool:
    """Whether it may be open down to below the chest, with a top under it."""
    return has_lapels(garment) or is_jacket(garment)


def _rise(garment: Garment, right: np.ndarray, left: np.ndarray, depth: float) -> tuple[float, bool]:
    """Pixels by which a collar or a hood stands up above the neck points (2,), 0 without one, and whether it is closed.

    Of open ones the mean of both sides; a side where a hanger or a fold leaves no collar counts as the other.
    """
    span = float(np.hypot(*(left - right)))
    across = (left - right) / max(span, 1e-6)
    up = np.array([across[1], -across[0]])
    hood, collar = has_hood(garment), has_collar(garment)
    if not hood and depth < (_NEARLY_CLOSED if collar else _CLOSED) * span:
        cloth = _above(garment.alpha, right, np.linspace(-0.1, 1.1, 25) * span, across, up, 1.2 * span)
        height = float(np.cumprod(cloth.mean(0) > 0.42).sum())
        if height > _STANDS * span:
            return height, True
    if hood:
        return _HOOD_RISE * span, False
    beside = np.linspace(0.02, 0.2, 7) * span
    heights = [
        float(
            np.percentile(np.cumprod(_above(garment.alpha, start, beside, inward, up, 0.6 * span), axis=1).sum(1), 75)
        )
        for start, inward in ((right, across), (left, -across))
    ]
    if not collar and (min(heights) < _SURELY * span or not _is(garment, _SOMETIMES_COLLARED)):
        return 0.0, False
    heights = [height for height in heights if height > _RISES[0] * span]
    return (min(float(np.mean(heights)), _RISES[1] * span) if heights else 0.0), False


def _above(
    alpha: np.ndarray, start: np.ndarray, offsets: np.ndarray, across: np.ndarray, up: np.ndarray, most: float
) -> np.ndarray:
    """(n, m) bool: where there is cloth above a line, at offsets (n,) from its start and 0, 1, ... pixels up."""
    places = start + offsets[:, None, None] * across + np.arange(0.0, most)[None, :, None] * up
    x, y = np.round(places).astype(int).transpose(2, 0, 1)
    within = (x >= 0) & (y >= 0) & (x < alpha.shape[1]) & (y < alpha.shape[0])
    return within & (alpha[np.clip(y, 0, alpha.shape[0] - 1), np.clip(x, 0, alpha.shape[1] - 1)] > 0.5)


def front_edge(garment: Garment) -> Neckline | None:
    """Of the curves through the landmarks of the neck, from a V to a square, the one that lies on the strongest edge of the
    picture; None without such landmarks.
    """
    collar = {"neck_r", "neck_l", "neck_c", "shoulder_r", "shoulder_l"}
    if garment.category == Category.LOWER or not collar <= garment.landmarks.keys():
        return None
    right, left, middle = (np.array(garment.landmarks[k], float) for k in ("neck_r", "neck_l", "neck_c"))
    span = left[0] - right[0]
    if span < 8:
        return None
    rim = (right[1] + left[1]) / 2
    deep = middle[1] - rim
    low = np.mean([garment.landmarks[f"hem_{side}"][1] for side in "rl" if f"hem_{side}" in garment.landmarks] or [0.0])
    # An open front: its edges meet, or a lining is between them, which is no skin. Between lapels, and above a jacket's
    # uppermost button, a top is seen.
    if deep > _DEEP * span and not (has_deep_front(garment) and deep < _LAPELS_END * (low - rim)):
        middle = np.array([(right[0] + left[0]) / 2, rim + _USUAL_DEPTH * span])
    slit = middle[1] - rim > _SLIT * span and "cuff_outer_r" in garment.landmarks
    bends: tuple[float, ...] = _SLIT_BENDS + _SCOOPS if slit else _BENDS
    rise, closed = _rise(garment, right, left, middle[1] - rim)
    if closed:
        top = np.array([0.0, rise])
        return Neckline(np.linspace(right - top, left - top, _STEPS), float(middle[1] - rim), 1.0, rise, True)
    if rise > 0:
        right, left = (end - [0.0, rise] for end in (right, left))
        bends = _SLIT_BENDS if slit else _COLLAR_BENDS
    outlined = rise == 0 and _outlined(garment.alpha, right, middle, left)
    curve, bend = (
        _on_outline(garment.alpha, right, middle, left)
        if outlined
        else _front_edge(garment.image, right, middle, left, bends, slit)
    )
    return Neckline(curve, float(curve[len(curve) // 2, 1] - rim), bend, rise)


def collar_cut(garment: Garment, edge: Neckline | None = None) -> np.ndarray:
    """(Hg, Wg) float32: 0 where the picture shows the inside of the back collar, which the worn piece hides, else 1.

    edge: its front edge, where it was found already.
    """
    height, width = garment.image.shape[:2]
    keep = np.ones((height, width), np.float32)
    edge = edge or front_edge(garment)
    if edge is None:
        return keep
    (right, _), (left, _) = edge.curve[[0, -1]]
    room = {side: 0.0 if edge.rise > 0 else _room(garment, side) for side in "rl"}
    outline = np.concatenate([edge.curve, [[left + room["l"], 0], [right - room["r"], 0]]])
    hole = np.zeros((height, width), np.uint8)
    cv2.fillPoly(hole, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return keep - hole.astype(np.float32) / 255


def _room(garment: Garment, side: str) -> float:
    """How far beyond the neck the picture's first row still shows hood or collar; nothing beside a strap."""
    neck, shoulder = garment.landmarks[f"neck_{side}"][1], garment.landmarks[f"shoulder_{side}"][1]
    return 2.0 * neck if shoulder > neck else 0.0


def _outlined(alpha: np.ndarray, right: np.ndarray, middle: np.ndarray, left: np.ndarray) -> bool:
    """Whether nothing is seen of the back above the front's edge, as between straps: that edge is the outline's."""
    line = right + np.linspace(0.2, 0.8, 25)[:, None] * (left - right)
    share = np.linspace(0.15, 0.7, 7)[:, None, None]
    between = line + share * np.array([0.0, middle[1] - (right[1] + left[1]) / 2])
    return bool((_sampled(alpha, between.reshape(-1, 2)) < 0.5).mean() > _EMPTY)


def _on_outline(alpha: np.ndarray, right: np.ndarray, middle: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, float]:
    """As ``_front_edge``, along the outline between the neck points."""
    columns = np.arange(int(np.ceil(right[0])) + 1, int(left[0]))
    top = np.round(right[1] + (columns - right[0]) / (left[0] - right[0]) * (left[1] - right[1])).astype(int)
    below = np.arange(len(alpha))[:, None] >= top
    cloth = (alpha[:, columns] > 0.5) & below
    edge = np.where(cloth.any(0), cloth.argmax(0), middle[1])
    best, chosen = np.inf, (np.empty((0, 2)), _BENDS[0])
    for bend in (*_BENDS, *_SQUARE_BENDS):
        for depth in _DEPTHS:
            curve = _curve(right, middle + np.array([0, depth * (left[0] - right[0])]), left, bend)
            off = float(np.abs(np.interp(columns, curve[:, 0], curve[:, 1]) - edge).mean())
            off /= _UNLIKELY if bend < _POINTED else 1.0
            if off < best:
                best, chosen = off, (curve, bend)
    return chosen


def _front_edge(
    image: np.ndarray,
    right: np.ndarray,
    middle: np.ndarray,
    left: np.ndarray,
    bends: tuple[float, ...],
    slit: bool,
) -> tuple[np.ndarray, float]:
    """(_STEPS, 2) x, y of the neckline of the garment's front, from its right to its left, and its exponent. slit: it is
    deep and narrow, rather a V.
    """
    span = left[0] - right[0]
    scale = min(1.0, _WIDTH / span)
    opaque = image[..., 3:].astype(np.float32) / 255
    # Where the picture is empty the edge is the outline's, which is none of the front's.
    small = cv2.resize(image[..., :3], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cloth = cv2.resize(opaque, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    lab = cv2.GaussianBlur(cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), (0, 0), 1.0)
    step = 2.0
    best, chosen = -np.inf, (np.empty((0, 2)), bends[0])
    for bend in bends if slit else sorted(bends, key=lambda each: abs(each - _USUAL_BEND)):
        pointed = bend < _POINTED
        for depth in sorted(_DEPTHS, key=abs):
            curve = _curve(right, middle + np.array([0, depth * span]), left, bend)
            on = (curve + 0.5) * scale - 0.5
            along = np.gradient(on, axis=0)
            normal = np.stack([-along[:, 1], along[:, 0]], -1) / np.maximum(np.hypot(*along.T), 1e-6)[:, None]
            above, below = (_sampled(lab, on - step * normal), _sampled(lab, on + step * normal))
            known = np.minimum(_sampled(cloth, on - 2 * step * normal), _sampled(cloth, on + 2 * step * normal))
            apart = np.minimum(np.linalg.norm(above - below, axis=-1), 20.0) * known
            length = np.hypot(*along.T)
            seen = max(float((apart * length).sum() / length.sum()), _FAINT)
            score = seen * (1 - _USUAL * abs(depth) / _DEPTHS[-1])
            score *= (1.0 if pointed else _SCOOP) if slit else (_UNLIKELY if pointed else 1.0)
            if score > best:
                best, chosen = score, (curve, bend)
    return chosen


def _curve(right: np.ndarray, middle: np.ndarray, left: np.ndarray, bend: float) -> np.ndarray:
    t = np.linspace(-1, 1, _STEPS)
    side = np.where(t[:, None] < 0, right, left)
    x = middle[0] + np.abs(t) * (side[:, 0] - middle[0])
    y = middle[1] + np.abs(t) ** bend * (side[:, 1] - middle[1])
    return np.stack([x, y], -1)


def _sampled(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    if picture.ndim == 2:
        picture = picture[..., None]
    at = points.astype(np.float32)
    found = cv2.remap(picture, at[:, :1], at[:, 1:], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found.reshape(len(points), -1) if picture.shape[2] > 1 else found.reshape(len(points))
