"""The sewing pattern of a jumpsuit: the trunk of a dress down to the crotch, and there the legs and the fork of trousers, in
one piece from the neck to the hems. Its panels meet in the middle, front and back, as those of trousers do.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.laid import Laid, laid
from fashionmirror_core.cloth.pattern.mesh import Panel, Stretch, sew
from fashionmirror_core.cloth.pattern.pattern import BACK, Pattern, Piece
from fashionmirror_core.cloth.pattern.sewn_tops import (
    area_of,
    mirrored,
    neck_edge,
    neckline_of,
    patterned,
    side_of,
    spacing_of,
    upper_half,
)
from fashionmirror_core.cloth.pattern.tops import TopShape, shaped
from fashionmirror_core.cloth.pattern.trousers import (
    BELOW_CROTCH,
    CLEAR_OF_SOLES,
    SEAT,
    Inseam,
    LegsShape,
    Seen,
    inseam_of,
    legged,
    legs_texel,
    seen_legs,
)
from fashionmirror_core.cloth.pattern.trunk import least_widths
from fashionmirror_core.cloth.pattern.waist import HIP_EASE, projection
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Side

SLACK = 0.015  # metres that the crotch hangs lower than that of trousers: one bends, and shoulders hold it
MOST_SEAT = 0.05  # metres by which the back is cut longer in the middle, below the waist
OTHER_HIPS = 0.6, 1.5  # what the width of a worn one's hips may be scaled by, beside that of its chest
CHEST = 0.12  # metres below the armpits over which it goes over
WAIST = 0.06  # metres above the waist over which it no longer may be wider than the body
INTO_LEGS = 0.1  # metres above the crotch over which the trunk's places in the picture go over into the legs'
LONG_LEG = 2.0  # inseam over the hem's width, from which on legs that lie flat are long ones
SHORTEST_LEG = 0.05  # metres


def has_legs(garment: Garment) -> bool:
    """Whether a garment that isn't worn below the waist alone has legs."""
    return "crotch" in garment.landmarks


def cut_jumpsuit(garment: Garment, girths: Girths, tailoring: Tailoring) -> Pattern:
    """Raises InputError for a cut-out without cloth between waist and hem."""
    whole = laid(garment)
    picture = whole.down_to(float(whole.marks["crotch"][1]))
    seen = seen_legs(garment)
    crotch = girths.crotch_row + BELOW_CROTCH + SLACK
    shape = shaped(picture, girths, garment, tailoring, neckline_of(garment, picture), crotch)
    inseam, kind = _inseam(shape, picture, seen, girths, tailoring, garment)
    scale = shape.scale
    if not garment.flat:
        scale = HIP_EASE * girths.hip / 2 / max(seen.hip, 1.0)
        shape = _clinging(shape, girths, scale / (projection(girths) * shape.scale))
    free = _free(shape.rows, girths, garment.flat)
    legs = legged(shape.rows, shape.half, free, seen, girths, tailoring.ease, scale, inseam)
    shape = replace(
        shape, half=legs.outer, open=False, stiffness=1.0, lift=0.0, hem=np.full(len(shape.hem), crotch),
        kind="jumpsuit" if "trousers" in kind else "jumpsuit with short legs",
    )  # fmt: skip
    mesh = sew(_panels(shape, legs, False), _panels(shape, legs, True), spacing_of(_area(shape, legs)))
    top = patterned(shape, picture, mesh)
    cut, piece, along, across = legs.laid_out(mesh.flat)
    below = piece != Piece.TRUNK
    texel = _into_legs(top, shape, picture, seen)
    texel[below] = legs_texel(legs, seen, piece[below], along[below], across[below])
    seat = float(np.clip(SEAT * girths.over_seat(girths.waist_row, crotch), 0, MOST_SEAT))
    cut[:, 1] += np.where(mesh.side == BACK, seat, 0.0) * _longer(shape, mesh.flat, girths)
    lengths = shape.lengths | {
        "length": crotch + inseam.length - float(shape.neck[1]), "inseam": inseam.length,
        "hem": 2 * float(legs.leg_outer[-1] - legs.leg_inner[-1]),
    }  # fmt: skip
    return replace(
        top, texel=texel, cut=cut, lengths=lengths,
        piece=np.where(below, piece, top.piece).astype(np.int8),
        along=np.where(below, along, top.along), across=np.where(below, across, top.across),
    )  # fmt: skip


def _inseam(
    shape: TopShape, picture: Laid, seen: Seen, girths: Girths, tailoring: Tailoring, garment: Garment
) -> tuple[Inseam, str]:
    """At the scale of the way from neck to crotch; slender legs that lie flat reach the ankles, for children's are short."""
    crotch = float(shape.rows[-1])
    scale = (crotch - float(shape.neck[1])) / max(float(picture.hem - picture.mid("neck")[1]), 1.0)
    if garment.flat and _slender(picture):
        scale = max(scale, (girths.floor - CLEAR_OF_SOLES - crotch) / seen.inseam)
    inseam, kind = inseam_of(seen, girths, tailoring, scale, crotch, None, garment.flat)
    if inseam.length < SHORTEST_LEG:
        inseam = Inseam(SHORTEST_LEG, max(inseam.pictured, SHORTEST_LEG))
    return inseam, kind


def _slender(picture: Laid) -> bool:
    """Whether the legs are so much longer than their hems are wide that they are long ones."""
    marks = picture.marks
    inner = [marks[f"hem_inner_{side}"] for side in Side]
    length = np.mean([np.hypot(*(end - marks["crotch"])) for end in inner])
    width = np.mean([np.hypot(*(end - marks[f"hem_{side}"])) for end, side in zip(inner, Side, strict=True)])
    return bool(length > LONG_LEG * width)


def _clinging(shape: TopShape, girths: Girths, larger: float) -> TopShape:
    """Of one that is worn in its picture: from below the chest on it is larger by this factor, so that it clings to this
    body's waist and hips as it did to those.
    """
    share = smoothstep((shape.rows - shape.rows[0]) / CHEST)
    half = shape.half * (1 + (float(np.clip(larger, *OTHER_HIPS)) - 1) * share)
    return replace(shape, half=np.maximum(half, least_widths(girths, shape.rows)))


def _free(rows: np.ndarray, girths: Girths, flat: bool) -> np.ndarray:
    """(R,): how much of what it is wider than the hips is left to it: all of it above the waist, nothing at the hips, or
    from the waist on, where it clings.
    """
    start, end = (girths.waist_row, girths.hip_row) if flat else (girths.waist_row - WAIST, girths.waist_row)
    return np.asarray(1 - smoothstep((rows - start) / (end - start)))


def _into_legs(top: Pattern, shape: TopShape, picture: Laid, seen: Seen) -> np.ndarray:
    """(N, 2): the places in the picture of the trunk, which go over into those of the legs above the crotch, evenly from
    the middle to the side seam.
    """
    x, y = top.flat.T
    crotch = float(shape.rows[-1])
    waist = float(np.interp(picture.mid("waist")[1], shape.picture_rows, shape.rows))
    share = smoothstep((y - crotch + INTO_LEGS) / INTO_LEGS) * (top.piece == Piece.TRUNK)
    down = np.clip((y - waist) / max(crotch - waist, 0.01), 0, 1)
    beside = np.clip(np.abs(x) / np.maximum(shape.half_at(y), 1e-6), 0, 1)
    texel = top.texel.copy()
    for side in Side:
        own = (share > 0) & ((x > 0) == (side is Side.LEFT))
        there = seen.trunk[side].texel(down[own], beside[own])
        texel[own] += share[own, None] * (there - texel[own])
    return texel


def _panels(shape: TopShape, legs: LegsShape, back: bool) -> list[Panel]:
    """The left and the right panel of the front or the back."""
    upper = upper_half(shape)
    depth, bend = (shape.back_depth, max(shape.bend, 2.2)) if back else (shape.depth, shape.bend)
    neck = neck_edge(shape, upper[0].points[0] if upper else shape.armpit, depth, bend, back)
    neck = np.concatenate([[neck.mean(0)], neck[1:]]) if len(neck) == 2 else neck[len(neck) // 2 :]
    neck[0, 0] = 0.0
    corner = [[float(legs.outer[-1]), legs.crotch]]
    side = np.concatenate([[shape.armpit], side_of(shape, legs.crotch), corner, legs.outer_seam()])
    left = [
        Stretch("neck", neck),
        *upper,
        Stretch("side_l", side, True),
        Stretch("hem_l", legs.hem_edge()),
        Stretch("inseam_l", legs.inner_seam(), True),
        Stretch("middle_back" if back else "middle_front", np.array([[0.0, legs.crotch], neck[0]]), True),
    ]
    return [left, mirrored(left)]


def _area(shape: TopShape, legs: LegsShape) -> float:
    """Square metres of cloth."""
    return area_of(shape) + 4 * float(np.mean(legs.leg_outer - legs.leg_inner) * np.ptp(legs.leg_rows))


def _longer(shape: TopShape, flat: np.ndarray, girths: Girths) -> np.ndarray:
    """(N,) in [-1, 0]: the share of the seat's way by which the back's vertices lie higher as they are cut: all of it above
    the waist in the middle, none at the crotch and at the sides.
    """
    x, y = flat.T
    beside = np.clip(np.abs(x) / np.maximum(shape.half_at(y), 1e-6), 0, 1)
    crotch = float(shape.rows[-1])
    return -np.clip((crotch - y) / (crotch - girths.waist_row), 0, 1) * (1 - beside**2)
