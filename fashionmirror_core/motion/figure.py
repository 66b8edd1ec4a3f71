"""A 3D figure that walks, stands and turns before a camera as a choreography says (docs/method.md, "Pose and motion").

A *choreography* is where and when the feet land, and a few joint angles keyed over time. The rest of the gait follows
from the footfalls: the pelvis lists, turns and sways over the loaded leg, the shoulders counter-rotate, the arms swing
against the legs, the legs are solved by inverse kinematics. A planted foot therefore never slides by construction.
Walking towards the camera happens on a treadmill, so that the figure stays in its picture.

The figure's space: metres, x to the picture's right (the figure's left), y up, z towards the camera.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from fashionmirror_core.motion.sequence import PoseSequence

SIZE = (480, 640)  # width, height of the templates' picture, pixels

# The figure, in metres: the proportions of the rendered catwalk walkers.
_TORSO = 0.445
_HALF_SHOULDERS = 0.158
_HALF_HIPS = 0.098
_UPPER_ARM, _FOREARM = 0.262, 0.228
_THIGH, _SHANK = 0.425, 0.430
_LEG_REACH = 0.986  # of the straight leg: a walker's knee is never locked
_EYE, _EAR = (0.03, 0.235, 0.075), (0.078, 0.22, -0.01)
_FACE = np.array([(0, 0.205, 0.10), (-_EYE[0], *_EYE[1:]), _EYE, (-_EAR[0], *_EAR[1:]), _EAR])  # from the neck
_FACE_JOINTS = (0, 15, 16, 17, 18)
# From the ball of the foot, which stays on the ground longest: ankle, big toe, small toe, heel (x outwards).
_FOOT = np.array([[0, 0.075, -0.115], [-0.02, 0.005, 0.06], [0.045, 0.005, 0.025], [0, 0.02, -0.165]])
ANKLE = float(_FOOT[0, 2])
"""How far ahead of the ball of the foot the ankle is, metres (it is behind it)."""
_FOOT_JOINTS = {-1: (11, 22, 23, 24), 1: (14, 19, 20, 21)}  # by side: -1 the right, +1 the left
_ARM_JOINTS = {-1: (2, 3, 4), 1: (5, 6, 7)}
_LEG_JOINTS = {-1: (9, 10), 1: (12, 13)}

# The camera: a long lens, so that a stride towards it moves a planted foot only a little up and down.
_DISTANCE = 11.0
_CAMERA_HEIGHT = 0.90
_FOCAL = 560 / 1.72 * _DISTANCE  # pixels: the figure takes 560 of the picture's 640 rows

_STEP = 1 / 100  # seconds: the simulation's clock
MARGIN = 1.5
"""Seconds simulated before and after the clip, so that its ends are like its middle."""

_ARM_AT_REST = {"flex": 0.0, "abduct": 9.0, "elbow": 16.0, "twist": 12.0}
_ARM_ON_HIP = {"flex": -12.0, "abduct": 34.0, "elbow": 84.0, "twist": 51.0}  # the wrist lies on the waist, not in it
_ARM_WAVING = {"flex": 12.0, "abduct": 46.0, "elbow": 128.0, "twist": -78.0}


@dataclass(frozen=True)
class Contact:
    """A footfall: from ``land`` (s) on, the ball of the foot stands at ``x, z`` (m), the toes out by ``yaw`` (deg).

    Of a figure that faces another way, yaw counts from the camera still: the left foot's is larger by the heading, the
    right one's smaller.
    """

    land: float
    x: float
    z: float = 0.0
    yaw: float = 0.0
    swing: float = 0.40  # seconds in the air before landing


@dataclass(frozen=True)
class Style:
    """How a figure carries itself. Angles in degrees, lengths in metres."""

    list_angle: float = 4.5  # the pelvis drops on the unloaded side
    pelvis_yaw: float = 7.0
    sway: float = 0.026
    arm_swing: float = 21.0
    elbow_swing: float = 14.0
    abduct: float = 9.0
    lift: float = 0.035  # clearance of a swinging foot
    detour: float = 0.035  # how far a swinging foot goes round the standing one
    reach: float = _LEG_REACH
    bounce: float = 0.02  # the pelvis sinks by this between two single supports


Keys = Sequence[tuple[float, float]] | np.ndarray  # (K, 2): time, value
Curve = Callable[[np.ndarray], np.ndarray]  # values (N,) at times (N,)


@dataclass(frozen=True)
class Choreography:
    """Everything a template decides; times in seconds from the first frame."""

    duration: float  # seconds
    right: Sequence[Contact]
    left: Sequence[Contact]
    style: Style = field(default_factory=Style)
    belt: Curve | None = None  # metres that the treadmill has run backwards, 0 at time 0; None: it stands
    stride: float = 0.0  # metres between the feet at which the arms swing fully; 0: they hang
    channels: Mapping[str, Curve] = field(default_factory=dict)
    turntable: Curve | None = None  # degrees that the whole figure is turned by, feet and all
    growth: Keys = ((0.0, 1.0),)  # apparent size over time, by coming nearer
    loop: bool = False


def keyed(keys: Keys) -> Curve:
    """A curve with a continuous velocity through (time, value) keys, constant outside of them."""
    times, values = np.array(keys, dtype=float).T
    if len(times) == 1:
        return lambda t: np.full_like(t, values[0])
    curve = PchipInterpolator(np.r_[times[0] - 1, times, times[-1] + 1], np.r_[values[0], values, values[-1]])
    return lambda t: curve(np.clip(t, times[0] - 1, times[-1] + 1))


def wave(period: float, *harmonics: tuple[float, float]) -> Curve:
    """A Fourier series: harmonics as (amplitude, phase in turns), the first one with the given period (s)."""
    return lambda t: np.sum(
        [a * np.sin(2 * np.pi * ((k + 1) * t / period + phase)) for k, (a, phase) in enumerate(harmonics)], axis=0
    )


def travelled(speed: Curve, until: float) -> Curve:
    """Metres since time 0 at a speed (m/s); times up to the margin before 0 and after ``until`` (s)."""
    clock = np.arange(-2 * MARGIN, until + 2 * MARGIN, _STEP)
    way = np.cumsum(speed(clock)) * _STEP
    return lambda t: np.interp(t, clock, way - np.interp(0.0, clock, way))


def going_round(curve: Curve, period: float, gain: float = 0.0) -> Curve:
    """A curve over [0, period) that goes on for ever, each time from ``gain`` higher."""
    return lambda t: curve(t % period) + gain * np.floor(t / period)


def _rotation(yaw: np.ndarray, pitch: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """(N, 3, 3) from degrees: roll (left side up), then pitch (forwards), then yaw (towards the picture's right)."""
    angles = np.stack(np.broadcast_arrays(yaw, pitch, roll), -1)
    return Rotation.from_euler("YXZ", angles, degrees=True).as_matrix()


def _smooth(values: np.ndarray, seconds: float) -> np.ndarray:
    return gaussian_filter1d(values, seconds / _STEP, axis=0, mode="nearest")


def _directions(heading: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) to the left of and ahead of who faces so many degrees (N,) to the picture's right of the camera."""
    sine, cosine, none = np.sin(np.radians(heading)), np.cos(np.radians(heading)), np.zeros_like(heading)
    return np.stack([cosine, none, -sine], -1), np.stack([sine, none, cosine], -1)


@dataclass(frozen=True)
class _Foot:
    """A foot over time: ball (N, 3), pitch and yaw in degrees (N,), load 1 on the ground and 0 in the air (N,)."""

    ball: np.ndarray
    pitch: np.ndarray
    yaw: np.ndarray
    load: np.ndarray

    def points(self, side: int) -> np.ndarray:
        """(N, 4, 3): ankle, big toe, small toe, heel."""
        shape = _FOOT * [side, 1, 1]
        turn = _rotation(self.yaw * side, self.pitch, np.zeros_like(self.pitch))
        points = self.ball[:, None] + np.einsum("nij,kj->nki", turn, shape)
        toes = _rotation(self.yaw * side, 0.3 * self.pitch, np.zeros_like(self.pitch))  # they bend with the heel up
        points[:, 1:3] = self.ball[:, None] + np.einsum("nij,kj->nki", toes, shape[1:3])
        return points


def _foot(contacts: Sequence[Contact], side: int, t: np.ndarray, belt: np.ndarray, style: Style) -> _Foot:
    ball = np.tile([contacts[0].x, 0.0, contacts[0].z], (len(t), 1))
    yaw = np.full_like(t, contacts[0].yaw)
    pitch, load = np.zeros_like(t), np.ones_like(t)
    for before, after in itertools.pairwise(contacts):
        lift = after.land - after.swing
        u = np.clip((t - lift) / after.swing, 0, 1)
        ease = u**3 * (u * (6 * u - 15) + 10)
        ball[:, 0] += ease * (after.x - before.x)
        ball[:, 2] += ease * (after.z - before.z)
        yaw += ease * (after.yaw - before.yaw)
        across, ahead = _directions(np.array([side * (before.yaw + after.yaw) / 2]))
        step = abs(float(ahead[0] @ [after.x - before.x, 0.0, after.z - before.z]))
        stretch = float(np.clip(step / 0.75, 0.0, 1.0))  # a long step rolls over the foot
        ball += (side * style.detour * stretch * np.sin(np.pi * u) ** 2)[:, None] * across
        heel_off = 9 + 27 * stretch
        s = after.swing
        moments = [lift - 0.22, lift, lift + 0.22 * s, lift + 0.8 * s, after.land, after.land + 0.1]
        pitch += keyed(np.column_stack([moments, heel_off * np.array([0, 0.75, 1, 0, -0.2 * stretch, 0])]))(t)
        rise = np.array([0, 0, 0.9, 0.45, 0.0, 0]) * style.lift + np.array([0, 0, 0, 0, 0.026, 0]) * stretch
        ball[:, 1] += keyed(np.column_stack([moments, rise]))(t)
        load[(u > 0) & (u < 1)] = 0
    ball[:, 2] -= belt
    return _Foot(ball, pitch, yaw, load)


def _channel(plan: Choreography, name: str, t: np.ndarray) -> np.ndarray:
    curve = plan.channels.get(name)
    return np.zeros_like(t) if curve is None else curve(t)


def _pelvis_height(plan: Choreography, hips: dict[int, np.ndarray], ankles: dict[int, np.ndarray]) -> np.ndarray:
    """(N,): as high as the legs allow; ``hips`` are relative to a pelvis at height 0."""
    leg = plan.style.reach * (_THIGH + _SHANK)
    ceilings = []
    for side, hip in hips.items():
        flat = ((hip - ankles[side])[:, [0, 2]] ** 2).sum(-1)
        ceilings.append(ankles[side][:, 1] - hip[:, 1] + np.sqrt(np.maximum(leg**2 - flat, 0.01)))
    softness = 0.006
    lowest = -softness * np.logaddexp(-ceilings[0] / softness, -ceilings[1] / softness)
    return _smooth(lowest, 0.05)


def _knee(hip: np.ndarray, ankle: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """(N, 3): two bones from hip to ankle, bent in the direction of ``forward``."""
    axis = ankle - hip
    distance = np.linalg.norm(axis, axis=-1, keepdims=True)
    axis = axis / distance
    reach = np.clip(distance, abs(_THIGH - _SHANK) + 0.01, 0.9995 * (_THIGH + _SHANK))
    along = (_THIGH**2 - _SHANK**2 + reach**2) / (2 * reach)
    aside = np.sqrt(np.maximum(_THIGH**2 - along**2, 0))
    bend = forward - (forward * axis).sum(-1, keepdims=True) * axis
    return hip + axis * along + bend / np.linalg.norm(bend, axis=-1, keepdims=True) * aside


def _arm_angles(plan: Choreography, side: int, swing: np.ndarray, t: np.ndarray) -> dict[str, np.ndarray]:
    """Degrees over time: hanging and swinging, blended with the hand on the hip and with waving."""
    letter = "R" if side < 0 else "L"
    on_hip, waving = _channel(plan, f"hip_{letter}", t), _channel(plan, f"wave_{letter}", t)
    rest = dict(_ARM_AT_REST, abduct=plan.style.abduct)
    angles = {}
    for name, value in rest.items():
        base = value + {"flex": plan.style.arm_swing, "elbow": plan.style.elbow_swing}.get(name, 0.0) * swing
        base = base + (_ARM_ON_HIP[name] - base) * on_hip
        angles[name] = base + (_ARM_WAVING[name] - base) * waving + _channel(plan, f"{name}_{letter}", t)
    return angles


def _arm(shoulder: np.ndarray, chest: np.ndarray, side: int, angles: dict[str, np.ndarray]) -> np.ndarray:
    """(N, 3, 3): shoulder, elbow, wrist."""
    none = np.zeros_like(angles["flex"])
    upper = chest @ _rotation(none, none, side * angles["abduct"]) @ _rotation(none, -angles["flex"], none)
    lower = upper @ _rotation(-side * angles["twist"], none, none) @ _rotation(none, -angles["elbow"], none)
    elbow = shoulder - upper[..., 1] * _UPPER_ARM
    return np.stack([shoulder, elbow, elbow - lower[..., 1] * _FOREARM], axis=1)


def _figure(plan: Choreography, t: np.ndarray) -> np.ndarray:
    """The choreography as BODY_25 joints in space: (N, 25, 3) metres."""
    style, none = plan.style, np.zeros_like(t)
    belt = none if plan.belt is None else plan.belt(t)
    feet = {-1: _foot(plan.right, -1, t, belt, style), 1: _foot(plan.left, 1, t, belt, style)}
    joints = np.zeros((len(t), 25, 3))
    for side, foot in feet.items():
        joints[:, _FOOT_JOINTS[side]] = foot.points(side)
    ankles = {side: joints[:, _FOOT_JOINTS[side][0]] for side in feet}

    body_yaw = _channel(plan, "turn", t)
    across, forwards = _directions(body_yaw)
    load = _smooth(feet[1].load - feet[-1].load, 0.075) + _channel(plan, "weight", t)  # -1 on the right, +1 on the left
    load = load / (1 + (np.abs(load) / 1.2) ** 6) ** (1 / 6)  # both may ask for the same leg
    ahead = _smooth(((feet[1].ball - feet[-1].ball) * forwards).sum(-1), 0.04)
    stride = ahead / plan.stride if plan.stride else none  # +1: the left foot is in front
    sway = style.sway * load
    middle = _smooth((ankles[-1][:, 0] + ankles[1][:, 0]) / 2, 0.22)
    depth = _smooth((ankles[-1][:, 2] + ankles[1][:, 2]) / 2, 0.12)

    pelvis = _rotation(body_yaw - style.pelvis_yaw * stride, none, style.list_angle * load)
    hips = {side: side * _HALF_HIPS * pelvis[..., 0] for side in feet}
    root = (
        np.stack([middle + _channel(plan, "x", t), none, depth + _channel(plan, "z", t)], -1) + sway[:, None] * across
    )
    sinking = style.bounce * (1 - load**2) if plan.stride else none
    root[:, 1] = _pelvis_height(plan, {s: root + hips[s] for s in feet}, ankles) - sinking

    lean = np.degrees(0.62 * sway / _TORSO) + _channel(plan, "lean", t)
    spine = _rotation(body_yaw, 1.5 + _channel(plan, "bow", t), lean)
    chest_yaw = body_yaw + 0.7 * style.pelvis_yaw * stride + _channel(plan, "chest_yaw", t)
    chest = _rotation(chest_yaw, none, -0.4 * style.list_angle * load + _channel(plan, "chest_roll", t))
    neck = root + spine[..., 1] * _TORSO
    head = _rotation(
        body_yaw + _channel(plan, "head_yaw", t), _channel(plan, "nod", t), 0.3 * lean + _channel(plan, "tilt", t)
    )

    joints[:, 8], joints[:, 1] = root, neck
    joints[:, _FACE_JOINTS] = neck[:, None] + np.einsum("nij,kj->nki", head, _FACE)
    for side, foot in feet.items():
        hip = root + hips[side]
        forward = _rotation((body_yaw + side * foot.yaw) / 2, none, none)[..., 2]
        joints[:, _LEG_JOINTS[side][0]] = hip
        joints[:, _LEG_JOINTS[side][1]] = _knee(hip, ankles[side], forward)
        angles = _arm_angles(plan, side, -side * stride, t)
        joints[:, _ARM_JOINTS[side]] = _arm(neck + side * _HALF_SHOULDERS * chest[..., 0], chest, side, angles)
    if plan.turntable is not None:
        joints = joints @ _rotation(plan.turntable(t), none, none).swapaxes(-1, -2)
    return joints


def _project(space: np.ndarray, growth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pinhole camera: joints (T, 25, 3) in pixels with confidence 1, and depth (T, 25) in pixels, 0 at mid-hip."""
    distance = (_DISTANCE / growth)[:, None] - space[..., 2]
    joints = np.ones((*space.shape[:2], 3))
    joints[..., 0] = SIZE[0] / 2 + _FOCAL * space[..., 0] / distance
    joints[..., 1] = SIZE[1] / 2 + 5 - _FOCAL * (space[..., 1] - _CAMERA_HEIGHT) / distance
    depth = -(space[..., 2] - space[:, 8:9, 2]) * _FOCAL / distance[:, 8:9]
    return joints.astype(np.float32), depth.astype(np.float32)


def performed(name: str, plan: Choreography, fps: float) -> PoseSequence:
    """The choreography as a motion in a picture of ``SIZE``, confidence 1, with depth; the same at every frame rate."""
    t = np.arange(-MARGIN, plan.duration + MARGIN, _STEP)
    count = max(2, round(plan.duration * fps))
    times = np.arange(count) * (plan.duration / count if plan.loop else 1 / fps)
    at = times / _STEP + MARGIN / _STEP
    low = np.floor(at).astype(int)
    space = _figure(plan, t)
    share = (at - low)[:, None, None]
    joints, depth = _project(space[low] * (1 - share) + space[low + 1] * share, keyed(plan.growth)(times))
    return PoseSequence(joints=joints, depth=depth, fps=fps, size=SIZE, name=name, loop=plan.loop)
