"""The removed mask takes along what would be left of the old clothes around it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fashionmirror_core.body.coordinates import BodyCoordinates
from fashionmirror_core.body.proportions import Body
from fashionmirror_core.look import Look
from fashionmirror_core.person.labels import MASKS, Parsing
from fashionmirror_core.person.limbs import limbs, wears_skirt
from fashionmirror_core.person.undressing import (
    CHIN,
    REST,
    RIM,
    TUCKED_SPINE,
    UNDER_JACKET,
    removed_mask,
    tidy_parts,
    tucked_in,
    under_closed,
    with_rests,
)
from fashionmirror_core.vocabulary import LEG_PARTS, Category, Part, Side


@pytest.fixture
def matte() -> np.ndarray:
    """A person who fills a rectangle."""
    matte = np.zeros((256, 192), np.float32)
    matte[20:240, 40:150] = 1
    return matte


def labelled(look: Look, **masks: np.ndarray) -> Parsing:
    nothing = np.zeros((256, 192), np.float32)
    return replace(look.subject.parsing, **{name: masks.get(name, nothing) for name in MASKS})


def test_the_rim_goes_along_but_for_what_is_the_persons_own(look: Look, matte: np.ndarray) -> None:
    body = look.subject.body
    removed = np.zeros_like(matte)
    removed[60:160, 60:130] = 1
    hair = np.zeros_like(matte)
    hair[20:60] = 1
    wider = with_rests(removed, labelled(look, hair=hair), matte, body)
    rim = max(1, round(RIM * body.stature))
    assert (wider >= removed).all()
    assert (wider[160 : 160 + rim, 60:130] == 1).all()
    assert wider[160 + rim :].max() == 0
    assert wider[:60].max() == 0, "hair above the clothes stays"


def test_small_pieces_beside_what_goes_go_and_others_stay(look: Look, matte: np.ndarray) -> None:
    body: Body = look.subject.body
    removed = np.where(matte > 0, 1, 0).astype(np.float32)
    side = int(0.8 * np.sqrt(REST) * body.stature)
    wide = int(3 * np.sqrt(REST) * body.stature)
    removed[100 : 100 + side, 60 : 60 + side] = 0
    removed[140 : 140 + wide, 60 : 60 + wide] = 0
    found = with_rests(removed, labelled(look), matte, body)
    assert found[100 : 100 + side, 60 : 60 + side].min() == 1
    assert found[140 + wide // 2, 60 + wide // 2] == 0


def test_where_nothing_goes_nothing_more_goes(look: Look, matte: np.ndarray) -> None:
    """A small figure that lies apart is no rest of clothes."""
    matte[20:240, 40:150] = 0
    matte[100:104, 100:104] = 1
    nothing = np.zeros_like(matte)
    np.testing.assert_array_equal(with_rests(nothing, labelled(look), matte, look.subject.body), nothing)


def test_a_coat_below_the_hips_is_no_part_of_the_legs(look: Look) -> None:
    subject = look.subject
    clothed = subject.matte * (1 - subject.parsing.shoes)
    rows = np.arange(256)[:, None]
    knees = float(np.mean([subject.body.leg(side)[1][1] for side in Side]))
    coat = labelled(look, upper=clothed * (rows < knees), lower=clothed * (rows >= knees))
    parts = limbs(subject.matte, look.pose, subject.image, coat)
    covered = (coat.upper > 0.9) & (rows < knees - 4)
    for part in LEG_PARTS:
        assert parts[part][covered].mean() < 0.02
        assert parts[part][rows[:, 0] > knees + 4].max() > 0.9


def test_a_crease_below_the_hips_leaves_no_flap_of_trousers_to_the_trunk(look: Look) -> None:
    subject = look.subject
    body, image = subject.body, subject.image.copy()
    rows, columns = np.indices(subject.size)
    crease = (np.abs(columns - body.mid_hip[0]) < 0.02 * body.stature) & (rows > body.mid_hip[1])
    crease &= rows < body.mid_hip[1] + 0.1 * body.stature
    image[crease] = 0
    trousers = np.where(rows > body.mid_hip[1], subject.matte * (1 - subject.parsing.shoes), 0).astype(np.float32)
    parts = limbs(subject.matte, look.pose, image, labelled(look, lower=trousers))
    low = crease & (rows > body.mid_hip[1] + 0.05 * body.stature) & (subject.matte > 0.9)
    assert low.sum() > 20
    assert parts[Part.TRUNK][low].mean() < 0.1


def test_the_outsides_of_wide_trousers_are_the_legs(look: Look) -> None:
    """A strong crease along each side is no edge of the trunk, which would be as deep there as both legs are wide."""
    subject = look.subject
    rows, columns = np.indices(subject.size)
    legs = [subject.body.leg(side) for side in Side]
    bones = np.stack([np.interp(rows[:, 0], leg[:, 1], leg[:, 0]) for leg in legs])
    below = (rows > subject.body.mid_hip[1]) & (rows < legs[0][2, 1])
    away = np.abs(columns[None] - bones[..., None]).min(0)
    wide = (below & (away < 0.075 * subject.body.stature)).astype(np.float32)
    wide[np.abs(columns - bones.mean(0)[:, None]) < 3] = 0
    wide[: int(subject.body.mid_hip[1])] = subject.matte[: int(subject.body.mid_hip[1])]
    image = subject.image.copy()
    image[(wide > 0) & below] = (60, 60, 80)
    image[below & (np.abs(away - 0.045 * subject.body.stature) < 1)] = 255
    parts = limbs(wide, look.pose, image, labelled(look, lower=wide * below))
    low = below & (wide > 0) & (rows > subject.body.mid_hip[1] + 0.08 * subject.body.stature)
    assert (parts[Part.TRUNK][low] > 0.5).mean() < 0.01


def test_shins_and_shoes_beside_the_bones_are_the_legs_under_a_skirt(look: Look) -> None:
    """Left to the trunk they would be a skirt down to the floor."""
    subject = look.subject
    rows, columns = np.indices(subject.size)
    legs = [subject.body.leg(side) for side in Side]
    knees, floor = float(np.mean([leg[1, 1] for leg in legs])), max(float(leg[2, 1]) for leg in legs) + 8
    middle, half = float(subject.body.mid_hip[0]), 0.14 * subject.body.stature
    person = subject.matte.copy()
    person[int(knees) :] = 0
    shins = (rows >= knees) & (rows < floor) & (np.abs(columns - middle) < half)
    person[shins] = 1
    skirt = np.where((rows > subject.body.mid_hip[1]) & (rows < knees), person, 0).astype(np.float32)
    shoes = (shins & (rows > floor - 8)).astype(np.float32)
    parts = limbs(person, look.pose, subject.image, labelled(look, lower=skirt, legs=shins - shoes, shoes=shoes))
    assert parts[Part.TRUNK][shins & (rows > knees + 2)].mean() < 0.05


@pytest.mark.parametrize(("end", "apart", "skirt"), [(0.5, 0, True), (0.5, 4, False), (0.98, 0, False)])
def test_a_skirt_is_closed_between_the_legs_and_ends_above_the_ankles(
    look: Look, end: float, apart: int, skirt: bool
) -> None:
    """end: of the legs, down to where cloth reaches. apart: pixels of the gap between the legs."""
    body = BodyCoordinates.from_pose(look.pose)
    rows, columns = np.indices(look.subject.size)
    legs = [look.subject.body.leg(side) for side in Side]
    hip, ankle = body.mid_hip[1], legs[0][2, 1]
    middle = np.interp(rows, [hip, ankle], [body.mid_hip[0], np.mean([leg[2, 0] for leg in legs])])
    width = 0.6 * body.unit if skirt or apart else 0.4 * body.unit
    cloth = (np.abs(columns - middle) < width / 2) & (rows >= hip) & (rows < hip + end * (ankle - hip))
    cloth &= (np.abs(columns - middle) >= apart / 2) | (rows < hip + 0.25 * body.unit)
    assert wears_skirt(labelled(look, lower=cloth.astype(np.float32)), body) == skirt


@pytest.mark.parametrize(("ankles", "skirt"), [(0.3, False), (0.65, True)])
def test_long_cloth_that_is_narrow_at_the_ankles_is_trousers(look: Look, ankles: float, skirt: bool) -> None:
    """Of one who walks, with no gap between the legs. ankles: width there, of that at the hips; a pencil skirt has more."""
    body = BodyCoordinates.from_pose(look.pose)
    rows, columns = np.indices(look.subject.size)
    leg = look.subject.body.leg(Side.LEFT)
    hip, ankle = body.mid_hip[1], leg[2, 1]
    down = np.clip((rows - hip) / (ankle - hip), 0, 1)
    width = 0.8 * body.unit * np.interp(down, [0, 0.5, 0.72], [1, 0.8, ankles])
    cloth = (np.abs(columns - body.mid_hip[0]) < width / 2) & (rows >= hip) & (down < 0.85)
    assert wears_skirt(labelled(look, lower=cloth.astype(np.float32)), body) == skirt


@pytest.mark.parametrize(("below", "over"), [(0.9, True), (0.6, False)])
def test_a_skirt_over_leggings_ends_at_its_hem_though_the_labels_part_them_nowhere(
    look: Look, below: float, over: bool
) -> None:
    """below: of the legs, down to where cloth goes on below the hem: a scrap of it is none."""
    subject, body = look.subject, BodyCoordinates.from_pose(look.pose)
    rows, columns = np.indices(subject.size)
    legs = [subject.body.leg(side) for side in Side]
    hip, ankle = body.mid_hip[1], legs[0][2, 1]
    hem = hip + 0.55 * (ankle - hip)
    bones = np.stack([np.interp(rows, leg[:, 1], leg[:, 0]) for leg in legs])
    leggings = (np.abs(columns - bones).min(0) < 0.1 * body.unit) & (rows < hip + below * (ankle - hip)) & (rows >= hem)
    skirt = (np.abs(columns - body.mid_hip[0]) < 0.7 * body.unit) & (rows >= hip) & (rows < hem)
    lower = (skirt | leggings).astype(np.float32)
    person = np.maximum(subject.matte, lower)
    parts = limbs(person, look.pose, subject.image, labelled(look, lower=lower))
    near = np.abs(rows - hem) < 6
    assert max(parts[part][skirt & ~near].mean() for part in LEG_PARTS) < 0.02
    if over:
        assert wears_skirt(labelled(look, lower=lower), body)
        assert parts[Part.TRUNK][leggings & ~near].mean() < 0.05


def test_a_bag_goes_with_the_hand_that_holds_it_and_tights_do_not(look: Look) -> None:
    subject = look.subject
    x, y = np.round(subject.body.arm(Side.LEFT)[2]).astype(int)
    things = np.zeros((256, 192), np.float32)
    things[y + 10 : y + 40, x - 10 : x + 10] = 1
    bag = things > 0
    ankle = subject.body.leg(Side.RIGHT)[2]
    things[int(ankle[1]) - 60 : int(ankle[1]) + 1, int(ankle[0]) - 3 : int(ankle[0]) + 3] = 1
    matte = np.maximum(subject.matte, things)
    tidied = tidy_parts(subject.parts, matte, labelled(look, accessory=things), subject.body)
    assert tidied[Part.L_ARM][bag].mean() > 0.9
    assert tidied[Part.R_ARM][things > 0].max() < 0.5
    assert tidied[Part.L_ARM][(things > 0) & ~bag].max() < 0.5


def test_the_top_of_an_old_dress_reaches_into_what_is_worn_over_it(look: Look, matte: np.ndarray) -> None:
    body = look.subject.body
    dress = replace(labelled(look, lower=matte), one_piece=1.0)
    kept = np.flatnonzero(tucked_in(dress, body).any(1))
    assert kept[-1] == int(np.ceil(body.on_axis(TUCKED_SPINE)[1])) - 1
    assert not tucked_in(replace(dress, one_piece=0.2), body).any()


def test_a_closed_jacket_leaves_the_upper_end_of_a_top_and_all_of_a_dress(look: Look, matte: np.ndarray) -> None:
    body = look.subject.body
    line = int(body.on_axis(UNDER_JACKET)[1])
    top = np.zeros_like(matte)
    top[60 : line + 40, 60:130] = 1
    worn = labelled(look, upper=top)
    gone = under_closed(replace(worn, one_piece=0.0), body)
    assert gone[: line - 1].max() == 0
    assert (gone[line + 3 : line + 38, 62:128] == 1).all()
    assert under_closed(replace(worn, one_piece=1.0), body).max() == 0


def test_a_scarf_goes_with_the_top_and_a_necklace_stays(look: Look) -> None:
    body = look.subject.body
    rows, columns = np.indices(look.subject.size)
    low = 0.5 * (body.nose[1] + body.neck[1])
    aside = np.abs(columns - body.neck[0]) < 0.05 * body.stature
    wound = (aside & (np.abs(rows - low) < 0.03 * body.stature)).astype(np.float32)
    necklace = (aside & (np.abs(rows - low) < 1)).astype(np.float32)
    shades = (aside & (np.abs(rows - body.nose[1]) < 0.01 * body.stature)).astype(np.float32)
    below_chin = rows > CHIN * body.nose[1] + (1 - CHIN) * body.neck[1] + 1
    gone = removed_mask(labelled(look, accessory=wound), [Category.UPPER], body)
    assert gone[(wound > 0) & below_chin].min() == 1
    assert removed_mask(labelled(look, accessory=wound), [Category.LOWER], body).max() == 0
    for kept in (necklace, shades):
        assert removed_mask(labelled(look, accessory=kept), [Category.UPPER], body).max() == 0


def test_a_belt_goes_with_the_trousers_and_a_bag_before_the_hips_stays(look: Look) -> None:
    body = look.subject.body
    rows, columns = np.indices(look.subject.size)
    across = np.abs(columns - body.mid_hip[0]) < 0.08 * body.stature
    aslant = body.mid_hip[1] - 0.03 * body.stature + 0.2 * (columns - body.mid_hip[0])
    worn = (across & (np.abs(rows - aslant) < 0.012 * body.stature)).astype(np.float32)
    bag = (across & (np.abs(rows - aslant) < 0.06 * body.stature)).astype(np.float32)
    assert removed_mask(labelled(look, accessory=worn), [Category.LOWER], body)[worn > 0].mean() > 0.95
    assert removed_mask(labelled(look, accessory=worn), [Category.UPPER], body).max() == 0
    assert removed_mask(labelled(look, accessory=bag), [Category.LOWER], body).max() == 0
