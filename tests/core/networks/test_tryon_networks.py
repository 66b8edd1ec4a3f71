"""The container of everything that ships: configuration, budgets, number formats, sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from fashionmirror_core.networks import NetworkConfig, TryOnNetworks, count_macs, count_parameters

GMAC = 10**9


@pytest.fixture
def networks() -> TryOnNetworks:
    return TryOnNetworks.default()


def every_output(networks: TryOnNetworks, inputs: Any) -> dict[str, tuple[Tensor, Tensor]]:
    """Every network's output beside the analytic prior it starts from."""
    source = networks.encode_source(inputs.maps(3), inputs.maps(1), inputs.maps(1))
    guides = inputs.guides()
    finished = networks.finish(source, guides, inputs.pose(), inputs.maps(3))
    return {
        "frame": (finished.on(guides.picture, guides.cover, guides.unseen), guides.picture),
    }


def test_zero_effect_holds_at_the_second_stage_size(networks, stage) -> None:
    with torch.inference_mode():
        for name, (output, prior) in every_output(networks, stage(height=512, width=384)).items():
            assert torch.equal(output, prior), name


@pytest.mark.parametrize("how", ["autocast", "weights"])
def test_zero_effect_holds_in_bfloat16(networks, stage, how: str) -> None:
    inputs = stage(batch=1, height=64, width=48)
    with torch.inference_mode():
        if how == "weights":
            outputs = every_output(networks.bfloat16(), inputs)
        else:
            with torch.autocast("cpu", torch.bfloat16):
                outputs = every_output(networks, inputs)
    for name, (output, prior) in outputs.items():
        assert output.dtype == torch.float32, name
        assert torch.equal(output, prior), name


def test_a_trained_network_gives_nearly_the_same_in_bfloat16(networks, perturbed, stage) -> None:
    perturbed(networks, 0.02).for_inference()
    with torch.inference_mode():
        exact = every_output(networks, stage(height=64, width=48))
        rounded = every_output(networks.bfloat16(), stage(height=64, width=48))
    for name, (output, prior) in exact.items():
        moved = (output - prior).abs().max()
        assert moved > 0, name
        assert (rounded[name][0] - output).abs().mean() < 0.1 * moved, name


def test_training_step_in_autocast_gives_finite_gradients(networks, perturbed, stage) -> None:
    perturbed(networks)
    with torch.autocast("cpu", torch.bfloat16):
        outputs = every_output(networks, stage(height=64, width=48))
    torch.stack([output.square().mean() for output, _ in outputs.values()]).sum().backward()
    gradients = [p.grad for p in networks.parameters() if p.grad is not None]
    assert gradients
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_networks_of_a_frame_stay_within_three_gigamacs(networks, stage) -> None:
    inputs = stage(height=256, width=192)
    macs = {
        "previous": count_macs(networks.previous_encoder, inputs.maps(4)),
        "remapping": count_macs(networks.remapping, *inputs.remapping_inputs(networks)),
        "generator": count_macs(networks.generator, *inputs.generator_inputs(networks)),
    }
    assert all(macs.values())
    assert sum(macs.values()) < 3 * GMAC, macs


def test_macs_are_counted_as_the_formula_says() -> None:
    conv = torch.nn.Conv2d(3, 8, 3, padding=1)
    assert count_macs(conv, torch.zeros(1, 3, 10, 20)) == 10 * 20 * 8 * 3 * 9


def test_everything_that_ships_fits_in_its_budget(networks) -> None:
    """5.4 million parameters for both stages, 4.7 for the parser, which looks once a person."""
    parser = count_parameters([networks.parser])
    assert parser <= 4_700_000
    assert count_parameters([networks]) - parser <= 5_400_000


def test_untrained_networks_are_always_the_same_and_leave_the_random_state(networks) -> None:
    state = torch.get_rng_state()
    again = TryOnNetworks.default()
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(networks.parameters(), again.parameters(), strict=True))


def test_a_configuration_survives_json() -> None:
    config = NetworkConfig(generator_widths=(8, 16, 32), source_encoder_depth=1)
    assert NetworkConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda data: data.update(feature_widths=[32, 64]), "feature_widths"),
        (lambda data: data.update(feature_widths=[32, 64, 10**9]), "feature_widths"),
        (lambda data: data.update(source_encoder_depth=True), "source_encoder_depth"),
        (lambda data: data.update(source_encoder_depth="4"), "source_encoder_depth"),
        (lambda data: data.update(extra=1), "extra"),
    ],
)
def test_a_configuration_with_a_bad_entry_is_refused_by_name(change: Callable[[dict], Any], named: str) -> None:
    data = NetworkConfig().to_dict()
    change(data)
    with pytest.raises(ValueError, match=named):
        NetworkConfig.from_dict(data)


def test_a_configuration_from_before_a_network_was_added_is_read() -> None:
    data = NetworkConfig(source_encoder_depth=1).to_dict()
    del data["generator_widths"]
    assert NetworkConfig.from_dict(data) == NetworkConfig(source_encoder_depth=1)


def test_entries_of_networks_that_are_gone_are_passed_over() -> None:
    """Weights that were written while flat layers and their networks were in the house."""
    old = NetworkConfig().to_dict() | {"flow_widths": [16, 32, 64], "flow_max_pixels": 4.0, "sizing_width": 96}
    assert NetworkConfig.from_dict(old) == NetworkConfig()
