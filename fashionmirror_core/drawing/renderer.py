"""Draws an avatar's surfaces in one z-buffer: pose, visibility, then pixels, each when it is asked for.

The image is premultiplied; soft edges of the photo stay soft, and edges of the geometry are antialiased by four samples a
pixel. With transforms that move nothing a pixel is exactly the texture's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.drawing.drawing import Drawing, Shape, TextureRow, Visibility
from fashionmirror_core.drawing.light import Light

_CHUNKS = 4  # a thread: the busy ones leave some to the others
_SOFTENED = 2  # passes in which normals of cloth are smoothed


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_cores(), "renderer")


if hasattr(os, "register_at_fork"):  # a child process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


@cache
def _cores() -> int:
    return min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _visibility() -> Any:
    """The kernels, imported when first something is drawn: the import compiles."""
    from fashionmirror_core.drawing import visibility

    return visibility


class Renderer:
    """What stays the same from frame to frame: the meshes in one, their textures, their normals in the photo.

    group: (M,) int32, of each triangle: 0 for what isn't cloth, then one for each surface of cloth; groups: how many.
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
        self._vertices = _ranges([len(s.vertices) for s in surfaces])  # of each surface
        self._triangles = _ranges([len(s.triangles) for s in surfaces])
        starts = [part.start for part in self._vertices]
        self.rest = _joined([surface.vertices for surface in surfaces], np.float32, 3)
        self.triangles = _joined([s.triangles + n for s, n in zip(surfaces, starts, strict=True)], np.int32, 3)
        self.weld = _joined([s.weld[:, None] + n for s, n in zip(surfaces, starts, strict=True)], np.int32, 1)[:, 0]
        self.bones = _joined([surface.bones for surface in surfaces], np.int32, 4)
        weights = _joined([surface.weights for surface in surfaces], np.float32, 4)
        self.weights = weights / np.maximum(weights.sum(1, keepdims=True), np.float32(1e-12))
        self.texel = _joined([surface.texel for surface in surfaces], np.float32, 2)
        turned = [s.texel if s.turned_texel is None else s.turned_texel for s in surfaces]
        self.turned_texel = _joined(turned, np.float32, 2)
        self.fades = [surface.fade for surface in surfaces]
        self.source = _joined([surface.source for surface in surfaces], np.float32, 2)
        self.bias = np.array([surface.bias for surface in surfaces], np.float32)
        self.surface = np.repeat(np.arange(len(surfaces), dtype=np.int32), [len(s.triangles) for s in surfaces])
        self.lit = [s.lit for s in surfaces]
        self.dim = [float(s.dim) for s in surfaces]
        cloth = np.array([s.lit and bool(s.texture.clothing.any()) for s in surfaces], np.int32)
        self.group, self.groups = (np.cumsum(cloth, dtype=np.int32) * cloth)[self.surface], 1 + int(cloth.sum())
        self.height = float(np.ptp(self.rest[:, 1])) if height is None and len(self.rest) else height or 0.0
        self.shapes = tuple((len(s.texture.clothing), s.texture.clothing.shape[1]) for s in surfaces)
        self.own = TextureRow([surface.texture for surface in surfaces])
        self._used = self.own
        shown = _joined(
            [np.zeros((len(s.vertices), 1)) if s.shown is None else s.shown[:, None] for s in surfaces], np.int8, 1
        )
        self._shown = np.ascontiguousarray(shown[:, 0])
        self.lasting = self._shown >= 0  # vertices that are seen in turned poses, too
        self.source_normals = np.empty_like(self.rest)
        self._visibility = _visibility()
        self._visibility.normals(self.rest, self.triangles, self.weld, 0, len(self.rest), self.source_normals)
        for surface, own in zip(surfaces, self._vertices, strict=True):
            if surface.lit_from is not None:
                self.source_normals[own] = surface.lit_from

    def draw(self, transforms: np.ndarray, placed: Mapping[str, np.ndarray] | None = None) -> Drawing:
        """A frame. transforms: (B, 3, 4) float32, of each bone from the photo's pose to this frame, in photo space.

        placed: surface's name -> (N, 3) float, photo space, where its vertices are, instead of where bones move them. Raises
        ValueError for a wrong name or size.
        """
        transforms = np.ascontiguousarray(transforms, np.float32)
        if self.bones.size and (transforms.ndim != 3 or len(transforms) <= self.bones.max()):
            raise ValueError(f"Transforms of shape {transforms.shape} don't move bone {self.bones.max()}.")
        places = {self.index_of(name): where for name, where in (placed or {}).items()}
        for index, where in places.items():
            expected = self.rest[self._vertices[index]].shape
            if where.shape != expected:
                raise ValueError(
                    f"The surface {self.names[index]!r} has vertices of shape {expected}, not {where.shape}."
                )
        scales = _scales(transforms)
        points, normals, lit, texel = (np.empty((len(self.rest), columns), np.float32) for columns in (3, 3, 2, 2))
        shape = Shape(points, normals, lit, texel, self.light.packed(), self.height * float(np.median(scales)))
        cosine = (np.trace(transforms[:, :, :3].astype(np.float64), axis1=1, axis2=2) / scales - 1) / 2
        degrees = np.degrees(np.arccos(np.clip(cosine, -1, 1))).astype(np.float32)
        scratch = np.empty_like(self.rest)

        def shaped(first: int, last: int) -> None:
            for index in range(first, last):
                self._shaped(index, transforms, degrees, places.get(index), shape, scratch)

        self.each(len(self.names), shaped)
        return Drawing(self, self.textured({}), shape, self._visible(shape))

    def _shaped(
        self,
        index: int,
        transforms: np.ndarray,
        degrees: np.ndarray,
        where: np.ndarray | None,
        out: Shape,
        scratch: np.ndarray,
    ) -> None:
        """Puts one surface's vertices into ``out``. degrees: (B,) float32, by which the bones have turned."""
        kernels, own, triangles = self._visibility, self._vertices[index], self.triangles[self._triangles[index]]
        bones, weights, lit = self.bones[own], self.weights[own], out.lit[own]
        if where is None:
            kernels.skin(self.rest[own], bones, weights, transforms, out.points[own])
        else:
            out.points[own] = where
        kernels.normals(out.points, triangles, self.weld, own.start, own.stop, out.normals)
        if self.lit[index]:
            for _ in range(_SOFTENED):
                kernels.soften(out.normals, triangles, self.weld, own.start, own.stop, scratch)
            kernels.shine(out.normals[own], out.lamp, self.dim[index], lit)
            out.texel[own] = self.texel[own]
        else:
            source, texel, turned = self.source_normals[own], self.texel[own], self.turned_texel[own]
            kernels.turn(out.normals[own], source, out.lamp, texel, turned, lit, out.texel[own])
        kernels.appear(bones, weights, degrees, self._shown[own], lit)
        fade = self.fades[index]
        if fade is not None:
            lit[:, 1] = fade.opacity(transforms) - 1

    def _visible(self, shape: Shape) -> Visibility:
        kernels, points = self._visibility, shape.points
        width, height = self.size
        tiles = -(-width // kernels.TILE) * -(-height // kernels.TILE)
        counts = np.zeros((tiles, len(self.names)), np.int32)
        frame = (points, shape.lit, self.triangles, self.surface, width, height)
        bounds = [0, *(part.stop for part in self._triangles)]
        self.each(len(self.names), lambda first, last: kernels.count(*frame, bounds[first], bounds[last], counts))
        ends = np.cumsum(counts.reshape(-1), dtype=np.int32)
        place = np.ascontiguousarray(ends.reshape(counts.shape) - counts)
        listed = np.empty(ends[-1] if len(ends) else 0, np.int32)
        self.each(len(self.names), lambda first, last: kernels.fill(*frame, bounds[first], bounds[last], place, listed))
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

    def textured(self, replaced: Mapping[str, Texture]) -> TextureRow:
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
            self._used = TextureRow(wanted)
        return self._used


def _ranges(counts: Sequence[int]) -> list[slice]:
    ends = np.cumsum([0, *counts]).tolist()
    return [slice(*pair) for pair in pairwise(ends)]


def _scales(transforms: np.ndarray) -> np.ndarray:
    """(B,) how much larger each bone becomes, for a person who comes nearer or goes away."""
    with np.errstate(invalid="ignore"):  # of joints that aren't anywhere
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
            "lit_from": (surface.vertices if surface.lit_from is None else surface.lit_from, (count, 3)),
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
