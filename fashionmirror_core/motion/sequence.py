"""Poses over time: the value that a motion is, and what can be done with it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from fashionmirror_core import skeleton
from fashionmirror_core.errors import InputError
from fashionmirror_core.motion import gaps, resampling, smoothing
from fashionmirror_core.motion.joint_formats import imagine_feet
from fashionmirror_core.motion.json_files import shown
from fashionmirror_core.skeleton import JOINT_COUNT, MISSING, Joint, Pose

Self = TypeVar("Self", bound="PoseSequence")

MAX_FRAMES = 100_000
MAX_COORDINATE = 1e5  # pixels
FPS_RANGE = (1.0, 240.0)
_MIN_EXTENT = 8.0  # pixels; a smaller "person" is a file in another unit


@dataclass(frozen=True, eq=False)
class PoseSequence:
    """Poses at a steady rate.

    joints: (T, 25, 3) float32, x, y in pixels and confidence in [0, 1]; depth: (T, 25) float32 in the same pixels,
    smaller is nearer, 0 at the mid-hip, zeros if unknown; fps: frames per second; size: (width, height) of the frame
    in pixels; loop: the frame after the last is the first; warnings: what the user of the motion should know.
    """

    joints: np.ndarray
    depth: np.ndarray
    fps: float
    size: tuple[int, int]
    name: str = ""
    loop: bool = False
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "joints", np.asarray(self.joints, np.float32))
        object.__setattr__(self, "depth", np.asarray(self.depth, np.float32))
        frames = len(self.joints)
        if self.joints.shape != (frames, JOINT_COUNT, 3) or self.depth.shape != (frames, JOINT_COUNT) or not frames:
            raise ValueError(f"joints {self.joints.shape} and depth {self.depth.shape} are not (T, 25, 3) and (T, 25)")

    def __len__(self) -> int:
        return len(self.joints)

    def __getitem__(self, index: int) -> Pose:
        return Pose(self.joints[index], self.depth[index])

    @property
    def seconds(self) -> float:
        """How long it plays: frames / fps."""
        return len(self) / self.fps

    def noted(self: Self, *notes: str) -> Self:
        """The same motion with further warnings."""
        return replace(self, warnings=self.warnings + notes)

    def fill_gaps(self: Self, below: float = MISSING) -> Self:
        """Joints with a confidence under ``below`` are interpolated over time between the frames that saw them.

        See ``gaps.filled``; gaps longer than ``gaps.LONG_GAP`` are named in ``warnings``. Feet never seen are put below
        the filled ankles.
        """
        feet_unseen = (self.joints[:, list(skeleton.FEET), 2] < below).all()
        joints, depth, notes = gaps.filled(self.joints, self.depth, below, self.fps, self.loop)
        if feet_unseen:
            imagine_feet(joints)
        return replace(self, joints=joints, depth=depth, warnings=self.warnings + notes)

    def smoothed(self: Self, strength: float) -> Self:
        """One-Euro filtered, per joint, without a lag. strength: 0 (as it is) to 1 (very calm).

        Steady joints are calmed most, fast ones keep their speed; speeds are measured in body heights per second, so
        the size of the person doesn't matter. A loop stays a loop.
        """
        if not 0.0 <= strength <= 1.0:
            raise InputError(f"Smoothing strength {strength} is out of range; give a number from 0 to 1.")
        if strength == 0.0 or len(self) < 3:
            return self
        signal = np.concatenate([self.joints[..., :2], self.depth[..., None]], -1).astype(np.float64)
        scale = max(typical_extent(self.joints), 1.0)
        calm = smoothing.calmed(signal / scale, self.fps, strength, self.loop) * scale
        joints = np.concatenate([calm[..., :2], self.joints[..., 2:]], -1)
        return replace(self, joints=joints, depth=calm[..., 2])

    def resampled(self: Self, fps: float) -> Self:
        """The same motion at another rate, by cubic (Catmull-Rom) interpolation; a loop keeps closing.

        Lost joints are interpolated as in ``fill_gaps``, with their low confidence kept.
        """
        fps = checked_fps(fps, self.name or "motion")
        if fps == self.fps:
            return self
        frames = len(self)
        if self.loop:
            count = max(1, round(frames * fps / self.fps))
            times = np.arange(count) * frames / count
        else:
            count = max(1, round((frames - 1) * fps / self.fps) + 1)
            times = np.minimum(np.arange(count) * self.fps / fps, frames - 1)
        whole = self.fill_gaps()
        points = resampling.catmull_rom(whole.joints[..., :2], times, self.loop)
        confidence = resampling.linear(self.joints[..., 2], times, self.loop)[..., None]
        depth = resampling.catmull_rom(whole.depth, times, self.loop)
        return replace(self, joints=np.concatenate([points, confidence], -1), depth=depth, fps=fps)

    def turned(self: Self, degrees: float | np.ndarray) -> Self:
        """Each frame turned about the vertical through its mid-hip: the path stays, all else turns to the picture's right.

        degrees: one angle, or one for each frame (T,); only with one angle a loop stays a loop.
        Raises InputError for a motion without depth: nothing is known of its sides.
        """
        angles = np.radians(np.broadcast_to(np.asarray(degrees, np.float64), len(self)))[:, None]
        if not angles.any():
            return self
        if not self.depth.any():
            raise InputError(f"{self.name or 'The motion'} has no depth, so it can't be turned; take another motion.")
        cosine, sine = np.cos(angles), np.sin(angles)
        joints = self.joints.astype(np.float64)
        middle = joints[:, [Joint.MID_HIP], 0]
        across = joints[..., 0] - middle
        joints[..., 0] = middle + cosine * across - sine * self.depth
        loop = self.loop and bool((angles == angles[0]).all())
        return replace(self, joints=joints, depth=sine * across + cosine * self.depth, loop=loop)

    def take(self: Self, count: int) -> Self:
        """The first ``count`` frames; a loop goes round as often as needed, another motion ends where it ends."""
        if count < 1:
            raise InputError(f"{count} frames are too few; ask for at least 1.")
        frames = len(self)
        chosen = np.arange(count) % frames if self.loop else np.arange(min(count, frames))
        return replace(
            self,
            joints=self.joints[chosen],
            depth=self.depth[chosen],
            loop=self.loop and len(chosen) % frames == 0,
        )


def checked_fps(value: Any, where: str) -> float:
    """A usable frame rate as float; InputError for anything else."""
    low, high = FPS_RANGE
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise InputError(f"{where}: {shown(value)} frames per second make no motion; give {low:.0f} to {high:.0f}.")
    return float(value)


def check_person(joints: np.ndarray, where: str) -> None:
    """InputError where joints (T, 25, 3) show nobody, or somebody smaller than any picture's person."""
    if joints[..., 2].max(initial=0.0) < skeleton.CONFIDENT:
        raise InputError(f"{where}: no joint is confident in the whole motion; take a clip that shows a person.")
    if typical_extent(joints) < _MIN_EXTENT:
        raise InputError(f"{where}: the person is under {_MIN_EXTENT:.0f} pixels large; write the joints in pixels.")


def typical_extent(joints: np.ndarray) -> float:
    """The person's usual size in pixels over the frames (T, 25, 3) that show somebody."""
    extent = extents(joints)
    return float(np.median(extent[extent > 0])) if (extent > 0).any() else 0.0


def extents(joints: np.ndarray) -> np.ndarray:
    """(...): the longer side of the box around the seen ones of joints (..., 25, 3), pixels (0 where none is)."""
    seen = joints[..., 2:] >= MISSING
    low = np.where(seen, joints[..., :2], np.inf).min(-2)
    high = np.where(seen, joints[..., :2], -np.inf).max(-2)
    return np.maximum(np.where(high >= low, high - low, 0.0).max(-1), 0.0)


def bounding_size(joints: np.ndarray) -> tuple[int, int]:
    """(width, height) of the smallest frame, from the origin, that holds all seen joints of (T, 25, 3)."""
    seen = joints[joints[..., 2] >= MISSING]
    width, height = (max(1, math.ceil(seen[:, axis].max(initial=0.0)) + 1) for axis in (0, 1))
    return width, height
