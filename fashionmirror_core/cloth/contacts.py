"""Where cloth is closest to the skin under it: kernels, compiled by numba.

The skin's triangles are sorted into a uniform grid by their centres. Each search looks at all triangles near a vertex,
not at the neighbours of the last one: a skirt's vertex between the legs finds whichever leg is nearer.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fashionmirror_core.compiling import inlined, kernel

CELL = np.float32(0.036)  # metres: edge of a cell of the grid
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


@kernel(f"UniTuple(float32, 3)(float32, float32, float32, {_f2}, int64)")
def _closest(px: float, py: float, pz: float, corners: np.ndarray, t: int) -> tuple[Any, Any, Any]:
    """Barycentric coordinates of the place on a triangle (corners: (F, 9)) that is closest to p.

    Ericson, Real-Time Collision Detection, 5.1.5: which corner's or side's region p lies in, else the foot on the plane.
    """
    ux, uy, uz = corners[t, 3] - corners[t, 0], corners[t, 4] - corners[t, 1], corners[t, 5] - corners[t, 2]
    vx, vy, vz = corners[t, 6] - corners[t, 0], corners[t, 7] - corners[t, 1], corners[t, 8] - corners[t, 2]
    x, y, z = px - corners[t, 0], py - corners[t, 1], pz - corners[t, 2]
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
        share = ua / (ua - ub)
        return _ONE - share, share, _ZERO
    of_b = uc * va - ua * vc
    if of_b <= _ZERO and va >= _ZERO and vc <= _ZERO and vv > _ZERO:
        share = va / (va - vc)
        return _ONE - share, _ZERO, share
    of_a = ub * vc - uc * vb
    if of_a <= _ZERO and vb - ub >= _ZERO and uc - vc >= _ZERO:
        share = (vb - ub) / ((vb - ub) + (uc - vc))
        return _ZERO, _ONE - share, share
    share = _ONE / max(of_a + of_b + of_c, TINIEST)
    second = min(max(of_b * share, _ZERO), _ONE)  # the bounds are for triangles without an area
    third = min(max(of_c * share, _ZERO), _ONE - second)
    return _ONE - second - third, second, third


@inlined
def _apart(px: float, py: float, pz: float, corners: np.ndarray, t: int, u: float, v: float, w: float) -> Any:
    """The squared distance between p and the place u, v, w on a triangle."""
    x = px - (u * corners[t, 0] + v * corners[t, 3] + w * corners[t, 6])
    y = py - (u * corners[t, 1] + v * corners[t, 4] + w * corners[t, 7])
    z = pz - (u * corners[t, 2] + v * corners[t, 5] + w * corners[t, 8])
    return x * x + y * y + z * z


@kernel(f"void({_f2}, {_i2}, {_u1}, {_f2}, {_f2}, {_f2})")
def _describe(
    skin: np.ndarray,
    triangles: np.ndarray,
    regions: np.ndarray,
    balls: np.ndarray,
    facing: np.ndarray,
    corners: np.ndarray,
) -> None:
    """balls: (F, 4), each triangle's centre and how far its corners are from it. facing: (F, 3), its unit normal. corners:
    (F, 9).
    """
    third = np.float32(1 / 3)
    for t in range(triangles.shape[0]):
        if regions[t] == 0:
            continue
        for n in range(3):
            for k in range(3):
                corners[t, 3 * n + k] = skin[triangles[t, n], k]
        for k in range(3):
            balls[t, k] = (corners[t, k] + corners[t, 3 + k] + corners[t, 6 + k]) * third
        radius = _ZERO
        for n in range(0, 9, 3):
            x, y, z = (
                corners[t, n] - balls[t, 0],
                corners[t, n + 1] - balls[t, 1],
                corners[t, n + 2] - balls[t, 2],
            )
            radius = max(radius, x * x + y * y + z * z)
        balls[t, 3] = math.sqrt(radius)
        ux, uy, uz = corners[t, 3] - corners[t, 0], corners[t, 4] - corners[t, 1], corners[t, 5] - corners[t, 2]
        vx, vy, vz = corners[t, 6] - corners[t, 0], corners[t, 7] - corners[t, 1], corners[t, 8] - corners[t, 2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        scale = _ONE / np.float32(math.sqrt(max(x * x + y * y + z * z, TINIEST)))
        facing[t, 0], facing[t, 1], facing[t, 2] = x * scale, y * scale, z * scale


@kernel("void(uint8[:, :, ::1])")
def _spread(bits: np.ndarray) -> None:
    """Each cell gets the bits of its 26 neighbours; those at the border stay as they are."""
    for axis in range(3):
        source = bits.copy()
        x_on, y_on, z_on = int(axis == 0), int(axis == 1), int(axis == 2)
        for x in range(x_on, bits.shape[0] - x_on):
            for y in range(y_on, bits.shape[1] - y_on):
                for z in range(z_on, bits.shape[2] - z_on):
                    bits[x, y, z] |= source[x - x_on, y - y_on, z - z_on] | source[x + x_on, y + y_on, z + z_on]


@inlined
def _outside(place: Any, cell: int, size: Any) -> Any:
    """How far a coordinate lies outside a cell."""
    begin = np.float32(cell) * size
    return max(max(begin - place, place - begin - size), _ZERO)


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
    (F, 3); regions: (F,), bits of the regions that each belongs to; rims: (F,), its parts that lie on the skin's open
    edges: bit k for corner k, bit 3 + k for the side opposite to it. reach: metres, how far is looked.
    found: (S, N), in and out: the last search's triangle, which only hastens this one; the triangle, NONE or BESIDE - t.
    places: (S, N, 3), out: barycentric coordinates on it.
    """
    balls = np.empty((triangles.shape[0], 4), np.float32)
    facing = np.empty((triangles.shape[0], 3), np.float32)
    corners = np.empty((triangles.shape[0], 9), np.float32)
    _describe(skin, triangles, regions, balls, facing, corners)
    x0 = y0 = z0 = np.float32(np.inf)
    x1 = y1 = z1 = np.float32(-np.inf)
    widest = _ZERO
    for t in range(triangles.shape[0]):
        if regions[t]:
            x, y, z = balls[t, 0], balls[t, 1], balls[t, 2]
            x0, y0, z0 = min(x0, x), min(y0, y), min(z0, z)
            x1, y1, z1 = max(x1, x), max(y1, y), max(z1, z)
            widest = max(widest, balls[t, 3])
    if x1 < x0:  # no triangle at all
        found[:] = NONE
        return

    # The grid: triangles in the order of the cells that their centres lie in, z fastest.
    cell = CELL
    nx, ny, nz = 1, 1, 1
    while True:
        nx, ny, nz = int((x1 - x0) / cell) + 1, int((y1 - y0) / cell) + 1, int((z1 - z0) / cell) + 1
        if nx * ny * nz <= MOST_CELLS:
            break
        cell *= np.float32(1.5)
    inverse = _ONE / cell
    start = np.zeros(nx * ny * nz + 2, np.int32)
    cells = np.empty(triangles.shape[0], np.int32)
    for t in range(triangles.shape[0]):
        if regions[t]:
            cx = min(int((balls[t, 0] - x0) * inverse), nx - 1)
            cy = min(int((balls[t, 1] - y0) * inverse), ny - 1)
            cz = min(int((balls[t, 2] - z0) * inverse), nz - 1)
            cells[t] = (cx * ny + cy) * nz + cz
            start[cells[t] + 2] += 1
    for n in range(2, start.shape[0]):
        start[n] += start[n - 1]
    count = start[nx * ny * nz + 1]
    items, item_balls, item_regions = (
        np.empty(count, np.int32),
        np.empty((count, 4), np.float32),
        np.empty(count, np.uint8),
    )
    for t in range(triangles.shape[0]):
        if regions[t]:
            at = start[cells[t] + 1]
            start[cells[t] + 1] += 1  # ends as the next cell's first
            items[at], item_regions[at] = t, regions[t]
            for k in range(4):
                item_balls[at, k] = balls[t, k]

    # Which regions may be within reach of a point: those of the triangles in its coarse cell or in one beside it.
    coarse: Any = max(reach, cell + cell)
    margin = widest + coarse + coarse  # so that no cell at the border is within reach
    per_coarse = _ONE / coarse
    mx = int((x1 - x0 + margin + margin) * per_coarse) + 1
    my = int((y1 - y0 + margin + margin) * per_coarse) + 1
    mz = int((z1 - z0 + margin + margin) * per_coarse) + 1
    near = np.zeros((mx, my, mz), np.uint8)
    for q in range(count):
        radius = item_balls[q, 3]
        x, y, z = item_balls[q, 0] - x0 + margin, item_balls[q, 1] - y0 + margin, item_balls[q, 2] - z0 + margin
        for cx in range(int((x - radius) * per_coarse), int((x + radius) * per_coarse) + 1):
            for cy in range(int((y - radius) * per_coarse), int((y + radius) * per_coarse) + 1):
                for cz in range(int((z - radius) * per_coarse), int((z + radius) * per_coarse) + 1):
                    near[cx, cy, cz] |= item_regions[q]
    _spread(near)

    slots = allowed.shape[0]
    within = np.empty(slots, np.float32)
    for i in range(points.shape[0]):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        here = np.uint8(0)
        x, y, z = px - x0 + margin, py - y0 + margin, pz - z0 + margin
        if x > _ZERO and y > _ZERO and z > _ZERO:
            cx, cy, cz = int(x * per_coarse), int(y * per_coarse), int(z * per_coarse)
            if cx < mx and cy < my and cz < mz:
                here = near[cx, cy, cz]
        wanted = np.uint8(0)
        farthest = _ZERO
        for s in range(slots):
            mask = allowed[s, i] & here
            t = found[s, i]
            if t < 0:
                t = BESIDE - t
            found[s, i] = NONE
            within[s] = _ZERO
            if mask == 0:
                continue
            wanted |= mask
            within[s] = reach
            if 0 <= t < triangles.shape[0] and regions[t] & mask:
                u, v, w = _closest(px, py, pz, corners, t)
                apart = np.float32(math.sqrt(_apart(px, py, pz, corners, t, u, v, w)))
                # Only a bound: what is found doesn't depend on what was.
                within[s] = min(apart * MARGIN + SMALL, reach)
            farthest = max(farthest, within[s])
        if wanted == 0:
            continue
        around = farthest + widest + SMALL
        x, y, z = px - x0, py - y0, pz - z0
        if x + around < _ZERO or y + around < _ZERO or z + around < _ZERO:
            continue
        az, bz = int(max(z - around, _ZERO) * inverse), min(int((z + around) * inverse), nz - 1)
        for cx in range(int(max(x - around, _ZERO) * inverse), min(int((x + around) * inverse), nx - 1) + 1):
            off_x = _outside(x, cx, cell)
            for cy in range(int(max(y - around, _ZERO) * inverse), min(int((y + around) * inverse), ny - 1) + 1):
                off_y = _outside(y, cy, cell)
                if az > bz or off_x * off_x + off_y * off_y > around * around:
                    continue
                base = (cx * ny + cy) * nz
                for q in range(start[base + az], start[base + bz + 1]):
                    if item_regions[q] & wanted == 0:
                        continue
                    ox, oy, oz = px - item_balls[q, 0], py - item_balls[q, 1], pz - item_balls[q, 2]
                    radius = item_balls[q, 3] + SMALL
                    far = ox * ox + oy * oy + oz * oz
                    if far >= (farthest + radius) * (farthest + radius):
                        continue
                    # Not closer than the disc round the triangle.
                    t = items[q]
                    above = ox * facing[t, 0] + oy * facing[t, 1] + oz * facing[t, 2]
                    aside = np.float32(math.sqrt(max(far - above * above, _ZERO))) - radius
                    if aside > _ZERO and above * above + aside * aside > farthest * farthest:
                        continue
                    u, v, w = _closest(px, py, pz, corners, t)
                    apart = np.float32(math.sqrt(_apart(px, py, pz, corners, t, u, v, w)))
                    if apart >= farthest:
                        continue
                    farthest = _ZERO
                    for s in range(slots):
                        if item_regions[q] & allowed[s, i] and apart < within[s]:
                            within[s] = apart
                            found[s, i] = t
                            places[s, i, 0], places[s, i, 1], places[s, i, 2] = u, v, w
                        farthest = max(farthest, within[s])
        for s in range(slots):
            t = found[s, i]
            if t < 0:
                continue
            x, y, z, normal_x, normal_y, normal_z = px, py, pz, _ZERO, _ZERO, _ZERO
            on = 0
            for k in range(3):
                j, share = triangles[t, k], places[s, i, k]
                x -= share * skin[j, 0]
                y -= share * skin[j, 1]
                z -= share * skin[j, 2]
                normal_x += share * skin_normals[j, 0]
                normal_y += share * skin_normals[j, 1]
                normal_z += share * skin_normals[j, 2]
                if share == _ZERO:
                    on |= 8 << k
                elif share == _ONE:
                    on |= 1 << k
            length = np.float32(math.sqrt(normal_x * normal_x + normal_y * normal_y + normal_z * normal_z))
            height = x * normal_x + y * normal_y + z * normal_z
            least = LEAST_FACING * within[s] * length
            if on & rims[t]:
                if height < least:  # beyond its rim a skin has no inside
                    found[s, i] = BESIDE - t
            elif within[s] > NEAR and abs(height) < least:
                found[s, i] = BESIDE - t
