"""The measures of a mannequin that a pattern is cut by: girths, widths and lengths, taken as with a tape, in metres."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from fashionmirror_core.body.fitted import ARM_OF, LEG_OF, Bone
from fashionmirror_core.cloth.mannequin import ELSE, L_ARM, L_LEG, R_ARM, R_LEG, TRUNK, Mannequin
from fashionmirror_core.vocabulary import Side

_STEP = 0.01  # metres between the rows that are measured
_ARM = {Side.RIGHT: R_ARM, Side.LEFT: L_ARM}
_LEG = {Side.RIGHT: R_LEG, Side.LEFT: L_LEG}
_NEAR_LIMB = 0.16  # metres from a limb's middle line: what is farther is no part of it


class Girths:
    """A mannequin under the tape. Rows are y of dress space: smaller is higher."""

    def __init__(self, mannequin: Mannequin) -> None:
        self._vertices = mannequin.vertices
        self._joints = mannequin.joints
        self._regions = mannequin.regions
        faces = mannequin.model.faces
        edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
        edges = edges[(self._regions[edges] != ELSE).all(1)]
        codes = np.unique(edges[:, 0].astype(np.int64) * len(self._vertices) + edges[:, 1])
        self._edges = np.stack(np.divmod(codes, len(self._vertices)), 1)

    @cached_property
    def stature(self) -> float:
        """From the crown to the soles."""
        return float(np.ptp(self._vertices[:, 1]))

    @cached_property
    def floor(self) -> float:
        """Row of the soles."""
        return float(self._vertices[:, 1].max())

    @cached_property
    def neck_row(self) -> float:
        """Of the joint between chest and neck."""
        return float(self._joints[Bone.NECK, 1])

    @cached_property
    def collar_row(self) -> float:
        """Of the highest collar that the chin leaves room for: between the head's lowest skin and the skull's joint."""
        head = self._vertices[(self._regions == ELSE) & (np.abs(self._vertices[:, 0]) < 0.05)]
        chin = float(head[head[:, 1] < self.neck_row, 1].max())
        return chin + 0.35 * (float(self._joints[Bone.HEAD, 1]) - chin)

    @cached_property
    def armpits(self) -> dict[Side, np.ndarray]:
        """Where arm and trunk meet from below: side -> (2,), x and y."""
        holes = {side: self._armhole(side) for side in Side}
        return {side: hole[np.argmax(hole[:, 1]), :2] for side, hole in holes.items()}

    @cached_property
    def shoulder_points(self) -> dict[Side, np.ndarray]:
        """The outer ends of the shoulders, on top: side -> (2,), x and y."""
        points = {}
        for side in Side:
            joint = self._joints[ARM_OF[side][0]]
            near = self._vertices[np.abs(self._vertices[:, 0] - joint[0]) < _STEP]
            points[side] = np.array([joint[0] + side.sign * 0.0175, near[:, 1].min()])
        return points

    @cached_property
    def shoulder_width(self) -> float:
        """Between the outer ends of the shoulders."""
        right, left = self.shoulder_points[Side.RIGHT], self.shoulder_points[Side.LEFT]
        return float(left[0] - right[0])

    @cached_property
    def armpit_row(self) -> float:
        """Mean of both sides."""
        return float(np.mean([point[1] for point in self.armpits.values()]))

    @cached_property
    def chest_row(self) -> float:
        """Of the largest girth just below the armpits."""
        return self._extreme(self.armpit_row + 0.03, 0.5 * self.armpit_row, largest=True)

    @cached_property
    def waist_row(self) -> float:
        """Of the least girth between chest and hips."""
        return self._extreme(0.75 * self.armpit_row, 0.15 * self.armpit_row, largest=False)

    @cached_property
    def hip_row(self) -> float:
        """Of the largest girth below the waist and above the crotch."""
        return self._extreme(0.35 * self.armpit_row, self.crotch_row - 0.02, largest=True)

    @cached_property
    def crotch_row(self) -> float:
        """Where the legs part."""
        middle = self._vertices[(self._regions == TRUNK) | (self._regions == R_LEG) | (self._regions == L_LEG)]
        middle = middle[(np.abs(middle[:, 0]) < 0.015) & (middle[:, 1] < 0.3)]
        return float(middle[:, 1].max())

    @cached_property
    def chest(self) -> float:
        """Girth."""
        return self.girth(self.chest_row)

    @cached_property
    def waist(self) -> float:
        """Girth."""
        return self.girth(self.waist_row)

    @cached_property
    def hip(self) -> float:
        """Girth."""
        return self.girth(self.hip_row)

    def girth(self, row: float) -> float:
        """Round the trunk, or round both legs, with a tape that bridges hollows; 0 where there is neither."""
        return _hull(self._slice(row))

    def width(self, row: float) -> float:
        """Of the trunk, or of both legs, as seen from the front; 0 where there is neither."""
        found = self._slice(row)
        return float(np.ptp(found[:, 0])) if len(found) else 0.0

    def shoulder_top(self, x: float) -> float:
        """Row of the top of the shoulders at |x| from the middle, mean of both sides."""
        trunk = self._vertices[self._regions != ELSE]
        rows = [trunk[np.abs(trunk[:, 0] - sign * abs(x)) < _STEP, 1].min() for sign in (-1, 1)]
        return float(np.mean(rows))

    def arm_joints(self, side: Side) -> np.ndarray:
        """(3, 2): x and y of shoulder, elbow, wrist."""
        return self._joints[list(ARM_OF[side]), :2]

    @cached_property
    def arm(self) -> float:
        """From the outer end of the shoulder to the wrist, mean of both sides."""
        return float(np.mean([_length(self._joints[list(ARM_OF[side])]) for side in Side])) + 0.035

    def arm_girth(self, along: float) -> float:
        """Along metres down the arm from the shoulder's joint, mean of both sides."""
        return float(np.interp(along, *self._arm_girths))

    @cached_property
    def _arm_girths(self) -> tuple[np.ndarray, np.ndarray]:
        return self._limb_girths({side: self._joints[list(ARM_OF[side])] for side in Side}, _ARM, 0.2)

    @cached_property
    def leg(self) -> float:
        """From the crotch's row to the soles."""
        return self.floor - self.crotch_row

    def over_seat(self, top: float, bottom: float) -> float:
        """Metres by which the way over the seat, from a row of the back to the crotch at another, exceeds their distance."""
        rows = np.arange(top, self.crotch_row, _STEP)
        slices = [self._slice(row) for row in rows]
        away = [found[np.abs(found[:, 0]) < 0.4 * np.ptp(found[:, 0]), 1].max() for found in slices]
        middle = float(np.mean(slices[-1][:, 1]))
        points = np.array([*zip(rows, away, strict=True), (bottom, middle)])
        across = _hull(np.concatenate([points, [points[0]]]))
        return across - float(np.hypot(*(points[-1] - points[0]))) - (bottom - top)

    def leg_joints(self, side: Side) -> np.ndarray:
        """(3, 2): x and y of hip, knee, ankle."""
        return self._joints[list(LEG_OF[side]), :2]

    def leg_girth(self, row: float) -> float:
        """Round one leg at a row between crotch and ankle, mean of both sides; beyond, that of the nearer end."""
        ankle = float(self._joints[[LEG_OF[side][2] for side in Side], 1].min())
        row = float(np.clip(row, self.crotch_row + 0.01, ankle - 0.03))
        return float(np.mean([_hull(self._slice(row, (_LEG[side],))) for side in Side]))

    def _armhole(self, side: Side) -> np.ndarray:
        """(n, 3): where the skin of arm and trunk meets."""
        ends = self._regions[self._edges]
        across = ((ends == TRUNK).any(1)) & ((ends == _ARM[side]).any(1))
        return self._vertices[self._edges[across]].mean(1)

    def _extreme(self, first: float, last: float, largest: bool) -> float:
        rows = np.arange(min(first, last), max(first, last), _STEP)
        girths = np.array([self.girth(row) for row in rows])
        return float(rows[girths.argmax() if largest else girths.argmin()])

    def _slice(self, row: float, regions: tuple[int, ...] = (TRUNK, R_LEG, L_LEG)) -> np.ndarray:
        """(n, 2): x and z where the skin's edges cross a row."""
        return self._crossed(self._vertices[:, 1] - row, regions)[:, [0, 2]]

    def _crossed(self, height: np.ndarray, regions: tuple[int, ...]) -> np.ndarray:
        """(n, 3): where edges between vertices of these regions cross height (V,) 0."""
        above = height < 0
        ends = self._edges[above[self._edges[:, 0]] != above[self._edges[:, 1]]]
        own = np.zeros(ELSE + 1, bool)
        own[list(regions)] = True
        ends = ends[own[self._regions[ends]].all(1)]
        share = height[ends[:, 0]] / (height[ends[:, 0]] - height[ends[:, 1]])
        one, other = self._vertices[ends[:, 0]], self._vertices[ends[:, 1]]
        return one + share[:, None] * (other - one)

    def _limb_girths(
        self, lines: dict[Side, np.ndarray], region: dict[Side, int], first: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Lengths down a limb and girths there. lines: side -> (3, 3), its joints. first: share of it to begin at."""
        shares = np.linspace(first, 0.97, 14)
        girths, lengths = [], []
        for side, line in lines.items():
            total = _length(line)
            upper = float(np.linalg.norm(line[1] - line[0]))
            lengths.append(shares * total)
            for along in shares * total:
                start, end, rest = (line[0], line[1], along) if along < upper else (line[1], line[2], along - upper)
                down = (end - start) / np.linalg.norm(end - start)
                middle = start + rest * down
                ring = self._crossed((self._vertices - middle) @ down, (region[side],)) - middle
                ring = ring[np.linalg.norm(ring, axis=1) < _NEAR_LIMB]
                aside = np.cross(down, [0.0, 0.0, 1.0])
                girths.append(_hull(np.stack([ring @ aside, ring @ np.cross(down, aside)], 1)))
        return np.mean(lengths, axis=0), np.reshape(girths, (len(lines), -1)).mean(0)


def _length(line: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())


def _hull(points: np.ndarray) -> float:
    """Perimeter of the convex hull of points (n, 2); 0 where they are on one line."""
    if len(points) < 3:
        return 0.0
    try:
        return float(ConvexHull(points).area)
    except QhullError:
        return 0.0
