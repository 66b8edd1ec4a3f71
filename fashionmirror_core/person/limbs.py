"""Which part of the body each pixel of a dressed person belongs to, clothes included: trunk, arms or legs.

The parts become the layers, each of which moves for itself: an arm is a sleeve or bare skin with its hand, a skirt or a
hem belongs to the trunk.

See docs/method.md, "Layers".
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.body.coordinates import KINDS, RADIUS, BodyCoordinates, Bone
from fashionmirror_core.person.labels import Parsing, check_inputs, parse
from fashionmirror_core.skeleton import Joint, Pose

LIMBS = ("r_arm", "l_arm", "r_leg", "l_leg", "trunk")
_LIMB_BONES = {
    "r_arm": ("r_upper_arm", "r_forearm", "r_hand"),
    "l_arm": ("l_upper_arm", "l_forearm", "l_hand"),
    "r_leg": ("r_thigh", "r_shank", "r_foot"),
    "l_leg": ("l_thigh", "l_shank", "l_foot"),
}
_LIMB_JOINTS = {"r_arm": (3, 4), "l_arm": (6, 7), "r_leg": (10, 11), "l_leg": (13, 14)}
_CORE = 0.5  # of a limb's half-width: surely this limb
_REACH = 1.7  # half-widths: surely not this limb any more


def limbs(matte: np.ndarray, pose: Pose, image: np.ndarray, parsing: Parsing | None = None) -> dict[str, np.ndarray]:
    """Cut the dressed person into limbs: soft masks (H, W) float32 that sum to the matte, keyed as ``LIMBS``.

    An arm is what hangs on it from the shoulder joint outwards, sleeve and hand included; a leg begins at the hip line
    and ends with the shoe; the hem of a skirt or dress belongs to the trunk, as do head and hair. Cores around the
    bones are sure, painted from far to near (``pose.depth``; without depth legs, trunk, arms); a watershed on the
    picture (Meyer 1992) finds the edges between them. ``parsing`` saves parsing anew.
    """
    check_inputs(image, matte)
    body = BodyCoordinates.from_pose(pose)
    parsing = parsing or parse(image, matte, pose)
    widths = {bone.name: _half_width(bone, matte) for bone in body.bones}
    distances = {name: _limb_distance(body, name, widths, matte.shape) for name in _LIMB_BONES}
    markers = _markers(body, np.asarray(pose.depth), matte, distances, widths)
    owners = _watershed(image, markers)
    hips = body.points[Joint.MID_HIP, 1] - 0.02 * body.unit
    rows = np.arange(matte.shape[0])[:, None]
    masks = {name: (owners == k + 1).astype(np.float32) for k, name in enumerate(LIMBS[:4])}
    for name in ("r_leg", "l_leg"):
        masks[name] *= rows >= hips
    if wears_skirt(parsing, body):
        skirt = np.clip(2 * (parsing.lower + parsing.upper), 0, 1)
        masks["r_leg"] *= 1 - skirt
        masks["l_leg"] *= 1 - skirt
    soft = {name: cv2.GaussianBlur(mask, (3, 3), 0) * matte for name, mask in masks.items()}
    soft["trunk"] = np.clip(matte - np.sum(list(soft.values()), axis=0), 0, 1).astype(np.float32)
    return soft


def _half_width(bone: Bone, matte: np.ndarray) -> float:
    """Pixels from the bone to the silhouette, the median where the limb is free on both sides; else by proportion."""
    steps = np.arange(0.0, 2.2 * bone.radius, 0.5, dtype=np.float32)
    found = []
    for part in np.linspace(0.25, 0.9, 8):
        foot = bone.start + part * (bone.end - bone.start)
        sides = []
        for direction in (bone.outward, -bone.outward):
            ray = foot + steps[:, None] * direction
            line = cv2.remap(matte.astype(np.float32), ray[None, :, 0], ray[None, :, 1], cv2.INTER_LINEAR)[0]
            outside = np.nonzero(line < 0.5)[0]
            sides.append(float(steps[outside[0]]) if len(outside) else np.inf)
        if max(sides) < 1.9 * bone.radius and sum(sides) > 0.5 * bone.radius:
            found.append(sum(sides) / 2)
    return float(np.median(found)) if len(found) >= 2 else 0.9 * bone.radius


def _limb_distance(body: BodyCoordinates, limb: str, widths: dict[str, float], shape: tuple[int, ...]) -> np.ndarray:
    """(H, W) float32: distance to the limb's bones in their half-widths."""
    nearest = np.full(shape[:2], np.inf, np.float32)
    for bone in (bone for bone in body.bones if bone.name in _LIMB_BONES[limb]):
        off_bone = np.ones(shape[:2], np.uint8)
        cv2.line(off_bone, _pixel(bone.start), _pixel(bone.end), (0,), 1)
        nearest = np.minimum(nearest, cv2.distanceTransform(off_bone, cv2.DIST_L2, 5) / widths[bone.name])
    return nearest


def _pixel(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _markers(
    body: BodyCoordinates,
    depth: np.ndarray,
    matte: np.ndarray,
    distances: dict[str, np.ndarray],
    widths: dict[str, float],
) -> np.ndarray:
    """(H, W) int32 watershed markers: 0 open, 1..4 limbs, 5 trunk, 6 background."""
    markers = np.zeros(matte.shape, np.int32)
    rows = np.arange(matte.shape[0])[:, None]
    markers[np.min(list(distances.values()), axis=0) > _REACH] = 5
    nearness = {name: float(depth[list(joints)].mean()) for name, joints in _LIMB_JOINTS.items()}
    order = sorted(_LIMB_BONES, key=lambda name: -nearness[name] + (1e-3 if name.endswith("arm") else 0))
    behind = [name for name in order if name.endswith("arm") and nearness[name] > 0.3 * body.unit]
    painted: list[str] = behind + [name for name in order if name.endswith("leg")] + ["trunk"]
    painted += [name for name in order if name.endswith("arm") and name not in behind]
    for name in painted:
        if name == "trunk":
            _paint_trunk(markers, body)
        else:
            core = _limb_core(body, name, widths, matte.shape)
            if name.endswith("leg"):
                core &= rows > body.points[Joint.MID_HIP, 1] + 0.12 * body.unit
            markers[core] = LIMBS.index(name) + 1
    markers[matte < 0.1] = 6
    return markers


def _limb_core(body: BodyCoordinates, limb: str, widths: dict[str, float], shape: tuple[int, ...]) -> np.ndarray:
    """(H, W) bool: the inner part of a limb; it begins a little outside the shoulder or below the hip."""
    core = np.zeros(shape[:2], np.uint8)
    for bone in (bone for bone in body.bones if bone.name in _LIMB_BONES[limb]):
        start = bone.start + (0.25 if KINDS[bone.kind] in ("upper_arm", "thigh") else 0) * (bone.end - bone.start)
        thickness = max(1, round(2 * _CORE * widths[bone.name]))
        cv2.line(core, _pixel(start), _pixel(bone.end), (1,), thickness)
    return core > 0


def _paint_trunk(markers: np.ndarray, body: BodyCoordinates) -> None:
    """The sure part of trunk, neck and head."""
    neck, hip = body.points[Joint.NECK], body.points[Joint.MID_HIP]
    inset = [0.35 * neck + 0.65 * body.points[2], 0.35 * neck + 0.65 * body.points[5]]
    corners = np.array([inset[0], inset[1], 0.3 * hip + 0.7 * body.points[12], 0.3 * hip + 0.7 * body.points[9]])
    cv2.fillConvexPoly(markers, cv2.convexHull(np.rint(corners).astype(np.int32)), (5,))
    head = body.bones[0]
    cv2.line(markers, _pixel(head.start), _pixel(head.end), (5,), max(1, round(0.9 * head.radius)))


def _watershed(image: np.ndarray, markers: np.ndarray) -> np.ndarray:
    """(H, W) owners 1..6 of all pixels; the one-pixel ridges go to their nearest region."""
    flooded = cv2.watershed(np.ascontiguousarray(cv2.GaussianBlur(image, (3, 3), 0)), markers.copy())
    ridge = (flooded < 1).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(ridge, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    owner_of = np.zeros(int(nearest.max()) + 1, np.int32)
    owner_of[nearest[ridge == 0]] = flooded[ridge == 0]
    return owner_of[nearest]


def wears_skirt(parsing: Parsing, body: BodyCoordinates) -> bool:
    """Whether cloth spans the gap between the legs (skirt, dress) rather than following each (trousers, shorts)."""
    cloth = parsing.lower + parsing.upper > 0.5
    right, left = body.points[[9, 10, 11]], body.points[[12, 13, 14]]
    gaps, widths = [], []
    for part in np.linspace(0.3, 1.9, 24):  # 0 hip, 1 knee, 2 ankle
        joint = min(int(part), 1)
        a, b = (side[joint] + (part - joint) * (side[joint + 1] - side[joint]) for side in (right, left))
        row = cloth[int(np.clip(round(float(a[1] + b[1]) / 2), 0, cloth.shape[0] - 1))]
        low, high = sorted((float(a[0]), float(b[0])))
        radius = RADIUS["thigh" if joint == 0 else "shank"] * body.unit
        width = float(row[max(0, int(low - 3 * radius)) : int(high + 3 * radius) + 1].sum())
        if width < 1.2 * radius:
            break
        widths.append(width / body.unit)
        if high - low > 2.0 * radius:
            gaps.append(1 - row[int(low + 0.4 * (high - low)) : int(low + 0.6 * (high - low)) + 1].mean())
    if len(widths) < 3:
        return False
    gap = float(np.mean(gaps)) if gaps else 0.0
    hem = float(np.median(widths[-5:-1]))
    return gap < SKIRT_GAP and hem > SKIRT_TAPER * max(widths)


SKIRT_GAP = 0.35  # the most that may be open between the legs, where they stand apart, over the length of a skirt
SKIRT_TAPER = 0.7  # the least width of a skirt's hem, in its width below the hips; trousers grow narrower
