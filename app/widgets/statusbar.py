"""The status bar: what computes with which weights, what it does, how much memory it takes, and whether it is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from app.widgets.icons import icon
from app.widgets.theme import GRID

if TYPE_CHECKING:
    from app.engine.views import EngineInfo

_EVERY = 2000  # milliseconds between two looks at the memory


class StudioStatus(QStatusBar):
    """All of it stays: status tips of actions are tool tips here, and push nothing aside."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(0, 0, GRID, 0)
        self.engine = self._label(self.tr("Engine"))
        self.weights = self._label(self.tr("Weights"))
        self.doing = self._label(self.tr("Activity"), stretch=1)
        self.turn = self._label(self.tr("Turn"))
        self.queue = self._label(self.tr("Queue"))
        self.memory = self._label(self.tr("Memory"))
        self.mark = QLabel()
        self.addPermanentWidget(self.mark)
        self.saved = self._label(self.tr("Saved"))
        self.engine.setText(self.tr("Loading the engine…"))
        self._timer = QTimer(self, interval=_EVERY)
        self._timer.timeout.connect(self._measure)
        self.show_saved(True, False)

    def _label(self, name: str, stretch: int = 0) -> QLabel:
        label = QLabel()
        label.setAccessibleName(name)
        label.setProperty("muted", True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setContentsMargins(GRID, 0, GRID, 0)
        self.addPermanentWidget(label, stretch)
        return label

    def show_engine(self, info: EngineInfo) -> None:
        device = {"cpu": self.tr("CPU"), "mps": self.tr("Metal")}.get(info.device, info.device.upper())
        threads = self.tr("1 thread") if info.threads == 1 else self.tr("{0} threads").format(info.threads)
        self.engine.setText(f"{device}, {threads}")
        if info.licence:
            text = self.tr("Weights: {0} ({1})").format(info.weights, info.licence)
        else:
            text = self.tr("Weights: none, the built-in method")
        self.weights.setText(text)
        self._measure()
        self._timer.start()

    def show_doing(self, text: str) -> None:
        self.doing.setText(text)

    def show_turn(self, degrees: float) -> None:
        """degrees: of the dressed person in the picture, in (-180, 180]; 0 says nothing."""
        right = self.tr("Turned {0}° to the right").format(round(degrees))
        left = self.tr("Turned {0}° to the left").format(round(-degrees))
        self.turn.setText("" if not round(degrees) else right if degrees > 0 else left)

    def show_queue(self, text: str) -> None:
        self.queue.setText(text)

    def show_saved(self, saved: bool, named: bool) -> None:
        """named: whether the look has a file."""
        text = self.tr("Saved") if named and saved else self.tr("Not saved") if not saved else ""
        self.saved.setText(text)
        drawing = icon("check" if saved else "brush", "muted")
        self.mark.setPixmap(drawing.pixmap(QSize(14, 14)))
        self.mark.setVisible(bool(text))

    def _measure(self) -> None:
        import psutil

        used = psutil.Process().memory_info().rss
        self.memory.setText(self.tr("{0} GB").format(f"{used / 1e9:.1f}"))
        self.memory.setToolTip(self.tr("Memory that the studio takes"))
