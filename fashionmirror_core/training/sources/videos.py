"""A user's own videos of a person who walks and turns, as in FashionVideo: pose, matte and labels by the engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from fashionmirror_core import skeleton
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.probing import probe
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.media.suffixes import VIDEOS
from fashionmirror_core.motion.estimator import PoseEstimator
from fashionmirror_core.motion.sequence import FPS_RANGE
from fashionmirror_core.person.matte import refine
from fashionmirror_core.person.person import Person
from fashionmirror_core.skeleton import Joint
from fashionmirror_core.training.clips import Clip, DataError, GarmentPicture, LookSpec, Take, worn_mask
from fashionmirror_core.training.sources.photos import (
    MAX_HEIGHT_PIXELS,
    OWN,
    files_by_name,
    label_map,
    photo_parsing,
    take_of,
)
from fashionmirror_core.training.sources.reading import data_error, existing_folder
from fashionmirror_core.training.sources.worn import worn_garments
from fashionmirror_core.training.synthesis.flattening import flattened_garment
from fashionmirror_core.vocabulary import Category

T = TypeVar("T")
MAX_FRAMES = 12
_TRUNK = (Joint.R_SHOULDER, Joint.L_SHOULDER, Joint.R_HIP, Joint.L_HIP)


class Videos:
    """A folder of videos of one person each.

    takes: "video", up to ``max_frames`` frames spread over the whole, less those that show nobody. garments: cut from
    the frame that shows most of the clothes from the front. looks: from every other frame a reconstruction. Nobody
    facing the camera: neither garments nor looks.
    """

    def __init__(
        self,
        folder: str | Path,
        max_frames: int = MAX_FRAMES,
        category: str | None = None,
        licence: str = OWN,
        commercial: bool = True,
    ) -> None:
        """category: upper, lower or dress if all videos are known to be about one; None finds the worn categories. licence,
        commercial: the user's word, for the model card.

        Raises InputError where there are no videos, fewer than two frames are asked for or the category is unknown.
        """
        if max_frames < 2:
            raise InputError(f"{max_frames} frames a video are too few; ask for at least 2.")
        if category is not None:
            Category.named(category)
        self.folder = existing_folder(folder)
        self.name = f"videos {self.folder.resolve().name}"
        self.licence, self.commercial = licence, commercial
        self.max_frames, self.category = max_frames, category
        self._files = files_by_name(self.folder, VIDEOS, "video")
        self.ids = tuple(self._files)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Clip:
        """Raises DataError, which names the video: damaged, or fewer than two frames with a person."""
        name = self.ids[index]
        path = self._files[name]
        try:
            frames, fps = _frames(path, self.max_frames)
            people = _people(frames)
            if len(people) < 2:
                raise DataError(path, f"shows a person in {len(people)} frames; 2 are needed, take a longer video.")
            take = _take(people, self.category, fps)
        except DataError:
            raise
        except InputError as error:
            raise data_error(path, error) from error
        garments, cut = _garments(take, self.category)
        looks = [
            LookSpec(("video", frame), tuple(garments), ("video", frame), "video", "reconstruction")
            for frame in range(len(take))
            if garments and frame != cut
        ]
        return Clip(name, {"video": take}, garments, tuple(looks))


def _frames(path: Path, count: int) -> tuple[list[np.ndarray], float]:
    """At most ``count`` frames of a video, and how many of them come a second."""
    width, height = probe(path).size
    longest = round(max(width, height) * min(1.0, MAX_HEIGHT_PIXELS / height))
    with VideoReader(path, max_side=longest) as video:
        numbers, frames = zip(*spread(enumerate(video), count), strict=True)
        fps = float(video.fps)
    apart = max(1, numbers[-1] - numbers[0]) / max(1, len(numbers) - 1)
    return list(frames), max(FPS_RANGE[0], fps / apart)


def spread(frames: Iterable[T], count: int) -> list[T]:
    """At most ``count`` frames, the first and about the last among them, equally far apart; no more than twice as many
    are ever held, and how many there are needn't be known.
    """
    kept: list[T] = []
    step = 1
    for number, frame in enumerate(frames):
        if number % step == 0:
            kept.append(frame)
            if len(kept) == 2 * count:
                kept, step = kept[::2], 2 * step
    picks = np.linspace(0, len(kept) - 1, min(count, len(kept)))
    return [kept[round(float(pick))] for pick in picks]


def _people(frames: Iterable[np.ndarray]) -> list[Person]:
    """The person of every frame that shows one, followed from frame to frame."""
    found = []
    with PoseEstimator(static=False) as estimator:
        for frame in frames:
            pose, coarse = estimator.estimate(frame)
            if pose is None or coarse is None or pose.confidence[list(_TRUNK)].mean() < 0.5:
                continue
            matte = refine(frame, coarse, pose)
            if (matte > 0.5).any():
                found.append(Person(frame, matte, pose))
    return found


def _take(people: list[Person], category: str | None, fps: float) -> Take:
    """A person wears one piece in all frames or in none."""
    parsings = [photo_parsing(person) for person in people]
    looks_like = float(np.median([parsing.one_piece for parsing in parsings]))
    one_piece = looks_like if category is None else float(category == "dress")
    return take_of(people, [label_map(replace(parsing, one_piece=one_piece)) for parsing in parsings], fps)


def _garments(take: Take, category: str | None) -> tuple[dict[str, GarmentPicture], int]:
    """The worn garments, and the frame that they are cut from: of those that face the camera, the one with most clothes."""
    facing = skeleton.shoulder_span(take.joints) > skeleton.FACING
    area = worn_mask(take.labels, [category or "dress"]).sum((1, 2)) * facing
    cut = int(area.argmax())
    worn = worn_garments(take, cut) if area[cut] else {}
    # Warped toward flat where that is possible: the network is to learn from pictures like those that are put on.
    flat = {key: flattened_garment(take, cut, garment.category) or garment for key, garment in worn.items()}
    return {key: garment for key, garment in flat.items() if category in (None, garment.category)}, cut
