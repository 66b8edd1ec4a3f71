"""What a garment's back looks like, made from the picture of its front.

The same cloth without what only a front has: the neck's inside and collar, fastenings, a fly, prints and labels. What
continues at the sides of the garment continues on its back, so stripes, dots and flowers all over stay.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

from fashionmirror_core.cloth.collar import collar_cut
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.patching import patched
from fashionmirror_core.vocabulary import Category

_WORKING = 256  # pixels, longer side of the picture in which is decided what goes
_SIDE = 0.18  # of a row's width: the side zones, whose colours the back has
_PLAIN, _EVEN = 0.74, 0.9  # of the sides' pixels that have one colour in plain cloth, and without any sparse pattern
_LOWEST = np.array([0.0, 110.0, 110.0])
_BINS, _HISTOGRAM = np.array([6.0, 3.0, 3.0]), (18, 74, 74)  # Lab units of a bin, and bins
_GAPS, _EDGE = 0.018, 0.01  # of the longer side: gaps within a print that belong to it, and its soft edge
_TRIM = 0.05  # of the longer side: what lies this near to the outline is a trimming
_BLOT = 0.012  # of the cloth: how large a print on patterned cloth is at least
_LEAST = 0.02  # share of the sides' pixels that have the rarest colours, which are not theirs
_FASTENED = ("buttoned", "open")
_LAPELS = ("blazer", "coat", "jacket")
_COLLARED = ("shirt", "polo", "blouse", "blazer", "jacket", "coat")


def back_from_front(front: np.ndarray, cloth: np.ndarray, garment: Garment) -> np.ndarray:
    """(H, W, 3) float32, in the coordinates of the garment's picture.

    front: (H, W, 3) float32 in 0..255. cloth: (H, W) bool, where the picture shows cloth, be it outside or inside.
    """
    size = max(cloth.shape)
    sides = _sides(garment, cloth)
    plain, strange = _strangers(front, cloth, sides)
    goes = _neck(garment) | _fastening(garment, plain) | _fly(garment)
    goes |= strange
    goes &= cloth
    return patched(front, goes, cloth & ~goes, (0.035 if plain else 0.12) * size)


def _sides(garment: Garment, cloth: np.ndarray) -> np.ndarray:
    """(H, W) bool: the cloth near the side seams, and all of the sleeves."""
    parts = garment.part_masks()
    sides = np.zeros(cloth.shape, bool)
    for name, share in parts.items():
        part = (share > 0.5) & cloth
        if name.startswith("sleeve"):
            sides |= part
        else:
            sides |= _outer(part, _SIDE)
    return sides


def _outer(part: np.ndarray, share: float) -> np.ndarray:
    """The outer ``share`` of each row of a mask, on both sides."""
    any_ = part.any(1)
    first = np.argmax(part, 1)
    last = part.shape[1] - 1 - np.argmax(part[:, ::-1], 1)
    x = np.arange(part.shape[1])[None]
    width = (last - first + 1)[:, None] * share
    return part & any_[:, None] & ((x < first[:, None] + width) | (x > last[:, None] - width))


def _strangers(front: np.ndarray, cloth: np.ndarray, sides: np.ndarray) -> tuple[bool, np.ndarray]:
    """Whether the cloth is plain, and (H, W) bool: what has colours that the sides don't have."""
    size = max(cloth.shape)
    scale = min(1.0, _WORKING / size)
    shape = (max(8, round(cloth.shape[1] * scale)), max(8, round(cloth.shape[0] * scale)))
    small = cv2.resize(front, shape, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(cloth.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > 0.9
    beside = (cv2.resize(sides.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > 0.9) & inside
    lab = cv2.cvtColor(small / 255, cv2.COLOR_RGB2LAB)
    lab = cv2.GaussianBlur(lab, (0, 0), 0.8)
    if beside.sum() < 50:
        return True, np.zeros(cloth.shape, bool)
    apart, darker = _apart(lab, inside, beside)
    alike = (apart < 1) & (darker < 12)
    share = float(alike[beside].mean())
    odd = inside & ~_in_palette(lab, beside & alike)
    plain = share > _PLAIN and not (share < _EVEN and _scattered(odd & ((apart > 1.6) | (darker > 20)), inside, beside))
    odd = _joined(odd, inside) if plain else _blot(inside & ~_in_palette(lab, beside), inside)
    return plain, cv2.resize(odd.astype(np.uint8), cloth.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _scattered(odd: np.ndarray, inside: np.ndarray, beside: np.ndarray) -> bool:
    """Whether what differs from the ground lies at both sides nearly as thick as in the middle: sparse flowers or dots."""
    inner = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3) > 0.035 * max(inside.shape)
    x = np.arange(inside.shape[1])[None]
    middle = np.median(np.nonzero(inside)[1])
    zones = [inner & beside & (x < middle), inner & beside & (x > middle), inner & ~beside]
    if not all(zone.any() for zone in zones):
        return False
    right, left, between = (float(odd[zone].mean()) for zone in zones)
    return between > 0.045 and min(right, left) > max(0.025, 0.4 * between)


def _in_palette(lab: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(h, w) bool: what has one of the known pixels' colours; their rarest ones aside."""
    index = np.clip(np.round((lab + _LOWEST) / _BINS), 0, np.array(_HISTOGRAM) - 1).astype(int)
    counts = np.zeros(_HISTOGRAM, np.float32)
    np.add.at(counts, tuple(index[known].T), 1)
    density = ndimage.gaussian_filter(counts, (1.6, 1.2, 1.2), mode="constant")
    at = density[tuple(index.reshape(-1, 3).T)].reshape(index.shape[:2])
    return at >= np.quantile(at[known], _LEAST)


def _joined(odd: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """What is odd in plain cloth, with the gaps in it and its edge; hems, cuffs and other trimmings stay."""
    size = max(odd.shape)
    speckless = cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    closed = cv2.morphologyEx(speckless, cv2.MORPH_CLOSE, _disc(_GAPS * size))
    count, labels = cv2.connectedComponents(closed)
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3)
    at_edge = np.bincount(labels.ravel(), (depth < _TRIM * size).ravel(), count) / np.bincount(
        labels.ravel(), minlength=count
    )
    goes = at_edge < 0.4
    goes[0] = False
    return cv2.dilate(goes[labels].astype(np.uint8), _disc(_EDGE * size)) > 0


def _blot(odd: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """A print on patterned cloth: one large piece of colours that the pattern doesn't have."""
    size = max(odd.shape)
    closed = cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_CLOSE, _disc(_GAPS * size))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, _disc(0.01 * size))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return opened > 0
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = labels == 1 + int(areas.argmax())
    alone = areas.max() > _BLOT * inside.sum() and areas.max() > 0.6 * odd.sum()
    return (cv2.dilate(largest.astype(np.uint8), _disc(_EDGE * size)) > 0) & alone


def _disc(radius: float) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * max(1, round(radius)) + 1,) * 2)


def _apart(lab: np.ndarray, inside: np.ndarray, beside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far each pixel is from the sides' commonest colour: in chroma, 1 where it is told apart, and in lightness, Lab
    units, but for what changes slowly. Both (h, w).
    """
    weight = inside.astype(np.float32)
    sigma = 0.06 * max(inside.shape)
    slow = cv2.GaussianBlur(lab[..., 0] * weight, (0, 0), sigma) / np.maximum(
        cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3
    )
    ground = np.median(lab[beside], 0)
    chroma = np.hypot(lab[..., 1] - ground[1], lab[..., 2] - ground[2])
    return chroma / (6 + 0.15 * float(np.hypot(*ground[1:]))), np.abs(lab[..., 0] - slow)


def _neck(garment: Garment) -> np.ndarray:
    """(H, W) bool: the neck's inside, and the collar or rib around it."""
    shape = garment.image.shape[:2]
    area = np.zeros(shape, np.uint8)
    marks = garment.landmarks
    if garment.category == Category.LOWER or not {"neck_r", "neck_l", "neck_c"} <= marks.keys():
        return area > 0
    hole = (collar_cut(garment) < 0.5).astype(np.uint8)
    right, left = (np.array(marks[name]) for name in ("neck_r", "neck_l"))
    span = float(np.hypot(*(left - right)))
    collared = sum(garment.sight.answers["kind"][kind] for kind in _COLLARED) > 0.5 if garment.sight else False
    hole = cv2.dilate(hole, _disc((0.22 if collared else 0.12) * span))
    if garment.sight and _fastened(garment) and sum(garment.sight.answers["kind"][kind] for kind in _LAPELS) > 0.5:
        hem = (np.array(marks["hem_r"]) + marks["hem_l"]) / 2
        point = (right + left) / 2 + 0.55 * (hem - (right + left) / 2)
        out = 0.3 * (left - right)
        lapels = np.round([right - out, left + out, point + 0.25 * out, point - 0.25 * out]).astype(np.int32)
        cv2.fillPoly(hole, [lapels], (1,))
    return hole > 0


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
        half = 0.11 if plain else 0.06
    elif sum(kinds[kind] for kind in ("shirt", "polo", "blouse")) > 0.5:
        end = neck + 0.5 * (hem - neck)
        half = 0.08
    else:
        return area > 0
    cv2.polylines(area, [np.round([neck, end]).astype(np.int32)], False, (1,), round(2 * half * width))
    return area > 0


def _fly(garment: Garment) -> np.ndarray:
    """(H, W) bool: fly, button and drawstring of trousers and shorts."""
    area = np.zeros(garment.image.shape[:2], np.uint8)
    marks = garment.landmarks
    if garment.category != Category.LOWER or "crotch" not in marks:
        return area > 0
    waist = (np.array(marks["waist_r"]) + marks["waist_l"]) / 2
    crotch = np.array(marks["crotch"])
    width = float(np.hypot(*(np.array(marks["waist_l"]) - marks["waist_r"])))
    start, end = waist - 0.3 * (crotch - waist), waist + 0.95 * (crotch - waist)
    cv2.polylines(area, [np.round([start, end]).astype(np.int32)], False, (1,), round(0.26 * width))
    return area > 0
