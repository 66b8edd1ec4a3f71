"""A garment's landmarks over its picture: handles that are dragged, and the parts as they are seen, in colour."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen

from app.widgets.handles import DARK, LIGHT, Handle
from app.widgets.layers import LEFT_COLOR, MIDDLE_COLOR, RIGHT_COLOR
from app.widgets.viewer import Viewer

_SIDES = {"r": RIGHT_COLOR, "l": LEFT_COLOR}
_RIGHT, _LEFT = ((color.red(), color.green(), color.blue()) for color in (RIGHT_COLOR, LEFT_COLOR))
_PARTS = np.array([(0, 0, 0), (150, 110, 255), _RIGHT, _LEFT, (110, 200, 110), _RIGHT, _LEFT], np.uint8)
"""Colours of ``networks.garment_encoder.PARTS``, of which the picture's left ones are the wearer's right ones."""
_TINT = 0.4


class LandmarkHandle(Handle):
    """A landmark that can be dragged, in the colour of its side of the wearer's body."""

    SIDE = 20

    def __init__(self, name: str, title: str, parent: Viewer) -> None:
        super().__init__(parent)
        self.name = name
        self._color = _SIDES.get(name.rpartition("_")[2], MIDDLE_COLOR)
        self.resize(self.SIDE, self.SIDE)
        self.setCursor(Qt.CursorShape.SizeAllCursor)
        self.setAccessibleName(title)
        self.setToolTip(self.tr("{0}: drag to move").format(title))

    def place(self, at: QPointF) -> None:
        """Stands round a point of the parent."""
        self.move(round(at.x() - self.SIDE / 2), round(at.y() - self.SIDE / 2))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(self.SIDE / 2, self.SIDE / 2)
        radius = 6.5 if self.hasFocus() or self.underMouse() else 5.0
        painter.setPen(QPen(DARK, 4))
        painter.drawEllipse(middle, radius, radius)
        painter.setPen(QPen(LIGHT, 1.5))
        painter.setBrush(self._color)
        painter.drawEllipse(middle, radius, radius)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().highlight().color(), 2))
            painter.drawEllipse(middle, 8.5, 8.5)


class LandmarkLayer(QObject):
    """The landmarks that lie over a viewer's picture.

    moved: (name, x, y), pixels of the picture, when one was let go of or nudged.
    """

    moved = Signal(str, float, float)

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self._points: dict[str, QPointF] = {}
        self.handles: dict[str, LandmarkHandle] = {}
        for signal in (viewer.moved, viewer.zoom_changed, viewer.resized):
            signal.connect(self._place)

    def show_points(self, points: Mapping[str, tuple[float, float]]) -> None:
        """Landmark -> (x, y), pixels of the picture that the viewer shows; {} takes all away."""
        self._points = {name: QPointF(x, y) for name, (x, y) in points.items()}
        for name in self.handles.keys() - self._points.keys():
            handle = self.handles.pop(name)
            handle.hide()
            handle.deleteLater()
        for name in self._points:  # in their order, which is Tab's
            if name not in self.handles:
                self.handles[name] = self._handle(name)
        self._place()
        for handle in self.handles.values():
            handle.show()

    def _handle(self, name: str) -> LandmarkHandle:
        handle = LandmarkHandle(name, self.title(name), self._viewer)
        handle.dragged.connect(lambda at: self._move(name, self._viewer.to_picture(at)))
        handle.released.connect(lambda: self._tell(name))
        handle.nudged.connect(lambda right, down: self._nudge(name, right, down))
        return handle

    def _move(self, name: str, to: QPointF) -> None:
        width, height = self._viewer.picture_size
        self._points[name] = QPointF(min(max(to.x(), 0.0), width - 1.0), min(max(to.y(), 0.0), height - 1.0))
        self._place()

    def _nudge(self, name: str, right: int, down: int) -> None:
        self._move(name, self._points[name] + QPointF(right, down))
        self._tell(name)

    def _tell(self, name: str) -> None:
        point = self._points[name]
        self.moved.emit(name, point.x(), point.y())

    def _place(self, *_: object) -> None:
        for name, handle in self.handles.items():
            handle.place(self._viewer.to_widget(self._points[name]))

    def title(self, name: str) -> str:
        """What a landmark is called, with the wearer's side."""
        titles = {
            "neck_c": self.tr("Neckline"),
            "neck": self.tr("Neck"),
            "shoulder": self.tr("Shoulder"),
            "armpit": self.tr("Armpit"),
            "elbow": self.tr("Elbow"),
            "cuff_outer": self.tr("Outer end of the cuff"),
            "cuff_inner": self.tr("Inner end of the cuff"),
            "waist": self.tr("Waist"),
            "hip": self.tr("Hip"),
            "thigh": self.tr("Thigh"),
            "knee": self.tr("Knee"),
            "hem": self.tr("Hem"),
            "hem_inner": self.tr("Inner end of the hem"),
            "crotch": self.tr("Crotch"),
        }
        if name in titles:
            return titles[name]
        part, _, side = name.rpartition("_")
        pattern = self.tr("{0}, the wearer's right") if side == "r" else self.tr("{0}, the wearer's left")
        return pattern.format(titles.get(part, part))


def tinted_parts(picture: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3 or 4) uint8 with its garment's parts in colour; parts: (h, w) uint8, 0 is none. (H, W, 3) uint8."""
    import cv2

    size = (picture.shape[1], picture.shape[0])
    tint = cv2.resize(_PARTS[parts], size, interpolation=cv2.INTER_LINEAR)
    share = cv2.resize(np.where(parts > 0, np.float32(_TINT), np.float32(0)), size)[..., None]
    return np.round(picture[..., :3] * (1 - share) + tint * share).astype(np.uint8)
