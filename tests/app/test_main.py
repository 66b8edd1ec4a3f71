"""Starting: the window comes before what computes, and nothing of OpenCV's Qt gets in the way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.__main__ import main

ROOT = Path(__file__).resolve().parents[2]

FIRST_WINDOW = """
import sys
from app.startup import make_application, make_window
application = make_application()
window = make_window(application)
window.show()
application.processEvents()
assert window.isVisible()
heavy = {"torch", "mediapipe", "cv2", "scipy", "pydantic"} & set(sys.modules)
assert not heavy, heavy
"""

ALIVE = """
import os, sys
from PySide6.QtCore import QTimer
from app import startup as start
os.environ["QT_QPA_FONTDIR"] = "/of/somebody/else"
application = start.make_application()
window = start.make_window(application)
window.show()
studio = start.bring_to_life(window, autosave=False)
assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ and "QT_QPA_FONTDIR" not in os.environ
assert studio.document.state.renderable
QTimer.singleShot(0, window.close)
application.exec()
studio.close()
"""


def _python(code: str, *arguments: str, seconds: int = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=seconds
    )


def test_the_first_window_needs_nothing_heavy() -> None:
    done = _python(FIRST_WINDOW)
    assert done.returncode == 0, done.stderr


def test_the_studio_comes_to_life_and_closes_while_the_engine_loads() -> None:
    done = _python(ALIVE)
    assert done.returncode == 0, done.stderr


def test_a_path_that_is_not_there_is_said_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(tmp_path / "none.fmirror")]) == 2
    told = capsys.readouterr().err
    assert "none.fmirror" in told
    assert told.count("\n") == 1


@pytest.mark.slow
def test_smoke_renders_and_exports(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app", "--smoke", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=320)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "smoke.mp4").stat().st_size > 1000


def test_smoke_that_cannot_write_fails_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    command = [sys.executable, "-m", "app", "--smoke", str(tmp_path / "file")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "file" in done.stderr
