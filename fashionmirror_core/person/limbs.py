"""Which part of the body each pixel of a dressed person belongs to, clothes included: trunk, arms or legs.

The parts become the layers, each of which moves for itself: an arm is a sleeve or bare skin with its hand, a skirt or a
hem belongs to the trunk.

See docs/method.md, "Layers".
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.body.coordinates import RADIUS, BodyCoordinates, Bone, BoneKind
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.imaging.nearest import nearest_known
from fashionmirror_core.person.labels import Parsing, check_inputs, parse
from fashionmirror_core.skeleton import ARM, LEG, Pose
from fashionmirror_core.vocabulary import LEG_PARTS, LIMB_PARTS, Part, Side

_CORE = 0.5  # of a limb's half-width: surely this limb
_REACH = 1.7  # half-widths: surely not this limb any more
_MARKERS = {part: number for number, part in enumerate((*LIMB_PARTS, Part.TRUNK), start=1)}  # of the watershed
_BACKGROUND = len(_MARKERS) + 1
_OUTER_JOINTS = {  # those by whose depth a limb is before or behind the others
    **{Part.arm(side): list(ARM[side][1:]) for side in Side},
    **{Part.leg(side): list(LEG[side][1:]) for side in Side},
}

AROUND_LEGS, NO_CLOTH = 0.6, 0.22  # of the trunk: how far beside the legs a skirt reaches; less in a row is none
SKIRT_ENDS = 0.65, 0.92  # of its length from the hips down: what tells gap and width
SKIRT_GAP = 0.05  # the most that may be open between the legs there
SHORT, WIDE = 0.88, 0.75  # of the legs: longer cloth is trousers, unless it is as wide, in the trunk's length
LONG, ANKLES, TAPERED = 0.8, 0.85, 0.45  # of the legs; of long cloth; of its width, what trousers have from there on
NEAR_HEM, CLOSED = 0.04, 0.93  # of the legs, around a hem; of its width that is cloth, above the hem of a skirt
SKIRT_WIDE = 0.6  # of the trunk's length, a skirt over leggings at least
GOES_ON = 0.9  # of the rows for some way below it, that have cloth on both legs
SHORTEST, OVER_LEGGINGS = 0.3, 0.48  # of the legs, such a skirt; of its width, what leggings have below it at most
HEM = 0.16  # of the trunk's length: what is narrower is no hem
LEGS = 0.12  # of the trunk's length below the hips, from which down legs are sure
FACING = 0.1  # of the trunk's length, that hips and knees stand apart in front of the camera
JUMPSUIT = 0.65  # of the legs: a top that covers more of them is none


def limbs(matte: np.ndarray, pose: Pose, image: np.ndarray, parsing: Parsing | None = None) -> dict[Part, np.ndarray]:
    """Cuts the dressed person into parts: soft masks (H, W) float32 that sum to the matte.

    An arm is what hangs on it from the shoulder joint outwards, sleeve and hand included; a leg begins at the hip line
    and ends with the shoe; the hem of a skirt or dress belongs to the trunk, as do head and hair. Cores around the
    bones are sure, painted from far to near (``pose.depth``; without depth legs, trunk, arms); a watershed on the
    picture (Meyer 1992) finds the edges between them. ``parsing`` saves parsing anew.
    """
    check_inputs(image, matte)
    body = BodyCoordinates.from_pose(pose)
    parsing = parsing or parse(image, matte, pose)
    bones = {
        part: [(bone, _half_width(bone, matte)) for bone in body.bones if bone.part == part] for part in LIMB_PARTS
    }
    distances = [_limb_distance(bones[part], matte.shape) for part in LIMB_PARTS]
    markers = _markers(body, np.asarray(pose.depth), matte, np.min(distances, axis=0), bones)
    owners = _watershed(image, markers)
    hips = body.mid_hip[1] - 0.02 * body.unit
    rows = np.arange(matte.shape[0])[:, None]
    masks = {part: (owners == _MARKERS[part]).astype(np.float32) for part in LIMB_PARTS}
    for part in LEG_PARTS:
        masks[part] *= rows >= hips
    nearer = _nearer(dict(zip(LIMB_PARTS, distances, strict=True)))
    _part_thighs(masks, nearer, body)
    skirt = _skirt(parsing, body)
    for part in LEG_PARTS:
        masks[part] *= 1 - skirt
    # What the watershed leaves to the trunk, for a crease parts it from the legs, would be a flap, and as deep as wide.
    left = np.max(list(masks.values()), axis=0) == 0
    trousers = left & (parsing.lower > 0.5) & (skirt < 0.5) & (rows > body.mid_hip[1] + LEGS * body.unit)
    for part in LEG_PARTS:
        masks[part] = np.maximum(masks[part], trousers & nearer[part])
    hem = _hem(parsing, np.max([masks[part] for part in LEG_PARTS], axis=0), HEM * body.unit)
    for part in LEG_PARTS:
        masks[part] *= 1 - hem
    # Bare shins and shoes that the watershed leaves to the trunk would be a skirt, as deep as wide.
    left = np.max(list(masks.values()), axis=0) == 0
    bare = left & (parsing.legs + parsing.shoes > 0.5) & (rows > body.mid_hip[1] + LEGS * body.unit)
    for part in LEG_PARTS:
        masks[part] = np.maximum(masks[part], bare & nearer[part])
    soft = {part: cv2.GaussianBlur(mask, (3, 3), 0) * matte for part, mask in masks.items()}
    soft[Part.TRUNK] = np.clip(matte - np.sum(list(soft.values()), axis=0), 0, 1).astype(np.float32)
    return soft


def _nearer(distances: dict[Part, np.ndarray]) -> dict[Part, np.ndarray]:
    """Of each leg, (H, W) bool: where it is the nearer one. distances: (H, W) to each limb."""
    right = distances[Part.R_LEG] < distances[Part.L_LEG]
    return {Part.R_LEG: right, Part.L_LEG: ~right}


def _part_thighs(masks: dict[Part, np.ndarray], nearer: dict[Part, np.ndarray], body: BodyCoordinates) -> None:
    """Where a person who faces the camera wears trousers of one colour, no edge parts the thighs below the crotch: the
    nearer bone does. Changes masks. nearer: of each leg, (H, W) bool.
    """
    right, left = (body.points[list(LEG[side])] for side in Side)
    apart = (left - right)[:2, 0]
    if np.abs(apart).min() < FACING * body.unit or apart[0] * apart[1] < 0:
        return
    upper = np.arange(masks[Part.R_LEG].shape[0])[:, None] < (right + left)[:2, 1].mean() / 2
    both = (masks[Part.R_LEG] + masks[Part.L_LEG]) * upper
    for part, own in nearer.items():
        masks[part] = masks[part] * ~upper + both * own


def _hem(parsing: Parsing, legs: np.ndarray, narrowest: float) -> np.ndarray:
    """(H, W) float32 of 0 and 1: what a coat or a long top covers of the legs, (H, W) of 0 and 1; nowhere under a jumpsuit,
    which is one with them. narrowest: pixels that a hem is at least wide.
    """
    hem = cv2.morphologyEx((parsing.upper > 0.5).astype(np.uint8), cv2.MORPH_OPEN, disc(narrowest / 2))
    if (hem * legs).sum() > JUMPSUIT * legs.sum():
        return np.zeros_like(legs)
    return hem.astype(np.float32)


def _half_width(bone: Bone, matte: np.ndarray) -> float:
    """Pixels from the bone to the silhouette, the median where the limb is free on both sides; else by proportion."""
    steps = np.arange(0.0, 2.2 * bone.radius, 0.5, dtype=np.float32)
    found = []
    for share in np.linspace(0.25, 0.9, 8):
        foot = bone.start + share * (bone.end - bone.start)
        sides = []
        for direction in (bone.outward, -bone.outward):
            ray = foot + steps[:, None] * direction
            line = cv2.remap(matte.astype(np.float32), ray[None, :, 0], ray[None, :, 1], cv2.INTER_LINEAR)[0]
            outside = np.nonzero(line < 0.5)[0]
            sides.append(float(steps[outside[0]]) if len(outside) else np.inf)
        if max(sides) < 1.9 * bone.radius and sum(sides) > 0.5 * bone.radius:
            found.append(sum(sides) / 2)
    return float(np.median(found)) if len(found) >= 2 else 0.9 * bone.radius


_Bones = list[tuple[Bone, float]]  # of one limb, with their half-widths in pixels


def _limb_distance(bones: _Bones, shape: tuple[int, ...]) -> np.ndarray:
    """(H, W) float32: distance to a limb's bones in their half-widths."""
    nearest = np.full(shape[:2], np.inf, np.float32)
    for bone, half_width in bones:
        off_bone = np.ones(shape[:2], np.uint8)
        cv2.line(off_bone, _pixel(bone.start), _pixel(bone.end), (0,), 1)
        nearest = np.minimum(nearest, cv2.distanceTransform(off_bone, cv2.DIST_L2, 5) / half_width)
    return nearest


def _pixel(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _markers(
    body: BodyCoordinates, depth: np.ndarray, matte: np.ndarray, distance: np.ndarray, bones: dict[Part, _Bones]
) -> np.ndarray:
    """(H, W) int32 watershed markers, 0 where it is open; ``distance`` (H, W) is that to the nearest limb."""
    markers = np.zeros(matte.shape, np.int32)
    rows = np.arange(matte.shape[0])[:, None]
    markers[distance > _REACH] = _MARKERS[Part.TRUNK]
    depths = {part: float(depth[joints].mean()) for part, joints in _OUTER_JOINTS.items()}
    order = sorted(LIMB_PARTS, key=lambda part: -depths[part] + (1e-3 if part.is_arm else 0))
    behind = [part for part in order if part.is_arm and depths[part] > 0.3 * body.unit]
    painted = behind + [part for part in order if part.is_leg] + [Part.TRUNK]
    painted += [part for part in order if part.is_arm and part not in behind]
    for part in painted:
        if part is Part.TRUNK:
            _paint_trunk(markers, body)
        else:
            core = _limb_core(bones[part], matte.shape)
            if part.is_leg:
                core &= rows > body.mid_hip[1] + LEGS * body.unit
            markers[core] = _MARKERS[part]
    markers[matte < 0.1] = _BACKGROUND
    return markers


def _limb_core(bones: _Bones, shape: tuple[int, ...]) -> np.ndarray:
    """(H, W) bool: the inner part of a limb; it begins a little outside the shoulder or below the hip."""
    core = np.zeros(shape[:2], np.uint8)
    for bone, half_width in bones:
        first = bone.kind in (BoneKind.UPPER_ARM, BoneKind.THIGH)
        start = bone.start + (0.25 if first else 0) * (bone.end - bone.start)
        cv2.line(core, _pixel(start), _pixel(bone.end), (1,), max(1, round(2 * _CORE * half_width)))
    return core > 0


def _paint_trunk(markers: np.ndarray, body: BodyCoordinates) -> None:
    """The sure part of trunk, neck and head."""
    points, neck, hip = body.points, body.neck, body.mid_hip
    shoulders = [0.35 * neck + 0.65 * points[ARM[side][0]] for side in Side]
    hips = [0.3 * hip + 0.7 * points[LEG[side][0]] for side in Side]
    corners = np.array([*shoulders, *reversed(hips)])
    cv2.fillConvexPoly(markers, cv2.convexHull(np.rint(corners).astype(np.int32)), (_MARKERS[Part.TRUNK],))
    head = next(bone for bone in body.bones if bone.kind is BoneKind.HEAD)
    thickness = max(1, round(0.9 * head.radius))
    cv2.line(markers, _pixel(head.start), _pixel(head.end), (_MARKERS[Part.TRUNK],), thickness)


def _watershed(image: np.ndarray, markers: np.ndarray) -> np.ndarray:
    """(H, W) int32: the marker that owns each pixel; the one-pixel ridges go to their nearest region."""
    flooded = cv2.watershed(np.ascontiguousarray(cv2.GaussianBlur(image, (3, 3), 0)), markers.copy())
    return flooded.reshape(-1)[nearest_known(flooded >= 1)[0]]


def _skirt(parsing: Parsing, body: BodyCoordinates) -> np.ndarray:
    """(H, W) in [0, 1]: the clothes that go round both legs, without trousers or leggings below their hem."""
    worn = np.clip(2 * (parsing.lower + parsing.upper), 0, 1)
    hem = _hem_over_leggings(parsing.lower > 0.5, body)
    if hem is not None:
        worn[hem:] = 0
    return worn if hem is not None or _is_closed(parsing, body) else np.zeros_like(worn)


def wears_skirt(parsing: Parsing, body: BodyCoordinates) -> bool:
    """Whether cloth goes round both legs (skirt, dress) rather than following each (trousers, shorts)."""
    return bool(_skirt(parsing, body).any())


def _hem_over_leggings(lower: np.ndarray, body: BodyCoordinates) -> int | None:
    """The row at which a skirt ends over leggings, tights or trousers that the labels don't part from it: from there down
    the cloth is much narrower at once, and goes on along both legs. lower: (H, W) bool.
    """
    legs = [body.points[list(LEG[side])] for side in Side]
    start, end = max(0, int(body.mid_hip[1])), min(len(lower), int((legs[0][2, 1] + legs[1][2, 1]) / 2) + 1)
    step = max(2, round(NEAR_HEM * (end - start)))
    rows, columns = np.arange(start, end), np.arange(lower.shape[1])
    bones = np.stack([np.interp(rows, leg[:, 1], leg[:, 0]) for leg in legs])
    worn = lower[start:end] & (columns >= bones.min(0)[:, None] - AROUND_LEGS * body.unit)
    worn &= columns <= bones.max(0)[:, None] + AROUND_LEGS * body.unit
    width = worn.sum(1)
    across = np.where(width > 0, worn.shape[1] - worn[:, ::-1].argmax(1) - worn.argmax(1), 0)
    on_both = np.all(
        [(worn & (np.abs(columns - bone[:, None]) < RADIUS[BoneKind.SHIN] * body.unit)).any(1) for bone in bones], 0
    )
    found, narrowest = None, OVER_LEGGINGS
    for row in range(max(6 * step, int(SHORTEST * len(rows))), len(rows) - 5 * step):
        above, below = slice(row - 2 * step, row - step // 2), slice(row + step // 2 + 1, row + 2 * step)
        closed = width[row - 6 * step : above.stop].sum() > CLOSED * across[row - 6 * step : above.stop].sum()
        wide, narrow = (float(np.median(width[part])) for part in (above, below))
        goes_on = on_both[row + step : row + 5 * step].mean() > GOES_ON
        if closed and goes_on and wide > SKIRT_WIDE * body.unit and narrow < narrowest * wide:
            near = width[row - 2 * step : row + 2 * step]
            found, narrowest = start + row - 2 * step + int((near < (wide + narrow) / 2).argmax()), narrow / wide
    return found


def _is_closed(parsing: Parsing, body: BodyCoordinates) -> bool:
    """Whether down where cloth ends nothing is seen between the legs, and it ends above the ankles, or is wide; and if it is
    long, it isn't tapered.
    """
    cloth = parsing.lower + parsing.upper > 0.5
    before = (np.maximum(parsing.accessory, parsing.arms) > 0.5) & ~cloth  # what it may go on behind
    legs = [body.points[list(LEG[side])] for side in Side]
    rows = np.arange(
        max(0, int(body.mid_hip[1])), min(cloth.shape[0] - 1, int((legs[0][2, 1] + legs[1][2, 1]) / 2)) + 1
    )
    bones = np.stack([np.interp(rows, leg[:, 1], leg[:, 0]) for leg in legs])
    left, right, columns = bones.min(0)[:, None], bones.max(0)[:, None], np.arange(cloth.shape[1])
    around, inner = (
        (columns >= left - reach * body.unit) & (columns <= right + reach * body.unit)
        for reach in (AROUND_LEGS, RADIUS[BoneKind.SHIN])
    )
    worn = cloth[rows] & around
    width = worn.sum(1) / body.unit
    if not (width > NO_CLOTH).any():
        return False
    end = int(np.flatnonzero(width > NO_CLOTH)[-1])
    first, last = worn.argmax(1)[:, None], worn.shape[1] - 1 - worn[:, ::-1].argmax(1)[:, None]
    between = inner & (columns > first) & (columns < last) & ~before[rows]
    low = slice(int(SKIRT_ENDS[0] * end), int(SKIRT_ENDS[1] * end) + 1)
    is_open = (between & ~worn)[low].sum() > SKIRT_GAP * between[low].sum()
    is_short, is_wide = end < SHORT * len(rows), np.median(width[low]) > WIDE
    ankles = np.median(width[int(ANKLES * end) : end + 1])
    is_tapered = end > LONG * len(rows) and ankles < TAPERED * np.percentile(width[: end + 1], 90)
    return bool(not is_open and not is_tapered and (is_short or is_wide))
