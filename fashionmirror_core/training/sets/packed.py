"""Prepared sets: clips on the stage, with the engine's results for their looks, ready for training.

A set is a folder with ``set.json`` and one ``<id>.clip`` each clip: a stored zip of WebP pictures, PNG masks and small
arrays. A clip's file appears whole or not at all, so preparation can be interrupted and resumed; reading needs neither
the engine nor MediaPipe.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import write_whole
from fashionmirror_core.training.clips import JOINTS, STEADY_FPS, Clip, DataError, GarmentPicture, LookSpec, Take
from fashionmirror_core.vocabulary import Label

Item = TypeVar("Item")
VERSION = 2
SET_FILE = "set.json"
SUFFIX = ".clip"
# Raised by zipfile, numpy and JSON on damaged bytes.
UNREADABLE = (
    KeyError,
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)
FLOW_STEP_PIXELS = 2  # stage pixels between the samples of a stored appearance flow
FLOW_UNITS_PER_PIXEL = 16  # ... which are whole 16ths of a pixel


@dataclass(frozen=True)
class DrawnFrame:
    """The engine's frame of a look; on the stage (H, W).

    image: (H, W, 3) uint8, before the photo's own background. cover, clothing (M_c^t), unseen: (H, W) uint8. normals: (H, W,
    3) uint8, from -1 (0) to 1 (255). flow (F), back: (2, H / 2, W / 2) float32, stage pixels. See ``guides.Guides``.
    """

    image: np.ndarray
    cover: np.ndarray
    clothing: np.ndarray
    unseen: np.ndarray
    normals: np.ndarray
    flow: np.ndarray
    back: np.ndarray


@dataclass(frozen=True)
class PreparedLook:
    """The engine's results for one look; on the stage (H, W).

    still: (H, W, 3) uint8, dressed in the source's pose, before the photo's own background. cover, clothing (M_c^s): (H, W)
    uint8, the shares of the dressed person and of the new clothes there. drawn: every frame of the target; empty without
    one, and where they weren't asked for.
    """

    spec: LookSpec
    still: np.ndarray
    cover: np.ndarray
    clothing: np.ndarray
    drawn: tuple[DrawnFrame, ...] = ()


@dataclass(frozen=True)
class Draped:
    """A garment that the engine's cloth has put on a person. source: take and frame. garment: a key of the clip's.
    places: (H, W, 2) float32, where in the garment's square (``garment_square``) each pixel of the stage looks, x and y in
    [0, 1], NaN where there is no cloth. clothing: (H, W) uint8, M_c^s. told: by rendered frames instead (``templates``).
    """

    source: tuple[str, int]
    garment: str
    places: np.ndarray
    clothing: np.ndarray
    told: bool = False


@dataclass(frozen=True)
class SetInfo:
    """set.json. stage: (H, W). weights: which the looks were dressed with, "analytic" without. settings: of the
    preparation, by name; a set with other settings isn't continued.
    """

    name: str
    licence: str
    commercial: bool
    stage: tuple[int, int]
    weights: str
    settings: dict[str, Any] = field(default_factory=dict)
    version: int = VERSION

    def write(self, folder: Path) -> None:
        write_whole(folder / SET_FILE, (json.dumps(asdict(self), indent=2) + "\n").encode())

    @classmethod
    def read(cls, folder: Path) -> SetInfo:
        """Raises InputError where the folder holds no prepared set that this program reads."""
        path = folder / SET_FILE
        if not path.is_file():
            raise InputError(f"{folder} holds no prepared set; make one with: fashionmirror train prepare.")
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            info = cls(**{**data, "stage": tuple(int(side) for side in data["stage"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DataError(path, "is not a set's description; prepare the set again.") from error
        if info.version != VERSION:
            raise DataError(path, f"is of version {info.version}, this program reads {VERSION}; prepare the set again.")
        return info


# ------------------------------------------------------------------------------------------------------------- reading


class PackedClip:
    """One clip's file; every member is decoded when it is asked for. Raises DataError naming file and member."""

    def __init__(self, path: Path, stage: tuple[int, int]) -> None:
        self.path, self.stage = path, stage
        try:
            self.archive = zipfile.ZipFile(path)
            self.table: dict[str, Any] = json.loads(self._bytes("clip.json"))
            self.looks = tuple(_look_spec(entry) for entry in self.table["looks"])
            takes, garments = self.table["takes"], self.table["garments"]
            for look in self.looks:
                places = (look.source[0], look.dressed and look.dressed[0], look.target)
                if not all(take is None or take in takes for take in places) or not set(look.garments) <= set(garments):
                    raise ValueError("a look names a take or a garment that isn't there")
        except (*UNREADABLE, TypeError) as error:
            raise DataError(path, "is not a whole clip; delete it and prepare the set again.") from error

    def __enter__(self) -> PackedClip:
        return self

    def __exit__(self, *_: object) -> None:
        self.archive.close()

    def _bytes(self, member: str) -> bytes:
        try:
            return self.archive.read(member)
        except UNREADABLE as error:
            raise self._broken(member) from error

    def _broken(self, member: str) -> DataError:
        return DataError(f"{self.path}/{member}", "is missing or broken; delete the clip and prepare the set again.")

    def _picture(self, member: str, channels: int) -> np.ndarray:
        data = np.frombuffer(self._bytes(member), np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
        if image is None or (1 if image.ndim == 2 else image.shape[2]) not in (
            channels,
            3 if channels == 4 else channels,
        ):
            raise self._broken(member)
        if channels == 1:
            return image
        if image.shape[2] < channels:  # an opaque picture may lose its alpha in WebP
            return cv2.cvtColor(image, cv2.COLOR_BGR2RGBA)
        return cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA if channels == 4 else cv2.COLOR_BGR2RGB)

    def _on_stage(self, member: str, channels: int, copies: int = 1) -> np.ndarray:
        picture = self._picture(member, channels)
        if picture.shape[:2] != (self.stage[0] * copies, self.stage[1]):
            raise self._broken(member)
        return picture

    def _array(self, member: str, *shape: int) -> np.ndarray:
        try:
            array = np.load(io.BytesIO(self._bytes(member)), allow_pickle=False)
        except UNREADABLE as error:
            raise self._broken(member) from error
        if array.shape != shape or not np.isfinite(array).all():
            raise DataError(f"{self.path}/{member}", f"is {array.shape}, expected {shape} of finite numbers.")
        return array

    @cached_property
    def offers(self) -> tuple[LookSpec, ...]:
        """The looks that can be learned from, whether the engine has dressed them or not."""
        try:
            return tuple(_look_spec(entry) for entry in self.table.get("offers", self.table["looks"]))
        except (*UNREADABLE, TypeError) as error:
            raise self._broken("clip.json") from error

    @property
    def drapes(self) -> tuple[bool, ...]:
        """Of each ``Draped``, whether it was told."""
        return tuple(bool(entry.get("told", False)) for entry in self.table.get("draped", ()))

    def draped(self, index: int) -> Draped:
        member = f"draped/{index:03}.npz"
        try:
            entry = self.table["draped"][index]
            arrays = np.load(io.BytesIO(self._bytes(member)), allow_pickle=False)
            places, clothing = arrays["places"].astype(np.float32), arrays["clothing"]
            source, garment = (str(entry["source"][0]), int(entry["source"][1])), str(entry["garment"])
        except (*UNREADABLE, TypeError) as error:
            raise self._broken(member) from error
        if places.shape != (*self.stage, 2) or clothing.shape != self.stage or garment not in self.table["garments"]:
            raise self._broken(member)
        return Draped(source, garment, places, clothing, self.drapes[index])

    def frame(self, take: str, index: int) -> np.ndarray:
        """(H, W, 3) uint8."""
        return self._on_stage(f"takes/{take}/{index:03}.webp", 3)

    def labels(self, take: str, index: int) -> np.ndarray:
        """(H, W) uint8."""
        member = f"takes/{take}/{index:03}_labels.png"
        labels = self._on_stage(member, 1)
        if labels.max() > max(Label):
            raise DataError(f"{self.path}/{member}", f"holds the label {labels.max()}, at most {max(Label)} is known.")
        return labels

    def matte(self, take: str, index: int) -> np.ndarray:
        """(H, W) uint8."""
        return self._on_stage(f"takes/{take}/{index:03}_matte.png", 1)

    def joints(self, take: str) -> np.ndarray:
        """(n, 25, 3) float32."""
        return self._array(f"takes/{take}/joints.npy", self.frames(take), JOINTS, 3)

    def depth(self, take: str) -> np.ndarray:
        """(n, 25) float32."""
        return self._array(f"takes/{take}/depth.npy", self.frames(take), JOINTS)

    def frames(self, take: str) -> int:
        return int(self.table["takes"][take])

    def garment(self, key: str) -> GarmentPicture:
        image = self._picture(f"garments/{key}.webp", 4)
        landmarks = self.table.get("landmarks", {}).get(key, {})
        try:
            points = {str(name): (float(x), float(y)) for name, (x, y) in landmarks.items()}
        except UNREADABLE as error:
            raise self._broken("clip.json") from error
        return GarmentPicture(image, str(self.table["garments"][key]), key in self.table.get("flat", ()), points)

    def look(self, index: int) -> PreparedLook:
        """Without its frames, which ``drawn`` reads one by one."""
        stem = f"looks/{index:03}"
        cover, clothing = self._on_stage(f"{stem}/masks.png", 1, 2).reshape(2, *self.stage)
        return PreparedLook(self.looks[index], self._on_stage(f"{stem}/still.webp", 3), cover, clothing)

    def drawn_frames(self, index: int) -> int:
        """How many frames of a look there are: all of its target's, or none."""
        return int(self.table["looks"][index].get("drawn", 0))

    def drawn(self, index: int, frame: int) -> DrawnFrame:
        """A frame of a look."""
        stem = f"looks/{index:03}/{frame:03}"
        cover, clothing, unseen = self._on_stage(f"{stem}_masks.png", 1, 3).reshape(3, *self.stage)
        flow, back = self._flows(f"{stem}_flows.npz", 2)
        picture, normals = (self._on_stage(f"{stem}{name}.webp", 3) for name in ("", "_normals"))
        return DrawnFrame(picture, cover, clothing, unseen, normals, flow, back)

    def _flows(self, member: str, count: int) -> np.ndarray:
        """(count, 2, H / 2, W / 2) float32, stage pixels."""
        size = (self.stage[0] // FLOW_STEP_PIXELS, self.stage[1] // FLOW_STEP_PIXELS)
        try:
            flows = np.load(io.BytesIO(self._bytes(member)), allow_pickle=False)["flows"]
        except UNREADABLE as error:
            raise self._broken(member) from error
        if flows.shape != (count, 2, *size) or flows.dtype != np.int16:
            raise self._broken(member)
        return flows.astype(np.float32) / FLOW_UNITS_PER_PIXEL

    def clip(self) -> Clip:
        """The clip without the engine's results."""
        takes = {
            name: Take(
                np.stack([self.frame(name, index) for index in range(count)]),
                np.stack([self.labels(name, index) for index in range(count)]),
                self.joints(name),
                self.depth(name),
                np.stack([self.matte(name, index) for index in range(count)]),
                float(self.table.get("fps", {}).get(name, STEADY_FPS)),
            )
            for name, count in self.table["takes"].items()
        }
        return Clip(self.table["id"], takes, {key: self.garment(key) for key in self.table["garments"]}, self.looks)


def _look_spec(entry: dict[str, Any]) -> LookSpec:
    dressed = entry["dressed"]
    return LookSpec(
        source=(str(entry["source"][0]), int(entry["source"][1])),
        garments=tuple(entry["garments"]),
        dressed=None if dressed is None else (str(dressed[0]), int(dressed[1])),
        target=entry["target"],
        kind=str(entry["kind"]),
    )


class PackedSet:
    """A prepared set as a source of clips (``ClipSource``) on the stage, and of its clips' files."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.info = SetInfo.read(self.folder)
        self.name, self.licence, self.commercial = self.info.name, self.info.licence, self.info.commercial

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Sorted by name. Raises InputError where there are none."""
        files = tuple(sorted(self.folder.glob(f"*{SUFFIX}")))
        if not files:
            raise InputError(f"{self.folder} holds no clips; prepare the set again.")
        return files

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return tuple(file.stem for file in self.files)

    def __len__(self) -> int:
        return len(self.files)

    def open(self, index: int) -> PackedClip:
        return PackedClip(self.files[index], self.info.stage)

    def __getitem__(self, index: int) -> Clip:
        with self.open(index) as packed:
            return packed.clip()


def gathered(
    sets: Sequence[PackedSet], of_clip: Callable[[int, int, PackedClip], Iterable[Item]], skip: bool
) -> tuple[list[Item], list[str]]:
    """The items that ``of_clip`` finds in every clip of the sets, given the set's number, the clip's, and the clip; and a
    line for each clip that is damaged. skip: False raises its DataError instead.
    """
    items: list[Item] = []
    skipped: list[str] = []
    for number, packed in enumerate(sets):
        for index in range(len(packed)):
            try:
                with packed.open(index) as clip:
                    items += of_clip(number, index, clip)
            except DataError as error:
                if not skip:
                    raise
                skipped.append(str(error))
    return items, skipped


def open_set(folder: str | Path) -> PackedSet:
    """Raises InputError where there is no prepared set."""
    return PackedSet(Path(folder))
