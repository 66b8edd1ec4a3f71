"""Which limb is the left and which the right one, followed through time: now and then estimators mistake backs and profiles.

In each frame the arms, and apart from them the legs, may be changed over. The cheapest way through the clip moves the
joints the least in space (Viterbi).
"""

from __future__ import annotations

import numpy as np

from fashionmirror_core.motion.sequence import typical_extent
from fashionmirror_core.skeleton import ARM, FOOT, LEG, MIRROR, Joint
from fashionmirror_core.vocabulary import Side

_GROUPS = (
    [joint for side in Side for joint in ARM[side]] + [Joint.R_EYE, Joint.L_EYE, Joint.R_EAR, Joint.L_EAR],
    [joint for side in Side for joint in (*LEG[side], *FOOT[side])],
)
_CHANGED = 0.001  # a frame's cost of being changed over, in mean distances over the person's extent
_LONGEST_GAP = 0.3  # seconds without the person, after which nothing tells how the limbs went on


def followed(
    joints: np.ndarray, depth: np.ndarray, present: np.ndarray, fps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints (T, 25, 3) and depth (T, 25) with arms and legs on their sides, and where they were changed over, (T, 2) bool.

    present: (T,) bool, the frames that show the person.
    """
    joints, depth = joints.copy(), depth.copy()
    changed = np.zeros((len(joints), len(_GROUPS)), bool)
    frames = np.flatnonzero(present)
    if len(frames) < 2:
        return joints, depth, changed
    points = np.concatenate([joints[frames, :, :2], depth[frames, :, None]], -1).astype(np.float64)
    points = (points - points[:, [Joint.MID_HIP]]) / max(typical_extent(joints[frames]), 1.0)
    near = np.diff(frames) <= max(_LONGEST_GAP * fps, 1)
    for number, group in enumerate(_GROUPS):
        stay, cross = (
            np.linalg.norm(points[1:, group] - points[:-1, other], axis=-1).mean(-1) * near
            for other in (group, MIRROR[group])
        )
        states = _cheapest(stay, cross)
        rows = frames[states]
        changed[rows, number] = True
        for values in (joints, depth):
            values[np.ix_(rows, group)] = values[np.ix_(rows, MIRROR[group])]
    return joints, depth, changed


def _cheapest(stay: np.ndarray, cross: np.ndarray) -> np.ndarray:
    """(T,) bool: where to change over. stay, cross: (T - 1,), the costs of going on as before and of changing."""
    cost = np.array([0.0, _CHANGED])
    came = np.zeros((len(stay) + 1, 2), int)
    for step, (same, other) in enumerate(zip(stay, cross, strict=True), start=1):
        ways = cost[:, None] + np.array([[same, other], [other, same]])  # from, to
        came[step] = ways.argmin(0)
        cost = ways.min(0) + np.array([0.0, _CHANGED])
    states = np.zeros(len(came), bool)
    state = int(cost.argmin())
    for step in range(len(came) - 1, -1, -1):
        states[step] = bool(state)
        state = int(came[step, state])
    return states
