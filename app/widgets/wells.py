"""The wells: Person, Garment and Motion, each a picture that files are dropped on.

They know no document: the window shows them a state with what the engine found (``Wells.show_state``) and is told by
signals what the user wants. Every signal that belongs to one garment ends in its index; other wells give -1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QImage
from PySide6.QtWidgets import QLabel, QMenu, QSpacerItem, QToolButton, QVBoxLayout, QWidget

from app.widgets.drops import Offer
from app.widgets.icons import icon
from app.widgets.language import motion_name
from app.widgets.pictures import Thumbnails, key_of, small_image, turned
from app.widgets.theme import GAP, GRID, ICON
from app.widgets.tiles import SkeletonTile, Tile
from app.widgets.well import Well

if TYPE_CHECKING:
    from app.engine.notes import Note
    from app.engine.views import GarmentView, MotionView, PersonView
    from app.model.state import GarmentInput, LookState, MotionInput

WELLS = ("person", "garment", "motion")


@dataclass(frozen=True)
class Views:
    """What the engine found so far; None is not there yet. garments: in the order of the state's; doubts: about how each of
    them lies on the person.
    """

    person: PersonView | None = None
    garments: tuple[GarmentView | None, ...] = ()
    motion: MotionView | None = None
    doubts: tuple[tuple[Note, ...], ...] = ()


class PersonWell(Well):
    """The photo of the person."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("person", parent)
        self.tile = Tile(self.title, self.tr("Drop a full-body photo here"), "person", 21 * GRID)
        self._tiles_row.addWidget(self.tile)
        self._connect_tile(self.tile)
        self.show_person(None, None, ())

    @property
    def tiles(self) -> list[Tile]:
        return [self.tile]

    def show_person(self, path: Path | None, image: QImage | None, notes: Sequence[Note]) -> None:
        self._paths = (path,) if path else ()
        self.tile.show_picture(path.name if path else "", image)
        self._renew_notes([(-1, note) for note in notes])


class GarmentColumn(QWidget):
    """A garment's tile and, under it, the chip that says and chooses its category."""

    category_chosen = Signal(str)

    def __init__(self, title: str, invitation: str, height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        self.tile = Tile(title, invitation, "garment", height)
        column.addWidget(self.tile)
        self.chip = QToolButton()
        self.chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.chip.setIconSize(QSize(ICON - 4, ICON - 4))
        self.chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.chip.setAutoRaise(True)
        self.menu = QMenu(self.chip)
        self.chip.clicked.connect(self.choose)
        column.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignLeft)
        self.chip.hide()

    def choose(self) -> None:
        """Opens the list of categories at the chip."""
        self.menu.popup(self.chip.mapToGlobal(self.chip.rect().bottomLeft()))

    def show_category(self, chosen: str, view: GarmentView | None) -> None:
        """chosen: "auto", "upper", "lower" or "dress"; view: what the engine took it for, None if not known yet."""
        names = category_names()
        doubt = view is not None and view.doubtful and chosen == "auto"
        shown = kind_name(view) if view is not None and chosen in ("auto", view.category) else names[chosen]
        self.chip.setText(self.tr("{category}?").format(category=shown) if doubt else shown)
        self.chip.setIcon(icon("warning", "warning") if doubt else icon("chevron-down", "muted"))
        name = self.tr("Category: {category}").format(category=self.chip.text())
        self.chip.setAccessibleName(name)
        self.chip.setToolTip(name)
        self.menu.clear()
        group = QActionGroup(self.menu)
        for value, text in names.items():
            action = self.menu.addAction(text, partial(self.category_chosen.emit, value))
            action.setCheckable(True)
            action.setChecked(value == chosen)
            group.addAction(action)


class GarmentWell(Well):
    """The garments: a dress, or a top and a skirt; each replaceable and removable."""

    category_chosen = Signal(int, str)

    _HEIGHT = 16 * GRID

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("garment", parent)
        self._add = Tile(self.title, self.tr("Add another garment, such as a skirt to a top"), "plus", self._HEIGHT)
        self._add.setFixedWidth(6 * GRID)
        self._connect_tile(self._add)
        self.columns: list[GarmentColumn] = []
        beside = QVBoxLayout()  # as high as a garment's tile, also where that is small
        beside.setSpacing(GAP)
        beside.addWidget(self._add)
        self._under_add = QSpacerItem(0, 0)
        beside.addSpacerItem(self._under_add)
        self._tiles_row.addLayout(beside)
        self.show_garments((), ())

    @property
    def tiles(self) -> list[Tile]:
        return [column.tile for column in self.columns] + ([self._add] if self._paths else [])

    def show_garments(
        self,
        garments: Sequence[GarmentInput],
        views: Sequence[GarmentView | None],
        images: Sequence[QImage | None] = (),
        doubts: Sequence[Sequence[Note]] = (),
    ) -> None:
        """images: what to show of each garment; None while it is being read. doubts: see ``Views``."""
        self._paths = tuple(garment.path for garment in garments)
        self._add.setVisible(bool(garments))
        self._fit_columns(len(garments))
        self._under_add.changeSize(0, GAP + self.columns[0].chip.sizeHint().height())
        notes: list[tuple[int, Note]] = []
        for k, garment in enumerate(garments):
            view = views[k] if k < len(views) else None
            column = self.columns[k]
            column.tile.show_picture(garment.path.name, images[k] if k < len(images) else None)
            column.show_category(garment.category.value, view)
            column.chip.show()
            notes += [(k, note) for note in view.notes] if view else []
            notes += [(k, note) for note in doubts[k]] if k < len(doubts) else []
        if not garments:
            column = self.columns[0]
            column.tile.show_picture("", None)
            column.chip.hide()
        self._renew_notes(notes)

    def _about(self, index: int) -> str:
        return self.columns[index].chip.text().rstrip("?？") if 0 <= index < len(self._paths) > 1 else ""

    def _fit_columns(self, count: int) -> None:
        """As many columns as garments, at least one for the invitation; those that stay keep the focus."""
        while len(self.columns) > max(count, 1):
            column = self.columns.pop()
            self._tiles_row.removeWidget(column)
            column.hide()
            column.deleteLater()
        while len(self.columns) < max(count, 1):
            index = len(self.columns)
            column = GarmentColumn(self.title, self.tr("Drop a garment's picture here"), self._HEIGHT)
            self._connect_tile(column.tile, index)
            column.category_chosen.connect(partial(self.category_chosen.emit, index))
            self._tiles_row.insertWidget(index, column, 1)
            self.columns.append(column)

    def _mend(self, index: int, remedy: str) -> None:
        if remedy == "category" and 0 <= index < len(self.columns):
            self.columns[index].choose()  # the remedy is right there
        else:
            super()._mend(index, remedy)

    def _light_target(self, index: int) -> None:
        adds = index < 0 and bool(self._paths)
        for k, tile in enumerate(self.tiles):
            tile.light(True, hot=tile is self._add if adds else k == max(index, 0))

    def _target(self, position: QPoint) -> int:
        for k, column in enumerate(self.columns):
            if column.geometry().contains(position):
                return self._filled(k)
        return -1


class MotionWell(Well):
    """The motion, played as a skeleton before anything is rendered."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("motion", parent)
        self.tile = SkeletonTile(self.title, self.tr("Drop a video or a motion here"), 14 * GRID)
        self._tiles_row.addWidget(self.tile)
        self.label = QLabel()
        self.label.setProperty("muted", True)
        self._column.insertWidget(2, self.label)
        self._connect_tile(self.tile)
        self.show_motion(None, None)

    @property
    def tiles(self) -> list[Tile]:
        return [self.tile]

    def show_motion(self, motion: MotionInput | None, view: MotionView | None) -> None:
        self._paths = (motion.path,) if motion else ()
        found = view.motion if view else None
        name = motion_name(motion) if motion else ""
        self.tile.show_motion(name, found.joints if found else None, found.fps if found else 25.0)
        self.label.setVisible(bool(view and name))
        if view and name:
            self.set_progress(-1, 0)
            self.label.setText(self.tr("{name}, {seconds} s").format(name=name, seconds=f"{view.seconds:.1f}"))
        self._renew_notes([(-1, note) for note in view.notes] if view else ())


class Wells(QWidget):
    """The three wells in a column."""

    dropped = Signal(str, object, int)
    """(well, Paths, index of the garment that the first one replaces or -1)."""
    template_dropped = Signal(str)
    removed = Signal(str, int)
    open_requested = Signal(str, int)
    """(well, index of the garment to replace or -1): choose a file, see ``drops.file_filter``."""
    remedy_requested = Signal(str, str, int)
    """(well, remedy, index)."""
    category_chosen = Signal(int, str)
    cancel_requested = Signal(str)

    def __init__(self, thumbnails: Thumbnails | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.person, self.garment, self.motion = PersonWell(), GarmentWell(), MotionWell()
        self._thumbnails = thumbnails or Thumbnails.shared()
        self._thumbnails.ready.connect(self._thumbnail_ready)
        self._state: LookState | None = None
        self._views = Views()
        self._scaled: dict[int, tuple[Any, QImage]] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        for well in self.wells.values():
            column.addWidget(well)
            kind = well.kind
            well.dropped.connect(partial(self.dropped.emit, kind))
            well.removed.connect(partial(self.removed.emit, kind))
            well.open_requested.connect(partial(self.open_requested.emit, kind))
            well.remedy_requested.connect(partial(self._remedy, kind))
            well.cancel_requested.connect(partial(self.cancel_requested.emit, kind))
            well.template_dropped.connect(self.template_dropped)
        self.garment.category_chosen.connect(self.category_chosen)
        column.addStretch(1)
        self.setMinimumWidth(25 * GRID)

    @property
    def wells(self) -> dict[str, Well]:
        return {"person": self.person, "garment": self.garment, "motion": self.motion}

    def show_state(self, state: LookState, views: Views) -> None:
        """The look's inputs with what the engine found; a picture that it hasn't read yet comes from its file."""
        self._forget_failures(state)
        self._state, self._views = state, views
        person, view = state.person, views.person
        image = self._picture(person.path, view.image if view else None, person.turns) if person else None
        self.person.show_person(person.path if person else None, image, view.notes if view and person else ())
        found = [views.garments[k] if k < len(views.garments) else None for k in range(len(state.garments))]
        images = [self._picture(g.path, v.image if v else None) for g, v in zip(state.garments, found, strict=True)]
        self.garment.show_garments(state.garments, found, images, views.doubts)
        self.motion.show_motion(state.motion, views.motion if state.motion else None)
        alive = {id(pixels) for pixels in self._shown_pixels()}
        self._scaled = {key: value for key, value in self._scaled.items() if key in alive}

    def set_progress(self, kind: str, done: int, total: int) -> None:
        """See ``Well.set_progress``."""
        self.wells[kind].set_progress(done, total)

    def show_failure(self, kind: str, note: Note, index: int = -1) -> None:
        self.wells[kind].show_failure(note, index)

    def clear_failures(self, *kinds: str) -> None:
        """These inputs can be used now."""
        for kind in kinds:
            self.wells[kind].clear_failure()

    def set_recent(self, recent: Mapping[str, Sequence[Path]]) -> None:
        for kind, well in self.wells.items():
            well.set_recent(recent.get(kind, ()))

    def show_drag(self, offer: Offer | None) -> None:
        """The window tells what is dragged over it, and None when that ends."""
        for well in self.wells.values():
            well.show_drag(offer)

    def _remedy(self, kind: str, remedy: str, index: int) -> None:
        self.remedy_requested.emit(kind, remedy, index)

    def _forget_failures(self, state: LookState) -> None:
        old = self._state
        if old is None or old.person != state.person:
            self.person.clear_failure()
        if old is None or old.garments != state.garments:
            self.garment.clear_failure()
        if old is None or old.motion != state.motion:
            self.motion.clear_failure()

    def _shown_pixels(self) -> list[Any]:
        found = [view.image for view in self._views.garments if view]
        return found + ([self._views.person.image] if self._views.person else [])

    def _picture(self, path: Path, pixels: Any, turns: int = 0) -> QImage | None:
        """Small: of the engine's pixels (scaled once), else of the file, else None until the thumbnail is there."""
        if pixels is not None:
            kept = self._scaled.get(id(pixels))
            if kept is None or kept[0] is not pixels:
                kept = self._scaled[id(pixels)] = (pixels, small_image(pixels))
            return kept[1]
        image = self._thumbnails.request(path)
        return turned(image, turns) if image is not None and not image.isNull() else None

    def _thumbnail_ready(self, key: str, image: QImage) -> None:
        if self._state is None or image.isNull():
            return
        paths = [self._state.person.path] if self._state.person else []
        paths += [garment.path for garment in self._state.garments]
        if any(key_of(path) == key for path in paths):
            self.show_state(self._state, self._views)


def category_names() -> dict[str, str]:
    """The categories as designers call them."""
    from PySide6.QtCore import QCoreApplication

    return {
        "auto": QCoreApplication.translate("Category", "Automatic"),
        "upper": QCoreApplication.translate("Category", "Top"),
        "lower": QCoreApplication.translate("Category", "Skirt or trousers"),
        "dress": QCoreApplication.translate("Category", "Dress"),
    }


def kind_name(view: GarmentView) -> str:
    """What the engine sees, in a word that small places have room for."""
    from PySide6.QtCore import QCoreApplication

    if view.category != "lower":
        return category_names()[view.category]
    parted = "crotch" in view.landmarks
    return (
        QCoreApplication.translate("Category", "Trousers")
        if parted
        else QCoreApplication.translate("Category", "Skirt")
    )
