"""Cloth that falls into place: how many pictures are drawn of it, and how soon a newer wish ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from threading import Event
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import quick_core
from pytestqt.qtbot import QtBot

from app.engine.engine import Engine
from app.engine.falling import FallingPictures
from app.model.state import LookState
from fashionmirror_core.cloth.tailoring import Fit
from fashionmirror_core.errors import Cancelled

LONG = 20_000  # milliseconds


class _Step:
    """A step of a drape whose picture takes ``cost`` seconds of a clock that the test owns."""

    def __init__(self, clock: list[float], cost: float) -> None:
        self._clock, self._cost = clock, cost

    @property
    def image(self) -> np.ndarray:
        self._clock[0] += self._cost
        return np.zeros((4, 3, 3), np.uint8)


class _AtOnce(Executor):
    """Draws while it is asked to."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


@pytest.mark.parametrize("cost", [0.02, 0.05, 0.5])
def test_pictures_take_a_fifth_of_the_drape_however_slow_they_are(cost: float) -> None:
    clock, shown = [0.0], []
    falling = FallingPictures(shown.append, lambda: False, lambda: clock[0], _AtOnce())
    for _ in range(1000):
        clock[0] += 0.01
        falling(_Step(clock, cost))  # type: ignore[arg-type]
    assert shown[0].shape == (4, 3, 3)
    assert 0.15 < len(shown) * cost / clock[0] < 0.21


def test_a_drape_that_nobody_wants_ends_at_its_next_step_and_draws_nothing() -> None:
    shown: list[np.ndarray] = []
    falling = FallingPictures(shown.append, lambda: True)
    with pytest.raises(Cancelled):
        falling(_Step([0.0], 1.0))  # type: ignore[arg-type]
    assert not shown


def test_the_drape_goes_on_while_a_picture_is_drawn_and_none_comes_after_its_end() -> None:
    begun, drawn, shown = Event(), Event(), []

    class Slow:
        @property
        def image(self) -> np.ndarray:
            begun.set()
            assert drawn.wait(LONG / 1000)
            return np.zeros((4, 3, 3), np.uint8)

    with FallingPictures(shown.append, lambda: False) as falling:
        for _ in range(20):
            falling(Slow())  # type: ignore[arg-type]
        assert begun.wait(LONG / 1000)
        assert not shown
    drawn.set()
    falling._drawing.result(LONG / 1000)  # type: ignore[union-attr]
    assert not shown


def test_what_fails_in_a_picture_fails_in_the_drape() -> None:
    class Broken:
        @property
        def image(self) -> np.ndarray:
            raise ValueError("no texture")

    falling = FallingPictures(lambda _: None, lambda: False)
    falling(Broken())  # type: ignore[arg-type]
    falling._drawing.exception(LONG / 1000)  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="no texture"), falling:
        falling(Broken())  # type: ignore[arg-type]


@pytest.fixture
def engine(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    quick_core.install(monkeypatch)
    made = Engine(device="cpu")
    yield made
    made.close()


def test_a_newer_look_ends_the_drape_and_another_background_does_not(
    qtbot: QtBot, engine: Engine, sample_state: LookState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drape of the regular fit lasts until it is ended."""
    ended: list[str] = []
    prepare = quick_core.QuickTryOn.prepare

    def endless(self: Any, person: Any, garments: Any, removed: Any, tailoring: Any, on_drape: Any) -> Any:
        until = time.monotonic() + LONG / 1000
        while tailoring[0].ease == 1 and time.monotonic() < until:
            try:
                on_drape(SimpleNamespace(share=0.5, image=person.image))
            except Cancelled:
                ended.append("cancelled")
                raise
            time.sleep(0.001)
        return prepare(self, person, garments, removed, tailoring, on_drape)

    monkeypatch.setattr(quick_core.QuickTryOn, "prepare", endless)
    with qtbot.waitSignal(engine.still_falling, timeout=LONG) as falling:
        engine.set_state(sample_state)
    assert falling.args[0] == sample_state
    assert falling.args[1].shape == (384, 288, 3)

    clip = sample_state.clip.model_copy(update={"background": "white"})
    white = sample_state.model_copy(update={"clip": clip})
    engine.set_state(white)
    qtbot.wait(200)
    assert not ended

    (garment,) = white.garments
    loose = white.model_copy(update={"garments": (garment.model_copy(update={"fit": Fit.LOOSE}),)})
    with qtbot.waitSignal(engine.look_ready, timeout=LONG) as look:
        engine.set_state(loose)
    assert ended == ["cancelled"]
    assert look.args[0].state == loose
