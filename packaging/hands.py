"""Hands at ease for the body model: Anny holds its fingers straight and apart, and the thumb away from them.

Which finger a vertex belongs to is found along the skin, from the fingertips; each finger then turns about its root and
joints, with skin that gives way smoothly.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.transform import Rotation

# Metres along the skin from the tip to the root: index, middle, ring, small finger; and the thumb.
LENGTHS, THUMB_LENGTH = (0.078, 0.086, 0.080, 0.064), 0.068
ROOT_SOFT, THUMB_SOFT, JOINT_SOFT = 0.016, 0.034, 0.008  # metres to either side, over which skin gives way
TIP_APART = 0.055  # metres along the skin from one tip to the next, at least
FAN = 0.35  # of the fingers' spread that is left
THUMB_WAY = (-0.02, 0.92, 0.34)  # its direction: to the index finger's side, along the hand, to the palm
JOINTS, BENDS = (1.0, 0.56, 0.3), (18.0, 24.0, 14.0)  # shares of a finger's length from its tip; degrees
THUMB_JOINT, THUMB_BEND = 0.45, 14.0
RING = 0.006  # metres about a joint, whose vertices say where it is


def at_ease(
    vertices: np.ndarray,
    shapes: np.ndarray,
    hands: tuple[np.ndarray, np.ndarray],
    wrists: np.ndarray,
    faces: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """vertices (V, 3) and shapes (K, V, 3) of a body at rest in our axes, its fingers a little bent and together.

    hands: vertices of the left and of the right hand. wrists: (2, 3).
    """
    vertices, shapes = vertices.astype(np.float64), shapes.astype(np.float64)
    for own, wrist, side in zip(hands, wrists.astype(np.float64), (1, -1), strict=True):
        places, turns = _eased(vertices[own], wrist, side, _edges(own, faces, len(vertices)))
        vertices[own] = places
        shapes[:, own] = np.einsum("nij,knj->kni", turns, shapes[:, own])
    return vertices, shapes


def _edges(own: np.ndarray, faces: np.ndarray, count: int) -> np.ndarray:
    number = np.full(count, -1)
    number[own] = np.arange(len(own))
    inner = number[faces.astype(int)]
    inner = inner[(inner >= 0).all(1)]
    both = np.concatenate([inner[:, [0, 1]], inner[:, [1, 2]], inner[:, [2, 0]]])
    return np.unique(np.concatenate([both, both[:, ::-1]]), axis=0)


def _eased(points: np.ndarray, wrist: np.ndarray, side: int, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a hand's vertices (n, 3) go, and how each turns, (n, 3, 3). side: 1 left."""
    lengths = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    skin = coo_matrix((lengths, edges.T), shape=(len(points),) * 2).tocsr()
    tips, away = _tips(points, wrist, skin)
    thumb = int(np.argmax([np.linalg.norm(tips[k] - np.delete(tips, k, 0).mean(0)) for k in range(5)]))
    fingers = [k for k in range(5) if k != thumb]
    small = min(fingers, key=lambda k: float(np.linalg.norm(tips[k] - wrist)))
    fingers.sort(key=lambda k: -float(np.linalg.norm(tips[k] - tips[small])))  # the index finger first
    along = _unit(tips[fingers[1]] - wrist)
    across = tips[fingers[0]] - tips[fingers[3]]
    across = _unit(across - (across @ along) * along)
    palm = -side * np.cross(along, across)
    axes, hinge = np.array([across, along, palm]), np.cross(along, palm)

    turns, owner = np.tile(np.eye(3), (len(points), 1, 1)), away.argmin(0)
    for finger in (*fingers, thumb):
        far, own = away[finger], owner == finger
        is_thumb = finger == thumb
        length = THUMB_LENGTH if is_thumb else LENGTHS[fingers.index(finger)]

        root = points[own & (np.abs(far - length) < RING)].mean(0)
        way = _unit(points[far.argmin()] - root)
        goal = np.array(THUMB_WAY) if is_thumb else (axes @ way) * [FAN, 1, 1]
        bends = ((THUMB_JOINT, THUMB_BEND),) if is_thumb else tuple(zip(JOINTS, BENDS, strict=True))
        joints = [(1.0, THUMB_SOFT if is_thumb else ROOT_SOFT, _between(way, _unit(goal @ axes)))]
        joints += [(share, JOINT_SOFT, np.radians(degrees) * hinge) for share, degrees in bends]
        for share, soft, rotation in joints:
            at = share * length
            weight = np.where(own, _smooth((at + soft - far) / (2 * soft)), 0.0)
            middle = points[own & (np.abs(far - at) < RING)].mean(0)
            each = Rotation.from_rotvec(weight[:, None] * rotation).as_matrix()
            points = middle + np.einsum("nij,nj->ni", each, points - middle)
            turns = each @ turns
    return points, turns


def _tips(points: np.ndarray, wrist: np.ndarray, skin: coo_matrix) -> tuple[np.ndarray, np.ndarray]:
    """The five fingertips (5, 3), and how far along the skin vertices are from each, (5, n)."""
    left = dijkstra(skin, indices=int(np.linalg.norm(points - wrist, axis=1).argmin()))
    left[~np.isfinite(left)] = -1
    tips, away = [], []
    for _ in range(5):
        tips.append(int(left.argmax()))
        away.append(dijkstra(skin, indices=tips[-1]))
        left[away[-1] < TIP_APART] = -1
    return points[tips], np.array(away)


def _between(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(3,): the rotation vector that turns one direction into another."""
    axis = np.cross(start, end)
    return np.asarray(_unit(axis) * np.arccos(np.clip(start @ end, -1, 1)))


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))


def _smooth(share: np.ndarray) -> np.ndarray:
    share = np.clip(share, 0, 1)
    return np.asarray(share * share * (3 - 2 * share))
