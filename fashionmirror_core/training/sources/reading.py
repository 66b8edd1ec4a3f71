"""Files of data sets, checked: whatever is wrong with one becomes a DataError that names it."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.images import on_white, read_image
from fashionmirror_core.media.targets import named
from fashionmirror_core.training.clips import JOINTS, DataError
from fashionmirror_core.vocabulary import Label

INDEX = "index.json"


def existing_folder(folder: str | Path) -> Path:
    """Raises InputError where it is no folder."""
    path = Path(folder)
    if not path.is_dir():
        raise InputError(f"{named(path)} isn't a folder; give the folder that holds the data.")
    return path


def needed_file(folder: Path, name: str, kind: str) -> Path:
    """Raises InputError where the folder doesn't hold a file that every set of this kind has."""
    path = existing_folder(folder) / name
    if not path.is_file():
        raise InputError(f"{named(folder)} holds no {kind} set: {name} is missing; give the folder that holds it.")
    return path


def read_json(path: Path) -> Any:
    """Raises DataError where it can't be read or isn't JSON."""
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(path, f"can't be read ({error.strerror}); check the disk.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(path, "isn't valid JSON; copy it again.") from error


def indexed(path: Path, entries: Any) -> dict[str, dict[str, Any]]:
    """Entries of an index by their ids. Raises DataError unless each is an object with a plain ``id`` of its own."""
    if not isinstance(entries, list):
        raise DataError(path, "holds no list of entries; copy it again.")
    found: dict[str, dict[str, Any]] = {}
    for number, entry in enumerate(entries):
        name = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not is_plain(name):
            raise DataError(path, f'entry {number} has no usable "id"; mend it.')
        if name in found:
            raise DataError(path, f"{name} is there twice; remove one.")
        found[name] = entry
    return found


def is_plain(name: str) -> bool:
    """Whether a name from an index is a file's name alone, without a path."""
    return re.fullmatch(r"\w[\w.-]*", name) is not None


def checked_entry(index: Path, what: str, entry: Any, key: str, kind: type) -> Any:
    """``entry[key]``. Raises DataError, which names its owner ``what``, where it is missing or of another type."""
    value = entry.get(key) if isinstance(entry, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise DataError(index, f'{what} has no "{key}" ({kind.__name__}); mend the entry.')
    return value


def data_error(path: Path, error: InputError) -> DataError:
    """The same complaint, by the file's name."""
    return DataError(path, str(error).removeprefix(f"{named(path)} "))


def read_bytes(path: Path) -> bytes:
    """Raises DataError where the file is missing or can't be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(path, f"can't be read ({error.strerror}); copy it again.") from error


def decoded_picture(data: bytes, name: str | Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB; transparency is composited on white. Raises DataError."""
    try:
        return on_white(read_image(data))
    except InputError as error:
        raise DataError(name, str(error)) from error


def decoded_mask(data: bytes, name: str | Path, size: tuple[int, int]) -> np.ndarray:
    """A one-channel 8-bit picture as it is stored, palette or grey: (H, W) uint8. size: the (H, W) that it must have.

    Raises DataError.
    """
    try:
        with Image.open(BytesIO(data)) as picture:
            mode = picture.mode
            mask = np.array(picture)
    except Exception as error:  # on damaged data a decoder may raise anything
        raise DataError(name, "is damaged or cut short; copy it again.") from error
    if mode not in ("L", "P") or mask.dtype != np.uint8:
        raise DataError(name, f"has channels of mode {mode}; save it as 8-bit grey.")
    if mask.shape != size:
        found, wanted = (f"{width} x {height}" for height, width in (mask.shape, size))
        raise DataError(name, f"is {found} pixels, not {wanted}; write it in the picture's own size.")
    return mask


def decoded_labels(data: bytes, name: str | Path, size: tuple[int, int]) -> np.ndarray:
    """A label map (H, W) uint8 of ``Label`` values. Raises DataError, also for values that are no label."""
    labels = decoded_mask(data, name, size)
    if labels.max() > max(Label):
        raise DataError(name, f"holds the label {labels.max()}; the last one is {max(Label)} ({max(Label).name}).")
    return labels


def checked_joints(value: Any, name: str | Path, what: str) -> np.ndarray:
    """BODY_25 joints (25, 3) float32 from nested lists, confidence in [0, 1]. Raises DataError."""
    try:
        joints = np.asarray(value, np.float64)
    except (ValueError, TypeError) as error:
        raise DataError(name, f"the joints of {what} are no table of numbers; mend them.") from error
    if joints.shape != (JOINTS, 3):
        raise DataError(name, f"the joints of {what} are {joints.shape}, not ({JOINTS}, 3); write x, y, confidence.")
    if not np.isfinite(joints).all():
        raise DataError(name, f"the joints of {what} hold NaN or infinite numbers; mend them.")
    if joints[:, 2].min() < 0 or joints[:, 2].max() > 1:
        raise DataError(name, f"the confidences of {what} leave 0 to 1; rescale them.")
    return joints.astype(np.float32)
