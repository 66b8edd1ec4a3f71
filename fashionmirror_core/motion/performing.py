"""A motion made for one body, performed by another in three dimensions: the person of the photo.

See docs/method.md, "Pose and motion".

The driver gives the directions of the bones, the way that head and feet turn, and the path of the hips; the photo gives
the bones' lengths, the face and the feet. The hips follow the driver's path scaled by leg length, from where the person
stood; the feet stay on the photo's ground line. The approach towards the camera is kept, its nearest frame in the
person's own size.

Points are (..., 25, 3): x, y in pixels, z away from the camera.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
from scipy.ndimage import correlate1d, gaussian_filter1d

from fashionmirror_core import skeleton
from fashionmirror_core.errors import InputError
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.motion.rotations import about, aligned, apply, between, swing, unit
from fashionmirror_core.motion.sequence import PoseSequence
from fashionmirror_core.skeleton import (
    ARM,
    BONE_LENGTHS,
    FOOT,
    GIRDLE_BONES,
    HEAD,
    HEEL,
    JOINT_COUNT,
    LEG,
    LIMB_BONES,
    MISSING,
    TOES,
    TRUNK_BONE,
    Joint,
    Pose,
    is_seen,
)
from fashionmirror_core.vocabulary import Side

Sequence = TypeVar("Sequence", bound=PoseSequence)

_BONES = (TRUNK_BONE, *GIRDLE_BONES, *LIMB_BONES)
_EARS = [Joint.R_EAR, Joint.L_EAR]
_EYES = [Joint.R_EYE, Joint.L_EYE]
PARENTS = {
    Joint.NECK: Joint.MID_HIP,
    **{child: parent for parent, child in (*GIRDLE_BONES, *LIMB_BONES)},
    Joint.NOSE: Joint.NECK,
    **dict.fromkeys(HEAD[1:], Joint.NOSE),
    **{joint: LEG[side][2] for side in Side for joint in FOOT[side]},
}
"""Of each joint but the mid-hip; parents come before their children."""

_SHORTEST = 0.8  # a bone of a photo without depth that looks shorter than this part of its proportion is foreshortened
_LEG_SPREAD = np.radians(5.0)
_HEAD_TURN = np.radians(100.0)  # at most, against the chest
_FOOT_TURN = np.radians(85.0)  # ... against the body's heading
_TREND_SECONDS = 0.45
_GROUND_SECONDS = 0.07
_FOOT_SECONDS = 0.05  # feet are short: their direction is noisy
# z over the trunk's length of what lies before and behind neck and ankles, where a photo has no depth.
_RELIEF = {
    Joint.NOSE: -0.22,
    **dict.fromkeys(_EYES, -0.17),
    **dict.fromkeys(_EARS, 0.02),
    **{toe: depth for side in Side for toe, depth in zip(TOES[side], (-0.39, -0.31), strict=True)},
    **{HEEL[side]: 0.11 for side in Side},
}


def perform(
    motion: Sequence,
    source: Pose,
    transition: int = 8,
    size: tuple[int, int] | None = None,
    up: np.ndarray | None = None,
    in_place: bool = False,
) -> Sequence:
    """The motion performed by the person of ``source``, in the pixels of the source's photo.

    motion: T frames with depth; joints that it doesn't show are interpolated over time or guessed. source: joints in
    photo pixels with depth; hidden ones are guessed from the other side and from proportions. transition: over so many
    first frames the source pose eases (smoothstep) into the motion, frame 0 is then the source pose; 0 starts in the
    motion's first pose. A motion with a transition no longer loops: repeat (``take``) before. size: (width, height) of
    the photo; without it the size is the smallest that holds all joints. up: (3,), the vertical of the photo's world,
    (0, -1, 0) if None: about it the person turns. in_place: for a photo that ends above the feet: the person neither
    travels nor grows, and the hips sway and sink but don't rise above where the photo has them.

    Returns T frames with the driver's fps and name, bones as long as the person's own in all three dimensions, times the
    size of the approach. No result is NaN. Raises InputError when no shoulder and hip can be made out in the source, or
    in the motion.
    """
    if transition < 0:
        raise InputError(f"The transition of {transition} frames is negative; give 0 or more.")
    photo = _photo_points(source)
    vertical = np.array([[0.0, -1.0, 0.0]])
    level = swing(vertical, vertical if up is None else np.asarray(up, np.float64)[None])[0]
    own = photo[Joint.MID_HIP] + (photo - photo[Joint.MID_HIP]) @ level
    driver, known = _driver_points(motion)
    clock = _Clock(motion.fps, motion.loop)
    lengths = _own_lengths(photo, flat=not source.depth.any())
    size_over_time = _approach(driver, clock)
    points, scale = _performed(driver, known, own, lengths, size_over_time, clock)
    if not in_place:
        points *= size_over_time[:, None, None]
    points = points @ level.T  # about the hips, which are still at the origin
    hips = _kept(points, driver, photo, scale, clock) if in_place else _placed(points, driver, photo, scale, clock)
    points[..., :2] += hips[:, None]
    if transition:
        points = _eased_in(photo, points, transition, grounded=not in_place)
    confidence = np.minimum(np.nan_to_num(motion.joints[..., 2]), np.nan_to_num(source.joints[:, 2]))
    if transition:
        confidence[0] = np.nan_to_num(source.joints[:, 2])
    joints = np.concatenate([points[..., :2], confidence[..., None]], axis=-1)
    return replace(
        motion,
        joints=joints,
        depth=points[..., 2] - points[:, [Joint.MID_HIP], 2],
        size=size or _extent(points),
        loop=motion.loop and transition == 0,
    )


def completed(motion: Sequence, source: Pose) -> Sequence:
    """The motion as it is, in the source photo's pixels, with a place and a depth for every joint.

    Gaps are interpolated over time; a joint that is never seen keeps the place beside its parent that it has in the source.
    Raises InputError when no shoulder and hip can be made out.
    """
    joints = np.array(motion.joints, dtype=np.float64)
    own = _photo_points(source)
    known = is_seen(joints).any(0)
    for joint, parent in PARENTS.items():
        if not known[joint] and is_seen(joints[:, parent]).any():
            joints[:, joint, :2] = joints[:, parent, :2] + own[joint, :2] - own[parent, :2]
            joints[:, joint, 2] = np.where(is_seen(joints[:, parent]), MISSING, 0)
    depth = _driver_depth(motion)
    if motion.depth.any():
        for joint, parent in PARENTS.items():
            if not known[joint]:
                depth[:, joint] = depth[:, parent] + own[joint, 2] - own[parent, 2]
    return replace(motion, joints=completed_over_time(joints), depth=depth)


def _extent(points: np.ndarray) -> tuple[int, int]:
    width, height = np.maximum(np.ceil(points[..., :2].reshape(-1, 2).max(axis=0)).astype(int) + 1, 1)
    return int(width), int(height)


# ---- points ----------------------------------------------------------------------------------------------------------


def completed_over_time(joints: np.ndarray) -> np.ndarray:
    """(T, 25, 3) float64: gaps interpolated over time, joints that are never seen guessed in each frame."""
    joints = np.array(joints, dtype=np.float64)
    seen = is_seen(joints)
    for joint in range(JOINT_COUNT):
        known = seen[:, joint]
        if known.any() and not known.all():
            _interpolate(joints[:, joint, :2], known)
            joints[~known, joint, 2] = MISSING
    return skeleton.completed(joints, "The motion")


def _interpolate(values: np.ndarray, known: np.ndarray) -> None:
    """Fills values (T, C) in place where they aren't known (T,), linearly."""
    frames = np.arange(len(values))
    for column in values.T:
        column[~known] = np.interp(frames[~known], frames[known], column[known])


def _driver_points(motion: PoseSequence) -> tuple[np.ndarray, np.ndarray]:
    """The motion's points (T, 25, 3), with a place for all, and which joints are ever seen (25,)."""
    joints = completed_over_time(motion.joints)
    return np.concatenate([joints[..., :2], _driver_depth(motion)[..., None]], -1), is_seen(motion.joints).any(0)


def _driver_depth(motion: PoseSequence) -> np.ndarray:
    """(T, 25) float64: gaps interpolated over time, joints that are never seen as deep as their parents."""
    seen = is_seen(motion.joints)
    depth = np.nan_to_num(motion.depth.astype(np.float64))
    known = seen.any(0)
    for joint in np.flatnonzero(known & ~seen.all(0)):
        _interpolate(depth[:, joint, None], seen[:, joint])
    if not known[Joint.MID_HIP]:
        hips = [chain[0] for chain in LEG.values() if known[chain[0]]]
        depth -= depth[:, hips].mean(1, keepdims=True) if hips else 0.0
        depth[:, Joint.MID_HIP] = 0.0
    for joint, parent in PARENTS.items():
        if not known[joint]:
            depth[:, joint] = depth[:, parent]
    return depth


def _photo_points(source: Pose) -> np.ndarray:
    """(25, 3): the person in the photo, in space."""
    joints = skeleton.completed(source.joints[None], "The photo's pose")[0]
    depth = np.nan_to_num(source.depth.astype(np.float64))
    if not depth.any():
        trunk = np.hypot(*(joints[Joint.NECK, :2] - joints[Joint.MID_HIP, :2]))
        front = 1.0 if joints[Joint.L_SHOULDER, 0] >= joints[Joint.R_SHOULDER, 0] else -1.0
        for joint, relief in _RELIEF.items():
            depth[joint] = front * relief * trunk
    return np.concatenate([joints[:, :2], depth[:, None]], -1)


# ---- smoothing over time ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Clock:
    """Smooths signals (T, ...) over seconds; in a loop across the seam."""

    fps: float
    loop: bool

    def smooth(self, signal: np.ndarray, seconds: float) -> np.ndarray:
        sigma = max(seconds * self.fps, 0.1)
        return gaussian_filter1d(signal, sigma, axis=0, mode="wrap" if self.loop else "nearest")

    def trend(self, signal: np.ndarray, seconds: float = _TREND_SECONDS) -> np.ndarray:
        """A local straight line with Gaussian weights, of (T,): keeps a steady drift up to both ends."""
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


# ---- measuring a body ------------------------------------------------------------------------------------------------


def _lengths(points: np.ndarray) -> dict[tuple[Joint, Joint], np.ndarray]:
    return {(a, b): np.linalg.norm(points[..., b, :] - points[..., a, :], axis=-1) for a, b in _BONES}


def _own_lengths(points: np.ndarray, flat: bool) -> dict[tuple[Joint, Joint], float]:
    """The person's bones in pixels; flat: the photo has no depth, so that a bone may look too short."""
    own = {bone: max(float(length), 1e-6) for bone, length in _lengths(points).items()}
    if not flat:
        return own
    unit_length = float(np.percentile([own[bone] / BONE_LENGTHS[bone] for bone in _BONES], 60))
    return {
        bone: length if bone in GIRDLE_BONES else max(length, _SHORTEST * unit_length * BONE_LENGTHS[bone])
        for bone, length in own.items()
    }


def _leg(lengths: Mapping[tuple[Joint, Joint], np.ndarray | float], side: Side) -> np.ndarray:
    thigh, shin = pairwise(LEG[side])
    return np.asarray(lengths[thigh] + lengths[shin])


def _approach(points: np.ndarray, clock: _Clock) -> np.ndarray:
    """(T,) in (0, 1]: the driver's apparent size over time, 1 where it is nearest."""
    lengths = _lengths(points)
    parts = (lengths[TRUNK_BONE], *(_leg(lengths, side) for side in Side))
    relative = [np.log(np.maximum(part / max(float(np.median(part)), 1e-6), 0.05)) for part in parts]
    trend = np.exp(clock.trend(np.median(relative, axis=0)))
    return trend / trend.max()


# ---- frames of the body ----------------------------------------------------------------------------------------------


def _girdle(points: np.ndarray, chains: dict[str, skeleton.Chain]) -> np.ndarray:
    """(T, 3, 3), columns: left along the line of the shoulders or hips, down, and to the back, of points (T, 25, 3)."""
    across = unit(points[:, chains[Side.LEFT][0]] - points[:, chains[Side.RIGHT][0]])
    down = points[:, Joint.MID_HIP] - points[:, Joint.NECK]
    back = unit(np.cross(across, down), np.array([0.0, 0.0, 1.0]))
    return np.stack([across, unit(np.cross(back, across)), back], -1)


def heading(points: np.ndarray) -> np.ndarray:
    """(T,) radians that the trunk is turned to the picture's right of facing the camera, unwrapped."""
    shoulders, hips = (unit(points[:, chain[Side.LEFT][0]] - points[:, chain[Side.RIGHT][0]]) for chain in (ARM, LEG))
    line = shoulders + hips
    return np.asarray(np.unwrap(np.arctan2(line[:, 2], line[:, 0])))


def _yaw(angle: np.ndarray) -> np.ndarray:
    """(T, 3, 3): turns about the vertical, from facing the camera to the picture's right."""
    return about(np.broadcast_to([0.0, -1.0, 0.0], (len(angle), 3)), angle)


def _head(points: np.ndarray) -> np.ndarray:
    """(T, 3, 3), columns: left along eyes and ears, down, and to the back of the head."""
    across = unit(points[:, Joint.L_EAR] - points[:, Joint.R_EAR] + points[:, Joint.L_EYE] - points[:, Joint.R_EYE])
    ahead = points[:, [Joint.NOSE, *_EYES]].mean(1) - points[:, _EARS].mean(1)
    back = unit((ahead * across).sum(-1, keepdims=True) * across - ahead, np.array([0.0, 0.0, 1.0]))
    frames = np.stack([across, np.cross(back, across), back], -1)
    # A face that is one point has no directions.
    return np.where(np.linalg.det(frames)[:, None, None] > 0.5, frames, np.eye(3))


def _pitch(frames: np.ndarray) -> float:
    """Radians that the face usually looks up, of head frames (T, 3, 3)."""
    return float(np.median(np.arcsin(np.clip(frames[:, 1, 2], -1, 1))))


# ---- performing ------------------------------------------------------------------------------------------------------


def _performed(
    driver: np.ndarray,
    known: np.ndarray,
    own: np.ndarray,
    lengths: dict[tuple[Joint, Joint], float],
    size: np.ndarray,
    clock: _Clock,
) -> tuple[np.ndarray, float]:
    """The driver's motion (T, 25, 3) on the own body (25, 3), which stands upright, about the hips; and its enlargement.

    known: (25,) bool, the driver's joints that are ever seen; lengths: the own bones'; size: (T,), the driver's (see
    ``_approach``), which the result doesn't have.
    """
    drive = (driver - driver[:, [Joint.MID_HIP]]) / size[:, None, None]  # as if it stood still at its nearest size
    legs = [float(np.median(_leg(_lengths(drive), side))) for side in Side]
    scale = float(sum(_leg(lengths, side) for side in Side)) / max(sum(legs), 1e-6)

    points = np.zeros_like(drive)
    spine = unit(drive[:, Joint.NECK], np.array([0.0, -1.0, 0.0]))
    points[:, Joint.NECK] = lengths[TRUNK_BONE] * spine
    chest, pelvis = (_girdle(drive, chain) @ _girdle(own[None], chain).swapaxes(-1, -2) for chain in (ARM, LEG))
    for middle, joint in GIRDLE_BONES:
        turn = chest if middle == Joint.NECK else pelvis
        points[:, joint] = points[:, middle] + apply(turn, own[joint] - own[middle])
    for parent, child in LIMB_BONES:
        direction = unit(drive[:, child] - drive[:, parent], np.array([0.0, 1.0, 0.0]))
        points[:, child] = points[:, parent] + lengths[parent, child] * direction
    _spread_legs(points, drive, scale)
    _perform_head(points, drive, own, known, chest)
    _perform_feet(points, drive, own, known, clock)
    return points, scale


def _spread_legs(points: np.ndarray, drive: np.ndarray, scale: float) -> None:
    """Turns each leg sideways by one small angle for the whole clip, so that the feet keep the driver's track.

    On narrower or wider hips than the driver's the same directions would cross the feet, or part them.
    """
    frame, driving = _girdle(points, LEG), _girdle(drive, LEG)
    for side in Side:
        hip, *leg = LEG[side]
        track = apply(frame.swapaxes(-1, -2), points[:, leg[1]])
        track -= scale * apply(driving.swapaxes(-1, -2), drive[:, leg[1]])
        length = np.linalg.norm(points[:, leg[1]] - points[:, hip], axis=-1)
        angle = _LEG_SPREAD * np.tanh(np.median(track[:, 0]) / max(float(np.median(length)), 1e-9) / _LEG_SPREAD)
        turn = about(frame[..., 2], np.full(len(points), angle))
        for joint in leg:
            points[:, joint] = points[:, hip] + apply(turn, points[:, joint] - points[:, hip])


def _perform_head(points: np.ndarray, drive: np.ndarray, own: np.ndarray, known: np.ndarray, chest: np.ndarray) -> None:
    """The own face as one piece that turns as the driver's; up and down only as from the driver's usual height.

    How high a face looks can't be told from another face's points: both look up as far on the median. The neck goes half
    the way of the head. chest: (T, 3, 3), how the own chest turns.
    """
    face = list(HEAD)
    turn = chest
    if known[face].all():
        theirs, mine = _head(drive), _head(own[None])
        lower = np.full(len(drive), _pitch(theirs) - _pitch(mine))
        turn = about(theirs[..., 0], lower) @ theirs @ mine.swapaxes(-1, -2)
        turn = between(chest, turn, 1.0, _HEAD_TURN)
    pivot = own[_EARS].mean(0)
    ears = points[:, Joint.NECK] + apply(between(chest, turn, 0.5), pivot - own[Joint.NECK])
    points[:, face] = ears[:, None] + (own[face] - pivot) @ turn.swapaxes(-1, -2)


def _perform_feet(points: np.ndarray, drive: np.ndarray, own: np.ndarray, known: np.ndarray, clock: _Clock) -> None:
    """The own feet as rigid shapes that turn with the body and, from their usual direction, as the driver's do."""
    turned, mine = heading(drive), heading(own[None])
    facing, back = _yaw(turned), _yaw(-mine)
    for side in Side:
        ankle, foot = LEG[side][2], list(FOOT[side])
        if known[ankle] and known[list(TOES[side])].any():
            start = HEEL[side] if known[HEEL[side]] else ankle
            toes = [toe for toe in TOES[side] if known[toe]]
            pointing = apply(facing.swapaxes(-1, -2), drive[:, toes].mean(1) - drive[:, start])
            pointing = unit(clock.smooth(unit(pointing, np.array([0.0, 0.0, -1.0])), _FOOT_SECONDS))
            turn = swing(np.broadcast_to([0.0, 0.0, -1.0], pointing.shape), pointing)
            usual = aligned(np.eye(3), np.median(turn[_on_ground(drive, side)], axis=0).T[None])
            turn = between(np.broadcast_to(np.eye(3), turn.shape), turn @ usual.swapaxes(-1, -2), 1.0, _FOOT_TURN)
        else:
            turn = np.broadcast_to(np.eye(3), facing.shape)
        points[:, foot] = points[:, [ankle]] + (own[foot] - own[ankle]) @ (facing @ turn @ back).swapaxes(-1, -2)


def _on_ground(drive: np.ndarray, side: Side) -> np.ndarray:
    """(T,) bool, never nowhere: the foot is among the lower half of its places."""
    low = drive[:, LEG[side][2], 1]
    return low >= np.median(low)


def soles(points: np.ndarray) -> np.ndarray:
    """(T, 2): the height (y) of the right and the left foot's lowest point."""
    return np.stack([points[:, [LEG[side][2], *FOOT[side]], 1].max(axis=1) for side in Side], axis=1)


def _placed(points: np.ndarray, drive: np.ndarray, own: np.ndarray, scale: float, clock: _Clock) -> np.ndarray:
    """(T, 2): where the hips go in the photo, for joints relative to them.

    Sideways the hips follow the driver's path, corrected so that a standing foot stays where the driver's stays.
    In height the lower foot does what the driver's does above the photo's ground line.
    """
    drive_soles, own_soles, our_soles = soles(drive), soles(own[None])[0], soles(points)
    trunk = np.linalg.norm(own[Joint.NECK] - own[Joint.MID_HIP])
    softness = 0.0015 * max(float(trunk) * 3.5, 1e-6)
    target = own_soles.max() + scale * (drive_soles - drive_soles.max())
    # Smoothed over the driver's own rise and fall: the feet are not shaped like the driver's, the head must not nod.
    bob = scale * drive[:, Joint.MID_HIP, 1]
    y = bob + clock.smooth(-_soft_maximum(our_soles - target, softness) - bob, _GROUND_SECONDS)

    path = scale * drive[:, Joint.MID_HIP, 0]
    contact = np.exp((drive_soles - drive_soles.max(axis=1, keepdims=True)) * scale / (12 * softness))
    contact /= contact.sum(axis=1, keepdims=True)
    ankles = [LEG[side][2] for side in Side]
    slip = points[:, ankles, 0] - scale * (drive[:, ankles, 0] - drive[:, [Joint.MID_HIP], 0])
    slip -= (slip * contact).sum(axis=0) / np.maximum(contact.sum(axis=0), 1e-9)
    x = path - (contact * slip).sum(axis=1)
    return np.stack([own[Joint.MID_HIP, 0] + x - clock.trend(x)[0], y], axis=1)


def _kept(points: np.ndarray, drive: np.ndarray, own: np.ndarray, scale: float, clock: _Clock) -> np.ndarray:
    """(T, 2): the hips of a person whose feet are below the photo: they sway about their place and never rise above it."""
    trunk = np.linalg.norm(own[Joint.NECK] - own[Joint.MID_HIP])
    path = scale * drive[:, Joint.MID_HIP, 0]
    rise = clock.smooth(-_soft_maximum(soles(points), 0.005 * max(float(trunk), 1e-6)), _GROUND_SECONDS)
    return own[Joint.MID_HIP, :2] + np.stack([path - clock.trend(path), rise - rise.min()], axis=1)


def _soft_maximum(values: np.ndarray, softness: float) -> np.ndarray:
    """(T,): the larger of each row, rounded off over ``softness``; exact where both are equal."""
    top = values.max(axis=1)
    return top + softness * np.log(np.exp((values - top[:, None]) / softness).mean(axis=1))


# ---- the way into the motion -----------------------------------------------------------------------------------------


def _eased_in(own: np.ndarray, points: np.ndarray, transition: int, grounded: bool) -> np.ndarray:
    """The first frames blended from the own pose (25, 3): the body turns as a whole, its bones turn on it.

    grounded: the feet stay on the ground, whose height changes evenly; else the hips' height does.
    """
    count = min(transition, len(points))
    goal, weight = points[:count], smoothstep(np.arange(count) / transition)
    start, end = heading(own[None])[0], heading(goal)
    end = end + 2 * np.pi * np.round((start - end[0]) / (2 * np.pi))  # the shorter way round
    here = (own - own[Joint.MID_HIP]) @ _yaw(np.array([-start]))[0].T
    there = (goal - goal[:, [Joint.MID_HIP]]) @ _yaw(-end).swapaxes(-1, -2)
    eased = np.zeros_like(goal)
    for child, parent in PARENTS.items():
        eased[:, child] = eased[:, parent] + _between(
            here[child] - here[parent], there[:, child] - there[:, parent], weight
        )
    eased = eased @ _yaw(start + weight * (end - start)).swapaxes(-1, -2)
    middle = own[Joint.MID_HIP] + weight[:, None] * (goal[:, Joint.MID_HIP] - own[Joint.MID_HIP])
    eased += middle[:, None]
    if grounded:
        ground = soles(own[None]).max() * (1 - weight) + soles(goal).max(axis=1) * weight
        eased[..., 1] += (ground - soles(eased).max(axis=1))[:, None]
    eased[0] = own
    return np.concatenate([eased, points[count:]])


def _between(start: np.ndarray, end: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """From vector ``start`` (3,) to vectors ``end`` (T, 3), turning the shorter way."""
    length = np.linalg.norm(start) * (1 - weight) + np.linalg.norm(end, axis=-1) * weight
    starts = np.broadcast_to(start, end.shape)
    turn = between(np.broadcast_to(np.eye(3), (len(end), 3, 3)), swing(starts, end), weight, np.pi)
    return unit(apply(turn, starts)) * length[:, None]
