"""The systems that are compared: the unchanged source, the analytic engine, and the engine with trained weights."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.look import Look
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.person.person import Person
from fashionmirror_core.tryon import TryOn

TRUTH, SOURCE, ANALYTIC, TRAINED = "truth", "source unchanged", "analytic", "trained"

Values = dict[str, float]
"""Measured, by the names of ``report.TABLE``."""


@dataclass(frozen=True)
class Request:
    """A look to be made: the person, the garments, and how to move (None where only the still is asked for)."""

    person: Person
    garments: tuple[Garment, ...]
    motion: Motion | None


@dataclass
class Answer:
    """A system's answer; pictures (H, W, 3) uint8, masks (H, W) in [0, 1], None where it has none.

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

    def __call__(self, request: Request) -> Answer: ...


class SourceUnchanged:
    """The baseline that does nothing: the source's picture, in every frame."""

    name, weights = SOURCE, ""

    def __call__(self, request: Request) -> Answer:
        image, count = request.person.image, len(request.motion) if request.motion else 0
        return Answer(image, None, None, [image] * count, None, [request.person.pose.joints] * count)


class Engine:
    """The product's engine, as a user's clip goes through it, but with the true joints as they are."""

    def __init__(self, tryon: TryOn, name: str) -> None:
        self.tryon = tryon
        self.name = name
        self.weights = tryon.weights_id

    def dressed(self, request: Request) -> tuple[Look, Answer]:
        """The look, and the answer without its frames."""
        began = time.perf_counter()
        look = self.tryon.prepare(request.person, request.garments)
        answer = Answer(look.still, look.removed_mask, look.clothing_mask, [], [], [], look=look)
        answer.seconds["seconds_prepare"] = time.perf_counter() - began
        return look, answer

    def __call__(self, request: Request) -> Answer:
        look, answer = self.dressed(request)
        if request.motion is None:
            return answer
        spent, masks = [], []
        for frame in self.tryon.render(look, request.motion, retargeted=False, transition=0, background="keep"):
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
