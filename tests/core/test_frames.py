"""Frames of a look: the same whoever asks, before any background, with masks and flows that fit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fashionmirror_core.look import Frame, Look
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.tryon import TryOn


def test_the_still_stands_before_another_background(look: Look) -> None:
    clear, white = look.still_before("transparent"), look.still_before("white")
    assert clear.shape == (*look.still.shape[:2], 4)
    nobody = clear[..., 3] == 0
    knees = int(look.person.pose.points[[10, 13], 1].min())
    assert (white[:knees][nobody[:knees]] == 255).all(), "only feet cast a shadow"
    whole = clear[..., 3] == 255
    np.testing.assert_array_equal(white[whole], look.still[whole])


def frames(tryon: TryOn, look: Look, walk: Motion, **options: object) -> list[Frame]:
    return list(tryon.render(look, walk, **options))  # type: ignore[arg-type]


def test_two_renderings_are_the_same_to_the_bit(tryon: TryOn, look: Look, walk: Motion) -> None:
    first, second = frames(tryon, look, walk), frames(tryon, look, walk)
    assert len(first) == len(walk)
    for a, b in zip(first, second, strict=True):
        assert a.image.tobytes() == b.image.tobytes()
        assert a.clothing_mask.tobytes() == b.clothing_mask.tobytes()
        assert a.flow.tobytes() == b.flow.tobytes()


def test_a_look_prepared_again_gives_the_same_frames(tryon: TryOn, look: Look, walk: Motion) -> None:
    again = tryon.prepare(look.person, look.garments)
    assert again.still.tobytes() == look.still.tobytes()
    assert frames(tryon, again, walk)[3].image.tobytes() == frames(tryon, look, walk)[3].image.tobytes()


def test_a_transparent_background_has_alpha_and_the_same_person(tryon: TryOn, look: Look, walk: Motion) -> None:
    clear = frames(tryon, look, walk, background="transparent")[3].image
    white = frames(tryon, look, walk, background="white")[3].image
    assert clear.shape == (*white.shape[:2], 4)
    alpha = clear[..., 3:].astype(float) / 255
    assert (alpha[:, :5] == 0).all()
    assert (alpha == 1).mean() > 0.1
    laid = clear[..., :3] * alpha + 255 * (1 - alpha)
    knees = int(look.person.pose.points[[10, 13], 1].min())
    np.testing.assert_allclose(laid[:knees], white[:knees], atol=2.5)
    assert (white <= laid + 2.5).all(), "a shadow only darkens"


def test_backgrounds_are_seen_where_nobody_is(tryon: TryOn, look: Look, walk: Motion) -> None:
    height, width = look.person.image.shape[:2]
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    nobody = frames(tryon, look, walk, background="transparent")[-1].image[..., 3] == 0  # who has left the photo's pose
    assert nobody.mean() > 0.3
    for background, expected in (("white", np.full_like(picture, 255)), ("keep", look.plate), (picture, picture)):
        image = frames(tryon, look, walk, background=background)[-1].image
        knees = int(look.person.pose.points[[10, 13], 1].min())  # feet cast a shadow
        np.testing.assert_array_equal(image[:knees][nobody[:knees]], expected[:knees][nobody[:knees]])


@pytest.mark.parametrize("size", [(40, 40), (30, 200), (1000, 300), (1, 1)], ids=str)
def test_a_background_of_any_shape_covers_the_frame(
    tryon: TryOn, look: Look, walk: Motion, size: tuple[int, int]
) -> None:
    picture = np.full((size[1], size[0], 3), (10, 200, 30), np.uint8)
    image = next(tryon.render(look, walk, background=picture)).image
    assert image.shape == look.person.image.shape
    np.testing.assert_array_equal(image[0, 0], (10, 200, 30))
    np.testing.assert_array_equal(image[-1, -1], (10, 200, 30))


def test_the_flow_of_a_frame_says_where_its_pixels_come_from(tryon: TryOn, look: Look, walk: Motion) -> None:
    """Sampling the source by F gives the frame where the person is (up to the edges between layers). Bare limbs leave their
    highlights behind as they turn."""

    frame = frames(tryon, look, walk)[4]
    assert frame.flow.shape == (2, *frame.image.shape[:2])
    y, x = np.mgrid[0 : frame.image.shape[0], 0 : frame.image.shape[1]].astype(np.float32)
    sampled = cv2.remap(look.still, x + frame.flow[0], y + frame.flow[1], cv2.INTER_LINEAR)
    person = np.abs(frame.flow).sum(0) > 0
    assert person.mean() > 0.1
    bare = [index for index, name in enumerate(frame.drawing.names) if name.endswith(" body")]
    difference = np.abs(sampled.astype(int) - frame.image).max(-1)[person & ~np.isin(frame.drawing.part, bare)]
    assert np.median(difference) < 4


def test_a_clothing_mask_lies_where_the_garment_is(tryon: TryOn, look: Look, walk: Motion) -> None:
    frame = frames(tryon, look, walk, background="transparent")[4]
    mask = frame.clothing_mask
    assert mask.shape == frame.image.shape[:2]
    assert mask.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() == 1
    assert (mask <= frame.image[..., 3] / 255 + 0.25).all(), "clothes where nobody is"
