"""Stage II, every frame: human and clothing feature remapping and the generator G_h.

Features of the dressed source are encoded once a look and pulled to each frame along the flow F. The generator looks
at them and at the analytic layers and says how to blend these: the pixels themselves come from the photo and the
garment, at any resolution.

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
    zero_conv,
)
from fashionmirror_core.networks.pose_maps import JOINTS

NEW_PIXEL_ODDS = 0.02  # the generated layer's weight against the two analytic ones, before anything is learned
MAX_LOG_GAIN = 0.7  # shading may halve or double the light
LAYER_CHANNELS = 3 + 3 + 2 + 1 + 1

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
class Layers:
    """The analytic layers of a frame, at any resolution (N, C, H, W).

    garment, human: warped RGB in [0, 1]. weights: (N, 2, H, W), a_g then a_h in [0, 1], a_g + a_h = 1 wherever the
    picture is covered (both 0 is allowed outside).
    """

    garment: Tensor
    human: Tensor
    weights: Tensor

    @property
    def analytic(self) -> Tensor:
        """a_g G + a_h H: the frame without anything learned."""
        return self.weights[:, :1] * self.garment + self.weights[:, 1:] * self.human


@dataclass(frozen=True)
class GeneratorOutput:
    """The generator's changes; all zero at the start. The maps are small, made to be drawn up to the picture's
    resolution: the sharp edges are those of the analytic layers.

    weight_residual: z (N, 3, H/2, W/2), logits added for garment, human, generated. color_residual: (N, 3, H/2, W/2)
    in [-1, 1], generated RGB minus the analytic frame. log_gain: (N, 1, H/8, W/8), natural logarithm of the shading,
    within +-``MAX_LOG_GAIN``.
    """

    weight_residual: Tensor
    color_residual: Tensor
    log_gain: Tensor

    def resized(self, height: int, width: int) -> GeneratorOutput:
        """The same maps for a picture of another size, the gain included."""
        size = (height, width)
        return GeneratorOutput(
            resize(self.weight_residual, size), resize(self.color_residual, size), resize(self.log_gain, size)
        )


class Generator(StageNetwork):
    """G_h: a small U-Net over the analytic layers, into which the remapped features enter at 1/4 and 1/8."""

    def __init__(self, feature_widths: Sequence[int] = (32, 64), widths: Sequence[int] = (16, 48, 64)) -> None:
        super().__init__()
        half, quarter, eighth = widths
        self.look = Down(LAYER_CHANNELS, half)
        self.pose = Conv(JOINTS, quarter)
        self.enter = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(feature_widths, widths[1:], strict=True))
        self.to_quarter = Down(half, quarter)
        self.at_quarter = ResidualBlock(quarter)
        self.to_eighth = Down(quarter, eighth)
        self.at_eighth = nn.Sequential(ResidualBlock(eighth), ResidualBlock(eighth))
        self.up_quarter = Up(eighth, quarter)
        self.up_half = Up(quarter, half)
        self.at_half = ResidualBlock(half)
        self.head = zero_conv(half, 6)
        self.gain_head = zero_conv(eighth, 1)

    @property
    def idle(self) -> bool:
        """Whether it has learned nothing: the frame is the analytic one."""
        return is_zero(self.head) and is_zero(self.gain_head)

    def forward(
        self, remapped: Features, layers: Layers, clothing_mask: Tensor, disocclusion: Tensor, pose: Tensor
    ) -> GeneratorOutput:
        """remapped: features of frame t. layers: at stage size. clothing_mask: M_c^t; disocclusion: (N, 1, H, W),
        where the flow has no source. pose: pose maps of t (N, 25, h, w), best at a stride of 4.
        """
        height, width = check_stage(clothing_mask)
        seen = torch.cat((layers.garment, layers.human, layers.weights, clothing_mask, disocclusion), dim=1)
        pose = self.cast(resize(pose, (height // 4, width // 4)))

        half = self.look(self.cast(seen))
        quarter = self.at_quarter(self.to_quarter(half) + self.pose(pose) + self.enter[0](remapped[0]))
        eighth = self.at_eighth(self.to_eighth(quarter) + self.enter[1](remapped[1]))
        x = self.at_half(self.up_half(self.up_quarter(eighth, quarter), half))

        maps = self.head(x).float()
        log_gain = MAX_LOG_GAIN * torch.tanh(self.gain_head(eighth).float())
        return GeneratorOutput(maps[:, :3], torch.tanh(maps[:, 3:]), log_gain)


def layer_weights(weights: Tensor, residual: Tensor) -> Tensor:
    """softmax(log([a_g, a_h, eps]) + z) -> (N, 3, H, W), summing to one; no logarithm, so that a_g = 0 is harmless."""
    odds = torch.cat((weights, torch.full_like(weights[:, :1], NEW_PIXEL_ODDS)), dim=1)
    # The shift comes from the layers that are there: one that isn't may have any logit without drowning the others.
    absent = odds == 0
    shift = residual.detach().masked_fill(absent, -torch.inf).amax(dim=1, keepdim=True)
    odds = odds * torch.exp((residual - shift).masked_fill(absent, 0))
    return odds / odds.sum(dim=1, keepdim=True)


def blend(layers: Layers, output: GeneratorOutput) -> Tensor:
    """The frame: w_g G + w_h H + w_n (analytic + colour residual), times the shading -> (N, 3, H, W), unclamped.

    Works at any resolution: the generator's maps are brought to the layers' size. Written as a change of the analytic
    frame, (w - w_0) on each layer with w_0 the weights for z = 0, which is the same sum where a_g + a_h = 1 and gives
    the analytic frame back bit for bit while nothing is learned, also where the picture is empty.
    """
    maps = output.resized(layers.human.shape[-2], layers.human.shape[-1])
    analytic = layers.analytic
    learned = layer_weights(layers.weights, maps.weight_residual)
    change = learned - layer_weights(layers.weights, torch.zeros_like(maps.weight_residual))
    frame = analytic + change[:, :1] * layers.garment + change[:, 1:2] * layers.human + change[:, 2:] * analytic
    return (frame + learned[:, 2:] * maps.color_residual) * torch.exp(maps.log_gain)
