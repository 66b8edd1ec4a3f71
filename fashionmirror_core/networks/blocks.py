"""What all networks are built from: convolutions, warping, and the ways a learned part starts at zero effect.

Two conventions hold everywhere. A flow is a *displacement*: ``flow[:, :, y, x]`` (x then y, pixels) added to (x, y)
is where the target pixel is found in the source. A pyramid level of stride s has its pixel centres in the middle of
the s x s stage pixels it stands for, so a flow changes level by averaging and dividing by s, without any offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STAGE_MULTIPLE = 16  # co-attention lives at 1/16 of the stage
PRIOR_MARGIN = 0.01  # a mask prior of exactly 0 or 1 can still be overruled by a logit of about 4.6


class StageNetwork(nn.Module):
    """A network over the stage: takes float32, computes in its parameters' type, returns float32."""

    @property
    def compute_dtype(self) -> torch.dtype:
        return next(self.parameters()).dtype

    def cast(self, tensor: Tensor) -> Tensor:
        """(N, C, H, W) in the type in which this network computes (bfloat16 after ``.bfloat16()``), channels_last."""
        return tensor.to(self.compute_dtype).contiguous(memory_format=torch.channels_last)


def check_stage(tensor: Tensor) -> tuple[int, int]:
    """Height and width of a stage tensor (N, C, H, W). Raises ValueError unless both are multiples of 16."""
    height, width = tensor.shape[-2:]
    if height % STAGE_MULTIPLE or width % STAGE_MULTIPLE:
        raise ValueError(f"A stage must be a multiple of {STAGE_MULTIPLE} high and wide, not {height} x {width}.")
    return height, width


def activate(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.1)


def _norm(channels: int, normalised: bool) -> nn.Module:
    return nn.GroupNorm(max(1, channels // 16), channels) if normalised else nn.Identity()


class Conv(nn.Module):
    """3x3 convolution, optional group norm, leaky ReLU."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3, normalised: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2)
        self.norm = _norm(channels_out, normalised)
        _he_init(self.conv)

    def forward(self, x: Tensor) -> Tensor:
        return activate(self.norm(self.conv(x)))


class Down(nn.Module):
    """Half the size. A 4x4 kernel at stride 2 keeps the centres where averaging would put them."""

    def __init__(self, channels_in: int, channels_out: int, normalised: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 4, stride=2, padding=1)
        self.norm = _norm(channels_out, normalised)
        _he_init(self.conv)

    def forward(self, x: Tensor) -> Tensor:
        return activate(self.norm(self.conv(x)))


class ResidualBlock(nn.Module):
    """x + conv(conv(x)); without norm the branch starts small, which keeps the variance of a deep stack."""

    def __init__(self, channels: int, normalised: bool = False) -> None:
        super().__init__()
        self.enter = Conv(channels, channels, normalised=normalised)
        self.leave = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = _norm(channels, normalised)
        _he_init(self.leave, gain=1.0 if normalised else 0.3)

    def forward(self, x: Tensor) -> Tensor:
        return activate(x + self.norm(self.leave(self.enter(x))))


class Up(nn.Module):
    """Twice the size: the coarse features, narrowed first (cheap), are added to the skip and mixed by a convolution."""

    def __init__(self, channels_in: int, channels_out: int, normalised: bool = False) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels_in, channels_out, 1)
        self.mix = Conv(channels_out, channels_out, normalised=normalised)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        return self.mix(skip + resize(self.narrow(coarse), skip))


def _he_init(conv: nn.Conv2d, gain: float = 1.0) -> None:
    nn.init.kaiming_normal_(conv.weight, a=0.1, nonlinearity="leaky_relu")
    with torch.no_grad():
        conv.weight.mul_(gain)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)


def zero_conv(channels_in: int, channels_out: int, kernel: int = 3) -> nn.Conv2d:
    """A last layer whose output is exactly zero until it is trained."""
    conv = nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2)
    nn.init.zeros_(conv.weight)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv


def is_zero(conv: nn.Conv2d | nn.Linear) -> bool:
    """Whether a last layer still has no effect: what follows from it need not be computed."""
    parameters = (conv.weight,) if conv.bias is None else (conv.weight, conv.bias)
    return not any(bool(parameter.any()) for parameter in parameters)


def resize(x: Tensor, like: Tensor | tuple[int, int]) -> Tensor:
    """x (N, C, h, w) at the size of ``like``: averaged when it shrinks by a whole factor, bilinear otherwise."""
    height, width = like if isinstance(like, tuple) else (like.shape[-2], like.shape[-1])
    old_height, old_width = x.shape[-2:]
    if (old_height, old_width) == (height, width):
        return x
    halved = (old_height, old_width) == (2 * height, 2 * width)  # here bilinear is averaging, and several times faster
    if old_height % height == 0 and old_width % width == 0 and not halved:
        return F.avg_pool2d(x, (old_height // height, old_width // width))
    return F.interpolate(x, size=(height, width), mode="bilinear", align_corners=False)


def resize_flow(flow: Tensor, like: Tensor | tuple[int, int]) -> Tensor:
    """A flow (N, 2, h, w) in pixels of its own size -> the same flow at another size, in that size's pixels."""
    resized = resize(flow, like)
    if resized is flow:
        return flow
    factor = [resized.shape[-1] / flow.shape[-1], resized.shape[-2] / flow.shape[-2]]
    return resized * torch.tensor(factor, dtype=flow.dtype, device=flow.device).view(1, 2, 1, 1)


def sampling_grid(flow: Tensor) -> Tensor:
    """A flow (N, 2, H, W), pixels -> the grid (N, H, W, 2) in [-1, 1] that ``grid_sample`` takes; float32."""
    height, width = flow.shape[-2:]
    flow = flow.float()
    x = torch.arange(width, device=flow.device, dtype=torch.float32) + flow[:, 0]
    y = torch.arange(height, device=flow.device, dtype=torch.float32).unsqueeze(1) + flow[:, 1]
    return torch.stack(((2 * x + 1) / width - 1, (2 * y + 1) / height - 1), dim=-1)


def sample(picture: Tensor, grid: Tensor) -> Tensor:
    """The picture (N, C, H, W) at a sampling grid; coordinates stay float32 also when the picture is bfloat16."""
    with torch.autocast(picture.device.type, enabled=False):
        sampled = F.grid_sample(picture.float(), grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return sampled.to(picture.dtype).contiguous(memory_format=torch.channels_last)


def warp(picture: Tensor, flow: Tensor) -> Tensor:
    """picture (N, C, H, W) pulled along flow (N, 2, H, W), pixels, target -> source; zeros outside the picture."""
    return sample(picture, sampling_grid(flow))


def clamp_straight_through(x: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Clamped forward, the identity backward: a value resting on a bound can still be pulled inside."""
    return x + (x.clamp(low, high) - x).detach()


def adjust_mask(prior: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
    """A mask prior in [0, 1] moved by residual logits, both (N, C, H, W) -> the mask in [0, 1] and its logits.

    The mask is sigmoid(logit(prior) + residual) with the prior kept ``PRIOR_MARGIN`` away from 0 and 1 in the logit
    only, so that a residual of zero gives the prior back bit for bit. The logits are for losses that want them.
    """
    prior, residual = prior.float(), residual.float()
    start = torch.logit(prior.clamp(PRIOR_MARGIN, 1 - PRIOR_MARGIN))
    logits = start + residual
    return clamp_straight_through(prior + (torch.sigmoid(logits) - torch.sigmoid(start))), logits


def count_macs(module: nn.Module, *inputs: Any, **named: Any) -> int:
    """Multiply-accumulates of one forward pass: convolutions, linear layers and matrix products (not warps or sums)."""
    from torch.utils.flop_counter import FlopCounterMode  # brings triton, which nothing else needs

    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        module(*inputs, **named)
    return counter.get_total_flops() // 2


def count_parameters(modules: Sequence[nn.Module]) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())
