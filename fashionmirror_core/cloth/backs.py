"""What a garment's back looks like, made from the picture of its front.

The same cloth without what only a front has: the neck's inside and collar, fastenings, a fly, prints and labels. What
continues at the sides of the garment continues on its back, so stripes, dots and flowers all over stay.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.cloth.bands import with_bands
from fashionmirror_core.cloth.collar import Neckline, collar_cut, has_collar, has_hood
from fashionmirror_core.cloth.even_back import DIFFERENT, colours_apart, even_back, goes_round, ribbed
from fashionmirror_core.cloth.folds import faded_at_seams, folds_at_seams
from fashionmirror_core.cloth.ground import SIDE, Ground, outer, set_apart
from fashionmirror_core.cloth.rib import rib_width, with_collar, with_hood, with_rib
from fashionmirror_core.cloth.sleeve_shade import beside_sleeves
from fashionmirror_core.cloth.stripes import Lines
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.imaging.patching import patched, rewoven
from fashionmirror_core.vocabulary import Category

_LIGHT = {True: 0.035, False: 0.3}  # of the longer side, in plain and in patterned cloth: what is coarser is light
_NECK, _HEM = 0.2, 0.12  # of a garment's height, from above and from below, where its middle isn't measured
_ALONG = 0.1  # of its height, over which the colours of its sides are evened
_GATHERS = 0.8  # of folds above a dress's waist, that fade on its back
_BELOW_WAIST = 0.4  # of the way from there to the hem, over which they come back
_DRESS_ZIP, _ABOVE_WAIST = 0.42, 0.8
"""Of a dress's length, and of the way to its waist: how far a fastening in front reaches."""
_PRINTED = 0.48  # of what is odd, that is clearly a print: else it is pleats (0.0) or lustre (0.1 to 0.43)
_FASTENED = ("buttoned", "open")
_LAPELS = ("blazer", "coat", "jacket")


def back_from_front(
    front: np.ndarray,
    cloth: np.ndarray,
    garment: Garment,
    ground: Ground,
    edge: Neckline | None,
    trimmed: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, bool]:
    """(H, W, 3) float32, in the coordinates of the garment's picture; (H, W) bool, where it is known; whether it is the
    cloth alone, see ``even_back``.

    front: (H, W, 3) float32 in 0..255. cloth: (H, W) bool, where the picture shows cloth, be it outside or inside.
    edge: the front's edge at the neck, if it has one. trimmed: (H, W) bool, of plain cloth, see ``trimmings``; None for
    patterned cloth.
    """
    rib = 0.0 if edge is None or edge.closed or _collared(garment, edge) else rib_width(front, edge.curve)
    goes = _neck(garment, edge, rib) | _fastening(garment, ground.plain) | _fly(garment)
    hidden = goes | ground.odd
    if trimmed is not None:
        goes |= folds_at_seams(ground.rare & ~trimmed, cloth)
    goes = (goes | ground.odd) & cloth
    source = cloth & ~goes & ~beside_sleeves(garment)
    top = garment.category == Category.UPPER and ground.plain and not goes_round(front, cloth, garment, ground)
    even = back = None
    if (top or _fastened(garment)) and not ribbed(front, source & (garment.part_masks()["body"] > 0.5)):
        even = back = even_back(front, cloth, source, garment, ground)
    known = cloth
    if back is None:
        back, known = _without(front, cloth, goes, source, garment, ground)
        if trimmed is not None:
            back = faded_at_seams(back, cloth, trimmed, _bodice(garment))
    if trimmed is not None:
        back = with_bands(back, front, cloth, hidden, garment)
    is_even = even is not None
    if edge is None or edge.closed:
        return back, known, is_even
    if has_hood(garment):
        back = with_hood(back, edge)
    elif edge.rise > 0:
        collared, collar = with_collar(back, front, cloth & ~ground.odd, edge)  # no lining, no label
        if even is not None and collar.any():
            own, usual = (np.median(picture[collar], axis=0) for picture in (collared, even))
            if colours_apart(own, usual) < DIFFERENT:
                collared, collar = with_collar(even, even, cloth, edge)
        back, known = collared, known | collar
    elif rib > 0:
        back = with_rib(back, front, edge.curve, rib)
    return back, known, is_even


def _without(
    front: np.ndarray, cloth: np.ndarray, goes: np.ndarray, source: np.ndarray, garment: Garment, ground: Ground
) -> tuple[np.ndarray, np.ndarray]:
    """A front (H, W, 3) float32 in 0..255 whose places that go (H, W) bool are filled with the cloth of ``source`` (H, W)
    bool; and (H, W) bool, where the back is known: ``cloth``, and between the straps, where lines go across.
    """
    known = cloth
    if not ground.plain:
        trunk = garment.part_masks()["body"] > 0.5
        lines = Lines.of(front, source & trunk)
        if lines is not None:
            between = _between(cloth & trunk) & ~cloth
            hole = ((goes | lines.odd) & trunk) | between
            front, known = lines.filled(front, hole, source & trunk), cloth | between
            goes = goes & ~trunk
    smooth = _LIGHT[ground.plain] * max(cloth.shape)
    printed = set_apart(front, ground.odd & cloth, source & ~ground.rare)
    if ground.plain and printed.sum() > _PRINTED * ground.odd.sum():
        filled = rewoven(front, goes, source, smooth, ground.rare)
        if filled is not None:
            return filled, known
    return patched(front, goes, source, smooth, ground.rare if ground.plain else None), known


def turned_round(
    back: np.ndarray, opacity: np.ndarray, known: np.ndarray, garment: Garment
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A patterned back (H, W, 3) float32, its opacity (H, W) and where it is known (H, W) bool, each row mirrored about the
    garment's middle: seen through from the front, the pattern would be its own mirror image at the side seams, and letters
    would be mirrored. As it is where the two sides have different colours, which go on round the body.
    """
    body = known & (garment.part_masks()["body"] > 0.5)
    rows = np.flatnonzero(body.any(1))
    if "crotch" in garment.landmarks or len(rows) < 8:
        return back, opacity, known
    first, last = body[rows].argmax(1), body.shape[1] - 1 - body[rows][:, ::-1].argmax(1)
    if _sides_differ(back, body, (first + last) / 2, rows):
        return back, opacity, known
    places = (rows - rows[0]) / (rows[-1] - rows[0])
    whole = (places > _NECK) & (places < 1 - _HEM)  # where an edge that lies aslant doesn't leave one side alone
    axis = np.polynomial.Polynomial.fit(places[whole], (first + last)[whole] / 2, 2)
    at = np.clip((np.arange(len(body)) - rows[0]) / (rows[-1] - rows[0]), _NECK, 1 - _HEM)
    middle = axis(at).astype(np.float32)[:, None]
    y, x = np.indices(body.shape, dtype=np.float32)

    def mirrored(values: np.ndarray) -> np.ndarray:
        return cv2.remap(values, 2 * middle - x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    return mirrored(back), mirrored(opacity), mirrored(known.astype(np.float32)) > 0.99


def _sides_differ(back: np.ndarray, body: np.ndarray, middle: np.ndarray, rows: np.ndarray) -> bool:
    """Whether the colours at a back's right side aren't those at its left side. middle: (R,), x in rows (R,)."""
    lab = cv2.cvtColor(back / 255, cv2.COLOR_RGB2LAB)[rows]
    beside, x = outer(body, SIDE)[rows], np.arange(body.shape[1])[None]
    sides = []
    for side in (beside & (x < middle[:, None]), beside & (x > middle[:, None])):
        sums = np.concatenate([np.einsum("yx,yxc->yc", side.astype(np.float32), lab), side.sum(1)[:, None]], 1)
        sums = gaussian_filter1d(sums, _ALONG * len(rows), axis=0, mode="nearest")
        sides.append(sums[:, :3] / np.maximum(sums[:, 3:], 1e-3))
    return float(np.median(np.linalg.norm(sides[0] - sides[1], axis=1))) > DIFFERENT


def _between(cloth: np.ndarray) -> np.ndarray:
    """(H, W) bool: all from each row's first pixel of cloth (H, W) bool to its last one."""
    return np.logical_or.accumulate(cloth, 1) & np.logical_or.accumulate(cloth[:, ::-1], 1)[:, ::-1]


def _bodice(garment: Garment) -> np.ndarray:
    """(H,): how much a dress's folds fade on its back: above the waist gathers, knots and drapes are its front's alone."""
    rows = np.arange(garment.image.shape[0])
    if garment.category != Category.DRESS or "waist_r" not in garment.landmarks or "hem_r" not in garment.landmarks:
        return np.zeros(len(rows))
    waist, hem = (np.mean([garment.landmarks[f"{name}_{side}"][1] for side in "rl"]) for name in ("waist", "hem"))
    return _GATHERS * (1 - smoothstep((rows - waist) / max(_BELOW_WAIST * (hem - waist), 1.0)))


def _neck(garment: Garment, edge: Neckline | None, rib: float) -> np.ndarray:
    """(H, W) bool: the neck's inside, and the collar or rib around it."""
    shape = garment.image.shape[:2]
    area = np.zeros(shape, np.uint8)
    marks = garment.landmarks
    if garment.category == Category.LOWER or not {"neck_r", "neck_l", "neck_c"} <= marks.keys():
        return area > 0
    hole = (collar_cut(garment, edge) < 0.5).astype(np.uint8)
    right, left = (np.array(marks[name]) for name in ("neck_r", "neck_l"))
    span = float(np.hypot(*(left - right)))
    reach = 0.4 if _collared(garment, edge) else 0.12
    hole = cv2.dilate(hole, disc(max(reach * span, 1.2 * rib + 1)))
    if garment.sight and _fastened(garment) and sum(garment.sight.answers["kind"][kind] for kind in _LAPELS) > 0.5:
        hem = (np.array(marks["hem_r"]) + marks["hem_l"]) / 2
        point = (right + left) / 2 + 0.55 * (hem - (right + left) / 2)
        out = 0.3 * (left - right)
        lapels = np.round([right - out, left + out, point + 0.25 * out, point - 0.25 * out]).astype(np.int32)
        cv2.fillPoly(hole, [lapels], (1,))
    return hole > 0


def _collared(garment: Garment, edge: Neckline | None) -> bool:
    return has_collar(garment) or has_hood(garment) or (edge is not None and edge.rise > 0)


def _fastened(garment: Garment) -> bool:
    return garment.sight is not None and sum(garment.sight.chance("front", how) for how in _FASTENED) > 0.5


def _fastening(garment: Garment, plain: bool) -> np.ndarray:
    """(H, W) bool: a row of buttons, a zip, an open front."""
    area = np.zeros(garment.image.shape[:2], np.uint8)
    marks = garment.landmarks
    if garment.category == Category.LOWER or garment.sight is None or "neck_c" not in marks:
        return area > 0
    kinds = garment.sight.answers["kind"]
    neck = (np.array(marks["neck_r"]) + marks["neck_l"]) / 2
    hem = (np.array(marks["hem_r"]) + marks["hem_l"]) / 2
    width = float(np.hypot(*(np.array(marks["armpit_l"]) - marks["armpit_r"])))
    if _fastened(garment):
        end = hem + 0.2 * (hem - neck)
        double = sum(kinds[kind] for kind in _LAPELS) > 0.5
        half = 0.2 if double else 0.11 if plain else 0.06
    elif sum(kinds[kind] for kind in ("shirt", "polo", "blouse")) > 0.5:
        end = neck + 0.5 * (hem - neck)
        half = 0.08
    elif garment.category == Category.DRESS:  # a zip or buttons in front, which the encoder seldom names in dresses
        waist = [np.array(marks[name]) for name in ("waist_r", "waist_l") if name in marks]
        below = _ABOVE_WAIST * (np.mean(waist, 0) - neck)[1] / max((hem - neck)[1], 1.0) if waist else _DRESS_ZIP
        end = neck + np.clip(below, 0.0, _DRESS_ZIP) * (hem - neck)
        half = 0.045
    else:
        return area > 0
    cv2.polylines(area, [np.round([neck, end]).astype(np.int32)], False, (1,), max(1, round(2 * half * width)))
    return area > 0


def _fly(garment: Garment) -> np.ndarray:
    """(H, W) bool: fly, button and drawstring of trousers and shorts; bow, button and zip at the waist of a skirt."""
    area = np.zeros(garment.image.shape[:2], np.uint8)
    marks = garment.landmarks
    if garment.category != Category.LOWER:
        return area > 0
    waist = (np.array(marks["waist_r"]) + marks["waist_l"]) / 2
    hem = (np.array(marks["hem_r"]) + marks["hem_l"]) / 2
    end = 0.95 * np.array(marks["crotch"]) + 0.05 * waist if "crotch" in marks else waist + 0.15 * (hem - waist)
    width = float(np.hypot(*(np.array(marks["waist_l"]) - marks["waist_r"])))
    start = waist - 0.1 * (hem - waist)
    cv2.polylines(area, [np.round([start, end]).astype(np.int32)], False, (1,), max(1, round(0.26 * width)))
    return area > 0
