"""A folder of frames: which of its files they are, in what order, and which numbers are missing."""

from __future__ import annotations

import stat
from collections import defaultdict
from pathlib import Path

from fashionmirror_core.errors import Cancelled, InputError
from fashionmirror_core.motion import coco, files, json_files, openpose
from fashionmirror_core.motion.foreign import Hints, Sighting, sequence_of
from fashionmirror_core.motion.numbering import natural_key, positions, series
from fashionmirror_core.motion.progress import Cancel, Progress
from fashionmirror_core.motion.sequence import MAX_FRAMES, PoseSequence


def load(
    folder: Path, hints: Hints, fps: float, progress: Progress | None = None, cancel: Cancel | None = None
) -> PoseSequence:
    """Reads a folder of OpenPose JSON, one file a frame in natural order, or the one file of many frames in it.

    Hidden files, other JSON and files of a shorter series are left out, with a note. A missing number is a lost frame.
    InputError names what is wrong; ``cancel`` is asked before each file and raises Cancelled.
    """
    frames, skipped = _frame_files(folder)
    found: list[Sighting] = []
    clips: list[tuple[Path, list[Sighting]]] = []
    strangers: list[Path] = []
    for index, file in enumerate(frames):
        if cancel is not None and cancel():
            raise Cancelled(f"stopped after {index} files")
        read = _read(file)
        if read is None:
            strangers.append(file)
        elif len(read) == 1:
            found += read
        else:
            clips.append((file, read))
        if progress is not None:
            progress(index + 1, len(frames))
    if clips and not any(sighting.people for sighting in found):
        return _only_clip(folder, clips, hints, fps)
    if not any(sighting.people or not sighting.problem for sighting in found):
        reason = f" ({' '.join(found[0].name.split()) or 'a file'}: {found[0].problem})" if found else ""
        raise InputError(
            f"{folder}: no OpenPose JSON in this folder{reason}; choose the folder that OpenPose wrote, or a motion file."
        )
    kept, others = _longest_series(found)
    kept.sort(key=lambda sighting: natural_key(sighting.name))
    places = positions([sighting.name for sighting in kept])
    motion = sequence_of(kept, places, hints, fps, files.bare_name(folder), folder.name)
    left_out = [*others, *(file.name for file in [*skipped, *strangers]), *(file.name for file, _ in clips)]
    return motion.noted(_left_out(left_out)) if left_out else motion


def _frame_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """The JSON files of a folder in natural order, and those among them that are hidden or no files."""
    frames: list[Path] = []
    skipped: list[Path] = []
    try:
        for file in folder.iterdir():
            if file.suffix.lower() != ".json":
                continue
            hidden = file.name.startswith(".")
            (frames if not hidden and stat.S_ISREG(file.stat().st_mode) else skipped).append(file)
            if len(frames) > MAX_FRAMES:
                raise InputError(f"{folder}: more than {MAX_FRAMES} frames; split the motion.")
    except OSError as error:
        raise InputError(f"{folder}: cannot be read as a folder ({error.strerror}); check the path.") from error
    return sorted(frames, key=lambda file: natural_key(file.name)), sorted(skipped)


def _read(file: Path) -> list[Sighting] | None:
    """The frames in a file; one with a problem where it can't be read; None where it is some other JSON."""
    try:
        data = json_files.read_json(file)
    except InputError as error:
        return [Sighting(file.name, problem=str(error).removeprefix(f"{file.name}: ").rstrip("."))]
    return openpose.sightings(data, file.name) or coco.sightings(data)


def _longest_series(found: list[Sighting]) -> tuple[list[Sighting], list[str]]:
    """The frames of the series with the most names, and the names of the others; all where no two names are alike."""
    groups: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in found:
        groups[series(sighting.name)].append(sighting)
    longest = max(groups.values(), key=len)
    if len(longest) == 1:
        return list(found), []
    return longest, [sighting.name for group in groups.values() if group is not longest for sighting in group]


def _only_clip(folder: Path, clips: list[tuple[Path, list[Sighting]]], hints: Hints, fps: float) -> PoseSequence:
    if len(clips) > 1:
        names = ", ".join(file.name for file, _ in clips[:3])
        raise InputError(f"{folder}: several motions are in this folder ({names}); give one of its files.")
    file, found = clips[0]
    places = positions([sighting.name for sighting in found])
    return sequence_of(found, places, hints, fps, files.bare_name(file), file.name)


def _left_out(names: list[str]) -> str:
    shown = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
    count = "1 file is" if len(names) == 1 else f"{len(names)} files are"
    return f"{count} no frame of this motion and left out ({shown})."
