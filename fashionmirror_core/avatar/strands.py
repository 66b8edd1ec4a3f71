"""What a head of hair consists of, as its photo shows it: strands side by side, or curls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from fashionmirror_core.avatar.hair_photo import HairPhoto
from fashionmirror_core.imaging.channels import averaged
from fashionmirror_core.imaging.easing import smoothstep

STRAIGHT = (0.4, 0.6)  # coherence of the hair's picture: curls to strands side by side
FULL = 0.002  # statures squared of sure hair, from which on there may be curls
CURL = 0.012  # statures: half of a patch of curls
TEXEL = 0.0007  # statures: the size of one of the picture over the skull
BOUNDS = (0.02, 0.12)  # of the contrast


@dataclass(frozen=True)
class Strands:
    """stature: pixels."""

    photo: HairPhoto
    stature: float

    @cached_property
    def inside(self) -> np.ndarray:
        """(h, w) bool: well inside of the hair."""
        size = max(3, round(0.009 * self.stature)) | 1
        inside = (self.photo.own & (self.photo.hair > 0.7) & ~self.photo.features).astype(np.uint8)
        eroded = cv2.erode(inside, np.ones((size, size), np.uint8)) > 0
        return eroded if eroded.sum() > 50 else inside > 0

    @cached_property
    def _grey(self) -> np.ndarray:
        return averaged(self.photo.colors)

    @cached_property
    def _detail(self) -> np.ndarray:
        return self._grey - cv2.GaussianBlur(self._grey, (0, 0), 0.008 * self.stature)

    @cached_property
    def contrast(self) -> float:
        """In shares of the hair's grey."""
        return float(
            np.clip(self._detail[self.inside].std() / max(float(self._grey[self.inside].mean()), 12.0), *BOUNDS)
        )

    @cached_property
    def straight(self) -> float:
        """From 0 for curls to 1 for strands that run side by side: how far the structure tensor has one direction in each
        place (Bigun and Granlund, Optimal orientation detection of linear symmetry, ICCV 1987).
        """
        if self.inside.sum() < FULL * self.stature**2:  # curls stand off the head: what lies close to it has none
            return 1.0
        near, smooth = 0.008 * self.stature, cv2.GaussianBlur(self._detail, (0, 0), 1)
        across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
        xx, yy, xy = (cv2.GaussianBlur(part, (0, 0), max(2.0, near)) for part in (across**2, down**2, across * down))
        coherence = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / (xx + yy + 1e-6)
        return float(smoothstep(np.median(coherence[self.inside]), *STRAIGHT))

    def curls(self, shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
        """(h, w + 1), of a picture (h, w) of a head all round: the relief of the photo's curls, in shares of its grey:
        patches of it beside and over each other, each turned by chance. The last column is the first again.
        """
        smooth = cv2.GaussianBlur(self._grey, (0, 0), 0.015 * self.stature)
        relief = (self._grey - smooth) / np.maximum(smooth, 12.0)
        # The picture's texels are finer than the pixels of a small photo: curls are as large as there.
        larger = max(1.0, 1 / (TEXEL * self.stature))
        relief = cv2.resize(relief, None, fx=larger, fy=larger, interpolation=cv2.INTER_CUBIC)
        inside = cv2.resize(self.inside.astype(np.uint8), relief.shape[::-1], interpolation=cv2.INTER_NEAREST)
        size = 2 * max(4, round(CURL * self.stature * larger))
        roomy = cv2.erode(inside, np.ones((size, size), np.uint8))
        corners = np.argwhere(roomy if roomy.any() else inside) - size // 2
        corners = np.clip(corners, 0, np.maximum(np.array(relief.shape) - size, 0))
        window = np.outer(*[np.hanning(size + 2)[1:-1]] * 2)
        total, power = np.zeros(shape), np.full(shape, 1e-6)
        step = size // 2
        for top in range(-step, shape[0], step):
            for left in range(0, shape[1], step):
                y, x = corners[random.integers(len(corners))]
                patch = np.rot90(relief[y : y + size, x : x + size], random.integers(4))
                rows = np.arange(top, top + len(patch))
                here = (rows >= 0) & (rows < shape[0])
                at = np.ix_(rows[here], np.arange(left, left + patch.shape[1]) % shape[1])
                own = window[: patch.shape[0], : patch.shape[1]][here]
                total[at] += own * patch[here]
                power[at] += own**2
        result = total / np.sqrt(power)  # overlapping patches keep the contrast of one
        return np.concatenate([result, result[:, :1]], 1)
