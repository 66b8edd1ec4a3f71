"""The strip of tools at the picture's edge: how it is seen, and what can be mended on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from app.widgets.theme import GAP, GRID, ICON

GROUPS: tuple[tuple[str, ...], ...] = (
    ("view.single", "view.side", "view.wipe"),
    ("view.fit", "view.actual"),
    ("paint.clothing", "paint.removed", "paint.cutout", "paint.joints"),
)


class ToolStrip(QWidget):
    """Buttons of actions, in groups from top to bottom. A click leaves the focus at the picture."""

    def __init__(
        self, actions: Mapping[str, QAction], groups: Sequence[Sequence[str]] = GROUPS, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Tools"))
        self.buttons: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GRID, GAP, GRID)
        column.setSpacing(GAP)
        for place, group in enumerate(groups):
            if place:
                column.addWidget(self._line())
            for name in group:
                column.addWidget(self._button(name, actions[name]))
        column.addStretch(1)

    def _button(self, name: str, action: QAction) -> QToolButton:
        button = self.buttons[name] = QToolButton()
        button.setDefaultAction(action)
        button.setAutoRaise(True)
        button.setIconSize(QSize(ICON, ICON))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(action.text())
        return button

    def _line(self) -> QFrame:
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        line.setFrameShadow(QFrame.Shadow.Plain)
        line.setForegroundRole(line.palette().ColorRole.Mid)
        return line
