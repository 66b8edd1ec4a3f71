"""Controls that the panels share: they keep still while the wheel scrolls, and while a value is only shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QSlider, QSpinBox, QWidget

from app.widgets.theme import GAP, GRID


class Quiet:
    """While it is entered, showing a value emits nothing."""

    def __init__(self, *widgets: QWidget) -> None:
        self._widgets = widgets

    def __enter__(self) -> None:
        self._blockers = [QSignalBlocker(widget) for widget in self._widgets]

    def __exit__(self, *_: object) -> None:
        for blocker in self._blockers:
            blocker.unblock()


class _Steady:
    """The wheel scrolls the inspector; it only changes the control that the user is working with."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():  # type: ignore[attr-defined]
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()


class SteadySlider(_Steady, QSlider):
    pass


class SteadyCombo(_Steady, QComboBox):
    pass


class SteadySpin(_Steady, QSpinBox):
    pass


class SteadyDoubleSpin(_Steady, QDoubleSpinBox):
    pass


class ChoiceBox(SteadyCombo):
    """Values with their names. They are kept here: Qt would make texts of enums."""

    chosen = Signal()
    """By the user; ``value`` is the new one already."""

    def __init__(self, name: str, choices: Mapping[Any, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: list[Any] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setMinimumContentsLength(8)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(lambda _: self.chosen.emit())
        self.offer(choices)

    @property
    def value(self) -> Any:
        return self._values[self.currentIndex()]

    def offer(self, choices: Mapping[Any, str]) -> None:
        """Other values; the same ones keep an open list as it is."""
        if list(choices) == self._values:
            return
        self._values = list(choices)
        self.clear()
        self.addItems(list(choices.values()))

    def show_value(self, value: Any) -> None:
        """A value that isn't offered shows nothing."""
        self.setCurrentIndex(self._values.index(value) if value in self._values else -1)


def combo(name: str) -> SteadyCombo:
    box = SteadyCombo()
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setAccessibleName(name)
    return box


def form(widget: QWidget) -> QFormLayout:
    form = QFormLayout(widget)
    form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(GRID)
    form.setVerticalSpacing(GAP)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form
