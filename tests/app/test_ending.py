"""Signals end the studio as its user would want: at once, and with unsaved changes kept."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app import __main__ as program
from app import startup
from app.ending import Ending
from fashionmirror_core.cli.process import SIGNALS


@pytest.mark.parametrize("number", [signal.SIGINT, *SIGNALS])
def test_a_signal_ends_the_loop_while_qt_waits(qapp: QApplication, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    ending = Ending(qapp)
    late = QTimer()
    late.setSingleShot(True)
    late.timeout.connect(qapp.quit)
    late.start(10_000)
    QTimer.singleShot(50, lambda: os.kill(os.getpid(), number))
    try:
        assert qapp.exec() == 128 + number
        assert ending.number == number
    finally:
        ending.close()
    assert signal.getsignal(number) is before


def test_a_dialog_that_waits_is_ended_too(qapp: QApplication) -> None:
    ending, inner = Ending(qapp), QEventLoop()
    QTimer.singleShot(20, inner.exec)
    QTimer.singleShot(80, lambda: os.kill(os.getpid(), signal.SIGINT))
    try:
        assert qapp.exec() == 130
    finally:
        ending.close()


def test_unsaved_changes_are_kept(qapp: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    closed: list[dict[str, Any]] = []

    class Studio:
        def close(self, **how: Any) -> None:
            closed.append(how)

    def alive(*_: object) -> Studio:
        QTimer.singleShot(20, lambda: os.kill(os.getpid(), signal.SIGINT))
        return Studio()

    monkeypatch.setattr(startup, "bring_to_life", alive)
    assert program.main([]) == 130
    assert closed == [{"keep_unsaved": True}]
