"""Frames' numbers in the names of files and pictures: their order, and which are missing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_MOST_MISSING = 2.0  # times the frames that are there; beyond, the numbers count something else


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Orders frame_2 before frame_10."""
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in parts]


def series(name: str) -> str:
    """What the names of one clip's frames have in common: frame_0001.json and frame_12.json -> frame_#.json."""
    return re.sub(r"\d+", "#", name)


def positions(names: Sequence[str]) -> list[int] | None:
    """The place in time of each frame, by its number, from 0; names in natural order.

    Numbers that all leave out the same (0, 10, 20) are a slower clip without gaps. None where the names aren't of one
    series, or not one number counts them, or far more are missing than there are.
    """
    if len({series(name) for name in names}) != 1:
        return None
    columns = list(zip(*(map(int, re.findall(r"\d+", name)) for name in names), strict=True))
    counting = [column for column in columns if len(set(column)) > 1]
    if len(counting) != 1:
        return None
    steps = [after - before for before, after in zip(counting[0], counting[0][1:], strict=False)]
    if min(steps) < 1:
        return None
    step = math.gcd(*steps)
    places = [(number - counting[0][0]) // step for number in counting[0]]
    missing = places[-1] + 1 - len(places)
    return None if missing > _MOST_MISSING * len(names) else places
