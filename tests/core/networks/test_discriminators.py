"""The adversaries of training."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fashionmirror_core.networks import SpatialDiscriminator, TemporalDiscriminator


@pytest.mark.parametrize(("size", "scores"), [((256, 192), (32, 24)), ((64, 64), (8, 8))])
def test_frames_and_clothing_patches_get_patch_scores(size: tuple[int, int], scores: tuple[int, int]) -> None:
    with torch.no_grad():
        assert SpatialDiscriminator()(torch.rand(3, 3, *size)).shape == (3, 1, *scores)


def test_frames_can_be_judged_on_a_condition() -> None:
    network = SpatialDiscriminator(condition_channels=25)
    assert network(torch.rand(1, 3, 64, 64), torch.rand(1, 25, 64, 64)).shape == (1, 1, 8, 8)


@pytest.mark.parametrize(("size", "scores"), [((128, 96), (8, 6)), ((64, 64), (4, 4))])
def test_clips_and_clothing_clips_get_patch_scores(size: tuple[int, int], scores: tuple[int, int]) -> None:
    with torch.no_grad():
        assert TemporalDiscriminator()(torch.rand(2, 3, 6, *size)).shape == (2, 1, *scores)


def test_order_matters_to_the_temporal_discriminator() -> None:
    network, clip = TemporalDiscriminator().eval(), torch.rand(1, 3, 6, 64, 64)
    with torch.no_grad():
        assert not torch.allclose(network(clip), network(clip.flip(2)))


def test_clips_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="6 frames"):
        TemporalDiscriminator()(torch.rand(1, 3, 5, 64, 64))
    with pytest.raises(ValueError, match="at least 5"):
        TemporalDiscriminator(frames=4)


@pytest.mark.parametrize("make", [SpatialDiscriminator, TemporalDiscriminator])
def test_spectral_norm_is_on_every_convolution_and_gradient_reaches_everything(
    make, parameters_without_gradient
) -> None:
    network = make()
    convolutions = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Conv3d))]
    assert convolutions
    assert all(hasattr(conv, "parametrizations") for conv in convolutions)
    picture = torch.rand(1, 3, 64, 64) if make is SpatialDiscriminator else torch.rand(1, 3, 6, 64, 64)
    assert parameters_without_gradient(network, network(picture)) == []
