"""Where the photo shows a top that stays on: its cloth, its neckline and armholes, and its hem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.avatar.limbs import vertex_normals
from fashionmirror_core.avatar.pieces import Cutting, Piece
from fashionmirror_core.avatar.sheets import sampled
from fashionmirror_core.avatar.sleeves import Sleeve
from fashionmirror_core.body.fitted import ARM_OF, Bone, FittedBody
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.vocabulary import ARM_PARTS, Part, Side

NECKLINE = 0.05, 0.02  # statures aside and below the neck's joint, within which a gap in the cloth is its neckline
PAST_HAND = 0.01  # statures below a hand that its arm goes on at most
ABOVE_HIPS = 0.08  # statures: a gap that begins lower is below its hem
ARMHOLE = 0.1  # statures around the shoulder's joint, within which bare skin tells where an armhole is
FURTHEST = 0.03  # statures from its edges that are told apart
EVEN = 0.003  # statures over which its edges are smoothed
DIP, DEEPEST = 0.3, (0.011, 0.022)  # of the front's depth, that the back of a neckline dips; bounds, statures
BESIDE_NECK = 0.008  # statures within the cloth, at which the back of a neckline begins
HEM_VARIES = 0.03  # statures of height, within which a hem is level
LOW_END = 70  # percentile of a third of the hem, that is how low it is behind
LOWEST, LOWEST_HEM = 0.05, 0.085
"""Statures below the hips: a coat's skirt stands off the body, and is the trunk's own sheets, but one that soon ends."""
WIDE_BELOW = 0.5  # of its width: the trunk's sheets that are narrower don't go on below it


@dataclass(frozen=True)
class TopSeen:
    """trunk, arms: pieces of the photo. sleeves: those that it has. removed: M_r on the stage. lower_stays: whether what it
    is worn with stays as well.
    """

    cutting: Cutting
    trunk: Piece
    arms: Mapping[Part, Piece]
    sleeves: Mapping[Side, Sleeve]
    removed: np.ndarray
    lower_stays: bool

    @property
    def body(self) -> FittedBody:
        return self.cutting.body

    @cached_property
    def stature(self) -> float:
        return float(np.ptp(self.body.vertices[:, 1]))

    @cached_property
    def neck(self) -> np.ndarray:
        return self.body.joints[Bone.NECK].astype(float)

    @cached_property
    def hips(self) -> float:
        return float(self.body.joints[[Bone.L_THIGH, Bone.R_THIGH], 1].mean())

    @cached_property
    def lowest(self) -> float:
        """The row below which it is the trunk's sheets."""
        if not self.lower_stays:
            return np.inf
        y = self.places[1][:, 0]
        wide = (self.trunk.front.picture[..., 3] > 127).sum(1)
        at_hips = wide[np.abs(y - self.hips).argmin()]
        end = float(y[wide > WIDE_BELOW * at_hips].max(initial=self.hips))
        return end if end < self.hips + LOWEST_HEM * self.stature else self.hips + LOWEST * self.stature

    @cached_property
    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """x and y in the photo of the box's pixels."""
        height, width = self.cutting.shape
        return np.arange(width)[None] + self.cutting.box[0], np.arange(height)[:, None] + self.cutting.box[1]

    @cached_property
    def cloth(self) -> np.ndarray:
        """(h, w) float32 in [0, 1] on the box: where the trunk wears it, carried on behind hair and arms and past the
        silhouette.
        """
        parsing = self.cutting.subject.parsing
        worn = self._on_trunk((parsing.upper + parsing.lower) * (1 - self.removed))
        return np.where(self._holes(worn > 0.5), 1, worn)

    def _holes(self, cloth: np.ndarray) -> np.ndarray:
        """(h, w) bool: gaps in cloth (h, w) bool that are no neckline and no armhole: straps and hands before it."""
        x, y = self.places
        _, labels, stats, centres = cv2.connectedComponentsWithStats((~cloth).astype(np.uint8))
        at_neck = (np.abs(x - self.neck[0]) < NECKLINE[0] * self.stature) & (
            y < self.neck[1] + NECKLINE[1] * self.stature
        )
        opening = np.bincount(labels[at_neck & ~cloth], minlength=len(stats)) > 0
        aside = centres[:, 0] + self.cutting.box[0] - self.neck[0]
        for side, sign in self._signs.items():
            if side not in self.sleeves:
                opening |= sign * aside > 0
        opening |= stats[:, cv2.CC_STAT_TOP] + self.cutting.box[1] > self.hips - ABOVE_HIPS * self.stature
        opening[0] = True  # the cloth
        return np.asarray(~opening[labels])

    @property
    def _signs(self) -> dict[Side, float]:
        """On which side of the neck in the picture an arm is: 1 for the right."""
        return {side: float(np.sign(self.body.joints[ARM_OF[side][0], 0] - self.neck[0])) for side in Side}

    def _on_trunk(self, worn: np.ndarray) -> np.ndarray:
        """(h, w) float32 in [0, 1] on the box: what the trunk wears, (H, W) on the stage, carried on as ``cloth`` is."""
        subject, parsing = self.cutting.subject, self.cutting.subject.parsing
        known = subject.parts[Part.TRUNK].copy()
        for part in ARM_PARTS:
            joint = self.cutting.stage.from_photo(self.body.joints[ARM_OF[part.side][0], :2])
            rows, columns = np.indices(subject.size, sparse=True)
            near = np.hypot(columns - joint[0], rows - joint[1]) < ARMHOLE * subject.body.stature
            known = np.maximum(known, subject.parts[part] * near)
        known = known * (parsing.hair < 0.3) * (parsing.accessory < 0.3) * (subject.matte > 0.7)
        share = push_pull(worn / np.maximum(subject.matte, 0.5), (known > 0.5).astype(np.float32))
        return self.cutting.on_box(share)

    @cached_property
    def seen(self) -> np.ndarray:
        """(h, w) float32 in [0, 1] on the box: where the photo shows it, be it on the trunk or on an arm."""
        return self.cutting.on_box(self.cutting.subject.parsing.upper * (1 - self.removed))

    @cached_property
    def before(self) -> np.ndarray:
        """(h, w) bool: where arms and hands lie before it. What the labels' limbs call an arm below its hand is a coat's."""
        _, y = self.places
        result = np.zeros(self.cutting.shape, bool)
        for part, piece in self.arms.items():
            hand = self.cutting.model.skin.weights[:, ARM_OF[part.side][-1]] > 0.5
            end = float(self.body.vertices[hand, 1].max()) + PAST_HAND * self.stature
            result |= (piece.front.picture[..., 3] > 127) & (y < end)
        return result

    @cached_property
    def hems(self) -> tuple[np.ndarray, np.ndarray]:
        """(w,) photo pixels each: the row of its hem in each column of the box, in front and behind. A coat is open in front
        alone: behind, its hem runs from side to side.
        """
        _, y = self.places
        width = self.cutting.shape[1]
        cloth = self._on_trunk(self.cutting.subject.parsing.upper) if self.lower_stays else self.cloth
        own = (cloth > 0.5) & (self.trunk.front.picture[..., 3] > 127) & (y > self.neck[1])
        columns = np.flatnonzero(own.any(0))
        lowest = y[-1, 0] - own[::-1, columns].argmax(0)
        low = np.percentile(lowest, 60)
        inner = lowest > low - 0.1 * self.stature  # the others are shoulders
        columns, lowest = columns[inner], lowest[inner]
        count = round(0.08 * len(columns))
        columns, lowest = columns[count : len(columns) - count], lowest[count : len(lowest) - count]
        lowest = np.minimum(lowest, self.lowest)
        level = np.full(width, float(np.median(lowest)))
        if np.ptp(np.percentile(lowest, [10, 90])) < HEM_VARIES * self.stature or len(columns) < 8:
            return level, level
        smooth = np.interp(np.arange(width), columns, lowest)
        front = gaussian_filter1d(smooth, 0.02 * self.stature, mode="nearest")
        left, _, right = np.array_split(np.arange(len(columns)), 3)
        ends = [(columns[side].mean(), np.percentile(lowest[side], LOW_END)) for side in (left, right)]
        straight = np.interp(np.arange(width), *np.transpose(ends))
        return front, np.maximum(front, straight)

    def hems_at(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(...) each: the row of its hem in front and behind at places (..., 2 or 3)."""
        front, back = (np.interp(places[..., 0], self.places[0][0], hem) for hem in self.hems)
        return front, back

    @cached_property
    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """(h, w) each, pixels: how far within the cloth of its front, and of its back, a place lies; hem and cuffs aside."""
        x, y = self.places
        front = (self.cloth > 0.5) | (y > self.hems[0][None] - FURTHEST * self.stature)
        inside = self.inside_of(front)
        back = front.copy()
        ends = self._sides_of_neck(inside)
        between = (x > ends[0][0]) & (x < ends[1][0])
        middle = int(np.clip(self.neck[0] - self.cutting.box[0], 0, front.shape[1] - 1))
        bare = np.flatnonzero(~front[:, middle] & (y[:, 0] > min(end[1] for end in ends)))
        depth = float(y[bare[-1], 0] - (ends[0][1] + ends[1][1]) / 2) if len(bare) else 0.0
        share = np.clip((x - ends[0][0]) / max(ends[1][0] - ends[0][0], 1.0), 0, 1)
        dip = float(np.clip(DIP * depth / self.stature, *DEEPEST)) * self.stature
        line = ends[0][1] + share * (ends[1][1] - ends[0][1]) + dip * (1 - np.abs(2 * share - 1) ** 5)
        back[between & (y <= line)] = False
        back[between & (y > line)] = True
        return inside, self.inside_of(back)

    def inside_of(self, mask: np.ndarray) -> np.ndarray:
        """(h, w) pixels, positive within a mask (h, w) bool, negative beyond."""
        inside, beyond = (cv2.distanceTransform(each.astype(np.uint8), cv2.DIST_L2, 5) for each in (mask, ~mask))
        most = FURTHEST * self.stature
        return cv2.GaussianBlur(np.clip(inside - beyond, -most, most), (0, 0), max(0.8, EVEN * self.stature))

    def _sides_of_neck(self, inside: np.ndarray) -> list[np.ndarray]:
        """Where the neckline passes over the shoulders: x and y at the picture's left and right."""
        skin, weights = self.body.vertices, self.cutting.model.skin.weights
        normals = vertex_normals(skin.astype(np.float64), self.cutting.model.faces)
        arms = weights[:, [bone for side in Side for bone in ARM_OF[side]]].sum(1)
        ridge = (np.abs(normals[:, 2]) < 0.35) & (arms < 0.4) & (weights[:, Bone.HEAD] < 0.5)
        ridge &= np.abs(skin[:, 1] - self.neck[1]) < 0.08 * self.stature
        result = []
        for sign in (-1, 1):
            own = skin[ridge & (sign * (skin[:, 0] - self.neck[0]) > 0.01 * self.stature), :2]
            worn = own[sampled(inside, self.cutting.box, own) > BESIDE_NECK * self.stature]
            if len(worn):
                result.append(worn[worn[:, 1].argmin()].astype(float))
            else:
                result.append(self.neck[:2] + np.array([sign * 0.045, -0.005]) * self.stature)
        return result
