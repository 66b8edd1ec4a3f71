"""The inside of a back collar goes, along the edge of the front's neckline."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fashionmirror_core.cloth.collar import collar_cut
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category

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
