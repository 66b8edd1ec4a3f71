"""Hair that hangs behind the neck, a ponytail or a plait: a tube of its own.

A photo from in front shows of it what comes out beside the neck. It hangs from the back of the head down to where the photo
shows its end, and lies on nape and back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.avatar.skull import EAR
from fashionmirror_core.imaging.easing import smoothstep

RINGS, AROUND = 28, 18  # vertices along the tube and around it
TEXELS = (6, 4)  # of a cell, along and around
BEGINS, BELOW, LEAST = 0.4, 2.4, 1.6
"""Half ear heights below the ear: where it is tied, where a photo's hair is one; its least length."""
DEEP, BESIDE = 9.0, (0.4, 1.9)
"""Half ear heights below the ears, and halves of the head beside them: where it is looked for."""
SKIN_LIGHT, HAIR_LIGHT = (0.6, 1.15), (0.7, 1.6)  # of their brightness: in shade and in light
AROUND_HEAD = 3.5  # halves of the head: how far beside it the background counts
TELLS_APART, NEARER = 10.0, 0.6  # difference of hair and skin (Lab) that tells them apart; of its way to skin
TELLS = 100  # pixels that tell a tail from a shaded neck or a bright gap: of small photos no few pixels do
THIN = 0.003  # statures: the least mean width of what is seen
FEW = 40  # pixels that tell the hair's colour
WIDTH = (0.011, 0.02)  # statures: bounds of its radius
HIDDEN = 1.0  # of the seen width: its radius, for the neck hides some of it
FLAT = 0.8  # of its width, from behind to before
ALONG = (0.0, 0.12, 0.35, 0.7, 1.0)
THICK = (0.7, 0.8, 1.0, 0.85, 0.3)  # of its radius, along it
ENDS = 0.8  # of its length, from where on strands end


@dataclass(frozen=True)
class Tail:
    """vertices: (n, 3) in the axes that the rows were given in. triangles: (m, 3). weld: (n,). texel: (n, 2). picture:
    (h, w, 4) uint8, premultiplied.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    weld: np.ndarray
    texel: np.ndarray
    picture: np.ndarray


@dataclass(frozen=True)
class BesideNeck:
    """A window of the photo. image: (h, w, 3) uint8. hair: (h, w) in [0, 1]. worn: (h, w) bool, clothes, arms and labelled
    hair; background: (h, w) bool. x, y: (w,), (h,), from between the ears. half: from there to an ear.
    """

    image: np.ndarray
    hair: np.ndarray
    worn: np.ndarray
    background: np.ndarray
    x: np.ndarray
    y: np.ndarray
    half: float


def hanging_tail(photo: BesideNeck, tone: np.ndarray, stature: float) -> np.ndarray:
    """(h, w) bool: what hangs beside the neck and has the hair's colour, neither the skin's nor the background's. Labels and
    matte miss so thin a thing.

    tone: (3,), of the skin. stature: pixels.
    """
    ear = EAR * stature
    below, beside = photo.y[:, None] / ear, np.abs(photo.x)[None] / photo.half
    level = (below > 1.0) & (below < DEEP)
    where = level & ~photo.worn & (beside > BESIDE[0]) & (beside < BESIDE[1])
    around = level & photo.background & (beside < AROUND_HEAD)
    sure = photo.hair > 0.9
    nothing = np.zeros(photo.hair.shape, bool)
    if sure.sum() < FEW or around.sum() < FEW or not where.any():
        return nothing
    own, others = np.median(photo.image[sure], axis=0), _lights(tone, SKIN_LIGHT)
    others = np.concatenate([others, _lab(np.percentile(photo.image[around], (5, 25, 50, 75, 95), axis=0))])
    own = _lights(own, HAIR_LIGHT)
    if np.linalg.norm(own[:, None] - others, axis=-1).min() < TELLS_APART:
        return nothing
    seen = _lab(photo.image[where])[:, None]
    found = np.zeros(nothing.shape, np.uint8)
    found[where] = np.linalg.norm(seen - own, axis=-1).min(1) < NEARER * np.linalg.norm(seen - others, axis=-1).min(1)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(found)
    ends = stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT]
    least = (stats[:, cv2.CC_STAT_HEIGHT] > LEAST * ear) & (ends + photo.y[0] > (BELOW + LEAST) * ear)
    least &= stats[:, cv2.CC_STAT_AREA] > THIN * stature * stats[:, cv2.CC_STAT_HEIGHT]
    least &= stats[:, cv2.CC_STAT_AREA] > TELLS
    least[0] = False
    if not least.any():
        return nothing
    return np.asarray(labels == int(np.argmax(np.where(least, stats[:, cv2.CC_STAT_AREA], 0))))


def _lights(color: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    """(8, 3): Lab of a colour in more and less light."""
    return _lab(np.minimum(np.linspace(*bounds, 8)[:, None] * color, 255.0))


def _lab(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor((rgb.reshape(1, -1, 3) / 255).astype(np.float32), cv2.COLOR_RGB2LAB)[0]


def tail_of(
    hair: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    ear: float,
    stature: float,
    behind: Callable[[np.ndarray], np.ndarray],
    color: np.ndarray,
    contrast: float,
    random: np.random.Generator,
) -> Tail | None:
    """The tube; None where no hair hangs below the nape.

    hair: (h, w) bool, what the photo shows; x: (w,), y: (h,), its columns and rows from between the ears. ear: half an ear's
    height. behind: rows -> depth there of nape and back. color: (3,) of the hair; contrast: its strands'.
    """
    own = cv2.morphologyEx(hair.astype(np.uint8), cv2.MORPH_OPEN, np.ones((1, 3), np.uint8)) > 0
    rows = np.flatnonzero(own.any(1) & (y > BELOW * ear))
    if len(rows) < 3 or y[rows[-1]] - BELOW * ear < LEAST * ear:
        return None
    width = own[rows].sum(1) * float(x[1] - x[0])
    thinnest, widest = (bound * stature for bound in WIDTH)
    radius = min(max(HIDDEN * float(np.median(width)), thinnest), widest)
    side = float(np.sign(np.median(x[np.nonzero(own[rows])[1]]))) or 1.0
    edge = side * np.where(own[rows], side * x, -np.inf).max(1)
    down = np.linspace(BEGINS * ear, float(y[rows[-1]]) + THIN * stature, RINGS)
    share = np.linspace(0, 1, RINGS)
    thick = radius * np.interp(share, ALONG, THICK)
    aside = np.interp(down, y[rows], edge) - side * thick
    aside = gaussian_filter1d(aside * smoothstep(down, 0, BELOW * ear), 2.0, mode="nearest")
    depth = gaussian_filter1d(behind(down) + FLAT * thick * smoothstep(share, 0, 0.2), 2.0, mode="nearest")
    turn = np.linspace(-np.pi, np.pi, AROUND + 1)
    ring = np.stack([np.sin(turn), np.zeros_like(turn), FLAT * np.cos(turn)], -1)
    vertices = np.stack([aside, down, depth], -1)[:, None] + thick[:, None, None] * ring
    number = np.arange(RINGS * (AROUND + 1)).reshape(RINGS, AROUND + 1)
    weld = number.copy()
    weld[:, -1] = number[:, 0]
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    triangles = np.concatenate([np.stack(corners, -1).reshape(-1, 3) for corners in ((a, c, b), (b, c, d))])
    row, column = np.mgrid[:RINGS, : AROUND + 1].astype(np.float32)
    texel = np.stack([column * TEXELS[1], row * TEXELS[0]], -1).reshape(-1, 2)
    triangles = triangles if _outward(vertices.reshape(-1, 3), triangles) else triangles[:, [0, 2, 1]]
    picture = _picture(color, contrast, random)
    return Tail(vertices.reshape(-1, 3), triangles.astype(np.int32), weld.reshape(-1).astype(np.int32), texel, picture)


def _outward(vertices: np.ndarray, triangles: np.ndarray) -> bool:
    corners = vertices[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    rows = vertices.reshape(RINGS, AROUND + 1, 3).mean(1)
    nearest = np.abs(corners[:, 0, 1, None] - rows[:, 1]).argmin(1)
    return bool((normals * (corners[:, 0] - rows[nearest])).sum() > 0)


def _picture(color: np.ndarray, contrast: float, random: np.random.Generator) -> np.ndarray:
    """Strands along the tube, which end one by one."""
    height, width = (RINGS - 1) * TEXELS[0] + 1, AROUND * TEXELS[1] + 1

    def strands(wide: float, tall: float) -> np.ndarray:
        values = random.standard_normal((height, width - 1)).astype(np.float32)
        values = np.concatenate([values] * 3, 1)
        smooth = cv2.GaussianBlur(values, (0, 0), sigmaX=wide, sigmaY=tall)[:, width - 1 : 2 * (width - 1)]
        return np.concatenate([smooth, smooth[:, :1]], 1) / smooth.std()

    grain = contrast * (0.8 * strands(0.8, 16) + 0.6 * strands(3.0, 40))
    along = np.linspace(0, 1, height)[:, None]
    alpha = smoothstep((1 - along) / (1 - ENDS) + 0.35 * strands(0.8, 30), 0.1, 0.7)
    rgb = np.clip(color * (1 + grain)[..., None], 0, 255)
    return np.clip(np.dstack([rgb * alpha[..., None], 255 * alpha]) + 0.5, 0, 255).astype(np.uint8)
