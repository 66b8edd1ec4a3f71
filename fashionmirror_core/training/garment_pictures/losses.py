"""What the clothes encoder minimises, and how well it does."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from fashionmirror_core.networks.garment_encoder import (
    ATTRIBUTES,
    STRIDE,
    GarmentViews,
    places,
)
from fashionmirror_core.training.garment_pictures.augment import Batch
from fashionmirror_core.training.garment_pictures.records import UNKNOWN

SPREAD = 1.3  # cells, of the target around a landmark
_ATTRIBUTE_WEIGHT = {"turn": 1.5, "garment": 2.0, "several": 1.5, "worn": 1.5, "left_sleeve": 1.2, "right_sleeve": 1.2}


def losses(views: GarmentViews, batch: Batch) -> dict[str, Tensor]:
    """name -> scalar: landmark maps and places, existence and sight, parts, attributes."""
    known = (batch.state == 1) | (batch.state == 2)
    weight = torch.where(batch.state == 2, 1.0, 0.35) * known
    total = weight.sum().clamp_min(1)
    target = _target(batch.points, views.maps.shape[-2:])
    log = views.maps.flatten(2).log_softmax(-1)
    maps = -(target * log).sum(-1)
    found = places(views.maps, radius=5).points
    error = (found - batch.points).abs().sum(-1) / STRIDE
    place = F.smooth_l1_loss(error, torch.zeros_like(error), reduction="none", beta=1.0).clamp_max(8)
    result = {
        "maps": (maps * weight).sum() / total,
        "places": 0.3 * (place * weight).sum() / total,
    }
    told = batch.state != 3
    exists = F.binary_cross_entropy_with_logits(views.exists, known.float(), reduction="none")
    result["exists"] = (exists * told).sum() / told.sum().clamp_min(1)
    sight = F.binary_cross_entropy_with_logits(views.seen, (batch.state == 2).float(), reduction="none")
    result["seen"] = 0.5 * (sight * known).sum() / known.sum().clamp_min(1)
    parts = F.cross_entropy(views.parts, batch.parts, ignore_index=UNKNOWN, reduction="sum")
    counted = (batch.parts != UNKNOWN).sum().clamp_min(1)
    result["parts"] = parts / counted + 0.5 * _overlap(views.parts, batch.parts)
    for column, name in enumerate(ATTRIBUTES):
        answers = batch.attributes[:, column]
        if (answers >= 0).any():
            loss = F.cross_entropy(views.attributes[name], answers, ignore_index=-1, label_smoothing=0.03)
            result[name] = 0.25 * _ATTRIBUTE_WEIGHT.get(name, 1.0) * loss
    return result


def _overlap(logits: Tensor, parts: Tensor) -> Tensor:
    """One minus the soft Dice of cloth against no cloth."""
    counted = (parts != UNKNOWN).float()
    cloth = (1 - logits.softmax(1)[:, 0]) * counted
    truth = (parts > 0).float() * counted
    both = (cloth * truth).sum((1, 2))
    dice = (2 * both + 1) / (cloth.sum((1, 2)) + truth.sum((1, 2)) + 1)
    has = (counted.flatten(1).amax(1) > 0).float()
    return ((1 - dice) * has).sum() / has.sum().clamp_min(1)


def _target(points: Tensor, size: tuple[int, ...]) -> Tensor:
    """(N, K, h * w): a Gaussian around each point, summing to one."""
    height, width = size
    cells = (points + 0.5) / STRIDE - 0.5
    y = torch.arange(height, device=points.device, dtype=torch.float32)
    x = torch.arange(width, device=points.device, dtype=torch.float32)
    rows = torch.exp(-0.5 * ((y - cells[..., 1:]) / SPREAD) ** 2)
    columns = torch.exp(-0.5 * ((x - cells[..., :1]) / SPREAD) ** 2)
    target = (rows[..., None] * columns[..., None, :]).flatten(2)
    return target / target.sum(-1, keepdim=True).clamp_min(1e-6)
