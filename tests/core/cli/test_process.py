"""Signals, consoles and pipes: what a command owes the system."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fashionmirror_core.cli import main as cli
from fashionmirror_core.cli.process import SIGNALS, SignalEnd, any_console, ended_by_signals


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_cleans_up_like_ctrl_c(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from fashionmirror_core.media.files import Change

    def working(*_: object, **__: object) -> None:
        with Change() as change:
            change.file(tmp_path / "clip.mp4").write_text("half")
            (change.folder(tmp_path / "frames") / "0.png").write_text("half")
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)  # an impatient one
            pytest.fail("the signal came to nothing")

    monkeypatch.setattr(cli, "_render", working)
    monkeypatch.setattr(sys, "argv", ["fashionmirror", "demo"])
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 128 + number
    assert capfd.readouterr().err == "fashionmirror: Cancelled.\n"
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(number) is before


def test_what_was_ignored_stays_ignored() -> None:
    """As ``nohup`` has it."""
    number = SIGNALS[-1]
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with ended_by_signals() as ended:
            os.kill(os.getpid(), number)
        assert ended.number is None
    finally:
        signal.signal(number, before)


def test_the_end_by_a_signal_is_an_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), ended_by_signals():
        os.kill(os.getpid(), signal.SIGTERM)
    assert SignalEnd(15).number == 15


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_any_console_shows_what_it_can(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    any_console()
    for stream in (sys.stdout, sys.stderr):
        print("\N{CJK UNIFIED IDEOGRAPH-8D70} \udcff ok", file=stream, flush=True)
        shown = stream.buffer.getvalue().decode(encoding)
        assert shown.endswith("? ok\n" if encoding == "utf-8" else "? ? ok\n")


def test_there_may_be_no_console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    any_console()


def test_a_reader_that_leaves_is_no_error(repository: Path) -> None:
    command = [sys.executable, "-m", "fashionmirror_core", "motion", "list"]
    environment = os.environ | {"PYTHONPATH": str(repository)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")
