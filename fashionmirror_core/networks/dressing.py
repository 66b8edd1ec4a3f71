"""Stage II, once a look: the garment's appearance flow, and the skin and body that the old clothes hid.

See docs/method.md, "The learned parts".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fashionmirror_core.networks.blocks import (
    REFERENCE_HEIGHT,
    Conv,
    Down,
    ResidualBlock,
    StageNetwork,
    Up,
    check_stage,
    clamp_straight_through,
    is_zero,
    pixel_bound,
    resize,
    resize_flow,
    spread_smoothly,
    warp,
    zero_conv,
)
from fashionmirror_core.networks.flow import FLOW_SCALE
from fashionmirror_core.networks.pose_maps import JOINTS

TONE = 2.5  # pixels of a 256-high stage, the standard deviation that smooths the body's residual
LEVEL_BOUNDS = (2.0, 4.0, 6.0, 8.0)  # pixels of a 256-high stage that the levels 1/2, 1/4, 1/8, 1/16 may each add


@dataclass(frozen=True)
class Dressing:
    """flow: (N, 2, H, W), stage pixels, stage -> garment picture, the prior plus every level's residual.

    level_flows: the flow after each level, coarse to fine, each (N, 2, H, W), for losses on every scale. body: (N, 3,
    H, W) in [0, 1], the erased person with the holes filled. residual: (N, 3, H, W) in [-1, 1], what is added in the
    holes, carried on beyond them; it is smooth, light and tone, so that it can be enlarged onto the photo's own edges.
    """

    flow: Tensor
    level_flows: tuple[Tensor, ...]
    body: Tensor
    residual: Tensor


class Pyramid(nn.Module):
    """A picture (and pose maps, entering at 1/4) to features at 1/2, 1/4, 1/8, 1/16."""

    def __init__(self, channels_in: int, widths: Sequence[int], pose_channels: int = 0) -> None:
        super().__init__()
        self.downs = nn.ModuleList(
            Down(a, b, normalised=True) for a, b in zip((channels_in, *widths[:-1]), widths, strict=True)
        )
        self.blocks = nn.ModuleList(ResidualBlock(width, normalised=True) for width in widths)
        self.pose = Conv(pose_channels, widths[1]) if pose_channels else None

    def forward(self, x: Tensor, pose: Tensor | None = None) -> list[Tensor]:
        features = []
        for level, (down, block) in enumerate(zip(self.downs, self.blocks, strict=True)):
            x = down(x)
            if level == 1 and self.pose is not None and pose is not None:
                x = x + self.pose(pose)
            x = block(x)
            features.append(x)
        return features


class FlowLevel(nn.Module):
    """One level of the appearance flow: garment features, warped as known so far, beside the person's -> a bounded
    step.
    """

    def __init__(self, channels: int, max_pixels: float) -> None:
        super().__init__()
        self.max_pixels = max_pixels
        self.compare = Conv(2 * channels + 2, channels)
        self.head = zero_conv(channels, 2)

    @property
    def idle(self) -> bool:
        return is_zero(self.head)

    def forward(self, person: Tensor, garment: Tensor, flow: Tensor) -> Tensor:
        """person, garment: (N, C, h, w); flow: (N, 2, H, W), stage pixels -> the flow with this level's residual
        added.
        """
        height, width = flow.shape[-2:]
        coarse = resize_flow(flow, person)
        scaled = (coarse / (FLOW_SCALE * person.shape[-2])).to(person.dtype)
        step = self.head(self.compare(torch.cat((person, warp(garment, coarse), scaled), dim=1)))
        return flow + pixel_bound(self.max_pixels, height) * resize(torch.tanh(step.float()), (height, width))


class BodyDecoder(nn.Module):
    """The person's features to an RGB residual in [-1, 1] at stage size, zero at the start."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.ups = nn.ModuleList(
            Up(coarse, fine, normalised=True)
            for coarse, fine in zip(reversed(widths[1:]), reversed(widths[:-1]), strict=True)
        )
        self.head = zero_conv(widths[0], 12)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        *skips, x = features
        for up, skip in zip(self.ups, reversed(skips), strict=True):
            x = up(x, skip)
        return torch.tanh(F.pixel_shuffle(self.head(x), 2).float())


class DressingNetwork(StageNetwork):
    """Dresses the source: the garment's flow coarse to fine from its analytic start, and the missing body."""

    def __init__(self, widths: Sequence[int] = (32, 64, 96, 128)) -> None:
        super().__init__()
        self.garment_pyramid = Pyramid(4, widths)
        self.person_pyramid = Pyramid(3 + 3 + 1 + 1 + 1, widths, pose_channels=JOINTS)
        self.flow_levels = nn.ModuleList(
            FlowLevel(width, bound) for width, bound in zip(reversed(widths), reversed(LEVEL_BOUNDS), strict=True)
        )
        self.body_decoder = BodyDecoder(widths)

    @property
    def idle(self) -> bool:
        """Whether it has learned nothing: the fit and the invented body stay as they are."""
        return all(level.idle for level in self.flow_levels) and is_zero(self.body_decoder.head)

    def forward(
        self,
        garment: Tensor,
        dressed: Tensor,
        erased: Tensor,
        removed: Tensor,
        clothing: Tensor,
        hole: Tensor,
        pose: Tensor,
        flow: Tensor,
    ) -> Dressing:
        """garment: (N, 4, H, W), premultiplied RGB and alpha in [0, 1], letterboxed to the stage. dressed: (N, 3, H,
        W), the analytic try-on. erased: (N, 3, H, W), the person without the old clothes, holes filled analytically.
        removed, clothing: M_r, M_c (N, 1, H, W). hole: (N, 1, H, W) in [0, 1], where the body was invented and may be
        changed. pose: pose maps (N, 25, h, w), best at a stride of 4. flow: (N, 2, H, W), the analytic appearance
        flow, finite everywhere.
        """
        height, width = check_stage(flow)
        person = torch.cat((dressed, erased, removed, clothing, hole), dim=1)
        pose = resize(pose, (height // 4, width // 4))
        garment_features = self.garment_pyramid(self.cast(garment))
        person_features = self.person_pyramid(self.cast(person), self.cast(pose))

        flows = []
        for level, f_p, f_g in zip(
            self.flow_levels, reversed(person_features), reversed(garment_features), strict=True
        ):
            flow = level(f_p, f_g, flow)
            flows.append(flow)
        residual = spread_smoothly(self.body_decoder(person_features), hole, TONE * height / REFERENCE_HEIGHT)
        return Dressing(flow, tuple(flows), clamp_straight_through(erased + residual * hole), residual)
