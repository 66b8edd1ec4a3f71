"""How a garment lies in its picture: its upright frame, its trunk row by row, its sleeves along their middle lines.

The frame is the picture turned so that the garment's axis is vertical and at x = 0; its unit is the picture's pixel.
Everything is measured in it and taken back to the picture at the end, so a garment that lies aslant is cut straight.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter, minimum_filter1d

from fashionmirror_core.cloth.pattern.parting import inside_seen, parting
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Side

_PAIRS = ("neck", "shoulder", "armpit", "waist", "hem")
_STEEPEST = 25.0  # degrees that the axis is turned by at most
_ROWS = 120  # rows of the trunk that are measured
_ACROSS = 41  # places across the hem
_DIFFERENT = 0.14  # of the width: halves that differ by more aren't averaged
_CORNER, _LONGEST_HEM = 0.02, 0.2  # of the length: how far a hem's corner is rounded, and hangs below its corners
_ALONG_SIDE = 0.12  # of the length: by how much of the side its direction is told
_SLOPES = -0.15, 0.6  # of half a width for a step down, where it goes on
_UNCERTAIN, _INNER = 0.006, 0.9
"""Of the length: how uncertain an outline is; of a row's half width: where cloth is at least."""
_TIPS = 0.3, 0.95  # of half the width between the armpits, between which straps meet the cloth
_STRAP = 0.42  # of the width between the armpits: how far above them straps lie on the shoulders
_BELOW_TIP, _THIN = 0.12, 0.13  # of half that width: so far below the highest cloth it is wider, or it is a strap
_SLEEVE_STEPS = 25
_TRUSTED = (0.7, 1.3)  # a sleeve's width over what armhole and cuff say, where its mask is trusted


@dataclass(frozen=True)
class Sleeve:
    """A sleeve in the frame. outer, inner: (_SLEEVE_STEPS, 2), its edges from the armhole to the cuff, evenly along its
    middle line. length: of that line. bend: degrees at the elbow. seen: its cloth's area, pixels.
    """

    outer: np.ndarray
    inner: np.ndarray
    length: float
    bend: float
    seen: float

    @property
    def middle(self) -> np.ndarray:
        return (self.outer + self.inner) / 2

    @property
    def width(self) -> np.ndarray:
        """(_SLEEVE_STEPS,) across, in pixels."""
        return np.hypot(*(self.outer - self.inner).T)


@dataclass(frozen=True)
class Laid:
    """A garment in its upright frame.

    to_picture: (2, 3), frame to pixels of ``Garment.image``. marks: the landmarks. rows: (R,), of the trunk, from the neck
    points or the upper edge to the hem. right, left: (R,), x of the trunk's edges in these rows (the wearer's right is
    negative). inner_right, inner_left: (R,), the same where the picture certainly shows cloth. bottom: (_ACROSS,), y of
    the hem from the right to the left edge. sleeves: "r", "l" -> what is seen of them. parting: (R, 2), x of both edges of a
    front that is open, between which the picture shows its inside; None: no inside is seen. tips: where straps that are so
    thin that the cut-out lacks them meet the cloth, x from the middle and y; None: they are seen, or there are none.
    """

    to_picture: np.ndarray
    marks: dict[str, np.ndarray]
    rows: np.ndarray
    right: np.ndarray
    left: np.ndarray
    inner_right: np.ndarray
    inner_left: np.ndarray
    bottom: np.ndarray
    sleeves: dict[Side, Sleeve]
    parting: np.ndarray | None = None
    tips: tuple[float, float] | None = None

    def mid(self, name: str) -> np.ndarray:
        """(2,), between both sides of a landmark."""
        return (self.marks[f"{name}_r"] + self.marks[f"{name}_l"]) / 2

    def span(self, name: str) -> float:
        """Between both sides of a landmark."""
        return float(np.hypot(*(self.marks[f"{name}_l"] - self.marks[f"{name}_r"])))

    def has(self, name: str) -> bool:
        """Whether a landmark is there on both sides."""
        return f"{name}_r" in self.marks and f"{name}_l" in self.marks

    @property
    def half(self) -> np.ndarray:
        """(R,): half the trunk's width, the same for both sides."""
        return (self.left - self.right) / 2

    @property
    def hem(self) -> float:
        """Row of the hem, in its middle half."""
        return float(np.median(self.bottom[_ACROSS // 4 : -(_ACROSS // 4)]))

    def down_to(self, row: float) -> Laid:
        """Its trunk as if it ended in this row, in a level hem."""
        rows = np.linspace(self.rows[0], max(row, self.rows[0] + _ROWS), _ROWS)
        edges = (self.right, self.left, self.inner_right, self.inner_left)
        right, left, inner_right, inner_left = (np.interp(rows, self.rows, edge) for edge in edges)
        parted = None
        if self.parting is not None:
            parted = np.stack([np.interp(rows, self.rows, edge) for edge in self.parting.T], 1)
        return replace(
            self, rows=rows, right=right, left=left, inner_right=inner_right, inner_left=inner_left,
            bottom=np.full(_ACROSS, rows[-1]), parting=parted,
        )  # fmt: skip

    def picture(self, points: np.ndarray) -> np.ndarray:
        """(..., 2): places of the frame in the picture."""
        return points @ self.to_picture[:, :2].T + self.to_picture[:, 2]


def laid(garment: Garment) -> Laid:
    """A top or a dress, in its frame."""
    marks = {name: np.array(point, float) for name, point in garment.landmarks.items()}
    to_picture = _frame(marks)
    to_frame = cv2.invertAffineTransform(to_picture)
    own = {name: to_frame[:, :2] @ point + to_frame[:, 2] for name, point in marks.items()}
    tips = _strap_tips(garment, own, to_frame)
    if tips is not None:
        span = abs(float(own["armpit_l"][0] - own["armpit_r"][0]))
        for name, side in itertools.product(("neck", "shoulder"), Side):
            point = own[f"{name}_{side}"]
            highest = float(own["armpit_r"][1] + own["armpit_l"][1]) / 2 - _STRAP * span
            own[f"{name}_{side}"] = np.array([point[0], min(float(point[1]), highest)])
    masks = garment.part_masks()
    height, width = garment.image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], float) @ to_frame[:, :2].T + to_frame[:, 2]
    corner = np.floor(corners.min(0))
    size = np.ceil(corners.max(0) - corner).astype(int)
    shift = to_frame.copy()
    shift[:, 2] -= corner
    turned = {
        name: cv2.warpAffine(mask, shift, (int(size[0]), int(size[1])), flags=cv2.INTER_LINEAR)
        for name, mask in masks.items()
    }
    rows, edges, inner, bottom = _trunk(turned["body"] > 0.5, corner, own)
    sleeves = {}
    for side in Side:
        if f"sleeve_{side}" in turned:
            sleeves[side] = _sleeve(turned[f"sleeve_{side}"] > 0.5, corner, own, side)
    inside, parted = inside_seen(garment), None
    if inside is not None:
        flags = cv2.INTER_NEAREST
        seen = cv2.warpAffine(inside.astype(np.uint8), shift, (int(size[0]), int(size[1])), flags=flags) > 0
        parted = parting(seen, rows, corner, float(np.median(edges[1] - edges[0])) / 2)
    return Laid(to_picture, own, rows, edges[0], edges[1], inner[0], inner[1], bottom, sleeves, parted, tips)


def _frame(marks: dict[str, np.ndarray]) -> np.ndarray:
    """(2, 3): from the frame to the picture."""
    pairs = [
        (marks[f"{name}_r"], marks[f"{name}_l"]) for name in _PAIRS if f"{name}_r" in marks and f"{name}_l" in marks
    ]
    middles = np.array([(right + left) / 2 for right, left in pairs])
    across = sum(((left - right) for right, left in pairs), start=np.zeros(2))
    down = middles[-1] - middles[0]
    down = down / max(np.hypot(*down), 1e-6) + np.array([-across[1], across[0]]) / max(np.hypot(*across), 1e-6)
    turn = float(np.clip(np.arctan2(-down[0], down[1]), -np.radians(_STEEPEST), np.radians(_STEEPEST)))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    axis = float(np.median(middles @ rotation[:, 0]))
    return np.column_stack([rotation, rotation @ [axis, 0.0]])


def _strap_tips(garment: Garment, marks: dict[str, np.ndarray], to_frame: np.ndarray) -> tuple[float, float] | None:
    """See ``Laid.tips``: the highest cloth between the middle and the armpit, the mean of both sides."""
    if garment.sight is None or garment.sight.answer("straps") != "thin" or "cuff_outer_r" in marks:
        return None
    if not {"shoulder_r", "shoulder_l", "neck_r", "neck_l", "neck_c"} <= marks.keys():
        return None
    rows, columns = np.nonzero(garment.alpha > 0.5)
    cloth = np.stack([columns, rows], 1) @ to_frame[:, :2].T + to_frame[:, 2]
    tips = []
    for side in Side:
        reach = abs(float(marks[f"armpit_{side}"][0]))
        out = side.sign * cloth[:, 0] / max(reach, 1.0)
        near = cloth[(out > _TIPS[0]) & (out < _TIPS[1])]
        if not len(near):
            return None
        top = float(near[:, 1].min())
        tips.append((float(np.abs(near[near[:, 1] < top + 2, 0]).mean()), top))
        below = cloth[(np.abs(cloth[:, 1] - top - _BELOW_TIP * reach) < 1) & (out > 0), 0]
        if len(below) and np.ptp(below) < _THIN * reach:
            return None  # a strap is seen
    pit = float(marks["armpit_r"][1] + marks["armpit_l"][1]) / 2
    x, y = np.mean(tips, axis=0)
    return (float(x), float(y)) if y < pit else None


def _trunk(
    body: np.ndarray, corner: np.ndarray, marks: dict[str, np.ndarray]
) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Rows, right and left edges, the same within the cloth, and the hem's line, see ``Laid``."""
    pit = (marks["armpit_r"] + marks["armpit_l"]) / 2
    reach = abs(marks["armpit_l"][0] - marks["armpit_r"][0]) / 2
    columns = np.arange(body.shape[1]) + corner[0]
    end = _hem_line(body, corner, pit, reach, marks)
    hem = float(np.median(end[_ACROSS // 4 : -(_ACROSS // 4)]))
    top = min(float(marks[f"{name}_{side}"][1]) for name in ("neck", "armpit") for side in "rl")
    rows = np.linspace(top, hem, _ROWS)
    edges = np.full((2, _ROWS), np.nan)
    for i, row in enumerate(rows):
        y = int(np.clip(round(row - corner[1]), 0, len(body) - 1))
        found = columns[body[y] & (np.abs(columns) < 3.2 * reach)]
        if len(found):
            edges[:, i] = -found[0], found[-1]
    known = ~np.isnan(edges[0])
    if known.sum() < 5:
        edges = np.full((2, _ROWS), reach)
        known = np.ones(_ROWS, bool)
    at = np.arange(_ROWS)
    right, left = seen = [np.interp(at, at[known], edge[known]) for edge in edges]
    # At the hem a folded corner makes a half too narrow; elsewhere a belt's end or a sleeve makes one too wide.
    mean, apart = (right + left) / 2, np.abs(right - left) / np.maximum(right + left, 1.0)
    chosen = np.where(rows > hem - 0.2 * (hem - pit[1]), np.maximum(right, left), np.minimum(right, left))
    weight = np.clip((apart - _DIFFERENT / 2) / _DIFFERENT, 0, 1)
    half = mean + weight * (chosen - mean)
    half = median_filter(half, 9, mode="nearest")
    lowest = float(np.min([marks["hem_r"][1], marks["hem_l"][1], end[0], end[-1]]))
    half, end_of_side = _beyond_corner(rows, half, lowest, hem - float(pit[1]))
    below = rows >= pit[1]
    if below.sum() > 8:
        half[below] = gaussian_filter1d(half[below], 3, mode="nearest")
    right, left = (np.minimum(np.maximum(edge, 0.8 * half), 1.12 * half) for edge in (right, left))
    right, left = (np.where(rows > end_of_side, half, edge) for edge in (right, left))
    right, left = (
        gaussian_filter1d(median_filter(edge, 5, mode="nearest"), 1.5, mode="nearest") for edge in (right, left)
    )
    certain = [
        gaussian_filter1d(minimum_filter1d(edge, 7) - _UNCERTAIN * (hem - rows[0]), 2, mode="nearest") for edge in seen
    ]
    inner = [np.clip(own, _INNER * edge, edge) for own, edge in zip(certain, (right, left), strict=True)]
    return rows, [-right, left], [-inner[0], inner[1]], end


def _beyond_corner(rows: np.ndarray, half: np.ndarray, corner: float, length: float) -> tuple[np.ndarray, float]:
    """Half widths (R,) that go on straight below the row where the sides end, and that row: from there on a hem that hangs
    lower in the middle, or a rounded corner, is narrower, and the cloth isn't. length: from armpits to hem.
    """
    last = max(corner - _CORNER * length, rows[-1] - _LONGEST_HEM * length)
    side = (rows <= last) & (rows > last - _ALONG_SIDE * length)
    if side.sum() < 4 or (rows > last).sum() == 0:
        return half, float(rows[-1])
    slope = float(np.clip(np.polyfit(rows[side], half[side], 1)[0], *_SLOPES))
    start = float(np.median(half[side][-4:]))
    return np.where(rows > last, start + slope * (rows - last), half), last


def _hem_line(
    body: np.ndarray, corner: np.ndarray, pit: np.ndarray, reach: float, marks: dict[str, np.ndarray]
) -> np.ndarray:
    """(_ACROSS,): y of the lower edge, from the right to the left hem, smoothed and nearly level."""
    right, left = marks["hem_r"][0], marks["hem_l"][0]
    level = (marks["hem_r"][1] + marks["hem_l"][1]) / 2
    if left - right < 0.5 * reach:
        right, left = -reach, reach
    x = np.linspace(right, left, _ACROSS)
    at = np.clip(np.round(x - corner[0]).astype(int), 0, body.shape[1] - 1)
    lowest = np.array([
        (corner[1] + np.flatnonzero(body[:, column])[-1]) if body[:, column].any() else np.nan for column in at
    ])  # fmt: skip
    lowest[lowest < pit[1]] = np.nan
    if np.isnan(lowest).mean() > 0.6:
        return np.full(_ACROSS, level)
    known = ~np.isnan(lowest)
    lowest = median_filter(np.interp(x, x[known], lowest[known]), 9, mode="nearest")
    middle = float(np.median(lowest[_ACROSS // 5 : -(_ACROSS // 5)]))
    lowest = np.clip(lowest, middle - 0.3 * reach, middle + 0.3 * reach)
    return gaussian_filter1d(lowest, 2, mode="nearest")


def _sleeve(mask: np.ndarray, corner: np.ndarray, marks: dict[str, np.ndarray], side: Side) -> Sleeve:
    shoulder, armpit, outer, inner = (
        marks[f"{name}_{side}"] for name in ("shoulder", "armpit", "cuff_outer", "cuff_inner")
    )
    hole, cuff = (shoulder + armpit) / 2, (outer + inner) / 2
    knots = [hole, cuff]
    bend = 0.0
    if f"elbow_{side}" in marks:
        elbow = marks[f"elbow_{side}"]
        knots.insert(1, elbow)
        one, other = elbow - hole, cuff - elbow
        cosine = one @ other / max(np.hypot(*one) * np.hypot(*other), 1e-6)
        bend = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    middle = _rounded(np.array(knots))
    shares = np.linspace(0, 1, _SLEEVE_STEPS)
    ends = (shoulder - armpit) / 2, (outer - inner) / 2
    near = np.clip(1 - shares / 0.3, 0, 1)[:, None], np.clip((shares - 0.85) / 0.15, 0, 1)[:, None]
    reach_out = reach_in = wide = np.ones(_SLEEVE_STEPS)
    for _ in range(2):
        normal = _outward(middle, side)
        wide = np.interp(shares, [0, 1], [2 * abs(end @ normal[at]) for end, at in zip(ends, (3, -3), strict=True)])
        out, into = (_reach(mask, middle - corner, way * normal, 0.9 * wide) for way in (1, -1))
        seen = (out > 1) & (into > 1) & (out + into > _TRUSTED[0] * wide) & (out + into < _TRUSTED[1] * wide)
        seen[[0, -1]] = False
        reach_out, reach_in = np.where(seen, out, wide / 2), np.where(seen, into, wide / 2)
        shift = np.where(seen, (reach_out - reach_in) / 2, 0.0)
        shift = gaussian_filter1d(shift, 2, mode="nearest") * np.minimum(1, 8 * shares * (1 - shares))
        middle = middle + shift[:, None] * normal
    half = gaussian_filter1d(reach_out + reach_in, 2, mode="nearest")[:, None] / 2 * _outward(middle, side)
    for end, share in zip(ends, near, strict=True):  # cross-lines turn into armhole and cuff
        half = half + share * (end - half)
    length = float(np.hypot(*np.diff(middle, axis=0).T).sum())
    return Sleeve(middle + half, middle - half, length, bend, float(mask.sum()))


def _outward(middle: np.ndarray, side: Side) -> np.ndarray:
    """(n, 2) unit vectors from a sleeve's middle line to its outer edge."""
    along = np.gradient(middle, axis=0)
    normal = side.sign * np.stack([along[:, 1], -along[:, 0]], 1)
    return np.asarray(normal / np.maximum(np.hypot(*normal.T), 1e-6)[:, None])


def _rounded(knots: np.ndarray) -> np.ndarray:
    """(_SLEEVE_STEPS, 2): evenly along the knots' polyline, its corner rounded."""
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(knots, axis=0).T))])
    at = np.linspace(0, lengths[-1], 4 * _SLEEVE_STEPS)
    line = np.stack([np.interp(at, lengths, knots[:, axis]) for axis in (0, 1)], 1)
    if len(knots) > 2:
        smooth = gaussian_filter1d(line, 7, axis=0, mode="nearest")
        ends = np.minimum(1, 6 * np.minimum(at, at[-1] - at) / max(at[-1], 1e-6))[:, None]
        line = line + ends * (smooth - line)
    return line[np.round(np.linspace(0, len(line) - 1, _SLEEVE_STEPS)).astype(int)]


def _reach(mask: np.ndarray, points: np.ndarray, ways: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """(n,): pixels from each point along its way to the end of the mask, at most the limits; 0 outside it."""
    steps = np.arange(0, max(float(limits.max()), 2.0), 1.0)
    at = np.round(points[:, None] + steps[None, :, None] * ways[:, None]).astype(int)
    inside = (at >= 0).all(2) & (at[..., 0] < mask.shape[1]) & (at[..., 1] < mask.shape[0])
    hit = inside & mask[np.clip(at[..., 1], 0, mask.shape[0] - 1), np.clip(at[..., 0], 0, mask.shape[1] - 1)]
    ended = ~hit
    first = np.where(ended.any(1), ended.argmax(1), len(steps))
    return np.minimum(first, limits)
