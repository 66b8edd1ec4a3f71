"""The look-book: persons by garments, each cell a look that is dressed by itself and rendered on demand.

It knows no document. What it shows is a ``LookBook``, a plain value; what is being made of it, the queue tells.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QModelIndex, QObject, QPoint, QSize, Qt, QThreadPool, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QImage,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.engine.queue import LookQueue
from app.model.lookbook import JobState, LookBook
from app.model.state import ClipSettings, GarmentInput, LookState, MotionInput, PersonInput
from app.widgets.drops import Offer, copied, file_filter, offered, received, well_title
from app.widgets.errors import Banner
from app.widgets.icons import icon
from app.widgets.language import motion_name
from app.widgets.lookbook_grid import GridModel, LookGrid
from app.widgets.pictures import Thumbnails, key_of
from app.widgets.theme import GRID, ICON
from app.widgets.tiles import Tile

Input = PersonInput | GarmentInput | MotionInput
_OPEN = (JobState.failed, JobState.cancelled)
_INPUTS: dict[str, Callable[[Path], Input]] = {
    "person": lambda path: PersonInput(path=path),
    "garment": lambda path: GarmentInput(path=path),
    "motion": lambda path: MotionInput(path=path),
}


class _Samples(QObject):
    """Lists what ships with the program on a thread: the motions take modules that start-up can do without."""

    found = Signal(object, object)
    """({well: [Path]}, [name of a motion template])"""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)

    def start(self) -> None:
        self._pool.start(self._list)

    def close(self) -> None:
        self._pool.waitForDone(5000)

    def _list(self) -> None:
        from fashionmirror_core import samples
        from fashionmirror_core.motion import templates

        garments = [*samples.photographed(), *samples.garments()]
        files = {"person": samples.persons(), "garment": garments, "motion": samples.motions()}
        self.found.emit(files, list(templates.NAMES))


class LookBookView(QWidget):
    """The grid under a line of what it is made of, and the button that renders it."""

    look_opened = Signal(object)
    """LookState: the user wants to go on with this look in the studio."""
    book_changed = Signal(object)
    """LookBook, after every change by the user."""

    def __init__(self, queue: LookQueue, parent: QWidget | None = None, thumbnails: Thumbnails | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._thumbnails = thumbnails or Thumbnails.shared()
        self.sort: Callable[[Sequence[Path], str], None] | None = None
        """Takes pictures and the well that they were dropped on, "" for none, and adds each where what it shows belongs."""
        self._samples: dict[str, list[Path]] = {}
        self._templates: list[str] = []
        self._recent: dict[str, list[Path]] = {}
        self._seen = False
        self._sheet: Path | None = None
        self._listing = _Samples(self)
        self._listing.found.connect(self._samples_found)
        self.setAcceptDrops(True)
        self.setAccessibleName(self.tr("Look-book"))
        self.model = GridModel(queue, self._thumbnails, self)
        self.grid = LookGrid(self.model)
        self._build()
        self.grid.opened.connect(lambda index: self.open_cell(index.row(), index.column()))
        self.grid.customContextMenuRequested.connect(self._cell_menu_wanted)
        for header in (self.grid.rows, self.grid.columns):
            header.customContextMenuRequested.connect(
                lambda where, header=header: self._header_menu_wanted(header, where)
            )
        self._thumbnails.ready.connect(self._thumbnail_ready)
        self.grid.selectionModel().selectionChanged.connect(self._show_state)
        self.model.modelReset.connect(self._show_state)
        self.model.dataChanged.connect(self._show_state)
        queue.sheet_finished.connect(self._sheet_finished)
        self._show_book()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        bar = QHBoxLayout()
        bar.setSpacing(GRID)
        self.add_buttons = {
            "person": self._menu_button("person", self.tr("Add Persons")),
            "garment": self._menu_button("garment", self.tr("Add Garments")),
        }
        self.motions = self._menu_button("motion", "")
        for button in (*self.add_buttons.values(), self.motions):
            bar.addWidget(button)
        self.facts = QLabel()
        self.facts.setProperty("muted", True)
        self.facts.setMinimumWidth(GRID)
        self.facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        bar.addWidget(self.facts, 1)
        self.export = QPushButton(icon("export"), self.tr("Contact Sheet…"))
        self.export.setAccessibleName(self.tr("Export a contact sheet"))
        self.export.clicked.connect(self._choose_sheet)
        bar.addWidget(self.export)
        self.render_button = QPushButton()
        self.render_button.setProperty("primary", True)
        self.render_button.clicked.connect(self.render_chosen)
        bar.addWidget(self.render_button)
        column.addLayout(bar)
        self.banner = Banner()
        self.banner.mend_requested.connect(self._show_sheet)
        column.addWidget(self.banner)

        invitation = QWidget()
        row = QHBoxLayout(invitation)
        row.setContentsMargins(4 * GRID, 4 * GRID, 4 * GRID, 4 * GRID)
        row.setSpacing(3 * GRID)
        self.tiles = {
            "person": Tile(self.tr("Persons"), self.tr("Drop photos of persons here"), "person", 36 * GRID),
            "garment": Tile(self.tr("Garments"), self.tr("Drop pictures of garments here"), "garment", 36 * GRID),
        }
        row.addStretch(1)
        for well, tile in self.tiles.items():
            tile.setMaximumWidth(34 * GRID)
            tile.clicked.connect(lambda well=well, tile=tile: self.add_menu(well).popup(_under(tile)))
            tile.menu_requested.connect(lambda where, well=well: self.add_menu(well).popup(where))
            tile.paste_requested.connect(lambda well=well: self.take(copied(), well))
            tile.remove_requested.connect(lambda well=well: self._remove(self._inputs(well)))
            row.addWidget(tile, 3)
        row.addStretch(1)
        self.pages = QStackedWidget()
        self.pages.addWidget(invitation)
        self.pages.addWidget(self.grid)
        column.addWidget(self.pages, 1)

    def _menu_button(self, drawing: str, text: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(drawing))
        button.setIconSize(QSize(ICON, ICON))
        button.setText(text)
        button.setAccessibleName(text)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        well = drawing
        button.clicked.connect(
            lambda: (self.motion_menu() if well == "motion" else self.add_menu(well)).popup(_under(button))
        )
        return button

    # --- the book ---

    @property
    def book(self) -> LookBook:
        return self.model.book

    @book.setter
    def book(self, book: LookBook) -> None:
        """Another one; ``book_changed`` isn't emitted."""
        self.model.show_book(book)
        self._show_book()

    def add(self, well: str, paths: Iterable[Path]) -> None:
        """Files of "person", "garment" or "motion": rows, columns, or clips of each cell."""
        self._change(self.book.having(*(_INPUTS[well](path) for path in paths)))

    def add_template(self, name: str) -> None:
        """A built-in motion."""
        self._change(self.book.having(MotionInput(template=name)))

    def add_look(self, look: LookState) -> None:
        """Person, garments and motion of a look, as they are used there."""
        inputs = (look.person, *look.garments, look.motion)
        self._change(self.book.having(*(given for given in inputs if given is not None)))

    def set_clip_settings(self, clip: ClipSettings) -> None:
        """How all clips are made: length, rate, background; their quality is final."""
        self._change(self.book.model_copy(update={"clip": clip}))

    def set_recent(self, recent: dict[str, list[Path]]) -> None:
        """Files used before, by "person", "garment" and "motion", for the menus."""
        self._recent = dict(recent)

    def take(self, mime: QMimeData, well: str = "", cache: Path | None = None) -> bool:
        """A drop or paste for "person", "garment" or "motion"; "" where only the thing itself tells. False: it is refused,
        and the view says why.
        """
        offer = received(mime, cache)
        well = self._aim(offer, well)
        if self.sort is not None and well != "motion" and not offer.meant and (files := offer.files_for("person")):
            self.banner.hide()
            self.sort(files, well)
            if left_out := offer.left_out("person"):
                self.banner.tell(left_out, "warning")
            return True
        objection = offer.objection(well) if well else offer.refusal or self.undecided()
        if objection:
            self.banner.tell(objection, "warning")
            return False
        self.banner.hide()
        if offer.template:
            self.add_template(offer.template)
        else:
            self.add(well, offer.files_for(well))
        if left_out := offer.left_out(well):
            self.banner.tell(left_out, "warning")
        return True

    def undecided(self) -> str:
        return self.tr("Drop it on the persons at the left, or on the garments at the top.")

    def _change(self, book: LookBook) -> None:
        if book != self.book:
            self.book = book
            self.book_changed.emit(book)

    def _remove(self, inputs: Sequence[Input]) -> None:
        self._change(self.book.without(*inputs))

    def _inputs(self, well: str) -> tuple[Input, ...]:
        book = self.book
        inputs: dict[str, tuple[Input, ...]] = {
            "person": book.persons,
            "garment": book.garments,
            "motion": book.motions,
        }
        return inputs[well]

    # --- what it shows ---

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._seen:
            self._seen = True
            self._listing.start()
            self._wish()

    def close_threads(self) -> None:
        """Call it before the window goes."""
        self._listing.close()
        self.grid.close_threads()

    def _show_book(self) -> None:
        book = self.book
        self.pages.setCurrentIndex(1 if book.persons and book.garments else 0)
        for well, tile in self.tiles.items():
            inputs = self._inputs(well)
            image = self._thumbnails.request(inputs[-1].path) if inputs and inputs[-1].path else None
            caption = ", ".join(given.path.stem for given in inputs if given.path is not None)
            tile.show_picture(caption, image)
        names = [motion_name(motion) for motion in book.motions]
        text = {0: self.tr("Choose Motions"), 1: names[0] if names else "", 2: ", ".join(names)}.get(
            len(names), self.tr("{n} motions").format(n=len(names))
        )
        self.motions.setText(text)
        self.motions.setToolTip(", ".join(names))
        self.motions.setAccessibleName(self.tr("Motions: {names}").format(names=", ".join(names) or self.tr("none")))
        self._wish()
        self._show_state()

    def _wish(self) -> None:
        """Stills are made as soon as somebody looks."""
        if self._seen:
            self._queue.wish_stills(self.book.look(*cell) for cell in self.book.cells)

    def _show_state(self, *_: object) -> None:
        book = self.book
        looks = len(book.persons) * len(book.garments)
        jobs = [job for cell in book.cells for job in self.model.jobs(*cell)]
        done = sum(job is not None and job.state is JobState.done for job in jobs)
        facts = self.tr("{done} of {all} clips").format(done=done, all=len(jobs)) if jobs else ""
        self.facts.setText(facts)
        wanted, again = self._wanted()
        if not looks:
            text = self.tr("Render needs persons and garments")
        elif not book.motions:
            text = self.tr("Render needs a motion")
        elif again:
            text = self.tr("Render Again")
        elif not wanted:
            text = self.tr("Queued")
        elif len(wanted) == 1:
            text = self.tr("Render 1 Clip")
        else:
            text = self.tr("Render {n} Clips").format(n=len(wanted))
        self.render_button.setText(text)
        self.render_button.setAccessibleName(text)
        self.render_button.setEnabled(bool(wanted))
        self.export.setEnabled(bool(looks))

    def _wanted(self) -> tuple[list[LookState], bool]:
        """(the clips that Render would make: of the chosen cells, or of all; whether all of them are there already)."""
        cells = [cell for cell in self.grid.chosen or self.book.cells if not self._queue.refusal(self.book.look(*cell))]
        looks = [self.book.look(*cell, motion) for cell in cells for motion in self.book.motions]
        jobs = [self._queue.job_of(look) for look in looks]
        new = [look for look, job in zip(looks, jobs, strict=True) if job is None or job.state in _OPEN]
        done = [look for look, job in zip(looks, jobs, strict=True) if job is not None and job.state is JobState.done]
        return (new, False) if new or len(done) < len(looks) else (done, bool(done))

    def _thumbnail_ready(self, key: str, image: QImage) -> None:
        if any(
            inputs and inputs[-1].path and key_of(inputs[-1].path) == key for inputs in map(self._inputs, self.tiles)
        ):
            self._show_book()

    def _samples_found(self, files: dict[str, list[Path]], templates: list[str]) -> None:
        self._samples, self._templates = files, templates

    # --- what is done ---

    def render_chosen(self) -> None:
        """Queues the clips of the chosen cells, or of all; what is there already only where nothing else is left."""
        looks, again = self._wanted()
        for look in looks:
            job = self._queue.job_of(look)
            if again and job is not None:
                self._queue.again(job.id)
            else:
                self._queue.add(look)

    def _cancel(self, numbers: Sequence[int]) -> None:
        for number in reversed(numbers):  # the one that works last, or the next would begin
            self._queue.cancel(number)

    def open_cell(self, row: int, column: int) -> None:
        """The look in the studio, with the first of the motions."""
        motion = self.book.motions[0] if self.book.motions else None
        self.look_opened.emit(self.book.look(row, column, motion))

    def export_sheet(self, path: Path) -> None:
        """Writes the contact sheet; the banner tells when it is there."""
        self._queue.export_sheet(self.book, path)

    def _choose_sheet(self) -> None:
        start = self._queue.folder if os.path.isdir(self._queue.folder) else Path.home()
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr("Contact Sheet"), str(start / "contact-sheet.png"), self.tr("Pictures (*.png *.jpg *.webp)")
        )
        if path:
            self.export_sheet(Path(path))

    def _sheet_finished(self, path: Path | None, reason: str) -> None:
        self._sheet = path
        if path is None:
            self.banner.tell(reason, "warning")
        else:
            text = self.tr("The contact sheet is written: {name}").format(name=path.name)
            self.banner.tell(text, "info", "sheet", self.tr("Show"))

    def _show_sheet(self) -> None:
        if self._sheet is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._sheet)))

    # --- menus ---

    def add_menu(self, well: str) -> QMenu:
        """How rows ("person") or columns ("garment") come in."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("open"), self.tr("Open…"), lambda: self._choose_files(well))
        paste = menu.addAction(self.tr("Paste"), lambda: self.take(copied(), well))
        paste.setEnabled(offered(copied()).fits(well))
        recent = [path for path in self._recent.get(well, ()) if path not in self._paths(well)]
        for title, paths in ((self.tr("Samples"), self._samples.get(well, [])), (self.tr("Recent"), recent)):
            if not paths:
                continue
            more = menu.addMenu(title)
            more.addAction(self.tr("All"), lambda paths=paths: self.add(well, paths))
            more.addSeparator()
            for path in paths:
                act = more.addAction(_spoken(path), lambda path=path: self.add(well, [path]))
                act.setEnabled(path not in self._paths(well))
        if inputs := self._inputs(well):
            menu.addSeparator()
            less = menu.addMenu(icon("trash"), self.tr("Remove"))
            for given in inputs:
                less.addAction(_spoken(given.path or Path()), lambda given=given: self._remove([given]))
        return menu

    def motion_menu(self) -> QMenu:
        """The motions of every cell, to be ticked."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        built_in = [MotionInput(template=name) for name in self._templates]
        files = [*self._samples.get("motion", []), *self._recent.get("motion", ())]
        own = [motion for motion in self.book.motions if motion not in built_in]
        known = dict.fromkeys([*built_in, *own, *(MotionInput(path=path) for path in files)])
        for motion in known:
            act = menu.addAction(motion_name(motion).replace("-", " "))
            act.setCheckable(True)
            act.setChecked(motion in self.book.motions)
            act.toggled.connect(
                lambda on, motion=motion: self._change(self.book.having(motion) if on else self.book.without(motion))
            )
        menu.addSeparator()
        menu.addAction(icon("open"), self.tr("Open…"), lambda: self._choose_files("motion"))
        return menu

    def cell_menu(self, row: int, column: int) -> QMenu:
        """What a right click on a cell offers."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("person"), self.tr("Open in the Studio"), lambda: self.open_cell(row, column))
        render = menu.addAction(icon("render"), self.render_button.text(), self.render_chosen)
        render.setEnabled(self.render_button.isEnabled())
        jobs = [job for job in self.model.jobs(row, column) if job is not None]
        going = [job.id for job in jobs if not job.state.over]
        stop = menu.addAction(icon("cancel"), self.tr("Cancel"), lambda: self._cancel(going))
        stop.setEnabled(bool(going))
        done = [job for job in jobs if job.state is JobState.done]
        for job in done:
            text = self.tr("Open Clip: {motion}").format(motion=motion_name(job.look.motion) if job.look.motion else "")
            menu.addAction(
                icon("play"), text, lambda job=job: QDesktopServices.openUrl(QUrl.fromLocalFile(str(job.target)))
            )
        menu.addSeparator()
        for given in (self.book.persons[row], self.book.garments[column]):
            text = self.tr("Remove {name}").format(name=_spoken(given.path))
            menu.addAction(icon("trash"), text, lambda given=given: self._remove([given]))
        return menu

    def _cell_menu_wanted(self, where: QPoint) -> None:
        index: QModelIndex = self.grid.indexAt(where)
        if index.isValid():
            self.cell_menu(index.row(), index.column()).popup(self.grid.viewport().mapToGlobal(where))

    def _header_menu_wanted(self, header: QObject, where: QPoint) -> None:
        head = self.grid.rows if header is self.grid.rows else self.grid.columns
        given = self.model.header_input(head.logicalIndexAt(where), head.orientation())
        menu = self.add_menu("person" if head is self.grid.rows else "garment")
        if given is not None:
            first = menu.actions()[0]
            text = self.tr("Remove {name}").format(name=_spoken(given.path))
            act = menu.addAction(icon("trash"), text, lambda: self._remove([given]))
            menu.insertAction(first, act)
            menu.insertSeparator(first)
        menu.popup(head.viewport().mapToGlobal(where))

    def _choose_files(self, well: str) -> None:
        title = self.tr("Add: {well}").format(well=well_title(well))
        last = next((given.path for given in reversed(self._inputs(well)) if given.path is not None), None)
        paths, _ = QFileDialog.getOpenFileNames(
            self, title, str(last.parent if last else Path.home()), file_filter(well)
        )
        self.add(well, map(Path, paths))

    def _paths(self, well: str) -> set[Path | None]:
        return {given.path for given in self._inputs(well)}

    # --- drops ---

    def zone(self, where: QPoint) -> str:
        """The well of what is dropped here, "" where that can't be said."""
        if self.motions.geometry().contains(where):
            return "motion"
        if self.pages.currentIndex() == 0:
            for well, tile in self.tiles.items():
                if tile.rect().contains(tile.mapFrom(self, where)):
                    return well
            return ""
        inside = self.grid.mapFrom(self, where)
        if not self.grid.rect().contains(inside):
            return ""
        if inside.x() < self.grid.rows.width():
            return "person"
        return "garment" if inside.y() < self.grid.columns.height() else ""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.accept()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        offer = offered(event.mimeData())
        well = self._aim(offer, self.zone(event.position().toPoint()))
        sorts = self.sort is not None and not well and offer.fits("person")
        fits = sorts or (bool(well) and offer.fits(well))
        self._light(offer, well if fits else "")
        if fits:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._light(None, "")

    def dropEvent(self, event: QDropEvent) -> None:
        self._light(None, "")
        if self.take(event.mimeData(), self.zone(event.position().toPoint())):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    def _aim(self, offer: Offer, zone: str) -> str:
        """Where a drop goes: what belongs to one well finds it from anywhere."""
        if offer.meant or offer.template:
            return offer.meant or "motion"
        return "motion" if offer.fits("motion") and not offer.fits("person") else zone

    def _light(self, offer: Offer | None, hot: str) -> None:
        headers = {"person": self.grid.rows, "garment": self.grid.columns}
        for well, tile in self.tiles.items():
            lit = offer is not None and offer.fits(well)
            tile.light(lit, hot=lit and well == hot)
            headers[well].light(lit, hot=lit and well == hot)


def _under(widget: QWidget) -> QPoint:
    return widget.mapToGlobal(widget.rect().bottomLeft())


def _spoken(path: Path | None) -> str:
    return "" if path is None else path.stem.replace("-", " ").replace("_", " ")
