"""The brim of a hat: a ring around the head, as wide and as bent as the photo's outline says on the left and the right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.avatar.hair_photo import HairPhoto
from fashionmirror_core.avatar.skull import Skull

RINGS, AROUND = 10, 72  # vertices outward and around
STEP = 0.0015  # statures between the places that are looked at
FAR, ABOVE, BELOW = 0.25, 0.22, 0.03  # statures beside the head, above and below its ears, that are looked at
OUTER, ENDS = (0.65, 0.95), 0.75  # of its reach: where a brim runs outward; from where on it is thin
WIDE = 1.8  # halves of the head, from which on it is a brim
FALLS = 0.96  # the most that it falls there for its width: a head of hair is a ball, and falls by 1.5
THIN = 0.066  # statures: the most that it is thick there, with what it hangs down
CROWN = (0.2, 0.66)  # of its reach: how wide the hat is above it
FITS = 1.1  # halves of the head, that the crown is wide at least
LEVEL = 0.02  # statures above a brim, where the hat is its crown
LONGER = 0.01  # statures: how much farther crown and brim reach before and behind than beside
THICK = 0.003  # statures
UNDER = 0.55  # of the colours above
HIDES = 0.004  # statures above brows and eyes, where it ends in front


@dataclass(frozen=True)
class Outline:
    """One side of a hat. reach: of the brim, from the head's axis; crown: half of the hat above it. height: (RINGS,), of the
    brim's middle, from the crown outward. side: -1 left, 1 right.
    """

    reach: float
    crown: float
    height: np.ndarray
    side: int


@dataclass(frozen=True)
class Brim:
    """vertices: (n, 3), from the head's axis at the height of the ears. triangles: (m, 3). weld: (n,). texel: (n, 2).
    picture: (h, w, 4) uint8, premultiplied. apart: (h, w) bool, where the photo shows it beside the head.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    weld: np.ndarray
    texel: np.ndarray
    picture: np.ndarray
    apart: np.ndarray


def with_brim_apart(skull: Skull, photo: HairPhoto) -> tuple[HairPhoto, Brim | None]:
    """The photo without what of a hat's brim stands out beside the head, and the brim; None where the photo shows none."""
    stature, center = skull.stature, skull.placed(skull.center)
    level = float(skull.ears[:, 1].mean())

    def seen(field: np.ndarray, away: np.ndarray, height: np.ndarray) -> np.ndarray:
        places = np.atleast_2d(away + center[0], height + level)
        return photo.at(field, *places).reshape(*away.shape, *field.shape[2:])

    own = photo.own.astype(np.float32)
    half = float(np.percentile(np.abs(skull.head[:, 0]), 97))
    outlines = outlines_of(lambda away, height: seen(own, away, height) > 0.5, half, stature)
    if outlines is None:
        return photo, None
    rows, columns = (np.arange(count) for count in photo.own.shape)
    height, away = rows[:, None] + photo.origin[1] - level, columns + photo.origin[0] - center[0]
    apart = np.zeros(photo.own.shape, bool)
    for outline, beside in zip(outlines, (-away, away), strict=True):
        apart |= (beside > 1.05 * outline.crown) & (height < outline.height.max() + THIN * stature)
    brows = float(height[photo.features.any(1)].min()) if photo.features.any() else 0.0
    ahead = float(np.arctan2(skull.turned[0, 2], skull.turned[2, 2]))
    brim = brim_of(outlines, ahead, brows, lambda away, height: seen(photo.colors, away, height), apart, stature)
    rest = replace(photo, own=photo.own & ~apart, person=photo.person & ~apart, hair=np.where(apart, 0, photo.hair))
    return rest, replace(brim, vertices=brim.vertices + np.array([center[0], level, center[2]]))


def outline_of(
    own: Callable[[np.ndarray, np.ndarray], np.ndarray], half: float, stature: float, side: int
) -> Outline | None:
    """A brim's outline on one side; None where there is none.

    own: distances outward (r, n) and heights (r, n) -> bool, whether the head's silhouette is there. half: of the head, at
    the ears. stature: pixels.
    """
    step = STEP * stature
    radius, height = np.arange(0, FAR * stature, step), np.arange(-ABOVE * stature, BELOW * stature, step)
    there = own(*np.meshgrid(radius, height))
    last = int(np.flatnonzero(there.any(0))[-1]) if there.any() else 0
    if radius[last] < WIDE * half:
        return None
    top = there.argmax(0)
    run = np.logical_and.accumulate(there | (np.arange(len(height))[:, None] < top), 0).sum(0) - top
    begins, ends = (round(share * last) for share in OUTER)
    outer = slice(round(ENDS * last), ends)
    above = max(0, int(np.median(top[outer]) - LEVEL / STEP))
    crown = int(there[above].sum())
    falls = (height[top[ends]] - height[top[begins]]) / (radius[ends] - radius[begins])
    if falls > FALLS or np.median(run[outer]) * step > THIN * stature or not CROWN[0] < crown / last < CROWN[1]:
        return None
    crown = max(crown, round(FITS * half / step))
    places = np.linspace(crown, OUTER[1] * last, RINGS)
    edge = gaussian_filter1d(height[top], 2.0, mode="nearest") + np.median(run[outer]) * step / 2  # it may be turned up
    return Outline(radius[last], radius[crown], np.interp(places, np.arange(len(radius)), edge), side)


def outlines_of(
    own: Callable[[np.ndarray, np.ndarray], np.ndarray], half: float, stature: float
) -> tuple[Outline, Outline] | None:
    """The left and the right outline of a brim; what one side doesn't show is as on the other. None without a brim.

    own: as in ``outline_of``, distances to the left being negative.
    """
    left = outline_of(lambda away, height: own(-away, height), half, stature, -1)
    right = outline_of(own, half, stature, 1)
    left, right = left or right, right or left
    return None if left is None or right is None else (left, right)


def brim_of(
    outlines: tuple[Outline, Outline],
    ahead: float,
    brows: float,
    color: Callable[[np.ndarray, np.ndarray], np.ndarray],
    apart: np.ndarray,
    stature: float,
) -> Brim:
    """ahead: the angle around the head, from behind to the photo's right, of the head's length. brows: the height of what it
    doesn't hide in front. color: distances to the right (n,) and heights (n,) -> (n, 3) of the photo.
    apart: as in ``Brim``.
    """
    angle = np.linspace(-np.pi, np.pi, AROUND + 1)
    right = ((1 + np.sin(angle)) / 2)[None]
    before = np.clip(-np.cos(angle), 0, 1)[None]

    def around(left: np.ndarray, other: np.ndarray) -> np.ndarray:
        return left[:, None] * (1 - right) + other[:, None] * right

    one, two = outlines
    share = np.linspace(0, 1, RINGS)
    crown, reach = (around(np.array([a]), np.array([b])) for a, b in ((one.crown, two.crown), (one.reach, two.reach)))
    longer = LONGER * stature * np.abs(np.cos(angle - ahead))
    inner = 0.8 * crown + longer
    radius = inner + share[:, None] * (reach + longer - inner)
    height = around(one.height, two.height)
    over = np.maximum(height[-1:] - (brows - HIDES * stature), 0)
    height = height - before * over * share[:, None]
    top = np.stack([radius * np.sin(angle), height, radius * np.cos(angle)], -1)
    below = top + np.array([0, THICK * stature, 0])
    grid = np.concatenate([top, below[::-1]])
    seen = [color(own.side * np.linspace(own.crown, OUTER[1] * own.reach, RINGS), own.height) for own in outlines]
    seen = [gaussian_filter1d(own, 1.5, axis=0, mode="nearest") for own in seen]
    rgb = seen[0][:, None] * (1 - right[..., None]) + seen[1][:, None] * right[..., None]
    rgb = np.concatenate([rgb, UNDER * rgb[::-1]])
    picture = np.concatenate([rgb, np.full((*rgb.shape[:2], 1), 255.0)], -1)
    number = np.arange(grid.shape[0] * (AROUND + 1)).reshape(-1, AROUND + 1)
    weld = number.copy()
    weld[:, -1] = number[:, 0]
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    triangles = np.concatenate([np.stack(own, -1).reshape(-1, 3) for own in ((a, c, b), (b, c, d))])
    vertices = grid.reshape(-1, 3)
    corners = vertices[triangles[: RINGS * AROUND // 2]]  # of the upper side: outward is up
    if np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 1].sum() > 0:
        triangles = triangles[:, [0, 2, 1]]
    row, column = np.mgrid[: grid.shape[0], : AROUND + 1].astype(np.float32)
    return Brim(
        vertices,
        triangles.astype(np.int32),
        weld.reshape(-1).astype(np.int32),
        np.stack([column, row], -1).reshape(-1, 2),
        np.clip(picture + 0.5, 0, 255).astype(np.uint8),
        apart,
    )
