"""The export dialog: what to write, how large, how good and where, in a designer's words.

It answers with an ``ExportRequest`` and remembers the choices for the next time. Import it when it is opened: the request
brings the engine's array modules.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.engine.exports import SHEET_FRAMES, ExportKind, ExportRequest
from app.model.settings import Settings
from app.widgets.inspector import Collapsible
from app.widgets.theme import GRID
from fashionmirror_core.errors import InputError
from fashionmirror_core.media import manifest
from fashionmirror_core.media.targets import check_outputs

SCALES = (2.0, 1.5, 1.0, 0.75, 0.5, 0.25)
RATES = (0.0, 12.0, 15.0, 24.0, 25.0, 30.0, 50.0, 60.0)  # 0: the clip's own
QUALITIES = {"best": 12, "high": 18, "good": 23, "small": 30}  # constant rate factors
_MOVING = {ExportKind.mp4, ExportKind.webm, ExportKind.gif, ExportKind.png, ExportKind.masks}
_CODED = {ExportKind.mp4, ExportKind.webm}
_TIMED = {ExportKind.mp4, ExportKind.webm, ExportKind.gif, ExportKind.png}
_SEE_THROUGH = {ExportKind.webm, ExportKind.gif, ExportKind.png, ExportKind.still}
# Bytes a pixel and frame, measured on clips of the built-in samples; coded ones at CRF 18, halving every 6.
_BYTES = {
    ExportKind.mp4: 0.02,
    ExportKind.webm: 0.03,
    ExportKind.gif: 0.3,
    ExportKind.png: 1.0,
    ExportKind.masks: 0.02,
    ExportKind.still: 1.0,
}
_SHEET_CELL = 360  # pixels, the height of a picture on a contact sheet


@dataclass(frozen=True)
class ExportSubject:
    """What is exported. size: (width, height) of the photo; frames: 0 where only the still is there; first, last: the in
    and out points; current: the frame in the viewer; name: of the file that is proposed; inputs: the files of the look.
    """

    size: tuple[int, int]
    frames: int = 0
    fps: float = 25.0
    first: int | None = None
    last: int | None = None
    current: int = 0
    name: str = "look"
    inputs: tuple[Path, ...] = ()


def estimated_bytes(request: ExportRequest, subject: ExportSubject) -> int:
    """About how large the files become, in all."""
    width, height = subject.size
    pixels = width * height * request.scale**2
    if request.kind is ExportKind.still:
        return round(pixels * _BYTES[request.kind])
    first, last = request.first or 0, subject.frames - 1 if request.last is None else request.last
    count = max(1, last - first + 1)
    if request.kind is ExportKind.sheet:
        return round(min(count, SHEET_FRAMES) * _SHEET_CELL**2 * width / height)
    if request.fps is not None and request.kind in _TIMED:
        count = max(1, round(count / subject.fps * request.fps))
    factor = 2 ** ((18 - request.crf) / 6) if request.kind in _CODED else 1.0
    return round(pixels * count * _BYTES[request.kind] * factor)


def size_in_words(size: int) -> str:
    """Two digits of a size in bytes, with its unit."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if value < 995:
            break
        value, unit = value / 1000, larger
    return f"{float(f'{value:.2g}'):g} {unit}"


class ExportDialog(QDialog):
    """``exec()``, then ``request``."""

    def __init__(self, subject: ExportSubject, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export"))
        self._subject, self._settings = subject, settings
        self._agreed = False  # that what is there is replaced
        self.ask = self._ask
        self._build()
        self._recall(settings.export)
        self._kind_changed()

    # Building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(2 * GRID)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        self._form = form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(2 * GRID)
        form.setVerticalSpacing(GRID)
        self.kind = _combo(self.tr("What to export"), self._kinds())
        self.scale = _combo(self.tr("Size"), self._scales())
        self.fps = _combo(self.tr("Frame rate"), self._rates())
        self.quality = _combo(self.tr("Quality"), self._qualities())
        self.background = _combo(self.tr("Background"), self._backgrounds())
        self.range = _combo(self.tr("Part"), self._ranges())
        rows = {
            self.tr("Export"): self.kind,
            self.tr("Part"): self.range,
            self.tr("Size"): self.scale,
            self.tr("Frame rate"): self.fps,
            self.tr("Quality"): self.quality,
            self.tr("Background"): self.background,
        }
        for label, widget in rows.items():
            form.addRow(label, widget)
        form.addRow(self.tr("Save as"), self._build_destination())
        column.addLayout(form)
        column.addWidget(self._build_advanced())
        self.note = QLabel()
        self.note.setProperty("muted", True)
        self.note.setWordWrap(True)
        self.note.setMinimumHeight(2 * self.note.fontMetrics().lineSpacing())
        column.addWidget(self.note)
        column.addStretch(1)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export_button = QPushButton(self.tr("Export"))
        self.export_button.setProperty("primary", True)
        self.buttons.addButton(self.export_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        self.export_button.setDefault(True)  # within the dialog: a button that stands alone forgets it
        self.setMinimumWidth(56 * GRID)
        self.kind.currentIndexChanged.connect(self._kind_changed)
        for combo in (self.scale, self.fps, self.background, self.range):
            combo.currentIndexChanged.connect(self._renew_note)
        self.quality.currentIndexChanged.connect(self._quality_chosen)
        self.crf.valueChanged.connect(self._crf_changed)
        self.path.textChanged.connect(self._renew_note)

    def _build_destination(self) -> QWidget:
        place = QWidget()
        row = QHBoxLayout(place)
        row.setContentsMargins(0, 0, 0, 0)
        self.path = QLineEdit()
        self.path.setAccessibleName(self.tr("Save as"))
        row.addWidget(self.path, 1)
        browse = QPushButton(self.tr("Browse…"))
        browse.setAutoDefault(False)
        browse.setAccessibleName(self.tr("Choose where to save"))
        browse.clicked.connect(self._browse)
        row.addWidget(browse)
        return place

    def _build_advanced(self) -> QWidget:
        content = QWidget()
        form = QFormLayout(content)
        form.setContentsMargins(0, 0, 0, 0)
        self.crf = QSpinBox()
        self.crf.setRange(0, 51)
        self.crf.setValue(QUALITIES["high"])
        self.crf.setAccessibleName(self.tr("Constant rate factor (CRF)"))
        self.crf.setToolTip(self.tr("0 is the best and largest, 51 the worst and smallest"))
        form.addRow(self.tr("Constant rate factor (CRF)"), self.crf)
        self.advanced = Collapsible(self.tr("Advanced"), content, opened=False)
        return self.advanced

    def _kinds(self) -> list[tuple[str, Any]]:
        names = {
            ExportKind.mp4: self.tr("Clip (MP4)"),
            ExportKind.webm: self.tr("Clip that can be transparent (WebM)"),
            ExportKind.gif: self.tr("Animated picture (GIF)"),
            ExportKind.png: self.tr("Frames (PNG files)"),
            ExportKind.masks: self.tr("Masks (PNG files)"),
            ExportKind.still: self.tr("Still (PNG)"),
            ExportKind.sheet: self.tr("Contact sheet (PNG)"),
        }
        alone = self._subject.frames == 0
        return [(text, kind) for kind, text in names.items() if not alone or kind is ExportKind.still]

    def _scales(self) -> list[tuple[str, Any]]:
        width, height = self._subject.size
        named = {1.0: self.tr("Photo's size"), 0.5: self.tr("Half"), 0.25: self.tr("Quarter"), 2.0: self.tr("Double")}
        items = []
        for scale in SCALES:
            word = named.get(scale, f"{scale:.0%}")
            items.append((f"{word} ({round(width * scale)} × {round(height * scale)})", scale))
        return items

    def _rates(self) -> list[tuple[str, Any]]:
        own = self.tr("The clip's ({fps} a second)").format(fps=f"{self._subject.fps:g}")
        return [(own if not rate else self.tr("{fps} a second").format(fps=f"{rate:g}"), rate) for rate in RATES]

    def _qualities(self) -> list[tuple[str, Any]]:
        names = (self.tr("Best"), self.tr("High"), self.tr("Good"), self.tr("Small file"))
        return [(name, crf) for name, crf in zip(names, QUALITIES.values(), strict=True)]

    def _backgrounds(self) -> list[tuple[str, Any]]:
        return [
            (self.tr("The look's"), ""),
            (self.tr("As in the photo"), "keep"),
            (self.tr("White"), "white"),
            (self.tr("Transparent"), "transparent"),
        ]

    def _ranges(self) -> list[tuple[str, Any]]:
        subject = self._subject
        items: list[tuple[str, Any]] = [(self.tr("Whole clip"), "whole")]
        if subject.first is not None or subject.last is not None:
            first, last = self._points()
            # First, and so the choice where nobody makes one.
            items.insert(0, (self.tr("In to out (frames {a} to {b})").format(a=first + 1, b=last + 1), "points"))
        return items

    # What is chosen

    @property
    def request(self) -> ExportRequest:
        """The choices as they stand."""
        kind = self._kind
        first: int | None = None
        last: int | None = None
        if kind is ExportKind.still:
            first = self._subject.current if self.range.currentData() == "current" else None
        elif self.range.currentData() == "points":
            first, last = self._points()
        return ExportRequest(
            kind=kind,
            path=Path(self.path.text().strip()).expanduser(),
            scale=self.scale.currentData(),
            fps=(self.fps.currentData() or None) if kind in _TIMED else None,
            crf=self.crf.value(),
            background=self.background.currentData() or None,
            first=first,
            last=last,
            overwrite=self._agreed,
        )

    @property
    def _kind(self) -> ExportKind:
        return ExportKind(self.kind.currentData())

    def _points(self) -> tuple[int, int]:
        last = self._subject.frames - 1
        return self._subject.first or 0, last if self._subject.last is None else self._subject.last

    def objection(self) -> str:
        """Why it can't be exported like this; "" if it can."""
        text = self.path.text().strip()
        if not text:
            return self.tr("Say where to save it.")
        path = Path(text).expanduser()
        if not path.is_absolute():
            return self.tr("Choose a folder for it with Browse.")
        folder = path if not self._kind.suffix and os.path.isdir(path) else path.parent
        if not os.path.isdir(folder):
            return self.tr("The folder {folder} doesn't exist; choose another one.").format(folder=folder)
        target = self.request.target
        try:
            check_outputs({"": target}, self._subject.inputs)
        except InputError:
            return self.tr("{name} belongs to this look; choose another name.").format(name=target.name)
        if not self._kind.suffix and _earlier(target) and manifest.listed(target) is None:
            return self.tr("The folder {folder} holds other files; choose an empty or a new one.").format(folder=target)
        return ""

    # Following the choices

    def _kind_changed(self) -> None:
        kind = self._kind
        self._form.setRowVisible(self.fps, kind in _TIMED)
        self._form.setRowVisible(self.quality, kind in _CODED)
        self._form.setRowVisible(self.scale, kind is not ExportKind.sheet)
        self._form.setRowVisible(self.background, kind is not ExportKind.masks)
        self.advanced.setVisible(kind in _CODED)
        self._renew_ranges(kind)
        see_through = kind in _SEE_THROUGH
        row = self.background.findData("transparent")
        item_model: Any = self.background.model()
        item_model.item(row).setEnabled(see_through)
        if not see_through and self.background.currentIndex() == row:
            self.background.setCurrentIndex(0)
        self._renew_path(kind)
        self._renew_note()

    def _renew_ranges(self, kind: ExportKind) -> None:
        """A still is one picture: the photo's own pose, or the frame in the viewer."""
        chosen = self.range.currentData()
        items = self._ranges()
        if kind is ExportKind.still:
            items = [(self.tr("The photo's own pose"), "still")]
            if self._subject.frames:
                items.append((self.tr("Frame {frame}").format(frame=self._subject.current + 1), "current"))
        with QSignalBlocker(self.range):
            self.range.clear()
            for text, value in items:
                self.range.addItem(text, value)
            self.range.setCurrentIndex(max(0, self.range.findData(chosen)))
        self._form.setRowVisible(self.range, len(items) > 1)

    def _renew_path(self, kind: ExportKind) -> None:
        """Keeps folder and name, and gives them what the kind needs."""
        suffixes = tuple(other.suffix for other in ExportKind if other.suffix)
        text = self.path.text().strip()
        path = Path(text) if text else self._settings.last_folder("export") / self._subject.name
        if path.suffix.lower() in suffixes:
            path = path.with_suffix("")
        self.path.setText(str(path) + kind.suffix)

    def _quality_chosen(self) -> None:
        if self.quality.currentData() is not None:
            self.crf.setValue(self.quality.currentData())

    def _crf_changed(self, crf: int) -> None:
        with QSignalBlocker(self.quality):
            own = self.quality.findData(None)
            row = self.quality.findData(crf)
            if row < 0 and own < 0:
                self.quality.addItem(self.tr("Own"), None)
                own = self.quality.count() - 1
            elif row >= 0 and own >= 0:
                self.quality.removeItem(own)
            self.quality.setCurrentIndex(row if row >= 0 else own)
        self._renew_note()

    def _renew_note(self) -> None:
        objection = self.objection()
        self.export_button.setEnabled(not objection)
        if objection:
            self.note.setText(objection)
            return
        words = size_in_words(estimated_bytes(self.request, self._subject))
        parts = [self.tr("About {size}.").format(size=words)]
        target = self.request.target
        if _earlier(target):
            parts.append(self.tr("{name} will be replaced.").format(name=target.name))
        if self._kind in _MOVING | {ExportKind.sheet}:
            parts.append(self.tr("Frames that are missing are rendered first, as Final."))
        self.note.setText(" ".join(parts))

    def _browse(self) -> None:
        start, title = self.path.text(), self.tr("Export")
        if self._kind.suffix:
            file_filter = f"{self._kind.value.upper()} (*{self._kind.suffix})"
            options = QFileDialog.Option.DontConfirmOverwrite  # it is asked when the export begins
            chosen, _ = QFileDialog.getSaveFileName(self, title, start, file_filter, options=options)
        else:
            chosen = QFileDialog.getExistingDirectory(self, title, str(Path(start).parent))
        if chosen:
            self.path.setText(chosen)

    # From one time to the next

    def accept(self) -> None:
        if self.objection():
            return
        target = self.request.target
        self._agreed = _earlier(target) and self.ask(target)
        if _earlier(target) and not self._agreed:
            return
        self._settings.export = {
            "kind": self._kind.value,
            "scale": self.scale.currentData(),
            "fps": self.fps.currentData(),
            "crf": self.crf.value(),
            "background": self.background.currentData(),
        }
        self._settings.remember_folder("export", self.request.path)
        super().accept()

    def _ask(self, target: Path) -> bool:
        """Whether what is there may be replaced."""
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Replace {name}?").format(name=target.name))
        box.setInformativeText(self.tr("It is there already; what an earlier export wrote is lost."))
        replace = box.addButton(self.tr("Replace"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.exec()
        return box.clickedButton() is replace

    def _recall(self, export: dict[str, Any]) -> None:
        """What was chosen the last time; values that are no choices any more are left out."""
        self.scale.setCurrentIndex(self.scale.findData(1.0))
        for name, combo in {
            "kind": self.kind,
            "scale": self.scale,
            "fps": self.fps,
            "background": self.background,
        }.items():
            row = combo.findData(export.get(name))
            if row >= 0:
                combo.setCurrentIndex(row)
        crf = export.get("crf")
        if isinstance(crf, int) and 0 <= crf <= 51:
            self.crf.setValue(crf)
        self._crf_changed(self.crf.value())


def _earlier(target: Path) -> bool:
    """Whether a file, or a folder with something in it, is there."""
    if not os.path.isdir(target):
        return os.path.lexists(target)
    try:
        return any(os.scandir(target))
    except OSError:
        return True


def _combo(name: str, items: list[tuple[str, Any]]) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    for text, value in items:
        combo.addItem(text, value.value if isinstance(value, ExportKind) else value)
    return combo
