"""A video's rate from its packets' times; gaps in time are closed, whatever the header says."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionmirror_core.media.timing import LONGEST_WAIT, SHORTEST_GAP, steady_filter, timing_of


def steady(fps: float, frames: int = 60) -> np.ndarray:
    return np.arange(frames) / fps


@pytest.mark.parametrize(
    ("nominal", "average", "read_at"),
    [
        (30, 29.9, 30),
        (30, 13.3, 30),
        (60, None, 60),
        (100, 10, 10),
        (240, 239.8, 240),
        (1000, 14.5, 14.5),
        (1000, None, 25),
    ],
)
def test_without_times_the_tick_of_a_clock_is_no_frame_rate(
    nominal: int, average: float | None, read_at: float
) -> None:
    mean = None if average is None else Fraction(average).limit_denominator(100)
    timing = timing_of(Fraction(nominal), mean, [])
    assert float(timing.rate) == pytest.approx(read_at)
    assert not timing.timed


@pytest.mark.parametrize(
    ("nominal", "times", "read_at"),
    [
        (30, steady(30), 30),
        (Fraction(30000, 1001), np.round(steady(30000 / 1001), 3), Fraction(30000, 1001)),
        (1000, np.round(steady(30), 3), 30),  # only the clock's tick is named
        (50, steady(25), 25),
        (25, steady(60), 60),  # the header lies
        (240, steady(24), 24),
        (240, np.round(steady(240, 480), 3), 240),
        (100, steady(33.3).round(2), 33),  # a GIF
        (0.5, steady(0.5), 1),
        (12.5, steady(12.5), 12.5),
        (1000, steady(1000), 240),
    ],
)
def test_the_rate_is_that_of_the_packets(nominal: float, times: np.ndarray, read_at: float) -> None:
    assert timing_of(Fraction(nominal), None, list(times)).rate == read_at


def test_a_browsers_recording_is_read_at_its_own_rate() -> None:
    """MediaRecorder names its clock's 1000 ticks a second; the frames come unsteadily, about 23 in a second."""
    times = np.cumsum(np.random.default_rng(0).uniform(0.015, 0.075, 40)).round(3)
    assert 20 <= timing_of(Fraction(1000), None, list(times)).rate <= 26


def test_frames_that_a_phone_left_out_keep_its_rate() -> None:
    times = np.concatenate([np.arange(10), np.arange(10, 40, 3)]) / 30
    assert timing_of(Fraction(30), Fraction(15), list(times)).rate == 30


def test_pauses_dont_slow_the_rate_down() -> None:
    times = np.concatenate([steady(25), 10 + steady(25), 700 + steady(25)])
    timing = timing_of(Fraction(1000), Fraction(1, 4), list(times))
    assert timing.rate == 25
    assert timing.seconds == pytest.approx(180 / 25, abs=0.05)
    (note,) = timing.notes
    assert "jumps by 7.64 s at 2.36 s and 1 more" in note


def test_times_that_are_all_the_same_are_none() -> None:
    assert not timing_of(Fraction(25), None, [0.0] * 30).timed
    assert timing_of(Fraction(25), None, [0.0] * 30).seconds == pytest.approx(30 / 25)


def test_slow_pictures_stand_until_the_next() -> None:
    timing = timing_of(Fraction(1, 2), Fraction(1, 2), list(steady(0.5, 3)))
    assert (timing.rate, timing.gap, timing.seconds) == (1, LONGEST_WAIT, 6)
    assert "a picture every 2 s" in timing.notes[0]
    assert "one picture each second" in timing_of(Fraction(1), None, list(steady(1 / 60, 9))).notes[0]


@given(
    st.lists(st.floats(-1e6, 1e9), max_size=50),
    st.fractions(Fraction(1, 1000), 100_000),
    st.none() | st.fractions(Fraction(1, 1000), 100_000),
)
def test_any_times_give_a_rate_and_bounds(times: list[float], nominal: Fraction, average: Fraction | None) -> None:
    timing = timing_of(nominal, average, times)
    assert 1 <= timing.rate <= 240
    assert SHORTEST_GAP <= timing.gap <= LONGEST_WAIT
    assert 0 <= timing.seconds <= LONGEST_WAIT * (len(times) + 1)
    assert "nan" not in steady_filter(timing)
