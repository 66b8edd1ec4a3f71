"""A person who is painted over while their labels follow, and the shapes that are painted. Pictures are (H, W, 3) float32
RGB in [0, 1], label maps and regions (H, W).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.training.clips import GarmentPicture
from fashionmirror_core.training.synthesis.corruption import draped, fabric_of, recoloured, redressed
from fashionmirror_core.vocabulary import Category, Label

OF_GARMENTS = 0.6  # of the regions that are painted over: with the cloth of a garment's picture
OF_ITS_KIND = 0.7  # of these garments: of the same category
SHADOWED = 0.7  # of the things laid over a person: with a shadow beside them
DRAPED, DYED = 0.6, 0.4  # of such cloth: the whole picture instead of a piece of it; in another colour


@dataclass
class Figure:
    """A picture, its labels and the person's joints while they are painted over. unit: the trunk's length in pixels."""

    image: np.ndarray
    labels: np.ndarray
    points: np.ndarray
    unit: float
    garments: Sequence[GarmentPicture]
    rng: np.random.Generator

    def mask(self, *labels: Label) -> np.ndarray:
        return np.isin(self.labels, labels)

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def garment(self, label: Label | None) -> GarmentPicture:
        """One of them, mostly of the label's kind."""
        alike = [garment for garment in self.garments if Category(garment.category).label == label]
        offered = alike if alike and self.chance(OF_ITS_KIND) else self.garments
        return offered[int(self.rng.integers(len(offered)))]

    def dye(self, region: np.ndarray) -> None:
        """The region in another colour, its light and folds kept."""
        self.image = np.clip(recoloured(self.image, soft(region), self.rng), 0, 1)

    def cover(
        self, region: np.ndarray, label: Label | None, opacity: float = 1.0, color: np.ndarray | None = None
    ) -> None:
        """A garment's cloth, or one colour (3,), over a region (H, W) bool, which then counts as ``label``, if given."""
        if not region.any():
            return
        share = soft(region) * np.float32(opacity)
        if color is None and self.garments and self.chance(OF_GARMENTS):
            picture = self.garment(label).image
            fabric = fabric_of(picture)
            if min(fabric.shape[:2]) < 8 or self.chance(DRAPED):
                self.image = draped(self.image, share, picture, self.rng)
            else:
                self.image = redressed(self.image, share, fabric, self.rng)
            if self.chance(DYED):
                self.dye(region)
        else:
            color = plain_color(self.rng) if color is None else color
            light = self.image @ np.array([0.299, 0.587, 0.114], np.float32)
            shade = np.clip(light / max(float(light[region].mean()), 0.05), 0.5, 1.5) ** self.rng.uniform(0, 1)
            grain = 1 + self.rng.normal(0, self.rng.uniform(0, 0.12), region.shape)
            paint = np.clip(color * (shade * grain)[..., None], 0, 1).astype(np.float32)
            self.image = self.image + share[..., None] * (paint - self.image)
        if label is not None:
            self.labels = np.where(region, np.uint8(label), self.labels)

    def lay(self, region: np.ndarray, label: Label, color: np.ndarray | None = None, flat: bool = False) -> None:
        """``cover``, with a little shadow on what lies beside it, and, if ``flat``, without the light and folds below."""
        if not region.any():
            return
        if self.chance(SHADOWED):
            reach = self.rng.uniform(0.01, 0.05) * self.unit
            moved = np.roll(
                region, (round(self.rng.uniform(0, 2) * reach), round(self.rng.normal(0, 1) * reach)), (0, 1)
            )
            dark = cv2.GaussianBlur(moved.astype(np.float32), (0, 0), max(reach, 0.5)) * np.float32(
                self.rng.uniform(0.2, 0.7)
            )
            self.image = self.image * (1 - (dark * (self.labels > 0))[..., None])
        if flat:
            tone = self.image[region].mean(0)
            self.image = np.where(
                region[..., None], tone * (1 + self.rng.normal(0, 0.02, region.shape))[..., None], self.image
            ).astype(np.float32)
        self.cover(region, label, color=color)


def soft(region: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(region.astype(np.float32), (0, 0), 0.6)


def plain_color(rng: np.random.Generator) -> np.ndarray:
    """(3,) float32: greys, browns and blacks are worn more often than bright colours are."""
    value, saturation = rng.uniform(0.03, 1.0) ** 1.3, rng.uniform(0, 1) ** 2 * 0.9
    return np.array(value * (1 - saturation * rng.uniform(0, 1, 3)), np.float32)


def rows(shape: tuple[int, ...]) -> np.ndarray:
    """(H, 1): the number of each row."""
    return np.arange(shape[0], dtype=np.float32)[:, None]


def dilated(region: np.ndarray, reach: float) -> np.ndarray:
    size = 2 * round(reach) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.dilate(region.astype(np.uint8), kernel) > 0


def _canvas(shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape[:2], np.uint8)


def capsule(shape: tuple[int, ...], start: np.ndarray, end: np.ndarray, radius: float) -> np.ndarray:
    (x0, y0), (x1, y1) = (tuple(map(round, point.tolist())) for point in (start, end))
    return cv2.line(_canvas(shape), (x0, y0), (x1, y1), (1,), max(1, round(2 * radius))) > 0


def ellipse(shape: tuple[int, ...], middle: np.ndarray, axes: tuple[float, float], turn: float) -> np.ndarray:
    x, y = map(round, np.asarray(middle).tolist())
    reach = (max(1, round(axes[0])), max(1, round(axes[1])))
    return cv2.ellipse(_canvas(shape), (x, y), reach, turn, 0, 360, (1,), -1) > 0


def box(shape: tuple[int, ...], middle: np.ndarray, axes: tuple[float, float], turn: float) -> np.ndarray:
    corners = cv2.boxPoints(((float(middle[0]), float(middle[1])), (2 * axes[0], 2 * axes[1]), turn))
    return cv2.fillConvexPoly(_canvas(shape), np.round(corners).astype(np.int32), (1,)) > 0


def polygon(shape: tuple[int, ...], corners: np.ndarray) -> np.ndarray:
    return cv2.fillPoly(_canvas(shape), [np.round(corners).astype(np.int32)], (1,)) > 0
