"""Heels: how high a shoe lifts its heel, how the foot in it is bent, and the heel under it (docs/method.md, "The avatar").

A photo from the front doesn't show a heel, but how far the shoe's tip lies below the ankle: a foot on a heel points down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fashionmirror_core.imaging.easing import smoothstep

LOW_SHOE, CLOSED_SHOE = ((0.074, 0.081), 0.046), ((0.078, 0.104), 0.042)
"""Statures that a shoe's tip lies below the ankle, over which it has a heel, and how high that is then, statures. Of people
in the street flat shoes that show a bare instep end above 0.076, nearly all heels below 0.078; others overlap.
"""
LEAST = 0.007  # statures: a lower heel is none
STEEPEST = np.radians(30)  # that a foot is bent
PIVOT = 0.012  # statures above the floor, where toes bend
BALL = 0.018  # statures before and behind the ball of the foot, over which it bends
OF_SHIN = (0.042, 0.072)  # statures above a flat sole, over which the foot becomes the shin
SEAT = 0.3  # of the foot's length that the heel carries
SLIM, BLOCK = (1.0, 0.62, 0.46, 0.42), (1.0, 0.93, 0.9, 0.9)
"""Of the seat, from there down: heels of low shoes, of others."""
BACKWARD = 0.35  # of what a heel is slimmer, that it keeps at its back
INTO_SOLE = 0.5  # of the sole's thickness that the heel goes on into the shoe
CORNERS = 16


def heel_height(depth: float, low_shoe: bool) -> float:
    """Statures that a heel lifts. depth: how many statures the shoe's tip lies below the ankle. low_shoe: whether it shows
    the instep.
    """
    between, height = LOW_SHOE if low_shoe else CLOSED_SHOE
    lift = height * float(np.clip((depth - between[0]) / (between[1] - between[0]), 0, 1))
    return lift if lift > LEAST else 0.0


@dataclass(frozen=True)
class Bend:
    """How a flat foot stands on a heel: turned down about the ankle, which stays, its toes level again.

    ankle, ball: (2,), ahead and up from the flat sole, pixels. angle: radians. stature: pixels.
    """

    ankle: np.ndarray
    ball: np.ndarray
    angle: float
    stature: float

    @classmethod
    def of(cls, ankle: np.ndarray, ball: float, heel: float, lift: float, stature: float) -> Bend:
        """ball, heel: how far ahead they are. lift: statures, 0 for a flat shoe."""
        sine = lift * stature / max(ball - heel, 1e-3)
        return cls(ankle, np.array([ball, PIVOT * stature]), float(min(np.arcsin(min(sine, 1.0)), STEEPEST)), stature)

    def _hind(self, points: np.ndarray) -> np.ndarray:
        away = points - self.ankle
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return self.ankle + np.stack(
            [away[..., 0] * cos + away[..., 1] * sin, away[..., 1] * cos - away[..., 0] * sin], -1
        )

    @property
    def drop(self) -> float:
        """Pixels that the floor lies lower than under the flat foot."""
        return float(self.ball[1] - self._hind(self.ball)[1])

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(..., 2), ahead and up from the flat foot's floor, of such places of the flat foot."""
        if not self.angle:
            return points
        hind = self._hind(points)
        toes = points + (self._hind(self.ball) - self.ball)
        ahead = smoothstep(points[..., 0] - self.ball[0], -BALL * self.stature, BALL * self.stature)[..., None]
        shin = smoothstep(points[..., 1] / self.stature, *OF_SHIN)[..., None]
        foot = hind + ahead * (toes - hind)
        return np.asarray(foot + shin * (points - foot))


def heel_block(
    outline: np.ndarray, bend: Bend, low_shoe: bool, sole: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """The heel under a shoe, closed: level places (n, 2), ahead and beside, heights (n,) above the flat foot's floor, and
    triangles (m, 3); None for a flat shoe. outline: (k, 2), of the flat sole. sole: its thickness, pixels.
    """
    if not bend.angle:
        return None
    back, front = outline[:, 0].min(), outline[:, 0].max()
    length = SEAT * (front - back)
    seat = outline[outline[:, 0] < back + length]
    half = np.array([length, np.ptp(seat[:, 1])]) / 2
    middle = np.array([back + half[0], (seat[:, 1].min() + seat[:, 1].max()) / 2])
    turn = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], -1)
    ring = np.sign(ring) * np.abs(ring) ** 0.75  # more of a D than a circle
    ring *= 0.96 * half
    places, heights = [], []
    top = bend(np.stack([middle[0] + ring[:, 0], np.full(CORNERS, INTO_SOLE * sole)], -1))
    centre = float(top[:, 0].mean())
    for step, share in enumerate(SLIM if low_shoe else BLOCK):
        down = step / (len(SLIM) - 1)
        ahead = centre + share * (top[:, 0] - centre) - BACKWARD * (1 - share) * half[0]
        places.append(np.stack([ahead, middle[1] + share * ring[:, 1]], -1))
        heights.append(top[:, 1] + down * (-bend.drop - top[:, 1]))
    flat = np.concatenate([*places, places[0].mean(0)[None], places[-1].mean(0)[None]])
    height = np.concatenate([*heights, [heights[0].mean()], [heights[-1].mean()]])
    number = np.arange(len(places) * CORNERS).reshape(-1, CORNERS)
    after = np.roll(number, -1, 1)
    a, b, c, d = (each.ravel() for each in (number[:-1], after[:-1], number[1:], after[1:]))
    last = number.size
    caps = np.full(CORNERS, last)
    # From the top down, corners from ahead to beside.
    triangles = np.concatenate(
        [np.c_[a, c, b], np.c_[b, c, d], np.c_[number[0], after[0], caps], np.c_[after[-1], number[-1], caps + 1]]
    )
    return flat, height, triangles.astype(np.int32)
