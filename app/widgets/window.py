"""The window: four regions round the picture, the menus, and nothing that knows a document.

It is on screen before the engine's modules are imported; ``app.studio.studio`` then brings it to life. Its actions are all
there from the start and do nothing until somebody has given them a handler.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from PySide6.QtCore import QByteArray, QMimeData, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.model.settings import Settings
from app.widgets.actions import ACTIONS, attach_stage, attach_window, build_actions, build_menus
from app.widgets.attention_view import AttentionPair, GarmentDock
from app.widgets.busy import BusyNote
from app.widgets.drops import offered
from app.widgets.errors import Banner
from app.widgets.gallery import Gallery
from app.widgets.icons import icon
from app.widgets.inspector import Inspector
from app.widgets.paint_bar import PaintBar
from app.widgets.render_bar import RenderBar
from app.widgets.statusbar import StudioStatus
from app.widgets.theme import GRID
from app.widgets.timeline import Timeline
from app.widgets.toolstrip import ToolStrip
from app.widgets.transport import Transport, TransportBar
from app.widgets.viewer import Viewer
from app.widgets.wells import Wells

_LEFT, _RIGHT = 31 * GRID, 34 * GRID  # pixels of the side panels at first
_TALL = 1000  # pixels of a window in which the gallery has room under the wells
_LAYOUT = 1  # version of the kept splitters


class StudioWindow(QMainWindow):
    """See the module. ``actions_by_id``: every action of the table."""

    dropped = Signal(QMimeData)
    """Something that the window takes was dropped beside the wells."""
    close_asked = Signal(QCloseEvent)
    """The user wants to close; whoever ignores the event keeps the window open."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self._handlers: dict[str, Callable[..., Any]] = {}
        self._refused = False  # what is dragged over the window
        calls = {spec.id: partial(self._act, spec.id) for spec in ACTIONS}
        self.actions_by_id: dict[str, QAction] = build_actions(self, calls, settings.shortcuts)
        self.menus = build_menus(self.menuBar(), self.actions_by_id)
        attach_window(self.actions_by_id, self)
        self.transport = Transport(self)
        self._build()
        attach_stage(self.actions_by_id, self.viewer, self.timeline)
        QShortcut(QKeySequence(Qt.Key.Key_F10), self).activated.connect(self._to_menus)
        self.setAcceptDrops(True)
        self.setWindowTitle("FashionMirror")
        self.handle(self._own_handlers())
        self._restore()
        self.viewer.setFocus()

    # ---------------------------------------------------------------------------------------------- the regions

    def _build(self) -> None:
        self.title = QLabel()
        self.title.setProperty("muted", True)
        self.title.setAccessibleName(self.tr("Look"))
        self._corner = QWidget()  # holds the margins, which a label loses when the theme changes
        row = QHBoxLayout(self._corner)
        row.setContentsMargins(2 * GRID, 2, 2 * GRID, 0)
        row.addWidget(self.title)
        self.menuBar().setCornerWidget(self._corner, Qt.Corner.TopRightCorner)
        self.left, self.inspector = self._build_left(), Inspector()
        self.columns = _splitter(Qt.Orientation.Horizontal, self.left, self._build_center(), self.inspector)
        self.columns.setStretchFactor(1, 1)
        self.columns.setCollapsible(1, False)
        self.bottom = self._build_bottom()
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.columns, 1)
        column.addWidget(self.bottom)
        self.pages = QStackedWidget()  # the studio; the look-book when somebody has looked at it
        self.pages.addWidget(whole)
        self.setCentralWidget(self.pages)
        self.status = StudioStatus()
        self.setStatusBar(self.status)
        animated = self.settings.animated
        self.viewer.animated = self.timeline.animated = animated

    def _build_left(self) -> QWidget:
        self.wells, self.gallery = Wells(), Gallery()
        scroll = QScrollArea()
        scroll.setWidget(self.wells)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.shelves = _splitter(Qt.Orientation.Vertical, scroll, self.gallery)
        self.shelves.setStretchFactor(0, 1)
        self.shelves.setCollapsible(0, False)
        self.samples_button = QToolButton()
        self.samples_button.setText(self.tr("Samples and recent files"))
        self.samples_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.samples_button.setAutoRaise(True)
        self.samples_button.setCheckable(True)
        self.samples_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.samples_button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.samples_button.toggled.connect(self.show_gallery)
        panel = QWidget()
        panel.setMinimumWidth(29 * GRID)
        column = QVBoxLayout(panel)
        column.setSpacing(0)
        column.addWidget(self.shelves, 1)
        column.addWidget(self.samples_button)
        column.setContentsMargins(0, 0, 0, GRID // 2)
        self.show_gallery(False)
        return panel

    def _build_center(self) -> QWidget:
        self.viewer, self.dock = Viewer(), GarmentDock()
        self.dock.hide()
        self.pair = AttentionPair(self.viewer, self.dock)
        self.paint_bar = PaintBar(self.viewer)
        self.busy = BusyNote(self.viewer)
        self.banner = Banner()
        self.tools = ToolStrip(self.actions_by_id)
        self.pictures = _splitter(Qt.Orientation.Horizontal, self.viewer, self.dock)
        self.pictures.setStretchFactor(0, 1)
        self.pictures.setCollapsible(0, False)
        inner = QGridLayout()
        inner.addWidget(self.pictures, 0, 0)
        inner.addWidget(self.banner, 0, 0, Qt.AlignmentFlag.AlignBottom)  # over the picture, which keeps its place
        self.banner.raise_()
        center = QWidget()
        row = QHBoxLayout(center)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.tools)
        row.addLayout(inner, 1)
        return center

    def _build_bottom(self) -> QWidget:
        self.timeline = Timeline()
        render, cancel, export = (self.actions_by_id[name] for name in ("render.start", "render.cancel", "file.export"))
        self.render_bar = RenderBar(render, cancel, export)
        row = QHBoxLayout()
        row.setContentsMargins(GRID, 0, GRID, 0)
        row.addWidget(TransportBar(self.transport), 1)
        row.addWidget(self.render_bar)
        bottom = QWidget()
        column = QVBoxLayout(bottom)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(row)
        column.addWidget(self.timeline)
        return bottom

    def show_gallery(self, shown: bool) -> None:
        """The samples and recent files under the wells."""
        self.gallery.setVisible(shown)
        self.samples_button.setChecked(shown)
        self.samples_button.setIcon(icon("chevron-down" if shown else "chevron-right", "muted"))
        if shown:
            room = max(self.shelves.height(), 2)
            self.shelves.setSizes([room - max(room // 3, 26 * GRID), max(room // 3, 26 * GRID)])

    def show_title(self, text: str) -> None:
        """What is open, at the end of the menu bar."""
        self.title.setText(text)
        self.menuBar().setCornerWidget(self._corner, Qt.Corner.TopRightCorner)  # or it keeps its width
        self._corner.show()

    def add_page(self, page: QWidget) -> None:
        """Another view of the same window, for ``show_page``."""
        self.pages.addWidget(page)

    def show_page(self, page: QWidget | None) -> None:
        """None: the studio."""
        self.pages.setCurrentWidget(page or self.pages.widget(0))
        self.setAcceptDrops(page is None)  # nothing is dropped on what isn't seen

    # ---------------------------------------------------------------------------------------------- actions

    def handle(self, handlers: Mapping[str, Callable[..., Any]]) -> None:
        """Gives actions to their handlers; see ``actions.build_actions``."""
        self._handlers.update(handlers)

    def hide_unhandled(self) -> None:
        """What nobody does isn't offered."""
        for name, action in self.actions_by_id.items():
            action.setVisible(name in self._handlers)

    def _act(self, name: str, *values: Any) -> None:
        if handler := self._handlers.get(name):
            handler(*values)

    def _to_menus(self) -> None:
        bar = self.menuBar()
        bar.setFocus(Qt.FocusReason.MenuBarFocusReason)
        bar.setActiveAction(bar.actions()[0])

    def _own_handlers(self) -> dict[str, Callable[..., Any]]:
        viewer, transport, timeline = self.viewer, self.transport, self.timeline
        return {
            "file.quit": self.close,
            "file.samples": lambda: self.show_gallery(True),
            "view.fit": viewer.fit,
            "view.actual": viewer.actual_size,
            "view.zoom_in": viewer.zoom_in,
            "view.zoom_out": viewer.zoom_out,
            "view.single": lambda _: setattr(viewer, "mode", "single"),
            "view.side": lambda _: setattr(viewer, "mode", "side"),
            "view.wipe": lambda _: setattr(viewer, "mode", "wipe"),
            **{name: panel.setVisible for name, panel in self._panels.items()},
            "view.full_screen": lambda on: self.showFullScreen() if on else self.showNormal(),
            "paint.swap": viewer.strokes.swap,
            "paint.smaller": viewer.strokes.shrink,
            "paint.larger": viewer.strokes.grow,
            "play.toggle": transport.toggle,
            "play.backwards": lambda: transport.shuttle(-1),
            "play.stop": transport.pause,
            "play.forwards": lambda: transport.shuttle(1),
            "play.previous": lambda: transport.step(-1),
            "play.next": lambda: transport.step(1),
            "play.back_ten": lambda: transport.step(-10),
            "play.on_ten": lambda: transport.step(10),
            "play.first": transport.to_start,
            "play.last": transport.to_end,
            "play.in": transport.set_in,
            "play.out": transport.set_out,
            "play.in_earlier": lambda: transport.nudge(in_by=-1),
            "play.in_later": lambda: transport.nudge(in_by=1),
            "play.out_earlier": lambda: transport.nudge(out_by=-1),
            "play.out_later": lambda: transport.nudge(out_by=1),
            "play.clear_points": transport.clear_points,
            "play.loop": transport.set_loop,
            "play.zoom_in": lambda: timeline.zoom(1.5),
            "play.zoom_out": lambda: timeline.zoom(1 / 1.5),
        }

    # ---------------------------------------------------------------------------------------------- drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        offer = offered(event.mimeData())
        self.wells.show_drag(offer)
        self._refused = not offer.fits("window")
        if self._refused:
            self.banner.tell(offer.objection("window") or offer.refusal, "warning")
        event.accept()  # always, so that leaving is told, too; whether it may be dropped is said at every move

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.setAccepted(not self._refused)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.wells.show_drag(None)
        if self._refused:
            self.banner.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.wells.show_drag(None)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(event.mimeData())

    # ---------------------------------------------------------------------------------------------- its own life

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        self.close_asked.emit(event)
        if event.isAccepted():
            self._remember()

    def _remember(self) -> None:
        if not self.isFullScreen():
            self.settings.geometry = bytes(self.saveGeometry().data())
        shown = {name: panel.isVisibleTo(self) for name, panel in self._panels.items()}
        kept = {
            "version": _LAYOUT,
            "columns": bytes(self.columns.saveState().toBase64().data()).decode(),
            "shown": shown,
        }
        self.settings.layout = json.dumps(kept).encode()
        self.settings.sync()

    def _restore(self) -> None:
        self.columns.setSizes([_LEFT, 10 * _LEFT, _RIGHT])
        if not self.restoreGeometry(QByteArray(self.settings.geometry)):
            room = QGuiApplication.primaryScreen().availableGeometry()
            self.resize(min(1440, round(0.92 * room.width())), min(940, round(0.92 * room.height())))
        with suppress(ValueError, KeyError, TypeError, AttributeError):  # never kept, or the file was edited
            kept = json.loads(self.settings.layout)
            if kept["version"] == _LAYOUT:
                self.columns.restoreState(QByteArray.fromBase64(kept["columns"].encode()))
                for name in self._panels:
                    self.actions_by_id[name].setChecked(kept["shown"][name])
                    self._act(name, kept["shown"][name])

    @property
    def _panels(self) -> dict[str, QWidget]:
        """What the View menu folds away, by its action."""
        return {"view.inputs": self.left, "view.inspector": self.inspector, "view.timeline": self.timeline}

    def show_panel(self, action: str) -> None:
        """Unfolds what the user has folded away, by its action in the View menu."""
        if not self.actions_by_id[action].isChecked():
            self.actions_by_id[action].trigger()

    def open_gallery_if_tall(self) -> None:
        """Where there is room, samples and recent files are seen from the start."""
        if self.height() >= _TALL:
            self.show_gallery(True)


def _splitter(orientation: Qt.Orientation, *widgets: QWidget) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(5)
    for widget in widgets:
        splitter.addWidget(widget)
    return splitter
