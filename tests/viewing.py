"""A small picture in a viewer, and the hands that point at it, shared by the tests of what lies over it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import HealthCheck, settings
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.viewer import Viewer

RED, GREEN, BLUE = (200, 30, 30), (30, 160, 30), (30, 30, 200)
WIDTH, HEIGHT = 120, 160  # of the picture
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
Modifier, PLAIN = Qt.KeyboardModifier, Qt.KeyboardModifier.NoModifier
KEEP = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def plain(color: tuple[int, ...], size: tuple[int, int] = (HEIGHT, WIDTH)) -> np.ndarray:
    return np.full((*size, len(color)), color, np.uint8)


def standing() -> np.ndarray:
    """(25, 3): joints spread over the picture, all seen."""
    spread = np.linspace([20, 20, 1], [100, 140, 1], 25)
    spread[:, 0] += 15 * np.sin(np.arange(25))
    return spread.astype(np.float32)


def seen(viewer: Viewer, x: float, y: float) -> tuple[int, int, int]:
    """The colour on the widget at a position."""
    picture = viewer.grab()
    ratio = picture.devicePixelRatio()
    return picture.toImage().pixelColor(int(x * ratio), int(y * ratio)).getRgb()[:3]


def seen_at(viewer: Viewer, x: float, y: float) -> tuple[int, int, int]:
    """The colour at a pixel of the picture, in the result's pane."""
    return seen(viewer, *viewer.to_widget(QPointF(x, y)).toTuple())


def place(viewer: Viewer, x: float, y: float) -> QPoint:
    return viewer.to_widget(QPointF(x, y)).toPoint()


def wheel(viewer: Viewer, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at, viewer.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), NONE, PLAIN,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewer, event)


def move(widget: QWidget, at: QPoint | QPointF, button: Qt.MouseButton = NONE, modifier: Modifier = PLAIN) -> None:
    """The pointer goes to a place on a widget, whatever window lies there."""
    at = QPointF(at)
    event = QMouseEvent(QEvent.Type.MouseMove, at, widget.mapToGlobal(at), NONE, button, modifier)
    QApplication.sendEvent(widget, event)


def drag(
    qtbot: QtBot, widget: QWidget, path: list[QPoint], button: Qt.MouseButton = LEFT, modifier: Modifier = PLAIN
) -> None:
    qtbot.mousePress(widget, button, modifier, path[0])
    for before, after in pairwise(path):
        for step in range(1, 5):
            move(widget, before + (after - before) * step / 4, button, modifier)
    qtbot.mouseRelease(widget, button, modifier, path[-1])
