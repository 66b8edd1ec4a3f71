"""Inputs of every network for a stage of any size, and small helpers the network tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fashionmirror_core.networks import FrameGuides, Previous, TryOnNetworks, pose_maps


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small tensors: threads would only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@dataclass
class Stage:
    """Random but well-formed inputs on a stage."""

    batch: int = 1
    height: int = 128
    width: int = 96
    seed: int = 0
    generator: torch.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.generator = torch.Generator().manual_seed(self.seed)

    def maps(self, channels: int, stride: int = 1) -> Tensor:
        """(N, channels, H / stride, W / stride) in [0, 1]."""
        size = (self.batch, channels, self.height // stride, self.width // stride)
        return torch.rand(size, generator=self.generator)

    def flow(self, pixels: float = 6.0) -> Tensor:
        return pixels * torch.randn((self.batch, 2, self.height, self.width), generator=self.generator)

    def joints(self) -> Tensor:
        scale = torch.tensor([self.width, self.height, 1.0])
        return torch.rand((self.batch, 25, 3), generator=self.generator) * scale

    def pose(self, stride: int = 4) -> Tensor:
        return pose_maps(self.joints(), self.height, self.width, stride)

    def guides(self) -> FrameGuides:
        """Of a frame whose person covers all of it, half of it unseen."""
        cover, unseen = torch.ones_like(self.maps(1)), (self.maps(1) > 0.5).float()
        return FrameGuides(self.maps(3), cover, self.maps(1), unseen, 2 * self.maps(3) - 1, self.flow(), self.flow(1.0))

    def remapping_inputs(self, networks: TryOnNetworks) -> tuple[Any, ...]:
        human, clothing = networks.encode_source(self.maps(3), self.maps(1), self.maps(1))
        previous = Previous(networks.previous_encoder(self.maps(4)), self.flow(), self.maps(1))
        return human, clothing, self.flow(), self.maps(1), previous

    def generator_inputs(self, networks: TryOnNetworks) -> tuple[Any, ...]:
        remapped = networks.remapping(*self.remapping_inputs(networks))
        return remapped, self.guides(), self.pose()


@pytest.fixture
def stage() -> type[Stage]:
    return Stage


@pytest.fixture
def perturbed() -> Callable[[nn.Module], nn.Module]:
    """The module as after a step of training: every parameter moved, zero-initialised ones too, gradients on."""

    def perturb(module: nn.Module, amount: float = 0.05) -> nn.Module:
        module.train().requires_grad_(True)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.add_(amount * torch.randn_like(parameter))
        return module

    return perturb


@pytest.fixture
def parameters_without_gradient() -> Callable[[nn.Module, Tensor], list[str]]:
    """Names of the parameters that a loss over these outputs does not reach."""

    def backward(module: nn.Module, output: Tensor) -> list[str]:
        (output * torch.randn_like(output)).sum().backward()
        return [name for name, p in module.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]

    return backward
