"""The learned half of both stages: the networks, wired into the analytic engine.

Once a look, the co-attention mask network adjusts M_r and M_c and the dressing network the garment's flow and the body
that appears. Every frame, the skeletal flow's residual moves the layers, the multi-frame network adjusts M_c^t, and the
generator says how to blend human, garment and new pixels. Everything starts from the analytic answer; a network that has
learned nothing changes nothing.

See docs/method.md, "The learned parts".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.avatar.flows import CELL, LayerFlow
from fashionmirror_core.avatar.layers import Layer, Show
from fashionmirror_core.cloth.attention import fit_attention, letterboxed
from fashionmirror_core.cloth.fitting import Sizing
from fashionmirror_core.cloth.sizing import sizing_features, sizing_of
from fashionmirror_core.drawing.composition import Compositor
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.inference.driving import DressedSource, Driven, FrameFlow, PreviousFrame, drive, steer
from fashionmirror_core.inference.layer_stack import LayerStack
from fashionmirror_core.networks import TryOnNetworks, attention_prior, pose_maps
from fashionmirror_core.networks.blocks import resize
from fashionmirror_core.networks.generator import layer_weights
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.skeleton import MIRROR, Pose
from fashionmirror_core.vocabulary import Category

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
    the outermost garment, for the multi-frame network; None where no network runs in frames.
    """

    removed: np.ndarray
    clothing: tuple[np.ndarray, ...]
    attention: np.ndarray
    clothes_features: Tensor | None


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
    """flow: the analytic flow with the residual added. origin: of the stage's window, on which ``mask_change``, what
    M_c^t (1, 1, H, W) is more or less than the layers show, and ``change`` are; both None where only the flow is
    learned.
    """

    flow: LayerFlow
    origin: tuple[float, float]
    mask_change: Tensor | None = None
    change: Change | None = None


class LearnedLook:
    """What the networks keep of one look: the encoded source, the background, and the previous frame."""

    def __init__(self, source: DressedSource, scene: Tensor, joints: np.ndarray) -> None:
        self.source = source
        self.scene = scene  # (3, H + 2 MARGIN, W + 2 MARGIN)
        self.joints = joints  # (25, 2) stage pixels
        self.restart()

    def restart(self) -> None:
        """Forget the previous frame, before a new clip."""
        self.previous: PreviousFrame | None = None
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
        # What has learned nothing changes nothing, and isn't computed.
        self.blends = self.networks.blends
        self.drives = self.blends or not self.networks.flow.idle
        self.refines = self.drives or not (self.networks.mask.idle and self.networks.dressing.idle)

    # ------------------------------------------------------------------------------------------------ once a look

    @torch.inference_mode()
    def labels(self, image: np.ndarray, matte: np.ndarray, pose: Pose) -> np.ndarray | None:
        """What the network sees on the stage, as ``parsing.parse`` takes it; None where it has learned nothing. image: (H,
        W, 3) uint8; matte: (H, W).
        """
        if self.networks.parsing.idle:
            return None
        picture = _tensor(image.astype(np.float32) / 255, self.device)
        pictures = torch.cat([picture, picture.flip(3)])
        alpha = _tensor(matte, self.device)
        joints = _joints(pose, self.device)
        mirrored = joints[:, MIRROR.tolist()]
        mirrored[..., 0] = matte.shape[1] - 1 - mirrored[..., 0]
        # Looked at twice, as in a mirror: what both agree on is surer.
        found = self.networks.parsing(pictures, torch.cat([alpha, alpha.flip(3)]), torch.cat([joints, mirrored]))
        one, other = found.softmax(1)
        seen = (one + other.flip(2)) / 2
        return resize(seen[None], (matte.shape[0], matte.shape[1]))[0].cpu().numpy()

    @torch.inference_mode()
    def sizing(self, garment: Garment, subject: Subject) -> Sizing:
        """What is corrected of the garment's analytic fit."""
        if self.networks.sizing.idle:
            return Sizing()
        features = sizing_features(garment, subject.body, subject.floor)
        return sizing_of(self.networks.sizing(torch.from_numpy(features)[None].to(self.device))[0].cpu().numpy())

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
        if self.networks.mask.idle and not self.drives:  # masks and attention are their priors
            clothing, attention = tuple(cloth for _, cloth in flows), fit_attention(*flows[-1])
            return LearnedMasks(removed, clothing, attention, clothes_features=None)
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
            category = torch.zeros(1, len(Category), device=self.device)
            category[0, list(Category).index(garment.category)] = 1
            prior = torch.cat([_tensor(removed, self.device), _tensor(np.clip(cloth, 0, 1), self.device)], 1)
            seen = attention_prior(torch.from_numpy(flow)[None].to(self.device), prior[:, 1:])
            clothes = _tensor(letterboxed(garment, size), self.device)
            found.append(self.networks.mask(human, clothes, category, prior, seen))
        return LearnedMasks(
            removed=torch.stack([masks.removed for masks in found]).amax(0)[0, 0].cpu().numpy(),
            clothing=tuple(masks.clothing[0, 0].cpu().numpy() for masks in found),
            attention=found[-1].attention.maps[0].cpu().numpy(),
            clothes_features=found[-1].clothes_features if self.drives else None,
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
        self,
        layers: Sequence[Layer],
        flows: Sequence[str],
        stage: Stage,
        plate: np.ndarray,
        pose: Pose,
        clothes_features: Tensor,
    ) -> LearnedLook:
        """Encode the dressed source once. flows: names of a frame's flows, in their order."""
        stack = LayerStack.of(layers, stage, flows, self.device)
        source_pose = pose_maps(_joints(pose, self.device), stage.height, stage.width, stride=4)
        if self.blends:
            source = DressedSource.encode(self.networks, stack, source_pose, clothes_features)
        else:
            source = DressedSource.of(stack, source_pose)
        wide = Stage(
            stage.height + 2 * MARGIN,
            stage.width + 2 * MARGIN,
            stage.scale,
            (stage.offset[0] + MARGIN, stage.offset[1] + MARGIN),
        )
        scene = _tensor(wide.crop(plate, cv2.BORDER_REPLICATE).astype(np.float32) / 255, self.device)[0]
        return LearnedLook(source, scene, pose.points)

    # --------------------------------------------------------------------------------------------------- each frame

    @torch.inference_mode()
    def frame(self, look: LearnedLook, flow: LayerFlow, pose: Pose) -> LearnedFrame:
        """flow: the analytic flow of this frame, with ``to_previous`` from the second frame on; pose: on the stage."""
        size = look.source.layers.size
        window = flow.on_stage()
        joints = _joints(pose, self.device)
        joints[..., :2] -= torch.tensor(window.origin, device=self.device)
        maps = pose_maps(joints, *size, stride=4)
        if not self.blends:
            steered = steer(self.networks, look.source, FrameFlow.of(window, None), maps)
            return LearnedFrame(flow.shifted(steered.refined.residual[..., ::CELL, ::CELL]), window.origin)
        previous = None if flow.to_previous is None else look.previous
        moves = FrameFlow.of(window, None if previous is None else look.previous_origin)
        driven = drive(self.networks, look.source, moves, maps, look.scene_at(window.origin, size), previous)
        look.previous, look.previous_origin = PreviousFrame(driven.frame, maps), window.origin
        adjusted = flow.shifted(driven.refined.residual[..., ::CELL, ::CELL])
        return LearnedFrame(adjusted, window.origin, driven.clothing - driven.worn, _change(driven, size))


def _change(driven: Driven, size: tuple[int, int]) -> Change:
    """The generator's maps as changes of the analytic frame (see ``networks.blend``)."""
    output = driven.output.resized(*size)
    learned = layer_weights(driven.layers.weights, output.weight_residual)
    base = layer_weights(torch.cat([driven.worn, 1 - driven.worn], 1), torch.zeros_like(output.weight_residual))
    step = learned - base
    color = learned[:, 2:] * output.color_residual
    return Change(step[:, :1], step[:, 1:2], step[:, 2:], color, torch.exp(output.log_gain))


def changed_mask(frame: LearnedFrame, layers_mask: np.ndarray, compositor: Compositor) -> np.ndarray:
    """M_c^t at the photo's resolution, (H, W) float32, from what the layers show of the clothes."""
    if frame.mask_change is None or float(frame.mask_change.abs().max()) < QUIET:
        return layers_mask
    whole = (0, 0, *compositor.size)
    change = compositor.from_window(frame.mask_change[0].permute(1, 2, 0).cpu().numpy(), frame.origin, whole)
    return np.clip(layers_mask + change[..., 0], 0, 1)


def apply_change(frame: LearnedFrame, analytic: np.ndarray, compositor: Compositor, behind: np.ndarray) -> np.ndarray:
    """The generator's change at the photo's resolution, (H, W, 4) uint8 premultiplied; ``analytic`` if it is quiet.

    Weights, colours and shading are enlarged; the layers that they blend are the full-resolution ones, so an edge that
    moves stays sharp.
    """
    change = frame.change
    if change is None or change.quiet:
        return analytic
    maps = torch.cat([change.garment, change.human, change.analytic, change.color, change.gain - 1], 1)[0]
    x0, y0, x1, y1 = box = compositor.window_box((maps.abs().amax(0) > QUIET).cpu().numpy(), frame.origin)
    up = compositor.from_window(maps.permute(1, 2, 0).cpu().numpy(), frame.origin, box)
    inside = (slice(y0, y1), slice(x0, x1))
    rgb = analytic[inside][..., :3].astype(np.float32)
    change_rgb = up[..., 3:6] * np.float32(255)
    if float(np.abs(up[..., :3]).max()) > QUIET:
        human = compositor.draft.compose(frame.flow, behind, Show.PERSON)[inside][..., :3].astype(np.float32)
        cloth = compositor.draft.compose(frame.flow, np.zeros_like(behind), Show.CLOTHING)[inside]
        garment = cloth[..., :3] * (np.float32(255) / np.maximum(cloth[..., 3:], 1))
        change_rgb += up[..., 0:1] * garment + up[..., 1:2] * human + up[..., 2:3] * rgb
    result = analytic.copy()
    alpha = analytic[inside][..., 3:]
    result[inside][..., :3] = np.clip((rgb + change_rgb) * (1 + up[..., 6:7]) + np.float32(0.5), 0, alpha)
    return result
