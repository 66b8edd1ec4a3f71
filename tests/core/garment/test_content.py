"""A person's photo and a garment's picture are told apart, and a swapped pair is told by name."""

from __future__ import annotations

from pathlib import Path

import known
import numpy as np
import pytest

from fashionmirror_core import samples
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.content import Shows, content_of, swap_remark
from fashionmirror_core.person.person import Person

PERSON, DRESS = known.PERSON, known.DRESS


@pytest.mark.parametrize("path", [*samples.persons(), *known.PERSONS.values()], ids=lambda path: path.stem)
def test_a_photo_of_a_person_shows_a_person(path: Path) -> None:
    assert content_of(path).shows is Shows.PERSON


@pytest.mark.parametrize("path", [*samples.garments(), *samples.photographed()], ids=lambda path: path.stem)
def test_a_picture_of_a_garment_shows_it_and_its_category(path: Path) -> None:
    content = content_of(path)
    assert content.shows is Shows.GARMENT
    assert content.category is not None


def test_a_wall_shows_neither() -> None:
    assert content_of(np.full((300, 200, 3), 180, np.uint8)).shows is Shows.NEITHER


def test_a_swapped_pair_is_told_by_name() -> None:
    remark = swap_remark(DRESS, [PERSON])
    assert remark.startswith(f"{DRESS.name} shows a garment and {PERSON.name} a person")
    assert swap_remark(PERSON, [DRESS]) == ""
    assert swap_remark(DRESS, [DRESS]) == ""
    assert swap_remark(DRESS, [Path("nowhere.jpg")]) == ""


def test_a_garment_given_as_a_person_is_told() -> None:
    with pytest.raises(InputError, match=r"shows a garment and no person; give it as the garment"):
        Person.from_photo(DRESS)
