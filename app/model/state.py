"""What a designer works on, as plain values: a look, its clip and the edits on them.

Everything here is frozen: a change makes a new state (``state.model_copy(update=...)``), so that undo keeps the old one
and a job that runs keeps the one it was given. Nothing that can be computed from it (masks, frames, thumbnails) is in it.
Pixels that a user painted are ``Painting``s: small PNGs, compared by their hash.
"""

from __future__ import annotations

import hashlib
from enum import Enum
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

VERSION = 1  # of what a project file holds; older ones are migrated in app/model/project

Factor = Annotated[float, Field(ge=0.3, le=2.0)]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Category(str, Enum):
    auto = "auto"
    upper = "upper"  # type: ignore[assignment]
    lower = "lower"  # type: ignore[assignment]
    dress = "dress"


class Quality(str, Enum):
    draft = "draft"
    final = "final"


class Painting(_Value):
    """A painted picture, lossless: PNG bytes. Two paintings are equal when their pixels' files are."""

    png: bytes = Field(repr=False)

    @classmethod
    def of(cls, pixels: np.ndarray) -> Painting:
        """(H, W) uint8, or (H, W, 4) uint8 RGBA."""
        flipped = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA)
        done, png = cv2.imencode(".png", flipped, [cv2.IMWRITE_PNG_COMPRESSION, 3])
        if not done:
            raise ValueError(f"pixels of {pixels.shape}, {pixels.dtype} can't be kept as a PNG")
        return cls(png=png.tobytes())

    @property
    def pixels(self) -> np.ndarray:
        """As given to ``of``."""
        picture = cv2.imdecode(np.frombuffer(self.png, np.uint8), cv2.IMREAD_UNCHANGED)
        if picture is None:
            raise ValueError("a painting is damaged")
        return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA)

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.png).hexdigest()[:16]


class PersonInput(_Value):
    """A photo's file. turns: quarter turns clockwise that the user gave it."""

    path: Path
    turns: Annotated[int, Field(ge=0, le=3)] = 0


class GarmentInput(_Value):
    """A garment picture's file. cutout: alpha as painted by the user, (H, W) uint8 of the picture's size; None is found
    by the engine. sleeve, hem: factors on the length that the engine gives them.
    """

    path: Path
    category: Category = Category.auto
    cutout: Painting | None = None
    sleeve: Factor = 1.0
    hem: Factor = 1.0


class MotionInput(_Value):
    """A template's name, or the file of a motion or a video."""

    template: str | None = None
    path: Path | None = None

    @property
    def name(self) -> str:
        return self.template or (self.path.stem if self.path else "")


class MaskEdit(_Value):
    """The clothing mask as painted at one frame: signed change, (H, W) uint8 of the photo's size with 128 as none, 255 as
    all cloth and 0 as none of it. It holds from its frame on, carried along by the flow, until another edit.
    """

    change: Painting


class JointEdit(_Value):
    """A joint at one frame: where it was dragged to, photo pixels; hidden ones are guessed from their neighbours."""

    x: float | None = None
    y: float | None = None
    hidden: bool = False


class ClipSettings(_Value):
    """How the clip is made. frames, fps: None is the motion's own. background: keep, white, transparent, or a picture."""

    frames: Annotated[int, Field(ge=1, le=100_000)] | None = None
    fps: Annotated[float, Field(ge=1, le=240)] | None = None
    quality: Quality = Quality.final
    background: str = "keep"
    transition: Annotated[int, Field(ge=0, le=200)] = 8
    retarget: bool = True


class LookState(_Value):
    """One look and its clip: all that decides what every frame shows.

    removed_edit: M_r as painted, (H, W) uint8 of the photo's size. clothing_edits, joint_edits: by frame.
    in_point, out_point: first and last frame of the part that is played and exported; None is the clip's end.
    """

    person: PersonInput | None = None
    garments: tuple[GarmentInput, ...] = ()
    motion: MotionInput | None = None
    clip: ClipSettings = ClipSettings()
    removed_edit: Painting | None = None
    clothing_edits: dict[int, MaskEdit] = {}
    joint_edits: dict[int, dict[int, JointEdit]] = {}
    in_point: int | None = None
    out_point: int | None = None

    @property
    def dressable(self) -> bool:
        return self.person is not None and bool(self.garments)

    @property
    def renderable(self) -> bool:
        return self.dressable and self.motion is not None

    @property
    def missing(self) -> list[str]:
        """What Render still needs, in a designer's words."""
        wanted = {"person": self.person, "garment": self.garments, "motion": self.motion}
        return [name for name, given in wanted.items() if not given]
