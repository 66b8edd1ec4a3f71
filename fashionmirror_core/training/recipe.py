"""From the data to measured weights with a card, in one go; unfinished work is continued.

With a better machine, give ``scale`` for longer runs; with other data, prepare and train by hand
(docs/training.md, "The commands").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fashionmirror_core.training.assembling import assemble
from fashionmirror_core.training.config import TrainConfig
from fashionmirror_core.training.evaluation.evaluation import EvaluationOptions, evaluate
from fashionmirror_core.training.evaluation.systems import engines
from fashionmirror_core.training.features import load_features
from fashionmirror_core.training.loop.run import train
from fashionmirror_core.training.loop.trainer import CONFIG
from fashionmirror_core.training.sets.packed import open_set
from fashionmirror_core.training.sets.preparing import Preparation, prepare
from fashionmirror_core.training.sources import open_source
from fashionmirror_core.training.sources.garments import GarmentPhotos

_SMALL: dict[str, Any] = {
    "batch": 16,
    "ema": 0.998,
    "warmup": 100,
    "perceptual": "none",
    "adversary": False,
    "precision": "32-true",
    "seed": 0,
}
LABELS: dict[str, Any] = _SMALL | {"tasks": ["labels"], "steps": 1500, "learning_rate": 1.5e-3}
"""The first run, human encoder and parser, from frames with labels alone: two hours on two cores."""
LABELS_STREET: dict[str, Any] = LABELS | {"steps": 500, "learning_rate": 5e-4}
"""The run after it, with street photos, for weights that are for research only."""
STREET_REPEATS = 12  # of each street photo, for every time that a rendered frame is shown: there are fewer photos
RUNS: dict[str, dict[str, Any]] = {
    "masks": _SMALL | {"tasks": ["masks"], "steps": 1900, "learning_rate": 1e-3},
    "next_mask": _SMALL | {"tasks": ["next_mask"], "steps": 400, "learning_rate": 1e-3, "batch": 8, "frames": 4},
}
"""Name of a run -> its entries of ``TrainConfig``, in their order: each begins with the weights of the one before."""

IDLE = ("next_mask.head",)
"""After so few steps worse than the mask that the bones carry alone: docs/results.md, "The weights that ship"."""

FAILURES = (
    "Coats from dresses, dark trousers from boots, large bags from cloth are still told badly: M_r keeps or takes too much.",
    "M_c of later frames is carried by the bones alone: what the multi-frame branch learned in so few steps was worse.",
    "M_c^s is a guess before the drape: hems and sleeves of unusual lengths lie a hand's breadth off.",
)


def make_weights(
    data: Path,
    work: Path,
    output: Path,
    *,
    street: bool = False,
    scale: float = 1.0,
    start: Sequence[Path] = (),
    vgg: Path | None = None,
    limit: int | None = None,
    workers: int | None = None,
    device: str = "auto",
    say: Callable[[str], object] = print,
) -> dict[str, Any]:
    """Prepares, trains, measures and writes ``output`` with its hash and its card, which it returns.

    data: a folder with ``catwalk``, ``street`` (both with ``train`` and ``val``) and ``garments``. work: for sets, runs and
    reports; an interrupted recipe continues. street: learn from the street photos, too: such weights are for research
    only. scale: of the runs' steps. start: see ``run.train``. vgg: for VGG distances. limit: looks to measure on each set,
    None for all. workers: processes that prepare, None for one a core.
    """

    def prepared(kind: str, split: str, garments: Path | None = None, name: str = "", **how: Any) -> Path:
        folder = work / "sets" / (name or f"{kind}-{split}")
        say(f"Preparing {folder.name}.")
        extra = None if garments is None else GarmentPhotos(garments)
        for line in prepare(open_source(kind, data / kind / split), folder, Preparation(**how), extra, workers).skipped:
            say(f"left out: {line}")
        return folder

    def trained(
        name: str,
        entries: dict[str, Any],
        sets: Sequence[Path],
        begin: Path | None = None,
        start: Sequence[Path] = (),
    ) -> Path:
        config = TrainConfig.from_dict(entries | {"steps": max(1, round(scale * entries["steps"]))})
        run = work / "runs" / name
        say(f"Training {name}: {config.steps} steps.")
        resume = (run / CONFIG).is_file()
        return train(config, sets, run, resume=resume, init_weights=begin, start=start, device=device)

    rendered = prepared("catwalk", "train", data / "garments", "catwalk-labels", labels_only=True, drapes=1)
    files = [trained("labels", LABELS, [rendered], start=start)]
    if street:
        photos = prepared("street", "train", data / "garments", "street-labels", labels_only=True)
        files.append(trained("labels-street", LABELS_STREET, [rendered, *[photos] * STREET_REPEATS], files[-1]))
    for name, entries in RUNS.items():
        files.append(trained(name, entries, [rendered], files[-1]))
    assemble(files, output, failures=FAILURES, idle=IDLE)

    validation = (
        prepared("catwalk", "val", swaps=4, reconstructions=2, stills=True),
        prepared("street", "val", swaps=0, bends=1, stills=True),
    )
    options = EvaluationOptions(limit=limit, features=None if vgg is None else load_features(vgg))
    reports = []
    for folder in validation:
        say(f"Measuring on {folder.name}.")
        report = evaluate(open_set(folder), engines([output], device), options)
        report.write(work / "reports" / folder.name)
        reports.append(work / "reports" / folder.name / "report.json")
    return assemble(files, output, reports, FAILURES, IDLE)
