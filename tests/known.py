"""Pictures that tests know by name and measure: rendered people, and the built-in garments with alpha."""

from __future__ import annotations

from pathlib import Path

from fashionmirror_core import samples

FOLDER = Path(__file__).parent / "samples"
PERSONS = {path.stem: path for path in sorted((FOLDER / "persons").glob("*.jpg"))}
"""864 x 1152, width by height."""
GARMENTS = {path.stem: path for path in samples.garments()}
PERSON, DRESS = PERSONS["lilac-dress"], GARMENTS["dress-floral"]
"""The look of most tests: long sleeves and trousers become a dress with short sleeves."""
