"""The co-attention, pointed at: which part of the garment a spot of the body looks at, and the way back.

``attention`` is (n, n) float32, rows sum to one: row i is a 16-pixel cell of the person's stage, column j a cell of the
garment's picture letterboxed to the same size, both row by row. The functions map spots to heat and know no widget;
``GarmentDock`` shows the garment beside the viewer, ``AttentionPair`` links the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.widgets import layers, theme

if TYPE_CHECKING:
    from app.widgets.viewer import Viewer
    from fashionmirror_core.person.stage import Stage

CELL = 16  # stage pixels
_OVERLAY_SIDE = 384  # pixels of the longer side that heat over the photo is computed at: it is smooth
_MARGIN = 8
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


# ------------------------------------------------------------------------------------------------------ mappings


def grid(stage: Stage) -> tuple[int, int]:
    """Rows and columns of the stage's cells."""
    return stage.height // CELL, stage.width // CELL


def cell_at(stage: Stage, point: tuple[float, float]) -> int | None:
    """The cell that holds a point of the stage (x, y), None outside it. Pixel centres are integers."""
    rows, columns = grid(stage)
    column, row = (int(np.floor((value + 0.5) / CELL)) for value in point)
    return row * columns + column if 0 <= row < rows and 0 <= column < columns else None


def cell_center(stage: Stage, cell: int) -> tuple[float, float]:
    """The middle of a cell on the stage (x, y)."""
    row, column = divmod(cell, grid(stage)[1])
    return column * CELL + (CELL - 1) / 2, row * CELL + (CELL - 1) / 2


def letterbox(picture: tuple[int, int], stage: Stage) -> tuple[float, tuple[float, float]]:
    """How a garment's picture of (H, W) lies on the stage: ``stage = garment * scale + offset``, as the engine lays it."""
    height, width = picture
    scale = min(stage.height / height, stage.width / width)
    center = (scale - 1) / 2
    return scale, ((stage.width - width * scale) / 2 + center, (stage.height - height * scale) / 2 + center)


def seen_from_body(attention: np.ndarray, stage: Stage, photo_point: tuple[float, float]) -> np.ndarray | None:
    """Where on the garment a spot of the photo looks: (rows, columns) float32 in [0, 1], None off the stage."""
    x, y = stage.from_photo(np.array(photo_point, np.float64))
    cell = cell_at(stage, (float(x), float(y)))
    return None if cell is None else _to_peak(attention[cell].reshape(grid(stage)))


def seen_from_garment(attention: np.ndarray, stage: Stage, stage_point: tuple[float, float]) -> np.ndarray | None:
    """Where on the body a spot of the letterboxed garment is looked at from: (rows, columns) float32 in [0, 1].

    Cells without cloth look at everything alike; that even level is taken off, or it would lie over the whole body.
    """
    cell = cell_at(stage, stage_point)
    if cell is None:
        return None
    even = 1 / attention.shape[1]
    return _to_peak(np.maximum(attention[:, cell] - 1.5 * even, 0).reshape(grid(stage)))


def decidedness(attention: np.ndarray, stage: Stage) -> np.ndarray:
    """How decided each cell of the body is: 0 looks everywhere alike, 1 at one spot: (rows, columns) float32."""
    p = np.maximum(attention, 1e-12)
    entropy = -(p * np.log(p)).sum(1) / np.log(attention.shape[1])
    return (1 - entropy).clip(0, 1).astype(np.float32).reshape(grid(stage))


def over_photo(heat: np.ndarray, stage: Stage, photo: tuple[int, int]) -> np.ndarray:
    """Heat of the body's cells laid over the photo of (H, W): (h, w) float32, smaller but of the same shape."""
    height, width = photo
    small = min(1.0, _OVERLAY_SIDE / max(height, width))
    size = (max(1, round(width * small)), max(1, round(height * small)))
    step = np.array([width / size[0], height / size[1]])
    # overlay -> photo (edges coincide), photo -> stage, stage -> cell
    scale = step * stage.scale / CELL
    shift = ((step / 2 - 0.5) * stage.scale + np.asarray(stage.offset) - (CELL - 1) / 2) / CELL
    return _resampled(heat, scale, shift, size)


def over_garment(heat: np.ndarray, stage: Stage, picture: tuple[int, int]) -> np.ndarray:
    """Heat of the garment's cells laid over its picture of (H, W): (h, w) float32, smaller but of the same shape."""
    height, width = picture
    scale, offset = letterbox(picture, stage)
    small = min(1.0, _OVERLAY_SIDE / max(height, width))
    size = (max(1, round(width * small)), max(1, round(height * small)))
    step = np.array([width / size[0], height / size[1]])
    shift = ((step / 2 - 0.5) * scale + np.asarray(offset) - (CELL - 1) / 2) / CELL
    return _resampled(heat, step * scale / CELL, shift, size)


def _resampled(heat: np.ndarray, scale: np.ndarray, shift: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(rows, columns) -> (h, w) of ``size`` (w, h): each pixel taken from the cell ``pixel * scale + shift``.

    Blurred by half a cell: linear alone would show the cells as diamonds, cubic rings around them.
    """
    import cv2

    matrix = np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    over = cv2.warpAffine(np.asarray(heat, np.float32), matrix, size, flags=flags)
    return cv2.GaussianBlur(over, (0, 0), sigmaX=0.5 / scale[0], sigmaY=0.5 / scale[1]).clip(0, 1)


def _to_peak(heat: np.ndarray) -> np.ndarray:
    """Brought to a peak of one; zeros stay."""
    return (heat / max(float(heat.max()), 1e-12)).astype(np.float32)


# -------------------------------------------------------------------------------------------------------- widgets


class GarmentDock(QWidget):
    """The garment's picture beside the viewer, with heat over it; arrow keys move the spot where no pointer is."""

    spot_hovered = Signal(object)  # QPointF, letterboxed stage pixels; None when nothing is pointed at

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels: np.ndarray | None = None
        self._stage: Stage | None = None
        self._picture = QPixmap()
        self._heat = QPixmap()
        self._peak: QPointF | None = None  # the middle of the hottest cell, stage pixels
        self._spot: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Garment"))
        self.setToolTip(self.tr("Point at the garment to see where on the body it is worn"))

    def sizeHint(self) -> QSize:
        return QSize(240, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(96, 128)

    @property
    def stage(self) -> Stage | None:
        return self._stage

    @property
    def pixels(self) -> np.ndarray | None:
        return self._pixels

    def set_garment(self, pixels: np.ndarray | None, stage: Stage | None) -> None:
        """pixels: (H, W, 3|4) uint8, the garment's picture as the engine holds it; None empties the dock."""
        self._pixels, self._stage = pixels, stage
        self._picture = QPixmap()
        if pixels is not None and stage is not None:
            self._picture = QPixmap.fromImage(layers.picture_image(pixels))
        self._point_at(None)
        self.set_heat(None)

    def set_heat(self, heat: np.ndarray | None) -> None:
        """Heat of the garment's cells, (rows, columns) float32 in [0, 1]; None takes it away."""
        if heat is None or self._pixels is None or self._stage is None:
            self._heat, self._peak = QPixmap(), None
        else:
            self._peak = QPointF(*cell_center(self._stage, int(heat.argmax())))
            over = over_garment(heat, self._stage, self._size())
            self._heat = QPixmap.fromImage(layers.layer_image("attention", over))
        self.update()

    def to_stage(self, position: QPointF) -> QPointF | None:
        """A position on the widget -> letterboxed stage pixels; None beside the picture."""
        area = self._area()
        if self._stage is None or not area.contains(position):
            return None
        scale, offset = letterbox(self._size(), self._stage)
        pixel = (position - area.topLeft()) * (self._picture.width() / area.width()) - QPointF(0.5, 0.5)
        return pixel * scale + QPointF(*offset)

    def from_stage(self, point: QPointF) -> QPointF:
        """The inverse of ``to_stage``. A garment must be there."""
        if self._stage is None:
            raise ValueError("the dock is empty")
        area = self._area()
        scale, offset = letterbox(self._size(), self._stage)
        pixel = (point - QPointF(*offset)) * (1 / scale) + QPointF(0.5, 0.5)
        return area.topLeft() + pixel * (area.width() / self._picture.width())

    def _size(self) -> tuple[int, int]:
        return self._picture.height(), self._picture.width()

    def _area(self) -> QRectF:
        """Where the picture lies on the widget."""
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        if self._picture.isNull() or room.width() <= 0 or room.height() <= 0:
            return QRectF()
        scale = min(room.width() / self._picture.width(), room.height() / self._picture.height())
        area = QRectF(0, 0, self._picture.width() * scale, self._picture.height() * scale)
        area.moveCenter(room.center())
        return area

    def _point_at(self, spot: QPointF | None) -> None:
        if spot != self._spot:
            self._spot = spot
            self.spot_hovered.emit(spot)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), theme.current().color("surround"))
        if self._picture.isNull():
            return
        area = self._area()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(area, self._picture, QRectF(self._picture.rect()))
        if not self._heat.isNull():
            painter.fillRect(area, QColor(0, 0, 0, 120))  # heat is seen on every garment then, on a pink one too
            painter.drawPixmap(area, self._heat, QRectF(self._heat.rect()))
            if self._peak is not None:
                layers.draw_spot(painter, self.from_stage(self._peak), 9)
        if self._spot is not None:
            layers.draw_spot(painter, self.from_stage(self._spot))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self.to_stage(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._point_at(None)
        super().focusOutEvent(event)

    def event(self, event: QEvent) -> bool:
        # Arrows move a frame elsewhere; here they are the dock's own.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _ARROWS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _ARROWS.get(Qt.Key(event.key()))
        if self._stage is None or self._picture.isNull() or step is None or event.modifiers():
            super().keyPressEvent(event)
            return
        width, height = self._stage.width, self._stage.height
        if self._spot is None:
            self._point_at(QPointF((width - 1) / 2, (height - 1) / 2))
            return
        x = min(max(self._spot.x() + step[0] * CELL, 0), width - 1)
        y = min(max(self._spot.y() + step[1] * CELL, 0), height - 1)
        self._point_at(QPointF(x, y))


class AttentionPair(QObject):
    """Links a viewer and a garment dock: pointing at one shows the other's part in it.

    While it is ``linked`` it owns the viewer's attention layer.
    """

    def __init__(self, viewer: Viewer, dock: GarmentDock, parent: QObject | None = None) -> None:
        super().__init__(parent or viewer)
        self._viewer, self._dock = viewer, dock
        self._attention: np.ndarray | None = None
        self._stage: Stage | None = None
        self._photo = (0, 0)
        self._overview: np.ndarray | None = None
        viewer.image_point_hovered.connect(self._body_pointed_at)
        viewer.hover_left.connect(lambda: self._dock.set_heat(None))
        dock.spot_hovered.connect(self._garment_pointed_at)

    def set_look(
        self,
        attention: np.ndarray | None,
        stage: Stage | None,
        garment: np.ndarray | None,
        photo: tuple[int, int] = (0, 0),
    ) -> None:
        """attention: (n, n); garment: (H, W, 4) uint8; photo: its (H, W). None for the attention unlinks.

        ValueError where the attention is not of the stage's cells.
        """
        if attention is None or stage is None:
            self._attention = self._stage = self._overview = None
            self._viewer.set_layer("attention", None)
        else:
            rows, columns = grid(stage)
            if attention.shape != (rows * columns,) * 2:
                raise ValueError(f"attention of {attention.shape} on a stage of {rows} x {columns} cells")
            self._attention, self._stage, self._photo = attention, stage, photo
            self._overview = over_photo(decidedness(attention, stage), stage, photo)
            self._viewer.set_layer("attention", self._overview)
        if self._dock.stage != stage or garment is not self._dock.pixels:
            self._dock.set_garment(garment, stage)

    @property
    def linked(self) -> bool:
        return self._attention is not None

    def _body_pointed_at(self, point: QPointF) -> None:
        if self._attention is not None and self._stage is not None and self._dock.isVisible():
            self._dock.set_heat(seen_from_body(self._attention, self._stage, (point.x(), point.y())))

    def _garment_pointed_at(self, spot: QPointF | None) -> None:
        if self._attention is None or self._stage is None:
            return
        heat = None if spot is None else seen_from_garment(self._attention, self._stage, (spot.x(), spot.y()))
        over = self._overview if heat is None else over_photo(heat, self._stage, self._photo)
        self._viewer.set_layer("attention", over)
