from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fashionmirror_core.cloth.pattern.mesh import Mesh, Panel, Stretch, sew
from fashionmirror_core.cloth.pattern.pattern import BACK, FRONT, SEAM


def panel(*stretches: tuple[str, list[tuple[float, float]]], sewn: str = "") -> list[Stretch]:
    """Stretches by name and corners, in metres; sewn: the names of the seams."""
    return [Stretch(name, np.array(points, float), name in sewn.split()) for name, points in stretches]


def mirrored(stretch: Stretch) -> Stretch:
    return Stretch(stretch.name.replace("_r", "_l"), (stretch.points * [-1, 1])[::-1], stretch.seam)


def whole(half: list[Stretch], *, top: Stretch | None = None, bottom: Stretch | None = None) -> list[Stretch]:
    """The wearer's right half, its mirror image, and what lies across the middle."""
    middle = [bottom] if bottom else []
    return [*half, *middle, *[mirrored(each) for each in reversed(half)], *([top] if top else [])]


def arc(start: float, end: float, depth: float) -> np.ndarray:
    x = np.linspace(start, end, 15)
    return np.stack([x, depth * (1 - ((2 * x - start - end) / (end - start)) ** 2)], 1)


def tee(neck: float, strap: float = 0.12) -> Panel:
    """With short sleeves, a neckline as deep as neck and shoulders as wide as strap, metres."""
    inner = -0.08
    outer = inner - strap
    half = panel(
        ("shoulder_r", [(inner, 0), (outer, 0.02)]),
        ("sleeve_r", [(outer, 0.02), (outer - 0.14, 0.16)]),
        ("cuff_r", [(outer - 0.14, 0.16), (outer - 0.06, 0.24)]),
        ("under_r", [(outer - 0.06, 0.24), (outer, 0.18)]),
        ("side_r", [(outer, 0.18), (-0.17, 0.32), (-0.22, 0.5)]),
        sewn="shoulder_r sleeve_r under_r side_r",
    )
    hem = Stretch("hem", np.array([[-0.22, 0.5], [0, 0.52], [0.22, 0.5]]))
    return whole(half, bottom=hem, top=Stretch("neck", arc(-inner, inner, neck)))


def trousers(crotch: float = 0.28, gap: float = 0.03) -> Panel:
    half = panel(
        ("outer_r", [(-0.2, 0), (-0.25, 0.2), (-0.2, 0.7)]),
        ("hem_r", [(-0.2, 0.7), (-gap / 2, 0.7)]),
        ("inner_r", [(-gap / 2, 0.7), (0, crotch)]),
        sewn="outer_r inner_r",
    )
    return whole(half, top=Stretch("waist", np.array([[0.2, 0], [-0.2, 0]])))


def angles(flat: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(M, 3), degrees."""
    corners = flat[triangles]
    ahead = np.roll(corners, -1, axis=1) - corners
    back = np.roll(corners, 1, axis=1) - corners
    cosine = (ahead * back).sum(2) / np.linalg.norm(ahead, axis=2) / np.linalg.norm(back, axis=2)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def edge_counts(triangles: np.ndarray) -> Counter:
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    return Counter(map(tuple, edges.tolist()))


def path_edges(vertices: np.ndarray, closed: bool) -> set[tuple[int, int]]:
    ahead = np.roll(vertices, -1)
    pairs = list(zip(vertices.tolist(), ahead.tolist(), strict=True))
    return {(min(pair), max(pair)) for pair in (pairs if closed else pairs[:-1])}


def shoelace(outline: Panel) -> float:
    points = np.concatenate([stretch.points[:-1] for stretch in outline])
    ahead = np.roll(points, -1, axis=0)
    return abs(float((points[:, 0] * ahead[:, 1] - points[:, 1] * ahead[:, 0]).sum()) / 2)


def assert_sound(mesh: Mesh, open_paths: tuple[str, ...] = ()) -> None:
    """One sheet: each edge in one or two triangles; those in one are the openings' and nothing else's."""
    counts = edge_counts(mesh.triangles)
    assert max(counts.values()) == 2
    rims = set().union(*(path_edges(path, name not in open_paths) for name, path in mesh.openings.items()))
    assert {edge for edge, count in counts.items() if count == 1} == rims
    assert set(mesh.triangles.ravel().tolist()) == set(range(len(mesh.flat)))
    turns = np.cross(
        mesh.flat[mesh.triangles[:, 1]] - mesh.flat[mesh.triangles[:, 0]],
        mesh.flat[mesh.triangles[:, 2]] - mesh.flat[mesh.triangles[:, 0]],
    )
    assert (turns[: mesh.front] < 0).all()
    assert (turns[mesh.front :] > 0).all()
    assert (mesh.side[mesh.triangles[: mesh.front]] <= SEAM).all()
    assert (mesh.side[mesh.triangles[mesh.front :]] >= SEAM).all()


@pytest.mark.parametrize(
    ("front", "back"),
    [(tee(0.1), tee(0.02)), (tee(0.16, strap=0.03), tee(0.1, strap=0.03)), (trousers(), trousers())],
    ids=["tee", "narrow straps", "trousers"],
)
def test_front_and_back_become_one_sheet_with_the_openings_as_its_rims(front, back):
    mesh = sew([front], [back])
    assert_sound(mesh)
    assert set(mesh.openings) == {stretch.name for stretch in front if not stretch.seam}
    assert angles(mesh.flat, mesh.triangles).min() > 15


def test_vertices_lie_evenly_at_the_spacing():
    mesh = sew([tee(0.1)], [tee(0.02)], spacing=0.03)
    edges = np.array(list(edge_counts(mesh.triangles)))
    lengths = np.linalg.norm(mesh.flat[edges[:, 0]] - mesh.flat[edges[:, 1]], axis=1)
    assert np.median(lengths) == pytest.approx(0.03, rel=0.1)
    assert lengths.min() > 0.4 * 0.03
    assert lengths.max() < 2 * 0.03


def test_the_sheet_covers_the_panels_necklines_and_armpits_left_out():
    front, back = tee(0.1), tee(0.02)
    mesh = sew([front], [back], spacing=0.01)
    areas = np.abs(np.cross(*(mesh.flat[mesh.triangles[:, i]] - mesh.flat[mesh.triangles[:, 0]] for i in (1, 2)))) / 2
    assert areas[: mesh.front].sum() == pytest.approx(shoelace(front), rel=0.01)
    assert areas[mesh.front :].sum() == pytest.approx(shoelace(back), rel=0.01)


def test_a_seam_is_shared_and_an_opening_has_a_vertex_of_its_own_on_each_panel():
    mesh = sew([tee(0.1)], [tee(0.02)])
    for vertices in mesh.seams.values():
        assert (mesh.side[vertices] == SEAM).all()
    for vertices in mesh.openings.values():
        assert {FRONT, BACK} <= set(mesh.side[vertices].tolist())
    front_panel, back_panel = (set(part.ravel().tolist()) for part in np.split(mesh.triangles, [mesh.front]))
    assert front_panel & back_panel == set(np.flatnonzero(mesh.side == SEAM).tolist())


def test_an_opening_runs_round_in_order_over_front_and_back():
    mesh = sew([tee(0.1)], [tee(0.02)])
    ring = mesh.flat[mesh.openings["neck"]]
    steps = np.linalg.norm(ring - np.roll(ring, -1, axis=0), axis=1)
    assert steps.max() < 0.03
    assert (np.diff(np.flatnonzero(mesh.side[mesh.openings["neck"]] == SEAM)) > 1).all()


def test_a_seam_runs_as_the_first_panel_has_it():
    mesh = sew([tee(0.1)], [tee(0.02)])
    y = mesh.flat[mesh.seams["side_r"], 1]
    assert (np.diff(y) > 0).all()


def test_a_back_panel_may_run_the_other_way_round():
    other_way = [Stretch(each.name, each.points[::-1], each.seam) for each in reversed(tee(0.02))]
    mesh = sew([tee(0.1)], [other_way])
    assert_sound(mesh)


def test_an_open_front_is_two_panels_against_one_back():
    half = panel(
        ("shoulder_r", [(-0.06, 0), (-0.18, 0.02)]),
        ("arm_r", [(-0.18, 0.02), (-0.16, 0.1), (-0.2, 0.2)]),
        ("side_r", [(-0.2, 0.2), (-0.22, 0.5)]),
        sewn="shoulder_r side_r",
    )
    neck = panel(("neck", [(0, 0.1), (-0.05, 0.06), (-0.06, 0)]))
    right = [*half, *panel(("hem", [(-0.22, 0.5), (0, 0.5)]), ("front_r", [(0, 0.5), (0, 0.1)])), *neck]
    left = [mirrored(each) for each in reversed(right)]
    back = whole(
        half,
        bottom=Stretch("hem", np.array([[-0.22, 0.5], [0.22, 0.5]])),
        top=Stretch("neck", arc(0.06, -0.06, 0.02)),
    )
    mesh = sew([right, left], [back])
    assert_sound(mesh, open_paths=("neck", "hem", "front_r", "front_l"))
    right_edge, left_edge = mesh.openings["front_r"], mesh.openings["front_l"]
    assert not set(right_edge.tolist()) & set(left_edge.tolist())
    assert {mesh.openings["hem"][0], mesh.openings["hem"][-1]} <= {*right_edge, *left_edge}


def test_fronts_that_a_zip_joins_share_vertices_that_lie_in_front():
    half = panel(
        ("side_r", [(-0.2, 0), (-0.2, 0.3)]),
        ("hem", [(-0.2, 0.3), (0, 0.3)]),
        ("zip", [(0, 0.3), (0, 0)]),
        ("top", [(0, 0), (-0.2, 0)]),
        sewn="side_r zip",
    )
    back = whole(
        half[:1],
        bottom=Stretch("hem", np.array([[-0.2, 0.3], [0.2, 0.3]])),
        top=Stretch("top", np.array([[0.2, 0.0], [-0.2, 0.0]])),
    )
    mesh = sew([half, [mirrored(each) for each in reversed(half)]], [back])
    assert_sound(mesh)
    assert (mesh.side[mesh.seams["zip"]] == FRONT).all()


def test_front_and_back_are_never_one_inside_of_the_panels():
    """A corner that sticks out, and a strip so narrow that its triangles reach from seam to seam."""
    strip = whole(
        panel(("side_r", [(-0.011, 0), (-0.011, 0.2), (-0.1, 0.25), (-0.05, 0.4)]), sewn="side_r"),
        bottom=Stretch("hem", np.array([[-0.05, 0.4], [0.05, 0.4]])),
        top=Stretch("top", np.array([[0.011, 0.0], [-0.011, 0.0]])),
    )
    assert_sound(sew([strip], [strip]))


def test_the_same_panels_give_the_same_mesh():
    first, second = (sew([tee(0.1)], [tee(0.02)]) for _ in range(2))
    assert np.array_equal(first.flat, second.flat)
    assert np.array_equal(first.triangles, second.triangles)


@settings(max_examples=30, deadline=None)
@given(
    widths=st.lists(st.floats(0.05, 0.3), min_size=4, max_size=7),
    neck=st.floats(0.0, 0.08),
    gap=st.floats(0.002, 0.08),
    crotch=st.floats(0.15, 0.3),
)
def test_no_outline_loses_an_edge_or_gets_slivers(widths, neck, gap, crotch):
    """Sides that bulge at random, a notch of any depth at the top, a slit of any width from below; no needles at the top."""
    slope = np.arctan2(2 * neck, widths[0] + 0.04) + np.arctan2(widths[0] - widths[1], 0.4 / (len(widths) - 1))
    assume(slope < np.radians(50))
    y = np.linspace(0, 0.4, len(widths))
    smooth = np.linspace(0, 0.4, 40)
    side = np.stack([-np.interp(smooth, y, widths) - 0.04, smooth], 1)
    side[:, 0] = np.convolve(np.pad(side[:, 0], 4, mode="edge"), np.full(9, 1 / 9), mode="valid")
    half = [
        Stretch("outer_r", side, True),
        Stretch("hem_r", np.array([side[-1], [-gap / 2, 0.4]])),
        Stretch("inner_r", np.array([[-gap / 2, 0.4], [0.0, crotch]]), True),
    ]
    front = whole(half, top=Stretch("waist", arc(-side[0, 0], side[0, 0], neck)))
    back = whole(half, top=Stretch("waist", arc(-side[0, 0], side[0, 0], 0.0)))
    mesh = sew([front], [back], spacing=0.03)
    assert_sound(mesh)
    assert angles(mesh.flat, mesh.triangles).min() > 15


def test_an_outline_that_does_not_close_is_refused():
    open_panel = panel(("side", [(0, 0), (0, 0.3)]), ("hem", [(0.1, 0.3), (0.3, 0)]), ("top", [(0.3, 0), (0, 0)]))
    with pytest.raises(ValueError, match="isn't closed: side"):
        sew([open_panel], [])


def test_a_seam_that_differs_between_its_panels_or_has_no_partner_is_refused():
    def triangle(x: float) -> Panel:
        return panel(
            ("side", [(0, 0), (x, 0.3)]), ("hem", [(x, 0.3), (0.3, 0)]), ("top", [(0.3, 0), (0, 0)]), sewn="side"
        )

    with pytest.raises(ValueError, match="side has two shapes"):
        sew([triangle(0)], [triangle(0.1)])
    with pytest.raises(ValueError, match="side is on 1 panels"):
        sew([triangle(0)], [])


def test_an_outline_that_crosses_itself_is_refused():
    eight = panel(("one", [(0, 0), (0.2, 0.2)]), ("two", [(0.2, 0.2), (0.2, 0)]), ("three", [(0.2, 0), (0, 0.2)]),
                  ("four", [(0, 0.2), (0, 0)]))  # fmt: skip
    with pytest.raises(ValueError, match="crosses or touches itself"):
        sew([eight], [])
