"""The analytic flow: a skeleton moves, and the pixels that hang on it follow.

The person is cut into five *parts*, each a layer with a flow of its own, so that an arm never drags the cloth that it
hangs beside and the edge of every layer stays as crisp as in the photo. Inside a part, source pixels move by linear blend
skinning of a few bones; their displacements are splatted onto the target grid (bilinear hats, nearer bones outweigh
farther ones), which gives the backward map that sampling needs; the points reach beyond the part's edge. Always from the
source straight to frame t, never by accumulating steps, so nothing drifts.

See docs/method.md, "Skeletal flow".
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import torch

from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.skeleton import ARM, HEAD, LEG, TOES, Chain, Joint, Pose
from fashionmirror_core.training.synthesis.flows import CELL, MARGIN, OUTSIDE, LayerFlow
from fashionmirror_core.vocabulary import ARM_PARTS, LEG_PARTS, Part, Side

BONES = (
    "chest", "pelvis", "head",
    "r_upper_arm", "r_forearm", "r_hand", "l_upper_arm", "l_forearm", "l_hand",
    "r_thigh", "r_shin", "r_foot", "l_thigh", "l_shin", "l_foot",
)  # fmt: skip
BONE = {name: index for index, name in enumerate(BONES)}

# Over the spine's length, of an average body seen from the front.
SHOULDER_LINE, HIP_LINE = 0.69, 0.41
HAND_EDGE = 0.45  # of its length that a hand loses when it is set on the hip

SPARSE = 0.25  # weight of a cell below which it counts as a hole
REACH = 7  # stage pixels by which a part's domain exceeds its mask, so that its edge lies well inside the map
FIXED_POINT = 2.0**20  # steps of a stage pixel in which splatted displacements are summed
# Within a part the outer bone lies over the inner one where they fold onto each other (a forearm over the upper arm).
NEARNESS = {"r_hand": 1.5, "l_hand": 1.5, "r_forearm": 1.0, "l_forearm": 1.0}


def _distance_to_segment(points: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    along = b - a
    t = np.clip((points - a) @ along / max(float(along @ along), 1e-6), 0, 1)
    return np.hypot(*(points - (a + t[:, None] * along)).T)


# ---------------------------------------------------------------------------------------------------- bone transforms


def person_scale(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """How large the person is in each frame against the source, from bones that foreshortening can only shorten.

    source: (25, 2), target: (T, 25, 2), pixels. Returns (T,), clipped to [0.4, 2].
    """

    def ratio(a: int, b: int) -> np.ndarray:
        length = np.hypot(*(source[b] - source[a]))
        return np.hypot(*np.moveaxis(target[:, b] - target[:, a], -1, 0)) / max(float(length), 1e-3)

    spine = ratio(Joint.NECK, Joint.MID_HIP)
    thigh = np.maximum(ratio(Joint.R_HIP, Joint.R_KNEE), ratio(Joint.L_HIP, Joint.L_KNEE))
    shin = np.maximum(ratio(Joint.R_KNEE, Joint.R_ANKLE), ratio(Joint.L_KNEE, Joint.L_ANKLE))
    return np.clip(np.median([spine, thigh, shin], axis=0), 0.4, 2.0)


def _rotation(angle: np.ndarray) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], -2)


def _angle(v: np.ndarray) -> np.ndarray:
    return np.arctan2(v[..., 1], v[..., 0])


def _turn(source: np.ndarray, target: np.ndarray, limit: float) -> np.ndarray:
    """The angle (T,) from ``source`` (2,) to ``target`` (T, 2), held within +-``limit`` radians."""
    difference = (_angle(target) - _angle(source) + np.pi) % (2 * np.pi) - np.pi
    return np.clip(difference, -limit, limit)


def _affine(matrix: np.ndarray, origin: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """(T, 2, 3): x -> matrix (x - origin) + goal."""
    offset = goal - np.einsum("tij,j->ti", matrix, origin)
    return np.concatenate([matrix, offset[..., None]], -1)


def _limb(source: np.ndarray, target: np.ndarray, a: int, b: int, scale: np.ndarray) -> np.ndarray:
    """Segment a-b: rotation, stretch along the bone by its foreshortening, across it by the person's scale."""
    u, v = source[b] - source[a], target[:, b] - target[:, a]
    length_u, length_v = max(float(np.hypot(*u)), 1e-3), np.hypot(v[:, 0], v[:, 1])
    stretch = np.clip(length_v / length_u, 0.15, 1.8)
    u, v = u / length_u, v / np.maximum(length_v, 1e-3)[:, None]
    across_u, across_v = np.array([-u[1], u[0]]), np.stack([-v[:, 1], v[:, 0]], -1)
    matrix = stretch[:, None, None] * v[:, :, None] * u + scale[:, None, None] * across_v[:, :, None] * across_u
    return _affine(matrix, source[a], target[:, a])


def _girdle(
    source: np.ndarray,
    target: np.ndarray,
    chains: dict[str, Chain],
    origin: Joint,
    usual_width: float,
    scale: np.ndarray,
) -> np.ndarray:
    """Shoulders or hips: the spine is carried to the target's spine, the line across it is widened and tilted.

    A line seen nearly edge-on, in the photo or in the frame, has no direction to trust: there it only keeps its width.
    Widths stay above 45 % of the source's, for a flow can't show a side that the photo doesn't have.
    """
    right, left = (chains[side][0] for side in Side)
    line_s, line_t = source[left] - source[right], target[:, left] - target[:, right]
    spine_s = source[Joint.MID_HIP] - source[Joint.NECK]
    spine_t = target[:, Joint.MID_HIP] - target[:, Joint.NECK]
    length_s, length_t = max(float(np.hypot(*line_s)), 1e-3), np.hypot(line_t[:, 0], line_t[:, 1])
    torso_s = max(float(np.hypot(*spine_s)), 1e-3)
    torso_t = np.maximum(np.hypot(spine_t[:, 0], spine_t[:, 1]), 1e-3)
    full = torso_s * usual_width
    trust = float(smoothstep(np.array(length_s / full), 0.3, 0.7)) * smoothstep(length_t / (full * scale), 0.15, 0.5)
    side_s = 1.0 if line_s[0] >= 0 else -1.0
    side_t = np.where(line_t[:, 0] >= 0, 1.0, -1.0)
    normal_s = side_s * np.array([spine_s[1], -spine_s[0]]) / torso_s
    normal_t = side_t[:, None] * np.stack([spine_t[:, 1], -spine_t[:, 0]], -1) / torso_t[:, None]
    lean_s = _turn(normal_s, line_s[None], np.radians(30))[0]
    lean_t = (_angle(line_t) - _angle(normal_t) + np.pi) % (2 * np.pi) - np.pi
    tilt = trust * (np.clip(lean_t, -np.radians(30), np.radians(30)) - lean_s)
    width = trust * np.clip(length_t / length_s, 0.45 * scale, 1.2 * scale) + (1 - trust) * scale
    across = np.einsum("tij,tj->ti", _rotation(tilt), normal_t) * width[:, None]
    matrix = across[:, :, None] * normal_s + spine_t[:, :, None] * spine_s / torso_s**2
    return _affine(matrix, source[origin], target[:, origin])


def _on_hip(shoulder: np.ndarray, elbow: np.ndarray, wrist: np.ndarray, target: np.ndarray) -> np.ndarray:
    """How much the hand is set on the hip in each frame, (T,) in [0, 1]: the elbow bends, with the hand below it.

    The bend counts from the source's, so that a hand that is there in the photo stays as it is.
    """

    def bend(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        return np.abs((_angle(c - b) - _angle(b - a) + np.pi) % (2 * np.pi) - np.pi)

    more = bend(target[:, 0], target[:, 1], target[:, 2]) - bend(shoulder, elbow, wrist)
    length = max(float(np.hypot(*(wrist - elbow))), 1e-3)
    below = (target[:, 2, 1] - target[:, 1, 1]) / length
    return smoothstep(more, np.radians(40), np.radians(85)) * smoothstep(below, 0.0, 0.3)


def bone_transforms(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Affine maps of every bone from the source pose to each target pose.

    source: (25, 2), target: (T, 25, 2), pixels of one frame of reference. Returns (T, len(BONES), 2, 3) float32.
    """
    source, target = source.astype(np.float64), target.astype(np.float64)
    scale = person_scale(source, target)
    bones = np.empty((len(target), len(BONES), 2, 3))
    bones[:, BONE["chest"]] = _girdle(source, target, ARM, Joint.NECK, SHOULDER_LINE, scale)
    bones[:, BONE["pelvis"]] = _girdle(source, target, LEG, Joint.MID_HIP, HIP_LINE, scale)

    head_s, head_t = source[list(HEAD)].mean(0), target[:, list(HEAD)].mean(1)
    nod = _turn(head_s - source[Joint.NECK], head_t - target[:, Joint.NECK], np.radians(25))
    bones[:, BONE["head"]] = _affine(_rotation(nod) * scale[:, None, None], head_s, head_t)

    for side in Side:
        shoulder, elbow, wrist = ARM[side]
        hip, knee, ankle = LEG[side]
        bones[:, BONE[f"{side}_upper_arm"]] = _limb(source, target, shoulder, elbow, scale)
        bones[:, BONE[f"{side}_forearm"]] = _limb(source, target, elbow, wrist, scale)
        bones[:, BONE[f"{side}_thigh"]] = _limb(source, target, hip, knee, scale)
        bones[:, BONE[f"{side}_shin"]] = _limb(source, target, knee, ankle, scale)
        # Hands and feet turn with their limb but never stretch; a hand set on the hip is seen from its edge.
        forearm_s, forearm_t = source[wrist] - source[elbow], target[:, wrist] - target[:, elbow]
        swing = _turn(forearm_s, forearm_t, np.pi)
        shrink = scale[:, None, None] * np.eye(2)
        set_on_hip = _on_hip(source[shoulder], source[elbow], source[wrist], target[:, [shoulder, elbow, wrist]])
        axis = forearm_s / max(float(np.hypot(*forearm_s)), 1e-3)
        shrink = shrink - (HAND_EDGE * set_on_hip * scale)[:, None, None] * np.outer(axis, axis)
        bones[:, BONE[f"{side}_hand"]] = _affine(_rotation(swing) @ shrink, source[wrist], target[:, wrist])
        toes = list(TOES[side])
        turn = _turn(source[toes].mean(0) - source[ankle], target[:, toes].mean(1) - target[:, ankle], np.radians(20))
        bones[:, BONE[f"{side}_foot"]] = _affine(
            _rotation(turn) * scale[:, None, None], source[ankle], target[:, ankle]
        )
    return bones.astype(np.float32)


# --------------------------------------------------------------------------------------------------- skinning weights


def _chain(points: np.ndarray, ends: list[np.ndarray], power: float = 4, offset: float = 2.0) -> np.ndarray:
    """Weights (n, len(ends) - 1) of a chain of segments, by inverse distance; ``offset`` in pixels."""
    distances = np.stack([_distance_to_segment(points, a, b) for a, b in itertools.pairwise(ends)], -1)
    weights = 1 / (distances + offset) ** power
    return weights / weights.sum(-1, keepdims=True)


def _arm_weights(points: np.ndarray, joints: np.ndarray, side: Side) -> np.ndarray:
    shoulder, elbow, wrist = (joints[k] for k in ARM[side])
    weights = np.zeros((len(points), len(BONES)))
    hand = wrist + 0.45 * (wrist - elbow)
    names = [f"{side}_upper_arm", f"{side}_forearm", f"{side}_hand"]
    weights[:, [BONE[n] for n in names]] = _chain(points, [shoulder, elbow, wrist, hand])
    # The shoulder's cap stays with the chest and bends into the arm over a quarter of its length.
    length = max(float(np.hypot(*(elbow - shoulder))), 1e-3)
    along = (points - shoulder) @ (elbow - shoulder) / length
    free = smoothstep(along, -0.12 * length, 0.28 * length)
    weights *= free[:, None]
    weights[:, BONE["chest"]] += 1 - free
    return weights


def _leg_weights(points: np.ndarray, joints: np.ndarray, side: Side) -> np.ndarray:
    hip, knee, ankle = (joints[k] for k in LEG[side])
    weights = np.zeros((len(points), len(BONES)))
    toes = joints[list(TOES[side])].mean(0)
    names = [f"{side}_thigh", f"{side}_shin", f"{side}_foot"]
    weights[:, [BONE[n] for n in names]] = _chain(points, [hip, knee, ankle, toes + 0.3 * (toes - ankle)])
    # A shoe is one piece: everything below the ankle belongs to the foot, the rest of the shin blends into it.
    shin = max(float(np.hypot(*(ankle - knee))), 1e-3)
    below = (points - ankle) @ (ankle - knee) / shin
    shoe = smoothstep(below, -0.10 * shin, 0.02 * shin)
    weights *= 1 - shoe[:, None]
    weights[:, BONE[f"{side}_foot"]] += shoe
    thigh = max(float(np.hypot(*(knee - hip))), 1e-3)
    along = (points - hip) @ (knee - hip) / thigh
    free = smoothstep(along, -0.15 * thigh, 0.40 * thigh)
    weights *= free[:, None]
    weights[:, BONE["pelvis"]] += 1 - free
    return weights


def _trunk_weights(points: np.ndarray, joints: np.ndarray, hair: np.ndarray) -> np.ndarray:
    """Chest and pelvis blend along the spine, the head above the neck; a hem follows the legs only partly.

    hair: (n,) in [0, 1]: hair follows the head even where it falls over the shoulders, less and less further down.
    """
    neck, hips = joints[Joint.NECK], joints[Joint.MID_HIP]
    weights = np.zeros((len(points), len(BONES)))
    spine = hips - neck
    down = (points - neck) @ spine / max(float(spine @ spine), 1e-3)  # 0 at the neck, 1 at the hips
    pelvis = smoothstep(down, 0.25, 0.95)
    weights[:, BONE["chest"]], weights[:, BONE["pelvis"]] = 1 - pelvis, pelvis

    # Below the hips, cloth hangs from the pelvis and gives way to each leg on its side.
    ankles = (joints[Joint.R_ANKLE] + joints[Joint.L_ANKLE]) / 2
    legs = ankles - hips
    fall = (points - hips) @ legs / max(float(legs @ legs), 1e-3)  # 0 at the hips, 1 at the ankles
    across = joints[Joint.L_HIP] - joints[Joint.R_HIP]
    half = max(float(np.hypot(*across)) / 2, 0.04 * float(np.hypot(*legs)), 1e-3)
    across = across / max(float(np.hypot(*across)), 1e-3)
    left = smoothstep((points - hips) @ across / half, -1.6, 1.6)
    give = 0.5 * smoothstep(fall, 0.02, 0.55)
    shin = smoothstep(fall, 0.4, 0.62)
    weights *= 1 - give[:, None]
    for side, share in ((Side.LEFT, left), (Side.RIGHT, 1 - left)):
        weights[:, BONE[f"{side}_thigh"]] += give * share * (1 - shin)
        weights[:, BONE[f"{side}_shin"]] += give * share * shin

    face = joints[list(HEAD)].mean(0)
    up = face - neck
    rise = (points - neck) @ up / max(float(up @ up), 1e-3)  # 0 at the neck, 1 at the face's centre
    with_head = np.maximum(smoothstep(rise, 0.15, 0.65), hair * smoothstep(rise, -1.6, 0.4))
    weights *= 1 - with_head[:, None]
    weights[:, BONE["head"]] += with_head
    return weights


def skinning_weights(part: Part, points: np.ndarray, joints: np.ndarray, hair: np.ndarray) -> np.ndarray:
    """Weights (n, len(BONES)), each row summing to one, of source points (n, 2) that belong to ``part``."""
    if part is Part.TRUNK:
        return _trunk_weights(points, joints, hair)
    return (_arm_weights if part.is_arm else _leg_weights)(points, joints, part.side)


# --------------------------------------------------------------------------------------------------------------- flow


def depth_order(depth: np.ndarray, height: float) -> list[Part]:
    """Parts from back to front for one pose. depth: (25,), smaller is nearer; ``height`` of the person, pixels.

    The trunk (which carries hems and skirts) lies over the legs; an arm lies over the trunk unless it is clearly behind.
    """
    legs = sorted(LEG_PARTS, key=lambda part: -float(depth[list(LEG[part.side])[1:]].mean()))

    def arm_depth(part: Part) -> float:
        _, elbow, wrist = ARM[part.side]
        return float(0.3 * depth[elbow] + 0.7 * depth[wrist] - depth[Joint.MID_HIP])

    arms = sorted(ARM_PARTS, key=lambda part: -arm_depth(part))
    behind = [part for part in arms if arm_depth(part) > 0.12 * height]
    return behind + legs + [Part.TRUNK] + [part for part in arms if part not in behind]


def _averaged(splat: torch.Tensor) -> torch.Tensor:
    """Splatted sums (P, C + 1, h, w), weights last -> values (P, C, h, w); a sparse cell asks its neighbours."""
    tall = splat.clone()
    tall[..., 1:, :] += splat[..., :-1, :]
    tall[..., :-1, :] += splat[..., 1:, :]
    around = tall.clone()
    around[..., 1:] += tall[..., :-1]
    around[..., :-1] += tall[..., 1:]
    sums = torch.where(splat[:, -1:] > SPARSE, splat, around)
    return sums[:, :-1] / sums[:, -1:].clamp_min(1e-6)


def _grown(mask: torch.Tensor) -> torch.Tensor:
    """A bool mask (P, 1, h, w) dilated by one cell in all eight directions."""
    tall = mask.clone()
    tall[..., 1:, :] |= mask[..., :-1, :]
    tall[..., :-1, :] |= mask[..., 1:, :]
    wide = tall.clone()
    wide[..., 1:] |= tall[..., :-1]
    wide[..., :-1] |= tall[..., 1:]
    return wide


class SkeletalFlow:
    """The flow of one source person, prepared once, evaluated per frame.

    Args:
        joints: (25, 2) source joints, stage pixels.
        masks: ``Part`` -> (H, W) float32 in [0, 1], where the layers that hang on the part have pixels on the stage.
        hair: (H, W) float32 in [0, 1].
    """

    def __init__(
        self,
        joints: np.ndarray,
        masks: Mapping[Part, np.ndarray] | Mapping[str, np.ndarray],
        hair: np.ndarray,
        device: torch.device | str = "cpu",
    ) -> None:
        import cv2

        self.joints = joints.astype(np.float32)
        self.names = tuple(masks)
        self.size = next(iter(masks.values())).shape
        self.device = torch.device(device)
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * REACH + 1, 2 * REACH + 1))
        all_points, all_weights, all_parts = [], [], []
        for index, (part, mask) in enumerate(masks.items()):
            domain = cv2.dilate((mask > 0.02).astype(np.uint8), kernel)
            domain[::2, ::2] = domain[1::2, 1::2] = 0  # a chequerboard: two points a cell are enough
            y, x = np.nonzero(domain)
            points = np.stack([x, y], -1).astype(np.float64)
            all_points.append(points)
            all_weights.append(skinning_weights(Part(part), points, joints.astype(np.float64), hair[y, x]))
            all_parts.append(np.full(len(points), index))
        weights = np.concatenate(all_weights).astype(np.float32)
        near = np.array([NEARNESS.get(name, 0.0) for name in BONES], np.float32)
        self.points = torch.from_numpy(np.concatenate(all_points).astype(np.float32)).to(self.device)
        self.weights = torch.from_numpy(weights).to(self.device)
        self.parts = torch.from_numpy(np.concatenate(all_parts)).to(self.device)
        self.nearness = torch.from_numpy(np.exp(3 * (weights @ near))).to(self.device)

    def window(self, joints: np.ndarray) -> tuple[float, float]:
        """Where the flow's window begins (x, y), stage pixels: it follows a person who walks off the stage."""
        shift = CELL * np.round((joints[Joint.MID_HIP] - self.joints[Joint.MID_HIP]) / CELL)
        return float(shift[0] - MARGIN[0]), float(shift[1] - MARGIN[1])

    def moved(self, bones: np.ndarray) -> torch.Tensor:
        """Where the source points go: (N, 2) stage pixels."""
        affine = (self.weights @ torch.from_numpy(bones.reshape(len(BONES), 6)).to(self.device)).view(-1, 2, 3)
        return (affine[:, :, :2] * self.points[:, None]).sum(-1) + affine[:, :, 2]

    def __call__(self, bones: np.ndarray, pose: Pose) -> LayerFlow:
        """bones: (len(BONES), 2, 3) from ``bone_transforms``; pose: the target pose in stage pixels."""
        origin = self.window(pose.points)
        height, width = self.size[0] // CELL + 2 * MARGIN[1] // CELL, self.size[1] // CELL + 2 * MARGIN[0] // CELL
        target = self.moved(bones)

        cell = (target - torch.tensor(origin, device=self.device)) / CELL
        base = cell.floor()
        fraction = cell - base
        base = base.long()
        payload = torch.cat([self.points - target, torch.ones_like(target[:, :1])], 1)
        channels = payload.shape[1]
        # Whole numbers add up to the same sum in any order, so that a GPU's result doesn't depend on its scheduling.
        total = torch.zeros(len(self.names) * height * width, channels, dtype=torch.int64, device=self.device)
        for dx in (0, 1):
            for dy in (0, 1):
                column, row = base[:, 0] + dx, base[:, 1] + dy
                hat = (fraction[:, 0] if dx else 1 - fraction[:, 0]) * (fraction[:, 1] if dy else 1 - fraction[:, 1])
                inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
                share = torch.where(inside, hat * self.nearness, 0)
                column, row = column.clamp(0, width - 1), row.clamp(0, height - 1)
                whole = (payload * share[:, None] * FIXED_POINT).round().to(torch.int64)
                total.index_add_(0, (self.parts * height + row) * width + column, whole)
        splat = total.view(len(self.names), height, width, channels).permute(0, 3, 1, 2).float() / FIXED_POINT
        weight = splat[:, -1:]
        filled = _averaged(splat)
        # Small holes inside an enlarged limb belong to it: close by one cell.
        occupied = ~_grown(~_grown(weight > SPARSE))
        filled = torch.where(occupied, filled, OUTSIDE)
        order = tuple(self.names.index(part) for part in depth_order(pose.depth, float(np.ptp(self.joints[:, 1]))))
        return LayerFlow(self.names, filled, occupied[:, 0], origin, order)
