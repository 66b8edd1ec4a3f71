"""The back of a top that has no pattern, and of what is fastened in front: its cloth alone.

Prints, however faint, flaps, darts, pockets, zips and faded places are the front's. What stays is the cloth's colour, its
fine texture, the light and shade of its soft folds, quilting that goes across, and sleeves of a colour of their own.
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.cloth.collar import has_lapels, is_jacket
from fashionmirror_core.cloth.folds import masked_blur
from fashionmirror_core.cloth.ground import SIDE, Ground, has_pattern, outer, set_apart, well_within
from fashionmirror_core.cloth.stripes import quilting
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.channels import averaged
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import continued
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.patching import woven

DIFFERENT = 12.0  # Lab units, from which on two colours aren't the same cloth's
_WEAVE = {True: 0.005, False: 0.003}  # of the longer side, in plain cloth and in lustrous: what is finer is its weave
_MEETING, _SOFT = 0.045, 0.008  # of the longer side: from the outline inward; what is finer stays
_OWN_COLOUR = 0.02  # of the cloth, that is seen of a sleeve at least, for it to have a colour of its own
_FOLDS_SIDE, _FOLD, _LIGHT, _DEEP = 400, {True: 0.009, False: 0.004}, 0.05, {True: 0.17, False: 0.2}
"""Pixels, longer side of the picture in which folds are found; of it, what is finer and broader is none; logarithm of light,
of the deepest."""
_VARIED = 0.7, 6.0  # share of a washed cloth's colours nearer to the usual hue than this, in Lab units, at most
_LEFT = 0.65  # of the folds
_HEM, _ROUND = 0.15, 0.04
"""Of the trunk's height, above and below which other colours at its sides are collars', hems' or bands'; share of each side
from which on they are of colours that go round it.
"""
_RIBS_SIDE, _RIBS, _ONE_WAY, _RELIEF = 512, (1.2, 4.0), 0.7, 0.8
"""Pixels, longer side of the picture in which ribs are looked for, and what is finer and broader there is none; how far
their slopes run one way, of 1, and the median of their relief, in units of L, at least. Folds and other knits: 0.5 at most.
"""
_SHADED = 0.4  # how much lightness counts beside hue: cloth may lie in the shade


def even_back(
    front: np.ndarray, cloth: np.ndarray, source: np.ndarray, garment: Garment, ground: Ground
) -> np.ndarray | None:
    """(H, W, 3) float32 in 0..255, in the coordinates of the garment's picture; None for a pattern, or where too little
    cloth is seen.

    front: (H, W, 3) float32 in 0..255. cloth, source: (H, W) bool, where the picture shows cloth, and where it may be taken.
    """
    # Large checks vary as broadly as light does, but shirts have no lustre.
    lustrous = not ground.motifs and (has_lapels(garment) or is_jacket(garment)) and not has_pattern(front, cloth)
    if not ground.plain and not lustrous:
        return None
    calm = source & ~ground.rare
    fine = woven(front, cloth, calm, _WEAVE[ground.plain] * max(cloth.shape))
    if fine is None:
        return None
    parts = garment.part_masks()
    own = calm & (parts["body"] > 0.5)  # sleeves may have a colour of their own
    usual = np.median(front[own if own.any() else calm], axis=0)
    back = np.empty_like(front)
    back[:] = usual
    quilted = quilting(front, source & (parts["body"] > 0.5))
    light = soft_folds(front, source, cloth, ground.plain)[..., None]
    if quilted is not None:
        back[parts["body"] > 0.5], light[parts["body"] > 0.5] = quilted[parts["body"] > 0.5], 1
    sleeves = [share > 0.5 for name, share in parts.items() if name.startswith("sleeve")]
    seen = [sleeve & calm for sleeve in sleeves]
    if len(seen) > 1 and min(own.sum() for own in seen) > _OWN_COLOUR * cloth.sum():
        colours = [np.median(front[own], axis=0) for own in seen]
        if colours_apart(*colours) < DIFFERENT < min(colours_apart(colour, usual) for colour in colours):
            back[np.any(sleeves, axis=0)] = np.mean(colours, axis=0)
    return np.clip(back * light + fine, 0, 255)


def goes_round(front: np.ndarray, cloth: np.ndarray, garment: Garment, ground: Ground) -> bool:
    """Whether both sides of a top's trunk show another colour than its cloth's: a broad stripe, a block of colour. front:
    (H, W, 3) float32 in 0..255. cloth: (H, W) bool.
    """
    trunk = cloth & (garment.part_masks()["body"] > 0.5)
    rows = np.flatnonzero(trunk.any(1))
    if not len(rows):
        return False
    ends = np.quantile(rows, [_HEM, 1 - _HEM]).astype(int)
    sides = outer(trunk, SIDE)
    sides[: ends[0]] = sides[ends[1] :] = False
    other = set_apart(front, ground.rare & cloth, cloth & ~ground.rare)
    x, middle = np.arange(cloth.shape[1]), np.median(np.nonzero(trunk)[1])
    both = [sides & (x < middle), sides & (x > middle)]
    return min(float(other[side].mean()) if side.any() else 0.0 for side in both) > _ROUND


def ribbed(front: np.ndarray, where: np.ndarray) -> bool:
    """Whether cloth has ribs or fine stripes, which its weave's small pieces would break. front: (H, W, 3) float32 in
    0..255. where: (H, W) bool, of its trunk.
    """
    small, inner = well_within(front, where, _RIBS_SIDE)
    if not inner.any():
        return False
    light = cv2.cvtColor(small / 255, cv2.COLOR_RGB2LAB)[..., 0]
    narrow, broad = (cv2.GaussianBlur(light, (0, 0), sigma) for sigma in _RIBS)
    relief = narrow - broad
    across, down = (cv2.Sobel(relief, cv2.CV_32F, *way)[inner] for way in ((1, 0), (0, 1)))
    one_way = np.hypot((across**2 - down**2).mean(), 2 * (across * down).mean()) / max(
        (across**2 + down**2).mean(), 1e-6
    )
    return bool(one_way > _ONE_WAY and np.median(np.abs(relief[inner])) > _RELIEF)


def soft_folds(front: np.ndarray, source: np.ndarray, cloth: np.ndarray, plain: bool) -> np.ndarray:
    """(H, W) float32, about 1: the light and shade of the soft folds that a front (H, W, 3) float32 in 0..255 has where it
    may be taken, in ``source`` (H, W) bool, none near the outline of ``cloth`` (H, W) bool, where front and back meet.
    """
    scale = min(1.0, _FOLDS_SIDE / max(cloth.shape))
    shape = tuple(max(8, round(length * scale)) for length in cloth.shape[::-1])
    small = cv2.resize(front, shape, interpolation=cv2.INTER_AREA)
    inside, own = (
        cv2.resize(mask.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > least
        for mask, least in ((cloth, 0.5), (source, 0.9))
    )
    if not own.any() or _washed(small[own]):
        return np.ones(cloth.shape, np.float32)
    size = max(shape)
    fold, broad = (
        averaged(masked_blur(small, own.astype(np.float32), share * size)) for share in (_FOLD[plain], _LIGHT)
    )
    deep = _DEEP[plain]
    level = deep * np.tanh(_LEFT * np.log(np.maximum(fold, 2) / np.maximum(broad, 2)) / deep)
    levels = continued(to_8bit(128 + 127 / deep * level)[..., None], own).reshape(own.shape)
    level = deep / 127 * (cv2.GaussianBlur(levels, (0, 0), 0.5 * _FOLD[plain] * size).astype(np.float32) - 128)
    away = cv2.distanceTransform(np.pad(inside, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    gain = np.exp(level * smoothstep(away / size, 0, _MEETING)).astype(np.float32)
    return cv2.resize(gain, cloth.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _washed(colours: np.ndarray) -> bool:
    """Whether a cloth's colours (N, 3) in 0..255 vary in hue, too: what is light or dark then is dye, and no fold."""
    hues = cv2.cvtColor(colours[None] / np.float32(255), cv2.COLOR_RGB2LAB)[0, :, 1:]
    apart = np.linalg.norm(hues - np.median(hues, axis=0), axis=1)
    return bool(np.quantile(apart, _VARIED[0]) > _VARIED[1])


def meeting(front: np.ndarray, back: np.ndarray, cloth: np.ndarray, stays: np.ndarray) -> np.ndarray:
    """A front (H, W, 3) float32 in 0..255 whose light fades to that of its even back towards the outline of ``cloth`` (H, W)
    bool, where the two meet. stays: (H, W) bool, what isn't its cloth.
    """
    size = max(cloth.shape)
    inside = cv2.distanceTransform(np.pad(cloth, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    plain = (cloth & ~stays).astype(np.float32)
    share = cv2.GaussianBlur(
        (1 - smoothstep(inside / size, 0, _MEETING)).astype(np.float32) * plain, (0, 0), _SOFT * size
    )
    weight = np.maximum(cv2.GaussianBlur(plain, (0, 0), _SOFT * size), 1e-3)[..., None]
    light = cv2.GaussianBlur((back - front) * plain[..., None], (0, 0), _SOFT * size) / weight
    return np.clip(front + light * share[..., None], 0, 255)


def colours_apart(colour: np.ndarray, usual: np.ndarray) -> float:
    """Lab units between two colours (3,) in 0..255; little where one is the other's shade."""
    shade = usual * (colour.mean() / max(float(usual.mean()), 1.0))
    lab = cv2.cvtColor(np.stack([colour, usual, shade])[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    return float(np.hypot(_SHADED * (lab[0] - lab[1])[0], np.linalg.norm((lab[0] - lab[2])[1:])))
