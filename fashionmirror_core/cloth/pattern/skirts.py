"""The sewing pattern of a skirt: the same to the left and to the right, as wide in each row as its outline says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.mesh import Stretch, sew
from fashionmirror_core.cloth.pattern.pattern import Pattern, Piece
from fashionmirror_core.cloth.pattern.strips import (
    Strip,
    depth_of_cloth,
    depth_of_edge,
    measured,
    robust_curve,
    straight,
)
from fashionmirror_core.cloth.pattern.waist import (
    BELOW_SEAT,
    HIP_EASE,
    LEANS,
    LEAST_EASE,
    ROW,
    WAIST_EASE,
    WIDEST_WAIST,
    WORN_LENGTH,
    around_legs,
    flared,
    half_girths,
    made,
    projection,
    stands,
    stiffness,
    waist_row,
    worn_waist_row,
)
from fashionmirror_core.cloth.tailoring import Cut, Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.easing import smoothstep

LOWEST_WAIST = 0.54  # share of the way from waist to hip joints
USUAL_WAIST, USUAL_WORN = 0.2, 0.25  # the same, of skirts that lie flat and of worn ones
CLEAR_OF_FLOOR = 0.05  # metres
NARROWEST_HEM = 0.66  # of the body's hips: in less nobody walks
WIDEST_SECTOR = 0.94  # of a worn skirt's length: how far its side seams lean out at most
MOST_GATHERED = 1.35  # of a waistband's picture: by how much an elastic may have drawn it in
BAND = 0.06  # metres below the waist over which gathers open
MOST_LEVELLED = 0.2  # of a skirt's length: how much is cut off its slanting sides at most, where its hem lies straight
UNEVEN_HEM = 0.01  # metres by which the middle of a skirt may be longer than its slanting sides
DEEPEST_DIP = 0.35  # of the waist's half width: how far its middle may lie below its ends
DEEPEST_HEM = 0.3  # of the hem's half width: how far its middle may hang below its ends
WORN_EASE = 1.02  # of the width of worn cloth over the body's, at the waist
LEAST_FLARE = 0.1  # by how much a skirt widens over its length: less is cut with straight rows
WIDEST_WORN_ARC = 1.3  # the same up to which worn skirts are cut as sectors: wider ones, which stand, sank down
USUAL_LENGTH = 0.36  # of the stature: of skirts that end at the knee
NARROW = 1.4, 1.8  # width of the hem over that of the waist: of narrow skirts, and of those that aren't
LENGTH_WEIGHTS = 0.4, 0.7  # of that usual length beside what the waistband says: of all skirts, and more of narrow ones
UNUSUAL = 0.3  # logarithm of how much longer a skirt is that is meant to be so
WITHIN = 0.96
"""Of the picture's half width: beyond, its rows end unevenly, and what is seen there isn't the cloth alone."""
MOST_BOWED = 1.02  # of a straight cone's width: what a worn skirt has anywhere below the hips
PENCIL_HEM = 0.92  # of the hips' width
A_LINE_HEM = 1.35
FLARED, A_LINE = 1.6, 1.18  # width of the hem over the hips': what skirts are called


@dataclass(frozen=True)
class _Seen:
    """A skirt in its picture. strip: from the waist to the hem's ends, with edges as they are seen. half: (k,) pixels, half
    its width, the same on both sides, without what sticks out. sag, dip: pixels by which the
    middle of the hem and that of the waist hang below their ends.
    """

    strip: Strip
    half: np.ndarray
    sag: float
    dip: float

    def width(self, pixels: np.ndarray | float) -> np.ndarray:
        """At so many pixels below the waist."""
        return 2 * np.interp(pixels, np.linspace(0, self.strip.length, len(self.half)), self.half)


def cut_skirt(garment: Garment, girths: Girths, tailoring: Tailoring) -> Pattern:
    """Raises InputError for a cut-out without cloth between waist and hem."""
    seen = _seen(garment)
    inflation = 1.0 if garment.flat else projection(girths)
    scale = _scale(seen, girths) if garment.flat else _scale_of_worn(seen, girths)
    if garment.flat:
        waist = waist_row(girths, float(seen.width(0)) * scale, LOWEST_WAIST)
    else:
        waist = worn_waist_row(girths, float(seen.width(0)) * scale / WORN_EASE, LOWEST_WAIST)
    pictured = _flat_length(seen, girths) if garment.flat else seen.strip.length * scale / WORN_LENGTH
    longest = girths.floor - CLEAR_OF_FLOOR - waist - seen.sag * scale
    own = min(pictured, longest)
    length = min(tailoring.hem_length(own), longest)
    rows = np.linspace(waist, waist + length, max(8, round(length / ROW)))
    out = 0.0 if garment.flat else float(seen.width(seen.strip.length) - seen.width(0)) / 2 * scale
    lean = out / max(pictured, 1e-3)
    half = _half_widths(seen, girths, tailoring, rows, scale, not garment.flat, lean, max(own, length))
    if not garment.flat:  # its picture shows a level hem; the cloth is as long at its slanting sides as in the middle
        length = min(float(np.hypot(length, max(out, 0.0))), longest)
        wide = float(half[-1] - half[0])
        if wide > WIDEST_SECTOR * length:
            half = half[0] + (half - half[0]) * WIDEST_SECTOR * length / wide
            wide = WIDEST_SECTOR * length
        rows = waist + (rows - waist) / (rows[-1] - waist) * float(np.sqrt(length**2 - wide**2))
    return _sewn(
        seen, rows, half, scale * inflation, max(own, length), _kind(half, rows, girths), garment.flat, stiffness(lean)
    )


def _seen(garment: Garment) -> _Seen:
    marks = {name: np.array(point, float) for name, point in garment.landmarks.items()}
    top = (marks["waist_r"] + marks["waist_l"]) / 2
    bottom = (marks["hem_r"] + marks["hem_l"]) / 2
    middle, across = straight(top, bottom)
    strip = measured(garment.alpha, middle, across)
    unlike = 0.03 * float(strip.width.max())
    centre = robust_curve(np.linspace(0, 1, len(middle)), (strip.low + strip.high) / 2, unlike, degree=1)
    strip = Strip(middle + centre[:, None] * across, across, strip.low - centre, strip.high - centre)
    rows = np.linspace(0, 1, len(middle))
    half = np.maximum(_half(rows, -strip.low, strip.high), 2.0)
    smooth = strip.smooth()
    down = np.array([-across[0, 1], across[0, 0]])
    sag = depth_of_cloth(garment.alpha, strip.middle[-1], half[-1] * across[-1], down, DEEPEST_HEM * float(half[-1]))
    dip = depth_of_edge(garment.alpha, strip.middle[0], half[0] * across[0], down, DEEPEST_DIP * float(half[0]))
    return _Seen(strip.within(smooth), half, sag, dip)


def _half(rows: np.ndarray, right: np.ndarray, left: np.ndarray) -> np.ndarray:
    """(k,): the half width of both sides (k,); where they differ, of the one that goes on as the rest does."""
    unlike = 0.03 * float(np.median(left + right))
    agree = np.abs(left - right) < unlike
    half = (left + right) / 2
    if agree.mean() > 0.4:
        rest = np.polynomial.Polynomial.fit(rows[agree], half[agree], 2)(rows)
        nearer = np.where(np.abs(left - rest) < np.abs(right - rest), left, right)
        half = np.where(agree, half, nearer)
    return robust_curve(rows, half, unlike)


def _scale(seen: _Seen, girths: Girths) -> float:
    """Metres a pixel of a skirt that lies flat: so that the waistband fits the waist and the cloth goes round the hips."""
    at_waist = _scale_at_waist(seen, girths)
    row = girths.waist_row * (1 - USUAL_WAIST)
    rows = np.arange(row + BAND, girths.hip_row, 2 * ROW)
    return _least_scale(seen, at_waist, MOST_GATHERED, rows - row, HIP_EASE * half_girths(girths, rows))


def _scale_at_waist(seen: _Seen, girths: Girths) -> float:
    """The same so that the waistband fits the waist."""
    row = girths.waist_row * (1 - USUAL_WAIST)
    return WAIST_EASE * girths.girth(row) / 2 / max(float(seen.width(0)), 1.0)


def _flat_length(seen: _Seen, girths: Girths) -> float:
    """Metres from waist to hem of a skirt that lies flat. Cloth that gives way at the hips is no longer for that; and a
    skirt that comes out long, a narrow one above all, is rather one whose waistband is small.
    """
    by_waist = _scale_at_waist(seen, girths) * seen.strip.length
    longer = max(float(np.log(by_waist / (USUAL_LENGTH * girths.stature))), 0.0)
    flare = float(seen.width(seen.strip.length) / max(float(seen.width(0)), 1.0))
    narrow = 1 - float(smoothstep(np.array((flare - NARROW[0]) / (NARROW[1] - NARROW[0]))))
    weight = LENGTH_WEIGHTS[0] / (1 + (1 - narrow) * (longer / UNUSUAL) ** 2) + narrow * LENGTH_WEIGHTS[1]
    return by_waist * float(np.exp(-longer * weight / (1 + weight)))


def _scale_of_worn(seen: _Seen, girths: Girths) -> float:
    """The same of one that is worn: its picture shows how wide the body is in it."""
    row = girths.waist_row * (1 - USUAL_WORN)
    at_waist = WORN_EASE * girths.width(row) / max(float(seen.width(0)), 1.0)
    rows = np.arange(row + BAND, girths.hip_row, 2 * ROW)
    wanted = np.array([girths.width(row) for row in rows])
    return _least_scale(seen, at_waist, MOST_GATHERED, rows - row, wanted)


def _least_scale(seen: _Seen, least: float, most: float, below: np.ndarray, wanted: np.ndarray) -> float:
    """From ``least`` to ``most`` times as much: the least that makes the skirt as wide as ``wanted`` (k,) metres so many
    metres ``below`` (k,) its waist.
    """
    for scale in np.linspace(least, most * least, 24):
        if (seen.width(below / scale) * scale >= wanted).all():
            return float(scale)
    return most * least


def _half_widths(
    seen: _Seen,
    girths: Girths,
    tailoring: Tailoring,
    rows: np.ndarray,
    scale: float,
    worn: bool,
    lean: float,
    pictured: float,
) -> np.ndarray:
    """(k,), metres, at rows (k,). worn: the picture shows the body's width. lean: see ``flared``. pictured: metres of
    pattern that the picture covers.
    """
    down = (rows - rows[0]) / pictured
    hips = girths.hip / 2
    width = seen.width(down * seen.strip.length) * scale
    if worn:  # the rounder it hangs, the more of it is out of sight
        rounder = projection(girths)
        flare = smoothstep((width * rounder / hips - 1) / stands(lean))
        low = smoothstep((rows - girths.hip_row) / BELOW_SEAT)
        rounder = rounder + (around_legs(girths, rows, width) - rounder) * low
        round_width = width * (rounder + (flared(lean) - rounder) * flare)
        if lean > LEANS[0]:  # a cone's sides bulge no more than they are seen to
            bulge = np.maximum(width / _straight_below(width, rows, girths.hip_row), 1)
            straight = np.maximum(_straight_below(round_width, rows, girths.hip_row), HIP_EASE * hips)
            round_width = np.minimum(round_width, MOST_BOWED * bulge * straight)
        width = round_width
    width = width * tailoring.ease
    to_hem = smoothstep((rows - girths.hip_row) / max(rows[-1] - girths.hip_row, 0.05))
    if tailoring.cut in (Cut.PENCIL, Cut.A_LINE):
        hem = PENCIL_HEM if tailoring.cut is Cut.PENCIL else A_LINE_HEM
        width = HIP_EASE * tailoring.ease * (half_girths(girths, rows) * (1 - to_hem) + hem * hips * to_hem)
    body = half_girths(girths, rows)
    least = np.where(
        rows < girths.hip_row, LEAST_EASE * body, hips * (LEAST_EASE + (NARROWEST_HEM - LEAST_EASE) * to_hem)
    )
    width = np.maximum(width, least)
    band = float(np.clip(width[0], WAIST_EASE * body[0], WIDEST_WAIST * body[0]))
    if not worn:  # gathers that spread at once below the waistband would stand out there like a balloon
        roomy = np.maximum(least, HIP_EASE * np.maximum.accumulate(np.minimum(body, hips)))
        line = band + (width[-1] - band) * (rows - rows[0]) / max(float(rows[-1] - rows[0]), 1e-3)
        width = np.minimum(width, np.maximum(line, roomy))
    return np.maximum(band + (width - band) * smoothstep((rows - rows[0]) / BAND), least) / 2


def _straight_below(width: np.ndarray, rows: np.ndarray, row: float) -> np.ndarray:
    """Widths (k,) at rows (k,) that below a row go straight to the last one: a cone's. Above, what they are."""
    ends = [row, float(rows[-1])]
    straight = np.interp(rows, ends, np.interp(ends, rows, width))
    return np.where(rows > row, np.maximum(straight, 1e-6), width)


def _kind(half: np.ndarray, rows: np.ndarray, girths: Girths) -> str:
    flare = 2 * half[-1] / max(girths.hip / 2, 1e-6)
    if flare > FLARED:
        return "flared skirt"
    return "A-line skirt" if flare > A_LINE else "pencil skirt"


def _sewn(
    seen: _Seen,
    rows: np.ndarray,
    half: np.ndarray,
    scale: float,
    pictured: float,
    kind: str,
    flat: bool,
    stiff: float,
) -> Pattern:
    slant = float(np.hypot(half[-1] - half[0], rows[-1] - rows[0]) - (rows[-1] - rows[0]))
    more = sag = slant
    if flat:  # a hem that lies straight though it flares is cut to hang level, at the middle's length
        lies = min(seen.sag * scale, slant + UNEVEN_HEM)
        more = min(max(slant - lies, 0.0), MOST_LEVELLED * float(rows[-1] - rows[0]))
        sag = lies + more
        rows = rows[0] + (rows - rows[0]) * (1 - more / (rows[-1] - rows[0]))
    right = Stretch("side_r", np.stack([-half, rows], 1), True)
    left = Stretch("side_l", np.stack([half, rows], 1)[::-1], True)
    places = np.linspace(-1, 1, 41)
    hem = Stretch("hem", np.stack([places * half[-1], rows[-1] + sag * (1 - places**2)], 1))
    waist = Stretch("waist", np.array([[half[0], rows[0]], [-half[0], rows[0]]]))
    panel = [right, hem, left, waist]
    mesh = sew([panel], [panel])

    x, y = mesh.flat.T
    beside = np.clip(x / np.interp(y, rows, half), -1, 1)
    lower = rows[-1] - rows[0] + sag * (1 - beside**2)
    share = (y - rows[0]) / np.maximum(lower, 1e-6)
    shown = min((rows[-1] - rows[0] + more) / pictured, 1.0)
    arc = 1 - beside**2
    pixels = share * (shown * seen.strip.length + seen.sag * arc) + (1 - share) * seen.dip * arc
    uniform = np.interp(y, rows, 2 * half) / (scale * np.maximum(seen.width(pixels), 1.0))
    texel = seen.strip.texel(pixels / seen.strip.length, WITHIN * beside, uniform)
    length = float(rows[-1] - rows[0] + sag)
    lengths = {
        "waist": 4 * half[0], "hip": 4 * float(np.interp(0.0, rows, half)), "length": length, "hem": 4 * half[-1],
        "below hips": rows[-1] + sag,
    }  # fmt: skip
    none = np.zeros(len(x))
    return made(
        mesh, piece=np.full(len(x), Piece.TRUNK), texel=texel, along=none, across=none.copy(), kind=kind, lengths=lengths,
        doubts=[], stiffness=None if stiff == 1 else np.full(len(x), stiff),
        cut=_as_sector(half, length, beside, share, np.inf if flat else WIDEST_WORN_ARC),
    )  # fmt: skip


def _as_sector(
    half: np.ndarray, length: float, beside: np.ndarray, share: np.ndarray, widest: float
) -> np.ndarray | None:
    """``Pattern.cut`` of a skirt that flares: its rows are arcs around one centre, as wide as its half widths (k,) say, and
    from waist to hem it is everywhere so long, metres. So its flare goes all round the body; sides that slant on panels
    with level rows would hang as two corners. beside, share: (N,), of the vertices, from -1 to 1 from the right side to the
    left one and from 0 to 1 from waist to hem. None: it doesn't flare, or by more than ``widest``.
    """
    flare = 2 * float(half[-1] - half[0]) / length
    if not LEAST_FLARE <= flare <= widest:
        return None
    radius = 2 * float(half[0]) / flare + share * length
    turn = beside * np.interp(share, np.linspace(0, 1, len(half)), half) / radius
    return np.stack([radius * np.sin(turn), radius * np.cos(turn)], 1)
