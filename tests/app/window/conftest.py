"""A window with a studio behind it: empty, or with the small sample dressed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from designing import LONG
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.model.settings import Settings
from app.model.state import LookState
from app.startup import make_application, make_window
from app.studio import studio as studio_module
from app.studio.studio import Studio
from app.widgets.window import StudioWindow


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StudioWindow]:
    monkeypatch.setattr(studio_module, "install_excepthook", lambda reporter: None)  # qtbot has its own
    made = make_window(make_application(), Settings(tmp_path / "studio.ini"))
    made.resize(1100, 760)
    made.show()
    yield made
    made.hide()
    made.deleteLater()
    QTest.qWait(0)


@pytest.fixture
def studio(window: StudioWindow) -> Iterator[Studio]:
    """A studio with nothing open."""
    made = Studio(window)
    made.projects.ask = lambda: pytest.fail("the user was asked")
    yield made
    made.close()


@pytest.fixture
def dressed(qtbot: QtBot, studio: Studio, sample_state: LookState) -> Studio:
    """A studio with the small sample, dressed."""
    studio.document.replace(sample_state, None)
    qtbot.waitUntil(lambda: studio.engine.frames.count == 4 and studio.playback.look is not None, timeout=LONG)
    qtbot.waitUntil(lambda: studio.playback.look.poses is not None, timeout=LONG)
    return studio
