"""Shoes: the body's foot in a simple last, on a sole and a heel (docs/method.md, "The avatar").

A foot that points to the viewer has no side in the photo, so its sheet is a wedge as soon as it turns. A shoe is built of
level rings around the body's foot instead: as wide as the photo's shoe, up to where that ends, in its colours alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from fashionmirror_core.avatar.heel import heel_height
from fashionmirror_core.avatar.last import ANGLES, HIGH, INNER, Foot, Last, Top
from fashionmirror_core.avatar.shoe_picture import ShoePicture
from fashionmirror_core.avatar.skinning import strongest, weights_near
from fashionmirror_core.avatar.surface import FromAbove, Surface, Texture
from fashionmirror_core.avatar.tone import lit_evenly
from fashionmirror_core.body.fitted import LEG_OF
from fashionmirror_core.imaging.alpha import opaque
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.vocabulary import Part, Side

UNDER_SKIN = 0.004  # statures that it lies under the body's own skin
BEHIND_LEG = 0.02  # statures by which what comes out of a low shoe counts as farther than the leg
UNDER_HEM, HEM_FROM = 0.015, (0.03, 0.05)
"""Statures: so much farther a closed shoe counts, above, than trousers over it."""
BEFORE_SKIN = 0.005  # statures by which the edge of its opening counts as nearer than the skin in it
OVER_SKIN = 0.002  # statures that a sock stands off it
IN_SHOE, IN_SOCK = 0.016, 0.012  # statures that the body's skin goes on below the edge of a low shoe, and of a sock
AT_REST = 0.021  # the same in the photo's pose
THROAT = (0.020, 0.045)  # statures above the floor, between which a low shoe ends in front, where the instep comes out
CLOSED = (0.038, HIGH)  # the same for one that shows no instep
LOW_TOP, CLOSED_TOP = (0.024, 0.031), (0.85, 0.95)  # beside and behind: statures; of what a closed one has in front
WIDTH, LENGTH = (0.9, 1.4), (0.9, 1.12)
"""Bounds of the photo's width of a shoe, in the foot's; of one seen from its side."""
FROM_SIDE = (0.4, 0.75)  # of a foot's way ahead that the photo shows, over which it is seen from there
SIDES = 0.4  # of half its width, that its outermost side reads its colours farther inside
FORWARD = 0.45  # of a row's height above the sole: at least so much lower the heel reads its colour, below an opening
MOVED = 0.015  # statures that a shoe is moved at most to lie where the photo has it
HALF_SEEN = 0.5  # of the other shoe's pixels: a shoe with fewer is half hidden
HEEL_ROW = 0.4  # of the way up from the tip to the opening, whose colour the heel under a shoe has


@dataclass(frozen=True)
class Shoe:
    """A shoe that the photo shows. foot: the body's in it, and points: (n, 3), the foot's as it stands there.
    inside, buried: vertices of the body that the shoe hides once it turns, and in the photo's pose, too. top: y of the
    highest place of it that the photo shows, a boot's shaft included. end: y at which a shoe that is no boot ends.
    """

    foot: Foot
    surface: Surface
    inside: np.ndarray
    buried: np.ndarray
    points: np.ndarray
    top: float
    end: float


def shoes(
    feet: Mapping[Side, Callable[[float], Foot]], pictures: Mapping[Side, ShoePicture], stature: float
) -> dict[Side, Shoe]:
    """A pair of shoes; none where the photo shows neither. A shoe that it doesn't show, or shows unlike the other, is that
    other's mirror image.

    feet: the body's, for so many statures that a heel lifts them. pictures: of the shoes that are seen.
    """
    flat = {side: foot(0.0) for side, foot in feet.items()}
    if not pictures:
        return {}
    best = max(pictures, key=lambda side: (not pictures[side].like_floor, pictures[side].size))
    told = [picture.depth for picture in pictures.values() if picture.size > HALF_SEEN * pictures[best].size]
    # A foot that is lifted in walking points down as well.
    low_shoe = any(picture.is_low for picture in pictures.values())
    lift = heel_height(pictures[best].depth if low_shoe else min(told), low_shoe)
    made = {}
    lifted = {side: feet[side](lift) if lift else foot for side, foot in flat.items()}
    # The camera looks down on both; a foot that is lifted in walking points down besides.
    tilt = float(np.arcsin(max(min(foot.tilt for foot in lifted.values()), 0.0)))
    for side in flat:
        own, shown = pictures.get(side), pictures[best]
        if side != best:
            shown = shown.mirrored(flat[best], flat[side])
            if own is not None and own.like(shown):
                shown = own
        above = FromAbove(LEG_OF[side][2], lifted[side].ankle, tilt)
        made[side] = shoe(shoe_name(Part.leg(side)), lifted[side], shown, own, stature, above)
    return made


def shoe(name: str, foot: Foot, shown: ShoePicture, own: ShoePicture | None, stature: float, above: FromAbove) -> Shoe:
    """One shoe. shown: what it shows. own: where the photo has it; None: as that. above: how the photo sees it."""
    place, low_shoe = own or shown, shown.is_low
    last = Last.of(foot, stature)
    end = last.height_at(shown.bottom - shown.row)
    front = float(np.clip(end, *(stature * np.array(THROAT if low_shoe else CLOSED))))
    beside, behind = np.array(LOW_TOP) * stature if low_shoe else np.array(CLOSED_TOP) * front
    top = Top(front, min(beside, 1.2 * front), behind)
    if low_shoe:
        inner, off = HIGH * stature, -UNDER_SKIN * stature
    else:  # a sock, or the tongue
        inner, off = float(np.clip(shown.bottom - shown.row, front, HIGH * stature)), OVER_SKIN * stature
    vertices, triangles, heights, foots = last.rings(top, inner, off)
    moved = _Move.of(foot, above.tipped(vertices, foot.ankle), place.across, place.bottom, stature)
    texel = _texels(shown, foot, last, front, vertices, foots)
    vertices = moved(vertices, heights)
    before = -UNDER_HEM * stature * smoothstep(heights / stature, *HEM_FROM)
    if low_shoe:  # above its edge the foot is seen only where nothing else of the leg is
        before = stature * np.where(foots, -BEHIND_LEG * (heights > front + INNER * stature), BEFORE_SKIN)
    heel = last.heel(low_shoe)
    if heel is not None:
        under, joined = heel
        under_texel = np.median(texel[:ANGLES], 0) * np.ones((len(under), 1))
        under_texel[:, 1] = shown.bottom - shown.origin[1] - HEEL_ROW * (shown.bottom - max(shown.row, shown.top))
        triangles = np.concatenate([triangles, joined + len(vertices)]).astype(np.int32)
        vertices = np.concatenate([vertices, moved(under, np.zeros(len(under)))])
        texel = np.concatenate([texel, under_texel])
        before = np.concatenate([before, np.zeros(len(under))])
    colors = np.concatenate([shown.colors, shown.skin], 1) if low_shoe else shown.colors
    near = weights_near(vertices, foot.standing(), foot.weights, np.ones(len(foot.points), bool), 1.0)
    bones, shares = strongest(near)
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
        ahead=before.astype(np.float32),
        above=above,
    )
    hides, margin = (top, IN_SHOE) if low_shoe else (Top(inner, inner, inner), IN_SOCK)
    inside, buried = last.within(hides, margin * stature), last.within(top, AT_REST * stature)
    stands = moved(foot.standing(), foot.height)
    level = float((surface.vertices[:, 1]).max()) - HIGH * stature - foot.bend.drop
    return Shoe(foot, surface, inside, buried, stands, level if low_shoe else place.top, level)


def _texels(
    shown: ShoePicture, foot: Foot, last: Last, front: float, vertices: np.ndarray, foots: np.ndarray
) -> np.ndarray:
    """(n, 2): where in its picture a shoe's vertices (n, 3), before they are moved, read their colours. front: how high it
    ends in front. foots: (n,) bool, see ``Last.rings``.
    """
    texel = vertices[:, :2] - shown.origin
    # The sides, which gleam and lie in the other shoe's shade, have the colour of what lies a little in front.
    left, right = float(vertices[:, 0].min()), float(vertices[:, 0].max())
    aside = np.clip((vertices[:, 0] - (left + right) / 2) / max((right - left) / 2, 1.0), -1, 1)
    middle = (shown.across[0] + shown.across[1]) / 2 - shown.origin[0]
    half = max((shown.across[1] - shown.across[0]) / 2, 1.0)
    texel[:, 0] = middle + half * aside * (1 - SIDES * aside**2)
    floor = float(shown.bottom - shown.origin[1] - 1)
    along = vertices @ foot.ahead
    opening = float(foot.bend(np.array([float(last.front_at(front)), front]))[0])
    # As the camera sees it from above: what lies behind lies higher in the picture, as far as the opening.
    back = np.clip(along.max() - along, 0, along.max() - opening)
    above = (vertices @ foot.up - foot.floor) * np.sqrt(1 - foot.tilt**2) + back * foot.tilt
    rear = 1 - smoothstep((along - along.min()) / max(float(np.ptp(along)), 1e-3), 0.3, 0.6)
    highest = shown.bottom - shown.row - 2
    texel[:, 1] = floor - np.minimum(above * (1 - FORWARD * rear), highest)
    if shown.is_low:
        y, x = np.nonzero(shown.instep)
        middle, half = float(np.median(x)), float(np.ptp(x)) / 2
        texel[foots, 0] = np.clip(texel[foots, 0], middle - 0.6 * half, middle + 0.6 * half)
        texel[foots, 1] = np.clip(floor - above[foots], y.min(), y.max())
        width = shown.colors.shape[1]
        texel[foots, 0] = width + np.clip(texel[foots, 0], 1, width - 2)
        texel[~foots, 0] = np.clip(texel[~foots, 0], 0, width - 2)
    return texel


def shoe_name(leg: Part) -> str:
    """The name of the surface of a leg's shoe."""
    return f"{leg} shoe"


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
    def of(cls, foot: Foot, vertices: np.ndarray, across: tuple[float, float], bottom: float, stature: float) -> _Move:
        """From a shoe's vertices (n, 3), as they are seen, to the photo's shoe from ``across`` to across, whose lowest row
        is ``bottom``.
        """
        left, right = float(vertices[:, 0].min()), float(vertices[:, 0].max())
        side = float(smoothstep(np.array(abs(foot.ahead[0])), *FROM_SIDE))
        bounds = np.array(WIDTH) + side * (np.array(LENGTH) - WIDTH)
        wide = float(np.clip((across[1] - across[0]) / max(right - left, 1e-3), *bounds))
        middle = (left + right) / 2
        away = np.array([(across[0] + across[1]) / 2 - middle, bottom + 0.5 - float(vertices[:, 1].max())])
        return cls(middle, wide, np.clip(away, -MOVED * stature, MOVED * stature), stature)

    def __call__(self, points: np.ndarray, heights: np.ndarray) -> np.ndarray:
        low = 1 - smoothstep(heights, 0.03 * self.stature, 0.06 * self.stature)
        result = points.copy()
        result[:, 0] += low * (self.wide - 1) * (points[:, 0] - self.middle)
        result[:, :2] += low[:, None] * self.shift
        return result
