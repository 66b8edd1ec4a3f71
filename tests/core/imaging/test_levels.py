"""Levels become 8-bit numbers."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.imaging.levels import to_8bit


def test_levels_are_rounded_and_limited() -> None:
    levels = np.array([-3, 0.4, 0.6, 254.4, 254.6, 300], np.float32)
    assert to_8bit(levels).tolist() == [0, 0, 1, 254, 255, 255]


def test_every_8bit_level_stays_what_it_is() -> None:
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_8bit(levels.astype(np.float32)), levels)
