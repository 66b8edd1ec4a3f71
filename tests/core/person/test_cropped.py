"""A photo that ends at the legs or the hips: the body goes on below its edge."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fashionmirror_core.person.cropped import ENDS, continued
from fashionmirror_core.person.person import Person
from fashionmirror_core.skeleton import Joint

if TYPE_CHECKING:
    from conftest import Mannequin

SamplePerson = Callable[[str], Person]
ANKLES = [Joint.R_ANKLE, Joint.L_ANKLE]
# Rows of the small red-top photo: her hips are at 194, knees at 277, ankles at 349.
ENDINGS = {"shins": 310, "knees": 277, "thighs": 236, "hips": 203}


@pytest.fixture(scope="module")
def whole(sample_person: SamplePerson) -> Person:
    return sample_person("red-top")


@cache
def _cut(photo: bytes, rows: int, columns: int) -> Person:
    return Person.from_photo(np.frombuffer(photo, np.uint8).reshape(rows, columns, 3))


def cut(person: Person, row: int) -> Person:
    """Of the photo's rows above this one."""
    return _cut(person.image[:row].tobytes(), row, person.image.shape[1])


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_body_goes_on_below_the_edge(ending: str, whole: Person) -> None:
    person = cut(whole, ENDINGS[ending])
    assert person.cropped
    assert person.warnings == [ENDS]
    assert not whole.cropped
    off = person.pose.points[ANKLES] - whole.pose.points[ANKLES]
    assert np.abs(off).max() < 0.1 * whole.pose.height
    assert person.pose.height == pytest.approx(whole.pose.height, rel=0.1)
    below = person.pose.points[:, 1] > ENDINGS[ending]
    assert person.pose.confidence[below].max() < 0.3  # the studio shows these joints as guessed
    assert person.crown == pytest.approx(whole.crown, abs=3)


@pytest.mark.parametrize("ending", ENDINGS)
def test_pixels_go_on_along_the_legs(ending: str, whole: Person) -> None:
    row = ENDINGS[ending]
    person = cut(whole, row)
    image, matte = person.whole
    np.testing.assert_array_equal(image[:row], person.image)
    np.testing.assert_array_equal(matte[:row], person.matte)
    assert image.shape[:2] == matte.shape
    assert len(image) >= person.pose.points[ANKLES, 1].max() - 1
    for ankle in ANKLES:
        x, y = person.pose.points[ankle].round().astype(int)
        assert matte[min(y, len(matte) - 1) - 3, x] > 0.5


def test_legs_taper_and_part(mannequin: Mannequin) -> None:
    row = 150
    matte = np.max([mannequin.masks[part] for part in ("trunk", "r_leg", "l_leg")], 0)[:row]
    image = np.repeat(np.arange(192, dtype=np.uint8)[None, :, None], row, 0).repeat(3, 2)
    whole, below = continued(image, matte, mannequin.pose(mannequin.joints))
    ankle = round(mannequin.joints[Joint.R_ANKLE, 1])
    assert len(below) >= ankle - 1
    thigh, shin = ((below[y] > 0.5)[:96] for y in (row, len(below) - 2))
    assert 0 < shin.sum() < 0.8 * thigh.sum()
    assert not below[-1, 96]
    # Colours go with the legs: the leg's middle at the edge is its middle at the ankle.
    middles = [np.flatnonzero(part).mean() for part in (thigh, shin)]
    assert whole[-2, round(middles[1]), 0] == pytest.approx(middles[0], abs=4)


def test_a_skirt_goes_straight_down(sample_person: SamplePerson) -> None:
    dressed = sample_person("striped-dress")
    row = round(float(dressed.pose.points[Joint.R_HIP, 1] * 0.6 + dressed.pose.points[Joint.R_KNEE, 1] * 0.4))
    person = cut(dressed, row)
    _, matte = person.whole
    hem = person.matte[-1] > 0.5
    middle = round(float(person.pose.points[Joint.MID_HIP, 0]))
    assert (matte[row:, middle] > 0.5).all() == hem[middle]
    assert hem[middle]


def test_a_whole_photo_has_nothing_below(whole: Person) -> None:
    image, matte = whole.whole
    assert image is whole.image
    assert matte is whole.matte


@pytest.mark.parametrize("size", [(192, 256), (256, 192), (400, 160)])
def test_the_lower_edge_of_another_frame_is_the_photos(size: tuple[int, int], whole: Person) -> None:
    person = cut(whole, ENDINGS["thighs"])
    framed = person.framed(*size)
    assert framed.image.shape[1::-1] == size
    assert framed.cropped
    scale, offset = framed.placement
    assert (len(person.image) - 0.5) * scale + offset[1] == pytest.approx(size[1] - 0.5, abs=0.01)
    assert framed.crown >= 0
    assert framed.matte[-1].max() > 0.5
