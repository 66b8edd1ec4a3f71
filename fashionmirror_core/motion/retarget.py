"""A motion made for one body, performed by another: the person of the photo (docs/method.md, "Pose and motion").

The driver gives bone *directions* and *foreshortening* (a bone's length in a frame over its longest in the clip), the
photo gives bone lengths, the face and the feet. The hips follow the driver's path scaled by leg length, from where the
person stood; the feet stay on the photo's ground line. The approach towards the camera is kept, its nearest frame in
the person's own size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from scipy.ndimage import correlate1d, gaussian_filter1d

from fashionmirror_core import skeleton
from fashionmirror_core.errors import InputError
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.motion.sequence import PoseSequence
from fashionmirror_core.skeleton import (
    BONE_LENGTHS,
    FOOT,
    GIRDLE_BONES,
    HEAD,
    JOINT_COUNT,
    LEG,
    LIMB_BONES,
    MIRROR,
    MISSING,
    TRUNK_BONE,
    Joint,
    Pose,
    is_seen,
)
from fashionmirror_core.vocabulary import Side

Sequence = TypeVar("Sequence", bound=PoseSequence)

_FACE = HEAD[1:]
_ANKLES = [LEG[side][2] for side in Side]
_BONES = (TRUNK_BONE, *GIRDLE_BONES, *LIMB_BONES)

# Outwards from the torso: each joint's parent comes before it.
_PARENTS = {
    **{child: parent for parent, child in LIMB_BONES},
    Joint.NOSE: Joint.NECK,
    **dict.fromkeys(_FACE, Joint.NOSE),
    **{joint: LEG[side][2] for side in Side for joint in FOOT[side]},
}

# A bone seen shorter than this part of its proportion is foreshortened. Turned shoulders and hips mostly stay as they
# are: there is no side of the body in the photo that could fill a wider torso.
_SHORTEST, _NARROWEST = 0.8, 0.5
_ASYMMETRY = 0.93  # a bone is at least so long as this times its partner on the other side
_WIDTH_FLOOR = 0.3  # a turned shoulder or hip line keeps this part of its full width
_PROFILE = 0.25  # narrower than this part of its width, a driver passes through a profile
_HEAD_TILT = np.radians(14.0)
_FOOT_TURN = np.radians(16.0)
_LEG_SPREAD = np.radians(5.0)
_TREND_SECONDS = 0.45
_GROUND_SECONDS = 0.07
_FOOT_SECONDS = 0.05  # feet are short: their direction is noisy


def retarget(motion: Sequence, source: Pose, transition: int = 8, size: tuple[int, int] | None = None) -> Sequence:
    """The motion performed by the person of ``source``, in the pixels of the source's photo.

    motion: T frames; joints it does not show are interpolated over time or guessed. source: joints in photo pixels,
    hidden ones are guessed from the other side and from proportions. transition: over so many first frames the source
    pose eases (smoothstep) into the motion, frame 0 is then the source pose; 0 starts in the motion's first pose. A
    motion with a transition no longer loops: repeat (``take``) before retargeting. size: (width, height) of the photo;
    without it the size is the smallest that holds all joints.

    Returns T frames with the driver's fps and name; depth is the driver's, scaled to the person. No result is NaN.
    Raises InputError when no shoulder and hip can be made out in the source, or in the motion.
    """
    if transition < 0:
        raise InputError(f"The transition of {transition} frames is negative; give 0 or more.")
    body = skeleton.completed(source.joints[None], "The photo's pose")
    driver, driver_depth = _faced(_completed_over_time(motion.joints), np.nan_to_num(motion.depth), body[0])
    points, scale = _performed(driver, body, _Clock(motion.fps, motion.loop))
    depth = driver_depth * scale
    if transition:
        points = _eased_in(body[0, :, :2], points, transition)
        weight = smoothstep(np.arange(len(points)) / transition)[:, None]
        own_depth = np.nan_to_num(source.depth)
        depth = own_depth + weight * (depth - own_depth)
    confidence = np.minimum(np.nan_to_num(motion.joints[..., 2]), np.nan_to_num(source.joints[:, 2]))
    if transition:
        confidence[0] = np.nan_to_num(source.joints[:, 2])
    joints = np.concatenate([points, confidence[..., None]], axis=-1).astype(np.float32)
    return replace(
        motion,
        joints=joints,
        depth=depth.astype(np.float32),
        size=size or _extent(points),
        loop=motion.loop and transition == 0,
    )


def completed(motion: Sequence, source: Pose) -> Sequence:
    """The motion as it is, in the source photo's pixels, with a place for every joint.

    Gaps are interpolated over time; a joint that is never seen keeps the place beside its parent that it has in the source.
    Raises InputError when no shoulder and hip can be made out.
    """
    joints = np.array(motion.joints, dtype=np.float64)
    own = skeleton.completed(source.joints[None], "The photo's pose")[0]
    for joint, parent in _PARENTS.items():
        if not is_seen(joints[:, joint]).any() and is_seen(joints[:, parent]).any():
            joints[:, joint, :2] = joints[:, parent, :2] + own[joint, :2] - own[parent, :2]
            joints[:, joint, 2] = np.where(is_seen(joints[:, parent]), MISSING, 0)
    joints = _completed_over_time(joints)
    return replace(motion, joints=joints.astype(np.float32), depth=np.nan_to_num(motion.depth))


def _extent(points: np.ndarray) -> tuple[int, int]:
    width, height = np.maximum(np.ceil(points.reshape(-1, 2).max(axis=0)).astype(int) + 1, 1)
    return int(width), int(height)


def _completed_over_time(joints: np.ndarray) -> np.ndarray:
    """(T, 25, 3) float64: gaps interpolated over time, joints that are never seen guessed in each frame."""
    joints = np.array(joints, dtype=np.float64)
    seen = is_seen(joints)
    frames = np.arange(len(joints))
    for joint in range(JOINT_COUNT):
        known = seen[:, joint]
        if known.any() and not known.all():
            for axis in range(2):
                joints[~known, joint, axis] = np.interp(frames[~known], frames[known], joints[known, joint, axis])
            joints[~known, joint, 2] = MISSING
    return skeleton.completed(joints, "The motion")


# ---- smoothing over time ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Clock:
    """Smooths signals (T,) over seconds; in a loop across the seam."""

    fps: float
    loop: bool

    def smooth(self, signal: np.ndarray, seconds: float) -> np.ndarray:
        return gaussian_filter1d(signal, max(seconds * self.fps, 0.1), mode="wrap" if self.loop else "nearest")

    def trend(self, signal: np.ndarray, seconds: float = _TREND_SECONDS) -> np.ndarray:
        """A local straight line with Gaussian weights: keeps a steady drift up to both ends."""
        sigma = max(seconds * self.fps, 0.5)
        reach = int(np.ceil(3 * sigma))
        u = np.arange(-reach, reach + 1, dtype=float)
        kernel = np.exp(-0.5 * (u / sigma) ** 2)

        def moment(values: np.ndarray, power: int) -> np.ndarray:
            return correlate1d(values, kernel * u**power, mode="wrap" if self.loop else "constant")

        ones = np.ones_like(signal)
        s0, s1, s2 = (moment(ones, power) for power in range(3))
        y0, y1 = moment(signal, 0), moment(signal, 1)
        spread = s0 * s2 - s1**2
        enough = spread > 1e-9 * s0**2
        return np.where(enough, (s2 * y0 - s1 * y1) / np.where(enough, spread, 1.0), y0 / s0)


# ---- measuring a body ---------------------------------------------------------------------------------------------


def _lengths(points: np.ndarray) -> dict[tuple[Joint, Joint], np.ndarray]:
    return {(a, b): np.hypot(*(points[..., b, :] - points[..., a, :]).T).T for a, b in _BONES}


@dataclass(frozen=True)
class _Body:
    """Full bone lengths in pixels: as long as the bones would be seen from the side."""

    bone: dict[tuple[Joint, Joint], float]

    @classmethod
    def measured(cls, points: np.ndarray) -> _Body:
        """From the longest views (95th percentile) over frames (T, 25, 2), with symmetry and proportions as a floor."""
        longest = {bone: float(np.percentile(length, 95)) for bone, length in _lengths(points).items()}
        unit = float(np.percentile([longest[bone] / BONE_LENGTHS[bone] for bone in _BONES], 60))
        full = {}
        for a, b in _BONES:
            partner = (a.mirrored, b.mirrored)
            shortest = _NARROWEST if (a, b) in GIRDLE_BONES else _SHORTEST
            full[a, b] = max(longest[a, b], _ASYMMETRY * longest[partner], shortest * unit * BONE_LENGTHS[a, b], 1e-6)
        return cls(full)

    @property
    def leg(self) -> float:
        return sum(self.bone[hip, knee] + self.bone[knee, ankle] for hip, knee, ankle in LEG.values()) / 2


def _approach(points: np.ndarray, clock: _Clock) -> np.ndarray:
    """(T,) in (0, 1]: the driver's apparent size over time, 1 where it is nearest.

    Foreshortening only ever shortens, so of torso and legs the least shortened tells the size.
    """
    length = _lengths(points)
    legs = [length[hip, knee] + length[knee, ankle] for hip, knee, ankle in LEG.values()]
    relative = [np.asarray(part) / max(float(np.percentile(part, 95)), 1e-6) for part in (length[TRUNK_BONE], *legs)]
    trend = np.exp(clock.trend(np.log(np.maximum(np.max(relative, axis=0), 0.05))))
    return trend / trend.max()


# ---- performing ---------------------------------------------------------------------------------------------------


def _faced(driver: np.ndarray, depth: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the driver is seen from the other side than the source it changes left and right, and near and far.

    A photo has no back to show: who walks away walks towards the camera, who spins turns to the side and back again.
    """
    own = 1.0 if _facing_width(source) > 0 else -1.0
    width = own * _facing_width(driver)
    facing = width / max(float(np.percentile(np.abs(width), 95)), 1e-9)
    weight = smoothstep(0.5 + facing / (2 * _PROFILE))[:, None]
    depth = weight * depth - (1 - weight) * depth[:, MIRROR]
    return weight[..., None] * driver + (1 - weight[..., None]) * driver[:, MIRROR], depth


def _facing_width(joints: np.ndarray) -> np.ndarray:
    """(...) pixels, of joints (..., 25, 2 or 3): how far the right shoulder and hip lie to the right of the left ones."""
    x = joints[..., 0]
    return x[..., Joint.R_SHOULDER] - x[..., Joint.L_SHOULDER] + x[..., Joint.R_HIP] - x[..., Joint.L_HIP]


def _performed(driver: np.ndarray, source: np.ndarray, clock: _Clock) -> tuple[np.ndarray, float]:
    """Joints (T, 25, 2) of the source's body, and source pixels per driver pixel."""
    drive, own = driver[..., :2], source[0, :, :2]
    size = _approach(drive, clock)
    unscaled = drive / size[:, None, None]  # as if the driver kept its nearest size
    driving, body = _Body.measured(unscaled), _Body.measured(source[..., :2])
    scale = body.leg / driving.leg

    points = np.zeros_like(unscaled)
    _perform_torso(points, unscaled, own, driving, body)
    for parent, child in LIMB_BONES:
        vector = unscaled[:, child] - unscaled[:, parent]
        points[:, child] = points[:, parent] + _as_long(vector, driving.bone[parent, child], body.bone[parent, child])
    _spread_legs(points, unscaled, scale)
    _perform_head(points, unscaled, own)
    _perform_feet(points, unscaled, own, clock)
    points *= size[:, None, None]  # about the hips, which are still at the origin
    return points + _placed(points, drive, own, scale, clock)[:, None], scale


def _as_long(vector: np.ndarray, driving: float, own: float) -> np.ndarray:
    """The driver's bone vectors (T, 2) on the own bone: same direction and foreshortening, never longer than it."""
    length = np.hypot(*vector.T)[:, None]
    return vector * np.where(length > driving, own / np.maximum(length, 1e-9), own / driving)


def _perform_torso(points: np.ndarray, drive: np.ndarray, own: np.ndarray, driving: _Body, body: _Body) -> None:
    points[:, Joint.NECK] = _as_long(
        drive[:, Joint.NECK] - drive[:, Joint.MID_HIP], driving.bone[TRUNK_BONE], body.bone[TRUNK_BONE]
    )
    for middle, joint in GIRDLE_BONES:
        half, full = drive[:, joint] - drive[:, middle], (driving.bone[middle, joint], body.bone[middle, joint])
        vector = _as_long(half, *full)
        own_half = own[joint, 0] - own[middle, 0]
        side = 1.0 if own_half >= 0 else -1.0
        floor = min(_WIDTH_FLOOR, 0.5 * abs(own_half) / full[1])
        vector[:, 0] = side * _floored(side * vector[:, 0] / full[1], floor) * full[1]
        points[:, joint] = points[:, middle] + vector


def _spread_legs(points: np.ndarray, drive: np.ndarray, scale: float) -> None:
    """Turns each leg by one small angle for the whole clip, so that the feet keep the driver's track.

    On narrower or wider hips than the driver's the same directions would cross the feet, or part them.
    """
    for side in Side:
        hip, *leg = LEG[side]
        track = points[:, leg[1], 0] - scale * (drive[:, leg[1], 0] - drive[:, Joint.MID_HIP, 0])
        length = np.hypot(*(points[:, leg[1]] - points[:, hip]).T)
        turn = _LEG_SPREAD * np.tanh(np.median(track) / max(float(np.median(length)), 1e-9) / _LEG_SPREAD)
        for joint in leg:
            points[:, joint] = points[:, hip] + _turned_each(points[:, joint] - points[:, hip], turn)


def _turned_each(vectors: np.ndarray, angle: float) -> np.ndarray:
    """Vectors (T, 2) turned by one angle."""
    cos, sin = np.cos(angle), np.sin(angle)
    return vectors @ np.array([[cos, sin], [-sin, cos]])


def _floored(values: np.ndarray, floor: float) -> np.ndarray:
    """Values from 2 * floor on stay as they are; lower ones approach ``floor`` with a continuous slope."""
    if floor < 1e-9:
        return np.maximum(values, 0.0)
    low = floor + np.maximum(values, 0.0) ** 2 / (4 * floor)
    return np.where(values >= 2 * floor, values, low)


def _deviation(vector: np.ndarray, limit: float) -> np.ndarray:
    """(T,) radians: how far vectors (T, 2) turn from their own usual direction, softly limited."""
    usual = np.median(vector, axis=0)
    length = max(float(np.hypot(*usual)), 1e-9)
    # The sine with the usual length below the line: a vector that points at the camera has no direction to follow.
    turn = (usual[0] * vector[:, 1] - usual[1] * vector[:, 0]) / length**2
    return limit * np.tanh(turn / limit)


def _turned(offsets: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Offsets (K, 2) turned by angles (T,): (T, K, 2)."""
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = offsets[:, 0], offsets[:, 1]
    return np.stack([x * cos - y * sin, x * sin + y * cos], axis=-1)


def _perform_head(points: np.ndarray, drive: np.ndarray, own: np.ndarray) -> None:
    """The own face as one piece on the neck, tilted as the driver tilts neck and eye line from their usual place."""
    line = drive[:, Joint.L_EAR] - drive[:, Joint.R_EAR] + drive[:, Joint.L_EYE] - drive[:, Joint.R_EYE]
    line = line * np.where(line[:, :1] < 0, -1.0, 1.0)
    neck = _deviation(drive[:, Joint.NOSE] - drive[:, Joint.NECK], _HEAD_TILT)
    tilt = _deviation(line, _HEAD_TILT)
    points[:, Joint.NOSE] = points[:, Joint.NECK] + _turned(own[Joint.NOSE] - own[Joint.NECK][None], 0.6 * neck)[:, 0]
    points[:, _FACE] = points[:, [Joint.NOSE]] + _turned(own[list(_FACE)] - own[Joint.NOSE], tilt)


def _perform_feet(points: np.ndarray, drive: np.ndarray, own: np.ndarray, clock: _Clock) -> None:
    """The own feet as rigid shapes, turned a little as the driver's."""
    for side in Side:
        ankle, foot = LEG[side][2], list(FOOT[side])
        toes = drive[:, foot[:2]].mean(axis=1) - drive[:, ankle]
        turn = clock.smooth(_deviation(toes, _FOOT_TURN), _FOOT_SECONDS)
        points[:, foot] = points[:, [ankle]] + _turned(own[foot] - own[ankle], turn)


def _soles(points: np.ndarray) -> np.ndarray:
    """(T, 2): the height (y) of the right and the left foot's lowest point."""
    return np.stack([points[:, [LEG[side][2], *FOOT[side]], 1].max(axis=1) for side in Side], axis=1)


def _placed(points: np.ndarray, drive: np.ndarray, own: np.ndarray, scale: float, clock: _Clock) -> np.ndarray:
    """(T, 2): where the hips go, for joints relative to them.

    Sideways the hips follow the driver's path, corrected so that a standing foot stays where the driver's stays.
    In height the lower foot does what the driver's does above the photo's ground line.
    """
    drive_soles, own_soles, soles = _soles(drive), _soles(own[None])[0], _soles(points)
    softness = 0.0015 * max(float(np.hypot(*(own[Joint.NECK] - own[Joint.MID_HIP]))) * 3.5, 1e-6)
    target = own_soles.max() + scale * (drive_soles - drive_soles.max())
    # Smoothed over the driver's own rise and fall: the feet are not shaped like the driver's, the head must not nod.
    bob = scale * drive[:, Joint.MID_HIP, 1]
    y = bob + clock.smooth(-_soft_maximum(soles - target, softness) - bob, _GROUND_SECONDS)

    path = scale * drive[:, Joint.MID_HIP, 0]
    contact = np.exp((drive_soles - drive_soles.max(axis=1, keepdims=True)) * scale / (12 * softness))
    contact /= contact.sum(axis=1, keepdims=True)
    feet = _ANKLES
    slip = points[:, feet, 0] - scale * (drive[:, feet, 0] - drive[:, [Joint.MID_HIP], 0])
    slip -= (slip * contact).sum(axis=0) / np.maximum(contact.sum(axis=0), 1e-9)
    x = path - (contact * slip).sum(axis=1)
    return np.stack([own[Joint.MID_HIP, 0] + x - clock.trend(x)[0], y], axis=1)


def _soft_maximum(values: np.ndarray, softness: float) -> np.ndarray:
    """(T,): the larger of each row, rounded off over ``softness``; exact where both are equal."""
    top = values.max(axis=1)
    return top + softness * np.log(np.exp((values - top[:, None]) / softness).mean(axis=1))


# ---- the way into the motion --------------------------------------------------------------------------------------

_TREE = (
    *_BONES,
    (Joint.NECK, Joint.NOSE),
    *((Joint.NOSE, joint) for joint in _FACE),
    *((LEG[side][2], joint) for side in Side for joint in FOOT[side]),
)


def _eased_in(own: np.ndarray, points: np.ndarray, transition: int) -> np.ndarray:
    """The first frames blended from the own pose (25, 2): bones turn and stretch rather than cut through."""
    count = min(transition, len(points))
    goal, weight = points[:count], smoothstep(np.arange(count) / transition)
    eased = np.empty_like(goal)
    eased[:, Joint.MID_HIP] = own[Joint.MID_HIP] + weight[:, None] * (goal[:, Joint.MID_HIP] - own[Joint.MID_HIP])
    for parent, child in _TREE:
        eased[:, child] = eased[:, parent] + _between(
            own[child] - own[parent], goal[:, child] - goal[:, parent], weight
        )
    ground = _soles(own[None]).max() * (1 - weight) + _soles(goal).max(axis=1) * weight
    eased[..., 1] += (ground - _soles(eased).max(axis=1))[:, None]
    eased[0] = own
    return np.concatenate([eased, points[count:]])


def _between(start: np.ndarray, end: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """From vector ``start`` (2,) to vectors ``end`` (T, 2), the shorter way round."""
    turn = np.arctan2(start[0] * end[:, 1] - start[1] * end[:, 0], end @ start) * weight
    length = np.hypot(*start) * (1 - weight) + np.hypot(*end.T) * weight
    unit = start / max(float(np.hypot(*start)), 1e-9)
    return _turned(unit[None], turn)[:, 0] * length[:, None]
