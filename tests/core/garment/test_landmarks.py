"""Where the garment's landmarks are, and which it has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fashionmirror_core import samples
from fashionmirror_core.garment.landmarks import place_landmarks
from fashionmirror_core.garment.sight import Sight, look
from fashionmirror_core.media.images import read_image
from fashionmirror_core.vocabulary import Category

TEE = next(path for path in samples.garments() if path.stem.startswith("tee"))


@pytest.mark.parametrize(("sleeves", "cuffs", "elbows"), [("long", True, True), ("short", True, False)])
def test_sleeves_that_are_surely_seen_are_made_whatever_their_landmarks_say(sleeves, cuffs, elbows) -> None:
    sight = look(read_image(TEE))
    unsure = {name: 0.2 if name.startswith("cuff") else value for name, value in sight.exists.items()}
    odds = dict.fromkeys(sight.answers["sleeves"], 0.01) | {sleeves: 0.96}
    seen = replace(sight, answers=sight.answers | {"sleeves": odds}, exists=unsure)
    cloth = sight.cloth((sight.size[1], sight.size[0]))
    placed, _ = place_landmarks(seen, cloth, (0.0, 0.0), Category.UPPER)
    assert ("cuff_outer_r" in placed, "elbow_r" in placed) == (cuffs, elbows)


def lower(gap: int) -> tuple[Sight, np.ndarray]:
    """A cut-out that nobody sees legs in, 100 pixels long, parted from below by a gap of this many pixels."""
    alpha = np.zeros((140, 120), np.float32)
    alpha[20:120, 20:100] = 1
    alpha[120 - gap : 120, 58:62] = 0
    places = {"waist_left": (20, 20), "waist_right": (99, 20), "hem_left": (20, 119), "hem_right": (99, 119)}
    sight = look(read_image(TEE))
    exists = sight.exists | {"crotch": 0.1}
    certainty = dict.fromkeys(sight.certainty, 1.0)
    return replace(sight, points=sight.points | places, exists=exists, certainty=certainty), alpha


def test_a_gap_in_the_outline_shows_legs_whatever_is_seen_and_a_notch_in_the_hem_does_not() -> None:
    sight, alpha = lower(gap=40)
    placed, _ = place_landmarks(sight, alpha, (0.0, 0.0), Category.LOWER)
    assert placed["crotch"] == pytest.approx((59.5, 80), abs=2)
    assert (placed["hem_inner_r"][0], placed["hem_inner_l"][0]) == pytest.approx((57, 62), abs=1)
    for gap in (0, 4):
        placed, _ = place_landmarks(lower(gap)[0], lower(gap)[1], (0.0, 0.0), Category.LOWER)
        assert "crotch" not in placed


@pytest.mark.parametrize(("kind", "legs"), [("skirt", (False, True)), ("shorts", (True, True))])
def test_a_skirt_whose_hem_is_open_in_the_middle_has_no_legs(kind: str, legs: tuple[bool, bool]) -> None:
    for gap, parted in zip((14, 40), legs, strict=True):
        sight, alpha = lower(gap)
        odds = dict.fromkeys(sight.answers["kind"], 0.01) | {kind: 0.8}
        seen = replace(sight, answers=sight.answers | {"kind": odds})
        placed, _ = place_landmarks(seen, alpha, (0.0, 0.0), Category.LOWER)
        assert ("crotch" in placed) == parted


@pytest.mark.parametrize(("kind", "legs"), [("skirt", False), ("shorts", True), ("tee", True)])
def test_a_crotch_that_is_hardly_seen_is_none_in_what_surely_is_a_skirt(kind: str, legs: bool) -> None:
    sight, alpha = lower(gap=0)
    odds = dict.fromkeys(sight.answers["kind"], 0.005) | {kind: 0.9}
    seen = replace(sight, answers=sight.answers | {"kind": odds}, exists=sight.exists | {"crotch": 0.7})
    placed, _ = place_landmarks(seen, alpha, (0.0, 0.0), Category.LOWER)
    assert ("crotch" in placed) == legs


@pytest.mark.parametrize(("inner", "cuffs"), [((28.0, 58.0), False), ((10.0, 75.0), True)])
def test_sleeves_that_end_above_the_armpits_are_armholes(inner: tuple[float, float], cuffs: bool) -> None:
    places = {"neck": (50, 20), "shoulder": (30, 25), "armpit": (30, 70), "hem": (30, 130), "cuff_outer": (26, 50)}
    if cuffs:
        places["cuff_outer"] = (2.0, 62.0)
    places["cuff_inner"] = inner
    sight = look(read_image(TEE))
    points = dict(sight.points) | {"neck_front": (75.0, 40.0)}
    for name, (x, y) in places.items():
        for side, own in (("left", x), ("right", 150 - x)):
            points[f"{name}_{side}" if not name.startswith("cuff") else f"cuff_{side}_{name[5:]}"] = (own, y)
    odds = dict.fromkeys(sight.answers["sleeves"], 0.01) | {"cap": 0.96}
    seen = replace(
        sight,
        points=points,
        exists=dict.fromkeys(sight.exists, 0.9),
        answers=sight.answers | {"sleeves": odds},
        certainty=dict.fromkeys(sight.certainty, 1.0),
    )
    alpha = np.zeros((150, 150), np.float32)
    alpha[20:131, 30:121] = 1
    placed, _ = place_landmarks(seen, alpha, (0.0, 0.0), Category.DRESS)
    assert ("cuff_outer_r" in placed) == cuffs


@pytest.mark.parametrize(("armpit", "straps"), [(26, False), (60, True)])
def test_what_ends_at_its_armpits_has_no_straps_whatever_the_encoder_guesses(armpit: float, straps: bool) -> None:
    places = {"neck": (45, 20), "shoulder": (36, 21), "armpit": (30, armpit), "hem": (20, 140)}
    sight = look(read_image(TEE))
    points = dict(sight.points) | {"neck_front": (75.0, 24.0)}
    for name, (x, y) in places.items():
        points |= {f"{name}_left": (x, y), f"{name}_right": (150 - x, y)}
    answers = {"sleeves": {"none": 1.0, "short": 0.0, "elbow": 0.0, "long": 0.0, "cap": 0.0},
               "straps": {"none": 0.1, "thin": 0.6, "wide": 0.2, "strapless": 0.1}}  # fmt: skip
    unsure = {name: 0.2 if name.startswith("shoulder") else 0.9 for name in sight.exists}
    certainty = dict.fromkeys(sight.certainty, 1.0)
    seen = replace(sight, points=points, exists=unsure, answers=sight.answers | answers, certainty=certainty)
    alpha = np.zeros((160, 150), np.float32)
    alpha[20:141, 30:121] = 1
    placed, _ = place_landmarks(seen, alpha, (0.0, 0.0), Category.DRESS)
    assert ("shoulder_r" in placed) == straps


def one_piece(gap: int) -> tuple[Sight, np.ndarray]:
    """A cut-out that nobody sees legs in, 200 pixels long, parted from below by a gap of this many pixels."""
    alpha = np.zeros((240, 120), np.float32)
    alpha[20:220, 20:100] = 1
    alpha[220 - gap : 220, 57:63] = 0
    places = {"neck": (45, 20), "shoulder": (25, 22), "armpit": (20, 70), "waist": (20, 110), "hem": (20, 219)}
    sight = look(read_image(TEE))
    points = dict(sight.points) | {"neck_front": (60.0, 30.0)}
    for name, (x, y) in places.items():
        points |= {f"{name}_left": (float(x), float(y)), f"{name}_right": (119.0 - x, float(y))}
    exists = dict.fromkeys(sight.exists, 0.01) | {"shoulder_left": 1.0, "shoulder_right": 1.0}
    answers = sight.answers | {
        "sleeves": dict.fromkeys(sight.answers["sleeves"], 0.0) | {"none": 1.0},
        "kind": dict.fromkeys(sight.answers["kind"], 0.0) | {"dress": 1.0},
    }
    certainty = dict.fromkeys(sight.certainty, 1.0)
    return replace(sight, points=points, exists=exists, answers=answers, certainty=certainty), alpha


def test_a_dress_that_is_parted_far_up_is_a_jumpsuit_and_one_with_a_slit_is_none() -> None:
    sight, alpha = one_piece(gap=105)
    placed, _ = place_landmarks(sight, alpha, (0.0, 0.0), Category.DRESS)
    assert placed["crotch"] == pytest.approx((59.5, 115), abs=2)
    assert (placed["hem_inner_r"][0], placed["hem_inner_l"][0]) == pytest.approx((56, 63), abs=1)
    for gap in (0, 30):
        placed, _ = place_landmarks(*one_piece(gap), (0.0, 0.0), Category.DRESS)
        assert "crotch" not in placed


def test_a_jumpsuit_that_the_encoder_sees_has_the_legs_that_it_sees() -> None:
    sight, alpha = one_piece(gap=0)
    odds = sight.answers["kind"] | {"jumpsuit": 0.9}
    points = sight.points | {"crotch": (60.0, 190.0)}
    for side, out, into in (("left", 20.0, 55.0), ("right", 99.0, 64.0)):
        points |= {f"hem_{side}_outer": (out, 219.0), f"hem_{side}_inner": (into, 219.0)}
    seen = replace(sight, points=points, exists=sight.exists | {"crotch": 0.9}, answers=sight.answers | {"kind": odds})
    placed, _ = place_landmarks(seen, alpha, (0.0, 0.0), Category.DRESS)
    assert placed["crotch"] == pytest.approx((60, 190))
    assert placed["hem_inner_r"] == pytest.approx((55, 219))
    assert placed["hem_l"] == pytest.approx((99, 219))
