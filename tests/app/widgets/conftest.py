"""The viewer that the tests of what lies over it share."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from viewing import GREEN, RED, plain

from app.widgets.viewer import Viewer


@pytest.fixture
def viewer(qtbot: QtBot) -> Viewer:
    """400 x 400, a red source under a green result."""
    viewer = Viewer()
    qtbot.addWidget(viewer)
    viewer.animated = False
    viewer.resize(400, 400)
    viewer.set_layer("source", plain(RED))
    viewer.set_layer("result", plain(GREEN))
    viewer.show()
    return viewer
