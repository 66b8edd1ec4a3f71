"""The picture: layers blended in place, zoom at the cursor, pan, side by side and wipe, brush and joints over it.

The viewer knows no document. Pixels come in as arrays that nobody changes afterwards: what was made of one (a QPixmap)
is kept by its identity, so that scrubbing back over frames converts nothing again. Points that go in and out are picture
pixels with centres at integers, as everywhere in the engine; ``zoom`` counts the screen's own pixels, so 1 is sharp on
every screen.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPointingDevice,
    QResizeEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QSizePolicy, QWidget

from app.widgets import layers, theme
from app.widgets.brush import Rect
from app.widgets.canvas import (
    Pane,
    Placement,
    draw_brush,
    draw_outdated,
    pill,
    write_caption,
)
from app.widgets.handles import WipeHandle
from app.widgets.joints import JointLayer
from app.widgets.stack import Stack, Tint
from app.widgets.strokes import Strokes

SMALLEST_ZOOM, LARGEST_ZOOM = 1 / 64, 32.0
MODES = ("single", "side", "wipe")
_BEFORE = ("source", "removed")  # left of the divider; the others are right of it
_MARGIN = 16  # round a picture that is fitted
_GAP = 2  # between two pictures side by side
_WHEEL_STEP = 1.25  # zoom by one notch
_TURN_STEP = 15.0  # degrees by one notch of the wheel


class Viewer(QWidget):
    """Shows layers of one picture; see the module."""

    image_point_hovered = Signal(QPointF)
    hover_left = Signal()
    zoom_changed = Signal(float)
    mode_changed = Signal(str)
    moved = Signal()  # the picture, on the widget
    resized = Signal()  # what lies over the picture finds its place again
    turn_dragged = Signal(float)  # degrees more, to the right
    front_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stack = Stack()
        self._size = (0, 0)  # (W, H)
        self._zoom, self._center, self._fitted = 1.0, QPointF(), True  # center: pixels from the picture's corner
        self._mode, self._wipe = "single", 0.5
        self._panned_from: QPointF | None = None
        self._pointer: QPointF | None = None  # on the widget
        self._hovering = False
        self._ringed = False  # the focus came by keyboard
        self._top_room = 0
        self._outdated = False
        self.turnable = False  # a sideways drag turns what is shown, where there is nothing to pan
        self._turned_from: QPointF | None = None
        self.empty_text = ""
        self.animated = True
        self._fade = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=theme.MOTION_MS)
        self._fade.valueChanged.connect(self.update)
        self._fade.finished.connect(self._end_fading)

        self.strokes = Strokes(self, self.to_picture, self._update_part)
        self.joints = JointLayer(self, self.to_widget, self.to_picture)
        self._wipe_handle = WipeHandle(self)
        self._wipe_handle.hide()
        self._wipe_handle.dragged.connect(lambda at: self.set_wipe(at.x() / max(self.width(), 1)))
        self._wipe_handle.nudged.connect(lambda right, down: self.set_wipe(self._wipe + 0.01 * (right + down)))
        self._wipe_handle.to_end.connect(self.set_wipe)

        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setAccessibleName(self.tr("Picture"))

    def sizeHint(self) -> QSize:
        return QSize(640, 640)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 200)

    # ------------------------------------------------------------------------------------------------- layers

    def set_layer(self, name: str, pixels: np.ndarray | None, fade: bool = False) -> None:
        """A layer's pixels, None for none. They must not change afterwards; ``fade`` lets them appear in 120 ms.

        source, result: (H, W, 3|4) uint8; removed, clothing, attention: (H, W) uint8, or float in [0, 1], of any size
        (they are laid over the whole picture); flow: (2, H, W), photo pixels, target -> source; skeleton: (25, 2|3).
        ValueError for anything else.
        """
        layer = self._stack[name]
        if pixels is not None:
            layers.check_layer(name, pixels)
        if name == "skeleton":
            self.set_pose(pixels, self.joints.editable)
            return
        if pixels is layer.pixels:
            return
        if fade and self.animated and pixels is not None and self.isVisible():
            self._end_fading()
            layer.previous = layer.pixels if layer.pixels is not None else pixels[:0]
            self._fade.start()
        elif layer.previous is not None:
            self._fade.stop()
            self._end_fading()
        layer.pixels = pixels
        if name in ("source", "result"):
            self._follow_size()
        self.update()

    def layer(self, name: str) -> np.ndarray | None:
        """The pixels that a layer has."""
        return self._stack[name].pixels

    def set_visible(self, name: str, visible: bool) -> None:
        self._stack[name].visible = visible
        self.update()

    def is_visible(self, name: str) -> bool:
        return self._stack[name].visible

    def set_opacity(self, name: str, opacity: float) -> None:
        """opacity: in [0, 1]."""
        self._stack[name].opacity = min(max(opacity, 0.0), 1.0)
        self.update()

    def opacity(self, name: str) -> float:
        return self._stack[name].opacity

    @property
    def outdated(self) -> bool:
        """Whether the result is of an earlier look: it is hatched at its edge, and says so."""
        return self._outdated

    @outdated.setter
    def outdated(self, outdated: bool) -> None:
        if outdated != self._outdated:
            self._outdated = outdated
            self.update()

    @property
    def picture_size(self) -> tuple[int, int]:
        """(width, height) of the source, or of the result where there is no source; (0, 0) where nothing is shown."""
        return self._size

    def _follow_size(self) -> None:
        size = self._stack.size
        if size == self._size:
            return
        self._size = size
        if self.strokes.active and self.strokes.size_of_mask != size:
            self.end_painting()
        self.fit()

    def _end_fading(self) -> None:
        self._stack.forget_previous()
        self.update()

    # --------------------------------------------------------------------------------------------- zoom and pan

    @property
    def zoom(self) -> float:
        """Screen pixels for a picture pixel: 1 is 100 %."""
        return self._zoom

    @zoom.setter
    def zoom(self, zoom: float) -> None:
        self.zoom_at(zoom, self._panes()[0].room.center())

    @property
    def top_room(self) -> int:
        """Logical pixels at the top that something lies over: a fitted picture keeps below them."""
        return self._top_room

    @top_room.setter
    def top_room(self, room: int) -> None:
        if room != self._top_room:
            self._top_room = room
            if self._fitted:
                self.fit()
            self.update()

    @property
    def fitted(self) -> bool:
        """Whether the whole picture is kept in view as the window changes."""
        return self._fitted

    def fit(self) -> None:
        """The whole picture, as large as there is room."""
        self._fitted = True
        if all(self._size):
            room = self._panes()[0].room
            across = max(room.width() - 2 * _MARGIN, 1) / self._size[0]
            down = max(room.height() - 2 * _MARGIN, 1) / self._size[1]
            self._set_view(min(across, down) * self.devicePixelRatioF(), self._middle())

    def actual_size(self) -> None:
        """One picture pixel on one screen pixel."""
        self.zoom = 1.0

    def zoom_in(self) -> None:
        self.zoom *= _WHEEL_STEP

    def zoom_out(self) -> None:
        self.zoom /= _WHEEL_STEP

    def zoom_at(self, zoom: float, position: QPointF) -> None:
        """Zooms so that what lies under a position of the widget stays there."""
        if not all(self._size):
            return
        self._fitted = False
        pane = self._pane_at(position)
        before = self._placement(pane)
        held = (position - before.corner) * (1 / before.scale)
        zoom = min(max(zoom, SMALLEST_ZOOM), LARGEST_ZOOM)
        self._set_view(zoom, held - (position - pane.room.center()) * (self.devicePixelRatioF() / zoom))

    def pan(self, by: QPointF) -> None:
        """Moves the picture by logical pixels."""
        self._fitted = False
        self._set_view(self._zoom, self._center - by * (self.devicePixelRatioF() / self._zoom))

    def to_picture(self, position: QPointF) -> QPointF:
        """A position on the widget -> picture pixels; in the pane that it lies in."""
        return self._placement(self._pane_at(position)).to_picture(position)

    def to_widget(self, point: QPointF) -> QPointF:
        """Picture pixels -> a position on the widget; in the result's pane."""
        return self._placement(self._panes()[-1]).to_widget(point)

    def _middle(self) -> QPointF:
        return QPointF(self._size[0] / 2, self._size[1] / 2)

    def _set_view(self, zoom: float, center: QPointF) -> None:
        """center: pixels from the picture's corner; kept on the picture, so that it can't be lost."""
        changed, center_before = zoom != self._zoom, self._center
        self._zoom = min(max(zoom, SMALLEST_ZOOM), LARGEST_ZOOM)
        self._center = QPointF(min(max(center.x(), 0), self._size[0]), min(max(center.y(), 0), self._size[1]))
        self._place_handles()
        self.update()
        if self._center != center_before:
            self.moved.emit()
        if changed:
            self.setAccessibleDescription(self.tr("{0} % of its size").format(round(100 * self._zoom)))
            self.zoom_changed.emit(self._zoom)

    def _placement(self, pane: Pane) -> Placement:
        """The picture's corner stands on a whole screen pixel: at 100 % nothing is resampled."""
        ratio = self.devicePixelRatioF()
        scale = self._zoom / ratio
        corner = pane.room.center() - self._center * scale
        corner = QPointF(round(corner.x() * ratio) / ratio, round(corner.y() * ratio) / ratio)
        return Placement(scale, corner, self._size)

    # ---------------------------------------------------------------------------------------------------- modes

    @property
    def mode(self) -> str:
        """ "single", "side" (source and result beside each other, one zoom for both) or "wipe" (a divider)."""
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        if mode not in MODES:
            raise ValueError(f"there is no mode {mode!r}; there are {', '.join(MODES)}")
        if mode == self._mode:
            return
        self._mode = mode
        self._wipe_handle.setVisible(mode == "wipe")
        if self._fitted:
            self.fit()
        self._place_handles()
        self.update()
        self.mode_changed.emit(mode)

    @property
    def wipe(self) -> float:
        """Where the divider stands, of the width: left of it is the source."""
        return self._wipe

    def set_wipe(self, part: float) -> None:
        self._wipe = min(max(part, 0.0), 1.0)
        self._place_handles()
        self.update()

    def _panes(self) -> list[Pane]:
        whole = QRectF(self.rect()).adjusted(0, self._top_room, 0, 0)
        after = tuple(name for name in layers.LAYERS if name not in _BEFORE)
        captions = (self.tr("Source"), self.tr("Result"))
        if self._mode == "side":
            half = (whole.width() - _GAP) / 2
            left = QRectF(0, whole.top(), half, whole.height())
            right = left.translated(half + _GAP, 0)
            return [Pane(left, left, _BEFORE, captions[0]), Pane(right, right, after, captions[1])]
        if self._mode == "wipe":
            at = round(self._wipe * whole.width())
            left = QRectF(0, whole.top(), at, whole.height())
            right = QRectF(at, whole.top(), whole.width() - at, whole.height())
            return [Pane(whole, left, _BEFORE, captions[0]), Pane(whole, right, after, captions[1])]
        return [Pane(whole, whole, layers.LAYERS)]

    def _pane_at(self, position: QPointF) -> Pane:
        panes = self._panes()
        return panes[-1] if position.x() >= panes[-1].shown.left() else panes[0]

    # ------------------------------------------------------------------------------------------------- painting

    @property
    def painting(self) -> str:
        """The mask that is painted on, "" for none."""
        return self.strokes.target

    def begin_painting(self, mask: np.ndarray, target: str) -> None:
        """Brush and eraser work on a copy of ``mask`` ((H, W) float32 in [0, 1], the picture's size).

        target: "removed" or "clothing", how it is shown, or another name ("cutout"), shown as clothing. Called again,
        it replaces the mask (after undo); a stroke that is under way is dropped. ValueError for a mask of another size.
        """
        if mask.shape != self._size[::-1]:
            raise ValueError(f"a mask of {mask.shape} doesn't lie on a picture of {self._size[::-1]}")
        self.strokes.begin(mask, target)
        self.setCursor(Qt.CursorShape.BlankCursor)
        self._place_handles()
        self.update()

    def end_painting(self) -> None:
        """Back to looking; a stroke that is under way is kept."""
        self.strokes.end()
        self.unsetCursor()
        self._place_handles()
        self.update()

    def _update_part(self, rect: Rect) -> None:
        """Paints a part of the picture anew, wherever it is shown."""
        for pane in self._panes():
            placement = self._placement(pane)
            corner = placement.to_widget(QPointF(rect.left - 0.5, rect.top - 0.5))
            size = QPointF(rect.right - rect.left, rect.bottom - rect.top) * placement.scale
            self.update(QRectF(corner, corner + size).toAlignedRect().adjusted(-2, -2, 2, 2))

    # --------------------------------------------------------------------------------------------------- joints

    def set_pose(self, joints: np.ndarray | None, editable: bool) -> None:
        """The skeleton: (25, 2|3) of BODY_25, photo pixels; where it is ``editable`` its joints can be dragged."""
        if joints is not None:
            layers.check_layer("skeleton", joints)
            joints = np.array(joints, np.float32)
            if joints.shape[1] == 2:
                joints = np.concatenate([joints, np.ones((len(joints), 1), np.float32)], 1)
        self._stack["skeleton"].pixels = joints
        self.joints.show_joints(joints if editable else None)
        self._place_handles()
        self.update()

    def _place_handles(self) -> None:
        self._wipe_handle.place(self._wipe, self.size())
        self.joints.place(all(self._size) and not self.strokes.active)

    # ---------------------------------------------------------------------------------------------- what is seen

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        painter.fillRect(event.rect(), theme.current().color("surround"))
        if not all(self._size):
            self._write_empty(painter)
        for pane in self._panes() if all(self._size) else ():
            seen = pane.shown & QRectF(event.rect())
            if not seen.isEmpty():
                painter.save()
                painter.setClipRect(seen, Qt.ClipOperation.IntersectClip)
                self._paint_pane(painter, pane, seen)
                painter.restore()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._pointer is not None and self.strokes.active:
            radius = max(self.strokes.size / 2 * self._zoom / self.devicePixelRatioF(), 2.0)
            draw_brush(painter, self._pointer, radius, self.strokes.erasing or self.strokes.pen_erases)
        if self._ringed:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _paint_pane(self, painter: QPainter, pane: Pane, seen: QRectF) -> None:
        placement, strokes = self._placement(pane), self.strokes
        tint = Tint(strokes.tint_name, strokes.tint_image) if strokes.target else None
        names = self._stack.order(
            pane.names, self._mode == "single", tint.name if tint is not None else "", self.joints.editable
        )
        self._stack.paint(painter, names, placement, seen, self._zoom, float(self._fade.currentValue()), tint)
        if self._outdated and "result" in names:
            draw_outdated(painter, self.tr("Rendered before the last change"), pane, placement)
        if pane.caption:
            write_caption(painter, pane.caption, self._caption_box(painter, pane))

    def _cursor_rect(self, at: QPointF) -> QRect:
        reach = max(self.strokes.size / 2 * self._zoom / self.devicePixelRatioF(), 4.0) + 4
        return QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach).toAlignedRect()

    def _caption_box(self, painter: QPainter, pane: Pane) -> QRectF:
        box = pill(painter, pane.caption)
        box.moveTopLeft(pane.shown.topLeft() + QPointF(8, 8))
        if self._mode == "wipe" and pane.shown.left() > 0:
            box.moveRight(pane.shown.right() - 8)
        return box

    def _write_empty(self, painter: QPainter) -> None:
        grey = theme.current().color("surround")
        painter.setPen(QColor(0, 0, 0) if grey.lightness() > 110 else QColor(255, 255, 255))
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.empty_text)

    # -------------------------------------------------------------------------------------------- hands and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        button = event.button()
        if button == Qt.MouseButton.LeftButton and self.strokes.active:
            self.strokes.press(event.position(), 1.0, _shift(event))
        elif button == Qt.MouseButton.LeftButton and self.turnable and self._fitted:
            self._turned_from = event.position()
            self.setCursor(Qt.CursorShape.SizeHorCursor)
        elif button in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton) and all(self._size):
            self._panned_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._panned_from is not None:
            self.pan(position - self._panned_from)
            self._panned_from = position
            return
        if self._turned_from is not None:
            self.turn_dragged.emit((position.x() - self._turned_from.x()) * 360 / self._shown_width)
            self._turned_from = position
            return
        self.strokes.move(position, 1.0, _shift(event))
        self._point_at(position)

    @property
    def _shown_width(self) -> float:
        """Of the picture, logical pixels: a drag across it is a whole turn."""
        return max(1.0, self._size[0] * self._zoom / self.devicePixelRatioF())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.turnable and not self.strokes.active:
            self.front_requested.emit()
        else:
            super().mouseDoubleClickEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._turned_from is not None:
            self._turned_from = None
            self.unsetCursor()
        elif self._panned_from is not None:
            self._panned_from = None
            self.setCursor(Qt.CursorShape.BlankCursor if self.strokes.active else Qt.CursorShape.ArrowCursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.strokes.release()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A pen paints with its pressure, and its other end erases; without a mask it is a mouse."""
        if not self.strokes.active:
            event.ignore()
            return
        self.strokes.pen_erases = event.pointerType() == QPointingDevice.PointerType.Eraser
        if event.type() == QEvent.Type.TabletPress and event.button() == Qt.MouseButton.LeftButton:
            self.strokes.press(event.position(), event.pressure(), _shift(event))
        elif event.type() == QEvent.Type.TabletMove:
            self.strokes.move(event.position(), event.pressure(), _shift(event))
        elif event.type() == QEvent.Type.TabletRelease:
            self.strokes.release()
            self.strokes.pen_erases = False
        self._point_at(event.position())
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.turnable and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            steps = (event.angleDelta().y() or event.angleDelta().x()) / 120
            self.turn_dragged.emit(_TURN_STEP * steps)
            event.accept()
            return
        self.zoom_at(self._zoom * _WHEEL_STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_at(self._zoom * (1 + event.value()), event.position())
            return True
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                at = self.mapFromGlobal(pinch.centerPoint().toPoint())
                self.zoom_at(self._zoom * pinch.scaleFactor(), QPointF(at))
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus and minus zoom; all other keys are the window's."""
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom_out()
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if self._pointer is not None:
            self.update(self._cursor_rect(self._pointer))
        self._pointer = None
        self._leave_picture()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ringed = False
        self.update()
        super().focusOutEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self.fit()
        self._place_handles()
        self.resized.emit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def _point_at(self, position: QPointF) -> None:
        if self.strokes.active:
            for at in (self._pointer, position):
                if at is not None:
                    self.update(self._cursor_rect(at))
        self._pointer = position
        point = self.to_picture(position) if all(self._size) else QPointF(-1, -1)
        if -0.5 <= point.x() < self._size[0] - 0.5 and -0.5 <= point.y() < self._size[1] - 0.5:
            self._hovering = True
            self.image_point_hovered.emit(point)
        else:
            self._leave_picture()

    def _leave_picture(self) -> None:
        if self._hovering:
            self._hovering = False
            self.hover_left.emit()


def _shift(event: QMouseEvent | QTabletEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
