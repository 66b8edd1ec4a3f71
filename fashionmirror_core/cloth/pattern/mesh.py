"""Panels of a sewing pattern become one mesh of triangles, with shared vertices where they are sewn."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import Delaunay, cKDTree

from fashionmirror_core.cloth.pattern.pattern import BACK, FRONT, SEAM

SPACING = 0.02  # metres between neighbouring vertices
CORNER = 35.0  # degrees: an outline that turns by more keeps a vertex there
CLEAR = 0.72  # of the spacing: no vertex inside lies nearer to one of the outline
FLAT_TRIANGLE = 1e-3  # of the spacing squared: area of a triangle whose vertices lie on one line
ROUNDS = 8  # of repairs, at most
SMOOTHINGS = 3


@dataclass(frozen=True)
class Stretch:
    """A part of a panel's outline, from one corner to the next.

    points: (k, 2), metres, a smooth polyline; corners within it that turn by more than CORNER keep a vertex. seam: sewn to
    the stretch of that name of another panel, which has the same points, in either order; else an opening.
    """

    name: str
    points: np.ndarray
    seam: bool = False


Panel = Sequence[Stretch]
"""A closed outline, in either direction: each stretch begins where the one before it ends. It never crosses itself."""


@dataclass(frozen=True)
class Mesh:
    """N vertices, M triangles of sewn panels; the fields that ``Pattern`` has too are explained there.

    seams: name -> (k,) int32, its vertices, in the order of the points of the first panel that has it.
    """

    flat: np.ndarray
    side: np.ndarray
    triangles: np.ndarray
    front: int
    openings: dict[str, np.ndarray]
    seams: dict[str, np.ndarray]


def sew(fronts: Sequence[Panel], backs: Sequence[Panel], spacing: float = SPACING) -> Mesh:
    """A mesh of panels that lie flat, the fronts' before the backs'.

    A seam that only fronts share (a closed zip) has side FRONT. An opening's vertices go round it over all panels that have
    it; where it isn't closed (the neckline of an open front) they run from one of its ends to the other. Each opening has at
    least one vertex of its own on each panel, so that front and back never close it. Raises ValueError for outlines that
    aren't closed and seams that don't match.
    """
    panels = [*fronts, *backs]
    _check(panels, spacing)
    knots = {key: _knots(stretch, spacing) for key, stretch in _stretches(panels)}
    extra: list[list[np.ndarray]] = [[] for _ in panels]
    for _ in range(ROUNDS):
        nodes, rings = _numbered(panels, knots)
        meshed: list[tuple[np.ndarray, np.ndarray]] = []
        for number, (ring, added) in enumerate(zip(rings, extra, strict=True)):
            alike = [i for i in range(number) if _alike(nodes[rings[i]], nodes[ring]) and not (extra[i] or added)]
            filled = meshed[alike[0]] if alike else _filled(nodes[ring], spacing, np.reshape(added, (-1, 2)))
            meshed.append(filled)
        lost = [_lost(ring, triangles) for ring, (_, triangles) in zip(rings, meshed, strict=True)]
        if any(lost):
            _split(panels, knots, lost)
            continue
        glued = _glued(rings, meshed)
        if not glued:
            break
        for first, second in glued:
            middle = (nodes[first] + nodes[second]) / 2
            for panel, ring in enumerate(rings):
                if first in ring and second in ring:
                    extra[panel].append(middle)
    else:
        raise ValueError("The outline can't be meshed: it crosses or touches itself.")
    return _joined(panels, len(fronts), nodes, rings, knots, meshed)


def _key(panel: int, place: int, stretch: Stretch) -> Hashable:
    """Sewn stretches of one name are one."""
    return stretch.name if stretch.seam else (panel, place)


def _stretches(panels: Sequence[Panel]) -> Iterable[tuple[Hashable, Stretch]]:
    """Once each, as the first panel has them."""
    seen = set()
    for number, panel in enumerate(panels):
        for place, stretch in enumerate(panel):
            key = _key(number, place, stretch)
            if key not in seen:
                seen.add(key)
                yield key, stretch


def _check(panels: Sequence[Panel], spacing: float) -> None:
    near = 0.01 * spacing
    seams: dict[str, np.ndarray] = {}
    count = Counter(stretch.name for panel in panels for stretch in panel if stretch.seam)
    for panel in panels:
        for stretch, following in zip(panel, [*panel[1:], panel[0]], strict=True):
            if np.abs(stretch.points[-1] - following.points[0]).max() > near:
                raise ValueError(f"The outline isn't closed: {stretch.name} doesn't end where {following.name} begins.")
            if not stretch.seam:
                continue
            if count[stretch.name] != 2:
                raise ValueError(f"The seam {stretch.name} is on {count[stretch.name]} panels; it takes two.")
            other = seams.setdefault(stretch.name, stretch.points)
            if (
                other.shape != stretch.points.shape
                or min(np.abs(other - stretch.points).max(), np.abs(other[::-1] - stretch.points).max()) > near
            ):
                raise ValueError(f"The seam {stretch.name} has two shapes; both panels need the same.")


def _alike(first: np.ndarray, second: np.ndarray) -> bool:
    return first.shape == second.shape and bool(np.array_equal(first, second))


def _lengths(points: np.ndarray) -> np.ndarray:
    """(k,), metres from the first point along a polyline (k, 2)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])


def _knots(stretch: Stretch, spacing: float) -> np.ndarray:
    """(n,), metres along the stretch at which it has vertices: its ends, its corners, and evenly between them."""
    at = _lengths(stretch.points)
    steps = np.diff(stretch.points, axis=0)
    steps = steps[np.hypot(*steps.T) > 0]
    along = _lengths(np.concatenate([[[0.0, 0.0]], np.cumsum(steps, axis=0)]))
    turns = np.abs(np.angle(np.exp(1j * np.diff(np.arctan2(steps[:, 1], steps[:, 0])))))
    corners = [0.0]
    for place in along[1:-1][turns > np.radians(CORNER)]:
        if place - corners[-1] > 0.6 * spacing and at[-1] - place > 0.6 * spacing:
            corners.append(float(place))
    corners.append(float(at[-1]))
    least = 1 if stretch.seam or len(corners) > 2 else 2
    runs = [
        np.linspace(start, end, max(least, round((end - start) / spacing)) + 1)[:-1]
        for start, end in itertools.pairwise(corners)
    ]
    return np.concatenate([*runs, [at[-1]]])


def _placed(points: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """(n, 2): the places of a polyline at lengths (n,)."""
    at = _lengths(points)
    return np.stack([np.interp(knots, at, points[:, axis]) for axis in (0, 1)], 1)


def _order(count: int, points: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Numbers of count vertices as points run, if they are counted as first runs: the same stretch of another panel."""
    same = np.abs(points - first).max() <= np.abs(points[::-1] - first).max()
    return np.arange(count) if same else np.arange(count)[::-1]


def _numbered(panels: Sequence[Panel], knots: dict[Hashable, np.ndarray]) -> tuple[np.ndarray, list[list[int]]]:
    """Nodes of the outlines (n, 2), and each panel's ring of them (the last joins the first)."""
    numbers: dict[Hashable, int] = {}
    nodes: list[np.ndarray] = []
    first = {key: stretch.points for key, stretch in _stretches(panels)}

    def number(key: Hashable, place: np.ndarray) -> int:
        if key not in numbers:
            numbers[key] = len(nodes)
            nodes.append(place)
        return numbers[key]

    rings = []
    for panel_number, panel in enumerate(panels):
        ring = []
        for place, stretch in enumerate(panel):
            key = _key(panel_number, place, stretch)
            forward = _order(len(knots[key]), stretch.points, first[key])
            spots = _placed(first[key], knots[key])
            sewn = stretch.seam or panel[place - 1].seam
            start = spots[forward[0]]
            corner = ("corner", *np.round(start, 6)) if sewn else ("corner", panel_number, place)
            ring.append(number(corner, start))
            ring += [number((key, float(knots[key][i])), spots[i]) for i in forward[1:-1]]
        rings.append(ring)
    return np.array(nodes), rings


def _filled(outline: np.ndarray, spacing: float, added: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points inside an outline (n, 2), those added (k, 2) among them, and triangles (m, 3) of outline and points."""
    grid = _hexagonal(outline, spacing)
    if len(added):
        grid = grid[cKDTree(added).query(grid)[0] > CLEAR * spacing]
    inner = np.concatenate([grid, added])
    triangles = _triangulated(outline, inner, spacing)
    for _ in range(SMOOTHINGS):
        even = _evened(np.concatenate([outline, inner]), triangles)[len(outline) :]
        inner[: len(grid)] = even[: len(grid)]
    return inner, _triangulated(outline, inner, spacing)


def _hexagonal(outline: np.ndarray, spacing: float) -> np.ndarray:
    """(k, 2): a hexagonal grid inside an outline, clear of it."""
    low, high = outline.min(0), outline.max(0)
    row = spacing * np.sqrt(0.75)
    middle = (low[0] + high[0]) / 2
    columns = int(np.ceil((high[0] - middle) / spacing)) + 1
    x = middle + spacing * np.arange(-columns, columns + 1)
    y = np.arange(low[1] + row, high[1], row)
    grid = np.stack(np.broadcast_arrays(x[None], y[:, None]), -1)
    grid[1::2, :, 0] += spacing / 2
    points = grid.reshape(-1, 2)
    distance, _ = cKDTree(outline).query(points)
    points = points[distance > CLEAR * spacing]
    return points[inside(points, outline)]


def inside(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """(k,) bool: which of the points (k, 2) lie inside a closed outline (n, 2)."""
    ahead = np.roll(outline, -1, axis=0)
    x, y = points[:, 0, None], points[:, 1, None]
    crosses = (outline[:, 1] > y) != (ahead[:, 1] > y)
    rise = np.where(ahead[:, 1] == outline[:, 1], 1.0, ahead[:, 1] - outline[:, 1])
    reach = outline[:, 0] + (y - outline[:, 1]) * (ahead[:, 0] - outline[:, 0]) / rise
    return (crosses & (x < reach)).sum(1) % 2 == 1


def _triangulated(outline: np.ndarray, inner: np.ndarray, spacing: float) -> np.ndarray:
    points = np.concatenate([outline, inner])
    triangles = Delaunay(points).simplices.astype(np.int32)
    triangles = triangles[np.abs(_areas(points, triangles)) > FLAT_TRIANGLE * spacing**2]
    doubtful = np.flatnonzero((triangles < len(outline)).all(1))
    outside = doubtful[~inside(points[triangles[doubtful]].mean(1), outline)]
    return np.delete(triangles, outside, axis=0)


def _areas(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(m,), signed: positive where a triangle goes from x to y."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    one, two = b - a, c - a
    return (one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / 2


def _evened(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Points (n, 2), each halfway to the mean of its neighbours."""
    total, count = np.zeros_like(points), np.zeros(len(points))
    for start in range(3):
        for step in (1, 2):
            np.add.at(total, triangles[:, start], points[triangles[:, (start + step) % 3]])
            np.add.at(count, triangles[:, start], 1)
    return np.where(count[:, None] > 0, (points + total / np.maximum(count, 1)[:, None]) / 2, points)


def _edges(triangles: np.ndarray) -> np.ndarray:
    """(3 m, 2): the edges of triangles, the lower number first."""
    return np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)


def _lost(ring: list[int], triangles: np.ndarray) -> set[int]:
    """Places in a ring after which the outline's edge isn't exactly one triangle's."""
    held = Counter(map(tuple, _edges(triangles).tolist()))
    size = len(ring)
    return {i for i in range(size) if held[tuple(sorted((i, (i + 1) % size)))] != 1}


def _split(panels: Sequence[Panel], knots: dict[Hashable, np.ndarray], lost: list[set[int]]) -> None:
    """Lost edges get a vertex in their middle, on all panels that have them."""
    first = {key: stretch.points for key, stretch in _stretches(panels)}
    new: dict[Hashable, set[float]] = {}
    for number, panel in enumerate(panels):
        start = 0
        for place, stretch in enumerate(panel):
            key = _key(number, place, stretch)
            count = len(knots[key]) - 1
            order = _order(count + 1, stretch.points, first[key])
            for i in range(count):
                if start + i in lost[number]:
                    new.setdefault(key, set()).add(float(knots[key][[order[i], order[i + 1]]].mean()))
            start += count
    for key, middles in new.items():
        knots[key] = np.sort([*knots[key], *middles])


def _glued(rings: list[list[int]], meshed: list[tuple[np.ndarray, np.ndarray]]) -> list[tuple[int, int]]:
    """Pairs of nodes that edges inside of two panels join: front and back would be one there."""
    count: Counter[tuple[int, int]] = Counter()
    for ring, (_, triangles) in zip(rings, meshed, strict=True):
        size = len(ring)
        edges = np.unique(_edges(triangles), axis=0)
        edges = edges[(edges < size).all(1)]
        step = edges[:, 1] - edges[:, 0]
        edges = edges[(step != 1) & (step != size - 1)]
        count.update({(min(ring[a], ring[b]), max(ring[a], ring[b])) for a, b in edges.tolist()})
    return [pair for pair, times in count.items() if times > 1]


def _joined(
    panels: Sequence[Panel],
    fronts: int,
    nodes: np.ndarray,
    rings: list[list[int]],
    knots: dict[Hashable, np.ndarray],
    meshed: list[tuple[np.ndarray, np.ndarray]],
) -> Mesh:
    flat, sides, triangles = [nodes], np.zeros((len(nodes), 2), bool), []
    inner_sides = []
    start = len(nodes)
    for number, (ring, (inner, local)) in enumerate(zip(rings, meshed, strict=True)):
        back = number >= fronts
        sides[ring, int(back)] = True
        names = np.concatenate([ring, start + np.arange(len(inner))]).astype(np.int32)
        points = np.concatenate([nodes[ring], inner])
        away = _areas(points, local) > 0
        local = np.where((away == back)[:, None], local, local[:, ::-1])
        triangles.append(names[local])
        flat.append(inner)
        inner_sides.append(np.full(len(inner), BACK if back else FRONT))
        start += len(inner)
    of_nodes = np.where(sides.all(1), SEAM, np.where(sides[:, 1], BACK, FRONT))
    openings, seams = _named(panels, rings, knots)
    return Mesh(
        flat=np.concatenate(flat),
        side=np.concatenate([of_nodes, *inner_sides]).astype(np.int8),
        triangles=np.concatenate(triangles),
        front=sum(len(each) for each in triangles[:fronts]),
        openings=openings,
        seams=seams,
    )


def _named(
    panels: Sequence[Panel], rings: list[list[int]], knots: dict[Hashable, np.ndarray]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Vertices of the openings and of the seams, by name."""
    parts: dict[str, list[list[int]]] = {}
    seams: dict[str, np.ndarray] = {}
    for number, (panel, ring) in enumerate(zip(panels, rings, strict=True)):
        closed = [*ring, ring[0]]
        start = 0
        for place, stretch in enumerate(panel):
            count = len(knots[_key(number, place, stretch)]) - 1
            nodes = closed[start : start + count + 1]
            start += count
            if stretch.seam:
                seams.setdefault(stretch.name, np.array(nodes, np.int32))
            else:
                parts.setdefault(stretch.name, []).append(nodes)
    return {name: _chained(chains) for name, chains in parts.items()}, seams


def _chained(chains: list[list[int]]) -> np.ndarray:
    """Chains of vertices that meet at their ends, as one; a closed one names its first vertex once."""
    rest = [list(chain) for chain in chains]
    path = rest.pop(0)
    while rest:
        for chain in rest:
            joined = chain[::-1] if chain[0] == path[0] or chain[-1] == path[-1] else chain
            if path[-1] == joined[0]:
                path = path + joined[1:]
            elif path[0] == joined[-1]:
                path = joined[:-1] + path
            else:
                continue
            rest.remove(chain)
            break
        else:
            raise ValueError("The pieces of an opening don't meet.")
    return np.array(path[:-1] if path[0] == path[-1] else path, np.int32)
