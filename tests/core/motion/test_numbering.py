"""Frames' numbers in names."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionmirror_core.motion.numbering import natural_key, positions, series


def names(*numbers: int, pattern: str = "walk_{:012d}_keypoints.json") -> list[str]:
    return [pattern.format(number) for number in numbers]


@pytest.mark.parametrize(
    ("given_names", "expected"),
    [
        (names(0, 1, 2), [0, 1, 2]),
        (names(7, 8, 11), [0, 1, 4]),
        (names(0, 10, 20, 50), [0, 1, 2, 5]),
        (names(2, 10, 12, pattern="{}.json"), [0, 4, 5]),
        (names(1, 2, 4, pattern="take2_{}_of_90.png"), [0, 1, 3]),
        (["only.json"], None),
        (["12.json"], None),
        (["first.json", "second.json"], None),
        (["a_1.json", "b_2.json"], None),
        (["cam1_1.json", "cam1_2.json", "cam2_1.json"], None),
        (["1.json", "01.json"], None),
        (names(20240115, 20240116, 20250101), None),
        (["", ""], None),
    ],
)
def test_numbers_tell_the_place_in_time(given_names: list[str], expected: list[int] | None) -> None:
    assert positions(given_names) == expected


def test_names_are_ordered_by_their_numbers() -> None:
    assert sorted(["f10", "f9", "F1", "e", "f9b"], key=natural_key) == ["e", "F1", "f9", "f9b", "f10"]
    assert series("take2_0010.json") == series("take31_7.json") == "take#_#.json"


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8))
def test_any_names_have_an_order_and_rising_places_or_none(given_names: list[str]) -> None:
    ordered = sorted(given_names, key=natural_key)
    places = positions(ordered)
    assert places is None or (places[0] == 0 and all(a < b for a, b in itertools.pairwise(places)))
