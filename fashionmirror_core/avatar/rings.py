"""How far a trunk, or cloth around it, reaches around an upright axis: one ring a row, one radius an angle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import ConvexHull

from fashionmirror_core.imaging.fill import push_pull

ANGLES = 64
FEWEST = 8  # of a ring's angles that are known, to be a ring
DIRECTIONS = np.stack([np.cos(t := 2 * np.pi * np.arange(ANGLES) / ANGLES), np.sin(t)], -1)
"""(ANGLES, 2): x and z. The first points to the picture's right, the next quarter away from the viewer."""


@dataclass(frozen=True)
class Rings:
    """rows: (n,) photo pixels, evenly apart, downward. middle: (n, 2), x and z of the axis. radius: (n, ANGLES) pixels."""

    rows: np.ndarray
    middle: np.ndarray
    radius: np.ndarray

    @classmethod
    def around(cls, points: np.ndarray, rows: np.ndarray, middle: np.ndarray) -> Rings:
        """Of points (m, 3), photo space; what none of them tells is filled from beside it."""
        own = cls(rows, middle, np.zeros((len(rows), ANGLES)))
        row, angle, away = own.places(points)
        row, angle = np.round(row).astype(int), np.round(angle).astype(int) % ANGLES
        inside = (row >= 0) & (row < len(rows))
        radius = np.zeros((len(rows), ANGLES))
        np.maximum.at(radius, (row[inside], angle[inside]), away[inside])
        known = radius > 0
        known[known.sum(1) < FEWEST] = False
        filled = push_pull(np.tile(radius, (1, 3)), np.tile(known, (1, 3)).astype(np.float32))[:, ANGLES : 2 * ANGLES]
        return cls(rows, middle, gaussian_filter(filled.astype(np.float64), (0.7, 0.7), mode=("nearest", "wrap")))

    def places(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of points (m, 3): the row and the angle, in steps of the table, and the distance from the axis, (m,) each."""
        row = (points[:, 1] - self.rows[0]) / (self.rows[1] - self.rows[0])
        x, z = (points[:, axis] - np.interp(points[:, 1], self.rows, self.middle[:, k]) for k, axis in ((0, 0), (1, 2)))
        return row, np.arctan2(z, x) / (2 * np.pi) * ANGLES, np.hypot(x, z)

    def read(self, values: np.ndarray, points: np.ndarray) -> np.ndarray:
        """(m,): a table of this shape at points (m, 3)."""
        row, angle, _ = self.places(points)
        wrapped = np.concatenate([values, values[:, :1]], 1)
        return map_coordinates(wrapped, [np.clip(row, 0, len(self.rows) - 1), angle % ANGLES], order=1, mode="nearest")

    def at(self, radius: np.ndarray, points: np.ndarray) -> np.ndarray:
        """(m, 3): points moved level to and from the axis, to a distance of radius (m,)."""
        _, angle, _ = self.places(points)
        turn = 2 * np.pi * angle / ANGLES
        x, z = (np.interp(points[:, 1], self.rows, self.middle[:, k]) for k in (0, 1))
        return np.stack([x + radius * np.cos(turn), points[:, 1], z + radius * np.sin(turn)], -1)

    @property
    def bridged(self) -> np.ndarray:
        """(n, ANGLES): the radius of cloth that lies over the hollows of each ring."""
        result = self.radius.copy()
        for index, radius in enumerate(self.radius):
            if radius.min() <= 0:
                continue
            planes = ConvexHull(radius[:, None] * DIRECTIONS).equations
            towards = DIRECTIONS @ planes[:, :2].T
            reach = np.where(towards > 1e-6, -planes[:, 2] / np.maximum(towards, 1e-6), np.inf)
            result[index] = np.maximum(radius, reach.min(1))
        return result
