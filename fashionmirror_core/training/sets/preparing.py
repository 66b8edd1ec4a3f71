"""From a data set to a prepared one: the engine dresses every chosen look once, so that training needs no engine.

The networks therefore see the same in training as in use: the priors of the engine's own parser, fit and layers. Photos,
which show one pose in one outfit, get a bent twin as their source first (``pairs``).
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

from fashionmirror_core.cloth.attention import garment_flow
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.networks import weights as weights_files
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.undressing import removed_mask
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.training.clips import Clip, ClipSource, DataError, GarmentPicture, LookSpec
from fashionmirror_core.training.flat_layers.looks import FlatLook, flat_fit, flat_look
from fashionmirror_core.training.sets.draping import draped_looks
from fashionmirror_core.training.sets.packed import (
    FLOW_STEP_PIXELS,
    SUFFIX,
    PreparedLook,
    SetInfo,
    SizingTarget,
    stored_layers,
)
from fashionmirror_core.training.sets.packing import write_clip
from fashionmirror_core.training.sets.pairs import (
    cloth_pictures,
    drawn,
    facing,
    flat_garments,
    person_of,
    staged,
    with_bent_sources,
    with_unworn_garments,
)
from fashionmirror_core.training.sets.tailor import sizing_target
from fashionmirror_core.training.sets.workers import shared_out
from fashionmirror_core.training.sources.garments import GarmentPhotos
from fashionmirror_core.tryon import TryOn


@dataclass(frozen=True)
class Preparation:
    """How a set is prepared.

    stage: (H, W). swaps, reconstructions: looks of either kind a clip, drawn from those it offers. bends: sources made
    from one photo. extra: looks a clip with a garment picture that nobody wears: they teach M_r alone. jitter: standard
    deviation of the source's joints, stage pixels at a height of 256. seed: of every draw. weights: see ``TryOn.load``;
    with trained ones the layers are theirs. sizing: find the sizing network's targets, too (seconds a garment).
    labels_only: no looks, only the frames with their label maps, from which ``parsing`` learns; garment pictures
    that nobody wears are the cloth that people are given then. drapes: garments a clip that the engine's cloth puts on a
    person, for the co-attention (ten seconds each). refuse: a broken clip ends the preparation instead of
    being skipped.
    """

    stage: tuple[int, int] = (256, 192)
    swaps: int = 4
    reconstructions: int = 1
    bends: int = 2
    extra: int = 1
    jitter: float = 1.0
    seed: int = 0
    weights: str | None = None
    sizing: bool = False
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
        drapes = draped_looks(_tryon(how.stage, how.weights), staged, how.drapes, rng, skipped) if how.drapes else ()
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
    original = facing(clip)
    clip = staged(original, how.stage)
    if how.labels_only:
        return replace(clip, garments=clip.garments | cloth_pictures(clip, extra, rng, skipped)), []
    if all(len(take) == 1 for take in clip.takes.values()):
        clip = with_bent_sources(replace(clip, garments=flat_garments(original, rng)), how.bends, rng)
    else:
        clip = replace(clip, looks=drawn(clip.looks, {"swap": how.swaps, "reconstruction": how.reconstructions}, rng))
    if extra is not None:
        clip = with_unworn_garments(clip, how.extra, extra, rng, skipped)
    tryon = _tryon(how.stage, how.weights)
    garments: dict[str, Garment] = {}
    for key in sorted({key for spec in clip.looks for key in spec.garments}):
        picture = clip.garments[key]
        try:
            garments[key] = picture.garment()
        except InputError as error:
            skipped.append(f"{clip.id}, garment {key}: {error}")
    looks: list[PreparedLook] = []
    sized: set[str] = set()
    for spec in clip.looks:
        if not all(key in garments for key in spec.garments):
            continue
        try:
            worn = [garments[key] for key in spec.garments]
            looks.append(_prepared_look(tryon, clip, spec, worn, how, rng, sized))
        except InputError as error:
            skipped.append(f"{clip.id}, {spec.source[0]} {spec.source[1]}: {error}")
    pictures = {key: GarmentPicture(g.image, g.category, g.flat) for key, g in garments.items()}
    return replace(clip, garments=pictures, looks=tuple(look.spec for look in looks)), looks


@cache
def _tryon(stage: tuple[int, int], weights: str | None) -> TryOn:
    return TryOn.load("cpu", stage, weights)


# ------------------------------------------------------------------------------------------------------------- the look


def _prepared_look(
    tryon: TryOn,
    clip: Clip,
    spec: LookSpec,
    garments: Sequence[Garment],
    how: Preparation,
    rng: np.random.Generator,
    sized: set[str],
) -> PreparedLook:
    person = person_of(clip.takes[spec.source[0]], spec.source[1])
    joints = person.pose.joints.astype(np.float32).copy()
    joints[:, :2] += rng.normal(0, how.jitter * how.stage[0] / 256, (len(joints), 2))
    person = replace(person, pose=Pose(joints, person.pose.depth))
    itself = Stage(*how.stage, 1.0, (0.0, 0.0))
    look = flat_look(tryon, person, garments, itself)
    flows, cloths = [], []
    for garment in look.garments:
        fit = flat_fit(tryon, garment, look.subject)
        flow, cloth = garment_flow(fit, garment, how.stage)
        flows.append(np.ascontiguousarray(flow[:, ::FLOW_STEP_PIXELS, ::FLOW_STEP_PIXELS]))
        cloths.append(_bytes(cloth))
    by_image = {id(garment.image): key for key, garment in zip(spec.garments, garments, strict=True)}
    worn = tuple(by_image[id(garment.image)] for garment in look.garments)
    return PreparedLook(
        spec=replace(spec, garments=worn),
        joints=joints,
        depth=person.pose.depth.astype(np.float32),
        matte=_bytes(look.subject.matte),
        hair=_bytes(look.subject.parsing.hair),
        removed=_bytes(
            removed_mask(look.subject.parsing, [worn.category for worn in look.garments], look.subject.body)
        ),
        garment_flows=tuple(flows),
        cloths=tuple(cloths),
        layers=stored_layers(look.layers, itself),
        plate=look.plate,
        sizing=_sizing_targets(clip, spec, look, worn, sized) if how.sizing else (),
    )


def _sizing_targets(
    clip: Clip, spec: LookSpec, look: FlatLook, keys: Sequence[str], sized: set[str]
) -> tuple[SizingTarget | None, ...]:
    """Of the look's garments in its order, where the truth of the source's pose is known; each garment once a clip.

    keys: the garments' names. sized: those that were looked for before, to which these are added.
    """
    if spec.dressed is None:
        return ()
    take, frame = spec.dressed
    labels, subject = clip.takes[take].labels[frame], look.subject
    targets = tuple(
        None if key in sized else sizing_target(garment, subject.body, subject.size, subject.floor, labels)
        for key, garment in zip(keys, look.garments, strict=True)
    )
    sized.update(keys)
    return targets


def _bytes(mask: np.ndarray) -> np.ndarray:
    return to_8bit(mask * 255)
