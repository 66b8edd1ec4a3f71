"""Pictures and facts that the worker thread hands to the window, which reads them and never writes to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from app.engine.notes import Note
from app.model.state import LookState

if TYPE_CHECKING:
    from fashionmirror_core.motion.motion import Motion
    from fashionmirror_core.person.stage import Stage
    from fashionmirror_core.skeleton import Pose


@dataclass(frozen=True)
class EngineInfo:
    """weights: their name, "analytic" without any. licence: of the weights, "" without any. finishes: whether they hold a
    trained generator.
    """

    device: str
    threads: int
    weights: str
    licence: str
    finishes: bool


@dataclass(frozen=True, eq=False)
class PersonView:
    """image: (H, W, 3) uint8. matte: (H, W) float32 in [0, 1]. pose: BODY_25, in pixels of the image."""

    image: np.ndarray
    matte: np.ndarray
    pose: Pose
    notes: tuple[Note, ...]


@dataclass(frozen=True, eq=False)
class GarmentView:
    """image: (H, W, 4) uint8, cut out and cropped. picture: (h, w, 3 or 4) uint8, the file as read: where a cut-out is
    painted. category: as chosen or as found. doubtful: found, and not surely. turns: quarter turns clockwise from the
    picture to the image. landmarks: name -> (x, y), pixels of the picture. parts: (h, w) uint8, what is seen at each place
    of the picture, see ``Garment.seen_parts``. pieces: how many garments lie apart in the picture, picked: which
    of them is worn, from 1; 0 where there is one. back: (H, W, 4) uint8, the back's picture, cut out; None without one.
    """

    image: np.ndarray
    picture: np.ndarray
    category: str
    doubtful: bool
    notes: tuple[Note, ...]
    turns: int = 0
    landmarks: dict[str, tuple[float, float]] = field(default_factory=dict)
    parts: np.ndarray | None = None
    pieces: int = 0
    picked: int = 0
    back: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class MotionView:
    """motion: in its own pixels, at its own rate."""

    motion: Motion
    seconds: float
    fps: float
    notes: tuple[Note, ...]


@dataclass(frozen=True, eq=False)
class LookView:
    """A dressed person.

    still: (H, W, 3) uint8. removed_mask, clothing_mask: (H, W) float32 in [0, 1]. attention: (hw, hw) float32, rows sum
    to one: for each 16-pixel cell of the stage, where on the garment it looks. stage: how the photo lies on the stage.
    size: (width, height). poses: the clip in photo pixels, with dragged joints; None until the motion is there. doubts: what
    is doubtful about how each garment lies, in the order of the state's garments.
    """

    state: LookState
    still: np.ndarray
    removed_mask: np.ndarray
    clothing_mask: np.ndarray
    attention: np.ndarray
    stage: Stage
    size: tuple[int, int]
    poses: Motion | None
    notes: tuple[Note, ...]
    doubts: tuple[tuple[Note, ...], ...] = ()
