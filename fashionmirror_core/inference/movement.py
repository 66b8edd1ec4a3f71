"""The networks in every frame: the flow's residual, M_c^t, and the generator's change of the analytic frame.

Everything is computed on the stage's window and enlarged to the photo's resolution as a change of the layers' picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.avatar.flows import CELL
from fashionmirror_core.avatar.layers import Show
from fashionmirror_core.avatar.skeletal_flow import SkeletalFlow
from fashionmirror_core.drawing.composition import Compositor
from fashionmirror_core.inference.analytic import AnalyticMovement, FrameAnswer
from fashionmirror_core.inference.driving import DressedSource, Driven, FrameFlow, PreviousFrame, drive, steer
from fashionmirror_core.networks import TryOnNetworks, pose_maps
from fashionmirror_core.networks.generator import layer_weights
from fashionmirror_core.skeleton import Pose

QUIET = 1 / 1024  # a change below a quarter of a grey level isn't worth the full-resolution passes
SCENE_MARGIN = 96  # stage pixels of the scene kept around the stage, for a person who walks away from it


@dataclass(frozen=True)
class Change:
    """The generator's change of an analytic frame, on the stage (1, C, H, W).

    garment, human, analytic: weights added to each layer; color: RGB in [0, 1] added; gain: the shading's factor.
    """

    garment: Tensor
    human: Tensor
    analytic: Tensor
    color: Tensor
    gain: Tensor

    @property
    def quiet(self) -> bool:
        """Whether it would stay invisible."""
        sizes = (self.garment, self.human, self.analytic, self.color, self.gain - 1)
        return max(float(size.abs().max()) for size in sizes) < QUIET


def change_of(driven: Driven, size: tuple[int, int]) -> Change:
    """The generator's maps as changes of the analytic frame (see ``networks.blend``)."""
    output = driven.output.resized(*size)
    learned = layer_weights(driven.layers.weights, output.weight_residual)
    base = layer_weights(torch.cat([driven.worn, 1 - driven.worn], 1), torch.zeros_like(output.weight_residual))
    step = learned - base
    color = learned[:, 2:] * output.color_residual
    return Change(step[:, :1], step[:, 1:2], step[:, 2:], color, torch.exp(output.log_gain))


@dataclass(frozen=True)
class LearnedFrame(FrameAnswer):
    """origin: of the stage's window, stage pixels. mask_change: M_c^t less the layers' own, (1, 1, H, W), and
    change: both on that window.
    """

    origin: tuple[float, float]
    mask_change: Tensor
    change: Change

    def clothing_mask(self, compositor: Compositor) -> np.ndarray:
        shown = super().clothing_mask(compositor)
        if float(self.mask_change.abs().max()) < QUIET:
            return shown
        whole = (0, 0, *compositor.size)
        change = compositor.from_window(self.mask_change[0].permute(1, 2, 0).cpu().numpy(), self.origin, whole)
        return np.clip(shown + change[..., 0], 0, 1)

    def image(self, compositor: Compositor, behind: np.ndarray) -> np.ndarray:
        """Weights, colours and shading are enlarged; the layers that they blend are the full-resolution ones, so an edge
        that moves stays sharp.
        """
        analytic, change = super().image(compositor, behind), self.change
        if change.quiet:
            return analytic
        maps = torch.cat([change.garment, change.human, change.analytic, change.color, change.gain - 1], 1)[0]
        x0, y0, x1, y1 = box = compositor.window_box((maps.abs().amax(0) > QUIET).cpu().numpy(), self.origin)
        up = compositor.from_window(maps.permute(1, 2, 0).cpu().numpy(), self.origin, box)
        inside = (slice(y0, y1), slice(x0, x1))
        rgb = analytic[inside][..., :3].astype(np.float32)
        change_rgb = up[..., 3:6] * np.float32(255)
        if float(np.abs(up[..., :3]).max()) > QUIET:
            human = compositor.draft.compose(self.flow, behind, Show.PERSON)[inside][..., :3].astype(np.float32)
            cloth = compositor.draft.compose(self.flow, np.zeros_like(behind), Show.CLOTHING)[inside]
            garment = cloth[..., :3] * (np.float32(255) / np.maximum(cloth[..., 3:], 1))
            change_rgb += up[..., 0:1] * garment + up[..., 1:2] * human + up[..., 2:3] * rgb
        result = analytic.copy()
        alpha = analytic[inside][..., 3:]
        result[inside][..., :3] = np.clip((rgb + change_rgb) * (1 + up[..., 6:7]) + np.float32(0.5), 0, alpha)
        return result


class LearnedMovement(AnalyticMovement):
    """The networks' memory: of a look the encoded source and the background, of one clip the frame before.

    Args:
        scene: (3, H + 2 SCENE_MARGIN, W + 2 SCENE_MARGIN), the background around the stage, in [0, 1].
    """

    def __init__(self, networks: TryOnNetworks, flow: SkeletalFlow, source: DressedSource, scene: Tensor) -> None:
        super().__init__(flow)
        self.networks, self.source, self.scene = networks, source, scene
        self._previous: PreviousFrame | None = None
        self._previous_origin = (0.0, 0.0)
        self._previous_index: int | None = None

    def begin(self) -> LearnedMovement:
        return LearnedMovement(self.networks, self.flow, self.source, self.scene)

    def _scene_at(self, origin: tuple[float, float], size: tuple[int, int]) -> Tensor:
        """The background in the stage's window, (1, 3, H, W)."""
        x = int(np.clip(origin[0] + SCENE_MARGIN, 0, 2 * SCENE_MARGIN))
        y = int(np.clip(origin[1] + SCENE_MARGIN, 0, 2 * SCENE_MARGIN))
        return self.scene[None, :, y : y + size[0], x : x + size[1]]

    @torch.inference_mode()
    def frame(self, index: int, bones: np.ndarray, pose: Pose) -> FrameAnswer:
        """A frame leans on the one before it; where that isn't made just before, it is like the first of a clip."""
        size, device = self.source.layers.size, self.scene.device
        previous = self._previous if self._previous_index == index - 1 else None
        analytic = self.flow(bones[index], pose, None if previous is None else bones[index - 1])
        window = analytic.on_stage()
        joints = torch.from_numpy(pose.joints.astype(np.float32))[None].to(device)
        joints[..., :2] -= torch.tensor(window.origin, device=device)
        maps = pose_maps(joints, *size, stride=4)
        if not self.networks.blends:
            steered = steer(self.networks, self.source, FrameFlow.of(window, None), maps)
            return FrameAnswer(analytic, analytic.shifted(steered.refined.residual[..., ::CELL, ::CELL]))
        moves = FrameFlow.of(window, None if previous is None else self._previous_origin)
        driven = drive(self.networks, self.source, moves, maps, self._scene_at(window.origin, size), previous)
        self._previous, self._previous_origin, self._previous_index = (
            PreviousFrame(driven.frame, maps),
            window.origin,
            index,
        )
        adjusted = analytic.shifted(driven.refined.residual[..., ::CELL, ::CELL])
        return LearnedFrame(analytic, adjusted, window.origin, driven.clothing - driven.worn, change_of(driven, size))
