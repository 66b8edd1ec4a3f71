"""Preferences: how the studio looks, its language, and what computes. A choice holds at once; there is nothing to apply."""

from __future__ import annotations

import os
import sys
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.model.settings import Settings
from app.widgets.inspector import Collapsible
from app.widgets.theme import GRID
from fashionmirror_core.errors import InputError


class Preferences(QDialog):
    """Shows and changes ``Settings``; whoever follows ``Settings.changed`` does the rest."""

    LATER = ("language", "device", "threads", "cluster")
    """Settings that hold from the next start on."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Preferences"))
        self._settings = settings
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        form = _form(None)
        self.theme = self._choice(
            "theme",
            self.tr("Theme"),
            {"system": self.tr("As the system"), "light": self.tr("Light"), "dark": self.tr("Dark")},
        )
        self.language = self._choice(
            "language", self.tr("Language"), {"": self.tr("As the system"), "en": "English", "zh_TW": "繁體中文"}
        )
        self.quality = self._choice(
            "quality", self.tr("Quality of a new look"), {"draft": self.tr("Draft"), "final": self.tr("Final")}
        )
        form.addRow(self.tr("Theme"), self.theme)
        form.addRow(self.tr("Language"), self.language)
        form.addRow(self.tr("New looks"), self.quality)
        self.animated = QCheckBox(self.tr("Fade and move softly"))
        self.animated.setAccessibleName(self.tr("Motion of the interface"))
        self.animated.setChecked(settings.animated)
        self.animated.toggled.connect(lambda on: self._set("animated", on))
        form.addRow(self.tr("Interface"), self.animated)
        column.addLayout(form)
        column.addWidget(self._build_advanced())
        self.note = QLabel(self.tr("This holds when the program is started again."))
        self.note.setProperty("muted", True)
        self.note.setWordWrap(True)
        self.note.hide()
        column.addWidget(self.note)
        column.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.setMinimumWidth(48 * GRID)

    def _build_advanced(self) -> QWidget:
        content = QWidget()
        form = _form(content)
        self.device = self._choice(
            "device",
            self.tr("Compute on"),
            {
                "auto": self.tr("The fastest device"),
                "cpu": self.tr("Processor (CPU)"),
                "cuda": self.tr("Graphics card (CUDA)"),
            }
            | ({"mps": self.tr("Graphics processor (Metal)")} if sys.platform == "darwin" else {}),
        )
        self.threads = QSpinBox()
        self.threads.setRange(0, max(os.cpu_count() or 1, self._settings.threads))
        self.threads.setSpecialValueText(self.tr("Automatic"))
        self.threads.setAccessibleName(self.tr("Threads"))
        self.threads.setValue(self._settings.threads)
        self.threads.setKeyboardTracking(False)
        self.threads.valueChanged.connect(lambda count: self._set("threads", count))
        self.cluster = QLineEdit(self._settings.cluster)
        self.cluster.setPlaceholderText(self.tr("This computer"))
        self.cluster.setAccessibleName(self.tr("Cluster of the queue"))
        self.cluster.setToolTip(self.tr("Makes the queue's clips on a Ray cluster: its HOST:PORT, or auto"))
        self.cluster.editingFinished.connect(self._set_cluster)
        form.addRow(self.tr("Compute on"), self.device)
        form.addRow(self.tr("Threads"), self.threads)
        form.addRow(self.tr("Queue"), self.cluster)
        return Collapsible(self.tr("Advanced"), content, opened=False)

    def _choice(self, setting: str, name: str, items: dict[str, str]) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for value, text in items.items():
            combo.addItem(text, value)
        combo.setCurrentIndex(max(0, combo.findData(getattr(self._settings, setting))))
        combo.activated.connect(lambda row: self._set(setting, combo.itemData(row)))
        return combo

    def _set_cluster(self) -> None:
        try:
            self._set("cluster", self.cluster.text().strip())
        except InputError:
            self.note.setText(self.tr("That is no address; give HOST:PORT as `ray start` prints it, or auto."))
            self.note.show()

    def _set(self, setting: str, value: Any) -> None:
        self.note.setText(self.tr("This holds when the program is started again."))
        if setting in self.LATER and value != getattr(self._settings, setting):
            self.note.show()
        setattr(self._settings, setting, value)


def _form(widget: QWidget | None) -> QFormLayout:
    form = QFormLayout(widget) if widget is not None else QFormLayout()
    if widget is not None:
        form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(2 * GRID)
    form.setVerticalSpacing(GRID)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form
