"""Motion files: one JSON (``*.motion.json``) with the frames, their rate and size, the joint format and a version.

Each version of the file has a model of its own; old versions stay readable.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, ValidationInfo

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import write_whole
from fashionmirror_core.motion import json_files
from fashionmirror_core.motion.joint_formats import FORMATS, to_body25
from fashionmirror_core.motion.json_files import shown
from fashionmirror_core.motion.sequence import FPS_RANGE, MAX_COORDINATE, MAX_FRAMES, PoseSequence, check_person
from fashionmirror_core.skeleton import JOINT_COUNT

SUFFIX = ".motion.json"
VERSION = 1


def load(path: Path) -> PoseSequence:
    """Reads a motion file (see ``save``) or one without version, name and loop, with joints T x J x 2 or 3.

    Joints without confidence count as seen; a joint that is null, or has a coordinate that is null or NaN, counts as
    lost. InputError names the file and what is wrong in it.
    """
    data = json_files.read_json(path)
    if not is_motion(data):
        raise InputError(f"{path.name}: this JSON holds no motion (no 'joints'); give a file ending in {SUFFIX}.")
    return parse(data, path)


def is_motion(data: Any) -> bool:
    """Whether a JSON value means to be a motion file."""
    return isinstance(data, dict) and "joints" in data


def parse(data: dict[str, Any], path: Path) -> PoseSequence:
    """The motion in a motion file's JSON; ``path`` names it in messages and where it has no name of its own."""
    version = data.get("version", VERSION)
    model = _MODELS.get(version) if isinstance(version, int) and not isinstance(version, bool) else None
    if model is None:
        known = ", ".join(map(str, _MODELS))
        raise InputError(f"{path.name}: motion version {shown(version)} is not known; this program reads {known}.")
    try:
        file = model.model_validate(data)
    except ValidationError as error:
        raise InputError(f"{path.name}: {_sentence(error)}.") from None
    lost = np.isnan(file.joints).any(axis=-1)
    joints = to_body25(np.where(lost[..., None], 0.0, file.joints), file.format)
    check_person(joints, path.name)
    depth = np.zeros(joints.shape[:2]) if file.depth is None else file.depth
    if depth.shape != joints.shape[:2]:
        raise InputError(
            f"{path.name}: 'depth' must be {len(joints)} x {JOINT_COUNT} numbers; leave it out or mend it."
        )
    name = file.name or bare_name(path)
    return PoseSequence(joints, depth, file.fps, (file.width, file.height), name, file.loop, lost_joints(lost))


def save(motion: PoseSequence, path: Path) -> None:
    """Writes a motion file: JSON with version, format, fps, width, height, name, loop, joints, depth.

    joints: T x 25 x 3, depth: T x 25 (left out if unknown), rounded to a thousandth. Whole or not at all; InputError
    if the place cannot be written.
    """
    data: dict[str, Any] = {
        "version": VERSION,
        "format": "BODY_25",
        "fps": motion.fps,
        "width": motion.size[0],
        "height": motion.size[1],
        "name": motion.name,
        "loop": motion.loop,
        "joints": rounded(motion.joints),
    }
    if motion.depth.any():
        data["depth"] = rounded(motion.depth)
    write_whole(path, json.dumps(data, separators=(",", ":")).encode())


def rounded(values: np.ndarray) -> Any:
    """Nested lists of numbers rounded to a thousandth."""
    return np.round(values.astype(np.float64), 3).tolist()


def bare_name(path: Path) -> str:
    """A file's or folder's name without the suffixes of motions."""
    return path.name.removesuffix(".json").removesuffix(".motion").removesuffix(".joints")


def lost_joints(lost: np.ndarray) -> tuple[str, ...]:
    """The note for joints that were null or NaN, given as booleans; nothing if there are none."""
    count = int(lost.sum())
    if not count:
        return ()
    return (f"{count} {'joint is' if count == 1 else 'joints are'} null or NaN: lost there, and interpolated.",)


# The models


def _joints(value: Any, info: ValidationInfo) -> np.ndarray:
    """JSON joints T x J x (2 or 3) -> (T, J, 3) float64; NaN where a number is null."""
    if "format" not in info.data:
        raise ValueError("the joints need a known 'format'")
    name: str = info.data["format"]
    count = FORMATS[name].count
    if not isinstance(value, list):
        raise ValueError("'joints' must be a list of frames; export the motion again")
    if not value:
        raise ValueError("the motion has zero frames; export it again")
    if len(value) > MAX_FRAMES:
        raise ValueError(f"more than {MAX_FRAMES} frames; split the motion")
    for index, frame in enumerate(value):
        if not isinstance(frame, list) or len(frame) != count:
            found = len(frame) if isinstance(frame, list) else "no"
            raise ValueError(f"frame {index} has {found} joints, {name} has {count}; name the format that wrote it")
    joints = json_files.flat(value)
    widths = {len(joint) if isinstance(joint, list) else 0 for joint in joints if joint is not None}
    if len(widths) != 1 or not widths <= {2, 3}:
        raise ValueError("a joint is x, y and perhaps confidence; these have another shape, export the motion again")
    (width,) = widths
    lost = [None] * width
    array = json_files.numbers(json_files.flat([lost if joint is None else joint for joint in joints]))
    array = array.reshape(len(value), count, width)
    farthest = np.nanmax(np.abs(array[..., :2]), initial=0.0)
    if farthest > MAX_COORDINATE:
        raise ValueError(f"joints lie {farthest:.0e} pixels away; write them in the frame's pixels")
    if width == 2:
        return np.concatenate([array, np.ones((*array.shape[:2], 1))], -1)
    return _clipped(array)


def _clipped(joints: np.ndarray) -> np.ndarray:
    """Confidences clipped to [0, 1]: OpenPose oversteps 1 a little, percentages are refused."""
    confidence = joints[..., 2]
    low, high = np.nanmin(confidence, initial=0.0), np.nanmax(confidence, initial=0.0)
    if low < 0 or high > 1.5:
        raise ValueError(f"confidences must lie in 0 to 1, one is {max(high, -low):g}; rescale them")
    return np.concatenate([joints[..., :2], np.clip(joints[..., 2:], 0, 1)], -1)


def _depth(value: Any) -> np.ndarray | None:
    """JSON depth T x 25 -> (T, 25) float64."""
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(frame, list) and len(frame) == JOINT_COUNT for frame in value):
        raise ValueError(f"'depth' must be a list of {JOINT_COUNT} numbers for each frame; leave it out or mend it")
    depth = json_files.numbers(json_files.flat(value)).reshape(len(value), JOINT_COUNT)
    if np.isnan(depth).any() or np.abs(depth).max(initial=0.0) > MAX_COORDINATE:
        raise ValueError("'depth' holds null, NaN or huge numbers; leave it out or mend it")
    return depth


def _format(value: Any) -> str:
    if not isinstance(value, str) or value not in FORMATS:
        raise ValueError(f"the joint format {shown(value)} is not known; write 'format': one of {', '.join(FORMATS)}")
    return value


def _side(value: Any) -> int:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 1 <= value <= MAX_COORDINATE or value != int(value):
        raise ValueError(f"width and height must be whole pixels from 1 on, not {shown(value)}; mend the file")
    return int(value)


_Side = Annotated[int, PlainValidator(_side)]


class _Version1(BaseModel):
    """joints: (T, J, 3) float64 in the file's format, NaN where lost; depth: (T, 25) float64."""

    model_config = ConfigDict(strict=True, arbitrary_types_allowed=True)

    version: Literal[1] = 1
    format: Annotated[str, PlainValidator(_format)]
    fps: float = Field(ge=FPS_RANGE[0], le=FPS_RANGE[1], allow_inf_nan=False)
    width: _Side
    height: _Side
    name: str = ""
    loop: bool = False
    joints: Annotated[np.ndarray, PlainValidator(_joints)]
    depth: Annotated[np.ndarray | None, PlainValidator(_depth)] = None


_MODELS: dict[int, type[_Version1]] = {1: _Version1}

_SENTENCES = {
    "format": f"the file doesn't name its joint format; write 'format': one of {', '.join(FORMATS)}",
    "fps": "{value} frames per second make no motion; give {low:.0f} to {high:.0f}",
    "width": "width and height are missing; add them in whole pixels",
    "height": "width and height are missing; add them in whole pixels",
    "name": "'name' must be a text; mend it in the file",
    "loop": "'loop' must be true or false; mend it in the file",
}


def _sentence(error: ValidationError) -> str:
    """The first thing that is wrong, in words."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    field = str(first["loc"][0])
    value = "no" if first["type"] == "missing" else shown(first["input"])
    return _SENTENCES.get(field, f"'{field}' is wrong; export the motion again").format(
        value=value, low=FPS_RANGE[0], high=FPS_RANGE[1]
    )
