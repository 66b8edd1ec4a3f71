"""A folded or hidden sleeve comes to lie beside the body."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.garment.parts import Landmarks, split_parts
from fashionmirror_core.garment.unfolding import FOLDED, HIDDEN, unfolded
from fashionmirror_core.vocabulary import Category

SIZE = (260, 240)
RIGHT = {"shoulder": (70, 30), "armpit": (75, 75), "elbow": (52, 130), "cuff_outer": (20, 190), "cuff_inner": (48, 198)}
OVER = {
    "shoulder": (70, 30),
    "armpit": (75, 75),
    "elbow": (60, 120),
    "cuff_outer": (118, 172),
    "cuff_inner": (132, 150),
}
OUTLINE = ((70, 30), (45, 60), (40, 125), (20, 190), (48, 198), (66, 135), (75, 75))
OVER_OUTLINE = ((70, 30), (45, 60), (48, 128), (118, 172), (132, 150), (76, 115), (75, 75))
BODY = ((70, 30), (100, 22), (140, 22), (170, 30), (165, 75), (165, 230), (75, 230), (75, 75))
CLOTH, SLEEVE = (60, 90, 170), (170, 60, 60)


def mirror(x: float, y: float) -> tuple[float, float]:
    return 240 - x, y


def filled(outline: tuple[tuple[float, float], ...]) -> np.ndarray:
    canvas = np.zeros(SIZE, np.uint8)
    cv2.fillPoly(canvas, [np.array(outline, np.int32)], 1)
    return canvas.astype(np.float32)


LEFT_MASK = filled(tuple(mirror(*point) for point in OUTLINE))


def top(
    right: dict[str, tuple[float, float]] | None, mask: np.ndarray
) -> tuple[np.ndarray, Landmarks, dict[str, np.ndarray]]:
    """A top whose left sleeve is spread out and whose right one lies under ``mask``, with stripes across the body."""
    marks = {"neck_r": (100, 22), "neck_l": (140, 22), "neck_c": (120, 35), "hem_r": (75, 230), "hem_l": (165, 230)}
    marks |= {f"{name}_l": mirror(*point) for name, point in RIGHT.items()}
    marks |= {f"{name}_r": point for name, point in (right or RIGHT).items()}
    rgb = np.full((*SIZE, 3), CLOTH, np.uint8)
    rgb[::12] = rgb[1::12] = 20
    rgb[(mask + LEFT_MASK) > 0] = SLEEVE
    alpha = np.maximum(filled(BODY), np.maximum(mask, LEFT_MASK))
    image = np.dstack([rgb, (255 * alpha).astype(np.uint8)])
    return (
        image,
        {name: (float(x), float(y)) for name, (x, y) in marks.items()},
        {"sleeve_r": mask, "sleeve_l": LEFT_MASK},
    )


def test_sleeves_beside_the_body_stay_where_they_are() -> None:
    assert unfolded(*top(RIGHT, filled(OUTLINE))) is None


def sleeve_areas(image: np.ndarray, marks: Landmarks, shares: dict[str, np.ndarray]) -> tuple[float, float]:
    parts = split_parts(image[..., 3] / np.float32(255), marks, Category.UPPER, shares)
    return float(parts["sleeve_r"].sum()), float(parts["sleeve_l"].sum())


@pytest.mark.parametrize("hidden", [False, True])
def test_a_folded_or_hidden_sleeve_is_taken_from_the_other_side(hidden: bool) -> None:
    given = top(RIGHT, np.zeros(SIZE, np.float32)) if hidden else top(OVER, filled(OVER_OUTLINE))
    spread = unfolded(*given)
    assert spread is not None
    assert spread.notes == [HIDDEN if hidden else FOLDED]
    right, left = sleeve_areas(spread.image, spread.landmarks, spread.shares)
    assert right == pytest.approx(left, rel=0.1)
    middle = (spread.landmarks["neck_r"][0] + spread.landmarks["neck_l"][0]) / 2
    for name in ("cuff_outer", "cuff_inner", "elbow"):
        x, y = spread.landmarks[f"{name}_l"]
        assert spread.landmarks[f"{name}_r"] == pytest.approx((2 * middle - x, y), abs=3)
    x, y = map(round, spread.landmarks["elbow_r"])
    assert spread.image[y, x].tolist() == pytest.approx([*SLEEVE, 255], abs=3)


def test_what_a_folded_sleeve_hid_is_the_bodys_other_half() -> None:
    image, marks, shares = top(OVER, filled(OVER_OUTLINE))
    spread = unfolded(image, marks, shares)
    assert spread is not None
    shift = np.round(np.array(spread.landmarks["neck_r"]) - marks["neck_r"]).astype(int)
    for x, y in ((100, 150), (90, 132), (100, 144)):  # between stripes, on the third
        there = spread.image[y + shift[1], x + shift[0]]
        truth = 20 if y % 12 < 2 else CLOTH
        np.testing.assert_allclose(there[:3], truth, atol=12)
        assert there[3] == 255


def test_two_folded_sleeves_are_turned_out() -> None:
    image, marks, shares = top(OVER, filled(OVER_OUTLINE))
    shares["sleeve_l"] = np.ascontiguousarray(shares["sleeve_r"][:, ::-1])
    image = np.maximum(image, image[:, ::-1])
    marks |= {f"{name}_l": mirror(*point) for name, point in OVER.items()}
    spread = unfolded(image, marks, shares)
    assert spread is not None
    for side, sign in (("r", -1), ("l", 1)):
        cuff = np.mean([spread.landmarks[f"cuff_{end}_{side}"] for end in ("outer", "inner")], axis=0)
        assert sign * (cuff[0] - spread.landmarks[f"hem_{side}"][0]) > 20


def test_a_garment_with_one_sleeve_keeps_it() -> None:
    given = top(RIGHT, np.zeros(SIZE, np.float32))
    assert unfolded(*given, may_hide=False) is None


def test_a_sample_whose_sleeve_is_out_of_sight_gets_it_back(sample_garment: Callable[[str], Garment]) -> None:
    whole = sample_garment("tee-bloom")
    image = whole.image.copy()
    image[..., 3] = np.round(255 * (whole.alpha - whole.part_masks()["sleeve_r"])).astype(np.uint8)
    found = Garment.from_photo(image, "upper", turns=0)
    assert HIDDEN in found.warnings
    right, left = (float(found.part_masks()[f"sleeve_{side}"].sum()) for side in "rl")
    assert right == pytest.approx(left, rel=0.15)
    assert HIDDEN not in whole.warnings
