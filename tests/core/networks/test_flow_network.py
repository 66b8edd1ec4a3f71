"""The learned residual of the skeletal flow."""

from __future__ import annotations

import pytest
import torch

from fashionmirror_core.networks import SkeletalFlowNetwork


def test_untrained_flow_is_the_prior_and_the_previous_frame_weighs_nothing(stage) -> None:
    inputs = stage(batch=3).flow_inputs()
    with torch.no_grad():
        refined = SkeletalFlowNetwork()(*inputs)
    assert torch.equal(refined.flow, inputs[2])
    assert not refined.residual.any()
    assert not refined.selection.any()


def test_the_first_frame_needs_no_previous_error(stage) -> None:
    inputs = stage().flow_inputs()[:5]
    assert torch.equal(SkeletalFlowNetwork()(*inputs).flow, inputs[2])


@pytest.mark.parametrize(("height", "width", "bound"), [(256, 192, 4.0), (512, 384, 8.0)])
def test_the_residual_is_bounded_in_proportion_to_the_stage(stage, height: int, width: int, bound: float) -> None:
    network = SkeletalFlowNetwork()
    torch.nn.init.constant_(network.head.bias, 100.0)
    with torch.no_grad():
        refined = network(*stage(height=height, width=width).flow_inputs())
    torch.testing.assert_close(refined.residual, torch.full_like(refined.residual, bound))
    torch.testing.assert_close(refined.selection, torch.ones_like(refined.selection))


def test_gradient_reaches_flow_and_selection_at_the_start_and_everything_after_a_step(
    perturbed, parameters_without_gradient, stage
) -> None:
    network = SkeletalFlowNetwork()
    refined = network(*stage().flow_inputs())
    (refined.residual.sum() - refined.selection.sum()).backward()
    assert (network.head.weight.grad.abs().sum(dim=(1, 2, 3)) > 0).all()

    network = perturbed(SkeletalFlowNetwork())
    refined = network(*stage().flow_inputs())
    output = torch.cat((refined.residual.flatten(), refined.selection.flatten()))
    assert parameters_without_gradient(network, output) == []
