"""All surfaces that are drawn, in one: meshes, textures, their normals in the photo, and the threads that work on them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import cv2
import numpy as np

from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.body.fitted import Bone

HUNG = 0.5  # share of hanging from which on thighs that turn don't turn the cloth
_CHUNKS = 4  # a thread: the busy ones leave some to the others


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_cores(), "renderer")


if hasattr(os, "register_at_fork"):  # a child process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


@cache
def _cores() -> int:
    return min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


class TextureRow:
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


class Scene:
    """What stays the same from frame to frame.

    vertices, triangle_ranges: of each surface, its part of the arrays. group: (M,) int32, of each triangle: 0 for what isn't
    cloth, then one for each surface of cloth; groups: how many. lasting: vertices that are seen in turned poses, too.
    along: which surfaces are read along themselves once they turn.
    """

    def __init__(
        self,
        surfaces: Sequence[Surface],
        size: tuple[int, int],
        threads: int | None = None,
        height: float | None = None,
    ) -> None:
        """size: (width, height) of the frames. threads: None takes as many as OpenCV.
        height: the person's, photo pixels, which sizes the shades at cloth; None takes the surfaces' extent.

        Raises ValueError for arrays that don't fit together.
        """
        from fashionmirror_core.drawing import visibility  # here: the import compiles

        _check(surfaces, size)
        self.names = tuple(surface.name for surface in surfaces)
        self.size = size
        self.threads = threads or max(1, min(_cores(), cv2.getNumThreads()))  # a process may have been told to take few
        self.vertices = _ranges([len(s.vertices) for s in surfaces])  # of each surface
        self.triangle_ranges = _ranges([len(s.triangles) for s in surfaces])
        starts = [part.start for part in self.vertices]
        self.rest = _joined([surface.vertices for surface in surfaces], np.float32, 3)
        self.triangles = _joined([s.triangles + n for s, n in zip(surfaces, starts, strict=True)], np.int32, 3)
        self.weld = _joined([s.weld[:, None] + n for s, n in zip(surfaces, starts, strict=True)], np.int32, 1)[:, 0]
        self.bones = _joined([surface.bones for surface in surfaces], np.int32, 4)
        weights = _joined([surface.weights for surface in surfaces], np.float32, 4)
        self.weights = weights / np.maximum(weights.sum(1, keepdims=True), np.float32(1e-12))
        # Those by whose turns a vertex shows another side: of a skirt that hangs, the hips'.
        self.turning = self.bones.copy(), self.weights.copy()
        for surface, own in zip(surfaces, self.vertices, strict=True):
            if surface.hangs is not None:
                hung = np.flatnonzero(surface.hangs.share > HUNG) + own.start
                self.turning[0][hung] = Bone.PELVIS
                self.turning[1][hung] = [1, 0, 0, 0]
        self.texel = _joined([surface.texel for surface in surfaces], np.float32, 2)
        turned = [s.texel if s.turned_texel is None else s.turned_texel for s in surfaces]
        self.turned_texel = _joined(turned, np.float32, 2)
        self.along = [surface.turned_texel is not None for surface in surfaces]
        self.fades = [surface.fade for surface in surfaces]
        self.source = _joined([surface.source for surface in surfaces], np.float32, 2)
        self.hangs = [surface.hangs for surface in surfaces]
        self.above = [surface.above for surface in surfaces]
        self.ahead = [surface.ahead for surface in surfaces]
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
        self.shown = np.ascontiguousarray(shown[:, 0])
        self.changing = [bool((self.shown[own] != 0).all()) for own in self.vertices]  # whole surfaces that come or go
        self.lasting = self.shown >= 0  # vertices that are seen in turned poses, too
        self.source_normals = np.empty_like(self.rest)
        visibility.normals(self.rest, self.triangles, self.weld, 0, len(self.rest), self.source_normals)
        for surface, own in zip(surfaces, self.vertices, strict=True):
            if surface.lit_from is not None:
                self.source_normals[own] = surface.lit_from

    def each(self, count: int, work: Callable[[int, int], None]) -> None:
        """Calls ``work(first, last)`` for ranges that make up 0..count, in this scene's threads, of which the caller's is
        one.
        """
        chunks = min(count, self.threads * _CHUNKS if self.threads > 1 else 1)
        if chunks < 2:
            work(0, count)
            return
        left = iter(list(pairwise([count * k // chunks for k in range(chunks + 1)])))

        def take() -> None:
            while (ends := next(left, None)) is not None:
                work(*ends)

        helpers = [_pool().submit(take) for _ in range(min(self.threads, chunks) - 1)]
        try:
            take()
        finally:
            for helper in helpers:
                if not helper.cancel():  # nothing is left for one that hasn't begun
                    helper.result()

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
            "ahead": (np.zeros(count) if surface.ahead is None else surface.ahead, (count,)),
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
