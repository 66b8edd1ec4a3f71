"""Stage II, before the fit: how long and how wide a garment is worn.

See docs/method.md, "Fitting".
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fashionmirror_core.networks.blocks import activate, is_zero

FACTORS = ("rise", "chest", "middle", "hem", "shoulder", "sleeve", "cuff", "trouser")
"""The network's outputs in their order: the entries of ``cloth.fitting.Sizing``."""
FEATURES = 69  # see ``sizing.sizing_features``
FARTHEST = 4.0  # deviations from the mean, at which a feature is held: the network never learned from farther ones
SAME = 1e-3  # deviation below which a feature counts as the same everywhere
LEFT_OUT = 1e4  # ... and by which it is divided then
MAX_LOG_FACTOR = 0.9  # a length may be 2.5 times the analytic one, or 0.4 of it


class SizingNetwork(nn.Module):
    """Numbers of a garment and a body to logarithms of factors on the fit's lengths and widths; zero at the start.

    So few numbers leave every edge as crisp as the analytic fit draws it, at any resolution: the network can be wrong
    about a length, but never ragged.
    """

    center: Tensor  # of the features that were learned from
    spread: Tensor

    def __init__(self, width: int = 96, dropout: float = 0.3) -> None:
        super().__init__()
        self.enter = nn.Linear(FEATURES, width)
        self.inner = nn.Linear(width, width)
        self.head = nn.Linear(width, len(FACTORS))
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("center", torch.zeros(FEATURES))
        self.register_buffer("spread", torch.ones(FEATURES))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def normalise(self, features: Tensor) -> None:
        """Take mean and deviation of the features (M, FEATURES) that will be learned from; what is the same in all of them
        teaches nothing and is left out, or it would mean something unknown where it differs.
        """
        spread = features.std(0, correction=0)
        self.center.copy_(features.mean(0))
        self.spread.copy_(torch.where(spread < SAME, LEFT_OUT, spread))

    @property
    def idle(self) -> bool:
        """Whether it has learned nothing: the fit is the analytic one."""
        return is_zero(self.head)

    def forward(self, features: Tensor) -> Tensor:
        """features: (N, FEATURES). Returns (N, FACTORS), within +-``MAX_LOG_FACTOR``."""
        x = ((features - self.center) / self.spread).clamp(-FARTHEST, FARTHEST)
        x = self.dropout(activate(self.enter(x)))
        x = self.dropout(activate(self.inner(x)))
        return MAX_LOG_FACTOR * torch.tanh(self.head(x) / MAX_LOG_FACTOR)
