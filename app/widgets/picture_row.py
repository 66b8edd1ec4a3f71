"""A row of small pictures, one a frame, of which only those that fit are ever scaled and drawn."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap

_SCALED = 256  # pictures kept ready to be drawn: more than fit into a screen's width

_FORMATS = {3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}


class PictureRow:
    """Pictures of any size by frame, drawn ``height`` pixels high. Frames may share one array; none is copied."""

    def __init__(self, height: int) -> None:
        self.height = height
        self._pixels: dict[int, np.ndarray] = {}
        self._scaled: OrderedDict[tuple[int, float], tuple[np.ndarray, QPixmap]] = OrderedDict()
        self._aspect = 0.0  # width by height of the widest

    def __bool__(self) -> bool:
        return bool(self._pixels)

    def put(self, frame: int, pixels: np.ndarray | None) -> None:
        """pixels: (h, w), (h, w, 3) or (h, w, 4), uint8 or float 0 to 1; None takes the frame's picture away."""
        if pixels is None:
            self._pixels.pop(frame, None)
            return
        if pixels.size == 0 or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in _FORMATS)):
            raise ValueError(f"an array of {pixels.shape} is no picture")
        self._aspect = max(self._aspect if self._pixels else 0.0, pixels.shape[1] / pixels.shape[0])
        self._pixels[frame] = pixels

    def clear(self) -> None:
        self._pixels.clear()
        self._scaled.clear()

    @property
    def width(self) -> float:
        """Pixels of the widest picture, as drawn."""
        return max(1.0, self._aspect * self.height)

    def first(self, frames: Iterable[int], scale: float) -> QPixmap | None:
        """The picture of the first of ``frames`` that has one. scale: the screen's device pixels by pixel."""
        pixels = next((self._pixels[frame] for frame in frames if frame in self._pixels), None)
        if pixels is None:
            return None
        key = (id(pixels), scale)  # the array is kept with its picture, so that its id stays its own
        if key not in self._scaled:
            self._scaled[key] = (pixels, scaled(pixels, self.height, scale))
            while len(self._scaled) > _SCALED:
                self._scaled.popitem(last=False)
        self._scaled.move_to_end(key)
        return self._scaled[key][1]


def scaled(pixels: np.ndarray, height: int, scale: float) -> QPixmap:
    """Pixels, as ``PictureRow.put`` takes them, as a picture of this height for a screen of this scale."""
    device_height = max(1, round(height * scale))
    small = QPixmap.fromImage(_image(pixels).scaledToHeight(device_height, Qt.TransformationMode.SmoothTransformation))
    small.setDevicePixelRatio(scale)
    return small


def _image(pixels: np.ndarray) -> QImage:
    """(h, w), (h, w, 3) or (h, w, 4), uint8 or float 0 to 1 -> an image that owns its pixels."""
    if pixels.dtype != np.uint8:
        pixels = (np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    pixels = np.ascontiguousarray(pixels)
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else _FORMATS[pixels.shape[2]]
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, pixels.strides[0], kind).copy()
