"""Cloth on its way to rest: a few pictures of the drape, and its end as soon as another look is wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from fashionmirror_core.errors import Cancelled

if TYPE_CHECKING:
    from types import TracebackType

    from fashionmirror_core.drawing.falling import DrapeStep

APART = 0.08  # seconds from the end of a picture to the next one, at least
DRAWING = 0.2  # share of the time of a drape in which pictures are drawn


class FallingPictures:
    """What ``TryOn.prepare`` calls as ``on_drape``; leaving it as a context ends what is being drawn unseen.

    A drape takes one core: its pictures are drawn by another thread meanwhile, one at a time.
    """

    def __init__(
        self,
        show: Callable[[np.ndarray], None],
        unwanted: Callable[[], bool],
        clock: Callable[[], float] = time.perf_counter,
        drawer: Executor | None = None,
    ) -> None:
        """show: gets each picture, (H, W, 3) uint8, in the drawing thread. unwanted: whether another look has been asked
        for. clock: seconds. drawer: runs one thing at a time; it ends with the context.
        """
        self._show, self._unwanted, self._clock = show, unwanted, clock
        self._drawer = drawer or ThreadPoolExecutor(1, "falling")
        self._drawing: Future[None] | None = None
        self._next = -np.inf
        self._ended, self._showing = False, threading.Lock()

    def __enter__(self) -> FallingPictures:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._showing:  # what is shown after this isn't falling any more
            self._ended = True
        self._drawer.shutdown(wait=False)
        if error is None and self._drawing is not None and self._drawing.done():
            self._drawing.result()

    def __call__(self, step: DrapeStep) -> None:
        """Has the step drawn, unless a picture is being drawn or has just been. Raises Cancelled where the look isn't wanted
        any more, and what the last drawing raised.
        """
        if self._unwanted():
            raise Cancelled
        if self._drawing is not None:
            if not self._drawing.done():
                return
            self._drawing.result()
            self._drawing = None
        if self._clock() >= self._next:
            self._drawing = self._drawer.submit(self._draw, step)

    def _draw(self, step: DrapeStep) -> None:
        began = self._clock()
        image = step.image
        with self._showing:
            if not self._ended:
                self._show(image)
        ended = self._clock()
        self._next = ended + max(APART, (ended - began) * (1 / DRAWING - 1))
