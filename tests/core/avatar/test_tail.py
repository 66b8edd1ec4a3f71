"""A ponytail: found beside the neck by its colour, and hung behind the head."""

from __future__ import annotations

import numpy as np
import pytest

from fashionmirror_core.avatar.skull import EAR, normals_of
from fashionmirror_core.avatar.tail import BesideNeck, Tail, hanging_tail, tail_of

STATURE, HALF = 1000.0, 50.0
SKIN, BROWN, GREY = np.array([215.0, 165.0, 140.0]), (70, 45, 30), (205, 205, 205)
Color = tuple[int, int, int]
EAR_HALF = EAR * STATURE


def beside_neck(background: Color = GREY, tail: Color | None = BROWN) -> BesideNeck:
    """A head with dark hair above a neck, and a strip of ``tail`` at the neck's right."""
    x, y = np.arange(-200.0, 200.0), np.arange(-110.0, 190.0)
    across, down = np.meshgrid(x, y)
    image = np.full((len(y), len(x), 3), background, np.uint8)
    head = np.hypot(across / HALF, down / 70) < 1
    neck = (np.abs(across) < 35) & (down > 0)
    image[head | neck] = SKIN
    hair = (np.hypot(across / 55, down / 80) < 1) & (down < -20)
    image[hair] = BROWN
    strip = (across > 33) & (across < 43) & (down > 20) & (down < 110)
    if tail is not None:
        image[strip] = tail
    return BesideNeck(image, hair.astype(np.float32), hair, ~(head | neck | hair | strip), x, y, HALF)


def test_a_strip_of_the_hairs_colour_beside_the_neck_is_a_ponytail() -> None:
    photo = beside_neck()
    found = hanging_tail(photo, SKIN, STATURE)
    y, x = np.nonzero(found)
    assert 15 <= photo.y[y].min() <= 25
    assert 105 <= photo.y[y].max() <= 112
    assert photo.x[x].min() >= 32
    assert photo.x[x].max() <= 44


def tail(photo: BesideNeck, found: np.ndarray) -> Tail | None:
    """On a nape that is 60 pixels behind the ears everywhere."""
    brown, random = np.array(BROWN, float), np.random.default_rng(0)
    return tail_of(found, photo.x, photo.y, EAR_HALF, STATURE, lambda y: np.full(len(y), 60.0), brown, 0.05, random)


@pytest.mark.parametrize(("background", "tail"), [(GREY, None), (BROWN, BROWN), (GREY, (190, 140, 115)), (GREY, GREY)])
def test_neither_skin_nor_a_background_like_hair_is_one(
    background: tuple[int, int, int], tail: tuple[int, int, int]
) -> None:
    assert not hanging_tail(beside_neck(background, tail), SKIN, STATURE).any()


def test_it_hangs_behind_the_neck_down_to_where_the_photo_shows_its_end() -> None:
    photo = beside_neck()
    found = hanging_tail(photo, SKIN, STATURE)
    own = tail(photo, found)
    assert own is not None
    assert 105 < own.vertices[:, 1].max() < 120
    low = own.vertices[own.vertices[:, 1] > 60]
    assert low[:, 0].min() > 0  # on its side
    assert abs(low[:, 0].max() - 43) < 5
    assert low[:, 2].mean() > 60
    middle = own.vertices[:, [0, 2]] - np.array([own.vertices[:, 0].mean(), own.vertices[:, 2].mean()])
    outward = (normals_of(own.vertices, own.triangles)[:, [0, 2]] * middle).sum(1)
    assert (outward > 0).mean() > 0.7
    assert own.picture[0, :, 3].min() == 255
    assert own.picture[-1, :, 3].mean() < 110  # strands end one by one


def test_short_hair_has_none() -> None:
    photo = beside_neck()
    assert tail(photo, np.zeros(photo.hair.shape, bool)) is None
