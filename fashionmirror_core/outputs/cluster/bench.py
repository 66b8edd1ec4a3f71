"""``fashionmirror bench --lookbook``: a grid of the built-in samples on one worker and on several, one after the other."""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path

from pydantic import BaseModel

from fashionmirror_core import __version__, samples
from fashionmirror_core.cloth.options import GarmentOptions
from fashionmirror_core.outputs.bench import aligned, cores, cpu_name
from fashionmirror_core.outputs.cells import Answer, Cell
from fashionmirror_core.outputs.clip import ClipSettings
from fashionmirror_core.outputs.cluster.connection import HERE, connected
from fashionmirror_core.outputs.cluster.crew import Crew
from fashionmirror_core.outputs.cluster.grid import answered
from fashionmirror_core.outputs.cluster.worker import remote_cells
from fashionmirror_core.outputs.lookbook import fill

PERSONS, GARMENTS = 4, 2  # of the samples
MOTIONS = ("catwalk",)


class GridRun(BaseModel):
    """One run. Times in seconds, memory in megabytes.

    start: until every worker has loaded its engine. grid: from then until the contact sheet is written. driver: processor
    time of the driver in it. processor: of all workers together, which other programs don't lengthen. received: bytes of
    the cells' files. worker_memory: the largest worker's peak.
    """

    workers: int
    start: float
    grid: float
    driver: float
    processor: float
    received: int
    worker_memory: float


class GridResults(BaseModel):
    """cells: stills and clips of the grid; a clip has ``frames`` frames."""

    version: str
    cpu: str
    cores: int
    system: str
    device: str
    persons: int
    garments: int
    frames: int
    cells: int
    runs: list[GridRun]


def measure(workers: Sequence[int], frames: int, device: str = "cpu") -> GridResults:
    """Makes the same grid with each of these numbers of workers on this computer. Raises InputError without Ray."""
    persons, garments = samples.persons()[:PERSONS], samples.garments()[:GARMENTS]
    return GridResults(
        version=__version__,
        cpu=cpu_name(),
        cores=cores(),
        system=f"{platform.system()} {platform.machine()}",
        device=device,
        persons=len(persons),
        garments=len(garments),
        frames=frames,
        cells=len(persons) * len(garments) * (1 + len(MOTIONS)),
        runs=[_run(count, persons, garments, frames, device) for count in workers],
    )


def _run(count: int, persons: Sequence[Path], garments: Sequence[Path], frames: int, device: str) -> GridRun:
    with tempfile.TemporaryDirectory(prefix="fashionmirror-") as temporary:
        folder = Path(temporary) / "book"
        settings = ClipSettings(folder, frames=frames)
        begun = time.perf_counter()
        make = partial(remote_cells, device, "default", settings, GarmentOptions())
        with connected(HERE, count, device) as cluster, Crew(cluster, make) as hands:
            hands.begin()
            ready, used = time.perf_counter(), time.process_time()
            before = sum(processor for _, processor in hands.usage())

            def crew(cells: Sequence[Cell]) -> Generator[Answer, None, None]:
                yield from answered(hands, cells, settings)

            book = fill(folder, crew, persons, garments, MOTIONS)
            ended, driver = time.perf_counter(), time.process_time() - used
            usage = hands.usage()
        received = sum(path.stat().st_size for path in folder.iterdir() if path != book.sheet)
        return GridRun(
            workers=count,
            start=ready - begun,
            grid=ended - ready,
            driver=driver,
            processor=sum(processor for _, processor in usage) - before,
            received=received,
            worker_memory=max(memory for memory, _ in usage),
        )


def table(results: GridResults) -> str:
    """The results as text; what the driver takes and gets, for each cell."""
    first = results.runs[0]
    lines = [
        f"FashionMirror {results.version}, {results.system}, {results.cpu}, {results.cores} cores, on {results.device}",
        f"{results.persons} persons, {results.garments} garments, {results.cells} cells: stills, and clips of "
        f"{results.frames} frames",
        "",
    ]
    rows = [
        [
            "workers",
            "start",
            "grid",
            "share of one",
            "workers' processor time",
            "driver, a cell",
            "bytes a cell",
            "a worker's memory",
        ]
    ]
    for run in results.runs:
        rows.append(
            [
                str(run.workers),
                f"{run.start:.1f} s",
                f"{run.grid:.1f} s",
                f"{run.grid / first.grid:.2f}",
                f"{run.processor:.1f} s",
                f"{1000 * run.driver / results.cells:.0f} ms",
                f"{run.received / results.cells / 1000:.0f} kB",
                f"{run.worker_memory:.0f} MB",
            ]
        )
    return "\n".join([*lines, *aligned(rows)])
