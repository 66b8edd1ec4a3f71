"""The bar over the picture while something is mended: brush and eraser, or what to drag; reset, done.

It holds nothing itself: the viewer's brush is what it shows and sets.
"""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QSlider, QToolButton, QWidget

from app.widgets import theme
from app.widgets.brush import LARGEST, SMALLEST, Brush
from app.widgets.icons import icon
from app.widgets.viewer import Viewer

_STEPS = 100
_SPAN = math.log(LARGEST / SMALLEST)
_SLIDER = 12 * theme.GRID


class PaintBar(QWidget):
    """Lies over the top of a viewer; the window shows it while mending lasts."""

    reset_requested = Signal()  # what this mode mended goes
    done = Signal()

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self.setAccessibleName(self.tr("Mending"))
        self.setCursor(Qt.CursorShape.ArrowCursor)  # the viewer hides its own
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)  # a click beside a button is no dab below the bar
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GRID, theme.GAP, theme.GRID, theme.GAP)
        row.setSpacing(theme.GRID)
        self.hint = QLabel()
        self._brushes = QWidget()
        self._row = QHBoxLayout(self._brushes)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.GRID)
        for widget in (self.hint, self._brushes):
            row.addWidget(widget)
        tools = QButtonGroup(self)
        self._brush = self._tool("brush", self.tr("Brush"), self.tr("Brush (X swaps with the eraser)"), tools)
        self._eraser = self._tool("eraser", self.tr("Eraser"), self.tr("Eraser (X swaps with the brush)"), tools)
        self._brush.clicked.connect(lambda: self._set(replace(viewer.strokes.brush, erase=False)))
        self._eraser.clicked.connect(lambda: self._set(replace(viewer.strokes.brush, erase=True)))
        self._size = self._slider(self.tr("Size"), self.tr("How broad the brush is ([ and ])"))
        self._softness = self._slider(self.tr("Softness"), self.tr("How soft the brush's edge is"))
        self._size.valueChanged.connect(
            lambda step: self._set(replace(viewer.strokes.brush, size=SMALLEST * math.exp(_SPAN * step / _STEPS)))
        )
        self._softness.valueChanged.connect(
            lambda step: self._set(replace(viewer.strokes.brush, softness=step / _STEPS))
        )
        self.reset = QPushButton()
        self.reset.clicked.connect(self.reset_requested)
        finish = QPushButton(self.tr("Done"))
        finish.setToolTip(self.tr("Leave mending (Esc); nothing is lost"))
        finish.clicked.connect(self.done)
        finish.setAccessibleName(finish.text())
        for widget in (self.reset, finish):
            row.addWidget(widget)
        self.show_mode("clothing")
        viewer.strokes.brush_changed.connect(self._show)
        viewer.resized.connect(self._place)
        self._show(viewer.strokes.brush)
        self.hide()

    def show_mode(self, mode: str) -> None:
        """mode: of ``app.studio.editing.MODES``. Masks are painted; landmarks and joints are dragged."""
        hints = {
            "landmarks": self.tr("Drag a landmark to where it belongs on the garment."),
            "joints": self.tr("Drag a joint to move it at this frame; a right click or Delete hides it."),
        }
        self.hint.setText(hints.get(mode, ""))
        self.hint.setVisible(mode in hints)
        self._brushes.setVisible(mode not in hints)
        texts = {
            "clothing": (self.tr("Reset this frame"), self.tr("Take back what was painted on this frame")),
            "joints": (self.tr("Reset this frame"), self.tr("Take back what was moved on this frame")),
            "landmarks": (self.tr("Reset landmarks"), self.tr("Back to the landmarks that were found")),
            "cutout": (self.tr("Reset cut-out"), self.tr("Back to the cut-out that was found")),
        }
        text, tip = texts.get(mode, (self.tr("Reset mask"), self.tr("Back to the mask that was found")))
        self.reset.setText(text)
        self.reset.setAccessibleName(text)
        self.reset.setToolTip(tip)
        self._place()

    def _tool(self, picture: str, name: str, tip: str, group: QButtonGroup) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setIcon(icon(picture))
        button.setAccessibleName(name)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        group.addButton(button)
        self._row.addWidget(button)
        return button

    def _slider(self, name: str, tip: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setMaximum(_STEPS)
        slider.setFixedWidth(_SLIDER)
        slider.setAccessibleName(name)
        slider.setToolTip(tip)
        label = QLabel(name)
        label.setBuddy(slider)
        self._row.addWidget(label)
        self._row.addWidget(slider)
        return slider

    def _set(self, brush: Brush) -> None:
        self._viewer.strokes.brush = brush

    def _show(self, brush: Brush) -> None:
        (self._eraser if brush.erase else self._brush).setChecked(True)
        steps = ((self._size, math.log(brush.size / SMALLEST) / _SPAN), (self._softness, brush.softness))
        for slider, part in steps:
            slider.blockSignals(True)  # a slider's step is coarser than the brush; showing doesn't set
            slider.setValue(round(_STEPS * part))
            slider.blockSignals(False)

    def showEvent(self, event: QShowEvent) -> None:
        self._place()
        self._viewer.top_room = self.geometry().bottom() + 1

    def hideEvent(self, event: QHideEvent) -> None:
        self._viewer.top_room = 0

    def _place(self) -> None:
        self.adjustSize()
        width = min(self.width(), self._viewer.width() - 2 * theme.GRID)
        self.setGeometry((self._viewer.width() - width) // 2, theme.GRID, width, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.current().color("line"))
        painter.setBrush(theme.current().color("window", 0.96))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
