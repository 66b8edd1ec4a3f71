"""The analytic flow against geometry that is known: rigid limbs, translations, scales, depth and windows."""

# ruff: noqa: RUF005 (arrays are added here, not joined)
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from fashionmirror_core.training.synthesis.flows import MARGIN
from fashionmirror_core.training.synthesis.skeletal_flow import (
    BONES,
    CELL,
    OUTSIDE,
    LayerFlow,
    bone_transforms,
    depth_order,
    skinning_weights,
)
from fashionmirror_core.vocabulary import Part

if TYPE_CHECKING:
    from conftest import Mannequin

R_FOREARM, R_LEG, L_LEG = (3, 4), (9, 10, 11), (12, 13, 14)
FEET = {"r": (22, 23, 24), "l": (19, 20, 21)}
WRISTS = {"r": 4, "l": 7}


def rotated(points: np.ndarray, about: np.ndarray, degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return (points - about) @ np.array([[c, s], [-s, c]]) + about


def flow_to(mannequin: Mannequin, target: np.ndarray, depth: np.ndarray | None = None) -> LayerFlow:
    """The flow from the mannequin's own pose to ``target`` (25, 2)."""
    bones = bone_transforms(mannequin.joints, target[None])[0]
    return mannequin.flow(bones, mannequin.pose(target, depth))


def displacement_at(flow: LayerFlow, part: str, points: np.ndarray, field: str = "displacement") -> np.ndarray:
    """(n, 2): a part's displacement at stage points; NaN where the part isn't."""
    values = getattr(flow, field)[flow.names.index(part)].numpy().astype(np.float64)
    values = np.where(values > OUTSIDE / 2, values, np.nan)
    column, row = ((points - flow.origin) / CELL).T
    return np.stack([map_coordinates(channel, [row, column], order=1, cval=np.nan) for channel in values], -1)


def seen(flow: LayerFlow, part: str) -> np.ndarray:
    """(n, 2): the displacements of all cells that a part occupies."""
    index = flow.names.index(part)
    return flow.displacement[index].numpy()[:, flow.occupied[index].numpy()].T


def inside(mannequin: Mannequin, part: str, step: int = 5) -> np.ndarray:
    """(n, 2) source points well inside a part's mask."""
    y, x = np.nonzero(mannequin.masks[part] > 0.5)
    return np.stack([x, y], -1)[::step].astype(np.float64)


def along_forearm(joints: np.ndarray) -> np.ndarray:
    """(n, 2): points on and beside the right forearm's axis, where the elbow's bend no longer reaches."""
    elbow, wrist = joints[list(R_FOREARM)]
    axis = wrist - elbow
    across = np.array([-axis[1], axis[0]]) / np.hypot(*axis)
    return np.array([elbow + t * axis + w * across for t in np.linspace(0.5, 0.9, 7) for w in (-5, 0, 5)])


# --- geometry ---------------------------------------------------------------------------------------------------------


def test_the_photos_own_pose_moves_nothing(mannequin: Mannequin) -> None:
    flow = flow_to(mannequin, mannequin.joints)
    assert flow.origin == (-MARGIN[0], -MARGIN[1])
    for part in Part:
        assert np.abs(seen(flow, part)).max() < 0.01
        assert np.isfinite(displacement_at(flow, part, inside(mannequin, part))).all(), f"{part} isn't whole"


@pytest.mark.parametrize("degrees", [-75, -30, 15, 45, 90])
def test_a_rigid_forearm_moves_as_told(mannequin: Mannequin, degrees: float) -> None:
    elbow = mannequin.joints[3]
    target = mannequin.joints.copy()
    target[4] = rotated(target[4], elbow, degrees)
    flow = flow_to(mannequin, target)
    source = along_forearm(mannequin.joints)
    place = rotated(source, elbow, degrees)
    error = np.hypot(*(place + displacement_at(flow, "r_arm", place) - source).T)
    assert np.median(error) < 0.3
    assert error.max() < 1.0
    for part in set(Part) - {Part.R_ARM}:
        assert np.abs(seen(flow, part)).max() < 0.01, f"{part} moves with the forearm"


def test_a_forearm_toward_the_camera_shortens_along_itself_only(mannequin: Mannequin) -> None:
    elbow, wrist = mannequin.joints[list(R_FOREARM)]
    target = mannequin.joints.copy()
    target[4] = elbow + 0.6 * (wrist - elbow)
    axis = (wrist - elbow) / np.hypot(*(wrist - elbow))
    source = along_forearm(mannequin.joints)
    along = (source - elbow) @ axis
    place = source - 0.4 * along[:, None] * axis
    flow = flow_to(mannequin, target)
    found = place + displacement_at(flow, "r_arm", place)
    assert np.abs(found - source).max() < 1.2


@given(dx=st.floats(-150, 150), dy=st.floats(-60, 60))
@settings(max_examples=20, deadline=None)
def test_a_translation_is_reproduced_wherever_it_goes(mannequin: Mannequin, dx: float, dy: float) -> None:
    flow = flow_to(mannequin, mannequin.joints + (dx, dy))
    for part in Part:
        error = np.abs(seen(flow, part) + (dx, dy))
        assert np.quantile(error, 0.98) < 0.1, part
        there = inside(mannequin, part) + (dx, dy)
        assert np.isfinite(displacement_at(flow, part, there)).all(), f"{part} is cut"


def test_a_long_translation_is_exact_to_the_last_cell(mannequin: Mannequin) -> None:
    flow = flow_to(mannequin, mannequin.joints + (150, 0))
    assert max(np.abs(seen(flow, part) + (150, 0)).max() for part in Part) < 0.5


@pytest.mark.parametrize("factor", [0.6, 0.85, 1.15])
def test_a_scale_is_reproduced(mannequin: Mannequin, factor: float) -> None:
    center = mannequin.joints[8]
    flow = flow_to(mannequin, (mannequin.joints - center) * factor + center)
    for part in Part:
        source = inside(mannequin, part)
        place = (source - center) * factor + center
        error = np.hypot(*(place + displacement_at(flow, part, place) - source).T)
        assert np.median(error) < 0.2, part
        assert error.max() < 1.0, part


@pytest.mark.parametrize("degrees", [80, 160])
def test_a_raised_arm_is_whole(mannequin: Mannequin, degrees: float) -> None:
    """Stretched out to the side it is wider, and overhead it is higher, than the stage around a standing person."""
    target = mannequin.joints.copy()
    target[[3, 4]] = rotated(target[[3, 4]], target[2], degrees)
    target[3:5] = target[2] + np.outer([1.0, 1.9], target[3] - target[2])
    hand = displacement_at(flow_to(mannequin, target), "r_arm", target[[3, 4]])
    np.testing.assert_allclose(target[[3, 4]] + hand, mannequin.joints[[3, 4]], atol=1.5)


@pytest.mark.parametrize("side", ["r", "l"])
def test_one_leg_does_not_pull_at_the_other_nor_at_the_arms(mannequin: Mannequin, side: str) -> None:
    hip, knee, ankle = R_LEG if side == "r" else L_LEG
    moving = [knee, ankle, *FEET[side]]
    target = mannequin.joints.copy()
    target[moving] = rotated(target[moving], target[hip], -20 if side == "l" else 20)
    flow = flow_to(mannequin, target)
    other = "l" if side == "r" else "r"
    for part in (f"{other}_leg", "r_arm", "l_arm"):
        assert np.abs(seen(flow, part)).max() < 0.01, f"{part} moves with the {side}_leg"
    assert np.abs(seen(flow, f"{side}_leg")).max() > 10


def test_a_foot_keeps_its_shape(mannequin: Mannequin) -> None:
    """A shoe moves as one piece with its ankle: it neither stretches nor shears."""
    target = mannequin.joints.copy()
    target[[11, *FEET["r"]]] += (-4, -10)
    flow = flow_to(mannequin, target)
    shoe = np.array([(x, y) for x in range(72, 82, 2) for y in range(230, 238, 2)], np.float64)
    moved = displacement_at(flow, "r_leg", shoe + (-4, -10))
    np.testing.assert_allclose(moved, np.broadcast_to((4, 10), moved.shape), atol=0.3)


def test_the_head_follows_without_being_stretched(mannequin: Mannequin) -> None:
    target = mannequin.joints.copy()
    target[[0, 15, 16, 17, 18]] += (6, 0)
    face = np.array([(x, y) for x in range(90, 104, 3) for y in range(30, 44, 3)], np.float64)
    turned = displacement_at(flow_to(mannequin, target), "trunk", face + (6, 0))
    gradient = turned - turned.mean(0)
    assert np.abs(turned.mean(0) - (-6, 0)).max() < 1.0
    assert np.abs(gradient).max() < 4.0  # a nod of some degrees, no more


# --- weights ----------------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**31), spread=st.sampled_from([0.0, 1.0, 20.0, 200.0]), part=st.sampled_from(Part))
@settings(max_examples=40, deadline=None)
def test_skinning_weights_sum_to_one(mannequin: Mannequin, seed: int, spread: float, part: str) -> None:
    rng = np.random.default_rng(seed)
    joints = mannequin.joints + rng.normal(0, spread, (25, 2))
    points = rng.uniform(-50, 300, (40, 2))
    weights = skinning_weights(part, points, joints, rng.random(40))
    assert weights.shape == (40, len(BONES))
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)
    assert weights.min() >= -1e-9


@given(part=st.sampled_from(Part))
@settings(deadline=None)
def test_weights_of_a_person_in_one_point_are_finite(part: str) -> None:
    weights = skinning_weights(part, np.array([[3.0, 4.0], [50.0, 50.0]]), np.full((25, 2), 50.0), np.zeros(2))
    assert np.isfinite(weights).all()


@given(
    seed=st.integers(0, 2**31),
    spread=st.sampled_from([0.0, 0.5, 10.0, 80.0]),
    merged=st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), max_size=25),
)
@settings(max_examples=40, deadline=None)
def test_transforms_to_degenerate_poses_are_finite(
    mannequin: Mannequin, seed: int, spread: float, merged: list[tuple[int, int]]
) -> None:
    target = mannequin.joints + np.random.default_rng(seed).normal(0, spread, (25, 2))
    for a, b in merged:
        target[a] = target[b]
    bones = bone_transforms(mannequin.joints, target[None])
    assert bones.shape == (1, len(BONES), 2, 3)
    assert np.isfinite(bones).all()
    flow = mannequin.flow(bones[0], mannequin.pose(target))
    assert np.isfinite(flow.displacement.numpy()).all()


@pytest.mark.parametrize("same", [(1, 8), (2, 5), (9, 12), (9, 10), (3, 4), (11, 22), (0, 1)], ids=str)
def test_transforms_from_a_source_with_coincident_joints_are_finite(
    mannequin: Mannequin, same: tuple[int, int]
) -> None:
    source = mannequin.joints.copy()
    source[same[1]] = source[same[0]]
    assert np.isfinite(bone_transforms(source, mannequin.joints[None])).all()


def test_transforms_from_a_source_in_one_point_are_finite(mannequin: Mannequin) -> None:
    assert np.isfinite(bone_transforms(np.full((25, 2), 50.0), mannequin.joints[None])).all()


# --- order, window, previous frame ------------------------------------------------------------------------------------


def order_of(flow: LayerFlow) -> list[str]:
    return [name for _, name in flow.back_to_front]


@pytest.mark.parametrize("side", ["r", "l"])
def test_an_arm_passes_behind_the_trunk_only_when_it_is_clearly_behind(mannequin: Mannequin, side: str) -> None:
    for depth_of_arm, before_trunk in ((-40.0, True), (0.0, True), (60.0, False)):
        depth = np.zeros(25)
        depth[[WRISTS[side] - 1, WRISTS[side]]] = depth_of_arm
        order = order_of(flow_to(mannequin, mannequin.joints, depth))
        assert sorted(order) == sorted(Part)
        assert (order.index(f"{side}_arm") > order.index("trunk")) is before_trunk


@pytest.mark.parametrize(("near", "far"), [(L_LEG, R_LEG), (R_LEG, L_LEG)])
def test_the_nearer_leg_lies_in_front(near: tuple[int, ...], far: tuple[int, ...]) -> None:
    depth = np.zeros(25)
    depth[list(near)], depth[list(far)] = -10, 10
    order = depth_order(depth, 220)
    front, back = ("l_leg", "r_leg") if near == L_LEG else ("r_leg", "l_leg")
    assert order.index(front) > order.index(back)
    assert order.index("trunk") > order.index(front), "a skirt lies over the legs"


def test_the_nearer_of_two_arms_lies_in_front(mannequin: Mannequin) -> None:
    depth = np.zeros(25)
    depth[[3, 4]], depth[[6, 7]] = -30, -5
    order = order_of(flow_to(mannequin, mannequin.joints, depth))
    assert order.index("r_arm") > order.index("l_arm")


def test_the_window_follows_a_person_who_walks_away(mannequin: Mannequin) -> None:
    at_home, away = flow_to(mannequin, mannequin.joints), flow_to(mannequin, mannequin.joints + (100, 0))
    assert away.origin == (100 - MARGIN[0], -MARGIN[1])
    np.testing.assert_array_equal(away.occupied.numpy(), at_home.occupied.numpy())


def test_the_same_pose_gives_the_same_flow_to_the_bit(mannequin: Mannequin) -> None:
    target = mannequin.joints + np.random.default_rng(0).normal(0, 5, (25, 2))
    first, second = flow_to(mannequin, target), flow_to(mannequin, target)
    assert first.displacement.numpy().tobytes() == second.displacement.numpy().tobytes()
    assert first.occupied.numpy().tobytes() == second.occupied.numpy().tobytes()


def test_a_hand_set_on_the_hip_is_seen_from_its_edge(mannequin: Mannequin) -> None:
    akimbo = mannequin.joints.copy()
    shoulder, hip = akimbo[2], akimbo[9]
    akimbo[3] = (shoulder + hip) / 2 + (-45, 0)
    akimbo[4] = hip + (-8, -10)
    hand = BONES.index("r_hand")
    moved = bone_transforms(mannequin.joints, np.stack([mannequin.joints, akimbo]))[:, hand, :, :2]
    np.testing.assert_allclose(np.linalg.det(moved), [1, 0.55], atol=0.1)
    kept = bone_transforms(akimbo, akimbo[None])[0, hand, :, :2]
    np.testing.assert_allclose(kept, np.eye(2), atol=1e-5)
