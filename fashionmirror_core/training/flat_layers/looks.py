"""A person dressed in flat layers, as the networks of both stages learn it: garments laid on by the analytic fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.avatar.dressing import build_layers
from fashionmirror_core.avatar.layers import Layer
from fashionmirror_core.cloth.fitting import GarmentFit, fit_garment
from fashionmirror_core.drawing.background import fill_behind
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.person.matte import foreground_colors
from fashionmirror_core.person.person import Person
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.person.undressing import removed_mask
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.tryon import TryOn
from fashionmirror_core.vocabulary import DRESSING_ORDER


@dataclass(frozen=True)
class FlatLook:
    """garments: from the undermost to the outermost, each with its fit. pose: on the stage. removed: M_r there.

    layers: in the photo's frame. plate: (H, W, 3) uint8, the photo without the person. attention: as ``Look`` has it.
    """

    person: Person
    garments: tuple[Garment, ...]
    stage: Stage
    subject: Subject
    pose: Pose
    fits: tuple[GarmentFit, ...]
    removed: np.ndarray
    layers: list[Layer]
    plate: np.ndarray
    attention: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the photo."""
        return self.person.image.shape[1], self.person.image.shape[0]


def flat_look(tryon: TryOn, person: Person, garments: Sequence[Garment], stage: Stage | None = None) -> FlatLook:
    """The person in the garments. stage: None places the person as ``Person.stage`` does."""
    worn = tuple(sorted(garments, key=lambda garment: DRESSING_ORDER.index(garment.category)))
    stage = stage or person.stage(*tryon.stage_size)
    pose, subject = tryon.seen(person, stage)
    categories = [garment.category for garment in worn]
    found = removed_mask(subject.parsing, categories, subject.body)
    fits = tuple(flat_fit(tryon, garment, subject) for garment in worn)
    colors = foreground_colors(person.image, person.matte)
    on_stage = stage.crop(colors, cv2.BORDER_REPLICATE)
    dressed = tryon.inference.dressed(subject, pose, worn, fits, found, on_stage)
    layers = build_layers(
        colors, person.matte, stage, subject, dressed.removed, categories, worn, dressed.fits, dressed.refinement
    )
    plate = fill_behind(person.image, person.matte)
    return FlatLook(person, worn, stage, subject, pose, dressed.fits, dressed.removed, layers, plate, dressed.attention)


def flat_fit(tryon: TryOn, garment: Garment, subject: Subject) -> GarmentFit:
    """The garment on the subject, sized by the network where there is one, before its flow is refined."""
    return fit_garment(
        garment, subject.body, subject.size, subject.floor, None, tryon.inference.sizing(garment, subject)
    )
