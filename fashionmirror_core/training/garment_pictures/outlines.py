"""The outline network learns what a garment is from cut-outs alone (``networks/outline``): half a minute of one core."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from fashionmirror_core.garment.outlined import squeezed
from fashionmirror_core.networks.garment_encoder import ATTRIBUTES
from fashionmirror_core.networks.outline import SHAPES, OutlineNetwork
from fashionmirror_core.training.garment_pictures.records import NONE, UNKNOWN, Record

EPOCHS, BATCH = 60, 64
_LEARNING_RATE, _WEIGHT_DECAY, _SMOOTHING = 4e-3, 0.05, 0.05
_TURN, _STRETCH, _SHIFT, _ASPECT = 0.15, 0.125, 0.05, 0.075
"""Radians, logarithm, half sides, logarithm: at most, each way."""


def learned(records: list[Record], seed: int) -> OutlineNetwork:
    """A network that learned from the records with a cut-out, a kind and a known turn; as it was made without any."""
    torch.manual_seed(seed)
    network = OutlineNetwork()
    examples = [example for record in records if (example := _example(record)) is not None]
    if len(examples) > 1:
        _learn(network, *(torch.from_numpy(np.stack(column)) for column in zip(*examples, strict=True)))
    return network.eval()


def _example(record: Record) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Outline (1, 32, 32), aspect (1,) and the shape's index."""
    words = {
        name: ATTRIBUTES[name][record.attributes[name]] for name in ("kind", "category") if name in record.attributes
    }
    turn = record.attributes.get("turn", -1)
    cloth = record.parts != NONE
    if len(words) < 2 or words["kind"] == "jumpsuit" or turn < 0 or (record.parts == UNKNOWN).any() or not cloth.any():
        return None
    outline, aspect = squeezed(np.rot90(cloth, -turn))
    shape = words["kind"] if words["kind"] in SHAPES else "dress" if words["category"] == "dress" else "top"
    return outline[None], np.array([aspect], np.float32), np.array(SHAPES.index(shape))


def _learn(network: OutlineNetwork, outlines: Tensor, aspects: Tensor, shapes: Tensor) -> None:
    steps = EPOCHS * -(-len(outlines) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=_WEIGHT_DECAY)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LEARNING_RATE, total_steps=steps)
    network.train()
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(outlines)).split(BATCH):
            if len(chosen) < 2:  # no statistics in one
                continue
            aspect = aspects[chosen] + _ASPECT * _either_way(len(chosen), 1)
            loss = F.cross_entropy(
                network(_varied(outlines[chosen]), aspect), shapes[chosen], label_smoothing=_SMOOTHING
            )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            rate.step()


def _varied(outlines: Tensor) -> Tensor:
    """Mirrored, turned, stretched and shifted a little."""
    count = len(outlines)
    outlines = torch.where((torch.rand(count) < 0.5)[:, None, None, None], outlines.flip(-1), outlines)
    angle, stretch = _TURN * _either_way(count), torch.exp(_STRETCH * _either_way(count, 2))
    matrix = torch.zeros(count, 2, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = angle.cos() * stretch[:, 0], -angle.sin()
    matrix[:, 1, 0], matrix[:, 1, 1] = angle.sin(), angle.cos() * stretch[:, 1]
    matrix[:, :, 2] = _SHIFT * _either_way(count, 2)
    grid = F.affine_grid(matrix, list(outlines.shape), align_corners=False)
    return F.grid_sample(outlines, grid, align_corners=False)


def _either_way(*shape: int) -> Tensor:
    return 2 * torch.rand(*shape) - 1
