"""The co-attention that worn cloth implies: where on the garment's picture each place of a person looks, from its flow."""

from __future__ import annotations

import torch
from torch import Tensor

from fashionmirror_core.networks.blocks import STAGE_MULTIPLE, check_stage, resize, resize_flow

PRIOR_STRENGTH = 10.0  # exp(10) outweighs the 768 tokens of a 512 x 384 stage


def attention_prior(garment_flow: Tensor, clothing_mask: Tensor, sigma: float = 1.0) -> Tensor:
    """The analytic correspondence of a fitted garment as a prior for co-attention.

    garment_flow: (N, 2, H, W), stage pixels, from the stage to the garment's letterboxed picture of the same size.
    clothing_mask: (N, 1, H, W) in [0, 1], M_c of the source frame. sigma: in tokens (16 stage pixels).
    Returns (N, hw_human, hw_clothes), hw = H/16 * W/16: a Gaussian affinity, ``PRIOR_STRENGTH`` at its peak; zero
    (no opinion) for tokens of the human that carry no clothing.
    """
    height, width = check_stage(garment_flow)
    size = (height // STAGE_MULTIPLE, width // STAGE_MULTIPLE)
    coverage = resize(clothing_mask, size)
    # Averaged over the clothing only: the flow beside it means nothing.
    flow = resize_flow(garment_flow * clothing_mask, size) / coverage.clamp_min(1e-6)
    cells = _token_centers(size, garment_flow)
    landing = cells.unsqueeze(0) + flow.flatten(2).transpose(1, 2)
    distance = (landing.unsqueeze(2) - cells.view(1, 1, -1, 2)).square().sum(dim=-1)
    affinity = PRIOR_STRENGTH * torch.exp(-distance / (2 * sigma**2))
    return affinity * (coverage.flatten(2).transpose(1, 2) > 0.05)


def _token_centers(size: tuple[int, int], like: Tensor) -> Tensor:
    """(hw, 2): x, y of every token, in tokens."""
    y, x = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    return torch.stack((x, y), dim=-1).reshape(-1, 2).to(like)
