"""The clothes encoder: one picture of a garment -> its landmarks, its parts, and its kind and condition.

The paper's mask network (stage I) has an encoder of its own for the clothes; this is it, with heads of its own so that
it can be trained and used before co-attention joins it to the person's encoder.

    picture 256 x 256 -> EfficientNet-Lite0 (strides 2 .. 32) -> top-down decoder of 96 channels -> 1/4: landmark maps
                                                                                              -> 1/2: parts
                         deepest features, pooled            -> attributes, and which landmarks exist and are seen

The encoder's layers are those of EfficientNet-Lite0 (Tan and Le, ICML 2019; no squeeze-and-excitation, ReLU6), so that
training can start from its ImageNet weights (Apache-2.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIZE = 256  # pixels, height and width of the square that the picture is placed in
STRIDE = 4  # of the landmark maps
MEAN, STD = 127.0 / 255, 128.0 / 255  # the encoder takes pictures in about [-1, 1]

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

# Expansion, channels, stride, kernel, blocks: EfficientNet-B0's stages, as Lite0 has them.
_STAGES = (
    *((1, 16, 1, 3, 1), (6, 24, 2, 3, 2), (6, 40, 2, 5, 2), (6, 80, 2, 3, 3)),
    *((6, 112, 1, 5, 3), (6, 192, 2, 5, 4), (6, 320, 1, 3, 1)),
)
_LEVELS = {1: 16, 2: 24, 3: 40, 5: 112, 7: 320}  # stages after which the decoder looks, and their channels
_WIDTH = 96


class GarmentViews(NamedTuple):
    """maps: (N, 23, 64, 64) logits over places. exists, seen: (N, 23) logits. parts: (N, 7, 128, 128) logits.
    attributes: name -> (N, choices) logits.
    """

    maps: Tensor
    exists: Tensor
    seen: Tensor
    parts: Tensor
    attributes: dict[str, Tensor]


class _Block(nn.Module):
    """Mobile inverted bottleneck: widen, depthwise convolution, narrow; added to its input where the shapes allow."""

    def __init__(self, channels_in: int, channels_out: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = channels_in * expansion
        self.widen = _conv(channels_in, wide, 1) if expansion > 1 else None
        self.depthwise = _conv(wide, wide, kernel, stride, groups=wide)
        self.narrow = _conv(wide, channels_out, 1)
        self.residual = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.widen is None else F.relu6(self.widen(x))
        y = self.narrow(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


def _conv(channels_in: int, channels_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(channels_out, eps=1e-3, momentum=0.01),
    )


class _Merge(nn.Module):
    """One step up: the coarse features, enlarged, meet the encoder's own at this size."""

    def __init__(self, coarse: int, skip: int, width: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(coarse, width, 1) if coarse != width else nn.Identity()
        self.skip = nn.Conv2d(skip, width, 1)
        self.mix = _conv(width, width, 3)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        size = (skip.shape[-2], skip.shape[-1])
        coarse = F.interpolate(self.coarse(coarse), size=size, mode="bilinear", align_corners=False)
        return F.relu6(self.mix(coarse + self.skip(skip)))


class GarmentEncoder(nn.Module):
    """3.5 M parameters, 1.5 GMAC at 256 x 256."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv(3, 32, 3, 2)
        channels, stages = 32, []
        for expansion, width, stride, kernel, count in _STAGES:
            blocks = []
            for number in range(count):
                blocks.append(_Block(channels, width, expansion, kernel, stride if number == 0 else 1))
                channels = width
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        self.lateral = nn.Conv2d(320, _WIDTH, 1)
        self.up16 = _Merge(_WIDTH, _LEVELS[5], _WIDTH)
        self.up8 = _Merge(_WIDTH, _LEVELS[3], _WIDTH)
        self.up4 = _Merge(_WIDTH, _LEVELS[2], _WIDTH)
        self.up2 = _Merge(_WIDTH, _LEVELS[1], 32)
        self.maps = nn.Sequential(_conv(_WIDTH, _WIDTH, 3), nn.ReLU6(), nn.Conv2d(_WIDTH, len(LANDMARKS), 1))
        self.parts = nn.Conv2d(32, len(PARTS), 3, padding=1)
        self.pooled = nn.Linear(320 + _WIDTH, 256)
        self.drop = nn.Dropout(0.3)
        self.answers = nn.Linear(256, _CHOICES + 2 * len(LANDMARKS))

    def forward(self, picture: Tensor) -> GarmentViews:
        """picture: (N, 3, 256, 256), RGB in [0, 1]."""
        x = F.relu6(self.stem((picture - MEAN) / STD))
        levels = {}
        for number, stage in enumerate(self.stages, start=1):
            x = stage(x)
            levels[number] = x
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
