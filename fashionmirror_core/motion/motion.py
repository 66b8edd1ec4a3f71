"""A motion: BODY_25 poses over time, its files, its smoothing and its timing (docs/method.md, "Pose and motion").

Files: one ``*.motion.json`` (see ``Motion.save``) or a folder of OpenPose JSON, one file a frame. Videos and
templates become motions too: ``Motion.open`` takes any of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from fashionmirror_core import skeleton
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import Change, write_whole
from fashionmirror_core.skeleton import JOINT_COUNT, MISSING, Pose

VERSION = 1
SUFFIX = ".motion.json"
LONG_GAP = 0.5
"""Seconds; a longer gap is interpolated too, but reported."""

_MAX_FILE_BYTES = 256 * 2**20
_MAX_FRAMES = 100_000
_MAX_COORDINATE = 1e5
_MIN_EXTENT = 8.0  # pixels; a smaller "person" is a file in normalised coordinates
_FPS_RANGE = (1.0, 240.0)

Progress = Callable[[int, int | None], None]
Cancel = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class Motion:
    """Poses at a steady rate.

    joints: (T, 25, 3) float32, x, y in pixels and confidence in [0, 1]; depth: (T, 25) float32 in the same pixels,
    smaller is nearer, 0 at the mid-hip, zeros if unknown; fps: frames per second; size: (width, height) of the frame
    in pixels; loop: the frame after the last is the first; warnings: what the reader of the motion should know.
    """

    joints: np.ndarray
    depth: np.ndarray
    fps: float
    size: tuple[int, int]
    name: str = ""
    loop: bool = False
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "joints", np.asarray(self.joints, np.float32))
        object.__setattr__(self, "depth", np.asarray(self.depth, np.float32))
        frames = len(self.joints)
        if self.joints.shape != (frames, JOINT_COUNT, 3) or self.depth.shape != (frames, JOINT_COUNT) or not frames:
            raise ValueError(f"joints {self.joints.shape} and depth {self.depth.shape} are not (T, 25, 3) and (T, 25)")

    def __len__(self) -> int:
        return len(self.joints)

    def __getitem__(self, index: int) -> Pose:
        return Pose(self.joints[index], self.depth[index])

    @property
    def seconds(self) -> float:
        """How long it plays: frames / fps."""
        return len(self) / self.fps

    # Where motions come from

    @classmethod
    def open(
        cls,
        spec: str | Path,
        *,
        format_name: str = "BODY_25",
        fps: float = 25.0,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
        frames: int | None = None,
        rate: float | None = None,
    ) -> Motion:
        """The motion that a user means: a template's name, a motion file, a folder of OpenPose JSON or a video.

        ``format_name`` is the joint format of a folder, ``fps`` the rate of a folder or a template; ``progress``,
        ``cancel``, ``frames`` and ``rate`` are for videos (see ``extraction.extract``): no more is read than asked for.
        Gaps are filled. A bare word is a template's name first. InputError for everything that cannot be read.
        """
        path = Path(spec)
        is_word = isinstance(spec, str) and re.fullmatch(r"[\w-]+", spec) is not None
        if is_word and (_is_template(str(spec)) or not _exists(path)):
            return cls.template(str(spec), fps)
        if not str(spec).strip() or not _exists(path):
            raise InputError(f"{spec!s:.200}: no such motion; give a motion file, a folder, a video or a template.")
        if path.is_dir():
            return cls.from_openpose_folder(path, format_name, fps).fill_gaps()
        if path.suffix.lower() == ".json":
            return cls.load(path).fill_gaps()
        from fashionmirror_core.motion.extraction import extract  # MediaPipe is only loaded for a video

        return extract(path, progress=progress, cancel=cancel, frames=frames, rate=rate)[0]

    @classmethod
    def template(cls, name: str, fps: float = 25.0) -> Motion:
        """The built-in motion of that name; InputError suggests the nearest for an unknown one."""
        from fashionmirror_core.motion import templates

        if name not in templates.NAMES:
            nearest = get_close_matches(name.lower(), templates.NAMES, n=1, cutoff=0.4)
            hint = f"did you mean {nearest[0]!r}? " if nearest else ""
            raise InputError(
                f"There is no template {name[:60]!r}; {hint}The templates are {', '.join(templates.NAMES)}."
            )
        return templates.motion(name, fps)

    @classmethod
    def load(cls, path: str | Path) -> Motion:
        """Reads a motion file (see ``save``) or one without version, name and loop, with joints T x J x 2 or 3.

        Joints without confidence count as seen. InputError names the file and what is wrong in it.
        """
        path = Path(path)
        data = _read_json(path)
        if not isinstance(data, dict) or "joints" not in data:
            raise InputError(f"{path.name}: this JSON holds no motion (no 'joints'); give a file ending in {SUFFIX}.")
        version = data.get("version", VERSION)
        if version != VERSION or isinstance(version, bool):
            raise InputError(f"{path.name}: motion version {version!r} is not known; this program reads {VERSION}.")
        format_name = data.get("format")
        if not isinstance(format_name, str):
            known = ", ".join(skeleton.FORMATS)
            raise InputError(f"{path.name}: the file doesn't name its joint format; write 'format': one of {known}.")
        fps = _checked_fps(data.get("fps"), path.name)
        size = (_checked_side(data.get("width"), path.name), _checked_side(data.get("height"), path.name))
        joints = _checked_joints(data["joints"], format_name, path.name)
        depth = _checked_depth(data.get("depth"), len(joints), path.name)
        name = data.get("name", "")
        if not isinstance(name, str) or not isinstance(data.get("loop", False), bool):
            raise InputError(f"{path.name}: 'name' must be a text and 'loop' true or false; mend them in the file.")
        return cls(joints, depth, fps, size, name or _bare_name(path), data.get("loop", False))

    def save(self, path: str | Path) -> None:
        """Writes a motion file: JSON with version, format, fps, width, height, name, loop, joints, depth.

        joints: T x 25 x 3, depth: T x 25 (left out if unknown), rounded to a thousandth. Whole or not at all;
        InputError if the place cannot be written.
        """
        data: dict[str, Any] = {
            "version": VERSION,
            "format": "BODY_25",
            "fps": self.fps,
            "width": self.size[0],
            "height": self.size[1],
            "name": self.name,
            "loop": self.loop,
            "joints": _rounded(self.joints),
        }
        if self.depth.any():
            data["depth"] = _rounded(self.depth)
        write_whole(path, json.dumps(data, separators=(",", ":")).encode())

    @classmethod
    def from_openpose_folder(cls, folder: str | Path, format_name: str = "BODY_25", fps: float = 25.0) -> Motion:
        """Reads OpenPose's output: one JSON a frame in natural order, of each frame the largest person.

        Frames without a person get confidence 0 and a warning. The frame's size isn't in such files: it is taken to
        end at the outermost joint. InputError names the file that is wrong.
        """
        folder = Path(folder)
        try:
            files = sorted((file for file in folder.iterdir() if file.suffix.lower() == ".json"), key=_natural_key)
        except OSError as error:
            raise InputError(f"{folder}: cannot be read as a folder ({error.strerror}); check the path.") from error
        if not files:
            raise InputError(f"{folder}: no OpenPose JSON in this folder; choose the folder that OpenPose wrote.")
        if len(files) > _MAX_FRAMES:
            raise InputError(f"{folder}: more than {_MAX_FRAMES} frames; split the motion.")
        skeleton.joint_count(format_name)
        fps = _checked_fps(fps, folder.name)
        frames = [_largest_person(file, format_name) for file in files]
        joints = np.stack([np.zeros((JOINT_COUNT, 3), np.float32) if frame is None else frame for frame in frames])
        _check_some_person(joints, folder.name)
        seen = joints[joints[..., 2] >= MISSING]
        size = (max(1, int(np.ceil(seen[:, 0].max())) + 1), max(1, int(np.ceil(seen[:, 1].max())) + 1))
        empty = [index for index, frame in enumerate(frames) if frame is None]
        return cls(
            joints, np.zeros(joints.shape[:2]), fps, size, _bare_name(folder), warnings=personless(empty, len(files))
        )

    def to_openpose_folder(self, folder: str | Path) -> None:
        """Writes one OpenPose JSON a frame (BODY_25) into a new or empty folder, whole or not at all."""
        with Change(overwrite=False) as change:
            partial = change.folder(folder, listed=False)
            for index, joints in enumerate(self.joints):
                person = {"person_id": [-1], "pose_keypoints_2d": _rounded(joints.ravel())}
                file = partial / f"{self.name or 'motion'}_{index:012d}_keypoints.json"
                file.write_text(json.dumps({"version": 1.3, "people": [person]}), encoding="utf-8")

    # What can be done with them

    def fill_gaps(self, below: float = MISSING) -> Motion:
        """Joints with a confidence under ``below`` are interpolated over time between the frames that saw them.

        Before the first and after the last sighting (unless it loops) the joint stays where it was. Interpolated
        joints get the neighbours' confidence, half of it in gaps longer than LONG_GAP, which are named in
        ``warnings``. Joints never seen stay as they are, but feet never seen are put below the filled ankles.
        """
        joints, depth = self.joints.copy(), self.depth.copy()
        lost = joints[..., 2] < below
        long_gaps: dict[tuple[int, int], list[int]] = {}
        for joint in range(JOINT_COUNT):
            if lost[:, joint].all() or not lost[:, joint].any():
                continue
            seen = np.flatnonzero(~lost[:, joint])
            missing = np.flatnonzero(lost[:, joint])
            period = len(self) if self.loop else None
            for channel in range(3):
                values = joints[:, joint, channel]
                values[missing] = np.interp(missing, seen, values[seen], period=period)
            depth[missing, joint] = np.interp(missing, seen, depth[seen, joint], period=period)
            for start, stop in _runs(missing):
                if (stop - start) / self.fps > LONG_GAP:
                    joints[start:stop, joint, 2] *= 0.5
                    long_gaps.setdefault((start, stop), []).append(joint)
        if lost[:, list(skeleton.FEET)].all():
            skeleton.imagine_feet(joints)
        return replace(
            self, joints=joints, depth=depth, warnings=self.warnings + _long_gap_warning(long_gaps, self.fps)
        )

    def smoothed(self, strength: float) -> Motion:
        """One-Euro filtered (Casiez et al., CHI 2012), per joint, forwards and backwards so that nothing lags.

        strength: 0 (as it is) to 1 (very calm). Steady joints are calmed most, fast ones keep their speed; speeds are
        measured in body heights per second, so the size of the person doesn't matter. A loop stays a loop.
        """
        if not 0.0 <= strength <= 1.0:
            raise InputError(f"Smoothing strength {strength} is out of range; give a number from 0 to 1.")
        if strength == 0.0 or len(self) < 3:
            return self
        signal = np.concatenate([self.joints[..., :2], self.depth[..., None]], -1).astype(np.float64)
        scale = max(_typical_height(self.joints), 1.0)
        frames = len(self)
        around = np.concatenate([signal] * 3) if self.loop else signal
        calm = _one_euro_both_ways(around / scale, self.fps, strength) * scale
        calm = calm[frames : 2 * frames] if self.loop else calm
        joints = np.concatenate([calm[..., :2], self.joints[..., 2:]], -1)
        return replace(self, joints=joints, depth=calm[..., 2])

    def resampled(self, fps: float) -> Motion:
        """The same motion at another rate, by cubic (Catmull-Rom) interpolation; a loop keeps closing.

        Lost joints are interpolated as in ``fill_gaps``, with their low confidence kept.
        """
        fps = _checked_fps(fps, self.name or "motion")
        if fps == self.fps:
            return self
        frames = len(self)
        if self.loop:
            count = max(1, round(frames * fps / self.fps))
            times = np.arange(count) * frames / count
        else:
            count = max(1, round((frames - 1) * fps / self.fps) + 1)
            times = np.minimum(np.arange(count) * self.fps / fps, frames - 1)
        filled = self.fill_gaps()
        points = _catmull_rom(filled.joints[..., :2], times, self.loop)
        confidence = _linear(self.joints[..., 2], times, self.loop)[..., None]
        depth = _catmull_rom(filled.depth, times, self.loop)
        return replace(self, joints=np.concatenate([points, confidence], -1), depth=depth, fps=fps)

    def take(self, count: int) -> Motion:
        """The first ``count`` frames; a loop goes round as often as needed, another motion ends where it ends."""
        if count < 1:
            raise InputError(f"{count} frames are too few; ask for at least 1.")
        frames = len(self)
        chosen = np.arange(count) % frames if self.loop else np.arange(min(count, frames))
        return replace(
            self,
            joints=self.joints[chosen],
            depth=self.depth[chosen],
            loop=self.loop and len(chosen) % frames == 0,
        )


def personless(frames: Sequence[int], total: int) -> tuple[str, ...]:
    """The warning for frames (counted from 0) in which nobody was found; nothing if there are none."""
    if not frames:
        return ()
    runs = _runs(np.asarray(frames))
    spans = [f"{start}" if stop - start == 1 else f"{start}-{stop - 1}" for start, stop in runs]
    shown = ", ".join(spans[:8]) + (" ..." if len(spans) > 8 else "")
    return (f"{len(frames)} of {total} frames show no person (frames {shown}); their poses are interpolated.",)


def _long_gap_warning(gaps: dict[tuple[int, int], list[int]], fps: float) -> tuple[str, ...]:
    """One line for long gaps, given as [start, stop) frames -> the joints that share them."""
    if not gaps:
        return ()
    named = []
    for (start, stop), joints in sorted(gaps.items()):
        who = ", ".join(skeleton.NAMES[joint] for joint in joints) if len(joints) <= 4 else f"{len(joints)} joints"
        named.append(f"{who} {start / fps:.1f}-{stop / fps:.1f} s")
    shown = "; ".join(named[:6]) + (f" and {len(named) - 6} more" if len(named) > 6 else "")
    return (f"Unseen for more than {LONG_GAP} s and guessed: {shown}.",)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _is_template(word: str) -> bool:
    from fashionmirror_core.motion import templates

    return word in templates.NAMES


def _bare_name(path: Path) -> str:
    return path.name.removesuffix(".json").removesuffix(".motion").removesuffix(".joints")


def _natural_key(path: Path) -> list[tuple[int, int, str]]:
    """Orders frame_2 before frame_10."""
    parts = re.split(r"(\d+)", path.name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part.lower()) for part in parts]


def _rounded(values: np.ndarray) -> Any:
    return np.round(values.astype(np.float64), 3).tolist()


# Reading and checking


def _read_json(path: Path) -> Any:
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise InputError(f"{path.name}: larger than {_MAX_FILE_BYTES >> 20} MB; split the motion.")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path.") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path.name}: not valid JSON; export the motion again.") from error


def _checked_number(value: Any) -> float | None:
    """A finite JSON number, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e9 else None


def _checked_fps(value: Any, where: str) -> float:
    fps = _checked_number(value)
    low, high = _FPS_RANGE
    if fps is None or not low <= fps <= high:
        raise InputError(f"{where}: {value!r:.40} frames per second make no motion; give {low:.0f} to {high:.0f}.")
    return fps


def _checked_side(value: Any, where: str) -> int:
    side = _checked_number(value)
    if side is None or not 1 <= side <= _MAX_COORDINATE or side != int(side):
        raise InputError(f"{where}: width and height must be whole pixels from 1 on, not {value!r:.40}; mend the file.")
    return int(side)


def _checked_array(value: Any, where: str) -> np.ndarray:
    """A nested JSON list as float64 array; InputError if it is ragged or holds something else than finite numbers."""
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{where}: the joints are ragged lists; every joint needs the same numbers.") from error
    if array.size == 0:
        raise InputError(f"{where}: the motion has zero frames; export it again.")
    if array.dtype.kind not in "iuf":
        raise InputError(f"{where}: the joints hold something that is not a number; export the motion again.")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        place = f" (frame {np.argwhere(~np.isfinite(array))[0][0]})" if array.ndim > 1 else ""
        raise InputError(f"{where}: NaN or infinite numbers among the joints{place}; export the motion again.")
    if np.abs(array).max() > _MAX_COORDINATE:
        raise InputError(
            f"{where}: joints lie {np.abs(array).max():.0e} pixels away; write them in the frame's pixels."
        )
    return array


def _checked_joints(value: Any, format_name: str, where: str) -> np.ndarray:
    """JSON joints T x J x (2 or 3) -> (T, 25, 3) float32."""
    try:
        count = skeleton.joint_count(format_name)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if format_name not in skeleton.FORMATS or not isinstance(value, list):
        raise InputError(f"{where}: 'joints' must be a list of frames in one of {', '.join(skeleton.FORMATS)}.")
    if not value:
        raise InputError(f"{where}: the motion has zero frames; export it again.")
    if len(value) > _MAX_FRAMES:
        raise InputError(f"{where}: more than {_MAX_FRAMES} frames; split the motion.")
    for index, frame in enumerate(value):
        if not isinstance(frame, list) or len(frame) != count:
            found = len(frame) if isinstance(frame, list) else "no"
            raise InputError(
                f"{where}: frame {index} has {found} joints, {format_name} has {count}; name the format that wrote it."
            )
    joints = _checked_array(value, where)
    if joints.ndim != 3 or joints.shape[2] not in (2, 3):
        raise InputError(f"{where}: a joint is x, y and perhaps confidence; these have another shape, export again.")
    if joints.shape[2] == 2:
        joints = np.concatenate([joints, np.ones((*joints.shape[:2], 1))], -1)
    _check_confidence(joints, where)
    body = skeleton.to_body25(joints, format_name)
    _check_some_person(body, where)
    return body


def _check_confidence(joints: np.ndarray, where: str) -> None:
    """Clips confidences to [0, 1] in place; OpenPose oversteps 1 a little, percentages are refused."""
    confidence = joints[..., 2]
    if confidence.min() < 0 or confidence.max() > 1.5:
        raise InputError(f"{where}: confidences must lie in 0 to 1, one is {np.abs(confidence).max():g}; rescale them.")
    np.clip(confidence, 0, 1, out=confidence)


def _check_some_person(joints: np.ndarray, where: str) -> None:
    if joints[..., 2].max() < skeleton.CONFIDENT:
        raise InputError(f"{where}: no joint is confident in the whole motion; take a clip that shows a person.")
    if _typical_height(joints) < _MIN_EXTENT:
        raise InputError(f"{where}: the person is under {_MIN_EXTENT:.0f} pixels large; write the joints in pixels.")


def _checked_depth(value: Any, frames: int, where: str) -> np.ndarray:
    if value is None:
        return np.zeros((frames, JOINT_COUNT), np.float32)
    depth = _checked_array(value, where)
    if depth.shape != (frames, JOINT_COUNT):
        raise InputError(f"{where}: 'depth' must be {frames} x {JOINT_COUNT} numbers; leave it out or mend it.")
    return depth.astype(np.float32)


def _largest_person(file: Path, format_name: str) -> np.ndarray | None:
    """(25, 3) float32 of the largest person in one OpenPose file, None if it holds nobody."""
    data = _read_json(file)
    people = data.get("people") if isinstance(data, dict) else None
    if not isinstance(people, list):
        raise InputError(f"{file.name}: not an OpenPose file (no 'people'); leave only OpenPose JSON in the folder.")
    poses = [_person(person, format_name, file.name) for person in people]
    seen = [pose for pose in poses if (pose[:, 2] >= MISSING).any()]
    return max(seen, key=lambda pose: _extent(pose[None])[0]) if seen else None


def _person(person: Any, format_name: str, where: str) -> np.ndarray:
    numbers = person.get("pose_keypoints_2d") if isinstance(person, dict) else None
    count = skeleton.joint_count(format_name)
    if not isinstance(numbers, list) or len(numbers) != 3 * count:
        found = f"{len(numbers) / 3:g} joints" if isinstance(numbers, list) else "no pose_keypoints_2d"
        raise InputError(f"{where}: {found}, but {format_name} has {count}; name the format that wrote it.")
    joints = _checked_array(numbers, where).reshape(count, 3)
    _check_confidence(joints, where)
    return skeleton.to_body25(joints, format_name)


# Numbers


def _extent(joints: np.ndarray) -> np.ndarray:
    """(T,): the longer side of the box round the joints that are seen, per frame, pixels (0 where none is)."""
    seen = joints[..., 2:] >= MISSING
    low = np.where(seen, joints[..., :2], np.inf).min(1)
    high = np.where(seen, joints[..., :2], -np.inf).max(1)
    return np.maximum(np.where(high >= low, high - low, 0.0).max(-1), 0.0)


def _typical_height(joints: np.ndarray) -> float:
    """The person's usual size in pixels over the frames (T, 25, 3) that show somebody."""
    extent = _extent(joints)
    return float(np.median(extent[extent > 0])) if (extent > 0).any() else 0.0


def _runs(indices: np.ndarray) -> list[tuple[int, int]]:
    """Sorted indices -> [start, stop) runs of neighbours."""
    breaks = np.flatnonzero(np.diff(indices) > 1)
    starts = np.concatenate([indices[:1], indices[breaks + 1]])
    stops = np.concatenate([indices[breaks], indices[-1:]]) + 1
    return [(int(start), int(stop)) for start, stop in zip(starts, stops, strict=True)]


def _one_euro_both_ways(signal: np.ndarray, fps: float, strength: float) -> np.ndarray:
    """The mean of the One-Euro filter run forwards and backwards: the two lags cancel."""
    return (_one_euro(signal, fps, strength) + _one_euro(signal[::-1], fps, strength)[::-1]) / 2


def _one_euro(signal: np.ndarray, fps: float, strength: float) -> np.ndarray:
    """One-Euro filter of (T, ...) values in body heights; cut-offs in Hz from 12 (strength 0) to 0.8 (strength 1)."""
    slowest = 12.0 * (0.8 / 12.0) ** strength
    per_speed = 20.0 * (1.0 - 0.7 * strength)  # Hz per body height a second: a stride (~1) passes nearly untouched
    value, speed = signal[0].copy(), np.zeros_like(signal[0])
    result = np.empty_like(signal)
    for index, sample in enumerate(signal):
        slope = (sample - value) * fps if index else speed
        speed = speed + _low_pass(1.0, fps) * (slope - speed)
        value = value + _low_pass(slowest + per_speed * np.abs(speed), fps) * (sample - value)
        result[index] = value
    return result


def _low_pass(cutoff: Any, fps: float) -> Any:
    """The exponential filter's weight of a new sample for a cut-off in Hz."""
    return 1.0 / (1.0 + fps / (2 * np.pi * cutoff))


def _linear(values: np.ndarray, times: np.ndarray, loop: bool) -> np.ndarray:
    """Values (T, ...) at fractional frame times, linear."""
    start = np.floor(times).astype(int)
    part = (times - start).reshape(-1, *[1] * (values.ndim - 1))
    return values[start] * (1 - part) + values[_frame(start + 1, len(values), loop)] * part


def _catmull_rom(values: np.ndarray, times: np.ndarray, loop: bool) -> np.ndarray:
    """Values (T, ...) at fractional frame times by the cubic through the four nearest frames; exact on frames."""
    start = np.floor(times).astype(int)
    t = (times - start).reshape(-1, *[1] * (values.ndim - 1))
    a, b, c, d = (values[_frame(start + step, len(values), loop)] for step in (-1, 0, 1, 2))
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def _frame(index: np.ndarray, frames: int, loop: bool) -> np.ndarray:
    return index % frames if loop else np.clip(index, 0, frames - 1)
