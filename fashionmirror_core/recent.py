"""Results that are kept for the next time that they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Recent(Generic[Result]):
    """The last few results, by the very things that they were made of; those with a hash count by value."""

    def __init__(self, count: int) -> None:
        """count: how many stay, with what they were made of."""
        self._count = count
        self._found: list[tuple[tuple[object, ...], Result]] = []

    def get(self, make: Callable[[], Result], *of: object) -> Result:
        """What ``make`` gave for these things, now or before."""
        place = next((place for place, (known, _) in enumerate(self._found) if _same(known, of)), None)
        found = (of, make()) if place is None else self._found.pop(place)
        self._found = [*self._found, found][-self._count :]
        return found[1]


def _same(known: tuple[object, ...], asked: tuple[object, ...]) -> bool:
    pairs = zip(known, asked, strict=True)
    return all(one is other or (isinstance(one, Hashable) and one == other) for one, other in pairs)
