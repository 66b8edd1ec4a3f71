"""Stage I: the co-attention mask network (CMN), single- and multi-frame (docs/method.md, "The learned parts").

It replaces human parsing: the single-frame network tells where the old clothes must go (M_r) and where the new ones
land (M_c) in the source frame, the multi-frame network carries M_c from one frame to the next. Both only move an
analytic prior.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fashionmirror_core.networks.blocks import (
    Conv,
    Down,
    ResidualBlock,
    StageNetwork,
    Up,
    adjust_mask,
    check_stage,
    is_zero,
    resize,
    zero_conv,
)
from fashionmirror_core.networks.coattention import Attention, CoAttention, CrossAttention
from fashionmirror_core.networks.pose_maps import JOINTS
from fashionmirror_core.vocabulary import Category

HUMAN_CHANNELS = 3 + 1 + JOINTS
CLOTHES_CHANNELS = 4


@dataclass(frozen=True)
class Masks:
    """The single-frame network's answer.

    removed, clothing: M_r and M_c, (N, 1, H, W) in [0, 1]. logits: both as logits, (N, 2, H, W), for losses.
    attention: the co-attention; ``attention.maps`` is (N, hw_human, hw_clothes), rows sum to one.
    clothes_features: (N, D, H/16, W/16), the clothes and what they attended to, for the multi-frame network.
    """

    removed: Tensor
    clothing: Tensor
    logits: Tensor
    attention: Attention
    clothes_features: Tensor


class Encoder(nn.Module):
    """A picture to features at 1/2, 1/4, 1/8, 1/16."""

    def __init__(self, channels_in: int, widths: Sequence[int]) -> None:
        super().__init__()
        inputs = (channels_in, *widths[:-1])
        self.levels = nn.ModuleList(
            nn.Sequential(Down(a, b, normalised=True), ResidualBlock(b, normalised=True))
            for a, b in zip(inputs, widths, strict=True)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        for level in self.levels:
            x = level(x)
            features.append(x)
        return features


class MaskDecoder(nn.Module):
    """Features at 1/16 and the human's skips to residual logits of one mask at stage size, zero at the start."""

    def __init__(self, channels_in: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.fuse = Conv(channels_in, widths[-1], kernel=1, normalised=True)
        self.ups = nn.ModuleList(
            Up(coarse, fine, normalised=True)
            for coarse, fine in zip(reversed(widths[1:]), reversed(widths[:-1]), strict=True)
        )
        self.head = zero_conv(widths[0], 4)

    def forward(self, coarse: Tensor, skips: Sequence[Tensor]) -> Tensor:
        x = self.fuse(coarse)
        for up, skip in zip(self.ups, reversed(skips), strict=True):
            x = up(x, skip)
        return F.pixel_shuffle(self.head(x), 2)


class CoAttentionMaskNetwork(StageNetwork):
    """The single-frame CMN: source human and clothes -> M_r, M_c and the attention between them."""

    def __init__(self, widths: Sequence[int] = (32, 64, 128, 192), clothes_features: int = 64) -> None:
        super().__init__()
        channels = widths[-1]
        self.human_encoder = Encoder(HUMAN_CHANNELS, widths)
        self.clothes_encoder = Encoder(CLOTHES_CHANNELS, widths)
        self.category = nn.Linear(len(Category), channels)
        self.coattention = CoAttention(channels)
        self.removed_decoder = MaskDecoder(2 * channels, widths)
        self.clothing_decoder = MaskDecoder(4 * channels, widths)
        self.summarise_clothes = nn.Conv2d(2 * channels, clothes_features, 1)

    @property
    def idle(self) -> bool:
        """Whether it has learned nothing: masks and attention are their priors."""
        heads = (self.removed_decoder.head, self.clothing_decoder.head)
        return all(is_zero(head) for head in heads) and not bool(self.coattention.gain.any())

    def forward(
        self, human: Tensor, clothes: Tensor, category: Tensor, prior: Tensor, attention_prior: Tensor | None = None
    ) -> Masks:
        """human: (N, 29, H, W), RGB in [0, 1], matte, 25 pose maps. clothes: (N, 4, H, W), premultiplied RGB and
        alpha, letterboxed to the stage's size. category: (N, 3), one-hot in the order of ``Category``. prior: (N,
        2, H, W), analytic M_r and M_c in [0, 1]. attention_prior: (N, hw_human, hw_clothes), see ``attention_prior``.
        """
        check_stage(human)
        *skips, f_h = self.human_encoder(self.cast(human))
        *_, f_c = self.clothes_encoder(self.cast(clothes))
        f_c = f_c + self.category(category.to(self.compute_dtype))[:, :, None, None]
        attention = self.coattention(f_h, f_c, attention_prior)
        a_h, a_c = attention.human_attended, attention.clothes_attended

        removed = self.removed_decoder(torch.cat((f_h, a_h), dim=1), skips)
        clothing = self.clothing_decoder(torch.cat((f_h, a_h, f_c, a_c), dim=1), skips)
        masks, logits = adjust_mask(prior, torch.cat((removed, clothing), dim=1))
        summary = self.summarise_clothes(torch.cat((f_c, a_c), dim=1))
        return Masks(masks[:, :1], masks[:, 1:], logits, attention, summary.float())


class MultiFrameMaskNetwork(StageNetwork):
    """The multi-frame CMN: M_c of frame t, warped to t + 1, is corrected by both poses and the clothes' features.

    It runs at half size and below; the correction is zero at the start.
    """

    def __init__(self, widths: Sequence[int] = (16, 32, 64, 96), clothes_features: int = 64) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = widths
        self.stem = Conv(1, half)
        self.pose = Conv(2 * JOINTS, quarter)
        self.to_quarter = Down(half, quarter)
        self.at_quarter = ResidualBlock(quarter)
        self.to_eighth = Down(quarter, eighth)
        self.at_eighth = ResidualBlock(eighth)
        self.to_sixteenth = Down(eighth, sixteenth)
        self.at_sixteenth = ResidualBlock(sixteenth)
        self.look_at_clothes = CrossAttention(sixteenth, clothes_features)
        self.up_eighth = Up(sixteenth, eighth)
        self.up_quarter = Up(eighth, quarter)
        self.up_half = Up(quarter, half)
        self.head = zero_conv(half, 1)

    @property
    def idle(self) -> bool:
        """Whether it has learned nothing: M_c^{t+1} is the warped mask as it is."""
        return is_zero(self.head)

    def forward(
        self, warped: Tensor, pose: Tensor, next_pose: Tensor, clothes_features: Tensor
    ) -> tuple[Tensor, Tensor]:
        """warped: (N, 1, H, W) in [0, 1], M_c^t pulled to t + 1. pose, next_pose: pose maps (N, 25, h, w) of t and t
        + 1, best at a stride of 4 (larger ones are averaged down). clothes_features: (N, D, H/16, W/16) of the
        single-frame network. Returns M_c^{t+1} (N, 1, H, W) in [0, 1], and its logits.
        """
        height, width = check_stage(warped)
        half = self.stem(self.cast(resize(warped, (height // 2, width // 2))))
        poses = resize(torch.cat((pose, next_pose), dim=1), (height // 4, width // 4))
        quarter = self.at_quarter(self.to_quarter(half) + self.pose(self.cast(poses)))
        eighth = self.at_eighth(self.to_eighth(quarter))
        coarse = self.at_sixteenth(self.to_sixteenth(eighth))
        coarse = self.look_at_clothes(coarse, self.cast(clothes_features))
        x = self.up_half(self.up_quarter(self.up_eighth(coarse, eighth), quarter), half)
        return adjust_mask(warped, resize(self.head(x).float(), (height, width)))
