"""What of the dressed person goes, and what moves together: M_r, and the part of the body that each pixel belongs to.

Parsing says what a pixel shows and the limbs where arms and legs are; here they are brought together, with what a hand
holds and what trousers or a gown hide (docs/method.md, "Parsing").
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from fashionmirror_core.avatar.skeletal_flow import PARTS
from fashionmirror_core.body.proportions import ARM_WIDTHS, Body
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.person.labels import Parsing
from fashionmirror_core.skeleton import ARM, HEEL, LEG, TOES

HAND, BAG = 0.09, 0.35  # statures: how far a hand reaches from its wrist; the largest thing that it is taken to hold
FOOT = 0.016  # statures: half as thick as a shoe is high


def removed_mask(parsing: Parsing, garments: Sequence[Garment], joints: np.ndarray) -> np.ndarray:
    """M_r (H, W): the old clothes that the garments replace. joints: (25, 2), stage pixels."""
    removed = np.maximum.reduce([parsing.removed(garment.category) for garment in garments])
    # Clothes are no slivers: what lies along the edge of a bare limb, a pixel wide, is the edge.
    solid = cv2.morphologyEx(removed, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    removed = np.minimum(removed, cv2.dilate(solid, np.ones((5, 5), np.uint8)))
    for foot in _hidden_feet(parsing, joints).values():
        removed = np.minimum(removed, 1 - foot)
    return removed


def _hidden_feet(parsing: Parsing, joints: np.ndarray) -> dict[str, np.ndarray]:
    """Side -> (H, W) of 0 and 1, for each foot of which trousers or a gown hide nearly all: their lowest end stays for a
    shoe, for a foot can't be invented.
    """
    hidden = {}
    half = FOOT * Body(joints).stature
    thickness, reach = 2 * max(1, round(half)) + 1, 2 * round(2.2 * half) + 1
    seen = np.maximum(parsing.shoes, parsing.legs) > 0.5
    covered = np.maximum(parsing.upper, parsing.lower) > 0.5
    for side in "rl":
        outline = joints[[TOES[side][0], HEEL[side], LEG[side][2]]]
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
    parts: dict[str, np.ndarray], matte: np.ndarray, parsing: Parsing, joints: np.ndarray
) -> dict[str, np.ndarray]:
    """The limb masks without slivers: a strip of one part along the edge of another goes to the other.

    A rim of trunk around a hand would stay behind as a ghost when the hand moves, and a rim of cloth beside a bare arm
    would go along with the arm.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    solid = {part: (parts[part] > 0.5).astype(np.uint8) for part in PARTS}
    cloth = np.maximum(parsing.upper, parsing.lower) > 0.5
    for part in ("r_arm", "l_arm"):
        solid[part][parsing.lower > 0.5] = 0  # a hand in a pocket doesn't take the trousers along
        arm = solid[part] > 0
        if arm.any() and parsing.arms[arm].mean() > 0.6:
            rim = arm & cloth & ~_broad(arm & cloth, 0.6 * ARM_WIDTHS[0][1] * Body(joints).stature)
            solid[part][rim] = 0
            solid["trunk"][rim] = 1
    _give_fingers_to_hands(solid, parsing, joints)
    for side, foot in _hidden_feet(parsing, joints).items():
        for part in PARTS:
            solid[part][foot > 0] = part == f"{side}_leg"
    solid = {part: cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel) for part, mask in solid.items()}
    near = {
        part: cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.2)
        + 1e-3 * cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 8)
        for part, mask in solid.items()
    }
    sharp = {part: near[part] ** 3 + 1e-24 for part in PARTS}
    norm = np.add.reduce(list(sharp.values()))
    return {part: (matte * sharp[part] / norm).astype(np.float32) for part in PARTS}


def _broad(mask: np.ndarray, reach: float) -> np.ndarray:
    """(H, W) bool: the parts of a mask that hold a disc of this radius: a sleeve, and no rim."""
    size = 2 * max(1, round(reach)) + 1
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((size, size), np.uint8)) > 0


def _give_fingers_to_hands(solid: dict[str, np.ndarray], parsing: Parsing, joints: np.ndarray) -> None:
    """Skin of arms and hands that lies near a wrist belongs to that arm, whatever part the limb masks gave it to, and so
    does a bag that the hand holds.
    """
    distances = _from_wrists(parsing.arms.shape, joints)
    fingers = (parsing.arms > 0.5) & (distances.min(0) < HAND * Body(joints).stature)
    held = fingers | _carried(solid, parsing, joints)
    for index, side in enumerate("rl"):
        own = held & (distances.argmin(0) == index)
        for part in PARTS:
            solid[part][own] = part == f"{side}_arm"


def _from_wrists(size: tuple[int, ...], joints: np.ndarray) -> np.ndarray:
    """(2, H, W): pixels from the right and from the left wrist."""
    rows, columns = np.indices(size, sparse=True)
    return np.stack([np.hypot(columns - x, rows - y) for x, y in (joints[ARM[side][2]] for side in "rl")])


def _carried(solid: dict[str, np.ndarray], parsing: Parsing, joints: np.ndarray) -> np.ndarray:
    """(H, W) bool: pieces of what is neither body nor clothes that reach a hand and are no larger than a bag; no tights."""
    legs = (solid["r_leg"] > 0) | (solid["l_leg"] > 0)
    things = ((parsing.other > 0.5) & ~legs).astype(np.uint8)
    count, pieces, boxes, _ = cv2.connectedComponentsWithStats(things, connectivity=8)
    stature = Body(joints).stature
    reached = np.isin(np.arange(count), pieces[_from_wrists(things.shape, joints).min(0) < HAND * stature])
    small = boxes[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1) < BAG * stature
    small[0] = False  # of nothing
    return (reached & small)[pieces]
