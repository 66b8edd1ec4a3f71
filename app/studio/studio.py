"""The studio at work: the document, the engine and the window, and the controllers that stand between them.

Each controller looks after one thing that a designer does; they share a ``Context`` and know each other only
where one needs the other. Made after the window is shown, because it brings the engine's array modules.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices
from PySide6.QtWidgets import QApplication, QMessageBox

from app.engine.engine import Engine
from app.model.document import Document
from app.model.recent import Recent
from app.model.recovery import Autosave
from app.model.state import ClipSettings, GarmentInput, LookState, MotionInput, PersonInput, Quality
from app.studio.background import Background
from app.studio.context import Context
from app.widgets.actions import apply_shortcuts
from app.widgets.errors import ErrorReporter, install_excepthook, log_file
from app.widgets.language import motion_name
from app.widgets.pictures import Thumbnails
from app.widgets.theme import apply_theme
from app.widgets.window import StudioWindow
from fashionmirror_core import __version__
from fashionmirror_core.samples import sample_look


def sample_state(quality: Quality = Quality.final) -> LookState:
    """The look that the studio opens with."""
    sample = sample_look()
    return LookState(
        person=PersonInput(path=sample.person),
        garments=(GarmentInput(path=sample.garment),),
        motion=MotionInput(template=sample.motion),
        clip=ClipSettings(quality=quality),
    )


class Studio(QObject):
    """Brings a window to life; ``close`` ends what it began."""

    def __init__(self, window: StudioWindow, *, autosave: bool = True) -> None:
        super().__init__(window)
        from app.studio.choosing import Choosing
        from app.studio.collection import Collection
        from app.studio.editing import Editing
        from app.studio.exporting import Exporting
        from app.studio.inputs import Inputs
        from app.studio.playback import Playback
        from app.studio.projects import Projects
        from app.studio.rendering import Rendering

        settings = window.settings
        self.reporter = ErrorReporter(window)
        install_excepthook(self.reporter)
        self.document = Document(parent=self)
        self.engine = Engine(self, device=settings.device, threads=settings.threads or None)
        self.background = Background(self)
        self.autosave = Autosave(self.document, parent=self) if autosave else None
        self.window = window
        self.context = context = Context(
            window, self.document, self.engine, settings, Recent(parent=self), self.background, self.reporter
        )
        self.document.changed.connect(lambda *_: self.context.state_changed())
        self.document.changed.connect(lambda _, new: self.engine.set_state(new))
        self.rendering = Rendering(context)
        self.playback = Playback(context)
        self.inputs = Inputs(context)
        self.editing = Editing(context, self.playback, self.inputs, self.rendering)
        self.choosing = Choosing(context, self.playback)
        self.projects = Projects(context, self.autosave)
        self.exporting = Exporting(context, self.playback, self.rendering)
        self.collection = Collection(context, self.rendering)
        self.inputs.remedies["cutout"] = self.editing.cut_out
        self.inputs.remedies["landmarks"] = lambda index: self.editing.begin("landmarks", max(index, 0))
        self.inputs.remedies["crop"] = lambda _: self.choosing.begin()
        self.inputs.open_project = self.projects.open
        self.inputs.tell_missing = self.projects.tell_missing
        self.controllers = (
            self.rendering,
            self.playback,
            self.inputs,
            self.editing,
            self.projects,
            self.exporting,
            self.collection,
        )
        for controller in self.controllers:
            window.handle(controller.handlers())
        window.handle(self._handlers())
        window.hide_unhandled()
        self._connect()

    def start(self, path: Path | None = None) -> None:
        """The sample's look, or what ``path`` holds; and what a crash has left is offered."""
        if path is None:
            sample = sample_state(Quality(self.context.settings.quality))
            self.document.replace(sample, None)
            if (still := self.window.viewer.layer("result")) is not None:
                self.playback.preview(sample, still)
        else:
            self.inputs.open_files([path])
        self.projects.offer_recovery()
        self.window.open_gallery_if_tall()
        self.engine.start()  # last: while large libraries are opened, everything else is slow

    def close(self, keep_unsaved: bool = False) -> None:
        """Ends threads and timers; nothing is asked. keep_unsaved: unsaved changes are offered at the next start.

        May be called twice.
        """
        self.window.transport.pause()
        self.document.undo_stack.blockSignals(True)  # it tells of its own end, when the menus are gone
        self.background.close()
        self.collection.close()
        self.engine.close()
        if self.autosave is not None:
            self.autosave.close(keep_unsaved)
        self.window.gallery.close_threads()
        Thumbnails.shared().close()

    def _connect(self) -> None:
        engine, window, context = self.engine, self.window, self.context
        engine.ready.connect(window.status.show_engine)
        engine.ready.connect(window.inspector.show_engine)
        engine.failed.connect(self._failed)
        self.background.failed.connect(self.reporter.report)
        if self.autosave is not None:
            self.autosave.failed.connect(lambda line: context.tell(line, "warning"))
        window.banner.mend_requested.connect(self._remedy)
        window.close_asked.connect(self._close_asked)
        context.settings.changed.connect(self._setting_changed)
        self.document.title_changed.connect(self._name_window)
        self.document.saved_changed.connect(self._name_window)
        self.document.changed.connect(self._name_window)
        self.rendering.began.connect(self.playback.follow)
        self.rendering.ended.connect(self.playback.unfollow)
        stack = self.document.undo_stack
        for name, can, text in (
            ("edit.undo", stack.canUndoChanged, stack.undoTextChanged),
            ("edit.redo", stack.canRedoChanged, stack.redoTextChanged),
        ):
            action = window.actions_by_id[name]
            action.setEnabled(False)
            can.connect(action.setEnabled)
            plain = action.text()
            text.connect(lambda what, a=action, p=plain: a.setText(f"{p} {what}" if what else p))

    def _failed(self, message: str, details: str) -> None:
        """Without details it is the user's to mend, and no reason for a dialog."""
        if details:
            self.reporter.report(message, details)
        else:
            self.context.tell(message, "warning")

    def _remedy(self) -> None:
        remedy = self.context.remedy
        self.window.banner.hide()
        if remedy is not None:
            remedy()

    def _close_asked(self, event: QCloseEvent) -> None:
        if self.collection.may_close() and self.projects.may_close():
            self.close()
        else:
            event.ignore()

    def _name_window(self, *_: object) -> None:
        state, document = self.document.state, self.document
        names = [state.person.path.stem if state.person else "", *(g.path.stem for g in state.garments)]
        names.append(motion_name(state.motion) if state.motion else "")
        self.window.show_title("  ×  ".join(name.replace("-", " ") for name in names if name))
        self.window.setWindowTitle(f"{document.title}[*] – FashionMirror")
        self.window.setWindowModified(document.modified)
        self.window.status.show_saved(not document.modified, document.path is not None)

    def _setting_changed(self, name: str) -> None:
        settings, window = self.context.settings, self.window
        application = QApplication.instance()
        if name == "theme" and isinstance(application, QApplication):
            apply_theme(application, settings.theme)  # type: ignore[arg-type]
        elif name == "animated":
            window.viewer.animated = window.timeline.animated = settings.animated
        elif name == "shortcuts":
            apply_shortcuts(window.actions_by_id, settings.shortcuts)

    # ------------------------------------------------------------------------------------------ dialogs of its own

    def _handlers(self) -> dict[str, Callable[..., Any]]:
        stack = self.document.undo_stack
        return {
            "edit.paste": lambda: (self.collection if self.collection.shown else self.inputs).paste(),
            "paint.done": self._leave,
            "edit.undo": stack.undo,
            "edit.redo": stack.redo,
            "edit.shortcuts": self._edit_shortcuts,
            "edit.preferences": self._show_preferences,
            "help.sheet": self._show_help,
            "help.log": lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_file().parent))),
            "help.about": self._show_about,
        }

    def _leave(self) -> None:
        """Out of whatever the picture is used for besides looking at it."""
        self.choosing.end()
        self.editing.end()

    def _edit_shortcuts(self) -> None:
        from app.widgets.shortcuts import ShortcutEditor

        editor = ShortcutEditor(self.context.settings.shortcuts, self.window)
        editor.accepted_shortcuts.connect(lambda chosen: setattr(self.context.settings, "shortcuts", chosen))
        editor.open()

    def _show_preferences(self) -> None:
        from app.widgets.preferences import Preferences

        Preferences(self.context.settings, self.window).open()

    def _show_help(self) -> None:
        from app.widgets.shortcuts import HelpSheet

        HelpSheet(self.context.settings.shortcuts, self.window).show()

    def _show_about(self) -> None:
        status = self.window.status
        text = self.tr("FashionMirror {0}\nA virtual try-on studio.\n\n{1}\n{2}")
        QMessageBox.about(
            self.window,
            self.tr("About FashionMirror"),
            text.format(__version__, status.engine.text(), status.weights.text()),
        )
