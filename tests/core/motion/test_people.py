"""The people in a still: several, small ones in large pictures, nobody."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from fashionmirror_core.motion.estimator import PoseEstimator
from fashionmirror_core.motion.people import find_people
from fashionmirror_core.skeleton import Joint, Pose

BODY = list(range(Joint.NECK, Joint.L_ANKLE + 1))  # trunk, arms and legs
ROOT = Path(__file__).resolve().parents[3]
PERSONS = ROOT / "tests" / "samples" / "persons"


def _photo(name: str = "red-top", height: int = 640) -> np.ndarray:
    picture = cv2.cvtColor(cv2.imread(str(PERSONS / f"{name}.jpg")), cv2.COLOR_BGR2RGB)
    return cv2.resize(picture, (round(picture.shape[1] * height / picture.shape[0]), height), cv2.INTER_AREA)


def test_two_people_are_found_the_larger_first() -> None:
    near, far = _photo(height=640), _photo("tank-top", height=400)
    picture = np.full((640, near.shape[1] + far.shape[1], 3), near[5, 5], np.uint8)
    picture[-400:, : far.shape[1]] = far
    picture[:, far.shape[1] :] = near
    people = find_people(picture)
    assert len(people) == 2
    assert people[0].pose.extent > people[1].pose.extent
    assert people[0].pose.points[Joint.NECK, 0] > far.shape[1] > people[1].pose.points[Joint.NECK, 0]
    assert ((people[0].matte > 0.5) & (people[1].matte > 0.5)).mean() < 0.01
    assert len(find_people(picture, limit=1)) == 1


def test_one_person_is_not_found_twice() -> None:
    assert len(find_people(_photo(), limit=3)) == 1


def _far_away(size: tuple[int, int], height: int, seed: int = 5) -> tuple[np.ndarray, tuple[int, int]]:
    """A person of that many pixels somewhere in a large, uneven picture -> it and where the person's photo lies."""
    draw = np.random.default_rng(seed)
    coarse = draw.uniform(60, 190, (size[1] // 100 + 1, size[0] // 100 + 1, 3)).astype(np.float32)
    wall = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    wall = np.clip(wall + draw.normal(0, 4, wall.shape), 0, 255).astype(np.uint8)
    person = _photo(height=height)
    x, y = round(0.62 * (size[0] - person.shape[1])), round(0.8 * (size[1] - height))
    wall[y : y + height, x : x + person.shape[1]] = person
    return wall, (x, y)


def test_a_small_person_in_a_large_picture_is_found_by_a_closer_look() -> None:
    height = 240
    picture, corner = _far_away((2000, 1500), height)
    (person,) = find_people(picture)
    assert person.is_person
    assert person.matte.shape == picture.shape[:2]
    (near,) = find_people(cv2.resize(_photo(height=height), None, fx=2, fy=2), limit=1)
    error = np.linalg.norm(person.pose.points - (near.pose.points / 2 + corner), axis=1)[BODY]
    assert error.mean() < 0.03 * person.pose.height
    assert not find_people(picture, closer=False)


def test_a_closer_look_sees_nobody_in_walls_and_garments() -> None:
    wall, _ = _far_away((1200, 900), 300, seed=8)
    wall = np.ascontiguousarray(wall[:, :600])
    assert find_people(wall) == []
    assert find_people(np.full((1200, 1600, 3), 128, np.uint8)) == []


def test_a_small_person_that_the_whole_picture_shows_is_seen_once_more_from_closer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An ordinary photo is looked at once; where the person takes less of it, the part round them too."""
    looks: list[tuple[int, int]] = []
    estimate = PoseEstimator.estimate

    def counted(self: PoseEstimator, rgb: np.ndarray) -> tuple[Pose | None, np.ndarray | None]:
        looks.append(rgb.shape[:2])
        return estimate(self, rgb)

    monkeypatch.setattr(PoseEstimator, "estimate", counted)
    photo = _photo(height=400)
    find_people(photo, limit=1)
    assert looks == [photo.shape[:2]]
    looks.clear()
    wide = cv2.copyMakeBorder(photo, 300, 300, 500, 500, cv2.BORDER_REPLICATE)
    (person,) = find_people(wide, limit=1)
    whole, part = looks
    assert whole == wide.shape[:2]
    assert person.pose.extent < part[0] < wide.shape[0]
