"""Patterns are put around the mannequin: the body is inside, limbs in their tubes, before anything moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fashionmirror_core.body.fitted import ARM_OF, LEG_OF, Bone
from fashionmirror_core.cloth.gate import heights
from fashionmirror_core.cloth.mannequin import L_ARM, L_LEG, PALMS, R_ARM, R_LEG, TRUNK, Mannequin
from fashionmirror_core.cloth.pattern.pattern import Pattern, Piece
from fashionmirror_core.cloth.placing import LIFT, Fitting, Worn, armpit, fitting
from fashionmirror_core.cloth.solver import Skin, bits
from fashionmirror_core.vocabulary import Side
from tests.core.cloth import patterns

MADE = {
    "tee": (False, patterns.tee),
    "long sleeves": (False, lambda mannequin: patterns.tee(mannequin, sleeve=0.5)),
    "wide tee": (False, lambda mannequin: patterns.tee(mannequin, half_girth=0.62, sleeve=0.34)),
    "skirt": (True, patterns.skirt),
    "wide skirt": (True, lambda mannequin: patterns.skirt(mannequin, length=0.8, flare=2.5)),
    "trousers": (False, patterns.trousers),
}
SLEEVES = ((Piece.R_SLEEVE, Side.RIGHT, R_ARM), (Piece.L_SLEEVE, Side.LEFT, L_ARM))
LEGS = ((Piece.R_LEG, Side.RIGHT, R_LEG), (Piece.L_LEG, Side.LEFT, L_LEG))


def skin_of(mannequin: Mannequin) -> Worn:
    return Worn(mannequin.vertices, mannequin.model.faces, mannequin.regions)


def put(name: str) -> tuple[Mannequin, Pattern, Fitting]:
    together, cut = MADE[name]
    mannequin = patterns.mannequin(together)
    pattern = cut(mannequin)
    return mannequin, pattern, fitting(pattern, mannequin, skin_of(mannequin))


def surrounded(point: np.ndarray, around: np.ndarray, axis: np.ndarray) -> bool:
    """Whether points (N, 3) that lie near a place of an axis go round it without a gap of 100 degrees."""
    way = around - point
    near = np.abs(way @ axis) < 0.03
    across = np.cross(axis, [0.0, 0.0, 1.0])
    angles = np.sort(np.arctan2(way[near, 2], way[near] @ across))
    gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
    return bool(gaps.max() < np.radians(100))


@pytest.mark.parametrize("name", MADE)
def test_no_vertex_begins_inside_the_body(name: str) -> None:
    mannequin, _, put_on = put(name)
    skin = Skin(mannequin.model.faces, mannequin.regions)
    assert heights(put_on.positions, skin, mannequin.vertices).min() > 0


@pytest.mark.parametrize("name", ["tee", "wide tee", "skirt", "wide skirt"])
def test_the_trunk_goes_round_the_body(name: str) -> None:
    _, pattern, put_on = put(name)
    trunk = put_on.positions[pattern.piece == Piece.TRUNK]
    top = max(armpit(pattern) + 0.08, trunk[:, 1].min() + 0.04)
    for height in np.linspace(top, trunk[:, 1].max() - 0.04, 4):
        assert surrounded(np.array([0.0, height, 0.0]), trunk, np.array([0.0, 1.0, 0.0])), height


@pytest.mark.parametrize(
    ("name", "limbs", "bones"),
    [("tee", SLEEVES, ARM_OF), ("long sleeves", SLEEVES, ARM_OF), ("trousers", LEGS, LEG_OF)],
)
def test_sleeves_and_legs_are_tubes_around_their_limb(
    name: str, limbs: tuple, bones: dict[Side, tuple[Bone, ...]]
) -> None:
    mannequin, pattern, put_on = put(name)
    for piece, side, region in limbs:
        start, _, end = (mannequin.joints[bone] for bone in bones[side])
        axis = (end - start) / np.linalg.norm(end - start)
        own = pattern.piece == piece
        depth = (put_on.positions[own] - start) @ axis
        whole = depth[(pattern.across[own] < -0.9) & (pattern.along[own] > 0.04)].min()  # the armhole is oblique
        for at in np.linspace(whole + 0.02, depth.max() - 0.02, 4):
            flesh = mannequin.vertices[mannequin.regions == region]
            near = flesh[np.abs((flesh - start) @ axis - at) < 0.03]
            middle = (near.min(0) + near.max(0)) / 2
            assert surrounded(middle, put_on.positions[own], axis), (piece, at)


def test_cloth_that_fits_begins_nearly_unstretched_below_the_armholes() -> None:
    _, pattern, put_on = put("wide skirt")
    edges = np.unique(np.sort(pattern.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), 1), axis=0)
    rest = np.linalg.norm(np.diff(pattern.flat[edges], axis=1)[:, 0], axis=1)
    now = np.linalg.norm(np.diff(put_on.positions[edges], axis=1)[:, 0], axis=1)
    assert np.percentile(now / rest, 99) < 1.5


def test_the_shoulder_seams_belong_on_the_ridge_of_the_shoulders_alike_on_both_sides() -> None:
    mannequin, pattern, put_on = put("tee")
    shifted = replace(pattern, flat=pattern.flat + np.where(pattern.flat[:, :1] > 0.05, [0.02, 0.01], [0.0, 0.0]))
    lopsided = fitting(shifted, mannequin, skin_of(mannequin))
    for each, cut in ((put_on, pattern), (lopsided, shifted)):
        neck = {name: each.places[np.flatnonzero(each.pinned == seam[0])[0]] for name, seam in cut.shoulders.items()}
        assert neck["l"][0] == pytest.approx(-neck["r"][0], abs=1e-6)
        skin = Skin(mannequin.model.faces, mannequin.regions)
        assert np.abs(heights(each.places, skin, mannequin.vertices) - LIFT).max() < 0.003
        assert set(each.pinned) == {*cut.shoulders["r"], *cut.shoulders["l"]}
        assert each.hold.max() == pytest.approx(0.12)
        assert each.hold.min() == pytest.approx(0.03)


def test_sleeves_touch_their_own_arm_and_legs_their_own_leg() -> None:
    _, pattern, put_on = put("long sleeves")
    first, second = put_on.slots
    right = (pattern.piece == Piece.R_SLEEVE) & (pattern.along > 0.1)
    assert all(first[right] & bits(R_ARM))
    assert not any(first[right] & bits(TRUNK, L_ARM))
    assert all(second[right] & bits(TRUNK))
    assert not any((first | second)[pattern.flat[:, 0] > 0] & bits(R_ARM))
    _, pattern, put_on = put("trousers")
    first, second = put_on.slots
    left = (pattern.piece == Piece.L_LEG) & (pattern.along > 0.1)
    assert all(first[left] & bits(L_LEG))
    assert not any(first[left] & bits(R_LEG, TRUNK))
    assert not any(second[left])  # it would be caught between legs that pass each other


def test_a_skirt_has_a_slot_for_each_leg() -> None:
    _, pattern, put_on = put("skirt")
    first, second = put_on.slots
    low = (pattern.flat[:, 1] > 0.1) & (np.abs(pattern.flat[:, 0]) < 0.09)
    assert all(first[low] & bits(R_LEG))
    assert not any(first[low] & bits(L_LEG))
    assert all(second[low] & bits(L_LEG))
    assert not any(second[low] & bits(R_LEG))


def test_hands_push_the_sides_of_a_skirt_and_no_trousers() -> None:
    _, pattern, put_on = put("skirt")
    first, second = put_on.slots
    for sign, arm, leg, other in ((-1, R_ARM, R_LEG, L_LEG), (1, L_ARM, L_LEG, R_LEG)):
        side = (sign * pattern.flat[:, 0] > 0.19) & (pattern.flat[:, 1] > -0.09)
        assert side.sum() > 5
        assert all(first[side] & bits(leg))
        assert not any(first[side] & bits(other))
        assert all(second[side] & bits(arm))
        assert all(second[side] & bits(PALMS))
    _, pattern, put_on = put("trousers")
    assert not any((put_on.slots[0] | put_on.slots[1]) & bits(R_ARM, L_ARM, PALMS))
    _, pattern, put_on = put("tee")
    low = (pattern.piece == Piece.TRUNK) & (pattern.flat[:, 1] > -0.09)
    assert not any(put_on.slots[1][low] & bits(R_ARM, L_ARM, PALMS))


def test_arms_that_hang_push_the_sides_of_a_top_and_not_its_middle() -> None:
    _, pattern, put_on = put("tee")
    first, second = put_on.slots
    low = (pattern.piece == Piece.TRUNK) & (pattern.flat[:, 1] > armpit(pattern) + 0.05) & (pattern.flat[:, 1] < -0.12)
    for sign, arm in ((-1, R_ARM), (1, L_ARM)):
        assert all(second[low & (sign * pattern.flat[:, 0] > 0.15)] & bits(arm))
        assert all(first[low & (sign * pattern.flat[:, 0] > 0.15)] & bits(TRUNK))
    assert not any((first | second)[low & (np.abs(pattern.flat[:, 0]) < 0.08)] & bits(R_ARM, L_ARM))


def test_a_garment_goes_over_what_is_worn_under_it() -> None:
    mannequin = patterns.mannequin()
    pattern = patterns.tee(mannequin)
    turn, height = np.meshgrid(np.linspace(0, 2 * np.pi, 40, endpoint=False), np.linspace(-0.1, 0.1, 9))
    ring = np.stack([0.28 * np.cos(turn), height, 0.2 * np.sin(turn)], -1).reshape(-1, 3)
    worn = Worn(
        np.concatenate([mannequin.vertices, ring]),
        mannequin.model.faces,
        np.concatenate([mannequin.regions, np.full(len(ring), 6)]),
    )
    put_on = fitting(pattern, mannequin, worn)
    low = np.abs(put_on.positions[:, 1]) < 0.09
    assert (np.hypot(put_on.positions[low, 0] / 0.28, put_on.positions[low, 2] / 0.2) > 1).all()


def test_a_pattern_far_from_the_body_is_refused() -> None:
    mannequin = patterns.mannequin()
    pattern = patterns.skirt(mannequin)
    with pytest.raises(ValueError, match="No part of the body"):
        fitting(replace(pattern, flat=pattern.flat + np.array([0.0, 5.0])), mannequin, skin_of(mannequin))


def test_an_open_collar_is_held_around_the_neck_farther_off_than_the_shoulders() -> None:
    mannequin, pattern, before = put("tee")
    behind = pattern.openings["neck"][pattern.side[pattern.openings["neck"]] == 1].astype(np.int32)
    start = fitting(replace(pattern, collar=behind, collar_lift=0.02), mannequin, skin_of(mannequin))
    assert np.array_equal(start.pinned[: len(before.pinned)], before.pinned)
    assert np.array_equal(start.pinned[len(before.pinned) :], behind)
    assert (start.lift[: len(before.pinned)] == LIFT).all()
    assert (start.lift[len(before.pinned) :] == 0.02).all()
    assert len(start.places) == len(start.hold) == len(start.pinned)


def test_an_open_collar_goes_round_the_neck_and_does_not_stand_flat_behind_it() -> None:
    mannequin, pattern, _ = put("tee")
    rim = pattern.openings["neck"]
    behind = rim[pattern.side[rim] == 1].astype(np.int32)
    flat = pattern.flat.copy()
    row = float(mannequin.joints[Bone.NECK, 1]) - 0.01
    flat[behind] = np.stack([np.linspace(-0.09, 0.09, len(behind)), np.full(len(behind), row)], 1)
    start = fitting(replace(pattern, flat=flat, collar=behind), mannequin, skin_of(mannequin))
    x, _, z = start.positions[behind].T
    assert np.ptp(x) < 0.17  # of 0.18 of cloth
    assert z[len(z) // 2] - max(z[0], z[-1]) > 0.04
    assert np.hypot(np.diff(x), np.diff(z)).sum() == pytest.approx(0.18, rel=0.15)


def test_a_collar_that_stands_up_all_round_begins_where_its_tube_does() -> None:
    """The shoulder seams of a turtleneck begin beside the neck, those of an open neckline where the opening ends."""
    mannequin, pattern, placed = put("tee")
    starts = [seam[0] for seam in pattern.shoulders.values()]
    row = pattern.flat[starts, 1].mean()
    flat = pattern.flat.copy()
    flat[pattern.openings["neck"], 1] = row - 0.03
    flat[starts] = pattern.flat[starts]
    rim = np.setdiff1d(pattern.openings["neck"], starts)
    standing = fitting(
        replace(pattern, flat=flat, openings=pattern.openings | {"neck": rim}), mannequin, skin_of(mannequin)
    )
    open_, closed = (np.abs(each.places[np.isin(each.pinned, starts), 0]).mean() for each in (placed, standing))
    assert closed == pytest.approx(max(2 / np.pi * open_, 0.055), abs=0.002)
