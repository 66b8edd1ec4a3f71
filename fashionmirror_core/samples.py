"""The built-in samples: persons, garments and motions that ship with the program, and the look that it opens with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fashionmirror_core import places
from fashionmirror_core.media.suffixes import PICTURES, VIDEOS


@dataclass(frozen=True)
class SampleLook:
    """Files of a person and a garment, and the name of a motion.

    still: the person in the garment, at the photo's size, as ``packaging/sample_still.py`` has drawn it: what the studio
    shows while the engine is loading.
    """

    person: Path
    garment: Path
    motion: str
    still: Path


def persons() -> list[Path]:
    """Full-body photos."""
    return _files("persons", PICTURES)


def photographed() -> list[Path]:
    """Garments photographed on floors, as people have them."""
    return _files("photographed", PICTURES)


def garments() -> list[Path]:
    """In-shop pictures with alpha, of all three categories."""
    return _files("garments", PICTURES)


def motions() -> list[Path]:
    """Videos of a walking person, for pose extraction."""
    return _files("motions", VIDEOS)


def sample_look() -> SampleLook:
    """What ``fashionmirror demo`` renders and the studio opens with."""
    folder = places.resources() / "samples"
    return SampleLook(
        person=folder / "persons" / "amara.jpg",
        garment=folder / "photographed" / "dress-orange.jpg",
        motion="catwalk",
        still=folder / "still.jpg",
    )


def _files(kind: str, suffixes: tuple[str, ...]) -> list[Path]:
    folder = places.resources() / "samples" / kind
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)
