"""A clip: frames in order into a file, with progress, cancel, mask and frame folders and a report."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from fashionmirror_core.cloth.verdict import Verdict
from fashionmirror_core.errors import Cancelled
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.look import Look
from fashionmirror_core.media.files import Change
from fashionmirror_core.media.images import write_image
from fashionmirror_core.media.writing import check_clip, is_sequence, open_clip
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.person.person import Person
from fashionmirror_core.tryon import TRANSITION_FRAMES, TryOn

Progress = Callable[[int, int | None], None]
STAGES = ("pose", "cloth", "drawing", "finish", "masks", "total")


class Spread(BaseModel):
    """Seconds over the frames of a clip."""

    median: float
    p95: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        return cls(median=statistics.median(values), p95=float(np.percentile(values, 95)))


class GarmentReport(BaseModel):
    """How a garment lies, see ``cloth.verdict.Verdict``. pattern: what it is sewn as. lengths: metres. passed: whether the
    drape can be trusted. stretch_p99: of the cloth's edges. penetration: share of the cloth inside the body. speed: metres
    a second at rest.
    """

    category: str
    pattern: str
    lengths: dict[str, float]
    passed: bool
    stretch_p99: float
    penetration: float
    speed: float
    doubts: list[str]

    @classmethod
    def of(cls, garment: Garment, verdict: Verdict) -> GarmentReport:
        return cls(
            category=garment.category, pattern=verdict.kind, lengths=verdict.lengths, passed=verdict.passed,
            stretch_p99=verdict.stretch, penetration=verdict.inside, speed=verdict.speed, doubts=list(verdict.doubts),
        )  # fmt: skip


class Report(BaseModel):
    """What a rendering was made of and what it took. Times in seconds, memory in megabytes. garments: from the undermost to
    the outermost.
    """

    frames: int
    fps: float
    size: tuple[int, int]
    device: str
    threads: int
    weights: str
    once: dict[str, float]
    per_frame: dict[str, Spread]
    total: float
    peak_memory: float
    garments: list[GarmentReport]
    warnings: list[str]


@dataclass(frozen=True)
class ClipSettings:
    """How a look moves and what becomes of it.

    output: a file (.mp4, .webm, .gif) or a folder for a PNG sequence. crf: H.264 quality, lower is better. turn: degrees
    over the clip, see ``TryOn.poses``. background, draft, finish: see ``TryOn.frames``. masks_folder, frames_folder: 8-bit
    PNGs at the output's size. report_file: for the report, as JSON. overwrite: whether earlier outputs may be replaced.
    """

    output: Path
    fps: float | None = None
    frames: int | None = None
    crf: int = 18
    retargeted: bool = True
    transition: int = TRANSITION_FRAMES
    turn: float = 0.0
    background: str | np.ndarray = "keep"
    draft: bool = False
    finish: bool = False
    masks_folder: Path | None = None
    frames_folder: Path | None = None
    report_file: Path | None = None
    overwrite: bool = False
    metadata: dict[str, str] = field(default_factory=dict)


def timed_motion(motion: Motion, fps: float | None, frames: int | None) -> Motion:
    """The motion at another frame rate and length; a motion that loops goes on for as long as is asked."""
    if fps is not None:
        motion = motion.resampled(fps)
    return motion if frames is None else motion.take(frames)


def render_clip(
    tryon: TryOn,
    look: Look,
    motion: Motion,
    settings: ClipSettings,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Render ``look`` through ``motion`` into ``settings.output`` and what is asked for beside it; all appear together.

    progress: called with (frames done, frames in all). cancelled: asked once a frame.

    Raises:
        InputError: an output can't be written. Cancelled: ``cancelled`` said so; no partial file stays.
    """
    check_clip(
        settings.output,
        masks_folder=settings.masks_folder,
        frames_folder=settings.frames_folder,
        report_file=settings.report_file,
        overwrite=settings.overwrite,
    )
    motion = timed_motion(motion, settings.fps, settings.frames)
    seconds: dict[str, list[float]] = {}
    with Change(overwrite=settings.overwrite) as change:
        masks = change.folder(settings.masks_folder) if settings.masks_folder else None
        pictures = change.folder(settings.frames_folder) if settings.frames_folder else None
        reported = change.file(settings.report_file) if settings.report_file else None
        output = change.folder(settings.output) if is_sequence(settings.output) else change.file(settings.output)
        if masks:
            write_image(masks / "removed.png", _eight_bit(look.removed_mask))
        frames = tryon.render(
            look,
            motion,
            retargeted=settings.retargeted,
            transition=settings.transition,
            turn=settings.turn,
            background=settings.background,
            draft=settings.draft,
            finish=settings.finish,
        )
        with open_clip(output, look.size, motion.fps, crf=settings.crf, metadata=settings.metadata) as clip:
            for frame in frames:
                if cancelled is not None and cancelled():
                    raise Cancelled
                clip.write(frame.image)
                if masks:
                    write_image(masks / f"clothing_{frame.index:04d}.png", _eight_bit(frame.clothing_mask))
                if pictures:
                    write_image(pictures / f"{frame.index:04d}.png", frame.image)
                for name, value in frame.seconds.items():
                    seconds.setdefault(name, []).append(value)
                if progress is not None:
                    progress(frame.index + 1, len(motion))
        result = report(tryon, look, motion, seconds)
        if reported:  # names that no encoding has are escaped
            reported.write_text(json.dumps(result.model_dump(), indent=2) + "\n", encoding="utf-8")
    return result


def mask_clip(
    tryon: TryOn,
    person: Person,
    garments: Sequence[Garment],
    motion: Motion,
    settings: ClipSettings,
    progress: Progress | None = None,
) -> int:
    """Write M_c^t alone, white on black, see ``TryOn.masks``; of the settings, those of folders and background don't count.
    Returns how many frames there are. Raises InputError.
    """
    check_clip(settings.output, overwrite=settings.overwrite)
    motion = timed_motion(motion, settings.fps, settings.frames)
    size = (person.image.shape[1], person.image.shape[0])
    masks = tryon.masks(
        person, garments, motion, retargeted=settings.retargeted, transition=settings.transition, turn=settings.turn
    )
    with Change(overwrite=settings.overwrite) as change:
        output = change.folder(settings.output) if is_sequence(settings.output) else change.file(settings.output)
        with open_clip(output, size, motion.fps, crf=settings.crf, metadata=settings.metadata) as clip:
            for number, mask in enumerate(masks, 1):
                clip.write(_eight_bit(mask))
                if progress is not None:
                    progress(number, len(motion))
    return len(motion)


def report(tryon: TryOn, look: Look, motion: Motion, seconds: dict[str, list[float]]) -> Report:
    """The report of a finished rendering."""
    import torch

    return Report(
        frames=len(motion),
        fps=motion.fps,
        size=look.size,
        device=str(tryon.device),
        threads=torch.get_num_threads(),
        weights=tryon.weights_id,
        once=look.seconds,
        per_frame={name: Spread.of(seconds[name]) for name in STAGES},
        total=sum(look.seconds.values()) + sum(seconds["total"]),
        peak_memory=peak_memory(),
        garments=[GarmentReport.of(*pair) for pair in zip(look.garments, look.verdicts, strict=False)],
        warnings=[*look.warnings, *motion.warnings],
    )


def peak_memory() -> float:
    """The most memory that this process has held, megabytes."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _eight_bit(mask: np.ndarray) -> np.ndarray:
    """(H, W) in [0, 1] -> (H, W, 3) uint8 grey."""
    grey = to_8bit(mask * 255)
    return np.repeat(grey[..., None], 3, axis=2)
