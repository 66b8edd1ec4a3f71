"""The geometry of a fit: control points and their spline, paths along limbs, and how far a mask reaches."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import RBFInterpolator

STEP = 2  # stage pixels between the samples of a garment map: splines are smooth
MARGIN = 6  # stage pixels by which a garment map goes on beyond its control points
NOWHERE = -1e4  # garment coordinates of stage pixels that a piece doesn't reach


class ControlPoints:
    """Points of the garment's picture and the places on the stage where they go."""

    def __init__(self) -> None:
        self.stage: list[np.ndarray] = []
        self.garment: list[np.ndarray] = []

    def add(self, stage: ArrayLike, garment: ArrayLike) -> None:
        self.stage.append(np.asarray(stage, float))
        self.garment.append(np.asarray(garment, float))

    def spline(self, size: tuple[int, int]) -> np.ndarray:
        """The backward map on the stage grid, (ceil(H / STEP), ceil(W / STEP), 2) float32."""
        stage, garment = np.array(self.stage), np.array(self.garment)
        _, unique = np.unique(np.round(stage, 2), axis=0, return_index=True)
        stage, garment = stage[unique], garment[unique]
        spline = RBFInterpolator(stage, garment, kernel="thin_plate_spline", smoothing=0.5, degree=1)
        y, x = np.mgrid[0 : size[0] : STEP, 0 : size[1] : STEP]
        places = spline(np.stack([x.ravel(), y.ravel()], -1).astype(float)).reshape(*x.shape, 2).astype(np.float32)
        # Beyond its control points a spline may fold back into the picture.
        known = np.zeros(x.shape, np.uint8)
        cv2.fillConvexPoly(known, cv2.convexHull(np.round(stage / STEP).astype(np.int32)), 1)
        places[cv2.dilate(known, np.ones((2 * MARGIN // STEP + 1,) * 2, np.uint8)) == 0] = NOWHERE
        return places


def row_extent(mask: np.ndarray, y: float) -> tuple[float, float] | None:
    """First and last column of the mask in row ``y``."""
    row = mask[int(np.clip(round(y), 0, len(mask) - 1))]
    columns = np.nonzero(row > 0.5)[0]
    return (float(columns[0]), float(columns[-1])) if len(columns) > 1 else None


def reach_along(mask: np.ndarray, start: np.ndarray, direction: np.ndarray, limit: float) -> float:
    """How far the mask reaches from ``start`` along ``direction`` (unit), at most ``limit``."""
    distances = np.arange(0.0, max(limit, 2.0), 1.0)
    points = np.round(start + distances[:, None] * direction).astype(int)
    inside = (points >= 0).all(1) & (points[:, 0] < mask.shape[1]) & (points[:, 1] < mask.shape[0])
    points = np.clip(points, 0, [mask.shape[1] - 1, mask.shape[0] - 1])
    hit = inside & (mask[points[:, 1], points[:, 0]] > 0.5)
    reached = np.nonzero(hit)[0]
    return float(distances[reached[-1]]) if len(reached) else 0.0


class Path:
    """A polyline by arc length, with the unit normal on a chosen side."""

    def __init__(self, points: list[np.ndarray], toward: np.ndarray) -> None:
        self.points = np.array(points, float)
        steps = np.hypot(*np.diff(self.points, axis=0).T)
        self.arc = np.concatenate([[0], np.cumsum(steps)])
        first = (self.points[1] - self.points[0]) / max(steps[0], 1e-6)
        self.side = 1.0 if (toward - self.points[0]) @ np.array([-first[1], first[0]]) >= 0 else -1.0

    @property
    def length(self) -> float:
        return float(self.arc[-1])

    def at(self, arc: float) -> tuple[np.ndarray, np.ndarray]:
        """Point and outward unit normal at an arc length; beyond the end the last segment goes on."""
        k = int(np.clip(np.searchsorted(self.arc, arc, side="right") - 1, 0, len(self.points) - 2))
        a, b = self.points[k], self.points[k + 1]
        segment = (b - a) / max(self.arc[k + 1] - self.arc[k], 1e-6)
        # Round the bend: average the directions near an inner joint.
        direction = segment
        for joint in range(1, len(self.points) - 1):
            span = 0.18 * self.length
            if abs(arc - self.arc[joint]) < span:
                before = self.points[joint] - self.points[joint - 1]
                after = self.points[joint + 1] - self.points[joint]
                before, after = before / np.hypot(*before), after / np.hypot(*after)
                t = 0.5 + 0.5 * (arc - self.arc[joint]) / span
                direction = (1 - t) * before + t * after
                direction /= max(np.hypot(*direction), 1e-6)
        return a + segment * (arc - self.arc[k]), self.side * np.array([-direction[1], direction[0]])

    def arc_of(self, points: np.ndarray) -> np.ndarray:
        """How far along the path each of the points (n, 2) is, (n,); the first and last segments go on for ever."""
        best, nearest = np.zeros(len(points)), np.full(len(points), np.inf)
        last = len(self.points) - 2
        for k in range(last + 1):
            a, step = self.points[k], self.points[k + 1] - self.points[k]
            t = (points - a) @ step / max(float(step @ step), 1e-6)
            t = np.clip(t, -np.inf if k == 0 else 0, np.inf if k == last else 1)
            distance = np.hypot(*(points - a - t[:, None] * step).T)
            closer = distance < nearest
            best = np.where(closer, self.arc[k] + t * float(np.hypot(*step)), best)
            nearest = np.where(closer, distance, nearest)
        return best


def step_down(value: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """1 up to ``limit`` and 0 beyond, float32, with an edge one unit wide."""
    return np.clip(limit - value + 0.5, 0, 1).astype(np.float32)
