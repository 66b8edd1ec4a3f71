"""Sleeves and hems at another length: how far the cloth reaches then, and what stays as it was."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fashionmirror_core.body.proportions import Body
from fashionmirror_core.cloth.attention import piece_coverage
from fashionmirror_core.cloth.fitting import GarmentFit, fit_garment
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.look import Look
from fashionmirror_core.person.person import Person
from fashionmirror_core.tryon import TryOn, _inside_out

SIZE = (256, 192)
Fit = Callable[..., tuple[GarmentFit, dict[str, np.ndarray]]]


@pytest.fixture(scope="module")
def stage(sample_person: Callable[[str], Person]) -> tuple[Body, float]:
    """The body of a sample person on the stage, and the row of the ground."""
    person = sample_person("lilac-dress")
    place = person.stage(*SIZE)
    pose = person.pose.transformed(place.scale, place.offset)
    rows = np.flatnonzero((place.crop(person.matte) > 0.5).any(1))
    return Body(pose.points.astype(float)), float(rows[-1])


@pytest.fixture(scope="module")
def fitted(sample_garment: Callable[[str], Garment], stage: tuple[Body, float]) -> Fit:
    """garment, factors -> its fit and where its pieces lie, piece -> (H, W)."""

    def fit(name: str, **factors: float) -> tuple[GarmentFit, dict[str, np.ndarray]]:
        garment = sample_garment(name)
        made = fit_garment(garment, stage[0], SIZE, stage[1], Tailoring(**factors))
        return made, piece_coverage(made, garment, SIZE)

    return fit


def rows(mask: np.ndarray) -> tuple[int, int]:
    found = np.flatnonzero((mask > 0.5).any(1))
    return int(found[0]), int(found[-1])


@pytest.mark.parametrize("name", ["dress-floral", "skirt-mint", "tee-bloom", "trousers-plaid"])
def test_a_factor_of_one_is_no_tailoring(
    fitted: Fit, sample_garment: Callable[[str], Garment], stage: tuple[Body, float], name: str
) -> None:
    plain = fit_garment(sample_garment(name), stage[0], SIZE, stage[1])
    same, _ = fitted(name, sleeve=1.0, hem=1.0)
    assert same.lengths == plain.lengths
    for piece in plain.maps:
        assert same.maps[piece].tobytes() == plain.maps[piece].tobytes()
        assert same.masks[piece].tobytes() == plain.masks[piece].tobytes()


@pytest.mark.parametrize("name", ["dress-floral", "skirt-mint", "tee-bloom"])
def test_a_hem_is_taken_up_by_its_factor(fitted: Fit, name: str) -> None:
    (_, plain), (_, half) = fitted(name), fitted(name, hem=0.5)
    top, bottom = rows(plain["body"])
    new_top, new_bottom = rows(half["body"])
    assert new_top == top
    # What hangs below the armpits or the waist counts, not the whole piece.
    assert top + 0.4 * (bottom - top) < new_bottom < top + 0.8 * (bottom - top)


@pytest.mark.parametrize("name", ["dress-floral", "skirt-mint", "tee-bloom"])
def test_cloth_above_a_shorter_hem_stays_where_it_was(fitted: Fit, name: str) -> None:
    (plain_fit, plain), (fit, short) = fitted(name), fitted(name, hem=0.7)
    np.testing.assert_array_equal(fit.maps["body"], plain_fit.maps["body"])
    _, bottom = rows(short["body"])
    np.testing.assert_allclose(short["body"][: bottom - 12], plain["body"][: bottom - 12], atol=1e-6)


def test_a_skirt_is_let_out_down_to_the_ground_and_not_further(fitted: Fit, stage: tuple[Body, float]) -> None:
    (_, plain), (_, longer), (_, longest) = (
        fitted("skirt-navy"), fitted("skirt-navy", hem=1.2), fitted("skirt-navy", hem=2.0),
    )  # fmt: skip
    top, bottom = rows(plain["body"])
    assert rows(longer["body"])[1] == pytest.approx(top + 1.2 * (bottom - top), abs=4)
    assert rows(longer["body"])[1] < rows(longest["body"])[1] <= stage[1] + 2


@pytest.mark.parametrize(("factor", "low", "high"), [(0.5, 0.3, 0.75), (1.5, 1.2, 1.8)])
def test_a_sleeve_takes_its_factor_and_the_body_stays(fitted: Fit, factor: float, low: float, high: float) -> None:
    (plain_fit, plain), (fit, made) = fitted("dress-floral"), fitted("dress-floral", sleeve=factor)
    for piece in ("sleeve_r", "sleeve_l"):
        assert fit.lengths[piece] == pytest.approx(factor * plain_fit.lengths[piece])
        (top, bottom), (_, new_bottom) = rows(plain[piece]), rows(made[piece])
        assert low * (bottom - top) < new_bottom - top < high * (bottom - top)
    np.testing.assert_array_equal(fit.maps["body"], plain_fit.maps["body"])
    np.testing.assert_array_equal(fit.masks["body"], plain_fit.masks["body"])


def test_a_long_sleeve_does_not_swallow_the_hand(fitted: Fit, stage: tuple[Body, float]) -> None:
    fit, _ = fitted("dress-floral", sleeve=2.0)
    for side, joints in (("r", [2, 3, 4]), ("l", [5, 6, 7])):
        arm = np.hypot(*np.diff(stage[0].joints[joints], axis=0).T).sum()
        assert fit.lengths[f"sleeve_{side}"] < 1.2 * arm


def test_trousers_become_shorts(fitted: Fit, stage: tuple[Body, float]) -> None:
    _, shorts = fitted("trousers-plaid", hem=0.35)
    knees = stage[0].joints[[10, 13], 1].mean()
    for piece in ("leg_r", "leg_l"):
        assert rows(shorts[piece])[1] < knees


def test_a_look_is_tailored(tryon: TryOn, look: Look) -> None:
    assert _inside_out(look.garments, [Tailoring()]) == _inside_out(look.garments, ())
    short = tryon.prepare(look.person, look.garments, tailoring=[Tailoring(hem=0.6)])
    assert rows(short.clothing_mask)[1] < rows(look.clothing_mask)[1] - 20


def test_each_garment_has_its_own_tailoring(
    tryon: TryOn, sample_person: Callable[[str], Person], sample_garment: Callable[[str], Garment]
) -> None:
    """In the order given, which isn't the order of dressing."""
    person, top, skirt = sample_person("lilac-dress"), sample_garment("tee-bloom"), sample_garment("skirt-mint")
    one = tryon.prepare(person, [top, skirt], tailoring=[Tailoring(), Tailoring(hem=0.5)])
    tailored = Tailoring(), Tailoring(hem=0.5)
    assert (
        _inside_out([top, skirt], tailored)
        == _inside_out([skirt, top], tailored[::-1])
        == ((skirt, top), tailored[::-1])
    )
    plain = tryon.prepare(person, [top, skirt])
    assert rows(one.clothing_mask)[1] < rows(plain.clothing_mask)[1] - 20


def test_tailorings_belong_to_garments(tryon: TryOn, look: Look) -> None:
    with pytest.raises(InputError, match="one for each"):
        tryon.prepare(look.person, look.garments, tailoring=[Tailoring(), Tailoring()])
