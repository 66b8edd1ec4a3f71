"""A well: a picture that files are dropped on, with its progress, its notes, and why it refused something."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.widgets.drops import Offer, copied, offered, received, well_title
from app.widgets.icons import icon
from app.widgets.theme import GAP, GRID
from app.widgets.tiles import NoteRow, Tile

if TYPE_CHECKING:
    from app.engine.notes import Note

_REFUSAL_MS = 6000
_RECENT = 8


class Well(QWidget):
    """One well: its title, its tiles, progress, notes and why it refused something."""

    dropped = Signal(object, int)  # tuple of Paths, index of the garment that the first one replaces, -1 to set or add
    template_dropped = Signal(str)
    removed = Signal(int)
    open_requested = Signal(int)
    remedy_requested = Signal(str, int)
    cancel_requested = Signal()

    def __init__(self, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind, title = kind, well_title(kind)
        self.title = title
        self.refusal = ""
        self._recent: tuple[Path, ...] = ()
        self._paths: tuple[Path | None, ...] = ()
        self._notes: list[NoteRow] = []
        self._found: tuple[tuple[int, Note], ...] = ()
        self._noted: list[tuple[int, Note, bool, str]] = []
        self._failures: list[tuple[int, Note]] = []
        self.setAcceptDrops(True)
        self.setAccessibleName(title)

        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)
        label = QLabel(title)
        label.setProperty("muted", True)
        font = label.font()
        font.setWeight(font.Weight.DemiBold)
        label.setFont(font)
        self._column.addWidget(label)
        self._tiles_row = QHBoxLayout()
        self._tiles_row.setSpacing(GRID)
        self._column.addLayout(self._tiles_row)
        self._column.addWidget(self._build_progress(title))
        self._notes_column = QVBoxLayout()
        self._notes_column.setSpacing(GAP)
        self._column.addLayout(self._notes_column)
        self._refusal_row: NoteRow | None = None
        self._refusal_timer = QTimer(self)
        self._refusal_timer.setSingleShot(True)
        self._refusal_timer.timeout.connect(lambda: self.refuse(""))

    def _build_progress(self, title: str) -> QWidget:
        self._progress_row = QWidget()
        row = QHBoxLayout(self._progress_row)
        row.setContentsMargins(0, 0, 0, 0)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(GRID)
        self._bar.setAccessibleName(self.tr("Reading the {well}").format(well=title))
        row.addWidget(self._bar, 1)
        cancel = QPushButton(self.tr("Cancel"))
        cancel.setAccessibleName(self.tr("Cancel reading the {well}").format(well=title))
        cancel.clicked.connect(self.cancel_requested)
        row.addWidget(cancel)
        self._progress_row.hide()
        return self._progress_row

    # What the window shows

    @property
    def tiles(self) -> list[Tile]:
        """Each kind of well has its own; abstract, which a QWidget's class can't be told."""
        raise NotImplementedError

    @property
    def filled(self) -> bool:
        return any(tile.filled for tile in self.tiles)

    def set_recent(self, paths: Sequence[Path]) -> None:
        """Files that the context menu offers, newest first."""
        self._recent = tuple(paths)[:_RECENT]

    def set_progress(self, done: int, total: int) -> None:
        """done of total steps; total 0 is not known. done < 0: nothing is being read any more."""
        self._progress_row.setVisible(done >= 0 and (total == 0 or done < total))
        self._bar.setRange(0, max(total, 0))
        self._bar.setValue(max(done, 0))

    def show_failure(self, note: Note, index: int = -1) -> None:
        """The input can't be used: why, in the well, until it changes."""
        self._failures = [(i, old) for i, old in self._failures if i != index] + [(index, note)]
        self.set_progress(-1, 0)
        self._renew_notes(self._found)

    def clear_failure(self) -> None:
        self._failures = []
        self._renew_notes(self._found)

    def refuse(self, reason: str) -> None:
        """Shows why something can't be taken, for a few seconds; "" takes it away."""
        if reason == self.refusal:
            return
        self.refusal = reason
        if self._refusal_row is not None:
            self._notes_column.removeWidget(self._refusal_row)
            self._refusal_row.deleteLater()
            self._refusal_row = None
        self._refusal_timer.stop()
        if reason:
            self._refusal_row = NoteRow(reason, serious=True)
            self._notes_column.insertWidget(0, self._refusal_row)
            self._refusal_timer.start(_REFUSAL_MS)

    @property
    def notes(self) -> list[NoteRow]:
        """The rows that are shown, failures first."""
        return list(self._notes)

    def _renew_notes(self, notes: Sequence[tuple[int, Note]]) -> None:
        """(index, note) as found by the engine, under the failures; what is shown already keeps its place and focus."""
        self._found = tuple(notes)
        failures = [(i, n, True, self._about(i)) for i, n in self._failures]
        wanted = failures + [(i, n, False, self._about(i)) for i, n in notes]
        if wanted == self._noted:
            return
        self._noted = wanted
        for row in self._notes:
            self._notes_column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._notes = []
        for index, note, serious, about in wanted:
            row = NoteRow(note.text, note.remedy, serious, about)
            row.remedy_chosen.connect(partial(self._mend, index))
            self._notes_column.addWidget(row)
            self._notes.append(row)

    def _about(self, index: int) -> str:
        """Which of several inputs a note is about; "" where there is one."""
        return ""

    def _mend(self, index: int, remedy: str) -> None:
        self.remedy_requested.emit(remedy, index)

    # Drops and pastes

    def take(self, mime: QMimeData, index: int = -1, cache: Path | None = None) -> bool:
        """Takes what was dropped or pasted, or says in the well why not. cache: see ``drops.received``."""
        offer = received(mime, cache)
        if objection := offer.objection(self.kind):
            self.refuse(objection)
            return False
        self.refuse("")
        if offer.template:
            self.template_dropped.emit(offer.template)
        else:
            self.dropped.emit(offer.files, self._filled(index))
        return True

    def _filled(self, index: int) -> int:
        """The index, where there is such an input; else -1."""
        return index if index < len(self._paths) else -1

    def show_drag(self, offer: Offer | None) -> None:
        """Lights up where ``offer``, dragged over the window, would be taken; None ends it."""
        lit = offer is not None and offer.fits(self.kind)
        for tile in self.tiles:
            tile.light(lit)

    def _target(self, position: QPoint) -> int:
        """Index of the filled garment under the pointer, -1 elsewhere."""
        return -1

    def _light_target(self, index: int) -> None:
        for k, tile in enumerate(self.tiles):
            tile.light(True, hot=index in (-1, k))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # Always entered, so that leaving is told, too; whether it may be dropped is said at every move.
        event.accept()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if objection := offered(event.mimeData()).objection(self.kind):
            self.refuse(objection)
            self._refusal_timer.start(_REFUSAL_MS)
            event.ignore()
            return
        self.refuse("")
        self._light_target(self._target(event.position().toPoint()))
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        for tile in self.tiles:
            tile.light(False)

    def dropEvent(self, event: QDropEvent) -> None:
        for tile in self.tiles:
            tile.light(False)
        if self.take(event.mimeData(), self._target(event.position().toPoint())):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    def _connect_tile(self, tile: Tile, index: int = -1) -> None:
        tile.clicked.connect(lambda: self.open_requested.emit(index))
        tile.remove_requested.connect(lambda: self.removed.emit(index))
        tile.paste_requested.connect(lambda: self.take(copied(), index))
        tile.menu_requested.connect(lambda where: self.menu(index).popup(where))

    def menu(self, index: int = -1) -> QMenu:
        """What a right click on a tile offers."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        place = max(index, 0)
        path = self._paths[place] if place < len(self._paths) else None
        filled = place < len(self._paths)
        menu.addAction(
            icon("open"),
            self.tr("Replace…") if filled else self.tr("Open…"),
            lambda: self.open_requested.emit(index),
        )
        paste = menu.addAction(self.tr("Paste"), lambda: self.take(copied(), index))
        paste.setEnabled(offered(copied()).fits(self.kind))
        if filled:
            menu.addAction(icon("trash"), self.tr("Remove"), lambda: self.removed.emit(index))
        if path is not None:
            menu.addAction(self.tr("Show in Folder"), lambda: show_in_folder(path))
        if self._recent:
            recent = menu.addMenu(self.tr("Recent"))
            for past in self._recent:
                recent.addAction(past.name, lambda past=past: self.dropped.emit((past,), index)).setToolTip(str(past))
        return menu


def show_in_folder(path: Path) -> None:
    """Opens the folder that holds ``path`` in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
