"""Videos become motions: the poses of one person, frame by frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from fashionmirror_core.errors import Cancelled, InputError
from fashionmirror_core.motion import following, sides
from fashionmirror_core.motion.estimator import LEAST_CONFIDENCE, PoseEstimator, with_feet_ahead
from fashionmirror_core.motion.gaps import frames_named, personless
from fashionmirror_core.motion.people import Part, find_people, look_closer
from fashionmirror_core.motion.performing import PARENTS
from fashionmirror_core.motion.progress import Cancel, Progress
from fashionmirror_core.motion.sequence import MAX_FRAMES, PoseSequence, typical_extent
from fashionmirror_core.motion.upright import upright
from fashionmirror_core.skeleton import JOINT_COUNT, Joint, Pose

MAX_SIDE = 960
"""Videos are read at this length of their longer side, in pixels, if they are larger."""
SMOOTHING = 0.4
"""The strength of the light smoothing that an extracted motion gets (``PoseSequence.smoothed``)."""
SETTLING = 0.5
"""Seconds that are read beyond what is asked for: the smoothing of the last frames looks ahead."""
_OUTBURST, _SPINE_OUTBURST = 0.2, 0.6  # seconds: windows of the medians of a bone's depth
_DEPTH_SECONDS = 0.06  # sigma of its smoothing, beside that of the whole motion
_SMALL = 120.0  # pixels: the poses of smaller people tremble
_LONGEST_PAUSE = 64  # frames between two closer looks at pictures that seem to be empty
_CENSUS = 25  # frames until people are counted again; then twice as many, and so on


@dataclass(frozen=True)
class ExtractReport:
    """What an extraction found.

    frames: how many were read; without_person: the indices of those that don't show the person followed; warnings: lines
    for the user (frames without a person, several people, long gaps, feet out of the picture, a damaged video).
    """

    frames: int
    without_person: tuple[int, ...]
    warnings: tuple[str, ...]


def extract(
    video_path: str | Path,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    smoothing: float = SMOOTHING,
    frames: int | None = None,
    rate: float | None = None,
) -> tuple[PoseSequence, ExtractReport]:
    """The motion of one person in a video, upright, streamed frame by frame.

    ``progress`` is told after each frame, ``cancel`` asked before each and while one is waited for: True raises Cancelled.
    The motion's size and pixels are those of the frames as read (MAX_SIDE). Frames without the person are interpolated,
    then the motion is smoothed with ``smoothing`` (0 to 1). ``frames`` at ``rate`` frames a second (None: the video's
    own) are enough: reading stops soon after them, once somebody was seen. InputError if the video cannot be read or
    shows nobody at all.
    """
    from fashionmirror_core.media.reading import VideoReader

    path = Path(video_path)
    poses: list[Pose | None] = []

    def asked() -> None:
        if cancel is not None and cancel():
            raise Cancelled(f"stopped after {len(poses)} frames")

    with VideoReader(path, max_side=MAX_SIDE, waiting=asked) as video, _Watcher() as watcher:
        enough = MAX_FRAMES if frames is None else min(MAX_FRAMES, enough_frames(frames, rate or video.fps, video.fps))
        total = None if video.frame_count is None else min(video.frame_count, enough)
        for frame in video:
            asked()
            poses.append(watcher.pose(frame))
            if progress is not None:
                progress(len(poses), total)
            if len(poses) == MAX_FRAMES or (len(poses) >= enough and any(pose is not None for pose in poses)):
                break
        notes = video.warnings
    if len(poses) == MAX_FRAMES:
        notes += (f"The video has more than {MAX_FRAMES} frames; the rest isn't read.",)
    if watcher.several:
        notes += ("More than one person is seen in the video: one is followed; a video of one is safer.",)
    motion, without = _motion_of(poses, video.fps, video.size, path, notes)
    motion = motion.noted(*_doubts(motion))
    # Only frames without a person are gaps: MediaPipe's guess of a hidden joint is better than a straight line.
    motion = motion.fill_gaps(below=LEAST_CONFIDENCE / 2)
    if smoothing:
        motion = replace(motion, depth=_steadied(motion.depth, motion.fps)).smoothed(smoothing)
    return motion, ExtractReport(len(poses), without, motion.warnings)


def enough_frames(frames: int, rate: float, fps: float) -> int:
    """How many frames of a video of ``fps`` make ``frames`` at ``rate`` frames a second, with what smoothing needs."""
    return math.ceil(((frames - 1) / rate + SETTLING) * fps) + 1


class _Watcher:
    """Finds one person in each frame of a video, also one who is far away.

    Where the whole picture shows nobody, its parts are looked at, and then the part around the person is followed.
    several: whether more than one person was seen in the frames in which people were counted.
    """

    def __init__(self) -> None:
        self.several = False
        self._tracker = PoseEstimator(static=False, matte=False)
        self._stills = PoseEstimator(static=True)
        self._part: Part | None = None
        self._wait, self._pause = 0, 1
        self._frame, self._next_census = 0, 0

    def __enter__(self) -> _Watcher:
        return self

    def __exit__(self, *_: object) -> None:
        self._tracker.close()
        self._stills.close()

    def pose(self, image: np.ndarray) -> Pose | None:
        """The person in the next frame (H, W, 3) uint8, in its pixels."""
        pose = self._tracked(image)
        if pose is None and self._part is not None:
            self._follow_in(None)
            pose = self._tracked(image)
        if pose is None:
            pose = self._found_closer(image)
        elif self._part is not None and not self._part.holds(pose, image.shape):
            self._follow_in(Part.around(pose, image.shape))
        self._count(image, pose)
        return pose

    def _tracked(self, image: np.ndarray) -> Pose | None:
        if self._part is None:
            return self._tracker.estimate(image)[0]
        pose = self._tracker.estimate(self._part.of(image))[0]
        return None if pose is None else self._part.pose_outside(pose)

    def _follow_in(self, part: Part | None) -> None:
        self._part = part
        self._tracker.forget()

    def _found_closer(self, image: np.ndarray) -> Pose | None:
        """Looks closer, more and more seldom while there is nobody."""
        if self._wait:
            self._wait -= 1
            return None
        person = look_closer(image, self._stills)
        if person is None:
            self._wait, self._pause = self._pause, min(2 * self._pause, _LONGEST_PAUSE)
            return None
        self._pause = 1
        self._follow_in(Part.around(person.pose, image.shape))
        return person.pose

    def _count(self, image: np.ndarray, pose: Pose | None) -> None:
        if pose is not None and not self.several and self._frame >= self._next_census:
            self._next_census = self._frame + max(_CENSUS, self._frame)
            seen = image if self._part is None else self._part.of(image)
            self.several = len(find_people(seen, closer=False, estimator=self._stills)) > 1
        self._frame += 1


def _motion_of(
    poses: Sequence[Pose | None], fps: float, size: tuple[int, int], path: Path, notes: tuple[str, ...]
) -> tuple[PoseSequence, tuple[int, ...]]:
    """The motion of the person seen longest, with gaps, and the frames that don't show them."""
    if not any(poses):
        raise InputError(
            f"{path.name}: no person was found in any frame; take a video that shows a whole person, or crop it to the "
            "person if there is one."
        )
    chosen = following.follow([[] if pose is None else [pose.joints] for pose in poses], fps)
    nobody = Pose(np.zeros((JOINT_COUNT, 3), np.float32))
    own = [nobody if pose is None or index < 0 else pose for pose, index in zip(poses, chosen, strict=True)]
    elsewhere = [frame for frame, pose in enumerate(poses) if pose is not None and chosen[frame] < 0]
    notes += personless([frame for frame, pose in enumerate(poses) if pose is None], len(poses))
    if elsewhere:
        notes += (
            f"{len(elsewhere)} of {len(poses)} frames show somebody else, or another view ({frames_named(elsewhere)}): "
            "the poses there are interpolated; a video of one person without cuts is safer.",
        )
    without = tuple(frame for frame, pose in enumerate(own) if pose is nobody)
    joints, depth = _on_their_sides(own, np.array([pose is not nobody for pose in own]), fps)
    return upright(PoseSequence(joints, depth, fps, size, path.stem, warnings=notes)), without


def _on_their_sides(poses: Sequence[Pose], present: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, 25, 3) and depth (T, 25) with left and right followed through time; feet point where the body then does."""
    joints, depth = np.stack([pose.joints for pose in poses]), np.stack([pose.depth for pose in poses])
    joints, depth, changed = sides.followed(joints, depth, present, fps)
    for frame in np.flatnonzero(changed.all(1)):
        depth[frame] = with_feet_ahead(joints[frame], depth[frame])
    return joints, depth


def _steadied(depth: np.ndarray, fps: float) -> np.ndarray:
    """Depth (T, 25) without its outbursts, bone by bone: it trembles three times as much as what is seen in the picture."""
    steps = {joint: depth[:, joint] - depth[:, parent] for joint, parent in PARENTS.items()}
    result = depth.astype(np.float64)
    for joint, parent in PARENTS.items():
        seconds = _SPINE_OUTBURST if joint == Joint.NECK else _OUTBURST
        calm = median_filter(steps[joint], 2 * round(seconds / 2 * fps) + 1, mode="nearest")
        result[:, joint] = result[:, parent] + gaussian_filter1d(calm, max(_DEPTH_SECONDS * fps, 0.1), mode="nearest")
    return result


def _doubts(motion: PoseSequence) -> list[str]:
    """Notes for what works, but worse than it could."""
    notes = []
    seen = motion.joints[motion.joints[..., 2].max(-1) > 0]
    ankles = seen[:, [Joint.R_ANKLE, Joint.L_ANKLE], 1]
    if (ankles.min(-1) > motion.size[1]).mean() > 0.5:
        notes.append(
            "The feet are out of the picture most of the time, the legs are guessed; a whole person works better."
        )
    extent = typical_extent(motion.joints)
    if extent < _SMALL:
        notes.append(
            f"The person is only {extent:.0f} pixels tall in a picture of {motion.size[0]} x {motion.size[1]}; crop the "
            "video around the person."
        )
    return notes
