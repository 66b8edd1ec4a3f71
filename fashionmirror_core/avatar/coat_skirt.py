"""The skirt of an open coat that stays: what hangs below the hips of a kept top, round the legs and open in front.

The trunk's sheets have a back where they have a front: of an open coat they are two boards beside the legs. So its skirt
is rings that go on straight down from the kept top's lowest one, as wide as the photo shows them, cut where its front is
open and at its hem.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d, median_filter

from fashionmirror_core.avatar.rings import ANGLES, DIRECTIONS, Rings
from fashionmirror_core.avatar.sides import shown_at
from fashionmirror_core.body.fitted import LEG_OF, Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.cloth.hanging import Hanging
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.masks import disc

SHORTEST = 0.06  # statures below the hips: a jacket that ends higher is the kept top's
BESIDE = 0.025  # statures beside the middle, from which on it is one of the two fronts
NARROWEST = 0.012  # statures: less of it in a row is none
GAP = 0.02  # statures of its height, in which it isn't seen
OPEN = 0.35  # of the rows below the hips, in which the middle isn't covered
ROW = 0.008  # statures between its rings
OFF_LEGS = 0.014  # statures that it stands off them at least
WIDER = (0.85, 1.7)  # bounds of its width, in the lowest ring's of the top
FLARES = 0.5  # of what it is wider aside, that it is deeper
UNDER_TOP = 0.002  # statures that it lies inside of the top that it comes out of
FROM_TOP = 0.05  # statures over which it comes out
SWINGS, REACH = 0.88, 0.16  # of a thigh's swing, that it has so many statures below the hips; less above


@dataclass(frozen=True)
class CoatSkirt:
    """seen: (h, w) bool, where the photo shows it, on a box whose pixels' photo places are x (1, w) and y (h, 1). start: the
    row from which on it hangs. ends: of its left and its right side, x and y of the hem. middle: (2,), x and z of its axis.
    """

    seen: np.ndarray
    x: np.ndarray
    y: np.ndarray
    start: float
    ends: np.ndarray
    middle: np.ndarray
    stature: float

    @classmethod
    def of(
        cls,
        seen: np.ndarray,
        before: np.ndarray,
        places: tuple[np.ndarray, np.ndarray],
        hips: float,
        start: float,
        middle: np.ndarray,
        stature: float,
    ) -> CoatSkirt | None:
        """None where there is none. seen: (h, w) bool, the top's cloth that isn't before, (h, w) bool: arms and hands.
        places: x (1, w) and y (h, 1) of the box. hips, start: rows of the photo.
        """
        x, y = places
        low, aside = seen & (y > hips), x - middle[0]
        below = y[:, 0] > hips
        ends = []
        for sign in (-1, 1):
            own = low & (sign * aside > BESIDE * stature)
            rows, hidden = (each.sum(1)[below] > NARROWEST * stature for each in (own, before & (sign * aside > 0)))
            size = 2 * round(GAP / 2 * stature) + 1
            whole = cv2.morphologyEx((rows | hidden).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((size, 1), np.uint8))[
                :, 0
            ]
            rows = rows & (np.cumsum(whole == 0) == 0)
            end = hips + float(np.flatnonzero(rows).max(initial=0))
            lowest = own & (y <= end) & (y > end - 2 * NARROWEST * stature)
            if end < hips + SHORTEST * stature or rows.sum() < SHORTEST / 2 * stature or not lowest.any():
                return None
            ends.append((float(np.broadcast_to(x, own.shape)[lowest].mean()), end))
        lines = below & (y[:, 0] <= min(end for _, end in ends))
        if (low[lines][:, np.abs(aside[0]) < BESIDE * stature].mean(1) < 0.5).mean() < OPEN:
            return None
        hem = max(end for _, end in ends)
        return cls(low & (y <= hem), x, y, start, np.array(ends), middle, stature)

    @cached_property
    def hem(self) -> np.ndarray:
        """(w,): the row of its hem in each column."""
        return np.interp(self.x[0], self.ends[:, 0], self.ends[:, 1])

    @cached_property
    def whole(self) -> np.ndarray:
        """(h, w) bool: ``seen`` with what lies outside of it, and above."""
        result = cv2.morphologyEx(self.seen.astype(np.uint8), cv2.MORPH_CLOSE, disc(0.01 * self.stature)) > 0
        there = result.any(1)
        first, last = result.argmax(1), result.shape[1] - 1 - result[:, ::-1].argmax(1)
        number = np.arange(result.shape[1])[None]
        outside = (number < first[:, None] + 1) & (self.x < self.middle[0]) | (number > last[:, None] - 1) & (
            self.x > self.middle[0]
        )
        result |= outside & there[:, None]
        rows = np.flatnonzero(there)
        result[: rows[0]], result[rows[-1] :] = result[rows[0]], result[rows[-1]]
        return result

    def halves(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far it reaches to the left and to the right of the middle at rows (n,), pixels."""
        found = []
        lines = np.clip(np.round(rows - self.y[0, 0]).astype(int), 0, len(self.seen) - 1)
        for sign in (-1, 1):
            away = np.where(self.seen, sign * (self.x - self.middle[0]), 0).max(1)[lines]
            known = np.flatnonzero(away > BESIDE * self.stature)
            smooth = median_filter(away[known], min(9, len(known)), mode="nearest")
            found.append(gaussian_filter1d(np.interp(np.arange(len(rows)), known, smooth), 2.0, mode="nearest"))
        return found[0], found[1]

    def opening(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far to the left and to the right of the middle its fronts begin at rows (n,), pixels."""
        lines = np.clip(np.round(rows - self.y[0, 0]).astype(int), 0, len(self.whole) - 1)
        away = self.x - self.middle[0]
        left, right = (np.where(self.whole & (sign * away > 0), sign * away, np.inf).min(1)[lines] for sign in (-1, 1))
        return np.nan_to_num(left, posinf=0.0), np.nan_to_num(right, posinf=0.0)

    def mesh(
        self, lowest: np.ndarray, body: FittedBody, model: BodyModel, hips: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Triangles (m, 3) and values (n, 31) of the vertices: places (3), bone weights (22), x and y in the photo of what
        they show (2), the normals that light fell on there (3) and their own normals' z.

        lowest: (ANGLES,) pixels, the ring of the top at ``start``. hips: their row.
        """
        rows = np.arange(self.start, self.ends[:, 1].max() + 2 * ROW * self.stature, ROW * self.stature)
        radius = self._radius(rows, lowest, body, model)
        around, across = (
            np.broadcast_to(self.middle[0] + radius * DIRECTIONS[:, 0], radius.shape),
            radius * DIRECTIONS[:, 1],
        )
        points = np.stack([around, np.repeat(rows[:, None], ANGLES, 1), self.middle[1] + across], -1).reshape(-1, 3)
        number = np.arange(len(points)).reshape(len(rows), ANGLES)
        a, b = number[:-1], np.roll(number, -1, 1)[:-1]
        c, d = number[1:], np.roll(number, -1, 1)[1:]
        faces = np.stack([np.stack([a, d, b], -1), np.stack([a, c, d], -1)]).reshape(-1, 3)
        normals = np.tile(np.column_stack([DIRECTIONS[:, 0], np.zeros(ANGLES), DIRECTIONS[:, 1]]), (len(rows), 1))
        on_left = DIRECTIONS[None, :, 0] < 0
        left, right = self.opening(rows)
        opening = np.where(on_left, left[:, None], right[:, None]).ravel()
        half = np.where(on_left, radius[:, ANGLES // 2, None], radius[:, :1]).ravel()
        count = len(points)
        middle, whole = np.full(count, self.middle[0]), np.ones(count)
        shown = shown_at(points, normals, middle, half, opening, whole, 0 * whole)
        share = (points[:, 0] - middle) / np.maximum(half, 1)
        weights = _weights(body, (points[:, 1] - hips) / self.stature, share)
        return faces, np.column_stack([points, weights, *shown, normals[:, 2]])

    def _radius(self, rows: np.ndarray, lowest: np.ndarray, body: FittedBody, model: BodyModel) -> np.ndarray:
        """(n, ANGLES) pixels from the axis at rows (n,)."""
        legs = (
            model.skin.weights[:, [Bone.PELVIS, *(bone for bones in LEG_OF.values() for bone in bones[:2])]].sum(1)
            > 0.5
        )
        skin = body.vertices[legs].astype(float)
        inner = Rings.around(skin, rows, np.tile(self.middle, (len(rows), 1))).bridged + OFF_LEGS * self.stature
        first = lowest - UNDER_TOP * self.stature
        from_top = np.clip((rows - rows[0]) / (FROM_TOP * self.stature), 0, 1)
        left, right = (
            1 + from_top * (np.clip(half / max(first[angle], 1.0), *WIDER) - 1)
            for half, angle in zip(self.halves(rows), (ANGLES // 2, 0), strict=True)
        )
        deeper = 1 + FLARES * np.clip((left + right) / 2 - 1, 0, None)[:, None]
        side = np.where(DIRECTIONS[None, :, 0] < 0, left[:, None], right[:, None])
        radius = first[None] * (deeper + (side - deeper) * DIRECTIONS[None, :, 0] ** 2)
        return gaussian_filter(np.maximum(radius, from_top[:, None] * inner), (1.5, 1.0), mode=("nearest", "wrap"))

    def above_hem(self, places: np.ndarray) -> np.ndarray:
        """(...) pixels: how far places (..., 2 or 3) lie above its hem."""
        return np.asarray(np.interp(places[..., 0], self.x[0], self.hem) - places[..., 1])


def hanging_on(body: FittedBody, vertices: np.ndarray) -> Hanging:
    """How a coat's skirt with vertices (n, 3) hangs from the hips."""
    pivot = body.joints[[bones[0] for bones in LEG_OF.values()]].mean(0).astype(np.float64)
    stature = float(np.ptp(body.vertices[:, 1]))
    return Hanging.of(vertices, pivot, body.up.astype(np.float64), float(vertices[:, 1].max()), stature)


def _weights(body: FittedBody, below: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(n, 22): it hangs from the pelvis and swings with the thighs, the more the lower. below: (n,) statures below the hips;
    share: (n,) of half the width, to the right in the picture.
    """
    low = SWINGS * np.clip(below / REACH, 0, 1)
    right = smoothstep(share, -0.5, 0.5)
    weights = np.zeros((len(below), len(Bone)))
    weights[:, Bone.PELVIS] = 1 - low
    first, other = (bones[0] for bones in LEG_OF.values())
    if body.joints[first, 0] < body.joints[other, 0]:
        first, other = other, first
    weights[:, first], weights[:, other] = low * right, low * (1 - right)
    return weights
