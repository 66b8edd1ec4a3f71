"""A drape is judged: what lies well passes, and each failure says what to do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fashionmirror_core.cloth.draping import Settled, Sewn
from fashionmirror_core.cloth.fabric import FABRICS, FabricName
from fashionmirror_core.cloth.gate import Measures
from fashionmirror_core.cloth.verdict import Verdict
from tests.core.cloth import patterns

WELL = Measures(stretch_median=1.0, stretch_p99=1.1, stretch_p999=1.2, inside=0.001, speed=0.003)


@pytest.fixture(scope="module", params=["tee", "skirt"])
def laid(request: pytest.FixtureRequest) -> Settled:
    """A garment that lies where its pattern has it."""
    pattern = getattr(patterns, request.param)(patterns.mannequin(), spacing=0.08)
    positions = np.concatenate([pattern.flat, np.zeros((len(pattern.flat), 1))], 1).astype(np.float32)
    sewn = Sewn(replace(pattern, doubts=["The back is guessed."]), FABRICS[FabricName.COTTON])
    nothing: object = None
    return Settled(sewn, nothing, positions, np.zeros_like(positions), WELL)  # type: ignore[arg-type]


def test_a_garment_that_lies_well_passes_and_keeps_its_patterns_doubts(laid: Settled) -> None:
    verdict = Verdict.of(laid)
    assert verdict.passed
    assert verdict.doubts == ("The back is guessed.",)
    assert verdict.kind == laid.sewn.pattern.kind
    assert (verdict.stretch, verdict.inside, verdict.speed) == (1.1, 0.001, 0.003)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"stretch_p99": 1.62}, "stretched by up to 62%"),
        ({"inside": 0.031}, "3.1% of its cloth lies inside the body"),
        ({"speed": 0.006}, "doesn't come to rest"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(laid: Settled, change: dict[str, float], says: str) -> None:
    verdict = Verdict.of(replace(laid, measures=replace(WELL, **change)))
    assert not verdict.passed
    assert says in verdict.doubts[0]
    assert "choose" in verdict.doubts[0]


def test_a_garment_that_slides_down_has_fallen(laid: Settled) -> None:
    verdict = Verdict.of(replace(laid, positions=laid.positions + np.array([0, 0.4, 0], np.float32)))
    assert not verdict.passed
    assert "slides down by 40 cm" in verdict.doubts[0]
