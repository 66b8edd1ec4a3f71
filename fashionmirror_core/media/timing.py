"""A video's rate, from the times of its packets: headers name clocks' ticks, averages over pauses, or nothing at all.

Frames are read at one constant rate. Between two frames the earlier one stands, but never across a gap: where the time
jumps, the frames go on as if it hadn't.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from fashionmirror_core.media.ffmpeg import exact_rate

LEAST_RATE, MOST_RATE = Fraction(1), Fraction(240)
USUAL_RATE = Fraction(25)
SHORTEST_GAP, LONGEST_WAIT = 1.0, 5.0
"""Seconds: a frame never stands longer than ``LONGEST_WAIT``; under ``SHORTEST_GAP`` nothing counts as a gap."""


@dataclass(frozen=True)
class Timing:
    """How a video is read.

    rate: frames a second. gap: seconds from which on the time between two frames is a gap, which is closed to one frame.
    timed: whether the frames have times at all; else each counts as one. seconds: how long it plays so, as far as the
    times are known. notes: lines for the user.
    """

    rate: Fraction
    gap: float = SHORTEST_GAP
    timed: bool = True
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


def timing_of(nominal: Fraction, average: Fraction | None, times: Sequence[float]) -> Timing:
    """nominal, average: frames a second by the header. times: of the packets, or of the first thousand, seconds."""
    ordered = np.sort(np.asarray(times, np.float64))
    between = np.diff(ordered)
    steps = between[between > 0]
    if 2 * len(steps) < len(times) - 1 or not len(steps):  # no times, or always the same
        rate = _plausible(nominal, average)
        return Timing(rate, timed=len(times) == 1, seconds=len(times) / float(rate))
    usual = float(np.percentile(steps, 75))
    gap = min(max(SHORTEST_GAP, 4 * usual), LONGEST_WAIT)
    measured = _measured(steps[steps <= 4 * usual])
    rate = nominal if _found(nominal, steps) else measured
    jumps = np.flatnonzero(between > gap)
    closed = float(between[between <= gap].sum()) + len(jumps) / float(rate) + min(max(usual, 1 / float(rate)), gap)
    return Timing(rate, gap, True, closed, _notes(measured, ordered, jumps, gap))


def _plausible(nominal: Fraction, average: Fraction | None) -> Fraction:
    """The rate that a header means which can't be checked: screen recordings and GIFs name their clock's tick."""
    if average is not None and nominal > 60 and nominal > average * Fraction(5, 4):
        return _bounded(average)
    return _bounded(nominal) if nominal <= MOST_RATE else USUAL_RATE


def _found(nominal: Fraction, steps: np.ndarray) -> bool:
    """Whether frames really come at the header's rate: one step in ten does. Phones leave frames out in dim light."""
    step = 1 / float(nominal)
    return LEAST_RATE <= nominal <= MOST_RATE and bool((np.abs(steps - step) < 0.1 * step).mean() >= 0.1)


def _measured(steps: np.ndarray) -> Fraction:
    """Frames a second over steps without pauses; a whole number where it is within 2 % of one. Frames come by their
    times at any rate: a rounded one only repeats or leaves out one now and then.
    """
    rate = len(steps) / float(steps.sum())
    whole = round(rate)
    if abs(rate - whole) < 0.02 * whole and exact_rate(rate).denominator != 1001:
        return _bounded(Fraction(whole))
    return _bounded(exact_rate(rate))


def _bounded(rate: Fraction) -> Fraction:
    return min(max(rate, LEAST_RATE), MOST_RATE)


def _notes(measured: Fraction, ordered: np.ndarray, jumps: np.ndarray, gap: float) -> tuple[str, ...]:
    notes = []
    spacing = np.median(np.diff(ordered))
    if measured == LEAST_RATE and spacing > 1.01:
        stands = "each picture stands until the next" if spacing <= gap else "one picture each second"
        notes.append(f"The video has a picture every {spacing:.3g} s; it is read at 1 a second, {stands}.")
    elif len(jumps):
        first = int(jumps[0])
        start, length = ordered[first] - ordered[0], ordered[first + 1] - ordered[first]
        more = "" if len(jumps) == 1 else f" and {len(jumps) - 1} more"
        notes.append(f"The video's time jumps by {length:.3g} s at {start:.2f} s{more}; the gap is left out.")
    return tuple(notes)


def steady_filter(timing: Timing) -> str:
    """Times that go on across gaps and jumps back, for ffmpeg; before anything that repeats frames."""
    frame = f"1/({timing.rate}*TB)"
    if not timing.timed:
        return f"setpts=N/({timing.rate}*TB)"
    step = "PTS-PREV_INPTS"
    return f"setpts='if(N,PREV_OUTPTS+if(between({step},0,{timing.gap:g}/TB),{step},{frame}),0)'"


def frames_of(seconds: float, rate: Fraction) -> int:
    """How many frames play so long, at least one."""
    return max(1, round(seconds * rate)) if math.isfinite(seconds) else 1
