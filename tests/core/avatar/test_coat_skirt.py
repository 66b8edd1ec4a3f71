"""An open coat that stays hangs round the legs, open in front alone."""

import numpy as np
import pytest

from fashionmirror_core.avatar.coat_skirt import CoatSkirt, hanging_on
from fashionmirror_core.avatar.rings import ANGLES
from fashionmirror_core.avatar.sides import KNEE, shown_at
from fashionmirror_core.body.fitted import LEG_OF, Bone, FittedBody
from fashionmirror_core.body.model import BodyModel

STATURE, HIPS, MIDDLE = 400.0, 200.0, 100.0
PLACES = np.arange(200.0)[None], np.arange(400.0)[:, None]


@pytest.fixture(scope="module")
def standing() -> FittedBody:
    """The mean body at rest, 200 pixels a metre."""
    model = BodyModel.load()
    turns = np.tile(np.eye(3, dtype=np.float32), (len(Bone), 1, 1))
    joints, skin, landmarks = (200 * each for each in (model.skeleton.rest, model.skin.rest, model.landmarks.rest))
    return FittedBody(np.zeros(14, np.float32), turns, joints, skin, landmarks, 200.0, np.array([0, -1, 0], np.float32))


def coat(left: float = 290.0, right: float = 290.0, opening: float = 20.0) -> np.ndarray:
    """(400, 200) bool: two fronts, ``opening`` to 55 pixels from the middle, down to rows."""
    x, y = PLACES
    aside = np.abs(x - MIDDLE)
    return (aside >= opening) & (aside <= 55) & (y > 50) & (y < np.where(x < MIDDLE, left, right))


def found(seen: np.ndarray, before: np.ndarray | None = None) -> CoatSkirt | None:
    before = np.zeros_like(seen) if before is None else before
    return CoatSkirt.of(seen & ~before, before, PLACES, HIPS, HIPS - 10, np.array([MIDDLE, 0.0]), STATURE)


def test_its_hem_runs_from_side_to_side() -> None:
    skirt = found(coat(left=280, right=300))
    assert skirt is not None
    assert skirt.hem[50] == pytest.approx(280, abs=4)
    assert skirt.hem[150] == pytest.approx(300, abs=4)
    assert 285 < skirt.hem[100] < 295
    assert skirt.above_hem(np.array([MIDDLE, 250.0])) == pytest.approx(skirt.hem[100] - 250)


def test_hands_before_it_dont_end_it() -> None:
    x, y = PLACES
    hand = (np.abs(x - 60) < 30) & (y > 190) & (y < 240)
    skirt = found(coat(), hand)
    assert skirt is not None
    assert not (skirt.seen & hand).any()


@pytest.mark.parametrize(
    "seen",
    [
        coat(left=215, right=215),  # a jacket
        coat(left=290, right=205),  # one side alone
        coat(opening=0),  # closed, a dress or a long top
        np.zeros((400, 200), bool),
    ],
)
def test_other_tops_have_none(seen: np.ndarray) -> None:
    assert found(seen) is None


def test_it_goes_round_the_legs_and_hangs_from_the_hips(standing: FittedBody) -> None:
    model, stature = BodyModel.load(), float(np.ptp(standing.vertices[:, 1]))
    hips = standing.joints[[bones[0] for bones in LEG_OF.values()]].mean(0).astype(float)
    x, y = np.arange(hips[0] - 200, hips[0] + 200)[None], np.arange(hips[1] - 100, hips[1] + 200)[:, None]
    aside = np.abs(x - hips[0])
    seen = (aside > 0.04 * stature) & (aside < 0.13 * stature) & (y < hips[1] + 0.15 * stature)
    skirt = CoatSkirt.of(seen, np.zeros_like(seen), (x, y), hips[1], hips[1] - 10, hips[[0, 2]], stature)
    assert skirt is not None
    faces, values = skirt.mesh(np.full(ANGLES, 0.1 * stature), standing, model, hips[1])
    points, weights, behind = values[:, :3], values[:, 3:25], values[:, -1]
    assert weights.sum(1) == pytest.approx(1)
    a, b, c = (points[faces[:, k]] for k in range(3))
    outward = np.cross(b - a, c - a)[:, 2] * behind[faces].mean(1)
    assert (outward[np.abs(behind[faces].mean(1)) > 0.2] > 0).all()
    legs = model.skin.weights[:, [bone for bones in LEG_OF.values() for bone in bones[:2]]].sum(1) > 0.9
    low = standing.vertices[legs & (np.abs(standing.vertices[:, 1] - hips[1] - 0.1 * stature) < 0.01 * stature)]
    ring = points[np.abs(points[:, 1] - hips[1] - 0.1 * stature) < 0.01 * stature]
    for axis in (0, 2):
        assert ring[:, axis].min() < low[:, axis].min()
        assert ring[:, axis].max() > low[:, axis].max()
    assert np.ptp(ring[:, 0]) == pytest.approx(0.26 * stature, rel=0.1)
    assert hanging_on(standing, points).hem == pytest.approx(points[:, 1].max())


def test_sides_show_the_front_up_to_where_it_opens() -> None:
    turn = np.linspace(-np.pi / 2, 0, 50)  # from the front's middle to the right side
    normals = np.column_stack([np.cos(turn), np.zeros(50), np.sin(turn)])
    points = 100.0 * normals
    middle, half, ones = np.zeros(50), np.full(50, 100.0), np.ones(50)
    for opening in (0.0, 40.0, 85.0):
        texel, facing = shown_at(points, normals, middle, half, np.full(50, opening), ones, np.zeros(50))
        side = points[:, 0] > max(KNEE * 100, (100 + opening) / 2)
        assert texel[side, 0].min() > opening - 1
        assert (np.abs(texel[~side, 0] - points[~side, 0]) < 1e-6).all()
        assert np.abs(np.diff(texel[:, 0])).max() < 12  # nothing jumps
        assert np.linalg.norm(facing, axis=1) == pytest.approx(1)
