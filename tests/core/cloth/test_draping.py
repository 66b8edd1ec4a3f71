"""Garments settle on the person in the photo's pose: where they belong, at rest, outside of what they are worn over."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from fashionmirror_core.body.fitted import ARM_OF, Bone
from fashionmirror_core.cloth.draping import Drape, Falling, Settled, Sewn, drape
from fashionmirror_core.cloth.fabric import FABRICS, FabricName
from fashionmirror_core.cloth.form import DressForm
from fashionmirror_core.cloth.gate import heights
from fashionmirror_core.cloth.mannequin import ELSE, Mannequin
from fashionmirror_core.cloth.pattern.pattern import Piece
from fashionmirror_core.cloth.solver import Skin
from fashionmirror_core.cloth.underneath import Obstacle, Underneath
from fashionmirror_core.vocabulary import Side
from tests.core.cloth import patterns

COTTON = FABRICS[FabricName.COTTON]
SPACING = 0.045


@pytest.fixture(scope="module")
def tee() -> Drape:
    mannequin = patterns.mannequin()
    return drape([Sewn(patterns.tee(mannequin, spacing=SPACING), COTTON)], DressForm(mannequin))


@pytest.fixture(scope="module")
def skirt() -> Drape:
    mannequin = patterns.mannequin(together=True)
    return drape([Sewn(patterns.skirt(mannequin, spacing=SPACING), COTTON)], DressForm(mannequin))


@pytest.fixture(scope="module")
def outfit() -> Drape:
    mannequin = patterns.mannequin()
    trousers = patterns.trousers(mannequin, spacing=SPACING)
    return drape([Sewn(trousers, COTTON), Sewn(patterns.tee(mannequin, spacing=SPACING), COTTON)], DressForm(mannequin))


def barrel(mannequin: Mannequin) -> Obstacle:
    """A wide tube around the hips that the person keeps on."""
    turn, row = np.meshgrid(np.linspace(0, 2 * np.pi, 32, endpoint=False), np.arange(6))
    places = np.stack([0.205 * np.sin(turn), -0.1 + 0.05 * row, -0.165 * np.cos(turn)], -1).reshape(-1, 3)
    first = (32 * row[:-1] + np.arange(32)).ravel()
    beside = (32 * row[:-1] + (np.arange(32) + 1) % 32).ravel()
    triangles = np.concatenate(
        [np.stack([first, first + 32, beside], 1), np.stack([beside, first + 32, beside + 32], 1)]
    )
    corners = places[triangles[0]]
    if np.cross(corners[1] - corners[0], corners[2] - corners[0]) @ corners.mean(0) < 0:
        triangles = triangles[:, ::-1]
    weights = np.zeros((len(places), len(Bone)))
    weights[:, Bone.PELVIS] = 1
    return Obstacle(mannequin.space.outward(places), triangles.astype(np.int32), weights)


@pytest.mark.parametrize("which", ["tee", "skirt", "outfit"])
def test_cloth_comes_to_rest_whole_and_outside_the_body(which: str, request: pytest.FixtureRequest) -> None:
    for garment in request.getfixturevalue(which).garments:
        assert garment.measures.stretch_p99 < 1.4
        assert 0.95 < garment.measures.stretch_median < 1.05
        assert garment.measures.inside < 0.015  # of a coarse mesh
        assert garment.measures.speed < 0.02


def test_a_tee_hangs_on_the_shoulders_and_its_sleeves_are_on_the_arms(tee: Drape) -> None:
    (garment,) = tee.garments
    body, space, pattern = tee.mannequin.body, tee.mannequin.space, garment.sewn.pattern
    joints = space.inward(body.joints.astype(np.float64))
    for side, piece, name in ((Side.RIGHT, Piece.R_SLEEVE, "r"), (Side.LEFT, Piece.L_SLEEVE, "l")):
        neck = garment.positions[pattern.shoulders[name][0]]
        assert 0.05 < side.sign * neck[0] < 0.12
        assert abs(neck[1] - joints[Bone.NECK][1]) < 0.06
        upper, fore, _ = (joints[bone] for bone in ARM_OF[side])
        axis = (fore - upper) / np.linalg.norm(fore - upper)
        cuff = garment.positions[pattern.openings[f"cuff_{name}"]]
        assert (pattern.piece[pattern.openings[f"cuff_{name}"]] == piece).all()
        middle = cuff.mean(0)
        depth = (middle - upper) @ axis
        assert 0.1 < depth < 0.3
        assert np.linalg.norm(middle - upper - depth * axis) < 0.05
        hull = ConvexHull((cuff - middle) @ np.linalg.svd(axis[None])[2][1:].T)
        bone = (upper + depth * axis - middle) @ np.linalg.svd(axis[None])[2][1:].T
        assert (hull.equations[:, :2] @ bone + hull.equations[:, 2] < 0).all()


def test_a_skirt_stays_at_the_waist_by_its_elastic_alone(skirt: Drape) -> None:
    (garment,) = skirt.garments
    pattern = garment.sewn.pattern
    waist = garment.positions[pattern.held]
    assert abs(waist[:, 1].mean() - pattern.flat[pattern.held, 1].mean()) < 0.03
    ring = np.isin(garment.cloth.edges, pattern.held).all(1)
    assert garment.cloth.lengths[ring].sum() < garment.cloth.rest_lengths[ring].sum()
    hem = garment.positions[pattern.openings["hem"]]
    assert hem[:, 1].mean() - waist[:, 1].mean() == pytest.approx(0.5, abs=0.04)


def test_a_top_goes_over_trousers_that_were_put_on_before_it(outfit: Drape) -> None:
    trousers, tee = outfit.garments
    over = heights(tee.positions.astype(np.float64), trousers.under(tee.sewn), trousers.positions)
    near = np.isfinite(over) & (over < 0.03)
    assert near.sum() > 20
    assert (over[near] < -0.002).mean() < 0.02


def test_a_tucked_top_lies_flat_in_trousers_and_they_feel_nothing_of_it() -> None:
    mannequin = patterns.mannequin()
    trousers = Sewn(patterns.trousers(mannequin, spacing=SPACING), COTTON)
    top = patterns.tee(mannequin, half_girth=0.54, sleeve=0.5, spacing=SPACING)
    draped = drape([Sewn(top, COTTON, tucked=True), trousers], DressForm(mannequin))
    alone = drape([trousers], DressForm(mannequin)).garments[0]
    inner, outer = draped.garments
    assert outer.measures.stretch_p99 < alone.measures.stretch_p99 + 0.05
    assert outer.measures.inside < 0.015
    waist = trousers.pattern.flat[trousers.pattern.held, 1].mean()
    hidden = inner.inside(trousers)
    assert hidden.sum() > 20
    assert (top.piece[hidden] == Piece.TRUNK).all()  # hands may hang lower than the waist
    assert (inner.positions[hidden, 1] > waist).all()
    assert not outer.inside(inner.sewn).any()
    held = hidden & (inner.positions[:, 1] < waist + 0.1)
    skin = Skin(draped.form.body.triangles, draped.form.body.regions)
    on = draped.form.body.at(np.tile(np.eye(3, 4), (len(Bone), 1, 1)), mannequin.space)
    assert np.percentile(heights(inner.positions[held].astype(np.float64), skin, on), 90) < 0.02
    felt = np.flatnonzero(inner.under(trousers).regions != ELSE)
    assert inner.positions[felt, 1].max() < waist + 0.05
    assert (top.piece[felt] == Piece.TRUNK).all()
    assert len(np.unique(top.piece[inner.under(inner.sewn).regions != ELSE])) == 3  # a jacket feels the sleeves, too


def test_kept_clothes_hold_a_top_off_unless_it_is_tucked() -> None:
    mannequin = patterns.mannequin()
    pattern = patterns.tee(mannequin, half_girth=0.62, sleeve=0.34, spacing=SPACING)
    kept = barrel(mannequin)
    over, tucked = (
        drape([Sewn(pattern, COTTON, tucked)], DressForm(mannequin, (kept,))).garments[0] for tucked in (False, True)
    )
    surface = Skin(kept.triangles, kept.regions)
    places = mannequin.space.inward(kept.vertices)

    def outside(garment: Settled) -> float:
        low = garment.positions[:, 1] > 0.0
        return float((heights(garment.positions[low].astype(np.float64), surface, places) > 0).mean())

    assert outside(over) > 0.97
    assert outside(tucked) < 0.8


def test_the_still_is_in_photo_space(tee: Drape) -> None:
    (still,) = tee.still()
    body = tee.mannequin.body
    assert still.dtype == np.float32
    assert np.ptp(still[:, 1]) == pytest.approx(0.7 * body.scale, rel=0.15)
    assert np.abs(still[:, 0].mean() - body.joints[Bone.PELVIS][0]) < 0.03 * body.scale


def test_who_watches_is_told_of_the_way_to_rest() -> None:
    mannequin = patterns.mannequin(together=True)
    steps: list[Falling] = []
    sewn = [Sewn(patterns.skirt(mannequin, flare=flare, spacing=0.09), COTTON) for flare in (1.4, 1.6)]
    draped = drape(sewn, DressForm(mannequin), on_step=steps.append)
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    assert shares[0] > 0.5  # all garments are on when the first is told of
    assert shares[-1] == 1
    assert 15 < len(steps) < 30
    assert np.abs(steps[0].transforms - mannequin.transforms).max() < 1e-6
    assert np.abs(steps[-1].transforms - np.eye(3, 4)).max() < 1e-6
    for first, last, rest in zip(steps[0].positions, steps[-1].positions, draped.still(), strict=True):
        assert np.array_equal(last, rest)
        assert not np.array_equal(first, last)


def test_what_a_watcher_raises_ends_the_draping() -> None:
    mannequin = patterns.mannequin(together=True)

    def stop(now: Falling) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drape([Sewn(patterns.skirt(mannequin, spacing=0.09), COTTON)], DressForm(mannequin), on_step=stop)


def test_draping_is_the_same_to_the_bit_each_time(skirt: Drape) -> None:
    again = drape([skirt.garments[0].sewn], skirt.form)
    assert np.array_equal(again.garments[0].positions, skirt.garments[0].positions)


def test_feet_lie_inside_what_cloth_rests_on() -> None:
    mannequin = patterns.mannequin()
    under, scale = Underneath.body(mannequin), mannequin.body.scale
    skin = Skin(under.triangles, under.regions)
    weights = mannequin.model.skin.weights[:, [Bone.L_FOOT, Bone.L_TOES]].sum(1)
    bare = mannequin.body.vertices[weights > 0.95][::5].astype(np.float64)
    assert (heights(bare / scale, skin, under.vertices / scale) < 0.001).all()
    assert skin.bits.all()
