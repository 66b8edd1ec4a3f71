"""Real people in the street, one photo each, with label maps: the Clothing Co-Parsing set.

W. Yang, P. Luo, L. Lin: Clothing Co-Parsing by Joint Image Segmentation and Labeling, CVPR 2014. It comes without a
licence, so that weights learned from it are for research only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fashionmirror_core.training.clips import JOINTS, Clip, Take
from fashionmirror_core.training.sources.reading import (
    INDEX,
    checked_entry,
    checked_joints,
    decoded_labels,
    decoded_picture,
    indexed,
    needed_file,
    read_bytes,
    read_json,
)
from fashionmirror_core.training.sources.worn import photo_clip


class Street:
    """A split of the set: ``<id>.jpg``, its label map ``<id>.png`` and joints in the index.

    takes: "photo", one frame, its depth unknown (zeros). garments: cut out of the photo. looks: the reconstruction.
    """

    licence = "Clothing Co-Parsing (Yang, Luo, Lin, CVPR 2014), no licence given: research only"
    commercial = False

    def __init__(self, folder: str | Path) -> None:
        """Raises InputError where the index is missing, DataError where it is broken."""
        self.folder = Path(folder)
        self._index = needed_file(self.folder, INDEX, "street")
        self._entries = indexed(self._index, read_json(self._index))
        self.name = f"Clothing Co-Parsing {self.folder.resolve().name}"
        self.ids = tuple(self._entries)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Clip:
        """Raises DataError, which names the file."""
        name = self.ids[index]
        joints = checked_joints(
            checked_entry(self._index, name, self._entries[name], "joints", list), self._index, name
        )
        photo, map_file = self.folder / f"{name}.jpg", self.folder / f"{name}.png"
        image = decoded_picture(read_bytes(photo), photo)
        labels = decoded_labels(read_bytes(map_file), map_file, (image.shape[0], image.shape[1]))
        mattes = np.where(labels > 0, 255, 0).astype(np.uint8)
        unknown = np.zeros((1, JOINTS), np.float32)
        return photo_clip(name, Take(image[None], labels[None], joints[None], unknown, mattes[None]))
