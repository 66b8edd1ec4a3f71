"""Hems of clothes that stay: open below, and level in space though the photo sees them from above."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from fashionmirror_core.avatar.sheets import Grid, sampled
from fashionmirror_core.avatar.surface import Surface
from fashionmirror_core.imaging.boxes import Box
from fashionmirror_core.imaging.nearest import nearest_known

WIDE = 2  # cells to both sides of a hem's, above which there is cloth as well: the sides of a sheet close
ENDS = 0.06  # of a hem's width: its corners don't count
FEWEST = 5  # columns that a trouser leg's hem is known from
SLANT = 0.3  # of the way aside, by which such a hem is higher there at most
LOW_SHARE = 70  # percentile of where its columns end, at which it ends all round: the shoe pushes it up in front
UNEVEN = 0.035  # statures between the ends of its columns: what is more ragged is no hem
ON_SHOE = 0.3  # of its columns, that have the shoe below them at least
MIXED = 1.5  # cells beside it, where its colours have the shoe's in them
FLAT = 0.2  # of how far a shoe goes up in a trouser leg: it doesn't stand out of that beside the heel
IN_LEG, IN_LEG_FROM = 0.04, 0.006  # statures by which it counts as farther there, and over which it comes to that


def hem(grid: Grid, highest: float) -> np.ndarray:
    """(h, w) bool: the lower rim of a sheet below the row ``highest``, photo pixels. A hem has no floor: what would close it
    is seen from the side, with the soft edge's colours drawn out over it.
    """
    above = np.zeros(grid.inside.shape, np.uint8)
    above[1:] = grid.inside[:-1]
    above = cv2.erode(above, np.ones((1, 2 * WIDE + 1), np.uint8))
    return grid.rim & (above > 0) & (grid.place[..., 1] > highest)


def below_level(grid: Grid, highest: float, sag: float) -> np.ndarray:
    """(h, w) bool: what hangs below the sides of a hem that ends below the row ``highest``; nothing of other sheets.

    The photo sees a level hem from above: its middle is lower there, and turned both edges would be. sag: pixels by which it
    may be; a hem that is cut aslant or round keeps the rest.
    """
    columns = np.flatnonzero(grid.inside.any(0))
    count = round(len(columns) * ENDS)
    columns = columns[count : len(columns) - count]
    if not len(columns):
        return np.zeros(grid.inside.shape, bool)
    ends = grid.y[len(grid.y) - 1 - grid.inside[::-1, columns].argmax(0)]
    low, high = (float(np.percentile(ends, share)) for share in (90, 10))
    if low < highest:
        return np.zeros(grid.inside.shape, bool)
    return grid.nodes & (grid.place[..., 1] > max(high, low - sag) - grid.cell)


@dataclass(frozen=True)
class ShoeHem:
    """Where a trouser leg ends over its shoe, all round: the line from ``y`` at ``x``, photo pixels, that falls by ``slope``
    a pixel aside. bare: (h, w) bool on the pieces' box, where the leg shows other colours than its cloth. top: y above which
    the cloth is whole. across: x of its sides.

    In the photo the shoe pushes up into the hem, and that border, copied to sides and back, would be a torn one.
    """

    x: float
    y: float
    slope: float
    bare: np.ndarray
    top: float
    across: tuple[float, float]

    @classmethod
    def of(
        cls, grid: Grid, leg: np.ndarray, bare: np.ndarray, shoe: np.ndarray, box: Box, begins: float, stature: float
    ) -> ShoeHem | None:
        """None where the cloth doesn't end over a shoe below the row ``begins``, or has no hem. leg: (h, w) bool on the
        box, its pixels; bare: in [0, 1], where they aren't clothed; shoe: the same, where the photo shows its shoe.
        """
        cloth = grid.inside & (sampled(bare, box, grid.place) < 0.5)
        cloth[: np.searchsorted(grid.y, begins - UNEVEN * stature)] = False
        columns = np.flatnonzero(cloth.any(0))
        if len(columns) < FEWEST:
            return None
        sides = float(grid.x[columns[0]]) - grid.cell, float(grid.x[columns[-1]]) + grid.cell
        count = round(len(columns) * ENDS)
        columns = columns[count : len(columns) - count]
        rows = len(grid.y) - 1 - cloth[::-1, columns].argmax(0)
        across, ends = grid.x[columns], grid.y[rows]
        under = grid.place[np.minimum(rows + 2, len(grid.y) - 1), columns]
        if sampled(shoe, box, under).mean() < ON_SHOE:
            return None
        slope = _slope(across, ends)
        x = float(across.mean())
        level = ends - slope * (across - x)
        y = float(np.percentile(level, LOW_SHARE)) + grid.cell / 2
        if y < begins or abs(slope) > SLANT or np.ptp(np.percentile(level, (10, 90))) > UNEVEN * stature:
            return None
        top = begins - UNEVEN * stature
        here = slice(max(0, round(top - box[1])), None)
        size = 2 * round(MIXED * grid.cell) + 1
        other = np.zeros(bare.shape, bool)
        other[here] = cv2.dilate((leg & (bare > 0.5))[here].astype(np.uint8), np.ones((size, size), np.uint8)) > 0
        line = y + slope * (np.arange(bare.shape[1]) + box[0] - x) - MIXED * grid.cell - box[1]
        other |= np.arange(bare.shape[0])[:, None] > line
        return cls(x, y, slope, other, top, sides)

    def height(self, places: np.ndarray) -> np.ndarray:
        """Of places (..., 2), photo pixels, how far they lie above the line, (...) pixels."""
        return np.asarray(self.y + self.slope * (places[..., 0] - self.x) - places[..., 1])

    def beside(self, grid: Grid) -> np.ndarray:
        """(h, w) bool: the nodes beside the cloth, where a shoe stands out of it."""
        x = grid.place[..., 0]
        return np.asarray((x < self.across[0]) | (x > self.across[1]))

    def below(self, grid: Grid) -> np.ndarray:
        """(h, w) bool: the nodes below the line."""
        return self.height(grid.place) < -0.01 * grid.cell

    def snapped(self, grid: Grid) -> Grid:
        """The grid with the nodes nearest to the line on it, so that its cells end there."""
        height = self.height(grid.place)
        place = grid.place.copy()
        place[..., 1] += np.where(np.abs(height) <= grid.cell / 2, height, 0)
        return replace(grid, place=place, _placed={})

    def on_cloth(self, grid: Grid, places: np.ndarray, solid: np.ndarray, box: Box) -> np.ndarray:
        """Places (h, w, 2), photo pixels, at which the grid's nodes read a picture from the side: those above the line read
        the nearest pixel of the cloth instead of the shoe's. solid: (H, W) bool on the box, the picture's own pixels.
        """
        rows = np.clip(
            np.array([self.top - 2 * grid.cell, grid.place[~self.below(grid), 1].max() + 2]) - box[1], 0, None
        )
        window = slice(*rows.astype(int))
        cloth = (solid & ~self.bare)[window]
        if not cloth.any():
            return places
        nearest, away = nearest_known(cloth.astype(np.uint8), 5)
        corner = np.array((box[0], box[1] + window.start))
        column, row = np.moveaxis(np.round(places - corner).astype(int), -1, 0)
        moved = grid.nodes & ~self.below(grid) & ~self.beside(grid) & (grid.place[..., 1] > self.top)
        row, column = np.clip(row, 0, away.shape[0] - 1), np.clip(column, 0, away.shape[1] - 1)
        inner = np.stack(np.unravel_index(nearest[row, column], away.shape)[::-1], -1) + corner
        return np.where((moved & (away[row, column] > 0))[..., None], inner, places)

    def over(self, shoe: Surface, stature: float) -> Surface:
        """A shoe that stays inside of the leg above the line."""
        height = np.maximum(self.height(shoe.vertices[:, :2]), 0)
        vertices = shoe.vertices.copy()
        vertices[:, 1] += (1 - FLAT) * height
        farther = IN_LEG * stature * np.clip(height / (IN_LEG_FROM * stature), 0, 1)
        ahead = np.minimum(0 if shoe.ahead is None else shoe.ahead, -farther)
        return replace(shoe, vertices=vertices, ahead=ahead.astype(np.float32))


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    """Of the line through points that a third of them may lie off: the median of all pairs' slopes (Theil and Sen). No two x
    are the same.
    """
    one, other = np.triu_indices(len(x), 1)
    return float(np.median((y[other] - y[one]) / (x[other] - x[one])))
