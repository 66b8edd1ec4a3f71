"""How far before the body the hands of who stands can be, where the photo alone doesn't say it.

An arm that is foreshortened points forward or back, and estimators take it for one that points forward: hands in pockets and
on hips reached for the viewer as soon as the person turned.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fashionmirror_core.skeleton import ARM, LEG
from fashionmirror_core.vocabulary import Side

_LOW = (0.18, 0.12)  # heights above the hips, over which a wrist becomes one of an arm that hangs
_STANDS = 0.13  # heights that knees lie below the hips of who stands
_BESIDE = 0.05  # heights that a wrist beside the hips is before their joints at most
_BELLY, _HALF = 0.065, 0.1  # heights: how far the front of the hips stands off their joints, and half their width
_ON_BODY = 0.02  # heights from the body's front to the wrist of a hand on it
_SWINGS = 0.6  # of the stride, that an arm swings further
_FACES = 0.6  # cosine of the trunk's turn: who is turned further shows how far before the body the hands are
_ARM = (0.172, 0.143)  # heights: upper arm and forearm


def resting(points: np.ndarray, depth: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """Depth (25,) of joints, in heights, with low hands at the body, and elbows that explain how short the arms look.

    points: (25, 2), in heights from the mid-hip; depth: (25,), less is nearer to the viewer; trust: (25,), 0 for joints that
    aren't seen. Arms whose hands are as near to the body keep their depth.
    """
    space = np.column_stack([points, depth])
    hips, knees, ankles = (np.array([space[LEG[side][k]] for side in Side]) for k in range(3))
    if (knees[:, 1] - hips[:, 1]).min() < _STANDS:
        return depth
    across = sum(space[chain[Side.LEFT][0]] - space[chain[Side.RIGHT][0]] for chain in (ARM, LEG))[[0, 2]]
    across = across / max(float(np.hypot(*across)), 1e-6)
    forward = np.array([across[1], -across[0]])
    if abs(forward[1]) < _FACES:
        return depth
    result = depth.copy()
    for index, side in enumerate(Side):
        shoulder, elbow, wrist = chain = ARM[side]
        off = space[wrist] - hips.mean(0)
        if not trust[list(chain)].all() or off[1] < -_LOW[0]:
            continue
        hangs = np.clip((off[1] + _LOW[0]) / (_LOW[0] - _LOW[1]), 0, 1)
        aside, ahead = float(off[[0, 2]] @ across), float(off[[0, 2]] @ forward)
        front = _ON_BODY + _BELLY * np.sqrt(max(0.0, 1 - (aside / _HALF) ** 2))
        stride = float((ankles[1 - index] - ankles[index])[[0, 2]] @ forward)
        over = ahead - max(_BESIDE, front) - _SWINGS * max(0.0, stride)
        if over <= 0:
            continue
        result[wrist] -= hangs * over / forward[1]
        upper, fore = (
            np.sqrt(max(0.0, length**2 - float(((points[b] - points[a]) ** 2).sum())))
            for length, (a, b) in zip(_ARM, pairwise(chain), strict=True)
        )
        back = -np.sign(forward[1])
        behind = back * result[wrist] + fore
        behind = np.clip(behind, back * depth[shoulder] - upper, back * depth[shoulder] + upper)
        result[elbow] += hangs * (back * behind - depth[elbow])
    return result
