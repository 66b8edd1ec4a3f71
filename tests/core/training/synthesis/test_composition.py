"""Composition: layers that don't move are the layers, to the bit; layers that move keep their colours."""

# ruff: noqa: RUF005 (arrays are added here, not joined)
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch

from fashionmirror_core.avatar.layers import Layer, Show, grouped
from fashionmirror_core.imaging.alpha import over
from fashionmirror_core.look import Frame, Look
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.training.synthesis.composition import Compositor
from fashionmirror_core.training.synthesis.flows import CELL, MARGIN, OUTSIDE, LayerFlow
from fashionmirror_core.training.synthesis.skeletal_flow import bone_transforms
from fashionmirror_core.tryon import TryOn
from fashionmirror_core.vocabulary import Part

if TYPE_CHECKING:
    from conftest import Mannequin

SIZE = (384, 512)  # width, height: the stage, twice as large
VIEW = Stage(256, 192, 0.5, (-0.25, -0.25))
CLOTH = {
    "trunk": (200, 40, 60),
    "r_arm": (30, 160, 90),
    "l_arm": (30, 90, 160),
    "r_leg": (90, 90, 20),
    "l_leg": (9, 9, 9),
}


def plain_layers(mannequin: Mannequin) -> list[Layer]:
    """Each part in one colour, at SIZE."""
    layers = []
    for part in Part:
        alpha = np.kron(mannequin.masks[part], np.ones((2, 2))) > 0.5
        picture = np.where(alpha[..., None], (*CLOTH[part], 255), 0).astype(np.uint8)
        layers.append(Layer(part, picture, (0, 0, *SIZE), flow=part))
    return layers


def flow_to(mannequin: Mannequin, joints: np.ndarray) -> LayerFlow:
    return mannequin.flow(bone_transforms(mannequin.joints, joints[None])[0], mannequin.pose(joints))


def laid(layers: list[Layer], flow: LayerFlow, background: np.ndarray) -> np.ndarray:
    """The layers over each other where they are, in the flow's order."""
    canvas, groups = background.copy(), grouped(layers)
    for _, name in flow.back_to_front:
        x0, y0, x1, y1 = groups[name].box
        canvas[y0:y1, x0:x1] = over(groups[name].picture(), canvas[y0:y1, x0:x1])
    return canvas


@pytest.mark.parametrize("smooth", [True, False], ids=["final", "draft"])
def test_a_flow_that_moves_nothing_gives_the_layers_to_the_bit(mannequin: Mannequin, smooth: bool) -> None:
    layers = plain_layers(mannequin)
    flow = flow_to(mannequin, mannequin.joints)
    background = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 4), np.uint8)
    background[..., 3] = 255
    compositor = Compositor(layers, VIEW, SIZE)
    composed = (compositor if smooth else compositor.draft).compose(flow, background)
    np.testing.assert_array_equal(composed, laid(layers, flow, background))


def test_a_layer_as_small_as_the_stage_keeps_its_edge(mannequin: Mannequin) -> None:
    """A photo of the stage's own size: one of its pixels is one of the stage's."""
    layers = []
    for part in Part:
        picture = np.where(mannequin.masks[part][..., None] > 0.5, (*CLOTH[part], 255), 0).astype(np.uint8)
        layers.append(Layer(part, picture, (0, 0, 192, 256), flow=part))
    flow = flow_to(mannequin, mannequin.joints)
    clear = np.zeros((256, 192, 4), np.uint8)
    composed = Compositor(layers, Stage(256, 192, 1.0, (0, 0)), (192, 256)).compose(flow, clear)
    np.testing.assert_array_equal(composed, laid(layers, flow, clear))


def test_the_still_stands_before_another_background(look: Look) -> None:
    clear, white = look.still_before("transparent"), look.still_before("white")
    assert clear.shape == (*look.still.shape[:2], 4)
    nobody = clear[..., 3] == 0
    knees = int(look.person.pose.points[[10, 13], 1].min())
    assert (white[:knees][nobody[:knees]] == 255).all(), "only feet cast a shadow"
    whole = clear[..., 3] == 255
    np.testing.assert_array_equal(white[whole], look.still[whole])


def test_layers_keep_their_colours_over_fifty_frames(mannequin: Mannequin) -> None:
    layers = plain_layers(mannequin)
    compositor = Compositor(layers, VIEW, SIZE)
    clear = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    rng = np.random.default_rng(1)
    for frame in range(50):
        joints = mannequin.joints + rng.normal(0, 1.5, (25, 2)) + (0.31 * frame, 0.17 * frame)
        canvas = compositor.compose(flow_to(mannequin, joints), clear)
        middle = VIEW.to_photo(joints[[1, 8]].mean(0)).round().astype(int)
        patch = canvas[middle[1] - 15 : middle[1] + 16, middle[0] - 15 : middle[0] + 16]
        np.testing.assert_array_equal(patch, np.broadcast_to((*CLOTH["trunk"], 255), patch.shape))


def test_a_part_moves_where_its_joints_move(mannequin: Mannequin) -> None:
    layers = plain_layers(mannequin)
    clear = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    canvas = Compositor(layers, VIEW, SIZE).compose(flow_to(mannequin, mannequin.joints + (20, -3)), clear)
    still = laid(layers, flow_to(mannequin, mannequin.joints), clear)
    np.testing.assert_array_equal(canvas[20:-20, 60:-20], still[26:-14, 20:-60])


def test_a_person_who_left_the_picture_leaves_the_background(mannequin: Mannequin) -> None:
    compositor = Compositor(plain_layers(mannequin), VIEW, SIZE)
    background = np.full((SIZE[1], SIZE[0], 4), 255, np.uint8)
    flow = flow_to(mannequin, mannequin.joints + (1000, 0))
    np.testing.assert_array_equal(compositor.compose(flow, background), background)
    assert not compositor.clothing_mask(flow).any()
    assert not compositor.flow(flow).any()


def test_a_person_half_out_of_the_picture_is_cut_at_its_edge(mannequin: Mannequin) -> None:
    compositor = Compositor(plain_layers(mannequin), VIEW, SIZE)
    clear = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    canvas = compositor.compose(flow_to(mannequin, mannequin.joints + (96, 0)), clear)
    still = compositor.compose(flow_to(mannequin, mannequin.joints), clear)
    np.testing.assert_array_equal(canvas[:, 192:], still[:, :192])


# --- any list of layers -----------------------------------------------------------------------------------------------


def square(name: str, flow: str, color: tuple[int, int, int], box: tuple[int, int, int, int], clothing: bool) -> Layer:
    picture = np.full((box[3] - box[1], box[2] - box[0], 4), (*color, 255), np.uint8)
    return Layer(name, picture, box, flow, clothing)


def moved_by(moves: dict[str, tuple[float, float]], order: tuple[int, ...]) -> LayerFlow:
    """Flows that each move everything by (x, y) stage pixels."""
    height, width = (256 + 2 * MARGIN[1]) // CELL, (192 + 2 * MARGIN[0]) // CELL
    displacement = torch.zeros(len(moves), 2, height, width)
    for own, move in zip(displacement, moves.values(), strict=True):
        own[:] = -torch.tensor(move)[:, None, None]
    occupied = torch.ones(len(moves), height, width, dtype=torch.bool)
    return LayerFlow(tuple(moves), displacement, occupied, (-float(MARGIN[0]), -float(MARGIN[1])), order)


BODY = square("body", "hips", (90, 90, 20), (100, 100, 200, 300), clothing=False)
COAT = square("coat", "wind", (200, 40, 60), (120, 150, 180, 250), clothing=True)
CLEAR = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)


def test_a_layer_moves_with_its_own_flow_and_lies_at_that_flows_depth() -> None:
    """Names are the makers': an avatar's sheet or draped cloth is one more layer with one more flow."""
    compositor = Compositor([BODY, COAT], VIEW, SIZE)
    for order, front in (((0, 1), COAT), ((1, 0), BODY)):
        flow = moved_by({"hips": (0, 0), "wind": (20, 5)}, order)  # stage pixels: twice as many of the photo
        image, mask, came_from = compositor.compose(flow, CLEAR), compositor.clothing_mask(flow), compositor.flow(flow)
        np.testing.assert_array_equal(image[170, 170], front.picture[0, 0])
        np.testing.assert_array_equal(image[200, 210], COAT.picture[0, 0])
        np.testing.assert_array_equal(image[120, 110], BODY.picture[0, 0])
        assert mask[170, 170] == (front is COAT)
        assert mask[200, 210] == 1
        assert mask[120, 110] == 0
        np.testing.assert_allclose(came_from[:, 200, 210], (-40, -10), atol=1e-4)
        np.testing.assert_allclose(came_from[:, 170, 170], (-40, -10) if front is COAT else (0, 0), atol=1e-4)


def test_layers_of_one_flow_lie_in_the_order_of_the_list_and_can_be_shown_apart() -> None:
    collar = square("collar", "hips", (9, 9, 9), (150, 140, 220, 160), clothing=False)
    coat = replace(COAT, flow="hips")
    compositor = Compositor([BODY, coat, collar], VIEW, SIZE)
    flow = moved_by({"hips": (0, 0)}, (0,))
    np.testing.assert_array_equal(compositor.compose(flow, CLEAR)[155, 160], collar.picture[0, 0])
    np.testing.assert_array_equal(compositor.compose(flow, CLEAR)[200, 150], coat.picture[0, 0])
    np.testing.assert_array_equal(compositor.compose(flow, CLEAR, Show.PERSON)[200, 150], BODY.picture[0, 0])
    only = compositor.compose(flow, CLEAR, Show.CLOTHING)
    np.testing.assert_array_equal(only[155, 160], coat.picture[0, 0])
    assert not only[120, 110].any()
    mask = compositor.clothing_mask(flow)
    assert mask[200, 150] == 1
    assert mask[155, 160] == 0, "the collar lies over the coat"


def test_a_flow_without_layers_draws_nothing_and_a_layer_without_a_flow_is_a_fault() -> None:
    flow = moved_by({"hips": (0, 0), "wind": (5, 5)}, (0, 1))
    alone = Compositor([BODY], VIEW, SIZE)
    np.testing.assert_array_equal(alone.compose(flow, CLEAR)[120, 110], BODY.picture[0, 0])
    with pytest.raises(ValueError, match="strap"):
        Compositor([BODY, replace(COAT, flow="strap")], VIEW, SIZE).compose(flow, CLEAR)


def test_cells_outside_of_a_flow_show_nothing_of_its_layers() -> None:
    flow = moved_by({"hips": (0, 0)}, (0,))
    flow.displacement[..., : flow.displacement.shape[-1] // 2] = OUTSIDE
    image = Compositor([BODY], VIEW, SIZE).compose(flow, CLEAR)
    assert not image[150, 110].any()
    np.testing.assert_array_equal(image[150, 198], BODY.picture[0, 0])


# --- frames -----------------------------------------------------------------------------------------------------------


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
    nobody = frames(tryon, look, walk, background="transparent")[0].image[..., 3] == 0
    assert nobody.mean() > 0.3
    for background, expected in (("white", np.full_like(picture, 255)), ("keep", look.plate), (picture, picture)):
        image = frames(tryon, look, walk, background=background)[0].image
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
    """Sampling the source by F gives the frame where the person is (up to the edges between layers)."""

    frame = frames(tryon, look, walk)[4]
    assert frame.flow.shape == (2, *frame.image.shape[:2])
    y, x = np.mgrid[0 : frame.image.shape[0], 0 : frame.image.shape[1]].astype(np.float32)
    sampled = cv2.remap(look.still, x + frame.flow[0], y + frame.flow[1], cv2.INTER_LINEAR)
    person = np.abs(frame.flow).sum(0) > 0
    difference = np.abs(sampled.astype(int) - frame.image).max(-1)[person]
    assert person.mean() > 0.1
    assert np.median(difference) < 4


def test_a_clothing_mask_lies_where_the_garment_is(tryon: TryOn, look: Look, walk: Motion) -> None:
    frame = frames(tryon, look, walk, background="transparent")[4]
    mask = frame.clothing_mask
    assert mask.shape == frame.image.shape[:2]
    assert mask.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() == 1
    assert (mask <= frame.image[..., 3] / 255 + 0.25).all(), "clothes where nobody is"
