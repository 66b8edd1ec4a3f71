"""A front that is photographed open is worn without what its picture shows between its edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fashionmirror_core.cloth.pattern.cutting import cut
from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.laid import laid
from fashionmirror_core.cloth.pattern.parting import parting
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.garment.garment import Garment
from tests.core.cloth.pattern import garments

HALF = 24  # pixels: of the lining that is seen


@pytest.fixture
def jacket() -> Garment:
    """A grey jacket, open in front, with a strip of its blue lining from neck to hem, a little to the left."""
    outline = ["neck", "shoulder", "cuff_outer", "cuff_inner", "armpit", "hem"]
    garment = garments.drawn(garments.LONG | {"neck_c": (garments.MIDDLE, 430.0)}, outline)
    image = garment.image.copy()
    image[..., :3] = 110
    middle = round(garments.MIDDLE) + 10
    image[:, middle - HALF : middle + HALF, :3] = (60, 80, 220)
    return garments.seen(replace(garment, image=image), "jacket", front="open")


def test_both_fronts_end_where_the_lining_begins(jacket: Garment, girths: Girths) -> None:
    pattern = cut(jacket, girths, Tailoring())
    for name, edge in (("front_r", 10 - HALF), ("front_l", 10 + HALF)):
        shown = pattern.texel[pattern.openings[name], 0] - garments.MIDDLE
        below = pattern.flat[pattern.openings[name], 1] > pattern.flat[pattern.openings["neck"], 1].max()
        assert shown[below] == pytest.approx(edge, abs=12)


def test_a_closed_front_has_no_inside(jacket: Garment) -> None:
    assert laid(jacket).parting is not None
    assert laid(garments.seen(jacket, "jacket", front="buttoned")).parting is None


def test_letters_across_an_open_front_are_no_inside() -> None:
    rows = np.arange(0.0, 100.0)
    inside = np.zeros((100, 100), bool)
    inside[:, 45:55] = True
    edges = parting(inside, rows, np.array([-50.0, 0.0]), 40.0)
    assert edges is not None
    assert edges[:, 1] - edges[:, 0] == pytest.approx(9, abs=2)
    inside[30:60, 35:65] = True
    assert parting(inside, rows, np.array([-50.0, 0.0]), 40.0) is None
    inside[10:] = False
    assert parting(inside, rows, np.array([-50.0, 0.0]), 40.0) is None
