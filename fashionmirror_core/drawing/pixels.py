"""What the pixels of a frame show, found from the visibility of its triangles: kernels, compiled by numba.

A texel's four bytes are handled as one number, so that one multiplication weighs all channels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fashionmirror_core.compiling import inlined, kernel

STEEP = 4.0  # squared texels a pixel: a triangle seen so much from the side isn't continued beyond its edge
SQUEEZED = 2.0  # squared texels a pixel from which on the texture is read at four places instead of one
COLORLESS, COLORED = np.float32(8), np.float32(40)  # alpha of 255 up to which a texel's colour is noise; known from
SAMPLE_X = np.array([-0.125, 0.375, -0.375, 0.125], np.float32)  # the rotated grid of ``visibility``
SAMPLE_Y = np.array([-0.375, -0.125, 0.125, 0.375], np.float32)
QUARTER = np.uint64(0x3FFF3FFF3FFF3FFF)  # what is left of four times 16 bits, divided by four
LEAST = 0.002  # share of a pixel that still counts

# The shade at cloth, lengths in statures.
OVER_SKIN, OVER_CLOTH = np.float32(0.42), np.float32(0.34)  # the most light that cloth, and what lies over cloth, takes
LEVEL, CLEAR = np.float32(0.012), np.float32(0.003)
"""Cloth shades what is so little before it; others only from there on."""
FULL = np.float32(0.012)  # depth over which a shade comes to its full strength
RANGE = np.float32(0.08)  # depth from which on it is half as strong
CREASE_NEAR, CREASE_WIDE, CREASE_MOST = np.float32(8), np.float32(4), np.float32(0.2)  # light lost per stature; at most
SHADED = np.float32(0.004)  # share of light whose loss doesn't show

_f2, _f1 = "float32[:, ::1]", "float32[::1]"
_i2, _i1 = "int32[:, ::1]", "int32[::1]"


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


@inlined
def _slopes(points: np.ndarray, texel: np.ndarray, a: Any, b: Any, c: Any, area: Any) -> tuple[Any, Any, Any, Any]:
    """How far a triangle's texel moves (u, v) for a step to the right and (u, v) for one down."""
    per_area = np.float32(1) / area
    right_b, right_c = (points[c, 1] - points[a, 1]) * per_area, (points[a, 1] - points[b, 1]) * per_area
    down_b, down_c = (points[a, 0] - points[c, 0]) * per_area, (points[b, 0] - points[a, 0]) * per_area
    ub, vb = texel[b, 0] - texel[a, 0], texel[b, 1] - texel[a, 1]
    uc, vc = texel[c, 0] - texel[a, 0], texel[c, 1] - texel[a, 1]
    return (
        ub * right_b + uc * right_c, vb * right_b + vc * right_c,
        ub * down_b + uc * down_c, vb * down_b + vc * down_c,
    )  # fmt: skip


@inlined
def _look(
    points: np.ndarray, triangles: np.ndarray, texel: np.ndarray, code: int, x: int, y: int
) -> tuple[Any, Any, Any, Any, Any, Any, Any, Any, Any, Any]:
    """Vertices and weights of what the pixel shows of a triangle, and the ``_slopes``. A pixel whose centre lies beyond the
    triangle's edge shows its continuation, unless that jumps far in the texture."""
    t = code >> 4
    a, b, c = np.uint64(triangles[t, 0]), np.uint64(triangles[t, 1]), np.uint64(triangles[t, 2])
    wa, wb, wc, area = _weights(
        points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1], x, y
    )
    ux, vx, uy, vy = _slopes(points, texel, a, b, c, area)
    if min(wa, wb, wc) < 0 and ux * ux + vx * vx + uy * uy + vy * vy > STEEP:
        wa, wb, wc = _inside(wa, wb, wc)
    return a, b, c, wa, wb, wc, ux, vx, uy, vy


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
def _around(u: Any, v: Any, start: int, wide: int, tall: int) -> tuple[Any, Any, Any, Any, Any, Any, Any, Any]:
    """The four texels around a place in a texture that begins at ``start``, and their weights.

    The weights' sum is 256, so that the four sums of ``_spread`` don't overflow.
    """
    column, right, across = _between(u, wide)
    row, below, down = _between(v, tall)
    first = np.uint64(start + row * wide + column)
    lower = first + np.uint64(below * wide)
    both = (across * down + 128) >> 8
    return (
        first, first + np.uint64(right), lower, lower + np.uint64(right),
        np.uint64(256 - across - down + both), np.uint64(across - both), np.uint64(down - both), np.uint64(both),
    )  # fmt: skip


@inlined
def _channel(mixed: Any, index: int) -> Any:
    """One of the four sums, 0..255."""
    return np.float32(np.int32((mixed >> np.uint64(16 * index)) & np.uint64(0xFFFF))) * np.float32(1 / 256)


@inlined
def _opacity(alpha: Any, floor: Any) -> Any:
    """Alpha 0..255, at least as high as the floor 0..1 where the texel's colour is known. A floor of -1..0 is a share of
    the alpha that goes."""
    if floor < 0:
        return alpha * (np.float32(1) + floor)
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


_frame = f"int64, {_i2}, {_i1}, {_i1}, {_f2}, {_i2}, {_i1}, {_f2}, {_f2}, int64[:, ::1], uint32[::1]"


@kernel(f"void({_frame}, uint8[::1], int64, int64, uint8[:, :, ::1], {_f2}, {_i2}, {_f2})")
def compose(
    side: int,
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
    depth: np.ndarray,
) -> None:
    """The tiles from ``first`` to before ``last``, everything they show.

    side: of a tile. visibility: (slots, side * side), sorted. tiles: (T,) that have slots; begins: (T + 1,), where each
    one's begin. surface: (M,). texel, lit: (N, 2). layout: (S, 4), where each texture begins, its width and height, whether
    it has clothes. pictures: (P,), each texel's four bytes in one. clothing: (P,). image: (H, W, 4), clothed: (H, W) 0..1,
    front: (H, W), the code of what is seen most, 0 for nothing, and depth: (H, W), its z.
    """
    height, width = front.shape
    columns = (width + side - 1) // side
    clear = np.empty(4, np.float32)
    for n in range(first, last):
        left, top = tiles[n] % columns * side, tiles[n] // columns * side
        begin, end = np.uint64(begins[n]), np.uint64(begins[n + 1])
        for y in range(top, min(top + side, height)):
            for x in range(left, min(left + side, width)):
                j = np.uint64((y - top) * side + x - left)
                if visibility[begin, j] == 0:
                    continue
                clear[0] = clear[1] = clear[2] = clear[3] = np.float32(1)
                red = green = blue = opaque = worn = most = z = np.float32(0)
                seen = np.int32(0)
                for slot in range(begin, end):
                    code = visibility[slot, j]
                    if code == 0:
                        break
                    reached = _reached(clear, code & 15)
                    if reached < LEAST:  # behind something opaque
                        continue
                    a, b, c, wa, wb, wc, ux, vx, uy, vy = _look(points, triangles, texel, code, x, y)
                    own = surface[code >> 4]
                    u = wa * texel[a, 0] + wb * texel[b, 0] + wc * texel[c, 0]
                    v = wa * texel[a, 1] + wb * texel[b, 1] + wc * texel[c, 1]
                    start, wide, tall, worn_here = layout[own, 0], layout[own, 1], layout[own, 2], layout[own, 3]
                    if max(ux * ux + vx * vx, uy * uy + vy * vy) < SQUEEZED:
                        i00, i01, i10, i11, w00, w01, w10, w11 = _around(u, v, start, wide, tall)
                        mixed = w00 * _spread(pictures[i00]) + w01 * _spread(pictures[i01])
                        mixed += w10 * _spread(pictures[i10]) + w11 * _spread(pictures[i11])
                        cloth = np.uint64(0)
                        if worn_here:
                            cloth = (
                                w00 * clothing[i00] + w01 * clothing[i01] + w10 * clothing[i10] + w11 * clothing[i11]
                            )
                    else:
                        mixed = cloth = np.uint64(0)
                        for k in range(4):
                            dx, dy = SAMPLE_X[k], SAMPLE_Y[k]
                            i00, i01, i10, i11, w00, w01, w10, w11 = _around(
                                u + dx * ux + dy * uy, v + dx * vx + dy * vy, start, wide, tall
                            )
                            part = w00 * _spread(pictures[i00]) + w01 * _spread(pictures[i01])
                            part += w10 * _spread(pictures[i10]) + w11 * _spread(pictures[i11])
                            mixed += (part >> np.uint64(2)) & QUARTER
                            if worn_here:
                                part = w00 * clothing[i00] + w01 * clothing[i01]
                                part += w10 * clothing[i10] + w11 * clothing[i11]
                                cloth += part >> np.uint64(2)
                    was = _channel(mixed, 3)
                    if was <= 0:
                        continue
                    alpha = _opacity(was, wa * lit[a, 1] + wb * lit[b, 1] + wc * lit[c, 1])
                    share = reached * alpha * np.float32(1 / 255)
                    if share < LEAST:
                        continue
                    denser = alpha / was
                    gain = denser * (wa * lit[a, 0] + wb * lit[b, 0] + wc * lit[c, 0])
                    red += reached * min(_channel(mixed, 0) * gain, alpha)
                    green += reached * min(_channel(mixed, 1) * gain, alpha)
                    blue += reached * min(_channel(mixed, 2) * gain, alpha)
                    opaque += reached * alpha
                    if worn_here:
                        worn += reached * min(_channel(cloth, 0), was) * denser
                    if share > most:
                        most, seen = share, code
                        z = wa * points[a, 2] + wb * points[b, 2] + wc * points[c, 2]
                    if code & 15 == 15 and alpha >= 255:  # nothing behind it is seen
                        break
                    _block(clear, code & 15, alpha * np.float32(1 / 255))
                image[y, x, 0] = int(min(red, opaque) + np.float32(0.5))
                image[y, x, 1] = int(min(green, opaque) + np.float32(0.5))
                image[y, x, 2] = int(min(blue, opaque) + np.float32(0.5))
                image[y, x, 3] = int(min(opaque, np.float32(255)) + np.float32(0.5))
                clothed[y, x] = min(worn * np.float32(1 / 255), np.float32(1))
                front[y, x] = seen
                depth[y, x] = z


@kernel("void(uint8[:, :, ::1], int64, int32[::1], int64, int64, uint8[:, :, ::1])")
def lay(image: np.ndarray, side: int, tiles: np.ndarray, first: int, last: int, canvas: np.ndarray) -> None:
    """Lays the image over the canvas, both (H, W, 4), in the tiles from ``first`` to before ``last``; see
    ``imaging.alpha.over``, whose bits it has.
    """
    columns = (image.shape[1] + side - 1) // side
    for n in range(first, last):
        left, top = tiles[n] % columns * side, tiles[n] // columns * side
        for y in range(top, min(top + side, image.shape[0])):
            for x in range(left, min(left + side, image.shape[1])):
                clear = np.uint32(255) - np.uint32(image[y, x, 3])
                for k in range(4):
                    part = np.uint32(canvas[y, x, k]) * clear + np.uint32(128)
                    part = (part + (part >> np.uint32(8))) >> np.uint32(8)  # divided by 255, rounded
                    canvas[y, x, k] = min(part + np.uint32(image[y, x, k]), np.uint32(255))


@inlined
def _mean(values: np.ndarray, x: Any, y: Any) -> Any:
    """A map (h, w) between its pixels, at a place inside it or beyond its edges."""
    x = min(max(x, np.float32(0)), np.float32(values.shape[1] - 1))
    y = min(max(y, np.float32(0)), np.float32(values.shape[0] - 1))
    i, j = int(y), int(x)
    down, right = min(i + 1, values.shape[0] - 1), min(j + 1, values.shape[1] - 1)
    u, v = x - np.float32(j), y - np.float32(i)
    upper = values[i, j] + u * (values[i, right] - values[i, j])
    lower = values[down, j] + u * (values[down, right] - values[down, j])
    return upper + v * (lower - upper)


@inlined
def _ramp(value: Any, full: Any) -> Any:
    """0 below 0, 1 from ``full`` on, smooth between."""
    part = min(max(value / full, np.float32(0)), np.float32(1))
    return part * part * (np.float32(3) - np.float32(2) * part)


_f3 = "float32[:, :, ::1]"


@kernel(f"void({_i2}, {_f2}, {_i1}, int64, int64, int64, {_f3}, {_f3})")
def shrink(
    front: np.ndarray,
    depth: np.ndarray,
    group: np.ndarray,
    step: int,
    first: int,
    last: int,
    covers: np.ndarray,
    depths: np.ndarray,
) -> None:
    """What the cells of ``step`` x ``step`` pixels show, their rows from ``first`` to before ``last``.

    front, depth: from ``compose``. group: (M,), of each triangle. covers, depths: (G, h, w), out: see ``Surroundings.of``.
    """
    height, width = front.shape
    for row in range(first, last):
        top, bottom = row * step, min(row * step + step, height)
        for y in range(top, bottom):
            for x in range(width):
                code = front[y, x]
                if code != 0:
                    covers[group[code >> 4], row, x // step] += np.float32(1)
                    depths[group[code >> 4], row, x // step] += depth[y, x]
        for column in range(covers.shape[2]):
            per_cell = np.float32(1) / np.float32((bottom - top) * min(step, width - column * step))
            for k in range(covers.shape[0]):
                covers[k, row, column] *= per_cell
                depths[k, row, column] *= per_cell


@kernel(
    f"void({_i2}, {_f2}, {_i1}, int64, uint8[:, ::1], {_f3}, {_f3}, {_f3}, float32, float32, float32, int64, int64, "
    "uint8[:, :, ::1])"
)
def occlude(
    front: np.ndarray,
    depth: np.ndarray,
    group: np.ndarray,
    step: int,
    cloth: np.ndarray,
    covers: np.ndarray,
    depths: np.ndarray,
    around: np.ndarray,
    height: float,
    aside: float,
    above: float,
    first: int,
    last: int,
    image: np.ndarray,
) -> None:
    """Darkens what lies close behind the edge of something before it, one of the two being cloth, and cloth in its creases.

    front, depth: from ``compose``. group: (M,), of each triangle, 0 for what isn't cloth. step, cloth, covers, depths,
    around: see ``Surroundings``. height: the person's. aside, above: pixels to where what shades a pixel is looked for. Rows
    from ``first`` to before ``last`` of image (H, W, 4), changed.
    """
    to_center = np.float32(step - 1) * np.float32(0.5)  # of the first cell
    per_step, per_height = np.float32(1) / np.float32(step), np.float32(1) / height
    for y in range(first, last):
        for x in range(image.shape[1]):
            code = front[y, x]
            if code == 0 or cloth[y // step, x // step] == 0:
                continue
            own = group[code >> 4]
            z = depth[y, x]
            at_x, at_y = np.float32(x) - to_center, np.float32(y) - to_center
            column, row = (at_x + aside) * per_step, (at_y + above) * per_step
            light = np.float32(1)
            for k in range(covers.shape[0]):
                if k == own:
                    continue
                cover = _mean(covers[k], column, row)
                if cover < SHADED:
                    continue
                gap = (z - _mean(depths[k], column, row) / cover) * per_height
                start = -LEVEL if own == 0 else CLEAR if k == 0 else np.float32(0)
                far = max(gap, np.float32(0)) / RANGE
                most = OVER_SKIN if own == 0 else OVER_CLOTH
                shade = most * _ramp(cover, np.float32(0.7)) * _ramp(gap - start, FULL) / (np.float32(1) + far * far)
                light *= np.float32(1) - shade
            if own > 0:
                column, row = at_x * per_step, at_y * per_step
                near = (z - _mean(around[0], column, row)) * per_height * CREASE_NEAR
                wide = (z - _mean(around[1], column, row)) * per_height * CREASE_WIDE
                light *= np.float32(1) - min(max(near, np.float32(0)), CREASE_MOST)
                light *= np.float32(1) - min(max(wide, np.float32(0)), CREASE_MOST)
            if light < np.float32(1) - SHADED:
                for channel in range(3):
                    image[y, x, channel] = int(np.float32(image[y, x, channel]) * light + np.float32(0.5))


@kernel(f"void({_frame}, {_f1}, boolean[::1], int64, int64, {_f2}, int64, {_f2}, float32[:, :, ::1])")
def collect(
    side: int,
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
    columns = (width + side - 1) // side
    clear = np.empty(4, np.float32)
    for n in range(first, last):
        left, top = tiles[n] % columns * side, tiles[n] // columns * side
        begin, end = np.uint64(begins[n]), np.uint64(begins[n + 1])
        for y in range(top, min(top + side, height)):
            for x in range(left, min(left + side, width)):
                j = np.uint64((y - top) * side + x - left)
                clear[0] = clear[1] = clear[2] = clear[3] = np.float32(1)
                for slot in range(begin, end):
                    code = visibility[slot, j]
                    if code == 0:
                        break
                    reached = _reached(clear, code & 15)
                    if reached < LEAST:
                        continue
                    a, b, c, wa, wb, wc, _, _, _, _ = _look(points, triangles, texel, code, x, y)
                    own = surface[code >> 4]
                    place_x = wa * texel[a, 0] + wb * texel[b, 0] + wc * texel[c, 0]
                    place_y = wa * texel[a, 1] + wb * texel[b, 1] + wc * texel[c, 1]
                    i00, i01, i10, i11, w00, w01, w10, w11 = _around(
                        place_x, place_y, layout[own, 0], layout[own, 1], layout[own, 2]
                    )
                    mixed = w00 * _spread(pictures[i00]) + w01 * _spread(pictures[i01])
                    mixed += w10 * _spread(pictures[i10]) + w11 * _spread(pictures[i11])
                    alpha = _channel(mixed, 3)
                    if alpha <= 0:
                        continue
                    alpha = _opacity(alpha, wa * lit[a, 1] + wb * lit[b, 1] + wc * lit[c, 1]) * np.float32(1 / 255)
                    share = reached * alpha
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
            a, b, c, wa, wb, wc, _, _, _, _ = _look(points, triangles, texel, code, x * step, y * step)
            for k in range(values.shape[1]):
                out[y, x, k] = wa * values[a, k] + wb * values[b, k] + wc * values[c, k]
