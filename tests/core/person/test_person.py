"""A photo becomes a Person, or one line says why it can't."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from fashionmirror_core import places
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.images import read_image
from fashionmirror_core.person.person import MAX_SIDE, Person
from fashionmirror_core.skeleton import Joint

STREET = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "street" / "val"


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return read_image(places.resources() / "samples" / "persons" / "red-top.jpg")


@pytest.fixture(scope="module")
def person(photo: np.ndarray) -> Person:
    return Person.from_photo(photo)


def test_a_good_photo_gives_image_matte_and_pose_without_warnings(person: Person, photo: np.ndarray) -> None:
    np.testing.assert_array_equal(person.image, photo)
    assert person.matte.shape == photo.shape[:2]
    assert person.matte.dtype == np.float32
    assert person.warnings == []
    for joint in (Joint.NOSE, Joint.R_ELBOW, Joint.L_KNEE, Joint.MID_HIP):
        x, y = person.pose.points[joint].round().astype(int)
        assert person.matte[y, x] > 0.95
    assert person.matte[:, :100].max() < 0.05


def test_on_the_stage_crown_to_heel_takes_88_percent(person: Person) -> None:
    for height, width in ((256, 192), (512, 384)):
        stage = person.stage(height, width)
        rows = np.flatnonzero((stage.crop(person.matte) > 0.5).any(1))
        assert rows[-1] - rows[0] == pytest.approx(0.88 * height, rel=0.03)
        assert stage.from_photo(person.pose.points[Joint.MID_HIP])[0] == pytest.approx(width / 2, abs=1e-3)


def test_a_cut_out_keeps_its_own_alpha(person: Person) -> None:
    alpha = np.where(person.matte > 0.5, 255, 0).astype(np.uint8)
    cut = Person.from_photo(np.dstack([person.image, alpha]))
    np.testing.assert_allclose(cut.matte, alpha / 255, atol=0.01)
    assert (cut.image[5, 5] == 255).all()


def test_a_huge_photo_is_reduced_with_a_warning(photo: np.ndarray) -> None:
    huge = cv2.resize(photo, None, fx=2.2, fy=2.2)
    reduced = Person.from_photo(huge)
    assert max(reduced.image.shape) == MAX_SIDE
    assert any("reduced" in warning for warning in reduced.warnings)
    scale, _ = reduced.placement
    assert scale == pytest.approx(MAX_SIDE / max(huge.shape), rel=1e-3)


def test_of_several_people_the_largest_is_taken_with_a_warning(photo: np.ndarray) -> None:
    other = cv2.resize(read_image(places.resources() / "samples" / "persons" / "tank-top.jpg"), None, fx=0.85, fy=0.85)
    other = cv2.copyMakeBorder(other, photo.shape[0] - other.shape[0], 0, 0, 0, cv2.BORDER_REPLICATE)
    both = np.hstack([other[:, 110:620], photo[:, 170:700]])
    found = Person.from_photo(both)
    assert any("Several people" in warning for warning in found.warnings)
    assert found.pose.points[Joint.MID_HIP, 0] > 510
    assert found.matte[:, :400].max() < 0.1


BAD: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "empty wall": (lambda p: np.full_like(p, 190), "No person"),
    "legs cut off": (lambda p: p[:650], "half a person"),
    "feet cut off": (lambda p: p[:950], "half a person"),
    "head cut off": (lambda p: p[190:], "head is cut off"),
    "on its side": (lambda p: np.rot90(p), "turn the picture"),
    "upside down": (lambda p: np.rot90(p, 2), "turn the picture"),
    "tiny": (lambda p: cv2.resize(p, (108, 144), interpolation=cv2.INTER_AREA), "larger picture"),
    "grey": (lambda p: p[..., 0], "convert"),
    "float": (lambda p: p / 255, "convert"),
    "0 x 0": (lambda p: p[:0, :0], "convert"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_photo_that_will_not_do_is_refused_in_one_line(case: str, photo: np.ndarray) -> None:
    spoil, reason = BAD[case]
    with pytest.raises(InputError, match=reason) as refusal:
        Person.from_photo(np.ascontiguousarray(spoil(photo)))
    assert "\n" not in str(refusal.value)


def test_slightly_cut_feet_are_only_a_warning(photo: np.ndarray) -> None:
    cut = Person.from_photo(np.ascontiguousarray(photo[:1085]))
    assert any("feet" in warning.lower() for warning in cut.warnings)


@pytest.mark.skipif(not STREET.is_dir(), reason="the street photos of ../shared/data are not here")
def test_people_in_the_street_are_cut_out() -> None:
    scores = []
    for entry in json.loads((STREET / "index.json").read_text())[8:14]:
        small = read_image(STREET / f"{entry['id']}.jpg")
        truth = read_image(STREET / f"{entry['id']}.png")[..., 0] > 0
        found = Person.from_photo(small).matte > 0.5
        scores.append((found & truth).sum() / (found | truth).sum())
    assert np.mean(scores) > 0.9
