"""Dressing: the old clothes go, the new ones come in their own colours, face and hands stay the photo's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import known
import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from fashionmirror_core import skeleton
from fashionmirror_core.avatar.dressing import (
    DressedPart,
    invented_skin,
    stockings,
    with_both_feet,
)
from fashionmirror_core.body.proportions import Body
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.look import Look
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.person.labels import MASKS, Parsing
from fashionmirror_core.person.limbs import limbs
from fashionmirror_core.person.person import Person
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.undressing import removed_mask, tidy_parts
from fashionmirror_core.skeleton import Joint
from fashionmirror_core.tryon import TryOn, _inside_out
from fashionmirror_core.vocabulary import Category, Part, Side
from tests.core.conftest import Mannequin

PERSONS = list(known.PERSONS)


def disc(look: Look, center: np.ndarray, radius: float) -> np.ndarray:
    """(H, W) bool about a point of the photo; the radius in statures."""
    mask = np.zeros(look.person.image.shape[:2], np.uint8)
    cv2.circle(mask, tuple(int(v) for v in np.round(center)), max(1, round(radius * look.person.pose.height)), 1, -1)
    return mask > 0


def inner(look: Look) -> np.ndarray:
    """(H, W) bool: the person less a soft edge."""
    return cv2.erode((look.person.matte > 0.95).astype(np.uint8), np.ones((3, 3))) > 0


def change(look: Look, where: np.ndarray) -> float:
    """Mean absolute difference between the still and the photo, grey levels."""
    return float(np.abs(look.still[where].astype(int) - look.person.image[where]).mean())


def red_cloth(image: np.ndarray) -> np.ndarray:
    """(H, W) bool: the red top of the built-in person."""
    red, green, blue = (image[..., k].astype(int) for k in range(3))
    return (red - green > 70) & (red - blue > 20) & (red > 110)


def green_cloth(image: np.ndarray) -> np.ndarray:
    """(H, W) bool: that person's trousers."""
    red, green, blue = (image[..., k].astype(int) for k in range(3))
    return (green - red > 15) & (green - blue > 40)


def difference(pixels: np.ndarray, others: np.ndarray) -> float:
    """CIEDE2000 between the mean colours of two sets of RGB pixels (n, 3)."""
    means = [rgb2lab(values.reshape(-1, 1, 3) / 255.0).mean((0, 1)) for values in (pixels, others)]
    return float(deltaE_ciede2000(*means))


# --- what goes --------------------------------------------------------------------------------------------------------


def test_the_removed_mask_covers_what_the_garment_replaces(dressed: Callable[..., Look]) -> None:
    photo = dressed("red-top", "dress-floral").person.image
    top, trousers = red_cloth(photo), green_cloth(photo)
    assert min(top.sum(), trousers.sum()) > 2000
    for garment, covers_top, covers_trousers in (
        ("dress-floral", True, True),
        ("tee-bloom", True, False),
        ("skirt-navy", False, True),
    ):
        removed = dressed("red-top", garment).removed_mask
        assert removed.shape == photo.shape[:2]
        assert removed.min() >= 0
        assert removed.max() <= 1
        for cloth, covered in ((top, covers_top), (trousers, covers_trousers)):
            share = float(removed[cloth].mean())
            assert (share > 0.85) if covered else (share < 0.15), (garment, share)


def test_nothing_of_the_old_clothes_remains(dressed: Callable[..., Look]) -> None:
    look = dressed("red-top", "dress-red")
    bare = look.clothing_mask < 0.02
    before = green_cloth(look.person.image).sum()
    assert (green_cloth(look.still) & bare).sum() < 0.02 * before
    look = dressed("red-top", "dress-floral")
    bare = look.clothing_mask < 0.02
    assert (red_cloth(look.still) & bare).sum() < 0.02 * red_cloth(look.person.image).sum()


def test_what_the_garment_does_not_replace_stays(dressed: Callable[..., Look]) -> None:
    look = dressed("red-top", "tee-bloom")
    kept = cv2.erode((green_cloth(look.person.image) & (look.clothing_mask == 0)).astype(np.uint8), np.ones((5, 5))) > 0
    assert kept.sum() > 1000
    assert change(look, kept) < 4


def test_a_painted_mask_replaces_the_found_one(
    tryon: TryOn, sample_person: Callable[[str], Person], sample_garment: Callable[[str], Garment]
) -> None:
    person = sample_person("red-top")
    nothing = np.zeros(person.image.shape[:2], np.float32)
    look = tryon.prepare(person, sample_garment("tee-bloom"), removed=nothing)
    assert look.removed_mask is nothing
    bare = look.clothing_mask < 0.02
    assert (red_cloth(look.still) & bare).sum() > 500, "the long sleeves stay where nothing was painted"


def test_trousers_go_on_up_to_the_waist_under_a_coat_that_goes(
    tryon: TryOn, sample_person: Callable[[str], Person], sample_garment: Callable[[str], Garment]
) -> None:
    """A coat hid them, and the new top is shorter: what comes to light there is no skin."""
    person, tee = sample_person("red-top"), sample_garment("tee-bloom")
    points, rows = person.pose.points, np.arange(len(person.matte))[:, None]
    thigh = 0.5 * (points[Joint.MID_HIP, 1] + points[[Joint.R_KNEE, Joint.L_KNEE], 1].mean())
    coat = ((person.matte > 0.5) & (rows < thigh) & (rows > points[Joint.NECK, 1])).astype(np.float32)
    look = tryon.prepare(person, tee, removed=coat)
    bare = inner(look) & (look.clothing_mask < 0.02) & (coat > 0)
    hips = bare & (rows > points[Joint.MID_HIP, 1]) & (rows < thigh)
    for knee, hip in ((Joint.R_KNEE, Joint.R_HIP), (Joint.L_KNEE, Joint.L_HIP)):
        thighs = hips & disc(look, 0.3 * points[knee] + 0.7 * points[hip], 0.02)
        assert thighs.sum() > 20
        own = green_cloth(person.image) & inner(look) & (rows > thigh)
        assert difference(look.still[thighs], person.image[own]) < 8


def test_a_top_is_tucked_into_the_trousers_that_stay(
    tryon: TryOn, sample_person: Callable[[str], Person], sample_garment: Callable[[str], Garment]
) -> None:
    """Nothing of it is seen below their waist, from before, the side and behind; it had hung half inside of them."""
    person, tee = sample_person("red-top"), sample_garment("tee-bloom")
    over, tucked = (tryon.prepare(person, tee, tailoring=Tailoring(hem_by=0.12, tucked=wish)) for wish in (None, True))
    waist = tucked.drape.form.waist
    assert waist is not None
    assert over.drape.form.waist == waist
    row = round(float(tucked.drape.mannequin.space.outward(np.array([0.0, waist, 0.0]))[1]))
    low = np.arange(len(person.matte))[:, None] > row + 0.012 * person.pose.height
    for angle in (0, 90, 180):
        drawings = [look.renderer.draw(look.turned(angle)) for look in (over, tucked)]
        seen = [(drawing.clothing_mask > 0.5) & low for drawing in drawings]
        assert seen[1].sum() < 0.1 * seen[0].sum()  # what stands out at the back's hollow, above the hips
        above = [(drawing.clothing_mask > 0.5) & ~low for drawing in drawings]
        assert above[1].sum() > 0.9 * above[0].sum()
    middle = np.abs(np.arange(person.matte.shape[1]) - person.pose.points[Joint.MID_HIP, 0]) < 0.03 * person.pose.height
    shown = low & middle & (over.clothing_mask > 0.9)
    own = green_cloth(person.image) & inner(tucked)
    assert difference(tucked.still[shown], person.image[own]) < 8


def test_there_is_no_waist_where_no_trousers_stay(dressed: Callable[..., Look]) -> None:
    assert dressed("red-top", "skirt-navy").drape.form.waist is None
    assert dressed("striped-dress", "dress-red").drape.form.waist is None


def with_things(look: Look, things: np.ndarray) -> Parsing:
    """What was seen of the person, but for things (H, W) bool that are no clothes."""
    parsing = look.subject.parsing
    rest = {name: getattr(parsing, name) * ~things for name in MASKS if name != "accessory"}
    return replace(parsing, accessory=things.astype(np.float32), **rest)


def test_a_bag_goes_with_the_hand_that_holds_it_and_tights_with_the_legs(dressed: Callable[..., Look]) -> None:
    look = dressed("red-top", "tee-bloom")
    matte, joints = look.subject.matte, look.pose.points
    raw = limbs(matte, look.pose, look.subject.image, look.subject.parsing)
    wrist = joints[Joint.R_WRIST]
    rows, columns = np.indices(matte.shape)
    below = (np.abs(columns - wrist[0]) < 7) & (rows > wrist[1]) & (rows < wrist[1] + 30)
    legs = np.maximum(raw["r_leg"], raw["l_leg"]) > 0.5
    bag = below & ~legs
    solid = np.maximum(matte, bag).astype(np.float32)
    raw["trunk"] = np.maximum(raw["trunk"], bag * (1 - np.maximum.reduce([raw[part] for part in Part])))
    parts = tidy_parts(raw, solid, with_things(look, bag), look.subject.body)
    assert parts["r_arm"][bag].mean() > 0.7
    tights = legs & (matte > 0.5)
    parts = tidy_parts(raw, matte, with_things(look, tights), look.subject.body)
    assert np.maximum(parts["r_leg"], parts["l_leg"])[tights].mean() > 0.8
    scarf = (rows > joints[Joint.NECK, 1] - 8) & (rows < joints[Joint.NECK, 1] + 8) & (matte > 0.5)
    parts = tidy_parts(raw, matte, with_things(look, scarf & (raw["trunk"] > 0.5)), look.subject.body)
    assert parts["trunk"][scarf & (raw["trunk"] > 0.5)].mean() > 0.9


def test_an_invented_arm_has_the_persons_tone_and_only_near_the_hand_the_hands(dressed: Callable[..., Look]) -> None:
    """A hand in coloured light doesn't dye the whole arm."""
    look = dressed("red-top", "dress-red")
    subject, joints = look.subject, look.pose.points
    rows, columns = np.indices(subject.size)
    wrist, shoulder = joints[Joint.R_WRIST], joints[Joint.R_SHOULDER]
    hand = (np.hypot(columns - wrist[0], rows - wrist[1]) < 7) & (subject.parts["r_arm"] > 0.9)
    assert hand.sum() > 60
    image = subject.image.copy()
    image[hand] = (60, 60, 220)
    arms = np.where(hand, 1, 0).astype(np.float32)
    blue = replace(subject, image=image, parsing=replace(subject.parsing, arms=arms))
    skin = invented_skin(blue, Part.R_ARM)

    def blueness(point: np.ndarray) -> float:
        x, y = np.round(point).astype(int)
        return float(skin[y, x, 2] - skin[y, x, 0])

    assert blueness(wrist) > 60
    assert blueness(0.8 * shoulder + 0.2 * joints[Joint.R_ELBOW]) < 0


def test_tights_go_on_under_a_skirt_that_goes_and_socks_do_not(look: Look) -> None:
    subject, body = look.subject, look.subject.body
    rows = np.indices(subject.size)[0]
    _, knee, ankle = body.leg(Side.LEFT)[:3]
    leg = subject.parts[Part.L_LEG] > 0.5
    skirt = (leg & (rows < knee[1] - 5)).astype(np.float32)
    image = np.where((leg & (skirt == 0))[..., None], np.uint8([40, 20, 90]), subject.image)

    def wearing(seen: np.ndarray, bare: np.ndarray) -> np.ndarray | None:
        parsing = replace(subject.parsing, accessory=seen.astype(np.float32), legs=bare.astype(np.float32))
        return stockings(replace(subject, image=image, parsing=parsing), Part.L_LEG, skirt)

    shin = leg & (skirt == 0)
    tights = wearing(shin, shin & False)
    assert tights is not None
    np.testing.assert_allclose(tights[skirt > 0].mean(0), [40, 20, 90], atol=2)
    high = rows > knee[1] + 0.2 * (ankle[1] - knee[1])
    assert wearing(shin & high, shin & ~high) is None, "there is bare skin above them"
    low = rows > knee[1] + 0.7 * (ankle[1] - knee[1])
    assert wearing(shin & low, shin & False) is None, "trousers went on down to them"


def test_no_guessed_body_is_seen_beside_a_dress(
    tryon: TryOn, sample_person: Callable[[str], Person], sample_garment: Callable[[str], Garment]
) -> None:
    """A coat that stood off the body goes: along the narrower dress lies the background, and no strip of skin."""
    person, dress = sample_person("red-top"), sample_garment("dress-red")
    points, rows = person.pose.points, np.arange(len(person.matte))[:, None]
    waist, knee = points[Joint.MID_HIP, 1], points[[Joint.R_KNEE, Joint.L_KNEE], 1].min()
    coat = ((person.matte > 0.5) & (rows < knee) & (rows > points[Joint.NECK, 1])).astype(np.float32)
    look = tryon.prepare(person, dress, removed=coat)
    names = look.at_rest.names
    arms = np.isin(look.at_rest.part, [index for index, name in enumerate(names) if "_arm" in name])
    solid = (look.at_rest.image[..., 3] > 128) & ~arms
    skirt = look.clothing_mask > 0.5
    for row in np.linspace(waist, waist + 0.5 * (knee - waist), 5).astype(int):
        columns = np.flatnonzero(skirt[row])
        assert len(columns) > 10
        beside = np.r_[solid[row, : columns[0] - 2], solid[row, columns[-1] + 3 :]]
        assert beside.sum() <= 4, row


def test_a_short_sleeve_is_the_arms_and_a_rim_of_cloth_is_not(dressed: Callable[..., Look]) -> None:
    look = dressed("tank-top", "tee-bloom")
    matte, joints, parsing = look.subject.matte, look.pose.points, look.subject.parsing
    raw = limbs(matte, look.pose, look.subject.image, parsing)
    arm = raw["r_arm"] > 0.5
    shoulder, elbow = joints[Joint.R_SHOULDER], joints[Joint.R_ELBOW]
    rows = np.arange(len(matte))[:, None]
    sleeve = arm & (rows < shoulder[1] + 0.5 * (elbow[1] - shoulder[1]))
    inner_edge = arm & ~np.roll(arm, -3, axis=1)
    rim = inner_edge & (rows > elbow[1] - 0.4 * (elbow[1] - shoulder[1])) & (rows < elbow[1] + 5)
    for cloth, part in ((sleeve, "r_arm"), (rim, "trunk")):
        assert cloth.sum() > 15
        masks = {name: getattr(parsing, name) * ~cloth for name in MASKS if name != "upper"}
        masks["arms"] = np.where(arm & ~cloth, matte, masks["arms"])
        worn = replace(parsing, upper=np.where(cloth, matte, parsing.upper * ~arm).astype(np.float32), **masks)
        assert tidy_parts(raw, matte, worn, look.subject.body)[part][cloth].mean() > 0.6, part


def test_feet_under_trousers_that_reach_the_ground_stay_shod(dressed: Callable[..., Look]) -> None:
    """A foot can't be invented: the end of the trousers stands in for a shoe. Where shoes are seen all of them go."""
    look = dressed("red-top", "dress-red")
    parsing, joints = look.subject.parsing, look.pose.points
    bare = {name: getattr(parsing, name) for name in MASKS}
    below = np.arange(look.subject.size[0])[:, None] > joints[[Joint.R_KNEE, Joint.L_KNEE], 1].mean()
    gown = np.where(below, look.subject.matte, parsing.lower).astype(np.float32)
    hidden = replace(parsing, **(bare | {"shoes": 0 * gown, "legs": 0 * gown, "lower": gown, "accessory": 0 * gown}))
    feet = np.zeros(look.subject.size, np.uint8)
    for toe, heel in ((Joint.R_BIG_TOE, Joint.R_HEEL), (Joint.L_BIG_TOE, Joint.L_HEEL)):
        cv2.line(feet, *(tuple(np.round(joints[k]).astype(int).tolist()) for k in (toe, heel)), (1,), 3)
    inside = (feet > 0) & (look.subject.matte > 0.9)
    assert inside.sum() > 20
    assert removed_mask(hidden, [Category.DRESS], look.subject.body)[inside].max() < 0.1
    raw = limbs(look.subject.matte, look.pose, look.subject.image, parsing)
    gowned = {part: raw[part] * ~below for part in Part} | {"trunk": np.maximum(raw["trunk"], gown)}
    parts = tidy_parts(gowned, look.subject.matte, hidden, look.subject.body)
    assert np.maximum(parts["r_leg"], parts["l_leg"])[inside].mean() > 0.7
    seen = replace(hidden, shoes=np.where(feet > 0, look.subject.matte, 0).astype(np.float32))
    shank = np.round((joints[Joint.R_KNEE] + joints[Joint.R_ANKLE]) / 2).astype(int)
    assert removed_mask(seen, [Category.DRESS], look.subject.body)[shank[1], shank[0]] > 0.9


# --- what stays -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("garment", ["dress-floral", "tee-bloom"])
@pytest.mark.parametrize("person", PERSONS)
def test_the_face_is_the_photos_own(dressed: Callable[..., Look], person: str, garment: str) -> None:
    look = dressed(person, garment)
    pose = look.person.pose.points
    assert change(look, disc(look, pose[list(skeleton.HEAD)].mean(0), 0.03)) < 3


@pytest.mark.parametrize("garment", ["tee-bloom", "dress-floral"])
@pytest.mark.parametrize("person", PERSONS)
def test_hands_are_the_photos_own(dressed: Callable[..., Look], person: str, garment: str) -> None:
    look = dressed(person, garment)
    pose = look.person.pose.points
    for elbow, wrist in ((3, 4), (6, 7)):
        hand = pose[wrist] + 0.28 * (pose[wrist] - pose[elbow])
        seen = disc(look, hand, 0.014) & inner(look)
        assert seen.sum() > 5
        assert change(look, seen) < 10


@pytest.mark.parametrize("person", PERSONS)
def test_shoes_are_the_photos_own(dressed: Callable[..., Look], person: str) -> None:
    look = dressed(person, "tee-bloom")
    for toe in (19, 22):
        seen = disc(look, look.person.pose.points[toe] - (0, 4), 0.012) & inner(look)
        assert seen.sum() > 5
        assert change(look, seen) < 3


def test_the_background_stays_where_the_person_is_not(dressed: Callable[..., Look]) -> None:
    look = dressed("red-top", "tee-bloom")
    away = cv2.dilate((look.person.matte > 0).astype(np.uint8), np.ones((31, 31))) == 0
    away &= look.clothing_mask == 0
    away[-60:] = False  # the shoes' shadow is laid anew
    assert change(look, away) < 1


# --- what comes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "garment"), [("red-top", "skirt-navy"), ("red-top", "dress-red"), ("tank-top", "skirt-mint")]
)
def test_a_plain_garment_keeps_its_colour(dressed: Callable[..., Look], person: str, garment: str) -> None:
    look = dressed(person, garment)
    picture = look.garments[0].image
    own = picture[..., :3][picture[..., 3] > 250]
    assert difference(look.still[look.clothing_mask > 0.98], own) < 4


def test_the_colour_does_not_drift_along_the_clip(dressed: Callable[..., Look], tryon: TryOn) -> None:
    look = dressed("red-top", "dress-red")
    still = look.still[look.clothing_mask > 0.98]
    for frame in list(tryon.render(look, Motion.template("catwalk").take(40)))[::13]:
        assert difference(frame.image[frame.clothing_mask > 0.98], still) < 1.5


def test_the_clothing_mask_lies_within_the_cloth_that_is_drawn(dressed: Callable[..., Look]) -> None:
    look = dressed("red-top", "dress-floral")
    reach = look.cloth_of(look.at_rest)[..., 3] / 255
    assert (look.clothing_mask <= reach + 0.02).all()
    assert 0.1 < look.clothing_mask.mean() < 0.5


def test_a_top_lies_over_a_skirt_whatever_their_order(
    dressed: Callable[..., Look], sample_garment: Callable[[str], Garment]
) -> None:
    one = dressed("red-top", "tee-bloom", "skirt-navy")
    assert [garment.category for garment in one.garments] == ["lower", "upper"]
    assert _inside_out(one.garments, ()) == _inside_out([sample_garment("tee-bloom"), sample_garment("skirt-navy")], ())
    photo = one.person.image
    for cloth in (red_cloth(photo), green_cloth(photo)):
        assert one.removed_mask[cloth].mean() > 0.85
    pose = one.person.pose.points
    skirt = one.garments[0].image
    navy = skirt[..., :3][skirt[..., 3] > 250]
    thighs = disc(one, (pose[9] + pose[12]) / 2 * 0.7 + (pose[10] + pose[13]) / 2 * 0.3, 0.02)
    chest = disc(one, 0.6 * pose[1] + 0.4 * pose[8], 0.02)
    assert difference(one.still[thighs], navy) < 6
    assert difference(one.still[chest], navy) > 15


@pytest.mark.parametrize("person", PERSONS)
def test_the_surfaces_pictures_are_premultiplied(dressed: Callable[..., Look], person: str) -> None:
    look = dressed(person, "dress-floral")
    for surface in (*look.avatar.surfaces, *(each for worn in look.clothes for each in worn.surfaces)):
        picture = surface.texture.picture
        assert picture.dtype == np.uint8
        assert picture.shape[2:] == (4,)
        assert (picture[..., :3].max(-1).astype(int) <= picture[..., 3].astype(int) + 1).all(), surface.name


def test_a_foot_that_stands_in_for_a_hidden_one_ends_with_the_photo(mannequin: Mannequin) -> None:
    """Left foot seen, right foot hidden, the photo's lower edge right below them."""
    height, width = 232, 192
    parts = {}
    for part in Part:
        human = np.zeros((height, width, 4), np.uint8)
        if part == "l_leg":
            human[130:, 100:125] = 255
        parts[part] = DressedPart((0, 0, width, height), human)
    stage = Stage(256, 192, 1.0, (0.0, 0.0))
    found = with_both_feet(parts, stage, Body(mannequin.joints), (width, height))["r_leg"]
    x0, y0, x1, y1 = found.box
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height
    assert found.human.shape == (y1 - y0, x1 - x0, 4)
    assert found.human[..., 3].any()
