"""The pose and the matte of a person in a picture, by MediaPipe Pose behind one small class.

Only this module and ``mediapipe_loading`` know MediaPipe, so that another estimator can take its place. Its landmarks
are not quite skeleton joints (shoulders sit too high, ankles above the joint); ``calibrate`` moves them onto the joints that
the rest of the program means.

See docs/method.md, "Pose and motion".
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.motion import joint_formats, mediapipe_loading
from fashionmirror_core.motion.performing import PARENTS
from fashionmirror_core.motion.rotations import unit
from fashionmirror_core.skeleton import ARM, FOOT, JOINT_COUNT, LEG, Joint, Pose
from fashionmirror_core.vocabulary import Side

MAX_SIDE = 1024
"""Larger pictures are reduced to this long side first: MediaPipe looks at 256 x 256 pixels of the person anyway."""

LEAST_CONFIDENCE = 0.01
"""Confidence of a found person's hidden joint, so that it differs from a frame without a person."""
_LEAN = 0.1  # MediaPipe sees people lean backwards: depth gained per pixel of height above the hips

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
# Depth that MediaPipe misses from one joint to the next, in lengths of the trunk: the same for everybody, and times the
# cosine of the body's heading (1 in a front view). Limbs are drawn to the camera, most of all in backs. Fitted (Huber) on
# 1098 frames of 94 train clips; on 32 others the mean error of the depths of joints 1-14 falls from 2.6 to 2.3 % of the
# height in front views, from 2.7 to 2.1 % in profiles, from 4.8 to 3.7 % in backs, of the toes in backs from 18.0 to 10.7 %.
_DEPTH_BIAS: dict[str, tuple[float, float]] = {
    "face": (-0.030, 0.095),
    "elbow": (0.054, -0.080),
    "wrist": (0.109, -0.066),
    "knee": (0.083, -0.045),
}
_UPRIGHT = 0.04  # ... of the neck before the hips in one who stands, whatever the estimate says
_BOW = (0.1, 0.35)  # from there on, up to where it is believed in full, the estimate tells a bow
# The soles' points ahead of the ankle, which no estimate tells in backs: the length of the way down to the toe and ahead,
# and how far the small toe lies outside.
_TOE_LENGTH, _SMALL_TOE_SHARE, _SMALL_TOE_ASIDE, _HEEL_BEHIND = 0.445, 0.85, 0.094, 0.117
_LEAST_AHEAD = 0.1  # a toe that points down

_PAIRED = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "big_toe", "small_toe", "heel", "ear")
_RIGHT, _LEFT = ({name: Joint[f"{side}_{name}".upper()] for name in _PAIRED} for side in Side)


class PoseEstimator:
    """MediaPipe Pose for one still (static) or one video (frames in order); close it after use, one a thread.

    static: every picture is looked at afresh; otherwise a person is followed from frame to frame. matte: whether
    ``estimate`` also gives the person's matte.
    """

    def __init__(self, static: bool = True, matte: bool = True) -> None:
        self._matte = matte
        self._primed = False
        with mediapipe_loading.quiet_stderr():
            self._pose = mediapipe_loading.solution("pose").Pose(
                static_image_mode=static,
                model_complexity=1,  # the only model inside the wheel
                smooth_landmarks=False,  # Motion.smoothed does it without a lag
                enable_segmentation=matte,
                smooth_segmentation=False,
            )
            self._await_models()

    def __enter__(self) -> PoseEstimator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def forget(self) -> None:
        """Looks at the next picture afresh, as if it were the first of its video (takes some tenths of a second)."""
        with mediapipe_loading.quiet_stderr():
            self._pose.reset()
            self._await_models()

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

    def _await_models(self) -> None:
        """They are loaded in other threads: an empty picture waits for them while stderr is held back."""
        self._pose.process(np.zeros((64, 64, 3), np.uint8))

    def _process(self, rgb: np.ndarray) -> Any:
        if self._primed:
            return self._pose.process(rgb)
        with mediapipe_loading.quiet_stderr():  # the first person found brings a warning too
            result = self._pose.process(rgb)
        self._primed = result.pose_landmarks is not None
        return result


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


def calibrate_depth(joints: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """MediaPipe's depth (25,) of calibrated joints (25, 3), pixels -> the skeleton's joints' own, 0 at the mid-hip."""
    ahead, _, trunk, _ = _facing(joints, depth)
    step = {joint: depth[joint] - depth[parent] for joint, parent in PARENTS.items()}
    lean = step[Joint.NECK] / trunk + _UPRIGHT * ahead
    step[Joint.NECK] = trunk * (lean * smoothstep(abs(lean), *_BOW) - _UPRIGHT * ahead)
    for part, (bias, turned) in _DEPTH_BIAS.items():
        for joint in [Joint.NOSE] if part == "face" else [_RIGHT[part], _LEFT[part]]:
            step[joint] += trunk * (bias + turned * ahead)
    result = np.zeros(JOINT_COUNT, np.float32)
    for joint, parent in PARENTS.items():
        result[joint] = result[parent] + step[joint]
    return with_feet_ahead(joints, result)


def with_feet_ahead(joints: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Depth (25,) with the feet pointing where the body faces: what MediaPipe says of them is turned round in backs."""
    ahead, aside, trunk, down = _facing(joints, depth)
    result = depth.copy()
    for side in Side:
        ankle, (big_toe, small_toe, heel) = LEG[side][2], FOOT[side]
        fall = float((joints[big_toe, :2] - joints[ankle, :2]) @ down)
        way = np.sqrt(max((_TOE_LENGTH * trunk) ** 2 - fall**2, (_LEAST_AHEAD * trunk) ** 2))
        result[big_toe] = depth[ankle] - ahead * way
        result[small_toe] = depth[ankle] - ahead * _SMALL_TOE_SHARE * way + side.sign * aside * _SMALL_TOE_ASIDE * trunk
        result[heel] = depth[ankle] + ahead * _HEEL_BEHIND * trunk
    return result


def _facing(joints: np.ndarray, depth: np.ndarray) -> tuple[float, float, float, np.ndarray]:
    """Cosine and sine of the body's heading (0 in a front view), the trunk's length, and the picture's way down (2,)."""
    points = np.concatenate([joints[:, :2], depth[:, None]], -1).astype(np.float64)
    spine = points[Joint.MID_HIP] - points[Joint.NECK]
    down = spine[:2] / max(float(np.hypot(*spine[:2])), 1e-6)  # the picture may lie on its side
    shoulders, hips = (unit(points[pair[Side.LEFT][0]] - points[pair[Side.RIGHT][0]]) for pair in (ARM, LEG))
    left = shoulders + hips
    ahead, aside, _ = unit(np.array([left[0] * down[1] - left[1] * down[0], left[2], 0.0]))
    return float(ahead), float(aside), max(float(np.linalg.norm(spine)), 1e-6), down


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
    marks[:, 2] = np.clip(marks[:, 2], LEAST_CONFIDENCE, 1.0)
    joints = calibrate(joint_formats.to_body25(marks, "MEDIAPIPE_33"))
    metric = np.array([[mark.x, mark.y, mark.z] for mark in result.pose_world_landmarks.landmark], np.float32)
    return Pose(joints, calibrate_depth(joints, _depth(metric, marks, joints)))


def _depth(metric: np.ndarray, marks: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """(25,) depth in pixels from landmarks in metres (33, 3).

    The world landmarks' z is about true to scale, that of the picture's landmarks is three to four times too deep
    (both against the catwalk set's true depth). Pixels a metre: least squares of the two sets of points.
    """
    flat = metric[:, :2] - metric[:, :2].mean(0)
    seen = marks[:, :2] - marks[:, :2].mean(0)
    scale = float((flat * seen).sum() / max(float((flat * flat).sum()), 1e-6))
    depth = joint_formats.depth_to_body25(metric[:, 2]) * scale
    body = joints[Joint.NECK, :2] - joints[[Joint.R_ANKLE, Joint.L_ANKLE], :2].mean(0)
    axis = int(np.argmax(np.abs(body)))  # rows, or columns where the picture lies on its side
    upwards = np.sign(body[axis]) * (joints[:, axis] - joints[Joint.MID_HIP, axis])
    return depth + _LEAN * upwards


def _reduced(rgb: np.ndarray) -> np.ndarray:
    height, width = rgb.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale >= 1.0:
        return np.ascontiguousarray(rgb)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
