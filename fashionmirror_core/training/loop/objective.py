"""What training minimises: the networks' tasks on one batch of examples (supplement, Eq. 1 to 15).

Tasks with networks of their own: "parsing" (what is seen of a person), "sizing" (how long and wide garments are worn),
and, which may be trained together or one after the other, "masks" (stage I, single-frame CMN), "dressing" (the garment's
flow and the body that appears), "flow" (the skeletal flow's residual alone), "drive" (multi-frame CMN, flow residual,
remapping and generator, over consecutive frames).

See docs/method.md, "Losses".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fashionmirror_core.avatar.flows import OUTSIDE
from fashionmirror_core.inference.driving import (
    DressedSource,
    Driven,
    FrameFlow,
    PreviousFrame,
    composed,
    drive,
    steer,
)
from fashionmirror_core.networks import TryOnNetworks, attention_prior, pose_maps
from fashionmirror_core.networks.blocks import resize, resize_flow, warp
from fashionmirror_core.networks.discriminators import SpatialDiscriminator, TemporalDiscriminator
from fashionmirror_core.networks.flow import RefinedFlow
from fashionmirror_core.networks.masks import Masks
from fashionmirror_core.training import losses
from fashionmirror_core.training.config import ALONE, PARSING, SIZING, TrainConfig
from fashionmirror_core.training.features import VGGFeatures
from fashionmirror_core.training.tasks.examples import expanded, layer_stack
from fashionmirror_core.vocabulary import Label

SUMMARY = "mask.summarise_clothes."  # of the mask network, but for the multi-frame one alone
DRIVE = ("human_encoder.", "clothing_encoder.", "multi_mask.", "remapping.", "generator.", SUMMARY)
SIZING_DELTA = 0.15  # from where on an error counts linearly: a factor found wrongly shall not pull the rest along

SMALL = (Label.HAIR, Label.HEAD, Label.ARMS, Label.LEGS, Label.TORSO, Label.SHOES, Label.ACCESSORY)
SMALL_WEIGHT = 1.5  # of their pixels
LABEL_SMOOTHING = 0.03  # the parser weighs what the network says against the colours: it must not be too sure

SOLID = 0.98  # alpha of a body without the background in it

Batch = dict[str, Any]


class Judged(NamedTuple):
    """What the adversaries compare. real, fake: frames (N, n, 3, H, W) in [0, 1]; clothing, fake_clothing: their M_c^t
    (N, n, 1, H, W); patches: (N, K, 2); known: (N,). A tuple, as Fabric walks through a module's outputs and refuses
    frozen dataclasses.
    """

    real: Tensor
    fake: Tensor
    clothing: Tensor
    fake_clothing: Tensor
    patches: Tensor
    known: Tensor


@dataclass
class Outcome:
    """losses: weighted scalars; what is minimised is their sum. pictures: (N, 3, H, W) in [0, 1], for looking at.
    judged: what the adversaries learn from next, without gradients; None without them.
    """

    losses: dict[str, Tensor] = field(default_factory=dict)
    pictures: dict[str, Tensor] = field(default_factory=dict)
    judged: Judged | None = None

    @property
    def total(self) -> Tensor:
        return torch.stack(list(self.losses.values())).sum()


def _stage(batch: Batch) -> tuple[int, int]:
    height, width = batch["image"].shape[-2:]
    return int(height), int(width)


def see_masks(networks: TryOnNetworks, batch: Batch) -> Masks:
    """The single-frame CMN as ``learned.Learned.masks`` calls it."""
    size = _stage(batch)
    human = torch.cat([batch["image"], batch["matte"], pose_maps(batch["joints"], size[0], size[1])], 1)
    seen = attention_prior(batch["garment_flow"], batch["prior"][:, 1:])
    return networks.mask(human, batch["clothes"], batch["category"], batch["prior"], seen)


class Objective(nn.Module):
    """The networks with their losses. Only what the configured tasks train has gradients.

    features: VGG features, None without perceptual losses. adversaries: None without, or before they join in.
    """

    def __init__(
        self,
        networks: TryOnNetworks,
        config: TrainConfig,
        features: VGGFeatures | None = None,
        adversaries: Adversaries | None = None,
    ) -> None:
        super().__init__()
        self.networks = networks
        self.config = config
        self.features = features
        self.adversary = [adversaries]  # in a list: not a part of this module, its parameters are trained elsewhere
        self.adversarial = False  # set by the trainer when their time has come
        for name, parameter in networks.named_parameters():
            parameter.requires_grad_(is_trained(name, config))

    def forward(self, batch: Batch) -> Outcome:
        """batch: ``examples.Example`` with a leading N."""
        outcome = Outcome()
        tasks = self.config.tasks
        if tasks == SIZING:
            self._sizing(batch, outcome)
            return outcome
        if tasks == PARSING:
            self._parsing(batch, outcome)
            return outcome
        batch = expanded(batch)
        if "flow" in tasks:
            self._flow(batch, outcome)
        if set(tasks) == {"flow"}:
            return outcome
        masks = see_masks(self.networks, batch)
        if "masks" in tasks:
            self._masks(batch, masks, outcome)
        if "dressing" in tasks:
            self._dressing(batch, masks, outcome)
        if "drive" in tasks:
            self._drive(batch, masks, outcome)
        return outcome

    @property
    def _mask_weights(self) -> losses.MaskWeights:
        weights = self.config.mask_weights
        return weights if self.config.clothing_patch_loss else replace(weights, patch=0.0)

    def _sizing(self, batch: Batch, outcome: Outcome) -> None:
        """The factors with which the fit covers the true cloth best; those that a garment doesn't have are not known."""
        found, wanted, known = self.networks.sizing(batch["sizing_features"]), batch["sizing"], batch["has_sizing"]
        error = F.huber_loss(found, wanted, reduction="none", delta=SIZING_DELTA)
        outcome.losses["sizing/factors"] = (error * known).sum() / known.sum().clamp_min(1) / SIZING_DELTA**2

    def _parsing(self, batch: Batch, outcome: Outcome) -> None:
        """Cross-entropy of the labels within the matte, small and often overlooked ones counting more."""
        image, matte, labels = batch["image"].float() / 255, batch["matte"].float() / 255, batch["labels"]
        logits = self.networks.parsing(image, matte, batch["joints"])
        weights = torch.ones(len(Label), device=logits.device)
        weights[list(SMALL)] = SMALL_WEIGHT
        error = F.cross_entropy(logits, labels.long(), weights, reduction="none", label_smoothing=LABEL_SMOOTHING)
        inside = F.max_pool2d(matte, 3, 1, 1)[:, 0]
        outcome.losses["parsing/labels"] = (error * inside).sum() / inside.sum().clamp_min(1)
        found = logits.detach().argmax(1)
        outcome.pictures["parsing/image"] = image
        outcome.pictures["parsing/found"] = _coloured(found) * matte
        outcome.pictures["parsing/truth"] = _coloured(labels.long())

    # --------------------------------------------------------------------------------------------------------- stage I

    def _masks(self, batch: Batch, masks: Masks, outcome: Outcome) -> None:
        """Eq. 1 to 4; M_c counts where its truth is known."""
        weights = self._mask_weights
        pairs = ((0, masks.removed, "removed", None), (1, masks.clothing, "clothing", batch["has_dressed"]))
        for channel, mask, name, known in pairs:
            terms = losses.mask_objective(
                mask, masks.logits[:, channel : channel + 1], batch[name], batch["patches"], weights, known
            )
            outcome.losses |= {f"masks/{name}_{term}": value for term, value in terms.items()}
        outcome.pictures["masks/removed"] = _tinted(batch["image"], masks.removed)
        outcome.pictures["masks/clothing"] = _tinted(batch["dressed_truth"], masks.clothing)

    # ------------------------------------------------------------------------------------------------------------ stage II

    def _dressing(self, batch: Batch, masks: Masks, outcome: Outcome) -> None:
        """The garment as it lies on the truth, at every level of the flow; the body where no cloth lies any more."""
        weights, known = self.config.spatial_weights, batch["has_dressed"]
        size = _stage(batch)
        removed, clothing = masks.removed.detach(), masks.clothing.detach()
        pose = _small_maps(batch["joints"], size)
        result = self.networks.dressing(
            batch["clothes"], batch["dressed"], batch["erased"], removed, clothing, removed, pose, batch["garment_flow"]
        )
        truth, cloth = batch["dressed_truth"], batch["clothing"]
        bare = _is(batch["dressed_labels"], Label.BACKGROUND, Label.TORSO, Label.LEGS, Label.SHOES)
        levels = len(result.level_flows)
        for level, flow in enumerate(result.level_flows):
            placed = warp(batch["clothes"], flow)
            share = weights.l1 / levels
            outcome.losses[f"dressing/level{level}"] = share * losses.masked_l1(placed[:, :3], truth, cloth, known)
            # Cloth where the truth shows it, none where it shows what never lies over cloth, as arms and hair do.
            missing = losses.masked_l1(placed[:, 3:], cloth, torch.maximum(cloth, bare), known)
            outcome.losses[f"dressing/silhouette{level}"] = share * missing
        residual = resize(result.flow - batch["garment_flow"], (size[0] // 4, size[1] // 4))
        outcome.losses["dressing/smoothness"] = weights.smoothness * losses.flow_smoothness(residual, known)

        skin = _is(batch["dressed_labels"], Label.ARMS, Label.LEGS, Label.TORSO, Label.HEAD)
        # Where both took old clothes away and a body was invented, less its soft rim, into which the background shines.
        appeared = skin * (batch["removed"] > 0.5) * (batch["prior"][:, :1] > 0.5) * (batch["body"] > SOLID)
        outcome.losses["dressing/body"] = weights.body * losses.masked_l1(result.body, truth, appeared, known)
        placed = warp(batch["clothes"], result.flow)
        worn_picture = placed[:, :3] * clothing + truth * (1 - clothing)
        if self.features is not None:
            terms = self._perceptual(placed[:, :3], cloth, truth, cloth, batch["patches"], known)
            for name, value in losses.spatial_objective(terms, weights).items():
                outcome.losses[f"dressing/{name}"] = value
        outcome.pictures["dressing/worn"] = worn_picture.detach()
        outcome.pictures["dressing/body"] = result.body.detach()
        outcome.pictures["dressing/truth"] = truth

    def _flow(self, batch: Batch, outcome: Outcome) -> None:
        """Eq. 5 without a generator: the layers, moved along the refined flow, against each true frame by itself."""
        size, known = _stage(batch), batch["has_target"]
        source = DressedSource.of(layer_stack(batch["layers"]), _small_maps(batch["joints"], size))
        weights, frames = self.config.spatial_weights, batch["target"].shape[1]
        for t in range(frames):
            pose, flow = _small_maps(batch["target_joints"][:, t], size), self._frame_flow(batch, t)
            steered = steer(self.networks, source, flow, pose)
            frame, clothing = composed(source, steered, flow, batch["scene"][:, t])
            truth, labels = batch["target"][:, t], batch["target_labels"][:, t]
            salient = losses.salient_masks(labels, batch["target_joints"][:, t])
            small = (size[0] // 4, size[1] // 4)
            residual = resize(steered.refined.residual, small)
            found = {
                "l1": weights.l1 * losses.pixel_l1(frame, truth, known),
                "body": weights.body * losses.body_l1(frame, truth, labels, known),
                "salient": weights.salient * losses.salient_l1(frame, truth, salient, known),
                "clothing": self._mask_weights.l1 * losses.mask_l1(clothing, batch["target_clothing"][:, t], known),
                "smoothness": weights.smoothness * losses.flow_smoothness(residual, known),
            }
            if self.features is not None:
                patches = batch["target_patches"]
                found |= losses.spatial_objective(
                    self._perceptual(frame, clothing, truth, batch["target_clothing"][:, t], patches, known), weights
                )
            for name, value in found.items():
                key = f"flow/{name}"
                outcome.losses[key] = outcome.losses.get(key, torch.zeros_like(value)) + value / frames
        outcome.pictures["flow/frame"] = frame.detach().clamp(0, 1)
        outcome.pictures["flow/truth"] = batch["target"][:, -1]

    def _drive(self, batch: Batch, masks: Masks, outcome: Outcome) -> None:
        """Eq. 5 to 15 over the frames of each item, one after the other, each after the one before."""
        networks: Any = self.networks if self.config.source_anchor else _WithoutAnchor(self.networks)
        size = _stage(batch)
        source_pose = _small_maps(batch["joints"], size)
        source = DressedSource.encode(networks, layer_stack(batch["layers"]), source_pose, masks.clothes_features)
        known = batch["has_target"]
        previous: PreviousFrame | None = None
        frames = batch["target"].shape[1]
        made: list[Tensor] = []
        clothing: list[Tensor] = []
        for t in range(frames):
            pose = _small_maps(batch["target_joints"][:, t], size)
            flow = self._frame_flow(batch, t)
            driven = drive(networks, source, flow, pose, batch["scene"][:, t], previous)
            for name, value in self._frame_losses(batch, t, source, driven, known).items():
                key = f"drive/{name}"
                outcome.losses[key] = outcome.losses.get(key, torch.zeros_like(value)) + value / frames
            truth = batch["use_truth"].view(-1, 1, 1, 1)
            made.append(driven.frame)
            clothing.append(driven.clothing)
            # Its own output in half of the items, the truth in the others: it meets its own faults in use.
            previous = PreviousFrame((truth * batch["target"][:, t] + (1 - truth) * driven.frame).detach(), pose)
        self._adversarial(batch, torch.stack(made, 1), torch.stack(clothing, 1), known, outcome)
        outcome.pictures["drive/analytic"] = driven.layers.analytic.detach().clamp(0, 1)
        outcome.pictures["drive/frame"] = driven.frame.detach()
        outcome.pictures["drive/truth"] = batch["target"][:, -1]
        outcome.pictures["drive/clothing"] = _tinted(batch["target"][:, -1], driven.clothing)

    def _frame_flow(self, batch: Batch, t: int) -> FrameFlow:
        flow = batch["flow"][:, t]
        if not self.config.skeletal_prior:  # the ablation: every layer is where it was in the source
            flow = torch.where(flow > OUTSIDE / 2, 0.0, 0.0)
        if t == 0:
            return FrameFlow(flow, batch["order"][:, t])
        return FrameFlow(flow, batch["order"][:, t], batch["to_previous"][:, t], batch["shift"][:, t])

    def _frame_losses(
        self, batch: Batch, t: int, source: DressedSource, driven: Driven, known: Tensor
    ) -> dict[str, Tensor]:
        """Eq. 1 on M_c^t alone, and Eq. 5 without its adversarial terms, of one frame; weighted."""
        truth, labels, clothing = batch["target"][:, t], batch["target_labels"][:, t], batch["target_clothing"][:, t]
        patches = batch["target_patches"]
        masks = losses.mask_objective(
            driven.clothing, driven.clothing_logits, clothing, patches, self._mask_weights, known
        )
        salient = losses.salient_masks(labels, batch["target_joints"][:, t])
        spatial = {
            "l1": losses.pixel_l1(driven.frame, truth, known),
            "body": losses.body_l1(driven.frame, truth, labels, known),
            "salient": losses.salient_l1(driven.frame, truth, salient, known),
        }
        residual = resize(driven.refined.residual, (truth.shape[-2] // 4, truth.shape[-1] // 4))
        temporal = {
            "smoothness": losses.flow_smoothness(residual, known),
            "affine": losses.affine_regulariser(residual, known),
        }
        if self.features is not None:
            spatial |= self._perceptual(driven.frame, driven.clothing, truth, clothing, patches, known, labels)
            temporal["correctness"] = self._correctness(source, driven, truth, known)
        whole = losses.tryon_objective(
            losses.spatial_objective(spatial, self.config.spatial_weights),
            losses.temporal_objective(temporal, self.config.temporal_weights),
        )
        return {f"clothing_{term}": value for term, value in masks.items()} | whole

    def _correctness(self, source: DressedSource, driven: Driven, truth: Tensor, known: Tensor) -> Tensor:
        """L_corr of the refined flow, on the deepest features up to a quarter of the stage."""
        assert self.features is not None
        with torch.no_grad():
            dressed = source.layers.at_rest()[:, :3]
            f_source, f_truth = self.features(dressed)[2], self.features(truth)[2]
        flow = resize_flow(driven.refined.flow, f_truth)
        return losses.sampling_correctness(f_source, f_truth, flow, resize(driven.covered, f_truth), known)

    def _perceptual(
        self,
        frame: Tensor,
        mask: Tensor,
        truth: Tensor,
        true_mask: Tensor,
        patches: Tensor,
        known: Tensor,
        labels: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """The terms content and style, where whole pictures are looked at, and patch (Eq. 10 to 12); not weighted."""
        assert self.features is not None
        found = {}
        if self.config.clothing_patch_loss:
            weights = self.config.spatial_weights
            found["patch"] = losses.clothing_patches(
                self.features, frame, mask, truth, true_mask, patches, weights, known
            )
        if self.config.perceptual == "whole" and labels is not None:
            head = _is(labels, Label.HAIR, Label.HEAD)
            rendered, real = losses.Regions(frame, mask, head), losses.Regions(truth, true_mask, head)
            found["content"] = losses.content(self.features, rendered, real, known)
            found["style"] = losses.style(self.features, rendered, real, known)
        return found

    def _adversarial(self, batch: Batch, frames: Tensor, clothing: Tensor, known: Tensor, outcome: Outcome) -> None:
        """Eq. 7, 14, 15 for the generator: frames (N, n, 3, H, W) and M_c^t that should pass for real ones."""
        adversaries = self.adversary[0]
        if adversaries is None or not self.adversarial:
            return
        patches, truth = batch["target_patches"], batch["target_clothing"]
        outcome.judged = Judged(batch["target"], frames.detach(), truth, clothing.detach(), patches, known)
        spatial, temporal = self.config.spatial_weights, self.config.temporal_weights
        gains = {"spatial": spatial.gan, "temporal": temporal.gan, "temporal_patch": temporal.patch_gan}
        for name, score in adversaries.scores(frames, clothing, patches).items():
            outcome.losses[f"drive/gan_{name}"] = gains[name] * losses.adversarial_generator(score, known)


def is_trained(name: str, config: TrainConfig) -> bool:
    """Whether one of the tasks reaches this parameter; every one that it does gets a gradient in every step."""
    drive = "drive" in config.tasks
    for alone in ALONE:
        if name.startswith(f"{alone[0]}."):
            return config.tasks == alone
    if config.tasks in ALONE:
        return False
    if name.startswith("flow."):
        return drive or "flow" in config.tasks
    if name.startswith(DRIVE):
        return drive
    if name.startswith("previous_encoder."):
        return drive and config.frames > 1
    return ("masks" if name.startswith("mask.") else "dressing") in config.tasks


class Adversaries(nn.Module):
    """D_s on frames, D_t on clips and on clothing patches of clips (Eq. 7, 14, 15)."""

    def __init__(self, frames: int) -> None:
        """frames: n; below five there is no clip to judge and D_t stays out."""
        super().__init__()
        self.spatial = SpatialDiscriminator()
        self.temporal = TemporalDiscriminator(frames) if frames >= 5 else None
        self.temporal_patch = TemporalDiscriminator(frames) if frames >= 5 else None

    def scores(self, frames: Tensor, clothing: Tensor, patches: Tensor) -> dict[str, Tensor]:
        """frames: (N, n, 3, H, W); clothing: (N, n, 1, H, W); patches: (N, K, 2). Each score has N items first."""
        found = {"spatial": self.spatial(frames.flatten(0, 1)).unflatten(0, frames.shape[:2]).flatten(1)}
        if self.temporal is not None and self.temporal_patch is not None:
            found["temporal"] = self.temporal(frames.transpose(1, 2)).flatten(1)
            clip = (frames * clothing).flatten(1, 2)
            crops = losses.crop_patches(clip, patches[:, :1]).unflatten(1, frames.shape[1:3])
            found["temporal_patch"] = self.temporal_patch(crops.transpose(1, 2)).flatten(1)
        return found

    def forward(self, judged: Judged) -> dict[str, Tensor]:
        """The discriminators' own losses."""
        real = self.scores(judged.real, judged.clothing, judged.patches)
        fake = self.scores(judged.fake, judged.fake_clothing, judged.patches)
        return {
            f"adversary/{name}": losses.adversarial_discriminator(real[name], fake[name], judged.known) for name in real
        }


class _WithoutAnchor:
    """The networks with m^t held at 1 from the second frame on: nothing comes from the source (ablation)."""

    def __init__(self, networks: TryOnNetworks) -> None:
        self._networks = networks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._networks, name)

    def flow(self, *inputs: Tensor | None) -> RefinedFlow:
        refined = self._networks.flow(*inputs)
        return refined if inputs[-1] is None else replace(refined, selection=torch.ones_like(refined.selection))


def _small_maps(joints: Tensor, size: tuple[int, int]) -> Tensor:
    """Pose maps at a quarter of the stage, which is what all but the mask network take."""
    return pose_maps(joints, size[0], size[1], stride=4)


def _is(labels: Tensor, *wanted: Label) -> Tensor:
    """(N, H, W) -> (N, 1, H, W) float32 of 0 and 1."""
    return torch.isin(labels, torch.tensor(wanted, dtype=labels.dtype, device=labels.device)).unsqueeze(1).float()


def _coloured(labels: Tensor) -> Tensor:
    """Labels (N, H, W) -> (N, 3, H, W), a colour each."""
    hue = torch.arange(len(Label), device=labels.device) * 0.618 % 1
    palette = (0.5 + 0.5 * torch.cos(2 * torch.pi * (hue[:, None] + torch.tensor([0, 1 / 3, 2 / 3]).to(hue)))) * 0.9
    palette[0] = 0
    return palette[labels].movedim(-1, 1)


def _tinted(picture: Tensor, mask: Tensor) -> Tensor:
    """The picture with a mask laid over it in red."""
    red = torch.tensor([1.0, 0.1, 0.2], device=picture.device).view(1, 3, 1, 1)
    return (picture + 0.5 * mask.detach() * (red - picture)).clamp(0, 1)
