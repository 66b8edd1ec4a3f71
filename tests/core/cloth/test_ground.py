"""What of a garment's colours belongs to a print."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.cloth.ground import letters

SIZE = 200


def test_letters_lie_near_a_print_within_the_cloth_and_have_sharp_edges() -> None:
    cloth, print_, rare, sharp = np.zeros((4, SIZE, SIZE), bool)
    cloth[10:190, 30:170] = True
    print_[100:160, 70:130] = True
    near, far, soft, at_edge = (slice(80, 86), slice(80, 84)), (slice(20, 26), slice(80, 84)), (90, 120), (110, 31)
    for place in (near, far, soft, at_edge):
        rare[place] = True
    sharp[:60] = sharp[:, :60] = sharp[76:88, 76:88] = True
    found = letters(rare, print_, sharp, cloth)
    assert found[near].all()
    assert not any(found[place].any() for place in (far, soft, at_edge))
    assert not letters(rare, np.zeros_like(rare), sharp, cloth).any()
