"""Draws the still that ships, the sample's person in the sample's garment: ``python packaging/sample_still.py``.

The studio shows it before the engine is loaded. To be drawn anew when the engine or the sample changes.
"""

from __future__ import annotations

from fashionmirror_core import Garment, Person, TryOn
from fashionmirror_core.media.images import write_image
from fashionmirror_core.samples import sample_look


def main() -> None:
    sample = sample_look()
    look = TryOn.load().prepare(Person.from_photo(sample.person), Garment.from_photo(sample.garment))
    write_image(sample.still, look.still)
    print(f"{sample.still}: {look.size[0]}x{look.size[1]}, {sample.still.stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
