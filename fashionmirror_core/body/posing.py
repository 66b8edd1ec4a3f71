"""How each bone of the fitted body moves when the person takes other poses, given as BODY_25 points in space.

Rotations are found from the points: trunk and head as rigid pieces, limbs by the direction of each bone and, where an
elbow or knee is bent, by its hinge. Every rotation is a continuous function of the points.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fashionmirror_core import skeleton
from fashionmirror_core.body.fitted import PARENTS, Bone, FittedBody
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.motion.rotations import about, aligned, apply, between, limited, swing, twist, unit
from fashionmirror_core.skeleton import ARM, FOOT, HEAD, LEG, LIMB_BONES, TRUNK_BONE, Joint
from fashionmirror_core.vocabulary import Side

# Where the bones of arm and leg begin.
_STARTS = {
    Bone[f"{'RL'[side is Side.LEFT]}_{part}"]: chain[index]
    for side in Side
    for chain, parts in ((ARM[side], ("UPPER_ARM", "FOREARM", "HAND")), (LEG[side], ("THIGH", "SHIN", "FOOT")))
    for index, part in enumerate(parts)
}
_TRUNK_JOINTS = [Joint.NECK, Joint.MID_HIP, *(chain[side][0] for chain in (ARM, LEG) for side in Side)]

# The trunk gives a little, so that hips, neck, shoulders and head come to lie where the points are: at most so far, over
# the trunk's length.
_GIVE = {Bone.CHEST: 0.06, Bone.HEAD: 0.06} | dict.fromkeys(
    (Bone.L_THIGH, Bone.R_THIGH, Bone.L_UPPER_ARM, Bone.R_UPPER_ARM), 0.05
)
_STRETCHES = (0.25, 3.0)
_TYPICAL = 66  # percentile of the bones' enlargements that is the figure's

# Directions in the trunk's own axes (x to the person's left, y down, z to the back), those with x for the left side.
# Twist is counted from a limb that swung to its place the shortest way from here; it isn't defined in the opposite
# direction, where no limb can go.
_ARM_AT_EASE, _ELBOW_AXIS = np.array([0.6, 0.7, -0.4]), np.array([-1.0, 0.0, 0.2])
_LEG_AT_EASE, _KNEE_AXIS = np.array([0.0, 0.94, -0.34]), np.array([1.0, 0.0, 0.0])
# Shares of the hinge's twist that the upper and the lower bone's skin takes; muscles at the shoulder hardly turn.
_ARM_TWIST, _LEG_TWIST = (0.5, 0.75), (0.7, 1.0)
_SHIN_SHARE = 0.5  # of the foot's turn about the shin
_STRAIGHT, _BENT = 0.1, 0.45  # sines of a bend: from no hinge at all to a sure one


def bone_transforms(body: FittedBody, source: np.ndarray, points: np.ndarray, stretch: bool = False) -> np.ndarray:
    """Each bone's motion out of the photo's pose: (T, 22, 3, 4) float32, affine maps of photo space.

    source: (25, 3), the person's joints in the photo; points: (T, 25, 3), in each frame, both in photo space. Joints that
    aren't finite are unknown: in the source the body's own landmarks stand in, in a frame they stay as they are beside
    their parent. Bones are rigid, all enlarged by the one factor by which the figure of a frame is larger. stretch:
    limbs and trunk are stretched, a quarter to three times as long, so that the points are hit whatever their distances.
    """
    rest = np.where(np.isfinite(source).all(-1)[:, None], source, body.landmarks).astype(np.float64)
    moved, scale = _completed(rest, np.asarray(points, np.float64))
    rotations = _rotations(rest, moved)
    linear = rotations * scale[:, None, None, None]
    if stretch:
        linear = rotations @ _stretches(rest, moved, scale)
    result = _chained(body.joints.astype(np.float64), rest, moved, linear, scale, stretch)
    result[(moved == rest).all((1, 2))] = np.eye(3, 4)
    return result.astype(np.float32)


# ---- the points ------------------------------------------------------------------------------------------------------


def _completed(rest: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (T, 25, 3) with a place for those unknown, and how much larger each frame's figure is than rest (T,)."""
    known = np.isfinite(points).all(-1)
    moved = np.where(known[..., None], points, 0.0)
    bones = np.array([TRUNK_BONE, *LIMB_BONES])
    own = np.linalg.norm(rest[bones[:, 1]] - rest[bones[:, 0]], axis=-1)
    ratio = np.linalg.norm(moved[:, bones[:, 1]] - moved[:, bones[:, 0]], axis=-1) / np.maximum(own, 1e-6)
    # Where depth is unknown bones look too short, never too long: above the middle.
    if known.all():
        return moved, np.maximum(np.percentile(ratio, _TYPICAL, axis=-1), 1e-3)
    ratio[~known[:, bones].all(-1)] = np.nan
    ratio[np.isnan(ratio).all(-1)] = 1.0
    scale = np.maximum(np.nanpercentile(ratio, _TYPICAL, axis=-1), 1e-3)
    weight = known * np.where(np.isin(np.arange(skeleton.JOINT_COUNT), _TRUNK_JOINTS), 1.0, 0.05)
    total = np.maximum(weight.sum(-1, keepdims=True), 1e-9)[..., None]
    middle = (weight[..., None] * moved).sum(1, keepdims=True) / total
    own_middle = (weight[..., None] * rest).sum(1, keepdims=True) / total
    turn = aligned((rest - own_middle) * weight[..., None], moved - middle)
    for joint in _TRUNK_JOINTS:
        there = middle[:, 0] + scale[:, None] * apply(turn, rest[joint] - own_middle[:, 0])
        moved[:, joint] = np.where(known[:, joint, None], moved[:, joint], there)
    for parent, child in skeleton.BONES:
        if child not in _TRUNK_JOINTS:
            there = moved[:, parent] + scale[:, None] * apply(turn, rest[child] - rest[parent])
            moved[:, child] = np.where(known[:, child, None], moved[:, child], there)
    moved[~known.any(-1)] = rest
    return moved, scale


# ---- rotations -------------------------------------------------------------------------------------------------------


def _rotations(rest: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """(T, 22, 3, 3): each bone's rotation out of the rest pose (25, 3) into the moved ones (T, 25, 3)."""
    result = np.empty((len(moved), len(Bone), 3, 3))
    hips, shoulders = (_line(chain[Side.RIGHT][0], chain[Side.LEFT][0], rest, moved) for chain in (LEG, ARM))
    spine = _line(Joint.NECK, Joint.MID_HIP, rest, moved)
    pelvis = result[:, Bone.PELVIS] = _turn_of((hips, 4.0), (spine, 1.0), (shoulders, 0.01))
    chest = result[:, Bone.CHEST] = _turn_of((shoulders, 1.0), (spine, 1.0), (hips, 0.01))
    for bone, share in ((Bone.SPINE1, 1 / 3), (Bone.SPINE2, 2 / 3)):
        result[:, bone] = between(pelvis, chest, share)

    face = list(HEAD)
    own, now = rest[face] - rest[face].mean(0), moved[:, face] - moved[:, face].mean(1, keepdims=True)
    head = result[:, Bone.HEAD] = aligned(own, now, chest, 0.003)
    result[:, Bone.NECK] = between(chest, head, 0.5)

    axes = _trunk_axes(rest[None])
    for side in Side:
        letter, across = ("L", 1.0) if side is Side.LEFT else ("R", -1.0)
        mirror = np.array([across, 1.0, 1.0])
        shoulder = _line(Joint.NECK, ARM[side][0], rest, moved)
        result[:, Bone[f"{letter}_CLAVICLE"]] = swing(apply(chest, shoulder[0]), shoulder[1]) @ chest
        for parent, chain, ease, hinge, shares, names in (
            # A hinge is an axial vector: it keeps x and turns the others round in a mirror.
            (chest, ARM[side], _ARM_AT_EASE * mirror, _ELBOW_AXIS * mirror * across, _ARM_TWIST, "UPPER_ARM FOREARM"),
            (pelvis, LEG[side], _LEG_AT_EASE * mirror, _KNEE_AXIS * mirror * across, _LEG_TWIST, "THIGH SHIN"),
        ):
            before = _limb_frames(rest[None], axes, chain, ease, hinge, shares)
            after = _limb_frames(moved, parent @ axes, chain, ease, hinge, shares)
            for name, old, new in zip(names.split(), before, after, strict=True):
                result[:, Bone[f"{letter}_{name}"]] = new @ old.swapaxes(-1, -2)
        result[:, Bone[f"{letter}_HAND"]] = result[:, Bone[f"{letter}_FOREARM"]]
        shin, foot = result[:, Bone[f"{letter}_SHIN"]], list(FOOT[side])
        knee, ankle = LEG[side][1:]
        turn = aligned(rest[foot] - rest[ankle], moved[:, foot] - moved[:, [ankle]], shin, 0.05)
        result[:, Bone[f"{letter}_FOOT"]] = result[:, Bone[f"{letter}_TOES"]] = turn
        axis = unit(moved[:, ankle] - moved[:, knee])
        result[:, Bone[f"{letter}_SHIN"]] = about(axis, _SHIN_SHARE * twist(turn @ shin.swapaxes(-1, -2), axis)) @ shin
    return result


def _line(start: Joint, end: Joint, rest: np.ndarray, moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rest[end] - rest[start], moved[:, end] - moved[:, start]


def _turn_of(*lines: tuple[tuple[np.ndarray, np.ndarray], float]) -> np.ndarray:
    """(T, 3, 3): the rotation that turns several (rest (3,), moved (T, 3)) lines, with weights, as they were turned."""
    lengths = [max(float(np.linalg.norm(rest)), 1e-6) for (rest, _), _ in lines]
    own = np.stack([weight * rest / length for ((rest, _), weight), length in zip(lines, lengths, strict=True)])
    now = np.stack([moved / length for ((_, moved), _), length in zip(lines, lengths, strict=True)], axis=1)
    return aligned(own, now)


def _trunk_axes(points: np.ndarray) -> np.ndarray:
    """(T, 3, 3), columns: unit vectors to the person's left, down the spine and to the back, of points (T, 25, 3)."""
    down = unit(points[:, Joint.MID_HIP] - points[:, Joint.NECK])
    across = sum(unit(points[:, chain[Side.LEFT][0]] - points[:, chain[Side.RIGHT][0]]) for chain in (ARM, LEG))
    back = unit(np.cross(across, down), np.cross([1.0, 0.0, 0.0], down))
    return np.stack([np.cross(down, back), down, back], axis=-1)


def _limb_frames(
    points: np.ndarray,
    axes: np.ndarray,
    chain: skeleton.Chain,
    ease: np.ndarray,
    hinge: np.ndarray,
    shares: tuple[float, float],
) -> list[np.ndarray]:
    """Frames (T, 3, 3) of a limb's upper and lower bone, whose changes are the bones' rotations.

    axes: (T, 3, 3), the trunk's; ease, hinge: (3,) in them, the limb's and the hinge's direction at ease.
    """
    upper, lower = (unit(points[:, end] - points[:, start], axes[..., 1]) for start, end in pairwise(chain))
    ease = unit(ease)
    hinge = unit(hinge - (hinge @ ease) * ease)
    way = swing(np.broadcast_to(ease, upper.shape), apply(axes.swapaxes(-1, -2), upper))
    frame = axes @ way @ np.stack([hinge, ease, np.cross(hinge, ease)], axis=-1)
    bend = np.cross(upper, lower)
    sine = np.linalg.norm(bend, axis=-1)
    angle = np.arctan2(-(bend * frame[..., 2]).sum(-1), (bend * frame[..., 0]).sum(-1))
    turned = smoothstep((sine - _STRAIGHT) / (_BENT - _STRAIGHT)) * limited(angle)
    upper_frame, twisted = (about(upper, share * turned) @ frame for share in shares)
    return [upper_frame, swing(upper, lower, twisted[..., 0]) @ twisted]


# ---- places ----------------------------------------------------------------------------------------------------------


def _stretches(rest: np.ndarray, moved: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(T, 22, 3, 3): how each bone is stretched in the photo's pose, along its own axis, before it turns."""
    result = np.broadcast_to(np.eye(3), (len(moved), len(Bone), 3, 3)) * scale[:, None, None, None]

    def along(line: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        own, now = line
        length = max(float(np.linalg.norm(own)), 1e-6)
        factor = np.clip(np.linalg.norm(now, axis=-1) / length / scale, *_STRETCHES)
        return np.eye(3) + (factor - 1)[:, None, None] * np.outer(own, own) / length**2

    hips, shoulders = (_line(chain[Side.RIGHT][0], chain[Side.LEFT][0], rest, moved) for chain in (LEG, ARM))
    spine = along(_line(Joint.NECK, Joint.MID_HIP, rest, moved))
    for bone, across in (
        (Bone.PELVIS, along(hips)),
        (Bone.SPINE1, along(hips)),
        (Bone.SPINE2, along(shoulders)),
        (Bone.CHEST, along(shoulders)),
    ):
        result[:, bone] = result[:, bone] @ across @ spine
    for bone, start in _STARTS.items():
        ends = [end for first, end in LIMB_BONES if first == start]
        if ends:
            result[:, bone] = result[:, bone] @ along(_line(start, ends[0], rest, moved))
    return result


def _chained(
    joints: np.ndarray, rest: np.ndarray, moved: np.ndarray, linear: np.ndarray, scale: np.ndarray, stretch: bool
) -> np.ndarray:
    """(T, 22, 3, 4): the bones' linear parts (T, 22, 3, 3) put together at the body's joints (22, 3)."""
    joints = joints.copy()
    if stretch:
        for bone, joint in _STARTS.items():
            joints[bone] = rest[joint]
    trunk = np.linalg.norm(rest[Joint.NECK] - rest[Joint.MID_HIP])
    result = np.empty((*linear.shape[:2], 3, 4))
    result[..., :3] = linear

    def at(bone: int, point: np.ndarray) -> np.ndarray:
        return apply(result[:, bone, :, :3], point) + result[:, bone, :, 3]

    def put(bone: int, point: np.ndarray, place: np.ndarray) -> None:
        result[:, bone, :, 3] = place - apply(linear[:, bone], point)

    def pulled(bone: Bone, missing: np.ndarray) -> np.ndarray:
        """The part of a missing way (T, 3) that the trunk gives."""
        if stretch:
            return missing
        most = np.maximum(_GIVE[bone] * trunk * scale, 1e-9)[:, None]
        length = np.linalg.norm(missing, axis=-1, keepdims=True)
        return missing * most * np.tanh(length / most) / np.maximum(length, 1e-12)

    face = list(HEAD)
    for bone in Bone:
        parent = PARENTS[bone]
        if parent < 0:
            put(bone, rest[Joint.MID_HIP], moved[:, Joint.MID_HIP])
            continue
        place = at(parent, joints[bone])
        if bone in _STARTS and (stretch or bone in _GIVE):
            place = place + pulled(bone, moved[:, _STARTS[bone]] - at(parent, rest[_STARTS[bone]]))
        if bone is Bone.HEAD:
            # The neck leans to where the head is.
            goal = moved[:, face].mean(1) + apply(linear[:, bone], joints[bone] - rest[face].mean(0))
            foot = at(parent, joints[Bone.NECK])
            lean = swing(place - foot, goal - foot)
            linear[:, parent] = result[:, parent, :, :3] = lean @ linear[:, parent]
            put(parent, joints[Bone.NECK], foot)
            place = at(parent, joints[bone])
            place = place + pulled(bone, goal - place)
        put(bone, joints[bone], place)
        if bone is Bone.CHEST:
            missing = pulled(bone, moved[:, Joint.NECK] - at(bone, rest[Joint.NECK]))
            for part, share in ((Bone.SPINE1, 1 / 3), (Bone.SPINE2, 2 / 3), (bone, 1.0)):
                result[:, part, :, 3] += share * missing
    return result
