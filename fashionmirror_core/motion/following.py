"""One person followed through time: among several in a frame, past a passer-by, through a crossing.

Each person seen in a frame goes to the track that foresees them best (their last pose, carried on by its velocity);
who is too far from all begins a track of their own. The person followed is the one who is large and stays longest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from fashionmirror_core.motion.sequence import extents
from fashionmirror_core.skeleton import JOINT_COUNT, MISSING

MOST_PEOPLE = 16
"""People of a frame that are looked at, the largest first."""

# Distances are the mean over the joints seen twice, in units of the larger extent of both.
_NEAR = 0.4  # how far a person may be from where they are foreseen
_REACH_A_SECOND = 2.0  # ... and how much farther for each second unseen: somebody runs
_FARTHEST = 1.2
_SIZE_WEIGHT = 0.5  # distance that a factor e in size counts as
_SAME_PLACE = 0.1  # nearer than this, two detections are one person found twice
_STEADY = 0.3  # share of a new velocity in the track's
_CARRIED_SECONDS = 0.4  # a velocity is trusted for so long
_MOST_TRACKS = 32  # those seen last are continued


def follow(people: Sequence[Sequence[np.ndarray]], fps: float) -> np.ndarray:
    """Which person of each frame is the one to follow: (T,) int, -1 where they aren't seen.

    people: for each frame the poses found, (25, 3) each, in any order.
    """
    chosen = np.full(len(people), -1)
    frames = _candidates(people)
    if _is_one_person(frames):
        for index, frame in enumerate(frames):
            chosen[index] = frame.members[0] if frame.members else -1
        return chosen
    track = max(_tracks(frames, fps), key=lambda track: track.weight, default=None)
    if track is not None:
        chosen[track.frames] = track.members
    return chosen


def others(people: Sequence[Sequence[np.ndarray]], chosen: np.ndarray) -> list[int]:
    """The frames in which somebody else is seen beside, or instead of, the person followed."""
    result = []
    for frame, (found, own) in enumerate(zip(people, chosen, strict=True)):
        rest = [pose for index, pose in enumerate(found) if index != own and (pose[:, 2] >= MISSING).any()]
        if rest and own >= 0:
            poses = np.stack(rest)
            rest = [*poses[_distance(found[own][:, :2], found[own], poses) > _SAME_PLACE]]
        if rest:
            result.append(frame)
    return result


class _Frame(NamedTuple):
    """People of one frame: their places among all that were found, poses (D, 25, 3) and extents in pixels (D,)."""

    members: list[int]
    poses: np.ndarray
    extents: np.ndarray


class _Track:
    """A person over time. frames, members: where they were seen; weight: the sum of their extents."""

    def __init__(self, frame: int, member: int, pose: np.ndarray, extent: float) -> None:
        self.frames, self.members = [frame], [member]
        self.pose, self.velocity, self.weight = pose, np.zeros(2), extent

    def add(self, frame: int, member: int, pose: np.ndarray, extent: float) -> None:
        gap = frame - self.frames[-1]
        both = (pose[:, 2] >= MISSING) & (self.pose[:, 2] >= MISSING)
        if both.any():
            moved = (pose[both, :2] - self.pose[both, :2]).mean(0) / gap
            self.velocity = (1 - _STEADY) * self.velocity + _STEADY * moved if len(self.frames) > 1 else moved
        self.frames.append(frame)
        self.members.append(member)
        self.pose = pose
        self.weight += extent

    def foreseen(self, frame: int, fps: float) -> np.ndarray:
        """(25, 2): where the joints should be by now."""
        steps = min(frame - self.frames[-1], max(1.0, _CARRIED_SECONDS * fps))
        return self.pose[:, :2] + steps * self.velocity


def _candidates(people: Sequence[Sequence[np.ndarray]]) -> list[_Frame]:
    """The largest people of each frame; nobody without a joint that is seen."""
    everybody = [pose for found in people for pose in found]
    poses = np.stack(everybody) if everybody else np.zeros((0, JOINT_COUNT, 3))
    sizes, seen = extents(poses), (poses[..., 2] >= MISSING).any(-1)
    frames, start = [], 0
    for found in people:
        stop = start + len(found)
        members = [index for index in range(len(found)) if seen[start + index]]
        if len(members) > MOST_PEOPLE:
            largest = np.argsort(-sizes[[start + index for index in members]], kind="stable")
            members = [members[index] for index in largest[:MOST_PEOPLE]]
        rows = [start + index for index in members]
        frames.append(_Frame(members, poses[rows], sizes[rows]))
        start = stop
    return frames


def _is_one_person(frames: Sequence[_Frame]) -> bool:
    """Whether nobody has to be chosen: one person a frame at most, who stays near."""
    poses = [frame.poses[0] for frame in frames if len(frame.members)]
    if len(poses) != sum(len(frame.members) for frame in frames):
        return False
    if len(poses) < 2:
        return True
    clip = np.stack(poses)
    return bool((_distance(clip[:-1, :, :2], clip[:-1], clip[1:]) <= _NEAR).all())


def _tracks(frames: Sequence[_Frame], fps: float) -> list[_Track]:
    tracks: list[_Track] = []
    for index, frame in enumerate(frames):
        if not frame.members:
            continue
        alive = sorted(tracks, key=lambda track: -track.frames[-1])[:_MOST_TRACKS]
        matched = _matched(alive, frame.poses, index, fps)
        for row, (member, pose) in enumerate(zip(frame.members, frame.poses, strict=True)):
            extent = float(frame.extents[row])
            if row in matched:
                matched[row].add(index, member, pose, extent)
            else:
                tracks.append(_Track(index, member, pose, extent))
    return tracks


def _matched(tracks: list[_Track], poses: np.ndarray, frame: int, fps: float) -> dict[int, _Track]:
    """Index of a pose -> the track that it continues."""
    if not tracks:
        return {}
    foreseen = np.stack([track.foreseen(frame, fps) for track in tracks])[:, None]
    distances = _distance(foreseen, np.stack([track.pose for track in tracks])[:, None], poses)
    unseen = np.array([frame - track.frames[-1] - 1 for track in tracks]) / fps
    allowed = np.minimum(_NEAR + _REACH_A_SECOND * unseen, _FARTHEST)[:, None]
    rows, columns = linear_sum_assignment(np.where(distances <= allowed, distances, 1e6))
    pairs = zip(rows, columns, strict=True)
    return {int(column): tracks[row] for row, column in pairs if distances[row, column] <= allowed[row, 0]}


def _distance(foreseen: np.ndarray, before: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """From a track to a pose, (...): foreseen (..., 25, 2), its joints seen ``before`` (..., 25, 3), pose (..., 25, 3)."""
    seen_before, seen_now = before[..., 2] >= MISSING, poses[..., 2] >= MISSING
    both = (seen_before & seen_now).astype(np.float64)
    count = both.sum(-1)
    few = count < 3  # then the middles of what is seen are compared
    count = np.maximum(count, 1)
    now = poses[..., :2]
    apart = (np.linalg.norm(foreseen - now, axis=-1) * both).sum(-1) / count
    if few.any():
        apart = np.where(few, np.linalg.norm(_middles(foreseen, seen_before) - _middles(now, seen_now), axis=-1), apart)
    scale = np.maximum(np.maximum(extents(before), extents(poses)), 1.0)
    ratio = _spread(foreseen, both, count) / _spread(now, both, count)
    return apart / scale + np.where(few, 0.0, _SIZE_WEIGHT * np.abs(np.log(ratio)))


def _middles(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(..., 2): the mean of the seen ones of points (..., 25, 2)."""
    weights = seen[..., None].astype(np.float64)
    return (points * weights).sum(-2) / np.maximum(weights.sum(-2), 1)


def _spread(points: np.ndarray, weights: np.ndarray, count: np.ndarray) -> np.ndarray:
    """(...): how far weighted points (..., 25, 2) lie apart, root mean square, at least a pixel."""
    middle = (points * weights[..., None]).sum(-2) / count[..., None]
    square = ((points - middle[..., None, :]) ** 2).sum(-1)
    return np.maximum(np.sqrt((square * weights).sum(-1) / count), 1.0)
