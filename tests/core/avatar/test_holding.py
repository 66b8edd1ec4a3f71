"""What stays the photo's own for longer while the person turns as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from meshes import plain, sheet

from fashionmirror_core.avatar.holding import TrunkHolds, arms_free, holding, whole_parts
from fashionmirror_core.avatar.limbs import body_name
from fashionmirror_core.look import Look
from fashionmirror_core.vocabulary import ARM_PARTS, LEG_PARTS, Category, Part

HEM = 40


def test_without_new_clothes_all_of_the_photo_holds() -> None:
    assert whole_parts([], {}, free=False) == set(Part)


def test_of_who_stands_with_both_arms_off_the_body_nothing_does() -> None:
    assert whole_parts([], {}, free=True) == set()


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


def test_with_new_clothes_the_legs_hold_that_kept_theirs() -> None:
    gone = {Part.L_LEG: 0.0, Part.R_LEG: 0.4}
    assert whole_parts([Category.UPPER], gone, free=False) == {Part.L_LEG}
    assert not whole_parts([Category.DRESS], dict.fromkeys(LEG_PARTS, 0.5), free=False)


NOTHING = TrunkHolds(low=HEM, shoulders=20, collar=15, cloth=lambda places: np.zeros(len(places), bool))


def test_what_holds_comes_and_goes_later_but_for_a_skirt_s_hem() -> None:
    made = sheet((10, 10, 70, 60), plain((200, 0, 0, 255)), name=Part.TRUNK)
    going = replace(made, shown=np.full(len(made.vertices), -1, np.int8))
    rows = made.vertices[:, 1]
    shown = holding(going, {Part.TRUNK}, NOTHING).shown
    assert shown is not None
    assert (shown[rows > HEM] == -1).all()
    assert (shown[(rows > 20) & (rows < HEM)] == -2).all()
    coming = replace(made, name=body_name(Part.L_ARM), shown=np.ones(len(made.vertices), np.int8))
    assert (holding(coming, {Part.L_ARM}, NOTHING).shown == 2).all()
    assert (holding(coming, {Part.R_ARM}, NOTHING).shown == 1).all()
    assert holding(made, set(Part), NOTHING).shown is None  # always seen


def test_a_neck_goes_at_once_and_a_collar_holds() -> None:
    made = sheet((10, 10, 70, 60), plain((200, 0, 0, 255)), name=Part.TRUNK)
    going = replace(made, shown=np.full(len(made.vertices), -1, np.int8))
    collar = replace(NOTHING, cloth=lambda places: places[:, 0] > 40)
    shown, (x, y, _) = holding(going, {Part.TRUNK}, collar).shown, made.vertices.T
    assert shown is not None
    assert (shown[(y < 20) & (x < 40)] == -1).all()
    assert (shown[(y < 20) & (x > 40)] == -2).all()
    instead = replace(made, name="trunk top", shown=np.ones(len(made.vertices), np.int8))
    shown = holding(instead, {Part.TRUNK}, collar).shown
    assert shown is not None
    assert (shown[y < 15] == 1).all(), "cloth lies ready behind the photo's edge"
    assert (shown[y > 15] == 2).all()
