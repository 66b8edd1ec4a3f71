"""The learned half of both stages: the networks, wired into the analytic engine (method.md, sections 3 to 5).

Once a look, the co-attention mask network adjusts M_r and M_c and the dressing network the garment's flow and the body
that appears. Every frame, the skeletal flow's residual moves the layers, the multi-frame network adjusts M_c^t, and the
generator says how to blend human, garment and new pixels. Everything starts from the analytic answer; a network that has
learned nothing changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from fashionmirror_core.attention import letterboxed
from fashionmirror_core.composition import Compositor
from fashionmirror_core.dressing import Layer, Subject, over
from fashionmirror_core.garment import Garment
from fashionmirror_core.networks import (
    CATEGORIES,
    Layers,
    Previous,
    TryOnNetworks,
    attention_prior,
    blend,
    pose_maps,
)
from fashionmirror_core.networks.generator import Features, layer_weights
from fashionmirror_core.pose.skeleton import Pose
from fashionmirror_core.skeletal_flow import CELL, OUTSIDE, PARTS, PartFlow
from fashionmirror_core.stage import Stage

QUIET = 1 / 1024  # a change below a quarter of a grey level isn't worth the full-resolution passes
MARGIN = 96  # stage pixels of the scene kept around the stage, for a person who walks away from it


def _tensor(picture: np.ndarray, device: torch.device) -> Tensor:
    """(H, W[, C]) -> (1, C, H, W) float32."""
    if picture.ndim == 2:
        picture = picture[..., None]
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32))[None].to(device)


def _joints(pose: Pose, device: torch.device) -> Tensor:
    return torch.from_numpy(pose.joints.astype(np.float32))[None].to(device)


@dataclass(frozen=True)
class LearnedMasks:
    """The single-frame CMN's answer; (H, W) float32 masks on the stage.

    clothing: one M_c^s a garment. attention: (hw, hw), rows sum to one, of the outermost garment. clothes_features: of
    the outermost garment, for the multi-frame network.
    """

    removed: np.ndarray
    clothing: tuple[np.ndarray, ...]
    attention: np.ndarray
    clothes_features: Tensor


@dataclass(frozen=True)
class LearnedDressing:
    """The dressing network's answer for one garment.

    flow_residual: (H, W, 2), letterboxed garment pixels. body_residual: (H, W, 3) in [-1, 1].
    """

    flow_residual: np.ndarray
    body_residual: np.ndarray


@dataclass(frozen=True)
class Change:
    """What the generator changes of an analytic frame, on the stage (1, C, H, W).

    garment, human, analytic: weights added to each layer; color: RGB in [0, 1] added; gain: the shading's factor.
    """

    garment: Tensor
    human: Tensor
    analytic: Tensor
    color: Tensor
    gain: Tensor

    @property
    def quiet(self) -> bool:
        """Whether nothing of it would be seen."""
        sizes = (self.garment, self.human, self.analytic, self.color, self.gain - 1)
        return max(float(size.abs().max()) for size in sizes) < QUIET


@dataclass(frozen=True)
class LearnedFrame:
    """flow: the analytic flow with the residual added. origin: of the stage's window, on which M_c^t ``clothing_mask``
    (1, 1, H, W) and ``change`` are.
    """

    flow: PartFlow
    origin: tuple[float, float]
    clothing_mask: Tensor
    change: Change


class LearnedLook:
    """What the networks keep of one look: source features and stage-sized layers, and the previous frame."""

    def __init__(self, layers: Tensor, features: tuple[Features, Features], scene: Tensor, source_pose: Tensor,
                 clothes_features: Tensor, source: np.ndarray) -> None:  # fmt: skip
        self.layers = layers  # (P, 8, H, W): human and garment, premultiplied RGBA in [0, 1]
        self.small = _small(layers)
        self.features = features
        self.scene = scene  # (3, H + 2 MARGIN, W + 2 MARGIN)
        self.source_pose = source_pose
        self.clothes_features = clothes_features
        self.source = source  # (25, 2) stage pixels
        self.restart()

    def restart(self) -> None:
        """Forget the previous frame, before a new clip."""
        self.previous_frame: Tensor | None = None
        self.previous_pose: Tensor = self.source_pose
        self.previous_origin = (0.0, 0.0)

    def scene_at(self, origin: tuple[float, float], size: tuple[int, int]) -> Tensor:
        """The background in the stage's window, (1, 3, H, W)."""
        x = int(np.clip(origin[0] + MARGIN, 0, 2 * MARGIN))
        y = int(np.clip(origin[1] + MARGIN, 0, 2 * MARGIN))
        return self.scene[None, :, y : y + size[0], x : x + size[1]]


class Learned:
    """The networks on a device."""

    def __init__(self, networks: TryOnNetworks, device: torch.device) -> None:
        self.networks = networks.to(device).for_inference()
        self.device = device

    # ------------------------------------------------------------------------------------------------ once a look

    @torch.inference_mode()
    def masks(
        self,
        subject: Subject,
        pose: Pose,
        garments: Sequence[Garment],
        removed: np.ndarray,
        flows: Sequence[tuple[np.ndarray, np.ndarray]],
    ) -> LearnedMasks:
        """removed: the analytic M_r. flows: ``garment_flow`` of each garment, its flow and cloth (analytic M_c)."""
        size = subject.size
        human = torch.cat(
            [
                _tensor(subject.image.astype(np.float32) / 255, self.device),
                _tensor(subject.matte, self.device),
                pose_maps(_joints(pose, self.device), *size),
            ],
            1,
        )
        found = []
        for garment, (flow, cloth) in zip(garments, flows, strict=True):
            category = torch.zeros(1, len(CATEGORIES), device=self.device)
            category[0, CATEGORIES.index(garment.category)] = 1
            prior = torch.cat([_tensor(removed, self.device), _tensor(np.clip(cloth, 0, 1), self.device)], 1)
            seen = attention_prior(torch.from_numpy(flow)[None].to(self.device), prior[:, 1:])
            clothes = _tensor(letterboxed(garment, size), self.device)
            found.append(self.networks.mask(human, clothes, category, prior, seen))
        return LearnedMasks(
            removed=torch.stack([masks.removed for masks in found]).amax(0)[0, 0].cpu().numpy(),
            clothing=tuple(masks.clothing[0, 0].cpu().numpy() for masks in found),
            attention=found[-1].attention.maps[0].cpu().numpy(),
            clothes_features=found[-1].clothes_features,
        )

    @torch.inference_mode()
    def dressing(
        self,
        size: tuple[int, int],
        pose: Pose,
        garment: Garment,
        dressed: np.ndarray,
        erased: np.ndarray,
        removed: np.ndarray,
        clothing: np.ndarray,
        hole: np.ndarray,
        flow: np.ndarray,
    ) -> LearnedDressing:
        """dressed, erased: (H, W, 3) uint8 on the stage; removed, clothing, hole: (H, W); flow: (2, H, W)."""
        start = torch.from_numpy(flow)[None].to(self.device)
        result = self.networks.dressing(
            _tensor(letterboxed(garment, size), self.device),
            _tensor(dressed.astype(np.float32) / 255, self.device),
            _tensor(erased.astype(np.float32) / 255, self.device),
            _tensor(removed, self.device),
            _tensor(clothing, self.device),
            _tensor(hole, self.device),
            pose_maps(_joints(pose, self.device), *size, stride=4),
            start,
        )
        flow_residual = (result.flow - start)[0].permute(1, 2, 0)
        return LearnedDressing(flow_residual.cpu().numpy(), result.residual[0].permute(1, 2, 0).cpu().numpy())

    @torch.inference_mode()
    def begin(
        self, layers: dict[str, Layer], stage: Stage, plate: np.ndarray, pose: Pose, clothes_features: Tensor
    ) -> LearnedLook:
        """Encode the dressed source once."""
        size = (stage.height, stage.width)
        pictures = np.zeros((len(PARTS), *size, 8), np.float32)
        for index, part in enumerate(PARTS):
            layer = layers[part]
            shifted = replace(stage, offset=tuple(stage.from_photo(np.array(layer.box[:2], float))))
            pictures[index, ..., :4] = shifted.crop(layer.human).astype(np.float32) / 255
            pictures[index, ..., 4:] = shifted.crop(layer.garment).astype(np.float32) / 255
        stack = torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()).to(self.device)
        human = np.zeros((*size, 4), np.uint8)
        clothing = np.zeros((*size, 4), np.uint8)
        for index in range(len(PARTS)):
            eight_bit = np.clip(pictures[index] * 255 + 0.5, 0, 255).astype(np.uint8)
            human = over(np.ascontiguousarray(eight_bit[..., :4]), human)
            clothing = over(np.ascontiguousarray(eight_bit[..., 4:]), clothing)
        features = self.networks.encode_source(
            _tensor(human.astype(np.float32) / 255, self.device),
            _tensor(clothing.astype(np.float32) / 255, self.device),
        )
        wide = Stage(
            size[0] + 2 * MARGIN,
            size[1] + 2 * MARGIN,
            stage.scale,
            (stage.offset[0] + MARGIN, stage.offset[1] + MARGIN),
        )
        scene = _tensor(wide.crop(plate, cv2.BORDER_REPLICATE).astype(np.float32) / 255, self.device)[0]
        source_pose = pose_maps(_joints(pose, self.device), *size, stride=4)
        return LearnedLook(stack, features, scene, source_pose, clothes_features, pose.points)

    # --------------------------------------------------------------------------------------------------- each frame

    @torch.inference_mode()
    def frame(self, look: LearnedLook, flow: PartFlow, pose: Pose) -> LearnedFrame:
        """flow: the analytic flow of this frame, with ``to_previous`` from the second frame on; pose: on the stage."""
        size = (int(look.layers.shape[-2]), int(look.layers.shape[-1]))
        whole, flow = flow, flow.on_stage()
        origin = torch.tensor(flow.origin, device=self.device).view(1, 2, 1, 1)
        here = flow.displacement > OUTSIDE / 2
        # What is seen, where it comes from and how far the previous frame agrees: on the cells of the flow, for the flow
        # network looks no closer. The window's own shift is part of every way.
        way = flow.displacement + origin
        small = _sampled(look.small, way / CELL)
        seen = _visibility(flow, small[:, 3:4] + small[:, 7:8])
        covered = seen.sum(0).clamp(0, 1)[None]
        skeletal = (seen * torch.where(here, way, 0)).sum(0)[None]
        previous, error, to_previous = None, None, None
        if look.previous_frame is not None and flow.to_previous is not None:
            shift = origin - torch.tensor(look.previous_origin, device=self.device).view(1, 2, 1, 1)
            back = torch.where(here, flow.to_previous + shift, 0)
            to_previous = (seen * back).sum(0)[None] + (1 - covered) * shift
            now = _flattened(flow, small[:, :4] + small[:, 4:])[:, :3]
            before = _sampled(_small(look.previous_frame), to_previous / CELL)
            error = _enlarged(((now - before).abs().mean(1, keepdim=True) * covered).clamp(0, 1), size)
            to_previous = _enlarged(to_previous, size)
        skeletal, covered = _enlarged(torch.cat([skeletal, covered], 1), size).split([2, 1], 1)

        joints = _joints(pose, self.device)
        joints[..., :2] -= origin.view(1, 1, 2)
        maps = pose_maps(joints, *size, stride=4)
        hidden = (covered < 0.5) * 1.0
        refined = self.networks.flow(look.source_pose, maps, skeletal, covered, hidden, error)
        displacement = _enlarged(flow.displacement, size)
        displacement = torch.where(displacement > OUTSIDE / 2, displacement + refined.residual, displacement)
        moved = _sampled(look.layers, displacement + origin)

        human = _flattened(flow, moved[:, :4])
        human_rgb = human[:, :3] + (1 - human[:, 3:]) * look.scene_at(flow.origin, size)
        cloth = _flattened(flow, moved[:, 4:])
        garment_rgb = cloth[:, :3] / cloth[:, 3:].clamp_min(1e-3)
        worn = _worn(flow, moved)
        masks, _ = self.networks.multi_mask(worn, look.previous_pose, maps, look.clothes_features)

        if to_previous is not None and look.previous_frame is not None:
            frame = torch.cat([look.previous_frame, torch.ones_like(look.previous_frame[:, :1])], 1)
            previous = Previous(self.networks.previous_encoder(frame), to_previous, refined.selection)
        remapped = self.networks.remapping(*look.features, refined.flow, masks, previous)
        layers = Layers(garment_rgb.clamp(0, 1), human_rgb, torch.cat([masks, 1 - masks], 1))
        output = self.networks.generator(remapped, layers, masks, hidden, maps)

        look.previous_frame = blend(layers, output).clamp(0, 1)
        look.previous_pose, look.previous_origin = maps, flow.origin
        adjusted = whole.shifted(refined.residual[..., ::CELL, ::CELL])
        return LearnedFrame(adjusted, flow.origin, masks, _change(worn, masks, output.resized(*size)))


def _change(worn: Tensor, masks: Tensor, output: object) -> Change:
    """The generator's maps as changes of the analytic frame (see ``networks.blend``)."""
    z, color, log_gain = output.weight_residual, output.color_residual, output.log_gain  # type: ignore[attr-defined]
    learned = layer_weights(torch.cat([masks, 1 - masks], 1), z)
    base = layer_weights(torch.cat([worn, 1 - worn], 1), torch.zeros_like(z))
    step = learned - base
    return Change(step[:, :1], step[:, 1:2], step[:, 2:], learned[:, 2:] * color, torch.exp(log_gain))


def _enlarged(cells: Tensor, size: tuple[int, int]) -> Tensor:
    """Displacements on cells (P, 2, h, w) -> on stage pixels (P, 2, H, W); a cell's centre is its first pixel."""
    height, width = cells.shape[-2:]
    y = torch.arange(size[0], device=cells.device) / CELL * 2 / (height - 1) - 1
    x = torch.arange(size[1], device=cells.device) / CELL * 2 / (width - 1) - 1
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[None].expand(len(cells), -1, -1, -1)
    return F.grid_sample(cells, grid, mode="bilinear", padding_mode="border", align_corners=True)


def _small(pictures: Tensor) -> Tensor:
    """(N, C, H, W) averaged onto the cells of the flow, (N, C, H / CELL, W / CELL); a cell's centre is its first pixel."""
    return F.avg_pool2d(pictures, CELL + 1, CELL, CELL // 2, count_include_pad=False)


def _sampled(pictures: Tensor, flow: Tensor) -> Tensor:
    """(P, C, H, W) pulled along (P, 2, H, W); zeros outside."""
    height, width = pictures.shape[-2:]
    x = torch.arange(width, device=flow.device) + flow[:, 0]
    y = torch.arange(height, device=flow.device)[:, None] + flow[:, 1]
    grid = torch.stack([x * (2 / (width - 1)) - 1, y * (2 / (height - 1)) - 1], -1)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=True)


def _visibility(flow: PartFlow, alpha: Tensor) -> Tensor:
    """How much of each part is seen: (P, 1, h, w), from each part's own alpha and the order of depth."""
    alpha = alpha.clamp(0, 1)
    seen = torch.zeros_like(alpha)
    clear = torch.ones_like(alpha[0])
    for index in reversed(flow.order):
        seen[index] = clear * alpha[index]
        clear = clear * (1 - alpha[index])
    return seen


def _flattened(flow: PartFlow, parts: Tensor) -> Tensor:
    """Premultiplied (P, 4, H, W) laid over each other by depth: (1, 4, H, W)."""
    result = torch.zeros_like(parts[:1])
    for index in flow.order:
        part = parts[index : index + 1].clamp(0, 1)
        result = part + (1 - part[:, 3:]) * result
    return result


def _worn(flow: PartFlow, moved: Tensor) -> Tensor:
    """M_c^t as the layers show it: the garments as far as nothing lies before them, (1, 1, H, W)."""
    mask = torch.zeros_like(moved[:1, :1])
    for index in flow.order:
        human, cloth = moved[index : index + 1, 3:4].clamp(0, 1), moved[index : index + 1, 7:8].clamp(0, 1)
        mask = cloth + (1 - cloth) * (1 - human) * mask
    return mask


def apply_change(frame: LearnedFrame, analytic: np.ndarray, compositor: Compositor, behind: np.ndarray) -> np.ndarray:
    """The generator's change at the photo's resolution, (H, W, 4) uint8 premultiplied; ``analytic`` if it is quiet.

    Weights, colours and shading are enlarged; the layers that they blend are the full-resolution ones, so an edge that
    moves stays sharp.
    """
    change = frame.change
    if change.quiet:
        return analytic
    maps = torch.cat([change.garment, change.human, change.analytic, change.color, change.gain - 1], 1)[0]
    x0, y0, x1, y1 = box = compositor.window_box((maps.abs().amax(0) > QUIET).cpu().numpy(), frame.origin)
    up = compositor.from_window(maps.permute(1, 2, 0).cpu().numpy(), frame.origin, box)
    inside = (slice(y0, y1), slice(x0, x1))
    rgb = analytic[inside][..., :3].astype(np.float32)
    change_rgb = up[..., 3:6] * np.float32(255)
    if float(np.abs(up[..., :3]).max()) > QUIET:
        human = compositor.compose(frame.flow, behind, "human", smooth=False)[inside][..., :3].astype(np.float32)
        cloth = compositor.compose(frame.flow, np.zeros_like(behind), "garment", smooth=False)[inside]
        garment = cloth[..., :3] * (np.float32(255) / np.maximum(cloth[..., 3:], 1))
        change_rgb += up[..., 0:1] * garment + up[..., 1:2] * human + up[..., 2:3] * rgb
    result = analytic.copy()
    alpha = analytic[inside][..., 3:]
    result[inside][..., :3] = np.clip((rgb + change_rgb) * (1 + up[..., 6:7]) + np.float32(0.5), 0, alpha)
    return result
