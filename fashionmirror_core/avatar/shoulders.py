"""Shoulders: arm and trunk are two sheets there, but one surface (docs/method.md, "The avatar").

Each sheet for itself closes at the armhole, and the two rims are a groove as soon as the person turns. Near the shoulder
both follow the body's own surface instead, and stay open towards each other: two tubes that meet.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial import cKDTree

from fashionmirror_core.avatar.sheets import Grid
from fashionmirror_core.imaging.easing import smoothstep

REACH = (0.055, 0.10)  # statures from the joint, over which the sheets become their own again
CLOTH = 0.005  # statures that they stand off the body
NEAREST = 10  # vertices that a depth is the mean of
FACING = 0.1  # of a normal: from there on a vertex counts for the front or the back
REACHES_OVER = 2  # cells between two sheets that count as one
INDOORS = 3  # cells from the outline of both, at which a rim is open


def near_shoulder(grid: Grid, joint: np.ndarray, stature: float) -> np.ndarray:
    """(h, w) in [0, 1], for the nodes: how much they belong to the shoulder at ``joint`` (2 or more,), photo pixels."""
    away = np.hypot(grid.place[..., 0] - joint[0], grid.place[..., 1] - joint[1]) / stature
    return 1 - smoothstep(away, *REACH)


def amid(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(h, w) bool: the nodes well inside of what two sheets, (h, w) of 0 and 1 each, cover together."""
    both = ((own > 0) | (other > 0.5)).astype(np.uint8)
    both = cv2.morphologyEx(both, cv2.MORPH_CLOSE, np.ones((2 * REACHES_OVER + 1, 2 * REACHES_OVER + 1), np.uint8))
    return cv2.erode(both, np.ones((2 * INDOORS + 1, 2 * INDOORS + 1), np.uint8)) > 0


def depths(grid: Grid, wanted: np.ndarray, skin: np.ndarray, normals: np.ndarray, stature: float) -> np.ndarray:
    """(2, h, w): depth of the body's front and back at the nodes that are ``wanted`` (h, w) bool; zero elsewhere.

    skin: (n, 3), the vertices of shoulders, chest and upper arms, with unit normals (n, 3).
    """
    result = np.zeros((2, *wanted.shape))
    places = grid.place[wanted]
    if not len(places):
        return result
    for side, sign in enumerate((-1, 1)):
        own = skin[sign * normals[:, 2] > FACING]
        distance, nearest = cKDTree(own[:, :2]).query(places, NEAREST)
        share = 1 / (distance + 0.25 * grid.cell) ** 2
        depth = (own[nearest, 2] * share).sum(1) / share.sum(1)
        result[side][wanted] = depth + sign * CLOTH * stature
    return result
