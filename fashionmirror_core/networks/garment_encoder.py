"""The clothes encoder: one picture of a garment -> its landmarks, its parts, and its kind and condition.

The paper's mask network (stage I) has an encoder of its own for the clothes; this is it, with heads of its own so that
it can be trained and used before co-attention joins it to the person's encoder.

    picture 256 x 256 -> EfficientNet-Lite0 (strides 2 .. 32) -> top-down decoder of 96 channels -> 1/4: landmark maps
                                                                                              -> 1/2: parts
                         deepest features, pooled            -> attributes, and which landmarks exist and are seen

The encoder is EfficientNet-Lite0 (``efficientnet``), as the human encoder's is. Once the garment is cut out, a second
network of this build, with EfficientNet-Lite2, looks at it alone and as large as the square lets it be, and its outline
is asked too (``outline``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fashionmirror_core.networks.efficientnet import Lite, Merge, conv
from fashionmirror_core.networks.outline import OutlineNetwork

SIZE = 256  # pixels, height and width of the square that the picture is placed in
STRIDE = 4  # of the landmark maps
_WIDTH = 96  # channels of the decoder

# Left and right are the picture's, once it hangs upright.
LANDMARKS = (
    *("neck_left", "neck_right", "neck_front", "shoulder_left", "shoulder_right", "armpit_left", "armpit_right"),
    *("elbow_left", "elbow_right", "cuff_left_outer", "cuff_left_inner", "cuff_right_outer", "cuff_right_inner"),
    *("waist_left", "waist_right", "hem_left", "hem_right", "hem_middle", "crotch"),
    *("hem_left_outer", "hem_left_inner", "hem_right_outer", "hem_right_inner"),
)
PARTS = ("none", "body", "left sleeve", "right sleeve", "skirt", "left leg", "right leg")
_SIDES = {"left": "right", "right": "left"}
MIRRORED_LANDMARKS, MIRRORED_PARTS = (
    [names.index(mark.join(_SIDES.get(word, word) for word in name.split(mark))) for name in names]
    for names, mark in ((LANDMARKS, "_"), (PARTS, " "))
)
"""Index of each landmark's and each part's mirror image."""
SLEEVE_STATES = ("none", "spread", "against", "over", "hidden")
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "kind": (
        *("tee", "tank", "shirt", "blouse", "polo", "longsleeve", "sweater", "hoodie", "jacket", "blazer", "coat"),
        *("vest", "top", "dress", "skirt", "trousers", "shorts", "jumpsuit"),
    ),
    "category": ("upper", "lower", "dress"),
    "sleeves": ("none", "cap", "short", "elbow", "long"),
    "left_sleeve": SLEEVE_STATES,
    "right_sleeve": SLEEVE_STATES,
    "front": ("closed", "buttoned", "open"),
    "straps": ("none", "thin", "wide", "strapless", "one-shoulder"),
    "turn": ("0", "90", "180", "270"),  # degrees clockwise that turn the picture upright
    "view": ("front", "back"),
    "hood": ("no", "yes"),
    "folded": ("no", "yes"),
    "cut": ("no", "yes"),
    "crumpled": ("no", "yes"),
    "hanger": ("no", "yes"),
    "garment": ("no", "yes"),  # whether there is a garment at all
    "several": ("no", "yes"),
    "worn": ("no", "yes"),
}
_CHOICES = sum(len(choices) for choices in ATTRIBUTES.values())


TOKENS, TOKEN_CHANNELS = 16, 2 * _WIDTH + 1
"""What co-attention looks at: tokens across the square and down it, and the channels of each."""


class GarmentViews(NamedTuple):
    """maps: (N, 23, 64, 64) logits over places. exists, seen: (N, 23) logits. parts: (N, 7, 128, 128) logits.
    attributes: name -> (N, choices) logits.
    """

    maps: Tensor
    exists: Tensor
    seen: Tensor
    parts: Tensor
    attributes: dict[str, Tensor]


class GarmentReader(Lite):
    """What one picture of a garment shows. size: of EfficientNet-Lite, 0 or 2."""

    def __init__(self, size: int = 0) -> None:
        super().__init__(size)
        self.lateral = nn.Conv2d(self.channels[7], _WIDTH, 1)
        self.up16 = Merge(_WIDTH, self.channels[5], _WIDTH)
        self.up8 = Merge(_WIDTH, self.channels[3], _WIDTH)
        self.up4 = Merge(_WIDTH, self.channels[2], _WIDTH)
        self.up2 = Merge(_WIDTH, self.channels[1], 32)
        self.maps = nn.Sequential(conv(_WIDTH, _WIDTH, 3), nn.ReLU6(), nn.Conv2d(_WIDTH, len(LANDMARKS), 1))
        self.parts = nn.Conv2d(32, len(PARTS), 3, padding=1)
        self.pooled = nn.Linear(self.channels[7] + _WIDTH, 256)
        self.drop = nn.Dropout(0.3)
        self.answers = nn.Linear(256, _CHOICES + 2 * len(LANDMARKS))

    def forward(self, picture: Tensor) -> GarmentViews:
        """picture: (N, 3, 256, 256), RGB in [0, 1]."""
        levels = self.levels(picture)
        x = levels[7]
        deep = F.relu6(self.lateral(x))
        fine = self.up4(self.up8(self.up16(deep, levels[5]), levels[3]), levels[2])
        pooled = torch.cat((F.relu6(x).mean((2, 3)), fine.amax((2, 3))), dim=1)
        answers = self.answers(self.drop(F.relu6(self.pooled(pooled)))).float()
        names, sizes = zip(*((name, len(choices)) for name, choices in ATTRIBUTES.items()), strict=True)
        *attributes, exists, seen = answers.split((*sizes, len(LANDMARKS), len(LANDMARKS)), dim=1)
        return GarmentViews(
            self.maps(fine).float(),
            exists,
            seen,
            self.parts(self.up2(fine, levels[1])).float(),
            dict(zip(names, attributes, strict=True)),
        )


class GarmentEncoder(GarmentReader):
    """Reads whole pictures, and gives co-attention its tokens. 3.5 M parameters, 1.5 GMAC.

    close, outline: asked apart, once the garment is cut out. close has 5.1 M parameters, 2.3 GMAC.
    """

    def __init__(self) -> None:
        super().__init__()
        self.close = GarmentReader(size=2)
        self.outline = OutlineNetwork()

    def tokens(self, picture: Tensor, alpha: Tensor) -> Tensor:
        """What the human encoder's co-attention compares a person with: the decoder's features at 1/16, those at 1/8, and
        how much of each token is cloth: (N, 193, 16, 16). picture: (N, 3, 256, 256), RGB in [0, 1]; alpha: (N, 1, ...).
        """
        levels = self.levels(picture)
        sixteenth = self.up16(F.relu6(self.lateral(levels[7])), levels[5])
        eighth = self.up8(sixteenth, levels[3])
        return torch.cat((sixteenth, F.avg_pool2d(eighth, 2), F.avg_pool2d(alpha, SIZE // TOKENS)), dim=1)


@dataclass(frozen=True)
class Places:
    """points: (N, K, 2) pixels of the 256 x 256 picture, x then y. certainty: (N, K) in [0, 1], the share of the map's
    weight that lies near the point.
    """

    points: Tensor
    certainty: Tensor


def places(maps: Tensor, radius: int = 3) -> Places:
    """The points that landmark maps (N, K, h, w) of logits mean: each map's mean within ``radius`` cells of its peak."""
    count, kinds, height, width = maps.shape
    weight = maps.flatten(2).softmax(-1)
    peak = weight.argmax(-1)
    rows = torch.arange(height, device=maps.device, dtype=torch.float32)
    columns = torch.arange(width, device=maps.device, dtype=torch.float32)
    near_row = ((rows - (peak // width).unsqueeze(-1)).abs() <= radius).float()
    near_column = ((columns - (peak % width).unsqueeze(-1)).abs() <= radius).float()
    local = weight.view(count, kinds, height, width) * near_row[..., None] * near_column[..., None, :]
    certainty = local.sum((2, 3))
    y = (local.sum(3) * rows).sum(-1) / certainty.clamp_min(1e-6)
    x = (local.sum(2) * columns).sum(-1) / certainty.clamp_min(1e-6)
    points = (torch.stack((x, y), -1) + 0.5) * STRIDE - 0.5
    return Places(points, certainty)
