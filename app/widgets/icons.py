"""The studio's icons: one set of line drawings, coloured by the theme at the moment they are painted.

An icon knows its drawing and the role of its colour only, so that it follows a change of theme or of screen without
being made again. The drawings are 24 x 24 SVGs that draw in ``currentColor``.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.widgets.theme import current
from fashionmirror_core.places import resources


def folder() -> Path:
    return resources() / "icons"


def names() -> tuple[str, ...]:
    """Every icon that there is."""
    return tuple(sorted(path.stem for path in folder().glob("*.svg")))


@lru_cache(maxsize=256)
def _renderer(name: str, color: str) -> QSvgRenderer:
    path = folder() / f"{name}.svg"
    if not path.is_file():
        raise KeyError(f"no icon is called {name!r}")
    drawing = path.read_text(encoding="utf-8").replace("currentColor", color)
    return QSvgRenderer(QByteArray(drawing.encode()))


@lru_cache(maxsize=512)
def pixmap(name: str, color: str, size: int, scale: float = 1.0) -> QPixmap:
    """The drawing in one colour (#rrggbb), ``size`` device-independent pixels wide, for a screen of this scale."""
    picture = QPixmap(QSize(size, size) * scale)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _renderer(name, color).render(painter, QRectF(picture.rect()))
    painter.end()
    picture.setDevicePixelRatio(scale)
    return picture


class _Engine(QIconEngine):
    """Draws an icon when it is asked for: in the theme's colour, at the screen's resolution."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self.drawing, self.role = name, role

    def clone(self) -> QIconEngine:
        return _Engine(self.drawing, self.role)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        square = QRect(QPoint(), QSize(side, side))
        square.moveCenter(rect.center())
        _renderer(self.drawing, self._color(mode)).render(painter, QRectF(square))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return pixmap(self.drawing, self._color(mode), min(size.width(), size.height()))

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        # From Qt 6.8 on the size is in device-independent pixels.
        return pixmap(self.drawing, self._color(mode), min(size.width(), size.height()), scale)

    def _color(self, mode: QIcon.Mode) -> str:
        role = {QIcon.Mode.Disabled: "disabled", QIcon.Mode.Selected: "on_accent"}.get(mode, self.role)
        return str(getattr(current(), role))


def icon(name: str, role: str = "text") -> QIcon:
    """An icon by name. role: the colour's name in ``theme.Theme`` (text, muted, accent, on_accent, warning, error)."""
    _renderer(name, str(getattr(current(), role)))  # a wrong name is found here, not while painting
    return QIcon(_Engine(name, role))
