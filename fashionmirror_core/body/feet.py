"""Feet on a level floor: a camera near by looks down on them, and sees the toes of who faces it below the heels."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.spatial.transform import Rotation

from fashionmirror_core.body.fitted import LEG_OF, FittedBody
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.motion.rotations import aligned
from fashionmirror_core.skeleton import FOOT, HEEL, LEG, TOES
from fashionmirror_core.vocabulary import Side

LEVEL = (22.0, 38.0)  # degrees of a sole from level, over which it is believed
STEEPEST = 0.6  # pixels that a floor rises in the picture, a pixel farther away
ALONG_VIEW = 0.7  # of a foot's length in depth, from which on it tells the floor's slope
ELSEWHERE = (3.0, 12.0)  # degrees that a foot has turned about the vertical
PLANTED = 65  # percentile of the slopes that feet have: raised heels make those of who faces the camera steeper


def levelling(rotation: np.ndarray, up: np.ndarray, raised: float = 0.0) -> np.ndarray:
    """(3, 3): turns a foot's sole level, unless it is far from it: a fit without perspective takes a foot that the camera
    sees from above for one that points down. rotation: (3, 3) of the foot from rest. up: (3,), the vertical. raised: degrees
    that the foot points down for its shoe's heel, which are believed besides.
    """
    sole = rotation @ np.array([0.0, -1.0, 0.0])
    axis = np.cross(sole, up)
    angle = float(np.arctan2(np.linalg.norm(axis), sole @ up))
    share = 1 - float(smoothstep(np.array(np.degrees(angle) - raised), *LEVEL))
    return Rotation.from_rotvec(axis / max(float(np.linalg.norm(axis)), 1e-9) * angle * share).as_matrix()


def on_level_floor(points: np.ndarray, source: np.ndarray, body: FittedBody, shod: Iterable[Side]) -> np.ndarray:
    """(T, 25, 3): poses as a camera near by saw them, in photo space, with toes and heels turned as on a level floor.

    In such points the floor rises away from the viewer, so that a foot would tip up as it turns sideways. points:
    (T, 25, 3). source: (25, 3), the person's joints in the photo. Both finite. shod: the feet in shoes that are made level
    (``avatar.feet``); others stay as they are.
    """
    result = np.array(points, np.float64)
    slope = _slope(result)
    for side in shod:
        ankle, foot = LEG[side][2], list(FOOT[side])
        own = (source[foot] - source[ankle]).astype(np.float64)
        level = own @ levelling(body.rotations[LEG_OF[side][2]].astype(np.float64), body.up.astype(np.float64)).T
        now = result[:, foot] - result[:, [ankle]]
        now[..., 1] -= slope * now[..., 2]
        size = np.linalg.norm(now, axis=-1).sum(-1) / max(float(np.linalg.norm(own, axis=-1).sum()), 1e-6)
        turn = aligned(
            level - level.mean(0), now - now.mean(1, keepdims=True)
        )  # of the sole; the ankle leans with the leg
        turned = result[:, [ankle]] + size[:, None, None] * (own @ turn.swapaxes(-1, -2))
        result[:, foot] += _turned_away(points[:, foot], source[foot])[:, None, None] * (turned - result[:, foot])
    return result


def _turned_away(feet: np.ndarray, own: np.ndarray) -> np.ndarray:
    """(T,) in [0, 1]: whether feet (T, 3, 3) point elsewhere than in the photo (3, 3), where they stand as they are seen."""

    def heading(points: np.ndarray) -> np.ndarray:
        along = points[..., :2, :].mean(-2) - points[..., 2, :]
        return np.arctan2(along[..., 0], along[..., 2])

    change = heading(feet) - heading(own)
    return smoothstep(np.abs(np.degrees((change + np.pi) % (2 * np.pi) - np.pi)), *ELSEWHERE)


def _slope(points: np.ndarray) -> float:
    """Pixels down the picture that the floor lies lower a pixel farther away, of points (T, 25, 3): never more than 0."""
    along = np.concatenate([points[:, list(TOES[side])].mean(1) - points[:, HEEL[side]] for side in Side])
    telling = np.abs(along[:, 2]) > ALONG_VIEW * np.linalg.norm(along, axis=1)
    if not telling.any():
        return 0.0
    slope = float(np.percentile(along[telling, 1] / along[telling, 2], PLANTED))
    return float(np.clip(slope, -STEEPEST, 0.0))
