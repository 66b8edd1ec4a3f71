"""What stays the photo's own for longer while the person turns as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from meshes import plain, sheet

from fashionmirror_core.avatar.holding import arms_free, holding, whole_parts
from fashionmirror_core.avatar.limbs import body_name
from fashionmirror_core.look import Look
from fashionmirror_core.vocabulary import ARM_PARTS, LEG_PARTS, Part


def test_arms_are_free_before_nothing_but_background(dressed: Callable[..., Look]) -> None:
    subject = dressed("red-top", "skirt-navy").subject
    rows, columns = np.indices(subject.size)
    matte = np.zeros(subject.size, np.float32)
    parts = {part: np.zeros(subject.size, np.float32) for part in Part}
    for part in ARM_PARTS:  # a line from shoulder to hand
        line = np.linspace(*subject.body.arm(part.side)[[0, 2]], 200)
        away = np.hypot(columns[..., None] - line[:, 0], rows[..., None] - line[:, 1]).min(-1)
        parts[part] = (away < 0.02 * subject.body.stature).astype(np.float32)
        matte = np.maximum(matte, parts[part])
    assert arms_free(replace(subject, matte=matte, parts=parts))
    one = matte.copy()
    wrist = subject.body.arm(Part.L_ARM.side)[2]
    one[np.hypot(columns - wrist[0], rows - wrist[1]) < 0.1 * subject.body.stature] = 1  # a coat beside the hand
    assert not arms_free(replace(subject, matte=one, parts=parts))
    hidden = parts | {Part.R_ARM: np.zeros_like(matte)}
    assert not arms_free(replace(subject, matte=matte, parts=hidden))


def test_the_legs_hold_that_kept_their_clothes() -> None:
    gone = {Part.L_LEG: 0.0, Part.R_LEG: 0.4}
    assert whole_parts(gone, free=False) == {Part.L_LEG}
    assert not whole_parts(dict.fromkeys(LEG_PARTS, 0.5), free=False)


def test_of_who_stands_with_both_arms_off_the_body_nothing_does() -> None:
    assert whole_parts(dict.fromkeys(LEG_PARTS, 0.0), free=True) == set()


def test_what_holds_comes_and_goes_later() -> None:
    made = sheet((10, 10, 70, 60), plain((200, 0, 0, 255)), name=Part.L_LEG)
    going = replace(made, shown=np.full(len(made.vertices), -1, np.int8))
    coming = replace(made, name=body_name(Part.L_LEG), shown=np.ones(len(made.vertices), np.int8))
    assert (holding(going, {Part.L_LEG}).shown == -2).all()
    assert (holding(coming, {Part.L_LEG}).shown == 2).all()
    assert (holding(coming, {Part.R_LEG}).shown == 1).all()
    assert holding(made, set(Part)).shown is None  # always seen
