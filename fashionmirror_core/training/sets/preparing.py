"""From a data set to a prepared one: the engine dresses every chosen look once and draws its frames, so that training needs
no engine.

The networks therefore see the same in training as in use: the engine's own drape, frames and what geometry knows of them.
Photos, which show one pose in one outfit, get a bent twin as their source first (``pairs``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
import torch

from fashionmirror_core.drawing.drawing import Drawing
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.look import Look
from fashionmirror_core.networks import weights as weights_files
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.training.clips import Clip, ClipSource, DataError, GarmentPicture, LookSpec, Take
from fashionmirror_core.training.sets.draping import draped_looks
from fashionmirror_core.training.sets.packed import (
    FLOW_STEP_PIXELS,
    SUFFIX,
    Draped,
    DrawnFrame,
    PreparedLook,
    SetInfo,
)
from fashionmirror_core.training.sets.packing import write_clip
from fashionmirror_core.training.sets.pairs import (
    cloth_pictures,
    drawn,
    facing,
    flat_garments,
    motion_of,
    person_of,
    staged,
    with_bent_sources,
    with_frontal_sources,
)
from fashionmirror_core.training.sets.templates import told_looks
from fashionmirror_core.training.sets.workers import shared_out
from fashionmirror_core.training.sources.garments import GarmentPhotos
from fashionmirror_core.tryon import TryOn


@dataclass(frozen=True)
class Preparation:
    """How a set is prepared.

    stage: (H, W). swaps, reconstructions: looks of either kind a clip, drawn from those it offers. bends: sources made
    from one photo. stills: dress the looks without drawing their frames, from which ``finish`` learns. seed: of every
    draw. weights: see ``TryOn.load``. labels_only: no looks, only the frames with their label maps, from which ``labels``
    learns; garment pictures that nobody wears are the cloth that people are given then. drapes: garments a clip that
    the engine's cloth puts on a person, for the co-attention (ten seconds each). refuse: a broken clip ends the
    preparation instead of being skipped.
    """

    stage: tuple[int, int] = (256, 192)
    swaps: int = 4
    reconstructions: int = 1
    bends: int = 2
    stills: bool = False
    seed: int = 0
    weights: str | None = None
    labels_only: bool = False
    drapes: int = 0
    refuse: bool = False


@dataclass
class Prepared:
    """The result: clips and looks written now, clips that were there before, and one line for each that was left out."""

    clips: int = 0
    looks: int = 0
    there: int = 0
    skipped: list[str] = field(default_factory=list)


def prepare(
    source: ClipSource,
    folder: Path,
    how: Preparation,
    extra_garments: GarmentPhotos | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Prepared:
    """Writes the set to ``folder``, which may hold a part of it already. progress: called with clips done, of how many.

    Raises DataError for a broken clip if ``how.refuse``; InputError if the folder holds another set.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written to ({error.strerror}); choose another folder.") from error
    settings = {name: value for name, value in asdict(how).items() if name not in ("stage", "weights", "refuse")}
    settings["garments"] = None if extra_garments is None else extra_garments.name
    info = SetInfo(source.name, source.licence, source.commercial, how.stage, _weights_id(how.weights), settings)
    try:
        known = SetInfo.read(folder)
    except DataError:
        raise
    except InputError:
        info.write(folder)
        known = info
    if known != info:
        raise InputError(
            f"{folder} holds another set ({known.name}, weights {known.weights}, {known.settings}); choose another folder."
        )

    result = Prepared()
    missing = [index for index, name in enumerate(source.ids) if not (folder / f"{name}{SUFFIX}").is_file()]
    result.there = len(source) - len(missing)
    with closing(_each(source, missing, folder, how, extra_garments, workers)) as each:
        for done, (looks, skipped) in enumerate(each, 1):
            result.clips += looks is not None
            result.looks += looks or 0
            result.skipped += skipped
            if progress:
                progress(result.there + done, len(source))
    return result


def _each(
    source: ClipSource,
    indices: Sequence[int],
    folder: Path,
    how: Preparation,
    extra: GarmentPhotos | None,
    workers: int | None,
) -> Generator[tuple[int | None, list[str]], None, None]:
    """Clips one after the other, or by several processes."""
    processes = min(workers or os.cpu_count() or 1, max(1, len(indices)))
    if processes == 1:
        for index in indices:
            yield _prepare_one(source, index, folder, how, extra)
        return
    work = partial(_prepare_one, source, folder=folder, how=how, extra=extra)
    yield from shared_out(work, indices, processes, _one_thread)


def _one_thread() -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def _prepare_one(
    source: ClipSource, index: int, folder: Path, how: Preparation, extra: GarmentPhotos | None
) -> tuple[int | None, list[str]]:
    """How many looks were written (None: no clip was), and a line with its reason for each that was left out."""
    try:
        clip = source[index]
    except DataError as error:
        if how.refuse:
            raise
        return None, [str(error)]
    rng = np.random.default_rng([how.seed, crc32(clip.id.encode())])
    skipped: list[str] = []
    try:
        staged, looks = prepared_clip(clip, how, rng, extra, skipped)
    except InputError as error:
        return None, [f"{clip.id}: {error}"]
    except Exception as error:  # our own fault must not end a preparation of hours; it is reported with its clip
        if how.refuse:
            raise DataError(clip.id, f"the engine failed on it ({type(error).__name__}: {error}).") from error
        return None, [f"{clip.id}: the engine failed on it ({type(error).__name__}: {error})."]
    if not looks and not how.labels_only:
        return None, [*skipped, f"{clip.id}: no look could be prepared."]
    try:
        drapes: list[Draped] = []
        if how.drapes:
            staged, drapes = draped_looks(_tryon(how.stage, how.weights), staged, how.drapes, rng, skipped)
        if how.labels_only:
            drapes += told_looks(staged)
        write_clip(folder, staged, looks, drapes)
    except OSError as error:
        raise InputError(f"{folder}: {clip.id} cannot be written ({error.strerror}); make room and go on.") from error
    return len(looks), skipped


def _weights_id(weights: str | None) -> str:
    """Name and hash of the weights that dress the looks; raises InputError where there are none of that name."""
    if weights is None:
        return "analytic"
    path = weights_files.located(weights)
    if not path.is_file():
        raise InputError(f"There are no weights {weights}; give another name, a file, or none.")
    return f"{path.stem} {weights_files.sha256(path)[:12]}"


def prepared_clip(
    clip: Clip, how: Preparation, rng: np.random.Generator, extra: GarmentPhotos | None, skipped: list[str]
) -> tuple[Clip, list[PreparedLook]]:
    """The clip on the stage and its looks; a line for each that the engine refuses goes to ``skipped``."""
    original = facing(clip) if how.labels_only else with_frontal_sources(clip)
    clip = staged(original, how.stage)
    if how.labels_only:
        shown = clip.garments | cloth_pictures(clip, extra, rng, skipped)
        return replace(clip, garments={key: _looked_at(picture) for key, picture in shown.items()}), []
    if all(len(take) == 1 for take in clip.takes.values()):
        clip = with_bent_sources(replace(clip, garments=flat_garments(original, rng)), how.bends, rng)
    else:
        clip = replace(clip, looks=drawn(clip.looks, {"swap": how.swaps, "reconstruction": how.reconstructions}, rng))
    tryon = _tryon(how.stage, how.weights)
    garments: dict[str, Garment] = {}
    for key in sorted({key for spec in clip.looks for key in spec.garments}):
        picture = clip.garments[key]
        try:
            garments[key] = picture.garment()
        except InputError as error:
            skipped.append(f"{clip.id}, garment {key}: {error}")
    looks: list[PreparedLook] = []
    for spec in clip.looks:
        if not all(key in garments for key in spec.garments):
            continue
        try:
            worn = [garments[key] for key in spec.garments]
            looks.append(_prepared_look(tryon, clip, spec, worn, how))
        except InputError as error:
            skipped.append(f"{clip.id}, {spec.source[0]} {spec.source[1]}: {error}")
    pictures = {key: GarmentPicture.of(garment) for key, garment in garments.items()}
    return replace(clip, garments=pictures, looks=tuple(look.spec for look in looks)), looks


def _looked_at(picture: GarmentPicture) -> GarmentPicture:
    """The picture as the engine would wear it, with landmarks; as it is where it can't be worn: it is cloth all the same."""
    try:
        return GarmentPicture.of(picture.garment())
    except InputError:
        return picture


@cache
def _tryon(stage: tuple[int, int], weights: str | None) -> TryOn:
    return TryOn.load("cpu", stage, weights)


# ------------------------------------------------------------------------------------------------------------- the look


def _prepared_look(
    tryon: TryOn, clip: Clip, spec: LookSpec, garments: Sequence[Garment], how: Preparation
) -> PreparedLook:
    person = person_of(clip.takes[spec.source[0]], spec.source[1])
    look = tryon.prepare(person, garments, stage=Stage(*how.stage, 1.0, (0.0, 0.0)))
    by_image = {id(garment.image): key for key, garment in zip(spec.garments, garments, strict=True)}
    drawn: tuple[DrawnFrame, ...] = ()
    if not how.stills and spec.target is not None:
        drawn = _drawn(tryon, look, clip.takes[spec.target])
    return PreparedLook(
        spec=replace(spec, garments=tuple(by_image[id(garment.image)] for garment in look.garments)),
        still=look.still,
        cover=np.ascontiguousarray(look.at_rest.image[..., 3]),
        clothing=to_8bit(look.clothing_mask * 255),
        drawn=drawn,
    )


def _drawn(tryon: TryOn, look: Look, target: Take) -> tuple[DrawnFrame, ...]:
    """The look in the target's true poses, frame by frame."""
    poses = tryon.poses(look, motion_of(target), retargeted=False)
    result: list[DrawnFrame] = []
    previous: Drawing | None = None
    for frame in tryon.frames(look, poses, stretch=True):
        guides = look.guide.of(frame.drawing, previous)
        previous = frame.drawing
        result.append(
            DrawnFrame(
                image=frame.image,
                cover=to_8bit(guides.cover * 255),
                clothing=to_8bit(guides.clothing * 255),
                unseen=to_8bit(guides.unseen * 255),
                normals=to_8bit(127.5 + 127.5 * guides.normals.transpose(1, 2, 0)),
                flow=_every_second(guides.flow),
                back=_every_second(guides.back),
            )
        )
    return tuple(result)


def _every_second(flow: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(flow[:, ::FLOW_STEP_PIXELS, ::FLOW_STEP_PIXELS])
