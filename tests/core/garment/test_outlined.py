"""The outline's word beside the encoder's."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.garment.outlined import weighed
from fashionmirror_core.garment.sight import Sight, look
from fashionmirror_core.networks.garment_encoder import ATTRIBUTES


@pytest.fixture(scope="module")
def sight() -> Sight:
    return look(np.full((64, 64, 3), 200, np.uint8))


def _saying(sight: Sight, kinds: dict[str, float], categories: dict[str, float]) -> Sight:
    given = {"kind": kinds, "category": categories}
    spread = {
        name: {
            choice: told.get(choice, (1 - sum(told.values())) / (len(ATTRIBUTES[name]) - len(told)))
            for choice in ATTRIBUTES[name]
        }
        for name, told in given.items()
    }
    return replace(sight, answers=sight.answers | spread)


def _dress() -> np.ndarray:
    """Sleeveless, narrow at the waist, wide at the hem, 2.2 times as long as it is wide."""
    canvas = np.zeros((480, 300), np.uint8)
    half = [(90, 20), (70, 110), (95, 190), (40, 460)]
    outline = np.array([*half, *((300 - x, y) for x, y in reversed(half))], np.int32)
    return cv2.fillPoly(canvas, [outline], 1).astype(np.float32)


def _skirt(parted: bool) -> np.ndarray:
    """A short skirt, or the same with a gap between two legs."""
    canvas = np.zeros((260, 300), np.uint8)
    cv2.fillPoly(canvas, [np.array([(80, 20), (220, 20), (275, 240), (25, 240)], np.int32)], 1)
    if parted:
        cv2.fillPoly(canvas, [np.array([(150, 110), (185, 245), (115, 245)], np.int32)], 0)
    return canvas.astype(np.float32)


def test_a_dress_that_the_encoder_half_takes_for_a_tee_is_one_by_its_outline(sight: Sight) -> None:
    unsure = _saying(sight, {"tee": 0.55, "dress": 0.35}, {"upper": 0.55, "dress": 0.43})
    seen = weighed(unsure, _dress())
    assert (seen.answer("kind"), seen.answer("category")) == ("dress", "dress")


@pytest.mark.parametrize(("parted", "kind"), [(False, "skirt"), (True, "shorts")])
def test_a_gap_between_the_legs_tells_shorts_from_a_skirt(sight: Sight, parted: bool, kind: str) -> None:
    unsure = _saying(sight, {"skirt": 0.48, "shorts": 0.48}, {"lower": 0.97})
    assert weighed(unsure, _skirt(parted)).answer("kind") == kind


def test_what_the_encoder_surely_sees_stays(sight: Sight) -> None:
    sure = _saying(sight, {"coat": 0.99}, {"upper": 0.99})
    assert weighed(sure, _dress()).answer("category") == "upper"


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**31 - 1))
def test_the_answers_are_chances_and_a_kind_counts_for_its_category(sight: Sight, seed: int) -> None:
    rng = np.random.default_rng(seed)
    answers = {
        name: dict(zip(ATTRIBUTES[name], rng.dirichlet(np.full(len(ATTRIBUTES[name]), 0.2)).tolist(), strict=True))
        for name in ("kind", "category")
    }
    cloth = np.zeros((80, 60), np.float32)
    cv2.ellipse(cloth, (30, 40), (int(rng.integers(3, 25)), int(rng.integers(3, 35))), 0, 0, 360, 1, -1)
    seen = weighed(replace(sight, answers=sight.answers | answers), cloth)
    kinds, categories = seen.answers["kind"], seen.answers["category"]
    assert sum(kinds.values()) == pytest.approx(1)
    assert sum(categories.values()) == pytest.approx(1)
    assert categories["dress"] == pytest.approx(kinds["dress"] + kinds["jumpsuit"])
    assert seen.answers["sleeves"] == sight.answers["sleeves"]
