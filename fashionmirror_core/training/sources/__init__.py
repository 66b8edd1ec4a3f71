"""Data sets as sources of clips (``training.clips``): rendered pairs, street photos, a user's own photos and videos.

Photos and videos need the whole engine, MediaPipe too, so every kind is imported when it is opened.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, Protocol, TypeVar

from fashionmirror_core.errors import InputError
from fashionmirror_core.training.clips import ClipSource, DataError
from fashionmirror_core.training.sources.garments import GarmentPhotos

__all__ = ["KINDS", "GarmentPhotos", "open_source", "valid_clips"]

KINDS = ("catwalk", "street", "photos", "videos")
"""Each a module here with a class of the same name, made from a folder."""

ON_ERROR = ("refuse", "skip")

T_co = TypeVar("T_co", covariant=True)


class Numbered(Protocol[T_co]):
    """A source of clips, or of garments."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> T_co: ...


def open_source(kind: str, folder: str | Path, **options: Any) -> ClipSource:
    """The data set in a folder.

    kind: one of ``KINDS``. options: further arguments of the kind's class (photos: licence, commercial; videos:
    these, max_frames, category).
    Raises InputError for an unknown kind, an option that the kind doesn't take and a folder that isn't of this kind;
    DataError for a broken index.
    """
    if kind not in KINDS:
        raise InputError(f"There is no kind of data {kind!r}; use one of {', '.join(KINDS)}.")
    source = getattr(import_module(f"{__name__}.{kind}"), kind.capitalize())
    foreign = sorted(set(options) - set(signature(source).parameters))
    if foreign:
        raise InputError(f"A {kind} set takes no {', '.join(foreign)}; leave it out.")
    opened: ClipSource = source(Path(folder), **options)
    return opened


def valid_clips(
    source: Numbered[T_co], on_error: str = "refuse", report: Callable[[str], object] | None = None
) -> Iterator[tuple[int, T_co]]:
    """Number and clip (or garment) of all that can be read.

    on_error: "refuse" raises the first DataError; "skip" goes on and hands its line, which names the file, to
    ``report`` (``skipped.append`` collects them; by default they go to stderr).
    """
    if on_error not in ON_ERROR:
        raise InputError(f"Broken data can't be handled by {on_error!r}; use one of {', '.join(ON_ERROR)}.")
    for index in range(len(source)):
        try:
            item = source[index]
        except DataError as error:
            if on_error == "refuse":
                raise
            (report or _warn)(str(error))
            continue
        yield index, item


def _warn(line: str) -> None:
    print(f"Left out: {line}", file=sys.stderr)
