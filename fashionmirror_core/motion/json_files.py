"""JSON from files that may be anything: pipes, devices, gigabytes, a thousand brackets."""

from __future__ import annotations

import json
import reprlib
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.images import check_source

MAX_BYTES = 96 * 2**20
_MAX_MEMORY = 2**30  # bytes that the values of a file may take, about


def read_json(path: Path) -> Any:
    """The value of a JSON file; NaN and Infinity are taken as numbers.

    Raises InputError for what isn't an ordinary file, is larger than MAX_BYTES, would take more than a gigabyte of
    memory, or isn't JSON.
    """
    check_source(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path.") from error
    if len(content) > MAX_BYTES or _memory(content) > _MAX_MEMORY:
        raise InputError(f"{path.name}: too large for a motion; split it into shorter ones.")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name}: not valid JSON; export the motion again.") from error


def _memory(content: bytes) -> int:
    """Bytes that Python's values of a JSON text take at most, about: lists and objects, their members, the numbers."""
    containers = content.count(b"[") + content.count(b"{")
    return 64 * containers + 100 * content.count(b":") + 60 * content.count(b",")


def numbers(values: list[Any]) -> np.ndarray:
    """A flat JSON list as float64; null and infinite numbers become NaN. ValueError if it holds anything else."""
    kinds = set(map(type, values))
    if kinds & {list, dict}:
        raise ValueError("ragged lists; every joint needs the same numbers")
    if not kinds <= {int, float, type(None)}:
        raise ValueError("something that is not a number; export the motion again")
    try:
        array = np.array(values, np.float64)
    except OverflowError:
        raise ValueError("numbers too large for a picture; write pixels") from None
    array[~np.isfinite(array)] = np.nan
    return array


def flat(lists: list[Any]) -> list[Any]:
    """The members of a list of lists, one after the other."""
    return list(chain.from_iterable(lists))


def shown(value: Any) -> str:
    """A value of any size and depth in a few characters, for messages."""
    return f"{reprlib.repr(value):.40}"
