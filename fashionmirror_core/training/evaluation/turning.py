"""How well a person is shown as far as they turn: true clips, frame by frame, by bins of yaw.

Each clip's most frontal frame is dressed in its own clothes, from their pictures, and moved by the clip's true joints and
depth; each frame is compared with the clip's own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from fashionmirror_core.errors import InputError
from fashionmirror_core.look import Look
from fashionmirror_core.media.files import Change
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.motion.performing import heading
from fashionmirror_core.training.clips import Clip, ClipSource
from fashionmirror_core.training.evaluation import metrics
from fashionmirror_core.training.evaluation.judging import Features, as_tensor
from fashionmirror_core.training.evaluation.scenes import Scene, scenes
from fashionmirror_core.training.evaluation.systems import TRUTH, Values
from fashionmirror_core.training.sets.pairs import motion_of
from fashionmirror_core.tryon import TryOn

BINS = ((0, 19), (20, 49), (50, 79), (80, 109), (110, 180))  # whole degrees of yaw, both ends included
FRONTAL = 25.0  # degrees: a source frame is turned no further
TURNS = 60.0  # degrees that a clip's farthest frame is turned, from which on the clip counts as turning

TABLE = {
    "silhouette": "silhouette, IoU ↑",
    "clothing": "M_c, IoU ↑",
    "vgg": "VGG distance, person's box ↓",
    "flow_warp": "flow-warp error ↓",
    "face": "face, SSIM ↑",
}
"""What is measured in a frame, in the table's order; the arrow points to better."""

FILES = ("turns.json", "turns.md")


class TurningSource(ClipSource, Protocol):
    """Clips whose poses are known without reading their pictures."""

    def poses(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Joints (n, 25, 3) and depth (n, 25) of a clip's first outfit, as in ``Take``."""
        ...


class Drawer(Protocol):
    """Draws a dressed look in given poses. name: its row."""

    name: str

    def draw(self, look: Look, poses: Motion) -> Iterator[Drawn]: ...


@dataclass(frozen=True)
class Drawn:
    """A frame. image: (H, W, 3) uint8 on the photo's own background. alpha, clothing: (H, W) in [0, 1]."""

    image: np.ndarray
    alpha: np.ndarray
    clothing: np.ndarray


class EngineDrawer:
    """The engine, or with the generator after it."""

    def __init__(self, tryon: TryOn, finish: bool = False) -> None:
        self.tryon, self.finish = tryon, finish
        self.name = "finished" if finish else "engine"

    def draw(self, look: Look, poses: Motion) -> Iterator[Drawn]:
        for frame in self.tryon.frames(look, poses, stretch=True, finish=self.finish):
            yield Drawn(frame.image, frame.drawing.image[..., 3] / np.float32(255), frame.clothing_mask)


@dataclass(frozen=True)
class TurningOptions:
    """clips: at most, turning ones first; None takes all. seed: of their order. estimated: pose and matte are found as in a
    user's photo instead of taken from the data.
    """

    clips: int | None = None
    seed: int = 0
    estimated: bool = False


@dataclass
class Turns:
    """The report. settings: what the numbers depend on. clips: by name, the frames: their yaw and, by system, their values.
    skipped: clip -> why it was left out.
    """

    settings: dict[str, Any]
    clips: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, settings: dict[str, Any]) -> Turns:
        """What an earlier run with the same settings measured in this folder; an empty report where there was none.

        Raises InputError where it holds another report, or none that can be read.
        """
        file = folder / FILES[0]
        if not file.exists():
            return cls(settings)
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            found = cls(data["settings"], data["clips"], data["skipped"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{file}: no report of turns; give another folder.") from error
        if found.settings != settings:
            raise InputError(f"{file}: measured with other settings; give another folder, or --overwrite.")
        return found

    @property
    def systems(self) -> list[str]:
        frames = (frame for clip in self.clips.values() for frame in clip)
        return list(next(frames, {"values": {}})["values"])

    def mean(self, system: str, metric: str, degrees: tuple[int, int]) -> tuple[float, int]:
        """Over the frames of a bin that have it, and how many have."""
        found = [
            value
            for clip in self.clips.values()
            for frame in clip
            if in_bin(frame["yaw"], degrees) and (value := frame["values"][system].get(metric)) is not None
        ]
        return (float(np.mean(found)) if found else metrics.NAN), len(found)

    def count(self, degrees: tuple[int, int]) -> int:
        return sum(in_bin(frame["yaw"], degrees) for clip in self.clips.values() for frame in clip)

    def table(self) -> str:
        """Markdown: rows are metrics and systems, columns bins of yaw."""
        heads = [f"{low}-{high} ({self.count((low, high))})" for low, high in BINS]
        lines = [f"| degrees (frames) | {' | '.join(heads)} |", "| --- |" + " --- |" * len(BINS)]
        for metric, title in TABLE.items():
            for system in self.systems:
                cells = [self.mean(system, metric, degrees) for degrees in BINS]
                if any(number for _, number in cells):
                    places = 4 if metric == "flow_warp" else 3
                    shown = [f"{value:.{places}f}" if number else "–" for value, number in cells]
                    lines.append(f"| {title}: {system} | {' | '.join(shown)} |")
        return "\n".join(lines)

    def markdown(self) -> str:
        told = ", ".join(f"{name} {value}" for name, value in self.settings.items())
        left_out = [f"- left out: {name}: {why}" for name, why in self.skipped.items()]
        lines = [f"# Turns: {len(self.clips)} clips", "", f"{told}.", "", self.table(), "", *left_out]
        return "\n".join(lines).rstrip() + "\n"

    def write(self, folder: Path) -> None:
        """turns.json and turns.md. Raises InputError where the folder can't be written to."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another place.") from error
        means = {
            system: {
                metric: [None if not number else round(value, 5) for value, number in cells]
                for metric in TABLE
                if (cells := [self.mean(system, metric, degrees) for degrees in BINS])
            }
            for system in self.systems
        }
        with Change() as change:
            text = json.dumps({"bins": BINS, "means": means} | asdict(self), indent=1)
            change.file(folder / FILES[0]).write_text(text + "\n", encoding="utf-8")
            change.file(folder / FILES[1]).write_text(self.markdown(), encoding="utf-8")


def in_bin(yaw: float, degrees: tuple[int, int]) -> bool:
    """Whether a yaw of 0 to 180 degrees lies in a bin of whole degrees."""
    return degrees[0] <= yaw < degrees[1] + 1


def yaws(joints: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """(T,) degrees in [0, 180] that the trunk is turned away from the camera, of joints (T, 25, 3) and depth (T, 25)."""
    turned = np.degrees(heading(np.concatenate([joints[..., :2], depth[..., None]], -1).astype(np.float64)))
    return np.abs((turned + 180) % 360 - 180)


def measure_turns(
    source: TurningSource,
    tryon: TryOn,
    report: Turns,
    options: TurningOptions,
    features: Features | None = None,
    done: Callable[[Turns], object] = lambda report: None,
) -> Turns:
    """Adds to the report what it lacks; ``done`` is called with it after every clip, so that a run can be cut off.

    features: a VGG's maps; None doesn't measure their distance. Raises InputError where no clip could be measured.
    """
    left = len(source) if options.clips is None else options.clips
    for index in _order(source, options.seed, report):
        if left <= 0:
            break
        name = source.ids[index]
        if name in report.skipped:
            continue
        if name not in report.clips:
            try:
                report.clips[name] = _measured(source[index], tryon, options.estimated, features)
            except InputError as error:
                report.skipped[name] = str(error)
            done(report)
        left -= name in report.clips
    if not report.clips:
        why = next((f" ({name}: {why})" for name, why in report.skipped.items()), "")
        raise InputError(f"{source.name}: no clip could be measured{why}; give other data.")
    return report


def _order(source: TurningSource, seed: int, report: Turns) -> list[int]:
    """The clips' numbers, shuffled, those that turn first. Broken ones are written down as left out."""
    order = list(range(len(source)))
    random.Random(seed).shuffle(order)
    still = {}
    for index in order:
        try:
            still[index] = bool(yaws(*source.poses(index)).max() < TURNS)
        except InputError as error:
            report.skipped[source.ids[index]] = str(error)
    return sorted(still, key=lambda index: still[index])


def _measured(clip: Clip, tryon: TryOn, estimated: bool, features: Features | None) -> list[dict[str, Any]]:
    """The frames of a clip's first outfit; InputError where it can't be dressed."""
    outfit, take = next(iter(clip.takes.items()))
    turned = yaws(take.joints, take.depth)
    start = int(turned.argmin())
    if turned[start] > FRONTAL:
        raise InputError(f"no frame faces the camera; the nearest is turned by {turned[start]:.0f} degrees.")
    own = [
        index
        for index, look in enumerate(clip.looks)
        if look.source == (outfit, start) and look.kind == "reconstruction"
    ]
    refused: list[str] = []
    _, scene = next(scenes(clip, own[:1], estimated, refused), (0, None))
    if scene is None:
        raise InputError(refused[0] if refused else "it has no picture of its own clothes.")
    look = tryon.prepare(scene.person, scene.garments)
    poses = tryon.poses(look, motion_of(take), retargeted=False)
    drawers: Sequence[Drawer] = [EngineDrawer(tryon, finish) for finish in (False, True)[: 1 + tryon.finishes]]
    drawn = {drawer.name: list(drawer.draw(look, poses)) for drawer in drawers}
    values = {name: _values(frames, scene, features) for name, frames in drawn.items()}
    values[TRUTH] = [_known({"flow_warp": error}) for error in _warps(list(take.frames), scene)]
    return [
        {"frame": frame, "yaw": round(float(yaw), 1), "values": {name: values[name][frame] for name in values}}
        for frame, yaw in enumerate(turned)
    ]


def _values(frames: Sequence[Drawn], scene: Scene, features: Features | None) -> list[Values]:
    """By frame; what can't be measured there is left out."""
    take = scene.target
    assert take is not None
    warps = _warps([frame.image for frame in frames], scene)
    result = []
    for index, frame in enumerate(frames):
        regions = scene.regions[index]
        found: Values = {
            "silhouette": metrics.iou(frame.alpha, take.mattes[index] / 255),
            "clothing": metrics.iou(frame.clothing, scene.clothing[index]),
            "flow_warp": warps[index],
        }
        if features is not None:
            found["vgg"] = _distance(features, frame.image, take.frames[index], regions["person"])
        if scene.shows_face and metrics.face_seen(take.labels[index], take.joints[index]):
            found["face"] = metrics.ssim(frame.image, take.frames[index], regions["face"])
        result.append(_known(found))
    return result


def _known(values: Values) -> Values:
    return {name: round(float(value), 5) for name, value in values.items() if np.isfinite(value)}


@torch.inference_mode()
def _distance(features: Features, image: np.ndarray, truth: np.ndarray, box: np.ndarray) -> float:
    window = np.ix_(np.flatnonzero(box.any(1)), np.flatnonzero(box.any(0)))
    found, wanted = (features(as_tensor(picture[window])) for picture in (image, truth))
    return float(metrics.feature_distance(found, wanted))


def _warps(frames: Sequence[np.ndarray], scene: Scene) -> list[float]:
    """By frame: its flow-warp error against the one before; NaN for the first."""
    assert scene.target is not None
    motion, mattes = scene.motion, scene.target.mattes / 255
    errors = [metrics.NAN]
    for t in range(len(frames) - 1):
        step = metrics.TrueMotion(motion.maps[t : t + 1], motion.known[t : t + 1])
        errors.append(metrics.flow_warp_error(frames[t : t + 2], step, list(mattes[t : t + 2])))
    return errors
