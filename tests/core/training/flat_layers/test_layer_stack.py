"""Layers as tensors lie over each other as the same list does on a photo."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fashionmirror_core.avatar.layers import Layer, Show, flattened, grouped
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.training.flat_layers.layer_stack import LayerStack

SIZE = (32, 48)
FLOWS = ("hips", "arm", "wind")


@pytest.fixture
def layers() -> list[Layer]:
    """Seven half-transparent pictures on three flows, clothes among them, at the places of the whole stage."""
    rng = np.random.default_rng(0)
    made = []
    for k in range(7):
        alpha = rng.integers(0, 256, (*SIZE, 1), np.uint8)
        color = (rng.random((*SIZE, 3)) * alpha).astype(np.uint8)
        picture = np.concatenate([color, alpha], -1)
        made.append(Layer(f"layer {k}", picture, (0, 0, SIZE[1], SIZE[0]), FLOWS[k % 3], clothing=k in (2, 4, 5)))
    return made


@pytest.fixture
def stack(layers: list[Layer]) -> LayerStack:
    return LayerStack.of(layers, Stage(*SIZE, 1.0, (0.0, 0.0)), FLOWS, torch.device("cpu"))


@pytest.mark.parametrize("show", list(Show))
def test_a_stack_at_rest_is_the_list_flattened(layers: list[Layer], stack: LayerStack, show: Show) -> None:
    expected = flattened(layers, SIZE, show).astype(np.float32) / 255
    np.testing.assert_allclose(stack.at_rest(show)[0].permute(1, 2, 0).numpy(), expected, atol=6 / 255)


def test_every_flow_has_its_own_layers_merged(layers: list[Layer], stack: LayerStack) -> None:
    merged = stack.merged()
    assert merged.shape == (1, 3, 4, *SIZE)
    for own, group in zip(merged[0], grouped(layers).values(), strict=True):
        np.testing.assert_allclose(own.permute(1, 2, 0).numpy(), group.picture() / 255, atol=4 / 255)


def test_clothes_are_seen_as_far_as_nothing_lies_before_them(layers: list[Layer], stack: LayerStack) -> None:
    groups = grouped(layers)
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        mask = np.zeros(SIZE)
        for index in order:
            clothing, everything = np.moveaxis(groups[FLOWS[index]].alphas / 255.0, -1, 0)
            mask = clothing + (1 - everything) * mask
        found = stack.clothing_mask(torch.tensor([order]))[0, 0].numpy()
        np.testing.assert_allclose(found, mask, atol=4 / 255)


def test_every_layer_is_pulled_along_its_own_flow(stack: LayerStack) -> None:
    flow = torch.zeros(1, 3, 2, *SIZE)
    flow[:, 1, 0] = 5  # the arm's layers come from five pixels to the right
    moved = stack.moved(flow).pictures
    for k, own in enumerate(stack.flows):
        if own == 1:
            assert torch.allclose(moved[0, k, :, :, :-5], stack.pictures[0, k, :, :, 5:], atol=1e-4)
            assert not moved[0, k, :, :, -5:].any()
        else:
            assert torch.allclose(moved[0, k], stack.pictures[0, k], atol=1e-4)


def test_a_flow_without_layers_is_clear(layers: list[Layer]) -> None:
    names = (*FLOWS, "cape")
    stack = LayerStack.of(layers, Stage(*SIZE, 1.0, (0.0, 0.0)), names, torch.device("cpu"))
    assert not stack.merged()[:, 3].any()
    order = torch.tensor([[3, 0, 1, 2]])
    assert torch.equal(stack.flattened(order), stack.at_rest())
