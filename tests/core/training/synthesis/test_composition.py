"""Composition: layers that don't move are the layers, to the bit; layers that move keep their colours."""

# ruff: noqa: RUF005 (arrays are added here, not joined)
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch

from fashionmirror_core.avatar.layers import Layer
from fashionmirror_core.imaging.alpha import over
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.training.synthesis.composition import Compositor
from fashionmirror_core.training.synthesis.flows import CELL, MARGIN, OUTSIDE, LayerFlow
from fashionmirror_core.training.synthesis.skeletal_flow import bone_transforms
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
        layers.append(Layer(part, picture, (0, 0, *SIZE)))
    return layers


def flow_to(mannequin: Mannequin, joints: np.ndarray) -> LayerFlow:
    return mannequin.flow(bone_transforms(mannequin.joints, joints[None])[0], mannequin.pose(joints))


def laid(layers: list[Layer], flow: LayerFlow, background: np.ndarray) -> np.ndarray:
    """The layers over each other where they are, in the flow's order."""
    canvas, by_name = background.copy(), {layer.name: layer for layer in layers}
    for _, name in flow.back_to_front:
        x0, y0, x1, y1 = by_name[name].box
        canvas[y0:y1, x0:x1] = over(by_name[name].picture, canvas[y0:y1, x0:x1])
    return canvas


def composed(compositor: Compositor, flow: LayerFlow, background: np.ndarray) -> np.ndarray:
    """The layers where the compositor places them, over a background."""
    canvas = background.copy()
    for placed in compositor.placed(flow):
        x0, y0, x1, y1 = placed.box
        moved = cv2.remap(placed.layer.picture, placed.at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        canvas[y0:y1, x0:x1] = over(moved, np.ascontiguousarray(canvas[y0:y1, x0:x1]))
    return canvas


def test_a_flow_that_moves_nothing_gives_the_layers_to_the_bit(mannequin: Mannequin) -> None:
    layers = plain_layers(mannequin)
    flow = flow_to(mannequin, mannequin.joints)
    background = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 4), np.uint8)
    background[..., 3] = 255
    compositor = Compositor(layers, VIEW, SIZE)
    np.testing.assert_array_equal(composed(compositor, flow, background), laid(layers, flow, background))


def test_a_layer_as_small_as_the_stage_keeps_its_edge(mannequin: Mannequin) -> None:
    """A photo of the stage's own size: one of its pixels is one of the stage's."""
    layers = []
    for part in Part:
        picture = np.where(mannequin.masks[part][..., None] > 0.5, (*CLOTH[part], 255), 0).astype(np.uint8)
        layers.append(Layer(part, picture, (0, 0, 192, 256)))
    flow = flow_to(mannequin, mannequin.joints)
    clear = np.zeros((256, 192, 4), np.uint8)
    found = composed(Compositor(layers, Stage(256, 192, 1.0, (0, 0)), (192, 256)), flow, clear)
    np.testing.assert_array_equal(found, laid(layers, flow, clear))


def test_layers_keep_their_colours_over_fifty_frames(mannequin: Mannequin) -> None:
    layers = plain_layers(mannequin)
    compositor = Compositor(layers, VIEW, SIZE)
    clear = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    rng = np.random.default_rng(1)
    for frame in range(50):
        joints = mannequin.joints + rng.normal(0, 1.5, (25, 2)) + (0.31 * frame, 0.17 * frame)
        canvas = composed(compositor, flow_to(mannequin, joints), clear)
        middle = VIEW.to_photo(joints[[1, 8]].mean(0)).round().astype(int)
        patch = canvas[middle[1] - 15 : middle[1] + 16, middle[0] - 15 : middle[0] + 16]
        np.testing.assert_array_equal(patch, np.broadcast_to((*CLOTH["trunk"], 255), patch.shape))


def test_a_part_moves_where_its_joints_move(mannequin: Mannequin) -> None:
    layers = plain_layers(mannequin)
    clear = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    canvas = composed(Compositor(layers, VIEW, SIZE), flow_to(mannequin, mannequin.joints + (20, -3)), clear)
    still = laid(layers, flow_to(mannequin, mannequin.joints), clear)
    np.testing.assert_array_equal(canvas[20:-20, 60:-20], still[26:-14, 20:-60])


def test_a_person_who_left_the_picture_leaves_the_background(mannequin: Mannequin) -> None:
    compositor = Compositor(plain_layers(mannequin), VIEW, SIZE)
    background = np.full((SIZE[1], SIZE[0], 4), 255, np.uint8)
    flow = flow_to(mannequin, mannequin.joints + (1000, 0))
    np.testing.assert_array_equal(composed(compositor, flow, background), background)


def test_a_person_half_out_of_the_picture_is_cut_at_its_edge(mannequin: Mannequin) -> None:
    compositor = Compositor(plain_layers(mannequin), VIEW, SIZE)
    clear = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    canvas = composed(compositor, flow_to(mannequin, mannequin.joints + (96, 0)), clear)
    still = composed(compositor, flow_to(mannequin, mannequin.joints), clear)
    np.testing.assert_array_equal(canvas[:, 192:], still[:, :192])


# --- any list of layers -----------------------------------------------------------------------------------------------


def square(name: str, color: tuple[int, int, int], box: tuple[int, int, int, int]) -> Layer:
    picture = np.full((box[3] - box[1], box[2] - box[0], 4), (*color, 255), np.uint8)
    return Layer(name, picture, box)


def moved_by(moves: dict[str, tuple[float, float]], order: tuple[int, ...]) -> LayerFlow:
    """Flows that each move everything by (x, y) stage pixels."""
    height, width = (256 + 2 * MARGIN[1]) // CELL, (192 + 2 * MARGIN[0]) // CELL
    displacement = torch.zeros(len(moves), 2, height, width)
    for own, move in zip(displacement, moves.values(), strict=True):
        own[:] = -torch.tensor(move)[:, None, None]
    occupied = torch.ones(len(moves), height, width, dtype=torch.bool)
    return LayerFlow(tuple(moves), displacement, occupied, (-float(MARGIN[0]), -float(MARGIN[1])), order)


BODY = square("hips", (90, 90, 20), (100, 100, 200, 300))
COAT = square("wind", (200, 40, 60), (120, 150, 180, 250))
CLEAR = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)


def test_a_layer_moves_with_the_flow_of_its_name_and_lies_at_that_flows_depth() -> None:
    compositor = Compositor([BODY, COAT], VIEW, SIZE)
    for order, front in (((0, 1), COAT), ((1, 0), BODY)):
        flow = moved_by({"hips": (0, 0), "wind": (20, 5)}, order)  # stage pixels: twice as many of the photo
        image = composed(compositor, flow, CLEAR)
        np.testing.assert_array_equal(image[170, 170], front.picture[0, 0])
        np.testing.assert_array_equal(image[200, 210], COAT.picture[0, 0])
        np.testing.assert_array_equal(image[120, 110], BODY.picture[0, 0])


def test_a_flow_without_layers_draws_nothing_and_a_layer_without_a_flow_is_a_fault() -> None:
    flow = moved_by({"hips": (0, 0), "wind": (5, 5)}, (0, 1))
    np.testing.assert_array_equal(composed(Compositor([BODY], VIEW, SIZE), flow, CLEAR)[120, 110], BODY.picture[0, 0])
    with pytest.raises(ValueError, match="strap"):
        composed(Compositor([BODY, replace(COAT, name="strap")], VIEW, SIZE), flow, CLEAR)


def test_cells_outside_of_a_flow_show_nothing_of_its_layers() -> None:
    flow = moved_by({"hips": (0, 0)}, (0,))
    flow.displacement[..., : flow.displacement.shape[-1] // 2] = OUTSIDE
    image = composed(Compositor([BODY], VIEW, SIZE), flow, CLEAR)
    assert not image[150, 110].any()
    np.testing.assert_array_equal(image[150, 198], BODY.picture[0, 0])
