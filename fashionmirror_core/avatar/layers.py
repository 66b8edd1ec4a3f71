"""The list of layers: pictures of the person and of the clothes that move, each along a flow.

A layer is one picture with the name of the flow that moves it. In a frame the flow tells where its pixels come from and
how deep it lies (``flows.LayerFlow``); layers of one flow lie in the order of the list. Composition, masks,
flow and attention go over the list and know no layer by its name. A new kind of layer (an avatar's sheet, draped cloth)
is one more entry with one more flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property, reduce

import cv2
import numpy as np

from fashionmirror_core.imaging.alpha import over
from fashionmirror_core.imaging.boxes import Box
from fashionmirror_core.person.stage import Stage

FAR = -1e5  # a place outside of every picture, photo or garment pixels


class Show(Enum):
    """Which layers of a list are drawn."""

    ALL = "all"
    PERSON = "person"  # without the old clothes, as if there were no new ones
    CLOTHING = "clothing"  # the new clothes alone

    def includes(self, clothing: bool) -> bool:
        """Whether a layer of this kind is drawn."""
        return self is Show.ALL or clothing == (self is Show.CLOTHING)


@dataclass(frozen=True)
class Layer:
    """One picture in the photo's frame that moves as a whole.

    name: unique within a list. picture: (h, w, 4) uint8, premultiplied by alpha; it fills ``box``, photo pixels. flow:
    name of the flow that moves it. clothing: whether it shows the new clothes, or else the person.
    """

    name: str
    picture: np.ndarray
    box: Box
    flow: str
    clothing: bool = False


@dataclass(frozen=True)
class LayerGroup:
    """The layers that one flow moves, from back to front, merged so that a frame samples them once."""

    flow: str
    layers: tuple[Layer, ...]
    _pictures: dict[Show, np.ndarray] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def box(self) -> Box:
        """Photo pixels, around all layers."""
        x0, y0, x1, y1 = zip(*(layer.box for layer in self.layers), strict=True)
        return min(x0), min(y0), max(x1), max(y1)

    def placed(self, layer: Layer) -> np.ndarray:
        """A layer's picture on the group's box, (h, w, 4) uint8 premultiplied."""
        if layer.box == self.box:
            return layer.picture
        left, top = layer.box[0] - self.box[0], layer.box[1] - self.box[1]
        height, width = layer.picture.shape[:2]
        canvas = np.zeros((self.box[3] - self.box[1], self.box[2] - self.box[0], 4), np.uint8)
        canvas[top : top + height, left : left + width] = layer.picture
        return canvas

    def picture(self, show: Show = Show.ALL) -> np.ndarray:
        """The layers over each other, (h, w, 4) uint8 premultiplied, on the group's box."""
        if show not in self._pictures:
            drawn = [self.placed(layer) for layer in self.layers if show.includes(layer.clothing)]
            if not drawn:
                drawn = [np.zeros((self.box[3] - self.box[1], self.box[2] - self.box[0], 4), np.uint8)]
            self._pictures[show] = reduce(lambda back, front: over(front, back), drawn)
        return self._pictures[show]

    @cached_property
    def alphas(self) -> np.ndarray:
        """(h, w, 2) uint8: the new clothes as far as no other layer of the group covers them, and all layers."""
        clothing = np.zeros(self.picture().shape[:2], np.uint8)
        for layer in self.layers:
            alpha = np.ascontiguousarray(self.placed(layer)[..., 3])
            clothing = cv2.multiply(clothing, 255 - alpha, scale=1 / 255)
            if layer.clothing:
                clothing = cv2.add(clothing, alpha)
        return cv2.merge([clothing, self.picture()[..., 3]])


def grouped(layers: Iterable[Layer]) -> dict[str, LayerGroup]:
    """Flow -> the layers that it moves; flows in the order in which the list first names them."""
    groups: dict[str, list[Layer]] = {}
    for layer in layers:
        groups.setdefault(layer.flow, []).append(layer)
    return {flow: LayerGroup(flow, tuple(group)) for flow, group in groups.items()}


def flattened(layers: Iterable[Layer], size: tuple[int, int], show: Show = Show.ALL) -> np.ndarray:
    """The layers in the photo's own pose, flow after flow: (H, W, 4) uint8 premultiplied. size: (H, W) of the photo."""
    canvas = np.zeros((*size, 4), np.uint8)
    for group in grouped(layers).values():
        x0, y0, x1, y1 = group.box
        canvas[y0:y1, x0:x1] = over(group.picture(show), np.ascontiguousarray(canvas[y0:y1, x0:x1]))
    return canvas


def flow_domains(layers: Iterable[Layer], stage: Stage, size: tuple[int, int]) -> dict[str, np.ndarray]:
    """Flow -> where its layers have pixels, (H, W) float32 in [0, 1] on the stage. size: (width, height) of the photo."""
    domains = {}
    for flow, group in grouped(layers).items():
        x0, y0, x1, y1 = group.box
        alpha = np.zeros((size[1], size[0]), np.uint8)
        alpha[y0:y1, x0:x1] = group.picture()[..., 3]
        domains[flow] = stage.crop(alpha).astype(np.float32) / 255
    return domains


def on_stage(layers: Sequence[Layer], stage: Stage) -> np.ndarray:
    """The layers' pictures on the stage, (L, 4, H, W) uint8, premultiplied RGBA, in the order of the list."""
    stack = np.zeros((len(layers), stage.height, stage.width, 4), np.uint8)
    for picture, layer in zip(stack, layers, strict=True):
        shifted = replace(stage, offset=tuple(stage.from_photo(np.array(layer.box[:2], float))))
        picture[:] = shifted.crop(layer.picture)
    return np.ascontiguousarray(stack.transpose(0, 3, 1, 2))
