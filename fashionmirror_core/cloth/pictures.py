"""What the cloth of a garment looks like: the picture of its front and the picture of its back.

A sewing pattern is wider than the outline in the garment's picture, covers the gaps in it, and has no hanger. So the
front is the picture's certain core, continued beyond its outline; light that the picture already has is taken out of plain
cloth a little, for it is lit again where it is worn.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import minimum_filter1d

from fashionmirror_core.cloth.back_picture import in_light_of, laid_on_front
from fashionmirror_core.cloth.backs import back_from_front, turned_round
from fashionmirror_core.cloth.collar import collar_cut, front_edge
from fashionmirror_core.cloth.even_back import meeting
from fashionmirror_core.cloth.folds import evened, faded_beyond, trimmings
from fashionmirror_core.cloth.ground import Ground, other_colour
from fashionmirror_core.cloth.sleeve_shade import without_sleeve_shade
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.alpha import opaque, premultiplied
from fashionmirror_core.imaging.channels import averaged, joined, spread
from fashionmirror_core.imaging.fill import continued, push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.imaging.transparency import sheer
from fashionmirror_core.vocabulary import Category

BEYOND = 0.13  # of the garment's longer side: how far the cloth is continued around its picture
_CORE = 0.004  # of the longer side: the outline is uncertain by this much
_WAISTBAND = 0.07  # of the length: how far down a hanger's clip reaches
_CLIP, _THICK = 0.26, 0.012  # of the waist's width, at most, and of the longer side, at least: how broad it is
_HEM_INSIDE, _HEM_LEAST, _HEM_SHARE = 0.05, 0.008, 0.3
"""Of the longer side, how far above a garment's lower edge its front's hem may lie, and does at its highest place at least;
share of its width along which it does at least."""
_GAP_EVEN, _GAP_BROAD = 16.0, 0.009  # levels, and half of how broad, of the longer side: of such gaps
_GAP_NEAR, _GAP = 0.06, 0.015  # of the longer side, from an armpit, and of the cloth: gaps that the cut-out took along
_RIM = 0.009  # of the longer side: how broad a rim is that isn't cloth
_RIM_SIDE = 512  # pixels, longer side of the picture in which it is looked for
_RIM_CHROMA, _RIM_LIGHTNESS = 9.0, 16.0  # Lab units that set a rim apart
_PATTERNED, _PLAIN = 0.74, 0.88  # evenness (see ``Ground``) of cloth that keeps its light, and of plain cloth
_BROAD = 0.05  # of the longer side: light and folds that are broader are flattened
_FLATTENED, _EVENED = 0.6, 0.8  # how much of the light and of a drift of colour is taken out of plain cloth
_GAINS, _TINTS = (0.55, 1.8), (0.9, 1.11)
_GAMMA = 2.2
_CONTACT = 0.06  # of a trimming's area, that lies along the outline, where it goes on beyond it
_SOLID = 250  # alpha from which on a pixel shows cloth alone


@dataclass(frozen=True)
class ClothPictures:
    """front, back: (H, W, 4) uint8, premultiplied; alpha is 255 but in sheer cloth. Both lie in the coordinates of
    ``Garment.image``, the back as if the garment were seen through from the front. offset: (x, y) of the first pixel of
    ``Garment.image`` in them.
    """

    front: np.ndarray
    back: np.ndarray
    offset: tuple[int, int]


def cloth_pictures(garment: Garment, back: Garment | None = None) -> ClothPictures:
    """The two pictures of a garment's cloth. back: the same garment from behind, from a picture of its own."""
    front = _Side.of(garment)
    edge = front_edge(garment)
    outside = front.cloth & (collar_cut(garment, edge) > 0.5)
    rgb = flattened(front.rgb, outside, front.ground)
    trimmed = None
    if front.ground.plain:
        trimmed = trimmings(rgb, front.ground.rare, front.cloth)
        sleeves = _sleeves(garment)
        shaded = sleeves & (averaged(rgb) < np.median(averaged(rgb)[front.cloth]))  # few prints on them are darker
        rgb = evened(rgb, outside, front.ground.rare, (front.ground.odd & ~shaded) | trimmed, sleeves)
    if back is None:
        behind, known, even = back_from_front(rgb, front.cloth, garment, front.ground, edge, trimmed)
        opacity = front.opacity
        if even:
            rgb = meeting(rgb, behind, outside, front.ground.rare)
        elif not front.ground.plain:
            behind, opacity, known = turned_round(behind, opacity, known, garment)
    else:
        seen = _Side.of(back)
        lit = np.dstack([flattened(seen.rgb, seen.cloth, seen.ground), seen.opacity])
        laid, known = laid_on_front(back, lit, seen.cloth, garment)
        behind, opacity = in_light_of(laid[..., :3], known, rgb, outside), laid[..., 3]
    margin = round(BEYOND * max(outside.shape))
    return ClothPictures(
        _wide(rgb, front.opacity, outside, margin, trimmed),
        _wide(behind, opacity, known, margin, trimmed),
        (margin, margin),
    )


@dataclass(frozen=True)
class _Side:
    """rgb: (H, W, 3) float32 in 0..255. opacity: (H, W) float32 in 0..1, below 1 in sheer cloth alone. cloth: (H, W) bool,
    where the picture certainly shows the garment, its outside or the neck's inside.
    """

    rgb: np.ndarray
    opacity: np.ndarray
    cloth: np.ndarray
    ground: Ground

    @classmethod
    def of(cls, garment: Garment) -> _Side:
        rgb = garment.image[..., :3].astype(np.float32)
        thin = sheer(garment.alpha)
        opacity = np.where(thin, garment.alpha, np.float32(1))
        solid = ((garment.image[..., 3] >= _SOLID) | thin).astype(np.uint8)
        cloth = cv2.erode(solid, disc(_CORE * max(solid.shape)), borderValue=(0,)) > 0
        if not cloth.any():
            cloth = solid > 0
        ground = Ground.of(garment, rgb, cloth)
        if ground.plain or ground.motifs:
            cloth = without_rim(rgb, cloth)
        if ground.plain:
            cloth = without_clips(cloth, garment, ground)
            cloth = without_gaps(rgb, without_inside_of_hem(cloth, garment, ground), garment, ground)
            rgb, ground = without_sleeve_shade(rgb, cloth, garment, ground)
        return cls(rgb, opacity, cloth, ground)


def without_rim(rgb: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """The cloth (H, W) bool of a picture (H, W, 3) without a thin rim that differs from what is inside of it: floor and
    shadow that the cut-out took along. A broader one is a trimming and stays.
    """
    size = max(cloth.shape)
    scale = min(1.0, _RIM_SIDE / size)
    shape = (max(8, round(cloth.shape[1] * scale)), max(8, round(cloth.shape[0] * scale)))
    lab = cv2.cvtColor(cv2.resize(rgb, shape, interpolation=cv2.INTER_AREA) / 255, cv2.COLOR_RGB2LAB)
    inside = cv2.resize(cloth.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > 0.9
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
    thin = _RIM * max(shape)
    deep = ((depth > thin) & (depth < 3 * thin)).astype(np.float32)
    sigma = 1.5 * thin
    near = np.maximum(cv2.GaussianBlur(deep, (0, 0), sigma), 1e-4)
    beside = cv2.GaussianBlur(lab * spread(deep), (0, 0), sigma) / spread(near)
    apart = np.hypot((lab - beside)[..., 1], (lab - beside)[..., 2]) / _RIM_CHROMA
    apart = np.maximum(apart, np.abs(lab - beside)[..., 0] / _RIM_LIGHTNESS)
    odd = (inside & (near > 0.02) & (apart > 1)).astype(np.uint8)
    count, labels = cv2.connectedComponents(odd)
    reach = np.zeros(count, np.float32)
    np.maximum.at(reach, labels, depth)
    first = np.full(count, np.inf, np.float32)
    np.minimum.at(first, labels, depth)
    rim = (reach < 1.5 * thin) & (first < 2)
    rim[0] = False
    gone = cv2.dilate(rim[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return cloth & (cv2.resize(gone, cloth.shape[::-1], interpolation=cv2.INTER_NEAREST) == 0)


def without_clips(cloth: np.ndarray, garment: Garment, ground: Ground) -> np.ndarray:
    """The cloth (H, W) bool of plain trousers or a skirt without what a hanger holds them by: small pieces of another colour
    at the upper edge, towards the sides.
    """
    if garment.category != Category.LOWER:
        return cloth
    right, left = (np.array(garment.landmarks[f"waist_{side}"]) for side in "rl")
    width = float(np.hypot(*(left - right)))
    hem = max(garment.landmarks[f"hem_{side}"][1] for side in "rl")
    x, y = np.meshgrid(np.arange(cloth.shape[1]), np.arange(cloth.shape[0]))
    slope = (left[1] - right[1]) / max(left[0] - right[0], 1.0)
    below = y - (right[1] + (x - right[0]) * slope)
    top = (below < _WAISTBAND * (hem - min(right[1], left[1]))) & cloth
    thick = cv2.morphologyEx((top & ground.rare).astype(np.uint8), cv2.MORPH_OPEN, disc(_THICK * max(cloth.shape)))
    count, labels, stats, centres = cv2.connectedComponentsWithStats(thick)
    highest = np.full(count, np.inf)
    np.minimum.at(highest, labels.ravel(), below.ravel())
    aside = np.abs(centres[:, 0] - (right[0] + left[0]) / 2) > 0.2 * width
    clips = (stats[:, cv2.CC_STAT_WIDTH] < _CLIP * width) & (highest < 0.02 * width) & aside
    clips[0] = False
    if not clips.any():
        return cloth
    gone = cv2.dilate(clips[labels].astype(np.uint8), disc(2 * _CORE * max(cloth.shape))) > 0
    return cloth & ~gone


def without_gaps(rgb: np.ndarray, cloth: np.ndarray, garment: Garment, ground: Ground) -> np.ndarray:
    """The cloth (H, W) bool of a plain top or dress (H, W, 3) without small pieces of another colour below the armpits that
    reach from the body to a sleeve or to the outline: what lies behind the garment there.
    """
    size = max(cloth.shape)
    other = other_colour(rgb, cloth & ground.rare, cloth & ~ground.rare).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(other)
    near = np.zeros(cloth.shape, np.uint8)
    for side in "rl":
        if f"armpit_{side}" in garment.landmarks and f"cuff_inner_{side}" in garment.landmarks:
            x, y = garment.landmarks[f"armpit_{side}"]
            cv2.circle(near, (round(x), round(y)), round(_GAP_NEAR * size), (1,), cv2.FILLED)
    parts = garment.part_masks()
    body, sleeves = (
        np.max([share for name, share in parts.items() if (name == "body") == own] or [np.zeros(cloth.shape)], axis=0)
        > 0.5
        for own in (True, False)
    )
    reach = disc(2 * _CORE * size)
    beside = cv2.dilate(body.astype(np.uint8), reach) & cv2.dilate((sleeves | ~cloth).astype(np.uint8), reach)
    depth = cv2.distanceTransform(other, cv2.DIST_L2, 5)
    gaps = []
    for number in np.setdiff1d(labels[(near > 0) & (beside > 0)], [0]):
        piece = labels == number
        inner = piece & (depth > 0.5 * depth[piece].max())
        small = stats[number, cv2.CC_STAT_AREA] < _GAP * cloth.sum()
        even = rgb[inner].std(0).max() < _GAP_EVEN and depth[piece].max() > _GAP_BROAD * size  # a floor, and no letters
        if small and even:
            gaps.append(number)
    gone = cv2.dilate(np.isin(labels, gaps).astype(np.uint8), disc(2 * _CORE * size)) > 0
    return cloth & ~gone


def without_inside_of_hem(cloth: np.ndarray, garment: Garment, ground: Ground) -> np.ndarray:
    """The cloth (H, W) bool of a plain top or dress without what is seen of its back's inside below its front's hem: a strip
    of another colour or in the shade, which tapers off towards the sides. One that reaches them is a band.
    """
    marks = garment.landmarks
    if garment.category == Category.LOWER or not {"hem_r", "hem_l"} <= marks.keys():
        return cloth
    first, last = sorted((round(marks["hem_r"][0]), round(marks["hem_l"][0])))
    columns = np.arange(max(first, 0), min(last, cloth.shape[1]))
    size = max(cloth.shape)
    if len(columns) < 20:
        return cloth
    rows = np.arange(cloth.shape[0])[:, None]
    bottom = np.where(cloth[:, columns], rows, -1).max(0)
    near = cloth[:, columns] & ground.rare[:, columns] & (rows > bottom - _HEM_INSIDE * size)
    top = np.where(near.any(0), near.argmax(0), bottom + 1)
    thick = (bottom + 1 - top) / size
    end = max(3, round(0.06 * len(columns)))
    tapers = max(np.quantile(side, 0.3) for side in (thick[:end], thick[-end:])) < 0.3 * thick.max()
    if (thick > 0).mean() < _HEM_SHARE or thick.max() < _HEM_LEAST or not tapers:
        return cloth
    line = minimum_filter1d(top, 2 * max(1, round(_CORE * size)) + 1) - round(_CORE * size)
    left = cloth.copy()
    left[:, columns] &= (rows < line) | (thick == 0)
    return left


def flattened(rgb: np.ndarray, cloth: np.ndarray, ground: Ground) -> np.ndarray:
    """``rgb`` (H, W, 3) float32 with a part of its own broad light and shadow, and of slow drifts of its colour, taken out;
    the mean colour of the cloth stays. Patterned cloth stays as it is.
    """
    strength = float(np.clip((ground.evenness - _PATTERNED) / (_PLAIN - _PATTERNED), 0, 1))
    strength *= ground.plain or ground.motifs
    shape = ground.own.shape[::-1]
    small = cv2.resize(rgb, shape, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(cloth.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > 0.9
    own = (ground.own & inside).astype(np.float32)
    if strength == 0 or own.sum() < 9:
        return rgb
    linear = (np.maximum(small, 1) / 255) ** _GAMMA
    sigma = _BROAD * max(shape)
    weight = cv2.GaussianBlur(own, (0, 0), sigma)
    slow = cv2.GaussianBlur(linear * spread(own), (0, 0), sigma) / spread(np.maximum(weight, 1e-4))
    slow = push_pull(slow, np.clip(weight / 0.15, 0, 1))
    light = slow.mean(-1, keepdims=True)
    mean = linear[own > 0].mean(0)
    gain = (mean.mean() / np.maximum(light, 1e-4)) ** (_FLATTENED * strength)
    tint = ((mean / mean.mean()) / np.maximum(slow / np.maximum(light, 1e-4), 1e-4)) ** (_EVENED * strength)
    change = np.clip(gain, *_GAINS) * np.clip(tint, *_TINTS)
    change = cv2.resize(change.astype(np.float32) ** (1 / _GAMMA), rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    result = rgb * change
    result *= rgb[cloth].mean(0) / np.maximum(result[cloth].mean(0), 1)
    return np.clip(result, 0, 255)


def _sleeves(garment: Garment) -> np.ndarray:
    """(H, W) bool."""
    parts = [share for name, share in garment.part_masks().items() if name.startswith("sleeve")]
    return np.max(parts, axis=0) > 0.5 if parts else np.zeros(garment.alpha.shape, bool)


def _wide(
    rgb: np.ndarray, opacity: np.ndarray, known: np.ndarray, margin: int, trimmed: np.ndarray | None
) -> np.ndarray:
    """(H, W, 4) uint8, premultiplied, with the cloth continued over all of it, the margin too. trimmed: (H, W) bool, of
    plain cloth, see ``trimmings``; None for patterned cloth.
    """
    sheer_cloth = bool((opacity[known] < 1).any())
    cloth = np.pad(known, margin)
    ending = np.zeros_like(cloth) if trimmed is None else np.pad(_ending(trimmed & known, known), margin)

    def carried_on(layers: np.ndarray) -> np.ndarray:
        wide = cv2.copyMakeBorder(to_8bit(layers), margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        wide = wide.reshape(*cloth.shape, -1)
        result = continued(wide, cloth & ~ending)
        result[ending] = wide[ending]
        return result

    picture = carried_on(joined(rgb, 255 * opacity) if sheer_cloth else rgb)
    colors = picture[..., :3]
    if trimmed is not None:
        apart = carried_on(255 * trimmed.astype(np.float32))[..., 0] > 127
        colors = to_8bit(faded_beyond(colors.astype(np.float32), cloth, apart, max(known.shape)))
    return premultiplied(colors, picture[..., 3] / np.float32(255)) if sheer_cloth else opaque(colors)


def _ending(trimmed: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """(H, W) bool: what of ``trimmed`` (H, W) bool ends within the cloth (H, W) bool, with its edge: buttons, zips and
    prints, which don't go on beyond the picture as hems and stripes do.
    """
    size = max(cloth.shape)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(trimmed.astype(np.uint8))
    at_edge = trimmed & ~(cv2.erode(cloth.astype(np.uint8), disc(_CORE * size), borderValue=(0,)) > 0)
    contact = np.bincount(labels[at_edge], minlength=count)
    ends = contact < _CONTACT * stats[:, cv2.CC_STAT_AREA]
    ends[0] = False
    return cv2.dilate(ends[labels].astype(np.uint8), disc(_CORE * size)) > 0 if ends.any() else ends[labels]
