"""Boxes around what a mask shows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fashionmirror_core.imaging.boxes import bounding_box, grown, window

MASKS = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@given(MASKS)
def test_the_box_holds_all_of_the_mask_and_no_empty_edge(mask: np.ndarray) -> None:
    box = bounding_box(mask)
    if box is None:
        assert not mask.any()
        return
    inside = mask[window(box)]
    assert inside.sum() == mask.sum()
    assert inside[0].any()
    assert inside[-1].any()
    assert inside[:, 0].any()
    assert inside[:, -1].any()


@given(MASKS, st.integers(0, 5))
def test_a_grown_box_stays_in_the_picture(mask: np.ndarray, margin: int) -> None:
    box = bounding_box(mask)
    if box is not None:
        x0, y0, x1, y1 = grown(box, margin, mask.shape)
        assert 0 <= x0 <= box[0]
        assert 0 <= y0 <= box[1]
        assert box[2] <= x1 <= mask.shape[1]
        assert box[3] <= y1 <= mask.shape[0]


def test_numbers_count_like_truths() -> None:
    mask = np.zeros((5, 6), np.uint8)
    mask[2, 3] = 7
    assert bounding_box(mask) == (3, 2, 4, 3)
