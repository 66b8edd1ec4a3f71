"""Videos become motions: the poses of one person, frame by frame."""

from __future__ import annotations

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


@dataclass(frozen=True)
class ExtractReport:
    """What an extraction found.

    frames: how many the video has; without_person: their indices; warnings: lines for the user (frames without a
    person, long gaps, feet out of the picture).
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
) -> tuple[Motion, ExtractReport]:
    """The motion of the person in a video, streamed frame by frame.

    ``progress(done, total)`` is called after each frame (total None if unknown), ``cancel()`` asked before each: True
    raises ExtractCancelled. Frames are reduced to ``max_side``; the motion's size and pixels are those of the reduced
    frames. Frames without a person are interpolated, then the motion is smoothed with ``smoothing`` (0 to 1).
    InputError if the video cannot be read or shows nobody at all.
    """
    from fashionmirror_core.media.reading import VideoReader

    path = Path(video_path)
    poses: list[Pose | None] = []
    with VideoReader(path, max_side=max_side) as video, PoseEstimator(static=False, matte=False) as estimator:
        for frame in video:
            if cancel is not None and cancel():
                raise ExtractCancelled(f"stopped after {len(poses)} frames")
            poses.append(estimator.estimate(np.ascontiguousarray(frame))[0])
            if progress is not None:
                progress(len(poses), video.frame_count)
        fps, size = video.fps, video.size
    return _motion_of(poses, float(fps), (int(size[0]), int(size[1])), path, smoothing)


def _motion_of(
    poses: Sequence[Pose | None], fps: float, size: tuple[int, int], path: Path, smoothing: float
) -> tuple[Motion, ExtractReport]:
    missing = tuple(index for index, pose in enumerate(poses) if pose is None)
    if len(missing) == len(poses):
        raise InputError(f"{path.name}: no person was found in any frame; take a video that shows a whole person.")
    nobody = Pose(np.zeros((JOINT_COUNT, 3), np.float32))
    joints = np.stack([(pose or nobody).joints for pose in poses])
    depth = np.stack([(pose or nobody).depth for pose in poses])
    notes = personless(missing, len(poses)) + _cut_feet(joints, size)
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
