"""Stage II, every frame of final quality: human and clothing feature remapping and the generator G_h, which finishes.

Geometry has drawn the frame. Where the photo showed what a pixel shows, or the person has hardly turned since, the pixels
stay as they are. Where it didn't (the side of a face, the back of hair, the inside of a sleeve), the generator changes light
and colour, within bounds. It sees features of the dressed source, pulled to the frame along the flow F, the previous frame,
and what geometry knows. All its maps are small and enlarged smoothly: nothing that is sharp is repainted.

See docs/method.md, "The learned parts".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fashionmirror_core.networks.blocks import (
    Conv,
    Down,
    ResidualBlock,
    StageNetwork,
    Up,
    check_stage,
    is_zero,
    resize,
    resize_flow,
    sample,
    sampling_grid,
    warp,
    zero_conv,
)
from fashionmirror_core.networks.pose_maps import JOINTS

MAX_COLOR = 0.08  # change of a colour in [0, 1]: more of it smears hair over skin
MAX_LOG_GAIN = 0.35  # shading may take three tenths of the light or add four
GUIDE_CHANNELS = 3 + 1 + 1 + 1 + 3

Features = tuple[Tensor, Tensor]  # at 1/4 and 1/8; finer detail travels on the pixel path


class FeatureEncoder(StageNetwork):
    """RGB (premultiplied) and alpha -> features at 1/4 and 1/8, with ``depth`` residual blocks each.

    widths: channels at 1/2 (inside only), 1/4, 1/8.
    """

    def __init__(self, widths: Sequence[int] = (8, 32, 64), depth: int = 1) -> None:
        super().__init__()
        half, quarter, eighth = widths
        self.to_half = Down(4, half)
        self.to_quarter = Down(half, quarter)
        self.at_quarter = nn.Sequential(*(ResidualBlock(quarter) for _ in range(depth)))
        self.to_eighth = Down(quarter, eighth)
        self.at_eighth = nn.Sequential(*(ResidualBlock(eighth) for _ in range(depth)))

    def forward(self, picture: Tensor) -> Features:
        """picture: (N, 4, H, W) in [0, 1]."""
        check_stage(picture)
        quarter = self.at_quarter(self.to_quarter(self.to_half(self.cast(picture))))
        return quarter, self.at_eighth(self.to_eighth(quarter))


@dataclass(frozen=True)
class Previous:
    """The previous output frame, for the remapping.

    features: its encoded pyramid. flow: (N, 2, H, W), pixels, from frame t to frame t - 1. selection: m^t (N, 1, H, W).
    """

    features: Features
    flow: Tensor
    selection: Tensor


@dataclass(frozen=True)
class FrameGuides:
    """What the engine knows of a frame; (N, C, H, W) float32 on the stage. See ``drawing.guides.Guides``.

    picture: its image, RGB in [0, 1]. cover, clothing (M_c^t), unseen: in [0, 1]. normals: unit or zero. flow (F), back:
    stage pixels; back is zero in the first frame.
    """

    picture: Tensor
    cover: Tensor
    clothing: Tensor
    unseen: Tensor
    normals: Tensor
    flow: Tensor
    back: Tensor

    @property
    def stacked(self) -> Tensor:
        return torch.cat((self.picture, self.cover, self.clothing, self.unseen, self.normals), dim=1)


class Selection(StageNetwork):
    """m^t: how far the previous frame is believed instead of the source, only where the source shows nothing."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.enter = Conv(3, width)
        self.leave = zero_conv(width, 1, 1)

    @property
    def idle(self) -> bool:
        """Whether it has learned nothing: no frame leans on the one before."""
        return is_zero(self.leave)

    def forward(self, guides: FrameGuides, previous: Tensor) -> Tensor:
        """previous: (N, 3, H, W), the previous frame. Returns (N, 1, H, W) in [0, 1]."""
        error = (guides.picture - warp(previous, guides.back)).abs().mean(1, keepdim=True) * guides.cover
        told = torch.cat((guides.unseen, guides.clothing, error), dim=1)
        height, width = check_stage(told)
        small = self.leave(self.enter(self.cast(resize(told, (height // 4, width // 4)))))
        return guides.unseen * torch.sigmoid(resize(small.float(), (height, width)))


class FeatureRemapping(StageNetwork):
    """The paper's remapping: human features, gated by m^t and reinforced by the source; clothes enter with lambda_ci
    in M_c^t.
    """

    def __init__(self, widths: Sequence[int] = (32, 64)) -> None:
        super().__init__()
        self.reinforce = nn.ModuleList(nn.Conv2d(2 * width, width, 1) for width in widths)
        self.clothing_weights = nn.Parameter(torch.ones(len(widths)))  # lambda_ci

    def forward(
        self, human: Features, clothing: Features, flow: Tensor, clothing_mask: Tensor, previous: Previous | None = None
    ) -> Features:
        """human, clothing: the dressed source's features. flow: F (N, 2, H, W), pixels, frame t -> source.
        clothing_mask: M_c^t (N, 1, H, W). previous: None in the first frame. Returns the remapped features of frame t.
        """
        remapped: list[Tensor] = []
        for level, (f_human, f_clothing) in enumerate(zip(human, clothing, strict=True)):
            grid = sampling_grid(resize_flow(flow, f_human))
            source = sample(f_human, grid)
            gated = source if previous is None else self._gate(source, previous, level)
            x = gated + self.reinforce[level](torch.cat((gated, source), dim=1))
            inside = resize(clothing_mask, f_human).to(x.dtype)
            remapped.append(x + self.clothing_weights[level] * inside * sample(f_clothing, grid))
        return remapped[0], remapped[1]

    @staticmethod
    def _gate(source: Tensor, previous: Previous, level: int) -> Tensor:
        """(1 - m) source + m previous: with m = 0 the source, bit for bit."""
        warped = sample(previous.features[level], sampling_grid(resize_flow(previous.flow, source)))
        return source + resize(previous.selection, source).to(source.dtype) * (warped - source)


@dataclass(frozen=True)
class GeneratorOutput:
    """The generator's changes; all zero at the start. The maps are small, made to be enlarged to the picture's resolution.

    color: (N, 3, H/2, W/2), RGB within +-``MAX_COLOR``, added. log_gain: (N, 1, H/8, W/8),
    natural logarithm of the shading, within +-``MAX_LOG_GAIN``. Both act where the source wasn't seen.
    """

    color: Tensor
    log_gain: Tensor

    def on(self, picture: Tensor, cover: Tensor, unseen: Tensor) -> Tensor:
        """The frame (N, 3, h, w), of any size, unclamped. picture: (N, 3, h, w) in [0, 1]; cover, unseen: (N, 1, h, w)."""
        size = (picture.shape[-2], picture.shape[-1])
        share = cover * unseen
        return picture * torch.exp(resize(self.log_gain, size) * share) + resize(self.color, size) * share


class Generator(StageNetwork):
    """G_h: a small U-Net over the engine's frame, into which the remapped features enter at 1/4 and 1/8."""

    def __init__(self, feature_widths: Sequence[int] = (32, 64), widths: Sequence[int] = (16, 48, 64)) -> None:
        super().__init__()
        half, quarter, eighth = widths
        self.look = Down(GUIDE_CHANNELS, half)
        self.pose = Conv(JOINTS, quarter)
        self.enter = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(feature_widths, widths[1:], strict=True))
        self.to_quarter = Down(half, quarter)
        self.at_quarter = ResidualBlock(quarter)
        self.to_eighth = Down(quarter, eighth)
        self.at_eighth = nn.Sequential(ResidualBlock(eighth), ResidualBlock(eighth))
        self.up_quarter = Up(eighth, quarter)
        self.up_half = Up(quarter, half)
        self.at_half = ResidualBlock(half)
        self.head = zero_conv(half, 3)
        self.gain_head = zero_conv(eighth, 1)

    @property
    def idle(self) -> bool:
        """Whether it has learned nothing: the frame is the engine's."""
        return is_zero(self.head) and is_zero(self.gain_head)

    def forward(self, remapped: Features, guides: FrameGuides, pose: Tensor) -> GeneratorOutput:
        """remapped: features of frame t. pose: pose maps of t (N, 25, h, w), best at a stride of 4."""
        height, width = check_stage(guides.picture)
        pose = self.cast(resize(pose, (height // 4, width // 4)))
        half = self.look(self.cast(guides.stacked))
        quarter = self.at_quarter(self.to_quarter(half) + self.pose(pose) + self.enter[0](remapped[0]))
        eighth = self.at_eighth(self.to_eighth(quarter) + self.enter[1](remapped[1]))
        x = self.at_half(self.up_half(self.up_quarter(eighth, quarter), half))
        return GeneratorOutput(
            color=MAX_COLOR * torch.tanh(self.head(x).float()),
            log_gain=MAX_LOG_GAIN * torch.tanh(self.gain_head(eighth).float()),
        )
