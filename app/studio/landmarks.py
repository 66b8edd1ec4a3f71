"""A garment's landmarks, dragged on its own picture: a mode of ``Editing``; each drag is a step of undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from app.model.state import LookState
from app.studio.inputs import Inputs
from app.studio.playback import Playback
from app.widgets.landmarks import LandmarkLayer, tinted_parts

if TYPE_CHECKING:
    from app.studio.context import Context


class LandmarkMending(QObject):
    """``garment``: the place of the one that is mended, -1 while none is."""

    def __init__(self, context: Context, playback: Playback, inputs: Inputs) -> None:
        super().__init__(context.window)
        self._document, self._playback, self._inputs = context.document, playback, inputs
        self.garment = -1
        self.layer = LandmarkLayer(context.window.viewer)
        self.layer.moved.connect(self._moved)
        context.engine.garment_ready.connect(lambda *_: self._show_points())

    def enter(self, garment: int) -> bool:
        """Shows a garment's picture with its parts and landmarks; False where they aren't known yet."""
        view = self._inputs.garment_view(self._document.state.garments[garment])
        if view is None:
            return False
        self.garment = garment
        picture = view.picture[..., :3] if view.parts is None else tinted_parts(view.picture, view.parts)
        self._playback.show_instead(np.ascontiguousarray(picture))
        self._show_points()
        return True

    def leave(self) -> None:
        self.garment = -1
        self.layer.show_points({})

    def reset(self) -> LookState:
        """The look with the landmarks that were found."""
        return self._with(())

    def follow(self, old: LookState, new: LookState) -> bool:
        """After undo and other changes; False where the garment that is mended is gone."""
        if self.garment >= len(new.garments) or old.garments[self.garment].path != new.garments[self.garment].path:
            return False
        self._show_points()
        return True

    def _show_points(self) -> None:
        """As the engine has them now; while it looks again the handles stay where they were let go of."""
        garments = self._document.state.garments
        if 0 <= self.garment < len(garments):
            view = self._inputs.garment_view(garments[self.garment])
            if view is not None:
                self.layer.show_points(view.landmarks)

    def _moved(self, name: str, x: float, y: float) -> None:
        kept = tuple(place for place in self._document.state.garments[self.garment].landmarks if place[0] != name)
        self._document.apply(self._with((*kept, (name, round(x, 2), round(y, 2)))), self.tr("Move Landmark"))

    def _with(self, landmarks: tuple[tuple[str, float, float], ...]) -> LookState:
        garments = list(self._document.state.garments)
        garments[self.garment] = garments[self.garment].model_copy(update={"landmarks": landmarks})
        return self._document.state.model_copy(update={"garments": tuple(garments)})
