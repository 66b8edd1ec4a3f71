"""Starts the studio: the window first, and what computes after it is on the screen."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

# Before numpy is imported: see fashionmirror_core.cli.main.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.model.settings import Settings
    from app.studio.studio import Studio
    from app.widgets.window import StudioWindow


def main(argv: Sequence[str] | None = None) -> int:
    """0 when the window was closed, 2 for arguments that can't be, 1 where ``--smoke`` failed, 128 + the signal that ended
    it.
    """
    arguments = _parsed(argv)
    if arguments.smoke is not None:
        from app.smoke import smoke

        return smoke(arguments.smoke)
    if arguments.path is not None and not os.path.exists(arguments.path):
        print(f"{arguments.path} isn't there or may not be read; check the path.", file=sys.stderr)
        return 2
    from PySide6.QtCore import QTimer

    from app.ending import Ending

    application = make_application()
    ending = Ending(application)
    window = make_window(application)
    window.show()
    studios: list[Studio] = []
    # When the window has been painted: the event loop's first turn comes before that.
    QTimer.singleShot(30, window, lambda: studios.append(bring_to_life(window, arguments.path)))
    code = application.exec()
    for studio in studios:
        studio.close(keep_unsaved=ending.number is not None)
    ending.close()
    return code


def make_application() -> QApplication:
    """The application with its names; the one that is there, if there is one."""
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    application.setApplicationName("FashionMirror")
    application.setApplicationDisplayName("FashionMirror")
    application.setDesktopFileName("fashionmirror")
    return application


def make_window(application: QApplication, settings: Settings | None = None) -> StudioWindow:
    """The window in the user's language and theme, with nothing behind it yet."""
    from app.model.settings import Settings
    from app.widgets.language import install
    from app.widgets.theme import apply_theme
    from app.widgets.window import StudioWindow

    settings = settings or Settings()
    install(application, settings.language)
    apply_theme(application, settings.theme)  # type: ignore[arg-type]
    return StudioWindow(settings)


def bring_to_life(window: StudioWindow, path: Path | None = None, autosave: bool = True) -> Studio:
    """Document and engine for a window that is shown. path: a project, a clip, a picture or a motion to begin with."""
    import cv2  # noqa: F401  sets variables that point Qt at plugins of its own; nothing that we start may see them

    for variable in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        os.environ.pop(variable, None)
    from app.studio.studio import Studio
    from app.widgets.errors import start_log
    from fashionmirror_core.media.redo_log import heal

    start_log()
    heal()  # what a crash left half done
    studio = Studio(window, autosave=autosave)
    studio.start(path)
    return studio


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fashionmirror", description="The studio of FashionMirror.")
    parser.add_argument("path", nargs="?", type=Path, help="a look, an exported clip, a picture or a motion to open")
    parser.add_argument("--smoke", metavar="FOLDER", type=Path, help="without a display: render, export, and end")
    # Called by the command line without arguments, whose own are not the studio's.
    return parser.parse_args([] if argv is None else list(argv))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
