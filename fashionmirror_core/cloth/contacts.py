"""Where cloth is closest to the skin under it: kernels, compiled by numba.

The skin's triangles are sorted into a uniform grid by their centres. Each search looks at all triangles near a vertex,
not at the neighbours of the last one: a skirt's vertex between the legs finds whichever leg is nearer.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fashionmirror_core.compiling import inlined, kernel

CELL = np.float32(0.025)  # metres: edge of a grid cell
MOST_CELLS = 1 << 20
NONE = -1  # no triangle within reach
BESIDE = (
    -2
)  # BESIDE - t: triangle t is the closest, but the vertex lies beside the skin's edge, neither above nor below
LEAST_FACING = np.float32(0.5)  # cosine between the way to the skin and its normal, below which a vertex lies beside it
NEAR = np.float32(0.003)  # metres, within which that isn't asked
MARGIN, SMALL = np.float32(1.001), np.float32(1e-5)  # more than rounding does to distances
TINIEST = np.float32(1e-30)
_ZERO, _ONE = np.float32(0), np.float32(1)

_f3, _f2, _f1 = "float32[:, :, ::1]", "float32[:, ::1]", "float32[::1]"
_i2, _i1, _u2, _u1 = "int32[:, ::1]", "int32[::1]", "uint8[:, ::1]", "uint8[::1]"


@kernel(f"void({_f2}, {_i2}, {_f2})")
def normals(points: np.ndarray, triangles: np.ndarray, out: np.ndarray) -> None:
    """Unit normals of the vertices (N, 3), weighted by the triangles' areas; zero for a vertex without triangles."""
    out[:] = 0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        vx, vy, vz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for k in range(3):
            i = triangles[t, k]
            out[i, 0] += x
            out[i, 1] += y
            out[i, 2] += z
    for i in range(out.shape[0]):
        length = math.sqrt(out[i, 0] * out[i, 0] + out[i, 1] * out[i, 1] + out[i, 2] * out[i, 2])
        if length > 0:
            for k in range(3):
                out[i, k] /= length


@inlined
def _closest(px: float, py: float, pz: float, points: np.ndarray, a: int, b: int, c: int) -> tuple[Any, Any, Any]:
    """Barycentric coordinates of the place on triangle a, b, c that is closest to p (Ericson, Real-Time Collision
    Detection, 5.1.5: the corner's, edge's or inner region that p lies in).
    """
    ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
    vx, vy, vz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
    x, y, z = px - points[a, 0], py - points[a, 1], pz - points[a, 2]
    ua, va = ux * x + uy * y + uz * z, vx * x + vy * y + vz * z
    if ua <= _ZERO and va <= _ZERO:
        return _ONE, _ZERO, _ZERO
    uu, uv, vv = ux * ux + uy * uy + uz * uz, ux * vx + uy * vy + uz * vz, vx * vx + vy * vy + vz * vz
    ub, vb = ua - uu, va - uv
    if ub >= _ZERO and vb <= ub:
        return _ZERO, _ONE, _ZERO
    uc, vc = ua - uv, va - vv
    if vc >= _ZERO and uc <= vc:
        return _ZERO, _ZERO, _ONE
    of_c = ua * vb - ub * va
    if of_c <= _ZERO and ua >= _ZERO and ub <= _ZERO and uu > _ZERO:
        t = ua / (ua - ub)
        return _ONE - t, t, _ZERO
    of_b = uc * va - ua * vc
    if of_b <= _ZERO and va >= _ZERO and vc <= _ZERO and vv > _ZERO:
        t = va / (va - vc)
        return _ONE - t, _ZERO, t
    of_a = ub * vc - uc * vb
    if of_a <= _ZERO and vb - ub >= _ZERO and uc - vc >= _ZERO:
        t = (vb - ub) / ((vb - ub) + (uc - vc))
        return _ZERO, _ONE - t, t
    share = _ONE / max(of_a + of_b + of_c, TINIEST)
    second = min(max(of_b * share, _ZERO), _ONE)  # the bounds are for triangles without an area
    third = min(max(of_c * share, _ZERO), _ONE - second)
    return _ONE - second - third, second, third


@inlined
def _apart(
    px: float, py: float, pz: float, points: np.ndarray, a: int, b: int, c: int, u: float, v: float, w: float
) -> float:
    """The squared distance between p and the place u, v, w on triangle a, b, c."""
    x = px - (u * points[a, 0] + v * points[b, 0] + w * points[c, 0])
    y = py - (u * points[a, 1] + v * points[b, 1] + w * points[c, 1])
    z = pz - (u * points[a, 2] + v * points[b, 2] + w * points[c, 2])
    return x * x + y * y + z * z


@kernel(f"void({_f2}, {_u2}, {_f2}, {_f2}, {_i2}, {_u1}, {_u1}, float32, {_i2}, {_f3})")
def find(
    points: np.ndarray,
    allowed: np.ndarray,
    skin: np.ndarray,
    skin_normals: np.ndarray,
    triangles: np.ndarray,
    regions: np.ndarray,
    rims: np.ndarray,
    reach: float,
    found: np.ndarray,
    places: np.ndarray,
) -> None:
    """The closest triangle of the skin and the place on it, for each of the S slots of the N points.

    allowed: (S, N), bits of regions that a slot may find; 0: the slot is empty. skin, skin_normals: (V, 3). triangles:
    (F, 3); regions: (F,), bits of the regions that each belongs to; rims: (F,), its parts
    that lie on the skin's open edges: bit k for corner k, bit 3 + k for the side opposite to it. reach: metres, how far is
    looked.
    found: (S, N), in and out: the last search's triangle, which only hastens this one; the triangle, NONE or BESIDE - t.
    places: (S, N, 3), out: barycentric coordinates on it.
    """
    # The grid: triangles in the order of their cells, z fastest.
    lowest = np.full(3, np.float32(np.inf), np.float32)
    highest = np.full(3, np.float32(-np.inf), np.float32)
    centres = np.empty((triangles.shape[0], 4), np.float32)
    widest = _ZERO
    third = np.float32(1 / 3)
    for t in range(triangles.shape[0]):
        if regions[t] == 0:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        for k in range(3):
            centre = (skin[a, k] + skin[b, k] + skin[c, k]) * third
            centres[t, k] = centre
            lowest[k] = min(lowest[k], centre)
            highest[k] = max(highest[k], centre)
        radius = _ZERO
        for n in range(3):
            i = triangles[t, n]
            x, y, z = skin[i, 0] - centres[t, 0], skin[i, 1] - centres[t, 1], skin[i, 2] - centres[t, 2]
            radius = max(radius, x * x + y * y + z * z)
        centres[t, 3] = np.float32(math.sqrt(radius))
        widest = max(widest, centres[t, 3])
    if highest[0] < lowest[0]:  # no triangle at all
        found[:] = NONE
        return
    cell = CELL
    nx, ny, nz = 1, 1, 1
    while True:
        nx = int((highest[0] - lowest[0]) / cell) + 1
        ny = int((highest[1] - lowest[1]) / cell) + 1
        nz = int((highest[2] - lowest[2]) / cell) + 1
        if nx * ny * nz <= MOST_CELLS:
            break
        cell *= np.float32(1.5)
    inverse = _ONE / cell
    start = np.zeros(nx * ny * nz + 1, np.int32)
    cells = np.empty(triangles.shape[0], np.int32)
    for t in range(triangles.shape[0]):
        if regions[t] == 0:
            continue
        cx = min(int((centres[t, 0] - lowest[0]) * inverse), nx - 1)
        cy = min(int((centres[t, 1] - lowest[1]) * inverse), ny - 1)
        cz = min(int((centres[t, 2] - lowest[2]) * inverse), nz - 1)
        cells[t] = (cx * ny + cy) * nz + cz
        start[cells[t] + 1] += 1
    for n in range(nx * ny * nz):
        start[n + 1] += start[n]
    items = np.empty(start[nx * ny * nz], np.int32)
    sorted_centres = np.empty((start[nx * ny * nz], 4), np.float32)
    filled = start.copy()
    for t in range(triangles.shape[0]):
        if regions[t] == 0:
            continue
        at = filled[cells[t]]
        filled[cells[t]] += 1
        items[at] = t
        for k in range(4):
            sorted_centres[at, k] = centres[t, k]
    # The searches.
    slots = allowed.shape[0]
    nearest = np.empty(slots, np.float32)  # squared distances
    within = np.empty(slots, np.float32)  # their roots
    for i in range(points.shape[0]):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        any_of = np.uint8(0)
        farthest = _ZERO
        for s in range(slots):
            mask = allowed[s, i]
            t = found[s, i]
            if t < 0:
                t = BESIDE - t
            found[s, i] = NONE
            nearest[s], within[s] = reach * reach, reach
            if mask == 0:
                continue
            any_of |= mask
            if 0 <= t < triangles.shape[0] and regions[t] & mask:
                a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                u, v, w = _closest(px, py, pz, skin, a, b, c)
                apart = _apart(px, py, pz, skin, a, b, c, u, v, w)
                # Only a bound: what is found doesn't depend on what was.
                within[s] = min(np.float32(math.sqrt(apart)) * MARGIN + SMALL, reach)
                nearest[s] = within[s] * within[s]
            farthest = max(farthest, within[s])
        if any_of == 0:
            continue
        around = farthest + widest + SMALL
        x0, x1 = px - around - lowest[0], px + around - lowest[0]
        y0, y1 = py - around - lowest[1], py + around - lowest[1]
        z0, z1 = pz - around - lowest[2], pz + around - lowest[2]
        if x1 < _ZERO or y1 < _ZERO or z1 < _ZERO:
            continue
        ax, bx = int(max(x0, _ZERO) * inverse), min(int(x1 * inverse), nx - 1)
        ay, by = int(max(y0, _ZERO) * inverse), min(int(y1 * inverse), ny - 1)
        az, bz = int(max(z0, _ZERO) * inverse), min(int(z1 * inverse), nz - 1)
        if az > bz:
            continue
        for cx in range(ax, bx + 1):
            for cy in range(ay, by + 1):
                base = (cx * ny + cy) * nz
                for q in range(start[base + az], start[base + bz + 1]):
                    t = items[q]
                    if regions[t] & any_of == 0:
                        continue
                    x, y, z = px - sorted_centres[q, 0], py - sorted_centres[q, 1], pz - sorted_centres[q, 2]
                    far = x * x + y * y + z * z
                    limit = farthest + sorted_centres[q, 3] + SMALL
                    if far >= limit * limit:
                        continue
                    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                    u, v, w = _closest(px, py, pz, skin, a, b, c)
                    apart = _apart(px, py, pz, skin, a, b, c, u, v, w)
                    closer = False
                    for s in range(slots):
                        if regions[t] & allowed[s, i] and apart < nearest[s]:
                            nearest[s], within[s] = apart, np.float32(math.sqrt(apart))
                            found[s, i] = t
                            places[s, i, 0], places[s, i, 1], places[s, i, 2] = u, v, w
                            closer = True
                    if closer:
                        farthest = _ZERO
                        for s in range(slots):
                            if allowed[s, i]:
                                farthest = max(farthest, within[s])
        for s in range(slots):
            t = found[s, i]
            if t < 0:
                continue
            x, y, z, nx_, ny_, nz_ = px, py, pz, _ZERO, _ZERO, _ZERO
            on_side, on_corner = 0, 0
            for k in range(3):
                j, share = triangles[t, k], places[s, i, k]
                x -= share * skin[j, 0]
                y -= share * skin[j, 1]
                z -= share * skin[j, 2]
                nx_ += share * skin_normals[j, 0]
                ny_ += share * skin_normals[j, 1]
                nz_ += share * skin_normals[j, 2]
                if share == _ZERO:
                    on_side |= 8 << k
                elif share == _ONE:
                    on_corner |= 1 << k
            length = np.float32(math.sqrt(nx_ * nx_ + ny_ * ny_ + nz_ * nz_))
            height = x * nx_ + y * ny_ + z * nz_
            least = LEAST_FACING * within[s] * length
            if (on_side | on_corner) & rims[t]:
                if height < least:  # beyond its rim a skin has no inside
                    found[s, i] = BESIDE - t
            elif within[s] > NEAR and abs(height) < least:
                found[s, i] = BESIDE - t
