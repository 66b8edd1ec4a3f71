"""A sleeve that stays on an arm, on the body's own arm once the person turns (docs/method.md, "The avatar")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fashionmirror_core.avatar.limbs import BARE_SLICE, Bare, drawn, limb_sizes
from fashionmirror_core.avatar.sheets import SLICES, filled, read
from fashionmirror_core.imaging.boxes import Box
from fashionmirror_core.imaging.easing import smoothstep

SHORTEST_SLEEVE = 0.08  # of an arm's length
OF_SHOULDER = 4  # slices, over which a sleeve comes out of the shoulder
SLEEVE_WIDTH, USUAL_WIDTH = (1.0, 2.4), 1.15  # a sleeve's width, in the arm's: bounds, and what isn't seen
FOLDED, SHORT = -0.2, 0.2  # cosine of an elbow's bend, and statures of an arm: less tell no width
ROUND = 0.6  # of an arm's width: its farthest place off its axis
DRAWN = 1500.0  # pixels of the body's height at which its silhouette is measured


@dataclass(frozen=True)
class Sleeve:
    """A sleeve that stays on an arm: as wide all round as the photo shows it, slice by slice.

    cloth: the part of the arm that is cloth. end: the slice at which it ends. wide, moved, middle, depth, thick: (SLICES,),
    how many times as wide as the arm it is, how far aside, where the arm's middle is, and how wide the arm; pixels. shift:
    (n, 2) places -> (n,) pixels by which the arm's sheet was moved in depth.
    """

    cloth: Bare
    end: float
    wide: np.ndarray
    moved: np.ndarray
    middle: np.ndarray
    depth: np.ndarray
    thick: np.ndarray
    shift: Callable[[np.ndarray], np.ndarray]

    @classmethod
    def of(
        cls,
        cloth: Bare,
        skin: np.ndarray,
        faces: np.ndarray,
        chosen: np.ndarray,
        box: Box,
        stature: float,
        shift: Callable[[np.ndarray], np.ndarray],
    ) -> Sleeve | None:
        """None where there is no sleeve. skin: (V, 3), the body, with triangles ``faces``. chosen: (V,) bool, the arm's."""
        covered = _covered(cloth)
        wrist, _ = cloth.position(cloth.spine.points[-2:-1])
        end = min(covered, int(wrist[0]) + 1)  # a hand in a pocket, or under a cape, isn't seen
        if end < SHORTEST_SLEEVE * SLICES:
            return None
        zoom = max(1.0, DRAWN / stature)
        middle, width = limb_sizes(cloth, cloth.mask, np.array(box[:2]), 1.0)
        silhouette = drawn(skin[:, :2], faces[chosen[faces].all(1)], zoom)
        body_middle, body_width = limb_sizes(cloth, *silhouette, zoom)
        number = np.arange(SLICES)
        known = (number >= min(OF_SHOULDER, end - 2)) & (number < end - 1) & (width > 0) & (body_width > 0)
        if not known.any():
            return None
        own = np.clip(cloth.position(skin[chosen])[0].astype(int), 0, SLICES - 1)
        there = np.bincount(own, minlength=SLICES)
        depth = np.bincount(own, skin[chosen, 2], minlength=SLICES) / np.maximum(there, 1)
        wide = np.clip(width / np.maximum(body_width, 1e-6), *SLEEVE_WIDTH)
        if _folded(cloth.spine.points, stature):
            wide, middle, shift = np.full(SLICES, USUAL_WIDTH), body_middle, _unmoved
        wide, moved, middle, depth, thick = (
            filled(np.where(each, values, np.nan))
            for each, values in (
                (known, wide),
                (known, middle - body_middle),
                (body_width > 0, body_middle),
                (there > 0, depth),
                (body_width > 0, body_width),
            )
        )
        if end == covered:  # a cuff: as much of its slice as is cloth
            end = end - 1 + cloth.share[end - 1] + (cloth.share[end] if end < SLICES else 0)
        return cls(cloth, float(end), wide, moved, middle, depth, thick, shift)

    @property
    def hides(self) -> np.ndarray:
        """(SLICES,) bool: the arm's slices whose sheet goes."""
        wrist, _ = self.cloth.position(self.cloth.spine.points[-2:-1])
        return np.arange(SLICES) <= min(_covered(self.cloth), int(wrist[0]) + 1)

    def around(self, skin: np.ndarray, arm: np.ndarray) -> np.ndarray:
        """(n, 3): how far points (n, 3) of the skin move. arm: (n,) in [0, 1], how much they go with the arm."""
        position, aside = self.cloth.position(skin)
        free = smoothstep(position, 0, OF_SHOULDER) * arm
        wider = free * (read(self.wide, position) - 1)
        across = free * read(self.moved, position) + wider * (aside - read(self.middle, position))
        away = across[:, None] * self.cloth.spine.across(skin)
        # An arm that points at the viewer is no deeper than wide, however much of it a slice holds.
        most = ROUND * read(self.thick, position)
        deeper = wider * np.clip(skin[:, 2] - read(self.depth, position), -most, most) + free * self.shift(skin[:, :2])
        return np.column_stack([away, deeper])

    def left(self, points: np.ndarray) -> np.ndarray:
        """(n,) pixels: how far above the cuff points (n, 3) lie."""
        return (self.end - self.cloth.position(points)[0]) * self.cloth.span[1] / SLICES


def _covered(cloth: Bare) -> int:
    """The first slice below the sleeve: a strap or a hand before it doesn't end it."""
    return int(np.argmax(np.concatenate([[0.0], np.cumsum(cloth.share - BARE_SLICE)])))


def _folded(arm: np.ndarray, stature: float) -> bool:
    """Whether the photo shows an arm (n, 2) too foreshortened to tell a sleeve's width."""
    upper, fore = arm[1] - arm[0], arm[2] - arm[1]
    lengths = float(np.linalg.norm(upper)), float(np.linalg.norm(fore))
    return sum(lengths) < SHORT * stature or float(upper @ fore) < FOLDED * lengths[0] * lengths[1]


def _unmoved(places: np.ndarray) -> np.ndarray:
    return np.zeros(len(places))
