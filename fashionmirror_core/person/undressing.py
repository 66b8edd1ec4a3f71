"""The removed mask M_r, and the part of the body that each pixel of a dressed person moves with.

Parsing labels the pixels and ``limbs`` finds arms and legs; here they are brought together, with things that a hand holds
and feet that trousers or a gown hide (docs/method.md, "Parsing").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np

from fashionmirror_core.body.proportions import ARM_WIDTHS, Body
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.person.labels import Parsing
from fashionmirror_core.skeleton import HEEL, LEG, TOES
from fashionmirror_core.vocabulary import ARM_PARTS, Category, Part, Side

# In statures.
HAND_REACH = 0.09  # of a hand from its wrist
BAG_REACH = 0.14  # of a thing that the hand may hold, from the wrist
BAG_HALF = 0.02  # of what is no rim of cloth, to either side
FOOT_REACH = 0.05  # of a foot from its ankle
LARGEST_BAG = 0.35  # the longer side of a thing that a hand may hold
HALF_SHOE_HEIGHT = 0.016
TUCKED_SPINE = 0.76
"""Of the spine from neck to hips: down to there the top of a dress reaches into what is worn over it."""
UNDER_JACKET = 0.72  # of the same: from there down an old top isn't seen under a closed jacket
BELOW_HIPS = (0.02, 0.04)  # over which the trunk ends where the clothes below it go
BESIDE_NECK = 0.09  # of what is worn around the neck, to either side
SCARF_HALF = 0.008  # of what is broader than a necklace
SCARF_SHARE = 0.3  # of a piece that lies around the neck: a bag's strap reaches there, too
SCARF_SPINE = 0.45  # of the spine from neck to hips: lower, the new top is before it
CHIN = 0.62  # of the way from the neck to the nose
BELT_SPINE, BELT_BELOW_HIPS = 0.65, 0.03  # of the same, and below the hips, between which a belt lies
BELT_ASIDE, BELT_HEIGHT = 0.06, 0.05  # of its middle from the hips'; of its height at most
RIM = 0.006  # of old clothes, which the labels miss
REST = 0.0015  # squared: the area of a piece that is left of them


def removed_mask(parsing: Parsing, categories: Iterable[str], body: Body) -> np.ndarray:
    """M_r (H, W): the old clothes that garments of these categories replace. body: in stage pixels."""
    categories = list(categories)
    removed = np.maximum.reduce([parsing.removed(category) for category in categories])
    if any(category != Category.LOWER for category in categories):
        removed = np.maximum(removed, scarf(parsing, body))
    if any(category != Category.UPPER for category in categories):
        removed = np.maximum(removed, belt(parsing, body))
    # Clothes are no slivers: what lies along the edge of a bare limb, a pixel wide, is the edge.
    solid = cv2.morphologyEx(removed, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    removed = np.minimum(removed, cv2.dilate(solid, np.ones((5, 5), np.uint8)))
    for foot in _hidden_feet(parsing, body).values():
        removed = np.minimum(removed, 1 - foot)
    return removed


def scarf(parsing: Parsing, body: Body) -> np.ndarray:
    """(H, W) of 0 and 1: what is worn around the neck, from the chin down, and is broader than a necklace: a scarf, a bow.
    It goes with an old top: the new one would cut it off.
    """
    rows, columns = np.indices(parsing.accessory.shape, sparse=True)
    chin = CHIN * body.nose[1] + (1 - CHIN) * body.neck[1]
    near = (rows > chin) & (rows < body.on_axis(SCARF_SPINE)[1])
    near = near & (np.abs(columns - body.neck[0]) < BESIDE_NECK * body.stature)
    things = parsing.accessory > 0.5
    _, pieces, boxes, _ = cv2.connectedComponentsWithStats(things.astype(np.uint8))
    inside = np.bincount(pieces.ravel(), (things & near).ravel(), len(boxes))
    worn = inside > SCARF_SHARE * boxes[:, cv2.CC_STAT_AREA]
    return np.asarray(_broad(things & near, SCARF_HALF * body.stature) & worn[pieces], np.float32)


def belt(parsing: Parsing, body: Body) -> np.ndarray:
    """(H, W) of 0 and 1: an old belt, which goes with the trousers or the skirt: a low band across the waist or the hips."""
    top, low = body.on_axis(BELT_SPINE)[1], body.mid_hip[1] + BELT_BELOW_HIPS * body.stature
    _, pieces, boxes, centres = cv2.connectedComponentsWithStats((parsing.accessory > 0.5).astype(np.uint8))
    x, y = centres.T
    width, height = boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT]
    across = (y > top) & (y < low) & (np.abs(x - body.mid_hip[0]) < BELT_ASIDE * body.stature)
    thin = boxes[:, cv2.CC_STAT_AREA] < BELT_HEIGHT * body.stature * width  # it may lie aslant
    across &= thin & (height < 2 * BELT_HEIGHT * body.stature) & (width > 2 * height)
    across[0] = False
    return across[pieces].astype(np.float32)


def tucked_in(parsing: Parsing, body: Body) -> np.ndarray:
    """(H, W) of 0 and 1: what of an old dress below its waist stays under new trousers or a skirt: its top is tucked in."""
    rows = np.arange(parsing.lower.shape[0])[:, None] < body.on_axis(TUCKED_SPINE)[1]
    return ((parsing.one_piece > 0.5) & rows & (parsing.lower > 0)).astype(np.float32)


def under_closed(parsing: Parsing, body: Body) -> np.ndarray:
    """(H, W) float32 in [0, 1]: the lower end of an old top, which is tucked in under a closed jacket."""
    below = np.arange(parsing.upper.shape[0])[:, None] > body.on_axis(UNDER_JACKET)[1]
    top = removed_mask(parsing, [Category.UPPER], body) * (parsing.one_piece < 0.5)  # a dress hangs out, and stays
    return np.asarray(top * below, np.float32)


def below_hips(trunk: np.ndarray, parsing: Parsing, body: Body) -> np.ndarray:
    """(H, W) float32 in [0, 1]: the trunk's cloth below the hips, which goes with an old skirt or trousers, for it is their
    hem, or a long top's. A bag stays. trunk: (H, W) in [0, 1], the part.
    """
    rows = np.arange(trunk.shape[0], dtype=float)[:, None]
    hem = smoothstep(rows, *(body.mid_hip[1] + body.stature * np.array(BELOW_HIPS)))
    return np.asarray(hem * (trunk > 0.02) * (1 - smoothstep(parsing.accessory, 0.3, 0.7)), np.float32)


def with_rests(removed: np.ndarray, parsing: Parsing, matte: np.ndarray, body: Body) -> np.ndarray:
    """M_r (H, W) with what would be left of the old clothes around it: their rim, and small pieces that lie apart."""
    stature = body.stature
    grow = 2 * max(1, round(RIM * stature)) + 1
    rim = cv2.dilate(np.where(removed > 0.45, removed, 0), np.ones((grow, grow), np.uint8))
    own = np.maximum.reduce([parsing.hair, parsing.shoes, parsing.head, parsing.accessory])
    result = np.maximum(removed, rim * (own < 0.4))
    kept = ((matte > 0.5) & (result < 0.5)).astype(np.uint8)
    count, pieces, boxes, _ = cv2.connectedComponentsWithStats(kept, connectivity=4)
    beside = np.zeros(count, bool)
    beside[np.unique(pieces[cv2.dilate(result, np.ones((3, 3), np.uint8)) > 0.5])] = True
    small = (boxes[:, cv2.CC_STAT_AREA] < REST * stature**2) & beside
    small[0] = False
    return np.where(small[pieces], np.maximum(result, matte), result).astype(np.float32)


def _hidden_feet(parsing: Parsing, body: Body) -> dict[Side, np.ndarray]:
    """Side -> (H, W) of 0 and 1, for each foot that trousers or a gown hide nearly whole.

    A foot can't be invented: the lowest end of the cloth stays and stands in for a shoe.
    """
    hidden = {}
    half = HALF_SHOE_HEIGHT * body.stature
    thickness, reach = 2 * max(1, round(half)) + 1, 2 * round(2.2 * half) + 1
    seen = np.maximum(parsing.shoes, parsing.legs) > 0.5
    covered = np.maximum(parsing.upper, parsing.lower) > 0.5
    for side in Side:
        outline = body.joints[[TOES[side][0], HEEL[side], LEG[side][2]]]
        if not np.isfinite(outline).all():
            continue
        foot = np.zeros(parsing.shoes.shape, np.uint8)
        corners = np.round(outline).astype(np.int32)
        cv2.fillConvexPoly(foot, corners, (1,))
        cv2.polylines(foot, [corners], True, (1,), thickness)
        near = cv2.dilate(foot, np.ones((reach, reach), np.uint8)) > 0
        if (seen & near).sum() < 0.15 * (covered & (foot > 0)).sum():
            hidden[side] = foot.astype(np.float32)
    return hidden


def tidy_parts(
    parts: dict[Part, np.ndarray], matte: np.ndarray, parsing: Parsing, body: Body
) -> dict[Part, np.ndarray]:
    """The limb masks without slivers: a strip of one part along the edge of another goes to the other.

    A rim of trunk around a hand would stay behind as a ghost when the hand moves, and a rim of cloth beside a bare arm
    would go along with the arm.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    solid = {part: (parts[part] > 0.5).astype(np.uint8) for part in Part}
    cloth = np.maximum(parsing.upper, parsing.lower) > 0.5
    for part in ARM_PARTS:
        solid[part][parsing.lower > 0.5] = 0  # a hand in a pocket doesn't take the trousers along
        arm = solid[part] > 0
        if arm.any() and parsing.arms[arm].mean() > 0.6:
            rim = arm & cloth & ~_broad(arm & cloth, 0.6 * ARM_WIDTHS[0][1] * body.stature)
            solid[part][rim] = 0
            solid[Part.TRUNK][rim] = 1
    _give_fingers_to_hands(solid, parsing, body)
    for side, foot in _hidden_feet(parsing, body).items():
        for part in Part:
            solid[part][foot > 0] = part is Part.leg(side)
    solid = {part: cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel) for part, mask in solid.items()}
    near = {
        part: cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.2)
        + 1e-3 * cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 8)
        for part, mask in solid.items()
    }
    sharp = {part: near[part] ** 3 + 1e-24 for part in Part}
    norm = np.add.reduce(list(sharp.values()))
    return {part: (matte * sharp[part] / norm).astype(np.float32) for part in Part}


def _broad(mask: np.ndarray, reach: float) -> np.ndarray:
    """(H, W) bool: the parts of a mask that hold a disc of this radius: a sleeve, and no rim."""
    size = 2 * max(1, round(reach)) + 1
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((size, size), np.uint8)) > 0


def _give_fingers_to_hands(solid: dict[Part, np.ndarray], parsing: Parsing, body: Body) -> None:
    """Gives bare skin near a wrist, and a bag that the hand holds, to that arm, whatever the limb masks say."""
    distances = _from(body.arm, 2, parsing.arms.shape)
    fingers = (parsing.arms > 0.5) & (distances.min(0) < HAND_REACH * body.stature)
    held = fingers | _carried(parsing, body)
    for index, side in enumerate(Side):
        own = held & (distances.argmin(0) == index)
        for part in Part:
            solid[part][own] = part is Part.arm(side)


def _from(limb: Callable[[Side], np.ndarray], joint: int, size: tuple[int, ...]) -> np.ndarray:
    """(2, H, W): pixels from a joint of the right and of the left limb."""
    rows, columns = np.indices(size, sparse=True)
    return np.stack([np.hypot(columns - x, rows - y) for x, y in (limb(side)[joint] for side in Side)])


def _carried(parsing: Parsing, body: Body) -> np.ndarray:
    """(H, W) bool: accessories, and cloth apart from the clothes, in pieces that reach a hand and are no larger than a bag;
    tights, which reach the feet, are left out.
    """
    count, pieces, boxes, _ = cv2.connectedComponentsWithStats((parsing.upper > 0.5).astype(np.uint8))
    apart = pieces > 0
    if count > 1:
        apart = _broad(apart & (pieces != 1 + int(boxes[1:, cv2.CC_STAT_AREA].argmax())), BAG_HALF * body.stature)
    things = ((parsing.accessory > 0.5) | apart).astype(np.uint8)
    count, pieces, boxes, _ = cv2.connectedComponentsWithStats(things, connectivity=8)
    near_hand = _from(body.arm, 2, things.shape).min(0) < BAG_REACH * body.stature
    near_foot = _from(body.leg, 2, things.shape).min(0) < FOOT_REACH * body.stature
    number = np.arange(count)
    chosen = np.isin(number, pieces[near_hand]) & ~np.isin(number, pieces[near_foot])
    chosen &= boxes[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1) < LARGEST_BAG * body.stature
    chosen[0] = False  # the background
    return chosen[pieces]
