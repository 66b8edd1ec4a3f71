"""Sheets: as deep as the body, place by place, closed at their rims unless another sheet goes on there."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np
import pytest

from fashionmirror_core.avatar.sheets import Grid, Inflation, Spine, inflate, meshed
from fashionmirror_core.avatar.shoulders import amid

SIZE = (240, 160)
AXIS = Spine(np.array([[80.0, 40.0], [80.0, 200.0]]))


def grid(left: int = 40, right: int = 120) -> Grid:
    domain = np.zeros(SIZE, np.float32)
    domain[20:220, left:right] = 1
    return Grid.over(cv2.GaussianBlur(domain, (0, 0), 1.5), (0, 0, SIZE[1], SIZE[0]), 4.0)


def column(bulge_at: float | None = None, height: float = 0.0) -> np.ndarray:
    """(n, 3): an upright round column, 80 wide and 40 deep; with a bulge to the front at x, from y 100 to 120."""
    angle, y = (values.ravel() for values in np.meshgrid(np.linspace(0, 2 * np.pi, 60), np.arange(16, 226, 3.0)))
    points = np.stack([80 + 40 * np.cos(angle), y, 20 * np.sin(angle)], -1)
    if bulge_at is not None:
        front = (points[:, 2] < 0) & (np.abs(y - 110) < 12) & (np.abs(points[:, 0] - bulge_at) < 9)
        points[front, 2] -= height
    return points


def depth_at(made: Grid, field: np.ndarray, x: float, y: float) -> float:
    nearest = np.hypot(made.place[..., 0] - x, made.place[..., 1] - y)
    return float(field.ravel()[np.where(made.inside, nearest, np.inf).argmin()])


def test_a_bulge_of_the_body_is_where_the_body_has_it() -> None:
    made = grid()
    bare = inflate(made, column(), AXIS, 0.0, 0.0)
    bust = inflate(made, column(98, 15), AXIS, 0.0, 0.0)
    before = {x: depth_at(made, bare.front, x, 110) - depth_at(made, bust.front, x, 110) for x in (62, 98)}
    assert before[98] > 6
    assert abs(before[62]) < 1.5
    assert depth_at(made, bust.back, 98, 110) == pytest.approx(depth_at(made, bare.back, 98, 110), abs=0.5)


def test_loose_cloth_hangs_from_where_the_body_stands_out() -> None:
    made = grid(20, 140)
    tight = inflate(made, column(80, 20), AXIS, 0.4, 12.0)
    loose = inflate(made, column(80, 20), AXIS, 0.4, 12.0, hangs=3.0)
    assert depth_at(made, loose.front, 80, 145) < depth_at(made, tight.front, 80, 145) - 4
    assert depth_at(made, loose.front, 80, 45) == pytest.approx(depth_at(made, tight.front, 80, 45), abs=1)


def edges_of(made: Grid, inflation: Inflation, open_rim: np.ndarray | None) -> int:
    """How many edges of a mesh have a triangle on one side only; welded vertices at one place are one."""
    mesh = meshed(made, inflation.front, inflation.back, inflation.plane, open_rim)
    welded = mesh.weld[mesh.triangles]
    edges = Counter(
        frozenset((int(a), int(b))) for t in welded for a, b in zip(t, np.roll(t, -1), strict=True) if a != b
    )
    return sum(count == 1 for count in edges.values())


def test_a_mesh_is_closed_but_for_the_rim_that_is_open() -> None:
    made = grid()
    inflation = inflate(made, column(), AXIS, 0.0, 0.0)
    assert edges_of(made, inflation, None) == 0
    open_rim = made.rim & (made.place[..., 0] > 110) & (np.abs(made.place[..., 1] - 110) < 30)
    assert edges_of(made, inflation, open_rim) > 10


def test_sheets_open_only_well_inside_of_what_they_cover_together() -> None:
    own, other = np.zeros((40, 40)), np.zeros((40, 40))
    own[5:35, 5:20], other[5:35, 21:35] = 1, 1
    inside = amid(own, other)
    assert inside[20, 18:23].all()
    assert not inside[:8].any()
    assert not inside[:, :8].any()


def test_a_place_in_space_lies_at_its_own_bone_though_another_crosses_it_in_the_picture() -> None:
    """A forearm that points at the viewer is seen over the upper arm."""
    folded = np.array([[100.0, 100.0], [104.0, 150.0], [102.0, 130.0]])
    spine = Spine(folded, np.array([0.0, 0.0, -50.0]))
    upper, fore = np.array([[102.4, 130.0, 4.0]]), np.array([[102.4, 134.0, -40.0]])
    elbow = float(np.hypot(4, 50))
    assert spine.coordinates(upper)[0] < elbow < spine.coordinates(fore)[0]
    flat, _ = spine.coordinates(np.concatenate([upper, fore])[:, :2])
    assert (flat == Spine(folded).coordinates(np.concatenate([upper, fore])[:, :2])[0]).all()
