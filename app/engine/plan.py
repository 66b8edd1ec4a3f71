"""Keys that tell which results depend on which inputs: two frames with one key look the same, whatever else changed.

A key is a digest of everything that decides on a result and of nothing else, so that "stale" is derived and never kept:
undo brings a key back, and with it the picture that was made for it. Files count by path, time and size.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.model.state import GarmentInput, JointEdit, LookState, MotionInput, PersonInput, Quality

if TYPE_CHECKING:
    from fashionmirror_core.motion.motion import Motion
    from fashionmirror_core.skeleton import Pose

EASE = 6
"""Frames before and after a dragged joint over which its correction eases off."""
BACKGROUNDS = ("keep", "white", "transparent")


def digest(*parts: object) -> str:
    """A short name for these parts: bytes as they are, the rest as ``repr`` tells them."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part if isinstance(part, bytes) else repr(part).encode())
        whole.update(b"\0")
    return whole.hexdigest()[:24]


def stamp(path: Path) -> tuple[str, int, int]:
    """(path, time of change, size) of a file or folder; zeros where there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return str(path), 0, 0
    return str(path), status.st_mtime_ns, status.st_size


def person_key(given: PersonInput) -> str:
    return digest("person", stamp(given.path), given.turns, *([given.crop] if given.crop else []))


def garment_key(given: GarmentInput) -> str:
    """The garment alone; how it is worn is the look's."""
    return digest(front_key(given), stamp(given.back)) if given.back else front_key(given)


def front_key(given: GarmentInput) -> str:
    """The garment without a picture of its back."""
    painted = given.cutout.hash if given.cutout else ""
    chosen = (given.category.value, painted, given.turns, given.pick, given.sleeves.value, given.landmarks)
    return digest("garment", stamp(given.path), *chosen)


def motion_key(given: MotionInput) -> str:
    return digest("motion", given.template, stamp(given.path) if given.path else "")


def look_key(state: LookState) -> str | None:
    """The dressed person; None where a person or a garment is missing."""
    if state.person is None or not state.garments:
        return None
    worn = [(garment_key(garment), garment.tailoring) for garment in state.garments]
    return digest("look", person_key(state.person), worn, state.removed_edit.hash if state.removed_edit else "")


def poses_key(state: LookState) -> str | None:
    """The motion as the person performs it in these clothes, before any joint is dragged."""
    if state.person is None or state.motion is None:
        return None
    clip = state.clip
    timing = (clip.frames, clip.fps, clip.transition, clip.retarget)
    return digest("poses", look_key(state) or person_key(state.person), motion_key(state.motion), timing)


@dataclass(frozen=True)
class PosedClip:
    """The motion as a person performs it. poses: (T, 25, 3) joints in the photo's pixels. marks: T short texts, of each
    frame's pose and of all before it, which cloth remembers.
    """

    poses: Motion
    marks: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Performance:
    """poses: the motion in the photo's pixels, without the user's edits; own: the photo's own pose."""

    poses: Motion
    own: Pose

    @cached_property
    def clip(self) -> PosedClip:
        """As performed, without edits."""
        return PosedClip(self.poses, histories(self._marks, self.poses.fps))

    @cached_property
    def _marks(self) -> tuple[str, ...]:
        return pose_marks(self.poses)

    def edited(self, edits: Mapping[int, Mapping[int, JointEdit]]) -> PosedClip:
        """With the joints of ``edits`` (frame -> joint -> edit) where the user wants them.

        The window asks at every step of a slider: the last answer is kept, and frames before the edits keep their marks.
        """
        if not edits:
            return self.clip
        kept = self.__dict__.get("_last")
        if kept is None or kept[0] != edits:
            poses = edited_poses(self.poses, self.own, edits)
            moved = np.flatnonzero((poses.joints != self.poses.joints).any((1, 2)))
            marks = list(self._marks)
            for frame, mark in zip(moved, pose_marks(poses, moved), strict=True):
                marks[frame] = mark
            start = int(moved[0]) if len(moved) else len(marks)
            made = histories(marks, poses.fps, self.clip.marks[:start])
            kept = self.__dict__["_last"] = (edits, PosedClip(poses, made))
        return kept[1]


def pose_marks(poses: Motion, frames: Iterable[int] | None = None) -> tuple[str, ...]:
    """Short texts, equal for equal poses; frames: which, None for all."""
    places = np.ascontiguousarray(np.concatenate([poses.joints, poses.depth[..., None]], -1))
    chosen = range(len(places)) if frames is None else frames
    return tuple(hashlib.sha256(places[frame].tobytes()).hexdigest()[:24] for frame in chosen)


def histories(marks: Sequence[str], fps: float, before: Sequence[str] = ()) -> tuple[str, ...]:
    """See ``PosedClip.marks``; marks: of the poses alone, ``fps`` a second. before: the answer for the first frames."""
    made = list(before)
    past = made[-1] if made else f"{fps:g}"
    for mark in marks[len(made) :]:
        past = hashlib.sha256(f"{past} {mark}".encode()).hexdigest()[:24]
        made.append(past)
    return tuple(made)


def edited_poses(poses: Motion, own: Pose, edits: Mapping[int, Mapping[int, JointEdit]]) -> Motion:
    """The motion with dragged joints at their places, eased off over EASE frames around, and hidden ones guessed.

    Between two edits of one joint each holds exactly at its own frame. Bones keep their lengths and turn in depth; a foot
    goes with its ankle.
    """
    from fashionmirror_core.motion.bending import with_lengths_kept
    from fashionmirror_core.skeleton import FOOT, LEG

    edits = {frame: joints for frame, joints in edits.items() if 0 <= frame < len(poses) and joints}
    if not edits:
        return poses
    joints = poses.joints.copy()
    for joint in {joint for at in edits.values() for joint in at}:
        dragged = {
            frame: (at[joint].x, at[joint].y)
            for frame, at in edits.items()
            if joint in at and at[joint].x is not None and at[joint].y is not None
        }
        _drag(joints[:, joint], poses.joints[:, joint, :2], dragged)
    own_places = {joint for at in edits.values() for joint in at}
    for side, (_, _, ankle) in LEG.items():
        carried = [joint for joint in FOOT[side] if joint not in own_places]
        joints[:, carried, :2] += (joints[:, ankle, :2] - poses.joints[:, ankle, :2])[:, None]
    hidden = [(frame, joint) for frame, at in edits.items() for joint, edit in at.items() if edit.hidden]
    _guess(joints, poses, own, hidden)
    if not poses.depth.any():
        return replace(poses, joints=joints)
    before = np.concatenate([poses.joints[..., :2], poses.depth[..., None]], -1)
    return replace(poses, joints=joints, depth=with_lengths_kept(before, joints[..., :2]))


def _drag(track: np.ndarray, before: np.ndarray, dragged: Mapping[int, tuple[float | None, float | None]]) -> None:
    """Moves one joint's track (T, 3) in place. before: (T, 2), where it was; dragged: frame -> (x, y)."""
    from fashionmirror_core.imaging.easing import smoothstep

    frames = sorted(dragged)
    for index, frame in enumerate(frames):
        left = min(EASE + 1, frame - frames[index - 1]) if index else EASE + 1
        right = min(EASE + 1, frames[index + 1] - frame) if index + 1 < len(frames) else EASE + 1
        span = np.arange(max(0, frame - left + 1), min(len(track), frame + right))
        distance = (span - frame) / np.where(span < frame, left, right)
        correction = np.array(dragged[frame], np.float32) - before[frame]
        track[span, :2] += smoothstep(1 - np.abs(distance))[:, None] * correction
        track[frame, 2] = 1


def _guess(joints: np.ndarray, poses: Motion, own: Pose, hidden: Iterable[tuple[int, int]]) -> None:
    """Puts hidden joints, (frame, joint), of ``joints`` (T, 25, 3) where their neighbours in time and body say."""
    places = list(hidden)
    if not places:
        return
    from fashionmirror_core.motion.performing import completed

    frames, which = (np.array(column) for column in zip(*places, strict=True))
    open_to_guess = joints.copy()
    open_to_guess[..., 2] = 1  # only the hidden ones are to be guessed, not those that the motion is unsure of
    open_to_guess[frames, which, 2] = 0
    joints[frames, which] = completed(replace(poses, joints=open_to_guess), own).joints[frames, which]


def frame_keys(state: LookState, clip: PosedClip, have: Collection[str] = ()) -> tuple[str, ...]:
    """A key for each frame of the clip. clip: as edited. have: keys of the frames that are there.

    A painted mask counts from its frame to the next painted one, with the pose on which it was painted: the flow
    carries it from there. A draft takes a final frame where one is there, which an export has made.
    """
    keys = _frame_keys(state, clip)
    if state.clip.quality is not Quality.draft or not have:
        return keys
    settings = state.clip.model_copy(update={"quality": Quality.final})
    finals = _frame_keys(state.model_copy(update={"clip": settings}), clip)
    return tuple(final if final in have else key for key, final in zip(keys, finals, strict=True))


def _frame_keys(state: LookState, clip: PosedClip) -> tuple[str, ...]:
    ground = state.clip.background
    scene = ground if ground in BACKGROUNDS else stamp(Path(ground))
    finished = state.clip.finished and state.clip.quality is Quality.final
    common = digest("frame", look_key(state), scene, state.clip.quality.value, finished, clip.poses.size)
    count = len(clip.marks)
    painted = [frame for frame in sorted(state.clothing_edits) if frame < count]
    keys = [f"{common} {mark}" for mark in clip.marks[: painted[0] if painted else count]]
    for frame, end in pairwise([*painted, count]):
        base = f"{common} {digest(state.clothing_edits[frame].change.hash, clip.marks[frame])}"
        keys += [f"{base} {mark}" for mark in clip.marks[frame:end]]
    return tuple(keys)
