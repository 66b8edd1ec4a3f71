"""What the clothes encoder says of the built-in garments and of pictures that show something else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fashionmirror_core import samples
from fashionmirror_core.garment.sight import UNSURE, look
from fashionmirror_core.media.images import read_image

GARMENTS = samples.garments()


@pytest.mark.parametrize("path", GARMENTS, ids=lambda path: path.stem)
def test_the_samples_are_garments_of_their_category(path: Path) -> None:
    sight = look(read_image(path))
    expected = {"dress": "dress", "skirt": "lower", "trousers": "lower", "tee": "upper", "top": "upper"}
    assert sight.quarters == 0
    assert sight.answer("category") == expected[path.stem.split("-")[0]]
    assert sight.chance("garment") > 0.9
    assert sight.chance("several") < 0.3
    assert sight.chance("worn") < 0.3


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_picture_is_seen_upright(quarters: int) -> None:
    picture = read_image(next(path for path in GARMENTS if path.stem.startswith("tee")))
    upright = look(picture)
    turned = look(np.ascontiguousarray(np.rot90(picture, quarters)))  # counter-clockwise
    assert turned.quarters == quarters
    for name, point in upright.points.items():
        if upright.exists[name] > 0.5:
            assert turned.points[name] == pytest.approx(point, abs=0.01 * max(picture.shape))


def test_its_points_lie_in_the_pictures_own_pixels() -> None:
    picture = read_image(next(path for path in GARMENTS if path.stem.startswith("tee")))
    height, width = picture.shape[:2]
    sight = look(picture)
    wide = look(np.pad(picture, ((0, 0), (width // 2, 0), (0, 0)), mode="edge"))
    for name in ("shoulder_left", "shoulder_right", "hem_left", "hem_right"):
        x, y = sight.points[name]
        assert wide.points[name] == pytest.approx((x + width // 2, y), abs=0.03 * height)
    left, right = sight.points["shoulder_left"], sight.points["shoulder_right"]
    assert left[0] < right[0] < width


def test_parts_lie_where_the_garment_is() -> None:
    picture = read_image(next(path for path in GARMENTS if path.stem.startswith("tee")))
    cloth = look(picture).cloth(picture.shape[:2])
    true = picture[..., 3] > 127
    assert cloth.shape == true.shape
    assert (true & (cloth > 0.5)).sum() / (true | (cloth > 0.5)).sum() > 0.93


@pytest.mark.parametrize("person", samples.persons(), ids=lambda path: path.stem)
def test_a_person_is_no_garment(person: Path) -> None:
    sight = look(read_image(person)[..., :3])
    assert sight.chance("garment") < 0.9 or sight.chance("worn") > 0.5


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_empty_picture_is_no_garment(grey: int) -> None:
    assert look(np.full((90, 60, 3), grey, np.uint8)).chance("garment") < 0.9


def test_where_a_hood_may_lie_the_colours_decide() -> None:
    """The encoder was taught by cut-outs without their hoods: what it is sure of there counts as unsure."""
    picture = read_image(next(path for path in GARMENTS if path.stem.startswith("tee")))
    plain = look(np.pad(picture, ((200, 0), (0, 0), (0, 0))))
    hooded = replace(plain, answers=plain.answers | {"hood": {"no": 0.1, "yes": 0.9}})
    size = (picture.shape[0] + 200, picture.shape[1])
    neck = np.mean([plain.points["neck_left"], plain.points["neck_right"]], axis=0)
    across = float(np.hypot(*np.subtract(plain.points["neck_left"], plain.points["neck_right"])))
    column, row = round(neck[0]), round(neck[1] - across)
    assert plain.cloth(size)[row, column] < 0.03
    assert hooded.cloth(size)[row, column] == pytest.approx(UNSURE, abs=0.01)
    np.testing.assert_array_equal(
        hooded.cloth(size)[round(neck[1] + across) :], plain.cloth(size)[round(neck[1] + across) :]
    )
    half = tuple(side // 2 for side in size)
    assert hooded.cloth(half)[row // 2, column // 2] == pytest.approx(UNSURE, abs=0.01)
