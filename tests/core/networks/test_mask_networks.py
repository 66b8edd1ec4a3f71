"""Co-attention and both mask networks."""

from __future__ import annotations

import pytest
import torch

from fashionmirror_core.networks import CoAttentionMaskNetwork, MultiFrameMaskNetwork, attention_prior
from fashionmirror_core.networks.coattention import CoAttention


@pytest.fixture
def network() -> CoAttentionMaskNetwork:
    return CoAttentionMaskNetwork().eval()


def test_untrained_masks_are_the_prior_bit_for_bit(network, stage) -> None:
    human, clothes, category, prior = stage(batch=3).mask_inputs()
    prior[:, :, :20], prior[:, :, -20:] = 0, 1
    with torch.no_grad():
        masks = network(human, clothes, category, prior)
    assert torch.equal(masks.removed, prior[:, :1])
    assert torch.equal(masks.clothing, prior[:, 1:])
    assert masks.clothes_features.shape == (3, 64, 8, 6)


def test_every_place_on_the_human_spreads_its_attention_over_the_clothes(perturbed, stage) -> None:
    network = perturbed(CoAttentionMaskNetwork())
    attention = network(*stage(batch=2).mask_inputs()).attention
    assert attention.maps.shape == (2, 48, 48)
    torch.testing.assert_close(attention.maps.sum(dim=2), torch.ones(2, 48))
    assert attention.scores.std() > 0


def test_untrained_attention_is_the_prior_and_follows_it() -> None:
    attention = CoAttention(channels=16)
    prior = torch.zeros(1, 12, 12)
    target = torch.randperm(12)
    prior[0, torch.arange(12), target] = 30
    human, clothes = torch.randn(1, 16, 4, 3), torch.randn(1, 16, 4, 3)
    found = attention(human, clothes, prior)
    assert torch.equal(found.scores, prior)
    assert torch.equal(found.maps.argmax(dim=2)[0], target)
    torch.testing.assert_close(found.human_attended.flatten(2), clothes.flatten(2)[..., target])
    torch.testing.assert_close(found.clothes_attended.flatten(2)[..., target], human.flatten(2))


def test_a_fitted_garment_tells_where_to_look() -> None:
    """A flow that lands one token to the right and two down, for a body that wears cloth in its upper half only."""
    flow = torch.zeros(1, 2, 256, 192)
    flow[:, 0], flow[:, 1] = 16, 32
    mask = torch.zeros(1, 1, 256, 192)
    mask[..., :128, :160] = 1
    prior = attention_prior(flow, mask)
    assert prior.shape == (1, 192, 192)
    y, x = 3, 4
    attention = prior.softmax(dim=2)[0, y * 12 + x]
    assert int(attention.argmax()) == (y + 2) * 12 + (x + 1)
    near = [(y + 2 + dy) * 12 + (x + 1 + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    assert attention[near].sum() > 0.9
    assert not prior[0, 128:].any(), "tokens without clothing have no opinion"


def test_the_prior_leads_back_from_the_clothes_to_the_body() -> None:
    mask = torch.zeros(1, 1, 256, 192)
    mask[..., 64:192, 48:144] = 1
    backward = attention_prior(torch.zeros(1, 2, 256, 192), mask).softmax(dim=1)[0]
    assert int(backward[:, 6 * 12 + 6].argmax()) == 6 * 12 + 6


def test_multi_frame_mask_untrained_is_the_warped_mask(stage) -> None:
    warped, *rest = stage(batch=3).multi_mask_inputs()
    warped[..., :10, :] = 0
    with torch.no_grad():
        mask, logits = MultiFrameMaskNetwork()(warped, *rest)
    assert torch.equal(mask, warped)
    assert logits.shape == warped.shape


def test_multi_frame_mask_depends_on_poses_and_clothes_once_trained(perturbed, stage) -> None:
    network = perturbed(MultiFrameMaskNetwork())
    inputs = stage().multi_mask_inputs()
    mask, _ = network(*inputs)
    for position in range(4):
        changed = list(inputs)
        changed[position] = changed[position].flip(-1)
        assert not torch.equal(network(*changed)[0], mask)


def test_gradient_reaches_the_last_layers_at_the_start(network, stage) -> None:
    network.train()
    masks = network(*stage().mask_inputs())
    (masks.removed.square().mean() + masks.clothing.square().mean()).backward()
    assert network.removed_decoder.head.weight.grad.abs().sum() > 0
    assert network.clothing_decoder.head.weight.grad.abs().sum() > 0


def test_gradient_reaches_every_parameter_after_a_step(perturbed, parameters_without_gradient, stage) -> None:
    network = perturbed(CoAttentionMaskNetwork())
    masks = network(*stage().mask_inputs())
    output = torch.cat((masks.logits.flatten(), masks.clothes_features.flatten()))
    assert parameters_without_gradient(network, output) == []

    network = perturbed(MultiFrameMaskNetwork())
    _, logits = network(*stage().multi_mask_inputs())
    assert parameters_without_gradient(network, logits) == []
