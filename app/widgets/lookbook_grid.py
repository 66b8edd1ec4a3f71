"""The look-book's grid: persons down, garments across, in each cell the still or the clip with what is known of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QTableView,
    QWidget,
)

from app.engine.queue import LookQueue
from app.model.lookbook import Job, JobState, LookBook
from app.model.state import GarmentInput, PersonInput
from app.widgets.clip_preview import ClipPreview
from app.widgets.icons import icon
from app.widgets.pictures import Thumbnails, key_of, to_image, turned
from app.widgets.queue import MARKS
from app.widgets.theme import GAP, GRID, MOTION_MS, RADIUS, current

Index = QModelIndex | QPersistentModelIndex
CELL = Qt.ItemDataRole.UserRole
WIDTH, HEIGHT = 19 * GRID, 27 * GRID  # of a cell; the still has the room of 3 : 4 over one line of words
SIDE, TOP = 15 * GRID, 15 * GRID  # of the headers
_SMALL = 16  # pixels of a mark


@dataclass(frozen=True, eq=False)
class Cell:
    """What a cell shows. image: null while there is none. words: what is with it; drawing, role: their mark. message:
    all of it, where something went wrong. clip: the finished job that can be played.
    """

    image: QImage
    words: str
    drawing: str
    role: str
    message: str = ""
    clip: Job | None = None


class GridModel(QAbstractTableModel):
    """A look-book with what the queue knows of it."""

    def __init__(self, queue: LookQueue, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.book = LookBook()
        self._queue, self._thumbnails = queue, thumbnails
        self._images: dict[tuple[int, object], tuple[object, QImage]] = {}
        queue.changed.connect(self._job_changed)
        queue.still_changed.connect(lambda look: self._look_changed(look.person, look.garments))
        queue.reordered.connect(self.refresh)
        thumbnails.ready.connect(self._thumbnail_ready)

    def show_book(self, book: LookBook) -> None:
        same = (book.persons, book.garments) == (self.book.persons, self.book.garments)
        if same:
            self.book = book
            self.refresh()
        else:
            self.beginResetModel()
            self.book = book
            self._images.clear()
            self.endResetModel()

    def refresh(self) -> None:
        if self.rowCount() and self.columnCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.book.persons)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.book.garments)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        given = self.header_input(section, orientation)
        if given is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return given.path.stem.replace("-", " ").replace("_", " ")
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(given.path)
        if role == Qt.ItemDataRole.DecorationRole:
            image = self._thumbnails.request(given.path)
            return turned(image, given.turns) if image is not None and isinstance(given, PersonInput) else image
        return None

    def header_input(self, section: int, orientation: Qt.Orientation) -> PersonInput | GarmentInput | None:
        inputs = self.book.garments if orientation == Qt.Orientation.Horizontal else self.book.persons
        return inputs[section] if 0 <= section < len(inputs) else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        if role == CELL:
            return self.cell(index.row(), index.column())
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            cell = self.cell(index.row(), index.column())
            who = self.headerData(index.row(), Qt.Orientation.Vertical)
            what = self.headerData(index.column(), Qt.Orientation.Horizontal)
            text = self.tr("{person} in {garment}: {state}").format(person=who, garment=what, state=cell.words)
            return f"{text}\n{cell.message}" if cell.message else text
        return None

    def jobs(self, row: int, column: int) -> list[Job | None]:
        """The job of each motion, None where it isn't queued."""
        return [self._queue.job_of(self.book.look(row, column, motion)) for motion in self.book.motions]

    def cell(self, row: int, column: int) -> Cell:
        look = self.book.look(row, column)
        jobs = self.jobs(row, column)
        clip = next((job for job in jobs if job is not None and job.state is JobState.done), None)
        still = self._queue.still(look)
        picture = self._queue.clip_picture(clip.id) if clip is not None else None
        image = self._image(row, column, still if picture is None else picture)
        if any(job is not None for job in jobs):
            words, state, message = _clip_words(jobs)
            return Cell(image, words, *MARKS[state], message, clip)
        if refusal := self._queue.refusal(look):
            return Cell(image, self.tr("Can't be dressed"), "error", "error", refusal)
        if still is None:
            return Cell(image, self.tr("Dressing"), "person", "muted")
        return Cell(image, self.tr("Still"), "still", "muted")

    def _image(self, row: int, column: int, pixels: object) -> QImage:
        if pixels is None:
            return QImage()
        kept = self._images.get((row, column))
        if kept is None or kept[0] is not pixels:
            kept = self._images[row, column] = (pixels, to_image(pixels))  # type: ignore[arg-type]
        return kept[1]

    def _job_changed(self, number: int) -> None:
        job = self._queue.job(number)
        if job is not None:
            self._look_changed(job.look.person, job.look.garments)

    def _look_changed(self, person: PersonInput | None, garments: tuple[GarmentInput, ...]) -> None:
        with suppress(ValueError, IndexError):  # it isn't in this book
            assert person is not None
            index = self.index(self.book.persons.index(person), self.book.garments.index(garments[0]))
            self.dataChanged.emit(index, index)

    def _thumbnail_ready(self, key: str, image: QImage) -> None:
        rows = [(Qt.Orientation.Vertical, k, person.path) for k, person in enumerate(self.book.persons)]
        columns = [(Qt.Orientation.Horizontal, k, garment.path) for k, garment in enumerate(self.book.garments)]
        for orientation, section, path in rows + columns:
            if key_of(path) == key:
                self.headerDataChanged.emit(orientation, section, section)


def _clip_words(jobs: list[Job | None]) -> tuple[str, JobState, str]:
    """(what is with a cell's clips, the state whose mark it gets, what went wrong): what moves before what failed, and
    that before what is done.
    """
    translate = QCoreApplication.translate
    known = [job for job in jobs if job is not None]
    by_state = {state: [job for job in known if job.state is state] for state in JobState}
    done, count = len(by_state[JobState.done]), len(jobs)
    if working := by_state[JobState.working]:
        job = working[0]
        words = translate("GridModel", "Rendering")
        if job.total:
            words = translate("GridModel", "Rendering {percent} %").format(percent=100 * job.done // job.total)
        return words, JobState.working, ""
    if by_state[JobState.waiting]:
        return translate("GridModel", "Waiting"), JobState.waiting, ""
    if failed := by_state[JobState.failed]:
        return translate("GridModel", "Failed"), JobState.failed, failed[0].message
    if done == count:
        many = translate("GridModel", "{n} clips").format(n=count)
        return translate("GridModel", "Clip") if count == 1 else many, JobState.done, ""
    if done:
        return translate("GridModel", "{done} of {n} clips").format(done=done, n=count), JobState.done, ""
    return translate("GridModel", "Cancelled"), JobState.cancelled, ""


class _CellDelegate(QStyledItemDelegate):
    """The picture, whole, over a line that says what is with it."""

    def __init__(self, grid: LookGrid) -> None:
        super().__init__(grid)
        self._grid = grid

    def paint(self, painter: QPainter, option: Any, index: Index) -> None:
        cell: Cell = index.data(CELL)
        theme = current()
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(option.rect, theme.color("window"))  # over the view's own mark of the selection
        box = QRectF(option.rect.adjusted(GAP, GAP, -GAP, -GAP))
        card = QPainterPath()
        card.addRoundedRect(box, RADIUS, RADIUS)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillPath(card, theme.color("raised"))
        if chosen:
            painter.fillPath(card, theme.color("accent", 0.2))
        line = option.fontMetrics.height() + GRID
        room = box.adjusted(GAP, GAP, -GAP, -line)
        image = self._grid.playing_image(index) or cell.image
        if image.isNull():
            painter.setPen(QPen(theme.color("line"), 1.25, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(room, RADIUS, RADIUS)
            mark = QRect(0, 0, 3 * GRID, 3 * GRID)
            mark.moveCenter(room.center().toPoint())
            icon(cell.drawing, cell.role).paint(painter, mark)
        else:
            size = image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRectF(0, 0, size.width(), size.height())
            place.moveCenter(room.center())
            painter.drawImage(place, image)
        self._paint_words(painter, option, cell, QRectF(room.left(), room.bottom() + GAP, room.width(), line - GRID))
        if chosen or option.state & QStyle.StateFlag.State_HasFocus:
            has_focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(
                QPen(
                    theme.color("accent"), 2, Qt.PenStyle.SolidLine if chosen or not has_focus else Qt.PenStyle.DashLine
                )
            )
            painter.drawPath(card)
        if chosen:
            self._paint_tick(painter, box)
        painter.restore()

    def sizeHint(self, option: Any, index: Index) -> QSize:
        return QSize(WIDTH, HEIGHT)

    def _paint_words(self, painter: QPainter, option: Any, cell: Cell, box: QRectF) -> None:
        mark = QRect(int(box.left()), int(box.center().y() - _SMALL / 2), _SMALL, _SMALL)
        icon(cell.drawing, cell.role).paint(painter, mark)
        box = box.adjusted(_SMALL + GAP, 0, 0, 0)
        painter.setPen(current().color("error" if cell.role == "error" else "text"))
        words = option.fontMetrics.elidedText(cell.words, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)

    def _paint_tick(self, painter: QPainter, box: QRectF) -> None:
        """Chosen cells are told by more than their colour."""
        disc = QRectF(box.right() - 3 * GRID, box.top() + GAP, 20, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current().color("accent"))
        painter.drawEllipse(disc)
        icon("check", "on_accent").paint(painter, disc.adjusted(3, 3, -3, -3).toRect())


class _Header(QHeaderView):
    """Inputs as small pictures with their names; lights up while something is dragged that it takes."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget) -> None:
        super().__init__(orientation, parent)
        self._lit = self._hot = False
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        across = orientation == Qt.Orientation.Horizontal
        self.setDefaultSectionSize(WIDTH if across else HEIGHT)
        (self.setFixedHeight if across else self.setFixedWidth)(TOP if across else SIDE)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def light(self, lit: bool, hot: bool = False) -> None:
        if (lit, hot) != (self._lit, self._hot):
            self._lit, self._hot = lit, hot
            self.viewport().update()

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        if not rect.isValid():
            return
        theme, model = current(), self.model()
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(rect, theme.color("window"))
        box = rect.adjusted(GAP, GAP, -GAP, -GAP)
        if self._lit:
            painter.setPen(
                QPen(theme.color("accent"), 1.5, Qt.PenStyle.SolidLine if self._hot else Qt.PenStyle.DashLine)
            )
            painter.setBrush(theme.color("accent", 0.22 if self._hot else 0.08))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        line = self.fontMetrics().height()
        words = QRect(box.left(), box.bottom() - line, box.width(), line)
        room = QRect(0, 0, box.width() - GRID, min(box.height() - line - GRID, 18 * GRID))
        if self.orientation() == Qt.Orientation.Vertical:  # the picture in the middle, its name under it
            room.moveCenter(box.center())
            room.translate(0, -line // 2)
        else:
            room.moveTopLeft(box.topLeft())
            room.translate(GAP, GAP)
        image = model.headerData(section, self.orientation(), Qt.ItemDataRole.DecorationRole)
        if isinstance(image, QImage) and not image.isNull():
            size = image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(0, 0, size.width(), size.height())
            place.moveCenter(room.center())
            painter.drawImage(place, image)
            words.moveTop(min(words.top(), place.bottom() + GAP))
        painter.setPen(theme.color("text"))
        name = str(model.headerData(section, self.orientation()))
        short = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter), short)
        painter.restore()


class LookGrid(QTableView):
    """Cells to choose, open and play: by mouse, or with the arrows, Space, Ctrl+A and Enter."""

    opened = Signal(QModelIndex)

    def __init__(self, model: GridModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(_CellDelegate(self))
        self.setAccessibleName(self.tr("Look-book: persons by garments"))
        self.rows = _Header(Qt.Orientation.Vertical, self)
        self.columns = _Header(Qt.Orientation.Horizontal, self)
        self.rows.setAccessibleName(self.tr("Persons"))
        self.columns.setAccessibleName(self.tr("Garments"))
        self.setVerticalHeader(self.rows)
        self.setHorizontalHeader(self.columns)
        self.setCornerButtonEnabled(False)
        self.setStyleSheet("QTableCornerButton::section { background: transparent; border: none; }")
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._preview = ClipPreview(self)
        self._preview.frame_changed.connect(self._playing_changed)
        self._playing = QPersistentModelIndex()
        self._pointer = QPoint()
        self._rest = QTimer(self, singleShot=True, interval=MOTION_MS)  # a pointer that passes by starts nothing
        self._rest.timeout.connect(lambda: self.play(self.indexAt(self._pointer)))
        self.doubleClicked.connect(self.opened)

    @property
    def chosen(self) -> list[tuple[int, int]]:
        """(row, column) of the selected cells, row by row."""
        return sorted((index.row(), index.column()) for index in self.selectionModel().selectedIndexes())

    def play(self, index: QModelIndex) -> None:
        """The cell's clip, if it has one; stops any other."""
        cell: Cell | None = index.data(CELL) if index.isValid() else None
        if self._playing.isValid() and index != self._playing:
            self.update(self._playing_cell)
        if cell is None or cell.clip is None:
            self._playing = QPersistentModelIndex()
            self._preview.stop()
        else:
            self._playing = QPersistentModelIndex(index)
            self._preview.play(cell.clip.target)

    def playing_image(self, index: Index) -> QImage | None:
        """The frame that this cell shows just now; None where it doesn't play."""
        return self._preview.image if self._playing.isValid() and index == self._playing else None

    @property
    def _playing_cell(self) -> QModelIndex:
        return self.model().index(self._playing.row(), self._playing.column())

    def close_threads(self) -> None:
        self._rest.stop()
        self._preview.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current_index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current_index.isValid():
            self.opened.emit(current_index)
        elif event.key() == Qt.Key.Key_P and not event.modifiers() and current_index.isValid():
            self.play(QModelIndex() if self._playing == current_index else current_index)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._pointer = event.position().toPoint()
        if self.indexAt(self._pointer) != self._playing:
            self._rest.start()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._rest.stop()
            self.play(QModelIndex())
        return super().viewportEvent(event)

    def _playing_changed(self) -> None:
        if self._playing.isValid():
            self.update(self._playing_cell)
