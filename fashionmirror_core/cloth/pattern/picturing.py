"""Which place of the picture each vertex of a top's or dress's pattern shows, however the garment was laid down.

The trunk goes row by row from edge to edge of the picture's trunk, at the plain scale near its middle so that a print
keeps its shape; a sleeve goes along and across the middle line of the picture's sleeve.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.cloth.pattern.laid import Laid, Sleeve
from fashionmirror_core.cloth.pattern.sleeve import better_sleeve
from fashionmirror_core.cloth.pattern.tops import TopShape, even_hem, hollow
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Side

_STEEP = 0.4  # a place in the picture moves at least by 1 - this, relative to its mean, for a step across the pattern
_UNDER_SHOULDER = 0.25  # of the way to the armpit, over which fronts move out to where they part
_DRAWN_OUT = 1.3  # a sleeve's cloth is drawn out by at most so much across
_MIDDLE = (0.3, 0.7)  # of a sleeve: what is repeated where it is longer than the picture's
_SEEN_WELL = 0.8  # of half a sleeve's width: from where on its cloth is folded back, before its shaded edge


def trunk_places(shape: TopShape, picture: Laid, flat: np.ndarray) -> np.ndarray:
    """(N, 2), in the frame: of points (N, 2) on the trunk."""
    x, y = flat.T
    share = np.clip(x / np.maximum(shape.half_at(y), 1e-3), -1.05, 1.05)
    below = (y >= shape.armpit[1]) | shape.strapless
    places = np.empty_like(flat)
    places[below] = _below(shape, picture, share[below], y[below])
    if not below.all():
        places[~below] = _yoke(shape, picture, share[~below], y[~below])
    return places


def beside_parting(shape: TopShape, picture: Laid, places: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """(N, 2), in the frame: places (N, 2) of points (N, 2) on the fronts, moved out from the middle to the front's edge: the
    inside between the edges isn't worn. It fades towards the side seams, and towards the shoulders.
    """
    if not shape.open or picture.parting is None:
        return places
    row, right, left = places[:, 1], picture.right, picture.left
    centre = np.interp(row, picture.rows, gaussian_filter1d((right + left) / 2, 6, mode="nearest"))
    inner = np.where(flat[:, 0] < 0, *(np.interp(row, picture.rows, edge) for edge in picture.parting.T))
    seam = np.where(flat[:, 0] < 0, *(np.interp(row, picture.rows, edge) for edge in (right, left)))
    away = (places[:, 0] - centre) / np.where(np.abs(seam - centre) < 1, 1, seam - centre)
    top = shape.top_at(flat[:, 0])
    deep = np.clip((flat[:, 1] - top) / np.maximum(shape.armpit[1] - top, 1e-3), 0, 1)
    share = np.clip(1 - away, 0, 1) ** (2 - deep) * smoothstep(deep / _UNDER_SHOULDER)
    return np.stack([places[:, 0] + (inner - centre) * share, row], 1)


def sleeve_places(shape: TopShape, picture: Laid, side: Side, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """(N, 2), in the frame: of places on a sleeve, metres along and shares across it."""
    assert shape.sleeve is not None
    chosen = better_sleeve(picture)
    if chosen:
        seen = picture.sleeves[chosen[side]]
        share = along / shape.sleeve.along[-1]
        shown = _repeated(share, shape.sleeve.shown)
        return _on_sleeve(seen, shown, _folded(shape, seen, share, shown, across))
    # No sleeve is seen: its cloth is the trunk's, folded over at the armhole.
    ends = np.array([[side.sign, 1.0]]) * np.stack([shape.shoulder, shape.armpit])
    down = ends[1] - ends[0]
    inward = np.array([-down[1], down[0]]) * side.sign / np.hypot(*down)
    reach = 1.6 * shape.armpit[0]
    depth = reach - np.abs(np.mod(along, 2 * reach) - reach)
    spot = ends.mean(0) - across[:, None] * down / 2 + depth[:, None] * inward
    return trunk_places(shape, picture, spot)


def _repeated(share: np.ndarray, times: float) -> np.ndarray:
    """(N,): where along a picture's sleeve places at shares along the pattern's lie, which is so many ``times`` as long. Of
    one that is longer the middle goes back and forth, between the armhole and the cuff, which are there once.
    """
    if times <= 1:
        return share * times
    low, high = _MIDDLE
    far = share * times
    gap = times - 1  # as long as what is repeated between
    waves = max(1, round(gap / (2 * (high - low))))
    phase = np.clip((far - high) / gap, 0, 1) * 2 * waves
    between = high - (high - low) * np.abs(np.mod(phase + 1, 2) - 1)
    return np.asarray(np.where(far < high, far, np.where(far > high + gap, far - gap, between)))


def _folded(shape: TopShape, seen: Sleeve, share: np.ndarray, shown: np.ndarray, across: np.ndarray) -> np.ndarray:
    """(N,): where across a picture's sleeve places at shares along and across the pattern's lie. shown: (N,), where along
    the picture's. A sleeve that is seen from its edge is narrower than its cloth: beyond what is seen the cloth is folded
    back, and not drawn out.
    """
    assert shape.sleeve is not None
    cut = np.hypot(*(shape.sleeve.outer - shape.sleeve.inner).T)
    width = np.interp(share * shape.sleeve.along[-1], shape.sleeve.along, cut) / shape.scale
    visible = np.interp(shown, np.linspace(0, 1, len(seen.width)), seen.width)
    wide = np.abs(across) * np.maximum(1.0, width / np.maximum(visible, 1.0) / _DRAWN_OUT)
    beyond = np.mod(wide - _SEEN_WELL, 4 * _SEEN_WELL)
    back = np.where(beyond < 2 * _SEEN_WELL, _SEEN_WELL - beyond, beyond - 3 * _SEEN_WELL)
    return np.asarray(np.sign(across) * np.where(wide > _SEEN_WELL, back, wide))


def _on_sleeve(sleeve: Sleeve, share: np.ndarray, across: np.ndarray) -> np.ndarray:
    steps = np.linspace(0, 1, len(sleeve.outer))
    outer, inner = (
        np.stack([np.interp(share, steps, edge[:, axis]) for axis in (0, 1)], 1)
        for edge in (sleeve.outer, sleeve.inner)
    )
    across = np.clip(across, -1, 1)[:, None]
    return (outer + inner) / 2 + across * (outer - inner) / 2


def _below(shape: TopShape, picture: Laid, share: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Below the armpits."""
    end = np.interp(np.abs(share), np.linspace(0, 1, len(shape.hem)), shape.hem)
    deep = np.clip((y - shape.armpit[1]) / np.maximum(end - shape.armpit[1], 1e-3), 0, 1)
    row = np.interp(y, shape.rows, shape.picture_rows)
    if shape.shown >= 1:  # the hem as it is on this side
        own = np.interp(share, np.linspace(-1, 1, len(picture.bottom)), picture.bottom)
        even = np.interp(np.abs(share), np.linspace(0, 1, len(shape.hem)), even_hem(picture))
        row = row + deep**2 * (own - even) + np.where(y > shape.rows[-1], y - shape.rows[-1], 0) / shape.scale
    row = row + deep * shape.lift * share**2 / shape.scale + (1 - deep) * share * _aslant(shape, picture)
    column = _columns(shape, picture, share, shape.half_at(y), row)
    return np.stack([column, row], 1)


def _aslant(shape: TopShape, picture: Laid) -> float:
    """Half of how much lower the left armpit lies than the right one."""
    if shape.strapless:
        return 0.0
    return float(picture.marks["armpit_l"][1] - picture.marks["armpit_r"][1]) / 2


def _columns(shape: TopShape, picture: Laid, share: np.ndarray, half: np.ndarray, row: np.ndarray) -> np.ndarray:
    """x in the frame of shares of the pattern's half width in rows of the frame."""
    middle = gaussian_filter1d((picture.right + picture.left) / 2, 6, mode="nearest")
    centre = np.interp(row, picture.rows, middle)
    edge = np.where(share < 0, np.interp(row, picture.rows, middle - picture.inner_right),
                    np.interp(row, picture.rows, picture.inner_left - middle))  # fmt: skip
    plain = np.abs(share) * half / shape.scale
    stretch = edge * shape.scale / np.maximum(half, 1e-3)
    power = np.where(stretch < 1, np.clip(_STEEP / np.maximum(1 - stretch, 1e-3) - 1, 0, 2), 2.0)
    return np.asarray(centre + np.sign(share) * plain * (1 + (stretch - 1) * np.abs(share) ** power))


def _yoke(shape: TopShape, picture: Laid, share: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Between shoulder seams and armpits; and a collar above them."""
    x = share * shape.half_at(y)
    top = shape.top_at(x)
    deep = (y - top) / np.maximum(shape.armpit[1] - top, 1e-3)
    standing = shape.collar_rise / shape.collar if shape.collar > 0 else 1 / shape.scale
    above = np.minimum(deep, 0) * (shape.armpit[1] - top) * standing
    deep = np.clip(deep, 0, 1)
    knots, marks = _top_line(shape, picture)
    upper = np.stack([np.interp(share, knots, marks[:, axis]) for axis in (0, 1)], 1)
    base = np.full(len(share), shape.picture_rows[0]) + share * _aslant(shape, picture)
    lower = np.stack([_columns(shape, picture, share, np.full(len(share), shape.half[0]), base), base], 1)
    places = upper + deep[:, None] * (lower - upper)
    if shape.sleeve is None and not shape.strapless:
        bulge = hollow(picture, 21)
        down = (y - shape.shoulder[1]) / (shape.armpit[1] - shape.shoulder[1])
        places[:, 0] += share * np.interp(down, np.linspace(0, 1, 21), bulge)
    places[:, 1] += above
    return places


def _top_line(shape: TopShape, picture: Laid) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the shoulders' half width, and the marks there: right shoulder, neck points, left shoulder."""
    inner = shape.neck[0] / shape.shoulder[0]
    names = ("shoulder_r", "neck_r", "neck_l", "shoulder_l")
    return np.array([-1.0, -inner, inner, 1.0]), np.array([picture.marks[name] for name in names])
