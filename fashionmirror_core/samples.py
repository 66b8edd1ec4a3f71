"""The built-in samples: persons, garments and motions that ship with the program, and the look that it opens with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fashionmirror_core import places
from fashionmirror_core.media.suffixes import PICTURES, VIDEOS


@dataclass(frozen=True)
class SampleLook:
    """Files of a person and a garment, and the name of a motion."""

    person: Path
    garment: Path
    motion: str


def persons() -> list[Path]:
    """Full-body photos."""
    return _files("persons", PICTURES)


def garments() -> list[Path]:
    """In-shop pictures with alpha, of all three categories."""
    return _files("garments", PICTURES)


def motions() -> list[Path]:
    """Videos of a walking person, for pose extraction."""
    return _files("motions", VIDEOS)


def sample_look() -> SampleLook:
    """What ``fashionmirror demo`` renders and the studio opens with."""
    folder = places.resources() / "samples"
    return SampleLook(folder / "persons" / "lilac-dress.jpg", folder / "garments" / "dress-floral.webp", "catwalk")


def _files(kind: str, suffixes: tuple[str, ...]) -> list[Path]:
    folder = places.resources() / "samples" / kind
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)
