"""Work that a file may make long (opening, saving, cutting out), off the GUI thread, with its end told on it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QThreadPool, Signal

from fashionmirror_core.errors import InputError


class Background(QObject):
    """One thread that works through what it is given, in order.

    failed: (message, traceback), for a fault that is ours.
    """

    failed = Signal(str, str)
    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._running = 0
        self._ended.connect(self._tell)

    @property
    def busy(self) -> bool:
        return self._running > 0

    def run(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        refused: Callable[[str], None],
    ) -> None:
        """``work`` runs on the thread; then ``done`` gets what it gave, or ``refused`` the line of its InputError."""
        self._running += 1

        def job() -> None:
            try:
                end = partial(done, work())
            except InputError as error:
                end = partial(refused, str(error))
            except Exception as error:
                end = partial(self.failed.emit, f"{type(error).__name__}: {error}", traceback.format_exc())
            with suppress(RuntimeError):  # the window went meanwhile
                self._ended.emit(end)

        self._pool.start(job)

    def close(self) -> None:
        """Waits for what runs: a save that has begun is finished."""
        self._pool.waitForDone()

    def _tell(self, end: Callable[[], None]) -> None:
        self._running -= 1
        end()
