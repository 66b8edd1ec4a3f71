"""The layers of the viewer's picture, and how those that are shown are painted over each other. It knows no widget."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QPixmap

from app.widgets import layers
from app.widgets.canvas import Pixmaps, Placement, draw_checks, draw_picture

NEAREST_FROM = 4.0  # above 400 % pixels are shown as squares
_ARROW_SPACING = 28  # screen pixels


@dataclass
class Layer:
    """pixels: see ``Viewer.set_layer``. opacity: in [0, 1]. previous: what fades away."""

    pixels: np.ndarray | None = None
    visible: bool = False
    opacity: float = 1.0
    previous: np.ndarray | None = None


@dataclass(frozen=True)
class Tint:
    """A mask that is painted just now, in place of its layer: the layer's name, and the mask in its colour."""

    name: str
    image: QImage


class Stack:
    """All layers by their names."""

    def __init__(self) -> None:
        self._layers = {name: Layer(opacity=0.7 if name in ("attention", "flow") else 1.0) for name in layers.LAYERS}
        for name in ("source", "result"):
            self._layers[name].visible = True
        self._pixmaps = Pixmaps()

    def __getitem__(self, name: str) -> Layer:
        """ValueError for a name that is none."""
        if name not in self._layers:
            raise ValueError(f"there is no layer {name!r}; there are {', '.join(layers.LAYERS)}")
        return self._layers[name]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the source, or of the result where there is no source; (0, 0) where there is neither."""
        source, result = self["source"].pixels, self["result"].pixels
        leading = source if source is not None else result
        return (0, 0) if leading is None else (leading.shape[1], leading.shape[0])

    def forget_previous(self) -> None:
        """Nothing fades any longer."""
        for layer in self._layers.values():
            layer.previous = None

    def order(self, names: tuple[str, ...], single: bool, painted: str = "", editable: bool = False) -> list[str]:
        """Of a pane's layers those that it paints, from below; what something opaque hides is left out.

        single: one pane shows all. painted: the mask that is painted just now, shown anyway; "" for none. editable: whether
        the skeleton's joints can be dragged; then it is shown anyway.
        """
        shown = [name for name in names if self._shown(name, editable)]
        if painted and painted not in shown:
            shown = sorted([*shown, painted], key=layers.LAYERS.index)
        if "result" in shown and "source" in shown:
            result = self["result"]
            if result.opacity == 1 and result.previous is None:
                shown.remove("source")
        elif not single and not {"source", "result"} & set(shown):
            shown = ["source" if self["source"].pixels is not None else "result", *shown]
        return shown

    def _shown(self, name: str, editable: bool) -> bool:
        layer = self[name]
        wanted = layer.visible or (name == "skeleton" and editable)
        return wanted and layer.pixels is not None and layer.opacity > 0

    def paint(
        self,
        painter: QPainter,
        names: list[str],
        placement: Placement,
        seen: QRectF,
        zoom: float,
        appeared: float,
        tint: Tint | None,
    ) -> None:
        """names: from ``order``. seen: the part of the widget that is painted. zoom: screen pixels for a picture pixel.
        appeared: how far what is new has faded in, in [0, 1].
        """
        smooth = zoom <= NEAREST_FROM
        for name in names:
            layer = self[name]
            strength = layer.opacity * (1.0 if layer.previous is None else appeared)
            if tint is not None and name == tint.name:
                painter.setOpacity(layer.opacity)
                draw_picture(painter, tint.image, placement, seen, smooth)
            elif layer.pixels is None:
                continue
            elif name == "skeleton":
                painter.setOpacity(layer.opacity)
                _paint_skeleton(painter, layer.pixels, placement)
            else:
                if name in ("source", "result"):
                    self._paint_below(painter, name, layer, placement, seen, zoom)
                painter.setOpacity(strength)
                draw_picture(painter, self._pixmap(name, layer.pixels, placement, zoom), placement, seen, smooth)
                if name == "flow":
                    _paint_arrows(painter, layer.pixels, placement, seen)
        painter.setOpacity(1)

    def _paint_below(
        self, painter: QPainter, name: str, layer: Layer, placement: Placement, seen: QRectF, zoom: float
    ) -> None:
        """What is behind a picture: checks where something shows through, and the picture that fades away."""
        if layer.pixels is not None and layer.pixels.ndim == 3 and layer.pixels.shape[2] == 4:
            painter.setOpacity(1)
            draw_checks(painter, placement, seen)
        if layer.previous is not None and layer.previous.size:
            painter.setOpacity(layer.opacity)
            before = self._pixmap(name, layer.previous, placement, zoom)
            draw_picture(painter, before, placement, seen, zoom <= NEAREST_FROM)

    def _pixmap(self, name: str, pixels: np.ndarray, placement: Placement, zoom: float) -> QPixmap:
        halvings = 0
        if name != "flow":
            zoom = zoom * placement.size[0] / pixels.shape[1]
            halvings = max(0, math.floor(-math.log2(zoom))) if zoom < 1 else 0
        return self._pixmaps.get(name, pixels, halvings)


def _paint_skeleton(painter: QPainter, joints: np.ndarray, placement: Placement) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    points = [placement.to_widget(QPointF(x, y)) for x, y in joints[:, :2].tolist()]
    layers.draw_skeleton(painter, points, joints[:, 2])


def _paint_arrows(painter: QPainter, flow: np.ndarray, placement: Placement, seen: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    lines = []
    for tail, head in layers.arrows(flow, _ARROW_SPACING / placement.scale):
        ends = placement.to_widget(QPointF(*tail)), placement.to_widget(QPointF(*head))
        if seen.contains(ends[0]) or seen.contains(ends[1]):
            lines.append(ends)
    layers.draw_arrows(painter, lines)
