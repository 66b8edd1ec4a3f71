"""Rendered clips: one person and motion in outfits A and B, with exact labels, joints and a picture of every garment.

The only data with the true answer to a swap: frame i of A and frame i of B differ by the clothes alone.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fashionmirror_core.motion.sequence import FPS_RANGE
from fashionmirror_core.training.clips import (
    JOINTS,
    STEADY_FPS,
    Clip,
    DataError,
    GarmentPicture,
    LookSpec,
    Take,
    Template,
)
from fashionmirror_core.training.sources.reading import (
    INDEX,
    checked_entry,
    decoded_labels,
    decoded_mask,
    decoded_picture,
    indexed,
    is_plain,
    needed_file,
    read_json,
)
from fashionmirror_core.vocabulary import DRESSING_ORDER, Category

OUTFITS = ("A", "B")
HIDDEN = 0.5  # the confidence of a joint that something stands before; its place is known all the same
FOCAL_LENGTHS = (1.0, 10.0)  # in heights of the picture: the range of cameras that show a whole person
# Bones of the right and left side, which are equally long: (right, left), each (start, end).
_PAIRS = (((2, 3), (5, 6)), ((3, 4), (6, 7)), ((9, 10), (12, 13)), ((10, 11), (13, 14)))
_MID_HIP = 8
_CODED_AT, _CODED_SPAN = np.array([0.5, 0.5, 0.4], np.float32), np.array([11, 19, 8], np.float32)
"""Of template places, as colours."""


class Catwalk:
    """A split of the set, read clip by clip; archives stay open, once a process.

    takes: "A" and "B". garments: "A_upper", ..., "B_dress"; a garment that both wear has A's key alone. looks: for either
    direction and every frame a swap, in garments that the source doesn't wear, and a reconstruction.
    """

    licence = "CC0-1.0"
    commercial = True

    def __init__(self, folder: str | Path) -> None:
        """Raises InputError where index or joints are missing, DataError where the index is broken."""
        self.folder = Path(folder)
        self._index = needed_file(self.folder, INDEX, "catwalk")
        self._joints_file = needed_file(self.folder, "joints.npz", "catwalk")
        table = read_json(self._index)
        self.name = f"catwalk {checked_entry(self._index, 'the set', table, 'split', str)}"
        height, width = (checked_entry(self._index, "the set", table, side, int) for side in ("height", "width"))
        self.size = (height, width)
        self._entries = indexed(self._index, table.get("clips"))
        self.ids = tuple(self._entries)
        self._archives: dict[tuple[int, str], zipfile.ZipFile] = {}

    def __reduce__(self) -> tuple[type[Catwalk], tuple[Path]]:
        return Catwalk, (self.folder,)  # another process opens its own

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Clip:
        """Raises DataError, which names the file or the member of an archive."""
        name = self.ids[index]
        entry = self._entries[name]
        frames = self._field(name, entry, "frames", int)
        joints, depth = self._poses(name, self._field(name, entry, "joints_row", int), frames)
        fps = self._fps(name, self._field(name, entry, "times", list), frames)
        takes = {outfit: self._take(name, outfit, joints[number], depth, fps) for number, outfit in enumerate(OUTFITS)}
        garments, worn = self._garments(name, self._field(name, entry, "garments", dict))
        return Clip(name, takes, garments, _looks(worn, frames), self._templates(name, entry))

    def poses(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Joints (n, 25, 3) and depth (n, 25) of outfit A, as in ``Take``, without reading pictures. Raises DataError."""
        name = self.ids[index]
        entry = self._entries[name]
        row, frames = (self._field(name, entry, key, int) for key in ("joints_row", "frames"))
        joints, depth = self._poses(name, row, frames)
        return joints[0], depth

    def _templates(self, name: str, entry: Any) -> dict[str, Template]:
        """Of one frame; of none in a set that has no such pictures."""
        if "canon_frame" not in entry:
            return {}
        frame = self._field(name, entry, "canon_frame", int)
        found = {}
        for outfit in OUTFITS:
            data, full = self._member(name, f"{outfit}_canon.png")
            coded = decoded_picture(data, full).astype(np.float32)
            places = (coded / 255 - _CODED_AT) * _CODED_SPAN
            places[coded.sum(2) == 0] = np.nan
            size = (self.size[1], self.size[0])
            found[outfit] = Template(frame, cv2.resize(places, size, interpolation=cv2.INTER_NEAREST))
        return found

    def _field(self, name: str, entry: Any, key: str, kind: type) -> Any:
        return checked_entry(self._index, f"clip {name}", entry, key, kind)

    # ------------------------------------------------------------------------------------------------------- pictures

    def _member(self, name: str, file: str) -> tuple[bytes, str]:
        """A clip's file, and how messages call it."""
        archive_name = self._field(name, self._entries[name], "archive", str)
        path = self.folder / archive_name
        full = f"{path}:{name}/{file}"
        if not is_plain(archive_name):
            raise DataError(self._index, f"clip {name} lies in {archive_name!r}; name a file in the set's folder.")
        try:
            return self._archive(path).read(f"{name}/{file}"), full
        except KeyError as error:
            raise DataError(full, "isn't in the archive; copy the archive again.") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise DataError(full, f"can't be read ({error}); copy the archive again.") from error

    def _archive(self, path: Path) -> zipfile.ZipFile:
        """The open archive. A forked process opens its own: a shared handle would share its position."""
        key = (os.getpid(), path.name)
        if key not in self._archives:
            try:
                self._archives[key] = zipfile.ZipFile(path)
            except (zipfile.BadZipFile, OSError) as error:
                raise DataError(path, f"is not a whole zip archive ({error}); copy it again.") from error
        return self._archives[key]

    def _fps(self, name: str, times: list[Any], frames: int) -> float:
        """Frames a second, on average: the steps differ by a third or so."""
        if len(times) != frames or not all(isinstance(time, (int, float)) for time in times):
            raise DataError(self._index, f"the times of clip {name} aren't one number a frame; mend the entry.")
        seconds = float(times[-1]) - float(times[0])
        if frames < 2:
            return STEADY_FPS
        if not seconds > 0 or not FPS_RANGE[0] <= (frames - 1) / seconds <= FPS_RANGE[1]:
            raise DataError(self._index, f"clip {name} takes {seconds} seconds, which is impossible; mend its times.")
        return (frames - 1) / seconds

    def _take(self, name: str, outfit: str, joints: np.ndarray, depth: np.ndarray, fps: float) -> Take:
        frames = len(joints)
        height, width = self.size
        pictures = [self._picture(name, f"{outfit}_{number:02}.webp") for number in range(frames)]
        data, full = self._member(name, f"{outfit}_labels.png")
        labels = decoded_labels(data, full, (frames * height, width)).reshape(frames, height, width)
        mattes = np.where(labels > 0, 255, 0).astype(np.uint8)
        return Take(np.stack(pictures), labels, joints, depth, mattes, fps)

    def _picture(self, name: str, file: str) -> np.ndarray:
        data, full = self._member(name, file)
        picture = decoded_picture(data, full)
        if picture.shape[:2] != self.size:
            raise DataError(full, f"is {picture.shape[:2]} pixels (H, W), not {self.size}; copy the archive again.")
        return picture

    # ---------------------------------------------------------------------------------------------------------- joints

    @cached_property
    def _joints(self) -> dict[str, np.ndarray]:
        """xy (N, n, 25, 2), depth_m (N, n, 25), visible (N, n, 25, 2: outfits)."""
        try:
            with np.load(self._joints_file) as arrays:
                found = {name: arrays[name] for name in ("xy", "depth_m", "visible")}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(self._joints_file, f"can't be read ({error}); copy it again.") from error
        shape = found["depth_m"].shape
        if len(shape) != 3 or shape[2] != JOINTS:
            raise DataError(self._joints_file, f"depth_m is {shape}, not (clips, frames, {JOINTS}); copy it again.")
        for name in ("xy", "visible"):
            if found[name].shape != (*shape, 2):
                raise DataError(self._joints_file, f"{name} is {found[name].shape}, not {(*shape, 2)}; copy it again.")
        return found

    def _poses(self, name: str, row: int, frames: int) -> tuple[np.ndarray, np.ndarray]:
        """Joints (2, n, 25, 3) of both outfits and depth (n, 25) in pixels."""
        rows, length = self._joints["depth_m"].shape[:2]
        if not (0 <= row < rows and 0 < frames <= length):
            raise DataError(self._joints_file, f"has no row {row} with {frames} frames, which {name} needs.")
        xy = self._joints["xy"][row, :frames].astype(np.float32)
        metres = self._joints["depth_m"][row, :frames].astype(np.float32)
        if not (np.isfinite(xy).all() and np.isfinite(metres).all() and (metres > 0).all()):
            raise DataError(self._joints_file, f"row {row} ({name}) holds impossible numbers; copy it again.")
        visible = np.moveaxis(self._joints["visible"][row, :frames], -1, 0) > 0
        confidence = np.where(visible, 1.0, HIDDEN)[..., None]
        joints = np.concatenate([np.broadcast_to(xy, (2, *xy.shape)), confidence], -1).astype(np.float32)
        at_hips = metres[:, _MID_HIP, None]
        depth = (metres - at_hips) * focal_length(xy, metres, self.size) / at_hips
        return joints, depth.astype(np.float32)

    # -------------------------------------------------------------------------------------------------------- garments

    def _garments(self, name: str, table: dict[str, Any]) -> tuple[dict[str, GarmentPicture], dict[str, list[str]]]:
        """The garments, and the keys of either outfit's garments, undermost first."""
        garments: dict[str, GarmentPicture] = {}
        worn: dict[str, list[str]] = {outfit: [] for outfit in OUTFITS}
        for key, entry in sorted(table.items(), key=lambda item: item[0]):
            if key[:1] not in worn:
                raise DataError(self._index, f"garment {key} of clip {name} is of no outfit; name it A_... or B_...")
            shared = entry.get("same_as", key) if isinstance(entry, dict) else key
            worn[key[0]].append(shared)
            if shared == key:
                garments[key] = self._garment(name, key, entry)
            elif shared not in garments:
                raise DataError(
                    self._index, f"garment {key} of clip {name} is the same as {shared!r}, which isn't there."
                )
        for keys in worn.values():
            keys.sort(key=lambda key: DRESSING_ORDER.index(garments[key].category))
        return garments, worn

    def _garment(self, name: str, key: str, entry: Any) -> GarmentPicture:
        what = f"garment {key} of clip {name}"
        slot, image, mask = (checked_entry(self._index, what, entry, field, str) for field in ("slot", "image", "mask"))
        if slot not in list(Category):
            raise DataError(self._index, f"{what} has the slot {slot!r}; use one of {', '.join(Category)}.")
        picture = self._picture(name, image)
        data, full = self._member(name, mask)
        return GarmentPicture(np.dstack([picture, decoded_mask(data, full, self.size)]), slot)


def _looks(worn: dict[str, list[str]], frames: int) -> tuple[LookSpec, ...]:
    looks = []
    for source, target in (("A", "B"), ("B", "A")):
        own = tuple(worn[source])
        new = tuple(key for key in worn[target] if key not in own)
        for frame in range(frames):
            if new:
                looks.append(LookSpec((source, frame), new, (target, frame), target, "swap"))
            looks.append(LookSpec((source, frame), own, (source, frame), source, "reconstruction"))
    return tuple(looks)


def focal_length(xy: np.ndarray, metres: np.ndarray, size: tuple[int, int]) -> float:
    """The focal length, in pixels, of the camera that saw joints at xy (n, 25, 2) pixels, metres (n, 25) away.

    It isn't stored, and neither is the person's height, which varies too much to be guessed. But bones are rigid: with
    u the offset of a joint's pixel times its distance, a bone's squared length is |du|^2 / f^2 + dz^2, the same in
    every frame and on both sides. 1 / f^2 is its least squares solution, kept within ``FOCAL_LENGTHS``. Found from arms
    and from legs alone it differs by 5 % (quartiles, train split).
    """
    height, width = size
    across = (xy - np.array([(width - 1) / 2, (height - 1) / 2])) * metres[..., None]
    seen, deep = [], []
    for pair in _PAIRS:
        starts, ends = (np.array([bone[end] for bone in pair]) for end in (0, 1))
        seen.append(((across[:, starts] - across[:, ends]) ** 2).sum(-1))
        deep.append((metres[:, starts] - metres[:, ends]) ** 2)
    a, b = (np.stack(values).reshape(len(_PAIRS), -1) for values in (seen, deep))
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    inverse = -float((a * b).sum()) / max(float((a * a).sum()), 1e-12)
    shortest, longest = (factor * height for factor in FOCAL_LENGTHS)
    return float(np.clip(inverse, longest**-2, shortest**-2) ** -0.5)
