"""A skirt that stays hangs from the hips: legs push it out, and neither lift it nor draw it in."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fashionmirror_core.body.fitted import LEG_OF, PARENTS, Bone
from fashionmirror_core.cloth.hanging import Hanging
from fashionmirror_core.cloth.mannequin import skinned
from fashionmirror_core.vocabulary import Side

STATURE = 700.0
HIPS = np.array([300.0, 400.0, 0.0])
UP = np.array([0.0, -1.0, 0.0])
TURNS = np.radians(np.arange(0, 360, 15))
HEM = 600.0
# Rings of a cone from the hips to the hem; x right, z away.
RINGS = np.array(
    [
        [300 + (60 + 0.3 * y) * np.cos(turn), 400 + y, (45 + 0.3 * y) * np.sin(turn)]
        for y in np.linspace(-20, HEM - 400, 8)
        for turn in TURNS
    ]
)
WEIGHTS = np.zeros((len(RINGS), len(Bone)))
_LOW = np.clip((RINGS[:, 1] - 400) / 180, 0, 1) * 0.88
_LEFT = 1 / (1 + np.exp(-(RINGS[:, 0] - 300) / 15))
WEIGHTS[:, Bone.L_THIGH], WEIGHTS[:, Bone.R_THIGH], WEIGHTS[:, Bone.PELVIS] = (
    _LOW * _LEFT,
    _LOW * (1 - _LEFT),
    1 - _LOW,
)
HANGING = Hanging.of(RINGS, HIPS, UP, HEM, STATURE)
AT_HEM = RINGS[:, 1] > HEM - 1
FRONT, BACK = AT_HEM & (RINGS[:, 2] < -95), AT_HEM & (RINGS[:, 2] > 95)
STILL = np.tile(np.eye(3, 4), (len(Bone), 1, 1))


def posed(axis: str, degrees: float, *bones: Bone) -> np.ndarray:
    """(22, 3, 4): these bones, and what hangs on them, turned about the hips."""
    linear = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
    transforms = STILL.copy()
    for bone in Bone:
        if bone in bones or (bone > 0 and PARENTS[bone] in bones):
            transforms[bone] = np.column_stack([linear, HIPS - linear @ HIPS])
    return transforms


def hung(transforms: np.ndarray) -> np.ndarray:
    return HANGING.settled(skinned(RINGS, WEIGHTS, transforms), RINGS, transforms)


def test_in_the_photos_pose_it_stays_where_it_is() -> None:
    assert hung(STILL) == pytest.approx(RINGS, abs=1e-9)


def test_a_leg_that_steps_forward_pushes_the_front_and_leaves_hem_and_back() -> None:
    step = posed("x", -25, LEG_OF[Side.LEFT][0])
    assert skinned(RINGS, WEIGHTS, step)[FRONT, 2].min() < RINGS[FRONT, 2].min() - 25  # to the viewer
    moved = hung(step)
    assert moved[FRONT, 2].min() < RINGS[FRONT, 2].min() - 25
    assert moved[AT_HEM, 1] == pytest.approx(HEM, abs=0.5)
    assert np.abs(moved[BACK] - RINGS[BACK]).max() < 25


def test_legs_that_cross_dont_draw_it_in() -> None:
    crossed = posed("z", 20, LEG_OF[Side.LEFT][0])
    crossed[LEG_OF[Side.RIGHT][0]] = posed("z", -20, LEG_OF[Side.RIGHT][0])[LEG_OF[Side.RIGHT][0]]
    before, drawn, moved = (
        float(np.ptp(places[AT_HEM, 0])) for places in (RINGS, skinned(RINGS, WEIGHTS, crossed), hung(crossed))
    )
    assert drawn < 0.6 * before
    assert moved > 0.85 * before


def test_hips_that_lean_leave_the_hem_level_and_a_turn_takes_it_along() -> None:
    lean = posed("z", 8, *Bone)
    assert np.ptp(hung(lean)[AT_HEM, 1]) < 1
    turn = posed("y", 70, *Bone)
    assert hung(turn) == pytest.approx(skinned(RINGS, WEIGHTS, turn), abs=1e-6)


def test_legs_lie_behind_it_above_its_hem_alone() -> None:
    ahead = HANGING.before(np.array([100, HEM - 1, HEM + 0.04 * STATURE, 790]))
    assert (ahead[:2] < -20).all()
    assert (ahead[2:] == 0).all()
