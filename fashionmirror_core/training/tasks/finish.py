"""The task "finish": feature remapping and the generator, over consecutive frames (supplement, Eq. 5 to 15)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fashionmirror_core.networks import FrameGuides, GeneratorOutput, pose_maps
from fashionmirror_core.training import losses
from fashionmirror_core.training.tasks.adversaries import Judged
from fashionmirror_core.training.tasks.examples import TrainingSet, expanded
from fashionmirror_core.training.tasks.settings import TaskSettings
from fashionmirror_core.training.tasks.task import Batch, ForwardPass, Items, Outcome, Task
from fashionmirror_core.vocabulary import Label

NETWORKS = ("human_encoder.", "clothing_encoder.", "remapping.", "generator.")
OTHER_THING = 0.2  # difference of colours in [0, 1], on average, that no light makes
OF_LATER_FRAMES = ("previous_encoder.", "selection.")


@dataclass
class FramesPass(ForwardPass):
    """One batch of frames on its way through the networks."""

    def __post_init__(self) -> None:
        self.batch = expanded(self.batch)

    def perceptual(
        self, frame: Tensor, mask: Tensor, truth: Tensor, patches: Tensor, labels: Tensor
    ) -> dict[str, Tensor]:
        """The terms patch and, for the whole picture, content and style (Eq. 10 to 12); not weighted. Empty without
        features. mask: M_c^t. labels: (N, H, W). Patches lie where something can be changed, and are compared whole: heads
        turn as clothes do.
        """
        found: dict[str, Tensor] = {}
        if self.features is None:
            return found
        if self.settings.clothing_patch_loss:
            weights = self.settings.spatial_weights
            whole = torch.ones_like(mask)
            found["patch"] = losses.clothing_patches(self.features, frame, whole, truth, whole, patches, weights)
        if self.settings.perceptual == "whole":
            head = losses.showing(labels, Label.HAIR, Label.HEAD)
            rendered, real = losses.Regions(frame, mask, head), losses.Regions(truth, mask, head)
            found["content"] = losses.content(self.features, rendered, real)
            found["style"] = losses.style(self.features, rendered, real)
        return found


class FinishTask(Task[FramesPass]):
    """The frames of each item, one after the other, each after the one before."""

    name = "finish"
    items = Items(
        lambda _, settings, folders: TrainingSet(folders, settings.frames, settings.seed, skip=settings.skips),
        FramesPass,
    )
    perceptual = True
    adversarial = True

    def trains(self, parameter: str, settings: TaskSettings) -> bool:
        return parameter.startswith(NETWORKS) or (parameter.startswith(OF_LATER_FRAMES) and settings.frames > 1)

    def outcome(self, forward: FramesPass) -> Outcome:
        batch, outcome = forward.batch, Outcome()
        source = forward.networks.encode_source(batch["still"][:, :3], batch["still"][:, 3:], batch["worn"])
        previous: Tensor | None = None
        made: list[Tensor] = []
        frames, height, width = (int(batch["target"].shape[k]) for k in (1, -2, -1))
        for t in range(frames):
            guides = guides_of(batch, t)
            pose = pose_maps(batch["joints"][:, t], height, width, stride=4)
            output = forward.networks.finish(source, guides, pose, previous)
            frame = output.on(guides.picture, guides.cover, guides.unseen).clamp(0, 1)
            _add(outcome.losses, _frame_losses(forward, t, frame, guides, output), frames)
            _add(outcome.metrics, _metrics(forward, t, frame.detach(), guides), frames)
            made.append(frame)
            # The truth in half of the items, its own output in the others: it meets its own faults in use.
            truth = batch["use_truth"].view(-1, 1, 1, 1)
            previous = (truth * batch["target"][:, t] + (1 - truth) * frame).detach()
        _judge(forward, torch.stack(made, 1), outcome)
        outcome.pictures["engine"] = guides.picture
        outcome.pictures["frame"] = frame.detach()
        outcome.pictures["truth"] = batch["target"][:, -1]
        outcome.pictures["unseen"] = guides.unseen.expand(-1, 3, -1, -1)
        return outcome


def guides_of(batch: Batch, t: int) -> FrameGuides:
    """The engine's frame t of an expanded batch."""
    return FrameGuides(
        picture=batch["engine"][:, t],
        cover=batch["cover"][:, t],
        clothing=batch["clothing"][:, t],
        unseen=batch["unseen"][:, t],
        normals=batch["normals"][:, t],
        flow=batch["flow"][:, t],
        back=batch["back"][:, t],
    )


def _frame_losses(
    forward: FramesPass, t: int, frame: Tensor, guides: FrameGuides, output: GeneratorOutput
) -> dict[str, Tensor]:
    """Eq. 5 without its adversarial terms, of one frame; weighted."""
    batch, settings = forward.batch, forward.settings
    labels, agrees = batch["target_labels"][:, t], agreement(batch, t)
    truth = agrees * batch["target"][:, t] + (1 - agrees) * guides.picture
    salient = losses.salient_masks(labels, batch["joints"][:, t])
    spatial = {
        "l1": losses.pixel_l1(frame, truth),
        "body": losses.body_l1(frame, truth, labels),
        "salient": losses.salient_l1(frame, truth, salient),
        "unseen": losses.salient_l1(frame, truth, guides.unseen * guides.cover * agrees),
    }
    spatial |= forward.perceptual(frame, guides.clothing, truth, batch["patches"], labels)
    temporal = {"smoothness": losses.flow_smoothness(output.log_gain)}
    return losses.tryon_objective(
        losses.spatial_objective(spatial, settings.spatial_weights),
        losses.temporal_objective(temporal, settings.temporal_weights),
    )


def agreement(batch: Batch, t: int) -> Tensor:
    """(N, 1, H, W) of 0 and 1: where the engine and the truth show the person, and both new clothes or neither does.

    Elsewhere geometry differs, and colours that are far apart are another thing (hair where the engine shows skin): no task
    of the generator's. There the engine's own pixels stand for the truth, or it would learn to blur edges.
    """
    differ = (batch["target"][:, t] - batch["engine"][:, t]).abs().mean(1, keepdim=True)
    person = (batch["target_labels"][:, t] != Label.BACKGROUND).unsqueeze(1) & (batch["cover"][:, t] > 0.5)
    person &= differ < OTHER_THING
    return (person & ((batch["clothing"][:, t] > 0.5) == (batch["target_clothing"][:, t] > 0.5))).float()


def _metrics(forward: FramesPass, t: int, frame: Tensor, guides: FrameGuides) -> dict[str, Tensor]:
    """How far from the truth the engine's frame and this one are where nothing was seen and both show the same, and how much
    this one changes elsewhere.
    """
    truth = forward.batch["target"][:, t]
    unseen = guides.unseen * guides.cover * agreement(forward.batch, t)
    count = 3 * unseen.sum().clamp_min(1)
    return {
        "unseen_engine": ((guides.picture - truth).abs() * unseen).sum() / count,
        "unseen": ((frame - truth).abs() * unseen).sum() / count,
        "seen_change": ((frame - guides.picture).abs() * (1 - guides.unseen)).mean(),
    }


def _judge(forward: FramesPass, frames: Tensor, outcome: Outcome) -> None:
    """Eq. 7, 14, 15 for the generator: frames (N, n, 3, H, W) that should pass for real ones."""
    if forward.adversaries is None:
        return
    batch, spatial, temporal = forward.batch, forward.settings.spatial_weights, forward.settings.temporal_weights
    patches, known, clothing = batch["patches"], torch.ones_like(batch["use_truth"]), batch["clothing"]
    outcome.judged = Judged(batch["target"], frames.detach(), batch["target_clothing"], clothing, patches, known)
    gains = {"spatial": spatial.gan, "temporal": temporal.gan, "temporal_patch": temporal.patch_gan}
    for name, score in forward.adversaries.scores(frames, clothing, patches).items():
        outcome.losses[f"gan_{name}"] = gains[name] * losses.adversarial_generator(score, known)


def _add(total: dict[str, Tensor], terms: dict[str, Tensor], frames: int) -> None:
    """One of ``frames`` frames' terms, added to their mean."""
    for name, value in terms.items():
        total[name] = total.get(name, torch.zeros_like(value)) + value / frames
