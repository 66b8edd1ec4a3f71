"""What is said about a draped garment: as what it was sewn, how well it lies, and what a person should look at."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fashionmirror_core.cloth.draping import Settled

MOST_STRETCH = 1.4  # p99 of edges, length over the pattern's
MOST_INSIDE = 0.005  # of the cloth's area inside the body
FASTEST = 0.005  # metres a second at rest
FARTHEST_DOWN = 0.15  # metres that what holds a garment up may sink below its place on the pattern

TIGHT = "It is stretched by up to {0:.0%}: it is cut too small for this body; choose a looser fit or another cut."
PIERCED = "{0:.1%} of its cloth lies inside the body: choose a looser fit or another cut."
FALLEN = "It slides down by {0:.0f} cm: nothing holds it up; choose another cut, or a slimmer fit."
MOVING = "It doesn't come to rest: look at the clip; choose a heavier fabric or another cut."


@dataclass(frozen=True)
class Verdict:
    """Of one garment in the photo's pose.

    kind: what it is sewn as, for people. lengths: of the pattern, metres, by name. stretch: p99 of the cloth's edges, length
    over the pattern's. inside: share of the cloth's area inside the body. speed: metres a second, mean. passed: whether
    the drape can be trusted. doubts: one sentence each, of the pattern and of the gate.
    """

    kind: str
    lengths: dict[str, float]
    stretch: float
    inside: float
    speed: float
    passed: bool
    doubts: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, settled: Settled) -> Verdict:
        pattern, measures = settled.sewn.pattern, settled.measures
        failures = gate(settled)
        return cls(
            kind=pattern.kind,
            lengths=dict(pattern.lengths),
            stretch=measures.stretch_p99,
            inside=measures.inside,
            speed=measures.speed,
            passed=not failures,
            doubts=(*failures, *pattern.doubts),
        )


def gate(settled: Settled) -> list[str]:
    """Why a drape can't be trusted, a sentence each with what to do; empty where it can."""
    measures, failures = settled.measures, []
    sunk = _sunk(settled)
    if sunk > FARTHEST_DOWN:
        failures.append(FALLEN.format(100 * sunk))
    if measures.stretch_p99 > MOST_STRETCH:
        failures.append(TIGHT.format(measures.stretch_p99 - 1))
    if measures.inside > MOST_INSIDE:
        failures.append(PIERCED.format(measures.inside))
    if measures.speed > FASTEST:
        failures.append(MOVING)
    return failures


def _sunk(settled: Settled) -> float:
    """Metres by which what holds the garment up, shoulder seams or an elastic, lies below its place on the pattern."""
    pattern = settled.sewn.pattern
    holding = [pattern.held, *pattern.shoulders.values()]
    vertices = np.concatenate([np.asarray(each, np.int64) for each in holding])
    if not len(vertices):
        return 0.0
    return float((settled.positions[vertices, 1] - pattern.flat[vertices, 1]).mean())
