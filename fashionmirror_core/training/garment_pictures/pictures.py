"""Everything that the clothes encoder learns from, read once: labelled photos, what is made of them, and what is none.

All of it is CC0: the labelled photos and the things that are no garments, and (where given) rendered people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks.garment_encoder import ATTRIBUTES
from fashionmirror_core.training.garment_pictures.augment import Batch
from fashionmirror_core.training.garment_pictures.kept_out import NOT_GARMENTS, split_of
from fashionmirror_core.training.garment_pictures.records import NONE, UNKNOWN, Record, in_square, labelled
from fashionmirror_core.training.garment_pictures.synthesis import blank, floor, moved_sleeves, nothing, several
from fashionmirror_core.training.sources.catwalk import Catwalk
from fashionmirror_core.training.sources.reading import (
    decoded_picture,
    existing_folder,
    is_plain,
    needed_file,
    read_bytes,
    read_json,
)

RIGHT = 2  # grade of a cut-out without a fault
TURNED_SLEEVES = 0.3  # copies of a labelled photo with spread sleeves
PAIRS, FLOORS, PEOPLE = 200, 160, 260
LABELLED, SLEEVES, PAIR, NOT_GARMENT, FLOOR, PERSON = 1.0, 0.6, 0.35, 0.6, 0.3, 0.35  # how often each is drawn


@dataclass
class Pictures:
    """Every picture with how often it is drawn. floors: (F, S, S, 3) uint8."""

    records: list[Record]
    weights: list[float]
    floors: np.ndarray

    def batch(self, indices: Tensor, device: torch.device) -> Batch:
        """indices: (N,) on the CPU."""
        chosen = [self.records[int(index)] for index in indices]
        attributes = [[record.attributes.get(name, -1) for name in ATTRIBUTES] for record in chosen]
        pictures = torch.from_numpy(np.stack([record.picture for record in chosen])).to(device)
        return Batch(
            pictures.permute(0, 3, 1, 2).float() / 255,
            torch.from_numpy(np.stack([record.parts for record in chosen])).to(device).long(),
            torch.from_numpy(np.stack([record.points for record in chosen])).to(device),
            torch.from_numpy(np.stack([record.state for record in chosen])).to(device),
            torch.tensor(attributes, device=device),
        )


@dataclass(frozen=True)
class LabelledPhoto:
    """picture: (H, W, 3) uint8. label: its entry of ``landmarks.json``. mask: (H, W) bool, its cut-out, None where there
    is none; right: whether the cut-out was found right by eye.
    """

    name: str
    picture: np.ndarray
    label: dict[str, Any]
    mask: np.ndarray | None
    right: bool


def labelled_photos(folder: str | Path, split: str) -> Iterator[LabelledPhoto]:
    """The labelled photos of a split, "train", "val" or HELD_OUT (``landmarks.json``, ``masks.json``, photos and
    ``masks/`` beside them). Raises InputError where there is none.
    """
    home = existing_folder(folder)
    entries = _table(home / "landmarks.json")
    grades = _table(home / "masks.json") if (home / "masks.json").is_file() else {}
    names = [
        name
        for name, label in sorted(entries.items())
        if is_plain(name) and split_of(name, label.get("split")) == split
    ]
    if not names:
        raise InputError(f"{home}: there is no labelled photo for {split}; use the labelled set.")
    for name in names:
        picture = decoded_picture(read_bytes(home / f"{name}.jpg"), name)[..., :3]
        file = home / "masks" / f"{name}.png"
        mask = decoded_picture(read_bytes(file), name)[..., 0] > 127 if file.is_file() else None
        right = mask is not None and grades.get(name, {}).get("grade") == RIGHT
        yield LabelledPhoto(name, np.ascontiguousarray(picture), entries[name], mask, right)


def _table(file: Path) -> dict[str, Any]:
    read = read_json(needed_file(file.parent, file.name, "labelled garment photos"))
    entries = read.get("pictures") if isinstance(read, dict) else None
    if not isinstance(entries, dict):
        raise InputError(f"{file}: there is no table of pictures; use the set's own file.")
    return entries


def read_labelled(folder: str | Path, split: str) -> list[Record]:
    """The labelled photos of a split as records. Raises InputError."""
    records = []
    for photo in labelled_photos(folder, split):
        try:
            records.append(labelled(photo.name, photo.picture, photo.label, photo.mask))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{photo.name}: its label is broken ({error!r}); mend landmarks.json.") from error
    return records


def read_not_garments(folder: str | Path, learned: bool = True) -> list[Record]:
    """Things that are no garments: those to learn from, or those kept out."""
    home = existing_folder(folder)
    files = [file for file in sorted(home.iterdir()) if file.suffix.lower() in (".jpg", ".png")]
    files = [file for file in files if (file.stem[:8] in NOT_GARMENTS) != learned]
    return [nothing(file.stem, in_square(decoded_picture(read_bytes(file), file)[..., :3])[0]) for file in files]


def read_people(folder: str | Path, count: int, rng: np.random.Generator) -> list[Record]:
    """Rendered people in their clothes, whole and in halves: garments that are worn by somebody."""
    source = Catwalk(folder)
    records = []
    for number in rng.permutation(len(source))[:count]:
        clip = source[int(number)]
        take = next(iter(clip.takes.values()))
        frame = int(rng.integers(len(take)))
        picture, labels = take.frames[frame], take.labels[frame]
        rows, columns = np.nonzero(labels)
        if not len(rows):
            continue
        top, bottom, left, right = rows.min(), rows.max(), columns.min(), columns.max()
        height = bottom - top
        begin, end = ((0.0, 1.0), (0.0, rng.uniform(0.4, 0.6)), (rng.uniform(0.3, 0.5), 1.0))[int(rng.integers(3))]
        window = slice(top + int(begin * height), top + int(end * height) + 1), slice(max(0, left - 10), right + 10)
        records.append(blank("person", in_square(np.ascontiguousarray(picture[window]))[0], worn=1, several=0))
    return records


def gathered(
    photos: str | Path,
    not_garments: str | Path | None = None,
    people: str | Path | None = None,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> Pictures:
    """The training split of the labelled photos and all that is made of it."""
    rng = np.random.default_rng(seed)
    records = read_labelled(photos, "train")
    weights = [LABELLED] * len(records)
    whole = [record for record in records if (record.parts != UNKNOWN).all() and (record.parts != NONE).mean() > 0.05]
    say(f"{len(records)} labelled photos, {len(whole)} of them with a cut-out.")
    roomy = [record for record in whole if (record.parts != NONE).mean() < 0.6] or whole
    floors = [floor(roomy[int(k)]) for k in rng.permutation(len(roomy))[:FLOORS]]
    for record in whole:
        if rng.random() < 2 * TURNED_SLEEVES and (turned := moved_sleeves(record, rng)) is not None:
            records.append(turned)
            weights.append(SLEEVES)
    if floors and len(whole) > 1:
        for _ in range(min(PAIRS, len(whole))):
            first, second = rng.choice(len(whole), 2, replace=False)
            records.append(several(whole[first], whole[second], floors[int(rng.integers(len(floors)))], rng))
            weights.append(PAIR)
    for number, ground in enumerate(floors[:50]):
        records.append(nothing(f"floor {number}", ground))
        weights.append(FLOOR)
    if not_garments is not None:
        found = read_not_garments(not_garments)
        records += found
        weights += [NOT_GARMENT] * len(found)
    if people is not None:
        found = read_people(people, PEOPLE, rng)
        records += found
        weights += [PERSON] * len(found)
    say(f"{len(records)} pictures to learn from.")
    return Pictures(records, weights, np.stack(floors) if floors else np.full((1, 8, 8, 3), 200, np.uint8))
