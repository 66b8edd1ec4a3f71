"""How well a network reads labelled pictures of garments that it hasn't learned from."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from fashionmirror_core.networks.garment_encoder import ATTRIBUTES, MIRRORED_LANDMARKS, places
from fashionmirror_core.training.garment_pictures.augment import Batch, varied
from fashionmirror_core.training.garment_pictures.pictures import Pictures
from fashionmirror_core.training.garment_pictures.records import UNKNOWN, Record

CLOSE = 0.03  # of the garment's larger side: a landmark within it counts as found


@torch.no_grad()
def measured(network: nn.Module, records: list[Record], device: torch.device) -> dict[str, float]:
    """On records that weren't learned from: landmarks found within CLOSE of the garment's larger side and their median
    error, each looked at twice as in a mirror; cloth's IoU; the share of right answers of each attribute.
    """
    pictures = Pictures(records, [1.0] * len(records), np.zeros((1, 8, 8, 3), np.uint8))
    errors: list[float] = []
    overlaps: list[float] = []
    right: dict[str, list[bool]] = {name: [] for name in ATTRIBUTES}
    for first in range(0, len(records), 16):
        whole = pictures.batch(torch.arange(first, min(first + 16, len(records))), device)
        batch = varied(whole, torch.zeros(1, 3, 8, 8, device=device), torch.Generator(device), strength=0)
        views, mirrored = network(batch.pictures), network(batch.pictures.flip(-1))
        maps = views.maps.flatten(2).softmax(-1).view_as(views.maps)
        other = mirrored.maps.flatten(2).softmax(-1).view_as(maps).flip(-1)[:, MIRRORED_LANDMARKS]
        found = places((maps + other).clamp_min(1e-12).log()).points
        errors += _errors(found, batch)
        cloth = views.parts.argmax(1) > 0
        for k in range(len(cloth)):
            truth = batch.parts[k] > 0
            if (batch.parts[k] != UNKNOWN).all() and truth.any():
                overlaps.append(float((cloth[k] & truth).sum() / (cloth[k] | truth).sum()))
        for column, name in enumerate(ATTRIBUTES):
            known = batch.attributes[:, column] >= 0
            right[name] += (views.attributes[name].argmax(1)[known] == batch.attributes[known, column]).tolist()
    found_all = np.array(errors) if errors else np.array([np.nan])
    result = {"landmarks": float((found_all < CLOSE).mean()), "median": float(np.median(found_all))}
    if overlaps:
        result["cloth"] = float(np.mean(overlaps))
    return result | {name: float(np.mean(answers)) for name, answers in right.items() if answers}


def _errors(found: Tensor, batch: Batch) -> list[float]:
    errors = []
    for points, true, state in zip(found, batch.points, batch.state, strict=True):
        known = (state == 1) | (state == 2)
        if known.sum() < 3:
            continue
        side = float((true[known].amax(0) - true[known].amin(0)).max())
        errors += ((points - true)[known].norm(dim=-1) / side).tolist()
    return errors
