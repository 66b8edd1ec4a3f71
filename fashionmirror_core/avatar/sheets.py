"""A part of the photo becomes a closed surface: its outline, inflated to a front and a back sheet with one rim.

Both sheets lie on one grid over the outline; nodes just outside of it are moved onto it, where front and back meet. How far
the sheets bulge comes from the body, slice by slice along the part's bones; the shape across a slice from the
inflated outline (``inflation``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.avatar.inflation import inflated
from fashionmirror_core.imaging.boxes import Box
from fashionmirror_core.imaging.channels import lengths, spread, summed

SLICES = 40  # along a part's bones
ACROSS = 9
PLACES = np.linspace(-0.84, 0.84, ACROSS)  # of the half width: where a slice's relief is measured
ACROSS_AGREE = 0.8  # places over which the relief is smoothed
HANG = 0.12  # of the way down that hanging cloth comes nearer to the body
BRIDGE = 0.45  # of the way up that it does so above what it lies on
FLAT_END = 0.9  # exponent of the inflated profile: a little fuller than an ellipse
STEEP = 1.1  # of a sheet's slope in a row: from there outward the picture is stretched over the side
ROOM, ROOM_PIXELS = 1.6, 3.6  # cells, and pixels, that a place read from the side keeps from the outline at least: the
# edge has the background's colours, in a small photo for some pixels
NARROW = 0.5  # of half the width: a narrow part keeps no more room
ROWS_AGREE = 4.0  # cells along the outline over which the reading of rows agrees
FEW_BONES = 6  # of a line of more, points look at those in the rows about theirs alone
ARC_STEPS = 4  # chords for the arc of an ellipse
SNAPPED_CELLS = 1.5  # how far a node may move to reach the outline
FILLED = 1.05  # of a slice's largest height: neighbours may stand over it


@dataclass(frozen=True)
class Grid:
    """A part's grid nodes. x: (w,), y: (h,) photo pixels, ``cell`` apart. distance: (h, w), cells from the outline, positive
    inside. rim: (h, w) bool, nodes just outside. place: (h, w, 2), x and y to which each node is moved: those of the rim
    onto the outline, and the others towards it, for there the sheets are steep. indoors: (h, w, 2), the nearest place that
    is as far inside as what is read from the side.
    """

    x: np.ndarray
    y: np.ndarray
    cell: float
    distance: np.ndarray
    rim: np.ndarray
    place: np.ndarray
    indoors: np.ndarray
    _placed: dict[bytes, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def over(cls, domain: np.ndarray, box: Box, cell: float) -> Grid:
        """domain: (h, w) float32 in [0, 1] on ``box``; the outline is where it passes one half."""
        margin = int(np.ceil(3 * cell))
        padded = cv2.copyMakeBorder(domain, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
        binary = (padded > 0.5).astype(np.uint8)
        signed = cv2.distanceTransform(binary, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - binary, cv2.DIST_L2, 5)
        # Half a pixel: the two transforms count from the pixels' centres on either side of the edge.
        signed = cv2.GaussianBlur(np.where(signed > 0, signed - 0.5, signed + 0.5), (0, 0), 0.35 * cell)
        slope_y, slope_x = np.gradient(signed)
        origin = np.array([box[0] - margin, box[1] - margin])

        def sampled(field: np.ndarray, at: np.ndarray) -> np.ndarray:
            local = (at - origin).astype(np.float32)
            return cv2.remap(field.astype(np.float32), local, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

        x, y = (np.arange(origin[k], box[k + 2] + margin, cell) for k in (0, 1))
        distance = sampled(signed, np.stack(np.meshgrid(x, y), -1))
        inside = distance > 0
        rim = (cv2.dilate(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~inside
        start = np.stack([_towards_rim(x, distance, inside | rim), np.repeat(y[:, None], len(x), 1)], -1)
        place = start.copy()
        for _ in range(3):  # Newton steps towards the zero of the signed distance
            slope = np.stack([sampled(slope_x, place), sampled(slope_y, place)], -1)
            step = spread(sampled(signed, place), 2) * slope / spread(summed(slope**2) + 0.05, 2)
            place = np.where(
                spread(rim, 2), np.clip(place - step, start - SNAPPED_CELLS * cell, start + SNAPPED_CELLS * cell), place
            )
        slope = np.stack([sampled(slope_x, place), sampled(slope_y, place)], -1)
        way = np.clip(_room(cell) - sampled(signed, place), 0, None) / np.maximum(summed(slope**2), 0.1)
        return cls(x, y, cell, distance / cell, rim, place, place + spread(way, 2) * slope)

    @property
    def inside(self) -> np.ndarray:
        """(h, w) bool: the nodes in the outline."""
        return self.distance > 0

    def at_places(self, field: np.ndarray) -> np.ndarray:
        """A field of the grid's own nodes, (h, w), where the nodes were moved to."""
        local = ((self.place - (self.x[0], self.y[0])) / self.cell).astype(np.float32)
        return cv2.remap(field.astype(np.float32), local, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def along(self, spine: Spine) -> tuple[np.ndarray, np.ndarray]:
        """(h, w) each: how far along a line of bones each node lies, and how far to its side, pixels. To be read only."""
        line = spine.points.tobytes()
        if line not in self._placed:
            along, aside = spine.coordinates(self.place.reshape(-1, 2))
            self._placed[line] = along.reshape(self.inside.shape), aside.reshape(self.inside.shape)
        return self._placed[line]

    @property
    def nodes(self) -> np.ndarray:
        """(h, w) bool: the nodes of the mesh."""
        return self.inside | self.rim


def _room(cell: float) -> float:
    return max(ROOM * cell, ROOM_PIXELS)


def _runs(mask: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """The stretches of true nodes in the rows of a mask (h, w): row, first column, end column."""
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(edges > 0)
    _, ends = np.nonzero(edges < 0)
    yield from zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True)


def _towards_rim(x: np.ndarray, distance: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """(h, w): the x to which nodes move so that every row is divided into even angles of half an ellipse."""
    moved = np.repeat(x[None], len(distance), 0)
    cell = x[1] - x[0]
    for row, start, end in _runs(nodes):
        inside = np.flatnonzero(distance[row, start:end] > 0) + start
        if not len(inside):
            continue
        first, last = inside[0], inside[-1]

        def crossing(inner: int, outer: int, row: int = row) -> float:
            share = distance[row, inner] / max(distance[row, inner] - distance[row, outer], 1e-6)
            return float(x[inner] + (outer - inner) * cell * share)

        left, right = crossing(first, max(first - 1, 0)), crossing(last, min(last + 1, len(x) - 1))
        middle, half = (left + right) / 2, max((right - left) / 2, 1e-3)
        share = np.clip((x[start:end] - middle) / half, -1, 1)
        moved[row, start:end] = middle + half * np.sin(np.pi / 2 * share)
    return moved


@dataclass(frozen=True)
class Spine:
    """The line of bones that a part is sliced along. points: (n, 2), photo pixels; its ends go on straight. depth: (n,),
    where it is known: then places in space lie at the bone that is nearest there, though another crosses it in the picture.
    """

    points: np.ndarray
    depth: np.ndarray | None = None

    def coordinates(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of points (m, 2), or (m, 3) in space: how far along the line in the picture each lies and how far to its side,
        (m,) pixels each.
        """
        along, aside = np.zeros(len(at)), np.zeros(len(at))
        for bone, own in self._nearest(at):
            start, end = self.points[bone : bone + 2]
            beside, seen = _across(start, end)
            along[own.points] = own.before + own.place * (seen / own.length)
            aside[own.points] = _less(at[own.points, :2], start) @ beside
        return along, aside

    def across(self, at: np.ndarray) -> np.ndarray:
        """(m, 2): the unit vector to the side of the line at points (m, 2) or (m, 3)."""
        across = np.zeros((len(at), 2))
        for bone, own in self._nearest(at):
            across[own.points] = _across(*self.points[bone : bone + 2])[0]
        return across

    def _nearest(self, at: np.ndarray) -> list[tuple[int, _Along]]:
        """Of each bone, which points are nearest to it."""
        line = self.points
        if at.shape[1] == 3 and self.depth is not None:
            line = np.c_[line, self.depth]
        own = at[:, : line.shape[1]]
        last = len(line) - 2
        most = _no_farther(line, own) if last > FEW_BONES else None
        nearest, bone = np.full(len(at), np.inf), np.zeros(len(at), np.intp)
        place = np.zeros(len(at))
        lengths_of = np.zeros(last + 1)
        for index, (start, end) in enumerate(pairwise(line)):
            length = lengths_of[index] = max(float(np.linalg.norm(end - start)), 1e-6)
            direction = (end - start) / length
            near: slice | np.ndarray = slice(None)
            if most is not None:
                low, high = sorted((start[1], end[1]))
                gap = np.maximum(low - own[:, 1] if index else -np.inf, own[:, 1] - high if index < last else -np.inf)
                near = np.flatnonzero(gap <= most)
            there = _less(own[near], start)
            kept = np.clip(there @ direction, -np.inf if index == 0 else 0, np.inf if index == last else length)
            distance = np.sqrt(sum((there[:, k] - kept * direction[k]) ** 2 for k in range(len(direction))))
            closer = distance < nearest[near]
            if isinstance(near, slice):
                np.copyto(nearest, distance, where=closer)
                np.copyto(place, kept, where=closer)
                bone[closer] = index
            else:
                chosen = near[closer]
                nearest[chosen], bone[chosen], place[chosen] = distance[closer], index, kept[closer]
        passed, found = 0.0, []
        for index, (start, end) in enumerate(pairwise(self.points)):
            points = np.flatnonzero(bone == index)
            found.append((index, _Along(points, place[points], passed, lengths_of[index])))
            passed += max(float(np.hypot(*(end - start))), 1e-6)
        return found


@dataclass(frozen=True)
class _Along:
    """points: (n,), which are nearest to a bone; place: (n,), how far along it they lie; before: how long the line is up to
    it, in the picture; length: the bone's own.
    """

    points: np.ndarray
    place: np.ndarray
    before: float
    length: float


def _less(points: np.ndarray, start: np.ndarray) -> np.ndarray:
    """(n, k): points (n, k) less a place (k,), column by column."""
    result = np.empty((len(points), len(start)))
    for axis, value in enumerate(start):
        np.subtract(points[:, axis], value, out=result[:, axis])
    return result


def _across(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, float]:
    """The unit vector (2,) to the side of a bone, and how long the bone looks."""
    seen = max(float(np.hypot(*(end - start))), 1e-6)
    flat = (end - start) / seen
    return np.array([-flat[1], flat[0]]), seen


def _no_farther(line: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(m,): what points (m, k) are no farther from than the line (n, k): their distance from its point in their own row."""
    order = np.argsort(line[:, 1])
    beside = [np.interp(points[:, 1], line[order, 1], line[order, k]) - points[:, k] for k in range(line.shape[1])]
    return lengths(np.stack(beside, -1)) + 1e-3


@dataclass(frozen=True)
class Slices:
    """What the body says of each slice of a part, (SLICES,) each, pixels; smooth along the part.

    left, right: the depth of the rim at both sides; left_at, right_at: how far aside these are. front, back: (SLICES,
    ACROSS) how far the body stands before and behind the plane between them at ``PLACES`` from side to side, in proportion
    to a round profile: one number where a slice is an ellipse. half: half the body's width.
    """

    left: np.ndarray
    right: np.ndarray
    left_at: np.ndarray
    right_at: np.ndarray
    front: np.ndarray
    back: np.ndarray

    @property
    def half(self) -> np.ndarray:
        return (self.right_at - self.left_at) / 2

    def plane(self, position: np.ndarray, aside: np.ndarray) -> np.ndarray:
        """The depth of the plane between front and back, at slice positions in [0, SLICES) and pixels aside."""
        left, right, left_at, right_at = (
            read(values, position) for values in (self.left, self.right, self.left_at, self.right_at)
        )
        share = np.clip((aside - left_at) / np.maximum(right_at - left_at, 1e-3), -0.2, 1.2)
        return left + share * (right - left)


def read_across(values: np.ndarray, position: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(SLICES, ACROSS) values at slice positions and shares of the half width, -1 left to 1 right."""
    column = (np.clip(share, PLACES[0], PLACES[-1]) - PLACES[0]) / (PLACES[1] - PLACES[0])
    at = (
        np.stack([column, np.clip(position - 0.5, 0, SLICES - 1)], -1)
        .astype(np.float32)
        .reshape(position.shape[0], -1, 2)
    )
    found = cv2.remap(values.astype(np.float32), at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found.reshape(position.shape)


def read(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Values of slices at positions between their centres."""
    return np.interp(position.ravel(), np.arange(SLICES) + 0.5, values).reshape(position.shape)


def filled(values: np.ndarray, sigma: float = 1.5) -> np.ndarray:
    """Slices without a value take their neighbours'; then all are smoothed. Zeros if none has a value."""
    known = np.isfinite(values)
    if not known.any():
        return np.zeros_like(values)
    whole = np.interp(np.arange(len(values)), np.flatnonzero(known), values[known])
    return gaussian_filter1d(whole, sigma, mode="nearest")


def slices_of_body(skin: np.ndarray, position: np.ndarray, aside: np.ndarray) -> Slices:
    """skin: (V, 3), the body's vertices of a part; position: (V,), their slice in [0, SLICES); aside: (V,) pixels."""
    found, across = np.full((4, SLICES), np.nan), np.full((2, SLICES, ACROSS), np.nan)
    round_here = np.sqrt(1 - PLACES**2)
    number = np.clip(position.astype(int), 0, SLICES - 1)
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(SLICES + 1))
    for index in range(SLICES):
        own = order[starts[index] : starts[index + 1]]
        if len(own) < 6:
            continue
        low, high = np.percentile(aside[own], [8, 92])
        left, right = own[aside[own] <= low], own[aside[own] >= high]
        found[0, index], found[1, index] = skin[left, 2].mean(), skin[right, 2].mean()
        found[2, index], found[3, index] = aside[own].min(), aside[own].max()
        share = np.clip((aside[own] - found[2, index]) / max(found[3, index] - found[2, index], 1e-3), 0, 1)
        depth = skin[own, 2] - (found[0, index] + share * (found[1, index] - found[0, index]))
        column = np.round((2 * share - 1 - PLACES[0]) / (PLACES[1] - PLACES[0])).astype(int)
        for place in range(ACROSS):
            here = depth[column == place]
            if len(here):
                across[:, index, place] = np.maximum([-here.min(), here.max()], 0) / round_here[place]
    left, right, left_at, right_at = (filled(row) for row in found)
    for side in across:
        for index in range(SLICES):
            known = np.isfinite(side[index])
            if known.any():
                side[index] = np.interp(PLACES, PLACES[known], side[index][known])
        side[:] = np.stack([filled(column) for column in side.T], -1)
        side[:] = gaussian_filter1d(side, ACROSS_AGREE, axis=1, mode="nearest")
    return Slices(left, right, left_at, right_at, *across)


def sampled(field: np.ndarray, box: Box, places: np.ndarray) -> np.ndarray:
    """A field of ``box`` at places (..., 2), photo pixels."""
    local = (places - np.array(box[:2])).astype(np.float32).reshape(-1, 2)
    count = len(local)
    local = np.pad(local, ((0, -count % 128), (0, 0))).reshape(-1, 128, 2)  # OpenCV takes no rows of any length
    values = cv2.remap(field.astype(np.float32), local, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return values.reshape(-1)[:count].reshape(places.shape[:-1])


def raised(grid: Grid, distance: np.ndarray) -> np.ndarray:
    """(h, w) cells: how far a shape rises, inflated, at the places of the grid's nodes."""
    return np.sqrt(np.maximum(grid.at_places(inflated(distance)[: len(grid.y)]), 0))


@dataclass(frozen=True)
class Inflation:
    """A part's outline, inflated: all (h, w) on its grid. front, back: depth of the sheets. plane: between them, where the
    rim lies. position: the slice of each node. fullness: 0 at the rim to 1 where a slice is thickest.
    """

    front: np.ndarray
    back: np.ndarray
    plane: np.ndarray
    position: np.ndarray
    fullness: np.ndarray


def sliced(grid: Grid, spine: Spine) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each node: its slice in [0, SLICES) and how far aside it lies, (h, w) each; and [start, length] of the slices."""
    along, aside = grid.along(spine)
    start = float(along[grid.nodes].min())
    length = max(float(along[grid.nodes].max()) - start, 1e-3)
    return (along - start) / length * SLICES, aside, np.array([start, length])


def inflate(
    grid: Grid,
    skin: np.ndarray,
    spine: Spine,
    looseness: float,
    most: float,
    distance: np.ndarray | None = None,
    hangs: float = 0.0,
    skirt_from: float = np.inf,
) -> Inflation:
    """The sheets of an outline around the body's vertices ``skin`` (V, 3) of the part.

    looseness: how much of the width beside the body an outline gains in depth. most: pixels gained at most. distance: (h or
    more, w), of the shape that is inflated where it isn't the outline itself (see ``Grid.distance``). hangs: pixels of gain
    from which on cloth hangs straight down from where the body stands out; 0: it follows the body. skirt_from: pixels along
    the spine, from where on it hangs in any case.
    """
    position, aside, (start, length) = sliced(grid, spine)
    skin_along, skin_aside = spine.coordinates(skin[:, :2])
    of_body = slices_of_body(skin, (skin_along - start) / length * SLICES, skin_aside)
    height = grid.cell * raised(grid, grid.distance if distance is None else distance)
    number = np.clip(position.astype(int), 0, SLICES - 1)
    tallest, half, middle = (np.full(SLICES, np.nan) for _ in range(3))
    for index in range(SLICES):
        own = grid.inside & (number == index)
        if own.any():
            tallest[index] = height[own].max()
            half[index] = np.ptp(aside[own]) / 2
            middle[index] = (aside[own].min() + aside[own].max()) / 2
    tallest, half, middle = filled(tallest, 1.0), filled(half), filled(middle)
    gain = np.clip(looseness * (half - of_body.half), 0, most)
    fullness = np.clip(height / np.maximum(read(tallest, position), 1e-3), 0, FILLED) ** FLAT_END
    plane = of_body.plane(position, aside)
    # The body's relief is carried over the outline's width, loose cloth hangs from where it stands out.
    share = (aside - read(middle, position)) / np.maximum(read(half, position), 1e-3)
    step = length / SLICES
    loose = np.clip(gain / hangs, 0, 1) if hangs else np.zeros(SLICES)
    loose = np.maximum(loose, start + step * np.arange(SLICES) > skirt_from)[:, None]
    middle_plane, sides = (of_body.left + of_body.right)[:, None] / 2, []
    for relief, sign in ((of_body.front, -1), (of_body.back, 1)):
        hung = relief + sign * middle_plane
        for index in range(1, SLICES):
            hung[index] = np.maximum(hung[index], hung[index - 1] - HANG * step)
        for index in range(SLICES - 2, -1, -1):
            hung[index] = np.maximum(hung[index], hung[index + 1] - BRIDGE * step)
        hung -= sign * middle_plane
        deep = gaussian_filter1d(relief + loose * (hung - relief) + gain[:, None], 1.5, axis=0)
        sides.append(fullness * read_across(deep, position, share))
    front, back = plane - sides[0], plane + sides[1]
    return Inflation(front, back, plane, position, fullness)


@dataclass(frozen=True)
class Mesh:
    """A closed surface: vertices (n, 3) float32, triangles (m, 3) int32 and weld (n,) int32 as in ``Surface``; node: (n,),
    the flat index of the grid's node; behind: (n,) bool, whether the vertex is the back sheet's.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    weld: np.ndarray
    node: np.ndarray
    behind: np.ndarray


def meshed(
    grid: Grid,
    front: np.ndarray,
    back: np.ndarray,
    plane: np.ndarray,
    open_rim: np.ndarray | None = None,
    dropped: np.ndarray | None = None,
) -> Mesh:
    """Front and back sheet over a grid; their rims lie at the same places, in the plane.

    open_rim: (h, w) bool, nodes of the rim that stay where front and back are. dropped: (h, w) bool, nodes without
    triangles.
    """
    nodes = grid.nodes
    count = int(nodes.sum())
    number = np.full(nodes.shape, -1)
    number[nodes] = np.arange(count)
    a, b = number[:-1, :-1], number[:-1, 1:]
    c, d = number[1:, :-1], number[1:, 1:]
    # A cell with a node missing is at most a corner: the diagonal runs so that it stays whole.
    falling = [np.stack([a, c, d], -1), np.stack([a, d, b], -1)]
    rising = [np.stack([a, c, b], -1), np.stack([b, c, d], -1)]
    use_rising = (a < 0) | (d < 0)
    faces = np.concatenate(
        [triangles[use_rising == rises] for pair, rises in ((falling, False), (rising, True)) for triangles in pair]
    )
    faces = faces[(faces >= 0).all(1)]
    touches = grid.inside.ravel()[np.flatnonzero(nodes.ravel())][faces].any(1)
    faces = faces[touches]
    if dropped is not None:
        faces = faces[~dropped[nodes][faces].any(1)]
    on_rim = (grid.rim if open_rim is None else grid.rim & ~open_rim)[nodes]
    places = grid.place[nodes]
    before = np.where(on_rim, plane[nodes], np.minimum(front[nodes], back[nodes]))
    behind = np.where(on_rim, plane[nodes], np.maximum(front[nodes], back[nodes]))
    vertices = np.concatenate([np.c_[places, before], np.c_[places, behind]]).astype(np.float32)
    triangles = np.concatenate([faces, faces[:, [0, 2, 1]] + count]).astype(np.int32)
    weld = np.arange(2 * count, dtype=np.int32)
    weld[count:][on_rim] = np.flatnonzero(on_rim)
    node = np.tile(np.flatnonzero(nodes.ravel()), 2)
    return Mesh(vertices, triangles, weld, node, np.repeat([False, True], count))


def along_surface(
    grid: Grid, depth: np.ndarray, apart: tuple[float, float] | None = None, steep: float = STEEP
) -> np.ndarray:
    """(h, w, 2) photo pixels: where each node of a sheet reads the picture when it is seen from the side.

    A row across a part is taken for half an ellipse. Past the place where that becomes steep the picture goes on as far as
    the surface does, mirrored, so nothing is stretched. depth: (h, w), how far the sheet stands off its plane. apart: (x,
    reach), places that are mirrored don't come nearer to x than reach: a face has its eyes once. steep: the slope from which
    the picture is mirrored.
    """
    nodes, x = grid.nodes, grid.place[..., 0]
    middle, half, high = (np.zeros(nodes.shape) for _ in range(3))
    for row, start, end in _runs(nodes):
        run = slice(start, end)
        middle[row, run] = (x[row, start] + x[row, end - 1]) / 2
        half[row, run] = max((x[row, end - 1] - x[row, start]) / 2, 1.0)
        high[row, run] = depth[row, run].max()
    weight = np.maximum(gaussian_filter1d(nodes.astype(float), ROWS_AGREE, axis=0), 1e-3)
    round_by = gaussian_filter1d(high / np.maximum(half, 1.0), ROWS_AGREE, axis=0) / weight
    round_by = np.clip(round_by, 0.05, 3.0)
    aside, half = x - middle, np.maximum(half, 1.0)
    knee = steep / np.hypot(round_by, steep)  # shares of the half width
    share = np.clip(np.abs(aside) / half, 0, 1)
    side = nodes & (share > knee)
    beyond = np.zeros_like(share)
    beyond[side] = _ellipse_arc(knee[side], share[side], round_by[side])
    nearest = np.zeros_like(share) if apart is None else np.clip((apart[1] - np.abs(apart[0] - middle)) / half, 0, 0.9)
    nearest = np.minimum(nearest, knee)
    rim = 1 - np.minimum(_room(grid.cell) / half, NARROW)
    # A side deeper than the strip that it may show reads it back and forth.
    strip = np.maximum(np.minimum(knee, rim) - nearest, 0.05)
    folded = np.abs((beyond + strip) % (2 * strip) - strip)
    read_at = np.where(side, np.minimum(knee, rim) - np.minimum(folded, strip), np.minimum(share, rim))
    result = grid.indoors.copy()
    result[..., 0] = np.where(nodes, middle + np.sign(aside) * read_at * half, result[..., 0])
    return result


def _ellipse_arc(start: np.ndarray, end: np.ndarray, high: np.ndarray) -> np.ndarray:
    """How long the arc of an ellipse with half axes 1 and ``high`` is between two places on the first axis."""
    first, last = np.arccos(np.clip(start, 0, 1)), np.arccos(np.clip(end, 0, 1))
    angles = [first + (last - first) * k / ARC_STEPS for k in range(ARC_STEPS + 1)]
    return sum(np.hypot(np.cos(b) - np.cos(a), high * (np.sin(b) - np.sin(a))) for a, b in pairwise(angles))
