"""How bones of a standing person usually are, and how far they go: rotation vectors in the parent's axes, radians."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.body.fitted import Bone

_WEIGHT = 0.012  # of a squared deviation, in units of its spread, against squared distances in the fit


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


# At rest, of the left arm; the right one's have the other x.
_UPPER_ARM, _FOREARM, _HAND = np.array([[0.188, 0.210, -0.010], [0.129, 0.130, -0.173], [0.055, 0.116, -0.137]])


def _elbow(side: int) -> np.ndarray:
    """The elbow's hinge: about it the forearm folds up. side: +1 left."""
    mirror = np.array([side, 1, 1])
    return _unit(np.cross(_UPPER_ARM * mirror, _FOREARM * mirror))


def _straight(side: int) -> np.ndarray:
    """The turn of a hand that continues the forearm: at rest it is bent to the thumb's other side."""
    mirror = np.array([side, 1, 1])
    hand, forearm = _unit(_HAND) * mirror, _unit(_FOREARM) * mirror
    return np.cross(hand, forearm)


ELBOWS = {Bone.L_FOREARM: _elbow(1), Bone.R_FOREARM: _elbow(-1)}
KNEES = {Bone.L_SHIN: np.array([1.0, 0, 0]), Bone.R_SHIN: np.array([1.0, 0, 0])}

LIMITS: tuple[tuple[Bone, np.ndarray, float], ...] = (
    *((bone, axis, -0.68) for bone, axis in ELBOWS.items()),
    *((bone, axis, -0.12) for bone, axis in KNEES.items()),
)
"""(bone, axis, the least turn about it): at rest elbows are bent by 0.72 and knees by 0.15; none bends backwards."""

REST_TURNS = np.zeros((len(Bone), 3))
"""(22, 3): arms hang, elbows nearly straight, legs are vertical, the head is held a little forward."""
REST_TURNS[Bone.NECK] = [0.1, 0, 0]
REST_TURNS[Bone.HEAD] = [-0.06, 0, 0]
REST_TURNS[Bone.L_THIGH] = [0, 0, 0.08]
REST_TURNS[Bone.R_THIGH] = [0, 0, -0.08]
REST_TURNS[Bone.L_UPPER_ARM] = [0, 0, 0.7]
REST_TURNS[Bone.R_UPPER_ARM] = [0, 0, -0.7]
for _bone, _axis in ELBOWS.items():
    REST_TURNS[_bone] = -0.4 * _axis
REST_TURNS[Bone.L_HAND], REST_TURNS[Bone.R_HAND] = _straight(1), _straight(-1)

# How far a bone usually strays from that: about x (a bow), y (a twist of upright bones), z (a lean).
_SPREADS: dict[str, tuple[float, float, float]] = {
    "PELVIS": (0.07, 3.0, 0.3),
    "SPINE1": (0.07, 0.12, 0.07),
    "SPINE2": (0.07, 0.12, 0.07),
    "CHEST": (0.07, 0.12, 0.07),
    "NECK": (0.2, 0.2, 0.2),
    "HEAD": (0.25, 0.25, 0.25),
    "CLAVICLE": (0.12, 0.12, 0.12),
    "UPPER_ARM": (0.7, 0.7, 0.7),
    "HAND": (0.3, 0.3, 0.3),
    "THIGH": (0.2, 0.3, 0.4),
    "SHIN": (0.15, 0.06, 0.06),
    "FOOT": (0.25, 0.25, 0.25),
    "TOES": (0.12, 0.12, 0.12),
}
_ELBOW_SPREAD, _ELBOW_ASIDE = 0.9, 0.25


def _precision(bone: Bone) -> np.ndarray:
    if bone in ELBOWS:
        hinge = np.outer(ELBOWS[bone], ELBOWS[bone])
        return _WEIGHT * (hinge / _ELBOW_SPREAD**2 + (np.eye(3) - hinge) / _ELBOW_ASIDE**2)
    return _WEIGHT * np.diag(1 / np.square(_SPREADS[bone.name.removeprefix("L_").removeprefix("R_")]))


PRIOR: dict[Bone, np.ndarray] = {bone: _precision(bone) for bone in Bone}
"""Bone -> (3, 3): the weight of its squared deviation from ``REST_TURNS``."""
