"""A garment's silhouette, upright and of one size, and the even curve around it, in which its landmarks are measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

SIDE = 300  # pixels, the longer side of the silhouette in which landmarks are measured
MARGIN = 12
Point = tuple[float, float]


@dataclass
class Outline:
    """A garment's silhouette, upright and SIDE pixels long, with its outline as an even closed curve.

    ``mask``: (h, w) bool. ``lab``: (h, w, 3) float32. ``matrix``: (2, 3), picture -> here. ``axis``: x of the line
    about which the silhouette mirrors itself best.
    """

    mask: np.ndarray
    lab: np.ndarray
    matrix: np.ndarray
    axis: float

    @classmethod
    def of(cls, rgb: np.ndarray, alpha: np.ndarray) -> Outline:
        """From ``rgb`` (H, W, 3) uint8 and ``alpha`` (H, W) float32 in [0, 1] with something above 0.5."""
        rows, columns = np.flatnonzero((alpha > 0.5).any(1)), np.flatnonzero((alpha > 0.5).any(0))
        top, bottom, left, right = rows[0], rows[-1], columns[0], columns[-1]
        scale = SIDE / max(bottom - top + 1, right - left + 1)
        center = ((left + right) / 2, (top + bottom) / 2)
        angle = _tilt(alpha, center, scale / 3)
        size = SIDE + 2 * MARGIN + (80 if angle else 0)
        matrix = _similarity(center, scale, angle, size)
        mask = _placed(alpha, matrix, size)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
        whole = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, disc)
        whole = _largest(cv2.morphologyEx(whole, cv2.MORPH_OPEN, disc[1:4, 1:4]))
        small = cv2.warpAffine(rgb, matrix, (size, size), flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        return cls(whole, lab, matrix, _mirror_axis(whole)[0])

    def to_picture(self, point: Point) -> Point:
        """A point here, in pixels of the picture."""
        inverse = cv2.invertAffineTransform(self.matrix)
        x, y = inverse @ np.array([point[0], point[1], 1.0])
        return float(x), float(y)

    @cached_property
    def curve(self) -> np.ndarray:
        """(N, 2) float64: the outer outline, even steps of about a pixel, down the left side as seen."""
        contours, _ = cv2.findContours(self.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        points = max(contours, key=cv2.contourArea)[:, 0].astype(np.float64)
        closed = np.vstack([points, points[:1]])
        along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
        count = max(16, round(along[-1]))
        even = np.stack([np.interp(np.arange(count) * along[-1] / count, along, closed[:, c]) for c in (0, 1)], 1)
        x, y = even.T
        if np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) > 0:  # y points down: positive is clockwise as seen
            even = even[::-1]
        return _smooth_closed(even, 1.5)

    def turning(self, reach: int) -> np.ndarray:
        """(N,) degrees: how the outline turns at each point, seen from ``reach`` away; positive is convex."""
        before = self.curve - np.roll(self.curve, reach, axis=0)
        after = np.roll(self.curve, -reach, axis=0) - self.curve
        cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
        return -np.degrees(np.arctan2(cross, (before * after).sum(1)))

    def nearest(self, point: Point) -> int:
        """The index of the outline's point nearest to ``point``."""
        return int(np.argmin(((self.curve - point) ** 2).sum(1)))

    def mirrored(self) -> Outline:
        """The same garment seen in a mirror: what is on its left is then on its right."""
        width = self.mask.shape[1]
        return Outline(self.mask[:, ::-1].copy(), self.lab[:, ::-1].copy(), self.matrix, width - 1 - self.axis)

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """left, top, right, bottom, inclusive."""
        rows, columns = np.flatnonzero(self.mask.any(1)), np.flatnonzero(self.mask.any(0))
        return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])

    @cached_property
    def tops(self) -> np.ndarray:
        """(w,): the first row of the garment in each column; the picture's height where there is none."""
        return np.where(self.mask.any(0), self.mask.argmax(0), self.mask.shape[0])


def _similarity(center: Point, scale: float, angle: float, size: int) -> np.ndarray:
    """(2, 3): turn by ``angle`` degrees about ``center``, scale, and put it in the middle of a square of ``size``."""
    matrix = cv2.getRotationMatrix2D(center, angle, scale)
    shift = np.array([[0, 0, (size - 1) / 2 - center[0]], [0, 0, (size - 1) / 2 - center[1]]])
    return matrix + shift


def _placed(alpha: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
    """(size, size) bool: the garment seen through ``matrix``."""
    scale = float(np.hypot(matrix[0, 0], matrix[0, 1]))
    if scale < 0.6:
        alpha = cv2.GaussianBlur(alpha, (0, 0), 0.3 / scale)
    return cv2.warpAffine(alpha, matrix, (size, size), flags=cv2.INTER_LINEAR) > 0.5


def _largest(mask: np.ndarray) -> np.ndarray:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    return labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) if count > 1 else mask > 0


def _mirror_axis(mask: np.ndarray) -> tuple[float, float]:
    """x of the vertical line about which ``mask`` overlaps its mirror image most, and that overlap's share."""
    width = mask.shape[1]
    spectrum = np.fft.rfft(mask.astype(np.float32), 2 * width, axis=1)
    overlap = np.fft.irfft((spectrum**2).sum(0), 2 * width)  # row-wise self-convolution: index = twice the axis
    best = int(np.argmax(overlap))
    return best / 2, float(overlap[best] / max(mask.sum(), 1))


def _tilt(alpha: np.ndarray, center: Point, scale: float) -> float:
    """Degrees by which turning the garment makes its halves mirror each other clearly better; mostly 0."""
    size = SIDE // 3 + 60
    angles = np.arange(-28.0, 29.0, 7.0)
    overlaps = [_mirror_axis(_placed(alpha, _similarity(center, scale, a, size), size))[1] for a in angles]
    scores = np.array(overlaps) - 0.0012 * np.abs(angles)
    best = int(np.argmax(scores))
    return float(angles[best]) if scores[best] > scores[len(angles) // 2] + 0.02 else 0.0


def _smooth_closed(points: np.ndarray, sigma: float) -> np.ndarray:
    reach = max(1, round(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.concatenate([points[-reach:], points, points[:reach]])
    return np.stack([np.convolve(padded[:, c], kernel / kernel.sum(), "valid") for c in (0, 1)], 1)
