"""The people in a photo, each with a frame to click: who of them is dressed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.widgets import theme
from app.widgets.viewer import Viewer

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels of the photo."""


class PersonFrame(QAbstractButton):
    """Lies over one person of the photo. Click, Enter or Space chooses."""

    def __init__(self, number: int, count: int, box: Box, parent: QWidget) -> None:
        super().__init__(parent)
        self.box = box
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Person {0} of {1}").format(number, count))
        self.setToolTip(self.tr("Dress this person"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hot = self.underMouse() or self.hasFocus()
        frame = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        accent = theme.current().color("accent")
        painter.setBrush(theme.current().color("accent", 0.22) if hot else Qt.BrushStyle.NoBrush)
        for width, color in ((5.0, QColor(0, 0, 0, 120)), (2.5, accent if hot else QColor(255, 255, 255))):
            painter.setPen(QPen(color, width))
            painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


class PeopleFrames(QWidget):
    """The frames over a viewer; not seen itself."""

    chosen = Signal(object)
    """The Box of the person."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self.frames: list[PersonFrame] = []
        viewer.resized.connect(self._place)
        viewer.zoom_changed.connect(lambda _: self._place())
        viewer.moved.connect(self._place)
        self.hide()

    def show_boxes(self, boxes: Sequence[Box]) -> None:
        """From left to right; none takes them away."""
        for frame in self.frames:
            frame.hide()
            frame.deleteLater()
        ordered = sorted(boxes)
        self.frames = [PersonFrame(k + 1, len(ordered), box, self._viewer) for k, box in enumerate(ordered)]
        for frame in self.frames:
            frame.clicked.connect(lambda _=False, box=frame.box: self.chosen.emit(box))
            frame.show()
        for frame in sorted(self.frames, key=lambda each: -each.box[2] * each.box[3]):
            frame.raise_()  # the smaller over the larger, or it couldn't be reached
        self._place()
        if self.frames:
            self.frames[0].setFocus()

    def _place(self) -> None:
        for frame in self.frames:
            x, y, width, height = frame.box
            corner = self._viewer.to_widget(QPointF(x - 0.5, y - 0.5))
            end = self._viewer.to_widget(QPointF(x + width - 0.5, y + height - 0.5))
            frame.setGeometry(QRect(corner.toPoint(), end.toPoint()))
