"""Sleeves are cut off at the armhole, and below it where the encoder says that one is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fashionmirror_core.garment.parts import Landmarks, split_parts
from fashionmirror_core.vocabulary import Category

MARKS: Landmarks = {
    "neck_r": (80, 20), "neck_l": (120, 20), "shoulder_r": (60, 25), "shoulder_l": (140, 25),
    "armpit_r": (60, 70), "armpit_l": (140, 70), "hem_r": (60, 220), "hem_l": (140, 220),
    "cuff_outer_r": (30, 200), "cuff_inner_r": (58, 200), "cuff_outer_l": (170, 200), "cuff_inner_l": (142, 200),
    "elbow_r": (44, 130), "elbow_l": (156, 130),
}  # fmt: skip


def polygon(*corners: tuple[float, float]) -> np.ndarray:
    canvas = np.zeros((240, 200), np.uint8)
    cv2.fillPoly(canvas, [np.array(corners, np.int32)], 1)
    return canvas.astype(np.float32)


BODY = polygon((60, 20), (140, 20), (140, 220), (60, 220))
RIGHT = polygon((60, 25), (30, 60), (30, 200), (60, 200))  # they touch the body all along
LEFT = RIGHT[:, ::-1].copy()
SEEN = {"sleeve_r": RIGHT, "sleeve_l": LEFT}
WHOLE = np.maximum(BODY, np.maximum(RIGHT, LEFT))


def iou(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.minimum(found, truth).sum() / np.maximum(found, truth).sum())


@pytest.mark.parametrize("factor", [1.0, 0.25])
def test_sleeves_that_lie_against_the_body_are_cut_off_where_they_are_seen(factor: float) -> None:
    seen = {name: cv2.resize(share, None, fx=factor, fy=factor) for name, share in SEEN.items()}
    parts = split_parts(WHOLE, MARKS, Category.UPPER, seen)
    np.testing.assert_allclose(sum(parts.values()), WHOLE, atol=1e-5)
    assert iou(parts["sleeve_r"], RIGHT) > 0.9
    assert iou(parts["sleeve_l"], LEFT) > 0.9


def test_a_sleeve_folded_over_the_body_is_cut_out_of_it() -> None:
    over = polygon((60, 25), (30, 60), (60, 130), (110, 170), (125, 150), (60, 70))
    marks = MARKS | {"cuff_outer_r": (110, 170), "cuff_inner_r": (125, 150), "elbow_r": (60, 110)}
    parts = split_parts(np.maximum(BODY, over), marks, Category.UPPER, {"sleeve_r": over})
    assert parts["sleeve_r"][152:158, 108:116].min() > 0.9
    assert parts["body"][152:158, 108:116].max() < 0.1
    assert parts["body"][200, 65:135].min() > 0.9


def test_the_armhole_is_the_line_from_shoulder_to_armpit_whatever_the_encoder_says() -> None:
    wide = {name: cv2.dilate(share, np.ones((1, 21), np.uint8)) for name, share in SEEN.items()}
    parts = split_parts(WHOLE, MARKS, Category.UPPER, wide)
    assert parts["body"][40:60, 63:137].min() > 0.9
    assert parts["sleeve_r"][50:60, 42:56].min() > 0.9


def test_islands_that_are_taken_for_a_sleeve_stay_with_the_body() -> None:
    island = polygon((90, 180), (110, 180), (110, 200), (90, 200))
    parts = split_parts(WHOLE, MARKS, Category.UPPER, SEEN | {"sleeve_r": np.maximum(RIGHT, island)})
    assert parts["body"][185:195, 95:105].min() > 0.99


def test_without_the_encoder_a_sleeve_is_a_band_along_its_landmarks() -> None:
    parts = split_parts(WHOLE, MARKS, Category.UPPER)
    assert iou(parts["sleeve_r"], RIGHT) > 0.7
    assert iou(parts["sleeve_l"], LEFT) > 0.7


def test_no_cuffs_no_sleeves() -> None:
    marks = {name: point for name, point in MARKS.items() if "cuff" not in name}
    assert set(split_parts(WHOLE, marks, Category.DRESS, SEEN)) == {"body"}
