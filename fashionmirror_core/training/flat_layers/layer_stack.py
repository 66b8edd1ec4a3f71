"""Layers as tensors: how a list of layers is moved, laid over each other and turned into masks, batched and differentiable.

Rendering with networks and training share it; it does on the stage what ``drawing.composition`` does on photos.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from fashionmirror_core.avatar.layers import Layer, Show, on_stage
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.training.flat_layers.flows import CELL


@dataclass(frozen=True)
class LayerStack:
    """A list of layers on the stage, as tensors.

    pictures: (N, L, 4, H, W), premultiplied RGBA in [0, 1], in the order of the list. flows: for each layer the index of
    the flow that moves it, among the ``count`` = P flows of a frame. clothing: for each layer whether it shows the new
    clothes, or else the person.
    """

    pictures: Tensor
    flows: tuple[int, ...]
    clothing: tuple[bool, ...]
    count: int

    @classmethod
    def of(cls, layers: Sequence[Layer], stage: Stage, names: Sequence[str], device: torch.device) -> LayerStack:
        """A batch of one. names: of the flows of a frame, in their order."""
        pictures = torch.from_numpy(on_stage(layers, stage)).to(device)[None].float() / 255
        flows = tuple(names.index(layer.flow) for layer in layers)
        return cls(pictures, flows, tuple(layer.clothing for layer in layers), len(names))

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)"""
        return int(self.pictures.shape[-2]), int(self.pictures.shape[-1])

    def small(self) -> LayerStack:
        """The same averaged onto the cells of the flow."""
        return replace(self, pictures=averaged(self.pictures))

    def moved(self, flow: Tensor) -> LayerStack:
        """Every layer pulled along its flow, (N, P, 2, H, W), pixels."""
        return replace(self, pictures=sampled(self.pictures, flow[:, list(self.flows)]))

    def _of_flow(self, flow: int, show: Show) -> list[Tensor]:
        """The layers of one flow, (N, 4, H, W) each, from back to front."""
        drawn = [k for k, own in enumerate(self.flows) if own == flow and show.includes(self.clothing[k])]
        return [self.pictures[:, k] for k in drawn]

    def merged(self, show: Show = Show.ALL) -> Tensor:
        """The layers of each flow over each other, (N, P, 4, H, W); clear where a flow has none to show."""
        clear = torch.zeros_like(self.pictures[:, 0])
        return torch.stack([laid_over(self._of_flow(k, show) or [clear]) for k in range(self.count)], 1)

    def flattened(self, order: Tensor, show: Show = Show.ALL) -> Tensor:
        """All layers over each other, (N, 4, H, W). order: (N, P), flows from back to front."""
        return laid_over(by_depth(self.merged(show), order).unbind(1))

    def at_rest(self, show: Show = Show.ALL) -> Tensor:
        """All layers in the photo's own pose, flow after flow, (N, 4, H, W)."""
        return laid_over(self.merged(show).unbind(1))

    def clothing_mask(self, order: Tensor) -> Tensor:
        """M_c^t as the layers show it: the new clothes as far as nothing lies before them, (N, 1, H, W)."""
        shown, clear = [], []
        for flow in range(self.count):
            cloth, uncovered = torch.zeros_like(self.pictures[:, 0, 3:]), torch.ones_like(self.pictures[:, 0, 3:])
            for k in (k for k, own in enumerate(self.flows) if own == flow):
                alpha = self.pictures[:, k, 3:]
                cloth = (1 - alpha) * cloth + (alpha if self.clothing[k] else 0)
                uncovered = (1 - alpha) * uncovered
            shown.append(cloth)
            clear.append(uncovered)
        mask = torch.zeros_like(shown[0])
        ordered = by_depth(torch.stack(shown, 1), order), by_depth(torch.stack(clear, 1), order)
        for cloth, uncovered in zip(*(each.unbind(1) for each in ordered), strict=True):
            mask = cloth + uncovered * mask
        return mask


def by_depth(flows: Tensor, order: Tensor) -> Tensor:
    """Values of flows (N, P, C, H, W) in the order (N, P), from back to front."""
    rows = torch.arange(len(flows), device=flows.device)[:, None]
    return flows[rows, order]


def laid_over(pictures: Sequence[Tensor]) -> Tensor:
    """Premultiplied RGBA (N, 4, H, W) each, laid over each other from back to front."""
    result, *others = pictures
    for front in others:
        result = front + (1 - front[:, 3:]) * result
    return result


def averaged(pictures: Tensor) -> Tensor:
    """(..., C, H, W) averaged onto the cells of the flow, (..., C, H / CELL, W / CELL); centres as in ``enlarged``."""
    flat = pictures.reshape(-1, *pictures.shape[-3:])
    small = F.avg_pool2d(flat, CELL + 1, CELL, CELL // 2, count_include_pad=False)
    return small.view(*pictures.shape[:-2], *small.shape[-2:])


def sampled(pictures: Tensor, flow: Tensor) -> Tensor:
    """(..., C, H, W) pulled along (..., 2, H, W), pixels; zeros outside."""
    height, width = pictures.shape[-2:]
    x = torch.arange(width, device=flow.device) + flow[..., 0, :, :]
    y = torch.arange(height, device=flow.device)[:, None] + flow[..., 1, :, :]
    grid = torch.stack([x * (2 / (width - 1)) - 1, y * (2 / (height - 1)) - 1], -1)
    flat = pictures.reshape(-1, *pictures.shape[-3:])
    moved = F.grid_sample(
        flat, grid.reshape(-1, *grid.shape[-3:]), mode="bilinear", padding_mode="zeros", align_corners=True
    )
    return moved.view(pictures.shape)
