"""Flat looks: the person and the garment as layers in the photo's frame."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.avatar.layers import Show, flattened
from fashionmirror_core.training.flat_layers.looks import FlatLook


def test_layers_are_premultiplied(flat: FlatLook) -> None:
    for layer in flat.layers:
        picture, (x0, y0, x1, y1) = layer.picture, layer.box
        assert picture.dtype == np.uint8
        assert picture.shape == (y1 - y0, x1 - x0, 4)
        assert (picture[..., :3].max(-1).astype(int) <= picture[..., 3].astype(int) + 1).all(), layer.name


def test_the_layers_are_the_photo_where_no_clothes_change(flat: FlatLook) -> None:
    size = flat.size[::-1]
    cloth = flattened(flat.layers, size, Show.CLOTHING)[..., 3] / 255
    assert 0.05 < cloth.mean() < 0.5
    changed = cv2.dilate(np.maximum(flat.stage.uncrop(flat.removed, flat.size), cloth), np.ones((5, 5))) > 0.02
    person = (cv2.erode(flat.person.matte, np.ones((3, 3))) > 0.95) & ~changed
    assert person.sum() > 1000
    difference = np.abs(flattened(flat.layers, size)[..., :3].astype(int) - flat.person.image).max(-1)[person]
    assert difference.mean() < 1
    assert (difference > 16).mean() < 0.01


def test_rows_of_the_attention_sum_to_one_and_chest_looks_above_hem(flat: FlatLook) -> None:
    np.testing.assert_allclose(flat.attention.sum(1), 1, atol=1e-4)
    looked_at = (flat.attention @ np.repeat(np.arange(16), 12)).reshape(16, 12)
    neck, hip = flat.pose.points[1], flat.pose.points[8]
    chest, skirt = (0.6 * neck + 0.4 * hip) / 16, np.add(hip, (0, 40)) / 16
    assert looked_at[int(chest[1]), int(chest[0])] + 2 < looked_at[int(skirt[1]), int(skirt[0])]
