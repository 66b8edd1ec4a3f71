"""The inspector: which layers are seen and how strongly, and what the look is made with.

It shows a ``LookState`` and never changes one: each control emits the fields that it would change, with a merge key so
that dragging a slider is one step of undo.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.model.limits import MAX_FRAMES
from app.widgets.controls import Quiet, SteadyCombo, SteadyDoubleSpin, SteadySlider, SteadySpin, form
from app.widgets.drops import file_filter
from app.widgets.garment_controls import GarmentControls
from app.widgets.icons import icon
from app.widgets.theme import GAP, GRID, ICON
from app.widgets.wells import Views

if TYPE_CHECKING:
    from app.engine.views import EngineInfo
    from app.model.state import ClipSettings, LookState

LAYERS = ("result", "source", "removed", "clothing", "attention", "skeleton", "flow")
_BACKGROUNDS = ("keep", "white", "transparent")


class Collapsible(QWidget):
    """A titled section that opens and closes."""

    def __init__(self, title: str, content: QWidget, opened: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setAutoRaise(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setIconSize(QSize(ICON - 4, ICON - 4))
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        font = self.button.font()
        font.setWeight(font.Weight.DemiBold)
        self.button.setFont(font)
        self.button.clicked.connect(lambda: self.open(not self.opened))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.button)
        column.addWidget(content)
        self.title = title
        self.open(opened)

    def open(self, opened: bool) -> None:
        self.opened = opened
        self._content.setVisible(opened)
        self.button.setIcon(icon("chevron-down" if opened else "chevron-right", "muted"))
        state = self.tr("open") if opened else self.tr("closed")
        self.button.setAccessibleName(self.tr("{title}, {state}").format(title=self.title, state=state))


class LayerList(QWidget):
    """An eye and a slider for each layer of the viewer."""

    toggled = Signal(str, bool)
    opacity_changed = Signal(str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(2, 1)
        self.eyes: dict[str, QToolButton] = {}
        self.sliders: dict[str, QSlider] = {}
        self._labels: dict[str, QLabel] = {}
        for row, (name, title) in enumerate(self._titles().items()):
            eye = self.eyes[name] = QToolButton()
            eye.setCheckable(True)
            eye.setAutoRaise(True)
            eye.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            eye.setIconSize(QSize(ICON - 4, ICON - 4))
            eye.setAccessibleName(self.tr("Show {layer}").format(layer=title))
            eye.setToolTip(eye.accessibleName())
            eye.toggled.connect(partial(self._eye_toggled, name))
            slider = self.sliders[name] = SteadySlider(Qt.Orientation.Horizontal)
            slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            slider.setRange(0, 100)
            slider.setValue(100)
            slider.setAccessibleName(self.tr("Strength of {layer}").format(layer=title))
            slider.setToolTip(slider.accessibleName())
            slider.valueChanged.connect(lambda value, name=name: self.opacity_changed.emit(name, value / 100))
            label = self._labels[name] = QLabel(title)
            label.setBuddy(eye)
            for column, widget in enumerate((eye, label, slider)):
                grid.addWidget(widget, row, column)
            self._eye_toggled(name, False)

    def show_layer(self, name: str, visible: bool, opacity: float) -> None:
        """What the viewer does with a layer; emits nothing."""
        with Quiet(self.eyes[name], self.sliders[name]):
            self.eyes[name].setChecked(visible)
            self.sliders[name].setValue(round(100 * opacity))
        self._dress_eye(name, visible)

    def set_available(self, name: str, available: bool) -> None:
        """A layer without anything to show is greyed out."""
        self.eyes[name].setEnabled(available)
        self._labels[name].setEnabled(available)
        self._dress_eye(name, self.eyes[name].isChecked())

    def _eye_toggled(self, name: str, visible: bool) -> None:
        self._dress_eye(name, visible)
        self.toggled.emit(name, visible)

    def _dress_eye(self, name: str, visible: bool) -> None:
        self.eyes[name].setIcon(icon("eye" if visible else "eye-off", "text" if visible else "muted"))
        self.sliders[name].setEnabled(visible and self.eyes[name].isEnabled())

    def _titles(self) -> dict[str, str]:
        return {
            "result": self.tr("Result"),
            "source": self.tr("Source"),
            "removed": self.tr("Removed"),
            "clothing": self.tr("Clothing"),
            "attention": self.tr("Attention"),
            "skeleton": self.tr("Skeleton"),
            "flow": self.tr("Flow"),
        }


class Inspector(QScrollArea):
    """Layers, the look's settings and, collapsed, the technical ones."""

    changed = Signal(object, str, str)
    """(fields of LookState to change: dict, merge key, what the step of undo is called)."""
    mend_requested = Signal(int)
    """The garment whose landmarks are to be seen."""
    back_requested = Signal(int)
    """The garment of whose back a picture is to be chosen."""
    layer_toggled = Signal(str, bool)
    layer_opacity_changed = Signal(str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: LookState | None = None
        self.layers = LayerList()
        self.layers.toggled.connect(self.layer_toggled)
        self.layers.opacity_changed.connect(self.layer_opacity_changed)
        self.garments: list[GarmentControls] = []
        self._garments_column = QVBoxLayout()
        self._garments_column.setSpacing(GRID)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(Collapsible(self.tr("Layers"), self.layers))
        self.look = Collapsible(self.tr("Look"), self._build_look())
        column.addWidget(self.look)
        self.advanced = Collapsible(self.tr("Advanced"), self._build_advanced(), opened=False)
        column.addWidget(self.advanced)
        column.addStretch(1)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(31 * GRID)
        self.setAccessibleName(self.tr("Inspector"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _build_look(self) -> QWidget:
        look = QWidget()
        column = QVBoxLayout(look)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(self._garments_column)
        clip = QWidget()
        rows = form(clip)
        self.background = SteadyCombo()
        self.background.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.background.setAccessibleName(self.tr("Background"))
        for value, text in zip(
            _BACKGROUNDS, (self.tr("As in the photo"), self.tr("White"), self.tr("Transparent")), strict=True
        ):
            self.background.addItem(text, value)
        self.background.insertSeparator(len(_BACKGROUNDS))
        self.background.addItem(self.tr("Picture…"), "")
        self.background.setMinimumContentsLength(8)
        self.background.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.background.activated.connect(self._background_chosen)
        rows.addRow(self.tr("Background"), self.background)
        self.frames = _spin(SteadySpin(), 0, MAX_FRAMES, self.tr("Frames"))
        self.frames.setSpecialValueText(self.tr("All"))
        self.frames.valueChanged.connect(
            lambda n: self._change_clip({"frames": n or None}, "frames", self.tr("Frames"))
        )
        rows.addRow(self.tr("Frames"), self.frames)
        self.fps = _spin(SteadyDoubleSpin(), 0, 240, self.tr("Frames a second"))
        self.fps.setSpecialValueText(self.tr("Motion's"))
        self.fps.setDecimals(2)
        self.fps.valueChanged.connect(self._fps_changed)
        rows.addRow(self.tr("Frame rate"), self.fps)
        column.addWidget(clip)
        return look

    def _build_advanced(self) -> QWidget:
        content = QWidget()
        rows = form(content)
        self.transition = _spin(SteadySpin(), 0, 200, self.tr("Transition frames"))
        self.transition.setToolTip(self.tr("In so many frames the clip eases from the photo's pose into the motion"))
        self.transition.valueChanged.connect(
            lambda n: self._change_clip({"transition": n}, "transition", self.tr("Transition"))
        )
        rows.addRow(self.tr("Transition"), self.transition)
        self.retarget = QCheckBox(self.tr("Fit the motion to the person"))
        self.retarget.setToolTip(self.tr("Off: the motion's joints are taken as pixels of the photo, as they are"))
        self.retarget.toggled.connect(lambda on: self._change_clip({"retarget": on}, "", self.tr("Fit the motion")))
        rows.addRow(self.retarget)
        self.finished = QCheckBox(self.tr("Finish with the generator"))
        self.finished.toggled.connect(lambda on: self._change_clip({"finished": on}, "", self.tr("Finish")))
        rows.addRow(self.finished)
        self.show_engine(None)
        return content

    def show_engine(self, info: EngineInfo | None) -> None:
        """None until the engine is there."""
        can = info is None or info.finishes
        self.finished.setEnabled(can)
        self.finished.setToolTip(
            self.tr("In Final quality, where the person has turned: paints what the photo didn't show")
            if can
            else self.tr("The weights hold no trained generator")
        )

    def show_state(self, state: LookState, views: Views) -> None:
        """The look's settings, and what the engine found where they leave it the choice; emits nothing."""
        self._state = state
        self._fit_garments(len(state.garments))
        for k, garment in enumerate(state.garments):
            self.garments[k].show_garment(garment, views.garments[k] if k < len(views.garments) else None)
        clip, motion = state.clip, views.motion if state.motion else None
        with Quiet(self.frames, self.fps, self.transition, self.retarget, self.finished):
            own = self.tr("All ({count})").format(count=len(motion.motion)) if motion else self.tr("All")
            self.frames.setSpecialValueText(own)
            self.frames.setValue(clip.frames or 0)
            own = self.tr("Motion's ({fps})").format(fps=f"{motion.fps:g}") if motion else self.tr("Motion's")
            self.fps.setSpecialValueText(own)
            self.fps.setValue(clip.fps or 0)
            self.transition.setValue(clip.transition)
            self.retarget.setChecked(clip.retarget)
            self.finished.setChecked(clip.finished)
        self._show_background(clip)

    def ask(self, garment: int, name: str) -> None:
        """Opens the choices of one of a garment's fields: "cut", "fabric", ..."""
        if garment < len(self.garments):
            self.look.open(True)
            box = self.garments[garment].box(name)
            self.ensureWidgetVisible(box)
            box.setFocus()
            box.showPopup()

    def _show_background(self, clip: ClipSettings) -> None:
        self._drop_background_file()
        index = self.background.findData(clip.background)
        if index < 0:
            index = len(_BACKGROUNDS)
            self.background.insertItem(index, Path(clip.background).name, clip.background)
            self.background.setItemData(index, clip.background, Qt.ItemDataRole.ToolTipRole)
        self.background.setCurrentIndex(index)

    def _drop_background_file(self) -> None:
        if self.background.itemData(len(_BACKGROUNDS)):  # a separator has no data
            self.background.removeItem(len(_BACKGROUNDS))

    def _background_chosen(self, index: int) -> None:
        chosen = self.background.itemData(index)
        if not chosen:
            title = self.tr("A picture behind the person")
            chosen, _ = QFileDialog.getOpenFileName(self, title, "", file_filter("person"))
        if chosen:
            self._change_clip({"background": chosen}, "", self.tr("Background"))
        elif self._state is not None:
            self._show_background(self._state.clip)

    def _fps_changed(self, fps: float) -> None:
        # Between "the motion's own" and one frame a second there is nothing.
        self._change_clip({"fps": max(fps, 1.0) if fps else None}, "fps", self.tr("Frame rate"))

    def _change_clip(self, fields: dict[str, Any], merge: str, text: str) -> None:
        if self._state is not None:
            clip = self._state.clip.model_copy(update=fields)
            self.changed.emit({"clip": clip}, f"clip.{merge}" if merge else "", text)

    def _change_garment(self, index: int, fields: dict[str, Any], name: str) -> None:
        if self._state is None or index >= len(self._state.garments):
            return
        garments = list(self._state.garments)
        garments[index] = garments[index].model_copy(update=fields)
        texts = {
            "category": self.tr("Category"),
            "sleeve": self.tr("Sleeve Length"),
            "hem": self.tr("Hem Length"),
            "sleeves": self.tr("Sleeves"),
            "pick": self.tr("Pick Garment"),
            "cut": self.tr("Cut"),
            "fabric": self.tr("Fabric"),
            "fit": self.tr("Fit"),
            "tucked": self.tr("Tuck In"),
            "back": self.tr("Picture of the Back"),
        }
        merge = f"garment.{index}.{name}" if name in ("sleeve", "hem") else ""
        self.changed.emit({"garments": tuple(garments)}, merge, texts[name])

    def _fit_garments(self, count: int) -> None:
        """As many groups as garments; those that stay keep the focus."""
        while len(self.garments) > count:
            controls = self.garments.pop()
            self._garments_column.removeWidget(controls)
            controls.hide()
            controls.deleteLater()
        while len(self.garments) < count:
            controls = GarmentControls()
            controls.changed.connect(partial(self._change_garment, len(self.garments)))
            controls.mend_requested.connect(partial(self.mend_requested.emit, len(self.garments)))
            controls.back_requested.connect(partial(self.back_requested.emit, len(self.garments)))
            self._garments_column.addWidget(controls)
            self.garments.append(controls)


def _spin(box: Any, low: float, high: float, name: str) -> Any:
    """A spin box that tells its value when typing ends, not at every digit."""
    box.setRange(low, high)
    box.setKeyboardTracking(False)
    box.setAccessibleName(name)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box
