"""Procedural motions: a 3D figure that walks, stands and turns before a camera (docs/method.md, "Pose and motion").

A template is a *choreography*: where and when the feet land, and a few joint angles keyed over time. The rest of the
gait follows from the footfalls: the pelvis lists, turns and sways over the loaded leg, the shoulders counter-rotate,
the arms swing against the legs, the legs are solved by inverse kinematics. A planted foot therefore never slides by
construction. Walking towards the camera happens on a treadmill, so that the figure stays in its picture.

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

from fashionmirror_core.errors import InputError
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
_FOOT_JOINTS = {-1: (11, 22, 23, 24), 1: (14, 19, 20, 21)}  # by side: -1 the right, +1 the left
_ARM_JOINTS = {-1: (2, 3, 4), 1: (5, 6, 7)}
_LEG_JOINTS = {-1: (9, 10), 1: (12, 13)}

# The camera: a long lens, so that a stride towards it moves a planted foot only a little up and down.
_DISTANCE = 11.0
_CAMERA_HEIGHT = 0.90
_FOCAL = 560 / 1.72 * _DISTANCE  # pixels: the figure takes 560 of the picture's 640 rows

_STEP = 1 / 100  # seconds: the simulation's clock
_MARGIN = 1.5  # seconds simulated before and after the clip, so that its ends are like its middle

_ARM_AT_REST = {"flex": 0.0, "abduct": 9.0, "elbow": 16.0, "twist": 12.0}
_ARM_ON_HIP = {"flex": -10.0, "abduct": 41.0, "elbow": 97.0, "twist": 74.0}
_ARM_WAVING = {"flex": 12.0, "abduct": 46.0, "elbow": 128.0, "twist": -78.0}


@dataclass(frozen=True)
class _Contact:
    """A footfall: from ``land`` (s) on, the ball of the foot stands at ``x, z`` (m), the toes out by ``yaw`` (deg)."""

    land: float
    x: float
    z: float = 0.0
    yaw: float = 0.0
    swing: float = 0.40  # seconds in the air before landing


@dataclass(frozen=True)
class _Style:
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


_Keys = Sequence[tuple[float, float]] | np.ndarray  # (K, 2): time, value


@dataclass(frozen=True)
class _Choreography:
    """Everything a template decides; times in seconds from the first frame."""

    duration: float  # seconds
    right: Sequence[_Contact]
    left: Sequence[_Contact]
    style: _Style = field(default_factory=_Style)
    speed: _Keys = ((0.0, 0.0),)  # m/s of the treadmill
    stride: float = 0.0  # metres between the feet at which the arms swing fully; 0: they hang
    channels: Mapping[str, Callable[[np.ndarray], np.ndarray]] = field(default_factory=dict)
    growth: _Keys = ((0.0, 1.0),)  # apparent size over time, by coming nearer
    loop: bool = False


def _keyed(keys: _Keys) -> Callable[[np.ndarray], np.ndarray]:
    """A curve with a continuous velocity through (time, value) keys, constant outside of them."""
    times, values = np.array(keys, dtype=float).T
    if len(times) == 1:
        return lambda t: np.full_like(t, values[0])
    curve = PchipInterpolator(np.r_[times[0] - 1, times, times[-1] + 1], np.r_[values[0], values, values[-1]])
    return lambda t: curve(np.clip(t, times[0] - 1, times[-1] + 1))


def _wave(period: float, *harmonics: tuple[float, float]) -> Callable[[np.ndarray], np.ndarray]:
    """A Fourier series: harmonics as (amplitude, phase in turns), the first one with the given period (s)."""
    return lambda t: np.sum(
        [a * np.sin(2 * np.pi * ((k + 1) * t / period + phase)) for k, (a, phase) in enumerate(harmonics)], axis=0
    )


def _rotation(yaw: np.ndarray, pitch: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """(N, 3, 3) from degrees: roll (left side up), then pitch (forwards), then yaw (towards the picture's right)."""
    angles = np.stack(np.broadcast_arrays(yaw, pitch, roll), -1)
    return Rotation.from_euler("YXZ", angles, degrees=True).as_matrix()


def _smooth(values: np.ndarray, seconds: float) -> np.ndarray:
    return gaussian_filter1d(values, seconds / _STEP, axis=0, mode="nearest")


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


def _foot(contacts: Sequence[_Contact], side: int, t: np.ndarray, belt: np.ndarray, style: _Style) -> _Foot:
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
        stretch = float(np.clip(abs(after.z - before.z) / 0.75, 0.0, 1.0))  # a long step rolls over the foot
        ball[:, 0] += side * style.detour * stretch * np.sin(np.pi * u) ** 2
        heel_off = 9 + 27 * stretch
        s = after.swing
        moments = [lift - 0.22, lift, lift + 0.22 * s, lift + 0.8 * s, after.land, after.land + 0.1]
        pitch += _keyed(np.column_stack([moments, heel_off * np.array([0, 0.75, 1, 0, -0.2 * stretch, 0])]))(t)
        rise = np.array([0, 0, 0.9, 0.45, 0.0, 0]) * style.lift + np.array([0, 0, 0, 0, 0.026, 0]) * stretch
        ball[:, 1] += _keyed(np.column_stack([moments, rise]))(t)
        load[(u > 0) & (u < 1)] = 0
    ball[:, 2] -= belt
    return _Foot(ball, pitch, yaw, load)


def _channel(plan: _Choreography, name: str, t: np.ndarray) -> np.ndarray:
    curve = plan.channels.get(name)
    return np.zeros_like(t) if curve is None else curve(t)


def _pelvis_height(plan: _Choreography, hips: dict[int, np.ndarray], ankles: dict[int, np.ndarray]) -> np.ndarray:
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


def _arm_angles(plan: _Choreography, side: int, swing: np.ndarray, t: np.ndarray) -> dict[str, np.ndarray]:
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


def _figure(plan: _Choreography, t: np.ndarray) -> np.ndarray:
    """The choreography as BODY_25 joints in space: (N, 25, 3) metres."""
    style, none = plan.style, np.zeros_like(t)
    belt = np.cumsum(_keyed(plan.speed)(t)) * _STEP
    belt -= np.interp(0.0, t, belt)
    feet = {-1: _foot(plan.right, -1, t, belt, style), 1: _foot(plan.left, 1, t, belt, style)}
    joints = np.zeros((len(t), 25, 3))
    for side, foot in feet.items():
        joints[:, _FOOT_JOINTS[side]] = foot.points(side)
    ankles = {side: joints[:, _FOOT_JOINTS[side][0]] for side in feet}

    body_yaw = _channel(plan, "turn", t)
    load = _smooth(feet[1].load - feet[-1].load, 0.075) + _channel(plan, "weight", t)  # -1 on the right, +1 on the left
    load = load / (1 + (np.abs(load) / 1.2) ** 6) ** (1 / 6)  # both may ask for the same leg
    ahead = _smooth(feet[1].ball[:, 2] - feet[-1].ball[:, 2], 0.04)
    stride = ahead / plan.stride if plan.stride else none  # +1: the left foot is in front
    sway = style.sway * load
    middle = _smooth((ankles[-1][:, 0] + ankles[1][:, 0]) / 2, 0.22)
    depth = _smooth((ankles[-1][:, 2] + ankles[1][:, 2]) / 2, 0.12)

    pelvis = _rotation(body_yaw - style.pelvis_yaw * stride, none, style.list_angle * load)
    hips = {side: side * _HALF_HIPS * pelvis[..., 0] for side in feet}
    root = np.stack([middle + sway + _channel(plan, "x", t), none, depth + _channel(plan, "z", t)], -1)
    sinking = style.bounce * (1 - load**2) if plan.stride else none
    root[:, 1] = _pelvis_height(plan, {s: root + hips[s] for s in feet}, ankles) - sinking

    lean = np.degrees(0.62 * sway / _TORSO) + _channel(plan, "lean", t)
    spine = _rotation(body_yaw, 1.5 + _channel(plan, "bow", t), lean)
    chest_yaw = body_yaw + 0.7 * style.pelvis_yaw * stride + _channel(plan, "chest_yaw", t)
    chest = _rotation(chest_yaw, none, -0.4 * style.list_angle * load + _channel(plan, "chest_roll", t))
    neck = root + spine[..., 1] * _TORSO
    head_yaw = 0.75 * body_yaw + _channel(plan, "head_yaw", t)
    head = _rotation(head_yaw, _channel(plan, "nod", t), 0.3 * lean + _channel(plan, "tilt", t))

    joints[:, 8], joints[:, 1] = root, neck
    joints[:, _FACE_JOINTS] = neck[:, None] + np.einsum("nij,kj->nki", head, _FACE)
    for side, foot in feet.items():
        hip = root + hips[side]
        forward = _rotation((body_yaw + side * foot.yaw) / 2, none, none)[..., 2]
        joints[:, _LEG_JOINTS[side][0]] = hip
        joints[:, _LEG_JOINTS[side][1]] = _knee(hip, ankles[side], forward)
        angles = _arm_angles(plan, side, -side * stride, t)
        joints[:, _ARM_JOINTS[side]] = _arm(neck + side * _HALF_SHOULDERS * chest[..., 0], chest, side, angles)
    return joints


def _project(space: np.ndarray, growth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pinhole camera: joints (T, 25, 3) in pixels with confidence 1, and depth (T, 25) in pixels, 0 at mid-hip."""
    distance = (_DISTANCE / growth)[:, None] - space[..., 2]
    joints = np.ones((*space.shape[:2], 3))
    joints[..., 0] = SIZE[0] / 2 + _FOCAL * space[..., 0] / distance
    joints[..., 1] = SIZE[1] / 2 + 5 - _FOCAL * (space[..., 1] - _CAMERA_HEIGHT) / distance
    depth = -(space[..., 2] - space[:, 8:9, 2]) * _FOCAL / distance[:, 8:9]
    return joints.astype(np.float32), depth.astype(np.float32)


def _perform(name: str, plan: _Choreography, fps: float) -> PoseSequence:
    t = np.arange(-_MARGIN, plan.duration + _MARGIN, _STEP)
    count = max(2, round(plan.duration * fps))
    times = np.arange(count) * (plan.duration / count if plan.loop else 1 / fps)
    at = times / _STEP + _MARGIN / _STEP
    low = np.floor(at).astype(int)
    space = _figure(plan, t)
    share = (at - low)[:, None, None]
    joints, depth = _project(space[low] * (1 - share) + space[low + 1] * share, _keyed(plan.growth)(times))
    return PoseSequence(joints=joints, depth=depth, fps=fps, size=SIZE, name=name, loop=plan.loop)


def _walking_contacts(side: int, period: float, step: float, track: float, until: float) -> list[_Contact]:
    """Footfalls of a steady walk at 2 * step metres a period, the right foot first, from before the clip on."""
    speed, swing = 2 * step / period, 0.39 * period
    half_stance = (period - swing) / 2 * speed
    first = -4.0 if side < 0 else -3.5
    lands = [land for k in range(40) if (land := (first + k) * period) < until]
    return [_Contact(land, side * track, land * speed + half_stance, yaw=2.0, swing=swing) for land in lands]


def _steady_walk(strides: int, period: float, step: float, track: float, style: _Style) -> _Choreography:
    duration = strides * period
    right, left = (_walking_contacts(side, period, step, track, duration + 3 * period) for side in (-1, 1))
    return _Choreography(
        duration,
        right,
        left,
        style,
        speed=((0.0, 2 * step / period),),
        stride=1.1 * step,
        channels={"abduct_R": _wave(period, (1.0, 0.0)), "abduct_L": _wave(period, (1.0, 0.5))},
        loop=True,
    )


def _standing(gap: float = 0.10, yaw: float = 9.0) -> tuple[list[_Contact], list[_Contact]]:
    return [_Contact(-9.0, -gap, yaw=yaw)], [_Contact(-9.0, gap, yaw=yaw)]


def _catwalk() -> _Choreography:
    return _steady_walk(4, 1.08, 0.42, 0.008, _Style(list_angle=5.5, sway=0.03, pelvis_yaw=8.0))


def _strut() -> _Choreography:
    style = _Style(list_angle=6.5, sway=0.034, pelvis_yaw=10.0, arm_swing=26.0, elbow_swing=18.0, lift=0.05)
    return _steady_walk(4, 0.96, 0.45, 0.012, style)


def _slow_walk() -> _Choreography:
    style = _Style(list_angle=3.5, sway=0.022, pelvis_yaw=6.0, arm_swing=13.0, elbow_swing=7.0)
    return _steady_walk(3, 1.4, 0.36, 0.03, style)


def _walk_pause() -> _Choreography:
    period, step = 1.08, 0.42
    speed, stop = 2 * step / period, 2.4
    right = _walking_contacts(-1, period, step, 0.01, 1.8)
    left = _walking_contacts(1, period, step, 0.01, 2.0)
    slow = ((0.0, speed), (1.5, speed), (stop, 0.0))
    clock = np.arange(0, stop + 1, _STEP)
    travelled = float(np.sum(_keyed(slow)(clock)) * _STEP)
    right = [c for c in right if c.land < 1.3] + [_Contact(2.20, -0.075, travelled - 0.02, yaw=6.0, swing=0.44)]
    left = [c for c in left if c.land < 2.0] + [_Contact(2.86, 0.135, travelled + 0.05, yaw=17.0, swing=0.42)]
    hand = _keyed(((2.15, 0.0), (2.85, 1.0)))
    channels = {
        "hip_R": hand,
        "weight": _keyed(((2.3, 0.0), (3.1, -1.0))),
        "x": _keyed(((2.3, 0.0), (3.1, -0.025))),
        "chest_roll": _keyed(((2.5, 0.0), (3.2, 1.5))),
        "tilt": _keyed(((2.6, 0.0), (3.3, -3.0), (4.0, -1.5))),
        "head_yaw": _keyed(((2.6, 0.0), (3.2, 7.0), (3.9, 2.0))),
        "turn": _keyed(((2.2, 0.0), (3.0, 6.0))),
    }
    style = _Style(list_angle=5.0, sway=0.03, pelvis_yaw=8.0)
    growth = ((0.0, 0.955), (1.4, 0.985), (stop + 0.2, 1.0))
    return _Choreography(4.2, right, left, style, slow, 1.1 * step, channels, growth)


def _turn() -> _Choreography:
    angle = 38.0
    gap = 0.09
    cosine, sine = np.cos(np.radians(angle)) * gap, np.sin(np.radians(angle)) * gap
    # The foot turns on its ball; the ball moves forwards so that the ankle stays under the hip.
    ankle = _FOOT[0, 2]
    aside, back = -ankle * np.sin(np.radians(angle)), ankle * (1 - np.cos(np.radians(angle)))
    right = [
        _Contact(-9.0, -gap, yaw=7.0),
        _Contact(1.35, aside - cosine, back + sine, yaw=7.0 - angle, swing=0.42),
        _Contact(2.85, -gap, yaw=7.0, swing=0.42),
    ]
    left = [
        _Contact(-9.0, gap, yaw=7.0),
        _Contact(0.85, aside + cosine, back - sine, yaw=7.0 + angle, swing=0.42),
        _Contact(3.35, gap, yaw=7.0, swing=0.42),
    ]
    channels = {
        "turn": _keyed(((0.3, 0.0), (1.45, angle), (2.15, angle), (3.35, 0.0))),
        "chest_yaw": _keyed(((0.2, 0.0), (0.8, 4.0), (1.5, 0.0), (2.1, 0.0), (2.7, -4.0), (3.4, 0.0))),
        "head_yaw": _keyed(((0.3, 0.0), (1.0, -6.0), (1.6, -14.0), (2.3, -10.0), (3.3, 0.0))),
        "weight": _wave(4.0, (0.12, 0.0)),
        "abduct_R": _keyed(((0.4, 0.0), (1.4, 3.0), (2.2, 3.0), (3.3, 0.0))),
    }
    style = _Style(list_angle=3.0, sway=0.03, reach=0.992, lift=0.02)
    return _Choreography(4.0, right, left, style, channels=channels, loop=True)


def _idle() -> _Choreography:
    right, left = _standing()
    channels = {
        "weight": _wave(3.84, (0.75, 0.0)),
        "abduct_R": _wave(3.84, (1.6, 0.1), (0.5, 0.3)),
        "abduct_L": _wave(3.84, (1.6, 0.6), (0.5, 0.8)),
        "flex_R": _wave(3.84, (2.5, 0.15)),
        "flex_L": _wave(3.84, (2.5, 0.65)),
        "tilt": _wave(3.84, (1.6, 0.55)),
        "head_yaw": _wave(3.84, (4.0, 0.2)),
        "chest_yaw": _wave(3.84, (2.5, 0.1)),
    }
    return _Choreography(3.84, right, left, _Style(list_angle=4.0, sway=0.034), channels=channels, loop=True)


def _step_touch() -> _Choreography:
    """To the figure's left and back: step out, close, step back, close; the weight goes with it."""
    beat, wide, narrow, swing = 0.72, 0.085, 0.085, 0.44
    side = 0.06  # metres either way
    right, left = [], []
    for bar in range(-2, 4):
        start = bar * 4 * beat
        left.append(_Contact(start + beat, side + wide, yaw=8.0, swing=swing))
        right.append(_Contact(start + 2 * beat, side - narrow, yaw=8.0, swing=swing))
        right.append(_Contact(start + 3 * beat, -side - wide, yaw=8.0, swing=swing))
        left.append(_Contact(start + 4 * beat, -side + narrow, yaw=8.0, swing=swing))
    period = 4 * beat
    channels = {
        "weight": _wave(period, (0.35, -0.25)),
        "flex_R": _wave(period, (7.0, 0.1), (3.0, 0.0)),
        "flex_L": _wave(period, (7.0, 0.6), (3.0, 0.0)),
        "elbow_R": _wave(period, (8.0, 0.1), (6.0, 0.0)),
        "elbow_L": _wave(period, (8.0, 0.6), (6.0, 0.0)),
        "chest_roll": _wave(period, (1.8, 0.25)),
        "tilt": _wave(period, (2.2, 0.2)),
    }
    style = _Style(list_angle=3.5, sway=0.02, reach=0.982, lift=0.03)
    return _Choreography(period, right, left, style, channels=channels, loop=True)


def _crossed_feet() -> _Choreography:
    right = [_Contact(-9.0, -0.095, yaw=9.0), _Contact(1.60, 0.04, 0.15, yaw=4.0, swing=0.55)]
    left = [_Contact(-9.0, 0.095, yaw=9.0), _Contact(0.75, -0.03, 0.0, yaw=4.0, swing=0.45)]
    channels = {
        "weight": _keyed(((1.2, 0.0), (1.7, 0.6), (2.4, 0.75), (3.0, 0.6))),
        "turn": _keyed(((0.6, 0.0), (1.7, 7.0))),
        "tilt": _keyed(((0.6, 0.0), (1.5, 3.0), (2.4, 1.5))),
        "head_yaw": _keyed(((0.8, 0.0), (1.7, -6.0), (2.6, -2.0))),
        "abduct_R": _keyed(((0.3, 0.0), (1.3, 3.0))),
        "flex_L": _keyed(((0.3, 0.0), (1.3, -5.0))),
    }
    return _Choreography(3.0, right, left, _Style(list_angle=4.0, sway=0.03), channels=channels)


def _akimbo() -> _Choreography:
    right, left = _standing(0.115, 11.0)
    settle = _keyed(((0.9, 0.0), (1.6, 1.0)))
    rock = _wave(1.6, (0.55, -0.25))
    channels = {
        "hip_R": _keyed(((0.15, 0.0), (0.95, 1.0))),
        "hip_L": _keyed(((0.25, 0.0), (1.05, 1.0))),
        "weight": lambda t: settle(t) * (0.55 + rock(t) * _keyed(((2.4, 1.0), (3.4, 0.0)))(t)),
        "chest_roll": _keyed(((1.0, 0.0), (1.8, -1.5))),
        "tilt": _keyed(((1.0, 0.0), (1.8, 3.0), (2.8, -1.0), (3.4, 1.0))),
        "head_yaw": _keyed(((1.0, 0.0), (2.0, 6.0), (3.2, 0.0))),
    }
    return _Choreography(3.6, right, left, _Style(list_angle=4.5, sway=0.034), channels=channels)


def _greeting() -> _Choreography:
    right, left = _standing()
    waving = _keyed(((0.2, 0.0), (0.9, 1.0), (2.5, 1.0), (3.2, 0.0)))
    channels = {
        "wave_R": waving,
        "elbow_R": lambda t: waving(t) ** 3 * _wave(0.6, (11.0, 0.0))(t),
        "weight": _keyed(((0.2, 0.0), (1.0, 0.6), (2.4, 0.6), (3.3, 0.0))),
        "tilt": _keyed(((0.3, 0.0), (1.0, 4.0), (2.4, 4.0), (3.2, 0.0))),
    }
    return _Choreography(3.6, right, left, _Style(list_angle=4.0, sway=0.03), channels=channels)


_TEMPLATES: dict[str, tuple[str, Callable[[], _Choreography]]] = {
    "catwalk": (
        "The runway walk towards the camera, feet on one line, hips and arms in counter-swing; loops",
        _catwalk,
    ),
    "walk-pause": ("Walks up, stops with the weight on one leg and sets the right hand on the hip", _walk_pause),
    "turn": ("Turns to three quarters on small steps, shows the side and comes back; loops", _turn),
    "idle": ("Stands and shifts the weight softly from leg to leg; loops", _idle),
    "strut": ("A brisk, confident walk with strong hips and arms; loops", _strut),
    "slow-walk": ("A calm, straight walk that lets long skirts move; loops", _slow_walk),
    "step-touch": ("Steps from side to side in rhythm, the free foot closing; loops", _step_touch),
    "crossed-feet": ("Crosses one foot before the other and holds, a classic look-book stance", _crossed_feet),
    "akimbo": ("Sets both hands on the hips, rocks once and holds", _akimbo),
    "wave": ("Greets with a small wave of the right hand and lets it sink", _greeting),
}

NAMES: list[str] = list(_TEMPLATES)


def _entry(name: str) -> tuple[str, Callable[[], _Choreography]]:
    try:
        return _TEMPLATES[name]
    except KeyError:
        raise InputError(f"There is no motion template {name!r}; choose one of {', '.join(NAMES)}.") from None


def description(name: str) -> str:
    """One line for the designer. Raises InputError for an unknown name."""
    return _entry(name)[0]


def motion(name: str, fps: float = 25) -> PoseSequence:
    """The template ``name`` as BODY_25 joints (T, 25, 3) in a picture of ``SIZE``, confidence 1, with depth (T, 25).

    The clip lasts the same at every ``fps`` (1 to 240). A looping motion's last frame comes one frame before its
    first. Raises InputError for an unknown name or an absurd frame rate.
    """
    _, choreography = _entry(name)
    if not 1 <= fps <= 240:  # also false for NaN
        raise InputError(f"A frame rate of {fps} cannot be made; choose one between 1 and 240 frames a second.")
    return _perform(name, choreography(), float(fps))
