"""The sewing pattern of trousers and shorts: a trunk from waist to crotch and two legs, straight along the wearer's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.mesh import Stretch, sew
from fashionmirror_core.cloth.pattern.pattern import BACK, Pattern, Piece
from fashionmirror_core.cloth.pattern.strips import (
    Patch,
    depth_of_edge,
    measured,
    polyline_length,
    robust_curve,
    straight,
    stretched,
)
from fashionmirror_core.cloth.pattern.waist import (
    ABOVE_WAIST,
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
from fashionmirror_core.garment.sight import Sight
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Category, Side

LOWEST_WAIST = 0.33  # share of the way from waist to hip joints
BELOW_CROTCH = 0.015  # metres from the body's crotch to that of trousers
LOWEST_LOW_RISE = 0.66  # the same, of trousers whose picture shows a short rise
LONG_RISE = 1.1  # of the picture over the body's: from there on the waist lies higher
RAISED = 1.2  # of the body's rise, to which a crotch that is too low in the picture is taken up
RISES = (0.9, 1.35)  # rise of the picture over the body's: beyond, waist or crotch lie elsewhere
SHORTEST_INSEAM = 0.70  # what the picture's inseam may be scaled by, at least
SHORTS = 0.35  # of the way from crotch to ankles, of what is cut as shorts
LONGEST_SHORTS, SHORTEST_TROUSERS = 0.52, 0.6  # of that way, where the picture surely shows the one or the other
SURE = 0.8  # chance of a kind, from which on it is believed more than the scale
CLEAR_OF_SOLES = 0.09  # metres
ABOVE_FLOOR = 0.03  # metres, of trousers that somebody lengthened
LEG_EASE = 1.04  # of a trouser leg over the leg's girth, at least
DRAWN_IN = 1.12  # scale by the waist over that by the hips: beyond, an elastic has drawn the waist in
SEAT = 0.8  # of the way over the seat: by how much the back is cut higher
LEAST_SEAT, MOST_SEAT = 0.002, 0.06  # metres
SLENDER = 3.2  # inseam over the hem's width, from which on narrow trousers are meant to reach the ankles
LONG = {True: 0.72, False: 0.88}  # of the way to the ankles, from which on others are, by whether they lie flat
LENGTHENED = 1.15  # by how much these are lengthened at most
GAP = 0.02  # metres between the inseams, a metre of leg
BLEND = 0.10  # metres below the waist and the crotch over which widths go over to the picture's
WIDENING = 0.16  # metres above the crotch over which the trunk widens to the legs' tops
FORK = 0.04  # of the girth of the hips: by how much each panel reaches under the crotch, at most
HIPS = 1.05  # of the body's girth: trousers above the crotch aren't wider, unless their legs are
FORKING = 0.45  # metres of leg over which the inner seam comes back from the fork
SEAM_BLUR = 0.025  # metres
TRUSTED_EDGE = 0.12  # of the hem's width: how far a leg may reach inwards over the line from crotch to hem
LEAST_OUTER = 0.85  # of the inseam: length of the outer seam below the crotch's row
DEEPEST_DIP = 0.35  # of the waist's half width: how far the front's edge may lie below the waist's ends
WIDEST = 1.3  # of the trunk, over the body's hips
WIDEST_LEG = 1.25  # of a leg anywhere, over the thigh's ease at the crotch
FOLDED = 1.5  # longer over shorter outer seam from which on legs lie over each other
FOLDED_RISE = 0.26  # of the length of trousers that lie folded
CROTCH_ARCH = 0.05  # of the inseam, over which its two edges part at the crotch
THINNEST, THICKEST = 0.7, 1.25  # of its narrower and of its wider end: a leg anywhere between, at least and at most
STRAIGHT = 1.06, 0.66  # of the thigh's girth: legs whose outlines aren't seen, at the crotch and at the floor
UNEQUAL = 1.12  # legs whose lengths differ by more: the shorter one is folded or hidden


@dataclass(frozen=True)
class Seen:
    """Trousers in their picture. trunk: side -> from the middle line to the outer seam. legs: side -> from the inner to the
    outer seam. waist, hip: pixels, the widths there. rise, inseam: pixels. shapely: how many
    legs have a leg's outline; the others lie folded.
    """

    trunk: dict[Side, Patch]
    legs: dict[Side, Patch]
    waist: float
    hip: float
    rise: float
    inseam: float
    shapely: int = 2

    @property
    def width(self) -> np.ndarray:
        """(k,) pixels, of the trunk, from waist to crotch."""
        return self.trunk[Side.RIGHT].width + self.trunk[Side.LEFT].width


def cut_trousers(garment: Garment, girths: Girths, tailoring: Tailoring) -> Pattern:
    """Raises InputError for a cut-out without cloth between waist and hem."""
    doubts: list[str] = []
    folded = _is_folded(garment)
    seen = _folded(garment) if folded else seen_legs(garment)
    skirt = (
        garment.sight is not None and garment.sight.answer("kind") == "skirt"
    )  # cut as trousers, as somebody wants it
    if seen.shapely < 2 and not skirt:
        doubts.append("The trousers lie folded; both legs are made from what is seen of one.")
    elif seen.shapely == 2 and len({id(leg) for leg in seen.legs.values()}) == 1:
        doubts.append("One leg is longer than the other in the picture; the longer one is taken for both.")
    scale, inflation = _scales(seen, girths, garment.flat)
    crotch = girths.crotch_row + BELOW_CROTCH
    rise = seen.rise * scale
    waist = _waist(seen.waist * scale * inflation, rise, girths, crotch)
    if not garment.flat:  # where they are worn it is seen how high
        waist = float(np.clip(crotch - rise, girths.waist_row - ABOVE_WAIST, girths.waist_row * (1 - LOWEST_LOW_RISE)))
    if rise > RISES[1] * (crotch - waist) and not folded:
        seen = seen_legs(garment, higher=RAISED * (crotch - waist) / rise)
        doubts.append("The crotch is lower in the picture than on the body; it is taken further up.")
    inseam, kind = inseam_of(seen, girths, tailoring, scale, crotch, garment.sight, garment.flat)
    seat = float(np.clip(SEAT * girths.over_seat(waist, crotch), 0, MOST_SEAT))
    shape = _shaped(seen, girths, tailoring, scale * inflation, waist, crotch, inseam)
    return _sewn(shape, seat, seen, scale * inflation, kind, doubts)


# ---- the picture -----------------------------------------------------------------------------------------------------


def _is_folded(garment: Garment) -> bool:
    """Whether the legs lie over each other, so that the picture has one leg's outline."""
    if "crotch" not in garment.landmarks:
        return True
    marks = {name: np.array(point, float) for name, point in garment.landmarks.items()}
    outer = [float(np.hypot(*(marks[f"hem_{side}"] - marks[f"waist_{side}"]))) for side in Side]
    return max(outer) > FOLDED * max(min(outer), 1.0)


def seen_legs(garment: Garment, higher: float = 1.0) -> Seen:
    """Trousers, or a jumpsuit from its waist down, in their picture. higher: the crotch at this share of the rise
    that its landmark says.
    """
    marks = {name: np.array(point, float) for name, point in garment.landmarks.items()}
    top = (marks["waist_r"] + marks["waist_l"]) / 2
    bottom = (marks["hem_r"] + marks["hem_l"]) / 2
    down = (bottom - top) / max(float(np.hypot(*(bottom - top))), 1.0)
    level = np.array([down[1], -down[0]])
    crotch = top + higher * (marks["crotch"] - top)
    landmarks = garment.landmarks | {"crotch": (float(crotch[0]), float(crotch[1]))}
    parts = split_parts(garment.alpha, landmarks, Category.LOWER)
    front = _front(garment.alpha, marks, top, down)
    bow = (float(front[0] - top[0]), float(front[1] - top[1]))
    trunk, legs = {}, {}
    for side in Side:
        outer = _outer(garment.alpha, marks, side, top, down, level)
        inner = _inner(parts[f"leg_{side}"], crotch, marks, side, level, outer)
        total = polyline_length(outer)
        beside = float(np.interp((crotch - top) @ down, (outer - top) @ down, np.linspace(0, total, len(outer))))
        beside = max(min(beside, total - LEAST_OUTER * polyline_length(inner)), 0.3 * total) / total
        trunk[side] = Patch(stretched(np.stack([front, crotch]), 0, 1), stretched(outer, 0, beside), bow=bow)
        legs[side] = Patch(stretched(inner, 0, 1), stretched(outer, beside, 1), open_inner=True)
    long, short = sorted(Side, key=lambda side: -legs[side].length)
    shapely = [side for side in Side if _shapely(legs[side].width)]
    if len(shapely) == 1:
        legs = dict.fromkeys(Side, legs[shapely[0]])
    elif legs[long].length > UNEQUAL * legs[short].length and legs[long].length > float(legs[long].width.mean()):
        legs[short] = legs[long]
    width = trunk[Side.RIGHT].width + trunk[Side.LEFT].width
    return Seen(
        trunk,
        legs,
        waist=float(np.hypot(*(marks["waist_l"] - marks["waist_r"]))),
        hip=float(np.median(width[int(0.6 * len(width)) : int(0.86 * len(width))])),
        rise=float((crotch - top) @ down),
        inseam=float(np.mean([leg.length for leg in legs.values()])),
        shapely=len(shapely),
    )


def _shapely(width: np.ndarray) -> bool:
    """Whether widths (k,) from the crotch to the hem are a leg's: nowhere much narrower or wider than both its ends."""
    count = len(width)
    ends = float(np.median(width[count // 20 : count // 6])), float(np.median(width[-count // 8 :]))
    between = width[count // 10 : -count // 10]
    return bool(between.min() > THINNEST * min(ends) and between.max() < THICKEST * max(ends))


def _front(cloth: np.ndarray, marks: dict[str, np.ndarray], top: np.ndarray, down: np.ndarray) -> np.ndarray:
    """(2,): where the cloth begins in the middle, at or below the line between the waist's ends."""
    half = (marks["waist_l"] - marks["waist_r"]) / 2
    return top + down * depth_of_edge(cloth, top, half, down, float(DEEPEST_DIP * np.hypot(*half)))


def _outer(
    cloth: np.ndarray, marks: dict[str, np.ndarray], side: Side, top: np.ndarray, down: np.ndarray, level: np.ndarray
) -> np.ndarray:
    """(STEPS, 2): the outer edge from waist to hem."""
    end = top + down * ((marks[f"hem_{side}"] - top) @ down)
    strip = measured(cloth, *straight(top, end, level)).smooth()
    return strip.middle + (strip.high if side is Side.LEFT else strip.low)[:, None] * strip.across


def _inner(
    cloth: np.ndarray,
    crotch: np.ndarray,
    marks: dict[str, np.ndarray],
    side: Side,
    level: np.ndarray,
    outer: np.ndarray,
) -> np.ndarray:
    """(STEPS, 2): the inner edge from crotch to hem, near the straight line between them. cloth: (H, W), the leg's."""
    line, across = straight(crotch, marks[f"hem_inner_{side}"], level * side.sign)
    reach = float(np.hypot(*(outer[-1] - line[-1])))
    if polyline_length(line) < 0.5 * reach:  # short legs have straight seams
        return line
    strip = measured(cloth, line, across)
    low = np.clip(strip.low, -TRUSTED_EDGE * reach, reach)
    low = robust_curve(np.linspace(0, 1, len(low)), low, 0.03 * reach)
    return line + (low * smoothstep(np.linspace(0, 1, len(low)) / CROTCH_ARCH))[:, None] * across


def _folded(garment: Garment) -> Seen:
    """Of trousers that lie folded lengthwise: both legs are what is seen below the rise."""
    marks = {name: np.array(point, float) for name, point in garment.landmarks.items()}
    top = (marks["waist_r"] + marks["waist_l"]) / 2
    ends = [(marks[f"hem_{side}"] + marks.get(f"hem_inner_{side}", marks[f"hem_{side}"])) / 2 for side in Side]
    bottom = max(ends, key=lambda end: float(np.hypot(*(end - top)))) if "crotch" in marks else (ends[0] + ends[1]) / 2
    strip = measured(garment.alpha, *straight(top, bottom)).smooth()
    low, high = (strip.middle + edge[:, None] * strip.across for edge in (strip.low, strip.high))
    waist = float(np.hypot(*(marks["waist_l"] - marks["waist_r"])))
    length = polyline_length(strip.middle)
    rise = float(np.clip(FOLDED_RISE * length, 0, length)) / length
    middle = (low + high) / 2
    trunk = {
        side: Patch(stretched(middle, 0, rise), stretched(edge, 0, rise))
        for side, edge in ((Side.RIGHT, low), (Side.LEFT, high))
    }
    legs = {
        Side.RIGHT: Patch(stretched(high, rise, 1), stretched(low, rise, 1), open_inner=True),
        Side.LEFT: Patch(stretched(low, rise, 1), stretched(high, rise, 1), open_inner=True),
    }
    return Seen(trunk, legs, waist, waist, rise * length, (1 - rise) * length, shapely=0)


# ---- the pattern -----------------------------------------------------------------------------------------------------


def _scales(seen: Seen, girths: Girths, flat: bool) -> tuple[float, float]:
    """Metres a pixel along the garment, and by how much more across."""
    inflation = 1.0 if flat else projection(girths)
    hips = HIP_EASE * girths.hip / 2 / inflation / max(seen.hip, 1.0)
    waist = 0.94 * girths.waist / 2 / inflation / max(seen.waist, 1.0)
    return float(np.clip(waist, hips, DRAWN_IN * hips)), inflation


def _waist(width: float, rise: float, girths: Girths, crotch: float) -> float:
    """The row of a waistband of this half width over a rise of this length, metres."""
    row = waist_row(girths, width, LOWEST_WAIST)
    if rise < RISES[0] * (crotch - row):
        lowest = girths.waist_row * (1 - LOWEST_LOW_RISE)
        return max(row, min(lowest, crotch - rise / RISES[0]))
    if rise > LONG_RISE * (crotch - row):
        return min(row, max(girths.waist_row - ABOVE_WAIST, crotch - rise / LONG_RISE))
    return row


@dataclass(frozen=True)
class Inseam:
    """Metres from crotch to hem: as the pattern has it, and as far down as the picture reaches at the same scale."""

    length: float
    pictured: float


def inseam_of(
    seen: Seen, girths: Girths, tailoring: Tailoring, scale: float, crotch: float, sight: Sight | None,
    flat: bool,
) -> tuple[Inseam, str]:  # fmt: skip
    """As the picture says, but long trousers end above the soles, and what surely are shorts or trousers is as long as such
    are; and what they are called.
    """
    full = girths.floor - CLEAR_OF_SOLES - crotch
    own = seen.inseam * scale
    short = sight is not None and sight.chance("kind", "shorts") > 0.5
    if not seen.shapely and not short:
        own = full
    hem = float(np.mean([leg.width[-8:].mean() for leg in seen.legs.values()]))
    # A worn pair's picture shows where it ends.
    if own > LONG[flat] * full or (flat and seen.inseam > SLENDER * hem):
        own = max(own, min(full, LENGTHENED * own))
    if own > full:
        own = max(full, SHORTEST_INSEAM * own)
    if sight is not None and sight.chance("kind", "shorts") > SURE:
        own = min(own, LONGEST_SHORTS * full)
    elif sight is not None and sight.chance("kind", "trousers") > SURE:
        own = max(own, SHORTEST_TROUSERS * full)
    wanted = min(own, full)
    if tailoring.cut is Cut.SHORTS:
        wanted = min(own, SHORTS * full)
    elif tailoring.cut is Cut.TROUSERS and own < LONG[flat] * full:
        wanted = full
    length = min(tailoring.hem_length(wanted), girths.floor - ABOVE_FLOOR - crotch)
    share = wanted / full
    kind = "shorts" if share < 0.55 else "cropped trousers" if share < 0.86 else "trousers"
    return Inseam(length, max(own, length)), kind


@dataclass(frozen=True)
class LegsShape:
    """The flat pattern's right half: at rows (k,) the inner and outer edges (k,), metres from the middle.

    leg_rows, leg_inner, leg_outer: the same below the crotch. forks: (k,) each, of the trunk and the leg, metres by which
    the panels as they are cut reach inwards beyond that. pictured: metres of leg that the picture shows.
    lift: by how much the hem is higher at the outer seam, so that it meets the seam at a right angle.
    """

    rows: np.ndarray
    outer: np.ndarray
    leg_rows: np.ndarray
    leg_inner: np.ndarray
    leg_outer: np.ndarray
    forks: tuple[np.ndarray, np.ndarray]
    crotch: float
    pictured: float
    lift: float

    def hem(self, out: np.ndarray) -> np.ndarray:
        """Rows of the hem at places (n,) from the inner (0) to the outer seam (1)."""
        return self.leg_rows[-1] - self.lift * out**2

    def outer_seam(self) -> np.ndarray:
        """(n, 2): of the left leg, from the row below the crotch to the hem."""
        keep = self.leg_rows[1:] < self.leg_rows[-1] - self.lift - ROW / 4
        bottom = self.leg_rows[-1] - self.lift
        end = [[float(np.interp(bottom, self.leg_rows, self.leg_outer)), bottom]]
        return np.concatenate([np.stack([self.leg_outer, self.leg_rows], 1)[1:][keep], end])

    def hem_edge(self) -> np.ndarray:
        """(15, 2): of the left leg, from the outer to the inner seam."""
        out = np.linspace(1, 0, 15)
        inner = self.leg_inner[-1]
        return np.stack([inner + out * (self.outer_seam()[-1, 0] - inner), self.hem(out)], 1)

    def inner_seam(self) -> np.ndarray:
        """(n, 2): of the left leg, from the hem to the crotch."""
        return np.stack([self.leg_inner, self.leg_rows], 1)[::-1]

    def laid_out(self, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Of points (N, 2) of a pattern with these legs: ``Pattern.cut``, piece (the trunk's above the crotch), along and
        across.
        """
        x, y = flat.T
        known = np.concatenate([self.rows, self.leg_rows[1:]])
        fork = np.interp(y, known, np.concatenate([self.forks[0], self.forks[1][1:]]))
        leg = y > self.crotch + 1e-6
        inner, outer = (np.interp(y, self.leg_rows, edge) for edge in (self.leg_inner, self.leg_outer))
        along = np.where(leg, y - self.crotch, 0.0)
        across = np.where(leg, np.clip((2 * np.abs(x) - inner - outer) / (outer - inner), -1, 1), 0.0)
        piece = np.where(leg, np.where(x < 0, Piece.R_LEG, Piece.L_LEG), Piece.TRUNK)
        return np.stack([np.abs(x) - fork, y], 1), piece, along, across


def _shaped(
    seen: Seen, girths: Girths, tailoring: Tailoring, scale: float, waist: float, crotch: float, inseam: Inseam
) -> LegsShape:
    rows = np.linspace(waist, crotch, max(4, round((crotch - waist) / ROW)))
    share = np.linspace(0, 1, len(rows))
    body = half_girths(girths, rows)
    strip = np.linspace(0, 1, len(seen.width))
    width = np.interp(share, strip, seen.width) * scale * tailoring.ease
    width = np.clip(width, LEAST_EASE * body, WIDEST * tailoring.ease * girths.hip / 2)
    band = float(np.clip(width[0], WAIST_EASE * body[0], WIDEST_WAIST * body[0]))
    width = np.maximum(band + (width - band) * smoothstep((rows - waist) / BLEND), LEAST_EASE * body)
    return legged(rows, width / 2, np.zeros(len(rows)), seen, girths, tailoring.ease, scale, inseam)


def legged(
    rows: np.ndarray, half: np.ndarray, free: np.ndarray, seen: Seen, girths: Girths, ease: float, scale: float,
    inseam: Inseam,
) -> LegsShape:  # fmt: skip
    """A trunk that ends at the crotch, with legs and a fork. rows, half: (k,), metres, half the width of its panels. free:
    (k,), how much of what it is wider than the hips is left to it. ease: factor on the legs' width. scale: metres a pixel.
    """
    crotch, width = float(rows[-1]), 2 * half
    body = half_girths(girths, rows)
    strip = np.linspace(0, 1, len(seen.width))
    leg_rows = np.linspace(crotch, crotch + inseam.length, max(6, round(inseam.length / ROW)))
    down = (leg_rows - crotch) / inseam.pictured
    legs = np.mean([np.interp(down, strip, leg.width) for leg in seen.legs.values()], axis=0) * scale * ease
    unlike = 0.03 * float(np.median(legs))
    known = np.linspace(leg_rows[0], leg_rows[-1], 14)
    least = LEG_EASE * np.interp(leg_rows, known, [girths.leg_girth(row) / 2 for row in known])
    legs = robust_curve(down, legs, unlike)
    if not seen.shapely:
        legs = float(least[0]) * np.interp(leg_rows, [crotch, girths.floor], STRAIGHT)
    legs = np.clip(legs, least, WIDEST_LEG * ease * float(least[0]))
    # Spread legs make the trunk look wider at the crotch than it is.
    top = max(min(float(width[-1]) / 2, float(legs[0])), float(least[0]) / LEG_EASE)
    settle = smoothstep((leg_rows - crotch) / BLEND)
    legs = top + (legs - top) * settle

    # What a leg is wider at its top than a quarter of the hips goes between the legs, as the fork; the sides hang straight.
    side = top - FORK * girths.hip
    outer = half + (1 - free) * (np.minimum(half, max(side / (girths.hip / 4), HIPS) * body / 2) - half)
    fork = top - max(side, min(float(outer[-1]), LEAST_EASE * float(body[-1]) / 2))
    outer += (top - fork - outer) * smoothstep((rows - (crotch - WIDENING)) / WIDENING)
    forks = (
        fork * smoothstep((rows - (crotch - WIDENING)) / WIDENING),
        fork * (1 - smoothstep((leg_rows - crotch) / FORKING)),
    )
    ankle = np.mean([np.abs(girths.leg_joints(side)[2]) for side in Side], axis=0)
    centre = top / 2 + (ankle[0] - top / 2) * (leg_rows - crotch) / max(ankle[1] - crotch, 0.1)
    centre = np.maximum(centre, legs / 2 + GAP * (leg_rows - crotch))
    sides = _evened(np.concatenate([outer, (centre + legs / 2 - forks[1])[1:]]), len(outer))
    outer, leg_outer = sides[: len(outer)] + forks[0], sides[len(outer) - 1 :] + forks[1]
    lean = float(np.gradient(leg_outer, leg_rows)[-3:].mean())
    lift = np.clip(lean, 0, 1) * legs[-1] / 2
    return LegsShape(rows, outer, leg_rows, centre - legs / 2, leg_outer, forks, crotch, inseam.pictured, float(lift))


def _evened(outer: np.ndarray, crotch: int) -> np.ndarray:
    """The outer seam (k,) without a kink at the crotch, the row of this number; the waist stays."""
    share = smoothstep(np.arange(len(outer)) / max(crotch, 1))
    return outer + share * (gaussian_filter1d(outer, SEAM_BLUR / ROW, mode="nearest") - outer)


def _sewn(shape: LegsShape, seat: float, seen: Seen, scale: float, kind: str, doubts: list[str]) -> Pattern:
    """seat: metres that the back is cut higher in the middle."""
    flip = np.array([-1.0, 1.0])
    seam = np.concatenate([np.stack([shape.outer, shape.rows], 1), shape.outer_seam()])
    right = [
        Stretch("outer_r", seam * flip, True),
        Stretch("hem_r", shape.hem_edge() * flip),
        Stretch("inner_r", shape.inner_seam() * flip, True),
    ]
    places = np.linspace(0, 1, 13)
    panels = []
    for half, higher in (("front", 0.0), ("back", max(seat, LEAST_SEAT))):
        waist = np.stack([-places * shape.outer[0], shape.rows[0] - higher * (1 - places**2)], 1)
        middle = Stretch(f"middle_{half}", np.array([[0, shape.crotch], waist[0]]), True)
        panel = [*right, middle, Stretch("waist", waist)]
        mirrored = [Stretch(each.name.replace("_r", "_l"), each.points * [-1, 1], each.seam) for each in panel]
        panels.append([panel, mirrored])
    mesh = sew(panels[0], panels[1])

    x, y = mesh.flat.T
    cut, piece, along, across = shape.laid_out(mesh.flat)
    wide = np.interp(y, shape.rows, shape.outer)
    beside = np.clip(np.abs(x) / wide, 0, 1)
    upper = shape.rows[0] - np.where(mesh.side == BACK, seat * (1 - beside**2), 0.0)
    share = np.clip((y - upper) / (shape.crotch - upper), 0, 1)
    texel = np.zeros_like(mesh.flat)
    for side in Side:
        own = (piece == Piece.TRUNK) & ((x > 0) == (side is Side.LEFT))
        trunk = seen.trunk[side]
        pictured = np.interp(share[own], np.linspace(0, 1, len(trunk.width)), trunk.width)
        texel[own] = trunk.texel(share[own], beside[own], wide[own] / (scale * np.maximum(pictured, 1.0)))
    below = piece != Piece.TRUNK
    texel[below] = legs_texel(shape, seen, piece[below], along[below], across[below])

    length = float(shape.leg_rows[-1] - shape.crotch)
    lengths = {
        "waist": 4 * shape.outer[0], "hip": 4 * (shape.outer - shape.forks[0]).max(), "rise": shape.crotch - shape.rows[0],
        "inseam": length, "hem": 2 * (shape.leg_outer[-1] - shape.leg_inner[-1]),
    }  # fmt: skip
    return made(
        mesh, piece=piece, texel=texel, along=along, across=across, kind=kind, lengths=lengths, doubts=doubts, cut=cut
    )


def legs_texel(shape: LegsShape, seen: Seen, piece: np.ndarray, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """(n, 2): pixels of the picture that vertices of the legs show. piece, along, across: (n,), as a pattern has them."""
    texel = np.zeros((len(piece), 2))
    for side, name in ((Side.RIGHT, Piece.R_LEG), (Side.LEFT, Piece.L_LEG)):
        own = piece == name
        out = (across[own] + 1) / 2
        reach = (shape.leg_rows[-1] - shape.crotch) / (shape.hem(out) - shape.crotch)
        texel[own] = seen.legs[side].texel(along[own] * reach / shape.pictured, out)
    return texel
