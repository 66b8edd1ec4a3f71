"""How a picture is laid on a widget, and what is drawn on it besides its layers: checks, the brush's circle, captions."""

from __future__ import annotations

import math
import weakref
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPainterPath, QPen, QPixmap

from app.widgets import layers, theme

_CHECK = 8
_BAND = 8  # logical pixels of the hatched edge of an outdated frame
_CACHE_BYTES = 128 << 20


@dataclass(frozen=True)
class Pane:
    """A part of the widget that shows some layers. room: where the picture is laid; shown: what of it is seen."""

    room: QRectF
    shown: QRectF
    names: tuple[str, ...]
    caption: str = ""


@dataclass(frozen=True)
class Placement:
    """Where the picture lies: ``widget = (pixel + 0.5) * scale + corner``, logical pixels. size: (width, height), of the
    picture.
    """

    scale: float
    corner: QPointF
    size: tuple[int, int]

    def to_widget(self, point: QPointF) -> QPointF:
        return (point + QPointF(0.5, 0.5)) * self.scale + self.corner

    def to_picture(self, position: QPointF) -> QPointF:
        return (position - self.corner) * (1 / self.scale) - QPointF(0.5, 0.5)

    @property
    def whole(self) -> QRectF:
        """The picture, on the widget."""
        return QRectF(self.corner, QPointF(*self.size) * self.scale + self.corner)


class Pixmaps:
    """What was painted last, by the identity of its pixels; the least recently used goes first."""

    def __init__(self, limit: int = _CACHE_BYTES) -> None:
        self._kept: OrderedDict[tuple[str, int, int], tuple[weakref.ref[np.ndarray], QPixmap]] = OrderedDict()
        self._bytes, self._limit = 0, limit

    def get(self, name: str, pixels: np.ndarray, halvings: int) -> QPixmap:
        key = (name, id(pixels), halvings)
        known = self._kept.get(key)
        if known is not None and known[0]() is pixels:  # an id may have gone to another array meanwhile
            self._kept.move_to_end(key)
            return known[1]
        pixmap = QPixmap.fromImage(layers.layer_image(name, pixels, halvings))
        if known is not None:
            self._bytes -= _size_of(known[1])
        self._kept[key] = (weakref.ref(pixels), pixmap)
        self._kept.move_to_end(key)
        self._bytes += _size_of(pixmap)
        while self._bytes > self._limit and len(self._kept) > 1:
            self._bytes -= _size_of(self._kept.popitem(last=False)[1][1])
        return pixmap


def _size_of(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4


def draw_picture(
    painter: QPainter, picture: QPixmap | QImage, placement: Placement, seen: QRectF, smooth: bool
) -> None:
    """Lays a picture over the whole of the photo's place; only what is seen of it is scaled."""
    whole = placement.whole
    step_x, step_y = picture.width() / whole.width(), picture.height() / whole.height()
    visible = whole & seen
    if visible.isEmpty():
        return
    # Whole pixels and two more round them: smooth scaling looks beyond the border of a partial update.
    left = max(math.floor((visible.left() - whole.left()) * step_x) - 2, 0)
    top = max(math.floor((visible.top() - whole.top()) * step_y) - 2, 0)
    right = min(math.ceil((visible.right() - whole.left()) * step_x) + 2, picture.width())
    bottom = min(math.ceil((visible.bottom() - whole.top()) * step_y) + 2, picture.height())
    part = QRectF(left, top, right - left, bottom - top)
    target = QRectF(
        whole.left() + left / step_x, whole.top() + top / step_y, part.width() / step_x, part.height() / step_y
    )
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    if isinstance(picture, QImage):
        painter.drawImage(target, picture, part)
    else:
        painter.drawPixmap(target, picture, part)


def draw_checks(painter: QPainter, placement: Placement, seen: QRectF) -> None:
    """What lies behind transparency."""
    painter.setBrushOrigin(placement.whole.topLeft())
    painter.fillRect(placement.whole & seen, QBrush(_checkerboard()))


def draw_brush(painter: QPainter, at: QPointF, radius: float, erases: bool) -> None:
    """The brush as a circle, a minus in it where it erases."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for width, color in ((3.0, QColor(0, 0, 0, 140)), (1.25, QColor(255, 255, 255))):
        painter.setPen(QPen(color, width))
        painter.drawEllipse(at, radius, radius)
        painter.drawLine(at - QPointF(3, 0), at + QPointF(3, 0))
        if not erases:
            painter.drawLine(at - QPointF(0, 3), at + QPointF(0, 3))


def draw_outdated(painter: QPainter, text: str, pane: Pane, placement: Placement) -> None:
    """A hatched band along the picture's edge, and a word at its foot."""
    whole = placement.whole
    band = QPainterPath()
    band.addRect(whole)
    band.addRect(whole.adjusted(_BAND, _BAND, -_BAND, -_BAND))
    painter.setBrushOrigin(whole.topLeft())
    painter.fillPath(band, QColor(0, 0, 0, 110))
    painter.fillPath(band, QBrush(theme.current().color("warning"), Qt.BrushStyle.BDiagPattern))
    box = pill(painter, text)
    box.moveCenter(QPointF((whole & pane.shown).center().x(), 0))
    box.moveBottom(min(whole.bottom() - _BAND, pane.shown.bottom()) - 8)
    write_caption(painter, text, box)


def pill(painter: QPainter, text: str) -> QRectF:
    """As large as a caption needs."""
    size = painter.fontMetrics().boundingRect(text)
    return QRectF(0, 0, size.width() + 16, size.height() + 8)


def write_caption(painter: QPainter, text: str, box: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 150))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(QColor(255, 255, 255))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _checkerboard() -> QPixmap:
    """One period of what lies behind transparency."""
    tile = QPixmap(2 * _CHECK, 2 * _CHECK)
    tile.fill(QColor(204, 204, 204))
    painter = QPainter(tile)
    for corner in (QPoint(0, 0), QPoint(_CHECK, _CHECK)):
        painter.fillRect(QRect(corner, QSize(_CHECK, _CHECK)), QColor(238, 238, 238))
    painter.end()
    return tile
