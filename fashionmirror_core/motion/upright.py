"""A motion that lies on its side or stands on its head is turned upright, as photos must be."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from fashionmirror_core.motion.sequence import PoseSequence
from fashionmirror_core.skeleton import MISSING, Joint

Sequence = TypeVar("Sequence", bound=PoseSequence)

_MOST = 0.5  # share of the motion that must lie in one way for all of it to be turned
_WORTH_A_NOTE = 0.1  # share that lies in another way
_TURNED = {
    1: "The motion lay on its side; it was turned upright.",
    2: "The motion stood on its head; it was turned upright.",
    3: "The motion lay on its side; it was turned upright.",
}


def upright(motion: Sequence) -> Sequence:
    """The motion turned by the quarters that most of it needs, with a note; a frame's trunk points down when upright."""
    shares = _shares(motion.joints)
    turns = int(np.argmax(shares))
    if turns and shares[turns] > _MOST:
        motion = turned(motion, turns).noted(_TURNED[turns])
        shares = np.roll(shares, -turns)
    lying = 1.0 - shares[0]
    if lying > _WORTH_A_NOTE and shares.any():
        return motion.noted(
            f"The person lies or stands on the head in {100 * lying:.0f} % of the motion; clothes fall as on a person "
            "who stands."
        )
    return motion


def turned(motion: Sequence, quarters: int) -> Sequence:
    """The motion in a frame that was turned clockwise by so many quarters."""
    points, (width, height) = motion.joints[..., :2], motion.size
    for _ in range(quarters % 4):
        points = np.stack([height - 1 - points[..., 1], points[..., 0]], -1)
        width, height = height, width
    return replace(motion, joints=np.concatenate([points, motion.joints[..., 2:]], -1), size=(width, height))


def _shares(joints: np.ndarray) -> np.ndarray:
    """(4,): for which share of the motion no, one, two or three clockwise quarters stand the person up.

    Frames count by the length of the trunk in them: one that points at the camera has no direction.
    """
    seen = (joints[:, [Joint.NECK, Joint.MID_HIP], 2] >= MISSING).all(-1)
    trunk = joints[seen, Joint.MID_HIP, :2] - joints[seen, Joint.NECK, :2]
    length = np.hypot(trunk[:, 0], trunk[:, 1])
    quarters = np.round(np.arctan2(trunk[:, 0], trunk[:, 1]) / (np.pi / 2)).astype(int) % 4
    weights = np.bincount(quarters, weights=length, minlength=4)
    return weights / max(weights.sum(), 1e-9)
