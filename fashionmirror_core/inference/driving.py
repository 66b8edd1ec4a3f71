"""One frame through the per-frame networks, as tensors: the stage-II arithmetic that rendering and training share
(docs/method.md, "The learned parts").

Everything is batched, works on the stage's window of one frame and is differentiable; nothing here knows of photos or
files.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from fashionmirror_core.avatar.skeletal_flow import CELL, OUTSIDE, PartFlow
from fashionmirror_core.networks import Layers, Previous, TryOnNetworks, blend
from fashionmirror_core.networks.flow import RefinedFlow
from fashionmirror_core.networks.generator import Features, GeneratorOutput


@dataclass(frozen=True)
class DressedSource:
    """What is known once a look.

    layers: (N, P, 8, H, W), each part's human and garment RGBA, premultiplied, in [0, 1]; small: the same on the cells of
    the flow. pose: pose maps of the source (N, 25, H/4, W/4). features: of the human and of the clothing;
    clothes_features: of the mask network; both None where only the flow is asked for.
    """

    layers: Tensor
    small: Tensor
    pose: Tensor
    features: tuple[Features, Features] | None = None
    clothes_features: Tensor | None = None

    @classmethod
    def of(cls, layers: Tensor, pose: Tensor) -> DressedSource:
        """What ``steer`` needs."""
        return cls(layers, averaged(layers), pose)

    @classmethod
    def encode(cls, networks: TryOnNetworks, layers: Tensor, pose: Tensor, clothes_features: Tensor) -> DressedSource:
        """What ``drive`` needs. layers lie over each other in the order of ``PARTS`` in the photo's own pose."""
        at_rest = torch.arange(layers.shape[1], device=layers.device).expand(len(layers), -1)
        features = networks.encode_source(flattened(layers[:, :, :4], at_rest), flattened(layers[:, :, 4:], at_rest))
        return cls(layers, averaged(layers), pose, features, clothes_features)


@dataclass(frozen=True)
class Way:
    """Where the pixels of a frame's window come from, on cells of CELL stage pixels.

    flow: (N, P, 2, h, w), stage pixels, window -> source, OUTSIDE where a part isn't. order: (N, P) int64, part indices
    from back to front. to_previous: (N, P, 2, h, w), stage pixels, window -> the previous frame's window; shift: (N, 2,
    1, 1), the same where no part is; both None in the first frame.
    """

    flow: Tensor
    order: Tensor
    to_previous: Tensor | None = None
    shift: Tensor | None = None


def way_of(window: PartFlow, previous_origin: tuple[float, float] | None) -> Way:
    """A frame's flow on its window as ``drive`` takes it, a batch of one; the windows' own shifts are part of it."""
    origin = torch.tensor(window.origin, device=window.displacement.device).view(1, 2, 1, 1)
    flow = (window.displacement + origin)[None]  # what lies OUTSIDE stays far outside
    order = torch.tensor([window.order], device=flow.device)
    if previous_origin is None or window.to_previous is None:
        return Way(flow, order)
    shift = origin - torch.tensor(previous_origin, device=flow.device).view(1, 2, 1, 1)
    return Way(flow, order, (window.to_previous + shift)[None], shift)


@dataclass(frozen=True)
class PreviousFrame:
    """frame: (N, 3, H, W) in [0, 1], in its own window; pose: its pose maps."""

    frame: Tensor
    pose: Tensor


@dataclass(frozen=True)
class Driven:
    """What the networks make of one frame; (N, C, H, W) on its window.

    frame: RGB in [0, 1]. refined: the flow of what is seen, its residual and m^t. worn: M_c^t as the layers show it;
    clothing, clothing_logits: M_c^t of the multi-frame network. layers: what is blended. output: how. hidden: 1 where
    nothing of the person is seen.
    """

    frame: Tensor
    refined: RefinedFlow
    worn: Tensor
    clothing: Tensor
    clothing_logits: Tensor
    layers: Layers
    output: GeneratorOutput
    hidden: Tensor
    covered: Tensor


@dataclass(frozen=True)
class Steered:
    """Where the layers go in one frame.

    refined: the flow of what is seen, its residual and m^t. flow: every part's, with the residual, (N, P, 2, H, W),
    OUTSIDE where a part isn't. covered: the share of the person (N, 1, H, W); hidden: 1 where nothing of it is seen.
    to_previous: (N, 2, H, W), None in the first frame.
    """

    refined: RefinedFlow
    flow: Tensor
    covered: Tensor
    hidden: Tensor
    to_previous: Tensor | None


def steer(
    networks: TryOnNetworks, source: DressedSource, way: Way, pose: Tensor, previous: PreviousFrame | None = None
) -> Steered:
    """The analytic flow with the residual that the flow network adds. pose: see ``drive``."""
    size = (int(source.layers.shape[-2]), int(source.layers.shape[-1]))
    here = way.flow > OUTSIDE / 2
    # What is seen, where it comes from and how far the previous frame agrees: on the cells of the flow, for the flow
    # network looks no closer.
    small = sampled(source.small, way.flow / CELL)
    dressed = worn(small)
    seen = _visibility(dressed[:, :, 3:], way.order)
    covered = seen.sum(1).clamp(0, 1)
    skeletal = (seen * torch.where(here, way.flow, 0)).sum(1)
    to_previous, error = None, None
    if previous is not None and way.to_previous is not None and way.shift is not None:
        back = (seen * torch.where(here, way.to_previous, 0)).sum(1) + (1 - covered) * way.shift
        now = flattened(dressed, way.order)[:, :3]
        before = sampled(averaged(previous.frame), back / CELL)
        error = enlarged(((now - before).abs().mean(1, keepdim=True) * covered).clamp(0, 1), size)
        to_previous = enlarged(back, size)
    skeletal, covered = enlarged(torch.cat([skeletal, covered], 1), size).split([2, 1], 1)
    hidden = (covered < 0.5) * 1.0

    refined = networks.flow(source.pose, pose, skeletal, covered, hidden, error)
    flow = enlarged(way.flow.flatten(0, 1), size).view(*way.flow.shape[:3], *size)
    flow = torch.where(flow > OUTSIDE / 2, flow + refined.residual[:, None], flow)
    return Steered(refined, flow, covered, hidden, to_previous)


def laid(source: DressedSource, steered: Steered, way: Way, scene: Tensor) -> tuple[Tensor, Tensor]:
    """The layers where they go, before the scene and without a generator: RGB (N, 3, H, W) and M_c^t (N, 1, H, W)."""
    moved = sampled(source.layers, steered.flow)
    person = flattened(worn(moved), way.order)
    return person[:, :3] + (1 - person[:, 3:]) * scene, _seen_worn(moved, way.order)


def drive(
    networks: TryOnNetworks,
    source: DressedSource,
    way: Way,
    pose: Tensor,
    scene: Tensor,
    previous: PreviousFrame | None = None,
) -> Driven:
    """pose: pose maps of the frame (N, 25, H/4, W/4); scene: the background in its window (N, 3, H, W)."""
    assert source.features is not None
    assert source.clothes_features is not None
    steered = steer(networks, source, way, pose, previous)
    refined = steered.refined
    moved = sampled(source.layers, steered.flow)

    human = flattened(moved[:, :, :4], way.order)
    cloth = flattened(moved[:, :, 4:], way.order)
    seen_worn = _seen_worn(moved, way.order)
    before_pose = source.pose if previous is None else previous.pose
    clothing, logits = networks.multi_mask(seen_worn, before_pose, pose, source.clothes_features)

    remembered = None
    if previous is not None and steered.to_previous is not None:
        frame = torch.cat([previous.frame, torch.ones_like(previous.frame[:, :1])], 1)
        remembered = Previous(networks.previous_encoder(frame), steered.to_previous, refined.selection)
    remapped = networks.remapping(*source.features, refined.flow, clothing, remembered)
    layers = Layers(
        garment=(cloth[:, :3] / cloth[:, 3:].clamp_min(1e-3)).clamp(0, 1),
        human=human[:, :3] + (1 - human[:, 3:]) * scene,
        weights=torch.cat([clothing, 1 - clothing], 1),
    )
    output = networks.generator(remapped, layers, clothing, steered.hidden, pose)
    frame = blend(layers, output).clamp(0, 1)
    return Driven(frame, refined, seen_worn, clothing, logits, layers, output, steered.hidden, steered.covered)


# -------------------------------------------------------------------------------------------------------------- layers


def by_depth(parts: Tensor, order: Tensor) -> Tensor:
    """Parts (N, P, C, H, W) in the order (N, P), from back to front."""
    rows = torch.arange(len(parts), device=parts.device)[:, None]
    return parts[rows, order]


def flattened(parts: Tensor, order: Tensor) -> Tensor:
    """Premultiplied RGBA (N, P, 4, H, W), laid over each other from back to front: (N, 4, H, W)."""
    ordered = by_depth(parts, order)
    result = ordered[:, 0]
    for front in ordered.unbind(1)[1:]:
        result = front + (1 - front[:, 3:]) * result
    return result


def worn(layers: Tensor) -> Tensor:
    """Layers (N, P, 8, H, W) -> their garments over their humans, premultiplied RGBA (N, P, 4, H, W)."""
    human, garment = layers.split(4, 2)
    return garment + (1 - garment[:, :, 3:]) * human


def _visibility(alpha: Tensor, order: Tensor) -> Tensor:
    """How much of each part is seen, (N, P, 1, h, w), from each part's own alpha and the order of depth."""
    ordered = by_depth(alpha, order)
    clear = torch.ones_like(ordered[:, 0])
    seen = []
    for front in reversed(ordered.unbind(1)):
        seen.append(clear * front)
        clear = clear * (1 - front)
    rows = torch.arange(len(alpha), device=alpha.device)[:, None]
    return torch.stack(seen[::-1], 1)[rows, order.argsort(1)]


def _seen_worn(moved: Tensor, order: Tensor) -> Tensor:
    """M_c^t as the layers show it: the garments as far as nothing lies before them, (N, 1, H, W)."""
    ordered = by_depth(moved[:, :, 3::4], order)
    mask = torch.zeros_like(ordered[:, 0, :1])
    for front in ordered.unbind(1):
        human, cloth = front[:, :1], front[:, 1:]
        mask = cloth + (1 - cloth) * (1 - human) * mask
    return mask


# ------------------------------------------------------------------------------------------------------------- sampling


def enlarged(cells: Tensor, size: tuple[int, int]) -> Tensor:
    """Values on cells (N, C, h, w) -> on stage pixels (N, C, H, W); a cell's centre is its first pixel."""
    height, width = cells.shape[-2:]
    y = torch.arange(size[0], device=cells.device) / CELL * 2 / (height - 1) - 1
    x = torch.arange(size[1], device=cells.device) / CELL * 2 / (width - 1) - 1
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[None].expand(len(cells), -1, -1, -1)
    return F.grid_sample(cells, grid, mode="bilinear", padding_mode="border", align_corners=True)


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
