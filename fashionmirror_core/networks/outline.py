"""What a garment's outline alone says it is: a small network that sees its cut-out and no cloth.

The clothes encoder (``garment_encoder``) learns kinds from a thousand photos and trusts cloth and light too much: a dress
of sweatshirt cloth is a sweatshirt to it. The outline's errors are others, so both together err less than either.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

SIDE = 32  # pixels of the square that the outline's box is squeezed into
SHAPES = ("skirt", "shorts", "trousers", "dress", "top")


class OutlineNetwork(nn.Module):
    """57,000 parameters, 1 MMAC."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels_in, channels_out in ((1, 16), (16, 32), (32, 48)):
            layers += [nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out), nn.ReLU()]
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers, nn.Flatten())
        self.answers = nn.Sequential(
            nn.Dropout(0.4), nn.Linear(48 * (SIDE // 8) ** 2 + 1, 48), nn.ReLU(), nn.Dropout(0.4), nn.Linear(48, 5)
        )

    def forward(self, outline: Tensor, aspect: Tensor) -> Tensor:
        """outline: (N, 1, 32, 32) in [0, 1]; aspect: (N, 1), logarithm of width over height. Returns (N, 5) logits."""
        return self.answers(torch.cat((self.features(outline), 2 * aspect), 1))
