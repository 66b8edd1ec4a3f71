"""The look that is open: one value, the steps that led to it, and where it is kept. It knows no widgets.

Widgets read ``state``, ask for another one with ``apply`` and follow ``changed``; nothing else changes a look. A step
holds the whole state before and after: states are frozen and share all that didn't change, so this costs little.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

if TYPE_CHECKING:  # state.py loads numpy and OpenCV, which the first window doesn't wait for
    from app.model.state import LookState

UNDO_STEPS = 300


class Document(QObject):
    """An observable look with undo and redo.

    changed: (old, new), after every change, undo and redo, when the document is already the new one. saved_changed:
    True when the file holds what is open.
    """

    changed = Signal(object, object)
    title_changed = Signal()
    saved_changed = Signal(bool)

    def __init__(self, state: LookState | None = None, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        if state is None:
            from app.model.state import LookState

            state = LookState()
        self._state = self._announced = state
        self._path = path
        self._merge, self._run = "", 0
        self._stack = QUndoStack(self)
        self._stack.setUndoLimit(UNDO_STEPS)
        self._stack.indexChanged.connect(self._announce)
        self._stack.cleanChanged.connect(self.saved_changed)

    @property
    def state(self) -> LookState:
        return self._state

    @property
    def path(self) -> Path | None:
        """The project file; None until the first save."""
        return self._path

    @property
    def title(self) -> str:
        """The project's name for the window."""
        return self._path.stem if self._path else self.tr("Untitled")

    @property
    def modified(self) -> bool:
        return not self._stack.isClean()

    @property
    def undo_stack(self) -> QUndoStack:
        """For the Undo and Redo actions; commands are pushed by ``apply`` alone."""
        return self._stack

    def apply(self, new: LookState, text: str, merge: str = "") -> None:
        """Makes ``new`` the look, as an undo step named ``text``; nothing happens if it is the same look.

        Applies in a row with the same non-empty ``merge`` (one drag of a slider, one stroke) become one step; undo, redo
        and saving end the row.
        """
        if new == self._state:
            return
        if not merge or merge != self._merge:
            self._run += 1
        self._merge = merge
        self._stack.push(_Change(self, new, text, merge, self._run))

    def replace(self, state: LookState, path: Path | None, modified: bool = False) -> None:
        """Another document: its undo begins anew. modified: what is open is in no file (a recovered look)."""
        self._state, self._path = state, path
        self._merge = ""
        self._stack.clear()
        if modified:
            self._stack.resetClean()
        self._announce()
        self.title_changed.emit()

    def mark_saved(self, path: Path, state: LookState | None = None) -> None:
        """``path`` holds the document, or the earlier ``state`` of it if that is what a worker saved meanwhile."""
        self._path = path
        self._merge = ""
        if state is None or state == self._state:
            self._stack.setClean()
        self.title_changed.emit()

    def settle(self) -> None:
        """What is open came whole from a file that is no project: nothing of it is unsaved, and it has no file yet."""
        self._path, self._merge = None, ""
        self._stack.setClean()
        self.title_changed.emit()

    def _set(self, state: LookState, ends_row: bool) -> None:
        self._state = state
        if ends_row:
            self._merge = ""

    def _announce(self) -> None:
        """Runs when the stack is done with a step: what follows ``changed`` may apply a change of its own."""
        old, self._announced = self._announced, self._state
        if old is not self._state:
            self.changed.emit(old, self._state)


class _Change(QUndoCommand):
    """From one look to another; ``run`` tells which changes were made in one go."""

    def __init__(self, document: Document, new: LookState, text: str, merge: str, run: int) -> None:
        super().__init__(text)
        self._document = document
        self._old, self._new = document.state, new
        self._merge, self._run = merge, run
        self._done = False

    def id(self) -> int:
        return zlib.crc32(self._merge.encode()) & 0x7FFFFFFF if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Change) or other._run != self._run:
            return False
        self._new = other._new
        self.setObsolete(self._new == self._old)  # dragged there and back again: no step
        return True

    def redo(self) -> None:
        self._document._set(self._new, ends_row=self._done)
        self._done = True

    def undo(self) -> None:
        self._document._set(self._old, ends_row=True)
