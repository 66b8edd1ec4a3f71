"""A top that stays on is the body's own surface once the person turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fashionmirror_core.avatar.avatar import build_avatar
from fashionmirror_core.avatar.dressing import build_layers
from fashionmirror_core.avatar.kept_top import TAIL, TOP, KeptTop
from fashionmirror_core.avatar.limbs import sleeve_name, vertex_normals
from fashionmirror_core.avatar.meshes import clipped, finer, smoothed_over
from fashionmirror_core.avatar.rings import ANGLES, DIRECTIONS, Rings
from fashionmirror_core.avatar.surface import Surface
from fashionmirror_core.avatar.waists import at_waist
from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.look import Look
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.vocabulary import Part

SQUARE = np.array([[0, 1, 2], [1, 3, 2]])
CORNERS = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]])


def area(faces: np.ndarray, points: np.ndarray) -> float:
    a, b, c = (points[faces[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_a_finer_mesh_is_the_same_surface() -> None:
    faces, points = finer(SQUARE, CORNERS)
    assert len(faces) == 4 * len(SQUARE)
    assert len(points) == 9
    assert area(faces, points) == pytest.approx(1)


def test_a_mesh_is_cut_along_a_line_through_its_triangles() -> None:
    faces, points = finer(*finer(SQUARE, CORNERS))
    kept, cut = clipped(faces, points, 0.63 - points[:, 0] - 0.1 * points[:, 1])
    assert area(kept, cut) == pytest.approx(0.58)
    assert (cut[:, 0] + 0.1 * cut[:, 1]).max() == pytest.approx(0.63)
    normals = np.cross(cut[kept[:, 1]] - cut[kept[:, 0]], cut[kept[:, 2]] - cut[kept[:, 0]])
    assert (normals[:, 2] > 0).all()
    assert len(np.unique(cut.round(9), axis=0)) == len(cut)


def test_a_dent_is_smoothed_and_a_rim_stays() -> None:
    faces, points = finer(*finer(*finer(SQUARE, CORNERS)))
    dented = points.copy()
    dented[np.abs(points[:, :2] - 0.5).max(1) < 1e-9, 2] = 1
    smooth = smoothed_over(faces, dented, 5)
    assert smooth[:, 2].max() < 0.3
    rim = (np.abs(points[:, :2] - 0.5) > 0.499).any(1)
    assert np.array_equal(smooth[rim], points[rim])


def test_cloth_lies_over_the_hollows_of_a_ring() -> None:
    hollow = np.full(ANGLES, 10.0)
    hollow[30:35] = 7.0
    rings = Rings(np.arange(2.0), np.zeros((2, 2)), np.stack([np.full(ANGLES, 10.0), hollow]))
    assert rings.bridged[0] == pytest.approx(10)
    assert rings.bridged[1].min() > 9.3
    assert rings.bridged[1].max() == pytest.approx(10)


def test_rings_are_told_from_points_and_move_them() -> None:
    rows = np.arange(0.0, 40.0, 2.0)
    y = np.repeat(rows, ANGLES)
    points = np.column_stack([5 + 10 * np.tile(DIRECTIONS[:, 0], 20), y, 8 * np.tile(DIRECTIONS[:, 1], 20)])
    rings = Rings.around(points[::3], rows, np.tile([5.0, 0.0], (20, 1)))
    assert np.abs(rings.read(rings.radius, points) - rings.places(points)[2]).max() < 0.5
    wider = rings.at(rings.places(points)[2] + 2, points)
    assert np.hypot(wider[:, 0] - 5, wider[:, 2]).min() == pytest.approx(10, abs=0.01)
    assert np.array_equal(wider[:, 1], y)


@pytest.fixture(scope="module")
def top(dressed: Callable[..., Look]) -> tuple[Look, dict[str, Surface]]:
    look = dressed("red-top", "skirt-navy")
    return look, {surface.name: surface for surface in look.avatar.surfaces}


def test_it_lies_around_the_body(top: tuple[Look, dict[str, Surface]]) -> None:
    look, surfaces = top
    own = surfaces[TOP]
    assert own.shown is not None
    assert (own.shown == 1).all()
    body, faces = look.body.vertices.astype(float), BodyModel.load().faces
    normals = vertex_normals(body, faces)
    chest = np.flatnonzero(BodyModel.load().skin.weights[:, Bone.CHEST] > 0.9)
    near = chest[np.linalg.norm(body[chest, None] - own.vertices[None, ::7], axis=2).argmin(0)]
    close = np.linalg.norm(body[near] - own.vertices[::7], axis=1) < 0.02 * np.ptp(body[:, 1])
    out = ((own.vertices[::7] - body[near]) * normals[near]).sum(1)[close]
    assert close.sum() > 50
    assert np.percentile(out, 5) > -1
    facing = vertex_normals(own.vertices.astype(float), own.triangles)[:, 2]
    assert min((facing < -0.5).sum(), (facing > 0.5).sum()) > 200  # before and behind


def test_the_sheets_of_the_photo_go_where_it_stands_in(top: tuple[Look, dict[str, Surface]]) -> None:
    look, surfaces = top
    trunk = surfaces[Part.TRUNK]
    assert trunk.shown is not None
    hem = surfaces[TOP].vertices[:, 1].max()
    assert (trunk.shown[trunk.vertices[:, 1] < hem - 0.02 * np.ptp(look.body.vertices[:, 1])] == -1).mean() > 0.95
    for part in (Part.R_ARM, Part.L_ARM):
        sheet, sleeve = surfaces[part], surfaces[sleeve_name(part)]
        assert sheet.shown is not None
        assert sleeve.vertices[:, 1].max() < look.body.vertices[:, 1].max()
        assert (sheet.shown < 0).any()


def test_nothing_of_the_trunk_is_left_below_it_where_new_trousers_come(top: tuple[Look, dict[str, Surface]]) -> None:
    """What goes on behind a hand would come out from behind it as the person turns."""
    look, _ = top
    cutting = look.avatar.cutting
    trunk = next(piece for piece in cutting.pieces() if piece.name == Part.TRUNK)
    worn = KeptTop(cutting, trunk, {}, {}, cutting.removed)
    hips = look.body.joints[[Bone.L_THIGH, Bone.R_THIGH], :2].astype(float)
    assert np.all(worn.goes(hips + np.array([0, 0.1 * worn.stature])))


def test_it_is_gathered_to_a_waistband_or_hangs_over_it(top: tuple[Look, dict[str, Surface]]) -> None:
    look, surfaces = top
    own, stature = surfaces[TOP], float(np.ptp(look.body.vertices[:, 1]))
    low = own.vertices[own.vertices[:, 1] > own.vertices[:, 1].max() - 0.01 * stature]
    middle = (low[:, [0, 2]].min(0) + low[:, [0, 2]].max(0)) / 2
    half = np.ptp(low[:, [0, 2]], axis=0) / 2 * 1.1
    turn = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    ring = middle + half * np.column_stack([np.cos(turn), np.sin(turn)])
    start = float(own.vertices[:, 1].max()) - 0.05 * stature
    rows = start + np.arange(12) * 0.008 * stature
    cloth = np.array([[x, row, z] for row in rows for x, z in ring])
    tucked = at_waist(own, cloth, cloth[: len(ring)], False, stature)
    assert tucked.vertices[:, 1].max() < start + 0.01 * stature
    edge = tucked.vertices[tucked.vertices[:, 1] > start - 0.004 * stature]
    away = np.hypot(*((edge[:, [0, 2]] - middle) / half).T)
    assert np.percentile(away, 5) > 0.85
    assert away.max() < 1.03
    over = at_waist(own, cloth, cloth[: len(ring)], True, stature)
    assert np.array_equal(over.triangles, own.triangles)
    below = own.vertices[:, 1] > start + 0.02 * stature
    assert (np.hypot(*((over.vertices[below][:, [0, 2]] - middle) / half).T) > 0.98).all()
    high = own.vertices[:, 1] < start - 0.07 * stature
    assert np.allclose(over.vertices[high], own.vertices[high], atol=1e-3)
    assert over.shown is not None
    # Its hem is level in the photo's pose, too, and what it hangs over doesn't look out beside it.
    always = over.shown == 0
    assert always.any()
    assert not always[over.vertices[:, 1] < over.vertices[:, 1].max() - 0.03 * stature].any()
    assert np.array_equal(replace(own).vertices, own.vertices)


def test_what_goes_on_below_its_hem_is_left_out_where_it_hangs(top: tuple[Look, dict[str, Surface]]) -> None:
    look, surfaces = top
    assert surfaces[TAIL].vertices[:, 1].min() >= surfaces[TOP].vertices[:, 1].max() - 0.05 * np.ptp(
        look.body.vertices[:, 1]
    )
    assert (TAIL in look.renderer.scene.names) is not look.top_hangs


def in_own_clothes(look: Look, subject: Subject) -> dict[str, Surface]:
    """The surfaces of who wears nothing new."""
    photo, matte = look.person.whole
    removed = np.zeros(subject.size, np.float32)
    layers = build_layers(photo, matte, look.stage, subject, removed, [])
    avatar = build_avatar(layers, subject, look.stage, look.body, removed, [])
    return {surface.name: surface for surface in avatar.surfaces}


def test_it_is_made_over_trousers_that_stay_as_well(top: tuple[Look, dict[str, Surface]]) -> None:
    look, _ = top
    surfaces = in_own_clothes(look, look.subject)
    stature = float(np.ptp(look.body.vertices[:, 1]))
    own, trunk = surfaces[TOP], surfaces[Part.TRUNK]
    assert TAIL not in surfaces
    assert {sleeve_name(part) for part in (Part.R_ARM, Part.L_ARM)} <= set(surfaces)
    hem = float(own.vertices[:, 1].max())
    hips = float(look.body.joints[[Bone.L_THIGH, Bone.R_THIGH], 1].mean())
    assert hem < hips + 0.06 * stature
    assert trunk.shown is not None
    high, low = (trunk.vertices[:, 1] < hem - 0.05 * stature), (trunk.vertices[:, 1] > hem)
    assert (trunk.shown[high] < 0).mean() > 0.95
    assert not (trunk.shown[low] < 0).any(), "nothing would be seen below the hem"


def test_where_it_ends_as_the_trunk_does_it_is_whole_without_the_sheets(top: tuple[Look, dict[str, Surface]]) -> None:
    """A coat over trousers: of the sheets no strip is left at its hem, which would stand off it."""
    look, _ = top
    subject, stature = look.subject, float(np.ptp(look.body.vertices[:, 1]))
    rows = np.indices(subject.size)[0]
    end = float(look.body.joints[[Bone.L_THIGH, Bone.R_THIGH], 1].mean()) + 0.06 * stature
    hem = float(look.stage.from_photo(np.array([[0.0, end]]))[0, 1])
    parts, legs = subject.parts, [Part.L_LEG, Part.R_LEG]
    trunk = np.where(rows < hem, parts[Part.TRUNK] + parts[legs[0]] + parts[legs[1]], 0).astype(np.float32)
    below = {leg: np.where(rows < hem, 0, parts[leg]).astype(np.float32) for leg in legs}
    cloth = np.maximum(subject.parsing.upper, subject.parsing.lower)
    coat = replace(
        subject.parsing,
        upper=np.where(rows < hem, cloth, 0).astype(np.float32),
        lower=np.where(rows < hem, 0, subject.parsing.lower).astype(np.float32),
    )
    surfaces = in_own_clothes(look, replace(subject, parsing=coat, parts={**parts, **below, Part.TRUNK: trunk}))
    own, sheet = surfaces[TOP], surfaces[Part.TRUNK]
    assert own.vertices[:, 1].max() == pytest.approx(end, abs=0.012 * stature)
    assert sheet.shown is not None
    low = np.abs(sheet.vertices[:, 1] - (end - 0.02 * stature)) < 0.02 * stature
    assert (sheet.shown[low] < 0).mean() > 0.95


def test_a_hand_or_a_strap_before_it_makes_no_hole(top: tuple[Look, dict[str, Surface]]) -> None:
    look, _ = top
    subject, body = look.subject, look.subject.body
    rows, columns = np.indices(subject.size)
    place = body.neck + np.array([0.07, 0.1]) * body.stature
    hand = (np.hypot(columns - place[0], rows - place[1]) < 0.025 * body.stature).astype(np.float32)
    parsing = subject.parsing
    held = replace(parsing, upper=parsing.upper * (1 - hand), arms=np.maximum(parsing.arms, hand))
    plain, before = (in_own_clothes(look, own)[TOP] for own in (subject, replace(subject, parsing=held)))
    whole = area(plain.triangles, plain.vertices.astype(float))
    assert area(before.triangles, before.vertices.astype(float)) == pytest.approx(whole, rel=0.005)


def test_a_bare_belly_in_an_open_top_is_no_hole(top: tuple[Look, dict[str, Surface]]) -> None:
    look, _ = top
    subject, body = look.subject, look.subject.body
    rows, columns = np.indices(subject.size)
    strip = (np.abs(columns - body.neck[0]) < 0.06 * body.stature) & (rows > body.neck[1] - 0.02 * body.stature)
    strip = (strip & (rows < body.mid_hip[1])).astype(np.float32)
    parsing = subject.parsing
    bare = replace(parsing, upper=parsing.upper * (1 - strip), torso=np.maximum(parsing.torso, strip))
    trunk = in_own_clothes(look, replace(subject, parsing=bare))[Part.TRUNK]
    at = look.stage.from_photo(trunk.vertices[:, :2])
    belly = np.abs(at - (body.neck[0], body.neck[1] + 0.22 * body.stature)).max(1) < 0.025 * body.stature
    assert trunk.shown is not None
    assert belly.sum() > 20
    assert not (trunk.shown[belly] < 0).any()
