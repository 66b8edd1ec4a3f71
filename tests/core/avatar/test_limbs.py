"""Where a limb is the body's own: bare skin, and nothing that clothes hide."""

from __future__ import annotations

import numpy as np
import pytest

from fashionmirror_core.avatar.limbs import Bare
from fashionmirror_core.avatar.sheets import SLICES


def slices(*bare: float) -> np.ndarray:
    """The slices of a limb that are the body's, of shares of bare skin in tenths of its length."""
    share = np.repeat(bare, SLICES // len(bare))
    nothing = None
    return Bare(nothing, nothing, nothing, (0.0, 1.0), np.zeros((1, 1), np.float32), share).slices  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bare", "expected"),
    [
        ((1, 1, 0, 0, 0, 0, 0, 0, 0, 0), 0),  # trousers: the skin above their legs is hidden
        ((1, 1, 0, 0, 1, 1, 1, 1, 1, 0), 5),  # shorts
        ((1, 1, 1, 1, 1, 1, 1, 1, 1, 0), 9),  # a dress and shoes
        ((1, 1, 1, 1, 1, 0, 0, 0, 0, 0), 5),  # a dress and boots
        ((1,) * 10, 10),
        ((0,) * 10, 0),
    ],
)
def test_skin_above_trouser_legs_is_hidden(bare: tuple[float, ...], expected: int) -> None:
    assert slices(*bare).sum() == expected * SLICES // 10
