"""One frame through the per-frame networks: batched, differentiable, and zero effect before anything is learned."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from fashionmirror_core.avatar.layers import Show
from fashionmirror_core.networks import TryOnNetworks, pose_maps
from fashionmirror_core.training.flat_layers.driving import (
    DressedSource,
    FrameFlow,
    PreviousFrame,
    composed,
    drive,
    steer,
)
from fashionmirror_core.training.flat_layers.flows import CELL, OUTSIDE
from fashionmirror_core.training.flat_layers.layer_stack import LayerStack

SIZE = (64, 48)
P = 5


@pytest.fixture(scope="module")
def networks() -> TryOnNetworks:
    return TryOnNetworks.default()


def _layers(n: int) -> LayerStack:
    """Every flow has an opaque square of its own grey, the middle one a red garment, too; premultiplied."""
    pictures = torch.zeros(n, P + 1, 4, *SIZE)
    for k in range(P):
        pictures[:, k, :3, 8:56, 6 * k + 4 : 6 * k + 20] = 0.1 * (k + 1)
        pictures[:, k, 3, 8:56, 6 * k + 4 : 6 * k + 20] = 1
    pictures[:, P, 0, 24:40, 18:30] = 1
    pictures[:, P, 3, 24:40, 18:30] = 1
    return LayerStack(pictures, flows=(*range(P), 2), clothing=(*[False] * P, True), count=P)


def _source(networks: TryOnNetworks, n: int = 1) -> DressedSource:
    joints = torch.rand(n, 25, 3, generator=torch.Generator().manual_seed(1)) * 48
    return DressedSource.encode(
        networks, _layers(n), pose_maps(joints, *SIZE, stride=4), torch.zeros(n, 64, SIZE[0] // 16, SIZE[1] // 16)
    )


def _rest(n: int = 1, dx: float = 0.0) -> FrameFlow:
    flow = torch.zeros(n, P, 2, SIZE[0] // CELL, SIZE[1] // CELL)
    flow[:, :, 0] = dx
    return FrameFlow(flow, torch.arange(P).expand(n, -1))


def _scene(n: int = 1) -> Tensor:
    return torch.full((n, 3, *SIZE), 0.9)


def test_untrained_a_still_frame_is_the_layers_over_the_scene(networks: TryOnNetworks) -> None:
    source = _source(networks)
    driven = drive(networks, source, _rest(), source.pose, _scene())
    human = source.layers.at_rest(Show.PERSON)
    over_scene = human[:, :3] + (1 - human[:, 3:]) * 0.9
    cloth = driven.worn
    red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1)
    assert torch.allclose(driven.frame, cloth * red + (1 - cloth) * over_scene, atol=1e-5)


def test_an_arm_in_front_hides_cloth_and_one_behind_does_not(networks: TryOnNetworks) -> None:
    source = _source(networks)  # the arms, flows 3 and 4, begin at columns 22 and 28
    front = drive(networks, source, _rest(), source.pose, _scene()).worn
    behind = FrameFlow(_rest().displacement, torch.tensor([[3, 4, 0, 1, 2]]))
    back = drive(networks, source, behind, source.pose, _scene()).worn
    assert float(front[0, 0, 32, 26]) == pytest.approx(0)
    assert float(back[0, 0, 32, 26]) == pytest.approx(1)


def test_every_item_of_a_batch_has_its_own_flow_and_order(networks: TryOnNetworks) -> None:
    source = _source(networks, 2)
    flow = torch.cat([_rest().displacement, _rest(dx=4.0).displacement])
    order = torch.tensor([[0, 1, 2, 3, 4], [3, 4, 0, 1, 2]])
    together = drive(networks, source, FrameFlow(flow, order), source.pose, _scene(2))
    for k in range(2):
        one = DressedSource.encode(networks, _layers(1), source.pose[k : k + 1], source.clothes_features[k : k + 1])
        single = drive(networks, one, FrameFlow(flow[k : k + 1], order[k : k + 1]), one.pose, _scene())
        assert torch.allclose(together.frame[k], single.frame[0], atol=1e-5)


def test_parts_outside_of_the_picture_leave_the_scene(networks: TryOnNetworks) -> None:
    source = _source(networks)
    flow = FrameFlow(torch.full_like(_rest().displacement, OUTSIDE), torch.arange(P)[None])
    driven = drive(networks, source, flow, source.pose, _scene())
    assert torch.allclose(driven.frame, _scene(), atol=1e-6)
    assert bool((driven.hidden == 1).all())


def test_gradients_reach_the_networks_through_the_frame() -> None:
    networks = TryOnNetworks()
    source = _source(networks)
    first = drive(networks, source, _rest(), source.pose, _scene())
    flow = FrameFlow(
        _rest(dx=2.0).displacement, _rest().order, torch.zeros_like(_rest().displacement), torch.zeros(1, 2, 1, 1)
    )
    second = drive(networks, source, flow, source.pose, _scene(), PreviousFrame(first.frame.detach(), source.pose))
    (second.frame.square().mean() + second.clothing.mean()).backward()
    for name in ("flow", "generator", "multi_mask"):
        grads = [p.grad for p in getattr(networks, name).head.parameters()]
        assert all(g is not None and bool(g.isfinite().all()) for g in grads), name
        assert any(float(g.abs().max()) > 0 for g in grads if g is not None), name


def test_without_a_generator_the_refined_layers_alone_are_the_frame() -> None:
    networks = TryOnNetworks.default()
    assert networks.flow.idle
    assert not networks.blends
    torch.nn.init.constant_(networks.flow.head.bias[:2], 0.5)
    assert not networks.flow.idle
    source, flow = _source(networks), _rest()
    steered = steer(networks, DressedSource.of(source.layers, source.pose), flow, source.pose)
    frame, clothing = composed(source, steered, flow, _scene())
    driven = drive(networks, source, flow, source.pose, _scene())
    assert torch.equal(steered.refined.flow, driven.refined.flow)
    assert float((frame - driven.frame).abs().mean()) < 1e-3  # ``Layers`` knows less of soft edges between parts
    assert torch.equal(clothing, driven.worn)


@pytest.mark.parametrize("part", ["multi_mask.head", "generator.head", "generator.gain_head"])
def test_whatever_blends_has_to_be_computed(part: str) -> None:
    networks = TryOnNetworks.default()
    torch.nn.init.constant_(networks.get_submodule(part).bias, 0.1)
    assert networks.blends
