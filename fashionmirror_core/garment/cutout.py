"""A garment leaves its background: the matte of the one garment in a picture.

Plain studio backgrounds are told apart by a smooth colour model of the picture's frame (a garment is what differs
from it and cannot be reached from the border). On floors, walls and carpets the clothes encoder says where cloth is, and
GrabCut (Rother, Kolmogorov, Blake 2004) finds its edge in the picture's colours. Both then share the clean-up (hangers,
holes, crumbs), a guided filter at full resolution and the removal of background colour from the edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from scipy import ndimage

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.gaps import without_gaps
from fashionmirror_core.garment.sight import Sight, look
from fashionmirror_core.imaging.nearest import nearest_known
from fashionmirror_core.imaging.transparency import sheer

WORKING_SIDE = 384  # pixels, longest side of the picture in which GrabCut runs
SURE_CLOTH = 0.97  # probability from which on the encoder is believed; below 1 - it, that there is none
RING = 0.03  # of the shorter side: the frame of the picture that is taken for background
STUDIO_NOISE = 1.2  # Lab units: a background noisier than this has texture, and its shadows need the other way
DOUBTFUL = 0.12  # of the garment's size: what the encoder is unsure of, from which on the cut-out is doubtful
NOTHING_FOUND = (
    "No garment found, the picture looks like background only; use a picture of one garment with room around it."
)
ALL_GARMENT = "The garment fills the whole picture; use a picture with background on every side, or one with alpha."


@dataclass
class Cutout:
    """``alpha``: (H, W) float32 in [0, 1]; ``warnings``: what to look at, one line each; ``flat``: the garment lies on a
    floor or hangs on a wall, so that its picture shows half its girth and not its worn width.
    """

    alpha: np.ndarray
    warnings: list[str] = field(default_factory=list)
    flat: bool = False


def cut_out(rgb: np.ndarray, sight: Sight | None = None) -> Cutout:
    """The matte of the garment in ``rgb`` (H, W, 3) uint8. sight: what is seen in this picture; None looks. Raises
    InputError where there is no garment.
    """
    sight = look(rgb, quarters=0) if sight is None else sight
    cloth = sight.cloth(rgb.shape[:2])
    lab = _lab(rgb)
    plain = _plain_background_difference(lab)
    mask = _mask_on_ordinary(rgb, cloth) if plain is None else _mask_on_plain(*plain)
    mask = _without_thin_strangers(mask, lab)
    mask = _main_component(without_gaps(_main_component(mask), rgb, sight))
    doubt = 0.0 if plain is not None else float(((cloth > 0.2) & (cloth < 0.8)).sum()) / max(float(mask.sum()), 1.0)
    warnings = _check(mask, doubt)
    return Cutout(_soft_edge(mask, rgb), warnings, flat=plain is None)


def lies_flat(rgb: np.ndarray) -> bool:
    """Whether a picture (H, W, 3) uint8 has a floor or a wall for its background, and no studio's; see ``Cutout``."""
    return _plain_background_difference(_lab(rgb)) is None


def decontaminated(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """``rgb`` (H, W, 3) uint8 with the colour of the garment's inside pushed outward over its soft edge and beyond.

    A cut-out keeps no fringe of the old background then, however it is resampled. Sheer cloth keeps its own colour.
    """
    solid = cv2.erode(((alpha > 0.97) | sheer(alpha)).astype(np.uint8), np.ones((3, 3), np.uint8))
    if not solid.any():
        solid = (alpha >= alpha.max() * 0.9).astype(np.uint8)
    return rgb.reshape(-1, 3)[nearest_known(solid, 5)[0]]


def _lab(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


# --- plain backgrounds -------------------------------------------------------------------------------------------


def _ring(height: int, width: int) -> np.ndarray:
    thickness = max(1, round(RING * min(height, width)))
    ring = np.ones((height, width), bool)
    ring[thickness:-thickness, thickness:-thickness] = False
    return ring


def _surface(height: int, width: int) -> np.ndarray:
    """(H, W, 6): the terms of a quadratic surface over the picture."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], -1).astype(np.float32)


def _plain_background_difference(lab: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Colour difference (H, W) from a smooth background and that background's noise, or None if it is not plain.

    A quadratic surface in Lab is fitted to the frame, re-weighted so that a garment reaching the border has no say.
    """
    height, width = lab.shape[:2]
    ring = _ring(height, width)
    colours = lab[ring]
    every = max(1, len(colours) // 4000)
    colours = colours[::every]
    keep = np.linalg.norm(colours - np.median(colours, axis=0), axis=1) < 25
    if keep.mean() < 0.7:
        return None
    terms = _surface(height, width)
    on_ring = terms[ring][::every]
    coefficients = np.zeros((6, 3), np.float32)
    for _ in range(4):
        coefficients = np.linalg.lstsq(on_ring[keep], colours[keep], rcond=None)[0].astype(np.float32)
        residual = np.linalg.norm(colours - on_ring @ coefficients, axis=1)
        keep = residual < max(2.5, 3 * float(np.median(residual[keep])))
    noise = float(np.percentile(residual[keep], 80))
    if keep.mean() < 0.75 or noise > STUDIO_NOISE:
        return None
    return np.linalg.norm(lab - terms @ coefficients, axis=2), noise


def _mask_on_plain(difference: np.ndarray, noise: float) -> np.ndarray:
    """What differs from the background; a faint difference counts where it touches a clear one.

    Beside a strong edge more difference is asked for: lossy compression rings there, up to a block's width away.
    """
    if noise > 0.4:
        difference = cv2.GaussianBlur(difference, (0, 0), 0.8)
    floor = max(1.2, 3 * noise)
    strongest = cv2.dilate(difference, np.ones((13, 13), np.uint8))
    faint = difference > np.clip(0.2 * strongest, floor, max(floor, 7.0))
    clear = difference > max(2.5, 5 * noise)
    labels, count = ndimage.label(faint, structure=np.ones((3, 3)))
    touched = np.zeros(count + 1, bool)
    touched[np.unique(labels[clear])] = True
    touched[0] = False
    return _fill_false_holes(touched[labels], difference, noise)


def _fill_false_holes(mask: np.ndarray, difference: np.ndarray, noise: float) -> np.ndarray:
    """Fill what is enclosed, except a large flat window onto the background away from the chest.

    A white print on a white page is enclosed too: a window is recognised by having exactly the background's flatness,
    and by lying where windows occur, between sleeve and body or between the legs.
    """
    filled = ndimage.binary_fill_holes(mask)
    labels, count = ndimage.label(filled & ~mask)
    if count == 0:
        return filled
    box = _box(mask)
    for index, where in enumerate(ndimage.find_objects(labels), start=1):
        hole = labels[where] == index
        values = difference[where][hole]
        y, x = (where[0].start + where[0].stop) / 2, (where[1].start + where[1].stop) / 2
        flat = np.percentile(values, 75) < max(1.0, 2 * noise)
        if hole.sum() > 0.002 * mask.sum() and flat and not _on_chest((x, y), box):
            filled[where] &= ~hole
    return filled


# --- ordinary backgrounds ----------------------------------------------------------------------------------------


def _mask_on_ordinary(rgb: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """(H, W) bool by GrabCut at WORKING_SIDE; cloth: (H, W), how likely each pixel is the garment's.

    Where the encoder is sure it is believed; between, the colours of both sides decide.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    lab = _lab(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
    likely = cv2.resize(cloth, size, interpolation=cv2.INTER_AREA)
    marks = np.where(likely > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[likely > SURE_CLOTH] = cv2.GC_FGD
    marks[likely < 1 - SURE_CLOTH] = cv2.GC_BGD
    if not (marks & 1).any():
        raise InputError(NOTHING_FOUND)
    if (marks & 1).all():
        raise InputError(ALL_GARMENT)
    picture = np.clip(lab * [2.0, 1.5, 1.5] + [20, 128, 128], 0, 255).astype(np.uint8)
    cv2.setRNGSeed(7)  # GrabCut's k-means draws its start; the same picture gives the same matte
    cv2.grabCut(picture, marks, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    mask = _fill_small_holes(_main_component((marks & 1) > 0))
    return cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC) > 0.5


# --- shared clean-up ---------------------------------------------------------------------------------------------


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """top, left, bottom, right of a mask, inclusive."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(rows[0]), int(columns[0]), int(rows[-1]), int(columns[-1])


def _on_chest(center: Sequence[float] | np.ndarray, box: tuple[int, int, int, int]) -> bool:
    """Whether x, y lies where a garment has prints, in the middle of its upper half, and no gap shows the background."""
    (x, y), (top, left, bottom, right) = center, box
    return abs(x - (left + right) / 2) / (right - left + 1) < 0.18 and (y - top) / (bottom - top + 1) < 0.5


def _main_component(mask: np.ndarray) -> np.ndarray:
    """The largest connected piece, with pieces at least a third as large (a garment cut apart by a belt)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count <= 1:
        raise InputError(NOTHING_FOUND)
    areas = stats[1:, cv2.CC_STAT_AREA]
    keep = np.flatnonzero(areas >= areas.max() / 3) + 1
    return np.isin(labels, keep)


def _fill_small_holes(mask: np.ndarray) -> np.ndarray:
    filled = ndimage.binary_fill_holes(mask)
    count, labels, stats, centers = cv2.connectedComponentsWithStats((filled & ~mask).astype(np.uint8), connectivity=4)
    box = _box(mask)
    real = []
    for index in range(1, count):
        if stats[index, cv2.CC_STAT_AREA] > (0.02 if _on_chest(centers[index], box) else 0.004) * mask.sum():
            real.append(index)
    return filled & ~np.isin(labels, real)


def _without_thin_strangers(mask: np.ndarray, lab: np.ndarray) -> np.ndarray:
    """Take off the hanger's hook, which is thin and rises in the middle, and thin parts of another colour than the
    cloth beside them, such as pegs and tags; straps stay."""
    if not mask.any():
        raise InputError(NOTHING_FOUND)
    top, left, bottom, right = _box(mask)
    radius = max(2, round(0.018 * max(bottom - top, right - left)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    core = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    thin = mask & ~core
    count, labels, stats, centers = cv2.connectedComponentsWithStats(thin.astype(np.uint8))
    result = mask.copy()
    for index in range(1, count):
        if stats[index, cv2.CC_STAT_AREA] < radius * radius or centers[index][1] > (top + bottom) / 2:
            continue
        x, y, w, h = stats[index, :4]
        grown = slice(max(0, y - 2 * radius), y + h + 2 * radius), slice(max(0, x - 2 * radius), x + w + 2 * radius)
        piece = labels[grown] == index
        beside = cv2.dilate(piece.astype(np.uint8), disc).astype(bool) & core[grown]
        tip = np.flatnonzero(labels[y, :] == index).mean()
        across = abs(tip - (left + right) / 2) / (right - left + 1)
        hook = across < 0.12 and y <= top + 1 and h > 2.5 * radius
        if not beside.any() or hook:
            result[grown] &= ~piece
            continue
        apart = np.linalg.norm(np.median(lab[grown][piece], 0) - np.median(lab[grown][beside], 0))
        if apart > 26:
            result[grown] &= ~piece
    return result


def _check(mask: np.ndarray, doubt: float) -> list[str]:
    """Raise InputError for a matte that cannot be a garment; say what is doubtful about one that can."""
    covered = float(mask.mean())
    top, left, bottom, right = _box(mask)
    if mask.sum() < 64 or min(bottom - top, right - left) < 6 or covered < 0.004:
        raise InputError(NOTHING_FOUND)
    frame = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    if covered > 0.97 or frame.mean() > 0.75:
        raise InputError(ALL_GARMENT)
    warnings = []
    if doubt > DOUBTFUL:
        warnings.append("The cut-out is doubtful: the garment hardly differs from its background; look at it.")
    if frame.mean() > 0.08:
        warnings.append("The garment is cut off by the picture's border; use a picture that shows all of it.")
    return warnings


def _soft_edge(mask: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """(H, W) float32: the mask's edge drawn onto the picture's own edges by a guided filter (He, Sun, Tang 2010)."""
    height, width = mask.shape
    radius = max(2, round(0.005 * max(height, width)))
    top, left, bottom, right = _box(mask)
    pad = 3 * radius
    window = slice(max(0, top - pad), bottom + pad + 1), slice(max(0, left - pad), right + pad + 1)
    guide = np.ascontiguousarray(rgb[window]).astype(np.float32) / 255
    hard = mask[window].astype(np.float32)
    soft = cv2.ximgproc.guidedFilter(guide, hard, radius, 1e-4)
    soft = np.clip((soft - 0.2) / 0.6, 0, 1)
    # Only the edge may change: the filter must not make holes where a print has the background's colour.
    band = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    inside, outside = cv2.erode(hard, band, borderValue=(1.0,)), cv2.dilate(hard, band)
    alpha = np.zeros((height, width), np.float32)
    alpha[window] = np.clip(np.where(inside > 0, 1, np.where(outside > 0, soft, 0)), 0, 1)
    return alpha
