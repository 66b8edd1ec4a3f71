"""What is chosen about a garment: how its picture is read, and how the garment is worn."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.vocabulary import CategoryChoice, SleeveChoice

if TYPE_CHECKING:
    from fashionmirror_core.garment.garment import Garment


@dataclass(frozen=True)
class GarmentOptions:
    """The defaults leave everything to the program.

    turns, pick, trusted: see ``Garment.from_photo``. back: a picture of the garment from behind.
    """

    category: CategoryChoice = CategoryChoice.AUTO
    sleeves: SleeveChoice = SleeveChoice.AUTO
    turns: int | None = None
    pick: int | None = None
    trusted: bool = False
    back: Path | None = None
    tailoring: Tailoring = field(default_factory=Tailoring)

    def read(self, picture: str | Path) -> Garment:
        """The garment of this picture. Raises InputError as ``Garment.from_photo`` does, and for a cut of another kind."""
        from fashionmirror_core.garment.garment import Garment

        garment = Garment.from_photo(
            picture, self.category, turns=self.turns, pick=self.pick, trusted=self.trusted, sleeves=self.sleeves,
            back=self.back,
        )  # fmt: skip
        self.tailoring.check(garment.category)
        return garment
