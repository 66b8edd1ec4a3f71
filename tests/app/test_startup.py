"""The first window shows the sample, dressed, before the engine is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app import startup
from app.model.settings import Settings
from app.studio import studio as studio_module
from app.studio.studio import Studio
from fashionmirror_core.media.images import read_image
from fashionmirror_core.samples import sample_look


def test_the_still_that_ships_has_the_photos_size() -> None:
    sample = sample_look()
    still, photo = read_image(sample.still), read_image(sample.person)
    assert still.shape == photo.shape
    assert np.abs(still[:100].astype(int) - photo[:100]).mean() < 3  # the same background over the head


def test_the_first_window_shows_the_sample_dressed_and_keeps_it_while_the_engine_loads(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_module, "install_excepthook", lambda reporter: None)
    window = startup.make_window(startup.make_application(), Settings(tmp_path / "studio.ini"))
    qtbot.addWidget(window)
    startup.show_sample(window)
    window.show()
    still = window.viewer.layer("result")
    assert still is not None
    assert still.shape == (1152, 864, 3)
    studio = Studio(window, autosave=False)
    studio.projects.ask = lambda: "discard"
    monkeypatch.setattr(studio.engine, "start", lambda: None)
    monkeypatch.setattr(studio.engine, "set_state", lambda state: None)  # the engine takes its time
    studio.start()
    qtbot.wait(50)
    assert window.viewer.layer("result") is still
    studio.inputs.remove("garment", 0)
    qtbot.wait(50)
    assert window.viewer.layer("result") is None
    studio.close()


def test_the_first_picture_needs_no_engine() -> None:
    code = (
        "import sys; from app import startup; application = startup.make_application()\n"
        "window = startup.make_window(application); startup.show_sample(window); window.show()\n"
        "print(sorted({'torch', 'cv2', 'mediapipe', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_window_moves_while_its_modules_are_loaded(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading
    import time

    from PySide6.QtWidgets import QWidget

    threads: list[threading.Thread] = []

    def load() -> None:
        threads.append(threading.current_thread())
        time.sleep(0.2)

    monkeypatch.setattr(startup, "_load", load)
    monkeypatch.setattr(startup, "bring_to_life", lambda window, path: (window, path, threading.current_thread()))
    window = QWidget()
    qtbot.addWidget(window)
    done: list[object] = []
    startup.begin(window, Path("ana.fmirror"), done.append)  # type: ignore[arg-type]
    assert not done
    qtbot.waitUntil(lambda: bool(done))
    assert done == [(window, Path("ana.fmirror"), threading.main_thread())]
    assert threads != [threading.main_thread()]


def test_the_studio_is_alive_before_its_engine_is_loaded(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What opens the engine's libraries makes every other thread slow: it begins when the window has all that it needs."""
    order: list[str] = []
    monkeypatch.setattr(studio_module, "install_excepthook", lambda reporter: None)
    monkeypatch.setattr(
        "fashionmirror_core.compiling.compile_in_background", lambda first: order.append(first.__name__)
    )
    monkeypatch.setattr("app.engine.engine.Engine.start", lambda self: order.append("engine"))
    monkeypatch.setattr("app.engine.engine.Engine.set_state", lambda self, state: order.append("state"))
    window = startup.make_window(startup.make_application(), Settings(tmp_path / "studio.ini"))
    qtbot.addWidget(window)
    studio = startup.bring_to_life(window, autosave=False)
    assert order == ["state", "engine", "preload_engine"]
    studio.close()
