"""The cloth solver: a garment's mesh moves under gravity and rests on a moving skin.

Extended position-based dynamics (XPBD) with small substeps of one Gauss-Seidel sweep, always in the same order and
direction: sweeps that alternate feed energy into the cloth. The same input gives the same bits. Kernels: ``cloth.threads``
and ``cloth.contacts``. Space is dress space: metres, x right, y down, z away from the viewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fashionmirror_core.cloth.fabric import Fabric
from fashionmirror_core.cloth.mannequin import ELSE, L_ARM, PALMS, R_ARM, TRUNK
from fashionmirror_core.cloth.pattern.pattern import Pattern

GRAVITY = 9.81  # metres a second squared, towards +y
AIR = 0.4  # kilograms a square metre and second: air slows cloth down by this over its weight
ENTRAINED = 2.0  # kilograms a square metre and second: so strongly cloth that moves and the air near it hold each other
ENTRAINING = 0.06
"""Seconds in which that air takes the cloth's speed: what swings takes it along, what trembles rubs on it."""
CLINGING = 120.0  # 1/s: cloth that touches moving skin loses its speed against it by this, none at REACH
LIFTING = 0.3  # metres a second by which moving skin rids itself of cloth that lies below it
THICKNESS = 0.005  # metres between the skin and the middle of the cloth
REACH = 0.03  # metres from the skin, within which contacts are looked for
DEEPEST = 0.03  # metres below the skin, from which on a vertex counts as on its other side
FOLLOWING = 0.01  # seconds after which contacts are followed over the skin; every other time they are searched anew
NOMINAL = 0.002  # seconds: the substep that damping and strengths of pins are given for
PIN_REACH = 0.4  # metres
HIGHEST_PIN = 0.02  # metres above the skin, at which a vertex is pinned at most
INWARD = 0.2  # cosine between the cloth's outward normal and an arm's, up to which the arm counts as outside
LIGHTEST = 0.3  # of the median vertex: lighter ones would be thrown about


def bits(*regions: int) -> int:
    """The mask of these regions of a skin, as slots have it."""
    mask = 0
    for region in regions:
        mask |= 1 << region
    return mask


@dataclass(frozen=True)
class Skin:
    """What cloth rests on: the body, kept clothes, another garment; V vertices, whose positions each step gives.

    triangles: (F, 3) int32; cross(b - a, c - a) points outward. regions: (V,) int8 in [0, 7], what slots tell apart, see
    ``cloth.mannequin``; what is wholly of region ELSE is left out.
    """

    triangles: np.ndarray
    regions: np.ndarray

    @classmethod
    def joined(cls, *skins: Skin) -> Skin:
        """Several in one; their positions are concatenated in the same order."""
        first = np.cumsum([0, *(len(skin.regions) for skin in skins)])
        triangles = np.concatenate([skin.triangles + n for skin, n in zip(skins, first[:-1], strict=True)])
        return cls(triangles.astype(np.int32), np.concatenate([skin.regions for skin in skins]))

    @cached_property
    def bits(self) -> np.ndarray:
        """(F,) uint8: the regions of each triangle's vertices, but for ELSE."""
        of_vertex = np.where(self.regions == ELSE, 0, 1 << self.regions.astype(np.int64)).astype(np.uint8)
        return np.bitwise_or.reduce(of_vertex[self.triangles], axis=1)

    @cached_property
    def neighbours(self) -> np.ndarray:
        """(F, 3) int32: the triangle across the edge opposite to each corner; -1 where the skin is open."""
        sides = np.sort(np.stack([self.triangles[:, [1, 2, 0]], self.triangles[:, [2, 0, 1]]], -1).reshape(-1, 2), 1)
        order = np.lexsort(sides.T)
        same = np.flatnonzero((sides[order[1:]] == sides[order[:-1]]).all(1))
        result = np.full(len(sides), -1, np.int32)
        result[order[same]], result[order[same + 1]] = order[same + 1] // 3, order[same] // 3
        return result.reshape(-1, 3)

    @cached_property
    def open_vertices(self) -> np.ndarray:
        """(V,) bool: those at which the skin is open."""
        result = np.zeros(len(self.regions), bool)
        triangle, corner = np.nonzero(self.neighbours < 0)
        result[self.triangles[triangle, (corner + 1) % 3]] = True
        result[self.triangles[triangle, (corner + 2) % 3]] = True
        return result

    @cached_property
    def around(self) -> tuple[np.ndarray, np.ndarray]:
        """(V + 1,) int32 and (3 F,) int32: where the triangles around each vertex begin in the second array, and they."""
        corners = self.triangles.ravel()
        counts = np.bincount(corners, minlength=len(self.regions))
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return first, (np.argsort(corners, kind="stable") // 3).astype(np.int32)

    @cached_property
    def rims(self) -> np.ndarray:
        """(F,) uint8: which corners (bits 0 to 2) of a triangle and which sides opposite to them (3 to 5) are open."""
        is_open = np.concatenate([self.open_vertices[self.triangles], self.neighbours < 0], 1)
        return (is_open << np.arange(6)).sum(1).astype(np.uint8)

    def normals(self, positions: np.ndarray) -> np.ndarray:
        """(V, 3) float32, unit: of the vertices at positions (V, 3)."""
        from fashionmirror_core.cloth import contacts

        out = np.empty(positions.shape, np.float32)
        contacts.normals(_floats(positions), self._triangles, out)
        return out

    def closest(
        self,
        points: np.ndarray,
        positions: np.ndarray,
        reach: float,
        allowed: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The place of the skin at positions (V, 3) that is closest to each of points (P, 3).

        allowed: (P,) uint8, masks of regions; by default all, ELSE too. Returns the triangle (P,) int32, -1 where there
        is none within reach, and barycentric coordinates on it, (P, 3) float32.
        """
        from fashionmirror_core.cloth import contacts

        count = len(points)
        of_triangle = np.full(len(self.triangles), 1, np.uint8) if allowed is None else self.bits
        masks = np.ones((1, count), np.uint8) if allowed is None else np.ascontiguousarray(allowed[None], np.uint8)
        found, places = np.full((1, count), contacts.NONE, np.int32), np.zeros((1, count, 3), np.float32)
        contacts.find(
            _floats(points), masks, _floats(positions), self.normals(positions), self._triangles, of_triangle, self.rims,
            self.neighbours, *self.around, reach, False, found, places,
        )  # fmt: skip
        return np.where(found[0] <= contacts.BESIDE, contacts.BESIDE - found[0], found[0]), places[0]

    @cached_property
    def _triangles(self) -> np.ndarray:
        return np.ascontiguousarray(self.triangles, np.int32)


class Cloth:
    """A sewn garment of N vertices in motion.

    positions, velocities: (N, 3) float32, metres and metres a second. winds: (N, 3) float32, of the air that goes along
    with it. edges: (E, 2) int32, those that don't stretch last.
    lengths: (E,) float32, theirs at rest, metres; may be changed between steps, as by an elastic that shortens.
    rest_lengths: (E,) float32, the pattern's.
    """

    def __init__(
        self, pattern: Pattern, fabric: Fabric, positions: np.ndarray, skin: Skin, slots: tuple[np.ndarray, np.ndarray]
    ) -> None:
        """See ``of``."""
        from fashionmirror_core.cloth import contacts

        self.fabric, self.skin = fabric, skin
        self.triangles = pattern.triangles
        self.positions = _floats(positions).copy()
        self.velocities, self.winds = np.zeros_like(self.positions), np.zeros_like(self.positions)
        count = len(self.positions)
        if self.positions.shape != (len(pattern.flat), 3):
            raise ValueError(f"positions {self.positions.shape} for a pattern of {len(pattern.flat)} vertices")
        areas = _areas(pattern, self.triangles)
        masses = np.zeros(count)
        for corner in range(3):
            masses += np.bincount(self.triangles[:, corner], areas / 3 * fabric.weight, count)
        masses = np.maximum(masses, LIGHTEST * np.median(masses))
        self._inverse_masses = (1 / masses).astype(np.float32)

        edges, hinges, sides = _edges_and_hinges(self.triangles)
        taped = _taped(edges, pattern, sides)
        order = np.lexsort((_colours(edges, count), taped))
        self.edges, self._first_taped = np.ascontiguousarray(edges[order]), int((~taped).sum())
        self.rest_lengths = pattern.distances(*self.edges.T).astype(np.float32)
        self.lengths = self.rest_lengths.copy()
        self._edge_compliance = np.where(taped[order], 0.0, fabric.stretch)
        self._hinges = np.ascontiguousarray(hinges[np.argsort(_colours(hinges, count), kind="stable")])
        self._curvature, hinge_areas = _curvature(pattern, self._hinges)
        stiffness = 1.0 if pattern.stiffness is None else pattern.stiffness[self._hinges].mean(1)
        self._hinge_compliance = hinge_areas / (3 * fabric.bend * stiffness)
        degrees = np.bincount(self.edges.ravel(), minlength=count)
        self._neighbour_shares = (1 / np.maximum(degrees, 1)).astype(np.float32)

        self.slots = np.ascontiguousarray(np.stack(slots), np.uint8)
        if self.slots.shape != (2, count):
            raise ValueError(f"slots {self.slots.shape} for {count} vertices")
        # Hands and arms push cloth of the trunk aside; what rubs on them would be pulled along.
        beside = (self.slots[1] & bits(R_ARM, L_ARM) != 0) & (self.slots[1] & bits(TRUNK) == 0)
        self._grips = np.stack([np.ones(count), ~beside]).astype(np.float32)
        self._skirt = np.flatnonzero(beside & (self.slots[1] & bits(PALMS) != 0))
        self._found = np.full((2, count), contacts.NONE, np.int32)
        self._places = np.zeros((2, count, 3), np.float32)
        self._points, self._pulls = np.empty_like(self.positions), np.empty_like(self.positions)
        self._shares_for: float = 0.0  # seconds a substep
        self._end = self._end_normals = np.empty((0, 3), np.float32)
        self._pinned, self._pin_triangles = np.empty(0, np.int32), np.empty(0, np.int32)
        self._pin_places, self._pin_lifts = np.empty((0, 3), np.float32), np.empty(0, np.float32)
        self._pin_strengths = np.empty(0)

    @classmethod
    def of(
        cls,
        pattern: Pattern,
        fabric: Fabric,
        positions: np.ndarray,
        skin: Skin,
        slots: tuple[np.ndarray, np.ndarray],
    ) -> Cloth:
        """A garment that is put on and at rest.

        positions: (N, 3), dress space. slots: two (N,) uint8: masks (``bits``) of the regions of the skin whose closest
        place holds the vertex off; it rests on the closest place of each slot, so that a skirt has one for each leg; 0:
        none.
        """
        return cls(pattern, fabric, positions, skin, slots)

    def step(
        self,
        start: np.ndarray,
        end: np.ndarray,
        seconds: float,
        *,
        substeps: int = 20,
        gravity: float = GRAVITY,
        drag: float | None = None,
        friction: float | None = None,
        damping: float | None = None,
        thickness: float = THICKNESS,
        reach: float = REACH,
        deepest: float = DEEPEST,
        calmed: bool = False,
    ) -> None:
        """Moves the cloth by seconds, while the skin's vertices go straight from start to end, both (V, 3).

        drag: of the air, 1/s, instead of what AIR makes of the fabric's weight. friction, damping: instead of the
        fabric's. reach: metres around the skin, within which
        contacts are looked for. thickness: metres, how far off the skin cloth is held.
        deepest: metres, how deep below the skin a vertex is still brought out; one that is deeper is left alone.
        calmed: whether the air near the cloth and near the skin counts, and cloth is let out of the skin without haste: it
        still swings, and doesn't tremble. Arms beside the trunk push it no faster either, and a skirt inwards alone.
        """
        from fashionmirror_core.cloth import contacts, threads

        start, end = _floats(start), _floats(end)
        if start.shape != (len(self.skin.regions), 3) or end.shape != start.shape:
            raise ValueError(f"skin {start.shape}, {end.shape} instead of {(len(self.skin.regions), 3)}")
        if not (np.isfinite(start).all() and np.isfinite(end).all()):
            raise ValueError("the skin isn't finite")
        start_normals = self._normals(start)
        end_normals = self._normals(end)
        self._end, self._end_normals = end, end_normals
        duration = seconds / substeps
        self._share_out(duration)
        lengths = _floats(self.lengths)
        drag = AIR / self.fabric.weight if drag is None else drag
        friction = self.fabric.friction if friction is None else friction
        damping = self.fabric.damping if damping is None else damping
        strengths = _in_substep(self._pin_strengths, duration).astype(np.float32)
        kept = np.exp(-drag * duration)
        lost = _in_substep(np.array(damping), duration).item()
        rub, entrained, cling, lift = 0.0, 0.0, 0.0, np.inf
        if calmed:
            rates = np.array([ENTRAINED / self.fabric.weight, 1 / ENTRAINING, CLINGING])
            (rub, entrained, cling), lift = 1 - np.exp(-rates * duration), LIFTING * duration
        every = max(round(FOLLOWING / duration), 1)
        for number, first in enumerate(range(0, substeps, every)):
            share = np.float32(first / substeps)
            skin, normals = start, start_normals
            if first:
                skin, normals = start + share * (end - start), start_normals + share * (end_normals - start_normals)
            contacts.find(
                self.positions, self.slots, skin, normals, self.skin._triangles, self.skin.bits, self.skin.rims,
                self.skin.neighbours, *self.skin.around, reach, number % 2 == 1, self._found, self._places,
            )  # fmt: skip
            if calmed:
                self._let_hands_out(normals)
            threads.advance(
                self.positions, self.velocities, self.winds, self._points, self._pulls, self._inverse_masses,
                self._neighbour_shares, self.edges, lengths, self._edge_shares, self._first_taped,
                self._hinges, self._hinge_weights, start, end, start_normals, end_normals, self.skin._triangles,
                self._found, self._places, self._grips,
                self._pinned, self._pin_triangles, self._pin_places, self._pin_lifts, strengths,
                first, min(first + every, substeps), substeps,
                duration, gravity, kept, friction, lost, thickness, deepest,
                rub, entrained, cling, reach, lift,
            )  # fmt: skip

    def pin(
        self,
        vertices: np.ndarray,
        skin_positions: np.ndarray,
        strength: float | np.ndarray,
        *,
        lift: float | np.ndarray | None = None,
        targets: np.ndarray | None = None,
    ) -> np.ndarray:
        """Holds vertices (k,) at places of the skin, with which they then move; a vertex that was pinned is pinned anew.

        skin_positions: (V, 3), the skin now. strength: in [0, 1], the share of the way there that a vertex goes in each 2
        ms; of all or of each. targets: (k, 3), next to which the places are; by default next to the vertices as they are.
        lift: metres above the skin, of all or of each; by default as they are, from the cloth's thickness to 20 mm.
        Returns (k,) bool, which of them found skin of their slots' regions within 40 cm; the others are left free.
        """
        vertices = np.asarray(vertices, np.int32)
        self.unpin(vertices)
        skin_positions = _floats(skin_positions)
        points = self.positions[vertices] if targets is None else _floats(targets)
        allowed = self.slots[0, vertices] | self.slots[1, vertices]
        triangles, places = self.skin.closest(points, skin_positions, PIN_REACH, allowed)
        held = triangles >= 0
        corners = self.skin.triangles[triangles]
        if lift is None:
            on_skin = np.einsum("kc,kcx->kx", places, skin_positions[corners])
            normals = np.einsum("kc,kcx->kx", places, self.skin.normals(skin_positions)[corners])
            heights = ((self.positions[vertices] - on_skin) * normals).sum(1)
            lifts = np.clip(heights, THICKNESS, HIGHEST_PIN).astype(np.float32)
        else:
            lifts = np.broadcast_to(np.asarray(lift, np.float32), vertices.shape)
        strengths = np.broadcast_to(np.asarray(strength, np.float64), vertices.shape)
        self._pinned = np.concatenate([self._pinned, vertices[held]])
        self._pin_triangles = np.concatenate([self._pin_triangles, triangles[held].astype(np.int32)])
        self._pin_places = np.concatenate([self._pin_places, places[held]])
        self._pin_lifts = np.concatenate([self._pin_lifts, lifts[held]])
        self._pin_strengths = np.concatenate([self._pin_strengths, strengths[held]])
        return held

    def unpin(self, vertices: np.ndarray | None = None) -> None:
        """Lets go of vertices (k,), by default of all."""
        kept = ~np.isin(self._pinned, self._pinned if vertices is None else vertices)
        self._pinned, self._pin_triangles = self._pinned[kept], self._pin_triangles[kept]
        self._pin_places, self._pin_lifts = self._pin_places[kept], self._pin_lifts[kept]
        self._pin_strengths = self._pin_strengths[kept]

    def state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Copies of positions, velocities and winds: all that a later ``restore`` needs to go on, to the bit, from here,
        with the same lengths and pins.
        """
        return self.positions.copy(), self.velocities.copy(), self.winds.copy()

    def restore(self, positions: np.ndarray, velocities: np.ndarray, winds: np.ndarray | float = 0.0) -> None:
        """Goes back to what ``state`` gave; by default in air at rest."""
        self.positions[:], self.velocities[:], self.winds[:] = positions, velocities, winds

    def rest(self) -> None:
        """Stops it where it is."""
        self.velocities[:] = 0

    def _let_hands_out(self, normals: np.ndarray) -> None:
        """Hands and arms push a skirt inwards alone; one that has come into it goes out through it.

        normals: (V, 3), the skin's.
        """
        from fashionmirror_core.cloth import contacts

        own = self._skirt[self._found[1, self._skirt] >= 0]
        if not len(own):
            return
        outward = np.empty_like(self.positions)
        contacts.normals(self.positions, self.triangles, outward)
        corners = self.skin.triangles[self._found[1, own]]
        pushed = np.einsum("kc,kcx,kx->k", self._places[1, own], normals[corners], outward[own])
        self._found[1, own[pushed > INWARD]] = contacts.NONE

    def _normals(self, positions: np.ndarray) -> np.ndarray:
        """Of the skin; those of the last step's end aren't computed twice."""
        if positions is self._end or np.array_equal(positions, self._end):
            return self._end_normals
        return self.skin.normals(positions)

    def _share_out(self, seconds: float) -> None:
        """How far each vertex of an edge or a hinge gives way in a substep of this length."""
        if seconds == self._shares_for:
            return
        self._shares_for = seconds
        ends = self._inverse_masses[self.edges].astype(np.float64)
        self._edge_shares = _floats(ends / (ends.sum(1) + self._edge_compliance / seconds**2)[:, None])
        gives = self._inverse_masses[self._hinges] * self._curvature
        total = (gives * self._curvature).sum(1) + self._hinge_compliance / seconds**2
        self._hinge_weights = _floats(np.concatenate([self._curvature, gives / total[:, None]], 1))


def _floats(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, np.float32)


def _in_substep(share: np.ndarray, seconds: float) -> np.ndarray:
    """What is left to do in a substep of what is done, by this share, in NOMINAL seconds."""
    return 1 - (1 - np.clip(share, 0.0, 1.0)) ** (seconds / NOMINAL)


def _areas(pattern: Pattern, triangles: np.ndarray) -> np.ndarray:
    """(n,) square metres, of triangles whose sides are as long as the pattern's, by Kahan's form of Heron's formula."""
    a, b, c = triangles.T
    sides = np.stack([pattern.distances(b, c), pattern.distances(c, a), pattern.distances(a, b)])
    short, middle, long = np.sort(sides, axis=0)
    product = (long + middle + short) * (short - long + middle) * (short + long - middle) * (long + middle - short)
    return np.asarray(np.sqrt(np.maximum(product, 0)) / 4)


def _colours(groups: np.ndarray, vertices: int) -> np.ndarray:
    from fashionmirror_core.cloth import threads

    out = np.empty(len(groups), np.int32)
    threads.colour(np.ascontiguousarray(groups, np.int32), vertices, out)
    return out


def _edges_and_hinges(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges (E, 2) int32, in the triangles' order; hinges (H, 4) int32: an inner edge and the vertices opposite; and how
    many triangles each edge has, (E,).

    Where seams join more than two triangles at an edge, they make hinges two by two, in their order.
    """
    sides = np.stack([triangles[:, [1, 2, 0]], triangles[:, [2, 0, 1]]], -1).reshape(-1, 2)
    _, first, which, counts = np.unique(
        np.sort(sides, 1), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    by_edge = np.argsort(which.ravel(), kind="stable")
    begins = np.cumsum(counts) - counts
    place = np.arange(len(sides)) - np.repeat(begins, counts)  # of a side among those of its edge
    one = np.flatnonzero((place % 2 == 0) & (place + 1 < np.repeat(counts, counts)))
    opposite = triangles.reshape(-1)
    hinges = np.concatenate(
        [sides[by_edge[one]], opposite[by_edge[one]][:, None], opposite[by_edge[one + 1]][:, None]], 1
    )
    order = np.argsort(first, kind="stable")
    return np.sort(sides, 1)[first[order]].astype(np.int32), hinges.astype(np.int32), counts[order]


def _taped(edges: np.ndarray, pattern: Pattern, triangle_counts: np.ndarray) -> np.ndarray:
    """(E,) bool: edges along openings, whose hems and ribs don't stretch, and the pattern's taped ones."""
    count = len(pattern.flat)
    taped = np.zeros(len(edges), bool)
    for opening in pattern.openings.values():
        on = np.zeros(count, bool)
        on[opening] = True
        taped |= on[edges].all(1) & (triangle_counts == 1)
    keys = np.sort(pattern.taped.reshape(-1, 2), 1).astype(np.int64)
    return taped | np.isin(edges[:, 0].astype(np.int64) * count + edges[:, 1], keys[:, 0] * count + keys[:, 1])


def _curvature(pattern: Pattern, hinges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (H, 4) float64 of the vertices, whose weighted sum is zero where the cloth is flat; the hinges' areas (H,).

    Bergou, Wardetzky, Harmon, Zorin, Grinspun 2006, "A quadratic bending model for inextensible surfaces": from
    cotangents of the triangles' own angles, so that it holds over seams too.
    """
    areas = {corner: _areas(pattern, hinges[:, [0, 1, corner]]) for corner in (2, 3)}

    def cotangent(at: int, one: int, other: int) -> np.ndarray:
        beside, along, across = (
            pattern.distances(hinges[:, i], hinges[:, k]) ** 2 for i, k in ((at, one), (at, other), (one, other))
        )
        return (beside + along - across) / (4 * np.maximum(areas[other], 5e-11))

    c01, c02, c03, c04 = cotangent(0, 1, 2), cotangent(0, 1, 3), cotangent(1, 0, 2), cotangent(1, 0, 3)
    return np.stack([c03 + c04, c01 + c02, -c01 - c03, -c02 - c04], 1), areas[2] + areas[3]
