"""The skeletal flow's learned residual and the selection mask (the paper's skeleton flow network, SFE).

See docs/method.md, "The learned parts".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fashionmirror_core.networks.blocks import (
    Conv,
    Down,
    ResidualBlock,
    StageNetwork,
    check_stage,
    clamp_straight_through,
    is_zero,
    pixel_bound,
    resize,
    zero_conv,
)
from fashionmirror_core.networks.pose_maps import JOINTS

FLOW_SCALE = 1 / 8  # flows enter the network in units of an eighth of the stage's height


@dataclass(frozen=True)
class RefinedFlow:
    """flow: (N, 2, H, W), pixels, target t -> source, the prior plus the residual; residual: the same shape, bounded;
    selection: m^t (N, 1, H, W) in [0, 1], the share of the previous frame against the source.
    """

    flow: Tensor
    residual: Tensor
    selection: Tensor


class SkeletalFlowNetwork(StageNetwork):
    """Residual of at most ``max_pixels`` (at a height of 256, in proportion elsewhere) on F_skel, and m^t; zero at
    first.

    Both are predicted at 1/8 and enlarged: the error of the skeleton's flow is smooth, and a finer residual learned noise.
    """

    def __init__(self, widths: Sequence[int] = (16, 32, 64), max_pixels: float = 4.0) -> None:
        super().__init__()
        half, quarter, eighth = widths
        self.max_pixels = max_pixels
        self.stem = Conv(2 + 1 + 1 + 1, half)
        self.pose = Conv(2 * JOINTS, quarter)
        self.to_quarter = Down(half, quarter)
        self.at_quarter = ResidualBlock(quarter)
        self.to_eighth = Down(quarter, eighth)
        self.at_eighth = ResidualBlock(eighth)
        self.head = zero_conv(eighth, 3)

    @property
    def idle(self) -> bool:
        """Whether it has learned nothing: its residual and m^t are zero."""
        return is_zero(self.head)

    def forward(
        self,
        source_pose: Tensor,
        pose: Tensor,
        flow: Tensor,
        occupancy: Tensor,
        disocclusion: Tensor,
        previous_error: Tensor | None = None,
    ) -> RefinedFlow:
        """source_pose, pose: pose maps (N, 25, h, w) of the source and of t, best at a stride of 4. flow: F_skel (N,
        2, H, W), pixels. occupancy, disocclusion: (N, 1, H, W) in [0, 1]. previous_error: (N, 1, H, W), mean absolute
        difference in [0, 1] between the warped previous frame and the warped source; None in the first frame.
        """
        height, width = check_stage(flow)
        error = torch.zeros_like(occupancy) if previous_error is None else previous_error
        seen = torch.cat((flow / (FLOW_SCALE * height), occupancy, disocclusion, error), dim=1)
        poses = resize(torch.cat((source_pose, pose), dim=1), (height // 4, width // 4))

        half = self.stem(self.cast(resize(seen, (height // 2, width // 2))))
        quarter = self.at_quarter(self.to_quarter(half) + self.pose(self.cast(poses)))
        eighth = self.at_eighth(self.to_eighth(quarter))
        bounded = resize(torch.tanh(self.head(eighth).float()), (height, width))
        residual = pixel_bound(self.max_pixels, height) * bounded[:, :2]
        return RefinedFlow(flow + residual, residual, clamp_straight_through(bounded[:, 2:]))
