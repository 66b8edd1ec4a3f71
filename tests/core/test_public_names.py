"""The package's public names, which are imported when they are first used."""

from __future__ import annotations

import pytest

import fashionmirror_core


@pytest.mark.parametrize("name", fashionmirror_core.__all__)
def test_every_public_name_is_found_under_its_own_name(name: str) -> None:
    assert getattr(fashionmirror_core, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Wardrobe"):
        fashionmirror_core.Wardrobe  # noqa: B018


def test_the_public_names_are_listed() -> None:
    assert set(fashionmirror_core.__all__) <= set(dir(fashionmirror_core))
