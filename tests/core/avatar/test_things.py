"""What is carried is told from clothes and hands, and becomes a piece of its own that goes with its hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from fashionmirror_core.avatar.avatar import build_avatar
from fashionmirror_core.avatar.clothing import Cover, without_hidden
from fashionmirror_core.avatar.dressing import behind_thing, build_layers
from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.avatar.things import is_thing, taken_out
from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.look import Look
from fashionmirror_core.person.labels import MASKS
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.person.things import Thing, carried, with_whole_things
from fashionmirror_core.person.undressing import removed_mask
from fashionmirror_core.vocabulary import Category, Part, Side

TEAL = np.array([20, 110, 120])


@dataclass(frozen=True)
class Bagged:
    """subject: with a bag in the right hand, of which the labels know a part. bag: (H, W) bool on the stage."""

    subject: Subject
    bag: np.ndarray


def with_label(subject: Subject, where: np.ndarray, name: str) -> Subject:
    """A subject of whom these pixels (H, W) bool have this label."""
    masks: dict[str, Any] = {
        each: np.where(where, np.float32(each == name), getattr(subject.parsing, each)) for each in MASKS
    }
    return replace(subject, parsing=replace(subject.parsing, **masks))


def things_of(subject: Subject) -> tuple[Thing, ...]:
    return carried(subject.image, subject.matte, subject.parsing, subject.body)


@pytest.fixture(scope="module")
def bagged(look: Look) -> Bagged:
    subject = look.subject
    stature = subject.body.stature
    x, y = subject.body.arm(Side.RIGHT)[2]
    rows, columns = np.indices(subject.size)
    bag = (np.abs(columns - x) < 0.085 * stature) & (np.abs(rows - y - 0.13 * stature) < 0.07 * stature)
    noise = np.random.default_rng(0).integers(-6, 7, (*subject.size, 3))
    image = np.where(bag[..., None], np.clip(TEAL + noise, 0, 255), subject.image).astype(np.uint8)
    matte = np.maximum(subject.matte, bag).astype(np.float32)
    parts = {part: np.where(bag, np.float32(part is Part.R_ARM), own) for part, own in subject.parts.items()}
    known = bag & (columns < x + 0.02 * stature)
    subject = with_label(replace(subject, image=image, matte=matte, parts=parts), bag, "lower")
    subject = with_label(subject, known, "accessory")
    return Bagged(replace(subject, things=things_of(subject)), bag)


def test_a_bag_is_found_whole_with_the_hand_that_holds_it(bagged: Bagged) -> None:
    (thing,) = bagged.subject.things
    assert (thing.mask & bagged.bag).sum() > 0.85 * (thing.mask | bagged.bag).sum()
    assert thing.hand is Side.RIGHT


def test_no_half_of_a_bag_goes_with_the_clothes(bagged: Bagged) -> None:
    """Or scraps of it would be left in the new ones."""
    subject = bagged.subject
    whole = with_whole_things(subject.parsing, subject.things, subject.matte)
    removed = removed_mask(whole, [Category.LOWER], subject.body)
    assert removed_mask(subject.parsing, [Category.LOWER], subject.body)[bagged.bag].mean() > 0.3
    assert removed[bagged.bag].mean() < 0.1
    assert (whole.stack().sum(0) <= np.maximum(subject.matte, subject.parsing.stack().sum(0)) + 1e-4).all()
    assert with_whole_things(subject.parsing, (), subject.matte) is subject.parsing


def test_a_hand_before_a_bag_is_none(bagged: Bagged) -> None:
    """It reaches farther than the arm's outline, and has the hue of leather."""
    subject = bagged.subject
    _, elbow, wrist = subject.body.arm(Side.RIGHT)
    middle = wrist + 0.035 * subject.body.stature * (wrist - elbow) / np.hypot(*(wrist - elbow))
    rows, columns = np.indices(subject.size)
    hand = np.hypot(columns - middle[0], rows - middle[1]) < 0.028 * subject.body.stature
    image = np.where(hand[..., None], subject.parsing.skin_color, subject.image).astype(np.uint8)
    matte = np.maximum(subject.matte, hand).astype(np.float32)
    (thing,) = things_of(with_label(replace(subject, image=image, matte=matte), hand, "arms"))
    assert (thing.mask & hand).sum() < 0.1 * hand.sum()


def test_what_is_worn_is_not_carried(look: Look) -> None:
    """A scarf, stockings, a belt, the shaft of a boot."""
    subject, body = look.subject, look.subject.body
    rows = np.indices(subject.size)[0]
    own = subject.matte > 0.5
    scarf = own & (np.abs(rows - body.neck[1]) < 0.04 * body.stature)
    belt = own & (np.abs(rows - body.mid_hip[1]) < 0.014 * body.stature)
    knees = max(body.leg(side)[1][1] for side in Side)
    shins = own & (rows > knees)
    shaft = own & (np.abs(rows - knees) < 0.06 * body.stature)
    for worn in (scarf, belt, shins, shaft):
        assert not things_of(with_label(subject, worn, "accessory"))


def test_what_a_thing_hid_goes_on_behind_it_and_hands_do_not() -> None:
    red, blue = (200, 20, 20, 255), (20, 20, 200, 255)
    picture = np.full((60, 60, 4), red, np.uint8)
    thing = np.zeros((60, 60), np.float32)
    thing[20:40, 20:40] = 1
    arm = np.zeros_like(picture)
    arm[20:40, 20:40] = blue
    nothing = np.zeros((60, 60), np.uint8)
    fronts = {"trunk": Texture(picture, nothing), "arm": Texture(arm, nothing)}
    visible = {"trunk": 1 - thing, "arm": thing}
    behind = {"trunk": thing > 0, "arm": np.zeros(thing.shape, bool)}
    found = taken_out(fronts, visible, thing, behind, 300.0)
    np.testing.assert_array_equal(found.picture[25:35, 25:35], np.broadcast_to(blue, (10, 10, 4)))
    assert found.picture[:15].max() == 0
    assert np.abs(fronts["trunk"].picture.astype(int) - red).max() <= 1
    assert fronts["arm"].picture.max() == 0


def test_clothes_go_on_behind_a_bag_only_where_they_may_be(bagged: Bagged) -> None:
    behind = behind_thing(bagged.subject, bagged.bag, np.zeros(bagged.bag.shape, np.float32))
    for part, mask in behind.items():
        assert not (mask > 0)[~bagged.bag].any()
        assert not part.is_arm or not mask.any()
    outside = bagged.bag & (np.indices(bagged.bag.shape)[1] < bagged.subject.body.arm(Side.RIGHT)[2][0])
    assert not np.sum([mask[outside] for mask in behind.values()]) > 0.2 * outside.sum()


def test_clothes_that_go_do_not_go_on_behind_a_bag(bagged: Bagged) -> None:
    """Or a piece of the old dress would be left where the bag was before it."""
    subject = bagged.subject
    removed = removed_mask(subject.parsing, [Category.DRESS], subject.body)
    behind = behind_thing(subject, bagged.bag, removed)
    stays = behind_thing(subject, bagged.bag, np.zeros_like(removed))
    assert stays[Part.TRUNK].sum() > 100
    assert behind[Part.TRUNK].sum() < 0.1 * stays[Part.TRUNK].sum()


@pytest.fixture(scope="module")
def surfaces(look: Look, bagged: Bagged) -> tuple[Surface, ...]:
    size = (look.person.image.shape[1], look.person.image.shape[0])
    bag = look.stage.uncrop(bagged.bag.astype(np.float32), size)
    image = np.where(bag[..., None] > 0.5, TEAL, look.person.image).astype(np.uint8)
    matte = np.maximum(look.person.matte, bag)
    removed = np.zeros(bagged.subject.size, np.float32)
    layers = build_layers(image, matte, look.stage, bagged.subject, removed, [Category.UPPER])
    return build_avatar(layers, bagged.subject, look.stage, look.avatar.body, removed, [Category.UPPER]).surfaces


def test_a_bag_is_rigid_goes_with_its_hand_and_has_a_side(surfaces: tuple[Surface, ...]) -> None:
    (bag,) = (surface for surface in surfaces if is_thing(surface.name))
    hand = (bag.weights * (bag.bones == Bone.R_HAND)).sum(1)
    np.testing.assert_allclose(hand, 1)
    width, _, depth = np.ptp(bag.vertices, axis=0)
    assert 0.1 * width < depth < 0.6 * width
    arm = next(surface for surface in surfaces if surface.name == Part.R_ARM)
    assert arm.vertices[:, 1].max() < bag.vertices[:, 1].mean(), "the hand holds none of it"


def test_new_clothes_hide_nothing_of_what_is_carried(surfaces: tuple[Surface, ...], look: Look) -> None:
    everywhere = np.full(look.person.image.shape[:2], 1e4, np.float32)
    cover = Cover(-everywhere, everywhere, np.zeros((0, 3)), np.zeros(0), 300.0)
    kept = without_hidden(surfaces, [cover])
    left = {surface.name: len(surface.triangles) for surface in kept}
    assert left[Part.TRUNK] == 0
    (bag,) = (surface for surface in surfaces if is_thing(surface.name))
    assert left[bag.name] == len(bag.triangles)


def test_a_patch_of_which_nothing_is_left_is_none(bagged: Bagged, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a thing reaches over may be another's already, or the background's."""
    nothing = np.zeros(bagged.bag.shape, bool)
    monkeypatch.setattr("fashionmirror_core.person.things._whole", lambda seed, seen: nothing)
    assert things_of(bagged.subject) == ()
