"""Makes the window and brings it to life: the window first, and everything that computes once it is on the screen.

Imports are inside the functions, because each of them is waited for: the first window needs Qt alone.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

# Before numpy is imported: see fashionmirror_core.cli.main.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.model.settings import Settings
    from app.studio.studio import Studio
    from app.widgets.window import StudioWindow


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


def show_sample(window: StudioWindow) -> None:
    """The sample, dressed, in a window that isn't shown yet: a still that ships, until the engine has made its own."""
    from app.widgets.pictures import read_pixels
    from fashionmirror_core.samples import sample_look

    window.viewer.set_layer("result", read_pixels(sample_look().still))


_MODULES = (  # of ``bring_to_life`` and ``Studio``
    *("cv2", "app.studio.studio", "app.studio.choosing", "app.studio.collection", "app.studio.editing"),
    *("app.studio.exporting", "app.studio.inputs", "app.studio.playback", "app.studio.projects"),
    *("app.studio.rendering", "fashionmirror_core.media.images", "fashionmirror_core.media.redo_log"),
)


def begin(window: StudioWindow, path: Path | None, done: Callable[[Studio], None]) -> None:
    """``bring_to_life`` as soon as its modules are imported, on another thread: meanwhile the window moves.

    done: gets the studio.
    """
    from PySide6.QtCore import QTimer

    loading = threading.Thread(target=_load, name="loading")
    loading.start()
    looks = QTimer(window, interval=20)

    def look() -> None:
        if not loading.is_alive():
            looks.stop()
            done(bring_to_life(window, path))

    looks.timeout.connect(look)
    looks.start()


def _load() -> None:
    from app.engine.loading import preload_extensions, without_collections

    preload_extensions("cv2")
    with without_collections(), suppress(ImportError):  # raised again where it is needed, and told
        for name in _MODULES:
            import_module(name)


def bring_to_life(window: StudioWindow, path: Path | None = None, autosave: bool = True) -> Studio:
    """Document and engine for a window that is shown. path: a project, a clip, a picture or a motion to begin with."""
    import cv2  # noqa: F401  sets variables that point Qt at plugins of its own; nothing that we start may see them

    for variable in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        os.environ.pop(variable, None)
    from app.engine.loading import preload_engine
    from app.studio.studio import Studio
    from app.widgets.errors import start_log
    from fashionmirror_core.compiling import compile_in_background
    from fashionmirror_core.media.redo_log import heal

    start_log()
    heal()  # what a crash left half done
    studio = Studio(window, autosave=autosave)
    studio.start(path)
    compile_in_background(preload_engine)  # seconds at the first start ever, while the person's photo is analysed
    return studio
