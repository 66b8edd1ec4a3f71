"""The inside of a back collar goes, along the edge of the front's neckline."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fashionmirror_core.cloth.collar import collar_cut, front_edge
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category
from tests.core.cloth.pattern.garments import seen

NECK = {"neck_r": (120.0, 40.0), "neck_l": (200.0, 40.0), "shoulder_r": (70.0, 55.0), "shoulder_l": (250.0, 55.0)}
CLOTH, INSIDE = (40, 80, 150), (20, 40, 80)


def garment(bend: float, depth: float = 40.0, **marks: tuple[float, float]) -> tuple[Garment, np.ndarray]:
    """A top with a neckline y = depth (1 - |t|^bend), and where the inside of its back is seen."""
    rgb = np.full((320, 320, 3), CLOTH, np.uint8)
    alpha = np.zeros((320, 320), np.uint8)
    cv2.fillPoly(alpha, [np.array([(70, 55), (120, 40), (200, 40), (250, 55), (250, 300), (70, 300)])], 255)
    t = np.linspace(-1, 1, 81)
    edge = np.stack([160 + 40 * t, 40 + depth * (1 - np.abs(t) ** bend)], -1)
    inside = np.zeros((320, 320), np.uint8)
    cv2.fillPoly(inside, [np.round(edge).astype(np.int32)], 1)
    rgb[inside > 0] = INSIDE
    landmarks = NECK | {"neck_c": (160.0, 40.0 + depth)} | marks
    return Garment(np.dstack([rgb, alpha]), Category.UPPER, landmarks), inside > 0


@pytest.mark.parametrize("bend", [1.0, 1.5, 2.0, 3.0], ids=["V", "soft V", "round", "square"])
@pytest.mark.parametrize("off", [-3.0, 0.0, 3.0])
def test_the_cut_follows_the_necklines_edge_though_the_landmark_is_a_little_off(bend: float, off: float) -> None:
    worn, inside = garment(bend, neck_c=(160.0, 80.0 + off))
    gone = 1 - collar_cut(worn)
    assert np.minimum(gone, inside).sum() > 0.93 * inside.sum()
    assert gone[(worn.alpha > 0) & ~inside].sum() < 0.1 * inside.sum()


@pytest.mark.parametrize("bend", [1.0, 1.5, 2.4, 4.0], ids=["V", "soft V", "round", "square"])
def test_where_nothing_is_seen_of_the_back_the_neckline_is_the_outline(bend: float) -> None:
    worn, inside = garment(bend, neck_c=(160.0, 83.0))
    image = worn.image.copy()
    image[::7, :, :3] = 255  # stripes, which have clear edges, too
    image[inside, 3] = 0
    edge = front_edge(Garment(image, worn.category, worn.landmarks))
    assert edge is not None
    assert edge.bend == pytest.approx(bend, rel=0.3)
    assert edge.depth == pytest.approx(40.0, abs=4.0)


def test_a_neckline_whose_edge_is_hardly_seen_is_round() -> None:
    worn, _ = garment(2.4)
    image = worn.image.copy()
    image[..., :3] = CLOTH
    unseen = front_edge(Garment(image, worn.category, worn.landmarks))
    assert unseen is not None
    assert unseen.bend >= 1.9
    assert unseen.depth == pytest.approx(40.0, abs=1.0)
    for side in (-1, 1):  # two short folds beside it, as a V would lie
        cv2.line(image, (160 + 24 * side, 56), (160 + 12 * side, 68), (*INSIDE, 255), 2)
    folded = front_edge(Garment(image, worn.category, worn.landmarks))
    assert folded is not None
    assert folded.bend >= 1.5


@pytest.mark.parametrize(("bend", "pointed"), [(1.0, True), (2.4, False)])
def test_a_deep_neckline_of_a_top_with_sleeves_may_be_a_scoop(bend: float, pointed: bool) -> None:
    cuffs = {"cuff_outer_r": (40.0, 150.0), "cuff_outer_l": (280.0, 150.0)}
    worn, inside = garment(bend, depth=64.0, **cuffs)
    edge = front_edge(worn)
    assert edge is not None
    assert (edge.bend < 1.5) == pointed
    assert np.minimum(1 - collar_cut(worn), inside).sum() > 0.9 * inside.sum()


def test_an_open_front_is_no_neckline() -> None:
    worn, inside = garment(2.0, depth=24.0, neck_c=(160.0, 290.0))
    gone = 1 - collar_cut(worn)
    assert gone[100:].max() == 0
    assert np.minimum(gone, inside).sum() > 0.9 * inside.sum()


def test_a_hood_above_the_neck_is_cut_off_and_a_strap_beside_it_stays() -> None:
    worn, _ = garment(2.0)
    worn.image[5:40, 90:230, 3] = 255
    assert collar_cut(worn)[8:22, 95:225].max() < 0.05
    straps = NECK | {"shoulder_r": (100.0, 5.0), "shoulder_l": (220.0, 5.0), "neck_c": (160.0, 80.0)}
    strapped = Garment(worn.image, Category.UPPER, straps)
    assert collar_cut(strapped)[5:35, 95:118].min() == 1


def test_what_has_no_neck_is_left_alone() -> None:
    worn, _ = garment(2.0)
    worn.landmarks.pop("neck_c")
    assert collar_cut(worn).min() == 1
    assert collar_cut(Garment(worn.image, Category.LOWER, NECK)).min() == 1


def collared(left: int, right: int) -> Garment:
    """A top whose collar rises by so many pixels on the picture's left and right, with a V between."""
    worn, _ = garment(1.0)
    sides = [
        [(120, 42), (122, 40 - left), (140, 42 - left), (160, 80)],
        [(160, 80), (180, 42 - right), (198, 40 - right)],
    ]
    for side in (sides[0], [*sides[1], (200, 42)]):
        cv2.fillPoly(worn.image, [np.array(side)], (*CLOTH, 255))
    return worn


@pytest.mark.parametrize(("left", "right"), [(20, 20), (20, 0), (0, 20)])
def test_a_collar_rises_as_in_the_picture_though_one_side_is_folded_away(left: int, right: int) -> None:
    edge = front_edge(seen(collared(left, right), "shirt"))
    assert edge is not None
    assert 16 < edge.rise < 24
    assert not edge.closed
    assert np.allclose(edge.curve[[0, -1], 1], 40 - edge.rise)
    assert abs(edge.depth - 40) < 6


def test_a_sweaters_collar_rises_where_it_stands_up_on_both_sides() -> None:
    for sides, rises in (((20, 20), True), ((20, 0), False), ((6, 6), False)):
        edge = front_edge(seen(collared(*sides), "sweater"))
        assert edge is not None
        assert (edge.rise > 0) == rises


def test_what_has_no_collar_does_not_rise_and_a_hood_always_does() -> None:
    worn = collared(20, 20)
    for kind in ("tee", "dress"):
        edge = front_edge(seen(worn, kind))
        assert edge is not None
        assert edge.rise == 0
    bare, _ = garment(2.0)
    assert front_edge(seen(bare, "shirt")).rise == 0  # type: ignore[union-attr]
    assert front_edge(seen(bare, "hoodie", hood=True)).rise > 10  # type: ignore[union-attr]


def strapped(bend: float, depth: float = 90.0) -> Garment:
    """A top between whose straps nothing is seen; its neckline is y = 40 + depth (1 - |t|^bend)."""
    image = np.full((320, 320, 4), (*CLOTH, 255), np.uint8)
    image[:40] = image[:, :90] = image[:, 231:] = 0
    t = np.linspace(-1, 1, 81)
    edge = np.stack([160 + 40 * t, 40 + depth * (1 - np.abs(t) ** bend)], -1)
    cv2.fillPoly(image, [np.round(edge).astype(np.int32)], (0, 0, 0, 0))
    straps = {"shoulder_r": (90.0, 40.0), "shoulder_l": (230.0, 40.0), "neck_c": (160.0, 40.0 + depth)}
    return Garment(image, Category.UPPER, NECK | straps)


@pytest.mark.parametrize("bend", [1.0, 2.0, 9.0], ids=["V", "round", "square"])
def test_between_straps_the_neckline_is_the_outline(bend: float) -> None:
    edge = front_edge(strapped(bend))
    assert edge is not None
    assert edge.bend == pytest.approx(bend, rel=0.3)
    assert edge.depth == pytest.approx(90, abs=5)
