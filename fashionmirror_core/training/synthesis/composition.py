"""A photo's layers, moved in the picture's plane at the photo's own resolution: the flow is computed small and smooth, and
enlarged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.avatar.layers import Layer
from fashionmirror_core.imaging.boxes import Box, bounding_box
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.training.synthesis.flows import CELL, OUTSIDE, LayerFlow

FAR = -1e5  # a place outside of every picture, pixels
MAX_ZOOM = 8  # output pixels between the knots of a sampling map, at most: displacements are smooth


@dataclass(frozen=True)
class Placed:
    """A layer in a frame: the output box that it can reach, and where in its picture each of the box's pixels comes from
    (h, w, 2).
    """

    layer: Layer
    box: Box
    at: np.ndarray


class Compositor:
    """Says where layers come to lie.

    Args:
        layers: each moves with the flow of its name.
        stage: the photo's stage.
        size: (width, height) of the output, which is the photo's.
    """

    def __init__(self, layers: Iterable[Layer], stage: Stage, size: tuple[int, int]) -> None:
        self.layers, self.stage, self.size = {layer.name: layer for layer in layers}, stage, size
        self.zoom = int(np.clip(CELL / stage.scale, 1, MAX_ZOOM))  # knots never farther apart than the flow's cells
        self.masks = {name: self._mask(layer) for name, layer in self.layers.items()}

    def _mask(self, layer: Layer) -> np.ndarray:
        """Where a layer has pixels, (h, w) uint8 on the cells of the stage, grown by one cell."""
        alpha = np.zeros((self.size[1], self.size[0]), np.uint8)
        x0, y0, x1, y1 = layer.box
        alpha[y0:y1, x0:x1] = (layer.picture[..., 3] > 0) * np.uint8(255)
        on_stage = self.stage.crop(alpha)
        height, width = on_stage.shape[0] // CELL, on_stage.shape[1] // CELL
        cells = on_stage[: height * CELL, : width * CELL].reshape(height, CELL, width, CELL).max((1, 3))
        return cv2.dilate(cells, np.ones((3, 3), np.uint8))

    @staticmethod
    def displacement(flow: LayerFlow) -> np.ndarray:
        """(P, h, w, 2) float32, stage pixels, NaN where a flow's layers aren't."""
        values = flow.displacement.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return np.where(values > OUTSIDE / 2, values, np.float32(np.nan))

    def box(self, flow: LayerFlow, occupied: np.ndarray) -> Box | None:
        """The output pixels that occupied cells (h, w) bool can reach."""
        cells = bounding_box(occupied)
        if cells is None:
            return None
        low = self.stage.to_photo(np.array(cells[:2]) * CELL + flow.origin)
        high = self.stage.to_photo((np.array(cells[2:]) - 1) * CELL + flow.origin)
        x0, y0 = np.clip(np.floor(low).astype(int), 0, self.size)
        x1, y1 = np.clip(np.ceil(high).astype(int) + 1, 0, self.size)
        return (int(x0), int(y0), int(x1), int(y1)) if x1 > x0 and y1 > y0 else None

    def sampling_map(
        self,
        displacement: np.ndarray,
        origin: tuple[float, float],
        box: Box,
        source: Box,
    ) -> np.ndarray:
        """(h, w, 2) float32: where in the photo's box ``source`` each pixel of the frame's ``box`` comes from.

        Absolute places are laid on a grid of ``zoom`` output pixels and drawn up from there: cheaper than drawing up
        displacements by an arbitrary factor and adding the pixels' own places, and the same for a linear map.
        """
        zoom, (x0, y0, x1, y1) = self.zoom, box
        columns, rows = -(-(x1 - x0) // zoom) + 2, -(-(y1 - y0) // zoom) + 2
        # Knot k stands at the middle of output pixels zoom * (k - 1) .. zoom * k - 1: there cv2.resize takes it to be.
        start = np.array([x0, y0]) + (zoom - 1) / 2 - zoom
        scale = self.stage.scale / CELL
        offset = (start * self.stage.scale + self.stage.offset - origin) / CELL
        matrix = np.array([[scale * zoom, 0, offset[0]], [0, scale * zoom, offset[1]]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        nowhere = (np.nan, np.nan)
        coarse = cv2.warpAffine(displacement, matrix, (columns, rows), flags=flags, borderValue=nowhere)
        coarse *= np.float32(1 / self.stage.scale)
        coarse[..., 0] += (start[0] - source[0] + zoom * np.arange(columns)).astype(np.float32)
        coarse[..., 1] += (start[1] - source[1] + zoom * np.arange(rows)).astype(np.float32)[:, None]
        fine = cv2.resize(coarse, (columns * zoom, rows * zoom), interpolation=cv2.INTER_LINEAR)
        fine = np.ascontiguousarray(fine[zoom : zoom + y1 - y0, zoom : zoom + x1 - x0])
        cv2.patchNaNs(fine, FAR)
        return fine

    def reached(self, name: str, displacement: np.ndarray, origin: tuple[float, float]) -> np.ndarray:
        """The cells (h, w) bool in which a flow's layers can have a pixel: the flow itself goes a little beyond them."""
        height, width = displacement.shape[:2]
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        places = np.stack([x + origin[0] / CELL, y + origin[1] / CELL], -1) + displacement / CELL
        places = np.where(np.isnan(places), FAR, places).astype(np.float32)
        seen = cv2.remap(self.masks[name], places, None, cv2.INTER_LINEAR) > 0
        return cv2.dilate(seen.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0

    def placed(self, flow: LayerFlow) -> Iterator[Placed]:
        """The layers that are in the picture, from back to front."""
        if unmoved := self.layers.keys() - set(flow.names):
            raise ValueError(f"no flow moves the layers of {', '.join(sorted(unmoved))}")
        displacement, occupied = self.displacement(flow), flow.occupied.cpu().numpy()
        for index, name in flow.back_to_front:
            if name not in self.layers:
                continue
            layer = self.layers[name]
            box = self.box(flow, self.reached(name, displacement[index], flow.origin) & occupied[index])
            if box is not None:
                yield Placed(layer, box, self.sampling_map(displacement[index], flow.origin, box, layer.box))
