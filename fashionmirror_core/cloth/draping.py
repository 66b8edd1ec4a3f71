"""Garments are put on the mannequin, drawn close, and brought to rest in the photo's pose, the undermost first.

A garment closes around the body almost without weight, then its elastics shorten and are held where they lie; gravity sets
in, the mannequin takes the photo's pose, and the cloth settles. Each garment rests on the body, on kept clothes and on the
garments that were put on before it, which follow the same path.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.spatial import ConvexHull

from fashionmirror_core.cloth.fabric import Fabric
from fashionmirror_core.cloth.form import POSING, DressForm
from fashionmirror_core.cloth.gate import Measures
from fashionmirror_core.cloth.mannequin import CLOTH, ELSE, L_LEG, R_LEG, TRUNK, Mannequin
from fashionmirror_core.cloth.pattern.pattern import BACK, SEAM, Pattern, Piece
from fashionmirror_core.cloth.placing import SLEEVES, Worn, fitting
from fashionmirror_core.cloth.solver import THICKNESS, Cloth, Skin

STEP = 0.04  # seconds
CLOSING, SHORTENING, SETTLING, RESTING = 8, 6, 6, 24  # steps; between the last two come those of POSING
FEW_SUBSTEPS, SUBSTEPS = 10, 20
"""In a step while the garment is drawn close, and in one under its weight: fewer stretch it."""
SETTLING_DRAG, POSING_DRAG, CALMING_DRAG = 4.0, 3.0, 30.0  # 1/s
CALMING = 10  # steps, the last ones
LIGHT = 3.0  # metres a second squared: gravity while a garment that hangs from the shoulders closes
TOLD = 3  # steps from one that a watcher is told of to the next
TUCKED = 0.03  # metres below a waistband, from which on what is tucked in isn't felt or seen
TUCK_HOLD, TUCK_END = 0.15, 0.12  # strength of what holds it to the skin, and metres below the waistband down to which
BELT_EASE = 0.012  # metres of an elastic's girth beyond the body's
BELT_LIFT = 0.008  # metres of an elastic off the skin
LOOSE_HOLD, BELT_HOLD = 0.1, 0.4  # of an elastic: share of the way to the skin that a pin goes at once, first and later


@dataclass(frozen=True)
class Sewn:
    """A garment to put on. tucked: it goes under the kept clothes, so that they don't hold it off."""

    pattern: Pattern
    fabric: Fabric
    tucked: bool = False


@dataclass(frozen=True)
class Settled:
    """One garment at rest in the photo's pose.

    cloth: the solver's, with its elastics and pins; whoever moves it on takes a copy. positions, velocities: (N, 3) float32,
    dress space. measures: of the gate, against all that it rests on; speed over the last step.
    """

    sewn: Sewn
    cloth: Cloth
    positions: np.ndarray
    velocities: np.ndarray
    measures: Measures

    def under(self, other: Sewn) -> Skin:
        """What a garment rests on that is worn over this one. Trousers and skirts feel nothing of what is tucked into them,
        and no sleeves.
        """
        regions = np.full(len(self.positions), CLOTH, np.int8)
        regions[self.inside(other)] = ELSE
        if _waist(other) is not None:
            regions[np.isin(self.sewn.pattern.piece, SLEEVES)] = ELSE
        return Skin(self.sewn.pattern.triangles, regions)

    def inside(self, other: Sewn) -> np.ndarray:
        """(N,) bool: the vertices that lie in trousers or a skirt, into which this garment is tucked, and are never seen."""
        waist = _waist(other)
        return self.below(None if waist is None else waist + TUCKED)

    def below(self, height: float | None) -> np.ndarray:
        """(N,) bool: of a garment that is tucked in, the trunk's vertices below a height, dress space's y; None is none."""
        low = self.positions[:, 1] > (np.inf if height is None or not self.sewn.tucked else height)
        return low & (self.sewn.pattern.piece == Piece.TRUNK)


@dataclass(frozen=True)
class Drape:
    """Garments at rest on a person in the photo's pose, the undermost first, and what they need to be moved on.

    seconds: that draping took.
    """

    form: DressForm
    garments: tuple[Settled, ...]
    seconds: float

    @property
    def mannequin(self) -> Mannequin:
        return self.form.mannequin

    def still(self) -> list[np.ndarray]:
        """(N, 3) float32 of each garment, photo space, in the photo's pose."""
        return [_outward(self.mannequin, each.positions) for each in self.garments]


@dataclass(frozen=True)
class Falling:
    """Garments on their way to rest, the undermost first.

    positions: (N, 3) float32 of each, photo space. transforms: (22, 3, 4), photo space: how the body stands meanwhile, out
    of the photo's pose. share: of the whole way, in (0, 1].
    """

    sewn: tuple[Sewn, ...]
    positions: tuple[np.ndarray, ...]
    transforms: np.ndarray
    share: float


def drape(
    garments: Sequence[Sewn],
    form: DressForm,
    on_step: Callable[[Falling], None] | None = None,
) -> Drape:
    """Garments, from the undermost to the outermost, on a mannequin and on the clothes that it keeps.

    on_step: is told where the cloth is after every few steps, once all garments are on; what it raises ends the draping.
    """
    began = time.perf_counter()
    mannequin = form.mannequin
    settled: list[Settled] = []
    paths: list[list[np.ndarray]] = []
    total = sum(_count_of_steps(sewn) for sewn in garments)
    done = 0
    for number, sewn in enumerate(garments):
        waists = [*(_waist(over) for over in garments[number + 1 :]), form.waist] if sewn.tucked else []
        tuck = next((waist for waist in waists if waist is not None), None)
        own, way = (form.body, form.body_way) if sewn.tucked else (form.underneath, form.way)
        skin = Skin.joined(own.skin, *(each.under(sewn) for each in settled))
        way = way + RESTING * way[-1:]
        way = [np.concatenate(parts) for parts in zip(way, *paths, strict=True)]
        cloth = _placed(sewn, mannequin, skin, way[0])
        path = [cloth.positions.copy()]
        paths.append(path)
        for place in _steps(cloth, sewn.pattern, way, tuck):
            path[place:] = [cloth.positions.copy()]
            done += 1
            if on_step is not None and len(paths) == len(garments) and ((total - done) % TOLD == 0):
                places = tuple(_outward(mannequin, each[place]) for each in paths)
                on_step(Falling(tuple(garments), places, form.poses[min(place, POSING)], done / total))
        # Solver's velocities are those within a substep: cloth squeezed between arm and body has some, and doesn't move.
        speed = float(np.linalg.norm(path[-1] - path[-2], axis=1).mean() / STEP)
        measures = replace(Measures.of(cloth, way[-1]), speed=speed)
        settled.append(Settled(sewn, cloth, *cloth.state()[:2], measures))
    return Drape(form, tuple(settled), time.perf_counter() - began)


def _outward(mannequin: Mannequin, positions: np.ndarray) -> np.ndarray:
    return mannequin.space.outward(positions.astype(np.float64)).astype(np.float32)


def _placed(sewn: Sewn, mannequin: Mannequin, skin: Skin, on: np.ndarray) -> Cloth:
    """A garment around a skin at ``on`` (V, 3) float32, dress space, in the mannequin's pose, before it is let go."""
    start = fitting(sewn.pattern, mannequin, Worn(on.astype(np.float64), skin.triangles, skin.regions))
    cloth = Cloth.of(sewn.pattern, sewn.fabric, start.positions, skin, start.slots)
    if len(start.pinned):
        cloth.pin(start.pinned, on, start.hold, lift=start.lift, targets=start.places)
    return cloth


def _count_of_steps(sewn: Sewn) -> int:
    return CLOSING + (SHORTENING if len(sewn.pattern.held) else 0) + SETTLING + POSING + RESTING


def _waist(sewn: Sewn) -> float | None:
    """Dress space's y of the waistband of trousers or a skirt; None for other garments."""
    pattern = sewn.pattern
    return float(pattern.flat[pattern.openings["waist"], 1].mean()) if "waist" in pattern.openings else None


def _steps(cloth: Cloth, pattern: Pattern, way: list[np.ndarray], tuck: float | None = None) -> Iterator[int]:
    """A garment closes around the skin and settles at the first place of its way, and then moves along it. Yields, after
    each step, the number of the place at which the skin is. tuck: dress space's y of the waistband into which it is tucked.
    """
    on = way[0]
    hangs = any(len(seam) > 1 for seam in pattern.shoulders.values()) and not len(pattern.held)
    _hold(cloth, pattern, on, LOOSE_HOLD)
    for _ in range(CLOSING):
        cloth.step(
            on, on, STEP, substeps=FEW_SUBSTEPS, gravity=LIGHT if hangs else 0.0, drag=12.0, friction=0.0, damping=0.3
        )
        yield 0
    if len(pattern.held):
        for _ in _shortening(cloth, pattern, on):
            yield 0
        _hold(cloth, pattern, on, BELT_HOLD)
    for number in range(SETTLING):
        slips = number < 0.6 * SETTLING
        cloth.step(on, on, STEP, substeps=SUBSTEPS, drag=SETTLING_DRAG, friction=0.1 if slips else None)
        yield 0
    if tuck is not None:  # flat on the skin, as the waistband would press it, and it doesn't slip out
        low = (cloth.positions[:, 1] > tuck) & (cloth.positions[:, 1] < tuck + TUCK_END)
        cloth.pin(np.flatnonzero(low & (pattern.piece == Piece.TRUNK)), on, TUCK_HOLD, lift=THICKNESS)
    for number, (start, end) in enumerate(pairwise(way)):
        calm = len(way) - number <= CALMING
        cloth.step(start, end, STEP, substeps=SUBSTEPS, drag=CALMING_DRAG if calm else POSING_DRAG)
        yield number + 1


def _hold(cloth: Cloth, pattern: Pattern, on: np.ndarray, strength: float) -> None:
    """Holds an elastic to the skin at its own height, wherever round the body its vertices are."""
    targets = cloth.positions[pattern.held].copy()
    targets[:, 1] = _heights(pattern)
    cloth.pin(pattern.held, on, strength, lift=BELT_LIFT, targets=targets)


def _heights(pattern: Pattern) -> np.ndarray:
    """(k,), metres: where an elastic's vertices are held. A back that is cut higher, to reach over the seat, lies level."""
    heights, sides = pattern.flat[pattern.held, 1], pattern.side[pattern.held]
    level = heights[sides == SEAM].mean() if (sides == SEAM).any() else -np.inf
    return np.where(sides == BACK, np.maximum(heights, level), heights)


def _shortening(cloth: Cloth, pattern: Pattern, on: np.ndarray) -> Iterator[None]:
    """An elastic becomes as long as what it goes round; yields after each step."""
    ring = np.isin(cloth.edges, pattern.held).all(1)
    full = cloth.rest_lengths[ring]
    girth = _girth(cloth.skin, on, float(_heights(pattern).mean())) + BELT_EASE
    for number in range(1, SHORTENING + 1):
        share = number / SHORTENING
        cloth.lengths[ring] = full * min(1.0, 1 - share + share * girth / max(full.sum(), 1e-6))
        cloth.step(on, on, STEP, substeps=FEW_SUBSTEPS, gravity=0.0, drag=8.0, friction=0.2)
        yield
        if number % 3 == 0:
            _hold(cloth, pattern, on, LOOSE_HOLD)


def _girth(skin: Skin, on: np.ndarray, height: float) -> float:
    """Metres around everything but the arms at a height, dress space's y; infinite where nothing is there."""
    near = np.isin(skin.regions, [TRUNK, R_LEG, L_LEG, CLOTH]) & (np.abs(on[:, 1] - height) < 0.018)
    return float(ConvexHull(on[near][:, [0, 2]]).area) if near.sum() > 5 else np.inf
