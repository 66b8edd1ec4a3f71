"""Strips of a garment's picture, from which pieces of a pattern take their cloth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.errors import InputError
from fashionmirror_core.imaging.easing import smoothstep

NO_CLOTH = "The cut-out has no cloth between its waist and its hem; paint it anew, or use another picture."
STEPS = 64  # rows of a strip
INSET = 1.5  # pixels: how far inside of the edge cloth is taken from
DEGREE = 4  # of the polynomials that edges are smoothed with
UNLIKE = 0.03  # of a strip's median width: how far an edge may be from its polynomial before it counts little
MOST_STRETCH = 1.33  # of the cloth near a strip's middle, over that of the whole row


@dataclass(frozen=True)
class Strip:
    """A piece of the picture in k rows, evenly from its upper to its lower end.

    middle: (k, 2), pixels. across: (k, 2), unit vectors along the rows. low, high: (k,), pixels along ``across`` from the
    middle to the edges, low below high.
    """

    middle: np.ndarray
    across: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def length(self) -> float:
        """Pixels along the middle line."""
        return float(np.hypot(*np.diff(self.middle, axis=0).T).sum())

    @property
    def width(self) -> np.ndarray:
        """(k,) pixels."""
        return self.high - self.low

    def smooth(self) -> Strip:
        """With edges that leave out what sticks out or is bitten into."""
        unlike = UNLIKE * float(np.median(self.width))
        rows = np.linspace(0, 1, len(self.low))
        return replace(self, low=robust_curve(rows, self.low, unlike), high=robust_curve(rows, self.high, unlike))

    def within(self, other: Strip) -> Strip:
        """Its edges moved in to another's of the same rows where they lie outside of them."""
        return replace(self, low=np.maximum(self.low, other.low), high=np.minimum(self.high, other.high))

    def texel(self, down: np.ndarray, place: np.ndarray, uniform: np.ndarray | float = 1.0) -> np.ndarray:
        """(n, 2) pixels: where cloth is taken from.

        down: (n,), 0 at the upper and 1 at the lower end; beyond, the strip goes on. place: (n,) in [-1, 1], from the low
        to the high edge. uniform: the scale near the middle over that from edge to edge.
        """
        rows = np.linspace(0, 1, len(self.low))

        def at(values: np.ndarray) -> np.ndarray:
            return np.interp(down, rows, values)

        half = np.maximum((at(self.high) - at(self.low)) / 2 - INSET, 0.5)
        centre = (at(self.high) + at(self.low)) / 2
        offset = centre + half * _eased(place, uniform)
        end = np.where(down > 1, 1.0, 0.0)[:, None] * (self.middle[-1] - self.middle[-2]) * (len(rows) - 1)
        start = np.where(down < 0, 1.0, 0.0)[:, None] * (self.middle[1] - self.middle[0]) * (len(rows) - 1)
        beyond = end * (down - 1)[:, None] + start * down[:, None]
        middle = np.stack([at(self.middle[:, axis]) for axis in (0, 1)], 1)
        across = np.stack([at(self.across[:, axis]) for axis in (0, 1)], 1)
        return middle + beyond + offset[:, None] * across


@dataclass(frozen=True)
class Patch:
    """A piece of the picture between two lines of k points each, (k, 2), pixels: every row runs from ``inner`` to ``outer``.

    open_inner: the inner line is an edge of the cloth too. bow: (2,), pixels: how far the upmost row bends, four times as
    far as its middle; the bend fades towards the lower end.
    """

    inner: np.ndarray
    outer: np.ndarray
    open_inner: bool = False
    bow: tuple[float, float] = (0.0, 0.0)

    @property
    def length(self) -> float:
        """Pixels down the patch, the mean of both lines."""
        return (polyline_length(self.inner) + polyline_length(self.outer)) / 2

    @property
    def width(self) -> np.ndarray:
        """(k,) pixels, at right angles to the patch's middle line."""
        down = np.gradient((self.inner + self.outer) / 2, axis=0)
        rows = self.outer - self.inner
        return np.abs(down[:, 0] * rows[:, 1] - down[:, 1] * rows[:, 0]) / np.maximum(np.hypot(*down.T), 1e-6)

    def texel(self, down: np.ndarray, out: np.ndarray, uniform: np.ndarray | float = 1.0) -> np.ndarray:
        """(n, 2) pixels: where cloth is taken from.

        down: (n,) in [0, 1], from the upper to the lower end. out: (n,) in [0, 1], from the inner to the outer line.
        uniform: the scale near the inner line over that from line to line.
        """
        rows = np.linspace(0, 1, len(self.inner))
        inner, outer = (
            np.stack([np.interp(down, rows, line[:, axis]) for axis in (0, 1)], 1) for line in (self.inner, self.outer)
        )
        length = np.maximum(np.hypot(*(outer - inner).T), 1e-6)
        inset = np.minimum(INSET / length, 0.3)
        low = inset if self.open_inner else 0.0
        place = low + _eased(out, uniform) * (1 - inset - low)
        bent = place * (1 - place) * (1 - down)
        return inner + place[:, None] * (outer - inner) + bent[:, None] * np.array(self.bow)


def polyline_length(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def stretched(line: np.ndarray, start: float, end: float) -> np.ndarray:
    """(STEPS, 2): the part of a polyline between two shares of its length, in even steps."""
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    wanted = np.linspace(start, end, STEPS) * at[-1]
    return np.stack([np.interp(wanted, at, line[:, axis]) for axis in (0, 1)], 1)


def _eased(place: np.ndarray, uniform: np.ndarray | float) -> np.ndarray:
    """Places in [-1, 1] scaled by ``uniform`` near 0, and as they are near -1 and 1."""
    scale = np.clip(uniform, 1 / MOST_STRETCH, MOST_STRETCH)
    edge = smoothstep(np.abs(place))
    return place * (scale * (1 - edge) + edge)


def measured(cloth: np.ndarray, middle: np.ndarray, across: np.ndarray) -> Strip:
    """The strip between the outermost cloth of each row.

    cloth: (H, W) in [0, 1]. middle: (k, 2), across: (k, 2), as ``Strip`` has them. A row without cloth takes its
    neighbours' edges. Raises InputError where no row has any.
    """
    reach = int(max(cloth.shape))
    offsets = np.arange(-reach, reach + 1, dtype=np.float32)
    places = (middle[:, None] + offsets[None, :, None] * across[:, None]).astype(np.float32)
    seen = cv2.remap(cloth.astype(np.float32), places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderValue=0) > 0.5
    known = seen.any(1)
    if not known.any():
        raise InputError(NO_CLOTH)
    first = offsets[seen.argmax(1)]
    last = offsets[len(offsets) - 1 - seen[:, ::-1].argmax(1)]
    rows = np.arange(len(middle))
    low, high = (np.interp(rows, rows[known], each[known].astype(np.float64)) for each in (first, last))
    return Strip(np.asarray(middle, np.float64), np.asarray(across, np.float64), low, high)


def straight(start: np.ndarray, end: np.ndarray, across: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """A straight middle line (STEPS, 2) and its rows (STEPS, 2): along ``across`` (2,), or at right angles to the line."""
    if across is None:
        down = (end - start) / max(float(np.hypot(*(end - start))), 1e-6)
        across = np.array([down[1], -down[0]])
    return np.linspace(start, end, STEPS), np.tile(across, (STEPS, 1))


def robust_curve(at: np.ndarray, values: np.ndarray, unlike: float, degree: int = DEGREE) -> np.ndarray:
    """(k,): values (k,) at (k,) smoothed by a polynomial; those farther from it than ``unlike`` count little."""
    weights = np.ones(len(values))
    fitted = values
    for _ in range(8):
        line = np.polynomial.Polynomial.fit(at, values, degree, w=np.sqrt(weights))
        fitted = line(at)
        weights = 1 / (1 + ((values - fitted) / max(unlike, 1e-6)) ** 2) ** 2
    return gaussian_filter1d(fitted, 1.0, mode="nearest")


def depth_of_edge(cloth: np.ndarray, start: np.ndarray, half: np.ndarray, down: np.ndarray, most: float) -> float:
    """Pixels from a line of half width ``half`` (2,) round ``start`` (2,) ``down`` (2,) to where cloth begins, near the
    line's middle; 0 where it is cloth itself, at most ``most``.
    """
    return _run_of(cloth < 0.5, start, half, down, most)


def depth_of_cloth(cloth: np.ndarray, start: np.ndarray, half: np.ndarray, down: np.ndarray, most: float) -> float:
    """The same to where cloth ends."""
    return _run_of(cloth > 0.5, start, half, down, most)


def _run_of(true: np.ndarray, start: np.ndarray, half: np.ndarray, down: np.ndarray, most: float) -> float:
    """Pixels for which a mask (H, W) is true; outside of the picture it is not."""
    steps = np.arange(0.0, max(most, 1.0))
    places = start + np.linspace(-0.3, 0.3, 13)[:, None, None] * half + steps[None, :, None] * down
    x, y = np.round(places).astype(int).transpose(2, 0, 1)
    inside = (x >= 0) & (x < true.shape[1]) & (y >= 0) & (y < true.shape[0])
    on = inside & true[np.clip(y, 0, true.shape[0] - 1), np.clip(x, 0, true.shape[1] - 1)]
    return float(np.percentile(np.cumprod(on, axis=1).sum(1), 40))
