"""How far the engine is from the truth: it dresses looks of a data set and is measured, always beside two baselines.

The systems are the source left unchanged, the analytic engine and, where there are some, trained weights. Each gets the
same person, garments and true joints; what it makes of them is held against the frames that show the look for real
(``metrics``). Swaps and reconstructions are reported apart. A report is a table, the same as JSON, and a sheet of the
best and the worst looks.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol
from zlib import crc32

import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.cloth.attention import letterboxed
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.look import Look
from fashionmirror_core.media.files import Change
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.person.person import Person
from fashionmirror_core.skeleton import Joint, Pose
from fashionmirror_core.training.clips import Clip, ClipSource, LookSpec, Take, worn_mask
from fashionmirror_core.training.evaluation import metrics, sheets
from fashionmirror_core.tryon import TryOn
from fashionmirror_core.vocabulary import DRESSING_ORDER, Category

KINDS = ("swap", "reconstruction")
FPS = 25.0  # a motion needs one; nothing here depends on it
BOX_MARGIN = 4  # pixels around the person
ON_SHEET = 2  # best and worst looks shown
FRAMES_ON_SHEET = 3
TRUTH, SOURCE, ANALYTIC, TRAINED = "truth", "source unchanged", "analytic", "trained"

Features = Callable[[Tensor], Sequence[Tensor]]
Progress = Callable[[int], object]
Values = dict[str, float]

TABLE = {
    "ssim": "SSIM, frame ↑",
    "ssim_person": "SSIM, person's box ↑",
    "ssim_clothes": "SSIM, clothes ↑",
    "ssim_shoes": "SSIM, shoes ↑",
    "ssim_hands": "SSIM, hands ↑",
    "ssim_face": "SSIM, face ↑",
    "psnr": "PSNR, frame, dB ↑",
    "psnr_person": "PSNR, person's box, dB ↑",
    "vgg_person": "VGG distance, person's box ↓",
    "lpips_person": "LPIPS, person's box ↓",
    "still_ssim_person": "SSIM, person's box, still ↑",
    "iou_removed": "IoU of M_r ↑",
    "iou_clothing_source": "IoU of M_c, still ↑",
    "iou_clothing": "IoU of M_c, frames ↑",
    "color_difference": "garment's colour, CIEDE2000 ↓",
    "face_identity": "face kept, SSIM with the source's ↑",
    "flow_warp_error": "flow-warp error ↓",
    "flow_warp_ratio": "flow-warp error, of the truth's own",
    "mask_consistency": "M_c from frame to frame, IoU ↑",
    "seconds_prepare": "preparation, s",
    "seconds_frame": "a frame, s",
}
"""Names and titles of all that is measured, in the table's order; the arrow points to better."""


# --------------------------------------------------------------------------------------------------- looks and systems


@dataclass(frozen=True)
class Task:
    """A look to be made: the person, the garments, and how to move (None where only the still is asked for)."""

    person: Person
    garments: tuple[Garment, ...]
    motion: Motion | None


@dataclass
class Answer:
    """What a system makes of a task; pictures (H, W, 3) uint8, masks (H, W) in [0, 1], None where it has none.

    joints: per frame (25, 3), where the person's are in it. look: of the engine, for the sheet.
    """

    still: np.ndarray | None
    removed: np.ndarray | None
    clothing: np.ndarray | None
    frames: list[np.ndarray]
    clothing_masks: list[np.ndarray] | None
    joints: list[np.ndarray]
    seconds: Values = field(default_factory=dict)
    look: Look | None = None


class System(Protocol):
    """Anything that dresses and drives a person. name: its column. weights: their id, "" without."""

    name: str
    weights: str

    def __call__(self, task: Task) -> Answer: ...


class SourceUnchanged:
    """The baseline that does nothing: the source's picture, in every frame."""

    name, weights = SOURCE, ""

    def __call__(self, task: Task) -> Answer:
        image, count = task.person.image, len(task.motion) if task.motion else 0
        return Answer(image, None, None, [image] * count, None, [task.person.pose.joints] * count)


class Engine:
    """The product's engine, as a user's clip goes through it, but with the true joints as they are."""

    def __init__(self, tryon: TryOn, name: str) -> None:
        self.tryon = tryon
        self.name = name
        self.weights = tryon.weights_id

    def dressed(self, task: Task) -> tuple[Look, Answer]:
        """The look, and the answer without its frames."""
        began = time.perf_counter()
        look = self.tryon.prepare(task.person, task.garments)
        answer = Answer(look.still, look.removed_mask, look.clothing_mask, [], [], [], look=look)
        answer.seconds["seconds_prepare"] = time.perf_counter() - began
        return look, answer

    def __call__(self, task: Task) -> Answer:
        look, answer = self.dressed(task)
        if task.motion is None:
            return answer
        spent, masks = [], []
        for frame in self.tryon.render(look, task.motion, retargeted=False, transition=0, background="keep"):
            answer.frames.append(frame.image)
            answer.joints.append(frame.pose.joints)
            masks.append(frame.clothing_mask)
            spent.append(frame.seconds["total"])
        answer.clothing_masks = masks
        answer.seconds["seconds_frame"] = float(np.mean(spent))
        return answer


def engines(weights: Sequence[str | Path], device: str = "auto") -> list[System]:
    """Both baselines, then the trained engine of each of the ``weights`` (see ``TryOn.load``) that has networks.

    One is named "trained", several by their files' names. Raises InputError where two have the same name.
    """
    trained = [tryon for tryon in (TryOn.load(device, weights=name) for name in weights) if tryon.has_networks]
    names = [TRAINED] if len(trained) == 1 else [tryon.weights_id for tryon in trained]
    if len(set(names)) < len(names):
        raise InputError("Two of the weights have the same name; rename one of the files, with its hash and card.")
    systems: list[System] = [SourceUnchanged(), Engine(TryOn.load(device, weights=None), ANALYTIC)]
    return systems + [Engine(tryon, name) for tryon, name in zip(trained, names, strict=True)]


class Scene:
    """One look of a clip: what is asked, and the truth where it is known. Masks are (H, W) bool."""

    def __init__(self, clip: Clip, spec: LookSpec, person: Person, garments: tuple[Garment, ...]) -> None:
        self.clip, self.spec, self.person, self.garments = clip, spec, person, garments
        take, index = clip.takes[spec.source[0]], spec.source[1]
        self.source_matte = take.mattes[index] / 255
        self.shows_face = metrics.face_seen(take.labels[index], take.joints[index])
        self.categories = tuple(clip.garments[key].category for key in spec.garments)
        self.removed = worn_mask(take.labels[index], self.categories)
        self.target: Take | None = None if spec.target is None else clip.takes[spec.target]

    @property
    def task(self) -> Task:
        return Task(self.person, self.garments, None if self.target is None else motion_of(self.target))

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
        return metrics.box_mask([self.source_matte, matte], BOX_MARGIN)

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


def motion_of(take: Take) -> Motion:
    """The take's true joints as a motion, in the pixels of its frames."""
    height, width = take.frames.shape[1:3]
    return Motion(take.joints, take.depth, FPS, (width, height))


# ------------------------------------------------------------------------------------------------------------ measuring


class Judge:
    """Measures answers. features: a VGG's maps of pictures (N, 3, H, W) in [0, 1]; lpips: see ``metrics``. Both may be
    None: then they aren't measured.
    """

    def __init__(self, features: Features | None, lpips: Callable[[Tensor, Tensor], Tensor] | None) -> None:
        self.features, self.lpips = features, lpips

    def against_truth(self, answer: Answer, scene: Scene) -> Values:
        """Everything that compares with true frames and masks."""
        values = dict(answer.seconds)
        if answer.removed is not None:
            values["iou_removed"] = metrics.iou(answer.removed, scene.removed)
        if scene.dressed is not None and answer.still is not None:
            picture, matte, clothing = scene.dressed
            values["still_ssim_person"] = metrics.ssim(answer.still, picture, scene.box(matte))
            if answer.clothing is not None:
                values["iou_clothing_source"] = metrics.iou(answer.clothing, clothing)
        if scene.target is None:
            return values
        frames = [
            self._frame(frame, truth, regions)
            for frame, truth, regions in zip(answer.frames, scene.target.frames, scene.regions, strict=True)
        ]
        values |= {name: metrics.mean_of([frame[name] for frame in frames]) for name in frames[0]}
        if answer.clothing_masks is not None:
            pairs = zip(answer.clothing_masks, scene.clothing, strict=True)
            values["iou_clothing"] = metrics.mean_of([metrics.iou(mask, truth) for mask, truth in pairs])
        return values

    def _frame(self, frame: np.ndarray, truth: np.ndarray, regions: dict[str, np.ndarray]) -> Values:
        similar = metrics.ssim_map(frame, truth)
        values = {"ssim": metrics.mean_in(similar), "psnr": metrics.psnr(frame, truth)}
        values |= {f"ssim_{name}": metrics.mean_in(similar, region) for name, region in regions.items()}
        values["psnr_person"] = metrics.psnr(frame, truth, regions["person"])
        return values | self._perceived(frame, truth, regions["person"])

    @torch.inference_mode()
    def _perceived(self, frame: np.ndarray, truth: np.ndarray, box: np.ndarray) -> Values:
        """Distances of deep features inside the box."""
        window = np.ix_(np.flatnonzero(box.any(1)), np.flatnonzero(box.any(0)))
        found, wanted = _picture(frame[window]), _picture(truth[window])
        values = {}
        if self.features is not None:
            distance = metrics.feature_distance(self.features(found), self.features(wanted))
            values["vgg_person"] = float(distance)
        if self.lpips is not None:
            values["lpips_person"] = float(self.lpips(found, wanted))
        return values

    def own(self, answer: Answer, scene: Scene) -> Values:
        """What can be said of the true frames, too."""
        if scene.target is None:
            return {}
        count = len(answer.frames)
        values = {
            "face_identity": metrics.mean_of([self._face(answer, scene, k) for k in range(count)]),
            "color_difference": metrics.mean_of([self._color(answer.frames[k], scene, k) for k in range(count)]),
            "flow_warp_error": metrics.flow_warp_error(answer.frames, scene.motion, list(scene.target.mattes / 255)),
        }
        if answer.clothing_masks is not None:
            values["mask_consistency"] = metrics.mask_consistency(answer.clothing_masks, scene.motion)
        return values

    def _face(self, answer: Answer, scene: Scene, k: int) -> float:
        """Of frames whose truth shows the face, if the source does."""
        assert scene.target is not None
        if not scene.shows_face or not metrics.face_seen(scene.target.labels[k], scene.target.joints[k]):
            return metrics.NAN
        return metrics.face_similarity(answer.frames[k], answer.joints[k], scene.person.image, scene.person.pose.joints)

    def _color(self, frame: np.ndarray, scene: Scene, k: int) -> float:
        """Each garment where the truth wears it: a system that leaves the old cloth there is told."""
        assert scene.target is not None
        differences = []
        for key in scene.spec.garments:
            garment = scene.clip.garments[key]
            here = worn_mask(scene.target.labels[k], (garment.category,))
            differences.append(metrics.garment_color_difference(frame, here, garment.image))
        return metrics.mean_of(differences)


def _picture(frame: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(frame.transpose(2, 0, 1))).float()[None] / 255


def judged(judge: Judge, scene: Scene, answers: dict[str, Answer]) -> dict[str, Values]:
    """Values by system, with the truth's own among them."""
    truth = judge.own(scene.truth, scene)
    values = {TRUTH: truth} | {
        name: judge.against_truth(answer, scene) | judge.own(answer, scene) for name, answer in answers.items()
    }
    for found in values.values():
        if truth.get("flow_warp_error"):
            found["flow_warp_ratio"] = found["flow_warp_error"] / truth["flow_warp_error"]
    return values


# ------------------------------------------------------------------------------------------------------------- reports


@dataclass(frozen=True)
class LookResult:
    """values: by system and metric (names of ``TABLE``)."""

    clip: str
    look: int
    kind: str
    frames: int
    values: dict[str, Values]


@dataclass
class Report:
    """What was measured, on what. systems: name -> weights. skipped: one line for each clip or look left out."""

    data: str
    licence: str
    systems: dict[str, str]
    estimated: bool
    looks: list[LookResult] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    sheet: np.ndarray | None = field(default=None, repr=False)

    def of_kind(self, kind: str) -> list[LookResult]:
        return [look for look in self.looks if look.kind == kind]

    def mean(self, kind: str, system: str, metric: str) -> float:
        """Over the looks that have it; NaN where none has."""
        return metrics.mean_of([look.values[system].get(metric, metrics.NAN) for look in self.of_kind(kind)])

    def table(self) -> str:
        """Markdown: rows are metrics, columns systems, with swaps and reconstructions one below the other."""
        columns = [TRUTH, *self.systems]
        lines = [f"| | {' | '.join(columns)} |", "| --- |" + " --- |" * len(columns)]
        for kind in KINDS:
            looks = self.of_kind(kind)
            if not looks:
                continue
            frames = sum(look.frames for look in looks)
            lines.append(f"| **{kind}**: {len(looks)} looks, {frames} frames |" + " |" * len(columns))
            for metric, title in TABLE.items():
                means = [self.mean(kind, system, metric) for system in columns]
                if not np.isnan(means).all():
                    lines.append(f"| {title} | {' | '.join(_number(metric, mean) for mean in means)} |")
        return "\n".join(lines)

    def markdown(self) -> str:
        weights = ", ".join(f"{name}: {found}" for name, found in self.systems.items() if found)
        persons = "estimated from the source's picture" if self.estimated else "the data's own joints and matte"
        lines = [
            f"# {self.data}",
            "",
            f"Licence: {self.licence}. Weights: {weights}. Persons: {persons}. Left out: {len(self.skipped)}.",
            "",
            self.table(),
            *(["", *(f"- left out: {line}" for line in self.skipped)] if self.skipped else []),
        ]
        return "\n".join(lines) + "\n"

    def as_json(self) -> str:
        """NaN is null."""
        kinds = {kind: len(self.of_kind(kind)) for kind in KINDS if self.of_kind(kind)}
        means = {
            kind: {
                system: _known({metric: self.mean(kind, system, metric) for metric in TABLE})
                for system in (TRUTH, *self.systems)
            }
            for kind in kinds
        }
        looks = [
            {"clip": look.clip, "look": look.look, "kind": look.kind, "frames": look.frames}
            | {"values": {system: _known(values) for system, values in look.values.items()}}
            for look in self.looks
        ]
        return json.dumps(
            {
                "data": self.data,
                "licence": self.licence,
                "systems": self.systems,
                "estimated": self.estimated,
                "counts": kinds,
                "means": means,
                "looks": looks,
                "skipped": self.skipped,
            },
            indent=2,
        )

    def write(self, folder: Path) -> None:
        """report.json, report.md and sheet.png. Raises InputError where the folder can't be written to."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another place.") from error
        with Change() as change:  # the three belong together
            change.file(folder / "report.json").write_text(self.as_json() + "\n", encoding="utf-8")
            change.file(folder / "report.md").write_text(self.markdown(), encoding="utf-8")
            if self.sheet is not None:
                sheets.write_png(change.file(folder / "sheet.png"), self.sheet)


def _known(values: Values) -> dict[str, float | None]:
    """What was measured, for JSON; NaN becomes None."""
    return {
        metric: None if np.isnan(values[metric]) else round(values[metric], 5) for metric in TABLE if metric in values
    }


def _number(metric: str, value: float) -> str:
    if np.isnan(value):
        return "–"
    places = 1 if metric.startswith(("psnr", "color")) else 4 if metric == "flow_warp_error" else 3
    return f"{value:.{places}f}"


# -------------------------------------------------------------------------------------------------------------- sheets


class Gallery:
    """Keeps the sheets of the best and the worst looks, by SSIM of the last system."""

    def __init__(self) -> None:
        self.kept: list[tuple[float, np.ndarray]] = []

    def add(self, result: LookResult, scene: Scene, answers: dict[str, Answer]) -> None:
        if not any(answer.look for answer in answers.values()):
            return
        scores = {name: result.values[name].get("ssim_person", metrics.NAN) for name in answers}
        if scene.target is None or np.isnan(score := list(scores.values())[-1]):
            return
        said = ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
        title = f"{result.clip} look {result.look} ({result.kind}); SSIM of the person's box: {said}"
        self.kept.append((score, look_sheet(title, scene, answers)))
        self.kept.sort(key=lambda entry: -entry[0])
        if len(self.kept) > 2 * ON_SHEET:
            self.kept = self.kept[:ON_SHEET] + self.kept[-ON_SHEET:]

    @property
    def sheet(self) -> np.ndarray | None:
        """Best first."""
        return sheets.stacked([picture for _, picture in self.kept]) if self.kept else None


def look_sheet(title: str, scene: Scene, answers: dict[str, Answer]) -> np.ndarray:
    """Source, garment and truth; below them each engine's frames, attention and masks."""
    assert scene.target is not None
    shown = np.unique(np.linspace(0, len(scene.target) - 1, FRAMES_ON_SHEET).round().astype(int))
    engines = {name: answer for name, answer in answers.items() if answer.look is not None}
    garment = max(
        scene.garments, key=lambda worn: DRESSING_ORDER.index(worn.category)
    )  # the one that has the attention
    stages = [answer.look.stage for answer in engines.values() if answer.look is not None]
    laid_out = letterboxed(garment, (stages[0].height, stages[0].width))
    rows: list[list[sheets.Captioned]] = [
        [
            ("source", scene.person.image),
            ("garment", garment.image),
            ("its places", sheets.painted_places(laid_out)),
            *[(f"truth, frame {k}", scene.target.frames[k]) for k in shown],
        ]
    ]
    for name, answer in engines.items():
        look, masks = answer.look, answer.clothing_masks
        assert look is not None
        assert masks is not None
        assert answer.still is not None
        points = look.pose.points
        # Where this garment surely is: on the chest, or between hips and knees.
        upper = garment.category != Category.LOWER
        place = (
            0.75 * points[Joint.NECK] + 0.25 * points[Joint.MID_HIP]
            if upper
            else 0.75 * points[Joint.L_HIP] + 0.25 * points[Joint.L_KNEE]
        )
        rows.append([
            (f"{name}: still", answer.still),
            ("places attended to", sheets.painted_attention(answer.still, look.clothing_mask, look.attention, look.stage)),
            (
                f"the {'chest' if upper else 'left thigh'} attends to",
                sheets.attention_heat(laid_out, look.attention, look.stage, place),
            ),
            *[(f"{name}, frame {k}", answer.frames[k]) for k in shown],
        ])  # fmt: skip
        true_still = None if scene.dressed is None else sheets.tinted(scene.dressed[0], scene.dressed[2])
        rows.append([
            (f"{name}: M_r", sheets.tinted(scene.person.image, look.removed_mask)),
            ("M_c", sheets.tinted(answer.still, look.clothing_mask)),
            ("true M_c", true_still),
            *[(f"M_c, frame {k}", sheets.tinted(answer.frames[k], masks[k])) for k in shown],
        ])  # fmt: skip
    return sheets.grid(title, rows)


# ----------------------------------------------------------------------------------------------------------- evaluation


@dataclass(frozen=True)
class EvaluationOptions:
    """limit: looks at most, spread over the clips. kinds: of KINDS. estimated: pose and matte are found as in a user's
    photo instead of taken from the data. seed: of the choice. features, lpips: see ``Judge``.
    """

    limit: int | None = None
    kinds: tuple[str, ...] = KINDS
    estimated: bool = False
    seed: int = 0
    features: Features | None = None
    lpips: Callable[[Tensor, Tensor], Tensor] | None = None


def evaluate(
    source: ClipSource, systems: Sequence[System], options: EvaluationOptions, progress: Progress | None = None
) -> Report:
    """Measures every system on the same looks.

    progress is called with the number of looks done. A broken clip, or a person or garment that the engine refuses, is
    named in the report and left out.
    Raises InputError where nothing is left to measure.
    """
    report = Report(source.name, source.licence, {system.name: system.weights for system in systems}, options.estimated)
    judge, gallery = Judge(options.features, options.lpips), Gallery()
    for clip, indices in chosen(source, options, report.skipped):
        for index, scene in scenes(clip, indices, options.estimated, report.skipped):
            try:
                answers = {system.name: system(scene.task) for system in systems}
            except InputError as error:
                report.skipped.append(f"{clip.id}, look {index}: {error}")
                continue
            count = 0 if scene.target is None else len(scene.target)
            result = LookResult(clip.id, index, scene.spec.kind, count, judged(judge, scene, answers))
            report.looks.append(result)
            gallery.add(result, scene, answers)
            if progress:
                progress(len(report.looks))
    if not report.looks:
        why = f" ({report.skipped[0]})" if report.skipped else ""
        raise InputError(f"{source.name}: no look could be measured{why}; give other data or another --kind.")
    report.sheet = gallery.sheet
    return report


def chosen(source: ClipSource, options: EvaluationOptions, skipped: list[str]) -> Iterator[tuple[Clip, list[int]]]:
    """Clips with the numbers of the looks to measure, in an order drawn by the seed; broken clips go to ``skipped``."""
    order = list(range(len(source)))
    random.Random(options.seed).shuffle(order)
    left = options.limit
    for visited, at in enumerate(order):
        if left is not None and left <= 0:
            return
        try:
            clip = source[at]
        except InputError as error:
            skipped.append(str(error))
            continue
        indices = _alternating(clip, options, visited)
        if left is not None:
            indices = indices[: -(-left // (len(order) - visited))]
            left -= len(indices)
        yield clip, indices


def _alternating(clip: Clip, options: EvaluationOptions, turn: int) -> list[int]:
    """The clip's looks, shuffled, one kind after the other; ``turn`` says which comes first."""
    draw = random.Random(options.seed ^ crc32(clip.id.encode()))
    queues = []
    for kind in KINDS if turn % 2 == 0 else KINDS[::-1]:
        found = [index for index, look in enumerate(clip.looks) if look.kind == kind and kind in options.kinds]
        draw.shuffle(found)
        queues.append(found)
    longest = max(map(len, queues))
    return [queue[k] for k in range(longest) for queue in queues if k < len(queue)]


def scenes(clip: Clip, indices: Sequence[int], estimated: bool, skipped: list[str]) -> Iterator[tuple[int, Scene]]:
    """The looks of a clip, ready; each garment is read once. What is refused goes to ``skipped``."""
    garments: dict[str, Garment] = {}
    for index in indices:
        spec = clip.looks[index]
        try:
            for key in spec.garments:
                if key not in garments:
                    picture = clip.garments[key]
                    garments[key] = replace(Garment.from_photo(picture.image, picture.category), flat=picture.flat)
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
