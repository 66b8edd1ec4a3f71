"""Keeping: new, open, save, recent files, files that went missing, and what a crash has left.

Files are read and written on another thread. Nothing that isn't saved goes without a question.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.model.input_files import inputs, missing_files, relocate
from app.model.project import load_project, save_project
from app.model.recovery import Autosave, Recoverable
from app.model.state import LookState
from app.model.unpacked import bring_back, hold
from app.widgets.actions import RECENT
from app.widgets.drops import PROJECTS
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.suffixes import MOTIONS, PICTURES, VIDEOS

if TYPE_CHECKING:
    import numpy as np

    from app.model.project import LoadedProject
    from app.studio.context import Context

_THUMBNAIL = 320  # pixels, the longer side


class Projects(QObject):
    """``ask``: may be replaced; tells what to do with changes that aren't saved: "save", "discard" or "cancel"."""

    def __init__(self, context: Context, autosave: Autosave | None) -> None:
        super().__init__(context.window)
        self._context, self._window, self._document = context, context.window, context.document
        self._autosave = autosave
        self._contents: dict[Path, str] = {}  # path of an input -> digest of what the project's file holds of it
        self.ask: Callable[[], str] = self._ask
        self._recent_menu = self._window.menus[RECENT]
        self._recent_menu.aboutToShow.connect(self._fill_recent)
        self._recent_menu.setEnabled(bool(context.recent.files("project")))
        context.recent.changed.connect(lambda kind: self._recent_menu.setEnabled(bool(context.recent.files("project"))))
        context.document.changed.connect(self._state_changed)
        self._told_missing = False

    def handlers(self) -> dict[str, Callable[..., Any]]:
        return {
            "file.new": self.new,
            "file.open": self.choose,
            "file.save": self.save,
            "file.save_as": self.save_as,
        }

    # ------------------------------------------------------------------------------------------ new and open

    def new(self) -> None:
        from app.model.state import ClipSettings, Quality

        quality = Quality(self._context.settings.quality)
        empty = LookState(clip=ClipSettings(quality=quality))

        def begin() -> None:
            self._replace(empty, None)
            self._window.show_gallery(True)  # the samples of which the empty picture speaks

        self._after_question(begin)

    def choose(self) -> None:
        settings = self._context.settings
        known = " ".join(f"*{suffix}" for suffix in sorted({*PROJECTS, *PICTURES, *VIDEOS, *MOTIONS}))
        filters = self.tr("Looks, pictures and motions ({0});;All files (*)").format(known)
        dialog = QFileDialog(self._window, self.tr("Open"), str(settings.last_folder("project")), filters)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def _chosen(self, file: str) -> None:
        from PySide6.QtCore import QMimeData, QUrl

        self._context.settings.remember_folder("project", Path(file))
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(file)])
        self._window.dropped.emit(mime)

    def open(self, path: Path) -> None:
        """A project's file in place of what is open."""
        self._after_question(partial(self._load, path))

    def _load(self, path: Path) -> None:
        refused = partial(self._context.tell, drawing="warning")
        self._context.background.run(
            lambda: load_project(path), partial(self._loaded, path), lambda line: refused(line)
        )

    def _loaded(self, path: Path, project: LoadedProject) -> None:
        self._window.banner.hide()
        self._replace(project.state, path)
        self._context.recent.add("project", path)
        self.tell_missing(project.missing, project.notes)

    def _replace(self, state: LookState, path: Path | None) -> None:
        self._contents = {}
        self._document.replace(state, path)

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for path in self._context.recent.files("project"):
            self._recent_menu.addAction(path.stem, partial(self.open, path)).setToolTip(str(path))
        self._recent_menu.addSeparator()
        self._recent_menu.addAction(self.tr("Clear List"), lambda: self._context.recent.clear("project"))

    # ------------------------------------------------------------------------------------------ missing files

    def tell_missing(self, missing: list[Path], notes: list[str]) -> None:
        """Says which file of the look wasn't found, or where one was."""
        if missing:
            text = self.tr("{0} isn't where it was. The look is kept; show where the file is now.")
            find = partial(self._find, missing[0])
            self._context.tell(text.format(missing[0].name), "warning", self.tr("Find it…"), find, lasting=True)
            self._told_missing = True
        elif notes:
            self._context.tell(notes[0], "warning")

    def _state_changed(self, old: LookState, new: LookState) -> None:
        _hold(new)
        if self._told_missing and not missing_files(new):
            self._told_missing = False
            self._window.banner.hide()

    def _find(self, missing: Path) -> None:
        title = self.tr("Where is {0}?").format(missing.name)
        filters = self.tr("{0} ({0});;All files (*)").format(missing.name)
        dialog = QFileDialog(self._window, title, str(self._context.settings.last_folder("project")), filters)
        dialog.fileSelected.connect(lambda file: self.relocate(missing, Path(file)))
        dialog.open()

    def relocate(self, missing: Path, found: Path) -> None:
        """The look's missing file is ``found``; others that lie beside it come along."""
        try:
            state = relocate(self._document.state, missing, found)
        except InputError as error:
            self._context.tell(str(error), "warning", self.tr("Find it…"), partial(self._find, missing))
            return
        self._document.apply(state, self.tr("Find File"))
        self.tell_missing(missing_files(state), [])

    # ------------------------------------------------------------------------------------------ saving

    def save(self, then: Callable[[], object] | None = None) -> None:
        if self._document.path is None:
            self.save_as(then)
        else:
            self.save_to(self._document.path, then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        folder = self._context.settings.last_folder("project")
        proposed = self._document.path or folder / f"{self._proposed_name()}.fmirror"
        filters = self.tr("FashionMirror looks (*.fmirror)")
        dialog = QFileDialog(self._window, self.tr("Save As"), str(proposed.parent), filters)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("fmirror")
        dialog.selectFile(proposed.name)
        dialog.fileSelected.connect(lambda file: self.save_to(Path(file), then))
        dialog.open()

    def save_to(self, path: Path, then: Callable[[], object] | None = None) -> None:
        state, pixels = self._document.state, self._window.viewer.layer("result")
        opened, contents = self._document.path, self._contents

        def work() -> dict[Path, str]:
            if opened is not None:
                for lost in missing_files(state):
                    bring_back(lost, opened)
            thumbnail = None if pixels is None else _thumbnail(pixels)
            return save_project(state, path, thumbnail, earlier=opened, contents=contents)

        def done(inside: dict[Path, str]) -> None:
            self._contents = inside
            self._document.mark_saved(path, state)
            self._context.settings.remember_folder("project", path)
            self._context.recent.add("project", path)
            if then is not None:
                then()

        def refused(line: str) -> None:
            if missing := missing_files(state):
                self._context.tell(line, "error", self.tr("Find it…"), partial(self._find, missing[0]))
            else:
                self._context.tell(line, "error", self.tr("Save As…"), self.save_as)

        self._context.background.run(work, done, refused)

    def _proposed_name(self) -> str:
        state = self._document.state
        names = [state.person.path.stem] if state.person else []
        names += [garment.path.stem for garment in state.garments]
        return self.tr(" in ").join(names) or self._document.title

    # ------------------------------------------------------------------------------------------ asking

    def may_close(self) -> bool:
        """Whether the window may close now; if the user wants to save first, it closes when that is done."""
        if not self._document.modified:
            return True
        answer = self.ask()
        if answer == "save":
            self.save(self._window.close)
        return answer == "discard"

    def _after_question(self, go: Callable[[], None]) -> None:
        answer = self.ask() if self._document.modified else "discard"
        if answer == "save":
            self.save(go)
        elif answer == "discard":
            go()

    def _ask(self) -> str:
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Save the changes to “{0}”?").format(self._document.title))
        box.setInformativeText(self.tr("Without saving they are lost."))
        button = QMessageBox.StandardButton
        box.setStandardButtons(button.Save | button.Discard | button.Cancel)
        box.setDefaultButton(button.Save)
        answers = {button.Save: "save", button.Discard: "discard"}
        return answers.get(button(box.exec()), "cancel")

    # ------------------------------------------------------------------------------------------ recovery

    def offer_recovery(self) -> None:
        """Says over the picture what a crash has left; without an answer it is offered again at the next start."""
        if self._autosave is None or not (pending := self._autosave.pending()):
            return
        item = pending[0]
        name = item.project.stem if item.project else self.tr("an unsaved look")
        text = self.tr("The studio ended unexpectedly. {0}, as of {1}, can be brought back.")
        self._context.tell(
            text.format(name[:1].upper() + name[1:], item.saved.strftime("%H:%M")),
            "warning",
            self.tr("Bring it back"),
            partial(self._after_question, partial(self.recover, item)),
            lasting=True,
        )

    def recover(self, item: Recoverable) -> None:
        if self._autosave is None:
            return
        try:
            project = self._autosave.recover(item)
        except InputError as error:
            self._context.tell(str(error), "warning")
            return
        self.tell_missing(project.missing, project.notes)


def _hold(state: LookState) -> None:
    """What this window shows or showed stays in the cache, also when another window cleans it."""
    for _, path in inputs(state):
        hold(path)


def _thumbnail(pixels: np.ndarray) -> np.ndarray:
    """(H, W, 3|4) uint8 -> the same, at most _THUMBNAIL pixels long."""
    import cv2

    scale = _THUMBNAIL / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
