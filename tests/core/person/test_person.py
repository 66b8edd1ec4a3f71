"""A photo becomes a Person, or one line says why it can't."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import known
import numpy as np
import pytest

from fashionmirror_core.body.doubts import CHILD
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.content import Content, Shows
from fashionmirror_core.imaging.transparency import FRAMED
from fashionmirror_core.media.images import Picture, read_image
from fashionmirror_core.person.person import MAX_SIDE, Person
from fashionmirror_core.skeleton import Joint

STREET = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "street" / "val"


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return read_image(known.PERSONS["red-top"])


@pytest.fixture(scope="module")
def small(photo: np.ndarray) -> np.ndarray:
    return cv2.resize(photo, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)


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


def test_a_picture_keeps_its_notes_and_its_files_pixels(photo: np.ndarray) -> None:
    person = Person.from_photo(Picture(photo, 0.5, ("The picture is an animation; frame 3 is used.",)))
    assert person.warnings[0] == "The picture is an animation; frame 3 is used."
    assert person.placement == (0.5, (-0.25, -0.25))


def test_a_stray_transparent_pixel_changes_nothing_but_a_note(person: Person) -> None:
    alpha = np.full(person.matte.shape, 255, np.uint8)
    alpha[3, 3] = 0
    found = Person.from_photo(np.dstack([person.image, alpha]))
    assert found.warnings == [FRAMED]
    np.testing.assert_allclose(found.matte, person.matte, atol=0.02)


def test_a_windows_frame_and_shadow_are_taken_off(small: np.ndarray) -> None:
    """A screenshot of a window that shows the photo: what is around the window never becomes the person's."""
    height, width = small.shape[:2]
    screenshot = np.zeros((height + 80, width + 80, 4), np.uint8)
    screenshot[40:-40, 40:-40] = np.dstack([small, rounded(height, width)])
    shadow = cv2.GaussianBlur(np.roll(screenshot[..., 3], 8, axis=0), (0, 0), 14) // 2
    screenshot[..., 3] = np.maximum(screenshot[..., 3], shadow)
    found = Person.from_photo(screenshot)
    assert found.warnings == [FRAMED]
    assert found.image.shape == small.shape
    assert found.placement == (1.0, (-40.0, -40.0))
    assert overlap(found.matte, Person.from_photo(small).matte) > 0.98


def test_the_haze_of_a_cut_out_is_no_halo(small: np.ndarray) -> None:
    clean = Person.from_photo(small)
    alpha = np.maximum(np.round(255 * clean.matte), 22).astype(np.uint8)
    found = Person.from_photo(np.dstack([clean.image, alpha]))
    assert ["haze" in warning for warning in found.warnings] == [True]
    assert not found.matte[cv2.dilate(clean.matte, np.ones((17, 17))) < 0.01].any()
    assert overlap(found.matte, clean.matte) > 0.99


@pytest.mark.parametrize(("tall", "place"), [(160, (60, 900)), (320, (420, 80)), (520, (210, 500))])
def test_a_person_far_away_in_a_large_photo_is_found(tall: int, place: tuple[int, int], small: np.ndarray) -> None:
    found = Person.from_photo(far_away(small, tall, place))
    assert found.pose.height == pytest.approx(tall, rel=0.06)
    near = Person.from_photo(small)
    scale = tall / near.pose.height
    for joint in (Joint.NOSE, Joint.R_WRIST, Joint.L_KNEE, Joint.R_ANKLE):
        expected = near.pose.points[joint] * scale + place[::-1]
        assert np.linalg.norm(found.pose.points[joint] - expected) < 0.03 * tall
    assert (found.matte > 0.5).sum() == pytest.approx((near.matte > 0.5).sum() * scale**2, rel=0.1)


def test_a_person_too_small_in_the_picture_is_told_what_helps(small: np.ndarray) -> None:
    tiny = far_away(small, 110, (300, 500), height=700, width=900)
    with pytest.raises(InputError, match=r"too small in the picture: 1[01].* larger picture"):
        Person.from_photo(tiny)
    with pytest.raises(InputError, match="crop the picture to the person"):
        Person.from_photo(cv2.resize(far_away(small, 120, (300, 500), height=700, width=2100), None, fx=2, fy=2))


def rounded(height: int, width: int, radius: int = 10) -> np.ndarray:
    """(height, width) uint8: the alpha of a rectangle with round corners."""
    alpha = np.zeros((height, width), np.uint8)
    alpha[radius:-radius, radius:-radius] = 255
    return cv2.dilate(alpha, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)))


def far_away(photo: np.ndarray, tall: int, place: tuple[int, int], height: int = 1000, width: int = 1300) -> np.ndarray:
    """A large picture with the person ``tall`` pixels high, the photo's first pixel at ``place`` (y, x)."""
    scale = tall / Person.from_photo(photo).pose.height
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    (y, x), (h, w) = place, small.shape[:2]
    return cv2.copyMakeBorder(small, y, height - y - h, x, width - x - w, cv2.BORDER_REPLICATE)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a > 0.5) & (b > 0.5)).sum() / ((a > 0.5) | (b > 0.5)).sum())


def test_a_huge_photo_is_reduced_with_a_warning(photo: np.ndarray) -> None:
    huge = cv2.resize(photo, None, fx=2.2, fy=2.2)
    reduced = Person.from_photo(huge)
    assert max(reduced.image.shape) == MAX_SIDE
    assert any("reduced" in warning for warning in reduced.warnings)
    scale, _ = reduced.placement
    assert scale == pytest.approx(MAX_SIDE / max(huge.shape), rel=1e-3)


def test_of_several_people_the_largest_is_taken_with_a_warning(photo: np.ndarray) -> None:
    other = cv2.resize(read_image(known.PERSONS["tank-top"]), None, fx=0.85, fy=0.85)
    other = cv2.copyMakeBorder(other, photo.shape[0] - other.shape[0], 0, 0, 0, cv2.BORDER_REPLICATE)
    both = np.hstack([other[:, 110:620], photo[:, 170:700]])
    found = Person.from_photo(both)
    assert any("Several people" in warning for warning in found.warnings)
    assert found.pose.points[Joint.MID_HIP, 0] > 510
    assert found.matte[:, :400].max() < 0.1


BAD: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "empty wall": (lambda p: np.full_like(p, 190), "No person"),
    "hips cut off": (lambda p: p[:420], "hips are cut off"),
    "only a face": (lambda p: p[:230, 300:560], "hips are cut off|head is cut off|No person"),
    "legs behind a wall": (lambda p: np.vstack([p[:650], np.full_like(p[:60], 90)]), "legs are hidden"),
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


def test_who_lies_is_told_so_even_where_the_picture_looks_like_a_garments(
    photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fashionmirror_core.person.person.content_of", lambda _: Content(Shows.GARMENT))
    with pytest.raises(InputError, match="turn the picture"):
        Person.from_photo(np.ascontiguousarray(np.rot90(photo)))


def squeezed(photo: np.ndarray, start: float, end: float, share: float) -> np.ndarray:
    """A photo whose rows from start to end take this share of their height."""
    low, high = round(start), round(end)
    size = (photo.shape[1], round(share * (high - low)))
    return np.vstack([photo[:low], cv2.resize(photo[low:high], size, interpolation=cv2.INTER_AREA), photo[high:]])


def test_who_sits_or_crouches_is_noted(photo: np.ndarray) -> None:
    standing = Person.from_photo(photo)
    assert not any("sit or crouch" in warning for warning in standing.warnings)
    points = standing.pose.points
    low = squeezed(photo, points[Joint.MID_HIP, 1], points[Joint.L_ANKLE, 1], 0.45)
    assert any("sit or crouch" in warning for warning in Person.from_photo(low).warnings)


def test_a_child_is_noted(photo: np.ndarray) -> None:
    """A head of the same size on a body half as large."""
    neck = Person.from_photo(photo).pose.points[Joint.NECK]
    head, body = photo[: round(neck[1])], photo[round(neck[1]) :]
    small = cv2.resize(body, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    left = round(0.5 * neck[0])
    right = photo.shape[1] - left - small.shape[1]
    child = np.vstack([head, cv2.copyMakeBorder(small, 0, 0, left, right, cv2.BORDER_REPLICATE)])
    assert CHILD in Person.from_photo(child).warnings


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
