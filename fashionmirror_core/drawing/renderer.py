"""Draws an avatar's surfaces in one z-buffer: pose, visibility, then pixels, each when it is asked for.

The image is premultiplied; soft edges of the photo stay soft, and edges of the geometry are antialiased by four samples a
pixel. With transforms that move nothing a pixel is exactly the texture's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from fashionmirror_core.avatar.surface import Surface
from fashionmirror_core.drawing.drawing import Drawing, Shape, Visibility
from fashionmirror_core.drawing.light import Light
from fashionmirror_core.drawing.scene import Scene
from fashionmirror_core.imaging.easing import smoothstep

HOLDS = 42.0  # degrees that a person turns as a whole, before whose surfaces of the photo's pose begin to go
LIMBS_MOVE = (3.0, 9.0)  # degrees that a bone turns against the pelvis, over which that no longer holds
_SOFTENED = 2  # passes in which normals of cloth are smoothed


def _visibility() -> Any:
    """The kernels, imported when first something is drawn: the import compiles."""
    from fashionmirror_core.drawing import visibility

    return visibility


class Renderer:
    """Poses a scene and finds what each pixel shows of it.

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
        """As ``Scene``. light: None takes the default one."""
        self.scene = Scene(surfaces, size, threads, height)
        self.light = light or Light()
        self._visibility = _visibility()

    def draw(self, transforms: np.ndarray, placed: Mapping[str, np.ndarray] | None = None) -> Drawing:
        """A frame. transforms: (B, 3, 4) float32, of each bone from the photo's pose to this frame, in photo space.

        placed: surface's name -> (N, 3) float, photo space, where its vertices are, instead of where bones move them. Raises
        ValueError for a wrong name or size.
        """
        transforms = np.ascontiguousarray(transforms, np.float32)
        if self.scene.bones.size and (transforms.ndim != 3 or len(transforms) <= self.scene.bones.max()):
            raise ValueError(f"Transforms of shape {transforms.shape} don't move bone {self.scene.bones.max()}.")
        places = {self.scene.index_of(name): where for name, where in (placed or {}).items()}
        for index, where in places.items():
            expected = self.scene.rest[self.scene.vertices[index]].shape
            if where.shape != expected:
                raise ValueError(
                    f"The surface {self.scene.names[index]!r} has vertices of shape {expected}, not {where.shape}."
                )
        scales = _scales(transforms)
        points, normals, lit, texel = (
            np.empty((len(self.scene.rest), columns), np.float32) for columns in (3, 3, 2, 2)
        )
        shape = Shape(points, normals, lit, texel, self.light.packed(), self.scene.height * float(np.median(scales)))
        degrees = _turned(transforms[:, :, :3] / scales[:, None, None])
        aside = _aside(transforms[:, 2, 2] / scales, self._visibility)
        scratch = np.empty_like(self.scene.rest)
        drawn = np.ones(len(self.scene.names), bool)

        def shaped(first: int, last: int) -> None:
            for index in range(first, last):
                drawn[index] = self._shaped(index, transforms, degrees, aside, places.get(index), shape, scratch)

        self.scene.each(len(self.scene.names), shaped)
        return Drawing(self.scene, self.scene.textured({}), shape, self._visible(shape, drawn))

    def _shaped(
        self,
        index: int,
        transforms: np.ndarray,
        degrees: np.ndarray,
        aside: np.ndarray,
        where: np.ndarray | None,
        out: Shape,
        scratch: np.ndarray,
    ) -> bool:
        """Puts one surface's vertices into ``out``; only their places where it is wholly transparent: returns False then.
        degrees: (2, B) float32, see ``_turned``. aside: (B,) float32, see the kernel ``turn``.
        """
        kernels, own, triangles = (
            self._visibility,
            self.scene.vertices[index],
            self.scene.triangles[self.scene.triangle_ranges[index]],
        )
        bones, weights, lit = self.scene.bones[own], self.scene.weights[own], out.lit[own]
        if where is None:
            kernels.skin(self.scene.rest[own], bones, weights, transforms, out.points[own])
            hangs = self.scene.hangs[index]
            if hangs is not None and degrees.any():
                out.points[own] = hangs.settled(out.points[own], self.scene.rest[own], transforms)
            above = self.scene.above[index]
            if above is not None:
                out.points[own] = above.seen(out.points[own], transforms)
        else:
            out.points[own] = where
        bones, weights = (each[own] for each in self.scene.turning)
        fade = self.scene.fades[index]
        opacity = np.ones(()) if fade is None else fade.opacity(transforms)
        if fade is None and self.scene.changing[index]:
            kernels.appear(bones, weights, degrees, self.scene.shown[own], lit)
            if (lit[:, 1] <= -1).all():
                return False
        if (opacity <= 0).all():
            return False
        kernels.normals(out.points, triangles, self.scene.weld, own.start, own.stop, out.normals)
        if self.scene.lit[index]:
            for _ in range(_SOFTENED):
                kernels.soften(out.normals, triangles, self.scene.weld, own.start, own.stop, scratch)
            kernels.shine(out.normals[own], out.lamp, self.scene.dim[index], lit)
            out.texel[own] = self.scene.texel[own]
        else:
            source, texel, turned = self.scene.source_normals[own], self.scene.texel[own], self.scene.turned_texel[own]
            aside = aside if self.scene.along[index] else np.zeros_like(aside)
            pose = (out.normals[own], source, out.lamp, bones, weights, aside)
            kernels.turn(*pose, texel, turned, lit, out.texel[own])
        kernels.appear(bones, weights, degrees, self.scene.shown[own], lit)
        if fade is not None:
            lit[:, 1] = opacity - 1
        ahead = self.scene.ahead[index]
        if ahead is not None:
            out.points[own, 2] -= ahead
        return True

    def _visible(self, shape: Shape, drawn: np.ndarray) -> Visibility:
        """drawn: (S,) bool, which surfaces are more than transparent."""
        kernels, points = self._visibility, shape.points
        width, height = self.scene.size
        tiles = -(-width // kernels.TILE) * -(-height // kernels.TILE)
        counts = np.zeros((tiles, len(self.scene.names)), np.int32)
        frame = (points, shape.lit, self.scene.triangles, self.scene.surface, width, height)
        ranges = [self.scene.triangle_ranges[index] for index in np.flatnonzero(drawn)]

        def sort_in(kernel: Callable[..., None], *into: np.ndarray) -> None:
            def work(first: int, last: int) -> None:
                for own in ranges[first:last]:
                    kernel(*frame, own.start, own.stop, *into)

            self.scene.each(len(ranges), work)

        sort_in(kernels.count, counts)
        ends = np.cumsum(counts.reshape(-1), dtype=np.int32)
        place = np.ascontiguousarray(ends.reshape(counts.shape) - counts)
        listed = np.empty(ends[-1] if len(ends) else 0, np.int32)
        sort_in(kernels.fill, place, listed)
        slots = np.flatnonzero(counts)
        begins = np.append(0, ends[slots]).astype(np.int32)
        tile_of = (slots // max(1, len(self.scene.names))).astype(np.int32)
        codes = np.empty((len(slots), kernels.TILE**2), np.int32)
        depths = np.empty(codes.shape, np.float32)
        self.scene.each(
            len(slots),
            lambda first, last: kernels.rasterise(
                points, self.scene.triangles, listed, begins, tile_of, width, height, first, last, codes, depths
            ),
        )
        used, firsts = np.unique(tile_of, return_index=True)
        of_tile = np.append(firsts, len(slots)).astype(np.int32)
        self.scene.each(
            len(used),
            lambda first, last: kernels.sort(of_tile, self.scene.surface, self.scene.bias, first, last, codes, depths),
        )
        return Visibility(kernels.TILE, codes, used, of_tile)


def _turned(rotations: np.ndarray) -> np.ndarray:
    """(2, B) float32: by how many degrees bones with rotations (B, 3, 3) count as turned from the photo's pose: as they are,
    and where a person who turns as a whole is the photo's own for longer. Where limbs move, that doesn't hold.
    """
    turned = _degrees(np.trace(rotations, axis1=1, axis2=2))
    moved = _degrees(np.einsum("bij,ij->b", rotations, rotations[0]))  # against the first bone, the pelvis
    rigid = 1 - smoothstep(np.nanmax(moved, initial=0), *LIMBS_MOVE)
    return np.stack([turned, np.fmax(moved, turned - HOLDS * rigid)]).astype(np.float32)


def _degrees(trace: np.ndarray) -> np.ndarray:
    """(B,) the angles of rotations with these traces (B,)."""
    return np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1)))


def _aside(cosine: np.ndarray, kernels: Any) -> np.ndarray:
    """(B,) float32 in [0, 1]: how much bones show their side, for the cosine of their turn out of the picture."""
    with np.errstate(invalid="ignore"):
        degrees = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return smoothstep(degrees, kernels.ASIDE_FROM, kernels.ASIDE_TO).astype(np.float32)


def _scales(transforms: np.ndarray) -> np.ndarray:
    """(B,) how much larger each bone becomes, for a person who comes nearer or goes away."""
    with np.errstate(invalid="ignore"):  # of joints that aren't anywhere
        return np.maximum(np.cbrt(np.abs(np.linalg.det(transforms[:, :, :3].astype(np.float64)))), 1e-6)
