"""One frame of an avatar: its image and all else that is known of its pixels, each computed when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fashionmirror_core.avatar.surface import Texture
from fashionmirror_core.drawing.occlusion import Surroundings, small_step
from fashionmirror_core.drawing.scene import Scene, TextureRow

_CAST = 0.0045  # of the person's height: how far beside what casts it a shade falls


def _pixels() -> Any:
    """The kernels, imported when first something is drawn: the import compiles."""
    from fashionmirror_core.drawing import pixels

    return pixels


@dataclass(frozen=True)
class Shape:
    """The vertices of all surfaces in a frame.

    points: (N, 3) float32, photo space. normals: (N, 3) float32, unit. lit: (N, 2) float32, the factor of the colours and
    the least opacity. texel: (N, 2) float32, where a vertex reads its texture. lamp: ``Light.packed``. height: the person's
    in this frame, pixels.
    """

    points: np.ndarray
    normals: np.ndarray
    lit: np.ndarray
    texel: np.ndarray
    lamp: np.ndarray
    height: float


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

    points: (N, 3) float32, the vertices of all surfaces in this frame, in photo space.
    """

    def __init__(
        self,
        scene: Scene,
        textures: TextureRow,
        shape: Shape,
        visibility: Visibility,
    ) -> None:
        self._scene = scene
        self._textures = textures
        self.points = shape.points
        self._shape = shape
        self._visibility = visibility

    def showing(self, textures: Mapping[str, Texture]) -> Drawing:
        """The same frame with other textures for some surfaces: name -> of the same size as its own. Raises ValueError for a
        wrong name or size."""
        scene = self._scene
        return Drawing(scene, scene.textured(textures), self._shape, self._visibility)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the surfaces, in the order of ``part``."""
        return self._scene.names

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """(h, w) of the surfaces' textures."""
        return self._scene.shapes

    @property
    def image(self) -> np.ndarray:
        """(H, W, 4) uint8, premultiplied RGBA."""
        return self._composed[0]

    def over(self, background: np.ndarray) -> np.ndarray:
        """The image over a background, (H, W, 4) uint8 premultiplied."""
        seen, image, result = self._visibility, self.image, background.copy()
        self._scene.each(
            len(seen.tiles), lambda first, last: _pixels().lay(image, seen.side, seen.tiles, first, last, result)
        )
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
        return self._gathered(self._scene.source, step)

    def carried(self, values: np.ndarray, step: int = 1) -> np.ndarray:
        """(ceil(H / step), ceil(W / step), C) float32: values (N, C) float32 of the vertices, in between on what every
        ``step``-th pixel shows most; NaN where nothing is."""
        return self._gathered(np.ascontiguousarray(values, np.float32), step)

    @cached_property
    def depth(self) -> np.ndarray:
        """(H, W) float32: z of what a pixel shows most, photo pixels; NaN where nothing is."""
        _, _, front, depth = self._composed
        return np.where(front > 0, depth, np.float32(np.nan))

    @cached_property
    def normals(self) -> np.ndarray:
        """(H, W, 3) float32: unit normals in photo space, outward; NaN where nothing is."""
        return self.normals_at(1)

    def normals_at(self, step: int) -> np.ndarray:
        """``normals`` at every ``step``-th pixel, as ``source_at``."""
        normals = self._gathered(self._shape.normals, step)
        lengths = np.sqrt(np.einsum("hwc,hwc->hw", normals, normals))
        return normals / np.maximum(lengths, np.float32(1e-6))[..., None]

    @cached_property
    def part(self) -> np.ndarray:
        """(H, W) int8: the index of the surface that a pixel shows most; -1 where nothing is."""
        front = self._composed[2]
        owner = np.append(self._scene.surface, 0).astype(np.int8)  # one more: there may be no triangle
        return np.where(front > 0, owner[front >> 4], np.int8(-1))

    def sampled(self, maps: Mapping[str, np.ndarray]) -> np.ndarray:
        """(H, W) float32: what is seen of values painted on the textures; half of it where a pixel is half transparent.

        maps: surface's name -> (h, w) float32, of its texture's size; surfaces without one count as 0.
        """
        scene = self._scene
        values = [np.zeros(shape, np.float32) for shape in scene.shapes]
        for name, given in maps.items():
            index = scene.index_of(name)
            if given.shape != scene.shapes[index]:
                raise ValueError(f"The map for {name!r} is {given.shape}, the texture {scene.shapes[index]}.")
            values[index] = given
        return self._collected(np.concatenate([value.reshape(-1) for value in values]).astype(np.float32), maps, "")[0]

    def texels(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Where the pixels see one surface: (H, W, 2) float32, x and y of the texel, NaN where it isn't seen, and
        (H, W) float32 in [0, 1], its share of the pixel."""
        self._scene.index_of(name)
        _, texel, share = self._collected(np.zeros(0, np.float32), {}, name)
        return texel, share

    def texels_at(self, name: str, step: int) -> np.ndarray:
        """(ceil(H / step), ceil(W / step), 2) float32: where the pixels that show one surface most see its texture, x and y
        of the texel; NaN elsewhere. Computed at every ``step``-th pixel alone."""
        index = self._scene.index_of(name)
        places = self._gathered(self._shape.texel, step)
        front = self._composed[2][::step, ::step]
        shows = (front > 0) & (np.append(self._scene.surface, -1)[front >> 4] == index)
        return np.where(shows[..., None], places, np.float32(np.nan))

    @cached_property
    def _composed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        scene, kernels = self._scene, _pixels()
        width, height = scene.size
        image, clothing = np.zeros((height, width, 4), np.uint8), np.zeros((height, width), np.float32)
        front, depth = np.zeros((height, width), np.int32), np.zeros((height, width), np.float32)
        scene.each(
            len(self._visibility.tiles),
            lambda first, last: kernels.compose(
                *self._frame, self._textures.clothing, first, last, image, clothing, front, depth
            ),
        )
        self._occlude(image, front, depth)
        return image, clothing, front, depth

    def _occlude(self, image: np.ndarray, front: np.ndarray, depth: np.ndarray) -> None:
        """Puts the shade at cloth on the image."""
        scene, kernels = self._scene, _pixels()
        tall = self._shape.height
        if scene.groups < 2 or not 0 < tall < np.inf:
            return
        step = small_step(tall)
        covers, depths = np.zeros((2, scene.groups, -(-len(front) // step), -(-front.shape[1] // step)), np.float32)
        scene.each(
            covers.shape[1],
            lambda first, last: kernels.shrink(front, depth, scene.group, step, first, last, covers, depths),
        )
        if not covers[1:].any():
            return
        nearby = Surroundings.of(covers, depths, tall, step)
        across, down = self._shape.lamp[:2] * np.float32(_CAST * tall)
        scene.each(
            len(image),
            lambda first, last: kernels.occlude(
                front, depth, scene.group, step, nearby.cloth, nearby.covers, nearby.depths, nearby.around,
                tall, across, down, first, last, image,
            ),
        )  # fmt: skip

    @property
    def _frame(self) -> tuple[Any, ...]:
        """What every kernel over pixels takes first."""
        seen, scene = self._visibility, self._scene
        return (
            seen.side, seen.codes, seen.tiles, seen.begins, self.points, scene.triangles, scene.surface,
            self._shape.texel, self._shape.lit, self._textures.layout, self._textures.pictures,
        )  # fmt: skip

    def _collected(self, maps: np.ndarray, given: Mapping[str, Any], wanted: str) -> tuple[np.ndarray, ...]:
        scene, kernels = self._scene, _pixels()
        width, height = scene.size
        mapped = np.array([name in given for name in scene.names], bool)
        index = scene.names.index(wanted) if wanted else -1
        sums = np.zeros((height, width), np.float32)
        share = np.zeros((height, width), np.float32)
        texel = np.full((height, width, 2), np.nan, np.float32)
        scene.each(
            len(self._visibility.tiles),
            lambda first, last: kernels.collect(*self._frame, maps, mapped, first, last, sums, index, share, texel),
        )
        return sums, texel, share

    def _gathered(self, values: np.ndarray, step: int = 1) -> np.ndarray:
        scene, kernels = self._scene, _pixels()
        width, height = scene.size
        out = np.empty((-(-height // step), -(-width // step), values.shape[1]), np.float32)
        front = self._composed[2]
        scene.each(
            len(out),
            lambda first, last: kernels.gather(
                front, self.points, scene.triangles, self._shape.texel, values, step, first, last, out
            ),
        )
        return out
