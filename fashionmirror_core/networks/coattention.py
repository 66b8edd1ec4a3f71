"""Co-attention between a human and the clothes (docs/method.md, "The learned parts").

S = norm(W_h f_h)^T norm(W_c f_c) / tau says how well each place on the human agrees with each place on the clothes;
softmaxed one way it brings clothes features to the human, the other way human features to the clothes. An untrained W
knows nothing, so the learned agreement is added, with a gain that starts at zero, to an analytic one from the fitted
garment.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fashionmirror_core.networks.blocks import STAGE_MULTIPLE, check_stage, resize, resize_flow

PRIOR_STRENGTH = 10.0  # exp(10) outweighs the 768 tokens of a 512 x 384 stage


@dataclass(frozen=True)
class Attention:
    """What human and clothes found in each other; hw tokens are the cells of the features, row by row.

    scores: (N, hw_human, hw_clothes), S, unbounded.
    human_attended: (N, C, h, w), a_h = softmax over clothes of S, times f_c; laid out like the human.
    clothes_attended: (N, C, h, w), a_c = softmax over human of S, transposed, times f_h; laid out like the clothes.
    """

    scores: Tensor
    human_attended: Tensor
    clothes_attended: Tensor

    @property
    def maps(self) -> Tensor:
        """(N, hw_human, hw_clothes): where on the clothes each place of the human looks; rows sum to one."""
        return self.scores.softmax(dim=2)


class CoAttention(nn.Module):
    """S from projected, normalised features (tau learned), plus an optional prior."""

    def __init__(self, channels: int, projected: int = 96) -> None:
        super().__init__()
        self.project_human = nn.Conv2d(channels, projected, 1)
        self.project_clothes = nn.Conv2d(channels, projected, 1)
        self.log_tau = nn.Parameter(torch.tensor([-2.3]))  # tau = 0.1
        self.gain = nn.Parameter(torch.zeros(1))

    def forward(self, human: Tensor, clothes: Tensor, prior: Tensor | None = None) -> Attention:
        """human, clothes: (N, C, h, w) features; prior: (N, hw_human, hw_clothes), added to S."""
        query = F.normalize(self.project_human(human).flatten(2).float(), dim=1)
        key = F.normalize(self.project_clothes(clothes).flatten(2).float(), dim=1)
        scores = self.gain * (query.transpose(1, 2) @ key).float() / self.log_tau.exp()
        if prior is not None:
            scores = scores.float() + prior
        human_attended = clothes.flatten(2) @ scores.softmax(dim=2).transpose(1, 2).to(clothes.dtype)
        clothes_attended = human.flatten(2) @ scores.softmax(dim=1).to(human.dtype)
        return Attention(scores.float(), human_attended.view_as(human), clothes_attended.view_as(clothes))


class CrossAttention(nn.Module):
    """Places of one feature map gather from another's tokens; zero effect at the start."""

    def __init__(self, channels: int, context: int, projected: int = 48) -> None:
        super().__init__()
        self.query = nn.Conv2d(channels, projected, 1)
        self.key_value = nn.Conv2d(context, 2 * projected, 1)
        self.leave = nn.Conv2d(projected, channels, 1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """x: (N, C, h, w); context: (N, D, h', w') -> (N, C, h, w)."""
        key, value = self.key_value(context).flatten(2).chunk(2, dim=1)
        query = self.query(x).flatten(2).transpose(1, 2)
        scores = (query @ key).float() / key.shape[1] ** 0.5
        gathered = value @ scores.softmax(dim=2).transpose(1, 2).to(value.dtype)
        return x + self.leave(gathered.unflatten(2, x.shape[-2:]))


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
