"""What the vertices do in a frame, and which triangle each pixel shows: kernels, compiled by numba.

Pixel centres lie at integers. The picture is cut into tiles of TILE x TILE pixels; a *slot* is one tile of one surface, and
slots are ordered by tile, then by surface. A slot's visibility holds a code for each pixel: the number of the foremost
triangle, times 16, plus which of the pixel's four samples the surface covers; 0 where it covers none.

Each tile is computed by itself and in a fixed order, so the result doesn't depend on the number of threads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fashionmirror_core.compiling import inlined, kernel

TILE = 32
FAR = np.float32(1e6)  # pixels: added to the depth where only a sample is covered, so that a covered centre wins
REACH = 0.375  # of the samples from the centre
ON_EDGE = -1e-9  # square pixels: rounding may not open a gap between two triangles
TURNED = 0.15  # change of the unit normal from which on the light is wholly that of the new pose
ROUND_FROM, ROUND_TO = 0.15, 0.45  # change of the normal's z over which a surface shows its side instead of its edge
ASIDE_FROM, ASIDE_TO = 12.0, 26.0  # degrees of a bone's turn out of the picture, over which all of its surface does
STEEP_FROM, STEEP_TO = -0.97, -0.75
"""z of a normal in the photo, over which a surface nears its rim there, or is its back."""
ROUND_AT_ONCE = (0.02, 0.1)  # by how much such a normal's z turns to the viewer, over which it shows its side
DIMMEST, BRIGHTEST = 0.62, 1.12  # bounds of the change of light
APPEAR_FROM, APPEAR_TO = 4.0, 9.0  # degrees of a bone's turn over which surfaces come,
VANISH_FROM, VANISH_TO = 8.0, 14.0  # and over which others go: later
CLOTH_DIMMEST, CLOTH_BRIGHTEST = 0.45, 1.15  # bounds of the brightness of cloth; 1 where it faces the viewer
CLOTH_DIFFUSE = 0.32  # least share of the lamp in cloth's light: without it folds would not show
SKY = 0.05  # light from above, besides the lamp's

_f2, _f1 = "float32[:, ::1]", "float32[::1]"
_i2, _i1 = "int32[:, ::1]", "int32[::1]"


# --------------------------------------------------------------------------------------------------- vertices


@kernel(f"void({_f2}, {_i2}, {_f2}, float32[:, :, ::1], {_f2})")
def skin(rest: np.ndarray, bones: np.ndarray, weights: np.ndarray, transforms: np.ndarray, out: np.ndarray) -> None:
    """Linear blend skinning: rest, out (N, 3); bones, weights (N, 4); transforms (B, 3, 4)."""
    for i in range(rest.shape[0]):
        x, y, z = rest[i, 0], rest[i, 1], rest[i, 2]
        a = b = c = np.float32(0)
        for k in range(4):
            w = weights[i, k]
            if w > 0:
                m = transforms[bones[i, k]]
                a += w * (m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3])
                b += w * (m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3])
                c += w * (m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3])
        out[i, 0], out[i, 1], out[i, 2] = a, b, c


@kernel(f"void({_f2}, {_i2}, {_i1}, int64, int64, {_f2})")
def normals(
    points: np.ndarray, triangles: np.ndarray, weld: np.ndarray, first: int, last: int, out: np.ndarray
) -> None:
    """Unit normals of the vertices from ``first`` to before ``last``, outward, weighted by area; welded vertices share one.

    triangles: (M, 3), of these vertices. out: (N, 3).
    """
    out[first:last] = 0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        vx, vy, vz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        if not abs(x) + abs(y) + abs(z) < np.inf:  # a vertex that isn't anywhere
            continue
        for k in range(3):
            i = weld[triangles[t, k]]
            out[i, 0] += x
            out[i, 1] += y
            out[i, 2] += z
    for i in range(first, last):
        if weld[i] == i:
            length = math.sqrt(out[i, 0] * out[i, 0] + out[i, 1] * out[i, 1] + out[i, 2] * out[i, 2])
            if length > 0:
                out[i, 0] /= length
                out[i, 1] /= length
                out[i, 2] /= length
    for i in range(first, last):
        j = weld[i]
        if j != i:
            out[i, 0], out[i, 1], out[i, 2] = out[j, 0], out[j, 1], out[j, 2]


@kernel(f"void({_f2}, {_f2}, {_f1}, {_i2}, {_f2}, {_f1}, {_f2}, {_f2}, {_f2}, {_f2})")
def turn(
    now: np.ndarray,
    source: np.ndarray,
    lamp: np.ndarray,
    bones: np.ndarray,
    weights: np.ndarray,
    aside: np.ndarray,
    texel: np.ndarray,
    turned_texel: np.ndarray,
    lit: np.ndarray,
    texel_now: np.ndarray,
) -> None:
    """What the pose changes in a vertex's looks; nothing where the normal is the photo's.

    now, source: (N, 3) unit normals, in this frame and in the photo. lamp: (5,), the unit direction towards the light,
    ambient and diffuse. bones, weights: (N, 4). aside: (B,) in [0, 1], how much a bone shows its side: a vertex that faced
    half left and faces half right now has turned, too. texel, turned_texel: (N, 2), where a vertex reads its texture
    straight and along the surface.
    lit: (N, 2), out: the factor of the colours, and the least opacity: where a surface turns, the photo's soft edge
    becomes its middle (below zero it is a share of the opacity that goes). texel_now: (N, 2), out.
    """
    for i in range(now.shape[0]):
        x, y, z = now[i, 0] - source[i, 0], now[i, 1] - source[i, 1], now[i, 2] - source[i, 2]
        facing = now[i, 0] * lamp[0] + now[i, 1] * lamp[1] + now[i, 2] * lamp[2]
        # Sides and backs show colours of the front: they count as lit as it.
        was = source[i, 0] * lamp[0] + source[i, 1] * lamp[1] - abs(source[i, 2]) * lamp[2]
        ratio = (lamp[3] + lamp[4] * max(facing, np.float32(0))) / (lamp[3] + lamp[4] * max(was, np.float32(0)))
        ratio = min(max(ratio, DIMMEST), BRIGHTEST)
        lit[i, 0] = 1 + (ratio - 1) * min(math.sqrt(x * x + y * y + z * z) / TURNED, 1.0)
        part: Any = np.float32(0)
        for k in range(4):
            part += weights[i, k] * aside[bones[i, k]]
        part = max(part, min(max((abs(z) - ROUND_FROM) / (ROUND_TO - ROUND_FROM), 0.0), 1.0))
        # The photo's edge is none where a side comes round, and what faced away was never seen: soft, both would be torn.
        steep = min(max((source[i, 2] - STEEP_FROM) / (STEEP_TO - STEEP_FROM), 0.0), 1.0)
        part = max(part, steep * min(max((-z - ROUND_AT_ONCE[0]) / (ROUND_AT_ONCE[1] - ROUND_AT_ONCE[0]), 0.0), 1.0))
        lit[i, 1] = part * part * (3 - 2 * part)
        for k in range(2):
            texel_now[i, k] = texel[i, k] + lit[i, 1] * (turned_texel[i, k] - texel[i, k])


@kernel(f"void({_i2}, {_f2}, {_f2}, int8[::1], {_f2})")
def appear(bones: np.ndarray, weights: np.ndarray, degrees: np.ndarray, shown: np.ndarray, lit: np.ndarray) -> None:
    """How transparent vertices are that come (``shown`` above 0) or go (below 0) as their bones turn; 0: neither.

    bones, weights: (N, 4). degrees: (2, B), by which each bone counts as turned, for ``shown`` of 1 and of 2, either sign.
    shown: (N,). lit: (N, 2), see ``turn``, changed.
    """
    for i in range(shown.shape[0]):
        if shown[i] == 0:
            continue
        turned = np.float32(0)
        for k in range(4):
            turned += weights[i, k] * degrees[abs(shown[i]) - 1, bones[i, k]]
        begin, end = (APPEAR_FROM, APPEAR_TO) if shown[i] > 0 else (VANISH_FROM, VANISH_TO)
        part: Any = min(max((turned - begin) / (end - begin), 0.0), 1.0)
        part *= part * (3 - 2 * part)
        lit[i, 1] = part - 1 if shown[i] > 0 else -part


@kernel(f"void({_f2}, {_i2}, {_i1}, int64, int64, {_f2})")
def soften(
    normals: np.ndarray, triangles: np.ndarray, weld: np.ndarray, first: int, last: int, sums: np.ndarray
) -> None:
    """Mixes each normal half and half with its neighbours' mean, so that large triangles don't show as facets.

    normals: (N, 3), changed from ``first`` to before ``last``; these vertices' triangles: (M, 3). sums: (N, 3), scratch.
    """
    sums[first:last] = 0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        for k in range(3):
            i, j = weld[triangles[t, k]], triangles[t, k]
            for axis in range(3):
                sums[i, axis] += normals[a, axis] + normals[b, axis] + normals[c, axis] - normals[j, axis]
    for i in range(first, last):
        if weld[i] == i:
            x, y, z = sums[i, 0], sums[i, 1], sums[i, 2]
            length = math.sqrt(x * x + y * y + z * z)
            if length > 0:
                x, y, z = normals[i, 0] + x / length, normals[i, 1] + y / length, normals[i, 2] + z / length
                length = math.sqrt(x * x + y * y + z * z)
                if length > 0:
                    normals[i, 0], normals[i, 1], normals[i, 2] = x / length, y / length, z / length
    for i in range(first, last):
        j = weld[i]
        if j != i:
            normals[i, 0], normals[i, 1], normals[i, 2] = normals[j, 0], normals[j, 1], normals[j, 2]


@kernel(f"void({_f2}, {_f1}, float64, {_f2})")
def shine(normals: np.ndarray, lamp: np.ndarray, dim: float, lit: np.ndarray) -> None:
    """The brightness of cloth whose texture was photographed flat.

    normals: (N, 3), unit. lamp: as for ``turn``. dim: a factor. lit: (N, 2), out: the factor of the colours, dim where the
    cloth faces the viewer; and 0, no least opacity: sheer cloth stays sheer.
    """
    diffuse = max(lamp[4], np.float32(CLOTH_DIFFUSE))
    frontal = lamp[3] + diffuse * max(-lamp[2], np.float32(0))
    for i in range(normals.shape[0]):
        facing = normals[i, 0] * lamp[0] + normals[i, 1] * lamp[1] + normals[i, 2] * lamp[2]
        light = (lamp[3] + diffuse * facing) / frontal - SKY * normals[i, 1]  # also darker the farther it turns away
        lit[i, 0] = dim * min(max(light, CLOTH_DIMMEST), CLOTH_BRIGHTEST)
        lit[i, 1] = 0


# --------------------------------------------------------------------------------------------------- visibility


@inlined
def _tiles(
    points: np.ndarray, lit: np.ndarray, a: int, b: int, c: int, width: int, height: int
) -> tuple[int, int, int, int]:
    """First and last column and row of the tiles that a triangle touches; none (1, 0, 1, 0) for one that isn't visible."""
    ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
    area = (np.float64(bx) - ax) * (np.float64(cy) - ay) - (np.float64(by) - ay) * (np.float64(cx) - ax)
    left, right = min(ax, bx, cx) - REACH, max(ax, bx, cx) + REACH
    top, bottom = min(ay, by, cy) - REACH, max(ay, by, cy) + REACH
    depth = points[a, 2] + points[b, 2] + points[c, 2]
    # Written so that a number that isn't finite fails.
    if not (area < -1e-7 and left <= width - 1 and right >= 0 and top <= height - 1 and bottom >= 0):
        return 1, 0, 1, 0
    if lit[a, 1] <= -1 and lit[b, 1] <= -1 and lit[c, 1] <= -1:  # wholly transparent
        return 1, 0, 1, 0
    if not (abs(depth) < FAR and right - left < FAR and bottom - top < FAR):
        return 1, 0, 1, 0
    return (
        int(max(left, 0)) // TILE,
        int(min(right, width - 1)) // TILE,
        int(max(top, 0)) // TILE,
        int(min(bottom, height - 1)) // TILE,
    )


@kernel(f"void({_f2}, {_f2}, {_i2}, {_i1}, int64, int64, int64, int64, {_i2})")
def count(
    points: np.ndarray,
    lit: np.ndarray,
    triangles: np.ndarray,
    surface: np.ndarray,
    width: int,
    height: int,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """How many triangles, from ``first`` to before ``last``, touch each tile. lit: (N, 2), from ``turn``. surface: (M,) of
    each triangle. out: (tiles, surfaces), zero at first."""
    columns = (width + TILE - 1) // TILE
    for t in range(first, last):
        left, right, top, bottom = _tiles(points, lit, triangles[t, 0], triangles[t, 1], triangles[t, 2], width, height)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                out[row * columns + column, surface[t]] += 1


@kernel(f"void({_f2}, {_f2}, {_i2}, {_i1}, int64, int64, int64, int64, {_i2}, {_i1})")
def fill(
    points: np.ndarray,
    lit: np.ndarray,
    triangles: np.ndarray,
    surface: np.ndarray,
    width: int,
    height: int,
    first: int,
    last: int,
    place: np.ndarray,
    out: np.ndarray,
) -> None:
    """The triangles of each tile, one tile and surface after the other; those from ``first`` to before ``last``. place:
    (tiles, surfaces), where each begins; moved to where each ends."""
    columns = (width + TILE - 1) // TILE
    for t in range(first, last):
        left, right, top, bottom = _tiles(points, lit, triangles[t, 0], triangles[t, 1], triangles[t, 2], width, height)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                tile = row * columns + column
                out[place[tile, surface[t]]] = t
                place[tile, surface[t]] += 1


@kernel(f"void({_f2}, {_i2}, {_i1}, {_i1}, {_i1}, int64, int64, int64, int64, {_i2}, {_f2})")
def rasterise(
    points: np.ndarray,
    triangles: np.ndarray,
    listed: np.ndarray,
    begins: np.ndarray,
    tile: np.ndarray,
    width: int,
    height: int,
    first: int,
    last: int,
    out: np.ndarray,
    depths: np.ndarray,
) -> None:
    """The visibility of the slots from ``first`` to before ``last``. listed: triangles; begins: (slots + 1,), where each
    slot's begin in there. tile: (slots,). out, depths: (slots, TILE * TILE); a depth is FAR too large where the triangle
    doesn't cover the pixel's centre, and infinite where the code is 0."""
    columns = (width + TILE - 1) // TILE
    for slot in range(first, last):
        codes, depth = out[slot], depths[slot]
        codes[:] = 0
        depth[:] = np.inf
        left, top = tile[slot] % columns * TILE, tile[slot] // columns * TILE
        right, bottom = min(left + TILE, width) - 1, min(top + TILE, height) - 1
        for n in range(begins[slot], begins[slot + 1]):
            t = listed[n]
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            ax, ay = np.float64(points[a, 0]), np.float64(points[a, 1])
            bx, by = np.float64(points[b, 0]), np.float64(points[b, 1])
            cx, cy = np.float64(points[c, 0]), np.float64(points[c, 1])
            # Edge functions, positive inside: that of vertex a is the area over the edge from b to c, and so on.
            xa, ya, xb, yb, xc, yc = cy - by, bx - cx, ay - cy, cx - ax, by - ay, ax - bx
            area = xb * (bx - ax) + yb * (by - ay)
            # What the four samples add to them; the third and the fourth are opposite to the second and the first.
            a0, a1 = 0.125 * xa + 0.375 * ya, 0.375 * xa - 0.125 * ya
            b0, b1 = 0.125 * xb + 0.375 * yb, 0.375 * xb - 0.125 * yb
            c0, c1 = 0.125 * xc + 0.375 * yc, 0.375 * xc - 0.125 * yc
            reach_a, reach_b, reach_c = max(abs(a0), abs(a1)), max(abs(b0), abs(b1)), max(abs(c0), abs(c1))
            per_area = 1 / area
            za, zb, zc = points[a, 2] * per_area, points[b, 2] * per_area, points[c, 2] * per_area
            x0 = max(left, math.ceil(min(ax, bx, cx) - REACH))
            x1 = min(right, math.floor(max(ax, bx, cx) + REACH))
            y0 = max(top, math.ceil(min(ay, by, cy) - REACH))
            y1 = min(bottom, math.floor(max(ay, by, cy) + REACH))
            for y in range(y0, y1 + 1):
                row_a = (y - by) * ya - bx * xa
                row_b = (y - cy) * yb - cx * xb
                row_c = (y - ay) * yc - ax * xc
                for x in range(x0, x1 + 1):
                    ea: Any = row_a + x * xa
                    eb: Any = row_b + x * xb
                    ec: Any = row_c + x * xc
                    if (ea < -reach_a) | (eb < -reach_b) | (ec < -reach_c):
                        continue
                    j = np.uint64((y - top) * TILE + x - left)
                    code = codes[j]
                    covered = np.int32(0)
                    if code & 15 != 15:
                        least_a, least_b, least_c = ON_EDGE - ea, ON_EDGE - eb, ON_EDGE - ec
                        covered |= np.int32((-a0 >= least_a) & (-b0 >= least_b) & (-c0 >= least_c))
                        covered |= np.int32((a1 >= least_a) & (b1 >= least_b) & (c1 >= least_c)) << 1
                        covered |= np.int32((-a1 >= least_a) & (-b1 >= least_b) & (-c1 >= least_c)) << 2
                        covered |= np.int32((a0 >= least_a) & (b0 >= least_b) & (c0 >= least_c)) << 3
                    if (ea >= ON_EDGE) & (eb >= ON_EDGE) & (ec >= ON_EDGE):
                        z = np.float32(ea * za + eb * zb + ec * zc)
                    elif depth[j] < FAR or covered == 0:
                        codes[j] = code | covered
                        continue
                    else:
                        ea, eb, ec = max(ea, 0.0), max(eb, 0.0), max(ec, 0.0)
                        z = np.float32((ea * za + eb * zb + ec * zc) * (area / (ea + eb + ec))) + FAR
                    if z < depth[j]:
                        depth[j] = z
                        codes[j] = t << 4 | (code & 15) | covered
                    else:
                        codes[j] = code | covered


@kernel(f"void({_i1}, {_i1}, {_f1}, int64, int64, {_i2}, {_f2})")
def sort(
    begins: np.ndarray,
    surface: np.ndarray,
    bias: np.ndarray,
    first: int,
    last: int,
    visibility: np.ndarray,
    depths: np.ndarray,
) -> None:
    """Moves the codes of each pixel, among the slots of its tile, so that the foremost is first and no empty one between.

    begins: (T + 1,), where the slots of each tile begin; from tile ``first`` to before ``last``. surface: (M,) of each
    triangle. bias: (S,), added to the depth. visibility, depths: from ``rasterise``.
    """
    for n in range(first, last):
        begin, end = begins[n], begins[n + 1]
        if end - begin < 2:
            continue
        for j in range(TILE * TILE):
            found = 0
            for slot in range(begin, end):
                code = visibility[slot, j]
                if code == 0:
                    continue
                z = depths[slot, j]
                if z >= FAR / 2:
                    z -= FAR
                z += bias[surface[code >> 4]]
                visibility[slot, j] = 0
                place = begin + found
                while place > begin and depths[place - 1, j] > z:
                    visibility[place, j], depths[place, j] = visibility[place - 1, j], depths[place - 1, j]
                    place -= 1
                visibility[place, j], depths[place, j] = code, z
                found += 1
