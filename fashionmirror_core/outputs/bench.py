"""``fashionmirror bench``: seconds per frame by stage on the built-in sample, as in the supplement's Table 1.

What happens once for a clip (pose, matte, masks, dressing, body, avatar, background) stands apart from what each frame
costs. Every stage size is measured in a process of its own: peak memory is a process's, and the second size would
otherwise hide behind the first one's.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, cycle, islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel

from fashionmirror_core import __version__
from fashionmirror_core.errors import InputError
from fashionmirror_core.outputs.clip import Spread, peak_memory
from fashionmirror_core.workers import worker_processes

if TYPE_CHECKING:
    from fashionmirror_core.garment.garment import Garment
    from fashionmirror_core.look import Look
    from fashionmirror_core.motion.motion import Motion
    from fashionmirror_core.tryon import TryOn

STAGE_SIZES = ((256, 192), (512, 384))  # (H, W)
PHOTO_SIZE = (768, 1024)  # (width, height): what the sample photo is scaled to, and the frames' size
WARM_UP = 5  # frames before the measured ones
REPEATS = 3  # preparations after the first one
MIN_FRAMES = 5
DECODED = 24  # frames of the video that are kept, to be seen back and forth
PER_FRAME = ("cloth", "drawing", "masks", "total")  # stages of a frame
OTHER_TOTALS = ("total_from_video", "two_garments")
TWO_GARMENTS = ("tee-emerald", "trousers-pink")  # samples

# Seconds per frame: pose estimation, segmentation or masks, try-on, total.
Row = tuple[str, float, float, float, float]
SUPPLEMENT: tuple[Row, ...] = (
    ("FashionMirror (paper)", 0.1168, 0.1983, 0.0624, 0.3775),
    ("FashionOn", 0.1168, 0.3469, 0.0588, 0.5225),
    ("FW-GAN", 0.1168, 0.3469, 0.0980, 0.5617),
    ("CP-VTON + GFLA", 0.1168, 0.3469, 0.1918, 0.6555),
    ("VTNCAP", 0.1168, 0.3469, 0.2325, 0.6962),
    ("ACGPN + GFLA", 0.1168, 0.3469, 0.2336, 0.6973),
)
"""Table 1 of FashionMirror's supplement, measured there on one NVIDIA RTX 2080 Ti."""


class SizeResult(BaseModel):
    """One stage size. Times in seconds, memory in megabytes (1e6 bytes).

    once: what a clip needs before its first frame, medians of warm repetitions ("other": what no clock of the engine
    names); "total" is their sum. first: the same
    sum the first time in a process, which also loads the pose model and fills caches. per_frame: "pose" is the
    estimator in tracking mode on a video's frame; "cloth" what is left of its simulation after
    the frame before was drawn beside it; "total" is cloth, drawing and masks together (a template or a motion file
    needs no estimator), "total_from_video" has the pose on top, "two_garments" is the total in a top and trousers.
    frames_per_second: of the three totals' means. peak_memory: in one garment.
    """

    stage: tuple[int, int]
    frames: int
    weights: str
    once: dict[str, float]
    first: float
    per_frame: dict[str, Spread]
    frames_per_second: dict[str, float]
    peak_memory: float


class BenchResults(BaseModel):
    """What was measured, on what. photo: (width, height) of the composed frames."""

    version: str
    torch: str
    python: str
    system: str
    cpu: str
    cores: int
    threads: int
    opencv_threads: int
    device: str
    device_name: str
    photo: tuple[int, int]
    person: str
    garment: str
    motion: str
    video: str
    sizes: list[SizeResult]


def run(
    frames: int = 60,
    threads: int | None = None,
    device: str = "auto",
    sizes: Sequence[tuple[int, int]] = STAGE_SIZES,
    repeats: int = REPEATS,
) -> BenchResults:
    """Measure the engine on the built-in sample.

    It starts Python processes, so a script calls it below ``if __name__ == "__main__":``.

    Args:
        frames: measured frames for each size, after WARM_UP others.
        threads: threads of torch and OpenCV; None leaves both their own choice. (MediaPipe always makes its own.)
        device: auto, cpu, cuda or mps.
        sizes: (H, W) of the stages.
        repeats: warm preparations, of which the median counts.

    Raises:
        InputError: too few frames, no such device or stage size.
    """
    if frames < MIN_FRAMES:
        raise InputError(f"{frames} frames are too few to measure; ask for at least {MIN_FRAMES}.")
    if repeats < 1 or not sizes:
        raise InputError("There is nothing to measure; ask for at least one stage size and one repetition.")
    measured = [_in_own_process(size, frames, threads, device, repeats) for size in sizes]
    results = measured[0]
    results.sizes = [size for part in measured for size in part.sizes]
    return results


def _in_own_process(size: tuple[int, int], frames: int, threads: int | None, device: str, repeats: int) -> BenchResults:
    try:
        with worker_processes(1) as pool:
            return pool.submit(measure, size, frames, threads, device, repeats).result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            f"the process that measures {size[0]}x{size[1]} ended early: too little memory, or a script without "
            "`if __name__ == '__main__':` round its call"
        ) from error


def measure(size: tuple[int, int], frames: int, threads: int | None, device: str, repeats: int) -> BenchResults:
    """Measure one stage size in this process; see ``run``."""
    import cv2
    import torch

    from fashionmirror_core.motion.motion import Motion
    from fashionmirror_core.samples import motions, photographed, sample_look
    from fashionmirror_core.tryon import TryOn

    if threads is not None:
        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
    tryon = TryOn.load(device=device, stage_size=size)
    sample = sample_look()
    photo = _photo(sample.person)
    moving = Motion.template(sample.motion)
    video = next(path for path in motions() if path.stem == "walk")

    first = sum(_prepared(tryon, photo, sample.garment, moving)[1].values())
    rounds = [_prepared(tryon, photo, sample.garment, moving)[1] for _ in range(repeats - 1)]
    look, seconds = _prepared(tryon, photo, sample.garment, moving)  # one alone is kept: so many a clip needs
    rounds.append(seconds)
    once = {name: statistics.median(seconds[name] for seconds in rounds) for name in rounds[0]}
    driven = _frame_seconds(tryon, look, moving, frames)
    driven["pose"] = _pose_seconds(video, frames)
    driven["total_from_video"] = [a + b for a, b in zip(driven["pose"], driven["total"], strict=True)]
    peak = _peak_memory()
    outfit = tryon.prepare(look.person, [each for each in photographed() if each.stem in TWO_GARMENTS])
    driven["two_garments"] = _frame_seconds(tryon, outfit, moving, frames)["total"]

    result = SizeResult(
        stage=size,
        frames=frames,
        weights=tryon.weights_id,
        once={**once, "total": sum(once.values())},
        first=first,
        per_frame={name: Spread.of(driven[name]) for name in ("pose", *PER_FRAME, *OTHER_TOTALS)},
        frames_per_second={name: frames / sum(driven[name]) for name in ("total", *OTHER_TOTALS)},
        peak_memory=peak,
    )
    return BenchResults(
        version=__version__,
        torch=torch.__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        cpu=cpu_name(),
        cores=cores(),
        threads=torch.get_num_threads(),
        opencv_threads=cv2.getNumThreads(),
        device=str(tryon.device),
        device_name=torch.cuda.get_device_name(tryon.device) if tryon.device.type == "cuda" else cpu_name(),
        photo=look.size,
        person=sample.person.stem,
        garment=sample.garment.stem,
        motion=sample.motion,
        video=video.name,
        sizes=[result],
    )


def _photo(path: Path) -> np.ndarray:
    """The sample photo at PHOTO_SIZE."""
    import cv2

    from fashionmirror_core.media.images import read_image

    return cv2.resize(read_image(path)[..., :3], PHOTO_SIZE, interpolation=cv2.INTER_AREA)


def _prepared(tryon: TryOn, photo: np.ndarray, garment: Path, motion: Motion) -> tuple[Look, dict[str, float]]:
    """A look, and the seconds of each part of its preparation."""
    from fashionmirror_core.garment.garment import Garment
    from fashionmirror_core.person.person import Person

    start = time.perf_counter()
    person = Person.from_photo(photo)
    posed = time.perf_counter()
    clothes: Garment = Garment.from_photo(garment)
    cut_out = time.perf_counter()
    look = tryon.prepare(person, clothes)
    dressed = time.perf_counter()
    tryon.poses(look, motion)
    retargeted = time.perf_counter()
    # The look's own clock counts the person's pose and matte too.
    parts = {**look.seconds, "garment": cut_out - posed, "retarget": retargeted - dressed}
    return look, {**parts, "other": max(0.0, retargeted - start - sum(parts.values()))}


def _frame_seconds(tryon: TryOn, look: Look, motion: Motion, frames: int) -> dict[str, list[float]]:
    """Seconds of each measured frame by stage; a motion that ends starts anew."""
    wanted = WARM_UP + frames
    rendered = chain.from_iterable(tryon.render(look, motion.take(wanted)) for _ in repeat(None))
    seconds = [frame.seconds for frame in islice(rendered, WARM_UP, wanted)]
    return {name: [frame[name] for frame in seconds] for name in PER_FRAME}


def _pose_seconds(video: Path, frames: int) -> list[float]:
    """Seconds of the tracking pose estimator on each of ``frames`` frames of a video, DECODED of them decoded before."""
    from fashionmirror_core.motion.estimator import PoseEstimator

    seconds = []
    with PoseEstimator(static=False, matte=False) as estimator:
        for frame in islice(_back_and_forth(video, DECODED), WARM_UP + frames):
            start = time.perf_counter()
            estimator.estimate(frame)
            seconds.append(time.perf_counter() - start)
    return seconds[WARM_UP:]


def _back_and_forth(video: Path, most: int) -> Iterator[np.ndarray]:
    """A video's frames, the first ``most`` at most, without an end or a jump, at which tracking would start anew."""
    from fashionmirror_core.media.reading import VideoReader

    with VideoReader(video) as reader:
        pictures = [np.ascontiguousarray(frame) for frame in islice(reader, most)]
    return cycle([*pictures, *pictures[-2:0:-1]])


# ------------------------------------------------------------------------------------------------------- the machine


def _peak_memory() -> float:
    """The most memory that this process has held, megabytes.

    On Linux from the memory map's own high-water mark: ``getrusage`` also counts what the parent held when it forked.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return peak_memory()


def cpu_name() -> str:
    if sys.platform == "linux":
        facts = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        for line in facts:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# --------------------------------------------------------------------------------------------------------- the table


def table(results: BenchResults) -> str:
    """The results as text, beside the supplement's Table 1."""
    lines = [*_heading(results), "", "Once a clip, seconds", *_once_rows(results.sizes), ""]
    lines += [
        "Each frame, seconds: median (95th percentile)",
        *_frame_rows(results.sizes),
        "",
        "The pose column counts where a video drives the clip; a template or a motion file needs no estimator.",
        "",
        "The supplement's Table 1, seconds a frame on one RTX 2080 Ti",
        *_supplement_rows(),
    ]
    return "\n".join(lines)


def _heading(results: BenchResults) -> list[str]:
    device = f"{results.device} ({results.device_name})"
    width, height = results.photo
    return [
        f"FashionMirror {results.version}, torch {results.torch}, Python {results.python}, {results.system}",
        f"device {device}, {results.cores} cores, {results.threads} torch and {results.opencv_threads} OpenCV threads",
        f"{results.person} in {results.garment}, {results.motion}, frames of {width}x{height}; "
        f"poses from {results.video}; weights: {results.sizes[0].weights}",
    ]


def _once_rows(sizes: list[SizeResult]) -> list[str]:
    names = [name for name in sizes[0].once if name != "total"]
    rows = [["stage", *(name.replace("_", " ") for name in names), "total", "first time", "peak memory"]]
    for size in sizes:
        parts = [f"{size.once[name]:.3f}" for name in (*names, "total")]
        rows.append([_stage(size), *parts, f"{size.first:.3f}", f"{size.peak_memory:.0f} MB"])
    return aligned(rows)


def _frame_rows(sizes: list[SizeResult]) -> list[str]:
    others = [column for name in OTHER_TOTALS for column in (name.replace("_", " "), "frames/s")]
    rows = [["stage", "pose", *PER_FRAME, "frames/s", *others]]
    for size in sizes:
        spread = {name: f"{s.median:.4f} ({s.p95:.4f})" for name, s in size.per_frame.items()}
        rate = {name: f"{value:.1f}" for name, value in size.frames_per_second.items()}
        rows.append(
            [_stage(size), spread["pose"], *(spread[name] for name in PER_FRAME), rate["total"],
             *(column[name] for name in OTHER_TOTALS for column in (spread, rate))]
        )  # fmt: skip
    return aligned(rows)


def _supplement_rows() -> list[str]:
    rows = [["method", "pose", "segmentation or masks", "try-on", "total", "frames/s"]]
    rows += [[name, *(f"{value:.4f}" for value in row), f"{1 / row[-1]:.1f}"] for name, *row in SUPPLEMENT]
    return aligned(rows)


def _stage(size: SizeResult) -> str:
    return f"{size.stage[0]}x{size.stage[1]}"


def aligned(rows: list[list[str]]) -> list[str]:
    """Columns of equal width: the first to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  " + "  ".join([row[0].ljust(widths[0]), *(v.rjust(w) for v, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
