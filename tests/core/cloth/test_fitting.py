"""The fit of a garment on a body: scale, shoulders, hem, sleeves, and where no cloth may lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import known
import numpy as np
import pytest

from fashionmirror_core import samples
from fashionmirror_core.body.proportions import Body
from fashionmirror_core.cloth.attention import garment_flow, piece_coverage
from fashionmirror_core.cloth.fitting import GarmentFit, fit_garment
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.person.person import Person
from fashionmirror_core.vocabulary import Part, Side

if TYPE_CHECKING:
    from conftest import Mannequin

SIZE = (256, 192)
GARMENTS = [path.stem for path in samples.garments()]
PERSONS = list(known.PERSONS)
TOPS = ["dress-floral", "dress-print", "tee-bloom", "top-floral"]


@dataclass(frozen=True)
class Worn:
    """A garment on a body, on the stage. cloth: (H, W) float32; pieces: piece -> (H, W)."""

    garment: Garment
    body: Body
    floor: float
    fit: GarmentFit
    pieces: dict[str, np.ndarray]

    @property
    def cloth(self) -> np.ndarray:
        return np.maximum.reduce(list(self.pieces.values()))

    def rows(self) -> tuple[int, int]:
        rows = np.flatnonzero((self.cloth > 0.5).any(1))
        return int(rows[0]), int(rows[-1])


def wear(garment: Garment, body: Body, floor: float) -> Worn:
    fit = fit_garment(garment, body, SIZE, floor)
    return Worn(garment, body, floor, fit, piece_coverage(fit, garment, SIZE))


def on_stage(person: Person) -> tuple[Body, float]:
    stage = person.stage(*SIZE)
    pose = person.pose.transformed(stage.scale, stage.offset)
    rows = np.flatnonzero((stage.crop(person.matte) > 0.5).any(1))
    return Body(pose.points.astype(float)), float(rows[-1])


@pytest.fixture(scope="module")
def worn(
    sample_garment: Callable[[str], Garment], sample_person: Callable[[str], Person]
) -> Callable[[str, str], Worn]:
    """garment, person -> that fit, made once."""
    made: dict[tuple[str, str], Worn] = {}

    def get(garment: str, person: str) -> Worn:
        if (garment, person) not in made:
            made[garment, person] = wear(sample_garment(garment), *on_stage(sample_person(person)))
        return made[garment, person]

    return get


def at(mask: np.ndarray, point: np.ndarray, reach: int = 4) -> float:
    """The highest value of a mask near a point."""
    x, y = np.round(point).astype(int)
    return float(mask[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].max())


@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize("garment", GARMENTS)
def test_cloth_lies_on_the_body_and_nowhere_else(worn: Callable[[str, str], Worn], garment: str, person: str) -> None:
    fitted = worn(garment, person)
    body, cloth = fitted.body, fitted.cloth
    assert fitted.fit.scale > 0
    top, bottom = fitted.rows()
    assert bottom <= fitted.floor + 3, "below the floor"
    assert top >= body.neck[1] - 0.10 * body.stature, "above the neck"
    figure = np.maximum.reduce([body.silhouette(part, SIZE) for part in Part])
    # A skirt stands away from the legs: below the waist the region is a cone about them.
    region = cv2.dilate((figure > 0.3).astype(np.uint8), np.ones((25, 25)))
    hip, fall = body.mid_hip, fitted.floor - body.mid_hip[1]
    cone = hip + np.array([(-30, -10), (30, -10), (85, fall + 6), (-85, fall + 6)])
    cv2.fillConvexPoly(region, cone.astype(np.int32), 1)
    outside = (cloth > 0.5) & (region == 0)
    assert outside.sum() <= 0.01 * (cloth > 0.5).sum()
    share = (cloth > 0.5).sum() / (figure > 0.5).sum()
    low, high = {"upper": (0.2, 0.8), "lower": (0.2, 1.4), "dress": (0.5, 2.2)}[fitted.garment.category]
    assert low < share < high


@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize("garment", TOPS)
def test_a_top_covers_the_chest_and_hangs_from_the_shoulders(
    worn: Callable[[str, str], Worn], garment: str, person: str
) -> None:
    fitted = worn(garment, person)
    body = fitted.body
    for share in (0.35, 0.5, 0.7):
        half = 0.8 * float(body.torso_half_width(share))
        for side in (-half, 0.0, half):
            assert at(fitted.pieces["body"], body.on_axis(share) + side * body.across_at(share), 0) > 0.8
    top = fitted.rows()[0]
    shoulders = np.mean([body.arm(side)[0][1] for side in Side])
    assert shoulders - 0.08 * body.stature < top < shoulders + 0.03 * body.stature
    # A wide neckline leaves the neck free, but somewhere between neck and tip each shoulder carries cloth.
    for side in Side:
        near, tip = body.neck_side(side), body.shoulder_tip(side)
        assert max(at(fitted.cloth, near + t * (tip - near)) for t in np.linspace(0, 1, 9)) > 0.5


def hem(fitted: Worn) -> float:
    return float(fitted.rows()[1])


@pytest.mark.parametrize("person", PERSONS)
def test_hems_are_in_their_order(worn: Callable[[str, str], Worn], person: str) -> None:
    top, dress = worn("tee-bloom", person), worn("dress-floral", person)
    trousers = worn("trousers-plaid", person)
    hips, knees = top.body.mid_hip[1], top.body.joints[[10, 13], 1].mean()
    assert hips - 0.2 * top.body.stature < hem(top) < knees
    assert hem(dress) > hem(top)
    assert hem(trousers) > knees
    assert hem(trousers) > top.body.joints[[11, 14], 1].min() - 0.12 * top.body.stature


@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize("garment", ["tee-bloom", "dress-floral"])
def test_sleeves_lie_on_the_arms(worn: Callable[[str, str], Worn], garment: str, person: str) -> None:
    fitted = worn(garment, person)
    for side in Side:
        sleeve = fitted.pieces[f"sleeve_{side}"] > 0.5
        assert sleeve.sum() > 40
        arm = cv2.dilate((fitted.body.silhouette(Part.arm(side), SIZE) > 0.3).astype(np.uint8), np.ones((15, 15)))
        assert (arm[sleeve] > 0).mean() > 0.85
        other = fitted.body.arm(side.other)[0]
        assert at(fitted.pieces[f"sleeve_{side}"], other, 6) == 0, "a sleeve on the other arm"


@pytest.mark.parametrize("person", PERSONS)
def test_trouser_legs_lie_on_their_own_legs(worn: Callable[[str, str], Worn], person: str) -> None:
    fitted = worn("trousers-plaid", person)
    for side in Side:
        knee = fitted.body.leg(side)[1]
        assert at(fitted.pieces[f"leg_{side}"], knee, 0) > 0.8
        assert at(fitted.pieces[f"leg_{side.other}"], knee, 0) < 0.2


@pytest.mark.parametrize(("length", "whole"), [(230, False), (520, True)])
def test_shorts_with_a_gathered_waist_are_no_trousers(mannequin: Mannequin, length: int, whole: bool) -> None:
    """A narrow elastic waist makes shorts look long for their width; the hips say what they are."""
    half = [(140, 20), (95, 120), (80, 20 + length), (170, 20 + length), (200, 165)]
    alpha = np.zeros((20 + length + 20, 400), np.uint8)
    cv2.fillPoly(alpha, [np.array(half + [(400 - x, y) for x, y in reversed(half)], np.int32)], 255)
    picture = np.dstack([np.full((*alpha.shape, 3), (60, 90, 170), np.uint8), alpha])
    shorts = replace(Garment.from_photo(picture, "lower"), flat=True)
    body = Body(mannequin.joints.astype(float))
    fit = wear(shorts, body, floor=240).fit
    leg = np.hypot(*np.diff(body.joints[[9, 10, 11]], axis=0).T).sum()
    assert (fit.lengths["leg_r"] > 0.8 * leg) == whole


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_size_of_the_garments_picture_does_not_matter(
    mannequin: Mannequin, sample_garment: Callable[[str], Garment], factor: float
) -> None:
    garment = sample_garment("tee-bloom")
    image = cv2.resize(garment.image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    landmarks = {name: (x * factor, y * factor) for name, (x, y) in garment.landmarks.items()}
    body = Body(mannequin.joints)
    one, other = wear(garment, body, 240), wear(Garment(image, "upper", landmarks), body, 240)
    assert other.fit.scale == pytest.approx(one.fit.scale / factor, rel=0.03)
    both = (one.cloth > 0.5) & (other.cloth > 0.5)
    assert both.sum() / ((one.cloth > 0.5) | (other.cloth > 0.5)).sum() > 0.95


def test_the_fit_goes_where_the_body_goes(mannequin: Mannequin, sample_garment: Callable[[str], Garment]) -> None:
    garment = sample_garment("top-floral")
    here = wear(garment, Body(mannequin.joints), 240).cloth
    there = wear(garment, Body(mannequin.joints + np.array((10.0, -4.0))), 236).cloth
    moved = np.abs(there[20:150, 40:160] - here[24:154, 30:150]) > 0.5
    assert moved.mean() < 0.005


@pytest.mark.parametrize("garment", ["dress-floral", "trousers-plaid"])
def test_the_appearance_flow_lands_on_the_garment(worn: Callable[[str, str], Worn], garment: str) -> None:
    fitted = worn(garment, "red-top")
    flow, cloth = garment_flow(fitted.fit, fitted.garment, SIZE)
    assert flow.shape == (2, *SIZE)
    assert np.isfinite(flow).all()
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    landing = np.stack([x + flow[0], y + flow[1]])[:, cloth > 0.5]
    assert (landing >= -1).all()
    assert (landing <= np.array([[SIZE[1]], [SIZE[0]]])).all()
