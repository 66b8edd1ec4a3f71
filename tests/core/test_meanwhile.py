"""Another thread does a thing meanwhile; its result, or its error, comes when it is asked for."""

from __future__ import annotations

import threading

import pytest

from fashionmirror_core import meanwhile as module
from fashionmirror_core.meanwhile import meanwhile


@pytest.fixture(params=[1, 2, 8])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    module._pool.cache_clear()
    monkeypatch.setattr(module, "_cores", lambda: request.param)
    return request.param


def test_it_is_made_once_elsewhere_or_when_it_is_asked_for(cores: int) -> None:
    made: list[str] = []

    def make() -> int:
        made.append(threading.current_thread().name)
        return 42

    result = meanwhile(make)

    assert result() == result() == 42
    assert len(made) == 1
    assert (made[0] == threading.current_thread().name) == (cores == 1)


def test_an_error_comes_when_the_result_is_asked_for(cores: int) -> None:
    def fail() -> None:
        raise ValueError("no such thing")

    result = meanwhile(fail)

    with pytest.raises(ValueError, match="no such thing"):
        result()
