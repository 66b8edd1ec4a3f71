"""What can be taken hold of over the picture: the wipe's divider and a person's joints.

They are widgets of their own, so that Tab reaches them, screen readers name them, and arrow keys are theirs while they
have the focus (elsewhere over the picture arrows step through the frames).
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.widgets import layers

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_COARSE = 10  # times as far with Shift
LIGHT, DARK = QColor(255, 255, 255), QColor(0, 0, 0, 170)


class Handle(QWidget):
    """A part of the picture that is dragged, or moved with the arrow keys.

    A press that isn't the left button's goes on to the picture below.
    """

    dragged = Signal(QPointF)  # the pointer, the parent's coordinates
    released = Signal()
    nudged = Signal(int, int)  # steps right and down
    own_keys: frozenset[Qt.Key] = frozenset(_ARROWS)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._held = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a drag leaves the focus, and the arrows, with the picture
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in self.own_keys
        ):
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held = event.button() == Qt.MouseButton.LeftButton
        event.setAccepted(self._held)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(self._held)
        if self._held:
            self.dragged.emit(QPointF(self.mapToParent(event.position())))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self._held:
            event.ignore()
            return
        self._held = False
        self.released.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _ARROWS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        times = _COARSE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        self.nudged.emit(step[0] * times, step[1] * times)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)


class WipeHandle(Handle):
    """The divider between source and result; Home and End uncover one of them whole."""

    to_end = Signal(float)  # 0 or 1, of the width
    own_keys = frozenset(_ARROWS) | {Qt.Key.Key_Home, Qt.Key.Key_End}
    WIDTH = 24

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setAccessibleName(self.tr("Wipe between source and result"))
        self.setToolTip(self.tr("Drag, or use the arrow keys, to wipe between source and result"))

    def place(self, part: float, room: QSize) -> None:
        """Stands at a part of the parent's width. room: the parent's size."""
        self.setGeometry(round(part * room.width()) - self.WIDTH // 2, 0, self.WIDTH, room.height())
        self.setAccessibleDescription(self.tr("{0} % source").format(round(100 * part)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ends = {Qt.Key.Key_Home: 0.0, Qt.Key.Key_End: 1.0}
        if event.key() in ends:
            self.to_end.emit(ends[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(self.width() / 2, self.height() / 2)
        for width, color in ((4.0, DARK), (2.0, LIGHT)):
            painter.setPen(QPen(color, width))
            painter.drawLine(QPointF(middle.x(), 0), QPointF(middle.x(), self.height()))
        grip = QRectF(0, 0, 16, 32)
        grip.moveCenter(middle)
        painter.setPen(
            QPen(self.palette().highlight().color() if self.hasFocus() else DARK, 2 if self.hasFocus() else 1)
        )
        painter.setBrush(LIGHT)
        painter.drawRoundedRect(grip, 8, 8)
        painter.setPen(layers.round_pen(QColor(90, 90, 90), 1.5))
        for x in (-2.5, 2.5):
            painter.drawLine(middle + QPointF(x, -5), middle + QPointF(x, 5))


class JointHandle(Handle):
    """A joint that can be dragged; Delete or the right button hides it. One that is hidden is hollow."""

    hide_requested = Signal()
    own_keys = frozenset(_ARROWS) | {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}
    SIDE = 22

    def __init__(self, joint: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.joint = joint
        self._seen = True
        self.resize(self.SIDE, self.SIDE)
        self.setCursor(Qt.CursorShape.SizeAllCursor)

    def place(self, at: QPointF, seen: bool) -> None:
        """Stands round a point of the parent."""
        self._seen = seen
        self.move(round(at.x() - self.SIDE / 2), round(at.y() - self.SIDE / 2))
        name = layers.joint_name(self.joint)
        named = name if seen else self.tr("{0} (hidden)").format(name)
        self.setAccessibleName(named)
        self.setToolTip(self.tr("{0}: drag to move; right click or Delete to hide").format(named))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.hide_requested.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.hide_requested.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(self.SIDE / 2, self.SIDE / 2)
        active = self.hasFocus() or self.underMouse()
        radius = 7.5 if active else 6.0
        painter.setPen(QPen(DARK, 4))
        painter.drawEllipse(middle, radius, radius)
        painter.setPen(QPen(LIGHT, 2, Qt.PenStyle.SolidLine if self._seen else Qt.PenStyle.DotLine))
        painter.setBrush(layers.side_color(self.joint) if self._seen else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(middle, radius, radius)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().highlight().color(), 2))
            painter.drawEllipse(middle, 9.5, 9.5)
