"""Photos of single garments on floors, walls and hangers, cut out: garments that nobody in the clips wears."""

from __future__ import annotations

from pathlib import Path

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.training.clips import DataError, GarmentPicture
from fashionmirror_core.training.sources.reading import (
    INDEX,
    checked_entry,
    data_error,
    indexed,
    needed_file,
    read_json,
)
from fashionmirror_core.vocabulary import Category


class GarmentPhotos:
    """A folder of ``<id>.jpg`` with their categories in the index. An item is the cut-out garment.

    Where one can't be cut out, indexing raises DataError, which names the file; ``valid_clips`` skips such.
    """

    name = "clothing-dataset (A. Grigorev)"
    licence = "CC0-1.0"
    commercial = True

    def __init__(self, folder: str | Path) -> None:
        """Raises InputError where the index is missing, DataError where it is broken or names an unknown category."""
        self.folder = Path(folder)
        index = needed_file(self.folder, INDEX, "garments")
        entries = indexed(index, read_json(index))
        self.ids = tuple(entries)
        self.categories = tuple(checked_entry(index, name, entry, "category", str) for name, entry in entries.items())
        for name, category in zip(self.ids, self.categories, strict=True):
            if category not in list(Category):
                raise DataError(index, f"{name} has the category {category!r}; use one of {', '.join(Category)}.")

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> GarmentPicture:
        path = self.folder / f"{self.ids[index]}.jpg"
        try:
            garment = Garment.from_photo(path, self.categories[index])
        except InputError as error:
            raise data_error(path, error) from error
        return GarmentPicture(garment.image, garment.category, garment.flat)
