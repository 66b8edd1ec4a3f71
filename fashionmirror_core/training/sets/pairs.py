"""From a source's clip to looks worth preparing: on the stage, with sources that face the camera, with garments to wear and,
for photos, bent twins as sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.person.person import Person
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.skeleton import FACING, Pose, shoulder_span
from fashionmirror_core.training.clips import Clip, DataError, GarmentPicture, LookSpec, Take, worn_mask
from fashionmirror_core.training.sources.garments import GarmentPhotos
from fashionmirror_core.training.synthesis.bending import Bendable, random_pose
from fashionmirror_core.training.synthesis.flattening import flattened_garment, jittered

CLOTH_PICTURES, CLOTH_ROWS = 4, 160  # garment pictures a clip that is prepared for its labels alone; their rows at most
WORN_SHARE = 0.02  # of the person's pixels that a garment shows before a picture is cut from it


# ----------------------------------------------------------------------------------------------------------- the stage


def person_of(take: Take, frame: int) -> Person:
    """The person of a frame, as the data set knows it."""
    matte = take.mattes[frame].astype(np.float32) / 255
    return Person(take.frames[frame], matte, Pose(take.joints[frame], take.depth[frame]))


def facing(clip: Clip) -> Clip:
    """The longest run of frames in which the person faces the camera, as in a user's photo: frames with a gap between
    them are no neighbours.

    Raises InputError where hardly any frame is left.
    """
    kept = {name: _longest_run(shoulder_span(take.joints) > FACING) for name, take in clip.takes.items()}
    if not all(len(frames) for frames in kept.values()):
        raise InputError(f"{clip.id} shows nobody who faces the camera.")

    def renumbered(place: tuple[str, int]) -> tuple[str, int]:
        return place[0], int(np.searchsorted(kept[place[0]], place[1]))

    looks = [
        replace(look, source=renumbered(look.source), dressed=look.dressed and renumbered(look.dressed))
        for look in clip.looks
        if all(place is None or place[1] in kept[place[0]] for place in (look.source, look.dressed))
    ]
    takes = {
        name: replace(
            take,
            **{part: getattr(take, part)[kept[name]] for part in ("frames", "labels", "joints", "depth", "mattes")},
        )
        for name, take in clip.takes.items()
    }
    templates = {
        name: replace(template, frame=renumbered((name, template.frame))[1])
        for name, template in clip.templates.items()
        if template.frame in kept[name]
    }
    return replace(clip, takes=takes, looks=tuple(looks), templates=templates)


def _longest_run(chosen: np.ndarray) -> np.ndarray:
    """(n,) bool -> the numbers of the longest row of True without a gap."""
    numbers = np.flatnonzero(chosen)
    return max(np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1), key=len)


def motion_of(take: Take) -> Motion:
    """The take's true joints as a motion, in the pixels of its frames."""
    height, width = take.frames.shape[1:3]
    return Motion(take.joints, take.depth, take.fps, (width, height))


def with_frontal_sources(clip: Clip) -> Clip:
    """The clip with the looks whose source faces the camera, as a user's photo does. Its frames may turn as they like.

    Raises InputError where none does.
    """
    frontal = {name: shoulder_span(take.joints) > FACING for name, take in clip.takes.items()}
    if not any(frames.any() for frames in frontal.values()):
        raise InputError(f"{clip.id} shows nobody who faces the camera.")
    return replace(clip, looks=tuple(look for look in clip.looks if frontal[look.source[0]][look.source[1]]))


def staged(clip: Clip, size: tuple[int, int]) -> Clip:
    """All takes on one stage, that of the first look's source. Raises InputError where nobody stands there."""
    first = clip.looks[0].source if clip.looks else (next(iter(clip.takes)), 0)
    person = person_of(clip.takes[first[0]], first[1])
    if not (person.matte > 0.5).any():
        raise InputError("the source shows nobody; check its matte.")
    stage = person.stage(*size)
    templates = {
        name: replace(template, places=_nearest(template.places, stage)) for name, template in clip.templates.items()
    }
    takes = {name: _staged_take(take, stage) for name, take in clip.takes.items()}
    return replace(clip, takes=takes, templates=templates)


def _nearest(mask: np.ndarray, stage: Stage) -> np.ndarray:
    size = (stage.width, stage.height)
    return cv2.warpAffine(mask, stage.matrix, size, flags=cv2.INTER_NEAREST)


def _staged_take(take: Take, stage: Stage) -> Take:
    joints = take.joints.copy()
    joints[..., :2] = stage.from_photo(joints[..., :2])
    return Take(
        np.stack([stage.crop(frame, cv2.BORDER_REPLICATE) for frame in take.frames]),
        np.stack([_nearest(labels, stage) for labels in take.labels]),
        joints.astype(np.float32),
        (take.depth * stage.scale).astype(np.float32),
        np.stack([stage.crop(matte) for matte in take.mattes]),
        take.fps,
    )


# -------------------------------------------------------------------------------------------------------- pair synthesis


def flat_garments(clip: Clip, rng: np.random.Generator) -> dict[str, GarmentPicture]:
    """The clothes of a photo's person, flattened, as sharp as the photo shows them. Raises InputError where none can be."""
    (take, *_) = clip.takes.values()
    found = {category: flattened_garment(take, 0, category) for category in _worn_categories(take.labels[0])}
    garments = {f"own_{category}": jittered(flat, rng) for category, flat in found.items() if flat is not None}
    if not garments:
        raise InputError("no garment is seen well enough to be cut out.")
    return garments


def with_bent_sources(clip: Clip, bends: int, rng: np.random.Generator) -> Clip:
    """A photo's clip with bent twins as sources: the untouched photo is the target, its own clothes, flattened, are
    the garments (docs/method.md, "Pair synthesis").
    """
    (name, take), *_ = clip.takes.items()
    bendable = Bendable(take, 0)
    takes = {name: take}
    looks = []
    keys = tuple(clip.garments)
    for index in range(bends):
        twin = f"bent{index}"
        takes[twin] = bendable.bent(random_pose(take.joints[0], take.depth[0], rng))
        worn = keys if rng.random() < 0.5 else (keys[int(rng.integers(len(keys)))],)
        looks.append(LookSpec((twin, 0), worn, (twin, 0), name, "reconstruction"))
    return replace(clip, takes=takes, looks=tuple(looks))


def cloth_pictures(
    clip: Clip, photos: GarmentPhotos | None, rng: np.random.Generator, skipped: list[str]
) -> dict[str, GarmentPicture]:
    """Small pictures of photographed garments; none without photos."""
    if photos is None:
        garments: dict[str, GarmentPicture] = {}
    else:
        garments = {}
        most = min(CLOTH_PICTURES, sum(len(take) for take in clip.takes.values()))  # one is enough for a photo
        for number in rng.permutation(len(photos))[:most]:
            try:
                garments[f"cloth{len(garments)}"] = photos[int(number)]
            except DataError as error:
                skipped.append(str(error))
    return {key: replace(picture, image=_small(picture.image)) for key, picture in garments.items()}


def _small(picture: np.ndarray) -> np.ndarray:
    """A garment's picture (h, w, 4), at most ``CLOTH_ROWS`` rows high."""
    scale = min(1.0, CLOTH_ROWS / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _worn_categories(labels: np.ndarray) -> list[str]:
    """The categories that the person visibly wears, undermost first."""
    person = max(1, int((labels > 0).sum()))
    dress = worn_mask(labels, ("dress",)) & ~worn_mask(labels, ("upper",)) & ~worn_mask(labels, ("lower",))
    if dress.sum() > WORN_SHARE * person:
        return ["dress"]
    return [category for category in ("lower", "upper") if worn_mask(labels, (category,)).sum() > WORN_SHARE * person]


def drawn(looks: Sequence[LookSpec], counts: dict[str, int], rng: np.random.Generator) -> tuple[LookSpec, ...]:
    """Looks at random. counts: how many at most, by kind."""
    found = []
    for kind, count in counts.items():
        offered = [look for look in looks if look.kind == kind]
        found += [offered[pick] for pick in sorted(rng.permutation(len(offered))[:count])]
    return tuple(found)
