"""The sewing pattern of trousers and shorts: a trunk from waist to crotch and two legs, straight along the wearer's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.mesh import Stretch, sew
from fashionmirror_core.cloth.pattern.pattern import Pattern, Piece
from fashionmirror_core.cloth.pattern.strips import Strip, measured, robust_curve, straight
from fashionmirror_core.cloth.pattern.waist import (
    HIP_EASE,
    LEAST_EASE,
    ROW,
    WAIST_EASE,
    WIDEST_WAIST,
    half_girths,
    made,
    projection,
    waist_row,
)
from fashionmirror_core.cloth.tailoring import Cut, Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.garment.parts import split_parts
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Category, Side

LOWEST_WAIST = 0.33  # share of the way from waist to hip joints
LOW_RISE = 0.66  # the same, of trousers whose picture shows a short rise
BELOW_CROTCH = 0.015  # metres from the body's crotch to that of trousers
RISES = (0.9, 1.35)  # rise of the picture over the body's: beyond, waist or crotch lie elsewhere
SHORTEST_INSEAM = 0.70  # what the picture's inseam may be scaled by, at least
SHORTS = 0.35  # of the way from crotch to ankles, of what is cut as shorts
CLEAR_OF_SOLES = 0.09  # metres
ABOVE_FLOOR = 0.03  # metres, of trousers that somebody lengthened
LEG_EASE = 1.04  # of a trouser leg over the leg's girth, at least
LONG = 0.72  # of the way to the soles: trousers that reach further are meant to be full length
GAP = 0.02  # metres between the inseams, a metre of leg
BLEND = 0.08  # metres above the crotch over which the trunk widens to the legs' tops
TRUSTED_EDGE = 0.12  # of a leg's width: how far its inner edge may lie beyond the line from crotch to hem
TURN_ROWS = 0.25  # share of a leg over which its rows turn from the crotch's to its own
UNEQUAL = 1.12  # legs whose lengths differ by more: the shorter one is folded or hidden


@dataclass(frozen=True)
class _Seen:
    """Trousers in their picture. legs: with ``low`` the inner and ``high`` the outer edge. hip: pixels, the width there."""

    trunk: Strip
    legs: dict[Side, Strip]
    hip: float
    inseam: float


def cut_trousers(garment: Garment, girths: Girths, tailoring: Tailoring) -> Pattern:
    """Raises ValueError where the picture has no cloth at its landmarks."""
    doubts: list[str] = []
    seen = _seen(garment, doubts)
    scale, inflation = _scales(seen, girths, garment.flat)
    waist = waist_row(girths, seen.trunk.width[0] * scale * inflation, LOWEST_WAIST)
    crotch = girths.crotch_row + BELOW_CROTCH
    rise = seen.trunk.length * scale
    if rise > RISES[1] * (crotch - waist) and "crotch" in garment.landmarks:
        seen = _seen(garment, doubts, higher=1.2 * (crotch - waist) / rise)
        doubts.append("The thighs touch in the picture; the crotch is where the body has it.")
    elif rise < RISES[0] * (crotch - waist):
        lowest = girths.waist_row * (1 - LOW_RISE)
        waist = min(max(waist, lowest), crotch - rise / RISES[0]) if crotch - rise / RISES[0] > waist else waist
    inseam, kind = _inseam(seen, girths, tailoring, scale, crotch)
    shape = _shaped(seen, girths, tailoring, scale * inflation, waist, crotch, inseam)
    return _sewn(shape, seen, scale * inflation, kind, doubts)


# ---- the picture -----------------------------------------------------------------------------------------------------


def _seen(garment: Garment, doubts: list[str], higher: float = 1.0) -> _Seen:
    """higher: the crotch at this share of the rise that its landmark says."""
    marks = {name: np.array(point, float) for name, point in garment.landmarks.items()}
    top = (marks["waist_r"] + marks["waist_l"]) / 2
    if "crotch" not in marks:
        return _folded(garment, marks, top, doubts)
    marks["crotch"] = top + higher * (marks["crotch"] - top)
    crotch = marks["crotch"]
    bottom = (marks["hem_r"] + marks["hem_l"]) / 2
    down = (bottom - top) / max(float(np.hypot(*(bottom - top))), 1.0)
    level = np.array([down[1], -down[0]])
    trunk = measured(garment.alpha, *straight(top, crotch, level)).smooth()
    landmarks = garment.landmarks | {"crotch": (float(crotch[0]), float(crotch[1]))}
    parts = split_parts(garment.alpha, landmarks, Category.LOWER)
    legs = {side: _leg(parts[f"leg_{side}"], marks, side, level, trunk) for side in Side}
    long, short = sorted(Side, key=lambda side: -legs[side].length)
    if legs[long].length > UNEQUAL * legs[short].length:
        doubts.append("One leg is longer than the other in the picture; the longer one is taken for both.")
        legs[short] = legs[long]
    hip = float(np.median(trunk.width[int(0.6 * len(trunk.width)) : int(0.86 * len(trunk.width))]))
    return _Seen(trunk, legs, hip, float(np.mean([leg.length for leg in legs.values()])))


def _leg(cloth: np.ndarray, marks: dict[str, np.ndarray], side: Side, level: np.ndarray, trunk: Strip) -> Strip:
    """Down one leg; its edges within those that crotch and hem allow."""
    crotch, outer, inner = marks["crotch"], marks[f"hem_{side}"], marks[f"hem_inner_{side}"]
    out = level * side.sign
    reach = trunk.high[-1] if side is Side.LEFT else -trunk.low[-1]
    start, end = crotch + out * reach / 2, (outer + inner) / 2
    middle, across = straight(start, end)
    own = across[0] * side.sign
    hem = (outer - inner) / max(float(np.hypot(*(outer - inner))), 1.0)
    if hem @ own < np.cos(np.radians(30)):
        hem = own
    rows = np.linspace(0, 1, len(middle))
    turned, ended = smoothstep(rows / TURN_ROWS)[:, None], smoothstep((rows - 0.75) / 0.25)[:, None]
    across = out + turned * (own - out)
    across = across + ended * (hem - across)
    across /= np.hypot(*across.T)[:, None]
    strip = measured(cloth, middle, across)
    inside = rows[:, None] * (inner - crotch) + crotch
    limit = ((inside - middle) * across).sum(1)
    width = float(np.median(strip.high - np.maximum(strip.low, limit)))
    strip = Strip(middle, across, np.maximum(strip.low, limit - TRUSTED_EDGE * width), strip.high).smooth()
    blend = smoothstep(rows / 0.15)
    low = limit[0] + blend * (strip.low - limit[0])
    high = reach / 2 + blend * (strip.high - reach / 2)
    return _centred(Strip(middle, across, low, np.maximum(high, low + 4)))


def _centred(strip: Strip) -> Strip:
    """The same with its middle line between its edges."""
    shift = (strip.low + strip.high) / 2
    return Strip(strip.middle + shift[:, None] * strip.across, strip.across, strip.low - shift, strip.high - shift)


def _folded(garment: Garment, marks: dict[str, np.ndarray], top: np.ndarray, doubts: list[str]) -> _Seen:
    """Of trousers that lie folded lengthwise, so that no crotch is seen: both legs are what is seen of one."""
    doubts.append("No crotch is seen; both legs are made from what is seen of one.")
    bottom = (marks["hem_r"] + marks["hem_l"]) / 2
    whole = measured(garment.alpha, *straight(top, bottom)).smooth()
    width = float(np.median(whole.width))
    rise = float(np.clip(0.8 * width / max(whole.length, 1.0), 0.15, 0.6))
    at = round(rise * (len(whole.low) - 1))
    trunk = measured(garment.alpha, *straight(top, whole.middle[at])).smooth()
    leg = measured(garment.alpha, *straight(whole.middle[at], bottom)).smooth()
    mirrored = Strip(leg.middle, -leg.across, -leg.high, -leg.low)
    return _Seen(trunk, {Side.LEFT: _centred(leg), Side.RIGHT: _centred(mirrored)}, width, leg.length)


# ---- the pattern -----------------------------------------------------------------------------------------------------


def _scales(seen: _Seen, girths: Girths, flat: bool) -> tuple[float, float]:
    """Metres a pixel along the garment, and by how much more across."""
    inflation = 1.0 if flat else projection(girths)
    hips = HIP_EASE * girths.hip / 2 / inflation / max(seen.hip, 1.0)
    waist = 0.94 * girths.waist / 2 / inflation / max(float(seen.trunk.width[0]), 1.0)
    return max(hips, waist), inflation


@dataclass(frozen=True)
class _Inseam:
    """Metres from crotch to hem: as the pattern has it, and as far down as the picture reaches at the same scale."""

    length: float
    pictured: float


def _inseam(
    seen: _Seen, girths: Girths, tailoring: Tailoring, scale: float, crotch: float
) -> tuple[_Inseam, str]:
    """As the picture says, but long trousers end above the soles; and what they are called."""
    full = girths.floor - CLEAR_OF_SOLES - crotch
    own = seen.inseam * scale
    if own > full:
        own = max(full, SHORTEST_INSEAM * own)
    wanted = own
    if tailoring.cut is Cut.SHORTS:
        wanted = min(own, SHORTS * full)
    elif tailoring.cut is Cut.TROUSERS and own < LONG * full:
        wanted = full
    length = min(tailoring.hem_length(wanted), girths.floor - ABOVE_FLOOR - crotch)
    share = wanted / full
    kind = "shorts" if share < 0.5 else "cropped trousers" if share < 0.86 else "trousers"
    return _Inseam(length, max(own, length)), kind


@dataclass(frozen=True)
class _Shape:
    """The flat pattern's right half: at rows (k,) the inner and outer edges (k,), metres from the middle.

    leg_rows, leg_inner, leg_outer: the same below the crotch. pictured: metres of leg that the picture shows.
    """

    rows: np.ndarray
    outer: np.ndarray
    leg_rows: np.ndarray
    leg_inner: np.ndarray
    leg_outer: np.ndarray
    crotch: float
    pictured: float


def _shaped(
    seen: _Seen, girths: Girths, tailoring: Tailoring, scale: float, waist: float, crotch: float, inseam: _Inseam
) -> _Shape:
    rows = np.linspace(waist, crotch, max(4, round((crotch - waist) / ROW)))
    share = np.linspace(0, 1, len(rows))
    body = half_girths(girths, rows)
    strip = np.linspace(0, 1, len(seen.trunk.width))
    width = np.interp(share, strip, seen.trunk.width) * scale * tailoring.ease
    width = np.maximum(width, LEAST_EASE * body)
    band = float(np.clip(width[0], WAIST_EASE * body[0], WIDEST_WAIST * body[0]))
    width = band + (width - band) * smoothstep((rows - waist) / BLEND)

    leg_rows = np.linspace(crotch, crotch + inseam.length, max(6, round(inseam.length / ROW)))
    down = (leg_rows - crotch) / inseam.pictured
    legs = np.mean([np.interp(down, strip, leg.width) for leg in seen.legs.values()], axis=0) * scale * tailoring.ease
    unlike = 0.03 * float(np.median(legs))
    legs = robust_curve(down, legs, unlike)
    least = LEG_EASE * np.array([girths.leg_girth(row) / 2 for row in leg_rows])
    top = max(float(width[-1]) / 2, float(legs[0]), float(least[0]) / LEG_EASE)
    settle = smoothstep((leg_rows - crotch) / BLEND)
    legs = top + (np.maximum(legs, least) - top) * settle

    outer = width / 2
    outer = outer + (top - outer) * smoothstep((rows - (crotch - BLEND)) / BLEND)
    ankle = np.mean([np.abs(girths.leg_joints(side)[2]) for side in Side], axis=0)
    centre = top / 2 + (ankle[0] - top / 2) * (leg_rows - crotch) / max(ankle[1] - crotch, 0.1)
    centre = np.maximum(centre, legs / 2 + GAP * (leg_rows - crotch))
    return _Shape(rows, outer, leg_rows, centre - legs / 2, centre + legs / 2, crotch, inseam.pictured)


def _sewn(shape: _Shape, seen: _Seen, scale: float, kind: str, doubts: list[str]) -> Pattern:
    right = [
        Stretch("outer_r", np.concatenate([
            np.stack([-shape.outer, shape.rows], 1), np.stack([-shape.leg_outer, shape.leg_rows], 1)[1:]
        ]), True),
        Stretch("hem_r", np.array([
            [-shape.leg_outer[-1], shape.leg_rows[-1]], [-shape.leg_inner[-1], shape.leg_rows[-1]]
        ])),
        Stretch("inner_r", np.stack([-shape.leg_inner, shape.leg_rows], 1)[::-1], True),
    ]  # fmt: skip
    left = [Stretch(each.name.replace("_r", "_l"), (each.points * [-1, 1])[::-1], each.seam) for each in right[::-1]]
    waist = Stretch("waist", np.array([[shape.outer[0], shape.rows[0]], [-shape.outer[0], shape.rows[0]]]))
    panel = [*right, *left, waist]
    mesh = sew([panel], [panel])

    x, y = mesh.flat.T
    leg = y > shape.crotch + 1e-6
    inner, outer = (np.interp(y, shape.leg_rows, edge) for edge in (shape.leg_inner, shape.leg_outer))
    along = np.where(leg, y - shape.crotch, 0.0)
    across = np.where(leg, np.clip((2 * np.abs(x) - inner - outer) / (outer - inner), -1, 1), 0.0)
    piece = np.where(leg, np.where(x < 0, Piece.R_LEG, Piece.L_LEG), Piece.TRUNK)

    half = np.interp(y, shape.rows, shape.outer)
    share = (y - shape.rows[0]) / (shape.crotch - shape.rows[0])
    wide = np.interp(share, np.linspace(0, 1, len(seen.trunk.width)), seen.trunk.width)
    texel = seen.trunk.texel(np.clip(share, 0, 1), np.clip(x / half, -1, 1), 2 * half / (scale * wide))
    for side, name in ((Side.RIGHT, Piece.R_LEG), (Side.LEFT, Piece.L_LEG)):
        own = piece == name
        texel[own] = seen.legs[side].texel(along[own] / shape.pictured, across[own])

    length = float(shape.leg_rows[-1] - shape.crotch)
    lengths = {
        "waist": 4 * shape.outer[0], "hip": 4 * shape.outer.max(), "rise": shape.crotch - shape.rows[0],
        "inseam": length, "hem": 2 * (shape.leg_outer[-1] - shape.leg_inner[-1]),
    }  # fmt: skip
    return made(
        mesh, piece=piece, texel=texel, along=along, across=across, kind=kind, lengths=lengths, doubts=doubts
    )
