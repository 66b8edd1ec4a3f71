"""Draws an avatar's surfaces in one z-buffer: pose, visibility, then pixels, each when it is asked for.

The image is premultiplied; soft edges of the photo stay soft, and edges of the geometry are antialiased by four samples a
pixel. With transforms that move nothing a pixel is exactly the texture's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.drawing.light import Light
from fashionmirror_core.drawing.occlusion import Surroundings, small_step
from fashionmirror_core.imaging.alpha import over_in_place
from fashionmirror_core.imaging.boxes import window
from fashionmirror_core.imaging.easing import smoothstep

_CHUNKS = 4  # a thread: the busy ones leave some to the others
_SOFTENED = 2  # passes in which normals of cloth are smoothed
_CAST = 0.0045  # of the person's height: how far beside what casts it a shade falls
_APPEAR, _VANISH = (4.0, 9.0), (8.0, 14.0)  # degrees of a bone's turn over which surfaces come and go; first they come


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_cores(), "renderer")


if hasattr(os, "register_at_fork"):  # a child process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


@cache
def _cores() -> int:
    return min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _kernels() -> tuple[Any, Any]:
    """``visibility`` and ``pixels``, imported when first something is drawn: the import compiles."""
    from fashionmirror_core.drawing import pixels, visibility

    return visibility, pixels


class _Textures:
    """Pictures one after another in one array each, so that one kernel call sees them all."""

    def __init__(self, textures: Sequence[Texture]) -> None:
        self.textures = tuple(textures)
        empty = np.zeros(0, np.uint8)
        # A texel's four bytes in one number: the kernels mix all channels at once.
        self.pictures = np.concatenate([empty, *(texture.picture.reshape(-1) for texture in textures)]).view(np.uint32)
        self.clothing = np.concatenate([empty, *(texture.clothing.reshape(-1) for texture in textures)])
        shapes = np.array([texture.clothing.shape for texture in textures], np.int64).reshape(-1, 2)
        begins = np.cumsum(shapes[:, 0] * shapes[:, 1]) - shapes[:, 0] * shapes[:, 1]
        clothed = np.array([texture.clothing.any() for texture in textures], np.int64)
        self.layout = np.stack([begins, shapes[:, 1], shapes[:, 0], clothed], -1)

    def same(self, textures: Sequence[Texture]) -> bool:
        return all(mine is other for mine, other in zip(self.textures, textures, strict=True))


class Renderer:
    """What stays the same from frame to frame: the meshes in one, their textures, their normals in the photo.

    light: may be changed between frames, to the one that ``Light.fitted`` finds in the first.
    """

    def __init__(
        self,
        surfaces: Sequence[Surface],
        size: tuple[int, int],
        light: Light | None = None,
        threads: int | None = None,
        height: float | None = None,
    ) -> None:
        """size: (width, height) of the frames. light: None takes the default one. threads: None takes as many as OpenCV.
        height: the person's, photo pixels, which sizes the shades at cloth; None takes the surfaces' extent.

        Raises ValueError for arrays that don't fit together.
        """
        _check(surfaces, size)
        self.names = tuple(surface.name for surface in surfaces)
        self.size = size
        self.light = light or Light()
        self.threads = threads or max(1, min(_cores(), cv2.getNumThreads()))  # a process may have been told to take few
        counts = [len(surface.vertices) for surface in surfaces]
        starts = np.cumsum([0, *counts])[:-1]
        self.rest = _joined([surface.vertices for surface in surfaces], np.float32, 3)
        self.triangles = _joined([s.triangles + n for s, n in zip(surfaces, starts, strict=True)], np.int32, 3)
        self.weld = _joined([s.weld[:, None] + n for s, n in zip(surfaces, starts, strict=True)], np.int32, 1)[:, 0]
        self.bones = _joined([surface.bones for surface in surfaces], np.int32, 4)
        weights = _joined([surface.weights for surface in surfaces], np.float32, 4)
        self.weights = weights / np.maximum(weights.sum(1, keepdims=True), np.float32(1e-12))
        self.texel = _joined([surface.texel for surface in surfaces], np.float32, 2)
        turned = [s.texel if s.turned_texel is None else s.turned_texel for s in surfaces]
        self.turned_texel = _joined(turned, np.float32, 2)
        self.vertices_of = {
            name: slice(int(start), int(start) + count)
            for name, start, count in zip(self.names, starts, counts, strict=True)
        }
        self.fades = [(self.vertices_of[s.name], s.fade) for s in surfaces if s.fade is not None]
        self.source = _joined([surface.source for surface in surfaces], np.float32, 2)
        self.bias = np.array([surface.bias for surface in surfaces], np.float32)
        self.surface = np.repeat(np.arange(len(surfaces), dtype=np.int32), [len(s.triangles) for s in surfaces])
        ends = np.searchsorted(self.surface, np.arange(len(surfaces) + 1)).tolist()
        self._cloth = [
            (self.vertices_of[s.name], self.triangles[ends[k] : ends[k + 1]], float(s.dim))
            for k, s in enumerate(surfaces)
            if s.lit
        ]
        self.group = np.cumsum([s.lit for s in surfaces], dtype=np.int32) * [s.lit for s in surfaces]
        self.height = float(np.ptp(self.rest[:, 1])) if height is None and len(self.rest) else height or 0.0
        self.shapes = tuple((len(s.texture.clothing), s.texture.clothing.shape[1]) for s in surfaces)
        self.own = _Textures([surface.texture for surface in surfaces])
        self._used = self.own
        shown = _joined(
            [np.zeros((len(s.vertices), 1)) if s.shown is None else s.shown[:, None] for s in surfaces], np.int8, 1
        )
        self.lasting = shown[:, 0] >= 0  # vertices that are seen in turned poses, too
        self._changing = np.flatnonzero(shown[:, 0])  # vertices that aren't always shown
        self._appears = shown[self._changing, 0] > 0
        self.source_normals = np.empty_like(self.rest)
        self._visibility, _ = _kernels()
        self._visibility.normals(self.rest, self.triangles, self.weld, self.source_normals)

    def draw(
        self,
        transforms: np.ndarray,
        textures: Mapping[str, Texture] | None = None,
        placed: Mapping[str, np.ndarray] | None = None,
    ) -> Drawing:
        """A frame. transforms: (B, 3, 4) float32, of each bone from the photo's pose to this frame, in photo space.

        textures: surface's name -> shown instead of its own; of the same size. placed: surface's name -> (N, 3) float, photo
        space, where its vertices are, instead of where bones move them. Raises ValueError for a wrong name or size.
        """
        points, normals, scratch = np.empty_like(self.rest), np.empty_like(self.rest), np.empty_like(self.rest)
        lit, texel = np.empty_like(self.texel), np.empty_like(self.texel)
        transforms = np.ascontiguousarray(transforms, np.float32)
        if self.bones.size and (transforms.ndim != 3 or len(transforms) <= self.bones.max()):
            raise ValueError(f"Transforms of shape {transforms.shape} don't move bone {self.bones.max()}.")
        kernels = self._visibility
        kernels.skin(self.rest, self.bones, self.weights, transforms, points)
        for name, where in (placed or {}).items():
            own = self.vertices_of[self.names[self.index_of(name)]]
            if where.shape != points[own].shape:
                raise ValueError(f"The surface {name!r} has vertices of shape {points[own].shape}, not {where.shape}.")
            points[own] = where
        kernels.normals(points, self.triangles, self.weld, normals)
        lamp = self.light.packed()
        kernels.turn(normals, self.source_normals, lamp, self.texel, self.turned_texel, lit, texel)
        for own, triangles, dim in self._cloth:
            for _ in range(_SOFTENED):
                kernels.soften(normals, triangles, self.weld, own.start, own.stop, scratch)
            kernels.shine(normals, lamp, dim, own.start, own.stop, lit)
            texel[own] = self.texel[own]
        if len(self._changing):
            lit[self._changing, 1] = -self._hidden(transforms)
        for own, fade in self.fades:
            lit[own, 1] = fade.opacity(transforms) - 1
        shown, seen = self.textured(textures or {}), self._visible(points, lit)
        return Drawing(self, shown, points, normals, lit, texel, seen, float(np.median(_scales(transforms))))

    def _hidden(self, transforms: np.ndarray) -> np.ndarray:
        """(K,) float32 in [0, 1]: how transparent the vertices are that come or go as their bones turn."""
        cosine = (np.trace(transforms[:, :, :3].astype(np.float64), axis1=1, axis2=2) / _scales(transforms) - 1) / 2
        degrees = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        bones, weights = self.bones[self._changing], self.weights[self._changing]
        turned = np.einsum("nk,nk->n", weights, degrees.astype(np.float32)[bones])
        return np.where(self._appears, 1 - smoothstep(turned, *_APPEAR), smoothstep(turned, *_VANISH)).astype(
            np.float32
        )

    def _visible(self, points: np.ndarray, lit: np.ndarray) -> Visibility:
        kernels = self._visibility
        width, height = self.size
        tiles = -(-width // kernels.TILE) * -(-height // kernels.TILE)
        counts = np.zeros((tiles, len(self.names)), np.int32)
        kernels.count(points, lit, self.triangles, self.surface, width, height, counts)
        ends = np.cumsum(counts.reshape(-1), dtype=np.int32)
        place = np.ascontiguousarray(ends.reshape(counts.shape) - counts)
        listed = np.empty(ends[-1] if len(ends) else 0, np.int32)
        kernels.fill(points, lit, self.triangles, self.surface, width, height, place, listed)
        slots = np.flatnonzero(counts)
        begins = np.append(0, ends[slots]).astype(np.int32)
        tile_of = (slots // max(1, len(self.names))).astype(np.int32)
        codes = np.empty((len(slots), kernels.TILE**2), np.int32)
        depths = np.empty(codes.shape, np.float32)
        self.each(
            len(slots),
            lambda first, last: kernels.rasterise(
                points, self.triangles, listed, begins, tile_of, width, height, first, last, codes, depths
            ),
        )
        used, firsts = np.unique(tile_of, return_index=True)
        of_tile = np.append(firsts, len(slots)).astype(np.int32)
        self.each(
            len(used),
            lambda first, last: kernels.sort(of_tile, self.surface, self.bias, first, last, codes, depths),
        )
        return Visibility(kernels.TILE, codes, used, of_tile)

    def each(self, count: int, work: Callable[[int, int], None]) -> None:
        """Calls ``work(first, last)`` for ranges that make up 0..count, in this renderer's threads."""
        chunks = min(count, self.threads * _CHUNKS if self.threads > 1 else 1)
        if chunks < 2:
            work(0, count)
            return
        bounds = [count * k // chunks for k in range(chunks + 1)]
        for done in [_pool().submit(work, *ends) for ends in pairwise(bounds)]:
            done.result()

    def index_of(self, name: str) -> int:
        """Of a surface; raises ValueError where there is none of this name."""
        if name not in self.names:
            raise ValueError(f"There is no surface {name!r}; there are {', '.join(self.names) or 'none'}.")
        return self.names.index(name)

    def textured(self, replaced: Mapping[str, Texture]) -> _Textures:
        """The surfaces' textures, some of them replaced; raises ValueError for a wrong name or size."""
        wanted = list(self.own.textures)
        for name, texture in replaced.items():
            index = self.index_of(name)
            if texture.clothing.shape != self.shapes[index] or texture.picture.shape != (*self.shapes[index], 4):
                raise ValueError(f"The texture for {name!r} is not {self.shapes[index]} like the surface's own.")
            wanted[index] = texture
        if self.own.same(wanted):
            return self.own
        if not self._used.same(wanted):
            self._used = _Textures(wanted)
        return self._used


@dataclass(frozen=True)
class Visibility:
    """Which triangle each pixel shows of each surface; see the module ``visibility``.

    side: of a tile. codes: (slots, side * side) int32, the foremost surface's first. tiles: (T,) int32, those that show
    anything. begins: (T + 1,) int32, where the slots of each begin.
    """

    side: int
    codes: np.ndarray
    tiles: np.ndarray
    begins: np.ndarray


class Drawing:
    """One frame. Everything is computed when it is first asked for, and kept.

    points: (N, 3) float32, the vertices of all surfaces in this frame, in photo space. scale: how much larger the person is
    than in the photo.
    """

    def __init__(
        self,
        renderer: Renderer,
        textures: _Textures,
        points: np.ndarray,
        normals: np.ndarray,
        lit: np.ndarray,
        texel: np.ndarray,
        visibility: Visibility,
        scale: float,
    ) -> None:
        self._renderer = renderer
        self._textures = textures
        self.points = points
        self._normals = normals
        self._lit = lit
        self._texel = texel
        self._visibility = visibility
        self.scale = scale

    def showing(self, textures: Mapping[str, Texture]) -> Drawing:
        """The same frame with other textures for some surfaces: name -> of the same size as its own. Raises ValueError for a
        wrong name or size."""
        return Drawing(
            self._renderer, self._renderer.textured(textures), self.points, self._normals, self._lit, self._texel,
            self._visibility, self.scale,
        )  # fmt: skip

    @property
    def names(self) -> tuple[str, ...]:
        """Of the surfaces, in the order of ``part``."""
        return self._renderer.names

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """(h, w) of the surfaces' textures."""
        return self._renderer.shapes

    @property
    def image(self) -> np.ndarray:
        """(H, W, 4) uint8, premultiplied RGBA."""
        return self._composed[0]

    def over(self, background: np.ndarray) -> np.ndarray:
        """The image over a background, (H, W, 4) uint8 premultiplied."""
        width, height = self._renderer.size
        side, tiles = self._visibility.side, self._visibility.tiles
        result = background.copy()
        if len(tiles):
            rows, columns = np.divmod(tiles, -(-width // side))
            box = window((
                int(columns.min()) * side, int(rows.min()) * side,
                min((int(columns.max()) + 1) * side, width), min((int(rows.max()) + 1) * side, height),
            ))  # fmt: skip
            here = np.ascontiguousarray(result[box])
            over_in_place(self.image[box], here)
            result[box] = here
        return result

    @property
    def clothing_mask(self) -> np.ndarray:
        """(H, W) float32 in [0, 1]: how much of the pixel is new clothes."""
        return self._composed[1]

    @cached_property
    def source(self) -> np.ndarray:
        """(H, W, 2) float32: the place in the photo of what a pixel shows most; NaN where nothing is."""
        return self.source_at(1)

    def source_at(self, step: int) -> np.ndarray:
        """(ceil(H / step), ceil(W / step), 2) float32: ``source`` at every ``step``-th pixel, computed there alone."""
        return self._gathered(self._renderer.source, step)

    @cached_property
    def depth(self) -> np.ndarray:
        """(H, W) float32: z of what a pixel shows most, photo pixels; NaN where nothing is."""
        _, _, front, depth = self._composed
        return np.where(front > 0, depth, np.float32(np.nan))

    @cached_property
    def normals(self) -> np.ndarray:
        """(H, W, 3) float32: unit normals in photo space, outward; NaN where nothing is."""
        normals = self._gathered(self._normals)
        lengths = np.sqrt(np.einsum("hwc,hwc->hw", normals, normals))
        return normals / np.maximum(lengths, np.float32(1e-6))[..., None]

    @cached_property
    def part(self) -> np.ndarray:
        """(H, W) int8: the index of the surface that a pixel shows most; -1 where nothing is."""
        front = self._composed[2]
        owner = np.append(self._renderer.surface, 0).astype(np.int8)  # one more: there may be no triangle
        return np.where(front > 0, owner[front >> 4], np.int8(-1))

    def sampled(self, maps: Mapping[str, np.ndarray]) -> np.ndarray:
        """(H, W) float32: what is seen of values painted on the textures; half of it where a pixel is half transparent.

        maps: surface's name -> (h, w) float32, of its texture's size; surfaces without one count as 0.
        """
        renderer = self._renderer
        values = [np.zeros(shape, np.float32) for shape in renderer.shapes]
        for name, given in maps.items():
            index = renderer.index_of(name)
            if given.shape != renderer.shapes[index]:
                raise ValueError(f"The map for {name!r} is {given.shape}, the texture {renderer.shapes[index]}.")
            values[index] = given
        return self._collected(np.concatenate([value.reshape(-1) for value in values]).astype(np.float32), maps, "")[0]

    def texels(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Where the pixels see one surface: (H, W, 2) float32, x and y of the texel, NaN where it isn't seen, and
        (H, W) float32 in [0, 1], its share of the pixel."""
        self._renderer.index_of(name)
        _, texel, share = self._collected(np.zeros(0, np.float32), {}, name)
        return texel, share

    def texels_at(self, name: str, step: int) -> np.ndarray:
        """(ceil(H / step), ceil(W / step), 2) float32: where the pixels that show one surface most see its texture, x and y
        of the texel; NaN elsewhere. Computed at every ``step``-th pixel alone."""
        index = self._renderer.index_of(name)
        places = self._gathered(self._texel, step)
        front = self._composed[2][::step, ::step]
        shows = (front > 0) & (np.append(self._renderer.surface, -1)[front >> 4] == index)
        return np.where(shows[..., None], places, np.float32(np.nan))

    @cached_property
    def _composed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        renderer, kernels = self._renderer, _kernels()[1]
        width, height = renderer.size
        image, clothing = np.zeros((height, width, 4), np.uint8), np.zeros((height, width), np.float32)
        front, depth = np.zeros((height, width), np.int32), np.zeros((height, width), np.float32)
        renderer.each(
            len(self._visibility.tiles),
            lambda first, last: kernels.compose(
                *self._frame, self._textures.clothing, first, last, image, clothing, front, depth
            ),
        )
        self._occlude(image, front, depth)
        return image, clothing, front, depth

    def _occlude(self, image: np.ndarray, front: np.ndarray, depth: np.ndarray) -> None:
        """Puts the shade at cloth on the image."""
        renderer, kernels = self._renderer, _kernels()[1]
        groups = int(renderer.group.max(initial=0)) + 1
        if groups < 2 or not self.scale * renderer.height > 0:
            return
        tall = self.scale * renderer.height
        step = small_step(tall)
        seen = front[::step, ::step]
        group = np.where(seen > 0, np.append(renderer.group[renderer.surface], 0)[seen >> 4], -1)
        if not (group > 0).any():
            return
        nearby = Surroundings.of(group, groups, np.ascontiguousarray(depth[::step, ::step]), tall, step)
        across, down, _ = renderer.light.packed()[:3] * np.float32(_CAST * tall)
        renderer.each(
            len(image),
            lambda first, last: kernels.occlude(
                front, depth, renderer.surface, renderer.group, step, nearby.cloth, nearby.covers, nearby.depths,
                nearby.around, tall, across, down, first, last, image,
            ),
        )  # fmt: skip

    @property
    def _frame(self) -> tuple[Any, ...]:
        """What every kernel over pixels takes first."""
        seen, renderer = self._visibility, self._renderer
        return (
            seen.side, seen.codes, seen.tiles, seen.begins, self.points, renderer.triangles, renderer.surface, self._texel,
            self._lit, self._textures.layout, self._textures.pictures,
        )  # fmt: skip

    def _collected(self, maps: np.ndarray, given: Mapping[str, Any], wanted: str) -> tuple[np.ndarray, ...]:
        renderer, kernels = self._renderer, _kernels()[1]
        width, height = renderer.size
        mapped = np.array([name in given for name in renderer.names], bool)
        index = renderer.names.index(wanted) if wanted else -1
        sums = np.zeros((height, width), np.float32)
        share = np.zeros((height, width), np.float32)
        texel = np.full((height, width, 2), np.nan, np.float32)
        renderer.each(
            len(self._visibility.tiles),
            lambda first, last: kernels.collect(*self._frame, maps, mapped, first, last, sums, index, share, texel),
        )
        return sums, texel, share

    def _gathered(self, values: np.ndarray, step: int = 1) -> np.ndarray:
        renderer, kernels = self._renderer, _kernels()[1]
        width, height = renderer.size
        out = np.empty((-(-height // step), -(-width // step), values.shape[1]), np.float32)
        front = self._composed[2]
        renderer.each(
            len(out),
            lambda first, last: kernels.gather(
                front, self.points, renderer.triangles, self._texel, values, step, first, last, out
            ),
        )
        return out


def _scales(transforms: np.ndarray) -> np.ndarray:
    """(B,) how much larger each bone becomes, for a person who comes nearer or goes away."""
    return np.maximum(np.cbrt(np.abs(np.linalg.det(transforms[:, :, :3].astype(np.float64)))), 1e-6)


def _joined(arrays: Sequence[np.ndarray], kind: type, columns: int) -> np.ndarray:
    """(N, columns), contiguous, also of no arrays."""
    return np.concatenate([np.zeros((0, columns), kind), *(np.asarray(array, kind) for array in arrays)])


def _check(surfaces: Sequence[Surface], size: tuple[int, int]) -> None:
    """What a kernel would read beyond its arrays for; raises ValueError."""
    if min(size) < 1:
        raise ValueError(f"A frame of {size[0]}x{size[1]} pixels is empty.")
    if len({surface.name for surface in surfaces}) < len(surfaces):
        raise ValueError("Two surfaces have the same name.")
    if len(surfaces) > 127:
        raise ValueError(f"There are {len(surfaces)} surfaces; at most 127 can be told apart.")
    for surface in surfaces:
        count = len(surface.vertices)
        shapes = {
            "vertices": (surface.vertices, (count, 3)),
            "triangles": (surface.triangles, (len(surface.triangles), 3)),
            "weld": (surface.weld, (count,)),
            "bones": (surface.bones, (count, 4)),
            "weights": (surface.weights, (count, 4)),
            "texel": (surface.texel, (count, 2)),
            "turned_texel": (surface.texel if surface.turned_texel is None else surface.turned_texel, (count, 2)),
            "source": (surface.source, (count, 2)),
            "shown": (np.zeros(count) if surface.shown is None else surface.shown, (count,)),
            "texture": (surface.texture.picture, (*surface.texture.clothing.shape, 4)),
        }
        for name, (array, shape) in shapes.items():
            if array.shape != shape:
                raise ValueError(f"The surface {surface.name!r} has {name} of shape {array.shape}, not {shape}.")
        if not surface.texture.clothing.size:
            raise ValueError(f"The surface {surface.name!r} has an empty texture.")
        for name, array in (("triangles", surface.triangles), ("weld", surface.weld)):
            if array.size and not 0 <= array.min() <= array.max() < count:
                raise ValueError(f"The surface {surface.name!r} has {name} that name vertices it hasn't.")
        if surface.bones.size and surface.bones.min() < 0:
            raise ValueError(f"The surface {surface.name!r} has bones below 0.")
