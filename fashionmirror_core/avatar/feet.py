"""Shoes: the body's foot in a simple last, with a flat sole and a toe box (docs/method.md, "The avatar").

A foot that points to the viewer has no side in the photo, so its sheet is a wedge as soon as it turns. A shoe is built of
level rings around the body's foot instead: as wide as the photo's shoe, up to where that ends, in its colours alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.avatar.last import HIGH, INNER, Foot, Last, Top
from fashionmirror_core.avatar.skinning import strongest, weights_near
from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.avatar.tone import lit_evenly
from fashionmirror_core.imaging.alpha import colors_of, opaque
from fashionmirror_core.imaging.boxes import Box, bounding_box, grown, window
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit

FEWEST = 60  # pixels of a shoe that is seen
UNDER_SKIN = 0.004  # statures that it lies under the body's own skin
OVER_SKIN = 0.002  # statures that a sock stands off it
IN_SHOE, IN_SOCK = 0.016, 0.012  # statures that the body's skin goes on below the edge of a low shoe, and of a sock
AT_REST = 0.021  # the same in the photo's pose
THROAT = (0.020, 0.045)  # statures above the floor, between which a low shoe ends in front, where the instep comes out
CLOSED = (0.038, HIGH)  # the same for one that shows no instep
LOW_TOP, CLOSED_TOP = (0.024, 0.031), (0.85, 0.95)  # beside and behind: statures; of what a closed one has in front
WIDTH = (0.9, 1.4)  # bounds of the photo's width of a shoe, in the foot's
RIM = 0.1  # of the photo's width of a shoe, at its sides, that doesn't tell its colour
SIDES = 0.4  # of half its width, that its outermost side reads its colours farther inside
BESIDE = 0.010  # statures beside the body's foot: what lies farther out is the floor's shadow
SPUR = 0.45  # of the shoe's size: what is narrower doesn't count for it
FORWARD = 0.45  # of a row's height above the sole: at least so much lower the heel reads its colour, below an opening
MOVED = 0.015  # statures that a shoe is moved at most to lie where the photo has it
SOLE_SHADE = 0.75  # of the shoe's colour, for a sole that the photo doesn't show


@dataclass(frozen=True)
class Shoe:
    """A shoe that the photo shows. foot: the body's in it, and points: (n, 3), the foot's as it stands there.
    inside, buried: vertices of the body that the shoe hides once it turns, and in the photo's pose, too. top: y of the
    highest place of it that the photo shows, a boot's shaft included.
    """

    foot: Foot
    surface: Surface
    inside: np.ndarray
    buried: np.ndarray
    points: np.ndarray
    top: float


def shoe(
    name: str, foot: Foot, mask: np.ndarray, skin: np.ndarray, picture: np.ndarray, box: Box, stature: float
) -> Shoe | None:
    """A shoe; None where the photo shows none.

    mask, skin: (h, w) float32 in [0, 1] on ``box``, where the shoe and the bare leg are seen: an instep in the opening of a
    shoe is a part of its picture. picture: (h, w, 4), premultiplied.
    """
    seen = _largest((mask > 0.5) & (foot.silhouette(mask.shape, box, BESIDE * stature) > 0))
    core = cv2.erode(seen, np.ones((5, 5), np.uint8))
    if core.sum() < FEWEST:
        core = seen
    if core.sum() < FEWEST:
        return None
    # Straps above and tongues of floor below don't tell the shoe's size.
    wide = round(SPUR * float(np.sqrt(core.sum()))) | 1
    around = window(grown(bounding_box(seen) or (0, 0, 1, 1), wide, seen.shape))
    body = np.zeros_like(seen)
    body[around] = cv2.morphologyEx(
        seen[around], cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))
    )
    core &= body if (core & body).sum() > FEWEST else core
    y, x = np.nonzero(body if body.any() else seen)
    left, right = np.percentile(x, [1, 99]) + box[0]
    # Floor and the other shoe shimmer through at the sides.
    rim = np.ones((1, 2 * round(RIM * (right - left)) + 1), np.uint8)
    within = cv2.erode(core, rim)
    core = within if within.sum() > FEWEST else core
    bottom = float(np.percentile(y, 99.5) + box[1])
    instep = cv2.erode((skin > 0.5).astype(np.uint8), np.ones((3, 3), np.uint8)) & _hull(seen)
    opening = np.flatnonzero(instep.any(1))
    low_shoe = instep.sum() > FEWEST
    if not low_shoe:
        instep[:] = 0
    row = float(opening[-1] if low_shoe else np.percentile(np.nonzero(seen)[0], 2)) + box[1]
    last = Last.of(foot, stature)
    front = float(np.clip(last.height_at(bottom - row), *(stature * np.array(THROAT if low_shoe else CLOSED))))
    beside, behind = np.array(LOW_TOP) * stature if low_shoe else np.array(CLOSED_TOP) * front
    top = Top(front, min(beside, 1.2 * front), behind)
    if low_shoe:
        inner, off = front + INNER * stature, -UNDER_SKIN * stature
    else:  # a sock, or the tongue
        inner, off = float(np.clip(bottom - row, front, HIGH * stature)), OVER_SKIN * stature
    vertices, triangles, heights, foots = last.rings(top, inner, off)
    moved = _Move.of(vertices, (left, right), bottom, stature)
    vertices = moved(vertices, heights)
    near = weights_near(vertices, foot.points, foot.weights, np.ones(len(foot.points), bool), 1.0)
    bones, shares = strongest(near)

    area = grown(bounding_box(seen) or (0, 0, 1, 1), 4, seen.shape)
    colors = colors_of(picture[window(area)])
    here = window(area)
    known = (core | instep)[here].astype(np.float32)
    colors = _with_sole(push_pull(colors, known), core[here])
    origin = np.array(box[:2], np.float32) + np.array(area[:2], np.float32)
    texel = vertices[:, :2] - origin
    # The sides, which gleam and lie in the other shoe's shade, have the colour of what lies a little in front.
    middle, half = (left + right) / 2 - origin[0], max((right - left) / 2, 1.0)
    aside = np.clip((texel[:, 0] - middle) / half, -1, 1)
    texel[:, 0] = middle + half * aside * (1 - SIDES * aside**2)
    floor = float(bottom - origin[1] - 1)
    along = vertices @ foot.ahead
    # As the camera sees it from above: what lies behind lies higher in the picture, as far as the opening.
    back = np.clip(along.max() - along, 0, along.max() - float(last.front_at(front)))
    above = heights * np.sqrt(1 - foot.tilt**2) + back * foot.tilt
    rear = 1 - smoothstep((along - along.min()) / max(float(np.ptp(along)), 1e-3), 0.3, 0.6)
    highest = bottom - row - 2 if low_shoe else np.inf
    texel[:, 1] = floor - np.minimum(above * (1 - FORWARD * rear), highest)
    if low_shoe:
        x, y = np.nonzero(instep[here])[::-1]
        middle, half = float(np.median(x)), float(np.ptp(x)) / 2
        texel[foots, 0] = np.clip(texel[foots, 0], middle - 0.6 * half, middle + 0.6 * half)
        texel[foots, 1] = np.clip(floor - above[foots], y.min(), y.max())
    surface = Surface(
        name=name,
        vertices=vertices.astype(np.float32),
        triangles=triangles,
        weld=np.arange(len(vertices), dtype=np.int32),
        bones=bones,
        weights=shares,
        texel=texel.astype(np.float32),
        source=vertices[:, :2].astype(np.float32),
        texture=Texture(opaque(to_8bit(colors)), np.zeros(colors.shape[:2], np.uint8)),
        bias=0.0,
        shown=np.ones(len(vertices), np.int8),
        lit_from=lit_evenly(len(vertices)),
    )
    hides, margin = (top, IN_SHOE) if low_shoe else (Top(inner, inner, inner), IN_SOCK)
    inside = last.within(hides, margin * stature)
    highest = box[1] + float(np.argmax((mask > 0.5).any(1)))
    return Shoe(foot, surface, inside, last.within(top, AT_REST * stature), moved(foot.points, foot.height), highest)


def _hull(mask: np.ndarray) -> np.ndarray:
    """(h, w) uint8: the convex hull of a mask."""
    result = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(result, cv2.convexHull(cv2.findNonZero(mask)), 1)
    return result


def _largest(mask: np.ndarray) -> np.ndarray:
    """(h, w) uint8: the largest patch of a mask."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 3:
        return mask.astype(np.uint8)
    return (labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)


@dataclass(frozen=True)
class _Move:
    """Makes a foot and its shoe as wide as the photo's, with the sole where that is; the upper end stays around the ankle.

    middle: x, from which ``wide`` counts. shift: (2,), x and y.
    """

    middle: float
    wide: float
    shift: np.ndarray
    stature: float

    @classmethod
    def of(cls, vertices: np.ndarray, across: tuple[float, float], bottom: float, stature: float) -> _Move:
        """From a shoe's vertices (n, 3) to the photo's shoe from ``across`` to across, whose lowest row is ``bottom``."""
        left, right = float(vertices[:, 0].min()), float(vertices[:, 0].max())
        wide = float(np.clip((across[1] - across[0]) / max(right - left, 1e-3), *WIDTH))
        middle = (left + right) / 2
        away = np.array([(across[0] + across[1]) / 2 - middle, bottom + 0.5 - float(vertices[:, 1].max())])
        return cls(middle, wide, np.clip(away, -MOVED * stature, MOVED * stature), stature)

    def __call__(self, points: np.ndarray, heights: np.ndarray) -> np.ndarray:
        low = 1 - smoothstep(heights, 0.03 * self.stature, 0.06 * self.stature)
        result = points.copy()
        result[:, 0] += low * (self.wide - 1) * (points[:, 0] - self.middle)
        result[:, :2] += low[:, None] * self.shift
        return result


def _with_sole(colors: np.ndarray, core: np.ndarray) -> np.ndarray:
    """A shoe's colours with its sole: the photo's lowest rows, darker where they are like the rest."""
    rows = np.flatnonzero(core.any(1))
    band = max(1, round(0.14 * (rows[-1] - rows[0])))
    low, rest = (core[window] > 0 for window in (slice(rows[-1] - band, None), slice(None, rows[-1] - band)))
    if not low.any() or not rest.any():
        return colors
    sole, upper = np.median(colors[rows[-1] - band :][low], 0), np.median(colors[: rows[-1] - band][rest], 0)
    shade = SOLE_SHADE if np.abs(sole - upper).mean() < 0.12 * max(float(upper.mean()), 1.0) else 1.0
    below = smoothstep(np.arange(len(colors), dtype=float), rows[-1] - band - 1, rows[-1] - band + 1)
    return colors * (1 + (shade - 1) * below)[:, None, None]
