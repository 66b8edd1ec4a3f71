"""One photo's person in other poses, and the poses: the sources of pair synthesis (docs/method.md, "Pair synthesis").

The person is cut into layers by the photo's *given* labels, an arm together with its sleeve, so that no picture shows
webs of cloth between an arm and the trunk; hidden parts of a layer are filled in. The layers move by the
skeletal flow.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from fashionmirror_core.avatar.layers import Layer
from fashionmirror_core.body.proportions import Body
from fashionmirror_core.drawing.background import fill_behind
from fashionmirror_core.imaging.alpha import opaque, over, premultiplied
from fashionmirror_core.imaging.boxes import bounding_box, window
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.nearest import nearest_known
from fashionmirror_core.person.label_prior import PARSED
from fashionmirror_core.person.labels import MASKS, Parsing
from fashionmirror_core.person.limbs import limbs
from fashionmirror_core.person.matte import foreground_colors
from fashionmirror_core.person.skin import SkinColor
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.skeleton import ARM, CONFIDENT, FEET, FOOT, HEAD, LEG, Joint, Pose
from fashionmirror_core.training.clips import Take
from fashionmirror_core.training.synthesis.composition import Compositor, Placed
from fashionmirror_core.training.synthesis.skeletal_flow import SkeletalFlow, bone_transforms, depth_order
from fashionmirror_core.vocabulary import ARM_PARTS, LEG_PARTS, Category, Label, Part, Side

# By how much a random pose departs from the photo's; lengths as shares of the bone or of the height.
UPPER_ARM_SWING_DEGREES, FOREARM_SWING_DEGREES = 35.0, 45.0
LEG_SWING_DEGREES, KNEE_SWING_DEGREES = 12.0, 10.0
LEAN_DEGREES, NOD_DEGREES = 6.0, 8.0
SHORTEST = 0.85  # foreshortening of an arm's bone
SCALE, SHIFT = 0.05, 0.02
ACROSS_TRUNK_DEGREES, RAISED_DEGREES = -10.0, 115.0  # degrees outward from straight down that an upper arm is swung to
SPREAD_ARM_DEGREES, SPREAD_LEG_DEGREES = 35.0, 6.0  # the same of the limbs in the pose in which a garment lies flat

EDGE_PIXELS = 0.4  # pixels: how soft the cut between two parts is
FLARE = 0.2  # of the clothes on the legs that lies beside the legs, from which on they are a skirt
BARE = 0.2  # of an arm's pixels that are skin, from which on it is known where its sleeve ends

_UPPER_BODY = (*range(8), *HEAD[1:])
_FOOT: dict[int, tuple[int, ...]] = {LEG[side][2]: FOOT[side] for side in Side}
_ENDING = (Label.BACKGROUND, Label.HAIR, Label.HEAD, Label.SHOES, Label.ACCESSORY)
_NEVER_ARM = (Label.HAIR, Label.HEAD, Label.LEGS, Label.LOWER, Label.SHOES)


# --------------------------------------------------------------------------------------------------------------- poses


def _down(degrees: float, outward: float) -> np.ndarray:
    """Unit vector ``degrees`` outward from straight down; ``outward`` is the sign of x that leads away from the body."""
    return np.array([outward * np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])


def _degrees(bone: np.ndarray, outward: float) -> float:
    """The inverse of ``_down``, in (-180, 180]."""
    return float(np.degrees(np.arctan2(outward * bone[0], bone[1])))


def _outward(points: np.ndarray, side: Side) -> float:
    """The sign of x on the person's right or left side."""
    x = points[:, 0]
    across = x[Joint.L_SHOULDER] - x[Joint.R_SHOULDER] + x[Joint.L_HIP] - x[Joint.R_HIP]
    return side.sign * (1.0 if across >= 0 else -1.0)


def _turn(points: np.ndarray, members: tuple[int, ...], pivot: int, degrees: float) -> None:
    """Rotates some joints about another, in place."""
    matrix = cv2.getRotationMatrix2D((0, 0), degrees, 1)[:, :2]
    chosen = list(members)
    points[chosen] = (points[chosen] - points[pivot]) @ matrix.T + points[pivot]


def _set_limb(points: np.ndarray, chain: tuple[int, int, int], bones: list[np.ndarray]) -> None:
    """Places the second and third joint of a limb by its two bones, in place; a foot goes along with its ankle."""
    start, middle, end = chain
    before = points[end].copy()
    points[middle] = points[start] + bones[0]
    points[end] = points[middle] + bones[1]
    if end in _FOOT:
        points[list(_FOOT[end])] += points[end] - before


def random_pose(joints: np.ndarray, depth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another pose in which the same person might stand, (25, 3) float32, confidences as given.

    joints: (25, 3), pixels. depth: (25,), pixels. Arms swing at shoulder and elbow, legs a little at hip and knee, the
    trunk leans, the head nods; bones keep their length up to foreshortening and the feet stay on the ground. A bone that
    wasn't seen or points at the camera has no direction to trust and swings less or not at all.
    """
    points = joints[:, :2].astype(np.float64)
    ground = points[list(FEET), 1].max()

    def swing(a: int, b: int, most: float) -> float:
        seen = float(np.hypot(*(points[b] - points[a])))
        in_plane = seen / max(float(np.hypot(seen, depth[b] - depth[a])), 1e-3)
        return rng.uniform(-most, most) * in_plane * float(min(joints[a, 2], joints[b, 2]) >= CONFIDENT)

    for side in Side:
        outward = _outward(points, side)
        shoulder, elbow, wrist = ARM[side]
        upper, fore = points[elbow] - points[shoulder], points[wrist] - points[elbow]
        at = _degrees(upper, outward)
        upper_at = np.clip(
            at + swing(shoulder, elbow, UPPER_ARM_SWING_DEGREES), min(at, ACROSS_TRUNK_DEGREES), max(at, RAISED_DEGREES)
        )
        fore_at = _degrees(fore, outward) + upper_at - at + swing(elbow, wrist, FOREARM_SWING_DEGREES)
        lengths = rng.uniform(SHORTEST, 1, 2) * [np.hypot(*upper), np.hypot(*fore)]
        bones = [lengths[0] * _down(upper_at, outward), lengths[1] * _down(fore_at, outward)]
        _set_limb(points, ARM[side], bones)
    for side in Side:
        outward = _outward(points, side)
        hip, knee, ankle = LEG[side]
        thigh, shin = points[knee] - points[hip], points[ankle] - points[knee]
        turn = swing(hip, knee, LEG_SWING_DEGREES)
        bend = swing(knee, ankle, KNEE_SWING_DEGREES) - 0.5 * turn  # the foot stays nearer to where it stood
        bones = [
            np.hypot(*thigh) * _down(_degrees(thigh, outward) + turn, outward),
            np.hypot(*shin) * _down(_degrees(shin, outward) + turn + bend, outward),
        ]
        _set_limb(points, LEG[side], bones)
    _turn(points, HEAD, 1, rng.uniform(-NOD_DEGREES, NOD_DEGREES))
    _turn(points, _UPPER_BODY, 8, rng.uniform(-LEAN_DEGREES, LEAN_DEGREES))
    height = float(np.ptp(points[:, 1]))
    points = points[Joint.MID_HIP] + (points - points[Joint.MID_HIP]) * rng.uniform(1 - SCALE, 1 + SCALE)
    points[:, 0] += height * rng.uniform(-SHIFT, SHIFT)
    points[:, 1] += ground - points[list(FEET), 1].max() + height * rng.uniform(-SHIFT, 0) / 2
    return np.column_stack([points, joints[:, 2]]).astype(np.float32)


def spread_pose(joints: np.ndarray, width: int) -> np.ndarray:
    """The pose in which a garment lies flat, (25, 3) float32: upright in the middle of the picture, limbs straight, arms
    away from the trunk, legs a little apart. A limb that is foreshortened borrows from the other one's length.
    """
    points = joints[:, :2].astype(np.float64)
    spine = points[Joint.MID_HIP] - points[Joint.NECK]
    _turn(points, _UPPER_BODY, 8, -_degrees(spine, 1.0))
    lengths = {
        (a, b): float(np.hypot(*(points[b] - points[a])))
        for chains in (ARM, LEG)
        for chain in chains.values()
        for a, b in itertools.pairwise(chain)
    }
    for chains, degrees, most in ((ARM, SPREAD_ARM_DEGREES, 1.4), (LEG, SPREAD_LEG_DEGREES, 1.2)):
        for side in Side:
            own, others = ([lengths[bone] for bone in itertools.pairwise(chains[s])] for s in (side, side.other))
            direction = _down(degrees, _outward(points, side))
            bones = [np.clip(theirs, mine, most * mine) * direction for mine, theirs in zip(own, others, strict=True)]
            _set_limb(points, chains[side], bones)
    points[:, 0] += width / 2 - points[Joint.MID_HIP, 0]
    return np.column_stack([points, joints[:, 2]]).astype(np.float32)


# -------------------------------------------------------------------------------------------------------------- layers


def parsing_of(labels: np.ndarray, matte: np.ndarray, joints: np.ndarray) -> Parsing:
    """A label map (H, W) as the engine's own parsing, of a person with this matte (H, W) float32 and joints (25, 2)."""
    rows = np.arange(len(labels))[:, None]
    dress = labels == Label.DRESS
    above = rows < 0.35 * joints[Joint.NECK, 1] + 0.65 * joints[Joint.MID_HIP, 1]  # the waist
    masks = {name: labels == label for name, label in zip(MASKS, PARSED, strict=True)}
    masks["upper"] |= dress & above
    masks["lower"] |= dress & ~above
    soft = {name: cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0) * matte for name, mask in masks.items()}
    unknown = np.zeros(3, np.float32)
    return Parsing(**soft, one_piece=float(dress.any()), skin=SkinColor(unknown, unknown, unknown, measured=False))


def cut_parts(image: np.ndarray, matte: np.ndarray, labels: np.ndarray, pose: Pose) -> dict[Part, np.ndarray]:
    """The person cut into parts: soft masks (H, W) float32 that sum to the matte (H, W) float32.

    ``limbs`` finds the edges; the labels overrule it: skin of arms belongs to the nearer arm, and hair, faces, trousers
    and shoes to no arm.
    """
    found = limbs(matte, pose, image, parsing_of(labels, matte, pose.points))
    owner = np.argmax(np.stack([found[part] for part in Part]), 0)
    number = {part: k for k, part in enumerate(Part)}
    arms = [number[part] for part in ARM_PARTS]
    y, x = np.nonzero(labels == Label.ARMS)
    to_arms = np.stack([_distance(np.stack([x, y], -1), pose.points[list(ARM[side])]) for side in Side])
    owner[y, x] = np.where(np.isin(owner[y, x], arms), owner[y, x], np.array(arms)[to_arms.argmin(0)])
    owner[np.isin(owner, arms) & np.isin(labels, _NEVER_ARM)] = number[Part.TRUNK]
    for part in ARM_PARTS:
        owner[_beyond_sleeve(owner == number[part], labels, pose.points[list(ARM[part.side])])] = number[Part.TRUNK]
    legs = np.isin(owner, [number[part] for part in LEG_PARTS])
    skirt = legs & np.isin(labels, Category.DRESS.labels)
    if _beside_legs(skirt, Body(pose.points.astype(float))) > FLARE:
        owner[skirt] = number[Part.TRUNK]
    # The trunk is the rest beside the limbs: strips along their edges go to the part that lies next to them.
    strip = 3 + 2 * round(matte.shape[0] / 256)
    solid = [_without_slivers(owner == k, matte, strip if part is Part.TRUNK else 3) for k, part in enumerate(Part)]
    # How deep inside a part, or how far from it, decides; softly at the edges between two.
    depth = np.stack([_depth_inside(mask) for mask in solid])
    shares = np.exp((depth - depth.max(0)) / EDGE_PIXELS)
    return dict(zip(Part, (matte * shares / shares.sum(0)).astype(np.float32), strict=True))


def _beside_legs(cloth: np.ndarray, body: Body) -> float:
    """How much of the legs' clothes (H, W) bool lies beside the legs, a share: trousers follow them, skirts don't."""
    size = (cloth.shape[0], cloth.shape[1])
    bare = np.maximum(*(body.silhouette(part, size) for part in LEG_PARTS))
    width = int(0.04 * body.stature) | 1
    near = cv2.dilate(bare, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))) > 0.5
    return float((cloth & ~near).sum() / max(1, cloth.sum()))


def _depth_inside(mask: np.ndarray) -> np.ndarray:
    """(H, W) float32: pixels from the edge of a mask (H, W) uint8, at most 3 inside, negative outside."""
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    return np.minimum(inside, 3) - (cv2.distanceTransform(1 - mask, cv2.DIST_L2, 3) if mask.any() else mask.size)


def _beyond_sleeve(arm: np.ndarray, labels: np.ndarray, chain: np.ndarray) -> np.ndarray:
    """(H, W) bool: cloth in the mask of an arm where the arm is bare already: a hand lies on it. chain: (3, 2) joints."""
    lengths = np.hypot(*np.diff(chain, axis=0).T)
    y, x = np.nonzero(arm)
    points = np.stack([x, y], -1)
    along = np.zeros(arm.shape)
    along[y, x] = np.where(
        _distance(points, chain[:2]) < _distance(points, chain[1:]),
        (points - chain[0]) @ (chain[1] - chain[0]) / max(lengths[0], 1e-3),
        lengths[0] + (points - chain[1]) @ (chain[2] - chain[1]) / max(lengths[1], 1e-3),
    )
    skin = arm & (labels == Label.ARMS)
    if skin.sum() <= BARE * arm.sum():
        return np.zeros_like(arm)
    return arm & np.isin(labels, Category.DRESS.labels) & (along > np.quantile(along[skin], 0.3))


def _without_slivers(mask: np.ndarray, matte: np.ndarray, width: int) -> np.ndarray:
    """A part's mask, uint8 of 0 and 1, without strips of less than ``width`` pixels and without crumbs."""
    solid = (mask & (matte > 0.5)).astype(np.uint8)
    opened = cv2.morphologyEx(solid, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    count, names, stats, _ = cv2.connectedComponentsWithStats(opened)
    crumbs = [k for k in range(1, count) if stats[k, cv2.CC_STAT_AREA] < 0.03 * opened.sum()]
    return np.where(np.isin(names, crumbs), 0, opened).astype(np.uint8)


def _distance(points: np.ndarray, chain: np.ndarray) -> np.ndarray:
    """(n,) from points (n, 2) to the nearest of a chain's segments (k, 2)."""
    distances = []
    for a, b in itertools.pairwise(chain):
        along = np.clip((points - a) @ (b - a) / max(float((b - a) @ (b - a)), 1e-6), 0, 1)
        distances.append(np.hypot(*(points - a - along[:, None] * (b - a)).T))
    return np.min(distances, 0)


@dataclass(frozen=True)
class Piece:
    """One part of the person, whole: the photo's pixels, and guesses where another part lies over it.

    color: (H, W, 3) float32 in 0..255. alpha: (H, W) float32. labels: (H, W) uint8. bare: (H, W) float32, the body
    that is to be expected without clothes.
    """

    color: np.ndarray
    alpha: np.ndarray
    labels: np.ndarray
    bare: np.ndarray


def _piece(
    part: Part, parts: dict[Part, np.ndarray], front: np.ndarray, colors: np.ndarray, labels: np.ndarray, body: Body
) -> Piece:
    """front: (H, W) float32, the parts that lie over this one."""
    own = parts[part]
    solid = (own > 0.5).astype(np.uint8)
    bare = body.silhouette(part, (own.shape[0], own.shape[1]))
    # Where another part's edge begins, the photo already mixes both.
    mixed = cv2.dilate((front > 0.1).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    trusted = (solid > 0) & ~mixed
    core = cv2.erode(trusted.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    # Hair, faces, bags and shoes don't go on behind another part, nor does the skin of arms in a trunk.
    carried_on = ~np.isin(labels, _ENDING) & ((labels != Label.ARMS) | part.is_arm)
    if part.is_leg:
        carried_on |= labels == Label.ACCESSORY  # tights
    known = core & carried_on
    if not known.any():
        return Piece(colors.astype(np.float32), own, labels, bare)
    expected = bare > 0.5
    if part is Part.TRUNK:  # the shoulders' caps are the arms'
        expected[: max(0, int(max(body.armpit(side)[1] for side in Side)))] = False
    hidden = _hidden(part, solid, expected, body.stature) * (front > 0.5)
    named = np.where(trusted & (labels > 0), labels, labels.reshape(-1)[nearest_known(known)[0]])
    color = colors.astype(np.float32)
    for label in np.unique(named[~trusted & (hidden > 0)]):
        guess = push_pull(color, (known & (labels == label)).astype(np.float32))
        color = np.where((~trusted & (named == label))[..., None], guess, color)
    return Piece(color, np.maximum(own, hidden * np.minimum(own + front, 1)), named, bare)


def _hidden(part: Part, solid: np.ndarray, expected: np.ndarray, stature: float) -> np.ndarray:
    """Where a part, seen in ``solid`` (H, W) uint8, may go on behind others: (H, W) float32. expected: (H, W) bool, its
    body.
    """
    guess = solid | expected.astype(np.uint8)
    if not part.is_arm:  # the pixels between its own to the right and left
        guess |= cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((1, int(0.15 * stature) | 1), np.uint8))
    width = int(0.025 * stature) | 1
    guess = cv2.morphologyEx(guess, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    return cv2.dilate(guess | solid, np.ones((3, 3), np.uint8)).astype(np.float32)  # no seam at the other part's edge


class Bendable:
    """One frame's person, cut and completed once, to be bent to many poses.

    Raises InputError where shoulders or hips aren't known.
    """

    def __init__(self, take: Take, frame: int) -> None:
        self.image, labels = take.frames[frame], take.labels[frame]
        self.pose = Pose(take.joints[frame], take.depth[frame])
        self.matte = take.mattes[frame].astype(np.float32) / 255
        height, width = labels.shape
        body = Body(self.pose.points.astype(float))
        parts = cut_parts(self.image, self.matte, labels, self.pose)
        colors = foreground_colors(self.image, self.matte)
        order = depth_order(self.pose.depth, float(np.ptp(self.pose.points[:, 1])))
        self.pieces: dict[Part, Piece] = {}
        front = np.zeros((height, width), np.float32)
        for part in reversed(order):
            self.pieces[part] = _piece(part, parts, front, colors, labels, body)
            front = front + parts[part]
        hair = (labels == Label.HAIR).astype(np.float32)
        self.flow = SkeletalFlow(self.pose.points, {part: self.pieces[part].alpha for part in Part}, hair)

    @cached_property
    def _plate(self) -> np.ndarray:
        return opaque(fill_behind(self.image, self.matte))

    @cached_property
    def _compositor(self) -> Compositor:
        return self.compositor({part: premultiplied(piece.color, piece.alpha) for part, piece in self.pieces.items()})

    def compositor(self, pictures: dict[Part, np.ndarray]) -> Compositor:
        """Moves some pictures of the parts, (H, W, 4) uint8 premultiplied each."""
        height, width = self.matte.shape
        layers = [_layer(part, picture) for part, picture in pictures.items()]
        return Compositor(layers, Stage(height, width, 1.0, (0.0, 0.0)), (width, height))

    def placed(self, compositor: Compositor, pose: Pose) -> Iterator[tuple[Placed, np.ndarray]]:
        """The parts in a pose, from back to front: where they are placed, and their pixels there, (h, w, 4) uint8."""
        bones = bone_transforms(self.pose.points, pose.points[None])[0]
        for placed in compositor.placed(self.flow(bones, pose)):
            moved = cv2.remap(placed.layer.picture, placed.at, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
            # Cubic sampling overshoots, and premultiplied colour may not exceed its alpha.
            moved[..., :3] = np.minimum(moved[..., :3], moved[..., 3:])
            yield placed, moved

    def bent(self, joints: np.ndarray) -> Take:
        """The person in another pose before the same background, a take of one frame.

        joints: (25, 3), pixels. Labels and matte are carried along; depth is the photo's.
        """
        picture = self._plate.copy()
        person = np.zeros_like(picture)
        labels = np.zeros(self.matte.shape, np.uint8)
        for placed, moved in self.placed(self._compositor, Pose(joints, self.pose.depth)):
            x0, y0, x1, y1 = placed.box
            window = slice(y0, y1), slice(x0, x1)
            picture[window] = over(moved, picture[window])
            person[window] = over(moved, person[window])
            left, top, right, bottom = placed.layer.box
            own = self.pieces[Part(placed.layer.name)].labels[top:bottom, left:right]
            carried = cv2.remap(own, placed.at, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
            seen = moved[..., 3] > 127
            labels[window][seen] = carried[seen]
        return Take(
            picture[None, ..., :3].copy(),
            labels[None],
            joints[None].astype(np.float32),
            self.pose.depth[None],
            person[None, ..., 3].copy(),
        )


def _layer(part: str, picture: np.ndarray) -> Layer:
    """A picture of a part, (H, W, 4) uint8 premultiplied, cropped."""
    box = bounding_box(picture[..., 3]) or (0, 0, 1, 1)
    return Layer(part, np.ascontiguousarray(picture[window(box)]), box)
