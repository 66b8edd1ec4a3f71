"""What a designer says about a garment: what is understood, what it means, and what is refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionmirror_core.cloth.fabric import FabricName
from fashionmirror_core.cloth.tailoring import Cut, Fit, Tailoring
from fashionmirror_core.errors import InputError
from fashionmirror_core.vocabulary import Category


def test_nothing_said_changes_nothing() -> None:
    assert Tailoring.from_words() == Tailoring()
    assert Tailoring().hem_length(0.61) == 0.61
    assert Tailoring().sleeve_length(0.2) == 0.2
    for category in Category:
        Tailoring().check(category)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("+5cm", 0.55), ("-3cm", 0.47), ("\u22123 cm", 0.47), ("+2in", 0.5508), ("-20mm", 0.48), ("+0.1m", 0.6),
        ("110%", 0.55), ("0.9", 0.45), (" 1.2 ", 0.6), ("auto", 0.5),
    ],
)  # fmt: skip
def test_lengths_are_written_as_changes_or_factors(text: str, length: float) -> None:
    assert Tailoring.from_words(hem=text).hem_length(0.5) == pytest.approx(length)
    assert Tailoring.from_words(sleeve=text).sleeve_length(0.5) == pytest.approx(length)


def test_hem_and_sleeve_are_two_things() -> None:
    made = Tailoring.from_words(hem="+5cm", sleeve="80%")
    assert (made.hem, made.hem_by, made.sleeve, made.sleeve_by) == (1.0, 0.05, 0.8, 0.0)


@pytest.mark.parametrize(
    "text", ["5cm", "long", "", "+10%", "+0.9", "+5ft", "0.9cm", "1e3", "nan", "++5cm", "5%5", "٣"]
)
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"hem .* is no length; write it like \+5cm"):
        Tailoring.from_words(hem=text)


@pytest.mark.parametrize(("text", "name"), [("3", "sleeve"), ("10%", "sleeve"), ("+1m", "sleeve"), ("-99cm", "sleeve")])
def test_a_length_that_makes_no_garment_is_refused(text: str, name: str) -> None:
    with pytest.raises(InputError, match=f"A {name} can't be"):
        Tailoring.from_words(sleeve=text)


@given(st.text(max_size=6))
def test_any_text_is_a_length_or_refused(text: str) -> None:
    try:
        made = Tailoring.from_words(hem=text)
    except InputError:
        return
    assert 0 < made.hem_length(0.5) <= 1.1


@given(st.floats(0.3, 2), st.floats(-0.6, 0.6), st.floats(0.01, 1.5))
def test_something_is_left_however_much_is_cut_off(factor: float, by: float, length: float) -> None:
    assert Tailoring(hem=factor, hem_by=by).hem_length(length) >= min(0.04, length)


def test_a_fit_is_a_word_or_a_factor() -> None:
    eases = [Tailoring.from_words(fit=fit).ease for fit in Fit]
    assert eases == sorted(eases)
    assert Tailoring.from_words(fit="regular").ease == 1.0
    assert Tailoring.from_words(fit="1.1").ease == 1.1


@pytest.mark.parametrize("fit", ["tight", "0.1", "9", "nan", "inf", ""])
def test_a_fit_that_nobody_can_wear_is_refused(fit: str) -> None:
    with pytest.raises(InputError, match="slim, regular, loose or oversize"):
        Tailoring.from_words(fit=fit)


def test_fabric_and_cut_are_words_wherever_they_are_given() -> None:
    made = Tailoring.from_words(fabric="silk", cut="a-line", tucked=True)
    assert made == Tailoring(fabric=FabricName.SILK, cut=Cut.A_LINE, tucked=True)
    given: Any = {"fabric": "silk", "cut": "a-line", "tucked": True}
    assert Tailoring(**given).fabric is FabricName.SILK
    with pytest.raises(InputError, match="Unknown fabric 'wool'; use cotton, silk"):
        Tailoring.from_words(fabric="wool")
    with pytest.raises(InputError, match="Unknown cut 'kimono'; use tee, "):
        Tailoring.from_words(cut="kimono")


@pytest.mark.parametrize("category", Category)
def test_a_cut_belongs_to_garments_of_its_kind(category: Category) -> None:
    for cut in Cut:
        if cut in Cut.of(category):
            Tailoring(cut=cut).check(category)
        else:
            with pytest.raises(InputError, match=f"{cut} is none of the category {category}; choose "):
                Tailoring(cut=cut).check(category)


@pytest.mark.parametrize("factor", [0.0, 0.29, 2.01, -1.0, float("nan"), float("inf")])
def test_a_factor_that_makes_no_garment_is_refused(factor: float) -> None:
    with pytest.raises(InputError, match="hem"):
        Tailoring(hem=factor)
    with pytest.raises(InputError, match="sleeve"):
        Tailoring(sleeve=factor)


def test_it_can_not_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Tailoring().hem = 0.5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("kinds", "fabric"),
    [
        ({"sweater": 0.5, "hoodie": 0.4, "tee": 0.1}, FabricName.KNIT),
        ({"coat": 0.4, "jacket": 0.4, "dress": 0.2}, FabricName.DENIM),
        ({"sweater": 0.5, "tee": 0.5}, FabricName.COTTON),
        ({"tee": 1.0}, FabricName.COTTON),
        (None, FabricName.COTTON),
    ],
)
def test_a_fabric_that_is_not_chosen_is_told_from_the_garments_kind(
    kinds: dict[str, float] | None, fabric: FabricName
) -> None:
    sight = None if kinds is None else SimpleNamespace(answers={"kind": kinds})
    garment: Any = SimpleNamespace(sight=sight)
    assert Tailoring().fabric_of(garment) is fabric
    assert Tailoring(fabric=FabricName.SILK).fabric_of(garment) is FabricName.SILK
