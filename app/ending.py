"""Ctrl-C, a closed terminal and the system's wish to end reach the studio: unsaved changes stay to be recovered."""

from __future__ import annotations

import contextlib
import signal
import socket
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QApplication

from fashionmirror_core.cli.process import SIGNALS


class Ending(QObject):
    """Ends the application's event loop at a signal, with the exit code that shells expect.

    Python runs its handlers only while it runs: within Qt's loop a socket, written to by the signal, wakes it.
    number: the signal that came; None so far. Make it in the main thread, and ``close`` it after the loop.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self.number: int | None = None
        self._application = application
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._before = {each: signal.signal(each, self._came) for each in self._numbers()}
        self._woken_before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._drain)

    def close(self) -> None:
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._woken_before)
        for each, handler in self._before.items():
            signal.signal(each, handler)
        self._reader.close()
        self._writer.close()

    @staticmethod
    def _numbers() -> list[signal.Signals]:
        """Those that nobody wants ignored (nohup)."""
        return [each for each in (signal.SIGINT, *SIGNALS) if signal.getsignal(each) is not signal.SIG_IGN]

    def _came(self, number: int, _: FrameType | None) -> None:
        self.number = number
        self._application.exit(128 + number)

    def _drain(self) -> None:
        """Reads the wake-up away; the handler runs when Python does, which is now."""
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(64)
