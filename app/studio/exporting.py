"""Exporting: the dialog, the engine's work, and where the file is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from app.widgets.well import show_in_folder

if TYPE_CHECKING:
    from app.engine.exports import ExportRequest
    from app.studio.context import Context
    from app.studio.playback import Playback
    from app.studio.rendering import Rendering
    from app.widgets.export_dialog import ExportSubject


class Exporting(QObject):
    def __init__(self, context: Context, playback: Playback, rendering: Rendering) -> None:
        super().__init__(context.window)
        self._context, self._playback, self._rendering = context, playback, rendering
        self._action = context.window.actions_by_id["file.export"]
        context.engine.export_finished.connect(self._finished)
        context.document.changed.connect(lambda _, new: self._action.setEnabled(new.dressable))
        playback.look_changed.connect(lambda: self._action.setEnabled(playback.look is not None))
        self._action.setEnabled(False)

    def handlers(self) -> dict[str, Callable[..., Any]]:
        return {"file.export": self.ask}

    def ask(self) -> None:
        """Opens the dialog; what it says is exported."""
        from app.widgets.export_dialog import ExportDialog

        subject = self.subject
        if subject is None:
            return
        dialog = ExportDialog(subject, self._context.settings, self._context.window)
        dialog.accepted.connect(lambda: self.export(dialog.request))
        dialog.open()

    @property
    def subject(self) -> ExportSubject | None:
        """What there is to export; None before the look is dressed."""
        from app.model.input_files import inputs
        from app.widgets.export_dialog import ExportSubject

        look, state = self._playback.look, self._context.document.state
        if look is None:
            return None
        path = self._context.document.path
        names = [state.person.path.stem if state.person else "", *(garment.path.stem for garment in state.garments)]
        return ExportSubject(
            size=look.size,
            frames=len(look.poses) if look.poses is not None else 0,
            fps=self._playback.fps,
            first=state.in_point,
            last=state.out_point,
            current=self._playback.frame,
            name=path.stem if path else "-".join(filter(None, names)) or "look",
            inputs=tuple(file for _, file in inputs(state)),
        )

    def export(self, request: ExportRequest) -> None:
        self._rendering.exporting()
        self._context.engine.export(request)

    def _finished(self, path: Path | None) -> None:
        if path is not None:
            text = self.tr("{0} is ready.").format(path.name)
            self._context.tell(text, "check", self.tr("Show in Folder"), lambda: show_in_folder(path), True)
