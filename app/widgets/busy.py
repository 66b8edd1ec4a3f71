"""What is being waited for, over the picture: a line with a moving dot, while something is loaded."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.widgets.theme import GRID
from app.widgets.viewer import Viewer

_AFTER = 250  # milliseconds: what is shorter isn't told
_STEP = 120  # milliseconds between two pictures of the dots
_DOTS = 3


class BusyNote(QWidget):
    """Lies over the top of a viewer. Several may be busy; the one that began last is shown."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self._texts: dict[str, str] = {}
        self._step = 0
        self._soon = QTimer(self, singleShot=True, interval=_AFTER)
        self._soon.timeout.connect(self._appear)
        self._moves = QTimer(self, interval=_STEP)
        self._moves.timeout.connect(self._move)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        viewer.resized.connect(self._place)
        self.hide()

    @property
    def text(self) -> str:
        """What is waited for; "" for nothing."""
        return next(reversed(self._texts.values()), "")

    def tell(self, who: str, text: str) -> None:
        """who: names the one that is busy. text: what it does, "" when it is done."""
        self._texts.pop(who, None)
        if text:
            self._texts[who] = text
        self.setAccessibleName(self.text)
        if not self.text:
            self._soon.stop()
            self._moves.stop()
            self.hide()
        elif self.isVisible():
            self._place()
        elif not self._soon.isActive():
            self._soon.start()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text) + 6 * GRID, metrics.height() + 2 * GRID)

    def _appear(self) -> None:
        self._place()
        self.show()
        self.raise_()
        if self._viewer.animated:
            self._moves.start()

    def _move(self) -> None:
        self._step = (self._step + 1) % (2 * _DOTS)
        self.update(0, 0, 4 * GRID, self.height())

    def _place(self) -> None:
        self.resize(self.sizeHint().boundedTo(QSize(max(self._viewer.width() - 2 * GRID, GRID), 10 * GRID)))
        self.move((self._viewer.width() - self.width()) // 2, self._viewer.top_room + GRID)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(self.rect(), self.height() / 2, self.height() / 2)
        for dot in range(_DOTS):
            painter.setBrush(QColor(255, 255, 255, 255 if dot == self._step % _DOTS else 110))
            painter.drawEllipse(QPointF(1.75 * GRID + dot * 0.9 * GRID, self.height() / 2), 2.2, 2.2)
        painter.setPen(QColor(255, 255, 255))
        room = QRectF(self.rect()).adjusted(4.5 * GRID, 0, -GRID, 0)
        text = self.fontMetrics().elidedText(self.text, Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
