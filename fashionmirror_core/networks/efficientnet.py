"""EfficientNet-Lite (Tan and Le, ICML 2019; no squeeze-and-excitation, ReLU6), which the encoders of stage I are, and the
steps of their top-down decoders.

The layers are as its authors have them, so that training can start from their ImageNet weights (Apache-2.0).
"""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor, nn

MEAN, STD = 127.0 / 255, 128.0 / 255  # it takes pictures in about [-1, 1]

# Expansion, channels, stride, kernel, blocks: EfficientNet-B0's stages, as Lite0 has them.
_STAGES = (
    *((1, 16, 1, 3, 1), (6, 24, 2, 3, 2), (6, 40, 2, 5, 2), (6, 80, 2, 3, 3)),
    *((6, 112, 1, 5, 3), (6, 192, 2, 5, 4), (6, 320, 1, 3, 1)),
)
_SIZES = {0: (1.0, 1.0), 2: (1.1, 1.2)}
"""Lite0 and Lite2: how many times as wide and as deep."""
LEVELS = (1, 2, 3, 5, 7)
"""Stages after which the size changes: 1/2, 1/4, 1/8, 1/16, 1/32."""


class Lite(nn.Module):
    """The encoder alone: Lite0 has 3.4 M parameters, Lite2 4.8 M.

    size: 0 or 2. channels: number of a stage, from 1 -> channels of its features.
    """

    def __init__(self, size: int = 0) -> None:
        super().__init__()
        self.size = size
        wider, deeper = _SIZES[size]
        self.stem = conv(3, 32, 3, 2)
        channels, stages = 32, []
        self.channels: dict[int, int] = {}
        for number, (expansion, width, stride, kernel, count) in enumerate(_STAGES, start=1):
            blocks = []
            ends = number in (1, len(_STAGES))  # the first and the last stage keep their depth
            for block in range(count if ends else math.ceil(count * deeper)):
                blocks.append(_Block(channels, _eighths(width * wider), expansion, kernel, stride if block == 0 else 1))
                channels = _eighths(width * wider)
            self.channels[number] = channels
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)

    def levels(self, picture: Tensor) -> dict[int, Tensor]:
        """picture: (N, 3, H, W), RGB in [0, 1]. Returns the features after each stage by its number, from 1."""
        x = F.relu6(self.stem((picture - MEAN) / STD))
        found = {}
        for number, stage in enumerate(self.stages, start=1):
            x = stage(x)
            found[number] = x
        return found


def _eighths(channels: float) -> int:
    """The nearest multiple of 8, but not less than nine tenths."""
    rounded = int(channels + 4) // 8 * 8
    return rounded + 8 if rounded < 0.9 * channels else rounded


class _Block(nn.Module):
    """Mobile inverted bottleneck: widen, depthwise convolution, narrow; added to its input where the shapes allow."""

    def __init__(self, channels_in: int, channels_out: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = channels_in * expansion
        self.widen = conv(channels_in, wide, 1) if expansion > 1 else None
        self.depthwise = conv(wide, wide, kernel, stride, groups=wide)
        self.narrow = conv(wide, channels_out, 1)
        self.residual = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.widen is None else F.relu6(self.widen(x))
        y = self.narrow(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


def conv(channels_in: int, channels_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution and its batch norm."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(channels_out, eps=1e-3, momentum=0.01),
    )


class Merge(nn.Module):
    """One step up: the coarse features, enlarged, meet the encoder's own at this size."""

    def __init__(self, coarse: int, skip: int, width: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(coarse, width, 1) if coarse != width else nn.Identity()
        self.skip = nn.Conv2d(skip, width, 1)
        self.mix = conv(width, width, 3)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        size = (skip.shape[-2], skip.shape[-1])
        coarse = F.interpolate(self.coarse(coarse), size=size, mode="bilinear", align_corners=False)
        return F.relu6(self.mix(coarse + self.skip(skip)))
