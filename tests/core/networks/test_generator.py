"""Feature remapping, the generator, and the blend of the layers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from fashionmirror_core.networks import GeneratorOutput, Layers, TryOnNetworks, blend
from fashionmirror_core.networks.generator import NEW_PIXEL_ODDS, layer_weights


@pytest.fixture
def networks() -> TryOnNetworks:
    return TryOnNetworks.default()


def random_output(batch: int, height: int, width: int) -> GeneratorOutput:
    size = (batch, 3, height // 2, width // 2)
    gain = torch.randn(batch, 1, height // 8, width // 8)
    return GeneratorOutput(2 * torch.randn(size), torch.rand(size) * 2 - 1, gain / 4)


def test_the_untrained_frame_is_the_analytic_frame_bit_for_bit(networks, stage) -> None:
    inputs = stage(batch=3).generator_inputs(networks)
    with torch.no_grad():
        output = networks.generator(*inputs)
    layers = inputs[1]
    assert torch.equal(blend(layers, output), layers.analytic)


def test_an_uncovered_background_stays_empty(stage) -> None:
    layers = replace(stage().layers(), weights=torch.zeros(1, 2, 128, 96))
    zero = GeneratorOutput(torch.zeros(1, 3, 64, 48), torch.zeros(1, 3, 64, 48), torch.zeros(1, 1, 16, 12))
    assert not blend(layers, zero).any()


def test_the_blend_is_the_softmax_of_the_layers(stage) -> None:
    """Against the blend written down literally, layer by layer."""
    layers, output = stage(batch=2).layers(), random_output(2, 128, 96)
    maps = output.resized(128, 96)
    prior = torch.cat((layers.weights, torch.full((2, 1, 128, 96), NEW_PIXEL_ODDS)), dim=1)
    w_g, w_h, w_n = torch.softmax(prior.log() + maps.weight_residual, dim=1).split(1, dim=1)
    generated = layers.analytic + maps.color_residual
    expected = (w_g * layers.garment + w_h * layers.human + w_n * generated) * maps.log_gain.exp()
    torch.testing.assert_close(blend(layers, output), expected, atol=1e-5, rtol=1e-4)


def test_layer_weights_sum_to_one_also_beside_the_garment() -> None:
    weights = torch.zeros(1, 2, 4, 4, requires_grad=True)
    shares = layer_weights(weights, 50 * torch.randn(1, 3, 4, 4))
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(1, 4, 4))
    shares.square().sum().backward()
    assert weights.grad.isfinite().all()


def test_the_same_maps_blend_the_native_picture(stage) -> None:
    native = stage(height=320, width=240).layers()
    frame = blend(native, random_output(1, 128, 96))
    assert frame.shape == (1, 3, 320, 240)
    assert frame.isfinite().all()


def test_full_weight_on_one_layer_shows_that_layer(stage) -> None:
    layers = stage().layers()
    z = torch.zeros(1, 3, 64, 48)
    z[:, 0] = 60
    only_garment = GeneratorOutput(z, torch.zeros(1, 3, 64, 48), torch.zeros(1, 1, 16, 12))
    torch.testing.assert_close(blend(layers, only_garment), layers.garment, atol=1e-4, rtol=0)


def test_a_selection_of_zero_ignores_the_previous_frame(networks, stage) -> None:
    human, clothing, flow, mask, previous = stage().remapping_inputs(networks)
    first = networks.remapping(human, clothing, flow, mask)
    gated = networks.remapping(human, clothing, flow, mask, replace(previous, selection=torch.zeros_like(mask)))
    assert all(torch.equal(a, b) for a, b in zip(first, gated, strict=True))
    trusting = networks.remapping(human, clothing, flow, mask, replace(previous, selection=torch.ones_like(mask)))
    assert not any(torch.equal(a, b) for a, b in zip(first, trusting, strict=True))


def test_clothing_features_enter_only_inside_the_clothing_mask(networks, stage) -> None:
    inputs = stage(height=256, width=192)
    human, clothing, flow, mask, _ = inputs.remapping_inputs(networks)
    mask = torch.zeros_like(mask)
    mask[..., :128, :] = 1
    other = tuple(f.flip(1) + 1 for f in clothing)
    with torch.no_grad():
        changes = [
            (a - b).abs().amax(dim=1)
            for a, b in zip(
                networks.remapping(human, clothing, flow, mask),
                networks.remapping(human, other, flow, mask),
                strict=True,
            )
        ]
    for change in changes:
        half = change.shape[-2] // 2
        assert change[:, :half].max() > 0
        assert not change[:, half:].any()


def test_features_move_with_the_flow(networks, stage) -> None:
    """A shift of eight pixels is a whole number of cells on every level."""
    inputs = stage()
    human, clothing, _, mask, _ = inputs.remapping_inputs(networks)
    still = torch.zeros(1, 2, 128, 96)
    shifted = still.clone()
    shifted[:, 0] = 8
    nothing = torch.zeros_like(mask)
    with torch.no_grad():
        a = networks.remapping(human, clothing, still, nothing)
        b = networks.remapping(human, clothing, shifted, nothing)
    for here, there, cells in zip(a, b, (2, 1), strict=True):
        torch.testing.assert_close(there[..., :-cells], here[..., cells:], atol=1e-3, rtol=1e-3)


def test_gradient_reaches_the_heads_at_the_start(networks, stage) -> None:
    networks.train().requires_grad_(True)
    inputs = stage().generator_inputs(networks)
    (blend(inputs[1], networks.generator(*inputs)) ** 2).mean().backward()
    assert (networks.generator.head.weight.grad.abs().sum(dim=(1, 2, 3)) > 0).all()
    assert networks.generator.gain_head.weight.grad.abs().sum() > 0


def test_gradient_reaches_encoders_remapping_and_generator_after_a_step(
    networks, perturbed, parameters_without_gradient, stage
) -> None:
    perturbed(networks)
    inputs = stage().generator_inputs(networks)
    missing = parameters_without_gradient(networks, blend(inputs[1], networks.generator(*inputs)))
    others = ("parsing.", "sizing.", "mask.", "dressing.", "multi_mask.", "flow.")
    assert [name for name in missing if not name.startswith(others)] == []


def test_layers_without_learning_are_a_weighted_sum() -> None:
    garment, human = torch.ones(1, 3, 2, 2), torch.zeros(1, 3, 2, 2)
    weights = torch.tensor([0.25, 0.75]).view(1, 2, 1, 1).expand(1, 2, 2, 2)
    assert torch.equal(Layers(garment, human, weights).analytic, torch.full((1, 3, 2, 2), 0.25))
