"""The cloth solver: cloth falls, rests outside the skin, follows it, is held by pins, and does so to the bit each time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay
from scipy.spatial.transform import Rotation

from fashionmirror_core.cloth.fabric import FABRICS, Fabric, FabricName
from fashionmirror_core.cloth.gate import Measures, heights, jitter
from fashionmirror_core.cloth.mannequin import ELSE, L_ARM, L_LEG, PALMS, R_LEG, TRUNK
from fashionmirror_core.cloth.pattern.pattern import BACK, FRONT, SEAM, Pattern
from fashionmirror_core.cloth.solver import Cloth, Skin, bits

FRAME = 0.04
EVERYWHERE = np.uint8(bits(TRUNK))


# ------------------------------------------------------------------------------------------------------- what is made


def panel(width: float, height: float, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) places in rows, every other row half a step on, and triangles that face +z."""
    rows = round(height / (spacing * 0.866)) + 1
    columns = round(width / spacing) + 1
    points = []
    for row in range(rows):
        along = np.linspace(0, width, columns)
        if row % 2:
            along = np.concatenate([[0], along[:-1] + width / (columns - 1) / 2, [width]])
        points += [(x, row * height / (rows - 1)) for x in along]
    flat = np.array(points)
    triangles = Delaunay(flat).simplices
    one, other = flat[triangles[:, 1]] - flat[triangles[:, 0]], flat[triangles[:, 2]] - flat[triangles[:, 0]]
    area = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    triangles[area < 0] = triangles[area < 0][:, ::-1]
    return flat, triangles[np.abs(area) > 1e-9].astype(np.int32)


def pattern(flat: np.ndarray, side: np.ndarray, triangles: np.ndarray, openings: dict[str, np.ndarray]) -> Pattern:
    count = len(flat)
    return Pattern(
        flat=flat,
        side=side,
        piece=np.zeros(count, np.int8),
        triangles=triangles,
        front=len(triangles) // 2,
        texel=flat * 100,
        along=np.zeros(count),
        across=np.zeros(count),
        openings=openings,
        shoulders={},
        taped=np.empty((0, 2), np.int32),
        held=np.empty(0, np.int32),
        kind="cloth",
    )


def sheet(size: float = 0.4, spacing: float = 0.025) -> Pattern:
    flat, triangles = panel(size, size, spacing)
    return pattern(flat - size / 2, np.full(len(flat), FRONT, np.int8), triangles, {})


def tube(girth: float, height: float, spacing: float = 0.025) -> Pattern:
    """A front and a back panel, sewn at both sides; openings waist and hem."""
    width = girth / 2
    flat, front = panel(width, height, spacing)
    seam = (flat[:, 0] < 1e-9) | (flat[:, 0] > width - 1e-9)
    behind = np.where(seam, np.arange(len(flat)), 0)
    behind[~seam] = len(flat) + np.arange((~seam).sum())
    side = np.concatenate([np.where(seam, SEAM, FRONT), np.full((~seam).sum(), BACK)]).astype(np.int8)
    triangles = np.concatenate([front[:, ::-1], behind[front]]).astype(np.int32)  # the front's face -z

    def ring(y: float) -> np.ndarray:
        row = np.flatnonzero(np.abs(flat[:, 1] - y) < 1e-9)
        row = row[np.argsort(flat[row, 0])]
        return np.concatenate([row, behind[row[1:-1]][::-1]]).astype(np.int32)

    whole = np.concatenate([flat, flat[~seam]]) - [width / 2, 0]
    return pattern(whole, side, triangles, {"waist": ring(0), "hem": ring(height)})


def rolled(of: Pattern, girth: float) -> np.ndarray:
    """(N, 3): a tube's vertices on an upright cylinder of this girth."""
    width = np.ptp(of.flat[:, 0])
    turn = np.pi * (of.flat[:, 0] / width + 0.5)  # from one side seam to the other
    around = np.where(of.side == BACK, turn, -turn)
    return np.stack([-np.cos(around), 2 * np.pi * of.flat[:, 1] / girth, np.sin(around)], 1) * girth / (2 * np.pi)


def ball(radius: float = 0.15, rings: int = 14, around: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """A sphere's vertices (V, 3) and triangles (F, 3), facing outward."""
    turn = np.linspace(0, np.pi, rings + 1)[1:-1]
    return lathe(radius * np.sin(turn), -radius * np.cos(turn), around)


def lathe(radii: np.ndarray, heights: np.ndarray, around: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """A solid of revolution about y: rings of these radii at these y (growing), closed by two caps."""
    turn = 2 * np.pi * np.arange(around) / around
    rings = [
        np.stack([r * np.cos(turn), np.full(around, y), r * np.sin(turn)], 1)
        for r, y in zip(radii, heights, strict=True)
    ]
    step = (heights[1] - heights[0]) / 2
    top, bottom = len(radii) * around, len(radii) * around + 1
    points = np.concatenate([*rings, [[0, heights[0] - step, 0], [0, heights[-1] + step, 0]]])
    one = np.arange(around)
    other = (one + 1) % around
    faces = [np.stack([np.full(around, top), one, other], 1)]
    for row in range(len(radii) - 1):
        a, b = row * around + one, row * around + other
        faces += [np.stack([a, a + around, b], 1), np.stack([b, a + around, b + around], 1)]
    last = (len(radii) - 1) * around
    faces.append(np.stack([last + one, np.full(around, bottom), last + other], 1))
    return points, np.concatenate(faces).astype(np.int32)


def skin_of(triangles: np.ndarray, count: int, region: int = TRUNK) -> Skin:
    return Skin(triangles, np.full(count, region, np.int8))


def worn(of: Pattern, positions: np.ndarray, skin: Skin, fabric: FabricName = FabricName.COTTON) -> Cloth:
    count = len(of.flat)
    return Cloth.of(of, FABRICS[fabric], positions, skin, (np.full(count, EVERYWHERE), np.zeros(count, np.uint8)))


def laid(of: Pattern, y: float) -> np.ndarray:
    """(N, 3): a sheet, level, at this height."""
    return np.stack([of.flat[:, 0], np.full(len(of.flat), y), of.flat[:, 1]], 1)


def sheet_on_ball(
    fabric: FabricName = FabricName.COTTON, rings: int = 14, around: int = 24
) -> tuple[Cloth, np.ndarray]:
    points, triangles = ball(rings=rings, around=around)
    cloth = sheet()
    return worn(cloth, laid(cloth, -0.17), skin_of(triangles, len(points)), fabric), points


# -------------------------------------------------------------------------------------------------------------- fall


def test_the_test_solids_face_outward() -> None:
    points, triangles = ball()
    a, b, c = (points[triangles[:, k]] for k in range(3))
    assert (a * np.cross(b, c)).sum() / 6 == pytest.approx(4 / 3 * np.pi * 0.15**3, rel=0.08)


def test_free_cloth_falls_as_everything_falls() -> None:
    points, triangles = ball()
    one = sheet()
    cloth = worn(one, laid(one, -1.0), skin_of(triangles, len(points)))
    for _ in range(5):
        cloth.step(points, points, FRAME, drag=0.0)
    assert np.allclose(cloth.velocities, [0, 9.81 * 5 * FRAME, 0], atol=2e-3)
    assert np.allclose(cloth.positions[:, 1], -1.0 + 9.81 * (5 * FRAME) ** 2 / 2, atol=3e-3)


@pytest.mark.parametrize("fabric", list(FabricName))
def test_a_sheet_falls_on_a_ball_rests_on_it_and_stays_outside(fabric: FabricName) -> None:
    cloth, points = sheet_on_ball(fabric)
    for _ in range(60):
        cloth.step(points, points, FRAME)
    measures = Measures.of(cloth, points)
    assert measures.speed < 0.005
    assert measures.inside == 0
    assert measures.stretch_p99 < 1.2
    assert heights(cloth.positions, cloth.skin, points).min() > 0.002
    assert cloth.positions[:, 1].max() > 0.0  # its corners hang down
    assert np.ptp(cloth.positions.mean(0)[[0, 2]]) < 0.02  # and it didn't slide off


def test_frames_repeat_to_the_bit_also_from_a_kept_state() -> None:
    (one, points), (other, _) = sheet_on_ball(), sheet_on_ball()
    moved = points + np.array([0.02, -0.01, 0.0])
    for start, end in ((points, points), (points, moved), (moved, moved)):
        one.step(start, end, FRAME)
        other.step(start, end, FRAME)
    assert np.array_equal(one.positions, other.positions)
    kept = one.state()
    one.step(moved, points, FRAME)
    third, _ = sheet_on_ball()
    third.restore(*kept)
    third.step(moved, points, FRAME)
    assert np.array_equal(one.positions, third.positions)
    assert np.array_equal(one.velocities, third.velocities)


def test_friction_carries_cloth_along_and_slippery_cloth_stays_behind() -> None:
    """A ball turns by 20 degrees under a cloth that lies on it."""
    turned = {}
    for friction in (0.0, 0.8):
        cloth, points = sheet_on_ball(rings=40, around=96)
        for _ in range(20):
            cloth.step(points, points, FRAME, friction=0.8)
        before = cloth.positions[:, [0, 2]] - cloth.positions[:, [0, 2]].mean(0)
        turn = Rotation.from_rotvec([0, np.radians(1), 0]).as_matrix()
        for _ in range(20):
            start, points = points, points @ turn.T
            cloth.step(start, points, FRAME, friction=friction)
        after = cloth.positions[:, [0, 2]] - cloth.positions[:, [0, 2]].mean(0)
        cross, dot = (before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]).sum(), (before * after).sum()
        turned[friction] = abs(np.degrees(np.arctan2(cross, dot)))
    assert turned[0.0] < 3.0
    assert turned[0.8] == pytest.approx(20.0, abs=3.0)


def test_arms_beside_the_trunk_push_cloth_and_do_not_drag_it_along() -> None:
    """A ball that is an arm shifts by 3 cm under a cloth that lies on it."""
    points, triangles = ball()
    one, skin = sheet(), Skin(triangles, np.full(len(points), L_ARM, np.int8))
    went = {}
    for name, regions in {"its own arm": (L_ARM, L_ARM), "an arm beside it": (TRUNK, L_ARM)}.items():
        first, second = (np.full(len(one.flat), bits(region), np.uint8) for region in regions)
        cloth = Cloth.of(one, FABRICS[FabricName.DENIM], laid(one, -0.156), skin, (first, second))
        start = points
        for number in range(12):
            end = start + np.array([0.005 * (number > 5), 0.0, 0.0])
            cloth.step(start, end, FRAME)
            start = end
        assert heights(cloth.positions, skin, start).min() > 0.002
        went[name] = cloth.positions[:, 0].mean()
    assert went["its own arm"] > 0.015
    assert went["an arm beside it"] < 0.5 * went["its own arm"]


def beside_a_hand(region: int, radius: float, start: float, speed: float, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Where a weightless sheet that lies level at y = 0, its outside upwards, is after a ball, which is a hand or
    what the sheet is worn on, has gone down from y = start for so many frames, and its velocities then.
    """
    points, triangles = ball(radius)
    one, skin = sheet(), Skin(triangles, np.full(len(points), region, np.int8))
    first, second = (np.full(len(one.flat), mask, np.uint8) for mask in (bits(TRUNK), bits(L_ARM, PALMS)))
    cloth = Cloth.of(one, FABRICS[FabricName.COTTON], laid(one, 0.0), skin, (first, second))
    for number in range(frames):
        before, after = (points + np.array([0, start + speed * FRAME * (number + more), 0]) for more in (0, 1))
        cloth.step(before, after, FRAME, gravity=0.0, calmed=True)
    return cloth.positions, cloth.velocities


def test_a_hand_pushes_a_skirt_aside_and_does_not_throw_it() -> None:
    """Into the outside, at a fifth of a metre a second and at one."""
    middle = np.hypot(*laid(sheet(), 0.0)[:, [0, 2]].T) < 0.03
    (slowly, _), (carried, _) = (beside_a_hand(region, 0.1, -0.115, 0.2, 5) for region in (PALMS, TRUNK))
    assert slowly[middle, 1].mean() == pytest.approx(carried[middle, 1].mean(), abs=0.01)
    (quickly, thrown), (_, moving) = (beside_a_hand(region, 0.03, -0.045, 1.0, 2) for region in (PALMS, TRUNK))
    assert quickly[middle, 1].mean() > 0.005
    assert np.linalg.norm(thrown[middle], axis=1).mean() < 0.6 < np.linalg.norm(moving[middle], axis=1).mean()


def test_a_hand_inside_a_skirt_comes_out_through_it_and_what_wears_it_does_not() -> None:
    """5 cm out of the sheet, from below."""
    hand, body = (beside_a_hand(region, 0.03, 0.04, -0.25, 8)[0][:, 1] for region in (PALMS, TRUNK))
    middle = np.hypot(*laid(sheet(), 0.0)[:, [0, 2]].T) < 0.03
    assert body[middle].mean() < -0.05
    assert abs(hand[middle].mean()) < 0.02


# ----------------------------------------------------------------------------------------------------- skin that moves


def test_a_tube_follows_a_cylinder_that_walks_away() -> None:
    girth = 0.7
    skirt = tube(girth * 1.04, 0.3)
    points, triangles = lathe(np.full(12, girth / (2 * np.pi)), np.linspace(-0.1, 0.45, 12))
    cloth = worn(skirt, rolled(skirt, girth * 1.1), skin_of(triangles, len(points)))
    assert cloth.pin(skirt.openings["waist"], points, 0.5, lift=0.008).all()
    frames, skins = [], []
    for frame in range(40):
        start = points + np.array([0.15 * np.sin(frame * 0.2), 0, -0.04 * frame])
        end = points + np.array([0.15 * np.sin((frame + 1) * 0.2), 0, -0.04 * (frame + 1)])
        cloth.step(start, end, FRAME)
        frames.append(cloth.positions.copy())
        skins.append(end)
    moved = cloth.positions.mean(0) - end.mean(0)
    assert np.abs(moved[[0, 2]]).max() < 0.02
    assert Measures.of(cloth, end).inside < 0.005
    assert heights(cloth.positions, cloth.skin, end).max() < 0.06
    assert jitter(np.stack(frames[10:])) < 4 * jitter(np.stack(skins[10:]))


def kicked_skirt(kick: str, *, calmed: bool) -> np.ndarray:
    """(T, N, 3): a wide skirt that hangs from a cylinder after a kick: a "ripple" that runs round it, or a "swing" of the
    whole hem.
    """
    skirt = tube(0.9, 0.4)
    points, triangles = lathe(np.full(12, 0.7 / (2 * np.pi)), np.linspace(-0.1, 0.1, 12))
    cloth = worn(skirt, rolled(skirt, 0.95), skin_of(triangles, len(points)))
    ring = np.isin(cloth.edges, skirt.openings["waist"]).all(1)
    cloth.lengths[ring] *= 0.74 / 0.9
    cloth.pin(skirt.openings["waist"], points, 0.5, lift=0.008)
    for _ in range(40):
        cloth.step(points, points, FRAME, drag=8.0)
    angle = np.arctan2(cloth.positions[:, 2], cloth.positions[:, 0])
    lower = np.clip(cloth.positions[:, 1] / 0.4, 0, 1)
    cloth.velocities[:, 0] += 0.6 * lower * (np.cos(angle) * np.cos(4 * angle) if kick == "ripple" else 1)
    cloth.velocities[:, 2] += 0.6 * lower * (np.sin(angle) * np.cos(4 * angle) if kick == "ripple" else 0)
    frames = []
    for _ in range(16):
        cloth.step(points, points, FRAME, calmed=calmed)
        frames.append(cloth.positions.copy())
    return np.array(frames)


def test_calmed_cloth_soon_stops_trembling_and_still_swings() -> None:
    ripples, swings = ([kicked_skirt(kick, calmed=calmed) for calmed in (False, True)] for kick in ("ripple", "swing"))
    assert jitter(ripples[1][4:]) < 0.5 * jitter(ripples[0][4:])
    lively, calm = (np.ptp(frames[:, :, 0].mean(1)) for frames in swings)
    assert calm > 0.5 * lively


def test_calmed_cloth_that_flies_evenly_is_not_slowed_by_the_air_that_flies_with_it() -> None:
    points, triangles = ball()
    one = sheet()
    cloth = worn(one, laid(one, -1.0), skin_of(triangles, len(points)))
    speed = np.array([1.0, 0.0, 0.5], np.float32)
    cloth.restore(cloth.positions, np.broadcast_to(speed, cloth.positions.shape), speed)
    for _ in range(25):
        cloth.step(points, points, FRAME, gravity=0.0, drag=0.0, calmed=True)
    assert np.allclose(cloth.velocities, speed, atol=1e-3)


def test_calmed_cloth_comes_out_of_the_skin_without_haste() -> None:
    points = np.array([[-0.1, 0, -0.1], [0.1, 0, -0.1], [0.1, 0, 0.1], [-0.1, 0, 0.1]])  # faces up: -y
    skin = skin_of(np.array([[0, 1, 2], [0, 2, 3]], np.int32), 4)
    one = sheet(0.05, 0.025)
    for calmed, highest in ((False, -0.0049), (True, 0.009)):
        cloth = worn(one, laid(one, 0.02), skin)
        cloth.step(points, points, FRAME, gravity=0.0, calmed=calmed)
        assert cloth.positions[:, 1] == pytest.approx(highest, abs=1.5e-3)
        up = points - np.array([0, 0.1, 0])
        cloth.step(points, up, FRAME, gravity=0.0, calmed=calmed)
        assert cloth.positions[:, 1].max() < up[0, 1] + 0.009  # a skin that comes takes it along at once


def test_each_slot_has_a_leg_of_its_own() -> None:
    """A band round two legs that walk apart is held off by both."""
    leg, triangles = lathe(np.full(8, 0.06), np.linspace(-0.2, 0.5, 8))
    right, left = leg - np.array([0.1, 0, 0]), leg + np.array([0.1, 0, 0])
    skin = Skin.joined(skin_of(triangles, len(leg), R_LEG), skin_of(triangles, len(leg), L_LEG))
    skirt = tube(1.1, 0.2)
    count = len(skirt.flat)
    slots = (np.full(count, bits(R_LEG), np.uint8), np.full(count, bits(L_LEG), np.uint8))
    cloth = Cloth.of(skirt, FABRICS[FabricName.COTTON], rolled(skirt, 1.15), skin, slots)
    start = np.concatenate([right, left])
    cloth.pin(skirt.openings["waist"][:1], start, 1.0)
    for frame in range(20):
        way = np.array([0.004, 0, 0])
        end = np.concatenate([right - way * frame, left + way * frame])
        cloth.step(start, end, FRAME, gravity=0.0)
        start = end
    assert Measures.of(cloth, end).inside == 0


def test_a_vertex_that_is_too_deep_or_beside_the_end_of_a_skin_is_left_alone() -> None:
    points = np.array([[-0.1, 0, -0.1], [0.1, 0, -0.1], [0.1, 0, 0.1], [-0.1, 0, 0.1]])  # faces up: -y
    skin = skin_of(np.array([[0, 1, 2], [0, 2, 3]], np.int32), 4)
    one = sheet(0.05, 0.025)
    for place, pushed in (((0, 0.01, 0), True), ((0, 0.06, 0), False), ((0.135, 0.005, 0), False)):
        cloth = worn(one, laid(one, 0.0) + place, skin)
        cloth.step(points, points, FRAME, gravity=0.0)
        assert bool(cloth.positions[:, 1].max() < 0) is pushed, place


def test_head_and_hands_hold_nothing_off() -> None:
    points, triangles = ball()
    one = sheet()
    cloth = worn(one, laid(one, -0.16), skin_of(triangles, len(points), ELSE))
    for _ in range(8):
        cloth.step(points, points, FRAME)
    assert cloth.positions[:, 1].min() > 0.1


# --------------------------------------------------------------------------------------------------------------- pins


def test_pins_hold_their_vertices_on_the_skin_until_they_are_let_go() -> None:
    cloth, points = sheet_on_ball()
    corner = np.array([0])
    assert cloth.pin(corner, points, 1.0, targets=np.array([[0.0, -0.15, 0.0]]), lift=0.006).all()
    for _ in range(30):
        cloth.step(points, points, FRAME)
    assert np.linalg.norm(cloth.positions[0] - [0, -0.156, 0]) < 0.004
    moved = points + np.array([0.05, 0, 0])
    cloth.step(points, moved, FRAME)
    assert np.linalg.norm(cloth.positions[0] - [0.05, -0.156, 0]) < 0.006
    cloth.unpin(corner)
    for _ in range(60):
        cloth.step(moved, moved, FRAME)
    assert np.linalg.norm(cloth.positions[0] - [0.05, -0.156, 0]) > 0.05


def test_a_vertex_far_from_the_skin_is_not_pinned() -> None:
    points, triangles = ball()
    one = sheet()
    cloth = worn(one, laid(one, -1.0), skin_of(triangles, len(points)))
    assert not cloth.pin(np.array([0, 1]), points, 0.5).any()


def test_an_elastic_shortens() -> None:
    points, triangles = lathe(np.full(8, 0.08), np.linspace(-0.1, 0.35, 8))
    skirt = tube(0.8, 0.2)
    cloth = worn(skirt, rolled(skirt, 0.8), skin_of(triangles, len(points)))
    at = np.isin(cloth.edges, skirt.openings["waist"]).all(1)
    for share in np.linspace(1, 0.8, 10):
        cloth.lengths[at] = share * cloth.rest_lengths[at]
        cloth.step(points, points, FRAME, gravity=0.0, drag=8.0)
    for _ in range(5):
        cloth.step(points, points, FRAME, gravity=0.0, drag=8.0)
    ring = cloth.positions[skirt.openings["waist"]]
    assert np.linalg.norm(ring - np.roll(ring, 1, axis=0), axis=1).sum() == pytest.approx(0.64, rel=0.03)


# -------------------------------------------------------------------------------------------------------------- cloth


def test_stiffer_cloth_hangs_straighter_from_a_shelf() -> None:
    drops = {}
    shelf = np.array([[-0.5, 0, -0.5], [0.1, 0, -0.5], [0.1, 0, 0.5], [-0.5, 0, 0.5]])
    flat, triangles = panel(0.18, 0.2, 0.02)
    one = pattern(flat, np.full(len(flat), FRONT, np.int8), triangles, {})
    on_shelf = np.where(flat[:, 0] < 0.09, EVERYWHERE, 0).astype(np.uint8)
    stiff = replace(one, stiffness=np.full(len(flat), 100.0))
    for name, cut in ((FabricName.SILK, one), (FabricName.LEATHER, one), ("stiff silk", stiff)):
        fabric = FABRICS[name] if isinstance(name, FabricName) else FABRICS[FabricName.SILK]
        skin = skin_of(np.array([[0, 1, 2], [0, 2, 3]], np.int32), 4)
        cloth = Cloth.of(cut, fabric, laid(one, -0.005), skin, (on_shelf, np.zeros_like(on_shelf)))
        cloth.pin(np.flatnonzero(on_shelf), shelf, 1.0)
        for _ in range(40):
            cloth.step(shelf, shelf, FRAME, drag=4.0)
        drops[name] = cloth.positions[flat[:, 0] > 0.17, 1].mean()
    assert 0.07 < drops[FabricName.SILK] < 0.1
    assert 0.03 < drops[FabricName.LEATHER] < 0.8 * drops[FabricName.SILK]
    assert drops["stiff silk"] < 0.8 * drops[FabricName.SILK]


def test_flat_cloth_is_at_rest_as_it_is() -> None:
    points, triangles = ball()
    one = sheet()
    cloth = worn(one, laid(one, -1.0), skin_of(triangles, len(points)))
    before = cloth.positions.copy()
    cloth.step(points, points, FRAME, gravity=0.0)
    assert np.abs(cloth.positions - before).max() < 1e-6


def test_a_start_that_is_torn_apart_does_not_explode() -> None:
    points, triangles = ball()
    one = sheet()
    rng = np.random.default_rng(1)
    start = laid(one, -0.3) + rng.normal(0, 0.1, (len(one.flat), 3))
    cloth = worn(one, start, skin_of(triangles, len(points)))
    for _ in range(30):
        cloth.step(points, points, FRAME, drag=6.0)
    measures = Measures.of(cloth, points)
    assert np.abs(cloth.positions).max() < 2.0
    assert measures.stretch_p99 < 1.3


def test_the_number_of_substeps_changes_little() -> None:
    lowest = []
    for substeps in (10, 20):
        cloth, points = sheet_on_ball()
        for _ in range(40):
            cloth.step(points, points, FRAME, substeps=substeps)
        lowest.append(cloth.positions[:, 1].max())
    assert lowest[0] == pytest.approx(lowest[1], abs=0.02)


def test_wrong_shapes_and_numbers_are_refused() -> None:
    cloth, points = sheet_on_ball()
    with pytest.raises(ValueError, match="skin"):
        cloth.step(points[1:], points[1:], FRAME)
    with pytest.raises(ValueError, match="finite"):
        cloth.step(points, points * np.nan, FRAME)
    with pytest.raises(ValueError, match="positions"):
        worn(sheet(), laid(sheet(), 0.0)[1:], cloth.skin)


# --------------------------------------------------------------------------------------------------- closest places


numbers = st.floats(-1, 1, width=32)
vectors = st.tuples(numbers, numbers, numbers)


def closest_slowly(point: np.ndarray, corners: np.ndarray) -> float:
    """The distance to a triangle: by the plane where the foot lies inside, else the least of the edges' distances."""
    a, b, c = corners
    best = np.inf
    for p, q in ((a, b), (b, c), (c, a)):
        way = q - p
        t = np.clip((point - p) @ way / max(way @ way, 1e-30), 0, 1)
        best = min(best, float(np.linalg.norm(point - p - t * way)))
    solved, *_ = np.linalg.lstsq(np.stack([b - a, c - a], 1), point - a, rcond=None)
    if solved.min() >= 0 and solved.sum() <= 1:
        best = min(best, float(np.linalg.norm(a + solved[0] * (b - a) + solved[1] * (c - a) - point)))
    return best


@settings(max_examples=300, deadline=None)
@given(vectors, st.tuples(vectors, vectors, vectors))
def test_the_closest_place_on_a_triangle_is_the_closest(point: tuple, corners: tuple) -> None:
    vertices, where = np.array(corners, np.float64), np.array(point, np.float64)
    skin = skin_of(np.array([[0, 1, 2]], np.int32), 3)
    found, places = skin.closest(where[None], vertices, 10.0)
    assert found[0] == 0
    assert places.min() >= -1e-6
    assert places.sum() == pytest.approx(1, abs=1e-3)
    assert np.linalg.norm(places[0] @ vertices - where) == pytest.approx(closest_slowly(where, vertices), abs=2e-3)


def test_the_search_finds_the_closest_of_all_triangles() -> None:
    points, triangles = ball(rings=20)
    rng = np.random.default_rng(2)
    asked = rng.normal(0, 0.1, (200, 3))
    found, places = skin_of(triangles, len(points)).closest(asked, points, 1.0)
    got = np.linalg.norm(np.einsum("pc,pcx->px", places, points[triangles[found]]) - asked, axis=1)
    best = [min(closest_slowly(one, points[t]) for t in triangles) for one in asked[:20]]
    assert np.allclose(got[:20], best, atol=1e-5)
    assert (skin_of(triangles, len(points)).closest(asked * 100, points, 0.05)[0] == -1).all()


@pytest.mark.parametrize("size", [0.02, 0.3])
def test_large_triangles_are_found_as_small_ones_are(size: float) -> None:
    """They are sorted into the grid in parts."""
    rng = np.random.default_rng(5)
    corners = rng.normal(0, 0.3, (60, 1, 3)) + rng.normal(0, size, (60, 3, 3))
    triangles = np.arange(180, dtype=np.int32).reshape(60, 3)
    asked = rng.normal(0, 0.3, (40, 3))
    found, places = skin_of(triangles, 180).closest(asked, corners.reshape(-1, 3), 0.2)
    best = np.array([min(closest_slowly(one, three) for three in corners) for one in asked])
    got = np.linalg.norm(np.einsum("pc,pcx->px", places, corners[found]) - asked, axis=1)
    assert np.array_equal(found >= 0, best < 0.2)
    assert np.allclose(got[found >= 0], best[found >= 0], atol=1e-5)


def test_a_contact_is_followed_over_the_skin_as_if_it_were_searched_anew() -> None:
    from fashionmirror_core.cloth import contacts

    points, triangles = ball(rings=30, around=48)
    points = points.astype(np.float32)
    skin = skin_of(triangles, len(points))
    rng = np.random.default_rng(6)
    asked = rng.normal(0, 1, (300, 3))
    asked = (asked / np.linalg.norm(asked, axis=1, keepdims=True) * rng.uniform(0.14, 0.16, (300, 1))).astype(
        np.float32
    )
    masks, found, places = (
        np.ones((1, 300), np.uint8),
        np.full((1, 300), -1, np.int32),
        np.zeros((1, 300, 3), np.float32),
    )

    def look(follow: bool) -> np.ndarray:
        about = (skin.triangles, skin.bits, skin.rims, skin.neighbours, *skin.around)
        contacts.find(asked, masks, points, skin.normals(points), *about, 0.05, follow, found, places)
        assert found.min() >= 0
        return np.linalg.norm(np.einsum("pc,pcx->px", places[0], points[triangles[found[0]]]) - asked, axis=1)

    look(False)
    asked += rng.normal(0, 0.006, asked.shape).astype(np.float32)
    followed = look(True)
    assert np.allclose(followed, look(False), atol=3e-4)  # from inside there may be two places nearly as close


def test_heights_tell_inside_from_outside() -> None:
    box = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * 0.08
    corners = [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1)]
    corners += [(2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)]
    asked = np.random.default_rng(3).uniform(-0.15, 0.15, (3000, 3))
    found = heights(asked, skin_of(np.array(corners, np.int32), 8), box)
    assert np.array_equal(found < 0, (np.abs(asked) < 0.08).all(1))
    assert np.abs(found[found < 0]).max() <= 0.08 + 1e-6


def test_jitter_knows_trembling_from_swinging() -> None:
    time = np.arange(30)[:, None, None] * np.ones((1, 5, 3))
    swing = 0.1 * np.sin(time * 0.2)
    tremble = swing + np.random.default_rng(4).normal(0, 0.002, swing.shape)
    assert jitter(tremble) > 5 * jitter(swing)


def test_fabrics_are_all_there_and_differ() -> None:
    assert set(FABRICS) == set(FabricName)
    assert all(isinstance(fabric, Fabric) and fabric.weight > 0 for fabric in FABRICS.values())
    assert FABRICS[FabricName.SILK].weight < FABRICS[FabricName.COTTON].weight < FABRICS[FabricName.DENIM].weight
    assert FABRICS[FabricName.SILK].bend < FABRICS[FabricName.COTTON].bend < FABRICS[FabricName.LEATHER].bend
