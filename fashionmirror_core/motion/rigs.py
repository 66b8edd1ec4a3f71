"""The skeletons of animators, whose joints are known by their names, as BODY_25 points before a camera.

Mixamo, CMU, 3ds Max Biped, Blender, Rokoko, Unreal, DAZ and the like name their joints after parts of the body. What they
lack (face, heels, the tips of the toes) is imagined from the skeleton's pose at rest. ValueErrors say what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.spatial.transform import Rotation

from fashionmirror_core.motion.performing import heading
from fashionmirror_core.motion.rotations import about, unit
from fashionmirror_core.motion.sequence import MAX_COORDINATE
from fashionmirror_core.skeleton import ARM, FOOT, HEAD, JOINT_COUNT, LEG, Joint
from fashionmirror_core.vocabulary import Side

# The camera, in metres and pixels a metre, as at the templates' figure.
_LEG, _PIXELS = 0.855, 325.0
_DISTANCE, _CAMERA_HEIGHT, _MARGIN = 11.0, 0.90, 20
_IMAGINED = 0.5  # confidence of joints that the skeleton doesn't have

# Over the trunk's length (hips to the line of the shoulders): nose, eyes and ears to the left of, above and ahead of the
# head's joint; the toes' tips to the inside and ahead of the toes' joint.
_FACE = np.array([(0, 0.1, 0.24), (-0.067, 0.165, 0.18), (0.067, 0.165, 0.18), (-0.17, 0.13, 0), (0.17, 0.13, 0)])
_HEAD_ABOVE_NECK = 0.36
_ANKLE_ABOVE_SOLE, _BALL_AHEAD, _HEEL_BEHIND = 0.16, 0.24, 0.11
_BIG_TOE, _SMALL_TOE = (0.05, 0.14), (-0.09, 0.06)

# Each part's names in the order of preference, without sides, numbers and what programs put before them.
_LIMBS = {
    "thigh": ("thigh", "upleg", "upperleg", "legupper", "thighbend", "femur", "hip"),
    "shin": ("shin", "calf", "lowleg", "lowerleg", "leglower", "shank", "tibia", "knee", "leg"),
    "foot": ("ankle", "foot"),
    "toes": ("toe", "toes", "ball"),
    "arm": ("upperarm", "uparm", "armupper", "shldr", "shldrbend", "humerus", "arm", "shoulder"),
    "forearm": ("forearm", "lowerarm", "lowarm", "armlower", "forearmbend", "radius", "elbow"),
    "hand": ("wrist", "hand"),
}
_NEEDED = {"thigh": "thighs", "shin": "knees", "foot": "feet", "arm": "upper arms"}
_CHAINS = ((LEG, ("thigh", "shin", "foot")), (ARM, ("arm", "forearm", "hand")))
_VOCABULARY = {name for names in _LIMBS.values() for name in names}
_NOISE = {
    "bip",
    "biped",
    "valve",
    "cc",
    "base",
    "def",
    "org",
    "mixamorig",
    "j",
    "jnt",
    "joint",
    "bone",
    "character",
    "b",
}
_SIDES = {"left": Side.LEFT, "right": Side.RIGHT, "l": Side.LEFT, "r": Side.RIGHT}

Part = tuple[str, Side | None]


@dataclass
class Node:
    """A joint, or the end of a limb (without a name and channels).

    parent: its number, smaller than the own one, -1 for a root; offset: (3,), from the parent, at rest; channels: what
    moves it, "xp" for a position along x and "zr" for a rotation about z, in the order in which the rotations follow.
    """

    name: str
    parent: int
    offset: np.ndarray = field(default_factory=lambda: np.zeros(3))
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Placed:
    """Joints in space, by number: places (T, 3) and rotations (T, 3, 3) out of the pose at rest."""

    places: dict[int, np.ndarray]
    turns: dict[int, np.ndarray]

    def carried(self, joint: int, offset: np.ndarray) -> np.ndarray:
        """(T, 3): a point that lies at ``offset`` from the joint at rest."""
        return np.asarray(self.places[joint] + self.turns[joint] @ offset)


def body25(nodes: Sequence[Node], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """BODY_25 points in the skeleton's own space (T, 25, 3), and each joint's confidence (25,): 0 for what it lacks.

    values: (T, C), degrees and lengths of all channels, node after node.
    """
    parts = _parts(nodes)
    figure = _moved(nodes, parts, values)
    rest = {part: place[0] for part, place in _at_rest(nodes, parts).items()}
    points, confidence = np.zeros((len(values), JOINT_COUNT, 3)), np.zeros(JOINT_COUNT)
    for side in Side:
        for chain, names in _CHAINS:
            for joint, name in zip(chain[side], names, strict=True):
                if (name, side) in parts:
                    points[:, joint], confidence[joint] = figure.places[parts[name, side]], 1.0
    for middle, chain in ((Joint.MID_HIP, LEG), (Joint.NECK, ARM)):
        points[:, middle], confidence[middle] = points[:, [chain[side][0] for side in Side]].mean(1), 1.0
    axes = _rest_axes(rest)
    if axes is not None:
        trunk = float(np.linalg.norm(_middle(rest, "arm") - _middle(rest, "thigh")))
        imagined = _face(parts, figure, axes, trunk)
        for side in Side:
            imagined |= _foot(parts, figure, rest, side, axes, trunk)
        for joint, place in imagined.items():
            points[:, joint], confidence[joint] = place, _IMAGINED
    return points, confidence


# ---- names -----------------------------------------------------------------------------------------------------------


def _parts(nodes: Sequence[Node]) -> dict[Part, int]:
    """Where in the skeleton the parts of the body are."""
    named: dict[Part, int] = {}
    for index, node in enumerate(nodes):
        named.setdefault(_part(node.name), index)  # the lowest of several necks
    parts: dict[Part, int] = {(name, None): named[name, None] for name in ("neck", "head") if (name, None) in named}
    for side in Side:
        for limb, names in _LIMBS.items():
            found = [named[name, side] for name in names if (name, side) in named]
            if found:
                parts[limb, side] = found[0]
        if ("ankle", side) in named and ("foot", side) in named:  # a foot below an ankle is what others call toes
            parts.setdefault(("toes", side), named["foot", side])
        for upper, end in (("shin", "foot"), ("forearm", "hand")):
            ends = [i for i, node in enumerate(nodes) if not node.name and node.parent == parts.get((upper, side), -2)]
            if ends:
                parts.setdefault((end, side), ends[0])
    there = ", ".join(node.name for node in nodes if node.name)
    for chain, what in ((("thigh", "shin", "foot"), "legs"), (("arm", "forearm", "hand"), "arms")):
        if not any((limb, side) in parts for limb in chain for side in Side):
            raise ValueError(
                f"no {what} are found among its joints ({there:.100}); export the whole skeleton, named as Mixamo does"
            )
    for limb, what in _NEEDED.items():
        if any((limb, side) not in parts for side in Side):
            raise ValueError(f"no {what} are found among its joints ({there:.100}); name them as Mixamo does")
    return parts


def _part(name: str) -> Part:
    """("thigh", left) for LeftThigh, Bip01 L Thigh, mixamorig:LeftThigh, thigh.L, lthigh."""
    bare = re.split(r"[:|]", name)[-1]
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", bare)]
    side = next((_SIDES[word] for word in words if word in _SIDES), None)
    words = [word for word in words if word not in _SIDES and word not in _NOISE]
    if side is None and len(words) == 1:
        for prefix, which in _SIDES.items():
            part = words[0][len(prefix) :].removesuffix("base")
            if words[0].startswith(prefix) and part in _VOCABULARY:
                return part, which
    return "".join(words), side


# ---- kinematics ------------------------------------------------------------------------------------------------------


def _at_rest(nodes: Sequence[Node], parts: dict[Part, int]) -> dict[Part, np.ndarray]:
    still = [Node(node.name, node.parent, node.offset) for node in nodes]
    places = _moved(still, parts, np.zeros((1, 0))).places
    return {part: places[index] for part, index in parts.items()}


def _moved(nodes: Sequence[Node], parts: dict[Part, int], values: np.ndarray) -> _Placed:
    """The parts, and what they hang on, by forward kinematics."""
    needed = set()
    for index in parts.values():
        while index >= 0:
            needed.add(index)
            index = nodes[index].parent
    figure = _Placed({}, {})
    column = 0
    for index, node in enumerate(nodes):
        own = values[:, column : column + len(node.channels)]
        column += len(node.channels)
        if index not in needed:
            continue
        offset = np.tile(node.offset, (len(values), 1))
        for axis, name in enumerate(("xp", "yp", "zp")):
            if name in node.channels:
                offset[:, axis] = own[:, node.channels.index(name)]
        turn = _turn(node.channels, own)
        if node.parent >= 0:
            before = figure.turns[node.parent]
            offset = figure.places[node.parent] + (before @ offset[..., None])[..., 0]
            turn = before @ turn
        figure.places[index], figure.turns[index] = offset, turn
    return figure


def _turn(channels: tuple[str, ...], values: np.ndarray) -> np.ndarray:
    """(T, 3, 3): rotations about the joint's own axes, in the order of its channels."""
    which = [number for number, name in enumerate(channels) if name[1] == "r"]
    if not which:
        return np.broadcast_to(np.eye(3), (len(values), 3, 3))
    order = "".join(channels[number][0] for number in which).upper()
    return np.asarray(Rotation.from_euler(order, values[:, which], degrees=True).as_matrix())


# ---- what a skeleton lacks -------------------------------------------------------------------------------------------


def _middle(rest: dict[Part, np.ndarray], limb: str) -> np.ndarray:
    return np.mean([rest[limb, side] for side in Side], axis=0)


def _rest_axes(rest: dict[Part, np.ndarray]) -> np.ndarray | None:
    """(3, 3), columns: left, up and ahead at rest; None where the figure doesn't stand then."""
    up = unit(_middle(rest, "arm") - _middle(rest, "thigh"))
    left = rest["thigh", Side.LEFT] - rest["thigh", Side.RIGHT]
    left = unit(left - (left @ up) * up)
    legs = [unit(rest["shin", side] - rest["thigh", side]) @ up for side in Side]
    return None if max(legs) > -0.5 else np.stack([left, up, np.cross(left, up)], -1)


def _face(parts: dict[Part, int], figure: _Placed, axes: np.ndarray, trunk: float) -> dict[Joint, np.ndarray]:
    for name, above in (("head", 0.0), ("neck", _HEAD_ABOVE_NECK)):
        if (name, None) in parts:
            offsets = trunk * (_FACE + np.array([0.0, above, 0.0])) @ axes.T
            return {joint: figure.carried(parts[name, None], to) for joint, to in zip(HEAD, offsets, strict=True)}
    return {}


def _foot(
    parts: dict[Part, int], figure: _Placed, rest: dict[Part, np.ndarray], side: Side, axes: np.ndarray, trunk: float
) -> dict[Joint, np.ndarray]:
    """Big toe, small toe and heel on a level sole under the foot as it stands at rest."""
    _, up, ahead = axes.T
    ankle = rest["foot", side]
    ball = rest.get(("toes", side), ankle + trunk * _BALL_AHEAD * ahead)
    way = ball - ankle
    way = unit(way - (way @ up) * up, ahead)
    inside = np.cross(way, up) * (1.0 if side is Side.LEFT else -1.0)
    sole = ankle @ up - _ANKLE_ABOVE_SOLE * trunk
    if ("toes", side) in parts:
        sole = min(sole, float(ball @ up))
    toes = (ball + trunk * (across * inside + far * way) for across, far in (_BIG_TOE, _SMALL_TOE))
    tips = (*toes, ankle - trunk * _HEEL_BEHIND * way)
    front = ("toes" if ("toes", side) in parts else "foot", side)
    bones = (front, front, ("foot", side))
    return {
        joint: figure.carried(parts[bone], tip + (sole - tip @ up) * up - rest[bone])
        for joint, tip, bone in zip(FOOT[side], tips, bones, strict=True)
    }


# ---- the camera ------------------------------------------------------------------------------------------------------


def before_camera(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Points of a skeleton (T, 25, 3) as pixels (T, 25, 2) and depth (T, 25), and the picture's (width, height).

    The camera sees the front of the first frame. The vertical is the axis along which the figure mostly stands.
    """
    stands = np.median(points[:, Joint.NECK] - points[:, Joint.MID_HIP], axis=0)
    legs = [np.linalg.norm(points[:, b] - points[:, a], axis=-1) for leg in LEG.values() for a, b in pairwise(leg)]
    leg = float(np.median(np.sum(legs, axis=0))) / 2
    if min(np.abs(stands).max(), leg) < 1e-6:
        raise ValueError("its bones have no length; export the motion again")
    vertical = int(np.abs(stands).argmax())
    level = np.roll(np.diag([1.0, -1.0, -1.0]), vertical - 1, axis=1)  # the vertical becomes y, pointing down
    if stands[vertical] < 0:
        level = np.diag([1.0, -1.0, -1.0]) @ level
    points = points @ level.T * (_LEG / leg)
    points = points @ about(np.array([[0.0, -1.0, 0.0]]), -heading(points)[:1])[0].T

    soles = points[:, [*(LEG[side][2] for side in Side), *(joint for side in Side for joint in FOOT[side])], 1]
    ground = float(np.percentile(soles.max(1), 98))
    middle = points[:, [Joint.MID_HIP]]
    scale = _PIXELS * _DISTANCE / (_DISTANCE + middle[..., 2] - middle[..., 2].min())  # pixels a metre, (T, 1)
    pixels = np.stack([scale * points[..., 0], scale * (points[..., 1] - ground + _CAMERA_HEIGHT)], -1)
    pixels += _MARGIN - pixels.min((0, 1))
    if pixels.max() > MAX_COORDINATE:
        raise ValueError("the figure goes too far for a picture; split the motion")
    width, height = np.ceil(pixels.max((0, 1))).astype(int) + _MARGIN
    return pixels, scale * (points[..., 2] - middle[..., 2]), (int(width), int(height))
