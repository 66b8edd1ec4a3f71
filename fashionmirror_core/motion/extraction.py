"""Videos become motions: the poses of one person, frame by frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.motion.estimator import LEAST_CONFIDENCE, PoseEstimator
from fashionmirror_core.motion.motion import Cancel, Motion, Progress, personless
from fashionmirror_core.skeleton import JOINT_COUNT, Joint, Pose

EXTRACT_SMOOTHING = 0.4
"""The strength of the light smoothing that an extracted motion gets (``Motion.smoothed``)."""
MAX_FRAMES = 100_000
"""More make no motion file (see ``Motion.load``): reading stops there."""
SETTLING = 0.5
"""Seconds that are read beyond what is asked for: the smoothing of the last frames looks ahead."""


@dataclass(frozen=True)
class ExtractReport:
    """What an extraction found.

    frames: how many were read; without_person: their indices; warnings: lines for the user (frames without a
    person, long gaps, feet out of the picture, a damaged video).
    """

    frames: int
    without_person: tuple[int, ...]
    warnings: tuple[str, ...]


class ExtractCancelled(Exception):
    """The user stopped an extraction; nothing was kept."""


def extract(
    video_path: str | Path,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    max_side: int = 960,
    smoothing: float = EXTRACT_SMOOTHING,
    frames: int | None = None,
    rate: float | None = None,
) -> tuple[Motion, ExtractReport]:
    """The motion of the person in a video, streamed frame by frame.

    ``progress(done, total)`` is called after each frame (total None if unknown), ``cancel()`` asked before each and while
    one is waited for: True raises ExtractCancelled. Frames are reduced to ``max_side``; the motion's size and pixels are
    those of the reduced frames. Frames without a person are interpolated, then the motion is smoothed with ``smoothing``
    (0 to 1). ``frames`` at ``rate`` frames a second (None: the video's own) are enough: reading stops soon after them,
    once somebody was seen. InputError if the video cannot be read or shows nobody at all.
    """
    from fashionmirror_core.media.reading import VideoReader

    path = Path(video_path)
    poses: list[Pose | None] = []

    def asked() -> None:
        if cancel is not None and cancel():
            raise ExtractCancelled(f"stopped after {len(poses)} frames")

    with (
        VideoReader(path, max_side=max_side, waiting=asked) as video,
        PoseEstimator(static=False, matte=False) as estimator,
    ):
        enough = MAX_FRAMES if frames is None else min(MAX_FRAMES, enough_frames(frames, rate or video.fps, video.fps))
        total = None if video.frame_count is None else min(video.frame_count, enough)
        notes: tuple[str, ...] = ()
        for frame in video:
            asked()
            poses.append(estimator.estimate(frame)[0])
            if progress is not None:
                progress(len(poses), total)
            if len(poses) == MAX_FRAMES:
                notes = (f"The video has more than {MAX_FRAMES} frames; the rest isn't read.",)
                break
            if len(poses) >= enough and any(pose is not None for pose in poses):
                break
        notes = (*video.warnings, *notes)
    return _motion_of(poses, video.fps, video.size, path, smoothing, notes)


def enough_frames(frames: int, rate: float, fps: float) -> int:
    """How many frames of a video of ``fps`` make ``frames`` at ``rate`` frames a second, with what smoothing needs."""
    return math.ceil(((frames - 1) / rate + SETTLING) * fps) + 1


def _motion_of(
    poses: Sequence[Pose | None],
    fps: float,
    size: tuple[int, int],
    path: Path,
    smoothing: float,
    notes: tuple[str, ...],
) -> tuple[Motion, ExtractReport]:
    missing = tuple(index for index, pose in enumerate(poses) if pose is None)
    if len(missing) == len(poses):
        raise InputError(f"{path.name}: no person was found in any frame; take a video that shows a whole person.")
    nobody = Pose(np.zeros((JOINT_COUNT, 3), np.float32))
    joints = np.stack([(pose or nobody).joints for pose in poses])
    depth = np.stack([(pose or nobody).depth for pose in poses])
    notes += personless(missing, len(poses)) + _cut_feet(joints, size)
    motion = Motion(joints, depth, fps, size, path.stem, warnings=notes)
    # Only frames without a person are gaps: MediaPipe's guess of a hidden joint is better than a straight line.
    motion = motion.fill_gaps(below=LEAST_CONFIDENCE / 2)
    motion = motion.smoothed(smoothing)
    return motion, ExtractReport(len(poses), missing, motion.warnings)


def _cut_feet(joints: np.ndarray, size: tuple[int, int]) -> tuple[str, ...]:
    """A warning if both ankles are below the picture in more than half of the frames that show somebody."""
    seen = joints[joints[..., 2].max(-1) > 0]
    ankles = seen[:, [Joint.R_ANKLE, Joint.L_ANKLE], 1]
    if (ankles.min(-1) > size[1]).mean() <= 0.5:
        return ()
    return ("The feet are out of the picture most of the time, the legs are guessed; a whole person works better.",)
