"""A part of the photo becomes a closed surface: its outline, inflated to a front and a back sheet with one rim.

Both sheets lie on one grid over the outline; nodes just outside of it are moved onto it, where front and back meet. How far
the sheets bulge comes from the body, slice by slice along the part's bones; the shape across a slice from the
inflated outline (``inflation``).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.avatar.inflation import inflated
from fashionmirror_core.imaging.boxes import Box

SLICES = 40  # along a part's bones
FLAT_END = 0.9  # exponent of the inflated profile: a little fuller than an ellipse
STEEP = 1.1  # of a sheet's slope in a row: from there outward the picture is stretched over the side
ROOM = 1.6  # cells that a place read from the side keeps from the outline: its soft edge has the background's colour
SNAPPED_CELLS = 1.5  # how far a node may move to reach the outline
FILLED = 1.05  # of a slice's largest height: neighbours may stand over it


@dataclass(frozen=True)
class Grid:
    """A part's grid nodes. x: (w,), y: (h,) photo pixels, ``cell`` apart. inside: (h, w) bool, in the outline.
    rim: (h, w) bool, just outside of it. place: (h, w, 2), x and y of each node, those of the rim on the outline. indoors:
    (h, w, 2), the nearest place that is ``ROOM`` cells inside.
    """

    x: np.ndarray
    y: np.ndarray
    cell: float
    inside: np.ndarray
    rim: np.ndarray
    place: np.ndarray
    indoors: np.ndarray

    @classmethod
    def over(cls, domain: np.ndarray, box: Box, cell: float) -> Grid:
        """domain: (h, w) float32 in [0, 1] on ``box``; the outline is where it passes one half."""
        margin = int(np.ceil(3 * cell))
        padded = cv2.copyMakeBorder(domain, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
        binary = (padded > 0.5).astype(np.uint8)
        signed = cv2.distanceTransform(binary, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - binary, cv2.DIST_L2, 5)
        # Half a pixel: the two transforms count from the pixels' centres on either side of the edge.
        signed = cv2.GaussianBlur(np.where(signed > 0, signed - 0.5, signed + 0.5), (0, 0), 0.35 * cell)
        x = np.arange(box[0] - margin, box[2] + margin, cell)
        y = np.arange(box[1] - margin, box[3] + margin, cell)
        node_x, node_y = np.meshgrid(x, y)
        at_x, at_y = (node_x - box[0] + margin).astype(np.float32), (node_y - box[1] + margin).astype(np.float32)

        def sampled(field: np.ndarray) -> np.ndarray:
            return cv2.remap(field.astype(np.float32), at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

        inside = sampled(signed) > 0
        rim = (cv2.dilate(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~inside
        slope_y, slope_x = np.gradient(signed)
        for _ in range(3):  # Newton steps towards the zero of the signed distance
            value, gx, gy = sampled(signed), sampled(slope_x), sampled(slope_y)
            step = value / (gx**2 + gy**2 + 0.05)
            at_x = np.where(rim, at_x - step * gx, at_x).astype(np.float32)
            at_y = np.where(rim, at_y - step * gy, at_y).astype(np.float32)
        reach = SNAPPED_CELLS * cell
        place = np.stack(
            [
                np.clip(at_x + box[0] - margin, node_x - reach, node_x + reach),
                np.clip(at_y + box[1] - margin, node_y - reach, node_y + reach),
            ],
            -1,
        )
        at_x, at_y = (place[..., axis].astype(np.float32) - box[axis] + margin for axis in (0, 1))
        value, gx, gy = sampled(signed), sampled(slope_x), sampled(slope_y)
        steepness = np.maximum(np.hypot(gx, gy), 0.3)
        way = np.clip(ROOM * cell - value, 0, None) / steepness**2
        return cls(x, y, cell, inside, rim, place, place + way[..., None] * np.stack([gx, gy], -1))

    @property
    def nodes(self) -> np.ndarray:
        """(h, w) bool: the nodes of the mesh."""
        return self.inside | self.rim


@dataclass(frozen=True)
class Spine:
    """The line of bones that a part is sliced along. points: (n, 2), photo pixels; its ends go on straight."""

    points: np.ndarray

    def coordinates(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of points (m, 2): how far along the line each lies and how far to its side, (m,) pixels each."""
        nearest = np.full(len(at), np.inf)
        along, aside = np.zeros(len(at)), np.zeros(len(at))
        passed, last = 0.0, len(self.points) - 2
        for index, (start, end) in enumerate(zip(self.points[:-1], self.points[1:], strict=True)):
            length = max(float(np.hypot(*(end - start))), 1e-6)
            direction = (end - start) / length
            place = (at - start) @ direction
            kept = np.clip(place, -np.inf if index == 0 else 0, np.inf if index == last else length)
            distance = np.hypot(*(at - start - kept[:, None] * direction).T)
            closer = distance < nearest
            nearest[closer] = distance[closer]
            along[closer] = passed + kept[closer]
            aside[closer] = ((at - start) @ np.array([-direction[1], direction[0]]))[closer]
            passed += length
        return along, aside


@dataclass(frozen=True)
class Slices:
    """What the body says of each slice of a part, (SLICES,) each, pixels; smooth along the part.

    left, right: the depth of the rim at both sides; left_at, right_at: how far aside these are. front, back: how far the
    body stands before and behind the plane between them. half: half the body's width.
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
    found = np.full((6, SLICES), np.nan)
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
        near, far = np.percentile(depth, [3, 97])
        found[4, index], found[5, index] = max(-near, 0.0), max(far, 0.0)
    left, right, left_at, right_at, front, back = (filled(row) for row in found)
    return Slices(left, right, left_at, right_at, front, back)


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
    along, aside = (values.reshape(grid.inside.shape) for values in spine.coordinates(grid.place.reshape(-1, 2)))
    start = float(along[grid.nodes].min())
    length = max(float(along[grid.nodes].max()) - start, 1e-3)
    return (along - start) / length * SLICES, aside, np.array([start, length])


def inflate(
    grid: Grid, skin: np.ndarray, spine: Spine, looseness: float, most: float, solid: np.ndarray | None = None
) -> Inflation:
    """The sheets of an outline around the body's vertices ``skin`` (V, 3) of the part.

    looseness: how much of the width beside the body an outline gains in depth. most: pixels gained at most. solid: (h, w)
    bool, the shape that is inflated where it isn't the outline itself.
    """
    position, aside, (start, length) = sliced(grid, spine)
    skin_along, skin_aside = spine.coordinates(skin[:, :2])
    of_body = slices_of_body(skin, (skin_along - start) / length * SLICES, skin_aside)
    height = inflated(grid.inside if solid is None else solid) * grid.cell
    number = np.clip(position.astype(int), 0, SLICES - 1)
    tallest, half = np.full(SLICES, np.nan), np.full(SLICES, np.nan)
    for index in range(SLICES):
        own = grid.inside & (number == index)
        if own.any():
            tallest[index] = height[own].max()
            half[index] = np.ptp(aside[own]) / 2
    tallest, half = filled(tallest, 1.0), filled(half)
    gain = np.clip(looseness * (half - of_body.half), 0, most)
    fullness = np.clip(height / np.maximum(read(tallest, position), 1e-3), 0, FILLED) ** FLAT_END
    plane = of_body.plane(position, aside)
    front = plane - fullness * read(gaussian_filter1d(of_body.front + gain, 1.5), position)
    back = plane + fullness * read(gaussian_filter1d(of_body.back + gain, 1.5), position)
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


def meshed(grid: Grid, front: np.ndarray, back: np.ndarray, plane: np.ndarray) -> Mesh:
    """Front and back sheet over a grid; their rims lie at the same places, in the plane."""
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
    on_rim = grid.rim[nodes]
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
    grid: Grid, depth: np.ndarray, apart: tuple[float, float] | None = None, smooth: float = 4.0
) -> np.ndarray:
    """(h, w, 2) photo pixels: where each node of a sheet reads the picture when it is seen from the side.

    Past the place where a row becomes steep the picture goes on as far as the surface does, mirrored, so nothing is
    stretched. depth: (h, w) of the sheet. apart: (x, reach), places that moved don't come nearer to x than reach: a face has
    its eyes once. smooth: cells along the outline over which rows agree.
    """
    nodes, x = grid.nodes, grid.place[..., 0]
    moved = np.zeros(nodes.shape)
    for row in np.flatnonzero(nodes.any(1)):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], nodes[row].astype(np.int8), [0]])))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            if end - start < 5:
                continue
            run = slice(start, end)
            moved[row, run] = _unfolded(x[row, run], depth[row, run], ROOM * grid.cell, apart) - x[row, run]
    shape = np.where(nodes, moved, 0)
    weight = gaussian_filter1d(nodes.astype(float), smooth, axis=0)
    shape = gaussian_filter1d(shape, smooth, axis=0) / np.maximum(weight, 1e-3)
    result = grid.indoors.copy()
    result[..., 0] = np.where(np.abs(shape) > 0.5, grid.place[..., 0] + shape, result[..., 0])
    return result


def _unfolded(x: np.ndarray, z: np.ndarray, room: float, apart: tuple[float, float] | None) -> np.ndarray:
    """One row of a sheet, (n,): the x at which each of its nodes reads the picture."""
    dx, dz = np.diff(x), np.diff(z)
    step = np.hypot(dx, dz)
    steep = np.abs(dz) > STEEP * (np.abs(dx) + 0.3)
    read_at, half = x.copy(), len(x) // 2
    room = min(room, 0.2 * (x[-1] - x[0]))
    for flip in (1, -1):
        sides, lengths, places = steep[::flip], step[::flip], x[::flip]
        flat = np.flatnonzero(~sides[:half])
        knee = max(int(flat[0]) if len(flat) else half, 1)
        rim = places[0] + flip * room
        deepest = 0.9 * (x[-1] - x[0]) / 2
        if apart is not None:
            middle, reach = apart
            deepest = flip * (middle - places[0]) - reach
            while knee > 1 and flip * (places[knee] - places[0]) > deepest:
                knee -= 1
        arc = np.concatenate([np.cumsum(lengths[:knee][::-1])[::-1], [0]])
        inward = flip * (places[knee] - rim) + arc
        # A side deeper than the strip that it may show reads it back and forth.
        strip = max(deepest - room, flip * (places[knee] - rim), 2.0)
        index = np.arange(knee + 1) if flip > 0 else len(x) - 1 - np.arange(knee + 1)
        read_at[index] = rim + flip * np.abs((inward + strip) % (2 * strip) - strip)
    return read_at
