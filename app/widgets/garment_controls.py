"""A garment's group in the inspector: what it is, what it is sewn of and how, and the picture of its back.

Like the inspector it shows a ``GarmentInput`` and never changes one: each control emits the fields that it would change.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QToolButton, QWidget

from app.widgets.controls import ChoiceBox, Quiet, SteadySlider, combo, form
from app.widgets.drops import copied, offered, received
from app.widgets.icons import icon
from app.widgets.pictures import small_image
from app.widgets.theme import GAP, GRID, ICON
from app.widgets.tiles import Tile
from app.widgets.wells import category_names, kind_name
from fashionmirror_core.cloth.fabric import FabricName
from fashionmirror_core.cloth.tailoring import Cut, Fit
from fashionmirror_core.vocabulary import Category, CategoryChoice, SleeveChoice

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

    from app.engine.views import GarmentView
    from app.model.state import GarmentInput

SHORTEST, LONGEST = 30, 200  # per cent, the limits of a garment's length factors

_CHOICES = ("category", "cut", "fabric", "fit", "sleeves", "tucked")  # fields that a box shows

translate = QCoreApplication.translate


class LengthSlider(QWidget):
    """A length factor in per cent with a way back to the garment's own."""

    changed = Signal(float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = SteadySlider(Qt.Orientation.Horizontal)
        self.slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.slider.setRange(SHORTEST, LONGEST)
        self.slider.setSingleStep(1)
        self.slider.setPageStep(10)
        self.slider.setAccessibleName(name)
        self.reset = QToolButton()
        self.reset.setAutoRaise(True)
        self.reset.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.reset.setAccessibleName(self.tr("Reset {length}").format(length=name))
        self.reset.setToolTip(self.tr("Back to the garment's own length"))
        self.reset.setMinimumWidth(self.reset.fontMetrics().horizontalAdvance("200 %") + 2 * GAP)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        grid.addWidget(self.slider, 0, 0)
        grid.addWidget(self.reset, 0, 1)
        grid.setColumnStretch(0, 1)
        self.slider.valueChanged.connect(self._moved)
        self.reset.clicked.connect(lambda: self.slider.setValue(100))
        self.show_factor(1.0)

    def show_factor(self, factor: float) -> None:
        with Quiet(self.slider):
            self.slider.setValue(round(100 * factor))
        self._tell(self.slider.value())

    def _moved(self, value: int) -> None:
        self._tell(value)
        self.changed.emit(value / 100)

    def _tell(self, value: int) -> None:
        text = self.tr("{value} %").format(value=value)
        self.reset.setText(text)
        self.reset.setEnabled(value != 100)
        self.slider.setAccessibleDescription(text)


class BackPicture(QWidget):
    """A picture of the garment's back, dropped, pasted or chosen, and a button that clears it; without one a button."""

    given = Signal(object)
    """A Path, or None where it is cleared."""
    requested = Signal()
    """A click: a file is to be chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.button = QPushButton(self.tr("Picture…"))
        self.button.setToolTip(
            self.tr("Drop a picture of its back, or choose one; else the back is made from the front")
        )
        self.button.setAccessibleName(self.tr("Choose a picture of the back"))
        self.button.clicked.connect(self.requested)
        self.tile = Tile(self.tr("Back"), self.button.toolTip(), "plus", 9 * GRID)
        self.tile.setFixedHeight(9 * GRID)
        self.tile.clicked.connect(self.requested)
        self.tile.remove_requested.connect(lambda: self.given.emit(None))
        self.tile.paste_requested.connect(lambda: self._take(copied()))
        self.clear = QToolButton()
        self.clear.setAutoRaise(True)
        self.clear.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clear.setIcon(icon("trash", "muted"))
        self.clear.setIconSize(QSize(ICON - 4, ICON - 4))
        self.clear.setAccessibleName(self.tr("Remove the back's picture"))
        self.clear.setToolTip(self.tr("Without it the back is made from the front"))
        self.clear.clicked.connect(lambda: self.given.emit(None))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        grid.addWidget(self.button, 0, 0)
        grid.addWidget(self.tile, 1, 0)
        grid.addWidget(self.clear, 1, 1, Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(0, 1)
        self.show_back(None, None)

    def show_back(self, garment: GarmentInput | None, view: GarmentView | None) -> None:
        name = garment.back.name if garment is not None and garment.back is not None else ""
        image = small_image(view.back) if name and view is not None and view.back is not None else None
        self.tile.show_picture(name, image)
        self.button.setVisible(not name)
        for widget in (self.tile, self.clear):
            widget.setVisible(bool(name))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if offered(event.mimeData()).fits("garment"):
            self.tile.light(True, hot=True)
            self.button.setDown(True)
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._unlight()

    def dropEvent(self, event: QDropEvent) -> None:
        self._unlight()
        self._take(event.mimeData())
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def _unlight(self) -> None:
        self.tile.light(False)
        self.button.setDown(False)

    def _take(self, mime: QMimeData) -> None:
        if files := received(mime).files_for("garment"):
            self.given.emit(files[0])


class GarmentControls(QWidget):
    """What one garment is and how it is worn; rows that say nothing about it are hidden."""

    changed = Signal(object, str)
    """(fields of GarmentInput: dict, the field's name); as an object, because Qt would make texts of enums in a dict."""
    mend_requested = Signal()
    back_requested = Signal()
    """A picture of the back is to be chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._garment: GarmentInput | None = None
        self.title = QLabel()
        self.title.setProperty("muted", True)
        self.category = ChoiceBox(self.tr("Category"), _category_names())
        self.cut = ChoiceBox(self.tr("Cut"), _cut_names(Cut))
        self.fabric = ChoiceBox(self.tr("Fabric"), _fabric_names())
        self.fit = ChoiceBox(self.tr("Fit"), _fit_names())
        self.sleeves = ChoiceBox(self.tr("Sleeves"), self._sleeve_names())
        self.tucked = ChoiceBox(self.tr("Tucked in or not"), self._tuck_names())
        for name in _CHOICES:
            self.box(name).chosen.connect(partial(self._chosen, name))
        self.pick = combo(self.tr("Garment in the picture"))
        self.pick.activated.connect(
            lambda place: self.changed.emit({"pick": place + 1, "landmarks": ()}, "pick")  # they were another garment's
        )
        self.sleeve, self.hem = LengthSlider(self.tr("Sleeve length")), LengthSlider(self.tr("Hem length"))
        self.sleeve.changed.connect(lambda factor: self.changed.emit({"sleeve": factor}, "sleeve"))
        self.hem.changed.connect(lambda factor: self.changed.emit({"hem": factor}, "hem"))
        self.back = BackPicture()
        self.back.given.connect(lambda path: self.changed.emit({"back": path}, "back"))
        self.back.requested.connect(self.back_requested)
        self.landmarks = QPushButton(self.tr("Landmarks…"))
        self.landmarks.setToolTip(self.tr("See where the garment's parts are, and move what is wrong"))
        self.landmarks.setAccessibleName(self.landmarks.text())
        self.landmarks.clicked.connect(self.mend_requested)
        self._form = form(self)
        self._form.addRow(self.title)
        for name, control in (
            (self.tr("Picked"), self.pick),
            (self.tr("Category"), self.category),
            (self.tr("Cut"), self.cut),
            (self.tr("Fabric"), self.fabric),
            (self.tr("Fit"), self.fit),
            (self.tr("Sleeves"), self.sleeves),
            (self.tr("Sleeve"), self.sleeve),
            (self.tr("Hem"), self.hem),
            (self.tr("Worn"), self.tucked),
            (self.tr("Back"), self.back),
        ):
            self._form.addRow(name, control)
        self._form.addRow(self.landmarks)

    def show_garment(self, garment: GarmentInput, view: GarmentView | None) -> None:
        self._garment = garment
        self.title.setText(garment.path.stem.replace("-", " "))
        found = view.category if view else ""
        automatic = (
            self.tr("Automatic ({category})").format(category=kind_name(view)) if view else category_names()["auto"]
        )
        self.category.setItemText(0, automatic)
        worn = found if garment.category == CategoryChoice.AUTO else garment.category.value
        for control in (self.sleeve, self.sleeves):
            control.setEnabled(worn != Category.LOWER)
            self._form.setRowVisible(control, worn != Category.LOWER)
        self._form.setRowVisible(self.tucked, worn == Category.UPPER)
        self.cut.offer(_cut_names(Cut.of(Category(worn)) if worn in list(Category) else Cut))
        for name in _CHOICES:
            self.box(name).show_value(getattr(garment, name))
        self.landmarks.setEnabled(view is not None)
        self._show_pick(garment, view)
        self.sleeve.show_factor(garment.sleeve)
        self.hem.show_factor(garment.hem)
        self.back.show_back(garment, view)

    def box(self, name: str) -> ChoiceBox:
        """The box of a field of GarmentInput that is chosen: category, cut, fabric, fit, sleeves or tucked."""
        box: ChoiceBox = getattr(self, name)
        return box

    def _chosen(self, name: str) -> None:
        value = self.box(name).value
        if name == "category" and self._garment is not None:
            self.changed.emit(self._garment.as_category(value), name)
        else:
            self.changed.emit({name: value}, name)

    def _show_pick(self, garment: GarmentInput, view: GarmentView | None) -> None:
        """Which of several garments is worn; the row is there only where there are several."""
        if view is not None and self.pick.count() != view.pieces:
            self.pick.clear()
            for number in range(1, view.pieces + 1):
                self.pick.addItem(self.tr("{0} of {1}").format(number, view.pieces))
        self.pick.setCurrentIndex((view.picked if view else garment.pick or 1) - 1)
        self._form.setRowVisible(self.pick, self.pick.count() > 1)

    def _sleeve_names(self) -> dict[SleeveChoice, str]:
        return {
            SleeveChoice.AUTO: self.tr("Automatic"),
            SleeveChoice.NONE: self.tr("None"),
            SleeveChoice.SHORT: self.tr("Short"),
            SleeveChoice.LONG: self.tr("Long"),
        }

    def _tuck_names(self) -> dict[bool | None, str]:
        return {None: self.tr("Automatic"), True: self.tr("Tucked in"), False: self.tr("Over it")}


def _category_names() -> dict[CategoryChoice, str]:
    return {CategoryChoice(value): text for value, text in category_names().items()}


def _fabric_names() -> dict[FabricName | None, str]:
    return {
        None: translate("Fabric", "Automatic"),
        FabricName.COTTON: translate("Fabric", "Cotton"),
        FabricName.SILK: translate("Fabric", "Silk"),
        FabricName.DENIM: translate("Fabric", "Denim"),
        FabricName.KNIT: translate("Fabric", "Knit"),
        FabricName.LEATHER: translate("Fabric", "Leather"),
        FabricName.TULLE: translate("Fabric", "Tulle"),
    }


def _fit_names() -> dict[Fit, str]:
    return {
        Fit.SLIM: translate("Fit", "Slim"),
        Fit.REGULAR: translate("Fit", "As in the picture"),
        Fit.LOOSE: translate("Fit", "Loose"),
        Fit.OVERSIZE: translate("Fit", "Oversize"),
    }


def _cut_names(offered: Iterable[Cut]) -> dict[Cut | None, str]:
    names = {
        Cut.TEE: translate("Cut", "Short sleeves"),
        Cut.LONG_SLEEVE: translate("Cut", "Long sleeves"),
        Cut.TANK: translate("Cut", "Straps"),
        Cut.STRAPLESS: translate("Cut", "Strapless"),
        Cut.COAT: translate("Cut", "Open in front"),
        Cut.A_LINE: translate("Cut", "A-line skirt"),
        Cut.PENCIL: translate("Cut", "Pencil skirt"),
        Cut.TROUSERS: translate("Cut", "Trousers"),
        Cut.SHORTS: translate("Cut", "Shorts"),
    }
    return {None: translate("Cut", "Automatic")} | {cut: names[cut] for cut in offered}
