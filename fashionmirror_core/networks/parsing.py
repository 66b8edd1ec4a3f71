"""Stage I, before the masks: what each pixel of a person shows, as evidence for the analytic parser.

It works on a small picture of the person without the background: what clothes are is a matter of the whole figure. Where
they end is found by the parser in the photo's own colours.

See docs/method.md, "Parsing".
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

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
    zero_conv,
)
from fashionmirror_core.networks.pose_maps import JOINTS, pose_maps
from fashionmirror_core.vocabulary import Label

HEIGHT = 128  # rows in which the person is looked at
POSE_STRIDE = 2


class ParsingNetwork(StageNetwork):
    """Picture, matte and joints to label logits; all zero, which says nothing, at the start."""

    def __init__(self, widths: Sequence[int] = (16, 32, 64, 128, 192)) -> None:
        super().__init__()
        finest, *coarser = widths
        self.stem = Conv(3 + 1, finest, normalised=True)
        self.pose = nn.Conv2d(JOINTS, coarser[0], 3, padding=1)
        self.downs = nn.ModuleList(Down(a, b, normalised=True) for a, b in pairwise(widths))
        self.blocks = nn.ModuleList(ResidualBlock(width, normalised=True) for width in coarser)
        self.ups = nn.ModuleList(
            Up(a, b, normalised=True) for a, b in zip(reversed(widths[1:]), reversed(widths[:-1]), strict=True)
        )
        self.head = zero_conv(finest, len(Label))

    @property
    def idle(self) -> bool:
        """Whether it has learned nothing: the parser is the analytic one."""
        return is_zero(self.head)

    def forward(self, image: Tensor, matte: Tensor, joints: Tensor) -> Tensor:
        """image: (N, 3, H, W), RGB in [0, 1]. matte: (N, 1, H, W). joints: (N, 25, 3), x and y in pixels of the image.
        Returns logits (N, len(Label), 128, 128 / H * W): of the whole person at one size, whatever the stage's.
        """
        height, width = check_stage(image)
        size = (HEIGHT, round(HEIGHT / height * width / 16) * 16)
        person = resize(torch.cat((image * matte, matte), dim=1), size)
        scale = torch.tensor((size[1] / width, size[0] / height), device=joints.device)
        placed = torch.cat(((joints[..., :2] + 0.5) * scale - 0.5, joints[..., 2:]), dim=-1)
        poses = pose_maps(placed, *size, stride=POSE_STRIDE)
        x = self.stem(self.cast(person))
        skips = []
        for level, (down, block) in enumerate(zip(self.downs, self.blocks, strict=True)):
            skips.append(x)
            x = down(x)
            x = block(x + self.pose(self.cast(poses)) if level == 0 else x)
        for up, skip in zip(self.ups, reversed(skips), strict=True):
            x = up(x, skip)
        return self.head(x).float()
