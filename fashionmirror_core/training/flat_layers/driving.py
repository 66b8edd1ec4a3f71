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

from fashionmirror_core.avatar.layers import Show
from fashionmirror_core.networks import Layers, Previous, TryOnNetworks, blend
from fashionmirror_core.networks.flow import RefinedFlow
from fashionmirror_core.networks.generator import Features, GeneratorOutput
from fashionmirror_core.training.flat_layers.flows import CELL, OUTSIDE, LayerFlow
from fashionmirror_core.training.flat_layers.layer_stack import LayerStack, averaged, by_depth, laid_over, sampled


@dataclass(frozen=True)
class DressedSource:
    """The dressed source, encoded once a look.

    layers: of the dressed person, in [0, 1]; small: the same on the cells of the flow. pose: pose maps of the source (N,
    25, H/4, W/4). features: of the human and of the clothing; clothes_features: of the mask network; both None where
    only the flow is asked for.
    """

    layers: LayerStack
    small: LayerStack
    pose: Tensor
    features: tuple[Features, Features] | None = None
    clothes_features: Tensor | None = None

    @classmethod
    def of(cls, layers: LayerStack, pose: Tensor) -> DressedSource:
        """As ``steer`` needs it."""
        return cls(layers, layers.small(), pose)

    @classmethod
    def encode(
        cls, networks: TryOnNetworks, layers: LayerStack, pose: Tensor, clothes_features: Tensor
    ) -> DressedSource:
        """As ``drive`` needs it."""
        features = networks.encode_source(layers.at_rest(Show.PERSON), layers.at_rest(Show.CLOTHING))
        return cls(layers, layers.small(), pose, features, clothes_features)


@dataclass(frozen=True)
class FrameFlow:
    """Where the pixels of a frame's window come from, on cells of CELL stage pixels.

    displacement: (N, P, 2, h, w), stage pixels, window -> source, OUTSIDE where a flow's layers aren't. order: (N, P) int64,
    flows from back to front. to_previous: (N, P, 2, h, w), stage pixels, window -> the previous frame's window; shift:
    (N, 2, 1, 1), the same where no layer is; both None in the first frame.
    """

    displacement: Tensor
    order: Tensor
    to_previous: Tensor | None = None
    shift: Tensor | None = None

    @classmethod
    def of(cls, window: LayerFlow, previous_origin: tuple[float, float] | None) -> FrameFlow:
        """A batch of one, from a frame's flow on its window; the windows' own shifts are part of it."""
        origin = torch.tensor(window.origin, device=window.displacement.device).view(1, 2, 1, 1)
        displacement = (window.displacement + origin)[None]  # OUTSIDE stays far outside
        order = torch.tensor([window.order], device=origin.device)
        if previous_origin is None or window.to_previous is None:
            return cls(displacement, order)
        shift = origin - torch.tensor(previous_origin, device=origin.device).view(1, 2, 1, 1)
        return cls(displacement, order, (window.to_previous + shift)[None], shift)


@dataclass(frozen=True)
class PreviousFrame:
    """frame: (N, 3, H, W) in [0, 1], in its own window; pose: its pose maps."""

    frame: Tensor
    pose: Tensor


@dataclass(frozen=True)
class Driven:
    """One frame by the networks; (N, C, H, W) on its window.

    frame: RGB in [0, 1]. refined: the flow of the foremost layers, its residual and m^t. worn: M_c^t as the layers show it;
    clothing, clothing_logits: M_c^t of the multi-frame network. layers: the pictures that are blended, by output. hidden:
    1 where no part of the person is visible. covered: the share of the person.
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

    refined: the flow of the foremost layers, its residual and m^t. flow: every flow with the residual, (N, P, 2, H, W),
    OUTSIDE where its layers aren't. covered: the share of the person (N, 1, H, W); hidden: 1 where no part of it is visible.
    to_previous: (N, 2, H, W), None in the first frame.
    """

    refined: RefinedFlow
    flow: Tensor
    covered: Tensor
    hidden: Tensor
    to_previous: Tensor | None


def steer(
    networks: TryOnNetworks, source: DressedSource, flow: FrameFlow, pose: Tensor, previous: PreviousFrame | None = None
) -> Steered:
    """The analytic flow with the residual that the flow network adds. pose: see ``drive``."""
    size = source.layers.size
    here = flow.displacement > OUTSIDE / 2
    # The visible layers, their sources and the agreement with the previous frame are computed on the cells of the flow:
    # the flow network looks no closer.
    dressed = source.small.moved(flow.displacement / CELL).merged()
    seen = _visibility(dressed[:, :, 3:], flow.order)
    covered = seen.sum(1).clamp(0, 1)
    skeletal = (seen * torch.where(here, flow.displacement, 0)).sum(1)
    to_previous, error = None, None
    if previous is not None and flow.to_previous is not None and flow.shift is not None:
        back = (seen * torch.where(here, flow.to_previous, 0)).sum(1) + (1 - covered) * flow.shift
        now = laid_over(by_depth(dressed, flow.order).unbind(1))[:, :3]
        before = sampled(averaged(previous.frame), back / CELL)
        error = enlarged(((now - before).abs().mean(1, keepdim=True) * covered).clamp(0, 1), size)
        to_previous = enlarged(back, size)
    skeletal, covered = enlarged(torch.cat([skeletal, covered], 1), size).split([2, 1], 1)
    hidden = (covered < 0.5) * 1.0

    refined = networks.flow(source.pose, pose, skeletal, covered, hidden, error)
    every = enlarged(flow.displacement.flatten(0, 1), size).view(*flow.displacement.shape[:3], *size)
    every = torch.where(every > OUTSIDE / 2, every + refined.residual[:, None], every)
    return Steered(refined, every, covered, hidden, to_previous)


def composed(source: DressedSource, steered: Steered, flow: FrameFlow, scene: Tensor) -> tuple[Tensor, Tensor]:
    """The layers where they go, before the scene and without a generator: RGB (N, 3, H, W) and M_c^t (N, 1, H, W)."""
    moved = source.layers.moved(steered.flow)
    person = moved.flattened(flow.order)
    return person[:, :3] + (1 - person[:, 3:]) * scene, moved.clothing_mask(flow.order)


def drive(
    networks: TryOnNetworks,
    source: DressedSource,
    flow: FrameFlow,
    pose: Tensor,
    scene: Tensor,
    previous: PreviousFrame | None = None,
) -> Driven:
    """pose: pose maps of the frame (N, 25, H/4, W/4); scene: the background in its window (N, 3, H, W)."""
    assert source.features is not None
    assert source.clothes_features is not None
    steered = steer(networks, source, flow, pose, previous)
    refined = steered.refined
    moved = source.layers.moved(steered.flow)

    human = moved.flattened(flow.order, Show.PERSON)
    cloth = moved.flattened(flow.order, Show.CLOTHING)
    seen_worn = moved.clothing_mask(flow.order)
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


def _visibility(alpha: Tensor, order: Tensor) -> Tensor:
    """How much of each flow's layers is seen, (N, P, 1, h, w), from their own alpha and the order of depth."""
    ordered = by_depth(alpha, order)
    clear = torch.ones_like(ordered[:, 0])
    seen = []
    for front in reversed(ordered.unbind(1)):
        seen.append(clear * front)
        clear = clear * (1 - front)
    rows = torch.arange(len(alpha), device=alpha.device)[:, None]
    return torch.stack(seen[::-1], 1)[rows, order.argsort(1)]


# ------------------------------------------------------------------------------------------------------------- sampling


def enlarged(cells: Tensor, size: tuple[int, int]) -> Tensor:
    """Values on cells (N, C, h, w) -> on stage pixels (N, C, H, W); a cell's centre is its first pixel."""
    height, width = cells.shape[-2:]
    y = torch.arange(size[0], device=cells.device) / CELL * 2 / (height - 1) - 1
    x = torch.arange(size[1], device=cells.device) / CELL * 2 / (width - 1) - 1
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[None].expand(len(cells), -1, -1, -1)
    return F.grid_sample(cells, grid, mode="bilinear", padding_mode="border", align_corners=True)
