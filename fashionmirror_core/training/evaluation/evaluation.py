"""How far the engine is from the truth: it dresses looks of a data set and is measured, always beside two baselines.

The systems are the source left unchanged, the analytic engine and, where there are some, trained weights. Each gets the
same person, garments and true joints; its answer is compared with the frames that show the look for real
(``metrics``). Swaps and reconstructions are reported apart. A report is a table, the same as JSON, and a sheet of the
best and the worst looks.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

from torch import Tensor

from fashionmirror_core.errors import InputError
from fashionmirror_core.training.clips import Clip, ClipSource
from fashionmirror_core.training.evaluation.gallery import Gallery
from fashionmirror_core.training.evaluation.judging import Features, Judge, judged
from fashionmirror_core.training.evaluation.report import KINDS, LookResult, Report
from fashionmirror_core.training.evaluation.scenes import scenes
from fashionmirror_core.training.evaluation.systems import System

Progress = Callable[[int], object]


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
                answers = {system.name: system(scene.request) for system in systems}
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
