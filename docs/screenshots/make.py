"""Takes the pictures of the studio that the documentation shows: ``python docs/screenshots/make.py``.

With ``--all FOLDER [theme ...]`` it takes every state of the window into that folder, to be looked at; ``--large`` at scale
2. Everything is real: the built-in sample is dressed, rendered and mended as a designer would, without a display.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
_private = tempfile.TemporaryDirectory()
for _kind in ("CACHE", "CONFIG", "DATA", "STATE"):
    os.environ[f"XDG_{_kind}_HOME"] = _private.name
_large = "--large" in sys.argv
_all = Path(sys.argv[sys.argv.index("--all") + 1]) if "--all" in sys.argv[:-1] else None
if _large:
    os.environ["QT_SCALE_FACTOR"] = "2"

from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer  # noqa: E402
from PySide6.QtGui import QMouseEvent  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.model.lookbook import JobState  # noqa: E402
from app.startup import bring_to_life, make_application, make_window  # noqa: E402
from app.studio.studio import Studio  # noqa: E402
from app.widgets.window import StudioWindow  # noqa: E402

HERE = _all or Path(__file__).resolve().parent
FRAMES = 32
SHOWN = 20  # the frame that the README shows
LIMIT = 300_000  # bytes
LONG = 240  # seconds that a step may take


def pause(milliseconds: int) -> None:
    """Lets the studio go on. QTest.qWait would keep the interpreter's lock, and the workers with it."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_for(condition: Callable[[], bool], seconds: float = LONG) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("a step of the screenshots didn't come to its end")
        pause(20)
    pause(250)


def grab(window: StudioWindow, name: str) -> None:
    """A picture, with fewer colours where its file would be large."""
    from io import BytesIO

    from PIL import Image
    from PySide6.QtCore import QBuffer, QIODevice

    QApplication.processEvents()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    window.grab().save(buffer, "PNG")
    with Image.open(BytesIO(bytes(buffer.data().data()))) as picture:
        picture.convert("RGB").save(HERE / f"{name}.png", optimize=True)
        if (HERE / f"{name}.png").stat().st_size > LIMIT:
            picture.convert("RGB").quantize(256, kmeans=2).save(HERE / f"{name}.png", optimize=True)
    print(name, (HERE / f"{name}.png").stat().st_size // 1000, "kB", flush=True)


def drag(widget: object, *points: QPointF) -> None:
    """The left button pressed at the first point and released at the last."""
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(points) - 2), QEvent.Type.MouseButtonRelease]
    for kind, point in zip(kinds, points, strict=True):
        button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        at = widget.mapToGlobal(point.toPoint())  # type: ignore[attr-defined]
        event = QMouseEvent(kind, point, QPointF(at), button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(widget, event)  # type: ignore[arg-type]


def take(window: StudioWindow, studio: Studio, prefix: str) -> None:
    """All states in the theme that is on."""
    viewer, transport, frames = window.viewer, window.transport, studio.engine.frames
    wait_for(lambda: studio.playback.look is not None and studio.playback.look.poses is not None)
    state = studio.document.state
    clip = state.clip.model_copy(update={"frames": FRAMES})
    studio.document.replace(state.model_copy(update={"clip": clip}), None)
    wait_for(lambda: frames.count == FRAMES)
    grab(window, f"{prefix}-dressed")
    if _all is None:
        studio.rendering.start()
        wait_for(lambda: not studio.rendering.busy)
        transport.seek(SHOWN)
        pause(800)
        grab(window, f"{prefix}-rendered")
        return
    window.show_gallery(True)
    pause(800)
    grab(window, f"{prefix}-gallery")
    window.show_gallery(False)
    studio.rendering.start()
    wait_for(lambda: sum(frames.state(k).value == "fresh" for k in range(FRAMES)) >= 8)
    grab(window, f"{prefix}-rendering")
    wait_for(lambda: not studio.rendering.busy)
    transport.seek(24)
    for layer in ("clothing", "attention", "skeleton"):
        studio.playback.show_layer(layer, True)
    pause(200)
    spot = viewer.to_widget(QPointF(0.5 * viewer.picture_size[0], 0.45 * viewer.picture_size[1]))
    QTest.mouseMove(viewer, spot.toPoint() - QPoint(2, 0))
    QTest.mouseMove(viewer, spot.toPoint())
    wait_for(lambda: True)
    grab(window, f"{prefix}-inspecting")
    for layer in ("clothing", "attention", "skeleton"):
        studio.playback.show_layer(layer, False)
    viewer.mode = "wipe"
    pause(200)
    grab(window, f"{prefix}-wipe")
    viewer.mode = "single"
    studio.editing.begin("clothing")
    width, height = viewer.picture_size
    viewer.strokes.size = height / 14
    for left, right, down in ((0.27, 0.8, 0.745), (0.26, 0.81, 0.785)):  # a longer hem
        path = (QPointF(width * (left + (right - left) * k / 9), height * down) for k in range(10))
        drag(viewer, *(viewer.to_widget(point) for point in path))
    wait_for(lambda: not studio.rendering.busy and frames.state(24).value == "fresh")
    grab(window, f"{prefix}-mending")
    studio.editing.end()
    studio.editing.begin("joints")
    pause(200)
    grab(window, f"{prefix}-joints")
    studio.editing.end()
    studio.document.undo_stack.undo()
    look_book(studio, prefix)
    studio.projects.ask = lambda: "discard"
    studio.projects.new()
    pause(300)
    grab(window, f"{prefix}-empty")


def look_book(studio: Studio, prefix: str) -> None:
    """Three persons by three garments, one cell rendered."""
    from fashionmirror_core import samples

    studio.collection.show()
    view, queue = studio.collection.view, studio.collection.queue
    queue.folder = Path(_private.name) / "clips"
    view.add("person", samples.persons()[1:3])
    view.add("garment", samples.garments()[1:3])
    cells = [view.book.look(*cell) for cell in view.book.cells]
    wait_for(lambda: all(queue.still(look) is not None or queue.refusal(look) for look in cells))
    for column in range(2):
        queue.add(view.book.look(0, column, view.book.motions[0]))
    wait_for(lambda: any(job.state is JobState.done for job in queue.jobs))
    grab(studio.window, f"{prefix}-lookbook")
    queue.cancel_all()
    queue.clear_finished()
    studio.collection.show(False)


def main(names: list[str]) -> None:
    application = make_application()
    window = make_window(application)
    window.resize(*(2560 // 2, 1440 // 2) if _large else (1280, 800))
    window.show()
    studio = bring_to_life(window, autosave=False)
    size = "large" if _large else "small"
    HERE.mkdir(parents=True, exist_ok=True)
    for theme in names or (["light", "dark"] if _all else ["light"]):
        window.settings.theme = theme
        if not studio.document.state.renderable:
            studio.start()
        take(window, studio, f"{theme}-{size}")
    studio.close()
    window.hide()


if __name__ == "__main__":
    main([name for name in sys.argv[1:] if name in ("light", "dark")])
