"""The built-in motions: choreographies of a walking, standing and turning figure (see ``figure``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.motion.figure import (
    ANKLE,
    SIZE,
    Choreography,
    Contact,
    Curve,
    Style,
    going_round,
    keyed,
    performed,
    travelled,
    wave,
)
from fashionmirror_core.motion.sequence import PoseSequence

__all__ = ["NAMES", "SIZE", "description", "motion"]


def _walking_contacts(side: int, period: float, step: float, track: float, until: float) -> list[Contact]:
    """Footfalls of a steady walk at 2 * step metres a period, the right foot first, from before the clip on."""
    speed, swing = 2 * step / period, 0.39 * period
    half_stance = (period - swing) / 2 * speed
    first = -4.0 if side < 0 else -3.5
    lands = [land for k in range(40) if (land := (first + k) * period) < until]
    return [Contact(land, side * track, land * speed + half_stance, yaw=2.0, swing=swing) for land in lands]


def _steady_walk(strides: int, period: float, step: float, track: float, style: Style) -> Choreography:
    duration = strides * period
    right, left = (_walking_contacts(side, period, step, track, duration + 3 * period) for side in (-1, 1))
    return Choreography(
        duration,
        right,
        left,
        style,
        belt=lambda t: 2 * step / period * t,
        stride=1.1 * step,
        channels={"abduct_R": wave(period, (1.0, 0.0)), "abduct_L": wave(period, (1.0, 0.5))},
        loop=True,
    )


def _standing(gap: float = 0.10, yaw: float = 9.0) -> tuple[list[Contact], list[Contact]]:
    return [Contact(-9.0, -gap, yaw=yaw)], [Contact(-9.0, gap, yaw=yaw)]


def _walk() -> Choreography:
    return _steady_walk(4, 1.08, 0.42, 0.008, Style(list_angle=5.5, sway=0.03, pelvis_yaw=8.0))


def _strut() -> Choreography:
    style = Style(list_angle=6.5, sway=0.034, pelvis_yaw=10.0, arm_swing=26.0, elbow_swing=18.0, lift=0.05)
    return _steady_walk(4, 0.96, 0.45, 0.012, style)


def _slow_walk() -> Choreography:
    style = Style(list_angle=3.5, sway=0.022, pelvis_yaw=6.0, arm_swing=13.0, elbow_swing=7.0)
    return _steady_walk(3, 1.4, 0.36, 0.03, style)


def _walk_pause() -> Choreography:
    period, step = 1.08, 0.42
    speed, stop = 2 * step / period, 2.4
    right = _walking_contacts(-1, period, step, 0.01, 1.8)
    left = _walking_contacts(1, period, step, 0.01, 2.0)
    belt = travelled(keyed(((0.0, speed), (1.5, speed), (stop, 0.0))), stop + 1)
    end = float(belt(np.array([stop + 1]))[0])
    right = [c for c in right if c.land < 1.3] + [Contact(2.20, -0.075, end - 0.02, yaw=6.0, swing=0.44)]
    left = [c for c in left if c.land < 2.0] + [Contact(2.86, 0.135, end + 0.05, yaw=17.0, swing=0.42)]
    hand = keyed(((2.15, 0.0), (2.85, 1.0)))
    channels = {
        "hip_R": hand,
        "weight": keyed(((2.3, 0.0), (3.1, -1.0))),
        "x": keyed(((2.3, 0.0), (3.1, -0.025))),
        "chest_roll": keyed(((2.5, 0.0), (3.2, 1.5))),
        "tilt": keyed(((2.6, 0.0), (3.3, -3.0), (4.0, -1.5))),
        "head_yaw": keyed(((2.6, 0.0), (3.2, 7.0), (3.9, 2.0))),
        "turn": keyed(((2.2, 0.0), (3.0, 6.0))),
    }
    style = Style(list_angle=5.0, sway=0.03, pelvis_yaw=8.0)
    growth = ((0.0, 0.955), (1.4, 0.985), (stop + 0.2, 1.0))
    return Choreography(4.2, right, left, style, belt, 1.1 * step, channels, growth=growth)


def _three_quarter() -> Choreography:
    angle = 45.0
    heading = keyed(((0.3, 0.0), (1.45, angle), (2.35, angle), (3.55, 0.0)))
    right = [_stand(-1, 0.0, -9.0, 0.09), _stand(-1, angle, 1.35, 0.09), _stand(-1, 0.0, 3.05, 0.09)]
    left = [_stand(1, 0.0, -9.0, 0.09), _stand(1, angle, 0.85, 0.09), _stand(1, 0.0, 3.55, 0.09)]
    channels = {
        "turn": heading,
        "chest_yaw": keyed(((0.2, 0.0), (0.8, 4.0), (1.5, 0.0), (2.3, 0.0), (2.9, -4.0), (3.6, 0.0))),
        "head_yaw": keyed(((0.3, 0.0), (1.0, -16.0), (1.6, -25.0), (2.5, -20.0), (3.5, 0.0))),
        "weight": wave(4.2, (0.12, 0.0)),
        "abduct_R": keyed(((0.4, 0.0), (1.4, 3.0), (2.4, 3.0), (3.5, 0.0))),
    }
    style = Style(list_angle=3.0, sway=0.03, reach=0.992, lift=0.02)
    return Choreography(4.2, right, left, style, channels=channels, loop=True)


def _stand(
    side: int, heading: float, land: float, gap: float, way: float = 0.0, toes: float = 7.0, swing: float = 0.42
) -> Contact:
    """A foot set down beside the middle of the body, which faces ``heading`` (deg) and has come ``way`` metres nearer.

    The heel leads: the ankle is ``gap`` metres to the side, whichever way the toes point.
    """
    facing, pointing = np.radians(heading), np.radians(heading + side * toes)
    x = side * gap * np.cos(facing) - ANKLE * np.sin(pointing)
    z = way - side * gap * np.sin(facing) - ANKLE * (np.cos(pointing) - 1)
    return Contact(land, float(x), float(z), side * heading + toes, swing)


def _stepping(
    heading: Curve, way: Curve, lands: Sequence[float], period: float, gap: Curve, swing: float = 0.42, first: int = 0
) -> tuple[list[Contact], list[Contact]]:
    """Footfalls of the right and the left foot under a body that turns and travels as told, again and again (period in s).

    lands: an even number of times, the feet by turns; first: the foot that begins, 0 the right, 1 the left one.
    A foot lands where the body will be, and as it will face, when the foot has carried it half of its time.
    """
    both: tuple[list[Contact], list[Contact]] = ([], [])
    times = np.array([round_ * period + land for round_ in (-1, 0, 1) for land in lands])
    for index, land in enumerate(times[:-2]):
        half = np.array([(land + times[index + 2] - swing) / 2])
        at = [float(curve(half)[0]) for curve in (heading, way, gap)]
        foot = (index + first) % 2
        side = 2 * foot - 1
        both[foot].append(_stand(side, at[0], float(land), at[2], at[1], toes=4.0, swing=swing))
    return both


def _leading(heading: Curve, seconds: float, share: float = 1.0) -> Curve:
    """How far one who looks so many seconds ahead has turned beyond the body."""
    return lambda t: share * (heading(t + seconds) - heading(t))


def _turn() -> Choreography:
    period = 6.0
    heading = going_round(keyed(((0.35, 0.0), (1.0, 32.0), (4.7, 328.0), (5.35, 360.0))), period, 360.0)
    lands = [0.42 * (2 + step) for step in range(12)]
    right, left = _stepping(heading, np.zeros_like, lands, period, lambda t: np.full_like(t, 0.09), 0.36, first=1)
    channels = {
        "turn": heading,
        "chest_yaw": _leading(heading, 0.06),
        "head_yaw": _leading(heading, 0.14),
        "weight": wave(period, (0.12, 0.0)),
        "abduct_R": keyed(((0.3, 0.0), (1.2, 3.0), (4.8, 3.0), (5.7, 0.0))),
        "abduct_L": keyed(((0.3, 0.0), (1.2, 3.0), (4.8, 3.0), (5.7, 0.0))),
    }
    style = Style(list_angle=3.0, sway=0.028, reach=0.992, lift=0.02)
    return Choreography(period, right, left, style, channels=channels, loop=True)


def _turntable() -> Choreography:
    period = 6.0
    right, left = ([_stand(side, 0.0, -9.0, 0.10, toes=9.0)] for side in (-1, 1))
    channels = {
        "weight": wave(period, (0.25, 0.0)),
        "abduct_R": lambda t: np.full_like(t, 6.0),
        "abduct_L": lambda t: np.full_like(t, 6.0),
        "tilt": wave(period, (1.0, 0.5)),
    }
    style = Style(list_angle=3.0, sway=0.03)
    return Choreography(period, right, left, style, channels=channels, turntable=lambda t: 360 / period * t, loop=True)


def _catwalk() -> Choreography:
    """Up the runway, a stop with the hand on the hip, a turn, back, and round again."""
    period, pace = 9.76, 0.76
    up = keyed(((0.0, pace), (1.3, pace), (2.2, 0.0), (8.7, 0.0), (9.45, pace), (period, pace)))
    away = keyed(((4.9, 0.0), (5.7, 1.0), (7.0, 1.0), (7.8, 0.0)))
    clock = np.arange(0.0, period, 0.01)
    back = float(up(clock).sum() / away(clock).sum())
    run = travelled(going_round(lambda t: up(t) - back * away(t), period), period)
    front = float(run(clock).max())

    def way(t: np.ndarray) -> np.ndarray:
        return run(t) - front

    heading = going_round(keyed(((3.6, 0.0), (5.6, 180.0), (7.25, 180.0), (9.2, 360.0))), period, 360.0)
    posing = going_round(keyed(((2.2, 0.0), (2.95, 1.0), (3.5, 1.0), (4.1, 0.0))), period)
    lands = [0.0, 0.54, 1.08, 1.62, 2.16, 2.7, 3.2, 4.1, 4.6, 5.1, 5.6, 6.14, 6.68, 7.22, 7.72, 8.2, 8.68, 9.22]
    right, left = _stepping(heading, way, lands, period, lambda t: 0.012 + 0.06 * posing(t))
    channels = {
        "turn": heading,
        "chest_yaw": _leading(heading, 0.06),
        "head_yaw": _leading(heading, 0.16),
        "hip_L": posing,
        "weight": posing,
        "tilt": lambda t: 2.0 * posing(t),
    }
    style = Style(list_angle=5.5, sway=0.03, pelvis_yaw=8.0)
    return Choreography(period, right, left, style, lambda t: 0.4 * way(t), 0.46, channels, loop=True)


def _idle() -> Choreography:
    right, left = _standing()
    channels = {
        "weight": wave(3.84, (0.75, 0.0)),
        "abduct_R": wave(3.84, (1.6, 0.1), (0.5, 0.3)),
        "abduct_L": wave(3.84, (1.6, 0.6), (0.5, 0.8)),
        "flex_R": wave(3.84, (2.5, 0.15)),
        "flex_L": wave(3.84, (2.5, 0.65)),
        "tilt": wave(3.84, (1.6, 0.55)),
        "head_yaw": wave(3.84, (4.0, 0.2)),
        "chest_yaw": wave(3.84, (2.5, 0.1)),
    }
    return Choreography(3.84, right, left, Style(list_angle=4.0, sway=0.034), channels=channels, loop=True)


def _step_touch() -> Choreography:
    """To the figure's left and back: step out, close, step back, close; the weight goes with it."""
    beat, wide, narrow, swing = 0.72, 0.085, 0.085, 0.44
    side = 0.06  # metres either way
    right, left = [], []
    for bar in range(-2, 4):
        start = bar * 4 * beat
        left.append(Contact(start + beat, side + wide, yaw=8.0, swing=swing))
        right.append(Contact(start + 2 * beat, side - narrow, yaw=8.0, swing=swing))
        right.append(Contact(start + 3 * beat, -side - wide, yaw=8.0, swing=swing))
        left.append(Contact(start + 4 * beat, -side + narrow, yaw=8.0, swing=swing))
    period = 4 * beat
    channels = {
        "weight": wave(period, (0.35, -0.25)),
        "flex_R": wave(period, (7.0, 0.1), (3.0, 0.0)),
        "flex_L": wave(period, (7.0, 0.6), (3.0, 0.0)),
        "elbow_R": wave(period, (8.0, 0.1), (6.0, 0.0)),
        "elbow_L": wave(period, (8.0, 0.6), (6.0, 0.0)),
        "chest_roll": wave(period, (1.8, 0.25)),
        "tilt": wave(period, (2.2, 0.2)),
    }
    style = Style(list_angle=3.5, sway=0.02, reach=0.982, lift=0.03)
    return Choreography(period, right, left, style, channels=channels, loop=True)


def _crossed_feet() -> Choreography:
    right = [Contact(-9.0, -0.095, yaw=9.0), Contact(1.60, 0.04, 0.15, yaw=4.0, swing=0.55)]
    left = [Contact(-9.0, 0.095, yaw=9.0), Contact(0.75, -0.03, 0.0, yaw=4.0, swing=0.45)]
    channels = {
        "weight": keyed(((1.2, 0.0), (1.7, 0.6), (2.4, 0.75), (3.0, 0.6))),
        "turn": keyed(((0.6, 0.0), (1.7, 7.0))),
        "tilt": keyed(((0.6, 0.0), (1.5, 3.0), (2.4, 1.5))),
        "head_yaw": keyed(((0.8, 0.0), (1.7, -6.0), (2.6, -2.0))),
        "abduct_R": keyed(((0.3, 0.0), (1.3, 3.0))),
        "flex_L": keyed(((0.3, 0.0), (1.3, -5.0))),
    }
    return Choreography(3.0, right, left, Style(list_angle=4.0, sway=0.03), channels=channels)


def _akimbo() -> Choreography:
    right, left = _standing(0.115, 11.0)
    settle = keyed(((0.9, 0.0), (1.6, 1.0)))
    rock = wave(1.6, (0.55, -0.25))
    channels = {
        "hip_R": keyed(((0.15, 0.0), (0.95, 1.0))),
        "hip_L": keyed(((0.25, 0.0), (1.05, 1.0))),
        "weight": lambda t: settle(t) * (0.55 + rock(t) * keyed(((2.4, 1.0), (3.4, 0.0)))(t)),
        "chest_roll": keyed(((1.0, 0.0), (1.8, -1.5))),
        "tilt": keyed(((1.0, 0.0), (1.8, 3.0), (2.8, -1.0), (3.4, 1.0))),
        "head_yaw": keyed(((1.0, 0.0), (2.0, 6.0), (3.2, 0.0))),
    }
    return Choreography(3.6, right, left, Style(list_angle=4.5, sway=0.034), channels=channels)


def _greeting() -> Choreography:
    right, left = _standing()
    waving = keyed(((0.2, 0.0), (0.9, 1.0), (2.5, 1.0), (3.2, 0.0)))
    channels = {
        "wave_R": waving,
        "elbow_R": lambda t: waving(t) ** 3 * wave(0.6, (11.0, 0.0))(t),
        "weight": keyed(((0.2, 0.0), (1.0, 0.6), (2.4, 0.6), (3.3, 0.0))),
        "tilt": keyed(((0.3, 0.0), (1.0, 4.0), (2.4, 4.0), (3.2, 0.0))),
    }
    return Choreography(3.6, right, left, Style(list_angle=4.0, sway=0.03), channels=channels)


_TEMPLATES: dict[str, tuple[str, Callable[[], Choreography]]] = {
    "catwalk": (
        "Walks the runway up and back, with a stop at the front, hand on hip, and a turn at either end; loops",
        _catwalk,
    ),
    "walk": (
        "The runway walk towards the camera, feet on one line, hips and arms in counter-swing; loops",
        _walk,
    ),
    "walk-pause": ("Walks up, stops with the weight on one leg and sets the right hand on the hip", _walk_pause),
    "turn": ("Turns all the way round on the spot, on small steps; loops", _turn),
    "three-quarter": ("Turns to three quarters on small steps, shows the side and comes back; loops", _three_quarter),
    "turntable": ("Stands still and is turned all the way round, evenly, as on a turntable; loops", _turntable),
    "idle": ("Stands and shifts the weight softly from leg to leg; loops", _idle),
    "strut": ("A brisk, confident walk with strong hips and arms; loops", _strut),
    "slow-walk": ("A calm, straight walk that lets long skirts move; loops", _slow_walk),
    "step-touch": ("Steps from side to side in rhythm, the free foot closing; loops", _step_touch),
    "crossed-feet": ("Crosses one foot before the other and holds, a classic look-book stance", _crossed_feet),
    "akimbo": ("Sets both hands on the hips, rocks once and holds", _akimbo),
    "wave": ("Greets with a small wave of the right hand and lets it sink", _greeting),
}

NAMES: list[str] = list(_TEMPLATES)


def _entry(name: str) -> tuple[str, Callable[[], Choreography]]:
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
    return performed(name, choreography(), float(fps))
