"""Does a built application work? Starts it without a display, renders four frames of the sample and exports them."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path

SECONDS = 300
FRAMES = 4


def smoke(folder: Path) -> int:
    """0 if ``folder`` holds the clip afterwards; 1, with the reason on stderr, for any failure and after SECONDS."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as private:
            problem = _tried(folder, Path(private))
    except Exception:
        problem = traceback.format_exc()
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


def _tried(folder: Path, private: Path) -> str:
    """What went wrong, "" for nothing. private: for settings that aren't the user's."""
    from PySide6.QtCore import QTimer

    from app.model.settings import Settings
    from app.startup import bring_to_life, make_application, make_window

    application = make_application()
    window = make_window(application, Settings(private / "studio.ini"))
    window.show()
    problems: list[str] = []
    studio = bring_to_life(window, autosave=False)
    from app.engine.exports import ExportRequest

    def fail(*said: str) -> None:
        problems.append("\n".join(filter(None, said)))
        application.exit(1)

    def shorten(look: object) -> None:
        studio.engine.look_ready.disconnect(shorten)
        state = studio.document.state
        clip = state.clip.model_copy(update={"frames": FRAMES})
        studio.document.apply(state.model_copy(update={"clip": clip}), "Frames")
        studio.rendering.start()

    def export(complete: bool) -> None:
        if not complete:
            fail("The render didn't finish.")
            return
        studio.exporting.export(ExportRequest("mp4", folder / "smoke.mp4", overwrite=True))  # type: ignore[arg-type]

    def check(path: Path | None) -> None:
        if path is None or not path.is_file() or path.stat().st_size < 1000:
            fail("The clip wasn't written.")
        application.exit(0)

    studio.engine.failed.connect(fail)
    studio.engine.input_failed.connect(lambda kind, given, note: fail(f"{kind}: {note.text}"))
    studio.reporter.reported.connect(lambda problem: fail(problem.cause, problem.details))
    studio.engine.look_ready.connect(shorten)
    studio.rendering.ended.connect(export)
    studio.engine.export_finished.connect(check)
    QTimer.singleShot(SECONDS * 1000, window, lambda: fail(f"Not done after {SECONDS} s."))
    application.exec()
    studio.close()
    window.hide()
    return "\n".join(problems)
