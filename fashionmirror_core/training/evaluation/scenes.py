"""Looks of a data set: the request to the systems, and the truth that their answers are compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.person.person import Person
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.training.clips import Clip, LookSpec, Take, worn_mask
from fashionmirror_core.training.evaluation import metrics
from fashionmirror_core.training.evaluation.systems import Answer, Request
from fashionmirror_core.training.sets.pairs import motion_of

BOX_MARGIN_PIXELS = 4  # pixels around the person


class Scene:
    """One look of a clip: the request, and the truth where it is known. Masks are (H, W) bool."""

    def __init__(self, clip: Clip, spec: LookSpec, person: Person, garments: tuple[Garment, ...]) -> None:
        self.clip, self.spec, self.person, self.garments = clip, spec, person, garments
        take, index = clip.takes[spec.source[0]], spec.source[1]
        self.source_matte = take.mattes[index] / 255
        self.shows_face = metrics.face_seen(take.labels[index], take.joints[index])
        self.categories = tuple(clip.garments[key].category for key in spec.garments)
        self.removed = worn_mask(take.labels[index], self.categories)
        self.target: Take | None = None if spec.target is None else clip.takes[spec.target]

    @property
    def request(self) -> Request:
        return Request(self.person, self.garments, None if self.target is None else motion_of(self.target))

    @cached_property
    def dressed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Picture, matte and clothing mask of the source's pose in the new garments."""
        if self.spec.dressed is None:
            return None
        take, index = self.clip.takes[self.spec.dressed[0]], self.spec.dressed[1]
        return take.frames[index], take.mattes[index] / 255, worn_mask(take.labels[index], self.categories)

    @cached_property
    def clothing(self) -> list[np.ndarray]:
        return [] if self.target is None else [worn_mask(labels, self.categories) for labels in self.target.labels]

    @cached_property
    def motion(self) -> metrics.TrueMotion:
        assert self.target is not None
        return metrics.true_motion(self.target.frames)

    def box(self, matte: np.ndarray) -> np.ndarray:
        """Around the person in the source and in a true frame."""
        return metrics.box_mask([self.source_matte, matte], BOX_MARGIN_PIXELS)

    @cached_property
    def regions(self) -> list[dict[str, np.ndarray]]:
        """By frame of the target."""
        assert self.target is not None
        return [
            {"person": self.box(self.target.mattes[k] / 255), "clothes": self.clothing[k]}
            | metrics.salient_regions(self.target.labels[k], self.target.joints[k])
            for k in range(len(self.target))
        ]

    @property
    def truth(self) -> Answer:
        """The truth as if a system had made it: some metrics are read against its own."""
        if self.target is None:
            return Answer(None, None, None, [], None, [])
        masks = [mask.astype(np.float32) for mask in self.clothing]
        return Answer(None, None, None, list(self.target.frames), masks, list(self.target.joints))


def scenes(clip: Clip, indices: Sequence[int], estimated: bool, skipped: list[str]) -> Iterator[tuple[int, Scene]]:
    """The looks of a clip, ready; each garment is read once. A line for each that is refused goes to ``skipped``."""
    garments: dict[str, Garment] = {}
    for index in indices:
        spec = clip.looks[index]
        try:
            for key in spec.garments:
                if key not in garments:
                    picture = clip.garments[key]
                    garments[key] = picture.garment()
            person = person_of(clip, spec, estimated)
        except InputError as error:
            skipped.append(f"{clip.id}, look {index}: {error}")
            continue
        yield index, Scene(clip, spec, person, tuple(garments[key] for key in spec.garments))


def person_of(clip: Clip, spec: LookSpec, estimated: bool) -> Person:
    """The source as the engine takes it: with the data's joints and matte, or found in the picture."""
    take, index = clip.takes[spec.source[0]], spec.source[1]
    if estimated:
        return Person.from_photo(take.frames[index])
    pose = Pose(take.joints[index].astype(np.float64), take.depth[index].astype(np.float64))
    return Person(take.frames[index], take.mattes[index].astype(np.float32) / 255, pose)
