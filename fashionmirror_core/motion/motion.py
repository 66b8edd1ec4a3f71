"""Motions and where they come from: templates, motion files, other programs' files and folders, videos."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path

from fashionmirror_core.errors import InputError
from fashionmirror_core.motion import bvh, coco, files, folders, json_files, openpose, templates
from fashionmirror_core.motion.foreign import DEFAULT_FPS, Hints, sequence_of
from fashionmirror_core.motion.numbering import positions
from fashionmirror_core.motion.progress import Cancel, Progress
from fashionmirror_core.motion.sequence import PoseSequence
from fashionmirror_core.motion.upright import upright
from fashionmirror_core.skeleton import LEG, MISSING

_LEGS = [joint for chain in LEG.values() for joint in chain[1:]]


class Motion(PoseSequence):
    """Poses at a steady rate (see ``PoseSequence``), and the ways to get them."""

    @classmethod
    def of(cls, sequence: PoseSequence) -> Motion:
        """The same poses as a motion."""
        return cls(**{field.name: getattr(sequence, field.name) for field in fields(sequence)})

    @classmethod
    def open(
        cls,
        spec: str | Path,
        *,
        format_name: str = "auto",
        fps: float = DEFAULT_FPS,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
        frames: int | None = None,
        rate: float | None = None,
    ) -> Motion:
        """The motion that a user means, ready to be performed: one person, upright, without gaps.

        spec: a template's name, a motion file, a BVH file, a folder or file of OpenPose, DWPose, COCO or AlphaPose, or a
        video. A bare word is a template's name first. format_name: what only the user knows of another program's files (see
        ``foreign.Hints``). fps: the rate of such files, and of a template. progress, cancel: for folders and videos
        (see ``progress``). frames, rate: of a video no more is read than these need (see ``extraction.extract``).
        InputError for everything that cannot be read.
        """
        hints = Hints.parse(format_name)
        path = Path(spec)
        mode = _mode(path)
        is_word = isinstance(spec, str) and re.fullmatch(r"[\w-]+", spec) is not None
        if is_word and (str(spec) in templates.NAMES or mode is None):
            return cls.template(str(spec), fps)
        if not str(spec).strip() or mode is None:
            raise InputError(f"{spec!s:.200}: no such motion; give a motion file, a folder, a video or a template.")
        if stat.S_ISDIR(mode):
            return cls.of(_ready(folders.load(path, hints, fps, progress, cancel)))
        if path.suffix.lower() == ".json":
            return cls.of(_ready(_of_json(path, hints, fps)))
        if path.suffix.lower() == bvh.SUFFIX:
            return cls.of(_whole(bvh.load(path)))
        from fashionmirror_core.motion.extraction import extract  # MediaPipe is only loaded for a video

        return cls.of(extract(path, progress=progress, cancel=cancel, frames=frames, rate=rate)[0])

    @classmethod
    def template(cls, name: str, fps: float = DEFAULT_FPS) -> Motion:
        """The built-in motion of that name; InputError suggests the nearest for an unknown one."""
        known = name.lower()
        if known not in templates.NAMES:
            nearest = get_close_matches(known, templates.NAMES, n=1, cutoff=0.6)
            hint = f"did you mean {nearest[0]!r}? The" if nearest else "the"
            raise InputError(f"There is no template {name[:60]!r}; {hint} templates are {', '.join(templates.NAMES)}.")
        return cls.of(templates.motion(known, fps))

    @classmethod
    def templates(cls) -> list[str]:
        """The names of the built-in motions."""
        return list(templates.NAMES)

    @classmethod
    def load(cls, path: str | Path) -> Motion:
        """A motion file as it is, gaps and all (see ``files.load``); ``open`` takes everything else."""
        return cls.of(files.load(Path(path)))

    def save(self, path: str | Path) -> None:
        """Writes a motion file (see ``files.save``); InputError if the place cannot be written."""
        files.save(self, Path(path))

    @classmethod
    def from_openpose_folder(cls, folder: str | Path, format_name: str = "auto", fps: float = DEFAULT_FPS) -> Motion:
        """Another program's folder as it is, gaps and all: one JSON a frame, one person followed (see ``folders.load``)."""
        return cls.of(folders.load(Path(folder), Hints.parse(format_name), fps))

    def to_openpose_folder(self, folder: str | Path) -> None:
        """Writes one OpenPose JSON a frame (BODY_25) into a new or empty folder, whole or not at all."""
        openpose.write_folder(self, Path(folder))


def _mode(path: Path) -> int | None:
    """What kind of file is there, as in ``stat``; None where there is none, or the name is one that no file can have."""
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return None


def _ready(sequence: PoseSequence) -> PoseSequence:
    """Upright and without gaps; notes say what is guessed."""
    return _whole(upright(sequence))


def _whole(sequence: PoseSequence) -> PoseSequence:
    """Without gaps; notes say what is guessed."""
    if (sequence.joints[:, _LEGS, 2] < MISSING).all():
        sequence = sequence.noted("The legs are never seen and are guessed; a motion of a whole person works better.")
    if len(sequence) == 1:
        sequence = sequence.noted("The motion is a single frame; the person stands still.")
    return sequence.fill_gaps()


def _of_json(path: Path, hints: Hints, fps: float) -> PoseSequence:
    data = json_files.read_json(path)
    if files.is_motion(data):
        return files.parse(data, path)
    found = openpose.sightings(data, path.name) or coco.sightings(data)
    if found is None:
        raise InputError(
            f"{path.name}: this JSON holds no motion; give a motion file (ending in {files.SUFFIX}), or the JSON of "
            "OpenPose, DWPose, COCO keypoints or AlphaPose."
        )
    places = positions([sighting.name for sighting in found])
    return sequence_of(found, places, hints, fps, files.bare_name(path), path.name)
