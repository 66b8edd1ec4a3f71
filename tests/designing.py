"""What a designer does with the window, shared by the tests of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.studio.studio import Studio

LONG = 60_000  # milliseconds; two slow cores may be busy


def rendered(qtbot: QtBot, studio: Studio) -> None:
    qtbot.waitUntil(studio.window.actions_by_id["render.start"].isEnabled, timeout=LONG)
    studio.window.actions_by_id["render.start"].trigger()
    qtbot.waitUntil(lambda: not studio.rendering.busy, timeout=LONG)
    assert states(studio) == ["fresh"] * 4


def states(studio: Studio) -> list[str]:
    frames = studio.engine.frames
    return [frames.state(index).value for index in range(frames.count)]


def mime(*files: Path) -> QMimeData:
    """As a file manager drags them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    return data


def paint(studio: Studio, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A stroke between two points of the picture, with the mouse."""
    viewer = studio.window.viewer
    points = [viewer.to_widget(QPointF(*point)).toPoint() for point in (start, end)]
    QTest.mousePress(viewer, Qt.MouseButton.LeftButton, pos=points[0])
    QTest.mouseMove(viewer, points[1])
    QTest.mouseRelease(viewer, Qt.MouseButton.LeftButton, pos=points[1])
