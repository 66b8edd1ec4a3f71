"""What is seen of a person: nothing before training, the same at every size of the stage, nothing behind the person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from fashionmirror_core.networks import ParsingNetwork
from fashionmirror_core.networks.blocks import resize
from fashionmirror_core.vocabulary import Label

Perturb = Callable[[nn.Module], ParsingNetwork]


def inputs(height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Smooth enough that a larger stage shows nothing that a smaller one doesn't."""
    rows, columns = torch.meshgrid(torch.linspace(0, 3, height), torch.linspace(0, 2, width), indexing="ij")
    image = torch.stack([torch.sin(rows), torch.cos(columns), torch.sin(rows + columns)])[None] / 2 + 0.5
    matte = ((rows > 0.5) & (columns > 0.4) & (columns < 1.6)).float()[None, None]
    joints = torch.rand(1, 25, 3, generator=torch.Generator().manual_seed(3)) * torch.tensor([width - 1, height - 1, 1])
    return image, resize(matte, (128, 96)) if height == 128 else matte, joints


def test_untrained_it_says_nothing() -> None:
    network = ParsingNetwork()
    logits = network(*inputs(128, 96))
    assert network.idle
    assert logits.shape == (1, len(Label), 128, 96)
    assert not logits.any()


def test_a_larger_stage_is_seen_alike(perturbed: Perturb) -> None:
    network = perturbed(ParsingNetwork()).eval()
    image, matte, joints = inputs(256, 192)
    with torch.no_grad():
        small = network(image, matte, joints)
        placed = torch.cat([(joints[..., :2] + 0.5) * 2 - 0.5, joints[..., 2:]], -1)
        large = network(*(resize(picture, (512, 384)) for picture in (image, matte)), placed)
    assert small.shape == large.shape
    assert (small.softmax(1) - large.softmax(1)).abs().mean() < 0.02
    assert not network.idle


def test_what_is_behind_the_person_is_not_seen(perturbed: Perturb) -> None:
    network = perturbed(ParsingNetwork()).eval()
    image, matte, joints = inputs(256, 192)
    elsewhere = torch.where(matte > 0, image, 1 - image)
    with torch.no_grad():
        assert torch.equal(network(image, matte, joints), network(elsewhere, matte, joints))


def test_a_joint_that_is_not_there_is_not_looked_at(perturbed: Perturb) -> None:
    network = perturbed(ParsingNetwork()).eval()
    image, matte, joints = inputs(128, 96)
    joints[0, 4, 2] = 0
    moved = joints.clone()
    moved[0, 4, :2] = 5
    with torch.no_grad():
        assert torch.equal(network(image, matte, joints), network(image, matte, moved))


def test_every_parameter_learns(perturbed: Perturb, parameters_without_gradient) -> None:
    network = perturbed(ParsingNetwork())
    assert parameters_without_gradient(network, network(*inputs(128, 96))) == []


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 16"):
        ParsingNetwork()(*inputs(100, 96))
