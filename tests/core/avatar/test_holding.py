"""What stays the photo's own for longer while the person turns as a whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from meshes import plain, sheet

from fashionmirror_core.avatar.holding import holding, whole_parts
from fashionmirror_core.avatar.limbs import body_name
from fashionmirror_core.vocabulary import LEG_PARTS, Category, Part

HEM = 40


def test_without_new_clothes_all_of_the_photo_holds() -> None:
    assert whole_parts([], {}) == set(Part)


def test_with_new_clothes_the_legs_hold_that_kept_theirs() -> None:
    gone = {Part.L_LEG: 0.0, Part.R_LEG: 0.4}
    assert whole_parts([Category.UPPER], gone) == {Part.L_LEG}
    assert not whole_parts([Category.DRESS], dict.fromkeys(LEG_PARTS, 0.5))


def test_what_holds_comes_and_goes_later_but_for_a_skirt_s_hem() -> None:
    made = sheet((10, 10, 70, 60), plain((200, 0, 0, 255)), name=Part.TRUNK)
    going = replace(made, shown=np.full(len(made.vertices), -1, np.int8))
    low = made.vertices[:, 1] > HEM
    shown = holding(going, {Part.TRUNK}, HEM).shown
    assert shown is not None
    assert (shown[low] == -1).all()
    assert (shown[~low & (made.vertices[:, 1] < HEM)] == -2).all()
    coming = replace(made, name=body_name(Part.L_ARM), shown=np.ones(len(made.vertices), np.int8))
    assert (holding(coming, {Part.L_ARM}, HEM).shown == 2).all()
    assert (holding(coming, {Part.R_ARM}, HEM).shown == 1).all()
    assert holding(made, set(Part), HEM).shown is None  # always seen
