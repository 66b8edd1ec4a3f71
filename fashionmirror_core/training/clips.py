"""A clip, the unit of every data set: the same person and motion in one or several outfits.

A source of clips is anything with a name, a licence and clips by number; see ``ClipSource``. Sources differ in
their knowledge (a rendered clip has exact labels and both outfits, a photo only itself); clips look alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.garment.parts import Landmarks
from fashionmirror_core.vocabulary import Category, Label

JOINTS = 25  # BODY_25
STEADY_FPS = 25.0  # of a take that tells no times, as a single photo


class DataError(InputError):
    """Bad training data. The message is one line: the file and its fault."""

    def __init__(self, file: str | Path, problem: str) -> None:
        super().__init__(f"{file}: {problem}")
        self.file, self.problem = str(file), problem

    def __reduce__(self) -> tuple[type[DataError], tuple[str, str]]:
        """Worker processes hand it on whole."""
        return type(self), (self.file, self.problem)


@dataclass(frozen=True)
class Take:
    """Frames of one person in one outfit.

    frames: (n, H, W, 3) uint8 RGB. labels: (n, H, W) uint8, values of ``Label``. joints: (n, 25, 3) float32, BODY_25, x
    and y in pixels of the frames, confidence in [0, 1]. depth: (n, 25) float32, pixels, smaller is nearer, 0 at the hips.
    mattes: (n, H, W) uint8, 255 is the person. fps: frames a second, on average; cloth moves at that speed.
    """

    frames: np.ndarray
    labels: np.ndarray
    joints: np.ndarray
    depth: np.ndarray
    mattes: np.ndarray
    fps: float = STEADY_FPS

    def __post_init__(self) -> None:
        n, height, width = self.frames.shape[:3]
        expected = {
            "frames": (self.frames, (n, height, width, 3)),
            "labels": (self.labels, (n, height, width)),
            "joints": (self.joints, (n, JOINTS, 3)),
            "depth": (self.depth, (n, JOINTS)),
            "mattes": (self.mattes, (n, height, width)),
        }
        for name, (array, shape) in expected.items():
            if array.shape != shape or n == 0:
                raise ValueError(f"{name} of a take are {array.shape}, expected {shape}")

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class GarmentPicture:
    """A garment alone. image: (h, w, 4) uint8, RGB and straight alpha. category: upper, lower or dress. flat, landmarks: see
    ``garment.Garment``; no landmarks where the engine hasn't looked at it.
    """

    image: np.ndarray
    category: str
    flat: bool = False
    landmarks: Landmarks = field(default_factory=dict)

    @classmethod
    def of(cls, garment: Garment) -> GarmentPicture:
        """As the engine has cut it out and laid out its sleeves."""
        return cls(garment.image, garment.category, garment.flat, garment.landmarks)

    def garment(self) -> Garment:
        """As the engine takes it. Its cut-out is true, so nothing is doubted. Raises InputError where it can't be worn."""
        colour, alpha = np.ascontiguousarray(self.image[..., :3]), np.ascontiguousarray(self.image[..., 3])
        return replace(Garment.from_photo(colour, self.category, alpha, turns=0), flat=self.flat)


@dataclass(frozen=True)
class LookSpec:
    """One try-on that can be learned from: a source frame and the garments to wear.

    source: take and frame. garments: keys of ``Clip.garments``, from the undermost to the outermost. dressed: take and
    frame that show the source's very pose in these garments, or None where nobody knows. target: the take whose frames
    show the person moving in these garments, or None. kind: "swap" (other clothes than the source's) or
    "reconstruction" (its own, from a picture).
    """

    source: tuple[str, int]
    garments: tuple[str, ...]
    dressed: tuple[str, int] | None
    target: str | None
    kind: str


@dataclass(frozen=True)
class Template:
    """One frame of a take whose places on the body are known. places: (H, W, 3) float32, decimetres on a template that
    stands with its arms apart, x to its left, y up, z to the front; NaN where nobody is.
    """

    frame: int
    places: np.ndarray


@dataclass(frozen=True)
class Clip:
    """takes and garments by name, the looks that can be learned from them, and templates of takes that have one."""

    id: str
    takes: dict[str, Take]
    garments: dict[str, GarmentPicture]
    looks: tuple[LookSpec, ...]
    templates: dict[str, Template] = field(default_factory=dict)


class ClipSource(Protocol):
    """A data set. ``name`` for reports, ``licence`` for model cards, ``commercial``: whether weights learned from it may
    be used commercially. ids: the clips' own names, known without reading them. Indexing gives a clip or raises
    DataError, which names the broken file.
    """

    @property
    def name(self) -> str: ...

    @property
    def licence(self) -> str: ...

    @property
    def commercial(self) -> bool: ...

    @property
    def ids(self) -> tuple[str, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Clip: ...


def worn_mask(labels: np.ndarray, categories: tuple[str, ...] | list[str]) -> np.ndarray:
    """Where garments of these categories are seen in a label map (..., H, W): bool, the truth of M_r for clothes that
    go and of M_c for clothes that are worn. A top and trousers together replace a one-piece, too.
    """
    wanted = {label for category in categories for label in Category(category).labels}
    if {Label.UPPER, Label.LOWER} <= wanted:
        wanted.add(Label.DRESS)
    return np.isin(labels, sorted(wanted))
