"""The adversaries of training: D_s on single frames, D_t on short clips (supplement, Eq. 7, 14, 15).

Both are fully convolutional and return unbounded patch scores for a least-squares GAN; both also judge 64 x 64
clothing patches. Spectral norm on every convolution. They do not ship.

See docs/method.md, "Losses".
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from fashionmirror_core.networks.blocks import activate

CLIP_FRAMES = 6  # n of Eq. 14


def _conv(channels_in: int, channels_out: int, stride: int = 2) -> nn.Module:
    """4x4 at stride 2, or 3x3 at stride 1."""
    kernel = 4 if stride == 2 else 3
    return spectral_norm(nn.Conv2d(channels_in, channels_out, kernel, stride, padding=1))


def _conv3d(channels_in: int, channels_out: int) -> nn.Module:
    """Half the size, two frames fewer."""
    return spectral_norm(nn.Conv3d(channels_in, channels_out, (3, 4, 4), (1, 2, 2), padding=(0, 1, 1)))


class SpatialDiscriminator(nn.Module):
    """D_s: frames (N, 3 + condition, H, W) -> patch scores (N, 1, H/8, W/8)."""

    def __init__(self, condition_channels: int = 0, width: int = 48) -> None:
        super().__init__()
        self.down1 = _conv(3 + condition_channels, width)
        self.down2 = _conv(width, 2 * width)
        self.down3 = _conv(2 * width, 4 * width)
        self.mix = _conv(4 * width, 4 * width, stride=1)
        self.score = _conv(4 * width, 1, stride=1)

    def forward(self, frames: Tensor, condition: Tensor | None = None) -> Tensor:
        """frames: (N, 3, H, W) in [0, 1]; condition: (N, condition_channels, H, W), such as pose maps."""
        x = (frames if condition is None else torch.cat((frames, condition), dim=1)) * 2 - 1
        for layer in (self.down1, self.down2, self.down3, self.mix):
            x = activate(layer(x))
        return self.score(x)


class TemporalDiscriminator(nn.Module):
    """D_t: clips (N, 3, n, H, W) -> patch scores (N, 1, H/16, W/16): two 3D blocks, then 2D on the folded time."""

    def __init__(self, frames: int = CLIP_FRAMES, width: int = 32) -> None:
        super().__init__()
        if frames < 5:
            raise ValueError(f"A clip for the temporal discriminator has at least 5 frames, not {frames}.")
        self.frames = frames
        self.block1 = _conv3d(3, width)
        self.block2 = _conv3d(width, 2 * width)
        self.down1 = _conv(2 * width * (frames - 4), 4 * width)
        self.down2 = _conv(4 * width, 4 * width)
        self.score = _conv(4 * width, 1, stride=1)

    def forward(self, clip: Tensor) -> Tensor:
        """clip: (N, 3, n, H, W) in [0, 1], consecutive frames."""
        if clip.shape[2] != self.frames:
            raise ValueError(f"A clip of {self.frames} frames is expected, not {clip.shape[2]}.")
        x = activate(self.block2(activate(self.block1(clip * 2 - 1))))
        x = x.flatten(1, 2)
        x = activate(self.down2(activate(self.down1(x))))
        return self.score(x)
