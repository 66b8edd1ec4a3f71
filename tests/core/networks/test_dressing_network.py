"""The dressing network: appearance flow and invented body."""

from __future__ import annotations

import pytest
import torch

from fashionmirror_core.networks import DressingNetwork


@pytest.fixture
def network() -> DressingNetwork:
    return DressingNetwork().eval()


def test_untrained_dressing_is_the_analytic_one(network, stage) -> None:
    inputs = stage(batch=3).dressing_inputs()
    erased, flow = inputs[2], inputs[7]
    with torch.no_grad():
        dressing = network(*inputs)
    assert torch.equal(dressing.flow, flow)
    assert all(torch.equal(level, flow) for level in dressing.level_flows)
    assert torch.equal(dressing.body, erased)
    assert not dressing.residual.any()


def test_the_body_changes_only_inside_the_hole(perturbed, stage) -> None:
    network = perturbed(DressingNetwork(), 0.1)
    inputs = list(stage().dressing_inputs())
    inputs[5] = torch.zeros_like(inputs[5])
    inputs[5][..., 40:80, 30:60] = 1
    dressing = network(*inputs)
    inside = inputs[5].expand_as(dressing.body) > 0
    assert torch.equal(dressing.body[~inside], inputs[2][~inside])
    assert not torch.equal(dressing.body[inside], inputs[2][inside])
    assert dressing.body.min() >= 0
    assert dressing.body.max() <= 1


def test_each_level_refines_the_flow_within_its_bound(perturbed, stage) -> None:
    network = perturbed(DressingNetwork(), 0.3)
    inputs = stage(height=256, width=192).dressing_inputs()
    with torch.no_grad():
        flows = (inputs[7], *network(*inputs).level_flows)
    for before, after, bound in zip(flows[:-1], flows[1:], (8, 6, 4, 2), strict=True):
        step = (after - before).abs().max()
        assert 0 < step <= bound + 1e-3


def test_gradient_reaches_the_heads_at_the_start_and_everything_after_a_step(
    perturbed, parameters_without_gradient, stage
) -> None:
    network = DressingNetwork()
    dressing = network(*stage().dressing_inputs())
    (dressing.flow.sum() + dressing.body.sum()).backward()
    for head in (*(level.head for level in network.flow_levels), network.body_decoder.head):
        assert head.weight.grad.abs().sum() > 0

    network = perturbed(DressingNetwork())
    dressing = network(*stage().dressing_inputs())
    output = torch.cat((dressing.flow.flatten(), dressing.body.flatten()))
    assert parameters_without_gradient(network, output) == []
