"""Limbs whose joints are moved in the picture: each bone keeps its length and turns in depth."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fashionmirror_core.skeleton import ARM, FOOT, LEG, Joint
from fashionmirror_core.vocabulary import Side

_FLAT = 0.15  # of a bone's length: one that leaves the picture's plane by less may turn either way
# The way that a bone in the picture's plane turns where it has to look shorter: hands, elbows and knees come to the front,
# feet go to the back.
_FRONT = {chain[end]: way for side in Side for chain, end, way in (
    (ARM[side], 1, 1), (ARM[side], 2, 1), (LEG[side], 1, 1), (LEG[side], 2, -1)
)}  # fmt: skip


def with_lengths_kept(before: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Depth (T, 25) float32 of joints moved to places (T, 25, 2), in pixels.

    before: (T, 25, 3), x, y and depth, smaller is nearer, from which the bones have their lengths. A bone of arm or leg
    whose end was moved turns towards the camera or away from it, as it did before. A place that is too far for the bone gets
    the depth of the bone's start: the bone points there. Feet keep their place behind and before the ankle.
    """
    before = np.asarray(before, np.float64)
    depth = before[..., 2].copy()
    front = np.where(before[:, Joint.L_SHOULDER, 0] >= before[:, Joint.R_SHOULDER, 0], -1.0, 1.0)
    moved = (np.abs(places - before[..., :2]) > 1e-3).any(-1)
    for chain in (*ARM.values(), *LEG.values()):
        for start, end in pairwise(chain):
            away = before[:, end, 2] - before[:, start, 2]
            length = np.linalg.norm(before[:, end] - before[:, start], axis=-1)
            flat = np.linalg.norm(places[:, end] - places[:, start], axis=-1)
            way = np.where(np.abs(away) < _FLAT * length, _FRONT[end] * front, np.sign(away))
            turned = way * np.sqrt(np.maximum(length**2 - flat**2, 0))
            depth[:, end] = depth[:, start] + np.where(moved[:, start] | moved[:, end], turned, away)
    for side in Side:
        ankle = LEG[side][2]
        depth[:, FOOT[side]] += (depth[:, ankle] - before[:, ankle, 2])[:, None]
    return depth.astype(np.float32)
