"""How cloth moves: the substeps of XPBD (Macklin, Mueller, Chentanez 2016; small steps 2019). Kernels, compiled by numba.

A substep predicts where inertia and gravity take each vertex, and then moves vertices to satisfy, once each and in a fixed
order: bending, stretch, pins, contacts. Contacts come last, so that cloth ends outside the skin.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fashionmirror_core.compiling import kernel

STIFF_SWEEPS = 3  # over taped edges, in addition
FASTEST = np.float32(8.0)  # metres a second
_TINY = np.float32(1e-12)
_ZERO, _ONE = np.float32(0), np.float32(1)

_f3, _f2, _f1 = "float32[:, :, ::1]", "float32[:, ::1]", "float32[::1]"
_i2, _i1 = "int32[:, ::1]", "int32[::1]"


@kernel(f"void({_i2}, int64, {_i1})")
def colour(groups: np.ndarray, vertices: int, out: np.ndarray) -> None:
    """(G,): for each group of vertices (G, k) the least colour that no earlier group with one of its vertices has.

    Constraints in the order of their colours don't wait for each other in the processor.
    """
    taken = np.zeros(vertices, np.int64)
    for g in range(groups.shape[0]):
        used = np.int64(0)
        for k in range(groups.shape[1]):
            used |= taken[groups[g, k]]
        found = 0
        while found < 62 and (used >> found) & 1:
            found += 1
        out[g] = found
        for k in range(groups.shape[1]):
            taken[groups[g, k]] |= np.int64(1) << found


@kernel(f"void({_f2}, {_i2}, {_f1}, {_f2}, int64)")
def _keep_lengths(points: np.ndarray, edges: np.ndarray, lengths: np.ndarray, shares: np.ndarray, first: int) -> None:
    for e in range(first, edges.shape[0]):
        i, j = edges[e, 0], edges[e, 1]
        x, y, z = points[i, 0] - points[j, 0], points[i, 1] - points[j, 1], points[i, 2] - points[j, 2]
        length = np.float32(math.sqrt(x * x + y * y + z * z)) + _TINY
        excess = (length - lengths[e]) / length
        mine, other = excess * shares[e, 0], excess * shares[e, 1]
        points[i, 0] -= mine * x
        points[i, 1] -= mine * y
        points[i, 2] -= mine * z
        points[j, 0] += other * x
        points[j, 1] += other * y
        points[j, 2] += other * z


@kernel(f"void({_f2}, {_i2}, {_f2})")
def _unbend(points: np.ndarray, hinges: np.ndarray, weights: np.ndarray) -> None:
    """weights: (H, 8): the hinge's curvature as a weighted sum of its vertices, and how far each gives way to it."""
    for h in range(hinges.shape[0]):
        a, b, c, d = hinges[h, 0], hinges[h, 1], hinges[h, 2], hinges[h, 3]
        p, q, r, s = weights[h, 0], weights[h, 1], weights[h, 2], weights[h, 3]
        x = p * points[a, 0] + q * points[b, 0] + r * points[c, 0] + s * points[d, 0]
        y = p * points[a, 1] + q * points[b, 1] + r * points[c, 1] + s * points[d, 1]
        z = p * points[a, 2] + q * points[b, 2] + r * points[c, 2] + s * points[d, 2]
        p, q, r, s = weights[h, 4], weights[h, 5], weights[h, 6], weights[h, 7]
        points[a, 0] -= p * x
        points[a, 1] -= p * y
        points[a, 2] -= p * z
        points[b, 0] -= q * x
        points[b, 1] -= q * y
        points[b, 2] -= q * z
        points[c, 0] -= r * x
        points[c, 1] -= r * y
        points[c, 2] -= r * z
        points[d, 0] -= s * x
        points[d, 1] -= s * y
        points[d, 2] -= s * z


@kernel(
    f"void({_f2}, {_f2}, {_f2}, {_f2}, {_f2}, {_f2}, {_i2}, {_i1}, {_f2}, {_f1}, float32, float32, float32, float32, "
    "float32, float32, float32, float32)"
)
def _hold_off(
    points: np.ndarray,
    last: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    start_normals: np.ndarray,
    end_normals: np.ndarray,
    triangles: np.ndarray,
    found: np.ndarray,
    places: np.ndarray,
    grips: np.ndarray,
    before: float,
    now: float,
    thickness: float,
    deepest: float,
    friction: float,
    cling: float,
    reach: float,
    highest: float,
) -> None:
    """Vertices go out of the skin along its normal, and rub on it.

    grips: (N,), shares of the friction. before, now: the substep's beginning and end, as shares of the skin's way from
    start to end. cling: share of the way against the skin that is lost where cloth touches it, less the farther off, none
    from reach on. highest: metres that a vertex goes out of the skin at most.
    """
    was = _ONE - now
    moved = now - before
    for i in range(points.shape[0]):
        t = found[i]
        if t < 0:
            continue
        x, y, z = points[i, 0], points[i, 1], points[i, 2]  # then from the skin's place to the vertex
        nx = ny = nz = ox = oy = oz = _ZERO
        for k in range(3):
            j, share = triangles[t, k], places[i, k]
            first, second, third = share * was, share * now, share * moved
            x -= first * start[j, 0] + second * end[j, 0]
            y -= first * start[j, 1] + second * end[j, 1]
            z -= first * start[j, 2] + second * end[j, 2]
            nx += first * start_normals[j, 0] + second * end_normals[j, 0]
            ny += first * start_normals[j, 1] + second * end_normals[j, 1]
            nz += first * start_normals[j, 2] + second * end_normals[j, 2]
            ox += third * (end[j, 0] - start[j, 0])
            oy += third * (end[j, 1] - start[j, 1])
            oz += third * (end[j, 2] - start[j, 2])
        scale = _ONE / np.float32(math.sqrt(nx * nx + ny * ny + nz * nz + _TINY))
        nx *= scale
        ny *= scale
        nz *= scale
        height = x * nx + y * ny + z * nz
        if not -deepest < height < (reach if cling > 0 else thickness):
            continue
        if height >= thickness:
            share = cling * grips[i] * (reach - height) / (reach - thickness)
            points[i, 0] -= share * (points[i, 0] - last[i, 0] - ox)
            points[i, 1] -= share * (points[i, 1] - last[i, 1] - oy)
            points[i, 2] -= share * (points[i, 2] - last[i, 2] - oz)
            continue
        push = thickness - height
        points[i, 0] += push * nx
        points[i, 1] += push * ny
        points[i, 2] += push * nz
        # The way against the skin in this substep; what pushes cloth aside doesn't take it along, or throw it.
        along = grips[i] if cling > 0 else _ONE
        x = points[i, 0] - last[i, 0] - along * ox
        y = points[i, 1] - last[i, 1] - along * oy
        z = points[i, 2] - last[i, 2] - along * oz
        away = x * nx + y * ny + z * nz
        less = away - highest
        if less > 0:
            points[i, 0] -= less * nx
            points[i, 1] -= less * ny
            points[i, 2] -= less * nz
            x -= less * nx
            y -= less * ny
            z -= less * nz
            push = max(push - less, _ZERO)
            away = highest
        if away > 0:  # it takes the skin's speed: a push is no bounce
            last[i, 0] += away * nx
            last[i, 1] += away * ny
            last[i, 2] += away * nz
        x -= away * nx
        y -= away * ny
        z -= away * nz
        share = min(friction * grips[i] * push / np.float32(math.sqrt(x * x + y * y + z * z + _TINY)), _ONE)
        share = max(share, cling * grips[i])
        points[i, 0] -= share * x
        points[i, 1] -= share * y
        points[i, 2] -= share * z


@kernel(
    f"void({_f2}, {_f2}, {_f2}, {_f2}, {_f2}, {_f1}, {_f1}, {_i2}, {_f1}, {_f2}, int64, {_i2}, {_f2}, "
    f"{_f2}, {_f2}, {_f2}, {_f2}, {_i2}, {_i2}, {_f3}, {_f2}, {_i1}, {_i1}, {_f2}, {_f1}, {_f1}, "
    "int64, int64, int64, float32, float32, float32, float32, float32, float32, float32, float32, float32, float32, "
    "float32, float32)"
)
def advance(
    positions: np.ndarray,
    velocities: np.ndarray,
    winds: np.ndarray,
    points: np.ndarray,
    pulls: np.ndarray,
    inverse_masses: np.ndarray,
    neighbour_shares: np.ndarray,
    edges: np.ndarray,
    lengths: np.ndarray,
    edge_shares: np.ndarray,
    first_taped: int,
    hinges: np.ndarray,
    hinge_weights: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    start_normals: np.ndarray,
    end_normals: np.ndarray,
    triangles: np.ndarray,
    found: np.ndarray,
    places: np.ndarray,
    grips: np.ndarray,
    pinned: np.ndarray,
    pin_triangles: np.ndarray,
    pin_places: np.ndarray,
    pin_lifts: np.ndarray,
    pin_strengths: np.ndarray,
    first: int,
    last: int,
    substeps: int,
    seconds: float,
    gravity: float,
    drag: float,
    friction: float,
    damping: float,
    thickness: float,
    deepest: float,
    rub: float,
    entrained: float,
    cling: float,
    reach: float,
    highest: float,
) -> None:
    """The substeps ``first`` to ``last - 1`` of a step of ``substeps``, of ``seconds`` each.

    positions, velocities, winds: (N, 3), in and out; winds: of the air that goes along with the cloth. points, pulls:
    (N, 3), room to work in. neighbour_shares: (N,), 1 / number of neighbours. edges: (E, 2), from first_taped on those
    that are swept more often; lengths: (E,); edge_shares: (E, 2), how far each end gives way. hinges: (H, 4),
    hinge_weights: (H, 8), see ``_unbend``. start, end, start_normals, end_normals: (V, 3), the skin at the step's
    beginning and end. triangles: (F, 3). found: (S, N), places: (S, N, 3), of ``contacts.find``. grips: (S, N), shares
    of the friction. pinned, pin_triangles, pin_lifts, pin_strengths: (P,), pin_places: (P, 3). drag: share of the speed
    that is kept in a substep. rub, entrained: shares of the difference between cloth and its air that cloth loses and
    air gains in a substep. cling, reach, highest: see ``_hold_off``.
    """
    per_second = _ONE / seconds
    fastest = FASTEST * FASTEST
    for step in range(first, last):
        before: Any = np.float32(step / substeps)
        now: Any = np.float32((step + 1) / substeps)
        for i in range(positions.shape[0]):
            x, y, z = velocities[i, 0] * drag, velocities[i, 1] * drag + gravity * seconds, velocities[i, 2] * drag
            if rub > 0:
                faster_x, faster_y, faster_z = x - winds[i, 0], y - winds[i, 1], z - winds[i, 2]
                x -= rub * faster_x
                y -= rub * faster_y
                z -= rub * faster_z
                winds[i, 0] += entrained * faster_x
                winds[i, 1] += entrained * faster_y
                winds[i, 2] += entrained * faster_z
            speed = x * x + y * y + z * z
            if speed > fastest:
                slower = FASTEST / np.float32(math.sqrt(speed))
                x, y, z = x * slower, y * slower, z * slower
            points[i, 0] = positions[i, 0] + x * seconds
            points[i, 1] = positions[i, 1] + y * seconds
            points[i, 2] = positions[i, 2] + z * seconds
        _unbend(points, hinges, hinge_weights)
        _keep_lengths(points, edges, lengths, edge_shares, 0)
        for _ in range(STIFF_SWEEPS):
            _keep_lengths(points, edges, lengths, edge_shares, first_taped)
        for n in range(pinned.shape[0]):
            i, t, lift, strength = pinned[n], pin_triangles[n], pin_lifts[n], pin_strengths[n]
            for k in range(3):
                target = _ZERO
                for m in range(3):
                    j, share = triangles[t, m], pin_places[n, m]
                    on_skin = start[j, k] + now * (end[j, k] - start[j, k])
                    normal = start_normals[j, k] + now * (end_normals[j, k] - start_normals[j, k])
                    target += share * (on_skin + lift * normal)
                points[i, k] += strength * (target - points[i, k])
        for s in range(found.shape[0]):
            _hold_off(
                points, positions, start, end, start_normals, end_normals, triangles, found[s], places[s],
                grips[s], before, now, thickness, deepest, friction, cling, reach, highest,
            )  # fmt: skip
        for i in range(positions.shape[0]):
            for k in range(3):
                velocities[i, k] = (points[i, k] - positions[i, k]) * per_second
                positions[i, k] = points[i, k]
                pulls[i, k] = _ZERO
        if damping > 0:
            for e in range(edges.shape[0]):
                i, j = edges[e, 0], edges[e, 1]
                for k in range(3):
                    faster = velocities[j, k] - velocities[i, k]
                    pulls[i, k] += faster
                    pulls[j, k] -= faster
            for i in range(positions.shape[0]):
                for k in range(3):
                    velocities[i, k] += damping * neighbour_shares[i] * pulls[i, k]
