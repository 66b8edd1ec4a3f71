"""Poses and person mattes from pictures and videos, by MediaPipe Pose behind one small class.

Everything that knows MediaPipe is here, so that another estimator can take its place. Its landmarks are not quite
skeleton joints (shoulders sit too high, ankles above the joint); ``calibrate`` moves them onto the joints that the
rest of the program means.

See docs/method.md, "Pose and motion".
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
import tempfile
import threading
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fashionmirror_core import skeleton
from fashionmirror_core.errors import InputError
from fashionmirror_core.motion.motion import Cancel, Motion, Progress, personless
from fashionmirror_core.skeleton import JOINT_COUNT, Joint, Pose
from fashionmirror_core.vocabulary import Side

MAX_SIDE = 1024
"""Larger pictures are reduced to this long side first: MediaPipe looks at 256 x 256 pixels of the person anyway."""
EXTRACT_SMOOTHING = 0.4
"""The strength of the light smoothing that an extracted motion gets (``Motion.smoothed``)."""

_LEAST_CONFIDENCE = 0.01  # of a found person's hidden joint, so that it differs from a frame without a person
_UPRIGHT = 0.1  # MediaPipe sees people lean backwards: depth gained per pixel of height above the hips
_COVERED = 0.5  # of a matte: from here on a pixel is the person's

# Offsets of the true joints from MediaPipe's, as multiples of body vectors of the same side (outward ones point from
# the other side to this one). Fitted robustly (Huber) on frames of 165 train clips of the catwalk set; on its val
# clips the mean error of the visible joints 1-14 falls from 1.53 to 1.12 % of the height, on the two sample motions
# (all joints 1-14, followed over time, unsmoothed) from 1.23 to 0.87 % and from 2.45 to 1.89 %.
_CALIBRATION: dict[str, dict[str, float]] = {
    "shoulder": {"trunk": -0.047, "shoulders": 0.010},
    "elbow": {"trunk": 0.005, "upper_arm": 0.063, "forearm": 0.009},
    "hip": {"trunk": 0.014, "hips": 0.049},
    "knee": {"thigh": -0.177, "shin": 0.198, "hips": 0.025},
    "ankle": {"shin": 0.094, "foot": 0.072, "hips": -0.032},
    "big_toe": {"foot": 0.074, "shin": 0.058, "hips": -0.112},
    "small_toe": {"foot": -0.068, "shin": 0.073, "hips": 0.022},
    "heel": {"foot": -0.025, "shin": 0.053, "hips": 0.020},
    "ear": {"ears": 0.27, "head": 0.023},
}
_PAIRED = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "big_toe", "small_toe", "heel", "ear")
_RIGHT, _LEFT = ({name: Joint[f"{side}_{name}".upper()] for name in _PAIRED} for side in Side)


@dataclass(frozen=True, eq=False)
class Estimate:
    """One person in a picture: the pose in its pixels, the matte (H, W) float32 in [0, 1]."""

    pose: Pose
    matte: np.ndarray


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


class PoseEstimator:
    """MediaPipe Pose for one still (static) or one video (frames in order); close it after use, one a thread.

    static: every picture is looked at afresh; otherwise a person is followed from frame to frame. matte: whether
    ``estimate`` also gives the person's matte.
    """

    def __init__(self, static: bool = True, matte: bool = True) -> None:
        self._matte = matte
        self._primed = False
        with _quiet_stderr():
            self._pose = _mediapipe_pose().Pose(
                static_image_mode=static,
                model_complexity=1,  # the only model inside the wheel
                smooth_landmarks=False,  # Motion.smoothed does it without a lag
                enable_segmentation=matte,
                smooth_segmentation=False,
            )
            # Its models are loaded in other threads: an empty picture waits for them while they are kept quiet.
            self._pose.process(np.zeros((64, 64, 3), np.uint8))

    def __enter__(self) -> PoseEstimator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees MediaPipe's graph; may be called twice."""
        if self._pose is not None:
            self._pose.close()
            self._pose = None

    def estimate(self, rgb: np.ndarray) -> tuple[Pose | None, np.ndarray | None]:
        """Finds the most prominent person in a picture (H, W, 3) uint8.

        Returns the pose in the picture's pixels with its depth, and the matte (H, W) float32 in [0, 1]; both None
        if nobody is found, the matte None too if it wasn't asked for.
        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
            raise ValueError(f"an RGB picture (H, W, 3) of uint8 is needed, not {rgb.shape} of {rgb.dtype}")
        if self._pose is None:
            raise ValueError("this estimator is closed")
        result = self._process(_reduced(rgb))
        if result.pose_landmarks is None:
            return None, None
        height, width = rgb.shape[:2]
        pose = _pose_of(result, width, height)
        if not self._matte:
            return pose, None
        matte = result.segmentation_mask
        if matte is None:
            return pose, np.zeros((height, width), np.float32)
        if matte.shape != (height, width):
            matte = cv2.resize(matte, (width, height), interpolation=cv2.INTER_LINEAR)
        return pose, np.clip(matte, 0.0, 1.0).astype(np.float32)

    def _process(self, rgb: np.ndarray) -> Any:
        if self._primed:
            return self._pose.process(rgb)
        with _quiet_stderr():  # the first person found brings a warning too
            self._primed = True
            return self._pose.process(rgb)


def find_people(image: np.ndarray, limit: int = 2) -> list[Estimate]:
    """The people in a still (H, W, 3) uint8, largest first, at most ``limit``.

    MediaPipe sees one person: the others are found by painting over those already found and looking again.
    """
    found: list[Estimate] = []
    picture = image
    with PoseEstimator(static=True) as estimator:
        while len(found) < limit:
            pose, matte = estimator.estimate(picture)
            if pose is None or matte is None:
                break
            if found and not _is_another(pose, matte, found):
                break
            found.append(Estimate(pose, matte))
            if len(found) < limit:
                picture = _painted_over(picture, pose, matte)
    return sorted(found, key=lambda person: person.pose.extent, reverse=True)


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


def calibrate(joints: np.ndarray) -> np.ndarray:
    """MediaPipe's joints in BODY_25 (..., 25, 3), pixels -> the same on the skeleton's joints, confidence kept.

    A fixed linear map of body vectors, so it turns, scales and mirrors with the body.
    """
    joints = np.asarray(joints, np.float32)
    points = joints[..., :2]
    result = joints.copy()
    for side, other in ((_RIGHT, _LEFT), (_LEFT, _RIGHT)):
        vectors = _body_vectors(points, side, other)
        for part, weights in _CALIBRATION.items():
            for name, weight in weights.items():
                result[..., side[part], :2] += weight * vectors[name]
    shoulders, hips = [Joint.R_SHOULDER, Joint.L_SHOULDER], [Joint.R_HIP, Joint.L_HIP]
    result[..., Joint.NECK, :2] = result[..., shoulders, :2].mean(-2)
    result[..., Joint.MID_HIP, :2] = result[..., hips, :2].mean(-2)
    return result


def _body_vectors(points: np.ndarray, side: dict[str, Joint], other: dict[str, Joint]) -> dict[str, np.ndarray]:
    def outward(part: str) -> np.ndarray:
        return points[..., side[part], :] - points[..., other[part], :]

    def along(start: str, end: str) -> np.ndarray:
        return points[..., side[end], :] - points[..., side[start], :]

    return {
        "trunk": points[..., Joint.NECK, :] - points[..., Joint.MID_HIP, :],
        "head": points[..., Joint.NOSE, :] - points[..., Joint.NECK, :],
        "shoulders": outward("shoulder"),
        "hips": outward("hip"),
        "ears": outward("ear"),
        "upper_arm": along("shoulder", "elbow"),
        "forearm": along("elbow", "wrist"),
        "thigh": along("hip", "knee"),
        "shin": along("knee", "ankle"),
        "foot": along("heel", "big_toe"),
    }


# Results of MediaPipe -> our types


def _pose_of(result: Any, width: int, height: int) -> Pose:
    """A found person's pose in the pixels of a picture of that size."""
    marks = np.array([[mark.x, mark.y, mark.visibility] for mark in result.pose_landmarks.landmark], np.float32)
    marks[:, 0] = marks[:, 0] * width - 0.5  # its pixels' edges are at integers, our pixels' centres
    marks[:, 1] = marks[:, 1] * height - 0.5
    marks[:, 2] = np.clip(marks[:, 2], _LEAST_CONFIDENCE, 1.0)
    joints = calibrate(skeleton.to_body25(marks, "MEDIAPIPE_33"))
    metric = np.array([[mark.x, mark.y, mark.z] for mark in result.pose_world_landmarks.landmark], np.float32)
    return Pose(joints, _depth(metric, marks, joints))


def _depth(metric: np.ndarray, marks: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """(25,) depth in pixels from landmarks in metres (33, 3).

    The world landmarks' z is about true to scale, that of the picture's landmarks is three to four times too deep
    (both against the catwalk set's true depth). Pixels a metre: least squares of the two sets of points.
    """
    flat = metric[:, :2] - metric[:, :2].mean(0)
    seen = marks[:, :2] - marks[:, :2].mean(0)
    scale = float((flat * seen).sum() / max(float((flat * flat).sum()), 1e-6))
    depth = skeleton.depth_to_body25(metric[:, 2]) * scale
    return depth + _UPRIGHT * (joints[Joint.MID_HIP, 1] - joints[:, 1])


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
    motion = motion.fill_gaps(below=_LEAST_CONFIDENCE / 2)
    motion = motion.smoothed(smoothing)
    return motion, ExtractReport(len(poses), missing, motion.warnings)


def _cut_feet(joints: np.ndarray, size: tuple[int, int]) -> tuple[str, ...]:
    """A warning if both ankles are below the picture in more than half of the frames that show somebody."""
    seen = joints[joints[..., 2].max(-1) > 0]
    ankles = seen[:, [Joint.R_ANKLE, Joint.L_ANKLE], 1]
    if (ankles.min(-1) > size[1]).mean() <= 0.5:
        return ()
    return ("The feet are out of the picture most of the time, the legs are guessed; a whole person works better.",)


def _reduced(rgb: np.ndarray) -> np.ndarray:
    height, width = rgb.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale >= 1.0:
        return np.ascontiguousarray(rgb)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def _is_another(pose: Pose, matte: np.ndarray, found: list[Estimate]) -> bool:
    """Whether a later find is a person of its own: not a rest of an earlier one, with a trunk and not tiny."""
    trunk = [Joint.R_SHOULDER, Joint.L_SHOULDER, Joint.R_HIP, Joint.L_HIP]
    covered = matte > _COVERED
    area = int(covered.sum())
    if area == 0 or pose.confidence[trunk].mean() < 0.5 or pose.extent < 0.2 * found[0].pose.extent:
        return False
    earlier = np.logical_or.reduce([person.matte > _COVERED for person in found])
    return int((covered & earlier).sum()) < 0.4 * area


def _painted_over(image: np.ndarray, pose: Pose, matte: np.ndarray) -> np.ndarray:
    """The picture with a person filled in by a strong blur of what surrounds it."""
    height, width = image.shape[:2]
    coarse = min(1.0, 192 / max(height, width))  # the blur needs no more
    size = (max(1, round(width * coarse)), max(1, round(height * coarse)))
    reach = max(1, round(0.02 * pose.extent * coarse))
    small_matte = cv2.resize(matte, size, interpolation=cv2.INTER_AREA)
    hole = cv2.dilate((small_matte > 0.2).astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    known = (1 - hole).astype(np.float32)[..., None]
    spread = max(2.0, 0.15 * pose.extent * coarse)
    around = cv2.GaussianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA) * known, (0, 0), spread)
    around = around / np.maximum(cv2.GaussianBlur(known, (0, 0), spread)[..., None], 1e-3)
    fill = cv2.resize(np.clip(around, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    covered = cv2.resize(hole, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.where(covered[..., None] > 0, fill, image)


# Loading MediaPipe


@cache
def _mediapipe_pose() -> types.ModuleType:
    """The module mediapipe.python.solutions.pose, without what its packages import beside it.

    Their ``__init__`` files load matplotlib, audio and every other solution: 0.9 s instead of 0.25 s, and nothing
    that we use. Packages that load their parts when asked for stand in for them; ``mediapipe.solutions.x`` still works.
    """
    if "mediapipe" not in sys.modules:
        spec = importlib.util.find_spec("mediapipe")
        if spec is None or not spec.submodule_search_locations:
            raise ImportError("mediapipe is not installed: install the program's dependencies again")
        root = Path(next(iter(spec.submodule_search_locations)))
        _stand_in("mediapipe", root, "mediapipe.python")
        _stand_in("mediapipe.python.solutions", root / "python" / "solutions", None)
    return importlib.import_module("mediapipe.python.solutions.pose")


def _stand_in(name: str, folder: Path, fallback: str | None) -> None:
    """Registers a package without its ``__init__``: unknown attributes are submodules, or come from ``fallback``."""
    moved = {"solutions": "mediapipe.python.solutions", "tasks": "mediapipe.tasks.python"}

    def attribute(wanted: str) -> Any:
        if wanted.startswith("__"):
            raise AttributeError(wanted)
        if fallback is not None and wanted not in moved:
            return getattr(importlib.import_module(fallback), wanted)
        try:
            return importlib.import_module(moved[wanted] if fallback is not None else f"{name}.{wanted}")
        except ModuleNotFoundError as error:
            raise AttributeError(f"module {name!r} has no attribute {wanted!r}") from error

    package = types.ModuleType(name)
    package.__path__ = [str(folder)]
    package.__dict__["__getattr__"] = attribute
    sys.modules[name] = package


_NOISE = re.compile(
    rb"INFO: Created TensorFlow Lite|WARNING: All log messages before absl|inference_feedback_manager\.cc|"
    rb"landmark_projection_calculator\.cc|gl_context|^\s*$"
)
_stderr_lock = threading.Lock()


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Holds the process's stderr back while MediaPipe's C++ starts, then passes on all but its known start-up lines.

    Its logger takes no setting (GLOG_minloglevel and the like are ignored in 0.10.21).
    """
    with _stderr_lock, tempfile.TemporaryFile() as held:
        try:
            kept = os.dup(2)
        except OSError:  # a windowed program may have no stderr
            yield
            return
        try:
            os.dup2(held.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            for line in held.read().splitlines(keepends=True):
                if not _NOISE.search(line):
                    os.write(2, line)
