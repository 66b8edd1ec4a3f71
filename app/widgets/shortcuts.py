"""Keys, as a designer changes them and looks them up: the shortcut editor and the sheet of all actions.

Both are made from the table of actions. The editor works on a copy; what it gives is the user's choices only, so that a
later version's new keys reach everybody who never chose otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.widgets.actions import ACTIONS, CONTEXTS, ActionSpec, by_menu, conflicts, keys, shortcuts, translate
from app.widgets.icons import icon
from app.widgets.theme import GRID, ICON

_ID = Qt.ItemDataRole.UserRole
_SPECS = {spec.id: spec for spec in ACTIONS}


def shown(shortcut: str) -> str:
    """A shortcut's portable text as this system writes it."""
    return ", ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in keys(shortcut))


class ActionTree(QTreeWidget):
    """All actions by menu, with their keys and where these work; ``search`` keeps those that hold a text."""

    def __init__(self, chosen: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setColumnCount(3)
        self.setHeaderLabels([self.tr("Action"), self.tr("Keys"), self.tr("Where")])
        self.setAccessibleName(self.tr("Actions"))
        self.setIconSize(QSize(ICON, ICON))
        self.setRootIsDecorated(False)
        self.setAllColumnsShowFocus(True)
        self._items: dict[str, QTreeWidgetItem] = {}
        self._groups: list[QTreeWidgetItem] = []
        for path, specs in by_menu().items():
            group = QTreeWidgetItem(self, [" › ".join(translate(part) for part in path.split("/"))])
            self._groups.append(group)
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = group.font(0)
            font.setBold(True)
            group.setFont(0, font)
            for spec in specs:
                self._add(group, spec, chosen[spec.id])
        self.expandAll()
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.header().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.header().setStretchLastSection(False)

    def _add(self, group: QTreeWidgetItem, spec: ActionSpec, shortcut: str) -> None:
        words = [translate(spec.text), shown(shortcut), translate(CONTEXTS[spec.context])]
        item = self._items[spec.id] = QTreeWidgetItem(group, words)
        item.setIcon(0, icon(spec.icon))
        item.setToolTip(0, translate(spec.tip))
        item.setData(0, _ID, spec.id)

    def selected(self) -> str:
        """The chosen action's id; "" is none."""
        items = self.selectedItems()
        return str(items[0].data(0, _ID) or "") if items else ""

    def select(self, action: str) -> None:
        self.setCurrentItem(self._items[action])

    def show_keys(self, action: str, shortcut: str) -> None:
        self._items[action].setText(1, shown(shortcut))

    def visible(self) -> list[str]:
        """The actions that the search left."""
        return [action for action, item in self._items.items() if not item.isHidden()]

    def search(self, text: str) -> None:
        """Keeps the actions whose name, tip or keys hold every word."""
        words = text.casefold().split()
        for action, item in self._items.items():
            held = f"{item.text(0)} {translate(_SPECS[action].tip)} {item.text(1)}".casefold()
            item.setHidden(not all(word in held for word in words))
        for group in self._groups:
            group.setHidden(all(group.child(i).isHidden() for i in range(group.childCount())))


class _Searchable(QDialog):
    """A tree of actions under a field that searches it."""

    def __init__(self, overrides: Mapping[str, str], parent: QWidget | None) -> None:
        super().__init__(parent)
        self.resize(80 * GRID, 80 * GRID)
        self.column = QVBoxLayout(self)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(self.tr("Search actions and keys"))
        self.field.setAccessibleName(self.tr("Search actions and keys"))
        self.field.setClearButtonEnabled(True)
        self.field.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.tree = ActionTree(shortcuts(overrides), self)
        self.field.textChanged.connect(self.tree.search)
        self.column.addWidget(self.field)
        self.column.addWidget(self.tree, 1)


class HelpSheet(_Searchable):
    """Everything that can be done, with its key."""

    def __init__(self, overrides: Mapping[str, str] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(overrides or {}, parent)
        self.setWindowTitle(self.tr("Keys and Actions"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        self.column.addWidget(buttons)


class ShortcutEditor(_Searchable):
    """Gives every action the keys that the user wants. Keys that another action has are refused by its name."""

    accepted_shortcuts = Signal(object)  # dict: action -> shortcut, only where it isn't the table's

    def __init__(self, overrides: Mapping[str, str] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(overrides or {}, parent)
        self.setWindowTitle(self.tr("Keyboard Shortcuts"))
        self._chosen = shortcuts(overrides)

        self.keys = QKeySequenceEdit(self)
        self.keys.setAccessibleName(self.tr("Keys of the chosen action"))
        self.keys.setMaximumSequenceLength(1)
        self.clear_button = QPushButton(self.tr("No Key"), self)
        self.reset_button = QPushButton(self.tr("Reset"), self)
        self.reset_all_button = QPushButton(self.tr("Reset All"), self)
        row = QHBoxLayout()
        row.addWidget(QLabel(self.tr("Keys:"), self))
        row.addWidget(self.keys, 1)
        for button in (self.clear_button, self.reset_button, self.reset_all_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.setAccessibleName(self.tr("Why the keys were refused"))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        self.column.addLayout(row)
        self.column.addWidget(self.message)
        self.column.addWidget(buttons)

        self.tree.itemSelectionChanged.connect(self._selected)
        self.keys.editingFinished.connect(lambda: self.choose(self.tree.selected(), self._typed()))
        self.clear_button.clicked.connect(lambda: self.choose(self.tree.selected(), ""))
        self.reset_button.clicked.connect(self._reset)
        self.reset_all_button.clicked.connect(self._reset_all)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._selected()

    @property
    def overrides(self) -> dict[str, str]:
        """The user's choices: action -> shortcut, only where it isn't the table's."""
        return {action: text for action, text in self._chosen.items() if text != _SPECS[action].shortcut}

    def choose(self, action: str, shortcut: str) -> bool:
        """Gives an action its keys, portable text; False, and a word about it, where another action has them."""
        if not action or shortcut == self._chosen[action]:
            return bool(action)
        clashes = conflicts({**self._chosen, action: shortcut})
        others = [other for owners in clashes.values() if action in owners for other in owners if other != action]
        if others:
            names = ", ".join(translate(_SPECS[other].text) for other in others)
            text = self.tr("{0} is taken by “{1}”. Give that one another key first.")
            self.message.setText(text.format(shown(shortcut), names))
            self._show_selected()
            return False
        self.message.clear()
        self._chosen[action] = shortcut
        self.tree.show_keys(action, shortcut)
        self._show_selected()
        return True

    def accept(self) -> None:
        self.accepted_shortcuts.emit(self.overrides)
        super().accept()

    def _typed(self) -> str:
        return self.keys.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def _selected(self) -> None:
        self.message.clear()
        for part in (self.keys, self.clear_button, self.reset_button):
            part.setEnabled(bool(self.tree.selected()))
        self._show_selected()

    def _show_selected(self) -> None:
        first = keys(self._chosen.get(self.tree.selected(), ""))[:1]
        self.keys.setKeySequence(first[0] if first else QKeySequence())

    def _reset(self) -> None:
        action = self.tree.selected()
        self.choose(action, _SPECS[action].shortcut)

    def _reset_all(self) -> None:
        self._chosen = shortcuts()
        for action, shortcut in self._chosen.items():
            self.tree.show_keys(action, shortcut)
        self._selected()
