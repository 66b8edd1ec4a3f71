"""A finished clip, played small in the place of its still: read on a thread, shown at its own rate."""

from __future__ import annotations

import time
from contextlib import suppress
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal
from PySide6.QtGui import QImage

from app.widgets.pictures import to_image

SIDE = 384  # pixels, the longer side
LONGEST = 150  # frames that are kept, of one clip at a time


class ClipPreview(QObject):
    """Plays one clip again and again; ``close`` it before it goes."""

    frame_changed = Signal()
    """``image`` is another one."""
    _read = Signal(object, object, float)  # (path, [QImage], frames a second), by the other thread

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self.path: Path | None = None
        self._frames: list[QImage] = []
        self._fps, self._began, self._shown = 25.0, 0.0, 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._read.connect(self._begin)

    @property
    def image(self) -> QImage | None:
        """The frame that is due; None while the clip is being read."""
        return self._frames[self._shown] if self._frames else None

    def play(self, path: Path) -> None:
        """This clip instead of the one before."""
        if path != self.path:
            self.stop()
            self.path = path
            self._pool.start(lambda: self._load(path))

    def stop(self) -> None:
        self.path, self._frames, self._shown = None, [], 0
        self._timer.stop()

    def close(self) -> None:
        self.stop()
        self._pool.waitForDone(5000)

    def _load(self, path: Path) -> None:  # on the pool's thread
        from fashionmirror_core.errors import InputError
        from fashionmirror_core.media.reading import VideoReader

        frames: list[QImage] = []
        fps = 25.0
        with suppress(InputError), VideoReader(path, max_side=SIDE) as video:  # a file that is gone isn't played
            fps = video.fps
            for pixels in islice(video, LONGEST):
                if path != self.path:
                    return
                frames.append(to_image(pixels))
        with suppress(RuntimeError):  # the program ended meanwhile
            self._read.emit(path, frames, fps)

    def _begin(self, path: Path, frames: list[QImage], fps: float) -> None:
        if path == self.path and frames:
            self._frames, self._fps, self._began = frames, fps, time.monotonic()
            self._timer.start(max(16, round(1000 / fps)))
            self.frame_changed.emit()

    def _tick(self) -> None:
        due = int((time.monotonic() - self._began) * self._fps) % len(self._frames)
        if due != self._shown:
            self._shown = due
            self.frame_changed.emit()
