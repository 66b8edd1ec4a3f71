"""Brush and eraser over the picture: a mask that is painted on, and its tint, renewed where a stroke touches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.widgets import layers
from app.widgets.brush import Brush, MaskPainter, Rect


class Strokes(QObject):
    """What is painted over a viewer's picture. target: the mask that is painted on, "" for none.

    finished: (target, (H, W) uint8), the mask after a stroke. pen_erases: the pen is held by its other end.
    """

    brush_changed = Signal(object)  # Brush
    finished = Signal(str, object)

    def __init__(
        self, viewer: QWidget, to_picture: Callable[[QPointF], QPointF], touched: Callable[[Rect], None]
    ) -> None:
        """to_picture: from places on the viewer to pixels of the picture. touched: is told which a stroke changes."""
        super().__init__(viewer)
        self._viewer, self._to_picture, self._touched = viewer, to_picture, touched
        self._brush = Brush()
        self._painter: MaskPainter | None = None
        self._tint = np.zeros((0, 0), np.uint32)
        self.tint_image = QImage()
        self.target = ""
        self.pen_erases = False

    # The mask

    @property
    def active(self) -> bool:
        return self._painter is not None

    @property
    def size_of_mask(self) -> tuple[int, int]:
        """(width, height); (0, 0) while nothing is painted."""
        if self._painter is None:
            return 0, 0
        height, width = self._painter.mask.shape
        return width, height

    @property
    def tint_name(self) -> str:
        """The layer in whose colour the mask is shown."""
        return self.target if self.target in layers.MASKS else "clothing"

    def begin(self, mask: np.ndarray, target: str) -> None:
        """See ``Viewer.begin_painting``."""
        self._painter, self.target = MaskPainter(mask), target
        self._tint = layers.tinted(self.tint_name, self._painter.mask)
        self.tint_image = layers.wrapped(self._tint)

    def end(self) -> None:
        """A stroke that is under way is kept."""
        self.release()
        self._painter, self.target = None, ""
        self.tint_image = QImage()

    # A stroke; positions on the widget

    def press(self, position: QPointF, pressure: float, from_last: bool) -> None:
        if self._painter is not None:
            brush = replace(self._brush, erase=True) if self.pen_erases else self._brush
            point = self._to_picture(position)
            self._show(self._painter.begin((point.x(), point.y()), brush, pressure, from_last))

    def move(self, position: QPointF, pressure: float, straight: bool) -> None:
        if self._painter is not None and self._painter.busy:
            point = self._to_picture(position)
            draw = self._painter.straighten if straight else self._painter.move
            self._show(draw((point.x(), point.y()), pressure))

    def release(self) -> None:
        if self._painter is not None and self._painter.busy and self._painter.end():
            self.finished.emit(self.target, self._painter.pixels)

    def _show(self, rect: Rect) -> None:
        """Tints what a stroke has touched, and no more."""
        if self._painter is None or rect.empty:
            return
        mask = self._painter.mask
        rect = rect.grown(layers.outline_width(mask.shape[0]) + 1, *mask.shape)
        self._tint[rect.rows, rect.columns] = layers.tinted(self.tint_name, mask, rect.rows, rect.columns)
        self._touched(rect)

    # The brush

    @property
    def brush(self) -> Brush:
        return self._brush

    @brush.setter
    def brush(self, brush: Brush) -> None:
        if brush != self._brush:
            self._brush = brush
            self.brush_changed.emit(brush)
            self._viewer.update()

    def grow(self) -> None:
        self.brush = replace(self._brush, size=self._brush.grown)

    def shrink(self) -> None:
        self.brush = replace(self._brush, size=self._brush.shrunk)

    def swap(self) -> None:
        """Brush becomes eraser, and back."""
        self.brush = replace(self._brush, erase=not self._brush.erase)

    @property
    def size(self) -> float:
        """Diameter in picture pixels."""
        return self._brush.size

    @size.setter
    def size(self, size: float) -> None:
        self.brush = replace(self._brush, size=size)

    @property
    def softness(self) -> float:
        """0 hard, 1 soft from its middle on."""
        return self._brush.softness

    @softness.setter
    def softness(self, softness: float) -> None:
        self.brush = replace(self._brush, softness=softness)

    @property
    def erasing(self) -> bool:
        return self._brush.erase

    @erasing.setter
    def erasing(self, erase: bool) -> None:
        self.brush = replace(self._brush, erase=erase)
