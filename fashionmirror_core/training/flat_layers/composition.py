"""Frames at the photo's own resolution: the layers, moved by the flow, laid over the background.

The flow is computed small and smooth; here it is enlarged and applied to full-resolution layers, so a print or a face
stays as sharp as it came in. OpenCV does the sampling: the flow that travels from its device is smaller than the finished
frame.
"""

from __future__ import annotations

import copy
import itertools
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np

from fashionmirror_core.avatar.layers import FAR, Layer, LayerGroup, Show, grouped
from fashionmirror_core.imaging.alpha import over_in_place
from fashionmirror_core.imaging.boxes import Box, bounding_box
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.training.flat_layers.flows import CELL, OUTSIDE, LayerFlow

MAX_ZOOM = 8  # output pixels between the knots of a sampling map, at most: displacements are smooth


def overlap(a: Box, b: Box) -> Box | None:
    """What two boxes share."""
    box = (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
    return box if box[2] > box[0] and box[3] > box[1] else None


BANDS = 6


@lru_cache(maxsize=1)
def _workers() -> ThreadPoolExecutor:
    """Sampling a band is one OpenCV call that holds no lock: bands side by side use more than one core."""
    return ThreadPoolExecutor(min(4, os.cpu_count() or 1), "compositor")


def _sampled(picture: np.ndarray, at: np.ndarray, interpolation: int) -> np.ndarray:
    """A band of a layer, (h, w, 4) uint8 premultiplied."""
    moved = cv2.remap(picture, at, None, interpolation, borderMode=cv2.BORDER_CONSTANT)
    if interpolation == cv2.INTER_CUBIC:
        # Cubic sampling overshoots, and premultiplied colour may not exceed its alpha.
        alpha = cv2.extractChannel(moved, 3)
        cv2.min(moved, cv2.merge([alpha, alpha, alpha, alpha]), dst=moved)
    return moved


@dataclass(frozen=True)
class Placed:
    """The layers of one flow in a frame: the output box that they can reach, where in the group's pictures each of its
    pixels comes from (h, w, 2), and the cells that they occupy (h', w') bool.
    """

    group: LayerGroup
    box: Box
    at: np.ndarray
    occupied: np.ndarray


class Compositor:
    """Lays layers over a background, frame by frame.

    Args:
        layers: the layers of one flow from back to front.
        stage: the photo's stage.
        size: (width, height) of the output, which is the photo's.

    Layers are sampled bicubically; ``draft`` samples them bilinearly.
    """

    def __init__(self, layers: Iterable[Layer], stage: Stage, size: tuple[int, int]) -> None:
        self.groups, self.stage, self.size = grouped(layers), stage, size
        self.zoom = int(np.clip(CELL / stage.scale, 1, MAX_ZOOM))  # knots never farther apart than the flow's cells
        self.masks = {flow: self._mask(group) for flow, group in self.groups.items()}
        self.interpolation = cv2.INTER_CUBIC

    @cached_property
    def draft(self) -> Compositor:
        """The same with bilinear sampling: quicker and softer."""
        draft = copy.copy(self)
        draft.interpolation = cv2.INTER_LINEAR
        return draft

    def _mask(self, group: LayerGroup) -> np.ndarray:
        """Where a group has pixels, (h, w) uint8 on the cells of the stage, grown by one cell."""
        alpha = np.zeros((self.size[1], self.size[0]), np.uint8)
        x0, y0, x1, y1 = group.box
        alpha[y0:y1, x0:x1] = (group.picture()[..., 3] > 0) * np.uint8(255)
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
        border: int = cv2.BORDER_CONSTANT,
    ) -> np.ndarray:
        """(h, w, 2) float32: where in the photo's box ``source`` each pixel of the frame's ``box`` comes from. border:
        OpenCV's, beyond the flow's window; nowhere by default.

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
        coarse = cv2.warpAffine(
            displacement, matrix, (columns, rows), flags=flags, borderMode=border, borderValue=nowhere
        )
        coarse *= np.float32(1 / self.stage.scale)
        coarse[..., 0] += (start[0] - source[0] + zoom * np.arange(columns)).astype(np.float32)
        coarse[..., 1] += (start[1] - source[1] + zoom * np.arange(rows)).astype(np.float32)[:, None]
        fine = cv2.resize(coarse, (columns * zoom, rows * zoom), interpolation=cv2.INTER_LINEAR)
        fine = np.ascontiguousarray(fine[zoom : zoom + y1 - y0, zoom : zoom + x1 - x0])
        cv2.patchNaNs(fine, FAR)
        return fine

    def window_box(self, mask: np.ndarray, origin: tuple[float, float]) -> Box:
        """The output pixels of a mask (H, W) bool on the stage's window, with a pixel to spare."""
        shown = bounding_box(mask)
        if shown is None:
            return (0, 0, 0, 0)
        low = self.stage.to_photo(np.array(shown[:2]) - 1.0 + origin)
        high = self.stage.to_photo(np.array(shown[2:]) + origin)
        x0, y0 = np.clip(np.floor(low).astype(int), 0, self.size)
        x1, y1 = np.clip(np.ceil(high).astype(int) + 1, 0, self.size)
        return (int(x0), int(y0), int(x1), int(y1))

    def from_window(self, maps: np.ndarray, origin: tuple[float, float], box: Box) -> np.ndarray:
        """Maps on the stage's window, (H, W, C) float32, drawn up to the output pixels of ``box``; zero outside."""
        offset = np.array(self.stage.offset) - origin + self.stage.scale * np.array(box[:2])
        matrix = np.array([[self.stage.scale, 0, offset[0]], [0, self.stage.scale, offset[1]]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (box[2] - box[0], box[3] - box[1])
        groups = [maps[..., k : k + 4] for k in range(0, maps.shape[-1], 4)]  # OpenCV takes four channels at a time
        drawn = [cv2.warpAffine(np.ascontiguousarray(group), matrix, size, flags=flags) for group in groups]
        return np.concatenate([d if d.ndim == 3 else d[..., None] for d in drawn], -1)

    def reached(self, name: str, displacement: np.ndarray, origin: tuple[float, float]) -> np.ndarray:
        """The cells (h, w) bool in which a flow's layers can have a pixel: the flow itself goes a little beyond them."""
        height, width = displacement.shape[:2]
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        places = np.stack([x + origin[0] / CELL, y + origin[1] / CELL], -1) + displacement / CELL
        places = np.where(np.isnan(places), FAR, places).astype(np.float32)
        seen = cv2.remap(self.masks[name], places, None, cv2.INTER_LINEAR) > 0
        return cv2.dilate(seen.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0

    def placed(self, flow: LayerFlow, within: Box | None = None) -> Iterator[Placed]:
        """The layers that are in the picture, or in a part of it, flow after flow from back to front."""
        if unmoved := self.groups.keys() - set(flow.names):
            raise ValueError(f"no flow moves the layers of {', '.join(sorted(unmoved))}")
        displacement, occupied = self.displacement(flow), flow.occupied.cpu().numpy()
        for index, name in flow.back_to_front:
            if name not in self.groups:
                continue
            group = self.groups[name]
            reached = self.reached(name, displacement[index], flow.origin) & occupied[index]
            box = self.box(flow, reached)
            if box is not None and within is not None:
                box = overlap(box, within)
            if box is not None:
                at = self.sampling_map(displacement[index], flow.origin, box, group.box)
                yield Placed(group, box, at, reached)

    def compose(self, flow: LayerFlow, background: np.ndarray, show: Show = Show.ALL) -> np.ndarray:
        """One frame, (H, W, 4) uint8 premultiplied. background: (H, W, 4) uint8 premultiplied. show: which layers."""
        canvas = background.copy()
        bands: list[Box] = []
        jobs: list[Future[np.ndarray]] = []
        for placed in self.placed(flow):
            left, top = placed.box[:2]
            for x0, y0, x1, y1 in self.bands(flow, placed.occupied, placed.box):
                places = placed.at[y0 - top : y1 - top, x0 - left : x1 - left]
                bands.append((x0, y0, x1, y1))
                jobs.append(_workers().submit(_sampled, placed.group.picture(show), places, self.interpolation))
        for (x0, y0, x1, y1), job in zip(bands, jobs, strict=True):
            over_in_place(job.result(), canvas[y0:y1, x0:x1])
        return canvas

    def bands(self, flow: LayerFlow, occupied: np.ndarray, box: Box) -> list[Box]:
        """The box in horizontal bands, each as narrow as the layers are there: a wide hem doesn't pay for the waist."""
        bands = []
        edges = np.linspace(box[1], box[3], BANDS + 1).astype(int)
        for top, bottom in itertools.pairwise(edges):
            low = self.stage.from_photo(np.array([0, top]))[1] - flow.origin[1]
            high = self.stage.from_photo(np.array([0, bottom]))[1] - flow.origin[1]
            strip = np.zeros_like(occupied)
            cells = slice(max(0, int(low / CELL) - 1), int(high / CELL) + 2)
            strip[cells] = occupied[cells]
            inner = self.box(flow, strip)
            if inner is not None and bottom > top and inner[2] > inner[0]:
                bands.append((max(inner[0], box[0]), int(top), min(inner[2], box[2]), int(bottom)))
        return bands

    def clothing_mask(self, flow: LayerFlow) -> np.ndarray:
        """M_c^t at the output's resolution, (H, W) float32: the new clothes as far as nothing lies before them."""
        mask = np.zeros((self.size[1], self.size[0]), np.uint8)
        for placed in self.placed(flow):
            group, (x0, y0, x1, y1) = placed.group, placed.box
            moved = cv2.remap(group.alphas, placed.at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            part = mask[y0:y1, x0:x1]
            cv2.multiply(part, 255 - moved[..., 1], dst=part, scale=1 / 255)
            cv2.add(part, np.ascontiguousarray(moved[..., 0]), dst=part)
        return mask.astype(np.float32) / 255

    def flow(self, flow: LayerFlow, step: int = 1) -> np.ndarray:
        """F at every ``step``-th pixel of the output from its first on, (2, H / step, W / step) float32, pixels, target ->
        source: the foremost part's.
        """
        places = self._places[::step, ::step]
        came_from = places.copy()
        for placed in self.placed(flow):
            group, (x0, y0, x1, y1) = placed.group, placed.box
            at = np.ascontiguousarray(placed.at[-y0 % step :: step, -x0 % step :: step])
            if not at.size:
                continue
            moved = cv2.remap(group.alphas, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            seen = cv2.compare(np.ascontiguousarray(moved[..., 1]), 127, cv2.CMP_GT)
            at = cv2.add(at, (*map(float, group.box[:2]), 0.0, 0.0))
            cv2.copyTo(at, seen, came_from[-(-y0 // step) : -(-y1 // step), -(-x0 // step) : -(-x1 // step)])
        return np.stack(cv2.split(cv2.subtract(came_from, np.ascontiguousarray(places))))

    @cached_property
    def _places(self) -> np.ndarray:
        """(H, W, 2) float32: x and y of every pixel of the output."""
        x, y = np.meshgrid(np.arange(self.size[0], dtype=np.float32), np.arange(self.size[1], dtype=np.float32))
        return cv2.merge([x, y])
