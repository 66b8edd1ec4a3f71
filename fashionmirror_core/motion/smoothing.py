"""The One-Euro filter (Casiez et al., CHI 2012), run forwards and backwards so that nothing lags."""

from __future__ import annotations

import numpy as np

_FASTEST_HZ, _SLOWEST_HZ = 12.0, 0.8  # cut-off of a steady signal at strength 0 and at strength 1
_HZ_PER_SPEED = 20.0  # the cut-off's gain per body height a second at strength 0: a stride (~1) passes nearly untouched
_SPEED_HZ = 1.0  # cut-off of the speed itself


def calmed(signal: np.ndarray, fps: float, strength: float, loop: bool) -> np.ndarray:
    """A signal (T, ...) in body heights, filtered over time; in a loop across the seam.

    strength: 0 to 1. Steady values are calmed most, fast ones keep their speed.
    """
    frames = len(signal)
    around = np.concatenate([signal] * 3) if loop else signal
    # The mean of both directions: the two lags cancel.
    calm = (_one_euro(around, fps, strength) + _one_euro(around[::-1], fps, strength)[::-1]) / 2
    return calm[frames : 2 * frames] if loop else calm


def _one_euro(signal: np.ndarray, fps: float, strength: float) -> np.ndarray:
    slowest = _FASTEST_HZ * (_SLOWEST_HZ / _FASTEST_HZ) ** strength
    per_speed = _HZ_PER_SPEED * (1.0 - 0.7 * strength)
    value, speed = signal[0].copy(), np.zeros_like(signal[0])
    result = np.empty_like(signal)
    for index, sample in enumerate(signal):
        slope = (sample - value) * fps if index else speed
        speed = speed + _weight(_SPEED_HZ, fps) * (slope - speed)
        value = value + _weight(slowest + per_speed * np.abs(speed), fps) * (sample - value)
        result[index] = value
    return result


def _weight(cutoff: np.ndarray | float, fps: float) -> np.ndarray | float:
    """The exponential filter's weight of a new sample for a cut-off in Hz."""
    return 1.0 / (1.0 + fps / (2 * np.pi * cutoff))
