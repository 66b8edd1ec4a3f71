"""What other programs saw, frame by frame, becomes a motion: formats, coordinates, one person, what is lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.motion import following, json_files
from fashionmirror_core.motion.files import lost_joints
from fashionmirror_core.motion.gaps import frames_named, personless
from fashionmirror_core.motion.joint_formats import FORMATS, format_of, to_body25
from fashionmirror_core.motion.sequence import (
    MAX_COORDINATE,
    MAX_FRAMES,
    PoseSequence,
    bounding_size,
    check_person,
    checked_fps,
)
from fashionmirror_core.skeleton import JOINT_COUNT, MISSING

DEFAULT_FPS = 25.0
_MOST_PEOPLE = 500_000  # in a whole clip
_UNIT = 1.5  # coordinates that stay below it are shares of the picture's sides, not pixels
_SIGNED = -0.2  # ... and reach below this where they count from the picture's middle
_VISIBILITY = np.array([0.0, 0.5, 1.0])  # COCO's flags: not labelled, hidden, visible


@dataclass(frozen=True)
class Hints:
    """What only the user knows of a foreign file. None is found out or assumed.

    joints: one of ``FORMATS``; canvas: (width, height) of the picture in pixels; fps: frames per second.
    """

    joints: str | None = None
    canvas: tuple[int, int] | None = None
    fps: float | None = None

    @classmethod
    def parse(cls, text: str) -> Hints:
        """From words parted by commas: a joint format, a size such as 480x640, a rate such as 30fps, or auto."""
        hints = cls()
        for word in filter(None, (word.strip() for word in text.split(","))):
            size = re.fullmatch(r"(\d{1,5})x(\d{1,5})", word)
            rate = re.fullmatch(r"(\d+(?:\.\d+)?)fps", word)
            if word in FORMATS:
                hints = cls(word, hints.canvas, hints.fps)
            elif size and min(map(int, size.groups())) > 0:
                hints = cls(hints.joints, (int(size[1]), int(size[2])), hints.fps)
            elif rate:
                hints = cls(hints.joints, hints.canvas, checked_fps(float(rate[1]), "motion format"))
            elif word != "auto":
                raise InputError(
                    f"The motion format {word!r:.40} is not known; give {', '.join(FORMATS)}, the picture's size such as "
                    "480x640, a rate such as 30fps, or several of these parted by commas."
                )
        return hints


@dataclass
class Sighting:
    """One frame of a foreign file. name: the file's or picture's; canvas: its (width, height), None if unknown.

    people: (J, 3) float64 x, y, confidence, NaN where lost; flags: the confidences are COCO's visibility flags; problem:
    why somebody in it can't be read, "" if all can.
    """

    name: str
    canvas: tuple[float, float] | None = None
    flags: bool = False
    people: list[np.ndarray] = field(default_factory=list)
    problem: str = ""

    def add(self, joints: Any) -> None:
        """A person as a JSON value: a list of numbers, or of lists; nobody where it is null or empty."""
        if not joints:
            return
        try:
            self.people.append(_person(joints))
        except ValueError as error:
            self.problem = self.problem or str(error)


def canvas_of(width: Any, height: Any) -> tuple[float, float] | None:
    """The size of a picture as a file names it; None where it is no size."""
    sides = (width, height)
    if all(
        isinstance(side, (int, float)) and not isinstance(side, bool) and 1 < side <= MAX_COORDINATE for side in sides
    ):
        return float(width), float(height)
    return None


def sequence_of(
    sightings: Sequence[Sighting], places: Sequence[int] | None, hints: Hints, fps: float, name: str, where: str
) -> PoseSequence:
    """One person's motion through the frames, with notes for all that is lost.

    places: each frame's place in time where some are missing, else None; where: the file's or folder's name, for
    messages. InputError where nobody can be made out.
    """
    if sum(len(sighting.people) for sighting in sightings) > _MOST_PEOPLE:
        raise InputError(f"{where}: too many people for a motion; split it into shorter ones.")
    places = range(len(sightings)) if places is None else places
    total = places[-1] + 1
    if total > MAX_FRAMES:
        raise InputError(f"{where}: more than {MAX_FRAMES} frames; split the motion.")
    people, lost = _in_body25(sightings, hints, where)
    bad = [sighting for sighting in sightings if sighting.problem]
    if 2 * len(bad) > len(sightings) or (bad and not any(people)):
        raise InputError(f"{where}: {_named(bad[0], where)}{bad[0].problem}.")
    frames: list[list[np.ndarray]] = [[] for _ in range(total)]
    for place, found in zip(places, people, strict=True):
        frames[place] = found
    fps = hints.fps or checked_fps(fps, where)
    chosen = following.follow(frames, fps)
    joints = np.zeros((total, JOINT_COUNT, 3), np.float32)
    for frame in np.flatnonzero(chosen >= 0):
        joints[frame] = frames[frame][chosen[frame]]
    check_person(joints, where)
    size = hints.canvas or _common_canvas(sightings) or bounding_size(joints)
    notes = _notes(frames, chosen, places) + _bad_notes(bad, where) + lost_joints(lost)
    return PoseSequence(joints, np.zeros(joints.shape[:2]), fps, size, name, warnings=notes)


# People


def _person(joints: Any) -> np.ndarray:
    """(J, 3) float64 of a JSON value. ValueError says what else it is."""
    if not isinstance(joints, list):
        raise ValueError("the joints are no list of numbers; export the motion again")
    if isinstance(joints[0], list):
        if not all(isinstance(joint, list) and len(joint) == 3 for joint in joints):
            raise ValueError("a joint is x, y and confidence; these have another shape, export the motion again")
        joints = json_files.flat(joints)
    if len(joints) % 3:
        raise ValueError(f"{len(joints)} numbers are no joints of x, y, confidence; export the motion again")
    return json_files.numbers(joints).reshape(-1, 3)


def _in_body25(sightings: Sequence[Sighting], hints: Hints, where: str) -> tuple[list[list[np.ndarray]], np.ndarray]:
    """For each frame its people in BODY_25 pixels, (25, 3) float32 each, and which joints were lost, flat bool.

    Whoever can't be read is left out, and named in the sighting's ``problem``.
    """
    result: list[list[np.ndarray]] = [[] for _ in sightings]
    lost_parts = [np.zeros(0, bool)]
    alike: dict[int, list[tuple[int, np.ndarray]]] = {}
    for index, sighting in enumerate(sightings):
        for person in sighting.people:
            alike.setdefault(len(person), []).append((index, person))
    scales = _scales(sightings, hints, where)
    for count, members in alike.items():
        indices = np.array([index for index, _ in members])
        name = hints.joints or format_of(count)
        if name is None or FORMATS[name].count != count:
            for index in indices:
                sightings[index].problem = sightings[index].problem or _unknown_count(count, hints)
            continue
        joints = np.stack([person for _, person in members])
        lost = np.isnan(joints).any(-1)
        joints[lost] = 0.0
        flags = np.array([sighting.flags for sighting in sightings])[indices]
        joints[flags, :, 2] = _VISIBILITY[np.clip(np.round(joints[flags, :, 2]), 0, 2).astype(int)]
        if scales is not None:
            factor, shift = scales
            joints[..., :2] = (joints[..., :2] + shift) * factor[indices][:, None]
        fit = _fitting(joints, indices, sightings)
        joints[~fit] = 0.0  # numbers among them that no float32 holds
        joints[..., 2] = np.clip(joints[..., 2], 0.0, 1.0)
        lost_parts.append(lost[fit].ravel())
        body = to_body25(joints, name)
        for index, pose, fits in zip(indices, body, fit, strict=True):
            if fits and (pose[:, 2] >= MISSING).any():
                result[index].append(pose)
    return result, np.concatenate(lost_parts)


def _fitting(joints: np.ndarray, indices: np.ndarray, sightings: Sequence[Sighting]) -> np.ndarray:
    """(N,) bool: who has confidences in [0, 1] (AlphaPose goes up to 6) and lies within any picture."""
    confidence = joints[..., 2]
    joints[(confidence < MISSING) & (np.abs(joints[..., :2]) > MAX_COORDINATE).any(-1), :2] = 0.0
    farthest = np.abs(joints[..., :2]).max((1, 2))
    reasons = {
        "confidences must lie in 0 to 1; rescale them": (confidence.min(1) < 0) | (confidence.max(1) > 6.5),
        "joints lie too far away; write them in the picture's pixels": farthest > MAX_COORDINATE,
    }
    for reason, wrong in reasons.items():
        for index in indices[wrong]:
            sightings[index].problem = sightings[index].problem or reason
    return ~np.logical_or.reduce(list(reasons.values()))


def _unknown_count(count: int, hints: Hints) -> str:
    if hints.joints:
        return f"{count} joints, but {hints.joints} has {FORMATS[hints.joints].count}; name the format that wrote it"
    known = ", ".join(f"{name} ({known.count})" for name, known in FORMATS.items())
    return f"a person of {count} joints is none of {known}; export one of these"


# Coordinates


def _scales(sightings: Sequence[Sighting], hints: Hints, where: str) -> tuple[np.ndarray, float] | None:
    """What makes pixels of the coordinates, ``(value + shift) * factor``: factor (T, 2); None where they are pixels."""
    reach, low = [], []
    for sighting in sightings:
        for person in sighting.people:
            seen = person[person[:, 2] >= MISSING, :2]
            if len(seen):
                reach.append(np.nanmax(np.abs(seen), initial=0.0))
                low.append(np.nanmin(seen, initial=np.inf))
    if not reach or np.median(reach) > _UNIT:
        return None
    common = hints.canvas or _common_canvas(sightings)
    if common is None:
        raise InputError(
            f"{where}: the joints lie between 0 and 1, and the size of the picture isn't in the file; give it "
            "(--motion-format 480x640, or canvas_width and canvas_height in the file)."
        )
    sizes = np.array([hints.canvas or sighting.canvas or common for sighting in sightings])
    signed = float(np.median(low)) < _SIGNED
    return sizes / (2.0 if signed else 1.0), (1.0 if signed else 0.0)


def _common_canvas(sightings: Sequence[Sighting]) -> tuple[int, int] | None:
    """The size that most frames name."""
    named = Counter(sighting.canvas for sighting in sightings if sighting.canvas)
    if not named:
        return None
    width, height = named.most_common(1)[0][0]
    return round(width), round(height)


# Notes


def _notes(frames: list[list[np.ndarray]], chosen: np.ndarray, places: Sequence[int]) -> tuple[str, ...]:
    total = len(frames)
    notes: tuple[str, ...] = ()
    several = following.others(frames, chosen)
    if several:
        notes += (
            f"More than one person is seen in {len(several)} of {total} frames ({frames_named(several)}): the one who is "
            "seen longest is followed; a clip of one person is safer.",
        )
    there = set(places)
    missing = [frame for frame in range(total) if frame not in there]
    if missing:
        notes += (
            f"{len(missing)} of {total} frames are missing in the numbering ({frames_named(missing)}); their poses are "
            "interpolated.",
        )
    empty = [frame for frame in there if not frames[frame]]
    elsewhere = [frame for frame in there if frames[frame] and chosen[frame] < 0]
    notes += personless(sorted(empty), total)
    if elsewhere:
        notes += (
            f"{len(elsewhere)} of {total} frames show only somebody else ({frames_named(sorted(elsewhere))}); the poses "
            "there are interpolated.",
        )
    return notes


def _bad_notes(bad: Sequence[Sighting], where: str) -> tuple[str, ...]:
    if not bad:
        return ()
    return (f"{len(bad)} frames can't be read in full ({_named(bad[0], where)}{bad[0].problem}).",)


def _named(sighting: Sighting, where: str) -> str:
    return "" if sighting.name == where else f"{sighting.name:.80}: "
