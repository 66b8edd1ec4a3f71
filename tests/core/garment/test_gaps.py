"""The floor between a sleeve and the body is no cloth; cloth of the floor's colour is."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.garment.gaps import without_gaps
from fashionmirror_core.garment.sight import Sight
from fashionmirror_core.networks.garment_encoder import PARTS

FLOOR, CLOTH = (150, 60, 80), (70, 110, 170)
GAP = slice(130, 300), slice(108, 116)  # between the wearer's right sleeve and the body


def picture() -> tuple[np.ndarray, np.ndarray, Sight]:
    """A shirt whose sleeves lie beside its body, its cut-out with the gap, and what an encoder sees, which misses it."""
    rng = np.random.default_rng(4)
    mask = np.zeros((384, 320), bool)
    mask[60:310, 70:250] = True
    rgb = np.where(mask[..., None], np.array(CLOTH), np.array(FLOOR)) + rng.normal(0, 2, (384, 320, 3))
    rgb[GAP] = FLOOR
    parts = np.zeros((48, 40, len(PARTS)), np.float32)
    parts[..., 0] = 1
    for name, columns in (("left sleeve", slice(9, 14)), ("body", slice(14, 26)), ("right sleeve", slice(26, 31))):
        parts[8:39, columns, 0], parts[8:39, columns, PARTS.index(name)] = 0, 1
    points = {
        "neck_left": (140.0, 60.0), "neck_right": (180.0, 60.0), "armpit_left": (112.0, 130.0),
        "armpit_right": (208.0, 130.0), "hem_left": (112.0, 310.0), "hem_right": (208.0, 310.0),
    }  # fmt: skip
    sight = Sight(0, {"hood": {"yes": 0.0, "no": 1.0}}, points, {}, {}, {}, parts, (320, 384))
    return np.clip(rgb, 0, 255).astype(np.uint8), mask, sight


def test_the_floor_between_a_sleeve_and_the_body_goes() -> None:
    rgb, mask, sight = picture()
    left = without_gaps(mask, rgb, sight)
    assert left[GAP].mean() < 0.15
    apart = mask.copy()
    apart[120:310, 104:120] = False
    assert np.array_equal(left[apart], mask[apart])


def test_a_stripe_of_the_floors_colour_goes_on_in_the_body_and_stays() -> None:
    rgb, mask, sight = picture()
    rgb[GAP] = CLOTH
    rgb[200:215, 70:250] = FLOOR
    assert np.array_equal(without_gaps(mask, rgb, sight), mask)


def test_a_gap_that_is_broader_than_where_gaps_are_looked_for_goes_whole() -> None:
    rgb, mask, sight = picture()
    rgb[130:240, 98:134] = FLOOR
    left = without_gaps(mask, rgb, sight)
    assert left[134:236, 101:131].mean() < 0.05


def test_what_lies_above_the_armpits_stays() -> None:
    rgb, mask, sight = picture()
    rgb[GAP] = CLOTH
    rgb[70:105, 108:116] = FLOOR
    assert np.array_equal(without_gaps(mask, rgb, sight), mask)


def test_a_garment_of_the_floors_colour_stays_whole() -> None:
    rgb, mask, sight = picture()
    rgb[:] = FLOOR
    assert np.array_equal(without_gaps(mask, rgb, sight), mask)
