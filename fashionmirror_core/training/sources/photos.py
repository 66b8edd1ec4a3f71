"""A user's own photos: pose, matte and labels are found by the engine (supplement, Appendix C: one picture is a video)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.images import read_image
from fashionmirror_core.media.suffixes import PICTURES, READABLE_PICTURES, READABLE_VIDEOS
from fashionmirror_core.media.targets import named
from fashionmirror_core.person.label_prior import PARSED
from fashionmirror_core.person.labels import MASKS, Parsing, parse
from fashionmirror_core.person.person import Person
from fashionmirror_core.training.clips import STEADY_FPS, Clip, DataError, Take
from fashionmirror_core.training.sources.reading import data_error, decoded_labels, existing_folder, read_bytes
from fashionmirror_core.training.sources.worn import photo_clip
from fashionmirror_core.vocabulary import Label

MAX_HEIGHT_PIXELS = 768  # pixels: more than any stage shows
OWN = "the user's own"


class Photos:
    """A folder of photos of one whole person each; a label map ``labels/<name>.png`` of the photo's size is used where
    there is one.

    takes: "photo", one frame of at most ``MAX_HEIGHT_PIXELS``. garments: cut out of the photo. looks: the reconstruction.
    """

    def __init__(self, folder: str | Path, licence: str = OWN, commercial: bool = True) -> None:
        """licence, commercial: the user's word, for the model card. Raises InputError where there are no photos."""
        self.folder = existing_folder(folder)
        self.name = f"photos {self.folder.resolve().name}"
        self.licence, self.commercial = licence, commercial
        self._files = files_by_name(self.folder, PICTURES, "photo")
        self.ids = tuple(self._files)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Clip:
        """Raises DataError, which names the file: damaged, nobody or only half a person in it, labels that don't fit."""
        name = self.ids[index]
        path = self._files[name]
        try:
            photo = read_image(path)
            person = Person.from_photo(reduced(photo))
            if person.cropped:
                raise InputError("The photo ends above the feet; training takes people from head to feet.")
            labels = self._labels(name, photo, person)
        except DataError:  # of the label map
            raise
        except InputError as error:
            raise data_error(path, error) from error
        return photo_clip(name, take_of([person], [labels]))

    def _labels(self, name: str, photo: np.ndarray, person: Person) -> np.ndarray:
        path = self.folder / "labels" / f"{name}.png"
        if not path.exists():
            return label_map(photo_parsing(person))
        labels = decoded_labels(read_bytes(path), path, (photo.shape[0], photo.shape[1]))
        height, width = person.image.shape[:2]
        return cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)


def files_by_name(folder: Path, suffixes: Sequence[str], kind: str) -> dict[str, Path]:
    """Files of a folder by their names without suffix, sorted. Raises InputError for none, or two of one name."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in suffixes or path.name.startswith(".") or not path.is_file():
            continue
        if path.stem in found:
            raise InputError(f"{named(path)} has the name of {found[path.stem].name}; rename one of them.")
        found[path.stem] = path
    if not found:
        readable = READABLE_VIDEOS if kind == "video" else READABLE_PICTURES
        raise InputError(f"{named(folder)} holds no {kind}; give a folder with {readable} files.")
    return found


def reduced(photo: np.ndarray) -> np.ndarray:
    """(H, W, C) uint8, scaled down to ``MAX_HEIGHT_PIXELS`` where it is higher."""
    height, width = photo.shape[:2]
    if height <= MAX_HEIGHT_PIXELS:
        return photo
    return cv2.resize(
        photo, (max(1, round(width * MAX_HEIGHT_PIXELS / height)), MAX_HEIGHT_PIXELS), interpolation=cv2.INTER_AREA
    )


def photo_parsing(person: Person) -> Parsing:
    """The engine's parsing, found on the stage, in the photo's pixels. Raises InputError where it can't tell."""
    stage = person.stage()
    pose = person.pose.transformed(stage.scale, stage.offset)
    found = parse(stage.crop(person.image, cv2.BORDER_REPLICATE), stage.crop(person.matte), pose)
    size = (person.image.shape[1], person.image.shape[0])
    masks: dict[str, Any] = {name: stage.uncrop(getattr(found, name), size) for name in MASKS}
    return replace(found, **masks)


def label_map(parsing: Parsing) -> np.ndarray:
    """(H, W) uint8 of ``Label``: the likeliest one where the person is likelier than the background.

    Clothes that look like one piece (``parsing.one_piece``) are a dress.
    """
    masks = parsing.stack()
    names = np.array(PARSED, np.uint8)
    if parsing.one_piece > 0.5:
        names[np.isin(names, (Label.UPPER, Label.LOWER))] = Label.DRESS
    return np.where(masks.sum(0) > 0.5, names[masks.argmax(0)], np.uint8(Label.BACKGROUND))


def take_of(people: Sequence[Person], labels: Sequence[np.ndarray], fps: float = STEADY_FPS) -> Take:
    """Frames of one person, as the engine sees them, ``fps`` of them a second."""
    return Take(
        np.stack([person.image for person in people]),
        np.stack(labels),
        np.stack([person.pose.joints for person in people]),
        np.stack([person.pose.depth for person in people]),
        np.stack([np.round(person.matte * 255).astype(np.uint8) for person in people]),
        fps,
    )
