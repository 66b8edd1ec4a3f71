"""The task "drive": multi-frame CMN, flow residual, remapping and generator, over consecutive frames (supplement, Eq. 5
to 15).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from fashionmirror_core.networks import TryOnNetworks
from fashionmirror_core.networks.blocks import resize, resize_flow
from fashionmirror_core.networks.flow import RefinedFlow
from fashionmirror_core.training import losses
from fashionmirror_core.training.flat_layers.driving import DressedSource, Driven, PreviousFrame, drive
from fashionmirror_core.training.tasks.adversaries import Judged
from fashionmirror_core.training.tasks.examples import layer_stack
from fashionmirror_core.training.tasks.looks import SUMMARY, LookPass, LookTask, add_frame, tinted
from fashionmirror_core.training.tasks.settings import TaskSettings
from fashionmirror_core.training.tasks.task import Outcome

NETWORKS = ("human_encoder.", "clothing_encoder.", "multi_mask.", "flow.", "remapping.", "generator.", SUMMARY)
OF_LATER_FRAMES = "previous_encoder."


class DriveTask(LookTask):
    """The frames of each item, one after the other, each after the one before."""

    name = "drive"
    perceptual = True
    moving = True
    adversarial = True

    def trains(self, parameter: str, settings: TaskSettings) -> bool:
        return parameter.startswith(NETWORKS) or (parameter.startswith(OF_LATER_FRAMES) and settings.frames > 1)

    def outcome(self, forward: LookPass) -> Outcome:
        batch, outcome = forward.batch, Outcome()
        networks: Any = forward.networks if forward.settings.source_anchor else _WithoutAnchor(forward.networks)
        source_pose = forward.small_maps(batch["joints"])
        source = DressedSource.encode(
            networks, layer_stack(batch["layers"]), source_pose, forward.masks.clothes_features
        )
        previous: PreviousFrame | None = None
        made: list[Tensor] = []
        clothing: list[Tensor] = []
        for t in range(forward.frames):
            pose = forward.small_maps(batch["target_joints"][:, t])
            driven = drive(networks, source, forward.frame_flow(t), pose, batch["scene"][:, t], previous)
            add_frame(outcome.losses, _frame_losses(forward, t, source, driven), forward.frames)
            made.append(driven.frame)
            clothing.append(driven.clothing)
            # The truth in half of the items, its own output in the others: it meets its own faults in use.
            truth = batch["use_truth"].view(-1, 1, 1, 1)
            previous = PreviousFrame((truth * batch["target"][:, t] + (1 - truth) * driven.frame).detach(), pose)
        _judge(forward, torch.stack(made, 1), torch.stack(clothing, 1), outcome)
        outcome.pictures["analytic"] = driven.layers.analytic.detach().clamp(0, 1)
        outcome.pictures["frame"] = driven.frame.detach()
        outcome.pictures["truth"] = batch["target"][:, -1]
        outcome.pictures["clothing"] = tinted(batch["target"][:, -1], driven.clothing)
        return outcome


def _frame_losses(forward: LookPass, t: int, source: DressedSource, driven: Driven) -> dict[str, Tensor]:
    """Eq. 1 on M_c^t alone, and Eq. 5 without its adversarial terms, of one frame; weighted."""
    batch, settings = forward.batch, forward.settings
    known, patches = batch["has_target"], batch["target_patches"]
    truth, labels, clothing = (batch[name][:, t] for name in ("target", "target_labels", "target_clothing"))
    masks = losses.mask_objective(
        driven.clothing, driven.clothing_logits, clothing, patches, forward.mask_weights, known
    )
    salient = losses.salient_masks(labels, batch["target_joints"][:, t])
    spatial = {
        "l1": losses.pixel_l1(driven.frame, truth, known),
        "body": losses.body_l1(driven.frame, truth, labels, known),
        "salient": losses.salient_l1(driven.frame, truth, salient, known),
    }
    spatial |= forward.perceptual(driven.frame, driven.clothing, truth, clothing, patches, known, labels)
    residual = resize(driven.refined.residual, (truth.shape[-2] // 4, truth.shape[-1] // 4))
    temporal = {
        "smoothness": losses.flow_smoothness(residual, known),
        "affine": losses.affine_regulariser(residual, known),
    }
    if forward.features is not None:
        temporal["correctness"] = _correctness(forward, source, driven, truth)
    whole = losses.tryon_objective(
        losses.spatial_objective(spatial, settings.spatial_weights),
        losses.temporal_objective(temporal, settings.temporal_weights),
    )
    return {f"clothing_{term}": value for term, value in masks.items()} | whole


def _correctness(forward: LookPass, source: DressedSource, driven: Driven, truth: Tensor) -> Tensor:
    """L_corr of the refined flow, on the deepest features up to a quarter of the stage."""
    assert forward.features is not None
    with torch.no_grad():
        dressed = source.layers.at_rest()[:, :3]
        f_source, f_truth = forward.features(dressed)[2], forward.features(truth)[2]
    flow = resize_flow(driven.refined.flow, f_truth)
    covered = resize(driven.covered, f_truth)
    return losses.sampling_correctness(f_source, f_truth, flow, covered, forward.batch["has_target"])


def _judge(forward: LookPass, frames: Tensor, clothing: Tensor, outcome: Outcome) -> None:
    """Eq. 7, 14, 15 for the generator: frames (N, n, 3, H, W) and M_c^t that should pass for real ones."""
    if forward.adversaries is None:
        return
    batch, spatial, temporal = forward.batch, forward.settings.spatial_weights, forward.settings.temporal_weights
    patches, known = batch["target_patches"], batch["has_target"]
    outcome.judged = Judged(
        batch["target"], frames.detach(), batch["target_clothing"], clothing.detach(), patches, known
    )
    gains = {"spatial": spatial.gan, "temporal": temporal.gan, "temporal_patch": temporal.patch_gan}
    for name, score in forward.adversaries.scores(frames, clothing, patches).items():
        outcome.losses[f"gan_{name}"] = gains[name] * losses.adversarial_generator(score, known)


class _WithoutAnchor:
    """The networks with m^t held at 1 from the second frame on: nothing comes from the source (ablation)."""

    def __init__(self, networks: TryOnNetworks) -> None:
        self._networks = networks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._networks, name)

    def flow(self, *inputs: Tensor | None) -> RefinedFlow:
        refined = self._networks.flow(*inputs)
        return refined if inputs[-1] is None else replace(refined, selection=torch.ones_like(refined.selection))
