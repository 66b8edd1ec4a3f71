"""The contact sheet of a look-book: its stills and frames of its clips as one picture, written on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, QThreadPool, Signal

from app.model.lookbook import LookBook
from app.model.state import LookState
from fashionmirror_core.errors import InputError

translate = QCoreApplication.translate


class BookSheet(QObject):
    """Lives on the GUI thread. ``close`` it before it goes."""

    finished = Signal(object, str)
    """(Path of the contact sheet or None, why not)"""

    def __init__(
        self,
        parent: QObject,
        still: Callable[[LookState], np.ndarray | None],
        frame: Callable[[LookState], np.ndarray | None],
    ) -> None:
        """still, frame: the picture of a look without motion, and one of a look's clip; None where there is none."""
        super().__init__(parent)
        self._still, self._frame = still, frame
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def write(self, book: LookBook, path: Path) -> None:
        """Begins; ``finished`` tells."""
        pictures, columns = self._columns(book)
        rows = [person.path.stem for person in book.persons]
        path = path if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp") else Path(f"{path}.png")
        self._pool.start(lambda: self._write(pictures, rows, columns, path))

    def close(self) -> None:
        """Waits for what is being written."""
        self._pool.waitForDone()

    def _columns(self, book: LookBook) -> tuple[list[list[np.ndarray | None]], list[str]]:
        """(pictures row by row, names of the columns): the stills of a garment, then a frame of each of its motions."""
        rows: list[list[np.ndarray | None]] = [[] for _ in book.persons]
        columns: list[str] = []
        for column, garment in enumerate(book.garments):
            columns.append(garment.path.stem)
            for row, line in enumerate(rows):
                line.append(self._still(book.look(row, column)))
            for motion in book.motions:
                frames = [self._frame(book.look(row, column, motion)) for row in range(len(rows))]
                if any(frame is not None for frame in frames):
                    columns.append(f"{garment.path.stem} · {motion.name}")
                    for line, frame in zip(rows, frames, strict=True):
                        line.append(frame)
        return rows, columns

    def _write(
        self, pictures: Sequence[Sequence[np.ndarray | None]], rows: list[str], columns: list[str], path: Path
    ) -> None:  # on the pool's thread
        try:
            from fashionmirror_core.media.images import write_image
            from fashionmirror_core.outputs.lookbook import contact_sheet

            if not any(picture is not None for row in pictures for picture in row):
                raise InputError(translate("LookQueue", "There is no look to show yet; add persons and garments."))
            write_image(path, contact_sheet(pictures, rows, columns))
        except InputError as error:
            self.finished.emit(None, str(error))
        except Exception as error:
            text = translate("LookQueue", "The contact sheet can't be made ({reason}).")
            self.finished.emit(None, text.format(reason=f"{type(error).__name__}: {error}"))
        else:
            self.finished.emit(path, "")
