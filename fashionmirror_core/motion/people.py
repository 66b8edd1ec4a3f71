"""The people in a still: all of them, the largest first, also those who are small in a large picture."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from fashionmirror_core.motion.estimator import PoseEstimator
from fashionmirror_core.skeleton import Joint, Pose

_COVERED = 0.5  # of a matte: from here on a pixel is the person's
_TRUNK = [Joint.R_SHOULDER, Joint.L_SHOULDER, Joint.R_HIP, Joint.L_HIP]

# The estimator overlooks people smaller than about a third of the picture.
_CLOSER = (1.7, 2.8, 4.6)  # parts of the longer side that a closer look takes
_SMALLEST_PART = 160  # pixels; people smaller than this hold too little to be dressed or followed
_FLAT = 4.0  # standard deviation of 8-bit grey: a part of the picture without anything in it
_CLEAR = 0.8  # confidence of the trunk from which on a person seen only in a part of the picture is believed
_SMALL = 0.4  # of the picture's longer side: people less tall are looked at once more, in the part around them
_ROOM = 2.0  # side of the part around a person, in units of the person's extent
_LOST_BELOW = 0.3  # a person smaller than this share of a part needs a smaller one


@dataclass(frozen=True, eq=False)
class Estimate:
    """One person in a picture: the pose in its pixels, the matte (H, W) float32 in [0, 1]."""

    pose: Pose
    matte: np.ndarray

    @property
    def is_person(self) -> bool:
        """Not a coat on a hook: there is a trunk that the estimator believes in, and a matte."""
        return bool(self.trunk_confidence >= 0.5 and (self.matte > _COVERED).sum() >= 64)

    @property
    def trunk_confidence(self) -> float:
        """Mean confidence of shoulders and hips, in [0, 1]."""
        return float(self.pose.confidence[_TRUNK].mean())


class Part(NamedTuple):
    """A rectangle of a picture, in whole pixels."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def around(cls, pose: Pose, shape: tuple[int, ...]) -> Part:
        """The part of a picture of ``shape`` (H, W, ...) in which this person is large enough to be seen well."""
        side = max(_ROOM * pose.extent, _SMALLEST_PART)
        low = pose.points.min(axis=0)
        middle = low + (pose.points.max(axis=0) - low) / 2
        starts, lengths = [], []
        for axis, whole in enumerate((shape[1], shape[0])):
            length = min(round(side), whole)
            starts.append(int(np.clip(round(float(middle[axis]) - length / 2), 0, whole - length)))
            lengths.append(length)
        return cls(*starts, *lengths)

    def holds(self, pose: Pose, shape: tuple[int, ...]) -> bool:
        """Whether a person, in the pixels of a picture of ``shape`` (H, W, ...), has room here and isn't lost in it."""
        low, high = pose.points.min(axis=0), pose.points.max(axis=0)
        for axis, (start, length, whole) in enumerate(
            ((self.x, self.width, shape[1]), (self.y, self.height, shape[0]))
        ):
            margin = 0.05 * length
            if (start > 0 and low[axis] < start + margin) or (
                start + length < whole and high[axis] > start + length - margin
            ):
                return False
        return pose.extent > _LOST_BELOW * max(self.width, self.height)

    def of(self, image: np.ndarray) -> np.ndarray:
        """The picture's pixels there, as an array of its own."""
        return np.ascontiguousarray(image[self.y : self.y + self.height, self.x : self.x + self.width])

    def pose_outside(self, pose: Pose) -> Pose:
        """A pose found in the part, in the pixels of the whole picture."""
        return pose.transformed(1.0, (self.x, self.y))


def find_people(
    image: np.ndarray, limit: int = 2, closer: bool = True, estimator: PoseEstimator | None = None
) -> list[Estimate]:
    """The people in a still (H, W, 3) uint8, largest first, at most ``limit``.

    MediaPipe sees one person: the others are found by painting over those already found and looking again. closer:
    where the whole picture shows nobody, parts of it are looked at, one by one (a second or two). estimator: a static
    one with mattes, if there is one already.
    """
    if estimator is None:
        with PoseEstimator(static=True) as estimator:
            return find_people(image, limit, closer, estimator)
    found: list[Estimate] = []
    picture = image
    while len(found) < limit:
        estimate = _estimate(picture, estimator)
        if not found and closer:
            estimate = _clearer(estimate, image, estimator)
        if estimate is None or (found and not _is_another(estimate, found)):
            break
        found.append(estimate)
        if len(found) < limit:
            picture = _painted_over(picture, estimate)
    return sorted(found, key=lambda person: person.pose.extent, reverse=True)


def look_closer(image: np.ndarray, estimator: PoseEstimator) -> Estimate | None:
    """The clearest person found in parts of a picture (H, W, 3) uint8, from halves to quarters of its longer side.

    estimator: a static one with mattes. None if nobody is found, or only what may be a wrinkle in a curtain.
    """
    height, width = image.shape[:2]
    for divisor in _CLOSER:
        side = round(max(height, width) / divisor)
        if side < _SMALLEST_PART:
            break
        found = [person for part in _parts(width, height, side) if (person := _estimate_in(part, image, estimator))]
        found.sort(key=lambda person: person.trunk_confidence * person.pose.extent, reverse=True)
        tried: list[Pose] = []
        for candidate in found:
            if any(_same_place(candidate.pose, pose) for pose in tried):
                continue
            person = _estimate_in(Part.around(candidate.pose, image.shape), image, estimator)
            if person is not None and person.trunk_confidence >= _CLEAR:
                return person
            tried.append(candidate.pose)
    return None


def _clearer(estimate: Estimate | None, image: np.ndarray, estimator: PoseEstimator) -> Estimate | None:
    """What the whole picture showed, or better: a small person seen from closer, somebody where there was nobody."""
    if estimate is None or not estimate.is_person:
        return look_closer(image, estimator) or estimate
    if estimate.pose.extent >= _SMALL * max(image.shape[:2]):
        return estimate
    nearer = _estimate_in(Part.around(estimate.pose, image.shape), image, estimator)
    return nearer if nearer is not None and _same_place(nearer.pose, estimate.pose) else estimate


def _same_place(pose: Pose, other: Pose) -> bool:
    apart = pose.points[Joint.MID_HIP] - other.points[Joint.MID_HIP]
    return bool(np.hypot(*apart) < 0.25 * max(pose.extent, other.extent))


def _parts(width: int, height: int, side: int) -> Iterator[Part]:
    """Squares that overlap by at least a half and cover the picture."""
    starts = []
    for length in (width, height):
        room = max(0, length - side)
        starts.append([round(room * step / max(1, -(-2 * room // side))) for step in range(-(-2 * room // side) + 1)])
    for y, x in itertools.product(starts[1], starts[0]):
        yield Part(x, y, min(side, width), min(side, height))


def _estimate(image: np.ndarray, estimator: PoseEstimator) -> Estimate | None:
    pose, matte = estimator.estimate(image)
    return None if pose is None or matte is None else Estimate(pose, matte)


def _estimate_in(part: Part, image: np.ndarray, estimator: PoseEstimator) -> Estimate | None:
    """A credible person in a part of a picture, in the whole picture's pixels."""
    pixels = part.of(image)
    if pixels.mean(axis=2).std() < _FLAT:
        return None
    estimate = _estimate(pixels, estimator)
    if estimate is None or not estimate.is_person:
        return None
    matte = np.zeros(image.shape[:2], np.float32)
    matte[part.y : part.y + part.height, part.x : part.x + part.width] = estimate.matte
    return Estimate(part.pose_outside(estimate.pose), matte)


def _is_another(estimate: Estimate, found: list[Estimate]) -> bool:
    """Whether a later find is a person of its own: not a rest of an earlier one, with a trunk and not tiny."""
    covered = estimate.matte > _COVERED
    area = int(covered.sum())
    if area == 0 or estimate.trunk_confidence < 0.5 or estimate.pose.extent < 0.2 * found[0].pose.extent:
        return False
    earlier = np.logical_or.reduce([person.matte > _COVERED for person in found])
    return int((covered & earlier).sum()) < 0.4 * area


def _painted_over(image: np.ndarray, person: Estimate) -> np.ndarray:
    """The picture with a person filled in by a strong blur of what surrounds it."""
    height, width = image.shape[:2]
    coarse = min(1.0, 192 / max(height, width))  # the blur needs no more
    size = (max(1, round(width * coarse)), max(1, round(height * coarse)))
    reach = max(1, round(0.02 * person.pose.extent * coarse))
    small_matte = cv2.resize(person.matte, size, interpolation=cv2.INTER_AREA)
    hole = cv2.dilate((small_matte > 0.2).astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    known = (1 - hole).astype(np.float32)[..., None]
    spread = max(2.0, 0.15 * person.pose.extent * coarse)
    around = cv2.GaussianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA) * known, (0, 0), spread)
    around = around / np.maximum(cv2.GaussianBlur(known, (0, 0), spread)[..., None], 1e-3)
    fill = cv2.resize(np.clip(around, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    covered = cv2.resize(hole, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.where(covered[..., None] > 0, fill, image)
