"""A look, its clip and the edits on them, as plain values.

Everything here is frozen: a change makes a new state (``state.model_copy(update=...)``), so that undo keeps the old one
and a job that runs keeps the one it was given. Nothing that can be computed from it (masks, frames, thumbnails) is in it.
Pixels that a user painted are ``Painting``s: small PNGs, compared by their hash.

A look that comes from a file, a project or an exported clip, is validated here and nowhere else: ``model_validate``
raises ValueError for values that no look has. ``model_copy`` doesn't validate; ``validated`` does it again.
"""

from __future__ import annotations

import hashlib
import struct
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar

import cv2
import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.model.limits import MAX_FRAMES, MAX_JOINT_EDITS
from fashionmirror_core.cloth.fabric import FabricName
from fashionmirror_core.cloth.tailoring import Cut, Fit, Tailoring
from fashionmirror_core.media.images import MAX_PIXELS
from fashionmirror_core.vocabulary import Category, CategoryChoice, SleeveChoice

VERSION = 1  # of the manifest in a project file; older ones are migrated in app/model/migrations

T = TypeVar("T", str, Path)


def _without_null(path: T) -> T:
    if "\0" in str(path):
        raise ValueError("a path can't hold a null character")
    return path


File = Annotated[Path, AfterValidator(_without_null)]
Factor = Annotated[float, Field(ge=0.3, le=2.0)]
FrameIndex = Annotated[int, Field(ge=0, lt=MAX_FRAMES)]
JointIndex = Annotated[int, Field(ge=0, le=24)]  # of BODY_25
Corner = Annotated[int, Field(ge=0, le=1_000_000)]
Extent = Annotated[int, Field(ge=1, le=1_000_000)]
LandmarkName = Annotated[str, Field(pattern="^[a-z_]{1,24}$")]
Pixels = Annotated[float, Field(ge=-1e6, le=1e6)]  # also refuses what is not a number


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", revalidate_instances="always")


class Quality(str, Enum):
    draft = "draft"
    final = "final"


class Painting(_Value):
    """A painted picture, lossless: PNG bytes. Two paintings are equal when their bytes are.

    One that comes from a file is decoded once to see that it is whole; MAX_PIXELS at most.
    """

    model_config = ConfigDict(revalidate_instances="never")

    png: Annotated[bytes, AfterValidator(lambda png: _whole(png)), Field(repr=False)]

    @classmethod
    def of(cls, pixels: np.ndarray) -> Painting:
        """(H, W) uint8, or (H, W, 4) uint8 RGBA."""
        flipped = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA)
        done, png = cv2.imencode(".png", flipped, [cv2.IMWRITE_PNG_COMPRESSION, 3])
        if not done:
            raise ValueError(f"pixels of {pixels.shape}, {pixels.dtype} can't be kept as a PNG")
        return cls.model_construct(png=png.tobytes())

    @property
    def pixels(self) -> np.ndarray:
        """As given to ``of``. ValueError where the PNG is damaged."""
        return _decoded(self.png)

    @cached_property
    def hash(self) -> str:
        return hashlib.sha256(self.png).hexdigest()[:16]


def _decoded(png: bytes) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise ValueError("a painting is damaged")
    return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA)


def _whole(png: bytes) -> bytes:
    width, height = png_size(png)
    if width * height > MAX_PIXELS:
        raise ValueError(f"a painting of {width} x {height} pixels; a photo has at most {MAX_PIXELS}")
    _decoded(png)
    return png


def png_size(png: bytes) -> tuple[int, int]:
    """(width, height) by the header of a PNG as ``Painting.of`` writes it, 8 bits, grey or RGBA; ValueError for others."""
    if len(png) < 33 or png[:8] != b"\x89PNG\r\n\x1a\n" or png[12:16] != b"IHDR":
        raise ValueError("a painting that isn't a PNG")
    width, height, bits, colour = struct.unpack(">IIBB", png[16:26])
    if bits != 8 or colour not in (0, 6) or width * height == 0:
        raise ValueError("a PNG that isn't a painting")
    return width, height


class PersonInput(_Value):
    """A photo's file. turns: quarter turns clockwise that the user gave it. crop: the part of the turned photo that is
    used, (x, y, width, height) in pixels; None is all of it.
    """

    path: File
    turns: Annotated[int, Field(ge=0, le=3)] = 0
    crop: tuple[Corner, Corner, Extent, Extent] | None = None


class GarmentInput(_Value):
    """A garment picture's file. cutout: alpha as painted by the user, (H, W) uint8 of the picture's size; None is found
    by the engine. turns: quarter turns clockwise that make it upright; None is found by the engine. pick: which of several
    garments in the picture, from 1; None is the largest. sleeves: which the garment has. landmarks: (name, x, y) of those
    that the user moved, in pixels of the picture. back: a picture of it from behind.

    How it is worn: sleeve, hem: factors on the length that the engine gives them. fit, fabric, cut, tucked: see
    ``fashionmirror_core.cloth.tailoring.Tailoring``; None is told by the engine.
    """

    path: File
    category: CategoryChoice = CategoryChoice.AUTO
    cutout: Painting | None = None
    turns: Annotated[int, Field(ge=0, le=3)] | None = None
    sleeve: Factor = 1.0
    hem: Factor = 1.0
    pick: Annotated[int, Field(ge=1, le=1000)] | None = None
    sleeves: SleeveChoice = SleeveChoice.AUTO
    landmarks: Annotated[tuple[tuple[LandmarkName, Pixels, Pixels], ...], Field(max_length=64)] = ()
    back: File | None = None
    fit: Fit = Fit.REGULAR
    fabric: FabricName | None = None
    cut: Cut | None = None
    tucked: bool | None = None

    @property
    def tailoring(self) -> Tailoring:
        """How it is worn, as the engine takes it."""
        return Tailoring(
            sleeve=self.sleeve, hem=self.hem, ease=self.fit.ease, fabric=self.fabric, cut=self.cut, tucked=self.tucked
        )

    def as_category(self, choice: CategoryChoice) -> dict[str, Any]:
        """The fields that make it a garment of another category, whose cuts may be others."""
        fits = self.cut is None or choice is CategoryChoice.AUTO or Category(choice.value) in self.cut.categories
        return {"category": choice, "cut": self.cut if fits else None}

    @property
    def unworn(self) -> GarmentInput:
        """The garment alone: how it is worn is the look's, and changes nothing of what is found in its pictures."""
        return self.model_copy(update=_UNWORN)


_UNWORN = {
    name: GarmentInput.model_fields[name].default for name in ("sleeve", "hem", "fit", "fabric", "cut", "tucked")
}


class MotionInput(_Value):
    """A template's name, or the file of a motion or a video."""

    template: str | None = None
    path: File | None = None

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

    x: Pixels | None = None
    y: Pixels | None = None
    hidden: bool = False


class ClipSettings(_Value):
    """How the clip is made. frames, fps: None is the motion's own. background: keep, white, transparent, or a picture.
    finished: by the generator, in final quality.
    """

    frames: Annotated[int, Field(ge=1, le=MAX_FRAMES)] | None = None
    fps: Annotated[float, Field(ge=1, le=240)] | None = None
    quality: Quality = Quality.final
    finished: bool = False
    background: Annotated[str, AfterValidator(_without_null)] = "keep"
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
    clothing_edits: dict[FrameIndex, MaskEdit] = {}
    joint_edits: dict[FrameIndex, dict[JointIndex, JointEdit]] = {}
    in_point: FrameIndex | None = None
    out_point: FrameIndex | None = None

    @model_validator(mode="after")
    def _possible(self) -> LookState:
        if None not in (self.in_point, self.out_point) and self.in_point > self.out_point:  # type: ignore[operator]
            raise ValueError("the in point is after the out point")
        if sum(map(len, self.joint_edits.values())) > MAX_JOINT_EDITS:
            raise ValueError(f"more than {MAX_JOINT_EDITS} joints moved by hand")
        return self

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
