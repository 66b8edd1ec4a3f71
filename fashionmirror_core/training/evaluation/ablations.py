"""The engine without one of its ideas, to measure what each is worth: systems for ``evaluation``.

See docs/method.md, "Skeletal flow".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from fashionmirror_core.avatar.layers import FAR, Layer, flow_domains
from fashionmirror_core.imaging.alpha import opaque
from fashionmirror_core.look import Look
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.training.evaluation.systems import Answer, Engine, Request, System
from fashionmirror_core.training.flat_layers.composition import Compositor
from fashionmirror_core.training.flat_layers.flows import LayerFlow
from fashionmirror_core.training.flat_layers.looks import flat_look
from fashionmirror_core.training.flat_layers.skeletal_flow import SkeletalFlow, bone_transforms
from fashionmirror_core.tryon import TryOn


class WithoutPrior(Engine):
    """Without the skeletal flow: the dressed still, in every frame. The flow's residual could add a few pixels at most."""

    def __init__(self, tryon: TryOn) -> None:
        super().__init__(tryon, "without skeletal prior")

    def __call__(self, request: Request) -> Answer:
        look, answer = self.dressed(request)
        if request.motion is not None:
            count = len(request.motion)
            answer.frames = [look.still] * count
            answer.clothing_masks = [look.clothing_mask] * count
            answer.joints = [request.person.pose.joints] * count
        return answer


class WithoutAnchor(Engine):
    """Without the source's anchor: every frame's layers are made of those of the frame before, as recurrent methods do."""

    def __init__(self, tryon: TryOn) -> None:
        super().__init__(tryon, "without source anchor")

    def __call__(self, request: Request) -> Answer:
        look, answer = self.dressed(request)
        if request.motion is None:
            return answer
        masks: list[np.ndarray] = []
        answer.clothing_masks = masks
        flat = flat_look(self.tryon, request.person, request.garments)
        layers, pose = flat.layers, flat.pose
        hair = np.clip(look.stage.uncrop(look.subject.parsing.hair, look.size), 0, 1)
        poses = self.tryon.poses(look, request.motion, retargeted=False, transition=0)
        for index in range(len(poses)):
            target = poses[index]
            staged = target.transformed(look.stage.scale, look.stage.offset)
            compositor, flow = _step(look, layers, hair, pose, staged)
            answer.frames.append(np.ascontiguousarray(compositor.compose(flow, opaque(look.plate))[..., :3]))
            masks.append(compositor.clothing_mask(flow))
            answer.joints.append(target.joints)
            came_from = np.moveaxis(compositor.flow(flow), 0, -1) + _places(hair)
            hair = cv2.remap(hair, came_from, None, cv2.INTER_LINEAR)
            layers, pose = _moved(layers, compositor, flow), staged
        return answer


def without(systems: Sequence[System]) -> list[System]:
    """The last engine among the systems, each time without one idea."""
    engine = [system for system in systems if isinstance(system, Engine)][-1]
    return [WithoutPrior(engine.tryon), WithoutAnchor(engine.tryon)]


def _step(look: Look, layers: list[Layer], hair: np.ndarray, before: Pose, after: Pose) -> tuple[Compositor, LayerFlow]:
    """From one frame's layers and pose to the next pose."""
    on_stage = look.stage.crop(hair)
    skeletal = SkeletalFlow(before.points, flow_domains(layers, look.stage, look.size), on_stage)
    flow = skeletal(bone_transforms(before.points, after.points[None])[0], after)
    return Compositor(layers, look.stage, look.size), flow


def _moved(layers: list[Layer], compositor: Compositor, flow: LayerFlow) -> list[Layer]:
    """The layers as they lie in the new frame; pixels that left it are lost."""
    empty = np.zeros((1, 1, 4), np.uint8)
    moved = {layer.name: replace(layer, picture=empty, box=(0, 0, 1, 1)) for layer in layers}
    for placed in compositor.placed(flow):
        for layer in placed.group.layers:
            picture = _sampled(placed.group.placed(layer), placed.at)
            moved[layer.name] = replace(layer, picture=picture, box=placed.box)
    return list(moved.values())


def _sampled(picture: np.ndarray, at: np.ndarray) -> np.ndarray:
    sampled = cv2.remap(picture, np.where(at > FAR / 2, at, -10).astype(np.float32), None, cv2.INTER_CUBIC)
    return np.minimum(sampled, sampled[..., 3:])


def _places(picture: np.ndarray) -> np.ndarray:
    """(H, W, 2) float32: x and y of every pixel."""
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]].astype(np.float32)
    return np.stack([x, y], -1)
