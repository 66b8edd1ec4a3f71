"""The body under the clothes: where shoulders, waist and limbs are, from the skeleton and average proportions.

Half-widths are medians over front views of the rendered catwalk set (CC0), as shares of the stature: bare limbs for arms
and legs, fitted tops and dresses for the torso. They are scaled by the person's own shoulder and hip width.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from fashionmirror_core.skeleton import ARM, LEG, Joint
from fashionmirror_core.vocabulary import Part, Side

# Shares of the stature.
SPINE, LEGS = 0.2546, 0.487  # neck to mid-hip; hip to ankle
SHOULDERS, HIPS = 0.176, 0.1056  # between the two joints
ARM_WIDTHS = ((0.0, 0.022), (0.5, 0.0207), (0.9, 0.0205), (1.25, 0.0199), (1.5, 0.0173), (1.75, 0.0138), (2.0, 0.0125))
LEG_WIDTHS = (
    (0.0, 0.056), (0.25, 0.050), (0.5, 0.0405), (0.75, 0.0325), (0.95, 0.029),
    (1.1, 0.0286), (1.25, 0.0301), (1.5, 0.0269), (1.75, 0.0198), (1.95, 0.0168),
)  # fmt: skip
# Half-width at a share of the spine (0 neck, 1 mid-hip); the first rows scale with the shoulders, the last with the hips.
TORSO_WIDTHS = (
    (0.0, 0.092), (0.15, 0.0915), (0.3, 0.0890), (0.45, 0.0782), (0.6, 0.0748),
    (0.75, 0.0858), (0.9, 0.0951), (1.05, 0.0990), (1.2, 0.0980), (1.35, 0.0960),
)  # fmt: skip
NECK_WIDTH = 0.028
NECK_RISE = 0.058  # the skin beside the neck, above the line of the shoulder joints


def _table(rows: tuple[tuple[float, float], ...], x: np.ndarray | float) -> np.ndarray:
    places, values = zip(*rows, strict=True)
    return np.interp(x, places, values)


def _half_across(mask: np.ndarray, axis: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """(n,): half of how much of a soft mask (H, W) lies across an axis (n, 2), at most ``reach`` (n,) to each side."""
    tangent = np.gradient(axis, axis=0)
    tangent /= np.maximum(np.hypot(*tangent.T), 1e-3)[:, None]
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], -1)
    steps = np.linspace(-1, 1, 65)
    places = axis[:, None] + (steps[:, None] * normal[:, None]) * reach[:, None, None]
    seen = cv2.remap(mask.astype(np.float32), places.astype(np.float32), None, cv2.INTER_LINEAR)
    return seen.mean(1) * reach


@dataclass(frozen=True)
class Body:
    """One person's body in one pose. All lengths and points in the pixels of ``joints`` ((25, 2), BODY_25).

    girth: arm or leg -> how thick it is against the average, at even steps from its start to its end; a limb that is
    missing is average.
    """

    joints: np.ndarray
    girth: dict[Part, np.ndarray] = field(default_factory=dict)

    def measured(self, bare: dict[Part, np.ndarray]) -> Body:
        """The body with the girth of its limbs, measured on their bare skin: arm or leg -> (H, W) float32 in [0, 1].

        Between and beyond the bare places the nearest measure holds, so that invented skin meets the photo's own without a
        step.
        """
        girth = {}
        for part, skin in bare.items():
            axis, half = self.limb(part)
            inside = cv2.distanceTransform((skin > 0.5).astype(np.uint8), cv2.DIST_L2, 5) - 0.5
            at = np.clip(np.round(axis).astype(int), 0, [skin.shape[1] - 1, skin.shape[0] - 1])
            # Skin across the limb, soft edges by their share: a limb is few pixels wide.
            near = _half_across(skin, axis, 2 * half)
            shown = (inside[at[:, 1], at[:, 0]] > 0.5) & (near > 1.0)
            # Beside a cuff or a hem the nearest edge is the cloth's, not the limb's.
            padded = np.pad(shown, 2, mode="edge")
            shown = np.all([padded[k : k + len(shown)] for k in range(5)], axis=0)
            seen = np.flatnonzero(shown)
            if len(seen) >= 2:
                ratios = np.clip(near[seen] / half[seen], 0.65, 1.3)
                ratios = np.convolve(np.pad(ratios, 1, mode="edge"), np.ones(3) / 3, mode="valid")
                girth[part] = np.interp(np.arange(len(axis)), seen, ratios)
        return replace(self, girth=girth)

    @property
    def nose(self) -> np.ndarray:
        return self.joints[Joint.NOSE]

    @property
    def neck(self) -> np.ndarray:
        return self.joints[Joint.NECK]

    @property
    def mid_hip(self) -> np.ndarray:
        return self.joints[Joint.MID_HIP]

    def arm(self, side: str) -> np.ndarray:
        """(3, 2): shoulder, elbow, wrist."""
        return self.joints[list(ARM[side])]

    def leg(self, side: str) -> np.ndarray:
        """(3, 2): hip, knee, ankle."""
        return self.joints[list(LEG[side])]

    @property
    def shoulder_line(self) -> np.ndarray:
        """(2,): from the right to the left shoulder."""
        return self.joints[Joint.L_SHOULDER] - self.joints[Joint.R_SHOULDER]

    @property
    def hip_line(self) -> np.ndarray:
        """(2,): from the right to the left hip."""
        return self.joints[Joint.L_HIP] - self.joints[Joint.R_HIP]

    @property
    def stature(self) -> float:
        """Crown to heel of the upright person, from the bones (the least foreshortened leg, and the spine)."""
        legs = max(
            float(np.hypot(*(knee - hip)) + np.hypot(*(ankle - knee)))
            for hip, knee, ankle in (self.leg(side) for side in Side)
        )
        return 0.5 * self.spine / SPINE + 0.5 * legs / LEGS

    @property
    def across(self) -> np.ndarray:
        """Unit vector from the right to the left shoulder (to the picture's right in a front view)."""
        return self.shoulder_line / max(float(np.hypot(*self.shoulder_line)), 1e-3)

    @property
    def down(self) -> np.ndarray:
        """Unit vector along the spine."""
        return (self.mid_hip - self.neck) / max(self.spine, 1e-3)

    @property
    def spine(self) -> float:
        """The length from the neck to mid-hip."""
        return float(np.hypot(*(self.mid_hip - self.neck)))

    def on_axis(self, share: float | np.ndarray) -> np.ndarray:
        """Points on the body's middle line: along the spine from the neck (0) to mid-hip (1), then straight down."""
        share = np.asarray(share, float)[..., None]
        along = self.neck + np.minimum(share, 1) * (self.mid_hip - self.neck)
        return along + np.maximum(share - 1, 0) * self.spine * np.array([0.0, 1.0])

    def across_at(self, share: float) -> np.ndarray:
        """Unit vector to the person's left: the shoulders' line at the top, the hips' at the pelvis, level below."""
        hips = self.hip_line / max(float(np.hypot(*self.hip_line)), 1e-3)
        level = np.array([np.sign(hips[0]) or 1.0, 0.0])
        k = np.clip(share, 0, 1)
        line = (1 - k) * self.across + k * hips if share <= 1 else hips + min(share - 1, 1) * (level - hips)
        return line / max(float(np.hypot(*line)), 1e-3)

    def torso_half_width(self, share: float | np.ndarray) -> np.ndarray:
        """Half-width of the torso at a share of the spine."""
        height = self.stature
        shoulders = np.clip(np.hypot(*self.shoulder_line) / (SHOULDERS * height), 0.6, 1.25)
        hips = np.clip(np.hypot(*self.hip_line) / (HIPS * height), 0.75, 1.2)
        # Hip joints as found in photos are noisy: the pelvis takes part of its width from the shoulders.
        hips = 0.5 * hips + 0.5 * shoulders
        blend = np.clip((np.asarray(share) - 0.2) / 0.7, 0, 1)
        return _table(TORSO_WIDTHS, share) * height * ((1 - blend) * shoulders + blend * hips)

    def limb(self, part: Part, steps: int = 24) -> tuple[np.ndarray, np.ndarray]:
        """The axis (steps, 2) and half-widths (steps,) of an arm, to the wrist, or a leg, to the ankle."""
        a, b, c = self.arm(part.side) if part.is_arm else self.leg(part.side)
        t = np.linspace(0, 2, steps)[:, None]
        axis = np.where(t <= 1, a + t * (b - a), b + (t - 1) * (c - b))
        rows = ARM_WIDTHS if part.is_arm else LEG_WIDTHS
        half = _table(rows, t[:, 0]) * self.stature
        if part in self.girth:
            girth = self.girth[part]
            half = half * np.interp(np.linspace(0, 1, steps), np.linspace(0, 1, len(girth)), girth)
        return axis, half

    def shoulder_tip(self, side: Side) -> np.ndarray:
        """The outer end of the shoulder, where a set-in sleeve starts."""
        outward, down = side.sign * 0.008 * self.across, 0.034 * self.down
        return self.arm(side)[0] + self.stature * (outward - down)

    def neck_side(self, side: Side) -> np.ndarray:
        """The point where the neck meets the shoulder."""
        return self.neck + self.stature * (side.sign * 1.25 * NECK_WIDTH * self.across - NECK_RISE * self.down)

    def armpit(self, side: Side) -> np.ndarray:
        return self.arm(side)[0] + self.stature * (-side.sign * 0.010 * self.across + 0.045 * self.down)

    def crotch(self) -> np.ndarray:
        return self.mid_hip + np.array([0.0, 0.040 * self.stature])

    def silhouette(self, part: Part, size: tuple[int, int]) -> np.ndarray:
        """The bare part as an anti-aliased mask (H, W) float32; ``size`` is (H, W).

        The trunk runs from the shoulders to the hips, without the head and the neck's upper part; limbs end at wrist and
        ankle.
        """
        canvas = np.zeros(size, np.uint8)
        if part == Part.TRUNK:
            shares = np.linspace(0.12, 1.08, 22)
            # A little slimmer than the average: clothes hide it.
            half = self.torso_half_width(shares) * (1 - 0.07 * np.clip((shares - 0.15) / 0.15, 0, 1))
            axis = self.on_axis(shares)
            line = np.stack([self.across_at(float(s)) for s in shares])
            left, right = axis + half[:, None] * line, axis - half[:, None] * line
            right_top = np.stack([self.neck_side(Side.RIGHT), self.shoulder_tip(Side.RIGHT)])
            left_top = np.stack([self.shoulder_tip(Side.LEFT), self.neck_side(Side.LEFT)])
            self._fill(canvas, np.concatenate([right_top, right, left[::-1], left_top]))
            throat = self.neck + (self.nose - self.neck) * 0.6
            self._fill(canvas, np.stack([self.neck_side(Side.RIGHT), self.neck_side(Side.LEFT), throat]))
        else:
            axis, half = self.limb(part)
            tangent = np.gradient(axis, axis=0)
            tangent /= np.maximum(np.hypot(*tangent.T), 1e-3)[:, None]
            normal = np.stack([-tangent[:, 1], tangent[:, 0]], -1)
            self._fill(canvas, np.concatenate([axis + half[:, None] * normal, (axis - half[:, None] * normal)[::-1]]))
            for end in (0, len(axis) // 2):  # round caps at the shoulder or hip and at the bend
                center = tuple(np.round(axis[end] * 16).astype(int).tolist())
                cv2.circle(canvas, center, int(half[end] * 16), 255, -1, cv2.LINE_AA, 4)
        return canvas.astype(np.float32) / 255

    @staticmethod
    def _fill(canvas: np.ndarray, outline: np.ndarray) -> None:
        cv2.fillPoly(canvas, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
