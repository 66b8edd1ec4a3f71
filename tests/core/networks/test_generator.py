"""Feature remapping, the generator, and what its changes do to a frame."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from fashionmirror_core.networks import FrameGuides, GeneratorOutput, TryOnNetworks
from fashionmirror_core.networks.generator import MAX_COLOR, MAX_LOG_GAIN


@pytest.fixture
def networks() -> TryOnNetworks:
    return TryOnNetworks.default()


def strongest(height: int, width: int, sign: float = 1.0) -> GeneratorOutput:
    """All that a generator may change."""
    color = sign * MAX_COLOR * torch.ones(1, 3, height // 2, width // 2)
    return GeneratorOutput(color, sign * MAX_LOG_GAIN * torch.ones(1, 1, height // 8, width // 8))


def test_the_untrained_frame_is_the_engines_bit_for_bit(networks, stage) -> None:
    inputs = stage(batch=3)
    remapped, guides, pose = inputs.generator_inputs(networks)
    with torch.no_grad():
        output = networks.generator(remapped, guides, pose)
    assert torch.equal(output.on(guides.picture, guides.cover, guides.unseen), guides.picture)


def test_where_the_source_was_seen_nothing_changes() -> None:
    picture = torch.rand(1, 3, 64, 48)
    seen = strongest(64, 48).on(picture, torch.ones(1, 1, 64, 48), torch.zeros(1, 1, 64, 48))
    assert torch.equal(seen, picture)
    unseen = strongest(64, 48, -1).on(picture, torch.ones(1, 1, 64, 48), torch.ones(1, 1, 64, 48))
    torch.testing.assert_close(unseen, picture * torch.tensor(-MAX_LOG_GAIN).exp() - MAX_COLOR)


def test_the_background_never_changes() -> None:
    picture, nobody = torch.rand(1, 3, 64, 48), torch.zeros(1, 1, 64, 48)
    assert torch.equal(strongest(64, 48).on(picture, nobody, torch.ones(1, 1, 64, 48)), picture)


def test_the_same_maps_finish_a_larger_picture_smoothly() -> None:
    maps = GeneratorOutput(torch.zeros(1, 3, 32, 24), torch.linspace(-1, 1, 8).view(1, 1, 8, 1).expand(1, 1, 8, 6))
    picture, share = torch.full((1, 3, 320, 240), 0.5), torch.ones(1, 1, 320, 240)
    frame = maps.on(picture, share, share)
    assert frame.shape == picture.shape
    assert (frame[..., 1:, :] - frame[..., :-1, :]).abs().max() < 0.02


def test_the_previous_frame_is_believed_only_where_nothing_was_seen(networks, perturbed, stage) -> None:
    assert networks.selection.idle
    perturbed(networks)
    assert not networks.selection.idle
    guides, before = stage().guides(), stage(seed=1).maps(3)
    chosen = networks.selection(guides, before)
    assert chosen.shape == guides.unseen.shape
    assert not chosen[guides.unseen == 0].any()
    assert (chosen[guides.unseen == 1] > 0).all()


def test_the_first_frame_asks_for_none_before_it(networks, perturbed, stage) -> None:
    perturbed(networks)
    inputs = stage()
    source = networks.encode_source(inputs.maps(3), inputs.maps(1), inputs.maps(1))
    guides, pose = inputs.guides(), inputs.pose()
    first = networks.finish(source, guides, pose)
    seen: FrameGuides = replace(guides, unseen=torch.zeros_like(guides.unseen))
    for one, two in ((guides, False), (seen, True)):
        alone, after = (networks.finish(source, one, pose, before).color for before in (None, inputs.maps(3)))
        assert torch.equal(alone, after) == two
    assert first.color.abs().max() <= MAX_COLOR


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
    networks.requires_grad_(True)
    remapped, guides, pose = stage().generator_inputs(networks)
    output = networks.generator(remapped, guides, pose)
    output.on(guides.picture, guides.cover, guides.unseen).square().mean().backward()
    assert (networks.generator.head.weight.grad.abs().sum(dim=(1, 2, 3)) > 0).all()
    assert networks.generator.gain_head.weight.grad.abs().sum() > 0


def test_gradient_reaches_encoders_remapping_and_generator_after_a_step(
    networks, perturbed, parameters_without_gradient, stage
) -> None:
    perturbed(networks)
    inputs = stage()
    source = networks.encode_source(inputs.maps(3), inputs.maps(1), inputs.maps(1))
    guides = inputs.guides()
    output = networks.finish(source, guides, inputs.pose(), inputs.maps(3))
    missing = parameters_without_gradient(networks, output.on(guides.picture, guides.cover, guides.unseen))
    own = ("human_encoder.", "clothing_encoder.", "previous_encoder.", "selection.", "remapping.", "generator.")
    assert [name for name in missing if name.startswith(own)] == []
