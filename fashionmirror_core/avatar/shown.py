"""What a top that stays shows in front and behind: the photo's cloth, carried on where the photo doesn't show it.

The front is the photo. Plain cloth gets a back without the front's light, edging, creases and marks; other cloth the
trunk's back (``behind``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from fashionmirror_core.avatar.pieces import Piece
from fashionmirror_core.avatar.plain import at_most, plain_cloth, without_light, without_marks
from fashionmirror_core.imaging.alpha import colors_of
from fashionmirror_core.imaging.boxes import Box, window
from fashionmirror_core.imaging.channels import spread
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import continued, push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.imaging.patching import patched

CORE = 0.004  # statures: what lies nearer to the outline has other colours in it
SOLID = 242  # of 255: alpha of a pixel that shows the cloth alone
FEWEST = 60  # pixels of cloth that it takes its colours from
PLAIN_CHROMA, PLAIN_GREY, PLAIN = 7.0, 16.0, 0.88  # Lab units that plain cloth varies by, for this share of its pixels
CREASE, UNLIKE = 2.6, 0.75  # times as much: that dark or bright is no front, and no back
LIGHT, TRIMMING = 0.015, 0.022  # statures: what is coarser on plain cloth is light; how broad its edging is at most
PIECED = 0.5  # of the contrast that a back loses whose pieces were laid together
SOFTLY, LEAST = 0.08, 60  # of its colour, at least of as many levels: a plain sleeve's back differs by as much at most
ARMHOLE_SOFT = 0.012  # statures, over which a back without light becomes a sleeve's, which is as its front
RIDGE = (0.004, 0.03)  # statures within the outline of the shoulders, over which it becomes the front's
FOLD = 0.01  # statures around what is so dark, which is the same fold
BESIDE = 0.006  # statures beside hair, hands and bags, in whose shadow cloth lies


@dataclass(frozen=True)
class Shown:
    """trunk, arms: the pieces of the photo, whose box all (h, w) below lie on. tight: the part of it that is wanted. worn:
    (h, w) bool, where the photo shows the top. edges: (h, w) pixels, how far within its front and within its back a place
    lies. before: (h, w) bool, hair, hands and bags. shoulders: (h, w) bool, rows of the shoulders. stature: pixels.
    """

    trunk: Piece
    arms: Sequence[Piece]
    tight: Box
    worn: np.ndarray
    edges: tuple[np.ndarray, np.ndarray]
    before: np.ndarray
    shoulders: np.ndarray
    stature: float

    def pictures(self) -> tuple[np.ndarray, np.ndarray] | None:
        """(h, w, 3) uint8, front and back of ``tight``; None where too little of the cloth is seen."""
        front, own = self._cloth(self.trunk.front.picture, self._here(self.worn) & (self._edge > 0))
        back, behind = self._cloth(self.trunk.back.picture, self._here(self.edges[1]) > 0)
        if min(own.sum(), behind.sum()) < FEWEST:
            return None
        grey, chroma = _apart(front[own])
        plain = own.copy()
        plain[own] = (chroma < PLAIN_CHROMA) & (grey < UNLIKE * PLAIN_GREY)
        plain &= cv2.dilate((own & ~plain).astype(np.uint8), disc(FOLD * self.stature)) == 0
        is_plain = _is_plain(grey, chroma)
        if not is_plain or plain.sum() < FEWEST:  # a fine pattern leaves nothing plain
            return self._of_colours(front, own, back, behind)
        smooth = own.copy()
        smooth[own] = grey < CREASE * PLAIN_GREY
        creases = own & ~smooth
        front[creases] = to_8bit(push_pull(front, smooth.astype(np.float32))[creases])
        seen, even = continued(front, own), self._even(front, plain)
        return seen, self._unmarked(even, continued(front, plain), plain)

    def _of_colours(
        self, front: np.ndarray, own: np.ndarray, back: np.ndarray, behind: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Front and back, where the front shows more than plain cloth: a pattern, an open jacket, things before it that the
        labels took for cloth. front, back: (h, w, 3) uint8, known at ``own`` and ``behind``, (h, w) bool.
        """
        sleeves = self._of_arms & self._here(self.worn)
        clean = plain_cloth(front, own, sleeves, self.stature)
        if clean is None or clean.sum() < FEWEST:
            seen, whole = continued(front, own), continued(back, behind)
        else:
            seen = continued(front, clean | (own & ~self._of_arms))
            if not _is_plain(*_apart(back[behind])):
                alone, even = continued(front, clean), self._even(front, clean)
                if _is_plain(*_apart(front[clean])):  # no stripes
                    return seen, self._unmarked(even, alone, clean)
                return seen, to_8bit(even + spread(self._as_front) * (alone.astype(np.float32) - even))
            whole = continued(back, behind)
        if _is_plain(*_apart(back[behind])):  # an open jacket's, pieced together
            even, usual = without_light(whole, behind, LIGHT * self.stature)
            whole = to_8bit(even + PIECED * (usual - even))
        return seen, whole

    def _unmarked(self, even: np.ndarray, front: np.ndarray, plain: np.ndarray) -> np.ndarray:
        """(h, w, 3) uint8: the back of cloth of one colour: ``even`` (h, w, 3) float32, and ``front`` (h, w, 3) uint8 where
        it is as its front, both without marks. plain: (h, w) bool, what tells how much the cloth varies.
        """
        even = without_marks(even, plain, self.stature)
        usual = np.median(even[plain], axis=0)
        softly = usual + at_most(front - usual, SOFTLY * np.maximum(usual, LEAST))
        return to_8bit(even + spread(self._as_front) * (softly - even))

    def _here(self, field: np.ndarray) -> np.ndarray:
        return field[window(self.tight)]

    @property
    def _edge(self) -> np.ndarray:
        return self._here(self.edges[0])

    def _cloth(self, trunk: np.ndarray, cloth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The trunk's picture (h, w, 4) of the whole box with the sleeves, as (h, w, 3) uint8, and (h, w) bool, where it is
        cloth. cloth: (h, w) bool, where the trunk's is.
        """
        picture, worn = self._here(trunk), self._here(self.worn)
        rgb, known = colors_of(picture), (picture[..., 3] > SOLID) & cloth
        for piece in self.arms:
            own = self._here(piece.front.picture)
            sleeve = (own[..., 3] > SOLID) & worn & ~known
            rgb[sleeve] = colors_of(own)[sleeve]
            known |= sleeve
        shade = cv2.dilate(self._here(self.before).astype(np.uint8), disc(BESIDE * self.stature)) > 0
        known = cv2.erode((known & ~shade).astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
        return to_8bit(rgb), known & (self._inside > CORE)

    @cached_property
    def _of_arms(self) -> np.ndarray:
        """(h, w) bool: where the photo shows arms."""
        found = np.zeros(self._edge.shape, bool)
        for piece in self.arms:
            found |= self._here(piece.front.picture)[..., 3] > SOLID
        return found

    @cached_property
    def _inside(self) -> np.ndarray:
        """(h, w) statures: how far within the outline of trunk and arms a place lies."""
        solid = self._of_arms | (self._here(self.trunk.front.picture)[..., 3] > SOLID)
        return cv2.distanceTransform(np.pad(solid.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1] / self.stature

    @property
    def _as_front(self) -> np.ndarray:
        """(h, w) in [0, 1]: how much a back is as its front: sleeves, and the shoulders where the two meet."""
        soft = ARMHOLE_SOFT * self.stature
        solid = self._inside > 0
        near = cv2.dilate((solid & ~self._of_arms).astype(np.uint8), disc(2 * soft)) > 0
        sleeves, whole = (
            cv2.GaussianBlur(mask.astype(np.float32), (0, 0), soft)
            for mask in (self._of_arms & self._here(self.worn) & ~near, solid)
        )
        ridge = (1 - smoothstep(self._inside, *RIDGE)) * self._here(self.shoulders)
        ridge = ridge * smoothstep(self._edge / self.stature, TRIMMING, 1.3 * TRIMMING)
        return np.asarray(np.maximum(sleeves / np.maximum(whole, 1e-3), ridge), np.float32)

    def _even(self, rgb: np.ndarray, plain: np.ndarray) -> np.ndarray:
        """(h, w, 3) float32: the back of plain cloth: its front (h, w, 3) uint8 without light and trimmings. plain: (h, w)
        bool, where that is nothing else.
        """
        trimmed = plain & (self._edge > TRIMMING * self.stature)
        own = trimmed if trimmed.sum() > FEWEST else plain
        back = self._here(self.edges[1]) > 0
        known, sigma = own | back, LIGHT * self.stature
        filled = to_8bit(patched(rgb.astype(np.float32), back & ~own, own, sigma))
        return without_light(filled, known, sigma)[0]


def _apart(colors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far colours (n, 3) uint8 are from the usual one, (n,) each in Lab units: in grey and in hue."""
    lab = cv2.cvtColor(colors[None] / np.float32(255), cv2.COLOR_RGB2LAB)[0]
    apart = np.abs(lab - np.median(lab, axis=0))
    return apart[:, 0], np.hypot(*apart[:, 1:].T)


def _is_plain(grey: np.ndarray, chroma: np.ndarray) -> bool:
    """Whether cloth is plain, of which this is how far its pixels are from the usual colour."""
    return min((chroma < PLAIN_CHROMA).mean(), (grey < PLAIN_GREY).mean()) >= PLAIN
