"""The skirts of a long coat belong to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fashionmirror_core.look import Look
from fashionmirror_core.person.coats import with_whole_coat
from fashionmirror_core.person.labels import MASKS, Parsing
from fashionmirror_core.vocabulary import LEG_PARTS, Part, Side

CAMEL, NAVY = (190, 150, 100), (30, 40, 80)


class Coated:
    """A person in a coat to below the knees over trousers; its skirts are labelled trousers, too."""

    def __init__(self, look: Look, coat: tuple[int, ...] = CAMEL, trousers: tuple[int, ...] = NAVY) -> None:
        self.body = look.subject.body
        size, stature = look.subject.size, self.body.stature
        rows, columns = np.indices(size)
        hip, ankle = self.body.mid_hip[1], max(self.body.leg(side)[2][1] for side in Side)
        hem = 0.4 * hip + 0.6 * ankle
        legs = np.maximum(*(self.body.silhouette(part, size) for part in LEG_PARTS)) > 0.5
        torso = self.body.silhouette(Part.TRUNK, size) > 0.5
        wide = np.abs(columns - self.body.mid_hip[0]) < 0.14 * stature
        self.skirts = wide & (rows > hip) & (rows < hem)
        upper, lower = torso & (rows < hip), (legs & (rows < ankle)) | self.skirts
        lower &= ~upper
        image = np.full((*size, 3), 230, np.uint8)
        image[lower], image[upper | self.skirts] = trousers, coat
        noise = np.random.default_rng(0).integers(-8, 9, image.shape)
        self.image = np.clip(image + noise, 0, 255).astype(np.uint8)
        nothing = np.zeros(size, np.float32)
        own = {"upper": upper.astype(np.float32), "lower": lower.astype(np.float32)}
        self.parsing: Parsing = replace(look.subject.parsing, **{name: own.get(name, nothing) for name in MASKS})

    def whole(self) -> Parsing:
        return with_whole_coat(self.parsing, self.image, self.body)


def test_the_skirts_of_a_coat_are_upper_clothes_and_the_trousers_stay(look: Look) -> None:
    coated = Coated(look)
    found = coated.whole()
    assert found.upper[coated.skirts].mean() > 0.9
    assert found.lower[~coated.skirts].sum() > 0.95 * coated.parsing.lower[~coated.skirts].sum()
    np.testing.assert_allclose(found.upper + found.lower, coated.parsing.upper + coated.parsing.lower)


@pytest.mark.parametrize("trousers", [CAMEL, (230, 190, 165)])
def test_a_suit_of_one_colour_and_a_dress_over_bare_legs_stay_divided(look: Look, trousers: tuple[int, ...]) -> None:
    coated = Coated(look, trousers=trousers)
    coated.parsing = replace(
        coated.parsing, skin=replace(coated.parsing.skin, rgb=np.array((230, 190, 165), np.float32))
    )
    assert coated.whole() is coated.parsing


def test_thighs_paler_than_the_shins_are_no_coat(look: Look) -> None:
    coated = Coated(look)
    beside = coated.skirts & (
        np.maximum(*(look.subject.body.silhouette(p, look.subject.size) for p in LEG_PARTS)) < 0.5
    )
    coated.parsing = replace(coated.parsing, lower=coated.parsing.lower * ~beside)
    assert coated.whole() is coated.parsing


def test_nobody_in_clothes_is_survived(look: Look) -> None:
    coated = Coated(look)
    nothing = np.zeros_like(coated.parsing.upper)
    coated.parsing = replace(coated.parsing, upper=nothing, lower=nothing)
    assert coated.whole() is coated.parsing
