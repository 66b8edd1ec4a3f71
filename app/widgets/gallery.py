"""The gallery: built-in samples and recent files with thumbnails, to click or to drag into a well.

Three shelves, one for each well. Nothing is read before the gallery is first seen, and nothing is decoded on the GUI
thread.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QByteArray, QCoreApplication, QMimeData, QObject, QSize, Qt, QThreadPool, QUrl, Signal
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.widgets.drops import MEANT_MIME, TEMPLATE_MIME, well_title
from app.widgets.icons import icon
from app.widgets.language import template_name
from app.widgets.pictures import Thumbnails, key_of
from app.widgets.theme import GAP, GRID

WELLS = ("person", "garment", "motion")
_SOURCE = Qt.ItemDataRole.UserRole
_KEY = Qt.ItemDataRole.UserRole + 1
_THUMBNAIL = {"person": QSize(72, 96), "garment": QSize(80, 80), "motion": QSize(40, 64)}


class Shelf(QListWidget):
    """Thumbnails for one well. Motions are a list, because they are told apart by what they do."""

    used = Signal(object)
    """Path of a file, or str: a template's name."""

    def __init__(self, well: str, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.well, self._thumbnails = well, thumbnails
        self.setAccessibleName(self.tr("Gallery: {well}").format(well=well_title(well)))
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setIconSize(_THUMBNAIL[well])
        self.setUniformItemSizes(well != "motion")
        self.setWordWrap(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if well != "motion":
            self.setViewMode(QListView.ViewMode.IconMode)
            self.setGridSize(_THUMBNAIL[well] + QSize(2 * GAP, 3 * GRID))
            self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
            self.setWordWrap(False)
        self.setMovement(QListView.Movement.Static)  # after the view mode, which resets it
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.itemClicked.connect(lambda item: self.used.emit(item.data(_SOURCE)))
        thumbnails.ready.connect(self._thumbnail_ready)

    def show_sources(self, sources: Sequence[tuple[Path | str, str]]) -> None:
        """sources: (file or template's name, its description) in the order to show."""
        self.clear()
        for source, description in sources:
            name = template_name(source) if isinstance(source, str) else source.stem
            name = name.replace("-", " ").replace("_", " ")
            item = QListWidgetItem(f"{name}\n{_brief(description)}" if self.well == "motion" else name)
            item.setData(_SOURCE, source)
            item.setData(_KEY, key_of(source))
            where = "" if isinstance(source, str) else str(source)
            item.setToolTip("\n".join(filter(None, (name, description, where))))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}. {description}")
            image = self._thumbnails.request(source)
            item.setIcon(self._icon(image))
            self.addItem(item)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and item is not None:
            self.used.emit(item.data(_SOURCE))
        else:
            super().keyPressEvent(event)

    def mimeData(self, items: Sequence[QListWidgetItem]) -> QMimeData:
        mime = QMimeData()
        if not items:
            return mime
        source = items[0].data(_SOURCE)
        if isinstance(source, str):
            mime.setData(TEMPLATE_MIME, QByteArray(source.encode()))
        else:
            mime.setUrls([QUrl.fromLocalFile(str(source))])
            mime.setData(MEANT_MIME, QByteArray(self.well.encode()))
        return mime

    def _thumbnail_ready(self, key: str, image: QImage) -> None:
        for row in range(self.count()):
            if self.item(row).data(_KEY) == key:
                self.item(row).setIcon(self._icon(image))

    def _icon(self, image: QImage | None) -> QIcon:
        return icon(self.well, "muted") if image is None or image.isNull() else QIcon(QPixmap.fromImage(image))


def _brief(description: str) -> str:
    """What a motion is, in few words: up to the first comma that leaves enough of them."""
    first = re.split("[;；]", description)[0]
    head = re.split("[,，]", first)[0]
    return head if len(head) >= 16 else first


class _Templates(QObject):
    """Lists the motion templates on a thread: choreographing them takes modules that start-up can do without."""

    found = Signal(list)
    """[(name, description)]"""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)

    def start(self) -> None:
        self._pool.start(self._list)

    def close(self) -> None:
        self._pool.waitForDone(5000)

    def _list(self) -> None:
        from fashionmirror_core.motion import templates

        with suppress(RuntimeError):  # the window was closed meanwhile
            self.found.emit([(name, templates.description(name)) for name in templates.NAMES])


class Gallery(QWidget):
    """Samples and recent files for the three wells."""

    used = Signal(str, object)
    """(well, Path): fill the well with it."""
    template_used = Signal(str)

    def __init__(self, thumbnails: Thumbnails | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails or Thumbnails.shared()
        self._recent: dict[str, list[Path]] = {well: [] for well in WELLS}
        self._samples: dict[str, list[tuple[Path | str, str]]] = {well: [] for well in WELLS}
        self._loaded = False
        self._templates = _Templates(self)
        self._templates.found.connect(self._templates_found)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName(self.tr("Gallery"))
        self.tabs.setExpanding(True)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(False)
        self._stack = QStackedWidget()
        self.shelves = {well: Shelf(well, self._thumbnails) for well in WELLS}
        for well, shelf in self.shelves.items():
            self.tabs.addTab(well_title(well))
            self._stack.addWidget(shelf)
            shelf.used.connect(lambda source, well=well: self._use(well, source))
        self.tabs.currentChanged.connect(self._stack.setCurrentIndex)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, 0, GRID, GRID)
        column.setSpacing(GAP)
        column.addWidget(self.tabs)
        column.addWidget(self._stack, 1)

    def set_recent(self, well: str, paths: Sequence[Path]) -> None:
        """Files used before, newest first; those that are gone are left out."""
        self._recent[well] = list(paths)
        if self._loaded:
            self._fill(well)

    def close_threads(self) -> None:
        """Waits for what is being listed; call it before the window goes."""
        self._templates.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._loaded:
            self._loaded = True
            self._load()

    def _load(self) -> None:
        from fashionmirror_core import samples

        sample = self.tr("Built-in sample")
        self._samples["person"] = [(path, sample) for path in samples.persons()]
        self._samples["garment"] = [(path, sample) for path in (*samples.photographed(), *samples.garments())]
        self._samples["motion"] = [(path, self.tr("Built-in video")) for path in samples.motions()]
        for well in WELLS:
            self._fill(well)
        self._templates.start()

    def _templates_found(self, found: list[tuple[str, str]]) -> None:
        translated = [(name, QCoreApplication.translate("Templates", text)) for name, text in found]
        self._samples["motion"] = [*translated, *self._samples["motion"]]
        self._fill("motion")

    def _fill(self, well: str) -> None:
        """Recent files first, then the samples; nothing twice."""
        known = {source for source, _ in self._samples[well]}
        recent = [
            (path, self.tr("Recent")) for path in self._recent[well] if path not in known and os.path.exists(path)
        ]
        self.shelves[well].show_sources([*recent, *self._samples[well]])

    def _use(self, well: str, source: Path | str) -> None:
        if isinstance(source, str):
            self.template_used.emit(source)
        else:
            self.used.emit(well, source)
