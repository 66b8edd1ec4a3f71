"""Depth for a motion of which only the picture is known, from the lengths of the body's bones.

A bone that looks shorter than it is points towards the viewer or away. How far follows from its length; which of the two
is found for all frames together (Viterbi): joints bend as they can, feet stay under the trunk, nothing jumps.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.skeleton import ARM, FOOT, HEAD, HEEL, LEG, Chain, Joint
from fashionmirror_core.vocabulary import Side

_GIRDLES = tuple((chain[Side.RIGHT][0], chain[Side.LEFT][0]) for chain in (ARM, LEG))
_TRUNK = (Joint.MID_HIP, Joint.NECK)
_RULERS = (_TRUNK, *_GIRDLES, *(bone for limbs in (ARM, LEG) for chain in limbs.values() for bone in pairwise(chain)))

_FULL = 0.8  # quantile of the bones' apparent lengths that counts as lying in the picture's plane
_SHRINK = {False: 0.14, True: 0.35}  # a bone within this share of its length of the plane lies in it; True: the trunk
_ERROR = 0.006  # metres by which a bone may look too short because its joints are estimates
_CALM = 0.06  # seconds over which depth is averaged, and ...
_SIZE_CALM = 0.25  # ... the person's size

# Costs of one frame. Lengths in metres, angles in radians.
_STEADY = 6.0  # times the frame rate: of a square metre that a joint's depth jumps
_STEADY_TURN = 1.6  # ... of a square radian of turn
_BOUNCE = 0.3  # of a limb that comes into the picture's plane and doesn't pass through it
_NEAR = 0.12  # metres from the plane within which it may pass
_FEATURES = 1.0  # of face and feet that point elsewhere
_HYPEREXTENDED, _OVERSWUNG, _ASIDE, _UNBALANCED = 30.0, 10.0, 4.0, 2.0


def lift(joints: np.ndarray, fps: float, loop: bool = False) -> np.ndarray:
    """Depth (T, 25) float32 in pixels, smaller is nearer, 0 at the mid-hip, of joints (T, 25, 2 or 3) in pixels.

    All joints have places (see ``PoseSequence.fill_gaps``). loop: the frame after the last is the first. A third column
    is the joints' confidence: a face that isn't seen tells nothing. The camera is taken as level and far.
    """
    joints = np.asarray(joints, np.float64)
    around = min(len(joints), round(1.5 * fps)) if loop else 0
    whole = np.concatenate([joints[len(joints) - around :], joints, joints[:around]])
    depth = _lifted(whole, fps)
    depth = gaussian_filter1d(depth, _CALM * fps, axis=0, mode="nearest")[around : around + len(joints)]
    return (depth - depth[:, [Joint.MID_HIP]]).astype(np.float32)


def _lifted(joints: np.ndarray, fps: float) -> np.ndarray:
    rest = BodyModel.load().landmarks.rest
    points = joints[..., :2]
    lengths, scale = _measured(points, rest, fps)
    space = np.zeros((*points.shape[:2], 3))  # metres
    space[..., :2] = (points - points[:, [Joint.MID_HIP]]) / scale[:, None, None]
    front = _facing(joints, space, lengths, rest, fps)
    left = np.stack([-front[:, 1], front[:, 0]], -1)  # to the person's left, in x and z
    space[:, Joint.NECK, 2] = front[:, 1] * _away(space, _TRUNK, lengths)
    for middle, girdle in zip((Joint.NECK, Joint.MID_HIP), _GIRDLES, strict=True):
        half = np.sign(left[:, 1]) * _away(space, girdle, lengths) / 2
        space[:, girdle[0], 2], space[:, girdle[1], 2] = (space[:, middle, 2] + sign * half for sign in (-1, 1))
    for side in Side:
        _place(space, (ARM[side],), lengths, front, fps, _arm_cost)
    _place(space, tuple(LEG.values()), lengths, front, fps, _leg_cost)
    for side in Side:
        _place_foot(space, side, front, rest)
    _place_head(space, joints, front, rest)
    return space[..., 2] * scale[:, None]


# ---- sizes -----------------------------------------------------------------------------------------------------------


def _measured(points: np.ndarray, rest: np.ndarray, fps: float) -> tuple[dict[tuple[Joint, Joint], float], np.ndarray]:
    """The lengths of this person's bones in metres, and each frame's pixels a metre (T,)."""
    bones = np.array(_RULERS)
    usual = np.linalg.norm(rest[bones[:, 1]] - rest[bones[:, 0]], axis=-1)
    seen = np.linalg.norm(points[:, bones[:, 1]] - points[:, bones[:, 0]], axis=-1)
    lengths = usual.copy()
    scale = np.ones(len(points))
    for _ in range(2):
        scale = np.maximum(np.quantile(seen / lengths, _FULL, axis=1), 1e-3)
        scale = gaussian_filter1d(scale, _SIZE_CALM * fps, mode="nearest")
        own = np.quantile(seen / scale[:, None], 0.85, axis=0) / usual
        # A bone that never lies in the plane is as long as the others would have it.
        sure = own > 0.85
        lengths = usual * np.where(sure, np.minimum(own, 1.15), np.median(own[sure]) if sure.any() else 1.0)
    return dict(zip(_RULERS, lengths.tolist(), strict=True)), scale


def _away(space: np.ndarray, bone: tuple[Joint, Joint], lengths: dict[tuple[Joint, Joint], float]) -> np.ndarray:
    """(T,) metres, not negative: how far a bone leaves the picture's plane."""
    flat = ((space[:, bone[1], :2] - space[:, bone[0], :2]) ** 2).sum(-1)
    near = (_SHRINK[bone == _TRUNK] * lengths[bone]) ** 2 + 2 * _ERROR * lengths[bone]
    return np.sqrt(np.maximum(lengths[bone] ** 2 - flat - near, 0))


# ---- which way ------------------------------------------------------------------------------------------------------


def _cheapest(
    costs: np.ndarray, values: np.ndarray, steady: float, bounces: np.ndarray, signs: np.ndarray
) -> np.ndarray:
    """(T,): the states that cost least over all frames.

    costs: (T, S) of each state; values: (T, S, K), which cost ``steady`` times their squared steps; bounces: (T, K), what
    it costs to keep a sign (signs: (S, K)) from one frame to the next.
    """
    kept = (signs[:, None] == signs[None]).astype(float)
    total = costs[0]
    back = np.zeros(costs.shape, np.int64)
    for frame in range(1, len(costs)):
        steps = values[frame][None] - values[frame - 1][:, None]
        change = steady * np.einsum("abk,abk->ab", steps, steps) + kept @ bounces[frame]
        sums = total[:, None] + change
        back[frame] = sums.argmin(0)
        total = sums.min(0) + costs[frame]
    path = np.empty(len(costs), np.int64)
    path[-1] = total.argmin()
    for frame in range(len(costs) - 1, 0, -1):
        path[frame - 1] = back[frame, path[frame]]
    return path


def _passing(away: np.ndarray, fps: float) -> np.ndarray:
    """(T,): what it costs to keep a bone's sign, where it is nearest to the plane."""
    calm = gaussian_filter1d(away, 0.04 * fps, mode="nearest")
    lowest = minimum_filter1d(calm, 2 * max(1, round(0.12 * fps)) + 1, mode="nearest")
    touches = (calm <= lowest) & (away < _NEAR)
    # Of a row of equal frames one counts.
    return _BOUNCE * (touches & ~np.concatenate([[True], touches[:-1]]))


def _facing(
    joints: np.ndarray, space: np.ndarray, lengths: dict[tuple[Joint, Joint], float], rest: np.ndarray, fps: float
) -> np.ndarray:
    """(T, 2): the unit vector in x and z in which the trunk faces."""
    across = sum(space[:, left, 0] - space[:, right, 0] for right, left in _GIRDLES)
    cosine = np.clip(across / sum(lengths[girdle] for girdle in _GIRDLES), -1, 1)
    sine = np.sqrt(np.maximum(1 - cosine**2 - _SHRINK[False] ** 2, 0))
    angles = np.arctan2(sine, cosine)[:, None] * [1.0, -1.0]
    told, trust = _pointing(joints, space, rest)
    costs = _FEATURES * trust[:, None] * (np.sin(angles) - told[:, None]) ** 2
    # The turn from frame to frame as a chord, so that half a turn has no end.
    values = np.stack([np.cos(angles), np.sin(angles)], -1)
    bounces = np.column_stack([np.zeros(len(angles)), _passing(sine, fps)])
    signs = np.array([[0.0, 1.0], [1.0, -1.0]])  # only the second is kept or lost
    path = _cheapest(costs, values, _STEADY_TURN * fps, bounces, signs)
    chosen = np.take_along_axis(angles, path[:, None], 1)[:, 0]
    return np.stack([np.sin(chosen), -np.cos(chosen)], -1)


def _pointing(joints: np.ndarray, space: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far to the picture's right nose and toes point, (T,) in [-1, 1], and how much that is worth (T,)."""
    seen = joints[..., 2] if joints.shape[-1] == 3 else np.ones(joints.shape[:2])
    toes = [FOOT[side][0] for side in Side]
    heels = [HEEL[side] for side in Side]
    feet = (space[:, toes, 0] - space[:, heels, 0]).mean(1) / np.linalg.norm(rest[toes[0]] - rest[heels[0]])
    nose = (space[:, Joint.NOSE, 0] - space[:, [Joint.R_EAR, Joint.L_EAR], 0].mean(1)) / 0.11
    weights = np.stack([seen[:, HEAD].min(1), seen[:, [*toes, *heels]].min(1)])
    told = (weights * np.clip([nose, feet], -1, 1)).sum(0) / np.maximum(weights.sum(0), 1e-6)
    return told, weights.mean(0)


# ---- limbs -----------------------------------------------------------------------------------------------------------

_Cost = Callable[[np.ndarray, np.ndarray, np.ndarray, list[float], tuple[Chain, ...]], np.ndarray]
"""Of flat bones (T, bones, 2), their depths (T, S, bones), the front (T, 2), lengths and chains -> (T, S)."""


def _place(
    space: np.ndarray,
    chains: tuple[Chain, ...],
    lengths: dict[tuple[Joint, Joint], float],
    front: np.ndarray,
    fps: float,
    cost: _Cost,
) -> None:
    """Gives the joints of limbs, which are decided together, their depth."""
    bones = [bone for chain in chains for bone in pairwise(chain)]
    signs = np.array(list(product((-1.0, 1.0), repeat=len(bones))))
    away = np.stack([_away(space, bone, lengths) for bone in bones], -1)
    depths = signs * away[:, None]  # (T, S, bones)
    flat = np.stack([space[:, b, :2] - space[:, a, :2] for a, b in bones], 1)
    costs = cost(flat, depths, front, [lengths[bone] for bone in bones], chains)
    bounces = np.stack([_passing(column, fps) for column in away.T], -1)
    path = _cheapest(costs, depths, _STEADY * fps, bounces, signs)
    chosen = np.take_along_axis(depths, path[:, None, None], 1)[:, 0]
    for number, (a, b) in enumerate(bones):
        space[:, b, 2] = space[:, a, 2] + chosen[:, number]


def _along(flat: np.ndarray, depths: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """(T, S, bones): how far bones (T, bones, 2), with depths (T, S, bones), go along directions (T, 2) in x and z."""
    return (flat[..., 0] * direction[:, [0]])[:, None] + depths * direction[:, 1][:, None, None]


def _excess(values: np.ndarray, limit: float) -> np.ndarray:
    return np.maximum(values - limit, 0) ** 2


def _arm_cost(
    flat: np.ndarray, depths: np.ndarray, front: np.ndarray, lengths: list[float], chains: tuple[Chain, ...]
) -> np.ndarray:
    forward = _along(flat, depths, front) / lengths
    sign = 1.0 if chains[0] == ARM[Side.LEFT] else -1.0
    outward = sign * np.stack([-front[:, 1], front[:, 0]], -1)
    aside = _along(flat, depths, outward) / lengths
    bent_back = _excess(forward[..., 0] - forward[..., 1], 0.05)
    return 0.5 * _HYPEREXTENDED * bent_back + _OVERSWUNG * (
        _excess(-forward[..., 0], 0.5) + _excess(-aside[..., 0], 0.15)
    )


def _leg_cost(
    flat: np.ndarray, depths: np.ndarray, front: np.ndarray, lengths: list[float], chains: tuple[Chain, ...]
) -> np.ndarray:
    reach = _along(flat, depths, front)
    forward = reach / lengths
    aside = _along(flat, depths, np.stack([-front[:, 1], front[:, 0]], -1))
    costs = _UNBALANCED * reach.sum(-1) ** 2
    for thigh, shin in ((0, 1), (2, 3)):
        costs += _HYPEREXTENDED * _excess(forward[..., shin] - forward[..., thigh], 0.08)
        costs += _OVERSWUNG * _excess(-forward[..., thigh], 0.4)
        costs += _ASIDE * (aside[..., thigh] + aside[..., shin]) ** 2
    return costs


# ---- feet and head ---------------------------------------------------------------------------------------------------


def _place_foot(space: np.ndarray, side: Side, front: np.ndarray, rest: np.ndarray) -> None:
    """Toes ahead of the ankle, the heel behind it, as far as they don't point aside."""
    ankle, heel, toes = LEG[side][2], HEEL[side], FOOT[side][:2]
    length = np.linalg.norm(rest[toes[0]] - rest[heel])
    flat = ((space[:, toes[0], :2] - space[:, heel, :2]) ** 2).sum(-1)
    ahead = np.tanh(4 * front[:, 1]) * np.sqrt(np.maximum(length**2 - flat, 0))
    share = (rest[ankle, 2] - rest[heel, 2]) / (rest[toes[0], 2] - rest[heel, 2])
    space[:, heel, 2] = space[:, ankle, 2] - share * ahead
    for toe in toes:
        space[:, toe, 2] = space[:, ankle, 2] + (1 - share) * ahead


def _place_head(space: np.ndarray, joints: np.ndarray, front: np.ndarray, rest: np.ndarray) -> None:
    """Nose, eyes and ears of a head that turns from the trunk as far as the nose says, where it is seen."""
    seen = np.clip(joints[..., 2], 0, 1)[:, HEAD].min(1) if joints.shape[-1] == 3 else np.ones(len(space))
    ears = space[:, [Joint.R_EAR, Joint.L_EAR], 0].mean(1)
    aside = np.clip((space[:, Joint.NOSE, 0] - ears) / 0.11, -0.95, 0.95)
    turned = np.stack([aside, np.tanh(4 * front[:, 1]) * np.sqrt(1 - aside**2)], -1)
    look = front + seen[:, None] * (turned - front)
    for joint in HEAD:
        offset = rest[joint] - rest[Joint.NECK]
        space[:, joint, 2] = space[:, Joint.NECK, 2] - offset[2] * look[:, 1] + offset[0] * look[:, 0]
