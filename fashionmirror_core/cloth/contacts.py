"""Where cloth is closest to the skin under it: kernels, compiled by numba.

A search looks at all triangles near a vertex: the skin's are sorted into a uniform grid by their centres, so that a skirt's
vertex between the legs finds whichever leg is nearer. Between two searches the closest place is followed from triangle to
triangle, and only what has found nothing searches again.
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
LARGEST = np.float32(0.028)  # metres: larger triangles are sorted into the grid in parts
MOST_PARTS = 12  # of a side
LONGEST_WALK = 12  # triangles
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


@kernel(f"UniTuple(float32, 4)(float32, float32, float32, {_f2}, int64, int64, int64)")
def _closest(px: float, py: float, pz: float, points: np.ndarray, a: int, b: int, c: int) -> tuple[Any, Any, Any, Any]:
    """Barycentric coordinates of the place on a triangle that is closest to p, and how far it is.

    Ericson, Real-Time Collision Detection, 5.1.5: which corner's or side's region p lies in, else the foot on the plane.
    """
    ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
    vx, vy, vz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
    x, y, z = px - points[a, 0], py - points[a, 1], pz - points[a, 2]
    ua, va = ux * x + uy * y + uz * z, vx * x + vy * y + vz * z
    uu, uv, vv = ux * ux + uy * uy + uz * uz, ux * vx + uy * vy + uz * vz, vx * vx + vy * vy + vz * vz
    ub, vb = ua - uu, va - uv
    uc, vc = ua - uv, va - vv
    of_a, of_b, of_c = ub * vc - uc * vb, uc * va - ua * vc, ua * vb - ub * va
    second = third = _ZERO
    on_side = False  # opposite to the first corner
    if ua <= _ZERO and va <= _ZERO:
        pass
    elif ub >= _ZERO and vb <= ub:
        second = _ONE
    elif vc >= _ZERO and uc <= vc:
        third = _ONE
    elif of_c <= _ZERO and ua >= _ZERO and ub <= _ZERO and uu > _ZERO:
        second = ua / (ua - ub)
    elif of_b <= _ZERO and va >= _ZERO and vc <= _ZERO and vv > _ZERO:
        third = va / (va - vc)
    elif of_a <= _ZERO and vb - ub >= _ZERO and uc - vc >= _ZERO:
        third = (vb - ub) / ((vb - ub) + (uc - vc))
        second = _ONE - third
        on_side = True
    else:
        share = _ONE / max(of_a + of_b + of_c, TINIEST)
        second = min(max(of_b * share, _ZERO), _ONE)  # the bounds are for triangles without an area
        third = min(max(of_c * share, _ZERO), _ONE - second)
    x -= second * ux + third * vx
    y -= second * uy + third * vy
    z -= second * uz + third * vz
    first = _ZERO if on_side else _ONE - second - third
    return first, second, third, np.float32(math.sqrt(x * x + y * y + z * z))


@kernel(
    f"Tuple((int32, float32, float32, float32, float32))"
    f"(float32, float32, float32, {_f2}, {_i2}, {_u1}, uint8, {_i2}, {_i1}, {_i1}, int64)"
)
def _followed(
    px: float,
    py: float,
    pz: float,
    skin: np.ndarray,
    triangles: np.ndarray,
    regions: np.ndarray,
    mask: int,
    neighbours: np.ndarray,
    first_around: np.ndarray,
    around: np.ndarray,
    t: int,
) -> tuple[Any, Any, Any, Any, Any]:
    """From triangle t on to one beside it as long as that is closer to p; the triangle, the place on it, how far it is."""
    u, v, w, apart = _closest(px, py, pz, skin, triangles[t, 0], triangles[t, 1], triangles[t, 2])
    for _ in range(LONGEST_WALK):
        best = t
        side = -1  # that the place lies on, opposite to this corner
        corner = -1
        for k in range(3):
            share = u if k == 0 else v if k == 1 else w
            if share == _ZERO:
                side = k
            elif share == _ONE:
                corner = k
        if corner >= 0:
            first, last = first_around[triangles[t, corner]], first_around[triangles[t, corner] + 1]
        elif side >= 0:
            first, last = 0, 1
        else:
            break
        for n in range(first, last):
            other = around[n] if corner >= 0 else neighbours[t, side]
            if other < 0 or other == t or regions[other] & mask == 0:
                continue
            a, b, c, far = _closest(px, py, pz, skin, triangles[other, 0], triangles[other, 1], triangles[other, 2])
            if far < apart:
                best, u, v, w, apart = other, a, b, c, far
        if best == t:
            break
        t = best
    return np.int32(t), u, v, w, apart


@inlined
def _parts(radius: Any) -> int:
    """Of a side: such a triangle is cut into their square."""
    return min(int(radius / LARGEST) + 1, MOST_PARTS)


@kernel(f"float32({_f2}, {_i2}, {_f2}, {_f2}, {_i1})")
def _cut(
    skin: np.ndarray, triangles: np.ndarray, balls: np.ndarray, part_balls: np.ndarray, part_triangles: np.ndarray
) -> Any:
    """The parts of the triangles: balls (P, 4) around them and the triangles that they are of (P,); the largest radius."""
    at = 0
    widest = _ZERO
    third = np.float32(1 / 3)
    for t in range(triangles.shape[0]):
        radius = balls[t, 3]
        if radius < _ZERO:
            continue
        sides = _parts(radius)
        share = _ONE / np.float32(sides)
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        widest = max(widest, radius * share)
        for i in range(sides):
            for j in range(2 * (sides - i) - 1):  # upright and inverted ones by turns
                within = third + third * np.float32(j % 2)
                v, w = (np.float32(i) + within) * share, (np.float32(j // 2) + within) * share
                for k in range(3):
                    part_balls[at, k] = skin[a, k] + v * (skin[b, k] - skin[a, k]) + w * (skin[c, k] - skin[a, k])
                part_balls[at, 3] = radius * share
                part_triangles[at] = t
                at += 1
    return widest


@kernel(f"int64({_f2}, {_i2}, {_u1}, uint8, {_f2}, float32, {_f2}, {_f2})")
def _describe(
    skin: np.ndarray,
    triangles: np.ndarray,
    regions: np.ndarray,
    mask: int,
    points: np.ndarray,
    reach: float,
    balls: np.ndarray,
    facing: np.ndarray,
) -> int:
    """balls: (F, 4), each triangle's centre and how far its corners are from it; below zero where it doesn't count: none of
    its regions is in the mask, or it is out of reach of all points. facing: (F, 3), its unit normal. Returns in how many
    parts the triangles are to be sorted into the grid.
    """
    low_x = low_y = low_z = np.float32(np.inf)
    high_x = high_y = high_z = np.float32(-np.inf)
    for i in range(points.shape[0]):
        low_x, low_y, low_z = min(low_x, points[i, 0]), min(low_y, points[i, 1]), min(low_z, points[i, 2])
        high_x, high_y, high_z = max(high_x, points[i, 0]), max(high_y, points[i, 1]), max(high_z, points[i, 2])
    third = np.float32(1 / 3)
    count = 0
    for t in range(triangles.shape[0]):
        balls[t, 3] = -_ONE
        if regions[t] & mask == 0:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = skin[b, 0] - skin[a, 0], skin[b, 1] - skin[a, 1], skin[b, 2] - skin[a, 2]
        vx, vy, vz = skin[c, 0] - skin[a, 0], skin[c, 1] - skin[a, 1], skin[c, 2] - skin[a, 2]
        x, y, z = (ux + vx) * third, (uy + vy) * third, (uz + vz) * third
        radius = x * x + y * y + z * z
        ux, uy, uz, vx, vy, vz = ux - x, uy - y, uz - z, vx - x, vy - y, vz - z
        radius = max(radius, ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz)
        x, y, z = x + skin[a, 0], y + skin[a, 1], z + skin[a, 2]
        radius = np.float32(math.sqrt(radius))
        far = radius + reach
        if (
            x + far < low_x or x - far > high_x
            or y + far < low_y or y - far > high_y
            or z + far < low_z or z - far > high_z
        ):  # fmt: skip
            continue
        balls[t, 0], balls[t, 1], balls[t, 2], balls[t, 3] = x, y, z, radius
        count += _parts(radius) ** 2
        # (b - m) x (c - m), m the centre: a third of the area's vector, the same direction.
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        scale = _ONE / np.float32(math.sqrt(max(x * x + y * y + z * z, TINIEST)))
        facing[t, 0], facing[t, 1], facing[t, 2] = x * scale, y * scale, z * scale
    return count


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


@kernel(f"void({_f2}, {_u2}, {_f2}, {_f2}, {_i2}, {_u1}, {_u1}, {_i2}, {_i1}, {_i1}, float32, boolean, {_i2}, {_f3})")
def find(
    points: np.ndarray,
    allowed: np.ndarray,
    skin: np.ndarray,
    skin_normals: np.ndarray,
    triangles: np.ndarray,
    regions: np.ndarray,
    rims: np.ndarray,
    neighbours: np.ndarray,
    first_around: np.ndarray,
    around: np.ndarray,
    reach: float,
    follow: bool,
    found: np.ndarray,
    places: np.ndarray,
) -> None:
    """The closest triangle of the skin and the place on it, for each of the S slots of the N points.

    allowed: (S, N), bits of regions that a slot may find; 0: the slot is empty. skin, skin_normals: (V, 3). triangles:
    (F, 3); regions: (F,), bits of the regions that each belongs to; rims: (F,), its parts that lie on the skin's open
    edges: bit k for corner k, bit 3 + k for the side opposite to it; neighbours: (F, 3), across that side, or -1.
    first_around: (V + 1,), where the triangles around each vertex begin in around (3 F,). reach: metres, how far is looked.
    follow: slots that found a triangle in the last search follow it; if not, all search.
    found: (S, N), in and out: the last search's triangle; the triangle, NONE or BESIDE - t. places: (S, N, 3), out:
    barycentric coordinates on it. Where all search, what they find doesn't depend on the last search.
    """
    slots = allowed.shape[0]
    asked: Any = np.uint8(0)
    for s in range(slots):
        for i in range(points.shape[0]):
            asked |= allowed[s, i]
    balls = np.empty((triangles.shape[0], 4), np.float32)
    facing = np.empty((triangles.shape[0], 3), np.float32)
    count = _describe(skin, triangles, regions, asked, points, reach, balls, facing)
    if count == 0:
        found[:] = NONE
        return
    part_balls, part_triangles = np.empty((count, 4), np.float32), np.empty(count, np.int32)
    widest = _cut(skin, triangles, balls, part_balls, part_triangles)
    x0 = x1 = part_balls[0, 0]
    y0 = y1 = part_balls[0, 1]
    z0 = z1 = part_balls[0, 2]
    for n in range(count):
        x, y, z = part_balls[n, 0], part_balls[n, 1], part_balls[n, 2]
        x0, y0, z0 = min(x0, x), min(y0, y), min(z0, z)
        x1, y1, z1 = max(x1, x), max(y1, y), max(z1, z)

    # The grid: parts of triangles in the order of the cells that their centres lie in, z fastest. Around them are cells
    # enough for whatever is within reach.
    cell: Any = CELL
    nx, ny, nz, beyond = 1, 1, 1, 1
    while True:
        steps = int(reach / cell) + 1  # cells that reach spans
        beyond = steps + int(widest / cell) + 2
        nx = int((x1 - x0) / cell) + 1 + 2 * beyond
        ny = int((y1 - y0) / cell) + 1 + 2 * beyond
        nz = int((z1 - z0) / cell) + 1 + 2 * beyond
        if nx * ny * nz <= MOST_CELLS:
            break
        cell *= np.float32(1.5)
    inverse = _ONE / cell
    margin = np.float32(beyond) * cell
    x0, y0, z0 = x0 - margin, y0 - margin, z0 - margin
    start = np.zeros(nx * ny * nz + 2, np.int32)
    near = np.zeros((nx, ny, nz), np.uint8)  # regions of which something may be within reach of a place in the cell
    cells = np.empty(count, np.int32)
    for n in range(count):
        bits, radius = regions[part_triangles[n]], part_balls[n, 3]
        x, y, z = part_balls[n, 0] - x0, part_balls[n, 1] - y0, part_balls[n, 2] - z0
        cells[n] = (int(x * inverse) * ny + int(y * inverse)) * nz + int(z * inverse)
        start[cells[n] + 2] += 1
        for cx in range(int((x - radius) * inverse), int((x + radius) * inverse) + 1):
            for cy in range(int((y - radius) * inverse), int((y + radius) * inverse) + 1):
                for cz in range(int((z - radius) * inverse), int((z + radius) * inverse) + 1):
                    near[cx, cy, cz] |= bits
    for _ in range(steps):
        _spread(near)
    for n in range(2, start.shape[0]):
        start[n] += start[n - 1]
    items, item_regions = np.empty(count, np.int32), np.empty(count, np.uint8)
    item_balls = np.empty((count, 4), np.float32)
    for n in range(count):
        at = start[cells[n] + 1]
        start[cells[n] + 1] += 1  # ends as the next cell's first
        items[at], item_regions[at] = part_triangles[n], regions[part_triangles[n]]
        for k in range(4):
            item_balls[at, k] = part_balls[n, k]

    within = np.empty(slots, np.float32)
    for i in range(points.shape[0]):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        x, y, z = px - x0, py - y0, pz - z0
        here = np.uint8(0)
        if x > _ZERO and y > _ZERO and z > _ZERO:
            cx, cy, cz = int(x * inverse), int(y * inverse), int(z * inverse)
            if cx < nx and cy < ny and cz < nz:
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
            within[s] = reach
            if 0 <= t < triangles.shape[0] and regions[t] & mask:
                t, u, v, w, apart = _followed(
                    px, py, pz, skin, triangles, regions, mask, neighbours, first_around, around, t
                )
                within[s] = min(apart * MARGIN + SMALL, reach)
                if follow:
                    if apart < reach:
                        found[s, i], within[s] = t, apart
                        places[s, i, 0], places[s, i, 1], places[s, i, 2] = u, v, w
                    continue
            wanted |= mask
            farthest = max(farthest, within[s])
        if wanted:
            span = farthest + widest + SMALL
            az, bz = int(max(z - span, _ZERO) * inverse), min(int((z + span) * inverse), nz - 1)
            for cx in range(int(max(x - span, _ZERO) * inverse), min(int((x + span) * inverse), nx - 1) + 1):
                off_x = _outside(x, cx, cell)
                for cy in range(int(max(y - span, _ZERO) * inverse), min(int((y + span) * inverse), ny - 1) + 1):
                    off_y = _outside(y, cy, cell)
                    if off_x * off_x + off_y * off_y > span * span:
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
                        # Not closer than the disc round the part.
                        t = items[q]
                        above = ox * facing[t, 0] + oy * facing[t, 1] + oz * facing[t, 2]
                        aside = np.float32(math.sqrt(max(far - above * above, _ZERO))) - radius
                        if aside > _ZERO and above * above + aside * aside > farthest * farthest:
                            continue
                        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                        u, v, w, apart = _closest(px, py, pz, skin, a, b, c)
                        if apart >= farthest:
                            continue
                        farthest = _ZERO
                        for s in range(slots):
                            if wanted & allowed[s, i] and within[s] > _ZERO:
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
