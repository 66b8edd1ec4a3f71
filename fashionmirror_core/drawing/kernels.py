"""The z-buffer's inner loops, compiled by numba.

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
SAMPLE_X = np.array([-0.125, 0.375, -0.375, 0.125])  # a rotated grid
SAMPLE_Y = np.array([-0.375, -0.125, 0.125, 0.375])
REACH = 0.375  # of the samples from the centre
ON_EDGE = -1e-9  # square pixels: rounding may not open a gap between two triangles
STEEP = 4.0  # square texels a pixel (squared): a triangle seen so much from the side isn't continued beyond its edge
TURNED = 0.15  # change of the unit normal from which on the light is wholly that of the new pose
ROUND_FROM, ROUND_TO = 0.15, 0.45  # change of the normal's z over which a surface shows its side instead of its edge
COLORLESS, COLORED = (
    np.float32(8),
    np.float32(40),
)  # of 255: alpha below which a texel's colour is noise, and from which on it is known
DIMMEST, BRIGHTEST = 0.62, 1.12  # bounds of the change of light
LEAST = 0.002  # share of a pixel that still counts

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


@kernel(f"void({_f2}, {_i2}, {_i1}, {_f2})")
def normals(points: np.ndarray, triangles: np.ndarray, weld: np.ndarray, out: np.ndarray) -> None:
    """Unit normals of the vertices, outward, weighted by area; welded vertices share one. out: (N, 3)."""
    out[:] = 0
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
    for i in range(out.shape[0]):
        if weld[i] == i:
            length = math.sqrt(out[i, 0] * out[i, 0] + out[i, 1] * out[i, 1] + out[i, 2] * out[i, 2])
            if length > 0:
                out[i, 0] /= length
                out[i, 1] /= length
                out[i, 2] /= length
    for i in range(out.shape[0]):
        j = weld[i]
        if j != i:
            out[i, 0], out[i, 1], out[i, 2] = out[j, 0], out[j, 1], out[j, 2]


@kernel(f"void({_f2}, {_f2}, {_f1}, {_f2}, {_f2}, {_f2}, {_f2})")
def turn(
    now: np.ndarray,
    source: np.ndarray,
    lamp: np.ndarray,
    texel: np.ndarray,
    turned_texel: np.ndarray,
    lit: np.ndarray,
    texel_now: np.ndarray,
) -> None:
    """What the pose changes in a vertex's looks; nothing where the normal is the photo's.

    now, source: (N, 3) unit normals, in this frame and in the photo. lamp: (5,), the unit direction towards the light,
    ambient and diffuse. texel, turned_texel: (N, 2), where a vertex reads its texture straight and along the surface.
    lit: (N, 2), out: the factor of the colours, and the least opacity: where a surface turns, the photo's soft edge
    becomes its middle. texel_now: (N, 2), out.
    """
    for i in range(now.shape[0]):
        x, y, z = now[i, 0] - source[i, 0], now[i, 1] - source[i, 1], now[i, 2] - source[i, 2]
        facing = now[i, 0] * lamp[0] + now[i, 1] * lamp[1] + now[i, 2] * lamp[2]
        # Sides and backs show colours of the front: they count as lit as it.
        was = source[i, 0] * lamp[0] + source[i, 1] * lamp[1] - abs(source[i, 2]) * lamp[2]
        ratio = (lamp[3] + lamp[4] * max(facing, np.float32(0))) / (lamp[3] + lamp[4] * max(was, np.float32(0)))
        ratio = min(max(ratio, DIMMEST), BRIGHTEST)
        lit[i, 0] = 1 + (ratio - 1) * min(math.sqrt(x * x + y * y + z * z) / TURNED, 1.0)
        part = min(max((abs(z) - ROUND_FROM) / (ROUND_TO - ROUND_FROM), 0.0), 1.0)
        lit[i, 1] = part * part * (3 - 2 * part)
        for k in range(2):
            texel_now[i, k] = texel[i, k] + lit[i, 1] * (turned_texel[i, k] - texel[i, k])


# --------------------------------------------------------------------------------------------------- visibility


@inlined
def _tiles(points: np.ndarray, a: int, b: int, c: int, width: int, height: int) -> tuple[int, int, int, int]:
    """First and last column and row of the tiles that a triangle touches; none (1, 0, 1, 0) for one that isn't visible."""
    ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
    area = (np.float64(bx) - ax) * (np.float64(cy) - ay) - (np.float64(by) - ay) * (np.float64(cx) - ax)
    left, right = min(ax, bx, cx) - REACH, max(ax, bx, cx) + REACH
    top, bottom = min(ay, by, cy) - REACH, max(ay, by, cy) + REACH
    depth = points[a, 2] + points[b, 2] + points[c, 2]
    # Written so that a number that isn't finite fails.
    if not (area < -1e-7 and left <= width - 1 and right >= 0 and top <= height - 1 and bottom >= 0):
        return 1, 0, 1, 0
    if not (abs(depth) < FAR and right - left < FAR and bottom - top < FAR):
        return 1, 0, 1, 0
    return (
        int(max(left, 0)) // TILE,
        int(min(right, width - 1)) // TILE,
        int(max(top, 0)) // TILE,
        int(min(bottom, height - 1)) // TILE,
    )


@kernel(f"void({_f2}, {_i2}, {_i1}, int64, int64, {_i2})")
def count(
    points: np.ndarray, triangles: np.ndarray, surface: np.ndarray, width: int, height: int, out: np.ndarray
) -> None:
    """How many triangles touch each tile. surface: (M,) of each triangle. out: (tiles, surfaces), zero at first."""
    columns = (width + TILE - 1) // TILE
    for t in range(triangles.shape[0]):
        left, right, top, bottom = _tiles(points, triangles[t, 0], triangles[t, 1], triangles[t, 2], width, height)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                out[row * columns + column, surface[t]] += 1


@kernel(f"void({_f2}, {_i2}, {_i1}, int64, int64, {_i2}, {_i1})")
def fill(
    points: np.ndarray,
    triangles: np.ndarray,
    surface: np.ndarray,
    width: int,
    height: int,
    place: np.ndarray,
    out: np.ndarray,
) -> None:
    """The triangles of each tile, one tile and surface after the other. place: (tiles, surfaces), where each begins; moved
    to where each ends."""
    columns = (width + TILE - 1) // TILE
    for t in range(triangles.shape[0]):
        left, right, top, bottom = _tiles(points, triangles[t, 0], triangles[t, 1], triangles[t, 2], width, height)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                tile = row * columns + column
                out[place[tile, surface[t]]] = t
                place[tile, surface[t]] += 1


@kernel(f"void({_f2}, {_i2}, {_i1}, {_i1}, {_i1}, int64, int64, int64, int64, {_i2})")
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
) -> None:
    """The visibility of the slots from ``first`` to before ``last``. listed: triangles; begins: (slots + 1,), where each
    slot's begin in there. tile: (slots,). out: (slots, TILE * TILE)."""
    columns = (width + TILE - 1) // TILE
    depth = np.empty(TILE * TILE, np.float32)
    for slot in range(first, last):
        codes = out[slot]
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


# -------------------------------------------------------------------------------------------------------- pixels


@inlined
def _weights(ax: Any, ay: Any, bx: Any, by: Any, cx: Any, cy: Any, x: int, y: int) -> tuple[Any, Any, Any, Any]:
    """Barycentric coordinates of a pixel's centre in a triangle, and the triangle's doubled area, negative."""
    ux, uy, vx, vy = bx - ax, by - ay, cx - ax, cy - ay
    dx, dy = np.float32(x) - ax, np.float32(y) - ay
    area = ux * vy - uy * vx
    per_area = np.float32(1) / area
    wb = (dx * vy - dy * vx) * per_area
    wc = (ux * dy - uy * dx) * per_area
    return np.float32(1) - wb - wc, wb, wc, area


@inlined
def _inside(wa: Any, wb: Any, wc: Any) -> tuple[Any, Any, Any]:
    """The coordinates moved to the triangle."""
    wa, wb, wc = max(wa, np.float32(0)), max(wb, np.float32(0)), max(wc, np.float32(0))
    per_total = np.float32(1) / (wa + wb + wc)
    return wa * per_total, wb * per_total, wc * per_total


@kernel(f"void({_i2}, {_i1}, {_i1}, {_f2}, {_i2}, {_i1}, {_f1}, int64, int64, int64)")
def sort(
    visibility: np.ndarray,
    tiles: np.ndarray,
    begins: np.ndarray,
    points: np.ndarray,
    triangles: np.ndarray,
    surface: np.ndarray,
    bias: np.ndarray,
    width: int,
    first: int,
    last: int,
) -> None:
    """Moves the codes of each pixel, among the slots of its tile, so that the foremost is first and no empty one between.

    bias: (S,), added to the depth; other arguments as for ``compose``.
    """
    columns = (width + TILE - 1) // TILE
    depths = np.empty(bias.shape[0], np.float32)
    for n in range(first, last):
        left, top = tiles[n] % columns * TILE, tiles[n] // columns * TILE
        begin, end = begins[n], begins[n + 1]
        if end - begin < 2:
            continue
        for j in range(TILE * TILE):
            found = 0
            for slot in range(begin, end):
                code = visibility[slot, j]
                if code == 0:
                    continue
                t = code >> 4
                a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                wa, wb, wc, _ = _weights(
                    points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1],
                    left + j % TILE, top + j // TILE,
                )  # fmt: skip
                wa, wb, wc = _inside(wa, wb, wc)
                z = wa * points[a, 2] + wb * points[b, 2] + wc * points[c, 2] + bias[surface[t]]
                visibility[slot, j] = 0
                place = found
                while place > 0 and depths[place - 1] > z:
                    visibility[begin + place, j] = visibility[begin + place - 1, j]
                    depths[place] = depths[place - 1]
                    place -= 1
                visibility[begin + place, j] = code
                depths[place] = z
                found += 1


@inlined
def _look(
    points: np.ndarray, triangles: np.ndarray, texel: np.ndarray, code: int, x: int, y: int
) -> tuple[Any, Any, Any, Any, Any, Any]:
    """Vertices and weights of what the pixel shows of a triangle. A pixel whose centre lies beyond the triangle's edge
    shows its continuation, unless that jumps far in the texture."""
    t = code >> 4
    a, b, c = np.uint64(triangles[t, 0]), np.uint64(triangles[t, 1]), np.uint64(triangles[t, 2])
    wa, wb, wc, area = _weights(
        points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1], x, y
    )
    if min(wa, wb, wc) < 0:
        ux, uy = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
        vx, vy = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1]
        steep = np.float32(0)
        for k in range(2):
            du, dv = texel[b, k] - texel[a, k], texel[c, k] - texel[a, k]
            along, down = (du * vy - dv * uy) / area, (dv * ux - du * vx) / area
            steep += along * along + down * down
        if steep > STEEP:
            wa, wb, wc = _inside(wa, wb, wc)
    return a, b, c, wa, wb, wc


@inlined
def _between(place: Any, size: int) -> tuple[int, int, int]:
    """The texel before a place in a texture, the step to the next one, and how far it is towards it, 0..256."""
    place = min(place, np.float32(size - 1)) if place > 0 else np.float32(0)  # also for a place that is no number
    low = int(place)
    return low, 1 if low + 1 < size else 0, int((place - np.float32(low)) * np.float32(256) + np.float32(0.5))


@inlined
def _spread(rgba: Any) -> Any:
    """The four bytes of a texel in four times 16 bits."""
    wide = np.uint64(rgba)
    wide = (wide | (wide << np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    return (wide | (wide << np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)


@inlined
def _blend(across: int, down: int) -> tuple[Any, Any, Any, Any]:
    """The weights of the four texels around a place; their sum is 256, so the four sums of ``_spread`` don't overflow."""
    both = (across * down + 128) >> 8
    return np.uint64(256 - across - down + both), np.uint64(across - both), np.uint64(down - both), np.uint64(both)


@inlined
def _channel(mixed: Any, index: int) -> Any:
    """One of the four sums, 0..255."""
    return np.float32(np.int32((mixed >> np.uint64(16 * index)) & np.uint64(0xFFFF))) * np.float32(1 / 256)


@inlined
def _opacity(alpha: Any, floor: Any) -> Any:
    """Alpha 0..255, at least as high as the floor 0..1 where the texel's colour is known."""
    known = min(max((alpha - COLORLESS) * np.float32(1 / (COLORED - COLORLESS)), np.float32(0)), np.float32(1))
    return max(alpha, np.float32(255) * floor * known)


@inlined
def _reached(clear: np.ndarray, covered: int) -> Any:
    """How much of a pixel's light is still to be had from a surface, 0..1. clear: (4,), what each sample lets through."""
    quarters = np.float32(0)
    for k in range(4):
        if covered >> k & 1:
            quarters += clear[k]
    return quarters * np.float32(0.25)


@inlined
def _block(clear: np.ndarray, covered: int, alpha: Any) -> None:
    """A surface takes its part, alpha 0..1, of the samples."""
    for k in range(4):
        if covered >> k & 1:
            clear[k] *= np.float32(1) - alpha


_frame = f"{_i2}, {_i1}, {_i1}, {_f2}, {_i2}, {_i1}, {_f2}, {_f2}, int64[:, ::1], uint32[::1]"


@kernel(f"void({_frame}, uint8[::1], int64, int64, uint8[:, :, ::1], {_f2}, {_i2})")
def compose(
    visibility: np.ndarray,
    tiles: np.ndarray,
    begins: np.ndarray,
    points: np.ndarray,
    triangles: np.ndarray,
    surface: np.ndarray,
    texel: np.ndarray,
    lit: np.ndarray,
    layout: np.ndarray,
    pictures: np.ndarray,
    clothing: np.ndarray,
    first: int,
    last: int,
    image: np.ndarray,
    clothed: np.ndarray,
    front: np.ndarray,
) -> None:
    """The tiles from ``first`` to before ``last``, everything they show.

    visibility: (slots, TILE * TILE). tiles: (T,) that have slots; begins: (T + 1,), where each one's begin. surface: (M,).
    texel, lit: (N, 2). layout: (S, 4), where each texture begins, its width and height, whether it has clothes.
    pictures: (P,), each texel's four bytes in one. clothing: (P,). image: (H, W, 4), clothed: (H, W) 0..1, front: (H, W),
    the code of what is seen most, 0 for nothing.
    """
    height, width = front.shape
    columns = (width + TILE - 1) // TILE
    clear = np.empty(4, np.float32)
    for n in range(first, last):
        left, top = tiles[n] % columns * TILE, tiles[n] // columns * TILE
        begin, end = np.uint64(begins[n]), np.uint64(begins[n + 1])
        for y in range(top, min(top + TILE, height)):
            for x in range(left, min(left + TILE, width)):
                j = np.uint64((y - top) * TILE + x - left)
                if visibility[begin, j] == 0:
                    continue
                clear[0] = clear[1] = clear[2] = clear[3] = np.float32(1)
                red = green = blue = opaque = worn = most = np.float32(0)
                seen = np.int32(0)
                for slot in range(begin, end):
                    code = visibility[slot, j]
                    if code == 0:
                        break
                    a, b, c, wa, wb, wc = _look(points, triangles, texel, code, x, y)
                    own = surface[code >> 4]
                    u, right, across = _between(wa * texel[a, 0] + wb * texel[b, 0] + wc * texel[c, 0], layout[own, 1])
                    v, below, down = _between(wa * texel[a, 1] + wb * texel[b, 1] + wc * texel[c, 1], layout[own, 2])
                    i00 = np.uint64(layout[own, 0] + v * layout[own, 1] + u)
                    i01 = i00 + np.uint64(right)
                    i10 = i00 + np.uint64(below * layout[own, 1])
                    i11 = i10 + np.uint64(right)
                    w00, w01, w10, w11 = _blend(across, down)
                    mixed = w00 * _spread(pictures[i00]) + w01 * _spread(pictures[i01])
                    mixed += w10 * _spread(pictures[i10]) + w11 * _spread(pictures[i11])
                    was = _channel(mixed, 3)
                    if was <= 0:
                        continue
                    alpha = was
                    if was < 255:
                        alpha = _opacity(was, wa * lit[a, 1] + wb * lit[b, 1] + wc * lit[c, 1])
                    reached = _reached(clear, code & 15)
                    share = reached * alpha * np.float32(1 / 255)
                    if share < LEAST:
                        continue
                    denser = alpha / was
                    gain = denser * (wa * lit[a, 0] + wb * lit[b, 0] + wc * lit[c, 0])
                    red += reached * min(_channel(mixed, 0) * gain, alpha)
                    green += reached * min(_channel(mixed, 1) * gain, alpha)
                    blue += reached * min(_channel(mixed, 2) * gain, alpha)
                    opaque += reached * alpha
                    if layout[own, 3]:
                        cloth = w00 * clothing[i00] + w01 * clothing[i01] + w10 * clothing[i10] + w11 * clothing[i11]
                        worn += reached * min(_channel(cloth, 0), was) * denser
                    if share > most:
                        most, seen = share, code
                    _block(clear, code & 15, alpha * np.float32(1 / 255))
                image[y, x, 0] = int(min(red, opaque) + np.float32(0.5))
                image[y, x, 1] = int(min(green, opaque) + np.float32(0.5))
                image[y, x, 2] = int(min(blue, opaque) + np.float32(0.5))
                image[y, x, 3] = int(min(opaque, np.float32(255)) + np.float32(0.5))
                clothed[y, x] = min(worn * np.float32(1 / 255), np.float32(1))
                front[y, x] = seen


@kernel(f"void({_frame}, {_f1}, boolean[::1], int64, int64, {_f2}, int64, {_f2}, float32[:, :, ::1])")
def collect(
    visibility: np.ndarray,
    tiles: np.ndarray,
    begins: np.ndarray,
    points: np.ndarray,
    triangles: np.ndarray,
    surface: np.ndarray,
    texel: np.ndarray,
    lit: np.ndarray,
    layout: np.ndarray,
    pictures: np.ndarray,
    maps: np.ndarray,
    mapped: np.ndarray,
    first: int,
    last: int,
    sums: np.ndarray,
    wanted: int,
    share_of: np.ndarray,
    texel_of: np.ndarray,
) -> None:
    """Like ``compose``, for other values than colours. maps: (P,) or empty; mapped: (S,), which surfaces have one.

    sums: (H, W), the maps' values times the shares. share_of: (H, W) and texel_of: (H, W, 2), of the surface ``wanted``;
    -1 wants none.
    """
    height, width = sums.shape
    columns = (width + TILE - 1) // TILE
    clear = np.empty(4, np.float32)
    for n in range(first, last):
        left, top = tiles[n] % columns * TILE, tiles[n] // columns * TILE
        begin, end = np.uint64(begins[n]), np.uint64(begins[n + 1])
        for y in range(top, min(top + TILE, height)):
            for x in range(left, min(left + TILE, width)):
                j = np.uint64((y - top) * TILE + x - left)
                clear[0] = clear[1] = clear[2] = clear[3] = np.float32(1)
                for slot in range(begin, end):
                    code = visibility[slot, j]
                    if code == 0:
                        break
                    a, b, c, wa, wb, wc = _look(points, triangles, texel, code, x, y)
                    own = surface[code >> 4]
                    place_x = wa * texel[a, 0] + wb * texel[b, 0] + wc * texel[c, 0]
                    place_y = wa * texel[a, 1] + wb * texel[b, 1] + wc * texel[c, 1]
                    u, right, across = _between(place_x, layout[own, 1])
                    v, below, down = _between(place_y, layout[own, 2])
                    i00 = np.uint64(layout[own, 0] + v * layout[own, 1] + u)
                    i01 = i00 + np.uint64(right)
                    i10 = i00 + np.uint64(below * layout[own, 1])
                    i11 = i10 + np.uint64(right)
                    w00, w01, w10, w11 = _blend(across, down)
                    mixed = w00 * _spread(pictures[i00]) + w01 * _spread(pictures[i01])
                    mixed += w10 * _spread(pictures[i10]) + w11 * _spread(pictures[i11])
                    alpha = _channel(mixed, 3)
                    if alpha <= 0:
                        continue
                    alpha = _opacity(alpha, wa * lit[a, 1] + wb * lit[b, 1] + wc * lit[c, 1]) * np.float32(1 / 255)
                    share = _reached(clear, code & 15) * alpha
                    if share < LEAST:
                        continue
                    if mapped[own]:
                        painted = np.float32(w00) * maps[i00] + np.float32(w01) * maps[i01]
                        painted += np.float32(w10) * maps[i10] + np.float32(w11) * maps[i11]
                        sums[y, x] += share * painted * np.float32(1 / 256)
                    if own == wanted:
                        share_of[y, x] = share
                        texel_of[y, x, 0], texel_of[y, x, 1] = place_x, place_y
                    _block(clear, code & 15, alpha)


@kernel(f"void({_i2}, {_f2}, {_i2}, {_f2}, {_f2}, int64, int64, int64, float32[:, :, ::1])")
def gather(
    front: np.ndarray,
    points: np.ndarray,
    triangles: np.ndarray,
    texel: np.ndarray,
    values: np.ndarray,
    step: int,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """The vertices' values (N, C) at every ``step``-th pixel; NaN where nothing is. out: (h, w, C), rows first to last."""
    for y in range(first, last):
        for x in range(out.shape[1]):
            code = front[y * step, x * step]
            if code == 0:
                out[y, x, :] = np.nan
                continue
            a, b, c, wa, wb, wc = _look(points, triangles, texel, code, x * step, y * step)
            for k in range(values.shape[1]):
                out[y, x, k] = wa * values[a, k] + wb * values[b, k] + wc * values[c, k]
