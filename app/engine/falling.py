"""Cloth on its way to rest: a few pictures of the drape, and its end as soon as another look is wanted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from fashionmirror_core.errors import Cancelled

if TYPE_CHECKING:
    from fashionmirror_core.drawing.falling import DrapeStep

APART = 0.08  # seconds from the end of a picture to the next one, at least
DRAWING = 0.2  # share of the time of a drape that its pictures may take


class FallingPictures:
    """What ``TryOn.prepare`` calls as ``on_drape``."""

    def __init__(
        self,
        show: Callable[[np.ndarray], None],
        unwanted: Callable[[], bool],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """show: gets each picture, (H, W, 3) uint8. unwanted: whether another look has been asked for. clock: seconds."""
        self._show, self._unwanted, self._clock = show, unwanted, clock
        self._next = -np.inf

    def __call__(self, step: DrapeStep) -> None:
        """Draws the step, unless a picture has just been drawn. Raises Cancelled where the look isn't wanted any more."""
        if self._unwanted():
            raise Cancelled
        began = self._clock()
        if began < self._next:
            return
        self._show(step.image)
        ended = self._clock()
        self._next = ended + max(APART, (ended - began) * (1 / DRAWING - 1))
