"""Jumpsuits, of drawn garments for a mean body: one piece from the neck to the hems of two legs."""

from __future__ import annotations

import numpy as np
import pytest

from fashionmirror_core.cloth.draping import Sewn, drape
from fashionmirror_core.cloth.fabric import FABRICS, FabricName
from fashionmirror_core.cloth.form import DressForm
from fashionmirror_core.cloth.mannequin import Mannequin
from fashionmirror_core.cloth.pattern.cutting import cut
from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.pattern import SEAM, Pattern, Piece
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category
from tests.core.cloth.pattern.garments import MIDDLE, both, drawn

MARKS = both({
    "neck": (45, 60), "shoulder": (75, 66), "armpit": (85, 140), "waist": (75, 220), "hip": (85, 270),
    "hem": (90, 590), "hem_inner": (35, 590),
}) | {"neck_c": (MIDDLE, 90.0), "crotch": (MIDDLE, 320.0)}  # fmt: skip


def jumpsuit(hem: float = 590.0) -> Garment:
    """Legs end in this row."""
    marks = (
        MARKS
        | both({"hem": (90, hem), "hem_inner": (35, hem)})
        | {"crotch_r": MARKS["crotch"], "crotch_l": MARKS["crotch"]}
    )
    worn = drawn(marks, ["neck", "shoulder", "armpit", "waist", "hip", "hem", "hem_inner", "crotch"], Category.DRESS)
    worn.landmarks = {name: worn.landmarks[name] for name in MARKS}
    return worn


@pytest.fixture(scope="module")
def pattern(girths: Girths) -> Pattern:
    return cut(jumpsuit(), girths)


def test_a_jumpsuit_is_one_piece_with_two_legs(pattern: Pattern) -> None:
    assert pattern.kind == "jumpsuit"
    assert set(pattern.openings) == {"neck", "arm_r", "arm_l", "hem_r", "hem_l"}
    assert {Piece.TRUNK, Piece.R_LEG, Piece.L_LEG} == set(np.unique(pattern.piece))
    seen = np.zeros(len(pattern.flat), bool)
    seen[pattern.triangles[0]] = True
    for _ in range(len(pattern.flat)):
        more = seen[pattern.triangles].any(1)
        if seen[pattern.triangles[more]].all():
            break
        seen[pattern.triangles[more]] = True
    assert seen.all()


def test_its_trunk_ends_at_the_body_s_crotch_and_its_legs_at_the_ankles(pattern: Pattern, girths: Girths) -> None:
    crotch = pattern.flat[(pattern.piece == Piece.TRUNK), 1].max()
    assert crotch == pytest.approx(girths.crotch_row, abs=0.05)
    assert girths.floor - 0.15 < pattern.flat[pattern.openings["hem_l"], 1].max() < girths.floor - 0.05


def test_short_legs_stay_short_and_shortened_ones_are_cut_off(pattern: Pattern, girths: Girths) -> None:
    short = cut(jumpsuit(hem=400.0), girths)
    assert short.kind == "jumpsuit with short legs"
    assert short.lengths["inseam"] < 0.4 * pattern.lengths["inseam"]
    tailored = cut(jumpsuit(), girths, Tailoring(hem_by=-0.2))
    assert tailored.lengths["inseam"] == pytest.approx(pattern.lengths["inseam"] - 0.2, abs=0.01)
    assert tailored.lengths["chest"] == pytest.approx(pattern.lengths["chest"])


def test_it_shows_its_picture_s_trunk_on_the_trunk_and_its_legs_on_the_legs(pattern: Pattern) -> None:
    x, y = pattern.texel.T
    legs = pattern.piece != Piece.TRUNK
    assert y[~legs].max() < 335
    assert y[legs].min() > 315
    edges = np.concatenate([pattern.triangles[:, [0, 1]], pattern.triangles[:, [1, 2]], pattern.triangles[:, [2, 0]]])
    edges = edges[legs[edges[:, 0]] != legs[edges[:, 1]]]  # over the crotch, where a print goes on without a step
    flat, shown = (np.linalg.norm(np.subtract(*each[edges.T]), axis=1) for each in (pattern.flat, pattern.texel))
    pixel = (pattern.lengths["length"]) / (590 - 60)
    assert (shown * pixel < 1.6 * flat + 0.005).all()
    hem = pattern.openings["hem_l"]
    assert y[hem] == pytest.approx(590, abs=6)
    assert x[hem].min() == pytest.approx(MIDDLE + 35, abs=6)
    assert x[hem].max() == pytest.approx(MIDDLE + 90, abs=6)
    sides = (pattern.side == SEAM) & (pattern.across > 0.5) & (pattern.flat[:, 0] > 0)
    assert (x[sides] > MIDDLE + 80).all()


def test_it_drapes_around_the_body_and_its_legs(pattern: Pattern, mannequin: Mannequin) -> None:
    settled = drape([Sewn(pattern, FABRICS[FabricName.COTTON])], DressForm(mannequin)).garments[0]
    assert settled.measures.stretch_p99 < 1.4
    hem = {side: settled.positions[pattern.openings[f"hem_{side}"]] for side in "rl"}
    assert hem["r"][:, 0].max() < 0 < hem["l"][:, 0].min()
    assert settled.positions[pattern.openings["neck"], 1].max() < mannequin.joints[:, 1].min() + 0.6
