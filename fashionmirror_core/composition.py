"""Frames at the photo's own resolution: the layers, moved by the flow, laid over the background.

The flow is computed small and smooth; here it is enlarged and applied to full-resolution layers, so a print or a face
stays as sharp as it came in. OpenCV does the sampling: what travels from the device that computed the flow is smaller
than the finished frame.
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.dressing import Box, Layer, enlarge_map
from fashionmirror_core.skeletal_flow import CELL, OUTSIDE, PARTS, PartFlow
from fashionmirror_core.stage import Stage


def _over_in_place(front: np.ndarray, back: np.ndarray) -> None:
    """Premultiplied ``front`` (h, w, 4) over ``back`` (h, w, 4), both uint8."""
    clear = cv2.cvtColor(255 - front[..., 3], cv2.COLOR_GRAY2RGBA)
    clear[..., 3] = clear[..., 0]
    cv2.multiply(back, clear, dst=back, scale=1 / 255)
    cv2.add(front, back, dst=back)


class Compositor:
    """Lays layers over a background, frame by frame.

    Args:
        layers: from ``dressing.build_layers``.
        stage: the photo's stage.
        size: (width, height) of the output, which is the photo's.
        smooth: bicubic sampling (final) instead of bilinear (draft).
    """

    def __init__(self, layers: dict[str, Layer], stage: Stage, size: tuple[int, int], smooth: bool = True) -> None:
        self.layers, self.stage, self.size = layers, stage, size
        self.interpolation = cv2.INTER_CUBIC if smooth else cv2.INTER_LINEAR
        x, y = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
        self.grid = np.stack([x, y], -1)

    @staticmethod
    def displacement(flow: PartFlow) -> np.ndarray:
        """(P, h, w, 2) float32, stage pixels, NaN where a part isn't."""
        values = flow.displacement.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return np.where(values > OUTSIDE / 2, values, np.float32(np.nan))

    def box(self, flow: PartFlow, occupied: np.ndarray) -> Box | None:
        """The output pixels that a part can reach."""
        rows, columns = np.nonzero(occupied.any(1))[0], np.nonzero(occupied.any(0))[0]
        if not len(rows):
            return None
        low = self.stage.to_photo(np.array([columns[0], rows[0]]) * CELL + flow.origin)
        high = self.stage.to_photo(np.array([columns[-1], rows[-1]]) * CELL + flow.origin)
        x0, y0 = np.clip(np.floor(low).astype(int), 0, self.size)
        x1, y1 = np.clip(np.ceil(high).astype(int) + 1, 0, self.size)
        return (int(x0), int(y0), int(x1), int(y1)) if x1 > x0 and y1 > y0 else None

    def sampling_map(self, displacement: np.ndarray, origin: tuple[float, float], box: Box, layer: Box) -> np.ndarray:
        """(h, w, 2) float32: where in the layer's crop each pixel of ``box`` comes from."""
        x0, y0, x1, y1 = box
        scale = self.stage.scale / CELL
        offset = (np.array([x0, y0]) * self.stage.scale + self.stage.offset - origin) / CELL
        matrix = np.array([[scale, 0, offset[0]], [0, scale, offset[1]]])
        enlarged = enlarge_map(displacement, matrix, (x1 - x0, y1 - y0))
        shifted = self.grid[y0:y1, x0:x1] - np.array(layer[:2], np.float32)
        return cv2.scaleAdd(enlarged, 1 / self.stage.scale, shifted)

    def from_window(self, maps: np.ndarray, origin: tuple[float, float]) -> np.ndarray:
        """Maps on the stage's window, (H, W, C) float32, drawn up to the output's size; zero outside the window."""
        offset = np.array(self.stage.offset) - origin
        matrix = np.array([[self.stage.scale, 0, offset[0]], [0, self.stage.scale, offset[1]]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        groups = [maps[..., k : k + 4] for k in range(0, maps.shape[-1], 4)]  # OpenCV takes four channels at a time
        drawn = [cv2.warpAffine(np.ascontiguousarray(group), matrix, self.size, flags=flags) for group in groups]
        return np.concatenate([d if d.ndim == 3 else d[..., None] for d in drawn], -1)

    def compose(self, flow: PartFlow, background: np.ndarray, picture: str = "dressed") -> np.ndarray:
        """One frame, (H, W, 4) uint8 premultiplied.

        background: (H, W, 4) uint8 premultiplied. picture: which of a layer's pictures: dressed, human or garment.
        """
        canvas = background.copy()
        displacement = self.displacement(flow)
        occupied = flow.occupied.cpu().numpy()
        for index in flow.order:
            layer = self.layers[PARTS[index]]
            box = self.box(flow, occupied[index])
            if box is None:
                continue
            x0, y0, x1, y1 = box
            at = self.sampling_map(displacement[index], flow.origin, box, layer.box)
            moved = cv2.remap(getattr(layer, picture), at, None, self.interpolation, borderMode=cv2.BORDER_CONSTANT)
            _over_in_place(moved, canvas[y0:y1, x0:x1])
        return canvas

    def clothing_mask(self, flow: PartFlow) -> np.ndarray:
        """M_c^t at the output's resolution, (H, W) float32: the new clothes as far as nothing lies before them."""
        mask = np.zeros((self.size[1], self.size[0]), np.uint8)
        displacement = self.displacement(flow)
        occupied = flow.occupied.cpu().numpy()
        for index in flow.order:
            layer = self.layers[PARTS[index]]
            box = self.box(flow, occupied[index])
            if box is None:
                continue
            x0, y0, x1, y1 = box
            at = self.sampling_map(displacement[index], flow.origin, box, layer.box)
            alphas = np.ascontiguousarray(np.stack([layer.garment[..., 3], layer.dressed[..., 3]], -1))
            moved = cv2.remap(alphas, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            part = mask[y0:y1, x0:x1]
            cv2.multiply(part, 255 - moved[..., 1], dst=part, scale=1 / 255)
            cv2.add(part, np.ascontiguousarray(moved[..., 0]), dst=part)
        return mask.astype(np.float32) / 255

    def flow(self, flow: PartFlow) -> np.ndarray:
        """F at the output's resolution, (2, H, W) float32, pixels, target -> source: the foremost part's."""
        result = np.zeros((self.size[1], self.size[0], 2), np.float32)
        displacement = self.displacement(flow)
        occupied = flow.occupied.cpu().numpy()
        for index in flow.order:
            layer = self.layers[PARTS[index]]
            box = self.box(flow, occupied[index])
            if box is None:
                continue
            x0, y0, x1, y1 = box
            at = self.sampling_map(displacement[index], flow.origin, box, layer.box)
            alpha = np.ascontiguousarray(layer.dressed[..., 3])
            seen = cv2.remap(alpha, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) > 127
            moved = at + np.array(layer.box[:2], np.float32) - self.grid[y0:y1, x0:x1]
            result[y0:y1, x0:x1][seen] = moved[seen]
        return np.ascontiguousarray(result.transpose(2, 0, 1))
