"""The right end of the transport's row: what there is to render, how well, Cancel, and the one filled button: Render, or
Export as soon as there is nothing more to render.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.widgets.theme import GRID

_BAR = 14 * GRID  # pixels of the progress bar


class RenderBar(QWidget):
    """Shows ``said`` beside the buttons when nothing runs, and progress while something does."""

    quality_chosen = Signal(str)

    def __init__(self, render: QAction, cancel: QAction, export: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._render, self._cancel = render, cancel
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        self.label = QLabel()
        self.label.setProperty("muted", True)
        self.label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.label)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(_BAR, GRID)
        self.bar.setAccessibleName(self.tr("Progress"))
        row.addWidget(self.bar)
        self.quality = QComboBox()
        self.quality.setAccessibleName(self.tr("Quality"))
        self.quality.setToolTip(self.tr("Draft is quick, to see the movement; Final is as good as it gets"))
        self.quality.addItem(self.tr("Draft"), "draft")
        self.quality.addItem(self.tr("Final"), "final")
        self.quality.activated.connect(lambda place: self.quality_chosen.emit(self.quality.itemData(place)))
        row.addWidget(self.quality)
        self.cancel_button = QPushButton(cancel.text())
        self.cancel_button.clicked.connect(cancel.trigger)
        row.addWidget(self.cancel_button)
        self.render_button = QPushButton(render.text())
        self.render_button.setProperty("primary", True)
        self.render_button.clicked.connect(render.trigger)
        row.addWidget(self.render_button)
        self.export_button = QPushButton(export.text())
        self.export_button.setProperty("primary", True)
        self.export_button.setToolTip(export.toolTip())
        self.export_button.clicked.connect(export.trigger)
        row.addWidget(self.export_button)
        pairs = (self.cancel_button, cancel), (self.render_button, render), (self.export_button, export)
        for button, action in pairs:
            button.setAccessibleName(action.text())
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.show_idle("", False)

    def show_idle(self, said: str, ready: bool, complete: bool = False) -> None:
        """said: what there is to render, or what is missing. ready: whether Render would do something. complete: there is a
        clip, and nothing of it is left to render: it can be exported.
        """
        self._show(said, running=False)
        self.render_button.setVisible(not complete)
        self.export_button.setVisible(complete)
        self._render.setEnabled(ready)
        self.render_button.setEnabled(ready)
        self.render_button.setToolTip(self._render.toolTip() if ready else said)
        self.render_button.setAccessibleDescription(said)

    def show_running(self, said: str, done: int, total: int) -> None:
        """total 0 is not known yet."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.bar.setAccessibleDescription(said)
        self._show(said, running=True)
        self.render_button.show()
        self.export_button.hide()
        self._render.setEnabled(False)
        self.render_button.setEnabled(False)
        self.render_button.setToolTip(said)

    def show_quality(self, quality: str) -> None:
        self.quality.setCurrentIndex(self.quality.findData(quality))

    def _show(self, said: str, running: bool) -> None:
        self.label.setText(said)
        self.bar.setVisible(running)
        self.cancel_button.setVisible(running)
        self._cancel.setEnabled(running)
