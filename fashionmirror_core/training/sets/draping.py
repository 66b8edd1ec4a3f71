"""Draped looks: the exact truth of the co-attention, from the engine's own cloth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.sight import in_square
from fashionmirror_core.networks.garment_encoder import SIZE
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.training.clips import Clip, GarmentPicture
from fashionmirror_core.training.sets.packed import Draped
from fashionmirror_core.training.sets.pairs import person_of
from fashionmirror_core.tryon import TryOn


def draped_looks(
    tryon: TryOn, clip: Clip, count: int, rng: np.random.Generator, skipped: list[str]
) -> tuple[Clip, list[Draped]]:
    """Up to ``count`` garments of the clip on its people, who stand on the stage; a line for each that can't be worn. The
    clip's pictures of them are those that were worn, so that a place on one is a place on the other.
    """
    found: list[Draped] = []
    worn: dict[str, GarmentPicture] = {}
    for key in rng.permutation(sorted(clip.garments))[:count].tolist():
        take = str(rng.choice(sorted(clip.takes)))
        frame = int(rng.integers(len(clip.takes[take])))
        try:
            worn[key], drape = draped(tryon, clip, (take, frame), key)
            found.append(drape)
        except InputError as error:
            skipped.append(f"{clip.id}, garment {key} draped: {error}")
    return replace(clip, garments=clip.garments | worn), found


def draped(tryon: TryOn, clip: Clip, source: tuple[str, int], key: str) -> tuple[GarmentPicture, Draped]:
    """One of them, and its picture. Raises InputError for a garment that can't be worn."""
    height, width = clip.takes[source[0]].frames.shape[1:3]
    itself = Stage(height, width, 1.0, (0.0, 0.0))
    look = tryon.prepare(person_of(clip.takes[source[0]], source[1]), clip.garments[key].garment(), stage=itself)
    worn, garment = look.clothes[-1], look.garments[-1]
    seen = worn.on_garment(look.at_rest.texels_at(worn.outside.name, 1)).astype(np.float32)
    factor, offset = in_square(garment.image)[1:]
    places = ((seen + 0.5) * factor + offset) / SIZE
    return GarmentPicture.of(garment), Draped(
        source, key, places, np.rint(np.clip(look.clothing_mask, 0, 1) * 255).astype(np.uint8)
    )
