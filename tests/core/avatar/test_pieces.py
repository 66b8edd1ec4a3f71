"""What counts as hair: what grows on the head, and what is worn on it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from fashionmirror_core.avatar.pieces import Cutting, HeadPlace
from fashionmirror_core.skeleton import Joint


def cutting(hair: np.ndarray, accessory: np.ndarray) -> Any:
    """A person whose eyes are in row 40, and whose ears 20 pixels beside column 50."""
    landmarks = np.zeros((25, 3))
    landmarks[[Joint.R_EYE, Joint.L_EYE], 1] = 40
    return SimpleNamespace(
        subject=SimpleNamespace(parsing=SimpleNamespace(hair=hair, accessory=accessory)),
        body=SimpleNamespace(landmarks=landmarks),
        box=(0, 0, hair.shape[1], hair.shape[0]),
        shape=hair.shape,
        head=HeadPlace(50, 42, 65, 20, 500),
        on_box=lambda mask: mask,
    )


def test_what_is_worn_on_the_head_turns_with_the_hair_and_glasses_and_scarves_do_not() -> None:
    hair, accessory = np.zeros((100, 100), np.float32), np.zeros((100, 100), np.float32)
    hair[25:45, 32:68] = 1
    hair[25:32, 42:58] = 0
    accessory[15:32, 40:60] = accessory[36:42, 40:60] = accessory[70:90, 30:70] = 1  # a cap, glasses, a scarf
    hair[36:42, 40:60] = 0
    found = Cutting.hair.func(cutting(hair, accessory))  # type: ignore[attr-defined]
    assert (found[15:32, 40:60] == 1).all()
    assert not found[36:42, 40:60].any()
    assert not found[70:].any()
