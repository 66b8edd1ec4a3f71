"""Who is in a photo. The estimator looks at the whole picture at once, a few hundred pixels wide: where a person is small
in it, a closer look finds more, and where it sees nobody, overlapping windows are searched."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fashionmirror_core import skeleton
from fashionmirror_core.motion.estimator import Estimate, PoseEstimator, find_people
from fashionmirror_core.skeleton import Pose

Window = tuple[slice, slice]

_SMALL = 0.4  # of the picture's longer side: a person below it is looked at from closer
_MARGIN = 0.4  # of the person's extent, around the window of the closer look
_SEEN_AT = 0.33  # of a window's side: a person that tall is found in it
_SHRINK = 0.6  # windows of a round by those of the round before


def people_in(image: np.ndarray, smallest: int, limit: int = 2) -> list[Estimate]:
    """The people of a photo (H, W, 3) uint8, largest first, at most ``limit``, in its pixels; empty if there is nobody.

    ``smallest``: pixels; people less tall than that may be missed.
    """
    people = find_people(image, limit)
    if people and is_person(people[0]):
        first = people[0].pose
        small = first.extent < _SMALL * max(image.shape[:2])
        return (_closer(image, first, limit) if small else []) or people
    return next(filter(None, (_closer(image, pose, limit) for pose in _searched(image, smallest))), [])


def is_person(estimate: Estimate) -> bool:
    """Not a coat on a hook: a trunk that the estimator believes in, and a matte."""
    return trusted(estimate.pose) and bool((estimate.matte > 0.5).sum() >= 64)


def trusted(pose: Pose) -> bool:
    """Whether the estimator believes in a trunk."""
    trunk = [skeleton.R_SHOULDER, skeleton.L_SHOULDER, skeleton.R_HIP, skeleton.L_HIP]
    return bool(pose.confidence[trunk].mean() >= 0.5)


def upright(pose: Pose) -> bool:
    along = pose.points[skeleton.MID_HIP] - pose.points[skeleton.NECK]
    return bool(along[1] > abs(along[0]))


def lies_on_its_side(image: np.ndarray) -> bool:
    """Whether turning a photo, in which nobody was found, by a quarter shows somebody who stands."""
    for turns in (1, 3):
        people = find_people(np.ascontiguousarray(np.rot90(image, turns)), limit=1)
        if people and is_person(people[0]) and upright(people[0].pose):
            return True
    return False


def _closer(image: np.ndarray, pose: Pose, limit: int) -> list[Estimate]:
    """Whom ``pose`` seems to show, and others beside, by a look at the window around; empty if nobody is there."""
    window = _around(pose, (image.shape[0], image.shape[1]))
    people = [_placed(person, window, image.shape) for person in find_people(_cut(image, window), limit)]
    people.sort(key=lambda person: not _same(person.pose, pose))
    return people if people and is_person(people[0]) and _same(people[0].pose, pose) else []


def _searched(image: np.ndarray, smallest: int) -> Iterator[Pose]:
    """What may be people in windows of the picture, in its pixels; the tallest of the largest windows first."""
    with PoseEstimator(static=True, matte=False) as estimator:
        for windows in _rounds((image.shape[0], image.shape[1]), smallest):
            found = []
            for window in windows:
                pose, _ = estimator.estimate(_cut(image, window))
                if pose is not None and trusted(pose) and upright(pose):
                    found.append(pose.transformed(1.0, (float(window[1].start), float(window[0].start))))
            yield from sorted(found, key=lambda pose: -pose.extent)


def _rounds(size: tuple[int, int], smallest: int) -> Iterator[list[Window]]:
    """Square windows that overlap by half, smaller in each round, until ``smallest`` would be seen in one."""
    side, last = max(size), round(smallest / _SEEN_AT)
    while side > last:
        side = max(round(_SHRINK * side), last)
        rows, columns = (_starts(extent, side) for extent in size)
        yield [(slice(y, y + side), slice(x, x + side)) for y in rows for x in columns]


def _starts(extent: int, side: int) -> list[int]:
    """Where windows of ``side`` begin that cover ``extent`` and overlap by half at least."""
    if extent <= side:
        return [0]
    count = -(-(extent - side) // (side // 2)) + 1
    return [round(start) for start in np.linspace(0, extent - side, count)]


def _around(pose: Pose, size: tuple[int, int]) -> Window:
    """A window around a person, with room for what the pose has missed."""
    seen = pose.points[pose.confidence > 0]
    margin = _MARGIN * pose.extent
    low = np.floor(seen.min(0) - margin).astype(int)
    high = np.ceil(seen.max(0) + margin).astype(int)
    return slice(max(low[1], 0), min(high[1], size[0])), slice(max(low[0], 0), min(high[0], size[1]))


def _cut(image: np.ndarray, window: Window) -> np.ndarray:
    return np.ascontiguousarray(image[window])


def _placed(person: Estimate, window: Window, shape: tuple[int, ...]) -> Estimate:
    """A person found in a window, in the picture's pixels."""
    matte = np.zeros(shape[:2], np.float32)
    matte[window] = person.matte
    return Estimate(person.pose.transformed(1.0, (float(window[1].start), float(window[0].start))), matte)


def _same(one: Pose, other: Pose) -> bool:
    """Whether two looks saw the same person: the middles of both trunks are near each other."""
    middles = [pose.points[[skeleton.NECK, skeleton.MID_HIP]].mean(0) for pose in (one, other)]
    return bool(np.linalg.norm(middles[0] - middles[1]) < 0.25 * max(one.extent, other.extent))
