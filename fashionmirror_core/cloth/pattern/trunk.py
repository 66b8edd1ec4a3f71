"""The trunk of tops and dresses: half widths from the armpits to the hem, as the picture shows them and the body needs."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.laid import Laid
from fashionmirror_core.cloth.pattern.waist import BELOW_SEAT, around_legs, flared
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Category, Side

_ROUND = 1.03  # least girth of the trunk over the body's
_BUST = 0.07  # metres below the row of the largest girth over which a trunk is as wide as there
_NARROWEST_HEM = 0.7  # of a dress's least width at the hips: in less nobody walks
_ROUND_HIPS = 0.12  # metres above and below the hips along which a dress's side is rounded
_LARGER = 1.5  # by how much a dress is made larger from the waist down at most
_ROOMIEST, _BULGE = 1.8, 1.05  # most that a flat top's width is widened by; its sides beyond straight ones
_INFLATION = 1.22, 1.5  # least and most that a worn garment's width in its picture is widened to half its girth
_LENGTHENED = 0.8, 1.6  # least and most of its length below the armpits that a flat top's trunk has
_SURE_WAIST, _LOW_WAIST, _MOST_RAISED = 0.8, 0.02, 0.6
"""Chance of a waist from which on it is believed; metres below the body's, beyond which it lies too low; of its way from the
armpits, where it is raised to at most."""
USUAL_DRESS = 0.56  # of the stature, a dress's length from the neck points down
_WORN_LENGTH = 1.02  # of a worn dress's length by its width's scale: so much too long 50 rendered ones came out


def drawn_in(half: np.ndarray, at: int) -> bool:
    """Whether half widths (R,) from the armpits to the hem have a waist at a row."""
    return bool(half[at] <= 0.94 * half[0] and half[at] <= 0.9 * half[at:].max())


def least_widths(girths: Girths, rows: np.ndarray) -> np.ndarray:
    """(R,): half widths below which cloth is too narrow for the body."""
    measured = np.linspace(rows[0], rows[-1], 24)
    crotch = float(girths.crotch_row)
    most = girths.girth(crotch - 0.01)  # thighs side by side are no wider than where they meet
    round_it = [
        girths.girth(row) if row < crotch else min(1.9 * girths.leg_girth(row), most) for row in measured.tolist()
    ]
    bare = np.interp(rows, measured, round_it) / 4
    bare[rows < girths.chest_row + _BUST] = girths.chest / 4
    return np.asarray(gaussian_filter1d(_ROUND * bare, 2, mode="nearest"))


def cut_trunk(
    picture: Laid, girths: Girths, garment: Garment, tailoring: Tailoring, scale: float, start: float, top: float,
    category: Category, ends: float | None = None, bottom: float | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:  # fmt: skip
    """y, half widths and the picture's rows from the armpits to the hem, the share of the picture that is left, and by how
    much a worn dress's skirt leans out. ends: the row of the body where the trunk ends, where that is known. bottom: the row
    of a flat top's hem, as long as it is pictured: between armpits that lie elsewhere than its own the trunk is shorter or
    longer.
    """
    count = 60
    picture_rows = np.linspace(start, max(picture.hem, start + 4), count)
    half = scale * np.interp(picture_rows, picture.rows, picture.half)
    rows = top + scale * (picture_rows - picture_rows[0])
    lean = 0.0
    if ends is not None:
        rows = np.linspace(top, ends, count)
    elif bottom is not None:
        rows = np.linspace(
            top, top + np.clip(bottom - top, *(factor * (rows[-1] - top) for factor in _LENGTHENED)), count
        )
    elif category is Category.DRESS:
        rows = _waisted(rows, half, girths, _seen_waist(picture, garment, rows, picture_rows))
        if not garment.flat:
            rows = rows[0] + (rows - rows[0]) / _WORN_LENGTH
            below = rows > girths.waist_row
            if below.sum() > 1:
                lean = float((half[-1] - half[below][0]) / (rows[-1] - rows[below][0]))
            rows = _slanting(rows, half, girths)
    if not garment.flat:
        half = half * _inflation(rows, half, girths, lean)
    pit = scale * picture.span("armpit") / 2 * (1.0 if garment.flat else 1.25)
    half = np.clip(half, 0.6 * pit, (1.5 if category is Category.UPPER else 5.0) * pit)
    if ends is not None:
        return rows, half, picture_rows, 1.0, lean
    length = rows[-1] - rows[0]
    wanted = tailoring.hem_length(length)
    wanted = min(wanted, girths.floor - 0.02 - rows[0])
    shown = min(wanted / length, 1.0)
    if shown < 1:
        new = np.linspace(rows[0], rows[0] + wanted, count)
        return new, np.interp(new, rows, half), np.interp(new, rows, picture_rows), shown, lean
    return rows[0] + (rows - rows[0]) * wanted / length, half, picture_rows, shown, lean


def roomy(rows: np.ndarray, half: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Half widths (R,) of a flat top's picture, widened evenly to what the body needs at chest and hips, so that a straight
    top stays straight: on a hanger, or under sleeves that lie against it, a trunk looks narrower than it is, and cloth that
    was as wide as the body in each row would show its waist. The sides bulge little beyond straight lines.
    """
    share = (rows - rows[0]) / max(float(rows[-1] - rows[0]), 1e-3)
    need = least / np.maximum(half, 1e-3)
    chest, hips = (
        float(np.clip(need[part].max(), 1.0, _ROOMIEST)) for part in (share < 0.4, (share > 0.4) & (share < 0.93))
    )
    half = half * np.interp(share, [0.2, 0.8], [chest, hips])
    straight = half[0] + share * (float(np.median(half[share > 0.9])) - half[0])
    return np.minimum(half, np.maximum(_BULGE * straight, least))


def over_hips(rows: np.ndarray, half: np.ndarray, least: np.ndarray, girths: Girths) -> tuple[np.ndarray, np.ndarray]:
    """Half widths (R,) of a dress's picture and least ones. A dress whose hips are too narrow for the body is made larger
    from the waist down, so that its skirt keeps its shape; below the hips it only has to leave room to walk.
    """
    waist, hip = float(girths.waist_row), float(girths.hip_row)
    below = (rows - hip) / max(float(rows[-1]) - hip, 0.05)
    hips = float(np.interp(hip, rows, least))
    least = np.where(below > 0, np.minimum(least, hips * (1 - (1 - _NARROWEST_HEM) * smoothstep(below))), least)
    seat = (rows > waist + 0.5 * (hip - waist)) & (rows < hip + 0.01)
    if not seat.any() or waist < rows[0]:
        return half, least
    larger = float(np.clip((least / np.maximum(half, 1e-3))[seat].max(), 1.0, _LARGER))
    return half * (1 + (larger - 1) * smoothstep((rows - waist) / (hip - waist))), least


def from_hips(rows: np.ndarray, half: np.ndarray, girths: Girths) -> np.ndarray:
    """Half widths (R,) whose side goes on straight below the hips, or bends inwards to a narrower hem: on a body with other
    hips than the picture's the side would stand out or fall in there.
    """
    hip = float(girths.hip_row)
    if rows[-1] < hip + 0.05:
        return half
    at_hips = float(np.interp(hip, rows, half))
    straight = at_hips + max(float(half[-1]) - at_hips, 0.0) * (rows - hip) / (rows[-1] - hip)
    low = rows > hip
    capped = np.minimum(half, straight)[low]
    side = np.column_stack([np.append(hip, rows[low]), np.append(at_hips, capped)])
    bulging = np.concatenate([half[~low], _bulging(side)[1:]])
    near = np.exp(-(((rows - hip) / _ROUND_HIPS) ** 2))
    return bulging + near * (gaussian_filter1d(bulging, 3, mode="nearest") - bulging)


def _bulging(side: np.ndarray) -> np.ndarray:
    """(n,): the least values over those of a line (n, 2), from its first to its last point, that nowhere fall in."""
    kept = [0]
    for place in range(1, len(side)):
        while len(kept) > 1:
            (ax, ay), (bx, by), (cx, cy) = side[kept[-2]], side[kept[-1]], side[place]
            if (by - ay) * (cx - ax) > (cy - ay) * (bx - ax):
                break
            kept.pop()
        kept.append(place)
    return np.asarray(np.interp(side[:, 0], *side[kept].T))


def _inflation(rows: np.ndarray, half: np.ndarray, girths: Girths, lean: float) -> np.ndarray:
    """(R,): half a body's girth over its width as it is seen from the front, and so a worn garment's: below the hips the
    legs' (see ``around_legs``); where it flares, half (R,) its width, half a circle's (see ``flared``).
    """
    measured = np.linspace(rows[0], rows[-1], 12)
    held = np.minimum(measured, girths.hip_row).tolist()
    ratio = [girths.girth(row) / 2 / max(girths.width(row), 1e-3) for row in held]
    own = np.interp(rows, measured, np.clip(ratio, *_INFLATION))
    low = smoothstep((rows - girths.hip_row) / BELOW_SEAT)
    own = own + low * (np.minimum(around_legs(girths, rows, 2 * half), own) - own)
    body = np.interp(rows, measured, [girths.width(row) for row in held])
    flare = smoothstep((2 * half / np.maximum(body, 1e-3) - 1.05) / 0.5) * (rows > girths.waist_row)
    return np.asarray(own + flare * np.maximum(flared(lean) - own, 0))


def _seen_waist(picture: Laid, garment: Garment, rows: np.ndarray, picture_rows: np.ndarray) -> float | None:
    """The row of a flat dress's waist where the encoder surely sees one; rows, picture_rows (R,) of pattern and picture."""
    sight = garment.sight
    if sight is None or not garment.flat or not picture.has("waist"):
        return None
    if min(sight.exists[f"waist_{side}"] for side in ("left", "right")) < _SURE_WAIST:
        return None
    at = float(picture.mid("waist")[1])
    return float(np.interp(at, picture_rows, rows)) if picture_rows[0] < at < picture_rows[-1] else None


def _waisted(rows: np.ndarray, half: np.ndarray, girths: Girths, seen: float | None) -> np.ndarray:
    """Rows of a dress whose waist is drawn in, so that it lies at the body's, or is seen below that, in the row ``seen``."""
    length = rows[-1] - rows[0]
    if seen is not None and seen > girths.waist_row + _LOW_WAIST:
        return _raised(rows, seen, girths)
    inner = (rows > rows[0] + 0.08) & (rows < rows[0] + min(0.5, 0.6 * length))
    if not inner.any():
        return rows
    at = int(np.flatnonzero(inner)[half[inner].argmin()])
    if not drawn_in(half, at):
        return rows
    factor = float(np.clip((girths.waist_row - rows[0]) / (rows[at] - rows[0]), 0.8, 1.25))
    moved = rows.copy()
    moved[: at + 1] = rows[0] + factor * (rows[: at + 1] - rows[0])
    moved[at:] += moved[at] - rows[at]
    moved[at] = rows[0] + factor * (rows[at] - rows[0])
    return np.maximum.accumulate(moved)


def _raised(rows: np.ndarray, waist: float, girths: Girths) -> np.ndarray:
    """Rows of a dress whose waist lies too low: its width says more of its size than its length does, for larger sizes are
    wider and hardly longer. So all of it is shortened, but no usual length becomes a short one.
    """
    top = float(girths.shoulder_points[Side.LEFT][1])
    raised = max(girths.waist_row + _LOW_WAIST, rows[0] + _MOST_RAISED * (waist - rows[0]))
    factor = (raised - top) / (waist - top)
    end = max(raised + factor * (rows[-1] - waist), min(float(rows[-1]), top + USUAL_DRESS * girths.stature))
    return np.asarray(np.interp(rows, [rows[0], waist, rows[-1]], [rows[0], raised, end]))


def _slanting(rows: np.ndarray, half: np.ndarray, girths: Girths) -> np.ndarray:
    """Rows of a worn dress, whose cloth is longer than its picture below the waist, where it flares: it hangs aslant."""
    waist = max(girths.waist_row, float(rows[0]))
    length = float(rows[-1]) - waist
    if length < 0.1:
        return rows
    out = max(float(half[-1] - np.interp(waist, rows, half)), 0.0)
    return np.where(rows > waist, waist + (rows - waist) * float(np.hypot(length, out)) / length, rows)
