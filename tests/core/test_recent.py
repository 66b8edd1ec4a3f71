"""What was computed from the same things is there the next time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from fashionmirror_core.recent import Recent


@dataclass
class Picture:
    """Equal pictures are not the same one: they may hold arrays, and looking through those takes long."""

    name: str


@dataclass(frozen=True)
class Place:
    name: str


def test_the_same_things_give_the_same_result() -> None:
    kept, numbers, coat = Recent[int](2), count(), Picture("coat")
    assert kept.get(lambda: next(numbers), coat, Place("here")) == 0
    assert kept.get(lambda: next(numbers), coat, Place("here")) == 0
    assert kept.get(lambda: next(numbers), coat, Place("there")) == 1
    assert kept.get(lambda: next(numbers), Picture("coat"), Place("here")) == 2


def test_what_was_asked_for_last_stays() -> None:
    kept, numbers = Recent[int](2), count()
    coat, hat, shoe = Picture("coat"), Picture("hat"), Picture("shoe")
    for thing in (coat, hat, coat, shoe):
        kept.get(lambda: next(numbers), thing)
    assert [kept.get(lambda: next(numbers), thing) for thing in (coat, shoe, hat)] == [0, 2, 3]


def test_what_failed_is_tried_again() -> None:
    kept, coat = Recent[int](1), Picture("coat")
    for divisor in (0, 2):
        try:
            found = kept.get(lambda d=divisor: 8 // d, coat)
        except ZeroDivisionError:
            found = -1
    assert found == 4
