"""The discriminators that judge the frames of "finish" while it learns (supplement, Eq. 7, 14, 15)."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from fashionmirror_core.networks.discriminators import SpatialDiscriminator, TemporalDiscriminator
from fashionmirror_core.training import losses

FRAMES_OF_A_CLIP = 5  # D_t needs at least so many


class Judged(NamedTuple):
    """The frames that the adversaries compare.

    real, fake: (N, n, 3, H, W) in [0, 1]; clothing, fake_clothing: their M_c^t (N, n, 1, H, W); patches: (N, K, 2);
    known: (N,). A tuple, as Fabric walks through a module's outputs and refuses frozen dataclasses.
    """

    real: Tensor
    fake: Tensor
    clothing: Tensor
    fake_clothing: Tensor
    patches: Tensor
    known: Tensor


class Adversaries(nn.Module):
    """D_s on frames, D_t on clips and on clothing patches of clips (Eq. 7, 14, 15)."""

    def __init__(self, frames: int) -> None:
        """frames: n of an item; D_t stays out below ``FRAMES_OF_A_CLIP``."""
        super().__init__()
        clips = frames >= FRAMES_OF_A_CLIP
        self.spatial = SpatialDiscriminator()
        self.temporal = TemporalDiscriminator(frames) if clips else None
        self.temporal_patch = TemporalDiscriminator(frames) if clips else None

    def scores(self, frames: Tensor, clothing: Tensor, patches: Tensor) -> dict[str, Tensor]:
        """frames: (N, n, 3, H, W); clothing: (N, n, 1, H, W); patches: (N, K, 2). Each score has N items first."""
        found = {"spatial": self.spatial(frames.flatten(0, 1)).unflatten(0, frames.shape[:2]).flatten(1)}
        if self.temporal is not None and self.temporal_patch is not None:
            found["temporal"] = self.temporal(frames.transpose(1, 2)).flatten(1)
            clip = (frames * clothing).flatten(1, 2)
            crops = losses.crop_patches(clip, patches[:, :1]).unflatten(1, frames.shape[1:3])
            found["temporal_patch"] = self.temporal_patch(crops.transpose(1, 2)).flatten(1)
        return found

    def forward(self, judged: Judged) -> dict[str, Tensor]:
        """The discriminators' own losses."""
        real = self.scores(judged.real, judged.clothing, judged.patches)
        fake = self.scores(judged.fake, judged.fake_clothing, judged.patches)
        return {
            f"adversary/{name}": losses.adversarial_discriminator(real[name], fake[name], judged.known) for name in real
        }
